"""Who sent a report decides: by rank, not by arrival. Here what needs no signature: files, mails, commands, domains."""
import harness
import reports


class Rank(harness.Case):
    def setUp(self):
        self.dir = self.scratch()
        self.real = self.dir / "real.xml"
        self.real.write_bytes(reports.report("rank"))
        self.other = self.dir / "other.xml"
        self.other.write_bytes(reports.report("rank").replace(b"<selector>s1<", b"<selector>s2<"))
        self.db = self.database()

    def listed(self, *args):
        done = self.db.run("reports", "list", "-f", "json", *args)
        self.assert_code(done, 0)
        self.assert_schema(done.json())
        return done.json()["reports"]

    def test_list_show_drop(self):
        self.db.ingest(self.real)
        row, = self.listed()
        self.assertEqual((row["auth"], row["auth_domain"], row["auth_by"], row["proved"]), ("unknown", None, None, False))
        self.assertEqual(self.listed("--org", row["org_name"].upper()), [row])
        self.assertEqual(self.listed("--org", "nobody"), [])
        self.assertEqual(self.listed("--since", "2100-01-01"), [])
        # what is shown is read as the same report
        shown = self.db.run("reports", "show", row["domain"], row["report_id"])
        self.assert_code(shown, 0)
        again = self.dir / "again.xml"
        again.write_text(shown.out)
        self.assertEqual(self.db.ingest(again)["reports"], {"stored": 0, "duplicate": 1, "conflict": 0, "rejected": 0})
        self.assert_code(self.db.run("reports", "drop", row["domain"], row["report_id"]), 0)
        self.assertEqual(self.db.totals(), (0, 0, 0))
        self.assert_code(self.db.run("reports", "drop", row["domain"], row["report_id"]), 64)
        self.assertEqual(self.db.ingest(again)["reports"]["stored"], 1)

    def test_accept(self):
        self.db.ingest(self.real)
        before = self.db.totals()
        self.db.ingest(self.other, code=65)
        row, = self.db.run("rejects", "list", "-f", "json").json()["rejects"]
        self.assert_code(self.db.run("rejects", "accept", row["id"]), 0)
        self.assertEqual(self.db.totals(), before)
        self.assertIs(self.listed()[0]["accepted"], True)
        kept, = self.db.run("rejects", "list", "-f", "json").json()["rejects"]
        self.assertIn("accepted", kept["reason"])
        self.assert_code(self.db.run("rejects", "retry"), 65)  # does not undo it
        self.assertIs(self.listed()[0]["accepted"], True)
        # and back again: the displaced one is a document made of its values
        self.assert_code(self.db.run("rejects", "accept", kept["id"]), 0)
        self.assertEqual(self.db.totals(), before)
        self.assertEqual(self.db.ingest(self.real)["reports"]["duplicate"], 1)

    def test_domains(self):
        conf = self.dir / "ruascope.conf"
        conf.write_text('domains = {"ours.example"}\nrequire-auth = "known"\n')
        done = self.db.run("--config", conf, "ingest", "--json", self.real)
        self.assert_code(done, 65)
        self.assertEqual(done.json()["problems"][0]["reason"], "not one of our domains")
        self.assertEqual(self.db.number("select count(*) from domain"), 0)
        conf.write_text('require-auth = "maybe"\n')
        self.assert_code(self.db.run("--config", conf, "ingest", self.real), 78)

    def test_round_trip_of_samples(self):
        """Every sample that is stored is read again, out of its values, as the same report."""
        self.db.run("ingest", harness.ROOT / "samples")
        out = self.dir / "out"
        out.mkdir()
        rows = self.listed()
        for n, row in enumerate(rows):
            done = self.db.run("reports", "show", row["domain"], row["report_id"], "--org", row["org_name"])
            if done.code == 0:
                (out / f"{n}.xml").write_text(done.out)
        said = self.db.run("ingest", "--json", out).json()["reports"]
        self.assertGreater(said["duplicate"], 50)
        self.assertEqual((said["stored"], said["rejected"]), (0, 0))
        self.assertLessEqual(said["conflict"], 3)  # oddities of spelling


if __name__ == "__main__":
    harness.main()

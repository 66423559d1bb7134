"""What was set aside: listed, shown, given back byte by byte, tried again. And what `db` tells and drops."""
import datetime

import harness
import reports


class Rejects(harness.Case):
    def setUp(self):
        self.dir = self.scratch()
        self.whole = reports.report("rejects")
        self.cut = self.dir / "cut.xml"
        self.cut.write_bytes(self.whole[:-40] + b"\0\xff\x1b[31m")
        self.gz = self.dir / "cut.xml.gz"
        self.gz.write_bytes(reports.gz(reports.report("rejects-gz"))[:-20])
        self.good = self.dir / "good.xml"
        self.good.write_bytes(self.whole)
        self.conflict = self.dir / "conflict.xml"
        self.conflict.write_bytes(self.whole.replace(b"<selector>s1<", b"<selector>s2<"))
        self.db = self.database()
        self.db.ingest(self.cut, self.gz, self.good, code=65)
        self.db.ingest(self.conflict, code=65)
        self.rows = {row["source"]: row for row in self.listed()}

    def listed(self):
        done = self.db.run("rejects", "list", "-f", "json")
        self.assert_code(done, 0)
        return done.json()["rejects"]

    def test_schema(self):
        self.assert_schema(self.db.run("rejects", "list", "-f", "json").json())
        self.assert_schema(self.database().run("rejects", "list", "-f", "json").json())

    def test_list(self):
        self.assertEqual({s: r["outcome"] for s, r in self.rows.items()},
                         {str(self.cut): "rejected", str(self.gz): "rejected", str(self.conflict): "conflict"})
        done = self.db.run("rejects", "list")
        self.assert_code(done, 0)
        for source, row in self.rows.items():
            self.assertTrue(row["reason"])
            line = next(line for line in done.out.splitlines() if source + ":" in line)
            self.assertIn(row["reason"], line)
            self.assertIn(str(row["id"]), line.split())

    def test_show(self):
        for source, row in self.rows.items():
            done = self.db.run("rejects", "show", row["id"])
            self.assert_code(done, 0)
            self.assertIn(source, done.out)
            self.assertIn(row["reason"], done.out)
        self.assert_code(self.db.run("rejects", "show", 999999), 64)

    def test_export(self):
        for path in (self.cut, self.gz, self.conflict):
            out = self.dir / "out"
            self.assert_code(self.db.run("rejects", "export", self.rows[str(path)]["id"], "-o", out), 0)
            self.assertEqual(out.read_bytes(), path.read_bytes())
            with open(out, "wb") as f:
                self.assert_code(self.db.run("rejects", "export", self.rows[str(path)]["id"], stdout=f), 0)
            self.assertEqual(out.read_bytes(), path.read_bytes())
        self.assert_code(self.db.run("rejects", "export", 999999, "-o", self.dir / "none"), 64)
        self.assertFalse((self.dir / "none").exists())

    def test_export_of_an_attachment(self):
        """Of a mail, what is kept is what was damaged in it, and it can be given in again."""
        mail = self.dir / "mail.eml"
        mail.write_bytes(reports.mail(self.gz.read_bytes() + b"?"))
        self.db.ingest(mail, code=65)
        row = next(r for r in self.listed() if r["source"].startswith(str(mail)))
        out = self.dir / "out"
        self.assert_code(self.db.run("rejects", "export", row["id"], "-o", out), 0)
        self.assertIn(out.read_bytes(), (mail.read_bytes(), self.gz.read_bytes() + b"?"))

    def test_same_bytes_are_kept_once(self):
        before = len(self.rows)
        again = self.dir / "again.xml"
        again.write_bytes(self.cut.read_bytes())
        self.db.ingest(again, self.cut, code=65)
        self.assertEqual(len(self.listed()), before)

    def test_conflict_met_again(self):
        before = self.db.totals()
        document = self.db.ingest(self.conflict)
        self.assertEqual(document["reports"], {"stored": 0, "duplicate": 1, "conflict": 0, "rejected": 0})
        self.assertEqual(self.db.totals(), before)
        self.assertEqual(len(self.listed()), len(self.rows))

    def test_retry(self):
        """Nothing has changed: all stays set aside. Then it has: what reads well now is stored and leaves the list."""
        before = self.db.totals()
        done = self.db.run("rejects", "retry")
        self.assert_code(done, 65)
        self.assertEqual(len(self.listed()), 3)
        self.assertEqual(self.db.totals(), before)
        # As an upgrade would: the bytes of a row become readable.
        row = self.rows[str(self.gz)]
        fixed = reports.gz(reports.report("rejects-gz")).hex()
        self.db.sql(f"update quarantine_bytes set bytes = '\\x{fixed}' where digest = (select kept from quarantine where id = {row['id']})")
        self.db.sql(f"update quarantine set size = {len(fixed) // 2} where id = {row['id']}")
        self.assert_code(self.db.run("rejects", "retry", row["id"]), 0)
        self.assertEqual(self.db.totals()[0], before[0] + 1)
        self.assertEqual({r["source"] for r in self.listed()}, {str(self.cut), str(self.conflict)})

    def test_retry_of_a_conflict_whose_original_is_gone(self):
        self.db.sql("delete from record; delete from report; delete from rollup_month; delete from ledger; "
                    "delete from rollup_month; delete from sender_month")
        row = self.rows[str(self.conflict)]
        self.assert_code(self.db.run("rejects", "retry", row["id"]), 0)
        self.assertEqual(self.db.totals()[0], 1)
        self.assertNotIn(str(self.conflict), {r["source"] for r in self.listed()})


class Forget(harness.Case):
    """db forget: one domain goes, the others stay as they were."""

    TABLES = ("report", "record", "record_mark", "profile", "sender_month", "rollup_month", "sender_label", "ledger", "quarantine",
              "domain_state", "sender_state", "dns_change", "remedy_state", "event")

    def held(self, domain):
        return {t: int(self.db.sql(f"select count(*) from {t} join domain d on d.id = domain_id where d.name = '{domain}'"))
                for t in self.TABLES}

    def test_forget(self):
        where = self.scratch()
        self.db = self.database()
        for domain in ("one.example", "two.example"):
            for n in range(3):
                (where / f"{domain}-{n}.xml").write_bytes(reports.report(f"r{n}", domain=domain, begin=reports.BEGIN + n * 86400))
            (where / f"{domain}-odd.xml").write_bytes(reports.report("r0", [reports.record("192.0.2.9", 5, header_from=domain)], domain=domain))
        self.db.ingest(where, code=65)  # two conflicts
        self.db.run("--offline", "label", "approve", "one.example", "192.0.2.1/32", "--force")
        self.db.run("--offline", "inventory", "--month", "2026-10")
        for domain in ("one.example", "two.example"):
            self.db.sql("insert into dns_change select id, name, 'TXT', now(), null, '{}', null, null, now() "
                        f"from domain where name = '{domain}'")
            self.db.sql("insert into event select id, gen_random_uuid(), 'readiness', name, 'normal', '2026-10-02', null, 1, false, false, "
                        f"false, 'x', '{{}}' from domain where name = '{domain}'")
            self.db.sql(f"insert into dns_snapshot values ('s1._domainkey.{domain}', 16, 'ok', '', now())")
        before = self.held("one.example"), self.held("two.example")
        for table in ("report", "record", "profile", "rollup_month", "sender_label", "quarantine", "dns_change", "event"):
            self.assertGreater(before[0][table], 0, table)
        done = self.db.run("db", "forget", "ONE.example.")
        self.assert_code(done, 0)
        self.assertIn("one.example: would remove 3 reports", done.out)
        self.assertEqual(self.held("one.example"), before[0], "nothing goes without --yes")
        done = self.db.run("db", "forget", "one.example", "--yes")
        self.assert_code(done, 0)
        self.assertIn("removed 3 reports", done.out)
        self.assertEqual(set(self.held("one.example").values()), {0})
        self.assertEqual(self.held("two.example"), before[1])
        self.assertEqual(self.db.sql("select string_agg(name, ' ') from dns_snapshot"), "s1._domainkey.two.example")
        self.assert_code(self.db.run("db", "forget", "three.example", "--yes"), 64)
        self.assert_code(self.db.run("db", "forget"), 64)
        self.db.ingest(where / "one.example-0.xml")
        self.assertEqual(self.held("one.example")["report"], 1)


class Months(harness.Case):
    """db prune and db status."""

    def setUp(self):
        self.dir = self.scratch()
        self.db = self.database()
        now = datetime.datetime.now(datetime.timezone.utc)
        self.firsts = []
        for back in range(6):
            month = now.year * 12 + now.month - 1 - back
            first = datetime.datetime(month // 12, month % 12 + 1, 1, tzinfo=datetime.timezone.utc)
            self.firsts.append(first)
            rows = [reports.record(f"192.0.2.{i + 1}", i + 1) for i in range(back + 1)]
            (self.dir / f"{back}.xml").write_bytes(reports.report(f"month-{back}", rows, begin=int(first.timestamp())))
        self.db.ingest(self.dir)

    def status(self):
        done = self.db.run("db", "status", "-f", "json")
        self.assert_code(done, 0)
        return done.json()

    def test_schema(self):
        self.assert_schema(self.status())
        self.assert_schema(self.database().run("db", "status", "-f", "json").json())

    def test_status(self):
        (self.dir / "bad.xml").write_bytes(reports.report("bad")[:-40])
        (self.dir / "letter.eml").write_bytes(reports.LETTER)
        self.db.ingest(self.dir, code=65)
        said = self.status()
        self.assertEqual((said["reports"], said["records"], said["messages"]), self.db.totals())
        self.assertEqual((said["domains"], said["reporters"], said["runs"], said["quarantined"]), (1, 1, 2, 1))
        self.assertEqual(said["outcomes"], {"stored": 6, "duplicate": 6, "conflict": 0, "rejected": 1, "not_a_report": 1})
        self.assertEqual((said["oldest"], said["newest"]), (f"{self.firsts[5]:%Y-%m-%d}", f"{self.firsts[0]:%Y-%m-%d}"))
        self.assertEqual([(m["month"], m["records"]) for m in said["months"]],
                         [(f"{self.firsts[b]:%Y-%m}", b + 1) for b in reversed(range(6))])
        self.assertTrue(all(m["bytes"] > 0 for m in said["months"]))
        last, first = said["last_runs"]
        self.assertEqual((last["inputs"], last["reports"], last["records"]), (8, 0, 0))
        self.assertEqual((first["inputs"], first["reports"], first["records"]), (6, 6, 21))
        self.assertTrue(first["finished"] and first["seconds"] > 0 and first["records_per_second"] > 0)
        self.assertIn("record", [t["table"] for t in said["tables"]])
        text = self.db.run("db", "status")
        self.assert_code(text, 0)
        self.assertIn(f"{self.firsts[0]:%Y-%m-%d}", text.out)

    def test_prune(self):
        """--keep 2: the running month and two before it."""
        kept = range(3)
        done = self.db.run("db", "prune", "--keep", 2)
        self.assert_code(done, 0)
        want = (3, sum(b + 1 for b in kept), sum((b + 1) * (b + 2) // 2 for b in kept))
        self.assertEqual((self.status()["reports"], self.status()["records"], self.status()["messages"]), want)
        for table in ("report", "record", "v_domain_day"):
            self.assertEqual(self.db.sql(f"select min(day) from {table}"), f"{self.firsts[2]:%Y-%m-%d}", table)
        self.assertEqual(self.db.sql("select count(*) from sender_month where month < "
                                     f"'{self.firsts[2]:%Y-%m-%d}'"), "0")
        # Again: nothing to do. Pruned reports that come again are new.
        self.assert_code(self.db.run("db", "prune", "--keep", 2), 0)
        self.assertEqual(self.db.ingest(self.dir)["reports"], {"stored": 3, "duplicate": 3, "conflict": 0, "rejected": 0})
        self.assertEqual(self.status()["reports"], 6)

    def test_prune_nothing(self):
        before = self.db.totals()
        self.assert_code(self.db.run("db", "prune", "--keep", 100), 0)
        self.assertEqual(self.db.totals(), before)
        empty = self.database()
        self.assert_code(empty.run("db", "prune", "--keep", 1), 0)

    def test_prune_beside_a_run(self):
        """Months go while others come in: both succeed, the sums hold."""
        tree = reports.Tree(self.dir / "tree", reports=300, records=10)
        both = self.db.start("ingest", "--json", tree.path), self.db.start("db", "prune", "--keep", 2)
        done = [harness.finish(p) for p in both]
        self.assert_code(done[0], 65)
        self.assert_code(done[1], 0)
        self.db.run("ingest", tree.path)
        facts = self.db.rows(harness.COUNTS["facts"])
        self.assertEqual(facts, self.db.rows(harness.COUNTS["heads"]))
        self.assertEqual(facts, self.db.rows(harness.COUNTS["months"]))


if __name__ == "__main__":
    harness.main()

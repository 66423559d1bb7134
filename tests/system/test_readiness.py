"""May I publish p=reject: the samples and a simulated world, their DNS served by NSD."""
import shutil
import sys

import harness
import nameserver

sys.path[:0] = [str(harness.ROOT / "tests/world"), str(harness.ROOT / "tests/samples")]
import world  # noqa: E402
import story_zones as samples_zones  # noqa: E402

SAMPLES = harness.ROOT / "samples"
CODES = {"ready": 0, "warnings": 1, "not_ready": 2, "insufficient_data": 3}


@harness.unittest.skipUnless(shutil.which("nsd", path="/usr/sbin:/sbin:/usr/bin"), "nsd is not installed")
class Readiness(harness.Case):
    def ask(self, db, dns, *args, code=None):
        done = db.run("--dns-server", dns.address, *self.config, "readiness", *args, "--as-of", "2026-11-01")
        if code is not None:
            self.assert_code(done, code, args)
        return done

    def document(self, db, dns, domain, *args):
        done = self.ask(db, dns, domain, *args, "-f", "json")
        document = done.json()
        self.assert_schema(document)
        self.assertEqual(done.code, CODES[document["verdict"]])
        return document

    def checks(self, document):
        return {c["id"]: c["status"] for c in document["checks"]}

    def test_samples(self):
        self.config = ()
        db = self.database()
        db.ingest(SAMPLES, code=65)
        with nameserver.NameServer(samples_zones.write(self.scratch() / "zones")) as dns:
            company = self.document(db, dns, "example.com")
            self.assertEqual(company["verdict"], "not_ready")
            checks = self.checks(company)
            self.assertEqual((checks["A3"], checks["A8"], checks["D1"], checks["D4"], checks["D6"]), ("fail", "fail", "pass", "pass", "pass"))
            self.assertIsNone(company["next_step"]["record"])
            self.assertIn("A3", company["next_step"]["text"])
            parked = self.document(db, dns, "example.org")
            self.assertEqual((parked["verdict"], parked["parked"], parked["next_step"]["record"]), ("ready", True, None))
            text = self.ask(db, dns, "example.com", code=2).out
            self.assert_harmless(text, "text")
            for check in company["checks"]:
                self.assertRegex(text, rf"(?m)^  {check['status']} +{check['id']} ", "text and JSON agree")
            for name in ("web80.webhost.example", "lists.example"):
                self.assertIn(name, text)
            every = self.ask(db, dns, "--all", code=2).out
            for domain in ("example.com", "example.org", "odd.example"):
                self.assertIn(domain, every)
            self.ask(db, dns, "odd.example", code=3)
            self.ask(db, dns, "never.example", code=75)  # its DNS refuses

    def test_world(self):
        top = self.scratch() / "world"
        made = world.write(top, 1)
        db = self.database()
        db.ingest(top / "reports")
        (top / "ruascope.conf").write_text('catalogue = "services.csv"\n')
        self.config = ("--config", top / "ruascope.conf")
        with nameserver.NameServer(made.files) as dns:
            said = {o.domain: self.document(db, dns, o.domain) for o in made.owners}
        status = {domain: self.checks(d) for domain, d in said.items()}
        self.assertNotIn("fail", {status["tidy.example"][c] for c in ("A1", "A2", "A3", "A4", "A5", "D1", "D4")}, said["tidy.example"])
        self.assertEqual(status["bakery.example"]["A3"], "fail", "a contact form of six messages a day")
        self.assertEqual(status["lookups.example"]["D4"], "fail")
        self.assertEqual(status["broken.example"]["D4"], "fail")
        self.assertTrue(said["parked.example"]["parked"])
        self.assertIn(said["parked.example"]["verdict"], ("ready", "warnings"))
        for domain, d in said.items():
            if domain not in ("parked.example",):
                self.assertNotEqual(d["verdict"], "ready", f"{domain}: {d['checks']}")

    def test_strict(self):
        """Warnings are failures for a pipeline that wants it so."""
        self.config = ()
        db = self.database()
        db.ingest(SAMPLES, code=65)
        files = samples_zones.write(self.scratch() / "zones")
        path = files["example.org"]
        path.write_text(path.read_text().replace("p=reject", "p=quarantine"))
        with nameserver.NameServer(files) as dns:
            self.ask(db, dns, "example.org", code=1)
            done = self.ask(db, dns, "example.org", "--strict", code=2)
            self.assertIn("p=reject", done.out)

    def test_usage(self):
        db = self.database()
        for args in ([], ["a.example", "b.example"], ["--all", "a.example"], ["--as-of", "yesterday", "a.example"], ["-f", "pdf", "a.example"], ["not a name"]):
            self.assert_code(db.run("readiness", *args), 64, args)


if __name__ == "__main__":
    harness.main()

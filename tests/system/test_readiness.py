"""May I publish p=reject: the samples and a simulated world, their DNS served by NSD."""
import os
import re
import shutil
import subprocess
import sys

import harness
import nameserver

sys.path[:0] = [str(harness.ROOT / "tests/stages"), str(harness.ROOT / "tests/samples")]
import stages  # noqa: E402
import world  # noqa: E402
import story_zones as samples_zones  # noqa: E402

SAMPLES = harness.ROOT / "samples"
CODES = {"ready": 0, "warnings": 1, "not_ready": 2, "insufficient_data": 3}
WORDS = {"ready": "ready", "warnings": "warnings", "not_ready": "not ready", "insufficient_data": "too little data"}


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
            self.several(db, dns)
            self.silent(db, dns)
            self.ask(db, dns, "odd.example", code=3)
            self.ask(db, dns, "never.example", code=75)  # its DNS refuses

    def several(self, db, dns):
        """DOMAIN..., --group, -o: each domain once, the worst exit code, and a file that is whole or not there."""
        top = self.scratch()
        (top / "ruascope.conf").write_text('group "customers" {\n domains = {"Example.org", "example.com"}\n owner = "mail team"\n}\n')
        self.config = ("--config", top / "ruascope.conf")
        text = self.ask(db, dns, "example.org", "EXAMPLE.com.", "example.org", code=2).out
        self.assertEqual(re.findall(r"(?m)^(example\.\w+): ", text), ["example.org", "example.com"])
        self.assertEqual(self.ask(db, dns, "--group", "customers", code=2).out, text)
        lines = self.ask(db, dns, "--group", "Customers", "odd.example", "-f", "json", code=2).lines()
        self.assertEqual([d["domain"] for d in lines], ["odd.example", "example.org", "example.com"])
        for line in lines:
            self.assert_schema(line)
        self.assertEqual(self.ask(db, dns, "example.org", "odd.example", "-f", "json", code=3).lines()[1]["verdict"], "insufficient_data")
        page = self.ask(db, dns, "example.org", "example.com", "-f", "html", code=2).out
        self.assertEqual(page.count("<!doctype html>"), 1)
        self.ask(db, dns, "example.org", "never.example", "-f", "json", code=3)  # silent DNS of one is no reason to try all again
        done = self.ask(db, dns, "--group", "custmers", code=64)
        self.assertIn('no group "custmers"; did you mean customers?', done.err)
        out = top / "out.txt"
        for form, options in (("text", []), ("json", ["-f", "json"]), ("html", ["-f", "html"]), ("summary", ["--all"])):
            domains = [] if form == "summary" else ["example.org", "example.com"]
            done = self.ask(db, dns, *domains, *options, "-o", out, code=2)
            self.assertEqual(done.out, "")
            self.assertEqual(out.read_text(), self.ask(db, dns, *domains, *options, code=2).out, form)
        self.assertEqual(sorted(p.name for p in top.iterdir()), ["out.txt", "ruascope.conf"])
        self.ask(db, dns, "example.org", "-o", top / "none" / "x", code=74)
        self.config = ()

    def silent(self, db, dns):
        """--all has a line for every domain that ever had reports; that they ceased is news."""
        def all_of(day):
            done = db.run("--dns-server", dns.address, "readiness", "--all", "--as-of", day)
            return {line.split()[0]: line for line in done.out.splitlines()[1:]}
        lines = all_of("2027-03-01")
        self.assertEqual(set(lines), {"example.com", "example.org", "odd.example"})
        self.assertRegex(lines["example.com"], r"too little data .*  no reports since 2026-10-31$")
        self.assertNotIn("no reports since", "".join(all_of("2026-11-01").values()))
        self.assertEqual(all_of("2026-01-01"), {}, "nothing was known then")

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

    def test_stages(self):
        """Every kind of domain gets its verdict, and fails or warns of nothing but what is wrong with it."""
        top = self.scratch() / "world"
        cases = stages.owners()
        made = world.write(top, 1, who=[o for o, _, _ in cases], receivers=stages.RECEIVERS)
        db = self.database()
        db.ingest(top / "reports")
        (top / "ruascope.conf").write_text('catalogue = "services.csv"\n')
        self.config = ("--config", top / "ruascope.conf")
        with nameserver.NameServer(made.files) as dns:
            said = {o.domain: self.document(db, dns, o.domain) for o, _, _ in cases}
            text = {d: self.ask(db, dns, d).out for d in ("rollout.example", "monthly.example")}
            every = self.ask(db, dns, "--all", code=2).out
        for owner, verdict, wrong in cases:
            with self.subTest(owner.domain):
                d = said[owner.domain]
                found = {c["id"] for c in d["checks"] if c["status"] in ("fail", "warn")}
                reasons = [c for c in d["checks"] if c["id"] in found]
                self.assertEqual(d["verdict"], verdict, reasons)
                if verdict != "insufficient_data":
                    self.assertEqual(found, wrong, reasons)
                self.assertLessEqual(wrong, found, reasons)
                self.assertRegex(every, rf"(?m)^{owner.domain}\s+{WORDS[verdict]}")

        flood = said["flooded.example"]["projection"]
        forged = flood["would_reject"]["unauthorized"] + flood["would_reject"]["unknown"]
        self.assertGreater(forged, 100 * (flood["messages"] - forged))
        self.assertEqual(said["rollout.example"]["next_step"]["record"], None)
        self.assertIn("20 of 30 days", text["rollout.example"])
        self.assertEqual(said["testing.example"]["next_step"]["record"], "v=DMARC1; p=quarantine; rua=mailto:rua@testing.example")
        self.assertEqual(said["ready.example"]["next_step"]["record"], "v=DMARC1; p=reject; t=y; rua=mailto:rua@ready.example")
        self.assertEqual(said["flooded.example"]["next_step"]["record"], "v=DMARC1; p=reject; t=y; rua=mailto:rua@flooded.example")
        self.assertEqual(said["ready.example"]["not_observed"], [])
        self.assertEqual(said["monthly.example"]["not_observed"], ["Payroll"])
        self.assertIn("Payroll", text["monthly.example"])

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

    def test_examples_of_the_docs(self):
        """The step of a pipeline and the plugin that docs/readiness.md shows, as they stand there."""
        db = self.database()
        db.ingest(SAMPLES, code=65)
        top = self.scratch()
        scripts = re.findall(r"(?ms)^```sh\n(.*?)^```", (harness.ROOT / "docs/readiness.md").read_text())
        names = [re.search(r"# (\S+)", s.split("\n", 1)[1]).group(1) for s in scripts]
        self.assertEqual(names, ["before-reject", "check_dmarc"])
        files = samples_zones.write(top / "zones")
        with nameserver.NameServer(files) as dns:
            for name, text in zip(names + ["ruascope"], scripts + [f"""#!/bin/sh
exec '{harness.PROGRAM}' --db '{db.conninfo}' --dns-server {dns.address} "$@" --as-of "${{AS_OF:-2026-11-01}}"
"""]):
                (top / name).write_text(text)
                (top / name).chmod(0o755)

            def run(*args, **env):
                return subprocess.run(args, cwd=top, env={**os.environ, "PATH": f"{top}:{os.environ['PATH']}", **env}, capture_output=True, text=True, timeout=300)
            done = run("before-reject", "example.org", "example.com")
            self.assertEqual((done.returncode, done.stdout), (1, "example.com: NOT READY for p=reject.\n"), done.stderr)
            done = run("before-reject", "example.org")
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
            for domain, code, line in (("example.org", 0, "example.org: READY"), ("example.com", 2, "example.com: NOT READY"),
                                       ("odd.example", 3, "odd.example: "), ("never.example", 3, "")):
                done = run("check_dmarc", domain)
                self.assertEqual(done.returncode, code, done)
                self.assertTrue(done.stdout.startswith(line), done)
            self.assertEqual(run("check_dmarc", "no domain").returncode, 3, "usage")

    def test_usage(self):
        db = self.database()
        for args in ([], ["--all", "--group", "x"], ["--group", "x"], ["--group"], ["a.example", "no domain"], ["--all", "a.example"], ["--as-of", "yesterday", "a.example"], ["-f", "pdf", "a.example"], ["not a name"]):
            self.assert_code(db.run("readiness", *args), 64, args)


if __name__ == "__main__":
    harness.main()

"""Input made to hurt: each piece within its time and memory, with an outcome that is acceptable, and nothing leaks.

The pieces come from tests/hostile/make.py, which says in manifest.json what each is and how it may and must end."""
import base64
import json
import re
import shutil
import subprocess
import sys
import unittest
import zlib

import harness
import reports

MAKE = harness.ROOT / "tests/hostile/make.py"
CPU_SECONDS = 5
RSS_MIB = 128


class Hostile(harness.Case):
    @classmethod
    def setUpClass(cls):
        if not MAKE.exists():
            raise unittest.SkipTest(f"no {MAKE}")
        cls.dir = harness.scratch()
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        subprocess.run([sys.executable, str(MAKE), str(cls.dir)], check=True, timeout=300, stdout=subprocess.DEVNULL)
        cls.pieces = json.loads((cls.dir / "manifest.json").read_text())["files"]
        cls.secrets = {p["secret"] for p in cls.pieces if "secret" in p}
        if harness.SANITIZED:  # the large ones ask for time and memory, and for nothing that a smaller one does not touch
            large = [p["file"] for p in cls.pieces if p["bytes"] >= 8 << 20]
            cls.pieces = [p for p in cls.pieces if p["file"] not in large]
            print("built with sanitizers: left out for their size:", *large, flush=True)

    def outcomes(self, document):
        """The words of what happened, as a manifest spells them."""
        found = {o for o, n in document["reports"].items() if n}
        if document["not_reports"] or any(p["outcome"] == "not_a_report" for p in document["problems"]):
            found.add("not_a_report")
        return found

    def assert_no_leak(self, text, what):
        for secret in self.secrets:
            self.assertFalse(secret in text, f"{what}: {secret}")

    def test_each(self):
        self.assertTrue(self.secrets)
        cost, db = [], self.database()
        for piece in self.pieces:
            with self.subTest(file=piece["file"], what=piece["about"]):
                done = harness.measure("ingest", "--json", "--jobs", "1", self.dir / piece["file"], db=db.conninfo)
                cost.append((done.cpu, round(done.rss_mib, 1), piece["file"]))
                self.assertIn(done.code, (0, 65), done.err[-500:])
                document = done.json()
                harness.check_sums(document)
                found = self.outcomes(document)
                self.assertLessEqual(found, set(piece["acceptable"]), document["problems"][:3])
                self.assertLessEqual(set(piece["required"]), found, document["problems"][:3])
                self.assertTrue(found, "no outcome at all")
                if "stored" in piece:
                    self.assertEqual(document["reports"]["stored"], piece["stored"])
                if "rows" in piece:
                    rows = db.number("select count(*) from v_ledger where run_id = (select max(id) from run)")
                    self.assertLessEqual(rows, piece["rows"], "rows of ledger")
                self.assert_no_leak(done.out + done.err, piece["file"])
                self.assert_harmless(done.out, "stdout")
                self.assert_harmless(done.err, "stderr")
                self.assert_cheap(done)
        print(f"{len(self.pieces)} pieces; most CPU {max(cost)}; most memory {max(cost, key=lambda c: c[1])}", flush=True)
        # Nothing of this machine's files got into the database. Quarantined bytes are the input's own.
        for table in ("v_report", "v_record", "v_ledger", "v_quarantine", "profile", "reporter", "domain", "record_mark"):
            self.assert_no_leak(db.sql(f"select t::text from {table} t"), table)
        db.totals()

    def assert_cheap(self, done):
        if harness.judges_cost():
            self.assertLess(done.cpu, CPU_SECONDS, "CPU seconds")
            self.assertLess(done.rss_mib, RSS_MIB, "peak MiB")

    def test_parse(self):
        for piece in self.pieces:
            with self.subTest(file=piece["file"], what=piece["about"]):
                with open(self.dir / "out", "wb") as out:
                    done = harness.measure("parse", self.dir / piece["file"], capture_output=False, stdout=out, stderr=subprocess.PIPE)
                self.assertIn(done.code, (0, 65), done.err[-500:])
                self.assert_no_leak((self.dir / "out").read_text(errors="replace") + done.err, piece["file"])
                self.assert_cheap(done)


class Truncated(harness.Case):
    """Cut at every byte. What may be stored is what still holds the closed root; decided here with zlib alone."""
    XML = reports.report("truncated", [reports.record(), reports.record("192.0.2.2", 3)])

    def inflated(self, data, wbits):
        try:
            return zlib.decompressobj(wbits).decompress(data)
        except zlib.error:
            return b""

    def wrappings(self):
        """name -> (whole input, what of the XML its first bytes still give)."""
        gz, zipped = reports.gz(self.XML), reports.zipped(self.XML)
        mail = reports.mail(gz)
        body = mail.index(base64.encodebytes(gz)[:40])
        member = 30 + len("report.xml")

        def of_mail(cut):
            text = re.sub(rb"[^A-Za-z0-9+/]", b"", cut[body:].split(b"--")[0])
            return self.inflated(base64.b64decode(text[:len(text) // 4 * 4]), 31)
        return {
            "xml": (self.XML, lambda cut: cut),
            "xml.gz": (gz, lambda cut: self.inflated(cut, 31)),
            "zip": (zipped, lambda cut: self.inflated(cut[member:], -15)),
            "eml": (mail, of_mail),
        }

    def test_every_byte(self):
        for kind, (data, readable) in self.wrappings().items():
            with self.subTest(kind=kind):
                top = self.scratch()
                must, may = set(), set()  # a root without its last bracket may be taken for closed
                for n in range(len(data) + 1):
                    (top / f"{n:05d}.{kind}").write_bytes(data[:n])
                    xml = readable(data[:n])
                    if b"</feedback" in xml:
                        may.add(n)
                    if b"</feedback>" in xml:
                        must.add(n)
                self.assertIn(len(data), must)

                done = harness.run("parse", *sorted(top.iterdir()))
                self.assertIn(done.code, (0, 65))
                whole = {int(re.search(r"/(\d{5})\.", d["source"]).group(1)) for d in done.lines()}
                self.assertEqual(whole - may, set(), "read as whole, though the root was not closed")
                self.assertIn(len(data), whole)
                if kind == "xml":
                    self.assertLessEqual(must, whole)
                if kind == "xml.gz":
                    self.assertLessEqual(set(range(len(data) - 7, len(data) + 1)), whole, "cut in the trailer, with the XML whole")

                db = self.database()
                document = db.run("ingest", "--json", top).json()
                harness.check_sums(document)
                self.assertEqual(document["inputs"], len(data) + 1)
                outcomes = document["reports"]
                self.assertEqual((outcomes["stored"], outcomes["duplicate"]), (1, len(whole) - 1))
                self.assertEqual(outcomes["conflict"], 0)
                self.assertEqual(sum(outcomes.values()) + document["not_reports"], len(data) + 1, "one outcome each")
                self.assertEqual(db.totals(), (1, 2, 4))

    def test_garbled(self):
        """One byte wrong, everywhere: no crash; a wrong checksum is never stored."""
        gz, step = reports.gz(self.XML), 3 if harness.SANITIZED else 1
        for kind, data in (("xml.gz", gz), ("zip", reports.zipped(self.XML)), ("eml", reports.mail(gz)), ("xml", self.XML)):
            top = self.scratch()
            for n in range(0, len(data), step):
                (top / f"{n:05d}.{kind}").write_bytes(data[:n] + bytes([data[n] ^ 0x41]) + data[n + 1:])
            done = harness.run("parse", *sorted(top.iterdir()))
            self.assertIn(done.code, (0, 65))
            for document in done.lines():
                if kind in ("xml.gz", "zip"):  # their checksums stand for the content
                    self.assertEqual((document["report_id"], len(document["records"])), ("truncated", 2), document["source"])
            db = self.database()
            document = db.run("ingest", "--json", top).json()
            harness.check_sums(document)
            self.assertEqual(document["inputs"], len(range(0, len(data), step)))
            db.totals()


if __name__ == "__main__":
    harness.main()

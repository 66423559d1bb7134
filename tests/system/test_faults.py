"""One answer of the system is a failure: the N-th allocation, open, read, write, fsync or rename.

Whatever fails, wherever: no signal ends the program, stderr says it in a line, the exit code is one of those of
docs/ruascope.1, nothing that could not be read for want of memory is set aside, and after one more run, in which nothing
fails, the database and the archive are what they had been without the failure. faults.c is preloaded into the real
program; PostgreSQL is a real one.

RUASCOPE_FAULTS=N: about so many failures (default 40); `./check --long` asks for thousands."""
import os
import pathlib
import random
import re
import shutil
import subprocess
import unittest

import harness
import reports

LIBRARY = os.environ.get("FAULTS")
ROUNDS = int(os.environ.get("RUASCOPE_FAULTS") or 40)
SEED = int(os.environ.get("RUASCOPE_SEED") or random.randrange(1 << 30))
KINDS = ("malloc", "aligned", "open", "read", "write", "fsync", "rename")
# done; set aside or left; no database; output; later; 64 and 78: a file of the start could not be read
CODES = (0, 64, 65, 69, 73, 74, 75, 78)
TABLES = "report, record, profile, record_mark, domain, reporter, run, ledger, quarantine, quarantine_bytes, rollup_month, sender_month, mailbox"


def tree(top):
    """A file of every kind that takes another way through the program."""
    one = reports.report
    files = {
        "a/plain.xml": one("plain"), "a/packed.xml.gz": reports.gz(one("packed")), "a/zipped.zip": reports.zipped(one("zipped")),
        "a/mail.eml": reports.mail(reports.gz(one("mail"))), "a/mailzip.eml": reports.mail(reports.zipped(one("mailzip")), "r.zip"),
        "b/latin.xml": one("latin", org="Caf\xe9").decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        "b/late-policy.xml": late_policy(one("late")), "b/repair.xml": one("repair").replace(b"reporter.example<", b"Salt & Pepper<", 1),
        "b/idn.xml": one("idn", [reports.record(header_from="b\u00fccher.example")], domain="b\u00fccher.example"),
        "b/cut.xml": one("cut")[:-60], "b/broken.xml.gz": reports.gz(one("broken"))[:-30], "b/letter.eml": reports.LETTER,
        "c/same.xml": one("plain"), "c/other.xml": one("plain").replace(b">s1<", b">s2<"),
        "c/box.mbox": reports.mbox([reports.mail(reports.gz(one(f"box{n}"))) for n in range(3)]),
        "c/many.xml.gz": reports.gz(one("many", [reports.record(f"198.51.{i // 250}.{i % 250}", i + 1) for i in range(3000)])),
        "c/raw.eml": b"From: a@example.org\nSubject: x\n\n" + one("raw"),
        "c/long.eml": reports.mail(one("long") + b" " * (5 << 20), "r.xml", "text/xml"),  # more than is spooled in memory
    }
    for name, data in files.items():
        path = top / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(data)
    return files


def late_policy(data):
    text = data.decode()
    begin, end = text.index("<policy_published>"), text.index("</policy_published>") + len("</policy_published>")
    return (text[:begin] + text[end:].replace("</feedback>", text[begin:end] + "</feedback>")).encode()


class Session:
    """One psql for all questions: a hundred rounds ask a thousand."""

    def __init__(self, conninfo):
        self.psql = subprocess.Popen(["psql", "-AtqX", "-F", "\t", "-v", "ON_ERROR_STOP=1", conninfo], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def rows(self, sql):
        self.psql.stdin.write(f"{sql};\n\\echo --end--\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline()) != "--end--\n":
            if not line:
                raise AssertionError(f"psql left: {sql}")
            lines.append(line.rstrip("\n").split("\t"))
        return lines

    def empty(self):
        self.rows(f"truncate {TABLES}")

    def close(self):
        self.psql.stdin.close()
        self.psql.stdout.close()
        self.psql.wait()


@unittest.skipUnless(LIBRARY, "FAULTS names no library: run me by ctest")
class Faults(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.top = harness.scratch()
        cls.addClassCleanup(shutil.rmtree, cls.top)
        cls.source = cls.top / "source"
        cls.files = tree(cls.source)
        cls.db = harness.Server.shared().database()
        cls.session = Session(cls.db.conninfo)
        cls.addClassCleanup(cls.session.close)
        # another filesystem than that of the mails: moving there is copying, fsync, unlink
        far = pathlib.Path("/dev/shm")
        cls.far = far if far.is_dir() and far.stat().st_dev != cls.top.stat().st_dev else None
        cls.whole = cls.state(*cls.clean())

    @classmethod
    def clean(cls):
        cls.session.empty()
        mails, archive = cls.top / "mails", (cls.far or cls.top) / f"ruascope-faults.{os.getpid()}"
        for path in (mails, archive):
            shutil.rmtree(path, ignore_errors=True)
        cls.addClassCleanup(shutil.rmtree, archive, ignore_errors=True)
        shutil.copytree(cls.source, mails)
        done = cls.db.run("ingest", "--json", "--jobs", "1", "--archive", archive, mails)
        assert done.code == 65, done
        return mails, archive

    @classmethod
    def state(cls, mails, archive):
        """All that there is to see, but for what a second run may say in another word: of files that were stored and
        not yet moved, it says that they are stored already."""
        hidden = [p for p in mails.rglob(".ruascope-*")]
        left = sorted(p.name for p in mails.rglob("*") if p.is_file() and p not in hidden)
        filed = {}
        # a copy that could not even be removed has a name of its own, and hides
        kept = [path for path in archive.rglob("*") if path.is_file() and not path.name.startswith(".ruascope-")]
        names = {name.rsplit("/", 1)[1]: data for name, data in cls.files.items()}

        def named(path):
            """A copy that could not be taken back when its original could not be removed: the next run's has a number."""
            return path.name if path.name in names else re.sub(r"\.\d+(\.[^.]+)$", r"\1", path.name)
        for path in kept:
            filed[named(path)] = {"duplicate": "stored", "conflict": "stored"}.get(path.parent.name, path.parent.name)
        assert all(path.read_bytes() == names[named(path)] for path in kept), "a file changed"
        # an original that could neither be removed nor get its name back was told, and has its copy
        copies = {path.read_bytes() for path in kept}
        assert all(path.read_bytes() in copies for path in hidden), "a hidden original without a copy"
        return {
            "left": left, "filed": filed, "totals": harness.consistent(cls.session.rows),
            "reports": sorted(cls.session.rows("select domain, org_name, report_id, records, messages, warnings from v_report")),
            "aside": sorted(cls.session.rows("select distinct outcome, reason, size from v_quarantine")),
            "records": cls.session.rows("select count(*) as n, sum(messages) as m, count(distinct dkim_selector) as s from v_record"),
        }

    def once(self, kind, n, mode):
        """A run with a failure, and one without. Whether it was met."""
        self.session.empty()
        mails, archive, said = self.top / "mails", (self.far or self.top) / f"ruascope-faults.{os.getpid()}", self.top / "said"
        for path in (mails, archive):
            shutil.rmtree(path, ignore_errors=True)
        said.unlink(missing_ok=True)
        shutil.copytree(self.source, mails)
        done = self.db.run("ingest", "--json", "--jobs", "1", "--archive", archive, mails,
                           env={"LD_PRELOAD": LIBRARY, "FAULT_KIND": kind, "FAULT_AT": n, "FAULT_MODE": mode, "FAULT_SAID": said})
        if n == 0:
            return int(said.read_text())
        self.assertIn(done.code, CODES, done)
        met = said.exists()
        if met and done.code not in (0, 65):
            self.assertTrue(done.err.strip(), "an exit without a word")
        self.assertLessEqual(len(done.err.splitlines()), 3 + len(self.files), done.err)
        if done.code == 75 and "out of memory" in done.err:
            self.assertEqual(len(done.err.strip().splitlines()), 1, done.err)
        self.assertEqual(set(map(tuple, self.session.rows("select outcome, reason, size from v_quarantine"))) - set(map(tuple, self.whole["aside"])),
                         set(), f"set aside, but only the failure was at fault\n{done.err}")
        again = self.db.run("ingest", "--json", "--jobs", "1", "--archive", archive, mails)
        self.assertIn(again.code, (0, 65), again)
        self.assertEqual(self.state(mails, archive), self.whole)
        return met

    def test_everything(self):
        rnd = random.Random(SEED)
        counts = {kind: self.once(kind, 0, "once") for kind in KINDS if kind != "fsync" or self.far}
        print(f"seed {SEED}; calls of a run: {counts}", flush=True)
        share = {kind: ROUNDS // 3 if kind == "malloc" else ROUNDS // 7 for kind in counts}
        rounds = [(kind, n, rnd.choice(("once", "once", "on"))) for kind, calls in counts.items()
                  for n in rnd.sample(range(1, calls + 1), min(calls, share[kind]))]
        met = 0
        for kind, n, mode in rounds:
            with self.subTest(kind=kind, n=n, mode=mode):
                met += self.once(kind, n, mode)
        print(f"{len(rounds)} failures, {met} met", flush=True)
        self.assertGreater(met, len(rounds) // 2)


if __name__ == "__main__":
    harness.main()

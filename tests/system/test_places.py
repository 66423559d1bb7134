"""Where reports lie: every kind of file and directory, the archive, dry runs."""
import io
import json
import os
import resource
import shutil
import signal
import socket
import threading
import unittest
import zipfile

import harness
import reports


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


class Places(harness.Case):
    def setUp(self):
        self.dir = self.scratch()
        self.n = 0

    def report(self):
        self.n += 1
        return reports.report(f"{self.id()}-{self.n}")

    def stored(self, db):
        return {r[0] for r in db.rows("select source from v_report")}

    def test_odd_files(self):
        put(self.dir / "in/a.xml", self.report())
        put(self.dir / "in/deep/er/b.xml", self.report())
        put(self.dir / "in/.hidden.xml", self.report())
        put(self.dir / "in/.git/c.xml", self.report())
        os.mkfifo(self.dir / "in/fifo")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(self.dir / "in/socket"))
        os.symlink("..", self.dir / "in/deep/loop")
        os.symlink("self", self.dir / "in/self")
        os.symlink("nowhere", self.dir / "in/dangling.xml")
        put(self.dir / "beside/d.xml", self.report())
        os.symlink("../beside", self.dir / "in/linked")
        os.symlink("../beside/d.xml", self.dir / "in/linked.xml")
        db = self.database()
        done = db.run("ingest", "--json", self.dir / "in")
        self.assert_code(done, 65)
        document = done.json()
        # d.xml is met as linked/d.xml and as linked.xml: two inputs, one report.
        self.assertEqual(document["reports"], {"stored": 3, "duplicate": 1, "conflict": 0, "rejected": 2}, document["problems"])
        self.assertEqual(document["inputs"], 6)
        reasons = {os.path.basename(p["source"]): p["reason"] for p in document["problems"] if p["outcome"] == "rejected"}
        self.assertIn("No such file or directory", reasons["dangling.xml"])
        self.assertIn("Too many levels of symbolic links", reasons["self"])
        for name in ("fifo", "socket"):
            self.assertTrue([line for line in done.err.splitlines() if f"/{name}" in line], f"a warning about the {name}")
        self.assertEqual(db.totals()[0], 3)

    def test_no_temporary_file(self):
        """What must be whole and is no file of its own goes to a temporary file when it is large. Where that cannot be
        made, or not filled, the run says so and can be repeated: nothing is set aside, and the input stays where it is."""
        def no_more_than_a_mebibyte():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then write() fails, as on a full disk
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as z:
            z.writestr("noise.png", b"\x89PNG\r\n\x1a\n" + bytes(6 << 20))  # stored, not deflated
            z.writestr("report.xml", self.report())
        for what, env, popen, words in (("missing", {"TMPDIR": self.dir / "nowhere"}, {}, ("temporary file in", "nowhere", "No such file or directory")),
                                        ("full", {"TMPDIR": self.dir}, {"preexec_fn": no_more_than_a_mebibyte}, ("temporary file", "File too large"))):
            for kind, data in (("eml", reports.mail(archive.getvalue(), "report.zip")), ("gz", reports.gz(archive.getvalue()))):
                with self.subTest(what=what, kind=kind):
                    db = self.database()
                    small = put(self.dir / what / kind / f"a.{kind}", reports.gz(self.report()))
                    large = put(self.dir / what / kind / f"b.{kind}", data)
                    args = ("ingest", "--json", "--jobs", "1", "--archive", self.dir / what / f"{kind}-filed", small.parent)
                    done = db.run(*args, env=env, **popen)
                    self.assert_code(done, 75)
                    self.assert_sentence(done, f"b.{kind}", *words)
                    self.assertEqual(large.read_bytes(), data)
                    self.assertEqual((done.json()["reports"]["rejected"], db.number("select count(*) from v_quarantine")), (0, 0))
                    self.assertEqual(db.totals()[0], done.json()["reports"]["stored"])
                    self.assert_code(db.run(*args), 0, "again, with room")
                    self.assertEqual(db.totals()[0], 2)
                    self.assertEqual([p.name for p in small.parent.iterdir()], [])
                    done = harness.run("parse", self.dir / what / f"{kind}-filed/stored/b.{kind}", env=env, **popen)
                    self.assert_code(done, 75)
                    self.assert_sentence(done, *words)

    def test_named_directly(self):
        """A hidden file, a FIFO or a link that a person names."""
        db = self.database()
        hidden = put(self.dir / ".report", self.report())
        link = self.dir / "link"
        os.symlink(put(self.dir / "x/real.xml", self.report()), link)
        self.assertEqual(db.ingest(hidden, link)["reports"]["stored"], 2)
        os.mkfifo(self.dir / "fifo")
        done = db.run("ingest", "--json", self.dir / "fifo")
        self.assertIn(done.code, (0, 65))
        self.assertIn("fifo", done.err + done.out)
        done = db.run("ingest", "--json", "/dev/null", "/dev/zero")
        self.assertIn(done.code, (0, 65))

    def test_same_twice(self):
        path = put(self.dir / "a.xml", self.report())
        db = self.database()
        document = db.ingest(path, path, self.dir)
        self.assertEqual(document["reports"]["stored"], 1)

    def test_nonexistent(self):
        """64, and nothing was read: not even what exists, not even the database asked for."""
        path = put(self.dir / "a.xml", self.report())
        db = self.database()
        done = db.run("ingest", path, self.dir / "no-such")
        self.assert_code(done, 64)
        self.assertIn("no-such", done.err)
        self.assertEqual(db.totals()[0], 0)
        self.assert_code(harness.run("ingest", path, self.dir / "no-such", db="host=/nonexistent"), 64)
        self.assert_code(harness.run("parse", path, self.dir / "no-such"), 64)

    def test_empty(self):
        put(self.dir / "in/empty.xml", b"")
        db = self.database()
        document = db.ingest(self.dir / "in")
        self.assertEqual((document["inputs"], document["not_reports"]), (1, 1))
        (self.dir / "nothing").mkdir()
        done = db.run("ingest", "--json", self.dir / "nothing")
        self.assert_code(done, 0)
        self.assertEqual(done.json()["inputs"], 0)
        self.assertIn("nothing: no file in it", done.err)

    def test_without_a_report(self):
        """A directory that is not the right one looks like one in which all is done: a word says so."""
        put(self.dir / "in/letter.eml", reports.LETTER)
        put(self.dir / "in/.Folder/cur/1:2,S", reports.mail(reports.gz(self.report())))
        db = self.database()
        done = db.run("ingest", "--json", self.dir / "in")
        self.assert_code(done, 0)
        self.assertIn("no report in any of 1 inputs", done.err)
        self.assertIn(".Folder: skipped: hidden, though it looks like a folder of a Maildir", done.err)
        self.assertNotIn("no report", db.run("ingest", self.dir / "in/.Folder").err)

    def test_maildir_without_tmp(self):
        """Empty directories get lost in copies."""
        for name in ("new/1", "cur/2:2,S", ".Sub/new/3", ".Half/cur/4:2,"):
            put(self.dir / "Maildir" / name, reports.mail(reports.gz(self.report())))
        put(self.dir / "Maildir/dovecot.index", b"\x07\x03\0\0")
        db = self.database()
        document = db.ingest(self.dir / "Maildir")
        self.assertEqual((document["inputs"], document["reports"]["stored"]), (4, 4))

    def test_long_names(self):
        """A name of 255 bytes that the archive has already."""
        name = "n" * 251 + ".xml"
        db = self.database()
        for n in range(3):
            put(self.dir / "in" / name, self.report())
            db.ingest("--archive", self.dir / "done", self.dir / "in")
            self.assertEqual(list((self.dir / "in").iterdir()), [])
        self.assertEqual(sorted(len(p.name) for p in (self.dir / "done/stored").iterdir()), [255, 255, 255])

    def test_clock(self):
        """All reports are from the future: it is the clock. Nothing is filed, and the run can be repeated."""
        for n in range(8):
            put(self.dir / "in" / f"{n}.xml", reports.report(f"clock-{n}", begin=4102444800))
        db = self.database()
        done = db.run("ingest", "--json", "--jobs", "4", "--archive", self.dir / "done", self.dir / "in")
        self.assert_code(done, 75)
        self.assertIn("set the clock", done.err)
        self.assertEqual(done.json()["reports"], {"stored": 0, "duplicate": 0, "conflict": 0, "rejected": 0})
        self.assertEqual(len(list((self.dir / "in").iterdir())), 8)
        self.assertEqual(db.number("select count(*) from v_ledger"), 0)
        for n in range(10):
            put(self.dir / "in" / f"now-{n}.xml", self.report())
        document = db.ingest("--archive", self.dir / "done", self.dir / "in", code=65)
        self.assertEqual((document["reports"]["stored"], document["reports"]["rejected"]), (10, 8))

    def test_together(self):
        """A column of reports in one file: each is read, and what is cut is set aside."""
        one, two, three = self.report(), self.report(), self.report()
        put(self.dir / "column.xml", one + b"--\n" + two + three[:-20])
        db = self.database()
        document = db.ingest(self.dir / "column.xml", code=65)
        self.assertEqual((document["inputs"], document["reports"]["stored"], document["reports"]["rejected"]), (1, 2, 1))
        self.assertEqual({s.rpartition("/")[2] for s in self.stored(db)}, {"column.xml", "column.xml!document2"})
        self.assertEqual(db.number("select count(*) from v_quarantine"), 1)

    @unittest.skipUnless(harness.IS_ROOT, "needs root to become somebody else")
    def test_unreadable(self):
        put(self.dir / "in/a.xml", self.report())
        put(self.dir / "in/secret.xml", self.report()).chmod(0)
        put(self.dir / "in/closed/b.xml", self.report())
        (self.dir / "in/closed").chmod(0)
        program = shutil.copy(harness.PROGRAM, self.dir / "ruascope")
        db = self.database()
        document = db.ingest(self.dir / "in", code=65, user="nobody", program=program)
        self.assertEqual(document["reports"]["stored"], 1)
        reasons = {os.path.basename(p["source"].rstrip("/")): p["reason"] for p in document["problems"]}
        self.assertEqual(set(reasons), {"secret.xml", "closed"})
        for reason in reasons.values():
            self.assertIn("Permission denied", reason)
        # A file that is named and cannot be read exists: no usage error.
        self.assertEqual(db.ingest(self.dir / "in/secret.xml", code=65, user="nobody", program=program)["reports"]["rejected"], 1)

    def test_vanishing(self):
        """A directory goes away under the walk, again and again: no crash, every input has an outcome."""
        db = self.database()
        tree = reports.Tree(self.dir / "tree", reports=200, records=3)
        for part in range(7):
            shutil.copytree(tree.path, self.dir / f"in/{part}", copy_function=os.link)
        gone = threading.Thread(target=lambda: [shutil.rmtree(self.dir / f"in/{n}") for n in range(6, 0, -1)])
        p = db.start("ingest", "--json", self.dir / "in")
        harness.wait(lambda: db.number("select count(*) from run") or p.poll() is not None, "the run begins")
        gone.start()
        done = harness.finish(p)
        gone.join()
        self.assertEqual(done.code, 65)
        harness.check_sums(done.json())
        self.assertEqual(db.totals(), tree.totals)

    def maildir(self, top):
        put(top / "new/1.host", reports.mail(reports.gz(self.report())))
        put(top / "cur/2.host:2,S", reports.mail(reports.gz(self.report())))
        put(top / "tmp/3.host", reports.mail(reports.gz(self.report())))
        put(top / ".Reports/cur/4.host:2,", reports.mail(reports.zipped(self.report()), "r.zip", "application/zip"))
        for name in ("cur", "new", "tmp"):
            (top / ".Reports" / name).mkdir(exist_ok=True)
        put(top / "dovecot.index.log", b"\1\2\3")
        put(top / "cur/.hidden", b"x")

    def test_maildir(self):
        self.maildir(self.dir / "Maildir")
        db = self.database()
        document = db.ingest(self.dir / "Maildir")
        self.assertEqual(document["reports"]["stored"], 3)
        self.assertFalse([s for s in self.stored(db) if "/tmp/3.host" in s], "tmp is not read")

    def test_mbox(self):
        mails = [reports.mail(reports.gz(self.report())) for _ in range(5)] + [reports.LETTER]
        box = put(self.dir / "box", reports.mbox(mails))
        db = self.database()
        document = db.ingest(box)
        self.assertEqual((document["inputs"], document["reports"]["stored"], document["not_reports"]), (6, 5, 1))

    def test_stdin(self):
        db = self.database()
        xml = self.report()
        for data in (xml, reports.gz(self.report()), reports.zipped(self.report()), reports.mail(self.report(), "r.xml", "text/xml"),
                     reports.mbox([reports.mail(reports.gz(self.report()))])):
            document = db.ingest("-", input=data)
            self.assertEqual((document["inputs"], document["reports"]["stored"]), (1, 1))
        done = harness.run("parse", "-", input=xml)
        self.assert_code(done, 0)
        self.assertEqual(done.json()["source"], "-")
        self.assertEqual(db.ingest("-", input=b"")["not_reports"], 1)

    def test_kind_by_content(self):
        """Names lie; content decides."""
        xml, gz = self.report(), reports.gz(self.report())
        put(self.dir / "in/a.gz", xml)
        put(self.dir / "in/b.xml", gz)
        put(self.dir / "in/c.eml", reports.zipped(self.report()))
        put(self.dir / "in/d.zip", reports.mail(reports.gz(self.report())))
        self.assertEqual(self.database().ingest(self.dir / "in")["reports"]["stored"], 4)

    def archived(self, archive):
        return sorted(str(p.relative_to(archive)) for p in archive.rglob("*") if p.is_file())

    def test_archive(self):
        source, archive = self.dir / "in", self.dir / "archive"
        whole = self.report()
        for n, data in enumerate((whole, self.report(), self.report())):
            put(source / f"{n}/a.xml", data)
        db = self.database()
        self.assertEqual(db.ingest("--archive", archive, source)["reports"]["stored"], 3)
        put(source / "b-again.xml", whole)
        put(source / "c.xml", whole.replace(b"<selector>s1<", b"<selector>s2<"))
        put(source / "d.xml", whole[:-30])
        put(source / "e.eml", reports.LETTER)
        # Several outcomes in one file: the worst decides.
        put(source / "f.mbox", reports.mbox([reports.mail(reports.gz(self.report())), reports.mail(reports.gz(self.report())[:-30])]))
        document = db.ingest("--archive", archive, source, code=65)
        self.assertEqual(document["reports"], {"stored": 1, "duplicate": 1, "conflict": 1, "rejected": 2})
        found = self.archived(archive)
        self.assertEqual([f for f in found if not f.startswith("stored/")],
                         ["conflict/c.xml", "duplicate/b-again.xml", "not-a-report/e.eml", "rejected/d.xml", "rejected/f.mbox"])
        stored = [f for f in found if f.startswith("stored/")]
        self.assertEqual(len(stored), 3, stored)
        self.assertEqual(self.archived(source), [])
        self.assertEqual(len({(archive / f).read_bytes() for f in stored}), 3, "equal names, no file written over")
        # Given again as it lies there, it is all duplicates.
        again = db.ingest(archive / "stored", archive / "duplicate")
        self.assertEqual(again["reports"], {"stored": 0, "duplicate": 4, "conflict": 0, "rejected": 0})

    def test_archive_inside(self):
        """The archive inside the directory that is read: what was filed is not read again in the same run."""
        put(self.dir / "in/a.xml", self.report())
        put(self.dir / "in/z/b.xml", self.report())
        db = self.database()
        document = db.ingest("--archive", self.dir / "in/archive", self.dir / "in")
        self.assertEqual(document["reports"]["stored"], 2)
        self.assertEqual(len(self.archived(self.dir / "in/archive")), 2)
        self.assertEqual(db.totals()[0], 2)

    def test_archive_unwritable(self):
        put(self.dir / "in/a.xml", self.report())
        put(self.dir / "file", b"")
        db = self.database()
        done = db.run("ingest", "--archive", self.dir / "file/archive", self.dir / "in")
        self.assertNotEqual(done.code, 0)
        self.assertTrue((self.dir / "in/a.xml").exists())

    def test_dry_run(self):
        tree = reports.Tree(self.dir / "tree", reports=60, records=5)
        db = self.database()
        before = self.archived(tree.path)
        document = db.ingest("--dry-run", "--archive", self.dir / "archive", tree.path, code=65)
        self.assertEqual(document["inputs"], tree.inputs)
        self.assertEqual(document["reports"], {"stored": tree.reports, "duplicate": tree.duplicates,
                                               "conflict": tree.conflicts, "rejected": tree.rejected})
        self.assertEqual((document["records"], document["messages"]), tree.totals[1:])
        self.assertEqual(db.totals(), (0, 0, 0))
        for table in ("ledger", "quarantine", "run", "profile", "domain"):
            self.assertEqual(db.number(f"select count(*) from {table}"), 0, table)
        self.assertEqual(self.archived(tree.path), before, "nothing was moved")
        db.ingest(tree.path, code=65)
        again = db.ingest("--dry-run", tree.path, code=65)
        self.assertEqual(again["reports"]["stored"], 0)

    def test_odd_names(self):
        """A file name is bytes: blanks, no UTF-8, a leading dash after --."""
        put(self.dir / "in/ -x.xml", self.report())
        name = os.fsencode(self.dir) + b"/in/\xff\xfe.xml"
        with open(name, "wb") as f:
            f.write(self.report())
        put(self.dir / ("in/" + "n" * 251 + ".xml"), self.report())
        db = self.database()
        document = db.ingest("--archive", self.dir / "archive", self.dir / "in")
        self.assertEqual(document["reports"]["stored"], 3)
        self.assertEqual(sum(len(f) for _, _, f in os.walk(os.fsencode(self.dir / "archive"))), 3)
        put(self.dir / "-dash.xml", self.report())
        self.assertEqual(db.ingest("--", "-dash.xml", cwd=self.dir)["reports"]["stored"], 1)
        done = harness.run("parse", os.fsencode(self.dir) + b"/archive/stored/\xff\xfe.xml")
        self.assert_code(done, 0)
        json.dumps(done.json(), ensure_ascii=False).encode()


if __name__ == "__main__":
    harness.main()

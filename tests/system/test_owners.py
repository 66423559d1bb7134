"""--archive as root among other people's files: links, second names, and owners of directories who are quick."""
import os
import pathlib
import shlex
import shutil
import tempfile
import unittest

import harness
import reports

JOE, ANN = "nobody", "daemon"  # whose directory is read; whose files he would like to have moved
MEDDLE = os.environ.get("MEDDLE_LIBRARY")


def put(path, data, user=None, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    if user:
        shutil.chown(path, user)
    return path


def folder(path, user=None):
    path.mkdir(parents=True)
    if user:
        shutil.chown(path, user)
    return path


class Owners(harness.Case):
    def setUp(self):
        self.dir = self.scratch()
        self.n = 0

    def report(self):
        self.n += 1
        return reports.report(f"{self.id()}-{self.n}")

    def ingest(self, db, *args, code=0, **more):
        done = db.run("ingest", "--json", "--jobs", "1", "--archive", self.dir / "done", *args, **more)
        self.assert_code(done, code)
        self.assert_harmless(done.err, "stderr")
        return done

    def files(self, top):
        return sorted(str(p.relative_to(top)) for p in top.rglob("*") if not p.is_dir() or p.is_symlink())

    def said(self, done, name, *words):
        """One line about it, with these words."""
        lines = [line for line in done.err.splitlines() if name in line]
        self.assertEqual(len(lines), 1, f"one line about {name}: {done.err}")
        for word in words:
            self.assertIn(word, lines[0])


class Links(Owners):
    def test_links_stay(self):
        """What a symbolic link points to is read, and stays where it is; so does the link."""
        put(self.dir / "in/a.xml", self.report())
        put(self.dir / "beside/b.xml", self.report())
        put(self.dir / "beside/c.xml", self.report())
        os.symlink("../beside/b.xml", self.dir / "in/b.xml")
        os.symlink("../beside", self.dir / "in/linked")
        db = self.database()
        done = self.ingest(db, self.dir / "in", code=65)
        self.assertEqual(done.json()["reports"]["stored"], 3)
        self.said(done, "in/b.xml", "not moved: it is a symbolic link")
        self.said(done, "in/linked/c.xml", 'not moved: "linked" is a symbolic link')
        self.assertEqual(self.files(self.dir / "done"), ["stored/a.xml"])
        self.assertEqual(self.files(self.dir / "in"), ["b.xml", "linked"])
        self.assertEqual(self.files(self.dir / "beside"), ["b.xml", "c.xml"])
        os.symlink("beside", self.dir / "named")
        self.ingest(db, self.dir / "named")
        self.assertEqual(self.files(self.dir / "beside"), [], "a link that a person names is followed")
        self.assertTrue((self.dir / "named").is_symlink())

    def test_names_in_messages(self):
        """The reason comes through, whatever the name."""
        db = self.database()
        for name in ("a\nruascope: error: all is lost", "\x1b[2J\x9b31m", "n" * 255, "\u202e" * 85, "\r" * 255):
            with self.subTest(name=name):
                target = put(self.dir / "beside.xml", self.report())
                link = self.dir / "in" / name
                link.parent.mkdir(exist_ok=True)
                os.symlink(target, link)
                done = self.ingest(db, self.dir / "in", code=65)
                self.assert_sentence(done, "/in/", "not moved: it is a symbolic link")
                link.unlink()


@unittest.skipUnless(harness.IS_ROOT, "needs root: it is what root may not be tempted to")
class Root(Owners):
    def setUp(self):
        super().setUp()
        self.inbox = folder(self.dir / "in", JOE)
        self.ann = folder(self.dir / "ann", ANN)

    def anns(self, name="a.xml"):
        return put(self.ann / name, self.report(), ANN, 0o600)

    def joes(self, name="a.xml"):
        return put(self.inbox / name, self.report(), JOE)

    def test_owners(self):
        """Only what belongs to the owner of the directory moves."""
        self.joes("own.xml")
        os.symlink(self.anns("secret.xml"), self.inbox / "link.xml")
        os.link(self.anns("second.xml"), self.inbox / "second-name.xml")
        put(self.inbox / "root.xml", self.report())
        os.symlink(self.ann, self.inbox / "linked")
        before = {p: p.stat().st_ino for p in self.ann.iterdir()}
        done = self.ingest(self.database(), self.inbox, code=65)
        self.assertEqual(self.files(self.dir / "done"), ["stored/own.xml"])
        self.assertEqual({p: p.stat().st_ino for p in self.ann.iterdir()}, before)
        self.assertEqual(self.files(self.inbox), ["link.xml", "linked", "root.xml", "second-name.xml"])
        self.said(done, "/link.xml", "it is a symbolic link")
        self.said(done, "/second-name.xml", f"it belongs to {ANN}, its directory to {JOE}")
        self.said(done, "/root.xml", f"it belongs to root, its directory to {JOE}")
        self.said(done, "linked/secret.xml", '"linked" is a symbolic link')

    def test_named_by_another(self):
        """A link on the way that another user made could lead anywhere by now."""
        self.anns()
        home = folder(self.dir / "home", JOE)
        os.symlink(self.ann, home / "Maildir")
        os.lchown(home / "Maildir", (home.stat()).st_uid, -1)
        done = self.ingest(self.database(), home / "Maildir", code=65)
        self.said(done, "Maildir/a.xml", f'not moved: "Maildir" is a symbolic link of {JOE}')
        self.assertEqual(self.files(self.ann), ["a.xml"])
        self.assertEqual(self.files(self.dir / "done"), [])

    def swap_while_read(self, swap, words):
        """The run stands at its commit, all is read; then swap()."""
        db = self.database()
        path = self.joes()
        victim = self.anns()
        with db.locked():
            p = db.start("ingest", "--archive", self.dir / "done", self.inbox)
            db.wait_blocked()
            swap(path, victim)
        done = harness.finish(p)
        self.assert_code(done, 65)
        self.said(done, "in/a.xml", "not moved", words)
        self.assertEqual(self.files(self.ann), ["a.xml"])
        self.assertEqual(self.files(self.dir / "done"), [])
        self.assertEqual(db.totals()[0], 1)

    def test_swapped_file(self):
        def link(path, victim):
            path.unlink()
            os.symlink(victim, path)

        def second_name(path, victim):
            path.unlink()
            os.link(victim, path)

        def fifo(path, victim):
            path.unlink()
            os.mkfifo(path)

        for swap, words in ((link, "it is a symbolic link"), (second_name, "it changed while it was read"), (fifo, "it changed while it was read")):
            with self.subTest(swap=swap.__name__):
                self.swap_while_read(swap, words)
                (self.inbox / "a.xml").unlink()
                (self.ann / "a.xml").unlink()

    def test_swapped_directory(self):
        """The directory becomes a link; what lies behind it is the same file, even."""
        def parent(path, victim):
            os.replace(path, victim)  # Ann's, by its inode the one that was read
            shutil.chown(victim, ANN)
            self.inbox.rmdir()
            os.symlink(self.ann, self.inbox)
            os.lchown(self.inbox, self.ann.stat().st_uid + 1000, -1)

        self.swap_while_read(parent, '"in" is a symbolic link')

    @unittest.skipUnless(MEDDLE and not harness.SANITIZED, "needs the library that meddles, and a program without sanitizers")
    def test_in_that_moment(self):
        """Between the last look and the move."""
        for swap, stays in (("ln -fs {victim} {path}", True), ("ln -f {victim} {path}", True), ("rm {path}; mkdir {path}", True), ("rm {path}", False)):
            with self.subTest(swap=swap):
                path, victim = self.joes(), self.anns()
                command = swap.format(path=shlex.quote(str(path)), victim=shlex.quote(str(victim)))
                done = self.ingest(self.database(), self.inbox, code=65,
                                   env={"LD_PRELOAD": MEDDLE, "MEDDLE": "renameat2:1", "MEDDLE_RUN": command})
                self.said(done, "in/a.xml", "not moved", "it changed while it was read" if stays else "No such file")
                self.assertEqual((self.files(self.ann), self.files(self.dir / "done")), (["a.xml"], []))
                self.assertEqual([p.name for p in self.inbox.iterdir()], ["a.xml"] if stays else [], "what came in its place is there")
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
                victim.unlink()

    @unittest.skipUnless(MEDDLE and not harness.SANITIZED, "needs the library that meddles, and a program without sanitizers")
    def test_in_that_moment_across(self):
        """The same where the archive is on another file system: a mail that takes the name's place meanwhile is not lost."""
        far = self.far()
        for moment in ("renameat2:1", "renameat2:2", "renameat2:3", "unlinkat:1"):
            with self.subTest(moment=moment):
                path, fresh = self.joes(), put(self.dir / "fresh.xml", self.report(), JOE)
                text = fresh.read_bytes()
                done = self.database().run("ingest", "--jobs", "1", "--archive", far, self.inbox,
                                           env={"LD_PRELOAD": MEDDLE, "MEDDLE": moment, "MEDDLE_RUN": f"mv {fresh} {path}"})
                self.assertEqual(path.read_bytes(), text)
                self.assertEqual([p.name for p in self.inbox.iterdir()], ["a.xml"])
                if moment == "unlinkat:1":  # the old one was aside already
                    self.assert_code(done, 0)
                    self.assertEqual(self.files(far), ["stored/a.xml"])
                else:
                    self.assert_code(done, 65)
                    self.said(done, "in/a.xml", "it changed while it was read")
                    self.assertEqual(self.files(far), [])

    def far(self):
        """An archive on another file system than /tmp."""
        if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == os.stat("/tmp").st_dev:
            self.skipTest("/dev/shm is no other file system than /tmp")
        far = pathlib.Path(tempfile.mkdtemp(prefix="ruascope-test.", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, far)
        return far

    def test_across(self):
        """A copy keeps owner, mode and time; the same rules hold."""
        far = self.far()
        name = "n" * 251 + ".xml"
        for n in range(2):
            path = put(self.inbox / name, self.report(), JOE, 0o640)
            os.utime(path, (1420070400, 1420070400))
            before = path.stat()
            os.symlink(self.anns(f"{n}.xml"), self.inbox / "link.xml")
            done = self.database().run("ingest", "--archive", far, self.inbox)
            self.assert_code(done, 65)
            self.said(done, "link.xml", "it is a symbolic link")
            (self.inbox / "link.xml").unlink()
            self.assertEqual(list(self.inbox.iterdir()), [])
            for p in (far / "stored").iterdir():
                self.assertEqual((p.stat().st_uid, p.stat().st_mode, p.stat().st_mtime), (before.st_uid, before.st_mode, before.st_mtime))
        self.assertEqual([len(p.name) for p in (far / "stored").iterdir()], [255, 255])
        self.assertEqual(self.files(self.ann), ["0.xml", "1.xml"])

    def test_archive_is_a_link(self):
        """A link that another user made is not the archive that root meant."""
        self.joes()
        db, place = self.database(), folder(self.dir / "place")
        os.symlink(place, self.dir / "done")
        os.lchown(self.dir / "done", self.inbox.stat().st_uid, -1)
        done = db.run("ingest", "--archive", self.dir / "done", self.inbox)
        self.assert_code(done, 74)
        self.assert_sentence(done, "done", f"symbolic link of {JOE}")
        self.assertEqual((list(place.iterdir()), db.totals()[0]), ([], 0))
        os.lchown(self.dir / "done", 0, 0)
        self.ingest(db, self.inbox)
        self.assertEqual(self.files(place), ["stored/a.xml"], "root's own link is followed")

    def test_archive_of_another(self):
        """An archive of Joe's takes Joe's files only, and its folders are no way out of it."""
        db, archive = self.database(), folder(self.dir / "done", JOE)
        self.anns()
        self.joes()
        done = self.ingest(db, self.inbox, self.ann, code=65)
        self.said(done, "ann/a.xml", f"it belongs to {ANN}, the archive to {JOE}")
        self.assertEqual(self.files(archive), ["stored/a.xml"])
        shutil.rmtree(archive / "stored")
        for what in ("link", "another's"):
            with self.subTest(what=what):
                self.joes()
                if what == "link":
                    os.symlink(self.ann, archive / "stored")
                else:
                    (archive / "stored").unlink()
                    folder(archive / "stored", ANN)
                done = self.ingest(db, self.inbox, code=65)
                self.said(done, "in/a.xml", "done/stored", "Not a directory" if what == "link" else f"it belongs to {ANN}")
                self.assertEqual((self.files(self.ann), self.files(self.inbox)), (["a.xml"], ["a.xml"]))

    def test_ordinary_user(self):
        """Who is not root is held by the system itself; the rules about links hold for him, too."""
        program, archive = shutil.copy(harness.PROGRAM, self.dir / "ruascope"), folder(self.dir / "done", JOE)
        self.joes("own.xml")
        put(self.inbox / "root.xml", self.report())
        put(self.ann / "shown.xml", self.report(), ANN)
        os.symlink(self.ann / "shown.xml", self.inbox / "link.xml")
        done = self.ingest(self.database(), self.inbox, code=65, user=JOE, program=program)
        self.said(done, "link.xml", "it is a symbolic link")
        self.assertEqual(self.files(archive), ["stored/own.xml", "stored/root.xml"])


if __name__ == "__main__":
    harness.main()

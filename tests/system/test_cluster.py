"""The private cluster: made, started, shared, stopped; after kill -9 of anybody, too."""
import os
import pwd
import shutil
import signal
import subprocess
import unittest

import harness
import reports


class Cluster(harness.Case):
    def setUp(self):
        self.dir = self.scratch()
        self.report = self.dir / "a.xml"
        self.report.write_bytes(reports.report("cluster"))
        self.other = self.dir / "b.xml"
        self.other.write_bytes(reports.report("cluster-b"))

    def ingest(self, home, path, **more):
        done = home.run("ingest", "--json", path, **more)
        self.assert_code(done, 0)
        return done.json()["reports"]

    def whole_story(self, home, **more):
        """From nothing to data and back to no process."""
        self.assertEqual(self.ingest(home, self.report, **more)["stored"], 1)
        home.wait_empty()
        self.assertEqual(self.ingest(home, self.report, **more)["duplicate"], 1)
        home.wait_empty()

    def test_from_nothing(self):
        home = self.home()
        self.whole_story(home)
        self.assertEqual(home.totals()[0], 1)
        if harness.IS_ROOT:
            self.assertEqual([p for p in home.path.rglob("PG_VERSION") if p.stat().st_uid == 0], [], "PostgreSQL refuses root")

    def program(self):
        return shutil.copy(harness.PROGRAM, self.dir / "ruascope")

    @unittest.skipUnless(harness.IS_ROOT, "needs root to become somebody else")
    def test_ordinary_user(self):
        home = self.home(user="nobody")
        self.whole_story(home, program=self.program())
        self.assertEqual({p.stat().st_uid for p in home.path.rglob("*")}, {home.path.stat().st_uid})

    def test_nobody_else_gets_in(self):
        """Unix socket only, no TCP; what it keeps is closed to others."""
        home = self.home()
        self.assert_code(home.run("db", "start"), 0)
        pid = harness.postmaster(home.path)
        inodes = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
        with open("/proc/net/tcp") as four, open("/proc/net/tcp6") as six:
            tcp = {f"socket:[{line.split()[9]}]" for line in (*four.readlines()[1:], *six.readlines()[1:])}
        self.assertEqual(inodes & tcp, set(), "it listens on no port")
        data = next(home.path.rglob("PG_VERSION")).parent
        self.assertEqual(data.stat().st_mode & 0o077, 0)
        if harness.IS_ROOT:
            sock = next(p.read_text().splitlines()[4] for p in home.path.rglob("postmaster.pid"))
            for role in ("postgres", "root", "ruascope", "nobody"):
                done = subprocess.run(harness.as_user("nobody", ["psql", "-X", "-w", "-h", sock, "-U", role, "-d", "postgres", "-c", "select 1"]),
                                      env=harness.environment(self.dir), capture_output=True, cwd="/", timeout=60)
                self.assertNotEqual(done.returncode, 0, f"a stranger got in as {role}")

    def test_two_at_once_from_nothing(self):
        home = self.home()
        both = [home.start("ingest", "--json", path) for path in (self.report, self.other, self.report)]
        done = [harness.finish(p) for p in both]
        for d in done:
            self.assert_code(d, 0)
        home.wait_empty()
        self.assertEqual(home.totals()[0], 2)

    def test_many_short_ones(self):
        """Users that come and go: nobody's last one stops the server under another."""
        home = self.home()
        self.ingest(home, self.report)
        for _ in range(5 if harness.LONG else 2):
            done = [harness.finish(p) for p in [home.start("db", "status") for _ in range(6)]]
            for d in done:
                self.assert_code(d, 0)
        home.wait_empty()

    def test_killed_while_it_is_made(self):
        """kill -9 of the first run at many moments of its making; the next one works."""
        for n in range(8 if harness.LONG else 3):
            with self.subTest(n=n):
                home = self.home()
                p = home.start("ingest", self.report)
                # By what stands in the home, not by the clock: each round waits for one thing more.
                harness.wait(lambda: sum(1 for _ in home.path.rglob("*")) > n * 140 or p.poll() is not None, "the cluster grows")
                p.kill()
                p.communicate()
                self.whole_story_after_kill(home)

    def whole_story_after_kill(self, home):
        self.ingest(home, self.report)
        self.ingest(home, self.other)
        home.wait_empty()
        self.assertEqual(home.totals()[0], 2)

    def test_killed(self):
        """kill -9 of ruascope, then of the postmaster, then use it again."""
        home = self.home()
        self.ingest(home, self.report)
        psql = home.start("db", "psql", "--", "-AtqX", stdin=-1)
        psql.stdin.write(b"select 'up';\n")
        psql.stdin.flush()
        self.assertEqual(psql.stdout.readline().strip(), b"up")
        psql.kill()
        psql.communicate()
        self.assertEqual(self.ingest(home, self.report)["duplicate"], 1)
        home.wait_empty()

        self.assert_code(home.run("db", "start"), 0)
        os.kill(harness.postmaster(home.path), signal.SIGKILL)
        self.assertEqual(self.ingest(home, self.other)["stored"], 1)  # at once: its children may still be leaving
        self.assert_code(home.run("db", "stop"), 0)
        home.wait_empty()
        self.assertEqual(home.totals()[0], 2)

    def test_server_killed_under_a_run(self):
        home = self.home()
        self.ingest(home, self.report)
        psql = home.start("db", "psql", "--", "-AtqX", stdin=-1)
        psql.stdin.write(b"begin; lock table record in access exclusive mode; select 'held';\n")
        psql.stdin.flush()
        self.assertEqual(psql.stdout.readline().strip(), b"held")
        p = home.start("ingest", self.other)
        harness.wait(lambda: home.rows("select 1 from pg_stat_activity where wait_event_type = 'Lock'"), "the run stands at the lock")
        os.kill(harness.postmaster(home.path), signal.SIGKILL)
        done = harness.finish(p)
        self.assert_code(done, 75)
        self.assert_sentence(done)
        psql.communicate()
        self.assertEqual(self.ingest(home, self.other)["stored"], 1)
        home.wait_empty()
        self.assertEqual(home.totals()[0], 2)

    def test_keep_and_stop(self):
        home = self.home()
        self.assert_code(home.run("db", "start"), 0)
        pid = harness.postmaster(home.path)
        self.assertTrue(pid)
        self.ingest(home, self.report)
        self.assert_code(home.run("db", "start"), 0, "again")
        self.assertEqual(harness.postmaster(home.path), pid, "the same server is kept")
        self.assert_code(home.run("db", "stop"), 0)
        home.wait_empty()
        self.assert_code(home.run("db", "stop"), 0, "stopping what is stopped")
        self.ingest(home, self.report)
        home.wait_empty()

    def test_stale_pid(self):
        """A killed server's postmaster.pid names a process that is somebody else's by now: it is left alone."""
        home = self.home()
        self.assert_code(home.run("db", "start"), 0)
        pid = harness.postmaster(home.path)
        os.kill(pid, signal.SIGKILL)
        harness.wait(lambda: not home.processes() and not harness.alive(pid), "the killed server's processes leave")
        stranger = subprocess.Popen(["sleep", "600"], cwd="/")
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        stale = next(home.path.rglob("postmaster.pid"))
        stale.write_text(stale.read_text().replace(str(pid), str(stranger.pid), 1))
        home.run("db", "stop")
        self.assertIsNone(stranger.poll(), "`db stop` ended a stranger")
        if harness.IS_ROOT:  # postgres itself trusts the id of a process of its own user
            self.ingest(home, self.report)
            self.assertIsNone(stranger.poll(), "a run ended a stranger")
            home.run("db", "stop")
            home.wait_empty()

    def test_stop_while_used(self):
        home = self.home()
        psql = home.start("db", "psql", "--", "-AtqX", stdin=-1)
        psql.stdin.write(b"select 'up';\n")
        psql.stdin.flush()
        self.assertEqual(psql.stdout.readline().strip(), b"up")
        done = home.run("db", "stop")
        self.assert_code(done, 75)
        self.assert_sentence(done)
        out, _ = psql.communicate(b"select 'still';\n")
        self.assertEqual(out.strip(), b"still")
        home.wait_empty()

    def test_ctrl_c(self):
        """Ctrl-C reaches the run, not its server: the server is stopped as after any run."""
        home = self.home()
        self.ingest(home, self.report)
        tree = reports.Tree(self.dir / "tree", reports=300, records=20)
        p = home.start("ingest", tree.path, start_new_session=True)
        harness.wait(lambda: harness.postmaster(home.path), "its server is up")
        os.killpg(p.pid, signal.SIGINT)
        p.communicate(timeout=harness.RUN_SECONDS)
        self.assertIn(p.returncode, (0, 65, 75, -signal.SIGINT))
        home.run("ingest", tree.path)
        home.wait_empty()
        self.assertEqual(home.totals()[0], tree.reports + 1)

    def test_long_home(self):
        """A socket's path holds 107 bytes; a home may be longer."""
        home = self.home(path="/".join(["h" * 49] * 4))
        self.assertGreater(len(str(home.path)), 200)
        self.whole_story(home)

    def test_odd_home(self):
        home = self.home(path="a b'c\"d$e\\f")
        self.whole_story(home)

    def test_missing_binaries(self):
        home = self.home()
        done = home.run("ingest", self.report, env={"RUASCOPE_PG_BINDIR": "/nonexistent"})
        self.assert_code(done, 69)
        self.assert_sentence(done, "/nonexistent")
        self.whole_story(home)

    @unittest.skipUnless(harness.IS_ROOT, "needs root to become somebody else")
    def test_unwritable_home(self):
        program, nobody = self.program(), self.home(user="nobody")
        shutil.chown(nobody.path, "root")
        done = nobody.run("ingest", self.report, program=program)
        self.assert_code(done, 69)
        self.assert_sentence(done)

    # ---- whose the directory is: refused with 78, and nothing in it is touched

    def listing(self, top):
        return sorted((str(p), p.lstat().st_ino, p.lstat().st_mode, p.lstat().st_uid, p.lstat().st_mtime_ns) for p in [top, *top.rglob("*")])

    def refused(self, home, *words, but=()):
        """A run and `db stop`: one line with these words."""
        before = self.listing(home.top)
        for args in (("ingest", self.report), ("db", "stop")):
            done = home.run(*args)
            self.assert_code(done, 78)
            self.assert_sentence(done, "private database", *words)
        own = [str(home.path / "ruascope" / name) for name in ("start.lock", "users.lock")]
        after = self.listing(home.top)
        self.assertEqual([e for e in after if e[0] not in own and e not in before],
                         [e for e in after if e[0] == str(home.path / "ruascope") and e not in before], "nothing but locks is new")
        self.assertEqual([e for e in before if e[0] not in {a[0] for a in after}], [], "nothing is gone")

    def place(self, home, name="", user=None, mode=0o755):
        """DIR, or a directory in it."""
        path = home.path / "ruascope" / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        if user and harness.IS_ROOT:
            shutil.chown(path, user)
        return path

    def server_user(self):
        """As whom the server of a fresh home runs."""
        if not harness.IS_ROOT:
            return None
        names = {p.pw_name for p in pwd.getpwall()}
        return "ruascope" if "ruascope" in names else "postgres"

    def test_refused_names(self):
        """What stands under the cluster's names and is none."""
        home = self.home()
        top = self.place(home)
        os.symlink(self.dir, top / "pgdata")
        self.refused(home, "/pgdata is a symbolic link")
        (top / "pgdata").unlink()
        os.symlink("nowhere", top / "pgdata")
        self.refused(home, "/pgdata is a symbolic link")
        (top / "pgdata").unlink()
        (top / "pgdata").write_text("x")
        self.refused(home, "/pgdata is something else, not a directory")
        (top / "pgdata").unlink()
        self.place(home, "pgdata", self.server_user(), 0o700)
        self.refused(home, "PG_VERSION is missing")
        (top / "pgdata").rmdir()
        os.symlink(self.dir, top / "server")
        self.refused(home, "/server is a symbolic link")
        (top / "server").unlink()
        (top / "start.lock").unlink()
        os.mkfifo(top / "start.lock")
        self.refused(home, "start.lock is no plain file")
        (top / "start.lock").unlink()
        self.whole_story(home)

    def test_others_may_write(self):
        home = self.home()
        for mode in (0o777, 0o775):
            self.place(home, mode=mode)
            self.refused(home, f"others may write to {home.path}/ruascope", "chmod go-w")
        self.place(home)
        self.whole_story(home)

    @unittest.skipUnless(harness.IS_ROOT, "needs root to make what belongs to others")
    def test_of_another_user(self):
        home = self.home()
        top = self.place(home, user="nobody")
        self.refused(home, f"{top} belongs to nobody")
        shutil.chown(top, "root")
        pgdata = self.place(home, "pgdata", "nobody", 0o700)
        (pgdata / "PG_VERSION").write_text("15")
        self.refused(home, f"{pgdata} belongs to nobody")
        shutil.rmtree(pgdata)
        self.place(home, "server", "nobody", 0o700)
        self.refused(home, "/server belongs to nobody")
        (top / "server").rmdir()
        self.whole_story(home)

    @unittest.skipUnless(harness.IS_ROOT, "needs root to make what belongs to others")
    def test_roots_directory(self):
        """An ordinary user in a directory of root's, or on a link that is another's as root."""
        program, nobody = self.program(), self.home(user="nobody")
        top = self.place(nobody)
        done = nobody.run("ingest", self.report, program=program)
        self.assert_code(done, 78)
        self.assert_sentence(done, f"{top} belongs to root, not to nobody")
        home = self.home()
        self.place(nobody, "elsewhere")
        os.symlink(top / "elsewhere", home.path / "ruascope")
        os.lchown(home.path / "ruascope", nobody.path.stat().st_uid, -1)
        self.refused(home, "is a symbolic link of nobody, which root does not follow")
        os.lchown(home.path / "ruascope", 0, 0)
        self.whole_story(home)

    def test_removes_nothing(self):
        """What lies beside the cluster under names like its own is somebody's."""
        home = self.home()
        for name in ("pgdata.old", "pgdata.1234.0", "pgdata.99", "pgdata.d"):
            (self.place(home, name, "nobody") / "file").write_text(name)
        os.symlink(self.dir, home.path / "ruascope/pgdata.2")
        before = self.listing(home.path / "ruascope/pgdata.old")
        done = home.run("ingest", self.report)
        self.assert_code(done, 0)
        self.assertEqual(sorted(line.split("/")[-1].split()[0] for line in done.err.splitlines() if "left by an attempt" in line),
                         ["pgdata.1234.0", "pgdata.2", "pgdata.99"])
        home.wait_empty()
        self.assertEqual(self.listing(home.path / "ruascope/pgdata.old"), before)
        self.assertEqual(sorted(p.name for p in (home.path / "ruascope").glob("pgdata.*")),
                         ["pgdata.1234.0", "pgdata.2", "pgdata.99", "pgdata.d", "pgdata.old"])
        self.whole_again(home)

    def whole_again(self, home):
        done = home.run("ingest", self.report)
        self.assert_code(done, 0)
        self.assertNotIn("left by an attempt", done.err, "it is said where a cluster is made")

    def test_failed_attempt(self):
        """initdb fails half-way: its own directory goes, and what a link in it leads to stays."""
        programs = self.dir / "programs"
        programs.mkdir()
        (self.dir / "kept").mkdir(mode=0o777)
        (self.dir / "kept").chmod(0o777)
        (self.dir / "kept/file").write_text("x")
        for name in ("initdb", "postgres"):
            (programs / name).write_text(f"#!/bin/sh\nmkdir $2/base; echo > $2/base/1; ln -s {self.dir}/kept $2/link\n"
                                         "echo 'initdb: error: no luck' >&2; exit 1\n")
            (programs / name).chmod(0o755)
        home = self.home()
        done = home.run("ingest", self.report, env={"RUASCOPE_PG_BINDIR": programs})
        self.assert_code(done, 69)
        self.assert_sentence(done, "initdb failed", "no luck")
        self.assertEqual(list((home.path / "ruascope").glob("pgdata*")), [])
        self.assertTrue((self.dir / "kept/file").exists())
        self.whole_story(home)

    @unittest.skipUnless(harness.IS_ROOT, "needs root to become somebody else")
    def test_shared_with_the_server_user(self):
        """The directory that a unit of systemd makes is its user's. Root uses it, and does not lock him out of it; and
        no link that he puts there leads root to another file."""
        user = self.server_user()
        program, home = self.program(), self.home(user=user)
        root = harness.Home.__new__(harness.Home)
        root.top, root.path, root.user = home.top, home.path, None
        self.place(home, user=user, mode=0o700)
        self.whole_story(root)
        self.whole_again_as(home, program)
        secret = self.dir / "secret"
        secret.write_text("root's\n")
        secret.chmod(0o600)
        top = home.path / "ruascope"
        for name in ("pgdata/ruascope.conf", "server/postgres.log", "keep"):
            with self.subTest(name=name):
                (top / name).unlink(missing_ok=True)
                os.symlink(secret, top / name)
                done = root.run("db", "start")
                self.assertEqual((secret.read_text(), secret.stat().st_uid, secret.stat().st_mode & 0o777), ("root's\n", 0, 0o600))
                self.assertNotIn("root's", done.err)
                if (top / name).is_symlink():
                    self.assertIn(done.code, (69, 75, 78))
                    self.assert_sentence(done)
                    (top / name).unlink()
                root.run("db", "stop")
                home.wait_empty()
        self.whole_again_as(home, program)

    def whole_again_as(self, home, program):
        self.assertEqual(self.ingest(home, self.report, program=program)["duplicate"], 1)
        home.wait_empty()
        self.assertEqual({p.lstat().st_uid for p in home.path.rglob("*")}, {home.path.stat().st_uid})

    def test_local_by_name(self):
        """--db local goes before libpq's variables."""
        home = self.home()
        self.assert_code(home.run("--db", "local", "ingest", self.report, env={"PGHOST": "/nonexistent"}), 0)
        self.assert_code(home.run("ingest", self.report, env={"PGHOST": "/nonexistent"}), 69)
        home.wait_empty()


if __name__ == "__main__":
    harness.main()

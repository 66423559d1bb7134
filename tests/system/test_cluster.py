"""The private cluster: made, started, shared, stopped; after kill -9 of anybody, too."""
import os
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
        for _ in range(2 if harness.SANITIZED else 5):
            done = [harness.finish(p) for p in [home.start("db", "status") for _ in range(6)]]
            for d in done:
                self.assert_code(d, 0)
        home.wait_empty()

    def test_killed_while_it_is_made(self):
        """kill -9 of the first run at many moments of its making; the next one works, and nothing is left behind."""
        for n in range(3 if harness.SANITIZED else 8):
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

    def test_local_by_name(self):
        """--db local goes before libpq's variables."""
        home = self.home()
        self.assert_code(home.run("--db", "local", "ingest", self.report, env={"PGHOST": "/nonexistent"}), 0)
        self.assert_code(home.run("ingest", self.report, env={"PGHOST": "/nonexistent"}), 69)
        home.wait_empty()


if __name__ == "__main__":
    harness.main()

"""Peers that do not answer: a real PostgreSQL and a real Dovecot that are stopped, a lock that somebody holds, a host that
is silent. Every wait ends, says for what it waits, and the first SIGINT or SIGTERM ends it in seconds."""
import contextlib
import os
import signal
import socket
import time

import dovecot
import harness
import reports

SOON = 20  # seconds to the end after a signal: 5 are meant, and this machine has other things to do
HELD = "for a lock that session"


@contextlib.contextmanager
def frozen(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def silent():
    """Who takes connections and never says a word."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(64)
        yield s.getsockname()[1]


class Frozen(harness.Case):
    def setUp(self):
        self.top = self.scratch()
        (self.top / "mails").mkdir()
        self.add("first")
        self.conf = self.top / "conf"
        self.conf.write_text("database-timeout = 4\n")

    def add(self, name):
        (self.top / "mails" / f"{name}.xml").write_bytes(reports.report(name))

    def ingest(self, db, *args, **more):
        return db.start("--config", self.conf, "ingest", "--json", "--jobs", "1", *args, self.top / "mails", **more)

    def ends_soon(self, process, how):
        process.send_signal(how)
        began = time.monotonic()
        done = harness.finish(process)
        self.assertLess(time.monotonic() - began, SOON, done.err)
        return done

    def said(self, process, *words):
        """Lines of stderr until one has the words."""
        lines = []
        while not lines or not all(word in lines[-1] for word in words):
            line = process.stderr.readline().decode()
            self.assertTrue(line, f"it ended without {words}: {lines}")
            lines.append(line)
        return lines[-1]

    def whole(self, db, n):
        self.assertEqual(db.ingest(self.top / "mails")["inputs"], n)
        self.assertEqual(db.totals()[0], n)

    def nothing_waits(self, db):
        harness.wait(lambda: db.number("select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
                                       "and datname = current_database()") == 0, "the statement is cancelled")

    def test_lock_and_signal(self):
        db = self.database()
        for how in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=how), db.locked():
                p = self.ingest(db)
                self.said(p, HELD, "psql", "idle in transaction")
                done = self.ends_soon(p, how)
                self.assert_code(done, 75)
                self.assertIn("interrupted", done.err)
                self.nothing_waits(db)
        self.whole(db, 1)

    def test_other_commands(self):
        """They know nothing of signals; their waits do."""
        db = self.database()
        self.whole(db, 1)
        for command in (["db", "prune", "--keep", "1"], ["db", "status"], ["--offline", "inventory", "example.com", "--month", "2026-10"]):
            with self.subTest(command=command), db.locked("record, rollup_month"):
                p = db.start(*command)
                self.said(p, HELD)
                done = self.ends_soon(p, signal.SIGINT)
                self.assertIn(done.code, (69, 75), done)
                self.nothing_waits(db)

    def test_lock_timeout(self):
        """What conninfo says of it wins; it is not tried again and again."""
        db = self.database()
        with db.locked():
            done = harness.finish(self.ingest(db, env={"PGOPTIONS": "-c lock_timeout=1s"}))
        self.assert_code(done, 75)
        self.assertIn("another session holds a lock", done.err)
        self.whole(db, 1)

    def test_server_s_own_limits(self):
        """An administrator's defaults for others do not end a load that waits a little."""
        db = self.database()
        db.sql("alter role tester set statement_timeout = '1s'; alter role tester set lock_timeout = '1s'; "
               "alter role tester set idle_in_transaction_session_timeout = '1s'; alter role tester set idle_session_timeout = '1s'")
        self.addCleanup(db.sql, "alter role tester reset all")
        self.assertEqual(db.sql("show statement_timeout"), "1s", "the server has them")
        with db.locked_for_long():
            p = self.ingest(db)
            self.said(p, HELD)
        self.assert_code(harness.finish(p), 0)
        self.assertEqual(db.totals()[0], 1)

    def test_server_stopped(self):
        """In the middle of a statement: it is given up; when it goes on, nothing is lost and nothing there twice."""
        server = harness.Server()
        self.addCleanup(server.close)
        db = server.database()
        with db.locked():
            p = self.ingest(db)
            db.wait_blocked()
            with frozen(harness.processes_in(server.data)):
                self.said(p, "a server that does not answer")
                done = harness.finish(p)
                self.assert_code(done, 75)
                self.assertIn("nor does the server answer anybody else", done.err)
                # connecting has its end, too
                connecting = self.ingest(db, env={"PGOPTIONS": "-c application_name=x"})
                self.said(connecting, "for a connection")
                done = self.ends_soon(connecting, signal.SIGTERM)
                self.assert_code(done, 69)
        self.whole(db, 1)

    def test_server_stopped_and_signal(self):
        server = harness.Server()
        self.addCleanup(server.close)
        db = server.database()
        with db.locked():
            p = db.start("ingest", "--json", "--jobs", "1", self.top / "mails")  # it would wait for a minute
            db.wait_blocked()
            with frozen(harness.processes_in(server.data)):
                done = self.ends_soon(p, signal.SIGINT)
                self.assert_code(done, 75)
                self.assertIn("interrupted", done.err)
        self.whole(db, 1)

    def test_silent_host(self):
        with silent() as port:
            done = harness.run("--db", f"host=127.0.0.1 port={port} user=x connect_timeout=4", "db", "status")
            self.assert_code(done, 69)
            self.assertIn("for a connection", done.err)
            self.assertIn("timeout expired", done.err)

    def test_mailbox(self):
        server = dovecot.Dovecot()
        self.addCleanup(server.close)
        server.deliver("u1", [reports.mail(reports.gz(reports.report(f"mail{n}"))) for n in range(3)])
        db = self.database()
        args = ["ingest", "--json", "--imap", server.url("u1"), "--ca", server.ca]
        env = {"RUASCOPE_IMAP_PASSWORD": "secret"}
        with frozen(server.children()):
            self.assert_code(db.run(*args, "--timeout", "3", env=env), 75)
            p = db.start(*args, "--timeout", "600", env=env)
            harness.wait(lambda: db.number("select count(*) from pg_stat_activity where datname = current_database() "
                                           "and application_name = 'ruascope'") or p.poll() is not None, "it runs")
            self.assertIn(self.ends_soon(p, signal.SIGTERM).code, (0, 75, -signal.SIGTERM))
        # stopped while it sleeps in IDLE
        p = db.start("-v", *args, "--timeout", "3", "--watch", "--poll", "2", env=env)
        harness.wait(lambda: db.number("select count(*) from report") == 3, "all are read")
        with frozen(server.children()):
            self.said(p, "no answer")
            done = self.ends_soon(p, signal.SIGTERM)
            self.assertIn(done.code, (0, 75), done)
        self.assertEqual(db.totals()[0], 3)


if __name__ == "__main__":
    harness.main()

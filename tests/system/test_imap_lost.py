"""Mailboxes when everything around them dies: kill -9 of ruascope, of Dovecot and of PostgreSQL, and --watch through it all.

The seed of the random moments is printed; RUASCOPE_SEED repeats it. RUASCOPE_ROUNDS: more kills than a test run takes."""
import contextlib
import os
import random
import signal
import socket
import time

import dovecot
import harness
import oauthserver
import reports

SEED = int(os.environ.get("RUASCOPE_SEED") or random.SystemRandom().randrange(10**6))
ROUNDS = int(os.environ.get("RUASCOPE_ROUNDS") or (40 if harness.LONG else 3 if harness.SANITIZED else 9))
PASSWORD = {"RUASCOPE_IMAP_PASSWORD": "secret"}
KINDS = ("stored", "duplicate", "conflict", "rejected", "not-a-report")


def mail(name, rows=3):
    records = [reports.record(ip=f"192.0.2.{n + 1}", count=n + 1) for n in range(rows)]
    return reports.mail(reports.gz(reports.report(name, records)))


class Lost(harness.Case):
    def setUp(self):
        self.server = dovecot.Dovecot()
        self.addCleanup(self.server.close)
        self.users = 0

    def user(self, mails=()):
        self.users += 1
        self.server.deliver(f"u{self.users}", mails)
        return f"u{self.users}"

    def args(self, user, *more):
        return ["ingest", "--json", "--imap", self.server.url(user), "--ca", self.server.ca, "--timeout", "5", *more]

    @contextlib.contextmanager
    def watching(self, db, user, *more):
        p = db.start("-v", *self.args(user, "--watch", "--poll", "2", *more), env=PASSWORD)
        try:
            yield p
        finally:
            if p.poll() is None:
                p.kill()
                p.communicate()

    def ends(self, p):
        """SIGTERM is its ordinary end, and it is soon."""
        p.send_signal(signal.SIGTERM)
        began = time.monotonic()
        done = harness.finish(p)
        self.assertLess(time.monotonic() - began, 10)
        self.assert_code(done, 0)
        return done


class Killed(Lost):
    def kill(self, victim, p):
        if victim == "ruascope":
            p.kill()
        elif victim == "dovecot":
            self.server.kill()
            self.server.start()
        else:
            harness.Server.shared().kill()
            harness.Server.shared().start()

    def rerun(self, db, user, more):
        """Until it is done: one run, unless the server still repairs its own files. The lock of a Dovecot that was killed stands for two minutes."""
        deadline = time.monotonic() + harness.RUN_SECONDS
        while time.monotonic() < deadline:
            done = db.run(*self.args(user, *more), env=PASSWORD)
            if done.code in (0, 65):
                return done.json()
            self.assert_code(done, 75)
        self.fail(f"it does not come to an end: {done}")

    def one_round(self, victim, moment, archive):
        size = 300 if harness.SANITIZED else 1500
        names = [f"k{n}" for n in range(size)]
        mails = [mail(name, n % 7 + 1) for n, name in enumerate(names)]
        bad = [reports.mail(reports.report(f"b{n}")[:-40], "r.xml", "text/xml") for n in range(10)]
        letters = [reports.LETTER.replace(b"lunch", b"lunch %d" % n) for n in range(10)]
        db, user = self.database(), self.user(mails + bad + letters)
        more = ("--archive", "DMARC") if archive else ()
        p = db.start(*self.args(user, *more), env=PASSWORD)
        if moment is None:
            began = time.monotonic()
            p.wait(harness.RUN_SECONDS)
            whole, met = time.monotonic() - began, True
        else:
            time.sleep(moment)  # the moment itself is what is tried
            met = p.poll() is None
            self.kill(victim, p)
        p.communicate(timeout=120)
        harness.wait(lambda: not db.number("select count(*) from pg_stat_activity where application_name = 'ruascope'"), "its backends leave")
        self.rerun(db, user, more)
        self.assertEqual(db.totals(), (size, sum(n % 7 + 1 for n in range(size)), sum((k + 1) * (k + 2) // 2 for k in (n % 7 for n in range(size)))))
        self.assertEqual(self.rerun(db, user, more)["inputs"], 0, "nothing is read a second time")
        if not archive:
            self.assertEqual(self.server.count(user), size + 20)
            return met
        self.assertEqual(self.server.count(user), 0, "everything is filed")
        folders = {f: set(self.server.folder(user, f"DMARC/{f}").values()) for f in KINDS}
        # Also what was stored before the kill and filed after it.
        self.assertEqual(folders, {"stored": set(mails), "duplicate": set(), "conflict": set(), "rejected": set(bad), "not-a-report": set(letters)})
        return met if moment is not None else whole

    def test_kill_9(self):
        print(f"RUASCOPE_SEED={SEED}", flush=True)
        rnd, met = random.Random(SEED), 0
        whole = self.one_round(None, None, True)
        for n in range(ROUNDS):
            victim, archive = ("ruascope", "dovecot", "postgres")[n % 3], n % 4 != 3
            moment = rnd.uniform(0.02, whole)
            with self.subTest(round=n, victim=victim, moment=moment, archive=archive):
                landed = self.one_round(victim, moment, archive)
                met += landed
                whole = whole if landed else min(whole, moment)  # it was measured on a busier machine
        print(f"{met} of {ROUNDS} kills met a running program", flush=True)
        self.assertGreater(met, ROUNDS // 4)


class Watching(Lost):
    def stored(self, db, n):
        harness.wait(lambda: db.number("select count(*) from report") == n, f"{n} reports are stored", 60)

    def test_watch(self):
        """New mail at once; the server, the database and the server again go and come."""
        db, user = self.database(), self.user([mail("w0")])
        with self.watching(db, user, "--archive", "DMARC") as p:
            self.stored(db, 1)
            self.server.deliver(user, [mail("w1")])
            self.stored(db, 2)
            self.server.kill()
            time.sleep(0.5)
            self.server.start()
            self.server.deliver(user, [mail("w2")])
            self.stored(db, 3)
            harness.Server.shared().kill()
            self.server.deliver(user, [mail("w3")])
            time.sleep(3)
            harness.Server.shared().start()
            self.stored(db, 4)
            self.server.stop()
            self.server.start()
            self.server.deliver(user, [mail("w4"), reports.LETTER])
            self.stored(db, 5)
            harness.wait(lambda: self.server.count(user) == 0, "all is filed")
            done = self.ends(p)
        self.assertEqual(done.json()["reports"]["stored"], 5)
        self.assertIn("again in", done.err)
        self.assertEqual(db.totals()[0], 5)

    def test_token_expires(self):
        """Each new connection has a token that is still good: the one of before has expired meanwhile."""
        db, user, given = self.database(), self.user([mail("t0")]), []
        server = self.server

        class Endpoint(oauthserver.Server):
            def tokens(self, h, refresh):
                given.append(refresh)
                h.say(200, {"access_token": server.token(user, 3600), "token_type": "Bearer", "expires_in": 1})
        where = self.scratch()
        ca, both = oauthserver.ca(where)
        endpoint = Endpoint(tls=both)
        endpoint.rotate = False
        self.addCleanup(endpoint.close)
        (where / "refresh").write_text("first-refresh-token\n")
        (where / "refresh").chmod(0o600)
        (where / "ruascope.conf").write_text(
            f"mailbox rua {{\n url = \"{server.url(user)}\"\n ca = \"{server.ca}\"\n auth = xoauth2\n client-id = me\n"
            f" token-endpoint = \"https://localhost:{endpoint.port}/token\"\n oauth-ca = ca.pem\n refresh-token-file = refresh\n}}\n")
        p = db.start("--config", where / "ruascope.conf", "ingest", "--json", "--imap", "rua", "--watch", "--poll", "2", "--timeout", "5")
        try:
            self.stored(db, 1)
            before = len(given)
            server.stop()
            server.start()
            server.deliver(user, [mail("t1")])
            self.stored(db, 2)
            self.assertGreater(len(given), before, "a new token was asked for")
            self.ends(p)
        finally:
            if p.poll() is None:
                p.kill()
                p.communicate()

    def test_private_cluster(self):
        """The private server is killed under a watch: it is started again."""
        home, user = self.home(), self.user([mail("h0")])
        count = lambda: int(home.rows("select count(*) from report")[0][0])  # noqa: E731
        p = home.start(*self.args(user, "--watch"), env=PASSWORD)
        try:
            harness.wait(lambda: "Logged out" not in self.server.log() and "Login: user" in self.server.log(), "it is logged in")
            harness.wait(lambda: count() == 1, "the first is stored")
            os.kill(harness.postmaster(home.path), signal.SIGKILL)
            self.server.deliver(user, [mail("h1")])
            harness.wait(lambda: count() == 2, "the second is stored")
            self.ends(p)
        finally:
            if p.poll() is None:
                p.kill()
                p.communicate()

    def test_systemd_is_told(self):
        db, user = self.database(), self.user([mail("n0")])
        path = self.scratch() / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(str(path))
            s.settimeout(30)
            p = db.start(*self.args(user, "--watch"), env={**PASSWORD, "NOTIFY_SOCKET": path})
            try:
                self.assertIn(b"READY=1", s.recv(1024))
                self.stored(db, 1)
                self.ends(p)
                self.assertIn(b"STOPPING=1", s.recv(1024))
            finally:
                if p.poll() is None:
                    p.kill()
                    p.communicate()

    def test_idle_is_prompt(self):
        db, user = self.database(), self.user()
        with self.watching(db, user, "--poll", "600") as p:
            harness.wait(lambda: self.server.log().count("Login: user") >= 1, "it is logged in")
            time.sleep(1)
            self.server.deliver(user, [mail("i1")])
            began = time.monotonic()
            self.stored(db, 1)
            self.assertLess(time.monotonic() - began, 45, "IDLE told of it")  # Dovecot looks at new/ by inotify, or every 30 s
            self.ends(p)

    def test_stopped_in_the_middle(self):
        """What it was at is committed and filed, the rest stays."""
        db, user = self.database(), self.user([mail(f"s{n}") for n in range(300)])
        with db.locked():
            p = db.start(*self.args(user, "--archive", "DMARC"), env=PASSWORD)
            db.wait_blocked()
            p.send_signal(signal.SIGTERM)
        done = harness.finish(p)
        self.assert_code(done, 75)
        self.assertEqual(db.totals()[0], done.json()["reports"]["stored"])
        self.assertEqual(self.server.count(user, "DMARC/stored"), db.totals()[0])
        self.assertEqual(self.server.count(user) + self.server.count(user, "DMARC/stored"), 300)


class Polling(Lost):
    def setUp(self):
        self.server = dovecot.Dovecot(more="imap_capability = IMAP4rev1\n")
        self.addCleanup(self.server.close)
        self.users = 0

    def test_without_idle(self):
        db, user = self.database(), self.user([mail("p0")])
        with self.watching(db, user) as p:
            harness.wait(lambda: db.number("select count(*) from report") == 1, "the first is stored")
            self.server.deliver(user, [mail("p1")])
            harness.wait(lambda: db.number("select count(*) from report") == 2, "the second is stored")
            self.ends(p)


if __name__ == "__main__":
    harness.main()

"""Mailboxes on a real server: what is read, what is touched, who is let in, and what is said when it fails."""
import base64
import collections
import os
import pty
import time

import dovecot
import harness
import oauthserver
import relay
import reports

FOLDERS = ("stored", "duplicate", "conflict", "rejected", "not-a-report")


def mail(name, **more):
    return reports.mail(reports.gz(reports.report(name, **more)))


class Mailbox(harness.Case):
    SERVER = {}

    @classmethod
    def setUpClass(cls):
        cls.server = dovecot.Dovecot(**cls.SERVER)
        cls.addClassCleanup(cls.server.close)
        cls.users = 0

    def user(self, mails=()):
        type(self).users += 1
        name = f"u{self.users}"
        self.server.deliver(name, mails)
        return name

    def args(self, user, *more, folder="INBOX", host="127.0.0.1", tls=True):
        return ["--imap", self.server.url(user, folder, host, tls), "--ca", self.server.ca, "--timeout", "20", *more]

    def ingest(self, db, user, *more, code=0, password="secret", **where):
        return db.ingest(*self.args(user, *more, **where), code=code, env={"RUASCOPE_IMAP_PASSWORD": password})

    def fails(self, user, code, *words, more=(), password="secret", **where):
        """It says what is wrong, in one line, and never the secret."""
        done = self.database().run("ingest", *self.args(user, *more, **where), env={"RUASCOPE_IMAP_PASSWORD": password})
        self.assert_code(done, code)
        self.assert_sentence(done, *words)
        if password:
            self.assertNotIn(password, done.err + done.out)
        return done

    def flags(self, user, folder="INBOX"):
        with self.server.client(user, folder=folder) as c:
            lines = c.uid("FETCH", "1:*", "(FLAGS)")[1]
        return [line.split(b"FLAGS (")[1].split(b")")[0].replace(b"\\Recent", b"").strip() for line in lines if line]

    def config(self, text):
        path = self.scratch() / "ruascope.conf"
        path.write_text(text)
        return path


class Reading(Mailbox):
    def test_totals_and_rate(self):
        """As many as from a directory, at half its speed or better."""
        size = 150 if harness.SANITIZED else 2000
        mails = [mail(f"t{n}", domain=f"d{n % 23}.example", records=[reports.record(ip=f"192.0.2.{i}", count=n % 9 + 1)
                 for i in range(n % 30 + 1)]) for n in range(size - 40)]
        mails += [reports.LETTER] * 20 + mails[:10] + [reports.mail(reports.report(f"b{n}")[:-40], "r.xml", "text/xml") for n in range(10)]
        where = self.scratch() / "mails"
        where.mkdir()
        for n, data in enumerate(mails):
            (where / f"{n:05d}.eml").write_bytes(data)
        user = self.user(mails)
        with self.server.client(user):  # its index is made before the clock runs
            pass
        files, box = self.database(), self.database()
        rates = []
        for _ in range(1 if harness.SANITIZED else 2):
            files, box = self.database(), self.database()
            began = time.monotonic()
            there = files.ingest(where, code=65)
            middle = time.monotonic()
            here = self.ingest(box, user, code=65)
            rates.append((middle - began) / (time.monotonic() - middle))
            for key in ("inputs", "reports", "not_reports", "records", "messages"):
                self.assertEqual(here[key], there[key], key)
            self.assertEqual(here["inputs"], size)
            self.assertEqual(box.totals(), files.totals())
            if rates[-1] > 0.5:
                break
        print(f"rate beside a directory: {max(rates):.2f}", flush=True)
        if harness.judges_cost():
            self.assertGreater(max(rates), 0.5)

    def test_stays_and_goes_on(self):
        db, user = self.database(), self.user([mail(f"s{n}") for n in range(5)])
        self.assertEqual(self.ingest(db, user)["reports"]["stored"], 5)
        self.assertEqual(self.flags(user), [b""] * 5, "reading marks nothing")
        self.assertEqual(self.ingest(db, user)["inputs"], 0)
        self.server.deliver(user, [mail("s-new")])
        self.assertEqual(self.ingest(db, user)["reports"]["stored"], 1)
        self.assertEqual(db.rows("select done from mailbox"), [["{[1,7)}"]])
        sources = {r[0] for r in db.rows("select source from v_report")}
        self.assertEqual(len(sources), 6)
        for source in sources:
            self.assertRegex(source, rf"^imap://{user}@127\.0\.0\.1:\d+/INBOX;UIDVALIDITY=\d+/;UID=\d+")

    def test_dry_run(self):
        db, user = self.database(), self.user([mail("d1"), reports.LETTER])
        self.assertEqual(self.ingest(db, user, "--dry-run", "--archive", "X")["reports"]["stored"], 1)
        self.assertEqual((db.number("select count(*) from report"), db.number("select count(*) from mailbox")), (0, 0))
        self.assertEqual((self.server.count(user), self.server.count(user, "X/stored")), (2, 0))

    def test_new_uidvalidity(self):
        db, user = self.database(), self.user([mail(f"v{n}") for n in range(4)])
        self.ingest(db, user)
        self.server.new_uidvalidity(user)
        self.server.deliver(user, [mail("v-new")])
        self.assertEqual(self.ingest(db, user)["reports"], {"stored": 1, "duplicate": 4, "conflict": 0, "rejected": 0})
        self.assertEqual(self.ingest(db, user)["inputs"], 0)

    def test_oversize(self):
        large = reports.mail(reports.report("large", [reports.record(ip=f"192.0.2.{i}") for i in range(200)]), "r.xml", "text/xml")
        db, user = self.database(), self.user([mail("o1"), large, mail("o2")])
        done = self.ingest(db, user, "--max-mail-bytes", "20K", "--archive", "Done", code=65)
        self.assertEqual(done["reports"], {"stored": 2, "duplicate": 0, "conflict": 0, "rejected": 1})
        self.assertRegex(done["problems"][0]["reason"], r"mail of \d+ bytes, more than 20480: not fetched")
        self.assertEqual([self.server.count(user, f"Done/{f}") for f in FOLDERS], [2, 0, 0, 1, 0])

    def test_large_one(self):
        """Past what is held in memory."""
        rows = [reports.record(ip=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", count=1) for n in range(30000)]
        db, user = self.database(), self.user([mail("l1"), reports.mail(reports.report("l", rows), "r.xml", "text/xml"), mail("l2")])
        self.assertEqual(self.ingest(db, user)["records"], 30002)
        db.sql("delete from mailbox")  # as if it had died before it could remember
        done = self.ingest(db, user, "--archive", "DMARC")
        self.assertEqual((done["reports"]["duplicate"], done["records"]), (3, 0))
        self.assertEqual([self.server.count(user, f"DMARC/{f}") for f in FOLDERS], [3, 0, 0, 0, 0], "filed by what each brought")
        self.assertEqual(db.totals()[:2], (3, 30002))

    def test_large_one_is_interrupted(self):
        """The database dies in the middle of a report that is loaded in pieces, three times; it is stored once."""
        rows = [reports.record(ip=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", count=1) for n in range(60000)]
        september = reports.BEGIN - 9 * reports.DAY  # a table that only this one waits for
        large = reports.mail(reports.report("l", rows, begin=september), "r.xml", "text/xml")
        db, user = self.database(), self.user([mail("s1", begin=september)])
        self.ingest(db, user, "--archive", "DMARC")
        self.server.deliver(user, [mail("l1"), large, mail("l2")])
        for _ in range(3):
            with db.locked("record_202609"):
                p = db.start("ingest", *self.args(user, "--archive", "DMARC"), env={"RUASCOPE_IMAP_PASSWORD": "secret"})
                db.wait_blocked()
                harness.Server.shared().kill()
            self.assertIn(harness.finish(p).code, (69, 75))
            harness.Server.shared().start()
        self.ingest(db, user, "--archive", "DMARC")
        self.assertEqual(db.totals(), (4, 60003, 60003))
        self.assertEqual([self.server.count(user, f"DMARC/{f}") for f in FOLDERS], [4, 0, 0, 0, 0])

    @harness.unittest.skipUnless(harness.LONG and not harness.SANITIZED, "25,000 mails: check --long, and not with a sanitizer, whose memory is not the program's")
    def test_memory_is_constant(self):
        """Many times the mails in the same memory, once a batch of the loader (5,000) was full. bench/imap --large has 100,000."""
        secret, peak = self.scratch() / "password", {}
        secret.write_text("secret")
        secret.chmod(0o600)
        few, many = 5000, 20000
        for size in (few, many):
            user = self.user([mail(f"n{size}.{n}") for n in range(size)])
            done = harness.measure("ingest", "--json", *self.args(user, "--password-file", secret), db=self.database().conninfo)
            self.assertEqual(done.json()["reports"]["stored"], size, done.err)
            peak[size] = done.rss_mib
        print(f"peak RSS, MiB: {peak}", flush=True)
        self.assertLess(peak[many], peak[few] + 6)

    @harness.unittest.skipUnless(harness.LONG and not harness.SANITIZED, "a GB of mails: check --long, and not with a sanitizer, whose memory is not the program's")
    def test_sixteen_large_ones_at_once(self):
        """What is on its way from a server lies beside the budget for mails, and all of it together below 512 MiB."""
        secret = self.scratch() / "password"
        secret.write_text("secret")
        secret.chmod(0o600)
        junk = base64.encodebytes(os.urandom(3 << 20))
        large = (b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" +
                 junk * ((58 << 20) // len(junk)))
        conf = self.config("".join(f"""mailbox "{user}" {{
            url = "{self.server.url(user)}"
            ca = "{self.server.ca}"
            password-file = "{secret}"
        }}\n""" for user in (self.user([large]) for _ in range(16))))
        done = harness.measure("--config", conf, "ingest", "--json", "--jobs", "16", "--all", db=self.database().conninfo)
        self.assert_code(done, 65)
        self.assertEqual(done.json()["reports"]["rejected"] + done.json()["reports"]["duplicate"], 16)
        print(f"peak RSS: {done.rss_mib:.0f} MiB", flush=True)
        self.assertLess(done.rss_mib, 512)

    def test_progress(self):
        """On a terminal it says how far it is, of how many; elsewhere it says nothing."""
        db, user = self.database(), self.user([mail(f"p{n}") for n in range(40)])
        master, terminal = pty.openpty()
        self.addCleanup(os.close, master)
        with db.locked():
            p = db.start("ingest", "--json", *self.args(user), env={"RUASCOPE_IMAP_PASSWORD": "secret", "TERM": "xterm"}, stderr=terminal)
            os.close(terminal)
            shown = b""
            while b"/40 inputs, " not in shown:  # it stands still in its first commit, and goes on drawing
                shown += os.read(master, 4096)
        self.assert_code(harness.finish(p), 0)
        self.assertEqual(db.run("ingest", *self.args(user), env={"RUASCOPE_IMAP_PASSWORD": "secret", "TERM": "xterm"}).err, "")

    def test_starttls(self):
        db, user = self.database(), self.user([mail("tls")])
        self.assertEqual(self.ingest(db, user, tls=False)["reports"]["stored"], 1)


class Filing(Mailbox):
    def odd_five(self):
        first = reports.report("odd")
        return [reports.mail(reports.gz(first)), reports.mail(reports.gz(first)), reports.mail(reports.gz(first.replace(b">s1<", b">s2<"))),
                reports.mail(first[:-40], "r.xml", "text/xml"), reports.LETTER]

    def test_archive(self):
        for folder in ("DMARC", "Pr\u00fcf & Co", "a/b"):
            db, user = self.database(), self.user(self.odd_five())
            self.ingest(db, user, "--archive", folder, code=65)
            wire = folder.replace("&", "&-").replace("\u00fc", "&APw-")
            self.assertEqual([self.server.count(user, f"{wire}/{f}") for f in FOLDERS], [1] * 5, folder)
            self.assertEqual(self.server.count(user), 0)

    def test_each_its_own(self):
        db, user = self.database(), self.user(self.odd_five())
        conf = self.config(f"""mailbox "rua" {{
            url = "{self.server.url(user)}"
            ca = "{self.server.ca}"
            password-command = "echo secret"
            on-stored = "seen"
            on-duplicate = "delete"
            on-conflict = "keyword:$Conflict"
            on-rejected = "move:Broken"
            on-not-a-report = "leave"
        }}\n""")
        done = db.run("--config", conf, "ingest", "--json", "--imap", "rua")
        self.assert_code(done, 65)
        self.assertEqual(self.flags(user), [b"\\Seen", b"$Conflict", b""])
        self.assertEqual(self.server.count(user, "Broken"), 1)
        self.assertEqual(db.run("--config", conf, "ingest", "--json", "--imap", "--all").json()["inputs"], 0)

    def test_one_that_fails_holds_back_no_other(self):
        db, one, two = self.database(), self.user([mail("one")]), self.user([mail("two")])
        conf = self.config("".join(f"""mailbox "{user}" {{
            url = "{self.server.url(user)}"
            ca = "{self.server.ca}"
            password-command = "echo {secret}"
        }}\n""" for user, secret in ((one, "secret"), ("u59", "wrong"), (two, "secret"))))
        done = db.run("--config", conf, "ingest", "--json", "--all")
        self.assert_code(done, 78)
        self.assertEqual(done.json()["reports"]["stored"], 2)
        self.assert_sentence(done, "refuses the password of u59")

    def test_others_mail_is_not_touched(self):
        """What somebody else marked stays as it is, and is not expunged with ours."""
        db, user = self.database(), self.user([mail(f"x{n}") for n in range(6)])
        with self.server.client(user) as c:
            c.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
            c.uid("STORE", "3", "+FLAGS", "(\\Flagged)")
        self.server.deliver(user, [mail("elsewhere")], "Other")
        self.ingest(db, user, "--archive", "DMARC")
        self.assertEqual(self.flags(user), [b"\\Deleted"])
        self.assertIn(b"\\Flagged", self.flags(user, "DMARC/stored"))
        self.assertEqual(self.server.count(user, "Other"), 1)
        self.assertEqual(db.totals()[0], 5)

    def test_moved_by_somebody_else(self):
        db, user = self.database(), self.user([mail(f"m{n}") for n in range(30)])
        with db.locked():
            p = db.start("ingest", "--json", *self.args(user, "--archive", "DMARC"), env={"RUASCOPE_IMAP_PASSWORD": "secret"})
            db.wait_blocked()
            with self.server.client(user) as c:
                c.create("Elsewhere")
                c.uid("MOVE", "5:14", "Elsewhere")
        done = harness.finish(p)
        self.assert_code(done, 0)
        self.assertEqual(done.json()["reports"]["stored"], 30)
        self.assertEqual([self.server.count(user, f) for f in ("INBOX", "Elsewhere", "DMARC/stored")], [0, 10, 20])

    def test_new_uidvalidity_in_the_middle(self):
        """The numbers mean other mails now: none of them is touched; all are read again, and end where they belong."""
        mails = [mail(f"v{n}") for n in range(30)] + [reports.LETTER.replace(b"lunch", b"tea")]
        db, user = self.database(), self.user(mails)
        with db.locked():
            p = db.start("ingest", "--json", *self.args(user, "--archive", "DMARC"), env={"RUASCOPE_IMAP_PASSWORD": "secret"})
            db.wait_blocked()
            self.server.new_uidvalidity(user)
        self.assertIn(harness.finish(p).code, (0, 75))
        self.ingest(db, user, "--archive", "DMARC")
        self.assertEqual(db.totals()[0], 30)
        self.assertEqual(self.server.count(user), 0)
        filed = collections.Counter(m for f in ("stored", "duplicate") for m in self.server.folder(user, f"DMARC/{f}").values())
        self.assertEqual(filed, collections.Counter(mails[:30]))
        self.assertEqual(list(self.server.folder(user, "DMARC/not-a-report").values()), mails[30:])

    def test_several_at_once(self):
        size = 60 if harness.SANITIZED else 400
        for more in ((), ("--archive", "DMARC")):
            db, user = self.database(), self.user([mail(f"c{n}-{len(more)}") for n in range(size)])
            runs = [db.start("ingest", "--json", *self.args(user, *more), env={"RUASCOPE_IMAP_PASSWORD": "secret"}) for _ in range(3)]
            documents = []
            for p in runs:
                done = harness.finish(p)
                self.assert_code(done, 0)
                documents.append(done.json())
            self.assertEqual(sum(d["reports"]["stored"] for d in documents), size)
            self.assertEqual(db.totals()[0], size)
            self.assertEqual(self.ingest(db, user, *more)["inputs"], 0)
            if more:
                self.assertEqual(self.server.count(user), 0)
                found = collections.Counter(data for f in ("stored", "duplicate") for data in self.server.folder(user, f"DMARC/{f}").values())
                self.assertEqual((len(found), set(found.values())), (size, {1}), "nothing is lost, and nothing is there twice")


class Copying(Mailbox):
    def lost_after_copy(self, cut, left):
        """The one moment in which COPY is worse than MOVE, as docs/mailboxes.md says: nothing is lost or counted twice, a mail is there once more."""
        for dies in (False, True):
            with self.subTest(dies=dies):
                db, mails, runs = self.database(), [mail(f"c{n}{dies}") for n in range(5)], []
                user = self.user(mails)
                with relay.Relay(self.server, cut, then=lambda: dies and runs[0].kill()) as between:
                    url = self.server.url(user).replace(f":{self.server.tls}/", f":{between.port}/")
                    args = ("ingest", "--json", "--imap", url, "--ca", self.server.ca, "--archive", "DMARC")
                    runs.append(db.start(*args, env={"RUASCOPE_IMAP_PASSWORD": "secret"}))
                    if dies:
                        runs[0].communicate(timeout=harness.RUN_SECONDS)
                        self.assertEqual(db.ingest(*args[2:], env={"RUASCOPE_IMAP_PASSWORD": "secret"})["reports"]["stored"], 0)
                    else:  # it connects again by itself
                        self.assert_code(harness.finish(runs[0]), 0)
                    self.assertEqual(between.cuts, 1)
                self.assertEqual(db.totals()[0], 5)
                self.assertEqual(self.server.count(user), left)
                copies = collections.Counter(self.server.folder(user, f"DMARC{self.SERVER.get('separator', '/')}stored").values())
                self.assertEqual(copies, {m: 2 for m in mails})


class Poor(Copying):
    """A server with the commands of 2003 and no more."""
    SERVER = {"separator": ".", "more": "imap_capability = IMAP4rev1\n"}

    def test_lost_between_copy_and_mark(self):
        self.lost_after_copy(rb"\S+ OK .*Copy completed", left=5)

    def test_copy_and_mark(self):
        db, user = self.database(), self.user([mail(f"p{n}") for n in range(5)])
        self.ingest(db, user, "--archive", "DMARC")
        self.assertEqual(self.server.count(user, "DMARC.stored"), 5)
        self.assertEqual(self.flags(user), [b"\\Deleted"] * 5, "without UIDPLUS nothing is expunged")
        self.assertEqual(self.ingest(db, user, "--archive", "DMARC")["inputs"], 0)


class Uidplus(Copying):
    SERVER = {"more": "imap_capability = IMAP4rev1 UIDPLUS\n"}

    def test_copy_and_expunge(self):
        db, user = self.database(), self.user([mail(f"p{n}") for n in range(5)])
        with self.server.client(user) as c:
            c.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
        self.ingest(db, user, "--archive", "DMARC")
        self.assertEqual((self.server.count(user, "DMARC/stored"), self.flags(user)), (4, [b"\\Deleted"]))

    def test_lost_between_copy_and_expunge(self):
        self.lost_after_copy(rb"\S+ OK \[COPYUID ", left=0)


class Quota(Mailbox):
    SERVER = {"plugins": "quota", "more": "imap_capability = IMAP4rev1 UIDPLUS\nprotocol imap {\n mail_plugins = quota imap_quota\n}\nplugin {\n quota = maildir\n quota_rule = *:bytes=1\n"
              " quota_rule2 = INBOX:ignore\n}\n"}

    def test_full(self):
        """It is stored, it stays, and the server's words are told."""
        db, user = self.database(), self.user([mail("q1")])
        done = db.run("ingest", *self.args(user, "--archive", "DMARC"), env={"RUASCOPE_IMAP_PASSWORD": "secret"})
        self.assert_code(done, 65)
        self.assertIn("Quota exceeded", done.err)
        self.assertEqual((db.totals()[0], self.server.count(user)), (1, 1))


class Doors(Mailbox):
    """Who is let in; and one line for a person when it fails."""
    PASSWORDS = ("p w\"2\\", "p\u20ac\u00e4", "{5}", "a:b@c")
    # Without it every refusal makes the next one slower, up to 15 s.
    SERVER = {"users": [(f"odd{n}", p) for n, p in enumerate(PASSWORDS)],
              "more": "service anvil {\n unix_listener anvil-auth-penalty {\n mode = 0\n }\n}\n"}

    def test_wrong_password(self):
        self.fails(self.user(), 78, "refuses the password of u", "Authentication failed", password="wrong-one")

    def test_no_password(self):
        self.fails(self.user(), 78, "no password", "--password-file", password="")

    def test_unknown_ca(self):
        user = self.user()
        for tls in (True, False):
            done = self.database().run("ingest", "--imap", self.server.url(user, tls=tls), env={"RUASCOPE_IMAP_PASSWORD": "secret"})
            self.assert_code(done, 78)
            self.assert_sentence(done, "127.0.0.1", "certificate is not trusted", "--ca FILE")

    def test_wrong_host(self):
        for tls in (True, False):
            self.fails(self.user(), 78, "127.0.0.9", "certificate", host="127.0.0.9", tls=tls)

    def test_missing_folder(self):
        self.fails(self.user(), 78, "folder \"No/Such\" cannot be opened", "doesn't exist", folder="No/Such")

    def test_nobody_listens(self):
        done = self.database().run("ingest", "--imap", f"imaps://u@127.0.0.1:{dovecot.free_port()}/", env={"RUASCOPE_IMAP_PASSWORD": "secret"})
        self.assert_code(done, 75)
        self.assertIn("Failed to connect", done.err)

    def test_odd_passwords(self):
        """In any mechanism, whatever they hold."""
        for n, password in enumerate(self.PASSWORDS):
            user = f"odd{n}"
            self.server.deliver(user, [mail(f"odd{n}")])
            for mechanism in ("plain", "login"):
                secret = self.scratch() / "password"
                secret.write_text(password + "\n")
                secret.chmod(0o600)
                conf = self.config(f"mailbox \"m\" {{\n url = \"{self.server.url(user)}\"\n ca = \"{self.server.ca}\"\n"
                                   f" auth = \"{mechanism}\"\n password-file = \"{secret}\"\n}}\n")
                done = self.database().run("--config", conf, "ingest", "--json", "--imap", "m")
                self.assert_code(done, 0, f"{mechanism} {password!r}")
                self.assertEqual(done.err, "")

    def test_line_breaks_are_refused(self):
        user = self.user()
        for what, words in (("u%0D%0AA1 LOGOUT", "user holds a line break"), ("u%00x", "user holds a NUL byte")):
            done = self.database().run("ingest", "--imap", f"imaps://{what}@127.0.0.1:{self.server.tls}/", env={"RUASCOPE_IMAP_PASSWORD": "x"})
            self.assert_code(done, 78)
            self.assert_sentence(done, words)
        for folder, words in (("a%0Ab", "folder holds a line break"), ("a%0Db", "folder holds a line break"), ("a%00b", "folder holds a NUL byte")):
            done = self.database().run("ingest", "--imap", self.server.url(user, folder))
            self.assert_code(done, 78)
            self.assert_sentence(done, words)
        self.fails(user, 78, "line break", more=["--archive", "a\nb"])
        for secret, words in ((b"se\r\ncret", "password holds a line break"), (b"se\ncret", "line break"), (b"se\0cret", "NUL"), (b"", "empty")):
            path = self.scratch() / "password"
            path.write_bytes(secret)
            path.chmod(0o600)
            self.fails(user, 78, words, more=["--password-file", path], password="")
        for byte, words in (("n", "token holds a line break"), ("r", "token holds a line break"), ("000", "token holds a NUL byte")):
            conf = self.config(f"mailbox \"m\" {{\n url = \"{self.server.url(user)}\"\n ca = \"{self.server.ca}\"\n token-command = \"printf 'a\\\\{byte}b'\"\n}}\n")
            done = self.database().run("--config", conf, "ingest", "--imap", "m")
            self.assert_code(done, 78)
            self.assert_sentence(done, words)

    def test_no_password_in_a_log(self):
        user = self.user([mail("logged")])
        for tls in (True, False):
            done = self.database().run("-v", "-v", "ingest", *self.args(user, tls=tls), env={"RUASCOPE_IMAP_PASSWORD": "secret"})
            self.assert_code(done, 0)
            self.assertTrue(done.err, "it tells what it does")
            for form in ("secret", base64.b64encode(f"\0{user}\0secret".encode()).decode(), base64.b64encode(b"secret").decode().rstrip("=")):
                self.assertNotIn(form, done.err + done.out)

    def test_no_password_in_a_url(self):
        done = self.database().run("ingest", "--imap", f"imaps://u:hunter2@127.0.0.1:{self.server.tls}/")
        self.assert_code(done, 78)
        self.assert_sentence(done, "a password does not belong here")
        self.assertNotIn("hunter2", done.err)

    def token_run(self, user, token, mechanism=None):
        path = self.scratch() / "token"
        path.write_text(token)
        path.chmod(0o600)
        conf = self.config(f"mailbox \"m\" {{\n url = \"{self.server.url(user)}\"\n ca = \"{self.server.ca}\"\n token-file = \"{path}\"\n"
                           + (f" auth = \"{mechanism}\"\n" if mechanism else "") + "}\n")
        done = self.database().run("--config", conf, "-vv", "ingest", "--json", "--imap", "m")
        self.assertNotIn(token[-20:], done.err + done.out)
        return done

    def test_tokens(self):
        user = self.user([mail("token")])
        for mechanism in (None, "xoauth2", "oauthbearer"):
            done = self.token_run(user, self.server.token(user), mechanism)
            self.assert_code(done, 0, mechanism)
            self.assertEqual(done.json()["reports"]["stored"], 1)

    def test_bad_tokens(self):
        """The server's own words arrive."""
        user = self.user()
        for mechanism in ("xoauth2", "oauthbearer"):
            for token in (self.server.token(user, lifetime=-60), self.server.token(user, key=b"another key of thirty-two bytes!")):
                done = self.token_run(user, token, mechanism)
                self.assert_code(done, 78, mechanism)
                self.assertIn("refuses the token of", done.err)
                self.assertIn("\"status\":\"", done.err)

    def refreshed(self, user, token_of, auth):
        """A run whose access tokens come from a token endpoint; token_of is what it gives for the nth request."""
        class Endpoint(oauthserver.Server):
            def tokens(self, h, refresh):
                self.count += 1
                h.say(200, {"access_token": token_of(self.count), "token_type": "Bearer", "expires_in": 3600})
        where = self.scratch()
        ca, both = oauthserver.ca(where)
        endpoint = Endpoint(tls=both)
        endpoint.rotate = False
        self.addCleanup(endpoint.close)
        (where / "refresh").write_text("first-refresh-token\n")
        (where / "refresh").chmod(0o600)
        conf = where / "ruascope.conf"
        conf.write_text(f"mailbox rua {{\n url = \"{self.server.url(user)}\"\n ca = \"{self.server.ca}\"\n auth = {auth}\n client-id = me\n"
                        f" token-endpoint = \"https://localhost:{endpoint.port}/token\"\n oauth-ca = ca.pem\n refresh-token-file = refresh\n}}\n")
        return self.database().run("--config", conf, "-vv", "ingest", "--json", "--imap", "rua"), endpoint

    def test_refreshed_tokens(self):
        """Fetched, and fetched anew when the mail server refuses the first."""
        user = self.user([mail("refreshed")])
        for auth in ("xoauth2", "oauthbearer"):
            for refused in (0, 1):
                done, endpoint = self.refreshed(user, lambda n, r=refused: self.server.token(user, 3600 if n > r else -60), auth)
                self.assert_code(done, 0)
                self.assertEqual((done.json()["reports"]["stored"], endpoint.count), (1, 1 + refused))
        done, endpoint = self.refreshed(user, lambda n: self.server.token(user, -60 - n), "xoauth2")
        self.assert_code(done, 78)
        self.assertEqual(endpoint.count, 2, "not on and on")
        self.assertIn("refuses the token", done.err)

    def test_readable_by_others(self):
        path = self.scratch() / "password"
        path.write_text("secret\n")
        path.chmod(0o644)
        done = self.database().run("ingest", *self.args(self.user(), "--password-file", path))
        self.assert_code(done, 0)
        self.assert_sentence(done, "others can read it")

    def test_command_fails(self):
        self.fails(self.user(), 78, "the password command failed (exit 3)", more=["--password-command", "exit 3"])

    def test_usage(self):
        for args, words in ((["--imap", "imaps://u@h/", "/tmp"], "cannot be combined"), (["--watch", "/tmp"], "--imap or --all"),
                            (["--imap", "imaps://u@h/", "--watch", "--dry-run"], "cannot be combined"), (["--all"], "no mailbox"),
                            (["--imap", "imaps://u@h/", "--poll", "0"], "--poll")):
            done = harness.run("ingest", *args)
            self.assert_code(done, 64, args)
            self.assertIn(words, done.err)
        for what, words in (("nobody", "neither a URL nor"), ("imaps://h/", "no user"), ("imaps://u@/", "no host"), ("imaps://u@h:0/", "port"), ("imaps://u@h/%zz", "two digits")):
            done = self.database().run("ingest", "--imap", what)
            self.assert_code(done, 78, what)
            self.assert_sentence(done, words)


if __name__ == "__main__":
    harness.main()

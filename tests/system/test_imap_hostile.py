"""A server that means harm: whatever it says, the run ends soon, in bounded memory, with one clear reason, and no crash."""
import contextlib
import shutil
import socket
import ssl
import threading
import time

import dovecot
import harness
import reports

MAIL = reports.mail(reports.gz(reports.report("hostile"))).replace(b"\n", b"\r\n")
ENOUGH = 150  # seconds: five attempts, the pauses between them, and a machine that has other things to do


class Server:
    """A scripted server: for each command a word of it chooses what is said. {tag} is the command's."""

    GOOD = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS MOVE\r\n{tag} OK\r\n",
        "AUTHENTICATE": b"{tag} OK in\r\n",
        "LIST": b"* LIST () \"/\" \"\"\r\n{tag} OK\r\n",
        "SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n{tag} OK\r\n",
        "SEARCH": b"* SEARCH 5\r\n{tag} OK\r\n",
        "SIZE": b"* 1 FETCH (UID 5 RFC822.SIZE %d)\r\n{tag} OK\r\n" % len(MAIL),
        "BODY": b"* 1 FETCH (UID 5 BODY[] {%d}\r\n%s)\r\n{tag} OK\r\n" % (len(MAIL), MAIL),
        "UID": b"* 1 FETCH (UID 5)\r\n{tag} OK\r\n",
        "LOGOUT": b"* BYE\r\n{tag} OK\r\n",
    }
    WORDS = (("BODY.PEEK", "BODY"), ("RFC822.SIZE", "SIZE"), ("SEARCH", "SEARCH"), ("(UID)", "UID"), ("SELECT", "SELECT"), ("EXAMINE", "SELECT"),
             ("AUTHENTICATE", "AUTHENTICATE"), ("CAPABILITY", "CAPABILITY"), ("LIST", "LIST"), ("LOGOUT", "LOGOUT"))

    def __init__(self, where):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(where / "server.pem", where / "server.key")
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.bad = {}
        self.heard = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                s, _ = self.socket.accept()
                threading.Thread(target=self.session, args=(s,), daemon=True).start()

    def session(self, s):
        with contextlib.suppress(OSError, ssl.SSLError, ValueError), self.context.wrap_socket(s, server_side=True) as t:
            t.sendall(self.bad.get("GREETING", b"* OK hello\r\n"))
            for line in t.makefile("rb"):
                self.heard.append(line)
                tag, _, rest = line.decode("latin-1").strip().partition(" ")
                what = next((w for key, w in self.WORDS if key in rest.upper()), None)
                if what == "CAPABILITY" and not tag.startswith("R"):
                    what = None  # libcurl's own
                    t.sendall(self.GOOD["CAPABILITY"].replace(b"{tag}", tag.encode()))
                    continue
                say = self.bad.get(what, self.GOOD.get(what, b"{tag} OK\r\n"))
                if callable(say):
                    say(t, tag.encode())
                elif say is None:
                    return
                else:
                    t.sendall(say.replace(b"{tag}", tag.encode()))


def endless(chunk, seconds=30):
    def say(t, _):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            t.sendall(chunk)
    return say


class Hostile(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.dir = harness.scratch()
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        dovecot.certificates(cls.dir)

    def setUp(self):
        self.server = Server(self.dir)
        self.addCleanup(self.server.socket.close)

    def run_it(self, code, words=None, *more, **bad):
        self.server.bad = bad
        db = self.database()
        began = time.monotonic()
        secret = self.dir / "password"
        secret.write_text("hunter2hunter2")
        secret.chmod(0o600)
        done = harness.measure("ingest", "--json", "--imap", f"imaps://u@127.0.0.1:{self.server.port}/", "--ca", self.dir / "ca.pem", "--timeout", "5",
                               "--password-file", secret, *more, db=db.conninfo)
        took = time.monotonic() - began
        self.assert_code(done, code)
        self.assertNotIn("hunter2", done.err)
        self.assertLess(took, ENOUGH)
        if harness.judges_cost():
            self.assertLess(done.rss_mib, 100)
        if words:
            self.assertIn(words, done.err + done.out)
        self.assert_harmless(done.err.replace("\n", ""), "stderr")
        return db, done

    def test_good(self):
        db, _ = self.run_it(0)
        self.assertEqual(db.totals()[0], 1)

    def test_literals_that_lie(self):
        self.run_it(65, "announces a mail of", BODY=b"* 1 FETCH (UID 5 BODY[] {99999999999}\r\nabc")
        self.run_it(75, "announces a literal of", SEARCH=b"* LIST () \"/\" {4000000000}\r\n")
        # Too long: the mail takes what was meant as the end, then nothing comes. At the third loss it is given up, and stays.
        self.run_it(65, "the connection was lost each time", BODY=b"* 1 FETCH (UID 5 BODY[] {%d}\r\n%s)\r\n{tag} OK\r\n" % (len(MAIL) + 1000, MAIL))

    def test_too_short_a_literal(self):
        """What is left of the mail is read as answers of the server, and is none."""
        db, _ = self.run_it(65, None, BODY=b"* 1 FETCH (UID 5 BODY[] {100}\r\n%s)\r\n{tag} OK\r\n" % MAIL)
        self.assertEqual(db.number("select count(*) from report"), 0)

    def test_endless(self):
        self.run_it(75, "line of more than", SEARCH=endless(b"x" * 65536))
        self.run_it(75, "does not end", SEARCH=endless(b"* OK " + b"y" * 60000 + b"\r\n"))
        self.run_it(75, "", SEARCH=endless(b"* SEARCH " + b"1 " * 30000))
        self.run_it(75, "", GREETING=b"* OK " + b"z" * 200000)

    def test_injected_tags(self):
        self.run_it(75, "a command that was not given", SEARCH=b"A5 OK done\r\n* SEARCH 5\r\n{tag} OK\r\n")
        self.run_it(75, "a command that was not given", SELECT=b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n{tag} OK\r\nR6AAAA OK early\r\n")

    def test_bytes_after_ok(self):
        db, _ = self.run_it(0, None, AUTHENTICATE=b"{tag} OK in\r\n* 9 EXISTS\r\n* OK [ALERT] hello\r\n", SELECT=self.server.GOOD["SELECT"] + b"* 2 EXPUNGE\r\n")
        self.assertEqual(db.totals()[0], 1)

    def test_garbage(self):
        for what in ("CAPABILITY", "SELECT", "SEARCH", "SIZE", "BODY"):
            with self.subTest(what=what):
                self.run_it(75 if what != "BODY" else 65, None, **{what: bytes(range(256)) * 20 + b"\r\n\x1b[2J{tag} \x00\r\n"})

    def test_silence(self):
        for what in ("GREETING", "AUTHENTICATE", "SEARCH", "SIZE"):
            with self.subTest(what=what):
                self.run_it(75, None, "--timeout", "1", **{what: b""})
        self.run_it(75, "silent", "--timeout", "1", SEARCH=b"* OK wait")

    def test_hangs_up(self):
        self.run_it(75, "closed the connection", SEARCH=None)
        self.run_it(75, "shutting down", SEARCH=lambda t, tag: (t.sendall(b"* BYE shutting down\r\n"), t.shutdown(socket.SHUT_RDWR)))

    def test_wrong_answers(self):
        """Mails nobody asked for, twice the same, none at all, more than there are."""
        other = MAIL.replace(b"hostile", b"not asked")
        db, _ = self.run_it(0, None, BODY=b"* 1 FETCH (UID 9 BODY[] {%d}\r\n%s)\r\n* 1 FETCH (UID 5 BODY[] {%d}\r\n%s)\r\n"
                            b"* 1 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n{tag} OK\r\n" % (len(other), other, len(MAIL), MAIL))
        self.assertEqual(db.totals()[0], 1)
        self.run_it(75, "more mails than the folder holds", SEARCH=b"* SEARCH 1:4294967295\r\n{tag} OK\r\n")
        self.run_it(75, "no list of numbers", SEARCH=b"* SEARCH 5 0 x\r\n{tag} OK\r\n")
        self.run_it(78, "UIDVALIDITY", SELECT=b"* 1 EXISTS\r\n{tag} OK\r\n")
        db, done = self.run_it(65, "the server does not give it: cannot read", BODY=b"{tag} NO cannot read\r\n")
        self.assertEqual(db.rows("select done from mailbox"), [["{[1,5)}"]], "it is for the next run")

    def test_never_without_tls(self):
        """imap:// is STARTTLS or nothing: who cannot, will not, or says that it is not needed, hears no password and no command behind it."""
        cases = {"does not offer it": (b"* OK hello\r\n", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", b"BAD what?"),
                 "refuses it": (b"* OK hello\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n", b"NO not today"),
                 "lets everybody in": (b"* PREAUTH hello\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", b"NO why?"),
                 "says more behind it": (b"* OK hello\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", b"OK go\r\n* OK [ALERT] injected")}
        for what, (greeting, capability, answer) in cases.items():
            with self.subTest(what), socket.create_server(("127.0.0.1", 0)) as listener:
                heard = []
                threading.Thread(target=self.plain, args=(listener, heard, greeting, capability, answer), daemon=True).start()
                done = self.database().run("ingest", "--imap", f"imap://u@127.0.0.1:{listener.getsockname()[1]}/", "--ca", self.dir / "ca.pem", "--timeout", "5",
                                           env={"RUASCOPE_IMAP_PASSWORD": "hunter2hunter2"})
                self.assertIn(done.code, (75, 78), done)
                self.assertEqual([w for w in heard if w not in ("CAPABILITY", "STARTTLS", "LOGOUT")], [], done.err)
                self.assertTrue(done.err.strip())

    @staticmethod
    def plain(listener, heard, greeting, capability, answer):
        with contextlib.suppress(OSError):
            while True:
                s, _ = listener.accept()
                with s, contextlib.suppress(OSError):
                    s.sendall(greeting)
                    for line in s.makefile("rb"):
                        tag, _, rest = line.strip().partition(b" ")
                        if line[:1] == b"\x16":
                            break  # the beginning of TLS
                        heard.append(rest.split(b" ")[0].decode("latin-1").upper())
                        said = {"CAPABILITY": capability + tag + b" OK\r\n", "STARTTLS": tag + b" " + answer + b"\r\n"}
                        s.sendall(said.get(heard[-1], tag + b" OK\r\n"))

    def test_asks_for_ever(self):
        self.run_it(75, "on and on", AUTHENTICATE=lambda t, tag: [t.sendall(b"+ \r\n") for _ in range(50)])

    def test_a_bad_mail_holds_back_no_other(self):
        """The server dies of one mail of three: the others are read."""
        def say(t, tag):
            uids = self.server.heard[-1].split(b"UID FETCH ")[1].split(b" ")[0]
            for uid in (5, 6, 7):
                wanted = uids == b"5:7" or str(uid).encode() in uids.replace(b":", b",").split(b",")
                if wanted and uid == 6:
                    return t.shutdown(socket.SHUT_RDWR)
                if wanted:
                    data = MAIL.replace(b"<1@", b"<%d@" % uid)
                    t.sendall(b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid - 4, uid, len(data), data))
            t.sendall(tag + b" OK\r\n")
            return None
        sizes = b"".join(b"* %d FETCH (UID %d RFC822.SIZE 900)\r\n" % (u - 4, u) for u in (5, 6, 7))
        _, done = self.run_it(65, "it stays where it is", "--timeout", "5", SELECT=b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n{tag} OK\r\n",
                              SEARCH=b"* SEARCH 5 6 7\r\n{tag} OK\r\n", SIZE=sizes + b"{tag} OK\r\n", BODY=say)
        self.assertEqual(done.json()["inputs"], 3)


if __name__ == "__main__":
    harness.main()

"""Who sent a report: mails that are signed and verified for real, keys asked of a real name server."""
import os
import re
import shutil
import socket
import threading
import unittest

import dovecot
import harness
import nameserver
import reports
import signing

SAID = re.compile(r"debug: (.*?): from (.*?): (\w+)(?: \((\S+): (\S+)\))?$", re.M)


class Counter:
    """A relay to a name server that counts questions."""

    def __init__(self, port):
        self.to = ("127.0.0.1", port)
        self.asked = []

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()

    def serve(self):
        while True:
            question, whose = self.socket.recvfrom(2048)
            if not question:
                return
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(10)
                s.sendto(question, self.to)
                answer = s.recv(65535)
            name, at = [], 12
            while question[at]:
                name.append(question[at + 1:at + 1 + question[at]].decode())
                at += 1 + question[at]
            if name:  # not the probe of the resolver
                self.asked.append(".".join(name).lower())
            self.socket.sendto(answer, whose)


def said(done):
    """File name -> what was said of its mail, as "result domain by"; of several, a list."""
    out = {}
    for source, sender, result, by, domain in SAID.findall(done.err):
        out.setdefault(os.path.basename(source.split("!")[0]), []).append((result, domain, by, sender))
    return out


@unittest.skipUnless(signing.dkim and shutil.which("nsd", path="/usr/sbin:/sbin:/usr/bin"), "python3-dkim or nsd is not installed")
class Auth(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.rsa, cls.small, cls.ed = signing.Key(2048), signing.Key(1024), signing.Key("ed25519")
        cls.keys = {f"k{i}": signing.Key(1024) for i in range(20)}
        records = [("s._domainkey.reporter.example", cls.rsa.record), ("small._domainkey.reporter.example", cls.small.record),
                   ("ed._domainkey.reporter.example", cls.ed.record), ("s._domainkey.other.example", cls.small.record),
                   ("gone._domainkey.reporter.example", "v=DKIM1; p=")]
        records += [(f"{s}._domainkey.many.example", k.record) for s, k in cls.keys.items()]
        cls.where = harness.scratch()
        cls.dns = nameserver.NameServer(signing.write_zones(cls.where, records))
        cls.dns.start()
        cls.addClassCleanup(cls.dns.stop)

    def put(self, mails):
        where = self.scratch() / "mails"
        where.mkdir()
        for name, data in mails.items():
            (where / name).write_bytes(data)
        return where

    def look(self, mails, *more, db=None, dns=None, config=None, code=0):
        """What ingest says of each mail."""
        db = db or self.database()
        start = ["-v", "-v", "--dns-server", dns or self.dns.address]
        if config:
            path = self.scratch() / "ruascope.conf"
            path.write_text(config)
            start += ["--config", path]
        done = harness.run(*start, "ingest", "--json", *more, mails if not isinstance(mails, dict) else self.put(mails), db=db.conninfo)
        self.assert_code(done, code)
        return said(done)

    def check(self, mails, want, **more):
        found = self.look(mails, **more)
        self.assertEqual({n: [w[:2] for w in f] for n, f in found.items()}, {n: [(w if isinstance(w, tuple) else (w, ""))] for n, w in want.items()})

    def test_verdicts(self):
        plain = signing.mail("plain")
        good = self.rsa.sign(signing.mail("good"), "reporter.example")
        both = self.small.sign(self.rsa.sign(signing.mail("both"), "reporter.example"), "other.example")
        mails = {
            "good": good,
            "crlf": self.rsa.sign(signing.mail("crlf").replace(b"\n", b"\r\n"), "reporter.example"),
            "simple": self.small.sign(signing.mail("simple"), "reporter.example", "small", b"simple/simple"),
            "ed25519": self.ed.sign(signing.mail("ed"), "reporter.example", "ed"),
            "below": self.rsa.sign(signing.mail("below", sender="a@mail.eu.reporter.example"), "reporter.example"),
            "both": both,
            "plain": plain,
            "foreign": self.small.sign(signing.mail("foreign"), "other.example"),
            "altered": good.replace(b"A report is attached.", b"A report is altered.").replace(b"<good>", b"<altered>"),
            "subject": self.rsa.sign(signing.mail("subject"), "reporter.example").replace(b"Subject: ", b"Subject: [list] "),
            "nokey": self.rsa.sign(signing.mail("nokey"), "reporter.example", "nowhere"),
            "revoked": self.rsa.sign(signing.mail("revoked"), "reporter.example", "gone"),
            "wrongkey": self.small.sign(signing.mail("wrongkey"), "reporter.example"),
            "untyped": self.rsa.sign(signing.mail("untyped"), "reporter.example", fields=[b"from", b"subject"]),
            "file.xml": reports.report("no mail"),
        }
        aligned, fail = ("aligned", "reporter.example"), ("fail", "reporter.example")
        self.check(mails, {"good": aligned, "crlf": aligned, "simple": aligned, "ed25519": aligned, "below": aligned, "both": aligned, "plain": "none",
                           "foreign": ("unaligned", "other.example"), "altered": fail, "subject": fail, "nokey": "unknown", "revoked": "unknown",
                           "wrongkey": fail, "untyped": "unknown"})

    def test_places(self):
        """mbox, Maildir, zip, mailbox, several workers."""
        mails = [self.rsa.sign(signing.mail(f"place {i}"), "reporter.example") for i in range(9)]
        quoted = signing.mail("quoted").replace(b"A report is attached.", b"As follows.\n\nFrom our house\n>From yours")
        mails.append(self.rsa.sign(quoted, "reporter.example"))
        where = self.scratch() / "places"
        for folder in ("new", "cur", "tmp"):
            (where / "Maildir" / folder).mkdir(parents=True)
        (where / "box").write_bytes(reports.mbox(mails[0:3]) + b"From x@y Fri Oct  2 01:00:00 2026\n"
                                    + mails[9].replace(b"\n>From ", b"\n>>From ").replace(b"\nFrom our", b"\n>From our") + b"\n")
        (where / "Maildir/new/1").write_bytes(mails[3])
        (where / "Maildir/cur/2:2,S").write_bytes(mails[4])
        (where / "mails.zip").write_bytes(reports.zipped(mails[5], "a.eml"))
        found = self.look(where, "--jobs", "4")
        verdicts = sorted(w[0] for f in found.values() for w in f)
        self.assertEqual(verdicts, 7 * ["aligned"])
        self.assertEqual(len(found["box"]), 4)

    def test_mailbox(self):
        server = dovecot.Dovecot()
        self.addCleanup(server.close)
        mails = [self.rsa.sign(signing.mail(f"box {i}"), "reporter.example") for i in range(3)] + [signing.mail("box bare")]
        server.deliver("u1", mails)
        with Counter(self.dns.port) as dns:
            done = harness.run("-v", "-v", "--dns-server", dns.address, "ingest", "--imap", server.url("u1"), "--ca", server.ca,
                               db=self.database().conninfo, env={"RUASCOPE_IMAP_PASSWORD": "secret"})
            self.assert_code(done, 0)
            self.assertEqual(dns.asked, ["s._domainkey.reporter.example"])
        self.assertEqual(sorted(w[0] for f in said(done).values() for w in f), ["aligned", "aligned", "aligned", "none"])

    def test_enclosed(self):
        """It is the innermost mail that counts: neither what is around it nor what it says of itself."""
        inner = self.rsa.sign(signing.mail("inner"), "reporter.example")
        forged = signing.mail("forged")

        def around(inside, boundary=b"outer"):
            head = (b"From: postmaster@reporter.example\nTo: rua@example.com\nSubject: returned\nDate: Fri, 02 Oct 2026 02:00:00 +0000\n"
                    b"Message-ID: <3@reporter.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"" + boundary + b"\"\n\n")
            return head + b"--" + boundary + b"\nContent-Type: message/rfc822\n\n" + inside + b"\n--" + boundary + b"--\n"

        results = b"Authentication-Results: mx.example.com; dmarc=pass header.from=reporter.example\n"
        mails = {
            "forwarded": around(inner),
            "bounced": self.rsa.sign(around(forged), "reporter.example"),
            "twice": self.rsa.sign(around(around(inner, b"mid")), "reporter.example"),
            "claims": around(results + forged),
            "quoted": self.rsa.sign(
                b"From: postmaster@reporter.example\nTo: a@b.example\nSubject: returned\nDate: Fri, 02 Oct 2026 02:00:00 +0000\n"
                b"Message-ID: <4@reporter.example>\nMIME-Version: 1.0\nContent-Type: text/plain\n\nThis is what you sent:\n\n" + forged.replace(b"forged", b"quoted"),
                "reporter.example"),
        }
        self.check(mails, {"forwarded": ("aligned", "reporter.example"), "bounced": "none", "twice": ("aligned", "reporter.example"), "claims": "none",
                           "quoted": "unknown"}, config='trusted-authserv = {"mx.example.com"}\n')

    def test_results_of_a_trusted_server(self):
        def with_results(name, *lines, sender="dmarc@reporter.example"):
            return b"".join(line.encode() + b"\n" for line in lines) + signing.mail(name, sender=sender)

        ours, foreign = "Authentication-Results: MX.example.com; ", "Authentication-Results: mx.elsewhere.example; "
        received = "Received: from a.example ([192.0.2.1])\n\tby {} (Postfix) with ESMTPS id 1; Fri, 02 Oct 2026 01:00:00 +0000"
        mails = {
            "pass": with_results("pass", ours + "dmarc=pass (p=none) header.from=reporter.example"),
            "bare": with_results("bare", ours + "dmarc=pass"),
            "dkim": with_results("dkim", ours + "dkim=pass header.d=reporter.example"),
            "fails": with_results("fails", ours + "dmarc=fail header.from=reporter.example"),
            "other": with_results("other", ours + "dmarc=pass header.from=other.example"),
            "foreign": with_results("foreign", foreign + "dmarc=pass header.from=reporter.example"),
            "topmost": with_results("topmost", ours + "dkim=none", ours + "dmarc=pass header.from=reporter.example"),
            "hop": with_results("hop", received.format("mx.example.com"), ours + "dmarc=pass header.from=reporter.example"),
            "came": with_results("came", received.format("relay.elsewhere.example"), ours + "dmarc=pass header.from=reporter.example"),
            "rotated": b"Authentication-Results: mx.example.com; dmarc=pass header.from=reporter.example\n"
                       + self.rsa.sign(signing.mail("rotated"), "reporter.example", "nowhere"),
        }
        config = 'trusted-authserv = {"mx.example.com"}\n'
        found = self.look(mails, config=config)
        aligned = ("aligned", "reporter.example", "authentication-results", "dmarc@reporter.example")
        for name in ("pass", "bare", "hop", "rotated"):
            self.assertEqual(found[name], [aligned], name)
        for name in ("dkim", "fails", "other", "foreign", "topmost", "came"):
            self.assertEqual(found[name][0][0], "none", name)
        without = self.look(mails)
        self.assertEqual({f[0][0] for f in without.values()}, {"none", "unknown"})
        nothing = self.look(mails, "--no-auth", config=config)
        self.assertEqual({f[0][0] for f in nothing.values()}, {"unknown"})

    def test_a_name_that_no_server_has(self):
        path = self.scratch() / "bad.conf"
        path.write_text('trusted-authserv = {"mx example"}\n')
        done = harness.run("--config", path, "ingest", ".", db=self.database().conninfo)
        self.assert_code(done, 78)
        self.assert_sentence(done, "trusted-authserv", "mx example")

    def test_questions(self):
        """5,000 mails of 20 keys ask 20 questions, by however many workers; a second run none; --no-auth and --offline none."""
        signed = [k.sign(signing.mail(f"many {s}", sender="a@many.example"), "many.example", s) for s, k in self.keys.items()]
        where = self.put({f"{i:04}": signed[i % 20] for i in range(5000)})
        db = self.database()
        with Counter(self.dns.port) as dns:
            for how in (("--no-auth",), ("--no-auth", "--jobs", "2")):
                found = self.look(where, "--dry-run", *how, db=db, dns=dns.address)
                self.assertEqual({f[0][0] for f in found.values()}, {"unknown"})
            done = harness.run("-v", "-v", "--offline", "ingest", "--dry-run", where, db=db.conninfo)
            self.assertEqual({f[0][0] for f in said(done).values()}, {"unknown"})
            self.assertEqual(dns.asked, [])
            found = self.look(where, "--jobs", "4", db=db, dns=dns.address)
            self.assertEqual({f[0][0] for f in found.values()}, {"aligned"})
            self.assertEqual(len(found), 5000)
            self.assertEqual(sorted(dns.asked), sorted(f"{s}._domainkey.many.example" for s in self.keys))
            dns.asked.clear()
            found = self.look(where, db=db, dns=dns.address)
            self.assertEqual({f[0][0] for f in found.values()}, {"aligned"})
            self.assertEqual(dns.asked, [])
        self.assertEqual(db.number("select count(*) from dns_snapshot where name like '%._domainkey.many.example'"), 20)

    def test_one_mail_asks_eight(self):
        mail = signing.mail("hundred", sender="a@many.example")
        signature = self.ed.sign(mail, "many.example", "none")[:-len(mail)]
        mails = {"hundred": b"".join(signature.replace(b"s=none", b"s=none%d" % i) for i in range(100)) + mail}
        with Counter(self.dns.port) as dns:
            self.check(mails, {"hundred": "unknown"}, dns=dns.address)
            self.assertEqual(len(dns.asked), 8)

    def test_silence(self):
        """Nobody answers: unknown, after seconds, and the run is a good one."""
        mails = {f"{i}": self.ed.sign(signing.mail(f"silent {i}"), "reporter.example", f"ed{i}") for i in range(50)}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            db = self.database()
            path = self.put(mails)
            done = harness.run("-v", "-v", "--dns-server", "127.0.0.1:%d" % s.getsockname()[1], "ingest", path, db=db.conninfo)
        self.assert_code(done, 0)
        self.assertEqual({f[0][0] for f in said(done).values()}, {"unknown"})
        self.assertIn("does not answer", done.err)
        self.assertEqual(db.number("select count(*) from report"), 50)
        self.assertEqual(db.number("select count(*) from dns_snapshot where type = 2"), 1)

    def test_parse_asks_nothing(self):
        mails = {"good": self.rsa.sign(signing.mail("parsed"), "reporter.example")}
        with Counter(self.dns.port) as dns:
            done = harness.run("-v", "-v", "--dns-server", dns.address, "parse", self.put(mails) / "good")
            self.assert_code(done, 0)
            self.assertEqual(dns.asked, [])
        self.assertEqual(said(done)["good"][0][0], "unknown")


if __name__ == "__main__":
    harness.main()

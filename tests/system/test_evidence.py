"""Refused mail, kept: counted once whatever it comes from, listed, and no person in it; real PostgreSQL, NSD and Dovecot."""
import os
import re
import shutil
import subprocess
import sys
import unittest

import dovecot
import harness
import nameserver
import reports

sys.path.insert(0, str(harness.ROOT / "tests/samples"))
import story_zones  # noqa: E402

SAMPLES = harness.ROOT / "samples"
BOUNCES = SAMPLES / "bounces"
OFFICES = {"postmaster", "mailer-daemon", "abuse", "hostmaster"}
WORDS = {"office", "info", "billing", "news", "web", "form", "root", "mail", "dev", "vertrieb"}  # of addresses, and of much else
GMAIL = "550-5.7.26 This mail is unauthenticated, which poses a security risk to the sender and Gmail users, and has been blocked. For this message, DKIM checks did not pass and SPF check for [example.com] did not pass with ip: [192.0.2.80]. 550 5.7.26 - gsmtp"


def bounce(number, reply=GMAIL, sender="office@example.com", recipient="bob.%d@gmail.com", host="gmail-smtp-in.l.google.com", day=29):
    """A bounce as Postfix writes it."""
    recipient = recipient % number if "%d" in recipient else recipient
    date = f"Thu, {day} Oct 2026 09:12:{number % 60:02} +0000"
    return (f"Return-Path: <>\nDate: {date}\nFrom: MAILER-DAEMON@web80.webhost.example (Mail Delivery System)\nTo: {sender}\n"
            "Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n\nno luck with '
            f"{recipient}\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; web80.webhost.example\nArrival-Date: {date}\n\n"
            f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.7.26\nRemote-MTA: dns; {host}\nDiagnostic-Code: smtp; {reply}\n\n"
            f"--b\nContent-Type: text/rfc822-headers\n\nReturn-Path: <{sender}>\nFrom: Form <{sender}>\nTo: {recipient}\nDate: {date}\n"
            f"Message-ID: <{number}.{day}@mail.example.com>\n\n--b--\n")


def postfix_log(number, recipient="bob.%d@gmail.com", day=29):
    """The same, as the log of the server that sent it."""
    at, qid = f"Oct {day} 09:12:{number % 60:02} web80", f"4Xk{number:05}"
    recipient = recipient % number if "%d" in recipient else recipient
    return (f"{at} postfix/cleanup[9]: {qid}: message-id=<{number}.{day}@mail.example.com>\n"
            f"{at} postfix/qmgr[9]: {qid}: from=<office@example.com>, size=900, nrcpt=1 (queue active)\n"
            f"{at} postfix/smtp[9]: {qid}: to=<{recipient}>, relay=gmail-smtp-in.l.google.com[203.0.113.2]:25, delay=1, delays=0/0/1/0, dsn=5.7.26, "
            f"status=bounced (host gmail-smtp-in.l.google.com[203.0.113.2] said: {GMAIL} (in reply to end of DATA command))\n"
            f"{at} postfix/qmgr[9]: {qid}: removed\n")


def local_parts(text):
    """Of all addresses in it that may be a person's."""
    return {m.lower() for m in re.findall(r"([A-Za-z0-9._+=-]{2,})@[A-Za-z0-9-]+\.", text)} - OFFICES


class Evidence(harness.Case):
    def setUp(self):
        self.db = self.database()
        self.db.ingest(SAMPLES, code=65)

    def keep(self, *args, code=0, **more):
        done = self.db.run("bounce", "ingest", "--no-dns", *args, **more)
        self.assert_code(done, code, args)
        self.assert_harmless(done.out, "text")
        return done

    def counted(self):
        return self.db.number("select coalesce(sum(count), 0) from bounce")

    def listed(self, *args):
        done = self.db.run("bounce", "list", *args, "-f", "json")
        self.assert_code(done, 0)
        self.assert_schema(done.json())
        return done.json()["refusals"]

    def no_person(self, texts, *outputs):
        """The whole database and what was printed have no local part of any address."""
        dump = subprocess.run([harness.PG_BIN / "pg_dump", "--data-only", self.db.conninfo], capture_output=True, text=True, check=True).stdout
        self.assertIn("auth_any", dump, "it is a dump of what was kept")
        names = set().union(*map(local_parts, texts))
        self.assertTrue(names)
        for name in names:
            for where in (dump, *outputs):
                for found in re.finditer(r"(?<![a-z0-9-])" + re.escape(name) + r"(?![a-z0-9.-])", where.lower()):
                    self.assertFalse(self.is_person(name, where[found.end():found.end() + 1]), where[max(0, found.start() - 80):][:200])

    def is_person(self, name, behind):
        """In front of an @ every word is one; else those that are no words, and no numbers."""
        return behind in ("@", "=") or (len(name) > 2 and name not in WORDS and not re.fullmatch(r"[0-9.]+", name))

    # ---- from files

    def test_samples(self):
        done = self.keep(BOUNCES, code=65)
        self.assertRegex(done.out, r"^10 inputs: \d+ refusals counted, 0 met before, \d+ of domains that are not stored, 1 input was no bounce, 0 rejected; ")
        self.assertIn("vacation.eml: an automatic reply", done.err)
        first = self.counted()
        self.assertGreater(first, 5)
        rows = self.listed("example.com")
        mine = [r for r in rows if r["ip"] == "192.0.2.80" and r["class"] == "auth_any"]
        self.assertEqual([(r["day"], r["count"], r["refused_by"], r["reply"]["code"], r["reply"]["status"], r["receiver"]["org"], r["recipient_domain"]) for r in mine],
                         [("2026-10-29", 1, "receiver", 550, "5.7.26", "google.com", "gmail.com")])
        self.assertEqual({r["domain"] for r in self.listed()}, {"example.com"})
        text = self.db.run("bounce", "list", "example.com")
        self.assertRegex(text.out, r"(?m)^example.com\n  2026-")
        self.assertRegex(text.out, r"2026-10-29 +1  auth_any +550 5.7.26 +yours +192.0.2.80 +google.com")
        again = self.keep(BOUNCES, code=65)
        self.assertRegex(again.out, rf" 0 refusals counted, {first} met before, ")
        self.assertEqual(self.counted(), first)
        self.assertEqual(self.listed("example.com", "--since", "2026-10-30"), [])
        self.assertEqual(self.db.run("bounce", "list", "nobody.example").out, "No refused mail is kept.\n")
        texts = [p.read_text() for p in BOUNCES.iterdir()]
        self.no_person(texts, done.out, done.err, text.out, again.err)

    def test_whatever_it_comes_from(self):
        """A log and the bounces of its messages; plain, in a Maildir, an mbox, gzip; pieces of a log that grows."""
        folder = self.scratch()
        for part in ("cur", "new", "tmp"):
            (folder / "Maildir" / part).mkdir(parents=True)
        for i in range(4):
            (folder / "Maildir/new" / f"{i}.eml").write_text(bounce(i))
        log = folder / "mail.log"
        log.write_text("".join(postfix_log(i) for i in range(6)))
        os.utime(log, (1793340000, 1793340000))  # 2026-10-30
        self.assertIn(" 4 refusals counted, 0 met before", self.keep(folder / "Maildir").out)
        self.assertIn(" 2 refusals counted, 4 met before", self.keep(log).out)
        log.write_text(log.read_text() + "".join(postfix_log(i) for i in range(6, 9)))
        os.utime(log, (1793340000, 1793340000))
        self.assertIn(" 3 refusals counted, 6 met before", self.keep(log).out)
        (folder / "box").write_text("".join(f"From x Thu Oct 29 09:00:00 2026\n{bounce(i)}\n" for i in range(7, 11)))
        subprocess.run(["gzip", "-9", folder / "box"], check=True)
        self.assertIn(" 2 refusals counted, 2 met before", self.keep(folder / "box.gz").out)
        self.assertIn(" 1 refusal counted, 0 met before", self.keep("-", input=bounce(11).encode()).out)
        self.assertEqual(self.counted(), 12)
        rows = self.listed("example.com")  # a log knows the phase, a bounce does not say it
        self.assertEqual((sum(r["count"] for r in rows), {r["receiver"]["host"] for r in rows}), (12, {"gmail-smtp-in.l.google.com"}))
        self.no_person([bounce(i) for i in range(12)])

    def test_archive(self):
        folder = self.scratch()
        (folder / "in").mkdir()
        (folder / "in/one.eml").write_text(bounce(1))
        (folder / "in/two.eml").write_text(bounce(1))
        shutil.copy(BOUNCES / "vacation.eml", folder / "in")
        (folder / "in/strange.eml").write_text(bounce(1, sender="a@stranger.example"))
        done = self.keep("--archive", folder / "out", folder / "in", code=65)
        filed = {p.name: p.parent.name for p in (folder / "out").rglob("*") if p.is_file()}
        self.assertEqual((filed["strange.eml"], filed["vacation.eml"]), ("not-a-report", "not-a-report"), done.err)
        self.assertEqual({filed["one.eml"], filed["two.eml"]}, {"stored", "duplicate"})
        self.assertEqual(list((folder / "in").iterdir()), [])
        self.assertIn("strange.eml: refused mail of domains of which nothing is stored", done.err)
        self.assertEqual(self.db.number("select count(*) from bounce"), 1)

    def test_what_is_none(self):
        """What is no bounce is said to be what it is, and keeps nothing."""
        folder = self.scratch()
        arf = ("From: fbl@isp.example\nTo: abuse@example.com\nDate: Thu, 29 Oct 2026 09:12:44 +0000\nMIME-Version: 1.0\n"
               'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n--b\n\nabuse\n\n--b\nContent-Type: message/feedback-report\n\n'
               "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n\n--b\nContent-Type: message/rfc822\n\nFrom: office@example.com\n\nhi\n\n--b--\n")
        delivered = bounce(1).replace("Action: failed", "Action: delivered").replace("Status: 5.7.26", "Status: 2.0.0").replace(GMAIL, "250 2.0.0 OK")
        for name, text in (("arf.eml", arf), ("delivered.eml", delivered), ("words.txt", "nothing of the kind\n")):
            (folder / name).write_text(text)
        shutil.copy(SAMPLES / "mail/zoho-x-gzip-2026-10-20.eml", folder / "report.eml")
        shutil.copy(BOUNCES / "vacation.eml", folder)
        done = self.keep(folder, code=65)
        self.assertRegex(done.out, r"^5 inputs: 0 refusals counted, 0 met before, 0 of domains that are not stored, 5 inputs were no bounces")
        for name, word in (("arf", "feedback"), ("delivered", "deliver"), ("words", "not understood"), ("report", "aggregate report"), ("vacation", "an automatic reply")):
            self.assertRegex(done.err, rf"{name}\.\w+: .*{word}")
        self.assertEqual(self.counted(), 0)

    # ---- what comes of it

    def told(self, dns, *args, **more):
        done = self.db.run("--dns-server", dns.address, *args, **more)
        self.assert_harmless(done.out, "text")
        return done

    def check(self, dns, id, as_of="2026-11-01"):
        done = self.told(dns, "readiness", "example.com", "--as-of", as_of, "-f", "json")
        self.assert_schema(done.json())
        found = done.json()
        found = found["domains"][0] if "domains" in found else found
        return next(c for c in found["checks"] if c["id"] == id)

    @unittest.skipUnless(shutil.which("nsd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"), "nsd is not installed")
    def test_told(self):
        """A10 is judged, and the refusals stand beside their sender: as text, JSON, CSV, HTML."""
        dns = nameserver.NameServer(story_zones.write(self.scratch() / "zones"))
        dns.start()
        self.addCleanup(shutil.rmtree, dns.directory, True)
        self.addCleanup(dns.stop)
        folder = self.scratch()
        before = self.check(dns, "A10")
        self.assertEqual((before["status"], before["value"]), ("unknown", ""))
        self.assertIn("mail logs of 0 of the last 14 days were read", before["text"])
        clean = folder / "clean.log"
        clean.write_text("".join(f"2026-10-{day}T10:00:00+00:00 gate postfix/smtp[1]: A{day}: to=<a@b.example>, relay=b.example[192.0.2.9]:25, delay=1, "
                                 "dsn=2.0.0, status=sent (250 2.0.0 Ok)\n" for day in range(18, 32)))
        self.keep(clean)
        passed = self.check(dns, "A10")
        self.assertEqual((passed["status"], passed["value"]), ("pass", "0 in 14 days"), "a source covers the window, and nothing was refused")
        self.assertEqual(self.check(dns, "A10", "2026-10-20")["status"], "unknown", "not that one")
        for i in range(12):
            (folder / f"{i}.eml").write_text(bounce(i))
            (folder / f"forged{i}.eml").write_text((BOUNCES / "backscatter.eml").read_text().replace("20261029.4711", f"{i}.x"))
        done = self.told(dns, "bounce", "ingest", folder)
        self.assert_code(done, 0)
        failed = self.check(dns, "A10")
        self.assertEqual((failed["status"], failed["value"], failed["limit"]), ("fail", "12 in 14 days", "0"), "forgeries count for nothing")
        line = "12 refused at gmail.com for neither SPF nor DKIM"
        month = ("example.com", "--month", "2026-10")
        for command in ("inventory", "report"):
            text = " ".join(self.told(dns, command, *month).out.split())
            self.assertIn(f"Refused mail: {line}, of web80.webhost.example (`ruascope bounce list`).", text)
            document = self.told(dns, command, *month, "-f", "json").json()
            self.assert_schema(document)
            domain = document["domains"][0]
            self.assertEqual([(r["place"], r["class"], r["messages"], r["sender"], r["text"]) for r in domain["refused"]],
                             [("gmail.com", "auth_any", 12, "host:web80.webhost.example#spf-fail", line)])
            sender = next(s for s in domain["senders" if command == "inventory" else "findings"] if s["key"] == "host:web80.webhost.example#spf-fail")
            self.assertIn({"code": "N_REFUSED", "weight": 0, "text": line}, sender["evidence"])
            page = self.told(dns, command, *month, "-f", "html").out
            self.assertIn(f"<p>Refused mail: {line}, of web80.webhost.example", page)
        table = self.db.run("--dns-server", dns.address, "inventory", *month, "-f", "csv").out.splitlines()
        self.assertTrue(table[0].endswith(",refused"))
        self.assertEqual([row.rsplit(",", 1)[1] for row in table if "host:web80.webhost.example#spf-fail" in row], ["12"])
        self.no_person([bounce(i) for i in range(12)], done.out, done.err)

    def test_story(self):
        """The samples' bounces behind the samples: the contact form's counts; the forgery, what was forwarded and other reasons do not."""
        dns = nameserver.NameServer(story_zones.write(self.scratch() / "zones"))
        dns.start()
        self.addCleanup(shutil.rmtree, dns.directory, True)
        self.addCleanup(dns.stop)
        self.assert_code(self.told(dns, "bounce", "ingest", BOUNCES), 65)
        found = self.check(dns, "A10")
        kept = [(r["class"], r["ip"], r["ours"], r["day"]) for r in self.listed("example.com") if r["class"].startswith("auth_")]
        self.assertEqual((found["status"], found["value"]), ("warn", "1 in 14 days"), kept)

    def test_owner(self):
        """A domain of the same owner: what has its Message-ID is ours, by `domains` or a group of the configuration."""
        dns = nameserver.NameServer(story_zones.write(self.scratch() / "zones"))
        dns.start()
        self.addCleanup(shutil.rmtree, dns.directory, True)
        self.addCleanup(dns.stop)
        text = bounce(1).replace("@mail.example.com>", "@mail.example.org>").replace("192.0.2.80", "198.51.100.222")
        conf = self.scratch() / "ruascope.conf"
        ours = []
        for lines in ("", 'domains = {"example.com", "example.org"}\n', 'group "house" {\n  domains = {"example.com", "example.org"}\n}\n',
                      'domains = {"example.com", "example.net"}\n'):
            conf.write_text(lines)
            done = self.db.run("--config", conf, "--dns-server", dns.address, "bounce", "-f", "json", input=text.encode())
            ours.append(done.json()["refusals"][0]["ours"])
        self.assertEqual(ours, [False, True, True, False])

    # ---- hostile

    def test_hostile(self):
        """200,000 recipients, headers without end, nests, NUL, ANSI, HTML: bounded, harmless, and each an outcome."""
        folder = self.scratch()
        block = "Final-Recipient: rfc822; r%d@gmail.com\nAction: failed\nStatus: 5.7.26\nDiagnostic-Code: smtp; 550 5.7.26 no\n\n"
        head, tail = bounce(1).split("Final-Recipient", 1)[0], "--b" + bounce(1).split("\n--b", 3)[-1]
        evil = '550 5.7.1 \x00\x1b]0;x\x07\x1b[31m<script>alert(1)</script>\u202e " \' ; DROP TABLE bounce; -- \\x'
        nest = bounce(2)
        for i in range(60):
            nest = f'From: a@b.example\nSubject: {i}\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n' + nest
        inputs = {
            "many.eml": head + "".join(block % i for i in range(200_000)) + tail,
            "headers.eml": "".join(f"X-{i}: {'y' * 100}\n" for i in range(200_000)) + bounce(3),
            "header.eml": "X: " + "z" * 20_000_000 + "\n" + bounce(4),
            "nest.eml": nest,
            "evil.eml": bounce(5, reply=evil),
            "evil.txt": evil * 1000,
            "evil.log": postfix_log(6).replace(GMAIL, evil) * 3,
            "empty.eml": "",
        }
        for name, text in inputs.items():
            (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        used = harness.measure("bounce", "ingest", "--no-dns", folder, db=self.db.conninfo)
        self.assert_code(used, 65)
        self.assert_harmless(used.out + used.err, "text")
        self.assertRegex(used.out, r"^8 inputs: ")
        if harness.judges_cost():
            self.assertLess(used.rss_mib, 600)
        kept = self.db.number("select sum(count) from bounce where reply like '550 5.7.26 no%'")
        self.assertEqual(kept, 1000, "of one bounce")
        for args in (("list",), ("list", "-f", "json")):
            self.assert_harmless(self.db.run("bounce", *args).out, "text")
        self.assertEqual(self.db.number("select count(*) from bounce where reply ~ '[[:cntrl:]]'"), 0)
        page = self.db.run("--offline", "inventory", "example.com", "--month", "2026-10", "-f", "html").out
        self.assertNotIn("<script>alert", page)
        self.keep(folder / "many.eml")
        self.assertEqual(self.db.number("select sum(count) from bounce where reply like '550 5.7.26 no%'"), 1000)

    def test_killed(self):
        """A run that dies between two batches: the next one counts the rest, and nothing twice."""
        many, log = 25_000, self.scratch() / "mail.log"
        log.write_text("".join(postfix_log(i, day=20 + i % 10) for i in range(many)))
        os.utime(log, (1793340000, 1793340000))
        p = self.db.start("bounce", "ingest", "--no-dns", log)
        harness.wait(lambda: self.counted() > 0, "a batch is stored", 200)
        p.kill()
        p.communicate()
        first = self.counted()
        self.assertLess(first, many)
        done = self.keep(log)
        self.assertIn(f"1 input: {many - first:,} refusals counted, {first:,} met before, 0 of domains", done.out)
        self.assertEqual(self.counted(), many)
        self.assertEqual(self.db.number("select count(*) from bounce_seen"), many)
        self.assertEqual(self.db.number("select count(*) from bounce"), 10, "a row a day")

    # ---- from mailboxes

    def test_mailbox(self):
        """By IMAP, as ingest does: filed by outcome, once, and today is covered."""
        server = dovecot.Dovecot()
        self.addCleanup(server.close)
        mails = [bounce(i).encode() for i in range(5)] + [bounce(0).encode(), (BOUNCES / "vacation.eml").read_bytes()]
        server.deliver("u1", [m.replace(b"\n", b"\r\n") for m in mails])
        args = ("--imap", server.url("u1", "INBOX"), "--ca", server.ca, "--timeout", "20", "--archive", "Bounces")
        done = self.keep(*args, code=65, env={"RUASCOPE_IMAP_PASSWORD": "secret"})
        self.assertRegex(done.out, r"^7 inputs: 5 refusals counted, 1 met before, 0 of domains that are not stored, 1 input was no bounce")
        self.assertEqual([len(server.folder("u1", f"Bounces/{name}")) for name in ("stored", "duplicate", "not-a-report")], [5, 1, 1])
        self.assertEqual(len(server.folder("u1", "INBOX")), 0)
        self.assertEqual(self.counted(), 5)
        self.assertEqual(self.db.number("select count(*) from bounce_covered where kind = 'mail' and day = (now() at time zone 'UTC')::date"), 1)
        again = self.keep(*args, env={"RUASCOPE_IMAP_PASSWORD": "secret"})
        self.assertRegex(again.out, r"^0 inputs: 0 refusals counted")
        self.no_person([bounce(i) for i in range(5)], done.out, done.err)

    def test_one_mailbox_for_both(self):
        """Reports and bounces in one mailbox: each command reads all of it, and remembers for itself alone."""
        server = dovecot.Dovecot()
        self.addCleanup(server.close)
        report = reports.mail(reports.gz(reports.report("both", domain="both.example")))
        server.deliver("u1", [bounce(1).replace("\n", "\r\n").encode(), report])
        args = ("--imap", server.url("u1", "INBOX"), "--ca", server.ca, "--timeout", "20")
        secret = {"RUASCOPE_IMAP_PASSWORD": "secret"}
        self.assertIn(" 1 refusal counted", self.keep(*args, code=65, env=secret).out)
        self.assertEqual(self.db.ingest(*args, env=secret)["reports"]["stored"], 1, "what bounce ingest read is not read for ingest")
        server.deliver("u1", [bounce(2).replace("\n", "\r\n").encode()])
        self.db.ingest(*args, env=secret)
        self.assertRegex(self.keep(*args, env=secret).out, r"^1 input: 1 refusal counted, 0 met before", "and once is enough")

    def test_usage(self):
        for args in ([], ["--imap", "x", "/tmp"], ["--user", "x", "/tmp"], ["/nonexistent/x"], ["--no-such"], ["--watch", "/tmp"]):
            self.assert_code(self.db.run("bounce", "ingest", *args), 64, args)
        for args in (["--since", "x"], ["-f", "csv"], ["--group", "none"]):
            self.assert_code(self.db.run("bounce", "list", *args), 64, args)


if __name__ == "__main__":
    harness.main()

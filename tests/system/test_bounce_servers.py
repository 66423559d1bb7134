"""Refused mail of real servers: Debian's Postfix, twice, and Exim refuse and are refused by the replies of the five cases that people come
with; their notifications and logs are read."""
import json
import os
import pathlib
import smtplib
import subprocess
import sys
import tempfile
import unittest

import harness
import mailservers

LINES = os.environ.get("BOUNCE_LINES") or harness.ROOT / "build/release/tests/system/bounce_lines"
GMAIL = ["550-5.7.26 Your email has been blocked because the sender is unauthenticated.", "550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.",
         "550-5.7.26 ", "550-5.7.26  Authentication results:", "550-5.7.26  DKIM = did not pass",
         "550-5.7.26  SPF check for [example.co.jp] did not pass with ip: [203.0.113.7]", "550 5.7.26  https://support.google.com/mail/answer/81126#authentication x-gsmtp"]
REPLIES = {
    "gmail.example": (".", GMAIL),
    "cisco.example": (".", ["550 #5.7.1 DMARC unauthenticated mail is prohibited."]),
    "tenant.example": ("RCPT", ["550 5.7.367 Remote server returned not permitted to relay -> 554 5.7.1 <joe@tenant.example>: Relay access denied"]),
    "slow.example": ("RCPT", ["451 4.7.650 The mail server [203.0.113.7] has been temporarily rate limited due to IP reputation. (S775)"]),
}
GMAIL_TEXT = ("550 5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM. "
              "Authentication results: DKIM = did not pass SPF check for [example.co.jp] did not pass with ip: [203.0.113.7] "
              "https://support.google.com/mail/answer/81126#authentication x-gsmtp")
# what each refusal is, whatever tells of it: domain -> code, status, text, phase
WANTED = {
    "gmail.example": (550, "5.7.26", GMAIL_TEXT, "data"),
    "cisco.example": (550, "5.7.1", "550 #5.7.1 DMARC unauthenticated mail is prohibited.", "data"),
    "tenant.example": (554, "5.7.1", "554 5.7.1 <*@tenant.example>: Relay access denied", "rcpt"),
    "elsewhere.example": (554, "5.7.1", "554 5.7.1 <*@elsewhere.example>: Relay access denied", "rcpt"),
}
SECRETS = ("joe", "news@", "secret")  # local parts and the subject


def mail(recipient):
    return (f"From: News <news@shop.example.com>\r\nTo: {recipient}\r\nSubject: secret\r\nMessage-ID: <{recipient.split('@')[1]}.1@web.example.com>\r\n"
            "DKIM-Signature: v=1; a=rsa-sha256; d=crm.example; s=s1; h=from; bh=x; b=y\r\n\r\nhello\r\n")


def read(*paths):
    done = subprocess.run([LINES, *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [x for x in lines if "form" in x], [x for x in lines if "what" in x]


class Servers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = ROOT
        cls.dir = tempfile.TemporaryDirectory(prefix="ruascope-mail-")
        pathlib.Path(cls.dir.name).chmod(0o755)
        cls.addClassCleanup(cls.dir.cleanup)

    def setUp(self):
        self.speaker = mailservers.Speaker(REPLIES)
        self.speaker.__enter__()
        self.addCleanup(self.speaker.__exit__)

    def check(self, refusals, form, **also):
        """The four cases are among them, each as it is wanted, and nobody's name is."""
        by = {r["recipient"]: r for r in refusals}
        for domain, (code, status, text, phase) in WANTED.items():
            with self.subTest(form=form, domain=domain):
                r = by[domain]
                self.assertEqual((r["reply"]["code"], r["reply"]["status"], r["reply"]["text"], r["reply"]["phase"]), (code, status, text, phase))
                self.assertEqual((r["form"], r["direction"], r["action"]), (form, "other", "failed"))
                self.assertEqual(r["mail_from"], "example.com")
                self.assertEqual(r["message_id"], "web.example.com")
                for name, value in also.items():
                    self.assertEqual(r[name], value)
        self.assertEqual((by["gmail.example"]["ip"], by["gmail.example"]["ip_source"], by["gmail.example"]["quoted_domain"]), ("203.0.113.7", "quoted", "example.co.jp"))
        self.assertEqual((by["tenant.example"]["wrapper"]["code"], by["tenant.example"]["wrapper"]["status"]), (550, "5.7.367"))
        for r in refusals:
            self.assertFalse([s for s in SECRETS if s in json.dumps(r)], r)

    def test_postfix(self):
        base = pathlib.Path(self.dir.name)
        with mailservers.Postfix(self.root, base / "theirs", "mx.elsewhere.example") as theirs:
            routes = {d: self.speaker.port for d in (*REPLIES, "example.com")} | {"elsewhere.example": theirs.port}
            table = " ".join(f"{{{d} = smtp:[127.0.0.1]:{p}}}" for d, p in routes.items())
            with mailservers.Postfix(self.root, base / "ours", "mail1.example.com", [f"transport_maps = inline:{{ {table} }}"]) as ours:
                with smtplib.SMTP("127.0.0.1", ours.open_port, "web.example.com") as s:
                    for domain in routes:
                        if domain != "example.com":
                            s.sendmail("news@example.com", [f"joe@{domain}"], mail(f"joe@{domain}"))
                harness.wait(lambda: len(self.speaker.kept) == len(WANTED), f"the notifications come back\n{ours.text()[-3000:]}")
                with smtplib.SMTP("127.0.0.1", ours.port, "probe.example") as s, self.assertRaises(smtplib.SMTPRecipientsRefused):
                    s.sendmail("spam@bad.example", ["joe@far.example"], "x")
                harness.wait(lambda: "status=deferred" in ours.text() and "NOQUEUE: reject" in ours.text(), "what is told is in the log")
        paths = []
        for i, (_, raw) in enumerate(self.speaker.kept):
            paths.append(base / f"{i}.eml")
            paths[-1].write_bytes(raw)
        refusals, outcomes = read(*paths)
        self.assertEqual([o["what"] for o in outcomes], ["refused mail"] * len(paths))
        self.check(refusals, "a delivery status notification", reporting_host="mail1.example.com", header_from="shop.example.com", dkim="crm.example", remote_ip="127.0.0.1")
        self.assertEqual({r["recipient"]: r["bounce_status"] for r in refusals}["cisco.example"], "5.0.0")  # "#" hides the code from Postfix

        refusals, outcomes = read(ours.log)
        self.assertEqual(outcomes[0]["what"], "refused mail")
        out = [r for r in refusals if r["direction"] == "other" and r["action"] == "failed"]
        self.check(out, "a log of Postfix", remote_ip="127.0.0.1", client_ip="127.0.0.1")
        late = [r for r in refusals if r["action"] == "delayed"]
        self.assertEqual([(r["recipient"], r["reply"]["code"], r["reply"]["status"], r["ip"]) for r in late], [("slow.example", 451, "4.7.650", "203.0.113.7")])
        own = [r for r in refusals if r["direction"] == "us"]
        self.assertEqual([(r["recipient"], r["mail_from"], r["reply"]["code"], r["reply"]["text"], r["ip"], r["ip_source"], r["helo"]) for r in own],
                         [("far.example", "bad.example", 554, "554 5.7.1 <*@far.example>: Relay access denied", "127.0.0.1", "log", "probe.example")])
        # the other server's own log of the relaying it refused
        refusals, _ = read(theirs.log)
        self.assertEqual([(r["direction"], r["recipient"], r["mail_from"], r["reply"]["phase"]) for r in refusals], [("us", "elsewhere.example", "example.com", "rcpt")])

    def test_copies(self):
        """What Postfix sends to bounce_notice_recipient tells as much as the bounce, and is the same refusal."""
        base = pathlib.Path(self.dir.name)
        table = " ".join(f"{{{d} = smtp:[127.0.0.1]:{self.speaker.port}}}" for d in ("gmail.example", "example.com", "copies.example"))
        settings = [f"transport_maps = inline:{{ {table} }}", "notify_classes = bounce, resource, software", "bounce_notice_recipient = box@copies.example"]
        with mailservers.Postfix(self.root, base / "copying", "mail1.example.com", settings) as ours:
            with smtplib.SMTP("127.0.0.1", ours.open_port, "web.example.com") as s:
                s.sendmail("news@example.com", ["joe@gmail.example"], mail("joe@gmail.example"))
            harness.wait(lambda: len(self.speaker.kept) == 2, f"the notification and its copy\n{ours.text()[-3000:]}")
        kept = {rcpt: raw for rcpt, raw in self.speaker.kept}
        self.assertEqual(set(kept), {"news@example.com", "box@copies.example"})
        told = []
        for name, raw in kept.items():
            path = base / f"{name}.eml"
            path.write_bytes(raw)
            refusals, outcomes = read(path)
            self.assertEqual([o["what"] for o in outcomes], ["refused mail"], raw.decode())
            told.append([(r["recipient"], r["mail_from"], r["message_id"], r["reply"]["code"], r["reply"]["status"], r["reply"]["text"], r["ip"]) for r in refusals])
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0], [("gmail.example", "example.com", "web.example.com", 550, "5.7.26", GMAIL_TEXT, "203.0.113.7")])

    def test_exim(self):
        base = pathlib.Path(self.dir.name)
        with mailservers.Postfix(self.root, base / "relay", "mx.elsewhere.example") as theirs:
            routes = {d: self.speaker.port for d in REPLIES} | {"elsewhere.example": theirs.port}
            exim = mailservers.Exim(self.root, base / "exim", "mail2.example.com", routes)
            for domain in routes:
                done = exim.send("news@example.com", f"joe@{domain}", mail(f"joe@{domain}").replace("\r\n", "\n"))
                self.assertLess(done.returncode, 3, done.stderr)
        exim.hear("192.0.2.11", "HELO probe.example", "MAIL FROM:<spam@bad.example>", "RCPT TO:<joe@far.example>", "QUIT")
        refusals, outcomes = read(exim.log)
        self.assertEqual(outcomes[0]["what"], "refused mail", exim.log.read_text())
        self.check([r for r in refusals if r["direction"] == "other" and r["action"] == "failed"], "a log of Exim", remote_ip="127.0.0.1")
        late = [r for r in refusals if r["action"] == "delayed" and r["reply"]["code"]]
        self.assertEqual([(r["recipient"], r["reply"]["code"], r["reply"]["status"]) for r in late][:1], [("slow.example", 451, "4.7.650")])
        own = [r for r in refusals if r["direction"] == "us"]
        self.assertEqual([(r["recipient"], r["mail_from"], r["reply"]["text"], r["reply"]["phase"], r["ip"], r["helo"]) for r in own],
                         [("far.example", "bad.example", "relay not permitted", "rcpt", "192.0.2.11", "probe.example")])


if __name__ == "__main__":
    if not harness.IS_ROOT:
        print("skipped: only root can start Postfix")
        sys.exit(77)
    ROOT = mailservers.unpacked()
    if not ROOT:
        print("skipped: the packages of packages/unpacked.txt cannot be downloaded here")
        sys.exit(77)
    unittest.main()

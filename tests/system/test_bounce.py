"""Refused mail, explained: the samples' bounces with their reports and their DNS behind them; real PostgreSQL and NSD."""
import os
import re
import shutil
import sys
import unittest

import harness
import nameserver
import reports

sys.path.insert(0, str(harness.ROOT / "tests/samples"))
import story_zones  # noqa: E402

SAMPLES = harness.ROOT / "samples"
BOUNCES = SAMPLES / "bounces"
GMAIL = ("550-5.7.26 This mail is unauthenticated, which poses a security risk to the\n550-5.7.26 sender and Gmail users, and has been blocked. The sender must\n"
         "550-5.7.26 authenticate with at least one of SPF or DKIM. For this message,\n550-5.7.26 DKIM checks did not pass and SPF check for [example.com] did not\n"
         "550 5.7.26 pass with ip: [%s]. - gsmtp\n")
# Lists of addresses: one that works, and two that are dead.
LISTS = {
    "zen.spamhaus.org": ["2.0.0.127 A 127.0.0.2", "10.2.0.192 A 127.0.0.4", "3.100.51.198 A 127.0.0.10", "80.2.0.192 A 127.0.0.2"],
    "psbl.surriel.com": ["2.0.0.127 A 127.255.255.254", "1.0.0.127 A 127.255.255.254", "10.2.0.192 A 127.255.255.254"],
    "bl.spamcop.net": ["* A 203.0.113.99"],
}


def zones(directory, policy="none"):
    """The story's, with the servers of those who refused."""
    saved = {name: list(lines) for name, lines in story_zones.ZONES.items()}
    try:
        z = story_zones.ZONES
        z["example.com"] = [line.replace("p=none", "p=" + policy) for line in z["example.com"]] + ["gate A 192.0.2.11"]
        z["crm.example"] = z["crm.example"] + ['bounces TXT "v=spf1 ip4:198.51.100.150 -all"']
        z["partner.example"] = ["@ MX 10 mx2.partner.example.", "mx2 A 203.0.113.44"]
        z["elsewhere.example"] = ["@ MX 10 mx.elsewhere.example.", "mx A 203.0.113.45"]
        z["example.net"] = ["@ MX 10 gate.example.com."]
        z.update(LISTS)
        return story_zones.write(directory)
    finally:
        story_zones.ZONES.clear()
        story_zones.ZONES.update(saved)


def words(text):
    return " ".join(text.split())


@unittest.skipUnless(shutil.which("nsd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"), "nsd is not installed")
class Bounce(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.stack = harness.contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)

    def setUp(self):
        self.db = self.database()
        self.db.ingest(SAMPLES, code=65)
        self.dns = self.served()

    def served(self, policy="none"):
        dns = nameserver.NameServer(zones(self.scratch() / "zones", policy))
        dns.start()
        self.addCleanup(shutil.rmtree, dns.directory, True)
        self.addCleanup(dns.stop)
        return dns

    def ask(self, *args, code=0, input=None, dns=None, **more):
        args = ("--dns-server", (dns or self.dns).address, "bounce", *args)
        done = self.db.run(*args, **more, **({"input": input.encode()} if input is not None else {}))
        self.assert_code(done, code, args)
        self.assert_harmless(done.out, "text")
        return done

    def said(self, *args, **more):
        return words(self.ask(*args, **more).out)

    def document(self, *args, **more):
        done = self.ask(*args, "-f", "json", **more)
        for document in done.lines():
            self.assert_schema(document)
        return done.lines()[0]

    def one(self, *args, **more):
        refusals = self.document(*args, **more)["refusals"]
        self.assertEqual(len(refusals), 1)
        return refusals[0]

    def test_gmail(self):
        """A web server that SPF lacks: by name, with its reports, and the one record."""
        text = self.said(BOUNCES / "gmail-neither.eml")
        for sentence in (
                "Refused for authentication: neither SPF nor DKIM passed (Gmail, 550 5.7.26, end of DATA)",
                "Whose: your DNS. Gmail asked SPF of example.com (MAIL FROM) about 192.0.2.80.",
                "DNS now: ~all; 192.0.2.80 matches nothing (1 of 10 lookups). PTR web80.webhost.example, confirmed.",
                'Reports: 192.0.2.80 is "web80.webhost.example (missing from SPF)": 114 messages fail since 09-29, 9 reporters, Google among them.',
                "google.com reported 4 failing messages of this address on 10-29: the same cause.",
                "To do: add ip4:192.0.2.80; 1 of 10 lookups, 71 octets; or sign with DKIM as example.com, which survives forwarding",
                'now: example.com. TXT "v=spf1 ip4:192.0.2.10 include:_spf.mailhost.example ~all"',
                'new: example.com. TXT "v=spf1 ip4:192.0.2.10 ip4:192.0.2.80 include:_spf.mailhost.example ~all"',
                "Do not add include:_spf.webhost.example: that name has no SPF record, the include would make the whole record an error"
                " (RFC 7208 section 5.2)."):
            self.assertIn(sentence, text)
        one = self.one(BOUNCES / "gmail-neither.eml")
        self.assertEqual((one["class"], one["group"], one["whose"], one["ip_source"], one["ours"]), ("auth_any", "auth", "your_dns", "quoted", True))
        self.assertEqual(one["sender"]["category"], "legit_spf_missing")
        self.assertEqual(one["todo"][0]["record"]["terms"], ["ip4:192.0.2.80"])
        report = self.db.run("--dns-server", self.dns.address, "report", "example.com", "--month", "2026-10", "-f", "json").json()
        self.assertEqual(one["todo"][0]["record"], report["domains"][0]["todo"][0]["record"], "one gate, one record")

    def test_gmail_pasted(self):
        """Without a date the newest days count; without reports, or by a stranger's address, the record is one "if"."""
        pasted = GMAIL % "192.0.2.80"
        self.assertIn('Reports: 192.0.2.80 is "web80.webhost.example (missing from SPF)": 108 messages fail since 10-01', self.said(input=pasted))
        alone = self.one("--no-db", input=pasted)
        self.assertIsNone(alone["todo"][0]["record"])
        self.assertEqual(alone["todo"][0]["if_yours"]["after"], "v=spf1 ip4:192.0.2.10 ip4:192.0.2.80 include:_spf.mailhost.example ~all")
        self.assertIn("stored reports (--no-db)", alone["unchecked"])
        stranger = self.said(input=GMAIL % "203.0.113.9")
        self.assertIn("not linked: no report of example.com in these days names 203.0.113.9.", stranger)
        self.assertIn("if 203.0.113.9 is a server of yours, add ip4:203.0.113.9;", stranger)
        self.assertIn("Nothing in your DNS ties 203.0.113.9 to you", stranger)
        forger = self.one(input=GMAIL % "203.0.113.140")
        self.assertEqual((forger["ours"], forger["whose"], forger["todo"]), (False, "nobody", []))
        nothing = self.one("--no-db", "--no-dns", input=pasted)
        self.assertEqual((nothing["dns"]["spf"], nothing["todo"][0]["record"], nothing["todo"][0]["if_yours"]), (None, None, None))

    def test_repaired(self):
        """It failed, the record was repaired, and it passes: the bounce tells of before."""
        db = self.database()
        top = self.scratch()
        fails, passes = (reports.record(ip="198.51.100.240", count=30, dkim="fail", spf=spf, header_from="shop.example") for spf in ("fail", "pass"))
        for day, record in ((25, fails), (27, fails), (28, fails), (30, passes), (31, passes)):
            path = top / f"{day}.xml"
            path.write_bytes(reports.report(f"shop{day}", [record], org="google.com", domain="shop.example", begin=reports.BEGIN + (day - 1) * reports.DAY))
            db.ingest(path)
        (top / "shop.zone").write_text(story_zones.text("shop.example", ['@ TXT "v=spf1 ip4:198.51.100.240 ~all"', "@ A 198.51.100.240"]))
        bounce = (BOUNCES / "gmail-neither.eml").read_text()
        bounce = bounce.replace("29 Oct 2026", "28 Oct 2026").replace("192.0.2.80", "198.51.100.240").replace("example.com", "shop.example")
        with nameserver.NameServer({"shop.example": top / "shop.zone"}) as dns:
            done = db.run("--dns-server", dns.address, "bounce", input=bounce.encode())
            one = db.run("--dns-server", dns.address, "bounce", "-f", "json", input=bounce.encode()).json()
        self.assert_schema(one)
        text = words(done.out)
        for sentence in ("198.51.100.240 matches ip4:198.51.100.240: SPF of shop.example passes (0 of 10 lookups).",
                         "google.com reported 30 failing messages of this address on 10-27: the same cause.",
                         "It passes since 10-30: the bounce is older than the repair.",
                         "nothing to add: SPF passes today, the refusal is older than that"):
            self.assertIn(sentence, text)
        self.assertEqual([t["record"] for t in one["refusals"][0]["todo"]], [None])

    def test_cisco(self):
        """One's own policy: no include helps, the service must sign or bounce to us."""
        text = self.said(BOUNCES / "cisco-dmarc.eml", dns=self.served("reject"))
        for sentence in (
                "Refused for your own DMARC policy (Cisco gateway, 550 #5.7.1",
                'the status 5.0.0 of the bounce is Postfix\'s: "#" hides the code)',
                "Whose: your DNS or the service that sends. example.com publishes p=reject; nothing that passed was aligned:"
                " SPF passes for bounces.crm.example, DKIM d=crm.example.",
                "To do: DKIM as example.com at crm.example, or its custom Return-Path. An include does not help. The receiver only applies what"
                " you publish: nothing to change there."):
            self.assertIn(sentence, text)
        self.assertNotIn("meanwhile", text, "whether it is ours is not settled: no policy is loosened for it")
        self.assertNotIn("ip4:198.51.100.150", text)
        milder = self.one("--no-db", BOUNCES / "cisco-dmarc.eml")
        self.assertNotIn("your own DMARC policy", milder["summary"], "it publishes p=none")
        self.assertEqual([t["record"] for t in milder["todo"]], [None])
        gmail = self.said("--domain", "gmail.com", input="550 #5.7.1 DMARC unauthenticated mail is prohibited.\n")
        self.assertIn("From is gmail.com, whose policy refuses its addresses from other servers.", gmail)
        self.assertIn("send as your own domain (From; Reply-To may stay)", gmail)
        bare = self.one("--domain", "example.com", input="550 #5.7.1 DMARC unauthenticated mail is prohibited.\n")
        self.assertEqual([(t["record"], t["if_yours"]) for t in bare["todo"]][:1], [(None, None)], "which server sent it is not said")
        web = self.one("--domain", "example.com", "--from-ip", "192.0.2.80", input="550 #5.7.1 DMARC unauthenticated mail is prohibited.\n")
        self.assertEqual(web["todo"][0]["record"]["terms"], ["ip4:192.0.2.80"])

    def test_exchange(self):
        text = self.said(BOUNCES / "exchange-relay.eml")
        self.assertIn(
            "Refused to relay: mx.partner.example would not take mail for partner.example (wrapped by Exchange Online as 5.7.367)"
            " Whose: the receiver's routing, most likely. MX of partner.example now: mx2.partner.example; the server that refused is not among"
            " them (stale entry or forwarding)."
            " To do: tell partner.example, or correct the connector that names mx.partner.example. If this was forwarded by a rule of your"
            " tenant: the original failed SPF on entry and left through the relay pool, which the gateway does not know: make SPF/DKIM pass before"
            " it enters, or let the gateway trust it. No SPF or DMARC edit of yours changes this.", text)
        bare = self.said(input="550 5.7.367 Remote server returned not permitted to relay\n")
        self.assertIn("tell the recipient's domain, or correct the connector", bare, "both, none preferred")
        self.assertIn("If this was forwarded by a rule of your tenant", bare)

    def test_relay(self):
        text = self.said(BOUNCES / "relay-denied.txt")
        self.assertIn(
            "Refused to relay: the server asked is not responsible for elsewhere.example and did not know the client"
            " If you are the client (mail program, web form): log in on port 587 of your provider; port 25 takes mail for its own domains only."
            " If your server got it from another: compare that one with the MX of elsewhere.example (now: mx.elsewhere.example). Is it none of them:"
            " stale MX, transport or relayhost. Is it one: it does not know the domain, tell its administrator."
            " Authentication records are not the cause. Not a blocklist: those say so.", text)

    def test_own_log(self):
        """Our own server refuses: who is to be let in, who is a probe, which domain its lists lack."""
        text = self.said(BOUNCES / "mail.log", env={"TZ": "UTC"})
        for sentence in (
                "Your own Postfix refused to relay for 203.0.113.150: 412 times, 4 clients, 10-02 to 10-31",
                "192.0.2.10 (mail.example.com, an authorised sender of example.com; 97 times): let it in: add 192.0.2.10 to mynetworks, or SMTP AUTH"
                " on 587 (permit_sasl_authenticated).",
                "203.0.113.150 and one more, strangers, many recipients: probes for an open relay. Nothing to do: the refusal is right.",
                "example.net is refused 12 times, and its MX leads to this server: add it to virtual_mailbox_domains, relay_domains or mydestination."):
            self.assertIn(sentence, text)
        document = self.document(BOUNCES / "mail.log", env={"TZ": "UTC"})
        self.assertEqual(sum(r["count"] for r in document["refusals"]), 412)
        self.assertEqual({r["group"] for r in document["refusals"]}, {"relay"})
        self.assertFalse([t for r in document["refusals"] for t in r["todo"] if t["record"] or t["if_yours"]])
        self.assertEqual({r["ip"]: r["ours"] for r in document["refusals"]}["203.0.113.150"], False)
        beside = (BOUNCES / "mail.log").read_text() + (
            "Oct 31 03:00:00 gate postfix/smtpd[2211]: NOQUEUE: reject: RCPT from unknown[203.0.113.150]: 503 5.5.1 <x@a.example>: Error: need MAIL"
            " command; from=<i@bulk7.test> to=<x@a.example> proto=ESMTP helo=<mail>\n"
            "Oct 31 03:00:01 gate postfix/smtp[9]: 4Xk3Tz0Jw2: to=<u@outlook.com>, relay=a.mail.protection.outlook.com[203.0.113.77]:25, delay=1,"
            " delays=0/0/0/1, dsn=4.7.650, status=deferred (host a.mail.protection.outlook.com[203.0.113.77] said: 451 4.7.650 The mail server"
            " [192.0.2.11] has been temporarily rate limited due to IP reputation. (S775) (in reply to MAIL FROM command))\n")
        self.assertIn('"503 5.5.1" beside it is an echo (commands out of order); "451 4.7.650" is Microsoft slowing an address of bad reputation: not'
                      " relaying.", self.said(input=beside, env={"TZ": "UTC"}))
        unknown = self.said("--no-db", BOUNCES / "mail.log")
        self.assertIn("whether that is yours is not known here", unknown)
        self.assertNotIn("mynetworks", unknown, "nobody is let in unproved")

    def test_other_logs(self):
        """What our server refuses of others, and what it hands on for others: no record of ours is the cause."""
        inbound = ("Oct 29 10:00:00 gate postfix/smtpd[1]: NOQUEUE: reject: RCPT from mx.stranger.example[203.0.113.88]: 550 5.7.23 <office@example.com>:"
                   " Recipient address rejected: Message rejected due to: SPF fail - not authorized; from=<a@stranger.example> to=<office@example.com>"
                   " proto=ESMTP helo=<mx.stranger.example>\n")
        one = self.one(input=inbound)
        self.assertEqual((one["class"], one["whose"], one["todo"]), ("auth_spf", "nobody", []))
        self.assertIn("Your own server refused 203.0.113.88", one["summary"])
        forwarded = ("Oct 29 10:00:00 gate postfix/smtp[1]: 4Xk3Tz0Jw2: to=<u@gmail.com>, orig_to=<u@example.com>,"
                     " relay=gmail-smtp-in.l.google.com[203.0.113.2]:25, delay=1, delays=0/0/0/1, dsn=5.7.26, status=bounced (host"
                     " gmail-smtp-in.l.google.com[203.0.113.2] said: 550-5.7.26 This mail is unauthenticated. The sender must authenticate with at least"
                     " one of SPF or DKIM. SPF check for [stranger.example] did not pass with ip: [192.0.2.11]. 550 5.7.26 - gsmtp (in reply to end of"
                     " DATA command))\n")
        one = self.one(input=forwarded)
        self.assertEqual(one["class"], "auth_any")
        self.assertFalse([t for t in one["todo"] if t["record"] or t["if_yours"]])
        self.assertIn("as a forwarder", " ".join(one["evidence"]))

    def test_others_mail(self):
        """Forwarded and forged mail, lists, addresses: no edit of SPF, ever."""
        backscatter = self.one(BOUNCES / "backscatter.eml")
        self.assertEqual((backscatter["ours"], backscatter["whose"], backscatter["todo"]), (False, "nobody", []))
        forwarded = self.one(BOUNCES / "forwarded.eml")
        self.assertEqual(forwarded["whose"], "forwarder")
        unknown = self.one(BOUNCES / "unknown-user.eml")
        self.assertEqual((unknown["class"], unknown["whose"]), ("mailbox_unknown", "address"))
        for reply in ("550 5.7.64 TenantAttribution; Relay Access Denied", "554 5.7.1 <x@a.example>: Relay access denied", "451 4.7.650 The mail server"
                      " [192.0.2.80] has been temporarily rate limited due to IP reputation.", "554 5.7.1 Service unavailable; Client host [192.0.2.80]"
                      " blocked using zen.spamhaus.org", "554 5.7.1 Message rejected as spam by Content Filtering", "550 5.7.30 This message was blocked"
                      " because it didn't pass DKIM authentication. ip: [192.0.2.80]", "550 5.7.25 [192.0.2.80] The IP address sending this message does"
                      " not have a PTR record setup"):
            one = self.one("--domain", "example.com", "--from-ip", "192.0.2.80", input=reply + "\n")
            self.assertEqual([(t["record"], t["if_yours"]) for t in one["todo"]], [(None, None)] * len(one["todo"]), one["class"])
            self.assertTrue(one["todo"], one["class"])
        for one in (backscatter, forwarded, unknown):
            self.assertFalse([t for t in one["todo"] if t["record"] or t["if_yours"]], one["class"])

    def test_lists(self):
        """Off unless asked; the list that the reply names first; dead ones are not believed."""
        reply = "554 5.7.1 Client host [%s] blocked using %s\n"
        done = self.one(input=reply % ("192.0.2.10", "zen.spamhaus.org"))
        self.assertEqual(done["dns"]["dnsbl"], [])
        self.assertIn("--dnsbl", done["unchecked"][0])

        def asked(ip, name):
            one = self.one("--domain", "example.com", "--from-ip", ip, "--dnsbl", input=reply % (ip, name))
            return [(x["zone"], x["state"], x["code"]) for x in one["dns"]["dnsbl"]]
        self.assertEqual(asked("192.0.2.10", "zen.spamhaus.org"), [("zen.spamhaus.org", "listed", "127.0.0.4")])
        self.assertEqual(asked("198.51.100.3", "zen.spamhaus.org"), [("zen.spamhaus.org", "policy", "127.0.0.10")])
        self.assertEqual(asked("192.0.2.11", "zen.spamhaus.org"), [("zen.spamhaus.org", "not_listed", None)])
        self.assertEqual(asked("192.0.2.10", "psbl.surriel.com"), [("psbl.surriel.com", "not_asked", None), ("zen.spamhaus.org", "listed", "127.0.0.4")])
        self.assertEqual(asked("192.0.2.10", "bl.spamcop.net")[0], ("bl.spamcop.net", "not_asked", None))
        text = self.said("--domain", "example.com", "--dnsbl", input=reply % ("192.0.2.10", "psbl.surriel.com"))
        self.assertIn("PSBL could not be asked: it does not answer this resolver (a public one, or one without reverse name)", text)
        self.assertIn("Spamhaus ZEN lists 192.0.2.10 (127.0.0.4): XBL: an infected or misused machine. Removal: https://check.spamhaus.org/", text)
        forger = self.one("--domain", "example.com", "--dnsbl", input=reply % ("203.0.113.140", "zen.spamhaus.org"))
        self.assertEqual(forger["dns"]["dnsbl"], [], "not an address of ours")
        unknown = self.one("--no-db", "--dnsbl", input=reply % ("192.0.2.99", "zen.spamhaus.org"))
        self.assertEqual(unknown["dns"]["dnsbl"], [], "nor known to be one")

    def test_inputs(self):
        """Each input is a line; what is no bounce is said to be that."""
        done = self.ask(BOUNCES, "-f", "json", code=65)
        documents = done.lines()
        for document in documents:
            self.assert_schema(document)
        whats = {d["source"].rsplit("/", 1)[1]: d["what"] for d in documents}
        self.assertEqual(set(whats), {p.name for p in BOUNCES.iterdir()})
        self.assertEqual(whats["vacation.eml"], "auto_reply")
        self.assertIn("an automatic reply", self.said(BOUNCES / "vacation.eml", code=65))
        self.assertIn("not understood", self.said(input="nothing of the kind\n", code=65))
        report = SAMPLES / "mail/zoho-x-gzip-2026-10-20.eml"
        self.assertIn("`ruascope ingest` reads it", self.said(report, code=65))
        both = self.said(BOUNCES / "relay-denied.txt", BOUNCES / "unknown-user.eml")
        self.assertIn("relay-denied.txt: Refused to relay", both)
        self.assertIn("unknown-user.eml: Refused: there is no such mailbox", both)
        hostile = self.ask(input="550 5.7.1 \x1b[31m<b>\u202e relaying denied " + "A" * 100000 + "\n").out
        self.assertLess(len(hostile), 20000)
        unknown = self.one(input="550 5.7.26 words that nobody has read\n")
        self.assertTrue(unknown["by_number"])
        self.assertIn("classed by its number alone", words(" ".join(unknown["notes"])))

    def test_own_rules(self):
        conf = self.scratch() / "ruascope.conf"
        (conf.parent / "wordings.csv").write_text("id,class,pattern\nhouse-style,content,not in this house\n")
        conf.write_text('bounce-rules = "wordings.csv"\n')
        done = harness.run("--config", conf, "bounce", "--no-db", "--no-dns", "-f", "json", input=b"550 5.7.1 Not in this house\n")
        self.assertEqual((done.json()["refusals"][0]["rule"], done.json()["refusals"][0]["class"]), ("house-style", "content"))
        codes = harness.run("--config", conf, "bounce", "codes", "house")
        self.assertIn("house-style  content  * *  (own)", codes.out)
        (conf.parent / "wordings.csv").write_text("id,class,pattern\nx,content,(\n")
        self.assert_code(harness.run("--config", conf, "bounce", "--no-db", "--no-dns", input=b"550 x\n"), 78)
        self.assert_code(harness.run("bounce", "codes", "--file", conf.parent / "wordings.csv"), 78)
        every = harness.run("bounce", "codes")
        self.assertGreater(len(every.out.splitlines()), 170)
        self.assert_code(harness.run("bounce", "codes", "no such word"), 65)

    def test_usage(self):
        for args in (["--from-ip", "x"], ["--domain", "x"], ["-f", "xml"], ["--dnsbl", "--no-dns"], ["/nonexistent/bounce.eml"], ["--no-such"]):
            self.assert_code(harness.run("bounce", "--no-db", *args, input=b""), 64, args)
        home = self.home()
        done = home.run("bounce", "--no-dns", input=b"554 5.7.1 <x@a.example>: Relay access denied\n")
        self.assert_code(done, 0)
        self.assertFalse((home.path / "ruascope").exists(), "a question makes no database")


if __name__ == "__main__":
    harness.main()

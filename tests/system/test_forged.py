"""Reports that somebody else invented: whatever comes first, by whatever mail, the end is the same.

Mails are signed for real, keys are served by a real name server, and every end is compared as a whole: what is stored,
what is counted, what is set aside."""
import email
import os
import random
import re
import shutil
import unittest

import harness
import nameserver
import reports
import signing

DAY = 86400
CASES = harness.SHARED / "cases" / "forged"
HELD = "select domain, org_name, day, host(source), messages from v_record order by 1, 2, 3, 4, 5"


def dated(n):
    """The n-th day of the reports, as the mail of it says."""
    return email.utils.formatdate(reports.BEGIN + n * DAY + DAY + 3600)


@unittest.skipUnless(signing.dkim and shutil.which("nsd", path="/usr/sbin:/sbin:/usr/bin"), "python3-dkim or nsd is not installed")
class Forged(harness.Case):
    @classmethod
    def setUpClass(cls):
        domains = ("reporter.example", "evil.example", "corp.example", "victim.example", "google.com")
        cls.keys = {domain: signing.Key(1024) for domain in domains}
        cls.where = harness.scratch()
        cls.addClassCleanup(shutil.rmtree, cls.where)
        cls.dns = nameserver.NameServer(signing.write_zones(cls.where, [(f"s._domainkey.{d}", k.record) for d, k in cls.keys.items()]))
        cls.dns.__enter__()
        cls.addClassCleanup(cls.dns.__exit__)

    def setUp(self):
        self.top = self.scratch()
        self.serial = 0

    # ---- mails ----

    def mail(self, report_id, by=None, org="reporter.example", sender=None, day=0, date=None, ip="192.0.2.10", count=7, **more):
        """by: the domain that signs; its own address sends, unless another is named."""
        sender = sender or f"dmarc@{by or 'reporter.example'}"
        data = signing.mail(report_id, sender=sender, org=org, begin=reports.BEGIN + day * DAY, date=date or dated(day),
                            records=[reports.record(ip, count)], **more)
        return self.keys[by].sign(data, by) if by else data

    def real(self, report_id="same", **more):
        return self.mail(report_id, "reporter.example", **more)

    def forgeries(self, report_id="same"):
        """Every way to say the same report otherwise."""
        lies = {"ip": "198.51.100.66", "count": 500}
        real, other = self.real(report_id), self.mail(report_id, **lies)
        signature = real[:real.index(b"From: ")]
        return {
            "unsigned": other,
            "signed by a domain of his own": self.mail(report_id, "evil.example", **lies),
            "in capitals": self.mail(report_id, "evil.example", org="  Reporter.EXAMPLE ", **lies),
            "signature of another mail": signature + other,
            "From of the victim, signed by his own": self.mail(report_id, "evil.example", sender="dmarc@reporter.example", **lies),
            "in a bounce of the reporter's server": self.bounce(other),
        }

    def bounce(self, inner):
        """What the reporter's own server answers, and signs, to a mail in somebody's name."""
        outer = (b"From: postmaster@reporter.example\nTo: rua@example.com\nSubject: Undelivered Mail Returned to Sender\n"
                 b"Date: Fri, 02 Oct 2026 02:00:00 +0000\nMessage-ID: <b@reporter.example>\nMIME-Version: 1.0\n"
                 b"Content-Type: multipart/report; report-type=delivery-status; boundary=\"bounce\"\n\n"
                 b"--bounce\nContent-Type: text/plain\n\nI'm sorry to have to inform you ...\n\n"
                 b"--bounce\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.reporter.example\n\n"
                 b"--bounce\nContent-Type: message/rfc822\n\n" + inner + b"\n--bounce--\n")
        return self.keys["reporter.example"].sign(outer, "reporter.example")

    # ---- runs ----

    def put(self, *mails):
        """Files in one directory, read in this order."""
        where = self.top / f"{self.serial:04d}"
        self.serial += 1
        where.mkdir()
        for n, data in enumerate(mails):
            (where / f"{n:05d}.eml").write_bytes(data)
        return where

    def ingest(self, db, *mails, jobs=1, config=None):
        more = ["--config", config] if config else []
        done = db.run(*more, "--dns-server", self.dns.address, "ingest", "--json", "--jobs", jobs, self.put(*mails))
        self.assertIn(done.code, (0, 65), done.err[-2000:])
        document = done.json()
        harness.check_sums(document)
        return document["reports"]

    def end(self, db):
        """All that counts: what is stored and proved, what was seen, sums."""
        listed = db.run("reports", "list", "-f", "json").json()["reports"]
        stored = sorted((r["org_name"], r["report_id"], r["auth"], r["auth_domain"], r["proved"], r["messages"]) for r in listed)
        return stored, db.rows(HELD), db.totals()

    def aside(self, db):
        return sorted(row[0] for row in db.rows("select reason from v_quarantine"))

    # ---- order ----

    def test_first_or_second(self):
        clean = self.database()
        self.ingest(clean, self.real())
        want = self.end(clean)
        self.assertEqual([row[2:5] for row in want[0]], [("aligned", "reporter.example", True)])
        orders = ("forged, then real", "real, then forged", "forged and real", "real and forged")
        for n, (name, forged) in enumerate(self.forgeries().items()):
            for how in orders if n == 0 else orders[:2]:
                with self.subTest(forged=name, how=how):
                    db = self.database()
                    given = {"forged": forged, "real": self.real()}
                    for run in how.split(", then "):
                        self.ingest(db, *(given[word] for word in run.split(" and ")))
                    self.assertEqual(self.end(db), want)
                    self.assertEqual(len(self.aside(db)), 1)
                    self.assertIn("proved", self.aside(db)[0])
            # neither another try nor the same mails again change anything
            self.assert_code(db.run("rejects", "retry"), 65)
            self.ingest(db, forged, self.real())
            self.assertEqual(self.end(db), want)
            self.assertEqual(len(self.aside(db)), 1)

    def test_together_by_many_workers(self):
        """Two hundred identities, each forged and real, in any order and by several workers."""
        dice = random.Random(11)
        real = [self.real(f"r{n}", count=n + 1) for n in range(200)]
        forged = [self.mail(f"r{n}", dice.choice((None, "evil.example")), ip="198.51.100.66", count=1000) for n in range(200)]
        clean = self.database()
        self.ingest(clean, *real)
        mixed = real + forged
        dice.shuffle(mixed)
        db = self.database()
        self.ingest(db, *mixed, jobs=4)
        self.assertEqual(self.end(db), self.end(clean))
        self.assertEqual(len(self.aside(db)), 200)

    def test_flood(self):
        """A thousand others with the same identity before the real one, a thousand behind it."""
        lies = [self.mail("same", ip=f"198.51.{n // 250}.{n % 250}", count=n + 2) for n in range(1999)]
        signed = [self.keys["evil.example"].sign(lie, "evil.example") for lie in lies[:20]]
        clean, db = self.database(), self.database()
        self.ingest(clean, self.real())
        self.ingest(db, *lies[:1000], *signed[:10], jobs=2)
        self.assertEqual(db.totals()[0], 1)
        self.ingest(db, self.real())
        self.assertEqual(self.end(db), self.end(clean))
        self.ingest(db, *lies[1000:], *signed[10:], jobs=2)
        self.assertEqual(self.end(db), self.end(clean))
        self.assertEqual(db.number("select count(*) from quarantine"), 1999)
        self.assertLessEqual(db.number("select count(*) from reporter_day"), 2)

    def test_flood_teaches_nothing(self):
        """A thousand reports of one day in the name of somebody, signed by the forger; then the one that learns by days."""
        db = self.database()
        self.ingest(db, *(self.mail(f"f{n}", "evil.example", org="Example Corp") for n in range(1000)), jobs=2)
        self.assertEqual(db.number("select count(*) from reporter_trust"), 0)
        self.assertEqual(db.number("select count(*) from report where standing = 1"), 0)


if __name__ == "__main__":
    harness.main()

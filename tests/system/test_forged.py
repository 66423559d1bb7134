"""Reports that somebody else invented: whatever comes first, by whatever mail, the end is the same.

Mails are signed for real, keys are served by a real name server, and every end is compared as a whole: what is stored,
what is counted, what is set aside."""
import email.utils
import io
import json
import random
import re
import shutil
import time
import unittest
import zipfile

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
        records = [(f"s._domainkey.{d}", k.record) for d, k in cls.keys.items()]
        records += [("example.com", "v=spf1 ip4:192.0.2.0/24 -all"), ("_dmarc.example.com", "v=DMARC1; p=none; rua=mailto:rua@example.com"),
                    ("mk1._domainkey.example.com", cls.keys["reporter.example"].record)]
        cls.dns = nameserver.NameServer(signing.write_zones(cls.where, records))
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


    # ---- patience ----

    def test_patience(self):
        """Forty days of mails in the name of somebody, before he is ever seen: when he is, his word counts, and only his."""
        want = None
        for order in ("forger first", "real first"):
            with self.subTest(order):
                db = self.database()
                patient = [self.mail(f"p{n}", "evil.example", org="victim.example", day=-n) for n in range(40)]
                forged = [self.mail("same", "evil.example", org="victim.example", day=1, ip="198.51.100.66", count=500)]
                real = [self.mail("same", "victim.example", org="victim.example", day=1)]
                self.ingest(db, *patient)
                self.assertEqual(db.sql("select how from reporter_trust where org = 'victim.example' and auth_domain <> ''"), "learned")
                for mails in (forged, real) if order == "forger first" else (real, forged):
                    self.ingest(db, *mails)
                self.assertEqual(db.rows("select auth_domain, standing from report where external_id = 'same'"), [["victim.example", "1"]])
                self.assertEqual(db.number("select count(*) from report where auth_domain = 'evil.example' and standing = 1"), 0)
                self.assertEqual(len(self.aside(db)), 1)
                want = want or self.end(db)
                self.assertEqual(self.end(db), want)

    def test_patience_beside_the_real_one(self):
        """Who signs for it was learned: nobody else is, however patiently, and his reports give way."""
        db = self.database()
        self.ingest(db, *(self.mail(f"c{n}", "corp.example", org="Example Corp", day=-n) for n in range(6)))
        self.ingest(db, *(self.mail(f"e{n}", "evil.example", org="Example Corp", day=-n) for n in range(100)),
                    self.mail("same", "evil.example", org="EXAMPLE  corp", day=1, ip="198.51.100.66"))
        self.ingest(db, self.mail("same", "corp.example", org="Example Corp", day=1))
        self.assertEqual(db.rows("select auth_domain, standing from report where external_id = 'same'"), [["corp.example", "1"]])
        self.assertEqual(db.number("select count(*) from report where auth_domain = 'evil.example' and standing = 1"), 0)
        db.totals()

    def test_dated_back(self):
        """One mail with reports of four hundred days, and one of a name for each of three hundred organisations."""
        def packed(*mails):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as z:
                for n, data in enumerate(mails):
                    z.writestr(f"{n}.xml", data)
            return out.getvalue()

        def sent(attachment, report_id):
            data = reports.mail(attachment, "r.zip", "application/zip").replace(b"From: dmarc@reporter.example", b"From: dmarc@evil.example", 1)
            return self.keys["evil.example"].sign(data.replace(b"<1@", report_id + b"@"), "evil.example")

        db = self.database()
        days = sent(packed(*(reports.report(f"d{n}", org="Example Corp", begin=reports.BEGIN - n * DAY) for n in range(400))), b"<days")
        names = [sent(packed(*(reports.report(f"n{n}-{k}", org=f"Corp {n}", begin=reports.BEGIN - k * DAY) for n in range(300))), b"<n%d" % k)
                 for k in range(2)]
        said = self.ingest(db, days, *names)
        self.assertEqual(said["stored"], 1000)
        self.assertEqual(db.number("select count(*) from reporter_trust"), 0)
        self.assertEqual(db.rows("select count(*), count(distinct org) from reporter_day"), [["301", "301"]], "a mail teaches one day")
        # enclosed mails that are signed and dated as one likes teach nothing
        inside = b"".join(b"--bounce\nContent-Type: message/rfc822\n\n" + self.mail(f"i{n}", "evil.example", org="Inner Corp", day=-n) + b"\n" for n in range(7))
        self.ingest(db, b"From: a@evil.example\nDate: Fri, 02 Oct 2026 02:00:00 +0000\nMIME-Version: 1.0\n"
                        b"Content-Type: multipart/mixed; boundary=\"bounce\"\n\n" + inside + b"--bounce--\n")
        self.assertEqual(db.number("select count(*) from report where auth = 'aligned' and external_id like 'i%'"), 7)
        self.assertEqual(db.number("select count(*) from reporter_day where org = 'inner corp'"), 0)

    # ---- interrupted ----

    def test_killed_while_displacing(self):
        """kill -9 at the lock of the last statements of a displacement: nothing of it stays; a rerun has it whole."""
        clean = self.database()
        real = [self.real(f"k{n}", count=n + 1) for n in range(50)]
        self.ingest(clean, *real)
        for table in ("record", "report", "quarantine", "rollup_month"):
            with self.subTest(table):
                db = self.database()
                self.ingest(db, *(self.mail(f"k{n}", ip="198.51.100.66", count=900) for n in range(50)))
                before = self.end(db)
                where = self.put(*real)
                with db.locked_for_long(table):
                    p = db.start("--dns-server", self.dns.address, "ingest", "--jobs", "1", where)
                    db.wait_blocked()
                    p.kill()
                    p.communicate()
                harness.wait(lambda: db.number("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()") == 0,
                             "its backends leave")
                self.assertEqual(self.end(db), before)
                self.ingest(db, *real)
                self.assertEqual(self.end(db), self.end(clean))
                self.assertEqual(len(self.aside(db)), 50)

    # ---- what is read again ----

    def test_retry_asks(self):
        """A mail that was set aside whole is verified when it is read again; an attachment without its mail proves nothing."""
        day = int(time.time() - reports.BEGIN) // DAY - 2  # an old mail whose key is gone counts like a file
        for limit, standing in (("--max-mail-bytes", "1"), ("--max-report-bytes", "2")):
            for how, want in (((), standing), (("--no-auth",), "2")):
                with self.subTest(limit=limit, how=how):
                    db = self.database()
                    done = db.run("--dns-server", self.dns.address, "ingest", "--json", limit, "300", self.put(self.real(day=day)))
                    self.assert_code(done, 65)
                    self.assert_code(db.run("--dns-server", self.dns.address, "rejects", "retry", *how), 0)
                    self.assertEqual(db.sql("select standing from report"), want)
                    db.totals()
        # and what came as a file is a file
        path = self.top / "file.xml"
        path.write_bytes(reports.report("file"))
        db = self.database()
        db.ingest("--max-report-bytes", "300", path, code=65)
        self.assert_code(db.run("rejects", "retry"), 0)
        self.assertEqual(db.sql("select standing from report"), "0")

    # ---- databases of before ----

    def older(self, upto):
        """A database as the migrations up to this one made it."""
        db = self.database(empty=True)
        db.sql("create table schema_version (version integer primary key, applied_at timestamptz not null default now()); "
               f"insert into schema_version select generate_series(1, {upto})")
        for path in sorted((harness.ROOT / "db/migrations").glob("*.sql"))[:upto]:
            db.sql("begin; " + path.read_text() + "; commit")
        return db

    def move(self, source, target):
        """Everything that target has room for, as a site had stored it."""
        tables = [r[0] for r in target.rows("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
                                            "and not relispartition and relname not in ('schema_version', 'dns_snapshot') order by relname")]
        for parent, child, bound in source.rows("select i.inhparent::regclass, c.relname, pg_get_expr(c.relpartbound, c.oid) from pg_class c "
                                                "join pg_inherits i on i.inhrelid = c.oid where c.relkind = 'r' and c.relpartbound is not null"):
            target.sql(f"create table if not exists {child} partition of {parent} {bound}")
        for table in tables:
            columns = target.sql(f"select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid = '{table}'::regclass "
                                 "and attnum > 0 and not attisdropped and attgenerated = ''")
            path = self.top / "rows"
            source.sql(f"\\copy (select {columns} from {table}) to '{path}'")
            target.sql(f"\\copy {table} ({columns}) from '{path}'")
        for table, column in target.rows("select attrelid::regclass, attname from pg_attribute where attidentity <> '' and attnum > 0"):
            target.sql(f"select setval(pg_get_serial_sequence('{table}', '{column}'), (select coalesce(max({column}), 1) from {table}))")

    def test_upgrade(self):
        """Reports that an older version has stored, with names in capitals: all are there, known, and give way."""
        new = [self.real(f"u{n}", count=n + 1, day=-n) for n in range(40)]
        new += [self.mail(f"v{n}", "reporter.example", org="Reporter.EXAMPLE", day=-n) for n in range(3)]
        forged = self.mail("same", ip="198.51.100.66", count=500)
        now, old = self.database(), self.older(9)
        done = now.run("ingest", "--no-auth", "--json", self.put(*new, forged))
        self.assert_code(done, 0)
        # before the names were folded
        now.sql("update report r set identity = substr(sha256(int8send(octet_length(convert_to(o.org_name, 'UTF8'))::bigint) || "
                "convert_to(o.org_name, 'UTF8') || int8send(octet_length(convert_to(r.external_id, 'UTF8'))::bigint) || "
                "convert_to(r.external_id, 'UTF8') || int8send(extract(epoch from r.begin_at)::bigint) || "
                "int8send(extract(epoch from r.end_at)::bigint)), 1, 16) from reporter o where o.id = r.reporter_id and o.org_name <> lower(o.org_name)")
        totals = now.totals()
        self.move(now, old)
        done = old.run("reports", "list")
        self.assert_code(done, 78)
        self.assertIn("db migrate", done.err)
        self.assert_code(old.run("db", "migrate"), 0)
        self.assertEqual(old.totals(), totals)
        for how in (("inventory", "example.com"), ("db", "status"), ("reports", "list")):
            self.assert_code(old.run("--offline", *how), 0)
        # the same mails are the same reports, and raise what is known of them; of capitals as well
        self.assertEqual(self.ingest(old, *new), {"stored": 0, "duplicate": 43, "conflict": 0, "rejected": 0})
        self.assertEqual(old.totals(), totals)
        self.assertEqual(old.number("select count(*) from report where standing = 1"), 43)
        # the forged one, which nobody could tell from a file, gives way
        self.assertEqual(self.ingest(old, self.real())["stored"], 1)
        self.assertEqual(old.rows("select auth, standing, messages from report where external_id = 'same'"), [["aligned", "1", "7"]])
        old.totals()

    # ---- ours, and whose domains ----

    def configured(self, text):
        path = self.top / "ruascope.conf"
        path.write_text(text)
        return path

    def test_our_own_report_returned(self):
        """We are a reporter, too: what comes back of it is no report about us."""
        sent = signing.mail("ours", sender="dmarc@example.com", org="example.com", domain="elsewhere.example")
        config = self.configured('domains = {"example.com"}\n')
        for name, data, want in (("returned", self.bounce(sent), 0), ("as it was sent", sent, 0),
                                 ("somebody else's about elsewhere", self.mail("theirs", domain="elsewhere.example"), 1)):
            with self.subTest(name):
                db = self.database()
                done = db.run("--config", config, "--dns-server", self.dns.address, "ingest", "--json", self.put(data))
                self.assert_code(done, 65 if want else 0)
                document = done.json()
                self.assertEqual((document["reports"]["stored"], document["reports"]["rejected"], document["not_reports"]), (0, want, 1 - want))
                self.assertEqual(db.number("select count(*) from quarantine"), want)
                self.assertEqual(db.number("select count(*) from domain"), 0)

    def test_the_line_is_proposed_once(self):
        """At the first run that meets a second organisational domain; not for names below one, nor when it is configured."""
        db = self.database()
        about = lambda name: self.mail(name, domain=name)  # noqa: E731
        done = db.run("ingest", self.put(about("example.com"), about("mail.example.com"), about("a.b.example.com")))
        self.assertNotIn("domains =", done.out)
        configured = self.configured('domains = {"example.com"}\n')
        done = db.run("--config", configured, "ingest", self.put(about("other.example")))
        self.assertNotIn("domains =", done.out)
        done = db.run("ingest", "--dry-run", self.put(about("other.example")))
        self.assertNotIn("domains =", done.out)
        done = db.run("ingest", self.put(about("other.example")))
        self.assertIn('domains = {"example.com", "other.example"}', done.out)
        proposed = re.search(r"domains = \{.*?\}", done.out).group()
        done = db.run("ingest", self.put(about("third.example")))
        self.assertNotIn("domains =", done.out)
        db = self.database()
        done = db.run("-v", "ingest", "--json", self.put(about("example.com"), about("other.example")))
        self.assertIn(proposed, done.err)
        self.assertEqual(done.json()["reports"]["stored"], 2)
        # as it stands there it can be written down
        done = db.run("--config", self.configured(proposed + "\n"), "ingest", "--json", self.put(about("fourth.example")))
        self.assert_code(done, 65)
        self.assertEqual(done.json()["problems"][0]["reason"], "not one of our domains")

    # ---- the cases ----

    @unittest.skipUnless(CASES.is_dir(), "the shared cases are not here")
    def test_cases(self):
        """The real one, as Google signs it, has its place whichever comes first; invented reporters take nothing from real ones."""
        forged = (CASES / "1-forged.eml").read_bytes()
        real = (CASES / "2-real.eml").read_bytes().replace(b"From: noreply@google.com", b"From: noreply-dmarc-support@google.com")
        real = real.replace(b"MIME-Version", b"Date: " + dated(0).encode() + b"\nMIME-Version", 1)
        real = self.keys["google.com"].sign(real, "google.com")
        ends = []
        for first, second in ((forged, real), (real, forged)):
            db = self.database()
            self.ingest(db, first)
            self.ingest(db, second)
            ends.append(self.end(db))
            self.assertEqual(db.rows("select host(source), messages from v_record"), [["192.0.2.10", "1200"]])
            self.assertEqual(len(self.aside(db)), 1)
        self.assertEqual(ends[0], ends[1])
        # three real reporters saw an address fail; two invented ones saw it pass
        db = self.database()
        for n, name in enumerate(("reporter.example", "victim.example", "corp.example")):
            self.ingest(db, *(self.keys[name].sign(signing.mail(
                f"{name}-{day}", sender=f"dmarc@{name}", org=name, begin=1791676800 - day * DAY, date=email.utils.formatdate(1791676800 - day * DAY + DAY),
                records=[reports.record("203.0.113.66", 40, "fail", "fail")]), name) for day in range(6)))
        self.ingest(db, (CASES / "3-two-invented-reporters.eml").read_bytes())
        done = db.run("--dns-server", self.dns.address, "inventory", "--month", "2026-10", "example.com", "-f", "json")
        self.assert_code(done, 0)
        sender, = [s for s in done.json()["domains"][0]["senders"] if "203.0.113.66" in json.dumps(s)]
        self.assertNotIn(sender["category"], ("legit_spf_missing", "authorized"), sender)
        self.assertNotIn("203.0.113.66", json.dumps(sender["remedy"]), sender)


if __name__ == "__main__":
    harness.main()

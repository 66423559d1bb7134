"""What was judged is remembered: sixty simulated days with planted causes.

Real PostgreSQL and NSD; the program's clock is set by libfaketime. Each cause is told by exactly one event, opened and
closed on the right days, and nothing is said of the quiet; day by day, all at once, twice and killed in between give the
same rows."""
import datetime
import email.utils
import json
import os
import pathlib
import shutil
import signal
import subprocess
import unittest
import unittest.mock

import harness
import nameserver
import reports
import signing

DAYS = 60
DAY0 = datetime.date(2026, 3, 2)
EPOCH0 = int(datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc).timestamp())
FAKETIME = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)

# Reporters with what they see of a domain a day.
REPORTERS = {"google.com": 30, "Yahoo": 20, "Outlook.com": 10}
DOMAINS = ["quiet", "fails", "keyless", "edited", "broken", "weaker", "stops", "new", "wave", "late", "reporter", "repair", "refused", "stolen", "loose", "proved"]
OWN = {d: f"192.0.2.{10 + i}" for i, d in enumerate(DOMAINS)}


def date(n):
    return (DAY0 + datetime.timedelta(days=n)).isoformat()


def clock(n, hours=6):
    """The environment of a run in the morning of day n."""
    return {"LD_PRELOAD": str(FAKETIME), "FAKETIME_FMT": "%s", "FAKETIME": f"@{EPOCH0 + n * 86400 + hours * 3600}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}


class World:
    """What is sent, reported and published on each day."""

    repaired = None

    def __init__(self, where):
        self.where = where
        self.key = self.make_key()
        self.signs = signing.Key() if signing.dkim else None

    @staticmethod
    def make_key():
        private = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True).stdout
        public = subprocess.run(["openssl", "rsa", "-pubout"], input=private, check=True, capture_output=True).stdout.decode()
        return "".join(public.splitlines()[1:-1])

    # ---- DNS ----

    CHANGES = (0, 22, 24, 25, 28, 29, 30, 32, 35, 38, 42)  # days on which some record is another one

    def txt(self, name, text):
        parts = [text[i:i + 200] for i in range(0, len(text), 200)]
        return f"{name}. 300 IN TXT " + " ".join(f'"{p}"' for p in parts)

    def spf(self, d, n):
        ip = f"ip4:{OWN[d]}"
        if d == "edited" and n >= 22:
            return f"v=spf1 {ip} ip4:198.51.100.200 -all"
        if d == "broken" and 24 <= n < 29:
            return f"v=spf1 {ip} ip4:nowhere -all"
        if d == "repair" and n >= 30:
            return self.repaired  # as it was offered
        if d == "loose" and 32 <= n < 42:
            return f"v=spf1 {ip} +all"
        if d == "new":
            return f"v=spf1 {ip} include:sendgrid.net -all"
        return f"v=spf1 {ip} -all"

    def policy(self, d, n):
        return "reject" if d == "loose" or d == "weaker" and not 28 <= n < 38 else "none"

    def zone(self, n):
        lines = [". 300 IN SOA ns.test. admin.test. 1 3600 900 604800 300", ". 300 IN NS ns.test.", "ns.test. 300 IN A 127.0.0.1",
                 self.txt("sendgrid.net", "v=spf1 ip4:198.51.100.0/25 -all")]
        if self.signs:
            lines.append(self.txt("s._domainkey.signed.example", self.signs.record))
        for d, ip in OWN.items():
            name = f"{d}.example"
            lines += [f"{name}. 300 IN MX 10 mail.{name}.", f"mail.{name}. 300 IN A {ip}", self.txt(name, self.spf(d, n)),
                      ".".join(reversed(ip.split("."))) + f".in-addr.arpa. 300 IN PTR mail.{name}.",
                      self.txt(f"_dmarc.{name}", f"v=DMARC1; p={self.policy(d, n)}; rua=mailto:rua@{name}")]
            if d == "repair":  # a server that nobody put into the SPF record, and that does not sign
                lines.append(f"shop.{name}. 300 IN A 192.0.2.200")
                lines.append(f"200.2.0.192.in-addr.arpa. 300 IN PTR shop.{name}.")
            if not (d == "keyless" and 25 <= n < 35):
                lines.append(self.txt(f"s1._domainkey.{name}", f"v=DKIM1; k=rsa; p={self.key}"))
        return "\n".join(lines) + "\n"

    # ---- reports ----

    def rows(self, d, org, count, n):
        name = f"{d}.example"
        bad = (d == "fails" and 20 <= n <= 30) or (d == "late" and 20 <= n <= 23 and org != "Outlook.com")
        result = "fail" if bad else "pass"
        rows = [reports.record(OWN[d], count, result, result, name)]
        if d == "refused" and 20 <= n <= 22 and org == "Outlook.com":
            rows = [rows[0].replace("<disposition>none", "<disposition>reject")]
        if d == "stolen" and n == 20:
            rows = [reports.record(OWN[d], 300 * count, result, result, name)]
        if d == "new" and n >= 25:
            rows.append(reports.record("198.51.100.7", 10, "pass", "pass", name))
        if d == "repair":
            spf = "pass" if n >= 30 else "fail"
            row = reports.record("192.0.2.200", 5, "fail", spf, name)
            rows.append(row[:row.index("<dkim><domain>")] + row[row.index("<spf><domain>"):])
        if d == "wave" and 30 <= n <= 33:
            rows += [reports.record(f"203.0.113.{i}", 40, "fail", "fail", name).replace(f"<spf><domain>{name}", "<spf><domain>else.example")
                     .replace(f"<dkim><domain>{name}", "<dkim><domain>else.example") for i in range(1, 61)]
        return rows

    def comes(self, d, org, n):
        """The day on which the report about day n comes; None: never."""
        if d == "stops" and 30 <= n < 45:
            return None
        if d == "reporter" and org == "Yahoo" and n >= 40:
            return None
        if d == "late" and 20 <= n <= 23 and org != "Outlook.com":
            return 30
        return n + 1

    def write(self):
        for n in range(DAYS):
            for d in DOMAINS:
                for org, count in REPORTERS.items():
                    comes = self.comes(d, org, n)
                    if comes is None:
                        continue
                    text = reports.report(f"{d}-{n}", self.rows(d, org, count, n), org=org, domain=f"{d}.example", begin=EPOCH0 + n * 86400)
                    text = text.replace(b"<p>none</p>", f"<p>{self.policy(d, n)}</p>".encode())
                    self.put(comes, f"{d}-{n}-{org}.xml", text)
            if self.signs:
                with unittest.mock.patch("time.time", return_value=EPOCH0 + (n + 1) * 86400 + 3600):  # of the signature, too
                    self.put(n + 1, "proved.eml", self.signs.sign(self.mail(n, "proved"), "signed.example"))
            if self.signs and n == 30:
                self.put(n + 1, "forged.eml", self.mail(n, "forged"))

    def mail(self, n, what):
        """A report about proved.example by mail, of somebody who signs."""
        return signing.mail(f"{what}-{n}", sender="dmarc@signed.example", org="signed.example", domain="proved.example", begin=EPOCH0 + n * 86400,
                            records=self.rows("proved", "signed.example", 10, n), date=email.utils.formatdate(EPOCH0 + (n + 1) * 86400 + 3600))

    def put(self, comes, name, data):
        path = self.where / f"{comes:02d}"
        path.mkdir(exist_ok=True)
        (path / name).write_bytes(data)


# domain: rule, subject, opened, closed
EVENTS = {
    ("fails.example", "own.failing", "own:fails.example", date(21), date(33)),
    ("keyless.example", "dns.dkim", "s1._domainkey.keyless.example", date(25), date(35)),
    ("broken.example", "dns.spf", "broken.example", date(24), date(29)),
    ("weaker.example", "policy.weaker", "weaker.example", date(28), date(38)),
    ("stops.example", "reports.none", "stops.example", date(33), date(46)),
    ("new.example", "sender.new", "service:sendgrid", date(25), date(25)),
    ("wave.example", "spoof.surge", "wave.example", date(30), date(36)),
    ("late.example", "own.failing", "own:late.example", date(21), date(26)),
    ("reporter.example", "reporter.gone", "Yahoo", date(44), None),
    ("refused.example", "own.refused", "own:refused.example", date(20), date(29)),
    ("stolen.example", "abuse.suspect", "stolen.example", date(20), date(56)),
    ("loose.example", "readiness", "loose.example", date(33), date(43)),
    ("proved.example", "auth.rejected", "signed.example", date(30), date(30)),
}
if not signing.dkim:
    EVENTS = {e for e in EVENTS if e[1] != "auth.rejected"}

# What must be the same however it came about.
SAME = {
    "domain_state": "select d.name, day, verdict, parked, fails, warns, p, sp, np, policy_since, messages, dmarc_pass, own, own_pass, forged, "
                    "questions, todo, reports, reporters, newest_report, next_step, dns_day, memory from domain_state join domain d "
                    "on d.id = domain_id order by 1, 2",
    "sender_state": "select d.name, sender, day, s.name, category, confidence, remedy, messages, dmarc_pass, first_seen, last_seen "
                    "from sender_state s join domain d on d.id = domain_id order by 1, 2, 3",
    "event": "select d.name, event.id, rule, subject, severity, opened, closed, times, by_run, text, numbers from event join domain d "
             "on d.id = domain_id where not withdrawn order by 1, 2",
    "remedy_state": "select d.name, r.name, edit, offered, state, since, seen, messages, passed, senders, before, after from remedy_state r "
                    "join domain d on d.id = domain_id where state <> 'withdrawn' order by 1, 2, 3, 4",
}


@unittest.skipUnless(FAKETIME, "faketime is not installed")
class Sixty(harness.Case):
    """One world for all tests of the class: sixty mornings of ingest and judge."""

    @classmethod
    def setUpClass(cls):
        if harness.SANITIZED:
            raise unittest.SkipTest("libfaketime does not go with sanitizers")
        cls.dir = harness.scratch()
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        cls.world = World(cls.dir)
        cls.world.write()
        cls.zone = cls.dir / "root.zone"
        cls.zone.write_text(cls.world.zone(0))
        cls.dns = nameserver.NameServer({".": cls.zone})
        cls.addClassCleanup(lambda: (cls.dns.stop(), shutil.rmtree(cls.dns.directory, ignore_errors=True)))
        cls.dns.start()
        cls.daily = harness.Server.shared().database()
        cls.silent = []
        for n in range(1, DAYS + 1):
            cls.morning(n)

    @classmethod
    def morning(cls, n):
        if n in World.CHANGES:
            if n == 30:
                cls.world.repaired = cls.daily.sql("select after from v_remedy where domain = 'repair.example' and state = 'offered' order by offered limit 1")
            cls.dns.stop()
            cls.zone.write_text(cls.world.zone(n))
            cls.dns.start()
        if (cls.dir / f"{n:02d}").is_dir():
            done = cls.daily.run("--dns-server", cls.dns.address, "ingest", cls.dir / f"{n:02d}", env=clock(n))
            assert done.code == 0, done
        if n == 40:  # a morning without DNS: nothing is said, and the next one does it
            done = cls.daily.run("--dns-server", f"127.0.0.1:{nameserver.free_port()}", "judge", env=clock(n))
            cls.silent.append((done, cls.daily.number(f"select count(*) from domain_state where judged_at > now() - interval '1 hour' and day >= '{date(39)}'")))
            return
        done = cls.judge(cls.daily, n)
        assert done.code == 0, (n, done)

    @classmethod
    def judge(cls, db, n, *args, hours=6):
        return db.run("--dns-server", cls.dns.address, "judge", *args, env=clock(n, hours))

    def events(self, db, withdrawn=False):
        rows = db.rows(f"select d.name, rule, subject, opened, coalesce(closed::text, '') from event join domain d on d.id = domain_id "
                       f"where withdrawn = {withdrawn}")
        return [(a, b, c, d, e or None) for a, b, c, d, e in rows]

    def assert_same(self, one, other):
        for table, question in SAME.items():
            columns = question[len("select "):question.index(" from ")].split(", ")
            mine, others = one.rows(question), other.rows(question)
            differ = [(a, [(c, x, y) for c, x, y in zip(columns, a, b) if x != y]) for a, b in zip(mine, others) if a != b]
            self.assertEqual((len(mine), [(a[:3], d) for a, d in differ[:3]]), (len(others), []), table)

    def test_each_cause_is_told_once(self):
        self.assertEqual(sorted(self.events(self.daily), key=str), sorted(EVENTS, key=str))
        self.assertEqual(self.daily.number("select count(*) from event e join domain d on d.id = domain_id where d.name = 'quiet.example'"), 0, "withdrawn or not")

    def test_ids_are_stable(self):
        import uuid
        for name, rule, subject, opened, ident in self.daily.rows("select d.name, rule, subject, opened, e.id from event e join domain d on d.id = domain_id"):
            self.assertEqual(ident, str(uuid.uuid5(uuid.NAMESPACE_URL, f"ruascope:event:{name}|{rule}|{subject}|{opened}")))

    def test_silent_dns(self):
        done, rows = self.silent[0]
        self.assertEqual(done.code, 75, done)
        self.assertIn("DNS does not answer", done.err)
        self.assertEqual(rows, 0, "nothing is stored of a day whose DNS is silent")

    def test_every_day_has_a_row(self):
        rows = self.daily.rows("select d.name, count(*), min(day), max(day) from domain_state join domain d on d.id = domain_id group by 1")
        self.assertEqual(len(rows), len(DOMAINS))
        for name, count, first, last in rows:
            self.assertEqual((first, int(count)), (date(0), (datetime.date.fromisoformat(last) - DAY0).days + 1), name)
            self.assertGreaterEqual(last, date(DAYS - 3))
        self.assertEqual(self.daily.rows(f"select messages, own, own_pass from v_verdict where domain = 'fails.example' and day = '{date(25)}'"),
                         [["60", "60", "0"]])

    def test_did_it_take(self):
        rows = self.daily.rows("select name, edit, state, seen, messages, passed from v_remedy where domain = 'repair.example' and seen is not null")
        self.assertEqual(len(rows), 1, rows)
        name, edit, state, seen, messages, passed = rows[0]
        self.assertEqual((name, state, seen), ("repair.example", "proven", date(30)))
        self.assertTrue("192.0.2.200" in edit or "shop." in edit, edit)
        self.assertGreaterEqual(int(messages), 100)
        self.assertEqual(messages, passed)
        said = self.daily.run("history", "repair.example", env=clock(DAYS)).out
        self.assertIn(f"published {date(30)}; since then 100% of {int(messages):,} messages pass", " ".join(said.split()))
        said = self.daily.run("--offline", "report", "repair.example", env=clock(58)).out
        self.assertIn(f"published {date(30)}", " ".join(said.split()))

    def test_twice(self):
        before = {t: self.daily.sql(q) for t, q in SAME.items()}
        done = self.judge(self.daily, DAYS, hours=7)
        self.assert_code(done, 0)
        self.assertIn("0 days", done.out)
        done = self.judge(self.daily, DAYS, "--day", date(40), "-f", "json", hours=8)
        self.assert_code(done, 0)
        self.assertGreater(done.json()["days"], 0)
        self.assertEqual(before, {t: self.daily.sql(q) for t, q in SAME.items()})
        self.assert_code(self.judge(self.daily, DAYS, "--day", date(DAYS)), 64)

    def fresh(self):
        """All reports, in the order in which they came, and what DNS said; nothing judged."""
        db = self.database()
        for n in range(1, DAYS + 1):
            if (self.dir / f"{n:02d}").is_dir():
                self.assert_code(db.run("--dns-server", self.dns.address, "ingest", self.dir / f"{n:02d}", env=clock(n)), 0)
        for table in ("dns_change", "event"):
            columns = self.daily.sql(f"select string_agg(column_name, ', ' order by ordinal_position) from information_schema.columns "
                                     f"where table_name = '{table}' and column_name <> 'domain_id'")
            rows = self.daily.sql(f"select coalesce(json_agg(t), '[]') from (select d.name as from_domain, x.* from {table} x join domain d "
                                  f"on d.id = x.domain_id {'where by_run' if table == 'event' else ''}) t").replace("'", "''")
            given = ", ".join(f"t.{c}" for c in columns.split(", "))
            typed = self.daily.sql(f"select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ') from pg_attribute "
                                   f"where attrelid = '{table}'::regclass and attnum > 0 and attname <> 'domain_id'")
            db.sql(f"insert into {table} (domain_id, {columns}) select d.id, t.* from (select * from domain) d "
                   f"join json_to_recordset('{rows}') as t(from_domain text, {typed}) on d.name = t.from_domain".replace("t.*", given))
        return db

    def test_all_at_once(self):
        db = self.fresh()
        self.assert_code(self.judge(db, DAYS), 0)
        self.assert_same(self.daily, db)

    def test_killed(self):
        db = self.fresh()
        for part in (60, 200, 400):
            p = db.start("--dns-server", self.dns.address, "judge", env=clock(DAYS))
            harness.wait(lambda: db.number("select count(*) from domain_state") >= part or p.poll() is not None, f"{part} days are judged")
            p.send_signal(signal.SIGKILL)
            p.communicate()
        both = [db.start("--dns-server", self.dns.address, "judge", env=clock(DAYS)) for _ in range(2)]
        for p in both:
            self.assert_code(harness.finish(p), 0)
        self.assert_same(self.daily, db)

    def test_overview(self):
        done = self.daily.run("overview", env=clock(DAYS))
        self.assert_code(done, 0)
        self.assertLessEqual(max(map(len, done.out.splitlines())), 80)
        for d in DOMAINS:
            self.assertIn(f"{d}.example", done.out)
        said = self.daily.run("overview", "-f", "json", env=clock(DAYS)).json()
        self.assert_schema(said)
        self.assertEqual({r["domain"]: r["events_open"] for r in said["domains"] if r["events_open"]}, {"reporter.example": 1})
        own = {r["domain"]: (r["own"], r["own_pass"]) for r in said["domains"]}
        self.assertEqual(own["quiet.example"], (420, 420))
        self.assertEqual(len(self.daily.run("overview", "-f", "csv").out.splitlines()), len(DOMAINS) + 1)
        page = self.daily.run("overview", "-f", "html").out
        self.assertIn("weaker.example", page)

    def test_history(self):
        done = self.daily.run("history", "edited.example", env=clock(DAYS))
        self.assert_code(done, 0)
        self.assertLessEqual(max(map(len, done.out.splitlines())), 80)
        self.assertIn("198.51.100.200", done.out)
        said = self.daily.run("history", "edited.example", "-f", "json", env=clock(DAYS)).json()
        self.assert_schema(said)
        changes = [c for m in said["months"] for c in m["dns_changes"]]
        self.assertEqual([(c["name"], c["type"], c["seen"]) for c in changes], [("edited.example", "TXT", date(22))])
        self.assertIn("History of edited.example", self.daily.run("history", "edited.example", "-f", "html", env=clock(DAYS)).out)
        self.assert_code(self.daily.run("history"), 64)

    def test_events(self):
        done = self.daily.run("events")
        self.assert_code(done, 0)
        self.assertIn("reporter.gone", done.out)
        self.assertNotIn("own.failing", done.out)
        said = self.daily.run("events", "--all", "-f", "json").json()
        self.assert_schema(said)
        told = {(e["domain"], e["rule"], e["subject"], e["opened"], e["closed"]) for e in said["events"] if not e["withdrawn"]}
        self.assertEqual(told, EVENTS)
        one = next(e for e in said["events"] if e["closed"] is None)
        self.assert_code(self.daily.run("events", "ack", one["id"], "--owner", "mail team", "--until", date(90)), 0)
        again = next(e for e in self.daily.run("events", "-f", "json").json()["events"])
        self.assertEqual((again["id"], again["acknowledged"]["owner"], again["acknowledged"]["until"]), (one["id"], "mail team", date(90)))
        self.assert_code(self.daily.run("events", "ack", "00000000-0000-0000-0000-000000000000"), 64)
        self.assert_code(self.daily.run("events", "ack", "x"), 64)
        since = self.daily.run("events", "--since", date(44), "-f", "json").json()["events"]
        self.assertEqual({e["rule"] for e in since}, {"reports.none", "reporter.gone", "abuse.suspect"})


if __name__ == "__main__":
    harness.main()

"""Statements of a run do not follow the number of domains: a batch of domains shares them. Counted by the server's own log."""
import re
import time

import harness
import nameserver
import reports

TODAY = int(time.time()) // 86400
AGES = (75, 45, 40, 9, 8, 7)  # days: months that are over, and the last days


class Statements(harness.Case):
    @classmethod
    def zone(cls, top, n):
        lines = [". 300 IN SOA ns.test. admin.test. 1 3600 900 604800 300", ". 300 IN NS ns.test.", "ns.test. 300 IN A 127.0.0.1"]
        for d in range(n):
            lines += [f'd{d}.example. 300 IN TXT "v=spf1 ip6:2001:db8:{d:x}::/64 -all"', f'_dmarc.d{d}.example. 300 IN TXT "v=DMARC1; p=none"']
        path = top / "root.zone"
        path.write_text("\n".join(lines) + "\n")
        return {".": path}

    def filled(self, n):
        """n domains, some with few messages, so that their windows are widened."""
        db, top = self.database(), self.scratch()
        for d in range(n):
            for age in AGES:
                rows = [reports.record(ip=f"2001:db8:{d:x}::{i}", count=1 + 100 * (d % 2), header_from=f"d{d}.example", dkim="pass" if i else "fail") for i in range(3)]
                (top / f"{d}-{age}.xml").write_bytes(reports.report(f"{d}-{age}", rows, domain=f"d{d}.example", org=f"o{d % 7}.example", begin=(TODAY - age) * 86400))
        self.assertEqual(db.ingest("--no-auth", top)["reports"]["stored"], n * len(AGES))
        db.sql(f"alter database {db.name} set log_min_duration_statement = 0")
        return db

    def count(self, db, *args):
        log = db.server.dir / "log"
        size = log.stat().st_size
        done = db.run(*args)
        self.assertIn(done.code, (0, 1, 2, 3), done.err)
        with open(log, errors="replace") as f:
            f.seek(size)
            return len(re.findall(r"duration: [\d.]+ ms  (?:execute|statement)", f.read()))

    def test_domains_share_statements(self):
        counts = {}
        with nameserver.NameServer(self.zone(self.scratch(), 150)) as dns:
            ask = ("--dns-server", dns.address)
            for n in (5, 50, 150):
                db = self.filled(n)
                counts[n] = {what: self.count(db, *args) for what, args in {
                    "judge, first": (*ask, "judge"),  # folds the months that are over
                    "judge, a day": (*ask, "judge", "--day", time.strftime("%Y-%m-%d", time.gmtime((TODAY - 3) * 86400))),
                    "judge, nothing new": (*ask, "judge"),
                    "readiness": ("--offline", "readiness", "--all", "-f", "json"),
                    "inventory": ("--offline", "inventory", "-f", "json"),
                    "overview": ("overview",)}.items()}
                self.assertEqual(db.number("select count(*) from domain_state"), n * 58, "each day of sixty that is complete")
                self.assertEqual(db.number(f"select count(*) from rollup_month where stale and month < date_trunc('month', to_timestamp({TODAY * 86400}))::date"), 0)
        self.assertGreater(counts[5]["judge, a day"], 10, "statements are seen")
        self.assertEqual(counts[5], counts[50])
        for what, n in counts[150].items():  # two batches
            self.assertLessEqual(n, 2 * counts[50][what], what)


if __name__ == "__main__":
    harness.main()

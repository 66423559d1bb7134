"""A world whose truth is known: mail is simulated, receivers evaluate and report it, NSD serves its DNS; the inventory must name who is who."""
import json
import shutil
import sys

import harness
import nameserver

sys.path.insert(0, str(harness.ROOT / "tests/world"))
import score  # noqa: E402
import world  # noqa: E402

SEEDS = (1,) if harness.SANITIZED else (1, 2)


@harness.unittest.skipUnless(shutil.which("nsd", path="/usr/sbin:/sbin:/usr/bin"), "nsd is not installed")
class Worlds(harness.Case):
    def judge(self, seed):
        top = self.scratch() / "world"
        made = world.write(top, seed)
        db = self.database()
        db.ingest(top / "reports")
        self.assertEqual(db.number("select sum(messages) from report"), sum(made.truth.values()), "the reports hold what was sent")
        (top / "ruascope.conf").write_text('catalogue = "services.csv"\n')
        with nameserver.NameServer(made.files) as dns:
            for month in ("2026-09", "2026-10"):
                done = db.run("--config", top / "ruascope.conf", "--dns-server", dns.address, "inventory", "--month", month, "-f", "json")
                self.assert_code(done, 0)
                document = done.json()
                self.assert_schema(document)
                yield month, score.score(document, top)

    def test_worlds(self):
        for seed in SEEDS:
            for month, result in self.judge(seed):
                with self.subTest(seed=seed, month=month):
                    print(f"seed {seed}, {month}: {result['messages']:.1%} of messages, {result['sources']:.1%} of sources", flush=True)
                    self.assertEqual(result["deadly"], [])
                    self.assertGreaterEqual(result["messages"], 0.95, result["wrong"][:20])
                    self.assertGreaterEqual(result["sources"], 0.90, result["wrong"][:20])

    def test_the_score_can_fail(self):
        """An inventory that calls everything the same is far from right, and an edit for a spoofer is seen."""
        top = self.scratch() / "world"
        world.write(top, 1)
        truth = json.loads((top / "truth.json").read_text())
        senders = [{"category": "authorized", "confidence": 99, "key": "x", "sources": [{"ip": r["ip"], "messages": r["messages"]}],
                    "remedy": {"kind": "spf_add", "domain": r["domain"], "after": f"v=spf1 ip4:{r['ip']} ~all"}}
                   for r in truth if r["domain"] == "parked.example" and ":" not in r["ip"]]
        result = score.score({"domains": [{"domain": "parked.example", "senders": senders[:5]}]}, top)
        self.assertEqual(result["messages"], 0)
        self.assertEqual({d[0] for d in result["deadly"]}, {"an SPF edit for a spoofer", "an SPF edit lets somebody in"})


if __name__ == "__main__":
    harness.main()

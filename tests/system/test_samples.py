"""The samples that a newcomer sees first, through the private cluster: given once, given twice, and who sends.

golden/inventory-2026-10.txt is what the text looks like; `test_samples.py --accept` writes it anew."""
import collections
import csv
import io
import itertools
import json
import unittest

import harness

SAMPLES = harness.ROOT / "samples"
EXPECTED = harness.ROOT / "tests/samples/expected.json"
GOLDEN = harness.HERE / "golden/inventory-2026-10.txt"
MONTHS = ("2026-09", "2026-10")


@unittest.skipUnless(EXPECTED.exists(), f"no {EXPECTED}")
class Samples(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.expected = json.loads(EXPECTED.read_text())
        cls.own = harness.Home()
        cls.addClassCleanup(cls.own.close)
        started = cls.own.run("db", "start")
        if started.code != 0:
            raise AssertionError(started)
        cls.runs = [cls.own.run("ingest", "--json", SAMPLES) for _ in range(2)]

    def assert_adds_up(self, done):
        self.assert_code(done, 65)
        document = done.json()
        self.assert_schema(document)
        harness.check_sums(document)
        return document

    def test_first(self):
        document = self.assert_adds_up(self.runs[0])
        for key in ("inputs", "reports", "not_reports", "messages"):
            self.assertEqual(document[key], self.expected[key], key)
        totals = self.own.totals()
        self.assertEqual((totals[0], totals[2]), (self.expected["reports"]["stored"], self.expected["messages"]))

    def test_second(self):
        document = self.assert_adds_up(self.runs[1])
        reports = self.expected["reports"]
        self.assertEqual(document["reports"], {"stored": 0, "duplicate": reports["stored"] + reports["duplicate"] + reports["conflict"],
                                               "conflict": 0, "rejected": reports["rejected"]})
        self.assertEqual((document["inputs"], document["not_reports"]), (self.expected["inputs"], self.expected["not_reports"]))
        self.assertEqual((document["records"], document["messages"]), (0, 0))

    def test_each_file(self):
        """The ledger of the first run says of each file what it had to."""
        found = collections.defaultdict(list)
        names = sorted(self.expected["outcomes"], key=len, reverse=True)  # a name may begin with another, and hold a "!"
        for source, outcome in self.own.rows("select source, outcome from v_ledger where run_id = (select min(id) from run)"):
            name = source.removeprefix(f"{SAMPLES}/")
            owner = next((n for n in names if name == n or name.startswith(n + "!")), None)
            self.assertIsNotNone(owner, f"nobody expects {name}")
            found[owner].append(outcome)
        for name, wanted in self.expected["outcomes"].items():
            with self.subTest(file=name):
                # Beside its reports a mail may hold letters and pictures; each part has a row of its own.
                got = sorted(o for o in found[name] if o != "not_a_report") or ["not_a_report"]
                self.assertTrue(found[name])
                self.assertTrue(any(got == sorted(choice) for choice in itertools.product(*(w.split("|") for w in wanted))),
                                f"{got}, expected {wanted}")

    def inventory(self, *args):
        done = self.own.run("--offline", "inventory", *args)
        self.assert_code(done, 0)
        return done

    def document(self, *args):
        return self.inventory(*args, "-f", "json").json()

    def test_schema(self):
        for args in (["--month", "2026-10"], ["--month", "2026-09", "example.com"], ["--month", "2020-01"]):
            self.assert_schema(self.document(*args))

    def test_inventory(self):
        for month in MONTHS:
            document = self.document("--month", month)
            self.assertEqual(document["since"], f"{month}-01")
            found = {d["domain"]: d for d in document["domains"]}
            wanted = {domain: months[month] for domain, months in self.expected["domains"].items() if month in months}
            self.assertEqual(set(found), set(wanted), month)
            for domain, want in wanted.items():
                with self.subTest(domain=domain, month=month):
                    self.assert_domain(found[domain], want)

    def assert_domain(self, got, want):
        for key in ("messages", "dmarc_pass", "reports", "reporters"):
            self.assertEqual(got[key], want[key], key)
        seen = [s for sender in got["senders"] for s in sender["sources"]]
        ips = [s["ip"] for s in seen if s["ip"]]
        self.assertEqual(len(ips), len(set(ips)), "an address under two senders")
        self.assertEqual(set(ips), set(want["sources"]))
        # What only receivers that are not known say of an address stands apart, as a sum.
        apart = [s for s in got["senders"] if s["key"] == "net:unproved"]
        for key in ("messages", "dmarc_pass"):
            for s in seen:
                self.assertLessEqual(s[key], want["sources"][s["ip"]][key], s["ip"])
            lacking = sum(s[key] for s in want["sources"].values()) - sum(s[key] for s in seen)
            self.assertEqual(lacking, sum(s[key] - sum(x[key] for x in s["sources"]) for s in apart), key)
        for key in ("messages", "dmarc_pass"):
            self.assertEqual(sum(sender[key] for sender in got["senders"]), want[key], f"{key} over the senders")
        without = 0  # records with no usable address belong to a sender that has no sources
        for sender in got["senders"]:
            if sender["change"] == "gone":
                self.assertEqual((sender["messages"], sender["sources"]), (0, []))
            elif sender["sources"] and sender["key"] != "net:unproved":
                self.assertEqual(sender["messages"], sum(s["messages"] for s in sender["sources"]), sender["sender"])
            elif sender["key"] != "net:unproved":
                without += sender["messages"]
        self.assertEqual(without, want.get("without_address", {"messages": 0})["messages"], "messages without an address")

    def test_window(self):
        """--since and --until say the same month; a domain that is named is the only one; a month without data is empty."""
        def stripped(document):
            return [{**d, "senders": [{**s, "change": None} for s in d["senders"] if s["change"] != "gone"]} for d in document["domains"]]
        month = self.document("--month", "2026-10")
        self.assertEqual(stripped(self.document("--since", "2026-10-01", "--until", "2026-11-01")), stripped(month))
        one = self.document("--month", "2026-10", "example.com")
        self.assertEqual([d["domain"] for d in one["domains"]], ["example.com"])
        self.assertEqual(one["domains"], [d for d in month["domains"] if d["domain"] == "example.com"])
        self.assertEqual(self.document("--month", "2026-10", "EXAMPLE.com.")["domains"], one["domains"])
        nothing = self.document("--month", "2020-01")
        self.assertEqual(sum(d["messages"] for d in nothing["domains"]), 0)

    def test_days_are_utc(self):
        """Every day of the month, on its own: they add up to it, and a zone far away changes nothing."""
        month = {d["domain"]: d["messages"] for d in self.document("--month", "2026-10")["domains"]}
        added = collections.Counter()
        for first, last in (("2026-10-01", "2026-10-02"), ("2026-10-02", "2026-10-14"), ("2026-10-14", "2026-10-31"), ("2026-10-31", "2026-11-01")):
            for d in self.document("--since", first, "--until", last)["domains"]:
                added[d["domain"]] += d["messages"]
        self.assertEqual(+added, month)

    def test_category(self):
        whole = self.document("--month", "2026-10")
        categories = {s["category"] for d in whole["domains"] for s in d["senders"]}
        self.assertTrue(categories)
        for category in categories:
            some = self.document("--month", "2026-10", "--category", category)
            self.assertEqual([s for d in some["domains"] for s in d["senders"]],
                             [s for d in whole["domains"] for s in d["senders"] if s["category"] == category])

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.inventory("--month", "2026-10", "-f", "csv").out, newline="")))
        document = self.document("--month", "2026-10")
        self.assertEqual(sum(int(r["messages"]) for r in rows), sum(d["messages"] for d in document["domains"]))
        self.assertEqual({r["domain"] for r in rows}, {d["domain"] for d in document["domains"]})

    def test_output_file(self):
        path = self.scratch() / "out.json"
        done = self.inventory("--month", "2026-10", "-f", "json", "-o", path)
        self.assertEqual(done.out, "")
        self.assertEqual(json.loads(path.read_text()), self.document("--month", "2026-10"))
        self.assert_code(self.own.run("--offline", "inventory", "--month", "2026-10", "-o", "/nonexistent/x"), 74)

    def test_text(self):
        text = self.inventory("--month", "2026-10").out
        self.assert_harmless(text, "text")
        if harness.ACCEPT:
            GOLDEN.parent.mkdir(exist_ok=True)
            GOLDEN.write_text(text)
        self.assertTrue(GOLDEN.exists(), f"no {GOLDEN}: run me with --accept and read what it wrote")
        self.assertMultiLineEqual(text, GOLDEN.read_text())


if __name__ == "__main__":
    harness.main()

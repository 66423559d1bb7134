"""1,578 real reports: each is read as another program read it, by `parse` and in the database, once however often
and by however many it is ingested."""
import csv
import os
import unittest
from concurrent.futures import ThreadPoolExecutor

import harness

CORPUS = harness.SHARED / "corpora/dmarcrua"


def folded(domain):
    return domain.lower().rstrip(".")


def folded_id(report_id):
    return report_id.strip().removeprefix("<").removesuffix(">").strip()


def expected(name):
    with open(CORPUS / name, newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


@unittest.skipUnless(CORPUS.is_dir(), f"no corpus at {CORPUS}: set RUASCOPE_SHARED")
class Corpus(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.rows = expected("expected.tsv")
        cls.lenient = expected("expected_lenient.tsv")
        cls.whole = {r["file"]: (r["org_name"], folded_id(r["report_id"]), int(r["begin"]), int(r["end"]), folded(r["domain"]),
                                 int(r["record_count"]), int(r["message_count"])) for r in cls.rows}
        cls.totals = (len(cls.whole), sum(v[5] for v in cls.whole.values()), sum(v[6] for v in cls.whole.values()))
        cls.xml = sorted(str(p.relative_to(CORPUS)) for p in CORPUS.rglob("*.xml"))

    def assert_same(self, found):
        differing = {f: (found.get(f), want) for f, want in self.whole.items() if found.get(f) != want}
        self.assertEqual(dict(list(differing.items())[:3]), {}, f"{len(differing)} of {len(self.whole)} differ (found, expected)")

    def test_parse(self):
        done = harness.run("parse", *self.xml, cwd=CORPUS)
        self.assertIn(done.code, (0, 65))
        found = {}
        for d in done.lines():
            self.assertNotIn(d["source"], found, "one document a report")
            found[d["source"]] = (d["org_name"], d["report_id"], d["begin"], d["end"], d["policy"]["domain"], len(d["records"]),
                                  sum(r["count"] for r in d["records"]))
        self.assert_same(found)
        self.assertEqual(set(found) - set(self.whole) - {r["file"] for r in self.lenient}, set())

    def test_database(self):
        db = self.database()
        first = db.ingest(CORPUS, code=65)
        rows = db.rows("select source, org_name, report_id, extract(epoch from begin_at)::bigint, extract(epoch from end_at)::bigint, "
                       "domain, records, messages from v_report")
        found = {os.path.relpath(r[0], CORPUS): (r[1], r[2], int(r[3]), int(r[4]), r[5], int(r[6]), int(r[7])) for r in rows}
        self.assert_same(found)

        # The broken ones: stored with warnings, or set aside with a reason. The rest of the files are no reports.
        said = {os.path.relpath(p["source"], CORPUS): p for p in first["problems"]}
        extra = 0
        for row in self.lenient:
            if row["file"] in found:
                extra += 1
                self.assertEqual(said[row["file"]]["outcome"], "stored")
            else:
                self.assertEqual(said[row["file"]]["outcome"], "rejected")
                self.assertTrue(said[row["file"]]["reason"])
        self.assertEqual(first["inputs"], sum(p.is_file() for p in CORPUS.rglob("*")))
        self.assertEqual(first["inputs"], len(self.whole) + len(self.lenient) + first["not_reports"])
        self.assertEqual(first["reports"], {"stored": len(self.whole) + extra, "duplicate": 0, "conflict": 0,
                                            "rejected": len(self.lenient) - extra})
        totals = db.totals()
        self.assertEqual((first["reports"]["stored"], first["records"], first["messages"]), totals)
        if not extra:
            self.assertEqual(totals, self.totals)

        second = db.ingest(CORPUS, code=65)
        self.assertEqual(second["inputs"], first["inputs"])
        self.assertEqual(second["reports"]["stored"], 0)
        self.assertEqual((second["records"], second["messages"]), (0, 0))
        self.assertEqual(second["reports"]["duplicate"], first["reports"]["stored"])
        self.assertEqual(db.totals(), totals)

        # The ledger of each run adds up to what the run said.
        ledger = db.rows("select run_id, outcome, count(*) from v_ledger group by 1, 2")
        for run, said in zip(sorted({r[0] for r in ledger}, key=int), (first, second)):
            counted = {o: int(n) for r, o, n in ledger if r == run}
            self.assertEqual({o: counted.get(o, 0) for o in said["reports"]}, said["reports"])
            self.assertEqual(sum(counted.values()), said["inputs"])

    def test_two_at_once(self):
        db = self.database()
        with ThreadPoolExecutor() as pool:
            docs = list(pool.map(lambda _: db.ingest(CORPUS, code=65), range(2)))
        self.assertEqual(db.totals(), self.totals)
        self.assertEqual(sum(d["reports"]["stored"] for d in docs), self.totals[0])
        self.assertEqual(sum(d["reports"]["duplicate"] for d in docs), self.totals[0])

    def test_eight_jobs(self):
        db = self.database()
        self.assertEqual(db.ingest("--jobs", 8, CORPUS, code=65)["reports"]["stored"], self.totals[0])
        self.assertEqual(db.totals(), self.totals)


if __name__ == "__main__":
    harness.main()

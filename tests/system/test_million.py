"""One report of a million records: memory does not grow with it, and nothing is lost."""
import gzip
import shutil

import harness
import reports

# As many as show that nothing is lost; how memory grows is for the release build to show.
MANY = 40_000 if harness.SANITIZED else 1_000_000
CEILING_MIB = 64


class Million(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.top = harness.scratch()
        cls.addClassCleanup(shutil.rmtree, cls.top)
        cls.few, cls.few_messages = cls.make("few.xml.gz", MANY // 4)
        cls.many, cls.many_messages = cls.make("many.xml.gz", MANY)

    @classmethod
    def make(cls, name, count):
        """Written as it is made: this process stays small too. Ten thousand addresses, a hundred profiles."""
        messages = 0
        with gzip.open(cls.top / name, "wt", compresslevel=1) as f:
            f.write(reports.head(name))
            for start in range(0, count, 1000):
                rows = []
                for i in range(start, min(start + 1000, count)):
                    messages += 1 + i % 7
                    rows.append(reports.record(f"198.{18 + i % 2}.{i // 100 % 100}.{i % 100}", 1 + i % 7,
                                               spf=("pass", "fail")[i % 2], header_from=f"h{i % 50}.example.com"))
                f.write("".join(rows))
            f.write(reports.TAIL)
        return cls.top / name, messages

    def ingest(self, path, count, messages):
        db = self.database()
        done = harness.measure("ingest", "--json", path, db=db.conninfo)
        self.assert_code(done, 0)
        self.assertEqual(done.json()["reports"]["stored"], 1)
        self.assertEqual(db.totals(), (1, count, messages))
        return done

    def test_ingest(self):
        few = self.ingest(self.few, MANY // 4, self.few_messages)
        many = self.ingest(self.many, MANY, self.many_messages)
        print(f"peak {few.rss_mib:.1f} MiB for {MANY // 4} records, {many.rss_mib:.1f} MiB for {MANY}, {many.cpu:.1f} s CPU", flush=True)
        if harness.judges_cost():
            self.assertLess(many.rss_mib, CEILING_MIB)
            self.assertLess(many.rss_mib, few.rss_mib * 1.25 + 2)

    def test_parse(self):
        with open(self.top / "out.json", "wb") as out:
            done = harness.measure("parse", self.many, capture_output=False, stdout=out, stderr=-1)
        self.assertEqual(done.code, 0)
        if harness.judges_cost():
            self.assertLess(done.rss_mib, CEILING_MIB)
        found, carried, key = 0, b"", b'"source_ip":'
        with open(self.top / "out.json", "rb") as f:
            while block := f.read(1 << 20):
                found += (carried + block).count(key)
                carried = block[1 - len(key):]
        self.assertEqual(found, MANY)


if __name__ == "__main__":
    harness.main()

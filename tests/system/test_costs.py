"""What one input may cost, and many: months, spans, the quarantine, memory of the process, seconds a MB; from both sides
of each ceiling. And what an administrator does when there are hundreds of months."""
import base64
import os
import random
import time
import zlib

import harness
import reports

DAY = 86400


def zip_of(many):
    import io
    import zipfile
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for n, data in enumerate(many):
            z.writestr(f"{n}.xml", data)
    return out.getvalue()


def month(n):
    """Begin of the n-th month before October 2026, its middle to be safe."""
    year, left = divmod(2026 * 12 + 9 - n, 12)
    return int(time.mktime(time.strptime(f"{year}-{left + 1:02d}-15", "%Y-%m-%d")))


class Months(harness.Case):
    def setUp(self):
        self.top = self.scratch()

    def put(self, name, data):
        (self.top / name).write_bytes(data)
        return self.top / name

    def test_months_of_an_input(self):
        many = zip_of(reports.report(f"m{n}", begin=month(n)) for n in range(30))
        for ceiling, stored in ((30, 30), (29, 29), (3, 3)):
            with self.subTest(ceiling=ceiling):
                db = self.database()
                document = db.ingest("--max-months", ceiling, self.put("many.zip", many), code=0 if stored == 30 else 65)
                self.assertEqual((document["reports"]["stored"], document["reports"]["rejected"]), (stored, 30 - stored))
                self.assertEqual(db.number("select count(*) from pg_inherits where inhparent = 'record'::regclass"), stored)
        # months that were there before do not count more than others; another input begins anew
        document = db.ingest("--max-months", 3, *(self.put(f"{n}.zip", zip_of(reports.report(f"n{n}-{k}", begin=month(3 * n + k)) for k in range(3)))
                                                  for n in range(4)))
        self.assertEqual(document["reports"]["stored"], 12)

    def test_default_ceiling(self):
        """A mail of a report of every month since 1970 makes no more than twenty years of tables."""
        db = self.database()
        document = db.ingest(self.put("all.zip", zip_of(reports.report(f"m{n}", begin=month(n)) for n in range(600))), code=65)
        self.assertEqual(document["reports"]["stored"], 240)
        self.assertEqual(document["reports"]["rejected"], 101, "a hundred by name, and the rest")
        self.assertEqual(db.number("select count(*) from pg_inherits where inhparent = 'record'::regclass"), 240)

    def test_span(self):
        db = self.database()
        for days, outcome in ((10, "stored"), (11, "rejected")):
            path = self.put(f"{days}.xml", reports.report(f"{days}", end=reports.BEGIN + days * DAY + DAY - 1, begin=reports.BEGIN - 20 * DAY + 20 * DAY))
            document = db.ingest("--max-span", "10", path, code=0 if outcome == "stored" else 65)
            self.assertEqual(document["reports"][outcome], 1, document)
        self.assertIn("11 days, more than the 10", document["problems"][0]["reason"])
        path = self.put("century.xml", reports.report("century", begin=2 * DAY, end=reports.BEGIN))
        self.assertEqual(db.ingest(path, code=65)["reports"]["rejected"], 1, "without an option, too")

    def test_first_month(self):
        db = self.database()
        path = self.put("old.xml", reports.report("old", begin=month(120)))
        document = db.ingest("--first-month", "2016-11", path, code=65)
        self.assertIn("2016-10", document["problems"][0]["reason"])
        self.assertEqual(db.ingest("--first-month", "2016-10", path)["reports"]["stored"], 1)
        for wrong in ("2016", "2016-13", "1969-12", "x"):
            self.assert_code(db.run("ingest", "--first-month", wrong, path), 64)

    def test_hundreds_of_months(self):
        """The server has room for 3,840 locks; each month has a dozen of tables and indexes."""
        db = self.database()
        db.sql("""do $$ declare d date; p text; begin
            for n in 0..599 loop
                d := ('1900-01-01'::date + make_interval(months => n))::date;
                foreach p in array array['report', 'record', 'profile'] loop
                    execute format('create table %s_%s (like %s including all)', p, to_char(d, 'YYYYMM'), p);
                    execute format('alter table %s attach partition %s_%s for values from (%L) to (%L)', p, p, to_char(d, 'YYYYMM'), d,
                                   (d + interval '1 month')::date);
                end loop;
                if n % 100 = 99 then commit; end if;
            end loop; end $$""")
        old, new = self.put("old.xml", reports.report("old", begin=month(200))), self.put("new.xml", reports.report("new", begin=month(1)))
        self.assertEqual(db.ingest(old, new)["reports"]["stored"], 2)
        said = db.run("db", "status", "-f", "json").json()
        self.assertEqual((said["reports"], said["profiles"]), (2, 2))
        done = db.run("db", "prune", "--keep", "24")
        self.assert_code(done, 0)
        self.assertEqual(db.totals()[0], 1)
        self.assertLess(db.number("select count(*) from pg_inherits where inhparent = 'record'::regclass"), 30)
        self.assertEqual(db.ingest(old)["reports"]["stored"], 1, "a pruned month can come again")


class Quarantine(harness.Case):
    def setUp(self):
        self.top = self.scratch()
        self.db = self.database()
        self.serial = 0

    def bad(self, size, seed):
        self.serial += 1
        path = self.top / f"{self.serial:03d}.gz"
        path.write_bytes(b"\x1f\x8b\x08" + random.Random(seed).randbytes(size - 3))
        return path

    def kept(self):
        return self.db.number("select coalesce(sum(octet_length(bytes)), 0) from quarantine_bytes")

    def test_bytes_once(self):
        """A zip with two hundred conflicts is kept once, and each can be exported."""
        self.db.ingest(*(self.write(f"{n}.xml", reports.report(f"r{n}")) for n in range(200)))
        container = zip_of(reports.report(f"r{n}").replace(b">s1<", b">s2<") for n in range(200))
        document = self.db.ingest(self.write("other.zip", container), code=65)
        self.assertEqual(document["reports"]["conflict"], 200)
        self.assertEqual((self.db.number("select count(*) from quarantine"), self.kept()), (200, len(container)))
        last = self.db.number("select max(id) from quarantine")
        out = self.top / "out"
        self.assert_code(self.db.run("rejects", "export", last, "-o", out), 0)
        self.assertEqual(out.read_bytes(), container)
        # the same conflicts again are duplicates; in another container, too
        self.assertEqual(self.db.ingest(self.top / "other.zip")["reports"]["duplicate"], 200)
        # what goes one by one takes the bytes along at the end
        self.db.sql("delete from quarantine where id <> (select max(id) from quarantine)")
        self.assert_code(self.db.run("rejects", "export", last, "-o", out), 0)

    def write(self, name, data):
        (self.top / name).write_bytes(data)
        return self.top / name

    def test_total(self):
        """Oldest first, with a line; below the ceiling nothing goes, and no line is said."""
        size = 1 << 20
        done = self.db.run("ingest", "--json", "--jobs", "1", "--max-quarantine-bytes", "8M", *(self.bad(size, n) for n in range(8)))
        self.assert_code(done, 65)
        self.assertNotIn("quarantine holds", done.err)
        self.assertEqual(self.kept(), 8 * size)
        self.db.sql("update quarantine set last_seen = now() - id * interval '1 hour', first_seen = now() - id * interval '1 hour'")
        oldest = self.db.sql("select source from v_quarantine order by last_seen limit 1")
        done = self.db.run("ingest", "--json", "--jobs", "1", "--max-quarantine-bytes", "8M", self.bad(size, 100))
        self.assert_code(done, 65)
        self.assertIn("the quarantine holds no more than 8 MiB: the oldest went", done.err)
        self.assertEqual(len(done.err.splitlines()), 1, done.err)
        self.assertLessEqual(self.kept(), 8 * size)
        self.assertGreaterEqual(self.kept(), 6 * size)
        left = self.db.sql("select source from v_quarantine")
        self.assertNotIn(oldest, left)
        self.assertIn(f"{self.serial:03d}.gz", left)
        self.assertEqual(self.db.number("select count(*) from quarantine q where not exists (select from quarantine_bytes b where b.digest = q.kept)"), 0)
        self.assertEqual(self.db.number("select count(*) from v_ledger where outcome = 'rejected'"), 9, "the account stays")


def packed(pieces):
    """gzip of many pieces, none of which is held."""
    z, out = zlib.compressobj(9, zlib.DEFLATED, 31), []
    for piece in pieces:
        out.append(z.compress(piece))
    return b"".join(out + [z.flush()])


class Ratio(harness.Case):
    """What little may become: 64 MiB, or a hundred times its size; blanks apart. Counted in bytes, not in seconds."""
    MIB = 1 << 20

    def look(self, data, *more, code=0):
        path = self.scratch() / "r"
        path.write_bytes(data)
        done = harness.run("parse", *more, path)
        self.assert_code(done, code)
        return [d["messages"] if "messages" in d else sum(r["count"] for r in d["records"]) for d in done.lines()], done.err

    def document(self, mib, piece, n=1):
        """n MiB of piece in a document, in an element that nobody knows."""
        block = piece * (self.MIB // len(piece))
        return [reports.head("ratio").encode(), b"<x>", *([block] * mib), b"</x>", reports.record(count=3).encode(), reports.TAIL.encode()]

    def test_small_ones(self):
        """Beneath 64 MiB any ratio is read; beyond it none that is above."""
        self.assertEqual(self.look(packed(self.document(63, b"<y/>")))[0], [3])
        for piece in (b"<y/>", b"&amp;", b"x"):
            with self.subTest(piece):
                said, err = self.look(packed(self.document(66 * len(piece) // len(piece.replace(b" ", b"")) + 1, piece)), code=65)
                self.assertEqual(said, [])
                self.assertRegex(err, "rejected: more than 64 MiB and 100 times its [0-9]+ bytes decompressed")
        self.assertEqual(self.look(packed(self.document(133, b"& ")), code=65)[0], [], "where each is repaired")
        self.assertEqual(self.look(packed(self.document(66, b"<y/>")), "--max-ratio", "2000")[0], [3])
        # in a mail, in a zip, in both, and many of them in one: it is one input
        inner = packed(self.document(66, b"<y/>"))
        for data in (reports.mail(inner), reports.zipped(inner, "a.gz"), zip_of([b"".join(self.document(12, b"<y/>"))] * 6)):
            said, err = self.look(data, code=65)
            self.assertIn("100 times its", err)

    def test_large_ones(self):
        """Of a megabyte a hundred may come, and no more: with bytes beside it that cannot be compressed."""
        ballast = [b"<z>" + base64.b64encode(random.Random(7).randbytes(self.MIB)) + b"</z>"]
        whole = self.document(90, b"<y/>")
        self.assertEqual(self.look(packed(whole[:1] + ballast + whole[1:]))[0], [3])
        whole = self.document(130, b"<y/>")
        self.assertIn("100 times its", self.look(packed(whole[:1] + ballast + whole[1:]), code=65)[1])

    def test_blanks(self):
        self.assertEqual(self.look(packed(self.document(200, b" \n\t ")))[0], [3])

    def test_honest(self):
        """Eighty megabytes of records as they are: many addresses, few results."""
        dice = random.Random(3)
        results = [reports.record("{}", 1, *how) for how in (("pass", "pass"), ("fail", "pass"), ("pass", "fail"))]
        rows = [r.replace("{}", "%s").replace("<count>1<", "<count>%d<") for r in results]
        blocks = ["".join(dice.choice(rows) % (f"203.0.{dice.randrange(256)}.{dice.randrange(256)}", dice.randrange(1, 50)) for _ in range(2000)).encode()
                  for _ in range(90)]
        data = packed([reports.head("honest").encode(), *blocks, reports.TAIL.encode()])
        path = self.scratch() / "honest.gz"
        path.write_bytes(data)
        ratio = sum(map(len, blocks)) / len(data)
        self.assertGreater(sum(map(len, blocks)), 64 * self.MIB)
        self.assertGreater(ratio, 20)
        document = self.database().ingest("--dry-run", path)
        self.assertEqual((document["reports"]["stored"], document["records"]), (1, 180000))


class Process(harness.Case):
    """Memory and time of a whole run: sixteen workers are no reason to hold sixteen mails."""

    def big_mails(self, n, mib):
        top = self.scratch()
        junk = base64.encodebytes(os.urandom(3 << 20))
        body = junk * (mib * (1 << 20) // len(junk))
        for k in range(n):
            (top / f"{k}.eml").write_bytes(b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: application/octet-stream\n"
                                           b"Content-Transfer-Encoding: base64\nX-N: %d\n\n" % k + body)
        return top

    def test_sixteen_workers(self):
        db, top = self.database(), self.big_mails(16, 58)
        done = harness.measure("ingest", "--json", "--jobs", "16", top, db=db.conninfo)
        self.assert_code(done, 65)
        document = done.json()
        self.assertEqual(document["reports"]["rejected"], 16)
        print(f"16 workers, 16 mails of 58 MB: {done.rss_mib:.0f} MiB, {done.cpu / 16 / 58:.3f} s of CPU a MB", flush=True)
        if harness.judges_cost():
            self.assertLess(done.rss_mib, 512)
            self.assertLess(done.cpu / 16 / 58, 3)

    def test_smaller_budget(self):
        """A budget below one mail: they go one by one, all of them."""
        db, top = self.database(), self.big_mails(4, 20)
        done = harness.measure("ingest", "--json", "--jobs", "4", "--max-memory", "1M", top, db=db.conninfo)
        self.assert_code(done, 65)
        self.assertEqual(done.json()["reports"]["rejected"], 4)
        if harness.judges_cost():
            self.assertLess(done.rss_mib, 128)


if __name__ == "__main__":
    harness.main()

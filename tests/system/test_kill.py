"""Interrupted at any moment, then run again: what is stored is exactly what was given.

The seed of the random moments is printed; RUASCOPE_SEED repeats it."""
import os
import random
import re
import shutil
import signal
import time

import harness
import reports

SEED = int(os.environ.get("RUASCOPE_SEED") or random.SystemRandom().randrange(10**6))
ROUNDS = 60 if harness.LONG else 4 if harness.SANITIZED else 8  # with sanitizers: is anything touched that must not be? The moments are release's
RERUN = (0, 65)  # 65: a conflict or a rejected one was left for the rerun


class Interrupted(harness.Case):
    @classmethod
    def setUpClass(cls):
        print(f"RUASCOPE_SEED={SEED}", flush=True)
        cls.top = harness.scratch()
        cls.addClassCleanup(shutil.rmtree, cls.top)
        size = 150 if harness.SANITIZED else 900
        cls.tree = reports.Tree(cls.top / "tree", reports=size, records=40, seed=SEED)
        # One that is past BATCH_RECORDS: some commits lie in the middle of it.
        cls.big = reports.Tree(cls.top / "big", reports=24, records=3000, seed=SEED + 1, mbox_mails=0)

    def rerun(self, db, tree, *paths):
        done = db.run("ingest", "--json", *paths)
        self.assertIn(done.code, RERUN, done.err[-1000:])
        document = done.json()
        harness.check_sums(document)
        self.assertEqual(db.totals(), tree.totals)
        return document

    def test_undisturbed(self):
        """The tree holds what it says: what the other tests compare with."""
        for tree in (self.tree, self.big):
            db = self.database()
            code = 65 if tree.rejected or tree.conflicts else 0
            first = db.ingest(tree.path, code=code)
            self.assertEqual(db.totals(), tree.totals)
            self.assertEqual(first["inputs"], tree.inputs)
            self.assertEqual(first["not_reports"], tree.letters)
            self.assertEqual(first["reports"], {"stored": tree.reports, "duplicate": tree.duplicates,
                                                "conflict": tree.conflicts, "rejected": tree.rejected})
            self.assertEqual((first["records"], first["messages"]), tree.totals[1:])
            # Met again, a conflict is a duplicate.
            second = db.ingest(tree.path, code=65 if tree.rejected else 0)
            self.assertEqual(second["reports"], {"stored": 0, "duplicate": tree.reports + tree.duplicates + tree.conflicts,
                                                 "conflict": 0, "rejected": tree.rejected})

    def test_kill_9(self):
        rnd = random.Random(SEED)
        began = time.monotonic()
        self.database().ingest(self.tree.path, code=65)
        whole = time.monotonic() - began
        landed = partly = 0
        for n in range(ROUNDS):
            moment, jobs = rnd.uniform(0, 1.1 * whole), rnd.choice((1, 2, 8))
            with self.subTest(round=n, moment=f"{moment:.3f} of {whole:.3f}", jobs=jobs):
                db = self.database()
                args, archive, source = [], None, self.tree.path
                if n % 3 == 0:
                    source, archive = self.top / f"copy{n}", self.top / f"archive{n}"
                    shutil.copytree(self.tree.path, source, copy_function=os.link)
                    args = ["--archive", archive]
                p = db.start("ingest", "--json", "--jobs", jobs, *args, source)
                time.sleep(moment)  # the moment itself is what is tried, nothing waits for it
                if p.poll() is None:
                    landed += 1
                else:
                    whole = min(whole, moment)  # it was measured on a busier machine
                p.kill()
                p.communicate()
                # Its backends may still be ending what they were at: the rerun is what meets them.
                partly += 0 < db.number("select count(*) from report") < self.tree.reports
                self.rerun(db, self.tree, *args, source)
                if archive:
                    self.assertEqual([p for p in source.rglob("*") if p.is_file()], [], "everything was filed")
                    self.assertEqual(sum(p.is_file() for p in archive.rglob("*")), len(self.tree.files), "nothing was lost")
                    shutil.rmtree(archive)
                    shutil.rmtree(source)
        print(f"{landed} of {ROUNDS} kills met a running program, {partly} left a part stored", flush=True)
        self.assertGreaterEqual(landed, max(1, ROUNDS // 5))

    def test_kill_9_within_a_commit(self):
        for tree in (self.tree, self.big):
            db = self.database()
            with db.locked():
                p = db.start("ingest", "--jobs", "1", tree.path)
                db.wait_blocked()
                p.kill()
                p.communicate()
            self.rerun(db, tree, tree.path)

    def stopped_server(self, stop):
        """PostgreSQL goes away under a run that has stored some and stands in the next commit."""
        server = harness.Server.shared()
        db = self.database()
        few = sorted(p for p in self.tree.path.iterdir())[:2]
        db.run("ingest", *few)
        kept = db.totals()
        for args in (["--jobs", "1"], ["--jobs", "4"]):
            with db.locked():
                p = db.start("ingest", "--json", *args, self.tree.path)
                db.wait_blocked()
                stop(server)
            done = harness.finish(p)
            server.start()
            self.assert_code(done, 75)
            self.assert_sentence(done)
            self.assertEqual(db.totals(), kept, "the half commit left nothing")
            self.assert_schema(done.json())
        self.rerun(db, self.tree, self.tree.path)

    def test_server_stopped_at_once(self):
        self.stopped_server(lambda server: server.stop("immediate"))

    def test_server_killed(self):
        self.stopped_server(lambda server: server.kill())

    def test_server_asked_to_stop(self):
        self.stopped_server(lambda server: server.stop("fast"))

    def test_backend_terminated(self):
        """One connection is ended by an administrator (57P01): later, too."""
        db = self.database()
        with db.locked():
            p = db.start("ingest", "--json", "--jobs", "1", self.tree.path)
            db.wait_blocked()
            db.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' "
                   "and datname = current_database()")
            done = harness.finish(p)
        self.assert_code(done, 75)
        self.rerun(db, self.tree, self.tree.path)

    def test_ctrl_c(self):
        """It ends what it is committing, says what is stored, and exits 75."""
        db = self.database()
        with db.locked():
            p = db.start("ingest", "--json", "--jobs", "1", self.big.path)
            db.wait_blocked()
            p.send_signal(signal.SIGINT)
        done = harness.finish(p)
        self.assert_code(done, 75)
        self.assert_sentence(done, "interrupted")
        said = done.json()
        self.assertEqual((said["reports"]["stored"], said["records"], said["messages"]), db.totals())
        self.assertLess(said["reports"]["stored"], self.big.reports, "it did not read on")
        document = self.rerun(db, self.big, self.big.path)
        self.assertEqual(document["reports"]["stored"] + said["reports"]["stored"], self.big.reports)

    def test_ctrl_c_in_words(self):
        db = self.database()
        with db.locked():
            p = db.start("ingest", "--jobs", "1", self.big.path)
            db.wait_blocked()
            p.send_signal(signal.SIGTERM)
        done = harness.finish(p)
        self.assert_code(done, 75)
        self.assertIn(str(db.totals()[0]), re.findall(r"\d+", done.out + done.err), "it says how many are stored")

    def test_ctrl_c_at_any_moment(self):
        rnd = random.Random(SEED + 2)
        for n in range(8 if harness.LONG else 3 if harness.SANITIZED else 5):
            with self.subTest(round=n):
                db = self.database()
                p = db.start("ingest", "--json", self.tree.path)
                time.sleep(rnd.uniform(0, 0.4))
                p.send_signal(signal.SIGINT)
                out, err = p.communicate(timeout=harness.RUN_SECONDS)
                # Before it listens for it, the signal ends it as it ends any program.
                self.assertIn(p.returncode, (0, 65, 75, -signal.SIGINT), err)
                if p.returncode == 75:
                    self.assertIn(b"interrupted", err)
                self.rerun(db, self.tree, self.tree.path)


if __name__ == "__main__":
    harness.main()

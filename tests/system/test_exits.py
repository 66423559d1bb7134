"""Exit codes and the channels: what a script may depend on."""
import os
import pty
import subprocess
import unittest

import harness
import reports


class Exits(harness.Case):
    def setUp(self):
        self.dir = self.scratch()
        self.good = self.dir / "good.xml"
        self.good.write_bytes(reports.report("exits"))
        self.bad = self.dir / "bad.xml"
        self.bad.write_bytes(reports.report("exits-bad")[:-40])
        self.letter = self.dir / "letter.eml"
        self.letter.write_bytes(reports.LETTER)

    def test_usage(self):
        for args in ([], ["no-such-command"], ["--no-such-option"], ["ingest"], ["ingest", "--no-such"], ["ingest", "--jobs", "x", self.good],
                     ["ingest", "--jobs", "0", self.good], ["parse"], ["db"], ["db", "no-such"], ["db", "prune"],
                     ["db", "prune", "--keep", "x"], ["db", "distribute", "x"], ["db", "distribute", "--dry"], ["inventory", "--month", "2026-13"], ["inventory", "--month", "2026-10", "--since", "2026-10-01"],
                     ["inventory", "--since", "2026-10-02", "--until", "2026-10-01"], ["inventory", "-f", "pdf"], ["inventory", "--category", "x"],
                     ["readiness"], ["readiness", "--as-of", "yesterday", "example.com"], ["imap"], ["imap", "login"], ["imap", "login", "none"], ["rejects"], ["rejects", "show"], ["rejects", "show", "x"]):
            with self.subTest(args=args):
                if args and args[0] == "readiness" and not harness.offers("readiness"):
                    continue
                done = harness.run(*args, db="host=/nonexistent")
                self.assert_code(done, 64)
                self.assertEqual(done.out, "")
                self.assertTrue(done.err.strip())

    def test_slips(self):
        """A mistyped command, option, category or group names the nearest one."""
        conf = self.dir / "slips.conf"
        conf.write_text('group "customers" { domains = {"example.com"} }\n')
        for args, word in ((["inventroy"], "did you mean inventory?"), (["db", "stats"], "did you mean db status?"), (["lable", "list"], "did you mean label?"),
                           (["label", "aprove"], "did you mean label approve?"), (["inventory", "--montj", "x"], "did you mean --month?"),
                           (["readiness", "--strcit", "x"], "did you mean --strict?"), (["label", "approve", "--onwer=x"], "unknown option --onwer; did you mean --owner?"),
                           (["ingest", "--max-mail-byts", "1"], "did you mean --max-mail-bytes?"), (["ingest", "--archve", "x"], "did you mean --archive?"),
                           (["--ofline", "inventory"], "did you mean --offline?"), (["inventory", "--category", "unauthorisd"], 'did you mean "unauthorised"?'),
                           (["--config", conf, "inventory", "--group", "custmers"], "did you mean customers?"),
                           (["report", "--group", "x"], "there is no configuration file"),
                           (["quite-another"], 'unknown command "quite-another"\n'), (["inventory", "--offline"], "option --offline stands before the command: ruascope --offline ... inventory\n"),
                           (["inventory", "--quite-another"], "unknown option --quite-another\n"),
                           (["label"], "missing subcommand"), (["label", "approve", "example.com"], "DOMAIN and SENDER are required"),
                           (["readiness"], "a DOMAIN, --group or --all is required"), (["dmarc"], "exactly one DOMAIN is required"),
                           (["inventory", "--month", "2026-10", "--since", "2026-10-01"], "cannot be combined")):
            with self.subTest(args=args):
                done = harness.run(*args, db="host=/nonexistent")
                self.assert_code(done, 64)
                self.assertIn(word, done.err)

    def test_categories(self):
        """Category words are taken as printed, too."""
        db = self.database()
        db.ingest(self.good)
        for word in ("unauthorised", "unauthorized", "missing from SPF", "not aligned", "legit_broken", "Suspected abuse"):
            self.assert_code(db.run("--offline", "inventory", "--month", "2026-10", "--category", word), 0, word)

    def test_groups(self):
        db = self.database()
        for n, domain in enumerate(("example.com", "example.net", "example.org")):
            path = self.dir / f"{domain}.xml"
            path.write_bytes(reports.report(f"g{n}", domain=domain))
            db.ingest(path)
        conf = self.dir / "groups.conf"
        conf.write_text('domains = {"example.com", "example.net"}\ngroup "customers" { domains = {"Example.NET.", "example.com"} owner = "x" }\n'
                        'group two { domains = {"example.com"} }\ngroup odd { domains = {"b\u00fccher.example"} }\n')

        def domains(*args):
            done = db.run("--config", conf, "--offline", "inventory", "--month", "2026-10", "-f", "json", *args)
            self.assert_code(done, 0, args)
            return [d["domain"] for d in done.json()["domains"]]
        self.assertEqual(domains("--group", "customers"), ["example.net", "example.com"])
        self.assertEqual(domains("example.org", "--group", "two", "--group", "customers"), ["example.org", "example.com", "example.net"])
        self.assertEqual(domains("--group", "odd"), ["xn--bcher-kva.example"])
        self.assertEqual(len(domains()), 3)
        done = db.run("--config", conf, "--offline", "report", "--month", "2026-10", "--group", "two", "-f", "json")
        self.assertEqual([d["domain"] for d in done.json()["domains"]], ["example.com"])
        conf.write_text('group "customers" { owner = "x" }\n')
        self.assert_code(db.run("--config", conf, "inventory"), 78)

    def test_output_files(self):
        """-o: the whole document or what was there before; 74 when it cannot be written."""
        db = self.database()
        db.ingest(self.good)
        month = ["--month", "2026-10"]
        out = self.dir / "out"
        out.mkdir()
        path = out / "x"
        for args in (["inventory", *month], ["report", *month, "-f", "csv"], ["db", "status"], ["rejects", "list", "-f", "json"], ["label", "list"]):
            with self.subTest(args=args):
                self.assert_code(db.run("--offline", *args, "-o", path), 0)
                self.assertTrue(path.read_text())
                self.assert_code(db.run("--offline", *args, "-o", out / "none" / "x"), 74)
                self.assert_code(db.run("--offline", *args, "-o", out), 74, "a directory")
                self.assert_code(db.run("--offline", *args, "-o", "/dev/null"), 0)
                if os.path.exists("/dev/full"):
                    self.assert_code(db.run("--offline", *args, "-o", "/dev/full"), 74)
                self.assertEqual(os.listdir(out), ["x"])
        path.write_text("old")
        link = self.dir / "link"
        link.symlink_to(path)
        self.assert_code(harness.run("inventory", *month, "-o", link, db="host=/nonexistent"), 69)
        self.assertEqual(path.read_text(), "old", "a run that fails leaves it")
        self.assert_code(db.run("--offline", "inventory", *month, "-o", link), 0)
        self.assertTrue(link.is_symlink())
        self.assertIn("example.com", path.read_text())

    def test_help_and_version(self):
        for args in (["--help"], ["--version"], ["ingest", "--help"], ["parse", "--help"], ["inventory", "--help"], ["readiness", "--help"],
                     ["imap", "--help"], ["rejects", "--help"], ["db", "--help"], ["label", "--help"], ["spf", "--help"], ["dmarc", "--help"], ["report", "--help"]):
            with self.subTest(args=args):
                if not harness.offers(f"ruascope {args[0]}" if len(args) > 1 else "ruascope"):
                    continue
                done = harness.run(*args)
                self.assert_code(done, 0)
                self.assertTrue(done.out.strip())
                self.assertEqual(done.err, "")

    def test_set_aside(self):
        """65 for what was set aside; a letter is none of that."""
        db = self.database()
        self.assert_code(db.run("ingest", self.good, self.letter), 0)
        self.assert_code(db.run("ingest", self.good), 0, "a duplicate")
        self.assert_code(db.run("ingest", self.bad), 65, "a rejected one")
        conflict = self.dir / "conflict.xml"
        conflict.write_bytes(self.good.read_bytes().replace(b"<selector>s1<", b"<selector>s2<"))
        self.assert_code(db.run("ingest", conflict), 65, "a conflict")
        self.assert_code(db.run("ingest", conflict), 0, "a conflict met again is a duplicate")
        self.assert_code(harness.run("parse", self.good), 0)
        done = harness.run("parse", self.bad, self.good)
        self.assert_code(done, 65)
        self.assertEqual([d["source"] for d in done.lines()], [str(self.good)])
        self.assertIn("bad.xml", done.err)

    def test_parse_needs_no_database(self):
        done = harness.run("parse", self.good, db="host=/nonexistent")
        self.assert_code(done, 0)
        self.assert_schema(done.json())

    def test_database_unreachable(self):
        for conninfo in ("host=/nonexistent", "host=127.0.0.1 port=1 connect_timeout=5", "postgresql://127.0.0.1:1/x"):
            for args in (["ingest", self.good], ["ingest", "--json", "--dry-run", self.good], ["inventory"], ["db", "status"], ["db", "migrate"],
                         ["rejects", "list"]):
                with self.subTest(conninfo=conninfo, args=args[0]):
                    done = harness.run(*args, db=conninfo)
                    self.assert_code(done, 69)
                    self.assert_sentence(done)

    def test_no_such_database(self):
        server = harness.Server.shared()
        done = harness.run("ingest", self.good, db=server.conninfo("nobody_made_it"))
        self.assert_code(done, 69)
        self.assert_sentence(done, "nobody_made_it")

    def test_migration_needed(self):
        db = self.database(empty=True)
        for args in (["ingest", self.good], ["inventory"], ["rejects", "list"]):
            done = db.run(*args)
            self.assertNotIn(done.code, (0, 65))
            self.assert_sentence(done, "ruascope db migrate")
        self.assertEqual(db.number("select count(*) from pg_tables where schemaname = 'public'"), 0, "it changed nothing by itself")
        self.assert_code(db.run("db", "migrate"), 0)
        self.assert_code(db.run("db", "migrate"), 0, "again")
        self.assertEqual(db.ingest(self.good)["reports"]["stored"], 1)

    def test_distribute(self):
        """Without Citus: one line, 78, nothing changed; the statements can be seen without any database."""
        db = self.database()
        db.ingest(self.good)
        done = db.run("db", "distribute")
        self.assert_code(done, 78)
        self.assertEqual(done.out, "")
        self.assert_sentence(done, "no Citus extension")
        self.assertEqual(len(done.err.splitlines()), 1)
        self.assertEqual(db.ingest(self.good)["reports"]["duplicate"], 1)
        shown = harness.run("db", "distribute", "--print", db="host=/nonexistent")
        self.assert_code(shown, 0)
        self.assertIn("create_distributed_table('report', 'domain_id')", shown.out)
        self.assertEqual(shown.err, "")

    def test_newer_schema(self):
        db = self.database()
        db.sql("insert into schema_version (version) select max(version) + 1 from schema_version")
        done = db.run("ingest", self.good)
        self.assertNotIn(done.code, (0, 65))
        self.assert_sentence(done, "newer")

    def test_libpq_variables(self):
        """Without --db, libpq's own variables name the database; --db goes before them."""
        db = self.database()
        env = {"PGHOST": db.server.dir, "PGUSER": "tester", "PGDATABASE": db.name}
        self.assert_code(harness.run("ingest", self.good, env=env), 0)
        self.assertEqual(db.totals()[0], 1)
        self.assert_code(harness.run("ingest", self.good, env=env, db="host=/nonexistent"), 69)

    def test_configuration(self):
        db = self.database()
        conf = self.dir / "ruascope.conf"
        conf.write_text(f'database = "{db.conninfo}"\n')
        done = harness.run("--config", conf, "ingest", self.good)
        self.assert_code(done, 0)
        self.assertEqual(db.totals()[0], 1)
        conf.write_text("database = \n {{{\n")
        self.assert_code(harness.run("--config", conf, "ingest", self.good), 78)
        self.assert_code(harness.run("--config", self.dir / "none.conf", "ingest", self.good), 78)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_full_disk(self):
        db = self.database()
        db.ingest(self.good, self.bad, code=65)
        for args in (["ingest", "--json", self.good], ["ingest", self.good], ["parse", self.good], ["--help"], ["--version"],
                     ["--offline", "inventory", "--month", "2026-10", "-f", "json"], ["--offline", "inventory", "--month", "2026-10"], ["rejects", "list"], ["db", "status"]):
            with self.subTest(args=args), open("/dev/full", "wb") as full:
                done = db.run(*args, stdout=full)
                self.assert_code(done, 74)
                self.assertTrue(done.err.strip())

    def test_closed_pipe(self):
        """Its reader went away (head): it ends, and not by a crash."""
        read, write = os.pipe()
        os.close(read)
        p = subprocess.run([harness.PROGRAM, "parse", self.good], env=harness.environment(self.dir), stdout=write, stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=60)
        os.close(write)
        self.assertIn(p.returncode, (74, -13))

    def test_closed_channels(self):
        """Started with stdout or stderr closed: a database file must not be written over, nor a word lost in silence."""
        db = self.database()
        for close in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            p = subprocess.run(["sh", "-c", f'exec "$0" "$@" {close}', *harness.command("ingest", self.good, db=db.conninfo)],
                               env=harness.environment(self.dir), capture_output=True, timeout=60)
            self.assertIn(p.returncode, (0, 74), close)
        self.assertEqual(db.totals()[0], 1)

    def test_channels(self):
        """Results to stdout, the rest to stderr; no escapes where no terminal is, nor under NO_COLOR."""
        db = self.database()
        done = db.run("-v", "ingest", "--json", self.good, self.bad)
        done.json()
        for args in (["ingest", self.good, self.bad], ["-v", "ingest", self.good], ["--offline", "inventory", "--month", "2026-10"], ["db", "status"],
                     ["rejects", "list"]):
            done = db.run("--offline", *args)
            self.assertNotIn("\x1b", done.out + done.err, args)
            self.assertNotIn("\r", done.out + done.err, args)

    def test_no_color(self):
        db = self.database()
        db.ingest(self.good, self.bad, code=65)
        for args in (["ingest", "--json", self.good, self.bad], ["--offline", "inventory", "--month", "2026-10"]):
            here, there = pty.openpty()
            p = subprocess.Popen(harness.command(*args, db=db.conninfo), env=harness.environment(self.dir, NO_COLOR="1", TERM="xterm"),
                                 stdin=subprocess.DEVNULL, stdout=there, stderr=subprocess.DEVNULL)
            os.close(there)
            shown = b""
            try:
                while block := os.read(here, 65536):
                    shown += block
            except OSError:  # EIO: the other side is closed
                pass
            os.close(here)
            p.wait(timeout=60)
            self.assertTrue(shown)
            self.assertNotIn(b"\x1b", shown, args)

    def test_quiet(self):
        done = self.database().run("-q", "ingest", "--json", self.good)
        self.assert_code(done, 0)
        self.assertEqual(done.err, "")


if __name__ == "__main__":
    harness.main()

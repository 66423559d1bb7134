"""A person's word about a sender: said, changed, taken back, listed. And the catalogue that a person adds to."""
import datetime

import harness

FUTURE = (datetime.date.today() + datetime.timedelta(days=400)).isoformat()


class Label(harness.Case):
    def setUp(self):
        self.db = self.database()

    def label(self, *args, code=0, **more):
        done = self.db.run("label", *args, **more)
        self.assert_code(done, code, args)
        return done

    def listed(self, *args):
        document = self.label("list", *args, "-f", "json").json()
        self.assert_schema(document)
        return document["labels"]

    def row(self, sender, domain="example.com"):
        return next(r for r in self.listed(domain) if r["sender"] == sender)

    def test_nothing_yet(self):
        self.assertEqual(self.listed(), [])
        self.assertEqual(self.label("list").out, "No sender is labelled.\n")

    def test_a_domain_without_reports(self):
        done = self.label("approve", "Example.COM.", "dkim:Vendor.Example")
        self.assertEqual(done.out, "example.com: dkim:vendor.example: approve\n")
        self.assertEqual(done.err, "")
        row, = self.listed()
        self.assertEqual({k: row[k] for k in row if k != "set_at"},
                         {"domain": "example.com", "sender": "dkim:vendor.example", "network": False, "verdict": "approve",
                          "name": None, "owner": None, "until": None})
        self.assertEqual(self.db.sql("select name from domain"), "example.com")

    def test_verdict_and_name_stand_side_by_side(self):
        key = "net:192.0.2.0/24"
        self.label("approve", "example.com", key, "--owner", "marketing", "--until", FUTURE)
        done = self.label("name", "example.com", key, "Old relay")
        self.assertEqual(done.out, f"example.com: {key}: approve; name: Old relay; owner: marketing; until {FUTURE}\n")
        self.label("deny", "example.com", key)
        row = self.row(key)
        self.assertEqual((row["verdict"], row["name"], row["owner"], row["until"]), ("deny", "Old relay", "marketing", None))
        self.label("ignore", "example.com", key, "--owner", "")
        self.assertIsNone(self.row(key)["owner"])
        self.assertEqual(len(self.listed()), 1)

    def test_a_name_alone(self):
        done = self.label("name", "example.com", "host:mx.example.net", "Branch")
        self.assertEqual(done.out, "example.com: host:mx.example.net: no verdict; name: Branch\n")
        self.assertIsNone(self.row("host:mx.example.net")["verdict"])
        self.label("approve", "example.com", "HOST:mx.example.net.")
        self.assertEqual(self.row("host:mx.example.net")["name"], "Branch")

    def test_services(self):
        """A service's name and its key are one label; so is one of an own catalogue."""
        self.label("approve", "example.com", "SendGrid")
        self.label("name", "example.com", "service:sendgrid", "News")
        row, = self.listed()
        self.assertEqual((row["sender"], row["verdict"], row["name"]), ("service:sendgrid", "approve", "News"))
        self.label("forget", "example.com", "sendgrid")
        self.assertEqual(self.listed(), [])
        home = self.scratch()
        (home / "own.csv").write_text("name,kind,ptr_suffixes\nOur Relay,gateway,relay.example.net\n")
        (home / "ruascope.conf").write_text('catalogue = "own.csv"\n')
        done = harness.run("--config", home / "ruascope.conf", "label", "approve", "example.com", "our relay", db=self.db.conninfo)
        self.assert_code(done, 0)
        self.assertEqual(self.listed()[0]["sender"], "service:our-relay")
        (home / "own.csv").write_text("name,kind,ptr_suffixes\nOur Relay,gateway,net\n")
        done = harness.run("--config", home / "ruascope.conf", "label", "approve", "example.com", "our relay", db=self.db.conninfo)
        self.assert_code(done, 78)
        self.assert_sentence(done, "own.csv:2: ", "ptr_suffixes")

    def test_networks(self):
        for given, kept in (("192.0.2.0/28", "192.0.2.0/28"), ("192.0.2.7/32", "192.0.2.7"), ("2001:DB8::/32", "2001:db8::/32"),
                            ("::ffff:198.51.100.7", "198.51.100.7")):
            self.label("approve", "example.com", given)
            self.assertTrue(self.row(kept)["network"])
        done = self.label("approve", "example.com", "192.0.2.7/24", code=64)
        self.assertIn("192.0.2.0/24 is the network, 192.0.2.7 the address", done.err)
        self.assertEqual(len(self.listed()), 4)

    def test_forget(self):
        self.label("approve", "example.com", "a.example")
        self.label("approve", "example.org", "a.example")
        self.assertEqual(self.label("forget", "example.com", "A.example").out, "example.com: a.example: forgotten\n")
        self.assertEqual([r["domain"] for r in self.listed()], ["example.org"])
        done = self.label("forget", "example.com", "a.example")
        self.assertEqual(done.out, "")
        self.assert_sentence(done, "nothing was said")
        self.label("forget", "never-seen.example", "a.example")
        self.assertEqual(self.db.number("select count(*) from domain"), 2)

    def test_until(self):
        done = self.label("deny", "example.com", "a.example", "--until", "2026-01-01")
        self.assertIn("until 2026-01-01 (over)", done.out)
        self.assert_sentence(done, "has passed")
        self.assertIn("(over)", self.label("list").out)
        self.assertEqual(self.row("a.example")["until"], "2026-01-01")

    def test_list(self):
        self.label("approve", "b.example", "x.example", "--owner", "it")
        self.label("deny", "a.example", "y.example")
        self.label("name", "a.example", "192.0.2.0/24", "Office")
        self.assertEqual([(r["domain"], r["sender"]) for r in self.listed()],
                         [("a.example", "192.0.2.0/24"), ("a.example", "y.example"), ("b.example", "x.example")])
        self.assertEqual(len(self.listed("A.example.")), 2)
        self.assertEqual(self.listed("never-seen.example"), [])
        lines = self.label("list").out.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[0], r"^-        a\.example: 192\.0\.2\.0/24; name: Office; set \d{4}-\d\d-\d\d$")
        self.assertRegex(lines[2], r"^approve  b\.example: x\.example; owner: it; set ")
        self.assertEqual(self.db.sql("select domain, sender, verdict from v_label order by 1, 2 limit 1"), "a.example\t192.0.2.0/24\t")

    def test_usage(self):
        """64 and a sentence, before any database is asked."""
        wrong = [["label"], ["label", "approve"], ["label", "approve", "example.com"], ["label", "approve", "example.com", "a", "b"],
                 ["label", "name", "example.com", "a.example"], ["label", "forget", "example.com"], ["label", "list", "a", "b"],
                 ["label", "list", "-f", "csv"], ["label", "allow", "example.com", "a"], ["label", "approve", "no domain", "a"],
                 ["label", "approve", "example.com", ""], ["label", "approve", "example.com", "a\nb"],
                 ["label", "approve", "example.com", b"a\xff"], ["label", "approve", "example.com", "x" * 320],
                 ["label", "approve", "example.com", "0.0.0.0/0"], ["label", "approve", "example.com", "192.0.2.0/40"],
                 ["label", "approve", "example.com", "a", "--until", "soon"], ["label", "approve", "example.com", "a", "--until", "2026-02-30"],
                 ["label", "approve", "example.com", "a", "--owner", "x" * 201], ["label", "approve", "example.com", "a", "--owner", "\x1b[31m"],
                 ["label", "approve", "example.com", "a", "--until"], ["label", "name", "example.com", "a", "x" * 201],
                 ["label", "name", "example.com", "a", " "], ["label", "name", "example.com", "a", "a\x9bb"], ["label", "list", "no domain"]]
        for args in wrong:
            with self.subTest(args=args):
                done = harness.run(*args, db="host=/nonexistent")
                self.assert_code(done, 64)
                self.assertEqual(done.out, "")
                self.assert_harmless(done.err, args)

    def test_harmless(self):
        """What others wrote into the table is escaped when it is shown."""
        self.label("approve", "example.com", "a.example")
        self.db.sql(r"update sender_label set name = e'x\n\u001b[31m<b>', owner = e'\u202e\u0085'")
        for args in ([], ["-f", "json"]):
            done = self.label("list", *args)
            self.assert_harmless(done.out, args)
            self.assertEqual(len(done.out.splitlines()), 1)
        self.assert_schema(self.label("list", "-f", "json").json())

    def test_two_at_once(self):
        """Setters of one row, in a domain that nobody had heard of: all succeed, one row, and nobody's half is lost."""
        for n in range(4):
            domain = f"d{n}.example"
            runs = [self.db.start("label", word, domain, "a.example", *more) for word, more in
                    (("approve", []), ("name", ["First"]), ("deny", []), ("name", ["Second"]), ("approve", ["--owner", "it"]))]
            for run in runs:
                self.assert_code(harness.finish(run), 0)
            row, = self.listed(domain)
            self.assertIn(row["verdict"], ("approve", "deny"))
            self.assertIn(row["name"], ("First", "Second"))
            self.assertEqual(row["owner"], "it")
        self.assertEqual(self.db.number("select count(*) from domain"), 4)

    def test_behind_a_lock(self):
        """A setter that waits for another's transaction sees its work."""
        self.label("approve", "example.com", "a.example")
        with self.db.locked("sender_label"):
            waiting = self.db.start("label", "name", "example.com", "a.example", "Late")
            self.db.wait_blocked()
        self.assert_code(harness.finish(waiting), 0)
        row, = self.listed()
        self.assertEqual((row["verdict"], row["name"]), ("approve", "Late"))

    def test_an_old_schema(self):
        """What stood there before a row could hold both."""
        first = (harness.ROOT / "db/migrations/0001_init.sql").read_text()
        self.db.sql("drop schema public cascade; create schema public; "
                    "create table schema_version (version integer primary key, applied_at timestamptz default now()); "
                    f"insert into schema_version values (1); {first}; "
                    "insert into domain (name) values ('example.com'); "
                    "insert into sender_label (domain_id, sender, verdict, name) select id, 'a.example', 'name', 'A' from domain")
        self.label("list", code=78)
        self.assert_code(self.db.run("db", "migrate"), 0)
        row, = self.listed()
        self.assertEqual((row["verdict"], row["name"]), (None, "A"))


class Private(harness.Case):
    def test_private_cluster(self):
        home = self.home()
        runs = [home.start("label", "approve", "example.com", f"v{n}.example") for n in range(2)]
        for run in runs:
            self.assert_code(harness.finish(run), 0)
        done = home.run("label", "list", "-f", "json")
        self.assert_code(done, 0)
        self.assert_schema(done.json())
        self.assertEqual([r["sender"] for r in done.json()["labels"]], ["v0.example", "v1.example"])


class Catalogue(harness.Case):
    def setUp(self):
        self.dir = self.scratch()
        self.own = self.dir / "own.csv"
        self.own.write_text("# ours\nname,kind,ptr_suffixes,advice\nGroup relay,gateway,relay.example.net,\"Ask us, please.\"\n")

    def test_list(self):
        done = harness.run("catalogue")
        self.assert_code(done, 0)
        self.assertGreater(len(done.out.splitlines()), 120)
        self.assertIn("service:sendgrid  SendGrid\n", done.out)
        self.assert_harmless(done.out, "catalogue")

    def test_names(self):
        done = harness.run("catalogue", "o1.sendgrid.net")
        self.assert_code(done, 0)
        self.assertIn("o1.sendgrid.net as address:\n", done.out)
        self.assertIn("Domain Authentication", done.out)
        self.assert_code(harness.run("catalogue", "microsoft 365"), 0)
        done = harness.run("catalogue", "evilsendgrid.net", "a\x1b[31m")
        self.assert_code(done, 65)
        self.assert_harmless(done.err, "catalogue")

    def test_own(self):
        done = harness.run("catalogue", "--file", self.own, "mx.relay.example.net")
        self.assert_code(done, 0)
        self.assertIn("service:group-relay  Group relay  (own)", done.out)
        self.assertIn("Ask us, please.", done.out)
        conf = self.dir / "conf" / "ruascope.conf"
        conf.parent.mkdir()
        conf.write_text('catalogue = "../own.csv"\n')
        self.assert_code(harness.run("--config", conf, "catalogue", "mx.relay.example.net", cwd="/"), 0)
        conf.write_text(f'catalogue = "{self.own}"\n')
        self.assert_code(harness.run("--config", conf, "catalogue", "mx.relay.example.net", cwd="/"), 0)
        self.assert_code(harness.run("--config", "ruascope.conf", "catalogue", cwd=conf.parent), 0)
        conf.write_text('catalogue = "none.csv"\n')
        done = harness.run("--config", conf, "catalogue")
        self.assert_code(done, 78)
        self.assert_sentence(done, "none.csv")
        conf.write_text('catalogue = ""\n')
        self.assert_code(harness.run("--config", conf, "catalogue"), 78)

    def test_errors(self):
        for text, line in (("name,kind,ptr_suffixes\nA,esp,\"x\n", 2), ("", 0), ("\0\x1b[31m\n", 1), ("name,kind,\x1b[31m\n", 1),
                           ("name,kind,ptr_suffixes\nA,esp,com\n", 2)):
            self.own.write_text(text)
            done = harness.run("catalogue", "--file", self.own)
            self.assert_code(done, 78)
            self.assert_sentence(done, f"own.csv:{line}: ")
            self.assert_harmless(done.err, text)
        self.assert_code(harness.run("catalogue", "--file", self.dir), 78)
        self.own.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
        self.assert_sentence(harness.run("catalogue", "--file", self.own), "larger than")


if __name__ == "__main__":
    harness.main()

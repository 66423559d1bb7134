"""A person's word about a sender: said, changed, taken back, listed. And the catalogue that a person adds to."""
import datetime
import re
import shutil
import sys

import harness
import nameserver
import reports

sys.path[:0] = [str(harness.ROOT / "tests/samples")]
import story_zones  # noqa: E402

FUTURE = (datetime.date.today() + datetime.timedelta(days=400)).isoformat()


SETTERS = ("approve", "deny", "ignore", "name")


class Labels(harness.Case):
    """What every test here asks."""

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


class Label(Labels):
    """How labels are kept; whom they mean is of no interest here."""

    def setUp(self):
        self.db = self.database()

    def label(self, word, *args, **more):
        return super().label(word, *args, *(["--force"] if word in SETTERS else []), **more)

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
        done = harness.run("--config", home / "ruascope.conf", "label", "approve", "example.com", "our relay", "--force", db=self.db.conninfo)
        self.assert_code(done, 0)
        self.assertEqual(self.listed()[0]["sender"], "service:our-relay")
        (home / "own.csv").write_text("name,kind,ptr_suffixes\nOur Relay,gateway,net\n")
        done = harness.run("--config", home / "ruascope.conf", "label", "approve", "example.com", "our relay", "--force", db=self.db.conninfo)
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
        self.assertEqual(self.label("forget", "example.com", "A.example").out, "example.com: a.example: label removed\n")
        self.assertEqual([r["domain"] for r in self.listed()], ["example.org"])
        done = self.label("forget", "example.com", "a.example")
        self.assertEqual(done.out, "")
        self.assert_sentence(done, "no label for a.example of example.com")
        self.assert_sentence(self.label("forget", "never-seen.example", "a.example"), "no label")
        self.label("approve", "example.org", "service:sendgrid")
        done = self.label("forget", "example.org", "Sendgird")
        self.assert_sentence(done, "no label for Sendgird of example.org; did you mean service:sendgrid?")
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
                 ["label", "approve", "example.com", "0.0.0.0/0"], ["label", "deny", "example.com", "10.0.0.0/7"],
                 ["label", "deny", "example.com", "2001::/31"], ["label", "list", "--frce"], ["label", "aprove", "example.com", "a"],
                 ["label", "approve", "example.com", "192.0.2.0/40"],
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
            runs = [self.db.start("label", word, domain, "a.example", *more, "--force") for word, more in
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
            waiting = self.db.start("label", "name", "example.com", "a.example", "Late", "--force")
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

    def test_output(self):
        """-o: a whole file or the one of before."""
        path = self.scratch() / "labels.json"
        self.label("approve", "example.com", "a.example")
        done = self.label("list", "-f", "json", "-o", path)
        self.assertEqual((done.out, done.err), ("", ""))
        self.assertEqual(path.read_text(), self.label("list", "-f", "json").out)
        path.chmod(0o640)
        self.label("forget", "example.com", "a.example")
        self.label("list", "-o", path)
        self.assertEqual(path.read_text(), "No sender is labelled.\n")
        self.assertEqual(path.stat().st_mode & 0o777, 0o640)
        self.label("list", "-o", path.parent / "none" / "x", code=74)
        self.assertEqual([p.name for p in path.parent.iterdir()], [path.name])


class Meant(Labels):
    """Which sender a word means: by what the stored reports show, without DNS."""

    def setUp(self):
        self.db = self.database()
        r = reports.record
        rows = [r("192.0.2.1", 900), r("192.0.2.7", 40, dkim="fail", spf="fail"), r("198.51.100.1", 8, dkim="fail", spf="fail"),
                re.sub("<auth_results>.*</auth_results>", "<auth_results><spf><domain>vendor.example</domain><result>pass</result></spf></auth_results>",
                       r("203.0.113.1", 50, dkim="fail", spf="fail"))]
        self.ingest(reports.report("one", rows))
        self.ingest(reports.report("old", [r("198.51.100.200", 3)], begin=reports.BEGIN - 200 * reports.DAY))
        self.ingest(reports.report("older", [r("198.51.101.200", 3)], begin=reports.BEGIN - 430 * reports.DAY))

    def ingest(self, data):
        path = self.scratch() / "r.xml"
        path.write_bytes(data)
        self.db.ingest(path)

    def senders(self):
        done = self.db.run("--offline", "inventory", "--month", "2026-10", "example.com", "-f", "json")
        self.assert_code(done, 0)
        return {s["key"]: s for s in done.json()["domains"][0]["senders"]}

    def refused(self, *args):
        done = self.label(*args, code=64)
        self.assertEqual(done.out, "")
        self.assertEqual(self.listed(), [], args)
        self.assert_harmless(done.err, args)
        self.assertEqual(len(done.err.splitlines()), 1)
        return done

    def test_names_and_keys(self):
        for word, key in (("mailfrom:vendor.example", "mailfrom:vendor.example"), ("VENDOR.example", "mailfrom:vendor.example"),
                          ("vendor.example (fails)", "mailfrom:vendor.example#fail"), ("mailfrom:vendor.example#fail", "mailfrom:vendor.example#fail"),
                          ("net:192.0.2.0/24", "net:192.0.2.0/24"), ("192.0.2.0/24 (SPF fails)", "net:192.0.2.0/24#spf-fail"),
                          ("192.0.2.7", "192.0.2.7"), ("198.51.100.200", "198.51.100.200")):
            with self.subTest(word=word):
                done = self.label("approve", "example.com", word)
                self.assertEqual(done.out.splitlines()[0], f"example.com: {key}: approve")
                self.assertEqual(done.err, "")
                self.assertEqual([r["sender"] for r in self.listed()], [key])
                self.label("forget", "example.com", word)
                self.assertEqual(self.listed(), [])

    def test_own_names(self):
        """What a person called it is its name from then on."""
        self.assertIn("mailfrom:vendor.example#fail", self.senders())
        self.label("name", "example.com", "vendor.example", "Payroll")
        self.assertEqual(self.senders()["mailfrom:vendor.example#fail"]["sender"], "Payroll")
        self.assertEqual(self.label("approve", "example.com", "PAYROLL", "--owner", "hr").out,
                         "example.com: mailfrom:vendor.example: approve; name: Payroll; owner: hr\n")
        self.label("deny", "example.com", "vendor.example")
        row, = self.listed()
        self.assertEqual((row["sender"], row["verdict"], row["name"]), ("mailfrom:vendor.example", "deny", "Payroll"))
        done = self.label("ignore", "example.com", "Pyroll", code=64)
        self.assert_sentence(done, 'no sender "Pyroll" of example.com; did you mean Payroll (mailfrom:vendor.example)?')
        self.label("forget", "example.com", "payroll")
        self.assertEqual(self.listed(), [])

    def test_unknown(self):
        self.assert_sentence(self.refused("approve", "exmaple.com", "vendor.example"), "no reports of exmaple.com; did you mean example.com?")
        self.assert_sentence(self.refused("approve", "quite.another", "vendor.example"), "no reports of quite.another", "--force")
        self.assert_sentence(self.refused("approve", "example.com", "vednor.example"),
                             'no sender "vednor.example" of example.com; did you mean vendor.example (mailfrom:vendor.example)?')
        self.assert_sentence(self.refused("deny", "example.com", "service:sendgrid"), 'no sender "service:sendgrid"')
        self.assert_sentence(self.refused("deny", "example.com", "SendGrid"), 'no sender "SendGrid"', "--force")
        self.assert_sentence(self.refused("approve", "example.com", "192.0.2.99"), "no mail as example.com came from 192.0.2.99")
        self.assert_sentence(self.refused("approve", "example.com", "198.51.101.200"), "no mail")  # 14 months ago
        self.assertEqual(self.label("approve", "example.com", "SendGrid", "--force").out, "example.com: service:sendgrid: approve\n")
        self.label("deny", "quite.another", "x.example", "--force")
        self.label("approve", "quite.another", "x.example")  # has a label: known
        self.label("approve", "quite.another", "y.example", code=64)

    def passing_key(self):
        senders = self.db.run("--offline", "inventory", "example.com", "--month", "2026-10", "-f", "json").json()["domains"][0]["senders"]
        return next(s["key"] for s in senders if s["dmarc_pass"] == s["messages"])

    def test_networks(self):
        """A network says whom it takes in, and takes in what passes or is approved only when that is meant."""
        done = self.refused("deny", "example.com", "192.0.2.0/24")
        self.assert_sentence(done, "192.0.2.0/24 holds: ", "(940 messages, 95.7% pass)", "--force")
        self.assert_sentence(self.refused("ignore", "example.com", "192.0.2.1"), "192.0.2.1 holds: 192.0.2.1 (900 messages, all pass)")
        self.assert_sentence(self.refused("deny", "example.com", "0.0.0.0/0"), "--force")
        self.assert_sentence(self.refused("deny", "example.com", self.passing_key()), "% of its ", "messages pass DMARC", "--force")
        done = self.label("deny", "example.com", "203.0.113.0/24")
        self.assertEqual(done.out, "example.com: 203.0.113.0/24: deny\n203.0.113.0/24 holds: vendor.example (50 messages, all fail)\n")
        self.label("forget", "example.com", "203.0.113.0/24")
        self.label("approve", "example.com", "vendor.example")
        done = self.label("ignore", "example.com", "203.0.113.0/24", code=64)
        self.assert_sentence(done, "vendor.example (approved, 50 messages, all fail)")
        self.label("ignore", "example.com", "203.0.113.0/24", "--force")
        self.label("deny", "example.com", "0.0.0.0/0", "--force")
        senders = self.senders()
        self.assertEqual({k for k, s in senders.items() if s["messages"]}, {"label:0.0.0.0/0", "label:203.0.113.0/24"}, "the smallest network counts")
        self.assertEqual(senders["label:0.0.0.0/0"]["messages"], 948)
        done = self.label("deny", "example.com", "label:0.0.0.0/0", "--force")
        self.assertEqual(done.out, "example.com: 0.0.0.0/0: deny\n")

    def test_ready_to_type(self):
        """What a report shows to be typed is what it says."""
        text = self.db.run("--offline", "inventory", "--month", "2026-10", "example.com").out
        lines = [line.split("ruascope ", 1)[1] for line in text.splitlines() if line.startswith("    if yours: ruascope label ")]
        self.assertIn("label approve example.com mailfrom:vendor.example", lines)
        self.assertIn("label approve example.com 192.0.2.7", lines)
        for line in lines:
            self.assert_code(self.db.run(*line.split(" ")), 0, line)
        self.assertNotIn("if yours", self.db.run("--offline", "inventory", "--month", "2026-10", "example.com").out)


@harness.unittest.skipUnless(shutil.which("nsd", path="/usr/sbin:/sbin:/usr/bin"), "nsd is not installed")
class Kept(Labels):
    """Names that DNS gave an inventory are names later, when nobody asks DNS."""

    def test_names(self):
        self.db = self.database()
        self.db.ingest(harness.ROOT / "samples", code=65)
        with nameserver.NameServer(story_zones.write(self.scratch() / "zones")) as dns:
            self.assert_code(self.db.run("--dns-server", dns.address, "inventory", "--month", "2026-10"), 0)
        for word, key in (("web80.webhost.example", "host:web80.webhost.example"), ("Web80.webhost.example (spf fails)", "host:web80.webhost.example#spf-fail"),
                          ("mail.example.com", "own:example.com"), ("lists.example", "dkim:lists.example"), ("192.0.2.80", "192.0.2.80")):
            with self.subTest(word=word):
                self.assertEqual(self.label("approve", "example.com", word).out.splitlines()[0], f"example.com: {key}: approve")
                self.label("forget", "example.com", word)
        done = self.label("approve", "example.com", "web8.webhost.example", code=64)
        self.assert_sentence(done, "did you mean web80.webhost.example (host:web80.webhost.example)?")
        done = self.label("deny", "example.com", "192.0.2.0/24", code=64)
        self.assert_sentence(done, "mail.example.com (1,216 messages, all pass)", "web80.webhost.example (176 messages, all fail)")
        self.label("deny", "example.com", "192.0.2.0/24", "--force")
        done = self.label("approve", "example.com", "web80.webhost.example", code=64)
        self.assert_sentence(done, "web80.webhost.example is in the labelled network 192.0.2.0/24")


class Private(harness.Case):
    def test_private_cluster(self):
        home = self.home()
        runs = [home.start("label", "approve", "example.com", f"v{n}.example", "--force") for n in range(2)]
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

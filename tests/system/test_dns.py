"""Senders with the evidence of DNS, asked of a real name server: the story of the samples comes out as it is told."""
import contextlib
import shutil
import socket
import subprocess
import sys
import time

import harness
import nameserver
import reports

sys.path.insert(0, str(harness.ROOT / "tests/samples"))
import story_zones as zones  # noqa: E402

SAMPLES = harness.ROOT / "samples"
ANSWERS = SAMPLES / ".dns/answers.sql"
GOLDEN = harness.HERE / "golden"
OCTOBER = ("--month", "2026-10")

# What samples/README.md tells of each sender of example.com in October.
STORY = {
    "own:example.com": ("authorized", "none"),
    "ptr:mailhost.example": ("authorized", "none"),
    "host:web80.webhost.example#spf-fail": ("legit_spf_missing", "spf_add"),
    "dkim:newsletter.example": ("authorized", "none"),
    "dkim:lists.example": ("forwarder", "forwarder"),
    "ptr:alumni.example#dkim": ("forwarder", "forwarder"),
    "net:203.0.113.0/24#fail": ("unauthorized", "block"),
    "net:203.0.113.0/24#spf-fail": ("unauthorized", "block"),
}

MMDB = """
use MaxMind::DB::Writer::Tree;
my %t = (autonomous_system_number => 'uint32', autonomous_system_organization => 'utf8_string', country => 'map', iso_code => 'utf8_string');
my $w = MaxMind::DB::Writer::Tree->new(ip_version => 6, record_size => 24, database_type => 'Test', languages => ['en'],
    description => {en => 'test'}, map_key_type_callback => sub { $t{$_[0]} }, remove_reserved_networks => 0);
$w->insert_network('192.0.2.80/32', {autonomous_system_number => 64500, autonomous_system_organization => 'Webhost', country => {iso_code => 'JP'}});
open my $f, '>:raw', $ARGV[0] or die; $w->write_tree($f);
"""


class Silent:
    """A socket that hears questions and answers none."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        return self

    def __exit__(self, *_):
        self.socket.close()

    def questions(self):
        """What was asked since the last time: each question once, as it came after the header."""
        found = set()
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                packet = self.socket.recv(512)[12:]
                found.add(packet[:packet.index(b"\0") + 5])
        return found


def have_nsd():
    return shutil.which("nsd", path="/usr/sbin:/sbin:/usr/bin")


@harness.unittest.skipUnless(have_nsd(), "nsd is not installed")
class WithDns(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.home = harness.Home()
        cls.addClassCleanup(cls.home.close)
        if cls.home.run("db", "start").code != 0:
            raise AssertionError("db start")
        cls.home.run("ingest", SAMPLES)
        cls.dns = nameserver.NameServer(zones.write(cls.home.top / "zones"))
        cls.dns.start()
        cls.addClassCleanup(cls.dns.__exit__)

    def ask(self, *args, server=None, code=0):
        done = self.home.run("--dns-server", server or self.dns.address, *args)
        self.assert_code(done, code)
        return done

    def document(self, *args, **more):
        document = self.ask("inventory", *args, "-f", "json", **more).json()
        self.assert_schema(document)
        return document

    def senders(self, *args, **more):
        domain, = self.document(*OCTOBER, "example.com", *args, **more)["domains"]
        return {s["key"]: s for s in domain["senders"]}

    def golden(self, name, text):
        path = GOLDEN / name
        self.assert_harmless(text, name)
        if harness.ACCEPT:
            path.write_text(text)
        self.assertMultiLineEqual(text, path.read_text())

    def test_story(self):
        senders = self.senders()
        self.assertLessEqual(STORY.keys(), senders.keys())
        for key, (category, remedy) in STORY.items():
            with self.subTest(sender=key):
                self.assertEqual((senders[key]["category"], senders[key]["remedy"]["kind"]), (category, remedy))

    def test_edit(self):
        remedy = self.senders()["host:web80.webhost.example#spf-fail"]["remedy"]
        self.assertEqual((remedy["domain"], remedy["lookups_before"], remedy["lookups_after"]), ("example.com", 1, 1))
        self.assertEqual(remedy["before"], "v=spf1 ip4:192.0.2.10 include:_spf.mailhost.example ~all")
        self.assertEqual(remedy["after"], "v=spf1 ip4:192.0.2.10 ip4:192.0.2.80 include:_spf.mailhost.example ~all")

    def test_no_spf_for_strangers(self):
        for domain in self.document(*OCTOBER)["domains"]:
            for s in domain["senders"]:
                if s["category"] in ("unauthorized", "unknown", "forwarder", "suspect_abuse"):
                    self.assertIsNone(s["remedy"].get("after"), s["key"])

    def test_parked(self):
        domain, = self.document(*OCTOBER, "example.org")["domains"]
        for s in domain["senders"]:
            if s["change"] != "gone":
                self.assertEqual(s["category"], "unauthorized", s["key"])

    def test_texts(self):
        self.golden("inventory-2026-10-dns.txt", self.ask("inventory", *OCTOBER).out)
        self.golden("report-2026-10.txt", self.ask("report", *OCTOBER).out)

    def test_report(self):
        document = self.ask("report", *OCTOBER, "-f", "json").json()
        self.assert_schema(document)
        inventory = {d["domain"]: {s["key"]: s for s in d["senders"]} for d in self.document(*OCTOBER)["domains"]}
        for domain in document["domains"]:
            for s in domain["findings"]:
                self.assertEqual(s, inventory[domain["domain"]][s["key"]])
                self.assertIn(s["category"], ("legit_spf_missing", "legit_unaligned", "legit_broken", "suspect_abuse", "unauthorized"))
        keys = [s["key"] for d in document["domains"] if d["domain"] == "example.com" for s in d["findings"]]
        self.assertEqual(keys[0], "host:web80.webhost.example#spf-fail", "what is ours and fails comes first")

    def test_offline_repeats(self):
        """Another run without DNS says the same, word by word; and it needs no server."""
        live = self.document(*OCTOBER)
        done = self.home.run("--offline", "inventory", *OCTOBER, "-f", "json")
        self.assert_code(done, 0)
        self.assertEqual({**live, "dns": "snapshot"}, done.json())

    def test_second_run_asks_nothing(self):
        """Answers are fresh for as long as they say: a second run need not ask, whatever became of the server."""
        self.document(*OCTOBER)
        again = self.document(*OCTOBER, server="127.0.0.1:9")
        self.assertEqual(again, self.document(*OCTOBER))

    def test_dead_server(self):
        """Nobody answers: seconds, a warning, and nothing is guessed."""
        home = self.fresh()
        with Silent() as silent:
            began = time.monotonic()
            done = home.run("--dns-server", silent.address, "inventory", *OCTOBER, "-f", "json")
            took = time.monotonic() - began
        self.assert_code(done, 0)
        self.assertIn("does not answer", done.err)
        self.assertLess(took, 60)
        found = {s["category"] for d in done.json()["domains"] for s in d["senders"]}
        self.assertLessEqual(found, {"authorized", "forwarder", "unknown", "legit_broken"})

    def fresh(self):
        """A home of its own, with the samples."""
        home = harness.Home()
        self.addCleanup(home.close)
        self.assert_code(home.run("db", "start"), 0)
        home.run("ingest", SAMPLES)
        return home

    def test_answers_outlast_a_dead_server(self):
        """What was answered once is not lost to a run that nobody answers; --offline has it, and says how old it is."""
        home = self.fresh()
        inventory = ("inventory", *OCTOBER, "-f", "json")
        self.assert_code(home.run("--dns-server", self.dns.address, *inventory), 0)
        first = home.run("--offline", *inventory)
        self.assertIn("answers of DNS are less than a day old", first.err)
        home.rows("update dns_snapshot set asked_at = asked_at - interval '9 days 3 hours', failed_at = failed_at - interval '9 days 3 hours'")
        kept = home.rows("select name, type, outcome, asked_at, md5(message) from dns_snapshot order by 1, 2")
        with Silent() as silent:
            dead = home.run("--dns-server", silent.address, *inventory)
        self.assert_code(dead, 0)
        self.assertIn("does not answer", dead.err)
        self.assertNotEqual(dead.json()["domains"], first.json()["domains"], "what is stale is no answer of today")
        now = home.rows("select name, type, outcome, asked_at, md5(message) from dns_snapshot where name <> '' order by 1, 2")
        self.assertEqual(now, kept)
        again = home.run("--offline", *inventory)
        self.assertEqual(again.json(), first.json())
        self.assertIn("answers of DNS are up to 9 days old", again.err)

    def test_refusal_beside_an_answer(self):
        """A server that lives, and refuses: the answer stays, and the refusal stands beside it."""
        home = self.fresh()
        inventory = ("inventory", *OCTOBER, "example.com", "-f", "json")
        self.assert_code(home.run("--dns-server", self.dns.address, *inventory), 0)
        first = home.run("--offline", *inventory).json()
        home.rows("update dns_snapshot set asked_at = asked_at - interval '1 day 1 hour'")
        with nameserver.NameServer({}) as empty:
            self.assert_code(home.run("--dns-server", empty.address, *inventory), 0)
        (outcome, failed), = home.rows("select outcome, failed_outcome from dns_snapshot where name = 'example.com' and type = 16")
        self.assertEqual((outcome, failed), ("ok", "refused"))
        self.assertEqual(home.run("--offline", *inventory).json(), first)

    def test_failures_are_remembered(self):
        """What these servers refused a moment ago they are not asked again; others are, and later they are."""
        home = self.fresh()
        inventory = ("-v", "inventory", *OCTOBER, "example.com", "-f", "json")
        said = "were not asked again"
        first = home.run("--dns-server", self.dns.address, *inventory)
        self.assertNotIn(said, first.err)
        when = "select max(failed_at) from dns_snapshot"
        failed_at = home.rows(when)
        second = home.run("--dns-server", self.dns.address, *inventory)
        self.assertEqual(second.json(), first.json())
        self.assertIn(said, second.err)
        self.assertEqual(home.rows(when), failed_at, "nothing was asked")
        other = nameserver.NameServer(self.dns.zones)
        other.start()
        self.addCleanup(other.__exit__)
        third = home.run("--dns-server", other.address, *inventory)
        self.assertEqual(third.json(), first.json())
        self.assertNotIn(said, third.err)
        self.assertNotEqual(home.rows(when), failed_at)
        home.rows("update dns_snapshot set failed_at = failed_at - interval '16 minutes'")
        self.assertNotIn(said, home.run("--dns-server", other.address, *inventory).err)

    def test_silence_is_remembered(self):
        """Servers that answered nothing must first answer one question; a run that they stay silent to is short."""
        home = self.fresh()
        with Silent() as silent:
            for run in range(2):
                done = home.run("--dns-server", silent.address, "inventory", *OCTOBER, "-f", "json")
                self.assert_code(done, 0)
                self.assertIn("does not answer", done.err)
                asked = silent.questions()
                self.assertIn(b"\0\0\2\0\1", asked, "the name servers of the root")
                (self.assertGreater if run == 0 else self.assertEqual)(len(asked), 1)
        self.assertEqual(home.rows("select count(*) from dns_snapshot where name <> ''"), [["0"]])

    def test_invented_addresses(self):
        """One reporter invents thousands of addresses, one of them names: the questions are bounded, and what others saw is asked about."""
        many, names = 20600, 400
        home = harness.Home()
        self.addCleanup(home.close)
        self.assert_code(home.run("db", "start"), 0)
        inbox = home.top / "inbox"
        inbox.mkdir()
        rows = [reports.record(ip=f"11.0.{i // 256}.{i % 256}", count=1000000, dkim="fail", spf="fail",
                               header_from=f"x{i}.example.com" if i < names else "example.com") for i in range(many)]
        (inbox / "nobody.xml").write_bytes(reports.report("invented", rows, org="nobody.example"))
        for org in ("one.example", "two.example"):
            for domain, ip in (("example.com", "192.0.2.10"), ("example.org", "192.0.2.80")):
                (inbox / f"{org}-{domain}.xml").write_bytes(
                    reports.report(f"{org}-{domain}", [reports.record(ip=ip, header_from=domain)], org=org, domain=domain))
        self.assert_code(home.run("ingest", inbox), 0)
        done = home.run("--dns-server", self.dns.address, "inventory", *OCTOBER, "-f", "json")
        self.assert_code(done, 0)
        self.assert_schema(done.json())
        rest = [s for d in done.json()["domains"] for s in d["senders"] if s["key"].startswith("net:rest")]
        # nobody knows any of these reporters, so they count as one: ours is not among the most, and known by its name all the same
        self.assertEqual(sum(len(s["sources"]) + s["more_sources"] for s in rest), 600)
        self.assertIn("own:example.com", [s["key"] for d in done.json()["domains"] for s in d["senders"]])
        self.assertIn("DNS: 601 addresses of example.com with the least mail were not asked about", done.err)
        asked = {name for name, in home.rows("select name from dns_snapshot where type = 12")}
        self.assertLessEqual(len(asked), 20000 + 5)  # and those that our own names lead to
        self.assertLessEqual({"10.2.0.192.in-addr.arpa", "80.2.0.192.in-addr.arpa"}, asked)
        self.assertLess(int(home.rows("select count(distinct name) from dns_snapshot where name like 'x%.example.com'")[0][0]), 200)
        offline = home.run("--offline", "inventory", *OCTOBER, "-f", "json")
        self.assertEqual(offline.json()["domains"], done.json()["domains"])

    def test_label_wins(self):
        for word, category in (("deny", "unauthorized"), ("approve", "legit_spf_missing")):
            self.assert_code(self.home.run("label", word, "example.com", "192.0.2.80", "--owner", "web team"), 0)
            sender = self.senders()["label:192.0.2.80"]
            self.assertEqual((sender["category"], sender["label"]["owner"]), (category, "web team"))
            self.assertEqual("after" in sender["remedy"], word == "approve")
            self.assert_code(self.home.run("label", "forget", "example.com", "192.0.2.80"), 0)
        self.assertIsNone(self.senders()["host:web80.webhost.example#spf-fail"]["label"])

    def test_networks(self):
        """Whose network an address is in, by a database that a person names; one that is none is said so."""
        path = self.scratch() / "own.mmdb"
        made = subprocess.run(["perl", "-e", MMDB, path], capture_output=True, text=True)
        if "Can't locate" in made.stderr:
            self.skipTest("libmaxmind-db-writer-perl is not installed")
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        conf = path.with_name("ruascope.conf")
        conf.write_text('mmdb = "own.mmdb"\n')
        done = self.home.run("--config", conf, "--offline", "inventory", *OCTOBER, "example.com", "-f", "json")
        self.assert_code(done, 0)
        self.assert_schema(done.json())
        found = {x["ip"]: x for s in done.json()["domains"][0]["senders"] for x in s["sources"]}
        self.assertEqual({k: found["192.0.2.80"][k] for k in ("asn", "as_name", "country")}, {"asn": 64500, "as_name": "Webhost", "country": "JP"})
        self.assertNotIn("asn", found["192.0.2.10"])
        path.write_bytes(b"no database")
        done = self.home.run("--config", conf, "--offline", "inventory", *OCTOBER)
        self.assert_code(done, 78)
        self.assert_sentence(done, "own.mmdb")

    def test_answers_of_the_samples(self):
        """samples/.dns/answers.sql is what this name server says: quickstart shows the story with it."""
        self.document("--since", "2026-08-01", "--until", "2026-11-01")
        self.document(*OCTOBER)
        for domain in ("example.com", "example.org", "odd.example"):
            self.home.run("--dns-server", self.dns.address, "readiness", domain, "--as-of", "2026-11-01")
        rows = self.home.rows("select name, type, outcome, encode(overlay(message placing '\\x0000'::bytea from 1 for 2), 'hex') "
                              "from dns_snapshot order by name, type")

        def quoted(name):
            return name.replace("'", "''")  # a selector may hold anything
        text = ("-- What the name servers of the samples' story say; written by tests/system/test_dns.py --accept.\n"
                "INSERT INTO dns_snapshot (name, type, outcome, message, asked_at) VALUES\n" +
                ",\n".join(f"('{quoted(n)}', {t}, '{o}', '\\x{m}', '2026-11-01')" for n, t, o, m in rows) +
                "\nON CONFLICT (name, type) DO UPDATE SET outcome = excluded.outcome, message = excluded.message, "
                "asked_at = excluded.asked_at;\n")
        if harness.ACCEPT:
            ANSWERS.parent.mkdir(exist_ok=True)
            ANSWERS.write_text(text)
        wanted = {line.split(", '\\x")[0] for line in text.splitlines() if line.startswith("('")}
        stored = {line.split(", '\\x")[0] for line in ANSWERS.read_text().splitlines() if line.startswith("('")}
        self.assert_code(self.fresh().run("db", "psql", "--", "-q", "-v", "ON_ERROR_STOP=1", "-f", ANSWERS), 0)
        self.assertLessEqual({w for w in wanted if "nxdomain" not in w and "refused" not in w}, stored)


if __name__ == "__main__":
    harness.main()

"""What strangers write in reports, mails and file names is data: no HTML, formula, escape or forged line comes out."""
import csv
import html.parser
import io
import json
import os
import shutil

import harness
import nameserver
import reports

# Every one ends as a name of its own, so that it can be looked for.
WORDS = {
    "html": '"><xevil onload=xevil()></xevil><script>xevil</script>',
    "attribute": "' onmouseover='xevil'",
    "formula": '=HYPERLINK("http://x.example","xevil")',
    "plus": "+1+cmd|' /C xevil'!A0",
    "minus": "-1+xevil",
    "at": "@SUM(xevil)",
    "tab": "\t=xevil",
    "csv": 'x","=xevil\n=xevil',
    "newline": "xevil\nruascope: error: forged",
    "return": "xevil\rforged",
    "csi": "\u009b31mxevil\u009b2J",
    "osc": "\u009d0;xevil\u009c",
    "delete": "xevil\x7f\x7f",
    "backslash": '\\u001b[31m\\"xevil',
    "format": "%s%n%1000000d xevil",
    "sql": "'; drop table record; -- xevil",
    "bidi": "\u202exevil\u2066",
}


def numeric(text):
    """As character references, which pass what a bare byte would not."""
    return "".join(f"&#{ord(c)};" for c in text)


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.evil = []

    def handle_starttag(self, tag, attrs):
        if tag == "xevil" or any(name.startswith("on") for name, _ in attrs):
            self.evil.append((tag, attrs))

    def handle_data(self, data):
        if self.lasttag == "script" and self.rawdata and "xevil" in data:
            self.evil.append(("script", data))


class Harmless(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.dir = harness.scratch()
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        cls.reports, cls.bad = cls.dir / "reports", cls.dir / "bad"
        cls.reports.mkdir()
        cls.bad.mkdir()
        for name, word in WORDS.items():
            ref = numeric(word)
            record = (f"<record><row><source_ip>{ref if name == 'sql' else '192.0.2.7'}</source_ip><count>3</count>"
                      f"<policy_evaluated><disposition>{ref}</disposition><dkim>{ref}</dkim><spf>fail</spf>"
                      f"<reason><type>{ref}</type><comment>{ref}</comment></reason></policy_evaluated></row>"
                      f"<identifiers><header_from>{ref}</header_from><envelope_from>{ref}</envelope_from></identifiers><auth_results>"
                      f"<dkim><domain>{ref}</domain><selector>{ref}</selector><result>{ref}</result><human_result>{ref}</human_result></dkim>"
                      f"<spf><domain>{ref}</domain><scope>{ref}</scope><result>pass</result></spf></auth_results></record>")
            data = reports.report("ID", [record], org="ORG", contact="CONTACT", email="EMAIL", domain="example.com")
            for key in (b"ID", b"ORG", b"CONTACT", b"EMAIL"):
                data = data.replace(b">" + key + b"<", b">" + ref.encode() + b"<")
            (cls.reports / f"{name}.xml").write_bytes(data)
            other = data.replace(b"<domain>example.com</domain>", f"<domain>{ref}</domain>".encode(), 1)
            (cls.reports / f"{name}-domain.xml").write_bytes(other)
            # The same words where a reason or a source may quote them: a root's name, a broken tag, a file's name.
            (cls.bad / f"{name}.xml").write_bytes(data[:-30] + b"</" + word.encode() + b">")
            attached = word.replace("\n", " ").replace("\r", " ").replace('"', "'")
            (cls.bad / f"{name}.eml").write_bytes(reports.mail(reports.gz(data)[:-30], name=attached, subject=word.split("\n")[0]))
            (cls.bad / f"{name}.zip").write_bytes(reports.zipped(data[:-30], name=attached))
        for name in ("\x1b[31mred\x1b]0;title\x07.xml", "new\nline.xml", "=formula.xml", "<xevil onload=1>.xml", "c1\u009b31m.xml"):
            (cls.bad / name).write_bytes(reports.report("name")[:-30])
        with open(os.fsencode(cls.bad) + b"/raw\x9b31m\xff.xml", "wb") as f:
            f.write(reports.report("raw")[:-30])
        cls.db = harness.Server.shared().database()
        cls.ingested = cls.db.run("ingest", "--json", cls.reports, cls.bad)
        cls.spoken = cls.db.run("-v", "ingest", cls.reports, cls.bad)

    def channels(self, done, what):
        self.assert_harmless(done.out, f"{what}, stdout")
        self.assert_harmless(done.err, f"{what}, stderr")
        for line in done.err.splitlines():
            self.assertNotRegex(line, r"^(ruascope: error: forged|forged|\s*=xevil)", f"{what}: a forged line")

    def test_ingest(self):
        self.assert_code(self.ingested, 65)
        self.channels(self.ingested, "ingest --json")
        document = self.ingested.json()
        self.assert_schema(document)
        harness.check_sums(document)
        # With the domain in question some may be refused; with a good one every word is only a word.
        self.assertGreaterEqual(document["reports"]["stored"], len(WORDS))
        self.assertGreaterEqual(document["reports"]["rejected"], 2 * len(WORDS))
        self.channels(self.spoken, "ingest -v")
        self.assertTrue(self.db.totals()[0], "the tables are there")

    def test_words_survive(self):
        """Made harmless at the edge, not lost on the way: the database holds what was written."""
        held = {r[0] for r in self.db.rows("select replace(replace(report_id, e'\\n', '\\n'), e'\\t', '\\t') from v_report")}
        for name in ("html", "attribute", "formula", "plus", "at", "sql", "format", "bidi"):
            self.assertIn(WORDS[name], held)

    def test_parse(self):
        done = harness.run("parse", *sorted(self.reports.iterdir()), *(os.fsencode(self.bad) + b"/" + n for n in sorted(os.listdir(os.fsencode(self.bad)))))
        self.assert_code(done, 65)
        self.channels(done, "parse")
        for document in done.lines():
            self.assert_schema(document)
        self.assertTrue([d for d in done.lines() if d["report_id"] == WORDS["html"]])

    LISTS = (["report", "--month", "2026-10"], ["readiness", "--all", "--as-of", "2026-11-01"], ["readiness", "example.com", "--as-of", "2026-11-01"])

    def asked(self, *args, dns=("--offline",)):
        """What readiness says is no matter here, and neither is that no DNS answers."""
        done = self.db.run(*dns, *args)
        self.assertIn(done.code, (0, 1, 2, 3, 75), args)
        if "csv" not in args:  # whose lines end as RFC 4180 wants it
            self.channels(done, " ".join(args))
        return done

    def test_text(self):
        for args in (["inventory", "--month", "2026-10"], ["rejects", "list"], ["db", "status"], *self.LISTS):
            self.asked(*args)
        for (number,) in self.db.rows("select id from quarantine order by id"):
            done = self.db.run("rejects", "show", number)
            self.assert_code(done, 0)
            self.channels(done, f"rejects show {number}")

    def test_listed_line_by_line(self):
        done = self.db.run("rejects", "list")
        self.assertEqual(len(done.out.splitlines()), self.db.number("select count(*) from quarantine"), "one line each")

    def test_json(self):
        for args in (["inventory", "--month", "2026-10", "-f", "json"], ["rejects", "list", "-f", "json"], ["db", "status", "-f", "json"]):
            done = self.db.run("--offline", *args)
            self.assert_code(done, 0)
            self.channels(done, " ".join(args))
            self.assert_schema(json.loads(done.out))
        for args in self.LISTS:
            for document in self.asked(*args, "-f", "json").lines():
                self.assert_schema(document)

    def test_csv(self):
        for what in ("inventory", "report"):
            self.is_csv(self.asked(what, "--month", "2026-10", "-f", "csv"))

    def is_csv(self, done):
        self.assert_harmless(done.out.replace("\r\n", "\n"), "csv")
        rows = list(csv.reader(io.StringIO(done.out, newline="")))
        self.assertGreater(len(rows), 1)
        for row in rows:
            self.assertEqual(len(row), len(rows[0]), "no field breaks out of its row")
            for field in row:
                self.assertNotRegex(field, r"^[=@\t\r]", "a formula")
                self.assertFalse(field[:1] in "+-" and not field[1:].replace(".", "").isdigit() and field, f"a formula: {field}")

    def test_html(self):
        if not any("html" in line for line in harness.run("--help").out.splitlines()):
            self.skipTest("this program writes no HTML yet")
        for args in (["inventory", "--month", "2026-10"], *self.LISTS):
            done = self.asked(*args, "-f", "html")
            tags = Tags()
            tags.feed(done.out)
            self.assertEqual(tags.evil, [])

    def test_list_about_strangers(self):
        """Approved by a person, the hostile senders come into the list of things to do, by name, key, command and record."""
        self.db.run("label", "name", "example.com", "192.0.2.7", WORDS["html"], "--force")
        self.db.run("label", "approve", "example.com", "192.0.2.7", "--owner", WORDS["formula"], "--force")
        self.addCleanup(self.db.run, "label", "forget", "example.com", "192.0.2.7")
        said = self.asked("report", "--month", "2026-10", "-f", "json").json()
        self.assertTrue([t for d in said["domains"] for t in d["todo"] if "xevil" in t["title"]], "it is in the list")
        for form in ("text", "csv", "html"):
            for args in self.LISTS[::2]:
                if args[0] == "report" or form != "csv":
                    done = self.asked(*args, "-f", form)
                    if form == "html":
                        tags = Tags()
                        tags.feed(done.out)
                        self.assertEqual(tags.evil, [])
                    elif form == "csv":
                        self.is_csv(done)

    @harness.unittest.skipUnless(shutil.which("nsd", path="/usr/sbin:/sbin:/usr/bin"), "nsd is not installed")
    def test_records_of_strangers(self):
        """What stands in DNS is data, too: in the faults of the zone, in what is now and what is new."""
        zone = self.dir / "example.com.zone"
        zone.write_text("$ORIGIN example.com.\n$TTL 3600\n@ SOA ns.test. root.test. 1 3600 900 604800 3600\n@ NS ns.test.\n"
                        '@ TXT "v=spf1 include=<xevil> ip:192.0.2.7 xevil\\027[31m\\"><script>xevil</script> ~all"\n@ MX 10 mail\nmail A 192.0.2.7\n'
                        '_dmarc TXT "v=DMARC1; p=none; xevil=<script>\\027[2J; rua=mailto:rua@<xevil>.example"\n')
        with nameserver.NameServer({"example.com": zone}) as server:
            dns = ("--dns-server", server.address)
            said = self.asked("report", "--month", "2026-10", "example.com", "-f", "json", dns=dns).json()
            self.assert_schema(said)
            self.assertTrue([t for d in said["domains"] for t in d["todo"] if t["kind"] == "zone_fault" and "xevil" in t["text"]], "the record is in the list")
            for form in ("text", "csv", "html"):
                for args in (["report", "--month", "2026-10", "example.com"], ["readiness", "example.com", "--as-of", "2026-11-01"]):
                    if args[0] == "readiness" and form == "csv":
                        continue
                    done = self.asked(*args, "-f", form, dns=dns)
                    if form == "html":
                        tags = Tags()
                        tags.feed(done.out)
                        self.assertEqual(tags.evil, [])
                    elif form == "csv":
                        self.is_csv(done)


if __name__ == "__main__":
    harness.main()

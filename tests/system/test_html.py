"""Pages: whole, of one piece, without a script; what they say is what text and JSON say. A browser opens them in test_pages.py."""
import collections
import csv
import html.parser
import io
import re

import harness
import pages

VOID = {"meta", "input"}
WORDS = {"authorized": "authorised", "legit_spf_missing": "missing from SPF", "legit_unaligned": "not aligned", "legit_broken": "broken",
         "forwarder": "forwarder", "suspect_abuse": "suspected abuse", "unauthorized": "unauthorised", "unknown": "unknown"}
BANDS = {"legit_spf_missing": "yours, failing", "legit_unaligned": "yours, failing", "legit_broken": "yours, failing", "forwarder": "forwarded",
         "suspect_abuse": "unauthorised"}


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.headings, self.problems = [], [], [], []
        self.tables, self.words, self.cell = [], [], None  # a table: its caption, then rows of cells
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"left open: {self.open}")

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("caption", "th", "td"):
            self.cell = []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name, value in attrs.items():
            if name.startswith("on") or name in ("src", "action", "srcset", "style") or name == "href" and not value.startswith("#"):
                self.problems.append(f"<{tag} {name}={value}>")

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else at {self.getpos()}")
        if tag in ("caption", "th", "td"):
            text = " ".join("".join(self.cell).split())
            self.tables[-1].append(text) if tag == "caption" else self.tables[-1][-1].append(text)
            self.cell = None

    def handle_data(self, data):
        self.words.append(data)
        if self.cell is not None:
            self.cell.append(data)

    def table(self, caption):
        """The rows of the tables whose caption begins so, without their heads."""
        return [row for t in self.tables if t[0].startswith(caption) for row in t[2:]]

    def says(self, words):
        return " ".join(words.split()) in " ".join("".join(self.words).split())


def luminance(colour):
    colour = colour.lstrip("#")
    colour = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
    parts = [int(colour[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def percent(part, whole, decimals):
    """As a person is told it: never 100 % while something fails, never 0 while something passes."""
    if whole == 0 or part >= whole:
        return "100%" if whole else "-"
    least = 0.1 if decimals else 1
    value = min(100 * part / whole, 100 - least)
    return f"{max(value, least) if part else value:.{decimals}f}%"


def shown(text):
    """As text and pages show control characters that a stranger wrote."""
    return re.sub("[\x80-\x9f]", lambda m: f"\\u{{{ord(m[0]):04x}}}", text)


def senders_of(page):
    """All rows: strangers, small ones and those that are gone are folded."""
    return [row for caption in ("Senders,", "Small senders", "Spoofed", "Gone") for row in page.table(caption)]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Pages(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.home = harness.Home()
        cls.addClassCleanup(cls.home.close)
        cls.pages = pages.of_samples(cls.home)

    def test_structure(self):
        for name, text in self.pages.items():
            with self.subTest(page=name):
                page = Page(text)
                self.assertEqual(page.problems, [])
                self.assertNotIn("script", [t for t, _ in page.tags])
                self.assertEqual(page.headings[0], 1)
                for before, after in zip(page.headings, page.headings[1:]):
                    self.assertLessEqual(after, before + 1, "a level of headings is left out")
                ids = [a["id"] for _, a in page.tags if "id" in a]
                self.assertEqual(len(ids), len(set(ids)))
                self.assertLessEqual({a["href"][1:] for _, a in page.tags if "href" in a}, set(ids), "links lead to a place on the page")
                self.assertEqual([a.get("lang") for t, a in page.tags if t == "html"], ["en"])
                for tag, attrs in page.tags:
                    if tag == "svg":
                        self.assertEqual(attrs.get("role"), "img")
                        self.assertTrue(attrs.get("aria-label"))
                    if tag == "th":
                        self.assertIn(attrs.get("scope"), ("col", "row"))
                tables = [t for t, _ in page.tags].count("table")
                self.assertEqual([t for t, _ in page.tags].count("caption"), tables)
                self.assertIn("default-src 'none'", text)
                self.assert_harmless(text, name)

    def test_content(self):
        self.assertIn("web80.webhost.example", self.pages["inventory"])
        self.assertIn("v=spf1 ip4:192.0.2.10 ip4:192.0.2.80 include:_spf.mailhost.example ~all", self.pages["report"])
        readiness = self.pages["readiness"]
        self.assertIn("NOT READY for p=reject.", readiness)
        order = ["NOT READY", "<h3>What to do</h3>", "Blocking checks", "With p=reject", "<h3>Next</h3>", "<h3>Checks</h3>"]
        self.assertEqual([readiness.index(what) for what in order], sorted(readiness.index(what) for what in order))
        self.assertRegex(readiness, r"<strong>A1 Legit[^<]*, A2 Low[^<]*, A3 Legit[^<]*</strong>: see 1 in the list above", "several checks of one sender are told once")
        for domain in ("example.com", "example.org", "odd.example"):
            self.assertRegex(self.pages["all"], rf"<h2 id=\"d\d\">{domain}</h2>")
            self.assertRegex(self.pages["all"], rf"<a href=\"#d\d\">{domain}</a>")

    def thing_agrees(self, n, thing, page, flat, told):
        """One thing of the list: numbered, worded and repaired alike in JSON, text and on the page."""
        count = f" ({thing['messages']:,} message{'s' if thing['messages'] != 1 else ''})" if thing["messages"] else ""
        self.assertRegex(flat, rf"\b{n}\. \[[a-z A-Z=]+\] {re.escape(thing['title'] + count)}")
        self.assertTrue(page.says(f"{n}. {thing['title']}"), thing["title"])
        for what in (thing["text"], *(w for r in thing["readings"] for w in (*r["for"], *r["against"])), *thing["commands"]):
            self.assertIn(what, flat)
            self.assertTrue(page.says(what), what)
        for record in (thing["record"], thing["if_yours"]):
            if record and record["after"] not in told:
                for text in (*record["before"], record["after"]):
                    self.assertIn(f'{record["name"]}. TXT "{text}"', flat)
                    self.assertTrue(page.says(f'{record["name"]}. TXT "{text}"'), text)
                told.add(record["after"])
        for key in thing["senders"]:
            self.assertTrue(page.says(key), key)

    def list_agrees(self, domain, page, flat):
        told = set()
        todo = [t for t in domain["todo"] if t["kind"] != "forged"]
        for n, thing in enumerate(todo, 1):
            self.thing_agrees(n, thing, page, flat, told)
        records = [t["record"] for t in todo if t["record"]]
        self.assertEqual(len({r["name"] for r in records}), len({(r["name"], r["after"]) for r in records}), "one new record a name")
        for thing in domain["todo"][len(todo):]:
            self.assertIn(f"Strangers: {thing['text']}", flat)
            self.assertTrue(page.says(f"Strangers: {thing['text']}"))
        if not todo and domain["judged"]:
            self.assertIn("Nothing to act on.", flat)
            self.assertTrue(page.says("Nothing to act on."))

    def test_readiness_agrees(self):
        """Verdict, list, checks, figures and records are the same in text, JSON and on the page."""
        sentences = {"not_ready": "NOT READY for p=reject.", "ready": "READY: non-sending domain, locked down; its DMARC record has a fault.",
                     "insufficient_data": "TOO LITTLE DATA to judge."}
        words = {"legit": "legitimate", "forwarder": "forwarded", "unknown": "unknown", "unauthorized": "spoofed"}
        seen = set()
        for domain in ("example.com", "example.org", "odd.example"):
            text, json, page = (self.home.run("--offline", "readiness", domain, "--as-of", "2026-11-01", "-f", f) for f in ("text", "json", "html"))
            self.assertEqual({text.code, page.code}, {json.code}, domain)
            said, page, text = json.json(), Page(page.out), text.out
            flat = " ".join(text.split())
            self.assert_schema(said)
            seen.add(said["verdict"])
            self.assertTrue(text.startswith(f"{domain}: {sentences[said['verdict']]}\n"), text)
            self.assertTrue(page.says(sentences[said["verdict"]]))
            if said["todo"]:
                self.list_agrees(said, page, flat)
            for c in said["checks"]:
                c["text"] = shown(c["text"])
            checks = [[f"{c['id']} {c['title']}", c["status"], c["value"], c["limit"], c["text"]] for c in said["checks"]]
            self.assertEqual(page.table("Every check"), checks)
            lines = [line[2:] for line in text[text.index("Every check:"):].splitlines()[1:]]
            self.assertEqual([line.split() for line in lines], [[c["status"], c["id"], *c["title"].split(), *c["value"].split()] for c in said["checks"]])
            for c in said["checks"]:
                if c["status"] in ("fail", "warn") and not re.search(rf"\b{c['id']}(, \w+)*: see \d+ in the list above", flat):
                    self.assertIn(f"{c['id']} {c['title']}: {c['value']}", flat)
                    self.assertIn(c["text"], flat)
                    self.assertTrue(page.says(c["text"]))
            p = said["projection"]
            rows = [[words[f], f"{p['would_reject'][f]:,}", f"{p['expected'][f]:,}"] for f in words]
            self.assertEqual(page.table("Messages that receivers would have refused"), rows)
            self.assertIn("at most expected", flat)
            for row in rows:
                self.assertIn(" ".join(row), flat)
            # what failed when it was last seen, before the window, is listed and not summed
            self.assertEqual(sum(p["would_reject"].values()), sum(s["would_reject"] for s in p["senders"] if s["messages"] > 0))
            for s in p["senders"]:
                if s["category"] not in ("unauthorized", "suspect_abuse"):
                    self.assertRegex(text, rf"(?m)^  {re.escape(s['sender'])}\s.* {s['would_reject']:,}( until [0-9-]+)?$")
            losers = sorted((s for s in p["senders"] if s["category"] not in ("unauthorized", "suspect_abuse")), key=lambda s: -s["would_reject"])
            rows = [[*row[:2], row[2].split(" until ")[0]] for row in page.table("Senders that would lose mail")]
            self.assertEqual(rows, [[s["sender"], WORDS[s["category"]], f"{s['would_reject']:,}"] for s in losers])
            below = [[s["domain"], f"{s['messages']:,}", f"{sum(s['failing'].values()):,}"] for s in p["subdomains"]]
            self.assertEqual([[row[0], *row[2:]] for row in page.table("Subdomains")], below)
            for name, _, failing in below:
                self.assertRegex(text, rf"(?m)^  {re.escape(name)} .* {failing}$")
            for gone in said["not_observed"]:
                self.assertIn(gone, text)
                self.assertTrue(page.says(gone), gone)
            self.assertIn(said["next_step"]["text"], flat)
            self.assertTrue(page.says(said["next_step"]["text"]))
            self.assertIn(said["next_step"]["look_again"], text)
            self.assertTrue(page.says(said["next_step"]["look_again"]))
        self.assertEqual(seen, set(sentences), "the samples have each of these")

    def test_not_judged(self):
        """DNS says nothing: every form says so, and nothing is green."""
        with_dns = ("--dns-server", "127.0.0.1:9")
        home = harness.Home()
        self.addCleanup(home.close)
        home.run("db", "start")
        home.run("ingest", pages.SAMPLES)
        for args in (("report", "--month", "2026-10", "example.org"), ("readiness", "example.org", "--as-of", "2026-11-01")):
            said = {f: home.run(*with_dns, *args, "-f", f).out for f in ("text", "json", "html")}
            self.assertIn("NOT JUDGED: DNS did not answer.", said["text"])
            self.assertRegex(said["html"], r'<p class="verdict grey">N(ot judged|OT JUDGED): DNS did not answer\.</p>')
            self.assertNotRegex(said["html"], r'class="verdict good"')
            self.assertNotIn("Nothing to act on", said["text"] + said["html"])
            self.assertIn('"judged":false', said["json"])
        rows = home.run(*with_dns, "report", "--month", "2026-10", "example.org", "-f", "csv").out.splitlines()
        self.assertTrue(rows[1].startswith('0,"example.org","not_judged"'), rows)

    def test_nothing(self):
        """A domain without data gets a sentence, and where its reports go."""
        for args in (("report", "--month", "2025-01", "example.com"), ("readiness", "example.com", "--as-of", "2025-02-01")):
            text, page = (self.home.run("--offline", *args, "-f", f).out for f in ("text", "html"))
            self.assertIn("No reports in this period. They go to mailto:dmarc@example.com.", text)
            self.assertTrue(Page(page).says("No reports in this period. They go to mailto:dmarc@example.com."))
            self.assertLess(len(text.splitlines()), 12, text)

    def test_inventory_agrees(self):
        text, json = (self.home.run("--offline", "inventory", "--month", "2026-10", "-f", f) for f in ("text", "json"))
        said, page, listed = json.json(), Page(self.pages["inventory"]), []
        self.assert_schema(said)
        parts = re.split(r"(?m)^(?=\S+: \d{4}-\d\d-\d\d to )", text.out)[1:]
        self.assertEqual([part.split(":")[0] for part in parts], [d["domain"] for d in said["domains"]])
        for d, part in zip(said["domains"], parts):
            head = f"{d['messages']:,} messages, {percent(d['dmarc_pass'], d['messages'], 1)} pass DMARC; {d['reports']} reports from {d['reporters']} receivers"
            self.assertIn(head, part)
            self.assertTrue(page.says(head), head)
            self.figures_agree(d, page)
            self.assertEqual(d["messages"], sum(s["messages"] for s in d["senders"]))
            table = re.sub(r"\n {20,}", " ", part[part.index("\n\nSender "):part.index("\nTotal ")]).splitlines()[3:]
            small = re.findall(r"(?m)^(?:Not listed:|  and) (\d+) (?:small|more)", part.split("\nOther open senders:")[0])
            self.assertEqual(len(table) + sum(map(int, small)), len(d["senders"]))
            rows = []
            for s in d["senders"]:
                n = s["messages"]
                shares = [percent(s[k], n, 1) for k in ("dmarc_pass", "spf_aligned", "dkim_aligned")]
                rows.append((s["sender"], WORDS[s["category"]], f"{n:,}", *shares))
                listed.append(rows[-1])
            for line in table:
                name = re.escape(line.split()[0].rstrip("…"))
                self.assertTrue(any(re.match(name, r[0]) and re.search(rf"{r[1]} +{r[2]} +{re.escape(r[3])} ", line) for r in rows), line)
        self.assertEqual(sorted(tuple(row[:6]) for row in senders_of(page)), sorted(listed))

    def figures_agree(self, d, page):
        """The sentence on top: our own mail by the cells of its senders, as JSON has them, not everybody's."""
        ours = [s for s in d["senders"] if s["category"] in ("authorized", "legit_spf_missing", "legit_unaligned", "legit_broken")
                and s["remedy"]["kind"] != "confirm" and s["change"] != "gone"]
        own, forged = (sum(s["messages"] for s in which) for which in (ours, [s for s in d["senders"] if s["category"] == "unauthorized"]))
        row = next(r for r in page.table("Domains on this page") if r[0] == d["domain"])
        self.assertEqual([row[1], row[3]], [f"{own:,}", f"{forged:,}"])
        if own:
            self.assertTrue(page.says(f"{row[2]} of your mail passes DMARC."))

    def test_did_it_take(self):
        """A record that was offered and is published by now: every form of report says whether it helped."""
        self.home.run("db", "psql", "--", "-qc", "insert into remedy_state (domain_id, name, edit, offered, state, since, seen, senders, messages, passed, after) "
                      "select id, 'example.com', 'ip4:192.0.2.99', current_date - 20, 'proven', current_date - 10, current_date - 16, '{own:example.com}', 1204, 1202, "
                      "'v=spf1 ip4:192.0.2.99' from domain where name = 'example.com'")
        self.addCleanup(self.home.run, "db", "psql", "--", "-qc", "delete from remedy_state where edit = 'ip4:192.0.2.99'")
        text, json, page = (self.home.run("--offline", "report", "--month", "2026-10", "-f", f) for f in ("text", "json", "html"))
        said = json.json()
        self.assert_schema(said)
        told = {d["domain"]: d["remedies"] for d in said["domains"]}
        self.assertEqual([(r["edit"], r["state"]) for r in told["example.com"]], [("ip4:192.0.2.99", "proven")])
        self.assertEqual(told["example.org"], [])
        words = "since then 99.8% of 1,204 messages pass"
        self.assertIn(words, told["example.com"][0]["text"])
        self.assertIn(words, " ".join(text.out.split()))
        self.assertTrue(Page(page.out).says(words))

    def test_report_agrees(self):
        text, json, table = (self.home.run("--offline", "report", "--month", "2026-10", "-f", f) for f in ("text", "json", "csv"))
        said, page, flat = json.json(), Page(self.pages["report"]), " ".join(text.out.split())
        self.assert_schema(said)
        listed = [s for d in said["domains"] for s in d["findings"]]
        rows = [row[:3] for row in senders_of(page)]
        self.assertEqual(sorted(rows), sorted([s["sender"], WORDS[s["category"]], f"{s['messages']:,}"] for s in listed))
        for d in said["domains"]:
            self.list_agrees(d, page, flat)
        in_list = {key for d in said["domains"] for t in d["todo"] for key in t["senders"]}
        repairs = [s for s in listed if s["remedy"].get("after")]
        self.assertGreater(len(repairs), 0)
        for s in repairs:
            self.assertIn(s["key"], in_list)
            for what in (s["sender"], s["remedy"]["text"], s["remedy"]["before"], s["remedy"]["after"], *(e["text"] for e in s["evidence"])):
                self.assertTrue(page.says(what), what)
            for what in (s["sender"], s["remedy"]["after"]):
                self.assertIn(what, flat)
        found = [{**r, "messages": int(r["messages"])} for r in csv.DictReader(io.StringIO(table.out, newline=""))]
        wanted = [{"rank": str(n), "domain": d["domain"], "kind": t["kind"], "id": t["id"], "senders": " ".join(t["senders"]), "messages": t["messages"],
                   "title": t["title"], "text": t["text"], "record_name": (t["record"] or t["if_yours"] or {}).get("name", ""),
                   "record_before": "\\n".join((t["record"] or {}).get("before", [])), "record_after": (t["record"] or {}).get("after", ""),
                   "if_yours": (t["if_yours"] or {}).get("after", ""), "commands": "; ".join(t["commands"]), "judged": str(d["judged"]).lower()}
                  for d in said["domains"] for n, t in enumerate(d["todo"], 1)]
        self.assertEqual(found, wanted)

    def test_charts_agree(self):
        """The figures beside the charts are the sums of the JSON; every chart of shares has its list."""
        said = self.home.run("--offline", "inventory", "--month", "2026-10", "-f", "json").json()
        page = " ".join(self.pages["inventory"].split())
        lists = re.findall(r'This period: shares.*?<ul class="legend">(.*?)</ul>', page)
        self.assertEqual(len(lists), len(said["domains"]))
        for d, legend in zip(said["domains"], lists):
            sums = collections.Counter()
            for s in d["senders"]:
                sums[BANDS.get(s["category"], WORDS[s["category"]])] += s["messages"]
            shown = re.findall(r"</span>([a-z, ]+) ([\d,]+) \(([^)]*)\)", legend)
            self.assertEqual({w: n for w, n, _ in shown}, {w: f"{n:,}" for w, n in sums.items() if n})
            self.assertEqual({w: p for w, _, p in shown}, {w: percent(n, d["messages"], 1) for w, n in sums.items() if n})
        busiest = re.findall(r'aria-label="Messages a day, at most ([\d,]+)"', page)
        self.assertEqual(len(busiest), len(said["domains"]))
        for d, most in zip(said["domains"], busiest):
            self.assertLessEqual(int(most.replace(",", "")), d["messages"])

    def test_contrast(self):
        """AA: 4.5 to 1 for every colour of text on the page's and the cards' ground, light and dark."""
        css = (harness.ROOT / "report/render/page.css").read_text()
        for block in re.findall(r":root \{([^}]*)\}", css):
            colours = dict(re.findall(r"--(\w+): (#[0-9a-f]+)", block))
            for name in ("fg", "soft", "good", "bad", "warn", "fwd", "grey"):
                for ground in ("bg", "card"):
                    self.assertGreaterEqual(contrast(colours[name], colours[ground]), 4.5, f"{name} on {ground}")


class Large(harness.Case):
    """What a house with many domains opens: fifty of them, five thousand senders that all want a repair of SPF."""

    def test_size(self):
        db = self.database()
        domains, made = pages.large(db, self.scratch())
        said = db.run("--offline", "inventory", "--month", "2026-10", "-f", "json").json()
        self.assertEqual([len(d["senders"]) for d in said["domains"]], [pages.SENDERS] * pages.DOMAINS)
        self.assertEqual([sum(s["remedy"]["kind"] == "spf_add" for s in d["senders"]) for d in said["domains"]], [pages.SENDERS - 1] * pages.DOMAINS)
        for name, text in made.items():
            with self.subTest(page=name):
                print(f"{name}: {len(text.encode()):,} bytes", flush=True)
                self.assertLess(len(text.encode()), 5_000_000)
                page = Page(text)
                self.assertEqual(page.problems, [])
                for domain in domains:
                    self.assertTrue(page.says(domain))
                if pages.DOMAINS == 50:  # few domains have room for more things each
                    self.assertIn("and 80 more, in the CSV and JSON forms", text)
                if name == "inventory":
                    rows = senders_of(page)
                    self.assertEqual(len(rows), pages.DOMAINS * pages.SENDERS)


if __name__ == "__main__":
    harness.main()

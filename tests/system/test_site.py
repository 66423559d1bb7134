"""The site: static pages that lead to each other, whatever happens while they are written.

Real PostgreSQL, the samples as they were judged in November, a real nginx with a password, Chromium and axe-core."""
import base64
import fcntl
import html.parser
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

import browser
import harness
import mailservers
import nameserver
import reports
import test_axe
import test_harmless
import test_html
from pages import SAMPLES

FAKETIME = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
MANIFEST = ".ruascope-site"
# the morning after the samples' last reports; sanitizers do not go with libfaketime: these days are not too long ago yet, or the test is left out
CLOCK = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "2026-11-04 06:00:00", "TZ": "UTC", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
CLOCK = {} if harness.SANITIZED or not FAKETIME else CLOCK
FAULTS = os.environ.get("FAULTS")


class Links(html.parser.HTMLParser):
    """Where a page leads to, and the places on it."""

    def __init__(self, text):
        super().__init__()
        self.hrefs, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src"):
                self.hrefs.append(value)
            elif name == "id":
                self.ids.add(value)


def files(top):
    return {str(p.relative_to(top)): p for p in top.rglob("*") if p.is_file()}


def manifest(top):
    return [line.split("\t")[0] for line in (top / MANIFEST).read_text().splitlines()]


class Site(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.home = harness.Home()
        cls.addClassCleanup(cls.home.close)
        cls.home.run("db", "start")
        cls.home.run("ingest", SAMPLES)
        cls.home.run("db", "psql", "--", "-q", "-f", SAMPLES / ".dns/answers.sql")
        cls.home.run("--offline", "judge", env=CLOCK)
        if not any(r["own"] for r in cls.home.run("overview", "-f", "json").json()["domains"]) and not CLOCK:
            raise unittest.SkipTest("the samples are too old to be judged today, and there is no libfaketime")
        cls.top = harness.scratch()
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        cls.www = cls.top / "www"
        cls.first = cls.site(cls.www)

    @classmethod
    def site(cls, where, *args, env=None, home=None):
        return (home or cls.home).run("site", where, *args, env={**CLOCK, **(env or {})})

    def check_links(self, top):
        """Every page is whole, and every link of every page leads to a file of the site. Returns what can be reached from the index."""
        pages = {name: Links(p.read_text()) for name, p in files(top).items() if name.endswith(".html") and not name.startswith(".")}
        for name in pages:
            self.assertTrue((top / name).read_text().endswith("</html>\n"), name)
        leads = {}
        for name, page in pages.items():
            leads[name] = set()
            for href in page.hrefs:
                path, _, place = href.partition("#")
                self.assertNotRegex(href, r"^(\w+:|/)", f"{name} leads away: {href}")
                to = os.path.normpath(os.path.join(os.path.dirname(name), urllib.parse.unquote(path))) if path else name
                self.assertTrue((top / to).is_file(), f"{name} leads to {href}, which is not there")
                self.assertTrue(not place or place in pages[to].ids, f"{name}: {href}")
                leads[name].add(to)
        seen, open_ = set(), ["index.html"] if "index.html" in pages else []
        while open_:
            name = open_.pop()
            if name not in seen:
                seen.add(name)
                open_ += leads.get(name, ())
        return seen

    def check_whole(self, top, foreign=()):
        self.assertEqual(sorted(set(files(top)) - {MANIFEST, *foreign}), sorted(manifest(top)))
        self.assertEqual(self.check_links(top), set(manifest(top)), "every page can be reached, and there is nothing else")

    # ---- what is there

    def test_tree(self):
        self.assert_code(self.first, 0)
        self.check_whole(self.www)
        names = set(manifest(self.www))
        self.assertLessEqual({"index.html", "status.json", "ledger.html"}, names)
        for domain in ("example.com", "example.org", "odd.example"):
            self.assertLessEqual({f"{domain}/index.html", f"{domain}/reporters.html"}, names)
        self.assertLessEqual({"example.com/2026-10.html", "example.com/reports-2026-10.html"}, names)
        for name in names:  # nothing from outside: domains are A-labels, senders a hash
            self.assertRegex(name, r"^([a-z.]+/)?(index\.html|status\.json|ledger\.html|reporters\.html|(reports-)?\d{4}-\d\d\.html|sender/[0-9a-f]{32}\.html)$")

    def test_pages(self):
        """Sound, without a script, escaped; and by the content policy that names their style."""
        for name, path in files(self.www).items():
            if not name.endswith(".html"):
                continue
            text = path.read_text()
            page = test_html.Page(text)
            self.assertEqual([p for p in page.problems if not re.match(r"<a href=", p)], [], name)
            self.assertNotIn("script", [t for t, _ in page.tags])
            self.assertEqual([t for t, _ in page.tags].count("caption"), [t for t, _ in page.tags].count("table"), name)
            self.assertRegex(text, r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='")
            self.assertNotIn("unsafe", text.partition("<title>")[0])
            self.assert_harmless(text, name)
            for before, after in zip(page.headings, page.headings[1:]):
                self.assertLessEqual(after, before + 1, f"{name}: a level of headings is left out")

    def test_agrees(self):
        """The index and status.json say what overview says; the domain's page the next step and the record."""
        said = self.home.run("overview", "-f", "json").json()
        status = json.loads((self.www / "status.json").read_text())
        self.assert_schema(status)
        self.assertEqual([{k: v for k, v in d.items() if k != "page"} for d in status["domains"]], said["domains"])
        for d in status["domains"]:
            page = test_html.Page((self.www / d["page"]).read_text())
            self.assertTrue(page.says(d["domain"]))
            index = test_html.Page((self.www / "index.html").read_text())
            self.assertTrue(index.says(d["next_step"]), d)
        page = (self.www / "example.com/index.html").read_text()
        self.assertIn("v=spf1 ip4:192.0.2.10 ip4:192.0.2.80 include:_spf.mailhost.example ~all", page)

    def test_sender(self):
        """From the domain to a sender, its addresses, and who saw them."""
        links = re.findall(r'<a href="(sender/\w+\.html)">([^<]*)</a>', (self.www / "example.com/index.html").read_text())
        page = test_html.Page((self.www / "example.com" / dict(map(reversed, links))["web80.webhost.example"]).read_text())
        self.assertEqual([row[0] for row in page.table("Addresses")], ["192.0.2.80"])
        self.assertTrue(page.says("Key: host:web80.webhost.example"))
        self.assertIn("google.com", [row[0] for row in page.table("Receivers that saw it")])
        self.assertTrue(all(row[1] == "fails" for row in page.table("What SPF and DKIM said")))

    def test_incremental(self):
        """What did not change keeps its time; a label changes its domain's pages alone; a forgotten domain goes, folder and all."""
        www = self.scratch() / "www"
        home = self.home
        self.assert_code(self.site(www), 0)
        times = {n: p.stat().st_mtime_ns for n, p in files(www).items() if n != MANIFEST}
        self.assertIn(" 0 files written, 0 removed.", self.site(www).out)
        self.assertEqual(times, {n: p.stat().st_mtime_ns for n, p in files(www).items() if n != MANIFEST})
        home.run("label", "name", "example.com", "host:web80.webhost.example", "Shop", "--force")
        self.addCleanup(home.run, "label", "forget", "example.com", "host:web80.webhost.example")
        self.assert_code(self.site(www), 0)
        changed = {n for n, p in files(www).items() if n != MANIFEST and p.stat().st_mtime_ns != times.get(n)}
        self.assertIn("example.com/index.html", changed)
        self.assertTrue(all(n.startswith("example.com/") for n in changed), changed)
        self.assertIn("Shop", (www / "example.com/index.html").read_text())
        self.assert_code(self.site(www, "example.com"), 0)
        self.check_whole(www)
        self.assertEqual({p.name for p in www.iterdir()}, {"example.com", "index.html", "status.json", "ledger.html", MANIFEST})
        (www / "example.com/reporters.html").unlink()  # what somebody removed comes back
        self.assert_code(self.site(www, "example.com"), 0)
        self.check_whole(www)

    def test_not_ours(self):
        """Nothing of others is replaced or removed, whatever stands in the way or in the manifest."""
        www = self.scratch() / "www"
        www.mkdir()
        (www / "index.html").write_text("mine")
        done = self.site(www)
        self.assert_code(done, 73)
        self.assert_sentence(done, "is not empty", MANIFEST)
        self.assertEqual([p.name for p in www.iterdir()], ["index.html"])
        (www / "index.html").unlink()
        self.assert_code(self.site(www, "example.com"), 0)
        (www / "mine.txt").write_text("mine")
        (www / "example.com/mine.txt").write_text("mine")
        outside = self.scratch() / "outside.txt"
        outside.write_text("mine")
        os.symlink(outside.parent, www / "away")
        with open(www / MANIFEST, "a") as f:
            f.write(f"../{outside.parent.name}/outside.txt\naway/outside.txt\n/etc/passwd\n.hidden\na/../../x\n")
        done = self.site(www, "example.org")
        self.assertIn(done.code, (0, 74), done)
        (www / "away").unlink()
        self.assert_code(self.site(www, "example.org"), 0)
        self.assertEqual([p.read_text() for p in (www / "mine.txt", www / "example.com/mine.txt", outside)], ["mine"] * 3)
        self.check_whole(www, foreign=("mine.txt", "example.com/mine.txt"))
        (www / "odd.example").mkdir()
        (www / "odd.example/index.html").write_text("mine")
        self.assert_code(self.site(www), 73)
        self.assertEqual((www / "odd.example/index.html").read_text(), "mine")
        self.assert_code(self.site(self.top / "none/below"), 74)
        self.assert_code(self.home.run("site"), 64)

    def test_group(self):
        """A group's directory has its domains, and nothing of others: no name, no ledger."""
        www, conf = self.scratch() / "www", self.scratch() / "ruascope.conf"
        conf.write_text('group "customer-a" {\n domains = {"example.org"}\n owner = "Ann & <Bob>"\n}\n')
        self.assert_code(self.home.run("--config", conf, "site", www, "--group", "customer-a", env=CLOCK), 0)
        self.check_whole(www)
        self.assertEqual({p.name for p in www.iterdir()}, {"example.org", "index.html", "status.json", MANIFEST})
        text = "".join(p.read_text() for p in files(www).values())
        self.assertNotIn("odd.example", text)
        self.assertIn("customer-a (Ann &amp; &lt;Bob&gt;)", text)
        self.assert_code(self.home.run("--config", conf, "site", www, "--group", "customer-b"), 64)

    @unittest.skipUnless(FAULTS, "this build has no library of faults")
    def test_killed(self):
        """kill -9 before the N-th rename or removal: of a first run, and of one that replaces everything. Pages are whole, links lead
        somewhere, what is not ours stays; the next run finishes."""
        home = self.home
        whole = self.scratch() / "whole"
        self.assert_code(self.site(whole), 0)
        home.run("label", "name", "example.com", "host:web80.webhost.example", "Killed", "--force")
        self.addCleanup(home.run, "label", "forget", "example.com", "host:web80.webhost.example")
        last = 0
        for n in (1, 2, 9, 40, 130, 10_000):
            for before, args in ((None, ()), (whole, ("example.com",))):
                with self.subTest(rename=n, fresh=before is None):
                    top = self.scratch() / "www"
                    if before:
                        shutil.copytree(before, top)
                        (top / "mine.txt").write_text("mine")
                    p = home.start("site", top, *args, env={**CLOCK, "LD_PRELOAD": " ".join(filter(None, (CLOCK.get("LD_PRELOAD"), FAULTS))),
                                                            "FAULT_KIND": "rename", "FAULT_AT": n, "FAULT_MODE": "kill"})
                    p.communicate(timeout=harness.RUN_SECONDS)
                    self.assertIn(p.returncode, (0, -signal.SIGKILL))
                    self.assertTrue(p.returncode or n > 100, "a run has more renames than that")
                    last = n if p.returncode == 0 else last
                    self.check_links(top)
                    if before:
                        self.assertTrue((top / "index.html").is_file())
                        self.assertEqual((top / "mine.txt").read_text(), "mine")
                    self.assert_code(self.site(top, *args), 0)
                    self.check_whole(top, foreign=("mine.txt",) if before else ())
        self.assertEqual(last, 10_000, "the last round is a run that nobody kills")

    def test_two_at_once(self):
        www = self.scratch()
        fd = os.open(www, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, fd)
        fcntl.flock(fd, fcntl.LOCK_EX)
        done = self.site(www)
        self.assert_code(done, 75)
        self.assert_sentence(done, "another run")

    # ---- served, and looked at

    def test_nginx(self):
        """The example of docs/site/nginx.conf serves it to who has the password, and the manifest to nobody."""
        root = mailservers.unpacked()
        if not root:
            self.skipTest("nginx cannot be downloaded")
        top, port = self.scratch(), mailservers.free_port()
        conf = (harness.ROOT / "docs/site/nginx.conf").read_text()
        conf = re.sub(r"(?m)^\s*ssl_.*\n", "", conf).replace("listen 443 ssl", f"listen 127.0.0.1:{port}").replace("/var/www/ruascope", str(self.www))
        conf = conf.replace("/etc/nginx/ruascope.htpasswd", str(top / "passwords"))
        hashed = subprocess.run(["openssl", "passwd", "-apr1", "secret"], capture_output=True, text=True, check=True).stdout.strip()
        (top / "passwords").write_text(f"ann:{hashed}\n")
        paths = "".join(f"{k}_temp_path {top}/{k};\n" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (top / "nginx.conf").write_text(f"daemon off;\npid {top}/pid;\nerror_log {top}/errors;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}"
                                        f"types {{ text/html html; application/json json; }}\n{conf}\n}}\n")
        server = subprocess.Popen([root / "usr/sbin/nginx", "-p", top, "-c", top / "nginx.conf", "-e", top / "errors"])

        def stop():
            server.terminate()
            server.wait(60)
        self.addCleanup(stop)

        def get(path, password=None):
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
            if password:
                request.add_header("Authorization", "Basic " + base64.b64encode(f"ann:{password}".encode()).decode())
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return answer.status, answer.read(), answer.headers
            except urllib.error.HTTPError as e:
                return e.code, b"", e.headers
            except urllib.error.URLError:
                return 0, b"", {}

        harness.wait(lambda: get("/")[0], "nginx answers")
        self.assertEqual([get("/")[0], get("/status.json")[0], get("/", "wrong")[0]], [401, 401, 401])
        for name in manifest(self.www):
            code, body, headers = get(f"/{name}", "secret")
            self.assertEqual((code, body), (200, (self.www / name).read_bytes()), name)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(get("/", "secret")[1], (self.www / "index.html").read_bytes())
        self.assertEqual(get("/example.com/", "secret")[1], (self.www / "example.com/index.html").read_bytes())
        self.assertEqual(get(f"/{MANIFEST}", "secret")[0], 404)

    @unittest.skipUnless(browser.CHROMIUM and browser.DRIVER, "chromium and chromium-driver are not installed")
    def test_browser(self):
        """Quiet, in every width, with nothing cut; filters without a script; accessible; on paper without what is to be clicked."""
        senders = re.findall(r'<a href="(sender/\w+\.html)">', (self.www / "example.com/index.html").read_text())
        names = ["index.html", "ledger.html", *(f"example.com/{n}" for n in ("index.html", "reporters.html", "2026-10.html", "reports-2026-10.html", senders[0]))]
        looks = [(380, True), (800, False), (1600, False)]
        with browser.Browser() as b:
            for width, dark in looks[:1] if harness.SANITIZED else looks:
                for name in names:
                    with self.subTest(page=name, width=width):
                        b.view(width, dark=dark)
                        b.open(self.www / name)
                        self.assertEqual(b.said(), [])
                        self.assertEqual(b.requests(), [(self.www / name).as_uri()])
                        self.assertLessEqual(b.run("return document.documentElement.scrollWidth"), width)
                        self.assertEqual(b.run("return [...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1).length"), 0)
                        if test_axe.AXE.is_file():
                            b.run(test_axe.AXE.read_text())
                            self.assertEqual(b.wait_for(test_axe.FOUND), [])
            self.filters(b)
            self.paper(b)

    def filters(self, b):
        """One click shows the spoofed, the failing, what one receiver saw."""
        shown = "return [...document.querySelectorAll('tbody tr[class]')].filter(r => r.offsetParent !== null).map(r => r.className)"

        def click(place):
            b.click(b.find(f"label[for={place}]")[0])
            return b.run(shown)

        b.view(1600)
        b.open(self.www / "example.com/index.html")
        self.assertFalse([c for c in b.run(shown) if "forged" in c or "gone" in c])
        spoofed, every = click("only-spoofed"), click("only-all")
        self.assertGreater(len(spoofed), 1)
        self.assertTrue(all("forged" in c for c in spoofed))
        self.assertGreater(len(every), len(spoofed))
        self.assertTrue(all("ok" not in c for c in click("only-failing")))
        self.assertTrue(all("yours" in c for c in click("only-yours")))
        b.open(self.www / "example.com/reports-2026-10.html")
        every, one = b.run(shown), click("by-2")
        self.assertLess(len(one), len(every))
        self.assertTrue(one and all("by-2" in c for c in one))

    def paper(self, b):
        b.open(self.www / "example.com/index.html")
        pdf = self.scratch() / "page.pdf"
        pdf.write_bytes(b.pdf())
        paper = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
        self.assertIn("ip4:192.0.2.80", paper)
        self.assertIn("of your mail passes DMARC", paper)
        self.assertNotIn("without spoofed and gone", paper)
        for n, text in enumerate(paper.split("\f")[:-1], 1):
            self.assertTrue(text.strip(), f"page {n} is empty")


class Hostile(harness.Case):
    """What reports, labels and groups say is text of pages, and never a name of a file."""

    WORDS = {**test_harmless.WORDS, "up": "../../xevil", "root": "/etc/xevil", "hidden": ".xevil", "manifest": MANIFEST, "index": "index.html",
             "percent": "%2e%2e%2fxevil", "long": "xevil" * 2000}
    # Each is the domain of a report; what ingest takes of them has a folder.
    DOMAINS = ("../xevil.example", "..", "a/b.example", '"<xevil>.example', "\u202exevil.example", "xn--xevil-.example",
               f"{'x' * 63}." * 3 + "example", "con.example", "x" * 10_000)

    @classmethod
    def setUpClass(cls):
        if not CLOCK:
            raise unittest.SkipTest("libfaketime is not there, or does not go with this build")
        cls.dir = harness.scratch()
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        home = harness.Server.shared().database()
        top = cls.dir / "in"
        top.mkdir()
        begin = reports.BEGIN + 31 * reports.DAY  # complete on the morning of CLOCK
        for i, word in enumerate(cls.WORDS.values()):
            ref = test_harmless.numeric(word)
            rows = [reports.record(f"192.0.2.{i + 1}", 50, "pass", "pass").replace("<selector>s1<", f"<selector>{ref}<"),
                    reports.record(f"198.51.100.{i + 1}", 50, "pass", "pass", header_from="HOSTILE").replace("HOSTILE", ref)]
            for n, domain in enumerate(("example.com", *cls.DOMAINS) if i == 0 else ("example.com",)):
                data = reports.report("ID", rows, org="ORG", contact="CONTACT", domain="DOMAIN", begin=begin)
                data = data.replace(b"<domain>DOMAIN<", f"<domain>{test_harmless.numeric(domain)}<".encode())
                for key in (b"ID", b"ORG", b"CONTACT"):
                    data = data.replace(b">" + key + b"<", b">" + ref.encode() + b"<")
                (top / f"{i}-{n}.xml").write_bytes(data)
        home.run("ingest", "--no-auth", top, env=CLOCK)
        for i, word in enumerate(cls.WORDS.values()):
            home.run("label", "name", "example.com", f"192.0.2.{i + 1}", word.replace("\n", " "), "--force", env=CLOCK)
        zone = cls.dir / "root.zone"
        zone.write_text('. 300 IN SOA ns.test. admin.test. 1 3600 900 604800 300\n. 300 IN NS ns.test.\nns.test. 300 IN A 127.0.0.1\n'
                        'example.com. 300 IN TXT "v=spf1 include=<xevil> ip:../xevil \\"><script>xevil</script> ~all"\n'
                        '_dmarc.example.com. 300 IN TXT "v=DMARC1; p=none; rua=mailto:rua@<xevil>.example"\n')
        with nameserver.NameServer({".": zone}) as dns:
            cls.judged = home.run("--dns-server", dns.address, "judge", env=CLOCK)
        conf = cls.dir / "ruascope.conf"
        conf.write_text('group "../<xevil>" {\n domains = {"example.com"}\n owner = "<script>xevil</script>"\n}\n')
        cls.sites = {"www": home.run("site", cls.dir / "www", env=CLOCK),
                     "group": home.run("--config", conf, "site", cls.dir / "group", "--group", "../<xevil>", env=CLOCK)}

    def test_names(self):
        """Of hosts, months and hashes alone; nothing beside the directories."""
        self.assert_code(self.judged, 0)
        for which, done in self.sites.items():
            self.assert_code(done, 0)
            names = manifest(self.dir / which)
            self.assertGreater(len(names), 20)
            self.assertEqual(sorted(set(files(self.dir / which)) - {MANIFEST}), sorted(names))
            for name in names:
                self.assertRegex(name, r"^((x-[0-9a-f]{32}|[a-z0-9-]+(\.[a-z0-9-]+)+)/)?(index\.html|status\.json|ledger\.html|reporters\.html|"
                                       r"(reports-)?\d{4}-\d\d\.html|sender/[0-9a-f]{32}\.html)$")
        self.assertEqual({p.name for p in self.dir.iterdir()}, {"in", "www", "group", "root.zone", "ruascope.conf"})

    def test_pages(self):
        """Every word is there to be read, and none of them is markup, a link or a character that moves others."""
        text = ""
        for which in self.sites:
            for name, path in files(self.dir / which).items():
                page = path.read_text()
                self.assert_harmless(page, name)
                self.assertNotRegex(page, "[\u202a-\u202e\u2066-\u2069]", f"{name}: what turns the direction of text")
                if not name.endswith(".html"):
                    continue
                tags = test_harmless.Tags()
                tags.feed(page)
                self.assertEqual(tags.evil, [], name)
                for href in Links(page).hrefs:
                    self.assertRegex(href, r"^(\.\./){0,2}[a-z0-9./#-]*$", name)
                self.assertNotIn("xevil" * 2000, page, f"{name}: ten thousand characters at one place")
                text += page
        self.assertIn("&lt;xevil onload=xevil()&gt;", text)
        self.assertIn("../../xevil", text)
        self.assertIn("\\u{202e}xevil", text)


if __name__ == "__main__":
    harness.main()

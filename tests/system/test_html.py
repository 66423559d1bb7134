"""Pages: whole, of one piece, without a script, readable by machine and person; looked at in Chromium where it is installed."""
import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import urllib.parse

import harness

SAMPLES = harness.ROOT / "samples"
ANSWERS = SAMPLES / ".dns/answers.sql"
CHROMIUM = shutil.which("chromium")
AXE = os.environ.get("RUASCOPE_AXE")
VOID = {"meta"}
WIDTHS = (380, 1600)


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.headings, self.problems = [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"left open: {self.open}")

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name, value in attrs.items():
            if name.startswith("on") or name in ("src", "href", "action", "srcset", "style"):
                self.problems.append(f"<{tag} {name}={value}>")

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else at {self.getpos()}")


def luminance(colour):
    colour = colour.lstrip("#")
    colour = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
    parts = [int(colour[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Pages(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.home = harness.Home()
        cls.addClassCleanup(cls.home.close)
        cls.home.run("db", "start")
        cls.home.run("ingest", SAMPLES)
        cls.home.run("db", "psql", "--", "-q", "-f", ANSWERS)
        cls.pages = {}
        for name, args, codes in (("inventory", ("inventory", "--month", "2026-10"), (0,)), ("report", ("report", "--month", "2026-10"), (0,)),
                                  ("readiness", ("readiness", "example.com", "--as-of", "2026-11-01"), (2,)),
                                  ("all", ("readiness", "--all", "--as-of", "2026-11-01"), (2,))):
            done = cls.home.run("--offline", *args, "-f", "html")
            if done.code not in codes:
                raise AssertionError(done)
            cls.pages[name] = done.out

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
        self.assertIn("Not ready for p=reject", self.pages["readiness"])
        for domain in ("example.com", "example.org", "odd.example"):
            self.assertIn(f"<h2>{domain}</h2>", self.pages["all"])

    def test_contrast(self):
        """AA: 4.5 to 1 for every colour of text on the page's and the cards' ground, light and dark."""
        css = (harness.ROOT / "report/page.css").read_text()
        for block in re.findall(r":root \{([^}]*)\}", css):
            colours = dict(re.findall(r"--(\w+): (#[0-9a-f]+)", block))
            for name in ("fg", "soft", "good", "bad", "warn", "fwd", "grey"):
                for ground in ("bg", "card"):
                    self.assertGreaterEqual(contrast(colours[name], colours[ground]), 4.5, f"{name} on {ground}")

    @harness.unittest.skipUnless(CHROMIUM, "chromium is not installed")
    def test_chromium(self):
        """It loads without a word on the console or a request to anybody, wide, narrow and on paper."""
        top = self.scratch()
        for name, text in self.pages.items():
            (top / f"{name}.html").write_text(text)
            for width in WIDTHS:
                done = self.chromium(top, f"--window-size={width},1200", f"--screenshot={top}/{name}-{width}.png", f"file://{top}/{name}.html")
                self.assertGreater((top / f"{name}-{width}.png").stat().st_size, 10000, done.stderr)
                self.assertNotIn("CONSOLE", done.stderr)
            self.chromium(top, "--print-to-pdf-no-header", f"--print-to-pdf={top}/{name}.pdf", f"file://{top}/{name}.html")
            self.assertTrue((top / f"{name}.pdf").read_bytes().startswith(b"%PDF"))

    @harness.unittest.skipUnless(CHROMIUM and AXE, "chromium is not installed, or RUASCOPE_AXE does not name axe.min.js (npm pack axe-core)")
    def test_axe(self):
        """No violation of accessibility that axe-core finds. The page's own policy would not let a script in, so it is taken off here."""
        top = self.scratch()
        script = pathlib.Path(AXE).read_text().replace("</script", "<\\/script")
        run = "axe.run().then(r => { document.body.innerHTML = '<pre id=axe>' + encodeURIComponent(JSON.stringify(r.violations.map(v => [v.id, v.nodes[0].html]))) + '</pre>' })"
        for name, text in self.pages.items():
            page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
            (top / "page.html").write_text(page.replace("</body>", f"<script>{script}</script><script>{run}</script></body>"))
            done = self.chromium(top, "--virtual-time-budget=30000", "--dump-dom", f"file://{top}/page.html")
            found = re.search('<pre id="axe">(.*?)</pre>', done.stdout)
            self.assertTrue(found, done.stderr[-500:])
            self.assertEqual(urllib.parse.unquote(found[1]), "[]", name)

    def chromium(self, top, *args):
        return subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr", "--v=0",
                               f"--user-data-dir={top}/profile", *args], capture_output=True, text=True, timeout=300)


if __name__ == "__main__":
    harness.main()

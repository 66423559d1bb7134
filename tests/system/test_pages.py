"""Pages in Chromium: quiet, without a request to anybody, copied with one gesture, on every screen and on paper."""
import http.server
import os
import pathlib
import subprocess
import threading

import browser
import harness
import pages

WIDTHS = (380, 1600)
LOOKS = [(width, dark) for width in WIDTHS for dark in (False, True)]


class Beacon(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@harness.unittest.skipUnless(browser.CHROMIUM and browser.DRIVER, "chromium and chromium-driver are not installed")
class InBrowser(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.home = harness.Home()
        cls.addClassCleanup(cls.home.close)
        cls.pages = pages.of_samples(cls.home)
        cls.browser = browser.Browser()
        cls.browser.__enter__()
        cls.addClassCleanup(cls.browser.__exit__, None, None, None)

    def show(self, name, text, width=1600, dark=False):
        path = self.scratch() / f"{name}.html"
        path.write_text(text)
        self.browser.view(width, dark=dark)
        self.browser.open(path)
        return path

    def test_quiet(self):
        """Not a word on the console, not a request beyond the file itself; and nothing wider than the window."""
        for name, text in self.pages.items():
            for width, dark in LOOKS:
                with self.subTest(page=name, width=width, dark=dark):
                    path = self.show(name, text, width, dark)
                    self.assertEqual(self.browser.said(), [])
                    self.assertEqual(self.browser.requests(), [path.as_uri()])
                    self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth"), width)
                    ground = self.browser.run("return getComputedStyle(document.body).backgroundColor")
                    self.assertEqual(ground, "rgb(15, 20, 25)" if dark else "rgb(255, 255, 255)")
                    if os.environ.get("RUASCOPE_SCREENSHOTS"):
                        to = pathlib.Path(os.environ["RUASCOPE_SCREENSHOTS"]) / f"{name}-{width}{'-dark' if dark else ''}.png"
                        to.write_bytes(self.browser.screenshot())

    def test_requests_are_seen(self):
        """The test before can fail: a page that asks somebody, and one that errs, are noticed."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Beacon)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}/pixel"
        page = self.pages["report"].replace("default-src 'none'", "default-src *")
        path = self.show("asks", page.replace("</main>", f'<img alt="" src="{url}"></main>'))
        self.assertEqual(self.browser.requests(), [path.as_uri(), url])
        self.show("errs", self.pages["report"].replace("</main>", "<script>alert(1)</script></main>"))
        self.assertIn("Content Security Policy", " ".join(self.browser.said()))

    def test_print(self):
        """On paper: A4, everything there, no page but for the last nearly empty."""
        for name, text in self.pages.items():
            self.show(name, text)
            pdf = self.scratch() / f"{name}.pdf"
            pdf.write_bytes(self.browser.pdf())
            info = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
            self.assertRegex(info, r"Page size: +59[45](\.\d+)? x 84[12]", name)
            paper = " ".join(subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout.split())
            self.assertIn("example.com", paper)
            if name == "report":
                self.assertIn("ip4:192.0.2.80", paper)
                self.assertIn("Key: host:web80.webhost.example", paper, "what is folded on the screen")
            if os.environ.get("RUASCOPE_SCREENSHOTS"):
                (pathlib.Path(os.environ["RUASCOPE_SCREENSHOTS"]) / f"{name}.pdf").write_bytes(pdf.read_bytes())

    def test_record_is_copied_with_one_gesture(self):
        """A click selects a record whole and nothing else; so does the keyboard: Tab, then select all of it."""
        self.show("report", self.pages["report"])
        records = self.browser.find("code.record:not(.old)")
        self.assertGreater(len(records), 0)
        for n, element in enumerate(records):
            whole = self.browser.run(f"return document.querySelectorAll('code.record:not(.old)')[{n}].textContent")
            self.browser.click(element)
            self.assertEqual(self.browser.run("return getSelection().toString()"), whole)
            self.assertRegex(whole, r'^\S+\. TXT "v=')
        self.browser.run("getSelection().removeAllRanges(); document.activeElement.blur()")
        reached = set()
        for _ in range(60):
            self.browser.press(browser.TAB)
            reached.add(self.browser.run("const e = document.activeElement; return e.matches('code.record') ? e.textContent : ''"))
        self.assertGreaterEqual(len(reached - {""}), len(records), "Tab comes to every record")

    def test_folds_open(self):
        self.show("inventory", self.pages["inventory"])
        self.assertEqual(self.browser.run("return document.querySelectorAll('details[open]').length"), 0)
        self.browser.click(self.browser.find("summary")[0])
        self.assertEqual(self.browser.run("return document.querySelectorAll('details[open]').length"), 1)


if __name__ == "__main__":
    harness.main()

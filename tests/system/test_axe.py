"""Pages are for everybody: axe-core finds no violation of accessibility, on any screen, in any colours. `check` fetches axe-core from npm."""
import os
import pathlib

import browser
import harness
import pages

AXE = pathlib.Path(os.environ.get("RUASCOPE_AXE") or harness.ROOT / "build/npm/node_modules/axe-core/axe.min.js")
LOOKS = [(380, True), (1600, False)]  # each width and each set of colours; --long: each width in each
if harness.LONG:
    LOOKS += [(380, False), (1600, True)]
elif harness.SANITIZED:  # they look at the program, not at Chromium; its pages are the same
    LOOKS = LOOKS[:1]
FOUND = "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html, v.nodes[0].failureSummary]))"


@harness.unittest.skipUnless(browser.CHROMIUM and browser.DRIVER and AXE.is_file(), f"chromium, chromium-driver or {AXE} is missing")
class Accessible(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.browser = browser.Browser()
        cls.browser.__enter__()
        cls.addClassCleanup(cls.browser.__exit__, None, None, None)

    def violations(self, name, text, width, dark):
        path = self.scratch() / f"{name}.html"
        path.write_text(text)
        self.browser.view(width, dark=dark)
        self.browser.open(path)
        self.browser.run(AXE.read_text())
        return self.browser.wait_for(FOUND)

    def test_samples(self):
        home = harness.Home()
        self.addCleanup(home.close)
        for name, text in pages.of_samples(home).items():
            for width, dark in LOOKS:
                with self.subTest(page=name, width=width, dark=dark):
                    self.assertEqual(self.violations(name, text, width, dark), [])

    def test_large(self):
        """Fifty domains with every kind of card and table, each page in one width. Thirty senders each, more than there are cards for: axe
        takes a minute and more for a page of a hundred."""
        _, made = pages.large(self.database(), self.scratch(), senders=30)
        for (name, text), (width, dark) in zip(made.items(), ((380, True), (1600, False)), strict=True):
            with self.subTest(page=name, width=width):
                self.assertEqual(self.violations(name, text, width, dark), [])

    def test_it_can_fail(self):
        bad = "<!doctype html><html><body><img src=x><p style='color:#777;background:#888'>pale</p></body></html>"
        ids = {v[0] for v in self.violations("bad", bad, 1600, False)}
        self.assertLessEqual({"image-alt", "color-contrast", "html-has-lang", "document-title"}, ids)


if __name__ == "__main__":
    harness.main()

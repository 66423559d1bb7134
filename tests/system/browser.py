"""A headless Chromium of our own, driven by chromedriver as WebDriver has it: what a page does, not what it says it does."""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
PATIENCE = 180  # seconds for one command, on a machine however loaded
TAB = "\ue004"  # WebDriver's keyboard


class Browser:
    """with Browser() as b: b.open(path); b.run("return document.title")"""

    def __enter__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="chromium-", dir="/tmp"))
        self.driver = subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                       env={**os.environ, "HOME": str(self.top)})
        started = next((m for line in self.driver.stdout if (m := re.search(r"started successfully on port (\d+)", line))), None)
        assert started, "chromedriver did not start"
        self.base = f"http://127.0.0.1:{started[1]}"
        options = {"binary": CHROMIUM, "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={self.top}/profile"],
                   "perfLoggingPrefs": {"enableNetwork": True, "enablePage": False}}
        wanted = {"browserName": "chrome", "timeouts": {"script": 1000 * PATIENCE}, "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.session = ""
        self.session = "/session/" + self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        return self

    def __exit__(self, *_):
        try:
            if self.session:
                self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()
            shutil.rmtree(self.top, ignore_errors=True)

    def ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + self.session + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as e:
            raise AssertionError(f"{method} {path}: {json.loads(e.read())['value']['message'][:2000]}") from None

    def cdp(self, command, **params):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def view(self, width, height=1200, dark=False):
        """The size of the window and the colours that its owner likes."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def open(self, path):
        self.said(), self.requests()  # what was before
        self.ask("POST", "/url", {"url": pathlib.Path(path).as_uri()})

    def run(self, script, *args):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(args)})

    def wait_for(self, script):
        """What a promise comes to."""
        return self.ask("POST", "/execute/async", {"script": f"const done = arguments[0]; ({script}).then(done, e => done('' + e))", "args": []})

    def log(self, kind):
        return self.ask("POST", "/se/log", {"type": kind})

    def said(self):
        """What is new on the console."""
        return [entry["message"] for entry in self.log("browser")]

    def requests(self):
        """The URLs that were asked for since the last time."""
        events = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]

    def find(self, css):
        return [next(iter(e.values())) for e in self.ask("POST", "/elements", {"using": "css selector", "value": css})]

    def click(self, element):
        self.ask("POST", f"/element/{element}/click", {})

    def press(self, *keys):
        actions = [a for k in keys for a in ({"type": "keyDown", "value": k}, {"type": "keyUp", "value": k})]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def screenshot(self):
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12000), "scale": 1}
        return base64.b64decode(self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"])

    def pdf(self):
        return base64.b64decode(self.cdp("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"])

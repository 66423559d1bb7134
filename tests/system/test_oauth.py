"""OAuth2 against a real HTTP server: refresh and rotation, what servers do wrong, signing in."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import harness
import oauthserver

CLIENT = os.environ.get("OAUTH_CLIENT") or str(pathlib.Path(harness.PROGRAM).parents[1] / "tests/system/oauth_client")


class Oauth(harness.Case):
    def setUp(self):
        self.dir = self.scratch()
        self.server = self.serve()
        self.token = self.dir / "rua.token"
        self.put("first-refresh-token")

    def serve(self, **more):
        server = oauthserver.Server(**more)
        self.addCleanup(server.close)
        return server

    def put(self, token):
        self.token.write_text(token + "\n")
        self.token.chmod(0o600)

    def kept(self):
        self.assertEqual(self.token.stat().st_mode & 0o7777, 0o600)
        return self.token.read_text().strip()

    def command(self, *args, path="/token", server=None):
        return [CLIENT, *map(str, args), (server or self.server).base + path, str(self.token)]

    def ask(self, *args, **more):
        """The lines of one client."""
        cmd = self.command(*args, **more)
        p = subprocess.run(cmd, env=harness.environment(self.dir), capture_output=True, timeout=120)
        out, err = p.stdout.decode(), p.stderr.decode()
        harness.check_alive(p.returncode, err, cmd)
        self.assertEqual((p.returncode, err), (0, ""))
        self.assert_harmless(out, cmd)
        self.assertFalse(list(self.dir.glob("*.new")), "no temporary file stays")
        return out.splitlines()

    def one(self, *args, **more):
        lines = self.ask(*args, **more)
        self.assertEqual(len(lines), 1, lines)
        return lines[0]


class Refresh(Oauth):
    def test_cached(self):
        """One question for many tokens; renewed when it was refused."""
        self.assertEqual(self.ask("-n", 3), ["ok access-1"] * 3)
        self.assertEqual(len(self.server.requests), 1)
        self.assertEqual(self.server.requests[0][2], {"grant_type": "refresh_token", "refresh_token": "first-refresh-token",
                                                      "client_id": "client&1", "scope": "mail offline_access"})
        self.assertEqual(self.ask("-n", 3, "-r"), ["ok access-2", "ok access-3", "ok access-4"])

    def test_expiry(self):
        """It is renewed before it expires."""
        self.server.expires = 2
        lines = self.ask("-n", 4, "-w", 1100)
        self.assertEqual(lines[0], "ok access-1")
        self.assertGreaterEqual(len(set(lines)), 2, lines)

    def test_rotation(self):
        for i in range(3):
            self.assertEqual(self.one(), f"ok access-{i + 1}")
            self.assertIn(self.kept(), self.server.good)
            self.assertRegex(self.kept(), f"^refresh-{i + 1}-")

    def test_not_rotated(self):
        """A server that gives no new one: the file is left alone."""
        self.server.rotate = False
        before = self.token.stat()
        self.assertEqual(self.ask("-n", 2, "-r"), ["ok access-1", "ok access-2"])
        self.assertEqual((self.token.stat().st_ino, self.token.stat().st_mtime_ns), (before.st_ino, before.st_mtime_ns))

    def test_secret(self):
        secret = self.dir / "secret"
        secret.write_text("hunter2 & co\n")
        secret.chmod(0o640)
        self.assertEqual(self.one("-s", secret), "ok access-1")
        self.assertEqual(self.server.requests[0][2]["client_secret"], "hunter2 & co")
        secret.chmod(0o644)
        self.assertIn("others may read", self.one("-s", secret))

    def test_two_at_once(self):
        """Each token is good once, the server is slow: without the lock one of them would lose."""
        self.server.delay = 0.05
        clients = [subprocess.Popen(self.command("-n", 10, "-r"), env=harness.environment(self.dir), stdout=subprocess.PIPE, text=True)
                   for _ in range(4)]
        lines = [line for p in clients for line in p.communicate(timeout=120)[0].splitlines()]
        self.assertEqual(sorted(lines), sorted(f"ok access-{i}" for i in range(1, 41)))
        self.assertIn(self.kept(), self.server.good)

    def test_killed(self):
        """A process that dies while it waits for the server leaves no lock and no half file."""
        p = subprocess.Popen(self.command(path="/slow"), env=harness.environment(self.dir), stdout=subprocess.DEVNULL)
        harness.wait(lambda: self.server.requests, "it asks")
        p.send_signal(signal.SIGKILL)
        p.wait()
        self.assertEqual(self.one(), "ok access-1")

    def test_no_secret_is_shown(self):
        """Neither in the arguments of the process nor in what it says."""
        p = subprocess.Popen(self.command("-t", 2, path="/slow"), env=harness.environment(self.dir), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        harness.wait(lambda: self.server.requests, "it asks")
        seen = pathlib.Path(f"/proc/{p.pid}/cmdline").read_bytes() + pathlib.Path(f"/proc/{p.pid}/environ").read_bytes()
        seen += p.communicate(timeout=60)[0]
        self.assertNotIn(b"first-refresh-token", seen)

    def test_disk_full(self):
        """What cannot be written shows before the server is asked: its one good token is not wasted."""
        p = subprocess.run(["sh", "-c", 'ulimit -f 1; exec "$0" "$@"', *self.command()], env=harness.environment(self.dir),
                           capture_output=True, text=True, timeout=60, preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        self.assertRegex(p.stdout, r"^fatal .*rua\.token\.new: ")
        self.assertEqual(self.server.requests, [])
        self.assertEqual(self.kept(), "first-refresh-token")

    @unittest.skipUnless(harness.IS_ROOT, "not root")
    def test_owner(self):
        """Root does it for the user whose directory it is."""
        os.chown(self.dir, 65534, 65534)
        os.chown(self.token, 65534, 65534)
        self.assertEqual(self.one(), "ok access-1")
        for path in self.dir.iterdir():
            self.assertEqual(path.stat().st_uid, 65534, path)
        cmd = harness.as_user("nobody", self.command("-r"))
        p = subprocess.run(cmd, env=harness.environment(self.dir), capture_output=True, text=True, timeout=60)
        self.assertEqual(p.stdout, "ok access-2\n", p.stderr)

    def test_no_file(self):
        self.token.unlink()
        self.assertRegex(self.one(), r"^fatal refresh token \(`ruascope imap login rua` gets one\): .*rua\.token: No such file")
        self.put("")
        self.assertIn("empty", self.one())
        self.put("first-refresh-token")
        self.token.chmod(0o640)
        self.assertIn("chmod 600", self.one())
        self.assertEqual(self.server.requests, [])


class Refused(Oauth):
    def test_words(self):
        """What the server said, as one line, with what to do; never a secret."""
        secret = self.dir / "secret"
        secret.write_text("client-secret-1\n")
        secret.chmod(0o600)
        login = r"\(sign in again: `ruascope imap login rua`\)$"
        for path, pattern in {
                "/interaction": r"^fatal 127\.0\.0\.1: interaction_required: AADSTS50076: you must use multi-factor .*" + login,
                "/echo": r"^fatal 127\.0\.0\.1: invalid_client: no \*{15} for \*{19}\\x1b\[31m$",
                "/busy": r"^retry 127\.0\.0\.1: temporarily_unavailable$",
                "/limited": r"^retry 127\.0\.0\.1: HTTP status 429$",
                "/missing": r"^fatal 127\.0\.0\.1: HTTP status 404$",
                "/redirect": r"^fatal 127\.0\.0\.1: HTTP status 307, a redirect",
                "/garbage": r"^retry 127\.0\.0\.1: the reply is not JSON$",
                "/binary": r"^retry 127\.0\.0\.1: the reply is not JSON$",
                "/empty": r"^retry 127\.0\.0\.1: the reply is not JSON$",
                "/no-token": r"^retry 127\.0\.0\.1: the reply holds no access_token$",
                "/injected": r"^retry 127\.0\.0\.1: access_token is no token$",
                "/cut": r"^retry 127\.0\.0\.1: .*",
                "/hang-up": r"^retry 127\.0\.0\.1: .*",
        }.items():
            with self.subTest(path=path):
                line = self.one("-s", secret, path=path)
                self.assertRegex(line, pattern)
                for word in ("first-refresh-token", "client-secret-1"):
                    self.assertNotIn(word, line)
                self.assertEqual(self.kept(), "first-refresh-token")
        self.assertFalse([r for r in self.server.requests if r[1] == "/token"], "no redirect was followed")

    def test_invalid_grant(self):
        self.put("stolen-refresh-token")
        line = self.one()
        self.assertRegex(line, r"^fatal 127\.0\.0\.1: invalid_grant: AADSTS70000: the token \*+ is unknown\. "
                               r"\(sign in again: `ruascope imap login rua`\)$")
        self.assertEqual(self.kept(), "stolen-refresh-token")

    def test_slow(self):
        for path in ("/slow", "/trickle"):
            start = time.monotonic()
            self.assertRegex(self.one("-t", 1, path=path), "^retry .*timed out")
            self.assertLess(time.monotonic() - start, 10)

    def test_huge(self):
        """A gigabyte, announced or not: it ends at the ceiling, in little memory."""
        for path in ("/huge", "/endless", "/headers"):
            with self.subTest(path=path):
                start = time.monotonic()
                line = self.one("-t", 20, path=path)
                self.assertRegex(line, "^retry ")
                if path != "/headers":
                    self.assertIn("larger than 65536 bytes", line)
                self.assertLess(time.monotonic() - start, 10)
                if harness.judges_cost():
                    self.assertLess(self.peak(path), 64)

    def peak(self, path):
        """MiB of a client that asks there, counted by a small launcher (see harness.measure)."""
        with tempfile.NamedTemporaryFile("r") as cost:
            subprocess.run([sys.executable, "-I", "-S", str(harness.HERE / "rusage.py"), cost.name, *self.command("-t", 20, path=path)],
                           env=harness.environment(self.dir), stdout=subprocess.DEVNULL, check=True, timeout=60)
            return int(cost.read().split()[2]) / 1024

    def test_unreachable(self):
        self.server.close()
        self.assertRegex(self.one(), "^retry 127.0.0.1: .*(refused|connect)")
        p = subprocess.run([CLIENT, "http://login.example/token", str(self.token)], capture_output=True, text=True, timeout=60)
        self.assertRegex(p.stdout, "^fatal token-endpoint: http://login.example: secrets go over https only")

    def test_tls(self):
        """The certificate is verified, and so is the name in it."""
        ca, both = oauthserver.ca(self.dir)
        server = self.serve(tls=both)
        self.assertEqual(self.one("-c", ca, server=server), "ok access-1")
        self.put("first-refresh-token")
        self.assertRegex(self.one(server=server), "^fatal localhost: .*certificate")
        server.base = server.base.replace("localhost", "127.0.0.1")
        self.assertRegex(self.one("-c", ca, server=server), "^fatal 127.0.0.1: ")
        self.assertRegex(self.one("-c", self.dir / "none.pem", server=server), "^fatal 127.0.0.1: ")


class Login(Oauth):
    def setUp(self):
        super().setUp()
        self.token.unlink()
        self.config = self.dir / "ruascope.conf"
        self.write_config()

    def write_config(self, more="", device="/device"):
        self.config.write_text(f'mailbox rua {{\n\tauth = xoauth2\n\ttoken-endpoint = "{self.server.base}/token"\n'
                               f'\tdevice-endpoint = "{self.server.base}{device}"\n\tclient-id = "client&1"\n'
                               f'\tscope = "mail offline_access"\n\trefresh-token-file = rua.token\n{more}}}\n')

    def login(self, *args, **more):
        return harness.run("--config", self.config, "imap", "login", *args, **more)

    def test_device(self):
        """Pending, a server in trouble, slow_down (five seconds more), yes."""
        self.server.decisions = ["authorization_pending", "slow_down", "yes"]
        start = time.monotonic()
        done = self.login("rua")
        self.assert_code(done, 0)
        self.assertGreaterEqual(time.monotonic() - start, 1 + 1 + 6 - 0.5)
        for word in ("https://v.example/device", "WDJB-MJHT", str(self.token)):
            self.assertIn(word, done.out)
        self.assertEqual(done.err, "")
        self.assertIn(self.kept(), self.server.good)
        self.assertNotIn(self.kept(), done.out)
        forms = [form for _, _, form in self.server.requests]
        self.assertEqual(forms[0], {"client_id": "client&1", "scope": "mail offline_access"})
        self.assertEqual(forms[1], {"client_id": "client&1", "device_code": "the-device-code",
                                    "grant_type": "urn:ietf:params:oauth:grant-type:device_code"})
        self.assertEqual(self.one(), "ok access-2", "and the token is good")

    def test_device_trouble_passes(self):
        self.server.decisions = ["broken", "yes"]
        self.assert_code(self.login("rua"), 0)
        self.assertIn(self.kept(), self.server.good)

    def test_refused(self):
        for decision, words in {"access_denied": "denied in the browser", "authorization_declined": "denied in the browser",
                                "expired_token": "in time", "invalid_client": "invalid_client: said invalid_client",
                                "no refresh": "no refresh token"}.items():
            with self.subTest(decision=decision):
                self.server.decisions = [decision]
                done = self.login("rua")
                self.assert_code(done, 78)
                self.assert_sentence(done, words)
                self.assertFalse(self.token.exists())

    def test_expires(self):
        """The code is too old, and the server still says that it waits."""
        self.server.expires = 2
        self.server.decisions = ["authorization_pending"] * 9
        done = self.login("rua")
        self.assert_code(done, 78)
        self.assert_sentence(done, "in time")

        self.server.decisions = ["broken"] * 9
        done = self.login("rua")
        self.assert_code(done, 75)
        self.assert_sentence(done, "too old", "HTTP status 502")

    def test_password_mailbox(self):
        self.config.write_text("mailbox rua {\n\tauth = plain\n}\n")
        done = self.login("rua")
        self.assert_code(done, 78)
        self.assert_sentence(done, "rua", "password")

    def test_keeps_what_is_there(self):
        """A login that fails leaves the token that works."""
        self.put("first-refresh-token")
        self.server.decisions = ["access_denied"]
        self.assert_code(self.login("rua"), 78)
        self.assertEqual(self.kept(), "first-refresh-token")

    def test_harmless(self):
        self.write_config(device="/device-evil")
        self.server.decisions = ["access_denied"]
        done = self.login("rua")
        self.assert_harmless(done.out, "what is shown of the server's words")
        self.assertNotIn("\u202e", done.out)
        self.assertIn("A\\x1b[2J\\x0aB", done.out)

    def test_interrupted(self):
        self.server.decisions = ["authorization_pending"] * 99
        p = harness.start("--config", self.config, "imap", "login", "rua")
        harness.wait(lambda: len(self.server.requests) > 1, "it asks")
        p.send_signal(signal.SIGTERM)
        done = harness.finish(p)
        self.assert_code(done, 75)
        self.assert_sentence(done, "interrupted")

    def test_interrupted_while_the_server_is_silent(self):
        self.write_config(device="/slow")
        p = harness.start("--config", self.config, "imap", "login", "rua")
        harness.wait(lambda: self.server.requests, "it asks")
        start = time.monotonic()
        p.send_signal(signal.SIGTERM)
        self.assert_code(harness.finish(p), 75)
        self.assertLess(time.monotonic() - start, 10)

    def test_options(self):
        """Without a section; and options go before it."""
        self.server.decisions = ["yes", "yes"]
        self.assert_code(self.login("--token-endpoint", f"{self.server.base}/token", "--device-endpoint", f"{self.server.base}/device",
                                    "--client-id", "c2", "--refresh-token-file", self.token), 0)
        self.assertEqual(self.server.requests[0][2], {"client_id": "c2"})
        other = self.dir / "other.token"
        self.assert_code(self.login("rua", "--refresh-token-file", other), 0)
        self.assertEqual(other.stat().st_mode & 0o7777, 0o600)

    def test_usage(self):
        for args in ([], ["nobody"], ["rua", "rua"], ["--provider", "google"], ["rua", "--port", "0"], ["rua", "--no-such"]):
            self.assert_code(self.login(*args), 64)
        done = self.login("rua", "--provider", "yahoo")
        self.assert_code(done, 78)
        self.assert_sentence(done, "yahoo", "google", "microsoft")
        done = self.login("rua", "--token-endpoint", "http://login.example/token")
        self.assert_code(done, 78)
        self.assert_sentence(done, "https only")
        self.assertEqual(self.server.requests, [])

    def browser(self, **popen):
        """(process, the address to open, its query)."""
        p = harness.start("--config", self.config, "imap", "login", "rua", "--browser", "--authorization-endpoint", "https://a.example/auth", **popen)
        lines = []
        while not lines or not lines[-1].startswith("Waiting"):
            lines.append(p.stdout.readline().decode())
            self.assertTrue(lines[-1], lines)
        url = next(line.strip() for line in lines if line.startswith("https://a.example/auth?"))
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        self.server.challenge = query["code_challenge"]
        return p, query

    @staticmethod
    def visit(address):
        try:
            with urllib.request.urlopen(address, timeout=10) as reply:
                return reply.status
        except urllib.error.HTTPError as e:
            return e.code

    def test_browser(self):
        """Strangers on the port change nothing; our state does."""
        p, query = self.browser()
        back = query["redirect_uri"]
        self.assertRegex(back, r"^http://127\.0\.0\.1:\d+$")
        self.assertEqual((query["response_type"], query["code_challenge_method"], query["scope"]), ("code", "S256", "mail offline_access"))
        self.assertEqual(self.visit(f"{back}/favicon.ico"), 404)
        self.assertEqual(self.visit(f"{back}/?code=evil&state=guess"), 404)
        self.assertEqual(self.visit(f"{back}/?code=4/the%2Bcode&state={query['state']}"), 200)
        done = harness.finish(p)
        self.assert_code(done, 0)
        self.assertIn(self.kept(), self.server.good)
        self.assertEqual(self.server.requests[0][2]["redirect_uri"], back)

    def test_browser_denied(self):
        p, query = self.browser()
        self.visit(f"{query['redirect_uri']}/?error=access_denied&state={query['state']}")
        done = harness.finish(p)
        self.assert_code(done, 78)
        self.assert_sentence(done, "denied", "access_denied")

    def test_browser_elsewhere(self):
        """The address is pasted."""
        p, query = self.browser(stdin=subprocess.PIPE)
        p.stdin.write(f"\n{query['redirect_uri']}/?state={query['state']}&code=4%2Fthe%2Bcode&scope=mail\n".encode())
        p.stdin.flush()
        done = harness.finish(p)
        self.assert_code(done, 0)
        self.assertIn(self.kept(), self.server.good)

    def test_browser_wrong_paste(self):
        for text, word in (("hello\n", "no code"), ("http://127.0.0.1/?code=x&state=y\n", "another question"), ("x" * 20000 + "\n", "too long")):
            p, _ = self.browser(stdin=subprocess.PIPE)
            p.stdin.write(text.encode())
            p.stdin.flush()
            done = harness.finish(p)
            self.assert_code(done, 78)
            self.assert_sentence(done, word)
        self.assertEqual(self.server.requests, [])


if __name__ == "__main__":
    if not os.access(CLIENT, os.X_OK):
        raise SystemExit(f"{CLIENT} is not built")
    harness.main()

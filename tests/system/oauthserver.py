"""A token endpoint as providers have them: HTTP(S) on loopback, refresh tokens that rotate, the device flow.

Server     what it answers is chosen by the path: /token behaves, /slow, /garbage ... do not
ca(dir)    a certificate authority and a server certificate for localhost, made with openssl
"""
import base64
import contextlib
import hashlib
import http.server
import json
import secrets
import ssl
import subprocess
import threading
import time
import urllib.parse


def ca(directory):
    """(CA file, file with key and certificate of localhost)."""
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=directory, check=True, capture_output=True, timeout=60)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=own CA", "-days", "2", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (directory / "ext").write_text("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", "server.pem")
    both = directory / "both.pem"
    both.write_text((directory / "server.pem").read_text() + (directory / "server.key").read_text())
    return directory / "ca.pem", both


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body, kind="application/json", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.server.model.requests.append(("GET", self.path, {}))
        self.say(200, {"access_token": "by-get"})

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        model = self.server.model
        model.requests.append(("POST", self.path, form))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
            getattr(model, "on_" + self.path.strip("/").replace("-", "_"))(self, form)
        self.close_connection = True


class Server:
    """Keeps refresh tokens as a provider does that rotates them: each is good once, a second use is invalid_grant."""

    def __init__(self, tls=None):
        self.requests, self.lock = [], threading.Lock()
        self.good, self.used, self.count = {"first-refresh-token"}, set(), 0
        self.rotate, self.expires, self.delay = True, 3600, 0.0
        self.decisions, self.challenge = [], None
        self.stopping = threading.Event()
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.model = self
        self.http.handle_error = lambda *_: None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_address[1]
        self.base = f"https://localhost:{self.port}" if tls else f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.stopping.set()
        self.http.shutdown()
        self.http.server_close()

    def tokens(self, h, refresh):
        """Give an access token; refresh: and a new refresh token."""
        self.count += 1
        reply = {"access_token": f"access-{self.count}", "token_type": "Bearer", "expires_in": self.expires}
        if refresh:
            reply["refresh_token"] = f"refresh-{self.count}-{secrets.token_hex(8)}"
            self.good.add(reply["refresh_token"])
        h.say(200, reply)

    def on_token(self, h, form):
        grant = form.get("grant_type")
        if grant == "urn:ietf:params:oauth:grant-type:device_code":
            return self.on_poll(h, form)
        if grant == "authorization_code":
            hashed = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
            if form["code"] != "4/the+code" or hashed != self.challenge:
                return h.say(400, {"error": "invalid_grant", "error_description": "Bad code or verifier"})
            return self.tokens(h, True)
        token = form.get("refresh_token")
        with self.lock:
            if token not in self.good:
                said = f"AADSTS70000: the token {token} is " + ("already redeemed" if token in self.used else "unknown")
                return h.say(400, {"error": "invalid_grant", "error_description": said + ".\r\nTrace ID: 1234"})
            time.sleep(self.delay)
            if self.rotate:
                self.good.remove(token)
                self.used.add(token)
            self.tokens(h, self.rotate)

    def on_device(self, h, form):
        h.say(200, {"device_code": "the-device-code", "user_code": "WDJB-MJHT", "verification_uri": "https://v.example/device",
                    "expires_in": self.expires, "interval": 1})

    def on_device_evil(self, h, form):
        h.say(200, {"device_code": "the-device-code", "user_code": "A\x1b[2J\nB", "verification_uri": "https://v\u202e.example/\r", "expires_in": 60, "interval": 1})

    def on_poll(self, h, form):
        decision = self.decisions.pop(0)
        if decision == "yes":
            self.tokens(h, True)
        elif decision == "no refresh":
            self.tokens(h, False)
        elif decision == "broken":
            h.say(502, b"<html>", "text/html")
        else:
            h.say(400, {"error": decision, "error_description": f"said {decision}"})

    def on_interaction(self, h, form):
        h.say(400, {"error": "interaction_required", "error_description": "AADSTS50076: you must use multi-factor authentication. Trace ID: 1"})

    def on_echo(self, h, form):
        h.say(401, {"error": "invalid_client", "error_description": f"no {form.get('client_secret')} for {form['refresh_token']}\x1b[31m"})

    def on_busy(self, h, form):
        h.say(503, {"error": "temporarily_unavailable"})

    def on_limited(self, h, form):
        h.say(429, b"slow down, please", "text/plain")

    def on_missing(self, h, form):
        h.say(404, b"<html>not here</html>", "text/html")

    def on_garbage(self, h, form):
        h.say(200, b"<html>Welcome to the hotel</html>", "text/html")

    def on_binary(self, h, form):
        h.say(200, bytes(range(256)) * 16, "application/json")

    def on_empty(self, h, form):
        h.say(200, b"")

    def on_no_token(self, h, form):
        h.say(200, {"token_type": "Bearer"})

    def on_injected(self, h, form):
        h.say(200, {"access_token": "a\u0001\u0001\r\nA1 LOGOUT", "token_type": "Bearer"})

    def on_redirect(self, h, form):
        h.say(307, b"", Location=f"{self.base}/token")

    def on_slow(self, h, form):
        self.stopping.wait(60)

    def on_trickle(self, h, form):
        h.send_response(200)
        h.end_headers()
        while not self.stopping.wait(0.2):
            h.wfile.write(b" ")

    def on_huge(self, h, form):
        h.send_response(200)
        h.send_header("Content-Length", str(1 << 30))
        h.end_headers()
        self.pour(h, 1 << 30)

    def on_endless(self, h, form):
        h.send_response(200)
        h.end_headers()
        self.pour(h, 1 << 30)

    def on_headers(self, h, form):
        h.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for i in range(1 << 20):
            h.wfile.write(b"X-%d: %s\r\n" % (i, b"y" * 1000))

    def on_cut(self, h, form):
        h.send_response(200)
        h.send_header("Content-Length", "1000")
        h.end_headers()
        h.wfile.write(b'{"access_token":"half')

    def on_hang_up(self, h, form):
        h.connection.close()

    @staticmethod
    def pour(h, n):
        block = b"x" * 65536
        while n > 0:
            h.wfile.write(block)
            n -= len(block)

"""An own Dovecot: loopback only, a CA of its own, in a directory of its own, ended by its id.

    server = Dovecot()                      # started; users u1 .. u59, password "secret"
    server.deliver("u1", [mail, ...])       # into INBOX
    server.folder("u1", "DMARC/stored")     # the mails in it, as bytes
    server.url("u1")                        # imaps://u1@127.0.0.1:PORT/INBOX
    server.close()
"""
import base64
import contextlib
import hashlib
import hmac
import imaplib
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import time

import harness

ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]  # in the certificate; 127.0.0.9 is not
KEY = b"a key that only this test knows, 32 bytes and more"

CONFIG = """
protocols = imap
listen = {listen}
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
instance_name = {dir}
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
ssl = required
ssl_cert = <{dir}/server.pem
ssl_key = <{dir}/server.key
disable_plaintext_auth = yes
login_trusted_networks = 127.0.0.0/8
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
auth_cache_size = 0
mail_location = maildir:{dir}/mail/%u
mail_max_userip_connections = 100
mail_plugins = {plugins}
mailbox_list_index = no
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = {dir}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={mail} gid={mail_group} home={dir}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
}}
{more}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=60)


def certificates(where, addresses=ADDRESSES):
    """ca.pem, and server.pem with its key for these addresses."""
    where.mkdir(parents=True, exist_ok=True)
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new, "-days", "3", "-subj", "/CN=ruascope test CA", "-keyout", where / "ca.key", "-out", where / "ca.pem")
    openssl("req", *new, "-subj", "/CN=server", "-keyout", where / "server.key", "-out", where / "server.csr")
    (where / "ext").write_text("subjectAltName=" + ",".join(f"IP:{a}" for a in addresses))
    openssl("x509", "-req", "-days", "3", "-in", where / "server.csr", "-CA", where / "ca.pem", "-CAkey", where / "ca.key",
            "-CAcreateserial", "-extfile", where / "ext", "-out", where / "server.pem")


class Dovecot:
    def __init__(self, separator="/", plugins="", more="", users=()):
        self.dir = harness.scratch()
        self.tls, self.plain = free_port(), free_port()
        self.separator = separator
        certificates(self.dir)
        self.ca = self.dir / "ca.pem"
        for name in ("run", "state", "mail", "keys/default/HS256"):
            (self.dir / name).mkdir(parents=True)
        (self.dir / "keys/default/HS256/default").write_bytes(base64.b64encode(KEY))
        # All that a test will need: Dovecot does not see at once that the file has changed.
        for name, password in [(f"u{n}", "secret") for n in range(1, 60)] + list(users):
            self._add_user(name, password)
        (self.dir / "oauth2.conf").write_text("introspection_mode = local\nusername_attribute = sub\n"
                                              f"local_validation_key_dict = fs:posix:prefix={self.dir}/keys/\n")
        me = pwd.getpwuid(os.geteuid()).pw_name
        group = subprocess.run(["id", "-gn"], capture_output=True, text=True).stdout.strip()
        (self.dir / "dovecot.conf").write_text(CONFIG.format(
            dir=self.dir, listen=", ".join(ADDRESSES + ["127.0.0.9"]), plain=self.plain, tls=self.tls, separator=separator, plugins=plugins, more=more,
            internal="dovecot" if harness.IS_ROOT else me, internal_group="dovecot" if harness.IS_ROOT else group,
            login="dovenull" if harness.IS_ROOT else me, mail="nobody" if harness.IS_ROOT else me, mail_group="nogroup" if harness.IS_ROOT else group))
        if harness.IS_ROOT:
            shutil.chown(self.dir / "mail", "nobody", "nogroup")
        self.process = None
        self.delivered = 0
        self.start()

    # ---- the server

    def start(self):
        with open(self.dir / "stderr", "ab") as said:
            self.process = subprocess.Popen(["dovecot", "-F", "-c", self.dir / "dovecot.conf"], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=said, cwd=self.dir)
        harness.wait(self._listens, f"Dovecot listens: {self.log()}", 30)

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Dovecot: {(self.dir / 'stderr').read_text()} {self.log()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.tls), 1):
            return True
        return False

    def log(self):
        path = self.dir / "log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def children(self):
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if harness.stat(entry)[1] == self.process.pid:
                    found.append(int(entry))
        return found

    def kill(self):
        """kill -9 of the master and of every process it started. It stands still first: one that it starts meanwhile would hold its sockets."""
        self.process.send_signal(signal.SIGSTOP)
        harness.wait(lambda: harness.stat(self.process.pid)[0] in "TZ", "the master stands still")
        found = self.children()
        for pid in (self.process.pid, *found):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        harness.wait(lambda: not any(harness.alive(p) for p in found), "the killed server's processes leave")
        (self.dir / "run/master.pid").unlink(missing_ok=True)

    def stop(self):
        found = self.children()
        self.process.terminate()
        self.process.wait(30)
        harness.wait(lambda: not any(harness.alive(p) for p in found), "the stopped server's processes leave")

    def close(self):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- users and mail

    def _add_user(self, name, password):
        encoded = base64.b64encode(password.encode()).decode()
        with open(self.dir / "users", "a") as f:
            f.write(f"{name}:{{PLAIN.b64}}{encoded}\n")

    def token(self, user, lifetime=3600, key=KEY):
        """A JWT for user, as an authorisation server would sign it."""
        def b64(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")
        now = int(time.time())
        head = b64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        body = b64(json.dumps({"sub": user, "iat": now - 10, "nbf": now - 10, "exp": now + lifetime}).encode())
        return b".".join((head, body, b64(hmac.new(key, head + b"." + body, hashlib.sha256).digest()))).decode()

    def url(self, user, folder="INBOX", host="127.0.0.1", tls=True):
        return f"imap{'s' if tls else ''}://{user}@{host}:{self.tls if tls else self.plain}/{folder}"

    def maildir(self, user, folder="INBOX"):
        base = self.dir / "mail" / user
        return base if folder == "INBOX" else base / ("." + folder.replace(self.separator, "."))

    def deliver(self, user, mails, folder="INBOX"):
        """As a delivery agent does: written beside, then renamed into new."""
        top = self.maildir(user, folder)
        for name in ("tmp", "new", "cur"):
            (top / name).mkdir(parents=True, exist_ok=True)
        for mail in mails:
            self.delivered += 1
            name = f"{int(time.time())}.{self.delivered:06d}.test"
            (top / "tmp" / name).write_bytes(mail)
            if harness.IS_ROOT:
                os.chown(top / "tmp" / name, pwd.getpwnam("nobody").pw_uid, -1)
            os.rename(top / "tmp" / name, top / "new" / name)
        if harness.IS_ROOT:
            for path in (self.dir / "mail" / user, top, *(top / n for n in ("tmp", "new", "cur"))):
                shutil.chown(path, "nobody", "nogroup")

    def folder(self, user, folder="INBOX"):
        """What lies in a folder, bytes by file name."""
        top = self.maildir(user, folder)
        return {p.name: p.read_bytes() for sub in ("new", "cur") for p in (top / sub).glob("*")} if top.exists() else {}

    def count(self, user, folder="INBOX"):
        top = self.maildir(user, folder)
        return sum(1 for sub in ("new", "cur") for _ in (top / sub).glob("*")) if top.exists() else 0

    @contextlib.contextmanager
    def client(self, user, password="secret", folder="INBOX"):
        """Somebody else at the same mailbox."""
        context = ssl.create_default_context(cafile=self.ca)
        c = imaplib.IMAP4_SSL("127.0.0.1", self.tls, ssl_context=context)
        try:
            c.login(user, password)
            c.select(folder)
            yield c
        finally:
            with contextlib.suppress(Exception):
                c.logout()

    def new_uidvalidity(self, user):
        """The folder is made anew from its files, as after a restore; the server is stopped meanwhile."""
        self.stop()
        for path in (self.dir / "mail" / user).rglob("dovecot*"):
            path.unlink()
        time.sleep(1.1)  # UIDVALIDITY is a time in seconds
        self.start()

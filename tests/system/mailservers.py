"""Debian's Postfix and Exim, unpacked but not installed, and a server that speaks the replies of vendors. All of them on loopback.

unpacked()      where the programs are; downloaded once, with `packages/unpack`
Speaker         an SMTP server: what it answers, the recipient's domain says; what it accepts, it keeps
Postfix         an instance of its own under a directory; ended by the id of its master
Exim            runs to deliver one message, or to hear one dialogue
Nothing outside of those directories is changed: no user, no file in /etc. It takes root, for Postfix gives up rights.
"""
import contextlib
import grp
import os
import pathlib
import pwd
import shutil
import signal
import socket
import socketserver
import subprocess
import threading

import harness

OWNER, GROUP = "uucp", "news"  # of Debian's base system, and nobody's files are theirs


def unpacked():
    """None: the packages cannot be had here."""
    where = pathlib.Path(os.environ.get("RUASCOPE_SERVERS") or harness.ROOT / "build/servers")
    done = subprocess.run([harness.ROOT / "packages/unpack", where, harness.ROOT / "packages/unpacked.txt"], capture_output=True, text=True)
    return where if done.returncode == 0 else None


def libraries(root):
    return f"{root}/usr/lib/postfix:{root}/usr/lib/x86_64-linux-gnu:{root}/usr/lib/aarch64-linux-gnu"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Speaker(socketserver.ThreadingTCPServer):
    """replies: {domain: (command, lines)}; command is what is refused: "greeting", "MAIL", "RCPT", "DATA" or "." (the end of data).
    Mail for any other domain is accepted and put into kept."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, replies):
        super().__init__(("127.0.0.1", 0), None)
        self.port, self.replies, self.kept = self.server_address[1], replies, []

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def finish_request(self, s, _):
        with contextlib.suppress(OSError), s.makefile("rwb") as f:
            self.talk(f)

    def talk(self, f):
        def say(*lines):
            for i, line in enumerate(lines):
                f.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
            f.flush()

        say("220 speaker.example ESMTP")
        refusal, rcpt = (None, ()), None
        while line := f.readline():
            word = line.upper().strip()
            if word.startswith((b"EHLO", b"HELO")):
                say("250 speaker.example")
            elif word.startswith(b"RCPT"):
                rcpt = line.decode().split(":", 1)[1].strip(" <>\r\n").split("> ")[0]
                refusal = self.replies.get(rcpt.rsplit("@", 1)[1], (None, ()))
                say(*(refusal[1] if refusal[0] == "RCPT" else ["250 2.1.5 ok"]))
            elif word == b"DATA":
                if refusal[0] == "DATA":
                    say(*refusal[1])
                    continue
                say("354 go on")
                mail = b""
                while (line := f.readline()) not in (b".\r\n", b""):
                    mail += line[1:] if line.startswith(b".") else line
                if refusal[0] == ".":
                    say(*refusal[1])
                else:
                    self.kept.append((rcpt, mail))
                    say("250 2.0.0 kept")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 2.0.0 ok")


class Postfix:
    """settings: more lines of main.cf. open_port relays for everybody, port for nobody."""

    def __init__(self, root, directory, hostname, settings=()):
        self.root, self.dir, self.hostname = root, pathlib.Path(directory), hostname
        self.port, self.open_port, self.log = free_port(), free_port(), self.dir / "mail.log"
        self.make_places()
        self.write_configuration(settings)
        self.process = None

    def make_places(self):
        owner, group = pwd.getpwnam(OWNER).pw_uid, grp.getgrnam(GROUP).gr_gid
        self.dir.mkdir(mode=0o755)
        for name in ("conf", "queue", "queue/pid"):
            (self.dir / name).mkdir(mode=0o755)
        for name in "active bounce corrupt defer deferred flush hold incoming private saved trace".split():
            (self.dir / "queue" / name).mkdir(mode=0o700)
            os.chown(self.dir / "queue" / name, owner, 0)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            (self.dir / "queue" / name).mkdir()
            os.chown(self.dir / "queue" / name, owner, group)
            (self.dir / "queue" / name).chmod(mode)
        (self.dir / "data").mkdir(mode=0o700)
        os.chown(self.dir / "data", owner, 0)

    def write_configuration(self, settings):
        r = self.root
        (self.dir / "conf/main.cf").write_text("\n".join([
            "compatibility_level = 3.6", f"myhostname = {self.hostname}", "mydestination =", "mynetworks =", "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4", "alias_maps =", "local_recipient_maps =", f"queue_directory = {self.dir}/queue", f"data_directory = {self.dir}/data",
            f"daemon_directory = {r}/usr/lib/postfix/sbin", f"command_directory = {r}/usr/sbin", f"shlib_directory = {r}/usr/lib/postfix",
            f"meta_directory = {self.dir}/conf", f"mail_owner = {OWNER}", f"setgid_group = {GROUP}", f"maillog_file = {self.log}", f"maillog_file_prefixes = {self.dir}",
            "import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH", "smtpd_relay_restrictions = reject_unauth_destination",
            "smtp_tls_security_level = none", "smtpd_tls_security_level = none", "smtp_dns_support_level = disabled", "notify_classes =",
            "smtp_host_lookup = native", "smtpd_peername_lookup = no", "minimal_backoff_time = 300s", *settings]) + "\n")
        services = [f"127.0.0.1:{self.port} inet n - n - - smtpd",
                    f"127.0.0.1:{self.open_port} inet n - n - - smtpd -o smtpd_relay_restrictions=permit_mynetworks,reject -o mynetworks=127.0.0.0/8",
                    "qmgr unix n - n 300 1 qmgr", "postlog unix-dgram n - n - 1 postlogd"]
        services.append("cleanup unix n - n - 0 cleanup")
        services += [f"{name} unix - - n - {processes} {program}" for name, processes, program in (
            ("bounce", "0", "bounce"), ("defer", "0", "bounce"), ("trace", "0", "bounce"), ("rewrite", "-", "trivial-rewrite"),
            ("smtp", "-", "smtp"), ("relay", "-", "smtp"), ("error", "-", "error"), ("retry", "-", "error"), ("flush", "0", "flush"), ("anvil", "1", "anvil"),
            ("scache", "1", "scache"))]
        (self.dir / "conf/master.cf").write_text("\n".join(services) + "\n")
        shutil.copy(r / "usr/share/postfix/dynamicmaps.cf", self.dir / "conf/dynamicmaps.cf")

    def __enter__(self):
        env = {"PATH": os.environ["PATH"], "MAIL_CONFIG": f"{self.dir}/conf", "LD_LIBRARY_PATH": libraries(self.root), "LC_ALL": "C"}
        with open(self.dir / "said", "wb") as said:
            self.process = subprocess.Popen([self.root / "usr/lib/postfix/sbin/master", "-d", "-c", f"{self.dir}/conf"], env=env,
                                            stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
        try:
            harness.wait(lambda: self.answers() or self.process.poll() is not None, "Postfix answers")
            assert self.process.poll() is None, (self.dir / "said").read_text() + self.text()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)  # master ends its children
        self.process.wait(60)

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as s:
            return s.recv(3) == b"220"
        return False

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Exim:
    """routes: {domain: port}. One process a message; its /etc/passwd has the user whom Debian's Exim is built for."""

    def __init__(self, root, directory, hostname, routes):
        self.root, self.dir = root, pathlib.Path(directory)
        self.dir.mkdir(mode=0o755)
        owner = pwd.getpwnam(OWNER)
        for name in ("spool", "log"):
            (self.dir / name).mkdir(mode=0o750)
            os.chown(self.dir / name, owner.pw_uid, owner.pw_gid)
        self.log = self.dir / "log/mainlog"
        for etc in ("passwd", "group"):
            (self.dir / etc).write_text(pathlib.Path("/etc", etc).read_text())
        with open(self.dir / "passwd", "a", encoding="utf-8") as f:
            f.write(f"Debian-exim:x:{owner.pw_uid}:{owner.pw_gid}::/nonexistent:/usr/sbin/nologin\n")
        with open(self.dir / "group", "a", encoding="utf-8") as f:
            f.write(f"Debian-exim:x:{owner.pw_gid}:\n")
        # Exim runs itself again, in an environment that it has emptied: its libraries have to be found without
        (self.dir / "ld.so.conf").write_text("\n".join(libraries(root).split(":")) + "\ninclude /etc/ld.so.conf\n")
        subprocess.run(["/sbin/ldconfig", "-X", "-C", self.dir / "ld.so.cache", "-f", self.dir / "ld.so.conf"], check=True, capture_output=True)
        routers = "".join(f"r{i}:\n  driver = manualroute\n  domains = {d}\n  route_list = * 127.0.0.1\n  transport = t{i}\n  self = send\n" for i, d in enumerate(routes))
        transports = "".join(f"t{i}:\n  driver = smtp\n  port = {p}\n  hosts_avoid_tls = *\n" for i, p in enumerate(routes.values()))
        (self.dir / "conf").write_text(
            f"primary_hostname = {hostname}\nexim_path = {root}/usr/sbin/exim4\nspool_directory = {self.dir}/spool\nlog_file_path = {self.dir}/log/%slog\nnever_users =\n"
            "host_lookup =\nrfc1413_query_timeout = 0s\nacl_smtp_rcpt = rcpt\nlog_selector = +received_recipients\nkeep_environment =\n"
            "domainlist local_domains = \n\nbegin acl\nrcpt:\n  accept hosts = :\n  deny message = relay not permitted\n\n"
            f"begin routers\n{routers}\nbegin transports\n{transports}\nbegin retry\n* * F,1h,15m\n")

    def run(self, *args, text=""):
        command = "for f in passwd group ld.so.cache; do mount --bind \"$0/$f\" /etc/$f || exit; done; exec \"$@\""
        return subprocess.run(["unshare", "-m", "sh", "-c", command, self.dir, self.root / "usr/sbin/exim4", "-C", self.dir / "conf", *args],
                              input=text, capture_output=True, text=True, timeout=120)

    def send(self, sender, recipient, mail):
        return self.run("-odf", "-oem", "-f", sender, recipient, text=mail)

    def hear(self, address, *lines):
        """A dialogue of a client with this address."""
        return self.run("-bs", "-oMa", address, text="".join(line + "\r\n" for line in lines))

"""A real NSD of our own on loopback: its zones, its directory, a free port; ended by pid."""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time

PATIENCE = 60  # seconds for it to answer, on a machine however loaded


def free_port():
    """A port that is free for UDP and for TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as t, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
            t.bind(("127.0.0.1", 0))
            try:
                u.bind(t.getsockname())
            except OSError:
                continue
            return t.getsockname()[1]


def answers(port):
    """Whether something answers a question for the root's name servers, whatever it says."""
    query = struct.pack("!6H", 4711, 0, 1, 0, 0, 0) + b"\0" + struct.pack("!2H", 2, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        try:
            s.sendto(query, ("127.0.0.1", port))
            return s.recv(512)[:2] == query[:2]
        except OSError:
            return False


class NameServer:
    """with NameServer({zone: path}) as dns: ruascope --dns-server dns.address"""

    def __init__(self, zones):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nsd-", dir="/tmp"))
        self.process = None
        self.zones = zones

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def configuration(self):
        d = self.directory
        lines = ["server:", f"  ip-address: 127.0.0.1@{self.port}", '  username: ""', '  chroot: ""', f'  zonesdir: "{d}"',
                 f'  pidfile: "{d}/nsd.pid"', f'  xfrdfile: "{d}/xfrd.state"', f'  zonelistfile: "{d}/zone.list"', '  database: ""',
                 f'  logfile: "{d}/nsd.log"', "  server-count: 1", "  rrl-ratelimit: 0", "  hide-version: yes",
                 "remote-control:", "  control-enable: no"]
        for zone, path in self.zones.items():
            lines += ["zone:", f'  name: "{zone}"', f'  zonefile: "{path}"']
        return "\n".join(lines) + "\n"

    def start(self):
        for _ in range(5):  # the port may be taken between choosing and binding
            self.port = free_port()
            path = self.directory / "nsd.conf"
            path.write_text(self.configuration())
            nsd = shutil.which("nsd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
            if not nsd:
                raise FileNotFoundError("nsd is not installed")
            self.process = subprocess.Popen([nsd, "-d", "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            end = time.monotonic() + PATIENCE
            while self.process.poll() is None and time.monotonic() < end:
                if answers(self.port):
                    return
            self.stop()
        raise RuntimeError("nsd does not answer:\n" + (self.directory / "nsd.log").read_text()[-2000:])

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

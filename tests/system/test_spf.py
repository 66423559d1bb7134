"""RFC 7208 end to end: the 203 cases of the suite, asked of name servers over UDP and TCP; and what a person is shown."""
import concurrent.futures
import contextlib
import json
import selectors
import socket
import struct
import subprocess
import sys
import threading

import harness

SUITE = harness.ROOT / "tests/spf"
CASES = 203
TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
NXDOMAIN, NO_ANSWER = 3, None


def plain(text):
    """A field of convert.py as the bytes it stands for."""
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1") if "\\x" in text else text.encode()


def wire(name):
    labels = [label for label in name.rstrip(b".").split(b".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def rdata(kind, data):
    if kind in ("A", "AAAA"):
        return socket.inet_pton(socket.AF_INET if kind == "A" else socket.AF_INET6, data[0].decode())
    if kind == "MX":
        return struct.pack("!H", int(data[0])) + wire(data[1])
    if kind == "TXT":
        return b"".join(bytes([len(s)]) + s for s in data) or b"\0"
    return wire(data[0])


class Zone:
    """The records of a scenario. Its odd ways (no answer, loops, names that are none) are none of a stock name server's."""

    def __init__(self):
        self.names = {}

    def add(self, name, kind, *data):
        self.names.setdefault(wire(name).lower(), []).append((kind, data))

    def answer(self, question, kind):
        """(rcode, records); rcode NO_ANSWER: say nothing."""
        found, owner = [], question.lower()
        for _ in range(9):
            if owner not in self.names:
                return (0 if found else NXDOMAIN), found
            here = []
            for k, data in self.names[owner]:
                if k == "TIMEOUT" and not here:
                    return NO_ANSWER, found
                if k == "CNAMELOOP":
                    k, data = "CNAME", [b"cname.example.com"]
                if k == "CNAME" or TYPES.get(k) == kind:
                    here.append((owner, TYPES[k], rdata(k, data)))
            found += here
            if not here or here[0][1] != TYPES["CNAME"]:
                break
            owner = here[0][2].lower()
        return 0, found

    def reply(self, query, room):
        end = 12
        while query[end]:
            end += 1 + query[end]
        question, kind = query[12:end + 1], struct.unpack_from("!H", query, end + 1)[0]
        rcode, records = self.answer(question, kind)
        if rcode is NO_ANSWER:
            return None
        body = b"".join(name + struct.pack("!HHIH", k, 1, 60, len(data)) + data for name, k, data in records)
        head = query[:2] + struct.pack("!HHHHH", 0x8580 | rcode, 1, len(records), 0, 0) + query[12:end + 5]
        if len(head) + len(body) > room:
            return query[:2] + struct.pack("!HHHHH", 0x8780, 1, 0, 0, 0) + query[12:end + 5]
        return head + body


class Server(threading.Thread):
    """A zone on loopback, on one port of UDP and TCP."""

    def __init__(self, zone):
        super().__init__(daemon=True)
        self.zone, self.over_tcp = zone, 0
        while True:
            self.tcp, self.udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
            self.tcp.bind(("127.0.0.1", 0))
            with contextlib.suppress(OSError):  # the same number may be taken for UDP
                self.udp.bind(self.tcp.getsockname())
                break
            self.tcp.close(), self.udp.close()
        self.tcp.listen(64)
        self.waker, self.wake = socket.socketpair()
        self.address = "127.0.0.1:%d" % self.tcp.getsockname()[1]
        self.start()

    def run(self):
        with selectors.DefaultSelector() as s:
            for x in (self.tcp, self.udp, self.waker):
                s.register(x, selectors.EVENT_READ)
            while True:
                for key, _ in s.select():
                    if key.fileobj is self.waker:
                        return
                    (self.by_tcp if key.fileobj is self.tcp else self.by_udp)()

    def by_udp(self):
        query, peer = self.udp.recvfrom(4096)
        reply = self.zone.reply(query, 1232)
        if reply:
            self.udp.sendto(reply, peer)

    def by_tcp(self):
        c, _ = self.tcp.accept()
        c.settimeout(10)
        with c, contextlib.suppress(OSError, struct.error):
            stream = c.makefile("rwb")
            query = stream.read(struct.unpack("!H", stream.read(2))[0])
            reply = self.zone.reply(query, 65535)
            if reply:
                self.over_tcp += 1
                stream.write(struct.pack("!H", len(reply)) + reply)
                stream.flush()

    def close(self):
        self.wake.send(b".")
        self.join()
        for x in (self.tcp, self.udp, self.waker, self.wake):
            x.close()


def scenarios():
    """(zone, cases) of each scenario; a case is [name, ip, helo, mail from, explanation, result...]."""
    lines = subprocess.run([sys.executable, SUITE / "convert.py", SUITE / "rfc7208-tests.yml"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    for line in lines:
        word, *fields = line.split("\t")
        fields = [plain(f) for f in fields]
        if word == "scenario":
            found = Zone(), []
            yield found
        elif word == "rr":
            found[0].add(fields[0], fields[1].decode(), *fields[2:])
        else:
            found[1].append(fields)


def check(address, ip, sender, helo, *more):
    return harness.run("--dns-server", address, "spf", "check", "--ip", ip, "--mail-from", sender, "--helo", helo, *more)


class Suite(harness.Case):
    def judge(self, server, case):
        """What is wrong with the outcome of a case; None: nothing."""
        name, ip, helo, sender, explanation, *results = case
        done = check(server.address, ip, sender, helo, "-f", "json")
        if done.code not in (0, 75):
            return f"{name}: exit {done.code}: {done.err}"
        said = json.loads(done.out)
        self.assert_schema(said)
        told = said["explanation"] or "DEFAULT"
        if said["result"].encode() not in results or (done.code == 75) != (said["result"] == "temperror"):
            return f"{name}: {said['result']}, exit {done.code}, not {results}: {said}"
        if said["result"] == "fail" and told.encode() != explanation:
            return f"{name}: explains {told!r}, not {explanation}"
        return None

    def test_suite(self):
        work = []
        for zone, cases in list(scenarios()):
            server = Server(zone)
            self.addCleanup(server.close)
            work += [(server, case) for case in cases]
        self.assertEqual(len(work), CASES)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            wrong = [w for w in pool.map(lambda job: self.judge(*job), work) if w]
        self.assertEqual(wrong, [])


class Shown(harness.Case):
    RECORD = b"v=spf1 a:mail.example.com include:_spf.example.net mx:none.example.com -all a:late.example.com"

    @classmethod
    def setUpClass(cls):
        zone = Zone()
        for i in range(1, 11):
            zone.add(b"c%d.example.com" % i, "TXT", b"v=spf1 include:c%d.example.com -all" % (i + 1))
        zone.add(b"c11.example.com", "TXT", b"v=spf1 ip4:192.0.2.0/24 ~all")
        zone.add(b"example.com", "TXT", cls.RECORD)
        zone.add(b"mail.example.com", "A", b"198.51.100.1")
        zone.add(b"_spf.example.net", "CNAME", b"spf.example.org")
        zone.add(b"spf.example.org", "TXT", b"v=spf1 ip4:192.0.2.0/24 ?all")
        zone.add(b"evil.example.com", "TXT", b"v=spf1 exp=x.evil.example.com \x1b[31m\xff -all")
        zone.add(b"fail.example.com", "TXT", b"v=spf1 exp=x.evil.example.com -all")
        zone.add(b"x.evil.example.com", "TXT", b"go away, %{l}")
        zone.add(b"xn--fil-qla.example.com", "TXT", b"v=spf1 +all")
        zone.add(b"ill.example.com", "TIMEOUT")
        zone.add(b"big.example.com", "TXT", b"v=spf1", *[b" ip4:192.0.2.%d" % i for i in range(250)], b" -all")
        cls.server = Server(zone)
        cls.addClassCleanup(cls.server.close)

    def show(self, *args, code=0):
        done = harness.run("--dns-server", self.server.address, "spf", "show", *args)
        self.assert_code(done, code)
        self.assert_harmless(done.out + done.err, args)
        return done

    def test_tree(self):
        text = self.show("example.com").out
        self.assertIn(f"lookups 3/10, void lookups 1/2, {len(self.RECORD)} octets", text)
        for words in ("_spf.example.net (alias of spf.example.org)", "a:mail.example.com  = 198.51.100.1  [1 lookup]",
                      "a:late.example.com  [never reached]", "mx:none.example.com  [1 lookup]  [finds nothing]"):
            self.assertIn(words, text)
        said = self.show("Example.COM.", "-f", "json").json()
        self.assert_schema(said)
        self.assertEqual([said["lookups"], said["void_v4"], said["void_v6"], said["problem"]], [3, 1, 2, None])
        terms = said["record"]["terms"]
        self.assertEqual([t["ignored"] for t in terms], [False] * 4 + [True])
        self.assertEqual(terms[1]["record"]["canonical"], "spf.example.org")

    def test_deep(self):
        """A chain of ten includes is within the limit, and written whole."""
        said = self.show("c1.example.com", "-f", "json").json()
        self.assert_schema(said)
        self.assertEqual([said["lookups"], said["problem"]], [10, None])
        record, depth = said["record"], 0
        while record["terms"][0]["record"]:
            record, depth = record["terms"][0]["record"], depth + 1
        self.assertEqual([depth, record["domain"]], [10, "c11.example.com"])
        done = check(self.server.address, "192.0.2.9", "a@c1.example.com", "h.example.com", "-f", "json")
        self.assertEqual([done.json()["result"], len(done.json()["path"])], ["pass", 11])

    def test_long(self):
        """What does not fit a datagram comes over TCP."""
        before = self.server.over_tcp
        self.assertEqual(len(self.show("big.example.com", "-f", "json").json()["record"]["terms"]), 251)
        self.assertGreater(self.server.over_tcp, before)

    def test_international(self):
        """A domain in its own script is that of its A-labels."""
        done = check(self.server.address, "192.0.2.1", "a@fäil.example.com", "h", "-f", "json")
        self.assertEqual([done.json()["result"], done.json()["domain"]], ["pass", "xn--fil-qla.example.com"])

    def test_hostile(self):
        self.assertIn("ERROR", self.show("evil.example.com").out)
        self.show("evil.example.com", "-f", "json").json()
        for sender in ("\x1b[31m\n@fail.example.com", b"\xff\xfe@fail.example.com", "a@\x1b]0;x\x07.example.com", "@", "a@" + "x." * 500 + "com"):
            for form in ("text", "json"):
                done = check(self.server.address, "192.0.2.1", sender, "\x1b[2J", "-f", form)
                self.assert_code(done, 0)
                self.assert_harmless(done.out + done.err, sender)

    def test_exits(self):
        self.show("none.example.com")
        self.show("ill.example.com", code=75)
        self.assert_code(check(self.server.address, "192.0.2.1", "a@ill.example.com", "h"), 75)
        for args in (["show"], ["show", "a.example", "b.example"], ["show", "a..b"], ["show", "a.example", "-f", "xml"], ["show", "--no-such", "a.example"],
                     ["check"], ["check", "--ip", "192.0.2.1"], ["check", "--mail-from", "a@b.example"],
                     ["check", "--ip", "192.0.2", "--mail-from", "a@b.example"], ["check", "--ip", "192.0.2.1", "--mail-from", "a@b.example", "more"]):
            with self.subTest(args=args):
                done = harness.run("--dns-server", self.server.address, "spf", *args)
                self.assert_code(done, 64)
                self.assertEqual(done.out, "")


if __name__ == "__main__":
    harness.main()

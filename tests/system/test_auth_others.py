"""The verifier beside two others, python3-dkim and libmail-dkim-perl, on a thousand mails made by chance.

Where they differ, the difference is one that the RFCs decide, and EXPLAINED says how; every other difference fails.
"""
import collections
import random
import re
import shutil
import subprocess
import unittest

import harness
import nameserver
import signing
import test_auth

PERL = r"""
use Mail::DKIM::Verifier; use Mail::DKIM::DNS; use Net::DNS::Resolver;
my $port = shift;
Mail::DKIM::DNS::resolver(Net::DNS::Resolver->new(nameservers => ['127.0.0.1'], port => $port, recurse => 0));
for my $file (@ARGV) {
    open my $f, '<:raw', $file or die; local $/; my $text = <$f>; $text =~ s/\r?\n/\r\n/g;
    my $v = Mail::DKIM::Verifier->new(); $v->PRINT($text); $v->CLOSE;
    print join("\t", $file, map { $_->result } $v->signatures), "\n";
}
"""

MAILS = 1000

# kind -> (ours, python3-dkim, Mail::DKIM): is it good? And why they differ.
EXPLAINED = {
    "l=": (False, True, True, "what is behind l= is anybody's; we believe none (RFC 6376 section 8.2)"),
    "512 bits": (False, False, True, "RFC 8301: MUST NOT"),
    "rsa-sha1": (False, True, True, "RFC 8301: MUST NOT"),
    "key h= with blanks": (True, None, None, "blanks around ':' are allowed (RFC 6376 section 3.6.1)"),
    "key s= with blanks": (True, None, None, "the same"),
    "key s=tlsrpt": (False, None, None, "a key for something else verifies no mail (RFC 6376 section 3.6.1)"),
    "t=s, i= below": (False, None, None, "RFC 6376 section 3.6.1: t=s"),
    "blanks around b=": (True, None, None, "the value goes with the blanks around it (RFC 6376 section 3.5)"),
    "two keys": (False, None, None, "which is meant, nobody can say (RFC 6376 section 3.6.2.2)"),
    "a TXT beside the key": (True, None, None, "what is no key is passed over"),
}
# Of what is plain, Mail::DKIM finds none good of these.
PERL_ONLY = {"ed25519": "Mail::DKIM of Debian 12 knows no Ed25519 (RFC 8463)",
             "no line end": "a body in simple form ends with a line end, whether it came with one or not (RFC 6376 section 3.4.3)"}


def body(rnd):
    """Text as mails have it: blanks at odd places, empty lines, no end."""
    words = ["report", "of", "a", "day", "From", ".", "--", "=20", "\u00fc", "x" * 200]
    lines = []
    for _ in range(rnd.randrange(0, 12)):
        line = ""
        for _ in range(rnd.randrange(0, 7)):
            line += rnd.choice((" ", "  ", "\t", " \t ")) * rnd.randrange(0, 2) + rnd.choice(words)
        lines.append(line + rnd.choice(("", "", "", " ", "\t")))
    return "\n".join(lines) + rnd.choice(("", "\n", "\n\n\n"))


def plain(rnd, n):
    """A mail with a report as its second part."""
    data = signing.mail(f"other {n}")
    data = data.replace(b"A report is attached.", body(rnd).encode(), 1)
    data = data.replace(b"Subject: ", b"Subject: " + rnd.choice((b"", b" ", b"folded\n  ", b"a  b\t", b"=?utf-8?q?=C3=BC?=\n\t")), 1)
    return data + rnd.choice((b"", b"\n", b"\n\n", b"epilogue", b" \n"))


def alter(rnd, data, relaxed_header, relaxed_body):
    """Something on the way. Returns the mail and whether it must still be good."""
    head, rest = data.split(b"\n\n", 1)
    how = rnd.randrange(12)
    if how == 0:
        return head + b"\n\n" + rest.replace(b"--b0undary", b"x\n--b0undary", 1), False
    if how == 1:
        return head.replace(b"Subject: ", b"Subject: [list] ", 1) + b"\n\n" + rest, False
    if how == 2:
        return b"Received: from a by b; now\nX-Seen: yes\n" + data, True
    if how == 3:
        return head.replace(b"\nSubject: ", b"\nSubject:   ", 1) + b"\n\n" + rest, relaxed_header
    if how == 4:
        return head.replace(b"\nMessage-ID:", b"\nmessage-id:", 1) + b"\n\n" + rest, relaxed_header
    if how == 5:
        return head + b"\n\n" + rest + (b"\n\n\n" if rest.endswith(b"\n") else b"\n"), True
    if how == 6:
        return head + b"\n\n" + rest.replace(b"--b0undary\n", b"--b0undary \n", 1), relaxed_body
    if how == 7:
        return head.replace(b"\nTo: rua@example.com", b"", 1) + b"\n\n" + rest, False
    if how == 8:
        return re.sub(rb"(\n?\s+b=|; b=)(.)", lambda m: m[1] + (b"A" if m[2] != b"A" else b"B"), head, count=1) + b"\n\n" + rest, False
    if how == 9:
        return head + b"\nX-Behind: yes\n\n" + rest, True
    if how == 10:
        return head.replace(b"\nTo: ", b"\nTo:\n ", 1) + b"\n\n" + rest, relaxed_header
    return head + b"\n\n" + rest.rstrip(b"\n") + b"\nfooter\n", False


@unittest.skipUnless(signing.dkim and shutil.which("nsd", path="/usr/sbin:/sbin:/usr/bin"), "python3-dkim or nsd is not installed")
@unittest.skipUnless(subprocess.run(["perl", "-MMail::DKIM::Verifier", "-e", "1"], capture_output=True, check=False).returncode == 0,
                     "libmail-dkim-perl is not installed")
class Others(harness.Case):
    def make(self, rnd, n):
        """One mail: its bytes, its kind, whether it is good."""
        kind = rnd.choice(list(EXPLAINED)) if n % 8 == 0 else "plain"
        canon = rnd.choice((b"relaxed/relaxed", b"relaxed/simple", b"simple/relaxed", b"simple/simple"))
        selector = {"512 bits": "weak", "key h= with blanks": "h", "key s= with blanks": "s", "key s=tlsrpt": "tls", "t=s, i= below": "strict",
                    "two keys": "two", "a TXT beside the key": "beside"}.get(kind, rnd.choice(("rsa", "rsa", "small", "rsa", "rsa", "small", "large", "ed", "ed")))
        if kind in ("l=", "rsa-sha1", "blanks around b="):
            selector = "rsa"
        key, more = self.keys[selector], {}
        if kind == "l=":
            more["length"] = True
        if kind == "rsa-sha1":
            more["algorithm"] = b"rsa-sha1"
        if kind == "t=s, i= below":
            more["identity"] = b"a@below.reporter.example"
        data = key.sign(plain(rnd, n), "reporter.example", selector, canon, **more)
        good = True
        if kind == "blanks around b=":
            data = re.sub(rb"([\s;])b=([^;\n]+)", rb"\1b= \2", data, count=1) if canon.startswith(b"relaxed") else data
        if kind == "plain" and rnd.randrange(2):
            data, good = alter(rnd, data, canon.startswith(b"relaxed"), canon.endswith(b"relaxed"))
        if rnd.randrange(2):
            data = data.replace(b"\n", b"\r\n")
        if kind == "plain" and selector == "ed":
            kind = "ed25519"
        elif b"/simple" in canon and not data.endswith(b"\n"):
            kind = "no line end" if kind == "plain" else kind + " without a line end"
        return data, kind, good

    def test_a_thousand(self):
        rnd = random.Random(6376)
        blanks = "v=DKIM1; k={k}; %s; p={p}"
        self.keys = {"rsa": signing.Key(1024), "large": signing.Key(2048), "small": signing.Key(1024), "weak": signing.Key(512), "ed": signing.Key("ed25519"),
                     "h": signing.Key(1024, blanks % "h= sha1 : sha256"), "s": signing.Key(1024, blanks % "s= email : other"),
                     "tls": signing.Key(1024, blanks % "s=tlsrpt"), "strict": signing.Key(1024, blanks % "t=s"), "two": signing.Key(1024),
                     "beside": signing.Key(1024)}
        records = [(f"{s}._domainkey.reporter.example", k.record) for s, k in self.keys.items()]
        records += [("two._domainkey.reporter.example", signing.Key(1024).record), ("beside._domainkey.reporter.example", "v=spf1 -all")]
        where = self.scratch() / "mails"
        where.mkdir()
        made = {}
        for n in range(MAILS):
            data, kind, good = self.make(rnd, n)
            (where / f"{n:04}").write_bytes(data)
            made[f"{n:04}"] = kind, good
        with nameserver.NameServer(signing.write_zones(self.scratch(), records)) as dns:
            done = harness.run("-v", "-v", "--dns-server", dns.address, "ingest", "--dry-run", where, db=self.database().conninfo)
            ours = {n: f[0][0] == "aligned" for n, f in test_auth.said(done).items()}
            perl = self.perl(dns.port, where, made)
        python = {n: self.python(records, (where / n).read_bytes()) for n in made}
        self.compare(made, ours, python, perl)

    def perl(self, port, where, made):
        done = subprocess.run(["perl", "-e", PERL, str(port), *(str(where / n) for n in made)], capture_output=True, text=True, check=True)
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        return {line[0].rsplit("/", 1)[1]: "pass" in line[1:] for line in lines}

    def python(self, records, data):
        def ask(name, timeout=5):
            name = (name if isinstance(name, str) else name.decode()).rstrip(".")
            return next((r.encode() for n, r in records if n == name), None)
        try:
            return signing.dkim.verify(data, dnsfunc=ask)
        except signing.dkim.DKIMException:
            return False

    def compare(self, made, ours, python, perl):
        self.assertEqual(len(ours), MAILS)
        wrong, differ = [], collections.Counter()
        for n, (kind, good) in made.items():
            all_three = ours[n], python[n], perl[n]
            rule = kind.removesuffix(" without a line end")
            if rule in EXPLAINED:
                want = EXPLAINED[rule][:3] if rule == kind else (*EXPLAINED[rule][:2], None)
            else:
                want = (good, good, good and kind not in PERL_ONLY)
            if any(w is not None and w != got for w, got in zip(want, all_three)):
                wrong.append((n, kind, good, all_three))
            if len(set(all_three)) > 1:
                differ[rule] += 1
        for kind, times in sorted(differ.items()):
            print(f"{times:4} {kind}: {EXPLAINED[kind][3] if kind in EXPLAINED else PERL_ONLY.get(kind)}")
        self.assertEqual(wrong, [], f"{len(wrong)} of {MAILS}")
        self.assertGreater(sum(ours.values()), MAILS // 4)
        self.assertGreater(MAILS - sum(ours.values()), MAILS // 5)


del test_auth.Auth  # its tests run in a file of their own

if __name__ == "__main__":
    harness.main()

"""Mails signed with python3-dkim, and the zones of their keys."""
import base64
import os
import pathlib
import subprocess
import sys

import reports

sys.path.append("/usr/lib/python3/dist-packages")  # where Debian's modules are, when another Python runs
try:
    import dkim
    import nacl.signing
except ImportError:
    dkim = None

FIELDS = [b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"]


class Key:
    """kind: bits of an RSA key, or ed25519."""

    def __init__(self, kind=1024, record=None):
        self.kind = kind
        if kind == "ed25519":
            seed = os.urandom(32)
            self.private = base64.b64encode(seed)
            self.public = base64.b64encode(bytes(nacl.signing.SigningKey(seed).verify_key)).decode()
        else:
            self.private = subprocess.run(["openssl", "genrsa", "-traditional", str(kind)], check=True, capture_output=True).stdout
            der = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=self.private, check=True, capture_output=True).stdout
            self.public = base64.b64encode(der).decode()
        self.algorithm = b"ed25519-sha256" if kind == "ed25519" else b"rsa-sha256"
        self.record = (record or "v=DKIM1; k={k}; p={p}").format(k="ed25519" if kind == "ed25519" else "rsa", p=self.public)

    def sign(self, mail, domain, selector="s", canon=b"relaxed/relaxed", fields=None, **more):
        """mail with a signature on top; line ends as they were."""
        lf = b"\r\n" not in mail
        text = mail.replace(b"\n", b"\r\n") if lf else mail
        field = dkim.sign(text, selector.encode(), domain.encode(), self.private, canonicalize=tuple(canon.split(b"/")),
                          signature_algorithm=more.pop("algorithm", self.algorithm), include_headers=fields or FIELDS, **more)
        signed = field + text
        return signed.replace(b"\r\n", b"\n") if lf else signed


def mail(report_id, sender="dmarc@reporter.example", org="reporter.example", date="Fri, 02 Oct 2026 01:00:00 +0000", **more):
    data = reports.mail(reports.gz(reports.report(report_id, org=org, **more)))
    data = data.replace(b"From: dmarc@reporter.example", b"From: " + sender.encode(), 1)
    return data.replace(b"Date: Fri, 02 Oct 2026 01:00:00 +0000", b"Date: " + date.encode(), 1)


def texts(record):
    """A TXT record in strings of at most 255 octets."""
    return " ".join('"' + record[i:i + 250].replace("\\", "\\\\").replace('"', '\\"') + '"' for i in range(0, max(len(record), 1), 250))


def write_zones(directory, records):
    """records: (name, TXT) pairs, or (name, None) for a name with an address only. Returns zone -> file, a zone for each last two labels."""
    lines = {}
    for name, record in records:
        zone = ".".join(name.split(".")[-2:])
        lines.setdefault(zone, []).append(f"{name}. A 192.0.2.1" if record is None else f"{name}. TXT {texts(record)}")
    files = {}
    for zone, found in lines.items():
        files[zone] = pathlib.Path(directory) / f"{zone}.zone"
        files[zone].write_text(f"$TTL 3600\n@ SOA ns.{zone}. hostmaster.{zone}. 1 3600 600 86400 300\n@ NS ns.{zone}.\nns A 127.0.0.1\n" + "\n".join(found) + "\n")
    return files

"""Reports and mails made to measure."""
import base64
import gzip
import io
import random
import zipfile
from xml.sax.saxutils import escape

DAY = 86400
BEGIN = 1790812800  # 2026-10-01 00:00 UTC


def record(ip="192.0.2.1", count=1, dkim="pass", spf="pass", header_from="example.com", reason="", extra=""):
    return (f"<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>"
            f"<dkim>{dkim}</dkim><spf>{spf}</spf>{reason}</policy_evaluated></row>"
            f"<identifiers><header_from>{header_from}</header_from>{extra}</identifiers>"
            f"<auth_results><dkim><domain>{header_from}</domain><selector>s1</selector><result>{dkim}</result></dkim>"
            f"<spf><domain>{header_from}</domain><result>{spf}</result></spf></auth_results></record>\n")


def head(report_id, org="reporter.example", domain="example.com", begin=BEGIN, end=None, email=None, contact=""):
    return ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback>\n<report_metadata>"
            f"<org_name>{escape(org)}</org_name><email>{escape(email or 'dmarc@reporter.example')}</email>"
            f"<extra_contact_info>{escape(contact)}</extra_contact_info>"
            f"<report_id>{escape(report_id)}</report_id><date_range><begin>{begin}</begin>"
            f"<end>{begin + DAY - 1 if end is None else end}</end></date_range></report_metadata>\n"
            f"<policy_published><domain>{escape(domain)}</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><pct>100</pct>"
            "</policy_published>\n")


TAIL = "</feedback>\n"


def report(report_id, records=None, **more):
    return (head(report_id, **more) + "".join(records or [record(header_from=more.get("domain", "example.com"))]) + TAIL).encode()


def gz(data):
    return gzip.compress(data, 6, mtime=0)


def zipped(data, name="report.xml"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo(name, (2026, 10, 2, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def mail(attachment, name="report.xml.gz", kind="application/gzip", subject="Report domain: example.com"):
    body = base64.encodebytes(attachment).decode()
    return (f"From: dmarc@reporter.example\nTo: rua@example.com\nSubject: {subject}\nMessage-ID: <1@reporter.example>\n"
            "Date: Fri, 02 Oct 2026 01:00:00 +0000\nMIME-Version: 1.0\n"
            "Content-Type: multipart/mixed; boundary=\"b0undary\"\n\n"
            "--b0undary\nContent-Type: text/plain\n\nA report is attached.\n\n"
            f"--b0undary\nContent-Type: {kind}; name=\"{name}\"\nContent-Transfer-Encoding: base64\n"
            f"Content-Disposition: attachment; filename=\"{name}\"\n\n{body}\n--b0undary--\n").encode()


LETTER = (b"From: a@example.org\nTo: b@example.com\nSubject: lunch\nMessage-ID: <2@example.org>\n"
          b"Date: Fri, 02 Oct 2026 01:00:00 +0000\n\nAt noon?\n")


def mbox(mails):
    return b"".join(b"From dmarc@reporter.example Fri Oct  2 01:00:00 2026\n" + m.replace(b"\nFrom ", b"\n>From ") + b"\n" for m in mails)


class Tree:
    """A directory of reports of every wrapping, with what it holds: for runs that are interrupted or run at once.

    Deterministic in its seed. Beside fresh reports there are duplicates, conflicts, broken ones and letters."""

    def __init__(self, where, reports=600, records=12, seed=1, mbox_mails=40):
        rnd = random.Random(seed)
        self.path = where
        self.inputs = self.reports = self.records = self.messages = 0
        self.duplicates = self.conflicts = self.rejected = self.letters = 0
        self.files = {}
        where.mkdir(parents=True, exist_ok=True)
        for n in range(reports):
            data = self._one(rnd, n, rnd.randrange(1, 2 * records))
            # A conflict waits for its original in another file, so that which came first does not matter to the sums
            # only as long as both have the same number of records and messages: so they do.
            what = rnd.randrange(20)
            wrap = (lambda d: ("xml", d), lambda d: ("xml.gz", gz(d)), lambda d: ("zip", zipped(d)),
                    lambda d: ("eml", mail(gz(d))))[rnd.randrange(4)]
            self._put(f"{n % 7}/{n:05d}", *wrap(data))
            if what == 0:
                self._put(f"{n % 7}/{n:05d}-again", *wrap(data))
                self.duplicates += 1
            elif what == 1:
                self._put(f"{n % 7}/{n:05d}-other", *wrap(data.replace(b"<selector>s1<", b"<selector>s2<")))
                self.conflicts += 1
            elif what == 2:
                self._put(f"{n % 7}/{n:05d}-cut", "xml", data[:-40])
                self.rejected += 1
            elif what == 3:
                self._put(f"{n % 7}/{n:05d}-letter", "eml", LETTER)
                self.letters += 1
        mails = [mail(gz(self._one(rnd, reports + n, 3))) for n in range(mbox_mails)]
        if mails:
            self._put("box", "mbox", mbox(mails))
            self.inputs += len(mails) - 1

    def _one(self, rnd, n, count):
        domain = f"d{n % 23}.example"
        counts = [rnd.randrange(1, 100) for _ in range(count)]
        self.reports += 1
        self.records += count
        self.messages += sum(counts)
        rows = [record(ip=f"198.51.{n % 256}.{i % 256}", count=c, dkim=rnd.choice(("pass", "fail")),
                       spf=rnd.choice(("pass", "fail", "softfail")), header_from=domain) for i, c in enumerate(counts)]
        return report(f"tree-{n}", rows, org=f"reporter{n % 11}.example", domain=domain, begin=BEGIN + (n % 61 - 30) * DAY)

    def _put(self, name, suffix, data):
        path = self.path / f"{name}.{suffix}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        self.files[path.relative_to(self.path)] = data
        self.inputs += 1

    @property
    def totals(self):
        return self.reports, self.records, self.messages

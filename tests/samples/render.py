"""From a report of model.py to XML in the manner of a reporter, and to mails and archives."""

import base64
import gzip
import io
import struct
import time
import zipfile
import zlib
from xml.sax.saxutils import escape

from model import REPORTERS

NS_9990 = "urn:ietf:params:xml:ns:dmarc-2.0"
POLICY = {"example.com": "none", "example.org": "reject", "odd.example": "none"}


# --- XML -------------------------------------------------------------------------------------

def tree(node, unit, eol, depth=0):
    """node: (tag, text | list of nodes | None [, attributes])."""
    tag, body = node[0], node[1]
    attrs = node[2] if len(node) > 2 else ""
    pad = unit * depth
    if body is None:
        return "%s<%s%s/>%s" % (pad, tag, attrs, eol)
    if isinstance(body, str):
        return "%s<%s%s>%s</%s>%s" % (pad, tag, attrs, escape(body), tag, eol)
    inner = "".join(tree(n, unit, eol, depth + 1) for n in body)
    return "%s<%s%s>%s%s%s</%s>%s" % (pad, tag, attrs, eol, inner, pad, tag, eol)


class Style:
    decl = '<?xml version="1.0" encoding="UTF-8"?>'
    unit, eol, root_attrs = "  ", "\n", ""
    version = "1.0"
    extra = None                  # path of extra_contact_info on the reporter's host
    policy = ("domain", "adkim", "aspf", "p", "sp", "pct", "fo")
    identifiers = ("envelope_from", "header_from")
    dkim = ("domain", "selector", "result")
    spf = ("domain", "scope", "result")
    auth = ("dkim", "spf")
    unsigned = None               # how a mail without signature is shown: list of (tag, text)
    empty_reason = False
    date_first = False
    generator = None

    def metadata(self, r):
        org_name, host = REPORTERS[r.reporter][:2]
        dates = ("date_range", [("begin", str(r.begin)), ("end", str(r.end))])
        out = [("org_name", org_name), ("email", "dmarc-reports@" + host)]
        if self.extra:
            out.append(("extra_contact_info", "https://support.%s/%s" % (host, self.extra)))
        out.append(("report_id", r.report_id))
        out = [dates] + out if self.date_first else out + [dates]
        if self.generator:
            out.append(("generator", self.generator))
        return ("report_metadata", out)

    def published(self, r):
        p = POLICY[r.domain]
        values = {"domain": r.domain, "adkim": "r", "aspf": "r", "p": p, "sp": p, "np": p, "pct": "100",
                  "fo": "0", "testing": "n", "discovery_method": "treewalk"}
        values.update(self.policy_values())
        return ("policy_published", [(k, values[k]) for k in self.policy])

    def policy_values(self):
        return {}

    def reason(self, kind, comment):
        return ("reason", [("type", kind)] + ([("comment", comment)] if comment else []))

    def record(self, rec):
        evaluated = [("disposition", rec.disposition), ("dkim", rec.eval_dkim), ("spf", rec.eval_spf)]
        evaluated += [self.reason(*why) for why in rec.reasons]
        if self.empty_reason and not rec.reasons:
            evaluated.append(("reason", [("type", ""), ("comment", "")]))
        row = [("source_ip", rec.ip), ("count", str(rec.count)), ("policy_evaluated", evaluated)]
        names = {"header_from": rec.header_from, "envelope_from": rec.mail_from,
                 "envelope_to": rec.envelope_to}
        auth = []
        for which in self.auth:
            auth += self.dkim_results(rec) if which == "dkim" else self.spf_results(rec)
        return ("record", [("row", row), ("identifiers", [(k, names[k]) for k in self.identifiers]),
                           ("auth_results", auth)])

    def dkim_results(self, rec):
        if not rec.dkim:
            return [("dkim", self.unsigned)] if self.unsigned else []
        out = []
        for domain, selector, result in rec.dkim:
            values = {"domain": domain, "selector": selector, "result": result, "human_result": result}
            out.append(("dkim", [(k, values[k]) if k != "human_result/" else ("human_result", None)
                                 for k in self.dkim]))
        return out

    def spf_results(self, rec):
        values = {"domain": rec.mail_from, "scope": "mfrom", "result": rec.spf}
        return [("spf", [(k, values[k]) for k in self.spf])]

    def xml(self, r):
        body = [("version", self.version)] if self.version else []
        body += [self.metadata(r), self.published(r)]
        body += [self.record(rec) for rec in r.records]
        text = tree(("feedback", body, self.root_attrs), self.unit, self.eol)
        return ((self.decl + self.eol if self.decl else "") + text).encode("utf-8")


class Google(Style):
    decl = '<?xml version="1.0" encoding="UTF-8" ?>'
    version, extra = None, "dmarc/answer"
    policy = ("domain", "adkim", "aspf", "p", "sp", "pct", "np")
    identifiers = ("header_from",)
    dkim = ("domain", "result", "selector")
    spf = ("domain", "result")


class Yahoo(Style):
    decl, eol, version = '<?xml version="1.0"?>', "\t\n", None
    policy = ("domain", "adkim", "aspf", "p", "pct")
    identifiers = ("header_from",)
    spf = ("domain", "result")


class Outlook(Style):
    decl = '<?xml version="1.0"?>'
    root_attrs = ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"' \
                 ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    identifiers = ("envelope_to", "envelope_from", "header_from")
    unsigned = [("domain", ""), ("result", "none")]


class Mimecast(Style):
    decl = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    version, extra = None, "knowledge"
    policy = ("domain", "adkim", "aspf", "p", "sp", "pct")
    identifiers = ("header_from",)
    dkim = ("domain", "selector", "result", "human_result/")
    spf = ("domain", "result")


class Ses(Style):
    decl, unit, version = '<?xml version="1.0"?>', "\t", "0.1"
    dkim = ("domain", "result")
    spf = ("domain", "result")


class Rfc9990(Style):
    root_attrs = ' xmlns="%s"' % NS_9990
    generator = "reportd 2.4"
    policy = ("domain", "discovery_method", "p", "sp", "np", "adkim", "aspf", "fo", "testing")
    identifiers = ("header_from", "envelope_from", "envelope_to")

    def reason(self, kind, comment):
        return ("reason", [("type", kind)] + ([("comment", comment, ' lang="en"')] if comment else []))


class Comcast(Style):
    decl, unit = '<?xml version="1.0" encoding="UTF-8" ?>', "\t"
    identifiers = ("header_from", "envelope_from")
    dkim = ("domain", "result", "selector")


class Fastmail(Style):
    decl, unit, extra = '<?xml version="1.0"?>', "\t", "help"
    policy = ("domain", "p", "sp", "pct", "fo")
    dkim = ("domain", "selector", "result", "human_result")


class Zoho(Style):
    decl = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
    unit, extra = "    ", "mail/dmarc.html"
    identifiers = ("header_from",)
    dkim = ("result", "domain", "selector")
    spf = ("result", "domain", "scope")


class OneLine(Style):
    unit, eol, version, extra = "", "", None, "postmaster"
    policy = ("domain", "p", "sp", "pct")
    spf = ("domain", "scope", "result")

    def policy_values(self):
        return {"sp": "nil"}


class DateRangeFirst(Style):
    decl, unit, eol, version, date_first = "", "", "", None, True


class SpfFirst(Style):
    unit = "\t"
    auth = ("spf", "dkim")
    policy = ("adkim", "aspf", "domain", "p", "sp", "pct", "fo")


class Carrier(Style):
    extra, empty_reason = "dmarc", True
    identifiers = ("envelope_to", "envelope_from", "header_from")
    unsigned = [("domain", "example.com"), ("selector", ""), ("result", "none"),
                ("human_result", "no signature data")]
    dkim = ("domain", "selector", "result", "human_result")


class BomCrlf(Style):
    decl, eol = '\ufeff<?xml version="1.0" encoding="UTF-8"?>', "\r\n"


class Dotted(Style):
    version = "1.0"
    policy = ("domain", "adkim", "aspf", "p", "sp", "pct")


STYLES = {"google": Google, "yahoo": Yahoo, "outlook": Outlook, "mimecast": Mimecast, "ses": Ses,
          "rfc9990": Rfc9990, "comcast": Comcast, "fastmail": Fastmail, "zoho": Zoho,
          "oneline": OneLine, "daterange-first": DateRangeFirst, "spf-first": SpfFirst,
          "carrier": Carrier, "bom-crlf": BomCrlf, "dotted": Dotted}


def xml(report):
    return STYLES[report.style]().xml(report)


# --- archives --------------------------------------------------------------------------------

def gz(data, name=None):
    out = io.BytesIO()
    with gzip.GzipFile(filename=name or "", mode="wb", compresslevel=9, fileobj=out, mtime=0) as f:
        f.write(data)
    return out.getvalue()


def zipped(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in members:
            info = zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            z.writestr(info, data, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def zip_encrypted(name, data, password):
    """A zip with one member under the old PKWARE cipher."""
    crc_table = [0] * 256
    for n in range(256):
        c = n
        for _ in range(8):
            c = (c >> 1) ^ 0xEDB88320 if c & 1 else c >> 1
        crc_table[n] = c

    def crc_byte(c, b):
        return (c >> 8) ^ crc_table[(c ^ b) & 0xFF]

    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(b):
        keys[0] = crc_byte(keys[0], b)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc_byte(keys[2], keys[1] >> 24)

    def encrypt(b):
        t = (keys[2] | 2) & 0xFFFF
        update(b)
        return b ^ ((t * (t ^ 1) >> 8) & 0xFF)

    for b in password:
        update(b)
    crc = zlib.crc32(data)
    plain = bytes(11) + bytes([crc >> 24]) + data
    body = bytes(encrypt(b) for b in plain)
    fixed = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0, 0x5D61, crc, len(body), len(data), len(name), 0)
    local = b"PK\3\4" + fixed + name + body
    central = b"PK\1\2" + struct.pack("<H", 20) + fixed + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


# --- mails -----------------------------------------------------------------------------------

def b64(data, eol="\r\n"):
    text = base64.b64encode(data).decode()
    return eol.join(text[i:i + 76] for i in range(0, len(text), 76)) + eol


def quoted_printable(data):
    import quopri
    return quopri.encodestring(data).decode().replace("\n", "\r\n")


def rfc2047(text):
    return "=?utf-8?B?%s?=" % base64.b64encode(text.encode()).decode()


def date_header(when):
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(when))


def file_name(report, suffix):
    host = REPORTERS[report.reporter][1]
    return "%s!%s!%d!%d.%s" % (host, report.domain, report.begin, report.end, suffix)


def subject(report):
    host = REPORTERS[report.reporter][1]
    return "Report Domain: %s Submitter: %s Report-ID: <%s>" % (report.domain, host, report.report_id)


def head(report, subject_text=None):
    host = REPORTERS[report.reporter][1]
    when = report.end + 14400
    return [
        "Return-Path: <bounces@%s>" % host,
        "Received: from mx1.%s (mx1.%s [192.0.2.200])" % (host, host),
        "\tby mail.example.com with ESMTPS id %08x;" % (report.begin & 0xFFFFFFFF),
        "\t" + date_header(when + 5),
        "From: DMARC reports <dmarc-reports@%s>" % host,
        "To: dmarc@example.com",
        "Date: " + date_header(when),
        "Subject: " + (subject_text or subject(report)),
        "Message-ID: <%d.%d@%s>" % (report.begin, len(report.records), host),
        "MIME-Version: 1.0",
    ]


def mail(headers, body):
    return ("\r\n".join(headers) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def part(headers, body):
    return "\r\n".join(headers) + "\r\n\r\n" + body


def multipart(boundary, parts, preamble=""):
    return preamble + "".join("--%s\r\n%s\r\n" % (boundary, p) for p in parts) + "--%s--\r\n" % boundary


def attachment(ctype, name, data, disposition="attachment"):
    return part(["Content-Type: %s; name=\"%s\"" % (ctype, name), "Content-Transfer-Encoding: base64",
                 "Content-Disposition: %s; filename=\"%s\"" % (disposition, name)], b64(data))


def text(words):
    return part(["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 7bit"], words + "\r\n")


NOTE = "This is an automatic DMARC aggregate report. The attachment holds the data."


def mail_zip(report):
    """The whole mail is a zip, as Google sends it."""
    name = file_name(report, "zip")
    data = zipped((file_name(report, "xml"), xml(report)))
    return mail(head(report, "Report domain: " + subject(report)[15:]) + [
        "Content-Type: application/zip;", "\tname=\"%s\"" % name,
        "Content-Disposition: attachment;", "\tfilename=\"%s\"" % name,
        "Content-Transfer-Encoding: base64"], b64(data))


def mail_gzip(report):
    """The whole mail is a gzip file, with a CRLF behind it, as Mimecast sent it."""
    name = file_name(report, "xml.gz")
    return mail(head(report) + [
        "Content-Type: application/gzip; name=\"%s\"" % name,
        "Content-Disposition: attachment; filename=\"%s\"" % name,
        "Content-Transfer-Encoding: base64"], b64(gz(xml(report)) + b"\r\n"))


def mail_mixed(report, ctype="application/gzip", words=NOTE):
    name = file_name(report, "xml.gz")
    return mail(head(report) + ['Content-Type: multipart/mixed; boundary="=_report_%d"' % report.begin],
                multipart("=_report_%d" % report.begin,
                          [text(words), attachment(ctype, name, gz(xml(report), name[:-3]))]))


def mail_outlook(report):
    """A body in HTML inside related and alternative, and an encoded subject."""
    name = file_name(report, "xml.gz")
    html = part(["Content-Type: text/html; charset=us-ascii", "Content-Transfer-Encoding: 7bit"],
                "<html><body><p>This is a <b>DMARC aggregate report</b>.<br>Do not reply.</body></html>\r\n")
    alternative = part(['Content-Type: multipart/alternative; boundary="_alt_"'], multipart("_alt_", [html]))
    related = part(['Content-Type: multipart/related; boundary="_rel_"; type="multipart/alternative"'],
                   multipart("_rel_", [alternative]))
    return mail(head(report, rfc2047("[Preview] " + subject(report))) +
                ['Content-Type: multipart/mixed; boundary="_mix_"'],
                multipart("_mix_", [related, attachment("application/gzip", name, gz(xml(report)))],
                          "This is a multi-part message in MIME format.\r\n\r\n"))


def mail_split_name(report):
    """octet-stream, the name in pieces (RFC 2231), as Amazon SES sends it."""
    name = file_name(report, "xml.gz")
    piece = part(["Content-Type: application/octet-stream;", '\tname*0="%s";' % name[:30],
                  '\tname*1="%s"' % name[30:], "Content-Transfer-Encoding: base64",
                  "Content-Disposition: attachment;", '\tfilename*0="%s";' % name[:30],
                  '\tfilename*1="%s"' % name[30:]], b64(gz(xml(report))))
    return mail(head(report, "Dmarc Aggregate Report Domain: {%s}  Submitter: {AMAZON-SES}" % report.domain) +
                ['Content-Type: multipart/mixed; boundary="----=_Part_1"'],
                multipart("----=_Part_1", [text(NOTE), piece]))


def mail_inline(report):
    """A disposition of inline, and 8bit on the multipart, as FastMail sends it."""
    name = file_name(report, "xml.gz")
    return mail(head(report) + ["Content-Transfer-Encoding: 8bit",
                                'Content-Type: multipart/mixed; boundary="fm.1"'],
                multipart("fm.1", [text(NOTE), attachment("application/gzip", name, gz(xml(report)), "inline")]))


def mail_qp(report):
    """Bare XML, quoted-printable, named text/xml."""
    return mail(head(report) + ["Content-Type: text/xml; charset=utf-8",
                                "Content-Transfer-Encoding: quoted-printable"], quoted_printable(xml(report)))


def mail_7bit(report):
    """Bare XML as a text/plain attachment in 7bit."""
    piece = part(['Content-Type: text/plain; name="%s"' % file_name(report, "xml"),
                  "Content-Transfer-Encoding: 7bit"], xml(report).decode().replace("\n", "\r\n"))
    return mail(head(report) + ['Content-Type: multipart/mixed; boundary="plain"'],
                multipart("plain", [text(NOTE), piece]))


def mail_wrong_type(report):
    """Says application/zip and holds gzip."""
    name = file_name(report, "xml.zip")
    return mail(head(report) + ['Content-Type: multipart/mixed; boundary="wt"'],
                multipart("wt", [text(NOTE), attachment("application/zip", name, gz(xml(report)))]))


def mail_no_hyphen(report):
    """"ContentType:" instead of "Content-Type:" on the attachment."""
    piece = part(["ContentType: application/gzip; name=report.xml.gz", "Content-Transfer-Encoding: base64"],
                 b64(gz(xml(report))))
    return mail(head(report) + ['Content-Type: multipart/mixed; boundary="nh"'],
                multipart("nh", [text(NOTE), piece]))


def mail_twice(report):
    """The same report as XML and as gzip, and a picture."""
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0\x1f\x15\xc4\x89"
    return mail(head(report) + ['Content-Type: multipart/mixed; boundary="two"'],
                multipart("two", [attachment("application/xml", file_name(report, "xml"), xml(report)),
                                  attachment("application/gzip", file_name(report, "xml.gz"), gz(xml(report))),
                                  attachment("image/png", "logo.png", png)]))


def mail_forwarded(report):
    """Somebody forwarded the report mail as an attachment."""
    inner = mail_mixed(report).decode()
    return mail(["From: Postmaster <postmaster@example.com>", "To: dmarc@example.com",
                 "Date: " + date_header(report.end + 40000), "Subject: Fwd: " + subject(report),
                 "Message-ID: <forward.%d@example.com>" % report.begin, "MIME-Version: 1.0",
                 'Content-Type: multipart/mixed; boundary="fwd"'],
                multipart("fwd", [text("Here is another one."),
                                  part(["Content-Type: message/rfc822"], inner)]))


def mbox(mails):
    out = b""
    for when, data in mails:
        lines = data.replace(b"\r\n", b"\n").split(b"\n")
        lines = [b">" + x if x.lstrip(b">").startswith(b"From ") else x for x in lines]
        stamp = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(when)).encode()
        out += b"From bounces@example.net " + stamp + b"\n" + b"\n".join(lines).rstrip(b"\n") + b"\n\n"
    return out

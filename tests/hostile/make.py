#!/usr/bin/env python3
"""Make the big hostile inputs: too large for the repository, made when a test wants them.

  make.py OUTDIR [--only NAME,...] [--million] [--million-distinct] [--records N]

OUTDIR/manifest.json lists each file, what it is, and the outcomes that are acceptable ("acceptable")
and those that have to be among them ("required"), at most "rows" in the ledger where it says so. A file "secret" names a text that must appear
nowhere in what ruascope prints or stores.
"""

import argparse
import base64
import io
import json
import os
import struct
import sys
import zipfile
import zlib

MIB = 1 << 20
BEGIN = 1791158400                 # 2026-10-05
STORED, REJECTED, NOT = "stored", "rejected", "not_a_report"
SECRET = "marker-5d41402abc4b2a76b9719d911017c592"


# --- reports ---------------------------------------------------------------------------------

def record(ip="192.0.2.1", count="1", reason="", header_from="hostile.example", selector="s1"):
    return ("<record><row><source_ip>%s</source_ip><count>%s</count><policy_evaluated>"
            "<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf>%s</policy_evaluated></row>"
            "<identifiers><header_from>%s</header_from></identifiers><auth_results>"
            "<dkim><domain>%s</domain><selector>%s</selector><result>pass</result></dkim>"
            "<spf><domain>bounce.test</domain><result>fail</result></spf></auth_results></record>\n"
            % (ip, count, reason, header_from, header_from, selector))


def head(report_id, org="reporter.example", email="reports@reporter.example", doctype="", root="<feedback>"):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n%s%s\n<report_metadata><org_name>%s</org_name>'
            "<email>%s</email><report_id>%s</report_id><date_range><begin>%d</begin><end>%d</end></date_range>"
            "</report_metadata>\n<policy_published><domain>hostile.example</domain><adkim>r</adkim><aspf>r</aspf>"
            "<p>none</p><sp>none</sp><pct>100</pct></policy_published>\n"
            % (doctype, root, org, email, report_id, BEGIN, BEGIN + 86399))


TAIL = "</feedback>\n"


def report(report_id, **kw):
    return (head(report_id, **kw) + record() + TAIL).encode()


# --- containers ------------------------------------------------------------------------------

def deflated_run(byte, count):
    """count MiB of one byte, deflated in full-flushed pieces: one piece repeated."""
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    c.compress(b"")
    piece = c.compress(byte * MIB) + c.flush(zlib.Z_FULL_FLUSH)
    return piece * count


def deflated(data):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return c.compress(data) + c.flush(zlib.Z_FULL_FLUSH)


LAST_BLOCK = b"\x03\x00"


def gzip_run(out, prefix, byte, count):
    """A gzip of prefix and count MiB of byte, quickly."""
    crc = zlib.crc32(prefix)
    block = byte * MIB
    for _ in range(count):
        crc = zlib.crc32(block, crc)
    out.write(b"\x1f\x8b\x08\0\0\0\0\0\2\3" + (deflated(prefix) if prefix else b""))
    out.write(deflated_run(byte, count) + LAST_BLOCK)
    out.write(struct.pack("<II", crc, (len(prefix) + count * MIB) & 0xFFFFFFFF))


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def overlapping_zip(entries, mib):
    """Many entries of the directory share one local file."""
    name, prefix = b"kernel.xml", b"<feedback>"
    crc = zlib.crc32(prefix)
    for _ in range(mib):
        crc = zlib.crc32(b" " * MIB, crc)
    body = deflated(prefix) + deflated_run(b" ", mib) + LAST_BLOCK
    size = len(prefix) + mib * MIB
    fixed = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x5D61, crc, len(body), size, len(name), 0)
    local = b"PK\3\4" + fixed + name + body
    entry = b"PK\1\2" + struct.pack("<H", 20) + fixed + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    central = entry * entries
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, entries, entries, len(central), len(local), 0)


def quine(name, crc):
    """A zip that holds itself, when crc is its own checksum.

    Deflate as a language of two words of five octets, so that programs can be counted in words: lit(n) prints the
    next n octets, a block the last n again. The program prints the head, itself and the tail."""
    def lit(n):
        return struct.pack("<BHH", 0, n, n ^ 0xFFFF)

    def code(value, width):
        return format(value, "0%db" % width)

    def extra(value, width):
        return code(value, width)[::-1]

    def block(bits):
        """Fixed codes: one match or two, perhaps a literal for the last octet, to make it 40 bits."""
        bits = "010" + bits + "0000000"
        assert len(bits) == 40
        return bytes(int(bits[i:i + 8][::-1], 2) for i in range(0, 40, 8))

    p, s = 30 + len(name) + 5, 73 + len(name) + 5  # head and tail, each with a word
    rep = block(2 * (code(8, 7) + code(8, 5) + extra(20 - 17, 3)))
    rep_p = block(code(21, 7) + extra(p - 1 - 67, 4) + code(12, 5) + extra(p - 65, 5) + code(0x1FF, 9))
    rep_s = block(code(0xC0, 8) + extra(s - 1 - 115, 4) + code(13, 5) + extra(s - 97, 5) + code(0x30, 8))

    def whole(size):
        fixed = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x5D61, crc, size - p - s + 15, size, len(name), 0)
        head = b"PK\3\4" + fixed + name
        central = b"PK\1\2" + struct.pack("<H", 20) + fixed + bytes(14) + name
        tail = b"\1\0\0\xff\xff" + central + b"PK\5\6" + \
            struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), size - len(central) - 22, 0)
        ends = lit(20) + rep_p + lit(5) + lit(5) + lit(20) + (rep + lit(20)) * 3 + rep
        return (head + lit(p) + head + lit(p) + rep_p + lit(5) + rep_p + lit(5) + lit(5) + ends +
                lit(20) + rep + lit(0) + lit(0) + lit(s) + rep + lit(0) + lit(0) + lit(s) + rep_s + tail + rep_s + tail)
    return whole(len(whole(0x8000)))


def quine_zip(name=b"reporter.example!hostile.example!1!2.zip"):
    """The checksum is linear in its own bits: the one that fits is a sum of 32 differences."""
    base, basis = zlib.crc32(quine(name, 0)), {}

    def reduced(value, bits):
        while value and value.bit_length() in basis:
            other = basis[value.bit_length()]
            value, bits = value ^ other[0], bits ^ other[1]
        return value, bits
    for i in range(32):
        value, bits = reduced(zlib.crc32(quine(name, 1 << i)) ^ base ^ 1 << i, 1 << i)
        if value:
            basis[value.bit_length()] = value, bits
    value, crc = reduced(base, 0)
    made = quine(name, crc)
    assert not value and zipfile.ZipFile(io.BytesIO(made)).read(name.decode()) == made
    return made


# --- mails -----------------------------------------------------------------------------------

def b64(data):
    text = base64.b64encode(data).decode()
    return "\r\n".join(text[i:i + 76] for i in range(0, len(text), 76)) + "\r\n"


def attached(report_id, headers="From: reports@reporter.example\r\n"):
    """A mail with one report; headers come first."""
    gz = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = gz.compress(report(report_id)) + gz.flush()
    return (headers + "To: dmarc@hostile.example\r\nSubject: Report Domain: hostile.example\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: application/gzip\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n" + b64(data) + "--b--\r\n").encode()


# --- the inputs ------------------------------------------------------------------------------

ALL = []


def hostile(name, about, acceptable, required=(), **more):
    """Register a maker: called with the open file."""
    def keep(make):
        ALL.append((name, about, list(acceptable), list(required), more, make))
        return make
    return keep


@hostile("bomb-zeros.gz", "gzip of 1 GiB of zeros", [NOT, REJECTED])
def bomb_zeros(f):
    gzip_run(f, b"", b"\0", 1024)


@hostile("bomb-xml.xml.gz", "gzip of <feedback> and 1 GiB of blanks", [REJECTED], [REJECTED])
def bomb_xml(f):
    gzip_run(f, b'<?xml version="1.0"?>\n<feedback>', b" ", 1024)


@hostile("nested.zip", "zips six deep, ten in each, 1 MiB of zeros in the innermost", [REJECTED, NOT], [REJECTED])
def nested_zip(f):
    data, name = bytes(MIB), "zeros"
    for level in range(6):
        data = zipped([("%d-%s" % (i, name), data) for i in range(10)])
        name = "level%d.zip" % level
    f.write(data)


@hostile("quine.zip", "a zip whose only member is itself", [REJECTED], [REJECTED])
def quine_of_zips(f):
    f.write(quine_zip())


@hostile("overlapping.zip", "900 directory entries share one <feedback> of 16 MiB of blanks: 14 GiB claimed",
         [REJECTED, NOT], [REJECTED])
def overlapping(f):
    f.write(overlapping_zip(900, 16))


@hostile("members-10000.zip", "10,000 members, reports in the first three", [STORED, REJECTED, NOT],
         [STORED, REJECTED], stored=3)
def members(f):
    f.write(zipped([("r%d.xml" % i, report("member-%d" % i)) for i in range(3)] +
                   [("t%d.txt" % i, b"text\n") for i in range(9997)]))


@hostile("billion-laughs.xml", "entities that grow tenfold nine times", [REJECTED], [REJECTED])
def laughs(f):
    entities = "".join('<!ENTITY l%d "%s">\n' % (i, ("&l%d;" % (i - 1)) * 10) for i in range(1, 10))
    doctype = '<!DOCTYPE feedback [\n<!ENTITY l0 "ha">\n%s]>\n' % entities
    f.write((head("laughs", org="&l9;", doctype=doctype) + record() + TAIL).encode())


@hostile("quadratic-entity.xml", "one entity of 1 MiB, used 10,000 times", [REJECTED], [REJECTED])
def quadratic(f):
    doctype = '<!DOCTYPE feedback [<!ENTITY a "%s">]>\n' % ("a" * MIB)
    f.write((head("quadratic", org="&a;" * 10000, doctype=doctype) + record() + TAIL).encode())


@hostile("external-passwd.xml", "external entity: file:///etc/passwd", [REJECTED], [REJECTED], secret="root:x:0:0")
def external_passwd(f):
    doctype = '<!DOCTYPE feedback [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
    f.write((head("external", org="&x;", doctype=doctype) + record() + TAIL).encode())


@hostile("external-marker.xml", "external entity and external subset: a file beside this one", [REJECTED],
         [REJECTED], secret=SECRET)
def external_marker(f):
    marker = os.path.join(os.path.dirname(os.path.abspath(f.name)), ".marker")
    with open(marker, "w") as m:
        m.write(SECRET)
    doctype = '<!DOCTYPE feedback SYSTEM ".marker" [<!ENTITY x SYSTEM "file://%s">]>\n' % marker
    f.write((head("marker", org="&x;", doctype=doctype) + record() + TAIL).encode())


@hostile("deep-100000.xml", "100,000 elements inside each other", [REJECTED], [REJECTED])
def deep(f):
    f.write((head("deep") + record() + "<x>" * 100000 + "</x>" * 100000 + TAIL).encode())


@hostile("text-comment.xml", "a comment of 50 MB", [STORED], [STORED], stored=1)
def text_comment(f):
    reason = "<reason><type>other</type><comment>%s</comment></reason>" % ("c" * 50000000)
    f.write((head("comment") + record(reason=reason) + TAIL).encode())


@hostile("text-unknown.xml", "50 MB of text in an unknown element", [STORED], [STORED], stored=1)
def text_unknown(f):
    f.write((head("unknown") + "<extra>%s</extra>" % ("u" * 50000000) + record() + TAIL).encode())


@hostile("attribute-50mb.xml", "an attribute of 50 MB", [STORED, REJECTED])
def attribute(f):
    f.write((head("attribute", root='<feedback a="%s">' % ("a" * 50000000)) + record() + TAIL).encode())


def many_attributes(f, n):
    root = "<feedback %s>" % " ".join('a%d=""' % i for i in range(n))
    f.write((head("attributes-%d" % n, root=root) + record() + TAIL).encode())


@hostile("attributes-1000000.xml", "an element with 1,000,000 attributes", [STORED, REJECTED])
def attributes(f):
    many_attributes(f, 1000000)


@hostile("attributes-300000.xml", "an element with 300,000 attributes: less than 10 MB, so that a parser whose "
         "time is quadratic shows it", [STORED, REJECTED])
def attributes_below(f):
    many_attributes(f, 300000)


@hostile("namespaces-100000.xml", "an element with 100,000 namespace declarations", [STORED, REJECTED])
def namespaces(f):
    root = "<feedback %s>" % " ".join('xmlns:n%d="urn:n%d"' % (i, i) for i in range(100000))
    f.write((head("namespaces", root=root) + record() + TAIL).encode())


@hostile("long-name.xml", "an element name of 20 MB", [STORED, REJECTED])
def long_name(f):
    name = "n" * 20000000
    f.write((head("name") + "<%s></%s>" % (name, name) + record() + TAIL).encode())


@hostile("long-report-id.xml", "a report_id of 1 MB", [STORED], [STORED], stored=1)
def long_report_id(f):
    f.write((head("i" * 1000000) + record() + TAIL).encode())


@hostile("auth-results-100000.xml", "one record with 100,000 DKIM results and reasons", [STORED], [STORED], stored=1)
def auth_results(f):
    dkim = "".join("<dkim><domain>d%d.test</domain><selector>s</selector><result>fail</result></dkim>" % i
                   for i in range(100000))
    reasons = "".join("<reason><type>other</type><comment>%d</comment></reason>" % i for i in range(100000))
    body = record(reason=reasons).replace("<auth_results>", "<auth_results>" + dkim)
    f.write((head("auth") + body + TAIL).encode())


@hostile("counts.xml", "counts at and past every limit", [STORED], [STORED], stored=1)
def counts(f):
    numbers = ["1000000000000", "1000000000001", "9223372036854775807", "9223372036854775808",
               "18446744073709551616", "-1", "1e9", "0x10", "9" * 5000, "", "NaN"]
    f.write((head("counts") + "".join(record("192.0.2.%d" % (i + 1), n) for i, n in enumerate(numbers)) + TAIL)
            .encode())


@hostile("utf8-invalid.xml", "bytes that are no UTF-8 in every text", [STORED, REJECTED])
def utf8_invalid(f):
    bad = b"\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"
    reason = "<reason><type>@@</type><comment>@@</comment></reason>"
    text = head("id-@@", org="org @@", email="@@@reporter.example") + \
        record(reason=reason, selector="@@", header_from="hostile.example") + \
        record("@@", "@@", header_from="@@.hostile.example") + TAIL
    f.write(text.encode().replace(b"@@", bad))


@hostile("nul-in-report.xml", "NUL and control bytes inside the texts of a report", [STORED, REJECTED])
def nul_in_report(f):
    control = bytes(b for b in range(32) if b not in (9, 10, 13)) + b"\x7f"
    f.write(report("nul", org="org @@").replace(b"@@", control))


@hostile("control.bin", "1 MiB of NUL and control bytes: nobody knows what it was", [REJECTED], [REJECTED])
def control_bytes(f):
    f.write(bytes(range(32)) * (MIB // 32))


@hostile("nested-multiparts.eml", "200,000 multiparts inside each other", [REJECTED, NOT])
def nested_multiparts(f):
    f.write(b"From: reports@reporter.example\r\nSubject: nested\r\nMIME-Version: 1.0\r\n")
    for i in range(200000):
        f.write(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (i, i))
    f.write(b"Content-Type: text/plain\r\n\r\nthe bottom\r\n")
    for i in reversed(range(200000)):
        f.write(b"--%d--\r\n" % i)


@hostile("nested-messages.eml", "50,000 mails inside each other", [REJECTED, NOT])
def nested_messages(f):
    for i in range(50000):
        f.write(b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n")
    f.write(b"From: a@b.example\r\n\r\nthe bottom\r\n")


@hostile("parts-100000.eml", "100,000 parts, a report in the first", [STORED, REJECTED, NOT], [STORED], stored=1)
def parts(f):
    mail = attached("parts")
    end = mail.rindex(b"--b--")
    f.write(mail[:end] + b"--b\r\n\r\nx\r\n" * 100000 + mail[end:])


@hostile("groups-reply-to.eml", "Reply-To with 50,000 groups", [STORED], [STORED], stored=1)
def groups(f):
    f.write(attached("groups", "From: reports@reporter.example\r\nReply-To: %s\r\n" % ("g:;" * 50000)))


@hostile("groups-nested.eml", "Reply-To with 50,000 open groups", [STORED], [STORED], stored=1)
def groups_nested(f):
    f.write(attached("groups-nested", "From: reports@reporter.example\r\nReply-To: %s\r\n" % ("g:" * 50000)))


@hostile("groups-in-rfc822.eml", "the same in a mail in the mail", [STORED], [STORED], stored=1)
def groups_inside(f):
    inner = attached("groups-rfc822", "From: reports@reporter.example\r\nReply-To: %s\r\n" % ("g:" * 50000))
    f.write(b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n" + inner)


@hostile("from-colons.eml", "From with 200,000 colons", [STORED], [STORED], stored=1)
def from_colons(f):
    f.write(attached("colons", "From: %s\r\n" % (":" * 200000)))


@hostile("comments-nested.eml", "From with 200,000 open comments", [STORED], [STORED], stored=1)
def comments_nested(f):
    f.write(attached("comments", "From: %sa@b.example\r\n" % ("(" * 200000)))


@hostile("encoded-words.eml", "a Subject of 100,000 encoded words", [STORED], [STORED], stored=1)
def encoded_words(f):
    f.write(attached("words", "From: a@b.example\r\nX-Note: %s\r\n" % ("=?utf-8?B?YQ==?=\r\n " * 100000 + "x")))


@hostile("headers-200000.eml", "200,000 header lines", [STORED, REJECTED])
def headers(f):
    f.write(attached("headers", "From: a@b.example\r\n" + "X-A: b\r\n" * 200000))


@hostile("mail-70mib.eml", "a mail of 70 MiB", [REJECTED], [REJECTED])
def big_mail(f):
    mail = attached("big")
    end = mail.rindex(b"--b--")
    line = b"QUFB" * 19 + b"\r\n"
    f.write(mail[:end] + b"--b\r\nContent-Type: application/octet-stream\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n")
    for _ in range(70 * 16):
        f.write(line * (MIB // 16 // len(line) + 1))
    f.write(mail[end:])


def boxed(mails):
    """An mbox in a gzip."""
    gz = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join(b"From a@b.example\nX-A: b\n\n" for _ in range(mails)) + b"From \n" + attached("boxed-%d" % mails)
    return gz.compress(data) + gz.flush()


@hostile("mbox-200000.eml", "200,000 mails in 3 kB: an mbox in a gzip in a mail", [REJECTED, NOT], [REJECTED], rows=110)
def mbox_over(f):
    f.write(b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: application/gzip\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + b64(boxed(200000)).encode())


@hostile("mbox-9000.gz", "9,000 mails in a gzip, a report in the last", [STORED, NOT], [STORED], stored=1, rows=110)
def mbox_below(f):
    f.write(boxed(9000))


def wide_zips(width, depth, leaf):
    data, name = leaf, "leaf.xml"
    for _ in range(depth):
        data = zipped([("%d-%s" % (i, name), data) for i in range(width)])
        name = "level.zip"
    return data


@hostile("zips-10-wide-5-deep.zip", "zips five deep, ten in each", [REJECTED], [REJECTED], rows=5)
def zips_deep(f):
    f.write(wide_zips(10, 5, b"<feedback/>"))


@hostile("zips-20-wide-4-deep.zip", "160,000 damaged reports in zips in zips", [REJECTED], [REJECTED], rows=110)
def zips_wide(f):
    f.write(wide_zips(20, 4, b"<feedback><report_metadata/>"))


@hostile("documents-5000.xml", "5,000 documents one behind the other", [STORED, REJECTED], [STORED, REJECTED], rows=1010)
def documents(f):
    f.write(b"".join(report("together-%d" % i) for i in range(5000)))


@hostile("boundaries-open.eml", "900 multiparts inside each other, and 60 MB of lines like their delimiters", [REJECTED, NOT],
         [REJECTED], rows=5)
def boundaries(f):
    f.write(b"From: a@b.example\r\nMIME-Version: 1.0\r\n")
    for i in range(900):
        f.write(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i))
    f.write(b"Content-Type: text/plain\r\n\r\n" + b"--a\r\n" * 12000000)


def blanks(f, before, behind, encoding="utf-8"):
    """A report with 200 MiB of blanks in it, in a gzip."""
    text = report("blanks-" + os.path.basename(f.name)).decode()
    at = text.index(before) + (len(before) if behind else 0)
    blank = " ".encode(encoding)
    c = zlib.compressobj(1, zlib.DEFLATED, 31)
    f.write(c.compress(text[:at].encode(encoding)))
    for _ in range(200):
        f.write(c.compress(blank * (MIB // len(blank))))
    f.write(c.compress(text[at:].encode(encoding)) + c.flush())


for place, before, behind in (("front", "<?xml", False), ("declaration", "?>", False), ("prolog", "?>", True),
                              ("records", "<record>", False), ("count", "<count>", True), ("end", "</feedback>", True)):
    hostile("blanks-%s.xml.gz" % place, "200 MiB of blanks: " + place, [STORED], [STORED], stored=1)(
        lambda f, b=before, e=behind: blanks(f, b, e))
hostile("blanks-utf-16.xml.gz", "200 MiB of blanks in UTF-16", [STORED], [STORED], stored=1)(
    lambda f: blanks(f, "?>", True, "utf-16-le"))


@hostile("names-1000000.xml", "1,000,000 names of elements", [REJECTED], [REJECTED])
def names(f):
    f.write((head("names") + "<extension>" + "".join("<n%d/>" % i for i in range(1000000)) + "</extension>" + record() + TAIL)
            .encode())


# --- a million records -------------------------------------------------------------------------

def million(f, records, distinct):
    """Streamed: varied addresses; about 20 profiles, or one for each record."""
    f.write(head("million-%s" % ("distinct" if distinct else "plain")).encode())
    lines = []
    for i in range(records):
        x = (i * 2654435761) & 0xFFFFFFFF
        ip = "198.51.%d.%d" % (x >> 8 & 255, x & 255) if i % 3 else "2001:db8:%x:%x::%x" % (x >> 16, x & 0xFFFF, i & 0xFFF)
        comment = "n%d" % i if distinct else "n%d" % (i % 4)
        reason = "<reason><type>other</type><comment>%s</comment></reason>" % comment
        lines.append(record(ip, str(1 + i % 7), reason=reason, selector="s%d" % (i % 5)))
        if len(lines) == 5000:
            f.write("".join(lines).encode())
            lines.clear()
    f.write("".join(lines).encode() + TAIL.encode())


def chosen(options):
    """The inputs to make: all, or those of --only; the millions only when asked for."""
    inputs = list(ALL)
    for name, about, wanted, distinct in (
            ("million.xml", "%d records, 20 profiles" % options.records, options.million, False),
            ("million-distinct.xml", "%d records, each with a profile of its own" % options.records,
             options.million_distinct, True)):
        if wanted:
            inputs.append((name, about, [STORED], [STORED],
                           {"stored": 1, "records": options.records},
                           lambda f, d=distinct: million(f, options.records, d)))
    if options.only is not None:
        names = options.only.split(",") if options.only else []
        unknown = set(names) - {i[0] for i in inputs}
        if unknown:
            sys.exit("no such input: " + ", ".join(sorted(unknown)))
        extra = [i[0] for i in inputs[len(ALL):]]
        inputs = [i for i in inputs if i[0] in names + extra]
    return inputs


def main():
    p = argparse.ArgumentParser(description="make the big hostile inputs")
    p.add_argument("outdir")
    p.add_argument("--only", metavar="NAME,...", help="only these (an empty list: none)")
    p.add_argument("--million", action="store_true", help="also a report with a million records")
    p.add_argument("--million-distinct", action="store_true", help="and one whose profiles all differ")
    p.add_argument("--records", type=int, default=1000000, help="for the two above")
    options = p.parse_args()
    os.makedirs(options.outdir, exist_ok=True)
    manifest = []
    for name, about, acceptable, required, more, make in chosen(options):
        path = os.path.join(options.outdir, name)
        with open(path, "wb") as f:
            make(f)
        entry = {"file": name, "about": about, "bytes": os.path.getsize(path),
                 "acceptable": acceptable, "required": required}
        entry.update(more)
        manifest.append(entry)
    with open(os.path.join(options.outdir, "manifest.json"), "w") as f:
        json.dump({"files": manifest}, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()

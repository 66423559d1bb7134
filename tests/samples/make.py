#!/usr/bin/env python3
"""Make samples/ and tests/samples/expected.json: always the same bytes.

  make.py            write them
  make.py --check    compare with what is on disk; exit 1 when they differ
"""

import datetime
import json
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import bounces  # noqa: E402
import damaged  # noqa: E402
import model  # noqa: E402
import render  # noqa: E402

SAMPLES = os.path.normpath(os.path.join(HERE, "..", "..", "samples"))
EXPECTED = os.path.join(HERE, "expected.json")

# Where the reports of each reporter and month are put, in turn.
PLACES = {
    ("google", 9): ["mbox"] * 8 + ["cur-september", "new-september"],
    ("google", 10): ["cur"] * 5 + ["zip"] * 5 + ["pair", "pair", "new", "cur", "zip", "new", "cur", "new"],
    ("yahoo", 9): ["gz", "mbox", "gz"],
    ("yahoo", 10): ["mail:mixed", "gz", "cur", "mail:mixed"],
    ("eo", 9): ["gz", "mbox:outlook", "gz"],
    ("eo", 10): ["mail:outlook", "mail:outlook", "cur:outlook", "gz"],
    ("outlook", 9): ["xml"],
    ("outlook", 10): ["mail:outlook", "gz"],
    ("mimecast", 9): ["gz-crlf"],
    ("mimecast", 10): ["mail:gzip", "cur:gzip"],
    ("ses", 9): ["gz"],
    ("ses", 10): ["mail:split_name"],
    ("gmx", 9): ["xml", "gz"],
    ("gmx", 10): ["mail:wrong_type", "gz", "cur"],
    ("comcast", 9): ["xml"],
    ("comcast", 10): ["mail:qp"],
    ("fastmail", 9): ["mbox:inline"],
    ("fastmail", 10): ["mail:inline"],
    ("zoho", 9): ["zip"],
    ("zoho", 10): ["mail:x-gzip"],
    ("mailru", 10): ["gz"],
    ("poczta", 9): ["xml"],
    ("poczta", 10): ["gz-gz"],
    ("school", 10): ["mail:7bit"],
    ("carrier", 10): ["mail:forwarded"],
    ("gateway", 10): ["xml"],
    ("hoster", 9): ["mail:no_hyphen"],
    ("hoster", 10): ["mail:twice"],
    ("google", "parked"): ["zip"],
    ("yahoo", "parked"): ["gz"],
    ("gmx", "parked"): ["gz-in-zip"],
}

MAIL = {
    "google": render.mail_zip, "": render.mail_mixed, "mixed": render.mail_mixed, "outlook": render.mail_outlook,
    "gzip": render.mail_gzip, "split_name": render.mail_split_name, "inline": render.mail_inline,
    "qp": render.mail_qp, "7bit": render.mail_7bit, "wrong_type": render.mail_wrong_type,
    "no_hyphen": render.mail_no_hyphen, "twice": render.mail_twice, "forwarded": render.mail_forwarded,
    "x-gzip": lambda r: render.mail_mixed(r, "application/x-gzip"),
}

BARE = {
    "xml": ("xml", render.xml),
    "gz": ("xml.gz", lambda r: render.gz(render.xml(r))),
    "gz-crlf": ("xml.gz", lambda r: render.gz(render.xml(r)) + b"\r\n"),
    "gz-gz": ("xml.gz.gz", lambda r: render.gz(render.gz(render.xml(r)))),
    "zip": ("zip", lambda r: render.zipped((render.file_name(r, "xml"), render.xml(r)))),
    "gz-in-zip": ("zip", lambda r: render.zipped((render.file_name(r, "xml.gz"), render.gz(render.xml(r))))),
}


class Samples:
    """All files, and what has to come of them."""

    def __init__(self):
        self.files = {}          # path below samples/: bytes
        self.inputs = 0
        self.outcomes = {}       # path: list of outcomes, "a|b" where the order of reading decides
        self.counts = {"stored": 0, "duplicate": 0, "conflict": 0, "rejected": 0}
        self.not_reports = 0
        self.stored = []         # model.Report or damaged.Odd

    def add(self, path, data, outcomes, inputs=1):
        assert path not in self.files, path
        self.files[path] = data
        self.inputs += inputs
        self.outcomes[path] = outcomes
        for o in outcomes:
            if o == "not_a_report":
                self.not_reports += 1
            elif "|" not in o:
                self.counts[o] += 1

    def plain(self, path, data):
        """A file that is no input (hidden)."""
        self.files[path] = data


def maildir_name(report, folder, flags):
    return "Maildir/%s/%d.M%dP7.mail.example.com%s" % (folder, report.end + 14405, len(report.records), flags)


def place(samples, report, where, queues):
    """Put one report where `where` says."""
    samples.stored.append(report)
    kind, _, form = where.partition(":")
    make = MAIL[form or ("google" if report.reporter == "google" else "")]
    if kind == "mbox":
        queues["mbox"].append((report.end + 14405, make(report)))
    elif kind == "pair":
        queues["pair"].append(report)
    elif kind == "mail":
        host = render.REPORTERS[report.reporter][1].split(".")[0]
        day = datetime.datetime.fromtimestamp(report.day() * model.DAY, datetime.timezone.utc)
        name = "mail/%s-%s-%s.eml" % (host, form.replace("_", "-"), day.strftime("%Y-%m-%d"))
        samples.add(name, make(report), ["stored"] + (["duplicate"] if form == "twice" else []))
    elif kind in ("cur", "new", "cur-september", "new-september"):
        folder = {"cur": "cur", "new": "new", "cur-september": ".2026-09/cur", "new-september": ".2026-09/new"}[kind]
        path = maildir_name(report, folder, ":2,S" if "cur" in kind else "")
        samples.add(path, make(report), ["stored"])
    else:
        suffix, pack = BARE[kind]
        samples.add("reports/" + render.file_name(report, suffix), pack(report), ["stored"])


def story_files(samples):
    queues = {"mbox": [], "pair": []}
    turn = {}
    for report in model.story():
        month = int(report.month()[5:])
        key = (report.reporter, "parked" if report.domain == "example.org" else month)
        n = turn.get(key, 0)
        turn[key] = n + 1
        place(samples, report, PLACES[key][n % len(PLACES[key])], queues)
    box = queues["mbox"]
    samples.add("archive-2026-09.mbox", render.mbox(sorted(box, key=lambda m: m[0])), ["stored"] * len(box), len(box))
    pair = queues["pair"]
    samples.add("reports/two-in-one.zip",
                render.zipped(*((render.file_name(r, "xml"), render.xml(r)) for r in pair)), ["stored"] * len(pair))


def resend(samples):
    """The exact copy of a mail that is also in the Maildir."""
    original = min(p for p in samples.files if p.startswith("Maildir/cur/"))
    samples.counts["stored"] -= 1
    samples.outcomes[original] = ["stored|duplicate"]
    samples.add("mail/google-sent-again.eml", samples.files[original], ["stored|duplicate"])
    samples.counts["stored"] += 1
    samples.counts["duplicate"] += 1


def other_mail(samples):
    """What else a mailbox for reports receives."""
    base = ["To: dmarc@example.com", "MIME-Version: 1.0"]
    tls = {"organization-name": "google.com",
           "date-range": {"start-datetime": "2026-10-12T00:00:00Z", "end-datetime": "2026-10-12T23:59:59Z"},
           "contact-info": "smtp-tls-reports@google.example", "report-id": "2026-10-12T00:00:00Z_example.com",
           "policies": [{"policy": {"policy-type": "no-policy-found", "policy-domain": "example.com"},
                         "summary": {"total-successful-session-count": 128, "total-failure-session-count": 0}}]}
    body = render.multipart("tls", [
        render.text("This is a TLS report."),
        render.attachment("application/tlsrpt+gzip", "google.example!example.com!1791763200!1791849599!1.json.gz",
                          render.gz(json.dumps(tls, indent=1).encode()))])
    samples.add("Maildir/new/1791864006.M1P7.mail.example.com", render.mail([
        "From: smtp-tls-reports@google.example", "Date: Tue, 13 Oct 2026 04:00:00 +0000",
        "Subject: Report Domain: example.com Submitter: google.example Report-ID: <2026.10.12@google.example>",
        "TLS-Report-Domain: example.com", "TLS-Report-Submitter: google.example"] + base +
        ['Content-Type: multipart/report; report-type="tlsrpt"; boundary="tls"'], body), ["not_a_report"])

    body = render.multipart("dsn", [
        render.text("I could not deliver your message to nobody@customer.example."),
        render.part(["Content-Type: message/delivery-status"],
                    "Reporting-MTA: dns; mail.example.com\r\n\r\nFinal-Recipient: rfc822; nobody@customer.example\r\n"
                    "Action: failed\r\nStatus: 5.1.1\r\n"
                    "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"),
        render.part(["Content-Type: message/rfc822"],
                    "From: dmarc@example.com\r\nTo: nobody@customer.example\r\nSubject: Your question\r\n\r\nHello.\r\n")])
    samples.add("Maildir/cur/1791900000.M2P7.mail.example.com:2,S", render.mail([
        "Return-Path: <>", "From: MAILER-DAEMON@mail.example.com", "Date: Tue, 13 Oct 2026 14:00:00 +0000",
        "Subject: Undelivered Mail Returned to Sender"] + base +
        ['Content-Type: multipart/report; report-type=delivery-status; boundary="dsn"'], body), ["not_a_report"])

    body = render.multipart("arf", [
        render.text("This is an authentication failure report for a message received from 203.0.113.140."),
        render.part(["Content-Type: message/feedback-report"],
                    "Feedback-Type: auth-failure\r\nUser-Agent: reportd/2.4\r\nVersion: 1\r\n"
                    "Original-Mail-From: <billing@bulk7.test>\r\nSource-IP: 203.0.113.140\r\n"
                    "Auth-Failure: dmarc\r\nReported-Domain: example.com\r\n"),
        render.part(["Content-Type: text/rfc822-headers"],
                    "From: Billing <billing@example.com>\r\nSubject: Overdue invoice\r\n")])
    samples.add("mail/failure-report.eml", render.mail([
        "From: dmarc-failure@carrier.example", "Date: Tue, 13 Oct 2026 15:00:00 +0000",
        "Subject: FW: Overdue invoice"] + base +
        ['Content-Type: multipart/report; report-type=feedback-report; boundary="arf"'], body), ["not_a_report"])

    html = b"<html><body><h1>You have won</h1><a href=\"http://prize.test/\">Claim now</a></body></html>\n"
    body = render.multipart("spam", [
        render.part(["Content-Type: text/html; charset=utf-8"], html.decode()),
        render.attachment("application/zip", "invoice.zip", render.zipped(("invoice.html", html)))])
    samples.add("Maildir/cur/1791910000.M3P7.mail.example.com:2,", render.mail([
        "From: \"Prize\" <winner@prize.test>", "Date: Tue, 13 Oct 2026 16:40:00 +0000",
        "Subject: Report domain: you have won"] + base +
        ['Content-Type: multipart/mixed; boundary="spam"'], body), ["not_a_report"])


def damaged_files(samples):
    for name, data, outcome, odd, _ in damaged.files():
        outcomes = outcome if isinstance(outcome, list) else [outcome]
        samples.add("damaged/" + name, data, outcomes, len(outcomes) if name.endswith(".mbox") else 1)
        samples.stored += odd if isinstance(odd, list) else [odd] if odd else []
    victim = next(r for r in samples.stored if isinstance(r, model.Report) and r.reporter == "google"
                  and r.day() == model.epoch(2026, 10, 15) // model.DAY)
    path = next(p for p in samples.files if "google.example!example.com!%d!" % victim.begin in p)
    samples.outcomes[path] = ["stored|conflict"]
    samples.add("damaged/conflict.xml", damaged.conflict(victim), ["stored|conflict"])
    samples.counts["conflict"] += 1


def refused_mail(samples):
    """What `ruascope bounce` explains; for ingest it is no report."""
    for name, data, _ in bounces.files():
        samples.add("bounces/" + name, data, ["not_a_report"])


def totals(stored):
    domains = {}
    for r in stored:
        is_odd = isinstance(r, damaged.Odd)
        name = "odd.example" if is_odd else r.domain
        who = r.reporter if is_odd else model.REPORTERS[r.reporter][0]
        rows = r.rows if is_odd else [(x.ip, x.count, x.passes()) for x in r.records]
        m = domains.setdefault(name, {}).setdefault(r.month(), {
            "reports": 0, "reporters": set(), "records": 0, "messages": 0, "dmarc_pass": 0, "sources": {}})
        m["reports"] += 1
        m["records"] += len(rows)
        m["reporters"].add(who)
        for ip, count, passed in rows:
            m["messages"] += count
            m["dmarc_pass"] += count if passed else 0
            s = m["sources"].setdefault(ip, {"messages": 0, "dmarc_pass": 0}) if ip else \
                m.setdefault("without_address", {"messages": 0, "dmarc_pass": 0})
            s["messages"] += count
            s["dmarc_pass"] += count if passed else 0
    for months in domains.values():
        for m in months.values():
            m["reporters"] = len(m["reporters"])
    return domains


def expected(samples):
    domains = totals(samples.stored)
    months = [m for d in domains.values() for m in d.values()]
    return {
        "comment": "made by make.py from its own model; outcomes joined by | depend on the order of reading",
        "inputs": samples.inputs, "reports": samples.counts, "not_reports": samples.not_reports,
        "messages": sum(m["messages"] for m in months), "domains": domains, "outcomes": samples.outcomes,
    }


README = """# Samples

Reports and mails written for this project; names and addresses are reserved ones (RFC 2606, 5737, 3849). They are made by
`tests/samples/make.py`, which also computes `tests/samples/expected.json`: do not edit them by hand.
`ruascope ingest samples` reads %(inputs)d inputs: %(stored)d reports are stored, %(duplicate)d are duplicates,
%(conflict)d is in conflict, %(rejected)d are rejected, and %(not_reports)d inputs are no reports.

## The story

example.com is a small company that publishes p=none. Sixteen reporters tell of September and October 2026.

| sender | addresses | what it does | October against September |
|---|---|---|---|
| own server | 192.0.2.10 | SPF and DKIM (selector s2026) pass, aligned | same |
| hosted mailboxes | 198.51.100.0/28 | SPF and DKIM (hosted1) pass, aligned | same |
| newsletter service | 203.0.113.16 - 31 | SPF passes for its own domain, DKIM (nl1) for ours; also as news.example.com | new |
| web server | 192.0.2.80 | contact form: MAIL FROM of ours, missing from SPF, no DKIM | same |
| old CRM | 198.51.100.150 | passes only as crm.example | gone |
| forwarder | 198.51.100.200 | keeps our envelope, so SPF fails; our DKIM survives | same |
| mailing list | 198.51.100.77 | its own SPF and DKIM pass, ours is broken | same |
| spoofers | 203.0.113.128 - 254, 2001:db8:bad::/48 | nothing authenticates; a burst on 13 and 14 October | more |

example.org is parked (p=reject); only spoofers use it. odd.example is the domain of the damaged reports that can be stored.

## Files

| file | what it is | what comes out |
|---|---|---|
| `archive-2026-09.mbox` | %(mbox)d mails | all stored |
| `Maildir/` with its subfolder `.2026-09` | whole-mail zips, multiparts; a TLS report, a bounce and a spam | reports stored, the three are no reports |
| `mail/google-sent-again.eml` | the exact copy of a mail in the Maildir | one of the two is a duplicate |
| `mail/*-outlook-*.eml` | HTML body in alternative and related, encoded subject | stored |
| `mail/*-gzip-*.eml` | the whole mail is gzip, CRLF behind it | stored, with a warning |
| `mail/*-split-name-*.eml` | octet-stream, file name in pieces | stored |
| `mail/*-inline-*.eml` | attachment that is inline | stored |
| `mail/*-qp-*.eml`, `*-7bit-*.eml` | bare XML, quoted-printable and 7bit | stored |
| `mail/*-wrong-type-*.eml` | gzip that is called zip | stored |
| `mail/*-no-hyphen-*.eml` | `ContentType:` for `Content-Type:` | stored |
| `mail/*-forwarded-*.eml` | a report mail in a mail | stored |
| `mail/*-twice-*.eml` | the same report as XML and as gzip, and a picture | stored and duplicate |
| `mail/failure-report.eml` | a failure report | no report |
| `reports/*.xml` | bare: RFC 9990, BOM and CRLF, date_range first ... | stored |
| `reports/*.gz`, `*.zip` | gzip, gzip in gzip, zip, gzip in zip | stored |
| `reports/two-in-one.zip` | two reports | both stored |
| `README.md` | this file | no report |

## Refused mail: `bounces/`

`ruascope bounce samples/bounces/*` explains it ([docs/bounces.md](../docs/bounces.md)), and `ruascope bounce ingest samples/bounces`,
behind `ruascope ingest samples`, keeps it: A10 of `ruascope readiness example.com --as-of 2026-11-01` is judged then. For `ingest` none is a report.

| file | what it is |
|---|---|
%(bounces)s

## Damaged and hostile: `damaged/`

| file | what it is | what comes out |
|---|---|---|
%(damaged)s
"""

WORDS = {"stored": "stored, with a warning", "rejected": "rejected", "not_a_report": "no report"}
WITHOUT_WARNING = ("utf-16.xml", "raw.zlib", "two-documents.xml", "bare-from-lines.mbox", "bom.eml", "pop3.eml", "apple.emlx",
                   "utf-16.eml", "logo.eml", "base64.txt", "preamble.txt", "crlf-first.xml.gz", "blanks.xml.gz",
                   "wrapper.xml")


def readme(samples, mbox):
    rows = ["| `%s` | %s | %s |" % (n, why, "stored" if n in WITHOUT_WARNING else WORDS[o[0] if isinstance(o, list) else o])
            for n, _, o, _, why in damaged.files()]
    rows.append("| `conflict.xml` | the key of a report of the story, one record told as two | one of the two is a conflict |")
    values = dict(samples.counts, inputs=samples.inputs, not_reports=samples.not_reports, mbox=mbox,
                  bounces="\n".join("| `%s` | %s |" % (n, why) for n, _, why in bounces.files()),
                  damaged="\n".join(rows))
    return (README % values).encode()


def build():
    samples = Samples()
    story_files(samples)
    resend(samples)
    other_mail(samples)
    damaged_files(samples)
    refused_mail(samples)
    samples.add("README.md", b"", ["not_a_report"])
    samples.files["README.md"] = readme(samples, len(samples.outcomes["archive-2026-09.mbox"]))
    for folder in ("Maildir", "Maildir/.2026-09"):
        samples.plain(folder + "/tmp/.gitkeep", b"")
    samples.plain(".gitattributes", b"* -text\n")
    return samples


def on_disk():
    found = {}
    for folder, _, names in os.walk(SAMPLES):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, SAMPLES)] = f.read()
    return found


def check(files, expectation):
    found = on_disk()
    bad = ["differs: " + p for p in sorted(files) if p in found and found[p] != files[p]]
    bad += ["missing: " + p for p in sorted(files) if p not in found]
    bad += ["unknown: " + p for p in sorted(found) if p not in files]
    try:
        with open(EXPECTED, "rb") as f:
            if f.read() != expectation:
                bad.append("differs: expected.json")
    except OSError as e:
        bad.append("expected.json: %s" % e.strerror)
    for line in bad:
        print(line)
    return 1 if bad else 0


def write(files, expectation):
    shutil.rmtree(SAMPLES, ignore_errors=True)
    for path, data in files.items():
        full = os.path.join(SAMPLES, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(data)
    with open(EXPECTED, "wb") as f:
        f.write(expectation)


def main(argv):
    if argv not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 64
    samples = build()
    expectation = (json.dumps(expected(samples), indent=1, sort_keys=True) + "\n").encode()
    if argv:
        return check(samples.files, expectation)
    write(samples.files, expectation)
    print("%d files, %d inputs, %s, %d no reports" % (len(samples.files), samples.inputs, samples.counts,
                                                      samples.not_reports))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The story that samples/ tells: who sent mail as example.com in September and October 2026, and
what each reporter saw of it. No bytes are made here, see render.py and make.py."""

import datetime

DAY = 86400


def epoch(y, m, d):
    return int(datetime.datetime(y, m, d, tzinfo=datetime.timezone.utc).timestamp())


class Dice:
    """A small generator of our own (xorshift64*), so that every Python makes the same numbers."""

    def __init__(self, seed):
        self.x = (seed * 0x9E3779B97F4A7C15 + 0x1234567) & (2**64 - 1) or 1

    def next(self):
        x = self.x
        x ^= x >> 12
        x ^= (x << 25) & (2**64 - 1)
        x ^= x >> 27
        self.x = x
        return ((x * 0x2545F4914F6CDD1D) & (2**64 - 1)) >> 11

    def below(self, n):
        return self.next() % n

    def unit(self):
        return self.next() / float(1 << 53)

    def hex(self, n):
        return "".join("0123456789abcdef"[self.below(16)] for _ in range(n))

    def digits(self, n):
        return "".join("0123456789"[self.below(10) or 1] for _ in range(n))


class Record:
    def __init__(self, ip, count, header_from, mail_from, spf, dkim, reasons=(), disposition="none",
                 envelope_to="customer.example"):
        self.ip, self.count = ip, count
        self.header_from, self.mail_from = header_from, mail_from
        self.spf = spf                   # result for mail_from
        self.dkim = list(dkim)           # (domain, selector, result)
        self.reasons = list(reasons)     # (type, comment or None)
        self.disposition = disposition
        self.envelope_to = envelope_to
        self.eval_spf = "pass" if spf == "pass" and aligned(mail_from, header_from) else "fail"
        self.eval_dkim = "fail"
        for domain, _, result in self.dkim:
            if result == "pass" and aligned(domain, header_from):
                self.eval_dkim = "pass"

    def passes(self):
        return "pass" in (self.eval_spf, self.eval_dkim)


def org(name):
    return ".".join(name.split(".")[-2:])


def aligned(a, b):
    return org(a) == org(b)


class Report:
    def __init__(self, style, reporter, domain, begin, end, report_id, records):
        self.style, self.reporter, self.domain = style, reporter, domain
        self.begin, self.end, self.report_id, self.records = begin, end, report_id, records

    def day(self):
        return (self.begin + self.end) // 2 // DAY

    def month(self):
        return datetime.datetime.fromtimestamp(self.day() * DAY, datetime.timezone.utc).strftime("%Y-%m")


# key: (org_name, domain of its e-mail address and hosts, style, weight, id style)
REPORTERS = {
    "google": ("google.com", "google.example", "google", 1.0, "digits"),
    "yahoo": ("Yahoo", "yahoo.example", "yahoo", 0.40, "epoch"),
    "eo": ("Enterprise Outlook", "enterprise-outlook.example", "outlook", 0.55, "hex32"),
    "outlook": ("Outlook.com", "outlook.example", "outlook", 0.35, "hex32"),
    "mimecast": ("Mimecast", "mimecast.example", "mimecast", 0.30, "hex64"),
    "ses": ("AMAZON-SES", "amazon-ses.example", "ses", 0.15, "uuid"),
    "gmx": ("GMX", "gmx.example", "rfc9990", 0.40, "hex32"),
    "comcast": ("comcast.net", "comcast.example", "comcast", 0.20, "v2"),
    "fastmail": ("FastMail", "fastmail.example", "fastmail", 0.20, "digits10"),
    "zoho": ("zoho", "zoho.example", "zoho", 0.20, "uuid"),
    "mailru": ("Mail.Ru", "mail-ru.example", "oneline", 0.12, "digits"),
    "poczta": ("poczta.example", "poczta.example", "daterange-first", 0.12, "digits10"),
    "school": ("mx.school.example", "school.example", "spf-first", 0.12, "colon"),
    "carrier": ("carrier.example", "carrier.example", "carrier", 0.12, "stamp"),
    "gateway": ("esa1.gateway.example", "gateway.example", "bom-crlf", 0.15, "ironport"),
    "hoster": ("mail.hoster.example", "hoster.example", "dotted", 0.10, "dotted"),
}

# What a reporter says about forwarders and lists, when it says anything.
FORWARD_REASON = {
    "google": ("local_policy", "arc=pass"),
    "fastmail": ("trusted_forwarder", None),
    "gmx": ("trusted_forwarder", "known forwarder"),
    "comcast": ("forwarded", "looks forwarded"),
    "zoho": ("local_policy", "arc=pass as[1].d=forwarder.example as[1].s=arc1"),
}
LIST_REASON = {
    "fastmail": ("mailing_list", None),
    "gmx": ("mailing_list", "list headers found"),
    "school": ("mailing_list", "on the local list of mailing lists"),
    "google": ("local_policy", "arc=pass"),
}

OWN = "192.0.2.10"
WEB = "192.0.2.80"
LIST = "198.51.100.77"
CRM = "198.51.100.150"
FORWARDER = "198.51.100.200"


def report_id(kind, dice, domain, begin, end):
    d = dice
    return {
        "digits": lambda: d.digits(19),
        "digits10": lambda: d.digits(10),
        "epoch": lambda: "%d.%s" % (end + 6000 + d.below(60000), d.digits(6)),
        "hex32": lambda: d.hex(32),
        "hex64": lambda: d.hex(64),
        "uuid": lambda: "-".join(d.hex(n) for n in (8, 4, 4, 4, 12)),
        "v2": lambda: "v2-%d-%s" % (end + 16000 + d.below(999), domain),
        "colon": lambda: "%s:%d" % (domain, end + 60),
        "dotted": lambda: "%s.%d.%d" % (domain, begin, end),
        "stamp": lambda: datetime.datetime.fromtimestamp(end, datetime.timezone.utc).strftime("%Y%m%d%H%M%S")
        + d.digits(6),
        "ironport": lambda: "%s$%s=%s@esa1.gateway.example" % (d.hex(6), d.hex(7), d.hex(16)),
    }[kind]()


def spoof_v4(i):
    return "203.0.113.%d" % (128 + i % 127)


def spoof_v6(i):
    return "2001:db8:bad:%x::%x" % (i * 37 % 4096, 0x10 + i)


def spoofs(dice, n, domain, disposition, who):
    """n records of forged mail: most authenticate nothing (F10), some forge our MAIL FROM (F1)."""
    seen = set()
    for _ in range(n):
        i = dice.below(400)
        ip = spoof_v6(i) if i % 4 == 3 else spoof_v4(i)
        if ip in seen:
            continue
        seen.add(ip)
        count = 1 + dice.below(6)
        forged = i % 5 == 0
        mail_from = domain if forged else "bulk%d.test" % (i % 23)
        spf = ("softfail" if domain == "example.com" else "fail") if forged else \
            ("none", "fail", "none", "softfail")[i % 4]
        reasons, disp = [], disposition
        if disposition == "none" and i % 11 == 0 and who in ("google", "eo", "gmx"):
            disp, reasons = "quarantine", [("local_policy", "content looks like phishing")]
        yield Record(ip, count, domain, mail_from, spf, [], reasons, disp)


def example_com(who, weight, when, dice):
    """What reporter `who` saw of example.com on the day `when`."""
    out = []
    weekend = when.weekday() >= 5
    tempo = weight * (0.35 if weekend else 1.0)

    def amount(base):
        return int(round(base * tempo * (0.7 + 0.6 * dice.unit())))

    def add(ip, count, *args, **kw):
        if count > 0:
            out.append(Record(ip, count, *args, **kw))

    ours = [("example.com", "s2026", "pass")]
    add(OWN, max(1, amount(34)), "example.com", "example.com", "pass", ours)
    for _ in range(2 + dice.below(3)):
        ip = "198.51.100.%d" % (1 + dice.below(14))
        if all(r.ip != ip for r in out):
            add(ip, amount(22), "example.com", "example.com", "pass", [("example.com", "hosted1", "pass")])
    add(WEB, max(1, int(round(3 * weight + 2 * dice.unit()))) if weight >= 0.2 else 0,
        "example.com", "example.com", "softfail", [])
    if when.month == 10 and when.weekday() in (1, 3):
        for k in range(3):
            ip = "203.0.113.%d" % (16 + (dice.below(5) * 3 + k) % 16)
            sub = "news.example.com" if k == 2 else "example.com"
            add(ip, amount(60), sub, "bounce.mail.newsletter.example", "pass",
                [("example.com", "nl1", "pass"), ("newsletter.example", "k1", "pass")])
    if when.month == 9 and not weekend:
        add(CRM, amount(14), "example.com", "bounces.crm.example", "pass", [("crm.example", "crm1", "pass")])
    if dice.below(10) < 6:
        why = [FORWARD_REASON[who]] if who in FORWARD_REASON else []
        add(FORWARDER, amount(8), "example.com", "example.com", "softfail", ours, why)
    if dice.below(10) < 4:
        why = [LIST_REASON[who]] if who in LIST_REASON else []
        add(LIST, amount(7), "example.com", "lists.example", "pass",
            [("example.com", "s2026", "fail"), ("lists.example", "list", "pass")], why)
    if when.month == 10 and when.day in (13, 14):
        out.extend(spoofs(dice, int(12 + 60 * weight), "example.com", "none", who))
    elif dice.below(10) < 2:
        out.extend(spoofs(dice, 1 + dice.below(2), "example.com", "none", who))
    return out


# (reporter, month, days) for example.com. October has a report for every day.
SCHEDULE = [
    ("google", 9, [1, 4, 8, 11, 15, 18, 22, 25, 28, 30]),
    ("google", 10, [1, 3, 5, 7, 9, 11, 13, 14, 15, 17, 19, 21, 23, 25, 27, 29, 30, 31]),
    ("yahoo", 9, [2, 14, 24]),
    ("yahoo", 10, [2, 13, 18, 28]),
    ("eo", 9, [3, 16, 29]),
    ("eo", 10, [4, 14, 20, 26]),
    ("outlook", 9, [9]),
    ("outlook", 10, [6, 22]),
    ("mimecast", 9, [10]),
    ("mimecast", 10, [8, 24]),
    ("ses", 9, [17]),
    ("ses", 10, [16]),
    ("gmx", 9, [7, 23]),
    ("gmx", 10, [10, 14, 27]),
    ("comcast", 9, [21]),
    ("comcast", 10, [12]),
    ("fastmail", 9, [16]),
    ("fastmail", 10, [15]),
    ("zoho", 9, [18]),
    ("zoho", 10, [20]),
    ("mailru", 10, [22]),
    ("poczta", 9, [30]),
    ("poczta", 10, [21]),
    ("school", 10, [19]),
    ("carrier", 10, [13]),
    ("gateway", 10, [28]),
    ("hoster", 9, [28]),
    ("hoster", 10, [26]),
]

# The parked second domain: nobody sends as example.org but those who forge it.
PARKED = [("google", 9, 20), ("google", 10, 14), ("yahoo", 10, 13), ("gmx", 10, 14)]


def period(who, y, m, d):
    """Begin and end, in the manner of the reporter."""
    begin = epoch(y, m, d)
    end = begin + DAY - 1
    if who in ("eo", "outlook", "ses", "comcast", "zoho"):
        end = begin + DAY
    elif who == "poczta":                       # local midnight
        begin, end = begin - 3600, begin - 3600 + DAY
    elif who == "carrier":                      # some hours of the day
        begin, end = begin + 33165, begin + 49369
    return begin, end


def make_report(who, domain, y, m, d, records, dice):
    org_name, host, style, _, id_kind = REPORTERS[who]
    begin, end = period(who, y, m, d)
    return Report(style, who, domain, begin, end, report_id(id_kind, dice, domain, begin, end), records)


def story():
    reports = []
    for who, month, days in SCHEDULE:
        for day in days:
            dice = Dice(sum(map(ord, who)) * 10000 + month * 100 + day)
            records = example_com(who, REPORTERS[who][3], datetime.date(2026, month, day), dice)
            reports.append(make_report(who, "example.com", 2026, month, day, records, dice))
    for who, month, day in PARKED:
        dice = Dice(sum(map(ord, who)) * 10000 + 5000 + month * 100 + day)
        records = list(spoofs(dice, 4 if month == 9 else 14, "example.org", "reject", who))
        reports.append(make_report(who, "example.org", 2026, month, day, records, dice))
    return reports

"""A simulated world: mail is sent, receivers evaluate each message, and report. python3 world.py --out DIR

DIR/reports (what arrives at the rua address), DIR/zones (what DNS says), DIR/services.csv (a catalogue), DIR/truth.json (kept apart).
"""
import argparse
import collections
import datetime
import gzip
import ipaddress
import json
import pathlib
import random
import sys
from xml.sax.saxutils import escape

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import owners  # noqa: E402
import spf  # noqa: E402
import zones  # noqa: E402
from vendors import BY_NAME, catalogue  # noqa: E402

FIRST = datetime.date(2026, 9, 1)
DAYS = 61  # September and October

# org, share of all recipients, format, habits
RECEIVERS = [
    ("google.com", 40, "rfc7489", {"arc"}), ("Enterprise Outlook", 25, "rfc7489", {"arc", "envelope"}), ("Fastmail Pty Ltd", 8, "rfc9990", set()),
    ("Yahoo", 10, "rfc7489", {"list"}), ("comcast.net", 6, "rfc7489", set()), ("GMX", 4, "rfc9990", {"list"}),
    ("Mimecast", 3, "rfc7489", {"no_envelope"}), ("Mail.Ru", 2, "rfc7489", {"contradicts"}), ("AMAZON-SES", 1, "rfc9990", set()),
    ("zoho.com", 1, "rfc7489", {"helo"}),
]
FORWARDERS = [("mailbig", "provider", 5), ("alumni", "srs", 3), ("alumni", "plain", 2), ("lists", "list", 3)]


def sends_on(stream, day, dice):
    date = FIRST + datetime.timedelta(days=day)
    if not stream.start <= day <= stream.until:
        return 0
    kind, _, at = stream.days.partition(":")
    factor = {"daily": 1, "weekdays": date.weekday() < 5, "weekly": date.weekday() == 1, "first": date.day == 1,
              "burst": int(at or 0) <= day < int(at or 0) + 2}[kind]
    if not factor:
        return 0
    noise = dice.uniform(0.7, 1.3) * (0.5 if kind == "daily" and date.weekday() >= 5 else 1)
    return max(1, round(stream.per_day * noise)) if stream.per_day >= 3 else int(dice.random() < stream.per_day)


def stage(owner, day):
    """What the owner published that day: p, testing."""
    return next(((p, t) for first, p, t in reversed(owner.stages) if first <= day), (owner.p, owner.testing))


class World:
    def __init__(self, seed, scale, who, receivers):
        self.dice = random.Random(seed)
        self.scale = scale
        self.owners = who
        self.receivers = receivers
        self.zones = zones.build(self.owners)
        self.records = self.zones[0]
        self.spf = spf.cached(spf.Dns(self.records))
        self.rows = collections.Counter()     # (receiver, domain, day, row) -> messages
        self.truth = collections.Counter()    # (domain, ip, category, accept, ambiguous, stream) -> messages
        self.weights = [r[1] for r in receivers]

    def spf_result(self, owner, ip, domain, day):
        late = getattr(owner, "late_spf", {})
        if ip in late and domain == owner.domain and day < late[ip]:
            return "fail"
        return self.spf(ip, domain)

    def deliver(self, owner, day, ip, mail_from, dkim, header_from, count, reason=None):
        """count messages, all alike, from ip to receivers drawn by size."""
        for receiver, n in collections.Counter(self.dice.choices(range(len(self.receivers)), self.weights, k=count)).items():
            org, _, _, habits = self.receivers[receiver]
            if receiver >= owner.receivers:
                continue
            result = self.spf_result(owner, ip, mail_from, day)
            org_of = lambda name: ".".join(name.split(".")[-2:])
            aligned_spf = result == "pass" and org_of(mail_from) == org_of(header_from)
            aligned_dkim = any(good and org_of(d) == org_of(header_from) for d, _, good in dkim)
            reasons, disposition = (), "none"
            p, testing = stage(owner, day)
            if not aligned_spf and not aligned_dkim and p != "none" and not testing:
                disposition = p
                if reason == "provider" and "arc" in habits:
                    reasons, disposition = (("local_policy", "arc=pass"),), "none"
                if reason == "list" and "list" in habits:
                    reasons, disposition = (("mailing_list", ""),), "none"
            elif reason == "provider" and "arc" in habits and self.dice.random() < 0.5:
                reasons = (("local_policy", "arc=pass"),)
            elif reason == "list" and "list" in habits:
                reasons = (("mailing_list", ""),)
            said = (aligned_dkim, aligned_spf)
            if "contradicts" in habits and self.dice.random() < 0.02:
                said = (not aligned_dkim, aligned_spf)
            scope = "helo" if "helo" in habits and self.dice.random() < 0.3 else "mfrom"
            envelope = None if "no_envelope" in habits else mail_from
            row = (ip, header_from, envelope, mail_from, scope, result, dkim, said, disposition, reasons)
            self.rows[org, owner.domain, day, row] += n

    def forward(self, owner, stream, day, mail_from, header_from, n):
        name, kind, _ = self.dice.choices(FORWARDERS, [f[2] for f in FORWARDERS])[0]
        vendor = BY_NAME[name]
        ip = self.dice.choice(vendor.addresses()[-6:])
        dkim = stream.dkim
        if kind == "plain":
            sender = mail_from
        elif kind == "srs":
            sender = vendor.domain
        elif kind == "list":
            sender, dkim = vendor.domain, tuple((d, s, False) for d, s, _ in dkim) + ((vendor.domain, "list", True),)
        else:
            sender = f"c{self.dice.randrange(40)}.{vendor.domain}"
            if self.dice.random() < 0.05:
                dkim = tuple((d, s, False) for d, s, _ in dkim)
        self.deliver(owner, day, ip, sender, dkim, header_from, n, reason=kind)
        self.truth[owner.domain, ip, "forwarder", (), "", f"forward by {name}"] += n

    def run_stream(self, owner, stream, day):
        volume = sends_on(stream, day, self.dice)
        if stream.days.partition(":")[0] != "first" and len(stream.ips) < 20:
            volume = round(volume * self.scale) if volume else 0
        header_from = stream.header_from or owner.domain
        for ip, n in collections.Counter(self.dice.choices(stream.ips, k=volume)).items():
            mail_from = stream.mail_from.format(n=self.dice.randrange(30))
            forwarded = sum(self.dice.random() < stream.forwarded for _ in range(n))
            if forwarded:
                self.forward(owner, stream, day, mail_from, header_from, forwarded)
            if n > forwarded:
                self.deliver(owner, day, ip, mail_from, stream.dkim, header_from, n - forwarded)
                self.truth[owner.domain, ip, stream.truth, stream.accept, stream.ambiguous, stream.name] += n - forwarded

    def run(self):
        for owner in self.owners:
            for stream in owner.streams:
                for day in range(owner.start, DAYS):
                    self.run_stream(owner, stream, day)

    # ---- reports

    def record(self, row, n, fmt):
        ip, header_from, envelope, mail_from, scope, result, dkim, said, disposition, reasons = row
        word = lambda good: "pass" if good else "fail"
        reason = "".join(f"<reason><type>{t}</type><comment>{escape(c)}</comment></reason>" for t, c in reasons)
        envelope = f"<envelope_from>{envelope}</envelope_from>" if envelope else ""
        auth = "".join(f"<dkim><domain>{d}</domain><selector>{s}</selector><result>{word(g)}</result></dkim>" for d, s, g in dkim)
        return (f"<record><row><source_ip>{ip}</source_ip><count>{n}</count><policy_evaluated><disposition>{disposition}</disposition>"
                f"<dkim>{word(said[0])}</dkim><spf>{word(said[1])}</spf>{reason}</policy_evaluated></row>"
                f"<identifiers>{envelope}<header_from>{header_from}</header_from></identifiers>"
                f"<auth_results>{auth}<spf><domain>{mail_from}</domain><scope>{scope}</scope><result>{result}</result></spf></auth_results></record>\n")

    def reports(self):
        grouped = collections.defaultdict(list)
        for (org, domain, day, row), n in self.rows.items():
            grouped[org, domain, day].append((row, n))
        by_name = {o.domain: o for o in self.owners}
        formats = {r[0]: r[2] for r in self.receivers}
        for (org, domain, day), rows in grouped.items():
            begin = int(datetime.datetime.combine(FIRST + datetime.timedelta(days=day), datetime.time(), datetime.timezone.utc).timestamp())
            new = formats[org] == "rfc9990"
            root = '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">' if new else "<feedback>"
            p, testing = stage(by_name[domain], day)
            published = f"<domain>{domain}</domain>" + (f"<discovery_method>treewalk</discovery_method><testing>{'ny'[testing]}</testing>" if new else "<adkim>r</adkim><aspf>r</aspf>")
            yield f"{org}!{domain}!{begin}!{begin + 86399}.xml", (
                f'<?xml version="1.0" encoding="UTF-8"?>\n{root}<report_metadata><org_name>{org}</org_name><email>dmarc@reports.example</email>'
                f"<report_id>{begin}.{domain}</report_id><date_range><begin>{begin}</begin><end>{begin + 86399}</end></date_range></report_metadata>\n"
                f"<policy_published>{published}<p>{p}</p></policy_published>\n"
                + "".join(self.record(row, n, formats[org]) for row, n in rows) + "</feedback>\n")

    def truth_rows(self):
        """What each address is, by the volume of October; a forwarder that also sends has two lines."""
        return [{"domain": d, "ip": str(ipaddress.ip_address(ip)), "category": c, "accept": list(a), "ambiguous": w, "stream": s, "messages": n}
                for (d, ip, c, a, w, s), n in sorted(self.truth.items())]


def write(out, seed=1, scale=1.0, who=None, receivers=RECEIVERS):
    out = pathlib.Path(out)
    (out / "reports").mkdir(parents=True)
    world = World(seed, scale, who or owners.owners(), receivers)
    world.run()
    for name, text in world.reports():
        (out / "reports" / (name + ".gz")).write_bytes(gzip.compress(text.encode(), 1, mtime=0))
    world.files = zones.write(out / "zones", world.zones)
    (out / "services.csv").write_text(catalogue())
    (out / "truth.json").write_text(json.dumps(world.truth_rows(), indent=0))
    return world


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--out", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--scale", type=float, default=1.0)
    o = p.parse_args()
    w = write(o.out, o.seed, o.scale)
    sums = collections.Counter()
    for row in w.truth_rows():
        sums[row["category"]] += row["messages"]
    print(dict(sums), len({(r["domain"], r["ip"]) for r in w.truth_rows()}), "sources")

"""Mail of one owner is sent, forwarded, received, evaluated, counted. rows: (receiver, day) -> {row: messages}."""
import collections
import ipaddress

import keys
import spf
from kit import LAST, MONTH, date, ordinal
from zone import Epochs


def sends(stream, day):
    """How much of its volume a stream sends on a day."""
    if stream.since and day < ordinal(stream.since) or stream.until and day > ordinal(stream.until):
        return 0
    what, _, at = stream.when.partition(":")
    d = date(day)
    if what == "daily":
        return 0.6 if d.weekday() >= 5 else 1
    if what == "office":
        return 0.04 if d.weekday() >= 5 else 1
    if what == "weekly":
        return d.weekday() == int(at)
    if what == "monthly":
        return d.day == int(at)
    if what == "quarterly":
        return d.day == int(at) and d.month % 3 == 0
    if what == "on":
        return d.isoformat() in at.split(",")
    first, last = at.split(",")
    return first <= d.isoformat() <= last


WHY = {"authorized": "the owner's SPF names it, or a key of the owner's signs", "legit_spf_missing": "the owner's, and SPF does not name it",
       "legit_unaligned": "the owner's, sent as the service itself", "legit_broken": "the owner's, and broken in DNS or at the signer",
       "unauthorized": "somebody's, nothing of the owner's leads there", "forwarder": "hands on mail of the owner's",
       "suspect_abuse": "passes, and should not"}


class Mail:
    def __init__(self, owner):
        self.o, self.dice, self.zone = owner, owner.world.dice.__class__(f"mail/{owner.world.seed}/{owner.kind}/{owner.name}"), owner.zone
        self.rows = collections.defaultdict(collections.Counter)
        self.sources = collections.Counter()      # (ip, story index) -> messages of the judged month
        self.seen = collections.Counter()         # the same, of all days
        self.stories = {}
        self.passed = set()                       # (name, ip) that passed SPF for mail of ours
        self.epochs, self.checks, self.signed = Epochs(self.zone), {}, {}
        self.lost = collections.Counter()         # story -> messages of ours that fail DMARC on the way in, directly

    # ---- what a receiver finds out

    def spf(self, ip, mail_from, helo, day):
        key = ip, mail_from, helo if not mail_from else "", self.epochs.of(day)
        if key not in self.checks:
            name = mail_from or helo
            self.checks[key] = "none" if name.startswith("[") else spf.check(self.zone, ip, name, helo=helo, day=day).result
        return self.checks[key]

    def verify(self, sig, day):
        """good, or why not."""
        key = sig, self.epochs.of(day)
        if key not in self.signed:
            texts = self.zone.ask(f"{sig.s}._domainkey.{sig.d}", "TXT", day)
            published = texts[0].split("p=")[1].strip() if texts and "p=" in texts[0] else None
            self.signed[key] = ("nokey" if published is None else "revoked" if not published else "wrong" if published != sig.p or not sig.whole
                                else "weak" if keys.bits(published) < 1024 else "pass")
        return self.signed[key]

    def aligned(self, name, header_from):
        if self.o.strict:
            return name == header_from
        org = lambda n: ".".join(n.split(".")[-2:])
        return org(name) == org(header_from)

    # ---- sending

    def split(self, n, shares):
        """n messages over receivers, by size."""
        if n <= 60:
            return collections.Counter(self.dice.choices(range(len(shares)), shares, k=n)).items()
        total, out = sum(shares), []
        for i, share in enumerate(shares):
            part = n * share / total * self.dice.uniform(0.8, 1.2)
            out.append((i, int(part) + (self.dice.random() < part % 1)))
        return [(i, m) for i, m in out if m]

    def deliver(self, stream, story, day, ip, mail_from, sigs, n, hint=(), broken=False):
        header_from = stream.header_from or self.o.name
        shares = [s for _, s in self.o.receivers]
        results = tuple("wrong" if broken and i < len(stream.sigs) else self.verify(s, day) for i, s in enumerate(sigs))
        result = self.spf(ip, mail_from, stream.helo, day)
        for i, m in self.split(n, shares):
            receiver = self.o.receivers[i][0]
            source, found, note = ip, result, story
            if receiver.gateway:
                source, note = receiver.gateway, "gateway"
                found = self.spf(source, mail_from, stream.helo, day)
                self.stories.setdefault("gateway", ("the receiver's own filter, which hands on everybody's mail", "forwarder",
                                                    ("unknown", "unauthorized"), True,
                                                    False, False, f"one reporter alone, {receiver.org}, names its own gateway as the source of all "
                                                                  f"mail"))
            self.count(source, note, day, m)
            if "temp" in receiver.habits and self.dice.random() < 0.025:
                found = "temperror"
            spf_name = mail_from or stream.helo
            good_spf = found == "pass" and self.aligned(spf_name, header_from)
            accepts = ("pass", "weak") if receiver.style == "rfc9990" else ("pass",)  # some still take short keys
            good_dkim = any(r in accepts and self.aligned(s.d, header_from) for s, r in zip(sigs, results))
            if good_spf and stream.ours and not receiver.gateway and story == stream.story:
                self.passed.add((spf_name, source))
            if not good_spf and not good_dkim and stream.ours and note == stream.story and day >= MONTH - 31 and found != "temperror":
                self.lost[stream.story] += m
            row = (source, header_from, mail_from, stream.helo, found, tuple((s.d, s.s, r) for s, r in zip(sigs, results)), good_dkim, good_spf,
                   stream.override or hint)
            self.rows[receiver.org, day][row] += m

    def count(self, ip, story, day, n):
        self.seen[ip, story] += n
        if day >= MONTH:
            self.sources[ip, story] += n

    def forward(self, stream, day, mail_from, n):
        f = self.dice.choices(self.o.forwarders, [f.share for f in self.o.forwarders])[0]
        story = f.name
        unsigned = not any(self.verify(s, day) == "pass" and self.aligned(s.d, self.o.name) for s in stream.sigs)
        self.stories.setdefault(story, (story, "forwarder", ("unknown",) if unsigned else (), unsigned, False, False,
                                        "people let their mail be handed on" + (", and nothing in it survives that: no signature of ours" if unsigned
                                                else "")))
        sender, broken = f.mail_from or mail_from, self.dice.random() < f.breaks
        self.deliver(stream, story, day, self.dice.choice(f.ips), sender, stream.sigs + f.signs, n, f.hint, broken)

    def stream(self, stream, day):
        share = sends(stream, day)
        if not share:
            return
        exact = stream.per_day * share * (self.o.scale if stream.when in ("daily", "office") else 1) * (self.dice.uniform(0.75, 1.25)
                if stream.per_day > 6 else 1)
        n = int(exact) + (self.dice.random() < exact % 1)
        if not n:
            return
        if stream.story not in self.stories:
            self.stories[stream.story] = (stream.story, stream.category, tuple(stream.accept), stream.open, stream.ours, stream.may,
                                          stream.why or WHY[stream.category])
        if len(stream.ips) > 24 and n <= len(stream.ips):
            parts = collections.Counter(self.dice.sample(stream.ips, n))
        elif n > 400:
            parts = {ip: max(1, int(n / len(stream.ips) * self.dice.uniform(0.6, 1.4))) for ip in stream.ips}
        else:
            parts = collections.Counter(self.dice.choices(stream.ips, k=n))
        for ip, m in parts.items():
            mail_from = self.dice.choice(stream.mail_from) if isinstance(stream.mail_from, list) else stream.mail_from
            if stream.ours and stream.forwarded and self.o.forwarding:
                away = sum(self.dice.random() < self.o.forwarding for _ in range(m)) if m < 200 else int(m * self.o.forwarding)
                if away and self.o.forwarders:
                    self.forward(stream, day, mail_from, away)
                    m -= away
            if m:
                self.deliver(stream, stream.story, day, ip, mail_from, stream.sigs, m)

    def run(self):
        for day in range(self.o.first_day(), LAST + 1):
            for stream in self.o.streams:
                self.stream(stream, day)
        return self

    # ---- the truth of it

    def truth(self):
        now = set()
        for (ip, name), n in sorted(self.seen.items()):
            story, category, accept, open_, ours, may, why = self.stories[name]
            now.add((str(ipaddress.ip_address(ip)), story, category, accept, open_, ours, may, self.sources[ip, name], why))
        fields = ("ip", "story", "category", "accept", "open", "ours", "may_authorise", "messages", "why")
        strangers = {r[0] for r in now if not r[5]}
        ours = {r[0] for r in now if r[5]}
        t = self.o.truth
        return {"domain": self.o.name, "kind": self.o.kind, "verdicts": t["verdicts"], "loses": t["loses"], "sends": t["sends"], "why": t["why"],
                "must": t["must"],
                "never": t["never"], "avoid": t.get("avoid", []), "sources": [dict(zip(fields, (*r[:3], list(r[3]), *r[4:]))) for r in sorted(now,
                        key=lambda r: (r[0], r[1]))],
                "passed": sorted([n, str(ipaddress.ip_address(ip))] for n, ip in self.passed if (ip in ours or ip not in strangers)
                                 and ip not in t.get("retired", ())),
                "strays": self.o.bait_list, "lost": dict(self.lost),
                "only_open": bool(self.lost) and all(self.stories[s][3] for s in self.lost)}

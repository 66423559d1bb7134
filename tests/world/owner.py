"""An owner of a domain: what it publishes and who sends for it. See kit.py."""
import ipaddress

import keys
import receivers
from kit import LAST, Sig, Stream, ordinal
from services import S, SIGNERS

CUSTOM = {  # vendors with a Return-Path below the customer's name: label, target, key names, signature's domain is the label's
    "sendgrid": ("em{n}", "u{n}.wl012.sendgrid.net", ("s1", "s2"), "{s}.domainkey.u{n}.wl012.sendgrid.net"),
    "postmark": ("pm-bounces", "pm.mtasv.net", ("20250114pm",), None),
    "ses": ("mail", None, ("h7kd3{n}", "w2mq9{n}"), "{s}.dkim.amazonses.com"),
    "mailgun": ("mg", None, ("pic", ), None), "mailgun.eu": ("mg", None, ("mx",), None),
    "brevo": (None, None, ("brevo1", "brevo2"), "{s}.{dash}.dkim.brevo.com"),
    "mailchimp": (None, None, ("k2", "k3"), "dkim{i}.mcsv.net"),
    "mandrill": ("mandrill", "mandrillapp.com", ("mte1", "mte2"), "dkim{i}.mandrillapp.com"),
    "hubspot": (None, None, ("hs1-{n}", "hs2-{n}"), "{dash}.{s}.dkim.hubspotemail.net"),
    "salesforce": (None, None, ("sf1", "sf2"), "{s}.{n}x.custdkim.salesforce.com"),
    "zendesk": (None, None, ("zendesk1", "zendesk2"), "{s}._domainkey.zendesk.com"),
    "freshdesk": (None, None, ("fd", "fd2"), "{s}.{n}.domainkey.freshemail.io"),
    "createsend": (None, None, ("cm",), None), "stripe": ("bounce", "custom-email-domain.stripe.com", ("st1",),
                                                          "{s}.{n}.dkim.custom-email-domain.stripe.com"),
}


class Owner:
    def __init__(self, world, dice, days=66, region=None, p="none", name=None, forwarding=0.03, spoof=True, orgs=None, quarantine_since=None):
        self.world, self.dice, self.zone, self.market = world, dice, world.zone, world.market
        self.kind = None
        self.name = name or world.name(dice)
        world.names.add(self.name)
        self.days, self.p, self.forwarding = days, p, forwarding
        self.region = region or dice.choice(("us", "eu", "eu", "us", "jp"))
        self.receivers = receivers.of(self.region, dice, orgs)
        self.policy = [(ordinal(quarantine_since or "2020-01-01"), p)]
        self.terms, self.all, self.spf = [], dice.choice(("~all", "~all", "-all")), None
        self.streams, self.truth, self.forged = [], {"verdicts": [], "loses": False, "must": [], "never": [], "sends": True, "why": ""}, []
        self.uses, self.strays, self.own, self.strict, self.scale = set(), [], [], False, 1
        self.number = dice.randrange(1000000, 9999999)
        self.forwarders = dice.sample(world.forwarders, min(6, len(world.forwarders)))
        if spoof:
            self.botnet(dice.randrange(6, 16), dice.uniform(0.3, 1.0), "scattered spoofing")

    # ---- what the owner publishes

    def sub(self, label):
        return f"{label}.{self.name}" if label else self.name

    def key(self, selector, label="", bits=2048, publish=True, cname=None, since=None, until=None, signer=None):
        """A key of the owner (or of a vendor for it), and the signature made with it."""
        d = self.sub(label)
        p = keys.rsa(f"{self.world.seed}/{signer or selector}.{d}", bits)
        name = f"{selector}._domainkey.{d}"
        if publish and cname:
            self.zone.add(name, "CNAME", cname, since, until)
            if not self.zone.ask(cname, "TXT"):
                self.zone.add(cname, "TXT", "v=DKIM1; k=rsa; p=" + p)
            p = self.zone.ask(cname, "TXT")[0].split("p=")[1]
        elif publish:
            style = self.dice.choice(("v=DKIM1; k=rsa; p=", "v=DKIM1; k=rsa; p=", "v=DKIM1;k=rsa;p=", "v=DKIM1; h=sha256; k=rsa; t=s; p=",
                                      "k=rsa; p=", "v=DKIM1; p="))
            self.zone.add(name, "TXT", style + p, since, until)
        return Sig(d, selector, p)

    def mx(self, *hosts):
        for host in hosts:
            self.zone.add(self.name, "MX", "10 " + host)

    def term(self, text):
        if text not in self.terms:
            self.terms.append(text)

    def finish(self):
        """Publishes SPF and DMARC."""
        spf = self.spf if self.spf is not None else [f"v=spf1 {' '.join(self.terms + [self.all])}"] if self.terms else []
        if len(spf) == 1 and self.kind.startswith("mixed"):
            spf = [self.written(spf[0])]
        for text in spf:
            self.zone.add(self.name, "TXT", text, *self.truth.get("spf_since", (None, None)))
        if self.dice.random() < 0.1:
            self.zone.add(self.name, "TXT", "spf2.0/pra ~all")
        if self.dice.random() < 0.3:
            self.zone.add(self.name, "TXT", f"google-site-verification={self.number:x}Qz")
        self.zone.add(f"_dmarc.{self.name}", "TXT", f"v=DMARC1; p={self.p}; {'adkim=s; aspf=s; ' if self.strict else ''}rua=mailto:dmarc@{self.name}")

    def written(self, text):
        """A record as people write them."""
        how = self.dice.random()
        if how < 0.1:
            return text.replace("include:", "INCLUDE:").replace("ip4:", "IP4:")
        if how < 0.2:
            return text.replace(" ", "  ", 2)
        if how < 0.25:
            self.zone.add(self.sub("explain"), "TXT", "%{i} is not ours")
            return text + f" exp={self.sub('explain')}"
        if how < 0.3:
            return text.replace("v=spf1 ", "v=spf1 +")
        return text

    # ---- who sends

    def send(self, story, category, ips, per_day, mail_from=None, sigs=(), **more):
        ips = [ips] if isinstance(ips, str) else list(ips)
        mail_from = self.name if mail_from is None else mail_from
        stream = Stream(story, category, ips, per_day, mail_from, tuple(sigs), **{"helo": self.helo(ips[0]), **more})
        self.streams.append(stream)
        return stream

    def helo(self, ip):
        names = self.zone.ask(ipaddress.ip_address(ip).reverse_pointer, "PTR")
        return names[0].rstrip(".") if names else f"[{ip}]"

    def stranger(self, story, ips, per_day, mail_from=None, sigs=(), category="unauthorized", **more):
        return self.send(story, category, ips, per_day, mail_from, sigs, **{"ours": False, "may": False, "forwarded": False, **more})

    def botnet(self, machines, per_day, story="botnet", mail_from=None, **more):
        """Infected lines all over the world; as us, or as whoever."""
        ips = [self.world.line(self.dice) for _ in range(machines)]
        froms = [self.name, f"{self.dice.choice('abcdef')}{self.dice.randrange(999)}.invalid-mail.test", self.name]
        more = {"accept": ("unknown",), "why": "single messages from customer lines of everywhere, nothing of ours", **more}
        return self.stranger(story, ips, per_day, froms if mail_from is None else mail_from, **more)

    def server(self, label="mail", per_day=40, dkim="mta1", term="ip4", named=True, ip=None, story=None, category="authorized", mx=False, **more):
        """A machine of the owner's; term says how SPF names it, None when it does not."""
        ip = ip or self.world.business(self.dice)
        self.own.append(ip)
        if label:
            self.zone.host(self.sub(label), ip)
        if named and label:
            self.zone.pointer(ip, self.sub(label))
        if term == "ip4":
            self.term(f"ip{4 if ':' not in ip else 6}:{ip}")
        elif term:
            self.term(term)
        if mx:
            self.mx(self.sub(label))
        sigs = (self.key(dkim),) if isinstance(dkim, str) else (dkim,) if dkim else ()
        self.send(story or f"own server {label}", category, ip, per_day, sigs=sigs, **more)
        return ip

    def google(self, per_day=100, dkim=True, include=True, mx=True, n=3, **more):
        self.uses.add("google")
        if mx:
            self.mx("aspmx.l.google.com", "alt1.aspmx.l.google.com")
        if include:
            self.term("include:_spf.google.com")
        sigs = (self.key("google"),) if dkim else (self.world.foreign(f"{self.name.replace('.', '-')}.20251104.gappssmtp.com", "20251104"),)
        ips = self.market.pick("google", self.dice, n, 1) + self.market.pick("google.sor", self.dice, 1)
        return self.send("staff at Google Workspace", "authorized", ips, per_day, sigs=sigs, **{"when": "office", **more})

    def microsoft(self, per_day=100, dkim=True, include=True, mx=True, n=4, **more):
        self.uses.add("microsoft")
        dash, tenant = self.name.replace(".", "-"), self.name.split(".")[0].replace("-", "") + ".onmicrosoft.com"
        if mx:
            self.mx(f"{dash}.mail.protection.outlook.com")
            self.zone.host(f"{dash}.mail.protection.outlook.com", "52.101.73.2")
        if include:
            self.term("include:spf.protection.outlook.com")
        if dkim:
            sigs = (self.key("selector1", cname=f"selector1-{dash}._domainkey.{tenant}"),)
            self.key("selector2", cname=f"selector2-{dash}._domainkey.{tenant}")
        else:
            sigs = (self.world.foreign(tenant, "selector1-" + tenant.replace(".", "-")),)
        return self.send("staff at Microsoft 365", "authorized", self.market.pick("microsoft", self.dice, n, 1), per_day, sigs=sigs,
                         **{"when": "office", **more})

    def vendor(self, key, per_day, mode="full", label=None, story=None, category=None, dkim=True, n=3, ips=None, **more):
        """A service. full: its own Return-Path below our name and our key; dkim: our key only; spf: MAIL FROM is our name, and the include
        at it; spf+dkim: both; none: nothing set up, it sends as itself."""
        self.uses.add(key)
        s, number = S[key], self.number + len(self.streams)
        ips = ips or self.market.pick(key, self.dice, n)
        at, target, selectors, cname = CUSTOM[key]
        label = label or (at or "").format(n=number % 10000)
        mail_from, sigs = s.bounces and s.bounces.format(n=f"{number % 50 + 1:02}" if "bf" in s.bounces else number % 50 + 1), []
        if mode == "full" and label:
            mail_from = self.sub(label)
            if target:
                target = target.format(n=number)
                self.zone.add(mail_from, "CNAME", target)
                if not self.zone.ask(target, "TXT"):
                    self.zone.add(target, "TXT", f"v=spf1 include:{s.include} ~all")
            else:
                self.zone.add(mail_from, "MX", f"10 feedback-smtp.eu-west-1.{s.bounces}" if key == "ses" else f"10 mxa.{s.bounces}")
                self.zone.add(mail_from, "TXT", f"v=spf1 include:{s.include} ~all")
        elif mode.startswith("spf"):
            mail_from = self.name
            self.term(f"include:{s.include}")
        if mode in ("full", "dkim", "spf+dkim") and dkim:
            below = "mg" if key.startswith("mailgun") and mode == "full" else ""
            for i, selector in enumerate(selectors):
                selector = selector.format(n=number % 100000)
                to = cname and cname.format(s=selector, n=number, i=i + 1, dash=self.name.replace(".", "-"))
                sigs.append(self.key(selector, below, cname=to))
            sigs = sigs[:1]
        if s.d and s.d in SIGNERS:
            sigs.append(self.world.signature(s.d, SIGNERS[s.d]))
        category = category or ("legit_unaligned" if mode == "none" else "authorized")
        return self.send(story or f"{key} ({mode})", category, ips, per_day, mail_from, sigs, **more)

    # ---- what must come out

    def expect(self, verdicts, loses=False, why="", sends=True):
        self.truth.update(verdicts=verdicts.split(), loses=loses, why=why, sends=sends)

    def must(self, *words, why=""):
        """The to-do names one of these (regular expressions)."""
        self.truth["must"].append({"any": list(words), "why": why})

    def never(self, pattern, why=""):
        """No edit may hold this (a regular expression)."""
        if pattern[:1].isdigit() and pattern[-1].isdigit():
            pattern = rf"(?<![0-9.]){pattern}(?![0-9])"  # an address, and no other that begins with it
        self.truth["never"].append({"pattern": pattern, "why": why})

    def first_day(self):
        return LAST - self.days + 1

    def bait(self):
        """Addresses that no edit of this owner's may let in: neighbours, pools of all and everybody, services that it does not use."""
        dice, out = self.dice, list(self.strays)
        for ip in self.own:
            if ":" not in ip:
                base = ip.rsplit(".", 1)[0]
                out += [f"{base}.{n}" for n in dice.sample(range(1, 255), 4) if f"{base}.{n}" not in self.own]
            else:
                out.append(str(ipaddress.ip_address(int(ipaddress.ip_address(ip)) ^ (5 << 66))))
        out += self.market.pick("microsoft.pool", dice, 1)
        for key in ("mailchannels", "sendgrid", "ses", "brevo", "mimecast.us", "xserver", "google", "microsoft", "webfarm"):
            if key not in self.uses:
                out += self.market.pick(key, dice, 1)
        return out + ["8.8.4.4", "200.147.3.199", "2a02:c207:2021:44::1"]

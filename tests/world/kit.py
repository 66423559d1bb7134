"""What a kind of domain is told with: owners, their servers and services, strangers, forwarders, and the truth about each.

A kind is a function kind(w, dice) that makes one owner or more:

    o = w.owner(dice)                     a name, a region, receivers
    o.google(120)                         mailboxes at Google: MX, include, key, mail
    o.server("mail", 30)                  a machine of its own, in SPF, with a key
    o.vendor("sendgrid", 90, "full")      a service; see owner.py
    o.send(story, category, ips, n, ...)  any other mail; o.stranger(...) when it is not theirs
    o.expect(verdicts, loses, why)        what must come out; o.must(...), o.never(...)
"""
import dataclasses
import datetime
import ipaddress
import random

import keys
import receivers
from services import Market
from zone import Zone

LAST = datetime.date(2026, 10, 31).toordinal()
MONTH = datetime.date(2026, 10, 1).toordinal()
KINDS = {}

FIRST_WORDS = ("amber", "birch", "cobalt", "delta", "ember", "fjord", "garnet", "hazel", "indigo", "juniper", "kestrel", "linden", "maple", "nordic",
               "opal", "pebble",
               "quartz", "rowan", "sable", "thistle", "umber", "velvet", "willow", "yarrow", "zephyr", "alpine", "brook", "cedar", "drift", "elm",
               "flint", "grove")
SECOND_WORDS = ("works", "bakery", "clinic", "legal", "optics", "freight", "garden", "hotel", "insure", "joinery", "kitchens", "labs", "motors",
                "news", "office", "press",
                "school", "tools", "union", "vets", "wines", "yachts", "books", "cycles", "dental", "energy", "foods", "glass", "homes", "media")
BUSINESS = ("80.147.0.0/16", "87.44.0.0/16", "51.91.0.0/16", "203.141.0.0/17", "64.58.0.0/16", "62.153.0.0/16", "217.91.0.0/16", "81.143.0.0/16")
VPS = {"45.76.0.0/16": "{dash}.vultrusercontent.com", "139.162.0.0/16": "{dash}.ip.linodeusercontent.com",
       "95.217.0.0/16": "static.{rev}.clients.your-server.de",
       "167.71.0.0/16": None, "51.38.0.0/16": "vps-{hex}.vps.ovh.net"}
LINES = {"189.40.0.0/14": "{dash}.user.telelinha.example", "117.200.0.0/14": "static-{dash}.bharatline.example",
         "78.160.0.0/14": "{dash}.dynamic.anadolunet.example",
         "14.160.0.0/14": None, "5.236.0.0/15": None, "186.84.0.0/15": "dynamic-ip-{dash}.cablered.example"}


@dataclasses.dataclass(frozen=True)
class Sig:
    """A signature as it leaves its signer: by the owner of this key; whole, or damaged before it left."""
    d: str
    s: str
    p: str
    whole: bool = True


@dataclasses.dataclass
class Stream:
    story: str
    category: str
    ips: list
    per_day: float
    mail_from: object           # a domain, "" for bounces, or a list: one of them a message
    sigs: tuple = ()
    when: str = "daily"         # daily, office, weekly:0-6, monthly:1-31, quarterly:1-31, on:DATES, between:A,B
    ours: bool = True
    may: bool = True            # may an SPF edit name this address
    open: bool = False
    accept: tuple = ()
    why: str = ""
    helo: str = "mail.unknown.example"
    header_from: object = None
    forwarded: bool = True      # do people forward it
    since: str = ""
    until: str = ""             # the last day
    override: tuple = ()        # (type, comment) that receivers give


def ordinal(text):
    return datetime.date.fromisoformat(text).toordinal()


def date(day):
    return datetime.date.fromordinal(day)


def kind(function):
    KINDS[function.__name__] = function
    return function


def rename(pattern, ip):
    return pattern and pattern.format(dash=ip.replace(".", "-"), rev=".".join(ip.split(".")[::-1]), hex=f"{int(ipaddress.ip_address(ip)):08x}")


class World:
    def __init__(self, seed):
        self.seed = seed
        self.dice = random.Random(f"world/{seed}")
        self.zone = Zone()
        self.market = Market(self.zone, lambda name: keys.rsa(f"{seed}/{name}"))
        self.owners, self.names, self.taken = [], set(), set()
        self.forwarders = forwarders(self)
        self.zone.pointer(receivers.GATEWAY, "mx-filter.kestrel-mfg.example")

    def owner(self, dice, **more):
        from owner import Owner  # it builds on this module
        made = Owner(self, dice, **more)
        self.owners.append(made)
        return made

    def name(self, dice):
        while True:
            name = dice.choice(FIRST_WORDS) + dice.choice(("", "", "-")) + dice.choice(SECOND_WORDS) + dice.choice((".example", ".example", ".test"))
            if name not in self.names:
                self.names.add(name)
                return name

    def free(self, nets, dice):
        while True:
            net = ipaddress.ip_network(dice.choice(list(nets)))
            ip = str(net[dice.randrange(256, net.num_addresses - 256)])
            if ip.split(".")[-1] not in ("0", "255") and ip not in self.taken:
                self.taken.add(ip)
                return ip

    def business(self, dice):
        return self.free(BUSINESS, dice)

    def vps(self, dice, name=None):
        """A rented machine: a name of its own that leads back, or the host's."""
        ip = self.free(VPS, dice)
        pattern = next(p for net, p in VPS.items() if ipaddress.ip_address(ip) in ipaddress.ip_network(net))
        if name or pattern:
            self.zone.pointer(ip, name or rename(pattern, ip))
        return ip

    def line(self, dice):
        """A customer's line somewhere; many have a name, half of those lead back."""
        ip = self.free(LINES, dice)
        pattern = next(p for net, p in LINES.items() if ipaddress.ip_address(ip) in ipaddress.ip_network(net))
        if pattern:
            self.zone.pointer(ip, rename(pattern, ip), dice.random() < 0.5)
        return ip

    def signature(self, d, s):
        """The signature of somebody whose key the world holds already."""
        text = self.zone.ask(f"{s}._domainkey.{d}", "TXT")
        return Sig(d, s, text[0].split("p=")[1])

    def foreign(self, d, s, p_name=None):
        """Some other party signs as d; its key is published."""
        p = keys.rsa(f"{self.seed}/{p_name or s + '.' + d}")
        self.zone.add(f"{s}._domainkey.{d}", "TXT", "v=DKIM1; k=rsa; p=" + p)
        return Sig(d, s, p)


@dataclasses.dataclass
class Forwarder:
    name: str
    ips: list
    mail_from: str              # "" keeps it
    breaks: float               # share of signatures that do not survive
    signs: tuple = ()           # adds
    hint: tuple = ()            # what receivers that know it write
    share: float = 1


def forwarders(w):
    """Those who hand on mail, the same for all owners. None of them may ever stand in an owner's SPF."""
    dice, out = w.dice, []
    google, arc = w.market.pick("google.sor", dice, 5), ("arc", "arc=pass spf=pass dkim=pass fromdomain=")
    out.append(Forwarder("Gmail forwards", google[:4], "gmail.com", 0.02, hint=arc, share=4))
    out.append(Forwarder("a Google group", google[3:], "googlegroups.com", 0.8, (w.signature("googlegroups.com", "20251104"),), ("list", ""), 1.5))
    for n, tenant in enumerate(("harrow-council.example", "dalby-group.example")):
        w.zone.add(tenant, "TXT", "v=spf1 include:spf.protection.outlook.com -all")
        out.append(Forwarder(f"Microsoft 365 of {tenant} forwards (SRS)", w.market.pick("microsoft", dice, 3), tenant, 0.06, hint=arc, share=1.5))
    for name, net, many in (("uni-lindau", "130.60.202", 2), ("st-anselm-college", "129.67.24", 1), ("tu-norrland", "130.240.19", 2)):
        ips = [f"{net}.{dice.randrange(10, 240)}" for _ in range(many)]
        for ip in ips:
            w.zone.pointer(ip, f"mx{ip.split('.')[-1]}.{name}.example")
        w.zone.add(f"{name}.example", "TXT", f"v=spf1 ip4:{net}.0/24 -all")
        out.append(Forwarder(f".forward at {name}", ips, "", 0.05, share=1.2))
    w.zone.add("oldboys.example", "TXT", "v=spf1 a:fwd.oldboys.example -all")
    ip = w.vps(dice, "fwd.oldboys.example")
    out.append(Forwarder("alumni forwarding (SRS)", [ip], "oldboys.example", 0.03, share=1))
    w.zone.add("tinyshop.example", "TXT", "v=spf1 include:_spf.mx.cloudflare.net ~all")
    out.append(Forwarder("Cloudflare Email Routing (SRS)", w.market.pick("cloudflare", dice, 3), "tinyshop.example", 0.03, share=1))
    for name in ("lists.openhort.example", "listserv.chorbund.example"):
        ip = w.vps(dice, name)
        w.zone.add(name, "TXT", f"v=spf1 ip4:{ip} -all")
        out.append(Forwarder(f"mailing list {name}", [ip], name, 0.97, (w.foreign(name, "mm3"),), ("list", ""), 0.8))
    out.append(Forwarder("GMX forwards (SRS)", w.market.pick("gmx", dice, 3), "gmx.net", 0.03, share=0.8))
    return out

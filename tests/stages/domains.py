"""The owners: what they publish, and which streams of mail are sent as them, by whom. What is true is said here and nowhere else."""
import dataclasses


@dataclasses.dataclass
class Stream:
    name: str
    truth: str                      # category that an honest observer with reports and DNS should name
    ips: list                       # sending addresses
    per_day: float                  # messages a day when it sends
    days: str = "daily"             # daily, weekdays, weekly, first (of month), burst:N, once:N
    mail_from: str = None           # domain; {n}: one of many
    dkim: tuple = ()                # (domain, selector, good) of each signature
    header_from: str = None         # default: the domain
    forwarded: float = 0.0          # share of it that people forward
    accept: tuple = ()              # other answers that are right, too
    ambiguous: str = ""             # why nobody could tell
    until: int = 10**6              # last day index
    start: int = 0


@dataclasses.dataclass
class Owner:
    domain: str
    p: str = "none"
    testing: bool = False                                  # t=y
    stages: list = dataclasses.field(default_factory=list)  # (first day, p, testing), where it was not the same all the time
    receivers: int = 10**6                                 # so many of them report
    start: int = 0                                         # first day that anything is sent
    spf: list = dataclasses.field(default_factory=list)    # TXT records at the domain
    records: list = dataclasses.field(default_factory=list)  # further lines of its zone
    streams: list = dataclasses.field(default_factory=list)
    ptr: dict = dataclasses.field(default_factory=dict)     # address -> name, both ways
    claim: dict = dataclasses.field(default_factory=dict)   # address -> name, that does not lead back


def own_mta(o, ip, selector="s1", per_day=120, name="mail", forwarded=0.04, **more):
    host = f"{name}.{o.domain}"
    o.records.append(f"{name} {'AAAA' if ':' in ip else 'A'} {ip}")
    o.ptr[ip] = host
    o.streams.append(Stream(f"own server {name}", "authorized", [ip], per_day, mail_from=o.domain, dkim=((o.domain, selector, True),), forwarded=forwarded, **more))


def mailbox_host(o, v, count=8, offset=0, per_day=200, forwarded=0.05):
    o.records.append(f"@ MX 10 mx.{v.domain}.")
    o.streams.append(Stream(f"staff at {v.name}", "authorized", v.addresses()[offset:offset + count], per_day, days="weekdays", mail_from=o.domain,
                            dkim=((o.domain, f"{v.name}1", True),), forwarded=forwarded))


def esp_aligned(o, v, sub="em", count=6, per_day=90, days="daily"):
    o.records += [f"{sub} CNAME u77.{v.domain}.", f"{v.name}1._domainkey CNAME {o.domain.replace('.', '-')}.dkim.{v.domain}."]
    o.streams.append(Stream(f"{v.name} aligned", "authorized", v.addresses()[:count], per_day, days=days, mail_from=f"{sub}.{o.domain}",
                            dkim=((o.domain, f"{v.name}1", True), (v.domain, "k", True)), forwarded=0.02))


def esp_dkim_only(o, v, count=6, per_day=150, days="weekly"):
    o.records.append(f"{v.name}1._domainkey CNAME {o.domain.replace('.', '-')}.dkim.{v.domain}.")
    o.streams.append(Stream(f"{v.name} DKIM only", "authorized", v.addresses()[-count:], per_day, days=days, mail_from=v.bounces,
                            dkim=((o.domain, f"{v.name}1", True), (v.domain, "k", True)), forwarded=0.02))


def esp_unaligned(o, v, count=4, per_day=40, days="daily"):
    o.streams.append(Stream(f"{v.name} not set up", "legit_unaligned", v.addresses()[:count], per_day, days=days, mail_from=v.bounces,
                            dkim=((v.domain, "k", True),)))


def missing(o, name, ips, per_day, days="daily", ambiguous="", truth="legit_spf_missing", accept=(), dkim=(), mail_from=None):
    o.streams.append(Stream(name, truth, ips, per_day, days=days, mail_from=mail_from or o.domain, dkim=dkim, ambiguous=ambiguous, accept=accept))


def botnet(o, v, first, count, day, per_ip=3, mail_from=None, header_from=None, name="botnet"):
    o.streams.append(Stream(f"{name} {day}", "unauthorized", v.addresses()[first:first + count], per_ip * count / 2, days=f"burst:{day}",
                            mail_from=mail_from or "spam{n}.invalid.test", header_from=header_from))

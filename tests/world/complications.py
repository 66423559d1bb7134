"""What may happen to any owner, one by one: kinds_mixed.py draws several. Each returns whether mail of the owner's is lost by it."""
import re

import keys
from kit import Sig
from services import S, SIGNERS

esc = re.escape
ALL = []
LABELS = ("erp", "crm", "tickets", "ex01", "app", "hr", "monitor", "nas", "wiki", "billing", "scanner", "intra", "old-mail", "vpn", "backup")
WHEN = ("daily", "office", "office", "weekly:1", "weekly:4", "daily")


def complication(function):
    ALL.append(function)
    return function


def free_label(o, dice):
    while True:
        label = dice.choice(LABELS)
        if o.sub(label) not in o.zone.table:
            return label


@complication
def forgotten_host(w, o, dice):
    label, n = free_label(o, dice), dice.choice((1.5, 4, 9, 18))
    rented = dice.random() < 0.4
    ip = o.server(label, n, dkim=None, term=None, category="legit_spf_missing", story=f"forgotten host {label}", when=dice.choice(WHEN),
                  accept=("unknown",) if n < 2 else (),
                  ip=w.vps(dice, o.sub(label)) if rented else None, why=f"{label}.DOMAIN leads there and back")
    o.must(esc(ip), esc(o.sub(label)), why=f"{label} belongs into SPF")
    return True


@complication
def ipv6_forgotten(w, o, dice):
    label = free_label(o, dice)
    ip6 = f"2a01:4f8:{dice.randrange(256, 4095):x}:{dice.randrange(256, 4095):x}::{dice.randrange(2, 99):x}"
    o.server(label, dice.choice((10, 25)), dkim=None, story=f"host {label} over IPv4")
    w.zone.pointer(ip6, o.sub(label))
    o.own.append(ip6)
    o.send(f"host {label} over IPv6", "legit_spf_missing", ip6, dice.choice((5, 12)), why="A and AAAA of the same host, SPF names the A alone")
    o.must(esc(ip6), esc(o.sub(label)), "ipv6", why="the host's other address")
    return True


@complication
def nameless_line(w, o, dice):
    ip = w.business(dice)
    if dice.random() < 0.6:
        w.zone.pointer(ip, f"ip-{ip.replace('.', '-')}.business.nordtel.example")
    o.send("a device on a business line", "legit_spf_missing", ip, dice.choice((3, 8, 14)), when=dice.choice(WHEN), open=True, accept=("unknown",),
           why="steady, but it could be anybody's")
    o.must(esc(ip), why="ask whose it is")
    return True


@complication
def rented_machine_forges(w, o, dice):
    ip = w.vps(dice)
    o.stranger("a rented machine forges MAIL FROM", ip, dice.choice((3, 8, 14)), when=dice.choice(WHEN), open=True,
               accept=("unknown", "suspect_abuse"), helo=dice.choice((None, "mail." + o.name)) or o.helo(ip),
               since=dice.choice(("", "2026-09-04", "2026-10-03")), why="steady, with our MAIL FROM; nothing of ours leads there")
    o.never(esc(ip), "ask before")


@complication
def proper_spammer(w, o, dice):
    host = f"mx{dice.randrange(99)}.{dice.choice(('promo-post', 'newsdeals', 'mega-sale', 'cashclub'))}{dice.randrange(99)}.test"
    ip = w.vps(dice, host)
    w.zone.add(host, "TXT", f"v=spf1 ip4:{ip} -all")
    o.stranger("spammer with name, SPF and key", ip, dice.choice((5, 30, 90)), host, (w.foreign(host, "default"),) if dice.random() < 0.6 else (),
               accept=("unknown", "suspect_abuse"),
               since=dice.choice(("", "2026-10-05")), why="a machine that vouches for itself, with our From")
    o.never(esc(ip), "a spammer")


@complication
def neighbour_and_form(w, o, dice):
    key = dice.choice(("webfarm", "xserver", "hetznerweb", "sakura"))
    own, next_door = w.market.pick(key, dice, 2)
    o.uses.add(key)
    o.zone.host(o.name, own)
    o.send("form mail of the web site", "legit_spf_missing", own, dice.choice((2, 5)), accept=("unknown",), why="the domain's A record leads there")
    o.stranger("the next customer of the web host", next_door, dice.choice((6, 15)), open=True, accept=("unknown", "suspect_abuse"),
               when=dice.choice(("daily", "between:2026-10-06,2026-10-17")), why="same host, other machine")
    o.never(esc(next_door), "the neighbour")
    if S[key].include:
        o.never("include:" + esc(S[key].include), "lets every customer of the host in")
    o.must(esc(own), why="the form's machine")
    return True


@complication
def mailchannels_spoofers(w, o, dice):
    o.stranger("spoofers by MailChannels", w.market.pick("mailchannels", dice, dice.choice((1, 3))), dice.choice((4, 9)), open=True,
               accept=("unknown", "suspect_abuse"),
               why="its hosts' customers may name anybody as MAIL FROM")
    o.never(r"mailchannels|23\.83\.2", "not a service of ours")


@complication
def tenant_at_a_vendor(w, o, dice):
    key = dice.choice(("sendgrid", "ses", "mailgun", "brevo", "mandrill"))
    s = S[key]
    bounces = s.bounces.format(n=dice.randrange(1, 50)) if dice.random() < 0.5 else f"em{dice.randrange(9999)}.coin-offers{dice.randrange(50)}.test"
    if bounces.endswith(".test"):
        w.zone.add(bounces, "TXT", f"v=spf1 include:{s.include} ~all")
    o.stranger(f"a stranger's account at {key}", w.market.pick(key, dice, 2), dice.choice((6, 20)), bounces, (w.signature(s.d, SIGNERS[s.d]),),
               open=True,
               accept=("unknown", "suspect_abuse"), since=dice.choice(("", "2026-09-28")),
               why="the vendor's key and MAIL FROM, or its own: nothing tells the account")


@complication
def relay_pool(w, o, dice):
    o.send("Microsoft's relay pool", "forwarder", w.market.pick("microsoft.pool", dice, 2), dice.choice((2, 4)), when="office", ours=False,
           may=False, forwarded=False, open=True,
           accept=("unknown", "unauthorized"), why="handed on by some tenant, and failed when it came in: a forward of unsigned mail, or of forged "
                                                   "mail")
    o.never(r"40\.95\.", "the pool of all tenants")


@complication
def university_forwards_unsigned(w, o, dice):
    uni = dice.choice([f for f in w.forwarders if not f.mail_from])
    o.send("a .forward, unsigned or forged mail", "forwarder", uni.ips, dice.choice((2, 6)), ours=False, may=False, forwarded=False, open=True,
           accept=("unknown", "unauthorized"),
           why="MAIL FROM kept, nothing signed")
    for ip in uni.ips:
        o.never(esc(ip), "the university's relay")


@complication
def selector_mostly_forwarded(w, o, dice):
    sig = o.key(f"news{dice.randrange(20, 27)}")
    o.server(free_label(o, dice), 2, dkim=sig)
    relay = [w.vps(dice, f"mxout{n}.{dice.choice(('alumni', 'members'))}-st-brigid.example") for n in (1, 2)]
    o.send("an association's relay hands on our letter", "forwarder", relay, 14, sigs=(sig,), ours=False, may=False, forwarded=False, open=True,
           accept=("unknown", "authorized"),
           why="MAIL FROM kept, our signature whole; most of that selector comes from there")
    for ip in relay:
        o.never(esc(ip), "somebody else's relay")


@complication
def filters_of_receivers(w, o, dice):
    key = dice.choice(("mimecast.eu", "mimecast.us", "proofpoint", "barracuda.us"))
    sig = next((s.sigs[0] for s in o.streams if s.ours and s.sigs and s.sigs[0].d == o.name), None)
    sigs = (Sig(sig.d, sig.s, sig.p, dice.random() < 0.5),) if sig else ()
    o.send("a receiver's filter that hands on", "forwarder", w.market.pick(key, dice, 2), 5, sigs=sigs, when="office", ours=False, may=False,
           forwarded=False, open=True,
           accept=("unknown", "authorized") if sigs and sigs[0].whole else ("unknown",), why="MAIL FROM kept; a filter service that we do not use")
    if key not in o.uses:
        o.never("pphosted|_netblocks|barracudanetworks", "not a service of ours")


@complication
def vendor_not_set_up(w, o, dice):
    key = dice.choice(("mailchimp", "brevo", "createsend", "hubspot", "mandrill"))
    o.vendor(key, dice.choice((6, 120)), "none", when=dice.choice(("weekly:2", "daily")), story=f"{key}, nothing set up", open=True,
             accept=("unknown", "legit_broken"))
    o.must(key[:6], {"createsend": "cmail|campaign", "mailchimp": "mcsv", "brevo": "sender-sib|sendinblue"}.get(key, key),
           why="ask; DKIM at the vendor")
    return True


@complication
def vendor_with_wrong_key(w, o, dice):
    key = dice.choice([k for k in ("createsend", "salesforce", "hubspot") if k not in o.uses] or ["createsend"])
    stream = o.vendor(key, dice.choice((5, 15)), "dkim", category="legit_broken", accept=("legit_unaligned",), story=f"{key}, whose key is wrong",
                      why="it signs as us; the key in DNS is not the one it signs with")
    sig = stream.sigs[0]
    name = f"{sig.s}._domainkey.{sig.d}"
    at = (w.zone.ask(name, "CNAME") or [name])[0]
    w.zone.drop(at, "TXT")
    w.zone.add(at, "TXT", "v=DKIM1; k=rsa; p=" + (keys.rsa(f"not {o.name}") if dice.random() < 0.6 else ""))
    o.must(esc(sig.s) + r"\W", why="the name of the key")
    return True


@complication
def run_of_the_first(w, o, dice):
    label = free_label(o, dice)
    ip = o.server(label, dice.randrange(120, 300), dkim=None, term=None, category="legit_spf_missing", story="statements on the first of the month",
                  when="monthly:1", forwarded=False,
                  accept=("legit_broken",), why=f"{label}.DOMAIN leads there and back; 1 October, all failed")
    o.must(esc(ip), esc(o.sub(label)), why="the run of 1 October")
    return True


@complication
def office_of_the_payroll(w, o, dice):
    house = f"gehaltsbuero{dice.randrange(100)}.example"
    ip = w.vps(dice, f"smtp.{house}")
    o.send("payslips once a month", "legit_spf_missing", ip, dice.randrange(20, 40), when=f"monthly:{dice.choice((25, 28))}", open=True,
           accept=("unknown", "legit_unaligned"), forwarded=False,
           why="a payroll office's machine, once a month, as us")
    o.must(esc(ip), "gehaltsbuero", why="ask; then ip4 or a key")
    return True


@complication
def quarterly_by_spf(w, o, dice):
    o.days = max(o.days, 120)
    o.uses.add("stripe")
    o.term("include:spf1.stripe.com")
    o.send("quarterly statements by SPF", "authorized", w.market.pick("stripe", dice, 2), 60, when="quarterly:28", forwarded=False,
           accept=("unknown",), why="passes by its include, four times a year")


@complication
def infected_lines(w, o, dice):
    o.botnet(dice.randrange(30, 90), dice.randrange(20, 80), "a botnet", mail_from=dice.choice((o.name, None)), since="2026-10-02",
             until=dice.choice(("2026-10-09", "2026-10-30")), accept=("unknown",))


@complication
def replay(w, o, dice):
    sig = next((s.sigs[0] for s in o.streams if s.ours and s.sigs and s.sigs[0].d == o.name), None)
    if not sig:
        return
    ips = [w.vps(dice) for _ in range(6)] + [w.line(dice) for _ in range(24)]
    o.stranger("a signed message sent again by many", ips, 260, f"b{dice.randrange(99)}.resend-net.test", (sig,), category="suspect_abuse",
               when="between:2026-10-13,2026-10-15",
               accept=("unknown", "unauthorized"), why="our key from thirty networks in three days")


@complication
def gmail_device(w, o, dice):
    o.uses.add("google")
    o.send("a device with a Gmail account", "legit_unaligned", w.market.pick("google.sor", dice, 1), 3, "gmail.com",
           (w.signature("gmail.com", "20251104"),), open=True, forwarded=False,
           accept=("unknown", "forwarder"), why="From is ours, MAIL FROM and key are gmail.com's")


@complication
def flood_by_a_host_of_ours(w, o, dice):
    label = free_label(o, dice)
    sig = o.key("web")
    ip = o.server(label, 8, dkim=sig)
    o.send(f"host {label}, taken over", "suspect_abuse", ip, 900, sigs=(sig,), when="between:2026-10-17,2026-10-18", accept=("authorized",),
           forwarded=False, why="a hundred times as much on two days")
    o.must(esc(o.sub(label)), esc(ip), why="look at that host")


@complication
def names_below_ours(w, o, dice):
    label = dice.choice(("invoice", "pay", "login", "hr-portal"))
    o.stranger(f"spoofers as {label}.DOMAIN", [w.vps(dice)] + [w.line(dice) for _ in range(5)], 6, o.sub(label), header_from=o.sub(label),
               accept=("unknown",), why="a name that does not exist")


@complication
def machine_let_again(w, o, dice):
    ip = w.vps(dice, f"srv{dice.randrange(99)}.{dice.choice(('adflow', 'gamehost', 'vpnshop'))}{dice.randrange(99)}.test")
    o.term("ip4:" + ip)
    o.stranger("the next tenant of a machine that SPF names", ip, 20, since="2026-10-05", category="suspect_abuse",
               accept=("unknown", "unauthorized", "authorized"), open=True,
               why="SPF passes it; its name is a stranger's")
    o.must(esc(ip), why="is this machine still ours?")


@complication
def newcomer(w, o, dice):
    key = dice.choice([k for k in ("postmark", "mailgun", "freshdesk") if k not in o.uses] or ["freshdesk"])
    o.vendor(key, 10, "dkim", since="2026-10-10", why="new, and in order")


@complication
def claimed_name(w, o, dice):
    ip = w.vps(dice)
    w.zone.pointer(ip, o.sub(dice.choice(("smtp", "mail3", "relay"))), forward=False)
    o.stranger("a forger whose PTR claims our name", ip, 12, accept=("unknown", "suspect_abuse"), why="the name does not lead back")
    o.never(esc(ip), "anybody can claim a PTR")


@complication
def srs_failures(w, o, dice):
    f = next(x for x in w.forwarders if x.name.startswith("alumni"))
    o.send("alumni forwarding, broken on the way", "forwarder", f.ips, 4, f.mail_from, (), ours=False, may=False, forwarded=False,
           accept=("unknown",), open=True, why="MAIL FROM rewritten, nothing left to align")
    o.never("oldboys", "a forwarder")


@complication
def form_by_the_hosts_relay(w, o, dice):
    site = w.market.pick("webfarm", dice, 1)[0]
    o.uses.add("webfarm")
    o.zone.host(o.sub("www"), site)
    relay = [w.market.named("webfarm", f"185.14.190.{n}") for n in dice.sample(range(2, 62), 2)]
    o.send("form mail, by the web host's relay", "legit_spf_missing", relay, 4, may=False, open=True, accept=("unknown",),
           why="www.DOMAIN is at that host, but every customer's mail leaves by its relays: an include lets all of them in")
    o.never(r"sharedhost|185\.14\.190", "every customer of the host")
    o.must("sharedhost", *[esc(ip) for ip in relay], why="ask; then a key, or submit by the mailbox host")
    return True


@complication
def reporter_alone(w, o, dice):
    ip = w.vps(dice, f"relay{dice.randrange(9)}.partner-{dice.randrange(99)}.example")
    o.send("a partner's relay that hands on to one receiver", "forwarder", ip, 5, ours=False, may=False, forwarded=False, open=True,
           accept=("unknown", "unauthorized"), when="office",
           why="MAIL FROM kept, nothing of ours leads there")
    o.never(esc(ip), "a partner's relay")

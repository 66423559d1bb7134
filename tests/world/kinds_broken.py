"""What was set up and is broken: keys, records, addresses that have moved."""
import re

import keys
from kit import Sig, kind, ordinal

esc = re.escape


def vendor_with_key(w, dice, key, spf=False, **more):
    """Microsoft 365, and one vendor whose key is the point."""
    o = w.owner(dice, days=75, **more)
    o.microsoft(dice.randrange(70, 120))
    stream = o.vendor(key, dice.randrange(18, 32), "dkim", category="legit_broken", accept=("legit_unaligned",), story=f"{key}, whose key is wrong")
    sig = stream.sigs[0]
    name = f"{sig.s}._domainkey.{sig.d}"
    target = w.zone.ask(name, "CNAME")
    o.must(esc(name), esc(sig.s) + r"\W", why="the name of the key")
    o.expect("not_ready", True, "this vendor's mail is lost")
    return o, stream, sig, target[0] if target else name


def publish(w, name, text):
    w.zone.drop(name, "TXT")
    if text is not None:
        w.zone.add(name, "TXT", text)


@kind
def key_wrong(w, dice):
    o, stream, sig, at = vendor_with_key(w, dice, dice.choice(("hubspot", "createsend", "brevo", "salesforce")))
    publish(w, at, "v=DKIM1; k=rsa; p=" + keys.rsa(f"another key of {o.name}"))
    stream.why = "the key in DNS is not the one that it signs with: every signature fails"


@kind
def key_too_short(w, dice):
    o, stream, sig, at = vendor_with_key(w, dice, dice.choice(("hubspot", "createsend", "salesforce")))
    bits = dice.choice((512, 768))
    p = keys.rsa(f"short {o.name}", bits)
    publish(w, at, "v=DKIM1; k=rsa; p=" + p)
    stream.sigs = (Sig(sig.d, sig.s, p),) + stream.sigs[1:]
    stream.why = f"{bits} bits: most receivers do not take it"


@kind
def key_revoked(w, dice):
    o, stream, sig, at = vendor_with_key(w, dice, dice.choice(("hubspot", "createsend", "brevo", "freshdesk")))
    publish(w, at, "v=DKIM1; k=rsa; p=")
    stream.why = "the key is revoked (p= is empty), the vendor signs with it still"


@kind
def key_missing(w, dice):
    o, stream, sig, at = vendor_with_key(w, dice, dice.choice(("createsend", "salesforce", "zendesk")))
    name = f"{sig.s}._domainkey.{sig.d}"
    w.zone.drop(name)
    stream.open, stream.accept = True, stream.accept + ("unknown",)
    stream.why = "the selector's record was never made, or was lost with a move of the zone"


@kind
def quarantined_every_day(w, dice):
    o = w.owner(dice, days=90, p="quarantine", quarantine_since="2026-07-01", forwarding=0.006)
    o.google(dice.randrange(90, 150), when="daily")
    stream = o.vendor("mailgun", 12, "dkim", category="legit_broken", accept=("legit_unaligned",), story="Mailgun, key wrong, quarantined every day")
    sig = stream.sigs[0]
    publish(w, f"{sig.s}._domainkey.{sig.d}", "v=DKIM1; k=rsa; p=" + keys.rsa(f"another {o.name}"))
    stream.why = "it signs as us, with a key that is not the one in DNS"
    o.must(esc(sig.s) + r"\W", "mailgun", why="the key's name")
    o.expect("not_ready", True, "a tenth of its mail is in spam folders already")


@kind
def rotation_forgotten_at_vendor(w, dice):
    o = w.owner(dice, days=80)
    turn = ordinal("2026-10-05")
    o.google(80)
    old = o.key("s1", until=turn)
    ip = o.server("mail", 30, dkim=old, category="legit_broken", accept=("authorized",),
                  why="the old key left DNS on 5 October, the server signs with it still; SPF carries it")
    o.must(r"s1\W", esc(o.sub("mail")), esc(ip), why="the selector that is gone")
    o.expect("not_ready warnings", False, "SPF carries it; forwarded mail is lost since 5 October")


def with_spf(w, dice, records, **more):
    o = w.owner(dice, days=66, **more)
    o.spf = records
    return o


@kind
def two_spf_records(w, dice):
    o = w.owner(dice, days=66)
    o.google(dice.randrange(60, 100))
    o.vendor("zendesk", 20, "spf", category="legit_broken", accept=("legit_spf_missing",), story="Zendesk, broken by the second record")
    o.zone.add(o.sub("support"), "CNAME", o.name.split(".")[0] + ".zendesk.com")
    o.spf = ["v=spf1 include:_spf.google.com -all", "v=spf1 include:mail.zendesk.com ~all"]
    o.must("two|2 spf|several|merge|one record|more than one", why="one merged record")
    o.expect("not_ready", True, "SPF is a permerror; what is not signed is lost")


@kind
def ip_typo(w, dice):
    o = w.owner(dice, days=66)
    ip = o.server("mail", dice.randrange(30, 60), dkim=None, term=None, mx=True, category="legit_broken", accept=("legit_spf_missing",),
                  story="own server, named by ip:",
                  why="ip: is no mechanism: the record is a permerror")
    o.vendor("sendgrid", 20, "full")
    o.spf = [f"v=spf1 ip:{ip} mx:{o.name.replace('.', '-')}.invalid-host.test ~all" if dice.random() < 0 else f"v=spf1 ip:{ip} ~all"]
    o.must(r"ip4:" + esc(ip), r"\bip:", why="ip4:, not ip:")
    o.expect("not_ready", True, "nothing of the server passes")


@kind
def terms_behind_all(w, dice):
    o = w.owner(dice, days=66)
    o.google(dice.randrange(50, 90))
    ip = o.server("crm", 18, dkim=None, term=None, category="legit_broken", accept=("legit_spf_missing",), story="own CRM, behind all",
                  why="all ends the record: what stands behind it is not read")
    o.spf = [f"v=spf1 include:_spf.google.com ~all ip4:{ip}"]
    o.must(esc(ip), why="move it before all")
    o.expect("not_ready", True, "CRM mail is lost")


@kind
def narrow_ip4(w, dice):
    o = w.owner(dice, days=66)
    base = w.business(dice).rsplit(".", 1)[0]
    o.spf = [f"v=spf1 ip4:{base}.16/30 ~all"]
    inside, outside = [f"{base}.{n}" for n in (17, 18)], [f"{base}.{n}" for n in (21, 25)]
    for n, ip in enumerate(inside + outside):
        w.zone.pointer(ip, o.sub(f"mx{n + 1}"))
        o.own.append(ip)
    o.mx(o.sub("mx1"))
    o.send("own relays inside the network named", "authorized", inside, 50)
    o.send("own relays outside of it", "legit_spf_missing", outside, 40, accept=("legit_broken",),
           why="/30 should have been /28; mxN.DOMAIN leads there and back")
    o.must(*[esc(ip) for ip in outside], r"/28", why="the other two relays")
    o.expect("not_ready", True, "half of its mail is lost")


@kind
def moved_host(w, dice):
    o = w.owner(dice, days=75)
    o.google(60)
    old, new = w.business(dice), w.vps(dice, None)
    turn = ordinal("2026-09-20")
    o.own += [new]
    o.truth["retired"] = [old]
    o.zone.add(o.name, "A", old, None, turn)
    o.zone.add(o.name, "A", new, turn)
    o.zone.add(o.sub("www"), "A", new, turn)
    w.zone.pointer(new, o.sub("www"), False)
    o.term(f"ip4:{old}")
    w.zone.pointer(old, o.name, False)
    o.send("own web server, where it was", "authorized", old, 12, until="2026-09-19", forwarded=False)
    o.send("own web server, where it is now", "legit_spf_missing", new, 12, since="2026-09-20", accept=("legit_broken",),
           why="A moved on 20 September, SPF still names the old address")
    o.must(esc(new), why="the new address; the old one can go")
    o.expect("not_ready", True, "form mail is lost since the move")


@kind
def over_ten_lookups(w, dice):
    o = w.owner(dice, days=75)
    o.google(70)
    for include in ("mail.zendesk.com", "_spf.salesforce.com", "spf.protection.outlook.com", "mailgun.org", "email.freshdesk.com",
                    "_spf.createsend.com"):
        o.term("include:" + include)
    ip = o.server("app", 20, dkim=None, term="a:" + o.sub("app"), category="legit_broken", accept=("legit_spf_missing",),
                  story="own application, behind the tenth lookup",
                  why="a:app is the twelfth lookup: permerror")
    o.must("lookup", esc(o.sub("app")), why="below ten lookups")
    o.expect("not_ready", True, "the application's mail is lost")


@kind
def void_lookups(w, dice):
    o = w.owner(dice, days=66)
    ip = o.server("mail", 45, dkim=None, term=None, mx=True, category="legit_broken", accept=("legit_spf_missing",),
                  why="three names in front of it do not exist: more than two void lookups")
    o.spf = ["v=spf1 " + " ".join(f"a:{n}.{o.name}" for n in ("old1", "old2", "old3")) + f" ip4:{ip} ~all"]
    o.must(r"void|old1\.|old2\.", why="the dead names out")
    o.expect("not_ready", True, "SPF is a permerror, nothing is signed")


@kind
def dangling_include(w, dice):
    o = w.owner(dice, days=66)
    gone = f"spf.{dice.choice(('agentur-blau', 'oldagency', 'webwerk'))}{dice.randrange(100)}.example"
    ip = o.server("mail", 40, dkim=None, term=None, mx=True, category="legit_broken", accept=("legit_spf_missing",),
                  story="own server, behind a dangling include",
                  why="the include has no record any more: permerror for everything behind it")
    o.spf = [f"v=spf1 include:{gone} ip4:{ip} ~all"]
    o.must(esc(gone), why="take the include out: anybody can register it")
    o.expect("not_ready", True, "permerror")


@kind
def mx_moved(w, dice):
    o = w.owner(dice, days=75)
    ip = w.business(dice)
    o.own.append(ip)
    turn = ordinal("2026-10-03")
    o.zone.host(o.sub("mail"), ip)
    w.zone.pointer(ip, o.sub("mail"))
    o.zone.add(o.name, "MX", "10 " + o.sub("mail"), None, turn)
    for host in ("aspmx.l.google.com", "alt1.aspmx.l.google.com"):
        o.zone.add(o.name, "MX", "10 " + host, turn)
    o.spf = ["v=spf1 mx include:_spf.google.com ~all"]
    o.google(60, mx=False, since="2026-10-03")
    o.send("own server, the MX until 3 October", "legit_spf_missing", ip, 30, accept=("legit_broken",),
           why="SPF says mx, and the MX went to Google; the server sends on, mail.DOMAIN still leads there")
    o.must(esc(ip), esc(o.sub("mail")), why="name the server itself")
    o.expect("not_ready", True, "its mail is lost since 3 October")


@kind
def selectors_left_out(w, dice):
    o, stream, sig, at = vendor_with_key(w, dice, "createsend", orgs=["google.com", "Mail.Ru", "docomo.ne.jp", "Yahoo", "Enterprise Outlook"],
                                         region="jp")
    publish(w, at, "v=DKIM1; k=rsa; p=" + keys.rsa(f"another {o.name}"))
    stream.why = "two of five receivers leave the selector out, the others name it"

"""Records that let in too many, and records of a rare shape."""
import re

from kit import kind, ordinal

esc = re.escape


@kind
def plus_all_deep(w, dice):
    o = w.owner(dice, days=66)
    q = dice.choice(("+all", "?all"))
    hoster = f"hosting{dice.randrange(100)}-nord.example"
    w.zone.add(f"spf.{hoster}", "TXT", f"v=spf1 include:_netblocks.{hoster} -all")
    net = w.business(dice).rsplit(".", 1)[0]
    w.zone.add(f"_netblocks.{hoster}", "TXT", f"v=spf1 ip4:{net}.0/24 {q}")
    o.term(f"include:spf.{hoster}")
    own = f"{net}.77"
    w.zone.pointer(own, o.sub("mail"))
    o.mx(o.sub("mail"))
    o.send("own server at the hoster", "authorized", own, 50, sigs=(o.key("s1"),))
    passes = q == "+all"
    o.botnet(40, 12, "spoofers who pass by +all" if passes else "spoofers, neutral by ?all", mail_from=o.name, accept=("unknown", "suspect_abuse"),
             open=passes, why="customer lines all over the world" + (", and SPF of the hoster's include passes them all" if passes else ""))
    if passes:
        o.must(esc(hoster), r"\+all", why="two includes down somebody lets everybody in")
    o.expect("not_ready warnings" if passes else "ready warnings not_ready", False, "nothing is lost; with +all, p=reject protects nobody")


@kind
def ptr_and_broad_exists(w, dice):
    o = w.owner(dice, days=66)
    sig = o.key("s1")
    ip = o.server("mail", 60, dkim=sig, term=None, mx=True)
    o.spf = [dice.choice((f"v=spf1 mx ptr:{o.name} ~all", f"v=spf1 ip4:{ip} exists:%{{d}} ~all"))]
    o.zone.host(o.name, ip)
    broad = "exists" in o.spf[0]
    o.botnet(30, 8, "spoofers who pass by exists:%{d}" if broad else "spoofers", mail_from=o.name, accept=("unknown", "suspect_abuse"), open=broad)
    o.must(r"exists:" if broad else r"\bptr\b", why="the mechanism that asks nothing" if broad else "ptr is slow, and not to be used")
    o.expect("not_ready warnings" if broad else "ready warnings not_ready", False, "own mail passes")


@kind
def plain_redirect(w, dice):
    o = w.owner(dice, days=66)
    sig = o.key("s1")
    ip = o.server("mail", 50, dkim=sig, term=None, mx=True)
    w.zone.add(o.sub("_spf"), "TXT", f"v=spf1 ip4:{ip} include:_spf.google.com ~all")
    o.google(40, include=False, mx=False)
    o.spf = [f"v=spf1 redirect={o.sub('_spf')}"]
    new = o.server("shop", 12, dkim=None, term=None, category="legit_spf_missing", story="own shop server, missing behind a redirect")
    o.must(esc(new), esc(o.sub("shop")), why="the shop server into the record behind the redirect")
    o.expect("not_ready", True, "shop mail is lost")


@kind
def macro_exists_of_a_service(w, dice):
    o = w.owner(dice, days=66)
    host = f"{o.name}.{dice.choice(('espf.hosted-spf', 'has.spf-service'))}.example"
    o.spf = [f"v=spf1 exists:%{{i}}._i.{host} ~all"]
    sig = o.key("s1")
    for label, n in (("mx1", 40), ("mx2", 30)):
        ip = o.server(label, n, dkim=sig if label == "mx1" else None, term=None, mx=label == "mx1")
        w.zone.add(f"{ip}._i.{host}", "A", "127.0.0.2")
    new = o.server("app", 10, dkim=None, term=None, category="legit_spf_missing", story="own application, unknown to the hosted SPF",
                   accept=("unknown",))
    o.must(esc(new), esc(o.sub("app")), why="app, at the service or in the record")
    o.expect("not_ready", True, "the application's mail is lost")


@kind
def proofpoint_per_cluster(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    ips = w.market.pick("proofpoint", dice, 3)
    o.uses.add("proofpoint")
    cluster = f"spf-00{dice.randrange(16 ** 5):05x}01.pphosted.com"
    w.zone.add(cluster, "TXT", "v=spf1 " + " ".join("ip4:" + ip for ip in ips) + " ~all")
    o.term("include:" + cluster)
    o.mx(f"mxa-{cluster[4:]}")
    o.send("staff, by their own Proofpoint cluster", "authorized", ips, 100, sigs=(o.key("selector1"),), when="office")
    other = w.market.pick("proofpoint", dice, 2)
    o.stranger("Proofpoint of others, which hands on", other, 5, sigs=(o.key("selector1"),), category="forwarder", accept=(),
               why="receivers' filter; MAIL FROM kept, our signature whole")
    o.strays += w.market.pick("proofpoint", dice, 2)
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def cname_taken_over(w, dice):
    o = w.owner(dice, days=75)
    o.google(70)
    target = f"{o.name.split('.')[0]}.oldshop-{dice.randrange(1000)}.example"
    o.zone.add(o.sub("shop"), "CNAME", target)
    turn = ordinal("2026-10-06")
    ip = w.vps(dice)
    w.zone.add(target, "A", ip, turn)
    w.zone.add(target, "TXT", f"v=spf1 ip4:{ip} -all", turn)
    o.stranger("who has taken over the shop's CNAME", ip, 60, o.sub("shop"), since="2026-10-08", header_from=o.sub("shop"), category="suspect_abuse",
               accept=("unknown", "unauthorized", "authorized"), open=True,
               why="the shop was given up, its CNAME forgotten: somebody registered the target; SPF passes by our own zone")
    o.must(esc(o.sub("shop")), esc(ip), why="where does shop.DOMAIN lead, and who is that")
    o.expect("not_ready warnings ready", False, "own mail passes; p=reject does not stop this one")


@kind
def include_taken_over(w, dice):
    o = w.owner(dice, days=75)
    o.microsoft(70)
    agency = f"spf.nl-agentur{dice.randrange(100)}.example"
    o.term("include:" + agency)
    turn = ordinal("2026-10-10")
    ips = [w.vps(dice) for _ in range(3)]
    w.zone.add(agency, "TXT", "v=spf1 ip4:81.143.77.0/28 -all", None, turn)
    w.zone.add(agency, "TXT", "v=spf1 " + " ".join("ip4:" + i for i in ips) + " -all", turn)
    o.stranger("who has bought the agency's domain", ips, 80, since="2026-10-12", category="suspect_abuse", accept=("unknown", "unauthorized",
            "authorized"), open=True,
               why="the include of a former agency, whose domain somebody bought: passes SPF, rented machines")
    o.must(esc(agency), *[esc(i) for i in ips], why="who is behind that include")
    o.expect("not_ready warnings ready", False, "own mail passes; these pass, too")


@kind
def vps_let_again(w, dice):
    o = w.owner(dice, days=90)
    o.google(70)
    ip = w.vps(dice, f"srv{dice.randrange(99)}.dealflow-media.test")
    o.term("ip4:" + ip)
    o.send("own application on a rented machine, given up", "authorized", ip, 10, until="2026-08-14", forwarded=False, helo=o.sub("app"), ours=False,
           may=False,
           accept=("unknown", "suspect_abuse", "unauthorized"), open=True)
    o.stranger("the next tenant of that machine", ip, 45, since="2026-10-07", category="suspect_abuse", accept=("unknown", "unauthorized",
            "authorized"), open=True,
               why="SPF still names the address; its name is somebody else's now")
    o.must(esc(ip), "dealflow-media", why="is this machine still ours?")
    o.expect("not_ready warnings ready", False, "own mail passes; so does the stranger")


@kind
def subdomain_without_spf(w, dice):
    o = w.owner(dice, days=66)
    o.google(60)
    ip = o.server("app", 18, dkim=None, term="ip4", category="legit_spf_missing", accept=("legit_broken", "legit_unaligned"),
                  story="application with MAIL FROM app.DOMAIN")
    o.streams[-1].mail_from = o.sub("app")
    o.must(esc(o.sub("app")), why="the record belongs at app.DOMAIN, not at DOMAIN")
    o.expect("not_ready", True, "SPF at DOMAIN does not help MAIL FROM app.DOMAIN")


@kind
def strict_alignment(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    o.strict = True
    o.google(70)
    key = dice.choice(("mailgun", "mailgun.eu"))
    o.vendor(key, 22, "full", category="legit_unaligned", accept=("legit_broken",), story="Mailgun as mg.DOMAIN, under strict alignment",
             why="SPF and DKIM pass for mg.DOMAIN, but adkim=s and aspf=s want DOMAIN itself")
    o.must("strict", "adkim", "aspf", esc(o.sub("mg")), why="relaxed alignment, or a key at DOMAIN")
    o.expect("not_ready", True, "whatever Mailgun sends is lost")


@kind
def too_wide_cidr(w, dice):
    o = w.owner(dice, days=66)
    o.uses.add("webfarm")
    own = w.market.pick("webfarm", dice, 1)[0]
    base = own.rsplit(".", 1)[0]
    o.zone.host(o.name, own)
    o.mx(o.name)
    o.spf = [dice.choice(("v=spf1 a/24 mx ~all", f"v=spf1 mx ip4:{base}.0/24 ~all", "v=spf1 mx/24 -all"))]
    o.send("mailboxes at the web host", "authorized", own, 45, sigs=(o.key("default"),))
    near = [f"{base}.{n}" for n in dice.sample(range(2, 250), 3) if f"{base}.{n}" != own]
    for ip in near:
        w.market.named("webfarm", ip)
    o.stranger("the host's other customers, who pass by /24", near, 14, since="2026-10-04", category="suspect_abuse", open=True,
               accept=("unknown", "unauthorized", "authorized"),
               why="SPF names the whole /24 of a shared host")
    o.expect("ready warnings not_ready", False, "own mail passes, and so does the neighbours'")


@kind
def idn_owner(w, dice):
    o = w.owner(dice, days=66, name=f"xn--{dice.choice(('bcher-kva', 'mnchen-3ya', 'grsse-hra8j'))}.example")
    o.google(60)
    ip = o.server("versand", 9, dkim=None, term=None, category="legit_spf_missing", story="own server of a domain with umlauts")
    o.must(esc(ip), "versand", why="the server belongs into SPF")
    o.expect("not_ready", True, "its mail is lost")


@kind
def ovh_ptr_include(w, dice):
    o = w.owner(dice, days=66, region="eu")
    o.uses.add("ovh")
    ips = w.market.pick("ovh", dice, 3)
    o.mx("mx1.mail.ovh.net")
    o.term("include:mx.ovh.com")
    o.send("mailboxes at OVH", "authorized", ips, 50, sigs=(o.key("ovhmo-selector-1"),) if dice.random() < 0.5 else ())
    o.expect("ready warnings not_ready", False, "the provider's include has ptr in it: theirs to mend, not ours")
    o.truth["avoid"] = [{"pattern": r"remove include:mx\.ovh\.com", "why": "the include is what makes it pass"}]

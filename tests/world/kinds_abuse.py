"""Strangers, in the ways that mislead: by a service of ours, by a name of ours, by a key of ours, by reports."""
import re

from kit import kind

esc = re.escape


@kind
def strangers_tenant(w, dice):
    o = w.owner(dice, days=66)
    o.google(70)
    o.vendor("sendgrid", 40, "full")
    ips = w.market.pick("sendgrid", dice, 2)
    other = f"em{dice.randrange(9999)}.crypto-gain.test"
    w.zone.add(other, "TXT", "v=spf1 include:sendgrid.net ~all")
    o.stranger("another customer of SendGrid forges us", ips, 22, other, (w.signature("sendgrid.net", "smtpapi"),), since="2026-09-20", open=True,
               accept=("unknown", "suspect_abuse"),
               why="same service, other account: MAIL FROM and key are its own")
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def strangers_microsoft_tenant(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(80)
    ips = w.market.pick("microsoft", dice, 2)
    o.stranger("a stranger's Microsoft tenant, with our MAIL FROM", ips, 16,
               sigs=(w.foreign("ogpbx7731.onmicrosoft.com", "selector1-ogpbx7731-onmicrosoft-com"),), since="2026-10-04",
               category="suspect_abuse", open=True, accept=("unknown", "unauthorized", "authorized", "legit_unaligned"),
               why="SPF passes, since Microsoft's include is everybody's; the signature names another tenant")
    o.expect("ready warnings not_ready", False, "own mail passes; the stranger's passes by SPF")


@kind
def mailchannels_not_ours(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(dice.randrange(70, 110))
    o.stranger("spoofers by MailChannels", w.market.pick("mailchannels", dice, 2), 7, open=True, accept=("unknown", "suspect_abuse"),
               why="its hosts' customers may name anybody as MAIL FROM; nothing of ours names it")
    o.never(r"mailchannels|23\.83\.2", "nobody asked it who may send as us")
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def mailchannels_ours(w, dice):
    o = w.owner(dice, days=66)
    o.google(60)
    ips = w.market.pick("mailchannels", dice, 3)
    o.uses.add("mailchannels")
    o.term("include:relay.mailchannels.net")
    o.send("own web site, by its host's MailChannels", "authorized", ips, 9, why="SPF includes it")
    o.stranger("spoofers by MailChannels, who pass", w.market.pick("mailchannels", dice, 2), 25, since="2026-10-09", category="suspect_abuse",
               open=True,
               accept=("unknown", "unauthorized", "authorized"), why="other hosts' customers, our MAIL FROM: SPF passes them")
    o.expect("ready warnings not_ready", False, "own mail passes, and so do they")


@kind
def infected_lines_of_own_customers(w, dice):
    o = w.owner(dice, days=66)
    o.server("mail", 120, mx=True)
    net = w.business(dice).rsplit(".", 2)[0]
    ips = [f"{net}.{dice.randrange(1, 250)}.{dice.randrange(2, 250)}" for _ in range(30)]
    for ip in ips:
        w.zone.pointer(ip, f"dyn-{ip.replace('.', '-')}.cust.{o.name}")
    o.stranger("customers' infected machines, under the provider's own name", ips, 20, accept=("unknown", "suspect_abuse"), forwarded=False,
               why="dyn-N.cust.DOMAIN leads there and back, as it does for every customer line: it names the line, not a server")
    o.never("|".join(esc(ip) for ip in ips[:6]), "customer lines")
    o.expect("ready warnings not_ready", False, "the provider's own mail passes")


@kind
def vps_with_name_and_spf(w, dice):
    o = w.owner(dice, days=66)
    o.google(80)
    host = f"mx.{dice.choice(('bulk-offers', 'dealz-today', 'winmail'))}{dice.randrange(99)}.test"
    ip = w.vps(dice, host)
    w.zone.add(host, "TXT", f"v=spf1 ip4:{ip} -all")
    o.stranger("spammer with a proper machine", ip, 60, host, (w.foreign(host, "default"),), accept=("unknown",),
               why="own name, own SPF, own key, our From")
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def vps_forges_mail_from(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(90)
    ip = w.vps(dice)
    o.stranger("a rented machine forges MAIL FROM, every day", ip, 12, open=True, accept=("unknown",), helo="mail." + o.name, since="2026-09-10",
               why="steady and with our MAIL FROM, as a forgotten server would be; nothing of ours leads there")
    o.never(esc(ip), "ask before")
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def compromised_shop(w, dice):
    o = w.owner(dice, days=75)
    o.google(60)
    sig = o.key("shop")
    ip = o.server("shop", 25, dkim=sig)
    o.send("own shop server, taken over, sends a hundred times as much", "suspect_abuse", ip, 2600, sigs=(sig,),
           when="between:2026-10-17,2026-10-19", accept=("authorized",), forwarded=False,
           why="our server, our key, and a flood on three days")
    o.must(esc(o.sub("shop")), esc(ip), why="look at that server")
    o.expect("ready warnings not_ready", False, "passes; that is the trouble")


@kind
def replay_of_one_message(w, dice):
    o = w.owner(dice, days=66)
    o.google(70)
    sig = o.key("promo")
    o.server("news", 30, dkim=sig)
    ips = [w.vps(dice) for _ in range(10)] + [w.line(dice) for _ in range(45)]
    host = "bounce.replay-net.test"
    o.stranger("one signed message, sent again by many", ips, 900, host, (sig,), category="suspect_abuse", when="between:2026-10-13,2026-10-16",
               accept=("unknown", "unauthorized"),
               why="our key, from fifty networks in four days, MAIL FROM of a stranger")
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def spoofed_subdomains(w, dice):
    o = w.owner(dice, days=66)
    o.google(70)
    for label in ("invoice", "hr", "secure-login"):
        ips = [w.vps(dice)] + [w.line(dice) for _ in range(8)]
        o.stranger(f"spoofers as {label}.DOMAIN", ips, 9, o.sub(label), header_from=o.sub(label), accept=("unknown",), since="2026-09-18",
                   why="a name below ours that does not exist")
    o.never(r"^v=spf1 .*ip4:(45\.76|139\.162|95\.217|167\.71|51\.38)\.", "a forger's machine")
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def forged_mail_handed_on(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(80)
    uni = dice.choice([f for f in w.forwarders if not f.mail_from])
    o.stranger("forged mail that a university's members hand on", uni.ips, 8, category="forwarder", open=True, accept=("unknown", "unauthorized",
            "suspect_abuse"),
               why="botnet mail with our MAIL FROM to addresses with a .forward: only the relay is seen, everything fails")
    for ip in uni.ips:
        o.never(esc(ip), "the university's relay")
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def botnet_as_us(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(60)
    o.botnet(200, 160, "botnet with our MAIL FROM", mail_from=o.name, since="2026-10-02", until="2026-10-29")
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def spoofer_named_like_us(w, dice):
    o = w.owner(dice, days=66)
    o.server("mail", 70, mx=True)
    ip = w.vps(dice)
    w.zone.pointer(ip, o.sub("mail2"), forward=False)
    o.stranger("forger whose PTR claims our name", ip, 30, since="2026-09-25", accept=("unknown", "suspect_abuse"),
               why="mail2.DOMAIN does not lead back: anybody can claim a PTR")
    o.never(esc(ip), "an unconfirmed name")
    o.expect("ready warnings not_ready", False, "own mail passes")


def forged(w, dice, reporters, claim):
    o = w.owner(dice, days=75, p="quarantine", quarantine_since="2026-08-01", forwarding=0.006)
    o.google(70, when="daily")
    o.server("mail", 30)
    o.stranger("rented machine that forges us", w.vps(dice), 20, accept=("unknown",), open=True)
    o.forged = [{"reporters": reporters, "claim": claim}]
    o.expect("ready warnings", False, f"{reporters} invented reporters say that {'the forger passes' if claim == 'passes' else 'our server fails'}: "
                                      f"nothing may change")


@kind
def forged_report_by_one(w, dice):
    forged(w, dice, 1, "passes")
    forged(w, dice, 1, "fails")


@kind
def forged_reports_by_ten(w, dice):
    forged(w, dice, 10, "passes")
    forged(w, dice, 10, "fails")


@kind
def forged_reports_by_a_thousand(w, dice):
    forged(w, dice, 1000, "passes")
    forged(w, dice, 1000, "fails")

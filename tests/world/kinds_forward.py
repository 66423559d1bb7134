"""Mail of the owner that others hand on. It may fail, it may look like a sender of its own; none of it may enter SPF."""
import re

from kit import Sig, kind

esc = re.escape


@kind
def microsoft_relay_pool(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(dice.randrange(60, 100))
    ip = o.server("ex01", 14, dkim=None, term=None, category="legit_spf_missing", story="office server, missing from SPF", when="office")
    pool = w.market.pick("microsoft.pool", dice, 2)
    o.send("Microsoft's relay pool: what failed on entry is handed on", "forwarder", pool, 3, when="office", ours=False, may=False, forwarded=False,
           open=True, accept=("unknown",),
           helo="mail-db8eur05rly2021.outbound.protection.outlook.com",
           why="40.95.0.0/16 is left out of Microsoft's include on purpose: anybody's forwarded mail that did not pass")
    o.must(esc(ip), esc(o.sub("ex01")), why="the office server")
    o.never(r"40\.95\.", "the pool of all tenants")
    o.expect("not_ready", True, "the office server's mail is lost")


@kind
def dotforward_of_unsigned_mail(w, dice):
    o = w.owner(dice, days=75, spoof=False, forwarding=0)
    ip = o.server("mail", dice.randrange(16, 34), dkim=None, term="mx", mx=True, accept=("legit_broken",))
    uni = dice.choice([f for f in w.forwarders if not f.mail_from])
    o.send(uni.name, "forwarder", uni.ips[:1], 5, ours=False, may=False, forwarded=False, open=True, accept=("unknown",), helo="mx",
           why="a member lets mail be forwarded; MAIL FROM kept, nothing signed, so it fails there")
    o.never(esc(uni.ips[0]), "the university's relay")
    o.must("dkim", "sign", why="a key makes forwarding survive")
    o.expect("not_ready warnings", False, "a sixth of what is received fails, all of it forwarded")


@kind
def forwarded_unsigned_everywhere(w, dice):
    o = w.owner(dice, days=66, forwarding=0.12)
    o.forwarders = [f for f in w.forwarders]
    o.server("mail", 70, dkim=None, term="mx", mx=True, accept=("legit_broken",))
    o.must("dkim", "sign", why="everything that is handed on fails")
    o.expect("not_ready warnings", False, "an eighth of its mail is forwarded and fails")


@kind
def university_carries_selector(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    o.google(60)
    sig = o.key("alumni24")
    ip = o.server("news", 3, dkim=sig, story="alumni letter, to members directly")
    uni = [f for f in w.forwarders if not f.mail_from][0]
    o.send("alumni letter, by the university's relay", "forwarder", uni.ips, 30, sigs=(sig,), ours=False, may=False, forwarded=False, open=True,
           accept=("unknown", "authorized"),
           why="members' university addresses hand it on: MAIL FROM kept, our signature whole; nine tenths of that selector are seen from there")
    for u in uni.ips:
        o.never(esc(u), "the university's relay")
    o.expect("ready warnings not_ready", False, "DKIM passes all the way")


@kind
def google_groups_and_calendar(w, dice):
    o = w.owner(dice, days=66, forwarding=0.02)
    o.google(90)
    sig = o.streams[-1].sigs[0]
    o.send("calendar invitations by Google", "authorized", w.market.pick("google.sor", dice, 2), 9, "calendar-server.bounces.google.com", (sig,),
           forwarded=False,
           accept=("forwarder",), why="MAIL FROM is Google's, our key signs")
    groups = [f for f in w.forwarders if f.mail_from == "googlegroups.com"][0]
    o.send("Google groups of others", "forwarder", groups.ips, 6, "googlegroups.com", (Sig(sig.d, sig.s, sig.p, False),
            w.signature("googlegroups.com", "20251104")), ours=False, may=False,
           forwarded=False, accept=("unknown",), override=("mailing_list", ""), why="footers break our signature")
    o.expect("ready warnings not_ready", False, "own mail passes; groups break some of it")


@kind
def list_breaks_and_rewrites(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    o.server("mail", 60, mx=True)
    sig = o.streams[-1].sigs[0]
    lists = [f for f in w.forwarders if "mailing list" in f.name]
    o.send(lists[0].name, "forwarder", lists[0].ips, 9, lists[0].mail_from, (Sig(sig.d, sig.s, sig.p, False),) + lists[0].signs, ours=False,
           may=False, forwarded=False, accept=("unknown",),
           why="keeps From, adds a footer, signs as the list")
    o.expect("ready warnings not_ready", False, "posts to a list that does not rewrite From")


@kind
def srs_and_cloudflare(w, dice):
    o = w.owner(dice, days=66, forwarding=0.2)
    o.forwarders = [f for f in w.forwarders if f.mail_from and "list" not in f.name and "group" not in f.name]
    o.microsoft(90)
    o.expect("ready warnings not_ready", False, "a fifth is forwarded with SRS and our signature whole")


@kind
def gateway_redelivery_at_receivers(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    o.google(90)
    sig = o.streams[-1].sigs[0]
    ips = w.market.pick("mimecast.eu", dice, 2) + w.market.pick("proofpoint", dice, 1)
    o.send("filters of receivers that hand on to their mailbox host", "forwarder", ips, 8, sigs=(sig,), when="office", ours=False, may=False,
           forwarded=False, accept=("unknown",),
           why="MAIL FROM kept, our signature whole: inbound filters of others")
    o.send("the same, links rewritten", "forwarder", ips, 3, sigs=(Sig(sig.d, sig.s, sig.p, False),), when="office", ours=False, may=False,
           forwarded=False, accept=("unknown",))
    o.never("_netblocks.mimecast|pphosted", "receivers' filters")
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def forwarded_hand_over_of_vendor(w, dice):
    o = w.owner(dice, days=66, forwarding=0.08)
    o.microsoft(60)
    o.vendor("zendesk", 25, "spf", accept=("legit_broken", "legit_unaligned"), story="Zendesk by SPF alone",
             why="no key of ours at Zendesk: forwarded answers fail")
    o.must("zendesk|dkim", why="the keys at Zendesk")
    o.expect("not_ready warnings", False, "what is forwarded of Zendesk's mail is lost")

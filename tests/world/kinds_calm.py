"""Domains whose mail is in order, whatever else happens around them: what must not be spoilt, and must not be called wrong."""
from kit import kind

FINE = "ready warnings"
NONE = "ready warnings not_ready"      # in order, but still p=none: a careful reader may want a step before reject
FEW = "insufficient_data not_ready"


def tidy(w, dice, **more):
    o = w.owner(dice, **{"p": "quarantine", "quarantine_since": "2026-08-01", "days": 95, "forwarding": 0.006, **more})
    o.google(dice.randrange(90, 160), when="daily")
    o.vendor("sendgrid", dice.randrange(30, 70), "full")
    o.server("mail", dice.randrange(10, 25), mx=False)
    return o


@kind
def tidy_ready(w, dice):
    o = tidy(w, dice)
    o.expect(FINE, False, "everything passes by an aligned signature, three months at quarantine")


@kind
def tidy_under_flood(w, dice):
    o = tidy(w, dice)
    for since, until in (("2026-09-12", "2026-09-14"), ("2026-10-06", "2026-10-09"), ("2026-10-21", "2026-10-22")):
        o.botnet(260, dice.randrange(9000, 14000), f"flood of {since}", since=since, until=until, forwarded=False, accept=())
    o.stranger("VPS that forges every day", w.vps(dice, "out.win-today.test"), 300, "win-today.test", accept=("unknown",),
               why="rented machine, MAIL FROM and name of its own")
    o.expect(FINE, False, "its own mail is as tidy as ever; what is spoofed is what p=reject is for")


@kind
def google_and_microsoft(w, dice):
    o = w.owner(dice, days=66)
    o.google(dice.randrange(60, 120))
    o.microsoft(dice.randrange(50, 90), dkim=False, mx=False, accept=("legit_unaligned", "legit_broken"),
                why="passes by SPF alone; signs as its tenant's onmicrosoft.com")
    o.vendor("mailchimp", 140, "dkim", when="weekly:2")
    o.must("microsoft", "outlook", why="DKIM was never switched on at Microsoft 365: whatever is forwarded from there is lost")
    o.expect("not_ready warnings", False, "SPF alone carries Microsoft's share")


@kind
def small_domain(w, dice):
    o = w.owner(dice, spoof=False, forwarding=0)
    o.google(1.4)
    o.expect(FEW, False, "some forty messages a month prove little")


@kind
def one_reporter(w, dice):
    o = w.owner(dice, orgs=["google.com"])
    o.google(40)
    o.vendor("brevo", 20, "dkim")
    o.expect(FEW, False, "what one receiver sees is no picture")


@kind
def mid_rollout(w, dice):
    o = tidy(w, dice, quarantine_since="2026-10-21")
    o.expect(NONE, False, "quarantine for eleven days: nothing is wrong, it is early")


@kind
def receives_only(w, dice):
    o = w.owner(dice, days=66, spoof=False)
    o.mx("aspmx.l.google.com", "alt1.aspmx.l.google.com")
    o.spf = ["v=spf1 -all"]
    o.botnet(60, 5)
    o.expect("ready warnings not_ready insufficient_data", False, "it has an MX and sends nothing: SPF says -all", sends=False)


@kind
def mailboxes_at_a_shared_host(w, dice):
    o = w.owner(dice, days=66, p="quarantine", quarantine_since="2026-08-01", forwarding=0.006)
    o.uses.add("webfarm")
    own = w.market.pick("webfarm", dice, 1)[0]
    o.zone.host(o.name, own)
    o.mx(o.name)
    o.term("a")
    o.term("mx")
    o.term("include:spf.sharedhost.example")
    o.send("mailboxes at the web host", "authorized", [own] + w.market.pick("webfarm", dice, 1), 45, sigs=(o.key("default"),),
           why="SPF names the host, the panel signs with our key")
    o.expect(FINE, False, "as a panel sets it up")


@kind
def salesforce_by_spf(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    o.google(70)
    o.uses.add("salesforce")
    o.term("include:_spf.salesforce.com")
    o.send("Salesforce without bounce management: MAIL FROM is ours", "authorized", w.market.pick("salesforce", dice, 3), 30, sigs=(o.key("sf1"),),
           why="_spf.salesforce.com asks exists:%{i} for each address")
    o.expect(NONE, False, "SPF by a macro, and a key")


@kind
def vendor_with_many_addresses(w, dice):
    o = w.owner(dice, days=66, p="quarantine", quarantine_since="2026-07-20", forwarding=0.006)
    o.microsoft(60)
    o.vendor("ses", 90, "full", n=60)
    o.expect(FINE, False, "sixty addresses with one or two messages a day each, all signed")


@kind
def newsletter_monthly(w, dice):
    o = tidy(w, dice)
    o.vendor("mailchimp", 900, "dkim", when="monthly:1", why="the newsletter of the first of the month; signed")
    o.expect(FINE, False, "a monthly sender that passes")


@kind
def key_rotation_done(w, dice):
    o = w.owner(dice, p="quarantine", quarantine_since="2026-07-15", days=95, forwarding=0.006)
    day = dice.randrange(3, 25)
    from kit import ordinal
    turn = ordinal(f"2026-09-{day:02}")
    old, new = o.key("k2025", until=turn + 8), o.key("k2026", since=turn - 3)
    ip = o.server("mail", 70, dkim=old, mx=True)
    o.streams[-1].until = f"2026-09-{day:02}"
    o.send("own server mail", "authorized", ip, 70, sigs=(new,), since=f"2026-09-{day + 1:02}")
    o.vendor("postmark", 25, "full")
    o.truth["avoid"] = [{"pattern": "k2025", "why": "the old key is gone because nobody needs it any more"}]
    o.expect(FINE, False, "a rotation done by the book")


@kind
def return_paths_by_cname(w, dice):
    o = w.owner(dice, p="quarantine", quarantine_since="2026-07-20", days=80, forwarding=0.006)
    o.microsoft(dice.randrange(60, 110))
    o.vendor("sendgrid", 35, "full")
    o.vendor("postmark", 25, "full", label="bounce")
    o.vendor("mandrill", 20, "full")
    o.expect(FINE, False, "three vendors with a Return-Path of ours and our keys")


@kind
def vendors_in_order(w, dice):
    o = w.owner(dice, days=75, forwarding=0.01)
    o.google(80)
    for key, n, mode in dice.sample([("salesforce", 30, "dkim"), ("ses", 40, "full"), ("zendesk", 25, "spf+dkim"), ("hubspot", 30, "dkim"),
                                     ("brevo", 30, "dkim"),
                                     ("mailgun", 25, "full"), ("mailgun.eu", 25, "full"), ("freshdesk", 15, "dkim"), ("createsend", 60, "dkim")], 5):
        o.vendor(key, n, mode)
    o.expect(NONE, False, "five services, all set up as their manuals say")


@kind
def salesforce_and_ses(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    o.microsoft(70)
    o.vendor("salesforce", 30, "dkim", why="MAIL FROM is bnc.salesforce.com, which never aligns; the key does")
    o.vendor("ses", 45, "full")
    o.vendor("mailgun.eu", 30, "full")
    o.expect(NONE, False, "DKIM carries Salesforce; SES has a MAIL FROM domain of ours")


@kind
def zendesk_hubspot_mailchimp(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    o.google(70)
    o.vendor("zendesk", 30, "spf+dkim")
    o.vendor("hubspot", 25, "dkim")
    o.vendor("mailchimp", 200, "dkim", when="weekly:3")
    o.truth["avoid"] = [{"pattern": "include:servers.mcsv.net", "why": "Mailchimp's MAIL FROM never aligns: the include is of no use"}]
    o.expect(NONE, False, "all three sign with our keys")


@kind
def bounces_signed(w, dice):
    o = w.owner(dice, days=66, p="quarantine", quarantine_since="2026-08-01", forwarding=0.006)
    sig = o.key("mx")
    ip = o.server("mail", 60, dkim=sig, mx=True)
    o.send("bounces of the own server", "authorized", ip, 5, "", (sig,), why="empty MAIL FROM, HELO mail.DOMAIN has no SPF, the signature passes")
    o.expect(FINE, False, "bounces pass by DKIM")


@kind
def bounces_unsigned(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    ip = o.server("mail", 60, mx=True, accept=("legit_broken",))
    o.send("bounces of the own server, unsigned", "authorized", ip, 4, "", (), accept=("legit_broken", "legit_spf_missing", "legit_unaligned"),
           why="From MAILER-DAEMON@, empty MAIL FROM, HELO without SPF, no signature: fails")
    o.must(r"helo|bounce|empty|mailer-daemon|mail from is empty|" + o.sub("mail").replace(".", r"\."),
           why="sign bounces, or publish SPF at the HELO name")
    o.expect("not_ready", True, "its bounces fail: who writes to a wrong address never learns of it")


@kind
def ready_with_backup_mx_of_others(w, dice):
    o = tidy(w, dice)
    ips = [w.vps(dice, f"backup-mx{i}.stonebridge-isp.example") for i in (1, 2)]
    w.zone.add("stonebridge-isp.example", "TXT", "v=spf1 a:backup-mx1.stonebridge-isp.example -all")
    o.send("backup MX of receivers, which hands on", "forwarder", ips, 2.5, sigs=(o.streams[1].sigs[0],), ours=False, may=False, forwarded=False,
           why="mail of ours that reached a receiver by its secondary; MAIL FROM kept, our signature whole")
    o.expect(FINE, False, "nothing is lost: DKIM passes behind the backup MX")


@kind
def newcomer_with_temperror(w, dice):
    o = tidy(w, dice)
    o.vendor("mailgun", 14, "full", since="2026-10-12", why="new since 12 October; one receiver sometimes says temperror")
    o.expect(FINE, False, "a new sender that passes; temperrors are of the receiver")


@kind
def parked(w, dice):
    o = w.owner(dice, days=66, spoof=False)
    o.zone.add(o.name, "MX", "0 .")
    o.spf = ["v=spf1 -all"]
    o.botnet(40, 2.5, accept=("unknown",))
    o.expect(FINE, False, "null MX, -all, nobody sends: p=reject now", sends=False)


@kind
def parked_under_flood(w, dice):
    o = w.owner(dice, days=66, spoof=False)
    o.zone.add(o.name, "MX", "0 .")
    o.spf = ["v=spf1 -all"]
    o.botnet(220, 700, accept=())
    o.stranger("VPS with a name and SPF of its own", w.vps(dice, "mail.promo-stream.test"), 200, "promo-stream.test", accept=("unknown",))
    w.zone.add("promo-stream.test", "TXT", "v=spf1 a:mail.promo-stream.test -all")
    o.expect(FINE, False, "however much is spoofed, none of it is ours", sends=False)


@kind
def parked_without_records(w, dice):
    o = w.owner(dice, days=66, spoof=False)
    o.botnet(90, 14)
    o.must("-all", "reject", "null mx", "park", why="nobody sends: say so in DNS")
    o.expect("ready warnings not_ready insufficient_data", False, "registered, nothing published, only lines all over the world send as it",
             sends=False)

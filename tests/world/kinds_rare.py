"""Mail that goes out once in a while: monthly, quarterly, and what is lost of it when one month is looked at alone."""
import re

from kit import kind

esc = re.escape


@kind
def quarterly_behind_full_spf(w, dice):
    o = w.owner(dice, days=400, spoof=False, orgs=["google.com", "Enterprise Outlook", "Yahoo", "Fastmail Pty Ltd"], forwarding=0.01)
    o.google(26)
    stripe = w.market.pick("stripe", dice, 2)
    o.uses.add("stripe")
    for include in ("mail.zendesk.com", "_spf.salesforce.com", "spf.protection.outlook.com", "mailgun.org", "spf1.stripe.com", "_spf.createsend.com",
                    "spf.brevo.com"):
        o.term("include:" + include)
    ip = o.server("app", 9, dkim=None, term="a:" + o.sub("app"), category="legit_broken", accept=("legit_spf_missing",),
                  story="own application, behind the tenth lookup")
    o.send("quarterly invoices", "authorized", stripe, 120, when="quarterly:29", accept=("unknown",), forwarded=False,
           why="by spf1.stripe.com, in the last days of each quarter; SPF alone")
    o.must("lookup", why="below ten lookups, without losing the invoices")
    o.expect("not_ready", True, "permerror for what stands last")


@kind
def monthly_behind_full_spf(w, dice):
    o = w.owner(dice, days=190, spoof=False, orgs=["google.com", "Enterprise Outlook", "Yahoo", "GMX"], forwarding=0.01)
    o.microsoft(30)
    monthly = dice.choice(("stripe", "createsend"))
    others = [i for i in ("mail.zendesk.com", "_spf.salesforce.com", "mailgun.org", "spf1.stripe.com", "_spf.createsend.com", "spf.brevo.com")]
    dice.shuffle(others)
    for include in others:
        o.term("include:" + include)
    o.uses |= {"stripe", "createsend"}
    o.send("account statements once a month", "authorized", w.market.pick(monthly, dice, 2), 80, when="monthly:30",
           accept=("unknown", "legit_broken"), forwarded=False,
           why=f"by {monthly}'s include on the thirtieth; SPF alone")
    o.term("a:" + o.sub("crm"))
    o.server("crm", 9, dkim=None, term="mx:" + o.sub("in"), category="legit_broken", accept=("legit_spf_missing",),
             story="own CRM, behind the tenth lookup")
    o.zone.add(o.sub("in"), "MX", "10 " + o.sub("crm"))
    o.must("lookup", why="below ten lookups, without losing the statements")
    o.expect("not_ready", True, "permerror for what stands last")


@kind
def monthly_at_ten_lookups(w, dice):
    o = w.owner(dice, days=190, spoof=False, orgs=["google.com", "Enterprise Outlook", "Yahoo", "mimecast.org"], forwarding=0.01)
    o.google(30)
    for include in ("mail.zendesk.com", "_spf.salesforce.com", "mailgun.org", "spf1.stripe.com", "_spf.createsend.com", "spf.brevo.com"):
        o.term("include:" + include)
    o.uses |= {"stripe", "createsend"}
    o.send("statements once a month", "authorized", w.market.pick("stripe", dice, 2), 90, when="monthly:3", forwarded=False,
           why="by spf1.stripe.com on the third")
    ip = o.server("hr", 8, dkim=None, term=None, category="legit_spf_missing", story="personnel system, missing", when="office")
    o.must(esc(ip), esc(o.sub("hr")), why="an ip4 costs no lookup; no include of ours has to go")
    o.expect("not_ready", True, "personnel mail is lost")


@kind
def monthly_run_failed(w, dice):
    o = w.owner(dice, days=100, p="quarantine", quarantine_since="2026-07-01", forwarding=0.006)
    o.google(dice.randrange(90, 150))
    ip = w.business(dice)
    o.own.append(ip)
    w.zone.pointer(ip, o.sub("core"))
    o.send("statements on the first of the month", "legit_spf_missing", ip, dice.randrange(300, 450),
           when=dice.choice(("monthly:1", "on:2026-10-01")), forwarded=False,
           accept=("legit_broken",), why="core.DOMAIN leads there and back; 1 October, all failed, not seen since")
    o.must(esc(ip), esc(o.sub("core")), why="the statements of 1 October")
    o.expect("not_ready", True, "the next run is lost")


@kind
def payslips_fail(w, dice):
    o = w.owner(dice, days=130, forwarding=0.01)
    o.microsoft(dice.randrange(60, 100))
    house = f"lohnbuero{dice.randrange(100)}.example"
    ip = w.vps(dice, f"smtp.{house}")
    w.zone.add(house, "TXT", f"v=spf1 ip4:{ip} -all")
    o.send("payslips once a month", "legit_spf_missing", ip, dice.randrange(25, 60), when="monthly:28", open=True,
           accept=("unknown", "legit_unaligned"), forwarded=False,
           why="the payroll office sends as us on the 28th, unsigned, not in SPF: its name tells who it is, not whose")
    o.must(esc(ip), "lohnbuero", why="ask; then ip4 or a key")
    o.expect("not_ready", True, "payslips are lost")


@kind
def quarterly_in_order(w, dice):
    o = w.owner(dice, days=200, p="quarantine", quarantine_since="2026-06-01", spoof=False, orgs=["google.com", "Enterprise Outlook", "Yahoo",
            "GMX"], forwarding=0.005)
    o.google(34, when="daily")
    o.vendor("createsend", 400, "dkim", when="quarterly:15")
    ip = o.server("mail", 10)
    o.expect("ready warnings", False, "a quarterly letter that passes")


@kind
def yearly_sender_gone(w, dice):
    o = w.owner(dice, days=240, p="quarantine", quarantine_since="2026-06-01", spoof=False, orgs=["google.com", "Enterprise Outlook", "Yahoo"],
                forwarding=0.005)
    o.google(30, when="daily")
    ip = o.server("survey", 150, dkim=None)
    o.streams[-1].when = "on:2026-03-16,2026-03-17,2026-03-18"
    o.streams[-1].forwarded = False
    o.expect("ready warnings", False, "a survey once a year, last in March, in SPF: it must stay there")


@kind
def monthly_newsletter_unsigned(w, dice):
    o = w.owner(dice, days=130)
    o.microsoft(80)
    o.vendor("mandrill", 300, "none", when="monthly:15", story="monthly letter by Mandrill, nothing set up", open=True, accept=("unknown",),
             forwarded=False)
    o.must("mandrill", why="ask; DKIM at the vendor")
    o.expect("not_ready", True, "the letter is lost")

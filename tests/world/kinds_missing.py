"""Mail of the owner that SPF does not name, or that aligns with nothing: what it is, and how much of that a reader can know."""
import ipaddress
import re

from kit import kind

LOSES = "not_ready"


def esc(text):
    return re.escape(text)


@kind
def printer_server(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(dice.randrange(60, 110), include=True)
    ip = o.server("ex01", dice.randrange(8, 16), dkim=None, term=None, category="legit_spf_missing",
                  story="printer and scanner server in the office", when="office",
                  why="ex01.DOMAIN leads there and back, every working day")
    o.must(esc(ip), esc(o.sub("ex01")), why="the office server belongs into SPF")
    o.expect(LOSES, True, "a tenth of its mail is refused at p=reject")


@kind
def office_line_without_name(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(dice.randrange(60, 110))
    ip = w.business(dice)
    w.zone.pointer(ip, f"p{ip.replace('.', '-')}.business.telelinha.example")
    o.strays.append(ip[:-1] + "1" if not ip.endswith("1") else ip[:-1] + "2")
    o.send("scanner in a branch office", "legit_spf_missing", ip, 9, when="office", open=True, accept=("unknown",),
           why="a business line with its provider's name: steady, but it could be anybody's")
    o.must(esc(ip), "telelinha", why="ask whose it is")
    o.expect(LOSES, True, "if it is theirs (it is), it is lost")


@kind
def contact_form_and_neighbour(w, dice):
    o = w.owner(dice, days=66)
    o.google(dice.randrange(30, 60))
    own, next_door = w.market.pick("webfarm", dice, 2)
    o.uses.add("webfarm")
    o.zone.host(o.name, own)
    o.zone.add(o.sub("www"), "CNAME", o.name)
    o.send("contact form of the own web site", "legit_spf_missing", own, 6, why="the domain's own A record leads there")
    o.stranger("another customer of the web host", next_door, 25, when="between:2026-10-11,2026-10-19", open=True,
               accept=("unknown", "suspect_abuse"),
               why="same host, other machine, nine days: nothing leads there")
    o.must(esc(own), why="ip4 of the machine that the A record names")
    o.never(esc(next_door), "the neighbour")
    o.never("include:spf.sharedhost.example", "would let in every customer of the host")
    o.expect(LOSES, True, "the form's mail is lost")


@kind
def xserver_form(w, dice):
    o = w.owner(dice, days=66, region="jp")
    o.google(dice.randrange(25, 50))
    own, other, neighbour = w.market.pick("xserver", dice, 3)
    o.uses.add("xserver")
    o.zone.host(o.name, own)
    o.zone.host(o.sub("www"), own)
    o.send("form mail of the own site", "legit_spf_missing", own, 5, why="our A record leads there")
    o.send("second form, PHP's default MAIL FROM", "legit_unaligned", own, 2, w.zone.ask(ipaddress.ip_address(own).reverse_pointer, "PTR")[0],
           accept=("legit_spf_missing", "legit_broken"), why="MAIL FROM is the server's own name: SPF of ours cannot help it")
    o.stranger("another customer next door", neighbour, 12, when="between:2026-10-05,2026-10-13", open=True, accept=("unknown", "suspect_abuse"))
    o.must(esc(own), why="the machine of the form")
    o.never("include:spf.sender.xserver.jp", "lets every customer of Xserver in")
    o.never(esc(neighbour), "the neighbour")
    o.expect(LOSES, True, "form mail is lost")


@kind
def ticket_system(w, dice):
    o = w.owner(dice, days=66)
    o.google(dice.randrange(50, 90))
    ip = w.vps(dice, o.sub("tickets"))
    o.own.append(ip)
    o.send("ticket system on a rented machine", "legit_spf_missing", ip, 14, why="tickets.DOMAIN leads there and back")
    o.must(esc(ip), esc(o.sub("tickets")), why="the ticket system belongs into SPF, or signs")
    o.expect(LOSES, True, "answers to customers are lost")


@kind
def second_relay(w, dice):
    o = w.owner(dice, days=66)
    sig = o.key("s1")
    o.server("out1", 60, dkim=sig, mx=True)
    ip = o.server("out2", 40, dkim=None, term=None, category="legit_spf_missing", story="second relay, without key and SPF", since="2026-09-15")
    o.must(esc(ip), esc(o.sub("out2")), why="out2 was forgotten")
    o.expect(LOSES, True, "four in ten of its messages fail")


@kind
def second_relay_signs(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    sig = o.key("s1")
    o.server("out1", 60, dkim=sig, mx=True)
    o.server("out2", 40, dkim=sig, term=None, accept=("legit_spf_missing",), story="second relay, signs, not in SPF",
             why="DMARC passes by the key; SPF is missing")
    o.expect("ready warnings not_ready", False, "passes by DKIM; SPF wants the second address, too")


@kind
def ipv6_temporary_addresses(w, dice):
    o = w.owner(dice, days=66)
    o.google(40)
    prefix = f"2a01:4f8:{dice.randrange(0x100, 0xfff):x}:{dice.randrange(0x100, 0xfff):x}"
    fixed = f"{prefix}::25"
    v4 = o.server("web", 10, dkim=None)
    w.zone.host(o.sub("web"), fixed)
    o.term("ip6:" + fixed)
    o.own.append(fixed)
    ips = [f"{prefix}:{dice.randrange(1, 65535):x}:{dice.randrange(1, 65535):x}:{dice.randrange(1, 65535):x}:{dice.randrange(1, 65535):x}"
           for _ in range(18)]
    o.send("own web server, temporary IPv6 addresses", "legit_spf_missing", ips, 8, accept=("unknown",), open=True, helo=o.sub("web"),
           why="privacy addresses of the /64 that web.DOMAIN lies in; SPF names ::25 alone")
    o.must(esc(prefix), r"/64", "ipv6", why="the whole /64 is the server's, or it should send from ::25")
    o.strays += [v4 and f"{prefix[:-1]}{'0' if prefix[-1] != '0' else '1'}::25"]
    o.expect(LOSES, True, "what leaves by a temporary address is lost")


@kind
def ipv6_forgotten(w, dice):
    o = w.owner(dice, days=66)
    ip6 = f"2a01:4f8:{dice.randrange(256, 4095):x}:{dice.randrange(256, 4095):x}::{dice.randrange(2, 99):x}"
    o.server("mail", dice.randrange(20, 50), dkim=None, mx=True)
    w.zone.pointer(ip6, o.sub("mail"))
    o.own.append(ip6)
    o.send("own server over IPv6", "legit_spf_missing", ip6, dice.randrange(12, 30), why="A and AAAA of mail.DOMAIN are one machine; SPF names the A")
    o.must("ip6:" + esc(ip6), "ipv6", esc(ip6), why="its IPv6 address, too")
    o.expect(LOSES, True, "what leaves over IPv6 is lost")


@kind
def five_invoices_a_week(w, dice):
    o = w.owner(dice, days=80, p="quarantine", quarantine_since="2026-08-01")
    o.google(dice.randrange(140, 220))
    ip = o.server("erp", 1, dkim=None, term=None, category="legit_spf_missing", story="five invoices a week", when="office", forwarded=False,
                  accept=("unknown",),
                  why="erp.DOMAIN leads there and back; few, but they are invoices")
    o.must(esc(ip), esc(o.sub("erp")), why="invoices, however few")
    o.expect(LOSES, True, "under half a percent, and all of them are invoices")


@kind
def help_desk_not_in_spf(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(dice.randrange(60, 100))
    stream = o.vendor("zendesk", 22, "spf", category="legit_spf_missing", story="Zendesk sends as us, include forgotten", open=False,
                      why="support.DOMAIN is a CNAME to Zendesk: it is ours")
    o.terms.remove("include:mail.zendesk.com")
    o.zone.add(o.sub("support"), "CNAME", o.name.split(".")[0] + ".zendesk.com")
    w.zone.host(o.name.split(".")[0] + ".zendesk.com", "104.16.51.111")
    stream.sigs = (w.signature("zendesk.com", "zendesk1"),)
    o.must("zendesk", why="the include, and the keys")
    o.expect(LOSES, True, "answers to customers are lost")


@kind
def newsletter_not_set_up(w, dice):
    o = w.owner(dice, days=80)
    o.google(70)
    key = dice.choice(("mailchimp", "brevo", "createsend", "sendgrid"))
    o.vendor(key, 260, "none", when="weekly:4", story=f"newsletter by {key}, nothing set up", open=True, accept=("unknown",),
             why="every Friday, signed by the vendor alone; nothing in DNS names it")
    o.must({"mailchimp": "mailchimp|mcsv", "brevo": "brevo|sender-sib|sendinblue", "createsend": "createsend|cmail|campaign monitor",
            "sendgrid": "sendgrid"}[key],
           why="ask; if theirs, DKIM at the vendor")
    o.expect(LOSES, True, "the newsletter is lost")


@kind
def vendor_set_up_at_half(w, dice):
    o = w.owner(dice, days=66)
    o.google(70)
    o.vendor("hubspot", 40, "none", story="HubSpot, second portal without keys", open=True, accept=("legit_broken", "unknown"),
             why="the first portal signs with our key, the second signs as itself alone")
    o.vendor("hubspot", 30, "dkim", story="HubSpot, first portal")
    o.must("hubspot", why="switch on DKIM for the other portal")
    o.expect(LOSES, True, "half of HubSpot's mail is lost")


@kind
def dkim_never_on(w, dice):
    o = w.owner(dice, days=66, forwarding=0.05)
    o.microsoft(dice.randrange(80, 140), dkim=False, accept=("legit_broken", "legit_unaligned"))
    o.vendor("zendesk", 20, "spf", accept=("legit_broken", "legit_unaligned"))
    o.must("microsoft|outlook|dkim", why="nothing is signed with a key of ours")
    o.expect("not_ready warnings", False, "SPF alone; everything forwarded is lost")


@kind
def sends_only_by_vendor(w, dice):
    o = w.owner(dice, days=66, spoof=dice.random() < 0.5, forwarding=0.02)
    o.zone.host(o.name, w.business(dice))
    ips = [w.vps(dice, f"mta{n}.{dice.choice(('abrechnung-nord', 'billrun', 'factura24'))}.example") for n in (1, 2)]
    o.send("invoices by a billing service", "legit_spf_missing", ips, 40, when="office", open=True, accept=("unknown", "legit_unaligned",
            "legit_broken"),
           why="forty a working day from two named machines of one service; nothing was ever set up")
    o.must(*[esc(ip) for ip in ips], "abrechnung-nord|billrun|factura24", why="ask whether they are theirs; SPF and a key")
    o.expect("not_ready insufficient_data", True, "no MX, but it sends: not parked")


@kind
def office_on_a_changing_line(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(dice.randrange(60, 90))
    net = w.business(dice).rsplit(".", 2)[0]
    ips = [f"{net}.{dice.randrange(1, 200)}.{dice.randrange(2, 250)}" for _ in range(22)]
    for ip in ips:
        w.zone.pointer(ip, f"pd{ip.replace('.', '-')}.dip0.nordtel.example")
    o.strays += [f"{net}.{dice.randrange(1, 200)}.{dice.randrange(2, 250)}" for _ in range(6)]
    o.send("office server on a line whose address changes every night", "legit_spf_missing", ips, 10, when="office", open=True,
           accept=("unknown", "unauthorized", "suspect_abuse"),
           may=False, why="looks as a botnet does but for the provider: SPF is no remedy, a relay or a key is")
    o.never(esc(net) + r"\.\d+\.\d+/(8|1\d|2[0-4])\b", "a provider's whole network")
    o.expect(LOSES + " warnings ready", False, "nobody can tell from reports that these are theirs")


@kind
def smarthost_of_the_provider(w, dice):
    o = w.owner(dice, days=66)
    o.google(dice.randrange(50, 90))
    ips = [w.vps(dice, f"mailout{n:02}.nordtel.example") for n in (1, 2)]
    o.send("cash registers, by the provider's smart host", "legit_spf_missing", ips, 6, open=True, accept=("unknown",),
           why="every customer of the provider leaves by mailoutNN: steady, but whose?")
    o.must("nordtel", *[esc(ip) for ip in ips], why="ask; then a key, since the relay is everybody's")
    o.expect(LOSES, True, "the registers' mail is lost")


@kind
def device_by_gmail(w, dice):
    o = w.owner(dice, days=66)
    o.microsoft(dice.randrange(60, 90))
    o.uses.add("google")
    o.send("alarm system with a Gmail account", "legit_unaligned", w.market.pick("google.sor", dice, 2), 4, "gmail.com",
           (w.signature("gmail.com", "20251104"),), open=True, forwarded=False,
           accept=("unknown", "forwarder"), why="From is ours, MAIL FROM and key are gmail.com's: a device of ours, a forward, or a stranger's "
                                                "account")
    o.expect(LOSES + " warnings ready", False, "five messages a day that nobody can place by reports alone")


@kind
def long_record(w, dice):
    o = w.owner(dice, days=66, forwarding=0.01)
    base = w.business(dice).rsplit(".", 1)[0]
    ips = [f"{base}.{n}" for n in dice.sample(range(10, 240), 14)]
    sig = o.key("s1")
    for n, ip in enumerate(ips):
        o.own.append(ip)
        o.term("ip4:" + ip)
        w.zone.pointer(ip, o.sub(f"out{n + 1}"))
    o.mx(o.sub("out1"))
    o.send("own relays", "authorized", ips, 70, sigs=(sig,))
    new = o.server("hr", 9, dkim=None, term=None, category="legit_spf_missing", story="personnel system, missing")
    o.must(esc(new), esc(o.sub("hr")), why="one more address; none of the fourteen may go")
    o.expect(LOSES, True, "personnel mail is lost")


@kind
def gateway_of_the_owner(w, dice):
    o = w.owner(dice, days=66)
    key, other, include = dice.choice((("mimecast.eu", "mimecast.us", "us._netblocks"), ("barracuda.eu", "barracuda.us",
            "spf.ess.barracudanetworks.com")))
    o.uses.add(key)
    from services import S
    o.term(f"include:{S[key].include}")
    o.mx(f"{dice.choice('abc')}-inbound.{key.split('.')[0]}.example")
    ips = w.market.pick(key, dice, 4)
    sig = o.key("gw1")
    o.send("staff, by the own gateway", "authorized", ips, dice.randrange(80, 130), sigs=(sig,), when="office")
    away = w.market.pick(other, dice, 2)
    o.strays += w.market.pick(other, dice, 2)
    o.send("gateways of receivers in another region, which hand on", "forwarder", away, 7, sigs=(sig.__class__(sig.d, sig.s, sig.p, False),),
           when="office", ours=False, may=False,
           forwarded=False, open=True, accept=("unknown",),
           why="customers of the same vendor elsewhere: MAIL FROM kept, links rewritten, signature broken")
    o.never(re.escape(include), "the other region is not ours")
    o.expect("ready warnings not_ready", False, "own mail passes")


@kind
def two_domains_of_one_owner(w, dice):
    a = w.owner(dice, days=66, region="eu")
    b = w.owner(dice, days=66, region="eu")
    for o, other, n in ((a, b, 60), (b, a, 35)):
        o.server("mail", n, mx=True)
    a.term(f"a:mail.{b.name}")
    a.send(f"sent by the sister's server", "authorized", w.zone.ask(b.sub("mail"), "A"), 15, sigs=(a.streams[1].sigs[0],))
    b.send(f"sent by the sister's server, not in SPF", "legit_spf_missing", w.zone.ask(a.sub("mail"), "A"), 12, open=True, accept=("unknown",),
           why="the MX of the other domain of the same house; reports of both arrive here")
    b.must(re.escape(w.zone.ask(a.sub("mail"), "A")[0]), re.escape(a.name), why="the sister's server")
    a.expect("ready warnings not_ready", False, "in order")
    b.expect(LOSES, True, "the sister's share is lost")

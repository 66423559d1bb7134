"""Twelve owners and what happens to their names in two months."""
from domains import (Owner, Stream, botnet, esp_aligned, esp_dkim_only, esp_unaligned, mailbox_host, missing, own_mta)
from vendors import BY_NAME as V


def static(v, n):
    return V[v].addresses()[n]


def owners():
    out = []

    o = Owner("tidy.example", p="quarantine", spf=["v=spf1 mx ip4:192.0.2.10 include:_spf.mailbig.example include:_spf.sendwave.example ~all"])
    own_mta(o, "192.0.2.10")
    mailbox_host(o, V["mailbig"])
    esp_aligned(o, V["sendwave"])
    esp_dkim_only(o, V["newsround"])
    botnet(o, V["cablenet"], 0, 260, 40)
    botnet(o, V["cablenet"], 260, 140, 47, mail_from="tidy.example", name="botnet as us")
    out.append(o)

    o = Owner("bakery.example", spf=["v=spf1 ip4:192.0.2.20 include:_spf.officehost.example -all"])
    own_mta(o, "192.0.2.20", per_day=30)
    mailbox_host(o, V["officehost"], offset=20, per_day=60)
    o.records += ["@ A " + static("rentweb", 40), "www A " + static("rentweb", 40)]
    missing(o, "contact form of the web server", [static("rentweb", 40)], 6)
    o.streams.append(Stream("spoofer next door at the web host", "unauthorized", [static("rentweb", 44)], 150, days="burst:38", mail_from="bakery.example",
                            accept=("unknown",), ambiguous="a burst from one machine of a host that also is ours"))
    botnet(o, V["cablenet"], 400, 200, 33)
    out.append(o)

    o = Owner("shop.example", spf=["v=spf1 ip4:192.0.2.30 include:_spf.bulkjet.example ~all"])
    own_mta(o, "192.0.2.30", per_day=80)
    esp_aligned(o, V["bulkjet"], sub="news", days="weekly", per_day=400)
    esp_unaligned(o, V["receiptly"], per_day=60)
    missing(o, "hosted shop system", V["crmcloud"].addresses()[:3], 25)
    o.records.append("crm CNAME shop.crmcloud.example.")
    missing(o, "invoices of the payroll service", V["payroll"].addresses()[:1], 5, days="first", ambiguous="five messages a month")
    o.streams.append(Stream("single VPS with its own SPF", "unauthorized", [static("vpsland", 3)], 40, mail_from="cheap-deals.test", accept=("unknown",),
                            ambiguous="a server that sends as itself every day, and says so"))
    out.append(o)

    o = Owner("branch.example", spf=["v=spf1 ip4:192.0.2.40 mx -all"])
    own_mta(o, "192.0.2.40", per_day=150)
    o.records.append("@ MX 10 mail")
    o.ptr["192.0.2.141"] = "mail2.branch.example"
    o.records.append("mail2 A 192.0.2.141")
    missing(o, "branch office", ["192.0.2.141"], 20, days="weekdays")
    own_mta(o, "2001:db8:40::25", name="mail6", per_day=40)
    o.spf = ["v=spf1 ip4:192.0.2.40 ip6:2001:db8:40::25 mx -all"]
    o.claim["192.0.2.149"] = "mail.branch.example"
    o.streams.append(Stream("forger with a name of ours", "unauthorized", ["192.0.2.149"], 60, days="burst:44", mail_from="branch.example"))
    botnet(o, V["cablenet"], 600, 150, 50, mail_from="branch.example")
    out.append(o)

    o = Owner("broken.example", spf=["v=spf1 ip4:192.0.2.50 ~all", "v=spf1 include:_spf.mailbig.example ~all"])
    o.records.append("mail A 192.0.2.50")
    o.ptr["192.0.2.50"] = "mail.broken.example"
    o.streams.append(Stream("own server, two SPF records", "legit_broken", ["192.0.2.50"], 70, mail_from="broken.example"))
    o.records.append("app A 192.0.2.51")
    o.ptr["192.0.2.51"] = "app.broken.example"
    o.streams.append(Stream("application, no SPF at its subdomain", "legit_broken", ["192.0.2.51"], 15, mail_from="app.broken.example"))
    botnet(o, V["cablenet"], 750, 120, 36)
    out.append(o)

    o = Owner("lookups.example", spf=["v=spf1 " + " ".join(f"include:_spf.{v}.example" for v in
              ("mailbig", "officehost", "postbox", "sendwave", "bulkjet", "newsround", "receiptly", "crmcloud", "ticketdesk", "payroll", "rentweb")) + " ip4:192.0.2.60 -all"])
    o.records.append("mail A 192.0.2.60")
    o.ptr["192.0.2.60"] = "mail.lookups.example"
    o.streams.append(Stream("own server, behind the tenth lookup", "legit_broken", ["192.0.2.60"], 90, mail_from="lookups.example"))
    out.append(o)

    o = Owner("signer.example", spf=["v=spf1 ip4:192.0.2.70 ~all"])
    own_mta(o, "192.0.2.70", per_day=60)
    o.streams.append(Stream("help desk whose signature breaks", "legit_broken", V["ticketdesk"].addresses()[:2], 30, mail_from=V["ticketdesk"].bounces,
                            dkim=(("signer.example", "td1", False),), accept=("legit_unaligned",)))
    o.streams.append(Stream("help desk, other queue", "authorized", V["ticketdesk"].addresses()[3:5], 30, mail_from=V["ticketdesk"].bounces,
                            dkim=(("signer.example", "td1", True),)))
    o.records.append("td1._domainkey CNAME signer.dkim.ticketdesk.example.")
    o.streams.append(Stream("spoofer inside the help desk service", "unauthorized", V["ticketdesk"].addresses()[5:6], 200, days="burst:45",
                            mail_from=V["ticketdesk"].bounces, dkim=((V["ticketdesk"].domain, "k", True),), accept=("unknown",),
                            ambiguous="another account of a service we use"))
    out.append(o)

    o = Owner("yado.example", spf=["v=spf1 a:www30.yadoweb.example ~all"])
    o.records += ["@ A " + static("yadoweb", 30), "www A " + static("yadoweb", 30), "@ MX 10 www30.yadoweb.example."]
    o.streams.append(Stream("mail of the web host", "authorized", [static("yadoweb", 30)], 12, mail_from="yado.example"))
    missing(o, "second web server, of another contract", [static("yadoweb", 71)], 5, ambiguous="nothing but its steadiness ties it to us", accept=("unknown",))
    botnet(o, V["cablenet"], 870, 200, 42, mail_from="yado.example")
    out.append(o)

    o = Owner("parked.example", p="reject", spf=["v=spf1 -all"], records=["@ MX 0 ."])
    botnet(o, V["cablenet"], 1070, 300, 39)
    botnet(o, V["cablenet"], 1370, 100, 52, mail_from="parked.example")
    o.streams.append(Stream("forger with a real server", "unauthorized", [static("vpsland", 11)], 100, days="burst:41", mail_from="parked.example"))
    out.append(o)

    o = Owner("replay.example", spf=["v=spf1 ip4:192.0.2.90 ~all"])
    own_mta(o, "192.0.2.90", per_day=200)
    o.streams.append(Stream("one signed mail sent again by many", "suspect_abuse", V["cablenet"].addresses()[1500:1580], 900, days="burst:46",
                            mail_from="bulk{n}.invalid.test", dkim=(("replay.example", "s1", True),)))
    botnet(o, V["cablenet"], 1600, 80, 35, header_from="no-such-host.replay.example", name="botnet as a host that does not exist")
    out.append(o)

    o = Owner("school.example", p="quarantine", spf=["v=spf1 ip4:192.0.2.100 include:_spf.mailbig.example ip4:192.0.2.101 -all"])
    own_mta(o, "192.0.2.100", per_day=60)
    mailbox_host(o, V["mailbig"], offset=30, per_day=150)
    esp_dkim_only(o, V["sendwave"], per_day=80, days="daily")
    o.streams.append(Stream("server that SPF learned of in the middle", "authorized", ["192.0.2.101"], 10, mail_from="school.example"))
    o.late_spf = {"192.0.2.101": 44}
    botnet(o, V["cablenet"], 1700, 160, 48)
    botnet(o, V["vpsland"], 20, 30, 49, per_ip=20, name="rented machines", mail_from="rented{n}.invalid.test")
    out.append(o)

    o = Owner("six.example", spf=["v=spf1 include:_spf.postbox.example -all"])
    mailbox_host(o, V["postbox"], per_day=90)
    esp_unaligned(o, V["sendwave"], per_day=25)
    o.streams.append(Stream("IPv6 spoofer", "unauthorized", [f"2001:db8:bad:{n:x}::1" for n in range(60)], 120, days="burst:43", mail_from="six.example"))
    out.append(o)
    return out

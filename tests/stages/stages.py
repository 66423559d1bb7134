"""Owners on their way to p=reject, each in another place. The verdict that each must get is said beside it."""
from domains import Owner, Stream, botnet, esp_aligned, esp_dkim_only, mailbox_host, own_mta
from vendors import BY_NAME as V

# those whose mailboxes most people have; every one reports every day
RECEIVERS = [("google.com", 40, "rfc7489", {"arc"}), ("Outlook.com", 25, "rfc7489", {"envelope"}), ("Yahoo", 15, "rfc9990", set()),
             ("freemail.test", 10, "rfc7489", set()), ("cablenet.example", 6, "rfc9990", set()), ("univ.test", 4, "rfc7489", {"list"})]
LAST = 61  # the day after the last


def tidy(domain, n, **more):
    """All its mail passes; next to nothing breaks on the way."""
    o = Owner(domain, spf=[f"v=spf1 mx ip4:192.0.2.{n} include:_spf.mailbig.example include:_spf.sendwave.example ~all"], **{"p": "quarantine", **more})
    own_mta(o, f"192.0.2.{n}", forwarded=0.01)
    mailbox_host(o, V["mailbig"], forwarded=0.01)
    esp_aligned(o, V["sendwave"])
    esp_dkim_only(o, V["newsround"])
    return o


def owners():
    """(owner, verdict, the checks that fail or warn for it)"""
    out = [(tidy("ready.example", 10), "ready", set())]

    o = tidy("flooded.example", 20)
    for day in (33, 41, 47, 55):  # a hundred times as much as its own mail
        botnet(o, V["cablenet"], 10 * day, 1500, day, per_ip=200, mail_from="flooded.example" if day % 2 else None)
    o.streams.append(Stream("a forger who sends every day, as himself", "unauthorized", [V["vpsland"].addresses()[3]], 400, mail_from="cheap-deals.test"))
    out.append((o, "ready", set()))

    o = tidy("invoices.example", 30)  # 0.3 % of its mail, one a day
    o.records.append("erp A 192.0.2.31")
    o.ptr["192.0.2.31"] = "erp.invoices.example"
    o.streams.append(Stream("invoices", "legit_spf_missing", ["192.0.2.31"], 1, mail_from="invoices.example"))
    out.append((o, "not_ready", {"A3"}))

    o = tidy("lookups.example", 40)
    o.spf = [o.spf[0].replace(" ~all", "".join(f" include:_spf.{v}.example" for v in ("officehost", "postbox", "bulkjet", "newsround", "receiptly",
                                                                                      "crmcloud", "ticketdesk", "payroll")) + " ~all")]
    out.append((o, "not_ready", {"D4"}))

    out.append((tidy("onereporter.example", 50, receivers=1), "insufficient_data", {"C3"}))
    out.append((tidy("tendays.example", 60, start=LAST - 10), "insufficient_data", {"C1"}))
    out.append((Owner("parked.example", p="reject", spf=["v=spf1 -all"], records=["@ MX 0 ."]), "ready", set()))
    botnet(out[-1][0], V["cablenet"], 1070, 300, 39, mail_from="parked.example")

    steps = [(0, "none", False), (10, "quarantine", True), (LAST - 20, "quarantine", False)]
    out.append((tidy("rollout.example", 70, stages=steps), "warnings", {"A8"}))
    out.append((tidy("testing.example", 80, testing=True, stages=[(0, "none", False), (20, "quarantine", True)]), "not_ready", {"A8"}))

    o = tidy("monthly.example", 90)  # salaries go out on the first, and the window begins on the second
    esp_aligned(o, V["payroll"], sub="pay", count=2, per_day=40, days="first")
    out.append((o, "ready", set()))
    return out

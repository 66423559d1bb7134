"""Owners as one meets them: a base, some services, and several things that went wrong or only look as if; drawn anew by every seed."""
import complications
from kit import KINDS, ordinal

HOW_MANY = 16


def mixed(number):
    def build(w, dice):
        o = w.owner(dice, days=dice.choice((66, 70, 95)), forwarding=dice.choice((0.01, 0.03, 0.06)))
        o.scale = dice.choice((0.25, 1, 1, 2))
        o.p = dice.choice(("none", "none", "none", "quarantine", "reject"))
        o.policy = [(0, "none"), (ordinal(dice.choice(("2026-06-01", "2026-09-10"))), o.p)]
        base = dice.choice(("google", "microsoft", "server", "ovh", "both"))
        if base in ("google", "both"):
            o.google(dice.randrange(40, 130))
        if base in ("microsoft", "both"):
            o.microsoft(dice.randrange(40, 110), mx=base != "both")
        if base == "server":
            o.server("mail", dice.randrange(30, 90), mx=True)
        if base == "ovh":
            o.uses.add("ovh")
            o.mx("mx1.mail.ovh.net")
            o.term("include:mx.ovh.com")
            o.send("mailboxes at OVH", "authorized", w.market.pick("ovh", dice, 2), dice.randrange(30, 70), sigs=(o.key("ovhmo1-selector1"),))
        for key, mode in dice.sample([("sendgrid", "full"), ("mailchimp", "dkim"), ("zendesk", "spf+dkim"), ("ses", "full"), ("brevo", "dkim"),
                                      ("mailgun.eu", "full"),
                                      ("salesforce", "dkim"), ("postmark", "full")], dice.randrange(0, 3)):
            o.vendor(key, dice.randrange(8, 40), mode)
        drawn = dice.sample(complications.ALL, dice.randrange(3, 6))
        lost = [c.__name__ for c in drawn if c(w, o, dice)]
        what = "; ".join(c.__name__ for c in drawn)
        if lost:
            o.expect("not_ready" + " insufficient_data" * (o.scale < 1), True, f"{what}: lost by {', '.join(lost)}")
        else:
            o.expect("ready warnings not_ready" + " insufficient_data" * (o.scale < 1), False, f"{what}: nothing is lost")
        o.drawn = what
    build.__name__ = f"mixed_{number:02}"
    return build


for n in range(HOW_MANY):
    KINDS[f"mixed_{n:02}"] = mixed(n)

"""Those who receive the mail and report: how each evaluates, what it writes and what it leaves out.

share: of all recipients. region: reports for such owners only ("" all). Habits:
from, to      writes envelope_from, envelope_to          nosel     leaves the DKIM selector out
arc, list     local policy overrides, when forwarded      nosp      no sp, no fo, no version
first         the first signature only                    aligned   aligned signatures first, one only
temp          one SPF in forty is a temperror             helo      knows scope helo
gateway       stands behind a filter of its own: every message comes from there
hardfail      its word for fail                           unsigned  an empty signature for unsigned mail
np            Google's <np>                               weak      a short key is "policy"; else permerror
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Receiver:
    org: str
    email: str
    share: float
    style: str                # draft, rfc7489, rfc9990
    habits: frozenset
    region: str = ""
    contact: str = ""
    gateway: str = ""


def receiver(org, email, share, style, habits="", **more):
    return Receiver(org, email, share, style, frozenset(habits.split()), **more)


GATEWAY = "198.211.44.25"

ALL = [
    receiver("google.com", "noreply-dmarc-support@google.com", 38, "draft", "arc np weak", contact="https://support.google.com/a/answer/2466580"),
    receiver("Enterprise Outlook", "dmarcreport@microsoft.com", 17, "rfc7489", "from to unsigned helo"),
    receiver("Outlook.com", "dmarcreport@microsoft.com", 8, "rfc7489", "from to unsigned helo arc"),
    receiver("Yahoo", "dmarchelp@yahooinc.com", 10, "draft", "nosp arc"),
    receiver("comcast.net", "dmarc-reports@alerts.comcast.net", 4, "rfc7489", "first from", region="us"),
    receiver("GMX", "noreply-dmarc@sicher.gmx.net", 6, "rfc9990", "from", region="eu"),
    receiver("WEB.DE", "noreply-dmarc@sicher.web.de", 4, "rfc9990", "from", region="eu"),
    receiver("Mail.Ru", "dmarc_support@corp.mail.ru", 2, "draft", "nosel"),
    receiver("Fastmail Pty Ltd", "reports@fastmaildmarc.com", 2, "rfc7489", "from list nosp helo"),
    receiver("mimecast.org", "no-reply@dmarc-report.mimecast.org", 3, "rfc7489", "from helo"),
    receiver("docomo.ne.jp", "reporting@dmarc25.jp", 9, "rfc7489", "nosel hardfail", region="jp"),
    receiver("AMAZON-SES", "postmaster@amazonses.com", 3, "rfc7489", "from helo"),
    receiver("seznam.cz a.s.", "abuse@seznam.cz", 2, "draft", "temp", region="eu"),
    receiver("esa1.hc3370-68.iphmx.com", "MAILER-DAEMON@esa1.hc3370-68.iphmx.com", 1.5, "rfc7489", "from aligned temp"),
    receiver("kestrel-mfg.example", "postmaster@kestrel-mfg.example", 0.8, "rfc7489", "from gateway", gateway=GATEWAY),
    receiver("zoho.com", "noreply@zoho.com", 1.2, "rfc7489", "helo list"),
]
BY_ORG = {r.org: r for r in ALL}


def of(region, dice, only=None):
    """The receivers that an owner's mail reaches, with their shares."""
    if only:
        return [(BY_ORG[o], BY_ORG[o].share) for o in only]
    big = [r for r in ALL if r.share >= 8 and not r.region]
    rest = [r for r in ALL if r not in big and (not r.region or r.region == region) and dice.random() < 0.33]
    return [(r, r.share * dice.uniform(0.7, 1.4)) for r in big + rest]

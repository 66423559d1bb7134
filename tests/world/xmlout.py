"""Reports, as each receiver writes them, from the rows of sim.py; in zips and gzips under a directory."""
import functools
import gzip
import io
import zipfile
from xml.sax.saxutils import escape

from kit import date
from receivers import BY_ORG

EPOCH = 719163                          # 1970-01-01
AT_ONCE = 400                           # reports in a zip


def word(result, receiver):
    """The DKIM result in a receiver's words."""
    if result == "weak":
        return "policy" if "weak" in receiver.habits else "pass" if receiver.style == "rfc9990" else "permerror"
    if result in ("nokey", "revoked"):
        return "permerror" if receiver.style != "draft" or result == "revoked" else "fail"
    return "fail" if result == "wrong" else result


@functools.lru_cache(200000)
def record(row, org, p):
    """The text of a row before and after its count."""
    ip, header_from, mail_from, helo, found, sigs, good_dkim, good_spf, hint = row
    r = BY_ORG[org]
    habits = r.habits
    passes, disposition, reasons = good_dkim or good_spf, "none", ""
    if p != "none" and not passes:
        disposition = p
    if hint and hint[0] in habits:
        if not passes and disposition != "none" or hint[0] == "list":
            disposition = "none"
            reasons = f"<reason><type>{'mailing_list' if hint[0] == 'list' else 'local_policy'}</type><comment>{escape(hint[1])}</comment></reason>"
        elif hint[0] == "arc" and not passes:
            reasons = f"<reason><type>local_policy</type><comment>{escape(hint[1])}</comment></reason>"
    elif hint and hint[0] not in ("arc", "list"):
        disposition, reasons = "none", f"<reason><type>{hint[0]}</type><comment>{escape(hint[1])}</comment></reason>"
    if r.style == "rfc9990" and passes and p != "none":
        disposition = "pass"
    if "aligned" in habits:
        sigs = sorted(sigs, key=lambda s: s[0].split(".")[-2:] != header_from.split(".")[-2:])[:1]
    elif "first" in habits:
        sigs = sigs[:1]
    auth = ""
    for d, s, result in sigs:
        selector = "" if "nosel" in habits and r.style != "rfc9990" else f"<selector>{s}</selector>"
        auth += f"<dkim><domain>{d}</domain>{selector}<result>{word(result, r)}</result></dkim>"
    if not sigs and "unsigned" in habits:
        auth = "<dkim><domain></domain><result>none</result></dkim>"
    scope = "" if "nosp" in habits else "<scope>helo</scope>" if not mail_from and "helo" in habits else "<scope>mfrom</scope>"
    result = "hardfail" if found == "fail" and "hardfail" in habits else found
    auth += f"<spf><domain>{escape(mail_from or helo.strip('[]'))}</domain>{scope}<result>{result}</result></spf>"
    identifiers = f"<envelope_to>{org.split('.')[0].split()[0].lower()}.example</envelope_to>" if "to" in habits else ""
    identifiers += f"<envelope_from>{mail_from}</envelope_from>" if "from" in habits else ""
    yes = lambda good: "pass" if good else "fail"
    return (f"<record><row><source_ip>{ip}</source_ip><count>",
            f"</count><policy_evaluated><disposition>{disposition}</disposition><dkim>{yes(good_dkim)}</dkim><spf>{yes(good_spf)}</spf>{reasons}"
            f"</policy_evaluated></row>"
            f"<identifiers>{identifiers}<header_from>{header_from}</header_from></identifiers><auth_results>{auth}</auth_results></record>\n")


def report(org, domain, day, rows, p, strict=False):
    """Name and text of one report."""
    r = BY_ORG[org]
    begin = (day - EPOCH) * 86400
    end = begin + 86399
    root = '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">' if r.style == "rfc9990" else "<feedback>"
    version = "<version>1.0</version>" if r.style != "draft" else ""
    contact = f"<extra_contact_info>{r.contact}</extra_contact_info>" if r.contact else ""
    published = f"<domain>{domain}</domain>"
    mode = "s" if strict else "r"
    if r.style == "rfc9990":
        published += f"<adkim>s</adkim><aspf>s</aspf>" if strict else ""
        published += f"<discovery_method>treewalk</discovery_method><p>{p}</p><sp>{p}</sp><testing>n</testing>"
    else:
        published += f"<adkim>{mode}</adkim><aspf>{mode}</aspf><p>{p}</p>" + ("" if "nosp" in r.habits else f"<sp>{p}</sp>") + "<pct>100</pct>"
        published += f"<np>{p}</np>" if "np" in r.habits else ""
    ident = f"{begin // 86400 * 7919 % 10 ** 9}{hash_of(org + domain)}"
    head = (f'<?xml version="1.0" '
            f'encoding="UTF-8"?>\n{root}{version}<report_metadata><org_name>{escape(org)}</org_name><email>{r.email}</email>{contact}'
            f"<report_id>{ident}</report_id><date_range><begin>{begin}</begin><end>{end}</end></date_range></report_metadata>\n"
            f"<policy_published>{published}</policy_published>\n")
    body = []
    for row, n in rows.items():
        before, after = record(row, org, p)
        body.append(f"{before}{n}{after}")
    return f"{org.replace(' ', '-')}!{domain}!{begin}!{end}.xml", head + "".join(body) + "</feedback>\n"


def hash_of(text):
    value = 0
    for c in text:
        value = (value * 131 + ord(c)) % 10 ** 9
    return f"{value:09}"


def policy(owner, day):
    return next(p for since, p in reversed([(0, "none")] + owner.policy) if since <= day)


def write(directory, owner, rows):
    """All reports of an owner; the newest of some receivers as single gzips, the rest in zips. Returns how many."""
    directory.mkdir(parents=True, exist_ok=True)
    texts = [report(org, owner.name, day, found, policy(owner, day), owner.strict) for (org, day), found in sorted(rows.items())]
    pack(directory, owner.name, texts)
    return len(texts)


def pack(directory, stem, texts):
    single = [t for t in texts if t[0].startswith(("Yahoo", "GMX"))][-6:]
    for name, text in single:
        (directory / (name + ".gz")).write_bytes(gzip.compress(text.encode(), 1, mtime=0))
    rest = [t for t in texts if t not in single]
    for at in range(0, len(rest), AT_ONCE):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
            for name, text in rest[at:at + AT_ONCE]:
                z.writestr(zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0)), text.encode(), zipfile.ZIP_DEFLATED, 1)
        (directory / f"{stem}.{at // AT_ONCE}.zip").write_bytes(buffer.getvalue())

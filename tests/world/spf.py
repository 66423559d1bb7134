"""check_host of RFC 7208 over the world's table: every mechanism, macros, ten lookups, two void lookups, syntax errors.

check(zone, ip, domain)                          as a receiver does it
check(zone, ip, domain, strict=False)            what the record means, were there no limits
check(zone, ip, domain, instead={name: [text]})  were these the TXT records at that name
"""
import collections
import functools
import ipaddress
import re
import urllib.parse

QUALIFIERS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
Outcome = collections.namedtuple("Outcome", "result lookups voids why")
network = functools.lru_cache(200000)(lambda text: ipaddress.ip_network(text, strict=False))
address = functools.lru_cache(200000)(ipaddress.ip_address)


MACRO = r"%(?:%|_|-|\{[slodiphvSLODIPHV]\d*r?[.\-+,/_=]*\})"
SPEC = re.compile(rf"(?:{MACRO}|[!-$&-~])*(?:\.(?=[a-z0-9-]*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.?|{MACRO})", re.I)


class Permerror(Exception):
    pass


@functools.lru_cache(100000)
def parse(text):
    """[(result, mechanism, value, prefix4, prefix6)], redirect; Permerror for what is no record."""
    terms, redirect, seen = [], None, set()
    if not all(" " <= c <= "~" for c in text):
        raise Permerror("no ASCII")
    for term in text.split(" ")[1:]:
        if not term:
            continue
        modifier = re.fullmatch(r"([A-Za-z][\w.-]*)=(.*)", term)
        if modifier:
            name = modifier[1].lower()
            if name in ("redirect", "exp"):
                if name in seen or not SPEC.fullmatch(modifier[2]):
                    raise Permerror(term)
                seen.add(name)
                redirect = modifier[2] if name == "redirect" else redirect
            elif not re.fullmatch(rf"(?:{MACRO}|[!-$&-~])*", modifier[2]):
                raise Permerror(term)
            continue
        found = re.fullmatch(r"([-+~?]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::(.*?))?((?:/\d+)?(?://\d+)?)", term, re.I)
        if not found:
            raise Permerror(term)
        q, word, value, prefix = found[1] or "+", found[2].lower(), found[3], found[4]
        if word in ("ip4", "ip6"):
            try:
                if re.search(r"/0\d|//", prefix):
                    raise ValueError
                net = network((value or "") + prefix)
            except ValueError:
                raise Permerror(term) from None
            if net.version != (4 if word == "ip4" else 6):
                raise Permerror(term)
            terms.append((QUALIFIERS[q], word, net, 0, 0))
            continue
        if value is not None and word != "all" and not SPEC.fullmatch(value):
            raise Permerror(term)
        if word in ("include", "exists", "ptr") and (prefix or not value and word != "ptr") or word == "all" and (value or prefix):
            raise Permerror(term)
        sizes = re.fullmatch(r"(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?", prefix)
        if not sizes or int(sizes[1] or 0) > 32 or int(sizes[2] or 0) > 128:
            raise Permerror(term)
        terms.append((QUALIFIERS[q], word, value, int(sizes[1] or 32), int(sizes[2] or 128)))
    return terms, redirect


def expand(text, ip, domain, sender, helo):
    if "%" not in text:
        return text
    addr = address(ip)
    dotted = ip if addr.version == 4 else ".".join(addr.exploded.replace(":", ""))
    local, _, host = sender.rpartition("@")
    values = {"s": sender, "l": local or "postmaster", "o": host, "d": domain, "i": dotted, "h": helo, "p": "unknown", "v": "in-addr"
              if addr.version == 4 else "ip6"}

    def one(m):
        if m[0] in ("%%", "%_", "%-"):
            return {"%%": "%", "%_": " ", "%-": "%20"}[m[0]]
        parts = re.split("[" + re.escape(m[4] or ".") + "]", values[m[1].lower()])
        parts = parts[::-1] if m[3] else parts
        parts = parts[-int(m[2]):] if m[2] else parts
        return urllib.parse.quote(".".join(parts)) if m[1].isupper() else ".".join(parts)
    out = re.sub(r"%%|%_|%-|%\{([slodiphvSLODIPHV])(\d*)(r?)([.\-+,/_=]*)\}", one, text)
    if "%" in out.replace("%20", ""):
        raise Permerror("macro")
    return out


class Check:
    def __init__(self, zone, ip, sender, helo, day, strict, instead):
        self.zone, self.ip, self.sender, self.helo, self.day, self.strict, self.instead = zone, ip, sender, helo, day, strict, instead
        self.addr, self.lookups, self.voids = address(ip), 0, 0
        if self.addr.version == 6 and self.addr.ipv4_mapped:
            self.addr, self.ip = self.addr.ipv4_mapped, str(self.addr.ipv4_mapped)

    def ask(self, name, kind, void=True):
        found = self.instead.get(name.lower()) if self.instead and kind == "TXT" else None
        found = self.zone.ask(name, kind, self.day) if found is None else found
        if not found and void:
            self.voids += 1
            if self.voids > 2 and self.strict:
                raise Permerror("more than two void lookups")
        return found

    def count(self):
        self.lookups += 1
        if self.lookups > 10 and self.strict:
            raise Permerror("more than ten lookups")

    def inside(self, ip, p4, p6):
        return network(f"{ip}/{p4 if self.addr.version == 4 else p6}").version == self.addr.version and self.addr in network(
            f"{ip}/{p4 if self.addr.version == 4 else p6}")

    def addresses(self, name, void=True):
        return self.ask(name, "A" if self.addr.version == 4 else "AAAA", void)

    def matches(self, word, value, p4, p6, domain, depth):
        if word == "all":
            return True
        if word in ("ip4", "ip6"):
            return value.version == self.addr.version and self.addr in value
        self.count()
        name = expand(value, self.ip, domain, self.sender, self.helo) if value else domain
        if word == "include":
            inner = self.run(name, depth + 1, True)
            if inner == "none" and self.strict:
                raise Permerror(f"include:{name} has no record")
            return inner == "pass"
        if word == "exists":
            return bool(self.ask(name, "A"))
        if word == "a":
            return any(self.inside(ip, p4, p6) for ip in self.addresses(name))
        if word == "mx":
            hosts = self.ask(name, "MX")
            if len(hosts) > 10 and self.strict:
                raise Permerror("more than ten MX")
            return any(self.inside(ip, p4, p6) for h in hosts for ip in self.addresses(h.split()[-1].rstrip("."), False))
        names = self.ask(self.addr.reverse_pointer, "PTR")
        return any(self.ip in self.addresses(n.rstrip("."), False) and ("." + n.rstrip(".").lower()).endswith("." + name.lower()) for n in names[:10])

    def run(self, domain, depth=0, inner=False):
        if depth > 20:
            raise Permerror("a loop")
        texts = [t for t in self.ask(domain, "TXT", inner) if t.lower() == "v=spf1" or t.lower().startswith("v=spf1 ")]
        if len(texts) > 1:
            raise Permerror("two records")
        if not texts:
            return "none"
        terms, redirect = parse(texts[0])
        for result, word, value, p4, p6 in terms:
            if self.matches(word, value, p4, p6, domain, depth):
                return result
        if redirect and not any(t[1] == "all" for t in terms):
            self.count()
            found = self.run(expand(redirect, self.ip, domain, self.sender, self.helo), depth + 1)
            if found == "none":
                raise Permerror("redirect to nothing")
            return found
        return "neutral"


def check(zone, ip, domain, sender=None, helo="unknown.example", day=None, strict=True, instead=None):
    c = Check(zone, ip, sender or f"postmaster@{domain}", helo, day, strict, instead)
    try:
        return Outcome(c.run(domain), c.lookups, c.voids, "")
    except Permerror as e:
        return Outcome("permerror", c.lookups, c.voids, str(e))
    except RecursionError:
        return Outcome("permerror", c.lookups, c.voids, "a loop")


def means(zone, ip, domain, records):
    """Would any of these records, alone and without limits, pass the address?"""
    return any(check(zone, ip, domain, strict=False, instead={domain: [text]}).result == "pass" for text in records)

"""A plain SPF evaluation over the world's records, as a receiver does it: ip4 ip6 a mx include redirect all, ten lookups."""
import functools
import ipaddress


class Dns:
    def __init__(self, records):
        self.records = records  # name -> [(type, data)]

    def get(self, name, kind, depth=0):
        found = self.records.get(name.lower(), [])
        for k, data in found:
            if k == "CNAME" and kind != "CNAME" and depth < 8:
                return self.get(data.rstrip("."), kind, depth + 1)
        return [data for k, data in found if k == kind]


class Permerror(Exception):
    pass


def check(dns, ip, domain):
    address = ipaddress.ip_address(ip)
    state = {"lookups": 0}

    def count():
        state["lookups"] += 1
        if state["lookups"] > 10:
            raise Permerror

    def addresses(name):
        return dns.get(name, "AAAA" if address.version == 6 else "A")

    def run(name):
        texts = [t for t in dns.get(name, "TXT") if t.lower() == "v=spf1" or t.lower().startswith("v=spf1 ")]
        if len(texts) > 1:
            raise Permerror
        if not texts:
            return "none"
        redirect = None
        for term in texts[0].split()[1:]:
            if term.startswith("redirect="):
                redirect = term[9:]
                continue
            q = {"-": "fail", "~": "softfail", "?": "neutral"}.get(term[0], "pass")
            word, _, value = term.lstrip("+-~?").partition(":")
            if word == "all":
                return q
            if word in ("ip4", "ip6"):
                net = ipaddress.ip_network(value, strict=False)
                if net.version == address.version and address in net:
                    return q
            elif word == "a":
                count()
                if ip in addresses(value or name):
                    return q
            elif word == "mx":
                count()
                if any(ip in addresses(h.split()[-1].rstrip(".")) for h in dns.get(value or name, "MX")):
                    return q
            elif word == "include":
                count()
                inner = run(value)
                if inner == "none":
                    raise Permerror
                if inner == "pass":
                    return q
            else:
                raise Permerror
        if redirect:
            count()
            return run(redirect)
        return "neutral"

    try:
        return run(domain)
    except Permerror:
        return "permerror"


def cached(dns):
    return functools.lru_cache(None)(lambda ip, domain: check(dns, ip, domain))

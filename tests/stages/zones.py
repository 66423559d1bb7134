"""The world's DNS: for receivers as a table, for the name server as zone files."""
import collections
import ipaddress
import pathlib

from vendors import VENDORS

KEY = ("v=DKIM1; k=rsa; p="
       "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwQU4WQk0LWmHx7rB/I/5OtgU/caVwnBfZpA7C9boXDD6PUPxVqp+Dr1N7kvb+Auv/u/UmoKVRmhX"
       "oaeCh4gkHyghBT6hZq+edZwJtY/qLMp5X92O5BUd1NvXITWb8bbuVbDfUkiIbA0+2WAiIGPiCzs6WM0eLQkJ/SBln4KlY6SWheXfxrch719JB3xgiLZGgljL"
       "QDtxw9YrJ3ebwXuKQVqAFZQnyjXQESg5GQ2BJmr7AYyFYQ9+Wdp7farEFFgehgqtXFrROkrvsVT36n4fZaXISepPs7scQDszwS6haYrBT2JGqsoJo21QCmIV"
       "JU3pdGfqVnIiQ9wcYgAFcxd2dwIDAQAB")


def build(owners):
    """name -> [(type, data)], and zone -> names."""
    records = collections.defaultdict(list)
    apexes = {"test"}

    def add(name, kind, data):
        if (kind, data) not in records[name]:
            records[name].append((kind, data))

    def absolute(name, zone):
        return zone if name == "@" else f"{name}.{zone}"

    for v in VENDORS:
        apexes.add(v.domain)
        ips = v.addresses()
        if v.include:
            add(f"_spf.{v.domain}", "TXT", f"v=spf1 ip{ipaddress.ip_network(v.network).version}:{v.network} -all")
            for name in (v.bounces, f"u77.{v.domain}", v.domain):
                add(name, "TXT", f"v=spf1 include:_spf.{v.domain} -all")
            for n in range(40):
                add(f"c{n}.{v.domain}", "TXT", f"v=spf1 include:_spf.{v.domain} -all")
        add(f"mx.{v.domain}", "A" if ":" not in ips[0] else "AAAA", ips[0])
        for n, ip in enumerate(ips):
            if v.kind == "isp" and n % 3 == 0:
                continue  # no name at all
            host = v.host(n).format(dashed=ip.replace(".", "-")) if "{" not in v.ptr or "dashed" not in v.ptr else v.ptr.format(dashed=ip.replace(".", "-"))
            add(ipaddress.ip_address(ip).reverse_pointer, "PTR", host + ".")
            if v.kind != "isp" or n % 3 == 1:
                add(host, "A" if ":" not in ip else "AAAA", ip)
    add("cheap-deals.test", "TXT", "v=spf1 ip4:" + next(v for v in VENDORS if v.name == "vpsland").addresses()[3] + " -all")
    for o in owners:
        apexes.add(o.domain)
        for text in o.spf:
            add(o.domain, "TXT", text)
        add(f"_dmarc.{o.domain}", "TXT", f"v=DMARC1; p={o.p}; {'t=y; ' * o.testing}rua=mailto:rua@{o.domain}")
        for line in o.records:
            name, kind, data = line.split(" ", 2)
            if kind == "MX" and not data.endswith("."):
                data = f"{data}.{o.domain}."
            add(absolute(name, o.domain), kind, data)
            if kind == "CNAME":
                target = data.rstrip(".")
                if "_domainkey" in name:
                    add(target, "TXT", KEY)
                elif target.startswith("shop."):
                    add(target, "TXT", "v=spf1 include:_spf.crmcloud.example -all")
        for s in o.streams:
            for d, selector, _ in s.dkim:
                name = f"{selector}._domainkey.{d}"
                if not any(k == "CNAME" for k, _ in records[name]):
                    add(name, "TXT", KEY)
        for ip, host in o.ptr.items():
            records[ipaddress.ip_address(ip).reverse_pointer] = [("PTR", host + ".")]
        for ip, host in o.claim.items():
            records[ipaddress.ip_address(ip).reverse_pointer] = [("PTR", host + ".")]
    return dict(records), sorted(apexes) + ["in-addr.arpa", "ip6.arpa"]


def write(directory, built):
    """Zone files below directory; zone -> path."""
    records, apexes = built
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True)
    lines = {zone: [f"$ORIGIN {zone}.", "$TTL 3600", "@ SOA ns.test. root.test. 1 3600 900 604800 3600", "@ NS ns.test."] for zone in apexes}
    for name, rows in records.items():
        zone = next(z for z in apexes if name == z or name.endswith("." + z))
        for kind, data in rows:
            if kind == "TXT":
                data = " ".join(f'"{data[i:i + 250]}"' for i in range(0, len(data), 250))
            lines[zone].append(f"{name}. {kind} {data}")
    files = {}
    for zone, text in lines.items():
        files[zone] = directory / f"{zone}.zone"
        files[zone].write_text("\n".join(text) + "\n")
    return files

"""The DNS of the samples' story, as zone files: what example.com publishes, and who stands behind the addresses."""
import ipaddress
import pathlib

KEY = ("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu5oIUrFDWZK7F4thFxpZa2or6jBEX3cSL6b2TJdPkO5iNn9vHNXhNX31nOefN8FksX94YbLJ8NHcFPbaZTW8R2HthYxRaCyqodxlLHibg8aHdfa+bxKeiI/xABRuAM0WG0JEDSyakMFqIO40ghj/h7DUc/4OXNdeQhrKDTlgf2bd+FjpJ3bNAFcMYa3Oeju33b2Tp+PdtqIwXR"
       "ZksfuXh7m30kuyavp3Uaso145DRBaJZA55lNxmHWMgMjO+YjNeuR6j4oQqyGwzPaVcSdOG8Js2mXt+J3Hr+nNmJGxZUUW4Uw5ws08wT9opRgSpn+ThX2d1AgQePpGrWOamC3PdcwIDAQAB")

ZONES = {
    "example.com": [
        "@ A 192.0.2.80", "www A 192.0.2.80", "mail A 192.0.2.10", "@ MX 10 mx.mailhost.example.",
        '@ TXT "v=spf1 ip4:192.0.2.10 include:_spf.mailhost.example ~all"',
        '_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"',
        "s2026._domainkey KEY", "hosted1._domainkey KEY", "nl1._domainkey CNAME nl1.example-com.dkim.newsletter.example.",
        "news A 192.0.2.80", "news MX 10 mx.mailhost.example.",
    ],
    "example.org": ["@ MX 0 .", '@ TXT "v=spf1 -all"', '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"'],
    "odd.example": ["@ A 192.0.2.33", '@ TXT "v=spf1 ip4:192.0.2.33 ~all"', '_dmarc TXT "v=DMARC1; p=none"'],
    "mailhost.example": ["mx A 198.51.100.20", '_spf TXT "v=spf1 ip4:198.51.100.0/28 -all"'],
    "newsletter.example": ['bounce.mail TXT "v=spf1 ip4:203.0.113.16/28 -all"', "k1._domainkey KEY", "nl1.example-com.dkim KEY"],
    "webhost.example": [], "alumni.example": ["fwd A 198.51.100.200"], "lists.example": ["@ A 198.51.100.77", '@ TXT "v=spf1 a -all"'],
    "crm.example": ["out1 A 198.51.100.150"], "access.example": [],
    "2.0.192.in-addr.arpa": [], "100.51.198.in-addr.arpa": [], "113.0.203.in-addr.arpa": [], "8.b.d.0.1.0.0.2.ip6.arpa": [],
}


def zones():
    """Zone name -> lines, the names of addresses added."""
    out = {name: list(lines) for name, lines in ZONES.items()}

    def name(address, host, leads_back=True):
        reverse = ipaddress.ip_address(address).reverse_pointer
        zone = next(z for z in out if reverse.endswith("." + z))
        out[zone].append(f"{reverse}. PTR {host}.")
        if leads_back:
            owner = next(z for z in out if host == z or host.endswith("." + z))
            line = f"{host}. A {address}"
            if not any(x.split()[1:] == ["A", address] for x in out[owner] if x.split()[0] in (host + ".", host.removesuffix("." + owner), "@" if host == owner else "")):
                out[owner].append(line)

    name("192.0.2.10", "mail.example.com")
    name("192.0.2.80", "web80.webhost.example")
    name("192.0.2.33", "odd.example")
    for n in range(16):
        name(f"198.51.100.{n}", f"out{n}.mailhost.example")
        name(f"203.0.113.{16 + n}", f"m{16 + n}.newsletter.example")
    name("198.51.100.77", "lists.example")
    name("198.51.100.150", "out1.crm.example")
    name("198.51.100.200", "fwd.alumni.example")
    for n in range(128, 255):
        if n % 3:  # a third of them have no name at all
            name(f"203.0.113.{n}", f"dyn-203-0-113-{n}.access.example", leads_back=n % 3 == 1)
    return out


def text(zone, lines):
    head = f"$ORIGIN {zone}.\n$TTL 3600\n@ SOA ns.example. hostmaster.example. 1 3600 900 604800 3600\n@ NS ns.example.\n"
    key = '" "'.join(("v=DKIM1; k=rsa; p=" + KEY)[i:i + 250] for i in range(0, len(KEY) + 18, 250))
    return head + "".join(line.replace(" KEY", f' TXT "{key}"') + "\n" for line in lines)


def write(directory):
    """Zone files below directory; returns zone -> path."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    files = {}
    for zone, lines in zones().items():
        files[zone] = directory / f"{zone}.zone"
        files[zone].write_text(text(zone, lines))
    return files

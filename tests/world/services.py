"""Services as they publish themselves: SPF in its real shape, relay ranges, names of relays, Return-Path domains, what they sign as.

Addresses are drawn from a service's own ranges per customer; each gets the PTR name of its kind, which leads back. Some pools are left
out of the service's include, as they are in life: Microsoft's relay pool, gateways' inbound re-delivery, forwarding hosts.
"""
import dataclasses
import hashlib
import ipaddress

from zone import reverse

MS_REGIONS = ("am6eur05", "db8eur05", "vi1eur04", "mw2nam12", "bn8nam11", "tycjpn01", "me3aus01", "lo2gbr01")


@dataclasses.dataclass
class Service:
    nets: list                  # where its mail leaves
    ptr: str                    # {a} {b} {c} {d} octets, {h} hex of the address, {r} Microsoft's region
    include: str = None         # what a customer includes
    bounces: str = None         # MAIL FROM when the customer has set nothing up; {n} a number
    d: str = None               # signs so when the customer has set nothing up
    v6: str = None


S = {
    "google": Service(["209.85.128.0/18", "209.85.208.0/21"], "mail-{h3}-f{d}.google.com", "_spf.google.com", None, None, "2607:f8b0:4864:20::/112"),
    "google.sor": Service(["209.85.220.0/24"], "mail-sor-f{d}.google.com"),
    "microsoft": Service(["40.107.0.0/17", "52.101.0.0/17", "104.47.0.0/18"], "mail-{r}on2{d3}.outbound.protection.outlook.com",
                         "spf.protection.outlook.com", None, None, "2a01:111:f403:2600::/112"),
    "microsoft.pool": Service(["40.95.0.0/17"], "mail-{r}rly2{d3}.outbound.protection.outlook.com"),
    "fastmail": Service(["103.168.172.0/24"], "fout-a{d}-smtp.messagingengine.com", "spf.messagingengine.com"),
    "zoho.eu": Service(["136.143.168.0/24"], "sender{d}-of-o{c}.zoho.eu", "zohomail.eu"),
    "ionos": Service(["212.227.126.128/25", "217.72.192.64/26"], "mout{d}.kundenserver.de", "_spf-eu.ionos.com"),
    "ovh": Service(["178.32.124.0/24"], "mo{d}.mail-out.ovh.net", "mx.ovh.com"),
    "xserver": Service(["183.90.228.0/22"], "sv{c}{d3}.xserver.jp", "spf.sender.xserver.jp"),
    "sakura": Service(["59.106.13.0/24", "49.212.180.0/24"], "www{c}{d3}.sakura.ne.jp"),
    "hetznerweb": Service(["78.46.5.0/24", "88.198.60.0/24"], "dedi{d}.your-server.de", "spf.your-server.de"),
    "webfarm": Service(["185.14.184.0/22"], "web{c}-{d}.sharedhost.example", "spf.sharedhost.example"),
    "mailchannels": Service(["23.83.208.0/20"], "{w}.elm.relay.mailchannels.net", "relay.mailchannels.net"),
    "sendgrid": Service(["167.89.0.0/17", "168.245.0.0/17", "149.72.0.0/16", "159.183.0.0/16"], "{w}.outbound-mail.sendgrid.net", "sendgrid.net",
                        "sendgrid.net", "sendgrid.net"),
    "ses": Service(["54.240.0.0/18", "23.251.224.0/19"], "a{c}-{d}.smtp-out.amazonses.com", "amazonses.com", "eu-west-1.amazonses.com",
                   "amazonses.com"),
    "mailgun": Service(["69.72.32.0/20", "159.135.224.0/20"], "m{c}-{d}.mailgun.net", "mailgun.org", "mailgun.org", "mailgun.org"),
    "mailgun.eu": Service(["141.193.32.0/23", "161.38.192.0/20"], "m{c}-{d}.eu.mailgun.net", "eu.mailgun.org", "eu.mailgun.org", "eu.mailgun.org"),
    "postmark": Service(["50.31.156.96/27", "104.245.209.192/26"], "mta{d}.mtasv.net", "spf.mtasv.net", "pm.mtasv.net", "pm.mtasv.net"),
    "brevo": Service(["77.32.128.0/18"], "f{c}{d}.d.sender-sib.com", "spf.brevo.com", "f{n}.d.sender-sib.com", "sender-sib.com"),
    "mailchimp": Service(["205.201.128.0/20", "198.2.128.0/19"], "mail{d}.atl{c}.mcsv.net", "servers.mcsv.net", "mail{n}.atl51.mcsv.net",
                         "mailchimpapp.net"),
    "mandrill": Service(["198.2.186.0/24"], "mail{c}-{d}.mandrillapp.com", "spf.mandrillapp.com", "mandrillapp.com", "mandrillapp.com"),
    "hubspot": Service(["158.247.16.0/20"], "bid{c}{d}.hubspotemail.net", None, "bf{n}.hubspotemail.net", "bf{n}.hubspotemail.net"),
    "salesforce": Service(["13.110.14.0/24", "13.111.80.0/24", "85.222.130.0/24"], "smtp{d}-ia5-sp1.mta.salesforce.com", "_spf.salesforce.com",
                          "4vxk{n}.bnc.salesforce.com"),
    "zendesk": Service(["188.172.138.0/24", "192.161.150.0/23"], "outbyoip{d}.pod{c}.euw1.zendesk.com", "mail.zendesk.com", "zendesk.com",
                       "zendesk.com"),
    "freshdesk": Service(["52.70.178.0/24"], "em-{d}.freshemail.io", "email.freshdesk.com", "emailus.freshdesk.com", "freshdesk.com"),
    "createsend": Service(["203.55.21.0/24", "204.75.142.0/24"], "mo{d}.createsend.com", "_spf.createsend.com", "cmail{n}.com", "cmail19.com"),
    "mimecast.eu": Service(["195.130.217.0/24", "185.58.84.0/22"], "eu-smtp-delivery-{d}.mimecast.com", "eu._netblocks.mimecast.com"),
    "mimecast.us": Service(["170.10.128.0/23", "205.139.110.0/24"], "us-smtp-delivery-{d}.mimecast.com", "us._netblocks.mimecast.com"),
    "proofpoint": Service(["205.220.160.0/20", "148.163.144.0/20"], "mx0a-{h}01.pphosted.com"),
    "barracuda.eu": Service(["18.185.115.0/24"], "outbound-ip{d}.ess.de.barracuda.com", "spf.ess.de.barracudanetworks.com"),
    "barracuda.us": Service(["209.222.82.0/24"], "outbound-ip{d}b.ess.barracuda.com", "spf.ess.barracudanetworks.com"),
    "cloudflare": Service(["104.30.10.0/24"], "cdc-{h}.email.cloudflare.net", "_spf.mx.cloudflare.net"),
    "gmx": Service(["212.227.15.0/26", "212.227.17.0/26"], "mout-{d}.gmx.net"),
    "stripe": Service(["198.2.180.0/24"], "mail{d}.stripe.com", "spf1.stripe.com", "bounce.stripe.com", "stripe.com"),
}
WORDS = ("bisque", "bird", "quail", "otter", "fawn", "teal", "wren", "crane", "lark", "egret", "heron", "ibis", "dace", "tern", "gull", "swan")
V4 = lambda *nets: " ".join("ip4:" + n for n in nets)
RECORDS = {  # as published; nested where the service nests
    "_spf.google.com": "v=spf1 ip4:74.125.0.0/16 ip4:209.85.128.0/17 ip6:2001:4860:4864::/56 ip6:2404:6800:4864::/56 ip6:2607:f8b0:4864::/56 "
                       "ip6:2a00:1450:4864::/56 ~all",
    "gmail.com": "v=spf1 redirect=_spf.google.com", "googlegroups.com": "v=spf1 redirect=_spf.google.com",
    "calendar-server.bounces.google.com": "v=spf1 redirect=_spf.google.com",
    "spf.protection.outlook.com": "v=spf1 ip4:40.92.0.0/15 ip4:40.107.0.0/16 ip4:52.100.0.0/15 ip4:52.102.0.0/16 ip4:52.103.0.0/17 ip4:104.47.0.0/17 "
                                  "ip6:2a01:111:f400::/48 ip6:2a01:111:f403::/49 ip6:2a01:111:f403:8000::/51 -all",
    "outlook.com": "v=spf1 include:spf2.outlook.com include:spf.protection.outlook.com -all", "spf2.outlook.com": "v=spf1 ip4:40.92.0.0/15 -all",
    "spf.messagingengine.com": "v=spf1 ip4:103.168.172.128/27 ip4:103.168.172.0/24 ip4:202.12.124.128/27 ?all",
    "zohomail.eu": "v=spf1 ip4:136.143.168.0/24 ip4:185.230.212.0/24 ~all",
    "_spf-eu.ionos.com": "v=spf1 ip4:212.227.126.128/25 ip4:82.165.159.0/26 ip4:217.72.192.64/26 ip4:212.227.15.0/25 ip4:212.227.17.0/27 ~all",
    "mx.ovh.com": "v=spf1 ptr:mail-out.ovh.net ptr:mail.ovh.net ip4:8.33.137.105/32 ip4:178.32.124.0/24 ip4:192.99.77.81/32 ?all",
    "spf.sender.xserver.jp": "v=spf1 ip4:183.90.224.0/19 ip4:162.43.96.0/19 ip4:202.226.36.0/22 ~all",
    "spf.your-server.de": "v=spf1 ip4:78.46.5.0/24 ip4:88.198.60.0/24 ~all",
    "spf.sharedhost.example": "v=spf1 ip4:185.14.184.0/22 include:spf-relay.sharedhost.example ~all",
    "spf-relay.sharedhost.example": "v=spf1 ip4:185.14.190.0/26 ~all",
    "relay.mailchannels.net": "v=spf1 ip4:23.83.208.0/20 -all",
    "sendgrid.net": "v=spf1 ip4:167.89.0.0/17 ip4:208.117.48.0/20 ip4:50.31.32.0/19 ip4:198.37.144.0/20 ip4:168.245.0.0/17 ip4:149.72.0.0/16 "
                    "ip4:159.183.0.0/16 include:ab.sendgrid.net ~all",
    "ab.sendgrid.net": "v=spf1 ip4:223.165.113.0/24 ip4:223.165.115.0/24 ip4:223.165.118.0/23 ip4:223.165.120.0/23 ~all",
    "amazonses.com": "v=spf1 ip4:199.255.192.0/22 ip4:199.127.232.0/22 ip4:54.240.0.0/18 ip4:69.169.224.0/20 ip4:23.251.224.0/19 "
                     "ip4:76.223.176.0/20 -all",
    "eu-west-1.amazonses.com": "v=spf1 include:amazonses.com -all",
    "mailgun.org": "v=spf1 include:_spf.mailgun.org include:_spf.eu.mailgun.org ~all", "eu.mailgun.org": "v=spf1 include:_spf.eu.mailgun.org ~all",
    "_spf.mailgun.org": "v=spf1 ip4:69.72.32.0/20 ip4:159.135.224.0/20 ip4:198.61.254.0/23 ~all",
    "_spf.eu.mailgun.org": "v=spf1 ip4:141.193.32.0/23 ip4:161.38.192.0/20 ~all",
    "spf.mtasv.net": "v=spf1 ip4:50.31.156.96/27 ip4:104.245.209.192/26 ~all", "pm.mtasv.net": "v=spf1 include:spf.mtasv.net ~all",
    "spf.brevo.com": "v=spf1 ip4:1.179.112.0/20 ip4:172.246.0.0/16 ip4:77.32.128.0/18 ~all",
    "servers.mcsv.net": "v=spf1 ip4:205.201.128.0/20 ip4:198.2.128.0/18 ip4:148.105.8.0/21 -all",
    "spf.mandrillapp.com": "v=spf1 ip4:198.2.132.0/22 ip4:198.2.186.0/23 -all",
    "mandrillapp.com": "v=spf1 include:spf.mandrillapp.com -all",
    "_spf.salesforce.com": "v=spf1 exists:%{i}._spf.mta.salesforce.com -all",
    "mail.zendesk.com": "v=spf1 ip4:192.161.144.0/20 ip4:185.12.80.0/22 ip4:188.172.128.0/20 ip4:216.198.0.0/18 ~all",
    "zendesk.com": "v=spf1 include:mail.zendesk.com -all",
    "email.freshdesk.com": "v=spf1 include:fdspfus.freshemail.io include:fdspfeuc.freshemail.io ~all",
    "emailus.freshdesk.com": "v=spf1 include:email.freshdesk.com ~all",
    "fdspfus.freshemail.io": "v=spf1 ip4:52.70.178.0/24 ip4:167.89.0.0/25 ~all", "fdspfeuc.freshemail.io": "v=spf1 ip4:35.157.224.0/25 ~all",
    "_spf.createsend.com": "v=spf1 ip4:203.55.21.0/24 ip4:204.75.142.0/24 ~all",
    "eu._netblocks.mimecast.com": "v=spf1 ip4:195.130.217.0/24 ip4:91.220.42.0/24 ip4:146.101.78.0/24 ip4:207.82.80.0/24 ip4:185.58.84.0/22 -all",
    "us._netblocks.mimecast.com": "v=spf1 ip4:207.211.31.0/25 ip4:205.139.110.0/24 ip4:170.10.128.0/23 -all",
    "spf.ess.barracudanetworks.com": "v=spf1 ip4:209.222.80.0/21 ip4:64.235.144.0/20 -all",
    "spf.ess.de.barracudanetworks.com": "v=spf1 ip4:18.185.115.0/24 ip4:35.157.190.224/27 -all",
    "_spf.mx.cloudflare.net": "v=spf1 ip4:104.30.0.0/19 ip6:2405:8100:c000::/38 ~all", "spf1.stripe.com": "v=spf1 ip4:198.2.180.0/24 ~all",
    "gmx.net": "v=spf1 ip4:212.227.15.0/25 ip4:212.227.17.0/27 ip4:74.208.4.192/26 -all", "comcast.net": "v=spf1 ip4:96.102.19.0/24 -all",
}
SIGNERS = {  # what these sign as, whoever the customer is
    "sendgrid.net": "smtpapi", "amazonses.com": "ug7nbtf4gccmlpwj322ax3p6ow6yfsug", "mailgun.org": "mg", "eu.mailgun.org": "mg",
    "pm.mtasv.net": "pm20230601",
    "sender-sib.com": "mail", "mailchimpapp.net": "k2", "mandrillapp.com": "mandrill", "zendesk.com": "zendesk1", "freshdesk.com": "s1",
    "cmail19.com": "cm",
    "stripe.com": "s1", "gmail.com": "20251104", "googlegroups.com": "20251104", "google.com": "20251104", "messagingengine.com": "fm3",
}


def ptr_name(service, ip):
    addr = ipaddress.ip_address(ip)
    digest = hashlib.sha1(ip.encode()).hexdigest()
    if addr.version == 6:
        a = b = c = d = int(addr) & 255
    else:
        a, b, c, d = addr.packed
    return service.ptr.format(a=a, b=b, c=c, d=d, d3=f"{d:03}", h=digest[:6], h3=digest[:3], r=MS_REGIONS[(b * 7 + c) % len(MS_REGIONS)],
                              w=WORDS[c % 16] + str(b) + "-" + str(d) if "mailchannels" in service.ptr else digest[:8])


class Market:
    """All services, in one zone."""

    def __init__(self, zone, keys):
        self.zone = zone
        for name, text in RECORDS.items():
            zone.add(name, "TXT", text)
        for n in range(1, 60):
            zone.add(f"bf{n:02}.hubspotemail.net", "TXT", "v=spf1 ip4:158.247.16.0/20 ip4:54.174.52.0/24 -all")
            zone.add(f"f{n}.d.sender-sib.com", "TXT", "v=spf1 include:spf.brevo.com -all")
            zone.add(f"mail{n}.atl51.mcsv.net", "TXT", "v=spf1 include:servers.mcsv.net -all")
            zone.add(f"4vxk{n}.bnc.salesforce.com", "TXT", "v=spf1 include:_spf.salesforce.com -all")
            zone.add(f"cmail{n}.com", "TXT", "v=spf1 include:_spf.createsend.com -all")
        zone.host("aspmx.l.google.com", "142.250.102.27")
        zone.host("alt1.aspmx.l.google.com", "142.250.153.27")
        self.keys = keys
        for d, selector in SIGNERS.items():
            zone.add(f"{selector}._domainkey.{d}", "TXT", "v=DKIM1; k=rsa; p=" + keys(f"{selector}.{d}"))

    def pick(self, key, dice, n=1, v6=0):
        """n addresses (and v6 more) by which a customer's mail leaves."""
        s, out = S[key], []
        while len(out) < n + v6:
            net = ipaddress.ip_network(s.v6 if len(out) >= n else dice.choice(s.nets))
            ip = str(net[dice.randrange(2, min(net.num_addresses - 2, 2 ** 16))])
            if ip not in out:
                out.append(self.named(key, ip))
        return out

    def named(self, key, ip):
        if reverse(ip) not in self.zone.table:
            self.zone.pointer(ip, ptr_name(S[key], ip))
        if key == "salesforce":
            self.zone.add(f"{ip}._spf.mta.salesforce.com", "A", "127.0.0.1")
        return ip

"""Who runs machines that send mail: networks, names of addresses, SPF includes, signatures. Reserved names and addresses only."""
import dataclasses
import ipaddress


@dataclasses.dataclass
class Vendor:
    name: str
    kind: str               # as in the catalogue
    network: str            # where its machines are
    size: int               # how many of them send
    include: bool = True    # it publishes _spf.NAME.example
    ptr: str = "mx{n}.{name}.example"
    step: int = 1           # distance of its addresses
    dkim: bool = True       # signs as itself when nothing else is set up
    shared: bool = True
    advice: str = "Set up DKIM for your domain there."

    @property
    def domain(self):
        return f"{self.name}.example"

    @property
    def bounces(self):
        return f"bounce.{self.name}.example"

    def addresses(self):
        base = int(ipaddress.ip_network(self.network).network_address)
        return [str(ipaddress.ip_address(base + 5 + n * self.step)) for n in range(self.size)]

    def host(self, n):
        return self.ptr.format(n=n, name=self.name)


VENDORS = [
    Vendor("mailbig", "mailbox", "100.64.0.0/20", 60, ptr="mail-{n}.out.mailbig.example"),
    Vendor("officehost", "mailbox", "100.64.32.0/20", 60, ptr="eur{n}.prod.officehost.example"),
    Vendor("postbox", "mailbox", "2001:db8:50::/48", 12),
    Vendor("sendwave", "esp", "198.18.0.0/22", 40, ptr="o{n}.sendwave.example"),
    Vendor("bulkjet", "esp", "198.18.8.0/23", 24, ptr="out{n}.bulkjet.example"),
    Vendor("newsround", "esp", "198.18.12.0/24", 16),
    Vendor("receiptly", "esp", "198.18.14.0/24", 8),
    Vendor("crmcloud", "saas", "198.18.20.0/24", 10),
    Vendor("ticketdesk", "saas", "198.18.24.0/24", 6),
    Vendor("payroll", "saas", "198.18.26.0/24", 3),
    Vendor("rentweb", "webhost", "198.51.100.0/24", 120, ptr="sv{n}.rentweb.example", dkim=False),
    Vendor("yadoweb", "webhost", "203.0.113.0/24", 90, ptr="www{n}.yadoweb.example", dkim=False),
    Vendor("vpsland", "cloud", "100.65.0.0/18", 60, include=False, ptr="static-{n}.vpsland.example", dkim=False, step=37),
    Vendor("cablenet", "isp", "240.0.0.0/10", 2500, include=False, ptr="dyn-{dashed}.cablenet.example", dkim=False, step=1543),
    Vendor("alumni", "forwarder", "198.18.40.0/28", 3, dkim=False),
    Vendor("lists", "forwarder", "198.18.42.0/28", 2),
]
BY_NAME = {v.name: v for v in VENDORS}


def catalogue():
    """What a person would put into a file of own services."""
    head = "name,kind,spf_include,ptr_suffixes,return_path,dkim_domains,dkim_selectors,zone_marks,shared,aligned_spf,include_helps,dkim,advice,link,source"
    rows = [head]
    for v in VENDORS:
        if v.kind in ("forwarder",):
            continue
        rows.append(",".join([v.name.capitalize(), v.kind, f"_spf.{v.domain}" if v.include else "", v.domain, v.bounces if v.dkim else "",
                              v.domain if v.dkim else "", "", v.domain, "y", "custom", "y", "y", v.advice, "", "test"]))
    return "\n".join(rows) + "\n"

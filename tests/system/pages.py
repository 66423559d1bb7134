"""The pages that test_html.py reads and test_pages.py opens: those of the samples, and one that is as large as they get."""
import harness
import nameserver
import reports

SAMPLES = harness.ROOT / "samples"
DOMAINS, SENDERS = 8 if harness.SANITIZED else 50, 100


def of_samples(home):
    """name -> (page, JSON of the same), as of the samples' October."""
    home.run("db", "start")
    home.run("ingest", SAMPLES)
    home.run("db", "psql", "--", "-q", "-f", SAMPLES / ".dns/answers.sql")
    pages = {}
    for name, args, codes in (("inventory", ("inventory", "--month", "2026-10"), (0,)), ("report", ("report", "--month", "2026-10"), (0,)),
                              ("readiness", ("readiness", "example.com", "--as-of", "2026-11-01"), (2,)),
                              ("all", ("readiness", "--all", "--as-of", "2026-11-01"), (2,))):
        done = home.run("--offline", *args, "-f", "html")
        if done.code not in codes:
            raise AssertionError(f"{name}: {done.code}: {done.err}")
        pages[name] = done.out
    return pages


def records(domain, d, senders):
    """A network a sender, five addresses each; all but the first fail, from MAIL FROM in the domain."""
    for i in range(senders):
        for host in range(5):
            yield reports.record(ip=f"2001:db8:{d:x}:{i:x}::{host + 1:x}", count=20 + i, header_from=domain, dkim="fail", spf="pass" if i == 0 else "fail")


def large(db, top, senders=SENDERS):
    """Fifty domains (with sanitizers fewer) of a hundred senders, or another number. A person has approved them all, and every one is missing from a long SPF record: name -> page."""
    domains = [f"d{d}.example" for d in range(DOMAINS)]
    for d, domain in enumerate(domains):
        rows = list(records(domain, d, senders))
        for n, org in enumerate(("one.example", "two.example", "three.example")):
            (top / f"{org}!{domain}.xml").write_bytes(reports.report(f"{n}-{domain}", rows, domain=domain, org=org, begin=reports.BEGIN + n * 9 * reports.DAY))
    db.ingest(top)
    db.sql("insert into sender_label (domain_id, sender, verdict) select d.id, 'net:2001:db8:' || to_hex(substr(d.name, 2, length(d.name) - 9)::int) || ':' || "
           "to_hex(n) || '::/64', 'approve' from domain d, generate_series(1, 99) n")
    zones = {}
    for d, domain in enumerate(domains):
        zones[domain] = top / f"{domain}.zone"
        own = " ".join(f"ip4:192.0.{d}.{n}" for n in range(100, 112))
        text = f'"v=spf1 ip6:2001:db8:{d:x}::/64 {own} ~all"'
        zones[domain].write_text(f"$ORIGIN {domain}.\n$TTL 3600\n@ SOA ns.test. root.test. 1 3600 900 604800 3600\n@ NS ns.test.\n@ TXT {text}\n"
                                 f"@ MX 10 mail\nmail A 192.0.{d}.100\n_dmarc TXT \"v=DMARC1; p=none; rua=mailto:rua@{domain}\"\n")
    pages = {}
    with nameserver.NameServer(zones) as dns:
        for name, args in (("inventory", ("inventory", "--month", "2026-10")), ("readiness", ("readiness", "--all", "--as-of", "2026-11-01"))):
            done = db.run("--dns-server", dns.address, *args, "-f", "html")
            if done.code not in (0, 3):
                raise AssertionError(f"{name}: {done.code}: {done.err}")
            pages[name] = done.out
    return domains, pages

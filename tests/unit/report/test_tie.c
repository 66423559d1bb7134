/*
 * Ties and scope: what a stranger cannot make, and how many a record lets in.
 */
#include "report/sender/scope.h"
#include "tests/unit/world.h"

/* ---- ties ---- */

#define LOOKED_AT(ip)                                                                              \
	{                                                                                          \
		ip, 100, "example.com fail", NULL, 0, MONTH                                        \
	}
#define PLAIN "example.com TXT v=spf1 mx ~all"

/* The ties of one address, and whether it aged. */
static const struct tie_case {
	const char *what;
	const char *address;
	unsigned ties;
	bool aged, pool;
	struct row rows[4]; /* of the address; none: mail that fails for us, every day */
	const char *zone[10];
	const char *ours[2];
	enum label_verdict label; /* of the address */
} cases[] = {
    /* host */
    {"a name of ours leads here", "198.51.100.80", TIE_HOST},
    {"shop does, too", "198.51.100.90", TIE_HOST, .zone = {"shop.example.com A 198.51.100.90"}},
    {"its neighbour", "198.51.100.81", 0},
    {"over an alias into a zone that is not ours", "198.51.100.90", 0,
     .zone = {"shop.example.com CNAME shops.vendor.example",
	      "shops.vendor.example A 198.51.100.90"}},
    {"over an alias that stays in our zone", "198.51.100.90", TIE_HOST,
     .zone = {"shop.example.com CNAME box.example.com", "box.example.com A 198.51.100.90"}},
    {"over an alias into another domain of the owner", "198.51.100.90", TIE_HOST,
     .zone = {"shop.example.com CNAME box.example.net", "box.example.net A 198.51.100.90"},
     .ours = {"example.net"}},
    {"a private address", "10.0.0.5", 0, .zone = {"shop.example.com A 10.0.0.5"}},
    {"behind carrier-grade NAT", "100.64.0.5", 0, .zone = {"shop.example.com A 100.64.0.5"}},
    {"loopback", "127.0.0.1", 0, .zone = {"shop.example.com A 127.0.0.1"}},
    {"link-local", "169.254.7.7", 0, .zone = {"shop.example.com A 169.254.7.7"}},
    {"link-local, IPv6", "fe80::5", 0, .zone = {"shop.example.com AAAA fe80::5"}},
    {"unique local, IPv6", "fd00::5", 0, .zone = {"shop.example.com AAAA fd00::5"}},
    {"our MX in our zone, which sends mail of ours that passes", "192.0.2.20",
     TIE_HOST | TIE_RECORD, .rows = {{"192.0.2.20", 100, "example.com pass", NULL, 0, MONTH}},
     .zone = {PLAIN, "example.com MX 20 mx2.example.com", "mx2.example.com A 192.0.2.20"}},
    {"our MX, of which no mail of ours passes", "192.0.2.20", 0,
     .zone = {"example.com MX 20 mx2.example.com", "mx2.example.com A 192.0.2.20"}},
    {"a backup MX of others, that hands on mail", "192.0.2.20", 0,
     .zone = {"example.com MX 20 backup.isp.example", "backup.isp.example A 192.0.2.20"}},
    {"a backup MX of others, whose mail the record authorises", "192.0.2.20", TIE_RECORD,
     .rows = {{"192.0.2.20", 100, "example.com pass", NULL, 0, MONTH}},
     .zone = {PLAIN, "example.com MX 20 backup.isp.example", "backup.isp.example A 192.0.2.20"}},
    {"IPv6: in the /64 of a host of ours", "2a01:4f8:1:5:aaaa:bbbb:cccc:dddd", TIE_HOST,
     .rows = {{"2a01:4f8:1:5:aaaa:bbbb:cccc:dddd", 100, "example.com fail", NULL, 0, 0x70},
	      OUR_ROW},
     .zone = {"shop.example.com AAAA 2a01:4f8:1:5::1"}},
    {"IPv6: one that stays is another machine", "2a01:4f8:1:5:aaaa:bbbb:cccc:dddd", 0,
     .rows = {{"2a01:4f8:1:5:aaaa:bbbb:cccc:dddd", 100, "example.com fail", NULL, 0, MONTH},
	      OUR_ROW},
     .zone = {"shop.example.com AAAA 2a01:4f8:1:5::1"}},
    {"IPv6: a number in the /64 of a host of ours, as providers deal them out",
     "2a01:4f8:1:5::77f1", 0, .zone = {"shop.example.com AAAA 2a01:4f8:1:5::1a2b"}},
    {"IPv6: another network card in it", "2a01:4f8:1:5:f03c:91ff:fe50:1", 0,
     .zone = {"shop.example.com AAAA 2a01:4f8:1:5:f03c:91ff:fe50:2"}},
    {"IPv6: in the next /64", "2a01:4f8:1:6:aaaa:bbbb:cccc:dddd", 0,
     .zone = {"shop.example.com AAAA 2a01:4f8:1:5::1"}},
    {"IPv6: in the /64 of a web host", "2a01:4f8:1:5:aaaa:bbbb:cccc:dddd", 0,
     .zone = {"shop.example.com AAAA 2a01:4f8:1:5::1",
	      "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.1.0.0.0.8.f.4.0.1.0.a.2.ip6.arpa PTR "
	      "sv6.webs.example",
	      "sv6.webs.example AAAA 2a01:4f8:1:5::1"}},
    {"IPv6: unsigned, in the /64 of a host of ours that signs", "2a01:4f8:1:5:aaaa::7", 0,
     .rows = {{"2a01:4f8:1:5:aaaa::7", 100, "example.com fail", NULL, 0, MONTH},
	      {"2a01:4f8:1:5::1", 100, "example.com pass", "example.com s1 pass", 0, MONTH}},
     .zone = {"shop.example.com AAAA 2a01:4f8:1:5::1"}},
    {"IPv6: with a name of somebody else, in the /64 of a host of ours", "2a01:4f8:1:5:aaaa::7", 0,
     .zone = {"shop.example.com AAAA 2a01:4f8:1:5::1",
	      "7.0.0.0.0.0.0.0.0.0.0.0.a.a.a.a.5.0.0.0.1.0.0.0.8.f.4.0.1.0.a.2.ip6.arpa PTR "
	      "mail.pills.example",
	      "mail.pills.example AAAA 2a01:4f8:1:5:aaaa::7"}},
    {"a forgotten name, at a rented address", "198.51.100.90", 0,
     .zone = {"shop.example.com A 198.51.100.90",
	      "90.100.51.198.in-addr.arpa PTR ec2-198-51-100-90.cloud.example",
	      "ec2-198-51-100-90.cloud.example A 198.51.100.90"}},
    {"from which mail of ours passes", "198.51.100.90", TIE_HOST,
     .rows = {{"198.51.100.90", 100, NULL, "example.com s1 pass", 0, MONTH}},
     .zone = {"shop.example.com A 198.51.100.90",
	      "90.100.51.198.in-addr.arpa PTR ec2-198-51-100-90.cloud.example",
	      "ec2-198-51-100-90.cloud.example A 198.51.100.90"}},
    {"a name that the wildcard gives, too", "198.51.100.90", 0,
     .zone = {"shop.example.com A 198.51.100.90", "*.example.com A 198.51.100.90"}},
    /* name */
    {"a name in a domain that gives names to customers", "192.0.2.77", 0,
     .rows = {{"192.0.2.77", 100, "example.com fail", NULL, 0, MONTH},
	      {"192.0.2.33", 5, "example.com fail", NULL, 0, MONTH}},
     .zone = {"77.2.0.192.in-addr.arpa PTR erp.example.com", "erp.example.com A 192.0.2.77",
	      "33.2.0.192.in-addr.arpa PTR ppp33.example.com", "ppp33.example.com A 192.0.2.33"}},
#define NAMED(ip, back, name)                                                                      \
	back ".in-addr.arpa PTR " name ".example.com", name ".example.com A " ip
    {"names in two networks from which nothing of ours passes", "198.51.101.7", 0,
     .rows = {{"198.51.101.7", 100, "example.com fail", NULL, 0, MONTH},
	      {"198.51.102.7", 30, "example.com fail", NULL, 0, MONTH}},
     .zone = {NAMED("198.51.101.7", "7.101.51.198", "erp"),
	      NAMED("198.51.102.7", "7.102.51.198", "mail.miller")}},
    {"in one", "198.51.101.7", TIE_NAME,
     .rows = {{"198.51.101.7", 100, "example.com fail", NULL, 0, MONTH},
	      {"198.51.101.8", 30, "example.com fail", NULL, 0, MONTH}},
     .zone = {NAMED("198.51.101.7", "7.101.51.198", "erp"),
	      NAMED("198.51.101.8", "8.101.51.198", "miller")}},
    {"in two, one of them that of a host of ours", "193.5.6.7", TIE_NAME,
     .rows = {{"193.5.6.7", 100, "example.com fail", NULL, 0, MONTH},
	      {"198.51.103.7", 30, "example.com fail", NULL, 0, MONTH}},
     .zone = {NAMED("193.5.6.7", "7.6.5.193", "erp"),
	      NAMED("198.51.103.7", "7.103.51.198", "miller"), "shop.example.com A 198.51.103.9"}},
    {"a name elsewhere in the network of our own servers", "192.0.77.20", 0,
     .rows = {{"192.0.77.20", 100, "example.com fail", NULL, 0, MONTH},
	      {"192.0.2.19", 9000, "example.com fail", NULL, 0, MONTH}},
     .zone = {NAMED("192.0.77.20", "20.77.0.192", "miller"),
	      NAMED("192.0.2.19", "19.2.0.192", "tickets")}},
    {"and the one beside our servers", "192.0.2.19", TIE_NAME,
     .rows = {{"192.0.77.20", 100, "example.com fail", NULL, 0, MONTH},
	      {"192.0.2.19", 9000, "example.com fail", NULL, 0, MONTH}},
     .zone = {NAMED("192.0.77.20", "20.77.0.192", "miller"),
	      NAMED("192.0.2.19", "19.2.0.192", "tickets")}},
    {"there, and mail of ours passes from it", "192.0.77.20", TIE_NAME,
     .rows = {{"192.0.77.20", 100, "example.com fail", "example.com s1 pass", 0, MONTH}},
     .zone = {NAMED("192.0.77.20", "20.77.0.192", "miller")}},
    {"and it uses its name as envelope sender, which leads to it", "192.0.77.20", 0,
     .rows = {{"192.0.77.20", 100, "miller.example.com fail", NULL, 0, MONTH}},
     .zone = {NAMED("192.0.77.20", "20.77.0.192", "miller")}},
    {"a deeper name, in a network of others", "198.51.101.7", 0,
     .zone = {NAMED("198.51.101.7", "7.101.51.198", "mail.miller")}},
    {"a customer's line, in our domain", "192.0.2.77", 0,
     .zone = {NAMED("192.0.2.77", "77.2.0.192", "smith.static")}},
    {"a customer's machine, in our domain", "192.0.2.77", 0,
     .zone = {"77.2.0.192.in-addr.arpa PTR vps4711.example.com",
	      "vps4711.example.com A 192.0.2.77"}},
    {"a student's, in our domain", "192.0.2.77", 0,
     .zone = {"77.2.0.192.in-addr.arpa PTR anna-laptop.dorm3.example.com",
	      "anna-laptop.dorm3.example.com A 192.0.2.77"}},
    {"a visitor's, in our domain", "192.0.2.77", 0,
     .zone = {"77.2.0.192.in-addr.arpa PTR wlan-17-23.example.com",
	      "wlan-17-23.example.com A 192.0.2.77"}},
    {"behind which many are, in our domain", "192.0.2.77", 0,
     .zone = {"77.2.0.192.in-addr.arpa PTR eduroam-nat2.example.com",
	      "eduroam-nat2.example.com A 192.0.2.77"}},
    {"a server with a number", "192.0.2.77", TIE_NAME,
     .zone = {"77.2.0.192.in-addr.arpa PTR mx-001.example.com", "mx-001.example.com A 192.0.2.77"}},
    {"a confirmed name of ours", "192.0.2.77", TIE_NAME,
     .zone = {"77.2.0.192.in-addr.arpa PTR erp.example.com", "erp.example.com A 192.0.2.77"}},
    {"that does not lead back", "192.0.2.77", 0,
     .zone = {"77.2.0.192.in-addr.arpa PTR erp.example.com", "erp.example.com A 192.0.2.78"}},
    {"that is not there", "192.0.2.77", 0, .zone = {"77.2.0.192.in-addr.arpa PTR erp.example.com"}},
    {"a confirmed name that is made of the address", "192.0.2.77", 0,
     .zone = {"77.2.0.192.in-addr.arpa PTR ip-192-0-2-77.example.com",
	      "ip-192-0-2-77.example.com A 192.0.2.77"}},
    {"a line of an access network, in our domain", "192.0.2.77", 0,
     .zone = {"77.2.0.192.in-addr.arpa PTR dsl77.example.com", "dsl77.example.com A 192.0.2.77"}},
    {"a confirmed name of somebody else", "192.0.2.77", 0,
     .zone = {"77.2.0.192.in-addr.arpa PTR mx.vendor.example", "mx.vendor.example A 192.0.2.77"}},
    {"a confirmed name of another domain of the owner", "192.0.2.77", TIE_NAME,
     .zone = {"77.2.0.192.in-addr.arpa PTR erp.example.net", "erp.example.net A 192.0.2.77"},
     .ours = {"example.net"}},
    {"a confirmed name over an alias into a zone that is not ours", "192.0.2.77", 0,
     .zone = {"77.2.0.192.in-addr.arpa PTR erp.example.com",
	      "erp.example.com CNAME tenant7.vendor.example",
	      "tenant7.vendor.example A 192.0.2.77"}},
    /* record */
    {"our record names it", "192.0.2.77", TIE_RECORD,
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all"}},
    {"and lets in everybody", "192.0.2.77", 0,
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 +all"}},
    {"an include of ours names it", "192.0.2.77", TIE_RECORD,
     .zone = {"example.com TXT v=spf1 include:spf.example.com ~all",
	      "spf.example.com TXT v=spf1 ip4:192.0.2.77 -all"}},
    {"an include two down lets in everybody", "192.0.2.77", 0,
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 include:a.example ~all",
	      "a.example TXT v=spf1 include:b.example -all", "b.example TXT v=spf1 +all"}},
    {"?all", "192.0.2.77", 0, .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ?all"}},
    {"ptr", "192.0.2.77", 0,
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ptr:vendor.example ~all"}},
    {"an exists that answers for everybody", "192.0.2.77", 0,
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 exists:any.vendor.example ~all",
	      "any.vendor.example A 127.0.0.2"}},
    {"an exists that answers for this one", "192.0.2.77", TIE_RECORD,
     .zone = {"example.com TXT v=spf1 exists:%{ir}.list.vendor.example ~all",
	      "77.2.0.192.list.vendor.example A 127.0.0.2"}},
    {"a /20", "192.0.2.77", TIE_RECORD, .zone = {"example.com TXT v=spf1 ip4:192.0.0.0/20 ~all"}},
    {"aged: a line in a /16, which has many owners", "192.0.2.77", 0, .aged = true,
     .zone = {"example.com TXT v=spf1 ip4:192.0.0.0/16 ~all"}},
    {"not aged: in it, and signs as us", "192.0.2.77", TIE_RECORD,
     .rows = {{"192.0.2.77", 100, "example.com pass", "example.com s1 pass", 0, MONTH}, OUR_ROW},
     .zone = {"example.com TXT v=spf1 ip4:192.0.0.0/16 ~all"}},
    {"more than a /16", "192.0.2.77", 0, .aged = true,
     .zone = {"example.com TXT v=spf1 ip4:192.0.0.0/16 ip4:198.18.0.1 ~all"}},
#define LATE   0x3ff00000 /* since the 21st */
#define PAUSED 0x3000007f /* three weeks of silence */
    {"aged: the address has a name of somebody else, and sends since a few days", "192.0.2.77", 0,
     .aged = true, .rows = {{"192.0.2.77", 100, "example.com pass", NULL, 0, LATE}, OUR_ROW},
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all",
	      "77.2.0.192.in-addr.arpa PTR mx.vendor.example", "mx.vendor.example A 192.0.2.77"}},
    {"aged: it paused, and came back", "192.0.2.77", 0, .aged = true,
     .rows = {{"192.0.2.77", 100, "example.com pass", NULL, 0, PAUSED}, OUR_ROW},
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all",
	      "77.2.0.192.in-addr.arpa PTR mx.vendor.example", "mx.vendor.example A 192.0.2.77"}},
    {"not aged: a mail host has its provider's name", "192.0.2.77", TIE_RECORD,
     .rows = {{"192.0.2.77", 100, "example.com pass", NULL, 0, MONTH}, OUR_ROW},
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all",
	      "77.2.0.192.in-addr.arpa PTR mx.vendor.example", "mx.vendor.example A 192.0.2.77"}},
    {"aged: in a network of ours, where machines with our names sign, and it has another's",
     "192.0.2.77", 0, .aged = true,
     .rows = {{"192.0.2.77", 100, "example.com pass", NULL, 0, MONTH}, OUR_ROW},
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.0/24 ~all",
	      "77.2.0.192.in-addr.arpa PTR mx.vendor.example", "mx.vendor.example A 192.0.2.77"}},
    {"not aged: it sends every week", "192.0.2.77", TIE_RECORD,
     .rows = {{"192.0.2.77", 100, "example.com pass", NULL, 0, 0x00810204 << 1}, OUR_ROW},
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all",
	      "77.2.0.192.in-addr.arpa PTR mx.vendor.example", "mx.vendor.example A 192.0.2.77"}},
    {"not aged: our MX", "192.0.2.77", TIE_RECORD,
     .rows = {{"192.0.2.77", 100, "example.com pass", NULL, 0, LATE}, OUR_ROW},
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all", "example.com MX 5 mx.vendor.example",
	      "77.2.0.192.in-addr.arpa PTR mx.vendor.example", "mx.vendor.example A 192.0.2.77"}},
    {"aged: somebody else's signature passes since a few days", "192.0.2.77", 0, .aged = true,
     .rows = {{"192.0.2.77", 100, "example.com pass", NULL, 0, MONTH},
	      {"192.0.2.77", 100, "example.com pass", "vendor.example k1 pass", 0, LATE}},
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all"}},
    {"not aged: its provider signs all mail", "192.0.2.77", TIE_RECORD,
     .rows = {{"192.0.2.77", 100, "example.com pass", "vendor.example k1 pass", 0, MONTH}},
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all"}},
    {"not aged: it signs as us", "192.0.2.77", TIE_RECORD,
     .rows = {{"192.0.2.77", 100, "example.com pass", "example.com s1 pass", 0, MONTH}},
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all",
	      "77.2.0.192.in-addr.arpa PTR mx.vendor.example", "mx.vendor.example A 192.0.2.77"}},
    {"not aged: a name of ours leads there", "192.0.2.77", TIE_HOST | TIE_RECORD,
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all", "shop.example.com A 192.0.2.77",
	      "77.2.0.192.in-addr.arpa PTR mx.vendor.example", "mx.vendor.example A 192.0.2.77"}},
    {"not aged: the name is one that the provider makes", "192.0.2.77", TIE_RECORD,
     .zone = {"example.com TXT v=spf1 ip4:192.0.2.77 ~all",
	      "77.2.0.192.in-addr.arpa PTR ip-192-0-2-77.isp.example",
	      "ip-192-0-2-77.isp.example A 192.0.2.77"}},
/* service */
#define K1(service) "k1._domainkey.example.com CNAME k1." service ".example"
    {"a service that our zone names", "203.0.113.1", TIE_SERVICE,
     .rows = {{"203.0.113.1", 100, "example.com fail", NULL, 0, MONTH},
	      {"203.0.113.2", 100, "mailer.example pass", "example.com k1 pass", 0, MONTH}},
     .zone = {PLAIN, K1("mailer")}},
    {"that a signature names which fails", "203.0.113.1", TIE_SERVICE,
     .rows = {{"203.0.113.1", 100, "example.com fail", "example.com k1 fail", 0, MONTH}},
     .zone = {PLAIN, K1("mailer")}},
    {"that our zone does not name", "203.0.113.1", 0, .zone = {PLAIN}},
    {"that our record includes", "203.0.113.1", TIE_SERVICE | TIE_RECORD,
     .zone = {"example.com TXT v=spf1 include:_spf.mailer.example ~all"}},
    {"a machine with its name, outside of what it documents", "203.0.113.200", 0,
     .rows = {{"203.0.113.200", 100, "example.com fail", "example.com k1 fail", 0, MONTH}},
     .zone = {PLAIN, K1("mailer"), "200.113.0.203.in-addr.arpa PTR o200.mailer.example",
	      "o200.mailer.example A 203.0.113.200"}},
    {"a service that verifies nobody", "203.0.113.33", 0,
     .rows = {{"203.0.113.33", 100, "example.com fail", "example.com k1 fail", 0, MONTH}},
     .zone = {PLAIN, K1("careless")}},
    {"and one of which that is not known", "198.51.100.81", 0,
     .rows = {{"198.51.100.81", 100, "example.com fail", "example.com k1 fail", 0, MONTH}},
     .zone = {PLAIN, K1("webs")}},
    {"our MX is at a mailbox host", "203.0.113.65", TIE_SERVICE,
     .zone = {PLAIN, "example.com MX 20 mx.boxes.example"}},
    {"its relay pool, which it leaves out", "203.0.113.81", 0, .pool = true,
     .zone = {PLAIN, "example.com MX 20 mx.boxes.example",
	      "81.113.0.203.in-addr.arpa PTR r1.boxes.example", "r1.boxes.example A 203.0.113.81"}},
    {"its relay pool, which our record names", "203.0.113.81", 0, .pool = true,
     .zone = {"example.com TXT v=spf1 ip4:203.0.113.80/28 ~all",
	      "81.113.0.203.in-addr.arpa PTR r1.boxes.example", "r1.boxes.example A 203.0.113.81"}},
    /* person, signature */
    {"a person approved it", "192.0.2.77", TIE_PERSON, .label = LABEL_APPROVE},
    {"a person denied it", "192.0.2.77", 0, .label = LABEL_DENY},
    {"it carries all the mail of a selector of ours", "192.0.2.77", 0,
     .rows = {{"192.0.2.77", 900, "relay.example pass", "example.com s7 pass", 0, MONTH}}},
};

static void test_ties(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct tie_case *c = &cases[i];
		struct arena a = {0};
		struct world w = {.now = {OUR_ROW}};
		struct fact_label label = {.sender = c->address, .bits = 32, .verdict = c->label};
		for (size_t k = 0; k < COUNT(c->rows) && c->rows[k].messages; k++)
			w.now[k + 1] = c->rows[k];
		if (c->rows[0].messages == 0)
			w.now[1] = (struct row)LOOKED_AT(c->address);
		memcpy(w.zone, c->zone, sizeof c->zone);
		memcpy(w.ours, c->ours, sizeof c->ours);
		if (c->label) {
			assert_true(ip_parse(c->address, strlen(c->address), &label.network, NULL));
			w.label = &label;
		}
		struct domain_inventory d = world_judge(&w, &a);
		const struct sender_source *x = find_source(&d, c->address);
		if (!x || x->ties != c->ties || x->aged != c->aged || x->pool != c->pool) {
			print_error("%s: %s: ties %x%s%s, expected %x\n", c->what, c->address,
				    x ? x->ties : 0, x && x->aged ? ", aged" : "",
				    x && x->pool ? ", pool" : "", c->ties);
			bad++;
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* ---- scope ---- */

static const struct scope_case {
	const char *what, *record;
	const char *more[3];
	const char *open, *ptr, *neutral, *dangling; /* the terms; NULL: none */
	unsigned depth;                              /* of what was found */
	double addresses;
	bool narrow;
} scopes[] = {
    {"one machine", "v=spf1 mx ~all", .addresses = 1, .narrow = true},
    {"-all", "v=spf1 -all", .narrow = true},
    {"+all", "v=spf1 mx +all", .open = "+all", .addresses = 1},
    {"all without a sign", "v=spf1 mx all", .open = "all", .addresses = 1},
    {"?all", "v=spf1 mx ?all", .neutral = "?all", .addresses = 1},
    {"+all two includes down",
     "v=spf1 include:a.example -all",
     {"a.example TXT v=spf1 include:b.example -all", "b.example TXT v=spf1 +all"},
     .open = "+all",
     .depth = 2},
    {"+all behind a redirect",
     "v=spf1 redirect=a.example",
     {"a.example TXT v=spf1 +all"},
     .open = "+all",
     .depth = 1},
    {"all addresses in two halves", "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all",
     .open = "ip4:128.0.0.0/1", .addresses = 4294967296.0},
    {"what stands behind all is never read", "v=spf1 mx -all +all", .addresses = 1, .narrow = true},
    {"a network that is refused", "v=spf1 -ip4:0.0.0.0/0 mx ~all", .addresses = 1, .narrow = true},
    {"ptr", "v=spf1 ptr ~all", .ptr = "ptr"},
    {"ptr of a name", "v=spf1 ptr:vendor.example ~all", .ptr = "ptr:vendor.example"},
    {"ptr of a known service",
     "v=spf1 include:_spf.mailer.example ~all",
     {"_spf.mailer.example TXT v=spf1 ptr:mailer.example -all"},
     .narrow = true},
    {"exists that answers for everybody",
     "v=spf1 exists:%{ir}.x.example ~all",
     {"213.2.0.192.x.example A 127.0.0.2", "187.100.51.198.x.example A 127.0.0.2",
      "231.113.0.203.x.example A 127.0.0.2"},
     .open = "exists:%{ir}.x.example"},
    {"and for one of them",
     "v=spf1 exists:%{ir}.x.example ~all",
     {"213.2.0.192.x.example A 127.0.0.2"},
     .narrow = true},
    {"and only logs", "v=spf1 exists:%{i}.log.x.example mx ~all", .addresses = 1, .narrow = true},
    {"ranges of which each is narrow",
     "v=spf1 ip4:192.0.0.0/17 include:a.example ~all",
     {"a.example TXT v=spf1 ip4:198.18.0.0/17 ip4:198.51.0.0/17 -all"},
     .addresses = 98304},
    {"the range of a known service",
     "v=spf1 mx include:_spf.mailer.example ~all",
     {"_spf.mailer.example TXT v=spf1 ip4:10.0.0.0/8 -all"},
     .addresses = 1,
     .narrow = true},
    {"include of no record", "v=spf1 mx include:gone.example ~all",
     .dangling = "include:gone.example", .addresses = 1, .narrow = true},
    {"a of no name", "v=spf1 mx a:gone.example ~all", .dangling = "a:gone.example", .addresses = 1,
     .narrow = true},
    {"two includes down",
     "v=spf1 include:a.example -all",
     {"a.example TXT v=spf1 include:b.example -all", "b.example TXT v=spf1 a:gone.example -all"},
     .dangling = "a:gone.example",
     .depth = 2,
     .narrow = true},
};

static bool is_at(const struct scope_spot *s, const char *text, unsigned depth)
{
	return text ? s->term && strcmp(s->term->text, text) == 0 && s->depth == depth : !s->term;
}

static void test_scope(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(scopes); i++) {
		const struct scope_case *c = &scopes[i];
		const char *lines[8];
		size_t n = 0;
		struct arena a = {0};
		struct zone_view z;
		struct knowledge k;
		struct zone zone;
		struct scope s;
		lines[n++] = arena_printf(&a, "example.com TXT %s", c->record);
		lines[n++] = "example.com MX 10 mail.example.com";
		lines[n++] = "mail.example.com A 192.0.2.10";
		for (size_t m = 0; m < COUNT(c->more) && c->more[m]; m++)
			lines[n++] = c->more[m];
		lines[n] = NULL;
		struct domain_facts none = make_facts(&a, OCTOBER, NULL, 0);
		struct dns_view view = zone_view(&z, lines);
		z.at_once = true;
		knowledge_begin(&k, &test_rules, &view, world_catalogue(), &a);
		zone_read(&zone, &k, &none);
		scope_read(&zone, &zone.mailfrom[0], &s);
		if (!is_at(&s.open, c->open, c->depth) || !is_at(&s.ptr, c->ptr, c->depth) ||
		    !is_at(&s.neutral, c->neutral, c->depth) ||
		    !is_at(&s.dangling, c->dangling, c->depth) || s.addresses != c->addresses ||
		    s.narrow != c->narrow) {
			print_error("%s: %s %s %s %s, %.0f, %s\n", c->what,
				    s.open.term ? s.open.term->text : "-",
				    s.ptr.term ? s.ptr.term->text : "-",
				    s.neutral.term ? s.neutral.term->text : "-",
				    s.dangling.term ? s.dangling.term->text : "-", s.addresses,
				    s.narrow ? "narrow" : "wide");
			bad++;
		}
		zone_end(&zone);
		knowledge_end(&k);
		zone_view_end(&z);
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ties),
					   cmocka_unit_test(test_scope)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

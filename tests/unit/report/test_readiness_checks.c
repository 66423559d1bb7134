/*
 * Readiness: every check at, below and above its limits, and where it cannot say.
 */
#include "tests/unit/readiness_case.h"

#define OTHER "rua=mailto:a@example.com,mailto:b@other.example"
#define ALLOWS                                                                                     \
	"example.com._report._dmarc.other.example TXT v=DMARC1" /* to send its reports there */
#define A99                                                                                        \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aa"                                                                                       \
	"aaaaaaaaa"
#define OCTETS512 SPF("mx ~all x=" A99 A99 A99 A99 A99)

static const struct {
	enum check_id id;
	enum check_status status;
	struct variant c;
} cases[] = {
    {CHECK_C1, CHECK_PASS, {.days = 28}},
    {CHECK_C1, CHECK_WARN, {.days = 27}},
    {CHECK_C1, CHECK_WARN, {.days = 14}},
    {CHECK_C1, CHECK_FAIL, {.days = 13}},
    {CHECK_C2, CHECK_PASS, {.history_days = 5}},
    {CHECK_C2, CHECK_WARN, {.history_days = 4}},
    {CHECK_C3, CHECK_PASS, {.reporters = 5}},
    {CHECK_C3, CHECK_WARN, {.reporters = 4}},
    {CHECK_C3, CHECK_WARN, {.reporters = 3}},
    {CHECK_C3, CHECK_FAIL, {.reporters = 2}},
    {CHECK_C3, CHECK_WARN, {.reporters = 8, .small_reporters = true}},
    {CHECK_C4, CHECK_PASS, {.largest = 629}}, /* of 699 */
    {CHECK_C4, CHECK_PASS, {.largest = 630}},
    {CHECK_C4, CHECK_WARN, {.largest = 631}},
    {CHECK_C5, CHECK_PASS, {.legit = 1000}},
    {CHECK_C5, CHECK_WARN, {.legit = 999}},
    {CHECK_C5, CHECK_WARN, {.legit = 100}},
    {CHECK_C5, CHECK_FAIL, {.legit = 99}},
    {CHECK_C6, CHECK_PASS, {.last_gap = 3}},
    {CHECK_C6, CHECK_WARN, {.last_gap = 4}},
    {CHECK_C6, CHECK_WARN, {.last_gap = 7}},
    {CHECK_C6, CHECK_FAIL, {.last_gap = 8}},
    {CHECK_A1, CHECK_PASS, {.legit = 14850, .failing = 150}},
    {CHECK_A1, CHECK_WARN, {.legit = 14845, .failing = 155}},
    {CHECK_A1, CHECK_WARN, {.legit = 14700, .failing = 300}},
    {CHECK_A1, CHECK_FAIL, {.legit = 14695, .failing = 305}},
    {CHECK_A1, CHECK_PASS, {.legit = 14695, .unanswered = 305}},
    {CHECK_A1, CHECK_FAIL, {.legit = 14695, .unanswered = 150, .failing = 305}},
    {CHECK_A1, CHECK_UNKNOWN, {.nobody = true, .spoofed = 1000}},
    {CHECK_A2, CHECK_PASS, {.legit = 14700, .failing = 300}},
    {CHECK_A2, CHECK_WARN, {.legit = 14695, .failing = 305}},
    {CHECK_A2, CHECK_WARN, {.legit = 14250, .failing = 750}},
    {CHECK_A2, CHECK_FAIL, {.legit = 14245, .failing = 755}},
    {CHECK_A2,
     CHECK_PASS,
     {.invoices = 49, .invoice_days = GATE}}, /* too few to be a rate: A3 has it */
    {CHECK_A2, CHECK_FAIL, {.invoices = 50, .invoice_days = GATE}},
    {CHECK_A2, CHECK_UNKNOWN, {.legit = 49}},
    {CHECK_A3, CHECK_PASS, {0}},
    {CHECK_A3, CHECK_PASS, {.invoices = 9, .invoice_days = 1u << 20}},
    {CHECK_A3, CHECK_FAIL, {.invoices = 9, .invoice_days = 1u << 20, .once = 9}}, /* each month */
    {CHECK_A3, CHECK_FAIL, {.invoices = 10, .invoice_days = 1u << 20}},
    {CHECK_A3, CHECK_FAIL, {.invoices = 9, .invoice_days = 3u << 20}},
    {CHECK_A3, CHECK_FAIL, {.invoices = 30}}, /* 0.3 % of the mail */
    {CHECK_A3, CHECK_FAIL, {.named = 30}},    /* a tie, whatever it sends as */
    {CHECK_A3, CHECK_FAIL, {.once = 30}},     /* failed when last seen */
    {CHECK_A3, CHECK_PASS, {.legit = 3000, .spf_only = 10000}},
    {CHECK_A3,
     CHECK_FAIL,
     {.legit = 3000, .spf_only = 10000, .spf = SPF("-all")}}, /* taken out today */
    {CHECK_A3, CHECK_PASS, {.once = 30, .invoices = 0, .spf = SPF("mx ip4:192.0.2.77 ~all")}},
    {CHECK_A3, CHECK_PASS, {.maybe = 500}},                    /* hints alone */
    {CHECK_A3, CHECK_PASS, {.maybe = 900, .maybe_days = ALL}}, /* however steady: no veto */
    {CHECK_A4, CHECK_FAIL, {.maybe = 900, .maybe_days = ALL}},
    {CHECK_A4, CHECK_PASS, {.maybe = 1}},
    {CHECK_A4, CHECK_WARN, {.maybe = 2, .legit = 100000}}, /* small is no excuse */
    {CHECK_A4, CHECK_WARN, {.maybe = 46, .legit = 9000}},
    {CHECK_A4, CHECK_WARN, {.maybe = 40, .legit = 2000}},
    {CHECK_A4, CHECK_FAIL, {.maybe = 41, .legit = 2000}},
    {CHECK_A4, CHECK_WARN, {.stranger = 1000}}, /* every day, unsigned: asked about, no veto */
    {CHECK_A4, CHECK_WARN, {.stranger = 60}},
    {CHECK_A4, CHECK_WARN, {.new_stranger = 1000}}, /* of yesterday: asked about, no veto */
    {CHECK_A4, CHECK_PASS, {.spoofed = 1000000}},
    {CHECK_A5, CHECK_PASS, {.legit = 9500, .spf_only = 500}},
    {CHECK_A5, CHECK_WARN, {.legit = 9499, .spf_only = 501}},
    {CHECK_A5, CHECK_WARN, {.legit = 8000, .spf_only = 2000}},
    {CHECK_A5, CHECK_FAIL, {.legit = 7999, .spf_only = 2001}},
    /* a neighbour's at a service that verifies nobody looks like ours */
    {CHECK_A5,
     CHECK_WARN,
     {.legit = 9500, .pool = 300, .spf = SPF("mx include:spf.careless.test ~all")}},
    {CHECK_A5,
     CHECK_PASS, /* a test */
     {.legit = 9500, .pool = 19, .spf = SPF("mx include:spf.careless.test ~all")}},
    {CHECK_A5, CHECK_PASS, {.legit = 9500, .pool = 300, .spf = SPF("mx ip4:203.0.113.50 ~all")}},
    {CHECK_A5, CHECK_UNKNOWN, {.nobody = true, .spoofed = 1000}},
    {CHECK_A6, CHECK_PASS, {.breaks = 50}},
    {CHECK_A6, CHECK_WARN, {.breaks = 51}},
    {CHECK_A6, CHECK_WARN, {.breaks = 200}},
    {CHECK_A6, CHECK_WARN, {.breaks = 5000}},
    {CHECK_A7, CHECK_PASS, {.new_age = 15}},
    {CHECK_A7, CHECK_WARN, {.new_age = 14}},
    {CHECK_A7, CHECK_WARN, {.new_age = 7}},
    {CHECK_A7, CHECK_FAIL, {.new_age = 6}},
    {CHECK_A7, CHECK_PASS, {.new_stranger = 500}},
    {CHECK_A7, CHECK_UNKNOWN, {.no_history = true}},
    {CHECK_A8, CHECK_PASS, {.quarantine_days = 30}},
    {CHECK_A8, CHECK_WARN, {.quarantine_days = 29}},
    {CHECK_A8, CHECK_WARN, {.quarantine_days = 14}},
    {CHECK_A8, CHECK_FAIL, {.quarantine_days = 13}},
    {CHECK_A8, CHECK_FAIL, {.dmarc = DMARC("p=none; " RUA)}},
    {CHECK_A8, CHECK_FAIL, {.dmarc = DMARC("p=quarantine; t=y; " RUA)}},
    {CHECK_A8, CHECK_PASS, {.dmarc = DMARC("p=reject; t=y; " RUA)}}, /* means quarantine */
    {CHECK_A8, /* test mode until 14 days ago, by who knows of it */
     CHECK_WARN,
     {.said = {{W_QUARANTINE, .from = 60, .to = 1}, {W_QUARANTINE, true, .from = 60, .to = 15}}}},
    {CHECK_A8, /* and as it was written before RFC 9989 */
     CHECK_FAIL,
     {.said = {{W_QUARANTINE, .from = 60, .to = 1}, {W_QUARANTINE, false, -1, 60, 2}}}},
    {CHECK_A9, CHECK_PASS, {.legit = 21420, .fell = 25}}, /* of 5,023 in a week */
    {CHECK_A9, CHECK_WARN, {.legit = 21420, .fell = 26}},
    {CHECK_A9, CHECK_WARN, {.legit = 21420, .fell = 50}},
    {CHECK_A9, CHECK_FAIL, {.legit = 21420, .fell = 51}},
    {CHECK_A9, CHECK_UNKNOWN, {.nobody = true, .spoofed = 1000}},
    /* who fails as ever sends more: the mix has changed, and nothing else */
    {CHECK_A9, CHECK_PASS, {.invoices = 800, .invoice_days = LAST_WEEK | 1u << 20}},
    {CHECK_A9, CHECK_PASS, {.legit = 600, .fell = 2}}, /* 1.4 points, of 140 messages: chance */
    {CHECK_A9, CHECK_FAIL, {.legit = 600, .fell = 20}},
    {CHECK_A10, CHECK_UNKNOWN, {0}},
    {CHECK_A10, CHECK_PASS, {.covered = 14}},
    {CHECK_A10, CHECK_PASS, {.covered = 12}}, /* the newest come late */
    {CHECK_A10, CHECK_UNKNOWN, {.covered = 11}},
    {CHECK_A10, CHECK_WARN, {.covered = 14, .refused = 1, .refused_ip = "192.0.2.10"}},
    {CHECK_A10, CHECK_WARN, {.refused = 5, .refused_ip = "192.0.2.10"}}, /* whatever was read */
    {CHECK_A10, CHECK_FAIL, {.refused = 6, .refused_ip = "192.0.2.10"}},
    {CHECK_A10, CHECK_FAIL, {.refused = 6, .refused_ours = OURS_YES}}, /* sent from wherever */
    {CHECK_A10, CHECK_PASS, {.covered = 14, .refused = 6}},
    {CHECK_A10,
     CHECK_FAIL,
     {.refused = 6, .refused_ip = "192.0.2.10", .refused_age = 14, .covered = 14}},
    {CHECK_A10,
     CHECK_PASS,
     {.refused = 6, .refused_ip = "192.0.2.10", .refused_age = 15, .covered = 14}},
    {CHECK_A10, /* a forgery: by the bounce, by its sender */
     CHECK_PASS,
     {.covered = 14, .refused = 6, .refused_ip = "192.0.2.10", .refused_ours = OURS_NO}},
    {CHECK_A10,
     CHECK_PASS,
     {.covered = 14, .refused = 6, .refused_ip = "203.0.113.7", .spoofed = 1000}},
    {CHECK_A10, /* what a forwarder handed on */
     CHECK_PASS,
     {.covered = 14,
      .refused = 6,
      .refused_ip = "198.51.100.20",
      .refused_ours = OURS_YES,
      .breaks = 50}},
    {CHECK_A10, /* other reasons, and what our own server refused */
     CHECK_PASS,
     {.covered = 14, .refused = 6, .refused_ip = "192.0.2.10", .refused_class = "blocklist"}},
    {CHECK_A10,
     CHECK_PASS,
     {.covered = 14, .refused = 6, .refused_ip = "192.0.2.10", .refused_by_us = true}},
    {CHECK_A11, CHECK_INFO, {0}},
    {CHECK_D1, CHECK_PASS, {0}},
    {CHECK_D1, CHECK_PASS, {.dmarc = DMARC("p=quarantine; t=y; " RUA)}}, /* as we advise */
    {CHECK_D1, CHECK_WARN, {.dmarc = DMARC("p=quarantine; pct=50; " RUA)}},
    {CHECK_D1, CHECK_WARN, {.dmarc = DMARC("p=quarantine; rf=afrf; " RUA)}},
    {CHECK_D1, CHECK_WARN, {.dmarc = DMARC("p=quarantine; ri=86400; " RUA)}},
    {CHECK_D1, CHECK_WARN, {.dmarc = DMARC("p=quarantine; rua=mailto:a@example.com!10m")}},
    {CHECK_D1, CHECK_WARN, {.dmarc = DMARC("p=quarantine; aspf=rvk; " RUA)}},
    {CHECK_D1, CHECK_WARN, {.dmarc = DMARC(RUA)}}, /* no p: none */
    {CHECK_D1, CHECK_FAIL, {.dmarc = "_dmarc.example.com A 192.0.2.1"}},
    {CHECK_D1, CHECK_FAIL, {.dmarc = "_dmarc.example.com TXT p=none; v=DMARC1"}},
    {CHECK_D1, CHECK_FAIL, {.more = {DMARC("p=none; " RUA)}}}, /* a second one */
    {CHECK_D1, CHECK_UNKNOWN, {.dmarc = "_dmarc.example.com TIMEOUT"}},
    {CHECK_D2, CHECK_PASS, {.dmarc = DMARC("p=quarantine; " OTHER), .more = {ALLOWS}}},
    {CHECK_D2, CHECK_WARN, {.dmarc = DMARC("p=quarantine; " OTHER)}},
    {CHECK_D2, CHECK_FAIL, {.dmarc = DMARC("p=quarantine; rua=mailto:b@other.example")}},
    {CHECK_D2, CHECK_FAIL, {.dmarc = DMARC("p=quarantine")}},
    {CHECK_D2,
     CHECK_UNKNOWN,
     {.dmarc = DMARC("p=quarantine; " OTHER),
      .more = {"example.com._report._dmarc.other.example SERVFAIL"}}},
    {CHECK_D2, CHECK_UNKNOWN, {.dmarc = "_dmarc.example.com TIMEOUT"}},
    {CHECK_D3, CHECK_PASS, {.dmarc = DMARC("p=quarantine; sp=reject; np=reject; " RUA)}},
    {CHECK_D3, CHECK_PASS, {0}}, /* neither: p holds */
    {CHECK_D3, CHECK_WARN, {.dmarc = DMARC("p=reject; sp=quarantine; " RUA)}},
    {CHECK_D3, CHECK_WARN, {.dmarc = DMARC("p=reject; np=quarantine; " RUA)}},
    {CHECK_D3, CHECK_WARN, {.dmarc = DMARC("p=reject; np=none; " RUA)}},
    {CHECK_D3, CHECK_FAIL, {.dmarc = DMARC("p=quarantine; sp=none; " RUA)}},
    {CHECK_D3, CHECK_FAIL, {.dmarc = DMARC("p=quarantine; sp=none; np=reject; " RUA)}},
    {CHECK_D3,
     CHECK_WARN,
     {.below = true,
      .invoices = 5,
      .more = {"_dmarc.mail.example.com TXT v=DMARC1; p=quarantine"}}},
    {CHECK_D3, CHECK_UNKNOWN, {.dmarc = "_dmarc.example.com TIMEOUT"}},
    {CHECK_D4, CHECK_PASS, {.spf = SPF("mx a a a a a a a ~all")}},
    {CHECK_D4, CHECK_WARN, {.spf = SPF("mx a a a a a a a a ~all")}},
    {CHECK_D4, CHECK_WARN, {.spf = SPF("mx a a a a a a a a a ~all")}},
    {CHECK_D4, CHECK_FAIL, {.spf = SPF("mx a a a a a a a a a a ~all")}},
    {CHECK_D4, CHECK_WARN, {.spf = SPF("mx a:v1.example.com ~all")}},
    {CHECK_D4, CHECK_WARN, {.spf = SPF("mx a:v1.example.com a:v2.example.com ~all")}},
    {CHECK_D4,
     CHECK_FAIL,
     {.spf = SPF("mx a:v1.example.com a:v2.example.com a:v3.example.com ~all")}},
    /* names without AAAA are void for who sends over IPv6, and for nobody else */
    {CHECK_D4, CHECK_PASS, {.spf = SPF("mx a a:erp.example.com a:crm.example.com ~all")}},
    {CHECK_D4,
     CHECK_WARN,
     {.spf = SPF("ip6:2001:db8::10 mx a a:erp.example.com a:crm.example.com ~all"), .ipv6 = 100}},
    {CHECK_D4, CHECK_PASS, {.spf = SPF("ip6:2001:db8::10 mx ~all"), .ipv6 = 100}},
    {CHECK_D4, CHECK_WARN, {.spf = SPF("mx ?all")}},
    {CHECK_D4, CHECK_WARN, {.spf = SPF("mx ptr ~all")}},
    {CHECK_D4, CHECK_PASS, {.spf = OCTETS512}},
    {CHECK_D4, CHECK_WARN, {.spf = OCTETS512 "a"}},
    {CHECK_D4, CHECK_FAIL, {.spf = SPF("mx +all")}},
    {CHECK_D4, CHECK_FAIL, {.spf = SPF("mx nonsense ~all")}},
    {CHECK_D4, CHECK_FAIL, {.spf = "example.com TXT nothing"}},
    {CHECK_D4, CHECK_FAIL, {.more = {SPF("-all")}}}, /* a second one */
    {CHECK_D4, /* nor is one needed where nothing of ours uses the name */
     CHECK_WARN,
     {.nobody = true, .new_age = 20, .spf = "example.com TXT nothing"}},
    {CHECK_D4, CHECK_FAIL, {.spf = SPF("mx include:gone.example.com ~all")}},
#define TWO_DOWN(r)                                                                                \
	.spf = SPF("mx include:a.example.com ~all"),                                               \
	.more = {"a.example.com TXT v=spf1 include:b.vendor.example -all",                         \
		 "b.vendor.example TXT v=spf1 " r}
    {CHECK_D4, CHECK_PASS, {TWO_DOWN("ip4:198.51.100.1 -all")}},
    {CHECK_D4, CHECK_FAIL, {TWO_DOWN("+all")}},
    {CHECK_D4, CHECK_FAIL, {TWO_DOWN("ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all")}},
    {CHECK_D4, CHECK_WARN, {TWO_DOWN("ptr:vendor.example -all")}},
    {CHECK_D4, CHECK_WARN, {TWO_DOWN("a:gone.vendor.example -all")}},
    {CHECK_D4, CHECK_FAIL, {TWO_DOWN("include:gone.vendor.example -all")}},
    {CHECK_D4,
     CHECK_FAIL, /* it answers for everybody */
     {.spf = SPF("mx exists:open.vendor.example ~all"),
      .more = {"open.vendor.example A 127.0.0.2"}}},
    {CHECK_D4,
     CHECK_PASS, /* and this for nobody who was tried */
     {.spf = SPF("mx exists:%{ir}.list.vendor.example ~all")}},
    {CHECK_D4,
     CHECK_PASS, /* of a known service */
     {.spf = SPF("mx include:spf.nobody.test ~all"),
      .more = {"spf.nobody.test TXT v=spf1 ptr:nobody.test -all"}}},
    {CHECK_D4, CHECK_UNKNOWN, {.silent = true}},
    {CHECK_D5, CHECK_PASS, {.spf = SPF("ip4:192.0.0.0/20 ~all")}},
    {CHECK_D5, CHECK_WARN, {.spf = SPF("mx ip4:192.0.0.0/19 ~all")}},
    {CHECK_D5, CHECK_WARN, {.spf = SPF("ip4:192.0.0.0/12 ~all")}},
    {CHECK_D5, CHECK_FAIL, {.spf = SPF("mx ip4:192.0.0.0/11 ~all")}},
    {CHECK_D5, CHECK_PASS, {.spf = SPF("ip4:192.0.0.0/21 ip4:198.18.0.0/21 ~all")}},
    {CHECK_D5, CHECK_WARN, {.spf = SPF("ip4:192.0.0.0/21 ip4:198.18.0.0/21 ip4:203.0.113.1 ~all")}},
    {CHECK_D5,
     CHECK_FAIL, /* whoever it is */
     {.spf = SPF("mx include:spf.vendor.example ~all"),
      .more = {"spf.vendor.example TXT v=spf1 ip4:128.0.0.0/9 -all"}}},
    {CHECK_D5,
     CHECK_PASS, /* how wide the include of a known service is, is its own affair */
     {.spf = SPF("mx include:spf.nobody.test ~all"),
      .more = {"spf.nobody.test TXT v=spf1 ip4:128.0.0.0/9 -all"}}},
    {CHECK_D5,
     CHECK_WARN, /* two includes down, and summed */
     {.spf = SPF("mx include:a.example.com ~all"),
      .more = {"a.example.com TXT v=spf1 ip4:192.0.0.0/21 include:b.example.com -all",
	       "b.example.com TXT v=spf1 ip4:198.18.0.0/21 -all"}}},
    {CHECK_D5, CHECK_UNKNOWN, {.silent = true}},
    {CHECK_D6, CHECK_PASS, {.key = KEY(KEY2048)}},
    {CHECK_D6, CHECK_PASS, {.key = KEY(ED25519)}},
    {CHECK_D6, CHECK_WARN, {.key = KEY("t=y; " ED25519)}},
    {CHECK_D6, CHECK_WARN, {.key = KEY("t=y; " KEY2048)}},
    {CHECK_D6, CHECK_WARN, {.key = KEY(KEY1024)}},
    {CHECK_D6, CHECK_FAIL, {.key = KEY(KEY768)}},
    {CHECK_D6, CHECK_FAIL, {.key = KEY("v=DKIM1; p=")}},
    {CHECK_D6, CHECK_FAIL, {.key = KEY("v=DKIM1; p=AAAA")}},
    {CHECK_D6, CHECK_FAIL, {.key = "s2._domainkey.example.com TXT nothing"}},
    {CHECK_D6, CHECK_UNKNOWN, {.key = "s1._domainkey.example.com TIMEOUT"}},
    {CHECK_D6, CHECK_PASS, {.rotated = true}}, /* the key of before is gone */
    {CHECK_D6, CHECK_WARN, {.rotated = true, .more = {"s0._domainkey.example.com TXT " KEY1024}}},
    {CHECK_D6, CHECK_FAIL, {.payroll = true}}, /* a monthly sender has lost its key */
    {CHECK_D6, CHECK_PASS, {.payroll = true, .more = {"s0._domainkey.example.com TXT " KEY2048}}},
    /* a selector that only fails */
    {CHECK_D6, CHECK_FAIL, {.maybe = 20}}, /* no key */
    {CHECK_D6, CHECK_FAIL, {.maybe = 20, .more = {"s5._domainkey.example.com TXT v=DKIM1; p="}}},
    {CHECK_D6, CHECK_FAIL, {.maybe = 20, .more = {"s5._domainkey.example.com TXT " KEY768}}},
    {CHECK_D6, CHECK_FAIL, {.maybe = 20, .more = {"s5._domainkey.example.com TXT " KEY2048}}},
    {CHECK_D6, CHECK_PASS, {.maybe = 9, .more = {"s5._domainkey.example.com TXT " KEY2048}}},
    {CHECK_D6, CHECK_UNKNOWN, {.maybe = 20, .more = {"s5._domainkey.example.com TIMEOUT"}}},
    {CHECK_D6,
     CHECK_PASS,
     {.stray = 20, .stray_days = ALL & ~GATE}}, /* queued mail: it passes with s1 since */
    {CHECK_D6, CHECK_FAIL, {.stray = 20}},      /* today */
    {CHECK_D6, CHECK_PASS, {.spoofed = 1000}},
    {CHECK_D7, CHECK_PASS, {0}},
    {CHECK_D7, CHECK_WARN, {.strict = 50}}, /* 0.4975 % */
    {CHECK_D7, CHECK_FAIL, {.strict = 51}},
    {CHECK_D8, CHECK_INFO, {0}}, /* it sends mail */
#define PARKED .nobody = true, .no_history = true, .spoofed = 1000, .mx = "example.com MX 0 "
    {CHECK_C1, CHECK_INFO, {PARKED, .days = 2, .spf = SPF("-all")}},
    {CHECK_D8, CHECK_PASS, {PARKED, .spf = SPF("-all"), .dmarc = DMARC("p=reject; " RUA)}},
    {CHECK_D8, CHECK_WARN, {PARKED, .spf = SPF("-all"), .dmarc = DMARC("p=quarantine; " RUA)}},
    {CHECK_D8, CHECK_WARN, {PARKED, .spf = SPF("-all"), .dmarc = DMARC("p=reject; t=y; " RUA)}},
    {CHECK_D8, CHECK_WARN, {PARKED, .spf = SPF("~all"), .dmarc = DMARC("p=reject; " RUA)}},
    {CHECK_D8, CHECK_FAIL, {PARKED, .spf = SPF("~all"), .dmarc = DMARC("p=none; " RUA)}},
    /* not parked: somebody allowed; steady mail of whomever; mail until a month ago */
    {CHECK_D8, CHECK_INFO, {PARKED, .spf = SPF("ip4:192.0.2.10 -all")}},
    {CHECK_D8, CHECK_INFO, {PARKED, .stranger = 500, .spf = "example.com TXT nothing"}},
    {CHECK_D8,
     CHECK_INFO,
     {.nobody = true, .spoofed = 1000, .mx = "example.com MX 0 ", .spf = SPF("-all")}},
    {CHECK_D9, CHECK_PASS, {0}},
    {CHECK_D9, CHECK_WARN, {.ipv6 = 100, .spf = SPF("ip6:2001:db8::10 mx ~all")}},
    {CHECK_D9, CHECK_UNKNOWN, {.silent = true}},
    {CHECK_M1, CHECK_INFO, {0}},
};

static void test_checks(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = {0};
		struct readiness r = judge(&cases[i].c, &a);
		const struct check *c = &r.checks[cases[i].id];
		if (c->status != cases[i].status) {
			print_error("row %zu, %s: %s (%s: %s), expected %s\n", i, c->id,
				    check_status_names[c->status], c->value, c->text,
				    check_status_names[cases[i].status]);
			bad++;
		}
		for (int k = 0; k < CHECK_COUNT; k++)
			assert_true(r.checks[k].id && r.checks[k].title && r.checks[k].text[0]);
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* What a check names: who, where, when. */
static void test_texts(void **state)
{
	static const struct {
		enum check_id id;
		const char *says, *not ; /* NULL: anything, nothing */
		struct variant c;
	} rows[] = {
	    {CHECK_A3, "erp.example.com", NULL, {.invoices = 30}},
	    {CHECK_A3, "crm.example.com", NULL, {.named = 30}},
	    {CHECK_A3, "30 messages on 2026-09-20", NULL, {.once = 30}},
	    {CHECK_A4, "crm.example", "strangers", {.maybe = 30}},
	    {CHECK_A4, "500 ", NULL, {.stranger = 500}},
	    {CHECK_A5, "mail.example.com", NULL, {.legit = 1000, .spf_only = 9000}},
	    {CHECK_A5, "mail.example.com (90%)", NULL, {.legit = 1000, .spf_only = 9000}},
	    {CHECK_A5, NULL, "mail.example.com", {0}},
	    {CHECK_A5,
	     "300 messages pass unsigned by way of Careless",
	     NULL,
	     {.legit = 9500, .pool = 300, .spf = SPF("mx include:spf.careless.test ~all")}},
	    {CHECK_A6, "lists.example", NULL, {.breaks = 300}},
	    {CHECK_D4, "+all in the record of b.vendor.example", NULL, {TWO_DOWN("+all")}},
	    {CHECK_D4,
	     "whoever registers it may send as you",
	     NULL,
	     {TWO_DOWN("a:gone.vendor.example -all")}},
	    {CHECK_D4,
	     "a:v1.example.com leads to a name",
	     "registers",
	     {.spf = SPF("mx a:v1.example.com ~all")}},
	    {CHECK_D5, "ip4:192.0.0.0/12", NULL, {.spf = SPF("ip4:192.0.0.0/12 ~all")}},
	    {CHECK_D5,
	     "ip4:10.0.0.0/8 in the record of b.vendor.example",
	     NULL,
	     {TWO_DOWN("ip4:10.0.0.0/8 -all")}},
	    {CHECK_D6,
	     "s5._domainkey.example.com is not in DNS, and crm.example signs with it (20 messages "
	     "fail)",
	     NULL,
	     {.maybe = 20}},
	    {CHECK_D6,
	     "crm.example signs with it (20 messages fail)",
	     NULL,
	     {.maybe = 20, .more = {"s5._domainkey.example.com TXT " KEY2048}}},
	};
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct readiness r = judge(&rows[i].c, &a);
		const struct check *c = &r.checks[rows[i].id];
		if ((rows[i].says && !strstr(c->text, rows[i].says)) ||
		    (rows[i].not &&strstr(c->text, rows[i].not ))) {
			print_error("row %zu, %s: %s\n", i, c->id, c->text);
			bad++;
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* Whatever fails stops the ladder; only the time at it, and what a repaired DMARC record mends,
 * have steps of their own. */
static void test_nothing_goes_on_while_a_check_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = {0};
		struct readiness r = judge(&cases[i].c, &a);
		enum check_id id = cases[i].id;
		if (cases[i].status == CHECK_FAIL && !r.parked && id != CHECK_A8 &&
		    id != CHECK_D1 && id != CHECK_D2 && id != CHECK_D3 && r.next.record)
			fail_msg("row %zu, %s fails: %s", i, r.checks[id].id, r.next.record);
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_checks),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_nothing_goes_on_while_a_check_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Faults of the domain's own DNS: what is named, and the one record that repairs it.
 */
#include "tests/unit/world.h"

#define SPF(r)   "example.com TXT v=spf1 " r
#define DMARC(r) "_dmarc.example.com TXT " r
#define RUA      "rua=mailto:d@example.com"
#define KEY(r)   "s1._domainkey.example.com TXT " r

#define SHORT_KEY                                                                                  \
	"v=DKIM1; p="                                                                              \
	"MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAM2udlpG2qtBjrkVpItePNOZmonJybw2XPIU4YXS1i8gM3xMK6p9Nbak" \
	"r9lc+Cl71XfSIGAkbv/EtnMSjdbfAVRG87HAGS/R8Lyk+x8NzEDNwh+NcrVuCFmGIcwb1oKnCQIDAQAB"

/* The zone of a case hides lines of the same name and type of the world. */
struct fault_case {
	const char *what;
	struct world w;
	const char *id;    /* of the thing; NULL: nothing is to be done */
	const char *after; /* NULL: no record is shown */
	const char *says;
};

/* The world's zone has a good DMARC record and a good key: a case that has other ones replaces
 * them. */
static struct domain_inventory judge_case(const struct fault_case *c, struct arena *a)
{
	return world_judge(&c->w, a);
}

static const struct todo *find_thing(const struct domain_inventory *d, const char *id)
{
	for (size_t i = 0; i < d->todo->n; i++)
		if (strcmp(d->todo->list[i].id, id) == 0)
			return &d->todo->list[i];
	return NULL;
}

#define OURS_ONLY .now = {OUR_ROW}, .before = {OUR_ROW}
#define WITH(...)                                                                                  \
	{                                                                                          \
		OURS_ONLY, .zone = { __VA_ARGS__ }                                                 \
	}
#define GOOD_SPF SPF("mx ~all")
#define BELOW(ip, from)                                                                            \
	{                                                                                          \
		ip, 60, "vendor.example pass", NULL, 0, MONTH, .from = from                        \
	}

static const struct fault_case cases[] = {
    {"nothing is wrong", WITH(GOOD_SPF), NULL, NULL, NULL},
    /* DMARC */
    {"no record", WITH(GOOD_SPF, "!_dmarc.example.com"), "dmarc:example.com",
     "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.com", "has no DMARC record"},
    {"two records",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=reject; " RUA),
	  DMARC("v=DMARC1; p=none")),
     "dmarc:example.com", "v=DMARC1; p=none; " RUA, "2 DMARC records"},
    {"a misspelt policy",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=quarentine; " RUA)),
     "dmarc:example.com", "v=DMARC1; p=none; " RUA, "p=quarentine is no policy"},
    {"a misspelt policy below",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=reject; sp=rejct; " RUA)),
     "dmarc:example.com", "v=DMARC1; p=reject; " RUA, "sp=rejct is no policy"},
    {"no policy", WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; " RUA)),
     "dmarc:example.com", "v=DMARC1; p=none; " RUA, "is missing: receivers take p=none"},
    {"names that do not exist are open",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=reject; np=none; fo=1; " RUA)),
     "dmarc:example.com", "v=DMARC1; p=reject; fo=1; " RUA, "np=none is weaker than p=reject"},
    {"names below are open, and none of them is ours",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=quarantine; t=y; sp=none; " RUA)),
     "dmarc:example.com", "v=DMARC1; p=quarantine; t=y; " RUA, "sp=none is weaker"},
    {"np=none beside p=none is as it must be",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=none; np=none; " RUA)), NULL, NULL,
     NULL},
    {"mail of ours fails below: the tag protects it",
     {.now = {OUR_ROW,
	      {"192.0.2.10", 60, "shop.example.com fail", NULL, 0, MONTH,
	       .from = "shop.example.com"}},
      .before = {OUR_ROW},
      .zone = {GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=reject; sp=none; " RUA),
	       "shop.example.com TXT v=spf1 -all"}},
     "dmarc:example.com",
     NULL,
     "First repair your own mail"},
    {"no rua", WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=quarantine")),
     "dmarc:example.com", "v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@example.com",
     "rua is missing"},
    {"rua without mailto:",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=none; rua=d@example.com")),
     "dmarc:example.com", "v=DMARC1; p=none; rua=mailto:d@example.com", "no mailto: address"},
    {"rua that nobody agreed to",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=none; rua=mailto:d@other.example")),
     "rua:other.example", "v=DMARC1", "does not allow reports"},
    {"a text in quotes",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("\"v=DMARC1; p=reject; " RUA "\"")),
     "dmarc:example.com", "v=DMARC1; p=none; " RUA, "is no DMARC record"},
    {"the first word misspelt",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=dmarc1; p=none; " RUA)), "dmarc:example.com",
     "v=DMARC1; p=none; " RUA, "is no DMARC record"},
    {"a record that belongs to somebody else",
     WITH(GOOD_SPF, "!_dmarc.example.com", "_dmarc.example.com CNAME x.dmarc.vendor.example",
	  "x.dmarc.vendor.example TXT v=DMARC1; p=none"),
     "dmarc:example.com", NULL, "change it there"},
    {"an unknown tag does no harm",
     WITH(GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=none; x=y; pct=50; " RUA)), NULL,
     NULL, NULL},
    /* SPF */
    {"a loop", WITH(SPF("mx include:example.com ~all")), "spf:example.com", "v=spf1 mx ~all",
     "includes itself"},
    {"a loop by way of another",
     WITH(SPF("mx include:a.example.net ~all"),
	  "a.example.net TXT v=spf1 include:example.com -all"),
     "spf:example.com", NULL, "Drop include:example.com from the record of a.example.net"},
    {"a blank behind a colon", WITH(SPF("mx include: _spf.mailer.example ~all")), "spf:example.com",
     "v=spf1 mx include:_spf.mailer.example ~all", "behind a colon"},
    {"two terms without a blank", WITH(SPF("mx ip4:192.0.2.99include:_spf.mailer.example ~all")),
     "spf:example.com", "v=spf1 mx ip4:192.0.2.99 include:_spf.mailer.example ~all",
     "blank is missing between"},
    {"commas", WITH(SPF("mx, ip4:192.0.2.99; ~all")), "spf:example.com",
     "v=spf1 mx ip4:192.0.2.99 ~all", "blanks alone"},
    {"a second v=spf1 inside", WITH(SPF("mx ~all v=spf1 ip4:192.0.2.99 -all")), "spf:example.com",
     "v=spf1 mx ip4:192.0.2.99 ~all", "second v=spf1"},
    {"literal quotes", WITH("example.com TXT \"v=spf1 mx ~all\""), "spf:example.com",
     "v=spf1 mx ~all", "no SPF record"},
    {"quotes inside", WITH(SPF("mx \"ip4:192.0.2.99\" ~all")), "spf:example.com",
     "v=spf1 mx ip4:192.0.2.99 ~all", "uotes are no part"},
    {"a stop behind the version", WITH("example.com TXT v=spf1; mx ~all"), "spf:example.com",
     "v=spf1 mx ~all", "no SPF record"},
    {"a malformed version that would leave out who sends",
     WITH("example.com TXT v=spf1: ip4:192.0.2.99 ~all"), "spf:example.com", NULL, "leave out"},
    {"a text of somebody else", WITH(GOOD_SPF, "example.com TXT spf-verification=abc"), NULL, NULL,
     NULL},
    {"redirect beside all", WITH(SPF("mx redirect=_spf.mailer.example ~all")), "spf:example.com",
     "v=spf1 mx ~all", "never read beside"},
    {"a name that does not exist", WITH(SPF("mx a:gone.other.example ~all")), "spf:example.com",
     "v=spf1 mx ~all", "whoever registers it"},
    {"neutral", WITH(SPF("mx ?all")), "spf:example.com", "v=spf1 mx ~all", "?all"},
    {"-all while our mail comes from elsewhere",
     {.now = {{"192.0.2.10", 5000, "example.com fail", "example.com s1 pass", 0, MONTH}},
      .before = {OUR_ROW},
      .zone = {SPF("-all")}},
     "spf:example.com",
     "v=spf1 ~all",
     "before they look at DKIM"},
    {"-all that refuses strangers is right",
     {.now = {OUR_ROW, {"203.0.113.200", 400, "example.com fail", NULL, 0, 7}},
      .before = {OUR_ROW},
      .zone = {SPF("mx -all")}},
     NULL,
     NULL,
     NULL},
    {"a server of another's is silent: no record is proposed",
     WITH(SPF("mx include:dead.example ~all"), "dead.example SERVFAIL"), "spf:example.com", NULL,
     "name servers of dead.example"},
    {"a redirect beside all, by which our mail would pass",
     {.now = {OUR_ROW, {"198.51.100.200", 90, "example.com fail", NULL, 0, MONTH}},
      .before = {OUR_ROW},
      .zone = {SPF("mx -all redirect=_spf.host.example"),
	       "_spf.host.example TXT v=spf1 mx:example.com ip4:198.51.100.200 -all",
	       "200.100.51.198.in-addr.arpa PTR mail.host.example",
	       "mail.host.example A 198.51.100.200"}},
     "spf:example.com",
     "v=spf1 mx redirect=_spf.host.example",
     "90 failing messages"},
    {"a redirect beside all that names nobody who sends",
     WITH(SPF("mx -all redirect=_spf.host.example"),
	  "_spf.host.example TXT v=spf1 ip4:198.51.100.200 -all"),
     "spf:example.com", "v=spf1 mx -all", "never read"},
    {"an exists of our own that answers for everybody",
     WITH(SPF("mx exists:wl.example.com -all"), "wl.example.com A 127.0.0.2"), "spf:example.com",
     "v=spf1 mx -all", "authorises every address"},
    {"everybody, in two halves, and a service that passes by them",
     {.now = {OUR_ROW, {"203.0.113.65", 900, "example.com pass", "example.com s1 pass", 0, MONTH}},
      .before = {OUR_ROW},
      .zone = {SPF("mx ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"), "example.com MX 20 mx.boxes.example"}},
     "spf:example.com",
     "v=spf1 mx include:_spf.boxes.example -all",
     "name Boxes by include:"},
#define DENIED(name)                                                                               \
	&(struct fact_label)                                                                       \
	{                                                                                          \
		.sender = name, .network = {4, {192, 0, 2, 99}}, .bits = 32, .verdict = LABEL_DENY \
	}
#define SOLD                                                                                       \
	{                                                                                          \
		"192.0.2.99", 600, "example.com pass", NULL, 0, MONTH                              \
	}
    {"an address that was denied, and that the record names",
     {.now = {OUR_ROW, SOLD},
      .before = {OUR_ROW, SOLD},
      .zone = {SPF("mx ip4:192.0.2.99 -all")},
      .label = DENIED("192.0.2.99")},
     "spf:example.com",
     "v=spf1 mx -all",
     "which you denied: 600 messages passed"},
    {"beside a host of ours, by a network around it",
     {.now = {OUR_ROW, SOLD},
      .before = {OUR_ROW, SOLD},
      .zone = {SPF("a:mail.example.com/24 -all")},
      .label = DENIED("192.0.2.99")},
     "spf:example.com",
     "v=spf1 a:mail.example.com -all",
     "without the addresses beside it"},
    {"in a network of which others are ours",
     {.now = {OUR_ROW, SOLD},
      .before = {OUR_ROW, SOLD},
      .zone = {SPF("ip4:192.0.2.0/24 -all")},
      .label = DENIED("192.0.2.99")},
     "spf:example.com",
     "v=spf1 -ip4:192.0.2.99 ip4:192.0.2.0/24 -all",
     "refuse it by"},
    {"denied, and nothing of ours lets it pass",
     {.now = {OUR_ROW, {"192.0.2.99", 600, "example.com fail", NULL, 0, MONTH}},
      .before = {OUR_ROW},
      .zone = {GOOD_SPF},
      .label = DENIED("192.0.2.99")},
     NULL,
     NULL,
     NULL},
    {"ptr in the place of a server of ours", WITH(SPF("ptr -all")), "spf:example.com",
     "v=spf1 ip4:192.0.2.10 -all", "ptr"},
    {"ptr in the record of somebody else",
     WITH(SPF("mx include:spf.vendor.example -all"),
	  "spf.vendor.example TXT v=spf1 ptr:vendor.example -all"),
     "spf:example.com", NULL, "in the record of spf.vendor.example"},
    {"the domain is an alias of a shop",
     WITH("!example.com", "example.com CNAME shops.vendor.example",
	  "shops.vendor.example A 198.51.100.9", "shops.vendor.example TXT v=spf1 a -all",
	  "shops.vendor.example MX 10 mx.vendor.example"),
     "spf:example.com", NULL, "is an alias (CNAME) of shops.vendor.example"},
    {"no record, and nobody of ours uses the name",
     {.now = {{"192.0.2.10", 500, "vendor.example pass", "example.com s1 pass", 0, MONTH}},
      .zone = {"example.com TXT hello"}},
     "spf:example.com",
     "v=spf1 ~all",
     "has no SPF record"},
    {"no record, and our mail uses the name",
     {.now = {{"192.0.2.10", 500, "example.com none", "example.com s1 pass", 0, MONTH}},
      .zone = {"example.com TXT hello"}},
     "spf:example.com",
     NULL,
     "has no SPF record"},
    {"a domain that does not exist",
     {OURS_ONLY, .zone = {"!example.com", "!mail.example.com", "!_dmarc.example.com",
			  "!s1._domainkey.example.com", "!www.example.com"}},
     "domain:example.com",
     NULL,
     "DNS knows no such name"},
    /* keys */
    {"a key that is not there", WITH(GOOD_SPF, "!s1._domainkey.example.com"),
     "key:s1._domainkey.example.com", NULL, "is not in DNS"},
    {"a revoked key", WITH(GOOD_SPF, "!s1._domainkey.example.com", KEY("v=DKIM1; p=")),
     "key:s1._domainkey.example.com", NULL, "revoked"},
    {"a short key", WITH(GOOD_SPF, "!s1._domainkey.example.com", KEY(SHORT_KEY)),
     "key:s1._domainkey.example.com", NULL, "has 768 bits"},
    {"no key", WITH(GOOD_SPF, "!s1._domainkey.example.com", KEY("v=DKIM1; p=AAAA")),
     "key:s1._domainkey.example.com", NULL, "no valid key"},
    {"a key in quotes", WITH(GOOD_SPF, "!s1._domainkey.example.com", KEY("\"" WORLD_KEY "\"")),
     "key:s1._domainkey.example.com", WORLD_KEY, "no valid key"},
    {"a wildcard answers for the key (RFC 4592)",
     WITH(GOOD_SPF, "!s1._domainkey.example.com", KEY("v=spf1 -all")),
     "key:s1._domainkey.example.com", NULL, "is not in DNS"},
};

/* What one receiver alone sees is no fault of DNS: told with what to look into there. */
static void test_one_receiver(void **state)
{
	struct world w = {.now = {OUR_ROW,
				  {"192.0.2.10", 90, "b.vendor.example pass", "example.com s1 fail",
				   0, MONTH, 1}},
			  .before = {OUR_ROW},
			  .zone = {GOOD_SPF}};
	struct arena a = {0};
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	const struct todo *t = find_thing(&d, "receiver:own:example.com");
	assert_non_null(t);
	assert_int_equal(t->kind, TODO_OWN_FAILING);
	assert_int_equal(t->messages, 90);
	assert_non_null(strstr(t->text, "that google.com reports fail (5 %)"));
	assert_non_null(strstr(t->text, "relaxed/relaxed"));
	w.now[1].spf = "example.com temperror";
	w.now[1].dkim = "example.com s1 temperror";
	d = world_judge(&w, &a);
	t = find_thing(&d, "receiver:own:example.com");
	assert_non_null(t);
	assert_non_null(strstr(t->text, "had no answer of DNS"));
	w.now[1].reporters = 0; /* all of them */
	d = world_judge(&w, &a);
	assert_null(find_thing(&d, "receiver:own:example.com"));
	arena_free(&a);
}

static void test_faults(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fault_case *c = &cases[i];
		struct arena a = {0};
		struct domain_inventory d = judge_case(c, &a);
		const struct todo *t = c->id ? find_thing(&d, c->id) : NULL;
		const char *after = t && t->record ? t->record->after : NULL;
		bool good = c->id
				? t && t->kind == TODO_ZONE_FAULT &&
				      (c->after ? after && strcmp(after, c->after) == 0 : !after) &&
				      strstr(t->text, c->says)
				: todo_count(d.todo) == 0;
		if (!good) {
			print_error("%s: %s\n", c->what, after ? after : "no record");
			world_print(&d);
			bad++;
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* ---- what is said of a sender ---- */

#define ERP "77.2.0.192.in-addr.arpa PTR erp.example.com", "erp.example.com A 192.0.2.77"
#define BOUNCE(helo)                                                                               \
	{                                                                                          \
		"192.0.2.77", 90, helo, NULL, DMARC_NULL_SENDER, MONTH                             \
	}
#define STRICT DMARC_STRICT_ONLY

static const struct advice_case {
	const char *what;
	struct world w;
	const char *id;
	enum todo_kind kind;
	const char *after; /* of its record, or "if yours"; NULL: none */
	const char *says;
	const char * not ; /* NULL: anything */
} advice[] = {
    {"a second envelope-sender domain needs its own record",
     {.now = {OUR_ROW,
	      {"192.0.2.77", 90, "example.com fail", NULL, 0, MONTH},
	      {"192.0.2.77", 60, "a.example.com fail", NULL, 0, MONTH}},
      .zone = {GOOD_SPF, "a.example.com TXT v=spf1 ip4:192.0.2.99 -all", ERP}},
     "own:own:example.com#spf-fail@a.example.com",
     TODO_OWN_FAILING,
     "v=spf1 ip4:192.0.2.99 ip4:192.0.2.77 -all",
     "record of its own",
     NULL},
    {"a bounce, by the HELO name of the report",
     {.now = {OUR_ROW, BOUNCE("erp.example.com none")}, .zone = {GOOD_SPF, ERP}},
     "own:own:example.com#spf-fail",
     TODO_OWN_FAILING,
     "v=spf1 a -all",
     "its HELO name, erp.example.com",
     "does not verify"},
    {"which has a record that names another",
     {.now = {OUR_ROW, BOUNCE("erp.example.com fail")},
      .zone = {GOOD_SPF, "erp.example.com TXT v=spf1 ip4:192.0.2.99 -all", ERP}},
     "own:own:example.com#spf-fail",
     TODO_OWN_FAILING,
     "v=spf1 ip4:192.0.2.99 a -all",
     "its HELO name, erp.example.com",
     NULL},
    {"which is none of ours",
     {.now = {OUR_ROW, BOUNCE("localhost.lan none")}, .zone = {GOOD_SPF, ERP}},
     "own:own:example.com#fail",
     TODO_OWN_FAILING,
     "v=spf1 a -all",
     "localhost.lan, which is not in your domain",
     NULL},
    {"strict alignment is all that fails",
     {.now = {OUR_ROW, {"192.0.2.77", 90, "mail.example.com pass", NULL, STRICT, MONTH}},
      .zone = {GOOD_SPF, "mail.example.com TXT v=spf1 ip4:192.0.2.77 -all", "!_dmarc.example.com",
	       DMARC("v=DMARC1; p=none; aspf=s; " RUA)}},
     "strict:example.com",
     TODO_QUESTION,
     "v=DMARC1; p=none; " RUA,
     "whoever may send as one of your subdomains",
     NULL},
    {"and its sender is told why",
     {.now = {OUR_ROW,
	      {"192.0.2.90", 90, "x.example pass", "mail.example.com s4 pass", STRICT, MONTH}},
      .zone = {GOOD_SPF, "!_dmarc.example.com", DMARC("v=DMARC1; p=none; adkim=s; " RUA)}},
     "own:mailfrom:x.example#fail",
     TODO_OWN_FAILING,
     NULL,
     "strict alignment",
     NULL},
    {"a vendor that nobody set up",
     {.now = {OUR_ROW, {"203.0.113.1", 90, "mailer.example pass", NULL, 0, MONTH}},
      .before = {{"203.0.113.1", 90, "mailer.example pass", NULL, 0, MONTH}},
      .zone = {GOOD_SPF}},
     "question:service:mailer#unaligned",
     TODO_QUESTION,
     NULL,
     "s this an account of yours at Mailer?",
     NULL},
    {"what a service calls its machines is its own when it signs, too",
     {.now = {OUR_ROW,
	      {"203.0.113.1", 90, "b.mailer.example pass", "mailer.example k pass", 0, MONTH}},
      .zone = {GOOD_SPF}},
     "question:service:mailer#unaligned",
     TODO_QUESTION,
     NULL,
     "s this an account of yours at Mailer?",
     NULL},
    {"a selector that is tried, by the name of its key",
     {.now = {OUR_ROW, {"192.0.2.90", 90, "crm.example pass", "example.com s5 fail", 0, MONTH}},
      .zone = {GOOD_SPF}},
     "question:mailfrom:crm.example",
     TODO_QUESTION,
     NULL,
     "publish its key at s5._domainkey.example.com, where there is none",
     NULL},
    {"a selector that no receiver tells",
     {.now = {OUR_ROW, {"203.0.113.1", 90, "mailer.example pass", "example.com - fail", 0, MONTH}},
      .zone = {GOOD_SPF}},
     "question:service:mailer#broken",
     TODO_QUESTION,
     NULL,
     "SELECTOR._domainkey.example.com",
     NULL},
    {"a name of ours leads to a machine that nobody may know",
     {.now = {OUR_ROW, {"192.0.2.90", 90, "example.com fail", NULL, 0, MONTH}},
      .zone = {GOOD_SPF, "shop.example.com CNAME lb.cloud.example", "lb.cloud.example A 192.0.2.90",
	       "90.2.0.192.in-addr.arpa PTR lb.cloud.example"}},
     "question:host:lb.cloud.example#spf-fail",
     TODO_QUESTION,
     "v=spf1 ip4:192.0.2.90 mx ~all",
     "here does shop.example.com lead, and is that machine still yours?",
     "none of the names of yours"},
    {"an alias of ours into a vendor's domain, whose servers send as it",
     {.now = {OUR_ROW,
	      {"192.0.2.90", 90, "bounce.shops.example pass", NULL, 0, MONTH,
	       .from = "orders.example.com"}},
      .zone = {GOOD_SPF, "orders.example.com CNAME x.shops.example", "x.shops.example A 192.0.2.91",
	       "90.2.0.192.in-addr.arpa PTR mx.shops.example", "mx.shops.example A 192.0.2.90"}},
     "question:mailfrom:shops.example#fail",
     TODO_QUESTION,
     NULL,
     "here does orders.example.com lead",
     NULL},
    {"a silent include of somebody else",
     {.now = {OUR_ROW, {"192.0.2.77", 90, "example.com softfail", NULL, 0, MONTH}},
      .zone = {SPF("include:dead.example mx ~all"), "dead.example SERVFAIL", ERP}},
     "own:own:example.com#spf-fail",
     TODO_OWN_FAILING,
     NULL,
     "could not be asked",
     "signature"},
    {"a first record below a wildcard takes its addresses (RFC 4592)",
     {.now = {OUR_ROW, {"192.0.2.77", 90, "app.example.com none", NULL, 0, MONTH}},
      .zone = {GOOD_SPF, ERP, "app.example.com A 192.0.2.77", "*.example.com A 192.0.2.77"}},
     "own:own:example.com#spf-fail",
     TODO_OWN_FAILING,
     "v=spf1 ip4:192.0.2.77 ~all",
     "Only the wildcard *.example.com answers for app.example.com",
     NULL},
};

static bool says(const struct todo *t, const char *what)
{
	bool found = strstr(t->text, what);
	for (unsigned i = 0; i < t->n_readings && !found; i++) {
		for (unsigned k = 0; k < t->readings[i].n_for; k++)
			found = found || strstr(t->readings[i].speaks_for[k], what);
		for (unsigned k = 0; k < t->readings[i].n_against; k++)
			found = found || strstr(t->readings[i].against[k], what);
	}
	return found;
}

static void test_advice(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(advice); i++) {
		const struct advice_case *c = &advice[i];
		struct arena a = {0};
		struct domain_inventory d = world_judge(&c->w, &a);
		const struct todo *t = find_thing(&d, c->id);
		const struct record_change *r = !t ? NULL : t->record ? t->record : t->if_yours;
		if (!t || t->kind != c->kind || !says(t, c->says) || (c->not &&says(t, c->not )) ||
		    (c->after ? !r || strcmp(r->after, c->after) != 0 : r != NULL)) {
			print_error("%s: %s\n", c->what, r ? r->after : "no record");
			world_print(&d);
			bad++;
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* What is not known is not judged, and nothing is proposed for it. */
static void test_silence(void **state)
{
	static const struct {
		const char *line;
		bool judged;
	} rows[] = {{"_dmarc.example.com SERVFAIL", false},
		    {"_dmarc.example.com TIMEOUT", false},
		    {"_dmarc.example.com CNAME x.dead.example", false},
		    {"_dmarc.example.com CNAME x.gone.example", true},
		    {"_dmarc.com SERVFAIL", true}};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct world w = WITH(GOOD_SPF, rows[i].line, "x.dead.example SERVFAIL",
				      rows[i].line[7] == 'e' ? "!_dmarc.example.com" : GOOD_SPF);
		struct domain_inventory d = world_judge(&w, &a);
		const struct todo *t = find_thing(&d, "dmarc:example.com");
		bool none = strstr(rows[i].line, "gone.example");
		if (inventory_is_judged(&d) != rows[i].judged || !t != !none)
			fail_msg("%s: %s", rows[i].line, t ? t->text : "nothing to do");
		arena_free(&a);
	}
}

/* Who publishes the key of a stranger lets him in: it is asked about, and no fault. */
static void test_strangers_key(void **state)
{
	static const struct world w = {
	    .now = {OUR_ROW,
		    {"77.0.0.9", 400, "crm.example pass", "example.com s7 fail", 0, MONTH}},
	    .before = {OUR_ROW},
	    .zone = {GOOD_SPF, "9.0.0.77.in-addr.arpa PTR mx.crm.example",
		     "mx.crm.example A 77.0.0.9"}};
	struct arena a = {0};
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	assert_int_equal(todo_count(d.todo), 1);
	assert_int_equal(d.todo->list[0].kind, TODO_QUESTION);
	assert_non_null(strstr(d.todo->list[0].text, "s7._domainkey.example.com"));
	arena_free(&a);
}

/* The worst first; --category leaves only what is about its senders. */
static void test_order(void **state)
{
	static const struct world w = {
	    .now = {OUR_ROW, {"192.0.2.77", 60, "example.com fail", NULL, 0, MONTH}},
	    .before = {OUR_ROW},
	    .zone = {SPF("mx include:example.com ~all"), "!_dmarc.example.com",
		     DMARC("v=DMARC1; p=none"), "77.2.0.192.in-addr.arpa PTR erp.example.com",
		     "erp.example.com A 192.0.2.77"}};
	struct arena a = {0};
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	assert_int_equal(todo_count(d.todo), 3);
	assert_string_equal(d.todo->list[0].id, "spf:example.com");
	assert_string_equal(d.todo->list[1].id, "dmarc:example.com");
	assert_int_equal(d.todo->list[2].kind, TODO_OWN_FAILING);
	struct todo_list l = *d.todo;
	todo_narrow(&l, CAT_LEGIT_SPF_MISSING);
	assert_int_equal(todo_count(&l), 1);
	assert_int_equal(l.hidden, 2);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_faults),        cmocka_unit_test(test_one_receiver),
	    cmocka_unit_test(test_advice),        cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_strangers_key), cmocka_unit_test(test_order)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

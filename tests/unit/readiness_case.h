/*
 * readiness_case.h - a tidy domain that is changed in one thing each time: for test_readiness*.c
 * only.
 */
#ifndef TESTS_UNIT_READINESS_CASE_H
#define TESTS_UNIT_READINESS_CASE_H

#include "core/day.h"
#include "report/inventory.h"
#include "report/readiness/readiness.h"
#include "tests/unit/report_facts.h"
#include "tests/unit/zone_view.h"

#define AS_OF     (month_first_day(OCTOBER + 1))
#define ALL       0x7ffffffeu /* every day of the window, which begins on the second */
#define GATE      0x7ffe0000u /* its last 14 days, */
#define LAST_WEEK 0x7f000000u /* its last seven */

#define RUA       "rua=mailto:a@example.com"
#define DMARC(r)  "_dmarc.example.com TXT v=DMARC1; " r
#define SPF(r)    "example.com TXT v=spf1 " r
#define KEY(r)    "s1._domainkey.example.com TXT " r
#define KEY2048                                                                                    \
	"v=DKIM1; k=rsa; p="                                                                       \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu5oIUrFDWZK7F4thFxpZa2or6jBEX3cSL6b2TJdPkO5i" \
	"Nn9vHN"                                                                                   \
	"XhNX31nOefN8FksX94YbLJ8NHcFPbaZTW8R2HthYxRaCyqodxlLHibg8aHdfa+bxKeiI/"                    \
	"xABRuAM0WG0JEDSyakMFqIO40g"                                                               \
	"hj/h7DUc/"                                                                                \
	"4OXNdeQhrKDTlgf2bd+FjpJ3bNAFcMYa3Oeju33b2Tp+PdtqIwXRZksfuXh7m30kuyavp3Uaso145DRBaJZA55"   \
	"lNxmHWMgMjO+YjNeuR6j4oQqyGwzPaVcSdOG8Js2mXt+J3Hr+nNmJGxZUUW4Uw5ws08wT9opRgSpn+"           \
	"ThX2d1AgQePpGrWOa"                                                                        \
	"mC3PdcwIDAQAB"
#define KEY1024                                                                                    \
	"v=DKIM1; p="                                                                              \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkdS9wfUykutftnDWzCMTPN19uiZCnFL6M6aKDr8cSs+A91w1x" \
	"by9UJAJENLYSbjwT44HCAQjoU1gfULvGyWfPG3SoesojrghOJgtjJRjiSpZtKMnY8rwT0wNvn/7vxS3mCpVf9KPG" \
	"RXJgScB1oULv+rezr04Rb9B4z4gGULCIjQIDAQAB"
#define KEY768                                                                                     \
	"v=DKIM1; p="                                                                              \
	"MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAM2udlpG2qtBjrkVpItePNOZmonJybw2XPIU4YXS1i8gM3xMK6p9Nbak" \
	"r9lc+Cl71XfSIGAkbv/EtnMSjdbfAVRG87HAGS/R8Lyk+x8NzEDNwh+NcrVuCFmGIcwb1oKnCQIDAQAB"
#define ED25519 "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static const char no_services[] =
    "name,kind,spf_include,ptr_suffixes,return_path,dkim_domains,dkim_selectors,zone_marks,shared,"
    "aligned_spf,include_helps,dkim,verifies,verifies_source,advice,link,source\n"
    "Nobody,esp,spf.nobody.test,nobody.test,,,,,y,n,n,n,,,None.,,test\n"
    "Careless,esp,spf.careless.test,careless.test,,,,,y,y,y,y,n,page,None.,,test\n";

static const struct readiness_limits *limits_set; /* of all cases; NULL: the defaults */

/* What reports say was published, from so many days ago until so many days ago. */
struct said {
	enum dmarc_word_code p;
	bool testing;
	int pct, from, to; /* pct 0: not said; -1: 0 */
};

/* What a case may change; zero: as in the tidy domain. */
struct variant {
	unsigned days, reporters, history_days, quarantine_days, last_gap;
	bool small_reporters, no_history;
	uint64_t largest;         /* messages of the first reporter; the others have 10 each */
	uint64_t legit, failing;  /* of our server, all days */
	uint64_t unanswered;      /* failing with temperror, at one receiver */
	uint64_t fell;            /* of it, failing in the last week */
	uint64_t spf_only;        /* of it, without DKIM */
	uint64_t ipv6;            /* of it, over IPv6 */
	uint64_t stranger, maybe; /* failing mail of unknown senders: nothing of ours speaks for
				     it; it tries to sign as us, with s5 */
	uint32_t maybe_days;      /* 0: the last two, or of one message the last */
	uint64_t named;           /* and of a machine with a name of ours, as somebody else */
	uint64_t once;            /* of an own sender that failed on one day in the month before */
	uint64_t stray;           /* of our server, failing with selector s3 ... */
	uint32_t stray_days;      /* ... on these; 0: all */
	uint64_t breaks;          /* failing mail of a forwarder */
	uint64_t spoofed;
	uint64_t invoices;      /* of a small sender of ours that fails */
	unsigned invoice_days;  /* a set of days; 0: all */
	unsigned new_age;       /* days since a new sender of ours began */
	uint64_t new_stranger;  /* messages of one that is not ours, since three days */
	bool below;             /* invoices and forgeries are of subdomains */
	uint64_t pool;          /* unsigned, by a service whose customers may all use our name */
	uint64_t strict;        /* messages that only strict alignment fails */
	bool rotated, payroll;  /* selector s0: used before s1; once a month, by another */
	bool nobody;            /* nothing legitimate is sent */
	bool forged_before;     /* nor was it before: all that is known is one forged mail */
	uint64_t event;         /* nor was it, but for a vendor's mail of one day */
	bool silent;            /* DNS does not answer */
	bool absent;            /* DNS knows no such name */
	const char *refused_ip; /* of refusals on one day, as a bounce told; NULL: it did not say */
	const char *refused_class; /* NULL: "auth_spf" */
	uint64_t refused;
	int refused_age;         /* days before the end; 0: one */
	enum whose refused_ours; /* as the bounce told */
	bool refused_by_us;      /* our server refused a client */
	unsigned covered;        /* last days of which bounces were read */
	struct said said[3];
	const struct fact_label *label;
	const char *dmarc, *spf, *key, *mx, *more[3]; /* records */
};

/* The days of the window that have reports. */
static inline uint32_t reported_days(const struct variant *c)
{
	uint32_t days = ALL;
	if (c->days)
		days &= ALL << (30 - c->days);
	return c->last_gap ? days & ALL >> c->last_gap : days;
}

/* Mail of our server on every day of so many before the window. */
static inline struct domain_facts make_history(struct arena *a, const struct variant *c)
{
	int32_t until = AS_OF - 30,
		since = until - (int32_t)(c->history_days ? c->history_days : 60);
	uint64_t daily = (c->legit ? c->legit : 10000) / 30;
	const struct row rows[] = {{"192.0.2.10", daily, "example.com pass", "example.com s1 pass"},
				   {"192.0.2.77", c->once, "example.com fail", NULL, 0, 1u << 19}};
	struct domain_facts d = make_facts(a, OCTOBER - 1, rows,
					   c->no_history ? 0
					   : c->once     ? 2
							 : 1);
	struct fact *facts = arena_alloc(a, 16 * sizeof *facts);
	if (c->forged_before || c->event) {
		const struct row all[] = {
		    {"203.0.113.88", 1, "example.com fail", NULL, 0, 1},
		    {"198.51.100.9", c->event, "vendor.example pass", NULL, 0, 1u << 19},
		};
		d = make_facts(a, OCTOBER - 1, all + !c->forged_before, 1);
		sum_days(a, &d);
	}
	d.window = (struct window){since, until};
	if (c->forged_before || c->event)
		return d;
	if (c->no_history)
		return d; /* without a day */
	int32_t first = month_of_day(since), n = month_of_day(until - 1) - first + 1;
	for (int32_t i = 0; i < n; i++) {
		struct window w = window_of_month(d.window, first + i);
		int32_t from = w.since - month_first_day(first + i);
		struct fact_witness *x = arena_alloc(a, sizeof *x);
		facts[i] = d.facts[0];
		facts[i].month = first + i;
		facts[i].days = (uint32_t)(((UINT64_C(1) << (w.until - w.since)) - 1) << from);
		facts[i].messages = daily * (uint64_t)(w.until - w.since);
		*x = (struct fact_witness){0, facts[i].days, facts[i].messages};
		facts[i].witnesses = x;
		facts[i].n_witnesses = 1;
	}
	if (c->once)
		facts[n++] = d.facts[1];
	d.facts = facts;
	d.n_facts = (size_t)n;
	sum_days(a, &d);
	return d;
}

static inline void fill_policies(struct arena *a, struct domain_facts *d, const struct variant *c)
{
	struct fact_policy *p = arena_alloc(a, COUNT(c->said) * sizeof *p);
	int32_t since = AS_OF - (int32_t)(c->quarantine_days ? c->quarantine_days : 40);
	d->policies = p;
	d->n_policies = 1;
	*p = (struct fact_policy){.p = {W_QUARANTINE, "quarantine"},
				  .pct = -1,
				  .first_day = since,
				  .last_day = AS_OF - 1};
	for (size_t i = 0; i < COUNT(c->said) && c->said[i].p != W_ABSENT; i++) {
		const struct said *s = &c->said[i];
		p[i] = (struct fact_policy){.p = {s->p, ""},
					    .testing = s->testing,
					    .pct = s->pct == 0  ? -1
						   : s->pct < 0 ? 0
								: s->pct,
					    .first_day = AS_OF - s->from,
					    .last_day = AS_OF - s->to};
		d->n_policies = i + 1;
	}
}

static inline void fill_reporters(struct arena *a, struct domain_facts *d, const struct variant *c,
				  unsigned n)
{
	struct fact_reporter *r = arena_alloc(a, REPORTERS * sizeof *r);
	static const char *const others[REPORTERS] = {"comcast.net",  "GMX",      "Mimecast",
						      "WEB.DE",       "mail.ru",  "t-online.de",
						      "fastmail.com", "seznam.cz"};
	for (unsigned i = 0; i < n; i++)
		r[i] = (struct fact_reporter){c->small_reporters ? others[i] : large_reporters[i],
					      c->largest && i == 0 ? c->largest : 10, AS_OF - 30,
					      AS_OF - 1};
	d->reporters = r;
	d->n_reporters = n;
}

/* The rows of a case. */
static inline size_t make_rows(struct row *rows, const struct variant *c)
{
	uint32_t days = reported_days(c);
	const char *us = "example.com pass", *signed_s1 = "example.com s1 pass";
	uint64_t legit = c->nobody ? 0 : c->legit ? c->legit : 10000;
	uint32_t since = c->new_age ? 0x7fffffffu << (31 - c->new_age) : 0;
	const struct row all[] = {
	    {"192.0.2.10", legit, us, signed_s1, 0, c->rotated ? GATE : days},
	    {"192.0.2.10", c->rotated ? 500 : 0, us, "example.com s0 pass", 0, ALL & ~GATE},
	    {"192.0.2.78", c->payroll ? 40 : 0, us, "example.com s0 pass", 0, 2},
	    {"192.0.2.10", c->failing, "example.com temperror", NULL, 0, days},
	    {"192.0.2.10", c->unanswered, "example.com temperror", NULL, 0, days, 1},
	    {"192.0.2.10", c->fell, "example.com temperror", NULL, 0, LAST_WEEK},
	    {"192.0.2.10", c->spf_only, us, NULL, 0, days},
	    {"2001:db8::10", c->ipv6, us, signed_s1, 0, days},
	    {"192.0.2.10", c->strict, "example.com temperror", NULL, DMARC_STRICT_ONLY, days},
	    {"203.0.113.50", c->pool, us, NULL, 0, days},
	    {"198.51.100.9", c->stranger, "vendor.example pass", NULL, 0, days},
	    {"198.51.100.30", c->maybe, "crm.example pass", "example.com s5 fail", 0,
	     c->maybe_days   ? c->maybe_days
	     : c->maybe == 1 ? 1u << 30
			     : 3u << 29,
	     3},
	    {"198.51.100.31", c->named, "vendor.example pass", NULL, 0, days, 3},
	    {"192.0.2.10", c->stray, "example.com fail", "example.com s3 fail", 0,
	     c->stray_days ? c->stray_days : days},
	    {"198.51.100.20", c->breaks, "lists.example pass", "example.com s1 fail",
	     DMARC_FORWARD_REASON, days},
	    {"203.0.113.7", c->spoofed, "evil.example fail", NULL, 0, 6,
	     .from = c->below ? "gone.example.com" : NULL},
	    {"192.0.2.77", c->invoices, "example.com fail", NULL, 0,
	     c->invoice_days ? c->invoice_days : days,
	     .from = c->below ? "mail.example.com" : NULL},
	    {"198.51.100.50", c->new_age ? 100 : 0, "partner.example pass", "example.com s9 pass",
	     0, since & ALL},
	    {"198.51.100.9", c->new_stranger, "vendor.example pass", NULL, 0, 7u << 28},
	};
	size_t n = 0;
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].messages > 0 && (all[i].days & days)) {
			rows[n] = all[i];
			rows[n++].days &= days;
		}
	return n;
}

static inline void fill_refusals(struct arena *a, struct domain_facts *d, const struct variant *c)
{
	struct fact_refusal *r = arena_alloc(a, sizeof *r);
	int32_t *days = arena_alloc(a, (c->covered + 1) * sizeof *days);
	for (unsigned i = 0; i < c->covered; i++)
		days[i] = AS_OF - (int32_t)(c->covered - i);
	*r = (struct fact_refusal){.day = AS_OF - (c->refused_age ? c->refused_age : 1),
				   .count = c->refused,
				   .class = c->refused_class ? c->refused_class : "auth_spf",
				   .by_us = c->refused_by_us,
				   .ours = c->refused_ours,
				   .recipient_domain = "gmail.example"};
	if (c->refused_ip)
		ip_parse(c->refused_ip, strlen(c->refused_ip), &r->ip, NULL);
	d->refusals = r;
	d->n_refusals = c->refused ? 1 : 0;
	d->refusal_days = days;
	d->n_refusal_days = c->covered;
}

static inline struct domain_facts make(struct arena *a, const struct variant *c)
{
	struct row rows[21];
	size_t n = make_rows(rows, c);
	unsigned reporters = c->reporters ? c->reporters : REPORTERS;
	for (size_t i = 0; i < n; i++)
		if (!rows[i].reporters)
			rows[i].reporters = (1u << reporters) - 1;
	struct domain_facts d = make_facts(a, OCTOBER, rows, n);
	d.window.since = AS_OF - 30;
	sum_days(a, &d);
	fill_reporters(a, &d, c, reporters);
	fill_policies(a, &d, c);
	fill_refusals(a, &d, c);
	d.labels = c->label;
	d.n_labels = c->label ? 1 : 0;
	return d;
}

static inline const char *pick(const char *own, const char *tidy)
{
	return own ? own : tidy;
}

static inline void make_zone(const struct variant *c, const char *zone[])
{
	size_t n = 0;
	for (size_t i = 0; i < COUNT(c->more); i++)
		if (c->more[i])
			zone[n++] = c->more[i];
	zone[n++] = pick(c->dmarc, DMARC("p=quarantine; " RUA));
	zone[n++] = pick(c->spf, SPF("mx ~all"));
	zone[n++] = pick(c->key, KEY(KEY2048));
	zone[n++] = "s9._domainkey.example.com TXT " KEY2048;
	zone[n++] = pick(c->mx, "example.com MX 10 mail.example.com");
	zone[n++] = "example.com A 192.0.2.10";
	zone[n++] = "mail.example.com A 192.0.2.10";
	zone[n++] = "10.2.0.192.in-addr.arpa PTR mail.example.com";
	zone[n++] = "77.2.0.192.in-addr.arpa PTR erp.example.com";
	zone[n++] = "erp.example.com A 192.0.2.77";
	zone[n++] = "9.100.51.198.in-addr.arpa PTR x.vendor.example";
	zone[n++] = "x.vendor.example A 198.51.100.9";
	zone[n++] = "30.100.51.198.in-addr.arpa PTR x.crm.example";
	zone[n++] = "x.crm.example A 198.51.100.30";
	zone[n++] = "31.100.51.198.in-addr.arpa PTR crm.example.com";
	zone[n++] = "crm.example.com A 198.51.100.31";
	zone[n++] = "spf.careless.test TXT v=spf1 ip4:203.0.113.48/28 -all";
	zone[n] = NULL;
}

/* Names of the domain, all of which time out. */
static const char *const silence[] = {"example.com TIMEOUT", "_dmarc.example.com TIMEOUT",
				      "www.example.com TIMEOUT",
				      "s1._domainkey.example.com TIMEOUT", NULL};

static const char *const absence[] = {"other.example A 192.0.2.1", NULL};

static inline struct readiness judge(const struct variant *c, struct arena *a)
{
	static struct zone_view z;
	static struct catalogue *catalogue;
	const char *zone[26];
	struct err err;
	if (!catalogue && catalogue_parse(&catalogue, NULL, "none", no_services,
					  strlen(no_services), &err) != ST_OK)
		fail_msg("%s", err.msg);
	make_zone(c, zone);
	struct domain_facts *facts = arena_alloc(a, 2 * sizeof *facts);
	facts[0] = make(a, c);
	facts[1] = make_history(a, c);
	const struct readiness_input in = {&facts[0], &facts[1], NULL, AS_OF, limits_set};
	struct readiness r;
	struct knowledge k;
	zone_view_end(&z);
	struct dns_view view = zone_view(&z, c->silent ? silence : c->absent ? absence : zone);
	for (size_t before = 1, now = 0; before != now;) {
		before = z.asked.n;
		knowledge_begin(&k, &test_rules, &view, catalogue, a);
		readiness_judge(&in, &k, &r);
		knowledge_end(&k);
		now = z.asked.n;
	}
	return r;
}

#endif

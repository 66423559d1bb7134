/*
 * gen_world.c - who sends mail as whom, and what a reporter sees of it.
 *
 * Every property follows from small numbers by arithmetic, so that the same sender shows the same
 * face in every report and nothing has to be kept. Addresses are of networks that are nobody's
 * (benchmarking, private, documentation).
 */
#include "bench/gen.h"

#include <stdio.h>

#define DAY      86400
#define FIRST    INT64_C(1788220800) /* 2026-09-01 */
#define PROVIDER 24                  /* mail services with pools that many domains share */

static unsigned mix(unsigned a, unsigned b)
{
	uint64_t x = ((uint64_t)a << 32 | b) * UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned)(x >> 33);
}

void world_head(struct prng *p, const struct world *w, uint64_t serial, struct head *out)
{
	out->domain = prng_skewed(p, w->domains);
	out->reporter = prng_skewed(p, w->reporters);
	out->style = mix(out->reporter, 77) % STYLES;
	out->serial = serial;
	out->day = prng_below(p, w->days);
	out->begin = FIRST + (w->first + (int64_t)out->day) * DAY;
	out->end = out->begin + DAY - (out->style % 2 ? 0 : 1);
	snprintf(out->name, sizeof out->name, "company%u.example", out->domain);
	snprintf(out->org, sizeof out->org, "receiver%u.test", out->reporter);
}

static void dkim(struct row *r, const char *domain, const char *selector, const char *result)
{
	unsigned n = r->n_dkim++;
	snprintf(r->dkim_domain[n], sizeof r->dkim_domain[n], "%s", domain);
	snprintf(r->dkim_selector[n], sizeof r->dkim_selector[n], "%s", selector);
	r->dkim_result[n] = result;
}

static void results(struct row *r, const char *spf, const char *eval_spf, const char *eval_dkim)
{
	r->spf = spf;
	r->eval_spf = eval_spf;
	r->eval_dkim = eval_dkim;
}

/* The domain's own servers: one to four, some of them IPv6; one in nine domains forgot one in SPF.
 */
static void own_server(struct prng *p, const struct head *h, struct row *r)
{
	unsigned n = prng_skewed(p, 1 + h->domain % 4), net = mix(h->domain, 1);
	if (n % 4 == 1)
		snprintf(r->source, sizeof r->source, "2001:db8:%x::%x", h->domain, n + 16);
	else
		snprintf(r->source, sizeof r->source, "198.18.%u.%u", net % 256, n * 8 + 10);
	if (n == 2 && h->domain % 9 == 0) {
		results(r, "softfail", "fail", "fail");
		return;
	}
	results(r, "pass", "pass", "pass");
	dkim(r, h->name, h->domain % 3 ? "s2026" : "mail", "pass");
}

/* A mail service: a shared pool; most customers have DKIM of their own, some have not. */
static void provider(struct prng *p, const struct head *h, struct row *r)
{
	char name[64];
	unsigned mine = mix(h->domain, 2 + prng_skewed(p, 3)) % PROVIDER;
	unsigned address = prng_skewed(p, 64 + mine * 16);
	snprintf(name, sizeof name, "service%u.example", mine);
	if (mine % 5 == 4)
		snprintf(r->source, sizeof r->source, "2001:db8:f%02x:%x::%x", mine, address / 16,
			 address % 16 + 1);
	else
		snprintf(r->source, sizeof r->source, "198.19.%u.%u", mine * 4 + address / 256,
			 address % 256);
	snprintf(r->mail_from, sizeof r->mail_from, "bounce.%s", name);
	results(r, "pass", "fail", (h->domain + mine) % 6 ? "pass" : "fail");
	if ((h->domain + mine) % 6)
		dkim(r, h->name, mine % 2 ? "k1" : "selector1", "pass");
	dkim(r, name, "m1", "pass");
	if (mine % 7 == 3)
		snprintf(r->header_from, sizeof r->header_from, "news.%s", h->name);
}

static void forwarder(struct prng *p, const struct head *h, struct row *r)
{
	unsigned n = prng_skewed(p, 3000);
	snprintf(r->source, sizeof r->source, "100.64.%u.%u", n / 256, n % 256);
	results(r, "softfail", "fail", "pass");
	dkim(r, h->name, h->domain % 3 ? "s2026" : "mail", "pass");
	if (n % 3 == 0) {
		r->reason = "local_policy";
		r->comment = "arc=pass";
	} else if (n % 3 == 1) {
		r->reason = "forwarded";
	}
}

static void mailing_list(struct prng *p, const struct head *h, struct row *r)
{
	unsigned n = prng_skewed(p, 400);
	char name[64];
	snprintf(name, sizeof name, "lists%u.example", n / 2);
	snprintf(r->source, sizeof r->source, "192.0.2.%u", n % 256);
	snprintf(r->mail_from, sizeof r->mail_from, "%s", name);
	results(r, "pass", "fail", "fail");
	dkim(r, h->name, h->domain % 3 ? "s2026" : "mail", "fail");
	dkim(r, name, "list", "pass");
	if (n % 2)
		r->reason = "mailing_list";
}

/* Spoofers: anywhere; on some days of each domain a flood. */
static void spoofer(struct prng *p, const struct head *h, struct row *r)
{
	uint64_t x = prng_next(p);
	if (x % 10 == 0)
		snprintf(r->source, sizeof r->source, "2001:db8:bad:%x::%x",
			 (unsigned)(x >> 16) & 0xffff, (unsigned)(x >> 32) & 0xffff);
	else
		snprintf(r->source, sizeof r->source, "10.%u.%u.%u", (unsigned)(x >> 16) & 255,
			 (unsigned)(x >> 24) & 255, (unsigned)(x >> 32) & 255);
	if (x % 4)
		snprintf(r->mail_from, sizeof r->mail_from, "bulk%u.test",
			 (unsigned)(x >> 40) % 500);
	results(r, x % 4 == 0 ? "softfail" : x % 3 ? "none" : "fail", "fail", "fail");
	r->disposition = h->domain % 3 == 0 ? "none" : h->domain % 3 == 1 ? "quarantine" : "reject";
}

void world_row(struct prng *p, const struct head *h, struct row *r)
{
	unsigned day = h->day;
	int is_flood = mix(h->domain, day + 1000) % 29 == 0;
	unsigned dice = prng_below(p, is_flood ? 400 : 100);
	r->n_dkim = 0;
	r->reason = r->comment = NULL;
	r->disposition = "none";
	snprintf(r->header_from, sizeof r->header_from, "%s", h->name);
	snprintf(r->mail_from, sizeof r->mail_from, "%s", h->name);
	r->count = 1 + (unsigned)(0.7 / (prng_unit(p) + 0.001));
	if (dice < 30)
		own_server(p, h, r);
	else if (dice < 72)
		provider(p, h, r);
	else if (dice < 83)
		forwarder(p, h, r);
	else if (dice < 88)
		mailing_list(p, h, r);
	else
		spoofer(p, h, r);
}

#include "report/sender/observe.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"

#define BURST_SHARE    80 /* per cent of messages within three days */
#define BURST_MESSAGES 10
#define MAILFROM_MAX   8 /* distinct ones that are counted */

#define DIRECT         (SET(P1) | SET(P5) | SET(P6) | SET(P7))
#define BROKEN         (SET(F2) | SET(F8) | SET(F11))

bool at_least(uint64_t part, uint64_t whole, unsigned percent)
{
	return part > 0 && 100 * part >= percent * whole;
}

uint64_t cells_of(const struct sender *s, unsigned set)
{
	uint64_t sum = 0;
	for (unsigned c = 0; c < CELL_COUNT; c++)
		sum += set >> c & 1 ? s->t.cells[c] : 0;
	return sum;
}

/* ---- profiles ---- */

static const char *foreign_mailfrom(const struct observer *x, const struct dmarc_profile *p)
{
	const char *org = x->rules->org_domain(x->rules->ctx, x->facts->domain);
	for (unsigned i = 0; i < p->n_spf && !(p->flags & DMARC_BAD_NAME); i++) {
		const char *name = p->spf[i].domain ? p->spf[i].domain : p->envelope_from;
		if (p->spf[i].scope.code == W_HELO || !name || !*name)
			continue;
		const char *theirs = x->rules->org_domain(x->rules->ctx, name);
		if (strcmp(theirs, org) != 0)
			return theirs;
	}
	return NULL;
}

/* A domain that is at the public suffix itself, or that was never asked, exists. */
static bool does_not_exist(const struct zone *z, const struct dmarc_profile *p)
{
	if (!p->header_from || (p->flags & DMARC_BAD_NAME) || !zone_asks_from(z, p->header_from))
		return false;
	return dns_ask(z->known->view, p->header_from, DNS_A)->outcome == DNS_NXDOMAIN;
}

void observer_init(struct observer *x, const struct domain_facts *facts, const struct zone *zone,
		   const struct name_rules *rules, struct arena *a)
{
	size_t n = facts->n_profiles;
	*x = (struct observer){.facts = facts, .zone = zone, .rules = rules};
	selectors_init(&x->selectors, facts, rules, a);
	patterns_find(&x->patterns, facts, a);
	series_init(&x->series, facts, zone);
	x->seen = arena_alloc(a, (facts->n_reporters + 1) * sizeof *x->seen);
	x->mailfrom = arena_alloc(a, (n + 1) * sizeof *x->mailfrom);
	x->foreign = arena_alloc(a, (n + 1) * sizeof *x->foreign);
	x->no_from = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++) {
		x->foreign[i] = foreign_mailfrom(x, &facts->profiles[i]);
		if (!zone)
			continue;
		x->mailfrom[i] = zone_own_mailfrom(zone, &facts->profiles[i]);
		x->no_from[i] = does_not_exist(zone, &facts->profiles[i]);
	}
}

void observer_end(struct observer *x)
{
	series_end(&x->series);
}

/* ---- rows ---- */

static unsigned of_profile(const struct observer *x, const struct fact *f, bool authorised)
{
	const struct dmarc_profile *p = &x->facts->profiles[f->profile];
	unsigned sel = selectors_of(&x->selectors, f->profile), cell = 1u << p->cell;
	unsigned seen = 1u << SEEN_ANY;
	seen |= cell & DIRECT ? 1u << SEEN_DIRECT : 0;
	seen |= sel & SEL_OWN ? 1u << SEEN_OWN : 0;
	seen |= sel & SEL_HEAVY ? 1u << SEEN_HEAVY : 0;
	seen |= (cell & DKIM_ALONE) && (sel & SEL_CARRIED) ? 1u << SEEN_CARRIED : 0;
	seen |= p->flags & DMARC_FORWARD_REASON ? 1u << SEEN_REASON : 0;
	seen |= p->flags & DMARC_ARC_PASS ? 1u << SEEN_ARC : 0;
	seen |= (cell & BROKEN) && (sel & SEL_BROKEN) ? 1u << SEEN_BROKEN : 0;
	seen |= authorised && (cell & (SET(F3) | SET(F5))) ? 1u << SEEN_FAULT : 0;
	seen |= authorised && (cell & BROKEN) && (sel & SEL_BROKEN_OWN) ? 1u << SEEN_FAULT_DKIM : 0;
	seen |= (cell & BROKEN) && (sel & SEL_TRIES) ? 1u << SEEN_TRIES : 0;
	seen |= p->flags & DMARC_REPORTER_MISMATCH ? 1u << SEEN_MISMATCH : 0;
	seen |= p->flags & DMARC_STRICT_ONLY ? 1u << SEEN_STRICT : 0;
	seen |= x->no_from[f->profile] ? 1u << SEEN_NO_SUCH_FROM : 0;
	return seen;
}

static bool is_host_relay(const struct zone *z, const struct service *s)
{
	if (!s || s->kind != KIND_WEBHOST)
		return false;
	for (size_t i = 0; i < z->n_hosts; i++)
		if (knowledge_of(z->known, &z->hosts[i].ip)->service == s)
			return true;
	return false;
}

static unsigned of_address(const struct observer *x, const struct ip *ip)
{
	const struct zone *z = x->zone;
	if (!z || ip->family == 0)
		return 0;
	const struct address_known *k = knowledge_of(z->known, ip);
	unsigned seen = 0;
	seen |= is_host_relay(z, k->service) ? 1u << SEEN_HOST_RELAY : 0;
	seen |= k->ptr == PTR_CONFIRMED && !k->generic ? 1u << SEEN_PTR : 0;
	seen |= k->ptr == PTR_NONE ? 1u << SEEN_PTR_NONE : 0;
	seen |= k->generic ? 1u << SEEN_PTR_GENERIC : 0;
	seen |= k->ptr == PTR_UNCONFIRMED && !k->generic ? 1u << SEEN_PTR_UNCONFIRMED : 0;
	if (k->claim && domain_is_below(k->claim, z->org))
		seen |= series_fits(&x->series, ip) ? 1u << SEEN_SERIES : 1u << SEEN_CLAIMS_US;
	seen |= k->ptr != PTR_UNKNOWN ? 1u << SEEN_PTR_KNOWN : 0;
	return seen;
}

/* What needs the address and the profile together. */
static unsigned of_both(const struct observer *x, const struct fact *f)
{
	const struct dmarc_profile *p = &x->facts->profiles[f->profile];
	const char *mailfrom = x->mailfrom[f->profile], *foreign = x->foreign[f->profile];
	unsigned seen = 0, cell = 1u << p->cell;
	if (patterns_match(&x->patterns, f, p->cell, PATTERN_FAILS))
		seen |= 1u << SEEN_DISPERSED;
	if (patterns_match(&x->patterns, f, p->cell, PATTERN_DKIM_ONLY))
		seen |= 1u << SEEN_REPLAY;
	if (!x->zone || f->source.family == 0)
		return seen;
	const struct address_known *k = knowledge_of(x->zone->known, &f->source);
	if (k->org && foreign && strcmp(k->org, foreign) == 0 &&
	    (cell & (SET(P3) | SET(F6) | SET(F7) | SET(F8))))
		seen |= 1u << SEEN_SRS;
	if (!mailfrom)
		return seen;
	enum spf_now now = zone_spf_now(x->zone, mailfrom, &f->source);
	if (now == NOW_YES) {
		seen |= 1u << SEEN_SPF_NOW;
		seen |= cell & (SET(F1) | SET(F2) | SET(F4)) ? 1u << SEEN_REPAIRED : 0;
	}
	if (now == NOW_NO && (cell & (SET(F1) | SET(F2))))
		seen |= 1u << SEEN_SPF_MISSING;
	return seen;
}

/* The word of those that nobody knows makes no second one. */
static void add_row(struct observer *x, const struct fact *f, unsigned seen, struct observed *o)
{
	for (unsigned k = 0; k < SEEN_COUNT; k++)
		o->messages[k] += seen >> k & 1 ? f->messages : 0;
	for (uint32_t i = 0; i < f->n_witnesses; i++) {
		uint32_t reporter = f->witnesses[i].reporter;
		unsigned *before = &x->seen[reporter];
		if (x->facts->reporters[reporter].unknown)
			continue;
		for (unsigned k = 0; k < SEEN_COUNT; k++)
			o->reporters[k] += (seen & ~*before) >> k & 1;
		*before |= seen;
	}
}

/* Nearly all within some three days? */
static bool is_burst(const struct sender *s)
{
	size_t n = (size_t)(s->last_day - s->first_day) + 1;
	if (s->t.messages < BURST_MESSAGES || n <= 3)
		return s->t.messages >= BURST_MESSAGES;
	double *by_day = mem_alloc((n + 3) * sizeof *by_day), best = 0;
	for (size_t i = 0; i < s->n_facts; i++)
		daily_add(s->facts[i], s->first_day, by_day, n);
	for (size_t i = 0; i < n; i++) {
		double sum = by_day[i] + by_day[i + 1] + by_day[i + 2];
		best = sum > best ? sum : best;
	}
	free(by_day);
	return best * 100 >= BURST_SHARE * (double)s->t.messages;
}

static unsigned count_mailfrom(const struct observer *x, const struct sender *s)
{
	const char *names[MAILFROM_MAX];
	unsigned n = 0;
	for (size_t i = 0; i < s->n_facts && n < MAILFROM_MAX; i++) {
		const char *name = x->foreign[s->facts[i]->profile];
		unsigned k = 0;
		while (name && k < n && strcmp(names[k], name) != 0)
			k++;
		if (name && k == n)
			names[n++] = name;
	}
	return n;
}

/* Rows come address by address; an aligned SPF pass of an address speaks for its other rows. */
struct observed observe(struct observer *x, const struct sender *s)
{
	struct observed o = {.burst = is_burst(s), .mailfrom = count_mailfrom(x, s)};
	selectors_enter(&x->selectors, s);
	o.carried = selectors_carried(&x->selectors, s);
	for (size_t i = 0, end; i < s->n_facts; i = end) {
		const struct ip *ip = &s->facts[i]->source;
		bool authorised = false;
		for (end = i; end < s->n_facts && ip_cmp(&s->facts[end]->source, ip) == 0; end++)
			authorised |=
			    (1u << x->facts->profiles[s->facts[end]->profile].cell & DIRECT) != 0;
		authorised = authorised && ip->family != 0;
		unsigned address = of_address(x, ip);
		for (size_t k = i; k < end; k++)
			add_row(x, s->facts[k],
				address | of_profile(x, s->facts[k], authorised) |
				    of_both(x, s->facts[k]),
				&o);
	}
	selectors_leave(&x->selectors, s);
	for (size_t i = 0; i < s->n_facts; i++)
		for (uint32_t k = 0; k < s->facts[i]->n_witnesses; k++)
			x->seen[s->facts[i]->witnesses[k].reporter] = 0;
	return o;
}

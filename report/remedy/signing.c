#include "report/remedy/signing.h"

#include <string.h>

#include "core/day.h"
#include "report/remedy/keys.h"

#define BROKEN_LEAST 10 /* messages of a machine; fewer may have been changed on the way */
#define NAMED_MAX    3

enum signed_as { SIGNED_PASS, SIGNED_FAIL, SIGNED_NOT };

static enum signed_as signed_as(const struct zone *z, const struct dmarc_profile *p)
{
	enum signed_as out = SIGNED_NOT;
	for (unsigned i = 0; i < p->n_dkim; i++) {
		const struct dmarc_dkim *d = &p->dkim[i];
		if (d->result.code == W_ABSENT || d->result.code == W_NONE || !d->domain ||
		    !z->org || !domain_is_below(d->domain, z->org))
			continue;
		if (d->result.code == W_PASS)
			return SIGNED_PASS;
		out = SIGNED_FAIL;
	}
	return p->aligned_dkim ? SIGNED_PASS : out;
}

struct signing signing_of(const struct zone *z, const struct sender *s)
{
	struct signing x = {0, 0, 0};
	for (size_t i = 0; i < s->n_facts; i++) {
		uint64_t n = s->facts[i]->messages;
		switch (signed_as(z, &s->profiles[s->facts[i]->profile])) {
		case SIGNED_PASS:
			x.passing += n;
			break;
		case SIGNED_FAIL:
			x.failing += n;
			break;
		default:
			x.bare += n;
			break;
		}
	}
	return x;
}

/* One address: its signatures that fail, and those that verify. */
struct machine {
	uint64_t failing;
	int32_t since, last; /* the first failing day, the last one on which any verified */
};

static int32_t first_day(const struct fact *f)
{
	return month_first_day(f->month) + (f->days ? __builtin_ctz(f->days) : 0);
}

static struct machine machine_at(const struct zone *z, const struct sender *s, const struct ip *ip)
{
	struct machine m = {0, INT32_MAX, INT32_MIN};
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		enum signed_as as = signed_as(z, &s->profiles[f->profile]);
		if (ip_cmp(&f->source, ip) != 0)
			continue;
		if (as == SIGNED_PASS && fact_last_day(f) > m.last)
			m.last = fact_last_day(f);
		if (as != SIGNED_FAIL)
			continue;
		m.failing += f->messages;
		m.since = first_day(f) < m.since ? first_day(f) : m.since;
	}
	return m;
}

/* Some failures among others are of mail that was changed on the way. */
static bool is_broken(const struct machine *m)
{
	return m->failing >= BROKEN_LEAST && m->last < m->since;
}

struct broken_machines signing_broken(const struct zone *z, const struct sender *s)
{
	struct broken_machines x = {.names = "", .since = INT32_MAX, .last = INT32_MIN};
	char text[IP_STRLEN];
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct sender_source *at = &s->sources[i];
		const struct machine m = machine_at(z, s, &at->ip);
		if (!is_broken(&m))
			continue;
		if (x.n++ < NAMED_MAX)
			x.names = arena_printf(z->known->a, "%s%s%s", x.names, x.n > 1 ? ", " : "",
					       at->ptr ? at->ptr : ip_format(&at->ip, text));
		x.messages += m.failing;
		x.since = m.since < x.since ? m.since : x.since;
		x.last = m.last > x.last ? m.last : x.last;
	}
	if (x.n > NAMED_MAX)
		x.names = arena_printf(z->known->a, "%s and %zu more", x.names, x.n - NAMED_MAX);
	x.key = x.n ? failing_key(z, s, NULL) : NULL;
	return x;
}

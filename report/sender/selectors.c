#include "report/sender/selectors.h"

#include <string.h>

#include "core/buf.h"
#include "core/hash.h"

#define OWNER_SHARE 50 /* per cent of a selector's mail that makes it the sender's own */
#define HEAVY_SHARE 20 /* per cent that no mere forwarder has */

struct selector_use {
	uint32_t selector;
	bool passes, last;
};

static bool is_ours(const struct name_rules *rules, const struct dmarc_profile *p,
		    const struct dmarc_dkim *d)
{
	return d->domain && d->selector && *d->selector && p->header_from &&
	       !(p->flags & DMARC_BAD_NAME) && d->result.code != W_ABSENT &&
	       d->result.code != W_NONE && d->result.code != W_TEMPERROR &&
	       strcmp(rules->org_domain(rules->ctx, d->domain),
		      rules->org_domain(rules->ctx, p->header_from)) == 0;
}

static uint32_t index_of(struct map *index, struct buf *scratch, const struct dmarc_dkim *d)
{
	buf_reset(scratch);
	buf_put(scratch, d->domain, strlen(d->domain) + 1);
	buf_puts(scratch, d->selector);
	struct digest key = hash_fixed128(scratch->data, scratch->len);
	bool fresh;
	uint64_t *i = map_put(index, &key, &fresh);
	if (fresh)
		*i = index->n - 1;
	return (uint32_t)*i;
}

/* The profile's own signatures; of two by one selector the passing one counts. */
static struct selector_use *read_profile(const struct name_rules *rules, struct map *index,
					 struct buf *scratch, const struct dmarc_profile *p,
					 struct arena *a)
{
	struct selector_use *use = NULL;
	unsigned n = 0;
	for (unsigned i = 0; i < p->n_dkim; i++) {
		if (!is_ours(rules, p, &p->dkim[i]))
			continue;
		if (!use)
			use = arena_alloc(a, p->n_dkim * sizeof *use);
		uint32_t selector = index_of(index, scratch, &p->dkim[i]);
		unsigned k = 0;
		while (k < n && use[k].selector != selector)
			k++;
		n += k == n;
		use[k].selector = selector;
		use[k].passes = use[k].passes || p->dkim[i].result.code == W_PASS;
	}
	if (n > 0)
		use[n - 1].last = true;
	return use;
}

#define FOR_EACH_USE(u, list)                                                                      \
	for (const struct selector_use *u = (list); u; u = u->last ? NULL : u + 1)

static void count(const struct selectors *x, const struct fact *f, uint64_t *passing,
		  uint64_t *anchored)
{
	bool direct = x->facts->profiles[f->profile].aligned_spf;
	FOR_EACH_USE(u, x->of[f->profile])
	{
		passing[u->selector] += u->passes ? f->messages : 0;
		anchored[u->selector] += u->passes && direct ? f->messages : 0;
	}
}

void selectors_init(struct selectors *x, const struct domain_facts *facts,
		    const struct name_rules *rules, struct arena *a)
{
	struct map index = {0};
	struct buf scratch;
	buf_init(&scratch, 64 * 1024);
	*x = (struct selectors){.facts = facts};
	x->of = arena_alloc(a, (facts->n_profiles + 1) * sizeof *x->of);
	for (size_t i = 0; i < facts->n_profiles; i++)
		x->of[i] = read_profile(rules, &index, &scratch, &facts->profiles[i], a);
	x->n = index.n;
	x->total = arena_alloc(a, (x->n + 1) * sizeof *x->total);
	x->mine = arena_alloc(a, (x->n + 1) * sizeof *x->mine);
	x->anchor = arena_alloc(a, (x->n + 1) * sizeof *x->anchor);
	x->here = arena_alloc(a, (x->n + 1) * sizeof *x->here);
	for (size_t i = 0; i < facts->n_facts; i++)
		count(x, &facts->facts[i], x->total, x->anchor);
	map_free(&index);
	buf_free(&scratch);
}

void selectors_enter(struct selectors *x, const struct sender *s)
{
	for (size_t i = 0; i < s->n_facts; i++)
		count(x, s->facts[i], x->mine, x->here);
}

void selectors_leave(struct selectors *x, const struct sender *s)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		FOR_EACH_USE(u, x->of[s->facts[i]->profile])
		{
			x->mine[u->selector] = x->here[u->selector] = 0;
		}
	}
}

static bool is_own(const struct selectors *x, uint32_t selector)
{
	if (x->anchor[selector] > 0)
		return x->here[selector] > 0;
	return x->mine[selector] > 0 && 100 * x->mine[selector] >= OWNER_SHARE * x->total[selector];
}

unsigned selectors_of(const struct selectors *x, uint32_t profile)
{
	unsigned pass = 0, fail = 0;
	FOR_EACH_USE(u, x->of[profile])
	{
		uint64_t mine = x->mine[u->selector], total = x->total[u->selector];
		bool own = is_own(x, u->selector);
		if (u->passes) {
			pass |= own ? SEL_OWN : SEL_CARRIED;
			bool elsewhere = x->anchor[u->selector] > 0 && x->here[u->selector] == 0;
			pass |= !elsewhere && 100 * mine > HEAVY_SHARE * total ? SEL_HEAVY : 0;
		} else {
			fail |= own ? SEL_BROKEN_OWN : 0;
			fail |= total > mine ? SEL_BROKEN : SEL_TRIES;
		}
	}
	if (pass & SEL_OWN)
		pass &= ~(unsigned)SEL_CARRIED;
	return pass ? pass : fail;
}

unsigned selectors_carried(const struct selectors *x, const struct sender *s)
{
	uint32_t first = 0;
	unsigned n = 0;
	for (size_t i = 0; i < s->n_facts && n < 2; i++)
		FOR_EACH_USE(u, x->of[s->facts[i]->profile])
		{
			if (!u->passes || is_own(x, u->selector) ||
			    (n == 1 && u->selector == first))
				continue;
			if (n == 0)
				first = u->selector;
			n++;
		}
	return n < 2 ? n : 2;
}

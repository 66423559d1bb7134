#include "report/group.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/day.h"
#include "core/hash.h"
#include "core/mem.h"

/* An address, or "no address": its rows stand together in the facts. */
struct address {
	const struct fact *first;
	size_t n;
	const char *key;
	uint64_t messages, dmarc_pass, spf_aligned;
};

struct grouping {
	const struct domain_facts *facts;
	const struct name_rules *rules;
	struct arena *a;
	const char **row_keys; /* by profile: the proven foreign identity, or NULL */
};

static bool passes(const struct dmarc_profile *p)
{
	return p->eval_dkim.code == W_PASS || p->eval_spf.code == W_PASS;
}

static const char *org(const struct grouping *g, const char *name)
{
	return g->rules->org_domain(g->rules->ctx, name);
}

/* Is name, which passed, somebody else's? */
static bool is_foreign(const struct grouping *g, const struct dmarc_profile *p, const char *name)
{
	if (!name || !*name || (p->flags & DMARC_BAD_NAME))
		return false;
	const char *theirs = org(g, name);
	return strcmp(theirs, org(g, g->facts->domain)) != 0 &&
	       (!p->header_from || strcmp(theirs, org(g, p->header_from)) != 0);
}

static const char *foreign_identity(const struct grouping *g, const struct dmarc_profile *p)
{
	for (unsigned i = 0; i < p->n_dkim; i++)
		if (p->dkim[i].result.code == W_PASS && is_foreign(g, p, p->dkim[i].domain))
			return arena_printf(g->a, "dkim:%s", org(g, p->dkim[i].domain));
	for (unsigned i = 0; i < p->n_spf; i++) {
		const struct dmarc_spf *s = &p->spf[i];
		const char *name = s->domain ? s->domain : p->envelope_from;
		if (s->scope.code != W_HELO && s->result.code == W_PASS && is_foreign(g, p, name))
			return arena_printf(g->a, "mailfrom:%s", org(g, name));
	}
	return NULL;
}

/* How the address mostly ends: what differs in this is not one sender. */
static const char *outcome_mark(const struct address *x)
{
	if (2 * x->dmarc_pass < x->messages)
		return "#fail";
	return 2 * x->spf_aligned < x->messages ? "#dkim" : "";
}

static const char *network_key(const struct grouping *g, const struct address *x)
{
	const struct ip *ip = &x->first->source;
	char text[IP_STRLEN];
	if (ip->family == 0)
		return "net:none";
	unsigned bits = ip->family == 4 ? 24 : 64;
	struct ip net = ip_network(ip, bits);
	return arena_printf(g->a, "net:%s/%u%s", ip_format(&net, text), bits, outcome_mark(x));
}

/* The key most of the address's messages have. Few keys stand in one address. */
static void key_address(const struct grouping *g, struct address *x)
{
	struct {
		const char *key;
		uint64_t messages;
	} votes[16];
	size_t n = 0;
	for (size_t i = 0; i < x->n; i++) {
		const struct fact *f = &x->first[i];
		const struct dmarc_profile *p = &g->facts->profiles[f->profile];
		x->messages += f->messages;
		x->dmarc_pass += passes(p) ? f->messages : 0;
		x->spf_aligned += p->eval_spf.code == W_PASS ? f->messages : 0;
		const char *key = g->row_keys[f->profile];
		size_t k = 0;
		while (k < n && !(votes[k].key == key ||
				  (key && votes[k].key && strcmp(votes[k].key, key) == 0)))
			k++;
		if (k == n && n < sizeof votes / sizeof *votes)
			votes[n++].messages = 0;
		if (k < n) {
			votes[k].key = key;
			votes[k].messages += f->messages;
		}
	}
	size_t best = 0;
	for (size_t k = 1; k < n; k++)
		if (votes[k].messages > votes[best].messages)
			best = k;
	if (n > 0 && votes[best].key && x->first->source.family != 0)
		x->key = votes[best].key;
	else
		x->key = network_key(g, x);
}

static struct address *find_addresses(const struct grouping *g, size_t *n)
{
	const struct domain_facts *d = g->facts;
	struct address *all = arena_alloc(g->a, (d->n_facts + 1) * sizeof *all);
	*n = 0;
	for (size_t i = 0; i < d->n_facts; i++) {
		if (i == 0 || ip_cmp(&d->facts[i].source, &d->facts[i - 1].source) != 0)
			all[(*n)++].first = &d->facts[i];
		all[*n - 1].n++;
	}
	for (size_t i = 0; i < *n; i++)
		key_address(g, &all[i]);
	return all;
}

static int by_key(const void *x, const void *y)
{
	const struct address *a = x, *b = y;
	int order = strcmp(a->key, b->key);
	if (order == 0)
		order = (a->messages < b->messages) - (a->messages > b->messages);
	return order ? order : ip_cmp(&a->first->source, &b->first->source);
}

static void add_fact(struct sender *s, const struct fact *f, const struct dmarc_profile *p)
{
	s->t.messages += f->messages;
	s->t.dmarc_pass += passes(p) ? f->messages : 0;
	s->t.spf_aligned += p->eval_spf.code == W_PASS ? f->messages : 0;
	s->t.dkim_aligned += p->eval_dkim.code == W_PASS ? f->messages : 0;
	s->t.rejected += p->disposition.code == W_REJECT ? f->messages : 0;
	s->t.quarantined += p->disposition.code == W_QUARANTINE ? f->messages : 0;
	s->t.cells[p->cell] += f->messages;
	int32_t first = month_first_day(f->month);
	for (int bit = 0; bit < 31; bit++) {
		if (!(f->days >> bit & 1))
			continue;
		if (first + bit < s->first_day)
			s->first_day = first + bit;
		if (first + bit > s->last_day)
			s->last_day = first + bit;
	}
}

/* Distinct days and reporters over all facts of the sender. */
static void count_distinct(struct sender *s, size_t n_reporters)
{
	size_t n_days = (size_t)(s->last_day - s->first_day) + 1;
	unsigned char *days = mem_alloc(n_days), *reporters = mem_alloc(n_reporters + 1);
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		int32_t first = month_first_day(f->month) - s->first_day;
		for (int bit = 0; bit < 31; bit++)
			if (f->days >> bit & 1)
				days[first + bit] = 1;
		for (uint32_t k = 0; k < f->n_reporters; k++)
			reporters[f->reporters[k]] = 1;
	}
	for (size_t i = 0; i < n_days; i++)
		s->days += days[i];
	for (size_t i = 0; i < n_reporters; i++)
		s->reporters += reporters[i];
	free(days);
	free(reporters);
}

static const char *name_sender(const struct grouping *g, const struct sender *s)
{
	char text[IP_STRLEN];
	const char *colon = strchr(s->key, ':');
	if (strcmp(s->key, "net:none") == 0)
		return "(no address)";
	if (strncmp(s->key, "net:", 4) != 0)
		return colon + 1;
	if (s->n_sources == 1)
		return arena_strdup(g->a, ip_format(&s->sources[0].ip, text));
	return arena_strndup(g->a, colon + 1, strcspn(colon + 1, "#"));
}

/* addresses[0..n) share a key, the one with most messages first. */
static void make_sender(const struct grouping *g, const struct address *addresses, size_t n,
			struct sender *s)
{
	size_t n_facts = 0;
	for (size_t i = 0; i < n; i++)
		n_facts += addresses[i].n;
	const struct fact **facts = arena_alloc(g->a, n_facts * sizeof *facts);
	struct sender_source *sources = arena_alloc(g->a, n * sizeof *sources);
	*s = (struct sender){.key = addresses->key, .first_day = INT32_MAX, .last_day = INT32_MIN};
	for (size_t i = 0; i < n; i++) {
		if (addresses[i].first->source.family != 0)
			sources[s->n_sources++] =
			    (struct sender_source){addresses[i].first->source,
						   addresses[i].messages, addresses[i].dmarc_pass};
		for (size_t k = 0; k < addresses[i].n; k++) {
			const struct fact *f = &addresses[i].first[k];
			facts[s->n_facts++] = f;
			add_fact(s, f, &g->facts->profiles[f->profile]);
		}
	}
	s->facts = facts;
	s->sources = sources;
	s->name = name_sender(g, s);
	if (s->first_day <= s->last_day)
		count_distinct(s, g->facts->n_reporters);
}

void group_senders(const struct domain_facts *facts, const struct name_rules *rules,
		   struct arena *a, struct sender **senders, size_t *n)
{
	struct grouping g = {.facts = facts, .rules = rules, .a = a};
	g.row_keys = arena_alloc(a, (facts->n_profiles + 1) * sizeof *g.row_keys);
	for (size_t i = 0; i < facts->n_profiles; i++)
		g.row_keys[i] = foreign_identity(&g, &facts->profiles[i]);
	size_t n_addresses;
	struct address *all = find_addresses(&g, &n_addresses);
	qsort(all, n_addresses, sizeof *all, by_key);
	*senders = arena_alloc(a, (n_addresses + 1) * sizeof **senders);
	*n = 0;
	for (size_t i = 0, k; i < n_addresses; i = k) {
		for (k = i + 1; k < n_addresses && strcmp(all[k].key, all[i].key) == 0; k++)
			;
		make_sender(&g, &all[i], k - i, &(*senders)[(*n)++]);
	}
}

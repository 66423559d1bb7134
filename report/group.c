#include "report/group.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "report/identity.h"

/* An address, or "no address": its rows stand together in the facts. */
struct address {
	const struct fact *first;
	size_t n;
	const char *key;
	struct tally t;
};

struct grouping {
	const struct domain_facts *facts;
	struct arena *a;
	struct identities ids;
	uint64_t *votes; /* by identity; all zero between two addresses */
};

size_t group_base_len(const char *key)
{
	return strcspn(key, "#");
}

static void tally_add(struct tally *t, const struct fact *f, const struct dmarc_profile *p)
{
	bool spf = p->eval_spf.code == W_PASS, dkim = p->eval_dkim.code == W_PASS;
	t->messages += f->messages;
	t->dmarc_pass += spf || dkim ? f->messages : 0;
	t->spf_aligned += spf ? f->messages : 0;
	t->dkim_aligned += dkim ? f->messages : 0;
	t->rejected += p->disposition.code == W_REJECT ? f->messages : 0;
	t->quarantined += p->disposition.code == W_QUARANTINE ? f->messages : 0;
	t->cells[p->cell] += f->messages;
}

/* ---- keys ---- */

static const char *network_mark(const struct tally *t)
{
	const uint64_t *c = t->cells;
	if (2 * tally_judged_pass(t) >= t->messages && t->messages > 0)
		return 2 * (c[CELL_P1] + c[CELL_P5] + c[CELL_P6] + c[CELL_P7]) >= t->messages
			   ? ""
			   : "#dkim";
	uint64_t ours = c[CELL_F1] + c[CELL_F2] + c[CELL_F3] + c[CELL_F4] + c[CELL_F5];
	return 2 * ours > t->messages - tally_judged_pass(t) ? "#spf-fail" : "#fail";
}

static const char *identity_mark(const struct tally *t)
{
	const uint64_t *c = t->cells;
	uint64_t carried = c[CELL_F2] + c[CELL_F8] + c[CELL_F11];
	return 2 * (tally_judged_pass(t) + carried) < t->messages ? "#fail" : "";
}

static const char *network_key(const struct grouping *g, const struct address *x)
{
	const struct ip *ip = &x->first->source;
	char text[IP_STRLEN];
	if (ip->family == 0)
		return "net:none";
	unsigned bits = ip->family == 4 ? 24 : 64;
	struct ip net = ip_network(ip, bits);
	return arena_printf(g->a, "net:%s/%u%s", ip_format(&net, text), bits, network_mark(&x->t));
}

/* What most of the address's messages prove; the first of equals. */
static uint32_t majority(const struct grouping *g, const struct address *x)
{
	const uint32_t *id = g->ids.of_profile;
	uint32_t best = id[x->first->profile];
	for (size_t i = 0; i < x->n; i++)
		g->votes[id[x->first[i].profile]] += x->first[i].messages;
	for (size_t i = 0; i < x->n; i++)
		if (g->votes[id[x->first[i].profile]] > g->votes[best])
			best = id[x->first[i].profile];
	for (size_t i = 0; i < x->n; i++)
		g->votes[id[x->first[i].profile]] = 0;
	return best;
}

static void key_address(const struct grouping *g, struct address *x)
{
	for (size_t i = 0; i < x->n; i++)
		tally_add(&x->t, &x->first[i], &g->facts->profiles[x->first[i].profile]);
	uint32_t best = majority(g, x);
	if (best == 0 || x->first->source.family == 0)
		x->key = network_key(g, x);
	else
		x->key = arena_printf(g->a, "%s%s", g->ids.keys[best], identity_mark(&x->t));
}

static struct address *find_addresses(const struct grouping *g, size_t *n)
{
	const struct domain_facts *d = g->facts;
	size_t count = 0;
	for (size_t i = 0; i < d->n_facts; i++)
		count += i == 0 || ip_cmp(&d->facts[i].source, &d->facts[i - 1].source) != 0;
	struct address *all = arena_alloc(g->a, (count + 1) * sizeof *all);
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
		order = (a->t.messages < b->t.messages) - (a->t.messages > b->t.messages);
	return order ? order : ip_cmp(&a->first->source, &b->first->source);
}

/* ---- senders ---- */

/* Days since the first of the month on which the fact was seen; without a day, that first one. */
static uint32_t day_bits(const struct fact *f)
{
	return f->days ? f->days : 1;
}

static void span_days(struct sender *s, const struct fact *f)
{
	int32_t first = month_first_day(f->month);
	uint32_t bits = day_bits(f);
	int32_t from = first + __builtin_ctz(bits), to = first + 31 - __builtin_clz(bits);
	s->first_day = from < s->first_day ? from : s->first_day;
	s->last_day = to > s->last_day ? to : s->last_day;
}

/* Distinct days and reporters over all facts of the sender. */
static void count_distinct(struct sender *s, size_t n_reporters)
{
	size_t n_days = (size_t)(s->last_day - s->first_day) + 1;
	unsigned char *days = mem_alloc(n_days), *reporters = mem_alloc(n_reporters + 1);
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		int32_t first = month_first_day(f->month) - s->first_day;
		for (uint32_t bits = day_bits(f); bits; bits &= bits - 1) {
			unsigned char *day = &days[first + __builtin_ctz(bits)];
			s->days += !*day;
			*day = 1;
		}
		for (uint32_t k = 0; k < f->n_reporters; k++) {
			s->reporters += !reporters[f->reporters[k]];
			reporters[f->reporters[k]] = 1;
		}
	}
	free(days);
	free(reporters);
}

static const char *mark_words(const char *mark)
{
	static const char *const words[][2] = {
	    {"#dkim", " (DKIM only)"}, {"#spf-fail", " (SPF fails)"}, {"#fail", " (fails)"}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(mark, words[i][0]) == 0)
			return words[i][1];
	return "";
}

static bool same_base(const struct sender *x, const struct sender *y)
{
	size_t n = group_base_len(x->key);
	return n == group_base_len(y->key) && memcmp(x->key, y->key, n) == 0;
}

/* A network of one address has the address's name. What shares its name says how it differs. */
static void name_senders(const struct grouping *g, struct sender *senders, size_t n)
{
	char text[IP_STRLEN];
	for (size_t i = 0; i < n; i++) {
		struct sender *s = &senders[i];
		const char *after = strchr(s->key, ':') + 1;
		size_t base = group_base_len(after);
		bool split = (i > 0 && same_base(s, s - 1)) || (i + 1 < n && same_base(s, s + 1));
		if (strcmp(s->key, "net:none") == 0)
			s->name = "(no address)";
		else if (strncmp(s->key, "net:", 4) == 0 && s->n_sources == 1)
			s->name = arena_strdup(g->a, ip_format(&s->sources[0].ip, text));
		else
			s->name = arena_printf(g->a, "%.*s%s", (int)base, after,
					       split ? mark_words(after + base) : "");
	}
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
		const struct address *x = &addresses[i];
		if (x->first->source.family != 0)
			sources[s->n_sources++] = (struct sender_source){
			    .ip = x->first->source,
			    .messages = x->t.messages,
			    .dmarc_pass = x->t.dmarc_pass,
			};
		for (size_t k = 0; k < x->n; k++) {
			facts[s->n_facts++] = &x->first[k];
			tally_add(&s->t, &x->first[k], &g->facts->profiles[x->first[k].profile]);
			span_days(s, &x->first[k]);
		}
	}
	s->facts = facts;
	s->sources = sources;
	count_distinct(s, g->facts->n_reporters);
}

void group_senders(const struct domain_facts *facts, const struct name_rules *rules,
		   struct arena *a, struct sender **senders, size_t *n)
{
	struct grouping g = {.facts = facts, .a = a, .ids = identities_find(facts, rules, a)};
	g.votes = arena_alloc(a, g.ids.n * sizeof *g.votes);
	size_t n_addresses, n_senders = 0;
	struct address *all = find_addresses(&g, &n_addresses);
	qsort(all, n_addresses, sizeof *all, by_key);
	for (size_t i = 0; i < n_addresses; i++)
		n_senders += i == 0 || strcmp(all[i].key, all[i - 1].key) != 0;
	*senders = arena_alloc(a, (n_senders + 1) * sizeof **senders);
	*n = 0;
	for (size_t i = 0, k; i < n_addresses; i = k) {
		for (k = i + 1; k < n_addresses && strcmp(all[k].key, all[i].key) == 0; k++)
			;
		make_sender(&g, &all[i], k - i, &(*senders)[(*n)++]);
	}
	name_senders(&g, *senders, *n);
}

#include "report/sender/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "report/sender/grouping.h"

#define REST_SOURCES 100 /* addresses told of the rest: those with the most mail */

size_t group_base_len(const char *key)
{
	return strcspn(key, "#");
}

void tally_add(struct tally *t, const struct fact *f, const struct dmarc_profile *p)
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

/* The stranger's account that the fact is of; NULL: ours, or no such service's. */
static const char *strange(const struct grouping *g, const struct fact *f)
{
	const char *tenant = g->tenants[f->profile];
	return tenant ? tenant : neighbour_of(&g->neighbours, f);
}

/* A stranger's account passes by our record from the addresses from which our own sends: its rows
 * are taken out, and those of the others stay together. x->first is a copy then. */
static size_t part_tenants(struct grouping *g, struct address *x, size_t n)
{
	struct address whole = x[n - 1];
	size_t theirs = 0, out = n - 1;
	for (size_t i = 0; i < whole.n; i++)
		theirs += strange(g, &whole.first[i]) != NULL;
	if (theirs == 0)
		return n;
	struct fact *rest = arena_alloc(g->a, whole.n * sizeof *rest);
	size_t n_rest = 0;
	for (size_t i = 0; i < whole.n; i++)
		if (!strange(g, &whole.first[i]))
			rest[n_rest++] = whole.first[i];
	if (n_rest > 0)
		x[out++] = (struct address){.first = rest, .n = n_rest};
	for (size_t i = 0; i < whole.n; i++) {
		const char *tenant = strange(g, &whole.first[i]);
		bool told = !tenant;
		for (size_t k = 0; k < i && !told; k++)
			told = strange(g, &whole.first[k]) == tenant;
		if (told)
			continue;
		struct fact *rows = arena_alloc(g->a, theirs * sizeof *rows);
		struct address *to = &x[out++];
		*to = (struct address){.first = rows, .tenant = tenant};
		for (size_t k = i; k < whole.n; k++)
			if (strange(g, &whole.first[k]) == tenant)
				rows[to->n++] = whole.first[k];
	}
	return out;
}

static struct address *find_addresses(struct grouping *g, size_t *n)
{
	const struct domain_facts *d = g->facts;
	size_t count = 0;
	for (size_t i = 0; i < d->n_facts; i++)
		count += i == 0 || ip_cmp(&d->facts[i].source, &d->facts[i - 1].source) != 0 ||
			 strange(g, &d->facts[i]);
	struct address *all = arena_alloc(g->a, (count + 2) * sizeof *all);
	*n = 0;
	for (size_t i = 0, end; i < d->n_facts; i = end) {
		for (end = i + 1;
		     end < d->n_facts && ip_cmp(&d->facts[end].source, &d->facts[i].source) == 0;
		     end++)
			;
		all[(*n)++] = (struct address){.first = &d->facts[i], .n = end - i};
		*n = part_tenants(g, all, *n);
	}
	for (size_t i = 0; i < *n; i++)
		address_key(g, &all[i]);
	return all;
}

static int by_key(const void *x, const void *y)
{
	const struct address *a = x, *b = y;
	int order = a->key == b->key ? 0 : strcmp(a->key, b->key);
	if (order == 0)
		order = (a->messages < b->messages) - (a->messages > b->messages);
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
		for (uint32_t k = 0; k < f->n_witnesses; k++) {
			unsigned char *seen = &reporters[f->witnesses[k].reporter];
			s->reporters += !*seen;
			*seen = 1;
		}
	}
	free(days);
	free(reporters);
}

const struct group_mark group_marks[GROUP_MARKS] = {
    {"#dkim", " (DKIM only)"},        {"#spf-fail", " (SPF fails)"},
    {"#unaligned", " (not aligned)"}, {"#broken", " (signature broken)"},
    {"#forward", " (forwarding)"},    {"#fail", " (fails)"},
};

const char *group_mark_words(const char *mark)
{
	for (size_t i = 0; i < GROUP_MARKS; i++)
		if (strcmp(mark, group_marks[i].mark) == 0)
			return group_marks[i].words;
	return "";
}

static bool same_base(const struct sender *x, const struct sender *y)
{
	size_t n = group_base_len(x->key);
	return n == group_base_len(y->key) && memcmp(x->key, y->key, n) == 0;
}

static bool is_signed(const struct sender *s)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		for (unsigned k = 0; k < p->n_dkim; k++)
			if (p->dkim[k].result.code == W_PASS)
				return true;
	}
	return false;
}

static const char *base_name(const struct grouping *g, const struct sender *s, const char *after,
			     size_t base)
{
	char text[IP_STRLEN];
	const struct ip *first = s->n_sources > 0 ? &s->sources[0].ip : NULL;
	bool own = strncmp(s->key, "own:", 4) == 0;
	if (strcmp(s->key, "net:none") == 0)
		return "(no address)";
	if (strncmp(s->key, GROUP_REST, strlen(GROUP_REST)) == 0)
		return "(other addresses)";
	if (strncmp(s->key, "service:", 8) == 0)
		return s->service->name;
	if (own && s->n_sources == 1) {
		const char *name = knowledge_of(g->zone->known, first)->name;
		return name ? name : arena_strdup(g->a, ip_format(first, text));
	}
	if (own)
		return arena_printf(g->a, "%.*s servers", (int)base, after);
	if (strncmp(s->key, NEIGHBOUR_KEY, strlen(NEIGHBOUR_KEY)) == 0)
		return arena_printf(g->a, "%s, %s", s->service ? s->service->name : s->guest,
				    is_signed(s) ? "not signed as yours" : "unsigned");
	if (s->guest && s->service)
		return arena_printf(g->a, "%s (at %s)", s->guest, s->service->name);
	if (strncmp(s->key, "net:", 4) == 0 && s->n_sources == 1)
		return arena_strdup(g->a, ip_format(first, text));
	return arena_strndup(g->a, after, base);
}

/* A network of one address has the address's name. What shares its name says how it differs. */
static void name_senders(const struct grouping *g, struct sender *senders, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sender *s = &senders[i];
		const char *after = strchr(s->key, ':') + 1;
		size_t base = group_base_len(after);
		s->split = (i > 0 && same_base(s, s - 1)) || (i + 1 < n && same_base(s, s + 1));
		bool alone = strncmp(s->key, "net:", 4) == 0 && s->n_sources == 1;
		s->name = base_name(g, s, after, base);
		if (s->split && !alone)
			s->name =
			    arena_printf(g->a, "%s%s", s->name, group_mark_words(after + base));
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
	size_t most =
	    strncmp(addresses->key, GROUP_REST, strlen(GROUP_REST)) == 0 && n > REST_SOURCES
		? REST_SOURCES
		: n;
	struct sender_source *sources = arena_alloc(g->a, most * sizeof *sources);
	*s = (struct sender){.key = addresses->key,
			     .service = addresses->service,
			     .guest = addresses->guest,
			     .profiles = g->facts->profiles,
			     .first_day = INT32_MAX,
			     .last_day = INT32_MIN};
	for (size_t i = 0; i < n; i++) {
		const struct address *x = &addresses[i];
		if (s->n_sources == most)
			s->more_sources++;
		else if (x->first->source.family != 0)
			sources[s->n_sources++] = (struct sender_source){
			    .ip = x->first->source,
			    .messages = x->messages,
			    .dmarc_pass = x->dmarc_pass,
			    .ptr = g->zone ? knowledge_of(g->zone->known, &x->first->source)->name
					   : NULL,
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

static void read_profiles(struct grouping *g)
{
	const struct domain_facts *d = g->facts;
	g->passes = arena_alloc(g->a, (d->n_profiles + 1) * sizeof *g->passes);
	g->with_us = arena_alloc(g->a, (g->ids.n + 1) * sizeof *g->with_us);
	for (size_t i = 0; g->zone && i < d->n_profiles; i++) {
		const struct dmarc_profile *p = &d->profiles[i];
		const struct catalogue *c = g->zone->known->catalogue;
		for (unsigned k = 0; k < p->n_spf && !g->passes[i]; k++)
			if (p->spf[k].result.code == W_PASS && p->spf[k].scope.code != W_HELO &&
			    p->spf[k].domain && !zone_is_ours(g->zone, p->spf[k].domain))
				g->passes[i] = catalogue_find(c, BY_RETURN_PATH, p->spf[k].domain);
	}
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct fact *f = &d->facts[i];
		if (d->profiles[f->profile].cell <= CELL_P7)
			g->with_us[g->ids.of_profile[f->profile]] += f->messages;
	}
}

void group_senders(const struct domain_facts *facts, const struct domain_facts *earlier,
		   const struct zone *zone, const struct asked *asked,
		   const struct name_rules *rules, struct arena *a, struct sender **senders,
		   size_t *n)
{
	struct grouping g = {
	    .facts = facts, .zone = zone, .a = a, .ids = identities_find(facts, rules, a)};
	if (asked && asked_is_crowded(asked, facts->domain))
		g.asked = asked;
	g.votes = arena_alloc(a, g.ids.n * sizeof *g.votes);
	read_profiles(&g);
	g.tenants = tenants_find(facts, earlier, zone, a);
	neighbours_find(&g.neighbours, facts, earlier, zone, a);
	given_init(&g.given, facts, zone);
	size_t n_addresses, n_senders = 0;
	struct address *all = find_addresses(&g, &n_addresses);
	given_end(&g.given);
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

#include "report/sender/reporters.h"

#include <string.h>

#include "core/hash.h"

static bool reporter_counts_not(const struct domain_facts *d, size_t i)
{
	const struct fact_reporter *x = &d->reporters[i];
	if (x->standing != STANDING_OPEN || d->require == REQUIRE_NEVER)
		return false;
	return d->require == REQUIRE_ALWAYS || x->usual;
}

/* One reporter over all windows. */
struct history {
	const char *name;
	int32_t first, last;
	int32_t proved_first, proved_last; /* of its proved reports */
	bool by[STANDING_COUNT];           /* such reports it has */
	bool large;
	size_t rows, agree;
};

struct ranking {
	const struct domain_facts *const *sets;
	size_t n;
	struct arena *a;
	struct map index; /* org_name -> index into list */
	struct history *list;
	uint32_t **number; /* by window and reporter: index into list */
	bool works;        /* somebody's reports are proved: so mails are authenticated here */
};

static size_t count_reporters(const struct ranking *r)
{
	size_t all = 0;
	for (size_t w = 0; w < r->n; w++)
		all += r->sets[w]->n_reporters;
	return all;
}

static void note_standing(struct ranking *r, struct history *h, const struct fact_reporter *x)
{
	h->by[x->standing] = true;
	if (x->standing != STANDING_PROVED)
		return;
	r->works = true;
	h->proved_first = x->first_day < h->proved_first ? x->first_day : h->proved_first;
	h->proved_last = x->last_day > h->proved_last ? x->last_day : h->proved_last;
}

/* A large one by its name; but where mails are authenticated, and it is known to sign its own, not
 * one that has shown nothing but mails that prove nothing. */
static bool is_large(const struct ranking *r, const struct history *h)
{
	if (!receiver_is_large(h->name))
		return false;
	bool shown = h->by[STANDING_PROVED] || h->by[STANDING_FILE] || h->by[STANDING_ACCEPTED];
	return shown || !r->works || !receiver_can_prove(h->name);
}

static void list_reporters(struct ranking *r)
{
	r->list = arena_alloc(r->a, (count_reporters(r) + 1) * sizeof *r->list);
	r->number = arena_alloc(r->a, r->n * sizeof *r->number);
	for (size_t w = 0; w < r->n; w++) {
		const struct domain_facts *d = r->sets[w];
		r->number[w] = arena_alloc(r->a, (d->n_reporters + 1) * sizeof **r->number);
		for (size_t i = 0; i < d->n_reporters; i++) {
			const struct fact_reporter *x = &d->reporters[i];
			bool fresh;
			struct digest key = hash_fixed128(x->org_name, strlen(x->org_name));
			uint64_t *at = map_put(&r->index, &key, &fresh);
			if (fresh) {
				*at = r->index.n - 1;
				r->list[*at] = (struct history){.name = x->org_name,
								.first = x->first_day,
								.last = x->last_day,
								.proved_first = INT32_MAX,
								.proved_last = INT32_MIN};
			}
			struct history *h = &r->list[*at];
			note_standing(r, h, x);
			h->first = x->first_day < h->first ? x->first_day : h->first;
			h->last = x->last_day > h->last ? x->last_day : h->last;
			r->number[w][i] = (uint32_t)*at;
		}
	}
}

/* What reporters said of an address in a month: messages that pass, and that fail. */
struct said {
	uint64_t pass, fail;
};

static bool passes(const struct said *s)
{
	return s->pass >= s->fail;
}

/* facts[0..n) are of one address and month. Who has been here for long is held against the large
 * ones, or where there are none, against everybody else. */
static void compare(struct ranking *r, size_t w, const struct fact *facts, size_t n,
		    struct said *by, uint32_t *who)
{
	const struct domain_facts *d = r->sets[w];
	struct said great = {0}, all = {0};
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < facts[i].n_witnesses; j++) {
			uint32_t x = facts[i].witnesses[j].reporter;
			if (reporter_counts_not(d, x))
				continue;
			uint64_t m = facts[i].witnesses[j].messages;
			bool pass = d->profiles[facts[i].profile].cell <= CELL_P7;
			if (by[x].pass + by[x].fail == 0)
				who[k++] = x;
			*(pass ? &by[x].pass : &by[x].fail) += m;
			*(pass ? &all.pass : &all.fail) += m;
			if (r->list[r->number[w][x]].large)
				*(pass ? &great.pass : &great.fail) += m;
		}
	for (size_t i = 0; i < k; i++) {
		struct said mine = by[who[i]], other = great;
		struct history *h = &r->list[r->number[w][who[i]]];
		by[who[i]] = (struct said){0};
		if (great.pass + great.fail == 0)
			other = (struct said){all.pass - mine.pass, all.fail - mine.fail};
		if (h->large || other.pass + other.fail == 0 || mine.pass + mine.fail == 0)
			continue;
		h->rows++;
		h->agree += passes(&mine) == passes(&other);
	}
}

static void compare_all(struct ranking *r)
{
	for (size_t w = 0; w < r->n; w++) {
		const struct domain_facts *d = r->sets[w];
		struct said *by = arena_alloc(r->a, (d->n_reporters + 1) * sizeof *by);
		uint32_t *who = arena_alloc(r->a, (d->n_reporters + 1) * sizeof *who);
		for (size_t i = 0, end; i < d->n_facts; i = end) {
			for (end = i + 1;
			     end < d->n_facts && d->facts[end].month == d->facts[i].month &&
			     ip_cmp(&d->facts[end].source, &d->facts[i].source) == 0;
			     end++)
				;
			compare(r, w, &d->facts[i], end - i, by, who);
		}
	}
}

static enum reporter_rank rank_of(const struct history *h)
{
	bool contradicts = h->rows >= KNOWN_ROWS && 100 * h->agree < KNOWN_AGREE * h->rows;
	if (h->large)
		return REPORTER_LARGE;
	if (h->by[STANDING_PROVED] && h->proved_last - h->proved_first + 1 >= KNOWN_DAYS &&
	    !contradicts)
		return REPORTER_KNOWN;
	return h->last - h->first + 1 >= KNOWN_DAYS && h->rows >= KNOWN_ROWS &&
		       100 * h->agree >= KNOWN_AGREE * h->rows
		   ? REPORTER_KNOWN
		   : REPORTER_UNKNOWN;
}

void reporters_rank(const struct domain_facts *const *sets, size_t n, struct arena *a,
		    enum reporter_rank **out)
{
	struct ranking r = {.sets = sets, .n = n, .a = a};
	list_reporters(&r);
	for (size_t i = 0; i < r.index.n; i++)
		r.list[i].large = is_large(&r, &r.list[i]);
	compare_all(&r);
	for (size_t w = 0; w < n; w++) {
		out[w] = arena_alloc(a, (sets[w]->n_reporters + 1) * sizeof **out);
		for (size_t i = 0; i < sets[w]->n_reporters; i++)
			out[w][i] = reporter_counts_not(sets[w], i)
					? REPORTER_UNPROVED
					: rank_of(&r.list[r.number[w][i]]);
	}
	map_free(&r.index);
}

#include "report/sender/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/hash.h"

#define REPLAY_FACTOR 3

static int family_of(enum dmarc_cell cell)
{
	switch (cell) {
	case CELL_F1:
	case CELL_F4:
	case CELL_F10:
		return PATTERN_FAILS;
	case CELL_P2:
	case CELL_P3:
	case CELL_P4:
		return PATTERN_DKIM_ONLY;
	default:
		return -1;
	}
}

struct spot {
	int32_t day;
	uint8_t family, ip_family, net[8];
};

static void count(struct map *spots, unsigned *counts, struct patterns *p, const struct fact *f,
		  int family)
{
	struct ip net = ip_network(&f->source, f->source.family == 4 ? 24 : 64);
	int32_t first = month_first_day(f->month);
	for (uint32_t bits = f->days; bits; bits &= bits - 1) {
		struct spot spot = {.day = first + __builtin_ctz(bits)};
		bool fresh;
		spot.family = (uint8_t)family;
		spot.ip_family = net.family;
		memcpy(spot.net, net.b, sizeof spot.net);
		struct digest key = hash_fixed128(&spot, sizeof spot);
		map_put(spots, &key, &fresh);
		counts[spot.day - p->first] += fresh;
	}
}

static int by_count(const void *x, const void *y)
{
	const unsigned *a = x, *b = y;
	return (*a > *b) - (*a < *b);
}

/* Half of the days with reports have no more; those without any such mail count, or a replay of
 * three days would be what is usual where a newsletter goes out four times a month. */
static unsigned usual(const unsigned *counts, size_t n, size_t reported, struct arena *a)
{
	unsigned *sorted = arena_alloc(a, (n + 1) * sizeof *sorted);
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		if (counts[i] > 0)
			sorted[k++] = counts[i];
	qsort(sorted, k, sizeof *sorted, by_count);
	size_t none = reported > k ? reported - k : 0, middle = (k + none) / 2;
	return k && middle >= none ? sorted[middle - none] : 0;
}

void patterns_find(struct patterns *p, const struct domain_facts *facts, struct arena *a)
{
	/* whole months: facts carry the days of theirs */
	int32_t first = month_first_day(month_of_day(facts->window.since));
	*p = (struct patterns){.first = first};
	p->n_days = (size_t)(facts->window.until > first ? facts->window.until - first : 0) + 32;
	p->days = arena_alloc(a, p->n_days);
	unsigned *counts = arena_alloc(a, p->n_days * sizeof *counts);
	for (int family = 0; family < PATTERN_COUNT; family++) {
		struct map spots = {0};
		memset(counts, 0, p->n_days * sizeof *counts);
		for (size_t i = 0; i < facts->n_facts; i++) {
			const struct fact *f = &facts->facts[i];
			int32_t month = month_first_day(f->month);
			if (f->source.family != 0 && month >= first &&
			    (size_t)(month - first) + 31 <= p->n_days &&
			    family_of(facts->profiles[f->profile].cell) == family)
				count(&spots, counts, p, f, family);
		}
		map_free(&spots);
		unsigned least = PATTERN_NETWORKS, most = 0;
		if (family == PATTERN_DKIM_ONLY)
			most = REPLAY_FACTOR * usual(counts, p->n_days, facts->n_days, a);
		least = most > least ? most : least;
		for (size_t i = 0; i < p->n_days; i++)
			p->days[i] |= counts[i] >= least ? 1 << family : 0;
	}
}

bool patterns_match(const struct patterns *p, const struct fact *f, enum dmarc_cell cell,
		    enum pattern_family family)
{
	unsigned matching = 0, all = 0;
	int32_t first = month_first_day(f->month) - p->first;
	if (family_of(cell) != (int)family || first < 0)
		return false;
	for (uint32_t bits = f->days; bits; bits &= bits - 1) {
		size_t day = (size_t)first + (size_t)__builtin_ctz(bits);
		all++;
		matching += day < p->n_days && p->days[day] >> family & 1;
	}
	return all > 0 && 5 * matching >= 4 * all;
}

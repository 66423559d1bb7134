#include "report/sender/asked.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

#define NOBODY UINT32_MAX

enum tier { OF_KNOWN, OF_SEVERAL, OF_ONE };

/* Something that reporters say, and that could be asked about. */
struct claim {
	const void *what; /* struct fact or a name */
	uint64_t messages;
	uint32_t owner; /* reporter; the first of several */
	uint32_t turn;  /* among the owner's claims */
	uint8_t tier;
	uint8_t late;  /* of the first window: 0 */
	bool of_names; /* how what is compared */
};

/* Reporters of all windows of a domain, by one number each. */
struct witnesses {
	struct map index; /* org_name -> number */
	uint32_t *number[ASKED_WINDOWS_MAX];
	bool *known; /* by number */
	size_t room;
};

static void witnesses_open(struct witnesses *w, const struct domain_facts *windows, size_t n,
			   struct asked_reporters reporters)
{
	*w = (struct witnesses){.room = 0};
	for (size_t i = 0; i < n; i++) {
		w->number[i] = mem_alloc((windows[i].n_reporters + 1) * sizeof *w->number[i]);
		for (size_t k = 0; k < windows[i].n_reporters; k++) {
			const char *name = windows[i].reporters[k].org_name;
			struct digest key = hash_fixed128(name, strlen(name));
			bool fresh;
			uint64_t *at = map_put(&w->index, &key, &fresh);
			if (fresh) {
				*at = w->index.n - 1;
				w->known = MEM_ROOM(w->known, (size_t)*at, w->room);
				w->known[*at] =
				    reporters.is_known && reporters.is_known(reporters.ctx, name);
			}
			w->number[i][k] = (uint32_t)*at;
		}
	}
}

static void witnesses_close(struct witnesses *w)
{
	map_free(&w->index);
	for (size_t i = 0; i < ASKED_WINDOWS_MAX; i++)
		free(w->number[i]);
	free(w->known);
}

static void see(struct claim *c, const struct fact *f, const struct witnesses *w, size_t window)
{
	for (uint32_t i = 0; i < f->n_witnesses; i++) {
		uint32_t who = w->number[window][f->witnesses[i].reporter];
		if (c->tier == OF_ONE && c->owner != NOBODY && who != c->owner)
			c->tier = OF_SEVERAL;
		if (w->known[who])
			c->tier = OF_KNOWN;
		c->owner = who < c->owner ? who : c->owner;
	}
}

/* ---- order ---- */

static int compare_last(const struct claim *a, const struct claim *b)
{
	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	if (a->of_names)
		return strcmp(a->what, b->what);
	const struct fact *x = a->what, *y = b->what;
	return ip_cmp(&x->source, &y->source);
}

static int compare_class(const struct claim *a, const struct claim *b)
{
	return a->tier != b->tier ? a->tier - b->tier : a->late - b->late;
}

static int by_owner(const void *x, const void *y)
{
	const struct claim *a = x, *b = y;
	int order = compare_class(a, b);
	if (order == 0 && a->tier != OF_KNOWN && a->owner != b->owner)
		return a->owner < b->owner ? -1 : 1;
	return order ? order : compare_last(a, b);
}

static int by_turn(const void *x, const void *y)
{
	const struct claim *a = x, *b = y;
	int order = compare_class(a, b);
	if (order == 0 && a->turn != b->turn)
		return a->turn < b->turn ? -1 : 1;
	return order ? order : compare_last(a, b);
}

static bool same_turns(const struct claim *a, const struct claim *b)
{
	return compare_class(a, b) == 0 && (a->tier == OF_KNOWN || a->owner == b->owner);
}

/* The first most of them; how many there are then. */
static size_t rank(struct claim *c, size_t n, size_t most)
{
	struct claim head = {.what = NULL};
	size_t kept = 0;
	uint32_t turn = 0;
	if (n > 1)
		qsort(c, n, sizeof *c, by_owner);
	for (size_t i = 0; i < n; i++, turn++) {
		if (i == 0 || !same_turns(&c[i], &head)) {
			head = c[i];
			turn = 0;
		}
		if (turn >= most)
			continue; /* as many of its kind come before it */
		c[kept] = c[i];
		c[kept++].turn = c[i].tier == OF_KNOWN ? 0 : turn;
	}
	if (kept > 1)
		qsort(c, kept, sizeof *c, by_turn);
	return kept < most ? kept : most;
}

/* ---- addresses ---- */

/* The addresses of several windows side by side, each once: its facts are first[w] to end[w]. */
struct walk {
	const struct domain_facts *windows;
	size_t n, first[ASKED_WINDOWS_MAX], end[ASKED_WINDOWS_MAX];
};

static bool walk_next(struct walk *w)
{
	const struct fact *least = NULL;
	for (size_t i = 0; i < w->n; i++) {
		const struct fact *f = &w->windows[i].facts[w->end[i]];
		if (w->end[i] < w->windows[i].n_facts &&
		    (!least || ip_cmp(&f->source, &least->source) < 0))
			least = f;
	}
	for (size_t i = 0; i < w->n && least; i++) {
		const struct domain_facts *d = &w->windows[i];
		w->first[i] = w->end[i];
		while (w->end[i] < d->n_facts &&
		       ip_cmp(&d->facts[w->end[i]].source, &least->source) == 0)
			w->end[i]++;
	}
	return least != NULL;
}

static const struct fact *walk_fact(const struct walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->first[i] < w->end[i])
			return &w->windows[i].facts[w->first[i]];
	return NULL;
}

static size_t count_addresses(const struct domain_facts *windows, size_t n)
{
	struct walk w = {.windows = windows, .n = n};
	size_t count = 0;
	while (walk_next(&w))
		count += walk_fact(&w)->source.family != 0;
	return count;
}

static struct claim claim_of(const struct walk *w, const struct witnesses *who)
{
	struct claim c = {.what = walk_fact(w), .owner = NOBODY, .tier = OF_ONE};
	bool found = false;
	for (size_t i = 0; i < w->n; i++) {
		for (size_t k = w->first[i]; k < w->end[i]; k++) {
			const struct fact *f = &w->windows[i].facts[k];
			c.messages += found ? 0 : f->messages;
			see(&c, f, who, i);
		}
		if (!found && w->first[i] < w->end[i]) { /* windows may overlap: count one */
			found = true;
			c.late = i > 0;
		}
	}
	return c;
}

/* The first most addresses of a domain; freed by the caller. */
static const struct ip **choose_of(const struct domain_facts *windows, size_t n_windows,
				   struct asked_reporters reporters, size_t n, size_t most,
				   size_t *kept)
{
	struct walk w = {.windows = windows, .n = n_windows};
	struct witnesses who;
	struct claim *claims = mem_alloc((n + 1) * sizeof *claims);
	size_t k = 0;
	witnesses_open(&who, windows, n_windows, reporters);
	while (walk_next(&w))
		if (walk_fact(&w)->source.family != 0)
			claims[k++] = claim_of(&w, &who);
	witnesses_close(&who);
	*kept = rank(claims, k, most);
	const struct ip **out = mem_alloc((*kept + 1) * sizeof *out);
	for (size_t i = 0; i < *kept; i++)
		out[i] = &((const struct fact *)claims[i].what)->source;
	free(claims);
	return out;
}

/* As many of each domain that all fit together: who has fewer leaves its share to the others. */
static size_t fair_share(const size_t *counts, size_t n, size_t most, size_t most_of_all)
{
	size_t low = 0, high = most;
	while (low < high) {
		size_t middle = low + (high - low + 1) / 2, sum = 0;
		for (size_t i = 0; i < n; i++)
			sum += counts[i] < middle ? counts[i] : middle;
		if (sum <= most_of_all)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

static struct digest key_of(const struct ip *ip)
{
	return hash_fixed128(ip, sizeof *ip);
}

static void add(struct asked *x, struct ip *order, const struct ip *ip)
{
	struct digest key = key_of(ip);
	bool fresh;
	*map_put(&x->chosen, &key, &fresh) = 1;
	if (fresh)
		order[x->n++] = *ip;
}

static void count_left(struct asked *x, const char *domain, size_t left)
{
	x->left += left;
	x->left_domains += left > 0;
	if (left > x->left_most) {
		x->left_most = left;
		x->left_of = domain;
	}
}

static void list(struct asked *x, const char *domain, const struct ip *const *ips, size_t n)
{
	x->crowded[x->n_crowded++] = domain;
	for (size_t i = 0; i < n; i++) {
		struct digest key = key_of(ips[i]);
		map_put(&x->listed, &key, NULL);
	}
}

void asked_choose(struct asked *x, const struct asked_request *r, struct arena *a)
{
	size_t n = r->n_domains, all = 0;
	size_t *counts = mem_alloc((n + 1) * sizeof *counts);
	const struct ip ***of = mem_alloc((n + 1) * sizeof *of);
	*x = (struct asked){.crowded = arena_alloc(a, (n + 1) * sizeof *x->crowded)};
	for (size_t i = 0; i < n; i++)
		counts[i] = count_addresses(&r->windows[i * r->n_windows], r->n_windows);
	size_t share = fair_share(counts, n, r->most, r->most_of_all);
	for (size_t i = 0; i < n; i++) {
		const struct domain_facts *d = &r->windows[i * r->n_windows];
		bool crowded = counts[i] > r->most;
		size_t kept;
		of[i] = choose_of(d, r->n_windows, r->reporters, counts[i],
				  crowded ? r->most : share, &kept);
		if (crowded)
			list(x, d->domain, of[i], kept);
		kept = kept < share ? kept : share;
		count_left(x, d->domain, counts[i] - kept);
		counts[i] = kept;
		all += kept;
	}
	struct ip *order = arena_alloc(a, (all + 1) * sizeof *order);
	for (size_t k = 0; k < share; k++)
		for (size_t i = 0; i < n; i++)
			if (k < counts[i])
				add(x, order, of[i][k]);
	x->order = order;
	for (size_t i = 0; i < n; i++)
		free(of[i]);
	free(of);
	free(counts);
}

void asked_end(struct asked *x)
{
	map_free(&x->chosen);
	map_free(&x->listed);
}

bool asked_is_crowded(const struct asked *x, const char *domain)
{
	for (size_t i = 0; i < x->n_crowded; i++)
		if (strcmp(x->crowded[i], domain) == 0)
			return true;
	return false;
}

bool asked_lists(const struct asked *x, const struct ip *ip)
{
	struct digest key = key_of(ip);
	return map_get(&x->listed, &key) != NULL;
}

bool asked_has(const struct asked *x, const struct ip *ip)
{
	struct digest key = key_of(ip);
	return map_get(&x->chosen, &key) != NULL;
}

/* ---- names ---- */

struct names {
	struct map index; /* name -> index into claims */
	struct claim *claims;
	size_t n, room;
};

static struct claim *claim_named(struct names *x, const char *name)
{
	struct digest key = hash_fixed128(name, strlen(name));
	bool fresh;
	uint64_t *at = map_put(&x->index, &key, &fresh);
	if (fresh) {
		x->claims = MEM_ROOM(x->claims, x->n, x->room);
		x->claims[x->n] =
		    (struct claim){.what = name, .owner = NOBODY, .tier = OF_ONE, .of_names = true};
		*at = x->n++;
	}
	return &x->claims[*at];
}

/* What the facts of each profile say; freed by the caller. */
static struct claim *claims_of_profiles(const struct domain_facts *facts,
					struct asked_reporters reporters)
{
	struct claim *of = mem_alloc((facts->n_profiles + 1) * sizeof *of);
	struct witnesses who;
	witnesses_open(&who, facts, 1, reporters);
	for (size_t i = 0; i < facts->n_profiles; i++)
		of[i] = (struct claim){.owner = NOBODY, .tier = OF_ONE};
	for (size_t i = 0; i < facts->n_facts; i++) {
		struct claim *c = &of[facts->facts[i].profile];
		c->messages += facts->facts[i].messages;
		see(c, &facts->facts[i], &who, 0);
	}
	witnesses_close(&who);
	return of;
}

static void merge(struct claim *c, const struct claim *other)
{
	c->messages += other->messages;
	if (c->tier == OF_ONE && c->owner != NOBODY && other->owner != c->owner)
		c->tier = OF_SEVERAL;
	c->tier = other->tier < c->tier ? other->tier : c->tier;
	c->owner = other->owner < c->owner ? other->owner : c->owner;
}

const char **asked_names(const struct domain_facts *facts, struct asked_reporters reporters,
			 asked_name *name, void *ctx, size_t most, struct arena *a, size_t *n)
{
	struct names x = {.n = 0};
	struct claim *of = claims_of_profiles(facts, reporters);
	for (size_t i = 0; i < facts->n_profiles; i++) {
		const char *s;
		for (unsigned k = 0; (s = name(ctx, &facts->profiles[i], k)) != NULL; k++)
			if (*s)
				merge(claim_named(&x, s), &of[i]);
	}
	*n = rank(x.claims, x.n, most);
	const char **out = arena_alloc(a, (*n + 1) * sizeof *out);
	for (size_t i = 0; i < *n; i++)
		out[i] = x.claims[i].what;
	map_free(&x.index);
	free(x.claims);
	free(of);
	return out;
}

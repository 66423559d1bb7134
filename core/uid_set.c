#include "core/uid_set.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

void uid_set_free(struct uid_set *s)
{
	free(s->r);
	*s = (struct uid_set){0};
}

void uid_set_clear(struct uid_set *s)
{
	s->n = 0;
}

/* The first range that ends at or behind uid; s->n: none does. */
static size_t find(const struct uid_set *s, uint32_t uid)
{
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->r[mid].hi < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Put one range in the place of n at at; n may be 0. */
static void replace(struct uid_set *s, size_t at, size_t n, const struct uid_range *with, size_t m)
{
	size_t need = s->n - n + m;
	if (need > s->cap) {
		s->cap = need + s->cap / 2 + 4;
		s->r = mem_grow(s->r, s->cap, sizeof *s->r);
	}
	if (s->n > at + n)
		memmove(s->r + at + m, s->r + at + n, (s->n - at - n) * sizeof *s->r);
	for (size_t i = 0; i < m; i++)
		s->r[at + i] = with[i];
	s->n = need;
}

void uid_set_add(struct uid_set *s, uint32_t lo, uint32_t hi)
{
	if (lo == 0)
		lo = 1;
	if (lo > hi)
		return;
	size_t at = find(s, lo > 1 ? lo - 1 : 1), end = at;
	struct uid_range r = {lo, hi};
	while (end < s->n && (hi == UINT32_MAX || s->r[end].lo <= hi + 1)) {
		if (s->r[end].lo < r.lo)
			r.lo = s->r[end].lo;
		if (s->r[end].hi > r.hi)
			r.hi = s->r[end].hi;
		end++;
	}
	replace(s, at, end - at, &r, 1);
}

void uid_set_add_all(struct uid_set *s, const struct uid_set *other)
{
	for (size_t i = 0; i < other->n; i++)
		uid_set_add(s, other->r[i].lo, other->r[i].hi);
}

void uid_set_remove(struct uid_set *s, uint32_t lo, uint32_t hi)
{
	if (lo > hi)
		return;
	size_t at = find(s, lo), end = at, m = 0;
	struct uid_range rest[2];
	while (end < s->n && s->r[end].lo <= hi)
		end++;
	if (end == at)
		return;
	if (s->r[at].lo < lo)
		rest[m++] = (struct uid_range){s->r[at].lo, lo - 1};
	if (s->r[end - 1].hi > hi)
		rest[m++] = (struct uid_range){hi + 1, s->r[end - 1].hi};
	replace(s, at, end - at, rest, m);
}

void uid_set_remove_all(struct uid_set *s, const struct uid_set *other)
{
	for (size_t i = 0; i < other->n; i++)
		uid_set_remove(s, other->r[i].lo, other->r[i].hi);
}

bool uid_set_has(const struct uid_set *s, uint32_t uid)
{
	size_t at = find(s, uid);
	return at < s->n && s->r[at].lo <= uid;
}

uint64_t uid_set_count(const struct uid_set *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		n += (uint64_t)s->r[i].hi - s->r[i].lo + 1;
	return n;
}

uint32_t uid_set_next(const struct uid_set *s, uint32_t from)
{
	size_t at = find(s, from);
	if (at == s->n)
		return 0;
	return s->r[at].lo > from ? s->r[at].lo : from;
}

void uid_set_text(const struct uid_set *s, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		buf_printf(out, "%s%" PRIu32, i ? "," : "", s->r[i].lo);
		if (s->r[i].hi != s->r[i].lo)
			buf_printf(out, ":%" PRIu32, s->r[i].hi);
	}
}

/*
 * zone_view.h - a view for tests: records as lines, "NAME TYPE DATA", answered at the second asking
 * (the first is pending, as in life). Names that have no line do not exist.
 */
#ifndef TESTS_UNIT_ZONE_VIEW_H
#define TESTS_UNIT_ZONE_VIEW_H

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/hash.h"
#include "dns/ask/answer.h"
#include "tests/unit/check.h"

#define ZONE_RECORDS 64 /* of one answer */

struct zone_view {
	const char *const *lines; /* NULL at the end */
	struct arena a;
	struct map asked;
	size_t questions;
	bool at_once; /* nothing is pending */
};

static inline int zone_type(const char *word, size_t n)
{
	static const struct {
		const char *word;
		int type;
	} types[] = {{"A", DNS_A},
		     {"AAAA", DNS_AAAA},
		     {"MX", DNS_MX},
		     {"TXT", DNS_TXT},
		     {"PTR", DNS_PTR},
		     {"NS", DNS_NS},
		     {"CNAME", 5},
		     {"TIMEOUT", -DNS_TIMEOUT},
		     {"SERVFAIL", -DNS_SERVFAIL},
		     {"REFUSED", -DNS_REFUSED},
		     {"MALFORMED", -DNS_MALFORMED},
		     {"NOT_ASKED", -DNS_NOT_ASKED}};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strlen(types[i].word) == n && strncmp(types[i].word, word, n) == 0)
			return types[i].type;
	fail_msg("no type %.*s", (int)n, word);
	return 0;
}

static inline void zone_add(struct dns_answer *r, enum dns_type type, const char *data,
			    struct arena *a)
{
	struct ip ip;
	char *end;
	assert_in_range(r->n, 0, ZONE_RECORDS - 1);
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		assert_true(ip_parse(data, strlen(data), &ip, NULL));
		((struct ip *)r->addresses)[r->n++] = ip;
		break;
	case DNS_MX:
		((struct dns_mx *)r->mx)[r->n].preference = (unsigned)strtoul(data, &end, 10);
		((struct dns_mx *)r->mx)[r->n++].host = arena_strdup(a, end + 1);
		break;
	case DNS_NS:
	case DNS_PTR:
		((const char **)r->hosts)[r->n++] = data;
		break;
	case DNS_TXT:
		((struct dns_text *)r->texts)[r->n++] = (struct dns_text){data, strlen(data), 1};
		break;
	}
}

static inline const struct dns_answer *zone_look(struct zone_view *z, const char *name,
						 enum dns_type type)
{
	struct dns_answer *r = arena_alloc(&z->a, sizeof *r);
	const char *wanted = name;
	bool exists = false;
	*r = (struct dns_answer){.outcome = DNS_NXDOMAIN, .name = arena_strdup(&z->a, name)};
	r->canonical = r->name;
	r->addresses = arena_alloc(&z->a, ZONE_RECORDS * sizeof(struct dns_text));
	for (size_t i = 0; z->lines[i]; i++) {
		size_t n = strcspn(z->lines[i], " ");
		const char *word = z->lines[i] + n + 1;
		size_t m = strcspn(word, " ");
		int found = zone_type(word, m);
		if (strlen(wanted) != n || strncasecmp(z->lines[i], wanted, n) != 0)
			continue;
		exists = true;
		const char *data = word + m + (word[m] == ' ');
		if (found < 0) {
			r->outcome = (enum dns_outcome) - found;
			return r;
		}
		if (found == 5) {
			const struct dns_answer *to = zone_look(z, data, type);
			*r = *to;
			r->name = arena_strdup(&z->a, name);
			return r;
		}
		if (found == (int)type)
			zone_add(r, type, data, &z->a);
	}
	r->outcome = r->n > 0 ? DNS_OK : exists ? DNS_NODATA : DNS_NXDOMAIN;
	return r;
}

static inline const struct dns_answer *zone_ask(void *ctx, const char *name, enum dns_type type)
{
	static const struct dns_answer pending = {.name = "", .canonical = ""};
	struct zone_view *z = ctx;
	bool fresh;
	z->questions++;
	const char *key = arena_printf(&z->a, "%d %s", (int)type, name);
	struct digest digest = hash_fixed128(key, strlen(key));
	map_put(&z->asked, &digest, &fresh);
	return fresh && !z->at_once ? &pending : zone_look(z, name, type);
}

static inline struct dns_view zone_view(struct zone_view *z, const char *const *lines)
{
	*z = (struct zone_view){.lines = lines};
	return (struct dns_view){zone_ask, z};
}

static inline void zone_view_end(struct zone_view *z)
{
	arena_free(&z->a);
	map_free(&z->asked);
}

#endif

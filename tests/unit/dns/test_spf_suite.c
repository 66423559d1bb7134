/*
 * The RFC 7208 test suite (tests/spf) through spf_check_host(), its zones being the view. Every
 * answer is pending when it is asked for first, as in real life.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/hash.h"
#include "dns/spf/spf.h"
#include "tests/unit/check.h"

#define TESTS     203
#define FIELDS    12
#define RECORDS   256
#define QUESTIONS 4096
#define ROUNDS    24

struct zone_record {
	char *name, *type, *data[FIELDS];
	size_t n;
};

struct world {
	struct zone_record records[RECORDS];
	size_t n;
	struct arena a;
	struct map asked; /* questions that were pending once */
	size_t questions;
};

static struct dns_answer *answer_new(struct world *w, const char *name, enum dns_outcome outcome)
{
	struct dns_answer *r = arena_alloc(&w->a, sizeof *r);
	*r = (struct dns_answer){.outcome = outcome, .name = arena_strdup(&w->a, name)};
	r->canonical = r->name;
	return r;
}

static const char *type_word(enum dns_type type)
{
	return type == DNS_A      ? "A"
	       : type == DNS_AAAA ? "AAAA"
	       : type == DNS_MX   ? "MX"
	       : type == DNS_PTR  ? "PTR"
				  : "TXT";
}

static char *lower(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s);
	for (char *p = out; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	return out;
}

/* Takes \xNN back, in place; there may be NUL among them. Returns the length. */
static size_t unescape(char *s)
{
	char *o = s, *begin = s;
	for (; *s; s++) {
		unsigned v;
		if (s[0] == '\\' && s[1] == 'x' && sscanf(s + 2, "%2x", &v) == 1) {
			*o++ = (char)v;
			s += 3;
		} else {
			*o++ = *s;
		}
	}
	*o = '\0';
	return (size_t)(o - begin);
}

static void add(struct world *w, struct dns_answer *r, enum dns_type type,
		const struct zone_record *z)
{
	if (type == DNS_A || type == DNS_AAAA) {
		struct ip ip, *all = (struct ip *)r->addresses;
		assert_true(ip_parse(z->data[0], strlen(z->data[0]), &ip, NULL));
		all[r->n++] = ip;
	} else if (type == DNS_MX) {
		((struct dns_mx *)r->mx)[r->n++] =
		    (struct dns_mx){(unsigned)atoi(z->data[0]), lower(&w->a, z->data[1])};
	} else if (type == DNS_PTR) {
		((const char **)r->hosts)[r->n++] = lower(&w->a, z->data[0]);
	} else {
		const char *text = "";
		for (size_t i = 0; i < z->n; i++)
			text = arena_printf(&w->a, "%s%s", text, z->data[i]);
		char *raw = arena_strdup(&w->a, text);
		((struct dns_text *)r->texts)[r->n++] = (struct dns_text){raw, unescape(raw), z->n};
	}
}

static const struct dns_answer *look(struct world *w, const char *name, enum dns_type type,
				     int chain)
{
	struct dns_answer *r = answer_new(w, name, DNS_NXDOMAIN);
	bool exists = false;
	r->addresses = arena_alloc(&w->a, RECORDS * sizeof(struct dns_text));
	for (size_t i = 0; i < w->n; i++) {
		const struct zone_record *z = &w->records[i];
		if (strcasecmp(z->name, name) != 0)
			continue;
		exists = true;
		if (strcmp(z->type, "TIMEOUT") == 0 && r->n == 0)
			return answer_new(w, name, DNS_TIMEOUT);
		if (strcmp(z->type, "CNAME") == 0 && r->n == 0)
			return chain > 8 ? answer_new(w, name, DNS_SERVFAIL)
					 : look(w, z->data[0], type, chain + 1);
		if (strcmp(z->type, type_word(type)) == 0)
			add(w, r, type, z);
	}
	r->outcome = r->n > 0 ? DNS_OK : exists ? DNS_NODATA : DNS_NXDOMAIN;
	return r;
}

/* The suite writes blanks as they are. */
static const char *plain(struct world *w, const char *name)
{
	char *out = arena_strdup(&w->a, name), *o = out;
	for (; *name; name++) {
		bool escaped =
		    name[0] == '\\' && name[1] == '0' && name[2] == '3' && name[3] == '2';
		*o++ = escaped ? ' ' : *name;
		name += escaped ? 3 : 0;
	}
	*o = '\0';
	return out;
}

static const struct dns_answer *ask(void *ctx, const char *name, enum dns_type type)
{
	struct world *w = ctx;
	char key[1100];
	bool fresh;
	size_t n = (size_t)snprintf(key, sizeof key, "%d %.1000s", (int)type, name);
	struct digest digest = hash_fixed128(key, n);
	map_put(&w->asked, &digest, &fresh);
	assert_in_range(++w->questions, 1, QUESTIONS);
	return fresh ? answer_new(w, name, DNS_PENDING) : look(w, plain(w, name), type, 0);
}

static bool run(struct world *w, char **f, size_t n)
{
	struct spf_request request = {.mail_from = f[4], .helo = f[3], .receiver = "unknown"};
	struct dns_view view = {ask, w};
	struct spf_check check;
	assert_true(ip_parse(f[2], strlen(f[2]), &request.ip, NULL));
	map_clear(&w->asked);
	w->questions = 0;
	int rounds = 0;
	do
		spf_check_host(&view, &request, &w->a, &check);
	while (check.pending && ++rounds < ROUNDS);
	bool good = false;
	for (size_t i = 6; i < n; i++)
		good = good || strcmp(f[i], spf_result_names[check.result]) == 0;
	if (strcmp(f[5], "DEFAULT") != 0 && check.result == SPF_FAIL)
		good = good && check.explanation && strcmp(check.explanation, f[5]) == 0;
	if (strcmp(f[5], "DEFAULT") == 0)
		good = good && !check.explanation;
	if (!good || rounds == ROUNDS)
		print_error("%s: %s (%s), explanation %s; expected %s, %s; %d rounds\n", f[1],
			    spf_result_names[check.result], check.problem ? check.problem : "",
			    check.explanation ? check.explanation : "none", f[6], f[5], rounds);
	return good && rounds < ROUNDS;
}

static void test_suite(void **state)
{
	struct world w = {.n = 0};
	static char line[16384];
	size_t tests = 0, bad = 0;
	FILE *f = fopen(SUITE, "r");
	(void)state;
	assert_non_null(f);
	struct arena lines = {0};
	while (fgets(line, sizeof line, f)) {
		char *fields[FIELDS], *p = arena_strdup(&lines, line);
		size_t n = 0;
		p[strcspn(p, "\n")] = '\0';
		for (char *field = strsep(&p, "\t"); field && n < FIELDS;
		     field = strsep(&p, "\t")) {
			if (strncmp(line, "rr\t", 3) != 0)
				unescape(field);
			fields[n++] = field;
		}
		if (strcmp(fields[0], "scenario") == 0) {
			w.n = 0;
		} else if (strcmp(fields[0], "rr") == 0) {
			struct zone_record *z = &w.records[w.n++];
			assert_in_range(w.n, 1, RECORDS);
			*z = (struct zone_record){fields[1], fields[2], {0}, n - 3};
			memcpy(z->data, fields + 3, (n - 3) * sizeof *fields);
		} else {
			tests++;
			bad += !run(&w, fields, n);
		}
	}
	fclose(f);
	arena_free(&lines);
	arena_free(&w.a);
	map_free(&w.asked);
	assert_int_equal(tests, TESTS);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_suite)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

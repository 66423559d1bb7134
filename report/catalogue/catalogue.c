#include "report/catalogue/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "catalogue_text.h"
#include "core/mem.h"
#include "core/text.h"
#include "report/catalogue/priv.h"

const char *const service_kind_names[KIND_COUNT] = {"mailbox", "esp",     "saas",      "webhost",
						    "cloud",   "gateway", "forwarder", "isp"};

const char *const service_answer_names[ANSWER_COUNT] = {"?",    "y",      "n",         "n-a",
							"cond", "custom", "dedicated", "config"};

struct digest catalogue_digest(unsigned space, const char *name)
{
	char key[1 + DOMAIN_SIZE];
	size_t n = strnlen(name, DOMAIN_SIZE);
	key[0] = (char)('0' + space);
	memcpy(key + 1, name, n);
	return hash_fixed128(key, 1 + n);
}

const struct claim *catalogue_claim(const struct catalogue *c, enum catalogue_by by,
				    const char *name)
{
	struct digest d = catalogue_digest(by, name);
	const uint64_t *i = map_get(&c->by_name, &d);
	/* names come from outside: equal hashes are not taken for equal names */
	return i && strcmp(c->claims[*i].name, name) == 0 ? &c->claims[*i] : NULL;
}

const char *catalogue_key(struct arena *a, const char *name)
{
	char *key = arena_printf(a, "service:%s", name);
	char *from = key + strlen("service:"), *to = from, *start = from;
	for (; *from; from++) {
		char c = ascii_lower(*from);
		bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
		if (kept)
			*to++ = c;
		else if (to > start && to[-1] != '-')
			*to++ = '-';
	}
	if (to > start && to[-1] == '-')
		to--;
	*to = '\0';
	return to > start ? key : NULL;
}

static enum status open_texts(struct catalogue **out, const struct name_rules *rules,
			      const char *file, const char *text, size_t n, bool builtin,
			      struct err *err)
{
	struct catalogue *c = mem_alloc(sizeof *c);
	enum status st = ST_OK;
	*out = NULL;
	if (text)
		st = catalogue_read(c, rules, file, text, n, true, err);
	if (st == ST_OK && builtin)
		st = catalogue_read(c, rules, "catalogue.csv", catalogue_text,
				    sizeof catalogue_text - 1, false, err);
	if (st == ST_OK)
		*out = c;
	else
		catalogue_close(c);
	return st;
}

enum status catalogue_open(struct catalogue **out, const struct name_rules *rules, const char *file,
			   const char *text, size_t n, struct err *err)
{
	return open_texts(out, rules, file, text, n, true, err);
}

enum status catalogue_parse(struct catalogue **out, const struct name_rules *rules,
			    const char *file, const char *text, size_t n, struct err *err)
{
	return open_texts(out, rules, file, text, n, false, err);
}

void catalogue_close(struct catalogue *c)
{
	if (!c)
		return;
	free(c->services);
	free(c->lines);
	free(c->claims);
	map_free(&c->by_name);
	map_free(&c->by_key);
	arena_free(&c->a);
	free(c);
}

const struct service *catalogue_services(const struct catalogue *c, size_t *n)
{
	*n = c->n;
	return c->services;
}

/* In lower case, without the trailing dot; false when it is too long. */
static bool lower_name(const char *name, char lower[DOMAIN_SIZE])
{
	size_t n = strnlen(name, DOMAIN_SIZE);
	if (n == DOMAIN_SIZE)
		return false;
	for (size_t i = 0; i <= n; i++)
		lower[i] = ascii_lower(name[i]);
	if (n > 0 && lower[n - 1] == '.')
		lower[n - 1] = '\0';
	return true;
}

const struct service *catalogue_find(const struct catalogue *c, enum catalogue_by by,
				     const char *name)
{
	char lower[DOMAIN_SIZE];
	if (!lower_name(name, lower))
		return NULL;
	for (const char *at = lower, *dot;; at = dot + 1) {
		const struct claim *claim = catalogue_claim(c, by, at);
		if (claim && (!claim->below_only || at > lower))
			return &c->services[claim->service];
		dot = strchr(at, '.');
		if (!dot)
			return NULL;
	}
}

const struct service *catalogue_named(const struct catalogue *c, const char *name)
{
	static const char prefix[] = "service:";
	struct arena a = {0};
	size_t skip = 0;
	while (prefix[skip] && ascii_lower(name[skip]) == prefix[skip])
		skip++;
	const char *key = catalogue_key(&a, prefix[skip] ? name : name + skip);
	const struct service *found = NULL;
	if (key) {
		struct digest d = catalogue_digest(SPACE_KEY, key);
		const uint64_t *i = map_get(&c->by_key, &d);
		if (i && strcmp(c->services[*i].key, key) == 0)
			found = &c->services[*i];
	}
	arena_free(&a);
	return found;
}

static bool selector_matches(const char *pattern, const char *selector)
{
	for (; *pattern == ascii_lower(*selector) && *pattern; pattern++)
		selector++;
	return strcmp(pattern, "*") == 0 || *pattern == ascii_lower(*selector);
}

bool service_has_selector(const struct service *s, const char *selector)
{
	for (unsigned i = 0; i < s->n_selectors; i++)
		if (selector_matches(s->selectors[i], selector))
			return true;
	return false;
}

static bool mark_fits(const char *mark, const char *name)
{
	bool below_only = mark[0] == '*';
	const char *base = below_only ? mark + 2 : mark;
	size_t n = strlen(name), m = strlen(base);
	if (n < m || strcmp(name + n - m, base) != 0)
		return false;
	return n == m ? !below_only : name[n - m - 1] == '.';
}

const char *service_term_for(const struct service *s, const char *name)
{
	char lower[DOMAIN_SIZE];
	const struct service_term *best = NULL;
	if (!lower_name(name, lower))
		return NULL;
	for (unsigned i = 0; i < s->n_include_for; i++) {
		const struct service_term *t = &s->include_for[i];
		if (mark_fits(t->mark, lower) && (!best || strlen(t->mark) > strlen(best->mark)))
			best = t;
	}
	return best ? best->term : NULL;
}

bool service_in_pool(const struct service *s, const struct ip *ip)
{
	for (unsigned i = 0; i < s->n_pools; i++) {
		const struct service_pool *p = &s->pools[i];
		if (p->ip.family != ip->family)
			continue;
		struct ip net = ip_network(ip, p->bits);
		if (ip_cmp(&net, &p->ip) == 0)
			return true;
	}
	return false;
}

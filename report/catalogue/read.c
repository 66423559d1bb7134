/* The rows of a catalogue: what each column may hold. */
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "report/catalogue/csv.h"
#include "report/catalogue/priv.h"

#define NAME_MAX_BYTES 100 /* of a service */
#define LIST_MAX       64  /* values of a field */

enum column {
	COL_NAME,
	COL_KIND,
	COL_PTR, /* PTR to INCLUDE in the order of enum catalogue_by */
	COL_RETURN_PATH,
	COL_DKIM_DOMAINS,
	COL_ZONE,
	COL_INCLUDE,
	COL_SELECTORS,
	COL_INCLUDE_FOR,
	COL_POOLS,
	COL_SHARED,
	COL_ALIGNED_SPF,
	COL_INCLUDE_HELPS,
	COL_DKIM,
	COL_VERIFIES,
	COL_VERIFIES_SOURCE,
	COL_ADVICE,
	COL_ADVICE_SPF,
	COL_ADVICE_DKIM,
	COL_ADVICE_RETURN_PATH,
	COL_LINK,
	COL_SOURCE,
	COL_COUNT
};

static const char *const columns[COL_COUNT] = {
    "name",          "kind",       "ptr_suffixes", "return_path",
    "dkim_domains",  "zone_marks", "spf_include",  "dkim_selectors",
    "include_for",   "pools",      "shared",       "aligned_spf",
    "include_helps", "dkim",       "verifies",     "verifies_source",
    "advice",        "advice_spf", "advice_dkim",  "advice_return_path",
    "link",          "source"};

#define BIT(answer) (1u << ANSWER_##answer)

struct reading {
	struct catalogue *c;
	const struct name_rules *rules;
	struct csv_reader csv;
	bool own;
	size_t first; /* service of this text */
	struct err *err;
};

static enum status read_header(struct reading *r)
{
	enum status st = csv_columns(&r->csv, columns, COL_COUNT, r->err);
	if (st == ST_OK && !(csv_has(&r->csv, COL_NAME) && csv_has(&r->csv, COL_KIND)))
		return csv_complain(
		    &r->csv, r->err,
		    "the first line must name the columns; name and kind among them");
	return st;
}

/* The index of word among n words, or -1. */
static int word_index(const char *word, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (ascii_ieq(words[i], word))
			return i;
	return -1;
}

static enum status read_answer(struct reading *r, enum column k, unsigned allowed,
			       enum service_answer *out)
{
	const char *word = csv_field(&r->csv, k);
	int i = word[0] ? word_index(word, service_answer_names, ANSWER_COUNT) : ANSWER_UNKNOWN;
	if (i < 0 || !(allowed & 1u << i))
		return csv_complain(&r->csv, r->err, "%s: \"%s\" is not a word of this column",
				    columns[k], word);
	*out = (enum service_answer)i;
	return ST_OK;
}

/* The next value of a list; false at its end. Empty values are passed over. */
static bool next_value(const char **at, const char **s, size_t *n)
{
	while (**at) {
		*s = *at;
		*n = strcspn(*at, ";");
		*at += *n + ((*at)[*n] == ';');
		text_trim(s, n);
		if (*n > 0)
			return true;
	}
	return false;
}

/*
 * Note that the service being read claims name. false in *mine: an own file claimed it before, and
 * keeps it; or it stands here twice.
 */
static enum status claim(struct reading *r, enum catalogue_by by, const char *name, bool *mine)
{
	struct catalogue *c = r->c;
	bool below_only = name[0] == '*', fresh;
	const char *base = below_only ? name + 2 : name;
	const struct claim *other = catalogue_claim(c, by, base);
	if (other && other->service >= r->first && other->service < c->n)
		return csv_complain(&r->csv, r->err,
				    "%s: \"%s\" is claimed by %s in line %u already",
				    columns[COL_PTR + by], name, c->services[other->service].name,
				    c->lines[other->service]);
	*mine = !other;
	if (other)
		return ST_OK;
	struct digest d = catalogue_digest(by, base);
	uint64_t *i = map_put(&c->by_name, &d, &fresh);
	if (!fresh)
		return csv_complain(&r->csv, r->err, "%s: \"%s\" cannot be told from another name",
				    columns[COL_PTR + by], name);
	c->claims = MEM_ROOM(c->claims, c->n_claims, c->cap_claims);
	*i = c->n_claims;
	c->claims[c->n_claims++] = (struct claim){base, (uint32_t)c->n, below_only};
	return ST_OK;
}

/* A name of a list, "*.x" kept where below says so; what has no dot would be a whole top-level
 * domain. */
static enum status read_name(struct reading *r, enum column k, bool below, const char *s, size_t n,
			     const char **out)
{
	char name[DOMAIN_SIZE];
	bool below_only = n > 2 && s[0] == '*' && s[1] == '.' && below;
	size_t skip = below_only ? 2 : 0;
	if (!domain_normalise(r->rules, s + skip, n - skip, name) || !strchr(name, '.'))
		return csv_complain(&r->csv, r->err, "%s: \"%.*s\" is not a name", columns[k],
				    (int)n, s);
	*out = arena_printf(&r->c->a, "%s%s", below_only ? "*." : "", name);
	return ST_OK;
}

static enum status read_names(struct reading *r, struct service *s, enum catalogue_by by)
{
	enum column k = COL_PTR + by;
	const char *at = csv_field(&r->csv, k), *value, *names[LIST_MAX];
	size_t len;
	unsigned n = 0;
	while (next_value(&at, &value, &len)) {
		bool mine;
		if (n == LIST_MAX)
			return csv_complain(&r->csv, r->err, "%s: more than %d names", columns[k],
					    LIST_MAX);
		enum status st = read_name(r, k, by != BY_INCLUDE, value, len, &names[n]);
		if (st == ST_OK)
			st = claim(r, by, names[n], &mine);
		if (st != ST_OK)
			return st;
		n += mine;
	}
	s->names[by] = arena_memdup(&r->c->a, names, n * sizeof *names);
	s->n_names[by] = n;
	return ST_OK;
}

static enum status read_selectors(struct reading *r, struct service *s)
{
	const char *at = csv_field(&r->csv, COL_SELECTORS), *value, *all[LIST_MAX];
	size_t len;
	unsigned n = 0;
	while (next_value(&at, &value, &len)) {
		char name[DOMAIN_SIZE];
		bool begins = len > 1 && value[len - 1] == '*';
		if (n == LIST_MAX || !domain_normalise(NULL, value, len - begins, name))
			return csv_complain(
			    &r->csv, r->err, "dkim_selectors: \"%.*s\" is not a selector%s",
			    (int)len, value, n == LIST_MAX ? ", or one too many" : "");
		all[n++] = arena_printf(&r->c->a, "%s%s", name, begins ? "*" : "");
	}
	s->selectors = arena_memdup(&r->c->a, all, n * sizeof *all);
	s->n_selectors = n;
	return ST_OK;
}

/* "a:x.example", "exists:%{i}.x.example" as they are; a plain name is an include. */
static enum status read_term(struct reading *r, const char *s, size_t n, const char **out)
{
	static const char *const mechanisms[] = {"a", "mx", "include", "exists", "ip4", "ip6"};
	const char *colon = memchr(s, ':', n), *name;
	if (!colon) {
		enum status st = read_name(r, COL_INCLUDE_FOR, false, s, n, &name);
		*out = st == ST_OK ? arena_printf(&r->c->a, "include:%s", name) : NULL;
		return st;
	}
	*out = arena_strndup(&r->c->a, s, n);
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
		if (strlen(mechanisms[i]) == (size_t)(colon - s) &&
		    ascii_ieq_n(s, (size_t)(colon - s), mechanisms[i]) && colon + 1 < s + n &&
		    !strpbrk(*out, " \"\\"))
			return ST_OK;
	return csv_complain(&r->csv, r->err, "include_for: \"%s\" is no SPF term", *out);
}

static enum status read_include_for(struct reading *r, struct service *s)
{
	const char *at = csv_field(&r->csv, COL_INCLUDE_FOR), *value;
	struct service_term all[LIST_MAX];
	size_t len;
	unsigned n = 0;
	while (next_value(&at, &value, &len)) {
		const char *equals = memchr(value, '=', len), *mark = value;
		if (n == LIST_MAX || !equals)
			return csv_complain(&r->csv, r->err,
					    "include_for: \"%.*s\" is not MARK=INCLUDE%s", (int)len,
					    value, n == LIST_MAX ? ", or one too many" : "");
		size_t n_mark = (size_t)(equals - mark), n_term = len - n_mark - 1;
		text_trim(&mark, &n_mark);
		value = equals + 1;
		text_trim(&value, &n_term);
		enum status st = read_name(r, COL_INCLUDE_FOR, true, mark, n_mark, &all[n].mark);
		if (st == ST_OK)
			st = read_term(r, value, n_term, &all[n].term);
		if (st != ST_OK)
			return st;
		for (unsigned i = 0; i < n; i++)
			if (strcmp(all[i].mark, all[n].mark) == 0)
				return csv_complain(&r->csv, r->err,
						    "include_for: \"%s\" stands here twice",
						    all[n].mark);
		n++;
	}
	s->include_for = arena_memdup(&r->c->a, all, n * sizeof *all);
	s->n_include_for = n;
	return ST_OK;
}

/* "192.0.2.0/24": the first address of the network and its bits. */
static bool read_network(const char *s, size_t n, struct service_pool *out)
{
	const char *slash = memchr(s, '/', n);
	unsigned marks;
	uint64_t bits;
	if (!slash || !ip_parse(s, (size_t)(slash - s), &out->ip, &marks) || marks != 0 ||
	    !text_to_u64(slash + 1, n - (size_t)(slash - s) - 1, &bits))
		return false;
	if (bits < 8 || bits > (out->ip.family == 4 ? 32 : 128))
		return false;
	out->bits = (unsigned)bits;
	struct ip first = ip_network(&out->ip, out->bits);
	return ip_cmp(&first, &out->ip) == 0;
}

static enum status read_pools(struct reading *r, struct service *s)
{
	const char *at = csv_field(&r->csv, COL_POOLS), *value;
	struct service_pool all[LIST_MAX];
	size_t len;
	unsigned n = 0;
	while (next_value(&at, &value, &len)) {
		if (n == LIST_MAX || !read_network(value, len, &all[n]))
			return csv_complain(&r->csv, r->err, "pools: \"%.*s\" is not a network%s",
					    (int)len, value,
					    n == LIST_MAX ? ", or one too many" : "");
		n++;
	}
	s->pools = arena_memdup(&r->c->a, all, n * sizeof *all);
	s->n_pools = n;
	return ST_OK;
}

static enum status read_texts(struct reading *r, struct service *s)
{
	s->advice = csv_field(&r->csv, COL_ADVICE);
	s->advice_spf = csv_field(&r->csv, COL_ADVICE_SPF);
	s->advice_dkim = csv_field(&r->csv, COL_ADVICE_DKIM);
	s->advice_return_path = csv_field(&r->csv, COL_ADVICE_RETURN_PATH);
	s->verifies_source = csv_field(&r->csv, COL_VERIFIES_SOURCE);
	s->link = csv_field(&r->csv, COL_LINK);
	s->source = csv_field(&r->csv, COL_SOURCE);
	if (s->link[0] && (strncmp(s->link, "https://", 8) != 0 || strpbrk(s->link, " \"<>")))
		return csv_complain(&r->csv, r->err, "link: \"%s\" is not an https:// address",
				    s->link);
	return ST_OK;
}

static enum status read_kind(struct reading *r, struct service *s)
{
	static const char *const yes_no[] = {"n", "y"};
	const char *word = csv_field(&r->csv, COL_SHARED);
	int kind = word_index(csv_field(&r->csv, COL_KIND), service_kind_names, KIND_COUNT);
	int shared = word[0] ? word_index(word, yes_no, 2) : 0;
	if (kind < 0)
		return csv_complain(&r->csv, r->err,
				    "kind: \"%s\" is none of mailbox, esp, saas, webhost, cloud, "
				    "gateway, forwarder, isp",
				    csv_field(&r->csv, COL_KIND));
	if (shared < 0)
		return csv_complain(&r->csv, r->err, "shared: \"%s\" is neither y nor n", word);
	s->kind = (enum service_kind)kind;
	s->shared = shared;
	return ST_OK;
}

static enum status read_columns(struct reading *r, struct service *s)
{
	enum status st = read_kind(r, s);
	for (int by = 0; st == ST_OK && by < BY_COUNT; by++)
		st = read_names(r, s, (enum catalogue_by)by);
	if (st == ST_OK)
		st = read_selectors(r, s);
	if (st == ST_OK)
		st = read_include_for(r, s);
	if (st == ST_OK)
		st = read_pools(r, s);
	unsigned any = BIT(UNKNOWN) | BIT(YES) | BIT(NO) | BIT(NA);
	if (st == ST_OK)
		st = read_answer(r, COL_ALIGNED_SPF,
				 any | BIT(CUSTOM) | BIT(DEDICATED) | BIT(CONFIG), &s->aligned_spf);
	if (st == ST_OK)
		st = read_answer(r, COL_INCLUDE_HELPS, any | BIT(CONDITION), &s->include_helps);
	if (st == ST_OK)
		st = read_answer(r, COL_DKIM, any, &s->dkim);
	if (st == ST_OK)
		st = read_answer(r, COL_VERIFIES, any & ~BIT(NA), &s->verifies);
	return st == ST_OK ? read_texts(r, s) : st;
}

static bool recognisable(const struct reading *r)
{
	for (int k = COL_PTR; k <= COL_SELECTORS; k++)
		if (csv_field(&r->csv, (enum column)k)[0])
			return true;
	return false;
}

static void add(struct reading *r, const struct service *s, const struct digest *key)
{
	struct catalogue *c = r->c;
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 256;
		c->services = mem_grow(c->services, c->cap, sizeof *c->services);
		c->lines = mem_grow(c->lines, c->cap, sizeof *c->lines);
	}
	*map_put(&c->by_key, key, NULL) = c->n;
	c->lines[c->n] = r->csv.line;
	c->services[c->n++] = *s;
}

static enum status read_row(struct reading *r)
{
	struct catalogue *c = r->c;
	struct service s = {.own = r->own};
	if (r->csv.n != r->csv.width)
		return csv_complain(&r->csv, r->err, "%u fields, but %u columns", r->csv.n,
				    r->csv.width);
	s.name = csv_field(&r->csv, COL_NAME);
	if (strlen(s.name) > NAME_MAX_BYTES)
		return csv_complain(&r->csv, r->err, "name: longer than %d bytes", NAME_MAX_BYTES);
	s.key = catalogue_key(&c->a, s.name);
	if (!s.key)
		return csv_complain(&r->csv, r->err, "name: \"%s\" has neither letter nor digit",
				    s.name);
	struct digest key = catalogue_digest(SPACE_KEY, s.key);
	const uint64_t *other = map_get(&c->by_key, &key);
	if (other && *other < r->first)
		return ST_OK; /* replaced by an own one */
	if (other)
		return csv_complain(&r->csv, r->err, "name: \"%s\" stands in line %u already",
				    s.name, c->lines[*other]);
	if (!recognisable(r))
		return csv_complain(&r->csv, r->err,
				    "%s: nothing to recognise it by: fill at least one of %s to %s",
				    s.name, columns[COL_PTR], columns[COL_SELECTORS]);
	if (c->n - r->first == CATALOGUE_SERVICES)
		return csv_complain(&r->csv, r->err, "more than %d services", CATALOGUE_SERVICES);
	enum status st = read_columns(r, &s);
	if (st == ST_OK)
		add(r, &s, &key);
	return st;
}

enum status catalogue_read(struct catalogue *c, const struct name_rules *rules, const char *file,
			   const char *text, size_t n, bool own, struct err *err)
{
	struct reading r = {.c = c, .rules = rules, .own = own, .first = c->n, .err = err};
	if (n > CATALOGUE_BYTES)
		return err_set(err, ST_FATAL, "%s: larger than %u bytes", file, CATALOGUE_BYTES);
	csv_open(&r.csv, file, text, n);
	enum status st = csv_next(&r.csv, &c->a, err);
	if (st == ST_OK && r.csv.n == 0)
		return csv_complain(&r.csv, r.err, "empty: the first line must name the columns");
	if (st == ST_OK)
		st = read_header(&r);
	while (st == ST_OK && (st = csv_next(&r.csv, &c->a, err)) == ST_OK && r.csv.n > 0)
		st = read_row(&r);
	return st;
}

#include "dns/dmarc.h"

#include <string.h>
#include <strings.h>

#include "core/text.h"

#define WALK_LABELS 8 /* of a longer name only the last seven are looked at (4.10) */

const char *const published_policy_names[] = {"", "none", "quarantine", "reject"};

/* ---- one record ---- */

struct tag {
	const char *name, *value;
};

static void note(struct dmarc_published *r, enum dmarc_weight weight, const char *text)
{
	if (r->n_notes < DMARC_NOTES_MAX)
		r->notes[r->n_notes++] = (struct dmarc_note){weight, text};
}

static char *trimmed(struct arena *a, const char *s, size_t n)
{
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	while (n > 0 && (*s == ' ' || *s == '\t')) {
		s++;
		n--;
	}
	return arena_strndup(a, s, n);
}

static enum published_policy read_policy(struct arena *a, struct dmarc_published *r,
					 const struct tag *t)
{
	for (int i = POLICY_NONE; i <= POLICY_REJECT; i++)
		if (strcasecmp(t->value, published_policy_names[i]) == 0)
			return (enum published_policy)i;
	note(r, DMARC_BAD,
	     arena_printf(a, "%s=%s is no policy: none, quarantine or reject", t->name, t->value));
	return POLICY_ABSENT;
}

/* A policy for names below that is no word makes receivers take none there (4.7). */
static enum published_policy read_below(struct arena *a, struct dmarc_published *r,
					const struct tag *t)
{
	enum published_policy p = read_policy(a, r, t);
	return p == POLICY_ABSENT ? POLICY_NONE : p;
}

static char read_letter(struct arena *a, struct dmarc_published *r, const struct tag *t,
			const char *letters)
{
	char c = ascii_lower(t->value[0]);
	if (c && strchr(letters, c) && t->value[1] == '\0')
		return c;
	note(r, DMARC_BAD,
	     arena_printf(a, "%s=%s is ignored: it must be one of %s", t->name, t->value, letters));
	return letters[0];
}

static void read_rua(struct arena *a, struct dmarc_published *r, const char *value)
{
	for (const char *p = value; *p;) {
		size_t n = strcspn(p, ",");
		char *uri = trimmed(a, p, n);
		char *size = strrchr(uri, '!');
		p += n + (p[n] == ',');
		if (size) {
			note(r, DMARC_ODD, "a size limit (!...) in rua is not used any more");
			*size = '\0';
		}
		const char *at = strncasecmp(uri, "mailto:", 7) == 0 ? strrchr(uri, '@') : NULL;
		if (!at || !at[1])
			note(r, DMARC_BAD,
			     arena_printf(a, "rua \"%s\" is no mailto: address", uri));
		if (r->n_rua == DMARC_RUA_MAX)
			continue;
		char *domain = at && at[1] ? arena_strdup(a, at + 1) : NULL;
		for (char *c = domain; c && *c; c++)
			*c = ascii_lower(*c);
		r->rua[r->n_rua++] = (struct dmarc_address){.uri = uri, .domain = domain};
	}
}

static void read_tag(struct arena *a, struct dmarc_published *r, const struct tag *t)
{
	static const char *const gone[] = {"pct", "rf", "ri"};
	static const char *const fine[] = {"v", "ruf", "fo"};
	if (strcasecmp(t->name, "p") == 0)
		r->p = read_policy(a, r, t);
	else if (strcasecmp(t->name, "sp") == 0)
		r->sp = read_below(a, r, t);
	else if (strcasecmp(t->name, "np") == 0)
		r->np = read_below(a, r, t);
	else if (strcasecmp(t->name, "adkim") == 0)
		r->adkim = read_letter(a, r, t, "rs");
	else if (strcasecmp(t->name, "aspf") == 0)
		r->aspf = read_letter(a, r, t, "rs");
	else if (strcasecmp(t->name, "psd") == 0)
		r->psd = read_letter(a, r, t, "uny");
	else if (strcasecmp(t->name, "t") == 0)
		r->testing = read_letter(a, r, t, "ny") == 'y';
	else if (strcasecmp(t->name, "rua") == 0)
		read_rua(a, r, t->value);
	else {
		for (size_t i = 0; i < 3; i++)
			if (strcasecmp(t->name, gone[i]) == 0)
				note(r, DMARC_ODD,
				     arena_printf(
					 a,
					 "%s is not used any more (RFC 9989); receivers ignore it",
					 t->name));
		for (size_t i = 0; i < 3; i++)
			if (strcasecmp(t->name, gone[i]) == 0 || strcasecmp(t->name, fine[i]) == 0)
				return;
		note(r, DMARC_ODD, arena_printf(a, "the tag \"%s\" is unknown", t->name));
	}
}

static bool next_tag(struct arena *a, struct dmarc_published *r, const char **p, struct tag *t)
{
	while (**p) {
		size_t n = strcspn(*p, ";");
		const char *s = *p;
		const char *equals = memchr(s, '=', n);
		*p += n + (s[n] == ';');
		if (equals) {
			*t = (struct tag){trimmed(a, s, (size_t)(equals - s)),
					  trimmed(a, equals + 1, n - (size_t)(equals + 1 - s))};
			return true;
		}
		if (*trimmed(a, s, n))
			note(r, DMARC_BAD, arena_printf(a, "\"%s\" is no tag", trimmed(a, s, n)));
	}
	return false;
}

static bool has_note(const struct dmarc_published *r, const char *begin)
{
	for (unsigned i = 0; i < r->n_notes; i++)
		if (strncmp(r->notes[i].text, begin, strlen(begin)) == 0)
			return true;
	return false;
}

static void look_over(struct dmarc_published *r)
{
	if (r->p == POLICY_ABSENT) {
		bool misspelt = has_note(r, "p=");
		note(r, DMARC_BAD,
		     misspelt
			 ? (r->n_rua ? "so receivers take p=none"
				     : "so receivers ignore the record, as rua is missing, too")
		     : r->n_rua ? "p is missing: receivers take p=none"
				: "p is missing, and rua too: receivers ignore the record");
		r->p = r->n_rua ? POLICY_NONE : POLICY_ABSENT;
	}
	if (r->n_rua == 0)
		note(r, DMARC_BAD, "rua is missing: nobody sends you reports");
	if (r->sp != POLICY_ABSENT && r->sp < r->p)
		note(r, DMARC_BAD, "sp is weaker than p: forgers use your subdomains");
	if (r->np != POLICY_ABSENT && r->np < r->p)
		note(r, DMARC_BAD, "np is weaker than p: forgers use subdomains that do not exist");
	if (r->testing)
		note(r, DMARC_REMARK, "t=y: receivers are asked to apply one level less");
}

bool dmarc_parse(const char *text, struct arena *a, struct dmarc_published *out)
{
	const char *p = text;
	struct tag t;
	*out = (struct dmarc_published){.text = text, .adkim = 'r', .aspf = 'r', .psd = 'u'};
	if (!next_tag(a, out, &p, &t) || strcasecmp(t.name, "v") != 0 ||
	    strcmp(t.value, "DMARC1") != 0) {
		note(out, DMARC_BAD, "it does not begin with v=DMARC1");
		return false;
	}
	while (next_tag(a, out, &p, &t))
		read_tag(a, out, &t);
	look_over(out);
	return true;
}

/* ---- which record, section 4.10 ---- */

struct walk {
	const struct dns_view *view;
	struct arena *a;
	struct dmarc_answer *out;
};

static bool is_dmarc(const struct dns_text *t)
{
	size_t i = 0;
	while (i < t->len && (t->data[i] == ' ' || t->data[i] == '\t'))
		i++;
	return t->len - i >= 2 && ascii_lower(t->data[i]) == 'v' &&
	       strstr(t->data, "DMARC1") != NULL && strlen(t->data) == t->len;
}

/* Names of the domain's own organisation decide; that of a public suffix hardly ever does. */
static void fell_silent(struct walk *w, const char *name)
{
	w->out->failed = true;
	if (!w->out->silent && domain_is_below(name, w->out->psl_domain))
		w->out->silent = arena_printf(w->a, "_dmarc.%s", name);
}

/* The records at _dmarc.name. NULL and n = 0: none, or not known. */
static const char *records_at(struct walk *w, const char *name, unsigned *n)
{
	const char *first = NULL;
	const struct dns_answer *r =
	    dns_ask(w->view, arena_printf(w->a, "_dmarc.%s", name), DNS_TXT);
	*n = 0;
	if (r->outcome == DNS_PENDING)
		w->out->pending = true;
	else if (dns_failed(r))
		fell_silent(w, name);
	w->out->owner = strcmp(r->canonical, r->name) != 0 ? r->canonical : NULL;
	for (size_t i = 0; r->outcome == DNS_OK && i < r->n; i++) {
		if (!is_dmarc(&r->texts[i]))
			continue;
		first = first ? first : r->texts[i].data;
		(*n)++;
	}
	return first;
}

static unsigned labels_of(const char *name)
{
	unsigned n = 1;
	for (; *name; name++)
		n += *name == '.';
	return n;
}

static const char *parent_of(const char *name)
{
	const char *dot = strchr(name, '.');
	return dot ? dot + 1 : NULL;
}

/* The next name of the walk: one label less; from a long name straight to its last seven. */
static const char *next_name(const char *name)
{
	name = parent_of(name);
	while (name && labels_of(name) >= WALK_LABELS)
		name = parent_of(name);
	return name;
}

/* psd=n: here it is; psd=y: one label below; else the shortest name with a record. */
static void walk_up(struct walk *w, const char *domain)
{
	const char *org = domain, *below = domain;
	for (const char *name = domain; name; below = name, name = next_name(name)) {
		unsigned n;
		struct dmarc_published r;
		const char *text = records_at(w, name, &n);
		if (!text || n != 1 || !dmarc_parse(text, w->a, &r))
			continue;
		org = r.psd == 'y' ? below : name;
		if (r.psd != 'u')
			break;
	}
	w->out->org_domain = org;
}

static void check_consent(struct walk *w)
{
	struct dmarc_published *r = &w->out->record;
	for (unsigned i = 0; i < r->n_rua; i++) {
		struct dmarc_address *x = &r->rua[i];
		if (!x->domain || domain_is_below(x->domain, w->out->psl_domain))
			continue;
		x->external = true;
		const struct dns_answer *t = dns_ask(
		    w->view, arena_printf(w->a, "%s._report._dmarc.%s", w->out->at, x->domain),
		    DNS_TXT);
		if (t->outcome == DNS_PENDING)
			w->out->pending = true;
		x->consent = dns_is_void(t)         ? RUA_REFUSED
			     : t->outcome == DNS_OK ? RUA_REFUSED
						    : RUA_UNKNOWN;
		for (size_t k = 0; t->outcome == DNS_OK && k < t->n; k++)
			if (strncmp(t->texts[k].data, "v=DMARC1", 8) == 0)
				x->consent = RUA_OK;
		if (x->consent == RUA_REFUSED)
			note(r, DMARC_BAD,
			     arena_printf(w->a,
					  "reports to %s are not sent: %s._report._dmarc.%s does "
					  "not allow it",
					  x->domain, w->out->at, x->domain));
	}
}

/* Below the domain that has the record: np where the name does not exist (NXDOMAIN, section
 * 3.2.12), else sp, else p. */
static void apply(struct walk *w, const char *domain)
{
	struct dmarc_answer *out = w->out;
	const struct dmarc_published *r = &out->record;
	bool below = out->found == FOUND_ABOVE;
	out->policy = below && r->sp ? r->sp : r->p;
	out->tag = below && r->sp ? "sp" : "p";
	if (!below || !r->np)
		return;
	const struct dns_answer *here = dns_ask(w->view, domain, DNS_A);
	out->pending = out->pending || here->outcome == DNS_PENDING;
	if (here->outcome == DNS_NXDOMAIN) {
		out->policy = r->np;
		out->tag = "np";
	} else if (dns_failed(here)) {
		note(&out->record, DMARC_REMARK,
		     arena_printf(w->a, "DNS does not say whether %s exists: if not, np holds",
				  domain));
	}
}

void dmarc_discover(const struct dns_view *view, const struct name_rules *rules, const char *domain,
		    struct arena *a, struct dmarc_answer *out)
{
	struct walk w = {view, a, out};
	unsigned n;
	*out = (struct dmarc_answer){.at = domain,
				     .psl_domain = rules->org_domain(rules->ctx, domain)};
	walk_up(&w, domain);
	const char *text = records_at(&w, domain, &n);
	if (n > 0)
		out->silent = NULL; /* what stands here holds, whatever stands above */
	out->found = FOUND_HERE;
	if (n == 0 && strcmp(out->org_domain, domain) != 0) {
		out->found = FOUND_ABOVE;
		out->at = out->org_domain;
		text = records_at(&w, out->at, &n);
	}
	out->n_records = n;
	if (!text || out->silent) {
		out->found = FOUND_NONE;
		out->n_records = 0;
		return;
	}
	bool good = dmarc_parse(text, a, &out->record) && n == 1;
	if (n > 1)
		note(&out->record, DMARC_BAD,
		     "there are several records: receivers ignore all of them");
	check_consent(&w);
	if (good)
		apply(&w, domain);
}

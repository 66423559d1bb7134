#include <string.h>

#include "dns/spf/macro.h"
#include "dns/spf/parse.h"

/* Terms that are looked up for a tree. The limit is 10 for an evaluation, but a branch may be left
 * early by some addresses, and people want to see by how much the limit is missed. */
#define COUNTED_MAX 64
#define DEPTH_MAX   (SPF_LOOKUP_LIMIT + 1)

struct reader {
	const struct dns_view *view;
	struct arena *a;
	struct spf_tree *tree;
	unsigned depth;
	const char *above[DEPTH_MAX + 1]; /* domains on the way here: a cycle ends */
};

static void say(struct reader *r, const char *domain, const char *text)
{
	if (!r->tree->problem)
		r->tree->problem = arena_printf(r->a, "%s: %s", domain, text);
}

/* ---- the networks of a term ---- */

struct gathering {
	struct spf_network *networks;
	size_t n, room;
	bool pending;
};

static void gather(struct reader *r, struct gathering *g, const struct ip *ip, unsigned bits)
{
	if (g->n == g->room) {
		struct spf_network *more = arena_alloc(r->a, (2 * g->room + 4) * sizeof *more);
		if (g->n > 0)
			memcpy(more, g->networks, g->n * sizeof *more);
		g->networks = more;
		g->room = 2 * g->room + 4;
	}
	g->networks[g->n++] = (struct spf_network){ip_network(ip, bits), bits};
}

/* The addresses of a name, until an error ends the term; returns whether there are none. */
static bool gather_name(struct reader *r, struct gathering *g, const struct spf_parsed *p,
			const char *name, enum dns_type type, enum spf_result *error)
{
	const struct dns_answer *x = dns_ask(r->view, name, type);
	if (x->outcome == DNS_PENDING)
		g->pending = true;
	else if (dns_failed(x))
		*error = SPF_TEMPERROR;
	for (size_t i = 0; x->outcome == DNS_OK && i < x->n && !*error; i++)
		gather(r, g, &x->addresses[i], type == DNS_A ? p->bits4 : p->bits6);
	return dns_is_void(x);
}

static void gather_mx(struct reader *r, struct gathering *g, const struct spf_parsed *p,
		      struct spf_term *t)
{
	const struct dns_answer *mx = dns_ask(r->view, t->domain, DNS_MX);
	if (mx->outcome == DNS_PENDING)
		g->pending = true;
	else if (dns_is_void(mx))
		t->void_v4 = t->void_v6 = 1;
	else if (dns_failed(mx))
		t->error_v4 = t->error_v6 = SPF_TEMPERROR;
	if (mx->outcome != DNS_OK)
		return;
	if (mx->n > SPF_MX_LIMIT) {
		t->error_v4 = t->error_v6 = SPF_PERMERROR;
		t->problem = "an mx of more than 10 hosts";
		return;
	}
	for (size_t i = 0; i < mx->n; i++) {
		if (!*mx->mx[i].host) /* RFC 7505: no mail is taken */
			continue;
		gather_name(r, g, p, mx->mx[i].host, DNS_A, &t->error_v4);
		gather_name(r, g, p, mx->mx[i].host, DNS_AAAA, &t->error_v6);
	}
}

static void read_networks(struct reader *r, const struct spf_parsed *p, struct spf_term *t)
{
	struct gathering g = {0};
	if (p->kind == SPF_IP4 || p->kind == SPF_IP6) {
		gather(r, &g, &p->network.ip, p->network.bits);
	} else if (p->kind == SPF_A) {
		t->void_v4 = gather_name(r, &g, p, t->domain, DNS_A, &t->error_v4);
		t->void_v6 = gather_name(r, &g, p, t->domain, DNS_AAAA, &t->error_v6);
	} else if (p->kind == SPF_MX) {
		gather_mx(r, &g, p, t);
	}
	if (!t->problem && (t->error_v4 || t->error_v6))
		t->problem = "DNS does not answer";
	t->networks = g.networks;
	t->n_networks = g.n;
	r->tree->pending = r->tree->pending || g.pending;
	r->tree->void_v4 += t->void_v4;
	r->tree->void_v6 += t->void_v6;
}

/* ---- records ---- */

static struct spf_record *read_record(struct reader *r, const char *octets);

static bool counts(enum spf_kind kind)
{
	return kind == SPF_INCLUDE || kind == SPF_A || kind == SPF_MX || kind == SPF_PTR ||
	       kind == SPF_EXISTS || kind == SPF_REDIRECT;
}

static void read_child(struct reader *r, const char *octets, struct spf_term *t)
{
	t->child = read_record(r, octets);
	if (!t->child || r->tree->pending)
		return;
	if (t->child->result == SPF_NONE) {
		t->error_v4 = t->error_v6 = SPF_PERMERROR;
		t->problem = "there is no SPF record";
	} else if (t->child->result != SPF_PASS) {
		t->error_v4 = t->error_v6 = t->child->result;
		t->problem = t->child->problem;
	}
}

/* What asks DNS. octets: of the record it stands in. */
static void read_target(struct reader *r, const struct spf_parsed *p, const char *octets,
			struct spf_term *t)
{
	struct spf_macros macros = {.domain = octets};
	const char *name = p->spec ? spf_macro_name(&macros, p->spec, r->a) : octets;
	if (name)
		t->domain = spf_name_text(name, r->a);
	if (p->kind == SPF_EXP)
		return;
	t->depends = p->kind == SPF_PTR || p->kind == SPF_EXISTS || !name;
	/* Past what is read, evaluation alone knows. */
	bool more = ++r->tree->lookups <= COUNTED_MAX;
	r->tree->depends = r->tree->depends || t->depends || !more;
	if (!name || !more)
		return;
	if (p->kind == SPF_INCLUDE || p->kind == SPF_REDIRECT)
		read_child(r, name, t);
	else if (spf_name_possible(name, false))
		read_networks(r, p, t);
}

static void read_terms(struct reader *r, const struct spf_parsed *parsed, size_t n,
		       const char *octets, struct spf_term *terms)
{
	bool all = false, any_all = false;
	for (size_t i = 0; i < n; i++)
		any_all = any_all || parsed[i].kind == SPF_ALL;
	for (size_t i = 0; i < n; i++) {
		const struct spf_parsed *p = &parsed[i];
		struct spf_term *t = &terms[i];
		bool modifier =
		    p->kind == SPF_REDIRECT || p->kind == SPF_EXP || p->kind == SPF_OTHER;
		*t = (struct spf_term){.text = p->text, .kind = p->kind, .qualifier = p->qualifier};
		t->ignored = modifier ? p->kind == SPF_REDIRECT && any_all : all; /* 5.1 */
		all = all || p->kind == SPF_ALL;
		if (t->ignored || p->kind == SPF_ALL || p->kind == SPF_OTHER)
			continue;
		if (p->kind == SPF_IP4 || p->kind == SPF_IP6)
			read_networks(r, p, t);
		else
			read_target(r, p, octets, t);
	}
}

static void fail(struct spf_record *x, enum spf_result result, const char *problem)
{
	x->result = result;
	x->problem = problem;
}

static const struct dns_text *choose(struct reader *r, struct spf_record *x)
{
	const struct dns_answer *t = dns_ask(r->view, x->domain, DNS_TXT);
	const struct dns_text *chosen = NULL;
	x->canonical = t->canonical;
	if (t->outcome == DNS_PENDING)
		r->tree->pending = true;
	else if (dns_failed(t))
		fail(x, SPF_TEMPERROR, "DNS does not answer");
	if (t->outcome != DNS_OK)
		return NULL;
	const char **texts = arena_alloc(r->a, t->n * sizeof *texts);
	for (size_t i = 0; i < t->n; i++) {
		if (!spf_is_record(&t->texts[i]))
			continue;
		chosen = &t->texts[i];
		texts[x->n_texts++] = chosen->data;
	}
	x->texts = texts;
	if (x->n_texts > 1)
		fail(x, SPF_PERMERROR, "several SPF records");
	return x->n_texts == 1 ? chosen : NULL;
}

static bool is_above(const struct reader *r, const char *domain)
{
	for (unsigned i = 0; i < r->depth; i++)
		if (strcmp(r->above[i], domain) == 0)
			return true;
	return false;
}

/* NULL: the tree ends here, being a cycle or too deep: going on would end in a permerror. */
static struct spf_record *read_record(struct reader *r, const char *octets)
{
	const struct spf_parsed *parsed;
	const char *domain = spf_name_text(octets, r->a);
	size_t n;
	if (is_above(r, domain)) {
		say(r, domain, "includes itself");
		return NULL;
	}
	if (r->depth >= DEPTH_MAX)
		return NULL;
	struct spf_record *x = arena_alloc(r->a, sizeof *x);
	x->domain = x->canonical = domain;
	x->result = SPF_NONE;
	const struct dns_text *text = spf_name_possible(octets, true) ? choose(r, x) : NULL;
	if (!text)
		return x;
	x->text = text->data;
	x->result = SPF_PASS;
	const char *problem = spf_parse(text, r->a, &parsed, &n);
	if (problem)
		fail(x, SPF_PERMERROR, problem);
	struct spf_term *terms = arena_alloc(r->a, n * sizeof *terms);
	r->above[r->depth++] = domain;
	read_terms(r, parsed, n, octets, terms);
	r->depth--;
	x->terms = terms;
	x->n_terms = n;
	return x;
}

/* ---- the tree as a whole ---- */

/* The first error that some address may meet, in reading order. */
static void find_problem(struct reader *r, const struct spf_record *x)
{
	if (x->problem)
		say(r, x->domain, x->problem);
	for (size_t i = 0; i < x->n_terms; i++) {
		const struct spf_term *t = &x->terms[i];
		if (t->child)
			find_problem(r, t->child);
		if (t->problem && !(t->child && t->child->problem))
			say(r, x->domain, arena_printf(r->a, "%s: %s", t->text, t->problem));
	}
}

void spf_tree_read(const struct dns_view *view, const char *domain, struct arena *a,
		   struct spf_tree *out)
{
	struct reader r = {.view = view, .a = a, .tree = out};
	*out = (struct spf_tree){0};
	size_t n = strlen(domain);
	n -= n > 0 && domain[n - 1] == '.';
	out->root = read_record(&r, spf_name_octets(arena_strndup(a, domain, n), a));
	if (out->pending)
		return;
	out->result = out->root->result;
	if (out->result == SPF_NONE)
		return;
	find_problem(&r, out->root);
	if (out->lookups > SPF_LOOKUP_LIMIT)
		say(&r, domain,
		    arena_printf(a, "%u lookups, and %d are allowed", out->lookups,
				 SPF_LOOKUP_LIMIT));
	if (out->void_v4 > SPF_VOID_LIMIT)
		say(&r, domain,
		    arena_printf(a, "%u lookups find nothing, and %d are allowed", out->void_v4,
				 SPF_VOID_LIMIT));
}

/* ---- an address in the tree ---- */

struct walk {
	const struct ip *ip;
	unsigned lookups, voids, depth;
	const struct spf_term *term;
	const struct spf_record *path[DEPTH_MAX + 1];
	size_t n_path;
};

static enum spf_result walk_record(struct walk *w, const struct spf_record *x);

static bool holds(const struct spf_term *t, const struct ip *ip)
{
	for (size_t i = 0; i < t->n_networks; i++) {
		const struct spf_network *net = &t->networks[i];
		if (net->ip.family != ip->family)
			continue;
		struct ip x = ip_network(ip, net->bits);
		if (ip_cmp(&x, &net->ip) == 0)
			return true;
	}
	return false;
}

/* SPF_NONE: it does not match; SPF_PASS: it does; else an error. */
static enum spf_result walk_term(struct walk *w, const struct spf_term *t)
{
	bool six = w->ip->family == 6;
	enum spf_result error = six ? t->error_v6 : t->error_v4;
	if (counts(t->kind) && ++w->lookups > SPF_LOOKUP_LIMIT)
		return SPF_PERMERROR;
	w->voids += six ? t->void_v6 : t->void_v4;
	if (w->voids > SPF_VOID_LIMIT)
		return SPF_PERMERROR;
	if (t->kind == SPF_ALL || holds(t, w->ip))
		return SPF_PASS;
	if (error)
		return error;
	if (t->kind != SPF_INCLUDE)
		return SPF_NONE;
	enum spf_result r = t->child ? walk_record(w, t->child) : SPF_PERMERROR;
	if (r == SPF_PASS || r == SPF_TEMPERROR || r == SPF_PERMERROR)
		return r;
	w->term = NULL; /* what matched inside decided nothing */
	return SPF_NONE;
}

static enum spf_result walk_record(struct walk *w, const struct spf_record *x)
{
	const struct spf_term *redirect = NULL;
	if (x->result != SPF_PASS)
		return x->result;
	w->path[w->depth++] = x;
	enum spf_result result = SPF_NEUTRAL;
	size_t i;
	for (i = 0; i < x->n_terms; i++) {
		const struct spf_term *t = &x->terms[i];
		if (t->kind == SPF_REDIRECT)
			redirect = t;
		if (t->kind == SPF_REDIRECT || t->kind == SPF_EXP || t->kind == SPF_OTHER)
			continue;
		enum spf_result r = walk_term(w, t);
		if (r == SPF_NONE)
			continue;
		result = r == SPF_PASS ? t->qualifier : r;
		if (r == SPF_PASS && t->kind != SPF_INCLUDE) {
			w->term = t;
			w->n_path = w->depth;
		}
		break;
	}
	if (i == x->n_terms && redirect) {
		bool over = ++w->lookups > SPF_LOOKUP_LIMIT || !redirect->child;
		result = over ? SPF_PERMERROR : walk_record(w, redirect->child);
		result = result == SPF_NONE ? SPF_PERMERROR : result;
	}
	w->depth--;
	return result;
}

enum spf_result spf_tree_find(const struct spf_tree *tree, const struct ip *ip,
			      const struct spf_term **term, const struct spf_record **path,
			      size_t *n_path)
{
	struct walk w = {.ip = ip};
	*term = NULL;
	if (n_path)
		*n_path = 0;
	if (!tree->root)
		return SPF_NONE;
	enum spf_result r = walk_record(&w, tree->root);
	if (r != SPF_NONE && r != SPF_TEMPERROR && r != SPF_PERMERROR)
		*term = w.term;
	if (*term && path) {
		memcpy(path, w.path, w.n_path * sizeof *path);
		*n_path = w.n_path;
	}
	return r;
}

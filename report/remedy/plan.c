#include "report/remedy/plan.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "report/remedy/spf_edit.h"
#include "report/sender/scope.h"

static const struct spf_record *root_of(const struct plan *p)
{
	return p->m->spf.root;
}

static struct arena *arena_of(const struct plan *p)
{
	return p->gate->a;
}

/* ---- what is wrong with the record that stands ---- */

static void add_text(struct plan *p, const char **to, const char *text)
{
	*to = *to ? arena_printf(arena_of(p), "%s; %s", *to, text) : text;
}

static void merge_several(struct plan *p)
{
	const struct spf_record *r = root_of(p);
	p->record = r->texts[0];
	if (r->n_texts < 2)
		return;
	const char *merged = spf_edit_merge(arena_of(p), r->texts, r->n_texts);
	add_text(p, &p->fault,
		 arena_printf(
		     arena_of(p),
		     "%s has %zu SPF records, which is an error (permerror): SPF passes for nobody",
		     p->m->domain, r->n_texts));
	if (merged) {
		p->record = merged;
		add_text(p, &p->mended, "publish one record with the terms of all");
	} else {
		p->in_vain =
		    "keep one, with what the others authorise: a redirect=, or a term that "
		    "refuses, means another thing beside the terms of another record";
	}
}

static void mend_slips(struct plan *p)
{
	const char *what;
	p->record = spf_edit_mend(arena_of(p), p->record, &what);
	if (!what)
		return;
	add_text(p, &p->fault, arena_printf(arena_of(p), "%s", what));
	add_text(p, &p->mended, "correct these terms");
}

static bool is_broken(const struct spf_term *t)
{
	if (t->error_v4 == SPF_TEMPERROR || t->error_v6 == SPF_TEMPERROR)
		return false; /* somebody's servers are silent, and may answer tomorrow */
	return t->problem || (t->kind == SPF_INCLUDE && t->child &&
			      (t->child->result == SPF_NONE || t->child->result == SPF_PERMERROR));
}

/* A word that is no term at all, and names something: what it was meant to be, nobody here knows,
 * and without it a sender may be lost. */
static void tell_nonsense(struct plan *p)
{
	struct spf_tree tree;
	gate_try(p->gate, p->m, p->record, &tree);
	const struct spf_record *r = tree.root;
	if (tree.pending || !r || !r->problem || r->problem[0] != '"') /* none is named */
		return;
	add_text(p, &p->fault,
		 arena_printf(arena_of(p),
			      "%s, which makes the record an error (permerror): SPF passes for "
			      "nobody",
			      r->problem));
	p->in_vain = arena_printf(arena_of(p), "write %.*s as it was meant, or take it out",
				  (int)strcspn(r->problem + 1, "\""), r->problem + 1);
}

/* Terms that make the record an error, and authorise nobody. */
static void drop_broken(struct plan *p)
{
	for (;;) {
		struct spf_tree tree;
		ptrdiff_t at = -1;
		gate_try(p->gate, p->m, p->record, &tree);
		for (size_t i = 0; !tree.pending && tree.root && i < tree.root->n_terms && at < 0;
		     i++)
			if (is_broken(&tree.root->terms[i]))
				at = (ptrdiff_t)i;
		if (at < 0)
			return;
		const char *text = tree.root->terms[at].text;
		enum spf_kind kind = tree.root->terms[at].kind;
		bool leads_nowhere = kind == SPF_INCLUDE || kind == SPF_REDIRECT;
		p->drops = true;
		p->record = spf_edit_drop(arena_of(p), p->record, (size_t)at);
		add_text(p, &p->fault,
			 arena_printf(arena_of(p),
				      leads_nowhere ? "%s leads to no valid SPF record, which "
						      "makes yours an error (permerror)"
						    : "%s is not a valid term",
				      text));
		add_text(p, &p->mended, arena_printf(arena_of(p), "drop %s", text));
	}
}

/* Names that are not there any more cost a void lookup each, of which two are allowed. */
static void drop_void(struct plan *p)
{
	struct spf_tree tree;
	const char *dropped = NULL;
	gate_try(p->gate, p->m, p->record, &tree);
	if (tree.pending || tree.void_v4 <= SPF_VOID_LIMIT)
		return;
	unsigned voids = tree.void_v4;
	for (size_t i = tree.root ? tree.root->n_terms : 0; i-- > 0;) {
		const struct spf_term *t = &tree.root->terms[i];
		if (t->void_v4 == 0 || t->n_networks > 0 || t->depends || t->child)
			continue;
		dropped = dropped ? arena_printf(arena_of(p), "%s, %s", t->text, dropped) : t->text;
		p->record = spf_edit_drop(arena_of(p), p->record, i);
	}
	add_text(p, &p->fault,
		 arena_printf(arena_of(p),
			      "it has %u void lookups, and %d are allowed: SPF is an error "
			      "(permerror)",
			      voids, SPF_VOID_LIMIT));
	if (dropped)
		add_text(p, &p->mended,
			 arena_printf(arena_of(p), "drop what leads to no address: %s", dropped));
}

static unsigned lookups_of(const struct plan *p, const char *record)
{
	struct spf_tree tree;
	gate_try(p->gate, p->m, record, &tree);
	return tree.lookups;
}

/* The dead term that frees most lookups; -1: none. */
static ptrdiff_t best_dead(struct plan *p, const struct spf_tree *tree)
{
	ptrdiff_t best = -1;
	unsigned least = tree->lookups;
	for (size_t i = 0; tree->root && i < tree->root->n_terms; i++) {
		if (!gate_is_dead(p->gate, p->m, &tree->root->terms[i]))
			continue;
		unsigned n = lookups_of(p, spf_edit_drop(arena_of(p), p->record, i));
		if (n < least) {
			least = n;
			best = (ptrdiff_t)i;
		}
	}
	return best;
}

/* Over ten lookups: without as many dead terms as it takes. A term that is used once a quarter is
 * not dead: all stored months are looked at. */
static void drop_dead(struct plan *p)
{
	struct spf_tree tree;
	const char *record = p->record, *dropped = NULL;
	gate_try(p->gate, p->m, record, &tree);
	if (tree.pending || tree.lookups <= SPF_LOOKUP_LIMIT)
		return;
	add_text(p, &p->fault,
		 arena_printf(arena_of(p),
			      "it needs %u lookups, and %d are allowed: SPF is an error "
			      "(permerror) for mail that no earlier term decides",
			      tree.lookups, SPF_LOOKUP_LIMIT));
	while (tree.lookups > SPF_LOOKUP_LIMIT) {
		ptrdiff_t at = best_dead(p, &tree);
		if (at < 0)
			break;
		const char *text = tree.root->terms[at].text;
		dropped = dropped ? arena_printf(arena_of(p), "%s, %s", text, dropped) : text;
		p->record = spf_edit_drop(arena_of(p), p->record, (size_t)at);
		gate_try(p->gate, p->m, p->record, &tree);
	}
	if (tree.lookups > SPF_LOOKUP_LIMIT) {
		p->record = record;
		p->in_vain = "every term is needed by mail in the stored reports. Move one service "
			     "to a subdomain with its own record, or replace an include or a name "
			     "of yours by its addresses (ip4:, ip6:)";
		return;
	}
	int32_t first, last;
	unsigned days;
	char from[DAY_STRLEN], to[DAY_STRLEN];
	gate_span(p->gate, &first, &last, &days);
	add_text(p, &p->mended,
		 arena_printf(arena_of(p),
			      "drop %s, by which no mail passed on %u days with reports (%s to "
			      "%s). Ask who added it before you drop it",
			      dropped, days, day_format(first, from), day_format(last, to)));
}

static void close_open(struct plan *p)
{
	struct scope scope;
	scope_read(p->gate->zone, p->m, &scope);
	const struct scope_spot *s = &scope.open;
	if (!s->term)
		return;
	bool all = s->term->kind == SPF_ALL && s->depth == 0;
	add_text(p, &p->fault,
		 all ? "+all authorises every address: any machine passes SPF as your domain"
		     : arena_printf(arena_of(p),
				    "%s in the record of %s authorises every address: any machine "
				    "passes SPF as your domain",
				    s->term->text, s->domain));
	if (all) {
		p->record = spf_edit_close(arena_of(p), p->record, '~');
		add_text(p, &p->mended,
			 "publish ~all in place of +all: what passes by it alone will fail");
	} else {
		p->in_vain = arena_printf(arena_of(p),
					  "ask the owner of %s to close it, or replace the include "
					  "by the addresses that you need",
					  s->domain);
	}
}

static void mend_terms(struct plan *p)
{
	mend_slips(p);
	tell_nonsense(p);
	drop_broken(p);
	drop_void(p);
	drop_dead(p);
	close_open(p);
}

static void mend(struct plan *p, struct gate *g, const struct zone_mailfrom *m)
{
	*p = (struct plan){.gate = g, .m = m};
	const struct spf_record *r = root_of(p);
	if (m->spf.pending || !r || r->result == SPF_TEMPERROR)
		return;
	p->owned_by_other = r->canonical && strcmp(r->canonical, m->domain) != 0 &&
			    !zone_is_ours(g->zone, r->canonical);
	if (r->n_texts == 0 || p->owned_by_other)
		return;
	merge_several(p);
	if (!p->in_vain)
		mend_terms(p);
	if (!p->fault)
		return;
	unsigned lookups;
	const char *no = p->mended ? gate_objects(g, m, p->record, NULL, 0, NULL, &lookups) : NULL;
	if (!p->mended || no || p->in_vain) {
		p->record = r->n_texts == 1 ? r->texts[0] : p->record;
		p->mended = NULL;
		p->in_vain = p->in_vain ? p->in_vain : no;
		return;
	}
	p->changed = true;
}

void plan_begin(struct plan *p, struct gate *g, const struct zone_mailfrom *m)
{
	mend(p, g, m);
	p->base = p->record;
}

bool plan_holds(struct plan *p, const struct ip *ip)
{
	const struct spf_term *term;
	if (!p->base)
		return false;
	if (!p->tree) {
		p->tree = arena_alloc(arena_of(p), sizeof *p->tree);
		gate_try(p->gate, p->m, p->base, p->tree);
	}
	return p->tree->depends || p->tree->pending ||
	       spf_tree_find(p->tree, ip, &term, NULL, NULL) == SPF_PASS;
}

/* ---- edits ---- */

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Each term once. list: in order. */
static size_t unique(const char **list, size_t n)
{
	size_t out = 0;
	for (size_t i = 0; i < n; i++)
		if (out == 0 || strcmp(list[out - 1], list[i]) != 0)
			list[out++] = list[i];
	return out;
}

/* With these terms more. All that are added stand in the order of their texts, so that the record
 * is the same whoever was looked at first. NULL: too many. */
static const char *with(const struct plan *p, const char *const *mechanisms, size_t n)
{
	struct arena *a = arena_of(p);
	if (p->n_terms + n > PLAN_TERMS_MAX)
		return NULL;
	const char **all = arena_alloc(a, (p->n_terms + n) * sizeof *all);
	memcpy(all, p->terms, p->n_terms * sizeof *all);
	memcpy(all + p->n_terms, mechanisms, n * sizeof *all);
	qsort(all, p->n_terms + n, sizeof *all, by_text);
	n = unique(all, p->n_terms + n);
	return p->base ? spf_edit_add(a, p->base, all, n) : spf_edit_new(a, all, n);
}

const char *plan_add(struct plan *p, const struct gate_need *need, const char *const *mechanisms,
		     size_t n)
{
	unsigned lookups;
	if (p->m->spf.pending)
		return "DNS has not answered yet";
	if (p->owned_by_other)
		return arena_printf(
		    arena_of(p),
		    "%s is an alias (CNAME) of %s: the record belongs to the owner of "
		    "that name",
		    p->m->domain, root_of(p)->canonical);
	const char *record = with(p, mechanisms, n);
	if (p->n_needs == PLAN_NEEDS_MAX || !record)
		return "too many senders are missing from this record";
	p->needs[p->n_needs] = *need;
	const char *no =
	    gate_objects(p->gate, p->m, record, p->needs, p->n_needs + 1, NULL, &lookups);
	if (no)
		return no;
	p->n_needs++;
	memcpy(p->terms + p->n_terms, mechanisms, n * sizeof *mechanisms);
	p->n_terms += n;
	qsort(p->terms, p->n_terms, sizeof *p->terms, by_text);
	p->record = record;
	p->changed = true;
	return NULL;
}

static struct record_change *change_to(struct plan *p, const char *record, unsigned lookups)
{
	const struct spf_record *r = root_of(p);
	struct record_change *c = arena_alloc(arena_of(p), sizeof *c);
	*c = (struct record_change){.name = p->m->domain,
				    .after = record,
				    .lookups_before = p->m->spf.lookups,
				    .lookups_after = lookups,
				    .terms = ""};
	for (size_t i = 0; r && i < r->n_texts; i++)
		c->before = c->before ? arena_printf(arena_of(p), "%s\n%s", c->before, r->texts[i])
				      : r->texts[i];
	return c;
}

void plan_finish(struct plan *p)
{
	unsigned lookups;
	if (!p->changed ||
	    gate_objects(p->gate, p->m, p->record, p->needs, p->n_needs, NULL, &lookups))
		return;
	/* a term that is dropped may be misspelt, and a first record must name all that send */
	const char *left_out =
	    p->drops || !p->base ? gate_leaves_out(p->gate, p->m, p->record) : NULL;
	if (!left_out) {
		p->change = change_to(p, p->record, lookups);
		return;
	}
	p->mended = NULL;
	p->in_vain = left_out;
}

struct record_change *plan_if_yours(struct plan *p, const struct gate_need *need,
				    const char *const *mechanisms, size_t n)
{
	unsigned lookups;
	if (p->m->spf.pending || p->owned_by_other)
		return NULL;
	const char *record = with(p, mechanisms, n);
	if (!record || gate_objects(p->gate, p->m, record, need, 1, need, &lookups))
		return NULL;
	return change_to(p, record, lookups);
}

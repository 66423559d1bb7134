/* What is wrong with an SPF record that stands, and the record without it. */
#include <stddef.h>
#include <string.h>

#include "core/day.h"
#include "report/remedy/meant.h"
#include "report/remedy/mending.h"
#include "report/remedy/plan.h"
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

static void merge_several(struct plan *p)
{
	const struct spf_record *r = root_of(p);
	p->record = r->texts[0];
	if (r->n_texts < 2)
		return;
	const char *why, *merged = spf_edit_merge(arena_of(p), r->texts, r->n_texts, &why);
	mending_fault(
	    p, FAULT_LOST,
	    arena_printf(
		arena_of(p),
		"%s has %zu SPF records, which is an error (permerror): SPF passes for nobody",
		p->m->domain, r->n_texts));
	if (merged) {
		p->record = merged;
		mending_add(p, &p->mended, "publish one record with the terms of all");
		if (why)
			mending_add(p, &p->mended, why);
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
	mending_fault(p, FAULT_LOST, what);
	mending_add(p, &p->mended, "correct these terms");
}

/* A wide network that is written as one host of it. */
static void narrow_hosts(struct plan *p)
{
	const char *what;
	p->record = spf_edit_narrow(arena_of(p), p->record, &what);
	if (!what)
		return;
	mending_fault(p, FAULT_OPEN, what);
	mending_add(p, &p->mended, "name the host alone");
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
	mending_fault(
	    p, FAULT_LOST,
	    arena_printf(arena_of(p),
			 "%s, which makes the record an error (permerror): SPF passes for "
			 "nobody",
			 r->problem));
	p->in_vain = arena_printf(arena_of(p), "write %.*s as it was meant, or take it out",
				  (int)strcspn(r->problem + 1, "\""), r->problem + 1);
}

/* An include that leads to no record: what it was meant to be, where that is evident. */
static bool mend_include(struct plan *p, const struct spf_term *t, size_t at)
{
	const char *host = meant_host(p->gate, p->m, t);
	if (!host)
		return false;
	p->record = spf_edit_replace(arena_of(p), p->record, at, host);
	mending_fault(
	    p, FAULT_LOST,
	    arena_printf(arena_of(p),
			 "%s is an error (permerror), as %s has no SPF record: it is a host, "
			 "which a: names",
			 t->text, t->domain));
	mending_add(p, &p->mended, arena_printf(arena_of(p), "write %s", host));
	return true;
}

/* Nobody has the domain any more: who registers it decides who sends as us. */
static void tell_for_sale(struct plan *p, const struct spf_term *t)
{
	const struct knowledge *k = p->gate->zone->known;
	const char *org =
	    t->domain && !t->depends ? k->rules->org_domain(k->rules->ctx, t->domain) : NULL;
	if (!org || zone_is_ours(p->gate->zone, org) ||
	    dns_ask(k->view, org, DNS_A)->outcome != DNS_NXDOMAIN)
		return;
	mending_fault(
	    p, FAULT_LOST,
	    arena_printf(arena_of(p),
			 "%s does not exist any more: until the term is gone, anybody can "
			 "register it and send as you",
			 org));
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
		if (mend_include(p, &tree.root->terms[at], (size_t)at))
			continue;
		p->drops = true;
		p->record = spf_edit_drop(arena_of(p), p->record, (size_t)at);
		mending_fault(p, FAULT_LOST,
			      arena_printf(arena_of(p),
					   leads_nowhere ? "%s leads to no valid SPF record, which "
							   "makes yours an error (permerror)"
							 : "%s is not a valid term",
					   text));
		mending_add(p, &p->mended, arena_printf(arena_of(p), "drop %s", text));
		tell_for_sale(p, &tree.root->terms[at]);
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
	mending_fault(p, FAULT_LOST,
		      arena_printf(arena_of(p),
				   "it has %u void lookups, and %d are allowed: SPF is an error "
				   "(permerror)",
				   voids, SPF_VOID_LIMIT));
	if (dropped)
		mending_add(
		    p, &p->mended,
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
	mending_fault(p, FAULT_LOST,
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
	mending_add(p, &p->mended,
		    arena_printf(arena_of(p),
				 "drop %s, by which no mail passed on %u days with reports (%s to "
				 "%s). Ask who added it before you drop it",
				 dropped, days, day_format(first, from), day_format(last, to)));
}

#define BOUNDLESS_V4 8 /* bits: no sender of mail has so many addresses */
#define BOUNDLESS_V6 16

static bool is_boundless(const struct spf_term *t)
{
	if (t->kind != SPF_IP4 && t->kind != SPF_IP6)
		return false;
	return t->n_networks == 1 && t->qualifier == SPF_PASS &&
	       t->networks[0].bits < (t->kind == SPF_IP4 ? BOUNDLESS_V4 : BOUNDLESS_V6);
}

/* Services that are ours, and that nothing but the open term lets pass: by what they document. */
static void name_services(struct plan *p)
{
	struct gate *g = p->gate;
	for (size_t i = 0; i < g->n_senders; i++) {
		const struct sender *s = &g->senders[i];
		if (!(s->ties_any & TIE_SERVICE) || s->t.spf_aligned == 0)
			continue;
		const char *const *terms = ties_service_terms(g->ties, s->service);
		if (!terms[0] || strstr(p->record, terms[0]))
			continue;
		p->record = spf_edit_add(arena_of(p), p->record, terms, 1);
		mending_add(p, &p->mended,
			    arena_printf(arena_of(p), "name %s by %s", s->service->name, terms[0]));
	}
}

/* A term of the record itself that answers for everybody, and is not needed for that. */
static bool drop_open(struct plan *p, const struct scope_spot *s)
{
	struct spf_tree tree;
	bool network = s->term->kind == SPF_IP4 || s->term->kind == SPF_IP6;
	const char *dropped = NULL;
	if (s->depth > 0)
		return false;
	gate_try(p->gate, p->m, p->record, &tree);
	for (size_t i = !tree.pending && tree.root ? tree.root->n_terms : 0; i-- > 0;) {
		const struct spf_term *t = &tree.root->terms[i];
		bool half = network && is_boundless(t); /* everybody, in two halves */
		if (strcmp(t->text, s->term->text) != 0 && !half)
			continue;
		dropped = dropped ? arena_printf(arena_of(p), "%s %s", t->text, dropped) : t->text;
		p->record = spf_edit_drop(arena_of(p), p->record, i);
	}
	if (!dropped)
		return false;
	p->closes = true;
	mending_add(
	    p, &p->mended,
	    arena_printf(arena_of(p), "drop %s: what passes by it alone will fail", dropped));
	name_services(p);
	return true;
}

static void close_open(struct plan *p)
{
	struct scope scope;
	meant_scope(p->gate, p->m, p->record, &scope);
	const struct scope_spot *s = &scope.open;
	if (!s->term)
		return;
	bool all = s->term->kind == SPF_ALL && s->depth == 0;
	mending_fault(
	    p, FAULT_OPEN,
	    all ? *s->term->text == '+'
		      ? "+all authorises every address: any machine passes SPF as your domain"
		      : "all without a sign means +all and lets everybody in: any machine passes "
			"SPF as your domain"
		: arena_printf(arena_of(p),
			       "%s in the record of %s authorises every address: any machine "
			       "passes SPF as your domain",
			       s->term->text, s->domain));
	if (all) {
		p->closes = true;
		p->record = spf_edit_close(arena_of(p), p->record, '~');
		mending_add(p, &p->mended,
			    "publish ~all in its place: what passes by it alone will fail");
	} else if (!drop_open(p, s)) {
		p->in_vain = arena_printf(
		    arena_of(p),
		    zone_is_ours(p->gate->zone, s->domain)
			? "take the term out of the record of %s, and name there what sends for you"
			: "ask the owner of %s to close it, or replace the include by the "
			  "addresses that you need",
		    s->domain);
	}
}

/* A record that includes itself: that term adds nothing, and makes it an error. */
static void drop_self(struct plan *p)
{
	struct spf_tree tree;
	gate_try(p->gate, p->m, p->record, &tree);
	for (size_t i = !tree.pending && tree.root ? tree.root->n_terms : 0; i-- > 0;) {
		const struct spf_term *t = &tree.root->terms[i];
		if ((t->kind != SPF_INCLUDE && t->kind != SPF_REDIRECT) || t->ignored || t->child ||
		    !t->domain || strcmp(t->domain, p->m->domain) != 0)
			continue;
		mending_fault(p, FAULT_LOST,
			      arena_printf(arena_of(p),
					   "%s includes itself, which is an error (permerror)",
					   p->m->domain));
		mending_add(p, &p->mended, arena_printf(arena_of(p), "drop %s", t->text));
		p->record = spf_edit_drop(arena_of(p), p->record, i);
	}
}

struct loop {
	const struct spf_record *in; /* the record that leads back */
	size_t at;                   /* by this term of it */
};

/* The first include or redirect that leads to a record above it. */
static bool find_loop(const struct spf_record *r, const char **above, unsigned depth,
		      struct loop *out)
{
	if (!r || depth > SPF_LOOKUP_LIMIT)
		return false;
	above[depth] = r->domain;
	for (size_t i = 0; i < r->n_terms; i++) {
		const struct spf_term *t = &r->terms[i];
		bool leads = (t->kind == SPF_INCLUDE || t->kind == SPF_REDIRECT) && !t->ignored;
		for (unsigned k = 0; leads && !t->child && t->domain && k <= depth; k++)
			if (strcmp(above[k], t->domain) == 0) {
				*out = (struct loop){r, i};
				return true;
			}
		if (leads && find_loop(t->child, above, depth + 1, out))
			return true;
	}
	return false;
}

/* A record below that leads back: it is mended there. */
static void tell_loop(struct plan *p)
{
	struct spf_tree tree;
	const char *above[SPF_LOOKUP_LIMIT + 1];
	struct loop l;
	gate_try(p->gate, p->m, p->record, &tree);
	if (p->in_vain || tree.pending || !find_loop(tree.root, above, 0, &l) || l.in == tree.root)
		return;
	const char *term = l.in->terms[l.at].text;
	mending_fault(
	    p, FAULT_LOST,
	    arena_printf(arena_of(p),
			 "%s in the record of %s leads back to a record that includes it, "
			 "which is an error (permerror) for mail that no earlier term decides",
			 term, l.in->domain));
	p->in_vain =
	    arena_printf(arena_of(p), "drop %s from the record of %s: its new record is \"%s\"",
			 term, l.in->domain, spf_edit_drop(arena_of(p), l.in->text, l.at));
}

/* Whatever else makes it an error: what is to be done, a person sees. */
static void tell_error(struct plan *p)
{
	struct spf_tree tree;
	gate_try(p->gate, p->m, p->record, &tree);
	if (p->in_vain || tree.pending || !tree.problem || mending_is_silent(tree.root))
		return;
	mending_fault(p, FAULT_LOST,
		      arena_printf(arena_of(p), "%s: SPF is an error (permerror)", tree.problem));
	p->in_vain = "correct that term, or take it out";
}

static void mend_terms(struct plan *p)
{
	mend_slips(p);
	tell_nonsense(p);
	narrow_hosts(p);
	drop_self(p);
	drop_broken(p);
	drop_void(p);
	drop_dead(p);
	close_open(p);
	mend_idle(p);
	tell_loop(p);
	tell_error(p);
}

/* A text that means to be a record and is none, where there is no other. */
static void take_attempt(struct plan *p)
{
	const struct dns_answer *t = dns_ask(p->gate->zone->known->view, p->m->domain, DNS_TXT);
	const char *record = NULL;
	for (size_t i = 0; t->outcome == DNS_OK && i < t->n && !record; i++) {
		record = spf_edit_attempt(arena_of(p), t->texts[i].data);
		p->attempt = record ? t->texts[i].data : NULL;
	}
	if (!record)
		return;
	p->record = record;
	p->drops = true; /* it is the first record of the name */
	mending_fault(
	    p, FAULT_LOST,
	    arena_printf(arena_of(p),
			 "the text at %s does not begin with \"v=spf1 \", so it is no SPF "
			 "record, and receivers see none",
			 p->m->domain));
	mending_add(p, &p->mended, "publish it as it was meant");
}

void plan_mend(struct plan *p)
{
	const struct spf_record *r = root_of(p);
	if (p->m->spf.pending || !r || r->result == SPF_TEMPERROR)
		return;
	p->owned_by_other = r->canonical && strcmp(r->canonical, p->m->domain) != 0 &&
			    !zone_is_ours(p->gate->zone, r->canonical);
	if (p->owned_by_other) {
		tell_alias(p);
		return;
	}
	if (r->n_texts == 0)
		take_attempt(p);
	else
		merge_several(p);
	if (p->record && !p->in_vain)
		mend_terms(p);
	if (!p->fault)
		return;
	unsigned lookups;
	if (p->mended)
		gate_means(p->gate, p->m, p->record);
	const char *no =
	    p->mended ? gate_objects(p->gate, p->m, p->record, NULL, 0, NULL, &lookups) : NULL;
	if (!p->mended || no || p->in_vain) {
		p->record = r->n_texts == 1 ? r->texts[0] : r->n_texts == 0 ? NULL : p->record;
		p->mended = NULL;
		p->in_vain = p->in_vain ? p->in_vain : no;
		return;
	}
	p->changed = true;
}

/* SPF of a name as a whole: -all that refuses our own mail, and no record at all. */
#include <string.h>

#include "report/remedy/parked.h"
#include "report/remedy/published.h"
#include "report/remedy/spf_edit.h"

#define REFUSED_LEAST 10 /* messages; fewer are chance */
#define REFUSED_DAYS  2

static bool ends_in_fail(const struct spf_record *r)
{
	for (size_t i = 0; r && i < r->n_terms; i++)
		if (r->terms[i].kind == SPF_ALL)
			return r->terms[i].qualifier == SPF_FAIL;
	return false;
}

/* Messages of the sender whose envelope sender is at the name; *out: that the tree refuses. */
static uint64_t sent_as(const struct remedier *r, const struct sender *s, const char *name,
			const struct spf_tree *tree, uint64_t *out)
{
	const struct spf_term *term;
	uint64_t all = 0;
	*out = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const char *from = zone_own_mailfrom(r->zone, &s->profiles[f->profile]);
		if (!from || f->source.family == 0 || strcmp(from, name) != 0)
			continue;
		all += f->messages;
		bool fails = spf_tree_find(tree, &f->source, &term, NULL, NULL) == SPF_FAIL;
		/* "-ip4:" names whom the owner wants to be refused */
		*out += fails && term && term->kind == SPF_ALL ? f->messages : 0;
	}
	return all;
}

/* The sender of ours that loses most by -all; NULL: none loses more than chance would. Who is asked
 * about may be a stranger: nothing is opened for him. */
static const struct sender *refused_most(const struct remedier *r, const char *name,
					 const struct spf_tree *tree, uint64_t *most)
{
	const struct sender *worst = NULL;
	*most = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct sender *s = &r->senders[i];
		bool ours = sender_is_legit(s) && s->verdict.remedy.kind != REMEDY_CONFIRM;
		uint64_t refused, all = ours ? sent_as(r, s, name, tree, &refused) : 0;
		if (all == 0 || refused < REFUSED_LEAST || s->days < REFUSED_DAYS ||
		    2 * refused <= all || refused <= *most)
			continue;
		*most = refused;
		worst = s;
	}
	return worst;
}

/* Receivers may refuse mail for -all before they look at DKIM (RFC 9989 section 7.1). */
void remedy_soften(const struct remedier *r, struct plan *p)
{
	struct spf_tree tree;
	uint64_t n;
	if (!p->record || p->in_vain || p->owned_by_other)
		return;
	gate_try(p->gate, p->m, p->record, &tree);
	if (tree.pending || tree.depends || tree.problem || !ends_in_fail(tree.root))
		return;
	const struct sender *s = refused_most(r, p->m->domain, &tree, &n);
	if (!s)
		return;
	const char *fault = arena_printf(
	    r->a,
	    "-all asks receivers to refuse mail from every other address, before they look at "
	    "DKIM, and %s sends from one (%llu messages)",
	    s->name, (unsigned long long)n);
	const char *mended = "publish ~all until the record names all that send";
	p->fault = p->fault ? arena_printf(r->a, "%s; %s", p->fault, fault) : fault;
	p->mended = p->mended ? arena_printf(r->a, "%s, and %s", p->mended, mended) : mended;
	p->record = spf_edit_close(r->a, p->record, '~');
	p->base = p->base ? spf_edit_close(r->a, p->base, '~') : NULL;
	p->weight = FAULT_LOST;
	p->changed = true;
}

/* Does anybody who is or may be ours use the name as envelope sender? */
static const struct sender *user_of(const struct remedier *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct sender *s = &r->senders[i];
		if (!sender_is_legit(s) && !s->hinted)
			continue;
		for (size_t k = 0; k < s->n_facts; k++) {
			const char *from =
			    zone_own_mailfrom(r->zone, &s->profiles[s->facts[k]->profile]);
			if (from && strcmp(from, name) == 0)
				return s;
		}
	}
	return NULL;
}

static bool is_recorded(const struct remedier *r, const struct plan *p)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->plan_of[i] == p)
			return true;
	return p->fault;
}

void remedy_first_record(const struct remedier *r, struct remedies *out)
{
	struct plan *p = &r->plans[0];
	const struct spf_record *x = p->m->spf.root;
	unsigned lookups;
	if (!x || p->m->spf.pending || x->result != SPF_NONE || x->n_texts > 0 ||
	    p->owned_by_other || is_recorded(r, p))
		return;
	struct fault *f = fault_add(out);
	if (!f)
		return;
	const char *record =
	    zone_sends_nothing(r->zone, r->gate.periods, r->gate.n_periods, r->senders, r->n)
		? "v=spf1 -all"
		: "v=spf1 ~all";
	const struct sender *user = user_of(r, p->m->domain);
	bool good = !user && !gate_leaves_out(p->gate, p->m, record) &&
		    !gate_objects(p->gate, p->m, record, NULL, 0, NULL, &lookups);
	struct record_change *c = arena_alloc(r->a, sizeof *c);
	*c = (struct record_change){.name = p->m->domain, .after = record, .terms = ""};
	f->id = arena_printf(r->a, "spf:%s", p->m->domain);
	f->title = arena_printf(r->a, "SPF record of %s", p->m->domain);
	f->text =
	    good ? arena_printf(r->a,
				"%s has no SPF record: anybody may use it as envelope sender. No "
				"mail of yours does in this period, so a record that names nobody "
				"loses none",
				p->m->domain)
		 : arena_printf(r->a,
				"%s has no SPF record. Publish one that names what sends with an "
				"envelope sender in it%s%s",
				p->m->domain, user ? ", among it " : "", user ? user->name : "");
	f->change = good ? c : NULL;
	f->weight = FAULT_OPEN;
}

/* What is no error in an SPF record, and costs something: terms that are never read, that lead
 * nowhere or to silence, ptr, more octets than an answer holds. */
#include "report/remedy/mending.h"

#include <string.h>

#include "report/remedy/meant.h"
#include "report/remedy/spf_edit.h"
#include "report/sender/scope.h"

#define ANSWER_OCTETS 512 /* RFC 7208 section 3.4 */

static const struct spf_record *root_of(const struct plan *p)
{
	return p->m->spf.root;
}

static struct arena *arena_of(const struct plan *p)
{
	return p->gate->a;
}

void mending_add(struct plan *p, const char **to, const char *text)
{
	*to = *to ? arena_printf(arena_of(p), "%s; %s", *to, text) : text;
}

void mending_fault(struct plan *p, enum fault_weight weight, const char *text)
{
	mending_add(p, &p->fault, text);
	p->weight = weight > p->weight ? weight : p->weight;
}

/* ---- names that do not answer ---- */

static bool is_silent(const struct spf_record *r, unsigned depth)
{
	if (!r || depth > SPF_LOOKUP_LIMIT)
		return false;
	bool silent = r->result == SPF_TEMPERROR;
	for (size_t i = 0; !silent && i < r->n_terms; i++)
		silent = r->terms[i].error_v4 == SPF_TEMPERROR ||
			 r->terms[i].error_v6 == SPF_TEMPERROR ||
			 is_silent(r->terms[i].child, depth + 1);
	return silent;
}

bool mending_is_silent(const struct spf_record *r)
{
	return is_silent(r, 0);
}

/* The name whose servers do not answer; NULL: all do. */
static const char *silent_name(const struct spf_record *r, unsigned depth)
{
	if (!r || depth > SPF_LOOKUP_LIMIT)
		return NULL;
	if (r->result == SPF_TEMPERROR)
		return r->domain;
	for (size_t i = 0; i < r->n_terms; i++) {
		const struct spf_term *t = &r->terms[i];
		const char *below = silent_name(t->child, depth + 1);
		if (below)
			return below;
		if (t->error_v4 == SPF_TEMPERROR || t->error_v6 == SPF_TEMPERROR)
			return t->domain;
	}
	return NULL;
}

static void tell_silent(struct plan *p)
{
	const char *name = silent_name(root_of(p), 0);
	if (!name)
		return;
	mending_fault(p, FAULT_LOST,
		      arena_printf(arena_of(p),
				   "the name servers of %s, which the record needs, do not answer: "
				   "mail that no earlier term decides gets a temporary error "
				   "(temperror), and passes by DKIM alone",
				   name));
	if (!p->in_vain && !p->mended)
		p->in_vain = "ask its owner; if nobody answers, find out what the term was for, "
			     "and drop it";
}

/* ---- never read, or in vain ---- */

static ptrdiff_t all_of(const struct spf_record *r)
{
	for (size_t i = 0; r && i < r->n_terms; i++)
		if (r->terms[i].kind == SPF_ALL)
			return (ptrdiff_t)i;
	return -1;
}

/* "all" hides a redirect by which mail that fails today would pass: the owner means both, and the
 * one that names somebody is meant more. */
static bool revive_redirect(struct plan *p, const struct spf_tree *tree, const struct spf_term *t)
{
	struct spf_tree without;
	ptrdiff_t at = all_of(tree->root);
	if (at < 0 || tree->root->terms[at].qualifier == SPF_PASS)
		return false;
	const char *record = spf_edit_drop(arena_of(p), p->record, (size_t)at);
	gate_try(p->gate, p->m, record, &without);
	uint64_t n = without.pending || without.problem ? 0 : meant_sent(p->gate, p->m, &without);
	if (n == 0)
		return false;
	mending_fault(
	    p, FAULT_LOST,
	    arena_printf(arena_of(p),
			 "%s is never read beside \"all\" (RFC 7208 section 6.1), and %llu "
			 "failing messages come from what it authorises",
			 t->text, (unsigned long long)n));
	mending_add(p, &p->mended,
		    arena_printf(arena_of(p), "take out %s", tree->root->terms[at].text));
	p->record = record;
	return true;
}

/* What stands beside "all" and is never read, or leads to no name that exists: harmless today. */
static void drop_idle(struct plan *p)
{
	struct spf_tree tree;
	gate_try(p->gate, p->m, p->record, &tree);
	for (size_t i = !tree.pending && tree.root ? tree.root->n_terms : 0; i-- > 0;) {
		const struct spf_term *t = &tree.root->terms[i];
		bool beside = t->kind == SPF_REDIRECT && t->ignored;
		bool dangles =
		    (t->kind == SPF_A || t->kind == SPF_MX) && t->domain && !t->depends &&
		    !t->ignored && t->n_networks == 0 &&
		    dns_ask(p->gate->zone->known->view, t->domain, DNS_A)->outcome == DNS_NXDOMAIN;
		if (!beside && !dangles)
			continue;
		if (beside && revive_redirect(p, &tree, t))
			return;
		bool ours = t->domain && zone_is_ours(p->gate->zone, t->domain);
		mending_fault(p, dangles && !ours ? FAULT_OPEN : FAULT_WEAK,
			      arena_printf(arena_of(p),
					   beside ? "%s is never read beside \"all\""
					   : ours
					       ? "%s leads to a name that does not exist"
					       : "%s leads to a name that does not exist: whoever "
						 "registers it may send as you",
					   t->text));
		mending_add(p, &p->mended,
			    beside
				? arena_printf(arena_of(p),
					       "drop %s; if it was meant, write include:%s before "
					       "\"all\"",
					       t->text, t->domain ? t->domain : "")
				: arena_printf(arena_of(p), "drop %s", t->text));
		p->record = spf_edit_drop(arena_of(p), p->record, i);
	}
}

static void close_neutral(struct plan *p)
{
	const struct spf_record *r = root_of(p);
	for (size_t i = 0; r && i < r->n_terms; i++) {
		if (r->terms[i].kind != SPF_ALL || r->terms[i].qualifier != SPF_NEUTRAL)
			continue;
		mending_fault(p, FAULT_WEAK, "?all (neutral) says nothing of mail from elsewhere");
		mending_add(p, &p->mended, "publish ~all in its place");
		p->record = spf_edit_close(arena_of(p), p->record, '~');
		return;
	}
}

/* ---- ptr ---- */

#define PTR_ADDRESSES 10

/* Servers of ours by their confirmed names that pass now and would not by the record without ptr.
 * false: somebody else's, or too many. */
static bool passes_by_ptr(const struct plan *p, const struct spf_tree *without, const char **terms,
			  size_t *n)
{
	const struct gate *g = p->gate;
	char ip[IP_STRLEN];
	*n = 0;
	for (size_t k = 0; k < g->n_periods; k++)
		for (size_t i = 0; i < g->periods[k]->n_facts; i++) {
			const struct fact *f = &g->periods[k]->facts[i];
			const struct dmarc_profile *q = &g->periods[k]->profiles[f->profile];
			const char *name = zone_own_mailfrom(g->zone, q);
			const struct spf_term *term;
			bool ours = name && strcmp(name, p->m->domain) == 0;
			if (!ours || f->source.family == 0 ||
			    spf_tree_find(without, &f->source, &term, NULL, NULL) == SPF_PASS)
				continue;
			const struct address_known *x = knowledge_of(g->zone->known, &f->source);
			bool host = x->ptr == PTR_CONFIRMED && !x->generic && x->name &&
				    zone_is_ours(g->zone, x->name);
			if (!host && q->aligned_spf)
				return false;
			if (!host)
				continue;
			const char *text = arena_printf(g->a, "ip%d:%s", f->source.family,
							ip_format(&f->source, ip));
			size_t at = 0;
			while (at < *n && strcmp(terms[at], text) != 0)
				at++;
			if (at == PTR_ADDRESSES)
				return false;
			if (at == *n)
				terms[(*n)++] = text;
		}
	return *n > 0;
}

/* Some receivers, Microsoft among them, take ptr for an error, and the others advise against it. */
static void replace_ptr(struct plan *p)
{
	struct spf_tree tree, without;
	struct scope scope;
	const char *terms[PTR_ADDRESSES];
	size_t n;
	meant_scope(p->gate, p->m, p->record, &scope);
	if (!scope.ptr.term || scope.open.term)
		return;
	const char *text = scope.ptr.term->text, *record = p->record;
	mending_fault(p, FAULT_WEAK,
		      arena_printf(arena_of(p),
				   "%s%s%s uses ptr, which RFC 7208 section 5.5 advises against: "
				   "some receivers skip it, or take it for an error",
				   text, scope.ptr.depth ? " in the record of " : "",
				   scope.ptr.depth ? scope.ptr.domain : ""));
	gate_try(p->gate, p->m, record, &tree);
	for (size_t i = tree.root && !scope.ptr.depth ? tree.root->n_terms : 0; i-- > 0;)
		if (tree.root->terms[i].kind == SPF_PTR)
			record = spf_edit_drop(arena_of(p), record, i);
	gate_try(p->gate, p->m, record, &without);
	if (scope.ptr.depth || without.pending || !passes_by_ptr(p, &without, terms, &n)) {
		if (!p->mended && !p->in_vain)
			p->in_vain = "name the machines by ip4: and ip6: in its place";
		return;
	}
	p->record = spf_edit_add(arena_of(p), record, terms, n);
	mending_add(p, &p->mended,
		    arena_printf(arena_of(p),
				 "name in the place of %s the servers that it stands for", text));
}

/* ---- length ---- */

static void tell_long(struct plan *p)
{
	size_t n = strlen(p->record);
	if (n <= ANSWER_OCTETS)
		return;
	mending_fault(p, FAULT_WEAK,
		      arena_printf(arena_of(p),
				   "the record has %zu octets, more than fit into an answer of %d, "
				   "and resolvers that cannot ask by TCP see none",
				   n, ANSWER_OCTETS));
	if (!p->mended && !p->in_vain)
		p->in_vain = "move some of its terms into a record of another name, and include "
			     "that";
}

void mend_idle(struct plan *p)
{
	drop_idle(p);
	close_neutral(p);
	replace_ptr(p);
	tell_silent(p);
	tell_long(p);
}

void tell_alias(struct plan *p)
{
	const struct zone *z = p->gate->zone;
	const struct spf_record *r = root_of(p);
	if (strcmp(p->m->domain, z->domain) != 0)
		return;
	mending_fault(
	    p, FAULT_LOST,
	    arena_printf(arena_of(p),
			 "%s is an alias (CNAME) of %s, which stands for everything at the name: "
			 "its MX and its SPF record are those of that name, and mail to you goes "
			 "where its owner says. RFC 1034 allows no CNAME beside other records",
			 p->m->domain, r->canonical));
	p->in_vain = "publish A and AAAA records (or ALIAS, where your provider has it) in its "
		     "place, and your own MX and TXT records";
}

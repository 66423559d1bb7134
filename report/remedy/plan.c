#include "report/remedy/plan.h"

#include <stdlib.h>
#include <string.h>

#include "report/remedy/meant.h"
#include "report/remedy/spf_edit.h"

static const struct spf_record *root_of(const struct plan *p)
{
	return p->m->spf.root;
}

static struct arena *arena_of(const struct plan *p)
{
	return p->gate->a;
}

void plan_begin(struct plan *p, struct gate *g, const struct zone_mailfrom *m)
{
	*p = (struct plan){.gate = g, .m = m};
	plan_mend(p);
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

bool plan_mends(struct plan *p, const struct ip *ip)
{
	return p->mended && plan_holds(p, ip) && !p->tree->depends && !p->tree->pending &&
	       zone_spf_now(p->gate->zone, p->m->domain, ip) == NOW_NO;
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
	c->before = p->attempt;
	for (size_t i = 0; r && i < r->n_texts; i++)
		c->before = c->before ? arena_printf(arena_of(p), "%s\n%s", c->before, r->texts[i])
				      : r->texts[i];
	return c;
}

/* A repair that takes away all that authorises anybody, while somebody sends. */
static const char *leaves_nobody(struct plan *p)
{
	struct spf_tree tree;
	if (!p->mended || !(p->drops || p->closes))
		return NULL;
	gate_try(p->gate, p->m, p->record, &tree);
	const struct sender *s = meant_nobody(&tree) ? meant_somebody(p->gate, p->m) : NULL;
	return s ? arena_printf(arena_of(p),
				"no new record is shown, as it would authorise nobody, and %s "
				"sends with that envelope sender: write the term that names it",
				s->name)
		 : NULL;
}

void plan_finish(struct plan *p)
{
	unsigned lookups;
	if (!p->changed ||
	    gate_objects(p->gate, p->m, p->record, p->needs, p->n_needs, NULL, &lookups))
		return;
	/* a term that is dropped may be misspelt, and a first record must name all that send */
	const char *left_out = leaves_nobody(p);
	if (!left_out && (p->drops || !p->base))
		left_out = gate_leaves_out(p->gate, p->m, p->record);
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

static bool same_addresses(const struct dns_answer *a, const struct dns_answer *b)
{
	if (a->outcome != DNS_OK || b->outcome != DNS_OK || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (ip_cmp(&a->addresses[i], &b->addresses[i]) != 0)
			return false;
	return true;
}

static bool same_exchangers(const struct dns_answer *a, const struct dns_answer *b)
{
	if (a->outcome != DNS_OK || b->outcome != DNS_OK || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->mx[i].host, b->mx[i].host) != 0)
			return false;
	return true;
}

const char *plan_wildcard(const struct zone *z, const char *name)
{
	const struct dns_view *v = z->known->view;
	const char *above = strchr(name, '.');
	if (!above || !zone_is_ours(z, above + 1))
		return "";
	const char *any = arena_printf(z->known->a, "*%s", above);
	bool a = same_addresses(dns_ask(v, name, DNS_A), dns_ask(v, any, DNS_A)) ||
		 same_addresses(dns_ask(v, name, DNS_AAAA), dns_ask(v, any, DNS_AAAA));
	bool mx = same_exchangers(dns_ask(v, name, DNS_MX), dns_ask(v, any, DNS_MX));
	if (!a && !mx)
		return "";
	return arena_printf(
	    z->known->a,
	    ". Only the wildcard %s answers for %s, and no longer does once the name "
	    "has a record of its own (RFC 4592): publish its %s there, too",
	    any, name,
	    a && mx ? "A, AAAA and MX records"
	    : a     ? "A and AAAA records"
		    : "MX records");
}

#include "report/remedy/silent.h"

#include "report/remedy/published.h"

static bool passes_anything(const struct domain_facts *d)
{
	for (size_t i = 0; i < d->n_facts; i++)
		if (d->profiles[d->facts[i].profile].cell <= CELL_P7)
			return true;
	return false;
}

/* Is something of it, or may something be, ours? */
static bool may_send(const struct sender *s)
{
	enum category c = s->verdict.category;
	return s->label || s->hinted || s->returns || s->verdict.remedy.kind == REMEDY_CONFIRM ||
	       (c != CAT_UNKNOWN && c != CAT_UNAUTHORIZED && c != CAT_FORWARDER);
}

bool silent_fault(const struct remedier *r, struct remedies *out)
{
	const struct zone_mailfrom *m = &r->zone->mailfrom[0]; /* the domain itself */
	const struct plan *p = &r->plans[0];
	int32_t first, last;
	unsigned days;
	gate_span(&r->gate, &first, &last, &days);
	if (r->zone->n_exchangers == 0 || m->spf.pending || !m->spf.root ||
	    m->spf.root->n_texts > 0 || p->owned_by_other || p->change ||
	    last - first + 1 < GATE_DEAD_DAYS)
		return false;
	for (size_t i = 0; i < r->gate.n_periods; i++)
		if (passes_anything(r->gate.periods[i]))
			return false;
	for (size_t i = 0; i < r->n; i++)
		if (may_send(&r->senders[i]))
			return false;
	struct record_change *c = arena_alloc(r->a, sizeof *c);
	*c = (struct record_change){.name = m->domain, .after = "v=spf1 -all", .terms = ""};
	struct fault *f = fault_add(out);
	if (!f)
		return false;
	*f = (struct fault){
	    .id = arena_printf(r->a, "spf:%s", m->domain),
	    .title = arena_printf(r->a, "SPF record of %s", m->domain),
	    .text = arena_printf(
		r->a,
		"%s receives mail and has no SPF record, and in %d days of reports nothing that "
		"was sent as it passed, nor looks like yours. If it only receives, say so with "
		"this "
		"record, and publish p=reject: none of your mail can be lost, and strangers can no "
		"longer use the name. If something does send as it, find that first",
		m->domain, last - first + 1),
	    .change = c};
	return true;
}

#include "report/remedy/parked.h"

#include "report/remedy/published.h"
#include "report/sender/habit.h"

#define LINE_DAYS   15 /* no infected line is at it for so long */
#define SILENT_DAYS 60 /* of reports before a domain with an MX is believed to send nothing */

static bool allows_nobody(const struct spf_record *r)
{
	return !r || r->n_texts == 0 ||
	       (r->n_terms == 1 && r->terms[0].kind == SPF_ALL &&
		r->terms[0].qualifier != SPF_PASS);
}

/* It has an MX, and its owner says that it sends nothing; nothing ever passed, and nobody is asked
 * about. */
static bool only_receives(const struct spf_record *r, const struct domain_facts *const *periods,
			  size_t n_periods, const struct sender *senders, size_t n)
{
	int32_t until = periods[0]->window.until, first = until;
	if (!r || r->n_terms != 1 || r->terms[0].kind != SPF_ALL ||
	    r->terms[0].qualifier != SPF_FAIL)
		return false;
	for (size_t p = 0; p < n_periods; p++) {
		const struct domain_facts *d = periods[p];
		if (d->n_days > 0 && d->days[0].day < first)
			first = d->days[0].day;
		for (size_t i = 0; i < d->n_facts; i++)
			if (d->profiles[d->facts[i].profile].cell <= CELL_P7)
				return false;
	}
	for (size_t i = 0; i < n; i++)
		if (senders[i].verdict.remedy.kind == REMEDY_CONFIRM)
			return false;
	return until - first >= SILENT_DAYS;
}

/* An infected line: nothing names it, nobody is asked about it, and it is at it for some days. */
static bool is_line(const struct zone *z, const struct sender *s)
{
	return s->days < LINE_DAYS && !s->hinted && s->verdict.remedy.kind != REMEDY_CONFIRM &&
	       !habit_is_named(s, z->known);
}

bool zone_sends_nothing(const struct zone *z, const struct domain_facts *const *periods,
			size_t n_periods, const struct sender *senders, size_t n)
{
	const struct spf_record *r = z->answered ? z->mailfrom[0].spf.root : NULL;
	bool receives = z->n_exchangers > 0;
	if (!z->answered || !allows_nobody(r) ||
	    (receives && !only_receives(r, periods, n_periods, senders, n)))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct sender *s = &senders[i];
		if (sender_is_legit(s) && s->t.messages > 0)
			return false;
		if (s->one && !s->itself && s->verdict.remedy.kind == REMEDY_CONFIRM)
			return false; /* a vendor of ours sends so */
		if (is_line(z, s) && (!s->was || is_line(z, s->was)))
			continue;
		if (sender_is_steady(s) || (s->was && sender_is_steady(s->was)) ||
		    (!sender_is_ignored(s) && habit_is_established(s, z->known)))
			return false;
	}
	return true;
}

/* ---- it has an MX, and no SPF record ---- */

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

/* Senders whose mail fails by a fault of a record that is mended. */
#include "report/remedy/meant.h"
#include "report/remedy/priv.h"

struct plan *mended_by(const struct remedier *r, const struct sender *s, const struct fact *f)
{
	const struct dmarc_profile *p = &s->profiles[f->profile];
	bool tries = p->cell >= CELL_F1 && p->cell <= CELL_F4 && f->source.family;
	const char *mailfrom = tries ? zone_own_mailfrom(r->zone, p) : NULL;
	struct plan *plan = mailfrom ? plan_of_name(r, mailfrom) : NULL;
	return plan && plan_mends(plan, &f->source) ? plan : NULL;
}

struct plan *mended_fault_of(const struct remedier *r, const struct sender *s)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *q = &s->profiles[s->facts[i]->profile];
		const char *name = q->cell == CELL_F3 ? zone_own_mailfrom(r->zone, q) : NULL;
		struct plan *p = name ? plan_of_name(r, name) : mended_by(r, s, s->facts[i]);
		if (p)
			return p;
	}
	return NULL;
}

bool remedy_is_mended(const struct remedier *r, const struct sender *s)
{
	uint64_t failing = s->t.messages - tally_judged_pass(&s->t), mended = 0;
	bool known = sender_is_legit(s);
	if (s->label || s->guest || failing == 0 || (!known && s->verdict.category != CAT_UNKNOWN))
		return false;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const struct plan *p = mended_by(r, s, f);
		const struct spf_tree *meant = p ? r->gate.meant[p - r->plans] : NULL;
		if (p && (known || (meant && meant_names(r->zone, meant, s, &f->source))))
			mended += f->messages;
	}
	return 2 * mended > failing;
}

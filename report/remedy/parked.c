#include "report/remedy/parked.h"

#include "report/sender/habit.h"

static bool allows_nobody(const struct spf_record *r)
{
	return !r || r->n_texts == 0 ||
	       (r->n_terms == 1 && r->terms[0].kind == SPF_ALL &&
		r->terms[0].qualifier != SPF_PASS);
}

bool zone_sends_nothing(const struct zone *z, const struct sender *senders, size_t n)
{
	if (!z->answered || z->n_exchangers > 0 || !allows_nobody(z->mailfrom[0].spf.root))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct sender *s = &senders[i];
		if ((sender_is_legit(s) && s->t.messages > 0) || sender_is_steady(s) ||
		    (s->was && sender_is_steady(s->was)) ||
		    (!sender_is_ignored(s) && habit_is_established(s, z->known)))
			return false;
	}
	return true;
}

#include "report/one_receiver.h"

#include "report/sender/habit.h"

#define ALONE_MESSAGES   10
#define ALONE_SHARE      90  /* per cent of the failing mail that the one reports */
#define ALONE_RATE       3   /* per cent of what goes there that fails, at least */
#define ELSEWHERE        100 /* messages that others must have reported ... */
#define ELSEWHERE_RATE   1   /* ... and per cent of them that may fail */
#define SIGNATURE_BREAKS (1u << CELL_F2 | 1u << CELL_F8 | 1u << CELL_F11)

struct seen_there {
	uint64_t all, failing, broken, unanswered;
};

static void count(const struct sender *s, struct seen_there *by_reporter)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		enum dmarc_cell cell = s->profiles[f->profile].cell;
		bool unanswered = habit_is_unanswered(&s->profiles[f->profile]);
		for (uint32_t k = 0; k < f->n_witnesses; k++) {
			struct seen_there *x = &by_reporter[f->witnesses[k].reporter];
			uint64_t n = f->witnesses[k].messages;
			x->all += n;
			x->failing += cell > CELL_P7 ? n : 0;
			x->unanswered += unanswered ? n : 0;
			x->broken += SIGNATURE_BREAKS >> cell & 1 ? n : 0;
		}
	}
}

void receiver_find(struct sender *s, const struct domain_facts *facts, struct arena *a)
{
	uint64_t failing = s->t.messages - tally_judged_pass(&s->t);
	if (!sender_is_legit(s) || failing < ALONE_MESSAGES)
		return;
	struct seen_there *seen = arena_alloc(a, (facts->n_reporters + 1) * sizeof *seen),
			  all = {0};
	size_t most = 0;
	count(s, seen);
	for (size_t i = 0; i < facts->n_reporters; i++) {
		all.all += seen[i].all;
		all.failing += seen[i].failing;
		most = seen[i].failing > seen[most].failing ? i : most;
	}
	const struct seen_there *x = &seen[most];
	uint64_t others = all.all - x->all;
	if (x->failing < ALONE_MESSAGES || facts->reporters[most].unknown ||
	    !at_least(x->failing, all.failing, ALONE_SHARE) ||
	    !at_least(x->failing, x->all, ALONE_RATE) || others < ELSEWHERE ||
	    100 * (all.failing - x->failing) > ELSEWHERE_RATE * others)
		return;
	s->receiver_messages = x->failing;
	if (2 * x->unanswered > x->failing) {
		s->receiver = arena_printf(
		    a,
		    "%llu of %llu messages that %s reports fail, as it had no answer of DNS "
		    "(temperror), and elsewhere nearly all pass: trouble between that receiver and "
		    "your name servers. Nothing to do unless it lasts; then look at your name "
		    "servers",
		    (unsigned long long)x->failing, (unsigned long long)x->all,
		    facts->reporters[most].org_name);
		return;
	}
	s->receiver = arena_printf(
	    a,
	    "%llu of %llu messages that %s reports fail (%llu %%), and elsewhere nearly all pass: "
	    "it is not your DNS, but what happens on the way there. %s",
	    (unsigned long long)x->failing, (unsigned long long)x->all,
	    facts->reporters[most].org_name,
	    (unsigned long long)((100 * x->failing + x->all / 2) / x->all),
	    2 * x->broken > x->failing
		? "The DKIM signature breaks: sign with relaxed/relaxed, send text as "
		  "quoted-printable or base64 with lines of at most 998 octets, and compare a "
		  "message that arrived there with what was sent"
		: "Look into a message that was sent there");
}

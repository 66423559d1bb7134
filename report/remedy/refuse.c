/* The first half of the gate: may there be an edit for this sender at all? */
#include "core/day.h"
#include "report/remedy/gate.h"

/* The longest pause between two days on which the sender sent, over the newest two periods. */
static int32_t longest_pause(const struct gate *g, const struct sender *s, int32_t *last)
{
	int32_t first = s->first_day, until = s->last_day + 1, pause = 0, before = INT32_MIN;
	if (g->n_periods > 1 && g->periods[1]->reports > 0 && g->periods[1]->window.since < first)
		first = g->periods[1]->window.since;
	size_t n = (size_t)(until - first);
	unsigned char *sent = arena_alloc(g->a, n);
	for (size_t p = 0; p < 2 && p < g->n_periods; p++)
		for (size_t i = 0; i < g->periods[p]->n_facts; i++) {
			const struct fact *f = &g->periods[p]->facts[i];
			int32_t at = month_first_day(f->month) - first;
			if (!sender_source_at(s, &f->source))
				continue;
			for (uint32_t bits = f->days; bits; bits &= bits - 1) {
				int32_t day = at + __builtin_ctz(bits);
				if (day >= 0 && (size_t)day < n)
					sent[day] = 1;
			}
		}
	for (size_t i = 0; i < n; i++) {
		if (!sent[i])
			continue;
		if (before != INT32_MIN && (int32_t)i - before > pause)
			pause = (int32_t)i - before;
		before = (int32_t)i;
	}
	*last = s->last_day;
	return pause;
}

static bool fell_silent(const struct gate *g, const struct sender *s)
{
	int32_t last, pause = longest_pause(g, s, &last);
	int32_t silent = g->periods[0]->window.until - 1 - last;
	return s->days >= 3 && pause > 0 && silent > 2 * pause && silent >= 7;
}

/* Did these addresses pass by SPF in an earlier period, and none does any more? */
static bool was_switched_off(const struct gate *g, const struct gate_need *need)
{
	for (size_t p = 1; p < g->n_periods; p++)
		for (size_t i = 0; i < g->periods[p]->n_facts; i++) {
			const struct fact *f = &g->periods[p]->facts[i];
			if (!g->periods[p]->profiles[f->profile].aligned_spf || f->messages < 5)
				continue;
			for (size_t k = 0; k < need->n; k++)
				if (ip_cmp(&need->addresses[k], &f->source) == 0)
					return true;
		}
	return false;
}

/* A neighbour on the machine of our web site may send as us, too: a day on which far more came is
 * his until somebody knows better, and an edit would let him in. */
static bool may_be_neighbour(const struct gate *g, const struct gate_need *need)
{
	if (!need->s->doubtful_day)
		return false;
	for (size_t i = 0; i < need->n; i++) {
		const struct sender_source *x = sender_source_at(need->s, &need->addresses[i]);
		if (x && !(x->ties & (TIE_NAME | TIE_PERSON)) &&
		    zone_is_shared_machine(g->zone, &x->ip))
			return true;
	}
	return false;
}

const char *gate_refuses(const struct gate *g, const struct gate_need *need)
{
	const struct sender *s = need->s;
	char text[IP_STRLEN];
	if (need->n == 0)
		return "none of its mail has an envelope sender in your domain";
	if (s->verdict.category == CAT_FORWARDER)
		return "it forwards mail";
	for (size_t i = 0; i < need->n; i++) {
		const struct sender_source *x = sender_source_at(s, &need->addresses[i]);
		if (!x || !(x->ties & TIE_EDIT) || x->pool)
			return arena_printf(g->a, "nothing in your DNS ties %s to you",
					    ip_format(&need->addresses[i], text));
	}
	if (s->label && s->label->verdict == LABEL_APPROVE)
		return NULL;
	if (may_be_neighbour(g, need))
		return s->doubtful_day;
	if (fell_silent(g, s))
		return "it has not sent for more than twice its usual interval";
	if (was_switched_off(g, need))
		return "your record authorised it before and no longer does";
	return NULL;
}

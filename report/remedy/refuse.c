/* Who is refused: the first half of the gate (may there be an edit for this sender at all?), and
 * addresses that a person denied, and our record names. */
#include <string.h>

#include "core/day.h"
#include "report/remedy/gate.h"
#include "report/remedy/priv.h"
#include "report/remedy/spf_edit.h"

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

/* ---- denied, and authorised ---- */

/* Messages from the address that pass by the record of the name. */
static uint64_t passed_by(const struct remedier *r, const struct sender *s, const struct ip *ip,
			  const char *name)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const struct dmarc_profile *p = &s->profiles[f->profile];
		const char *from = p->aligned_spf && ip_cmp(&f->source, ip) == 0
				       ? zone_own_mailfrom(r->zone, p)
				       : NULL;
		n += from && strcmp(from, name) == 0 ? f->messages : 0;
	}
	return n;
}

/* The term itself where it names this address alone, or it and its neighbours (a/24); else the
 * address is refused in front of all. *done: what was done. */
static const char *without(const struct plan *p, const struct ip *ip, const char **done)
{
	struct arena *a = p->gate->a;
	char text[IP_STRLEN];
	struct spf_tree tree;
	const struct spf_term *t;
	const struct spf_record *path[SPF_LOOKUP_LIMIT + 2];
	size_t n = 0;
	unsigned whole = ip->family == 4 ? 32 : 128;
	gate_try(p->gate, p->m, p->record, &tree);
	bool found = !tree.depends && spf_tree_find(&tree, ip, &t, path, &n) == SPF_PASS &&
		     n == 1 && t >= tree.root->terms && t < tree.root->terms + tree.root->n_terms;
	size_t at = found ? (size_t)(t - tree.root->terms) : 0;
	if (found && (t->kind == SPF_IP4 || t->kind == SPF_IP6) && t->n_networks == 1 &&
	    t->networks[0].bits == whole) {
		*done = arena_printf(a, "take out %s", t->text);
		return spf_edit_drop(a, p->record, at);
	}
	const char *slash = found && t->kind == SPF_A ? strchr(t->text, '/') : NULL;
	if (slash) {
		const char *alone = arena_strndup(a, t->text, (size_t)(slash - t->text));
		const char *record = spf_edit_replace(a, p->record, at, alone);
		gate_try(p->gate, p->m, record, &tree);
		if (spf_tree_find(&tree, ip, &t, NULL, NULL) != SPF_PASS) {
			*done = arena_printf(a, "write %s, without the addresses beside it", alone);
			return record;
		}
	}
	const char *minus = arena_printf(a, "-ip%u:%s", ip->family, ip_format(ip, text));
	*done = arena_printf(a, "refuse it by %s, in front of the term that lets it in", minus);
	return arena_printf(a, "%.*s %s%s", (int)strlen("v=spf1"), p->record, minus,
			    p->record + strlen("v=spf1"));
}

static void deny(const struct remedier *r, struct plan *p, const struct ip *ip, uint64_t n)
{
	char text[IP_STRLEN];
	const char *done;
	p->record = without(p, ip, &done);
	p->base = p->record;
	const char *fault = arena_printf(
	    r->a,
	    "it authorises %s, which you denied: %llu messages passed, and no policy refuses what "
	    "passes",
	    ip_format(ip, text), (unsigned long long)n);
	p->fault = p->fault ? arena_printf(r->a, "%s; %s", p->fault, fault) : fault;
	p->mended = p->mended ? arena_printf(r->a, "%s, and %s", p->mended, done) : done;
	p->weight = p->weight > FAULT_OPEN ? p->weight : FAULT_OPEN;
	p->changed = true;
}

#define DENIED_MAX 8 /* in one record */

void remedy_deny(const struct remedier *r, struct plan *p)
{
	struct spf_tree tree;
	const struct spf_term *t;
	unsigned done = 0;
	if (!p->record || p->in_vain || p->owned_by_other)
		return;
	for (size_t i = 0; i < r->n; i++) {
		const struct sender *s = &r->senders[i];
		if (!s->label || s->label->verdict != LABEL_DENY || s->change == CHANGE_GONE)
			continue;
		for (size_t k = 0; k < s->n_sources && done < DENIED_MAX; k++) {
			const struct ip *ip = &s->sources[k].ip;
			uint64_t n = passed_by(r, s, ip, p->m->domain);
			gate_try(p->gate, p->m, p->record, &tree);
			if (n == 0 || tree.pending || tree.depends ||
			    spf_tree_find(&tree, ip, &t, NULL, NULL) != SPF_PASS)
				continue;
			deny(r, p, ip, n);
			done++;
		}
	}
}

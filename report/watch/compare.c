/* What names of ours say, and what they said: changes to keep, events dns.spf, dns.dmarc, dns.dkim
 * and policy.weaker. */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "dns/dkim_key.h"
#include "dns/dmarc.h"
#include "report/watch/looks.h"

#define MISSED_AGAIN (30 * 60) /* seconds: what is gone is missed twice */

struct comparing {
	const struct looks_input *in;
	struct arena *a;
	struct looks_news *out;
	int32_t today;
};

static const char *const rules[] = {
    [LOOK_SPF] = "dns.spf", [LOOK_DMARC] = "dns.dmarc", [LOOK_MX] = NULL, [LOOK_KEY] = "dns.dkim"};
static const char *const things[] = {[LOOK_SPF] = "SPF record",
				     [LOOK_DMARC] = "DMARC record",
				     [LOOK_MX] = "MX records",
				     [LOOK_KEY] = "DKIM key"};

/* ---- events ---- */

static struct judged_event *put_event(struct comparing *c, const char *rule, const char *subject,
				      enum severity severity)
{
	struct judged_event *e = &c->out->events[c->out->n_events++];
	*e = (struct judged_event){.domain = c->in->domain,
				   .rule = rule,
				   .subject = subject,
				   .severity = severity,
				   .opened = c->today,
				   .closed = NO_DAY,
				   .times = 1,
				   .by_run = true,
				   .numbers = "{}",
				   .ack_until = NO_DAY};
	return e;
}

static const struct judged_event *open_event(const struct comparing *c, const char *rule,
					     const char *subject)
{
	for (size_t i = 0; i < c->in->n_open; i++) {
		const struct judged_event *e = &c->in->open[i];
		if (e->closed == NO_DAY && strcmp(e->rule, rule) == 0 &&
		    strcmp(e->subject, subject) == 0)
			return e;
	}
	return NULL;
}

static const struct judged_event *lately_closed(const struct comparing *c, const char *rule,
						const char *subject)
{
	for (size_t i = 0; i < c->in->n_open; i++) {
		const struct judged_event *e = &c->in->open[i];
		if (e->closed != NO_DAY && e->closed != e->opened && c->today - e->closed <= 7 &&
		    strcmp(e->rule, rule) == 0 && strcmp(e->subject, subject) == 0)
			return e;
	}
	return NULL;
}

static void close_event(struct comparing *c, const struct judged_event *e)
{
	struct judged_event *out = &c->out->events[c->out->n_events++];
	*out = *e;
	out->closed = c->today;
	out->text = out->numbers = NULL;
}

/* One that comes back within a week is the same. */
static struct judged_event *open_now(struct comparing *c, const char *rule, const char *subject,
				     enum severity severity, int32_t day)
{
	const struct judged_event *was = lately_closed(c, rule, subject);
	struct judged_event *e = put_event(c, rule, subject, severity);
	e->opened = was ? was->opened : day;
	e->times = was ? was->times + 1 : 1;
	return e;
}

static const char *say_fault(const struct comparing *c, const struct look *l)
{
	if (strcmp(l->said.fault, "gone") == 0 && !l->detail)
		return arena_printf(c->a, "The %s of %s is gone.", things[l->role], l->name);
	return arena_printf(c->a, "The %s of %s is broken: %s.", things[l->role], l->name,
			    l->detail ? l->detail : l->said.fault);
}

/* Known to be wrong since the first look is no news. */
static void fault_event(struct comparing *c, const struct look *l, const struct dns_said *was,
			int32_t day)
{
	const char *rule = rules[l->role];
	if (!rule)
		return;
	const struct judged_event *open = open_event(c, rule, l->name);
	if (open && !l->said.fault) {
		close_event(c, open);
	} else if (!open && l->said.fault && !was->fault) {
		struct judged_event *e = open_now(c, rule, l->name, SEVERITY_HIGH, day);
		e->text = say_fault(c, l);
		e->numbers = arena_printf(c->a, "{\"fault\":\"%s\"}", l->said.fault);
	}
}

static struct look as_it_was(const struct comparing *c, const struct look *l,
			     const struct dns_said *was)
{
	struct look old = {.name = l->name, .role = l->role, .p = -1, .sp = -1};
	struct dmarc_published r;
	for (size_t i = 0; l->role == LOOK_DMARC && i < was->n; i++)
		if (dmarc_parse(was->records[i], c->a, &r)) {
			old.p = r.p == POLICY_REJECT ? 2 : r.p == POLICY_QUARANTINE ? 1 : 0;
			old.sp = r.sp == POLICY_ABSENT       ? old.p
				 : r.sp == POLICY_REJECT     ? 2
				 : r.sp == POLICY_QUARANTINE ? 1
							     : 0;
			old.rua = "";
			for (unsigned k = 0; k < r.n_rua; k++)
				old.rua = arena_printf(c->a, "%s%s%s", old.rua, k ? " " : "",
						       r.rua[k].uri);
		}
	if (l->role == LOOK_KEY && was->n > 0) {
		const struct dns_text text = {was->records[0], strlen(was->records[0]), 1};
		const struct dns_answer answer = {.outcome = DNS_OK, .n = 1, .texts = &text};
		struct dkim_key key = dkim_key_read(&answer);
		old.bits = key.state == DKIM_KEY_GOOD && !key.ed25519 ? key.bits : 0;
	}
	return old;
}

static const char *policy_word(int rank)
{
	static const char *const words[] = {"none", "quarantine", "reject"};
	return rank >= 0 && rank < 3 ? words[rank] : "none";
}

/* The level that an open event says was there before. */
static int level_in(const struct judged_event *e, const char *key)
{
	const char *at = e->numbers ? strstr(e->numbers, key) : NULL;
	at = at ? strpbrk(at + strlen(key), "0123456789") : NULL;
	return at ? *at - '0' : 0;
}

static void policy_event(struct comparing *c, const struct look *l, const struct look *old)
{
	const struct judged_event *open = open_event(c, "policy.weaker", c->in->domain);
	if (l->p < 0)
		return;
	if (open) {
		if (l->p >= level_in(open, "was_p") && l->sp >= level_in(open, "was_sp"))
			close_event(c, open);
		return;
	}
	if (old->p < 0 || (l->p >= old->p && l->sp >= old->sp))
		return;
	bool sub = l->p >= old->p;
	struct judged_event *e =
	    open_now(c, "policy.weaker", c->in->domain, SEVERITY_NORMAL, c->today);
	e->text =
	    arena_printf(c->a, "The DMARC record says %s=%s; it said %s.", sub ? "sp" : "p",
			 policy_word(sub ? l->sp : l->p), policy_word(sub ? old->sp : old->p));
	e->numbers = arena_printf(c->a, "{\"was_p\":%d,\"was_sp\":%d,\"p\":%d,\"sp\":%d}", old->p,
				  old->sp, l->p, l->sp);
}

static void once(struct comparing *c, const struct look *l, const char *text)
{
	struct judged_event *e = put_event(c, rules[l->role], l->name, SEVERITY_NORMAL);
	e->closed = c->today;
	e->text = text;
}

/* A record that is valid still, and says something else. */
static void edit_event(struct comparing *c, const struct look *l, const struct dns_said *was)
{
	if (l->said.fault || was->fault || l->said.n == 0 || was->n == 0)
		return;
	struct look old = as_it_was(c, l, was);
	if (l->role == LOOK_DMARC) {
		if (old.rua && l->rua && strcmp(old.rua, l->rua) != 0)
			once(c, l,
			     arena_printf(c->a,
					  "The DMARC record of %s asks for reports at %s; it was "
					  "%s.",
					  c->in->domain, l->rua[0] ? l->rua : "no address",
					  old.rua[0] ? old.rua : "no address"));
		if (strcmp(l->name + strlen("_dmarc."), c->in->domain) == 0)
			policy_event(c, l, &old);
	} else if (l->role == LOOK_KEY && l->bits > 0 && l->bits < old.bits) {
		once(c, l,
		     arena_printf(c->a, "The DKIM key of %s has %u bits; it had %u.", l->name,
				  l->bits, old.bits));
	}
}

/* ---- changes ---- */

static bool is_same(const struct dns_said *x, const struct dns_said *y)
{
	if (x->n != y->n || !x->fault != !y->fault || (x->fault && strcmp(x->fault, y->fault) != 0))
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->records[i], y->records[i]) != 0)
			return false;
	return true;
}

/* The last that is known, and what was missed once since. */
static void find_kept(const struct comparing *c, const struct look *l,
		      const struct dns_change **known, const struct dns_change **missed)
{
	const char *type = l->role == LOOK_MX ? "MX" : "TXT";
	*known = *missed = NULL;
	for (size_t i = 0; i < c->in->n_kept; i++) {
		const struct dns_change *k = &c->in->kept[i];
		if (strcmp(k->name, l->name) != 0 || strcmp(k->type, type) != 0)
			continue;
		*(k->confirmed ? known : missed) = k;
	}
}

static struct dns_change *put_change(struct comparing *c, const struct look *l,
				     const struct dns_said *before)
{
	struct dns_change *out = &c->out->changes[c->out->n_changes++];
	*out = (struct dns_change){.domain = c->in->domain,
				   .name = l->name,
				   .type = l->role == LOOK_MX ? "MX" : "TXT",
				   .seen_at = c->in->now,
				   .first = !before,
				   .confirmed = true,
				   .after = l->said};
	if (before)
		out->before = *before;
	return out;
}

static void compare(struct comparing *c, struct look *l)
{
	const struct dns_change *known, *missed;
	if (!l->answered)
		return;
	find_kept(c, l, &known, &missed);
	bool was_there = known && (known->after.n > 0 ||
				   (known->after.fault && !strcmp(known->after.fault, "gone")));
	if (l->said.n == 0 && was_there)
		l->said.fault = "gone";
	if (!known) {
		put_change(c, l, NULL);
		return;
	}
	bool same = is_same(&known->after, &l->said);
	bool gone = l->said.n == 0 && known->after.n > 0;
	if (missed && !gone)
		c->out->drops[c->out->n_drops++] = *missed;
	if (same) {
		if (!l->said.fault)
			fault_event(c, l, &known->after, c->today);
		return;
	}
	int32_t day = c->today;
	struct dns_change *change;
	if (gone && missed && c->in->now - missed->seen_at < MISSED_AGAIN)
		return;
	change = put_change(c, l, &known->after);
	if (gone && missed) {
		change->seen_at = missed->seen_at;
		day = day_from_unix(missed->seen_at);
	} else if (gone) {
		change->confirmed = false;
		return;
	}
	fault_event(c, l, &known->after, day);
	edit_event(c, l, &known->after);
}

void looks_compare(const struct looks_input *in, const struct looks *looks, struct arena *a,
		   struct looks_news *out)
{
	struct comparing c = {.in = in, .a = a, .out = out, .today = day_from_unix(in->now)};
	out->changes = arena_alloc(a, (looks->n + 1) * sizeof *out->changes);
	out->drops = arena_alloc(a, (looks->n + 1) * sizeof *out->drops);
	out->events = arena_alloc(a, (3 * looks->n + 1) * sizeof *out->events);
	out->n_changes = out->n_drops = out->n_events = 0;
	for (size_t i = 0; i < looks->n; i++)
		compare(&c, &looks->list[i]);
	for (size_t i = 0; i < out->n_events; i++)
		judged_event_name(&out->events[i]);
}

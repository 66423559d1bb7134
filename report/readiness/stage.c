/* How long the domain has stood where it stands: what reports said was published, and when. */
#include "report/readiness/priv.h"

/* pct=0 asked of receivers of before RFC 9989 what t=y asks today. */
static enum rung rung_of(enum published_policy p, bool testing)
{
	switch (p) {
	case POLICY_QUARANTINE:
		return testing ? RUNG_QUARANTINE_TEST : RUNG_QUARANTINE;
	case POLICY_REJECT:
		return testing ? RUNG_REJECT_TEST : RUNG_REJECT;
	default:
		return RUNG_NONE;
	}
}

static enum rung rung_reported(const struct fact_policy *p)
{
	enum published_policy word = p->p.code == W_QUARANTINE ? POLICY_QUARANTINE
				     : p->p.code == W_REJECT   ? POLICY_REJECT
							       : POLICY_NONE;
	return rung_of(word, p->testing || p->pct == 0);
}

enum rung rung_now(const struct readiness *r)
{
	return rung_of(r->dmarc.policy, r->dmarc.record.testing);
}

/*
 * Reporters that do not know t say p=quarantine of "quarantine; t=y": what any reporter calls less
 * ends the time at the rung, so that the others decide as long as there is one.
 */
int32_t rung_since(const struct judging *j, enum rung rung)
{
	const struct domain_facts *sets[] = {j->window, j->history};
	int32_t since = INT32_MAX, weak = INT32_MIN;
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < sets[s]->n_policies; i++) {
			const struct fact_policy *p = &sets[s]->policies[i];
			if (rung_reported(p) < rung)
				weak = p->last_day > weak ? p->last_day : weak;
			else
				since = p->first_day < since ? p->first_day : since;
		}
	if (since == INT32_MAX)
		return j->in->as_of;
	return weak >= since ? weak + 1 : since;
}

void check_stage(struct judging *j)
{
	bool known = !j->out->dns_failed && !j->out->dmarc.pending;
	int32_t days = j->in->as_of - rung_since(j, RUNG_QUARANTINE);
	if (days < 0 || (known && rung_now(j->out) < RUNG_QUARANTINE))
		days = 0; /* whatever was published before, today's record asks for less */
	if (j->out->parked)
		set_check(j, CHECK_A8, CHECK_INFO, TEXT(j, "%d", days),
			  "a non-sending domain need not wait");
	else
		set_check(j, CHECK_A8, judge_value(j, CHECK_A8, days), TEXT(j, "%d", days),
			  "a mistake is recoverable at quarantine (junk folder), not at reject");
}

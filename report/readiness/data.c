/* C1 to C6: is there enough to judge by? */
#include <string.h>

#include "core/day.h"
#include "report/readiness/priv.h"

static void days_and_gap(const struct judging *j, unsigned *days, int32_t *newest, int32_t *gap)
{
	const struct domain_facts *d = j->window;
	*days = 0;
	*gap = 0;
	*newest = INT32_MIN;
	for (size_t i = 0; i < d->n_days; i++) {
		int32_t day = d->days[i].day;
		if (d->days[i].messages == 0)
			continue;
		if (*newest != INT32_MIN && day - *newest - 1 > *gap)
			*gap = day - *newest - 1;
		*newest = day;
		(*days)++;
	}
}

static int32_t first_day(const struct judging *j)
{
	const struct domain_facts *sets[] = {j->history, j->window};
	for (int s = 0; s < 2; s++)
		if (sets[s]->n_days > 0)
			return sets[s]->days[0].day;
	return j->in->as_of;
}

static bool is_large(const char *org)
{
	static const char *const large[] = {"google", "yahoo", "outlook", "microsoft"};
	for (size_t i = 0; i < sizeof large / sizeof *large; i++)
		if (strcasestr(org, large[i]))
			return true;
	return false;
}

static void check_reporters(struct judging *j)
{
	const struct domain_facts *d = j->window;
	uint64_t most = 0, all = 0;
	const char *who = "";
	bool large = false;
	for (size_t i = 0; i < d->n_reporters; i++) {
		all += d->reporters[i].messages;
		large = large || is_large(d->reporters[i].org_name);
		if (d->reporters[i].messages > most) {
			most = d->reporters[i].messages;
			who = d->reporters[i].org_name;
		}
	}
	enum check_status status = judge_value(j, CHECK_C3, (double)d->n_reporters);
	if (status == CHECK_PASS && !large)
		status = CHECK_WARN;
	set_check(j, CHECK_C3, status, TEXT(j, "%zu", d->n_reporters),
		  large ? "each receiver sees only the mail that it got"
			: "no report from Google, Microsoft or Yahoo, where most mailboxes are");
	set_check(j, CHECK_C4, judge_value(j, CHECK_C4, percent(most, all)),
		  TEXT(j, "%.1f%%", all ? percent(most, all) : 0),
		  TEXT(j, "most of the mail was reported by %s", *who ? who : "nobody"));
}

void check_data(struct judging *j)
{
	unsigned days;
	int32_t newest, gap;
	uint64_t messages = j->window->messages;
	days_and_gap(j, &days, &newest, &gap);
	set_check(j, CHECK_C1, judge_value(j, CHECK_C1, days), TEXT(j, "%u", days),
		  "a sender that no report mentions cannot be judged");
	int32_t history = j->in->as_of - first_day(j);
	set_check(
	    j, CHECK_C2, judge_value(j, CHECK_C2, history), TEXT(j, "%d days", history),
	    j->out->n_not_observed > 0
		? TEXT(j, "%s was seen before and not in this window: check whether it still sends",
		       j->out->not_observed[0])
		: "monthly mail such as invoices must have been seen once");
	check_reporters(j);
	set_check(j, CHECK_C5, judge_value(j, CHECK_C5, (double)messages),
		  TEXT(j, "%llu", (unsigned long long)messages),
		  j->window_unproved > 0
		      ? TEXT(j,
			     "%llu messages more were reported by mails that prove "
			     "nothing, in the name of receivers whose reports usually "
			     "are proved: they do not count",
			     (unsigned long long)j->window_unproved)
		      : "few messages are no basis for a verdict");
	int32_t age = newest == INT32_MIN ? 999 : j->in->as_of - 1 - newest;
	int32_t worst = age > gap ? age : gap;
	set_check(j, CHECK_C6, judge_value(j, CHECK_C6, worst),
		  newest == INT32_MIN ? "no report" : TEXT(j, "%d days, %d days", age, gap),
		  "reports come daily; if they stop, check the mailbox that rua names");
	j->stopped = newest != INT32_MIN && judge_value(j, CHECK_C6, age) == CHECK_FAIL;
	for (int id = CHECK_C1; j->out->parked && id <= CHECK_C6; id++) {
		j->out->checks[id].status = CHECK_INFO;
		j->out->checks[id].text = "A non-sending domain needs no history.";
	}
}

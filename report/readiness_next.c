/* The next record to publish: none, quarantine in test mode, quarantine, reject in test mode,
 * reject. */
#include <string.h>
#include <strings.h>

#include "core/day.h"
#include "report/readiness_priv.h"

#define MONTH_DAYS 30

/* The owner's record with another p; t=y or none; what is not used any more goes. */
static const char *rewritten(struct judging *j, const char *text, const char *p, bool testing)
{
	static const char *const gone[] = {"v", "p", "t", "pct", "rf", "ri"};
	const char *out = TEXT(j, "v=DMARC1; p=%s%s", p, testing ? "; t=y" : "");
	bool rua = false;
	for (const char *s = text ? text : ""; *s;) {
		size_t n = strcspn(s, ";");
		const char *tag = s + strspn(s, " \t");
		size_t len = (size_t)(s + n - tag), name = strcspn(tag, "= \t;");
		s += n + (s[n] == ';');
		while (len > 0 && (tag[len - 1] == ' ' || tag[len - 1] == '\t'))
			len--;
		bool drop = len == 0 || name >= len;
		for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
			drop = drop ||
			       (strlen(gone[i]) == name && strncasecmp(tag, gone[i], name) == 0);
		rua = rua || (name == 3 && strncasecmp(tag, "rua", 3) == 0);
		if (!drop)
			out = TEXT(j, "%s; %.*s", out, (int)len, tag);
	}
	return rua ? out : TEXT(j, "%s; rua=mailto:dmarc-reports@%s", out, j->out->domain);
}

/* What stands in the way of any stricter policy, apart from the time spent at it. */
static const struct check *blocking(const struct readiness *r)
{
	static const enum check_id ids[] = {CHECK_C1, CHECK_C3, CHECK_C5, CHECK_C6, CHECK_A3,
					    CHECK_A1, CHECK_A2, CHECK_A4, CHECK_A5, CHECK_A6,
					    CHECK_A7, CHECK_A9, CHECK_D2, CHECK_D4, CHECK_D5,
					    CHECK_D6, CHECK_D7};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		if (r->checks[ids[i]].status == CHECK_FAIL)
			return &r->checks[ids[i]];
	return NULL;
}

static void advise(struct judging *j, const char *p, bool testing, const char *text)
{
	const char *now = j->out->dmarc.found == FOUND_HERE ? j->out->dmarc.record.text : NULL;
	j->out->next = (struct next_step){.record = p ? rewritten(j, now, p, testing) : NULL,
					  .text = text,
					  .again = j->in->as_of + MONTH_DAYS};
}

void find_next_step(struct judging *j)
{
	const struct readiness *r = &j->out[0];
	const struct dmarc_answer *d = &r->dmarc;
	const struct check *block = blocking(r);
	bool here = d->found == FOUND_HERE && d->n_records == 1 && d->policy != POLICY_ABSENT;
	bool waited = r->checks[CHECK_A8].status == CHECK_PASS;
	if (r->dns_failed || d->pending)
		advise(j, NULL, false, "DNS of the domain does not answer: ask again later");
	else if (r->parked && d->policy == POLICY_REJECT)
		advise(j, NULL, false, "nothing: the domain sends no mail, and says so");
	else if (r->parked)
		advise(j, "reject", false,
		       "the domain sends no mail: publish p=reject today, with \"v=spf1 -all\" and "
		       "MX 0 .");
	else if (!here)
		advise(j, "none", false,
		       "publish a record first; it changes nothing but that reports come");
	else if (d->policy == POLICY_REJECT && !d->record.testing)
		advise(j, NULL, false,
		       block ? TEXT(j, "p=reject is published, and %s fails: repair it", block->id)
			     : "nothing: p=reject is in force");
	else if (block)
		advise(j, NULL, false,
		       TEXT(j, "stay at p=%s%s, and repair %s first: %s",
			    published_policy_names[d->policy], d->record.testing ? "; t=y" : "",
			    block->id, block->text));
	else if (d->policy == POLICY_NONE)
		advise(j, "quarantine", true,
		       "receivers that honour t=y still deliver; look for a month at what they "
		       "would have done");
	else if (d->policy == POLICY_QUARANTINE && d->record.testing)
		advise(j, "quarantine", false,
		       "mistakes now land in junk folders, where people find them; stay a month");
	else if (d->policy == POLICY_QUARANTINE && !waited)
		advise(j, NULL, false, "stay at p=quarantine until a month has passed");
	else if (d->policy == POLICY_QUARANTINE)
		advise(j, "reject", true,
		       "t=y asks for quarantine still, while reports show what p=reject does");
	else
		advise(j, "reject", false, "take t=y away: receivers refuse what is forged");
}

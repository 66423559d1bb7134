/*
 * judge.h - a run of `ruascope judge`: looks at DNS, days, and the account of what came of it.
 */
#ifndef CLI_JUDGE_JUDGE_H
#define CLI_JUDGE_JUDGE_H

#include "cli/app/app.h"
#include "core/arena.h"
#include "db/store/judgement.h"
#include "dns/ask/resolver.h"
#include "report/readiness/readiness.h"
#include "report/watch/looks.h"

#define JUDGE_BACK 60 /* days that may still be judged, counted from today */

/* A domain of the run. */
struct judged {
	const char *name;
	int32_t first, newest;            /* days with reports */
	int32_t from, to;                 /* days to judge; from > to: none */
	bool silent;                      /* its DNS does not answer: it is left for the next run */
	bool told;                        /* what is open was told again on its first day */
	const char *memory;               /* of the last day that was judged */
	const struct judgement_row *rows; /* of its days, in order */
	size_t n_rows;
	const struct dns_change *kept; /* what its names said */
	size_t n_kept;
	const struct judged_event *events; /* that runs opened */
	size_t n_events;
};

struct judge_run {
	struct app *app;
	const struct name_rules *rules;
	struct catalogue *catalogue;
	struct readiness_limits limits;
	struct resolver *resolver; /* NULL: no DNS */
	int64_t now;
	int32_t today, day; /* day: --day, or NO_DAY */
	/* What came of it: */
	size_t n_domains, n_days, n_silent;
	const char **silent;
	int32_t newest; /* day that was judged; NO_DAY: none */
	struct judged_event *events;
	size_t n_told, room_told;
	struct arena a, batch, facts, round;
};

/* For the account at the end. */
void judge_tell(struct judge_run *run, const struct judged_event *e);
int judge_account(const struct judge_run *run, bool as_json); /* printed; exit code */

/* All of a run: the days of these domains that are to be judged. silent says whose are left. */
enum status judge_domains(struct judge_run *run, const struct judgement_domain *list, size_t n,
			  struct err *err) MUST_CHECK;

/* --day of a day that is not over yet for one of them is a mistake. Exit code; complains itself. */
int judge_check_day(struct judge_run *run, const struct judgement_domain *list, size_t n);

/* Look at the names of n domains, keep what changed, open and close what that means; whose own DNS
 * does not answer is marked silent. kept and events are read. */
enum status judge_looks(struct judge_run *run, struct judged *domains, size_t n,
			struct err *err) MUST_CHECK;

/* Events reports.none of these domains, appended to list. */
enum status judge_silence(struct judge_run *run, struct judged *domains, size_t n,
			  struct judged_event *list, size_t *n_list, struct err *err) MUST_CHECK;

#endif

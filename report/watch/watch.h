/*
 * watch.h - a judgement as it is kept: what is said of a domain on a day, and what changed. Pure.
 *
 *	readiness of the day, memory of the day before -> [watch] -> struct judged_day, memory
 *
 * Days are judged one after the other. What a day has to know of those before it is in its memory,
 * a text that is kept with it; so a day that is judged again from the same memory says the same.
 *
 * Rules, levels and days of events: docs/judging.md.
 *
 * The wing watch/: what is remembered. In: readiness, facts, records of DNS. Out: judged days,
 * events, what became of records that were offered (core/judgement.h). It may include readiness/
 *and all below.
 */
#ifndef REPORT_WATCH_WATCH_H
#define REPORT_WATCH_WATCH_H

#include "core/judgement.h"
#include "report/readiness/readiness.h"

#define WATCH_BASELINE 7 /* judged days of a domain on which nothing opens */

struct watch_input {
	const struct readiness *r;         /* as of the day after */
	const struct domain_facts *raw;    /* of its window, as stored */
	const struct weighed *weighed;     /* of its window and history, as it was judged */
	const struct dns_view *view;       /* DNS of the day; NULL: none */
	const struct judged_event *by_dns; /* events of the domain that runs opened: they explain */
	size_t n_by_dns;
	const char *memory; /* of the day before; NULL: this one is the first */
	bool first;         /* of the days that are judged now: all that is open is told again */
	int32_t day, dns_day;
	uint64_t reports, reporters; /* of the day */
	const char *basis;
};

/* out lives in a and borrows from what is given. */
void watch_day(const struct watch_input *in, struct arena *a, struct judged_day *out);

#endif

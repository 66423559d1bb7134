/*
 * priv.h - private to the files of readiness: what the checks share.
 */
#ifndef REPORT_READINESS_PRIV_H
#define REPORT_READINESS_PRIV_H

#include "report/readiness/readiness.h"
#include "report/sender/zone.h"

/* Messages of one fate in some facts; pass, dkim: by the recomputed results. */
struct volume {
	uint64_t messages, pass, dkim, strict;
};

struct judging {
	const struct readiness_input *in;
	const struct domain_facts *window, *history; /* as they are judged (sender/weigh.h) */
	struct readiness *out;
	struct knowledge *k;
	struct zone zone;
	struct ties *ties; /* NULL: DNS did not answer */
	struct arena *a;
	struct map owner; /* address -> index + 1 of its sender in the inventory */
	struct volume window_volume[FATE_COUNT], gate[FATE_COUNT];
	bool one_unanswered; /* what failed for want of an answer, failed at one receiver alone */
	uint64_t window_unproved;  /* struct weighed: in the name of who proves its reports */
	struct volume *of_sender;  /* in the gate, by sender of the inventory */
	struct volume *week_of[2]; /* in the week before the last one, and in that */
	/* Failing mail that may be ours, by hints or as a question: per cent of the legitimate; and
	 * who sends most of it, where somebody has to answer, or NULL. Set by check_mail(). */
	double open_share;
	bool stopped; /* no report for longer than C6 allows; set by check_data() */
	const struct sender *most_open;
	const char *silent_key; /* that mail hangs on, and that could not be asked; NULL: none */
};

enum fate fate_of(const struct sender *s);
/* Messages of a sender that is not seen now, on its last day or in its last run, all failed: as
 * many its next run would lose. 0: it is seen now, or what it sent last passed. */
uint64_t lost_next(const struct sender *s);

void set_check(struct judging *j, enum check_id id, enum check_status status, const char *value,
	       const char *text);
/* Text made in the arena. */
#define TEXT(j, ...) arena_printf((j)->a, __VA_ARGS__)

/* What v means by the limits of a check that has them. */
enum check_status judge_value(const struct judging *j, enum check_id id, double v);

/* What passes by the limits of such a check. */
double limit_of(const struct judging *j, enum check_id id);

/* < 0 when a is better than b. */
int worse(enum check_status a, enum check_status b);

/* 99.4 of per cent; 100 when whole is 0. */
double percent(uint64_t part, uint64_t whole);

/* The ladder of records; t=y asks receivers to apply one level less (RFC 9989 section 4.7). */
enum rung { RUNG_NONE, RUNG_QUARANTINE_TEST, RUNG_QUARANTINE, RUNG_REJECT_TEST, RUNG_REJECT };
enum rung rung_now(const struct readiness *r); /* what DNS says today */
/* The first day since when reports show this rung or a higher one without a break; as_of: none. */
int32_t rung_since(const struct judging *j, enum rung rung);

void project(struct judging *j);      /* what p=reject would have refused */
void check_data(struct judging *j);   /* C1 to C6 */
void check_mail(struct judging *j);   /* A1 to A11, M1 */
void check_signed(struct judging *j); /* A5 */
void check_stage(struct judging *j);  /* A8 */
void check_dns(struct judging *j);    /* D1 to D9 */
void check_keys(struct judging *j);   /* D6 */
void find_next_step(struct judging *j);

#endif

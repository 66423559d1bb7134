/*
 * verdict.h - what may be said of a sender, in words: category, how sure that is, and what to do.
 * Pure.
 *
 * Which of these is said is decided in classify.c; the remedies that need a record are made by
 * remedy/.
 */
#ifndef REPORT_SENDER_VERDICT_H
#define REPORT_SENDER_VERDICT_H

#include "report/sender/score.h"

#define AUTHORIZED_PASS 98 /* per cent of messages that must pass DMARC */

/* How sure what is said can be: a proof is a tie or a signature; all else are hints. */
enum strength { HINTED, LIKELY, PROVEN };

/* What a verdict is made of. */
struct matter {
	const struct sender *s;
	const struct score *x;
	const struct observed *o;
	const struct zone *zone;
	bool compared;                           /* there are reports of the period before */
	const struct domain_facts *now, *before; /* before: NULL, there was none */
	bool spike; /* it passes, and suddenly sends far more (habit.h) */
	bool let_in;
	const char *junked;    /* receivers turn against it, though it passes; NULL: they do not */
	uint64_t n, pass;      /* messages; those that pass, or would with today's record */
	int32_t set_up;        /* habit_set_up_since() */
	unsigned failing_days; /* on which some fail */
	uint64_t bounces;      /* failing ones with an empty MAIL FROM, of a machine of ours */
};

struct verdict verdict_of(const struct sender *s, enum category category, enum strength strength,
			  enum remedy_kind kind, const char *text);

/* Why the failing mail of a legitimate sender fails: the largest of three groups of cells. */
enum category verdict_why_failing(const struct matter *m);
struct verdict verdict_failing(const struct matter *m, enum strength strength);

/* Is it proven that it is ours, and that our record or signature is at fault? */
bool verdict_is_fault(const struct matter *m);
struct verdict verdict_fault(const struct matter *m, enum strength strength);

struct verdict verdict_passing(const struct matter *m, enum strength strength);
struct verdict verdict_set_up(const struct matter *m);
struct verdict verdict_abused(const struct matter *m, enum strength strength, const char *text);
struct verdict verdict_pooled(const struct matter *m);
struct verdict verdict_guest(const struct matter *m);
/* A stranger's account at a service that our record lets in. */
struct verdict verdict_let_in(const struct matter *m);
/* What passes unsigned where ours is signed (tenant.h). */
struct verdict verdict_neighbour(const struct matter *m);
struct verdict verdict_forwards(const struct matter *m, enum strength strength);

#endif

/*
 * question.h - what may be ours, and is not proved to be: the readings that are open. Pure.
 */
#ifndef REPORT_REMEDY_QUESTION_H
#define REPORT_REMEDY_QUESTION_H

#include "report/remedy/plan.h"

/* Is the sender worth a question? Steady or named, failing (or passing by a record that aged), with
 * something in it that a stranger would not bother to make; never for what looks like a botnet. Of
 * one that is gone: as it was (s->was). */
bool question_is_due(const struct gate *g, const struct sender *s);

/* The term of our record that refuses addresses of the sender by name ("-ip4:192.0.2.9"), as its
 * owner wrote it on purpose; NULL: there is none. */
const char *question_refused_by(const struct gate *g, const struct sender *s);

/*
 * The question: readings, the likeliest first, each with what speaks for it and against it; the
 * text says how to find out. unsigned_share: per cent of the domain's own mail that is not signed.
 */
struct remedy question_of(const struct gate *g, const struct sender *s, unsigned unsigned_share);

#endif

/*
 * cases.h - refusals of some inputs, those that are alike as one.
 *
 *	struct bounce_batch b;
 *	bounce_batch_init(&b);
 *	bounce_read_path(reader, path, &sink, &err);    sink: bounce_batch_add, bounce_batch_close
 *	... b.inputs ...
 *	bounce_batch_reset(&b);
 *
 * A log may hold millions of refusals, and memory must not grow with them: what differs in its
 * numbers and identifiers alone is alike, and of one input CASES_MAX kinds are kept; further ones
 * are counted.
 */
#ifndef CLI_BOUNCE_CASES_H
#define CLI_BOUNCE_CASES_H

#include "core/arena.h"
#include "core/hash.h"
#include "report/bounce/explain.h"

#define CASES_MAX  1000 /* of one input */
#define INPUTS_MAX 1000 /* of a batch */

struct bounce_batch {
	struct arena a;
	struct bounce_input *inputs; /* those that are closed */
	size_t n, cap;
	struct bounce_input now;   /* being read */
	size_t cap_cases, n_cases; /* n_cases: of all inputs */
	struct map kinds;          /* of now: key -> case + 1 */
};

void bounce_batch_init(struct bounce_batch *b);
/* Of which case of the input it is; CASES_MAX: of none that is kept. */
size_t bounce_batch_add(struct bounce_batch *b, const struct refusal *r);
void bounce_batch_close(struct bounce_batch *b, const struct bounce_outcome *o);
void bounce_batch_drop(struct bounce_batch *b); /* the input that is being read */
void bounce_batch_sort(struct bounce_batch *b); /* cases of logs: the most first */
bool bounce_batch_is_full(const struct bounce_batch *b);
void bounce_batch_reset(struct bounce_batch *b);
void bounce_batch_free(struct bounce_batch *b);

#endif

/*
 * totals.h - what a run of ingest has settled, added up.
 */
#ifndef INGEST_TOTALS_H
#define INGEST_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/sink.h"

#define INGEST_SOURCE_MAX (64 * 1024)
#define INGEST_REASON_MAX (4 * 1024)

struct ingest_problem {
	char *source, *reason; /* valid UTF-8; owned by the totals */
	enum outcome outcome;
};

/* What is settled so far. All zeros is empty. */
struct ingest_totals {
	uint64_t inputs;              /* files or mails, settled whole */
	uint64_t outcomes[OUT_COUNT]; /* of reports and parts, by enum outcome */
	uint64_t not_reports;         /* inputs in which no part was a report */
	uint64_t records, messages;   /* of what was newly stored */
	uint64_t later;               /* inputs that could not be read now: no outcome */
	uint64_t not_moved;           /* files that could not be moved to the archive */

	/* Complete for REJECTED and CONFLICT; up to LIMIT_PROBLEMS of NOT_A_REPORT, of STORED
	 * with warnings, and of DUPLICATE with a reason. */
	struct ingest_problem *problems;
	size_t n_problems, cap_problems, n_minor;
};

void ingest_totals_merge(struct ingest_totals *into, struct ingest_totals *from); /* empties from */
void ingest_totals_free(struct ingest_totals *t);

/* List one, as far as there is room for its kind. */
void ingest_totals_problem(struct ingest_totals *t, const char *source, enum outcome outcome,
			   const char *reason);

bool ingest_is_minor(enum outcome o); /* neither REJECTED nor CONFLICT */

char *ingest_clean_utf8(const char *s, size_t max); /* valid, cut; to be freed */

#endif

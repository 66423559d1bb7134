/*
 * judge.h - what a record's results mean: alignment worked out again, the row cell, the marks.
 *
 * RFC 7489 section 3.1 and RFC 9989 section 4.4 (identifier alignment); the cells are those of
 * core/dmarc.h.
 */
#ifndef INGEST_RECORD_JUDGE_H
#define INGEST_RECORD_JUDGE_H

#include "core/dmarc.h"
#include "core/domain.h"

/* Fill aligned_dkim, aligned_spf, cell, and the diagnosis bits of flags, from the texts of p. */
void judge_profile(const struct name_rules *rules, struct dmarc_profile *p);

#endif

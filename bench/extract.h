/*
 * extract.h - the least that a reader of reports must do with what SAX hands it: address and count
 * as numbers, everything else of a record interned as one id. No normalising, no judgement, no
 * hostile input in mind: a bound, not a parser.
 */
#ifndef BENCH_EXTRACT_H
#define BENCH_EXTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hash.h"

struct extract {
	bool in_record, leaf;
	char text[1024], key[8192];
	size_t n_text, n_key;
	unsigned char address[16];
	uint64_t count;
	struct map verdicts;
	uint64_t checksum, messages; /* of all records: what is not used would not be computed */
};

void extract_start(struct extract *x, const char *name);
void extract_text(struct extract *x, const char *text, size_t n);
void extract_end(struct extract *x, const char *name);

#endif

/*
 * csv.h - of the catalogue and of rules: comma-separated lines (RFC 4180) from memory.
 *
 *	struct csv_reader r;
 *	csv_open(&r, "own.csv", text, n);
 *	while ((st = csv_next(&r, &arena, &err)) == ST_OK && r.n > 0)
 *		... r.fields[0..r.n), r.line ...
 *
 * Blank lines and lines that begin with # are passed over, and so is a byte order mark. A field is
 * clean UTF-8 of one line: control bytes, line breaks inside quotes included, are refused.
 */
#ifndef REPORT_CATALOGUE_CSV_H
#define REPORT_CATALOGUE_CSV_H

#include "core/arena.h"

#define CSV_FIELDS 32   /* a line; a catalogue has 22 columns */
#define CSV_FIELD  4096 /* octets of a field */

struct csv_reader {
	const char *file; /* for complaints; borrowed, like the text */
	const char *at, *end;
	unsigned line; /* of the fields, from 1 */
	const char *fields[CSV_FIELDS];
	unsigned n; /* 0: the text is at its end */
};

void csv_open(struct csv_reader *r, const char *file, const char *text, size_t n);

/* The fields of the next line, in a. ST_FATAL: "FILE:LINE: what is wrong". */
enum status csv_next(struct csv_reader *r, struct arena *a, struct err *err) MUST_CHECK;

#endif

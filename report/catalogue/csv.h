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

#include <stdbool.h>

#include "core/arena.h"

#define CSV_FIELDS 32   /* a line; a catalogue has 22 columns */
#define CSV_FIELD  4096 /* octets of a field */

struct csv_reader {
	const char *file; /* for complaints; borrowed, like the text */
	const char *at, *end;
	unsigned line; /* of the fields, from 1 */
	const char *fields[CSV_FIELDS];
	unsigned n; /* 0: the text is at its end */
	/* after csv_columns(): its names; of each the index of its field, or -1; fields of a line
	 */
	const char *const *columns;
	int place[CSV_FIELDS];
	unsigned width;
};

void csv_open(struct csv_reader *r, const char *file, const char *text, size_t n);

/* The fields of the next line, in a. ST_FATAL: "FILE:LINE: what is wrong". */
enum status csv_next(struct csv_reader *r, struct arena *a, struct err *err) MUST_CHECK;

/* The line that was read last names the columns: in any case and order each of names[0..n), n up to
 * CSV_FIELDS, at most once, and no others. names is borrowed. */
enum status csv_columns(struct csv_reader *r, const char *const *names, int n,
			struct err *err) MUST_CHECK;
bool csv_has(const struct csv_reader *r, int column);
/* What the line that was read last has in the column; "" when the column is not there. */
const char *csv_field(const struct csv_reader *r, int column);

/* ST_FATAL, and "FILE:LINE: " in front of what is wrong with the line that was read last. */
enum status csv_complain(const struct csv_reader *r, struct err *err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#endif

/*
 * table.h - private to this wing: cells of a table in columns, and wrapped sentences.
 */
#ifndef REPORT_RENDER_TABLE_H
#define REPORT_RENDER_TABLE_H

#include "report/render/render.h"

void put_spaces(struct buf *out, size_t n);

/* s made harmless and cut to width columns; filled up to it when pad. Returns columns taken. */
size_t put_text_cell(struct buf *out, const struct text_style *style, const char *s, size_t width,
		     bool pad);

/* 812,345; in put_count_cell right-aligned in width columns. */
void put_count(struct buf *out, uint64_t v);
void put_count_cell(struct buf *out, uint64_t v, size_t width);
size_t count_width(uint64_t v);

/* Right-aligned: 100%, 99.9%, "-" of nothing. Never 100 % when something is missing, never 0 % when
 * there is something. */
void put_percent_cell(struct buf *out, uint64_t part, uint64_t whole, size_t width, int decimals);

/* Blanks at the end of the last line go; then a newline. */
void put_line_end(struct buf *out);

/* What a line may take: at least 80 columns, at most 200. */
size_t line_width(const struct text_style *style);

/* A name whole, filled up to width columns; one that is longer takes a line of its own, and the
 * next begins as far to the right. */
void put_name_cell(struct buf *out, const struct text_style *style, const char *name, size_t indent,
		   size_t width);

/* What came from outside, clean of what terminals obey, as put_wrapped() has it; without UTF-8
 * other characters become "?". */
void put_clean_wrapped(struct buf *out, const struct text_style *style, const char *text,
		       size_t column, size_t indent);

/* Sentences in lines of at most width columns, the first after what stands on the line already (at
 * column), the others indented; a word that is longer than a line is broken. Text without control
 * characters only. Returns the column. */
size_t put_wrapped(struct buf *out, const char *text, size_t column, size_t indent, size_t width);

/* A cell of CSV (RFC 4180), that no spreadsheet takes for a formula (csv.c). */
void put_csv_cell(struct buf *out, const char *s);

#endif

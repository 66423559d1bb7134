/*
 * clean.h - text of any making as plain text: character sets, HTML, encodings that were forgotten
 * in it, and addresses of persons struck out. Pure.
 */
#ifndef INGEST_BOUNCE_CLEAN_H
#define INGEST_BOUNCE_CLEAN_H

#include "core/arena.h"
#include "core/buf.h"
#include "ingest/bounce/span.h"

/*
 * s as UTF-8. charset as a mail declares it ("iso-2022-jp"), "" or NULL when it does not: then it
 * is UTF-8 if it can be, else Latin-1. What cannot be read becomes U+FFFD; NULs go.
 */
void clean_charset(struct buf *out, struct span s, const char *charset);

/* The words of an HTML document: tags gone, line breaks where it had them, entities resolved. */
void clean_html(struct buf *out, struct span s);

/*
 * One line of clean text: what quoted-printable, HTML entities, a literal "\n" left in it undone,
 * control characters and blanks made one blank each. At most LIMIT_BOUNCE_TEXT octets.
 */
struct span clean_line(struct arena *a, struct span s);

/*
 * text with each local part of an address replaced by "*", but for the names of offices
 * (postmaster@), and each of the n known words (local parts of this message) wherever it stands.
 */
const char *clean_strike(struct arena *a, struct span text, const struct span *known, size_t n);

/* The names of offices: a local part that belongs to no person. */
bool clean_is_office(struct span local);

#endif

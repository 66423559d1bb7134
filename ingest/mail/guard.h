/*
 * guard.h - makes a mail safe for a MIME library, before it sees a byte.
 *
 * The library's address parser recurses per group and its tree grows per part. So: a header field
 * (name, value and folded lines) longer than LIMIT_HEADER_BYTES loses its value, wherever it
 * stands, because a mail in the mail has headers too; and the mail is cut where the delimiter line
 * of one part too many stands, or one line too many that looks like a header field, or where "--"
 * at the start of lines would be held to open boundaries for too long. One pass each, in place;
 * nothing is moved.
 *
 *	n = mime_guard(mail, n, limits->mime_parts, &over);
 */
#ifndef INGEST_MAIL_GUARD_H
#define INGEST_MAIL_GUARD_H

#include <stddef.h>
#include <stdint.h>

#define GUARD_FIELDS_MAX 20000 /* the library spends half a KiB on each; real mails have 100 */

enum guard_verdict { GUARD_FITS, GUARD_PARTS, GUARD_FIELDS, GUARD_OPEN };

/* Returns how much of p[0..n) may be parsed; *over tells why that is less than n. */
size_t mime_guard(uint8_t *p, size_t n, uint64_t max_parts, enum guard_verdict *over);

#endif

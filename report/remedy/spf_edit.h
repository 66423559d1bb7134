/*
 * spf_edit.h - changes to the text of an SPF record (RFC 7208 section 12). Pure.
 *
 * What the owner wrote stays as it is, byte by byte; only what must change changes. Nothing here
 * knows whether the result is right: who proposes it evaluates it first (remedy.h).
 *
 *	record = spf_edit_add(a, "v=spf1 +mx ~all", &"ip4:192.0.2.7", 1);
 *	->	"v=spf1 +ip4:192.0.2.7 +mx ~all"
 */
#ifndef REPORT_REMEDY_SPF_EDIT_H
#define REPORT_REMEDY_SPF_EDIT_H

#include "core/arena.h"
#include "core/buf.h"

#define SPF_STRING_MAX 255 /* octets of a character-string in TXT (RFC 1035 section 3.3) */
#define SPF_EDIT_WIDE  16  /* bits: no owner of a mail server has a wider IPv4 network */

/* Add mechanisms: networks after those that stand there, else first, where they cost nothing; the
 * others before "all" or "redirect=". With "+" when the owner writes it. */
const char *spf_edit_add(struct arena *a, const char *record, const char *const *mechanisms,
			 size_t n);

/* Without the n-th term (0: the first after v=spf1). */
const char *spf_edit_drop(struct arena *a, const char *record, size_t term);

/* With another mechanism in the place of the n-th term, whose qualifier stays. */
const char *spf_edit_replace(struct arena *a, const char *record, size_t term, const char *with);

/* Several records as one: the mechanisms of all, each once, and at the end the mildest "all", but
 * ~all at least. *why: which was taken, where they differ; else NULL. NULL: they cannot be put
 * together. */
const char *spf_edit_merge(struct arena *a, const char *const *records, size_t n, const char **why);

/* A text that is no SPF record for its first word alone ("v=spf1;", "spf1 ", quotes in it), as it
 * was meant; NULL: it is a record, or something else. */
const char *spf_edit_attempt(struct arena *a, const char *text);

/*
 * Slips of the pen that make a record an error, or terms of it count for nothing: "ip:192.0.2.7"
 * for ip4:, "include=x" for include:, a blank behind a colon, quotes, commas, a second v=spf1,
 * terms behind "all", words that are no term. *what says what was mended; NULL: nothing, and the
 * record is returned.
 */
const char *spf_edit_mend(struct arena *a, const char *record, const char **what);

/* "ip4:192.0.2.7/8" as the host that it names. *what: what was wrong; NULL: nothing, and the record
 * is returned. */
const char *spf_edit_narrow(struct arena *a, const char *record, const char **what);

/* With another qualifier at "all" ('~'), which is added where there is none and no redirect. */
const char *spf_edit_close(struct arena *a, const char *record, char qualifier);

/* A new record of these mechanisms; "~all", since DMARC decides about what fails. */
const char *spf_edit_new(struct arena *a, const char *const *mechanisms, size_t n);

/* As it stands in a zone file: "..." strings of at most 255 octets, which join without anything
 * between. */
void spf_edit_quote(struct buf *out, const char *record);

#endif

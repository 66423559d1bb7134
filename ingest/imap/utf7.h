/*
 * utf7.h - names of IMAP folders: modified UTF-7 (RFC 3501 5.1.3).
 *
 *	"Entw\u00fcrfe & mehr"  <->  "Entw&APw-rfe &- mehr"
 */
#ifndef INGEST_IMAP_UTF7_H
#define INGEST_IMAP_UTF7_H

#include <stdbool.h>

#include "core/buf.h"

/* Append name to out. false: it is no UTF-8, empty, or holds a control character; nothing that
 * could end a line of the protocol comes through. */
bool utf7_encode(const char *name, struct buf *out);

/* The other way. false: s is not in the one form that utf7_encode() gives. */
bool utf7_decode(const char *s, size_t n, struct buf *out);

#endif

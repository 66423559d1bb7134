/*
 * pkcs7.h - the content inside a PKCS #7 signed-data (opaque S/MIME; RFC 5652 section 5).
 *
 * Reads just enough BER to get at it: definite and indefinite lengths, an octet string whole or in
 * pieces. The signature is not looked at. Pure.
 */
#ifndef INGEST_MAIL_PKCS7_H
#define INGEST_MAIL_PKCS7_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

/* Append the content to out. false: damaged, or there is none. */
bool pkcs7_content(const uint8_t *p, size_t n, struct buf *out);

/* Is there none by intent: a signature of what stands beside it (clear-signed mail)? */
bool pkcs7_is_detached(const uint8_t *p, size_t n);

#endif

/*
 * pkcs7.h - the content inside a PKCS #7 signed-data (opaque S/MIME; RFC 5652 section 5).
 *
 * Reads just enough BER to get at it: definite and indefinite lengths, an octet string whole or in
 * pieces. The signature is not looked at. Pure.
 */
#ifndef INGEST_PKCS7_H
#define INGEST_PKCS7_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

/* Append the content to out. false: damaged, or there is none (a detached signature). */
bool pkcs7_content(const uint8_t *p, size_t n, struct buf *out);

#endif

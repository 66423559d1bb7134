/*
 * base64.h - RFC 4648 section 4, with blanks and folding anywhere in it.
 */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASE64_ROOM(n) ((n) / 4 * 3 + 3) /* octets that n characters decode to, at most */

/* s[0..n) to out, which has room for BASE64_ROOM(n). false: another character, or the padding is
 * wrong. */
bool base64_decode(const char *s, size_t n, uint8_t *out, size_t *n_out);

#endif

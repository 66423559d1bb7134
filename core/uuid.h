/*
 * uuid.h - names that stay the same: UUID version 5 (RFC 9562 section 5.5) in the namespace of
 * URLs.
 */
#ifndef CORE_UUID_H
#define CORE_UUID_H

#include <stddef.h>

#define UUID_SIZE 37 /* with its NUL */

/* The UUID of name[0..n), in small letters. Returns out. */
const char *uuid_of_name(const void *name, size_t n, char out[UUID_SIZE]);

#endif

/*
 * snapshot.h - CONTRACT 3: an answer of DNS between dns, which reads it, and db, which keeps it.
 */
#ifndef CORE_SNAPSHOT_H
#define CORE_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

struct snapshot_row {
	const char *name;    /* lower case, no trailing dot */
	int type;            /* number of RFC 1035 */
	const char *outcome; /* dns/ask/answer.h: "ok", "nxdomain", "timeout" ... */
	const void *message; /* the response as it came (RFC 1035 section 4); len 0: none came */
	size_t len;
	int64_t asked_at; /* seconds since 1970 */
};

#endif

/*
 * snapshot.h - CONTRACT 3: an answer of DNS between dns, which reads it, and db, which keeps it.
 */
#ifndef CORE_SNAPSHOT_H
#define CORE_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

struct snapshot_row {
	const char *name; /* lower case, no trailing dot */
	int type;         /* number of RFC 1035 */
	const char
	    *outcome; /* dns/ask/answer.h: "ok", "nxdomain" ...; a failure: nothing better came */
	const void *message; /* the response as it came (RFC 1035 section 4); len 0: none came */
	size_t len;
	int64_t asked_at;    /* seconds since 1970 */
	const char *failed;  /* how asking failed since then, "timeout" ...; NULL: it did not */
	int64_t failed_at;   /* seconds since 1970 */
	const char *servers; /* that were asked when it failed; NULL: as failed, or not known */
};

/* The name and type of a row that is no answer: servers that answered nothing at all. */
#define SNAPSHOT_SILENCE_NAME ""
#define SNAPSHOT_SILENCE_TYPE 2

#endif

/*
 * signature.h - a DKIM-Signature field, read (RFC 6376 section 3.5). Pure.
 */
#ifndef INGEST_AUTH_SIGNATURE_H
#define INGEST_AUTH_SIGNATURE_H

#include <stdint.h>

#include "core/domain.h"
#include "ingest/auth/canon.h"
#include "ingest/auth/field.h"

struct word {
	const char *p;
	size_t n;
};

struct signature {
	const struct field *field;
	char domain[DOMAIN_SIZE]; /* d= */
	char key[DOMAIN_SIZE];    /* the name under which its key is published */
	bool ed25519;             /* else rsa-sha256 */
	bool below;               /* i= is of a name below d= */
	enum canon header, body;
	int64_t signed_at, expires; /* t=, x=; -1: not there */
	const struct word *fields;  /* h= */
	size_t n_fields;
	uint8_t body_hash[32];
	const uint8_t *value; /* b= */
	size_t n_value;
	const char *hole,
	    *hole_end; /* where b= stands in the field: it was empty when it was signed */
};

/* false: it is no signature that may count, whatever its key: damaged, another algorithm, l=, or
 * From is not signed. Strings go into a. */
bool signature_read(const struct field *f, const struct name_rules *rules, struct arena *a,
		    struct signature *out);

/* How many fields of this name it covers, from the last one up. */
size_t signature_covers(const struct signature *s, const char *name);

#endif

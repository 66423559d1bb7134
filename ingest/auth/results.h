/*
 * results.h - Authentication-Results of a server that is trusted (RFC 8601). Pure.
 */
#ifndef INGEST_AUTH_RESULTS_H
#define INGEST_AUTH_RESULTS_H

#include "core/domain.h"
#include "ingest/auth/authenticate.h"
#include "ingest/auth/field.h"

enum results_verdict {
	RESULTS_NOTHING, /* nobody who is trusted says anything of DMARC */
	RESULTS_PASS,
	RESULTS_FAIL
};

/*
 * What the topmost field of a trusted authserv-id says of DMARC for the author's domain, as long as
 * no Received of another host stands above it: what is below came with the mail.
 */
enum results_verdict results_read(const struct auth_options *o, const struct name_rules *rules,
				  const struct header *h, const char *from);

/* What value[0..n) says, and of whom. *trusted = false: its authserv-id is none of ours. */
enum results_verdict results_field(const struct auth_options *o, const struct name_rules *rules,
				   const char *value, size_t n, const char *from, bool *trusted);

#endif

/*
 * document.h - a stored report as a document again.
 *
 * The bytes that a report came in are not kept; its values are, all of them. Out of those a
 * document is made (RFC 9990, Appendix A) that is read as the same report: same identity, same
 * content. Only marks of how a value was spelt are not all brought back.
 */
#ifndef DB_STORE_DOCUMENT_H
#define DB_STORE_DOCUMENT_H

#include <stdint.h>
#include <stdio.h>

#include "db/pg/db.h"

/* Written to out. ST_RETRY: it cannot be written there, or the report is not there. */
enum status document_write(struct db *db, int64_t domain_id, int32_t day, int64_t report_id,
			   FILE *out, struct err *err) MUST_CHECK;

#endif

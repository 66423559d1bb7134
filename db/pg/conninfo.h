/*
 * conninfo.h - a connection string for somebody else's argument list, which every user can read.
 *
 *	struct buf public;
 *	buf_init(&public, 64 * KIB);
 *	st = conninfo_hide("postgresql://me:secret@db/x", &public, &err);
 *	// public is user='me' host='db' dbname='x', and PGPASSWORD is set for our children
 */
#ifndef DB_PG_CONNINFO_H
#define DB_PG_CONNINFO_H

#include "core/buf.h"
#include "core/err.h"

/*
 * Append conninfo without its secrets to out; they go to our own environment. What has no variable
 * there (sslpassword) is left out with a warning. ST_FATAL: conninfo cannot be read.
 */
enum status conninfo_hide(const char *conninfo, struct buf *out, struct err *err) MUST_CHECK;

#endif

#include "db/pg/conninfo.h"

#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "db/pg/pg.h"

/* libpq's own rule: a string without these is the name of a database. */
static bool is_name(const char *s)
{
	return !strchr(s, '=') && strncmp(s, "postgresql://", 13) != 0 &&
	       strncmp(s, "postgres://", 11) != 0;
}

static void put_option(struct buf *out, const char *key, const char *value)
{
	buf_printf(out, "%s%s='", out->len ? " " : "", key);
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *value);
	}
	buf_putc(out, '\'');
}

static void hide(const PQconninfoOption *o)
{
	if (o->envvar)
		setenv(o->envvar, o->val, 1);
	else
		log_warn("%s has no place in the environment and is left out", o->keyword);
}

enum status conninfo_hide(const char *conninfo, struct buf *out, struct err *err)
{
	char *msg = NULL;
	if (is_name(conninfo)) {
		buf_puts(out, conninfo);
		return ST_OK;
	}
	PQconninfoOption *options = PQconninfoParse(conninfo, &msg);
	if (!options) {
		size_t n = msg ? strcspn(msg, "\n") : 0;
		enum status st = err_set(err, ST_FATAL, "database: %.*s", (int)n, msg ? msg : "");
		PQfreemem(msg);
		return st;
	}
	for (const PQconninfoOption *o = options; o->keyword; o++) {
		if (!o->val)
			continue;
		if (o->dispchar[0] == '*')
			hide(o);
		else
			put_option(out, o->keyword, o->val);
	}
	PQconninfoFree(options);
	return ST_OK;
}

void conninfo_of(PGconn *conn, struct buf *out)
{
	PQconninfoOption *options = PQconninfo(conn);
	if (!options)
		mem_die();
	for (PQconninfoOption *o = options; o->keyword; o++)
		if (o->val && *o->val)
			put_option(out, o->keyword, o->val);
	PQconninfoFree(options);
}

/* ruascope db status: where the database is, what is in it, how large it is, how fast it was
 * filled. */
#include <getopt.h>
#include <stdio.h>

#include "cli/app/app.h"
#include "cli/command/commands.h"
#include "core/day.h"
#include "core/json.h"
#include "core/log.h"
#include "db/migrate.h"
#include "db/status.h"

/* A number to the right of a column. */
static void put_cell(struct buf *b, uint64_t v)
{
	struct buf cell;
	buf_init(&cell, 64);
	put_number(&cell, v);
	buf_printf(b, "%18.*s", (int)cell.len, cell.data);
	buf_free(&cell);
}

static void put_tables(struct buf *b, const struct db_status *s)
{
	buf_printf(b, "\n%-15s%18s\n", "table", "bytes");
	for (size_t i = 0; i < s->n_tables; i++) {
		buf_printf(b, "%-15s", s->tables[i].name);
		put_cell(b, s->tables[i].bytes);
		buf_putc(b, '\n');
	}
}

static void put_months(struct buf *b, const struct db_status *s)
{
	char month[DAY_STRLEN];
	if (s->n_months > 0)
		buf_printf(b, "\n%-15s%18s%18s%18s\n", "month", "records", "messages", "bytes");
	for (size_t i = 0; i < s->n_months; i++) {
		buf_printf(b, "%-15s", month_format(s->months[i].month, month));
		put_cell(b, s->months[i].records);
		put_cell(b, s->months[i].messages);
		put_cell(b, s->months[i].bytes);
		buf_putc(b, '\n');
	}
}

/* Reports that are still stored, by the time of the whole run. */
static double rate_of(const struct status_run *r)
{
	return r->seconds > 0 ? (double)r->records / r->seconds : 0;
}

static void put_runs(struct buf *b, const struct db_status *s)
{
	if (s->n_last_runs > 0)
		buf_printf(b, "\n%-22s%11s%18s%18s%18s\n", "run, started", "seconds", "reports",
			   "records", "records/s");
	for (size_t i = 0; i < s->n_last_runs; i++) {
		const struct status_run *r = &s->last_runs[i];
		buf_printf(b, "%-22s%11.1f", r->started, r->seconds);
		put_cell(b, r->reports);
		put_cell(b, r->records);
		put_cell(b, (uint64_t)rate_of(r));
		buf_puts(b, r->finished ? "\n" : "  not finished\n");
	}
}

static void status_text(const struct db_status *s)
{
	struct buf b;
	char oldest[DAY_STRLEN], newest[DAY_STRLEN];
	const struct {
		const char *name;
		uint64_t n;
	} counts[] = {
	    {"domains", s->domains}, {"reporters", s->reporters},     {"reports", s->reports},
	    {"records", s->records}, {"messages", s->messages},       {"profiles", s->profiles},
	    {"runs", s->runs},       {"quarantined", s->quarantined}, {"bytes on disk", s->bytes},
	};
	buf_init(&b, MIB);
	buf_puts(&b, "database       ");
	put_text(&b, s->conninfo);
	buf_puts(&b, "\nserver         PostgreSQL ");
	put_text(&b, s->server_version);
	buf_printf(&b, "\nschema         version %d of %d\n", s->schema_version, migrate_latest());
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		buf_printf(&b, "%-15s", counts[i].name);
		put_number(&b, counts[i].n);
		buf_putc(&b, '\n');
	}
	if (s->any)
		buf_printf(&b, "days           %s to %s\n", day_format(s->oldest, oldest),
			   day_format(s->newest, newest));
	put_tables(&b, s);
	put_months(&b, s);
	put_runs(&b, s);
	print_buf(&b);
	buf_free(&b);
}

static void put_day(struct json *j, const char *key, bool any, int32_t day)
{
	char text[DAY_STRLEN];
	json_key(j, key);
	json_string(j, any ? day_format(day, text) : NULL);
}

static void put_run(struct json *j, const struct status_run *r)
{
	json_object(j);
	json_key(j, "run"), json_int(j, r->id);
	json_key(j, "what"), json_string(j, r->what);
	json_key(j, "started"), json_string(j, r->started);
	json_key(j, "finished"), json_string(j, r->finished);
	json_key(j, "inputs");
	if (r->counted)
		json_uint(j, r->inputs);
	else
		json_null(j);
	json_key(j, "reports"), json_uint(j, r->reports);
	json_key(j, "records"), json_uint(j, r->records);
	json_key(j, "seconds"), json_fixed(j, r->seconds, 3);
	json_key(j, "records_per_second"), json_uint(j, (uint64_t)rate_of(r));
	json_end(j);
}

static void put_lists(struct json *j, const struct db_status *s)
{
	char month[DAY_STRLEN];
	json_key(j, "tables"), json_array(j);
	for (size_t i = 0; i < s->n_tables; i++) {
		json_object(j);
		json_key(j, "table"), json_string(j, s->tables[i].name);
		json_key(j, "bytes"), json_uint(j, s->tables[i].bytes);
		json_end(j);
	}
	json_end(j);
	json_key(j, "months"), json_array(j);
	for (size_t i = 0; i < s->n_months; i++) {
		json_object(j);
		json_key(j, "month"), json_string(j, month_format(s->months[i].month, month));
		json_key(j, "records"), json_uint(j, s->months[i].records);
		json_key(j, "messages"), json_uint(j, s->months[i].messages);
		json_key(j, "bytes"), json_uint(j, s->months[i].bytes);
		json_end(j);
	}
	json_end(j);
	json_key(j, "last_runs"), json_array(j);
	for (size_t i = 0; i < s->n_last_runs; i++)
		put_run(j, &s->last_runs[i]);
	json_end(j);
}

static void status_json(const struct db_status *s)
{
	struct buf b;
	struct json j;
	const struct {
		const char *name;
		uint64_t n;
	} counts[] = {
	    {"domains", s->domains}, {"reporters", s->reporters},     {"reports", s->reports},
	    {"records", s->records}, {"messages", s->messages},       {"profiles", s->profiles},
	    {"runs", s->runs},       {"quarantined", s->quarantined}, {"bytes", s->bytes},
	};
	buf_init(&b, MIB);
	json_init(&j, &b);
	json_object(&j);
	json_key(&j, "schema"), json_string(&j, "ruascope.status/1");
	json_key(&j, "database"), json_string(&j, s->conninfo);
	json_key(&j, "server_version"), json_string(&j, s->server_version);
	json_key(&j, "schema_version"), json_int(&j, s->schema_version);
	json_key(&j, "schema_latest"), json_int(&j, migrate_latest());
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		json_key(&j, counts[i].name), json_uint(&j, counts[i].n);
	json_key(&j, "outcomes");
	json_object(&j);
	for (int i = 0; i < OUT_COUNT; i++)
		json_key(&j, outcome_names[i]), json_uint(&j, s->ledger[i]);
	json_end(&j);
	put_day(&j, "oldest", s->any, s->oldest);
	put_day(&j, "newest", s->any, s->newest);
	put_lists(&j, s);
	json_end(&j);
	buf_putc(&b, '\n');
	print_buf(&b);
	buf_free(&b);
}

int cmd_db_status(struct app *app, int argc, char **argv)
{
	struct err err;
	struct db_status s;
	struct arena a = {0};
	bool as_json;
	int version, to;
	int rc = format_option_only(app, argc, argv, &as_json);
	if (rc == EXIT_OK && optind < argc)
		rc = usage_error(app, "unexpected \"%s\"", argv[optind]);
	if (rc == EXIT_OK)
		rc = app_open(app);
	if (rc != EXIT_OK)
		return rc;
	enum status st = app->is_private ? migrate_run(app->db, &version, &to, &err)
					 : migrate_check(app->db, &err);
	if (st == ST_OK)
		st = db_status_read(app->db, &a, &s, &err);
	if (st == ST_FATAL) {
		log_error("%s", err.msg);
		rc = EXIT_CONFIG;
	} else if (st != ST_OK) {
		rc = app_fail(st, &err);
	} else if (as_json) {
		status_json(&s);
	} else {
		status_text(&s);
	}
	arena_free(&a);
	return rc;
}

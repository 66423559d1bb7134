/*
 * app.h - what every command shares: exit codes, the command table's row, the application.
 *
 * A command is a function in a file of its own and a row in main.c. It reads its options first, so
 * that a mistyped one costs nothing, then calls app_open(), which provides what the row says it
 * needs. Results go to stdout; main() checks that they arrived.
 *
 * The wing app/: what commands share: the database, DNS, facts, senders, options, output. It may
 * include config/.
 */
#ifndef CLI_APP_APP_H
#define CLI_APP_APP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/config/config.h"
#include "core/buf.h"
#include "core/domain.h"
#include "core/err.h"
#include "core/facts.h"
#include "core/limits.h"
#include "db/cluster/cluster.h"
#include "db/pg/db.h"

/* sysexits.h, those that we use; docs/ and scripts know them by number. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_USAGE = 64,
	EXIT_SOME_SET_ASIDE = 65,
	EXIT_NO_DATABASE = 69,
	EXIT_INTERNAL = 70,
	EXIT_NOT_OURS = 73, /* a directory with files that we did not make */
	EXIT_OUTPUT = 74,
	EXIT_TRY_LATER = 75,
	EXIT_CONFIG = 78,
};

enum need {
	NEED_NOTHING,
	NEED_DB,     /* connected, and the schema is the one we want */
	NEED_DB_ANY, /* connected, whatever the schema */
};

struct app;

struct command {
	const char *name; /* one word, or two: "db migrate" */
	enum need need;
	/* argv[0] is the command; options are read with getopt_long from argv[1] on. */
	int (*run)(struct app *app, int argc, char **argv);
	const char *arguments, *summary;
};

struct app {
	const struct command *command;
	const char *config_path; /* --config, or NULL */
	const char *db_option;   /* --db, or NULL */
	const char *dns_server;
	bool offline;
	int verbosity; /* -v: 1, -q: -1 */
	struct config config;

	/* After app_open(): */
	const char *conninfo; /* how to connect once more */
	bool is_private;      /* the private cluster */
	struct db *db;        /* one connection, already made */

	struct cluster *cluster;
	char *conninfo_owned;
};

/* Set by SIGINT and SIGTERM; commands that take long look at it. */
extern atomic_bool app_interrupted;
void app_catch_signals(void); /* the second signal kills as usual */

/* Which database it would be: *conninfo is NULL for the private cluster (db.c). */
void app_choose_db(const struct app *app, const char **conninfo);

/* What the row asks for. Returns an exit code; complains itself. */
int app_open(struct app *app);
void app_close(struct app *app);

/* Another connection, for a worker. */
enum status app_connect(struct app *app, struct db **out, struct err *err) MUST_CHECK;

/* The database was lost: start the private cluster if that is what is down. */
enum status app_revive(struct app *app, struct err *err) MUST_CHECK;

struct catalogue;

/* The services known: those built in and those of the configured file. ST_FATAL: "FILE:LINE: ...".
 */
enum status app_catalogue(const struct app *app, const struct name_rules *rules,
			  struct catalogue **out, struct err *err) MUST_CHECK;
enum status app_catalogue_file(const char *path, const struct name_rules *rules,
			       struct catalogue **out, struct err *err) MUST_CHECK;

struct bounce_rules;

/* The wordings of refusals, likewise: those built in and those of path, or with NULL of the
 * configured file. */
enum status app_bounce_rules(const struct app *app, const char *path, struct bounce_rules **out,
			     struct err *err) MUST_CHECK;

/* The exit code for a private cluster that is refused, cannot be had, or is in use; told on stderr.
 */
int app_no_cluster(enum status st, const struct err *err);

/* The exit code for a failure in the middle of work, told on stderr. */
int app_fail(enum status st, const struct err *err);

/* "ruascope ingest: what is wrong" on stderr, and EXIT_USAGE. */
int usage_error(const struct app *app, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same with one line and no pointer to the help: the words were right, what they ask for is not
 * to be done. */
int refuse(const struct app *app, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* After getopt_long gave '?' or ':' with opterr = 0. Names the nearest option of the help. */
int bad_option(const struct app *app, char **argv, int c);

/* Nonexistent PATH arguments are refused before anything is read ("-" is stdin). */
int check_paths(const struct app *app, char **paths, int n);

/* ---- options that several commands take (options.c) ---- */

/* "10", "64K", "1M", "2G": a positive number. */
bool parse_size(const char *s, uint64_t *out);

/* The --max-... options: rows for a long-option table, and what to do when one was met. */
enum { OPT_LIMITS = 1000, OPT_LIMITS_END = OPT_LIMITS + 14 };
// clang-format off
#define LIMIT_OPTIONS \
	{"max-mail-bytes", required_argument, NULL, OPT_LIMITS}, \
	{"max-report-bytes", required_argument, NULL, OPT_LIMITS + 1}, \
	{"max-container-bytes", required_argument, NULL, OPT_LIMITS + 2}, \
	{"max-zip-members", required_argument, NULL, OPT_LIMITS + 3}, \
	{"max-mime-parts", required_argument, NULL, OPT_LIMITS + 4}, \
	{"max-records", required_argument, NULL, OPT_LIMITS + 5}, \
	{"max-mbox-mails", required_argument, NULL, OPT_LIMITS + 6}, \
	{"max-documents", required_argument, NULL, OPT_LIMITS + 7}, \
	{"max-months", required_argument, NULL, OPT_LIMITS + 8}, \
	{"max-span", required_argument, NULL, OPT_LIMITS + 9}, \
	{"first-month", required_argument, NULL, OPT_LIMITS + 10}, \
	{"max-memory", required_argument, NULL, OPT_LIMITS + 11}, \
	{"max-quarantine-bytes", required_argument, NULL, OPT_LIMITS + 12}, \
	{"max-ratio", required_argument, NULL, OPT_LIMITS + 13}
// clang-format on
/* "The quarantine is full" on stderr: for load_quarantine(). */
void tell_trimmed(uint64_t dropped, uint64_t max);

/* false: complained, usage error. */
bool limit_option(const struct app *app, struct limits *limits, int option, const char *value);

/* --month, or --since and --until; all NULL: the last complete month. */
struct period_options {
	const char *month, *since, *until;
};

/* The window, and the one before it to compare with. false: complained, usage error. */
bool period_windows(const struct app *app, const struct period_options *o, struct window *now,
		    struct window *before);

/* -f of commands that know these two; false: complained, usage error. */
bool format_text_or_json(const struct app *app, const char *word, bool *as_json);

/* All options of a command that takes -f and -o and nothing else; optind is behind them. Exit code.
 */
int format_option_only(const struct app *app, int argc, char **argv, bool *as_json);

/* ---- output (output.c) ---- */

bool use_colour(void); /* stdout is a terminal and NO_COLOR is not set */

/* Append a number with thousands separated: 812,345. */
void put_number(struct buf *b, uint64_t v);

/* Append text from outside, safe for a terminal. */
void put_text(struct buf *b, const char *s);

/* -o FILE: what print_buf() gets is a whole document, and goes there. */
void output_to(const char *path);

/* All of b to stdout, or where output_to() said; main() finds out at the end whether it got there.
 */
void print_buf(const struct buf *b);
bool output_arrived(void); /* stdout is left aside */

/* How text is to look on stdout, or in a file when output is not NULL. */
struct text_style;
void text_style_of(const char *output, struct text_style *out);

/*
 * A file that is there whole or not at all: it is written beside its place and renamed at the end,
 * so that a run that fails leaves the old one. What is no plain file (/dev/null, a pipe) is written
 * as it is. Exit codes; they complain themselves.
 */
struct output {
	FILE *f;
	char *path, *beside; /* beside: NULL where nothing is to be renamed */
};
int output_open(const char *path, struct output *o);
int output_close(struct output *o, bool good); /* good false: leave what was there */

/* To path, or stdout when it is NULL or "-". Exit code; complains itself. */
int write_output(const char *path, const void *data, size_t n);

#endif

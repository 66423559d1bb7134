/*
 * fixture.h - what the tests of db/ share: a private cluster in a directory of its own, a fresh
 * database for each test, made-up reports, and a record of what was settled.
 */
#ifndef TESTS_DB_FIXTURE_H
#define TESTS_DB_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/day.h"
#include "core/facts.h"
#include "core/sink.h"
#include "db/load/load.h"
#include "db/pg/pg.h"
#include "tests/unit/check.h"

/* Run the tests in a child with a fresh XDG_DATA_HOME; afterwards, even when it crashed, stop the
 * server and remove the directory. Returns the exit code. */
int fixture_main(int (*tests)(void));

const char *fixture_home(void); /* XDG_DATA_HOME */
void fixture_fresh_home(void);  /* stop the server, if any, and use another directory */
void fixture_remove_home(void); /* of the last fixture_fresh_home() */

/* Group setup and teardown: hold the cluster. */
int fixture_acquire(void **state);
int fixture_release(void **state);

/* A database of its own with the schema; conninfo in a static buffer. */
const char *fixture_database(void);
const char *fixture_info(void); /* the last one's */
struct db *fixture_open(const char *conninfo);
pid_t fixture_postmaster(void); /* 0: none runs */

/* One value of a query; the query must give one row. */
int64_t fixture_int(struct db *db, const char *sql);
void fixture_text(struct db *db, const char *sql, char *out, size_t size);

/* What was settled. */
struct settled {
	uint64_t n, outcome[OUT_COUNT], records, messages;
	char reason[ERR_SIZE];
	const void *tickets[64]; /* the first of them, in order */
	enum outcome outcomes[64];
};

/* A loader that writes down what it settles. */
struct loading {
	struct db *db;
	struct loader *loader;
	struct sink *sink;
	struct settled settled;
};

void loading_open(struct loading *l, const char *conninfo, bool dry);
void loading_close(struct loading *l);
void loading_flush(struct loading *l);

/* A report made up from numbers: records 0..n, each with (seed + i) % profiles. */
struct made {
	const char *domain, *org, *id;
	int32_t day;
	uint64_t n;        /* records */
	unsigned profiles; /* 0: 1 */
	unsigned variant;  /* another one: same identity, other content */
	unsigned flags;    /* of each record */
	int64_t begin;     /* 0: of the day */
	const void *ticket;
	struct blob container;        /* size 0: the id */
	bool torn;                    /* abort instead of end */
	const struct authentic *auth; /* NULL: no mail */
};

#define DAY0     20000 /* 2024-10-04 */
#define all_days ((struct window){0, 100000})

/* The facts of one domain in one window. */
void fixture_facts(struct db *db, const char *domain, struct window w, struct arena *a,
		   struct domain_facts *f);

struct dmarc_profile fixture_profile(unsigned k);
enum status fixture_put(struct sink *sink, const struct made *m, struct err *err);
void put(struct loading *l, const struct made *m); /* must succeed */
void note(struct loading *l, const char *source, struct blob b, enum outcome o, const char *why);

#define CHECK_OK(call)                                                                             \
	do {                                                                                       \
		struct err err = {.msg = ""};                                                      \
		if ((call) != ST_OK)                                                               \
			fail_msg("%s: %s", #call, err.msg);                                        \
	} while (0)

#endif

/* Answers of DNS between runs: a failure stands beside an answer, never in its place. */
#include <stdio.h>
#include <string.h>

#include "db/store/snapshot.h"
#include "tests/db/fixture.h"

#define GOT 200
#define NOW INT64_C(1700000000)

struct step {
	const char *what, *outcome; /* of a question at NOW + at; NULL: only look */
	int64_t at;
	const char *want; /* "outcome message age", and "failed age servers" of a failure */
};

static const struct step answered_first[] = {
    {"an answer", "ok", 0, "ok [ok] 0"},
    {"it fails", "timeout", 10, "ok [ok] 0 | timeout 10 a"},
    {"and in another way", "servfail", 20, "ok [ok] 0 | servfail 20 a"},
    {"a failure that was slow to be kept", "refused", -5, "ok [ok] 0 | servfail 20 a"},
    {"a new answer", "nxdomain", 30, "nxdomain [nxdomain] 30"},
    {"an answer that was slow to be kept", "ok", 25, "nxdomain [nxdomain] 30"},
};

static const struct step failed_first[] = {
    {"never an answer", "servfail", 0, "servfail [servfail] 0 | servfail 0 a"},
    {"and again", "timeout", 10, "timeout [timeout] 10 | timeout 10 a"},
    {"an answer from before, of a run beside it", "ok", 5, "ok [ok] 5"},
    {"it fails", "malformed", 20, "ok [ok] 5 | malformed 20 a"},
};

static bool is_failure(const char *outcome)
{
	return strcmp(outcome, "ok") != 0 && strcmp(outcome, "nxdomain") != 0;
}

static void put_one(struct db *db, const struct step *s)
{
	struct snapshot_writer *w;
	CHECK_OK(snapshot_begin(db, &w, &err));
	snapshot_add(w, &(struct snapshot_row){.name = "a.example",
					       .type = 1,
					       .outcome = s->outcome,
					       .message = s->outcome,
					       .len = strlen(s->outcome),
					       .asked_at = NOW + s->at,
					       .servers = is_failure(s->outcome) ? "a" : NULL});
	CHECK_OK(snapshot_end(w, &err));
}

static void write_down(void *ctx, const struct snapshot_row *row)
{
	char *out = ctx;
	int n = snprintf(out, GOT, "%s [%.*s] %d", row->outcome, (int)row->len,
			 (const char *)row->message, (int)(row->asked_at - NOW));
	if (row->failed)
		snprintf(out + n, GOT - (size_t)n, " | %s %d %s", row->failed,
			 (int)(row->failed_at - NOW), row->servers);
}

static void run(struct db *db, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char got[GOT] = "";
		put_one(db, &steps[i]);
		CHECK_OK(snapshot_load(db, 0, write_down, got, &err));
		if (strcmp(got, steps[i].want) != 0)
			fail_msg("%s: %s", steps[i].what, got);
	}
	CHECK_OK(db_exec(db, "DELETE FROM dns_snapshot", &err));
}

static void test_failures(void **state)
{
	struct db *db = fixture_open(fixture_database());
	(void)state;
	run(db, answered_first, COUNT(answered_first));
	run(db, failed_first, COUNT(failed_first));
	db_close(db);
}

/* What stood there before there were failures beside answers, and what only a person put there. */
static void test_plain_rows(void **state)
{
	struct db *db = fixture_open(fixture_database());
	const struct step answer = {"", "ok", 1, ""};
	char got[GOT] = "";
	(void)state;
	CHECK_OK(db_exec(db,
			 "INSERT INTO dns_snapshot (name, type, outcome, message, asked_at) "
			 "VALUES ('a.example', 1, 'timeout', '', to_timestamp(1700000000))",
			 &err));
	CHECK_OK(snapshot_load(db, 0, write_down, got, &err));
	assert_string_equal(got, "timeout [] 0");
	put_one(db, &answer);
	CHECK_OK(snapshot_load(db, 0, write_down, got, &err));
	assert_string_equal(got, "ok [ok] 1");
	got[0] = '\0';
	CHECK_OK(snapshot_load(db, NOW + 2, write_down, got, &err));
	assert_string_equal(got, "");
	/* a clock that ran ahead once does not keep answers for ever */
	CHECK_OK(db_exec(db, "UPDATE dns_snapshot SET asked_at = now() + interval '1 year'", &err));
	put_one(db, &answer);
	CHECK_OK(snapshot_load(db, 0, write_down, got, &err));
	assert_string_equal(got, "ok [ok] 1");
	db_close(db);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_plain_rows),
	};
	return cmocka_run_group_tests(all, fixture_acquire, fixture_release);
}

int main(void)
{
	return fixture_main(tests);
}

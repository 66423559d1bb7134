/* Refused mail: counted once whatever it comes from, bounded, of known domains, and of no person.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "db/forget.h"
#include "db/prune.h"
#include "db/read/query.h"
#include "db/store/bounce.h"
#include "tests/db/fixture.h"

#define NOON ((int64_t)DAY0 * 86400 + 43200)

static struct db *with_domains(void)
{
	struct loading l;
	struct db *db = fixture_open(fixture_database());
	loading_open(&l, fixture_info(), false);
	put(&l, &(struct made){.domain = "a.example", .id = "1", .day = DAY0, .n = 1});
	put(&l, &(struct made){.domain = "b.example", .id = "2", .day = DAY0, .n = 1});
	loading_flush(&l);
	loading_close(&l);
	return db;
}

static struct bounce_row row(unsigned message, const char *class)
{
	struct bounce_row r = {
	    .domain = "a.example",
	    .at = NOON,
	    .message = {{(uint8_t)message, (uint8_t)(message >> 8), 1}},
	    .recipient = {{2}},
	    .says = {.class = class,
		     .rule = "gmail-unauth",
		     .ours = OURS_YES,
		     .code = 550,
		     .status = "5.7.26",
		     .phase = "data",
		     .reply = "550 5.7.26 \"quoted\" \\ and {braces}",
		     .receiver_host = "mx.gmail.example",
		     .receiver_org = "gmail.example",
		     .recipient_domain = "gmail.example",
		     .ip_source = "quoted",
		     .mail_from_domain = "a.example",
		     .header_from_domain = "a.example"},
	};
	assert_true(ip_parse("2001:db8::7", 11, &r.says.ip, NULL));
	return r;
}

static struct bounce_stored store(struct db *db, struct bounce_row *rows, size_t n)
{
	struct bounce_stored out = {0};
	for (size_t i = 0; i < n; i++)
		rows[i].account = &out;
	CHECK_OK(bounce_store(db, rows, n, &err));
	return out;
}

static struct domain_refusal *list(struct db *db, struct arena *a, size_t *n)
{
	struct domain_refusal *all;
	CHECK_OK(bounce_list(db, &(struct bounce_filter){0}, a, &all, n, &err));
	return all;
}

static void test_counted_once(void **state)
{
	(void)state;
	struct db *db = with_domains();
	struct arena a = {0};
	size_t n;
	struct bounce_row rows[] = {row(1, "auth_any"), row(2, "auth_any"), row(1, "auth_any"),
				    row(1, "mailbox_unknown"), row(3, "auth_any")};
	rows[4].domain = "nobody.example";
	rows[1].at += 60;
	struct bounce_stored s = store(db, rows, 5);
	assert_int_equal(s.stored, 3);
	assert_int_equal(s.duplicate, 1);
	assert_int_equal(s.foreign, 1);
	s = store(db, rows, 5);
	assert_int_equal(s.stored, 0);
	assert_int_equal(s.duplicate, 4);

	struct domain_refusal *all = list(db, &a, &n);
	assert_int_equal(n, 2);
	const struct fact_refusal *f = &all[0].says;
	assert_string_equal(all[0].domain, "a.example");
	assert_string_equal(f->class, "auth_any");
	assert_int_equal(f->count, 2);
	assert_int_equal(f->day, DAY0);
	assert_true(f->ours == OURS_YES && !f->by_us && !f->delayed && f->code == 550);
	assert_string_equal(f->reply, rows[0].says.reply);
	assert_string_equal(f->status, "5.7.26");
	assert_string_equal(f->receiver_org, "gmail.example");
	assert_int_equal(ip_cmp(&f->ip, &rows[0].says.ip), 0);
	assert_int_equal(fixture_int(db, "SELECT extract(epoch FROM last_at - first_at)::bigint "
					 "FROM bounce WHERE class = 'auth_any'"),
			 60);
	arena_free(&a);
	db_close(db);
}

/* A log without Message-IDs: what happens twice in a second is one, what differs in a word is two.
 */
static void test_no_message(void **state)
{
	(void)state;
	struct db *db = with_domains();
	struct bounce_row rows[] = {row(0, "relay_denied"), row(0, "relay_denied"),
				    row(0, "relay_denied"), row(0, "relay_denied")};
	for (size_t i = 0; i < 4; i++)
		rows[i].message = (struct digest){{0}};
	rows[2].at++;
	rows[3].says.recipient_domain = NULL;
	rows[3].says.ip.family = 0;
	struct bounce_stored s = store(db, rows, 4);
	assert_int_equal(s.stored, 3);
	assert_int_equal(s.duplicate, 1);
	db_close(db);
}

/* Nobody who reads bounce_seen can ask whether an address that he guesses is in it. */
static void test_keyed(void **state)
{
	(void)state;
	struct db *one = with_domains(), *two;
	struct bounce_row r = row(1, "auth_any");
	char keys[2][64];
	store(one, &r, 1);
	fixture_text(one, "SELECT encode(key, 'hex') FROM bounce_seen", keys[0], sizeof keys[0]);
	two = with_domains();
	store(two, &r, 1);
	fixture_text(two, "SELECT encode(key, 'hex') FROM bounce_seen", keys[1], sizeof keys[1]);
	assert_string_not_equal(keys[0], keys[1]);
	assert_int_equal(fixture_int(two, "SELECT octet_length(secret) FROM bounce_secret"), 32);
	db_close(one);
	db_close(two);
}

/* A stranger who makes up receivers fills a day no further than its ceiling; all of it counts. */
static void test_ceiling(void **state)
{
	(void)state;
	struct db *db = with_domains();
	enum { MORE = 50 };
	size_t n = LIMIT_BOUNCE_ROWS + MORE;
	struct bounce_row *rows = mem_alloc(n * sizeof *rows);
	char(*names)[32] = mem_alloc(n * sizeof *names);
	for (size_t i = 0; i < n; i++) {
		rows[i] = row((unsigned)i, "auth_any");
		snprintf(names[i], sizeof names[i], "r%zu.example", i);
		rows[i].says.recipient_domain = names[i];
	}
	assert_int_equal(store(db, rows, n - 1).stored, n - 1);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM bounce"), LIMIT_BOUNCE_ROWS + 1);
	rows[n - 1].message.b[5] = 9;
	assert_int_equal(store(db, &rows[n - 1], 1).stored, 1);
	rows[0].message.b[5] = 9; /* another message to a receiver that has its row */
	assert_int_equal(store(db, rows, 1).stored, 1);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM bounce"), LIMIT_BOUNCE_ROWS + 1);
	assert_int_equal(fixture_int(db, "SELECT sum(count)::bigint FROM bounce"), n + 1);
	assert_int_equal(fixture_int(db, "SELECT count FROM bounce WHERE receiver_org IS NULL"),
			 MORE);
	free(names);
	free(rows);
	db_close(db);
}

static void test_windows(void **state)
{
	(void)state;
	struct db *db = with_domains();
	struct arena a = {0};
	struct domain_facts f[4];
	static const char *const names[] = {"b.example", "a.example"};
	struct window windows[] = {{DAY0 - 30, DAY0}, {DAY0, DAY0 + 30}};
	struct bounce_row rows[] = {row(1, "auth_any"), row(2, "auth_spf"), row(3, "auth_spf")};
	rows[1].at += 86400;
	rows[2].at -= 86400;
	rows[2].domain = "b.example";
	store(db, rows, 3);
	CHECK_OK(bounce_covered(db, COVER_LOG, DAY0 - 1, DAY0 + 2, &err));
	CHECK_OK(bounce_covered(db, COVER_MAIL, DAY0 + 1, DAY0 + 3, &err));
	CHECK_OK(query_facts(db, names, 2, windows, 2, &a, f, &err));
	assert_int_equal(f[0].n_refusals, 1);
	assert_int_equal(f[0].n_refusal_days, 1);
	assert_int_equal(f[1].n_refusals, 0);
	assert_int_equal(f[2].n_refusals, 0);
	assert_int_equal(f[3].n_refusals, 2);
	assert_string_equal(f[3].refusals[0].class, "auth_spf"); /* the newest first */
	assert_int_equal(f[3].n_refusal_days, 4);
	assert_int_equal(f[3].refusal_days[3], DAY0 + 3);
	CHECK_OK(bounce_covered(db, COVER_LOG, DAY0 - 100000, DAY0, &err));
	assert_true(fixture_int(db, "SELECT count(*) FROM bounce_covered") <=
		    LIMIT_BOUNCE_COVERED + 8);
	arena_free(&a);
	db_close(db);
}

/* Whatever table a domain has rows in, forgetting leaves none. */
static void test_forgotten(void **state)
{
	(void)state;
	static const char tables_sql[] =
	    "SELECT string_agg(format('SELECT count(*) AS n FROM %I WHERE domain_id = (SELECT id "
	    "FROM domain WHERE name = ''a.example'')', c.relname), ' UNION ALL ') "
	    "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
	    "WHERE a.attname = 'domain_id' AND c.relnamespace = 'public'::regnamespace "
	    "AND c.relkind IN ('r', 'p') AND NOT c.relispartition";
	struct db *db = with_domains();
	bool known;
	struct forgotten gone;
	struct prune_result pruned;
	struct bounce_row rows[] = {row(1, "auth_any"), row(2, "auth_any"), row(3, "auth_any")};
	rows[2].domain = "b.example";
	store(db, rows, 3);
	CHECK_OK(bounce_covered(db, COVER_LOG, DAY0, DAY0, &err));
	char tables[4096], sum[4200];
	fixture_text(db, tables_sql, tables, sizeof tables);
	snprintf(sum, sizeof sum, "SELECT sum(n)::bigint FROM (%s) x", tables);
	assert_true(fixture_int(db, sum) > 3);
	CHECK_OK(db_forget(db, "a.example", true, &known, &gone, &err));
	assert_int_equal(fixture_int(db, sum), 0);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM bounce_seen"), 1);

	CHECK_OK(db_prune(db, DAY0 + 62, &pruned, &err));
	assert_int_equal(fixture_int(db, "SELECT (SELECT count(*) FROM bounce_seen) + "
					 "(SELECT count(*) FROM bounce) + "
					 "(SELECT count(*) FROM bounce_covered)"),
			 0);
	db_close(db);
}

static int tests(void)
{
	const struct CMUnitTest list_of[] = {
	    cmocka_unit_test(test_counted_once), cmocka_unit_test(test_no_message),
	    cmocka_unit_test(test_keyed),        cmocka_unit_test(test_ceiling),
	    cmocka_unit_test(test_windows),      cmocka_unit_test(test_forgotten),
	};
	return cmocka_run_group_tests(list_of, fixture_acquire, fixture_release);
}

int main(void)
{
	return fixture_main(tests);
}

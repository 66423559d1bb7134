/*
 * How the server answers: EXPLAIN of every file in db/queries over months of many domains. Tables
 * that grow with history are never read from end to end, only by the domain, and no partition
 * outside the window is touched. A query that is not named here fails the test.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/read/query.h"
#include "db/read/rollup.h"
#include "sql.h"
#include "tests/db/fixture.h"

#define DOMAINS    40
#define DAYS       119 /* October to January */
#define REPORTERS  3
#define DOMAIN_ID  "7"
#define DOMAIN_IDS "{7}"
#define TEXT       "d6.example"
#define BYTES      "\\x00112233445566778899aabbccddeeff"

enum kind {
	PLANNED,
	UTILITY, /* several statements that make or change tables: nothing to plan */
};

static const struct row {
	const char *name, *sql;
	const char *params[7];
	const char *months; /* the only ones whose partitions it may read; NULL: all */
	const char *whole;  /* may read these tables from end to end: */
	const char *why;
	enum kind kind;
} rows[] = {
#define Q(file) .name = #file, .sql = sql_##file
    {Q(bounce_cover), .params = {"log", "2024-11-05", "2024-11-06"}},
    {Q(bounce_covered), .params = {"2024-11-05", "2024-12-05"}},
    {Q(bounce_list), .params = {"{" TEXT "}", "2024-11-05"}},
    {Q(bounce_store), .params = {"[{\"domain\": \"" TEXT "\", \"day\": \"2024-11-05\"}]", "100"}},
    {Q(conflict_known), .params = {DOMAIN_ID, BYTES, BYTES}},
    {Q(conflict_settled), .params = {DOMAIN_ID, BYTES, BYTES}},
    {Q(document_head), .params = {DOMAIN_ID, "2024-11-05", "1"}, .months = "202411"},
    {Q(document_records), .params = {DOMAIN_ID, "2024-11-05", "1"}, .months = "202411"},
    {Q(mark_delete), .params = {DOMAIN_ID, "1"}},
    {Q(record_delete), .params = {DOMAIN_ID, "2024-11-05", "1"}},
    {Q(report_delete), .params = {DOMAIN_ID, "2024-11-05", "1"}},
    {Q(report_lock), .params = {DOMAIN_ID, BYTES, "2024-11-05"}, .months = "202411"},
    {Q(report_raise), .params = {DOMAIN_ID, BYTES, "2024-11-05", "aligned", "dkim", "x", "1"}},
    {Q(report_tell), .params = {DOMAIN_ID, "2024-11-05", "1", "conflict", "x"}, .months = "202411"},
    {Q(rollup_outdate), .params = {"{2024-11-01}"}},
    {Q(trust_apply), .params = {"{x,y}", "{x.example,y.example}"}, .whole = "report",
     .why = "once in the life of an organisation, whatever a batch taught in one"},
    {Q(trust_ask), .params = {"{x,y}"}},
    {Q(trust_days), .params = {"{x,y}", "{2024-11-05,2024-11-06}", "{x.example,\"\"}", "1000"}},
    {Q(trust_demote), .params = {"{x}", "{x.example}"}, .whole = "report",
     .why = "when an organisation is first seen to sign for itself, and somebody did before"},
    {Q(trust_enter), .params = {"{x}", "{x.example}", "{own}"}},
    {Q(trust_learn), .params = {"{x}", "5", "90"}},
    {Q(trust_own), .params = {"{x}"}},
    {Q(trust_usual), .params = {"{x}", "5", "90"}},
    {Q(day_range), .params = {"2024-11-01", "2025-01-01"}, .months = "202411 202501"},
    {Q(distribute), .kind = UTILITY},
    {Q(domain_enter), .params = {"{" TEXT ",b.example}"}},
    {Q(domain_find), .params = {TEXT}},
    {Q(domain_ids), .params = {"{" TEXT ",b.example}"}},
    {Q(domain_insert), .params = {TEXT}},
    {Q(domain_months), .params = {"{" TEXT "}", "2024-11-05", "2024-12-05"}},
    {Q(domains), .params = {"2024-11-05", "2024-12-05"}, .months = "202411 202412"},
    {Q(domains_known), .params = {"2024-12-05"}},
    {Q(extension), .params = {"citus"}},
    {Q(facts_folded), .params = {DOMAIN_IDS, "{2024-11-01}"}},
    {Q(facts_raw), .params = {DOMAIN_IDS, "2024-11-05", "2024-12-01"}, .months = "202411"},
    {Q(label_forget), .params = {TEXT, "x"}},
    {Q(label_list), .params = {TEXT}},
    {Q(label_set), .params = {DOMAIN_ID, "x", "approve", NULL, NULL, "f", NULL}},
    {Q(mailbox_enter), .params = {"1"}},
    {Q(mailbox_load), .params = {"x", "1"}},
    {Q(mailbox_save), .params = {"x", "1", "{[1,3)}"}},
    {Q(dns_change_drop), .params = {"[]"}},
    {Q(dns_change_put), .params = {"[]"}},
    {Q(event_ack), .params = {"40dd97a3-f58d-5b32-bdfe-dcee1c4fa6ff", "x", "2024-11-05"}},
    {Q(event_list), .params = {"{" TEXT "}", "t", "2024-11-05", "f"}},
    {Q(history_months), .params = {"{" TEXT "}", "2024-11-01"}},
    {Q(judge_again), .params = {"{" TEXT "}", "{2024-11-05}"}},
    {Q(judge_again_events), .params = {"{" TEXT "}", "{2024-11-05}"}},
    {Q(judge_again_remedies), .params = {"{" TEXT "}", "{2024-11-05}"}},
    {Q(judge_complete), .params = {"{" TEXT "}", "2024-11-25"}, .months = "202411"},
    {Q(judge_days), .params = {"{" TEXT "}", "2024-11-05", "2024-12-05"},
     .months = "202411 202412"},
    {Q(judge_dns), .params = {"{" TEXT "}"}},
    {Q(judge_domains), .params = {"{" TEXT "}", "2024-12-05"}},
    {Q(judge_memory), .params = {"{" TEXT "}", "{2024-11-05}"}},
    {Q(judge_offers), .params = {"{" TEXT "}"}},
    {Q(judge_recent), .params = {"{" TEXT "}", "{2024-11-25}"}},
    {Q(judged_days_put), .params = {"[]"}},
    {Q(judged_events_put), .params = {"[]"}},
    {Q(judged_forget), .params = {"{" TEXT "}", "2024-11-05"}},
    {Q(judged_remedies_put), .params = {"[]"}},
    {Q(judged_senders_clear), .params = {"{" TEXT "}", "2024-11-05"}},
    {Q(judged_senders_put), .params = {"[]", "{" TEXT "}", "2024-11-05"}},
    {Q(judged_withdraw), .params = {"{" TEXT "}"}},
    {Q(judged_withdraw_remedies), .params = {"{" TEXT "}"}},
    {Q(overview), .params = {"{" TEXT "}"}},
    {Q(remedy_list), .params = {"{" TEXT "}", "2024-11-05"}},
    {Q(partition_there), .params = {"202411"}},
    {Q(partitions_before), .params = {"2024-11-01"}},
    {Q(partitions_of), .params = {"report"}},
    {Q(partitions_hold), .params = {"{1,2}"}},
    {Q(profile_merge)},
    {Q(profiles), .params = {"{7,7,7,7,7,7,7,7}", "2024-11-01", "{1,2,3,4,5,6,7,8}"},
     .months = "202411"},
    {Q(prune_dns), .params = {"2024-11-01"}, .whole = "dns_change",
     .why = "goes from all domains at once"},
    {Q(prune_marks), .params = {"2024-11-01"}, .whole = "report record_mark",
     .why = "months go from all domains at once"},
    {Q(quarantine_newest), .params = {"5"}, .whole = "quarantine", .why = "counts all of it"},
    {Q(quarantine_list), .params = {"0"}, .whole = "quarantine", .why = "lists all of it"},
    {Q(quarantine_held), .whole = "quarantine", .why = "adds it up, after much was set aside"},
    {Q(quarantine_merge)},
    {Q(quarantine_orphans), .whole = "quarantine", .why = "looks for what nothing points to"},
    {Q(quarantine_piece), .params = {"1", "1", "100"}},
    {Q(quarantine_touch), .params = {BYTES, BYTES}},
    {Q(quarantine_trim), .params = {"100", "100"}, .whole = "quarantine",
     .why = "weighs all of it, when it is over its ceiling"},
    {Q(report_complete), .params = {DOMAIN_ID}},
    {Q(report_content), .params = {DOMAIN_ID, BYTES, "2024-11-05"}, .months = "202411"},
    {Q(report_ids), .params = {"100"}},
    {Q(report_known), .params = {"{" TEXT "}", "{\"\\" BYTES "\"}", "{2024-11-05}"}},
    {Q(report_merge)},
    {Q(report_stored)},
    {Q(reporter_enter), .params = {"{a,b}", "{x,\"\"}"}},
    {Q(reporter_ids), .params = {"{a,b}", "{x,\"\"}"}},
    {Q(stamp_labels), .params = {"{" TEXT "}"}},
    {Q(stamp_months), .params = {"{" TEXT "}", "2024-11-05"}, .months = "202411 202412 202501"},
    {Q(reports_list), .params = {"{" TEXT "}", "2024-11-05"}, .months = "202411 202412 202501"},
    {Q(reporter_names), .params = {"{1,2}"}},
    {Q(reporters_usual), .params = {"{x,y}"}},
    {Q(rollup_clear), .params = {DOMAIN_IDS, "2024-11-01"}},
    {Q(rollup_done), .params = {DOMAIN_IDS, "2024-11-01"}},
    {Q(rollup_stale), .params = {"2025-02-01", "{" TEXT "}", "2024-11-01", "2025-01-01"}},
    {Q(rollup_touch), .params = {"{1}", "{2024-11-01}", "{7}", "{9}", "{1}"}},
    {Q(schema_there)},
    {Q(session)},
    {Q(snapshot_forget), .params = {TEXT}},
    {Q(snapshot_load), .params = {"0"}},
    {Q(snapshot_keys), .params = {"0"}},
    {Q(snapshot_merge)},
    {Q(snapshot_stage), .kind = UTILITY},
    {Q(stage), .kind = UTILITY},
    {Q(status), .whole = "quarantine ledger",
     .why = "counts the whole database, for a person who asked for that"},
    {Q(status_months)},
    {Q(status_runs), .params = {"5"}},
    {Q(status_tables)},
    {Q(waits_for), .params = {"1"}},
    {Q(window_bounces), .params = {"{" TEXT "}", "2024-11-05", "2024-12-05"}},
    {Q(window_labels), .params = {"{" TEXT "}"}},
    {Q(window_reports), .params = {DOMAIN_IDS, "2024-11-05", "2024-12-01"}, .months = "202411"},
#undef Q
};

/* What grows for ever, and that only by the domain is read. */
static const char *const history[] = {"report",  "record",       "record_mark",
				      "profile", "sender_month", "quarantine",
				      "ledger",  "bounce",       "bounce_seen"};

static void fill(const char *info)
{
	struct loading l;
	loading_open(&l, info, false);
	for (int i = 0; i < DAYS * DOMAINS * REPORTERS; i++) {
		char id[32], domain[32], org[32];
		snprintf(id, sizeof id, "r%d", i);
		snprintf(domain, sizeof domain, "d%d.example", i % DOMAINS);
		snprintf(org, sizeof org, "o%d.example", i / DOMAINS % REPORTERS);
		put(&l, &(struct made){.domain = domain,
				       .id = id,
				       .org = org,
				       .day = DAY0 + i / DOMAINS / REPORTERS,
				       .n = 32,
				       .profiles = 100,
				       .variant = (unsigned)i,
				       .flags = i % 10 == 7 ? DMARC_BAD_IP : 0});
		if (i % 4 == 0)
			note(
			    &l, id,
			    (struct blob){.size = strlen(id), .mem = (const uint8_t *)id, .fd = -1},
			    OUT_REJECTED, "it was odd");
		note(&l, id, (struct blob){.fd = -1}, OUT_NOT_A_REPORT, "a letter");
	}
	loading_flush(&l);
	loading_close(&l);
}

/* A mailbox has many small reports; what they say does not matter here. */
static const char more_reports[] =
    "INSERT INTO report (domain_id, report_id, identity, content, reporter_id, external_id, "
    "begin_at, end_at, day, format, p, pct, records, messages, source, run_id) "
    "SELECT domain_id, report_id + n * 1000000, decode(md5(report_id || '/' || n), 'hex'), "
    "content, "
    "reporter_id, external_id, begin_at, end_at, day, format, p, pct, 0, 0, source, run_id "
    "FROM report, generate_series(1, 9) n";

/* And years of folds. */
static const char more_folds[] = "INSERT INTO sender_month SELECT domain_id, (month - "
				 "make_interval(months => 4 * n))::date, part, "
				 "fold FROM sender_month, generate_series(10, 100) n";

/* And of what was refused. */
static const char more_bounces[] =
    "INSERT INTO bounce (domain_id, day, id, class, by_us, delayed, count, first_at, last_at) "
    "SELECT d.id, '2024-01-01'::date + n % 400, decode(md5(n::text), 'hex'), 'auth_any', false, "
    "false, 1, now(), now() FROM domain d, generate_series(1, 2000) n; "
    "INSERT INTO bounce_seen SELECT domain_id, id, day FROM bounce";

static struct db *filled(void)
{
	struct db *db = fixture_open(fixture_database());
	unsigned built;
	fill(fixture_info());
	CHECK_OK(db_rollup(db, NULL, 0, all_days, DAY0 + 400, &built, &err));
	assert_int_equal(built, 4 * DOMAINS);
	CHECK_OK(db_exec(db, more_reports, &err));
	CHECK_OK(db_exec(db, more_folds, &err));
	CHECK_OK(db_exec(db, more_bounces, &err));
	CHECK_OK(db_exec(db, "ANALYZE", &err));
	CHECK_OK(db_exec(db, sql_stage, &err));
	CHECK_OK(db_exec(db, sql_snapshot_stage, &err));
	return db;
}

static bool named(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = list; at && (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

/* The table that a partition is of; *month: of which month, or NULL. */
static const char *parent_of(const char *table, const char **month)
{
	static char parent[64];
	const char *end = strrchr(table, '_');
	*month = end && strspn(end + 1, "0123456789") == 6 && strlen(end + 1) == 6 ? end + 1 : NULL;
	snprintf(parent, sizeof parent, "%.*s", *month ? (int)(end - table) : 63, table);
	return parent;
}

static bool is_history(const char *parent)
{
	for (size_t i = 0; i < COUNT(history); i++)
		if (strcmp(history[i], parent) == 0)
			return true;
	return false;
}

/* One node of a plan that reads a table; what is wrong with it, or NULL. */
static const char *fault(const struct row *q, const char *node, const char *table, const char *cond)
{
	const char *month, *parent = parent_of(table, &month);
	if (!is_history(parent) || !node[0] || strcmp(node, "ModifyTable") == 0)
		return NULL; /* what it writes to */
	if (month && q->months && !named(q->months, month))
		return "a partition outside the window";
	if (named(q->whole, parent) || strcmp(node, "Bitmap Heap Scan") == 0)
		return NULL; /* of the latter, the index scan below it tells */
	if (strcmp(node, "Seq Scan") == 0 || !cond[0])
		return "is read from end to end";
	if (strcmp(parent, "quarantine") != 0 && !strstr(cond, "domain_id"))
		return "is not read by the domain";
	return NULL;
}

static char *plan_of(struct db *db, const char *sql, int n, const char *const *params)
{
	static char explain[64 * 1024];
	PGresult *res;
	snprintf(explain, sizeof explain, "EXPLAIN (FORMAT JSON)\n%s", sql);
	CHECK_OK(db_query(db, explain, n, params, &res, &err));
	char *plan = strdup(PQgetvalue(res, 0, 0));
	PQclear(res);
	return plan;
}

/* Every node that reads a table, with its index condition; a bitmap's index stands for its table.
 */
static const char nodes_sql[] =
    "SELECT n->>'Node Type', coalesce(n->>'Relation Name', i.indrelid::regclass::text),"
    "       coalesce(n->>'Index Cond', '') "
    "FROM jsonb_path_query($1::jsonb, 'strict $.**') n "
    "LEFT JOIN pg_index i ON i.indexrelid = CASE WHEN jsonb_typeof(n) = 'object' "
    "AND n ? 'Index Name' AND NOT n ? 'Relation Name' THEN (n->>'Index Name')::regclass END "
    "WHERE jsonb_typeof(n) = 'object' AND (n ? 'Relation Name' OR i.indrelid IS NOT NULL)";

static unsigned check_plan(struct db *db, const struct row *q, bool print)
{
	int n = 7;
	unsigned faults = 0;
	PGresult *res;
	while (n > 0 && !strstr(q->sql, (const char[]){'$', (char)('0' + n), 0}))
		n--;
	char *plan = plan_of(db, q->sql, n, q->params);
	CHECK_OK(db_query(db, nodes_sql, 1, (const char *const *)&plan, &res, &err));
	bool partition_seen = !q->months;
	for (int i = 0; i < PQntuples(res); i++) {
		const char *table = PQgetvalue(res, i, 1);
		const char *why = fault(q, PQgetvalue(res, i, 0), table, PQgetvalue(res, i, 2));
		partition_seen = partition_seen || strstr(table, "_20");
		faults += why != NULL;
		if (why && print)
			print_error("%s.sql: %s %s (%s %s)\n", q->name, table, why,
				    PQgetvalue(res, i, 0), PQgetvalue(res, i, 2));
	}
	if (!partition_seen)
		fail_msg("%s.sql reads no partition of %s", q->name, q->months);
	PQclear(res);
	free(plan);
	return faults;
}

static void test_plans(void **state)
{
	(void)state;
	struct db *db = filled();
	unsigned faults = 0;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].kind == PLANNED)
			faults += check_plan(db, &rows[i], true);
	assert_int_equal(faults, 0);
	/* what must be found is found */
	static const struct row bad[] = {
	    {.name = "by day alone",
	     .sql = "SELECT count(*) FROM report WHERE day = $1::date",
	     .params = {"2024-11-05"}},
	    {.name = "all profiles", .sql = "SELECT count(*) FROM profile"},
	    {.name = "other months",
	     .sql = "SELECT * FROM record WHERE domain_id = 7 AND day >= $1::date",
	     .params = {"2024-11-05"},
	     .months = "202411"},
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK_ROW(check_plan(db, &bad[i], false) > 0, i);
	db_close(db);
}

static void test_all_known(void **state)
{
	(void)state;
	glob_t files;
	assert_int_equal(glob(DB_QUERIES "/*.sql", 0, NULL, &files), 0);
	assert_int_equal(glob(DB_QUERIES "/*/*.sql", GLOB_APPEND, NULL, &files), 0);
	for (size_t f = 0; f < files.gl_pathc; f++) {
		const char *name = strrchr(files.gl_pathv[f], '/') + 1;
		size_t n = strlen(name) - strlen(".sql"), i = 0;
		while (i < COUNT(rows) &&
		       (strncmp(rows[i].name, name, n) != 0 || strlen(rows[i].name) != n))
			i++;
		if (i == COUNT(rows))
			fail_msg("%s is not in the table of this test", files.gl_pathv[f]);
	}
	assert_int_equal(files.gl_pathc, COUNT(rows));
	globfree(&files);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {cmocka_unit_test(test_all_known),
					 cmocka_unit_test(test_plans)};
	return cmocka_run_group_tests(all, fixture_acquire, fixture_release);
}

int main(void)
{
	return fixture_main(tests);
}

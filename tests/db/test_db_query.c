/* What goes in comes out: facts, folded months, pruning, migrations, views. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/migrate.h"
#include "db/prune.h"
#include "db/read/query.h"
#include "db/read/rollup.h"
#include "db/status.h"
#include "sql.h"
#include "tests/db/fixture.h"

#define DAYS 100

/* Three domains, two reporters with two names, four months. */
static void fill(const char *info)
{
	struct loading l;
	loading_open(&l, info, false);
	for (int i = 0; i < DAYS * 3; i++) {
		char id[32], domain[32];
		snprintf(id, sizeof id, "q%d", i);
		snprintf(domain, sizeof domain, "d%d.example", i % 3);
		put(&l, &(struct made){.domain = domain,
				       .id = id,
				       .org = i % 2 ? "one.example" : "two.example",
				       .day = DAY0 + i / 3,
				       .n = (uint64_t)(i % 50),
				       .profiles = 17,
				       .flags = i % 40 == 7 ? DMARC_BAD_IP : 0});
	}
	loading_flush(&l);
	loading_close(&l);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_word(struct dmarc_word a, struct dmarc_word b)
{
	return a.code == b.code && same_text(a.text, b.text);
}

/* A profile read back is the one that was stored. */
static void check_profile(const struct dmarc_profile *got)
{
	struct dmarc_profile want = {0};
	unsigned k = 0;
	for (; k < 100; k++) {
		want = fixture_profile(k);
		if (memcmp(want.digest.b, got->digest.b, 8) == 0)
			break;
	}
	assert_true(k < 100);
	CHECK_ROW(same_text(want.header_from, got->header_from), k);
	CHECK_ROW(same_text(want.envelope_from, got->envelope_from), k);
	CHECK_ROW(same_text(want.envelope_to, got->envelope_to), k);
	CHECK_ROW(same_word(want.disposition, got->disposition), k);
	CHECK_ROW(same_word(want.eval_dkim, got->eval_dkim), k);
	CHECK_ROW(same_word(want.eval_spf, got->eval_spf), k);
	CHECK_ROW(same_word(want.adkim, got->adkim) && same_word(want.aspf, got->aspf), k);
	CHECK_ROW(want.aligned_dkim == got->aligned_dkim, k);
	CHECK_ROW(want.aligned_spf == got->aligned_spf, k);
	CHECK_ROW(want.cell == got->cell && want.flags == got->flags, k);
	CHECK_ROW(want.n_dkim == got->n_dkim && want.n_spf == got->n_spf, k);
	CHECK_ROW(want.n_reasons == got->n_reasons, k);
	for (unsigned i = 0; i < want.n_dkim; i++)
		CHECK_ROW(same_text(want.dkim[i].domain, got->dkim[i].domain) &&
			      same_text(want.dkim[i].selector, got->dkim[i].selector) &&
			      same_word(want.dkim[i].result, got->dkim[i].result) &&
			      same_text(want.dkim[i].human_result, got->dkim[i].human_result),
			  k);
	for (unsigned i = 0; i < want.n_spf; i++)
		CHECK_ROW(same_text(want.spf[i].domain, got->spf[i].domain) &&
			      same_word(want.spf[i].scope, got->spf[i].scope) &&
			      same_word(want.spf[i].result, got->spf[i].result),
			  k);
	for (unsigned i = 0; i < want.n_reasons; i++)
		CHECK_ROW(same_word(want.reasons[i].type, got->reasons[i].type) &&
			      same_text(want.reasons[i].comment, got->reasons[i].comment),
			  k);
}

static void check_sums(const struct domain_facts *f)
{
	uint64_t messages = 0, pass = 0;
	for (size_t i = 0; i < f->n_facts; i++) {
		messages += f->facts[i].messages;
		assert_true(f->facts[i].profile < f->n_profiles);
		assert_true(f->facts[i].n_witnesses > 0 && f->facts[i].days != 0);
		if (f->profiles[f->facts[i].profile].eval_dkim.code == W_PASS)
			pass += f->facts[i].messages;
		if (i == 0)
			continue;
		int order = ip_cmp(&f->facts[i - 1].source, &f->facts[i].source);
		CHECK_ROW(order < 0 || (order == 0 && f->facts[i - 1].month <= f->facts[i].month),
			  i);
	}
	assert_int_equal(messages, f->messages);
	assert_int_equal(pass, f->dmarc_pass);
}

static bool same_profile(const struct dmarc_profile *a, const struct dmarc_profile *b)
{
	return memcmp(a->digest.b, b->digest.b, 8) == 0 &&
	       same_text(a->header_from, b->header_from);
}

static bool same_fact(const struct domain_facts *a, const struct domain_facts *b, size_t i)
{
	const struct fact *x = &a->facts[i], *y = &b->facts[i];
	bool same = ip_cmp(&x->source, &y->source) == 0 && x->month == y->month &&
		    x->profile == y->profile && x->messages == y->messages && x->days == y->days &&
		    x->records == y->records && x->n_witnesses == y->n_witnesses;
	for (uint32_t k = 0; same && k < x->n_witnesses; k++)
		same = x->witnesses[k].reporter == y->witnesses[k].reporter &&
		       x->witnesses[k].days == y->witnesses[k].days &&
		       x->witnesses[k].messages == y->witnesses[k].messages;
	return same;
}

/* The same question gets the same answer, in the same order, folded or raw. */
static void check_same(const struct domain_facts *a, const struct domain_facts *b)
{
	assert_int_equal(a->n_facts, b->n_facts);
	assert_int_equal(a->messages, b->messages);
	assert_int_equal(a->dmarc_pass, b->dmarc_pass);
	assert_int_equal(a->reports, b->reports);
	assert_int_equal(a->n_profiles, b->n_profiles);
	assert_int_equal(a->n_reporters, b->n_reporters);
	assert_int_equal(a->n_days, b->n_days);
	assert_int_equal(a->n_policies, b->n_policies);
	for (size_t i = 0; i < a->n_profiles; i++) {
		CHECK_ROW(same_profile(&a->profiles[i], &b->profiles[i]), i);
		check_profile(&b->profiles[i]);
	}
	for (size_t i = 0; i < a->n_facts; i++)
		CHECK_ROW(same_fact(a, b, i), i);
	for (size_t i = 0; i < a->n_reporters; i++)
		CHECK_ROW(same_text(a->reporters[i].org_name, b->reporters[i].org_name) &&
			      a->reporters[i].messages == b->reporters[i].messages,
			  i);
	for (size_t i = 0; i < a->n_days; i++)
		CHECK_ROW(a->days[i].day == b->days[i].day &&
			      a->days[i].messages == b->days[i].messages &&
			      a->days[i].dmarc_pass == b->days[i].dmarc_pass,
			  i);
	for (size_t i = 0; i < a->n_policies; i++)
		CHECK_ROW(same_word(a->policies[i].p, b->policies[i].p) &&
			      same_word(a->policies[i].sp, b->policies[i].sp) &&
			      a->policies[i].pct == b->policies[i].pct &&
			      a->policies[i].first_day == b->policies[i].first_day &&
			      a->policies[i].last_day == b->policies[i].last_day &&
			      a->policies[i].reports == b->policies[i].reports,
			  i);
}

static void test_facts(void **state)
{
	(void)state;
	struct db *db = fixture_open(fixture_database());
	struct arena a = {0};
	struct domain_facts f;
	struct window all = {DAY0 - 400, DAY0 + 400}, some = {DAY0 + 10, DAY0 + 20};
	const char *const *names;
	size_t n;
	bool any;
	int32_t oldest, newest;
	CHECK_OK(query_day_range(db, &oldest, &newest, &any, &err));
	assert_false(any);
	fill(fixture_info());
	CHECK_OK(query_domains(db, all, &a, &names, &n, &err));
	assert_int_equal(n, 3);
	assert_string_equal(names[2], "d2.example");
	CHECK_OK(query_day_range(db, &oldest, &newest, &any, &err));
	assert_true(any && oldest == DAY0 && newest == DAY0 + DAYS - 1);
	fixture_facts(db, "d1.example", all, &a, &f);
	check_sums(&f);
	assert_int_equal(f.reports, DAYS);
	assert_int_equal(f.n_reporters, 2);
	assert_int_equal(f.n_policies, 2); /* one as each reporter says it */
	assert_int_equal(f.policies[0].p.code, W_NONE);
	assert_int_equal(f.n_profiles, 17);
	for (size_t i = 0; i < f.n_profiles; i++)
		check_profile(&f.profiles[i]);
	assert_int_equal(f.messages,
			 fixture_int(db, "SELECT sum(messages) FROM v_record WHERE domain = "
					 "'d1.example'"));
	/* lists are arrays for who asks in SQL */
	assert_true(
	    fixture_int(db, "SELECT count(*) FROM v_record WHERE dkim_domain = "
			    "'{example.com,mail.example.net}' AND dkim_selector = '{s1,NULL}' "
			    "AND dkim_result[2] = 'odd-word' AND reason_type = "
			    "'{mailing_list,other}' AND reason_comment = '{NULL,arc=pass}'") > 0);
	fixture_facts(db, "d1.example", some, &a, &f);
	check_sums(&f);
	assert_int_equal(f.reports, 10);
	fixture_facts(db, "nobody.example", all, &a, &f);
	assert_int_equal(f.reports + f.n_facts, 0);
	/* several at once, in the order of asking: each as when it is asked alone */
	static const char *const asked[] = {"d2.example", "nobody.example", "d0.example"};
	struct window both[] = {some, all};
	struct domain_facts many[6];
	CHECK_OK(query_facts(db, asked, 3, both, 2, &a, many, &err));
	for (size_t i = 0; i < COUNT(many); i++) {
		fixture_facts(db, asked[i / 2], both[i % 2], &a, &f);
		assert_string_equal(many[i].domain, asked[i / 2]);
		assert_int_equal(many[i].window.since, both[i % 2].since);
		check_same(&f, &many[i]);
	}
	assert_true(many[1].reports == DAYS && many[2].reports == 0 && many[5].reports == DAYS);
	arena_free(&a);
	db_close(db);
}

/* Folded months say what their records say; new data makes them stale. */
static void test_rollup(void **state)
{
	(void)state;
	struct db *db = fixture_open(fixture_database());
	struct arena a = {0};
	struct domain_facts raw, raw_cut, folded;
	struct window all = {DAY0 - 400, DAY0 + 400}, cut = {DAY0 + 5, DAY0 + 77};
	unsigned built;
	fill(fixture_info());
	fixture_facts(db, "d1.example", all, &a, &raw);
	fixture_facts(db, "d1.example", cut, &a, &raw_cut);
	CHECK_OK(
	    db_rollup(db, NULL, 0, all_days, DAY0 + 30, &built, &err)); /* only October is closed */
	assert_int_equal(built, 3);
	CHECK_OK(db_rollup(db, NULL, 0, all_days, DAY0 + 400, &built, &err));
	assert_int_equal(built, 9);
	CHECK_OK(db_rollup(db, NULL, 0, all_days, DAY0 + 400, &built, &err));
	assert_int_equal(built, 0);
	fixture_facts(db, "d1.example", all, &a, &folded);
	check_same(&raw, &folded);
	/* one that cannot be read is as good as none */
	CHECK_OK(db_exec(db,
			 "UPDATE sender_month SET fold = set_byte(fold, length(fold) / 2, "
			 "get_byte(fold, length(fold) / 2) # 1) WHERE month = '2024-11-01'",
			 &err));
	fixture_facts(db, "d1.example", all, &a, &folded);
	check_same(&raw, &folded);
	CHECK_OK(
	    db_exec(db, "UPDATE rollup_month SET stale = true WHERE month = '2024-11-01'", &err));
	CHECK_OK(db_rollup(db, NULL, 0, all_days, DAY0 + 400, &built, &err));
	assert_int_equal(built, 3);
	/* parts of months, too, and without a look at records */
	CHECK_OK(db_exec(db,
			 "BEGIN; DELETE FROM record; DELETE FROM report; DELETE FROM profile; "
			 "COMMIT",
			 &err));
	fixture_facts(db, "d1.example", all, &a, &folded);
	check_same(&raw, &folded);
	check_sums(&folded);
	fixture_facts(db, "d1.example", cut, &a, &folded);
	check_same(&raw_cut, &folded);
	check_sums(&folded);
	struct loading l;
	loading_open(&l, fixture_info(), false);
	put(&l, &(struct made){.domain = "d1.example", .id = "late", .day = DAY0, .n = 3});
	loading_flush(&l);
	loading_close(&l);
	CHECK_OK(db_rollup(db, NULL, 0, all_days, DAY0 + 400, &built, &err));
	assert_int_equal(built, 1);
	arena_free(&a);
	db_close(db);
}

static void test_prune(void **state)
{
	(void)state;
	struct db *db = fixture_open(fixture_database());
	struct prune_result r;
	int32_t keep = day_from_civil(2024, 12, 1);
	fill(fixture_info());
	CHECK_OK(db_rollup(db, NULL, 0, all_days, DAY0 + 400, NULL, &err));
	int64_t old = fixture_int(db, "SELECT count(*) FROM report WHERE day < '2024-12-01'");
	CHECK_OK(db_prune(db, keep, &r, &err));
	assert_int_equal(r.partitions, 2);
	assert_int_equal(r.reports, old);
	static const char *const left[] = {
	    "SELECT count(*) FROM report WHERE day < '2024-12-01'",
	    "SELECT count(*) FROM record_row WHERE day < '2024-12-01'",
	    "SELECT count(*) FROM profile WHERE month < '2024-12-01'",
	    "SELECT count(*) FROM rollup_month WHERE month < '2024-12-01'",
	    "SELECT count(*) FROM sender_month WHERE month < '2024-12-01'",
	    "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE "
	    "c.relname < 'zz' "
	    "AND c.relkind = 'r' AND right(c.relname, 6) < '202412'",
	    ("SELECT count(*) FROM record_mark m LEFT JOIN report r USING (domain_id, report_id) "
	     "WHERE r.report_id IS NULL"),
	};
	for (size_t i = 0; i < COUNT(left); i++)
		CHECK_ROW(fixture_int(db, left[i]) == 0, i);
	assert_true(fixture_int(db, "SELECT count(*) FROM record_row") > 0);
	assert_int_equal(fixture_int(db, "SELECT sum(records) FROM rollup_month"),
			 fixture_int(db, "SELECT count(*) FROM record_row"));
	CHECK_OK(db_prune(db, keep, &r, &err));
	assert_int_equal(r.partitions + r.reports, 0);
	db_close(db);
}

static void *migrate(void *arg)
{
	int from, to;
	struct err err = {.msg = ""};
	struct db *db;
	enum status st = db_open(arg, &db, &err);
	if (st == ST_OK) {
		st = migrate_run(db, &from, &to, &err);
		db_close(db);
	}
	if (st != ST_OK)
		fprintf(stderr, "%s\n", err.msg);
	return st == ST_OK && to == migrate_latest() ? arg : NULL;
}

static void test_migrations(void **state)
{
	(void)state;
	pthread_t threads[6];
	void *done;
	int from, to, version;
	struct err why;
	const char *info = fixture_database();
	struct db *db = fixture_open(info);
	CHECK_OK(migrate_run(db, &from, &to, &err));
	assert_true(from == to && to == migrate_latest());
	for (int round = 0; round < 5; round++) {
		CHECK_OK(db_exec(db, "DROP SCHEMA public CASCADE; CREATE SCHEMA public", &err));
		CHECK_OK(migrate_version(db, &version, &err));
		assert_int_equal(version, 0);
		assert_int_equal(migrate_check(db, &why), ST_FATAL);
		assert_non_null(strstr(why.msg, "ruascope db migrate"));
		for (size_t i = 0; i < COUNT(threads); i++)
			pthread_create(&threads[i], NULL, migrate, (void *)(uintptr_t)info);
		for (size_t i = 0; i < COUNT(threads); i++) {
			pthread_join(threads[i], &done);
			CHECK_ROW(done, i);
		}
	}
	CHECK_OK(migrate_check(db, &err));
	CHECK_OK(db_exec(db, "INSERT INTO schema_version (version) VALUES (999)", &err));
	assert_int_equal(migrate_check(db, &why), ST_FATAL);
	assert_non_null(strstr(why.msg, "newer"));
	assert_int_equal(migrate_run(db, &from, &to, &why), ST_FATAL);
	db_close(db);
}

static const char old_rows[] =
    "CREATE TABLE record_202410 PARTITION OF record FOR VALUES FROM ('2024-10-01') TO "
    "('2024-11-01');"
    "CREATE TABLE record_202411 PARTITION OF record FOR VALUES FROM ('2024-11-01') TO "
    "('2024-12-01');"
    "INSERT INTO profile SELECT d, 10 * d + i, decode(md5(i::text), 'hex'), 'h' || i, NULL, NULL, "
    "CASE i WHEN 0 THEN 'none' WHEN 1 THEN 'reject' END, CASE i WHEN 2 THEN 'pass' END, 'fail', "
    "ARRAY['a'], ARRAY['s'], NULL, ARRAY[NULL::text], NULL, NULL, NULL, NULL, NULL, NULL, 'r', "
    "'r', false, false, 'F1', 0 "
    "FROM generate_series(1, 4) d, generate_series(0, 2) i;"
    "INSERT INTO record SELECT d, 5, 10 * d + i % 3, i * 1000000007::bigint, '2024-10-29'::date + "
    "d, i, "
    "CASE WHEN i % 10 > 0 THEN '192.0.2.0'::inet + i END "
    "FROM generate_series(1, 4) d, generate_series(0, 299) i;"
    "INSERT INTO report (domain_id, report_id, identity, content, reporter_id, external_id, "
    "begin_at, "
    "end_at, day, format, records, messages, source, run_id) SELECT domain_id, report_id, 'i', "
    "'c', 1, "
    "'e', day, day, day, 'draft', count(*), sum(messages), 's', 1 FROM record GROUP BY domain_id, "
    "report_id, day";

#define ALL_ROWS                                                                                   \
	"SELECT md5(string_agg((c.domain_id, day, report_id, record_no, source, header_from, "     \
	"messages)::text, ';' ORDER BY c.domain_id, record_no)) FROM %s c JOIN profile p USING "   \
	"(domain_id, profile_id) %s"
#define SAME_MONTH "WHERE p.month = date_trunc('month', c.day::timestamp)::date"

static void older_schema(struct db *db, int version)
{
	char sql[256];
	snprintf(sql, sizeof sql,
		 "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE schema_version "
		 "(version integer PRIMARY KEY, applied_at timestamptz DEFAULT now()); "
		 "INSERT INTO schema_version SELECT generate_series(1, %d)",
		 version);
	CHECK_OK(db_exec(db, sql, &err));
	for (int i = 0; i < version; i++)
		CHECK_OK(db_exec(db, sql_migrations[i], &err));
}

/* What was stored a row a record is the same when it is packed, in order, with its profile. */
static void test_packing(void **state)
{
	(void)state;
	int from, to;
	char sum[2][80], sql[sizeof ALL_ROWS + sizeof SAME_MONTH + 16];
	struct db *db = fixture_open(fixture_database());
	older_schema(db, 4);
	CHECK_OK(db_exec(db, old_rows, &err));
	snprintf(sql, sizeof sql, ALL_ROWS, "record", "");
	fixture_text(db, sql, sum[0], sizeof sum[0]);
	CHECK_OK(migrate_run(db, &from, &to, &err));
	assert_int_equal(from, 4);
	snprintf(sql, sizeof sql, ALL_ROWS, "record_row", SAME_MONTH);
	fixture_text(db, sql, sum[1], sizeof sum[1]);
	assert_string_equal(sum[0], sum[1]);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM record_row"), 4 * 300);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM record"), 4 * 3);
	assert_int_equal(fixture_int(db, "SELECT sum(records) FROM rollup_month"), 4 * 300);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM rollup_month WHERE stale"), 4);
	assert_int_equal(fixture_int(db, "SELECT sum(reports) FROM rollup_month"), 4);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM report_202410"), 2);
	assert_int_equal(fixture_int(db,
				     "SELECT sum(r.dmarc_pass) - sum(c.messages) FROM report r, "
				     "record_row c JOIN profile p USING (domain_id, profile_id) "
				     "WHERE r.domain_id = 1 AND c.domain_id = 1 AND "
				     "p.eval_dkim = 'pass'"),
			 fixture_int(db, "SELECT 99 * dmarc_pass FROM report WHERE domain_id = 1"));
	assert_true(fixture_int(db, "SELECT rejected FROM report WHERE domain_id = 1") > 0);
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM profile WHERE dkim_domain = 'a' "
					 "AND dkim_selector = 's' AND dkim_human IS NULL"),
			 4 * 3);
	db_close(db);
}

/* Tables and views that are made anew keep what was granted on them. */
static void test_grants(void **state)
{
	(void)state;
	int from, to;
	char grants[256];
	struct db *db = fixture_open(fixture_database());
	older_schema(db, 6);
	CHECK_OK(
	    db_exec(db,
		    "CREATE ROLE \"a reader\"; GRANT SELECT ON v_record, report, sender_month TO "
		    "\"a reader\"; GRANT SELECT ON v_ledger TO PUBLIC",
		    &err));
	CHECK_OK(migrate_run(db, &from, &to, &err));
	fixture_text(
	    db,
	    "SELECT string_agg(g, ', ' ORDER BY g COLLATE \"C\") FROM (SELECT grantee || ' ' || "
	    "table_name FROM information_schema.table_privileges WHERE grantee <> "
	    "current_user AND table_schema = 'public') t(g)",
	    grants, sizeof grants);
	assert_string_equal(grants, "PUBLIC v_ledger, a reader report, a reader sender_month, "
				    "a reader v_record");
	db_close(db);
}

/* The public face is there and documented; the status adds up. */
static void test_views_and_status(void **state)
{
	(void)state;
	static const char *const views[] = {"v_report", "v_record",     "v_domain_day",
					    "v_ledger", "v_quarantine", "v_verdict",
					    "v_sender", "v_event",      "v_remedy"};
	struct db *db = fixture_open(fixture_database());
	struct db_status s;
	struct arena a = {0};
	char sql[128];
	fill(fixture_info());
	for (size_t i = 0; i < COUNT(views); i++) {
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", views[i]);
		fixture_int(db, sql);
		snprintf(sql, sizeof sql, "SELECT obj_description('%s'::regclass) <> ''", views[i]);
		char yes[8];
		fixture_text(db, sql, yes, sizeof yes);
		assert_string_equal(yes, "t");
	}
	CHECK_OK(db_status_read(db, &a, &s, &err));
	assert_int_equal(s.schema_version, migrate_latest());
	assert_int_equal(s.domains, 3);
	assert_int_equal(s.reports, DAYS * 3);
	assert_int_equal(s.ledger[OUT_STORED], DAYS * 3);
	assert_int_equal(s.records, fixture_int(db, "SELECT count(*) FROM record_row"));
	assert_true(s.any && s.oldest == DAY0 && s.newest == DAY0 + DAYS - 1);
	uint64_t records = 0, messages = 0;
	assert_int_equal(s.n_months, 4);
	for (size_t i = 0; i < s.n_months; i++) {
		CHECK_ROW(s.months[i].bytes > 0, i);
		records += s.months[i].records;
		messages += s.months[i].messages;
	}
	assert_true(records == s.records && messages == s.messages);
	assert_int_equal(s.n_last_runs, 1);
	assert_int_equal(s.last_runs[0].reports, DAYS * 3);
	assert_int_equal(s.last_runs[0].records, s.records);
	assert_null(s.last_runs[0].finished); /* the fixture does not end its run */
	uint64_t bytes = 0;
	for (size_t i = 0; i < s.n_tables; i++)
		bytes += s.tables[i].bytes;
	assert_true(bytes > 0 && bytes < s.bytes);
	arena_free(&a);
	db_close(db);
}

/* What a failure means follows from its SQLSTATE; the row's data stays out of the message. */
static void test_statuses(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		enum status want;
	} rows[] = {
	    {"SELECT 1/0", ST_ITEM},
	    {"INSERT INTO domain (id, name) VALUES (1, 'secret'), (1, 'secret')", ST_ITEM},
	    {"INSERT INTO domain (name) SELECT string_agg(md5(i::text), '') FROM "
	     "generate_series(1, 1000) i",
	     ST_ITEM},
	    {"SET statement_timeout = 10; SELECT pg_sleep(1)", ST_RETRY},
	    {"SELEC", ST_FATAL},
	    {"SELECT pg_terminate_backend(pg_backend_pid())", ST_RETRY},
	    {"SELECT 1", ST_RETRY},
	};
	struct db *db = fixture_open(fixture_database());
	struct err err;
	char text[64];
	fixture_text(db, "SHOW TimeZone", text, sizeof text);
	assert_string_equal(text, "UTC");
	fixture_text(db, "SHOW application_name", text, sizeof text);
	assert_string_equal(text, "ruascope");
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_ROW(db_exec(db, rows[i].sql, &err) == rows[i].want, i);
		CHECK_ROW(!strstr(err.msg, "secret"), i);
	}
	db_close(db);
	assert_int_equal(db_open("host=127.0.0.1 port=1", &db, &err), ST_RETRY);
	assert_non_null(strstr(err.msg, "refused"));
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
	    cmocka_unit_test(test_facts),
	    cmocka_unit_test(test_rollup),
	    cmocka_unit_test(test_prune),
	    cmocka_unit_test(test_migrations),
	    cmocka_unit_test(test_packing),
	    cmocka_unit_test(test_grants),
	    cmocka_unit_test(test_views_and_status),
	    cmocka_unit_test(test_statuses),
	};
	return cmocka_run_group_tests(all, fixture_acquire, fixture_release);
}

int main(void)
{
	return fixture_main(tests);
}

/*
 * The schema and every statement stay such that Citus takes them as they are: the tables with facts
 * are keyed by domain_id, and nothing is used that it refuses. Citus itself is not in Debian: its
 * two functions are stood in for by ones that write down what they were asked.
 */
#include <glob.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/distribute.h"
#include "db/migrate.h"
#include "sql.h"
#include "tests/db/fixture.h"

/* Tables that stay on the coordinator, which alone reads and writes them. */
#define LOCAL                                                                                      \
	"'bounce_covered', 'bounce_secret', 'dns_snapshot', 'ledger', 'mailbox', 'quarantine', "   \
	"'quarantine_bytes', 'reporter_day', 'reporter_trust', 'run', 'schema_version'"

static const char stand_in[] =
    "CREATE SCHEMA stand_in;"
    "CREATE TABLE stand_in.pg_dist_partition (n serial, logicalrelid regclass, key text);"
    "CREATE FUNCTION stand_in.create_reference_table(t regclass) RETURNS void "
    "BEGIN ATOMIC INSERT INTO stand_in.pg_dist_partition (logicalrelid, key) VALUES (t, NULL); END;"
    "CREATE FUNCTION stand_in.create_distributed_table(t regclass, k text, "
    "colocate_with text DEFAULT 'none') RETURNS void BEGIN ATOMIC "
    "INSERT INTO stand_in.pg_dist_partition (logicalrelid, key) SELECT t, k "
    "WHERE (colocate_with = 'report') = (t <> 'report'::regclass); END;"
    "SET search_path = public, stand_in;";

/* How many calls distribute made; what it said of each is in pg_dist_partition. */
static int64_t distribute(struct db *db)
{
	CHECK_OK(db_exec(db, distribute_statements(), &err));
	return fixture_int(db, "SELECT count(*) FROM pg_dist_partition");
}

static struct db *distributed(void)
{
	struct db *db = fixture_open(fixture_database());
	CHECK_OK(db_exec(db, stand_in, &err));
	assert_true(distribute(db) > 5);
	return db;
}

static void check_none(struct db *db, const char *what, const char *sql)
{
	char found[512], all[4096];
	snprintf(all, sizeof all, "SELECT coalesce(string_agg(x::text, ', '), '') FROM (%s) q(x)",
		 sql);
	fixture_text(db, all, found, sizeof found);
	if (found[0])
		fail_msg("%s: %s", what, found);
}

/* Every table is in exactly one place, and asking again changes nothing. */
static void test_distribute(void **state)
{
	(void)state;
	struct db *db = distributed();
	int64_t n = fixture_int(db, "SELECT count(*) FROM pg_dist_partition");
	assert_int_equal(distribute(db), n);
	check_none(db, "tables that are distributed twice",
		   "SELECT logicalrelid FROM pg_dist_partition GROUP BY 1 HAVING count(*) <> 1");
	check_none(db,
		   "tables that nobody decided on, or that are on the coordinator and the nodes",
		   "SELECT c.oid::regclass FROM pg_class c "
		   "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
		   "AND NOT c.relispartition AND (c.relname IN (" LOCAL ")) = "
		   "(c.oid IN (SELECT logicalrelid FROM pg_dist_partition))");
	check_none(db, "keys that are not domain_id",
		   "SELECT logicalrelid FROM pg_dist_partition WHERE key <> 'domain_id'");
	db_close(db);
}

/* Without the extension: a sentence, and nothing has happened. */
static void test_no_citus(void **state)
{
	(void)state;
	struct db *db = fixture_open(fixture_database());
	struct err why;
	assert_int_equal(db_distribute(db, &why), ST_FATAL);
	assert_non_null(strstr(why.msg, "no Citus extension"));
	assert_int_equal(PQtransactionStatus(db->conn), PQTRANS_IDLE);
	/* as it will find it where there is one */
	CHECK_OK(db_exec(db, stand_in, &err));
	CHECK_OK(db_exec(db,
			 "INSERT INTO pg_extension SELECT 1, 'citus', extowner, extnamespace, "
			 "false, '1', NULL, NULL FROM pg_extension LIMIT 1",
			 &err));
	CHECK_OK(db_distribute(db, &err));
	assert_true(fixture_int(db, "SELECT count(*) FROM pg_dist_partition") > 5);
	assert_int_equal(PQtransactionStatus(db->conn), PQTRANS_IDLE);
	db_close(db);
}

static void test_schema(void **state)
{
	(void)state;
	struct loading l;
	struct db *db = distributed();
	loading_open(&l, fixture_info(), false);
	for (int i = 0; i < 200; i += 20)
		put(&l, &(struct made){.domain = "a.example", .id = "x", .day = DAY0 + i, .n = 3});
	loading_flush(&l);
	loading_close(&l);
	check_none(db, "unique indexes of distributed tables that domain_id does not lead",
		   "SELECT i.indexrelid::regclass FROM pg_index i "
		   "LEFT JOIN pg_inherits h ON h.inhrelid = i.indrelid "
		   "JOIN pg_dist_partition d ON d.logicalrelid = coalesce(h.inhparent, i.indrelid) "
		   "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
		   "WHERE d.key IS NOT NULL AND i.indisunique AND a.attname <> 'domain_id'");
	check_none(db, "distributed tables without a primary key",
		   "SELECT logicalrelid FROM pg_dist_partition LEFT JOIN pg_index "
		   "ON indrelid = logicalrelid AND indisprimary WHERE indrelid IS NULL");
	check_none(db, "domain_id that may be null or is no bigint",
		   "SELECT d.logicalrelid FROM pg_dist_partition d JOIN pg_attribute a "
		   "ON a.attrelid = d.logicalrelid AND a.attname = d.key "
		   "WHERE NOT a.attnotnull OR a.atttypid <> 'bigint'::regtype");
	check_none(db, "triggers", "SELECT tgname FROM pg_trigger");
	check_none(db, "foreign keys and exclusions",
		   "SELECT conname FROM pg_constraint WHERE contype IN ('f', 'x')");
	check_none(db, "functions",
		   "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace");
	check_none(db, "small identities", /* through a node they begin past 32 bits */
		   "SELECT attrelid::regclass FROM pg_attribute WHERE attidentity <> '' "
		   "AND atttypid <> 'bigint'::regtype");
	check_none(db, "partitioned otherwise than by range of days",
		   "SELECT p.partrelid::regclass FROM pg_partitioned_table p "
		   "JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0] "
		   "WHERE p.partstrat <> 'r' OR p.partnatts <> 1 OR a.attname <> "
		   "CASE p.partrelid WHEN 'profile'::regclass THEN 'month' ELSE 'day' END");
	check_none(
	    db, "partitions that are not the month of their name",
	    "SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' AND "
	    "pg_get_expr(c.relpartbound, c.oid) <> format('FOR VALUES FROM (%L) TO (%L)', "
	    "to_date(right(c.relname, 6), 'YYYYMM'), "
	    "(to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month')::date)");
	assert_int_equal(fixture_int(db, "SELECT count(*) FROM pg_inherits WHERE inhparent = "
					 "'record'::regclass"),
			 7);
	db_close(db);
}

/* A statement without its comments, in one line. */
static void strip(const char *sql, char *out, size_t size)
{
	size_t n = 0;
	for (; *sql && n + 1 < size; sql++) {
		if (sql[0] == '-' && sql[1] == '-')
			sql += strcspn(sql, "\n");
		out[n++] = *sql == '\n' || *sql == '\t' ? ' ' : *sql;
		if (!*sql)
			break;
	}
	out[n] = '\0';
}

static bool matches(const char *pattern, const char *text)
{
	regex_t re;
	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB), 0);
	bool yes = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return yes;
}

#define FACTS                                                                                      \
	"(report|record|record_mark|profile|sender_month|rollup_month|sender_label|domain_state|"  \
	"sender_state|dns_change|remedy_state|event|bounce|bounce_seen)"

static const char *refused(const char *sql)
{
	static const struct {
		const char *pattern, *what;
	} rules[] = {
	    {"\\bgrouping +sets\\b|\\bcube *\\(|\\brollup *\\(", "grouping sets"},
	    {"\\bmerge +into\\b", "MERGE"},
	    {"\\bwith +recursive\\b", "a recursive query"},
	    {"\\blateral\\b", "LATERAL"},
	    {"\\bfor +(no +key +)?(update|share)\\b", "row locks"},
	    {"\\bcreate +(or +replace +)?(constraint +)?trigger\\b", "a trigger"},
	    {"\\bset +domain_id *=", "moves a row to another domain"},
	    {"\\btruncate\\b", "TRUNCATE"},
	};
	for (size_t i = 0; i < COUNT(rules); i++)
		if (matches(rules[i].pattern, sql))
			return rules[i].what;
	if (matches("\\binsert +into +" FACTS "\\b.*\\bon +conflict\\b", sql) &&
	    !matches("\\bon +conflict *\\( *domain_id *,", sql))
		return "a conflict on a key that domain_id does not lead";
	return NULL;
}

static void check_files(const char *pattern, size_t at_least)
{
	static char sql[256 * 1024], plain[256 * 1024];
	glob_t files;
	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		FILE *f = fopen(files.gl_pathv[i], "re");
		assert_non_null(f);
		sql[fread(sql, 1, sizeof sql - 1, f)] = '\0';
		fclose(f);
		strip(sql, plain, sizeof plain);
		const char *what = refused(plain);
		if (what)
			fail_msg("%s: Citus refuses %s", files.gl_pathv[i], what);
	}
	assert_true(files.gl_pathc >= at_least);
	globfree(&files);
}

static void test_statements(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "SELECT a FROM report GROUP BY ROLLUP (a)",
	    "MERGE INTO report USING x ON true",
	    "WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x",
	    "SELECT * FROM report FOR UPDATE",
	    "INSERT INTO report (a) SELECT b FROM c ON CONFLICT (identity) DO NOTHING",
	    "INSERT INTO report (a) SELECT b FROM c ON CONFLICT DO NOTHING",
	    "INSERT INTO report (a) SELECT b FROM c ON CONFLICT (domain) DO NOTHING",
	    "UPDATE report SET domain_id = 1",
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK_ROW(refused(bad[i]), i);
	assert_null(refused("INSERT INTO report (a) SELECT b ON CONFLICT (domain_id, identity) DO "
			    "NOTHING"));
	check_files(DB_SQL "/queries/*.sql", 5);
	check_files(DB_SQL "/queries/*/*.sql", 40);
	check_files(DB_SQL "/migrations/*.sql", SQL_MIGRATIONS);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
	    cmocka_unit_test(test_distribute), cmocka_unit_test(test_no_citus),
	    cmocka_unit_test(test_schema), cmocka_unit_test(test_statements)};
	return cmocka_run_group_tests(all, fixture_acquire, fixture_release);
}

int main(void)
{
	return fixture_main(tests);
}

#include "tests/db/fixture.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/limits.h"
#include "db/cluster/cluster.h"
#include "db/migrate.h"
#include "db/read/query.h"

static char home[128];
static struct cluster *cluster;
static const char *cluster_info;
static int databases;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

const char *fixture_home(void)
{
	return home;
}

/* The postmaster by its file, when it lives in our directory. */
static pid_t postmaster_of(const char *dir)
{
	char path[512], cwd[512];
	long pid = 0;
	snprintf(path, sizeof path, "%s/ruascope/pgdata/postmaster.pid", dir);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%ld", &pid) != 1)
		pid = 0;
	fclose(f);
	snprintf(path, sizeof path, "/proc/%ld/cwd", pid);
	ssize_t n = readlink(path, cwd, sizeof cwd - 1);
	if (n <= 0 || strncmp(cwd, dir, strlen(dir)) != 0)
		return 0;
	return (pid_t)pid;
}

pid_t fixture_postmaster(void)
{
	return postmaster_of(home);
}

void fixture_remove_home(void)
{
	pid_t pid = home[0] ? postmaster_of(home) : 0;
	if (pid) {
		kill(pid, SIGINT);
		for (int i = 0; i < 500 && kill(pid, 0) == 0; i++) {
			waitpid(pid, NULL, WNOHANG);
			usleep(20000);
		}
	}
	if (home[0])
		nftw(home, remove_one, 32, FTW_DEPTH | FTW_PHYS);
	home[0] = '\0';
}

/* The server's user must be able to get there. */
void fixture_fresh_home(void)
{
	fixture_remove_home();
	snprintf(home, sizeof home, "/tmp/ruascope-db-XXXXXX");
	if (!mkdtemp(home) || chmod(home, 0755) != 0)
		abort();
	setenv("XDG_DATA_HOME", home, 1);
}

int fixture_main(int (*tests)(void))
{
	fixture_fresh_home();
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		exit(tests());
	}
	int status = 1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	fixture_remove_home();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int fixture_acquire(void **state)
{
	(void)state;
	struct err err = {.msg = ""};
	if (cluster_acquire(&cluster, &cluster_info, &err) == ST_OK)
		return 0;
	fprintf(stderr, "%s\n", err.msg);
	return 1;
}

int fixture_release(void **state)
{
	(void)state;
	cluster_release(cluster);
	cluster = NULL;
	return 0;
}

struct db *fixture_open(const char *conninfo)
{
	struct db *db = NULL;
	CHECK_OK(db_open(conninfo, &db, &err));
	return db;
}

static char info[512];

const char *fixture_info(void)
{
	return info;
}

const char *fixture_database(void)
{
	char sql[64];
	int from, to;
	struct db *db = fixture_open(cluster_info);
	snprintf(sql, sizeof sql, "CREATE DATABASE t%d", ++databases);
	CHECK_OK(db_exec(db, sql, &err));
	db_close(db);
	snprintf(info, sizeof info, "%s dbname=t%d", cluster_info, databases);
	db = fixture_open(info);
	CHECK_OK(migrate_run(db, &from, &to, &err));
	db_close(db);
	return info;
}

void fixture_text(struct db *db, const char *sql, char *out, size_t size)
{
	PGresult *res = NULL;
	CHECK_OK(db_query(db, sql, 0, NULL, &res, &err));
	assert_int_equal(PQntuples(res), 1);
	snprintf(out, size, "%s", PQgetvalue(res, 0, 0));
	PQclear(res);
}

int64_t fixture_int(struct db *db, const char *sql)
{
	char text[64];
	fixture_text(db, sql, text, sizeof text);
	return strtoll(text, NULL, 10);
}

void fixture_facts(struct db *db, const char *domain, struct window w, struct arena *a,
		   struct domain_facts *f)
{
	CHECK_OK(query_facts(db, &domain, 1, &w, 1, a, f, &err));
}

static void on_settled(void *ctx, const struct settlement *s)
{
	struct settled *all = ctx;
	if (all->n < COUNT(all->tickets)) {
		all->tickets[all->n] = s->ticket;
		all->outcomes[all->n] = s->outcome;
	}
	all->n++;
	all->outcome[s->outcome]++;
	all->records += s->records;
	all->messages += s->messages;
	if (s->reason)
		snprintf(all->reason, sizeof all->reason, "%s", s->reason);
}

void loading_open(struct loading *l, const char *conninfo, bool dry)
{
	int64_t run;
	*l = (struct loading){.db = fixture_open(conninfo)};
	CHECK_OK(load_run_begin(l->db, "test", &run, &err));
	CHECK_OK(load_open(l->db, run, dry, NULL, &l->loader, &err));
	l->sink = load_sink(l->loader);
	l->sink->settled = on_settled;
	l->sink->settled_ctx = &l->settled;
}

void loading_close(struct loading *l)
{
	load_close(l->loader);
	db_close(l->db);
}

void loading_flush(struct loading *l)
{
	CHECK_OK(l->sink->flush(l->sink->ctx, &err));
}

/* Many kinds: with and without each part. Strings live for ever. */
struct dmarc_profile fixture_profile(unsigned k)
{
	static const struct dmarc_dkim dkim[] = {
	    {"example.com", "s1", {W_PASS, "pass"}, NULL},
	    {"mail.example.net", NULL, {W_OTHER, "odd-word"}, "a \"quoted\" \\ {comment}"},
	};
	static const struct dmarc_spf spf[] = {
	    {"bounce.example.net", {W_MFROM, "mfrom"}, {W_SOFTFAIL, "softfail"}, NULL}};
	static const struct dmarc_reason reasons[] = {{{W_MAILING_LIST, "mailing_list"}, NULL},
						      {{W_OTHER_REASON, "other"}, "arc=pass"}};
	static const struct dmarc_word dispositions[] = {
	    {W_NONE, "none"}, {W_QUARANTINE, "quarantine"}, {W_REJECT, "reject"}, {W_ABSENT, NULL}};
	struct dmarc_profile p = {
	    .digest = hash_fixed128(&k, sizeof k),
	    .header_from = "example.com",
	    .envelope_from = k % 3 == 0   ? ""
			     : k % 3 == 1 ? NULL
					  : "bounce.example.net",
	    .disposition = dispositions[k % 4],
	    .eval_dkim =
		k % 2 ? (struct dmarc_word){W_PASS, "pass"} : (struct dmarc_word){W_FAIL, "fail"},
	    .eval_spf = {W_FAIL, "fail"},
	    .reasons = reasons,
	    .dkim = dkim,
	    .spf = spf,
	    .n_reasons = k % 3,
	    .n_dkim = k % 3,
	    .n_spf = k % 2,
	    .adkim = {W_RELAXED, "r"},
	    .aspf = {W_STRICT, "s"},
	    .aligned_dkim = k % 2,
	    .cell = (enum dmarc_cell)(k % CELL_COUNT),
	    .flags = k % 5 ? 0 : DMARC_ARC_PASS,
	};
	return p;
}

static struct dmarc_report head_of(const struct made *m)
{
	struct dmarc_report r = {
	    .org_name = m->org ? m->org : "reporter.example",
	    .email = "dmarc@reporter.example",
	    .report_id = m->id,
	    .begin = m->begin ? m->begin : (int64_t)m->day * 86400,
	    .end = (int64_t)m->day * 86400 + 86399,
	    .day = m->day,
	    .format = DMARC_RFC7489,
	    .policy = {.domain = m->domain, .p = {W_NONE, "none"}, .pct = 100},
	};
	char key[512];
	int n =
	    snprintf(key, sizeof key, "%s|%s|%lld", r.org_name, r.report_id, (long long)r.begin);
	r.identity = hash_fixed128(key, (size_t)n);
	return r;
}

static struct dmarc_record record_of(const struct made *m, uint64_t i,
				     const struct dmarc_profile *profiles)
{
	struct dmarc_record r = {
	    .messages = 1 + i % 7,
	    .flags = m->flags,
	    .profile = &profiles[(i + m->variant) % (m->profiles ? m->profiles : 1)],
	};
	if (m->flags & DMARC_BAD_IP) {
		r.source_raw = "not an address";
	} else {
		r.source = (struct ip){.family = 4,
				       .b = {192, 0, (uint8_t)(i / 200 % 250), (uint8_t)(i % 200)}};
		if (i % 11 == 10)
			r.source = (struct ip){.family = 6, .b = {0x20, 1, 0xd, 0xb8, (uint8_t)i}};
	}
	return r;
}

/* The profiles are overwritten after each chunk: what a sink keeps it must have copied. */
static enum status put_records(struct sink *sink, const struct made *m, struct dmarc_report *r,
			       struct err *err)
{
	static _Thread_local struct dmarc_record chunk[CHUNK_RECORDS];
	unsigned n_profiles = m->profiles ? m->profiles : 1;
	struct dmarc_profile *profiles = calloc(n_profiles, sizeof *profiles);
	enum status st = ST_OK;
	for (uint64_t at = 0; st == ST_OK && at < m->n;) {
		size_t n = m->n - at < CHUNK_RECORDS ? (size_t)(m->n - at) : CHUNK_RECORDS;
		for (unsigned k = 0; k < n_profiles; k++)
			profiles[k] = fixture_profile(k);
		for (size_t i = 0; i < n; i++) {
			chunk[i] = record_of(m, at + i, profiles);
			r->n_messages += chunk[i].messages;
		}
		st = sink->records(sink->ctx, chunk, n, err);
		memset(profiles, 0xee, n_profiles * sizeof *profiles);
		at += n;
	}
	free(profiles);
	return st;
}

enum status fixture_put(struct sink *sink, const struct made *m, struct err *err)
{
	struct dmarc_report r = head_of(m);
	struct item item = {.ticket = (void *)(uintptr_t)m->ticket,
			    .container = m->container,
			    .auth = m->auth ? m->auth : &authentic_nothing};
	char source[600];
	snprintf(source, sizeof source, "mail/%s.eml", m->id);
	item.source = source;
	if (item.container.size == 0)
		item.container =
		    (struct blob){.size = strlen(m->id), .mem = (const uint8_t *)m->id, .fd = -1};
	enum status st = sink->begin(sink->ctx, &r, &item, err);
	if (st == ST_OK)
		st = put_records(sink, m, &r, err);
	if (st != ST_OK || m->torn) {
		sink->abort(sink->ctx);
		return st;
	}
	uint64_t content[] = {m->variant, m->n};
	r.content = hash_fixed128(content, sizeof content);
	r.n_records = m->n;
	return sink->end(sink->ctx, &r, &item, err);
}

void put(struct loading *l, const struct made *m)
{
	CHECK_OK(fixture_put(l->sink, m, &err));
}

void note(struct loading *l, const char *source, struct blob b, enum outcome o, const char *why)
{
	struct item item = {.source = source, .container = b, .auth = &authentic_nothing};
	CHECK_OK(l->sink->note(l->sink->ctx, &item, o, why, &err));
}

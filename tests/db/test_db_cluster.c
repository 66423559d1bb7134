/* The private cluster: made once, shared, stopped by the last, whatever is killed meanwhile. */
#include <errno.h>
#include <glob.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/cluster/cluster.h"
#include "tests/db/fixture.h"

static int fresh(void **state)
{
	(void)state;
	unsetenv("RUASCOPE_PG_BINDIR");
	fixture_fresh_home();
	return 0;
}

/* Acquire, ask the server something, hold it for a while, release. In a child: 0 is success. */
static int use_it(unsigned microseconds)
{
	struct cluster *c;
	const char *info;
	struct err err = {.msg = ""};
	struct db *db = NULL;
	if (cluster_acquire(&c, &info, &err) != ST_OK || db_open(info, &db, &err) != ST_OK ||
	    db_exec(db, "SELECT 1", &err) != ST_OK) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	db_close(db);
	usleep(microseconds);
	cluster_release(c);
	return 0;
}

static void join(pid_t pid, int want)
{
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, want);
}

static void test_made_by_several(void **state)
{
	(void)state;
	pid_t pids[5];
	for (size_t i = 0; i < COUNT(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(use_it(1000 * (unsigned)(i * i * 20)));
	}
	for (size_t i = 0; i < COUNT(pids); i++)
		join(pids[i], 0);
	assert_int_equal(fixture_postmaster(), 0);
}

/* In and out at any moment: nobody is left without a server, and none is left in the end. */
static void test_in_and_out(void **state)
{
	(void)state;
	pid_t pids[4];
	for (size_t i = 0; i < COUNT(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			int failed = 0;
			for (unsigned k = 0; k < 6; k++)
				failed |= use_it((k * 7919 + (unsigned)i * 104729) % 90000);
			_exit(failed);
		}
	}
	for (size_t i = 0; i < COUNT(pids); i++)
		join(pids[i], 0);
	assert_int_equal(fixture_postmaster(), 0);
}

/* How many names like pgdata.* there are beside the cluster. */
static size_t beside(void)
{
	char pattern[256];
	glob_t left;
	snprintf(pattern, sizeof pattern, "%s/ruascope/pgdata.*", fixture_home());
	if (glob(pattern, 0, NULL, &left) != 0)
		return 0;
	size_t n = left.gl_pathc;
	globfree(&left);
	return n;
}

/* Killed at any moment of making it; the next one makes it whole, and touches nothing of what the
 * others left. */
static void test_killed_in_initdb(void **state)
{
	(void)state;
	for (unsigned ms = 5; ms < 1200; ms = ms * 3 / 2 + 20) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(use_it(10000000));
		usleep(ms * 1000);
		kill(pid, SIGKILL);
		join(pid, SIGKILL);
	}
	size_t left = beside();
	assert_int_equal(use_it(0), 0);
	assert_int_equal(fixture_postmaster(), 0);
	assert_int_equal(beside(), left);
}

/* The server of a user who was killed goes on, and is stopped by the next. */
static void test_user_killed(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0)
		_exit(use_it(20000000));
	for (int i = 0; i < 6000 && !fixture_postmaster(); i++)
		usleep(20000);
	usleep(300000);
	kill(pid, SIGKILL);
	join(pid, SIGKILL);
	pid_t server = fixture_postmaster();
	assert_true(server > 0);
	assert_true(getsid(server) != getsid(0)); /* the terminal's Ctrl-C does not reach it */
	assert_int_equal(use_it(0), 0);
	assert_int_equal(fixture_postmaster(), 0);
}

static void test_keep_and_stop(void **state)
{
	(void)state;
	struct cluster *c;
	const char *info;
	struct err why;
	bool was_running;
	CHECK_OK(cluster_stop(&was_running, &err)); /* when there is none yet */
	assert_false(was_running);
	CHECK_OK(cluster_acquire(&c, &info, &err));
	CHECK_OK(cluster_keep(c, &err));
	cluster_release(c);
	pid_t server = fixture_postmaster();
	assert_true(server > 0);
	assert_int_equal(use_it(0), 0);
	assert_int_equal(fixture_postmaster(), server);
	CHECK_OK(cluster_acquire(&c, &info, &err));
	assert_int_equal(cluster_stop(&was_running, &why), ST_LATER);
	assert_true(was_running);
	assert_non_null(strstr(why.msg, "another ruascope"));
	cluster_release(c); /* not kept any longer */
	assert_int_equal(fixture_postmaster(), 0);
	CHECK_OK(cluster_acquire(&c, &info, &err));
	CHECK_OK(cluster_keep(c, &err));
	cluster_release(c);
	CHECK_OK(cluster_stop(&was_running, &err));
	assert_true(was_running);
	assert_int_equal(fixture_postmaster(), 0);
}

/* The file of a server that was killed names a number that another process has by now. */
static void test_stale_pid_file(void **state)
{
	(void)state;
	struct cluster *c;
	const char *info;
	bool was_running;
	CHECK_OK(cluster_acquire(&c, &info, &err));
	CHECK_OK(cluster_keep(c, &err));
	cluster_release(c);
	kill(fixture_postmaster(), SIGKILL);
	while (fixture_postmaster())
		usleep(10000);
	pid_t innocent = fork();
	if (innocent == 0) {
		sleep(60);
		_exit(0);
	}
	char path[256], command[512];
	snprintf(path, sizeof path, "%s/ruascope/pgdata/postmaster.pid", fixture_home());
	snprintf(command, sizeof command, "sed -i 1s/.*/%d/ %s", (int)innocent, path);
	assert_int_equal(system(command), 0);
	CHECK_OK(cluster_stop(&was_running, &err));
	assert_false(was_running);
	assert_int_equal(waitpid(innocent, NULL, WNOHANG), 0);
	if (geteuid() == 0) /* else PostgreSQL takes it for a server of ours */
		assert_int_equal(use_it(0), 0);
	assert_int_equal(waitpid(innocent, NULL, WNOHANG), 0);
	kill(innocent, SIGKILL);
	join(innocent, SIGKILL);
}

/* A pipe that reads what we print ends with us, not with the server. */
static void test_pipe_ends(void **state)
{
	(void)state;
	int ends[2];
	char c;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct cluster *cluster;
		const char *info;
		struct err err;
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		_exit(cluster_acquire(&cluster, &info, &err) != ST_OK ||
		      cluster_keep(cluster, &err) != ST_OK);
	}
	close(ends[1]);
	join(pid, 0);
	struct pollfd p = {.fd = ends[0], .events = POLLIN};
	assert_int_equal(poll(&p, 1, 3000), 1);
	assert_int_equal(read(ends[0], &c, 1), 0);
	close(ends[0]);
	assert_true(fixture_postmaster() > 0);
}

static void test_long_home(void **state)
{
	(void)state;
	char path[512];
	snprintf(path, sizeof path, "%s/it's a%0120d", fixture_home(), 7);
	setenv("XDG_DATA_HOME", path, 1);
	assert_int_equal(use_it(0), 0);
	setenv("XDG_DATA_HOME", fixture_home(), 1);
}

static void check_fails(enum status want, const char *word, const char *other)
{
	struct cluster *c;
	const char *info;
	struct err err = {.msg = ""};
	assert_int_equal(cluster_acquire(&c, &info, &err), want);
	if (!strstr(err.msg, word) || !strstr(err.msg, other))
		fail_msg("\"%s\" says neither \"%s\" nor \"%s\"", err.msg, word, other);
}

/* As root: to whom the server runs as. */
static void give_to_server(const char *name)
{
	char path[256];
	const struct passwd *pw = getpwnam("ruascope");
	if (!pw)
		pw = getpwnam("postgres");
	snprintf(path, sizeof path, "%s/ruascope/%s", fixture_home(), name);
	if (geteuid() == 0)
		assert_int_equal(chown(path, pw->pw_uid, pw->pw_gid), 0);
}

static void test_no_programs(void **state)
{
	(void)state;
	char path[256];
	setenv("RUASCOPE_PG_BINDIR", "/nonexistent", 1);
	check_fails(ST_RETRY, "/nonexistent", "initdb");
	unsetenv("RUASCOPE_PG_BINDIR");
	/* a cluster of a version that is not installed */
	snprintf(path, sizeof path, "%s/ruascope", fixture_home());
	mkdir(path, 0755);
	snprintf(path, sizeof path, "%s/ruascope/pgdata", fixture_home());
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/ruascope/pgdata/PG_VERSION", fixture_home());
	FILE *f = fopen(path, "w");
	fputs("99\n", f);
	fclose(f);
	give_to_server("pgdata/PG_VERSION");
	give_to_server("pgdata");
	check_fails(ST_RETRY, "postgresql-99", "--db");
}

static void test_closed_directory(void **state)
{
	(void)state;
	char path[256];
	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof path, "%s/closed", fixture_home());
	assert_int_equal(mkdir(path, 0700), 0);
	setenv("XDG_DATA_HOME", path, 1);
	check_fails(ST_RETRY, path, "--db");
	setenv("XDG_DATA_HOME", fixture_home(), 1);
}

/* initdb that fails says why, and leaves nothing; what is not of this attempt stays. */
static void test_initdb_fails(void **state)
{
	(void)state;
	char path[256], program[512];
	snprintf(path, sizeof path, "%s/bin", fixture_home());
	mkdir(path, 0755);
	for (int i = 0; i < 2; i++) {
		snprintf(program, sizeof program, "%s/%s", path, i ? "initdb" : "postgres");
		FILE *f = fopen(program, "w");
		fputs("#!/bin/sh\nmkdir $2/base && echo x > $2/base/1 && ln -s .. $2/up\n"
		      "echo 'initdb: error: the disk is made of cheese' >&2\n"
		      "echo 'initdb: hint: eat it' >&2\nexit 1\n",
		      f);
		fclose(f);
		chmod(program, 0755);
	}
	snprintf(path, sizeof path, "%s/ruascope", fixture_home());
	assert_int_equal(mkdir(path, 0755), 0);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/ruascope/pgdata.%s", fixture_home(),
			 i ? "old" : "1234.0");
		assert_int_equal(mkdir(path, 0755), 0);
	}
	snprintf(path, sizeof path, "%s/bin", fixture_home());
	setenv("RUASCOPE_PG_BINDIR", path, 1);
	check_fails(ST_RETRY, "initdb failed", "the disk is made of cheese");
	unsetenv("RUASCOPE_PG_BINDIR");
	assert_int_equal(beside(), 2);
	assert_int_equal(use_it(0), 0);
	assert_int_equal(beside(), 2);
}

static void test_ordinary_user(void **state)
{
	(void)state;
	const struct passwd *pw = getpwnam("nobody");
	if (geteuid() != 0 || !pw)
		skip();
	assert_int_equal(chown(fixture_home(), pw->pw_uid, pw->pw_gid), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)
			_exit(9);
		_exit(use_it(0) || use_it(0));
	}
	join(pid, 0);
	assert_int_equal(fixture_postmaster(), 0);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
	    cmocka_unit_test_setup(test_made_by_several, fresh),
	    cmocka_unit_test_setup(test_in_and_out, fresh),
	    cmocka_unit_test_setup(test_killed_in_initdb, fresh),
	    cmocka_unit_test_setup(test_user_killed, fresh),
	    cmocka_unit_test_setup(test_keep_and_stop, fresh),
	    cmocka_unit_test_setup(test_stale_pid_file, fresh),
	    cmocka_unit_test_setup(test_pipe_ends, fresh),
	    cmocka_unit_test_setup(test_long_home, fresh),
	    cmocka_unit_test_setup(test_no_programs, fresh),
	    cmocka_unit_test_setup(test_closed_directory, fresh),
	    cmocka_unit_test_setup(test_initdb_fails, fresh),
	    cmocka_unit_test_setup(test_ordinary_user, fresh),
	};
	int failed = cmocka_run_group_tests(all, NULL, NULL);
	fixture_remove_home();
	return failed;
}

int main(void)
{
	return fixture_main(tests);
}

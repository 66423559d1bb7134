/* ingest/walk and ingest/mbox: where inputs come from. */
#include "tests/unit/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/log.h"
#include "ingest/files/mbox.h"
#include "ingest/files/opened.h"
#include "ingest/files/walk.h"

static char root[64];

static char *at(const char *name)
{
	static char path[8][512];
	static unsigned turn;
	char *p = path[turn++ % 8];
	snprintf(p, sizeof path[0], "%s/%s", root, name);
	return p;
}

static void file(const char *name)
{
	int fd = open(at(name), O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void dir(const char *name)
{
	assert_int_equal(mkdir(at(name), 0700), 0);
}

static enum status on_file(void *ctx, const char *path, const char *problem, struct err *err)
{
	struct buf *all = ctx;
	size_t n = strlen(root);
	(void)err;
	buf_printf(all, "%s%s%s\n", strncmp(path, root, n) == 0 ? path + n : path,
		   problem ? ": " : "", problem ? problem : "");
	return strcmp(path, "/dev/null/stop") == 0 ? ST_RETRY : ST_OK;
}

static void check_walk(const char *const *paths, int n, enum status want, const char *expected)
{
	struct buf all;
	struct err err;
	buf_init(&all, 1 * MIB);
	struct walk_visitor v = {.ctx = &all, .file = on_file};
	assert_int_equal(walk(paths, n, &v, &err), want);
	assert_string_equal(all.data ? all.data : "", expected);
	buf_free(&all);
}

static void walk_tree(void **state)
{
	(void)state;
	dir("d");
	dir("d/sub");
	file("d/b.xml");
	file("d/a.xml");
	file("d/.hidden");
	dir("d/.git");
	file("d/.git/x");
	file("d/sub/new\nline\xff");
	assert_int_equal(symlink("..", at("d/sub/loop")), 0);
	assert_int_equal(symlink("nowhere", at("d/sub/dangling")), 0);
	assert_int_equal(symlink("self", at("d/self")), 0);
	assert_int_equal(mkfifo(at("d/fifo"), 0600), 0);
	const char *paths[] = {at("d"),      "-",        at("d/.hidden"),
			       at("d/fifo"), at("gone"), at("d/sub")};
	check_walk(paths, 6, ST_OK,
		   "/d/a.xml\n/d/b.xml\n/d/self: Too many levels of symbolic links\n"
		   "/d/sub/dangling: No such file or directory\n/d/sub/new\nline\xff\n"
		   "-\n/d/.hidden\n/gone: No such file or directory\n");
	const char *stop[] = {at("d/a.xml"), "/dev/null/stop", at("d/a.xml")};
	check_walk(stop, 3, ST_RETRY, "/d/a.xml\n/dev/null/stop: Not a directory\n");
}

static void walk_maildir(void **state)
{
	(void)state;
	static const char *const dirs[] = {"m",        "m/cur",     "m/new",      "m/tmp",
					   "m/.a",     "m/.a/cur",  "m/.a/new",   "m/.a/tmp",
					   "m/.other", "m/visible", "m/.a/extra", "m/fs",
					   "m/fs/cur", "m/fs/new",  "m/fs/tmp"};
	for (size_t i = 0; i < COUNT(dirs); i++)
		dir(dirs[i]);
	file("m/cur/1:2,S");
	file("m/cur/.hidden");
	file("m/new/2");
	file("m/tmp/3");
	file("m/dovecot.index");
	file("m/.a/new/4");
	file("m/.a/tmp/5");
	file("m/.other/6");
	file("m/visible/7");
	file("m/.a/extra/8");
	file("m/fs/cur/9"); /* Dovecot's LAYOUT=fs, mbsync: folders that show */
	file("m/fs/tmp/9");
	const char *paths[] = {at("m")};
	check_walk(paths, 1, ST_OK, "/m/.a/new/4\n/m/cur/1:2,S\n/m/fs/cur/9\n/m/new/2\n");
	/* empty directories get lost in copies */
	assert_int_equal(unlink(at("m/tmp/3")) + unlink(at("m/.a/tmp/5")), 0);
	assert_int_equal(rmdir(at("m/tmp")) + rmdir(at("m/.a/tmp")) + rmdir(at("m/.a/cur")), 0);
	check_walk(paths, 1, ST_OK, "/m/.a/new/4\n/m/cur/1:2,S\n/m/fs/cur/9\n/m/new/2\n");
}

/* ---- mbox ---- */

#define FROM "From a@b Thu Jan  1 00:00:00 2015\n"

static void mbox_table(void **state)
{
	(void)state;
	static const struct {
		const char *text, *mails; /* each in [] */
	} rows[] = {
	    {FROM "A: 1\n\nx\n", "[A: 1\n\nx\n]"},
	    {FROM "A: 1\n\nx\n\n" FROM "B: 2\n\ny", "[A: 1\n\nx\n][B: 2\n\ny]"},
	    {FROM "A: 1\n\nx\n" FROM "B: 2\n\ny", "[A: 1\n\nx\n][B: 2\n\ny]"},
	    {FROM "A: 1\n\nx\nFrom y\nz\n", "[A: 1\n\nx\nFrom y\nz\n]"},
	    {FROM "A: 1\n\nx\n\nFrom now on\nhttp://b\n", "[A: 1\n\nx\n\nFrom now on\nhttp://b\n]"},
	    {FROM "A: 1\r\n\r\nx\r\n\r\n" FROM "B:\r\n", "[A: 1\r\n\r\nx\r\n][B:\r\n]"},
	    {"From \r\nA: 1\r\n\r\nx\r\n\r\nFrom \r\nB: 2\r\n", "[A: 1\r\n\r\nx\r\n][B: 2\r\n]"},
	    {"From\nA: 1\n\nx\nFrom\nB: 2\n", "[A: 1\n\nx\n][B: 2\n]"},
	    {"From a@b\nA: 1\n\nx\n\nFrom a@b 3/11/26\nB: 2\n", "[A: 1\n\nx\n][B: 2\n]"},
	    {"\xef\xbb\xbf\r\n\nFrom \nA: 1\n\nFrom \nB: 2\n", "[A: 1\n][B: 2\n]"},
	    {"From \nA: 1\n\nFrom \n>From x\nB: 2\n", "[A: 1\n][>From x\nB: 2\n]"},
	    {"From \nA: 1\nFrom \nFrom \nB: 2\n", "[A: 1\nFrom \n][B: 2\n]"},
	    {FROM "A: 1\n\n>From x\nB: 2\n\n", "[A: 1\n\n>From x\nB: 2\n\n]"},
	    {FROM "A: 1\n\nx\n\n" FROM "\ny\n", "[A: 1\n\nx\n\n" FROM "\ny\n?]"},
	    {FROM "A: 1\n\nx\n\n" FROM, "[A: 1\n\nx\n\n" FROM "?]"},
	    {FROM, "[]"},
	    {"From ", "[]"},
	    {"", ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct blob b = {
		    .size = strlen(rows[i].text), .mem = (const uint8_t *)rows[i].text, .fd = -1};
		struct buf all;
		struct mbox m;
		struct blob mail;
		struct err err;
		bool more = true;
		buf_init(&all, 1 * MIB);
		mbox_init(&m, &b);
		while (mbox_next(&m, &mail, &more, &err) == ST_OK && more) {
			buf_putc(&all, '[');
			buf_put(&all, mail.mem, mail.size);
			buf_puts(&all, m.doubtful ? "?]" : "]");
		}
		if (strcmp(all.data ? all.data : "", rows[i].mails) != 0)
			fail_msg("row %zu: %s", i, all.data);
		buf_free(&all);
	}
}

/* Mails that lie across the chunks of the reader, from a file. */
static void mbox_file(void **state)
{
	(void)state;
	FILE *f = tmpfile();
	assert_non_null(f);
	for (int i = 0; i < 300; i++) {
		fprintf(f, FROM "N: %d\n\n", i);
		for (int k = 0; k < i * 3; k++)
			fprintf(f, "line %d\n", k);
		fputc('\n', f);
	}
	fflush(f);
	struct blob b = {.size = (uint64_t)ftell(f), .fd = fileno(f)};
	struct blob mail;
	struct mbox m;
	struct err err;
	bool more;
	assert_true(mbox_looks_like(&b));
	mbox_init(&m, &b);
	for (int i = 0; i < 300; i++) {
		char head[16] = "", want[16];
		assert_int_equal(mbox_next(&m, &mail, &more, &err), ST_OK);
		assert_true(more);
		ssize_t n = blob_read(&mail, 0, head, sizeof head - 1);
		snprintf(want, sizeof want, "N: %d\n", i);
		assert_true(n > 0 && strncmp(head, want, strlen(want)) == 0);
	}
	assert_int_equal(m.n, 300);
	assert_int_equal(mbox_next(&m, &mail, &more, &err), ST_OK);
	assert_false(more);
	fclose(f);
}

/* From memory or from the disk, asked for ahead or not: the same bytes. */
static void a_file_is_read_whole(void **state)
{
	(void)state;
	const char *path = at("opened");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, "<feedback/>", 11), 11);
	assert_int_equal(fsync(fd), 0);
	for (int cold = 0; cold < 4; cold++) {
		struct coldness met = {.score = cold == 3 ? 64 : 0};
		struct opened o;
		uint8_t *small = NULL;
		if (cold == 1)
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		if (cold == 2)
			opened_ahead(path, &met);
		struct err err;
		assert_int_equal(opened_file(&o, path, &small, cold ? &met : NULL, &err), ST_OK);
		assert_int_equal(o.blob.size, 11);
		assert_memory_equal(o.blob.mem, "<feedback/>", 11);
		opened_close(&o);
		free(small);
	}
	struct coldness cold = {0};
	close(fd);
	unlink(path);
	opened_ahead(path, &cold); /* harmless: whoever reads it says that it is gone */
}

static void read_and_close(const char *path, uint8_t **small, struct coldness *cold)
{
	struct opened o;
	struct err err;
	assert_int_equal(opened_file(&o, path, small, cold, &err), ST_OK);
	assert_int_equal(o.blob.size, 11);
	opened_close(&o);
}

/* A cold file now and then is not worth asking for all; a cold folder is; a warm one ends it. */
static void coldness_follows_the_files(void **state)
{
	(void)state;
	struct coldness cold = {0};
	uint8_t *small = NULL, byte;
	struct iovec v = {&byte, 1};
	const char *path = at("cold");
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, "<feedback/>", 11), 11);
	assert_int_equal(fsync(fd), 0);
	if (preadv2(fd, &v, 1, 0, RWF_NOWAIT) != 1) {
		close(fd);
		skip(); /* a file system that does not say */
	}
	for (int i = 0; i < 200; i++) {
		if (i % 20 == 0)
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		read_and_close(path, &small, &cold);
		assert_false(coldness_felt(&cold));
	}
	/* it is advice: the kernel does not take all of it */
	for (int i = 0; i < 1000 && !coldness_felt(&cold); i++) {
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		read_and_close(path, &small, &cold);
	}
	if (!coldness_felt(&cold)) /* a file system that never forgets */
		atomic_store(&cold.score, 64);
	read_and_close(path, &small, &cold);
	assert_true(coldness_felt(&cold)); /* whoever asks ahead tells, not whoever reads */
	for (int i = 0; i < 64; i++)
		opened_ahead(path, &cold);
	assert_false(coldness_felt(&cold));
	free(small);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(walk_tree),
	    cmocka_unit_test(walk_maildir),
	    cmocka_unit_test(mbox_table),
	    cmocka_unit_test(mbox_file),
	    cmocka_unit_test(a_file_is_read_whole),
	    cmocka_unit_test(coldness_follows_the_files),
	};
	char command[128];
	log_set_level(LOG_ERROR);
	snprintf(root, sizeof root, "/tmp/test_walk.XXXXXX");
	if (!mkdtemp(root))
		return 1;
	int failed = cmocka_run_group_tests_name("walk", tests, NULL, NULL);
	snprintf(command, sizeof command, "rm -rf %s", root);
	return system(command) != 0 || failed;
}

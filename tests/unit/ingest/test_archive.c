/* ingest/archive: never overwrite, never lose. */
#include "tests/unit/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "ingest/files/archive.h"

static char root[64];

static int make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test_archive.XXXXXX");
	return mkdtemp(root) && chdir(root) == 0 ? 0 : -1;
}

static int drop_root(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return chdir("/") == 0 ? system(command) : -1;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void check_text(const char *path, const char *text)
{
	char got[64] = "";
	FILE *f = fopen(path, "r");
	if (!f)
		fail_msg("%s is not there", path);
	assert_true(fread(got, 1, sizeof got - 1, f) > 0);
	fclose(f);
	assert_string_equal(got, text);
}

static struct archive *open_archive(const char *dir)
{
	struct archive *a = NULL;
	struct err err;
	assert_int_equal(archive_open(dir, NULL, 0, &a, &err), ST_OK);
	return a;
}

static enum status move(struct archive *a, const char *path, enum outcome o)
{
	struct stat seen;
	struct err err;
	assert_int_equal(stat(path, &seen), 0);
	return archive_move(a, path, &seen, o, &err);
}

static void worst_first(void **state)
{
	(void)state;
	static const enum outcome order[] = {OUT_REJECTED, OUT_CONFLICT, OUT_STORED, OUT_DUPLICATE,
					     OUT_NOT_A_REPORT};
	for (size_t i = 0; i < COUNT(order); i++) {
		for (size_t j = i; j < COUNT(order); j++) {
			CHECK_ROW(archive_worse(order[i], order[j]) == order[i], i);
			CHECK_ROW(archive_worse(order[j], order[i]) == order[i], i);
		}
	}
}

static void equal_names_get_numbers(void **state)
{
	(void)state;
	struct archive *a = open_archive("done");
	static const char *const want[] = {"done/stored/a.eml", "done/stored/a.1.eml",
					   "done/stored/a.2.eml"};
	static const char *const texts[] = {"one", "two", "three"};
	for (size_t i = 0; i < COUNT(want); i++) {
		put("a.eml", texts[i]);
		assert_int_equal(move(a, "a.eml", OUT_STORED), ST_OK);
		assert_int_not_equal(access("a.eml", F_OK), 0);
		check_text(want[i], texts[i]);
	}
	put("plain", "p");
	assert_int_equal(move(a, "plain", OUT_NOT_A_REPORT), ST_OK);
	put("plain", "q");
	assert_int_equal(move(a, "plain", OUT_NOT_A_REPORT), ST_OK);
	check_text("done/not-a-report/plain.1", "q");
	check_text("done/stored/a.eml", "one");
	archive_close(a);
}

/* A name of 255 bytes that is taken has no room for a number: it is shortened, between characters.
 */
static void long_names_are_shortened(void **state)
{
	(void)state;
	struct archive *a = open_archive("long");
	char name[256], path[300];
	for (int i = 0; i < 3; i++) {
		memset(name, 'n', 255);
		memcpy(name + 245, "\xc3\xa4\xc3\xa4\xc3\xa4.eml", 11);
		put(name, i ? "other" : "first");
		assert_int_equal(move(a, name, OUT_STORED), ST_OK);
		assert_int_not_equal(access(name, F_OK), 0);
	}
	snprintf(path, sizeof path, "long/stored/%s", name);
	check_text(path, "first");
	name[249] = '\0'; /* one character of two bytes gave way to ".1" */
	snprintf(path, sizeof path, "long/stored/%s.1.eml", name);
	check_text(path, "other");
	archive_close(a);
}

static void changed_file_stays(void **state)
{
	(void)state;
	struct archive *a = open_archive("done2");
	struct stat seen;
	struct err err;
	put("b.xml", "first");
	assert_int_equal(stat("b.xml", &seen), 0);
	put("b.xml.new", "second");
	assert_int_equal(rename("b.xml.new", "b.xml"), 0);
	assert_int_equal(archive_move(a, "b.xml", &seen, OUT_STORED, &err), ST_ITEM);
	check_text("b.xml", "second");
	assert_int_equal(unlink("b.xml"), 0);
	assert_int_equal(archive_move(a, "b.xml", &seen, OUT_STORED, &err), ST_ITEM);
	archive_close(a);
}

static void stays(struct archive *a, const char *path, const char *why)
{
	struct stat seen;
	struct err err;
	assert_int_equal(stat(path, &seen), 0);
	assert_int_equal(archive_move(a, path, &seen, OUT_STORED, &err), ST_ITEM);
	assert_non_null(strstr(err.msg, why));
	assert_int_equal(access(path, F_OK), 0);
}

static void links_stay(void **state)
{
	(void)state;
	assert_int_equal(mkdir("in", 0700) + mkdir("beside", 0700), 0);
	put("target.xml", "t");
	put("beside/b.xml", "b");
	put("beside/c.xml", "c");
	assert_int_equal(symlink("../target.xml", "in/link.xml"), 0);
	assert_int_equal(symlink("../beside", "in/linked"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	const char *in[] = {"in", "in/link.xml"}, *linked[] = {"other", "in/linked"};
	struct archive *a = NULL;
	struct err err;
	assert_int_equal(archive_open("done3", in, 2, &a, &err), ST_OK);
	stays(a, "in/link.xml", "not moved: it is a symbolic link");
	stays(a, "in/linked/b.xml", "\"linked\" is a symbolic link, which is not followed");
	archive_close(a);
	/* what a person wrote is followed */
	assert_int_equal(archive_open("done3", linked, 2, &a, &err), ST_OK);
	assert_int_equal(move(a, "in/linked/b.xml", OUT_STORED), ST_OK);
	check_text("done3/stored/b.xml", "b");
	/* but not where the archive wants a folder */
	assert_int_equal(symlink("../beside", "done3/rejected"), 0);
	struct stat seen;
	assert_int_equal(stat("beside/c.xml", &seen), 0);
	assert_int_equal(archive_move(a, "beside/c.xml", &seen, OUT_REJECTED, &err), ST_ITEM);
	assert_string_equal(err.msg, "not moved to done3/rejected: Not a directory");
	archive_close(a);
	assert_int_equal(archive_open("loop", NULL, 0, &a, &err), ST_FATAL);
	check_text("target.xml", "t");
	check_text("beside/c.xml", "c");
}

/* Paths of every shape that a walk makes of what a person wrote. */
static void shapes_of_paths(void **state)
{
	(void)state;
	char here[256], absolute[300];
	assert_non_null(getcwd(here, sizeof here));
	snprintf(absolute, sizeof absolute, "%s/real/", here);
	assert_int_equal(mkdir("real", 0700), 0);
	assert_int_equal(symlink(absolute, "given"), 0);
	assert_int_equal(symlink("given", "twice"), 0);
	const char *roots[] = {"twice/", "./real", "real/../real", absolute, "given/sub/"};
	static const char *const paths[] = {"twice/a", "./real/a", "real/../real/a", NULL};
	struct archive *a = NULL;
	struct err err;
	assert_int_equal(archive_open("done5", roots, COUNT(roots), &a, &err), ST_OK);
	strcat(absolute, "a");
	for (size_t i = 0; i < COUNT(paths); i++) {
		put("real/a", "x");
		CHECK_ROW(move(a, paths[i] ? paths[i] : absolute, OUT_STORED) == ST_OK, i);
		CHECK_ROW(access("real/a", F_OK) != 0, i);
	}
	put("real/a", "x"); /* "given" is no more than the beginning of a path that was written */
	stays(a, "given/a", "\"given\" is a symbolic link");
	archive_close(a);
}

static void second_looks(void **state)
{
	(void)state;
	struct archive *a = open_archive("done4");
	put("again.xml", "t");
	assert_int_equal(move(a, "again.xml", OUT_REJECTED), ST_OK);
	/* looked at again where it lies: it stays under its name */
	assert_int_equal(move(a, "done4/rejected/again.xml", OUT_REJECTED), ST_OK);
	check_text("done4/rejected/again.xml", "t");
	assert_int_equal(link("done4/rejected/again.xml", "second-name"), 0);
	assert_int_equal(move(a, "done4/rejected/again.xml", OUT_REJECTED), ST_OK);
	check_text("done4/rejected/again.xml", "t");
	assert_int_equal(move(a, "done4/rejected/again.xml", OUT_STORED), ST_OK);
	check_text("done4/stored/again.xml", "t");
	assert_true(archive_holds(a, "done4/stored/again.xml"));
	assert_true(archive_holds(a, "./done4/../done4/stored/again.xml"));
	assert_false(archive_holds(a, "done4/other.xml"));
	assert_false(archive_holds(a, "a.xml"));
	archive_close(a);
}

/* /dev/shm is another filesystem than /tmp wherever there is one. */
static void across_filesystems(void **state)
{
	(void)state;
	char dir[] = "/dev/shm/test_archive.XXXXXX";
	char path[128], command[128];
	struct stat here, there, copy;
	if (!mkdtemp(dir))
		skip();
	struct archive *a = open_archive(dir);
	assert_int_equal(stat(".", &here), 0);
	assert_int_equal(stat(dir, &there), 0);
	const struct timespec times[2] = {{.tv_sec = 1420070400}, {.tv_sec = 1420070400}};
	static const char *const names[] = {"c.xml", "c.1.xml"};
	snprintf(path, sizeof path, "%s/conflict", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	/* what a killed run left under the name that a copy wants */
	snprintf(path, sizeof path, "%s/conflict/.ruascope-%ld-0", dir, (long)getpid());
	put(path, "left");
	for (size_t i = 0; i < COUNT(names); i++) {
		put("c.xml", "far");
		assert_int_equal(chmod("c.xml", 0640) + utimensat(AT_FDCWD, "c.xml", times, 0), 0);
		assert_int_equal(move(a, "c.xml", OUT_CONFLICT), ST_OK);
		snprintf(path, sizeof path, "%s/conflict/%s", dir, names[i]);
		check_text(path, "far");
		assert_int_equal(stat(path, &copy), 0);
		assert_int_equal(copy.st_mode & 07777, 0640);
		assert_int_equal(copy.st_mtim.tv_sec, 1420070400);
		assert_int_not_equal(access("c.xml", F_OK), 0);
	}
	snprintf(command, sizeof command,
		 "test \"$(ls -A '%s/conflict' | wc -l)\" = 3 && ! ls -A | grep '^\\.ruascope'",
		 dir);
	assert_int_equal(system(command), 0);
	archive_close(a);
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
	if (here.st_dev == there.st_dev)
		print_message("one filesystem only: the copy was not tried\n");
}

static void directory_that_cannot_be(void **state)
{
	(void)state;
	struct archive *a = NULL;
	struct err err;
	put("file", "x");
	assert_int_equal(archive_open("file", NULL, 0, &a, &err), ST_FATAL);
	assert_int_equal(archive_open("file/below", NULL, 0, &a, &err), ST_FATAL);
	assert_null(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(worst_first),
	    cmocka_unit_test(equal_names_get_numbers),
	    cmocka_unit_test(long_names_are_shortened),
	    cmocka_unit_test(changed_file_stays),
	    cmocka_unit_test(links_stay),
	    cmocka_unit_test(shapes_of_paths),
	    cmocka_unit_test(second_looks),
	    cmocka_unit_test(across_filesystems),
	    cmocka_unit_test(directory_that_cannot_be),
	};
	return cmocka_run_group_tests(tests, make_root, drop_root);
}

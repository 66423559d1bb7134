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
	assert_int_equal(archive_open(dir, &a, &err), ST_OK);
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

static void links_and_second_looks(void **state)
{
	(void)state;
	struct archive *a = open_archive("done3");
	put("target.xml", "t");
	assert_int_equal(symlink("target.xml", "link.xml"), 0);
	assert_int_equal(move(a, "link.xml", OUT_REJECTED), ST_OK);
	check_text("done3/rejected/link.xml", "t");
	assert_int_not_equal(access("target.xml", F_OK), 0);
	struct stat st;
	assert_int_not_equal(lstat("link.xml", &st), 0);
	/* looked at again where it lies: it stays under its name */
	assert_int_equal(move(a, "done3/rejected/link.xml", OUT_REJECTED), ST_OK);
	check_text("done3/rejected/link.xml", "t");
	assert_int_equal(move(a, "done3/rejected/link.xml", OUT_STORED), ST_OK);
	check_text("done3/stored/link.xml", "t");
	assert_true(archive_holds(a, "done3/stored/link.xml"));
	assert_true(archive_holds(a, "./done3/../done3/stored/link.xml"));
	assert_false(archive_holds(a, "done3/other.xml"));
	assert_false(archive_holds(a, "a.xml"));
	archive_close(a);
}

/* /dev/shm is another filesystem than /tmp wherever there is one. */
static void across_filesystems(void **state)
{
	(void)state;
	char dir[] = "/dev/shm/test_archive.XXXXXX";
	char path[128], command[128];
	struct stat here, there;
	if (!mkdtemp(dir))
		skip();
	struct archive *a = open_archive(dir);
	assert_int_equal(stat(".", &here), 0);
	assert_int_equal(stat(dir, &there), 0);
	put("c.xml", "far");
	assert_int_equal(move(a, "c.xml", OUT_CONFLICT), ST_OK);
	snprintf(path, sizeof path, "%s/conflict/c.xml", dir);
	check_text(path, "far");
	assert_int_not_equal(access("c.xml", F_OK), 0);
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
	assert_int_equal(archive_open("file", &a, &err), ST_FATAL);
	assert_int_equal(archive_open("file/below", &a, &err), ST_FATAL);
	assert_null(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(worst_first),
	    cmocka_unit_test(equal_names_get_numbers),
	    cmocka_unit_test(long_names_are_shortened),
	    cmocka_unit_test(changed_file_stays),
	    cmocka_unit_test(links_and_second_looks),
	    cmocka_unit_test(across_filesystems),
	    cmocka_unit_test(directory_that_cannot_be),
	};
	return cmocka_run_group_tests(tests, make_root, drop_root);
}

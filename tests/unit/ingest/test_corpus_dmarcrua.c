/*
 * ingest/xml on 1,578 real reports: each is read as expected.tsv says, in pieces of any size, and
 * the malformed ones of expected_lenient.tsv are stored with warnings or damaged with a reason.
 *
 * The corpus is beside the source tree (../shared) or where RUASCOPE_SHARED says.
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "dns/names.h"
#include "tests/unit/dump_sink.h"

#define COLUMNS 9

#ifndef SHARED /* the build says where the source tree is */
#define SHARED "../shared"
#endif

static char corpus[4096];
static struct xml_reader *reader;
static const struct limits limits = LIMITS_DEFAULT;

struct file {
	char *p;
	size_t n;
};

static struct file load(const char *name)
{
	char path[8192];
	struct file f = {NULL, 0};
	struct buf b;
	snprintf(path, sizeof path, "%s/%s", corpus, name);
	FILE *in = fopen(path, "rb");
	if (!in)
		return f;
	buf_init(&b, 64 * MIB);
	for (size_t got = 1; got > 0;) {
		char *to = buf_reserve(&b, 65536);
		assert_non_null(to);
		got = fread(to, 1, 65536, in);
		b.len += got;
	}
	fclose(in);
	b.data[b.len] = '\0';
	f.p = b.data;
	f.n = b.len;
	return f;
}

/* Split one line at tabs, in place; returns where the next begins. */
static char *split(char *line, char *column[COLUMNS])
{
	char *end = line + strcspn(line, "\n"), *next = *end ? end + 1 : end;
	*end = '\0';
	for (int i = 0; i < COLUMNS; i++) {
		column[i] = line;
		line += strcspn(line, "\t");
		if (*line)
			*line++ = '\0';
	}
	return next;
}

static bool same_name(const char *found, char *expected)
{
	size_t n = strlen(expected);
	while (n > 0 && expected[n - 1] == '.')
		expected[--n] = '\0';
	return ascii_ieq(found, expected);
}

static bool same_id(const char *found, const char *expected)
{
	size_t n = strlen(expected);
	text_trim(&expected, &n);
	if (n > 1 && expected[0] == '<' && expected[n - 1] == '>') {
		expected++;
		n -= 2;
	}
	return strlen(found) == n && memcmp(found, expected, n) == 0;
}

static bool check_row(char *c[COLUMNS])
{
	struct reading d = {0}, pieces = {0};
	struct file f = load(c[0]);
	assert_non_null(f.p);
	read_document(&d, reader, f.p, f.n, 0);
	bool ok = d.status == ST_OK && d.verdict == XML_REPORT && strcmp(d.org, c[1]) == 0 &&
		  same_id(d.id, c[2]) && d.begin == atoll(c[3]) && d.end == atoll(c[4]) &&
		  same_name(d.domain, c[5]) && ascii_ieq(d.p, c[6]) &&
		  d.records == strtoull(c[7], NULL, 10) && d.messages == strtoull(c[8], NULL, 10);
	if (!ok)
		print_error("%s: verdict %d %s\n%s", c[0], d.verdict, d.reason.msg,
			    d.text.data ? d.text.data : "");
	read_document(&pieces, reader, f.p, f.n, 1 + f.n % 7);
	ok = ok && pieces.verdict == d.verdict && strcmp(pieces.text.data, d.text.data) == 0 &&
	     memcmp(&pieces.content, &d.content, sizeof d.content) == 0;
	reading_free(&d);
	reading_free(&pieces);
	free(f.p);
	return ok;
}

static void every_report_is_as_expected(void **state)
{
	(void)state;
	struct file table = load("expected.tsv");
	size_t rows = 0, bad = 0;
	char *column[COLUMNS], *line = split(table.p, column);
	for (; *line; rows++) {
		line = split(line, column);
		bad += !check_row(column);
	}
	print_message("%zu reports, %zu differ\n", rows, bad);
	assert_true(rows > 1500);
	assert_int_equal(bad, 0);
	free(table.p);
}

static void malformed_ones_have_a_reason_or_warnings(void **state)
{
	(void)state;
	struct file table = load("expected_lenient.tsv");
	char *column[COLUMNS], *line = split(table.p, column);
	size_t rows = 0, stored = 0;
	for (; *line; rows++) {
		line = split(line, column);
		struct file f = load(column[0]);
		struct reading d = {0};
		read_document(&d, reader, f.p, f.n, 0);
		assert_int_equal(d.status, ST_OK);
		if (d.verdict == XML_REPORT) {
			stored++;
			assert_true(d.warnings > 0);
		} else {
			assert_int_equal(d.verdict, XML_DAMAGED);
			assert_true(strlen(d.reason.msg) > 0);
		}
		print_message("%s: %s\n", column[0],
			      d.verdict == XML_REPORT ? d.text.data : d.reason.msg);
		reading_free(&d);
		free(f.p);
	}
	print_message("%zu malformed, %zu of them stored\n", rows, stored);
	assert_true(rows > 0);
	free(table.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_report_is_as_expected),
	    cmocka_unit_test(malformed_ones_have_a_reason_or_warnings),
	};
	const char *shared = getenv("RUASCOPE_SHARED");
	snprintf(corpus, sizeof corpus, "%s/corpora/dmarcrua", shared ? shared : SHARED);
	struct file f = load("expected.tsv");
	if (!f.p) {
		fprintf(stderr, "SKIPPED: no corpus in %s: set RUASCOPE_SHARED\n", corpus);
		return 77;
	}
	free(f.p);
	const struct name_rules *rules = names_open();
	reader = xml_reader_new(rules, &limits);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	xml_reader_free(reader);
	names_close(rules);
	return failed;
}

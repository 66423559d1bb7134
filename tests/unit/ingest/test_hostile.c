/*
 * ingest/: what attackers send costs little. Times and memory are judged only in the release build
 * (NDEBUG): sanitizers cost more than the bounds allow.
 */
#include "tests/unit/check.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/unit/leaves.h"
#include "tests/unit/make.h"

#ifdef NDEBUG
#define JUDGE 1
#else
#define JUDGE 0
#endif

/* AddressSanitizer's memmem() looks at all that it may search, each time. */
#define REPEATS (JUDGE ? 8 * MIB : 2 * MIB)

static long peak_kib(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct found cheap(const struct buf *b, const char *what)
{
	struct found f;
	struct blob blob = as_blob(b);
	double start = now();
	assert_int_equal(find_leaves(&blob, "x", &f), ST_OK);
	double took = now() - start;
	print_message("%-28s %8zu KiB in, %.3f s, peak %ld KiB\n", what, b->len / 1024, took,
		      peak_kib());
	assert_true(f.total > 0);
	if (JUDGE) {
		assert_true(took < 5);
		assert_true(peak_kib() < 128 * 1024);
	}
	return f;
}

static void head(struct buf *b)
{
	buf_puts(b, "From: a@example.com\nSubject: x\nMIME-Version: 1.0\n");
}

static void many_parts(void **state)
{
	(void)state;
	struct buf b = made();
	head(&b);
	buf_puts(&b, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "--b\n\n<feedback/>\n");
	struct found f = cheap(&b, "100,000 parts");
	assert_int_equal(f.xml, 1000);
	assert_int_equal(f.bad, 1);
	found_free(&f);
	buf_free(&b);
}

static void nested_multiparts(void **state)
{
	(void)state;
	static const char *const ways[] = {
	    "boundary=b%d\n\n--b%d\n", "boundary=\"b%d\"\n\n--b%d\n", "boundary*=b%d\n\n--b%d\n",
	    "boundary*0=b;\n boundary*1=%d\n\n--b%d\n", "boundary (x) =b%d\n\n--b%d\n"};
	for (size_t w = 0; w < COUNT(ways); w++) {
		struct buf b = made();
		head(&b);
		for (int i = 0; i < 200000; i++) {
			char line[128];
			snprintf(line, sizeof line, "Content-Type: multipart/mixed; ");
			buf_puts(&b, line);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(line, sizeof line, ways[w], i, i);
#pragma GCC diagnostic pop
			buf_puts(&b, line);
		}
		struct found f = cheap(&b, "200,000 nested multiparts");
		assert_true(f.bad >= 1);
		assert_true(f.total <= 3);
		found_free(&f);
		buf_free(&b);
	}
}

static void nested_messages(void **state)
{
	(void)state;
	struct buf b = made();
	head(&b);
	for (int i = 0; i < 200000; i++)
		buf_puts(&b, "Content-Type: message/rfc822\n\n");
	struct found f = cheap(&b, "200,000 nested messages");
	found_free(&f);
	buf_free(&b);
}

static void address_groups(void **state)
{
	(void)state;
	static const char *const tops[] = {
	    "", "Content-Type: message/rfc822\n\n",
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"};
	static const char *const fields[] = {"Reply-To: ", "From:", "to : ", "Resent-Cc:\n "};
	for (size_t t = 0; t < COUNT(tops); t++)
		for (size_t k = 0; k < COUNT(fields); k++) {
			struct buf b = made();
			head(&b);
			buf_puts(&b, tops[t]);
			buf_puts(&b, fields[k]);
			for (int i = 0; i < 200000; i++)
				buf_puts(&b, i % 30 == 29 && k % 2 ? "a:\n " : "a:");
			buf_puts(&b, "\nSubject: y\n\n<feedback/>\n");
			struct found f = cheap(&b, "200,000 address groups");
			assert_int_equal(f.xml, 1);
			found_free(&f);
			buf_free(&b);
		}
}

static void long_fields(void **state)
{
	(void)state;
	struct buf b = made();
	head(&b);
	buf_puts(&b, "Content-Type: text/plain");
	for (int i = 0; i < 200000; i++)
		buf_printf(&b, ";\n a*%d=b", i);
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "\nX-%d: y", i);
	buf_puts(&b, "\n\n<feedback/>\n");
	struct found f = cheap(&b, "parameters and fields");
	assert_int_equal(f.xml, 1);
	found_free(&f);
	buf_free(&b);
}

/* A library that writes such a field anew does not end with names of 70 to 72 characters. */
static void no_boundary(void **state)
{
	(void)state;
	for (int length = 60; length < 80; length++) {
		struct buf b = made();
		head(&b);
		buf_puts(&b, "Content-Type: multipart/mixed; ");
		for (int i = 0; i < length; i++)
			buf_puts(&b, "n");
		buf_puts(&b, "*=utf-8''");
		for (int i = 0; i < 40; i++)
			buf_puts(&b, "%C3%A4");
		buf_puts(&b, "\n\n<feedback><x/></feedback>\n");
		struct found f = cheap(&b, "a name that cannot be folded");
		assert_int_equal(f.xml, 1);
		found_free(&f);
		buf_free(&b);
	}
}

static void many_fields(void **state)
{
	(void)state;
	struct buf b = made();
	while (b.len < 32 * MIB)
		buf_puts(&b, "X-A: b\n");
	buf_puts(&b, "\n<feedback/>\n");
	struct found f = cheap(&b, "5 M header fields");
	assert_int_equal(f.bad, 1);
	assert_string_equal(f.v[f.n - 1].reason, "more than 20000 header fields");
	found_free(&f);
	buf_free(&b);
}

static void raw_scan_repeats(void **state)
{
	(void)state;
	static const char *const lines[] = {"<feedback\n",
					    "<feedback>\n",
					    "<feedback></feedback>\n",
					    "<?xml <feedback ",
					    "\x1f\x8b\x08\n",
					    "PK\3\4\n",
					    "H4sIAAAAAAAAAw==\n",
					    "PD94bWwgPD94bWwg\n\n",
					    "boundary=",
					    "--\n--b\n",
					    "\n"};
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct buf b = made();
		head(&b);
		buf_puts(&b, "Content-Type: multipart/mixed\n\n");
		while (b.len < REPEATS)
			buf_puts(&b, lines[i]);
		struct found f = cheap(&b, "repeats");
		CHECK_ROW(f.total <= 1002,
			  i); /* a text part, what is found, one that there is more */
		found_free(&f);
		buf_free(&b);
	}
}

static void gzip_bomb(void **state)
{
	(void)state;
	static uint8_t zeros[1 << 20];
	struct buf b = made();
	z_stream z = {.avail_in = 0};
	deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	for (int i = 0; i <= 1024; i++) {
		z.next_in = zeros;
		z.avail_in = i < 1024 ? sizeof zeros : 0;
		z.next_out = (Bytef *)buf_reserve(&b, 16 * 1024);
		z.avail_out = 16 * 1024;
		deflate(&z, i < 1024 ? Z_NO_FLUSH : Z_FINISH);
		b.len += 16 * 1024 - z.avail_out;
	}
	deflateEnd(&z);
	struct found f = cheap(&b, "1 GiB of zeros in gzip");
	assert_int_equal(f.v[0].kind, LEAF_BAD);
	assert_non_null(strstr(f.v[0].reason, "no kind that is known"));
	found_free(&f);
	buf_free(&b);
}

static void put_le(struct buf *b, uint64_t v, int n)
{
	for (; n > 0; n--, v >>= 8)
		buf_putc(b, (char)(v & 0xff));
}

/* An end record that claims this many entries in a directory of this size. */
static void put_end(struct buf *b, uint64_t entries, uint64_t size, uint64_t at)
{
	buf_puts(b, "PK\5\6");
	put_le(b, 0, 4);
	put_le(b, entries, 2);
	put_le(b, entries, 2);
	put_le(b, size, 4);
	put_le(b, at, 4);
	put_le(b, 0, 2);
}

static void zip_claims(void **state)
{
	(void)state;
	struct buf b = made();
	buf_puts(&b, "PK\3\4padding");
	uint64_t at = b.len;
	buf_puts(&b, "PK\6\6");
	put_le(&b, 44, 8);
	put_le(&b, 45, 2);
	put_le(&b, 45, 2);
	put_le(&b, 0, 8);
	put_le(&b, UINT32_MAX, 8); /* entries, twice */
	put_le(&b, UINT32_MAX, 8);
	put_le(&b, 1000, 8); /* size, offset */
	put_le(&b, 0, 8);
	buf_puts(&b, "PK\6\7");
	put_le(&b, 0, 4);
	put_le(&b, at, 8);
	put_le(&b, 1, 4);
	put_end(&b, 0xffff, UINT32_MAX, UINT32_MAX);
	struct found f = cheap(&b, "zip64 of 4 G members");
	assert_int_equal(f.bad, 1);
	found_free(&f);
	buf_free(&b);
}

/* Directory entries that all point to the same local header: the ceiling on the total holds. */
static void zip_overlaps(void **state)
{
	(void)state;
	static char big[1 << 20] = "<feedback>";
	struct buf z = made(), b = made();
	struct make_member one[] = {{"a.xml", big, sizeof big, NULL}};
	make_zip(&z, one, 1);
	const char *directory = memmem(z.data, z.len, "PK\1\2", 4);
	const char *end = memmem(z.data, z.len, "PK\5\6", 4);
	size_t entry = (size_t)(end - directory), at = (size_t)(directory - z.data);
	buf_put(&b, z.data, at);
	for (int i = 0; i < 900; i++)
		buf_put(&b, directory, entry);
	put_end(&b, 900, 900 * entry, at);
	struct limits limits = LIMITS_DEFAULT;
	struct blob blob = as_blob(&b);
	struct found f;
	limits.container_bytes = 10 * MIB;
	assert_int_equal(find_leaves_limited(&blob, "x", &limits, &f), ST_OK);
	assert_int_equal(f.xml, 0);
	assert_int_equal(f.bad, 1);
	found_free(&f);
	buf_free(&b);
	buf_free(&z);
}

/* Two mails at once, many times. */
static void *worker(void *arg)
{
	for (int i = 0; i < 200; i++) {
		struct found f;
		if (find_leaves(arg, "x", &f) != ST_OK || f.xml != 1)
			return arg;
		found_free(&f);
	}
	return NULL;
}

static void threads(void **state)
{
	(void)state;
	static const char mail[] =
	    "From: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
	    "Content-Type: message/rfc822\n\nFrom: x@y\n\n<feedback/>\n--b--\n";
	struct blob blob = {.size = sizeof mail - 1, .mem = (const uint8_t *)mail, .fd = -1};
	pthread_t t[4];
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, worker, &blob), 0);
	for (size_t i = 0; i < COUNT(t); i++) {
		void *failed;
		pthread_join(t[i], &failed);
		assert_null(failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(threads),           cmocka_unit_test(zip_claims),
	    cmocka_unit_test(gzip_bomb),         cmocka_unit_test(many_parts),
	    cmocka_unit_test(nested_multiparts), cmocka_unit_test(nested_messages),
	    cmocka_unit_test(address_groups),    cmocka_unit_test(long_fields),
	    cmocka_unit_test(many_fields),       cmocka_unit_test(raw_scan_repeats),
	    cmocka_unit_test(zip_overlaps),      cmocka_unit_test(no_boundary),
	};
	return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}

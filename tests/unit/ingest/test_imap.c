/* ingest/imap_parse, ingest/utf7, core/uid_set: what the mailbox source is built on, without a
 * server. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/uid_set.h"
#include "ingest/imap/auth.h"
#include "ingest/imap/parse.h"
#include "ingest/imap/url.h"
#include "ingest/imap/utf7.h"

#define MAIL_MAX 1000

/* What a reader tells, one line an event: "L line", "B bytes", "! reason". */
static void listen_to(const char *bytes, size_t n, size_t step, struct buf *out)
{
	struct imap_reader r;
	struct imap_piece piece = {0};
	struct err err = {.msg = ""};
	bool broken = false;
	imap_reader_init(&r, MAIL_MAX);
	for (size_t at = 0; at < n && !broken; at += step) {
		const char *p = bytes + at;
		size_t left = n - at < step ? n - at : step;
		while (left > 0 && !broken) {
			switch (imap_reader_next(&r, &p, &left, &piece, &err)) {
			case IMAP_MORE:
				break;
			case IMAP_BODY:
				buf_put(out, piece.p, piece.n);
				break;
			case IMAP_LINE:
				buf_puts(out, "<");
				buf_put(out, r.line.data ? r.line.data : "", r.line.len);
				buf_puts(out, ">");
				break;
			case IMAP_BROKEN:
				buf_printf(out, "!%s", err.msg);
				broken = true;
			}
		}
	}
	imap_reader_free(&r);
}

static void readers(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"* OK hi\r\nA1 OK done\r\n", "<* OK hi><A1 OK done>"},
	    {"* OK bare\n", "<* OK bare>"},
	    {"\r\n", "<>"},
	    {"* 1 FETCH (UID 5 BODY[] {4}\r\nab\r\n)\r\n", "ab\r\n<* 1 FETCH (UID 5 BODY[] {*})>"},
	    {"* 1 FETCH (BODY[] {0}\r\n UID 5)\r\n", "<* 1 FETCH (BODY[] {*} UID 5)>"},
	    {"* 1 fetch (body[] {2}\r\n{}{9}\r\n UID 5)\r\n",
	     "{}<* 1 fetch (body[] {*}{9}\r\n UID 5)\r\n"},
	    {"* LIST () \"/\" {5}\r\na\r\nbc\r\nA1 OK\r\n",
	     "<* LIST () \"/\" {5}\r\na\r\nbc><A1 OK>"},
	    {"* OK BODY[] {3}\r\nabc\r\n", "<* OK BODY[] {3}\r\nabc>"},
	    {"* 1 FETCH (BODY[] {2000}\r\n", "!the server announces a mail of 2000 bytes"},
	    {"* 1 FETCH (BODY[] {99999999999999999999}\r\n",
	     "!the server announces a mail of 18446744073709551615 bytes"},
	    {"* 1 FETCH (BODY[] {1}\r\na BODY[] {1}\r\nb)\r\n",
	     "a!the server announces a second mail in one answer of 1 bytes"},
	    {"* X {70000}\r\n", "!the server announces a literal of 70000 bytes"},
	    {"* X {}\r\n* Y {a}\r\n* {-1}\r\n", "<* X {}><* Y {a}><* {-1}>"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t step = 1; step < 40; step += 6) {
			struct buf out;
			buf_init(&out, 4096);
			listen_to(rows[i].in, strlen(rows[i].in), step, &out);
			if (i == 5) /* the second literal waits for its bytes */
				assert_int_equal(strncmp(out.data, "{}", 2), 0);
			else
				assert_string_equal(out.data, rows[i].out);
			buf_free(&out);
		}
	}
}

static void endless_line(void **state)
{
	(void)state;
	size_t n = 3 * IMAP_LINE_MAX;
	char *bytes = malloc(n);
	struct buf out;
	buf_init(&out, 1024 * 1024);
	memset(bytes, 'x', n);
	listen_to(bytes, n, 4096, &out);
	assert_string_equal(out.data, "!the server sends a line of more than 65536 bytes");
	buf_reset(&out);
	memcpy(bytes, "* SEARCH ", 9); /* numbers of a large mailbox may be long */
	memset(bytes + 9, '1', n - 9);
	bytes[n - 1] = '\n';
	listen_to(bytes, n, 4096, &out);
	assert_int_equal(out.len, n + 1);
	buf_free(&out);
	free(bytes);
}

static struct imap_response parsed(const char *line)
{
	struct imap_response r;
	assert_true(imap_parse(line, strlen(line), &r));
	return r;
}

static void assert_text(struct imap_text t, const char *want)
{
	assert_int_equal(t.n, strlen(want));
	assert_memory_equal(t.s, want, t.n);
}

static void statuses(void **state)
{
	(void)state;
	struct imap_text value;
	struct imap_response r = parsed("A17 NO [TRYCREATE] no such folder");
	assert_int_equal(r.kind, IMAP_STATUS);
	assert_int_equal(r.word, IMAP_NO);
	assert_text(r.tag, "A17");
	assert_text(r.text, "no such folder");
	assert_true(imap_code(&r, "trycreate", NULL));
	assert_false(imap_code(&r, "TRY", NULL));
	r = parsed("* OK [UIDVALIDITY 77] fine");
	assert_int_equal(r.tag.n, 0);
	assert_true(imap_code(&r, "UIDVALIDITY", &value));
	assert_text(value, "77");
	r = parsed("A2 OK [COPYUID 9 1:3 7:9] moved");
	assert_true(imap_code(&r, "COPYUID", &value));
	assert_text(value, "9 1:3 7:9");
	r = parsed("* BYE");
	assert_int_equal(r.word, IMAP_BYE);
	r = parsed("+ eyJzdGF0dXMi");
	assert_int_equal(r.kind, IMAP_CONTINUE);
	assert_text(r.text, "eyJzdGF0dXMi");
	r = parsed("+");
	assert_int_equal(r.kind, IMAP_CONTINUE);
	struct imap_response bad;
	static const char *const none[] = {
	    "",       " ", "*", "* ", "A1", "A1 ", "A1 FINE", "garbage", "* 99999999999 EXISTS",
	    "* OK [x"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (imap_parse(none[i], strlen(none[i]), &bad))
			fail_msg("taken: %s", none[i]);
}

static void fetches(void **state)
{
	(void)state;
	struct imap_response r =
	    parsed("* 12 FETCH (FLAGS (\\Seen $Done) UID 345 RFC822.SIZE 4294967299 MODSEQ (7))");
	assert_int_equal(r.kind, IMAP_FETCH);
	assert_int_equal(r.number, 12);
	assert_int_equal(r.uid, 345);
	assert_true(r.has_size && r.size == 4294967299ULL && r.seen && !r.deleted && !r.has_body);
	r = parsed("* 1 FETCH (BODY[] {*} UID 5)");
	assert_true(r.has_body && r.streamed && r.uid == 5);
	r = parsed("* 1 FETCH (UID 5 BODY[] \"a\\\"b\")");
	assert_true(r.has_body && !r.streamed);
	assert_text(r.body, "a\\\"b");
	r = parsed("* 1 FETCH (UID 5 BODY[] NIL)");
	assert_false(r.has_body);
	r = parsed("* 1 FETCH (BODY[HEADER.FIELDS (DATE FROM)] {3}\r\na)b ENVELOPE ((NIL \"x)\" "
		   "(1)) ()) UID 6)");
	assert_int_equal(r.uid, 6);
	struct imap_response bad;
	static const char *const none[] = {
	    "* 1 FETCH (UID 0)",
	    "* 1 FETCH (UID 5",
	    "* 1 FETCH UID 5",
	    "* 1 FETCH (UID x)",
	    "* 1 FETCH (BODY[] {9}\r\nab)",
	    "* 1 FETCH (X ((((((((((((((((((((1))))))))))))))))))))",
	    "* 1 FETCH (X \"abc)",
	    "* 1 FETCH (UID 4294967296)",
	};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (imap_parse(none[i], strlen(none[i]), &bad))
			fail_msg("taken: %s", none[i]);
}

static void assert_ranges(const char *line, enum imap_kind kind, const char *want)
{
	struct imap_response r = parsed(line);
	struct uid_set set = {0};
	struct buf b;
	uint32_t lo, hi;
	bool bad;
	buf_init(&b, 4096);
	assert_int_equal(r.kind, kind);
	while (imap_next_range(&r.rest, &lo, &hi, &bad))
		uid_set_add(&set, lo, hi);
	uid_set_text(&set, &b);
	if (bad)
		buf_puts(&b, "!");
	assert_string_equal(b.data ? b.data : "", want);
	buf_free(&b);
	uid_set_free(&set);
}

static void searches(void **state)
{
	(void)state;
	assert_ranges("* SEARCH", IMAP_SEARCH, "");
	assert_ranges("* SEARCH 5 3 4 9", IMAP_SEARCH, "3:5,9");
	assert_ranges("* SEARCH 5 (MODSEQ 9)", IMAP_SEARCH, "5");
	assert_ranges("* SEARCH 5 0 7", IMAP_SEARCH, "5!");
	assert_ranges("* SEARCH 5 4294967296", IMAP_SEARCH, "5!");
	assert_ranges("* SEARCH 5x", IMAP_SEARCH, "!");
	assert_ranges("* ESEARCH (TAG \"A1\") UID ALL 1:3,9:7", IMAP_ESEARCH, "1:3,7:9");
	assert_ranges("* ESEARCH (TAG \"A1\") UID COUNT 5 ALL 2 MIN 2", IMAP_ESEARCH, "2");
	assert_ranges("* ESEARCH (TAG \"A1\") UID", IMAP_ESEARCH, "");
	struct imap_response r = parsed("* LIST (\\HasNoChildren) \"/\" INBOX");
	assert_true(r.kind == IMAP_LIST && r.separator == '/');
	assert_text(r.name, "INBOX");
	r = parsed("* LIST () \"\\\\\" \"a b\"");
	assert_int_equal(r.separator, '\\');
	r = parsed("* LIST () NIL {3}\r\na\"b");
	assert_int_equal(r.separator, '\0');
	assert_text(r.name, "a\"b");
	struct imap_text word;
	r = parsed("* CAPABILITY IMAP4rev1  SASL-IR AUTH=PLAIN");
	assert_int_equal(r.kind, IMAP_CAPABILITY);
	for (int i = 0; i < 3; i++)
		assert_true(imap_next_word(&r.rest, &word));
	assert_text(word, "AUTH=PLAIN");
	assert_false(imap_next_word(&r.rest, &word));
}

static void folders(void **state)
{
	(void)state;
	static const struct {
		const char *name, *wire; /* wire NULL: refused */
	} rows[] = {
	    {"INBOX", "INBOX"},
	    {"A&B", "A&-B"},
	    {"Entw\xc3\xbcrfe", "Entw&APw-rfe"},
	    {"\xe5\x8f\xb0\xe5\x8c\x97", "&U,BTFw-"},
	    {"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
	     "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
	    {"\xf0\x9f\x93\xac", "&2D3c7A-"},
	    {"a \"b\\", "a \"b\\"},
	    {"", NULL},
	    {"a\rb", NULL},
	    {"a\nb", NULL},
	    {"a\x7f", NULL},
	    {"a\xc2\x85", NULL},
	    {"\xff", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf wire, back;
		buf_init(&wire, 4096);
		buf_init(&back, 4096);
		assert_int_equal(utf7_encode(rows[i].name, &wire), rows[i].wire != NULL);
		if (rows[i].wire) {
			assert_string_equal(wire.data, rows[i].wire);
			assert_true(utf7_decode(wire.data, wire.len, &back));
			assert_string_equal(back.data, rows[i].name);
		}
		buf_free(&wire);
		buf_free(&back);
	}
	static const char *const none[] = {"",      "&",        "&APw", "&AEE-", "&2D0-",
					   "a\x01", "\xc3\xbc", "&A-",  "&!-"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		struct buf back;
		buf_init(&back, 4096);
		if (utf7_decode(none[i], strlen(none[i]), &back))
			fail_msg("taken: %s", none[i]);
		buf_free(&back);
	}
}

static void assert_set(const struct uid_set *s, const char *want)
{
	struct buf b;
	buf_init(&b, 4096);
	uid_set_text(s, &b);
	assert_string_equal(b.data ? b.data : "", want);
	buf_free(&b);
}

static void sets(void **state)
{
	(void)state;
	struct uid_set s = {0};
	uid_set_add(&s, 5, 7);
	uid_set_add(&s, 1, 2);
	uid_set_add(&s, 9, 9);
	assert_set(&s, "1:2,5:7,9");
	uid_set_add(&s, 8, 8);
	assert_set(&s, "1:2,5:9");
	uid_set_add(&s, 3, 6);
	assert_set(&s, "1:9");
	uid_set_remove(&s, 4, 5);
	assert_set(&s, "1:3,6:9");
	uid_set_remove(&s, 1, 1);
	uid_set_remove(&s, 8, 20);
	assert_set(&s, "2:3,6:7");
	assert_true(uid_set_has(&s, 3) && !uid_set_has(&s, 4) && uid_set_count(&s) == 4);
	assert_int_equal(uid_set_next(&s, 1), 2);
	assert_int_equal(uid_set_next(&s, 4), 6);
	assert_int_equal(uid_set_next(&s, 8), 0);
	uid_set_add(&s, 4294967295U, 4294967295U);
	uid_set_add(&s, 10, 4294967294U);
	assert_set(&s, "2:3,6:7,10:4294967295");
	uid_set_remove(&s, 1, 4294967295U);
	assert_set(&s, "");
	/* against a plain array */
	bool there[64] = {0};
	srand(1);
	for (int i = 0; i < 5000; i++) {
		uint32_t lo = 1 + (uint32_t)rand() % 60, hi = lo + (uint32_t)rand() % 6;
		bool add = rand() % 2;
		for (uint32_t u = lo; u <= hi && u < 64; u++)
			there[u] = add;
		if (add)
			uid_set_add(&s, lo, hi > 63 ? 63 : hi);
		else
			uid_set_remove(&s, lo, hi);
		for (uint32_t u = 1; u < 64; u++)
			assert_int_equal(uid_set_has(&s, u), there[u]);
	}
	uid_set_free(&s);
}

static void urls(void **state)
{
	(void)state;
	static const struct {
		const char *text, *user, *host, *folder; /* host NULL: refused */
		unsigned port;
		bool tls;
	} rows[] = {
	    {"imaps://u@h/INBOX", "u", "h", "INBOX", 993, true},
	    {"IMAP://u@h", "u", "h", "INBOX", 143, false},
	    {"imaps://me@example.com@mail.example.com:1993/a/b%20c", "me@example.com",
	     "mail.example.com", "a/b c", 1993, true},
	    {"imaps://a%3Ab%40c@[2001:db8::1]:99/", "a:b@c", "2001:db8::1", "INBOX", 99, true},
	    {"imaps://h/Pr%C3%BCf", NULL, "h",
	     "Pr\xc3\xbc"
	     "f",
	     993, true},
	    {"imaps://[::1]/x", NULL, "::1", "x", 993, true},
	    {"http://u@h/", NULL, NULL, NULL, 0, false},
	    {"imaps://u:secret@h/", NULL, NULL, NULL, 0, false},
	    {"imaps://u@/", NULL, NULL, NULL, 0, false},
	    {"imaps://", NULL, NULL, NULL, 0, false},
	    {"imaps://u@h:99999/", NULL, NULL, NULL, 0, false},
	    {"imaps://u@h:/", NULL, NULL, NULL, 0, false},
	    {"imaps://u@[::1/", NULL, NULL, NULL, 0, false},
	    {"imaps://u@h i/", NULL, NULL, NULL, 0, false},
	    {"imaps://u%0d@h/", NULL, NULL, NULL, 0, false},
	    {"imaps://u%00@h/", NULL, NULL, NULL, 0, false},
	    {"imaps://u@h/a%0a", NULL, NULL, NULL, 0, false},
	    {"imaps://u@h/a%zz", NULL, NULL, NULL, 0, false},
	    {"imaps://u@h/a%f", NULL, NULL, NULL, 0, false},
	    {"imaps://u@h/%ff", NULL, NULL, NULL, 0, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imap_url u;
		struct err err;
		enum status st = imap_url_parse(rows[i].text, &u, &err);
		CHECK_ROW((st == ST_OK) == (rows[i].host != NULL), i);
		if (st != ST_OK) {
			CHECK_ROW(strstr(err.msg, "secret") == NULL, i);
			continue;
		}
		CHECK_ROW((u.user == NULL) == (rows[i].user == NULL), i);
		CHECK_ROW(!u.user || strcmp(u.user, rows[i].user) == 0, i);
		CHECK_ROW(strcmp(u.host, rows[i].host) == 0, i);
		CHECK_ROW(strcmp(u.folder, rows[i].folder) == 0, i);
		CHECK_ROW(u.port == rows[i].port && u.tls == rows[i].tls, i);
		imap_url_free(&u);
	}
}

static void sasl(void **state)
{
	(void)state;
	static const struct {
		enum imap_mechanism m;
		const char *base64;
	} rows[] = {
	    /* \0tim\0tanstaaf (RFC 4616, without its authorisation id) */
	    {IMAP_PLAIN, "AHRpbQB0YW5zdGFhZg=="},
	    /* user=tim\1auth=Bearer tanstaaf\1\1 */
	    {IMAP_XOAUTH2, "dXNlcj10aW0BYXV0aD1CZWFyZXIgdGFuc3RhYWYBAQ=="},
	    /* n,a=tim,\1host=h\1port=993\1auth=Bearer tanstaaf\1\1 */
	    {IMAP_OAUTHBEARER, "bixhPXRpbSwBaG9zdD1oAXBvcnQ9OTkzAWF1dGg9QmVhcmVyIHRhbnN0YWFmAQE="},
	};
	struct buf b;
	struct err err;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_reset(&b);
		imap_sasl(rows[i].m, "tim", "tanstaaf", "h", 993, &b);
		CHECK_ROW(strcmp(b.data, rows[i].base64) == 0, i);
	}
	buf_reset(&b);
	imap_sasl_words("eyJzdGF0dXMiOiI0MDEifQ==", 24, &b);
	assert_string_equal(b.data, "{\"status\":\"401\"}");
	buf_reset(&b);
	imap_sasl_words("!!!!", 4, &b);
	assert_int_equal(b.len, 0);
	buf_free(&b);
	assert_int_equal(imap_check_text("password", "a b", 3, &err), ST_OK);
	assert_int_equal(imap_check_text("password", "a\rb", 3, &err), ST_FATAL);
	assert_int_equal(imap_check_text("password", "a\nb", 3, &err), ST_FATAL);
	assert_int_equal(imap_check_text("password", "a\0b", 3, &err), ST_FATAL);
	assert_int_equal(imap_check_text("password", "", 0, &err), ST_FATAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(readers), cmocka_unit_test(endless_line), cmocka_unit_test(statuses),
	    cmocka_unit_test(fetches), cmocka_unit_test(searches),     cmocka_unit_test(folders),
	    cmocka_unit_test(sets),    cmocka_unit_test(urls),         cmocka_unit_test(sasl),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

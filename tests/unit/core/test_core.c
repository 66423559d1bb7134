/* core/: text, buffers, arenas, addresses, names, dates, JSON, tables. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/day.h"
#include "core/dmarc.h"
#include "core/domain.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/ip.h"
#include "core/json.h"
#include "core/text.h"
#include "dns/names.h"

static void ip_table(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out; /* out NULL: no address */
		unsigned marks;
	} rows[] = {
	    {"192.0.2.1", "192.0.2.1", 0},
	    {" 192.0.2.1\n", "192.0.2.1", IP_BLANKS},
	    {"192.0.2.1:25", "192.0.2.1", IP_PORT},
	    {"[192.0.2.1]", "192.0.2.1", IP_BRACKETS},
	    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", 0},
	    {"[2001:db8::1]:25", "2001:db8::1", IP_BRACKETS | IP_PORT},
	    {"fe80::1%eth0", "fe80::1", IP_ZONE},
	    {"::ffff:192.0.2.1", "192.0.2.1", IP_MAPPED},
	    {"::ffff:c000:201", "192.0.2.1", IP_MAPPED},
	    {"", NULL, 0},
	    {"108r.166.27.220", NULL, 0},
	    {"192.0.2", NULL, 0},
	    {"192.0.2.256", NULL, 0},
	    {"192.0.2.01", NULL, 0},
	    {"192.0.2.1%eth0", NULL, 0},
	    {"[2001:db8::1", NULL, 0},
	    {"[2001:db8::1]x", NULL, 0},
	    {"192.0.2.1:99999", NULL, 0},
	    {"192.0.2.1/24", NULL, 0},
	    {"2001:db8:::1", NULL, 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip ip;
		unsigned marks;
		char text[IP_STRLEN];
		bool ok = ip_parse(rows[i].in, strlen(rows[i].in), &ip, &marks);
		CHECK_ROW(ok == (rows[i].out != NULL), i);
		if (!ok) {
			CHECK_ROW(ip.family == 0, i);
			continue;
		}
		CHECK_ROW(strcmp(ip_format(&ip, text), rows[i].out) == 0, i);
		CHECK_ROW(marks == rows[i].marks, i);
	}
}

static void ip_networks(void **state)
{
	(void)state;
	struct ip ip, net;
	char text[IP_STRLEN];
	assert_true(ip_parse("203.0.113.77", 12, &ip, NULL));
	net = ip_network(&ip, 24);
	assert_string_equal(ip_format(&net, text), "203.0.113.0");
	net = ip_network(&ip, 29);
	assert_string_equal(ip_format(&net, text), "203.0.113.72");
	assert_true(ip_parse("2001:db8:1:2:3::4", 17, &ip, NULL));
	net = ip_network(&ip, 64);
	assert_string_equal(ip_format(&net, text), "2001:db8:1:2::");
}

static void domain_table(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"Example.COM.", "example.com"},
	    {" example.com ", "example.com"},
	    {"_dmarc.example.com", "_dmarc.example.com"},
	    {"b\xc3\xbc"
	     "cher.example",
	     "xn--bcher-kva.example"},
	    {"\xe4\xbe\x8b.example", "xn--fsq.example"},
	    {"", NULL},
	    {".", NULL},
	    {"a..example", NULL},
	    {".example", NULL},
	    {"exa mple.com", NULL},
	    {"user@example.com", NULL},
	    {"<script>.example", NULL},
	    {"\xff.example", NULL},
	};
	const struct name_rules *rules = names_open();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[DOMAIN_SIZE];
		bool ok = domain_normalise(rules, rows[i].in, strlen(rows[i].in), out);
		CHECK_ROW(ok == (rows[i].out != NULL), i);
		CHECK_ROW(!ok || strcmp(out, rows[i].out) == 0, i);
	}
	char label[80], out[DOMAIN_SIZE];
	memset(label, 'a', sizeof label);
	assert_true(domain_normalise(rules, label, 63, out));
	assert_false(domain_normalise(rules, label, 64, out));
	assert_true(domain_is_below("a.example.com", "example.com"));
	assert_false(domain_is_below("badexample.com", "example.com"));
	names_close(rules);
}

static void organisational_domains(void **state)
{
	(void)state;
	static const struct {
		const char *name, *org;
	} rows[] = {
	    {"example.com", "example.com"},
	    {"a.b.example.com", "example.com"},
	    {"a.example.co.uk", "example.co.uk"},
	    {"co.uk", "co.uk"},
	    {"com", "com"},
	    {"mail.example.co.jp", "example.co.jp"},
	    {"a.b.github.io", "b.github.io"},
	};
	const struct name_rules *rules = names_open();
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(strcmp(rules->org_domain(rules->ctx, rows[i].name), rows[i].org) == 0, i);
	names_close(rules);
}

static void dates(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		bool ok;
		int64_t seconds;
	} rows[] = {
	    {"1970-01-01", true, 0},
	    {"2026-02-28T23:59:59Z", true, 1772323199},
	    {"2026-02-28T23:59:59.5+09:00", true, 1772290799},
	    {"2024-02-29", true, 1709164800},
	    {"2026-02-29", false, 0},
	    {"2026-13-01", false, 0},
	    {"2026-02-28T24:00:00Z", false, 0},
	    {"2026-02-28T10:00:00", false, 0},
	    {"2026-02-28T10:00:00.Z", false, 0},
	    {"20260228", false, 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t t = 0;
		bool ok = rfc3339_parse(rows[i].in, strlen(rows[i].in), &t);
		CHECK_ROW(ok == rows[i].ok, i);
		CHECK_ROW(!ok || t == rows[i].seconds, i);
	}
	for (int32_t day = -800000; day < 3000000; day += 97) {
		int year;
		unsigned month, mday;
		day_to_civil(day, &year, &month, &mday);
		assert_int_equal(day_from_civil(year, month, mday), day);
	}
	int32_t day;
	char text[DAY_STRLEN];
	assert_true(day_parse("2026-11-23", &day));
	assert_string_equal(day_format(day, text), "2026-11-23");
	assert_string_equal(month_format(month_of_day(day), text), "2026-11");
	assert_int_equal(day_from_unix(-1), -1);
}

static void terminal_is_harmless(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"plain", "plain"},
	    {"a\nb", "a\\x0ab"},
	    {"\x1b[31mred", "\\x1b[31mred"},
	    {"\xc2\x9b"
	     "31m",
	     "\\u{009b}31m"},
	    {"\xe2\x80\xae"
	     "txt",
	     "\\u{202e}txt"},
	    {"\xff\xfe", "\\xff\\xfe"},
	    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
	    {"f\xc3\xbcr", "f\xc3\xbcr"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b;
		buf_init(&b, 1000);
		text_terminal(&b, rows[i].in, strlen(rows[i].in));
		CHECK_ROW(strcmp(b.data, rows[i].out) == 0, i);
		buf_free(&b);
	}
	struct err err;
	err_set(&err, ST_ITEM, "bad name \"%s\"", "x\r\n\x1b[2J");
	assert_string_equal(err.msg, "bad name \"x\\x0d\\x0a\\x1b[2J\"");
	assert_int_equal(err_wrap(&err, ST_ITEM, "part %d", 2), ST_ITEM);
	assert_string_equal(err.msg, "part 2: bad name \"x\\x0d\\x0a\\x1b[2J\"");
}

static void utf8_is_repaired(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1000);
	assert_int_equal(utf8_repair(&b, "Sue\xf1o \xc3", 7), 2);
	assert_string_equal(b.data, "Sue\xef\xbf\xbdo \xef\xbf\xbd");
	buf_free(&b);
}

static void json_is_harmless(void **state)
{
	(void)state;
	struct buf b;
	struct json j;
	buf_init(&b, 1000);
	json_init(&j, &b);
	json_object(&j);
	json_key(&j, "a");
	json_string(&j, "\"\\\n\x7f\xc2\x9b\xff\xc3\xbc");
	json_key(&j, "b");
	json_array(&j);
	json_uint(&j, UINT64_MAX);
	json_int(&j, -1);
	json_null(&j);
	json_bool(&j, true);
	json_fixed(&j, 0.414, 2);
	json_end(&j);
	json_key(&j, "c");
	json_object(&j);
	json_end(&j);
	json_end(&j);
	assert_string_equal(b.data, "{\"a\":\"\\\"\\\\\\u000a\\u007f\\u009b\xef\xbf\xbd\xc3\xbc\","
				    "\"b\":[18446744073709551615,-1,null,true,0.41],\"c\":{}}");
	buf_free(&b);
}

static void buffers_have_a_ceiling(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 10);
	buf_puts(&b, "12345");
	buf_printf(&b, "%d", 67890);
	assert_false(b.failed);
	buf_putc(&b, 'x');
	assert_true(b.failed);
	assert_string_equal(b.data, "1234567890");
	buf_reset(&b);
	buf_puts(&b, "again");
	assert_string_equal(b.data, "again");
	buf_free(&b);
}

static void arenas_rewind(void **state)
{
	(void)state;
	struct arena a = {0};
	char *kept = arena_strdup(&a, "kept");
	struct arena_mark mark = arena_mark(&a);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(((uintptr_t)arena_alloc(&a, 1000)) % 16, 0);
	arena_rewind(&a, mark);
	assert_string_equal(kept, "kept");
	const unsigned char *zero = arena_alloc(&a, 5000);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(zero[i], 0);
	assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	arena_reset(&a);
	assert_int_equal(a.used, 0);
	arena_free(&a);
}

static void maps_hold(void **state)
{
	(void)state;
	struct map m = {0};
	for (uint64_t i = 0; i < 10000; i++) {
		struct digest key = hash_fixed128(&i, sizeof i);
		bool fresh;
		*map_put(&m, &key, &fresh) = i;
		assert_true(fresh);
	}
	for (uint64_t i = 0; i < 10000; i++) {
		struct digest key = hash_fixed128(&i, sizeof i);
		assert_int_equal(*map_get(&m, &key), i);
	}
	struct digest absent = hash_fixed128("absent", 6);
	assert_null(map_get(&m, &absent));
	map_clear(&m);
	assert_null(map_get(&m, &absent));
	map_free(&m);
}

static void words(void **state)
{
	(void)state;
	static const struct {
		enum dmarc_vocabulary v;
		const char *in, *text;
		enum dmarc_word_code code;
	} rows[] = {
	    {V_RESULT, "Pass", "pass", W_PASS},
	    {V_RESULT, "HardFail", NULL, W_FAIL},
	    {V_RESULT, "unknown", NULL, W_PERMERROR},
	    {V_RESULT, "invalid", NULL, W_OTHER},
	    {V_RESULT, "", NULL, W_ABSENT},
	    {V_EVALUATED, "softfail", NULL, W_SOFTFAIL},
	    {V_POLICY, "nil", NULL, W_OTHER},
	    {V_POLICY, "REJECT", "reject", W_REJECT},
	    {V_POLICY, "pass", NULL, W_OTHER},
	    {V_DISPOSITION, "pass", "pass", W_PASS},
	    {V_REASON, "other", "other", W_OTHER_REASON},
	    {V_SCOPE, "mfrom", "mfrom", W_MFROM},
	    {V_ALIGNMENT, "strict", NULL, W_STRICT},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text;
		CHECK_ROW(dmarc_word_lookup(rows[i].v, rows[i].in, strlen(rows[i].in), &text) ==
			      rows[i].code,
			  i);
		CHECK_ROW((text == NULL) == (rows[i].text == NULL), i);
		CHECK_ROW(!text || strcmp(text, rows[i].text) == 0, i);
	}
}

static void slips(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		size_t distance;
	} rows[] = {
	    {"", "", 0},
	    {"", "abc", 3},
	    {"SendGrid", "sendgrid", 0},
	    {"sendgird", "sendgrid", 1},
	    {"sendgid", "sendgrid", 1},
	    {"sendgrrid", "sendgrid", 1},
	    {"kitten", "sitting", 3},
	    {"ab", "ba", 1},
	    {"abc", "xyz", 3},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_ROW(text_distance(rows[i].a, rows[i].b) == rows[i].distance, i);
		CHECK_ROW(text_distance(rows[i].b, rows[i].a) == rows[i].distance, i);
	}
	char longer[TEXT_DISTANCE_MAX + 2];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(text_distance(longer, "x"), SIZE_MAX);
	longer[TEXT_DISTANCE_MAX] = '\0';
	assert_int_equal(text_distance(longer, "x"), TEXT_DISTANCE_MAX - 1);
}

static void nearest(void **state)
{
	(void)state;
	static const char *const words[] = {"approve", "deny", "ignore", "name", "forget", "list"};
	static const struct {
		const char *word, *found;
	} rows[] = {
	    {"aprove", "approve"}, {"APPROVE", "approve"}, {"forgte", "forget"}, {"ig", NULL},
	    {"ign", "ignore"},     {"allow", NULL},        {"", NULL},           {"nmae", "name"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text_nearest near = {.word = rows[i].word};
		for (size_t k = 0; k < COUNT(words); k++)
			text_offer(&near, words[k]);
		CHECK_ROW(!near.found == !rows[i].found, i);
		CHECK_ROW(!near.found || strcmp(near.found, rows[i].found) == 0, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slips),
	    cmocka_unit_test(nearest),
	    cmocka_unit_test(ip_table),
	    cmocka_unit_test(ip_networks),
	    cmocka_unit_test(domain_table),
	    cmocka_unit_test(organisational_domains),
	    cmocka_unit_test(dates),
	    cmocka_unit_test(terminal_is_harmless),
	    cmocka_unit_test(utf8_is_repaired),
	    cmocka_unit_test(json_is_harmless),
	    cmocka_unit_test(buffers_have_a_ceiling),
	    cmocka_unit_test(arenas_rewind),
	    cmocka_unit_test(maps_hold),
	    cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

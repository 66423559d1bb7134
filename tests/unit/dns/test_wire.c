/* DNS messages byte by byte: what name servers send, and what they should not. */
#include <string.h>

#include "dns/ask/answer.h"
#include "dns/ask/wire.h"
#include "tests/unit/check.h"

/* A response to example.com of the type: flags, counts, then sections as given. */
#define HEAD(flags, an, ns) "\x12\x34" flags "\x00\x01\x00" an "\x00" ns "\x00\x00"
#define OK                  "\x81\x80"
#define NX                  "\x81\x83"
#define QUESTION(type)                                                                             \
	"\x07"                                                                                     \
	"example"                                                                                  \
	"\x03"                                                                                     \
	"com"                                                                                      \
	"\x00"                                                                                     \
	"\x00" type "\x00\x01"
#define RR(type, ttl, len) "\xc0\x0c\x00" type "\x00\x01\x00\x00" ttl "\x00" len
#define SOA                                                                                        \
	"\xc0\x0c\x00\x06\x00\x01\x00\x00\x0e\x10\x00\x16\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02" \
	"\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x78"

struct message_row {
	const char *what;
	enum dns_type type;
	const char *bytes;
	size_t len;
	enum dns_outcome outcome;
	size_t n;
	uint32_t ttl;
};

#define M(s) (s), sizeof(s) - 1

static const struct message_row rows[] = {
    {"an address", DNS_A,
     M(HEAD(OK, "\x01", "\x00") QUESTION("\x01") RR("\x01", "\x01\x2c", "\x04") "\xc0\x00\x02\x01"),
     DNS_OK, 1, 300},
    {"the least TTL of two", DNS_A,
     M(HEAD(OK, "\x02", "\x00") QUESTION("\x01")
	   RR("\x01", "\x01\x2c", "\x04") "\xc0\x00\x02\x01" RR("\x01", "\x00\x3c",
								"\x04") "\xc0\x00\x02\x02"),
     DNS_OK, 2, 60},
    {"an alias and what it leads to", DNS_A,
     M(HEAD(OK, "\x02", "\x00") QUESTION("\x01")
	   RR("\x05", "\x01\x2c",
	      "\x04") "\x01w\xc0\x0c"
		      "\xc0\x29\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04\xc0\x00\x02\x01"),
     DNS_OK, 1, 30},
    {"an alias that leads out", DNS_A,
     M(HEAD(OK, "\x01", "\x00") QUESTION("\x01") RR("\x05", "\x01\x2c", "\x04") "\x01w\xc0\x0c"),
     DNS_OK, 0, 300},
    {"an alias to itself", DNS_A,
     M(HEAD(OK, "\x01", "\x00") QUESTION("\x01") RR("\x05", "\x01\x2c", "\x02") "\xc0\x0c"),
     DNS_MALFORMED, 0, 300},
    {"no such name, for two minutes", DNS_TXT, M(HEAD(NX, "\x00", "\x01") QUESTION("\x10") SOA),
     DNS_NXDOMAIN, 0, 120},
    {"nothing of this type", DNS_TXT, M(HEAD(OK, "\x00", "\x01") QUESTION("\x10") SOA), DNS_NODATA,
     0, 120},
    {"the server fails", DNS_TXT, M(HEAD("\x81\x82", "\x00", "\x00") QUESTION("\x10")),
     DNS_SERVFAIL, 0, 0},
    {"the server refuses", DNS_TXT, M(HEAD("\x81\x85", "\x00", "\x00") QUESTION("\x10")),
     DNS_REFUSED, 0, 0},
    {"text in two strings", DNS_TXT,
     M(HEAD(OK, "\x01", "\x00") QUESTION("\x10") RR("\x10", "\x00\x3c", "\x06") "\x02"
										"ab"
										"\x02"
										"cd"),
     DNS_OK, 1, 60},
    {"a string past its record", DNS_TXT,
     M(HEAD(OK, "\x01", "\x00") QUESTION("\x10") RR("\x10", "\x00\x3c", "\x03") "\x09"
										"ab"),
     DNS_MALFORMED, 0, 60},
    {"a name that points at itself", DNS_PTR,
     M(HEAD(OK, "\x01", "\x00") QUESTION("\x0c") RR("\x0c", "\x00\x3c", "\x02") "\xc0\x29"),
     DNS_MALFORMED, 0, 60},
    {"name servers", DNS_NS,
     M(HEAD(OK, "\x02", "\x00") QUESTION("\x02")
	   RR("\x02", "\x01\x2c", "\x04") "\x01"
					  "a"
					  "\xc0\x0c" RR("\x02", "\x00\x3c", "\x04") "\x01"
										    "b"
										    "\xc0"
										    "\x0c"),
     DNS_OK, 2, 60},
    {"an address of three octets", DNS_A,
     M(HEAD(OK, "\x01", "\x00") QUESTION("\x01") RR("\x01", "\x00\x3c", "\x03") "\xc0\x00\x02"),
     DNS_MALFORMED, 0, 60},
    {"the answer to something else", DNS_A, M(HEAD(OK, "\x00", "\x00") QUESTION("\x10")),
     DNS_MALFORMED, 0, 0},
    {"a question", DNS_A, M(HEAD("\x01\x00", "\x00", "\x00") QUESTION("\x01")), DNS_MALFORMED, 0,
     0},
    {"more announced than there is", DNS_A, M(HEAD(OK, "\x05", "\x00") QUESTION("\x01")),
     DNS_MALFORMED, 0, 0},
    {"nothing", DNS_A, M(""), DNS_MALFORMED, 0, 0},
};

static void read_row(const struct message_row *r, size_t len, struct arena *a,
		     struct dns_answer *out)
{
	uint8_t *bytes = arena_memdup(a, r->bytes, len); /* so that reading past the end is seen */
	dns_answer_read(bytes, len, "Example.COM.", r->type, a, out);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct dns_answer r = {0};
		read_row(&rows[i], rows[i].len, &a, &r);
		if (r.outcome != rows[i].outcome || r.n != rows[i].n ||
		    (rows[i].ttl && r.outcome <= DNS_NODATA && r.ttl != rows[i].ttl))
			fail_msg("%s: %s, %zu records, ttl %u", rows[i].what,
				 dns_outcome_names[r.outcome], r.n, r.ttl);
		arena_free(&a);
	}
}

/* Cut anywhere a message is malformed, or, where only the sections behind are missing, less. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t n = 0; n < rows[i].len; n++) {
			struct arena a = {0};
			struct dns_answer r = {0};
			read_row(&rows[i], n, &a, &r);
			assert_true(r.n == 0);
			arena_free(&a);
		}
}

static void test_values(void **state)
{
	struct arena a = {0};
	struct dns_answer r = {0};
	(void)state;
	read_row(&rows[2], rows[2].len, &a, &r);
	assert_string_equal(r.name, "example.com");
	assert_string_equal(r.canonical, "w.example.com");
	read_row(&rows[9], rows[9].len, &a, &r);
	assert_string_equal(r.texts[0].data, "abcd");
	assert_int_equal(r.texts[0].strings, 2);
	arena_free(&a);
}

static void test_names(void **state)
{
	static const struct {
		const char *text, *name; /* NULL: none */
	} names[] = {{"Example.COM.", "example.com"},
		     {"", ""},
		     {".", ""},
		     {"a\\032b.example", "a\\032b.example"},
		     {"a..b", NULL},
		     {"_dmarc.example.com", "_dmarc.example.com"},
		     {"x\\", NULL}};
	char out[WIRE_NAME_SIZE], label[80];
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		bool good = wire_name(names[i].text, out);
		if (good != (names[i].name != NULL) || (good && strcmp(out, names[i].name) != 0))
			fail_msg("%s: %s", names[i].text, good ? out : "no name");
	}
	memset(label, 'a', 64);
	label[64] = '\0';
	assert_false(wire_name(label, out));
	label[63] = '\0';
	assert_true(wire_name(label, out));
}

/* A query is one that the reader of responses would know again. */
static void test_query(void **state)
{
	uint8_t query[WIRE_QUERY_SIZE];
	(void)state;
	size_t n = wire_query("example.com", DNS_MX, 0x1234, query);
	assert_int_equal(n, 12 + 17 + 11);
	assert_memory_equal(query, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01", 12);
	query[2] |= 0x80;
	struct arena a = {0};
	struct dns_answer r = {0};
	dns_answer_read(query, n, "example.com", DNS_MX, &a, &r);
	assert_int_equal(r.outcome, DNS_NODATA);
	arena_free(&a);
}

static void test_reverse(void **state)
{
	char out[DNS_REVERSE_SIZE];
	struct ip ip;
	(void)state;
	ip_parse("192.0.2.1", 9, &ip, NULL);
	assert_string_equal(dns_reverse_name(&ip, out), "1.2.0.192.in-addr.arpa");
	ip_parse("2001:db8::1", 11, &ip, NULL);
	assert_string_equal(
	    dns_reverse_name(&ip, out),
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),   cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_values), cmocka_unit_test(test_names),
	    cmocka_unit_test(test_query),  cmocka_unit_test(test_reverse)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

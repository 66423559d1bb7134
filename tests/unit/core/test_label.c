/* core/label: every way to name a sender comes to one form; the rest is refused with a reason. */
#include "tests/unit/check.h"

#include <string.h>

#include "core/label.h"
#include "dns/names.h"

static const struct name_rules *rules;

static void senders(void **state)
{
	(void)state;
	static const struct {
		const char *s, *form, *network;
		unsigned bits;
	} rows[] = {
	    {"service:sendgrid", "service:sendgrid", NULL, 0},
	    {" Service:SendGrid ", "service:sendgrid", NULL, 0},
	    {"service:sendgrid#fail", "service:sendgrid#fail", NULL, 0},
	    {"dkim:Vendor.Example.", "dkim:vendor.example", NULL, 0},
	    {"dkim:vendor.example.#fail", "dkim:vendor.example#fail", NULL, 0},
	    {"mailfrom:\xe6\x97\xa5\xe6\x9c\xac.example", "mailfrom:xn--wgv71a.example", NULL, 0},
	    {"host:mx.vendor.example", "host:mx.vendor.example", NULL, 0},
	    {"net:192.0.2.0/24", "net:192.0.2.0/24", NULL, 0},
	    {"net:192.0.2.0/24#spf-fail", "net:192.0.2.0/24#spf-fail", NULL, 0},
	    {"net:2001:DB8:0::/64", "net:2001:db8::/64", NULL, 0},
	    {"net:192.0.2.1/32", "net:192.0.2.1/32", NULL, 0},
	    {"net:none", "net:none", NULL, 0},
	    {"host:192.0.2.7#fail", "host:192.0.2.7#fail", NULL, 0},
	    {"host:2001:DB8:0::1", "host:2001:db8::1", NULL, 0},
	    {"ptr:Vendor.Example.", "ptr:vendor.example", NULL, 0},
	    {"OWN:Example.com.#dkim", "own:example.com#dkim", NULL, 0},
	    {"label:192.0.2.0/28", "192.0.2.0/28", "192.0.2.0", 28},
	    {"label:2001:DB8::1", "2001:db8::1", "2001:db8::1", 128},
	    {"0.0.0.0/0", "0.0.0.0/0", "0.0.0.0", 0},
	    {"::/0", "::/0", "::", 0},
	    {"192.0.2.0/24", "192.0.2.0/24", "192.0.2.0", 24},
	    {"192.0.2.7", "192.0.2.7", "192.0.2.7", 32},
	    {"192.0.2.7/32", "192.0.2.7", "192.0.2.7", 32},
	    {"10.0.0.0/8", "10.0.0.0/8", "10.0.0.0", 8},
	    {"2001:0DB8::/32", "2001:db8::/32", "2001:db8::", 32},
	    {"2001:db8::1", "2001:db8::1", "2001:db8::1", 128},
	    {"::ffff:192.0.2.0/120", "192.0.2.0/24", "192.0.2.0", 24},
	    {"::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7", 32},
	    {"Our Relay", "our relay", NULL, 0},
	    {"vendor.example", "vendor.example", NULL, 0},
	    {"cafe", "cafe", NULL, 0},
	    {"a/b", "a/b", NULL, 0},
	    {"x: y", "x: y", NULL, 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[LABEL_SENDER], again[LABEL_SENDER], text[IP_STRLEN];
		struct err err = {.msg = ""};
		struct ip ip;
		unsigned bits;
		enum status st = label_sender(rules, rows[i].s, out, &err);
		if (st != ST_OK || strcmp(out, rows[i].form) != 0)
			fail_msg("row %zu: \"%s\", %s", i, st == ST_OK ? out : "", err.msg);
		CHECK_ROW(label_sender(rules, out, again, &err) == ST_OK, i);
		CHECK_ROW(strcmp(out, again) == 0, i);
		CHECK_ROW(label_network(out, &ip, &bits) == (rows[i].network != NULL), i);
		CHECK_ROW(bits == rows[i].bits, i);
		CHECK_ROW(strcmp(ip_format(&ip, text), rows[i].network ? rows[i].network : "") == 0,
			  i);
	}
}

static void refused(void **state)
{
	(void)state;
	static const struct {
		const char *s, *says;
	} rows[] = {
	    {"", "empty"},
	    {" \t ", "empty"},
	    {"a\nb", "control characters"},
	    {"a\x1b[31m", "control characters"},
	    {"a\xc2\x9b", "control characters"},
	    {"a\xff", "broken UTF-8"},
	    {"a\xe2\x80\xae"
	     "b",
	     "control characters"},
	    {"192.0.2.7/24", "192.0.2.0/24 is the network, 192.0.2.7 the address"},
	    {"2001:db8::1/64", "2001:db8::/64 is the network, 2001:db8::1 the address"},
	    {"net:192.0.2.7/24", "192.0.2.0/24 is the network"},
	    {"192.0.2.0/33", "not an address"},
	    {"192.0.2.0/", "not an address"},
	    {"192.0.2.0/-1", "not an address"},
	    {"192.0.2.0/24x", "not an address"},
	    {"192.0.2.0/99999999999999999999", "not an address"},
	    {"300.1.2.3", "not an address"},
	    {"192.0.2", "not an address"},
	    {"192.0.2.1:25", "not an address"},
	    {"2001:db8::/129", "not an address"},
	    {"::ffff:192.0.2.0/24", "not an address"},
	    {"label:", "nobody's key"},
	    {"label:vendor", "not an address"},
	    {"host:a b", "is not a name"},
	    {"own:", "nobody's key"},
	    {"net:192.0.2.1", "net:192.0.2.0/24"},
	    {"net:vendor", "net:192.0.2.0/24"},
	    {"net:", "nobody's key"},
	    {"service:", "nobody's key"},
	    {"service:#fail", "nobody's key"},
	    {"dkim:a b", "is not a name"},
	    {"dkim:", "nobody's key"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[LABEL_SENDER];
		struct err err = {.msg = ""};
		CHECK_ROW(label_sender(rules, rows[i].s, out, &err) == ST_ITEM, i);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("row %zu: \"%s\" without \"%s\"", i, err.msg, rows[i].says);
	}
}

static void lengths(void **state)
{
	(void)state;
	char s[2 * LABEL_SENDER], out[LABEL_SENDER];
	struct err err;
	for (size_t n = 1; n < sizeof s; n++) {
		memset(s, 'x', n);
		s[n] = '\0';
		assert_int_equal(label_sender(rules, s, out, &err),
				 n < LABEL_SENDER ? ST_OK : ST_ITEM);
		assert_int_equal(label_text("NAME", s, LABEL_TEXT, &err),
				 n <= LABEL_TEXT ? ST_OK : ST_ITEM);
		memcpy(s, "net:none#", n < 9 ? n : 9);
		assert_int_equal(label_sender(rules, s, out, &err),
				 n < LABEL_SENDER && (n < 4 || n > 7) ? ST_OK : ST_ITEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(senders),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(lengths),
	};
	rules = names_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	names_close(rules);
	return failed;
}

#include <locale.h>

#include "core/text.h"
#include "report/inventory.h"
#include "report/render/render.h"
#include "tests/unit/report_facts.h"

static const struct row rows[] = {
    {"192.0.2.1", 812345, "example.com pass", "example.com s1 pass"},
    {"192.0.4.1", 70, "example.com pass", NULL},
    {"198.51.100.1", 6, "lists.example pass", "example.com s1 fail", DMARC_FORWARD_REASON},
    {"203.0.113.1", 5, "stranger.example fail", NULL, 0, 0, 0, W_REJECT},
    {"203.0.114.1", 50, "example.com fail", NULL, 0, 0, 0, W_QUARANTINE},
    {"2001:db8:1111:2222:3333:4444:5555:6666", 5, "example.com fail", NULL},
    {"2001:db8:1111:2223:3333:4444:5555:6666", 4, "b.esp.example pass", "esp.example k pass"},
    {NULL, 3, "example.com fail", NULL},
};

static const struct row before[] = {{"192.0.2.1", 800000, "example.com pass", NULL},
				    {"192.0.9.1", 40, "example.com pass", NULL}};

/* What a stranger may have written. */
static const char *const evil[] = {
    "<script>alert(1)</script>",
    "\033[31mred\033[0m\033]0;title\007",
    "line\nbreak\r\nand \"quote\", comma",
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\xef\xbc\x9d"
    "1+1",
    "\xe2\x80\xae"
    "gpj.exe",
    "broken \xff\xc3 utf-8 \xc2\x9b",
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe3\x83\x89\xe3\x83\xa1\xe3\x82\xa4\xe3\x83"
    "\xb3"
    "\xe5\x90\x8d\xe3\x81\xaf\xe5\xb9\xbf\xe3\x81\x84\xe3\x81\xae\xe3\x81\xa7\xe5\x88\x87\xe3\x82"
    "\x89",
    "",
};

static struct inventory make_inventory(struct arena *a)
{
	static const struct inventory_options everything = {0};
	struct domain_facts *f = arena_alloc(a, 2 * sizeof *f);
	struct inventory inv = {.dns = "none", .n_domains = 1};
	f[0] = make_facts(a, OCTOBER, rows, COUNT(rows));
	f[1] = make_facts(a, OCTOBER - 1, before, COUNT(before));
	inv.window = f[0].window;
	inv.before = f[1].window;
	inv.domains = arena_alloc(a, sizeof *inv.domains);
	inventory_without_dns(&f[0], &f[1], &everything, a, inv.domains);
	return inv;
}

/* The same, with evil words for all that comes from outside; fits: as many senders as words. */
static struct inventory make_evil(struct arena *a)
{
	struct inventory inv = make_inventory(a);
	struct domain_inventory *d = inv.domains;
	struct sender *senders = arena_alloc(a, COUNT(evil) * sizeof *senders);
	for (size_t i = 0; i < COUNT(evil); i++) {
		senders[i] = d->senders[i % d->n_senders];
		senders[i].name = senders[i].key = evil[i];
	}
	d->senders = senders;
	d->n_senders = COUNT(evil);
	inv.n_domains = COUNT(evil);
	inv.domains = arena_alloc(a, COUNT(evil) * sizeof *inv.domains);
	for (size_t i = 0; i < COUNT(evil); i++) {
		inv.domains[i] = *d;
		inv.domains[i].domain = evil[i];
	}
	return inv;
}

static struct buf text_of(const struct inventory *inv, unsigned width, bool colour, bool utf8)
{
	struct buf b;
	struct text_style style = {width, colour, utf8};
	buf_init(&b, 64u << 20);
	render_inventory_text(inv, &style, &b);
	assert_false(b.failed);
	return b;
}

/* No line beyond width but a command, which is there to be pasted; none with blanks at the end, no
 * control character but the newline. */
static void check_text(const struct buf *b, size_t width, bool ascii)
{
	assert_int_equal(b->len, strlen(b->data));
	assert_int_equal(utf8_valid_prefix(b->data, b->len), b->len);
	for (const char *p = b->data; *p;) {
		size_t n = strcspn(p, "\n");
		bool pasted = strncmp(p, "    if yours: ruascope label ", 28) == 0 ||
			      strncmp(p, "    if not yours: ruascope label ", 32) == 0;
		if (text_width(p, n) > width && !pasted)
			fail_msg("%zu columns: %.*s", text_width(p, n), (int)n, p);
		if (n > 0 && p[n - 1] == ' ')
			fail_msg("blanks at the end: %.*s", (int)n, p);
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f ||
			    (ascii && (unsigned char)p[i] >= 0x80))
				fail_msg("byte %02x: %.*s", (unsigned char)p[i], (int)n, p);
		p += n + (p[n] == '\n');
	}
}

static void test_text_fits(void **state)
{
	static const unsigned widths[] = {1, 80, 81, 97, 100, 132, 200, 1000};
	struct arena a = {0};
	struct inventory all[] = {make_inventory(&a), make_evil(&a)};
	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		for (size_t k = 0; k < COUNT(widths); k++)
			for (int utf8 = 0; utf8 < 2; utf8++) {
				struct buf b = text_of(&all[i], widths[k], false, utf8);
				unsigned w = widths[k];
				check_text(&b, w < 80 ? 80 : w > 200 ? 200 : w, !utf8);
				buf_free(&b);
			}
	arena_free(&a);
}

/* Counts of any size, names of any length. */
static void test_text_extremes(void **state)
{
	struct arena a = {0};
	struct inventory inv = make_inventory(&a);
	char name[254];
	(void)state;
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	inv.domains->domain = name;
	for (size_t i = 0; i < inv.domains->n_senders; i++) {
		struct sender *s = &inv.domains->senders[i];
		s->name = name;
		s->t.messages = s->t.rejected = s->t.quarantined = UINT64_C(1000000000000000);
		s->verdict.category = (enum category)(i % CAT_COUNT);
	}
	for (unsigned width = 80; width <= 200; width++) {
		struct buf b = text_of(&inv, width, false, true);
		check_text(&b, width, false);
		buf_free(&b);
	}
	arena_free(&a);
}

static void test_text_words(void **state)
{
	static const char *const wanted[] = {
	    "example.com: 2026-10-01 to 2026-10-31\n",
	    "812,488 messages, 99.9% pass DMARC; 8 reports from 8 receivers\n",
	    "Rejected",
	    "Quarantined",
	    "192.0.2.1 ",
	    "812,345   100%  100%  100%",
	    "authorised ",
	    "forwarder ",
	    "  10-10  new\n",
	    "  09-10  gone\n",
	    "Total ",
	    "Open senders:\n  203.0.114.1: 50 messages fail, 50 quarantined; ",
	    "(no address)",
	    "\n    if yours: ruascope label approve example.com 203.0.114.1\n",
	};
	struct arena a = {0};
	struct inventory inv = make_inventory(&a);
	struct buf b = text_of(&inv, 132, false, false);
	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++)
		if (!strstr(b.data, wanted[i]))
			fail_msg("no \"%s\" in\n%s", wanted[i], b.data);
	buf_free(&b);
	b = text_of(&inv, 132, true, false);
	assert_non_null(strstr(b.data, "\033[32mauthorised"));
	buf_free(&b);
	arena_free(&a);
}

static void test_text_nothing(void **state)
{
	struct arena a = {0};
	struct inventory inv = make_inventory(&a);
	(void)state;
	inv.domains->n_senders = 0;
	struct buf b = text_of(&inv, 80, false, false);
	assert_non_null(strstr(b.data, "No sender to show.\n"));
	buf_free(&b);
	inv.domains->reports = 0;
	b = text_of(&inv, 80, false, false);
	assert_non_null(
	    strstr(b.data, "No reports in this period. DNS did not say where they go.\n"));
	buf_free(&b);
	inv.n_domains = 0;
	b = text_of(&inv, 80, false, false);
	assert_string_equal(b.data, "No reports from 2026-10-01 to 2026-10-31.\n");
	buf_free(&b);
	arena_free(&a);
}

/* Hundreds of forgeries: folded, and nothing is lost from the total. */
static void test_text_folds(void **state)
{
	enum { N = 300 };
	static const struct inventory_options everything = {0};
	struct arena a = {0};
	struct row *many = arena_alloc(&a, (N + 1) * sizeof *many);
	(void)state;
	for (unsigned i = 0; i < N; i++)
		many[i] = (struct row){arena_printf(&a, "10.0.%u.1", i), 1, NULL, NULL};
	for (unsigned i = 256; i < N; i++)
		many[i].ip = arena_printf(&a, "10.1.%u.1", i - 256);
	many[0].messages = 20; /* more than a hundredth of all, */
	many[1].messages = 5;  /* less */
	many[N] = (struct row){"192.0.2.1", 1000, "example.com pass", NULL};
	struct domain_facts now = make_facts(&a, OCTOBER, many, N + 1),
			    none = make_facts(&a, OCTOBER - 1, NULL, 0);
	struct domain_inventory d;
	inventory_without_dns(&now, &none, &everything, &a, &d);
	struct inventory inv = {now.window, none.window, "none", &d, 1};
	struct buf b = text_of(&inv, 80, false, false);
	check_text(&b, 80, true);
	assert_non_null(strstr(b.data, "Not listed: 299 small senders: unknown, 303 messages"));
	assert_non_null(strstr(b.data, "1,323"));
	assert_null(strstr(b.data, " new\n")); /* there is nothing before */
	buf_free(&b);
	arena_free(&a);
}

/* ---- CSV ---- */

/* The next cell of RFC 4180, into out; its end. *last: a record ends here. */
static const char *next_cell(const char *p, struct buf *out, bool *last)
{
	buf_reset(out);
	buf_puts(out, "");
	if (*p == '"') {
		for (p++; *p != '"' || p[1] == '"'; p++) {
			assert_true(*p);
			buf_putc(out, *p);
			p += *p == '"';
		}
		p++;
	} else {
		for (; *p && *p != ',' && *p != '\r'; p++)
			buf_putc(out, *p);
	}
	*last = strncmp(p, "\r\n", 2) == 0;
	assert_true(*last || *p == ',');
	return p + (*last ? 2 : 1);
}

static void check_csv(const struct buf *b, size_t n_rows)
{
	struct buf cell;
	size_t column = 0, columns = 0, n = 0;
	bool last;
	buf_init(&cell, 1u << 20);
	for (const char *p = b->data; *p;) {
		p = next_cell(p, &cell, &last);
		const char *s = cell.data ? cell.data : "";
		for (const char *c = s; *c; c++)
			assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
		assert_null(strchr("=+-@\t\r", *s ? *s : 'x'));
		assert_int_not_equal(strncmp(s, "\xef\xbc\x9d", 3), 0);
		assert_true(*s != ' ' || s[strspn(s, " ")] != '=');
		column++;
		if (last) {
			columns = n++ == 0 ? column : columns;
			assert_int_equal(column, columns);
			column = 0;
		}
	}
	assert_int_equal(column, 0);
	assert_int_equal(n, n_rows + 1);
	assert_int_equal(utf8_valid_prefix(b->data, b->len), b->len);
	buf_free(&cell);
}

static void test_csv(void **state)
{
	struct arena a = {0};
	struct buf b;
	(void)state;
	buf_init(&b, 64u << 20);
	struct inventory inv = make_inventory(&a);
	render_inventory_csv(&inv, &b);
	check_csv(&b, inv.domains->n_senders);
	assert_int_equal(
	    strncmp(b.data, "domain,since,until,sender,key,category,confidence,messages,", 59), 0);
	assert_non_null(strstr(b.data, "\"example.com\",2026-10-01,2026-11-01,\"192.0.2.1\","
				       "\"net:192.0.2.0/24\",\"authorized\","));
	buf_reset(&b);
	inv = make_evil(&a);
	render_inventory_csv(&inv, &b);
	check_csv(&b, COUNT(evil) * COUNT(evil));
	assert_non_null(strstr(b.data, "\"'=1+1\""));
	assert_non_null(strstr(b.data, "\"'  =1+1\""));
	assert_non_null(strstr(b.data, "\"\"quote\"\""));
	buf_free(&b);
	arena_free(&a);
}

/* ---- JSON ---- */

static void save(const char *name, const struct buf *b)
{
	const char *dir = getenv("RUASCOPE_TEST_OUT"); /* for a look, or another validator */
	char path[4096];
	if (!dir)
		return;
	assert_true(snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fwrite(b->data, 1, b->len, f);
	fclose(f);
}

static void test_json(void **state)
{
	static const char *const wanted[] = {
	    "{\"schema\":\"ruascope.inventory/"
	    "1\",\"since\":\"2026-10-01\",\"until\":\"2026-11-01\","
	    "\"dns\":\"none\",\"domains\":[{\"domain\":\"example.com\",\"messages\":812488,",
	    "\"key\":\"net:192.0.9.0/24\",\"service\":null,\"category\":\"authorized\",",
	    "\"change\":\"gone\",\"sources\":[],\"evidence\":[],\"remedy\":{\"kind\":\"none\",",
	    "\"sources\":[{\"ip\":\"203.0.114.1\",\"messages\":50,\"dmarc_pass\":0,\"ptr\":null}]",
	    "{\"code\":\"S_NEVER_ALIGNED\",\"weight\":15,\"text\":\"",
	    "\"remedy\":{\"kind\":\"review\",\"text\":\"",
	};
	struct arena a = {0};
	struct buf b;
	(void)state;
	buf_init(&b, 64u << 20);
	struct inventory inv = make_inventory(&a);
	render_inventory_json(&inv, &b);
	for (size_t i = 0; i < COUNT(wanted); i++)
		if (!strstr(b.data, wanted[i]))
			fail_msg("no %s in\n%s", wanted[i], b.data);
	save("plain.json", &b);
	buf_reset(&b);
	inv = make_evil(&a);
	render_inventory_json(&inv, &b);
	for (size_t i = 0; i + 1 < b.len; i++)
		assert_true((unsigned char)b.data[i] >= 0x20 && b.data[i] != 0x7f);
	assert_int_equal(utf8_valid_prefix(b.data, b.len), b.len);
	assert_non_null(strstr(b.data, "\\u001b[31mred"));
	save("evil.json", &b);
	inv.n_domains = 0;
	buf_reset(&b);
	render_inventory_json(&inv, &b);
	save("empty.json", &b);
	buf_free(&b);
	arena_free(&a);
}

/* The edit of a record, as the rules that ask DNS will make it. */
static void test_json_edit(void **state)
{
	struct arena a = {0};
	struct inventory inv = make_inventory(&a);
	struct buf b;
	(void)state;
	buf_init(&b, 1u << 20);
	const struct record_change change = {
	    OURS, "v=spf1 -all", "v=spf1 ip4:203.0.114.1 -all", 0, 0, "ip4:203.0.114.1"};
	inv.domains->senders[0].verdict =
	    (struct verdict){CAT_LEGIT_SPF_MISSING,
			     95,
			     {.kind = REMEDY_SPF_ADD, .text = "add it", .change = &change}};
	render_inventory_json(&inv, &b);
	assert_non_null(strstr(b.data, "\"remedy\":{\"kind\":\"spf_add\",\"text\":\"add it\","
				       "\"domain\":\"example.com\",\"before\":\"v=spf1 -all\","
				       "\"after\":\"v=spf1 ip4:203.0.114.1 -all\","
				       "\"lookups_before\":0,\"lookups_after\":0}"));
	save("edit.json", &b);
	/* a question changes nothing; the record that a yes would need stands apart */
	buf_reset(&b);
	inv.domains->senders[0].verdict.remedy =
	    (struct remedy){.kind = REMEDY_CONFIRM, .text = "is it yours?", .if_yours = &change};
	render_inventory_json(&inv, &b);
	assert_non_null(strstr(b.data, "\"remedy\":{\"kind\":\"confirm\",\"text\":\"is it yours?\","
				       "\"domain\":null,\"before\":null,\"after\":null,"
				       "\"if_yours\":{\"domain\":\"example.com\","
				       "\"before\":\"v=spf1 -all\","
				       "\"after\":\"v=spf1 ip4:203.0.114.1 -all\","
				       "\"lookups_before\":0,\"lookups_after\":0}}"));
	buf_free(&b);
	arena_free(&a);
}

/* Past the ceiling the buffer is failed, and nothing worse. */
static void test_ceiling(void **state)
{
	struct arena a = {0};
	struct inventory inv = make_evil(&a);
	struct text_style style = {80, true, true};
	struct buf b;
	(void)state;
	for (size_t max = 0; max < 3000; max += 37) {
		buf_init(&b, max);
		render_inventory_text(&inv, &style, &b);
		assert_true(b.failed && b.len <= max);
		buf_reset(&b);
		render_inventory_csv(&inv, &b);
		assert_true(b.failed && b.len <= max);
		buf_reset(&b);
		render_inventory_json(&inv, &b);
		assert_true(b.failed && b.len <= max);
		buf_free(&b);
	}
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_fits),  cmocka_unit_test(test_text_extremes),
	    cmocka_unit_test(test_text_words), cmocka_unit_test(test_text_nothing),
	    cmocka_unit_test(test_text_folds), cmocka_unit_test(test_csv),
	    cmocka_unit_test(test_json),       cmocka_unit_test(test_json_edit),
	    cmocka_unit_test(test_ceiling),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

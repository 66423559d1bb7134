/* report/catalogue: what a file may say and how it complains, who is found by which name, and what
 * must be true of every built-in service. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "dns/names.h"
#include "report/catalogue/catalogue.h"

static const struct name_rules *rules;

static enum status parse(const char *text, struct catalogue **c, struct err *err)
{
	return catalogue_parse(c, rules, "own.csv", text, strlen(text), err);
}

static struct catalogue *opened(const char *own)
{
	struct catalogue *c;
	struct err err = {.msg = ""};
	if (catalogue_open(&c, rules, "own.csv", own, own ? strlen(own) : 0, &err) != ST_OK)
		fail_msg("%s", err.msg);
	return c;
}

static void complaints(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line;
		const char *says;
	} rows[] = {
	    {"", 0, "empty"},
	    {"# only this\n\n", 2, "empty"},
	    {"name\nA\n", 1, "kind"},
	    {"kind,ptr_suffixes\n", 1, "name"},
	    {"name,kind,colour\n", 1, "unknown column \"colour\""},
	    {"name,kind,name\n", 1, "twice"},
	    {"name,kind,ptr_suffixes\n\n# c\nA,esp\n", 4, "2 fields, but 3 columns"},
	    {"name,kind,ptr_suffixes\nA,esp,a.example,\n", 2, "4 fields"},
	    {"name,kind,ptr_suffixes\nA,bank,a.example\n", 2, "kind: \"bank\""},
	    {"name,kind,ptr_suffixes\nA,,a.example\n", 2, "kind: \"\""},
	    {"name,kind,ptr_suffixes\n,esp,a.example\n", 2, "neither letter nor digit"},
	    {"name,kind,ptr_suffixes\n!?,esp,a.example\n", 2, "neither letter nor digit"},
	    {"name,kind,ptr_suffixes\nA,esp,com\n", 2, "\"com\" is not a name"},
	    {"name,kind,ptr_suffixes\nA,esp,a..example\n", 2, "is not a name"},
	    {"name,kind,ptr_suffixes\nA,esp,a.*.example\n", 2, "is not a name"},
	    {"name,kind,ptr_suffixes\nA,esp,*.\n", 2, "is not a name"},
	    {"name,kind,spf_include\nA,esp,*.a.example\n", 2, "spf_include: "},
	    {"name,kind,spf_include\nA,esp,%{i}.a.example\n", 2, "spf_include: "},
	    {"name,kind,advice\nA,esp,Do it\n", 2, "nothing to recognise it by"},
	    {"name,kind,dkim_selectors\nA,esp,*\n", 2, "dkim_selectors: "},
	    {"name,kind,dkim_selectors\nA,esp,a b\n", 2, "dkim_selectors: "},
	    {"name,kind,ptr_suffixes,shared\nA,esp,a.example,perhaps\n", 2, "shared: "},
	    {"name,kind,ptr_suffixes,dkim\nA,esp,a.example,custom\n", 2, "dkim: \"custom\""},
	    {"name,kind,ptr_suffixes,include_helps\nA,esp,a.example,config\n", 2, "include_helps"},
	    {"name,kind,ptr_suffixes,aligned_spf\nA,esp,a.example,cond\n", 2, "aligned_spf: "},
	    {"name,kind,ptr_suffixes,link\nA,esp,a.example,http://a.example\n", 2, "https://"},
	    {"name,kind,ptr_suffixes,link\nA,esp,a.example,https://a b\n", 2, "https://"},
	    {"name,kind,ptr_suffixes\nA,esp,\"a.example\n", 2, "not closed"},
	    {"name,kind,ptr_suffixes\nA,esp,\"a.example\" b\n", 2, "behind a closing quote"},
	    {"name,kind,ptr_suffixes\nA,esp,a\".example\n", 2, "a quote inside"},
	    {"name,kind,ptr_suffixes\nA\tB,esp,a.example\n", 2, "control byte"},
	    {"name,kind,ptr_suffixes\nA\xc2\x9b,esp,a.example\n", 2, "control byte"},
	    {"name,kind,ptr_suffixes\nA\xff,esp,a.example\n", 2, "not UTF-8"},
	    {"name,kind,ptr_suffixes\nA,esp,a.example\na,esp,b.example\n", 3, "line 2 already"},
	    {"name,kind,ptr_suffixes\nA B,esp,a.example\na-b,esp,b.example\n", 3, "line 2 already"},
	    {"name,kind,ptr_suffixes\nA,esp,a.example\nB,esp,A.Example.\n", 3,
	     "claimed by A in line 2"},
	    {"name,kind,ptr_suffixes\nA,esp,a.example\nB,esp,*.a.example\n", 3, "claimed by A"},
	    {"name,kind,ptr_suffixes,verifies\nA,esp,a.example,n-a\n", 2, "verifies: \"n-a\""},
	    {"name,kind,ptr_suffixes,include_for\nA,esp,a.example,a.example\n", 2,
	     "not MARK=INCLUDE"},
	    {"name,kind,ptr_suffixes,include_for\nA,esp,a.example,com=a.example\n", 2,
	     "include_for: \"com\" is not a name"},
	    {"name,kind,ptr_suffixes,include_for\nA,esp,a.example,a.example=\n", 2,
	     "include_for: \"\" is not a name"},
	    {"name,kind,ptr_suffixes,include_for\nA,esp,a.example,a.example=*.b.example\n", 2,
	     "\"*.b.example\" is not a name"},
	    {"name,kind,ptr_suffixes,include_for\nA,esp,a.example,a.example=ptr:b.example\n", 2,
	     "\"ptr:b.example\" is no SPF term"},
	    {"name,kind,ptr_suffixes,include_for\nA,esp,a.example,a.example=a:\n", 2,
	     "\"a:\" is no SPF term"},
	    {"name,kind,ptr_suffixes,include_for\nA,esp,a.example,a.example=a:b c\n", 2,
	     "is no SPF term"},
	    {"name,kind,ptr_suffixes,include_for\nA,esp,a.example,A.example=b.example;"
	     "a.example=c.example\n",
	     2, "\"a.example\" stands here twice"},
	    {"name,kind,ptr_suffixes,pools\nA,esp,a.example,192.0.2.1\n", 2, "not a network"},
	    {"name,kind,ptr_suffixes,pools\nA,esp,a.example,192.0.2.1/24\n", 2, "not a network"},
	    {"name,kind,ptr_suffixes,pools\nA,esp,a.example,192.0.2.0/33\n", 2, "not a network"},
	    {"name,kind,ptr_suffixes,pools\nA,esp,a.example,0.0.0.0/0\n", 2, "not a network"},
	    {"name,kind,ptr_suffixes,pools\nA,esp,a.example,[2001:db8::]/32\n", 2, "not a network"},
	    {"name,kind,ptr_suffixes,pools\nA,esp,a.example,192.0.2.0/\n", 2, "not a network"},
	    {",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n", 1, "too many fields"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct catalogue *c;
		struct err err = {.msg = ""};
		char want[64];
		CHECK_ROW(parse(rows[i].text, &c, &err) == ST_FATAL && !c, i);
		snprintf(want, sizeof want, "own.csv:%d: ", rows[i].line);
		if (strncmp(err.msg, want, strlen(want)) != 0 || !strstr(err.msg, rows[i].says))
			fail_msg("row %zu: \"%s\" is not \"%s... %s\"", i, err.msg, want,
				 rows[i].says);
	}
}

/* What fits stands, what is one more does not. */
static void bounds(void **state)
{
	(void)state;
	static char text[CATALOGUE_BYTES + 2];
	struct catalogue *c;
	struct err err;
	memset(text, '#', CATALOGUE_BYTES + 1);
	assert_int_equal(parse(text, &c, &err), ST_FATAL);
	assert_non_null(strstr(err.msg, "larger"));
	for (int extra = 0; extra < 2; extra++) { /* names in a list */
		size_t n = (size_t)snprintf(text, sizeof text, "name,kind,ptr_suffixes\nA,esp,");
		for (int i = 0; i < 64 + extra; i++)
			n += (size_t)snprintf(text + n, sizeof text - n, "a%d.example;", i);
		assert_int_equal(parse(text, &c, &err), extra ? ST_FATAL : ST_OK);
		catalogue_close(c);
	}
	for (int extra = 0; extra < 2; extra++) { /* octets in a field, and of a name */
		snprintf(text, sizeof text, "name,kind,ptr_suffixes,advice\n%0*d,esp,a.example,x\n",
			 100 + extra, 1);
		assert_int_equal(parse(text, &c, &err), extra ? ST_FATAL : ST_OK);
		catalogue_close(c);
		snprintf(text, sizeof text, "name,kind,ptr_suffixes,advice\nA,esp,a.example,%0*d\n",
			 4096 + extra, 1);
		assert_int_equal(parse(text, &c, &err), extra ? ST_FATAL : ST_OK);
		catalogue_close(c);
	}
}

static void many(void **state)
{
	(void)state;
	size_t cap = 1024 * 1024, n = 0;
	char *text = malloc(cap), name[64];
	struct catalogue *c;
	struct err err = {.msg = ""};
	n += (size_t)snprintf(text, cap, "name,kind,ptr_suffixes\n");
	for (int i = 0; i < CATALOGUE_SERVICES; i++)
		n += (size_t)snprintf(text + n, cap - n, "S%d,esp,s%d.example\n", i, i);
	assert_int_equal(parse(text, &c, &err), ST_OK);
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "a.b.c.d.s%d.example", i);
		const struct service *s = catalogue_find(c, BY_PTR, name);
		snprintf(name, sizeof name, "service:s%d", i);
		assert_non_null(s);
		assert_string_equal(s->key, name);
		assert_ptr_equal(catalogue_named(c, name), s);
	}
	catalogue_close(c);
	snprintf(text + n, cap - n, "more,esp,more.example\n");
	assert_int_equal(parse(text, &c, &err), ST_FATAL);
	assert_non_null(strstr(err.msg, "more than"));
	free(text);
}

static void quotes_and_columns(void **state)
{
	(void)state;
	struct catalogue *c;
	struct err err = {.msg = ""};
	size_t n;
	static const char text[] =
	    "\xef\xbb\xbf# any order, any case, CRLF\r\n"
	    "link,Advice,KIND,name,return_path,dkim,shared,source\r\n"
	    "\r\n"
	    "https://a.example/x,\"Say \"\"yes\"\", then go.\",Saas,\" A & \"\"B\"\" \","
	    " Bounce.A.Example. ; ;x.bounce.example;x.bounce.example,Y,y,A: read\r\n"
	    ",,isp,\"#1, \xe6\x97\xa5\xe6\x9c\xac\",\xe6\x97\xa5\xe6\x9c\xac.example,,,";
	if (parse(text, &c, &err) != ST_OK)
		fail_msg("%s", err.msg);
	const struct service *s = catalogue_services(c, &n);
	assert_int_equal(n, 2);
	assert_string_equal(s[0].name, "A & \"B\"");
	assert_string_equal(s[0].key, "service:a-b");
	assert_string_equal(s[0].advice, "Say \"yes\", then go.");
	assert_string_equal(s[0].link, "https://a.example/x");
	assert_string_equal(s[0].source, "A: read");
	assert_int_equal(s[0].kind, KIND_SAAS);
	assert_int_equal(s[0].dkim, ANSWER_YES);
	assert_int_equal(s[0].aligned_spf, ANSWER_UNKNOWN);
	assert_true(s[0].shared && s[0].own && !s[1].shared);
	assert_int_equal(s[0].n_names[BY_RETURN_PATH], 2);
	assert_string_equal(s[0].names[BY_RETURN_PATH][0], "bounce.a.example");
	assert_string_equal(s[1].key, "service:1-\xe6\x97\xa5\xe6\x9c\xac");
	assert_string_equal(s[1].names[BY_RETURN_PATH][0], "xn--wgv71a.example");
	assert_string_equal(s[1].advice, "");
	assert_ptr_equal(catalogue_named(c, "a & \"b\""), &s[0]);
	assert_ptr_equal(catalogue_named(c, "SERVICE:A-B"), &s[0]);
	assert_null(catalogue_named(c, "service:"));
	assert_null(catalogue_named(c, ""));
	catalogue_close(c);
}

static void boundaries(void **state)
{
	(void)state;
	static const char text[] = "name,kind,ptr_suffixes,dkim_domains,dkim_selectors\n"
				   "Wide,esp,vendor.example,vendor.example,s1;scph*\n"
				   "Narrow,cloud,vps.vendor.example,*.tenants.example,\n";
	static const struct {
		enum catalogue_by by;
		const char *name, *found;
	} rows[] = {
	    {BY_PTR, "vendor.example", "Wide"},
	    {BY_PTR, "o1.vendor.example", "Wide"},
	    {BY_PTR, "O1.Vendor.EXAMPLE.", "Wide"},
	    {BY_PTR, "evilvendor.example", NULL},
	    {BY_PTR, "vendor.example.net", NULL},
	    {BY_PTR, "example", NULL},
	    {BY_PTR, "", NULL},
	    {BY_PTR, ".", NULL},
	    {BY_PTR, ".vendor.example", "Wide"},
	    {BY_PTR, "a..vendor.example", "Wide"},
	    {BY_PTR, "vendor.example..", NULL},
	    {BY_PTR, "vps.vendor.example", "Narrow"},
	    {BY_PTR, "a.b.vps.vendor.example", "Narrow"},
	    {BY_PTR, "avps.vendor.example", "Wide"},
	    {BY_DKIM, "tenants.example", NULL},
	    {BY_DKIM, "a.tenants.example", "Narrow"},
	    {BY_DKIM, "a.b.tenants.example", "Narrow"},
	    {BY_DKIM, "vps.vendor.example", "Wide"},
	    {BY_RETURN_PATH, "vendor.example", NULL},
	    {BY_ZONE, "vendor.example", NULL},
	    {BY_INCLUDE, "vendor.example", NULL},
	};
	struct catalogue *c;
	struct err err;
	size_t n;
	char over[400];
	assert_int_equal(parse(text, &c, &err), ST_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct service *s = catalogue_find(c, rows[i].by, rows[i].name);
		CHECK_ROW(!s == !rows[i].found, i);
		CHECK_ROW(!s || strcmp(s->name, rows[i].found) == 0, i);
	}
	memset(over, 'a', sizeof over);
	snprintf(over + 300, sizeof over - 300, ".vendor.example");
	assert_null(catalogue_find(c, BY_PTR, over));
	const struct service *s = catalogue_services(c, &n);
	assert_true(service_has_selector(s, "s1") && service_has_selector(s, "S1"));
	assert_true(service_has_selector(s, "scph0316") && service_has_selector(s, "scph"));
	assert_false(service_has_selector(s, "s12") || service_has_selector(s, "s"));
	assert_false(service_has_selector(s, "") || service_has_selector(&s[1], "s1"));
	catalogue_close(c);
}

/* Files from before these columns say nothing of them. */
static void terms_and_pools(void **state)
{
	(void)state;
	static const char text[] =
	    "name,kind,zone_marks,spf_include,include_for,pools,verifies,verifies_source,"
	    "advice_spf,advice_dkim,advice_return_path\n"
	    "Wide,gateway,gate.example;*.gate.example.org,eu.gate.example,"
	    " EU.gate.example. = eu._spf.gate.example ; gate.example=exists:%{i}.gate.example;"
	    "*.de.gate.example=include:de.gate.example,192.0.2.0/24; 2001:db8::/32,y,"
	    "https://gate.example/: read,One.,Two.,Three.\n"
	    "Plain,esp,plain.example,,,,,,,,\n";
	static const struct {
		const char *name, *term;
	} rows[] = {
	    {"mx.eu.gate.example", "include:eu._spf.gate.example"},
	    {"EU.Gate.Example.", "include:eu._spf.gate.example"},
	    {"xeu.gate.example", "exists:%{i}.gate.example"},
	    {"gate.example", "exists:%{i}.gate.example"},
	    {"mx.de.gate.example", "include:de.gate.example"},
	    {"de.gate.example", "exists:%{i}.gate.example"},
	    {"evilgate.example", NULL},
	    {"gate.example.org", NULL},
	    {"example", NULL},
	    {"", NULL},
	};
	static const struct {
		const char *ip;
		bool in;
	} ips[] = {{"192.0.2.0", true},   {"192.0.2.255", true}, {"192.0.3.0", false},
		   {"2001:db8::1", true}, {"2001:db9::", false}, {"::ffff:192.0.2.9", true},
		   {"::192.0.2.9", false}};
	struct catalogue *c;
	struct err err = {.msg = ""};
	size_t n;
	if (parse(text, &c, &err) != ST_OK)
		fail_msg("%s", err.msg);
	const struct service *s = catalogue_services(c, &n), *plain = &s[1];
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *term = service_term_for(s, rows[i].name);
		CHECK_ROW(!term == !rows[i].term, i);
		CHECK_ROW(!term || strcmp(term, rows[i].term) == 0, i);
	}
	for (size_t i = 0; i < COUNT(ips); i++) {
		struct ip ip;
		CHECK_ROW(ip_parse(ips[i].ip, strlen(ips[i].ip), &ip, NULL), i);
		CHECK_ROW(service_in_pool(s, &ip) == ips[i].in, i);
		CHECK_ROW(!service_in_pool(plain, &ip), i);
	}
	assert_int_equal(s->verifies, ANSWER_YES);
	assert_string_equal(s->verifies_source, "https://gate.example/: read");
	assert_string_equal(s->advice, "");
	assert_string_equal(s->advice_spf, "One.");
	assert_string_equal(s->advice_dkim, "Two.");
	assert_string_equal(s->advice_return_path, "Three.");
	assert_int_equal(plain->verifies, ANSWER_UNKNOWN);
	assert_null(service_term_for(plain, "plain.example"));
	assert_int_equal(plain->n_include_for + plain->n_pools, 0);
	catalogue_close(c);
	assert_int_equal(parse("name,kind,ptr_suffixes\nA,esp,a.example\n", &c, &err), ST_OK);
	s = catalogue_services(c, &n);
	assert_int_equal(s->verifies, ANSWER_UNKNOWN);
	assert_int_equal(s->n_include_for + s->n_pools, 0);
	assert_string_equal(s->advice_return_path, "");
	assert_string_equal(s->verifies_source, "");
	catalogue_close(c);
}

/* An own file goes first: whole services, and single names. */
static void replacement(void **state)
{
	(void)state;
	static const char text[] =
	    "name,kind,ptr_suffixes,spf_include\n"
	    "sendgrid,saas,mine.example,\n"
	    "Our Relay,gateway,relay.mtasv.net;mailjet.com,spf.mailjet.com\n";
	struct catalogue *base = opened(NULL), *c = opened(text);
	size_t n_base, n, mailjets = 0;
	catalogue_services(base, &n_base);
	const struct service *all = catalogue_services(c, &n);
	assert_int_equal(n, n_base + 1);
	assert_string_equal(all[0].name, "sendgrid");
	assert_true(all[0].own && all[1].own && !all[2].own);
	assert_ptr_equal(catalogue_named(c, "SendGrid"), &all[0]);
	assert_ptr_equal(catalogue_find(c, BY_PTR, "o1.mine.example"), &all[0]);
	assert_null(catalogue_find(c, BY_PTR, "o1.sendgrid.net"));
	assert_ptr_equal(catalogue_find(c, BY_PTR, "a.relay.mtasv.net"), &all[1]);
	assert_string_equal(catalogue_find(c, BY_PTR, "b.mtasv.net")->name, "Postmark");
	assert_ptr_equal(catalogue_find(c, BY_PTR, "o1.mailjet.com"), &all[1]);
	assert_string_equal(catalogue_find(c, BY_DKIM, "mailjet.com")->name, "Mailjet");
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < all[i].n_names[BY_INCLUDE]; k++)
			mailjets += strcmp(all[i].names[BY_INCLUDE][k], "spf.mailjet.com") == 0;
	assert_int_equal(mailjets, 1);
	catalogue_close(base);
	catalogue_close(c);
}

/* Is it at or below one of the service's other names? Such a one would say nothing more. */
static bool redundant(const struct service *s, int by, unsigned k)
{
	for (unsigned i = 0; i < s->n_names[by]; i++)
		if (i != k && domain_is_below(s->names[by][k], s->names[by][i]))
			return true;
	return false;
}

/* Every service says something, and no part says what another denies. */
static void check_advice(const struct service *s)
{
	const char *const parts[] = {s->advice, s->advice_spf, s->advice_dkim,
				     s->advice_return_path};
	size_t said = 0;
	for (size_t i = 0; i < COUNT(parts); i++) {
		size_t length = strlen(parts[i]);
		said += length > 0;
		if (length > 0 && (length < 30 || length > 400 || parts[i][length - 1] != '.'))
			fail_msg("%s: advice: \"%s\"", s->name, parts[i]);
	}
	if (said == 0)
		fail_msg("%s: no advice at all", s->name);
	if (s->advice_spf[0] && (s->include_helps == ANSWER_NO || s->include_helps == ANSWER_NA))
		fail_msg("%s: SPF is said not to help, and advised", s->name);
	if (s->advice_dkim[0] && s->dkim == ANSWER_NA)
		fail_msg("%s: it never sends in our name, and DKIM is advised", s->name);
	if (s->advice_return_path[0] &&
	    (s->aligned_spf == ANSWER_NO || s->aligned_spf == ANSWER_NA))
		fail_msg("%s: SPF never aligns, and a Return-Path is advised", s->name);
}

/* What is claimed has a source, and marks are those of the service. */
static void check_terms(const struct catalogue *c, const struct service *s)
{
	bool known = s->verifies != ANSWER_UNKNOWN;
	if (known != (strstr(s->verifies_source, "https://") != NULL) ||
	    (!known && s->verifies_source[0]))
		fail_msg("%s: verifies_source: \"%s\"", s->name, s->verifies_source);
	for (unsigned i = 0; i < s->n_include_for; i++) {
		const char *mark = s->include_for[i].mark;
		char probe[DOMAIN_SIZE];
		snprintf(probe, sizeof probe, "x.%s", mark[0] == '*' ? mark + 2 : mark);
		if (catalogue_find(c, BY_ZONE, probe) != s)
			fail_msg("%s: %s is no mark of it", s->name, mark);
		if (!service_term_for(s, probe))
			fail_msg("%s: %s leads nowhere", s->name, mark);
	}
}

static void check_builtin(const struct catalogue *c, const struct service *s)
{
	check_advice(s);
	check_terms(c, s);
	if (strlen(s->source) < 6 || !strchr("ABC", s->source[0]) || s->source[1] != ':')
		fail_msg("%s: source: \"%s\"", s->name, s->source);
	if (s->kind == KIND_CLOUD && s->shared)
		fail_msg("%s: a rented machine serves one", s->name);
	for (int by = 0; by < BY_COUNT; by++)
		for (unsigned k = 0; k < s->n_names[by]; k++) {
			const char *name = s->names[by][k];
			bool below = strncmp(name, "*.", 2) == 0;
			char probe[DOMAIN_SIZE];
			snprintf(probe, sizeof probe, "x.%s", below ? name + 2 : name);
			if (catalogue_find(c, (enum catalogue_by)by, probe) != s)
				fail_msg("%s: %s leads elsewhere", s->name, name);
			if (by != BY_INCLUDE && redundant(s, by, k))
				fail_msg("%s: %s says nothing more", s->name, name);
		}
}

static void builtin(void **state)
{
	(void)state;
	struct catalogue *c = opened(NULL);
	size_t n, of_kind[KIND_COUNT] = {0}, includes = 0;
	const struct service *all = catalogue_services(c, &n);
	assert_true(n >= 120);
	for (size_t i = 0; i < n; i++) {
		check_builtin(c, &all[i]);
		of_kind[all[i].kind]++;
		includes += all[i].n_names[BY_INCLUDE] > 0;
		assert_ptr_equal(catalogue_named(c, all[i].key), &all[i]);
		assert_ptr_equal(catalogue_named(c, all[i].name), &all[i]);
	}
	for (int k = 0; k < KIND_COUNT; k++)
		CHECK_ROW(of_kind[k] > 0, k);
	assert_true(includes >= 80);
	catalogue_close(c);
}

static void well_known(void **state)
{
	(void)state;
	static const struct {
		enum catalogue_by by;
		const char *name, *key;
	} rows[] = {
	    {BY_PTR, "o1678912x229.outbound-mail.sendgrid.net", "service:sendgrid"},
	    {BY_PTR, "evilsendgrid.net", NULL},
	    {BY_PTR, "mail-ej1-f41.google.com", "service:google-workspace"},
	    {BY_RETURN_PATH, "calendar-server.bounces.google.com", "service:google-calendar"},
	    {BY_RETURN_PATH, "trix.bounces.google.com", "service:google-docs-and-notices"},
	    {BY_RETURN_PATH, "gmail.com", "service:gmail"},
	    {BY_RETURN_PATH, "googlegroups.com", "service:google-groups"},
	    {BY_RETURN_PATH, "google.com", NULL},
	    {BY_DKIM, "outlook.com", "service:outlook-com"},
	    {BY_PTR, "mail-db8eur05on2042.outbound.protection.outlook.com",
	     "service:microsoft-365"},
	    {BY_ZONE, "selector1-azurecomm-prod-net._domainkey.azurecomm.net",
	     "service:azure-communication-services"},
	    {BY_PTR, "smtp001.bizmail.yahoo.com", "service:turbify-business-mail"},
	    {BY_PTR, "sonic301-1.consmr.mail.ne1.yahoo.com", "service:yahoo-mail"},
	    {BY_PTR, "sender4-pp-o92.zoho.com", "service:zoho-mail"},
	    {BY_PTR, "mx1.zcsend.net", "service:zoho-campaigns"},
	    {BY_DKIM, "example-com.20230601.gappssmtp.com", "service:google-workspace"},
	    {BY_DKIM, "gappssmtp.com", NULL},
	    {BY_DKIM, "contoso.onmicrosoft.com", "service:microsoft-365"},
	    {BY_ZONE, "alt1.aspmx.l.google.com", "service:google-workspace"},
	    {BY_ZONE, "example-com.mail.protection.outlook.com", "service:microsoft-365"},
	    {BY_ZONE, "abc.dkim.amazonses.com", "service:amazon-ses"},
	    {BY_ZONE, "dkim.mcsv.net", "service:mailchimp"},
	    {BY_ZONE, "u1.wl1.sendgrid.net", "service:sendgrid"},
	    {BY_RETURN_PATH, "eu-west-1.amazonses.com", "service:amazon-ses"},
	    {BY_INCLUDE, "spf.protection.outlook.com", "service:microsoft-365"},
	    {BY_PTR, "sv1234.xserver.jp", "service:xserver"},
	    {BY_PTR, "ik1-300-1.vs.sakura.ne.jp", "service:sakura-vps"},
	    {BY_PTR, "www1234.sakura.ne.jp", "service:sakura-internet"},
	    {BY_PTR, "ec2-192-0-2-1.eu-west-1.compute.amazonaws.com", "service:amazon-ec2"},
	    {BY_PTR, "ec2-192-0-2-1.compute-1.amazonaws.com", "service:amazon-ec2"},
	};
	struct catalogue *c = opened(NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct service *s = catalogue_find(c, rows[i].by, rows[i].name);
		CHECK_ROW(!s == !rows[i].key, i);
		CHECK_ROW(!s || strcmp(s->key, rows[i].key) == 0, i);
	}
	catalogue_close(c);
}

/* Regions and products have includes of their own; what no mark fits has none. */
static void well_known_terms(void **state)
{
	(void)state;
	static const struct {
		const char *service, *mark, *term;
	} rows[] = {
	    {"Mimecast", "eu-smtp-inbound-2.mimecast.com", "include:eu._netblocks.mimecast.com"},
	    {"Mimecast", "za-smtp-inbound-1.mimecast.co.za", "include:za._netblocks.mimecast.com"},
	    {"Mimecast", "ca-smtp-inbound-1.mimecast.com", NULL},
	    {"Mailgun", "mxa.eu.mailgun.org", "include:eu.mailgun.org"},
	    {"Mailgun", "mxb.mailgun.org", "include:mailgun.org"},
	    {"Zoho Mail", "mx3.zoho.com.au", "include:zohomail.com.au"},
	    {"Zoho Mail", "mx.zoho.com", "include:zohomail.com"},
	    {"Proofpoint Essentials", "mx1-eu1.ppe-hosted.com", "a:dispatch-eu.ppe-hosted.com"},
	    {"Trend Micro Email Security", "abc.in.tmes.trendmicro.eu",
	     "include:spf.tmes.trendmicro.eu"},
	    {"Barracuda", "d226511.a.ess.uk.barracudanetworks.com",
	     "include:spf.ess.uk.barracudanetworks.com"},
	    {"Barracuda", "d312104a.ess.barracudanetworks.com",
	     "include:spf.ess.barracudanetworks.com"},
	    {"IONOS", "mx00.ionos.de", "include:_spf-eu.ionos.com"},
	    {"SendGrid", "u1.wl1.sendgrid.net", NULL},
	};
	static const struct {
		const char *service;
		enum service_answer verifies;
	} who[] = {
	    {"Amazon SES", ANSWER_YES},    {"Postmark", ANSWER_YES},
	    {"Microsoft 365", ANSWER_YES}, {"Google Workspace", ANSWER_NO},
	    {"MailChannels", ANSWER_NO},   {"Xserver", ANSWER_NO},
	    {"Mimecast", ANSWER_UNKNOWN},
	};
	struct catalogue *c = opened(NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct service *s = catalogue_named(c, rows[i].service);
		const char *term = s ? service_term_for(s, rows[i].mark) : "";
		CHECK_ROW(!term == !rows[i].term, i);
		CHECK_ROW(!term || strcmp(term, rows[i].term) == 0, i);
	}
	for (size_t i = 0; i < COUNT(who); i++)
		CHECK_ROW(catalogue_named(c, who[i].service)->verifies == who[i].verifies, i);
	struct ip relay;
	assert_true(ip_parse("40.95.1.2", 9, &relay, NULL));
	assert_true(service_in_pool(catalogue_named(c, "Microsoft 365"), &relay));
	catalogue_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(complaints),
	    cmocka_unit_test(bounds),
	    cmocka_unit_test(many),
	    cmocka_unit_test(quotes_and_columns),
	    cmocka_unit_test(boundaries),
	    cmocka_unit_test(replacement),
	    cmocka_unit_test(builtin),
	    cmocka_unit_test(well_known),
	    cmocka_unit_test(terms_and_pools),
	    cmocka_unit_test(well_known_terms),
	};
	rules = names_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	names_close(rules);
	return failed;
}

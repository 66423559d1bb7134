/*
 * Machines of ours that suddenly send something else; and whose selector is it.
 */
#include "report/sender/abuse.h"
#include "report/sender/habit.h"
#include "report/sender/pattern.h"
#include "report/sender/selectors.h"
#include "tests/unit/world.h"

/* ---- a spike ---- */

#define HOST "192.0.2.10"

/* Each a row of one machine: how much, on which days. */
struct sent {
	uint64_t messages;
	uint32_t days;
};

static size_t rows_of(const struct sent *sent, struct row *rows)
{
	size_t n = 0;
	for (; n < 4 && sent[n].messages; n++)
		rows[n] =
		    (struct row){HOST, sent[n].messages, "example.com pass", "example.com s1 pass",
				 0,    sent[n].days};
	return n;
}

#define DAY(n)  (1u << ((n)-1))
#define TEN     0x000003ffu /* the first ten days */
#define NINE    0x000001ffu
#define MONTHLY 0x7fffffffu

static const struct spike_case {
	const char *what;
	struct sent now[4], before[4];
	int day; /* of the month; 0: none */
	double usual;
} spikes[] = {
    {"ten times the median", {{1000, TEN}, {1000, DAY(11)}}, .day = 11, .usual = 100},
    {"a little less", {{1000, TEN}, {999, DAY(11)}}},
    {"and five hundred more", {{400, TEN}, {540, DAY(11)}}, .day = 11, .usual = 40},
    {"four hundred and ninety-nine more", {{400, TEN}, {539, DAY(11)}}},
    {"nine days are too few", {{900, NINE}, {9000, DAY(11)}}},
    {"the day itself does not count", {{900, NINE}, {9000, DAY(10)}}},
    {"nor do days after it", {{100, DAY(1)}, {9000, DAY(2)}, {2000, 0x3ff << 5}}},
    {"days of the period before count", {{9000, DAY(20)}}, {{1000, TEN}}, .day = 20, .usual = 100},
    {"the worst day", {{1000, TEN}, {2000, DAY(11)}, {5000, DAY(14)}}, .day = 14, .usual = 100},
    {"one day of a flood does not make the next usual",
     {{1000, TEN}, {6000, DAY(11) | DAY(12)}},
     .day = 11,
     .usual = 100},
    {"days without mail are not days of sending",
     {{1000, 0x55555}, {1500, DAY(21)}},
     .day = 21,
     .usual = 100},
    {"a monthly newsletter, on its day",
     {{3000, MONTHLY & ~DAY(15)}, {20000, DAY(15)}},
     {{3000, MONTHLY & ~DAY(15)}, {20000, DAY(15)}}},
    {"two days late",
     {{3000, MONTHLY & ~DAY(17)}, {20000, DAY(17)}},
     {{3000, MONTHLY & ~DAY(15)}, {20000, DAY(15)}}},
    {"far larger than the one of the month before",
     {{3000, MONTHLY & ~DAY(15)}, {200000, DAY(15)}},
     {{3000, MONTHLY & ~DAY(15)}, {20000, DAY(15)}},
     .day = 15,
     .usual = 100},
    {"a weekly one, from its second time on",
     {{2600, MONTHLY & ~(DAY(6) | DAY(13) | DAY(20) | DAY(27))},
      {40000, DAY(6) | DAY(13) | DAY(20) | DAY(27)}},
     {{3000, 0x3fffffff & ~DAY(29)}, {9000, DAY(29)}}},
    {"the last flood was last week, and a tenth of this one",
     {{3000, MONTHLY & ~(DAY(12) | DAY(19))}, {2000, DAY(12)}, {20000, DAY(19)}},
     {{3000, 0x3fffffff}},
     .day = 19,
     .usual = 100},
    {"steady mail", {{310000, MONTHLY}}, {{300000, MONTHLY}}},
    {"nothing", {{1, DAY(1)}}},
};

static void test_spikes(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(spikes); i++) {
		const struct spike_case *c = &spikes[i];
		struct arena a = {0};
		struct row now[4], before[4];
		struct sender *senders;
		size_t n;
		struct domain_facts d = make_facts(&a, OCTOBER, now, rows_of(c->now, now));
		struct domain_facts earlier =
		    make_facts(&a, OCTOBER - 1, before, rows_of(c->before, before));
		group_senders(&d, NULL, NULL, NULL, &test_rules, &a, &senders, &n);
		assert_int_equal(n, 1);
		struct spike x = {0};
		bool found = find_spike(senders, &earlier, SPIKE_MORE, &a, &x);
		int day = found ? x.day - month_first_day(OCTOBER) + 1 : 0;
		if (found != (c->day > 0) || (found && (day != c->day || x.usual < c->usual - 1 ||
							x.usual > c->usual + 1))) {
			print_error("%s: day %d, %.0f, usual %.0f\n", c->what, day, x.messages,
				    x.usual);
			bad++;
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* Our machine, or a service of ours that signs as us. */
static void test_abuse(void **state)
{
	static const struct {
		const char *what, *ip;
		const char *spf, *dkim;
		enum category category;
	} rows[] = {
	    {"our machine", "192.0.2.10", "example.com pass", "example.com s1 pass",
	     CAT_SUSPECT_ABUSE},
	    {"our machine, unsigned", "192.0.2.10", "example.com pass", NULL, CAT_SUSPECT_ABUSE},
	    {"a service, signed as us", "203.0.113.1", "b.mailer.example pass",
	     "example.com k1 pass", CAT_AUTHORIZED},
	    {"a service, unsigned", "203.0.113.1", "example.com pass", NULL, CAT_SUSPECT_ABUSE},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		const struct world w = {
		    .now = {{rows[i].ip, 1000, rows[i].spf, rows[i].dkim, 0, TEN},
			    {rows[i].ip, 20000, rows[i].spf, rows[i].dkim, 0, DAY(20)}},
		    .zone = {"example.com TXT v=spf1 mx include:_spf.mailer.example ~all",
			     "k1._domainkey.example.com CNAME k1.mailer.example"}};
		struct domain_inventory d = world_judge(&w, &a);
		const struct sender *s = world_sender(&d, rows[i].ip);
		if (s->verdict.category != rows[i].category) {
			print_error("%s:\n", rows[i].what);
			world_print(&d);
			fail_msg("%s", category_names[s->verdict.category]);
		}
		arena_free(&a);
	}
}

/* ---- whose selector ---- */

static const struct selector_case {
	const char *what;
	struct row rows[5];
	const char *ip; /* whose view */
	unsigned bits;  /* of its first row */
	unsigned carried;
} uses[] = {
    {"its own",
     {{"192.0.2.1", 9, "example.com pass", "example.com s1 pass"}},
     "192.0.2.1",
     SEL_OWN | SEL_HEAVY},
    {"another's",
     {{"192.0.2.1", 900, "example.com pass", "example.com s1 pass"},
      {"198.51.100.1", 9, "relay.example pass", "example.com s1 pass"}},
     "198.51.100.1",
     SEL_CARRIED,
     1},
    {"anchored: SPF passes elsewhere, however much is carried here",
     {{"192.0.2.1", 100, "example.com pass", "example.com s1 pass"},
      {"198.51.100.1", 900, "relay.example pass", "example.com s1 pass"}},
     "198.51.100.1",
     SEL_CARRIED,
     1},
    {"anchored here, though another carries most",
     {{"192.0.2.1", 100, "example.com pass", "example.com s1 pass"},
      {"198.51.100.1", 900, "relay.example pass", "example.com s1 pass"}},
     "192.0.2.1",
     SEL_OWN},
    {"two of ours",
     {{"192.0.2.1", 900, "example.com pass", "example.com s1 pass"},
      {"192.0.2.1", 900, "example.com pass", "example.com s2 pass"},
      {"198.51.100.1", 9, "relay.example pass", "example.com s1 pass"},
      {"198.51.100.1", 9, "relay.example pass", "example.com s2 pass"}},
     "198.51.100.1",
     SEL_CARRIED,
     2},
    {"one, and one that the reporter left out",
     {{"192.0.2.1", 900, "example.com pass", "example.com s1 pass"},
      {"198.51.100.1", 9, "relay.example pass", "example.com s1 pass"},
      {"198.51.100.1", 9, "relay.example pass", "example.com - pass"}},
     "198.51.100.1",
     SEL_CARRIED,
     1},
    {"left out alone: nobody's",
     {{"192.0.2.1", 900, "example.com pass", "example.com s1 pass"},
      {"198.51.100.1", 9, "relay.example pass", "example.com - pass"}},
     "198.51.100.1",
     0},
    {"left out by all",
     {{"192.0.2.1", 900, "example.com pass", "example.com - pass"},
      {"198.51.100.1", 9, "relay.example pass", "example.com - pass"}},
     "198.51.100.1",
     0},
    {"broken on the way",
     {{"192.0.2.1", 900, "example.com pass", "example.com s1 pass"},
      {"198.51.100.1", 9, "relay.example pass", "example.com s1 fail"}},
     "198.51.100.1",
     SEL_BROKEN},
    {"tried, and never passes",
     {{"192.0.2.1", 900, "example.com pass", "example.com s1 pass"},
      {"198.51.100.1", 9, "relay.example pass", "example.com s9 fail"}},
     "198.51.100.1",
     SEL_TRIES},
    {"not ours",
     {{"198.51.100.1", 9, "relay.example pass", "relay.example s9 pass"}},
     "198.51.100.1",
     0},
};

static void test_selectors(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(uses); i++) {
		const struct selector_case *c = &uses[i];
		struct arena a = {0};
		struct selectors x;
		struct sender *senders;
		struct ip ip;
		size_t n = 0, n_senders;
		while (n < COUNT(c->rows) && c->rows[n].messages)
			n++;
		struct domain_facts d = make_facts(&a, OCTOBER, c->rows, n);
		group_senders(&d, NULL, NULL, NULL, &test_rules, &a, &senders, &n_senders);
		selectors_init(&x, &d, &test_rules, &a);
		assert_true(ip_parse(c->ip, strlen(c->ip), &ip, NULL));
		for (size_t k = 0; k < n_senders; k++) {
			const struct sender *s = &senders[k];
			if (ip_cmp(&s->sources[0].ip, &ip) != 0)
				continue;
			selectors_enter(&x, s);
			unsigned bits = selectors_of(&x, s->facts[0]->profile);
			if (bits != c->bits || selectors_carried(&x, s) != c->carried) {
				print_error("%s: %x, carries %u\n", c->what, bits,
					    selectors_carried(&x, s));
				bad++;
			}
			selectors_leave(&x, s);
		}
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

/* A forgotten alias, whose target somebody else has by now: his record lets him pass as us. */
static void test_alias(void **state)
{
	static const struct {
		const char *what, *target, *dkim;
		bool before;
		enum category category;
	} rows[] = {
	    {"nobody sent through it before", "promo.spam.example", NULL, false, CAT_SUSPECT_ABUSE},
	    {"a known service", "b.mailer.example", NULL, false, CAT_AUTHORIZED},
	    {"signed as us", "promo.spam.example", "example.com s1 pass", false, CAT_AUTHORIZED},
	    {"it sent before, too, and its machines are neither ours nor the owner's",
	     "promo.spam.example", NULL, true, CAT_SUSPECT_ABUSE},
	    {"they are the owner's", "b.promo.example", NULL, true, CAT_AUTHORIZED},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		char alias[128], record[128];
		snprintf(alias, sizeof alias, "promo.example.com CNAME %s", rows[i].target);
		snprintf(record, sizeof record, "%s TXT v=spf1 ip4:45.140.16.0/20 -all",
			 rows[i].target);
		struct row r = {"45.140.16.7", 900, "promo.example.com pass", rows[i].dkim, 0, TEN};
		struct world w = {.now = {OUR_ROW, r},
				  .before = {OUR_ROW},
				  .zone = {"example.com TXT v=spf1 mx ~all", alias, record,
					   "7.16.140.45.in-addr.arpa PTR srv7.promo.example",
					   "srv7.promo.example A 45.140.16.7"}};
		if (rows[i].before)
			w.before[1] = r;
		struct domain_inventory d = world_judge(&w, &a);
		enum category c = world_sender(&d, "45.140.16.7")->verdict.category;
		if (c != rows[i].category) {
			world_print(&d);
			fail_msg("%s: %s", rows[i].what, category_names[c]);
		}
		arena_free(&a);
	}
}

/* So with an include whose domain somebody bought. */
static void test_include(void **state)
{
	static const struct {
		const char *what, *name, *dkim, *ptr;
		bool before;
		enum category category;
	} rows[] = {
	    {"nothing came by it before", "_spf.old.example", NULL, "srv7.rented.example", false,
	     CAT_SUSPECT_ABUSE},
	    {"its owner's machines", "_spf.old.example", NULL, "srv7.old.example", false,
	     CAT_AUTHORIZED},
	    {"signed as us", "_spf.old.example", "example.com s1 pass", "srv7.rented.example",
	     false, CAT_AUTHORIZED},
	    {"it came before", "_spf.old.example", NULL, "srv7.rented.example", true,
	     CAT_AUTHORIZED},
	    {"ours", "_spf.example.com", NULL, "srv7.rented.example", false, CAT_AUTHORIZED},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		char own[128], record[128], ptr[128], host[128];
		snprintf(own, sizeof own, "example.com TXT v=spf1 mx include:%s ~all",
			 rows[i].name);
		snprintf(record, sizeof record, "%s TXT v=spf1 ip4:45.140.16.0/24 -all",
			 rows[i].name);
		snprintf(ptr, sizeof ptr, "7.16.140.45.in-addr.arpa PTR %s", rows[i].ptr);
		snprintf(host, sizeof host, "%s A 45.140.16.7", rows[i].ptr);
		struct row r = {"45.140.16.7", 900, "example.com pass", rows[i].dkim, 0, TEN};
		struct world w = {
		    .now = {OUR_ROW, r}, .before = {OUR_ROW}, .zone = {own, record, ptr, host}};
		if (rows[i].before)
			w.before[1] = r;
		struct domain_inventory d = world_judge(&w, &a);
		enum category c = world_sender(&d, "45.140.16.7")->verdict.category;
		if (c != rows[i].category) {
			world_print(&d);
			fail_msg("%s: %s", rows[i].what, category_names[c]);
		}
		arena_free(&a);
	}
}

/* So with the name of a key: whoever has its target signs as us. */
static void test_key_alias(void **state)
{
	static const struct {
		const char *what, *target;
		uint32_t days;
		bool before;
		enum category category;
	} rows[] = {
	    {"its first mail is new", "dkim.lapsed.example", ~TEN & MONTH, false,
	     CAT_SUSPECT_ABUSE},
	    {"it sent before", "dkim.lapsed.example", MONTH, true, CAT_AUTHORIZED},
	    {"machines of the alias's owner", "dkim.promo.example", ~TEN & MONTH, false,
	     CAT_AUTHORIZED},
	    {"a known service", "k9.mailer.example", ~TEN & MONTH, false, CAT_AUTHORIZED},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		char alias[128], key[512];
		snprintf(alias, sizeof alias, "k9._domainkey.example.com CNAME %s", rows[i].target);
		snprintf(key, sizeof key, "%s TXT " WORLD_KEY, rows[i].target);
		struct row r = {"45.140.16.7",         4000, "promo.example pass",
				"example.com k9 pass", 0,    rows[i].days};
		struct world w = {.now = {OUR_ROW, r},
				  .before = {OUR_ROW},
				  .zone = {"example.com TXT v=spf1 mx ~all", alias, key,
					   "7.16.140.45.in-addr.arpa PTR srv7.promo.example",
					   "srv7.promo.example A 45.140.16.7"}};
		if (rows[i].before)
			w.before[1] = r;
		struct domain_inventory d = world_judge(&w, &a);
		enum category c = world_sender(&d, "45.140.16.7")->verdict.category;
		if (c != rows[i].category) {
			world_print(&d);
			fail_msg("%s: %s", rows[i].what, category_names[c]);
		}
		arena_free(&a);
	}
}

/* So with a delegation (NS) that was forgotten: whoever has the name servers has all below it. */
static void test_delegation(void **state)
{
	static const struct {
		const char *what, *servers, *ptr, *spf, *dkim;
		uint32_t days;
		bool before; /* it sent then, too */
		enum category category;
	} rows[] = {
	    {"its first mail is new", "ns1.parking.example", "vps7.rented.example",
	     "promo.example.com pass", NULL, ~TEN & MONTH, false, CAT_SUSPECT_ABUSE},
	    {"signed, too, by a key in that zone", "ns1.parking.example", "vps7.rented.example",
	     "promo.example.com pass", "promo.example.com x pass", ~TEN & MONTH, false,
	     CAT_SUSPECT_ABUSE},
	    {"by a key in that zone alone", "ns1.parking.example", "vps7.rented.example",
	     "bounce.rented.example pass", "x.promo.example.com x pass", ~TEN & MONTH, false,
	     CAT_SUSPECT_ABUSE},
	    {"a line without a server's name", "ns1.parking.example", "p45-140-16-7.line.example",
	     "promo.example.com pass", NULL, ~TEN & MONTH, false, CAT_SUSPECT_ABUSE},
	    {"it sent before, too", "ns1.parking.example", "vps7.rented.example",
	     "promo.example.com pass", NULL, MONTH, true, CAT_AUTHORIZED},
	    {"called by a name there", "ns1.parking.example", "mta7.promo.example.com",
	     "promo.example.com pass", NULL, ~TEN & MONTH, false, CAT_SUSPECT_ABUSE},
	    {"machines of whoever has the name servers", "ns1.vendor.example",
	     "out7.vendor.example", "promo.example.com pass", NULL, ~TEN & MONTH, false,
	     CAT_AUTHORIZED},
	    {"name servers of ours", "ns.branch.example.com", "vps7.rented.example",
	     "promo.example.com pass", NULL, ~TEN & MONTH, false, CAT_AUTHORIZED},
	    {"of whoever runs ours", "ns-900.dnshost-41.test", "vps7.rented.example",
	     "promo.example.com pass", NULL, ~TEN & MONTH, false, CAT_AUTHORIZED},
	    {"of a service", "ns1.mailer.example", "vps7.rented.example", "promo.example.com pass",
	     NULL, ~TEN & MONTH, false, CAT_AUTHORIZED},
	    {"signed as us by a key outside", "ns1.parking.example", "vps7.rented.example",
	     "promo.example.com pass", "example.com s1 pass", ~TEN & MONTH, false, CAT_AUTHORIZED},
	    {"by our own name", "ns1.parking.example", "vps7.rented.example", "example.com pass",
	     NULL, ~TEN & MONTH, false, CAT_AUTHORIZED},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		char cut[128], ptr[128], host[128];
		snprintf(cut, sizeof cut, "promo.example.com NS %s", rows[i].servers);
		snprintf(ptr, sizeof ptr, "7.16.140.45.in-addr.arpa PTR %s", rows[i].ptr);
		snprintf(host, sizeof host, "%s A 45.140.16.7", rows[i].ptr);
		bool outside = strncmp(rows[i].spf, "example.com", 11) == 0;
		struct row r = {"45.140.16.7", 900, rows[i].spf, rows[i].dkim, 0, rows[i].days};
		struct world w = {
		    .now = {OUR_ROW, r},
		    .before = {OUR_ROW},
		    .zone = {outside ? "example.com TXT v=spf1 mx ip4:45.140.16.7 ~all"
				     : "example.com TXT v=spf1 mx ~all",
			     "example.com NS ns-12.dnshost-03.example", cut,
			     "promo.example.com TXT v=spf1 ip4:45.140.16.0/24 -all",
			     "x._domainkey.promo.example.com TXT " WORLD_KEY,
			     "x._domainkey.x.promo.example.com TXT " WORLD_KEY, ptr, host}};
		if (rows[i].before)
			w.before[1] = r;
		struct domain_inventory d = world_judge(&w, &a);
		enum category c = world_sender(&d, "45.140.16.7")->verdict.category;
		bool first = d.todo->n > 0 && d.todo->list[0].kind == TODO_ABUSE;
		if (c != rows[i].category || first != (c == CAT_SUSPECT_ABUSE)) {
			world_print(&d);
			fail_msg("%s: %s", rows[i].what, category_names[c]);
		}
		arena_free(&a);
	}
}

/* A replay of three days is no habit, where little else passes by a signature alone. */
static void test_replay(void **state)
{
	enum { HOSTS = 30 };
	static char ips[HOSTS][IP_STRLEN];
	struct row rows[HOSTS + 2] = {
	    {HOST, 3100, "example.com pass", "example.com s1 pass", 0, MONTHLY},
	    {"203.0.113.1", 4000, "b.mailer.example pass", "example.com k1 pass", 0,
	     DAY(7) | DAY(14) | DAY(21) | DAY(28)}};
	(void)state;
	for (int i = 0; i < HOSTS; i++) {
		snprintf(ips[i], sizeof ips[i], "198.18.%d.9", i);
		rows[2 + i] = (struct row){ips[i],
					   200,
					   "b.replay.example pass",
					   "example.com s1 pass",
					   0,
					   DAY(13) | DAY(14) | DAY(15)};
	}
	struct arena a = {0};
	struct patterns p;
	struct domain_facts d = make_facts(&a, OCTOBER, rows, COUNT(rows));
	patterns_find(&p, &d, &a);
	for (size_t i = 0; i < d.n_facts; i++) {
		const struct fact *f = &d.facts[i];
		bool replayed = f->source.b[0] == 198;
		assert_int_equal(
		    patterns_match(&p, f, d.profiles[f->profile].cell, PATTERN_DKIM_ONLY),
		    replayed);
	}
	arena_free(&a);
}

/* Receivers turn against mail that passes. */
static void test_junked(void **state)
{
	static const struct {
		const char *what, *spf;
		uint64_t junked;
		enum dmarc_word_code disposition;
		uint32_t reporters;
		bool abused;
	} rows[] = {
	    {"most of it goes into junk", "example.com pass", 400, W_QUARANTINE, 7, true},
	    {"or is refused", "example.com pass", 400, W_REJECT, 7, true},
	    {"by one receiver alone", "example.com pass", 400, W_QUARANTINE, 1, false},
	    {"too few of it", "example.com pass", 99, W_QUARANTINE, 7, false},
	    {"what is refused is what fails", "example.com fail", 400, W_REJECT, 7, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		const struct world w = {
		    .now = {{HOST, 400, "example.com pass", NULL, 0, MONTHLY},
			    {HOST, rows[i].junked, rows[i].spf, NULL, 0, DAY(20) | DAY(21),
			     rows[i].reporters, rows[i].disposition}},
		    .zone = {"example.com TXT v=spf1 mx ~all"}};
		struct domain_inventory d = world_judge(&w, &a);
		const struct sender *s = world_sender(&d, HOST);
		CHECK_ROW((s->verdict.category == CAT_SUSPECT_ABUSE) == rows[i].abused, i);
		if (rows[i].abused)
			assert_non_null(strstr(d.todo->list[0].text, "400 of its messages"));
		arena_free(&a);
	}
}

/* Copies of what we signed, from few machines: nobody forwards more than was sent. */
static void test_copies(void **state)
{
#define LATER (MONTHLY & ~0xfffu)
	static const struct {
		const char *what;
		uint64_t sent, copies[2]; /* on the 20th, beside 900 in the month */
		uint32_t days;
		bool own_key, abused;
		const char *name; /* confirmed, of the first */
	} rows[] = {
	    {"two, in turn", 0, {800, 800}, DAY(20), false, true},
	    {"as much as was sent, a day later", 800, {800}, DAY(21), false, false},
	    {"five hundred more", 0, {562}, DAY(20), false, true},
	    {"a few less", 0, {550}, DAY(20), false, false},
	    {"however long, a replay or a list: more than we send",
	     0,
	     {30000},
	     MONTHLY,
	     false,
	     true},
	    {"two together", 0, {600, 500}, MONTHLY, false, true},
	    {"the relay of a university", 0, {3000}, MONTHLY, false, false, "relay.uni.example"},
	    {"who forwards two thirds of it", 0, {600}, MONTHLY, false, false},
	    {"ours moved there", 0, {1200}, LATER, false, false},
	    {"a vendor with a key of its own", 0, {1200}, DAY(20), true, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		const char *us = "example.com pass", *s1 = "example.com s1 pass",
			   *key = rows[i].own_key ? "example.com v1 pass" : s1;
		struct world w = {
		    .now = {{HOST, 900, us, s1, 0,
			     rows[i].days == LATER ? MONTHLY & ~LATER : MONTHLY},
			    {rows[i].name ? "192.0.100.200" : "198.51.100.200", rows[i].copies[0],
			     "bulk.example pass", key, 0, rows[i].days}},
		    .zone = {"example.com TXT v=spf1 mx ~all"}};
		size_t n = 2;
		if (rows[i].name) {
			w.zone[1] =
			    arena_printf(&a, "200.100.0.192.in-addr.arpa PTR %s", rows[i].name);
			w.zone[2] = arena_printf(&a, "%s A 192.0.100.200", rows[i].name);
		}
		if (rows[i].copies[1])
			w.now[n++] = (struct row){
			    "203.0.113.88", rows[i].copies[1], "bulk.example pass", key, 0,
			    rows[i].days};
		if (rows[i].sent)
			w.now[n] = (struct row){HOST, rows[i].sent, us, s1, 0, DAY(20)};
		struct domain_inventory d = world_judge(&w, &a);
		bool abused = d.todo->n > 0 && d.todo->list[0].kind == TODO_ABUSE &&
			      strstr(d.todo->list[0].text, "than whoever signs so sent");
		CHECK_ROW(abused == rows[i].abused, i);
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spikes),     cmocka_unit_test(test_abuse),
	    cmocka_unit_test(test_replay),     cmocka_unit_test(test_alias),
	    cmocka_unit_test(test_include),    cmocka_unit_test(test_key_alias),
	    cmocka_unit_test(test_delegation), cmocka_unit_test(test_selectors),
	    cmocka_unit_test(test_junked),     cmocka_unit_test(test_copies)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

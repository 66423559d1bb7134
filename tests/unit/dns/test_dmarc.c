/* DMARC records: what they say, what is odd in them, and which one is in force. */
#include "dns/dmarc.h"
#include "tests/unit/zone_view.h"

static const struct {
	const char *text;
	bool good;
	enum published_policy p, sp;
	unsigned bad, notes;
	const char *says; /* in one of the notes */
} records[] = {
    {"v=DMARC1; p=reject; rua=mailto:a@example.com", true, POLICY_REJECT, POLICY_ABSENT, 0, 0,
     NULL},
    {"v=DMARC1;p=none;sp=none;rua=mailto:a@example.com,mailto:b@example.com", true, POLICY_NONE,
     POLICY_NONE, 0, 0, NULL},
    {" v = DMARC1 ; p = Quarantine ; rua = mailto:a@example.com ;", true, POLICY_QUARANTINE,
     POLICY_ABSENT, 0, 0, NULL},
    {"v=DMARC1; p=reject; sp=none; rua=mailto:a@example.com", true, POLICY_REJECT, POLICY_NONE, 1,
     1, "sp is weaker"},
    {"v=DMARC1; p=reject; np=none; rua=mailto:a@example.com", true, POLICY_REJECT, POLICY_ABSENT, 1,
     1, "np is weaker"},
    {"v=DMARC1; p=none; pct=50; rf=afrf; ri=3600; rua=mailto:a@example.com", true, POLICY_NONE,
     POLICY_ABSENT, 0, 3, "pct is not used"},
    {"v=DMARC1; p=none; aspf=rvk; rua=mailto:a@example.com", true, POLICY_NONE, POLICY_ABSENT, 1, 1,
     "aspf=rvk is ignored"},
    {"v=DMARC1; p=none; rua=mailto:a@example.com!10m", true, POLICY_NONE, POLICY_ABSENT, 0, 1,
     "size limit"},
    {"v=DMARC1; p=none; rua=https://example.com/", true, POLICY_NONE, POLICY_ABSENT, 1, 1,
     "no mailto"},
    {"v=DMARC1; p=none", true, POLICY_NONE, POLICY_ABSENT, 1, 1, "rua is missing"},
    {"v=DMARC1; rua=mailto:a@example.com", true, POLICY_NONE, POLICY_ABSENT, 1, 1, "p is missing"},
    {"v=DMARC1", true, POLICY_ABSENT, POLICY_ABSENT, 2, 2, "ignore the record"},
    {"v=DMARC1; p=refuse; rua=mailto:a@example.com", true, POLICY_NONE, POLICY_ABSENT, 2, 2,
     "p=refuse is no policy"},
    {"v=DMARC1; p=reject; t=y; rua=mailto:a@example.com", true, POLICY_REJECT, POLICY_ABSENT, 0, 1,
     "one level less"},
    {"v=DMARC1; p=none; nonsense; rua=mailto:a@example.com", true, POLICY_NONE, POLICY_ABSENT, 1, 1,
     "is no tag"},
    {"v=DMARC1; p=none; x=1; rua=mailto:a@example.com", true, POLICY_NONE, POLICY_ABSENT, 0, 1,
     "unknown"},
    {"p=none; v=DMARC1", false, POLICY_ABSENT, POLICY_ABSENT, 1, 1, "begin"},
    {"v=DMARC2; p=none", false, POLICY_ABSENT, POLICY_ABSENT, 1, 1, "begin"},
    {"", false, POLICY_ABSENT, POLICY_ABSENT, 1, 1, "begin"},
};

static void test_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		struct arena a = {0};
		struct dmarc_published r;
		unsigned bad = 0;
		bool said = !records[i].says;
		bool good = dmarc_parse(records[i].text, &a, &r);
		for (unsigned k = 0; k < r.n_notes; k++) {
			bad += r.notes[k].weight == DMARC_BAD;
			said = said || strstr(r.notes[k].text, records[i].says);
		}
		if (good != records[i].good || r.p != records[i].p || r.sp != records[i].sp ||
		    !said || bad != records[i].bad || r.n_notes != records[i].notes)
			fail_msg("\"%s\": %d p=%d sp=%d, %u notes, %u bad%s%s", records[i].text,
				 good, (int)r.p, (int)r.sp, r.n_notes, bad, r.n_notes ? ": " : "",
				 r.n_notes ? r.notes[0].text : "");
		arena_free(&a);
	}
}

static const char *last_two(void *ctx, const char *name)
{
	unsigned dots = 0;
	(void)ctx;
	for (const char *p = name + strlen(name); p > name; p--)
		if (p[-1] == '.' && ++dots == 2)
			return p;
	return name;
}

static const struct {
	const char *domain;
	enum dmarc_found found;
	const char *at, *org;
	enum published_policy policy;
	const char *zone[6];
} walks[] = {
    {"example.com",
     FOUND_HERE,
     "example.com",
     "example.com",
     POLICY_REJECT,
     {"_dmarc.example.com TXT v=DMARC1; p=reject; rua=mailto:a@example.com"}},
    {"a.b.example.com",
     FOUND_ABOVE,
     "example.com",
     "example.com",
     POLICY_REJECT,
     {"_dmarc.example.com TXT v=DMARC1; p=reject; rua=mailto:a@example.com"}},
    {"a.example.com",
     FOUND_ABOVE,
     "example.com",
     "example.com",
     POLICY_NONE,
     {"_dmarc.example.com TXT v=DMARC1; p=reject; sp=none; rua=mailto:a@example.com"}},
    {"gone.example.com", /* np is for names that do not exist, */
     FOUND_ABOVE,
     "example.com",
     "example.com",
     POLICY_REJECT,
     {"_dmarc.example.com TXT v=DMARC1; p=none; sp=quarantine; np=reject; "
      "rua=mailto:a@example.com"}},
    {"a.example.com", /* not for those without an address */
     FOUND_ABOVE,
     "example.com",
     "example.com",
     POLICY_QUARANTINE,
     {"_dmarc.example.com TXT v=DMARC1; p=none; sp=quarantine; np=reject; rua=mailto:a@example.com",
      "a.example.com TXT here"}},
    {"gone.example.com",
     FOUND_ABOVE,
     "example.com",
     "example.com",
     POLICY_QUARANTINE,
     {"_dmarc.example.com TXT v=DMARC1; p=none; sp=quarantine; rua=mailto:a@example.com"}},
    {"a.example.com",
     FOUND_HERE,
     "a.example.com",
     "example.com",
     POLICY_NONE,
     {"_dmarc.example.com TXT v=DMARC1; p=reject",
      "_dmarc.a.example.com TXT v=DMARC1; p=none; rua=mailto:a@example.com"}},
    {"x.bank.example",
     FOUND_ABOVE,
     "bank.example",
     "bank.example",
     POLICY_QUARANTINE,
     {"_dmarc.example TXT v=DMARC1; p=none; psd=y; rua=mailto:a@example.com",
      "_dmarc.bank.example TXT v=DMARC1; p=quarantine; rua=mailto:a@bank.example"}},
    {"dept.corp.example.com",
     FOUND_ABOVE,
     "corp.example.com",
     "corp.example.com",
     POLICY_NONE,
     {"_dmarc.corp.example.com TXT v=DMARC1; p=none; psd=n; rua=mailto:a@example.com",
      "_dmarc.example.com TXT v=DMARC1; p=reject"}},
    {"a.b.c.d.e.f.g.h.example.com",
     FOUND_ABOVE,
     "example.com",
     "example.com",
     POLICY_REJECT,
     {"_dmarc.example.com TXT v=DMARC1; p=reject; rua=mailto:a@example.com"}},
    {"example.com",
     FOUND_NONE,
     "example.com",
     "example.com",
     POLICY_ABSENT,
     {"example.com A 192.0.2.1"}},
    {"example.com",
     FOUND_HERE,
     "example.com",
     "example.com",
     POLICY_ABSENT,
     {"_dmarc.example.com TXT v=DMARC1; p=none", "_dmarc.example.com TXT v=DMARC1; p=reject"}},
};

static void discover(const char *const *zone, const char *domain, struct arena *a,
		     struct dmarc_answer *d)
{
	static const struct name_rules rules = {.org_domain = last_two};
	struct zone_view z;
	struct dns_view view = zone_view(&z, zone);
	int rounds = 0;
	do {
		dmarc_discover(&view, &rules, domain, a, d);
		assert_in_range(++rounds, 1, 20);
	} while (d->pending);
	zone_view_end(&z);
}

static void test_walks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(walks); i++) {
		struct arena a = {0};
		struct dmarc_answer d;
		discover(walks[i].zone, walks[i].domain, &a, &d);
		if (d.found != walks[i].found || strcmp(d.org_domain, walks[i].org) != 0 ||
		    d.policy != walks[i].policy ||
		    (d.found != FOUND_NONE && strcmp(d.at, walks[i].at) != 0))
			fail_msg("%zu %s: found %d at %s, org %s, policy %d", i, walks[i].domain,
				 (int)d.found, d.at, d.org_domain, (int)d.policy);
		arena_free(&a);
	}
}

/* Reports to strangers need the strangers' consent. */
static void test_consent(void **state)
{
	static const char *const zone[] = {"_dmarc.example.com TXT v=DMARC1; p=none; "
					   "rua=mailto:a@example.com,mailto:b@yes.example,mailto:c@"
					   "no.example,mailto:d@dead.example",
					   "example.com._report._dmarc.yes.example TXT v=DMARC1",
					   "example.com._report._dmarc.dead.example TIMEOUT", NULL};
	struct arena a = {0};
	struct dmarc_answer d;
	(void)state;
	discover(zone, "example.com", &a, &d);
	assert_int_equal(d.record.n_rua, 4);
	assert_false(d.record.rua[0].external);
	assert_int_equal(d.record.rua[1].consent, RUA_OK);
	assert_int_equal(d.record.rua[2].consent, RUA_REFUSED);
	assert_int_equal(d.record.rua[3].consent, RUA_UNKNOWN);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_records),
					   cmocka_unit_test(test_walks),
					   cmocka_unit_test(test_consent)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

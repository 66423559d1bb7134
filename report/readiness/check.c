/* What the checks share: their titles and limits, and whose mail is whose. */
#include <string.h>

#include "report/readiness/priv.h"
#include "report/sender/sentence.h"

const char *const check_status_names[CHECK_STATUS_COUNT] = {"pass", "warn", "fail", "unknown",
							    "info"};
const char *const fate_names[FATE_COUNT] = {"legit", "forwarder", "unknown", "unauthorized"};

static const struct {
	const char *id, *title, *limit;
} rows[CHECK_COUNT] = {
    [CHECK_C1] = {"C1", "Days with reports", ""},
    [CHECK_C2] = {"C2", "Days of history", ""},
    [CHECK_C3] = {"C3", "Organisations that report", ""},
    [CHECK_C4] = {"C4", "Share of the largest of them", ""},
    [CHECK_C5] = {"C5", "Messages in the window", ""},
    [CHECK_C6] = {"C6", "Newest report, longest gap", ""},
    [CHECK_A1] = {"A1", "Legitimate mail passing DMARC, 14 days", ""},
    [CHECK_A2] = {"A2", "Lowest pass rate of a legitimate sender", ""},
    [CHECK_A3] = {"A3", "Legitimate senders failing DMARC", ""},
    [CHECK_A4] = {"A4", "Unknown mail failing DMARC", ""},
    [CHECK_A5] = {"A5", "Legitimate mail signed with DKIM", ""},
    [CHECK_A6] = {"A6", "Forwarded mail failing DMARC", ""},
    [CHECK_A7] = {"A7", "Newest legitimate sender", ""},
    [CHECK_A8] = {"A8", "Days at p=quarantine or stricter", ""},
    [CHECK_A9] = {"A9", "Pass rate against the week before", ""},
    [CHECK_A10] = {"A10", "Bounces caused by authentication", ""},
    [CHECK_A11] = {"A11", "Messages to mailing lists", ""},
    [CHECK_D1] = {"D1", "DMARC record", "one, valid"},
    [CHECK_D2] = {"D2", "Report addresses (rua)", "rua, allowed"},
    [CHECK_D3] = {"D3", "Subdomain policy", "not weaker than p"},
    [CHECK_D4] = {"D4", "SPF records", ""},
    [CHECK_D5] = {"D5", "IP addresses authorised by SPF", ""},
    [CHECK_D6] = {"D6", "DKIM keys", ""},
    [CHECK_D7] = {"D7", "Mail failing by strict alignment alone", ""},
    [CHECK_D8] = {"D8", "Non-sending domain locked down", "null MX, -all, p=reject"},
    [CHECK_D9] = {"D9", "Reverse DNS of your own servers", "forward-confirmed"},
    [CHECK_M1] = {"M1", "Senders approved by label", ""},
};

enum fate fate_of(const struct sender *s)
{
	switch (s->verdict.category) {
	case CAT_FORWARDER:
		return FATE_FORWARDER;
	case CAT_UNKNOWN:
		return FATE_UNKNOWN;
	case CAT_UNAUTHORIZED:
	case CAT_SUSPECT_ABUSE:
		return FATE_UNAUTHORIZED;
	default:
		return sender_is_asked(s) ? FATE_UNKNOWN : FATE_LEGIT;
	}
}

uint64_t lost_next(const struct sender *s)
{
	double n = 0;
	if (s->change != CHANGE_GONE)
		return 0;
	if (s->verdict.remedy.kind == REMEDY_CONFIRM)
		return s->rhythm.messages;
	for (size_t i = 0; sender_failed_last(s) && i < s->was->n_facts; i++)
		daily_add(s->was->facts[i], s->last_day, &n, 1);
	return (uint64_t)(n + 0.5);
}

double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 100.0;
}

/* What a person may change: better is more, or less; pass and warn; the unit. */
static const struct {
	bool more;
	double pass, warn;
	const char *unit;
} defaults[CHECK_COUNT] = {
    [CHECK_C1] = {true, 28, 14, " of 30"},
    [CHECK_C2] = {true, 35, 0, " days"},
    [CHECK_C3] = {true, 5, 3, ", a large one among them"},
    [CHECK_C4] = {false, 90, 100, "%"},
    [CHECK_C5] = {true, 1000, 100, ""},
    [CHECK_C6] = {false, 3, 7, " days"},
    [CHECK_A1] = {true, 99, 98, "%"},
    [CHECK_A2] = {true, 98, 95, "%"},
    [CHECK_A3] = {false, 0, 0, ""},
    [CHECK_A4] = {false, 0.5, 2, "% of legitimate mail"},
    [CHECK_A5] = {true, 95, 80, "%"},
    [CHECK_A6] = {false, 0.5, 2, "% of legitimate mail"},
    [CHECK_A7] = {true, 15, 7, " days"},
    [CHECK_A8] = {true, 30, 14, ""},
    [CHECK_A9] = {false, 0.5, 1, " points"},
    [CHECK_A10] = {false, 0, 5, ""},
    [CHECK_A11] = {false, 0, 0, " messages"},
    [CHECK_D4] = {false, 8, 10, " lookups, <=1 void"},
    [CHECK_D5] = {false, 4096, 1 << 20, " addresses"}, /* /20, /12 */
    [CHECK_D6] = {true, 2048, 1024, " bits, or Ed25519"},
    [CHECK_D7] = {false, 0, 0.5, "%"},
    [CHECK_M1] = {false, 0, 0, " not approved"},
};

/* These inform, and count only for who sets their limits. */
static bool is_optional(enum check_id id)
{
	return id == CHECK_A11 || id == CHECK_M1;
}

bool readiness_limit(struct readiness_limits *limits, const char *id, double pass, double warn)
{
	for (int i = 0; i < CHECK_COUNT; i++) {
		if (strcmp(rows[i].id, id) != 0 || !defaults[i].unit)
			continue;
		if (defaults[i].more ? pass < warn : pass > warn)
			return false;
		limits->set[i] = true;
		limits->pass[i] = pass;
		limits->warn[i] = warn;
		return true;
	}
	return false;
}

double limit_of(const struct judging *j, enum check_id id)
{
	const struct readiness_limits *l = j->in->limits;
	return l && l->set[id] ? l->pass[id] : defaults[id].pass;
}

static double warning_of(const struct judging *j, enum check_id id)
{
	const struct readiness_limits *l = j->in->limits;
	return l && l->set[id] ? l->warn[id] : defaults[id].warn;
}

enum check_status judge_value(const struct judging *j, enum check_id id, double v)
{
	double pass = limit_of(j, id), warn = warning_of(j, id);
	if (is_optional(id) && !(j->in->limits && j->in->limits->set[id]))
		return CHECK_INFO;
	if (defaults[id].more)
		return v >= pass ? CHECK_PASS : v >= warn ? CHECK_WARN : CHECK_FAIL;
	return v <= pass ? CHECK_PASS : v <= warn ? CHECK_WARN : CHECK_FAIL;
}

void set_check(struct judging *j, enum check_id id, enum check_status status, const char *value,
	       const char *text)
{
	const char *limit = rows[id].limit;
	if (defaults[id].unit && status != CHECK_INFO)
		limit = TEXT(j, "%s%g%s",
			     defaults[id].more     ? ">="
			     : limit_of(j, id) > 0 ? "<="
						   : "",
			     limit_of(j, id), defaults[id].unit);
	j->out->checks[id] =
	    (struct check){rows[id].id, rows[id].title, status, value, limit, sentence(j->a, text)};
}

int worse(enum check_status a, enum check_status b)
{
	static const int order[CHECK_STATUS_COUNT] = {[CHECK_PASS] = 0,
						      [CHECK_INFO] = 0,
						      [CHECK_UNKNOWN] = 1,
						      [CHECK_WARN] = 2,
						      [CHECK_FAIL] = 3};
	return order[a] - order[b];
}

/*
 * readiness.h - may a domain publish p=reject: every check, what would break, what to publish next.
 * Pure.
 *
 *	facts of the last 30 days, and of all before -> inventory -> [readiness] -> render
 *
 * Every sender is judged, not an average: the checks name the one that fails. Mail that receivers
 * put aside already counts as broken, not as a success; what forgers send counts for nothing.
 *
 * The wing readiness/: may the domain publish p=reject. In: an inventory. Out: checks, a
 * projection, a verdict, the next step. It may include inventory.h and all wings below.
 */
#ifndef REPORT_READINESS_READINESS_H
#define REPORT_READINESS_READINESS_H

#include "dns/dmarc.h"
#include "report/inventory.h"

enum check_status {
	CHECK_PASS,
	CHECK_WARN,
	CHECK_FAIL,
	CHECK_UNKNOWN,
	CHECK_INFO,
	CHECK_STATUS_COUNT
};
extern const char *const check_status_names[CHECK_STATUS_COUNT];

enum check_id {
	CHECK_C1,
	CHECK_C2,
	CHECK_C3,
	CHECK_C4,
	CHECK_C5,
	CHECK_C6,
	CHECK_A1,
	CHECK_A2,
	CHECK_A3,
	CHECK_A4,
	CHECK_A5,
	CHECK_A6,
	CHECK_A7,
	CHECK_A8,
	CHECK_A9,
	CHECK_A10,
	CHECK_A11,
	CHECK_D1,
	CHECK_D2,
	CHECK_D3,
	CHECK_D4,
	CHECK_D5,
	CHECK_D6,
	CHECK_D7,
	CHECK_D8,
	CHECK_D9,
	CHECK_M1,
	CHECK_COUNT
};

struct check {
	const char *id, *title; /* "A1", "Legitimate mail that passes" */
	enum check_status status;
	const char *value, *limit; /* what was found, what passes; "" where there is none */
	const char *text;          /* a sentence for people */
};

enum verdict_word { VERDICT_READY, VERDICT_WARNINGS, VERDICT_NOT_READY, VERDICT_INSUFFICIENT };
extern const char
    *const verdict_names[]; /* "ready", "warnings", "not_ready", "insufficient_data" */

enum fate { FATE_LEGIT, FATE_FORWARDER, FATE_UNKNOWN, FATE_UNAUTHORIZED, FATE_COUNT };
extern const char *const fate_names[FATE_COUNT];

/* What decides about mail of a subdomain: a tag of the domain's record, or a record of its own. */
enum policy_tag { TAG_NONE, TAG_P, TAG_SP, TAG_NP, TAG_OWN };
extern const char *const policy_tag_names[]; /* "", "p", "sp", "np", "own" */

/*
 * A name below the domain that mail came from, and the policy that this mail meets once the domain
 * publishes p=reject and leaves sp and np as they are (np: the name does not exist).
 */
struct subdomain {
	const char *name;
	enum published_policy policy; /* POLICY_ABSENT: DNS did not say */
	enum policy_tag by;
	uint64_t messages, failing[FATE_COUNT];
};

uint64_t subdomain_failing(const struct subdomain *s);
const char *subdomain_policy(const struct subdomain *s); /* "sp=none"; "DNS does not say" */

/*
 * Messages of the window that p=reject would have refused. What fails below the domain counts
 * where its policy is reject or not known; where it is weaker, only in subdomains.
 */
struct projection {
	uint64_t messages;
	uint64_t would_reject[FATE_COUNT]; /* at most: all that fail */
	uint64_t expected[FATE_COUNT];     /* less those that the same reporters let through for a
					      reason: forwarded, ARC, local policy */
	uint64_t *of_sender; /* would_reject, by sender of the inventory; of one that is not seen in
				the window, what its last mail was, which is in no sum */
	const struct subdomain *const *subdomains; /* most failing mail first */
	size_t n_subdomains, more_subdomains;      /* more: not listed, DNS was not asked */
};

struct next_step {
	const char *record; /* to publish at _dmarc; NULL: leave what is there */
	const char *text;
	int32_t again; /* the day to look again */
};

#define NOT_OBSERVED_MAX 20
#define READY_MESSAGES   100 /* 30 days with fewer are no basis: then more days are looked at */

struct readiness {
	const char *domain;
	struct window window;
	enum verdict_word verdict;
	bool parked;
	bool dns_failed; /* the domain's own DNS could not be asked */
	struct dmarc_answer dmarc;
	struct check checks[CHECK_COUNT];
	struct projection projection;
	struct next_step next;
	const struct domain_inventory *inventory;   /* of the window */
	const char *not_observed[NOT_OBSERVED_MAX]; /* legitimate senders of before, not seen now */
	size_t n_not_observed, all_not_observed;    /* those that are named, and all */
	bool does_not_exist;                        /* DNS says that there is no such name */
	int32_t newest_report; /* the newest day with a report; set by the caller, 0: not asked */
};

/* Limits that a person set; the others are those of docs/readiness.md. */
struct readiness_limits {
	bool set[CHECK_COUNT];
	double pass[CHECK_COUNT], warn[CHECK_COUNT];
};

/* id: "A1". false: it has no limits, or warn is not between pass and fail. */
bool readiness_limit(struct readiness_limits *limits, const char *id, double pass, double warn);

struct readiness_input {
	const struct domain_facts *window;  /* 30 days, or as many as it takes (READY_MESSAGES) */
	const struct domain_facts *history; /* all stored days before, up to 13 months in all */
	const struct weighed *weighed;      /* of these two, in order; NULL: weighed here */
	int32_t as_of;                      /* the day after the window */
	const struct readiness_limits *limits; /* NULL: none were set */
};

/* out and all it holds live in the arena of k. */
void readiness_judge(const struct readiness_input *in, struct knowledge *k, struct readiness *out);

#endif

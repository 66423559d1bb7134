/*
 * facts.h - CONTRACT 2: what was seen of one domain in a window, as db reads it and report judges
 * it. Everything is borrowed from the arena given to the query.
 */
#ifndef CORE_FACTS_H
#define CORE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/dmarc.h"
#include "core/ip.h"
#include "core/receiver.h"

/* A half-open range of UTC days [since, until) (core/day.h). */
struct window {
	int32_t since, until;
};

/* From the first day of any to the last; n > 0. */
struct window window_span(const struct window *windows, size_t n);

/* Its days in a month (core/day.h); none: until <= since. */
struct window window_of_month(struct window w, int32_t month);

/*
 * What one reporter saw of a fact: on one day in windows of up to DAILY_WINDOW days; in longer
 * ones, on all of its days together.
 */
struct fact_witness {
	uint32_t reporter; /* index into domain_facts.reporters */
	uint32_t days;     /* as in struct fact */
	uint64_t messages;
};

#define DAILY_WINDOW 62

/* One address with one profile in one calendar month of the window. */
struct fact {
	struct ip source; /* family 0: the record had no usable address */
	uint32_t profile; /* index into domain_facts.profiles */
	int32_t month;    /* core/day.h */
	uint32_t days;    /* bit d-1: seen on day d of the month */
	uint64_t messages, records;
	const struct fact_witness *witnesses; /* by reporter */
	uint32_t n_witnesses;
};

/* The last day on which it was seen (core/day.h). */
int32_t fact_first_day(const struct fact *f);
int32_t fact_last_day(const struct fact *f);

/*
 * One reporting organisation (org_name as it came), by one standing of its reports: who has proved
 * reports and others is there for each, one behind the other. Weighing makes one of them.
 */
struct fact_reporter {
	const char *org_name;
	uint64_t messages;           /* in the window */
	int32_t first_day, last_day; /* of its reports in the window */
	bool unknown;                /* all that nobody knows, as one: see weigh_facts() */
	enum standing standing;
	bool usual; /* its reports usually are proved (in any spelling of the name) */
};

/* A policy that reports said was published, and when. */
struct fact_policy {
	struct dmarc_word p, sp;
	int pct;      /* -1: not said */
	bool testing; /* t=y, as reporters of RFC 9990 say; others do not know it */
	int32_t first_day, last_day;
	uint32_t reports;
	uint32_t reporter; /* who said so: index into domain_facts.reporters */
};

/* Exact totals of one day. */
struct fact_day {
	int32_t day;
	uint64_t messages, dmarc_pass; /* as the reporters evaluated */
};

/* What a person said of a sender; it wins over every rule. */
enum label_verdict {
	LABEL_NONE, /* only named */
	LABEL_APPROVE,
	LABEL_DENY,
	LABEL_IGNORE,
	LABEL_COUNT
};

extern const char *const label_verdict_names[LABEL_COUNT]; /* "approve"; [LABEL_NONE]: "none" */

/*
 * A label that counts for the window: it has no end, or the window begins before it. So what was
 * decided for a month stays said of that month.
 */
struct fact_label {
	const char *sender;         /* normal form, core/label.h: a key, a name, or a network */
	struct ip network;          /* family 0: sender is a key or a name */
	unsigned bits;              /* of network */
	enum label_verdict verdict; /* LABEL_NONE: then there is a name */
	const char *name, *owner;   /* NULL: none */
	int32_t until;              /* core/day.h; the first day that it does not count for */
	bool has_until;
};

/* Which reports count that came by a mail that proves nothing (STANDING_OPEN)? */
enum require_auth {
	REQUIRE_KNOWN, /* not in the name of those whose reports usually are proved */
	REQUIRE_NEVER, /* all */
	REQUIRE_ALWAYS /* none */
};

/*
 * Mail that was refused on a UTC day, as bounces and logs told it (core/bounce.h): those that look
 * alike, counted. Texts are NULL where nothing was known.
 */
struct fact_refusal {
	int32_t day; /* core/day.h */
	uint64_t count;
	const char *class, *rule; /* words of the rules of bounces; rule NULL: by its number */
	bool by_us;               /* our own server refused a client; else somebody refused ours */
	bool delayed;             /* it was to be tried again */
	enum whose { OURS_UNKNOWN, OURS_YES, OURS_NO } ours; /* NO: a forgery, sent back to us */
	int code;                                            /* 0: none */
	const char *status, *phase, *reply; /* reply: of the first, no local parts in it */
	const char *receiver_host, *receiver_org, *recipient_domain;
	struct ip ip; /* that sent it; family 0: not known */
	const char *ip_source;
	const char *mail_from_domain, *header_from_domain;
};

/* The same beside its domain, where several are told. */
struct domain_refusal {
	const char *domain;
	struct fact_refusal says;
};

struct domain_facts {
	const char *domain;
	enum require_auth require;
	struct window window;
	uint64_t messages, dmarc_pass; /* as the reporters evaluated, from the totals of reports */
	uint64_t reports;
	const struct dmarc_profile *profiles;
	size_t n_profiles;
	const struct fact_reporter *reporters; /* those that reported in the window */
	size_t n_reporters;
	const struct fact *facts; /* ordered by source, then month, then profile */
	size_t n_facts;
	const struct fact_policy *policies; /* by first_day */
	size_t n_policies;
	const struct fact_day *days; /* by day; days without reports are absent */
	size_t n_days;
	const struct fact_label *labels; /* by sender, as bytes */
	size_t n_labels;
	const struct fact_refusal *refusals; /* newest day first, the most of a day first */
	size_t n_refusals;
	const int32_t *refusal_days; /* of which bounces or logs were read, rising */
	size_t n_refusal_days;
};

/* The first fact of an address; n_facts: it has none. */
size_t domain_facts_find(const struct domain_facts *d, const struct ip *ip);
bool domain_facts_has(const struct domain_facts *d, const struct ip *ip);

/* Add the messages of a fact to by_day[0..n), [0] being first (core/day.h). What a witness saw on
 * several days is spread evenly over them. Days outside are passed over. */
void daily_add(const struct fact *f, int32_t first, double *by_day, size_t n);

#endif

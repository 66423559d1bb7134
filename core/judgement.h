/*
 * judgement.h - CONTRACT 4: what was said of a domain and its senders on a day, and what changed,
 * as report judges it and db keeps it. Everything is borrowed from whoever made it.
 *
 * Days are those of core/day.h. A day that is not known or did not come is NO_DAY.
 */
#ifndef CORE_JUDGEMENT_H
#define CORE_JUDGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/uuid.h"

#define NO_DAY INT32_MIN

enum severity { SEVERITY_LOW, SEVERITY_NORMAL, SEVERITY_HIGH, SEVERITY_COUNT };
extern const char *const severity_names[SEVERITY_COUNT]; /* "low", "normal", "high" */

/*
 * A thing that began and, mostly, ends. Its id is that of domain, rule, subject and the day it
 * opened, so that it is the same in every run. by_run: opened and closed are days of runs (what DNS
 * says, that no reports come); else days of report data.
 */
struct judged_event {
	const char *domain;
	const char *rule;    /* "own.failing" */
	const char *subject; /* a sender's key without its mark, a name in DNS, an organisation, or
				the domain */
	enum severity severity;
	int32_t opened, closed; /* closed NO_DAY: it is open */
	unsigned times;         /* that it opened */
	bool by_run, withdrawn;
	const char *text;    /* a sentence; NULL: as it was told before */
	const char *numbers; /* a JSON object; NULL likewise */
	/* As stored: */
	char id[UUID_SIZE];
	const char *acked_at, *ack_owner; /* NULL: nobody did; nobody was named */
	int32_t ack_until;
};

void judged_event_name(struct judged_event *e); /* sets id */

/* A record that was offered, and what became of it. */
enum offer {
	OFFER_MADE,
	OFFER_SEEN,
	OFFER_PROVEN,
	OFFER_INEFFECTIVE,
	OFFER_WITHDRAWN,
	OFFER_COUNT
};
extern const char *const offer_names[OFFER_COUNT]; /* "offered", "seen" ... */

struct judged_remedy {
	const char *domain;
	const char *name; /* in DNS */
	const char *edit; /* the terms that are new, parted by blanks, or the whole record */
	int32_t offered;
	enum offer state;
	int32_t since, seen;       /* since when it is so; the first day that DNS had it */
	uint64_t messages, passed; /* of its senders, after that day */
	const char *senders;       /* their keys without marks, parted by blanks */
	const char *before, *after;
};

/* A sender in the 30 days that end with the day. */
struct judged_sender {
	const char *sender, *name, *category, *remedy;
	int confidence;
	uint64_t messages, dmarc_pass;
	int32_t first_day, last_day;
};

/* What was judged of a domain on a day. Numbers are of that day alone. */
struct judged_day {
	const char *domain;
	int32_t day;
	const char *verdict; /* "not_ready" */
	bool parked;
	const char *fails, *warns; /* ids of checks, parted by blanks */
	const char *p, *sp, *np;   /* NULL: absent */
	int32_t policy_since;
	uint64_t messages, dmarc_pass, own, own_pass, forged;
	unsigned questions, todo;
	uint64_t reports, reporters;
	int32_t newest_report;
	const char *next_step; /* NULL: none */
	int32_t dns_day;
	const char *basis;  /* which reports of the day it rests on */
	const char *memory; /* for the next day */
	const struct judged_sender *senders;
	size_t n_senders;
	const struct judged_event *events; /* that are open, or changed on this day */
	size_t n_events;
	const struct judged_remedy *remedies; /* likewise */
	size_t n_remedies;
};

/* ---- names of ours in DNS ---- */

/* What a name says. Octets that are no text stand as \DDD. */
struct dns_said {
	const char *const *records; /* in order of their bytes */
	size_t n;
	const char *fault; /* "gone", "error", "lookups", "weak"; NULL: nothing is wrong */
};

/* What it said before and after; first: nobody had looked before. */
struct dns_change {
	const char *domain, *name, *type; /* type: "TXT", "MX" */
	int64_t seen_at;                  /* seconds since 1970 */
	bool first, confirmed;
	struct dns_said before, after;
};

/* ---- as it is asked for ---- */

/* A domain as of its newest judged day; sums are of the seven days that end with it, "before" of
 * the seven before these. */
struct overview_row {
	const char *domain;
	int32_t day;
	const char *verdict, *p, *next_step; /* p, next_step: NULL: none */
	bool parked;
	int32_t policy_since, newest_report;
	uint64_t messages, own, own_pass, own_before, own_pass_before, forged;
	unsigned questions, todo;
	uint64_t events_open;
};

/* A month of a domain; p and verdict are of its last judged day. */
struct history_month {
	int32_t month;
	uint64_t days, messages, own, own_pass, forged;
	const char *p, *verdict;
};

/* A domain's road. Lists newest first, but for the months. */
struct history {
	const char *domain;
	const struct history_month *months;
	size_t n_months;
	const struct dns_change *changes; /* without first looks, and what was missed but once */
	size_t n_changes;
	const struct judged_remedy *remedies;
	size_t n_remedies;
	const struct judged_event *events;
	size_t n_events;
};

#endif

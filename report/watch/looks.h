/*
 * looks.h - what names of ours say in DNS, compared with what they said. Pure.
 *
 *	names of a domain -> [looks_read] through a view -> looks
 *	looks, what is kept -> [looks_compare] -> changes to keep, events
 *	what is kept, a day -> [looks_view] -> DNS as it was on that day
 *
 * Names that are watched: SPF, DMARC and MX of the domain, the keys of selectors that passed in the
 * window, and names that a record was offered for. What is gone is missed twice, 30 minutes apart
 *at least, before it is said; a question that failed says nothing.
 */
#ifndef REPORT_WATCH_LOOKS_H
#define REPORT_WATCH_LOOKS_H

#include "core/domain.h"
#include "core/facts.h"
#include "core/hash.h"
#include "core/judgement.h"
#include "dns/ask/answer.h"

enum look_role { LOOK_SPF, LOOK_DMARC, LOOK_MX, LOOK_KEY };

struct look {
	const char *name;
	enum look_role role;
	bool answered; /* else nothing is known of it now */
	struct dns_said said;
	const char *detail; /* of a fault, for a sentence; NULL */
	/* of DMARC: */
	const char *rua;
	int p, sp; /* 0 none to 2 reject; -1: there is no record */
	/* of a key: */
	unsigned bits; /* of RSA; 0: another one, or none */
};

struct looks {
	struct look *list;
	size_t n;
	bool silent; /* the domain's own SPF or DMARC record could not be asked */
};

struct looks_input {
	const char *domain;
	const struct name_rules *rules;
	const struct domain_facts *window; /* of the last 30 days */
	const char *const *more;           /* names that a record was offered for */
	size_t n_more;
	const struct dns_change *kept; /* of the domain, by name, type and time */
	size_t n_kept;
	const struct judged_event *open; /* events of runs that are open */
	size_t n_open;
	int64_t now;
};

void looks_read(const struct looks_input *in, const struct dns_view *view, struct arena *a,
		struct looks *out);

/* What is to be kept: changes (one that stands already is confirmed by now), drops (that were
 * missed once, and are there again), events opened or closed. */
struct looks_news {
	struct dns_change *changes, *drops;
	size_t n_changes, n_drops;
	struct judged_event *events;
	size_t n_events;
};
void looks_compare(const struct looks_input *in, const struct looks *looks, struct arena *a,
		   struct looks_news *out);

/*
 * DNS on a day: watched names as they were at its end, everything else as inner says. Before the
 * first look a name says what it said then. kept may be of many domains, sorted by
 * domain, name, type and time. x lives as long as the view is used.
 */
struct looks_past {
	const struct dns_view *inner; /* NULL: nothing else is known */
	const struct dns_change *kept;
	size_t n_kept;
	int32_t day;
	struct arena *a;
	struct map rows; /* name and type -> index + 1 of the first of them */
};
void looks_past_begin(struct looks_past *x); /* kept is set; looks_past_end() frees */
void looks_past_end(struct looks_past *x);
struct dns_view looks_view(struct looks_past *x);

/* Whose DNS that is: day, or the day of the first look when that was later. */
int32_t looks_day(const char *domain, const struct dns_change *kept, size_t n, int32_t day);

#endif

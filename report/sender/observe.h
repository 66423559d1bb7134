/*
 * observe.h - what the rows of a sender show, and what DNS says of its addresses. Pure.
 *
 * Everything is counted in messages and in distinct reporters, so that the rules above can ask for
 * a share and for witnesses.
 */
#ifndef REPORT_SENDER_OBSERVE_H
#define REPORT_SENDER_OBSERVE_H

#include "report/sender/finding.h"
#include "report/sender/pattern.h"
#include "report/sender/selectors.h"
#include "report/sender/series.h"
#include "report/sender/zone.h"

enum seen {
	SEEN_ANY,
	SEEN_DIRECT,     /* aligned SPF passes: the address was authorised */
	SEEN_OWN,        /* signed by a selector that is mainly this sender's */
	SEEN_HEAVY,      /* signed by a selector it has a good share of */
	SEEN_CARRIED,    /* passes by DKIM alone, with a selector that is mainly others' */
	SEEN_REASON,     /* the reporter says: forwarded, mailing list */
	SEEN_ARC,        /* the reporter accepted it for its ARC seal */
	SEEN_BROKEN,     /* our signature arrives broken, its selector passes elsewhere */
	SEEN_FAULT,      /* an authorised address fails by an error of our SPF record ... */
	SEEN_FAULT_DKIM, /* ... or by a signature of its own that does not verify */
	SEEN_TRIES, /* a signature with our d= that fails, of a selector that passes for nobody else
		     */
	SEEN_MISMATCH,
	SEEN_STRICT,
	/* the rest needs DNS */
	SEEN_SPF_NOW,     /* MAIL FROM is ours, and its record authorises the address today */
	SEEN_REPAIRED,    /* that, of a row that failed for it */
	SEEN_SPF_MISSING, /* MAIL FROM is ours, and its record does not authorise the address */
	SEEN_HOST_RELAY,  /* of the web host that our own names stand at */
	SEEN_PTR,         /* has a confirmed name that is not generic */
	SEEN_PTR_NONE,
	SEEN_PTR_GENERIC,
	SEEN_PTR_UNCONFIRMED,
	SEEN_CLAIMS_US,    /* an unconfirmed name in our domain ... */
	SEEN_SERIES,       /* ... that fits in with those of our servers (series.h) */
	SEEN_PTR_KNOWN,    /* whatever it is, DNS said it */
	SEEN_SRS,          /* MAIL FROM passes for the domain of the address's name, not ours */
	SEEN_NO_SUCH_FROM, /* header From is a name that does not exist */
	SEEN_DISPERSED,    /* on days when twenty networks and more did the same */
	SEEN_REPLAY, /* on days when signed mail of ours came from far more networks than usual */
	SEEN_COUNT
};

struct observed {
	uint64_t messages[SEEN_COUNT];
	unsigned reporters[SEEN_COUNT]; /* distinct ones */
	unsigned carried;               /* selectors of others; 2: two or more */
	unsigned mailfrom;              /* distinct organisational domains in MAIL FROM, not ours */
	int way_out;                    /* enum outbound_kind (outbound.h): set by the caller */
	bool burst;                     /* nearly all of it within three days */
};

struct observer {
	const struct domain_facts *facts;
	const struct name_rules *rules;
	const struct zone *zone; /* NULL without DNS */
	struct selectors selectors;
	struct patterns patterns;
	struct series series;
	unsigned *seen;        /* by reporter; all zero between two senders */
	const char **mailfrom; /* by profile: ours, or NULL */
	const char *
	    *foreign; /* by profile: organisational domain of a foreign MAIL FROM, or NULL */
	unsigned char *no_from; /* by profile: header From does not exist */
};

/* Lives in a, and in maps until observer_end(); facts, rules and zone are borrowed as long as it is
 * used. */
void observer_init(struct observer *x, const struct domain_facts *facts, const struct zone *zone,
		   const struct name_rules *rules, struct arena *a);

void observer_end(struct observer *x);

struct observed observe(struct observer *x, const struct sender *s);

/* Is part at least percent of whole, and not nothing? */
bool at_least(uint64_t part, uint64_t whole, unsigned percent);

/* Messages of the sender in a set of cells. */
#define SET(c)      (1u << CELL_##c)
#define DKIM_ALONE  (SET(P2) | SET(P3) | SET(P4))
#define FAILS_AS_US (SET(F1) | SET(F2) | SET(F3) | SET(F4) | SET(F5)) /* with our MAIL FROM */
uint64_t cells_of(const struct sender *s, unsigned set);

#endif

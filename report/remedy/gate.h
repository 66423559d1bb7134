/*
 * gate.h - the one gate before every edit of SPF. Pure.
 *
 * What passes: an edit for addresses that are tied to us, each of them (sender/tie.h); never for a
 * forwarder, for mail whose envelope sender is not ours, for who fell silent or was switched off.
 * And a record that, in place of the one that stands (RFC 7208), evaluates within ten lookups, two
 * void ones and 450 octets; that authorises whom it is for, and every address that passed by it in
 * any stored month; and no stranger who was seen, nor anybody at all.
 *
 * What does not pass is a question at most (question.h).
 */
#ifndef REPORT_REMEDY_GATE_H
#define REPORT_REMEDY_GATE_H

#include "report/sender/tie.h"

#define GATE_OCTETS    450 /* that an answer over UDP holds beside others (RFC 7208 section 3.4) */
#define GATE_DEAD_DAYS 60  /* of stored reports before a term may be called dead */

struct gate {
	struct ties *ties;
	const struct zone *zone;
	const struct domain_facts *const *periods; /* as they are judged, the newest first */
	size_t n_periods;
	const struct sender *senders; /* of the newest */
	size_t n_senders;
	uint64_t passing; /* messages of the newest that pass as ours */
	struct arena *a;
	struct passed_list *passed; /* by zone->mailfrom; made when first asked for */
	struct spf_tree **meant;    /* by zone->mailfrom: a repair of its owner's own terms; NULL */
};

void gate_init(struct gate *g, struct ties *ties, const struct domain_facts *const *periods,
	       size_t n_periods, const struct sender *senders, size_t n_senders);

/* Addresses of one sender whose mail the record of one envelope-sender domain is to authorise. */
struct gate_need {
	const struct sender *s;
	struct ip *addresses; /* in order, each once */
	size_t n;
};

/* NULL: there may be an edit for them; else why not, for people. */
const char *gate_refuses(const struct gate *g, const struct gate_need *need);

/* The dates from which to which reports are stored, and how many days have some. */
void gate_span(const struct gate *g, int32_t *first, int32_t *last, unsigned *days);

/* Can the term be missed? It could have authorised mail, and none of that envelope-sender domain
 * came from its addresses in all that is stored, of at least GATE_DEAD_DAYS. */
bool gate_is_dead(const struct gate *g, const struct zone_mailfrom *m, const struct spf_term *t);

/* For a record that leaves out terms, or is the first of its name: NULL, or of whom it would not
 * let the mail pass, that an error or the want of a record makes fail today, or that passed by the
 * terms left out. */
const char *gate_leaves_out(struct gate *g, const struct zone_mailfrom *m, const char *record);

/* NULL: the record may be shown in the place of m's; else what stands in the way. lookups: what it
 * needs. admit: an address that it may let in though nothing ties it ("if it is yours"), or NULL.
 */
const char *gate_objects(struct gate *g, const struct zone_mailfrom *m, const char *record,
			 const struct gate_need *needs, size_t n_needs,
			 const struct gate_need *admit, unsigned *lookups);

/* The record that stands, with the slips of its owner mended: whom it names narrowly is his word
 * (meant.h), and no stranger. */
void gate_means(struct gate *g, const struct zone_mailfrom *m, const char *record);

/* DNS with the record in place of m's. */
const struct dns_view *gate_view(const struct gate *g, const struct zone_mailfrom *m,
				 const char *record);

/* The record as a tree, in place of m's. */
void gate_try(struct gate *g, const struct zone_mailfrom *m, const char *record,
	      struct spf_tree *tree);

#endif

/*
 * selectors.h - whose DKIM selector is it. Pure.
 *
 * A selector of our own organisational domain belongs to the sender that most of the mail it signs
 * comes from; who merely carries it forwards. Where some of its mail also passes SPF for us, it was
 * sent from there, however much of it others carry. A selector that the reporter left out is
 * unknown: it belongs to nobody, and is nobody's other one.
 *
 *	struct selectors x;
 *	selectors_init(&x, &facts, rules, &arena);
 *	for each sender:
 *		selectors_enter(&x, sender);
 *		... selectors_of(&x, profile): bits ...
 *		selectors_leave(&x, sender);
 */
#ifndef REPORT_SENDER_SELECTORS_H
#define REPORT_SENDER_SELECTORS_H

#include "core/arena.h"
#include "core/domain.h"
#include "report/sender/finding.h"

/* What a profile's signatures of our domain say of the sender entered. */
enum selector_bits {
	SEL_OWN = 1 << 0,        /* one passes whose mail comes mainly from this sender */
	SEL_HEAVY = 1 << 1,      /* one passes, and this sender has a good share of its mail */
	SEL_CARRIED = 1 << 2,    /* one passes, and all that pass are mainly others' */
	SEL_BROKEN = 1 << 3,     /* none passes; one fails whose selector passes elsewhere */
	SEL_BROKEN_OWN = 1 << 4, /* none passes; one fails that is mainly this sender's */
	SEL_TRIES = 1 << 5,      /* none passes; one fails that never passes for anybody else */
};

struct selectors {
	const struct domain_facts *facts;
	struct selector_use **of; /* by profile: its signatures, each selector once; NULL: none */
	uint64_t *total, *mine;   /* messages with a passing signature, by selector ... */
	uint64_t *anchor, *here;  /* ... of these, that SPF passes for, too */
	size_t n;
};

/* Lives in a; facts are borrowed as long as it is used. */
void selectors_init(struct selectors *x, const struct domain_facts *facts,
		    const struct name_rules *rules, struct arena *a);

void selectors_enter(struct selectors *x, const struct sender *s);
void selectors_leave(struct selectors *x, const struct sender *s);

unsigned selectors_of(const struct selectors *x, uint32_t profile); /* enum selector_bits */

/* How many selectors the sender entered carries that are mainly others'; 2 means two or more. */
unsigned selectors_carried(const struct selectors *x, const struct sender *s);

#endif

/*
 * classify.h - what a sender is, and how sure that is. Pure.
 *
 * Categories are exclusive and exhaustive; the first that applies: a person's label; suspected
 * abuse; forwarder; authorised; legitimate but failing, by what fails (missing from SPF, not
 * aligned, broken); unauthorised; unknown. Each rests on points (score.h) with thresholds and a
 * margin over what speaks for the contrary.
 *
 * Without DNS (zone NULL, or nobody answered for it) only what aggregate data proves is said:
 * authorised, broken, forwarder. Everything else is unknown then; never unauthorised, and never
 * missing from SPF.
 *
 * What reporters say tips a verdict only when two of them saw it, or when the period before points
 * the same way (classify_settle): a single report can be wrong, or forged.
 *
 *	classify_senders(&facts, &zone, rules, &arena, senders, n);
 *	if (the same sender was there before)
 *		classify_settle(&senders[i], &was);
 */
#ifndef REPORT_SENDER_CLASSIFY_H
#define REPORT_SENDER_CLASSIFY_H

#include "core/arena.h"
#include "core/domain.h"
#include "report/sender/finding.h"
#include "report/sender/rhythm.h"
#include "report/sender/tie.h"

/* Set ties, verdict, leaning and evidence of all senders of one domain, as group_senders() made
 * them of the same facts. earlier: the period before, which says what is usual; NULL: nothing is.
 * ties: NULL without DNS. a is for what lasts as long as they do. */
void classify_senders(const struct domain_facts *facts, const struct earlier *earlier,
		      struct ties *ties, const struct name_rules *rules, struct arena *a,
		      struct sender *senders, size_t n);

/* Two periods that lean the same way believe each other: what either was too thin to say by itself
 * becomes its verdict. */
void classify_settle(struct sender *now, struct sender *before);

#endif

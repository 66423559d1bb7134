/*
 * classify.h - what a sender is, as far as aggregate data proves it. Pure.
 *
 * Without DNS three things can be proven: that a sender is authorised (it passes, aligned, in a way
 * only the owner can arrange), that it is ours but broken (addresses with aligned SPF passes whose
 * other mail fails by an error of our own record or signature), and that it forwards (it carries
 * signatures that mainly belong to others, or reporters say so). Everything else is unknown, with
 * what speaks for and against it; never unauthorised, which needs the answers of DNS.
 *
 * Evidence tips a verdict only when two reporters saw it, or when the period before points the same
 * way (classify_settle): a single report can be wrong, or forged.
 *
 *	classify_senders(&facts, rules, &arena, senders, n);
 *	if (the same sender was there before)
 *		classify_settle(&senders[i], &was);
 */
#ifndef REPORT_CLASSIFY_H
#define REPORT_CLASSIFY_H

#include "core/arena.h"
#include "core/domain.h"
#include "report/finding.h"

/* Set verdict, leaning and evidence of all senders of one domain, as group_senders() made them of
 * the same facts. a is for what lasts as long as they do. */
void classify_senders(const struct domain_facts *facts, const struct name_rules *rules,
		      struct arena *a, struct sender *senders, size_t n);

/* Two periods that lean the same way believe each other: what either was too thin to say by itself
 * becomes its verdict. */
void classify_settle(struct sender *now, struct sender *before);

#endif

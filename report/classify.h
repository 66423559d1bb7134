/*
 * classify.h - what a sender is, as far as aggregate data proves it. Pure.
 *
 * Without DNS only two things can be proven: that a sender is authorised (it passes, aligned, in a
 * way nobody but the owner could arrange), and that it forwards (it carries signatures that mainly
 * belong to another sender, or reporters say so). Everything else is unknown, with what speaks for
 * and against it. What only one reporter says tips nothing.
 */
#ifndef REPORT_CLASSIFY_H
#define REPORT_CLASSIFY_H

#include "core/arena.h"
#include "core/domain.h"
#include "report/finding.h"

/* Set category, confidence, evidence and remedy of all senders of one domain. */
void classify_senders(const struct domain_facts *facts, const struct name_rules *rules,
		      struct arena *a, struct sender *senders, size_t n);

#endif

/*
 * one_receiver.h - mail that fails at one receiver alone. Pure.
 *
 * What is wrong with a sender or its DNS, all receivers see. What one of them alone sees happened
 * on the way there.
 */
#ifndef REPORT_ONE_RECEIVER_H
#define REPORT_ONE_RECEIVER_H

#include "core/arena.h"
#include "report/sender/finding.h"

/*
 * Sets receiver and receiver_messages of s: the one that reports nearly all of its failing mail,
 * where more than an odd message fails, and elsewhere nearly all passes. facts: that s was made of.
 */
void receiver_find(struct sender *s, const struct domain_facts *facts, struct arena *a);

#endif

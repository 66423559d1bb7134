/*
 * asking.h - private to this wing: a question while it is made.
 *
 *	question.c         is one due, which readings are open, what speaks for each
 *	question_text.c    what is asked of a person, and what to do about a yes
 *	lead.c             what of ours names the machines
 */
#ifndef REPORT_REMEDY_ASKING_H
#define REPORT_REMEDY_ASKING_H

#include "report/remedy/account.h"
#include "report/remedy/question.h"

struct asking {
	const struct gate *g;
	const struct sender *s;
	struct arena *a;
	struct reading *list;
	int weight[READING_COUNT]; /* in step with list */
	unsigned n;
	bool at_host; /* our own account at a host of mailboxes, or a stranger's */
	struct account account;
};

/* Most of its mail authenticates as another domain. */
bool asking_is_unaligned(const struct sender *s);
/* Most of its mail carries a signature of ours, or somebody's, that does not verify. */
bool asking_tries_to_sign(const struct sender *s);
bool asking_sends_for_customers(const struct service *s);
/* Our site shares its first machine with those of others. */
bool asking_on_shared_machine(const struct asking *q);

/* "mail.example.com leads to the address": what of ours names its machines; NULL: nothing. */
const char *asking_tied(const struct asking *q);

/* Readings are sorted: the likeliest is the first. */
const char *question_text(const struct asking *q);

/* The name of the revoked key that it signs with; NULL: it signs with none. */
const char *asking_revoked_key(const struct asking *q);

#endif

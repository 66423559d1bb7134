/*
 * making.h - private to this folder: the list of things to do while it is made.
 *
 *	todo.c        which things there are, in which order
 *	todo_ask.c    what is asked of a person
 */
#ifndef REPORT_MAKING_H
#define REPORT_MAKING_H

#include "report/todo.h"

struct making {
	const char *domain;
	struct arena *a;
	struct todo_list *out;
	int32_t today; /* the day after the period */
	const struct sender *senders;
	size_t n;
};

/* A thing more; its kind and id are set. */
struct todo *todo_add(struct making *m, enum todo_kind kind, const char *id);
void todo_is_about(struct making *m, struct todo *t, const struct sender *s);

/* The sender with those of a thing that is there. title: of the first of them, and how many more.
 */
void todo_join(const struct making *m, struct todo *t, const struct sender *s, const char *title);

static inline uint64_t todo_failing(const struct sender *s)
{
	return s->t.messages - tally_judged_pass(&s->t);
}

/* todo_ask.c: what to type for each answer, behind what is there already. */
void todo_label(const struct making *m, struct todo *t, const struct sender *s);

/* todo_ask.c: a question, or a sender more in one that stands there. */
void todo_ask(struct making *m, const struct sender *s);
/* When all are there: of several new records of one name, those of questions are told by their
 * terms. */
void todo_one_record(struct making *m);

#endif

/*
 * todo.h - the one list of things to do about a domain, worst first, each thing once. Pure.
 *
 *	senders with remedies, faults of the zone -> [todo] -> report, readiness, pages
 *
 * Order: what is wrong with the zone; own mail that fails or is refused, by volume; suspected
 * abuse; questions; duties of senders that pass; forgers, in one line. A new record stands in the
 * list once: things that share it name its terms that are theirs.
 */
#ifndef REPORT_TODO_H
#define REPORT_TODO_H

#include "core/arena.h"
#include "report/remedy/remedy.h"

/* Per cent of the owner's mail that lists and forwarders break: more is no exception any more, and
 * speaks against p=reject (RFC 9989 section 7.4). */
#define TODO_LISTS_SHARE 10

enum todo_kind {
	TODO_ZONE_FAULT,
	TODO_OWN_FAILING,
	TODO_OWN_REFUSED, /* the same, and receivers put it aside already */
	TODO_ABUSE,
	TODO_QUESTION,
	TODO_DUTY,
	TODO_FORGED,
	TODO_KIND_COUNT
};
extern const char *const todo_kind_names[TODO_KIND_COUNT]; /* "zone_fault" */
extern const char *const todo_kind_words[TODO_KIND_COUNT]; /* for people: "your DNS" */

struct todo {
	const char *id; /* stable while the thing is: "spf:example.com", "own_failing:host:..." */
	enum todo_kind kind;
	const struct sender *const *senders; /* that it is about */
	size_t n_senders;
	uint64_t messages; /* that it is about, in the period */
	int weight;        /* of things of one kind the heavier comes first (enum fault_weight) */
	const char *title; /* no sentence: "web80.webhost.example: missing from SPF" */
	const char *text;  /* sentences */
	const struct record_change *record, *if_yours;
	const struct reading *readings;
	unsigned n_readings;
	const char *const *commands; /* ready for a shell */
	unsigned n_commands;
};

struct todo_list {
	struct todo *list;
	size_t n;
	size_t hidden; /* things to act on that todo_narrow() left out */
};

/* until: the day after the period. Senders and faults are borrowed; the rest lives in a. */
void todo_make(const char *domain, int32_t until, const struct remedies *remedies,
	       const struct sender *senders, size_t n, struct arena *a, struct todo_list *out);

/* Only what is about senders of the category. */
void todo_narrow(struct todo_list *list, enum category category);

/* How many things there are to act on: what only says that forgers exist is none. */
size_t todo_count(const struct todo_list *list);

/* The number in the list, from 1 on, of the first thing that is about the sender; 0: none is. */
size_t todo_about(const struct todo_list *list, const struct sender *s);

#endif

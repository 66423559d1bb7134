/*
 * plan.h - the one new SPF record of a name: what is wrong with it mended, and all edits that are
 * proven, together. Pure.
 *
 *	plan_begin(&p, &gate, mailfrom);
 *	for each sender, the most lost mail first:
 *		why = plan_add(&p, &need, mechanisms, n);     NULL: it is in
 *	plan_finish(&p);
 *
 * Nothing enters that does not pass the gate; the record that is shown has passed as a whole.
 */
#ifndef REPORT_REMEDY_PLAN_H
#define REPORT_REMEDY_PLAN_H

#include "report/remedy/gate.h"
#include "report/remedy/remedy.h"

#define PLAN_NEEDS_MAX 32
#define PLAN_TERMS_MAX 64

struct plan {
	struct gate *gate;
	const struct zone_mailfrom *m;
	const char *base;                  /* what stands, mended; NULL: there is none */
	struct spf_tree *tree;             /* of base, once somebody asked */
	const char *terms[PLAN_TERMS_MAX]; /* that are in, in the order of their texts */
	size_t n_terms;
	const char *record;  /* as far as it has come; NULL: there is none */
	const char *fault;   /* what is wrong with the one that stands; NULL: nothing */
	const char *mended;  /* what was done about it; NULL: nothing could be */
	const char *in_vain; /* why not */
	enum fault_weight weight;
	const char *attempt; /* a text that is no record, and means to be; NULL */
	bool owned_by_other; /* the name is an alias: its record is another's */
	bool drops;          /* mended by leaving out terms that lead nowhere */
	bool closes;         /* or one that lets everybody in */
	bool changed;
	struct gate_need needs[PLAN_NEEDS_MAX]; /* that are in */
	size_t n_needs;
	struct record_change *change; /* after plan_finish(); NULL: none */
};

void plan_begin(struct plan *p, struct gate *g, const struct zone_mailfrom *m);

/* mend.c: record, fault, mended, in_vain. */
void plan_mend(struct plan *p);

/* Does what stands, mended, authorise the address? */
bool plan_holds(struct plan *p, const struct ip *ip);

/* Does it, and only because it is mended? */
bool plan_mends(struct plan *p, const struct ip *ip);

/* Add the mechanisms ("ip4:192.0.2.7") for the addresses. NULL: they are in; else why not. */
const char *plan_add(struct plan *p, const struct gate_need *need, const char *const *mechanisms,
		     size_t n);

void plan_finish(struct plan *p);

/* What a first record of its own takes from a name that only a wildcard answers for (RFC 4592): its
 * addresses, its MX. "": nothing; else ". ..." */
const char *plan_wildcard(const struct zone *z, const char *name);

/* The record as it is now with these mechanisms more, "if it is yours"; NULL: it may not be shown.
 */
struct record_change *plan_if_yours(struct plan *p, const struct gate_need *need,
				    const char *const *mechanisms, size_t n);

#endif

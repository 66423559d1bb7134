/*
 * priv.h - private to this wing: what the files of remedy share.
 *
 *	remedy.c   all senders of a domain
 *	spf.c      edits of SPF for one sender, through the gate
 *	yours.c    the record that a yes to a question would need
 *	soften.c   -all while mail of ours fails by it, and no record at all
 *	helo.c     bounces
 *	sign.c     DKIM, Return-Path, HELO: what no edit of that record helps
 */
#ifndef REPORT_REMEDY_PRIV_H
#define REPORT_REMEDY_PRIV_H

#include "report/remedy/question.h"
#include "report/remedy/remedy.h"

/* An edit of a further envelope-sender domain of a sender. */
struct part {
	struct sender *s;
	struct plan *plan;
	const char *terms;
	uint64_t messages;
	struct part *next;
};

/* Senders that do the same, so many that they are a campaign of strangers. */
enum swarm { LINES, PATIENT, SERVERS, SWARMS };

struct remedier {
	struct gate gate;
	const struct zone *zone;
	struct arena *a;
	struct sender *senders;
	size_t n;
	struct plan *plans;      /* by zone->mailfrom */
	struct part *parts;      /* the last one first */
	struct plan **plan_of;   /* by sender: where its edit is in; NULL: nowhere */
	unsigned unsigned_share; /* per cent of our own mail */
	/* Messages of one of too many that are alike: none is asked about. Those that have kept at
	 * it for weeks are counted apart. */
	uint64_t swarm[SWARMS]; /* messages that one of it sends at most; 0: there is none */
};

/* spf.c. *to: the plan that the sender's edit went into. */
void remedy_spf(struct remedier *r, struct sender *s, struct plan **to);
void remedy_spf_error(struct remedier *r, struct sender *s, struct plan **to);
/* The plan of most of the sender's failing mail, or NULL; the addresses that an edit of it is for;
 * terms for them ("ip4:192.0.2.7"), 0: too many; and those as one text. */
struct plan *remedy_plan(const struct remedier *r, const struct sender *s);
struct gate_need remedy_need(const struct remedier *r, const struct sender *s,
			     const struct plan *p);
size_t remedy_mechanisms(const struct remedier *r, const struct gate_need *need, const char **out,
			 size_t max);
const char *remedy_terms(struct arena *a, const char *const *words, size_t n);

/* yours.c. "If it is yours": where such a record may be shown. Once all have theirs, machines of
 * one organisation share one record. */
void remedy_if_yours(struct remedier *r, struct sender *s);
void remedy_yours_together(struct remedier *r, struct sender *s);

/* soften.c: before plan_finish(), when all edits are in. */
void remedy_soften(const struct remedier *r, struct plan *p);

/* refuse.c: addresses that a person denied leave the record. */
void remedy_deny(const struct remedier *r, struct plan *p);
/* After it: the domain itself has no record, and no sender needs one. */
void remedy_first_record(const struct remedier *r, struct remedies *out);

/* sign.c. Messages that passed, and would not today: what let them pass is no longer in DNS. */
uint64_t remedy_taken_out(const struct remedier *r, const struct sender *s);

/* helo.c: the text and the record for bounces. false: nothing of use can be said. */
bool remedy_helo(const struct remedier *r, struct sender *s);

/* The plan of an envelope-sender domain; NULL: none of ours. */
struct plan *plan_of_name(const struct remedier *r, const char *mailfrom);

/* meant.c. Will the row pass by the repair of the record alone? The plan with that repair, or
 * NULL.
 */
struct plan *mended_by(const struct remedier *r, const struct sender *s, const struct fact *f);
/* The plan of the record that fails it: an error, or what the repair of it makes pass; NULL. */
struct plan *mended_fault_of(const struct remedier *r, const struct sender *s);
/* Would most of its failing mail pass by the repair of a record alone, that names it? */
bool remedy_is_mended(const struct remedier *r, const struct sender *s);

/* sign.c */
void remedy_unaligned(const struct remedier *r, struct sender *s);
void remedy_dkim(const struct remedier *r, struct sender *s);
void remedy_passing(const struct remedier *r, struct sender *s); /* what it lacks before p=reject */

#endif

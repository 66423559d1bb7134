/*
 * priv.h - private to this wing: what the files that explain a refusal share.
 *
 *	explain.c  class, summary, what is usual; which file looks into it
 *	link.c     the address, its sender, what the receiver reported, whose the message was
 *	auth.c     SPF, DKIM, DMARC: the only file that offers edits of records
 *	handed.c   handed on by a forwarder, which may be us
 *	look.c     what DNS says of them
 *	relay.c    another server would not relay
 *	own_log.c  our own server would not relay: all clients of a log together
 *	lists.c    blocklists
 */
#ifndef REPORT_BOUNCE_PRIV_H
#define REPORT_BOUNCE_PRIV_H

#include "report/bounce/explain.h"
#include "report/sender/knowledge.h"

struct explainer {
	const struct bounce_context *c;
	const struct bounce_input *in;
	const struct bounce_case *x;
	struct bounce_explained *out;
	struct arena *a;
	const struct dns_view *view;   /* NULL: no DNS */
	const struct bounce_domain *d; /* as which it was sent; NULL: not known */
	const char *from, *mailfrom;   /* NULL: not known */
	const char *who;               /* "Gmail", "mx.partner.example", "The receiver" */
};

/* Lines of the answer; texts are sentences or clauses that live in a. */
void explain_evidence(struct explainer *e, const char *label, const char *text);
void explain_note(struct explainer *e, const char *text);
void explain_unchecked(struct explainer *e, const char *text);
/* A thing to do; NULL where there is no room. The caller fills the rest. */
struct todo *explain_todo(struct explainer *e, const char *id, const char *title, const char *text);

/* A mail service of everybody (gmail.com), whose addresses others' servers may not use. */
bool bounce_is_public(const char *domain);

/* link.c: ip, sender, ours. */
void link_refusal(struct explainer *e);
/* In the domain, or in another one of its owner's. */
bool link_of_owner(const struct bounce_domain *d, const char *name);
/* The server that wrote the bounce was refused by another one. */
bool link_refused_writer(const struct refusal *r);
/* SPF of the envelope sender passes for that address today. */
bool link_authorised(const struct explainer *e, const struct ip *ip);
/* Where the message came from: the refused address, else whose it is by Received; family 0: not
 * known. */
const struct ip *link_origin(const struct explainer *e);
/* What was reported of the address; nothing where nothing is stored. */
void link_reports(struct explainer *e);
/* "2026-10-29" as "10-29". */
const char *link_day(struct arena *a, int32_t day);
/* The day of the refusal; false: it has no date. */
bool link_refused_on(const struct explainer *e, int32_t *day);
/* PTR of the address, into out->dns; "" or " PTR x, confirmed." */
const char *link_ptr(struct explainer *e);

void explain_auth(struct explainer *e);
/* false: it was not handed on, and nothing is said. */
bool explain_handed(struct explainer *e);
void explain_relay(struct explainer *e);
/* All relay refusals of our own server in the input; said once, with the first of them. */
void explain_own_log(struct explainer *e, bool first);
void explain_lists(struct explainer *e);

#endif

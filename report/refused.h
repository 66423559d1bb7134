/*
 * refused.h - what of a domain's mail was refused, as bounces and mail logs tell it. Pure.
 *
 * Reports tell what was accepted and judged; what a receiver refused in the dialogue of SMTP for a
 * reason of its own is in none of them. Who sent it is told by the address alone.
 */
#ifndef REPORT_REFUSED_H
#define REPORT_REFUSED_H

#include "core/arena.h"
#include "report/sender/finding.h"

/* Did a receiver refuse mail of ours? What our own server refused of others, and bounces of
 * somebody's forgeries, is something else. */
bool refused_is_ours(const struct fact_refusal *f);

/* Because of SPF, DKIM or DMARC? */
bool refused_by_auth(const struct fact_refusal *f);

/* Sets refused of the senders, with N_REFUSED as evidence, and *out: those of one place, cause and
 * sender together, authentication first, then by messages. */
void refused_find(const struct domain_facts *facts, struct sender *senders, size_t n,
		  struct arena *a, const struct refused **out, size_t *n_out);

#endif

/*
 * explain.h - why mail was refused, whose that is, what helps, and what would not. Pure.
 *
 *	refusals (core/bounce.h) + facts of the domains + DNS through a view -> [explain]
 *	-> struct bounce_explained, printed by render/
 *
 *	do {
 *		arena_reset(&round);
 *		knowledge_begin(&k, ...);
 *		... inventory_judge() of each domain ...
 *		bounce_explain(&context, &input, explained);
 *		knowledge_end(&k);
 *	} while (resolver_run(r));
 *
 * Nothing is guessed: what ties a refusal to a sender is an address; without one it is not linked,
 * and says so. An edit of SPF is offered for refusals of the group auth alone, by the one gate
 * (remedy/gate.h); of an address that no stored report knows only as "if this server is yours".
 *
 * The wing bounce/: refused mail. In: refusals, domains as inventory.h judges them. Out: what to
 * tell. It may include all that stands below inventory.h.
 */
#ifndef REPORT_BOUNCE_EXPLAIN_H
#define REPORT_BOUNCE_EXPLAIN_H

#include "core/bounce.h"
#include "dns/dnsbl.h"
#include "report/bounce/rules.h"
#include "report/inventory.h"

/* Refusals that are alike. Its texts live as long as the run. */
struct bounce_case {
	struct refusal r; /* the last of them */
	uint64_t count;
	int64_t first_at, last_at; /* Unix seconds; 0: no date is known */
};

/* What one input held. */
struct bounce_input {
	const char *source;
	struct bounce_outcome outcome;
	struct bounce_case *cases;
	size_t n;
	uint64_t more; /* refusals that are not among the cases: there were too many kinds */
};

/* A domain that refused mail was sent as. */
struct bounce_domain {
	const char *domain;
	struct window
	    window;  /* of its facts: a domain stands there once for each month of refusals */
	bool stored; /* there are reports of it in the window */
	bool judged; /* the two below are filled */
	struct domain_inventory inventory;
	struct inventory_basis basis;
	const struct domain_facts *periods[3]; /* as they are judged, the newest first */
};

struct bounce_context {
	struct knowledge *k;
	const struct bounce_rules *rules;
	struct bounce_domain *domains;
	size_t n_domains;
	const char *domain;      /* --domain: as which the mail was sent; NULL */
	struct ip from_ip;       /* --from-ip: the server that sent it; family 0 */
	bool db;                 /* stored reports were looked into */
	struct dnsbl_run *lists; /* NULL: no list is asked */
};

enum bounce_ours { SENT_UNKNOWN, SENT_BY_OTHERS, SENT_BY_US };

struct bounce_line {
	const char *label; /* "Whose"; NULL: a sentence of its own */
	const char *text;
};

/* What DNS says; each part is empty where it was not asked or did not answer. */
struct bounce_dns {
	const char *spf_domain, *spf_record, *spf_term; /* term: that decides; NULL: none does */
	int spf_result;                                 /* enum spf_result; -1: not known */
	unsigned spf_lookups;
	enum ptr_state ptr;
	const char *ptr_name;
	const char *dmarc_domain, *dmarc_record, *dmarc_policy;
	const char *const *mx; /* of the recipient's domain */
	size_t n_mx;
	struct dnsbl_finding lists[DNSBL_ASKED];
	size_t n_lists;
};

#define BOUNCE_LINES 12
#define BOUNCE_TODOS 6

struct bounce_explained {
	const struct bounce_case *of;
	const struct bounce_rule *rule; /* NULL: its words are not known */
	enum bounce_class class;
	enum bounce_whose whose;
	const char *summary; /* one line, no stop */
	const char *org;     /* of the receiver, as it signs its reports ("google.com"); NULL */
	struct ip ip;        /* that was refused; family 0: not known */
	enum refusal_ip_source ip_source;
	const struct sender *sender; /* NULL: not linked */
	enum bounce_ours ours;
	struct bounce_line evidence[BOUNCE_LINES]; /* whose it is first */
	unsigned n_evidence;
	struct todo todo[BOUNCE_TODOS];
	unsigned n_todo;
	const char *notes[BOUNCE_LINES]; /* what would not help; words that are easily confused */
	unsigned n_notes;
	const char *unchecked[BOUNCE_LINES];
	unsigned n_unchecked;
	struct bounce_dns dns;
	bool lines_only; /* the evidence says what to do, too, in text */
	bool told;       /* another one of the input speaks for it in text, too */
};

/* As which domain the message was sent: From, else what the receiver looked at, else MAIL FROM,
 * else
 * --domain. NULL: nobody says, or it is everybody's (gmail.com). */
const char *bounce_sent_as(const struct bounce_case *x, const char *option);
/* The name whose SPF record the receiver asked; NULL: not said. "" never. */
const char *bounce_mail_from(const struct bounce_case *x, const char *option);
/* The address that was refused, and how that is known. */
enum refusal_ip_source bounce_address(const struct bounce_case *x, const struct ip *option,
				      struct ip *out);

/* out: one for each case of the input. It lives in the arena of c->k. */
void bounce_explain(const struct bounce_context *c, const struct bounce_input *in,
		    struct bounce_explained *out);

#endif

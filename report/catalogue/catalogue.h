/*
 * catalogue.h - the services that send for others: how to recognise one, and what its customer must
 * do so that its mail passes DMARC. Pure.
 *
 *	catalogue.csv (built in) + a person's own file -> [catalogue] -> classify, label
 *
 * The columns are described at the top of catalogue.csv and in docs/catalogue.md. That a name
 * belongs to a service proves nothing about an address: a PTR is evidence only when confirmed, a
 * MAIL FROM or d= only when it passed.
 *
 *	struct catalogue *c;
 *	if (catalogue_open(&c, rules, "own.csv", text, n, &err) != ST_OK)
 *		...
 *	const struct service *s = catalogue_find(c, BY_PTR, "o1.sendgrid.net");
 *	catalogue_close(c);
 *
 * The wing catalogue/: services that are known. In: the file that is built in, and a person's own.
 * Out: struct service, by name. It includes nothing of the room.
 */
#ifndef REPORT_CATALOGUE_CATALOGUE_H
#define REPORT_CATALOGUE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/domain.h"
#include "core/err.h"
#include "core/ip.h"

enum service_kind {
	KIND_MAILBOX,   /* hosts people's mailboxes */
	KIND_ESP,       /* sends newsletters or the mail of programs */
	KIND_SAAS,      /* does something else, and sends mail about it */
	KIND_WEBHOST,   /* web sites, and mail with them */
	KIND_CLOUD,     /* rents machines: says where, not who */
	KIND_GATEWAY,   /* filters the mail of others */
	KIND_FORWARDER, /* hands on mail */
	KIND_ISP,       /* connects people, with mailboxes */
	KIND_COUNT
};

extern const char *const service_kind_names[KIND_COUNT]; /* as in the file */

/* The answers of aligned_spf, include_helps, dkim and verifies; each column takes some of them. */
enum service_answer {
	ANSWER_UNKNOWN,   /* ?: decide from the reports */
	ANSWER_YES,       /* y */
	ANSWER_NO,        /* n */
	ANSWER_NA,        /* n-a: it never sends with our name by itself */
	ANSWER_CONDITION, /* cond: only when set up so (include_helps) */
	ANSWER_CUSTOM,    /* custom: with a Return-Path name of ours (aligned_spf) */
	ANSWER_DEDICATED, /* dedicated: with an address rented for us alone (aligned_spf) */
	ANSWER_CONFIG,    /* config: a setting of the service decides (aligned_spf) */
	ANSWER_COUNT
};

extern const char *const service_answer_names[ANSWER_COUNT]; /* as in the file */

/* Where a name was met. */
enum catalogue_by {
	BY_PTR,         /* name of an address */
	BY_RETURN_PATH, /* domain of MAIL FROM */
	BY_DKIM,        /* d= of a signature */
	BY_ZONE,        /* target of a CNAME or MX in a customer's zone */
	BY_INCLUDE,     /* include: of an SPF record */
	BY_COUNT
};

/* What goes into the SPF record of a customer whose zone has this name as target of CNAME or MX. */
struct service_term {
	const char *mark; /* in normal form; "*.x": below x only */
	const char *term; /* "include:eu._netblocks.mimecast.com", "exists:..." */
};

struct service_pool {
	struct ip ip; /* first address */
	unsigned bits;
};

/*
 * The texts are "" where there is nothing to say. Each piece of advice is about its own part, and
 * empty where that part cannot help: show the one that fits what is missing. advice itself is what
 * such a sender is (a rented machine, a provider, a forwarder), and in own files of users that have
 * no columns for the parts, everything.
 */
struct service {
	const char *name, *key;             /* "SendGrid", "service:sendgrid" */
	const char *const *names[BY_COUNT]; /* in normal form; "*.x": below x only */
	unsigned n_names[BY_COUNT];         /* names[BY_INCLUDE]: what a customer includes */
	const char *const *selectors;       /* DKIM selectors; "scph*": that begin so */
	unsigned n_selectors;
	enum service_kind kind;
	enum service_answer aligned_spf;   /* can MAIL FROM be in the customer's domain? */
	enum service_answer include_helps; /* does the include in the From domain fix DMARC? */
	enum service_answer dkim;          /* does it sign as the customer? */
	enum service_answer verifies; /* does only he who proved a domain get a MAIL FROM and From
				       * in it? ANSWER_UNKNOWN counts as no */
	const struct service_term *include_for; /* none: names[BY_INCLUDE] go with any zone mark */
	unsigned n_include_for;
	const struct service_pool *pools; /* left out of its include on purpose: never offer them */
	unsigned n_pools;
	bool shared; /* its addresses serve many customers */
	bool own;    /* of the person's own file */
	const char *advice, *advice_spf, *advice_dkim, *advice_return_path;
	const char *link;                     /* https://... */
	const char *source, *verifies_source; /* where the facts come from */
};

struct catalogue;

#define CATALOGUE_BYTES    (4u * 1024 * 1024) /* of an own file */
#define CATALOGUE_SERVICES 20000

/*
 * The built-in services and, when text is not NULL, those of an own file: a service of the same key
 * replaces the built-in one, and a name it claims is taken from the built-in one that has it.
 * rules is borrowed for the call and may be NULL (names are ASCII then). ST_FATAL: "FILE:LINE: what
 * is wrong"; *out is NULL then.
 */
enum status catalogue_open(struct catalogue **out, const struct name_rules *rules, const char *file,
			   const char *text, size_t n, struct err *err) MUST_CHECK;

/* Text alone, without the built-in services. */
enum status catalogue_parse(struct catalogue **out, const struct name_rules *rules,
			    const char *file, const char *text, size_t n,
			    struct err *err) MUST_CHECK;

void catalogue_close(struct catalogue *c); /* NULL is fine */

/* All services, own ones first. */
const struct service *catalogue_services(const struct catalogue *c, size_t *n);

/* The service that claims name or the longest ending of it, at a label boundary; NULL: none.
 * Upper case and a trailing dot do not matter. Each claim belongs to one service. */
const struct service *catalogue_find(const struct catalogue *c, enum catalogue_by by,
				     const char *name);

/* By key or by name, without regard to case; NULL: none. */
const struct service *catalogue_named(const struct catalogue *c, const char *name);

/* Does the service use this DKIM selector with its customers' domains? Many services share common
 * ones ("s1", "default"): this alone names nobody. */
bool service_has_selector(const struct service *s, const char *selector);

/* The SPF term that goes with this name of the customer's zone: of the longest mark that fits, in
 * include_for. NULL: none is known. */
const char *service_term_for(const struct service *s, const char *name);

/* Is this address in one of the service's pools that its include leaves out on purpose? */
bool service_in_pool(const struct service *s, const struct ip *ip);

#endif

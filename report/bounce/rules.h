/*
 * rules.h - the wordings of refusals: which class a reply is of. Pure.
 *
 *	rules.csv (built in) + a person's own file -> [rules] -> explain, `bounce codes`
 *
 * The columns are described at the top of rules.csv and in docs/bounces.md.
 *
 *	struct bounce_rules *rules;
 *	if (bounce_rules_open(&rules, "own.csv", text, n, &err) != ST_OK)
 *		...
 *	const struct bounce_rule *r = bounce_rules_find(rules, &refusal->reply);
 *	bounce_rules_close(rules);
 *
 * A reply is compared in lower case on one line, what is no ASCII as "?": so a locale changes
 * nothing. Of long ones the first LIMIT_BOUNCE_LOOKED octets are.
 */
#ifndef REPORT_BOUNCE_RULES_H
#define REPORT_BOUNCE_RULES_H

#include <stddef.h>

#include "core/bounce.h"
#include "core/err.h"
#include "report/bounce/class.h"

struct bounce_rule {
	const char *id;                                   /* "gmail-spf"; public */
	const char *code;                                 /* as in the file; "": any */
	const char *status;                               /* likewise */
	const char *pattern;                              /* "": the numbers alone */
	const char *provider, *advice, *source, *example; /* "": none */
	enum refusal_phase phase;                         /* PHASE_UNKNOWN: wherever */
	enum bounce_class class;
	unsigned priority;
	bool own; /* of the person's own file */
};

#define BOUNCE_RULES_BYTES (1024 * 1024) /* of an own file */
#define BOUNCE_RULES_MAX   2000

struct bounce_rules;

/* The built-in rules, behind those of an own file when text is not NULL. ST_FATAL: "FILE:LINE: what
 * is wrong"; *out is NULL then. */
enum status bounce_rules_open(struct bounce_rules **out, const char *file, const char *text,
			      size_t n, struct err *err) MUST_CHECK;
void bounce_rules_close(struct bounce_rules *r); /* NULL is fine */

/* In the order in which they are tried. */
const struct bounce_rule *bounce_rules_all(const struct bounce_rules *r, size_t *n);

/* The first rule that fits; NULL: none does. */
const struct bounce_rule *bounce_rules_find(const struct bounce_rules *r,
					    const struct refusal_reply *reply);

/* What to do, by the advice of the rule or what is usual for its class; "": it is looked into
 * (explain.h). */
const char *bounce_rule_advice(const struct bounce_rule *r);

/* Was it found by its numbers alone, because nobody knows the words? */
static inline bool bounce_rule_is_number(const struct bounce_rule *r)
{
	return !r->pattern[0];
}

/* A reply as a person writes one, on one line: "550-5.7.26 This mail ..."; also behind "host x
 * said: ". out borrows the text. */
void bounce_reply_read(const char *text, struct refusal_reply *out);

#endif

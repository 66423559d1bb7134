/*
 * rules_read.h - private to this wing: the rows of a file of rules.
 */
#ifndef REPORT_BOUNCE_RULES_READ_H
#define REPORT_BOUNCE_RULES_READ_H

#include <regex.h>

#include "core/arena.h"
#include "report/bounce/rules.h"

struct compiled_rule {
	struct bounce_rule rule;
	regex_t code, status, pattern; /* compiled where the text of the rule is not "" */
	size_t order;                  /* in which it was read */
};

struct rule_list {
	struct compiled_rule *list;
	size_t n, cap;
};

/* Append the rules of a text; the texts live in a. On failure those that were read are still to be
 * freed. */
enum status rules_read(struct rule_list *out, struct arena *a, const char *file, const char *text,
		       size_t n, bool own, struct err *err) MUST_CHECK;

void rules_free(struct rule_list *r);

#endif

/* Rules in the order in which they are tried, and the reply they are compared with. */
#include "report/bounce/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"
#include "report/bounce/advice.h"
#include "report/bounce/rules_read.h"
#include "rules_text.h"

struct bounce_rules {
	struct rule_list list;
	struct bounce_rule *all; /* in step with it */
	struct arena a;
};

static int by_turn(const void *x, const void *y)
{
	const struct compiled_rule *a = x, *b = y;
	if (a->rule.own != b->rule.own)
		return a->rule.own ? -1 : 1;
	if (a->rule.priority != b->rule.priority)
		return a->rule.priority < b->rule.priority ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

enum status bounce_rules_open(struct bounce_rules **out, const char *file, const char *text,
			      size_t n, struct err *err)
{
	struct bounce_rules *r = mem_alloc(sizeof *r);
	enum status st = ST_OK;
	*out = NULL;
	if (text)
		st = rules_read(&r->list, &r->a, file, text, n, true, err);
	if (st == ST_OK)
		st = rules_read(&r->list, &r->a, "rules.csv", rules_text, sizeof rules_text - 1,
				false, err);
	if (st != ST_OK) {
		bounce_rules_close(r);
		return st;
	}
	qsort(r->list.list, r->list.n, sizeof *r->list.list, by_turn);
	r->all = arena_alloc(&r->a, r->list.n * sizeof *r->all);
	for (size_t i = 0; i < r->list.n; i++)
		r->all[i] = r->list.list[i].rule;
	*out = r;
	return ST_OK;
}

void bounce_rules_close(struct bounce_rules *r)
{
	if (!r)
		return;
	rules_free(&r->list);
	arena_free(&r->a);
	free(r);
}

const struct bounce_rule *bounce_rules_all(const struct bounce_rules *r, size_t *n)
{
	*n = r->list.n;
	return r->all;
}

const char *bounce_rule_advice(const struct bounce_rule *r)
{
	return bounce_advice_text(r->advice, r->class);
}

/* ---- the reply ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "550" in front of a blank, a hyphen or the end; 0: there is none. */
static unsigned code_at(const char *s)
{
	if (s[0] < '2' || s[0] > '5' || !is_digit(s[1]) || !is_digit(s[2]))
		return 0;
	if (s[3] != '\0' && s[3] != ' ' && s[3] != '-')
		return 0;
	return (unsigned)(s[0] - '0') * 100 + (unsigned)(s[1] - '0') * 10 + (unsigned)(s[2] - '0');
}

/* The length of "5.7.26"; 0: there is none. */
static size_t status_at(const char *s)
{
	size_t i = 0;
	if (s[0] != '2' && s[0] != '4' && s[0] != '5')
		return 0;
	for (int part = 0; part < 3; part++) {
		size_t from = i;
		while (is_digit(s[i]) && i - from < 3)
			i++;
		if (i == from || (part < 2 && s[i++] != '.'))
			return 0;
	}
	return is_digit(s[i]) || s[i] == '.' ? 0 : i;
}

static enum refusal_phase phase_in(const char *text)
{
	static const struct {
		const char *words;
		enum refusal_phase phase;
	} known[] = {{"end of data", PHASE_DATA},
		     {"data command", PHASE_DATA},
		     {"rcpt to command", PHASE_RCPT},
		     {"mail from command", PHASE_MAIL},
		     {"helo command)", PHASE_HELO}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcasestr(text, known[i].words))
			return known[i].phase;
	return PHASE_UNKNOWN;
}

void bounce_reply_read(const char *text, struct refusal_reply *out)
{
	const char *said = strcasestr(text, "said: "), *s = text;
	if (!code_at(s) && !status_at(s) && said)
		s = said + strlen("said: ");
	*out = (struct refusal_reply){.code = code_at(s), .text = text, .phase = phase_in(text)};
	if (out->code)
		s += s[3] ? 4 : 3;
	while (*s == ' ' || *s == '#')
		s++;
	memcpy(out->status, s, status_at(s));
}

/* In lower case, without what readers leave in only where a person wrote it: "550-5.7.1", "#5.7.1".
 */
static void fold(const char *text, char out[LIMIT_BOUNCE_LOOKED + 1])
{
	size_t n = 0;
	for (const char *s = text; *s && n < LIMIT_BOUNCE_LOOKED; s++) {
		bool hyphen = *s == '-' && s - text == 3 && code_at(text);
		if (*s == '#' && status_at(s + 1))
			continue;
		out[n++] = (*s & 0x80) ? '?' : hyphen ? ' ' : ascii_lower(*s);
	}
	out[n] = '\0';
}

static bool fits(const struct compiled_rule *c, const char *code, const struct refusal_reply *reply,
		 const char *text)
{
	const struct bounce_rule *r = &c->rule;
	if (r->phase != PHASE_UNKNOWN && r->phase != reply->phase)
		return false;
	if (r->code[0] && regexec(&c->code, code, 0, NULL, 0) != 0)
		return false;
	if (r->status[0] && regexec(&c->status, reply->status, 0, NULL, 0) != 0)
		return false;
	return !r->pattern[0] || regexec(&c->pattern, text, 0, NULL, 0) == 0;
}

const struct bounce_rule *bounce_rules_find(const struct bounce_rules *r,
					    const struct refusal_reply *reply)
{
	char text[LIMIT_BOUNCE_LOOKED + 1], code[16] = "";
	fold(reply->text ? reply->text : "", text);
	if (reply->code)
		snprintf(code, sizeof code, "%u", reply->code);
	for (size_t i = 0; i < r->list.n; i++)
		if (fits(&r->list.list[i], code, reply, text))
			return &r->all[i];
	return NULL;
}

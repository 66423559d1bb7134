#include "report/bounce/rules_read.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "report/bounce/advice.h"
#include "report/catalogue/csv.h"

enum column {
	COL_PRIORITY,
	COL_ID,
	COL_CODE,
	COL_STATUS,
	COL_PHASE,
	COL_PATTERN,
	COL_PROVIDER,
	COL_CLASS,
	COL_ADVICE,
	COL_SOURCE,
	COL_EXAMPLE,
	COL_COUNT
};

static const char *const columns[COL_COUNT] = {"priority", "id",      "code",     "status",
					       "phase",    "pattern", "provider", "class",
					       "advice",   "source",  "example"};

struct reading {
	struct rule_list *out;
	struct arena *a;
	struct csv_reader csv;
	size_t first; /* rule of this text */
	bool own;
	struct err *err;
};

static enum status read_header(struct reading *r)
{
	enum status st = csv_columns(&r->csv, columns, COL_COUNT, r->err);
	if (st == ST_OK && !(csv_has(&r->csv, COL_ID) && csv_has(&r->csv, COL_CLASS)))
		return csv_complain(
		    &r->csv, r->err,
		    "the first line must name the columns; id and class among them");
	return st;
}

/* The whole of the code or the status; somewhere in the text. */
static enum status compile(struct reading *r, enum column k, bool whole, regex_t *out)
{
	const char *text = csv_field(&r->csv, k);
	if (!text[0])
		return ST_OK;
	struct arena_mark mark = arena_mark(r->a);
	int rc = regcomp(out, whole ? arena_printf(r->a, "^(%s)$", text) : text,
			 REG_EXTENDED | REG_ICASE | REG_NOSUB);
	arena_rewind(r->a, mark);
	if (rc == 0)
		return ST_OK;
	char why[128];
	regerror(rc, out, why, sizeof why);
	return csv_complain(&r->csv, r->err, "%s: \"%s\": %s", columns[k], text, why);
}

static enum status read_numbers(struct reading *r, struct bounce_rule *rule)
{
	const char *word = csv_field(&r->csv, COL_PRIORITY);
	uint64_t n = 500;
	if (word[0] && (!text_to_u64(word, strlen(word), &n) || n == 0 || n > 999))
		return csv_complain(&r->csv, r->err, "priority: \"%s\" is no number from 1 to 999",
				    word);
	rule->priority = (unsigned)n;
	if (!bounce_class_parse(csv_field(&r->csv, COL_CLASS), &rule->class))
		return csv_complain(&r->csv, r->err,
				    "class: \"%s\" is none (ruascope bounce codes shows them)",
				    csv_field(&r->csv, COL_CLASS));
	const char *phase = csv_field(&r->csv, COL_PHASE);
	int i = PHASE_UNKNOWN + 1;
	while (phase[0] && i < PHASE_COUNT && !ascii_ieq(refusal_phase_names[i], phase))
		i++;
	if (i == PHASE_COUNT)
		return csv_complain(&r->csv, r->err,
				    "phase: \"%s\" is none of connect, helo, mail, rcpt, data",
				    phase);
	rule->phase = phase[0] ? (enum refusal_phase)i : PHASE_UNKNOWN;
	if (rule->advice[0] && !bounce_advice_known(rule->advice))
		return csv_complain(&r->csv, r->err, "advice: \"%s\" is not known", rule->advice);
	return ST_OK;
}

static enum status check_id(struct reading *r, const char *id)
{
	for (const char *s = id; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '-'))
			return csv_complain(&r->csv, r->err,
					    "id: \"%s\" has other than a-z, 0-9 and -", id);
	if (!id[0])
		return csv_complain(&r->csv, r->err, "a rule needs an id");
	for (size_t i = r->first; i < r->out->n; i++)
		if (strcmp(r->out->list[i].rule.id, id) == 0)
			return csv_complain(&r->csv, r->err, "the id %s stands here twice", id);
	return ST_OK;
}

static enum status read_rule(struct reading *r)
{
	if (r->csv.n != r->csv.width)
		return csv_complain(&r->csv, r->err, "%u fields, and the first line has %u",
				    r->csv.n, r->csv.width);
	if (r->out->n == BOUNCE_RULES_MAX)
		return csv_complain(&r->csv, r->err, "more than %d rules", BOUNCE_RULES_MAX);
	struct bounce_rule rule = {.id = csv_field(&r->csv, COL_ID),
				   .code = csv_field(&r->csv, COL_CODE),
				   .status = csv_field(&r->csv, COL_STATUS),
				   .pattern = csv_field(&r->csv, COL_PATTERN),
				   .provider = csv_field(&r->csv, COL_PROVIDER),
				   .advice = csv_field(&r->csv, COL_ADVICE),
				   .source = csv_field(&r->csv, COL_SOURCE),
				   .example = csv_field(&r->csv, COL_EXAMPLE),
				   .class = CLASS_OTHER,
				   .own = r->own};
	enum status st = read_numbers(r, &rule);
	if (st == ST_OK)
		st = check_id(r, rule.id);
	if (st == ST_OK && !rule.code[0] && !rule.status[0] && !rule.pattern[0])
		st = csv_complain(&r->csv, r->err,
				  "%s fits everything: code, status or pattern is needed", rule.id);
	if (st != ST_OK)
		return st;
	struct compiled_rule c = {.rule = rule, .order = r->out->n};
	st = compile(r, COL_CODE, true, &c.code);
	if (st != ST_OK)
		return st;
	st = compile(r, COL_STATUS, true, &c.status);
	if (st == ST_OK) {
		st = compile(r, COL_PATTERN, false, &c.pattern);
		if (st != ST_OK && rule.status[0])
			regfree(&c.status);
	}
	if (st != ST_OK) {
		if (rule.code[0])
			regfree(&c.code);
		return st;
	}
	r->out->list = MEM_ROOM(r->out->list, r->out->n, r->out->cap);
	r->out->list[r->out->n++] = c;
	return ST_OK;
}

enum status rules_read(struct rule_list *out, struct arena *a, const char *file, const char *text,
		       size_t n, bool own, struct err *err)
{
	struct reading r = {.out = out, .a = a, .own = own, .first = out->n, .err = err};
	if (n > BOUNCE_RULES_BYTES)
		return err_set(err, ST_FATAL, "%s: larger than %d bytes", file, BOUNCE_RULES_BYTES);
	csv_open(&r.csv, file, text, n);
	enum status st = csv_next(&r.csv, a, err);
	if (st == ST_OK && r.csv.n == 0)
		return err_set(err, ST_FATAL, "%s: no line with the names of columns", file);
	if (st == ST_OK)
		st = read_header(&r);
	while (st == ST_OK && (st = csv_next(&r.csv, a, err)) == ST_OK && r.csv.n > 0)
		st = read_rule(&r);
	return st;
}

void rules_free(struct rule_list *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct compiled_rule *c = &r->list[i];
		if (c->rule.code[0])
			regfree(&c->code);
		if (c->rule.status[0])
			regfree(&c->status);
		if (c->rule.pattern[0])
			regfree(&c->pattern);
	}
	free(r->list);
	*r = (struct rule_list){0};
}

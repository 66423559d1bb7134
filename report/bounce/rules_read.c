#include "report/bounce/rules_read.h"

#include <stdarg.h>
#include <stdio.h>
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
	int place[COL_COUNT]; /* index of the field, or -1 */
	unsigned n_columns;
	size_t first; /* rule of this text */
	bool own;
	struct err *err;
};

static enum status complain(struct reading *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static enum status complain(struct reading *r, const char *fmt, ...)
{
	char text[ERR_SIZE];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(r->err, ST_FATAL, "%s:%u: %s", r->csv.file, r->csv.line, text);
}

static enum status read_header(struct reading *r)
{
	static const enum column needed[] = {COL_ID, COL_CLASS};
	for (int k = 0; k < COL_COUNT; k++)
		r->place[k] = -1;
	for (unsigned i = 0; i < r->csv.n; i++) {
		int k = 0;
		while (k < COL_COUNT && !ascii_ieq(columns[k], r->csv.fields[i]))
			k++;
		if (k == COL_COUNT)
			return complain(r, "unknown column \"%s\"", r->csv.fields[i]);
		if (r->place[k] >= 0)
			return complain(r, "the column %s stands here twice", columns[k]);
		r->place[k] = (int)i;
	}
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (r->place[needed[i]] < 0)
			return complain(
			    r, "the first line must name the columns; id and class among them");
	r->n_columns = r->csv.n;
	return ST_OK;
}

/* "" when the column is not there. */
static const char *field(const struct reading *r, enum column k)
{
	return r->place[k] < 0 ? "" : r->csv.fields[r->place[k]];
}

/* The whole of the code or the status; somewhere in the text. */
static enum status compile(struct reading *r, enum column k, bool whole, regex_t *out)
{
	const char *text = field(r, k);
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
	return complain(r, "%s: \"%s\": %s", columns[k], text, why);
}

static enum status read_numbers(struct reading *r, struct bounce_rule *rule)
{
	const char *word = field(r, COL_PRIORITY);
	uint64_t n = 500;
	if (word[0] && (!text_to_u64(word, strlen(word), &n) || n == 0 || n > 999))
		return complain(r, "priority: \"%s\" is no number from 1 to 999", word);
	rule->priority = (unsigned)n;
	if (!bounce_class_parse(field(r, COL_CLASS), &rule->class))
		return complain(r, "class: \"%s\" is none (ruascope bounce codes shows them)",
				field(r, COL_CLASS));
	const char *phase = field(r, COL_PHASE);
	int i = PHASE_UNKNOWN + 1;
	while (phase[0] && i < PHASE_COUNT && !ascii_ieq(refusal_phase_names[i], phase))
		i++;
	if (i == PHASE_COUNT)
		return complain(r, "phase: \"%s\" is none of connect, helo, mail, rcpt, data",
				phase);
	rule->phase = phase[0] ? (enum refusal_phase)i : PHASE_UNKNOWN;
	if (rule->advice[0] && !bounce_advice_known(rule->advice))
		return complain(r, "advice: \"%s\" is not known", rule->advice);
	return ST_OK;
}

static enum status check_id(struct reading *r, const char *id)
{
	for (const char *s = id; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '-'))
			return complain(r, "id: \"%s\" has other than a-z, 0-9 and -", id);
	if (!id[0])
		return complain(r, "a rule needs an id");
	for (size_t i = r->first; i < r->out->n; i++)
		if (strcmp(r->out->list[i].rule.id, id) == 0)
			return complain(r, "the id %s stands here twice", id);
	return ST_OK;
}

static enum status read_rule(struct reading *r)
{
	if (r->csv.n != r->n_columns)
		return complain(r, "%u fields, and the first line has %u", r->csv.n, r->n_columns);
	if (r->out->n == BOUNCE_RULES_MAX)
		return complain(r, "more than %d rules", BOUNCE_RULES_MAX);
	struct bounce_rule rule = {.id = field(r, COL_ID),
				   .code = field(r, COL_CODE),
				   .status = field(r, COL_STATUS),
				   .pattern = field(r, COL_PATTERN),
				   .provider = field(r, COL_PROVIDER),
				   .advice = field(r, COL_ADVICE),
				   .source = field(r, COL_SOURCE),
				   .example = field(r, COL_EXAMPLE),
				   .class = CLASS_OTHER,
				   .own = r->own};
	enum status st = read_numbers(r, &rule);
	if (st == ST_OK)
		st = check_id(r, rule.id);
	if (st == ST_OK && !rule.code[0] && !rule.status[0] && !rule.pattern[0])
		st = complain(r, "%s fits everything: code, status or pattern is needed", rule.id);
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

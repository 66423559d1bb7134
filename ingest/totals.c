#include "ingest/totals.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"

char *ingest_clean_utf8(const char *s, size_t max)
{
	struct buf b;
	buf_init(&b, max);
	utf8_repair(&b, s, strlen(s));
	buf_putc(&b, '\0');
	char *out = mem_strdup(b.data ? b.data : "");
	buf_free(&b);
	return out;
}

static void problem_push(struct ingest_totals *t, struct ingest_problem p)
{
	t->problems = MEM_ROOM(t->problems, t->n_problems, t->cap_problems);
	t->problems[t->n_problems++] = p;
}

bool ingest_is_minor(enum outcome o)
{
	return o != OUT_REJECTED && o != OUT_CONFLICT;
}

void ingest_totals_problem(struct ingest_totals *t, const char *source, enum outcome outcome,
			   const char *reason)
{
	if (ingest_is_minor(outcome) && t->n_minor++ >= LIMIT_PROBLEMS)
		return;
	problem_push(t,
		     (struct ingest_problem){.source = ingest_clean_utf8(source, INGEST_SOURCE_MAX),
					     .reason = ingest_clean_utf8(reason, INGEST_REASON_MAX),
					     .outcome = outcome});
}

void ingest_totals_merge(struct ingest_totals *into, struct ingest_totals *from)
{
	into->inputs += from->inputs;
	for (int i = 0; i < OUT_COUNT; i++)
		into->outcomes[i] += from->outcomes[i];
	into->not_reports += from->not_reports;
	into->records += from->records;
	into->messages += from->messages;
	into->later += from->later;
	into->not_moved += from->not_moved;
	for (size_t i = 0; i < from->n_problems; i++) {
		struct ingest_problem *p = &from->problems[i];
		if (ingest_is_minor(p->outcome) && into->n_minor++ >= LIMIT_PROBLEMS) {
			free(p->source);
			free(p->reason);
		} else {
			problem_push(into, *p);
		}
	}
	free(from->problems);
	*from = (struct ingest_totals){0};
}

void ingest_totals_free(struct ingest_totals *t)
{
	for (size_t i = 0; i < t->n_problems; i++) {
		free(t->problems[i].source);
		free(t->problems[i].reason);
	}
	free(t->problems);
	*t = (struct ingest_totals){0};
}

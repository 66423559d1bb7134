#include "cli/intake/summary.h"

#include <string.h>

#include "cli/app/app.h"
#include "core/json.h"
#include "core/log.h"

#define PROBLEM_LINES 20

static void put_count(struct buf *b, uint64_t n, const char *one, const char *many)
{
	put_number(b, n);
	buf_printf(b, " %s", n == 1 ? one : many);
}

static bool is_set_aside(const struct ingest_problem *p)
{
	return p->outcome == OUT_REJECTED || p->outcome == OUT_CONFLICT;
}

/* What a person must look at, always; the rest with -v. */
static void tell_problems(const struct ingest_totals *t)
{
	size_t told = 0;
	uint64_t all = t->outcomes[OUT_REJECTED] + t->outcomes[OUT_CONFLICT];
	for (size_t i = 0; i < t->n_problems; i++) {
		const struct ingest_problem *p = &t->problems[i];
		if (!is_set_aside(p))
			log_info("%s: %s: %s", p->source, outcome_names[p->outcome], p->reason);
		else if (told++ < PROBLEM_LINES)
			log_warn("%s: %s: %s", p->source, outcome_names[p->outcome], p->reason);
	}
	if (told > PROBLEM_LINES)
		log_warn("and %llu more; see `ruascope rejects list`",
			 (unsigned long long)(all - PROBLEM_LINES));
}

void summary_text(const struct ingest_totals *t, double seconds, bool dry)
{
	struct buf b;
	buf_init(&b, 4096);
	put_count(&b, t->inputs, "input: ", "inputs: ");
	put_count(&b, t->outcomes[OUT_STORED], "report", "reports");
	buf_puts(&b, dry ? " would be stored (" : " stored (");
	put_count(&b, t->records, "record", "records");
	buf_puts(&b, ", ");
	put_count(&b, t->messages, "message", "messages");
	buf_puts(&b, "), ");
	put_count(&b, t->outcomes[OUT_DUPLICATE], "duplicate", "duplicates");
	buf_puts(&b, ", ");
	put_count(&b, t->outcomes[OUT_CONFLICT], "conflict", "conflicts");
	buf_puts(&b, ", ");
	put_count(&b, t->outcomes[OUT_REJECTED], "rejected", "rejected");
	buf_puts(&b, ", ");
	put_count(&b, t->not_reports, "input", "inputs");
	buf_printf(&b, " contained no report; %.2f s\n", seconds);
	print_buf(&b);
	buf_free(&b);
	tell_problems(t);
}

static void put_problems(struct json *j, const struct ingest_totals *t)
{
	json_key(j, "problems");
	json_array(j);
	for (size_t i = 0; i < t->n_problems; i++) {
		const struct ingest_problem *p = &t->problems[i];
		json_object(j);
		json_key(j, "source");
		json_string(j, p->source);
		json_key(j, "outcome");
		json_string(j, outcome_names[p->outcome]);
		json_key(j, "reason");
		json_string(j, p->reason);
		json_end(j);
	}
	json_end(j);
}

void summary_json(const struct ingest_totals *t, double seconds)
{
	static const enum outcome reports[] = {OUT_STORED, OUT_DUPLICATE, OUT_CONFLICT,
					       OUT_REJECTED};
	struct buf b;
	struct json j;
	buf_init(&b, SIZE_MAX / 2); /* grows with the problems, which are in memory already */
	json_init(&j, &b);
	json_object(&j);
	json_key(&j, "schema");
	json_string(&j, "ruascope.ingest/1");
	json_key(&j, "inputs");
	json_uint(&j, t->inputs);
	json_key(&j, "reports");
	json_object(&j);
	for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
		json_key(&j, outcome_names[reports[i]]);
		json_uint(&j, t->outcomes[reports[i]]);
	}
	json_end(&j);
	json_key(&j, "not_reports");
	json_uint(&j, t->not_reports);
	json_key(&j, "records");
	json_uint(&j, t->records);
	json_key(&j, "messages");
	json_uint(&j, t->messages);
	json_key(&j, "seconds");
	json_fixed(&j, seconds, 2);
	put_problems(&j, t);
	json_end(&j);
	buf_putc(&b, '\n');
	print_buf(&b);
	buf_free(&b);
}

#include "report/render/todo.h"

#include <string.h>

#include "dns/spf/spf.h"
#include "report/render/table.h"

const char *const reading_words[READING_COUNT] = {
    [READING_MISSING] = "yours",
    [READING_FORGED] = "spoofed",
    [READING_FORWARDED] = "unsigned mail of yours, forwarded",
    [READING_SWITCHED_OFF] = "yours, and switched off on purpose",
    [READING_STRANGER] = "no longer yours: another owner has the address",
};

const char *const evidence_side_words[SIDE_COUNT] = {
    [SIDE_YOURS] = "Speaks for yours",
    [SIDE_FORWARDED] = "Speaks for forwarded",
    [SIDE_NOT_FORWARDED] = "Speaks against forwarded",
    [SIDE_SPOOFED] = "Speaks for spoofed",
    [SIDE_NOTE] = "Also seen",
};

#define REFUSED_SHOWN 5

void put_refused_words(struct buf *text, const struct domain_inventory *d)
{
	uint64_t more = 0;
	for (size_t i = 0; i < d->n_refused; i++) {
		const struct refused *r = &d->refused[i];
		if (i >= REFUSED_SHOWN) {
			more += r->messages;
			continue;
		}
		buf_printf(text, "%s%s", i ? "; " : "Refused mail: ", r->text);
		if (r->sender)
			buf_printf(text, ", of %s", r->sender);
	}
	if (more > 0) {
		buf_puts(text, "; ");
		put_count(text, more);
		buf_puts(text, " more for other reasons or elsewhere");
	}
	if (d->n_refused > 0)
		buf_puts(text, " (`ruascope bounce list`).");
}

enum evidence_side evidence_side(const struct evidence *e)
{
	switch (e->code[0]) {
	case 'L':
		return SIDE_YOURS;
	case 'S':
		return SIDE_SPOOFED;
	case 'F':
		return e->weight < 0 ? SIDE_NOT_FORWARDED : SIDE_FORWARDED;
	default:
		return SIDE_NOTE;
	}
}

bool evidence_repeats(const struct sender *s, const struct evidence *e)
{
	if (strcmp(e->code, "L_FCRDNS") != 0)
		return false;
	for (unsigned i = 0; i < s->n_evidence; i++)
		if (strcmp(s->evidence[i].code, "L_OWN_FCRDNS") == 0)
			return true;
	return false;
}

enum evidence_side category_side(enum category c)
{
	switch (c) {
	case CAT_FORWARDER:
		return SIDE_FORWARDED;
	case CAT_UNAUTHORIZED:
		return SIDE_SPOOFED;
	case CAT_SUSPECT_ABUSE:
	case CAT_UNKNOWN:
		return SIDE_NOTE;
	default:
		return SIDE_YOURS;
	}
}

#define FAILING_LEAST 20 /* messages ... */
#define FAILING_SHARE 2  /* ... and per cent of what your own senders send */

void put_todo_nothing(struct buf *out, const struct domain_inventory *d)
{
	uint64_t failing = d->sums.own - d->sums.own_pass;
	if (d->todo->hidden)
		buf_puts(out, "Nothing of this category to act on.");
	else if (failing < FAILING_LEAST || 100 * failing < FAILING_SHARE * d->sums.own)
		buf_puts(out, "Nothing to act on.");
	else
		buf_printf(out,
			   "No record to change. But %llu of %llu messages of your own senders "
			   "fail DMARC.",
			   (unsigned long long)failing, (unsigned long long)d->sums.own);
}

void put_todo_verdict(struct buf *out, const struct domain_inventory *d)
{
	size_t n = todo_count(d->todo);
	if (!inventory_is_judged(d))
		buf_puts(out, "Not judged: DNS did not answer.");
	else if (n == 0)
		put_todo_nothing(out, d);
	else
		buf_printf(out, "%zu thing%s to do.", n, n == 1 ? "" : "s");
}

const char *todo_unjudged(const struct domain_inventory *d)
{
	return d->dns ? "Whether a DMARC record is published could not be asked (_dmarc): what "
			"stands here is the rest, and nothing is green."
		      : "Without it nothing is said of who may send, or of any record.";
}

void put_no_reports(struct buf *out, const struct domain_inventory *d)
{
	buf_puts(out, "No reports in this period. ");
	if (!d->dns || !d->policy_known)
		buf_puts(out, "DNS did not say where they go.");
	else if (d->rua)
		buf_printf(out, "They go to %s.", d->rua);
	else
		buf_puts(out, d->has_policy ? "Its DMARC record has no rua: nobody sends any."
					    : "It has no DMARC record: nobody sends any.");
}

static bool same_record(const struct record_change *a, const struct record_change *b)
{
	return a && b && strcmp(a->name, b->name) == 0 && strcmp(a->after, b->after) == 0;
}

size_t todo_record_at(const struct todo_list *list, size_t i)
{
	size_t k = 0;
	while (k < i && !same_record(list->list[k].record, list->list[i].record))
		k++;
	return k;
}

void put_change_cost(struct buf *out, const struct record_change *c)
{
	if (strncmp(c->after, "v=spf1", 6) != 0)
		return;
	buf_printf(out,
		   "%u of %d lookups (now %u), %zu octets. Only mail with an envelope sender "
		   "(MAIL FROM) @%s is affected.",
		   c->lookups_after, SPF_LOOKUP_LIMIT, c->lookups_before, strlen(c->after),
		   c->name);
}

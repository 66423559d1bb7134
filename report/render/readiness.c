#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "core/text.h"
#include "report/readiness/readiness.h"
#include "report/remedy/spf_edit.h"
#include "report/render/render.h"
#include "report/render/table.h"
#include "report/render/todo.h"

#define TITLE_WIDTH 48
#define LOSERS_MAX  10

/* What a person decides first stands above what is said of the rest. */
static const char *open_sentence(const struct readiness *r)
{
	bool asked = false, abuse = false, in_force = r->dmarc.policy == POLICY_REJECT;
	for (size_t i = 0; i < r->inventory->todo->n; i++) {
		asked = asked || r->inventory->todo->list[i].kind == TODO_QUESTION;
		abuse = abuse || r->inventory->todo->list[i].kind == TODO_ABUSE;
	}
	if (abuse)
		return in_force ? "p=reject is in force, and there is SUSPECTED ABUSE to look into."
				: "WAIT with p=reject: there is SUSPECTED ABUSE to look into.";
	if (asked)
		return in_force ? "p=reject is in force, and questions are OPEN."
				: "WAIT with p=reject: questions are OPEN.";
	return NULL;
}

const char *readiness_sentence(const struct readiness *r)
{
	if (r->dns_failed)
		return "NOT JUDGED: DNS did not answer.";
	if (r->does_not_exist)
		return "DOES NOT EXIST: DNS knows no such name.";
	switch (r->verdict) {
	case VERDICT_READY:
		if (!r->parked)
			return "READY for p=reject.";
		return r->checks[CHECK_D1].status == CHECK_PASS &&
			       r->checks[CHECK_D2].status == CHECK_PASS
			   ? "READY: non-sending domain, correctly locked down."
			   : "READY: non-sending domain, locked down; its DMARC record has a "
			     "fault.";
	case VERDICT_WARNINGS:
		if (open_sentence(r))
			return open_sentence(r);
		return r->parked ? "READY WITH WARNINGS: non-sending domain, not fully locked down."
				 : "READY WITH WARNINGS for p=reject.";
	case VERDICT_NOT_READY:
		return "NOT READY for p=reject.";
	default:
		return "TOO LITTLE DATA to judge.";
	}
}

static const char *colour_of(enum check_status s)
{
	return s == CHECK_PASS   ? "\033[32m"
	       : s == CHECK_FAIL ? "\033[31m"
	       : s == CHECK_WARN ? "\033[33m"
				 : "";
}

/* A cell that may take more lines than one. */
static void put_check(struct buf *out, const struct text_style *style, const struct check *c)
{
	bool colour = style->colour && *colour_of(c->status);
	buf_puts(out, "  ");
	if (colour)
		buf_puts(out, colour_of(c->status));
	put_text_cell(out, style, check_status_names[c->status], 7, true);
	if (colour)
		buf_puts(out, "\033[0m");
	buf_printf(out, " %-4s", c->id);
	put_text_cell(out, style, c->title, TITLE_WIDTH, true);
	buf_putc(out, ' ');
	put_clean_wrapped(out, style, c->value, 15 + TITLE_WIDTH, 15 + TITLE_WIDTH);
	put_line_end(out);
}

/* ---- what blocks ---- */

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool tells(const struct todo *t, enum check_id id)
{
	switch (id) {
	case CHECK_A1:
	case CHECK_A2:
		return t->kind == TODO_OWN_FAILING || t->kind == TODO_OWN_REFUSED;
	case CHECK_A3:
		return t->kind == TODO_OWN_FAILING || t->kind == TODO_OWN_REFUSED ||
		       t->kind == TODO_QUESTION;
	case CHECK_A4:
		return t->kind == TODO_QUESTION;
	case CHECK_A5:
		return t->kind == TODO_DUTY;
	case CHECK_D1:
	case CHECK_D2:
		return begins(t->id, "rua:") || begins(t->id, "dmarc:");
	case CHECK_D3:
		return begins(t->id, "dmarc:") && strstr(t->text, "weaker than p");
	case CHECK_D4:
		return begins(t->id, "spf:") && t->kind == TODO_ZONE_FAULT;
	case CHECK_D6:
		return begins(t->id, "key:");
	case CHECK_D7:
		return begins(t->id, "strict:");
	case CHECK_A6:
		return strcmp(t->id, "lists") == 0;
	default:
		return false;
	}
}

size_t readiness_told_by(const struct readiness *r, enum check_id id)
{
	const struct todo_list *todo = r->inventory->todo;
	for (size_t i = 0; i < todo->n; i++)
		if (tells(&todo->list[i], id))
			return i + 1;
	return 0;
}

/* Several lines about one thing are one. */
static void put_told(struct buf *out, const struct readiness *r, enum check_status status)
{
	for (size_t n = 1; n <= r->inventory->todo->n; n++) {
		bool any = false;
		for (int i = 0; i < CHECK_COUNT; i++) {
			if (r->checks[i].status != status ||
			    readiness_told_by(r, (enum check_id)i) != n)
				continue;
			buf_printf(out, "%s%s", any ? ", " : "  ", r->checks[i].id);
			any = true;
		}
		if (any)
			buf_printf(out, ": see %zu in the list above\n", n);
	}
}

static void put_found(struct buf *out, const struct text_style *style, const struct check *c)
{
	struct buf text;
	buf_init(&text, 64 * 1024);
	buf_printf(&text, "%s: %s%s%s", c->title, c->value, c->limit[0] ? ", wanted " : "",
		   c->limit);
	buf_printf(out, "  %-4s ", c->id);
	put_clean_wrapped(out, style, text.data, 7, 7);
	put_line_end(out);
	put_spaces(out, 7);
	buf_free(&text);
}

static void put_blocking(struct buf *out, const struct text_style *style, const struct readiness *r)
{
	static const enum check_status wanted[] = {CHECK_FAIL, CHECK_WARN};
	static const char *const heads[] = {"\nBlocking:\n", "\nWarnings:\n"};
	for (int w = 0; w < 2; w++) {
		bool any = false;
		for (int i = 0; i < CHECK_COUNT; i++)
			any = any || r->checks[i].status == wanted[w];
		if (!any)
			continue;
		buf_puts(out, heads[w]);
		put_told(out, r, wanted[w]);
		for (int i = 0; i < CHECK_COUNT; i++) {
			const struct check *c = &r->checks[i];
			if (c->status != wanted[w] || readiness_told_by(r, (enum check_id)i) > 0)
				continue;
			put_found(out, style, c);
			put_clean_wrapped(out, style, c->text, 7, 7);
			put_line_end(out);
		}
	}
}

/* ---- what would be refused ---- */

const char *const fate_words[FATE_COUNT] = {"legitimate", "forwarded", "unknown", "spoofed"};

static void put_projection(struct buf *out, const struct projection *p)
{
	buf_puts(out, "\nWith p=reject receivers would have refused, of ");
	put_count(out, p->messages);
	buf_printf(out, " messages:\n%36s%14s\n", "at most", "expected");
	for (int f = 0; f < FATE_COUNT; f++) {
		buf_printf(out, "  %-20s", fate_words[f]);
		put_count_cell(out, p->would_reject[f], 14);
		put_count_cell(out, p->expected[f], 14);
		buf_putc(out, '\n');
	}
}

struct loser {
	uint64_t lost;
	size_t at;
};

static int most_lost_first(const void *x, const void *y)
{
	const struct loser *a = x, *b = y;
	return a->lost != b->lost ? (a->lost < b->lost) - (a->lost > b->lost)
				  : (a->at > b->at) - (a->at < b->at);
}

size_t *readiness_losers(const struct readiness *r, size_t *n)
{
	const struct domain_inventory *d = r->inventory;
	struct loser *list = mem_alloc((d->n_senders + 1) * sizeof *list);
	size_t *out = mem_alloc((d->n_senders + 1) * sizeof *out);
	*n = 0;
	for (size_t i = 0; i < d->n_senders; i++) {
		enum category c = d->senders[i].verdict.category;
		if (r->projection.of_sender[i] > 0 && c != CAT_UNAUTHORIZED &&
		    c != CAT_SUSPECT_ABUSE)
			list[(*n)++] = (struct loser){r->projection.of_sender[i], i};
	}
	qsort(list, *n, sizeof *list, most_lost_first);
	for (size_t i = 0; i < *n; i++)
		out[i] = list[i].at;
	free(list);
	return out;
}

static void put_losers(struct buf *out, const struct text_style *style, const struct readiness *r)
{
	size_t n, *losers = readiness_losers(r, &n);
	uint64_t more = 0;
	buf_puts(out, n > 0 ? "Senders that would lose mail:\n" : "");
	for (size_t i = 0; i < n; i++) {
		const struct sender *s = &r->inventory->senders[losers[i]];
		uint64_t lost = r->projection.of_sender[losers[i]];
		char day[DAY_STRLEN];
		if (i >= LOSERS_MAX) {
			more += lost;
			continue;
		}
		buf_puts(out, "  ");
		put_name_cell(out, style, s->name, 2, 34);
		buf_putc(out, ' ');
		put_text_cell(out, style, category_words[s->verdict.category], 18, true);
		put_count_cell(out, lost, 12);
		if (s->change == CHANGE_GONE)
			buf_printf(out, " until %s", day_format(s->last_day, day));
		put_line_end(out);
	}
	if (n > LOSERS_MAX) {
		buf_printf(out, "  and %zu more, ", n - LOSERS_MAX);
		put_count(out, more);
		buf_printf(out, " message%s (see -f json)\n", more == 1 ? "" : "s");
	}
	free(losers);
}

/* Mail from names below the domain, and what would become of it. */
static void put_subdomains(struct buf *out, const struct text_style *style,
			   const struct projection *p)
{
	if (p->n_subdomains == 0)
		return;
	buf_printf(out, "Subdomains, and the policy they would get (sp and np unchanged):\n%67s\n",
		   "failing");
	for (size_t i = 0; i < p->n_subdomains; i++) {
		const struct subdomain *s = p->subdomains[i];
		buf_puts(out, "  ");
		put_name_cell(out, style, s->name, 2, 34);
		buf_putc(out, ' ');
		put_text_cell(out, style, subdomain_policy(s), 18, true);
		put_count_cell(out, subdomain_failing(s), 12);
		put_line_end(out);
	}
	if (p->more_subdomains)
		buf_printf(out, "  and %zu more names, counted as if refused\n",
			   p->more_subdomains);
}

static void put_not_observed(struct buf *out, const struct text_style *style,
			     const struct readiness *r)
{
	struct buf text;
	if (r->n_not_observed == 0)
		return;
	buf_init(&text, 64 * 1024);
	for (size_t i = 0; i < r->n_not_observed; i++)
		buf_printf(&text, "%s%s",
			   i ? ", " : "Seen before, and not in this window: ", r->not_observed[i]);
	if (r->all_not_observed > r->n_not_observed)
		buf_printf(&text, " and %zu more", r->all_not_observed - r->n_not_observed);
	buf_puts(&text, ".");
	buf_putc(out, '\n');
	put_clean_wrapped(out, style, text.data, 0, 0);
	put_line_end(out);
	buf_free(&text);
}

/* ---- what to publish ---- */

static void put_record_now(struct buf *out, const struct readiness *r)
{
	if (!r->dmarc.record.text)
		return;
	buf_puts(out, "    now:  _dmarc.");
	text_terminal(out, r->dmarc.at, strlen(r->dmarc.at));
	buf_puts(out, ". TXT \"");
	text_terminal(out, r->dmarc.record.text, strlen(r->dmarc.record.text));
	buf_puts(out, "\"\n");
}

static void put_next(struct buf *out, const struct text_style *style, const struct readiness *r)
{
	char day[DAY_STRLEN];
	buf_puts(out, "\nNext:");
	put_clean_wrapped(out, style, r->next.text, 5, 0);
	put_line_end(out);
	put_record_now(out, r);
	if (r->next.record) {
		struct buf quoted;
		buf_init(&quoted, 64 * 1024);
		spf_edit_quote(&quoted, r->next.record);
		buf_printf(out, "    new:  _dmarc.%s. TXT ", r->domain);
		text_terminal(out, quoted.data, quoted.len);
		buf_puts(out, "\n");
		buf_free(&quoted);
	}
	buf_printf(out, "    look again on %s\n", day_format(r->next.again, day));
}

/* A domain without data: a sentence, and where its reports go. */
static void put_nothing(struct buf *out, const struct text_style *style, const struct readiness *r)
{
	struct buf text;
	buf_init(&text, 64 * 1024);
	put_no_reports(&text, r->inventory);
	put_clean_wrapped(out, style, text.data, 0, 0);
	put_line_end(out);
	buf_free(&text);
}

void render_readiness_text(const struct readiness *r, const struct text_style *style,
			   struct buf *out)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	bool empty = r->inventory->reports == 0;
	put_text_cell(out, style, r->domain, 200, false);
	buf_printf(out, ": %s\n%s to %s, p=%s%s\n", readiness_sentence(r),
		   day_format(r->window.since, since), day_format(r->window.until - 1, until),
		   r->dmarc.policy ? published_policy_names[r->dmarc.policy] : "(no record)",
		   r->dmarc.record.testing ? " in test mode" : "");
	if (empty)
		put_nothing(out, style, r);
	if (r->inventory->todo->n > 0) {
		buf_puts(out,
			 todo_count(r->inventory->todo) > 0 ? "\nTo do, worst first:\n" : "\n");
		put_todo_text(out, style, r->inventory);
	}
	if (empty && !r->parked) { /* of nothing nothing can be said but what to publish */
		put_next(out, style, r);
		return;
	}
	put_blocking(out, style, r);
	if (!empty) {
		put_projection(out, &r->projection);
		put_losers(out, style, r);
		put_subdomains(out, style, &r->projection);
		put_not_observed(out, style, r);
	}
	put_next(out, style, r);
	buf_puts(out, "\nEvery check:\n");
	for (int i = 0; i < CHECK_COUNT; i++)
		put_check(out, style, &r->checks[i]);
}

/* A domain that reports have ceased of: that is news, and the numbers beside it are none. */
static void put_silence(struct buf *out, const struct readiness *r)
{
	char day[DAY_STRLEN];
	if (r->newest_report && r->newest_report < r->window.since)
		buf_printf(out, "  no reports since %s", day_format(r->newest_report, day));
}

static const char *verdict_words(const struct readiness *r)
{
	static const char *const words[] = {"ready", "warnings", "not ready", "too little data"};
	return r->dns_failed       ? "not judged"
	       : r->does_not_exist ? "no such name"
				   : words[r->verdict];
}

void render_readiness_summary(const struct readiness *all, size_t n, const struct text_style *style,
			      struct buf *out)
{
	buf_puts(out, "Domain                           Verdict          Policy      Fail Warn  "
		      "Would lose\n");
	for (size_t i = 0; i < n; i++) {
		const struct readiness *r = &all[i];
		unsigned fail = 0, warn = 0;
		for (int k = 0; k < CHECK_COUNT; k++) {
			fail += r->checks[k].status == CHECK_FAIL;
			warn += r->checks[k].status == CHECK_WARN;
		}
		put_name_cell(out, style, r->domain, 0, 32);
		buf_printf(out, " %-16s %-11s %4u %4u", verdict_words(r),
			   r->dmarc.policy ? published_policy_names[r->dmarc.policy] : "-", fail,
			   warn);
		put_count_cell(out, r->projection.would_reject[FATE_LEGIT], 12);
		put_silence(out, r);
		put_line_end(out);
	}
}

#include <string.h>

#include "core/day.h"
#include "core/json.h"
#include "core/text.h"
#include "report/readiness/readiness.h"
#include "report/remedy/spf_edit.h"
#include "report/render/render.h"
#include "report/render/table.h"
#include "report/render/todo.h"

#define TITLE_WIDTH 46
#define VALUE_WIDTH 26

static const char *verdict_sentence(const struct readiness *r)
{
	switch (r->verdict) {
	case VERDICT_READY:
		return r->parked ? "READY: the domain sends no mail, and says so."
				 : "READY for p=reject.";
	case VERDICT_WARNINGS:
		return r->parked ? "PARKED, not fully protected."
				 : "READY WITH WARNINGS: look at what is marked.";
	case VERDICT_NOT_READY:
		return "NOT READY for p=reject.";
	default:
		return "TOO LITTLE DATA to say.";
	}
}

static const char *colour_of(enum check_status s)
{
	return s == CHECK_PASS   ? "\033[32m"
	       : s == CHECK_FAIL ? "\033[31m"
	       : s == CHECK_WARN ? "\033[33m"
				 : "";
}

static void put_clean(struct buf *out, const char *s, size_t width)
{
	struct buf clean;
	buf_init(&clean, 256 * 1024);
	text_terminal(&clean, s, strlen(s));
	for (size_t i = 0; i < clean.len; i++)
		if ((unsigned char)clean.data[i] >= 0x80)
			clean.data[i] = '?';
	put_wrapped(out, clean.data ? clean.data : "", 7, 7, width);
	buf_free(&clean);
}

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
	put_text_cell(out, style, c->value, VALUE_WIDTH, true);
	put_line_end(out);
}

static void put_blocking(struct buf *out, const struct text_style *style, const struct readiness *r)
{
	static const enum check_status wanted[] = {CHECK_FAIL, CHECK_WARN};
	static const char *const heads[] = {"\nBlocking:\n", "\nTo look at:\n"};
	for (int w = 0; w < 2; w++) {
		bool any = false;
		for (int i = 0; i < CHECK_COUNT; i++) {
			const struct check *c = &r->checks[i];
			if (c->status != wanted[w])
				continue;
			if (!any)
				buf_puts(out, heads[w]);
			any = true;
			buf_printf(out, "  %-4s ", c->id);
			put_text_cell(out, style, c->title, TITLE_WIDTH, false);
			buf_puts(out, ": ");
			put_text_cell(out, style, c->value, VALUE_WIDTH, false);
			buf_puts(out, c->limit[0] ? ", wanted " : "");
			buf_puts(out, c->limit);
			buf_puts(out, "\n       ");
			put_clean(out, c->text, style->width < 80 ? 80 : style->width);
			put_line_end(out);
		}
	}
}

static void put_projection(struct buf *out, const struct projection *p)
{
	static const char *const words[FATE_COUNT] = {"legitimate", "forwarded", "unknown",
						      "of forgers"};
	buf_puts(out, "\nWith p=reject in this window, of ");
	put_count(out, p->messages);
	buf_puts(out, " messages receivers would have refused at most (and probably):\n");
	for (int f = 0; f < FATE_COUNT; f++) {
		buf_printf(out, "  %-11s ", words[f]);
		put_count_cell(out, p->would_reject[f], 12);
		buf_puts(out, " (");
		put_count(out, p->expected[f]);
		buf_puts(out, ")\n");
	}
}

/* Senders of ours, and forwarders, whose mail would be refused; most first. */
static void put_losers(struct buf *out, const struct text_style *style, const struct readiness *r)
{
	size_t shown = 0;
	for (size_t i = 0; i < r->inventory->n_senders && shown < 10; i++) {
		const struct sender *s = &r->inventory->senders[i];
		uint64_t lost = r->projection.of_sender[i];
		if (lost == 0 || s->verdict.category == CAT_UNAUTHORIZED ||
		    s->verdict.category == CAT_SUSPECT_ABUSE)
			continue;
		if (shown++ == 0)
			buf_puts(out, "Senders that would lose mail:\n");
		buf_puts(out, "  ");
		put_text_cell(out, style, s->name, 34, true);
		buf_putc(out, ' ');
		put_text_cell(out, style, category_words[s->verdict.category], 18, true);
		put_count_cell(out, lost, 12);
		put_line_end(out);
	}
}

/* Mail from names below the domain, and what would become of it. */
static void put_subdomains(struct buf *out, const struct text_style *style,
			   const struct projection *p)
{
	if (p->n_subdomains == 0)
		return;
	buf_puts(out,
		 "Below the domain, and what applies there while sp and np stay:      fails\n");
	for (size_t i = 0; i < p->n_subdomains; i++) {
		const struct subdomain *s = p->subdomains[i];
		buf_puts(out, "  ");
		put_text_cell(out, style, s->name, 34, true);
		buf_putc(out, ' ');
		put_text_cell(out, style, subdomain_policy(s), 18, true);
		put_count_cell(out, subdomain_failing(s), 12);
		put_line_end(out);
	}
	if (p->more_subdomains)
		buf_printf(out, "  and %zu more names, counted as if refused\n",
			   p->more_subdomains);
}

static void put_next(struct buf *out, const struct text_style *style, const struct readiness *r)
{
	char day[DAY_STRLEN];
	buf_puts(out, "\nNext: ");
	put_clean(out, r->next.text, style->width < 80 ? 80 : style->width);
	put_line_end(out);
	if (r->dmarc.record.text) {
		buf_puts(out, "    now:  _dmarc.");
		text_terminal(out, r->dmarc.at, strlen(r->dmarc.at));
		buf_puts(out, ". TXT \"");
		text_terminal(out, r->dmarc.record.text, strlen(r->dmarc.record.text));
		buf_puts(out, "\"\n");
	}
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

void render_readiness_text(const struct readiness *r, const struct text_style *style,
			   struct buf *out)
{
	char since[DAY_STRLEN], until[DAY_STRLEN];
	put_text_cell(out, style, r->domain, 60, false);
	buf_printf(out, ": %s\n%s to %s, p=%s%s\n", verdict_sentence(r),
		   day_format(r->window.since, since), day_format(r->window.until - 1, until),
		   r->dmarc.policy ? published_policy_names[r->dmarc.policy] : "(no record)",
		   r->dmarc.record.testing ? " in test mode" : "");
	if (r->inventory->todo->n > 0) {
		buf_puts(out, "\nTo do, worst first:\n");
		put_todo_text(out, style, r->inventory->todo);
	}
	put_blocking(out, style, r);
	put_projection(out, &r->projection);
	put_losers(out, style, r);
	put_subdomains(out, style, &r->projection);
	for (size_t i = 0; i < r->n_not_observed; i++) {
		buf_puts(out, i ? ", " : "\nNot observed in this window, though seen before: ");
		put_text_cell(out, style, r->not_observed[i], 60, false);
	}
	if (r->n_not_observed)
		buf_puts(out, "\n");
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

void render_readiness_summary(const struct readiness *all, size_t n, const struct text_style *style,
			      struct buf *out)
{
	buf_puts(out, "Domain                                   Verdict             Policy       "
		      "Fail Warn  Would lose\n");
	for (size_t i = 0; i < n; i++) {
		const struct readiness *r = &all[i];
		unsigned fail = 0, warn = 0;
		for (int k = 0; k < CHECK_COUNT; k++) {
			fail += r->checks[k].status == CHECK_FAIL;
			warn += r->checks[k].status == CHECK_WARN;
		}
		put_text_cell(out, style, r->domain, 40, true);
		buf_printf(out, " %-19s %-12s %4u %4u", verdict_names[r->verdict],
			   r->dmarc.policy ? published_policy_names[r->dmarc.policy] : "-", fail,
			   warn);
		put_count_cell(out, r->projection.would_reject[FATE_LEGIT], 12);
		put_silence(out, r);
		put_line_end(out);
	}
}

/* ---- JSON ---- */

static void member(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_string(j, value);
}

static void put_fates(struct json *j, const char *key, const uint64_t v[FATE_COUNT])
{
	json_key(j, key);
	json_object(j);
	for (int f = 0; f < FATE_COUNT; f++) {
		json_key(j, fate_names[f]);
		json_uint(j, v[f]);
	}
	json_end(j);
}

static void put_senders(struct json *j, const struct readiness *r)
{
	json_key(j, "senders");
	json_array(j);
	for (size_t i = 0; i < r->inventory->n_senders; i++) {
		const struct sender *s = &r->inventory->senders[i];
		uint64_t lost = r->projection.of_sender[i];
		if (lost == 0)
			continue;
		json_object(j);
		member(j, "sender", s->name);
		member(j, "key", s->key);
		member(j, "category", category_names[s->verdict.category]);
		json_key(j, "messages");
		json_uint(j, s->t.messages);
		json_key(j, "would_reject");
		json_uint(j, lost);
		json_end(j);
	}
	json_end(j);
}

static void put_names(struct json *j, const struct projection *p)
{
	json_key(j, "subdomains");
	json_array(j);
	for (size_t i = 0; i < p->n_subdomains; i++) {
		const struct subdomain *s = p->subdomains[i];
		json_object(j);
		member(j, "domain", s->name);
		member(j, "policy", s->by ? published_policy_names[s->policy] : NULL);
		member(j, "by", s->by ? policy_tag_names[s->by] : NULL);
		json_key(j, "messages");
		json_uint(j, s->messages);
		put_fates(j, "failing", s->failing);
		json_end(j);
	}
	json_end(j);
	json_key(j, "more_subdomains");
	json_uint(j, p->more_subdomains);
}

static void put_checks(struct json *j, const struct readiness *r)
{
	json_key(j, "checks");
	json_array(j);
	for (int i = 0; i < CHECK_COUNT; i++) {
		const struct check *c = &r->checks[i];
		json_object(j);
		member(j, "id", c->id);
		member(j, "title", c->title);
		member(j, "status", check_status_names[c->status]);
		member(j, "value", c->value);
		member(j, "limit", c->limit);
		member(j, "text", c->text);
		json_end(j);
	}
	json_end(j);
}

void render_readiness_json(const struct readiness *r, struct buf *out)
{
	char day[DAY_STRLEN];
	struct json j;
	json_init(&j, out);
	json_object(&j);
	member(&j, "schema", "ruascope.readiness/1");
	member(&j, "domain", r->domain);
	member(&j, "since", day_format(r->window.since, day));
	member(&j, "until", day_format(r->window.until, day));
	member(&j, "verdict", verdict_names[r->verdict]);
	json_key(&j, "parked");
	json_bool(&j, r->parked);
	json_key(&j, "policy");
	json_object(&j);
	member(&j, "p", r->dmarc.policy ? published_policy_names[r->dmarc.policy] : NULL);
	member(&j, "record", r->dmarc.record.text);
	json_end(&j);
	put_checks(&j, r);
	put_todo_json(&j, !r->dns_failed, r->inventory->todo);
	json_key(&j, "projection");
	json_object(&j);
	json_key(&j, "messages");
	json_uint(&j, r->projection.messages);
	put_fates(&j, "would_reject", r->projection.would_reject);
	put_fates(&j, "expected", r->projection.expected);
	put_senders(&j, r);
	put_names(&j, &r->projection);
	json_end(&j);
	json_key(&j, "not_observed");
	json_array(&j);
	for (size_t i = 0; i < r->n_not_observed; i++)
		json_string(&j, r->not_observed[i]);
	json_end(&j);
	json_key(&j, "next_step");
	json_object(&j);
	member(&j, "record", r->next.record);
	member(&j, "text", r->next.text);
	member(&j, "look_again", day_format(r->next.again, day));
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

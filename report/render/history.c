/* A domain's road, month by month: text and JSON. */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/json.h"
#include "core/judgement.h"
#include "report/render/overview.h"
#include "report/render/table.h"

static void put_share(struct buf *out, const struct judged_remedy *r)
{
	if (r->messages == 0) {
		buf_puts(out, "no mail of its senders since then");
		return;
	}
	put_percent_cell(out, r->passed, r->messages, 1, 1);
	buf_puts(out, " of ");
	put_count(out, r->messages);
	buf_puts(out, r->messages == 1 ? " message passes" : " messages pass");
}

void render_remedy(const struct judged_remedy *r, struct buf *out)
{
	char offered[DAY_STRLEN], seen[DAY_STRLEN], since[DAY_STRLEN];
	buf_printf(out, "offered %s", day_format(r->offered, offered));
	if (r->state == OFFER_WITHDRAWN)
		buf_printf(out, "; no longer advised since %s", day_format(r->since, since));
	if (r->seen == NO_DAY)
		return;
	buf_printf(out, "; published %s; ", day_format(r->seen, seen));
	if (r->state == OFFER_INEFFECTIVE)
		buf_puts(out, "without effect: ");
	else if (r->messages > 0)
		buf_puts(out, "since then ");
	if (r->senders[0])
		put_share(out, r);
	else
		buf_puts(out, "done");
}

/* ---- text ---- */

static const char *verdict_words(const char *verdict)
{
	return strcmp(verdict, "not_ready") == 0           ? "not ready"
	       : strcmp(verdict, "insufficient_data") == 0 ? "too little"
							   : verdict;
}

static void put_month(const struct history_month *m, struct buf *out)
{
	char month[DAY_STRLEN];
	buf_printf(out, "%s", month_format(m->month, month));
	put_count_cell(out, m->messages, 14);
	put_count_cell(out, m->own, 14);
	put_percent_cell(out, m->own_pass, m->own, 9, 1);
	put_count_cell(out, m->forged, 12);
	buf_printf(out, "  %-10s  %s", m->p ? m->p : "-", verdict_words(m->verdict));
	put_line_end(out);
}

static void put_said(struct buf *out, const struct text_style *style, const char *sign,
		     const struct dns_said *said)
{
	for (size_t i = 0; i < said->n; i++) {
		buf_printf(out, "  %s ", sign);
		put_clean_wrapped(out, style, said->records[i], 4, 4);
		buf_putc(out, '\n');
	}
	if (said->n == 0)
		buf_printf(out, "  %s (none)\n", sign);
}

static void put_change(struct buf *out, const struct text_style *style, const struct dns_change *c)
{
	char day[DAY_STRLEN];
	buf_printf(out, "%s  %s  ", day_format(day_from_unix(c->seen_at), day), c->type);
	put_clean_wrapped(out, style, c->name, 17, 17);
	buf_putc(out, '\n');
	put_said(out, style, "-", &c->before);
	put_said(out, style, "+", &c->after);
}

static void put_remedy(struct buf *out, const struct text_style *style,
		       const struct judged_remedy *r)
{
	struct buf b;
	put_clean_wrapped(out, style, r->name, 0, 0);
	buf_puts(out, "\n  ");
	put_clean_wrapped(out, style, r->edit, 2, 2);
	buf_puts(out, "\n  ");
	buf_init(&b, 4096);
	render_remedy(r, &b);
	put_clean_wrapped(out, style, b.data, 2, 2);
	buf_free(&b);
	buf_putc(out, '\n');
}

void render_taken_text(const struct judged_remedy *list, size_t n, const struct text_style *style,
		       struct buf *out)
{
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		if (list[i].seen == NO_DAY)
			continue;
		buf_puts(out, any ? "" : "\nRecords that were offered, and are published by now\n");
		put_remedy(out, style, &list[i]);
		any = true;
	}
}

void render_history_text(const struct history *h, const struct text_style *style, struct buf *out)
{
	put_clean_wrapped(out, style, h->domain, 0, 0);
	buf_puts(out, "\n\nMonth        Messages      Own mail     Pass     Spoofed  Policy      "
		      "Verdict\n");
	for (size_t i = 0; i < h->n_months; i++)
		put_month(&h->months[i], out);
	if (h->n_changes > 0)
		buf_puts(out, "\nChanges in DNS\n");
	for (size_t i = h->n_changes; i-- > 0;)
		put_change(out, style, &h->changes[i]);
	if (h->n_remedies > 0)
		buf_puts(out, "\nRecords that were offered\n");
	for (size_t i = 0; i < h->n_remedies; i++)
		put_remedy(out, style, &h->remedies[i]);
	if (h->n_events > 0)
		buf_puts(out, "\nEvents\n");
	render_events_text(h->events, h->n_events, style, out);
}

/* ---- JSON ---- */

static void put_day(struct json *j, const char *key, int32_t day)
{
	char text[DAY_STRLEN];
	json_key(j, key);
	json_string(j, day == NO_DAY ? NULL : day_format(day, text));
}

static void put_records(struct json *j, const char *key, const struct dns_said *said)
{
	json_key(j, key), json_array(j);
	for (size_t i = 0; i < said->n; i++)
		json_string(j, said->records[i]);
	json_end(j);
}

static void changes_json(struct json *j, const struct history *h, int32_t month)
{
	json_key(j, "dns_changes"), json_array(j);
	for (size_t i = 0; i < h->n_changes; i++) {
		const struct dns_change *c = &h->changes[i];
		int32_t day = day_from_unix(c->seen_at);
		if (month_of_day(day) != month)
			continue;
		json_object(j);
		json_key(j, "name"), json_string(j, c->name);
		json_key(j, "type"), json_string(j, c->type);
		put_day(j, "seen", day);
		put_records(j, "before", &c->before);
		put_records(j, "after", &c->after);
		json_key(j, "fault"), json_string(j, c->after.fault);
		json_end(j);
	}
	json_end(j);
}

void remedy_members(struct json *j, const struct judged_remedy *r)
{
	struct buf said;
	buf_init(&said, 4096);
	render_remedy(r, &said);
	json_key(j, "name"), json_string(j, r->name);
	json_key(j, "edit"), json_string(j, r->edit);
	put_day(j, "offered", r->offered);
	json_key(j, "state"), json_string(j, offer_names[r->state]);
	put_day(j, "since", r->since);
	put_day(j, "seen", r->seen);
	json_key(j, "messages"), json_uint(j, r->messages);
	json_key(j, "passed"), json_uint(j, r->passed);
	json_key(j, "senders"), json_string(j, r->senders);
	json_key(j, "before"), json_string(j, r->before);
	json_key(j, "after"), json_string(j, r->after);
	json_key(j, "text"), json_string(j, said.data);
	buf_free(&said);
}

static void remedies_json(struct json *j, const struct history *h, int32_t month)
{
	json_key(j, "remedies"), json_array(j);
	for (size_t i = 0; i < h->n_remedies; i++) {
		if (month_of_day(h->remedies[i].offered) != month)
			continue;
		json_object(j);
		remedy_members(j, &h->remedies[i]);
		json_end(j);
	}
	json_end(j);
}

static void events_json(struct json *j, const struct history *h, int32_t month)
{
	json_key(j, "events"), json_array(j);
	for (size_t i = 0; i < h->n_events; i++)
		if (month_of_day(h->events[i].opened) == month)
			json_string(j, h->events[i].id);
	json_end(j);
}

void render_history_json(const struct history *h, struct buf *out)
{
	char text[DAY_STRLEN];
	struct json j;
	json_init(&j, out);
	json_object(&j);
	json_key(&j, "schema"), json_string(&j, "ruascope.history/1");
	json_key(&j, "domain"), json_string(&j, h->domain);
	json_key(&j, "months"), json_array(&j);
	for (size_t i = 0; i < h->n_months; i++) {
		const struct history_month *m = &h->months[i];
		json_object(&j);
		json_key(&j, "month"), json_string(&j, month_format(m->month, text));
		json_key(&j, "days"), json_uint(&j, m->days);
		json_key(&j, "messages"), json_uint(&j, m->messages);
		json_key(&j, "own"), json_uint(&j, m->own);
		json_key(&j, "own_pass"), json_uint(&j, m->own_pass);
		json_key(&j, "forged"), json_uint(&j, m->forged);
		json_key(&j, "policy"), json_string(&j, m->p);
		json_key(&j, "verdict"), json_string(&j, m->verdict);
		changes_json(&j, h, m->month);
		remedies_json(&j, h, m->month);
		events_json(&j, h, m->month);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

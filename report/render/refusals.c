/* Refused mail that is kept: what, by whom, how often. */
#include <stdio.h>
#include <string.h>

#include "core/day.h"
#include "core/json.h"
#include "report/render/table.h"

static void put_day(struct json *j, const char *key, int32_t day)
{
	char text[DAY_STRLEN];
	json_key(j, key);
	json_string(j, day_format(day, text));
}

static void put_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_string(j, text);
}

void render_refusal_json(const struct fact_refusal *f, struct json *j)
{
	char ip[IP_STRLEN];
	put_day(j, "day", f->day);
	json_key(j, "count"), json_uint(j, f->count);
	put_text(j, "class", f->class);
	put_text(j, "rule", f->rule);
	put_text(j, "refused_by", f->by_us ? "us" : "receiver");
	json_key(j, "delayed"), json_bool(j, f->delayed);
	json_key(j, "ours");
	if (f->ours == OURS_UNKNOWN)
		json_null(j);
	else
		json_bool(j, f->ours == OURS_YES);
	json_key(j, "reply"), json_object(j);
	json_key(j, "code");
	if (f->code)
		json_int(j, f->code);
	else
		json_null(j);
	put_text(j, "status", f->status);
	put_text(j, "text", f->reply);
	put_text(j, "phase", f->phase);
	json_end(j);
	json_key(j, "receiver"), json_object(j);
	put_text(j, "host", f->receiver_host);
	put_text(j, "org", f->receiver_org);
	json_end(j);
	put_text(j, "recipient_domain", f->recipient_domain);
	put_text(j, "ip", f->ip.family ? ip_format(&f->ip, ip) : NULL);
	put_text(j, "mail_from_domain", f->mail_from_domain);
	put_text(j, "header_from_domain", f->header_from_domain);
}

void render_refusals_json(const struct domain_refusal *list, size_t n, struct buf *out)
{
	struct json j;
	json_init(&j, out);
	json_object(&j);
	put_text(&j, "schema", "ruascope.bounces/1");
	json_key(&j, "refusals"), json_array(&j);
	for (size_t i = 0; i < n; i++) {
		json_object(&j);
		put_text(&j, "domain", list[i].domain);
		render_refusal_json(&list[i].says, &j);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

/* ---- text ---- */

static const char *whose_mail(const struct fact_refusal *f)
{
	return f->ours == OURS_YES ? "yours" : f->ours == OURS_NO ? "forged" : "-";
}

static const char *receiver_of(const struct fact_refusal *f)
{
	const char *who = f->receiver_org ? f->receiver_org : f->receiver_host;
	return f->by_us ? "your own server" : who ? who : "-";
}

static void put_reply(struct buf *out, const struct text_style *style, const struct fact_refusal *f)
{
	char numbers[32];
	snprintf(numbers, sizeof numbers, "%d %s", f->code, f->status ? f->status : "");
	if (f->code || f->status)
		put_text_cell(out, style, f->code ? numbers : f->status, 11, true);
	else
		put_text_cell(out, style, "-", 11, true);
}

static void put_row(struct buf *out, const struct text_style *style, const struct fact_refusal *f,
		    size_t width)
{
	char day[DAY_STRLEN], ip[IP_STRLEN];
	buf_printf(out, "  %s  ", day_format(f->day, day));
	put_count_cell(out, f->count, width);
	buf_puts(out, "  ");
	put_text_cell(out, style, f->class, 16, true);
	buf_puts(out, "  ");
	put_reply(out, style, f);
	buf_puts(out, "  ");
	put_text_cell(out, style, whose_mail(f), 6, true);
	buf_puts(out, "  ");
	put_text_cell(out, style, f->ip.family ? ip_format(&f->ip, ip) : "-", 15, true);
	buf_puts(out, "  ");
	put_clean_wrapped(out, style, receiver_of(f), 72 + width, 4);
	if (f->delayed)
		buf_puts(out, " (to be tried again)");
	put_line_end(out);
}

void render_refusals_text(const struct domain_refusal *list, size_t n,
			  const struct text_style *style, struct buf *out)
{
	size_t width = 1;
	for (size_t i = 0; i < n; i++)
		width = count_width(list[i].says.count) > width ? count_width(list[i].says.count)
								: width;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(list[i].domain, list[i - 1].domain) != 0) {
			if (i > 0)
				buf_putc(out, '\n');
			put_clean_wrapped(out, style, list[i].domain, 0, 2);
			buf_putc(out, '\n');
		}
		put_row(out, style, &list[i].says, width);
	}
}

/* Events: what opened and closed. */
#include "core/day.h"
#include "core/json.h"
#include "core/judgement.h"
#include "report/render/table.h"

static void put_day(struct json *j, const char *key, int32_t day)
{
	char text[DAY_STRLEN];
	json_key(j, key);
	json_string(j, day == NO_DAY ? NULL : day_format(day, text));
}

void render_event_json(const struct judged_event *e, struct json *j)
{
	json_object(j);
	json_key(j, "id"), json_string(j, e->id);
	json_key(j, "domain"), json_string(j, e->domain);
	json_key(j, "rule"), json_string(j, e->rule);
	json_key(j, "subject"), json_string(j, e->subject);
	json_key(j, "severity"), json_string(j, severity_names[e->severity]);
	put_day(j, "opened", e->opened);
	put_day(j, "closed", e->closed);
	json_key(j, "times"), json_uint(j, e->times);
	json_key(j, "withdrawn"), json_bool(j, e->withdrawn);
	json_key(j, "text"), json_string(j, e->text);
	json_key(j, "numbers");
	json_raw(j, e->numbers);
	json_key(j, "acknowledged");
	if (e->acked_at) {
		json_object(j);
		json_key(j, "at"), json_string(j, e->acked_at);
		json_key(j, "owner"), json_string(j, e->ack_owner);
		put_day(j, "until", e->ack_until);
		json_end(j);
	} else {
		json_null(j);
	}
	json_end(j);
}

void render_events_json(const struct judged_event *events, size_t n, struct buf *out)
{
	struct json j;
	json_init(&j, out);
	json_object(&j);
	json_key(&j, "schema"), json_string(&j, "ruascope.events/1");
	json_key(&j, "events"), json_array(&j);
	for (size_t i = 0; i < n; i++)
		render_event_json(&events[i], &j);
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

/* "2026-10-07 to 2026-10-12", "since 2026-10-07" */
static size_t put_span(struct buf *out, const struct judged_event *e)
{
	char opened[DAY_STRLEN], closed[DAY_STRLEN];
	size_t at = out->len;
	day_format(e->opened, opened);
	if (e->closed == NO_DAY)
		buf_printf(out, "since %s", opened);
	else if (e->closed == e->opened)
		buf_puts(out, opened);
	else
		buf_printf(out, "%s to %s", opened, day_format(e->closed, closed));
	return out->len - at;
}

static void put_ack(struct buf *out, const struct text_style *style, const struct judged_event *e)
{
	char day[DAY_STRLEN];
	if (!e->acked_at)
		return;
	buf_puts(out, "  known");
	if (e->ack_owner) {
		buf_puts(out, " to ");
		put_clean_wrapped(out, style, e->ack_owner, 10, 2);
	}
	if (e->ack_until != NO_DAY)
		buf_printf(out, ", until %s", day_format(e->ack_until, day));
	buf_putc(out, '\n');
}

void render_events_text(const struct judged_event *events, size_t n, const struct text_style *style,
			struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct judged_event *e = &events[i];
		buf_printf(out, "%-6s  ", severity_names[e->severity]);
		put_name_cell(out, style, e->domain, 8, 28);
		buf_printf(out, "  %-14s  ", e->rule);
		put_span(out, e);
		if (e->times > 1)
			buf_printf(out, ", %u times", e->times);
		if (e->withdrawn)
			buf_puts(out, ", withdrawn");
		buf_puts(out, "\n  ");
		put_clean_wrapped(out, style, e->text ? e->text : e->subject, 2, 2);
		buf_putc(out, '\n');
		put_ack(out, style, e);
		buf_printf(out, "  %s\n", e->id);
	}
}

/* What a run of judge did, and which events opened or closed. */
#include "cli/judge/judge.h"
#include "core/day.h"
#include "core/json.h"
#include "core/mem.h"
#include "report/render/render.h"

#define OUTPUT_MAX (64 * MIB)

void judge_tell(struct judge_run *run, const struct judged_event *e)
{
	if (!e->text && e->closed == NO_DAY)
		return;
	run->events = MEM_ROOM(run->events, run->n_told, run->room_told);
	struct judged_event *out = &run->events[run->n_told++];
	*out = *e;
	out->domain = arena_strdup(&run->a, e->domain);
	out->rule = arena_strdup(&run->a, e->rule);
	out->subject = arena_strdup(&run->a, e->subject);
	out->text = arena_strdup(&run->a, e->text);
	out->numbers = arena_strdup(&run->a, e->numbers);
}

static void put_json(const struct judge_run *run, struct buf *b)
{
	char day[DAY_STRLEN];
	struct json j;
	json_init(&j, b);
	json_object(&j);
	json_key(&j, "schema"), json_string(&j, "ruascope.judge/1");
	json_key(&j, "domains"), json_uint(&j, run->n_domains);
	json_key(&j, "days"), json_uint(&j, run->n_days);
	json_key(&j, "day");
	json_string(&j, run->newest == NO_DAY ? NULL : day_format(run->newest, day));
	json_key(&j, "silent"), json_array(&j);
	for (size_t i = 0; i < run->n_silent; i++)
		json_string(&j, run->silent[i]);
	json_end(&j);
	json_key(&j, "events"), json_array(&j);
	for (size_t i = 0; i < run->n_told; i++)
		render_event_json(&run->events[i], &j);
	json_end(&j);
	json_end(&j);
	buf_putc(b, '\n');
}

static void put_account(const struct judge_run *run, const struct text_style *style, struct buf *b)
{
	if (run->n_told > 0) {
		render_events_text(run->events, run->n_told, style, b);
		buf_putc(b, '\n');
	}
	put_number(b, run->n_days);
	buf_puts(b, run->n_days == 1 ? " day of " : " days of ");
	put_number(b, run->n_domains);
	buf_puts(b, run->n_domains == 1 ? " domain judged.\n" : " domains judged.\n");
}

int judge_account(const struct judge_run *run, bool as_json)
{
	struct text_style style;
	struct buf b;
	int rc = run->n_silent > 0 ? EXIT_TRY_LATER : EXIT_OK;
	text_style_of(NULL, &style);
	buf_init(&b, OUTPUT_MAX);
	if (as_json)
		put_json(run, &b);
	else
		put_account(run, &style, &b);
	print_buf(&b);
	buf_free(&b);
	return rc;
}

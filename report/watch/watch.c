#include "report/watch/watch.h"

#include "report/watch/priv.h"

#define MEMORY_MAX (4u << 20) /* of a domain; real ones have some kilobytes */

void watch_day(const struct watch_input *in, struct arena *a, struct judged_day *out)
{
	struct memory m;
	struct buf text;
	struct day d = {.in = in, .a = a, .m = &m, .out = out};
	memory_read(in->memory, a, &m);
	d.baseline = m.days < WATCH_BASELINE;
	m.days += d.baseline;
	see_domain(&d);
	see_senders(&d);
	rules_of_senders(&d);
	rules_of_domain(&d);
	follow_offers(&d);
	events_out(&d);
	buf_init(&text, MEMORY_MAX);
	memory_write(&m, in->day, &text);
	out->memory = arena_strndup(a, text.data, text.len);
	buf_free(&text);
}

#include "core/judgement.h"

#include "core/buf.h"
#include "core/day.h"
#include "core/limits.h"

const char *const severity_names[SEVERITY_COUNT] = {
    [SEVERITY_LOW] = "low", [SEVERITY_NORMAL] = "normal", [SEVERITY_HIGH] = "high"};

const char *const offer_names[OFFER_COUNT] = {
    [OFFER_MADE] = "offered",        [OFFER_SEEN] = "seen",
    [OFFER_PROVEN] = "proven",       [OFFER_INEFFECTIVE] = "ineffective",
    [OFFER_WITHDRAWN] = "withdrawn",
};

void judged_event_name(struct judged_event *e)
{
	char day[DAY_STRLEN];
	struct buf b;
	buf_init(&b, MIB);
	buf_printf(&b, "ruascope:event:%s|%s|%s|%s", e->domain, e->rule, e->subject,
		   day_format(e->opened, day));
	uuid_of_name(b.data, b.len, e->id);
	buf_free(&b);
}

/* Events of a domain as days follow each other: what is open, what comes back, what is told. */
#include "report/watch/priv.h"

double share(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 100.0;
}

struct live_event *event_open(const struct day *d, const char *rule, const char *subject)
{
	for (size_t i = 0; i < d->m->events.n; i++) {
		struct live_event *e = &d->m->events.list[i];
		if (e->closed == NO_DAY && strcmp(e->rule, rule) == 0 &&
		    strcmp(e->subject, subject) == 0)
			return e;
	}
	return NULL;
}

/* The one that was closed a few days ago, or a new one; NULL: nothing opens now. */
struct live_event *event_begin(struct day *d, const char *rule, const char *subject,
			       enum severity severity)
{
	if (d->baseline)
		return NULL;
	for (size_t i = d->m->events.n; i-- > 0;) {
		struct live_event *e = &d->m->events.list[i];
		if (strcmp(e->rule, rule) != 0 || strcmp(e->subject, subject) != 0 ||
		    e->closed == NO_DAY || d->in->day - e->closed > REOPEN_DAYS)
			continue;
		e->closed = NO_DAY;
		e->times++;
		e->touched = true;
		e->severity = severity;
		return e;
	}
	struct live_event *e = LIST_ADD(&d->m->events, d->a);
	*e = (struct live_event){.rule = rule,
				 .subject = subject,
				 .severity = severity,
				 .opened = d->in->day,
				 .closed = NO_DAY,
				 .times = 1,
				 .touched = true};
	return e;
}

void event_end(struct day *d, struct live_event *e)
{
	e->closed = d->in->day;
	e->touched = true;
}

void event_once(struct day *d, const char *rule, const char *subject, enum severity severity,
		const char *text, const char *numbers)
{
	if (d->baseline)
		return;
	struct live_event *e = LIST_ADD(&d->m->events, d->a);
	*e = (struct live_event){.rule = rule,
				 .subject = subject,
				 .severity = severity,
				 .opened = d->in->day,
				 .closed = d->in->day,
				 .times = 1,
				 .touched = true,
				 .text = text,
				 .numbers = numbers};
}

void events_out(struct day *d)
{
	struct judged_event *list = arena_alloc(d->a, (d->m->events.n + 1) * sizeof *list);
	size_t n = 0;
	for (size_t i = 0; i < d->m->events.n; i++) {
		const struct live_event *e = &d->m->events.list[i];
		if (!e->touched && !d->in->first)
			continue;
		list[n] = (struct judged_event){.domain = d->out->domain,
						.rule = e->rule,
						.subject = e->subject,
						.severity = e->severity,
						.opened = e->opened,
						.closed = e->closed,
						.times = e->times,
						.text = e->text,
						.numbers = e->numbers,
						.ack_until = NO_DAY};
		judged_event_name(&list[n++]);
	}
	d->out->events = list;
	d->out->n_events = n;
}

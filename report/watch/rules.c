/* Events about a sender: own.failing, own.refused, sender.new. */
#include "report/watch/priv.h"

#define OPENS_BELOW   95.0 /* per cent of the last days with mail */
#define CLOSES_FROM   98.0 /* of each of CLOSING_DAYS */
#define CLOSING_DAYS  3
#define FAILING_LEAST 20 /* messages */
#define SILENT_DAYS   14 /* without mail, after which nothing fails any more */
#define REFUSED_LEAST 10
#define REFUSED_DAYS  7
#define NEW_MESSAGES  10

static struct subject *subject(struct day *d, const struct seen_sender *s)
{
	for (size_t i = 0; i < d->m->subjects.n; i++)
		if (strcmp(d->m->subjects.list[i].key, s->key) == 0)
			return &d->m->subjects.list[i];
	struct subject *new = LIST_ADD(&d->m->subjects, d->a);
	*new = (struct subject){.key = s->key, .name = s->name, .refused = NO_DAY};
	return new;
}

static void remember(struct subject *s, const struct day_count *c)
{
	if (s->n_of == WEEK) {
		memmove(s->of, s->of + 1, (WEEK - 1) * sizeof *s->of);
		s->n_of--;
	}
	s->of[s->n_of++] = *c;
}

/* A day on which enough fails to be seen: the rate of that day alone. */
static bool is_failing(const struct day_count *c)
{
	return c->counted && share(c->messages - c->failing, c->messages) < OPENS_BELOW;
}

/* Of the last WEEK days of the calendar. */
struct lately {
	unsigned failing_days;
	uint64_t messages, failing, refused;
};

static struct lately lately(const struct subject *s, int32_t day)
{
	struct lately l = {0};
	for (unsigned i = 0; i < s->n_of; i++) {
		const struct day_count *c = &s->of[i];
		if (day - c->day >= WEEK)
			continue;
		l.failing_days += is_failing(c);
		l.messages += c->messages;
		l.failing += c->failing;
		l.refused += c->refused;
	}
	return l;
}

static const char *numbers_of(const struct day *d, const struct lately *l)
{
	return TEXT(d, "{\"messages\":%llu,\"failing\":%llu,\"refused\":%llu}",
		    (unsigned long long)l->messages, (unsigned long long)l->failing,
		    (unsigned long long)l->refused);
}

static void tell_failing(const struct day *d, const struct subject *s, const struct lately *l,
			 struct live_event *e)
{
	const char *refused = l->refused ? TEXT(d, " Receivers quarantined or rejected %llu.",
						(unsigned long long)l->refused)
					 : "";
	e->text = TEXT(d, "Mail of %s fails DMARC: %llu of %llu messages in seven days.%s", s->name,
		       (unsigned long long)l->failing, (unsigned long long)l->messages, refused);
	e->numbers = numbers_of(d, l);
}

static void close_failing(struct day *d, struct subject *s, struct live_event *e)
{
	event_end(d, e);
	s->n_of = 0; /* what failed before is no reason to open again */
}

static void check_failing(struct day *d, struct subject *s)
{
	struct live_event *e = event_open(d, "own.failing", s->key);
	struct lately l = lately(s, d->in->day);
	if (e && (s->streak >= CLOSING_DAYS || d->in->day - s->last >= SILENT_DAYS)) {
		close_failing(d, s, e);
		return;
	}
	if (e || !s->good || s->last != d->in->day || !is_failing(&s->of[s->n_of - 1]) ||
	    l.failing_days < 2 || l.failing < FAILING_LEAST ||
	    share(l.messages - l.failing, l.messages) >= OPENS_BELOW)
		return;
	e = event_begin(d, "own.failing", s->key, SEVERITY_HIGH);
	if (e)
		tell_failing(d, s, &l, e);
}

/* While its mail fails, that it is refused is told there. */
static void check_refused(struct day *d, struct subject *s)
{
	struct live_event *e = event_open(d, "own.refused", s->key);
	bool failing = event_open(d, "own.failing", s->key) != NULL;
	struct lately l = lately(s, d->in->day);
	if (e && (failing || d->in->day - s->refused >= REFUSED_DAYS)) {
		event_end(d, e);
		return;
	}
	if (e || failing || s->refused != d->in->day || l.refused < REFUSED_LEAST ||
	    is_failing(&s->of[s->n_of - 1]) ||
	    share(l.messages - l.failing, l.messages) < OPENS_BELOW)
		return;
	e = event_begin(d, "own.refused", s->key, SEVERITY_HIGH);
	if (!e)
		return;
	e->text = TEXT(d,
		       "Receivers quarantined or rejected %llu of %llu messages of %s in seven "
		       "days, although it passes DMARC.",
		       (unsigned long long)l.refused, (unsigned long long)l.messages, s->name);
	e->numbers = numbers_of(d, &l);
}

static void check_new(struct day *d, struct subject *s, const struct seen_sender *seen)
{
	if (s->told || seen->count.messages == 0)
		return;
	s->days++;
	s->messages += seen->count.messages;
	if (d->baseline || seen->sender->change != CHANGE_NEW) {
		s->told = true;
		return;
	}
	if (s->days < 2 && s->messages < NEW_MESSAGES)
		return;
	s->told = true;
	const struct sender *of = seen->sender;
	uint64_t pass = tally_judged_pass(&of->t);
	event_once(d, "sender.new", s->key, SEVERITY_NORMAL,
		   TEXT(d, "New sender %s: %s, %llu of %llu messages pass DMARC.", of->name,
			category_words[of->verdict.category], (unsigned long long)pass,
			(unsigned long long)of->t.messages),
		   TEXT(d, "{\"messages\":%llu,\"pass\":%llu,\"category\":\"%s\"}",
			(unsigned long long)of->t.messages, (unsigned long long)pass,
			category_names[of->verdict.category]));
}

static void take_day(struct day *d, const struct seen_sender *seen)
{
	struct subject *s = subject(d, seen);
	const struct day_count *c = &seen->count;
	if (c->messages > 0) {
		double rate = share(seen->passed, c->messages);
		s->name = seen->name;
		s->last = d->in->day;
		s->streak = rate >= CLOSES_FROM ? s->streak + 1 : 0;
		if (!s->good && rate >= OPENS_BELOW) {
			s->good = true;
			s->n_of = 0; /* what failed before it ever passed is no news */
		}
		if (c->refused > 0)
			s->refused = d->in->day;
		remember(s, c);
	}
	check_new(d, s, seen);
}

void rules_of_senders(struct day *d)
{
	for (size_t i = 0; i < d->n_seen; i++)
		if (d->seen[i].named && (d->seen[i].ours || d->seen[i].count.messages > 0))
			take_day(d, &d->seen[i]);
	for (size_t i = 0; i < d->m->subjects.n; i++) {
		check_failing(d, &d->m->subjects.list[i]);
		check_refused(d, &d->m->subjects.list[i]);
	}
}

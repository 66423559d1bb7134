/*
 * The memory of a day as text: a line a thing, fields parted by tabs. What comes from outside has
 * blanks and control characters as %XX.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/watch/priv.h"

#define FORGET_SUBJECT  400 /* days after which a sender is a new one: more than a year */
#define FORGET_REPORTER 60
#define SUBJECTS_MAX    300 /* that a domain remembers; real ones have a score */
#define REPORTERS_MAX   100
#define OFFERS_MAX      100

void *list_room(void *list, size_t n, size_t *cap, size_t size, struct arena *a)
{
	if (n < *cap)
		return list;
	*cap = *cap ? 2 * *cap : 16;
	char *more = arena_alloc(a, *cap * size);
	if (n > 0)
		memcpy(more, list, n * size);
	return more;
}

/* ---- writing ---- */

static void put_field(struct buf *out, const char *s)
{
	buf_putc(out, '\t');
	for (const unsigned char *c = (const unsigned char *)(s ? s : ""); *c; c++)
		if (*c <= ' ' || *c == '%' || *c == 0x7f)
			buf_printf(out, "%%%02X", *c);
		else
			buf_putc(out, (char)*c);
}

static void put_int(struct buf *out, int64_t v)
{
	buf_printf(out, "\t%" PRId64, v);
}

static void write_subject(const struct subject *s, struct buf *out)
{
	buf_putc(out, 's');
	put_field(out, s->key);
	put_field(out, s->name);
	const int64_t values[] = {s->last,    s->streak, s->good,
				  s->told,    s->days,   (int64_t)s->messages,
				  s->refused, s->n_of};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		put_int(out, values[i]);
	for (unsigned i = 0; i < s->n_of; i++) {
		put_int(out, s->of[i].day);
		put_int(out, (int64_t)s->of[i].messages);
		put_int(out, (int64_t)s->of[i].failing);
		put_int(out, (int64_t)s->of[i].refused);
		put_int(out, s->of[i].counted);
	}
	buf_putc(out, '\n');
}

static void write_event(const struct live_event *e, struct buf *out)
{
	buf_putc(out, 'e');
	put_field(out, e->rule);
	put_field(out, e->subject);
	put_int(out, e->severity);
	put_int(out, e->opened);
	put_int(out, e->closed);
	put_int(out, e->times);
	buf_putc(out, '\n');
}

static void write_offer(const struct live_offer *o, struct buf *out)
{
	const struct judged_remedy *r = &o->r;
	buf_putc(out, 'o');
	put_field(out, r->name);
	put_field(out, r->edit);
	put_field(out, r->senders);
	put_field(out, r->before);
	put_field(out, r->after);
	const int64_t values[] = {r->offered,           r->state,           r->since,  r->seen,
				  (int64_t)r->messages, (int64_t)r->passed, o->missing};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		put_int(out, values[i]);
	buf_putc(out, '\n');
}

/* What was proven, or stayed without effect, is followed for a month, and then done with. */
static bool is_over(const struct judged_remedy *r, int32_t day)
{
	return r->state == OFFER_WITHDRAWN || (r->seen != NO_DAY && day - r->seen > 30);
}

void memory_write(const struct memory *m, int32_t day, struct buf *out)
{
	buf_printf(out, "d\t%u\t%d\t%d\t%d\t%d\t%d\t%d\t%u", m->days, m->level, m->worse_days,
		   m->better_days, m->p, m->sp, m->abuse, m->calm);
	buf_puts(out, "\nf");
	for (unsigned i = 0; i < m->n_forged; i++)
		put_int(out, (int64_t)m->forged[i]);
	buf_putc(out, '\n');
	for (size_t i = 0; i < m->subjects.n && i < SUBJECTS_MAX; i++)
		if (day - m->subjects.list[i].last < FORGET_SUBJECT)
			write_subject(&m->subjects.list[i], out);
	for (size_t i = 0; i < m->reporters.n && i < REPORTERS_MAX; i++) {
		const struct reporting *r = &m->reporters.list[i];
		if (day - r->last >= FORGET_REPORTER)
			continue;
		buf_putc(out, 'r');
		put_field(out, r->org);
		const int64_t values[] = {r->last, r->bits, (int64_t)r->messages, r->rejected};
		for (size_t k = 0; k < sizeof values / sizeof *values; k++)
			put_int(out, values[k]);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < m->events.n; i++) {
		const struct live_event *e = &m->events.list[i];
		if (e->closed == NO_DAY || day - e->closed <= 30)
			write_event(e, out);
	}
	for (size_t i = 0, kept = 0; i < m->offers.n && kept < OFFERS_MAX; i++)
		if (!is_over(&m->offers.list[i].r, day)) {
			write_offer(&m->offers.list[i], out);
			kept++;
		}
}

/* ---- reading ---- */

struct reading_at {
	const char *at; /* at a tab, or at the end of a line */
	struct arena *a;
};

static int hex_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 0;
}

static const char *get_field(struct reading_at *r)
{
	if (*r->at != '\t')
		return "";
	const char *s = r->at + 1;
	size_t n = strcspn(s, "\t\n"), k = 0;
	char *out = arena_alloc(r->a, n + 1);
	for (size_t i = 0; i < n; i++) {
		bool coded = s[i] == '%' && i + 2 < n;
		out[k++] = coded ? (char)(16 * hex_of(s[i + 1]) + hex_of(s[i + 2])) : s[i];
		i += coded ? 2 : 0;
	}
	r->at = s + n;
	return out;
}

static int64_t get_int(struct reading_at *r)
{
	if (*r->at != '\t')
		return 0;
	char *end;
	int64_t v = strtoll(r->at + 1, &end, 10);
	r->at = end;
	return v;
}

static void read_days(struct reading_at *r, struct memory *m)
{
	m->days = (unsigned)get_int(r);
	m->level = (int)get_int(r);
	m->worse_days = (int)get_int(r);
	m->better_days = (int)get_int(r);
	m->p = (int)get_int(r);
	m->sp = (int)get_int(r);
	m->abuse = (int32_t)get_int(r);
	m->calm = (unsigned)get_int(r);
}

static void read_subject(struct reading_at *r, struct memory *m)
{
	struct subject *s = LIST_ADD(&m->subjects, r->a);
	s->key = get_field(r);
	s->name = get_field(r);
	s->last = (int32_t)get_int(r);
	s->streak = (unsigned)get_int(r);
	s->good = get_int(r);
	s->told = get_int(r);
	s->days = (unsigned)get_int(r);
	s->messages = (uint64_t)get_int(r);
	s->refused = (int32_t)get_int(r);
	s->n_of = (unsigned)get_int(r) % (WEEK + 1);
	for (unsigned i = 0; i < s->n_of; i++) {
		s->of[i].day = (int32_t)get_int(r);
		s->of[i].messages = (uint64_t)get_int(r);
		s->of[i].failing = (uint64_t)get_int(r);
		s->of[i].refused = (uint64_t)get_int(r);
		s->of[i].counted = get_int(r);
	}
}

static void read_reporter(struct reading_at *r, struct memory *m)
{
	struct reporting *o = LIST_ADD(&m->reporters, r->a);
	o->org = get_field(r);
	o->last = (int32_t)get_int(r);
	o->bits = (uint32_t)get_int(r);
	o->messages = (uint64_t)get_int(r);
	o->rejected = (int32_t)get_int(r);
}

static void read_event(struct reading_at *r, struct memory *m)
{
	struct live_event *e = LIST_ADD(&m->events, r->a);
	e->rule = get_field(r);
	e->subject = get_field(r);
	e->severity = (enum severity)(get_int(r) % SEVERITY_COUNT);
	e->opened = (int32_t)get_int(r);
	e->closed = (int32_t)get_int(r);
	e->times = (unsigned)get_int(r);
}

static const char *filled(const char *s)
{
	return s[0] ? s : NULL;
}

static void read_offer(struct reading_at *r, struct memory *m)
{
	struct live_offer *o = LIST_ADD(&m->offers, r->a);
	o->r.name = get_field(r);
	o->r.edit = get_field(r);
	o->r.senders = get_field(r);
	o->r.before = filled(get_field(r));
	o->r.after = get_field(r);
	o->r.offered = (int32_t)get_int(r);
	o->r.state = (enum offer)(get_int(r) % OFFER_COUNT);
	o->r.since = (int32_t)get_int(r);
	o->r.seen = (int32_t)get_int(r);
	o->r.messages = (uint64_t)get_int(r);
	o->r.passed = (uint64_t)get_int(r);
	o->missing = (unsigned)get_int(r);
}

static void read_line(struct reading_at *r, char kind, struct memory *m)
{
	switch (kind) {
	case 'd':
		read_days(r, m);
		break;
	case 'f':
		while (*r->at == '\t' && m->n_forged < SURGE_DAYS)
			m->forged[m->n_forged++] = (uint64_t)get_int(r);
		break;
	case 's':
		read_subject(r, m);
		break;
	case 'r':
		read_reporter(r, m);
		break;
	case 'e':
		read_event(r, m);
		break;
	case 'o':
		read_offer(r, m);
		break;
	default:
		break; /* of a newer program */
	}
}

void memory_read(const char *text, struct arena *a, struct memory *m)
{
	*m = (struct memory){.level = UNSAID, .p = UNSAID, .sp = UNSAID, .abuse = NO_DAY};
	for (const char *line = text; line && *line;) {
		struct reading_at r = {line + 1, a};
		read_line(&r, line[0], m);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

/*
 * priv.h - private to the files of watch: what a day knows of the days before it, and what is seen
 * on it.
 */
#ifndef REPORT_WATCH_PRIV_H
#define REPORT_WATCH_PRIV_H

#include "core/buf.h"
#include "report/watch/watch.h"

#define WEEK        7
#define SURGE_DAYS  28
#define REOPEN_DAYS 7 /* an event that comes back within these is the same one */

/* A list in an arena; items of one size. */
#define LIST(type)                                                                                 \
	struct {                                                                                   \
		type *list;                                                                        \
		size_t n, cap;                                                                     \
	}
#define LIST_ADD(l, a)                                                                             \
	(((l)->list = list_room((l)->list, (l)->n, &(l)->cap, sizeof *(l)->list, (a))),            \
	 &(l)->list[(l)->n++])
void *list_room(void *list, size_t n, size_t *cap, size_t size, struct arena *a);

/* What a sender sent on a day. */
struct day_count {
	int32_t day;
	uint64_t messages, failing, refused;
	bool counted; /* known reporters saw it fail: docs/judging.md */
};

/* A sender that is ours, by its key without mark. */
struct subject {
	const char *key, *name;
	int32_t last;      /* day on which it last sent */
	unsigned streak;   /* days in a row with 98 % or better */
	bool good;         /* it has passed before: to fail is news */
	bool told;         /* it is no new one any more */
	unsigned days;     /* on which it sent, up to 2 */
	uint64_t messages; /* up to when it was told */
	int32_t refused;   /* the last day on which some was */
	struct day_count
	    of[WEEK]; /* its last days with mail, the oldest first, since it last closed */
	unsigned n_of;
};

/* One that reports the domain. */
struct reporting {
	const char *org;
	int32_t last;      /* day that it last reported */
	uint32_t bits;     /* bit n: it reported n days before that */
	uint64_t messages; /* in the window, then */
	int32_t rejected;  /* the last day on which a report in its name proved nothing was told */
};

struct live_event {
	const char *rule, *subject;
	enum severity severity;
	int32_t opened, closed; /* NO_DAY: open */
	unsigned times;
	bool touched; /* on this day */
	const char *text, *numbers;
};

struct live_offer {
	struct judged_remedy r;
	unsigned missing;    /* days in a row on which it was not offered */
	bool again, touched; /* offered on this day; changed on it */
};

struct memory {
	unsigned days;                      /* judged before */
	int level, worse_days, better_days; /* of the verdict: enum standing_of below */
	int p, sp;                          /* ranks that reports showed */
	int32_t abuse;                      /* the last day with it */
	uint64_t forged[SURGE_DAYS];
	unsigned n_forged, calm; /* calm: days below the level at which a surge ends */
	LIST(struct subject) subjects;
	LIST(struct reporting) reporters;
	LIST(struct live_event) events;
	LIST(struct live_offer) offers;
};

/* Of a verdict: UNSAID stands outside of the order. */
enum { UNSAID = -1, LEVEL_READY, LEVEL_WARNINGS, LEVEL_NOT_READY };

void memory_read(const char *text, struct arena *a, struct memory *m);
void memory_write(const struct memory *m, int32_t day, struct buf *out);

/* A sender as the day saw it; of several that differ in their mark alone, all. */
struct seen_sender {
	const char *key, *name;
	const struct sender *sender; /* the one with most mail */
	bool ours, named;            /* ours: legitimate; named: ours, or unknown with a tie */
	struct day_count count;
	uint64_t passed; /* of the day */
};

struct day {
	const struct watch_input *in;
	struct arena *a;
	struct memory *m;
	struct judged_day *out;
	struct seen_sender *seen;
	size_t n_seen;
	bool baseline; /* nothing opens */
};

/* seen.c: what the facts of the window say of the day. */
void see_senders(struct day *d);
void see_domain(struct day *d);
const struct seen_sender *seen_of(const struct day *d, const char *key, size_t n);
const char *subject_of(const struct sender *s, struct arena *a); /* its key without mark */

/* rules.c, domain_rules.c */
void rules_of_senders(struct day *d);
void rules_of_domain(struct day *d);

/* offers.c */
void follow_offers(struct day *d);

/* events.c */
struct live_event *event_open(const struct day *d, const char *rule, const char *subject);
struct live_event *event_begin(struct day *d, const char *rule, const char *subject,
			       enum severity severity);
void event_end(struct day *d, struct live_event *e);
void event_once(struct day *d, const char *rule, const char *subject, enum severity severity,
		const char *text, const char *numbers);
void events_out(struct day *d);
double share(uint64_t part, uint64_t whole); /* per cent; 100 of nothing */
#define TEXT(d, ...) arena_printf((d)->a, __VA_ARGS__)

#endif

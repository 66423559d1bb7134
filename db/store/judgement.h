/*
 * judgement.h - what was judged, day by day (core/judgement.h): what is to be judged, what a day
 * rests on, and the rows that come of it.
 *
 *	judgement_lock(db, &err);               others wait
 *	judgement_domains(), judgement_days()   which days are new, or have other reports by now
 *	judgement_again()                       from these days on all is judged anew
 *	judgement_store()                       a day of many domains, in one transaction
 *
 * Lists live in the arena. Each function is a statement or a few, whatever the number of domains.
 */
#ifndef DB_STORE_JUDGEMENT_H
#define DB_STORE_JUDGEMENT_H

#include "core/arena.h"
#include "core/judgement.h"
#include "db/pg/db.h"

/* Whoever judges does so alone until the connection is closed. */
enum status judgement_lock(struct db *db, struct err *err) MUST_CHECK;

struct judgement_domain {
	const char *name;
	int32_t first, newest; /* days with reports */
};

/* Domains with reports before the day, sorted; names NULL: all. */
enum status judgement_domains(struct db *db, const char *const *names, size_t n_names,
			      int32_t before, struct arena *a, struct judgement_domain **out,
			      size_t *n, struct err *err) MUST_CHECK;

struct judgement_row {
	const char *domain;
	int32_t day;
	uint64_t reports, reporters;
	const char *basis;  /* NULL: no reports */
	const char *judged; /* the basis that it was judged from; NULL: it is to be judged */
	bool there;
};

/* Days in [since, until) with reports or a judgement, by domain and day. */
enum status judgement_days(struct db *db, const char *const *names, size_t n_names, int32_t since,
			   int32_t until, struct arena *a, struct judgement_row **out, size_t *n,
			   struct err *err) MUST_CHECK;

/* Of the two days before today those that are complete already: all usual reporters are in. */
struct judgement_ready {
	const char *domain;
	int32_t day;
};
enum status judgement_complete(struct db *db, const char *const *names, size_t n_names,
			       int32_t today, struct arena *a, struct judgement_ready **out,
			       size_t *n, struct err *err) MUST_CHECK;

/* The memory of a day of each domain; NULL: there is none. out in step with names. */
enum status judgement_memory(struct db *db, const char *const *names, const int32_t *days, size_t n,
			     struct arena *a, const char **out, struct err *err) MUST_CHECK;

/* Reports in the 14 days that end with a day, and on how many days; out in step with names. */
struct judgement_recent {
	uint64_t reports, days;
};
enum status judgement_recent(struct db *db, const char *const *names, const int32_t *days, size_t n,
			     struct arena *a, struct judgement_recent **out,
			     struct err *err) MUST_CHECK;

/* What names of the domains said, by domain, name, type and time. */
enum status judgement_dns(struct db *db, const char *const *names, size_t n_names, struct arena *a,
			  struct dns_change **out, size_t *n, struct err *err) MUST_CHECK;

/* Names that a record was offered for. */
struct judgement_offer {
	const char *domain, *name;
};
enum status judgement_offers(struct db *db, const char *const *names, size_t n_names,
			     struct arena *a, struct judgement_offer **out, size_t *n,
			     struct err *err) MUST_CHECK;

/* From its day on, each domain is judged again: one transaction. */
enum status judgement_again(struct db *db, const char *const *names, const int32_t *days, size_t n,
			    struct err *err) MUST_CHECK;

/* One day of n domains, in one transaction. last: those of them whose newest day this is; today:
 * what days long before leave to the next is dropped. */
enum status judgement_store(struct db *db, const struct judged_day *days, size_t n,
			    const char *const *last, size_t n_last, int32_t today,
			    struct err *err) MUST_CHECK;

/* What a look at DNS found, and events of runs, in one transaction. */
enum status judgement_store_looks(struct db *db, const struct dns_change *changes, size_t n_changes,
				  const struct dns_change *drops, size_t n_drops,
				  const struct judged_event *events, size_t n_events, int64_t now,
				  struct err *err) MUST_CHECK;

/* ---- events ---- */

struct event_filter {
	const char *const *domains; /* n_domains 0: all */
	size_t n_domains;
	bool open, by_run; /* only those */
	int32_t since;     /* opened or closed then or later; NO_DAY: whenever */
};
enum status event_list(struct db *db, const struct event_filter *f, struct arena *a,
		       struct judged_event **out, size_t *n, struct err *err) MUST_CHECK;

/* A person knows of it. until: NO_DAY for ever. *found false: there is none of this id. */
enum status event_ack(struct db *db, const char *id, const char *owner, int32_t until, bool *found,
		      struct err *err) MUST_CHECK;

#endif

/*
 * Rows of what was judged. They go to the server as one JSON text for each table, which it takes
 * apart itself: a statement a table, whatever the number of domains.
 */
#include <string.h>

#include "core/day.h"
#include "core/json.h"
#include "db/pg/array_text.h"
#include "db/pg/pg.h"
#include "db/store/judgement.h"
#include "sql.h"

#define JSON_MAX      (1u << 30)
#define MEMORIES_KEPT 65 /* days: late reports have those of the last 60 judged again */

static void put_text(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_string(j, s);
}

static void put_int(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_int(j, v);
}

static void put_count(struct json *j, const char *key, uint64_t v)
{
	put_int(j, key, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

static void put_bool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

static void put_day(struct json *j, const char *key, int32_t day)
{
	char text[DAY_STRLEN];
	put_text(j, key, day == NO_DAY ? NULL : day_format(day, text));
}

/* A statement with the JSON, and up to two more parameters; nothing is done without rows. */
static enum status put(struct db *db, const char *sql, const struct buf *json, const char *second,
		       const char *third, struct err *err)
{
	const char *params[] = {json->data, second, third};
	if (json->failed)
		return err_set(err, ST_FATAL, "too many rows to store at once");
	return db_do(db, sql, third ? 3 : second ? 2 : 1, params, NULL, err);
}

struct rows {
	struct buf b;
	struct json j;
	size_t n;
};

static void rows_begin(struct rows *r)
{
	buf_init(&r->b, JSON_MAX);
	json_init(&r->j, &r->b);
	json_array(&r->j);
	r->n = 0;
}

static enum status rows_end(struct rows *r, struct db *db, const char *sql, const char *second,
			    const char *third, bool always, struct err *err)
{
	json_end(&r->j);
	enum status st = r->n > 0 || always ? put(db, sql, &r->b, second, third, err) : ST_OK;
	buf_free(&r->b);
	return st;
}

/* ---- days ---- */

static void put_judged(struct json *j, const struct judged_day *d)
{
	json_object(j);
	put_text(j, "domain", d->domain);
	put_day(j, "day", d->day);
	put_text(j, "verdict", d->verdict);
	put_bool(j, "parked", d->parked);
	put_text(j, "fails", d->fails);
	put_text(j, "warns", d->warns);
	put_text(j, "p", d->p);
	put_text(j, "sp", d->sp);
	put_text(j, "np", d->np);
	put_day(j, "policy_since", d->policy_since);
	put_count(j, "messages", d->messages);
	put_count(j, "dmarc_pass", d->dmarc_pass);
	put_count(j, "own", d->own);
	put_count(j, "own_pass", d->own_pass);
	put_count(j, "forged", d->forged);
	put_int(j, "questions", d->questions);
	put_int(j, "todo", d->todo);
	put_count(j, "reports", d->reports);
	put_count(j, "reporters", d->reporters);
	put_day(j, "newest_report", d->newest_report);
	put_text(j, "next_step", d->next_step);
	put_day(j, "dns_day", d->dns_day);
	put_text(j, "basis", d->basis);
	put_text(j, "memory", d->memory);
	json_end(j);
}

static enum status store_days(struct db *db, const struct judged_day *days, size_t n,
			      struct err *err)
{
	struct rows r;
	rows_begin(&r);
	for (size_t i = 0; i < n; i++, r.n++)
		put_judged(&r.j, &days[i]);
	return rows_end(&r, db, sql_judged_days_put, NULL, NULL, false, err);
}

static void put_sender(struct json *j, const char *domain, const struct judged_sender *s)
{
	json_object(j);
	put_text(j, "domain", domain);
	put_text(j, "sender", s->sender);
	put_text(j, "name", s->name);
	put_text(j, "category", s->category);
	put_int(j, "confidence", s->confidence);
	put_text(j, "remedy", s->remedy);
	put_count(j, "messages", s->messages);
	put_count(j, "dmarc_pass", s->dmarc_pass);
	put_day(j, "first_seen", s->first_day);
	put_day(j, "last_seen", s->last_day);
	json_end(j);
}

static enum status store_senders(struct db *db, const struct judged_day *days, size_t n,
				 struct err *err)
{
	char day[DAY_STRLEN];
	struct rows r;
	struct buf names;
	buf_init(&names, JSON_MAX);
	rows_begin(&r);
	for (size_t i = 0; i < n; i++) {
		array_put(&names, days[i].domain);
		for (size_t k = 0; k < days[i].n_senders; k++, r.n++)
			put_sender(&r.j, days[i].domain, &days[i].senders[k]);
	}
	const char *params[] = {array_close(&names), day_format(days[0].day, day)};
	enum status st = db_do(db, sql_judged_senders_clear, 2, params, NULL, err);
	struct err ignored;
	enum status put_st =
	    st == ST_OK ? rows_end(&r, db, sql_judged_senders_put, params[0], params[1], true, err)
			: rows_end(&r, db, NULL, NULL, NULL, false, &ignored);
	buf_free(&names);
	return st == ST_OK ? put_st : st;
}

static void put_event(struct json *j, const struct judged_event *e, size_t n)
{
	json_object(j);
	put_text(j, "domain", e->domain);
	put_text(j, "id", e->id);
	put_text(j, "rule", e->rule);
	put_text(j, "subject", e->subject);
	put_text(j, "severity", severity_names[e->severity]);
	put_day(j, "opened", e->opened);
	put_day(j, "closed", e->closed);
	put_int(j, "times", e->times);
	put_bool(j, "by_run", e->by_run);
	put_text(j, "text", e->text);
	put_int(j, "n", (int64_t)n);
	json_key(j, "numbers");
	json_raw(j, e->numbers);
	json_end(j);
}

static enum status store_events(struct db *db, const struct judged_event *events, size_t n,
				struct err *err)
{
	struct rows r;
	rows_begin(&r);
	for (size_t i = 0; i < n; i++, r.n++)
		put_event(&r.j, &events[i], i);
	return rows_end(&r, db, sql_judged_events_put, NULL, NULL, false, err);
}

static enum status store_events_of_days(struct db *db, const struct judged_day *days, size_t n,
					struct err *err)
{
	struct rows r;
	rows_begin(&r);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < days[i].n_events; k++, r.n++)
			put_event(&r.j, &days[i].events[k], k);
	return rows_end(&r, db, sql_judged_events_put, NULL, NULL, false, err);
}

static void put_remedy(struct json *j, const struct judged_remedy *m)
{
	json_object(j);
	put_text(j, "domain", m->domain);
	put_text(j, "name", m->name);
	put_text(j, "edit", m->edit);
	put_day(j, "offered", m->offered);
	put_text(j, "state", offer_names[m->state]);
	put_day(j, "since", m->since);
	put_day(j, "seen", m->seen);
	put_count(j, "messages", m->messages);
	put_count(j, "passed", m->passed);
	put_text(j, "senders", m->senders);
	put_text(j, "before", m->before);
	put_text(j, "after", m->after);
	json_end(j);
}

static enum status store_remedies(struct db *db, const struct judged_day *days, size_t n,
				  struct err *err)
{
	struct rows r;
	rows_begin(&r);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < days[i].n_remedies; k++, r.n++)
			put_remedy(&r.j, &days[i].remedies[k]);
	return rows_end(&r, db, sql_judged_remedies_put, NULL, NULL, false, err);
}

/* ---- whole days ---- */

static enum status finish(struct db *db, const char *const *last, size_t n_last, int32_t today,
			  struct err *err)
{
	char day[DAY_STRLEN];
	struct buf names;
	if (n_last == 0)
		return ST_OK;
	buf_init(&names, JSON_MAX);
	for (size_t i = 0; i < n_last; i++)
		array_put(&names, last[i]);
	const char *params[] = {array_close(&names), day_format(today - MEMORIES_KEPT, day)};
	enum status st = db_do(db, sql_judged_withdraw, 1, params, NULL, err);
	if (st == ST_OK)
		st = db_do(db, sql_judged_withdraw_remedies, 1, params, NULL, err);
	if (st == ST_OK)
		st = db_do(db, sql_judged_forget, 2, params, NULL, err);
	buf_free(&names);
	return st;
}

enum status judgement_store(struct db *db, const struct judged_day *days, size_t n,
			    const char *const *last, size_t n_last, int32_t today, struct err *err)
{
	if (n == 0)
		return ST_OK;
	enum status st = db_begin(db, err);
	if (st == ST_OK)
		st = store_days(db, days, n, err);
	if (st == ST_OK)
		st = store_senders(db, days, n, err);
	if (st == ST_OK)
		st = store_events_of_days(db, days, n, err);
	if (st == ST_OK)
		st = store_remedies(db, days, n, err);
	if (st == ST_OK)
		st = finish(db, last, n_last, today, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	return st;
}

enum status judgement_again(struct db *db, const char *const *names, const int32_t *days, size_t n,
			    struct err *err)
{
	static const char *const steps[] = {sql_judge_again, sql_judge_again_events,
					    sql_judge_again_remedies};
	char text[DAY_STRLEN];
	struct buf list, when;
	if (n == 0)
		return ST_OK;
	buf_init(&list, JSON_MAX);
	buf_init(&when, JSON_MAX);
	for (size_t i = 0; i < n; i++) {
		array_put(&list, names[i]);
		array_put(&when, day_format(days[i], text));
	}
	const char *params[] = {array_close(&list), array_close(&when)};
	enum status st = db_begin(db, err);
	for (size_t i = 0; st == ST_OK && i < sizeof steps / sizeof *steps; i++)
		st = db_do(db, steps[i], 2, params, NULL, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	buf_free(&list);
	buf_free(&when);
	return st;
}

/* ---- looks at DNS ---- */

static void put_said(struct json *j, const char *key, const struct dns_said *said, bool none)
{
	json_key(j, key);
	if (none) {
		json_null(j);
		return;
	}
	json_array(j);
	for (size_t i = 0; i < said->n; i++)
		json_string(j, said->records[i]);
	json_end(j);
}

static enum status store_changes(struct db *db, const char *sql, const struct dns_change *changes,
				 size_t n, int64_t now, struct err *err)
{
	struct rows r;
	rows_begin(&r);
	for (size_t i = 0; i < n; i++, r.n++) {
		const struct dns_change *c = &changes[i];
		json_object(&r.j);
		put_text(&r.j, "domain", c->domain);
		put_text(&r.j, "name", c->name);
		put_text(&r.j, "type", c->type);
		put_int(&r.j, "seen_at", c->seen_at);
		put_said(&r.j, "before", &c->before, c->first);
		put_said(&r.j, "after", &c->after, false);
		put_text(&r.j, "fault_before", c->before.fault);
		put_text(&r.j, "fault", c->after.fault);
		put_bool(&r.j, "confirmed", c->confirmed);
		put_int(&r.j, "now", now);
		json_end(&r.j);
	}
	return rows_end(&r, db, sql, NULL, NULL, false, err);
}

enum status judgement_store_looks(struct db *db, const struct dns_change *changes, size_t n_changes,
				  const struct dns_change *drops, size_t n_drops,
				  const struct judged_event *events, size_t n_events, int64_t now,
				  struct err *err)
{
	enum status st = db_begin(db, err);
	if (st == ST_OK)
		st = store_changes(db, sql_dns_change_drop, drops, n_drops, now, err);
	if (st == ST_OK)
		st = store_changes(db, sql_dns_change_put, changes, n_changes, now, err);
	if (st == ST_OK)
		st = store_events(db, events, n_events, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	return st;
}

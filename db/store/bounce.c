#include "db/store/bounce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/json.h"
#include "core/limits.h"
#include "db/pg/array_text.h"
#include "db/pg/result.h"
#include "sql.h"

/* ---- in ---- */

static void put_hex(struct json *j, const struct bounce_row *r)
{
	static const struct digest none;
	char hex[4 * sizeof none.b + 1];
	struct digest parts[2] = {r->message, r->recipient};
	if (memcmp(&r->message, &none, sizeof none) == 0) {
		/* no message is known: told apart by its second and by who refused what */
		struct buf b;
		buf_init(&b, 2 * LIMIT_BOUNCE_TEXT);
		const char *const words[] = {r->says.reply, r->says.receiver_host,
					     r->says.recipient_domain, r->says.mail_from_domain};
		int64_t at = r->undated ? 0 : r->at;
		buf_put(&b, &at, sizeof at);
		buf_put(&b, &r->says.ip, sizeof r->says.ip);
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			buf_put(&b, words[i] ? words[i] : "", words[i] ? strlen(words[i]) + 1 : 1);
		parts[0] = hash_fixed128(b.data, b.len);
		buf_free(&b);
	}
	for (size_t i = 0; i < sizeof parts; i++)
		snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)parts)[i]);
	json_key(j, "message"), json_string(j, hex);
}

static void put_text(struct json *j, const char *key, const char *text)
{
	if (text)
		json_key(j, key), json_string(j, text);
}

static void put_row(struct json *j, const struct bounce_row *r, size_t number)
{
	const struct fact_refusal *f = &r->says;
	char text[IP_STRLEN], day[DAY_STRLEN], at[32];
	json_object(j);
	json_key(j, "n"), json_uint(j, number);
	put_text(j, "domain", r->domain);
	day_format(day_from_unix(r->at), day);
	put_text(j, "day", day);
	int64_t second = r->at - (int64_t)day_from_unix(r->at) * 86400;
	snprintf(at, sizeof at, "%s %02d:%02d:%02dZ", day, (int)(second / 3600),
		 (int)(second / 60 % 60), (int)(second % 60));
	put_text(j, "at", at);
	put_hex(j, r);
	put_text(j, "class", f->class);
	put_text(j, "rule", f->rule);
	json_key(j, "by_us"), json_bool(j, f->by_us);
	json_key(j, "delayed"), json_bool(j, f->delayed);
	if (f->ours != OURS_UNKNOWN)
		json_key(j, "ours"), json_bool(j, f->ours == OURS_YES);
	if (f->code)
		json_key(j, "code"), json_int(j, f->code);
	put_text(j, "status", f->status);
	put_text(j, "phase", f->phase);
	put_text(j, "reply", f->reply);
	put_text(j, "receiver_host", f->receiver_host);
	put_text(j, "receiver_org", f->receiver_org);
	put_text(j, "recipient_domain", f->recipient_domain);
	if (f->ip.family)
		put_text(j, "ip", ip_format(&f->ip, text));
	put_text(j, "ip_source", f->ip_source);
	put_text(j, "mail_from_domain", f->mail_from_domain);
	put_text(j, "header_from_domain", f->header_from_domain);
	json_end(j);
}

/* Columns as in bounce_store.sql, binary: those of known domains. */
static void account(const PGresult *res, const struct bounce_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rows[i].account->foreign++;
	for (int i = 0; i < PQntuples(res); i++) {
		struct bounce_stored *s = rows[db_int8(res, i, 0) - 1].account;
		s->foreign--;
		if (db_bool(res, i, 1))
			s->stored++;
		else
			s->duplicate++;
	}
}

enum status bounce_store(struct db *db, const struct bounce_row *rows, size_t n, struct err *err)
{
	struct buf text;
	struct json j;
	char most[32];
	PGresult *res;
	buf_init(&text, 1u << 30);
	json_init(&j, &text);
	json_array(&j);
	for (size_t i = 0; i < n; i++)
		put_row(&j, &rows[i], i + 1);
	json_end(&j);
	snprintf(most, sizeof most, "%d", LIMIT_BOUNCE_ROWS);
	const char *params[] = {text.data, most};
	enum status st = db_query_binary(db, sql_bounce_store, 2, params, &res, err);
	buf_free(&text);
	if (st != ST_OK)
		return st;
	account(res, rows, n);
	PQclear(res);
	return ST_OK;
}

enum status bounce_covered(struct db *db, enum bounce_cover kind, int32_t first, int32_t last,
			   struct err *err)
{
	char from[DAY_STRLEN], to[DAY_STRLEN];
	if (last - first >= LIMIT_BOUNCE_COVERED)
		first = last - LIMIT_BOUNCE_COVERED + 1;
	const char *params[] = {kind == COVER_LOG ? "log" : "mail", day_format(first, from),
				day_format(last, to)};
	return db_do(db, sql_bounce_cover, 3, params, NULL, err);
}

/* ---- out ---- */

/* Columns as in bounce_list.sql, binary. */
static struct domain_refusal read_row(const PGresult *res, int row, struct arena *a)
{
	struct domain_refusal l = {.domain = result_text(res, row, 0, a)};
	struct fact_refusal *f = &l.says;
	f->day = db_int4(res, row, 1) + DB_EPOCH_DAY;
	f->class = result_text(res, row, 2, a);
	f->rule = result_text(res, row, 3, a);
	f->by_us = db_bool(res, row, 4);
	f->delayed = db_bool(res, row, 5);
	if (!PQgetisnull(res, row, 6))
		f->ours = db_bool(res, row, 6) ? OURS_YES : OURS_NO;
	f->code = PQgetisnull(res, row, 7) ? 0 : db_int4(res, row, 7);
	f->status = result_text(res, row, 8, a);
	f->phase = result_text(res, row, 9, a);
	f->reply = result_text(res, row, 10, a);
	f->receiver_host = result_text(res, row, 11, a);
	f->receiver_org = result_text(res, row, 12, a);
	f->recipient_domain = result_text(res, row, 13, a);
	f->ip = result_inet(res, row, 14);
	f->mail_from_domain = result_text(res, row, 15, a);
	f->header_from_domain = result_text(res, row, 16, a);
	f->count = (uint64_t)db_int8(res, row, 17);
	return l;
}

static enum status list(struct db *db, const char *sql, const char *const params[3],
			struct arena *a, struct domain_refusal **out, size_t *n, struct err *err)
{
	PGresult *res;
	enum status st = db_query_binary(db, sql, 3, params, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*out = arena_alloc(a, (*n + 1) * sizeof **out);
	for (size_t i = 0; i < *n; i++)
		(*out)[i] = read_row(res, (int)i, a);
	PQclear(res);
	return ST_OK;
}

enum status bounce_list(struct db *db, const struct bounce_filter *f, struct arena *a,
			struct domain_refusal **out, size_t *n, struct err *err)
{
	struct buf names;
	char since[DAY_STRLEN], until[DAY_STRLEN];
	buf_init(&names, 1u << 30);
	for (size_t i = 0; i < f->n_domains; i++)
		array_put(&names, f->domains[i]);
	const char *params[] = {f->n_domains ? array_close(&names) : NULL,
				f->has_since ? day_format(f->since, since) : NULL,
				f->has_until ? day_format(f->until, until) : NULL};
	enum status st = list(db, sql_bounce_list, params, a, out, n, err);
	buf_free(&names);
	return st;
}

static enum status covered_days(struct db *db, const char *const params[2], struct arena *a,
				int32_t **days, size_t *n, struct err *err)
{
	PGresult *res;
	enum status st = db_query_binary(db, sql_bounce_covered, 2, params, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*days = arena_alloc(a, (*n + 1) * sizeof **days);
	for (size_t i = 0; i < *n; i++)
		(*days)[i] = db_int4(res, (int)i, 0) + DB_EPOCH_DAY;
	PQclear(res);
	return ST_OK;
}

/* The first row, of those by domain, whose domain is name or stands behind it. */
static size_t first_of(const struct domain_refusal *rows, size_t n, const char *name)
{
	size_t low = 0;
	while (low < n) {
		size_t middle = low + (n - low) / 2;
		if (strcmp(rows[middle].domain, name) < 0)
			low = middle + 1;
		else
			n = middle;
	}
	return low;
}

static void keep(const struct domain_refusal *rows, size_t n, struct arena *a,
		 struct domain_facts *out)
{
	size_t first = first_of(rows, n, out->domain), last = first, k = 0;
	while (last < n && strcmp(rows[last].domain, out->domain) == 0)
		last++;
	struct fact_refusal *list = arena_alloc(a, (last - first + 1) * sizeof *list);
	for (size_t i = first; i < last; i++)
		if (rows[i].says.day >= out->window.since && rows[i].says.day < out->window.until)
			list[k++] = rows[i].says;
	out->refusals = list;
	out->n_refusals = k;
}

enum status bounce_windows(struct db *db, const char *names, struct arena *a,
			   struct domain_facts *out, size_t n, struct err *err)
{
	struct domain_refusal *rows;
	int32_t *days, since = out->window.since, until = out->window.until;
	size_t n_rows, n_days;
	char from[DAY_STRLEN], to[DAY_STRLEN];
	for (size_t i = 1; i < n; i++) {
		since = out[i].window.since < since ? out[i].window.since : since;
		until = out[i].window.until > until ? out[i].window.until : until;
	}
	const char *params[] = {names, day_format(since, from), day_format(until, to)};
	enum status st = covered_days(db, params + 1, a, &days, &n_days, err);
	if (st != ST_OK || n_days == 0) /* whoever stores refusals says which days he read */
		return st;
	st = list(db, sql_window_bounces, params, a, &rows, &n_rows, err);
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		size_t first = 0, last = n_days;
		while (first < n_days && days[first] < out[i].window.since)
			first++;
		while (last > first && days[last - 1] >= out[i].window.until)
			last--;
		out[i].refusal_days = days + first;
		out[i].n_refusal_days = last - first;
		keep(rows, n_rows, a, &out[i]);
	}
	return st;
}

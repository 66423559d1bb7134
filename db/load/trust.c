/*
 * Whose mail reports come by. Days are written down, not reports: a flood teaches nothing; and of a
 * mail that must be believed its own day, so that one mail teaches one, whatever it holds. A domain
 * is learned for an organisation when it signed alone on LEARN_DAYS days, and on LEARN_SHARE of all
 * days on which anybody signed in its name; nobody is learned beside one that is known already.
 * Once reports of an organisation usually are proved that stays said, and no more days are needed.
 *
 * All in short transactions: rows of days are waited for by other loaders.
 */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/load/priv.h"
#include "db/pg/array_text.h"
#include "sql.h"

#define LEARN_DAYS  "5"
#define LEARN_SHARE "90" /* per cent */
#define LEARN_ROWS  TEXT_OF(LIMIT_TRUST_DAYS)
#define TEXT_OF(n)  TEXT_OF_(n)
#define TEXT_OF_(n) #n

static struct digest pair_key(const char *org, const char *domain)
{
	struct digest both[2] = {hash_fixed128(org, strlen(org)),
				 hash_fixed128(domain, strlen(domain))};
	return hash_fixed128(both, sizeof both);
}

static struct digest day_key(const struct trust_day *d)
{
	struct {
		struct digest pair;
		int64_t day;
	} key = {pair_key(d->org, d->domain), d->day};
	return hash_fixed128(&key, sizeof key);
}

static bool is_usual(const struct loader *l, const char *org)
{
	struct digest key = pair_key(org, "");
	return map_get(&l->trust.usual, &key) != NULL;
}

bool load_trust_learned(const struct loader *l, const char *org, const char *domain)
{
	struct digest key = pair_key(org, domain);
	return map_get(&l->trust.pairs, &key) != NULL;
}

void load_trust_free(struct loader *l)
{
	map_free(&l->trust.days);
	map_free(&l->trust.pairs);
	map_free(&l->trust.usual);
}

/* ---- asking ---- */

/* The organisations of these, each once. */
static const char *organisations(const struct trust_day *days, size_t n, struct buf *list)
{
	struct map seen = {0};
	buf_init(list, 1u << 30);
	for (size_t i = 0; i < n; i++) {
		bool fresh;
		struct digest key = pair_key(days[i].org, "");
		map_put(&seen, &key, &fresh);
		if (fresh)
			array_put(list, days[i].org);
	}
	map_free(&seen);
	return array_close(list);
}

static void take_pair(struct loader *l, const PGresult *res, int row)
{
	const char *org = PQgetvalue(res, row, 0), *domain = PQgetvalue(res, row, 1);
	struct digest key = pair_key(org, domain);
	bool usual = domain[0] == '\0';
	*map_put(usual ? &l->trust.usual : &l->trust.pairs, &key, NULL) = 1;
}

/* What others have learned may have been taken back since: pairs are asked for each time. */
enum status load_trust_ask(struct loader *l, struct db *db, const struct trust_day *days, size_t n,
			   struct err *err)
{
	struct buf orgs;
	PGresult *res;
	map_clear(&l->trust.pairs);
	map_clear(&l->trust.usual);
	if (n == 0)
		return ST_OK;
	const char *param = organisations(days, n, &orgs);
	enum status st = db_query(db, sql_trust_ask, 1, &param, &res, err);
	buf_free(&orgs);
	if (st != ST_OK)
		return st;
	for (int i = 0; i < PQntuples(res); i++)
		take_pair(l, res, i);
	PQclear(res);
	return ST_OK;
}

/* ---- learning ---- */

/* Pairs of organisation and domain, in the rows of res: what stands of their reports is given anew
 * by sql, in one statement however many they are. Folds said otherwise. */
static enum status restand(struct db *db, const PGresult *pairs, const char *sql, struct err *err)
{
	struct buf list[2];
	PGresult *res = NULL;
	if (PQntuples(pairs) == 0)
		return ST_OK;
	for (int k = 0; k < 2; k++) {
		buf_init(&list[k], 1u << 30);
		for (int i = 0; i < PQntuples(pairs); i++)
			array_put(&list[k], PQgetvalue(pairs, i, k));
	}
	const char *params[] = {array_close(&list[0]), array_close(&list[1])};
	enum status st = db_query(db, sql, 2, params, &res, err);
	if (st == ST_OK && !PQgetisnull(res, 0, 0)) {
		const char *months = PQgetvalue(res, 0, 0);
		st = db_do(db, sql_rollup_outdate, 1, &months, NULL, err);
	}
	PQclear(res);
	buf_free(&list[0]);
	buf_free(&list[1]);
	return st;
}

/* Domains that are known by themselves: of the table, or of the organisation's own name. */
static enum status enter_known(struct db *db, const struct trust_day *days, size_t n,
			       struct err *err)
{
	struct buf list[3];
	bool any = false;
	for (size_t k = 0; k < 3; k++)
		buf_init(&list[k], 1u << 30);
	for (size_t i = 0; i < n; i++) {
		if (days[i].claim != CLAIM_OWN && days[i].claim != CLAIM_LISTED)
			continue;
		any = true;
		array_put(&list[0], days[i].org);
		array_put(&list[1], days[i].domain);
		array_put(&list[2], days[i].claim == CLAIM_OWN ? "own" : "listed");
	}
	const char *params[] = {array_close(&list[0]), array_close(&list[1]),
				array_close(&list[2])};
	PGresult *wrong = NULL;
	enum status st = any ? db_do(db, sql_trust_enter, 3, params, NULL, err) : ST_OK;
	if (st == ST_OK && any)
		st = db_query(db, sql_trust_own, 1, params, &wrong, err);
	if (st == ST_OK && any)
		st = restand(db, wrong, sql_trust_demote, err);
	PQclear(wrong);
	for (size_t k = 0; k < 3; k++)
		buf_free(&list[k]);
	return st;
}

static enum status learn(struct db *db, const struct trust_day *days, size_t n, struct err *err)
{
	struct buf orgs;
	PGresult *res = NULL;
	const char *params[] = {organisations(days, n, &orgs), LEARN_DAYS, LEARN_SHARE};
	enum status st = db_query(db, sql_trust_learn, 3, params, &res, err);
	if (st == ST_OK)
		st = restand(db, res, sql_trust_apply, err);
	PQclear(res);
	if (st == ST_OK)
		st = db_do(db, sql_trust_usual, 3, params, NULL, err);
	buf_free(&orgs);
	return st;
}

/* ---- writing down ---- */

static enum status enter_days(struct db *db, const struct trust_day *days, size_t n,
			      struct err *err)
{
	struct buf list[3];
	for (size_t k = 0; k < 3; k++)
		buf_init(&list[k], 1u << 30);
	for (size_t i = 0; i < n; i++) {
		char day[DAY_STRLEN];
		array_put(&list[0], days[i].org);
		array_put(&list[1], day_format(days[i].day, day));
		array_put(&list[2], days[i].domain);
	}
	const char *params[] = {array_close(&list[0]), array_close(&list[1]), array_close(&list[2]),
				LEARN_ROWS};
	enum status st = db_do(db, sql_trust_days, 4, params, NULL, err);
	for (size_t k = 0; k < 3; k++)
		buf_free(&list[k]);
	return st;
}

/* It says nothing new of an organisation of which enough is known. */
static bool says_nothing(const struct loader *l, const struct trust_day *d)
{
	bool by_itself = d->claim == CLAIM_OWN || d->claim == CLAIM_LISTED;
	return is_usual(l, d->org) && (!by_itself || load_trust_learned(l, d->org, d->domain));
}

/* Those that teach, and that this loader has not written down. */
static size_t fresh_days(struct loader *l, const struct trust_day *days, size_t n,
			 struct trust_day *out)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		struct digest key = day_key(&days[i]);
		if (days[i].teaches && !says_nothing(l, &days[i]) && !map_get(&l->trust.days, &key))
			out[k++] = days[i];
	}
	return k;
}

static void remember_days(struct loader *l, const struct trust_day *days, size_t n)
{
	if (l->trust.days.n > CACHE_MAX)
		map_clear(&l->trust.days);
	for (size_t i = 0; i < n; i++) {
		struct digest key = day_key(&days[i]);
		*map_put(&l->trust.days, &key, NULL) = 1;
	}
}

enum status load_trust_days(struct loader *l, struct db *db, const struct trust_day *days, size_t n,
			    struct err *err)
{
	enum status st = load_trust_ask(l, db, days, n, err);
	if (st != ST_OK || n == 0)
		return st;
	struct trust_day *fresh = mem_grow(NULL, n, sizeof *fresh);
	size_t k = fresh_days(l, days, n, fresh);
	if (k > 0) {
		/* with the loaders' lock: what is learned changes what folds are made of */
		st =
		    db_exec(db, "BEGIN; SELECT pg_advisory_xact_lock_shared(" LOCK_ROLLUP ")", err);
		if (st == ST_OK)
			st = enter_days(db, fresh, k, err);
		if (st == ST_OK)
			st = enter_known(db, fresh, k, err);
		if (st == ST_OK)
			st = learn(db, fresh, k, err);
		if (st == ST_OK)
			st = db_commit(db, err);
		if (st != ST_OK)
			db_rollback(db);
	}
	if (st == ST_OK && k > 0) {
		remember_days(l, fresh, k);
		st = load_trust_ask(l, db, days, n, err);
	}
	free(fresh);
	return st;
}

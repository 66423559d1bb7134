/*
 * What a mail makes of the word of its report.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "db/load/priv.h"

#define KEY_GONE (30 * 86400) /* seconds after which a key may be gone, and nobody is to blame */
#define A_DAY    86400

void load_auth_keep(struct arena *a, struct entry *e, const struct authentic *auth)
{
	e->auth = *auth;
	e->auth.domain = arena_strdup(a, e->auth.domain);
	e->auth.from = arena_strdup(a, e->auth.from);
}

enum standing load_standing_of(const PGresult *res, int row, int col)
{
	int32_t v = PQgetisnull(res, row, col) ? 0 : db_int4(res, row, col);
	return v > 0 && v < STANDING_COUNT ? (enum standing)v : STANDING_FILE;
}

/* Read out of quarantine: what was known when it came. The address that it came from was not kept,
 * so that only what does not need it can be proved anew. */
static void restore(const struct loader *l, struct entry *e)
{
	const struct load_origin *o = &l->origin;
	e->auth = (struct authentic){.result = o->auth,
				     .by = o->by,
				     .mail = o->standing != STANDING_FILE,
				     .domain = o->domain,
				     .from = ""};
}

static bool is_accepted(const struct loader *l, const struct entry *e)
{
	const struct load_origin *o = &l->origin;
	bool whole = memcmp(e->report.content.b, (struct digest){{0}}.b, sizeof o->content.b) != 0;
	return l->has_origin && o->accept &&
	       (!whole || o->any ||
		memcmp(e->report.content.b, o->content.b, sizeof o->content.b) == 0);
}

/* Nothing can be said of the sender of an old mail whose key is gone: then it is like a file. But
 * not of a mail that claims to be older than what it brings. */
static bool is_old(const struct entry *e, int64_t now)
{
	return e->auth.result == AUTH_UNKNOWN && e->auth.date > 0 &&
	       now - e->auth.date > KEY_GONE && e->report.end <= e->auth.date + A_DAY;
}

static enum standing standing_of(const struct loader *l, const struct entry *e, const char *org,
				 const char *domain, int64_t now)
{
	if (is_accepted(l, e))
		return STANDING_ACCEPTED;
	if (!e->auth.mail)
		return STANDING_FILE;
	if (e->claim == CLAIM_OWN || e->claim == CLAIM_LISTED ||
	    (e->claim == CLAIM_SIGNED && load_trust_learned(l, org, domain)))
		return STANDING_PROVED;
	if (l->has_origin && l->origin.known)
		return l->origin.standing;
	return is_old(e, now) ? STANDING_FILE : STANDING_OPEN;
}

/* The day that a mail teaches: its own, whatever days its reports are of. One in another mail, or
 * one that cannot be of the day it says, teaches nothing. */
static bool day_of_mail(const struct entry *e, int64_t now, int32_t *day)
{
	const struct authentic *a = &e->auth;
	if (a->enclosed || a->date <= 0 || a->date > now + A_DAY || e->report.end > a->date + A_DAY)
		return false;
	*day = (int32_t)(a->date / A_DAY);
	return true;
}

/* Folded name and organisational domain of each; the domain is empty where it says nothing. */
static void describe(const struct loader *l, struct entry *e, struct arena *a, int64_t now,
		     struct trust_day *d)
{
	char org[RECEIVER_NAME];
	receiver_fold(e->report.org_name ? e->report.org_name : "", org);
	e->claim = receiver_claim(l->rules, org, &e->auth);
	const char *domain = e->claim == CLAIM_NOTHING ? "" : e->auth.domain;
	int32_t day = e->report.day;
	bool teaches =
	    e->claim == CLAIM_OWN || e->claim == CLAIM_LISTED || day_of_mail(e, now, &day);
	if (l->rules && *domain)
		domain = l->rules->org_domain(l->rules->ctx, domain);
	*d = (struct trust_day){.org = arena_strdup(a, org),
				.domain = domain,
				.day = day,
				.teaches = teaches,
				.claim = e->claim};
}

enum status load_rank(struct loader *l, struct db *db, struct entry *const *reports, size_t n,
		      struct err *err)
{
	struct trust_day *days = mem_grow(NULL, n + 1, sizeof *days);
	struct trust_day *mailed = mem_grow(NULL, n + 1, sizeof *mailed);
	struct arena a = {0};
	size_t n_mailed = 0;
	int64_t now = (int64_t)time(NULL);
	for (size_t i = 0; i < n; i++) {
		if (l->has_origin && l->origin.known && !reports[i]->auth.mail)
			restore(l, reports[i]);
		describe(l, reports[i], &a, now, &days[i]);
		if (reports[i]->auth.mail)
			mailed[n_mailed++] = days[i];
	}
	/* what is read again has been written down when it came */
	enum status st = l->dry || l->has_origin ? load_trust_ask(l, db, mailed, n_mailed, err)
						 : load_trust_days(l, db, mailed, n_mailed, err);
	for (size_t i = 0; st == ST_OK && i < n; i++)
		reports[i]->standing = standing_of(l, reports[i], days[i].org, days[i].domain, now);
	arena_free(&a);
	free(days);
	free(mailed);
	return st;
}

bool load_outranks(const struct loader *l, const struct entry *e, enum standing stored)
{
	(void)l;
	if (e->standing == STANDING_ACCEPTED)
		return true;
	return standing_is_high(e->standing) && !standing_is_high(stored);
}

const char *load_conflict_reason(const struct entry *e, enum standing stored)
{
	return standing_is_high(stored) && !standing_is_high(e->standing) ? LOAD_LESSER_REASON
									  : LOAD_CONFLICT_REASON;
}

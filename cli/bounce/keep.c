#include "cli/bounce/keep.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/day.h"
#include "core/mem.h"
#include "db/read/query.h"

#define ROWS_MAX 10000   /* of a batch */
#define ANY_DAY  1000000 /* later than all */

/* One refusal of a case. */
struct occurrence {
	uint32_t input, in; /* of the batch; of its cases */
	const char *domain;
	int64_t at;
	struct digest message, recipient;
};

/* An input, or the part of a log that a batch has room for. */
struct kept_input {
	struct bounce_stored account; /* earlier parts of it, too */
	bool whole;                   /* what follows is known: it was told */
	void *ticket;
	char *source, *reason;
	enum bounce_what what;
	int32_t first_day, last_day; /* that a log covers; first > last: none */
};

/* Facts are read of so many domains and months. */
struct asked_month {
	const char *domain;
	int32_t month;
};

struct keeping {
	struct sink sink;
	struct keeper *keeper;
	struct db *db;
	struct bounce_batch batch;
	struct bounce_facts facts;
	struct occurrence rows[ROWS_MAX];
	size_t n_rows;
	struct kept_input inputs[INPUTS_MAX + 1]; /* in step with the batch; then the one at hand */
	struct asked_month asked[BOUNCE_DOMAINS];
	size_t n_asked;
};

/* ---- whose mail it is ---- */

enum status keeper_open(struct keeper *k, struct err *err)
{
	struct known_domain *known;
	size_t n;
	k->first_day = INT32_MAX;
	k->last_day = INT32_MIN;
	pthread_mutex_init(&k->lock, NULL);
	enum status st =
	    query_known_domains(k->tools->app->db, ANY_DAY, NULL, &k->a, &known, &n, err);
	if (st != ST_OK)
		return st;
	const char **names = arena_alloc(&k->a, (n + 1) * sizeof *names);
	for (size_t i = 0; i < n; i++) {
		struct digest key = hash_fixed128(known[i].name, strlen(known[i].name));
		names[i] = known[i].name;
		*map_put(&k->known, &key, NULL) = i + 1;
	}
	k->domains = names;
	return ST_OK;
}

void keeper_close(struct keeper *k)
{
	map_free(&k->known);
	arena_free(&k->a);
	pthread_mutex_destroy(&k->lock);
}

/* The stored domain that a name stands below, the nearest; NULL: there is none. */
static const char *stored_domain(const struct keeper *k, const char *name)
{
	while (name) {
		struct digest key = hash_fixed128(name, strlen(name));
		const uint64_t *found = map_get(&k->known, &key);
		if (found)
			return k->domains[*found - 1];
		name = strchr(name, '.');
		name = name ? name + 1 : NULL;
	}
	return NULL;
}

/* ---- into the database ---- */

static struct bounce_row row_of(struct keeping *k, const struct occurrence *o,
				const struct bounce_explained *x)
{
	const struct refusal *r = &x->of->r;
	bool words = x->rule && !bounce_rule_is_number(x->rule);
	const char *status = r->reply.status[0] ? r->reply.status : r->bounce_status;
	return (struct bounce_row){.domain = o->domain,
				   .at = o->at ? o->at : (int64_t)time(NULL),
				   .undated = !o->at,
				   .message = o->message,
				   .recipient = o->recipient,
				   .account = &k->inputs[o->input].account,
				   .says = {.class = bounce_class_names[x->class],
					    .rule = words ? x->rule->id : NULL,
					    .by_us = r->direction == REFUSED_BY_US,
					    .delayed = r->action == REFUSAL_DELAYED,
					    .ours = x->ours == SENT_BY_US       ? OURS_YES
						    : x->ours == SENT_BY_OTHERS ? OURS_NO
										: OURS_UNKNOWN,
					    .code = (int)r->reply.code,
					    .status = *status ? status : NULL,
					    .phase = refusal_phase_names[r->reply.phase],
					    .reply = r->reply.text[0] ? r->reply.text : NULL,
					    .receiver_host = refusal_receiver(r),
					    .receiver_org = x->org,
					    .recipient_domain = r->recipient_domain,
					    .ip = x->ip,
					    .ip_source = refusal_ip_source_names[x->ip_source],
					    .mail_from_domain = r->mail_from_domain,
					    .header_from_domain = r->header_from_domain}};
}

static enum status store(struct keeping *k, struct bounce_explained *const *all, struct err *err)
{
	if (k->n_rows == 0)
		return ST_OK;
	struct bounce_row *rows = mem_alloc(k->n_rows * sizeof *rows);
	for (size_t i = 0; i < k->n_rows; i++) {
		const struct occurrence *o = &k->rows[i];
		rows[i] = row_of(k, o, &all[o->input][o->in]);
	}
	enum status st = bounce_store(k->db, rows, k->n_rows, err);
	free(rows);
	return st;
}

/* Which days the logs among them cover. */
static enum status cover(struct keeping *k, struct err *err)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < k->batch.n && st == ST_OK; i++) {
		const struct kept_input *in = &k->inputs[i];
		if (in->whole && in->first_day <= in->last_day)
			st = bounce_covered(k->db, COVER_LOG, in->first_day, in->last_day, err);
	}
	return st;
}

/* ---- what became of the inputs ---- */

static enum outcome outcome_of(const struct kept_input *in, const char **reason)
{
	*reason = in->reason;
	if (in->what == BOUNCE_BAD)
		return OUT_REJECTED;
	if (in->what == BOUNCE_CLEAN_LOG)
		return OUT_STORED;
	if (in->what == BOUNCE_REFUSALS && in->account.stored)
		return OUT_STORED;
	if (in->what == BOUNCE_REFUSALS && in->account.duplicate) {
		*reason = NULL;
		return OUT_DUPLICATE;
	}
	if (in->what == BOUNCE_REFUSALS)
		*reason = "refused mail of domains of which nothing is stored";
	else if (!*reason)
		*reason = bounce_what_names[in->what];
	return OUT_NOT_A_REPORT;
}

static void settle(struct keeping *k, struct kept_input *in)
{
	const char *reason;
	enum outcome outcome = outcome_of(in, &reason);
	struct keeper *keeper = k->keeper;
	keeper->sum.stored += in->account.stored;
	keeper->sum.duplicate += in->account.duplicate;
	keeper->sum.foreign += in->account.foreign;
	keeper->others += in->what != BOUNCE_REFUSALS && in->what != BOUNCE_CLEAN_LOG;
	const struct settlement s = {.ticket = in->ticket,
				     .source = in->source,
				     .outcome = outcome,
				     .reason = outcome == OUT_STORED ? NULL : reason,
				     .messages = in->account.stored};
	k->sink.settled(k->sink.settled_ctx, &s);
}

static void forget(struct kept_input *in)
{
	free(in->source);
	free(in->reason);
	*in = (struct kept_input){0};
}

/* Settle what is whole; what is at hand goes on in the next batch. */
static void settle_all(struct keeping *k)
{
	struct kept_input *part = NULL;
	for (size_t i = 0; i < k->batch.n; i++) {
		struct kept_input *in = &k->inputs[i];
		if (!in->whole) {
			part = in;
			continue;
		}
		settle(k, in);
		forget(in);
	}
	struct kept_input *at_hand = &k->inputs[k->batch.n];
	struct kept_input next = part ? *part : *at_hand;
	if (part)
		*part = (struct kept_input){0};
	*at_hand = (struct kept_input){0};
	k->inputs[0] = next;
}

static enum status write_batch(struct keeping *k, struct err *err)
{
	struct bounce_explained **all;
	enum status st = ST_OK;
	if (k->batch.n == 0) {
		k->n_asked = 0;
		return ST_OK;
	}
	pthread_mutex_lock(&k->keeper->lock);
	if (k->n_rows > 0)
		st = bounce_tools_explain(k->keeper->tools, &k->batch, &k->facts, &all, err);
	if (st == ST_OK && k->n_rows > 0)
		st = store(k, all, err);
	if (st == ST_OK)
		st = cover(k, err);
	if (st == ST_OK)
		settle_all(k);
	pthread_mutex_unlock(&k->keeper->lock);
	bounce_facts_reset(&k->facts);
	if (st != ST_OK)
		return st;
	bounce_batch_reset(&k->batch);
	k->n_rows = k->n_asked = 0;
	return ST_OK;
}

/* The input at hand goes on: what is known of it is a part. */
static enum status write_part(struct keeping *k, struct err *err)
{
	const struct bounce_outcome part = {.source = "", .what = BOUNCE_REFUSALS};
	if (k->batch.now.n > 0)
		bounce_batch_close(&k->batch, &part);
	return write_batch(k, err);
}

/* ---- out of the pipeline ---- */

static bool is_asked(struct keeping *k, const char *domain, int32_t month)
{
	for (size_t i = 0; i < k->n_asked; i++)
		if (k->asked[i].domain == domain && k->asked[i].month == month)
			return true;
	return false;
}

static void note_mail(struct keeper *k, const struct refusal *r)
{
	if (!r->at || r->form < FORM_DSN || r->form > FORM_BODY)
		return;
	int32_t day = day_from_unix(r->at);
	pthread_mutex_lock(&k->lock);
	k->first_day = day < k->first_day ? day : k->first_day;
	k->last_day = day > k->last_day ? day : k->last_day;
	pthread_mutex_unlock(&k->lock);
}

static enum status on_refusal(void *ctx, const struct refusal *r, struct err *err)
{
	struct keeping *k = ctx;
	const struct bounce_case one = {.r = *r};
	const char *domain = stored_domain(k->keeper, bounce_sent_as(&one, NULL));
	enum status st = ST_OK;
	note_mail(k->keeper, r);
	if (!domain) {
		k->inputs[k->batch.n].account.foreign++;
		return ST_OK;
	}
	int32_t month = r->at ? month_of_day(day_from_unix(r->at)) : INT32_MIN;
	bool asked = is_asked(k, domain, month);
	if (k->n_rows == ROWS_MAX || bounce_batch_is_full(&k->batch) ||
	    (!asked && k->n_asked == BOUNCE_DOMAINS))
		st = write_part(k, err);
	if (st != ST_OK)
		return st;
	if (!is_asked(k, domain, month))
		k->asked[k->n_asked++] = (struct asked_month){domain, month};
	size_t in = bounce_batch_add(&k->batch, r);
	k->rows[k->n_rows++] = (struct occurrence){.input = (uint32_t)k->batch.n,
						   .in = (uint32_t)in,
						   .domain = domain,
						   .at = r->at,
						   .message = r->message,
						   .recipient = r->recipient};
	return ST_OK;
}

static enum status on_told(void *ctx, const struct bounce_outcome *o, const struct item *item,
			   struct err *err)
{
	struct keeping *k = ctx;
	struct kept_input *in = &k->inputs[k->batch.n];
	in->whole = true;
	in->ticket = item->ticket;
	in->source = mem_strdup(o->source);
	in->reason = o->reason ? mem_strdup(o->reason) : NULL;
	in->what = o->what;
	in->first_day = 1;
	in->last_day = 0;
	bool log = o->log != FORM_COUNT && o->what != BOUNCE_BAD;
	if (log && o->first_at && o->last_at && !o->no_replies) {
		in->first_day = day_from_unix(o->first_at);
		in->last_day = day_from_unix(o->last_at);
	}
	bounce_batch_close(&k->batch, o);
	return bounce_batch_is_full(&k->batch) ? write_batch(k, err) : ST_OK;
}

/* What cannot be read: nothing of it is to be durable first, but the order of outcomes is kept. */
static enum status on_note(void *ctx, const struct item *item, enum outcome outcome,
			   const char *reason, struct err *err)
{
	const struct bounce_outcome o = {.source = item->source,
					 .what =
					     outcome == OUT_REJECTED ? BOUNCE_BAD : BOUNCE_UNKNOWN,
					 .reason = reason,
					 .log = FORM_COUNT};
	return on_told(ctx, &o, item, err);
}

static enum status on_flush(void *ctx, struct err *err)
{
	return write_batch(ctx, err);
}

/* The input at hand is not read to its end. What is stored of it will be met again. */
static void on_abort(void *ctx)
{
	struct keeping *k = ctx;
	while (k->n_rows > 0 && k->rows[k->n_rows - 1].input == k->batch.n)
		k->n_rows--;
	bounce_batch_drop(&k->batch);
	forget(&k->inputs[k->batch.n]);
}

struct sink *keeper_sink(struct keeper *keeper, struct db *db)
{
	struct keeping *k = mem_alloc(sizeof *k);
	k->keeper = keeper;
	k->db = db;
	bounce_batch_init(&k->batch);
	k->sink = (struct sink){.ctx = k,
				.abort = on_abort,
				.note = on_note,
				.flush = on_flush,
				.refusal = on_refusal,
				.told = on_told};
	return &k->sink;
}

void keeper_close_sink(struct sink *sink)
{
	struct keeping *k = sink->ctx;
	for (size_t i = 0; i <= k->batch.n; i++)
		forget(&k->inputs[i]);
	bounce_facts_free(&k->facts);
	bounce_batch_free(&k->batch);
	free(k);
}

/* ---- the end of a run ---- */

/* Bounces say that mail was refused; that none was, only whoever reads all of them until today. */
enum status keeper_end(struct keeper *k, bool live, struct err *err)
{
	int32_t today = day_from_unix(time(NULL)), first = k->first_day, last = k->last_day;
	if (live) {
		first = first < today ? first : today;
		last = today;
	}
	if (first > last)
		return ST_OK;
	return bounce_covered(k->tools->app->db, COVER_MAIL, first, last, err);
}

#include "db/load/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "db/load/priv.h"

static struct entry *entry_new(struct loader *l, enum entry_kind kind, const struct item *item)
{
	struct batch *b = &l->batch;
	b->entries = MEM_ROOM(b->entries, b->n, b->cap);
	struct entry *e = &b->entries[b->n];
	*e = (struct entry){.kind = kind, .ticket = item->ticket, .first = b->n_records};
	return e;
}

static bool same_bytes(const struct blob *copy, const struct blob *container)
{
	uint8_t piece[16 * KIB];
	if (copy->size != container->size)
		return false;
	for (uint64_t at = 0; at < copy->size;) {
		ssize_t got = blob_read(container, at, piece, sizeof piece);
		if (got <= 0 || memcmp(copy->mem + at, piece, (size_t)got) != 0)
			return false;
		at += (uint64_t)got;
	}
	return true;
}

/* The container's bytes outlive the call only in a copy; a large one is settled before that. What
 * comes out of one container shares its copy: hundreds of reports may be in a zip. */
static void entry_keep(struct loader *l, struct entry *e, const struct item *item)
{
	struct batch *b = &l->batch;
	e->ticket = item->ticket;
	e->source = arena_strdup(&b->arena, item->source);
	e->container = item->container;
	if (item->container.size > LIMIT_BLOB_COPY)
		return;
	if (b->n > 0 && same_bytes(&b->entries[b->n - 1].container, &item->container)) {
		e->container = b->entries[b->n - 1].container;
		return;
	}
	uint8_t *copy = arena_alloc(&b->arena, (size_t)item->container.size);
	ssize_t got = blob_read(&item->container, 0, copy, (size_t)item->container.size);
	e->container = (struct blob){.size = got > 0 ? (uint64_t)got : 0, .mem = copy, .fd = -1};
	b->bytes += item->container.size;
}

static bool must_flush(const struct batch *b, const struct item *item)
{
	return item->container.size > LIMIT_BLOB_COPY || b->n >= BATCH_REPORTS ||
	       b->n_records >= BATCH_RECORDS || b->bytes > LIMIT_PENDING_BYTES ||
	       b->arena.used > 2 * LIMIT_PENDING_BYTES; /* heads and warnings count, too */
}

static struct dmarc_word keep_word(struct arena *a, struct dmarc_word w)
{
	w.text = arena_strdup(a, w.text);
	return w;
}

static const char *const *keep_list(struct arena *a, const char *const *list, unsigned n)
{
	const char **copy = arena_alloc(a, n * sizeof *copy);
	for (unsigned i = 0; i < n; i++)
		copy[i] = arena_strdup(a, list[i]);
	return copy;
}

static void keep_report(struct arena *a, struct dmarc_report *r)
{
	r->org_name = arena_strdup(a, r->org_name);
	r->email = arena_strdup(a, r->email);
	r->extra_contact_info = arena_strdup(a, r->extra_contact_info);
	r->report_id = arena_strdup(a, r->report_id);
	r->version = arena_strdup(a, r->version);
	r->generator = arena_strdup(a, r->generator);
	r->errors = keep_list(a, r->errors, r->n_errors);
	r->warnings = keep_list(a, r->warnings, r->n_warnings);
	struct dmarc_policy *p = &r->policy;
	p->domain = arena_strdup(a, p->domain);
	struct dmarc_word *words[] = {&p->p, &p->sp, &p->np, &p->adkim, &p->aspf};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		*words[i] = keep_word(a, *words[i]);
	p->fo = arena_strdup(a, p->fo);
	p->testing = arena_strdup(a, p->testing);
	p->discovery_method = arena_strdup(a, p->discovery_method);
}

static enum status on_begin(void *ctx, const struct dmarc_report *report, const struct item *item,
			    struct err *err)
{
	struct loader *l = ctx;
	(void)err;
	struct entry *e = entry_new(l, ENTRY_REPORT, item);
	l->before = arena_mark(&l->batch.arena);
	e->report = *report;
	e->report.n_records = e->report.n_messages = 0; /* end() brings it again, complete */
	e->report.content = (struct digest){{0}};
	e->report.n_warnings = 0;
	keep_report(&l->batch.arena, &e->report);
	load_auth_keep(&l->batch.arena, e, item->auth);
	e->source = arena_strdup(&l->batch.arena, item->source);
	e->domain = load_domain(l, report->policy.domain);
	e->reporter = load_reporter(l, report->org_name, report->email);
	l->head = arena_mark(&l->batch.arena);
	l->open = true;
	l->big = BIG_NONE;
	l->record_no = 0;
	return ST_OK;
}

static void add_record(struct loader *l, const struct dmarc_record *r)
{
	struct batch *b = &l->batch;
	struct entry *e = &b->entries[b->n];
	b->records = MEM_ROOM(b->records, b->n_records, b->cap_records);
	b->records[b->n_records++] = (struct load_record){
	    .source = r->source,
	    .profile = load_profile_index(l, e, r->profile),
	    .flags = r->flags,
	    .messages = r->messages,
	    .source_raw = r->flags ? arena_strdup(&b->arena, r->source_raw) : NULL,
	};
	e->n++;
}

/* By records, or by what they drag along: hostile ones have a profile of 100 KiB each. */
static bool outgrown(const struct loader *l)
{
	const struct batch *b = &l->batch;
	return b->entries[b->n].n > BATCH_RECORDS || l->profiles.arena.used > LIMIT_PENDING_BYTES ||
	       b->arena.used > l->head.used + LIMIT_PENDING_BYTES;
}

static enum status on_records(void *ctx, const struct dmarc_record *records, size_t n,
			      struct err *err)
{
	struct loader *l = ctx;
	enum status st = ST_OK;
	for (size_t i = 0; st == ST_OK && i < n && !l->dry && l->big != BIG_COMPARE; i++) {
		add_record(l, &records[i]);
		if (outgrown(l))
			st = load_big_records(l, err);
	}
	return st;
}

static void on_abort(void *ctx)
{
	struct loader *l = ctx;
	if (!l->open)
		return;
	if (l->big != BIG_NONE)
		load_big_abort(l);
	l->batch.n_records = l->batch.entries[l->batch.n].first;
	arena_rewind(&l->batch.arena, l->before);
	l->open = false;
}

static enum status on_end(void *ctx, const struct dmarc_report *report, const struct item *item,
			  struct err *err)
{
	struct loader *l = ctx;
	struct entry *e = &l->batch.entries[l->batch.n];
	e->report = *report;
	keep_report(&l->batch.arena, &e->report);
	entry_keep(l, e, item);
	l->open = false;
	if (l->big != BIG_NONE) {
		enum status st = load_big_end(l, e, err);
		l->big = BIG_NONE;
		return st;
	}
	load_outcomes_add(l, e);
	l->batch.n++;
	return must_flush(&l->batch, item) ? load_flush(l, err) : ST_OK;
}

static enum status on_note(void *ctx, const struct item *item, enum outcome outcome,
			   const char *reason, struct err *err)
{
	struct loader *l = ctx;
	struct entry *e = entry_new(l, ENTRY_NOTE, item);
	struct item kept = *item;
	if (outcome != OUT_REJECTED || l->dry)
		kept.container = (struct blob){.mem = (const uint8_t *)"", .fd = -1};
	entry_keep(l, e, &kept);
	e->auth.mail = item->auth->mail;
	e->outcome = outcome;
	e->reason = arena_strdup(&l->batch.arena, reason);
	l->batch.n++;
	return must_flush(&l->batch, &kept) ? load_flush(l, err) : ST_OK;
}

static enum status on_flush(void *ctx, struct err *err)
{
	return load_flush(ctx, err);
}

enum status load_open(struct db *db, int64_t run_id, bool dry, struct load_known *known,
		      struct loader **out, struct err *err)
{
	struct loader *l = mem_alloc(sizeof *l);
	l->db = db;
	l->run_id = run_id;
	l->dry = dry;
	l->known = known;
	l->aside.max = LIMIT_QUARANTINE_ALL;
	l->sink = (struct sink){.ctx = l,
				.begin = on_begin,
				.records = on_records,
				.end = on_end,
				.abort = on_abort,
				.note = on_note,
				.flush = on_flush};
	*out = l;
	return dry ? ST_OK : load_stage(db, err);
}

struct sink *load_sink(struct loader *l)
{
	return &l->sink;
}

struct loader *load_of(const struct sink *sink)
{
	return sink->ctx;
}

void load_names(struct loader *l, const struct name_rules *rules)
{
	l->rules = rules;
}

void load_origin(struct loader *l, const struct load_origin *origin)
{
	l->has_origin = origin != NULL;
	l->origin = origin ? *origin : (struct load_origin){0};
}

void load_close(struct loader *l)
{
	if (!l)
		return;
	db_rollback(l->db);
	db_close(l->side);
	load_displaced_free(&l->big_displaced);
	load_trust_free(l);
	load_dims_free(l);
	load_profiles_free(l);
	map_free(&l->partitions);
	arena_free(&l->batch.arena);
	free(l->batch.entries);
	free(l->batch.records);
	map_free(&l->months.index);
	free(l->months.rows);
	free(l);
}

enum status load_run_begin(struct db *db, const char *what, int64_t *run_id, struct err *err)
{
	PGresult *res;
	struct buf clean; /* paths may be any bytes */
	buf_init(&clean, 64 * KIB);
	utf8_repair(&clean, what, strnlen(what, 16 * KIB));
	const char *param = clean.data ? clean.data : "";
	enum status st = db_query_binary(db, "INSERT INTO run (what) VALUES ($1) RETURNING id", 1,
					 &param, &res, err);
	buf_free(&clean);
	if (st != ST_OK)
		return st;
	*run_id = db_int8(res, 0, 0);
	PQclear(res);
	return ST_OK;
}

enum status load_run_end(struct db *db, int64_t run_id, uint64_t inputs, struct err *err)
{
	char id[32], n[32];
	const char *params[] = {id, n};
	snprintf(id, sizeof id, "%lld", (long long)run_id);
	snprintf(n, sizeof n, "%llu", (unsigned long long)inputs);
	PGresult *res;
	enum status st =
	    db_query(db, "UPDATE run SET finished_at = now(), inputs = $2 WHERE id = $1", 2, params,
		     &res, err);
	if (st == ST_OK)
		PQclear(res);
	return st;
}

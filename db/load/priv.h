/*
 * priv.h - private to this wing: what the files of the loader share.
 *
 *	load.c           the sink: copies what is handed over into the batch
 *	dims.c      domains, reporters: ids, made when missing
 *	profiles.c  profiles: numbered by their content, stored when missing
 *	months.c    the partitions that a month has
 *	batch.c     the batch in one transaction, replay, settling
 *	rows.c      rows of reports, records, months, ledger, by COPY
 *	big.c       a report that outgrows the batch
 *	aside.c     quarantine
 *	dry.c       what would happen
 *	known.c     profiles that any loader of the process has stored
 */
#ifndef DB_LOAD_PRIV_H
#define DB_LOAD_PRIV_H

#include "core/arena.h"
#include "core/limits.h"
#include "db/load/load.h"
#include "db/pg/copy.h"
#include "db/pg/locks.h"

#define LOAD_CONFLICT_REASON "a report with this identity but other content is stored already"
#define CACHE_MAX            200000 /* entries of one dimension remembered */

/* What the loader knows of a domain or reporter; id 0: not asked yet. */
struct dim {
	const char *name, *email; /* email: reporters only */
	int64_t id;
};

struct dim_cache {
	struct map index; /* digest of the name -> index into dims */
	struct dim *dims;
	size_t n, cap, resolved; /* the first resolved of them have ids */
	struct arena names;
	struct buf key; /* scratch */
};

/* A profile: its id, and what the totals of a report need of it. */
struct load_profile {
	int64_t id;
	bool dkim, spf;
	bool quarantined, rejected;
};

struct profile_cache {
	struct map index; /* digest of domain, month and profile -> index into profiles */
	struct load_profile *profiles;
	size_t n, cap;
	/* not stored yet: deep copies */
	struct arena arena;
	struct fresh_profile {
		const struct dmarc_profile *p;
		int32_t month;
		uint32_t domain;   /* index */
		int64_t domain_id; /* when it is about to be stored */
		uint32_t table;    /* then, too: the partition it belongs to */
	} * fresh;
	size_t n_fresh, cap_fresh;
};

struct load_record {
	struct ip source;
	uint32_t profile;
	uint32_t flags;
	uint64_t messages;
	const char *source_raw;
};

enum entry_kind { ENTRY_REPORT, ENTRY_NOTE };

/* Something to settle: a report or a note, in the order they came. */
struct entry {
	enum entry_kind kind;
	void *ticket;
	const char *source, *reason;
	enum outcome outcome; /* of a report: decided in the transaction */
	bool decided;         /* in this transaction, or: */
	bool big;             /* a big report was compared already */
	bool again;           /* a duplicate of what the same source brought */
	struct blob container;

	/* of a report */
	struct dmarc_report report;
	uint32_t domain, reporter; /* indexes */
	size_t first, n;           /* in batch.records */
	int64_t report_id;
	uint64_t dmarc_pass, quarantined, rejected; /* messages */
	struct entry *twin; /* an earlier one of the batch with the same identity */
};

struct batch {
	struct arena arena;
	struct entry *entries;
	size_t n, cap;
	struct load_record *records;
	size_t n_records, cap_records;
	uint64_t bytes; /* of containers held */
};

/* What one transaction adds to a domain's month. */
struct month_total {
	int64_t domain_id;
	int32_t month;
	uint64_t reports, records, messages;
};

struct month_totals {
	struct map index;
	struct month_total *rows;
	size_t n, cap;
};

enum big_mode { BIG_NONE, BIG_STORE, BIG_COMPARE };

/* What was set aside since the quarantine was last held to its ceiling. */
struct load_aside {
	uint64_t things, bytes, max;
	void (*told)(uint64_t dropped, uint64_t max);
};

struct loader {
	struct db *db;
	struct db
	    *side; /* second connection, while a big report holds the first in a transaction */
	int64_t run_id;
	bool dry;
	struct load_known *known; /* may be NULL */
	/* What came last was there already: rows go over the stage, which passes over those that
	 * are. Else they are copied where they belong, and over the stage when that is refused. */
	bool old_reports, old_profiles;
	struct sink sink;
	struct dim_cache domains, reporters;
	struct profile_cache profiles;
	struct map partitions; /* month -> oid of its partition of profile */
	struct batch batch;
	struct month_totals months;
	struct load_aside aside;

	/* the report between begin and end: the last entry of the batch, not counted in batch.n */
	bool open;
	struct arena_mark before, head; /* of batch.arena: before its head was kept, and after */
	enum big_mode big;
	uint64_t record_no; /* records of a big one written */
	struct digest big_content;
	bool big_again; /* the stored one came from the same source */
};

/* dims.c */
uint32_t load_domain(struct loader *l, const char *name);
uint32_t load_reporter(struct loader *l, const char *org_name, const char *email);
/* Give ids to everything that has none, over db (its own short transactions). */
enum status load_resolve(struct loader *l, struct db *db, struct err *err) MUST_CHECK;
void load_dims_trim(struct loader *l); /* forget when too many; nothing may be pending */
void load_dims_free(struct loader *l);

/* profiles.c */
uint32_t load_profile_index(struct loader *l, const struct entry *e, const struct dmarc_profile *p);
/* Store those that nobody has stored, over db; their domains have ids. A part of load_resolve(). */
enum status load_profiles_store(struct loader *l, struct db *db, struct err *err) MUST_CHECK;
void load_profiles_forget(struct loader *l);
void load_profiles_free(struct loader *l);

/* months.c: the partitions of a month. load_partition makes them, with db outside of a
 * transaction; load_partitions_hold says, inside one with the shared lock, whether those of the n
 * reports are still the same. ST_RETRY: pruned; whoever loads must begin anew, because what a
 * loader remembers to have stored went with them. */
enum status load_partition(struct loader *l, struct db *db, int32_t month, uint32_t *table,
			   struct err *err) MUST_CHECK;
enum status load_partitions_hold(struct loader *l, struct entry *const *reports, size_t n,
				 struct err *err) MUST_CHECK;

/* batch.c */
enum status load_flush(struct loader *l, struct err *err) MUST_CHECK;
void load_settle(struct loader *l, size_t n); /* the first n entries */

/* rows.c */
enum status load_begin(struct loader *l,
		       struct err *err) MUST_CHECK;                /* BEGIN and the shared lock */
enum status load_stage(struct db *db, struct err *err) MUST_CHECK; /* temporary tables, once */
void load_report_row(struct copy *c, const struct loader *l, const struct entry *e);
#define REPORT_COLUMNS                                                                             \
	"domain_id, report_id, identity, content, reporter_id, external_id, begin_at, end_at, "    \
	"day, format, version, generator, extra_contact_info, errors, p, sp, np, adkim, aspf, "    \
	"pct, fo, testing, discovery_method, records, messages, dmarc_pass, quarantined, "         \
	"rejected, warnings, source, run_id"
#define REPORT_N_COLUMNS 31
enum status load_record_rows(struct loader *l, const struct entry *const *entries, size_t n,
			     uint64_t first_no, struct err *err) MUST_CHECK;
void load_outcomes_add(struct loader *l, struct entry *e); /* of the records it has now */
void load_month_add(struct loader *l, const struct entry *e);
enum status load_months_write(struct loader *l, struct err *err) MUST_CHECK; /* and clear */
void load_months_clear(struct loader *l);
/* Of a stored report, its own row is the entry. */
enum status load_ledger_rows(struct loader *l, const struct entry *entries, size_t n,
			     struct err *err) MUST_CHECK;

/* big.c */
enum status load_big_records(struct loader *l, struct err *err) MUST_CHECK;
enum status load_big_end(struct loader *l, struct entry *e, struct err *err) MUST_CHECK;
void load_big_abort(struct loader *l);

/* aside.c */
enum status load_set_aside(struct loader *l, const struct entry *e, struct err *err) MUST_CHECK;
/* Outside of a transaction: drop the oldest when there is too much. now: whatever was added. */
enum status load_aside_trim(struct loader *l, bool now, struct err *err) MUST_CHECK;
enum status load_conflict_known(struct loader *l, const struct entry *e, bool *known,
				struct err *err) MUST_CHECK;

/* dry.c */
enum status load_dry_decide(struct loader *l, struct err *err) MUST_CHECK; /* of the batch */

#endif

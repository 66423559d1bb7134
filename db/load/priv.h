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
 *	trust.c     whose mail a report came by: days, pairs that were learned
 *	rank.c      what a mail makes of the word of a report
 *	displace.c  a stored report gives way
 *	dry.c       what would happen
 *	known.c     profiles that any loader of the process has stored
 */
#ifndef DB_LOAD_PRIV_H
#define DB_LOAD_PRIV_H

#include "core/arena.h"
#include "core/limits.h"
#include "core/receiver.h"
#include "db/load/load.h"
#include "db/pg/copy.h"
#include "db/pg/locks.h"

#define LOAD_CONFLICT_REASON "a report with this identity but other content is stored already"
#define LOAD_LESSER_REASON   "a report with this identity is stored that is proved; this one is not"
#define LOAD_DISPLACED       "displaced by a report with this identity that is proved; this one is not"
#define LOAD_REPLACED        "a person accepted another report with this identity in its place"
#define LOAD_RAISED_WARNING  "it displaced a report with this identity that was not proved"
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
	struct entry *twin; /* another of the batch with the same identity, which goes first */
	struct authentic auth;
	enum standing standing;
	enum sender_claim claim;
	bool displaced; /* another one, to be stored */
	bool raise;     /* a big one: the stored values came by a better mail */
};

struct batch {
	struct arena arena;
	struct entry *entries;
	size_t n, cap;
	struct load_record *records;
	size_t n_records, cap_records;
	uint64_t bytes; /* of containers held */
};

/* What one transaction adds to a domain's month, and takes away: what is displaced. */
struct month_total {
	int64_t domain_id;
	int32_t month;
	uint64_t reports, records, messages;
	uint64_t less_reports, less_records, less_messages;
};

/* What is known of organisations and who signs for them (trust.c). */
struct trust_cache {
	struct map days;  /* org, day and domain: written down already */
	struct map pairs; /* org and domain: learned */
	struct map usual; /* org: its reports usually are proved */
};

/* A stored report that gives way: its values as a document, until it is known whether they go
 * aside. */
struct displaced {
	FILE *xml;
	struct blob blob;
	struct digest identity, content;
	int64_t domain_id;
	const char *source, *auth, *auth_by, *auth_domain; /* owned */
	enum standing standing;
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
	const struct name_rules *rules; /* may be NULL */
	struct trust_cache trust;
	struct load_origin origin; /* of what is read out of quarantine */
	bool has_origin;

	/* the report between begin and end: the last entry of the batch, not counted in batch.n */
	bool open;
	struct arena_mark before, head; /* of batch.arena: before its head was kept, and after */
	enum big_mode big;
	uint64_t record_no; /* records of a big one written */
	struct digest big_content;
	bool big_again; /* the stored one came from the same source */
	struct displaced big_displaced;
	enum standing big_standing; /* of the stored one */
	char big_auth[16];
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
	"rejected, warnings, source, run_id, auth, auth_by, auth_domain, standing"
#define REPORT_N_COLUMNS 35
enum status load_record_rows(struct loader *l, const struct entry *const *entries, size_t n,
			     uint64_t first_no, struct err *err) MUST_CHECK;
void load_outcomes_add(struct loader *l, struct entry *e); /* of the records it has now */
void load_month_add(struct loader *l, const struct entry *e);
void load_month_touch(struct loader *l, const struct entry *e); /* nothing, but the fold is stale */
void load_month_less(struct loader *l, const struct entry *e, uint64_t records, uint64_t messages);
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
struct aside {
	enum outcome outcome;
	const char *reason, *source;
	struct blob bytes;
	bool is_report; /* then: */
	int64_t domain_id;
	struct digest identity, content;
	/* of its mail; NULL: there was none, or nobody knows */
	const char *auth, *auth_by, *auth_domain;
	enum standing standing;
};
enum status load_put_aside(struct loader *l, const struct aside *a, struct err *err) MUST_CHECK;
enum status load_set_aside(struct loader *l, const struct entry *e, struct err *err) MUST_CHECK;
/* Outside of a transaction: drop the oldest when there is too much. now: whatever was added. */
enum status load_aside_trim(struct loader *l, bool now, struct err *err) MUST_CHECK;
enum status load_conflict_known(struct loader *l, const struct entry *e, bool *known,
				struct err *err) MUST_CHECK;

/* trust.c: in short transactions of its own, over db outside of one. */
struct trust_day {
	const char *org;    /* folded */
	const char *domain; /* organisational, or "" */
	int32_t day;
	bool teaches; /* else it is only asked about */
	enum sender_claim claim;
};
/* Write down whose mail came on which days, and learn from it. */
enum status load_trust_days(struct loader *l, struct db *db, const struct trust_day *days, size_t n,
			    struct err *err) MUST_CHECK;
/* Was the pair learned? By what load_trust_days() or load_trust_ask() found. */
bool load_trust_learned(const struct loader *l, const char *org, const char *domain);
enum status load_trust_ask(struct loader *l, struct db *db, const struct trust_day *days, size_t n,
			   struct err *err) MUST_CHECK; /* only reads */
void load_trust_free(struct loader *l);

/* rank.c: the standing of each, before anything is compared. */
enum status load_rank(struct loader *l, struct db *db, struct entry *const *reports, size_t n,
		      struct err *err) MUST_CHECK;
void load_auth_keep(struct arena *a, struct entry *e, const struct authentic *auth);
/* Why e is a conflict with what stands so high. */
const char *load_conflict_reason(const struct entry *e, enum standing stored);
/* Does e take the place of what is stored? */
bool load_outranks(const struct loader *l, const struct entry *e, enum standing stored);
enum standing load_standing_of(const PGresult *res, int row, int col); /* binary smallint */

/* displace.c, all within the transaction. */
/* The stored report of e's identity goes, into *d, with its part of the months' totals. *gone:
 * false: it is not there any more, or stands as high as e by now. */
enum status load_displace(struct loader *l, const struct entry *e, struct displaced *d, bool *gone,
			  struct err *err) MUST_CHECK;
/* It goes aside, and e's own values leave the quarantine if they are there. */
enum status load_displaced_aside(struct loader *l, const struct entry *e, struct displaced *d,
				 struct err *err) MUST_CHECK;
void load_displaced_free(struct displaced *d);
/* Do the same values, come again by the mail of e, say more of who sent them? auth: of the stored.
 */
bool load_raises(const struct entry *e, enum standing stored, const char *auth);
enum status load_raise(struct loader *l, const struct entry *e, struct err *err) MUST_CHECK;

/* dry.c */
enum status load_dry_decide(struct loader *l, struct err *err) MUST_CHECK; /* of the batch */

#endif

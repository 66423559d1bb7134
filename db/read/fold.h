/*
 * fold.h - a month of one domain, folded: what inventory and readiness want to know of it, and the
 * bytes in which sender_month keeps it.
 *
 * Records of the same source, profile, reporter and day are one sighting. Days stay apart, so a
 * fold answers for any part of its month. It is complete in itself: profiles with all they say,
 * totals of reports, policies that were published; only names of reporters are left to the table of
 * reporters.
 *
 *	raw month -> struct fold -> fold_write() -> sender_month
 *	                                            sender_month -> fold_read()
 *	-> struct fold -> windows
 *
 * On disk: version, checksum, then numbers as LEB128, each list preceded by its length.
 *
 *	strings     length, bytes
 *	words       vocabulary, string
 *	policies    p, sp (words), pct + 1, testing
 *	reporters   fold_reporter()
 *	reports     day of the month, reporter, policy, reports, messages, passing DMARC
 *	profiles    id (8 bytes), then what struct dmarc_profile has, in its order
 *	sources     family and how many bytes are those of the source before, the other bytes;
 *	            of each its profiles; of each its sightings: 32 reporter + day,
 *	            2 messages + (records are not 1), records
 *
 * Strings and words are numbered from 1; 0 is NULL, or the absent word.
 */
#ifndef DB_READ_FOLD_H
#define DB_READ_FOLD_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/dmarc.h"
#include "core/ip.h"

#define FOLD_MAX ((size_t)64 << 30) /* bytes: a month of billions of records */

/* Sums of messages stay what a bigint holds. */
static inline uint64_t count_add(uint64_t a, uint64_t b)
{
	return b > (uint64_t)INT64_MAX - a ? (uint64_t)INT64_MAX : a + b;
}

struct fold_policy {
	struct dmarc_word p, sp;
	int pct;      /* -1: not said */
	bool testing; /* t=y */
};

/* Reports of one reporter with one policy on one day. */
struct fold_reports {
	uint32_t day; /* of the month, from 1 */
	uint32_t reporter, policy;
	uint64_t reports, messages, dmarc_pass;
};

/* What one reporter saw on one day of one source with one profile. */
struct fold_sighting {
	struct ip source; /* family 0: no usable address */
	uint32_t profile, reporter;
	uint32_t day;
	uint64_t messages, records;
};

/* Who reports in a fold: the id of the reporter, and the standing of those of its reports. */
static inline int64_t fold_reporter(int64_t id, unsigned standing)
{
	return (int64_t)((uint64_t)id << 2 | standing);
}

static inline int64_t fold_reporter_id(int64_t reporter)
{
	return (int64_t)((uint64_t)reporter >> 2);
}

static inline unsigned fold_reporter_standing(int64_t reporter)
{
	return (unsigned)reporter & 3;
}

/*
 * Indexes refer to the lists of the same fold. Strings, and what profiles point to, are in the
 * arena that was given to whoever made it; the lists are the fold's own.
 */
struct fold {
	int64_t *reporters; /* fold_reporter() */
	struct fold_policy *policies;
	struct fold_reports *reports;
	struct dmarc_profile *profiles; /* by id: the first 8 bytes of their digest */
	struct fold_sighting *sightings;
	size_t n_reporters, n_policies, n_reports, n_profiles, n_sightings;
};

/* Bring sightings in order (source, profile, reporter, day) and add up what is alike. */
void fold_sort(struct fold *f);

/* Append the bytes of a sorted fold; out->failed past its ceiling. */
void fold_write(const struct fold *f, struct buf *out);

/* ST_ITEM: bytes of another version, or damaged; *f is empty then. A fold that is read is sorted.
 */
enum status fold_read(const void *bytes, size_t n, struct arena *a, struct fold *f,
		      struct err *err) MUST_CHECK;

/* Its reporters alone; the list is in the arena. */
enum status fold_read_reporters(const void *bytes, size_t n, struct arena *a, int64_t **reporters,
				size_t *n_reporters, struct err *err) MUST_CHECK;

void fold_free(struct fold *f);

#endif

/*
 * normalise.h - raw texts of a record to struct dmarc_record and its struct dmarc_profile.
 *
 * Fourth stage of ingest. Most records repeat what another said of another address: everything but
 * address and count is gathered as one run of bytes (struct raw_record.key), and a cache gives the
 * profile for bytes that were seen before. Names, words and alignment are worked out on a miss
 * only.
 *
 * The wing record/: what one record says, in normal form. In: texts as they came. Out: struct
 * dmarc_record and its profile, judged and digested. It includes nothing of the room; libcrypto is
 * behind digest.h.
 */
#ifndef INGEST_RECORD_NORMALISE_H
#define INGEST_RECORD_NORMALISE_H

#include "core/buf.h"
#include "core/dmarc.h"
#include "core/domain.h"
#include "ingest/record/digest.h"

/* What a run of bytes in the key is. DKIM, SPF and REASON begin an entry and have no text. */
enum raw_tag {
	RAW_DISPOSITION = 1,
	RAW_EVAL_DKIM,
	RAW_EVAL_SPF,
	RAW_REASON,
	RAW_REASON_TYPE,
	RAW_REASON_COMMENT,
	RAW_REASON_TEXT, /* bare text in <reason> */
	RAW_HEADER_FROM,
	RAW_ENVELOPE_FROM,
	RAW_ENVELOPE_TO,
	RAW_DKIM,
	RAW_DKIM_DOMAIN,
	RAW_DKIM_SELECTOR,
	RAW_DKIM_RESULT,
	RAW_DKIM_HUMAN,
	RAW_SPF,
	RAW_SPF_DOMAIN,
	RAW_SPF_SCOPE,
	RAW_SPF_RESULT,
	RAW_SPF_HUMAN,
	RAW_CUT,       /* a text was longer than its ceiling */
	RAW_SOURCE_IP, /* these two are not part of the key */
	RAW_COUNT,
};

struct raw_record {
	struct buf key; /* modes, then: tag, length (3 bytes), text; in the order of the document */
	char source_ip[256]; /* as it came, trimmed; longer is no address anyway */
	char count[64];
	size_t source_ip_len, count_len;
	unsigned rows, counts;
	uint64_t earlier; /* the sum of all counts but the last */
	bool earlier_bad; /* one of them was no number */
	bool has_text;    /* anything at all was said */
	bool full;        /* the key had no room for all: the rest is left out, marked as cut */
};

void raw_record_init(struct raw_record *r);
void raw_record_free(struct raw_record *r);

/* Begin a record under a policy with these alignment modes (W_STRICT or anything else). */
void raw_record_begin(struct raw_record *r, enum dmarc_word_code adkim, enum dmarc_word_code aspf);

/* One text of it, trimmed, valid UTF-8. Counts are added up: there should be one. */
void raw_record_add(struct raw_record *r, enum raw_tag tag, const char *text, size_t n);

struct normaliser;

struct normaliser *normaliser_new(const struct name_rules *rules);
void normaliser_free(struct normaliser *n);

/*
 * Fill out. Returns false for a placeholder (nothing said, or count 0 and no address), which is no
 * record. out->profile lives until normaliser_trim(); source_raw until raw is begun again.
 *
 * values: SHA-256, cut, of what the record said, without what we make of it (alignment, cell,
 * marks), which may change with the public suffix list: a report must stay equal to itself.
 */
bool normalise_record(struct normaliser *n, const struct raw_record *raw, struct dmarc_record *out,
		      struct digest *values);

/* Profiles are remembered up to LIMIT_PROFILE_CACHE. Past it, hand over what points to them and
 * call normaliser_trim(), which forgets them; below it, that does nothing. */
bool normaliser_full(const struct normaliser *n);
void normaliser_trim(struct normaliser *n);

/* The header_from of raw in normal form, or NULL; and its organisational domain, a pointer into it.
 */
const char *normalise_header_from(struct normaliser *n, const struct raw_record *raw,
				  char out[DOMAIN_SIZE], const char **org);

#endif

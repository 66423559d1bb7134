/*
 * dmarc.h - CONTRACT 1: an aggregate report and its records, as ingest makes them and db stores
 * them. RFC 7489 Appendix C, RFC 9990 Appendix A, and the draft before them, as one superset.
 *
 * All strings are valid UTF-8, NUL-terminated, trimmed, and borrowed from the maker. NULL means the
 * element was absent or empty; "" appears only in envelope_from, where it is the null reverse-path.
 * Names (domains) are in the form of core/domain.h unless DMARC_BAD_NAME says they stayed raw.
 */
#ifndef CORE_DMARC_H
#define CORE_DMARC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hash.h"
#include "core/ip.h"

/* The marks that were seen, not what the reporter claims. */
enum dmarc_format { DMARC_DRAFT, DMARC_RFC7489, DMARC_RFC9990 };

/*
 * A word of a small vocabulary. code is what we judge by; text is what we show: the RFC's word, or
 * the raw word when it is not in the vocabulary. Absent: code W_ABSENT, text NULL.
 */
enum dmarc_word_code {
	W_ABSENT = 0,
	W_OTHER, /* not in the vocabulary and without a known meaning */
	/* results (spf, dkim, evaluated) */
	W_PASS,
	W_FAIL, /* also "hardfail" */
	W_SOFTFAIL,
	W_NEUTRAL,
	W_NONE,      /* also a policy and a disposition */
	W_TEMPERROR, /* also "error" */
	W_PERMERROR, /* also "unknown" */
	W_POLICY,
	/* policies and dispositions */
	W_QUARANTINE,
	W_REJECT,
	/* alignment modes */
	W_RELAXED,
	W_STRICT,
	/* spf scopes */
	W_MFROM,
	W_HELO,
	/* override reasons */
	W_FORWARDED,
	W_SAMPLED_OUT,
	W_TRUSTED_FORWARDER,
	W_MAILING_LIST,
	W_LOCAL_POLICY,
	W_POLICY_TEST_MODE,
	W_OTHER_REASON, /* the RFC's word "other" */
};

struct dmarc_word {
	enum dmarc_word_code code;
	const char *text;
};

enum dmarc_vocabulary {
	V_RESULT,      /* of dkim and spf in auth_results */
	V_EVALUATED,   /* of dkim and spf in policy_evaluated: pass, fail */
	V_POLICY,      /* p, sp, np */
	V_DISPOSITION, /* none, quarantine, reject, pass */
	V_ALIGNMENT,   /* adkim, aspf */
	V_SCOPE,
	V_REASON,
};

/*
 * Look up s[0..n) without regard to case. *text gets a static string for a word of the
 * vocabulary. W_ABSENT for n = 0. For any other word *text is NULL and the code is the meaning
 * it is known to have ("hardfail": W_FAIL) or W_OTHER; the caller keeps the raw word.
 */
enum dmarc_word_code dmarc_word_lookup(enum dmarc_vocabulary v, const char *s, size_t n,
				       const char **text);

/* Row cells: the decision table over SPF and DKIM results. F: DMARC fails, P: it passes. */
enum dmarc_cell {
	CELL_P1,
	CELL_P2,
	CELL_P3,
	CELL_P4,
	CELL_P5,
	CELL_P6,
	CELL_P7,
	CELL_F1,
	CELL_F2,
	CELL_F3,
	CELL_F4,
	CELL_F5,
	CELL_F6,
	CELL_F7,
	CELL_F8,
	CELL_F9,
	CELL_F10,
	CELL_F11,
	CELL_COUNT
};

/* What the cell is computed from. */
enum cell_spf_domain { SPF_ALIGNED, SPF_UNALIGNED, SPF_NO_DOMAIN };
enum cell_spf_result { SPF_PASSES, SPF_FAILS, SPF_IS_NONE, SPF_PERM, SPF_TEMP };
enum cell_dkim { DKIM_PASSES, DKIM_FAILS, DKIM_KEY, DKIM_TEMP, DKIM_ABSENT };

enum dmarc_cell dmarc_cell(enum cell_spf_domain sa, enum cell_spf_result sr, enum cell_dkim da,
			   bool other_signature_passes);
const char *dmarc_cell_name(enum dmarc_cell c); /* "P1" .. "F11" */
bool dmarc_cell_parse(const char *s, enum dmarc_cell *out);

/* Marks on a record or its profile; dmarc_flag_names[] has their public spelling, bit by bit. */
enum dmarc_flag {
	/* of the record */
	DMARC_BAD_IP = 1 << 0, /* no usable address: source.family is 0, source_raw has the text */
	DMARC_BAD_COUNT = 1 << 1,  /* messages is 0 */
	DMARC_IP_TRIMMED = 1 << 2, /* blanks, brackets, a port or a zone id were taken off */
	DMARC_IP_MAPPED = 1 << 3,  /* came as IPv4-mapped IPv6 */
	/* of the profile: oddities of the text */
	DMARC_UNKNOWN_WORD = 1 << 4,
	DMARC_BAD_NAME = 1 << 5,
	DMARC_CUT = 1 << 6, /* a value was longer than its ceiling, or there were too many */
	/* of the profile: what they say for diagnosis */
	DMARC_REPORTER_MISMATCH =
	    1 << 7,                 /* evaluated results contradict the authentication results */
	DMARC_STRICT_ONLY = 1 << 8, /* relaxed would align, the published strict mode prevents it */
	DMARC_NULL_SENDER = 1 << 9, /* empty envelope_from, or HELO identity only */
	DMARC_TEST_OR_SAMPLED = 1 << 10, /* policy_test_mode, sampled_out */
	DMARC_FORWARD_REASON = 1 << 11,  /* forwarded, trusted_forwarder, mailing_list */
	DMARC_ARC_PASS = 1 << 12,        /* a comment says arc=pass */
	DMARC_LOCAL_POLICY = 1 << 13,    /* local_policy for another reason than ARC */
	/* of the record */
	DMARC_ADDED = 1 << 14, /* it has several rows or counts: messages is their sum */
};
#define DMARC_FLAG_COUNT 15
extern const char *const dmarc_flag_names[DMARC_FLAG_COUNT];

struct dmarc_dkim {
	const char *domain, *selector;
	struct dmarc_word result;
	const char *human_result;
};

struct dmarc_spf {
	const char *domain;
	struct dmarc_word scope, result;
	const char *human_result;
};

struct dmarc_reason {
	struct dmarc_word type;
	const char *comment;
};

/*
 * Everything about a record except who, when and how many. The same profile stands in thousands of
 * records: ingest makes one struct for it and db stores it once.
 */
struct dmarc_profile {
	struct digest digest; /* SHA-256, cut to 16 bytes, of everything below */
	const char *header_from, *envelope_from, *envelope_to;
	struct dmarc_word disposition, eval_dkim, eval_spf; /* as the reporter evaluated */
	const struct dmarc_reason *reasons;
	const struct dmarc_dkim *dkim;
	const struct dmarc_spf *spf;
	unsigned n_reasons, n_dkim, n_spf;

	/* Recomputed: a mechanism counts as aligned when it passed for a domain aligned with
	 * header_from, in the mode the report's policy publishes. */
	struct dmarc_word adkim, aspf; /* that mode; W_RELAXED when absent */
	bool aligned_dkim, aligned_spf;
	enum dmarc_cell cell;
	unsigned flags; /* enum dmarc_flag, profile bits only */
};

struct dmarc_record {
	struct ip source;
	const char *source_raw; /* set with DMARC_BAD_IP; may be NULL even then (absent) */
	uint64_t messages;
	unsigned flags; /* enum dmarc_flag, record bits only */
	const struct dmarc_profile *profile;
};

struct dmarc_policy {
	const char *domain;
	struct dmarc_word p, sp, np, adkim, aspf;
	int pct; /* -1: absent or not a number */
	const char *fo, *testing, *discovery_method;
};

/* The number under which a profile is stored: the head of its digest. Two of a domain that differ
 * would have to agree in 64 bits of SHA-256. */
int64_t dmarc_profile_number(const struct dmarc_profile *p);

/* The head of a report: everything but its records. */
struct dmarc_report {
	const char *org_name, *email, *extra_contact_info, *report_id;
	int64_t begin, end; /* Unix seconds */
	int32_t day;        /* UTC day of the middle of the range (core/day.h) */
	enum dmarc_format format;
	const char *version, *generator;
	const char *const *errors;
	unsigned n_errors;
	struct dmarc_policy policy;

	/* Identity: SHA-256, cut to 16 bytes, of org_name folded (core/receiver.h), report_id,
	 * begin and end; with the policy domain it is the key under which a report is stored once.
	 */
	struct digest identity;

	/* Known when the last record has been read (report_sink.end). */
	struct digest
	    content; /* of all values, records in any order: tells DUPLICATE from CONFLICT */
	uint64_t n_records, n_messages;
	const char *const *warnings;
	unsigned n_warnings;
};

#endif

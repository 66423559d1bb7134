#include "core/dmarc.h"

#include <endian.h>
#include <string.h>

#include "core/sink.h"
#include "core/text.h"

const char *const outcome_names[OUT_COUNT] = {
    [OUT_STORED] = "stored",     [OUT_DUPLICATE] = "duplicate",       [OUT_CONFLICT] = "conflict",
    [OUT_REJECTED] = "rejected", [OUT_NOT_A_REPORT] = "not_a_report",
};

const char *const dmarc_flag_names[DMARC_FLAG_COUNT] = {
    "bad_ip",      "bad_count",         "ip_trimmed",
    "ip_mapped",   "unknown_word",      "bad_name",
    "cut",         "reporter_mismatch", "strict_only",
    "null_sender", "test_or_sampled",   "forward_reason",
    "arc_pass",    "local_policy",      "added",
};

/* vocabularies is a set of 1 << enum dmarc_vocabulary. standard: an RFC's own word, shown as it
 * stands here; otherwise a word reporters write, whose meaning is known but which is kept raw. */
static const struct {
	const char *text;
	enum dmarc_word_code code;
	unsigned vocabularies;
	bool standard;
} words[] = {
#define RESULTS  (1u << V_RESULT | 1u << V_EVALUATED)
#define POLICIES (1u << V_POLICY | 1u << V_DISPOSITION)
    {"pass", W_PASS, RESULTS | 1u << V_DISPOSITION, true},
    {"fail", W_FAIL, RESULTS, true},
    {"none", W_NONE, 1u << V_RESULT | POLICIES, true},
    {"softfail", W_SOFTFAIL, 1u << V_RESULT, true},
    {"neutral", W_NEUTRAL, 1u << V_RESULT, true},
    {"temperror", W_TEMPERROR, 1u << V_RESULT, true},
    {"permerror", W_PERMERROR, 1u << V_RESULT, true},
    {"policy", W_POLICY, 1u << V_RESULT, true},
    {"quarantine", W_QUARANTINE, POLICIES, true},
    {"reject", W_REJECT, POLICIES, true},
    {"r", W_RELAXED, 1u << V_ALIGNMENT, true},
    {"s", W_STRICT, 1u << V_ALIGNMENT, true},
    {"mfrom", W_MFROM, 1u << V_SCOPE, true},
    {"helo", W_HELO, 1u << V_SCOPE, true},
    {"forwarded", W_FORWARDED, 1u << V_REASON, true},
    {"sampled_out", W_SAMPLED_OUT, 1u << V_REASON, true},
    {"trusted_forwarder", W_TRUSTED_FORWARDER, 1u << V_REASON, true},
    {"mailing_list", W_MAILING_LIST, 1u << V_REASON, true},
    {"local_policy", W_LOCAL_POLICY, 1u << V_REASON, true},
    {"policy_test_mode", W_POLICY_TEST_MODE, 1u << V_REASON, true},
    {"other", W_OTHER_REASON, 1u << V_REASON, true},
    {"hardfail", W_FAIL, RESULTS, false},
    {"softfail", W_SOFTFAIL, 1u << V_EVALUATED, false},
    {"none", W_NONE, 1u << V_EVALUATED, false},
    {"neutral", W_NEUTRAL, 1u << V_EVALUATED, false},
    {"temperror", W_TEMPERROR, 1u << V_EVALUATED, false},
    {"permerror", W_PERMERROR, 1u << V_EVALUATED, false},
    {"error", W_TEMPERROR, RESULTS, false},
    {"unknown", W_PERMERROR, RESULTS, false},
    {"relaxed", W_RELAXED, 1u << V_ALIGNMENT, false},
    {"strict", W_STRICT, 1u << V_ALIGNMENT, false},
};

enum dmarc_word_code dmarc_word_lookup(enum dmarc_vocabulary v, const char *s, size_t n,
				       const char **text)
{
	*text = NULL;
	if (n == 0)
		return W_ABSENT;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!(words[i].vocabularies & 1u << v) || !ascii_ieq_n(s, n, words[i].text))
			continue;
		if (words[i].standard)
			*text = words[i].text;
		return words[i].code;
	}
	return W_OTHER;
}

static const char *const cell_names[CELL_COUNT] = {
    "P1", "P2", "P3", "P4", "P5", "P6", "P7", "F1",  "F2",
    "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11",
};

const char *dmarc_cell_name(enum dmarc_cell c)
{
	return cell_names[c];
}

bool dmarc_cell_parse(const char *s, enum dmarc_cell *out)
{
	for (int i = 0; i < CELL_COUNT; i++)
		if (strcmp(s, cell_names[i]) == 0) {
			*out = (enum dmarc_cell)i;
			return true;
		}
	return false;
}

enum dmarc_cell dmarc_cell(enum cell_spf_domain sa, enum cell_spf_result sr, enum cell_dkim da,
			   bool other_signature_passes)
{
	bool aligned = sa == SPF_ALIGNED;
	bool signed_by_us = da == DKIM_FAILS || da == DKIM_KEY || da == DKIM_TEMP;
	/* without a domain there is nothing that could have passed, whatever the result says */
	bool passes = sr == SPF_PASSES;

	if (da == DKIM_PASSES) {
		if (aligned)
			return passes ? CELL_P1 : CELL_P2;
		return passes ? CELL_P3 : CELL_P4;
	}
	if (aligned && passes) {
		if (signed_by_us)
			return CELL_P5;
		return other_signature_passes ? CELL_P6 : CELL_P7;
	}
	if (aligned) {
		switch (sr) {
		case SPF_TEMP:
			return CELL_F5;
		case SPF_PERM:
			return CELL_F3;
		case SPF_IS_NONE:
			return CELL_F4;
		default:
			return signed_by_us ? CELL_F2 : CELL_F1;
		}
	}
	if (passes) {
		if (signed_by_us)
			return CELL_F8;
		return other_signature_passes ? CELL_F6 : CELL_F7;
	}
	if (signed_by_us)
		return CELL_F11;
	return other_signature_passes ? CELL_F9 : CELL_F10;
}

int64_t dmarc_profile_number(const struct dmarc_profile *p)
{
	uint64_t v;
	memcpy(&v, p->digest.b, sizeof v);
	return (int64_t)be64toh(v);
}

/*
 * finding.h - what report/ says of a domain's senders: made by group, classify and inventory,
 * printed by the renderers. Everything lives in the arena of the run.
 */
#ifndef REPORT_FINDING_H
#define REPORT_FINDING_H

#include "core/facts.h"

enum category {
	CAT_AUTHORIZED,
	CAT_LEGIT_SPF_MISSING,
	CAT_LEGIT_UNALIGNED,
	CAT_LEGIT_BROKEN,
	CAT_FORWARDER,
	CAT_SUSPECT_ABUSE,
	CAT_UNAUTHORIZED,
	CAT_UNKNOWN,
	CAT_COUNT
};

extern const char *const category_names[CAT_COUNT]; /* public spelling: "legit_spf_missing" */
extern const char *const category_words[CAT_COUNT]; /* for people: "missing from SPF" */

enum change { CHANGE_NEW, CHANGE_GONE, CHANGE_CHANGED, CHANGE_SAME, CHANGE_COUNT };
extern const char *const change_names[CHANGE_COUNT];

enum remedy_kind { REMEDY_NONE, REMEDY_FORWARDER, REMEDY_REVIEW, REMEDY_COUNT };
extern const char *const remedy_names[REMEDY_COUNT];

/* Messages by what the reporters evaluated, and by row cell. */
struct tally {
	uint64_t messages, dmarc_pass, spf_aligned, dkim_aligned, rejected, quarantined;
	uint64_t cells[CELL_COUNT];
};

struct sender_source {
	struct ip ip;
	uint64_t messages, dmarc_pass;
};

struct evidence {
	const char *code;
	int weight; /* points for what the code's first letter says: L, F, S; 0 with N: to know */
	const char *text;
};

#define EVIDENCE_MAX 12

struct sender {
	const char *name, *key;
	enum category category;
	int confidence; /* per cent */
	struct tally t;
	int32_t first_day, last_day;
	unsigned days, reporters;
	enum change change;
	const struct sender_source *sources; /* most messages first; without those of no address */
	size_t n_sources;
	struct evidence evidence[EVIDENCE_MAX];
	unsigned n_evidence;
	enum remedy_kind remedy;
	const char *remedy_text;

	const struct fact *const *facts; /* what it was made of */
	size_t n_facts;
};

struct domain_inventory {
	const char *domain;
	uint64_t messages, dmarc_pass, reports, reporters;
	struct sender *senders; /* what a person must look at first comes first */
	size_t n_senders;
};

struct inventory {
	struct window window, before;
	const char *dns; /* "none": from aggregate data alone */
	struct domain_inventory *domains;
	size_t n_domains;
};

#endif

/*
 * finding.h - what report/ says of a domain's senders: made by group, classify and inventory,
 * printed by the renderers.
 *
 * Everything lives in the arena of the run and borrows from the facts it was made of. Counts are
 * messages as the reporters evaluated (policy_evaluated), as people compare them with other tools;
 * verdicts rest on cells[], which are recomputed from the authentication results.
 *
 * The wing sender/: who sends. In: facts, DNS through a view, the catalogue. Out: senders with
 * category and evidence. It may include catalogue/.
 */
#ifndef REPORT_SENDER_FINDING_H
#define REPORT_SENDER_FINDING_H

#include "core/facts.h"
#include "dns/origin.h"

struct service; /* catalogue.h */

/* Every sender is exactly one of these. */
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

enum remedy_kind {
	REMEDY_NONE,
	REMEDY_SPF_ADD,
	REMEDY_SPF_PUBLISH,
	REMEDY_SPF_REPAIR,
	REMEDY_DKIM_ALIGN,
	REMEDY_DKIM_ENABLE,
	REMEDY_DKIM_REPAIR,
	REMEDY_RETURN_PATH,
	REMEDY_DNS_REPAIR,
	REMEDY_FORWARDER,
	REMEDY_BLOCK,
	REMEDY_REVIEW,
	REMEDY_CONFIRM, /* a question: the readings that are open */
	REMEDY_COUNT
};
extern const char *const remedy_names[REMEDY_COUNT];

/* One new TXT record of a name, with all edits that are proven; and what of it is for whom. */
struct record_change {
	const char *name;
	const char *before; /* one record a line; NULL: there is none */
	const char *after;
	unsigned lookups_before, lookups_after;
	const char *terms; /* those that belong to this sender, parted by blanks; "" */
};

/* What may be the case, where what is seen does not tell. */
enum reading_kind {
	READING_MISSING, /* a service of ours that SPF does not name */
	READING_FORGED,
	READING_FORWARDED, /* unsigned mail of ours, handed on */
	READING_SWITCHED_OFF,
	READING_STRANGER, /* the address has another owner by now */
	READING_COUNT
};
extern const char *const reading_names[READING_COUNT];

struct reading {
	enum reading_kind kind;
	const char *speaks_for[6], *against[6];
	unsigned n_for, n_against;
};

/* A sender that uses several envelope-sender domains of ours: an edit of each further one. */
struct remedy_part {
	const struct record_change *change;
	uint64_t messages; /* that fail with that domain */
};

/* What to do. change belongs to the spf_* kinds; readings and if_yours to REMEDY_CONFIRM: if_yours
 * is the record that "it is ours" would need, where one may be shown at all. */
struct remedy {
	enum remedy_kind kind;
	const char *text; /* a sentence for people */
	const struct record_change *change, *if_yours;
	const struct reading *readings;
	unsigned n_readings;
	const struct remedy_part *parts;
	unsigned n_parts;
	uint64_t messages; /* that it is about; 0: all of the sender */
};

struct tally {
	uint64_t messages, dmarc_pass, spf_aligned, dkim_aligned, rejected, quarantined;
	uint64_t cells[CELL_COUNT];
};

/* Messages that pass DMARC by the recomputed results. */
uint64_t tally_judged_pass(const struct tally *t);

struct sender_source {
	struct ip ip;
	uint64_t messages, dmarc_pass;
	const char *ptr;      /* confirmed name of the address, or NULL: not asked, none */
	struct origin origin; /* empty: not known */
	unsigned ties;        /* enum tie (tie.h); 0 without DNS */
	bool aged;            /* our record names it, and it looks like somebody else's by now */
	const char *alias;    /* it does so by a name of ours that is an alias of this one; NULL */
	bool pool;            /* of a relay pool that its service leaves out of SPF on purpose */
};

/* A reason for or against. code is public and stable; its first letter says for what it speaks:
 * L legitimate, F forwarder, S spoofed, N to know (weight 0). */
struct evidence {
	const char *code;
	int weight;
	const char *text;
};

#define EVIDENCE_MAX 32 /* more kinds than score.c and classify.c know */

/* What the evidence comes to. */
struct verdict {
	enum category category;
	int confidence; /* per cent */
	struct remedy remedy;
};

/* On which days its mail comes back (rhythm.h). */
enum rhythm_kind { RHYTHM_NONE, RHYTHM_WEEKLY, RHYTHM_MONTHLY, RHYTHM_OFTEN };

struct rhythm {
	enum rhythm_kind kind;
	unsigned runs;               /* times that it came, in this period and the one before */
	int32_t first, before, last; /* days on which the first, the last but one, the last began */
	int32_t until;               /* day on which the last ended */
	int32_t pause;               /* days, the longest between two */
	uint64_t messages;           /* of the last */
};

struct sender {
	const char *name, *key;         /* key: stable between periods (group.h) */
	bool split;                     /* others share its key but for the mark */
	const struct service *service;  /* that it is proven to be, or to stand at; NULL: none */
	const struct fact_label *label; /* a person's word; NULL: none */
	struct verdict verdict;
	struct verdict leaning; /* what it would be if what one reporter says were enough */
	struct tally t;
	int32_t first_day, last_day;
	unsigned days, reporters; /* distinct ones */
	enum change change;
	struct sender_source *sources;  /* most messages first; without those of no address */
	size_t n_sources, more_sources; /* and how many are not told, of very many */
	struct evidence evidence[EVIDENCE_MAX];
	unsigned n_evidence;
	unsigned ties, ties_any;                   /* of all of its addresses, and of any (tie.h) */
	uint64_t tied_messages, editable_messages; /* at addresses with any tie, with TIE_EDIT */
	uint64_t pool_messages;
	uint64_t bounces;         /* of a machine of ours: failing ones with an empty MAIL FROM */
	bool aged;                /* some address of it is (sender_source) */
	struct sender *was;       /* as it was in the period before; NULL: it was not there */
	const char *doubtful_day; /* "300 messages on 2026-10-12, ...": far more than usual; NULL */
	const char *way_out; /* why it is no forwarder, but our own way out (outbound.h); NULL */
	bool stands_in;      /* and it sends in place of a machine of ours */
	const char *guest;   /* a stranger's account at a service: by what it authenticates; NULL */
	bool recurs;        /* most of its addresses, servers all, sent in the period before, too */
	bool steady;        /* sends again and again: many days, or both periods */
	bool returns;       /* mail of one organisation that comes back on its day (rhythm.h) */
	bool patient;       /* a few machines that keep at it for weeks (rhythm.h) */
	bool office;        /* patient, and on working days alone */
	const char *moving; /* one machine whose address changes, it seems: what says so; NULL */
	bool one; /* organisation sends it: by the names of its servers, or by what it passes as */
	bool itself; /* by that alone: on rented machines, whose names say nothing */
	struct rhythm rhythm;
	const char *receiver; /* that its mail fails at one receiver alone (one_receiver.h); NULL */
	uint64_t receiver_messages;
	uint64_t refused; /* by receivers, as bounces and mail logs tell (refused.h) */
	bool named_ours;  /* a machine of it has a name in our domain that ties nothing */
	bool hinted;      /* something of ours speaks for it: a tie, our d=, our MAIL FROM */

	const struct fact *const *facts; /* what it was made of, address by address */
	size_t n_facts;
	const struct dmarc_profile *profiles; /* that the facts index into */
};

/* Messages of a period by whose they are, as they are judged: ours, those of them that pass, and
 * what strangers send. */
struct mail_sums {
	uint64_t own, own_pass, forged;
};

/* Mail of ours that was refused, of one sender at one place for one cause (refused.h). */
struct refused {
	const char *place;        /* domain of the recipients, else who refused */
	const char *class;        /* of bounces; "auth_spf" */
	bool auth;                /* because of SPF, DKIM or DMARC */
	bool delayed;             /* it was to be tried again */
	const char *sender, *key; /* NULL: which one is not known */
	uint64_t messages;
	const char *text; /* "12 refused at gmail.com for SPF" */
};

struct domain_inventory {
	const char *domain;
	uint64_t messages, dmarc_pass, reports, reporters;
	bool compared;           /* the period before has reports: "new" means something */
	bool dns;                /* its DNS answered: without, most is unknown */
	const char *silent;      /* a name of it that decides, and was not answered; NULL: none */
	const char *org_domain;  /* by the public suffix list: alignment is judged by it */
	const char *walk_domain; /* by the tree walk of RFC 9989; NULL: DNS did not say */
	bool policy_known, has_policy; /* DNS said whether a DMARC record applies to it; one does */
	const char *rua; /* where that asks for reports, parted by blanks; NULL: nowhere */
	uint64_t before[CAT_COUNT]; /* messages of the period before, by what their senders were */
	struct mail_sums sums, sums_before; /* of all senders, whichever are kept */
	const struct domain_facts *facts;   /* of the period, as reported */
	const struct domain_facts *judged; /* what of them counts; facts of senders index into it */
	struct sender *senders;            /* what a person must look at first comes first */
	size_t n_senders;
	const struct todo_list
	    *todo; /* todo.h: all that is to be done, whatever senders are kept */
	const struct refused *refused; /* authentication first, then the most */
	size_t n_refused;
	uint64_t unproved; /* messages that only reporters nobody knows speak of */
};

/* Is all known that the list of things to do rests on? Without, nothing is green. */
static inline bool inventory_is_judged(const struct domain_inventory *d)
{
	return d->dns && !d->silent;
}

/* A burst of forgeries has hundreds of senders: of those that need no work of their own, the ones
 * below a hundredth of the domain's mail are told together where there are many. */
bool sender_is_small(const struct domain_inventory *d, const struct sender *s);

struct inventory {
	struct window window, before;
	const char *dns; /* "none": from aggregate data alone; "live", "snapshot" */
	struct domain_inventory *domains;
	size_t n_domains;
};

bool sender_has_evidence(const struct sender *s, const char *code);

/* A person said so: it counts in no check, and is nothing to do. */
bool sender_is_ignored(const struct sender *s);

/* Is it known to be ours? What hints say, and no tie, is asked about first. */
bool sender_is_legit(const struct sender *s);
bool sender_is_asked(const struct sender *s);

/* Does it send again and again? On two days or more, or in the period before, too; from few
 * machines or under a name of its own: a botnet's machines come and go. */
bool sender_is_steady(const struct sender *s);

/* Ours, not seen in this period, and when it was last seen, most of its mail failed: monthly or
 * seasonal mail, whose next run fails, too. */
bool sender_failed_last(const struct sender *s);

/* Does it filter the mail of recipients? */
bool sender_is_filter(const struct sender *s);

/* The address, as the sender has it or had it in the period before; NULL: it never did. */
const struct sender_source *sender_source_at(const struct sender *s, const struct ip *ip);

/* The first address of it that our record names and that looks like somebody else's; or NULL. */
const struct sender_source *sender_aged_source(const struct sender *s);

/* Messages of all such addresses of it. */
uint64_t sender_aged_messages(const struct sender *s);

#endif

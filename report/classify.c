#include "report/classify.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/text.h"

#define AUTHORIZED_PASS  98 /* per cent of messages that must pass DMARC */
#define FORWARDER_SCORE  50
#define FORWARDER_DIRECT 5  /* per cent of aligned SPF passes a forwarder may have */
#define SELECTOR_OWNER   50 /* per cent of a selector's volume that makes it the sender's own */
#define BURST_SHARE      80 /* per cent of messages within three days */

const char *const category_names[CAT_COUNT] = {
    [CAT_AUTHORIZED] = "authorized",
    [CAT_LEGIT_SPF_MISSING] = "legit_spf_missing",
    [CAT_LEGIT_UNALIGNED] = "legit_unaligned",
    [CAT_LEGIT_BROKEN] = "legit_broken",
    [CAT_FORWARDER] = "forwarder",
    [CAT_SUSPECT_ABUSE] = "suspect_abuse",
    [CAT_UNAUTHORIZED] = "unauthorized",
    [CAT_UNKNOWN] = "unknown",
};

const char *const category_words[CAT_COUNT] = {
    [CAT_AUTHORIZED] = "authorised",       [CAT_LEGIT_SPF_MISSING] = "missing from SPF",
    [CAT_LEGIT_UNALIGNED] = "not aligned", [CAT_LEGIT_BROKEN] = "broken",
    [CAT_FORWARDER] = "forwarder",         [CAT_SUSPECT_ABUSE] = "suspected abuse",
    [CAT_UNAUTHORIZED] = "unauthorised",   [CAT_UNKNOWN] = "unknown",
};

const char *const remedy_names[REMEDY_COUNT] = {
    [REMEDY_NONE] = "none", [REMEDY_FORWARDER] = "forwarder", [REMEDY_REVIEW] = "review"};

/* Whose selector is it: messages with a passing aligned signature, by d= and s=, over the domain.
 */
struct selectors {
	struct map index; /* d= s= -> index */
	uint64_t *total;
	size_t n, cap;
};

/* What one sender adds to it. */
struct selector_use {
	uint64_t own, carried; /* messages signed with selectors mainly its own, mainly another's */
	unsigned n_carried;    /* how many of those */
	uint64_t broken; /* messages whose signature fails, by a selector that passes elsewhere */
};

struct score {
	int legit, forward;
};

static uint64_t share(uint64_t part, uint64_t whole)
{
	return whole ? part * 100 / whole : 0;
}

static void evidence(struct sender *s, const char *code, int weight, const char *text)
{
	if (s->n_evidence < EVIDENCE_MAX)
		s->evidence[s->n_evidence++] = (struct evidence){code, weight, text};
}

static uint64_t cells(const struct sender *s, const enum dmarc_cell *list, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += s->t.cells[list[i]];
	return sum;
}

#define CELLS(s, ...)                                                                              \
	cells(s, (const enum dmarc_cell[]){__VA_ARGS__},                                           \
	      sizeof(const enum dmarc_cell[]){__VA_ARGS__} / sizeof(enum dmarc_cell))

/* ---- selectors ---- */

static bool is_ours(const struct name_rules *rules, const struct dmarc_profile *p,
		    const struct dmarc_dkim *d)
{
	return d->domain && p->header_from &&
	       strcmp(rules->org_domain(rules->ctx, d->domain),
		      rules->org_domain(rules->ctx, p->header_from)) == 0;
}

static size_t selector_index(struct selectors *x, const struct dmarc_dkim *d)
{
	char name[600];
	size_t n = strnlen(d->domain, 255);
	memcpy(name, d->domain, n);
	name[n++] = '\0';
	size_t m = d->selector ? strnlen(d->selector, 255) : 0;
	if (m > 0)
		memcpy(name + n, d->selector, m);
	struct digest key = hash_fixed128(name, n + m);
	bool fresh;
	uint64_t *i = map_put(&x->index, &key, &fresh);
	if (fresh) {
		if (x->n == x->cap) {
			x->cap = x->cap ? 2 * x->cap : 32;
			x->total = mem_grow(x->total, x->cap, sizeof *x->total);
		}
		x->total[x->n] = 0;
		*i = x->n++;
	}
	return (size_t)*i;
}

/* Add the sender's signed messages to volume[], by selector. */
static void selector_volume(const struct domain_facts *facts, const struct name_rules *rules,
			    struct selectors *x, const struct sender *s, uint64_t **volume)
{
	size_t known = x->n;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &facts->profiles[s->facts[i]->profile];
		for (unsigned k = 0; k < p->n_dkim; k++) {
			if (p->dkim[k].result.code != W_PASS || !is_ours(rules, p, &p->dkim[k]))
				continue;
			size_t index = selector_index(x, &p->dkim[k]);
			if (volume && index < known)
				(*volume)[index] += s->facts[i]->messages;
			else
				x->total[index] += s->facts[i]->messages;
		}
	}
}

/* Messages that carry our signature broken, where the same selector passes elsewhere. */
static uint64_t broken_signatures(const struct domain_facts *facts, const struct name_rules *rules,
				  struct selectors *x, const struct sender *s)
{
	uint64_t broken = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &facts->profiles[s->facts[i]->profile];
		bool found = false;
		for (unsigned k = 0; k < p->n_dkim && !found; k++) {
			if (p->dkim[k].result.code != W_FAIL || !is_ours(rules, p, &p->dkim[k]))
				continue;
			size_t index = selector_index(x, &p->dkim[k]); /* may move total */
			found = x->total[index] > 0;
		}
		broken += found ? s->facts[i]->messages : 0;
	}
	return broken;
}

static struct selector_use use_of(const struct domain_facts *facts, const struct name_rules *rules,
				  struct selectors *x, const struct sender *s)
{
	struct selector_use use = {0};
	uint64_t *volume = mem_alloc((x->n + 1) * sizeof *volume);
	selector_volume(facts, rules, x, s, &volume);
	for (size_t i = 0; i < x->n; i++) {
		if (volume[i] == 0)
			continue;
		if (share(volume[i], x->total[i]) >= SELECTOR_OWNER) {
			use.own += volume[i];
		} else {
			use.carried += volume[i];
			use.n_carried++;
		}
	}
	free(volume);
	use.broken = broken_signatures(facts, rules, x, s);
	return use;
}

/* ---- what the rows say ---- */

static uint64_t flagged(const struct domain_facts *facts, const struct sender *s, unsigned flag)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_facts; i++)
		if (facts->profiles[s->facts[i]->profile].flags & flag)
			n += s->facts[i]->messages;
	return n;
}

/* The largest share of messages within any three days; a fact's messages are spread over its days.
 */
static uint64_t burst_share(const struct sender *s)
{
	size_t n = (size_t)(s->last_day - s->first_day) + 1;
	if (s->n_facts == 0 || n <= 3)
		return 100;
	double *by_day = mem_alloc((n + 3) * sizeof *by_day), best = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		int days = __builtin_popcount(f->days);
		for (int bit = 0; bit < 31; bit++)
			if (f->days >> bit & 1)
				by_day[month_first_day(f->month) + bit - s->first_day] +=
				    (double)f->messages / days;
	}
	for (size_t i = 0; i < n; i++) {
		double sum = by_day[i] + by_day[i + 1] + by_day[i + 2];
		best = sum > best ? sum : best;
	}
	free(by_day);
	return s->t.messages ? (uint64_t)(best * 100 / (double)s->t.messages + 0.5) : 0;
}

static void score_legit(struct sender *s, const struct selector_use *use, struct score *score)
{
	uint64_t n = s->t.messages;
	uint64_t direct = CELLS(s, CELL_P1, CELL_P5, CELL_P6, CELL_P7);
	if (2 * direct > n) {
		score->legit += 60;
		evidence(s, "L_ALIGNED_SPF", 60,
			 "SPF passes for your domain: your record authorises it");
	} else if (direct > 0) {
		evidence(s, "N_SOME_ALIGNED_SPF", 0, "some of it passes SPF for your domain");
	}
	if (2 * use->own > n) {
		score->legit += 60;
		evidence(s, "L_OWN_DKIM", 60,
			 "signs as your domain, with a selector that mainly this sender uses");
	}
	if (s->days >= 7) {
		score->legit += 15;
		evidence(s, "L_PERSISTENT", 15, "active on seven days or more");
	}
	if (s->reporters >= 3) {
		score->legit += 10;
		evidence(s, "L_REPORTERS", 10, "seen by three reporters or more");
	}
}

static void score_forward(const struct domain_facts *facts, struct sender *s,
			  const struct selector_use *use, struct score *score)
{
	uint64_t n = s->t.messages;
	if (5 * flagged(facts, s, DMARC_FORWARD_REASON) >= n) {
		score->forward += 50;
		evidence(s, "F_REASON", 50, "reporters say that it forwards, or is a mailing list");
	}
	if (5 * flagged(facts, s, DMARC_ARC_PASS) >= n) {
		score->forward += 45;
		evidence(s, "F_ARC", 45, "reporters accepted it for its ARC seal");
	}
	if (2 * CELLS(s, CELL_P2, CELL_P3, CELL_P4) >= n && 2 * use->carried >= n) {
		score->forward += 35;
		evidence(s, "F_SELECTOR", 35,
			 "carries your signature of mail that mainly others send");
	}
	if (use->n_carried >= 2) {
		score->forward += 15;
		evidence(s, "F_SELECTORS", 15, "carries two or more of your selectors");
	}
	if (10 * CELLS(s, CELL_F2, CELL_F8, CELL_F11) >= 3 * n && 10 * use->broken >= 3 * n) {
		score->forward += 20;
		evidence(s, "F_BROKEN", 20, "your signature arrives broken: changed on the way");
	}
	if (use->own > 0) {
		score->forward -= 30;
		evidence(s, "F_OWN_SELECTOR", -30, "the main user of one of your selectors");
	}
}

static void note_failures(struct sender *s)
{
	uint64_t n = s->t.messages;
	if (s->t.dmarc_pass == 0)
		evidence(s, "S_NEVER_ALIGNED", 15, "nothing of it ever passed DMARC");
	if (2 * CELLS(s, CELL_F10) > n)
		evidence(s, "S_NOTHING", 20, "neither SPF nor DKIM passes for anybody");
	if (2 * CELLS(s, CELL_F1, CELL_F2) > n)
		evidence(s, "N_SPF_FAILS", 0,
			 "MAIL FROM is in your domain, but SPF does not authorise the address: a "
			 "server of "
			 "yours missing from SPF, or a forgery");
	if (2 * CELLS(s, CELL_F6, CELL_F7) > n)
		evidence(s, "N_UNALIGNED", 0,
			 "authenticates as somebody else: a service of yours that is not set up to "
			 "sign as "
			 "you, or a stranger; an SPF include would not change that");
	if (2 * CELLS(s, CELL_F3) > n)
		evidence(s, "N_SPF_BROKEN", 0, "SPF has an error (permerror): look at your record");
	if (s->t.dmarc_pass == 0 && n >= 10 && burst_share(s) >= BURST_SHARE)
		evidence(s, "S_BURST", 15, "nearly all of it within three days");
}

static int confidence(const struct sender *s, int margin)
{
	unsigned days = s->days < 10 ? s->days : 10,
		 reporters = s->reporters < 4 ? s->reporters : 4;
	unsigned data = 40 + 4 * days + 5 * reporters;
	int points = 55 + (margin < 0 ? 0 : margin > 40 ? 40 : margin);
	int c = points * (int)(data < 100 ? data : 100) / 100;
	return c < 99 ? c : 99;
}

static void decide(struct sender *s, const struct score *score)
{
	uint64_t n = s->t.messages;
	uint64_t direct = CELLS(s, CELL_P1, CELL_P5, CELL_P6, CELL_P7);
	bool believed = s->reporters >= 2; /* one reporter alone may be wrong, or forged */
	if (believed && score->forward >= FORWARDER_SCORE && share(direct, n) < FORWARDER_DIRECT) {
		s->category = CAT_FORWARDER;
		s->confidence = confidence(s, score->forward - FORWARDER_SCORE);
		s->remedy = REMEDY_FORWARDER;
		s->remedy_text =
		    "nothing to do in SPF; sign all mail with DKIM, which survives most forwarding";
	} else if (believed && score->legit >= 60 && share(s->t.dmarc_pass, n) >= AUTHORIZED_PASS) {
		s->category = CAT_AUTHORIZED;
		s->confidence = confidence(s, score->legit - 60);
		s->remedy = REMEDY_NONE;
		s->remedy_text =
		    100 * s->t.dkim_aligned >= 80 * n
			? "nothing to do"
			: "it passes by SPF alone: sign it with DKIM, too, before p=reject";
	} else {
		s->category = CAT_UNKNOWN;
		s->confidence = confidence(s, 0) * 40 / 55;
		s->remedy = REMEDY_REVIEW;
		s->remedy_text = "find out whether it is yours; reports alone do not tell";
		if (!believed)
			evidence(s, "N_ONE_REPORTER", 0, "only one reporter saw it");
	}
}

void classify_senders(const struct domain_facts *facts, const struct name_rules *rules,
		      struct arena *a, struct sender *senders, size_t n)
{
	struct selectors x = {0};
	(void)a;
	for (size_t i = 0; i < n; i++)
		selector_volume(facts, rules, &x, &senders[i], NULL);
	for (size_t i = 0; i < n; i++) {
		struct sender *s = &senders[i];
		struct score score = {0};
		struct selector_use use = use_of(facts, rules, &x, s);
		score_legit(s, &use, &score);
		score_forward(facts, s, &use, &score);
		note_failures(s);
		decide(s, &score);
	}
	map_free(&x.index);
	free(x.total);
}

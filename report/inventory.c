#include "report/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/hash.h"
#include "core/text.h"
#include "dns/dmarc.h"
#include "report/one_receiver.h"
#include "report/refused.h"
#include "report/remedy/remedy.h"
#include "report/sender/classify.h"
#include "report/sender/group.h"
#include "report/sender/sentence.h"
#include "report/sender/weigh.h"

#define UNPROVED_KEY "net:unproved"

/* The senders of one period, by key. */
struct period {
	struct sender *senders;
	size_t n;
	struct sender **partner; /* of each, in the other period; NULL: none */
};

bool category_parse(const char *s, enum category *out)
{
	for (int i = 0; i < CAT_COUNT; i++)
		if (ascii_ieq(s, category_names[i]) || ascii_ieq(s, category_words[i])) {
			*out = (enum category)i;
			return true;
		}
	return false;
}

static struct period read_period(const struct domain_facts *facts, const struct earlier *earlier,
				 struct ties *ties, struct knowledge *k)
{
	struct period p;
	group_senders(facts, earlier ? earlier->facts : NULL, ties ? ties->zone : NULL, k->asked,
		      k->rules, k->a, &p.senders, &p.n);
	classify_senders(facts, earlier, ties, k->rules, k->a, p.senders, p.n);
	p.partner = arena_alloc(k->a, (p.n + 1) * sizeof *p.partner);
	return p;
}

/* ---- which sender was which ---- */

static void pair(struct period *now, size_t i, struct period *before, size_t k)
{
	now->partner[i] = &before->senders[k];
	before->partner[k] = &now->senders[i];
}

static void match_keys(struct period *now, struct period *before)
{
	for (size_t i = 0, k = 0; i < now->n && k < before->n;) {
		int order = strcmp(now->senders[i].key, before->senders[k].key);
		if (order == 0)
			pair(now, i, before, k);
		i += order <= 0;
		k += order >= 0;
	}
}

static struct digest base_of(const struct sender *s)
{
	return hash_fixed128(s->key, group_base_len(s->key));
}

static bool share_address(const struct sender *a, const struct sender *b)
{
	for (size_t i = 0; i < a->n_sources; i++)
		for (size_t k = 0; k < b->n_sources; k++)
			if (ip_cmp(&a->sources[i].ip, &b->sources[k].ip) == 0)
				return true;
	return false;
}

/* One machine of ours that passes is not another that failed. */
static bool may_pair(const struct sender *now, const struct sender *before)
{
	bool machine = strncmp(now->key, "own:", 4) == 0 || strncmp(now->key, "host:", 5) == 0;
	return !machine || share_address(now, before);
}

/* Among what is left over; of several with one base, in the order of their marks. */
static void match_bases(struct period *now, struct period *before)
{
	struct map first = {0}; /* base -> index + 1 of the first left over */
	for (size_t k = before->n; k-- > 0;) {
		struct digest base = base_of(&before->senders[k]);
		if (!before->partner[k])
			*map_put(&first, &base, NULL) = k + 1;
	}
	for (size_t i = 0; i < now->n; i++) {
		struct digest base = base_of(&now->senders[i]), other;
		const uint64_t *at = now->partner[i] ? NULL : map_get(&first, &base);
		for (size_t k = at ? *at - 1 : before->n; k < before->n; k++) {
			other = base_of(&before->senders[k]);
			if (memcmp(&other, &base, sizeof base) != 0)
				break; /* those of one base stand together */
			if (before->partner[k] || !may_pair(&now->senders[i], &before->senders[k]))
				continue;
			pair(now, i, before, k);
			break;
		}
	}
	map_free(&first);
}

/* The same machines under another key: the one with most messages among common addresses. */
static void match_addresses(struct period *now, struct period *before)
{
	struct map owner = {0}; /* address -> index + 1 of what is left over before */
	for (size_t k = before->n; k-- > 0;)
		for (size_t i = 0; !before->partner[k] && i < before->senders[k].n_sources; i++) {
			const struct ip *ip = &before->senders[k].sources[i].ip;
			struct digest key = hash_fixed128(ip, sizeof *ip);
			*map_put(&owner, &key, NULL) = k + 1;
		}
	for (size_t i = 0; i < now->n; i++)
		for (size_t n = 0; !now->partner[i] && n < now->senders[i].n_sources; n++) {
			const struct ip *ip = &now->senders[i].sources[n].ip;
			struct digest key = hash_fixed128(ip, sizeof *ip);
			const uint64_t *at = map_get(&owner, &key);
			if (at && !before->partner[*at - 1])
				pair(now, i, before, *at - 1);
		}
	map_free(&owner);
}

/* ---- the list ---- */

/* The sender as it was, without a message now. */
static struct sender gone(struct sender *was)
{
	return (struct sender){
	    .name = was->name,
	    .key = was->key,
	    .verdict = {.category = was->verdict.category,
			.confidence = was->verdict.confidence,
			.remedy = {.kind = REMEDY_NONE, .text = "not seen in this period"}},
	    .service = was->service,
	    .label = was->label,
	    .first_day = was->first_day,
	    .last_day = was->last_day,
	    .days = was->days,
	    .was = was,
	    .ties_any = was->ties_any,
	    .hinted = was->hinted,
	    .returns = was->returns,
	    .patient = was->patient,
	    .rhythm = was->rhythm,
	    .change = CHANGE_GONE};
}

static struct sender *merge(struct period *now, const struct period *before, struct arena *a,
			    size_t *n)
{
	struct sender *all = arena_alloc(a, (now->n + before->n + 2) * sizeof *all);
	*n = 0;
	for (size_t i = 0; i < now->n; i++) {
		struct sender *s = &now->senders[i];
		struct sender *was = now->partner[i];
		s->was = was;
		s->change = !was                                           ? CHANGE_NEW
			    : was->verdict.category == s->verdict.category ? CHANGE_SAME
									   : CHANGE_CHANGED;
		all[(*n)++] = *s;
	}
	for (size_t i = 0; i < before->n; i++)
		if (!before->partner[i])
			all[(*n)++] = gone(&before->senders[i]);
	return all;
}

/* What a person must do first: repair what is ours, then look at strangers. */
static int rank(const struct sender *s)
{
	static const int ranks[CAT_COUNT] = {
	    [CAT_SUSPECT_ABUSE] = 0,   [CAT_LEGIT_SPF_MISSING] = 0, [CAT_LEGIT_BROKEN] = 0,
	    [CAT_LEGIT_UNALIGNED] = 0, [CAT_UNAUTHORIZED] = 1,      [CAT_UNKNOWN] = 1,
	    [CAT_FORWARDER] = 2,       [CAT_AUTHORIZED] = 3,
	};
	if (strcmp(s->key, UNPROVED_KEY) == 0)
		return 5;
	return s->change == CHANGE_GONE ? 4 : ranks[s->verdict.category];
}

static int by_urgency(const void *x, const void *y)
{
	const struct sender *a = x, *b = y;
	uint64_t fail_a = a->t.messages - a->t.dmarc_pass, fail_b = b->t.messages - b->t.dmarc_pass;
	if (rank(a) != rank(b))
		return rank(a) - rank(b);
	if (rank(a) < 3 && fail_a != fail_b)
		return fail_a < fail_b ? 1 : -1;
	if (a->t.messages != b->t.messages)
		return a->t.messages < b->t.messages ? 1 : -1;
	return strcmp(a->key, b->key);
}

/* Where reports go, parted by blanks. */
static const char *addresses_of(const struct knowledge *k, const struct dmarc_published *r)
{
	const char *out = NULL;
	for (unsigned i = 0; i < r->n_rua; i++)
		out = out ? arena_printf(k->a, "%s %s", out, r->rua[i].uri) : r->rua[i].uri;
	return out;
}

static void ask_policy(const struct knowledge *k, struct domain_inventory *out)
{
	struct dmarc_answer d;
	dmarc_discover(k->view, k->rules, out->domain, k->a, &d);
	if (d.pending || d.silent)
		return;
	if (!d.failed)
		out->walk_domain = d.org_domain;
	out->policy_known = true;
	out->has_policy = d.found != FOUND_NONE;
	out->rua = addresses_of(k, &d.record);
}

static bool is_wanted(const struct sender *s, const struct inventory_options *o)
{
	bool asked = s->verdict.remedy.kind == REMEDY_CONFIRM;
	if (o->findings && (rank(s) > 1 || (s->verdict.category == CAT_UNKNOWN && !asked) ||
			    (s->label && s->label->verdict == LABEL_IGNORE)))
		return asked && rank(s) <= 3;
	return !o->one_category || s->verdict.category == o->category;
}

#define UNPROVED_SOURCES 100 /* examples: anybody may invent a million */

static void span(struct sender *s, const struct fact *f)
{
	int32_t first = month_first_day(f->month);
	int32_t from = first + __builtin_ctz(f->days | (UINT32_C(1) << 31)), to = fact_last_day(f);
	s->first_day = from < s->first_day ? from : s->first_day;
	s->last_day = to > s->last_day ? to : s->last_day;
}

/* What only reporters that nobody knows speak of: told together, judged by nobody, asked nowhere.
 * An address that others speak of, too, is told there. */
static size_t add_unproved(const struct weighed *w, struct arena *a, struct sender *out)
{
	const struct domain_facts *rest = &w->rest;
	if (rest->n_facts == 0)
		return 0;
	*out = (struct sender){.name = "(unknown receivers)",
			       .key = UNPROVED_KEY,
			       .change = CHANGE_SAME,
			       .first_day = INT32_MAX,
			       .last_day = INT32_MIN,
			       .days = (unsigned)rest->n_days,
			       .reporters = (unsigned)rest->n_reporters};
	out->verdict = (struct verdict){CAT_UNKNOWN,
					30,
					{.kind = REMEDY_REVIEW,
					 .text = "only receivers that are not known reported it: "
						 "it counts in the total, and changes no verdict"}};
	if (w->unproved > 0)
		out->verdict.remedy.text = arena_printf(
		    a,
		    "%s%llu messages were told by mails that prove nothing, in the "
		    "name of receivers whose reports usually are proved: they count in "
		    "the total, and change no verdict",
		    w->unproved < rest->messages
			? "part of it only receivers that are not known reported; "
			: "",
		    (unsigned long long)w->unproved);
	out->leaning = out->verdict;
	out->sources = arena_alloc(a, UNPROVED_SOURCES * sizeof *out->sources);
	for (size_t i = 0, end; i < rest->n_facts; i = end) {
		const struct ip *ip = &rest->facts[i].source;
		struct tally t = {0};
		for (end = i; end < rest->n_facts && ip_cmp(&rest->facts[end].source, ip) == 0;
		     end++) {
			const struct fact *f = &rest->facts[end];
			tally_add(&t, f, &rest->profiles[f->profile]);
			tally_add(&out->t, f, &rest->profiles[f->profile]);
			span(out, f);
		}
		if (ip->family == 0 || domain_facts_has(&w->facts, ip))
			continue;
		if (out->n_sources < UNPROVED_SOURCES)
			out->sources[out->n_sources++] = (struct sender_source){
			    .ip = *ip, .messages = t.messages, .dmarc_pass = t.dmarc_pass};
		else
			out->more_sources++;
	}
	return 1;
}

/* Whoever judges, judges what is weighed. periods[0] is now. */
static const struct weighed *weigh_input(const struct inventory_input *in, struct arena *a,
					 const struct domain_facts *periods[3], size_t *n)
{
	const struct domain_facts *sets[] = {in->now, in->before, in->past};
	const struct weighed *w = in->weighed;
	*n = in->past ? 3 : 2;
	if (!w) {
		struct weighed *fresh = arena_alloc(a, *n * sizeof *fresh);
		weigh_facts(sets, *n, a, fresh);
		w = fresh;
	}
	for (size_t i = 0; i < *n; i++)
		periods[i] = &w[i].facts;
	return w;
}

static size_t keep_wanted(struct sender *all, size_t n, const struct inventory_options *options)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (is_wanted(&all[i], options))
			all[kept++] = all[i];
	return kept;
}

/* An organisation stands there once for each standing of its reports, one behind the other. */
static uint64_t count_organisations(const struct domain_facts *d)
{
	uint64_t n = 0;
	for (size_t i = 0; i < d->n_reporters; i++)
		n += i == 0 || strcmp(d->reporters[i].org_name, d->reporters[i - 1].org_name) != 0;
	return n;
}

#define USUAL_SPAN   30
#define USUAL_DAYS   15 /* with reports, before the last one: a small domain has gaps */
#define STOPPED_DAYS 8

/* Days with reports from since until the day `until`; *newest: the last of them. */
static unsigned reported_days(const struct domain_facts *d, int32_t since, int32_t until,
			      int32_t *newest)
{
	unsigned n = 0;
	for (size_t i = 0; i < d->n_days; i++) {
		int32_t day = d->days[i].day;
		if (d->days[i].messages == 0 || day < since || day >= until)
			continue;
		n++;
		*newest = day > *newest ? day : *newest;
	}
	return n;
}

/* Reports came every day, and stopped: the first to know is nobody. */
static void tell_stopped(const struct inventory_input *in, const struct knowledge *k,
			 struct remedies *out)
{
	char day[DAY_STRLEN];
	int32_t newest = INT32_MIN, until = in->now->window.until;
	if (in->today && in->today < until)
		until = in->today;
	reported_days(in->now, in->now->window.since, until, &newest);
	if (newest == INT32_MIN || until - 1 - newest < STOPPED_DAYS)
		return;
	int32_t since = newest + 1 - USUAL_SPAN;
	unsigned usual = reported_days(in->now, since, newest + 1, &newest) +
			 reported_days(in->before, since, in->now->window.since, &newest);
	struct fault *f =
	    usual >= USUAL_DAYS && out->n_faults < out->most ? &out->faults[out->n_faults++] : NULL;
	if (!f)
		return;
	struct dmarc_answer d;
	dmarc_discover(k->view, k->rules, in->now->domain, k->a, &d);
	const char *rua = addresses_of(k, &d.record);
	*f = (struct fault){.weight = FAULT_WEAK, .id = "reports", .title = "reports stopped"};
	f->text = arena_printf(k->a,
			       "The last report is of %s, and before that they came on %u of %d "
			       "days. %s%s. Until they come again nobody sees what is lost",
			       day_format(newest, day), usual, USUAL_SPAN,
			       rua ? "Does the mailbox exist, and is it full: "
				   : "The DMARC record "
				     "names no address for them (rua)",
			       rua ? rua : "");
}

static void add_sums(struct mail_sums *sums, const struct sender *s, bool asked)
{
	enum category c = s->verdict.category;
	if (c == CAT_UNAUTHORIZED)
		sums->forged += s->t.messages;
	if (asked || sender_is_ignored(s) ||
	    (c != CAT_AUTHORIZED && c != CAT_LEGIT_SPF_MISSING && c != CAT_LEGIT_UNALIGNED &&
	     c != CAT_LEGIT_BROKEN))
		return;
	sums->own += s->t.messages;
	sums->own_pass += tally_judged_pass(&s->t);
}

/* Whether it is asked about is known of now alone. */
static void sum_up(const struct sender *all, size_t n, struct domain_inventory *out)
{
	for (size_t i = 0; i < n; i++) {
		bool asked = sender_is_asked(&all[i]);
		if (all[i].change != CHANGE_GONE)
			add_sums(&out->sums, &all[i], asked);
		if (all[i].was)
			add_sums(&out->sums_before, all[i].was, asked);
	}
}

void inventory_judge(const struct inventory_input *in, struct knowledge *k,
		     const struct inventory_options *options, struct domain_inventory *out,
		     struct inventory_basis *basis)
{
	const struct domain_facts *periods[3];
	struct remedies remedies = {0};
	size_t n, n_periods;
	const struct weighed *w = weigh_input(in, k->a, periods, &n_periods);
	basis->now = w[0].facts;
	basis->before = w[1].facts;
	zone_read(&basis->zone, k, &basis->now);
	struct ties *ties = basis->zone.answered ? &basis->ties : NULL;
	if (ties)
		ties_init(ties, &basis->zone);
	struct period old = read_period(&basis->before, NULL, ties, k);
	const struct earlier earlier = {&basis->before, n_periods > 2 ? periods[2] : NULL,
					old.senders, old.n};
	struct period p = read_period(&basis->now, &earlier, ties, k);
	for (size_t i = 0; i < p.n; i++)
		receiver_find(&p.senders[i], &basis->now, k->a);
	const struct refused *refused = NULL;
	size_t n_refused;
	refused_find(&basis->now, p.senders, p.n, k->a, &refused, &n_refused);
	match_keys(&p, &old);
	for (size_t i = 0; i < p.n; i++)
		if (p.partner[i])
			classify_settle(&p.senders[i], p.partner[i]);
	match_bases(&p, &old);
	match_addresses(&p, &old);
	struct sender *all = merge(&p, &old, k->a, &n);
	if (ties)
		remedy_senders(periods, n_periods, ties, all, n, &remedies);
	if (ties)
		tell_stopped(in, k, &remedies);
	struct todo_list *todo = arena_alloc(k->a, sizeof *todo);
	struct sender *judged = arena_memdup(k->a, all, n * sizeof *all);
	todo_make(in->now->domain, in->now->window.until, &remedies, judged, n, k->a, todo);
	if (!ties)
		todo->n = todo_count(todo); /* who is a stranger nobody can say without DNS */
	if (options->one_category)
		todo_narrow(todo, options->category);
	struct domain_inventory sums = {0};
	sum_up(all, n, &sums);
	n += add_unproved(&w[0], k->a, &all[n]);
	qsort(all, n, sizeof *all, by_urgency);
	size_t kept = keep_wanted(all, n, options);
	for (size_t i = 0; i < kept; i++)
		all[i].verdict.remedy.text = sentence(k->a, all[i].verdict.remedy.text);
	for (size_t i = 0; i < kept; i++)
		for (size_t m = 0; m < all[i].n_sources; m++)
			origins_find(k->origins, &all[i].sources[m].ip, &all[i].sources[m].origin);
	*out = (struct domain_inventory){.domain = in->now->domain,
					 .messages = in->now->messages,
					 .dmarc_pass = in->now->dmarc_pass,
					 .reports = in->now->reports,
					 .reporters = count_organisations(in->now),
					 .compared = in->before->reports > 0,
					 .dns = ties != NULL,
					 .silent = remedies.silent,
					 .org_domain =
					     k->rules->org_domain(k->rules->ctx, in->now->domain),
					 .senders = all,
					 .n_senders = kept,
					 .todo = todo,
					 .sums = sums.sums,
					 .sums_before = sums.sums_before,
					 .facts = in->now,
					 .refused = refused,
					 .n_refused = n_refused,
					 .judged = &w[0].facts,
					 .unproved = w[0].rest.messages};
	if (ties)
		ask_policy(k, out);
	for (size_t i = 0; i < old.n; i++)
		out->before[old.senders[i].verdict.category] += old.senders[i].t.messages;
}

void inventory_domain(const struct inventory_input *in, struct knowledge *k,
		      const struct inventory_options *options, struct domain_inventory *out)
{
	struct inventory_basis basis;
	inventory_judge(in, k, options, out, &basis);
	zone_end(&basis.zone);
}

#include "report/sender/outbound.h"

#include <string.h>

#include "core/day.h"
#include "report/sender/score.h"

#define DIRECT_PART   10  /* per cent of the direct mail that a way out has at least */
#define TOTAL_PART    200 /* it has at least one message of so many: what a stranger's flood costs */
#define WAY_DAYS      5   /* on fewer it is no habit */
#define BEFORE_DAYS   10  /* days with direct mail that say what was usual */
#define MOST_TIMES    2   /* that many times the direct mail no recipients' forwards are */
#define CARRIED       30  /* per cent that carries a signature of ours, passing or broken */
#define REPLACED_MOST 2   /* times what is missing: more is no mail of ours */
#define REPLACED_PART 3   /* of what is missing since, it has one part of so many at least */

/* A machine of ours: what it sends goes directly, whether it passes or not. */
static bool is_ours(const struct zone *z, const struct ip *ip)
{
	const struct address_known *k = knowledge_of(z->known, ip);
	bool named = k->ptr == PTR_CONFIRMED && k->name && zone_is_ours(z, k->name);
	return named || zone_host(z, ip) || zone_names_address(z, ip);
}

static bool is_direct(const struct zone *z, const struct domain_facts *d, const struct fact *f)
{
	enum dmarc_cell cell = d->profiles[f->profile].cell;
	return cell <= CELL_P7 || (FAILS_AS_US >> cell & 1 && is_ours(z, &f->source));
}

static void add_direct(struct outbound *x, const struct domain_facts *d)
{
	for (size_t i = 0; d && i < d->n_facts; i++)
		if (is_direct(x->ties->zone, d, &d->facts[i]))
			daily_add(&d->facts[i], x->first, x->direct, x->n);
}

static void add_address(const struct outbound *x, const struct domain_facts *d, const struct ip *ip,
			double *by_day)
{
	for (size_t i = d ? domain_facts_find(d, ip) : 0;
	     d && i < d->n_facts && ip_cmp(&d->facts[i].source, ip) == 0; i++)
		daily_add(&d->facts[i], x->first, by_day, x->n);
}

#define STAND_IN_OWN 64 /* machines of ours that are looked at */

static void find_own(struct outbound *x, struct arena *a)
{
	const struct domain_facts *all[] = {x->earlier, x->facts};
	struct ip *own = arena_alloc(a, STAND_IN_OWN * sizeof *own);
	for (int k = 0; k < 2; k++)
		for (size_t i = 0; all[k] && i < all[k]->n_facts; i++) {
			const struct ip *ip = &all[k]->facts[i].source;
			bool seen = i > 0 && ip_cmp(ip, &all[k]->facts[i - 1].source) == 0;
			if (seen || ip->family == 0 || !is_ours(x->ties->zone, ip) ||
			    (k == 1 && x->earlier && domain_facts_has(x->earlier, ip)))
				continue;
			if (x->n_own == STAND_IN_OWN) {
				x->n_own = 0;
				return;
			}
			own[x->n_own++] = *ip;
		}
	x->own = own;
	x->own_days = arena_alloc(a, (x->n_own * x->n + 1) * sizeof *x->own_days);
	x->theirs = arena_alloc(a, (x->n + 1) * sizeof *x->theirs);
	for (size_t i = 0; i < x->n_own; i++)
		for (int k = 0; k < 2; k++)
			add_address(x, all[k], &own[i], x->own_days + i * x->n);
	for (size_t i = 0; i < x->facts->n_days; i++)
		x->reported = (size_t)(x->facts->days[i].day - x->first) + 1;
	x->reported = x->reported < x->n ? x->reported : x->n;
}

void outbound_init(struct outbound *x, const struct domain_facts *facts,
		   const struct domain_facts *earlier, struct ties *ties, struct arena *a)
{
	*x = (struct outbound){.facts = facts, .ties = ties, .first = facts->window.since};
	if (!ties)
		return;
	if (earlier && earlier->reports > 0 && earlier->window.since < x->first) {
		x->earlier = earlier;
		x->first = earlier->window.since;
	}
	x->n = (size_t)(facts->window.until > x->first ? facts->window.until - x->first : 0);
	x->direct = arena_alloc(a, (x->n + 1) * sizeof *x->direct);
	add_direct(x, x->earlier);
	add_direct(x, facts);
	find_own(x, a);
}

/* ---- whose machines ---- */

struct carrier {
	const struct service *service;
	const char *org; /* of the confirmed names of its machines, where it is no known service */
};

static struct carrier carrier_at(const struct outbound *x, const struct ip *ip)
{
	const struct address_known *k = knowledge_of(x->ties->zone->known, ip);
	bool named = !k->service && k->ptr == PTR_CONFIRMED && !k->generic;
	return (struct carrier){k->service, named ? k->org : NULL};
}

static bool same_carrier(const struct outbound *x, const struct carrier *c, const struct ip *ip)
{
	struct carrier other = carrier_at(x, ip);
	if (c->service || other.service)
		return c->service == other.service;
	return c->org && other.org && strcmp(c->org, other.org) == 0;
}

/* What the carrier has of our mail that fails, and of what counts as sent directly, by day. */
static void add_carried(const struct outbound *x, const struct domain_facts *d,
			const struct carrier *c, double *carried, double *direct)
{
	for (size_t i = 0, end; d && i < d->n_facts; i = end) {
		const struct ip *ip = &d->facts[i].source;
		bool same = ip->family != 0 && same_carrier(x, c, ip);
		for (end = i; end < d->n_facts && ip_cmp(&d->facts[end].source, ip) == 0; end++) {
			const struct fact *f = &d->facts[end];
			bool fails = FAILS_AS_US >> d->profiles[f->profile].cell & 1;
			bool own = same && is_direct(x->ties->zone, d, f);
			if (own || (same && fails))
				daily_add(f, x->first, own ? direct : carried, x->n);
		}
	}
}

/* ---- what it has of our mail ---- */

struct share {
	size_t start;           /* its first day, from x->first */
	unsigned days, before;  /* days on which it sent; on which direct mail went out before */
	double carried, beside; /* messages on its days, and those sent directly on these */
	double usual, since;    /* sent directly a day, before its first day and since */
};

static struct share share_of(const struct outbound *x, const struct carrier *c, struct arena *a)
{
	struct share out = {.start = x->n};
	double *carried = arena_alloc(a, (x->n + 1) * sizeof *carried),
	       *own = arena_alloc(a, (x->n + 1) * sizeof *own);
	size_t begin = x->n, last = 0;
	add_carried(x, x->earlier, c, carried, own);
	add_carried(x, x->facts, c, carried, own);
	for (size_t i = x->n; i-- > 0;) {
		double direct = x->direct[i] - own[i];
		begin = direct > 0 ? i : begin;
		last = last == 0 && (direct > 0 || carried[i] > 0) ? i : last;
		if (carried[i] <= 0)
			continue;
		out.start = i;
		out.days++;
		out.carried += carried[i];
		out.beside += direct;
	}
	for (size_t i = begin; i < x->n; i++) {
		double direct = x->direct[i] - own[i];
		out.before += i < out.start && direct > 0;
		*(i < out.start ? &out.usual : &out.since) += direct;
	}
	out.usual /= out.start > begin ? (double)(out.start - begin) : 1;
	out.since /= last >= out.start ? (double)(last - out.start + 1) : 1;
	return out;
}

/* It began while we sent directly, and that went on as before: whoever sends that much more in our
 * name is no way out of ours. */
static bool comes_on_top(const struct share *w)
{
	return w->before >= BEFORE_DAYS && 2 * w->since > w->usual;
}

/* Our direct mail fell to half or less on its first day, and it has what is missing. */
static bool replaces(const struct share *w)
{
	double missing = w->usual - w->since;
	return w->before >= BEFORE_DAYS && w->usual >= 1 && 2 * w->since <= w->usual &&
	       REPLACED_PART * w->carried >= missing * w->days &&
	       w->carried <= REPLACED_MOST * missing * w->days;
}

static bool is_named(const struct outbound *x, const struct sender *s)
{
	if (!s->service || s->service->kind != KIND_GATEWAY ||
	    !zone_uses(x->ties->zone, s->service))
		return false;
	for (size_t i = 0; i < s->n_sources; i++)
		if (!ties_term_of(x->ties, s->service, &s->sources[i].ip))
			return false;
	return s->n_sources > 0;
}

static bool is_worth_a_look(const struct outbound *x, const struct sender *s)
{
	double direct = 0;
	uint64_t mine = cells_of(s, FAILS_AS_US);
	if (!x->ties || s->n_sources == 0 || s->days < WAY_DAYS || 2 * mine <= s->t.messages ||
	    TOTAL_PART * mine < x->facts->messages || is_ours(x->ties->zone, &s->sources[0].ip) ||
	    knowledge_of(x->ties->zone->known, &s->sources[0].ip)->generic)
		return false;
	for (int32_t i = s->first_day - x->first; i <= s->last_day - x->first; i++)
		direct += i >= 0 && (size_t)i < x->n ? x->direct[i] : 0;
	return 100 * (double)mine >= DIRECT_PART * direct;
}

/* ---- what sends in place of a machine of ours ---- */

#define STAND_IN_MESSAGES 20 /* in all */
#define STAND_IN_USUAL    10 /* a day: the machine that is missing sends so much */
#define STAND_IN_SILENT   20 /* per cent of it: less is silence */
#define STAND_IN_HOSTS    3  /* addresses: a line may change its own */
#define WEEK              7

/* What is usual for the machine on the weekday: the median of those on which the other sent
 * nothing. -1: nobody knows. */
static double usual_on(const double *own, const double *other, size_t n, size_t day)
{
	double list[16];
	size_t found = 0;
	for (size_t i = day % WEEK; i < n && found < sizeof list / sizeof *list; i += WEEK) {
		size_t at = found;
		if (other[i] > 0)
			continue;
		for (; at > 0 && list[at - 1] > own[i]; at--)
			list[at] = list[at - 1];
		list[at] = own[i];
		found++;
	}
	return found < 2 ? -1 : list[found / 2];
}

/* The machine sends nothing on the days of the other, though it would, and hardly ever else; and
 * the other has about what is missing. No stranger makes a machine of ours fall silent. */
static bool is_missing(const double *own, const double *other, size_t n)
{
	double missing = 0, carried = 0;
	size_t silent = 0, together = 0, days = 0;
	for (size_t i = 0; i < n; i++) {
		double usual = usual_on(own, other, n, i);
		bool is_silent = usual >= STAND_IN_USUAL && 100 * own[i] < STAND_IN_SILENT * usual;
		silent += is_silent;
		if (other[i] <= 0)
			continue;
		days++;
		together += is_silent;
		missing += is_silent ? usual - own[i] : 0;
		carried += other[i];
	}
	return together > 0 && 5 * together >= 4 * days && 2 * together >= silent &&
	       REPLACED_PART * carried >= missing && carried <= REPLACED_MOST * missing;
}

/* The address of ours whose place the sender took; NULL: there is none. */
static const struct ip *stands_in_for(const struct outbound *x, const struct sender *s)
{
	uint64_t mine = cells_of(s, FAILS_AS_US);
	if (!x->ties || x->n_own == 0 || s->n_sources == 0 || s->n_sources > STAND_IN_HOSTS ||
	    mine < STAND_IN_MESSAGES || 2 * mine <= s->t.messages ||
	    is_ours(x->ties->zone, &s->sources[0].ip))
		return NULL;
	memset(x->theirs, 0, x->n * sizeof *x->theirs);
	for (size_t i = 0; i < s->n_sources; i++) {
		add_address(x, x->earlier, &s->sources[i].ip, x->theirs);
		add_address(x, x->facts, &s->sources[i].ip, x->theirs);
	}
	for (size_t i = 0; i < x->n_own; i++)
		if (is_missing(x->own_days + i * x->n, x->theirs, x->reported))
			return &x->own[i];
	return NULL;
}

static const char *text_of(const struct outbound *x, enum outbound_kind kind, const struct share *w,
			   struct arena *a)
{
	char day[DAY_STRLEN];
	switch (kind) {
	case OUTBOUND_REPLACES:
		return arena_printf(
		    a,
		    "it began on %s, with %.0f messages a day, and on that day what you send "
		    "directly fell from %.0f to %.0f a day",
		    day_format(x->first + (int32_t)w->start, day), w->carried / w->days, w->usual,
		    w->since);
	case OUTBOUND_MOST:
		return arena_printf(a,
				    "it has %.0f messages with your envelope sender, and %.0f went "
				    "out directly on these days: forwarded mail is never that much",
				    w->carried, w->beside);
	case OUTBOUND_NAMED:
		return "your zone names this service, and the addresses are those that it sends "
		       "its customers' mail from";
	default:
		return NULL;
	}
}

/* By the machines that have our mail, and by what goes out beside it. */
static enum outbound_kind find_way(const struct outbound *x, struct sender *s,
				   const struct observed *o, struct arena *a)
{
	enum outbound_kind kind = OUTBOUND_NONE;
	struct share w = {0};
	bool carries =
	    at_least(o->messages[SEEN_BROKEN] + o->messages[SEEN_CARRIED], s->t.messages, CARRIED);
	if (!is_worth_a_look(x, s))
		return kind;
	struct carrier c = carrier_at(x, &s->sources[0].ip);
	if (c.service || c.org) {
		w = share_of(x, &c, a);
		if (w.days >= WAY_DAYS && replaces(&w))
			kind = OUTBOUND_REPLACES;
		else if (carries && w.days >= WAY_DAYS && w.carried >= MOST_TIMES * w.beside)
			kind = comes_on_top(&w) ? OUTBOUND_EXCESS : OUTBOUND_MOST;
	}
	if (kind == OUTBOUND_NONE && carries && is_named(x, s))
		kind = OUTBOUND_NAMED;
	s->way_out = text_of(x, kind, &w, a);
	return kind;
}

enum outbound_kind outbound_find(const struct outbound *x, struct sender *s,
				 const struct observed *o, struct arena *a)
{
	char text[IP_STRLEN];
	if (o->reporters[SEEN_ANY] < RELIABLE)
		return OUTBOUND_NONE;
	enum outbound_kind kind = find_way(x, s, o, a);
	const struct ip *missing = kind == OUTBOUND_NONE ? stands_in_for(x, s) : NULL;
	if (!missing)
		return kind;
	s->stands_in = true;
	s->way_out = arena_printf(a,
				  "it sends on the days on which %s, which is yours, sends "
				  "nothing, and about as much as is missing there",
				  ip_format(missing, text));
	return OUTBOUND_STANDS_IN;
}

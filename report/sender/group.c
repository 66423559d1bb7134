#include "report/sender/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "report/sender/identity.h"

#define REST_SOURCES 100 /* addresses told of the rest: those with the most mail */

/* An address, or "no address": its rows stand together in the facts. */
struct address {
	const struct fact *first;
	size_t n;
	const char *key;
	const struct service *service;
	const char *guest; /* the account that is a stranger's; NULL: none */
	uint64_t messages, dmarc_pass;
	const struct tally *t; /* while its key is found */
};

struct grouping {
	const struct domain_facts *facts;
	const struct zone *zone;   /* NULL: from aggregate data alone */
	const struct asked *asked; /* NULL: every address is told */
	struct arena *a;
	const char *last_key; /* neighbours share it */
	struct identities ids;
	uint64_t *votes;               /* by identity; all zero between two addresses */
	const struct service **passes; /* by profile: whose MAIL FROM passes; NULL: nobody's */
	uint64_t *with_us;             /* by identity: messages that pass for us, too */
};

size_t group_base_len(const char *key)
{
	return strcspn(key, "#");
}

void tally_add(struct tally *t, const struct fact *f, const struct dmarc_profile *p)
{
	bool spf = p->eval_spf.code == W_PASS, dkim = p->eval_dkim.code == W_PASS;
	t->messages += f->messages;
	t->dmarc_pass += spf || dkim ? f->messages : 0;
	t->spf_aligned += spf ? f->messages : 0;
	t->dkim_aligned += dkim ? f->messages : 0;
	t->rejected += p->disposition.code == W_REJECT ? f->messages : 0;
	t->quarantined += p->disposition.code == W_QUARANTINE ? f->messages : 0;
	t->cells[p->cell] += f->messages;
}

/* ---- keys ---- */

static const char *network_mark(const struct tally *t)
{
	const uint64_t *c = t->cells;
	if (2 * tally_judged_pass(t) >= t->messages && t->messages > 0)
		return 2 * (c[CELL_P1] + c[CELL_P5] + c[CELL_P6] + c[CELL_P7]) >= t->messages
			   ? ""
			   : "#dkim";
	uint64_t ours = c[CELL_F1] + c[CELL_F2] + c[CELL_F3] + c[CELL_F4] + c[CELL_F5];
	return 2 * ours > t->messages - tally_judged_pass(t) ? "#spf-fail" : "#fail";
}

static const char *identity_mark(const struct tally *t)
{
	const uint64_t *c = t->cells;
	uint64_t carried = c[CELL_F2] + c[CELL_F8] + c[CELL_F11];
	return 2 * (tally_judged_pass(t) + carried) < t->messages ? "#fail" : "";
}

/* A million invented addresses are as many networks: what is beyond the first of a crowded domain
 * is one sender. */
static bool is_rest(const struct grouping *g, const struct ip *ip)
{
	return g->asked && ip->family != 0 && !asked_lists(g->asked, ip);
}

static const char *network_key(struct grouping *g, const struct address *x)
{
	const struct ip *ip = &x->first->source;
	char text[IP_STRLEN], key[IP_STRLEN + 24];
	if (ip->family == 0)
		return "net:none";
	unsigned bits = ip->family == 4 ? 24 : 64;
	struct ip net = ip_network(ip, bits);
	if (is_rest(g, ip))
		snprintf(key, sizeof key, "%s%s", GROUP_REST, network_mark(x->t));
	else
		snprintf(key, sizeof key, "net:%s/%u%s", ip_format(&net, text), bits,
			 network_mark(x->t));
	if (!g->last_key || strcmp(g->last_key, key) != 0)
		g->last_key = arena_strdup(g->a, key);
	return g->last_key;
}

/* What most of the address's messages prove; the first of equals. */
static uint32_t majority(const struct grouping *g, const struct address *x)
{
	const uint32_t *id = g->ids.of_profile;
	uint32_t best = id[x->first->profile];
	for (size_t i = 0; i < x->n; i++)
		g->votes[id[x->first[i].profile]] += x->first[i].messages;
	for (size_t i = 0; i < x->n; i++)
		if (g->votes[id[x->first[i].profile]] > g->votes[best])
			best = id[x->first[i].profile];
	for (size_t i = 0; i < x->n; i++)
		g->votes[id[x->first[i].profile]] = 0;
	return best;
}

static const char *service_mark(const struct service *s, const struct tally *t)
{
	const uint64_t *c = t->cells;
	uint64_t direct = c[CELL_P1] + c[CELL_P5] + c[CELL_P6] + c[CELL_P7];
	uint64_t dkim = c[CELL_P2] + c[CELL_P3] + c[CELL_P4];
	uint64_t ours = c[CELL_F1] + c[CELL_F3] + c[CELL_F4] + c[CELL_F5];
	uint64_t broken = c[CELL_F2] + c[CELL_F8] + c[CELL_F11];
	uint64_t theirs = c[CELL_F6] + c[CELL_F7] + c[CELL_F9];
	bool hands_on =
	    s->kind == KIND_MAILBOX || s->kind == KIND_GATEWAY || s->kind == KIND_FORWARDER;
	if (hands_on && dkim + broken > direct && dkim + broken >= ours && dkim + broken >= theirs)
		return "#forward";
	if (2 * (direct + dkim) >= t->messages)
		return direct >= dkim ? "" : "#dkim";
	if (ours >= broken && ours >= theirs && ours >= c[CELL_F10])
		return "#spf-fail";
	if (broken >= theirs && broken >= c[CELL_F10])
		return "#broken";
	return theirs >= c[CELL_F10] ? "#unaligned" : "#fail";
}

/* Where many customers share machines and names, a sender is a machine, never the neighbourhood. */
static bool is_neighbourhood(const struct service *s)
{
	return s->kind == KIND_WEBHOST || s->kind == KIND_CLOUD || s->kind == KIND_ISP;
}

static const struct service *service_of_key(const struct grouping *g, const char *identity)
{
	if (!identity || !g->zone)
		return NULL;
	bool dkim = strncmp(identity, "dkim:", 5) == 0;
	return catalogue_find(g->zone->known->catalogue, dkim ? BY_DKIM : BY_RETURN_PATH,
			      strchr(identity, ':') + 1);
}

/* The service that most of the address's mail proves to be of, by what passes: closer than whose
 * network it comes from (Gmail, Groups and Calendar send from the same addresses). */
static const struct service *proved_service(const struct grouping *g, const struct address *x)
{
	const struct service *best = NULL;
	uint64_t votes = 0, all = 0;
	for (size_t i = 0; i < x->n; i++) { /* majority vote (Boyer and Moore) */
		const struct service *s = g->passes[x->first[i].profile];
		uint64_t n = x->first[i].messages;
		if (s == best) {
			votes += n;
		} else if (votes >= n) {
			votes -= n;
		} else {
			votes = n - votes;
			best = s;
		}
	}
	votes = 0;
	for (size_t i = 0; i < x->n; i++) {
		all += x->first[i].messages;
		votes += g->passes[x->first[i].profile] == best ? x->first[i].messages : 0;
	}
	return 2 * votes > all ? best : NULL;
}

/*
 * Inside a service the sender is split by the foreign identity that passes: an account that signs,
 * or bounces, as somebody who is neither we nor the service, and never anything of ours, is a
 * stranger's. Mail that passes for us, or tries to sign as us, is our account's.
 */
static const char *guest_of(const struct grouping *g, const struct address *x, uint32_t identity)
{
	const uint64_t *c = x->t->cells;
	const char *key = identity ? g->ids.keys[identity] : NULL;
	if (!key || !x->service || g->with_us[identity] > 0)
		return NULL;
	if (2 * (c[CELL_F6] + c[CELL_F7] + c[CELL_F9]) <= x->t->messages)
		return NULL;
	const char *name = strchr(key, ':') + 1;
	const struct catalogue *all = g->zone->known->catalogue;
	/* what a service bounces as, or calls its machines, is its own when it signs, too */
	bool owner = catalogue_find(all, BY_DKIM, name) ||
		     catalogue_find(all, BY_RETURN_PATH, name) || catalogue_find(all, BY_PTR, name);
	bool tenant = strstr(name, ".onmicrosoft.com") || strstr(name, ".gappssmtp.com");
	return zone_is_ours(g->zone, name) || (owner && !tenant) ? NULL : name;
}

static const char *host_key(const struct grouping *g, const struct address *x,
			    const struct address_known *known)
{
	char text[IP_STRLEN];
	const char *host =
	    known->name && !known->generic ? known->name : ip_format(&x->first->source, text);
	return arena_printf(g->a, "host:%s%s", host, network_mark(x->t));
}

/* The key that DNS proves; NULL: it proves none. */
static const char *known_key(const struct grouping *g, struct address *x, uint32_t best)
{
	const char *identity = best ? g->ids.keys[best] : NULL;
	const struct zone *z = g->zone;
	const struct ip *ip = &x->first->source;
	if (!z)
		return NULL;
	const struct address_known *known = knowledge_of(z->known, ip);
	bool named = known->org && strcmp(known->org, z->org) == 0 && !known->generic;
	if (named || zone_names_address(z, ip))
		return arena_printf(g->a, "own:%s%s", z->org, network_mark(x->t));
	x->service = proved_service(g, x);
	if (!x->service)
		x->service = known->service ? known->service : service_of_key(g, identity);
	x->guest = guest_of(g, x, best);
	if (x->guest)
		return arena_printf(g->a, "%s%s", identity, identity_mark(x->t));
	if (zone_host(z, ip))
		return host_key(g, x, known);
	if (x->service && !is_neighbourhood(x->service))
		return arena_printf(g->a, "%s%s", x->service->key, service_mark(x->service, x->t));
	if (!identity && known->name && !known->generic) {
		bool passes = 2 * tally_judged_pass(x->t) >= x->t->messages;
		if (!x->service && passes)
			return arena_printf(g->a, "ptr:%s%s", known->org, network_mark(x->t));
		return host_key(g, x, known);
	}
	return x->service && !is_rest(g, ip) ? host_key(g, x, known) : NULL;
}

/* Of labelled networks the smallest: it is what was said of these addresses in particular. */
static const char *label_key(const struct grouping *g, const struct ip *ip)
{
	const struct fact_label *best = NULL;
	for (size_t i = 0; i < g->facts->n_labels && ip->family != 0; i++) {
		const struct fact_label *l = &g->facts->labels[i];
		struct ip net = ip_network(ip, l->bits);
		if (l->network.family == ip->family && ip_cmp(&net, &l->network) == 0 &&
		    (!best || l->bits > best->bits))
			best = l;
	}
	return best ? arena_printf(g->a, "label:%s", best->sender) : NULL;
}

static void key_address(struct grouping *g, struct address *x)
{
	struct tally t = {0};
	for (size_t i = 0; i < x->n; i++)
		tally_add(&t, &x->first[i], &g->facts->profiles[x->first[i].profile]);
	x->t = &t;
	uint32_t best = majority(g, x);
	const char *identity = best ? g->ids.keys[best] : NULL;
	x->key = label_key(g, &x->first->source);
	if (!x->key && x->first->source.family != 0)
		x->key = known_key(g, x, best);
	if (!x->key && identity && x->first->source.family != 0)
		x->key = arena_printf(g->a, "%s%s", identity, identity_mark(x->t));
	if (!x->key)
		x->key = network_key(g, x);
	x->t = NULL;
	x->messages = t.messages;
	x->dmarc_pass = t.dmarc_pass;
}

static struct address *find_addresses(struct grouping *g, size_t *n)
{
	const struct domain_facts *d = g->facts;
	size_t count = 0;
	for (size_t i = 0; i < d->n_facts; i++)
		count += i == 0 || ip_cmp(&d->facts[i].source, &d->facts[i - 1].source) != 0;
	struct address *all = arena_alloc(g->a, (count + 1) * sizeof *all);
	*n = 0;
	for (size_t i = 0; i < d->n_facts; i++) {
		if (i == 0 || ip_cmp(&d->facts[i].source, &d->facts[i - 1].source) != 0)
			all[(*n)++].first = &d->facts[i];
		all[*n - 1].n++;
	}
	for (size_t i = 0; i < *n; i++)
		key_address(g, &all[i]);
	return all;
}

static int by_key(const void *x, const void *y)
{
	const struct address *a = x, *b = y;
	int order = a->key == b->key ? 0 : strcmp(a->key, b->key);
	if (order == 0)
		order = (a->messages < b->messages) - (a->messages > b->messages);
	return order ? order : ip_cmp(&a->first->source, &b->first->source);
}

/* ---- senders ---- */

/* Days since the first of the month on which the fact was seen; without a day, that first one. */
static uint32_t day_bits(const struct fact *f)
{
	return f->days ? f->days : 1;
}

static void span_days(struct sender *s, const struct fact *f)
{
	int32_t first = month_first_day(f->month);
	uint32_t bits = day_bits(f);
	int32_t from = first + __builtin_ctz(bits), to = first + 31 - __builtin_clz(bits);
	s->first_day = from < s->first_day ? from : s->first_day;
	s->last_day = to > s->last_day ? to : s->last_day;
}

/* Distinct days and reporters over all facts of the sender. */
static void count_distinct(struct sender *s, size_t n_reporters)
{
	size_t n_days = (size_t)(s->last_day - s->first_day) + 1;
	unsigned char *days = mem_alloc(n_days), *reporters = mem_alloc(n_reporters + 1);
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		int32_t first = month_first_day(f->month) - s->first_day;
		for (uint32_t bits = day_bits(f); bits; bits &= bits - 1) {
			unsigned char *day = &days[first + __builtin_ctz(bits)];
			s->days += !*day;
			*day = 1;
		}
		for (uint32_t k = 0; k < f->n_witnesses; k++) {
			unsigned char *seen = &reporters[f->witnesses[k].reporter];
			s->reporters += !*seen;
			*seen = 1;
		}
	}
	free(days);
	free(reporters);
}

const struct group_mark group_marks[GROUP_MARKS] = {
    {"#dkim", " (DKIM only)"},        {"#spf-fail", " (SPF fails)"},
    {"#unaligned", " (not aligned)"}, {"#broken", " (signature broken)"},
    {"#forward", " (forwarding)"},    {"#fail", " (fails)"},
};

const char *group_mark_words(const char *mark)
{
	for (size_t i = 0; i < GROUP_MARKS; i++)
		if (strcmp(mark, group_marks[i].mark) == 0)
			return group_marks[i].words;
	return "";
}

static bool same_base(const struct sender *x, const struct sender *y)
{
	size_t n = group_base_len(x->key);
	return n == group_base_len(y->key) && memcmp(x->key, y->key, n) == 0;
}

static const char *base_name(const struct grouping *g, const struct sender *s, const char *after,
			     size_t base)
{
	char text[IP_STRLEN];
	const struct ip *first = s->n_sources > 0 ? &s->sources[0].ip : NULL;
	bool own = strncmp(s->key, "own:", 4) == 0;
	if (strcmp(s->key, "net:none") == 0)
		return "(no address)";
	if (strncmp(s->key, GROUP_REST, strlen(GROUP_REST)) == 0)
		return "(other addresses)";
	if (strncmp(s->key, "service:", 8) == 0)
		return s->service->name;
	if (own && s->n_sources == 1) {
		const char *name = knowledge_of(g->zone->known, first)->name;
		return name ? name : arena_strdup(g->a, ip_format(first, text));
	}
	if (own)
		return arena_printf(g->a, "%.*s servers", (int)base, after);
	if (s->guest && s->service)
		return arena_printf(g->a, "%s (at %s)", s->guest, s->service->name);
	if (strncmp(s->key, "net:", 4) == 0 && s->n_sources == 1)
		return arena_strdup(g->a, ip_format(first, text));
	return arena_strndup(g->a, after, base);
}

/* A network of one address has the address's name. What shares its name says how it differs. */
static void name_senders(const struct grouping *g, struct sender *senders, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sender *s = &senders[i];
		const char *after = strchr(s->key, ':') + 1;
		size_t base = group_base_len(after);
		s->split = (i > 0 && same_base(s, s - 1)) || (i + 1 < n && same_base(s, s + 1));
		bool alone = strncmp(s->key, "net:", 4) == 0 && s->n_sources == 1;
		s->name = base_name(g, s, after, base);
		if (s->split && !alone)
			s->name =
			    arena_printf(g->a, "%s%s", s->name, group_mark_words(after + base));
	}
}

/* addresses[0..n) share a key, the one with most messages first. */
static void make_sender(const struct grouping *g, const struct address *addresses, size_t n,
			struct sender *s)
{
	size_t n_facts = 0;
	for (size_t i = 0; i < n; i++)
		n_facts += addresses[i].n;
	const struct fact **facts = arena_alloc(g->a, n_facts * sizeof *facts);
	size_t most =
	    strncmp(addresses->key, GROUP_REST, strlen(GROUP_REST)) == 0 && n > REST_SOURCES
		? REST_SOURCES
		: n;
	struct sender_source *sources = arena_alloc(g->a, most * sizeof *sources);
	*s = (struct sender){.key = addresses->key,
			     .service = addresses->service,
			     .guest = addresses->guest,
			     .profiles = g->facts->profiles,
			     .first_day = INT32_MAX,
			     .last_day = INT32_MIN};
	for (size_t i = 0; i < n; i++) {
		const struct address *x = &addresses[i];
		if (s->n_sources == most)
			s->more_sources++;
		else if (x->first->source.family != 0)
			sources[s->n_sources++] = (struct sender_source){
			    .ip = x->first->source,
			    .messages = x->messages,
			    .dmarc_pass = x->dmarc_pass,
			    .ptr = g->zone ? knowledge_of(g->zone->known, &x->first->source)->name
					   : NULL,
			};
		for (size_t k = 0; k < x->n; k++) {
			facts[s->n_facts++] = &x->first[k];
			tally_add(&s->t, &x->first[k], &g->facts->profiles[x->first[k].profile]);
			span_days(s, &x->first[k]);
		}
	}
	s->facts = facts;
	s->sources = sources;
	count_distinct(s, g->facts->n_reporters);
}

static void read_profiles(struct grouping *g)
{
	const struct domain_facts *d = g->facts;
	g->passes = arena_alloc(g->a, (d->n_profiles + 1) * sizeof *g->passes);
	g->with_us = arena_alloc(g->a, (g->ids.n + 1) * sizeof *g->with_us);
	for (size_t i = 0; g->zone && i < d->n_profiles; i++) {
		const struct dmarc_profile *p = &d->profiles[i];
		const struct catalogue *c = g->zone->known->catalogue;
		for (unsigned k = 0; k < p->n_spf && !g->passes[i]; k++)
			if (p->spf[k].result.code == W_PASS && p->spf[k].scope.code != W_HELO &&
			    p->spf[k].domain && !zone_is_ours(g->zone, p->spf[k].domain))
				g->passes[i] = catalogue_find(c, BY_RETURN_PATH, p->spf[k].domain);
	}
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct fact *f = &d->facts[i];
		if (d->profiles[f->profile].cell <= CELL_P7)
			g->with_us[g->ids.of_profile[f->profile]] += f->messages;
	}
}

void group_senders(const struct domain_facts *facts, const struct zone *zone,
		   const struct asked *asked, const struct name_rules *rules, struct arena *a,
		   struct sender **senders, size_t *n)
{
	struct grouping g = {
	    .facts = facts, .zone = zone, .a = a, .ids = identities_find(facts, rules, a)};
	if (asked && asked_is_crowded(asked, facts->domain))
		g.asked = asked;
	g.votes = arena_alloc(a, g.ids.n * sizeof *g.votes);
	read_profiles(&g);
	size_t n_addresses, n_senders = 0;
	struct address *all = find_addresses(&g, &n_addresses);
	qsort(all, n_addresses, sizeof *all, by_key);
	for (size_t i = 0; i < n_addresses; i++)
		n_senders += i == 0 || strcmp(all[i].key, all[i - 1].key) != 0;
	*senders = arena_alloc(a, (n_senders + 1) * sizeof **senders);
	*n = 0;
	for (size_t i = 0, k; i < n_addresses; i = k) {
		for (k = i + 1; k < n_addresses && strcmp(all[k].key, all[i].key) == 0; k++)
			;
		make_sender(&g, &all[i], k - i, &(*senders)[(*n)++]);
	}
	name_senders(&g, *senders, *n);
}

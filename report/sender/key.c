#include "report/sender/grouping.h"

#include <stdio.h>
#include <string.h>

#include "report/sender/scope.h"

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

/* Is it a name of the service itself, in whatever column? What is below it may be a customer's. */
static bool is_name_of(const struct service *s, const char *name)
{
	for (int by = 0; by < BY_COUNT; by++)
		for (unsigned i = 0; i < s->n_names[by]; i++)
			if (strcmp(s->names[by][i], name) == 0)
				return true;
	return false;
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
	owner = owner || is_name_of(x->service, name);
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

/* Most of it passes as a name below ours in a zone that strangers' name servers answer for: who
 * holds it has any machine called so. That zone; NULL: it is not so. */
static const char *strangers_zone_of(const struct grouping *g, const struct address *x)
{
	uint64_t n = 0;
	const char *zone = NULL;
	for (size_t i = 0; i < x->n; i++) {
		const struct dmarc_profile *p = &g->facts->profiles[x->first[i].profile];
		const char *mailfrom = p->aligned_spf ? zone_own_mailfrom(g->zone, p) : NULL;
		if (!mailfrom || zone_spf_now(g->zone, mailfrom, &x->first->source) != NOW_YES)
			continue;
		const struct dns_answer *servers = scope_strangers_zone(g->zone, mailfrom);
		zone = servers ? servers->name : zone;
		n += servers ? x->first[i].messages : 0;
	}
	return 2 * n > x->t->messages ? zone : NULL;
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
	if (named && given_has(&g->given, ip))
		return host_key(g, x, known);
	const char *theirs = named ? strangers_zone_of(g, x) : NULL;
	if (theirs)
		return arena_printf(g->a, "mailfrom:%s%s", theirs, network_mark(x->t));
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

void address_key(struct grouping *g, struct address *x)
{
	struct tally t = {0};
	for (size_t i = 0; i < x->n; i++)
		tally_add(&t, &x->first[i], &g->facts->profiles[x->first[i].profile]);
	x->t = &t;
	uint32_t best = majority(g, x);
	const char *identity = best ? g->ids.keys[best] : NULL;
	x->key = label_key(g, &x->first->source);
	if (x->tenant && !x->key) {
		size_t n = strlen(NEIGHBOUR_KEY);
		bool bare = strncmp(x->tenant, NEIGHBOUR_KEY, n) == 0;
		x->key = bare ? x->tenant : arena_printf(g->a, "dkim:%s", x->tenant);
		x->service = knowledge_of(g->zone->known, &x->first->source)->service;
		x->guest = bare ? x->tenant + n : x->tenant;
	}
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

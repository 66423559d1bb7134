#include "report/sender/tie.h"

#include <string.h>

#include "core/day.h"
#include "report/sender/tenant.h"

#define TERMS_MAX 16

void ties_init(struct ties *t, const struct zone *zone)
{
	struct arena *a = zone->known->a;
	size_t n = zone->known->n_services + 1;
	*t = (struct ties){.zone = zone};
	t->scopes = arena_alloc(a, (zone->n_mailfrom + 1) * sizeof *t->scopes);
	for (size_t i = 0; i < zone->n_mailfrom; i++)
		scope_read(zone, &zone->mailfrom[i], &t->scopes[i]);
	t->terms = arena_alloc(a, n * sizeof *t->terms);
	t->trees = arena_alloc(a, n * sizeof *t->trees);
}

/* ---- what a service documents ---- */

static void add_term(const char **terms, size_t *n, const char *term)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(terms[i], term) == 0)
			return;
	if (*n < TERMS_MAX)
		terms[(*n)++] = term;
}

static void find_terms(const struct zone *z, const struct service *s, const char **terms)
{
	size_t n = 0;
	for (size_t i = 0; i < z->n_marks; i++) {
		const struct zone_mark *m = &z->marks[i];
		if (m->service != s)
			continue;
		const char *term = s->n_include_for ? service_term_for(s, m->name) : NULL;
		if (m->include)
			add_term(terms, &n, arena_printf(z->known->a, "include:%s", m->name));
		else if (term)
			add_term(terms, &n, term);
		for (size_t k = 0; !m->include && !s->n_include_for && k < s->n_names[BY_INCLUDE];
		     k++)
			add_term(terms, &n,
				 arena_printf(z->known->a, "include:%s", s->names[BY_INCLUDE][k]));
	}
	terms[n] = NULL;
}

const char *const *ties_service_terms(struct ties *t, const struct service *s)
{
	static const char *const none[] = {NULL};
	if (!s)
		return none;
	const struct zone *z = t->zone;
	size_t i = (size_t)(s - z->known->services);
	if (t->terms[i])
		return t->terms[i];
	struct arena *a = z->known->a;
	t->terms[i] = arena_alloc(a, (TERMS_MAX + 1) * sizeof **t->terms);
	t->trees[i] = arena_alloc(a, (TERMS_MAX + 1) * sizeof **t->trees);
	find_terms(z, s, t->terms[i]);
	for (size_t k = 0; t->terms[i][k]; k++) {
		const char *colon = strchr(t->terms[i][k], ':');
		if (strncmp(t->terms[i][k], "include:", 8) == 0)
			spf_tree_read(z->known->view, colon + 1, a, &t->trees[i][k]);
	}
	return t->terms[i];
}

/* Does the term authorise the address? tree: of an include. */
static bool term_holds(const struct ties *t, const char *term, const struct spf_tree *tree,
		       const struct ip *ip)
{
	const struct spf_term *by;
	if (strncmp(term, "a:", 2) == 0) {
		const struct dns_answer *x =
		    dns_ask(t->zone->known->view, term + 2, ip->family == 4 ? DNS_A : DNS_AAAA);
		for (size_t i = 0; x->outcome == DNS_OK && i < x->n; i++)
			if (ip_cmp(&x->addresses[i], ip) == 0)
				return true;
	}
	if (!tree->root || tree->pending)
		return false;
	if (!tree->depends)
		return spf_tree_find(tree, ip, &by, NULL, NULL) == SPF_PASS;
	struct spf_check check;
	struct arena *a = t->zone->known->a;
	struct spf_request request = {
	    .ip = *ip, .mail_from = arena_printf(a, "postmaster@%s", strchr(term, ':') + 1)};
	spf_check_host(t->zone->known->view, &request, a, &check);
	return !check.pending && check.result == SPF_PASS;
}

const char *ties_term_of(struct ties *t, const struct service *s, const struct ip *ip)
{
	const char *const *terms = ties_service_terms(t, s);
	for (size_t k = 0; terms[k]; k++)
		if (term_holds(t, terms[k], &t->trees[s - t->zone->known->services][k], ip))
			return terms[k];
	return NULL;
}

/* ---- the ties of an address ---- */

/* Who rents machines out, or connects people, sends for nobody. */
static bool is_mail_service(const struct service *s)
{
	return s && s->kind != KIND_CLOUD && s->kind != KIND_ISP;
}

static bool signs_foreign(const struct zone *z, const struct dmarc_profile *p)
{
	for (unsigned i = 0; i < p->n_dkim; i++)
		if (p->dkim[i].result.code == W_PASS && p->dkim[i].domain &&
		    !zone_is_ours(z, p->dkim[i].domain))
			return true;
	return false;
}

/* Strict alignment (RFC 9989 section 5.1) fails what is ours all the same. */
static bool signs_ours(const struct zone *z, const struct dmarc_profile *p)
{
	for (unsigned i = 0; i < p->n_dkim; i++)
		if (p->dkim[i].result.code == W_PASS && zone_is_ours(z, p->dkim[i].domain))
			return true;
	return false;
}

/* Does mail of ours pass by SPF, or by a signature, from the address? Do others pass there? */
struct conduct {
	bool direct, signs, foreign;
};

/* at: where the facts of the address begin; moved behind them. Sources and facts are in step. */
static struct conduct conduct_of(const struct ties *t, const struct sender *s, const struct ip *ip,
				 size_t *at)
{
	struct conduct c = {false, false, false};
	while (*at < s->n_facts && ip_cmp(&s->facts[*at]->source, ip) != 0)
		++*at;
	for (; *at < s->n_facts && ip_cmp(&s->facts[*at]->source, ip) == 0; ++*at) {
		const struct dmarc_profile *p = &t->facts->profiles[s->facts[*at]->profile];
		c.direct = c.direct || p->aligned_spf;
		c.signs = c.signs || p->aligned_dkim || signs_ours(t->zone, p);
		c.foreign = c.foreign || signs_foreign(t->zone, p);
	}
	return c;
}

/* The machine of the /64 that has a name signs its mail as us, which this address does not: where a
 * /64 is shared (as at some clouds), that is a neighbour, not another address of the machine. */
static bool is_unlike(const struct ties *t, const struct ip *net, const struct conduct *c)
{
	const struct domain_facts *d = t->facts;
	for (size_t i = 0; i < d->n_facts && !c->signs; i++) {
		struct ip other = ip_network(&d->facts[i].source, 64);
		if (d->facts[i].source.family == 6 && ip_cmp(net, &other) == 0 &&
		    d->profiles[d->facts[i].profile].aligned_dkim)
			return true;
	}
	return false;
}

/* Rented by the hour, and somebody else's tomorrow: a forgotten name still leads there. */
static bool is_rented(const struct zone *z, const struct zone_host *h)
{
	const struct address_known *k = knowledge_of(z->known, &h->ip);
	bool site = strcmp(h->name, z->domain) == 0 || strncmp(h->name, "www.", 4) == 0;
	return !site && !h->exchanger &&
	       (k->generic || (k->service && k->service->kind == KIND_CLOUD));
}

#define TEMPORARY_DAYS                                                                             \
	7 /* that such an address is valid at most (RFC 8981 section 3.8, RFC 4941) */
#define TEMPORARY_MANY 6 /* so many in one /64 are made up, however long they are seen */

static bool is_temporary(const struct ties *t, const struct ip *ip)
{
	const struct domain_facts *d = t->facts;
	struct ip net = ip_network(ip, 64);
	int32_t first = INT32_MAX, last = INT32_MIN;
	unsigned alike = 0;
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct fact *f = &d->facts[i];
		struct ip other = ip_network(&f->source, 64);
		bool fresh = i == 0 || ip_cmp(&d->facts[i - 1].source, &f->source) != 0;
		alike += fresh && ip_cmp(&net, &other) == 0 && ip_looks_temporary(&f->source);
		if (ip_cmp(&f->source, ip) != 0)
			continue;
		first = fact_first_day(f) < first ? fact_first_day(f) : first;
		last = fact_last_day(f) > last ? fact_last_day(f) : last;
	}
	return last - first <= TEMPORARY_DAYS || alike >= TEMPORARY_MANY;
}

/* In the /64 of a host of ours, or of one that our record names. */
static bool is_beside_ours(const struct zone *z, const struct ip *net)
{
	for (size_t i = 0; i < z->n_hosts; i++) {
		struct ip other = ip_network(&z->hosts[i].ip, 64);
		const struct service *s = knowledge_of(z->known, &z->hosts[i].ip)->service;
		if (ip_cmp(net, &other) == 0 && !z->hosts[i].foreign && !z->hosts[i].exchanger &&
		    !(s && s->kind == KIND_WEBHOST))
			return true;
	}
	return scope_names_host_in(z, net);
}

static bool is_tied_host(const struct ties *t, const struct ip *ip, const struct conduct *c)
{
	const struct zone *z = t->zone;
	const struct zone_host *h = zone_host(z, ip);
	if (h && h->heard && !c->direct && !c->signs && given_has(t->given, ip))
		return false;
	if (h)
		return !h->foreign && (!h->exchanger || c->direct) &&
		       (c->direct || c->signs || !is_rented(z, h));
	struct ip net = ip_network(ip, 64);
	return ip_looks_temporary(ip) && is_beside_ours(z, &net) && is_temporary(t, ip) &&
	       !zone_is_shared_machine(z, ip) && !is_unlike(t, &net, c);
}

static bool is_tied_name(const struct ties *t, const struct ip *ip, const struct address_known *k,
			 const struct conduct *c)
{
	const struct zone *z = t->zone;
	if (given_has(t->given, ip) && !c->direct && !c->signs)
		return false;
	if (k->ptr != PTR_CONFIRMED || k->generic || !k->name || !zone_is_ours(z, k->name) ||
	    name_is_leased(k->name, z->org))
		return false;
	const struct dns_answer *forward =
	    dns_ask(z->known->view, k->name, ip->family == 4 ? DNS_A : DNS_AAAA);
	return zone_is_ours(z, forward->canonical);
}

static bool is_tied_record(const struct ties *t, const struct ip *ip)
{
	for (size_t i = 0; i < t->zone->n_mailfrom; i++)
		if (t->scopes[i].narrow &&
		    zone_spf_now(t->zone, t->zone->mailfrom[i].domain, ip) == NOW_YES)
			return true;
	return false;
}

#define SETTLED_SPAN  14 /* days of stored reports before anything is usual */
#define SETTLED_DAYS  4  /* on which it sent */
#define SETTLED_PAUSE 10 /* days; or three times what is usual for it */
#define SETTLED_SINCE 7  /* days from the first stored report, or a quarter of them */

/* What an address did over the days that are stored. */
struct record_of_days {
	int32_t first, last; /* of its mail that passes SPF as ours; none: first > last */
	int32_t pause;       /* the longest */
	int32_t foreign;     /* the first day on which somebody else's signature passed */
	unsigned days;
};

static void note_day(struct record_of_days *x, int32_t day)
{
	if (x->days > 0 && day == x->last)
		return;
	if (x->days > 0 && day - x->last > x->pause)
		x->pause = day - x->last;
	x->first = x->days ? x->first : day;
	x->last = day;
	x->days++;
}

/* Facts of one address stand together, by month. */
static void read_days(const struct zone *z, const struct domain_facts *d, const struct ip *ip,
		      struct record_of_days *x)
{
	size_t from = domain_facts_find(d, ip), i = from;
	while (i < d->n_facts && ip_cmp(&d->facts[i].source, ip) == 0) {
		int32_t month = d->facts[i].month;
		uint32_t ours = 0, foreign = 0;
		for (; i < d->n_facts && ip_cmp(&d->facts[i].source, ip) == 0 &&
		       d->facts[i].month == month;
		     i++) {
			const struct dmarc_profile *p = &d->profiles[d->facts[i].profile];
			ours |= p->aligned_spf ? d->facts[i].days : 0;
			foreign |= signs_foreign(z, p) ? d->facts[i].days : 0;
		}
		for (uint32_t bits = ours; bits; bits &= bits - 1)
			note_day(x, month_first_day(month) + __builtin_ctz(bits));
		if (foreign && x->foreign == INT32_MAX)
			x->foreign = month_first_day(month) + __builtin_ctz(foreign);
	}
}

#define MONTH_LEAST 27 /* days between two runs of a month */
#define MONTH_MOST  34

/* Payslips come on one day a month, the first within a month of the first report. */
static bool is_monthly(const struct record_of_days *x, int32_t begin)
{
	int32_t usual = x->days > 1 ? (x->last - x->first) / (int32_t)(x->days - 1) : 0;
	return usual >= MONTH_LEAST && x->pause <= MONTH_MOST && x->first <= begin + MONTH_MOST &&
	       (x->foreign == INT32_MAX || x->foreign <= x->first);
}

/* It passes as ours since the stored reports begin, without a pause, and signs as it always did: a
 * small firm's mail host has its provider's name, and is no machine that was let to another. */
static bool is_settled(const struct ties *t, const struct ip *ip)
{
	struct record_of_days x = {.first = INT32_MAX, .last = INT32_MIN, .foreign = INT32_MAX};
	const struct domain_facts *e = t->earlier && t->earlier->n_days ? t->earlier : NULL;
	const struct domain_facts *d = t->facts;
	if (d->n_days == 0)
		return false;
	int32_t begin = e ? e->days[0].day : d->days[0].day;
	int32_t span = d->days[d->n_days - 1].day + 1 - begin;
	if (e)
		read_days(t->zone, e, ip, &x);
	read_days(t->zone, d, ip, &x);
	if (is_monthly(&x, begin))
		return true;
	if (span < SETTLED_SPAN || x.days < SETTLED_DAYS)
		return false;
	int32_t since = span / 4 > SETTLED_SINCE ? span / 4 : SETTLED_SINCE;
	int32_t usual = (x.last - x.first) / (int32_t)(x.days - 1);
	bool paused = x.pause > SETTLED_PAUSE && x.pause > 3 * usual;
	bool changed = x.foreign != INT32_MAX && x.foreign > x.first + SETTLED_SINCE;
	return x.first <= begin + since && !paused && !changed;
}

/* Does it receive our mail? Who runs our MX is nobody to whom its address was let since. */
static bool is_our_exchanger(const struct zone *z, const struct ip *ip)
{
	for (size_t i = 0; i < z->n_hosts; i++)
		if (z->hosts[i].exchanger && ip_cmp(&z->hosts[i].ip, ip) == 0)
			return true;
	return false;
}

static bool has_own_name(const struct zone *z, const struct ip *ip)
{
	const struct address_known *k = knowledge_of(z->known, ip);
	return k->ptr == PTR_CONFIRMED && k->name && zone_is_ours(z, k->name);
}

/* Does a term of our record name this one address, and not the network around it? */
static bool is_named_alone(const struct zone *z, const struct ip *ip)
{
	for (size_t i = 0; i < z->n_mailfrom; i++) {
		const struct spf_record *r = z->mailfrom[i].spf.root;
		for (size_t k = 0; r && k < r->n_terms; k++)
			for (size_t m = 0; m < r->terms[k].n_networks; m++)
				if (r->terms[k].networks[m].bits == (ip->family == 4 ? 32 : 128) &&
				    ip_cmp(&r->terms[k].networks[m].ip, ip) == 0)
					return true;
	}
	return false;
}

/* In a network that our record names, machines with names of ours sign as us: the one there that is
 * called by somebody else's name and signs nothing is not one of them, however long it sends. */
static bool is_odd_one(const struct ties *t, const struct ip *ip)
{
	const struct domain_facts *d = t->facts;
	struct ip net = ip_network(ip, ip->family == 4 ? 24 : 64);
	if (is_named_alone(t->zone, ip))
		return false;
	for (size_t i = 0; i < d->n_facts; i++) {
		struct ip other = ip_network(&d->facts[i].source, ip->family == 4 ? 24 : 64);
		if (d->profiles[d->facts[i].profile].aligned_dkim && ip_cmp(&net, &other) == 0 &&
		    has_own_name(t->zone, &d->facts[i].source))
			return true;
	}
	return false;
}

/* A machine that our record names, and that calls itself somebody else's: re-let, or cancelled. */
static bool has_aged(const struct ties *t, const struct ip *ip, const struct address_known *k,
		     const struct conduct *c)
{
	const struct zone *z = t->zone;
	bool other = k->ptr == PTR_CONFIRMED && !k->generic && k->name &&
		     !is_mail_service(k->service) && !zone_is_ours(z, k->name);
	bool rented = other && k->service && k->service->kind == KIND_CLOUD;
	return zone_names_address(z, ip) && !c->signs && (other || c->foreign) &&
	       !is_our_exchanger(z, ip) &&
	       (rented || !is_settled(t, ip) || (other && is_odd_one(t, ip)));
}

/* Our record names the address by a name of ours that leads, over an alias, to somebody else's: who
 * holds that name, or takes it over, sends as us. The name there; NULL: it is not so. */
static const char *alias_of(const struct zone *z, const struct ip *ip)
{
	for (size_t i = 0; i < z->n_mailfrom; i++) {
		const struct spf_record *r = z->mailfrom[i].spf.root;
		for (size_t k = 0; r && k < r->n_terms; k++) {
			const struct spf_term *t = &r->terms[k];
			if (t->kind != SPF_A || !t->domain || t->depends ||
			    !zone_is_ours(z, t->domain))
				continue;
			const struct dns_answer *x =
			    dns_ask(z->known->view, t->domain, ip->family == 4 ? DNS_A : DNS_AAAA);
			bool leads = false;
			for (size_t m = 0; x->outcome == DNS_OK && m < x->n; m++)
				leads = leads || ip_cmp(&x->addresses[m], ip) == 0;
			if (leads && !zone_is_ours(z, x->canonical))
				return x->canonical;
		}
	}
	return NULL;
}

/* A line, or a machine for rent, in a network of our record that holds many of them. */
static bool is_line(const struct ties *t, const struct ip *ip, const struct address_known *k,
		    const struct conduct *c)
{
	return !c->signs && (k->generic || k->ptr == PTR_NONE || k->ptr == PTR_UNCONFIRMED) &&
	       scope_is_large_for(t->zone, ip);
}

#define ACCOUNT_SHARE 90 /* per cent that the account signs of the sender's mail */

/* Our mail host, which takes any MAIL FROM of its customers, signs it for the very account whose
 * name is our domain. */
static bool is_our_account(const struct ties *t, const struct sender *s)
{
	const struct zone *z = t->zone;
	uint64_t signs = 0;
	bool host = false;
	for (size_t i = 0; i < z->n_marks; i++)
		host = host || (!z->marks[i].include && z->marks[i].service == s->service);
	for (size_t i = 0; s->service && host && i < s->n_facts; i++) {
		const char *tenant = tenant_of(&s->profiles[s->facts[i]->profile]);
		if (tenant && (tenant_is_of(tenant, z->org) || tenant_is_of(tenant, z->domain)))
			signs += s->facts[i]->messages;
	}
	return signs > 0 && 100 * signs >= ACCOUNT_SHARE * s->t.messages;
}

static void tie_source(struct ties *t, const struct sender *s, bool account,
		       struct sender_source *x, size_t *at)
{
	const struct zone *z = t->zone;
	const struct address_known *k = knowledge_of(z->known, &x->ip);
	struct conduct c = conduct_of(t, s, &x->ip, at);
	x->pool = k->service && service_in_pool(k->service, &x->ip);
	if (s->label && s->label->verdict == LABEL_APPROVE)
		x->ties |= TIE_PERSON;
	if (!ip_is_public(&x->ip) || x->pool || s->guest)
		return; /* what ties the service to us ties none of its other customers */
	x->ties |= is_tied_host(t, &x->ip, &c) ? TIE_HOST : 0;
	x->ties |= is_tied_name(t, &x->ip, k, &c) ? TIE_NAME : 0;
	x->alias = x->ties || c.signs || is_mail_service(k->service) ? NULL : alias_of(z, &x->ip);
	x->aged = !x->ties && (x->alias || has_aged(t, &x->ip, k, &c) || is_line(t, &x->ip, k, &c));
	x->ties |= !x->aged && is_tied_record(t, &x->ip) ? TIE_RECORD : 0;
	if (k->service && zone_uses(z, k->service) &&
	    (k->service->verifies == ANSWER_YES || (account && k->service == s->service)) &&
	    ties_term_of(t, k->service, &x->ip))
		x->ties |= TIE_SERVICE;
}

void ties_look_at(struct ties *t, const struct domain_facts *facts,
		  const struct domain_facts *earlier, const struct given *given)
{
	t->facts = facts;
	t->earlier = earlier;
	t->given = given;
}

void ties_of(struct ties *t, struct sender *s)
{
	size_t at = 0;
	bool account = is_our_account(t, s);
	s->ties = s->n_sources ? ~0u : 0;
	for (size_t i = 0; i < s->n_sources; i++) {
		struct sender_source *x = &s->sources[i];
		tie_source(t, s, account, x, &at);
		s->ties &= x->ties;
		s->ties_any |= x->ties;
		s->tied_messages += x->ties ? x->messages : 0;
		s->editable_messages += x->ties & TIE_EDIT ? x->messages : 0;
		s->pool_messages += x->pool ? x->messages : 0;
		s->aged = s->aged || x->aged;
		s->named_ours =
		    s->named_ours || (!x->ties && !s->guest && has_own_name(t->zone, &x->ip) &&
				      !knowledge_of(t->zone->known, &x->ip)->generic);
	}
}

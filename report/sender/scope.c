#include "report/sender/scope.h"

#include <ctype.h>
#include <string.h>

/* Addresses that nobody has (RFC 5737, RFC 3849): who lets them in lets everybody in. */
static const struct ip strays[] = {
    {4, {192, 0, 2, 213}},
    {4, {198, 51, 100, 187}},
    {4, {203, 0, 113, 231}},
    {6, {0x20, 0x01, 0x0d, 0xb8, 0xfa, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x9b}},
};
#define N_STRAYS (sizeof strays / sizeof *strays)

static void spot(struct scope_spot *s, const struct spf_term *t, const char *domain, unsigned depth)
{
	if (!s->term)
		*s = (struct scope_spot){t, domain, depth};
}

static bool holds_stray(const struct spf_term *t)
{
	unsigned n = 0;
	for (size_t i = 0; i < t->n_networks; i++)
		for (size_t k = 0; k < N_STRAYS; k++) {
			struct ip net = ip_network(&strays[k], t->networks[i].bits);
			n += strays[k].family == t->networks[i].ip.family &&
			     ip_cmp(&net, &t->networks[i].ip) == 0;
		}
	return n >= 2; /* in two of three networks far apart */
}

static double addresses_of(const struct spf_network *n)
{
	return n->ip.family == 4 ? (double)(UINT64_C(1) << (32 - n->bits)) : 0;
}

static bool leads_nowhere(const struct zone *z, const struct spf_term *t)
{
	if (t->child)
		return t->child->result == SPF_NONE && t->child->n_texts == 0;
	bool named = t->kind == SPF_A || t->kind == SPF_MX;
	return named && t->domain && !t->depends && t->n_networks == 0 &&
	       dns_ask(z->known->view, t->domain, DNS_A)->outcome == DNS_NXDOMAIN;
}

static bool is_of_service(const struct zone *z, const char *domain)
{
	return domain && catalogue_find(z->known->catalogue, BY_INCLUDE, domain);
}

/* service: the record is that of a known service, whose customers its networks are meant for. */
static void walk(const struct zone *z, const struct spf_record *r, unsigned depth, bool service,
		 struct scope *out)
{
	if (!r || depth > SPF_LOOKUP_LIMIT)
		return;
	for (size_t i = 0; i < r->n_terms; i++) {
		const struct spf_term *t = &r->terms[i];
		if (t->ignored)
			continue;
		bool known = service || (t->child && is_of_service(z, t->domain));
		if (leads_nowhere(z, t))
			spot(&out->dangling, t, r->domain, depth);
		if (t->child)
			walk(z, t->child, depth + 1, known, out);
		if (t->kind == SPF_ALL && t->qualifier == SPF_NEUTRAL)
			spot(&out->neutral, t, r->domain, depth);
		if (t->qualifier != SPF_PASS)
			continue;
		if (t->kind == SPF_ALL || holds_stray(t))
			spot(&out->open, t, r->domain, depth);
		if (t->kind == SPF_PTR && !known)
			spot(&out->ptr, t, r->domain, depth);
		for (size_t k = 0; !known && k < t->n_networks; k++) {
			double n = addresses_of(&t->networks[k]);
			double most =
			    out->widest.term ? addresses_of(&out->widest.term->networks[0]) : 0;
			out->addresses += n;
			if (n > most)
				out->widest = (struct scope_spot){t, r->domain, depth};
		}
	}
}

/* A term that depends on the address is tried with strays: an exists may answer for everybody. */
static bool lets_strays_in(const struct zone *z, const struct zone_mailfrom *m, bool *pending,
			   const char **mechanism, const char **domain)
{
	unsigned passing = 0;
	for (size_t i = 0; i < N_STRAYS; i++) {
		struct spf_check check;
		struct spf_request request = {
		    .ip = strays[i],
		    .mail_from = arena_printf(z->known->a, "postmaster@%s", m->domain)};
		spf_check_host(z->known->view, &request, z->known->a, &check);
		*pending = *pending || check.pending;
		if (check.pending || check.result != SPF_PASS)
			continue;
		passing++;
		*mechanism = check.mechanism;
		*domain = check.n_path ? check.path[check.n_path - 1] : m->domain;
	}
	return passing >= 2;
}

void scope_read(const struct zone *z, const struct zone_mailfrom *m, struct scope *out)
{
	const char *mechanism = "", *domain = m->domain;
	*out = (struct scope){.pending = m->spf.pending};
	walk(z, m->spf.root, 0, false, out);
	if (m->spf.depends && !out->open.term &&
	    lets_strays_in(z, m, &out->pending, &mechanism, &domain)) {
		struct spf_term *t = arena_alloc(z->known->a, sizeof *t);
		*t = (struct spf_term){.text = mechanism, .kind = SPF_EXISTS};
		out->open = (struct scope_spot){t, domain, strcmp(domain, m->domain) != 0};
	}
	out->narrow = !out->pending && !out->open.term && !out->neutral.term && !out->ptr.term &&
		      out->addresses <= SCOPE_WIDEST;
}

/* ---- zone cuts ---- */

#define CUT_LABELS 4 /* below our domain; who has many more has them all by one of these */
#define CUT_NAME   64

/* What a provider's name has left without the figures and endings of its many domains: the name
 * servers of one zone stand in awsdns-03.com, awsdns-41.net and awsdns-22.co.uk. */
static void operator_of(const struct zone *z, const char *host, char out[CUT_NAME])
{
	const char *org = z->known->rules->org_domain(z->known->rules->ctx, host);
	size_t n = 0;
	for (; *org && *org != '.' && n + 1 < CUT_NAME; org++)
		if (isalpha((unsigned char)*org))
			out[n++] = *org;
	out[n] = '\0';
}

static bool is_same_operator(const struct zone *z, const char *x, const char *y)
{
	char a[CUT_NAME], b[CUT_NAME];
	operator_of(z, x, a);
	operator_of(z, y, b);
	return *a && strcmp(a, b) == 0;
}

bool scope_is_operator(const struct zone *z, const struct dns_answer *servers, const char *host)
{
	for (size_t i = 0; i < servers->n; i++)
		if (is_same_operator(z, servers->hosts[i], host))
			return true;
	return false;
}

/* Are the name servers of a zone below ours those of nobody we know? One that is ours, of whoever
 * runs our own zone, or of a known service is enough: many a service wants a subdomain delegated
 * to it. */
static bool are_strangers(const struct zone *z, const struct dns_answer *servers)
{
	const struct dns_answer *own = dns_ask(z->known->view, z->org, DNS_NS);
	if (own->outcome != DNS_OK || servers->outcome != DNS_OK ||
	    strcmp(servers->canonical, servers->name) != 0)
		return false;
	for (size_t i = 0; i < servers->n; i++) {
		const char *host = servers->hosts[i];
		if (zone_is_ours(z, host) || scope_is_operator(z, own, host) ||
		    catalogue_find(z->known->catalogue, BY_ZONE, host) ||
		    catalogue_find(z->known->catalogue, BY_PTR, host) ||
		    catalogue_find(z->known->catalogue, BY_DKIM, host))
			return false;
	}
	return servers->n > 0;
}

const struct dns_answer *scope_strangers_zone(const struct zone *z, const char *name)
{
	const char *at = name + strlen(name) - strlen(z->org);
	for (int i = 0; i < CUT_LABELS && at > name; i++) {
		for (at--; at > name && at[-1] != '.'; at--)
			;
		const struct dns_answer *servers = dns_ask(z->known->view, at, DNS_NS);
		if (are_strangers(z, servers))
			return servers;
	}
	return NULL;
}

static bool is_large(const struct spf_term *t, const struct ip *ip)
{
	for (size_t i = 0; i < t->n_networks; i++) {
		const struct spf_network *n = &t->networks[i];
		struct ip net = ip_network(ip, n->bits);
		if (n->ip.family == ip->family && ip_cmp(&net, &n->ip) == 0 &&
		    addresses_of(n) > SCOPE_LARGE)
			return true;
	}
	return false;
}

bool scope_is_large_for(const struct zone *z, const struct ip *ip)
{
	const struct spf_term *term;
	const struct spf_record *path[SPF_LOOKUP_LIMIT + 2];
	size_t n;
	for (size_t i = 0; i < z->n_mailfrom; i++) {
		const struct zone_mailfrom *m = &z->mailfrom[i];
		bool service = false;
		if (m->spf.pending || spf_tree_find(&m->spf, ip, &term, path, &n) != SPF_PASS)
			continue;
		for (size_t k = 0; k < n; k++)
			service = service || is_of_service(z, path[k]->domain);
		if (!service && term && is_large(term, ip))
			return true;
	}
	return false;
}

bool scope_names_host_in(const struct zone *z, const struct ip *net)
{
	for (size_t i = 0; i < z->n_mailfrom; i++) {
		const struct spf_record *r = z->mailfrom[i].spf.root;
		for (size_t k = 0; r && k < r->n_terms; k++) {
			const struct spf_term *t = &r->terms[k];
			if (t->kind != SPF_IP6 || t->qualifier != SPF_PASS || t->n_networks != 1 ||
			    t->networks[0].bits != 128)
				continue;
			struct ip other = ip_network(&t->networks[0].ip, 64);
			if (ip_cmp(net, &other) == 0)
				return true;
		}
	}
	return false;
}

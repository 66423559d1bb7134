#include "report/sender/zone.h"

#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "report/sender/finding.h"
#include "report/sender/scope.h"

#define SELECTORS_MAX  64
#define EXCHANGERS_MAX 16
#define FROM_MAX       (LIMIT_DNS_NAMES - SELECTORS_MAX - ZONE_MAILFROM_MAX)
#define HOSTS_MAX      64 /* of our own names, whose own names are asked about */

static const char *org_of(const struct zone *z, const char *name)
{
	return z->known->rules->org_domain(z->known->rules->ctx, name);
}

static bool is_ours(const struct zone *z, const char *name)
{
	return name && *name && domain_is_below(name, z->org) &&
	       strcmp(org_of(z, name), z->org) == 0;
}

bool zone_is_shared_machine(const struct zone *z, const struct ip *ip)
{
	const struct address_known *k = knowledge_of(z->known, ip);
	return k->ptr == PTR_CONFIRMED && k->name && !zone_is_ours(z, k->name);
}

bool zone_is_ours(const struct zone *z, const char *name)
{
	if (is_ours(z, name))
		return true;
	for (size_t i = 0; name && *name && i < z->known->n_ours; i++)
		if (domain_is_below(name, z->known->ours[i]))
			return true;
	return false;
}

const char *zone_own_mailfrom(const struct zone *z, const struct dmarc_profile *p)
{
	if (p->flags & DMARC_BAD_NAME)
		return NULL;
	for (unsigned i = 0; i < p->n_spf; i++) {
		const struct dmarc_spf *s = &p->spf[i];
		const char *name = s->domain ? s->domain : p->envelope_from;
		if (s->scope.code != W_HELO && is_ours(z, name))
			return name;
	}
	return p->n_spf == 0 && is_ours(z, p->envelope_from) ? p->envelope_from : NULL;
}

bool zone_is_cut_off(const struct zone *z, const struct dmarc_profile *p)
{
	if (p->cell > CELL_P7 || strcmp(z->domain, z->org) == 0)
		return false;
	for (unsigned i = 0; i < p->n_dkim; i++)
		if (p->dkim[i].result.code == W_PASS && p->dkim[i].domain &&
		    domain_is_below(p->dkim[i].domain, z->domain))
			return false;
	const char *from = p->aligned_spf ? zone_own_mailfrom(z, p) : NULL;
	return !from || !domain_is_below(from, z->domain);
}

/* ---- MAIL FROM domains ---- */

static int by_messages(const void *x, const void *y)
{
	const struct zone_mailfrom *a = x, *b = y;
	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	return strcmp(a->domain, b->domain);
}

static void find_mailfrom(struct zone *z, const struct domain_facts *facts)
{
	struct map index = {0};
	uint64_t *volume = mem_alloc((facts->n_profiles + 1) * sizeof *volume);
	for (size_t i = 0; i < facts->n_facts; i++)
		volume[facts->facts[i].profile] += facts->facts[i].messages;
	z->mailfrom = arena_alloc(z->known->a, (facts->n_profiles + 1) * sizeof *z->mailfrom);
	z->mailfrom[z->n_mailfrom++].domain = z->domain;
	struct digest key = hash_fixed128(z->domain, strlen(z->domain));
	map_put(&index, &key, NULL);
	for (size_t i = 0; i < facts->n_profiles; i++) {
		const char *name = zone_own_mailfrom(z, &facts->profiles[i]);
		bool fresh;
		if (!name)
			continue;
		key = hash_fixed128(name, strlen(name));
		uint64_t *at = map_put(&index, &key, &fresh);
		if (fresh) {
			*at = z->n_mailfrom;
			z->mailfrom[z->n_mailfrom++].domain = name;
		}
		z->mailfrom[*at].messages += volume[i];
	}
	map_free(&index);
	free(volume);
	/* the domain itself stays: it is where most remedies go */
	qsort(z->mailfrom + 1, z->n_mailfrom - 1, sizeof *z->mailfrom, by_messages);
	if (z->n_mailfrom > ZONE_MAILFROM_MAX)
		z->n_mailfrom = ZONE_MAILFROM_MAX;
	for (size_t i = 0; i < z->n_mailfrom; i++)
		spf_tree_read(z->known->view, z->mailfrom[i].domain, z->known->a,
			      &z->mailfrom[i].spf);
}

/* ---- hosts ---- */

/* Names below the domain that machines of ours usually have. */
static const char *const host_labels[] = {"www", "mail", "smtp", "shop"};

struct host_list {
	struct zone_host *list;
	size_t n, room;
	struct arena *a;
};

static bool has_same_addresses(const struct dns_answer *x, const struct dns_answer *y)
{
	bool same = x->outcome == DNS_OK && y->outcome == DNS_OK && x->n == y->n;
	for (size_t i = 0; same && i < x->n; i++) {
		bool found = false;
		for (size_t k = 0; k < y->n; k++)
			found = found || ip_cmp(&x->addresses[i], &y->addresses[k]) == 0;
		same = found;
	}
	return same;
}

/* A name that says what the wildcard beside it says (RFC 4592) was perhaps never meant for a
 * machine. */
static bool is_wildcard(struct zone *z, const char *name, const struct dns_answer *r,
			enum dns_type type)
{
	if (!domain_is_below(name, z->domain) || strcmp(name, z->domain) == 0)
		return false;
	const char *star = arena_printf(z->known->a, "*.%s", z->domain);
	return has_same_addresses(r, dns_ask(z->known->view, star, type));
}

static void add_hosts(struct zone *z, struct host_list *l, const char *name, bool exchanger)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA};
	for (int t = 0; t < 2; t++) {
		const struct dns_answer *r = dns_ask(z->known->view, name, types[t]);
		if (r->outcome == DNS_OK && !exchanger && is_wildcard(z, name, r, types[t]))
			continue;
		for (size_t i = 0; r->outcome == DNS_OK && i < r->n; i++) {
			if (l->n == l->room) {
				struct zone_host *more =
				    arena_alloc(l->a, (2 * l->room + 8) * sizeof *more);
				if (l->n)
					memcpy(more, l->list, l->n * sizeof *more);
				l->list = more;
				l->room = 2 * l->room + 8;
			}
			l->list[l->n++] = (struct zone_host){r->addresses[i], name,
							     !zone_is_ours(z, name) ||
								 !zone_is_ours(z, r->canonical),
							     exchanger, false};
		}
	}
}

#define MARKS_MAX 128

static void mark(struct zone *z, const struct service *s, const char *name, bool include)
{
	if (!s)
		return;
	z->present[s - z->known->services] = true;
	struct zone_mark *marks = (struct zone_mark *)(uintptr_t)z->marks;
	if (z->n_marks < MARKS_MAX)
		marks[z->n_marks++] = (struct zone_mark){s, name, include};
}

static void read_hosts(struct zone *z)
{
	struct arena *a = z->known->a;
	struct host_list list = {.a = a};
	const struct dns_answer *mx = dns_ask(z->known->view, z->domain, DNS_MX);
	add_hosts(z, &list, z->domain, false);
	for (size_t i = 0; i < sizeof host_labels / sizeof *host_labels; i++)
		add_hosts(z, &list, arena_printf(a, "%s.%s", host_labels[i], z->domain), false);
	size_t chosen = list.n;
	for (size_t i = 1; i < z->n_mailfrom; i++)
		add_hosts(z, &list, z->mailfrom[i].domain, false);
	for (size_t i = chosen; i < list.n; i++)
		list.list[i].heard = true;
	const char **exchangers = arena_alloc(a, EXCHANGERS_MAX * sizeof *exchangers);
	for (size_t i = 0; mx->outcome == DNS_OK && i < mx->n && i < EXCHANGERS_MAX; i++) {
		const struct service *s =
		    catalogue_find(z->known->catalogue, BY_ZONE, mx->mx[i].host);
		if (mx->mx[i].host[0] == '\0')
			continue; /* null MX: RFC 7505 */
		exchangers[z->n_exchangers++] = mx->mx[i].host;
		if (s)
			mark(z, s, mx->mx[i].host, false);
		else
			add_hosts(z, &list, mx->mx[i].host, true);
	}
	z->exchangers = exchangers;
	z->hosts = list.list;
	z->n_hosts = list.n;
	for (size_t i = 0; i < list.n && i < HOSTS_MAX; i++) {
		const struct zone_host *h = &list.list[i];
		knowledge_allow(z->known, &h->ip);
		const struct service *s = knowledge_of(z->known, &h->ip)->service;
		if (s && s->kind == KIND_WEBHOST && !h->exchanger)
			mark(z, s, h->name, false); /* a site at a web host makes us its customer */
	}
}

/* ---- which services the zone names ---- */

static void mark_includes(struct zone *z, const struct spf_record *r, unsigned depth)
{
	if (!r || depth > SPF_LOOKUP_LIMIT)
		return;
	for (size_t i = 0; i < r->n_terms; i++) {
		const struct spf_term *t = &r->terms[i];
		if (t->kind != SPF_INCLUDE && t->kind != SPF_REDIRECT)
			continue;
		if (t->domain)
			mark(z, catalogue_find(z->known->catalogue, BY_INCLUDE, t->domain),
			     t->domain, true);
		mark_includes(z, t->child, depth + 1);
	}
}

static void mark_alias(struct zone *z, const char *name, enum dns_type type)
{
	const struct dns_answer *r = dns_ask(z->known->view, name, type);
	if (strcmp(r->canonical, r->name) != 0)
		mark(z, catalogue_find(z->known->catalogue, BY_ZONE, r->canonical), r->canonical,
		     false);
	for (size_t i = 0; type == DNS_MX && r->outcome == DNS_OK && i < r->n; i++)
		mark(z, catalogue_find(z->known->catalogue, BY_ZONE, r->mx[i].host), r->mx[i].host,
		     false);
}

static void mark_selector(struct zone *z, const char *selector, const char *domain)
{
	if (selector && *selector && !strpbrk(selector, "*\\"))
		mark_alias(z, arena_printf(z->known->a, "%s._domainkey.%s", selector, domain),
			   DNS_TXT);
}

/* The DKIM name of a signature that passed as us; "" where there is none. */
static const char *own_selector(void *ctx, const struct dmarc_profile *p, unsigned i)
{
	const struct zone *z = ctx;
	if (i >= p->n_dkim)
		return NULL;
	const struct dmarc_dkim *d = &p->dkim[i];
	bool good = d->selector && *d->selector && !strpbrk(d->selector, "*\\");
	return good && is_ours(z, d->domain) /* one that fails names a service, too */
		   ? arena_printf(z->known->a, "%s._domainkey.%s", d->selector, d->domain)
		   : "";
}

/* Selectors that signed as us, and those that services seen here would use. */
static void mark_selectors(struct zone *z, const struct domain_facts *facts)
{
	const struct service *all = z->known->services;
	bool *seen = arena_alloc(z->known->a, (z->known->n_services + 1) * sizeof *seen);
	size_t n;
	const char **names = asked_names(facts, z->known->reporters, own_selector, z, SELECTORS_MAX,
					 z->known->a, &n);
	for (size_t i = 0; i < n; i++)
		mark_alias(z, names[i], DNS_TXT);
	for (size_t i = 0; i < facts->n_facts; i++) {
		const struct ip *ip = &facts->facts[i].source;
		if (i > 0 && ip_cmp(ip, &facts->facts[i - 1].source) == 0)
			continue;
		const struct service *s = knowledge_of(z->known, ip)->service;
		if (!s || seen[s - all])
			continue;
		seen[s - all] = true;
		for (size_t k = 0; k < s->n_selectors; k++)
			mark_selector(z, s->selectors[k], z->domain);
	}
}

/* Of several records, of what stands behind "all" or behind a slip no tree is read; what they name
 * is ours all the same. */
static void mark_texts(struct zone *z, const struct spf_record *r)
{
	bool whole = r && r->n_texts == 1 && r->result == SPF_PASS;
	for (size_t i = 0; whole && i < r->n_terms; i++)
		whole = !r->terms[i].ignored;
	for (size_t i = 0; r && !whole && i < r->n_texts; i++)
		for (const char *p = r->texts[i]; (p = strcasestr(p, "include:")); p += 8) {
			const char *name = arena_strndup(z->known->a, p + 8, strcspn(p + 8, " ,;"));
			mark(z, catalogue_find(z->known->catalogue, BY_INCLUDE, name), name, true);
		}
}

/* ---- names in header From ---- */

static const char *from_below(void *ctx, const struct dmarc_profile *p, unsigned i)
{
	const struct zone *z = ctx;
	if (i > 0)
		return NULL;
	bool other = p->header_from && !(p->flags & DMARC_BAD_NAME) &&
		     strcmp(p->header_from, z->domain) != 0;
	return other ? p->header_from : "";
}

static void read_from(struct zone *z, const struct domain_facts *facts)
{
	size_t n;
	const char **names =
	    asked_names(facts, z->known->reporters, from_below, z, FROM_MAX, z->known->a, &n);
	for (size_t i = 0; i < n; i++) {
		struct digest key = hash_fixed128(names[i], strlen(names[i]));
		map_put(&z->from, &key, NULL);
		dns_ask(z->known->view, names[i], DNS_A);
	}
}

bool zone_asks_from(const struct zone *z, const char *name)
{
	struct digest key = hash_fixed128(name, strlen(name));
	return map_get(&z->from, &key) != NULL;
}

static void read_presence(struct zone *z, const struct domain_facts *facts)
{
	for (size_t i = 0; i < z->n_mailfrom; i++) {
		mark_includes(z, z->mailfrom[i].spf.root, 0);
		mark_texts(z, z->mailfrom[i].spf.root);
		if (i > 0) {
			mark_alias(z, z->mailfrom[i].domain, DNS_TXT);
			mark_alias(z, z->mailfrom[i].domain, DNS_MX);
		}
	}
	mark_selectors(z, facts);
}

static bool is_parked(const struct zone *z)
{
	const struct dns_answer *mx = dns_ask(z->known->view, z->domain, DNS_MX);
	const struct spf_record *r = z->mailfrom[0].spf.root;
	bool no_mx = dns_is_void(mx) || (mx->outcome == DNS_OK && mx->mx[0].host[0] == '\0');
	return no_mx && !z->mailfrom[0].spf.pending && r && r->n_terms == 1 &&
	       r->terms[0].kind == SPF_ALL && r->terms[0].qualifier == SPF_FAIL;
}

void zone_read(struct zone *z, struct knowledge *k, const struct domain_facts *facts)
{
	*z = (struct zone){.known = k, .domain = facts->domain};
	z->org = k->rules->org_domain(k->rules->ctx, facts->domain);
	if (!k->view)
		return;
	z->present = arena_alloc(k->a, (k->n_services + 1) * sizeof *z->present);
	z->marks = arena_alloc(k->a, MARKS_MAX * sizeof *z->marks);
	const struct dns_answer *own = dns_ask(k->view, z->domain, DNS_TXT);
	z->answered = own->outcome == DNS_OK || dns_is_void(own);
	find_mailfrom(z, facts);
	read_hosts(z);
	read_presence(z, facts);
	read_from(z, facts);
	z->parked = is_parked(z);
}

void zone_end(struct zone *z)
{
	for (size_t i = 0; i < z->n_mailfrom; i++)
		map_free(&z->mailfrom[i].checked);
	map_free(&z->from);
}

/* ---- questions ---- */

static struct zone_mailfrom *find(const struct zone *z, const char *domain)
{
	for (size_t i = 0; i < z->n_mailfrom; i++)
		if (strcmp(z->mailfrom[i].domain, domain) == 0)
			return &z->mailfrom[i];
	return NULL;
}

/* Macros, exists and ptr: what a sender whose local part is not known would get. */
static enum spf_now check_exactly(const struct zone *z, struct zone_mailfrom *m,
				  const struct ip *ip)
{
	struct digest key = hash_fixed128(ip, sizeof *ip);
	bool fresh;
	uint64_t *at = map_put(&m->checked, &key, &fresh);
	if (fresh) {
		struct spf_check check;
		struct spf_request request = {
		    .ip = *ip, .mail_from = arena_printf(z->known->a, "postmaster@%s", m->domain)};
		spf_check_host(z->known->view, &request, z->known->a, &check);
		*at = check.pending || check.result == SPF_TEMPERROR ? NOW_UNKNOWN
		      : check.result == SPF_PASS                     ? NOW_YES
								     : NOW_NO;
	}
	return (enum spf_now) * at;
}

enum spf_now zone_spf_now(const struct zone *z, const char *mailfrom, const struct ip *ip)
{
	const struct spf_term *term;
	struct zone_mailfrom *m = z->n_mailfrom ? find(z, mailfrom) : NULL;
	if (!m || ip->family == 0 || m->spf.pending)
		return NOW_UNKNOWN;
	if (m->spf.depends)
		return check_exactly(z, m, ip);
	enum spf_result r = spf_tree_find(&m->spf, ip, &term, NULL, NULL);
	return r == SPF_PASS ? NOW_YES : r == SPF_TEMPERROR ? NOW_UNKNOWN : NOW_NO;
}

#define WIDE_V4 16 /* bits: who names a wider network than that names nobody's machines */
#define WIDE_V6 32

/* Is it by a network narrow enough to be somebody's that the term has the address? */
static bool is_narrow(const struct spf_term *t, const struct ip *ip)
{
	for (size_t i = 0; i < t->n_networks; i++) {
		struct ip net = ip_network(ip, t->networks[i].bits);
		if (t->networks[i].ip.family == ip->family &&
		    t->networks[i].bits >= (ip->family == 4 ? WIDE_V4 : WIDE_V6) &&
		    ip_cmp(&net, &t->networks[i].ip) == 0)
			return true;
	}
	return false;
}

bool zone_names_address(const struct zone *z, const struct ip *ip)
{
	const struct spf_term *term;
	const struct spf_record *path[SPF_LOOKUP_LIMIT + 2];
	size_t n;
	for (size_t i = 0; i < z->n_mailfrom; i++) {
		const struct zone_mailfrom *m = &z->mailfrom[i];
		if (m->spf.pending || m->spf.depends ||
		    spf_tree_find(&m->spf, ip, &term, path, &n) != SPF_PASS)
			continue;
		bool own = true;
		for (size_t k = 0; k < n; k++)
			own =
			    own &&
			    is_ours(z, path[k]->canonical ? path[k]->canonical : path[k]->domain) &&
			    !scope_strangers_zone(z, path[k]->domain);
		if (own && term && is_narrow(term, ip))
			return true;
	}
	return false;
}

const struct zone_host *zone_host(const struct zone *z, const struct ip *ip)
{
	for (size_t i = 0; i < z->n_hosts; i++)
		if (ip_cmp(&z->hosts[i].ip, ip) == 0)
			return &z->hosts[i];
	return NULL;
}

bool zone_uses(const struct zone *z, const struct service *s)
{
	return s && z->present && z->present[s - z->known->services];
}

/* Does a term depend on what reports do not say: the local part, or the name in HELO? */
static bool needs_sender(const struct spf_record *r, unsigned depth)
{
	static const char *const macros[] = {"%{l", "%{s", "%{h", "%{p"};
	for (size_t i = 0; r && depth <= SPF_LOOKUP_LIMIT && i < r->n_terms; i++) {
		for (size_t k = 0; k < sizeof macros / sizeof *macros; k++)
			if (strcasestr(r->terms[i].text, macros[k]))
				return true;
		if (needs_sender(r->terms[i].child, depth + 1))
			return true;
	}
	return false;
}

uint64_t zone_taken_out(const struct zone *z, const struct sender *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const struct dmarc_profile *p = &s->profiles[f->profile];
		bool alone = p->cell == CELL_P5 || p->cell == CELL_P6 || p->cell == CELL_P7;
		const char *name = alone ? zone_own_mailfrom(z, p) : NULL;
		const struct zone_mailfrom *m = name ? find(z, name) : NULL;
		if (m && !(m->spf.depends && needs_sender(m->spf.root, 0)) &&
		    zone_spf_now(z, name, &f->source) == NOW_NO)
			n += f->messages;
	}
	return n;
}

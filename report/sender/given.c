#include "report/sender/given.h"

#include <string.h>

#define GIVEN_APART                                                                                \
	2 /* networks apart from ours in which nothing of ours passes: no branch has two */

static const struct address_known *own_name(const struct given *x, const struct ip *ip)
{
	const struct address_known *k = knowledge_of(x->zone->known, ip);
	return k->ptr == PTR_CONFIRMED && k->name && zone_is_ours(x->zone, k->name) ? k : NULL;
}

static struct digest network_key(const struct ip *ip, unsigned v4, unsigned v6)
{
	unsigned bits = ip->family == 4 ? v4 : v6;
	struct ip net = ip_network(ip, bits);
	unsigned char bytes[2 + sizeof net.b] = {net.family, (unsigned char)bits};
	memcpy(bytes + 2, net.b, sizeof net.b);
	return hash_fixed128(bytes, sizeof bytes);
}

static struct digest beside_key(const struct ip *ip)
{
	return network_key(ip, 24, 48);
}

static struct digest block_key(const struct ip *ip)
{
	return network_key(ip, 16, 32);
}

static bool signs_ours(const struct zone *z, const struct dmarc_profile *p)
{
	for (unsigned i = 0; i < p->n_dkim; i++)
		if (p->dkim[i].result.code == W_PASS && zone_is_ours(z, p->dkim[i].domain))
			return true;
	return false;
}

static bool is_proof(const struct given *x, const struct fact *f)
{
	const struct dmarc_profile *p = &x->facts->profiles[f->profile];
	return p->aligned_spf || p->aligned_dkim || signs_ours(x->zone, p);
}

/* Does mail of ours pass from the address, or does our zone lead to it? */
static bool is_proven(const struct given *x, const struct ip *ip)
{
	const struct domain_facts *d = x->facts;
	const struct zone_host *h = zone_host(x->zone, ip);
	if ((h && !h->foreign && !h->heard) || zone_names_address(x->zone, ip))
		return true;
	for (size_t i = domain_facts_find(d, ip);
	     i < d->n_facts && ip_cmp(&d->facts[i].source, ip) == 0; i++)
		if (is_proof(x, &d->facts[i]))
			return true;
	return false;
}

static unsigned labels_of(const char *name)
{
	unsigned n = 1;
	for (; *name; name++)
		n += *name == '.';
	return n;
}

static void add_own(struct given *x, const struct ip *ip, const char *name)
{
	struct digest key = beside_key(ip);
	map_put(&x->beside, &key, NULL);
	key = block_key(ip);
	if (!zone_is_shared_machine(x->zone, ip)) /* that is its provider's */
		map_put(&x->blocks, &key, NULL);
	if (zone_is_ours(x->zone, name) && labels_of(name) > x->labels)
		x->labels = labels_of(name);
}

static void read_own(struct given *x)
{
	const struct domain_facts *d = x->facts;
	for (size_t i = 0; i < x->zone->n_hosts; i++)
		if (!x->zone->hosts[i].foreign && !x->zone->hosts[i].heard)
			add_own(x, &x->zone->hosts[i].ip, x->zone->hosts[i].name);
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct ip *ip = &d->facts[i].source;
		if (ip->family == 0 || !is_proof(x, &d->facts[i]))
			continue;
		const struct address_known *k = own_name(x, ip);
		struct digest key = beside_key(ip);
		map_put(&x->beside, &key, NULL);
		if (k && !k->generic)
			add_own(x, ip, k->name);
	}
}

/* A machine of two address families: the other address of its name is ours. */
static bool has_own_twin(const struct given *x, const char *name, const struct ip *ip)
{
	const struct dns_answer *r =
	    dns_ask(x->zone->known->view, name, ip->family == 4 ? DNS_AAAA : DNS_A);
	for (size_t i = 0; r->outcome == DNS_OK && i < r->n; i++) {
		struct digest key = beside_key(&r->addresses[i]);
		if (map_get(&x->beside, &key))
			return true;
	}
	return false;
}

static bool is_apart(const struct given *x, const struct ip *ip, const char *name)
{
	struct digest key = beside_key(ip);
	return !map_get(&x->beside, &key) && !has_own_twin(x, name, ip);
}

/* Is our own domain that of a provider whose customers' machines are called by it? */
static bool is_provider(const struct zone *z)
{
	const struct service *s = catalogue_find(z->known->catalogue, BY_PTR, z->org);
	return s && (s->kind == KIND_ISP || s->kind == KIND_CLOUD || s->kind == KIND_WEBHOST);
}

/* Names made of the address tell, or machines with names in networks from which nothing of ours
 * passes. */
static bool gives_names(const struct given *x)
{
	const struct domain_facts *d = x->facts;
	struct map apart = {0};
	bool generic = is_provider(x->zone);
	for (size_t i = 0; i < d->n_facts && !generic; i++) {
		const struct ip *ip = &d->facts[i].source;
		if (ip->family == 0 || (i > 0 && ip_cmp(ip, &d->facts[i - 1].source) == 0))
			continue;
		const struct address_known *k = own_name(x, ip);
		generic = k && k->generic;
		if (!k || k->generic || is_proven(x, ip) || !is_apart(x, ip, k->name))
			continue;
		struct digest key = beside_key(ip);
		map_put(&apart, &key, NULL);
	}
	size_t n = apart.n;
	map_free(&apart);
	return generic || n >= GIVEN_APART;
}

void given_init(struct given *x, const struct domain_facts *facts, const struct zone *zone)
{
	*x = (struct given){.zone = zone, .facts = facts};
	if (!zone || !zone->known->view)
		return;
	x->labels = labels_of(zone->org) + 1;
	read_own(x);
	x->all = gives_names(x);
}

void given_end(struct given *x)
{
	map_free(&x->beside);
	map_free(&x->blocks);
}

bool given_has(const struct given *x, const struct ip *ip)
{
	const struct address_known *k = x->zone && ip->family ? own_name(x, ip) : NULL;
	if (!k || k->generic || is_proven(x, ip))
		return false;
	if (x->all || name_is_leased(k->name, x->zone->org))
		return true;
	struct digest key = block_key(ip);
	return is_apart(x, ip, k->name) &&
	       (map_get(&x->blocks, &key) || labels_of(k->name) > x->labels);
}

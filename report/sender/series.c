#include "report/sender/series.h"

#include <string.h>

static struct digest key_of_network(const struct ip *ip)
{
	struct ip net = ip_network(ip, ip->family == 4 ? 24 : 64);
	unsigned char bytes[1 + sizeof net.b];
	bytes[0] = net.family;
	memcpy(bytes + 1, net.b, sizeof net.b);
	return hash_fixed128(bytes, sizeof bytes);
}

static void add(struct series *x, const struct ip *ip)
{
	struct digest key = key_of_network(ip);
	map_put(&x->networks, &key, NULL);
}

/* At a provider's the neighbours of our machine are his other customers. */
static bool is_rented(const struct address_known *k)
{
	return k->service || k->generic;
}

void series_init(struct series *x, const struct domain_facts *facts, const struct zone *zone)
{
	*x = (struct series){.zone = zone};
	if (!zone)
		return;
	for (size_t i = 0; i < facts->n_facts; i++) {
		const struct ip *ip = &facts->facts[i].source;
		if (ip->family == 0 || (i > 0 && ip_cmp(ip, &facts->facts[i - 1].source) == 0))
			continue;
		const struct address_known *k = knowledge_of(zone->known, ip);
		bool ours = k->ptr == PTR_CONFIRMED && k->name && zone_is_ours(zone, k->name);
		x->others = x->others || (ours && k->generic);
		if (ours && !is_rented(k))
			add(x, ip);
	}
	for (size_t i = 0; i < zone->n_hosts; i++) {
		const struct zone_host *h = &zone->hosts[i];
		if (!h->foreign && zone_is_ours(zone, h->name) &&
		    !is_rented(knowledge_of(zone->known, &h->ip)) &&
		    !zone_is_shared_machine(zone, &h->ip))
			add(x, &h->ip);
	}
}

void series_end(struct series *x)
{
	map_free(&x->networks);
}

bool series_fits(const struct series *x, const struct ip *ip)
{
	const struct zone *z = x->zone;
	const struct address_known *k = z ? knowledge_of(z->known, ip) : NULL;
	if (!k || x->others || k->ptr != PTR_UNCONFIRMED || !k->claim || k->generic ||
	    !zone_is_ours(z, k->claim))
		return false;
	enum dns_outcome a =
	    dns_ask(z->known->view, k->claim, ip->family == 4 ? DNS_A : DNS_AAAA)->outcome;
	if (a != DNS_NXDOMAIN && a != DNS_NODATA)
		return false;
	/* the name alone anybody can claim, and would choose the next of ours */
	struct digest key = key_of_network(ip);
	return map_get(&x->networks, &key) != NULL;
}

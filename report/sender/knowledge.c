#include "report/sender/knowledge.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/spf/spf.h"

#define PTR_NAMES 3 /* names of an address that are looked at; who has more names means nothing */

/* ---- services by network ---- */

static struct digest network_key(const struct ip *ip, unsigned bits)
{
	struct digest key;
	uint8_t bytes[18] = {ip->family, (uint8_t)bits};
	memcpy(bytes + 2, ip->b, 16);
	key = hash_fixed128(bytes, sizeof bytes);
	return key;
}

static void add_network(struct knowledge *k, const struct spf_network *net, size_t service)
{
	bool fresh;
	struct ip ip = ip_network(&net->ip, net->bits);
	struct digest key = network_key(&ip, net->bits);
	uint64_t *at = map_put(&k->network, &key, &fresh);
	if (fresh)
		*at = service + 1;
	if (ip.family == 4)
		k->bits_v4 |= UINT64_C(1) << net->bits;
	else
		k->bits_v6[net->bits / 64] |= UINT64_C(1) << net->bits % 64;
}

static void add_record(struct knowledge *k, const struct spf_record *r, size_t service,
		       unsigned depth)
{
	if (!r || depth > SPF_LOOKUP_LIMIT)
		return;
	for (size_t i = 0; i < r->n_terms; i++) {
		const struct spf_term *t = &r->terms[i];
		if (t->qualifier != SPF_PASS)
			continue;
		for (size_t n = 0; n < t->n_networks; n++)
			if (t->networks[n].bits >= (t->networks[n].ip.family == 4 ? 8 : 16))
				add_network(k, &t->networks[n], service);
		add_record(k, t->child, service, depth + 1);
	}
}

static void read_services(struct knowledge *k)
{
	for (size_t i = 0; i < k->n_services; i++) {
		const struct service *s = &k->services[i];
		for (size_t n = 0; n < s->n_names[BY_INCLUDE]; n++) {
			struct spf_tree tree;
			spf_tree_read(k->view, s->names[BY_INCLUDE][n], k->a, &tree);
			if (!tree.pending)
				add_record(k, tree.root, i, 0);
		}
	}
}

static const struct service *service_of_network(const struct knowledge *k, const struct ip *ip)
{
	unsigned most = ip->family == 4 ? 32 : 128;
	for (unsigned bits = most + 1; bits-- > 0;) {
		bool occurs = ip->family == 4 ? k->bits_v4 >> bits & 1
					      : k->bits_v6[bits / 64] >> bits % 64 & 1;
		if (!occurs)
			continue;
		struct ip net = ip_network(ip, bits);
		struct digest key = network_key(&net, bits);
		const uint64_t *at = map_get(&k->network, &key);
		if (at)
			return &k->services[*at - 1];
	}
	return NULL;
}

void knowledge_begin_own(struct knowledge *k, const struct name_rules *rules,
			 const struct dns_view *view, const struct catalogue *catalogue,
			 struct arena *a)
{
	*k = (struct knowledge){.rules = rules, .view = view, .catalogue = catalogue, .a = a};
	if (catalogue)
		k->services = catalogue_services(catalogue, &k->n_services);
	k->by_network = arena_alloc(a, (k->n_services + 1) * sizeof *k->by_network);
	for (size_t i = 0; i < k->n_services; i++)
		k->by_network[i].service = &k->services[i];
}

void knowledge_services(struct knowledge *k)
{
	if (k->view)
		read_services(k);
}

void knowledge_begin(struct knowledge *k, const struct name_rules *rules,
		     const struct dns_view *view, const struct catalogue *catalogue,
		     struct arena *a)
{
	knowledge_begin_own(k, rules, view, catalogue, a);
	knowledge_services(k);
}

void knowledge_end(struct knowledge *k)
{
	map_free(&k->network);
	map_free(&k->addresses);
	map_free(&k->allowed);
}

/* ---- names of addresses ---- */

static bool has_word(const char *label, size_t n, const char *word)
{
	size_t m = strlen(word);
	if (n < m || strncmp(label, word, m) != 0)
		return false;
	for (size_t i = m; i < n; i++) /* "dyn", "dyn12", "dyn-12-3" */
		if (!isdigit((unsigned char)label[i]) && label[i] != '-' && label[i] != '_')
			return false;
	return true;
}

static bool has_generic_label(const char *name)
{
	static const char *const words[] = {"dyn",      "dynamic", "dsl",   "adsl",      "vdsl",
					    "pool",     "dhcp",    "cable", "ppp",       "pppoe",
					    "dial",     "dialup",  "flets", "broadband", "client",
					    "customer", "cust"};
	for (const char *label = name; *label;) {
		size_t n = strcspn(label, ".");
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (has_word(label, n, words[i]))
				return true;
		label += n + (label[n] == '.');
	}
	return false;
}

/* The numbers of a name, each once and in order: "p1-203-0-113-9.x" has 1 203 0 113 9. */
static size_t numbers_of(const char *name, unsigned *out, size_t max)
{
	size_t n = 0;
	for (const char *p = name; *p && n < max;) {
		if (!isdigit((unsigned char)*p)) {
			p++;
			continue;
		}
		char *end;
		unsigned long v = strtoul(p, &end, 10);
		out[n++] = v > 255 ? 999 : (unsigned)v;
		p = end;
	}
	return n;
}

static bool has_octets(const char *name, const struct ip *ip)
{
	unsigned numbers[16];
	char hex[9], packed[13];
	size_t n = numbers_of(name, numbers, 16);
	for (size_t i = 0; i + 3 < n; i++) {
		bool same = true, reversed = true;
		for (size_t k = 0; k < 4; k++) {
			same = same && numbers[i + k] == ip->b[k];
			reversed = reversed && numbers[i + k] == ip->b[3 - k];
		}
		if (same || reversed)
			return true;
	}
	snprintf(hex, sizeof hex, "%02x%02x%02x%02x", ip->b[0], ip->b[1], ip->b[2], ip->b[3]);
	snprintf(packed, sizeof packed, "%03u%03u%03u%03u", ip->b[0], ip->b[1], ip->b[2], ip->b[3]);
	return strstr(name, hex) || strstr(name, packed);
}

/* The last 64 bits of the address, in hex as one or in groups. */
static bool has_hextets(const char *name, const struct ip *ip)
{
	char digits[256], wanted[17];
	size_t n = 0;
	for (const char *p = name; *p && n < sizeof digits - 1; p++)
		if (isxdigit((unsigned char)*p))
			digits[n++] = *p;
	digits[n] = '\0';
	for (int i = 0; i < 8; i++)
		snprintf(wanted + 2 * i, 3, "%02x", ip->b[8 + i]);
	return strstr(digits, wanted) != NULL && strspn(wanted, "0") < 12;
}

bool ptr_is_generic(const char *name, const struct ip *ip)
{
	return (ip->family == 4 ? has_octets(name, ip) : has_hextets(name, ip)) ||
	       has_generic_label(name);
}

static const struct dns_answer *ask_back(const struct dns_view *view, const char *name,
					 const struct ip *ip)
{
	return dns_ask(view, name, ip->family == 4 ? DNS_A : DNS_AAAA);
}

static bool leads_back(const struct knowledge *k, const char *name, const struct ip *ip,
		       bool *known)
{
	const struct dns_answer *f = ask_back(k->view, name, ip);
	*known = *known && f->outcome != DNS_PENDING && !dns_failed(f);
	if (f->outcome != DNS_OK)
		return false;
	for (size_t i = 0; i < f->n; i++)
		if (ip_cmp(&f->addresses[i], ip) == 0)
			return true;
	return false;
}

static void ask_names(const struct knowledge *k, const struct ip *ip, struct address_known *x)
{
	char reverse[DNS_REVERSE_SIZE];
	const struct dns_answer *p = dns_ask(k->view, dns_reverse_name(ip, reverse), DNS_PTR);
	bool known = true;
	if (dns_is_void(p))
		x->ptr = PTR_NONE;
	if (p->outcome != DNS_OK)
		return;
	for (size_t i = 0; i < p->n && i < PTR_NAMES; i++) {
		if (!leads_back(k, p->hosts[i], ip, &known))
			continue;
		x->ptr = PTR_CONFIRMED;
		x->name = p->hosts[i];
		break;
	}
	if (!x->name && known) {
		x->ptr = PTR_UNCONFIRMED;
		x->claim = p->hosts[0];
	}
	x->generic = ptr_is_generic(x->name ? x->name : p->hosts[0], ip);
	if (x->name)
		x->org = k->rules->org_domain(k->rules->ctx, x->name);
}

void knowledge_ask(const struct dns_view *view, const struct ip *ip)
{
	char reverse[DNS_REVERSE_SIZE];
	const struct dns_answer *p = dns_ask(view, dns_reverse_name(ip, reverse), DNS_PTR);
	for (size_t i = 0; p->outcome == DNS_OK && i < p->n && i < PTR_NAMES; i++)
		ask_back(view, p->hosts[i], ip);
}

void knowledge_allow(struct knowledge *k, const struct ip *ip)
{
	struct digest key = network_key(ip, 255);
	map_put(&k->allowed, &key, NULL);
}

static const struct address_known *said_by_network(const struct knowledge *k, const struct ip *ip)
{
	const struct service *s = service_of_network(k, ip);
	return &k->by_network[s ? (size_t)(s - k->services) : k->n_services];
}

const struct address_known *knowledge_of(struct knowledge *k, const struct ip *ip)
{
	static const struct address_known nothing;
	if (!k || !k->view || ip->family == 0)
		return &nothing;
	struct digest key = network_key(ip, 255);
	uint64_t *at = map_get(&k->addresses, &key);
	if (!at && k->asked && !asked_has(k->asked, ip) && !map_get(&k->allowed, &key))
		return said_by_network(k, ip);
	at = at ? at : map_put(&k->addresses, &key, NULL);
	if (*at)
		return (const struct address_known *)(uintptr_t)*at;
	struct address_known *x = arena_alloc(k->a, sizeof *x);
	*at = (uintptr_t)x;
	ask_names(k, ip, x);
	if (x->name)
		x->service = catalogue_find(k->catalogue, BY_PTR, x->name);
	if (!x->service)
		x->service = service_of_network(k, ip);
	return x;
}

/* ---- names of machines that are let ---- */

/* Words by which hosters, universities and offices name machines of customers, students, visitors.
 */
static bool is_lease_word(const char *word, size_t n)
{
	static const char *const words[] = {
	    "vps",      "kvm",       "vserver",     "dedi",     "dedicated", "rootserver",
	    "colo",     "wlan",      "wifi",        "guest",    "gast",      "visitor",
	    "vpn",      "laptop",    "notebook",    "desktop",  "dorm",      "resnet",
	    "student",  "wohnheim",  "zimmer",      "room",     "tenant",    "user",
	    "dhcp",     "dyn",       "pool",        "cust",     "customer",  "client",
	    "kunde",    "kunden",    "static",      "statisch", "dsl",       "ftth",
	    "business", "pc",        "workstation", "imac",     "macbook",   "lap",
	    "eduroam",  "hotspot",   "nat",         "tor",      "exit",      "proxy",
	    "byod",     "kiosk",     "lab",         "dialin",   "vdi",       "guests",
	    "visitors", "students",  "gaeste",      "freifunk", "openwifi",  "cgn",
	    "cgnat",    "campusnet", "firewall",    "fw"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && strncmp(word, words[i], n) == 0)
			return true;
	return false;
}

bool name_is_leased(const char *name, const char *org)
{
	size_t own = strlen(org), n = strlen(name);
	n = n > own ? n - own : 0; /* what stands in front of the organisation's name */
	for (size_t i = 0; i < n;) {
		size_t letters = i, digits;
		while (letters < n && name[letters] >= 'a' && name[letters] <= 'z')
			letters++;
		for (digits = letters; digits < n && name[digits] >= '0' && name[digits] <= '9';)
			digits++;
		bool serial = letters > i && digits - letters >= 4;
		if (serial || is_lease_word(name + i, letters - i))
			return true;
		i = digits > i ? digits : i + 1;
	}
	return false;
}

#include "report/sender/tenant.h"

#include <string.h>

#include "core/domain.h"
#include "core/text.h"

#define SIGNED_DAYS  10 /* days on which our account signs as us: then it does so */
#define OVERLAP_DAYS 3  /* days that show two accounts side by side */

const char *tenant_of(const struct dmarc_profile *p)
{
	for (unsigned i = 0; i < p->n_dkim; i++) {
		const struct dmarc_dkim *d = &p->dkim[i];
		if (d->result.code == W_PASS && d->domain &&
		    (domain_is_below(d->domain, "onmicrosoft.com") ||
		     domain_is_below(d->domain, "gappssmtp.com")))
			return d->domain;
	}
	return NULL;
}

/* Letters and digits alone: hyphens come and go, and stand for dots. */
static bool same_letters(const char *a, size_t n, const char *b, size_t m)
{
	size_t i = 0, k = 0;
	for (;;) {
		while (i < n && a[i] == '-')
			i++;
		while (k < m && (b[k] == '-' || b[k] == '.'))
			k++;
		if (i == n || k == m)
			return i == n && k == m;
		if (ascii_lower(a[i++]) != ascii_lower(b[k++]))
			return false;
	}
}

static bool names_domains(const char *tenant)
{
	return domain_is_below(tenant, "gappssmtp.com");
}

bool tenant_is_like(const char *tenant, const char *org)
{
	size_t n = names_domains(tenant) ? strlen(org) : strcspn(org, ".");
	return same_letters(tenant, strcspn(tenant, "."), org, n);
}

bool tenant_is_of(const char *tenant, const char *domain)
{
	size_t n = strcspn(tenant, ".");
	if (!names_domains(tenant) || strlen(domain) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (ascii_lower(tenant[i]) != (domain[i] == '.' ? '-' : domain[i]))
			return false;
	return true;
}

struct finder {
	const struct domain_facts *facts;
	const struct zone *zone;
	struct arena *a;
	int32_t first;
	size_t n; /* days */
};

static const struct service *service_at(const struct finder *f, const struct fact *x)
{
	return x->source.family ? knowledge_of(f->zone->known, &x->source)->service : NULL;
}

/* Passes by SPF alone, in the domain's own name, and is no bounce. */
static bool is_foreign(const struct dmarc_profile *p)
{
	return p->aligned_spf && !p->aligned_dkim && !(p->flags & DMARC_NULL_SENDER) &&
	       p->header_from && tenant_of(p);
}

static bool same_account_name(const struct dmarc_profile *p, const struct dmarc_profile *q)
{
	const char *s = tenant_of(p), *t = tenant_of(q);
	return s && t && ascii_ieq(s, t) && strcmp(p->header_from, q->header_from) == 0;
}

/* What the tenant signs with this From, and what is signed as us there with it, or by a tenant that
 * is called as we are, by day. */
static const struct service *add_days(const struct finder *f, const struct domain_facts *d,
				      const struct dmarc_profile *p, double *theirs, double *ours)
{
	const struct service *at = NULL;
	for (size_t i = 0; i < d->n_facts; i++) {
		const struct dmarc_profile *q = &d->profiles[d->facts[i].profile];
		if (!is_foreign(q) || !same_account_name(p, q))
			continue;
		at = service_at(f, &d->facts[i]);
		daily_add(&d->facts[i], f->first, theirs, f->n);
	}
	for (size_t i = 0; at && i < d->n_facts; i++) {
		const struct dmarc_profile *q = &d->profiles[d->facts[i].profile];
		bool own =
		    q->aligned_dkim || (tenant_of(q) && tenant_is_like(tenant_of(q), f->zone->org));
		if (own && q->aligned_spf && q->header_from &&
		    strcmp(p->header_from, q->header_from) == 0 &&
		    service_at(f, &d->facts[i]) == at)
			daily_add(&d->facts[i], f->first, ours, f->n);
	}
	return at;
}

/* Our account goes on signing as us while the other sends: on some days, or before and after. Had
 * it stopped to sign, its own mail would be what the tenant signs. */
static bool is_beside_ours(const struct finder *f, const double *theirs, const double *ours)
{
	size_t first = f->n, last = 0;
	unsigned days = 0, both = 0, their_days = 0;
	double usual = 0, then = 0;
	for (size_t i = 0; i < f->n; i++) {
		days += ours[i] > 0;
		usual += ours[i];
		if (theirs[i] <= 0)
			continue;
		first = first < i ? first : i;
		last = i;
		their_days++;
		both += ours[i] > 0;
		then += ours[i];
	}
	bool before = false, after = false;
	for (size_t i = 0; i < f->n; i++) {
		before = before || (i < first && ours[i] > 0);
		after = after || (i > last && ours[i] > 0);
	}
	return days >= SIGNED_DAYS && their_days > 0 &&
	       (both >= OVERLAP_DAYS || (before && after)) && 2 * then / their_days >= usual / days;
}

/* What of the tenant's mail is gone since our key signs is what is signed as us since: it was our
 * account before it had a key, under a former name, and some of its mail still goes without. */
static bool went_over_to_ours(const double *theirs, const double *ours, size_t n)
{
	double before = 0, after = 0, signed_since = 0;
	size_t begin = n, start = n, days = 0;
	for (size_t i = n; i-- > 0;) {
		start = ours[i] > 0 ? i : start;
		begin = theirs[i] > 0 ? i : begin;
	}
	for (size_t i = begin; i < n; i++) {
		days += i < start && theirs[i] > 0;
		*(i < start ? &before : &after) += theirs[i];
		signed_since += ours[i];
	}
	if (start >= n || begin >= start || days < SIGNED_DAYS)
		return false;
	before /= (double)(start - begin);
	after /= (double)(n - start);
	signed_since /= (double)(n - start);
	return 2 * after <= before && 3 * signed_since >= before - after &&
	       signed_since <= 3 * (before - after);
}

static bool is_strange(const struct finder *f, const struct domain_facts *earlier,
		       const struct dmarc_profile *p)
{
	struct finder x = *f;
	if (earlier && earlier->reports > 0 && earlier->window.since < f->first)
		x.first = earlier->window.since;
	size_t past = (size_t)(f->first - x.first);
	x.n += past;
	double *theirs = arena_alloc(f->a, (x.n + 1) * sizeof *theirs),
	       *ours = arena_alloc(f->a, (x.n + 1) * sizeof *ours);
	if (past > 0)
		add_days(&x, earlier, p, theirs, ours);
	const struct service *at = add_days(&x, f->facts, p, theirs, ours);
	return at && at->kind == KIND_MAILBOX && at->shared &&
	       is_beside_ours(f, theirs + past, ours + past) &&
	       !went_over_to_ours(theirs, ours, x.n);
}

/* Our own DKIM names at the service lead into it: it is ours, whatever it is called. */
static bool holds_our_keys(const struct zone *z, const char *tenant)
{
	static const char *const selectors[] = {"selector1", "selector2"};
	for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
		const char *name =
		    arena_printf(z->known->a, "%s._domainkey.%s", selectors[i], z->domain);
		const char *at = dns_ask(z->known->view, name, DNS_TXT)->canonical;
		if (at && domain_is_below(at, tenant))
			return true;
	}
	return false;
}

#define TENANTS_MAX 20 /* that are looked at: in mail that passes as us, more is a curiosity */

const char **tenants_find(const struct domain_facts *facts, const struct domain_facts *earlier,
			  const struct zone *zone, struct arena *a)
{
	struct finder f = {.facts = facts, .zone = zone, .a = a, .first = facts->window.since};
	const char **out = arena_alloc(a, (facts->n_profiles + 1) * sizeof *out);
	unsigned looked = 0;
	f.n = (size_t)(facts->window.until > f.first ? facts->window.until - f.first : 0);
	for (size_t i = 0; zone && i < facts->n_profiles && looked < TENANTS_MAX; i++) {
		const struct dmarc_profile *p = &facts->profiles[i];
		if (out[i] || !is_foreign(p) || tenant_is_like(tenant_of(p), zone->org) ||
		    holds_our_keys(zone, tenant_of(p)))
			continue;
		looked++;
		if (!is_strange(&f, earlier, p))
			continue;
		for (size_t k = 0; k < facts->n_profiles; k++)
			/* whatever SPF came to: a name server that did not answer changes no owner
			 */
			if (facts->profiles[k].header_from && !facts->profiles[k].aligned_dkim &&
			    same_account_name(p, &facts->profiles[k]))
				out[k] = tenant_of(p);
	}
	return out;
}

/* ---- without a signature of ours ---- */

#define POOLS_MAX         12 /* that are looked at: the first of those with unsigned mail */
#define UNSIGNED_DAYS     3
#define UNSIGNED_MESSAGES 20
#define SIGNED_BEFORE     3  /* days on which all was signed, before the first that was not */
#define STRAY_SHARE       10 /* per cent of the most of a day: less is an answer, a test */

/* Whose machines, where others send from them, too, and our record lets them pass by an include
 * that is not ours. A service that verifies its customers lets no other use our domain. NULL: they
 * are our own, or nobody is known. */
static const char *pool_of(const struct zone *z, const struct ip *ip)
{
	const struct address_known *k = ip->family ? knowledge_of(z->known, ip) : NULL;
	bool named = k && k->ptr == PTR_CONFIRMED && k->name && !k->generic;
	if (!k || zone_host(z, ip) || zone_names_address(z, ip) ||
	    (named && zone_is_ours(z, k->name)))
		return NULL;
	if (k->service)
		return k->service->verifies == ANSWER_YES ? NULL : strchr(k->service->key, ':') + 1;
	return named ? k->org : NULL;
}

/* Nothing of ours is in its signatures, neither whole nor broken; the service's own, and one of
 * somebody whom no account there is called by, speak for nobody here. */
static bool is_bare(const struct zone *z, const struct dmarc_profile *p)
{
	if (tenant_of(p))
		return false;
	for (unsigned i = 0; i < p->n_dkim; i++)
		if (zone_is_ours(z, p->dkim[i].domain))
			return false;
	return p->aligned_spf && !p->aligned_dkim && !(p->flags & DMARC_NULL_SENDER);
}

static void add_pool(const struct finder *f, const struct domain_facts *d, const char *pool,
		     double *bare, double *ours)
{
	for (size_t i = 0; d && i < d->n_facts; i++) {
		const struct dmarc_profile *p = &d->profiles[d->facts[i].profile];
		bool is_ours = p->aligned_dkim && p->aligned_spf;
		const char *other =
		    is_ours || is_bare(f->zone, p) ? pool_of(f->zone, &d->facts[i].source) : NULL;
		if (other && strcmp(other, pool) == 0)
			daily_add(&d->facts[i], f->first, is_ours ? ours : bare, f->n);
	}
}

static bool has_neighbour(const struct finder *f, const struct domain_facts *earlier,
			  const char *pool)
{
	double *bare = arena_alloc(f->a, (f->n + 1) * sizeof *bare),
	       *ours = arena_alloc(f->a, (f->n + 1) * sizeof *ours), most = 0, sum = 0;
	unsigned days = 0, before = 0;
	add_pool(f, earlier, pool, bare, ours);
	add_pool(f, f->facts, pool, bare, ours);
	for (size_t i = 0; i < f->n; i++)
		most = bare[i] > most ? bare[i] : most;
	for (size_t i = 0; i < f->n; i++) {
		if (100 * bare[i] < STRAY_SHARE * most)
			bare[i] = 0;
		days += bare[i] > 0;
		sum += bare[i];
		before += days == 0 && ours[i] > 0;
	}
	return days >= UNSIGNED_DAYS && sum >= UNSIGNED_MESSAGES && before >= SIGNED_BEFORE &&
	       is_beside_ours(f, bare, ours);
}

void neighbours_find(struct neighbours *x, const struct domain_facts *facts,
		     const struct domain_facts *earlier, const struct zone *zone, struct arena *a)
{
	struct finder f = {.facts = facts, .zone = zone, .a = a, .first = facts->window.since};
	const char *pools[POOLS_MAX], *keys[POOLS_MAX];
	size_t n = 0;
	*x = (struct neighbours){.facts = facts, .zone = zone};
	x->pools = arena_alloc(a, (facts->n_facts + 1) * sizeof *x->pools);
	if (earlier && earlier->reports > 0 && earlier->window.since < f.first)
		f.first = earlier->window.since;
	else
		earlier = NULL;
	f.n = (size_t)(facts->window.until > f.first ? facts->window.until - f.first : 0);
	for (size_t i = 0; zone && i < facts->n_facts; i++) {
		bool bare = is_bare(zone, &facts->profiles[facts->facts[i].profile]);
		const char *pool = bare ? pool_of(zone, &facts->facts[i].source) : NULL;
		size_t k = 0;
		while (pool && k < n && strcmp(pools[k], pool) != 0)
			k++;
		if (pool && k == n && n < POOLS_MAX) {
			pools[n] = pool;
			keys[n++] = has_neighbour(&f, earlier, pool)
					? arena_printf(a, NEIGHBOUR_KEY "%s", pool)
					: NULL;
		}
		x->pools[i] = pool && k < n ? keys[k] : NULL;
	}
}

const char *neighbour_of(const struct neighbours *x, const struct fact *f)
{
	return x->pools[f - x->facts->facts];
}

uint64_t tenant_untold(const struct zone *z, const struct sender *s, const char **service,
		       bool *known)
{
	uint64_t n = 0, most = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const char *pool =
		    is_bare(z, &s->profiles[f->profile]) ? pool_of(z, &f->source) : NULL;
		if (!pool)
			continue;
		n += f->messages;
		if (f->messages < most)
			continue;
		const struct service *at = knowledge_of(z->known, &f->source)->service;
		most = f->messages;
		*service = at ? at->name : pool;
		*known = at && at->verifies == ANSWER_NO;
	}
	return n >= UNSIGNED_MESSAGES ? n : 0;
}

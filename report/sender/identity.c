#include "report/sender/identity.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define HOME_SHARE 20 /* per cent of a signature's mail that makes a MAIL FROM usual for it */

struct finder {
	const struct domain_facts *facts;
	const struct name_rules *rules;
	const char *org;    /* of the domain itself */
	uint64_t *messages; /* by profile */
	struct map volume;  /* signer, or signer and MAIL FROM -> messages */
	struct map index;   /* key -> index into keys */
	struct arena *a;
	struct identities out;
};

static const char *org_of(const struct finder *f, const char *name)
{
	return f->rules->org_domain(f->rules->ctx, name);
}

/* The organisational domain of a name that passed, or NULL when it is our own, or no name. */
static const char *foreign_org(const struct finder *f, const struct dmarc_profile *p,
			       const char *name)
{
	if (!name || !*name || (p->flags & DMARC_BAD_NAME))
		return NULL;
	const char *theirs = org_of(f, name);
	if (strcmp(theirs, f->org) == 0 ||
	    (p->header_from && strcmp(theirs, org_of(f, p->header_from)) == 0))
		return NULL;
	return theirs;
}

static const char *foreign_mailfrom(const struct finder *f, const struct dmarc_profile *p)
{
	for (unsigned i = 0; i < p->n_spf; i++) {
		const struct dmarc_spf *s = &p->spf[i];
		if (s->scope.code == W_HELO || s->result.code != W_PASS)
			continue;
		const char *org = foreign_org(f, p, s->domain ? s->domain : p->envelope_from);
		if (org)
			return org;
	}
	return NULL;
}

/* Some services sign for each customer with a name below one of their own: that name, not the
 * service's, says who it was. */
static bool is_tenant(const char *org)
{
	static const char *const shared[] = {"onmicrosoft.com", "gappssmtp.com"};
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
		if (strcmp(org, shared[i]) == 0)
			return true;
	return false;
}

static const char *foreign_signer(const struct finder *f, const struct dmarc_profile *p, unsigned i)
{
	const char *org =
	    p->dkim[i].result.code == W_PASS ? foreign_org(f, p, p->dkim[i].domain) : NULL;
	return org && is_tenant(org) ? p->dkim[i].domain : org;
}

/* With what MAIL FROM a signature came: a foreign one, ours, or none that passed. */
static const char *company(const struct finder *f, const struct dmarc_profile *p)
{
	const char *mailfrom = foreign_mailfrom(f, p);
	return mailfrom ? mailfrom : p->aligned_spf ? "=" : "-";
}

static uint64_t *volume_of(struct finder *f, const char *signer, const char *mailfrom)
{
	char text[2 * DOMAIN_SIZE + 2];
	size_t n = strnlen(signer, DOMAIN_SIZE), m = strnlen(mailfrom, DOMAIN_SIZE);
	memcpy(text, signer, n);
	text[n++] = '\0';
	memcpy(text + n, mailfrom, m);
	struct digest key = hash_fixed128(text, n + m);
	return map_put(&f->volume, &key, NULL);
}

static void count_company(struct finder *f, const struct dmarc_profile *p, uint64_t messages)
{
	const char *mailfrom = company(f, p);
	for (unsigned i = 0; i < p->n_dkim; i++) {
		const char *signer = foreign_signer(f, p, i);
		if (!signer)
			continue;
		*volume_of(f, signer, "") += messages;
		*volume_of(f, signer, mailfrom) += messages;
	}
}

static uint32_t intern(struct finder *f, const char *kind, const char *org)
{
	const char *text = arena_printf(f->a, "%s:%s", kind, org);
	struct digest key = hash_fixed128(text, strlen(text));
	bool fresh;
	uint64_t *i = map_put(&f->index, &key, &fresh);
	if (fresh) {
		*i = f->out.n;
		f->out.keys[f->out.n++] = text;
	}
	return (uint32_t)*i;
}

/* Of several signers the one that signs least: a service signs for all of its customers, and each
 * of them for himself. */
static uint32_t identity_of(struct finder *f, const struct dmarc_profile *p)
{
	const char *best = NULL;
	uint64_t least = UINT64_MAX;
	for (unsigned i = 0; i < p->n_dkim; i++) {
		const char *signer = foreign_signer(f, p, i);
		if (!signer)
			continue;
		uint64_t with = *volume_of(f, signer, company(f, p)),
			 all = *volume_of(f, signer, "");
		if (100 * with >= HOME_SHARE * all && all < least) {
			best = signer;
			least = all;
		}
	}
	if (best)
		return intern(f, "dkim", best);
	const char *mailfrom = foreign_mailfrom(f, p);
	return mailfrom ? intern(f, "mailfrom", mailfrom) : 0;
}

struct identities identities_find(const struct domain_facts *facts, const struct name_rules *rules,
				  struct arena *a)
{
	struct finder f = {.facts = facts, .rules = rules, .a = a};
	size_t n = facts->n_profiles;
	f.org = org_of(&f, facts->domain);
	f.messages = arena_alloc(a, (n + 1) * sizeof *f.messages);
	f.out.keys = arena_alloc(a, (n + 1) * sizeof *f.out.keys);
	f.out.of_profile = arena_alloc(a, (n + 1) * sizeof *f.out.of_profile);
	f.out.n = 1;
	for (size_t i = 0; i < facts->n_facts; i++)
		f.messages[facts->facts[i].profile] += facts->facts[i].messages;
	for (size_t i = 0; i < n; i++)
		count_company(&f, &facts->profiles[i], f.messages[i]);
	for (size_t i = 0; i < n; i++)
		f.out.of_profile[i] = identity_of(&f, &facts->profiles[i]);
	map_free(&f.volume);
	map_free(&f.index);
	return f.out;
}

#include "report/sender/abuse.h"

#include <string.h>

#include "core/day.h"
#include "report/sender/habit.h"
#include "report/sender/scope.h"

#define JUNKED_MESSAGES  100
#define JUNKED_SHARE     30 /* per cent of what passes; filters err in a few */
#define JUNKED_RECEIVERS 2  /* known ones: one may have a rule of its own */

/* It passes as its reporter evaluated, too, and was not let through. */
static bool is_junked(const struct dmarc_profile *p)
{
	bool passes = p->eval_dkim.code == W_PASS || p->eval_spf.code == W_PASS;
	return passes && p->cell <= CELL_P7 &&
	       (p->disposition.code == W_QUARANTINE || p->disposition.code == W_REJECT);
}

const char *abuse_by_receivers(const struct sender *s, const struct domain_facts *facts,
			       struct arena *a)
{
	uint64_t junked = 0, pass = tally_judged_pass(&s->t);
	bool *by = arena_alloc(a, (facts->n_reporters + 1) * sizeof *by);
	unsigned receivers = 0;
	if (pass < JUNKED_MESSAGES)
		return NULL;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		if (!is_junked(&s->profiles[f->profile]))
			continue;
		junked += f->messages;
		for (uint32_t k = 0; k < f->n_witnesses; k++) {
			uint32_t r = f->witnesses[k].reporter;
			receivers += !by[r] && !facts->reporters[r].unknown;
			by[r] = true;
		}
	}
	if (junked < JUNKED_MESSAGES || 100 * junked < JUNKED_SHARE * pass ||
	    receivers < JUNKED_RECEIVERS)
		return NULL;
	return arena_printf(a,
			    "it passes DMARC, and %u receivers put %llu of its messages into junk "
			    "or refused them all the same: for what is in them. Look for a stolen "
			    "password, a script or a web form that strangers use",
			    receivers, (unsigned long long)junked);
}

static const struct spf_record *record_of(const struct zone *z, const char *mailfrom)
{
	for (size_t i = 0; mailfrom && i < z->n_mailfrom; i++)
		if (strcmp(z->mailfrom[i].domain, mailfrom) == 0)
			return z->mailfrom[i].spf.root;
	return NULL;
}

static bool is_others(const struct zone *z, const struct spf_record *r)
{
	return r && r->canonical && !zone_is_ours(z, r->canonical) &&
	       !catalogue_find(z->known->catalogue, BY_ZONE, r->canonical) &&
	       !catalogue_find(z->known->catalogue, BY_INCLUDE, r->canonical);
}

/* Who rents machines out, or connects people, vouches for none of them. */
static bool is_known_mailer(const struct service *s)
{
	return s && s->kind != KIND_CLOUD && s->kind != KIND_ISP && s->kind != KIND_WEBHOST;
}

/* Does most of it come from machines named as somebody else's than the alias's owner? Who has no
 * such name says nothing. */
static bool has_other_owner(const struct sender *s, const struct zone *z, const char *target)
{
	const char *owner = z->known->rules->org_domain(z->known->rules->ctx, target);
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct address_known *k = knowledge_of(z->known, &s->sources[i].ip);
		bool named = k->ptr == PTR_CONFIRMED && !k->generic && k->org;
		n += named && strcmp(k->org, owner) != 0 ? s->sources[i].messages : 0;
	}
	return 2 * n > s->t.messages;
}

const char *abuse_by_alias(const struct sender *s, const struct zone *z, bool compared)
{
	uint64_t n = 0;
	const char *name = NULL, *target = NULL;
	bool fresh = compared && !s->recurs;
	if (is_known_mailer(s->service))
		return NULL;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		const char *mailfrom = zone_own_mailfrom(z, p);
		const struct spf_record *r = record_of(z, mailfrom);
		if (!p->aligned_spf || p->aligned_dkim || !is_others(z, r))
			continue;
		n += s->facts[i]->messages;
		name = mailfrom;
		target = r->canonical;
	}
	if (2 * n <= s->t.messages || (!fresh && !has_other_owner(s, z, target)))
		return NULL;
	return arena_printf(
	    z->known->a,
	    "%s is an alias (CNAME) of %s, which is not yours, and its owner decides "
	    "who passes SPF as you. %s. Unless you know who does, delete the CNAME today",
	    name, target,
	    fresh ? "Nobody sent through it in the period before"
		  : "Nothing is signed as you, and the machines are called by the domain of "
		    "neither of you");
}

/* ---- includes ---- */

/* The include of our record by which the address passes, where it leads into a zone of nobody
 * known; NULL: it does not. */
static const char *others_include(const struct zone *z, const struct dmarc_profile *p,
				  const struct ip *ip)
{
	const struct spf_record *path[SPF_LOOKUP_LIMIT + 1];
	const struct spf_term *term;
	const char *mailfrom = p->aligned_spf ? zone_own_mailfrom(z, p) : NULL;
	size_t n = 0;
	for (size_t i = 0; mailfrom && ip->family && i < z->n_mailfrom; i++) {
		const struct spf_tree *tree = &z->mailfrom[i].spf;
		if (strcmp(z->mailfrom[i].domain, mailfrom) != 0 || tree->depends ||
		    tree->pending || !tree->root ||
		    spf_tree_find(tree, ip, &term, path, &n) != SPF_PASS || n < 2)
			continue;
		const char *to = path[1]->domain;
		bool known = catalogue_find(z->known->catalogue, BY_INCLUDE, to) ||
			     catalogue_find(z->known->catalogue, BY_ZONE, to);
		return known || zone_is_ours(z, to) ? NULL : to;
	}
	return NULL;
}

static bool came_before(const struct zone *z, const struct domain_facts *earlier,
			const char *include)
{
	for (size_t i = 0; i < earlier->n_facts; i++) {
		const struct fact *f = &earlier->facts[i];
		const char *by = others_include(z, &earlier->profiles[f->profile], &f->source);
		if (by && strcmp(by, include) == 0)
			return true;
	}
	return false;
}

const char *abuse_by_include(const struct sender *s, const struct zone *z,
			     const struct domain_facts *earlier)
{
	uint64_t n = 0;
	const char *include = NULL;
	if (!earlier || earlier->reports == 0 || s->recurs || is_known_mailer(s->service))
		return NULL;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		const char *by =
		    p->aligned_dkim ? NULL : others_include(z, p, &s->facts[i]->source);
		n += by ? s->facts[i]->messages : 0;
		include = by ? by : include;
	}
	if (2 * n <= s->t.messages || !has_other_owner(s, z, include) ||
	    came_before(z, earlier, include))
		return NULL;
	return arena_printf(
	    z->known->a,
	    "it passes by include:%s of your SPF record, by which nothing came in the period "
	    "before. Nothing is signed as you, and the machines are called by the domain of "
	    "neither of you. Did somebody hire it? If nobody knows it, the name has another owner: "
	    "take the include out of the record today",
	    include);
}

/* ---- keys ---- */

/* The name of the key by which a signature of ours passes, where it is an alias into a zone of
 * nobody known; *target: where it leads. NULL: it is none. */
static const char *taken_key(const struct zone *z, const struct dmarc_profile *p,
			     const char **target)
{
	for (unsigned i = 0; i < p->n_dkim; i++) {
		const struct dmarc_dkim *d = &p->dkim[i];
		if (d->result.code != W_PASS || !d->selector || !*d->selector ||
		    strpbrk(d->selector, "*\\") || !zone_is_ours(z, d->domain))
			continue;
		const char *name =
		    arena_printf(z->known->a, "%s._domainkey.%s", d->selector, d->domain);
		const struct dns_answer *x = dns_ask(z->known->view, name, DNS_TXT);
		if (x->outcome != DNS_OK || !x->canonical || zone_is_ours(z, x->canonical) ||
		    catalogue_find(z->known->catalogue, BY_ZONE, x->canonical) ||
		    catalogue_find(z->known->catalogue, BY_DKIM, x->canonical))
			return NULL;
		*target = x->canonical;
		return name;
	}
	return NULL;
}

const char *abuse_by_key(const struct sender *s, const struct zone *z,
			 const struct domain_facts *now, const struct domain_facts *earlier)
{
	uint64_t n = 0;
	char day[DAY_STRLEN];
	const char *name = NULL, *target = NULL, *where = NULL;
	if (is_known_mailer(s->service))
		return NULL;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		const char *key =
		    p->aligned_dkim && !p->aligned_spf ? taken_key(z, p, &where) : NULL;
		if (!key)
			continue;
		n += s->facts[i]->messages;
		name = key;
		target = where;
	}
	if (2 * n <= s->t.messages || !has_other_owner(s, z, target) ||
	    !habit_is_new(s, now, earlier))
		return NULL;
	return arena_printf(z->known->a,
			    "the key %s is an alias (CNAME) of %s, which is not yours: its owner "
			    "signs as you. The first of this mail came on %s, from machines that "
			    "are called by the domain of neither of you. Unless you know who signs "
			    "by it, delete the CNAME today",
			    name, target, day_format(s->first_day, day));
}

/* ---- zone cuts ---- */

#define CUT_NAMES 4 /* of a sender that are asked about: it may use thousands */

/* Does all that passes as us stand in that zone? */
static bool passes_there(const struct zone *z, const struct dmarc_profile *p, const char *zone)
{
	const char *mailfrom = p->aligned_spf ? zone_own_mailfrom(z, p) : NULL;
	bool any = mailfrom != NULL;
	if (mailfrom && !domain_is_below(mailfrom, zone))
		return false;
	for (unsigned i = 0; i < p->n_dkim; i++) {
		if (p->dkim[i].result.code != W_PASS || !zone_is_ours(z, p->dkim[i].domain))
			continue;
		if (!domain_is_below(p->dkim[i].domain, zone))
			return false;
		any = true;
	}
	return any && p->cell <= CELL_P7;
}

/* A name below our domain by which the row passes. */
static const char *name_below(const struct zone *z, const struct dmarc_profile *p)
{
	const char *mailfrom = p->aligned_spf ? zone_own_mailfrom(z, p) : NULL;
	if (mailfrom)
		return mailfrom;
	for (unsigned i = 0; i < p->n_dkim; i++)
		if (p->dkim[i].result.code == W_PASS && p->dkim[i].domain &&
		    domain_is_below(p->dkim[i].domain, z->org))
			return p->dkim[i].domain;
	return z->org;
}

/* A machine of neither side. Who holds the zone can have a name in it lead to any machine, and let
 * any pass: nothing there counts. */
static bool is_strangers_machine(const struct zone *z, const struct ip *ip,
				 const struct dns_answer *servers)
{
	const struct address_known *k = knowledge_of(z->known, ip);
	if (k->ptr == PTR_UNKNOWN || is_known_mailer(k->service) ||
	    zone_spf_now(z, z->domain, ip) == NOW_YES)
		return false;
	for (size_t i = 0; i < z->n_hosts; i++)
		if (ip_cmp(&z->hosts[i].ip, ip) == 0 &&
		    !domain_is_below(z->hosts[i].name, servers->name))
			return false;
	if (k->ptr != PTR_CONFIRMED || k->generic || !k->name)
		return true;
	if (zone_is_ours(z, k->name))
		return domain_is_below(k->name, servers->name);
	return !scope_is_operator(z, servers, k->name);
}

static const struct dns_answer *find_strangers_zone(const struct sender *s, const struct zone *z)
{
	const char *last = z->org;
	for (size_t i = 0, asked = 0; i < s->n_facts && asked < CUT_NAMES; i++) {
		const char *name = name_below(z, &s->profiles[s->facts[i]->profile]);
		if (strcmp(name, last) == 0 || strcmp(name, z->org) == 0 ||
		    !domain_is_below(name, z->org))
			continue;
		const struct dns_answer *servers = scope_strangers_zone(z, name);
		if (servers)
			return servers;
		last = name;
		asked++;
	}
	return NULL;
}

const char *abuse_by_delegation(const struct sender *s, const struct zone *z,
				const struct domain_facts *now, const struct domain_facts *earlier)
{
	uint64_t n = 0;
	char day[DAY_STRLEN];
	if (is_known_mailer(s->service) || s->recurs || !habit_is_new(s, now, earlier))
		return NULL;
	const struct dns_answer *servers = find_strangers_zone(s, z);
	for (size_t i = 0; servers && i < s->n_facts; i++)
		if (passes_there(z, &s->profiles[s->facts[i]->profile], servers->name) &&
		    is_strangers_machine(z, &s->facts[i]->source, servers))
			n += s->facts[i]->messages;
	if (2 * n <= s->t.messages)
		return NULL;
	return arena_printf(
	    z->known->a,
	    "%s is delegated (NS) to %s, a name server that is neither yours nor of "
	    "whoever runs the name servers of %s: its owner decides who passes as you "
	    "there. The first of this mail came on %s, from machines of neither side. "
	    "Unless you know who does, delete the NS records of %s today",
	    servers->name, servers->hosts[0], z->org, day_format(s->first_day, day), servers->name);
}

/* ---- copies ---- */

#define COPIES_DAYS      7
#define OUTDONE_PART     10 /* who has less than one in so many of what is handed on is a forwarder */
#define OUTDONE_MESSAGES 50
#define COPIES_SHARE     100 /* who has less than one in so many of all messages floods nobody */

static bool is_own_pass(const struct zone *z, const struct dmarc_dkim *d)
{
	return d->result.code == W_PASS && d->selector && zone_is_ours(z, d->domain);
}

/* Do both have a passing signature by the same key of ours? */
static bool signed_alike(const struct zone *z, const struct dmarc_profile *p,
			 const struct dmarc_profile *q)
{
	for (unsigned i = 0; i < p->n_dkim; i++)
		for (unsigned k = 0; is_own_pass(z, &p->dkim[i]) && k < q->n_dkim; k++)
			if (is_own_pass(z, &q->dkim[k]) &&
			    strcmp(p->dkim[i].selector, q->dkim[k].selector) == 0 &&
			    strcmp(p->dkim[i].domain, q->dkim[k].domain) == 0)
				return true;
	return false;
}

static bool signs_so(const struct sender *s, const struct zone *z, const struct dmarc_profile *p)
{
	uint32_t last = UINT32_MAX;
	for (size_t i = 0; i < s->n_facts; i++) {
		if (s->facts[i]->profile != last &&
		    signed_alike(z, &s->profiles[s->facts[i]->profile], p))
			return true;
		last = s->facts[i]->profile;
	}
	return false;
}

/* What others that sign so sent, by day. Who came with the sender and left with it is none of them:
 * copies come from several machines. Whether there is anybody at all. */
static bool add_others(const struct sender *s, const struct zone *z, const struct domain_facts *d,
		       double *by_day, size_t n)
{
	bool any = false;
	char *alike = arena_alloc(z->known->a, d->n_profiles + 1); /* 1: yes, 2: no */
	for (size_t i = 0, end; i < d->n_facts; i = end) {
		bool other_days = false;
		for (end = i;
		     end < d->n_facts && ip_cmp(&d->facts[end].source, &d->facts[i].source) == 0;
		     end++) {
			const struct fact *f = &d->facts[end];
			char *x = &alike[f->profile];
			if (!*x)
				*x = signs_so(s, z, &d->profiles[f->profile]) ? 1 : 2;
			other_days = other_days || (*x == 1 && (fact_last_day(f) > s->last_day ||
								fact_first_day(f) < s->first_day));
		}
		for (size_t k = i; other_days && k < end; k++)
			if (alike[d->facts[k].profile] == 1)
				daily_add(&d->facts[k], s->first_day - 1, by_day, n);
		any = any || other_days;
	}
	return any;
}

/* By machines that nothing ties to us, and that pass by the signature alone. The relay of a
 * university or an association, which has a name, may carry most of a selector. */
static bool is_handed_on(const struct zone *z, const struct fact *f, const struct dmarc_profile *p)
{
	if (p->cell < CELL_P2 || p->cell > CELL_P4 || f->source.family == 0)
		return false;
	const struct address_known *k = knowledge_of(z->known, &f->source);
	bool server = k->ptr == PTR_CONFIRMED && !k->generic && !k->service;
	return !server && !is_known_mailer(k->service) && !zone_host(z, &f->source) &&
	       !zone_names_address(z, &f->source);
}

/*
 * However long it has lasted: all machines together that pass by this key alone, and that nothing
 * ties to us, carry more than whoever else signs so sends, who goes on to send. Had they moved
 * there, the others would have stopped. The sender has a part of it that counts.
 */
static bool is_outdone(const struct sender *s, const struct zone *z, const struct domain_facts *now)
{
	uint64_t copies = 0;
	for (size_t i = 0; i < s->n_facts; i++)
		if (is_handed_on(z, s->facts[i], &s->profiles[s->facts[i]->profile]))
			copies += s->facts[i]->messages;
	if (2 * copies < s->t.messages)
		return false;
	int32_t since = now->window.since;
	size_t n = (size_t)(now->window.until - since);
	double *own = arena_alloc(z->known->a, (n + 1) * sizeof *own), sum = 0, handed_on = 0;
	char *alike = arena_alloc(z->known->a, now->n_profiles + 1); /* 1: yes, 2: no */
	unsigned days = 0, span = (unsigned)(s->last_day - s->first_day) + 1;
	for (size_t i = 0; i < now->n_facts; i++) {
		const struct fact *f = &now->facts[i];
		const struct dmarc_profile *p = &now->profiles[f->profile];
		if (!alike[f->profile])
			alike[f->profile] = signs_so(s, z, p) ? 1 : 2;
		if (alike[f->profile] != 1)
			continue;
		if (is_handed_on(z, f, p))
			handed_on += (double)f->messages;
		else
			daily_add(f, since, own, n);
	}
	for (int32_t day = s->first_day; day <= s->last_day; day++)
		days += day >= since && own[day - since] > 0;
	for (size_t i = 0; i < n; i++)
		sum += own[i];
	return 2 * days >= span && handed_on > sum && handed_on >= SPIKE_MORE &&
	       (double)copies * OUTDONE_PART >= handed_on;
}

static bool is_burst(const struct sender *s, const struct zone *z, const struct domain_facts *now,
		     const struct domain_facts *earlier)
{
	double here[COPIES_DAYS + 1] = {0}, others[COPIES_DAYS + 1] = {0}, excess = 0;
	uint64_t all = 0;
	size_t n = (size_t)(s->last_day - s->first_day) + 2;
	for (size_t i = 0; i < now->n_facts; i++)
		all += now->facts[i].messages;
	if (n > COPIES_DAYS + 1 || COPIES_SHARE * s->t.messages < all)
		return false;
	for (size_t i = 0; i < s->n_facts; i++)
		daily_add(s->facts[i], s->first_day - 1, here, n);
	bool known = add_others(s, z, now, others, n);
	if (earlier && add_others(s, z, earlier, others, n))
		known = true;
	for (size_t i = 1; i < n; i++)
		excess +=
		    here[i] > others[i] + others[i - 1] ? here[i] - others[i] - others[i - 1] : 0;
	return known && excess >= SPIKE_MORE && 2 * excess >= (double)s->t.messages;
}

const char *abuse_by_copies(const struct sender *s, const struct zone *z,
			    const struct domain_facts *now, const struct domain_facts *earlier)
{
	const uint64_t *c = s->t.cells;
	uint64_t copies = c[CELL_P2] + c[CELL_P3] + c[CELL_P4];
	if (s->ties_any || copies < OUTDONE_MESSAGES || 10 * copies < 8 * s->t.messages ||
	    is_known_mailer(s->service))
		return NULL;
	if (!(copies >= SPIKE_MORE && is_burst(s, z, now, earlier)) && !is_outdone(s, z, now))
		return NULL;
	return "it carries far more mail with your DKIM signature than whoever signs so sent on "
	       "these days: one message, sent again to many (replay), or a large mailing list. Ask "
	       "who writes to such a list; if nobody does, rotate the DKIM key, and find out which "
	       "account sent the original";
}

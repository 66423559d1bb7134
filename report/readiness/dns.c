/* D1 to D9: is the DNS in order? */
#include <string.h>

#include "report/readiness/priv.h"

/* The first note of a weight, or NULL. */
static const char *noted(const struct dmarc_published *r, enum dmarc_weight weight)
{
	for (unsigned i = 0; i < r->n_notes; i++)
		if (r->notes[i].weight == weight)
			return r->notes[i].text;
	return NULL;
}

static void unknown(struct judging *j, enum check_id id)
{
	set_check(j, id, CHECK_UNKNOWN, "", "DNS did not answer");
}

static void check_reports(struct judging *j)
{
	const struct dmarc_published *r = &j->out->dmarc.record;
	unsigned good = 0, refused = 0, open = 0;
	for (unsigned i = 0; i < r->n_rua; i++) {
		const struct dmarc_address *x = &r->rua[i];
		good += x->domain && x->consent == RUA_OK;
		open += x->domain && x->consent == RUA_UNKNOWN;
		refused += !x->domain || x->consent == RUA_REFUSED;
	}
	set_check(j, CHECK_D2,
		  good + open == 0 ? CHECK_FAIL
		  : refused        ? CHECK_WARN
		  : open           ? CHECK_UNKNOWN
				   : CHECK_PASS,
		  TEXT(j, "%u of %u", good, r->n_rua),
		  good + open == 0 ? "no address in rua receives reports"
		  : refused        ? "an address in rua receives no reports"
		  : open           ? "DNS did not say whether an external address accepts reports"
				   : "every address in rua accepts reports");
}

static const char *policy_or_dash(enum published_policy p)
{
	return p ? published_policy_names[p] : "-";
}

/* A name that mail came from, with a record of its own that is weaker than p=reject. */
static const struct subdomain *weak_record(const struct projection *p)
{
	for (size_t i = 0; i < p->n_subdomains; i++)
		if (p->subdomains[i]->by == TAG_OWN && p->subdomains[i]->policy != POLICY_REJECT)
			return p->subdomains[i];
	return NULL;
}

/* Where sp and np are absent, p holds below the domain, too (RFC 9989 section 4.7). */
static void check_below(struct judging *j)
{
	const struct dmarc_published *r = &j->out->dmarc.record;
	const struct subdomain *weak = weak_record(&j->out->projection);
	enum published_policy sp = r->sp ? r->sp : POLICY_REJECT, np = r->np ? r->np : sp;
	enum published_policy least = sp < np ? sp : np;
	set_check(j, CHECK_D3,
		  sp == POLICY_NONE               ? CHECK_FAIL
		  : least < POLICY_REJECT || weak ? CHECK_WARN
						  : CHECK_PASS,
		  TEXT(j, "sp=%s np=%s", policy_or_dash(r->sp), policy_or_dash(r->np)),
		  least < POLICY_REJECT ? "spoofed mail uses the names with the weakest policy"
		  : weak                ? TEXT(j, "%s has its own record, with p=%s", weak->name,
					       published_policy_names[weak->policy])
					: "subdomains get the same policy");
}

static void check_record(struct judging *j)
{
	const struct dmarc_answer *d = &j->out->dmarc;
	const struct dmarc_published *r = &d->record;
	if (!j->k->view || d->pending || d->silent) {
		unknown(j, CHECK_D1);
		unknown(j, CHECK_D2);
		unknown(j, CHECK_D3);
		return;
	}
	check_reports(j);
	check_below(j);
	bool none = d->found == FOUND_NONE || d->n_records > 1 || d->policy == POLICY_ABSENT;
	const char *bad = noted(r, DMARC_BAD), *odd = noted(r, DMARC_ODD);
	set_check(j, CHECK_D1,
		  none         ? CHECK_FAIL
		  : bad || odd ? CHECK_WARN
			       : CHECK_PASS,
		  d->found == FOUND_NONE ? "none" : TEXT(j, "%u", d->n_records),
		  none && !bad ? "without a DMARC record receivers do not refuse spoofed mail"
		  : bad        ? bad
		  : odd        ? odd
			       : "one valid record");
}

/* ---- SPF ---- */

static bool ends_in(const struct spf_record *r, enum spf_result q)
{
	for (size_t i = 0; r && i < r->n_terms; i++)
		if (r->terms[i].kind == SPF_ALL)
			return r->terms[i].qualifier == q;
	return false;
}

static const char *spot_text(const struct judging *j, const struct scope_spot *s, const char *what)
{
	return s->depth ? TEXT(j, "%s in the record of %s, which it includes, %s", s->term->text,
			       s->domain, what)
			: TEXT(j, "%s %s", s->term->text, what);
}

/* Does mail of ours use it as envelope-sender domain? */
static bool carries(const struct judging *j, const struct zone_mailfrom *m)
{
	const struct domain_inventory *inv = j->out->inventory;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		for (size_t k = 0; sender_is_legit(s) && k < s->n_facts; k++) {
			const struct dmarc_profile *p = &j->window->profiles[s->facts[k]->profile];
			const char *name = zone_own_mailfrom(&j->zone, p);
			if (name && strcmp(name, m->domain) == 0)
				return true;
		}
	}
	return false;
}

/* Mail of ours from a name without a record that fails for it; DKIM may carry it all the same. */
static bool is_missed(const struct judging *j, const struct zone_mailfrom *m)
{
	const struct domain_inventory *inv = j->out->inventory;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		for (size_t k = 0; sender_is_legit(s) && k < s->n_facts; k++) {
			const struct dmarc_profile *p = &j->window->profiles[s->facts[k]->profile];
			const char *name =
			    p->cell > CELL_P7 ? zone_own_mailfrom(&j->zone, p) : NULL;
			if (name && strcmp(name, m->domain) == 0)
				return true;
		}
	}
	return false;
}

static enum check_status spf_status(const struct judging *j, const struct zone_mailfrom *m,
				    bool ipv6, const char **why)
{
	const struct scope *scope = &j->ties->scopes[m - j->zone.mailfrom];
	const struct spf_tree *t = &m->spf;
	const struct spf_record *r = t->root;
	*why = NULL;
	if (t->pending || !r || r->result == SPF_TEMPERROR)
		return CHECK_UNKNOWN;
	enum check_status lookups = judge_value(j, CHECK_D4, t->lookups);
	if (r->result == SPF_NONE && !carries(j, m)) {
		*why = "has no SPF record, and no mail of yours uses it as envelope sender";
		return CHECK_WARN; /* DMARC needs none there */
	}
	if (r->result == SPF_NONE)
		*why = "has no SPF record";
	else if (t->problem)
		*why = t->problem;
	else if (t->lookups > SPF_LOOKUP_LIMIT || t->void_v4 > SPF_VOID_LIMIT)
		*why = "exceeds the limits of RFC 7208 (10 lookups, 2 void lookups)";
	else if (scope->open.term)
		*why = spot_text(j, &scope->open, "authorises everybody");
	else if (lookups == CHECK_FAIL)
		*why = "has more lookups than your limit";
	if (*why)
		return CHECK_FAIL;
	if (lookups == CHECK_WARN)
		*why = "needs nearly ten lookups, and ten are allowed";
	else if (t->void_v4 > 1)
		*why = "has two void lookups";
	else if (ipv6 && t->void_v6 > SPF_VOID_LIMIT)
		*why =
		    "fails for senders over IPv6: more than two void lookups (names without AAAA)";
	else if (ends_in(r, SPF_NEUTRAL))
		*why = "ends in ?all (neutral), which protects nothing";
	else if (scope->ptr.term)
		*why = spot_text(j, &scope->ptr,
				 "uses ptr, which RFC 7208 section 5.5 advises against");
	else if (scope->dangling.term)
		*why = spot_text(j, &scope->dangling,
				 zone_is_ours(&j->zone, scope->dangling.term->domain)
				     ? "leads to a name that does not exist"
				     : "leads to a name that does not exist: whoever registers it "
				       "may send as you");
	else if (strlen(r->text) > 512)
		*why = "is longer than 512 octets";
	return *why ? CHECK_WARN : CHECK_PASS;
}

static bool sends_over_ipv6(const struct domain_inventory *inv)
{
	for (size_t i = 0; i < inv->n_senders; i++)
		for (size_t k = 0;
		     sender_is_legit(&inv->senders[i]) && k < inv->senders[i].n_sources; k++)
			if (inv->senders[i].sources[k].ip.family == 6)
				return true;
	return false;
}

/* Is it the envelope-sender domain of somebody of ours? Whoever forges may write any name. */
static bool is_used(const struct judging *j, const struct zone_mailfrom *m)
{
	return m == j->zone.mailfrom || carries(j, m);
}

/* The heaviest thing of the list that is wrong with an SPF record; NULL: none is. */
static const struct todo *spf_fault(const struct judging *j)
{
	const struct todo_list *l = j->out->inventory->todo;
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].kind == TODO_ZONE_FAULT && strncmp(l->list[i].id, "spf:", 4) == 0)
			return &l->list[i];
	return NULL;
}

static void check_spf(struct judging *j)
{
	bool ipv6 = sends_over_ipv6(j->out->inventory);
	enum check_status worst = CHECK_PASS;
	const char *text = "every envelope-sender domain has a valid record";
	unsigned lookups = 0, voids[2] = {0};
	for (size_t i = 0; i < j->zone.n_mailfrom; i++) {
		const struct zone_mailfrom *m = &j->zone.mailfrom[i];
		const char *why;
		bool bare = m->spf.root && m->spf.root->n_texts == 0;
		if (!is_used(j, m) || (i > 0 && bare && !is_missed(j, m)))
			continue;
		enum check_status s = spf_status(j, m, ipv6, &why);
		lookups = m->spf.lookups > lookups ? m->spf.lookups : lookups;
		voids[0] = m->spf.void_v4 > voids[0] ? m->spf.void_v4 : voids[0];
		voids[1] = m->spf.void_v6 > voids[1] ? m->spf.void_v6 : voids[1];
		if (worse(s, worst) > 0) {
			worst = s;
			text =
			    why ? TEXT(j, "SPF of %s: %s", m->domain, why) : "DNS did not answer";
		}
	}
	const struct todo *fault = spf_fault(j);
	enum check_status by_fault = !fault                        ? CHECK_PASS
				     : fault->weight == FAULT_LOST ? CHECK_FAIL
								   : CHECK_WARN;
	if (worse(by_fault, worst) > 0) {
		worst = by_fault;
		text = TEXT(j, "%s: %s", fault->title, fault->text);
	}
	set_check(j, CHECK_D4, j->zone.answered ? worst : CHECK_UNKNOWN,
		  ipv6
		      ? TEXT(j, "%u lookup%s, %u void, IPv6 %u", lookups, lookups == 1 ? "" : "s",
			     voids[0], voids[1])
		      : TEXT(j, "%u lookup%s, %u void", lookups, lookups == 1 ? "" : "s", voids[0]),
		  text);
}

/* Ranges outside of known mail services, over the whole tree: those of a service are its own
 * affair. */
static void check_width(struct judging *j)
{
	const struct scope_spot *widest = NULL;
	double addresses = 0;
	for (size_t i = 0; i < j->zone.n_mailfrom; i++) {
		const struct scope *s = &j->ties->scopes[i];
		if (!is_used(j, &j->zone.mailfrom[i]))
			continue;
		if (s->addresses > addresses) {
			addresses = s->addresses;
			widest = &s->widest;
		}
	}
	enum check_status status = judge_value(j, CHECK_D5, addresses);
	set_check(j, CHECK_D5, status, TEXT(j, "%.0f addresses", addresses),
		  status == CHECK_PASS || !widest || !widest->term
		      ? "no wide address range is authorised"
		      : TEXT(j,
			     "that is more than you are likely to own: %s, and strangers in it "
			     "pass SPF as you",
			     spot_text(j, widest, "is the widest")));
}

/* ---- the rest ---- */

static void check_strict(struct judging *j)
{
	const struct volume *v = &j->window_volume[FATE_LEGIT];
	double share = v->messages ? percent(v->strict, v->messages) : 0;
	set_check(j, CHECK_D7, judge_value(j, CHECK_D7, share),
		  TEXT(j, "%llu messages, %.2f%%", (unsigned long long)v->strict, share),
		  v->strict && j->out->dmarc.record.psd == 'n'
		      ? "psd=n makes the domain an organisation of its own: names above it align "
			"no more where receivers walk the tree"
		  : v->strict ? "with relaxed alignment (without adkim=s, aspf=s) they would pass"
			      : "no mail fails by strict alignment alone");
}

static void check_parked(struct judging *j)
{
	if (!j->out->parked) {
		set_check(j, CHECK_D8, CHECK_INFO, "", "the domain sends mail");
		return;
	}
	const struct dns_answer *mx = dns_ask(j->k->view, j->zone.domain, DNS_MX);
	const struct spf_record *r = j->zone.mailfrom[0].spf.root;
	bool null_mx = mx->outcome == DNS_OK && mx->n == 1 && mx->mx[0].host[0] == '\0';
	bool receives = j->zone.n_exchangers > 0;
	bool nobody = r && r->n_terms == 1 && ends_in(r, SPF_FAIL);
	bool reject = rung_now(j->out) == RUNG_REJECT;
	set_check(j, CHECK_D8,
		  (null_mx || receives) && nobody && reject ? CHECK_PASS
		  : !nobody && !reject                      ? CHECK_FAIL
							    : CHECK_WARN,
		  TEXT(j, "%s, %s, %s",
		       null_mx    ? "null MX"
		       : receives ? "receives mail"
				  : "no null MX",
		       nobody ? "-all" : "no -all", reject ? "p=reject" : "no p=reject"),
		  receives
		      ? "a domain that only receives is locked down by \"v=spf1 -all\" and p=reject"
		      : "a non-sending domain is locked down by MX 0 ., \"v=spf1 -all\" and "
			"p=reject");
}

static void check_names(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	unsigned own = 0, named = 0, open = 0;
	for (size_t i = 0; i < inv->n_senders; i++) {
		if (!sender_is_legit(&inv->senders[i]) ||
		    strncmp(inv->senders[i].key, "own:", 4) != 0)
			continue;
		for (size_t k = 0; k < inv->senders[i].n_sources; k++) {
			const struct address_known *x =
			    knowledge_of(j->k, &inv->senders[i].sources[k].ip);
			own++;
			named += x->ptr == PTR_CONFIRMED;
			open += x->ptr == PTR_UNKNOWN;
		}
	}
	enum check_status s = named == own ? CHECK_PASS
			      : open       ? CHECK_UNKNOWN
			      : named      ? CHECK_WARN
					   : CHECK_FAIL;
	set_check(
	    j, CHECK_D9, s, TEXT(j, "%u of %u", named, own),
	    "large receivers refuse mail from addresses without forward-confirmed reverse DNS");
}

void check_dns(struct judging *j)
{
	check_record(j);
	if (!j->zone.answered) {
		for (int id = CHECK_D4; id <= CHECK_D9; id++)
			unknown(j, (enum check_id)id);
		check_strict(j);
		return;
	}
	check_spf(j);
	check_width(j);
	check_keys(j);
	check_strict(j);
	check_parked(j);
	check_names(j);
	if (j->out->parked) /* nothing signs, and nothing need */
		set_check(j, CHECK_D6, CHECK_INFO, "none", "the domain sends no mail");
}

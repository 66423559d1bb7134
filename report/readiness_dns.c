/* D1 to D9: is the DNS in order? */
#include <string.h>

#include "dns/dkim_key.h"
#include "report/readiness_priv.h"

#define SELECTORS_MAX 40

/* The first note of a kind, or NULL. */
static const char *noted(const struct dmarc_published *r, bool bad)
{
	for (unsigned i = 0; i < r->n_notes; i++)
		if (r->notes[i].bad == bad)
			return r->notes[i].text;
	return NULL;
}

static void unknown(struct judging *j, enum check_id id)
{
	set_check(j, id, CHECK_UNKNOWN, "", "DNS does not answer");
}

static void check_record(struct judging *j)
{
	const struct dmarc_answer *d = &j->out->dmarc;
	const struct dmarc_published *r = &d->record;
	if (!j->k->view || d->pending || (d->failed && d->found == FOUND_NONE)) {
		unknown(j, CHECK_D1);
		unknown(j, CHECK_D2);
		unknown(j, CHECK_D3);
		return;
	}
	bool none = d->found == FOUND_NONE || d->n_records > 1 || d->policy == POLICY_ABSENT;
	const char *bad = noted(r, true), *odd = noted(r, false);
	set_check(j, CHECK_D1,
		  none         ? CHECK_FAIL
		  : bad || odd ? CHECK_WARN
			       : CHECK_PASS,
		  d->found == FOUND_NONE ? "none" : TEXT(j, "%u", d->n_records),
		  none && !bad ? "without a record anybody may send as you"
		  : bad        ? bad
		  : odd        ? odd
			       : "one record, and nothing odd in it");
	unsigned good = 0, refused = 0;
	for (unsigned i = 0; i < r->n_rua; i++) {
		bool ok = r->rua[i].domain && r->rua[i].consent != RUA_REFUSED;
		good += ok;
		refused += !ok;
	}
	set_check(j, CHECK_D2,
		  good == 0 ? CHECK_FAIL
		  : refused ? CHECK_WARN
			    : CHECK_PASS,
		  TEXT(j, "%u of %u", good, r->n_rua),
		  good ? "reports reach you" : "no address in rua can get reports");
	enum published_policy sp = r->sp == POLICY_ABSENT ? POLICY_REJECT : r->sp;
	enum check_status s = sp == POLICY_NONE         ? CHECK_FAIL
			      : sp == POLICY_QUARANTINE ? CHECK_WARN
							: CHECK_PASS;
	if (s == CHECK_PASS && r->np != POLICY_ABSENT && r->np < POLICY_REJECT)
		s = CHECK_WARN;
	set_check(j, CHECK_D3, s,
		  TEXT(j, "sp=%s np=%s", r->sp ? published_policy_names[r->sp] : "-",
		       r->np ? published_policy_names[r->np] : "-"),
		  s == CHECK_PASS ? "subdomains follow p"
				  : "forgers use the names that are protected least");
}

/* ---- SPF ---- */

static bool ends_in(const struct spf_record *r, enum spf_result q)
{
	for (size_t i = 0; r && i < r->n_terms; i++)
		if (r->terms[i].kind == SPF_ALL)
			return r->terms[i].qualifier == q;
	return false;
}

static bool has_kind(const struct spf_record *r, enum spf_kind kind)
{
	for (size_t i = 0; r && i < r->n_terms; i++)
		if (r->terms[i].kind == kind)
			return true;
	return false;
}

static enum check_status spf_status(const struct zone_mailfrom *m, const char **why)
{
	const struct spf_tree *t = &m->spf;
	const struct spf_record *r = t->root;
	*why = NULL;
	if (t->pending || !r || r->result == SPF_TEMPERROR)
		return CHECK_UNKNOWN;
	if (r->result == SPF_NONE)
		*why = "has no SPF record";
	else if (t->problem)
		*why = t->problem;
	else if (t->lookups > SPF_LOOKUP_LIMIT || t->void_v4 > SPF_VOID_LIMIT)
		*why = "is over the limits of RFC 7208";
	else if (ends_in(r, SPF_PASS))
		*why = "authorises everybody (+all)";
	if (*why)
		return CHECK_FAIL;
	if (t->lookups > 8)
		*why = "is near the ten lookups allowed";
	else if (t->void_v4 > 1)
		*why = "has two lookups that find nothing";
	else if (ends_in(r, SPF_NEUTRAL))
		*why = "ends in ?all, which says nothing";
	else if (has_kind(r, SPF_PTR))
		*why = "uses ptr, which receivers may skip";
	else if (strlen(r->text) > 512)
		*why = "is longer than an answer over UDP";
	return *why ? CHECK_WARN : CHECK_PASS;
}

static int worse(enum check_status a, enum check_status b)
{
	static const int order[CHECK_STATUS_COUNT] = {[CHECK_PASS] = 0,
						      [CHECK_INFO] = 0,
						      [CHECK_UNKNOWN] = 1,
						      [CHECK_WARN] = 2,
						      [CHECK_FAIL] = 3};
	return order[a] - order[b];
}

static void check_spf(struct judging *j)
{
	enum check_status worst = CHECK_PASS;
	const char *text = "every MAIL FROM domain has a record in order";
	unsigned lookups = 0, voids = 0;
	for (size_t i = 0; i < j->zone.n_mailfrom; i++) {
		const struct zone_mailfrom *m = &j->zone.mailfrom[i];
		const char *why;
		if (i > 0 && m->messages < 10)
			continue; /* a name that was forged once */
		enum check_status s = spf_status(m, &why);
		lookups = m->spf.lookups > lookups ? m->spf.lookups : lookups;
		voids = m->spf.void_v4 > voids ? m->spf.void_v4 : voids;
		if (worse(s, worst) > 0) {
			worst = s;
			text =
			    why ? TEXT(j, "SPF of %s: %s", m->domain, why) : "DNS does not answer";
		}
	}
	set_check(j, CHECK_D4, j->zone.answered ? worst : CHECK_UNKNOWN,
		  TEXT(j, "%u lookups, %u void", lookups, voids), text);
}

/* Own ranges only: those of a mail service are its own affair. */
static void check_width(struct judging *j)
{
	enum check_status worst = CHECK_PASS;
	const char *text = "no wide range is authorised";
	double addresses = 0;
	for (size_t i = 0; i < j->zone.n_mailfrom; i++) {
		const struct spf_record *r = j->zone.mailfrom[i].spf.root;
		for (size_t k = 0; r && k < r->n_terms; k++) {
			const struct spf_term *t = &r->terms[k];
			if (t->kind != SPF_IP4 || t->qualifier != SPF_PASS || t->n_networks == 0)
				continue;
			unsigned bits = t->networks[0].bits;
			addresses += (double)(UINT64_C(1) << (32 - bits));
			enum check_status s = bits < 12   ? CHECK_FAIL
					      : bits < 20 ? CHECK_WARN
							  : CHECK_PASS;
			if (worse(s, worst) > 0) {
				worst = s;
				text = TEXT(j, "%s authorises strangers, too", t->text);
			}
		}
	}
	if (worst == CHECK_PASS && addresses > 4096) {
		worst = CHECK_WARN;
		text = "so many addresses are hardly all yours";
	}
	set_check(j, CHECK_D5, j->zone.answered ? worst : CHECK_UNKNOWN,
		  TEXT(j, "%.0f addresses", addresses), text);
}

/* ---- keys ---- */

static enum check_status key_status(const struct dkim_key *k, const char **what)
{
	switch (k->state) {
	case DKIM_KEY_UNKNOWN:
		*what = "cannot be asked";
		return CHECK_UNKNOWN;
	case DKIM_KEY_MISSING:
		*what = "is not in DNS";
		return CHECK_FAIL;
	case DKIM_KEY_REVOKED:
		*what = "is revoked";
		return CHECK_FAIL;
	case DKIM_KEY_BAD:
		*what = "is no key";
		return CHECK_FAIL;
	case DKIM_KEY_GOOD:
		break;
	}
	*what = k->testing ? "is in test mode (t=y)" : k->bits < 2048 ? "is short" : "";
	if (k->ed25519)
		return k->testing ? CHECK_WARN : CHECK_PASS;
	return k->bits < 1024 ? CHECK_FAIL : k->bits < 2048 || k->testing ? CHECK_WARN : CHECK_PASS;
}

static bool seen_before(const char **names, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void check_keys(struct judging *j)
{
	const struct domain_facts *d = j->in->window;
	const char *names[SELECTORS_MAX], *text = "every selector in use has a good key";
	enum check_status worst = CHECK_PASS;
	unsigned n = 0, least = 0;
	for (size_t i = 0; i < d->n_profiles && n < SELECTORS_MAX; i++)
		for (unsigned k = 0; k < d->profiles[i].n_dkim && n < SELECTORS_MAX; k++) {
			const struct dmarc_dkim *s = &d->profiles[i].dkim[k];
			if (s->result.code != W_PASS || !s->domain || !s->selector ||
			    !*s->selector || !domain_is_below(s->domain, j->zone.org))
				continue;
			const char *what,
			    *name = TEXT(j, "%s._domainkey.%s", s->selector, s->domain);
			if (seen_before(names, n, name))
				continue;
			names[n++] = name;
			struct dkim_key key = dkim_key_read(dns_ask(j->k->view, name, DNS_TXT));
			enum check_status status = key_status(&key, &what);
			if (key.state == DKIM_KEY_GOOD && !key.ed25519 &&
			    (!least || key.bits < least))
				least = key.bits;
			if (worse(status, worst) > 0) {
				worst = status;
				text = TEXT(j, "%s %s", name, what);
			}
		}
	if (n == 0)
		set_check(j, CHECK_D6, CHECK_FAIL, "none", "no signature of your domain passes");
	else
		set_check(j, CHECK_D6, worst,
			  least ? TEXT(j, "%u selectors, %u bits", n, least)
				: TEXT(j, "%u selectors", n),
			  text);
}

/* ---- the rest ---- */

static void check_strict(struct judging *j)
{
	const struct volume *v = &j->window[FATE_LEGIT];
	double share = v->messages ? percent(v->strict, v->messages) : 0;
	set_check(j, CHECK_D7,
		  v->strict == 0 ? CHECK_PASS
		  : share < 0.5  ? CHECK_WARN
				 : CHECK_FAIL,
		  TEXT(j, "%llu messages", (unsigned long long)v->strict),
		  v->strict ? "relaxed alignment (no adkim=s, aspf=s) would let them pass"
			    : "strict alignment costs nothing");
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
	bool nobody = r && r->n_terms == 1 && ends_in(r, SPF_FAIL);
	bool reject = j->out->dmarc.policy == POLICY_REJECT;
	set_check(j, CHECK_D8,
		  null_mx && nobody && reject ? CHECK_PASS
		  : !nobody && !reject        ? CHECK_FAIL
					      : CHECK_WARN,
		  TEXT(j, "%s, %s, %s", null_mx ? "null MX" : "no null MX",
		       nobody ? "-all" : "no -all", reject ? "p=reject" : "no p=reject"),
		  "a domain without mail is protected at once: MX 0 ., \"v=spf1 -all\", p=reject");
}

static void check_names(struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	unsigned own = 0, named = 0, open = 0;
	for (size_t i = 0; i < inv->n_senders; i++) {
		if (!is_legit(&inv->senders[i]) || strncmp(inv->senders[i].key, "own:", 4) != 0)
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
	set_check(j, CHECK_D9, s, TEXT(j, "%u of %u", named, own),
		  "large receivers refuse mail of addresses without a confirmed name");
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

#include "report/bounce/look.h"

#include <string.h>

#include "dns/dkim_key.h"

#define TERMS_TOLD 2 /* a: terms of the record, and where they lead */
#define KEYS_TOLD  3

bool look_in_domain(const struct explainer *e, const char *name)
{
	return name && e->d && e->d->judged && e->d->basis.zone.known &&
	       (zone_is_ours(&e->d->basis.zone, name) || domain_is_below(name, e->d->domain));
}

const char *look_ip(const struct explainer *e)
{
	char text[IP_STRLEN];
	return arena_strdup(e->a, ip_format(&e->out->ip, text));
}

/* ---- SPF, as it is today ---- */

/* "a:sv99.xserver.jp is 192.0.2.99; " */
static const char *leads(const struct explainer *e, const struct spf_record *r)
{
	const char *out = "";
	unsigned told = 0;
	char ip[IP_STRLEN];
	for (size_t i = 0; r && i < r->n_terms && told < TERMS_TOLD; i++) {
		const struct spf_term *t = &r->terms[i];
		if (t->kind != SPF_A || !t->domain || t->n_networks != 1 || t->ignored)
			continue;
		out = arena_printf(e->a, "%sa:%s is %s; ", out, t->domain,
				   ip_format(&t->networks[0].ip, ip));
		told++;
	}
	return out;
}

/* What stands at the end of the record: "~all"; "" where nothing does. */
static const char *end_of(const struct spf_record *r)
{
	for (size_t i = 0; r && i < r->n_terms; i++)
		if (r->terms[i].kind == SPF_ALL)
			return r->terms[i].text;
	return "";
}

static const char *tell_spf(const struct explainer *e, const struct spf_check *c,
			    const struct spf_tree *t)
{
	const char *name = e->mailfrom, *ip = look_ip(e), *end = end_of(t->root);
	bool by_all = c->mechanism && strcmp(c->mechanism, end) == 0;
	switch (c->result) {
	case SPF_NONE:
		return arena_printf(e->a, "%s has no SPF record.", name);
	case SPF_TEMPERROR:
		return NULL;
	case SPF_PERMERROR:
		return arena_printf(e->a, "the SPF record of %s is an error: %s.", name,
				    c->problem ? c->problem : "it cannot be evaluated");
	case SPF_PASS:
		return arena_printf(e->a, "%s matches %s: SPF of %s passes (%u of %d lookups).", ip,
				    c->mechanism ? c->mechanism : "the record", name, t->lookups,
				    SPF_LOOKUP_LIMIT);
	default:
		if (c->mechanism && !by_all)
			return arena_printf(e->a, "%s matches %s: SPF of %s says %s.", ip,
					    c->mechanism, name, spf_result_names[c->result]);
		return arena_printf(e->a, "%s%s%s matches nothing (%s%u of %d lookups).", end,
				    *end ? "; " : "", ip, leads(e, t->root), t->lookups,
				    SPF_LOOKUP_LIMIT);
	}
}

void look_spf(struct explainer *e, bool tell)
{
	struct bounce_dns *dns = &e->out->dns;
	struct spf_check check;
	struct spf_tree tree;
	if (!e->view)
		return;
	if (!e->mailfrom && e->x->r.mail_from_domain) {
		explain_unchecked(e,
				  "SPF: the envelope sender is empty (<>), receivers then ask the "
				  "HELO name");
		return;
	}
	if (!e->mailfrom) {
		explain_unchecked(e, "SPF: the envelope sender (MAIL FROM) is not said "
				     "(--domain)");
		return;
	}
	if (!e->out->ip.family)
		return;
	struct spf_request request = {
	    .ip = e->out->ip, .mail_from = arena_printf(e->a, "postmaster@%s", e->mailfrom)};
	spf_check_host(e->view, &request, e->a, &check);
	spf_tree_read(e->view, e->mailfrom, e->a, &tree);
	if (check.pending || tree.pending)
		return;
	dns->spf_domain = e->mailfrom;
	dns->spf_record = tree.root ? tree.root->text : NULL;
	dns->spf_term = check.mechanism;
	dns->spf_lookups = tree.lookups;
	dns->spf_result = check.result == SPF_TEMPERROR ? -1 : (int)check.result;
	const char *text = tell_spf(e, &check, &tree), *ptr = link_ptr(e);
	if (text && !tell)
		return;
	if (text)
		explain_evidence(e, "DNS now", arena_printf(e->a, "%s%s", text, ptr));
	else
		explain_unchecked(
		    e, arena_printf(e->a, "SPF of %s: its DNS did not answer", e->mailfrom));
}

/* ---- DMARC and keys ---- */

bool look_dmarc(struct explainer *e, struct dmarc_answer *d)
{
	struct bounce_dns *dns = &e->out->dns;
	*d = (struct dmarc_answer){.pending = true};
	if (!e->view || !e->from)
		return false;
	dmarc_discover(e->view, e->c->k->rules, e->from, e->a, d);
	if (d->pending || d->silent)
		return false;
	dns->dmarc_domain = d->found == FOUND_NONE ? e->from : d->at;
	dns->dmarc_record = d->record.text;
	dns->dmarc_policy = d->found == FOUND_NONE ? NULL : published_policy_names[d->policy];
	return true;
}

bool look_same_org(const struct explainer *e, const char *a, const char *b)
{
	const struct name_rules *rules = e->c->k->rules;
	return a && b &&
	       strcmp(rules->org_domain(rules->ctx, a), rules->org_domain(rules->ctx, b)) == 0;
}

const char *look_passed(const struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	const char *out = "";
	if (e->mailfrom && !look_same_org(e, e->mailfrom, e->from))
		out = arena_printf(e->a, "SPF %s %s",
				   e->out->dns.spf_result == SPF_PASS ? "passes for" : "is about",
				   e->mailfrom);
	for (size_t i = 0; i < r->n_dkim && i < KEYS_TOLD; i++)
		if (r->dkim[i].domain && !look_same_org(e, r->dkim[i].domain, e->from))
			out = arena_printf(e->a, "%s%sDKIM d=%s", out, *out ? ", " : "",
					   r->dkim[i].domain);
	return out;
}

static const char *key_words(const struct dkim_key *key)
{
	switch (key->state) {
	case DKIM_KEY_MISSING:
		return "is not published";
	case DKIM_KEY_REVOKED:
		return "is revoked (an empty p=)";
	case DKIM_KEY_BAD:
		return "is no key";
	case DKIM_KEY_GOOD:
		return key->ed25519 || key->bits >= 1024
			   ? "is published and good: the message was changed after it was signed, "
			     "or "
			     "signed with another key"
			   : "is too short: receivers want 1,024 bits or more (RFC 8301)";
	default:
		return NULL;
	}
}

void look_keys(struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	for (size_t i = 0; e->view && i < r->n_dkim && i < KEYS_TOLD; i++) {
		const struct refusal_dkim *s = &r->dkim[i];
		if (!s->domain || !s->selector ||
		    (e->from && !look_same_org(e, s->domain, e->from)))
			continue;
		const char *name = arena_printf(e->a, "%s._domainkey.%s", s->selector, s->domain);
		struct dkim_key key = dkim_key_read(dns_ask(e->view, name, DNS_TXT));
		if (key_words(&key))
			explain_evidence(e, "DKIM key",
					 arena_printf(e->a, "%s %s.", name, key_words(&key)));
	}
	if (r->n_dkim == 0 && r->header_from_domain)
		explain_evidence(e, "DKIM", "the message carried no signature.");
}

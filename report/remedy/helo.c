/* Bounces and auto-replies have an empty MAIL FROM: SPF is checked for the HELO name (RFC 7208
 * section 2.4). Which name that is, and its record. */
#include <string.h>

#include "report/remedy/priv.h"
#include "report/remedy/spf_edit.h"

/* The name that most failing bounces came with; NULL: no reporter told it. */
static const char *reported(const struct sender *s)
{
	const char *best = NULL;
	uint64_t most = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const struct dmarc_profile *p = &s->profiles[f->profile];
		for (unsigned k = 0; k < p->n_spf; k++) {
			if (!(p->flags & DMARC_NULL_SENDER) || p->cell <= CELL_P7 ||
			    !p->spf[k].domain || f->messages <= most)
				continue;
			best = p->spf[k].domain;
			most = f->messages;
		}
	}
	return best;
}

/* The name that it should greet with: its own reverse name, or one of ours that leads to it. */
static const char *own_name(const struct remedier *r, const struct sender *s)
{
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct zone_host *h = zone_host(r->zone, &s->sources[i].ip);
		if (s->sources[i].ties & TIE_NAME)
			return s->sources[i].ptr;
		if (h && s->sources[i].ties & TIE_HOST && zone_is_ours(r->zone, h->name))
			return h->name;
	}
	return NULL;
}

/* Does the name lead to every address of the sender, all of which are ours? */
static bool leads_there(const struct remedier *r, const struct sender *s, const char *helo)
{
	const struct dns_view *v = r->zone->known->view;
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct sender_source *x = &s->sources[i];
		const struct dns_answer *a = dns_ask(v, helo, x->ip.family == 4 ? DNS_A : DNS_AAAA);
		bool leads = false;
		for (size_t k = 0; a->outcome == DNS_OK && k < a->n; k++)
			leads = leads || ip_cmp(&a->addresses[k], &x->ip) == 0;
		if (!leads || !(x->ties & (TIE_HOST | TIE_NAME)))
			return false;
	}
	return s->n_sources > 0;
}

static bool authorises(const struct remedier *r, const struct sender *s, const char *helo)
{
	for (size_t i = 0; i < s->n_sources; i++) {
		struct spf_check check;
		const struct spf_request request = {
		    .ip = s->sources[i].ip, .mail_from = "", .helo = helo};
		spf_check_host(r->zone->known->view, &request, r->a, &check);
		if (check.pending || check.result != SPF_PASS)
			return false;
	}
	return true;
}

/* NULL: its record does already, or none may be shown. */
static const struct record_change *record_of(const struct remedier *r, const struct sender *s,
					     const char *helo)
{
	const struct dns_answer *t = dns_ask(r->zone->known->view, helo, DNS_TXT);
	static const char *const host[] = {"a"};
	const char *before = NULL;
	unsigned n = 0;
	if ((t->outcome != DNS_OK && t->outcome != DNS_NODATA) ||
	    strcmp(t->canonical, t->name) != 0 || !leads_there(r, s, helo) ||
	    authorises(r, s, helo))
		return NULL;
	for (size_t i = 0; t->outcome == DNS_OK && i < t->n; i++)
		if (strncasecmp(t->texts[i].data, "v=spf1", 6) == 0) {
			before = t->texts[i].data;
			n++;
		}
	if (n > 1)
		return NULL;
	struct record_change *c = arena_alloc(r->a, sizeof *c);
	*c = (struct record_change){
	    .name = helo, .before = before, .lookups_after = 1, .terms = "a"};
	c->after = before ? spf_edit_add(r->a, before, host, 1) : "v=spf1 a -all";
	return c;
}

bool remedy_helo(const struct remedier *r, struct sender *s)
{
	static const char why[] =
	    "its bounces and auto-replies have an empty envelope sender, so SPF "
	    "is checked for its HELO name";
	struct remedy *m = &s->verdict.remedy;
	const char *helo = reported(s), *own = own_name(r, s);
	bool ours = helo && zone_is_ours(r->zone, helo);
	m->change = NULL;
	if (helo && !ours) {
		m->text =
		    own ? arena_printf(r->a,
				       "%s, %s, which is not in your domain. Let it greet with "
				       "%s, and publish this record there",
				       why, helo, own)
			: arena_printf(r->a,
				       "%s, %s, which is not in your domain. Give it one in your "
				       "domain with its own SPF record, or sign them with DKIM",
				       why, helo);
		m->change = own ? record_of(r, s, own) : NULL;
		return m->change || !own;
	}
	helo = ours ? helo : own;
	if (!helo) {
		m->text = arena_printf(r->a,
				       "%s. Give it one in your domain with its own SPF record, or "
				       "sign them with DKIM",
				       why);
		return true;
	}
	m->change = record_of(r, s, helo);
	if (m->change)
		m->text = arena_printf(r->a,
				       "%s, %s. Publish this SPF record there, or sign them "
				       "with DKIM",
				       why, helo);
	else if (dns_ask(r->zone->known->view, helo, DNS_A)->outcome == DNS_NXDOMAIN)
		m->text =
		    arena_printf(r->a,
				 "%s, %s, which does not exist in DNS. Publish its A record, and "
				 "\"v=spf1 a -all\" beside it",
				 why, helo);
	else if (authorises(r, s, helo))
		m->text =
		    arena_printf(r->a,
				 "%s, %s. Its SPF record authorises it today: nothing more is to "
				 "do for those",
				 why, helo);
	else
		m->text =
		    arena_printf(r->a,
				 "%s, %s. Let an SPF record there authorise its addresses, or "
				 "sign them with DKIM",
				 why, helo);
	return true;
}

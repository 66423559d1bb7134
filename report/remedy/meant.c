#include "report/remedy/meant.h"

#include "report/remedy/priv.h"
#include <string.h>

#define NARROW_V4 24
#define NARROW_V6 48

static bool is_narrow(const struct spf_term *t, const struct ip *ip)
{
	for (size_t i = 0; i < t->n_networks; i++) {
		const struct spf_network *net = &t->networks[i];
		struct ip x = ip_network(ip, net->bits);
		if (net->ip.family == ip->family && ip_cmp(&x, &net->ip) == 0)
			return net->bits >= (ip->family == 4 ? NARROW_V4 : NARROW_V6);
	}
	return false;
}

static bool is_forger(const struct sender *s)
{
	return s->verdict.category == CAT_UNAUTHORIZED || s->guest ||
	       (s->label && s->label->verdict == LABEL_DENY);
}

bool meant_names(const struct zone *z, const struct spf_tree *mended, const struct sender *s,
		 const struct ip *ip)
{
	const struct spf_term *term;
	if (mended->pending || mended->depends || is_forger(s) ||
	    spf_tree_find(mended, ip, &term, NULL, NULL) != SPF_PASS || !term)
		return false;
	return is_narrow(term, ip) || zone_uses(z, s->service);
}

/* Does mail with the envelope sender come from the address, in what is stored? */
static bool sends(const struct gate *g, const struct zone_mailfrom *m, const struct ip *ip)
{
	for (size_t p = 0; p < g->n_periods; p++)
		for (size_t i = 0; i < g->periods[p]->n_facts; i++) {
			const struct fact *f = &g->periods[p]->facts[i];
			const char *name =
			    ip_cmp(&f->source, ip) == 0
				? zone_own_mailfrom(g->zone, &g->periods[p]->profiles[f->profile])
				: NULL;
			if (name && strcmp(name, m->domain) == 0)
				return true;
		}
	return false;
}

const char *meant_host(const struct gate *g, const struct zone_mailfrom *m,
		       const struct spf_term *t)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA};
	bool meant = false;
	if (t->kind != SPF_INCLUDE || !t->domain || t->depends || !t->child ||
	    t->child->result != SPF_NONE || t->child->n_texts > 0)
		return NULL;
	for (size_t i = 0; i < g->zone->n_exchangers; i++)
		meant = meant || strcmp(g->zone->exchangers[i], t->domain) == 0;
	size_t n = 0;
	for (int k = 0; k < 2; k++) {
		const struct dns_answer *x = dns_ask(g->zone->known->view, t->domain, types[k]);
		for (size_t i = 0; x->outcome == DNS_OK && i < x->n; i++, n++)
			meant = meant || sends(g, m, &x->addresses[i]);
	}
	return meant && n > 0 ? arena_printf(g->a, "a:%s", t->domain) : NULL;
}

static bool authorises_somebody(const struct gate *g, const struct zone_mailfrom *m,
				const struct spf_term *t)
{
	for (size_t p = 0; p < g->n_periods; p++)
		for (size_t i = 0; i < g->periods[p]->n_facts; i++) {
			const struct fact *f = &g->periods[p]->facts[i];
			for (size_t k = 0; k < t->n_networks; k++) {
				struct ip net = ip_network(&f->source, t->networks[k].bits);
				if (f->source.family == t->networks[k].ip.family &&
				    ip_cmp(&net, &t->networks[k].ip) == 0 &&
				    sends(g, m, &f->source))
					return true;
			}
		}
	return false;
}

static const struct zone_mailfrom *mailfrom_of(const struct gate *g, const struct sender *s)
{
	const struct zone *z = g->zone;
	for (size_t i = 0; i < s->n_facts; i++) {
		const char *name = zone_own_mailfrom(z, &s->profiles[s->facts[i]->profile]);
		for (size_t k = 0; name && k < z->n_mailfrom; k++)
			if (strcmp(z->mailfrom[k].domain, name) == 0)
				return &z->mailfrom[k];
	}
	return NULL;
}

const char *meant_elsewhere(const struct gate *g, const struct sender *s)
{
	const struct zone_mailfrom *m = mailfrom_of(g, s);
	const struct spf_record *r = m ? m->spf.root : NULL;
	const char *out = NULL;
	char ip[IP_STRLEN];
	for (size_t i = 0; r && r->result == SPF_PASS && i < r->n_terms; i++) {
		const struct spf_term *t = &r->terms[i];
		if ((t->kind != SPF_A && t->kind != SPF_MX) || t->ignored || t->depends ||
		    t->qualifier != SPF_PASS || t->n_networks == 0 || authorises_somebody(g, m, t))
			continue;
		out = arena_printf(g->a, "%s%s%s leads to %s", out ? out : "", out ? ", " : "",
				   t->text, ip_format(&t->networks[0].ip, ip));
	}
	return out;
}

bool meant_nobody(const struct spf_tree *tree)
{
	for (size_t i = 0; tree->root && i < tree->root->n_terms; i++) {
		const struct spf_term *t = &tree->root->terms[i];
		if (!t->ignored && t->qualifier == SPF_PASS &&
		    (t->n_networks > 0 || t->child || t->depends || t->kind == SPF_ALL))
			return false;
	}
	return true;
}

static uint64_t sent_as(const struct gate *g, const struct sender *s, const char *name)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const char *from = zone_own_mailfrom(g->zone, &s->profiles[s->facts[i]->profile]);
		n += from && strcmp(from, name) == 0 ? s->facts[i]->messages : 0;
	}
	return n;
}

const struct sender *meant_somebody(const struct gate *g, const struct zone_mailfrom *m)
{
	const struct sender *best = NULL;
	uint64_t most = 0;
	for (size_t i = 0; i < g->n_senders; i++) {
		const struct sender *s = &g->senders[i];
		if (s->change == CHANGE_GONE || is_forger(s) || s->days < 2 ||
		    s->verdict.category == CAT_FORWARDER)
			continue;
		uint64_t n = sent_as(g, s, m->domain);
		if (n > most) {
			most = n;
			best = s;
		}
	}
	return best;
}

uint64_t meant_sent(const struct gate *g, const struct zone_mailfrom *m,
		    const struct spf_tree *tree)
{
	const struct spf_term *term;
	uint64_t n = 0;
	for (size_t i = 0; i < g->n_senders; i++) {
		const struct sender *s = &g->senders[i];
		if (s->change == CHANGE_GONE || is_forger(s) || s->days < 2)
			continue;
		for (size_t k = 0; k < s->n_facts; k++) {
			const struct fact *f = s->facts[k];
			const struct dmarc_profile *p = &s->profiles[f->profile];
			const char *name = zone_own_mailfrom(g->zone, p);
			if (name && strcmp(name, m->domain) == 0 && p->cell > CELL_P7 &&
			    f->source.family &&
			    spf_tree_find(tree, &f->source, &term, NULL, NULL) == SPF_PASS)
				n += f->messages;
		}
	}
	return n;
}

void meant_scope(struct gate *g, const struct zone_mailfrom *m, const char *record,
		 struct scope *out)
{
	struct zone_mailfrom in_place = *m;
	struct knowledge known = *g->zone->known;
	struct zone zone = *g->zone;
	known.view = gate_view(g, m, record);
	zone.known = &known;
	spf_tree_read(known.view, m->domain, g->a, &in_place.spf);
	scope_read(&zone, &in_place, out);
}

/* ---- senders whose mail fails by a fault of a record that is mended ---- */

struct plan *mended_by(const struct remedier *r, const struct sender *s, const struct fact *f)
{
	const struct dmarc_profile *p = &s->profiles[f->profile];
	bool tries = p->cell >= CELL_F1 && p->cell <= CELL_F4 && f->source.family;
	const char *mailfrom = tries ? zone_own_mailfrom(r->zone, p) : NULL;
	struct plan *plan = mailfrom ? plan_of_name(r, mailfrom) : NULL;
	return plan && plan_mends(plan, &f->source) ? plan : NULL;
}

struct plan *mended_fault_of(const struct remedier *r, const struct sender *s)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *q = &s->profiles[s->facts[i]->profile];
		const char *name = q->cell == CELL_F3 ? zone_own_mailfrom(r->zone, q) : NULL;
		struct plan *p = name ? plan_of_name(r, name) : mended_by(r, s, s->facts[i]);
		if (p)
			return p;
	}
	return NULL;
}

bool remedy_is_mended(const struct remedier *r, const struct sender *s)
{
	uint64_t failing = s->t.messages - tally_judged_pass(&s->t), mended = 0;
	bool known = sender_is_legit(s);
	if (s->label || s->guest || failing == 0 || (!known && s->verdict.category != CAT_UNKNOWN))
		return false;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const struct plan *p = mended_by(r, s, f);
		const struct spf_tree *meant = p ? r->gate.meant[p - r->plans] : NULL;
		if (p && (known || (meant && meant_names(r->zone, meant, s, &f->source))))
			mended += f->messages;
	}
	return 2 * mended > failing;
}

/* Edits of SPF for one sender: whose record, which terms, and whether they pass the gate. */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "report/remedy/priv.h"

#define MECHANISMS_MAX 24 /* written one by one; more is a network, and a person's decision */

/* ---- whose record, which addresses ---- */

struct plan *plan_of_name(const struct remedier *r, const char *mailfrom)
{
	for (size_t k = 0; k < r->zone->n_mailfrom; k++)
		if (strcmp(r->zone->mailfrom[k].domain, mailfrom) == 0)
			return &r->plans[k];
	return NULL;
}

/* Rows of the sender that an edit is about: MAIL FROM is ours, and its record does not authorise
 * the address, nor will once it is no error any more, or is not there. */
static const char *concerned(const struct remedier *r, const struct sender *s, const struct fact *f)
{
	const struct dmarc_profile *p = &s->profiles[f->profile];
	const char *mailfrom = zone_own_mailfrom(r->zone, p);
	if (!mailfrom || f->source.family == 0 || mended_by(r, s, f))
		return NULL;
	if (p->cell == CELL_F4)
		return mailfrom;
	if (p->cell == CELL_F3) {
		struct plan *plan = plan_of_name(r, mailfrom);
		return plan && !plan_holds(plan, &f->source) ? mailfrom : NULL;
	}
	bool fails = p->cell == CELL_F1 || p->cell == CELL_F2;
	return fails && zone_spf_now(r->zone, mailfrom, &f->source) == NOW_NO ? mailfrom : NULL;
}

/* Messages that an edit is about, by envelope-sender domain. */
static void volumes_of(const struct remedier *r, const struct sender *s,
		       uint64_t volume[ZONE_MAILFROM_MAX])
{
	memset(volume, 0, ZONE_MAILFROM_MAX * sizeof *volume);
	for (size_t i = 0; i < s->n_facts; i++) {
		const char *name = concerned(r, s, s->facts[i]);
		const struct plan *p = name ? plan_of_name(r, name) : NULL;
		if (p)
			volume[p - r->plans] += s->facts[i]->messages;
	}
}

struct plan *remedy_plan(const struct remedier *r, const struct sender *s)
{
	uint64_t volume[ZONE_MAILFROM_MAX];
	size_t best = 0;
	volumes_of(r, s, volume);
	for (size_t k = 1; k < r->zone->n_mailfrom; k++)
		if (volume[k] > volume[best])
			best = k;
	return r->zone->n_mailfrom && volume[best] > 0 ? &r->plans[best] : NULL;
}

#define LOOK_BACK 62 /* days: what failed then fails the next time, too */

static bool has_address(const struct gate_need *need, const struct ip *ip)
{
	for (size_t i = 0; i < need->n; i++)
		if (ip_cmp(&need->addresses[i], ip) == 0)
			return true;
	return false;
}

static void add_addresses(const struct remedier *r, const struct sender *s, const struct plan *p,
			  int32_t since, struct gate_need *need)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const char *name = concerned(r, s, f);
		int32_t last = fact_last_day(f);
		if (name && strcmp(name, p->m->domain) == 0 && last >= since &&
		    !has_address(need, &f->source))
			need->addresses[need->n++] = f->source;
	}
}

/* With those of the period before that come once a month; where they are tied as well. */
struct gate_need remedy_need(const struct remedier *r, const struct sender *s, const struct plan *p)
{
	struct gate_need need = {.s = s};
	size_t most = s->n_facts + (s->was ? s->was->n_facts : 0);
	need.addresses = arena_alloc(r->a, (most + 1) * sizeof *need.addresses);
	add_addresses(r, s, p, INT32_MIN, &need);
	if (s->was && s->change != CHANGE_GONE && s->was != s)
		add_addresses(r, s->was, p, r->gate.periods[0]->window.until - LOOK_BACK, &need);
	return need;
}

/* ---- mechanisms ---- */

static int by_address(const void *x, const void *y)
{
	return ip_cmp(x, y);
}

struct block {
	struct ip ip;
	unsigned bits;
};

/* Networks of which every address was seen, and nothing wider. */
static size_t join_blocks(struct block *b, size_t n)
{
	bool joined = true;
	while (joined) {
		size_t out = 0;
		joined = false;
		for (size_t i = 0; i < n; i++) {
			struct ip up = ip_network(&b[i].ip, b[i].bits - 1);
			if (i + 1 < n && b[i].bits > 1 && b[i].bits == b[i + 1].bits &&
			    ip_cmp(&b[i].ip, &up) == 0) {
				struct ip other = ip_network(&b[i + 1].ip, b[i].bits - 1);
				if (ip_cmp(&other, &up) == 0) {
					b[out++] = (struct block){up, b[i].bits - 1};
					joined = true;
					i++;
					continue;
				}
			}
			b[out++] = b[i];
		}
		n = out;
	}
	return n;
}

static unsigned ties_at(const struct sender *s, const struct ip *ip)
{
	const struct sender_source *x = sender_source_at(s, ip);
	return x ? x->ties : 0;
}

/* The IPv6 addresses of a host change by the day (RFC 8981): its /64 is meant, where that is what
 * ties them. Two names of ours in a /64 are two addresses. */
static struct block block_of(const struct remedier *r, const struct gate_need *need, size_t i)
{
	const struct ip *ip = &need->addresses[i];
	struct ip net = ip_network(ip, 64);
	bool whole = false;
	for (size_t k = 0; ip->family == 6 && k < need->n; k++) {
		struct ip other = ip_network(&need->addresses[k], 64);
		whole = whole || (need->addresses[k].family == 6 && ip_cmp(&net, &other) == 0 &&
				  ties_at(need->s, &need->addresses[k]) & TIE_HOST &&
				  !zone_host(r->zone, &need->addresses[k]));
	}
	return whole ? (struct block){net, 64} : (struct block){*ip, ip->family == 4 ? 32 : 128};
}

/* "ip4:192.0.2.7", "ip6:2001:db8::/64"; 0: too many. */
size_t remedy_mechanisms(const struct remedier *r, const struct gate_need *need, const char **out,
			 size_t max)
{
	struct block *blocks = arena_alloc(r->a, (need->n + 1) * sizeof *blocks);
	char text[IP_STRLEN];
	size_t n = 0;
	qsort(need->addresses, need->n, sizeof *need->addresses, by_address);
	for (size_t i = 0; i < need->n; i++) {
		struct block b = block_of(r, need, i);
		if (n == 0 || ip_cmp(&blocks[n - 1].ip, &b.ip) != 0)
			blocks[n++] = b;
	}
	n = join_blocks(blocks, n);
	if (n > max)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct block *b = &blocks[i];
		bool whole = b->bits == (b->ip.family == 4 ? 32u : 128u);
		ip_format(&b->ip, text);
		out[i] = whole ? arena_printf(r->a, "ip%u:%s", b->ip.family, text)
			       : arena_printf(r->a, "ip%u:%s/%u", b->ip.family, text, b->bits);
	}
	return n;
}

const char *remedy_terms(struct arena *a, const char *const *words, size_t n)
{
	const char *out = "";
	for (size_t i = 0; i < n; i++)
		out = arena_printf(a, "%s%s%s", out, i ? " " : "", words[i]);
	return out;
}

/* Is every address tied by the service alone, so that its terms are what to add? */
static bool is_by_service(const struct gate_need *need)
{
	for (size_t i = 0; i < need->s->n_sources; i++) {
		const struct sender_source *x = &need->s->sources[i];
		if (x->ties & (TIE_HOST | TIE_NAME))
			return false;
	}
	return need->s->service && (need->s->ties_any & TIE_SERVICE);
}

/* A service's machines that all its customers share, of which no host or name of ours is one. */
static bool is_pooled(const struct gate_need *need)
{
	const struct service *s = need->s->service;
	bool pool = s && s->shared &&
		    (s->kind == KIND_ESP || s->kind == KIND_SAAS || s->kind == KIND_MAILBOX ||
		     s->kind == KIND_GATEWAY || s->kind == KIND_FORWARDER || s->kind == KIND_ISP);
	return pool && !(need->s->ties & (TIE_HOST | TIE_NAME));
}

/* A person says that the account is ours, and the service lets nobody else use our domain: what it
 * documents for everybody is what to add. NULL: done. */
static const char *add_approved(struct plan *p, const struct gate_need *need, const char **added)
{
	const struct service *s = need->s->service;
	const char *why = NULL;
	for (size_t i = 0; i < s->n_names[BY_INCLUDE]; i++) {
		const char *term = arena_printf(p->gate->a, "include:%s", s->names[BY_INCLUDE][i]);
		why = plan_add(p, need, &term, 1);
		if (!why) {
			*added = term;
			return NULL;
		}
	}
	return why ? why : "the service documents no term for all of its customers";
}

/* Whose customers all send from the same machines: a record for one lets in the others. */
static const char *pooled_text(const struct service *s)
{
	return s->kind == KIND_ISP
		   ? "its addresses serve all customers of the provider. Who uses it should send "
		     "through a mail server of yours (submission, port 587)"
		   : "its addresses serve other customers of the service, too";
}

static const char *add_terms(struct remedier *r, struct plan *p, const struct gate_need *need,
			     const char **added)
{
	const char *mechanisms[MECHANISMS_MAX], *why = NULL;
	if (is_by_service(need)) {
		const char *const *terms = ties_service_terms(r->gate.ties, need->s->service);
		for (size_t i = 0; terms[i]; i++) {
			why = plan_add(p, need, &terms[i], 1);
			if (!why) {
				*added = terms[i];
				return NULL;
			}
		}
		return why ? why : "the service documents no term for what your DNS names";
	}
	if (is_pooled(need)) {
		const struct service *s = need->s->service;
		bool documented = s->verifies == ANSWER_YES && s->n_include_for == 0 &&
				  need->s->ties & TIE_PERSON;
		return documented ? add_approved(p, need, added) : pooled_text(s);
	}
	size_t n = remedy_mechanisms(r, need, mechanisms, MECHANISMS_MAX);
	if (n == 0)
		return "it sends from too many addresses to list";
	why = plan_add(p, need, mechanisms, n);
	*added = why ? NULL : remedy_terms(r->a, mechanisms, n);
	return why;
}

/* ---- SPF ---- */

/* What an edit for a machine that others use, too, lets in besides; and what may change under an
 * address that only a name of ours ties to us. "": it is our own. */
static const char *host_note(const struct remedier *r, const struct sender *s)
{
	const struct zone_host *h = s->n_sources ? zone_host(r->zone, &s->sources[0].ip) : NULL;
	if (!h)
		return "";
	if (zone_is_shared_machine(r->zone, &s->sources[0].ip))
		return arena_printf(
		    r->a,
		    ". Its address may change: a:%s would follow it, for one lookup. The "
		    "machine belongs to %s, and whoever else has a site on it can then send "
		    "as you, too. Safer: let the site send through your mail service, with a "
		    "login",
		    h->name,
		    s->service ? s->service->name
			       : knowledge_of(r->zone->known, &s->sources[0].ip)->org);
	if (s->service || s->ties & TIE_NAME || h->exchanger ||
	    strcmp(h->name, r->zone->domain) == 0)
		return "";
	return arena_printf(r->a,
			    ". Only %s, which leads to it, ties it to you: see first that the "
			    "machine is still yours",
			    h->name);
}

/* SPF alone breaks when the mail is forwarded: of a service's mail that does not sign as us the key
 * is told, too. */
static const char *key_note(const struct remedier *r, const struct sender *s)
{
	uint64_t bare = s->t.cells[CELL_F1] + s->t.cells[CELL_F4];
	const struct service *x = s->service;
	if (!x || x->kind == KIND_WEBHOST || !*x->advice_dkim || 2 * bare <= s->t.messages)
		return "";
	return arena_printf(r->a, ". Nor does it sign as your domain: %s%s%s", x->advice_dkim,
			    *x->link ? " " : "", x->link);
}

/* Each further envelope-sender domain of ours that the sender uses needs an edit of its own. */
static void add_parts(struct remedier *r, struct sender *s, const struct plan *first)
{
	uint64_t volume[ZONE_MAILFROM_MAX];
	volumes_of(r, s, volume);
	for (size_t k = 0; k < r->zone->n_mailfrom; k++) {
		struct plan *p = &r->plans[k];
		const char *added;
		if (p == first || volume[k] == 0)
			continue;
		struct gate_need need = remedy_need(r, s, p);
		if (gate_refuses(&r->gate, &need) || add_terms(r, p, &need, &added))
			continue;
		struct part *x = arena_alloc(r->a, sizeof *x);
		*x = (struct part){s, p, added, volume[k], r->parts};
		r->parts = x;
	}
}

void remedy_spf(struct remedier *r, struct sender *s, struct plan **to)
{
	struct plan *p = remedy_plan(r, s);
	if (!p) {
		s->verdict.remedy = question_of(&r->gate, s, r->unsigned_share);
		return;
	}
	struct gate_need need = remedy_need(r, s, p);
	const char *added = NULL;
	if (gate_refuses(&r->gate, &need) || question_refused_by(&r->gate, s)) {
		s->verdict.remedy = question_of(&r->gate, s, r->unsigned_share);
		return;
	}
	const char *why = add_terms(r, p, &need, &added);
	if (why) {
		s->verdict.remedy = (struct remedy){
		    .kind = p->owned_by_other ? REMEDY_REVIEW : REMEDY_SPF_ADD,
		    .text = arena_printf(
			r->a,
			"it is yours and missing from the SPF record of %s, and no edit of that "
			"record is safe: %s. Sign its mail with DKIM as your domain, or use an "
			"envelope sender in a subdomain with its own record",
			p->m->domain, why)};
		return;
	}
	bool fresh = !p->base;
	struct record_change *terms = arena_alloc(r->a, sizeof *terms);
	*terms = (struct record_change){.name = p->m->domain, .terms = added};
	s->verdict.remedy = (struct remedy){
	    .kind = fresh ? REMEDY_SPF_PUBLISH : REMEDY_SPF_ADD,
	    .text = arena_printf(r->a, "%s %s %s the SPF record of %s%s%s",
				 fresh ? "publish" : "add", added, fresh ? "in" : "to",
				 p->m->domain, host_note(r, s), key_note(r, s)),
	    .change = terms};
	*to = p;
	add_parts(r, s, p);
}

/* Terms for its addresses that the repaired record would not authorise, either; "": none. */
static const char *add_to_repaired(struct remedier *r, struct plan *p, const struct sender *s)
{
	struct gate_need need = remedy_need(r, s, p);
	const char *added = "";
	if (need.n == 0 || gate_refuses(&r->gate, &need) || add_terms(r, p, &need, &added))
		return "";
	return added;
}

/* The record is an error for those alone who send over IPv6: too many of its names have no AAAA. */
static bool fails_over_ipv6(const struct plan *p, const struct sender *s)
{
	return p->m->spf.void_v6 > SPF_VOID_LIMIT && s->n_sources > 0 &&
	       s->sources[0].ip.family == 6;
}

/* Its mail fails because the record is an error: what repairs the record repairs it. */
void remedy_spf_error(struct remedier *r, struct sender *s, struct plan **to)
{
	struct plan *p = mended_fault_of(r, s);
	if (!p)
		return;
	const char *name = p->m->domain;
	struct record_change *terms = arena_alloc(r->a, sizeof *terms);
	*terms = (struct record_change){.name = name, .terms = add_to_repaired(r, p, s)};
	bool more = *terms->terms, error = p->m->spf.problem;
	s->verdict.remedy.text =
	    p->fault ? arena_printf(r->a,
				    "its mail fails because%s the SPF record of %s%s. "
				    "Repair the record%s%s",
				    error ? "" : " of what is wrong with", name,
				    error ? " is an error (permerror)" : "", more ? ", with " : "",
				    terms->terms)
	    : more   ? arena_printf(r->a, "add %s to the SPF record of %s", terms->terms, name)
	    : fails_over_ipv6(p, s)
		? arena_printf(
		      r->a,
		      "its mail fails because the SPF record of %s is an error (permerror) "
		      "for whoever sends over IPv6: %u of the names in it have no AAAA "
		      "record, and receivers allow %u (RFC 7208 section 4.6.4). Name "
		      "addresses (ip4:) instead of those hosts",
		      name, p->m->spf.void_v6, SPF_VOID_LIMIT)
		: arena_printf(r->a,
			       "nothing to do: it failed because the SPF record of %s was an "
			       "error, and the record is valid now",
			       name);
	s->verdict.remedy.change = terms;
	*to = p;
}

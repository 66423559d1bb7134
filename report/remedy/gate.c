#include "report/remedy/gate.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "report/remedy/meant.h"

void gate_init(struct gate *g, struct ties *ties, const struct domain_facts *const *periods,
	       size_t n_periods, const struct sender *senders, size_t n_senders)
{
	*g = (struct gate){.ties = ties,
			   .zone = ties->zone,
			   .periods = periods,
			   .n_periods = n_periods,
			   .senders = senders,
			   .n_senders = n_senders,
			   .a = ties->zone->known->a};
	for (size_t i = 0; i < n_senders; i++)
		g->passing += tally_judged_pass(&senders[i].t);
	g->passed = NULL;
	g->meant = arena_alloc(g->a, (g->zone->n_mailfrom + 1) * sizeof *g->meant);
}

void gate_span(const struct gate *g, int32_t *first, int32_t *last, unsigned *days)
{
	*first = INT32_MAX;
	*last = INT32_MIN;
	*days = 0;
	for (size_t p = 0; p < g->n_periods; p++) {
		const struct domain_facts *d = g->periods[p];
		*days += (unsigned)d->n_days;
		if (d->n_days == 0)
			continue;
		*first = d->days[0].day < *first ? d->days[0].day : *first;
		*last = d->days[d->n_days - 1].day > *last ? d->days[d->n_days - 1].day : *last;
	}
}

/* ---- who passed by SPF ---- */

struct passed {
	struct ip ip;
	int32_t last;
	uint64_t messages;
};

struct passed_list {
	bool made;
	struct passed *list; /* by address */
	size_t n;
	struct spf_tree *several; /* of each of several records; NULL: not looked at */
};

static int by_address(const void *x, const void *y)
{
	const struct passed *a = x, *b = y;
	return ip_cmp(&a->ip, &b->ip);
}

static struct passed_list *passed_of(struct gate *g, const struct zone_mailfrom *m)
{
	size_t total = 0, n = 0;
	if (!g->passed)
		g->passed = arena_alloc(g->a, (g->zone->n_mailfrom + 1) * sizeof *g->passed);
	struct passed_list *out = &g->passed[m - g->zone->mailfrom];
	if (out->made)
		return out;
	out->made = true;
	for (size_t p = 0; p < g->n_periods; p++)
		total += g->periods[p]->n_facts;
	struct passed *list = arena_alloc(g->a, (total + 1) * sizeof *list);
	for (size_t p = 0; p < g->n_periods; p++)
		for (size_t i = 0; i < g->periods[p]->n_facts; i++) {
			const struct fact *f = &g->periods[p]->facts[i];
			const struct dmarc_profile *q = &g->periods[p]->profiles[f->profile];
			const char *name = q->aligned_spf ? zone_own_mailfrom(g->zone, q) : NULL;
			if (name && f->source.family && strcmp(name, m->domain) == 0)
				list[n++] =
				    (struct passed){f->source, fact_last_day(f), f->messages};
		}
	qsort(list, n, sizeof *list, by_address);
	for (size_t i = 0; i < n; i++) {
		struct passed *to = out->n ? &list[out->n - 1] : NULL;
		if (!to || ip_cmp(&to->ip, &list[i].ip) != 0) {
			list[out->n++] = list[i];
			continue;
		}
		to->messages += list[i].messages;
		to->last = list[i].last > to->last ? list[i].last : to->last;
	}
	out->list = list;
	return out;
}

/* Does the term name the address, whatever error keeps it from counting? */
static bool term_holds(const struct spf_term *t, const struct ip *ip, unsigned depth)
{
	if (t->depends)
		return true;
	for (size_t k = 0; k < t->n_networks; k++) {
		struct ip net = ip_network(ip, t->networks[k].bits);
		if (ip->family == t->networks[k].ip.family && ip_cmp(&net, &t->networks[k].ip) == 0)
			return true;
	}
	for (size_t i = 0; t->child && depth <= SPF_LOOKUP_LIMIT && i < t->child->n_terms; i++)
		if (term_holds(&t->child->terms[i], ip, depth + 1))
			return true;
	return false;
}

static bool record_holds(const struct spf_record *r, const struct ip *ip)
{
	for (size_t i = 0; r && i < r->n_terms; i++)
		if (term_holds(&r->terms[i], ip, 0))
			return true;
	return false;
}

/* By what stands there today, were it no error: several records count as one. */
static bool stands_for(struct gate *g, const struct zone_mailfrom *m, const struct ip *ip)
{
	const struct spf_record *r = m->spf.root;
	if (!r || r->n_texts < 2)
		return record_holds(r, ip);
	struct passed_list *p = passed_of(g, m);
	if (!p->several) {
		p->several = arena_alloc(g->a, r->n_texts * sizeof *p->several);
		for (size_t i = 0; i < r->n_texts; i++)
			gate_try(g, m, r->texts[i], &p->several[i]);
	}
	for (size_t i = 0; i < r->n_texts; i++)
		if (record_holds(p->several[i].root, ip))
			return true;
	return false;
}

/* Is the record of this name read where mail of that one is judged: include, redirect, however
 * deep? */
static bool reads_record(const struct spf_record *r, const char *name, unsigned depth)
{
	for (size_t i = 0; r && depth < SPF_LOOKUP_LIMIT && i < r->n_terms; i++) {
		const struct spf_term *t = &r->terms[i];
		bool leads = t->kind == SPF_INCLUDE || t->kind == SPF_REDIRECT;
		if (leads && t->domain && strcmp(t->domain, name) == 0)
			return true;
		if (leads && reads_record(t->child, name, depth + 1))
			return true;
	}
	return false;
}

static bool is_judged_by(const struct gate *g, const char *mailfrom, const struct zone_mailfrom *m)
{
	if (strcmp(mailfrom, m->domain) == 0)
		return true;
	for (size_t i = 0; i < g->zone->n_mailfrom; i++)
		if (strcmp(g->zone->mailfrom[i].domain, mailfrom) == 0)
			return reads_record(g->zone->mailfrom[i].spf.root, m->domain, 0);
	return false;
}

bool gate_is_dead(const struct gate *g, const struct zone_mailfrom *m, const struct spf_term *t)
{
	int32_t first, last;
	unsigned days;
	gate_span(g, &first, &last, &days);
	bool counts = t->kind == SPF_INCLUDE || t->kind == SPF_A || t->kind == SPF_MX;
	if (!counts || t->qualifier != SPF_PASS || t->depends || days < GATE_DEAD_DAYS)
		return false;
	/* mail that fails counts, too: it may fail only because the record is an error today */
	for (size_t p = 0; p < g->n_periods; p++)
		for (size_t i = 0; i < g->periods[p]->n_facts; i++) {
			const struct fact *f = &g->periods[p]->facts[i];
			const char *name =
			    zone_own_mailfrom(g->zone, &g->periods[p]->profiles[f->profile]);
			if (name && f->source.family && is_judged_by(g, name, m) &&
			    term_holds(t, &f->source, 0))
				return false;
		}
	return true;
}

/* ---- a record in place of another ---- */

struct overlay {
	const struct dns_view *base;
	struct dns_text text;
	struct dns_answer answer;
	struct dns_view view;
};

static const struct dns_answer *ask_overlay(void *ctx, const char *name, enum dns_type type)
{
	const struct overlay *o = ctx;
	if (type == DNS_TXT && strcmp(name, o->answer.name) == 0)
		return &o->answer;
	return dns_ask(o->base, name, type);
}

static struct overlay *overlay(const struct gate *g, const struct zone_mailfrom *m,
			       const char *record)
{
	struct overlay *o = arena_alloc(g->a, sizeof *o);
	*o = (struct overlay){.base = g->zone->known->view, .text = {record, strlen(record), 1}};
	o->answer = (struct dns_answer){.outcome = DNS_OK,
					.name = m->domain,
					.canonical = m->domain,
					.n = 1,
					.texts = &o->text};
	o->view = (struct dns_view){ask_overlay, o};
	return o;
}

const struct dns_view *gate_view(const struct gate *g, const struct zone_mailfrom *m,
				 const char *record)
{
	return &overlay(g, m, record)->view;
}

void gate_try(struct gate *g, const struct zone_mailfrom *m, const char *record,
	      struct spf_tree *tree)
{
	spf_tree_read(gate_view(g, m, record), m->domain, g->a, tree);
}

void gate_means(struct gate *g, const struct zone_mailfrom *m, const char *record)
{
	struct spf_tree *tree = arena_alloc(g->a, sizeof *tree);
	gate_try(g, m, record, tree);
	g->meant[m - g->zone->mailfrom] = tree;
}

struct trial {
	struct gate *g;
	const struct zone_mailfrom *m;
	struct overlay *o;
	struct spf_tree tree;
};

static bool trial_passes(const struct trial *t, const struct ip *ip)
{
	const struct spf_term *term;
	struct spf_check check;
	if (!t->tree.depends)
		return spf_tree_find(&t->tree, ip, &term, NULL, NULL) == SPF_PASS;
	spf_check_host(
	    &t->o->view,
	    &(struct spf_request){
		.ip = *ip, .mail_from = arena_printf(t->g->a, "postmaster@%s", t->m->domain)},
	    t->g->a, &check);
	return !check.pending && check.result == SPF_PASS;
}

/* Whoever is not proved ours: by what it is, and whatever is said of it, where nothing ties it. */
static bool is_stranger(const struct sender *s, const struct sender_source *x)
{
	enum category c = s->verdict.category;
	bool ours = c == CAT_AUTHORIZED || c == CAT_LEGIT_BROKEN || c == CAT_LEGIT_UNALIGNED;
	return !(x->ties & ~(unsigned)TIE_RECORD) && !(ours && !s->guest);
}

static bool is_needed(const struct gate_need *need, const struct ip *ip)
{
	for (size_t i = 0; need && i < need->n; i++)
		if (ip_cmp(&need->addresses[i], ip) == 0)
			return true;
	return false;
}

static bool lets_all_in(const struct trial *t)
{
	/* nobody's (RFC 5737): who lets these in lets everybody in */
	static const struct ip strays[] = {{4, {192, 0, 2, 213}}, {4, {203, 0, 113, 231}}};
	return trial_passes(t, &strays[0]) && trial_passes(t, &strays[1]);
}

/* An address of nobody of ours that the trial newly authorises; NULL: none. */
static const struct ip *lets_in(const struct trial *t, const struct gate_need *admit)
{
	const struct gate *g = t->g;
	const struct spf_tree *meant = g->meant[t->m - g->zone->mailfrom];
	for (size_t i = 0; i < g->n_senders; i++) {
		const struct sender *s = &g->senders[i];
		for (size_t k = 0; k < s->n_sources; k++) {
			const struct sender_source *x = &s->sources[k];
			if (is_stranger(s, x) && !is_needed(admit, &x->ip) &&
			    !(meant && meant_names(g->zone, meant, s, &x->ip)) &&
			    trial_passes(t, &x->ip) && !stands_for(t->g, t->m, &x->ip) &&
			    zone_spf_now(g->zone, t->m->domain, &x->ip) != NOW_YES)
				return &x->ip;
		}
	}
	return NULL;
}

/* Does nothing but a record that lets everybody in speak for it, or did a person deny it? */
static bool abuses(const struct gate *g, const struct ip *ip)
{
	for (size_t i = 0; i < g->n_senders; i++) {
		const struct sender *s = &g->senders[i];
		enum category c = s->change == CHANGE_GONE && s->was ? s->was->verdict.category
								     : s->verdict.category;
		bool denied = s->label && s->label->verdict == LABEL_DENY;
		if ((denied || ((c == CAT_UNAUTHORIZED || c == CAT_UNKNOWN) && !s->ties_any)) &&
		    sender_source_at(s, ip))
			return true;
	}
	return false;
}

/* An address that passed in a stored month, that today's record names, and that would fail. What a
 * stranger loses is no loss. */
static const struct passed *loses(const struct trial *t)
{
	const struct passed_list *p = passed_of(t->g, t->m);
	for (size_t i = 0; i < p->n; i++) {
		const struct ip *ip = &p->list[i].ip;
		bool named = t->m->spf.root && (t->m->spf.problem || t->m->spf.root->n_texts > 1)
				 ? stands_for(t->g, t->m, ip)
				 : zone_spf_now(t->g->zone, t->m->domain, ip) == NOW_YES;
		if (named && !trial_passes(t, ip) && !abuses(t->g, ip))
			return &p->list[i];
	}
	return NULL;
}

/* Mail that the name's record, being an error or missing, makes fail; or that passes by it. */
static bool hangs_on_record(const struct dmarc_profile *p)
{
	return p->aligned_spf || p->cell == CELL_F3 || p->cell == CELL_F4;
}

/* Messages of the sender that the trial would not let pass; *ip: of one address. */
static uint64_t left_out(const struct trial *t, const struct sender *s, const struct ip **ip)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const struct dmarc_profile *p = &s->profiles[f->profile];
		const char *name = hangs_on_record(p) ? zone_own_mailfrom(t->g->zone, p) : NULL;
		if (!name || !f->source.family || strcmp(name, t->m->domain) != 0 ||
		    trial_passes(t, &f->source))
			continue;
		n += f->messages;
		*ip = &f->source;
	}
	return n;
}

const char *gate_leaves_out(struct gate *g, const struct zone_mailfrom *m, const char *record)
{
	struct trial t = {.g = g, .m = m, .o = overlay(g, m, record)};
	const struct sender *most = NULL;
	const struct ip *ip = NULL;
	uint64_t worst = 0;
	char text[IP_STRLEN];
	spf_tree_read(&t.o->view, m->domain, g->a, &t.tree);
	for (size_t i = 0; i < g->n_senders; i++) {
		const struct sender *s = &g->senders[i];
		const struct ip *one = NULL;
		enum category c = s->verdict.category;
		bool may_be_ours = c == CAT_AUTHORIZED || c == CAT_LEGIT_BROKEN ||
				   c == CAT_LEGIT_SPF_MISSING || c == CAT_SUSPECT_ABUSE ||
				   (c == CAT_UNKNOWN && s->hinted);
		if (s->change == CHANGE_GONE || !may_be_ours)
			continue;
		uint64_t n = left_out(&t, s, &one);
		if (n > worst) {
			worst = n;
			most = s;
			ip = one;
		}
	}
	if (!most)
		return NULL;
	return arena_printf(g->a,
			    "no new record is shown, as it would leave out %s (%s, %llu messages): "
			    "settle whether that is yours, and by which term it may send, first",
			    most->name, ip_format(ip, text), (unsigned long long)worst);
}

static const char *needed_in_vain(const struct trial *t, const struct gate_need *needs,
				  size_t n_needs)
{
	char text[IP_STRLEN];
	for (size_t i = 0; i < n_needs; i++)
		for (size_t k = 0; k < needs[i].n; k++)
			if (!trial_passes(t, &needs[i].addresses[k]))
				return arena_printf(t->g->a, "it would not authorise %s",
						    ip_format(&needs[i].addresses[k], text));
	return NULL;
}

const char *gate_objects(struct gate *g, const struct zone_mailfrom *m, const char *record,
			 const struct gate_need *needs, size_t n_needs,
			 const struct gate_need *admit, unsigned *lookups)
{
	struct trial t = {.g = g, .m = m, .o = overlay(g, m, record)};
	char text[IP_STRLEN], day[DAY_STRLEN];
	spf_tree_read(&t.o->view, m->domain, g->a, &t.tree);
	*lookups = t.tree.lookups;
	if (t.tree.pending)
		return "DNS has not answered yet";
	if (t.tree.lookups > SPF_LOOKUP_LIMIT)
		return arena_printf(g->a, "it would need %u lookups, and %d are allowed",
				    t.tree.lookups, SPF_LOOKUP_LIMIT);
	if (t.tree.void_v4 > SPF_VOID_LIMIT)
		return arena_printf(g->a, "it has %u void lookups, and %d are allowed",
				    t.tree.void_v4, SPF_VOID_LIMIT);
	if (t.tree.problem)
		return t.tree.problem;
	if (strlen(record) > GATE_OCTETS)
		return arena_printf(g->a, "it would be %zu octets long, and %d are safe",
				    strlen(record), GATE_OCTETS);
	const char *vain = needed_in_vain(&t, needs, n_needs);
	if (vain)
		return vain;
	if (lets_all_in(&t))
		return "it would let everybody in";
	const struct ip *stranger = lets_in(&t, admit);
	if (stranger)
		return arena_printf(g->a, "it would also authorise %s, which nothing ties to you",
				    ip_format(stranger, text));
	const struct passed *lost = loses(&t);
	if (lost)
		return arena_printf(g->a, "%s would lose SPF: %llu messages passed, the last on %s",
				    ip_format(&lost->ip, text), (unsigned long long)lost->messages,
				    day_format(lost->last, day));
	return NULL;
}

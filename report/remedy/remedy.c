#include "report/remedy/remedy.h"

#include <stdlib.h>
#include <string.h>

#include "dns/dkim_key.h"
#include "report/remedy/question.h"

#define MECHANISMS_MAX 24 /* written one by one; more is a network, and a person's decision */
#define YOURS_MAX      4  /* addresses that "if it is yours" may name */
#define YOURS_DAYS     5  /* of sending, where nothing ties it */
#define WEAK_KEY_BITS  1024

struct remedier {
	struct gate gate;
	const struct domain_facts *facts; /* of the newest period */
	const struct zone *zone;
	struct arena *a;
	struct sender *senders;
	size_t n;
	struct plan *plans;    /* by zone->mailfrom */
	struct plan **plan_of; /* by sender: where its edit is in; NULL: nowhere */
	unsigned unsigned_share;
};

/* ---- whose record, which addresses ---- */

/* Rows of the sender that an edit is about: MAIL FROM is ours, and its record does not authorise
 * the address, or is not there. */
static const char *concerned(const struct remedier *r, const struct sender *s, const struct fact *f)
{
	const struct dmarc_profile *p = &s->profiles[f->profile];
	const char *mailfrom = zone_own_mailfrom(r->zone, p);
	if (!mailfrom || f->source.family == 0)
		return NULL;
	if (p->cell == CELL_F4)
		return mailfrom;
	bool fails = p->cell == CELL_F1 || p->cell == CELL_F2;
	return fails && zone_spf_now(r->zone, mailfrom, &f->source) == NOW_NO ? mailfrom : NULL;
}

static struct plan *plan_for(const struct remedier *r, const struct sender *s)
{
	uint64_t volume[ZONE_MAILFROM_MAX] = {0};
	size_t best = r->zone->n_mailfrom;
	for (size_t i = 0; i < s->n_facts; i++) {
		const char *name = concerned(r, s, s->facts[i]);
		for (size_t k = 0; name && k < r->zone->n_mailfrom; k++) {
			if (strcmp(r->zone->mailfrom[k].domain, name) != 0)
				continue;
			volume[k] += s->facts[i]->messages;
			if (best == r->zone->n_mailfrom || volume[k] > volume[best])
				best = k;
		}
	}
	return best < r->zone->n_mailfrom ? &r->plans[best] : NULL;
}

static struct gate_need need_of(const struct remedier *r, const struct sender *s,
				const struct plan *p)
{
	struct gate_need need = {.s = s};
	need.addresses = arena_alloc(r->a, (s->n_facts + 1) * sizeof *need.addresses);
	for (size_t i = 0; i < s->n_facts; i++) {
		const char *name = concerned(r, s, s->facts[i]);
		const struct ip *last = need.n ? &need.addresses[need.n - 1] : NULL;
		if (name && strcmp(name, p->m->domain) == 0 &&
		    !(last && ip_cmp(last, &s->facts[i]->source) == 0))
			need.addresses[need.n++] = s->facts[i]->source;
	}
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

/* Several IPv6 addresses of one host change by the day (RFC 8981): its /64 is meant. */
static struct block block_of(const struct gate_need *need, size_t i)
{
	struct ip net = ip_network(&need->addresses[i], 64);
	bool more = false;
	for (size_t k = 0; need->addresses[i].family == 6 && k < need->n; k++) {
		struct ip other = ip_network(&need->addresses[k], 64);
		more =
		    more || (k != i && need->addresses[k].family == 6 && ip_cmp(&net, &other) == 0);
	}
	return more ? (struct block){net, 64}
		    : (struct block){need->addresses[i], need->addresses[i].family == 4 ? 32 : 128};
}

/* "ip4:192.0.2.7", "ip6:2001:db8::/64"; 0: too many. */
static size_t address_mechanisms(const struct remedier *r, const struct gate_need *need,
				 const char **out, size_t max)
{
	struct block *blocks = arena_alloc(r->a, (need->n + 1) * sizeof *blocks);
	char text[IP_STRLEN];
	size_t n = 0;
	qsort(need->addresses, need->n, sizeof *need->addresses, by_address);
	for (size_t i = 0; i < need->n; i++) {
		struct block b = block_of(need, i);
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

static const char *joined(struct arena *a, const char *const *words, size_t n)
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
	size_t n = address_mechanisms(r, need, mechanisms, MECHANISMS_MAX);
	if (n == 0)
		return "it sends from too many addresses to name each";
	why = plan_add(p, need, mechanisms, n);
	*added = why ? NULL : joined(r->a, mechanisms, n);
	return why;
}

/* ---- SPF ---- */

static const char *host_note(const struct remedier *r, const struct sender *s)
{
	const struct zone_host *h = s->n_sources ? zone_host(r->zone, &s->sources[0].ip) : NULL;
	if (!h || !s->service)
		return "";
	return arena_printf(
	    r->a,
	    ". The machine is %s's, and its address may change: a:%s would follow, at the "
	    "cost of a lookup",
	    s->service->name, h->name);
}

static void spf_remedy(struct remedier *r, struct sender *s, struct plan **to)
{
	struct plan *p = plan_for(r, s);
	if (!p) {
		s->verdict.remedy = question_of(&r->gate, s, r->unsigned_share);
		return;
	}
	struct gate_need need = need_of(r, s, p);
	const char *added = NULL, *why = gate_refuses(&r->gate, &need);
	if (why) {
		s->verdict.remedy = question_of(&r->gate, s, r->unsigned_share);
		return;
	}
	why = add_terms(r, p, &need, &added);
	if (why) {
		s->verdict.remedy = (struct remedy){
		    .kind = p->owned_by_other ? REMEDY_REVIEW : REMEDY_SPF_ADD,
		    .text =
			arena_printf(r->a,
				     "it is yours and missing from SPF of %s, and no edit of that "
				     "record is safe: %s. Let it sign with DKIM as your domain, or "
				     "send with an envelope sender in a subdomain with a record of "
				     "its own",
				     p->m->domain, why)};
		return;
	}
	bool fresh = !p->m->spf.root || p->m->spf.root->n_texts == 0;
	struct record_change *terms = arena_alloc(r->a, sizeof *terms);
	*terms = (struct record_change){.name = p->m->domain, .terms = added};
	s->verdict.remedy = (struct remedy){
	    .kind = fresh ? REMEDY_SPF_PUBLISH : REMEDY_SPF_ADD,
	    .text = arena_printf(r->a, "%s %s %s the SPF record of %s%s", fresh ? "publish" : "add",
				 added, fresh ? "in" : "to", p->m->domain, host_note(r, s)),
	    .change = terms};
	*to = p;
}

/* The edits of one name are one record: every sender that has some is shown that one. */
static void finish_edits(struct remedier *r)
{
	for (size_t k = 0; k < r->zone->n_mailfrom; k++)
		plan_finish(&r->plans[k]);
	for (size_t i = 0; i < r->n; i++) {
		struct sender *s = &r->senders[i];
		struct plan *p = r->plan_of[i];
		if (s->change == CHANGE_GONE)
			s = s->was;
		if (!p)
			continue;
		const char *terms = s->verdict.remedy.change->terms;
		struct record_change *c = p->change ? arena_alloc(r->a, sizeof *c) : NULL;
		if (c) {
			*c = *p->change;
			c->terms = terms;
		}
		s->verdict.remedy.change = c;
	}
}

/* Its mail fails because the record is an error: what repairs the record repairs it. */
static void repair_remedy(struct remedier *r, struct sender *s, struct plan **to)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		const char *name = zone_own_mailfrom(r->zone, p);
		for (size_t k = 0; name && p->cell == CELL_F3 && k < r->zone->n_mailfrom; k++) {
			if (strcmp(r->zone->mailfrom[k].domain, name) != 0)
				continue;
			struct plan *plan = &r->plans[k];
			struct record_change *none = arena_alloc(r->a, sizeof *none);
			*none = (struct record_change){.name = name, .terms = ""};
			s->verdict.remedy.text = arena_printf(
			    r->a,
			    plan->fault
				? "its mail fails because the SPF record of %s is an error: "
				  "repair the record"
				: "it failed because the SPF record of %s was an error, which it "
				  "is no more: repaired",
			    name);
			s->verdict.remedy.change = none;
			*to = plan;
			return;
		}
	}
}

/* ---- DKIM, and what a service says ---- */

static const char *advice(const struct remedier *r, const struct sender *s, const char *text)
{
	const struct service *service = s->service;
	if (!service || s->guest || !text[0])
		return "";
	return arena_printf(r->a, ". %s: %s%s%s", service->name, text, service->link[0] ? " " : "",
			    service->link);
}

static const char *dkim_advice(const struct remedier *r, const struct sender *s)
{
	return s->service ? advice(r, s, s->service->advice_dkim) : "";
}

static void unaligned_remedy(const struct remedier *r, struct sender *s)
{
	struct remedy *m = &s->verdict.remedy;
	const struct service *service = s->service;
	uint64_t strict = 0, null_sender = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		unsigned flags = s->profiles[s->facts[i]->profile].flags;
		strict += flags & DMARC_STRICT_ONLY ? s->facts[i]->messages : 0;
		null_sender += flags & DMARC_NULL_SENDER ? s->facts[i]->messages : 0;
	}
	if (2 * strict > s->t.messages) {
		m->text = "it authenticates as another name of your domain, and your DMARC record "
			  "asks for "
			  "the very same name (adkim=s, aspf=s): relax that, or send with the "
			  "exact domain";
		return;
	}
	if (2 * null_sender > s->t.messages)
		m->text = "bounces and auto-replies have an empty envelope sender, so that SPF is "
			  "checked "
			  "for the HELO name: give the machine a HELO name in your domain with an "
			  "SPF record "
			  "of its own, or sign with DKIM as your domain (d=)";
	else if (service && service->dkim == ANSWER_NO && service->advice_return_path[0]) {
		m->kind = REMEDY_RETURN_PATH;
		m->text =
		    arena_printf(r->a,
				 "its envelope sender is the service's: give it a Return-Path in "
				 "your domain%s",
				 advice(r, s, service->advice_return_path));
	} else if (service && (service->kind == KIND_ESP || service->kind == KIND_SAAS ||
			       service->kind == KIND_MAILBOX))
		m->text = arena_printf(r->a,
				       "it authenticates as the service, not as you: let it sign "
				       "with DKIM as your domain "
				       "(d=)%s",
				       dkim_advice(r, s));
	else
		m->text = "its envelope sender is not in your domain: set it to an address in your "
			  "domain, "
			  "or sign with DKIM as your domain (d=)";
}

/* The signature of ours that fails most in the sender's mail. */
static const struct dmarc_dkim *failing_signature(const struct remedier *r, const struct sender *s)
{
	const struct dmarc_dkim *best = NULL;
	uint64_t most = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		for (unsigned k = 0; k < p->n_dkim; k++) {
			const struct dmarc_dkim *d = &p->dkim[k];
			if (d->result.code == W_PASS || !d->domain || !d->selector ||
			    !*d->selector || !domain_is_below(d->domain, r->zone->org) ||
			    s->facts[i]->messages <= most)
				continue;
			most = s->facts[i]->messages;
			best = d;
		}
	}
	return best;
}

static void dkim_remedy(const struct remedier *r, struct sender *s)
{
	const struct dmarc_dkim *d = failing_signature(r, s);
	if (!d)
		return;
	const char *name = arena_printf(r->a, "%s._domainkey.%s", d->selector, d->domain);
	const char *who = s->service ? s->service->name : "whoever signs";
	struct dkim_key key = dkim_key_read(dns_ask(r->zone->known->view, name, DNS_TXT));
	struct remedy *m = &s->verdict.remedy;
	switch (key.state) {
	case DKIM_KEY_MISSING:
		m->text = arena_printf(
		    r->a, "it signs with a key that is not in DNS: publish %s as %s gives it%s",
		    name, who, dkim_advice(r, s));
		break;
	case DKIM_KEY_REVOKED:
		m->text = arena_printf(
		    r->a,
		    "it signs with a key that is revoked: %s has an empty p=; publish the "
		    "key that %s gives, or let it sign with another%s",
		    name, who, dkim_advice(r, s));
		break;
	case DKIM_KEY_BAD:
		m->text = arena_printf(r->a,
				       "it signs with a key that is not valid in DNS: mend %s; "
				       "copy it again from %s%s",
				       name, who, dkim_advice(r, s));
		break;
	case DKIM_KEY_GOOD:
		if (!key.ed25519 && key.bits < WEAK_KEY_BITS)
			m->text =
			    arena_printf(r->a,
					 "its key %s has %u bits, and receivers accept none below "
					 "1,024 (RFC 8301): "
					 "make a new key of 2,048 bits at %s and publish that%s",
					 name, key.bits, who, dkim_advice(r, s));
		else
			m->text = arena_printf(r->a,
					       "its DKIM signature does not verify, though a key "
					       "is in DNS at %s: compare it "
					       "with the key that %s shows, and look for what "
					       "changes mail after signing",
					       name, who);
		break;
	default:
		break;
	}
}

/* It passes, by SPF alone. */
static void duty_remedy(const struct remedier *r, struct sender *s)
{
	uint64_t dkim =
	    s->t.cells[CELL_P1] + s->t.cells[CELL_P2] + s->t.cells[CELL_P3] + s->t.cells[CELL_P4];
	if (100 * dkim >= 80 * s->t.messages || s->verdict.remedy.kind != REMEDY_NONE)
		return;
	s->verdict.remedy.kind = REMEDY_DKIM_ENABLE;
	s->verdict.remedy.text = arena_printf(
	    r->a,
	    "it passes by SPF alone, which forwarding breaks: sign its mail with DKIM as your "
	    "domain%s",
	    dkim_advice(r, s));
}

/* ---- questions ---- */

/* "If it is yours": single addresses that no service's customers share, where such a record may be
 * shown. */
static void add_if_yours(struct remedier *r, struct sender *s)
{
	const char *mechanisms[YOURS_MAX];
	struct plan *p = plan_for(r, s);
	bool shared = s->service && s->service->shared && !(s->ties_any & TIE_EDIT);
	bool forwarded = s->verdict.remedy.n_readings > 0 &&
			 s->verdict.remedy.readings[0].kind == READING_FORWARDED;
	bool steady = s->ties_any || s->days >= YOURS_DAYS;
	if (!p || shared || forwarded || !steady || s->pool_messages > 0 ||
	    2 * tally_judged_pass(&s->t) > s->t.messages)
		return;
	struct gate_need need = need_of(r, s, p);
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct address_known *k = knowledge_of(r->zone->known, &s->sources[i].ip);
		if (k->generic || !ip_is_public(&s->sources[i].ip))
			return;
	}
	if (need.n == 0 || need.n > YOURS_MAX)
		return;
	size_t n = address_mechanisms(r, &need, mechanisms, YOURS_MAX);
	struct record_change *c = n ? plan_if_yours(p, &need, mechanisms, n) : NULL;
	if (c)
		c->terms = joined(r->a, mechanisms, n);
	s->verdict.remedy.if_yours = c;
}

static void ask(struct remedier *r, struct sender *s)
{
	enum remedy_kind kind = s->verdict.remedy.kind;
	bool open = kind == REMEDY_REVIEW || kind == REMEDY_NONE || s->aged;
	if (kind != REMEDY_CONFIRM && !(open && question_is_due(&r->gate, s)))
		return;
	if (kind != REMEDY_CONFIRM)
		s->verdict.remedy = question_of(&r->gate, s, r->unsigned_share);
	if (s->verdict.confidence > 84)
		s->verdict.confidence = 84; /* what is asked is not known */
	add_if_yours(r, s);
}

/* ---- all of them ---- */

/* It failed when it was last seen: what would have helped it helps its next run. */
static bool gone_failing(const struct sender *s)
{
	enum category c = s->verdict.category;
	bool ours = c == CAT_LEGIT_SPF_MISSING || c == CAT_LEGIT_BROKEN || c == CAT_LEGIT_UNALIGNED;
	return ours && s->was && 2 * tally_judged_pass(&s->was->t) < s->was->t.messages;
}

static int by_lost_mail(const void *x, const void *y)
{
	const struct sender *const *a = x, *const *b = y;
	uint64_t m = (*a)->t.messages - tally_judged_pass(&(*a)->t),
		 n = (*b)->t.messages - tally_judged_pass(&(*b)->t);
	return m != n ? (m < n) - (m > n) : strcmp((*a)->key, (*b)->key);
}

static unsigned unsigned_share(const struct sender *senders, size_t n)
{
	uint64_t all = 0, bare = 0;
	for (size_t i = 0; i < n; i++) {
		const struct sender *s = &senders[i];
		if (s->verdict.category != CAT_AUTHORIZED)
			continue;
		all += s->t.messages;
		bare += s->t.cells[CELL_P5] + s->t.cells[CELL_P6] + s->t.cells[CELL_P7];
	}
	return all ? (unsigned)(100 * bare / all) : 0;
}

static void find_faults(const struct remedier *r, struct remedies *out)
{
	out->faults = arena_alloc(r->a, (r->zone->n_mailfrom + 1) * sizeof *out->faults);
	for (size_t k = 0; k < r->zone->n_mailfrom; k++) {
		const struct plan *p = &r->plans[k];
		if (!p->fault)
			continue;
		out->faults[out->n_faults++] = (struct fault){
		    .id = arena_printf(r->a, "spf:%s", p->m->domain),
		    .title = arena_printf(r->a, "the SPF record of %s", p->m->domain),
		    .text = p->mended    ? arena_printf(r->a, "%s. Repair: %s", p->fault, p->mended)
			    : p->in_vain ? arena_printf(r->a, "%s. %s", p->fault, p->in_vain)
					 : p->fault,
		    .change = p->mended ? p->change : NULL};
	}
}

static void remedy_of(struct remedier *r, struct sender *s, struct plan **to)
{
	switch (s->verdict.remedy.kind) {
	case REMEDY_SPF_ADD:
	case REMEDY_SPF_PUBLISH:
		spf_remedy(r, s, to);
		break;
	case REMEDY_SPF_REPAIR:
		repair_remedy(r, s, to);
		break;
	case REMEDY_DKIM_ALIGN:
		unaligned_remedy(r, s);
		break;
	case REMEDY_DKIM_REPAIR:
		dkim_remedy(r, s);
		break;
	case REMEDY_NONE:
		if (s->verdict.category == CAT_AUTHORIZED)
			duty_remedy(r, s);
		break;
	default:
		break;
	}
}

void remedy_senders(const struct domain_facts *const *periods, size_t n_periods, struct ties *ties,
		    struct sender *senders, size_t n, struct remedies *out)
{
	struct remedier r = {.facts = periods[0],
			     .zone = ties->zone,
			     .a = ties->zone->known->a,
			     .senders = senders,
			     .n = n};
	*out = (struct remedies){0};
	gate_init(&r.gate, ties, periods, n_periods, senders, n);
	r.unsigned_share = unsigned_share(senders, n);
	r.plans = arena_alloc(r.a, (r.zone->n_mailfrom + 1) * sizeof *r.plans);
	r.plan_of = arena_alloc(r.a, (n + 1) * sizeof(struct plan *));
	for (size_t k = 0; k < r.zone->n_mailfrom; k++)
		plan_begin(&r.plans[k], &r.gate, &r.zone->mailfrom[k]);
	struct sender **order = arena_alloc(r.a, (n + 1) * sizeof *order);
	for (size_t i = 0; i < n; i++)
		order[i] = &senders[i];
	qsort(order, n, sizeof *order, by_lost_mail);
	for (size_t i = 0; i < n; i++) {
		struct sender *s = order[i];
		struct plan **to = &r.plan_of[s - senders];
		if (s->change != CHANGE_GONE)
			remedy_of(&r, s, to);
		else if (gone_failing(s))
			remedy_of(&r, s->was, to);
	}
	finish_edits(&r);
	for (size_t i = 0; i < n; i++)
		ask(&r, order[i]);
	find_faults(&r, out);
}

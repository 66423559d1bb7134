/* Whose address it is, what its reports say, and whether the message was ours at all. */
#include <string.h>

#include "core/day.h"
#include "dns/dkim_key.h"
#include "report/bounce/look.h"
#include "report/bounce/receiver.h"
#include "report/roster.h"

const char *link_day(struct arena *a, int32_t day)
{
	char text[DAY_STRLEN];
	return arena_strdup(a, day_format(day, text) + 5);
}

bool link_refused_on(const struct explainer *e, int32_t *day)
{
	*day = e->x->last_at ? day_from_unix(e->x->last_at) : 0;
	return e->x->last_at != 0;
}

/* Another server refused the one that wrote the bounce. What the Received lines of the message name
 * then are clients of the latter, a laptop with a login among them: none of them was refused. */
bool link_refused_writer(const struct refusal *r)
{
	bool other = r->remote_host &&
		     (!r->reporting_host || strcmp(r->remote_host, r->reporting_host) != 0);
	return other || (!r->remote_host && r->remote_ip.family) || r->form == FORM_EXCHANGE;
}

enum refusal_ip_source bounce_address(const struct bounce_case *x, const struct ip *option,
				      struct ip *out)
{
	const struct refusal *r = &x->r;
	bool writer = r->received_host && r->reporting_host &&
		      strcmp(r->received_host, r->reporting_host) == 0;
	bool client = r->ip_source == IP_RECEIVED && link_refused_writer(r) && !writer;
	bool said = r->ip.family && !client;
	*out = r->ip;
	if (said && r->ip_source != IP_RECEIVED)
		return r->ip_source;
	if (option && option->family) {
		*out = *option;
		return IP_OPTION;
	}
	if (!said)
		*out = (struct ip){.family = 0};
	return said ? r->ip_source : IP_UNKNOWN;
}

const struct ip *link_origin(const struct explainer *e)
{
	return e->out->ip.family ? &e->out->ip : &e->x->r.received_ip;
}

/* ---- the sender ---- */

static const struct sender *sender_of(const struct bounce_domain *d, const struct ip *ip)
{
	if (!d || !d->judged)
		return NULL;
	for (size_t i = 0; i < d->inventory.n_senders; i++) {
		const struct sender *s = &d->inventory.senders[i];
		if (sender_source_at(s, ip))
			return s;
	}
	return NULL;
}

/* In the domain, or in another one of its owner's. */
bool link_of_owner(const struct bounce_domain *d, const char *name)
{
	return domain_is_below(name, d->domain) ||
	       (d->judged && zone_is_ours(&d->basis.zone, name));
}

/* A signature as the domain, by a key that is published: not verified, but nobody copies one into a
 * forgery that he wants delivered as his own. */
static bool is_signed(const struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	for (size_t i = 0; e->view && e->d && i < r->n_dkim; i++) {
		const struct refusal_dkim *s = &r->dkim[i];
		if (!s->domain || !s->selector || !link_of_owner(e->d, s->domain))
			continue;
		const char *name = arena_printf(e->a, "%s._domainkey.%s", s->selector, s->domain);
		struct dkim_key key = dkim_key_read(dns_ask(e->view, name, DNS_TXT));
		if (key.state == DKIM_KEY_GOOD)
			return true;
	}
	return false;
}

bool link_authorised(const struct explainer *e, const struct ip *ip)
{
	struct spf_check check;
	if (!e->view || !e->mailfrom || !e->d || !domain_is_below(e->mailfrom, e->d->domain))
		return false;
	spf_check_host(
	    e->view,
	    &(struct spf_request){.ip = *ip,
				  .mail_from = arena_printf(e->a, "postmaster@%s", e->mailfrom)},
	    e->a, &check);
	return !check.pending && check.result == SPF_PASS;
}

static enum bounce_ours ours_by_sender(const struct sender *s)
{
	enum category c = s->verdict.category;
	if (c == CAT_UNAUTHORIZED && !s->ties_any && !s->hinted)
		return SENT_BY_OTHERS;
	return sender_is_legit(s) || c == CAT_AUTHORIZED || s->ties_any ? SENT_BY_US : SENT_UNKNOWN;
}

/* The bounce came to us by mail: then the message may be anybody's, with our name on it. */
static bool came_by_mail(enum refusal_form f)
{
	return f >= FORM_DSN && f <= FORM_BODY;
}

/* Nothing ties the address to the domain. A client of the server that wrote the bounce may be
 * anybody who has an account there, unless that server is the recipient's own. */
static bool is_strange(const struct explainer *e, const struct ip *origin)
{
	const struct refusal *r = &e->x->r;
	if (!came_by_mail(r->form) || !e->d || !e->d->stored || !e->view ||
	    e->out->ip_source == IP_OPTION)
		return false;
	if (!e->out->ip.family && (!r->reporting_host || link_of_owner(e->d, r->reporting_host) ||
				   !(look_same_org(e, r->reporting_host, r->recipient_domain) ||
				     look_same_org(e, r->reporting_host, r->original_domain))))
		return false;
	return zone_host(&e->d->basis.zone, origin) == NULL;
}

static enum bounce_ours ours_of(const struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	if (r->form >= FORM_LOG_POSTFIX && r->direction == REFUSED_BY_OTHER)
		return SENT_BY_US; /* our own server brought it */
	if (r->message_id_domain && e->d && link_of_owner(e->d, r->message_id_domain))
		return SENT_BY_US;
	if (is_signed(e))
		return SENT_BY_US;
	const struct ip *origin = link_origin(e);
	if (!origin->family)
		return SENT_UNKNOWN;
	if (link_authorised(e, origin))
		return SENT_BY_US;
	const struct sender *s = e->out->sender ? e->out->sender : sender_of(e->d, origin);
	if (s)
		return ours_by_sender(s);
	return is_strange(e, origin) ? SENT_BY_OTHERS : SENT_UNKNOWN;
}

void link_refusal(struct explainer *e)
{
	struct bounce_explained *out = e->out;
	out->ip_source = bounce_address(e->x, &e->c->from_ip, &out->ip);
	out->org = receiver_org(e->c->k->rules, refusal_receiver(&e->x->r),
				out->rule ? out->rule->provider : "");
	if (out->ip.family)
		out->sender = sender_of(e->d, &out->ip);
	out->ours = ours_of(e);
}

const char *link_ptr(struct explainer *e)
{
	if (!e->view || !e->out->ip.family)
		return "";
	knowledge_allow(e->c->k, &e->out->ip);
	const struct address_known *k = knowledge_of(e->c->k, &e->out->ip);
	e->out->dns.ptr = k->ptr;
	e->out->dns.ptr_name = k->name ? k->name : k->claim;
	switch (k->ptr) {
	case PTR_NONE:
		return " No PTR.";
	case PTR_UNCONFIRMED:
		return k->claim ? arena_printf(e->a, " PTR %s, which does not lead back.", k->claim)
				: " A PTR that does not lead back.";
	case PTR_CONFIRMED:
		return arena_printf(e->a, " PTR %s, confirmed.", k->name ? k->name : "");
	default:
		return "";
	}
}

/* ---- what was reported ---- */

struct told {
	uint64_t failing;                          /* of the address, in the window */
	uint64_t by_receiver;                      /* failing, on the day below */
	int32_t receiver_day;                      /* day - 1 .. day + 2, with most of them */
	const char *receiver_name;                 /* the reporter */
	bool receiver_reports;                     /* it reports the domain at all */
	int32_t first_fail, last_fail, first_pass; /* first_pass: after last_fail */
};

static void tell_witness(const struct explainer *e, const struct domain_facts *d, bool passes,
			 const struct fact *f, const struct fact_witness *w, struct told *t)
{
	int32_t refused, month = month_first_day(f->month);
	bool dated = link_refused_on(e, &refused);
	bool receiver = receiver_is(e->out->org, d->reporters[w->reporter].org_name);
	for (uint32_t bits = w->days; bits; bits &= bits - 1) {
		int32_t day = month + __builtin_ctz(bits);
		if (passes)
			continue;
		if (day < t->first_fail)
			t->first_fail = day;
		if (day > t->last_fail)
			t->last_fail = day;
		bool near = dated && day >= refused - 1 && day <= refused + 2;
		if (receiver && near && w->messages > t->by_receiver) {
			t->by_receiver = w->messages;
			t->receiver_day = day;
			t->receiver_name = d->reporters[w->reporter].org_name;
		}
	}
}

static void tell_passes(const struct domain_facts *d, const struct ip *ip, struct told *t)
{
	for (size_t i = domain_facts_find(d, ip);
	     i < d->n_facts && ip_cmp(&d->facts[i].source, ip) == 0; i++) {
		const struct fact *f = &d->facts[i];
		if (d->profiles[f->profile].cell > CELL_P7)
			continue;
		for (uint32_t bits = f->days; bits; bits &= bits - 1) {
			int32_t day = month_first_day(f->month) + __builtin_ctz(bits);
			if (day > t->last_fail && day < t->first_pass)
				t->first_pass = day;
		}
	}
}

static void read_told(const struct explainer *e, struct told *t)
{
	const struct domain_facts *d = &e->d->basis.now;
	*t =
	    (struct told){.first_fail = INT32_MAX, .last_fail = INT32_MIN, .first_pass = INT32_MAX};
	for (size_t i = 0; i < d->n_reporters; i++)
		t->receiver_reports =
		    t->receiver_reports || receiver_is(e->out->org, d->reporters[i].org_name);
	for (size_t i = domain_facts_find(d, &e->out->ip);
	     i < d->n_facts && ip_cmp(&d->facts[i].source, &e->out->ip) == 0; i++) {
		const struct fact *f = &d->facts[i];
		bool passes = d->profiles[f->profile].cell <= CELL_P7;
		t->failing += passes ? 0 : f->messages;
		for (uint32_t k = 0; k < f->n_witnesses; k++)
			tell_witness(e, d, passes, f, &f->witnesses[k], t);
	}
	tell_passes(d, &e->out->ip, t);
}

/* "Google among them" */
static bool receiver_saw(const struct explainer *e)
{
	const struct domain_facts *d = &e->d->basis.now;
	for (size_t i = domain_facts_find(d, &e->out->ip);
	     i < d->n_facts && ip_cmp(&d->facts[i].source, &e->out->ip) == 0; i++)
		for (uint32_t k = 0; k < d->facts[i].n_witnesses; k++)
			if (receiver_is(e->out->org,
					d->reporters[d->facts[i].witnesses[k].reporter].org_name))
				return true;
	return false;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void tell_sender(struct explainer *e, const struct told *t)
{
	const struct sender *s = e->out->sender;
	char ip[IP_STRLEN];
	const char *mark;
	const char *name = arena_strndup(e->a, s->name, roster_plain(s->name, &mark));
	const char *head = arena_printf(e->a, "%s is \"%s (%s)\":", ip_format(&e->out->ip, ip),
					name, category_words[s->verdict.category]);
	const char *among = receiver_saw(e)
				? arena_printf(e->a, ", %s among them", receiver_name(e->out->org))
				: "";
	if (t->failing > 0)
		head = arena_printf(e->a, "%s %llu message%s fail%s since %s, %u reporter%s%s.",
				    head, (unsigned long long)t->failing, plural(t->failing),
				    t->failing == 1 ? "s" : "", link_day(e->a, t->first_fail),
				    s->reporters, plural(s->reporters), among);
	else
		head = arena_printf(e->a, "%s all of its %llu messages pass.", head,
				    (unsigned long long)s->t.messages);
	explain_evidence(e, "Reports", head);
}

/* Does what the receiver reported agree with what it replied? */
static void tell_receiver(struct explainer *e, const struct told *t)
{
	int32_t refused;
	bool dated = link_refused_on(e, &refused);
	if (t->by_receiver > 0)
		explain_evidence(
		    e, NULL,
		    arena_printf(e->a,
				 "%s reported %llu failing message%s of this address on "
				 "%s: the same cause.",
				 t->receiver_name, (unsigned long long)t->by_receiver,
				 plural(t->by_receiver), link_day(e->a, t->receiver_day)));
	else if (e->out->org && !t->receiver_reports)
		explain_unchecked(
		    e, arena_printf(e->a, "%s sends no reports of %s", e->out->org, e->d->domain));
	if (t->first_pass != INT32_MAX && t->failing > 0 && (!dated || refused <= t->first_pass))
		explain_evidence(e, NULL,
				 arena_printf(e->a,
					      "It passes since %s: the bounce is older than "
					      "the repair.",
					      link_day(e->a, t->first_pass)));
}

void link_reports(struct explainer *e)
{
	char ip[IP_STRLEN];
	if (!e->out->ip.family) {
		const char *writer = e->x->r.reporting_host;
		explain_unchecked(e, writer && link_refused_writer(&e->x->r)
					 ? arena_printf(e->a,
							"the address of %s, which was refused: the "
							"bounce does not say it (--from-ip)",
							writer)
					 : "which server sent it: neither the text nor a header "
					   "says so (--from-ip)");
		return;
	}
	if (!e->c->db) {
		explain_unchecked(e, "stored reports (--no-db)");
		return;
	}
	if (!e->d) {
		explain_unchecked(e, "stored reports: the text does not say as which domain "
				     "it was sent (--domain)");
		return;
	}
	if (!e->d->stored) {
		explain_unchecked(
		    e, arena_printf(e->a, "reports: none of %s are stored", e->d->domain));
		return;
	}
	if (!e->out->sender) {
		explain_evidence(e, "Reports",
				 arena_printf(e->a,
					      "not linked: no report of %s in these days names %s.",
					      e->d->domain, ip_format(&e->out->ip, ip)));
		return;
	}
	struct told t;
	read_told(e, &t);
	tell_sender(e, &t);
	tell_receiver(e, &t);
}

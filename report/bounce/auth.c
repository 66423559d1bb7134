/* Refusals for SPF, DKIM, DMARC: whose they are, what to edit, what would not help. */
#include <string.h>

#include "report/bounce/advice.h"
#include "report/bounce/look.h"
#include "report/remedy/address.h"
#include "report/remedy/dmarc_edit.h"

/* ---- edits ---- */

static const char *cost(const struct explainer *e, const struct record_change *c)
{
	return arena_printf(e->a, "%u of %d lookups, %zu octets", c->lookups_after,
			    SPF_LOOKUP_LIMIT, strlen(c->after));
}

static const char *add(const struct explainer *e, const struct record_change *c)
{
	return *c->terms ? arena_printf(e->a, "add %s; %s", c->terms, cost(e, c))
			 : arena_printf(e->a, "repair the record; %s", cost(e, c));
}

static const char *or_sign(const struct explainer *e)
{
	if (e->out->class == CLASS_AUTH_SPF)
		return "";
	return arena_printf(e->a, "; or sign with DKIM as %s, which survives forwarding",
			    e->from ? e->from : e->d->domain);
}

/* What the list of the domain says of the sender, about this record. NULL: nothing. */
static const struct todo *listed(const struct explainer *e)
{
	const struct todo_list *list = e->d->inventory.todo;
	for (size_t i = 0; list && e->out->sender && i < list->n; i++) {
		const struct todo *t = &list->list[i];
		const struct record_change *c = t->record ? t->record : t->if_yours;
		bool about = false;
		for (size_t k = 0; k < t->n_senders; k++)
			about = about || strcmp(t->senders[k]->key, e->out->sender->key) == 0;
		if (about && c && strcmp(c->name, e->mailfrom) == 0)
			return t;
	}
	return NULL;
}

/* The record is wrong whoever sends: the repair that the domain's list has. */
static const struct todo *fault_of(const struct explainer *e)
{
	const struct todo_list *list = e->d ? e->d->inventory.todo : NULL;
	const char *id = e->mailfrom ? arena_printf(e->a, "spf:%s", e->mailfrom) : "";
	for (size_t i = 0; list && i < list->n; i++)
		if (list->list[i].kind == TODO_ZONE_FAULT && strcmp(list->list[i].id, id) == 0)
			return &list->list[i];
	return NULL;
}

static void offer_listed(struct explainer *e, const struct todo *t)
{
	const struct record_change *c = t->record ? t->record : t->if_yours;
	struct todo *out =
	    explain_todo(e, t->id, t->title, arena_printf(e->a, "%s%s", add(e, c), or_sign(e)));
	out->kind = t->kind;
	out->record = t->record;
	out->if_yours = t->if_yours;
	out->readings = t->readings;
	out->n_readings = t->n_readings;
	out->commands = t->commands;
	out->n_commands = t->n_commands;
	out->messages = t->messages;
	if (!t->record)
		out->text = arena_printf(e->a, "settle whether %s is yours: %s",
					 e->out->sender->name, t->text);
}

static void offer_if_yours(struct explainer *e)
{
	const struct address_need need = {.ties = (struct ties *)&e->d->basis.ties,
					  .periods = e->d->periods,
					  .n_periods = sizeof e->d->periods / sizeof *e->d->periods,
					  .senders = e->d->inventory.senders,
					  .n_senders = e->d->inventory.n_senders,
					  .mailfrom = e->mailfrom,
					  .ip = e->out->ip};
	const char *why;
	const struct record_change *c = remedy_address(&need, &why);
	const char *id = arena_printf(e->a, "bounce:spf:%s", e->mailfrom);
	if (c) {
		struct todo *t =
		    explain_todo(e, id, arena_printf(e->a, "%s is missing from SPF", look_ip(e)),
				 arena_printf(e->a, "if %s is a server of yours, %s%s", look_ip(e),
					      add(e, c), or_sign(e)));
		t->kind = TODO_QUESTION;
		t->if_yours = c;
		if (!zone_host(&e->d->basis.zone, &e->out->ip))
			explain_note(
			    e, arena_printf(e->a,
					    "Nothing in your DNS ties %s to you: find out whose "
					    "server it is before you publish that.",
					    look_ip(e)));
		return;
	}
	struct todo *t = explain_todo(
	    e, id, arena_printf(e->a, "%s is missing from SPF", look_ip(e)),
	    arena_printf(
		e->a,
		"no record is shown for %s: %s. If it is yours, send through a server that "
		"the record names, or sign with DKIM as %s",
		look_ip(e), why, e->from ? e->from : e->mailfrom));
	t->kind = TODO_QUESTION;
}

/* What a how-to would have one add: the include of whoever the reverse name belongs to. */
static void refuse_include(struct explainer *e)
{
	const struct address_known *k = knowledge_of(e->c->k, &e->out->ip);
	struct spf_tree tree;
	const struct spf_term *term;
	if (!e->view || k->ptr != PTR_CONFIRMED || !k->org || look_in_domain(e, k->org) ||
	    (k->service && k->service->n_names[BY_INCLUDE] > 0))
		return;
	const char *name = arena_printf(e->a, "_spf.%s", k->org);
	spf_tree_read(e->view, name, e->a, &tree);
	if (tree.pending || tree.result == SPF_TEMPERROR)
		return;
	if (tree.result == SPF_NONE)
		explain_note(e,
			     arena_printf(e->a,
					  "Do not add include:%s: that name has no SPF record, the "
					  "include would make the whole record an error (RFC 7208 "
					  "section 5.2).",
					  name));
	else if (!tree.problem && !tree.depends &&
		 spf_tree_find(&tree, &e->out->ip, &term, NULL, NULL) != SPF_PASS)
		explain_note(e, arena_printf(e->a, "Do not add include:%s: it does not name %s.",
					     name, look_ip(e)));
}

/* An edit for a machine lets in whoever else is on it. */
static void warn_shared(struct explainer *e, const struct todo *t)
{
	const struct address_known *k = knowledge_of(e->c->k, &e->out->ip);
	const struct record_change *c = t ? t->record : NULL;
	if (!c || !zone_is_shared_machine(&e->d->basis.zone, &e->out->ip))
		return;
	explain_note(e,
		     arena_printf(e->a,
				  "%s is a machine of %s: whoever else has a site on it can then "
				  "send as you, too. Safer: let the site send through your mail "
				  "service, with a login.",
				  look_ip(e), k->service ? k->service->name : k->org));
}

/* Somebody sends for us from a machine of his own, and passes without our record. */
static bool passes_without(const struct explainer *e)
{
	const struct address_known *k = knowledge_of(e->c->k, &e->out->ip);
	const struct sender *s = e->out->sender;
	return s && s->verdict.category == CAT_AUTHORIZED && k->ptr == PTR_CONFIRMED && k->org &&
	       !look_in_domain(e, k->org);
}

static void offer_return_path(struct explainer *e)
{
	const struct sender *s = e->out->sender;
	explain_todo(
	    e, arena_printf(e->a, "bounce:service:%s", s->key),
	    arena_printf(e->a, "%s uses your envelope sender", s->name),
	    arena_printf(e->a,
			 "%s sends from a machine of its own, and its mail passes DMARC without "
			 "your record: have it sign every message with DKIM as %s, and use an "
			 "envelope sender (custom Return-Path) that it sets up for you. Its "
			 "address belongs in your record only where nobody else sends by it",
			 s->name, e->from ? e->from : e->d->domain))
	    ->kind = TODO_DUTY;
}

static void offer_spf(struct explainer *e)
{
	const struct todo *t = listed(e), *fault = fault_of(e);
	if (fault && fault->record && (!t || !t->record))
		t = fault;
	if (t)
		offer_listed(e, t);
	else if (passes_without(e))
		offer_return_path(e);
	else
		offer_if_yours(e);
	warn_shared(e, t);
	refuse_include(e);
}

/* ---- who sends with an envelope sender of its own ---- */

static const struct service *service_of(const struct explainer *e)
{
	const struct catalogue *c = e->c->k->catalogue;
	const struct refusal *r = &e->x->r;
	const struct service *s =
	    e->mailfrom ? catalogue_find(c, BY_RETURN_PATH, e->mailfrom) : NULL;
	for (size_t i = 0; !s && i < r->n_dkim; i++)
		s = r->dkim[i].domain ? catalogue_find(c, BY_DKIM, r->dkim[i].domain) : NULL;
	if (!s && e->view && e->out->ip.family)
		s = knowledge_of(e->c->k, &e->out->ip)->service;
	return s;
}

/* Its name, or that of the domain it bounces to. */
static const char *service_name(const struct explainer *e)
{
	const struct service *s = service_of(e);
	const struct name_rules *rules = e->c->k->rules;
	if (s)
		return s->name;
	if (e->mailfrom && !look_same_org(e, e->mailfrom, e->from))
		return rules->org_domain(rules->ctx, e->mailfrom);
	for (size_t i = 0; i < e->x->r.n_dkim; i++)
		if (e->x->r.dkim[i].domain && !look_same_org(e, e->x->r.dkim[i].domain, e->from))
			return rules->org_domain(rules->ctx, e->x->r.dkim[i].domain);
	return "the service that sends";
}

static void offer_alignment(struct explainer *e)
{
	const struct service *s = service_of(e);
	const char *from = e->from ? e->from : "your domain", *more = "";
	if (s && s->advice_dkim[0])
		more = arena_printf(e->a, " %s%s%s", s->advice_dkim, *s->link ? " " : "", s->link);
	explain_todo(
	    e, arena_printf(e->a, "bounce:align:%s", from),
	    arena_printf(e->a, "mail of %s is not aligned with %s", service_name(e), from),
	    arena_printf(e->a,
			 "DKIM as %s at %s, or its custom Return-Path. An include does not "
			 "help. The receiver only applies what you publish: nothing to change "
			 "there.%s",
			 from, service_name(e), more));
}

/* One level less until the service signs. Only for mail that was ours beyond doubt: a bounce, or
 * what somebody sends to be pasted, may be made up to have the policy loosened. */
static void offer_softer(struct explainer *e, const struct dmarc_answer *d)
{
	if (d->found == FOUND_NONE || d->policy != POLICY_REJECT || !look_in_domain(e, d->at))
		return;
	struct record_change *c = arena_alloc(e->a, sizeof *c);
	*c = (struct record_change){
	    .name = arena_printf(e->a, "_dmarc.%s", d->at), .before = d->record.text, .terms = ""};
	c->after = dmarc_edit(
	    e->a, &d->record,
	    &(struct dmarc_edit){.domain = d->at, .p = POLICY_QUARANTINE, .testing = true});
	struct todo *t =
	    explain_todo(e, arena_printf(e->a, "bounce:dmarc:%s", d->at), "meanwhile (optional)",
			 "receivers of RFC 9989 then deliver as with p=none, others put it into "
			 "the junk folder");
	t->kind = TODO_QUESTION;
	t->if_yours = c;
}

static const char *tell_policy(const struct explainer *e, const struct dmarc_answer *d, bool known)
{
	const char *passed = look_passed(e);
	const char *policy =
	    !known ? ""
	    : d->found == FOUND_NONE || !*published_policy_names[d->policy]
		? arena_printf(e->a, " %s publishes no DMARC record that counts;", e->from)
		: arena_printf(e->a, " %s publishes p=%s;", e->from,
			       published_policy_names[d->policy]);
	return arena_printf(e->a, "%s nothing that passed was aligned%s%s.", policy,
			    *passed ? ": " : "", passed);
}

static void explain_alignment(struct explainer *e, const struct dmarc_answer *d, bool known)
{
	e->out->whose = WHOSE_YOUR_ACCOUNT;
	explain_evidence(e, "Whose",
			 arena_printf(e->a, "your DNS or the service that sends.%s",
				      e->from ? tell_policy(e, d, known) : ""));
	link_reports(e);
	offer_alignment(e);
	if (known && e->out->ours == SENT_BY_US)
		offer_softer(e, d);
}

/* Of a reply alone, the envelope sender is all that is known. */
static const char *public_sender(const struct explainer *e)
{
	const char *as = e->from ? e->from : e->mailfrom;
	return as && bounce_is_public(as) ? as : NULL;
}

/* The sender is everybody's: no record of ours makes such mail pass. */
static void explain_public(struct explainer *e)
{
	e->out->whose = WHOSE_YOUR_SERVER;
	explain_evidence(e, "Whose",
			 arena_printf(e->a,
				      "your server or program: %s is %s, whose policy refuses its "
				      "addresses from other servers.",
				      e->from ? "From" : "the envelope sender", public_sender(e)));
	explain_todo(e, "bounce:from", "From is another's domain",
		     "send as your own domain (From; Reply-To may stay)");
	explain_note(e, "No record of yours changes this.");
}

static void explain_forwarded(struct explainer *e)
{
	e->out->whose = WHOSE_FORWARDER;
	explain_evidence(e, "Whose",
			 arena_printf(e->a,
				      "a forwarder. %s hands on mail of others with its own "
				      "address, where SPF cannot pass.",
				      look_ip(e)));
	link_reports(e);
	explain_todo(e, "bounce:forwarded", "forwarded mail",
		     arena_printf(e->a,
				  "sign all mail with DKIM as %s: signatures survive forwarding. "
				  "Its address belongs in no record of yours",
				  e->from ? e->from : "your domain"))
	    ->kind = TODO_DUTY;
	explain_note(e, "No SPF edit helps: it would let in whoever uses that forwarder.");
}

/* Only a signature helps here. */
static void explain_signature(struct explainer *e)
{
	e->out->whose = WHOSE_YOUR_SERVER;
	explain_evidence(e, "Whose",
			 "your server or the service that sends: it signs, or does not.");
	look_keys(e);
	link_reports(e);
	explain_todo(e, "bounce:dkim", "DKIM does not pass",
		     arena_printf(e->a,
				  "have the server or service sign with DKIM as %s, and its key "
				  "published as it says",
				  e->from ? e->from : "your domain"));
	explain_note(e, "No SPF edit helps here: this receiver asks for DKIM.");
}

static void explain_spf(struct explainer *e)
{
	e->out->whose = WHOSE_YOUR_DNS;
	bool asks = e->mailfrom && e->out->ip.family;
	explain_evidence(e, "Whose",
			 asks ? arena_printf(e->a,
					     "your DNS. %s asked SPF of %s (MAIL FROM) about %s.",
					     e->who, e->mailfrom, look_ip(e))
			      : "your DNS.");
	look_spf(e, true);
	if (e->out->class != CLASS_AUTH_SPF)
		look_keys(e);
	link_reports(e);
	if (e->out->dns.spf_result == SPF_PASS) {
		explain_todo(
		    e, "bounce:spf", "SPF passes today",
		    e->out->class == CLASS_AUTH_ALL
			? "SPF passes today: look at DKIM, alignment and the DMARC record"
			: "nothing to add: SPF passes today, the refusal is older than that")
		    ->kind = TODO_DUTY;
		return;
	}
	bool answered = e->d && e->d->judged && e->d->basis.zone.answered;
	if (asks && e->out->dns.spf_result >= 0 && look_in_domain(e, e->mailfrom) && answered) {
		offer_spf(e);
		return;
	}
	if (e->view && e->d && !answered)
		explain_unchecked(e, arena_printf(e->a,
						  "DNS of %s: it did not answer, so no record "
						  "is shown",
						  e->d->domain));
	explain_todo(
	    e, "bounce:auth", "neither SPF nor DKIM",
	    "let the server that sent it pass SPF for its envelope sender, or sign with DKIM "
	    "as the From domain; which record that is, the address and the envelope sender "
	    "would tell (--from-ip, --domain)");
}

static void explain_record(struct explainer *e)
{
	const struct bounce_rule *r = e->out->rule;
	const struct todo *fault;
	explain_evidence(e, "Whose", "your DNS: a record that the receiver asked for.");
	look_spf(e, true);
	fault = fault_of(e);
	if (fault && fault->record)
		offer_listed(e, fault);
	else
		explain_todo(e, "bounce:record", "a record of the sender's domain",
			     bounce_advice_text(r ? r->advice : "", e->out->class))
		    ->kind = TODO_DUTY;
}

/* What the reports know of the address says which record the receiver asked. */
static void take_sender(struct explainer *e)
{
	const struct sender *s = e->out->sender;
	if (!e->mailfrom && s && e->d && !e->x->r.mail_from_domain &&
	    s->verdict.category == CAT_LEGIT_SPF_MISSING)
		e->mailfrom = e->d->domain;
}

void explain_auth(struct explainer *e)
{
	const struct sender *s = e->out->sender;
	enum bounce_class c = e->out->class;
	struct dmarc_answer dmarc;
	bool known = look_dmarc(e, &dmarc);
	take_sender(e);
	if (public_sender(e)) {
		explain_public(e);
	} else if (explain_handed(e)) {
		;
	} else if (c == CLASS_AUTH_ARC || (s && s->verdict.category == CAT_FORWARDER)) {
		explain_forwarded(e);
	} else if (c == CLASS_AUTH_DKIM) {
		explain_signature(e);
	} else if (c == CLASS_AUTH_RECORD) {
		explain_record(e);
	} else if (e->from && e->mailfrom && !look_same_org(e, e->from, e->mailfrom)) {
		look_spf(e, false);
		explain_alignment(e, &dmarc, known);
	} else if (c == CLASS_AUTH_DMARC && !e->mailfrom) {
		explain_alignment(e, &dmarc, known);
	} else {
		explain_spf(e);
	}
	if (c == CLASS_AUTH_DMARC && known && look_in_domain(e, e->from) &&
	    dmarc.policy == POLICY_REJECT)
		e->out->summary = arena_printf(
		    e->a, "Refused for your own DMARC policy%s",
		    strchr(e->out->summary, '(') ? strchr(e->out->summary, '(') - 1 : "");
}

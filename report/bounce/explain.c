#include "report/bounce/explain.h"

#include <string.h>

#include "core/day.h"
#include "report/bounce/advice.h"
#include "report/bounce/priv.h"

/* Everybody's: who sends as these from his own server is refused rightly. */
static const char *const public_mail[] = {
    "gmail.com",      "googlemail.com", "yahoo.com", "yahoo.co.jp", "outlook.com", "hotmail.com",
    "live.com",       "msn.com",        "aol.com",   "icloud.com",  "me.com",      "gmx.de",
    "gmx.net",        "gmx.at",         "web.de",    "mail.ru",     "yandex.ru",   "proton.me",
    "protonmail.com", "t-online.de",    "orange.fr", "comcast.net"};

bool bounce_is_public(const char *domain)
{
	for (size_t i = 0; i < sizeof public_mail / sizeof *public_mail; i++)
		if (strcmp(domain, public_mail[i]) == 0)
			return true;
	return false;
}

static const char *or_null(const char *s)
{
	return s && *s ? s : NULL;
}

const char *bounce_mail_from(const struct bounce_case *x, const char *option)
{
	if (x->r.quoted_domain)
		return or_null(x->r.quoted_domain);
	if (x->r.mail_from_domain)
		return or_null(x->r.mail_from_domain);
	return option;
}

const char *bounce_sent_as(const struct bounce_case *x, const char *option)
{
	const char *from = or_null(x->r.header_from_domain);
	from = from ? from : option;
	from = from ? from : bounce_mail_from(x, NULL);
	return from && !bounce_is_public(from) ? from : NULL;
}

/* ---- lines ---- */

void explain_evidence(struct explainer *e, const char *label, const char *text)
{
	if (e->out->n_evidence < BOUNCE_LINES)
		e->out->evidence[e->out->n_evidence++] = (struct bounce_line){label, text};
}

void explain_note(struct explainer *e, const char *text)
{
	if (e->out->n_notes < BOUNCE_LINES)
		e->out->notes[e->out->n_notes++] = text;
}

void explain_unchecked(struct explainer *e, const char *text)
{
	if (e->out->n_unchecked < BOUNCE_LINES)
		e->out->unchecked[e->out->n_unchecked++] = text;
}

struct todo *explain_todo(struct explainer *e, const char *id, const char *title, const char *text)
{
	static struct todo spare;
	if (e->out->n_todo == BOUNCE_TODOS)
		return &spare;
	struct todo *t = &e->out->todo[e->out->n_todo++];
	*t = (struct todo){.id = id, .kind = TODO_OWN_REFUSED, .title = title, .text = text};
	t->messages = e->x->count;
	if (e->out->sender) {
		const struct sender **one = arena_alloc(e->a, sizeof(struct sender *));
		*one = e->out->sender;
		t->senders = one;
		t->n_senders = 1;
	}
	return t;
}

/* ---- what was said ---- */

/* Words say more than numbers: where the inner reply is known by its numbers alone, the outer one
 * is looked at, too. */
static const struct bounce_rule *rule_of(const struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	struct refusal_reply reply = r->reply;
	if (!reply.status[0])
		memcpy(reply.status, r->bounce_status, sizeof reply.status);
	const struct bounce_rule *inner = bounce_rules_find(e->c->rules, &reply);
	if ((inner && !bounce_rule_is_number(inner)) || !r->wrapper.text)
		return inner;
	const struct bounce_rule *outer = bounce_rules_find(e->c->rules, &r->wrapper);
	return outer && (!inner || !bounce_rule_is_number(outer)) ? outer : inner;
}

static const char *phase_words(const struct refusal_reply *r)
{
	static const char *const words[PHASE_COUNT] = {
	    "", "before the greeting", "HELO", "MAIL FROM", "RCPT TO", "DATA"};
	return r->phase == PHASE_DATA && r->phase_end ? "end of DATA" : words[r->phase];
}

/* "550 #5.7.1": who writes bounces takes that for no status, and puts 5.0.0 there. */
static const char *hidden_status(const struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	if (!r->bounce_status[0] || !r->reply.status[0] ||
	    strcmp(r->bounce_status, r->reply.status) == 0)
		return "";
	bool hash = strstr(r->reply.text, "#") != NULL;
	bool postfix = r->form == FORM_POSTFIX || r->form == FORM_LOG_POSTFIX || hash;
	return arena_printf(e->a, "; the status %s of the bounce is %s%s", r->bounce_status,
			    postfix ? "Postfix's" : "that of the server that wrote it",
			    hash ? ": \"#\" hides the code" : "");
}

/* "(Gmail, 550 5.7.26, end of DATA)"; "" where nothing is known. */
static const char *particulars(const struct explainer *e)
{
	const struct refusal_reply *r = &e->x->r.reply;
	const char *provider = e->out->rule ? e->out->rule->provider : "";
	const char *host = e->x->r.remote_host, *phase = phase_words(r), *out = "";
	bool hash = strstr(r->text, "#5.") || strstr(r->text, "#4.");
	const char *code = r->code ? arena_printf(e->a, "%u", r->code) : "";
	const char *numbers = arena_printf(e->a, "%s%s%s%s", code, *code && r->status[0] ? " " : "",
					   hash ? "#" : "", r->status);
	const char *parts[] = {*provider ? provider : host ? host : "", numbers, phase};
	for (size_t i = 0; i < 3; i++)
		if (*parts[i])
			out = arena_printf(e->a, "%s%s%s", out, *out ? ", " : "", parts[i]);
	return *out ? arena_printf(e->a, " (%s%s)", out, hidden_status(e)) : "";
}

/* ---- classes that need no looking into ---- */

static const char *unknown_words(const struct explainer *e)
{
	const struct bounce_rule *r = e->out->rule;
	if (!r)
		return "Its words are not known, and its numbers say nothing: read the reply "
		       "itself.";
	if (bounce_rule_is_number(r))
		return "Its words are not known: it is classed by its number alone.";
	return NULL;
}

/* DNS of the address where that is what the receiver complains of. */
static void explain_address(struct explainer *e)
{
	char ip[IP_STRLEN];
	const char *ptr = link_ptr(e);
	if (*ptr)
		explain_evidence(e, "DNS now",
				 arena_printf(e->a, "%s:%s", ip_format(&e->out->ip, ip), ptr));
	else if (!e->out->ip.family)
		explain_unchecked(e, "reverse DNS: the address is not known (--from-ip)");
	if (e->out->class == CLASS_NO_PTR && e->out->dns.ptr == PTR_CONFIRMED)
		explain_note(
		    e, "The name leads back today: the refusal may be older than that, or "
		       "the receiver asks for a name that does not look like an access line.");
}

static void explain_usual(struct explainer *e)
{
	const struct bounce_rule *r = e->out->rule;
	enum bounce_group g = bounce_group_of(e->out->class);
	explain_evidence(e, "Whose", arena_printf(e->a, "%s.", bounce_whose_words[e->out->whose]));
	if (e->out->class == CLASS_OTHER && e->x->r.reply.text[0])
		explain_evidence(e, "Reply", e->x->r.reply.text);
	if (g == GROUP_IP)
		explain_address(e);
	if (e->out->class == CLASS_BLOCKLIST || e->out->class == CLASS_REPUTATION)
		explain_lists(e);
	struct todo *t =
	    explain_todo(e, arena_printf(e->a, "bounce:%s", bounce_class_names[e->out->class]),
			 e->out->summary, bounce_advice_text(r ? r->advice : "", e->out->class));
	t->kind = TODO_DUTY;
	if (g == GROUP_IP || e->out->class == CLASS_CONTENT ||
	    e->out->class == CLASS_RECEIVER_POLICY)
		explain_note(e, "No SPF edit helps here: the refusal is not about authentication.");
}

/* Somebody else's mail with our name on it: what came back to us is only the bounce. */
static bool is_backscatter(const struct explainer *e)
{
	return e->out->ours == SENT_BY_OTHERS && e->x->r.direction == REFUSED_BY_OTHER;
}

static void explain_backscatter(struct explainer *e)
{
	char ip[IP_STRLEN];
	e->out->whose = WHOSE_NOBODY;
	explain_evidence(
	    e, "Whose",
	    arena_printf(
		e->a,
		"nobody of yours: somebody else's forgery. The message came from %s, which "
		"neither your DNS nor your reports tie to you; only its bounce came to you.",
		ip_format(link_origin(e), ip)));
	link_reports(e);
	explain_note(e, "Nothing to do: the refusal is right, and no record of yours is to be "
			"changed for it. DMARC with p=reject makes such bounces fewer.");
}

/* What our own server refuses of others is theirs to repair. */
static void explain_own_refusal(struct explainer *e)
{
	char ip[IP_STRLEN];
	const char *who = e->out->ip.family ? ip_format(&e->out->ip, ip) : "a client";
	e->out->whose = WHOSE_NOBODY;
	e->out->summary = arena_printf(e->a, "Your own server refused %s: %s%s", who,
				       bounce_class_words[e->out->class], particulars(e));
	explain_evidence(e, "Whose", "nobody's of yours: nothing ties the client to you.");
	explain_note(e,
		     "If it is a client of yours, let it log in (port 587) and send as its own "
		     "account. Anybody else: the refusal is right, and no record of yours is to be "
		     "changed for it.");
}

static bool is_own_relay(const struct explainer *e)
{
	return e->out->class == CLASS_RELAY_DENIED && e->x->r.direction == REFUSED_BY_US;
}

/* The day of the refusal is in its window; what has no date is looked for in the newest. */
static bool is_of_day(const struct bounce_domain *d, const struct bounce_case *x)
{
	int32_t day = day_from_unix(x->last_at);
	return x->last_at && day >= d->window.since && day < d->window.until;
}

static bool is_better(const struct bounce_domain *d, const struct bounce_domain *best,
		      const struct bounce_case *x)
{
	if (!best || strlen(d->domain) != strlen(best->domain))
		return !best || strlen(d->domain) > strlen(best->domain);
	if (is_of_day(d, x) != is_of_day(best, x))
		return is_of_day(d, x);
	/* both, or neither: the one that ends with that day, the newest */
	return is_of_day(d, x) ? d->window.until < best->window.until
			       : d->window.until > best->window.until;
}

static const struct bounce_domain *domain_of(const struct bounce_context *c, const char *name,
					     const struct bounce_case *x)
{
	const struct bounce_domain *best = NULL;
	for (size_t i = 0; name && i < c->n_domains; i++)
		if (domain_is_below(name, c->domains[i].domain) &&
		    is_better(&c->domains[i], best, x))
			best = &c->domains[i];
	return best;
}

/* The domain that the reply quotes is that whose policy or record was asked for. */
static void take_quoted(struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	bool of_from = e->out->class == CLASS_AUTH_DMARC || e->out->class == CLASS_AUTH_ALL;
	if (!of_from)
		return;
	if (!or_null(r->header_from_domain) && or_null(r->quoted_domain))
		e->from = r->quoted_domain;
	e->mailfrom = or_null(r->mail_from_domain);
}

static void explain_one(struct explainer *e, bool *own_told)
{
	struct bounce_explained *out = e->out;
	const char *provider;
	out->rule = rule_of(e);
	out->class = out->rule ? out->rule->class : CLASS_OTHER;
	out->whose = bounce_whose_of(out->class);
	take_quoted(e);
	provider = out->rule ? out->rule->provider : "";
	e->who = *provider ? provider : e->x->r.remote_host ? e->x->r.remote_host : "The receiver";
	out->summary = arena_printf(e->a, "%s%s", bounce_class_words[out->class], particulars(e));
	out->dns.spf_result = -1;
	if (is_own_relay(e)) {
		explain_own_log(e, !*own_told);
		*own_told = true;
		return;
	}
	link_refusal(e);
	const char *unknown = unknown_words(e);
	if (is_backscatter(e))
		explain_backscatter(e);
	else if (e->x->r.direction == REFUSED_BY_US && out->ours != SENT_BY_US)
		explain_own_refusal(e);
	else if (bounce_group_of(out->class) == GROUP_AUTH)
		explain_auth(e);
	else if (out->class == CLASS_RELAY_DENIED)
		explain_relay(e);
	else
		explain_usual(e);
	if (unknown)
		explain_note(e, unknown);
	if (e->x->r.action == REFUSAL_DELAYED)
		explain_note(e, "A temporary refusal: the message is tried again by itself.");
	if (!e->view)
		explain_unchecked(e, "DNS: it was not asked");
}

void bounce_explain(const struct bounce_context *c, const struct bounce_input *in,
		    struct bounce_explained *out)
{
	bool own_told = false;
	for (size_t i = 0; i < in->n; i++) {
		struct explainer e = {.c = c,
				      .in = in,
				      .x = &in->cases[i],
				      .out = &out[i],
				      .a = c->k->a,
				      .view = c->k->view};
		out[i] = (struct bounce_explained){.of = e.x};
		e.mailfrom = bounce_mail_from(e.x, c->domain);
		e.from = or_null(e.x->r.header_from_domain);
		e.from = e.from ? e.from : c->domain;
		e.d = domain_of(c, bounce_sent_as(e.x, c->domain), e.x);
		explain_one(&e, &own_told);
	}
}

#include <string.h>

#include "report/remedy/asking.h"
#include "report/remedy/keys.h"
#include "report/remedy/lead.h"

/* A yes has something to do. */
static const char *account_text(const struct asking *q)
{
	const struct service *x = q->s->service;
	const char *tenant = q->account.tenant;
	return arena_printf(
	    q->a,
	    "is %s%s your own account at %s? It sends with your envelope sender (MAIL FROM), which "
	    "mail that recipients forward there does not have. Ask who has mailboxes there. If it "
	    "is yours: %s%s%s%s%s",
	    tenant ? "the tenant " : "this", tenant ? tenant : "", x->name,
	    q->account.term ? "add " : "", q->account.term ? q->account.term : "",
	    q->account.term ? " to your SPF record, and sign its mail with DKIM as your domain. "
			    : "sign its mail with DKIM as your domain. ",
	    x->advice_dkim, *x->advice_dkim ? "" : "Its documentation tells how");
}

/* Of the terms that it documents for what our zone names, those that authorise its addresses; "":
 * none does. */
static const char *documented(const struct asking *q)
{
	const char *const *terms = ties_service_terms(q->g->ties, q->s->service);
	const char *out = "";
	for (size_t i = 0; terms[i]; i++) {
		bool holds = false;
		for (size_t k = 0; k < q->s->n_sources && !holds; k++) {
			const char *by =
			    ties_term_of(q->g->ties, q->s->service, &q->s->sources[k].ip);
			holds = by && strcmp(by, terms[i]) == 0;
		}
		if (holds)
			out = arena_printf(q->a, "%s%s%s", out, *out ? " " : "", terms[i]);
	}
	return out;
}

static const char *way_out_text(const struct asking *q)
{
	const struct service *x = q->s->service;
	const char *terms = documented(q);
	if (q->s->stands_in)
		return "is this a second line of yours, or the machine in another place? It sends "
		       "when one of yours is silent, and about as much. Ask who looks after the "
		       "network and the server. If it is yours: let its mail leave by your mail "
		       "server or service, with a login; or give it a fixed address with a name of "
		       "yours, that the SPF record names. With p=reject its mail is lost";
	return arena_printf(
	    q->a,
	    "is this the way by which your own mail leaves: a filter, a signature service, a smart "
	    "host? Ask who set up outgoing mail. If it is yours: %s%s%s, and have it sign with "
	    "DKIM as your domain, behind whatever changes the mail (a disclaimer breaks the "
	    "signature made before)%s%s",
	    *terms ? "add " : "let SPF authorise it, as ",
	    *terms ? terms
	    : x    ? x->name
		   : "its operator",
	    *terms ? " to your SPF record" : " documents it", x && *x->link ? ". " : "",
	    x ? x->link : "");
}

#define NAMED_MAX 5

/* "a.example.com (192.0.2.1, 20 messages), ...": machines with confirmed names of ours; "": there
 * are none. */
static const char *own_named(const struct asking *q)
{
	const struct zone *z = q->g->zone;
	const char *out = "";
	char ip[IP_STRLEN];
	unsigned n = 0;
	for (size_t i = 0; i < q->s->n_sources; i++) {
		const struct sender_source *x = &q->s->sources[i];
		const struct address_known *k = knowledge_of(z->known, &x->ip);
		if (k->ptr != PTR_CONFIRMED || !k->name || !zone_is_ours(z, k->name))
			continue;
		if (n++ < NAMED_MAX)
			out = arena_printf(q->a, "%s%s%s (%s, %llu messages)", out,
					   n > 1 ? ", " : "", k->name, ip_format(&x->ip, ip),
					   (unsigned long long)x->messages);
	}
	return n > NAMED_MAX ? arena_printf(q->a, "%s and %u more", out, n - NAMED_MAX) : out;
}

/* A server of ours whose A record was forgotten, it seems. */
static const char *series_text(const struct asking *q)
{
	char ip[IP_STRLEN];
	const struct ip *at = &q->s->sources[0].ip;
	const char *name = knowledge_of(q->g->zone->known, at)->claim;
	return arena_printf(
	    q->a,
	    "is this a server of yours? Reverse DNS of %s is %s, and that name has no address in "
	    "DNS: the %s record is missing. If it is yours, publish %s. %s %s, and let SPF "
	    "authorise it. If you have no such server, somebody borrows your name",
	    ip_format(at, ip), name ? name : "a name of yours", at->family == 4 ? "A" : "AAAA",
	    name ? name : "that name", at->family == 4 ? "A" : "AAAA", ip);
}

/* Mailboxes of people, which can sign as no domain but the service's: gmail.com, t-online.de. */
static bool is_freemail(const struct service *x)
{
	return x && (x->kind == KIND_MAILBOX || x->kind == KIND_ISP) && x->dkim == ANSWER_NA;
}

static const char *freemail_text(const struct asking *q)
{
	const char *name = q->s->service->name;
	return arena_printf(
	    q->a,
	    "do people of yours write with your domain in From out of their own mailboxes at %s? "
	    "Nothing can be set up there that would sign as your domain, and p=reject ends this "
	    "mail. Who does so should send through your mail server, with a login, or write from "
	    "a mailbox of yours",
	    name);
}

/* It authenticates as somebody: an account, a supplier, a service. */
static const char *unaligned_text(const struct asking *q)
{
	const struct sender *s = q->s;
	if (is_freemail(s->service))
		return freemail_text(q);
	if (s->guest && s->service && s->service->kind == KIND_MAILBOX)
		return arena_printf(
		    q->a,
		    "is %s another domain of yours, or a partner who writes for you? People there "
		    "send in your name through %s, and their mail is signed as %s. If so, have "
		    "your domain added to that account, with a DKIM key of its own: with p=reject "
		    "this mail is lost. A domain of yours may stand under `domains` in the "
		    "configuration",
		    s->guest, s->service->name, s->guest);
	if (s->guest)
		return arena_printf(
		    q->a,
		    "is %s a supplier of yours, for reviews, tickets, invoices, surveys? It sends "
		    "in your name through %s, and signs as itself. Ask who works with it, and look "
		    "into a mail. If it does so for you, have it sign with DKIM as your domain, or "
		    "write From a domain of its own: with p=reject every mail of it is lost",
		    s->guest, s->service ? s->service->name : "a service");
	if (!s->service && s->returns)
		return "is it a service of yours, for newsletters, tickets, invoices? It "
		       "authenticates as its own domain. Ask who uses it, and look into a mail. If "
		       "it is yours, have it sign with DKIM as your domain, or every mail of it is "
		       "lost with p=reject";
	if (!s->service)
		return "is this a server or a service of yours? It authenticates as another "
		       "domain. Ask who uses it. If it is yours, let it sign with DKIM as your "
		       "domain";
	if (s->service->dkim != ANSWER_YES && !*s->service->advice_dkim)
		return arena_printf(
		    q->a,
		    "does somebody of yours write with your domain in From by way of %s? There is "
		    "nothing to be set up there that would sign as your domain. Who does so writes "
		    "from a mailbox of yours instead, or sends through your mail server with a "
		    "login",
		    s->service->name);
	return arena_printf(
	    q->a,
	    "is this an account of yours at %s? Ask who in your organisation uses it. If "
	    "so, set it up to sign with DKIM as your domain%s%s%s%s",
	    s->service->name, *s->service->advice_dkim ? ". " : "", s->service->advice_dkim,
	    *s->service->link ? " " : "", s->service->link);
}

/* A service that sends with our envelope sender, or tries our signature: its own set-up is the
 * answer, whoever in the house has the account. NULL: it is none. */
static const char *served_text(const struct asking *q)
{
	const struct service *x = q->s->service;
	bool mail = x && (x->kind == KIND_ESP || x->kind == KIND_SAAS || x->kind == KIND_MAILBOX ||
			  x->kind == KIND_GATEWAY);
	if (!mail || q->s->guest || q->list[0].kind != READING_MISSING)
		return NULL;
	const char *terms = documented(q), *spf = x->advice_spf;
	if (*terms)
		spf = arena_printf(q->a,
				   "Add %s to the SPF record of its envelope sender, as it "
				   "documents for what your DNS names.",
				   terms);
	if (!*spf && !*x->advice_dkim)
		return NULL;
	return arena_printf(
	    q->a,
	    "is this an account of yours at %s? It sends with your domain as envelope sender (MAIL "
	    "FROM). Ask who in your organisation uses it. If it is yours, finish its set-up. "
	    "%s%s%s%s%s",
	    x->name, spf, *spf && *x->advice_dkim ? " " : "", x->advice_dkim, *x->link ? " " : "",
	    x->link);
}

/* What the names of its machines, or the key that it tries, make of the question; NULL: nothing. */
static const char *machine_text(const struct asking *q)
{
	const struct sender *s = q->s;
	char ip[IP_STRLEN];
	if (asking_revoked_key(q))
		return NULL;
	bool tries = sender_has_evidence(s, "L_TRIES_DKIM") ||
		     (asking_tries_to_sign(s) && asking_sends_for_customers(s->service));
	const char *dkim = tries ? key_advice(q->g->zone, s) : "";
	if (*dkim)
		return arena_printf(
		    q->a,
		    "does it belong to you? It signs as your domain. Ask who runs "
		    "web forms, shops and programs that send mail. If it is yours, %s",
		    dkim);
	if (s->moving)
		return "is it a device of yours on a line whose address changes, or a program on "
		       "machines that a cloud starts and stops? Ask who set up scanners, shops and "
		       "monitoring. If so, let it send through your mail server, with a login: no "
		       "SPF record can name it";
	if (sender_has_evidence(s, "L_SERIES"))
		return series_text(q);
	const char *machines = own_named(q);
	const struct zone_host *rented =
	    s->n_sources && !s->ties_any ? zone_host(q->g->zone, &s->sources[0].ip) : NULL;
	if (rented && !rented->exchanger)
		return arena_printf(
		    q->a,
		    "is the machine behind %s still yours? That name leads to %s, a rented address "
		    "or one of somebody else's. If nobody knows the machine, delete the record of "
		    "the name: whoever has the address next can use it",
		    rented->name, ip_format(&s->sources[0].ip, ip));
	if (*machines && s->ties == 0)
		return arena_printf(
		    q->a,
		    "%s: %s? A machine of yours should send through your mail server, or be named "
		    "in "
		    "the SPF record; one of a customer should not send as you at all",
		    s->n_sources == 1
			? "is this machine yours, or that of a customer, a student, a visitor"
			: "are these machines yours, or those of customers, students or visitors",
		    machines);
	return NULL;
}

static const char *reading_text(const struct asking *q)
{
	switch (q->n ? q->list[0].kind : READING_FORGED) {
	case READING_FORWARDED:
		return "is it unsigned mail of yours that recipients forward? Sign all your mail "
		       "with DKIM, and do not add this address to SPF. Ask a recipient there "
		       "whether mail is forwarded";
	case READING_SWITCHED_OFF:
		return asking_revoked_key(q)
			   ? "was this sender switched off on purpose? Somebody revoked its key. "
			     "Ask "
			     "who worked with it. If it was dismissed, nothing is to be changed: "
			     "tell "
			     "them to stop"
			   : "was this sender switched off on purpose? Ask who ran it, and who "
			     "changed "
			     "the SPF record. If it is gone, nothing is to be added";
	case READING_MISSING:
		return "does it belong to you? Ask who runs web forms, printers, shops and "
		       "programs that send mail, and look for this address in their settings";
	default:
		return "is it yours? Nothing in DNS says so. Ask who runs programs that send mail; "
		       "if nobody knows it, it is spoofed and there is nothing to do";
	}
}

static bool is_inside(const struct sender *s)
{
	for (size_t i = 0; i < s->n_sources; i++)
		if (ip_is_public(&s->sources[i].ip))
			return false;
	return s->n_sources > 0;
}

const char *question_text(const struct asking *q)
{
	const struct sender *s = q->s;
	char ip[IP_STRLEN];
	if (s->aged)
		return arena_printf(q->a,
				    "is %s still yours? Your SPF record authorises it. Ask who "
				    "runs the machine, and "
				    "whether a service was hired that sends from there; if nobody "
				    "knows it, let the record no longer authorise it",
				    ip_format(&sender_aged_source(s)->ip, ip));
	const struct lead x = leads_to(q->g->zone, s);
	if (x.alias && !s->ties_any)
		return arena_printf(
		    q->a,
		    "where does %s lead, and is that machine still yours? That name of yours leads "
		    "to %s, and the machine sends in your name. Ask who set the name up. If nobody "
		    "uses it any more, remove it from DNS",
		    x.name, x.target);
	if (s->ties_any && s->doubtful_day && asking_on_shared_machine(q))
		return arena_printf(
		    q->a,
		    "is all of it yours? Your site shares this machine with those of others, and "
		    "there were %s. Ask the web host whose mail that was. Better than to authorise "
		    "a shared machine: "
		    "let the site send through your mail service, with a login",
		    s->doubtful_day);
	if (s->way_out)
		return way_out_text(q);
	if (is_inside(s))
		return arena_printf(
		    q->a,
		    "do you run a server at %s? The address is of a private network: unless the "
		    "reports are your own, the receiver names a gateway of its own, as the source "
		    "of all that passes through it, and there is nothing to do. No SPF record can "
		    "authorise it",
		    ip_format(&s->sources[0].ip, ip));
	if (q->at_host)
		return account_text(q);
	if (asking_is_unaligned(s))
		return unaligned_text(q);
	const char *text = machine_text(q);
	text = text ? text : served_text(q);
	return text ? text : reading_text(q);
}

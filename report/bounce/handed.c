/* Mail that was refused to the next server behind ours: a forwarder, or our own server as one. */
#include "report/bounce/look.h"

/* ---- our server hands on mail of others ---- */

/* Our own log, and a sender that is none of the domains with reports: mail of others that our
 * server hands on. */
static bool is_handed_on(const struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	bool stored = false;
	for (size_t i = 0; i < e->c->n_domains; i++)
		stored = stored || e->c->domains[i].stored;
	return r->form >= FORM_LOG_POSTFIX && e->c->db && e->mailfrom && !e->c->domain &&
	       !(e->d && e->d->stored) && (r->original_domain || stored);
}

static void explain_handed_on(struct explainer *e)
{
	e->out->whose = WHOSE_YOUR_SERVER;
	explain_evidence(
	    e, "Whose",
	    arena_printf(e->a,
			 "your server, as a forwarder. It brought mail of %s, of which no "
			 "reports are stored: forwarded mail fails SPF where it arrives.",
			 e->mailfrom));
	explain_todo(
	    e, "bounce:forwarding", "mail of others is handed on",
	    arena_printf(e->a,
			 "where %s is not yours, have your server rewrite the envelope sender "
			 "(SRS) or seal what it hands on (ARC), and change nothing on the way, "
			 "so that signatures survive",
			 e->mailfrom))
	    ->kind = TODO_DUTY;
	explain_note(e, "No SPF edit of yours helps: the record asked is that of the sender.");
}

/* ---- another handed on ours ---- */

/* It took the message from an address that our SPF record names, and wrote the bounce when it was
 * refused itself. */
static bool is_handed_over(const struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	enum bounce_class c = e->out->class;
	return c != CLASS_AUTH_DKIM && c != CLASS_AUTH_RECORD && e->out->ip_source != IP_OPTION &&
	       r->received_ip.family && r->reporting_host && e->d && link_refused_writer(r) &&
	       !link_of_owner(e->d, r->reporting_host) &&
	       !(e->out->ip.family && link_authorised(e, &e->out->ip)) &&
	       link_authorised(e, &r->received_ip);
}

static void explain_handed_over(struct explainer *e)
{
	const char *by = e->x->r.reporting_host;
	char ip[IP_STRLEN];
	e->out->whose = WHOSE_FORWARDER;
	explain_evidence(
	    e, "Whose",
	    arena_printf(e->a,
			 "a forwarder. %s took it from %s, for which SPF of %s passes, and was "
			 "refused when it handed it on: there SPF is asked about its own address.",
			 by, ip_format(&e->x->r.received_ip, ip), e->mailfrom));
	look_keys(e);
	link_reports(e);
	explain_todo(e, "bounce:forwarded", "forwarded mail",
		     arena_printf(e->a,
				  "sign all mail with DKIM as %s: signatures survive forwarding",
				  e->from ? e->from : e->d->domain))
	    ->kind = TODO_DUTY;
	explain_note(
	    e, arena_printf(e->a,
			    "No SPF edit helps: it would let in whoever uses that forwarder. Only "
			    "where you yourself send through %s (a relay that you have an account "
			    "at) does your record name what its operator says.",
			    by));
}

bool explain_handed(struct explainer *e)
{
	if (is_handed_on(e))
		explain_handed_on(e);
	else if (is_handed_over(e))
		explain_handed_over(e);
	else
		return false;
	return true;
}

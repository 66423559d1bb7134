/* Another server would not relay: whose list of domains, or whose login, is wrong. */
#include <string.h>

#include "core/text.h"
#include "report/bounce/priv.h"

#define MX_TOLD 4

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-';
}

/* "elsewhere.example" of "<*@elsewhere.example>: Relay access denied" */
static const char *quoted_recipient(const struct explainer *e)
{
	const char *at = strchr(e->x->r.reply.text, '@');
	char name[DOMAIN_SIZE];
	size_t n = 0;
	while (at && is_name_byte(at[1 + n]))
		n++;
	return n && domain_normalise(e->c->k->rules, at + 1, n, name) ? arena_strdup(e->a, name)
								      : NULL;
}

static const char *recipient(const struct explainer *e)
{
	const char *r = e->x->r.recipient_domain;
	return r && *r ? r : quoted_recipient(e);
}

/* Its mail servers today, into out->dns. */
static void read_mx(struct explainer *e, const char *domain)
{
	if (!e->view || !domain)
		return;
	const struct dns_answer *mx = dns_ask(e->view, domain, DNS_MX);
	const char **hosts = arena_alloc(e->a, (MX_TOLD + 1) * sizeof *hosts);
	for (size_t i = 0; mx->outcome == DNS_OK && i < mx->n && e->out->dns.n_mx < MX_TOLD; i++)
		if (mx->mx[i].host[0])
			hosts[e->out->dns.n_mx++] = mx->mx[i].host;
	e->out->dns.mx = hosts;
	if (dns_failed(mx))
		explain_unchecked(e,
				  arena_printf(e->a, "MX of %s: its DNS did not answer", domain));
}

static const char *mx_text(const struct explainer *e)
{
	const char *out = "";
	for (size_t i = 0; i < e->out->dns.n_mx; i++)
		out = arena_printf(e->a, "%s%s%s", out, i ? ", " : "", e->out->dns.mx[i]);
	return *out ? out : e->view ? "none" : "not asked";
}

/* Is the server that refused one of them? */
static bool is_exchanger(const struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	for (size_t i = 0; i < e->out->dns.n_mx; i++) {
		const char *host = e->out->dns.mx[i];
		if (r->remote_host && strcmp(r->remote_host, host) == 0)
			return true;
		if (!r->remote_ip.family)
			continue;
		const struct dns_answer *x =
		    dns_ask(e->view, host, r->remote_ip.family == 4 ? DNS_A : DNS_AAAA);
		for (size_t k = 0; x->outcome == DNS_OK && k < x->n; k++)
			if (ip_cmp(&x->addresses[k], &r->remote_ip) == 0)
				return true;
	}
	return false;
}

/* Exchange Online puts what the next server said into words of its own. */
static bool is_wrapped(const struct explainer *e)
{
	const struct refusal *r = &e->x->r;
	return strcmp(r->wrapper.status, "5.7.367") == 0 || strcmp(r->reply.status, "5.7.367") == 0;
}

#define POOL                                                                                       \
	"If this was forwarded by a rule of your tenant: the original failed SPF on entry and "    \
	"left "                                                                                    \
	"through the relay pool, which the gateway does not know: make SPF/DKIM pass before it "   \
	"enters, or let the gateway trust it. No SPF or DMARC edit of yours changes this."

static void explain_wrapped(struct explainer *e, const char *to)
{
	const char *host = e->x->r.remote_host, *place = to ? to : "the recipient's domain";
	const char *whose = "the receiver's routing, most likely.";
	e->out->whose = WHOSE_RECEIVER;
	e->out->summary =
	    host ? arena_printf(
		       e->a,
		       "Refused to relay: %s would not take mail for %s (wrapped by Exchange "
		       "Online as 5.7.367)",
		       host, place)
		 : arena_printf(e->a,
				"Refused to relay: the next server would not take mail for %s "
				"(Exchange Online, 5.7.367)",
				place);
	if (to && e->out->dns.n_mx > 0 && host)
		whose =
		    arena_printf(e->a, "%s MX of %s now: %s; the server that refused is %s", whose,
				 to, mx_text(e),
				 is_exchanger(e) ? "among them: it does not know the domain."
						 : "not among them (stale entry or forwarding).");
	else if (to && e->out->dns.n_mx > 0)
		whose = arena_printf(e->a, "%s MX of %s now: %s.", whose, to, mx_text(e));
	explain_evidence(e, "Whose", whose);
	const char *tell =
	    host ? arena_printf(e->a, "tell %s, or correct the connector that names %s.", place,
				host)
		 : arena_printf(e->a,
				"tell %s, or correct the connector that leads to "
				"its server; which of the two it is, the reply does "
				"not say.",
				place);
	explain_todo(e, "bounce:relay", "relaying refused behind Exchange Online",
		     arena_printf(e->a, "%s %s", tell, POOL))
	    ->kind = TODO_DUTY;
}

#define NOT_THE_CAUSE " Authentication records are not the cause. Not a blocklist: those say so."

static void explain_route(struct explainer *e, const char *to)
{
	bool by_log = e->x->r.form >= FORM_LOG_POSTFIX;
	bool asked = e->x->r.remote_host || e->x->r.remote_ip.family;
	const char *place = to ? to : "the recipient's domain";
	e->out->whose = WHOSE_YOUR_SERVER;
	e->out->summary =
	    arena_printf(e->a,
			 "Refused to relay: the server asked is not responsible for %s "
			 "and did not know the client",
			 place);
	if (!by_log)
		explain_todo(
		    e, "bounce:relay:client", "if you are the client",
		    "If you are the client (mail program, web form): log in on port 587 of "
		    "your provider; port 25 takes mail for its own domains only.")
		    ->kind = TODO_QUESTION;
	char ip[IP_STRLEN];
	const char *text, *host = e->x->r.remote_host;
	host = host ? host : arena_strdup(e->a, asked ? ip_format(&e->x->r.remote_ip, ip) : "");
	if (asked && is_exchanger(e))
		text = arena_printf(
		    e->a,
		    "If your server got it from another: %s is an MX of %s (now: %s) and "
		    "does not know the domain: tell its administrator.",
		    host, place, mx_text(e));
	else if (asked && e->out->dns.n_mx > 0)
		text = arena_printf(e->a,
				    "If your server got it from another: %s is no MX of %s (now: "
				    "%s): stale MX, transport or relayhost.",
				    host, place, mx_text(e));
	else
		text = arena_printf(
		    e->a,
		    "If your server got it from another: compare that one with the MX of %s (now: "
		    "%s). Is it none of them: stale MX, transport or relayhost. Is it one: it does "
		    "not know the domain, tell its administrator.",
		    place, mx_text(e));
	explain_todo(e, "bounce:relay:route", "if your server got it from another",
		     arena_printf(e->a, "%s" NOT_THE_CAUSE, text))
	    ->kind = TODO_QUESTION;
}

void explain_relay(struct explainer *e)
{
	const char *to = recipient(e);
	read_mx(e, to);
	if (!to)
		explain_unchecked(e, "MX: the text does not name the recipient's domain");
	if (is_wrapped(e))
		explain_wrapped(e, to);
	else
		explain_route(e, to);
}

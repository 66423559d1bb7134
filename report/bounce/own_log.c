/* Our own server would not relay: clients that should be let in, strangers that should not, and
 * domains that its lists lack. */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/text.h"
#include "report/bounce/priv.h"

#define CLIENTS_TOLD 8  /* that are ours; strangers are one line */
#define DOMAINS_TOLD 20 /* whose MX is asked */
#define MANY_PLACES  3  /* recipients' domains of a prober */

struct client {
	struct ip ip;
	const char *host; /* NULL: no PTR in the log */
	uint64_t count;
	unsigned places;
	const struct bounce_domain *of; /* a domain that it sends as; NULL: none known */
	const struct sender *sender;
	bool for_us; /* all that it asked for is for domains whose MX leads here: no prober */
	bool judged; /* stored reports were looked into for it */
};

struct place {
	const char *domain;
	uint64_t count;
};

/* How each server is told whom to let in. */
static const struct {
	const char *name, *networks, *login, *domains;
} servers[FORM_COUNT] = {
    [FORM_LOG_POSTFIX] = {"Postfix", "mynetworks", "permit_sasl_authenticated",
			  "virtual_mailbox_domains, relay_domains or mydestination"},
    [FORM_LOG_EXIM] = {"Exim", "relay_from_hosts", "an authenticator",
		       "local_domains or relay_to_domains"},
    [FORM_LOG_SENDMAIL] = {"Sendmail", "the access map (Connect: ... RELAY)", "AUTH",
			   "local-host-names or the access map"},
    [FORM_LOG_OPENSMTPD] = {"OpenSMTPD", "a table that `match from src` names", "match auth",
			    "a `match for domain` rule"},
    [FORM_LOG_QMAIL] = {"qmail", "tcp.smtp (RELAYCLIENT)", "SMTP AUTH", "rcpthosts"},
    [FORM_LOG_EXCHANGE] = {"Exchange", "a receive connector", "a receive connector with login",
			   "the accepted domains"},
};

static const char *server_word(const struct explainer *e, size_t which)
{
	const char *const words[] = {servers[e->x->r.form].name, servers[e->x->r.form].networks,
				     servers[e->x->r.form].login, servers[e->x->r.form].domains};
	static const char *const usual[] = {"server", "its own networks", "SMTP AUTH",
					    "its list of own domains"};
	return words[which] ? words[which] : usual[which];
}

static bool is_ours(const struct explainer *e, const struct bounce_case *x)
{
	const struct bounce_rule *r = bounce_rules_find(e->c->rules, &x->r.reply);
	return x->r.direction == REFUSED_BY_US && r && r->class == CLASS_RELAY_DENIED;
}

static const struct ip *client_of(const struct bounce_case *x)
{
	return x->r.client_ip.family ? &x->r.client_ip : &x->r.ip;
}

static bool is_own_name(const struct explainer *e, const char *host)
{
	for (size_t i = 0; i < e->c->n_domains; i++)
		if (e->c->domains[i].judged && e->c->domains[i].stored &&
		    zone_is_ours(&e->c->domains[i].basis.zone, host))
			return true;
	return false;
}

/* Does the MX of the domain lead to the server whose log this is? By its name, or --from-ip. */
static bool leads_here(const struct explainer *e, const char *domain)
{
	const char *here = e->x->r.reporting_host;
	const struct dns_answer *mx = dns_ask(e->view, domain, DNS_MX);
	for (size_t i = 0; mx->outcome == DNS_OK && i < mx->n; i++) {
		const char *host = mx->mx[i].host;
		size_t label = strcspn(host, ".");
		if (here && strcmp(host, here) == 0)
			return true;
		/* Postfix writes the first label alone */
		if (here && !strchr(here, '.') && ascii_ieq_n(host, label, here) &&
		    is_own_name(e, host))
			return true;
		const struct dns_answer *a =
		    e->c->from_ip.family ? dns_ask(e->view, host, DNS_A) : NULL;
		for (size_t k = 0; a && a->outcome == DNS_OK && k < a->n; k++)
			if (ip_cmp(&a->addresses[k], &e->c->from_ip) == 0)
				return true;
	}
	return false;
}

/* ---- who asked ---- */

/* In any domain that is judged: as which it sends is what the reports say. */
static void know_client(const struct explainer *e, struct client *c)
{
	for (size_t i = 0; i < e->c->n_domains && !c->sender; i++) {
		const struct bounce_domain *d = &e->c->domains[i];
		if (!d->judged || !d->stored)
			continue;
		c->judged = true;
		for (size_t k = 0; k < d->inventory.n_senders && !c->sender; k++)
			if (sender_source_at(&d->inventory.senders[k], &c->ip)) {
				c->sender = &d->inventory.senders[k];
				c->of = d;
			}
	}
}

/* To let an address relay is to let it send as everybody: it must be tied to us. */
static bool may_relay(const struct client *c)
{
	const struct sender_source *x = c->sender ? sender_source_at(c->sender, &c->ip) : NULL;
	enum category k = c->sender ? c->sender->verdict.category : CAT_UNKNOWN;
	return x && (k == CAT_AUTHORIZED || (x->ties && !x->aged && k != CAT_UNAUTHORIZED));
}

static int by_count(const void *x, const void *y)
{
	const struct client *a = x, *b = y;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return ip_cmp(&a->ip, &b->ip);
}

static struct client *find_clients(const struct explainer *e, size_t *n)
{
	struct client *all = arena_alloc(e->a, (e->in->n + 1) * sizeof *all);
	*n = 0;
	for (size_t i = 0; i < e->in->n; i++) {
		const struct bounce_case *x = &e->in->cases[i];
		size_t k = 0;
		if (!is_ours(e, x))
			continue;
		while (k < *n && ip_cmp(&all[k].ip, client_of(x)) != 0)
			k++;
		if (k == *n)
			all[(*n)++] =
			    (struct client){.ip = *client_of(x), .host = x->r.client_host};
		all[k].count += x->count;
		all[k].places++;
		all[k].for_us =
		    all[k].for_us && x->r.recipient_domain && leads_here(e, x->r.recipient_domain);
	}
	for (size_t k = 0; k < *n; k++)
		know_client(e, &all[k]);
	qsort(all, *n, sizeof *all, by_count);
	return all;
}

static const char *let_in(const struct explainer *e, const struct client *c)
{
	char ip[IP_STRLEN];
	ip_format(&c->ip, ip);
	if (zone_is_shared_machine(&c->of->basis.zone, &c->ip))
		return arena_printf(
		    e->a,
		    "let it log in: SMTP AUTH on 587 (%s). Not %s: others share the "
		    "machine, and could then send through yours",
		    server_word(e, 2), server_word(e, 1));
	return arena_printf(e->a, "let it in: add %s to %s, or SMTP AUTH on 587 (%s)", ip,
			    server_word(e, 1), server_word(e, 2));
}

static const char *client_text(const struct explainer *e, const struct client *c)
{
	char ip[IP_STRLEN];
	bool fine = c->sender->verdict.category == CAT_AUTHORIZED;
	const char *what = fine ? "an authorised sender of"
				: arena_printf(e->a, "%s, a sender of",
					       category_words[c->sender->verdict.category]);
	return arena_printf(e->a, "%s (%s, %s %s; %llu times): %s.", ip_format(&c->ip, ip),
			    c->sender->name, what, c->of->domain, (unsigned long long)c->count,
			    let_in(e, c));
}

static const char *and_more(const struct explainer *e, size_t n)
{
	return n == 0 ? "" : n == 1 ? " and one more" : arena_printf(e->a, " and %zu more", n);
}

static void tell_others(struct explainer *e, const struct client *first, size_t n, bool judged,
			unsigned places)
{
	char ip[IP_STRLEN];
	if (n == 0)
		return;
	ip_format(&first->ip, ip);
	if (judged)
		explain_evidence(
		    e, NULL,
		    arena_printf(e->a,
				 "%s%s, stranger%s%s: probes for an open relay. Nothing to do: the "
				 "refusal is right.",
				 ip, and_more(e, n - 1), n == 1 ? "" : "s",
				 places >= MANY_PLACES ? ", many recipients" : ""));
	else
		explain_evidence(
		    e, NULL,
		    arena_printf(
			e->a,
			"%s%s: whether that is yours is not known here. A client of yours: "
			"SMTP AUTH on 587 (%s). Anybody else: the refusal is right.",
			ip, and_more(e, n - 1), server_word(e, 2)));
}

static void tell_clients(struct explainer *e, const struct client *all, size_t n)
{
	const struct client *stranger = NULL, *unknown = NULL;
	size_t strangers = 0, unknowns = 0, told = 0;
	unsigned places = 0;
	for (size_t i = 0; i < n; i++) {
		const struct client *c = &all[i];
		if (may_relay(c)) {
			if (told++ < CLIENTS_TOLD)
				explain_evidence(e, NULL, client_text(e, c));
			continue;
		}
		if (c->for_us)
			continue;
		bool strange = c->judged && (!c->sender || !c->sender->ties_any);
		stranger = strange && !stranger ? c : stranger;
		unknown = !strange && !unknown ? c : unknown;
		strangers += strange;
		unknowns += !strange;
		places += strange ? c->places : 0;
	}
	tell_others(e, stranger, strangers, true, places);
	tell_others(e, unknown, unknowns, false, 0);
}

/* ---- for whom ---- */

static const char *domain_text(const struct explainer *e, const struct place *p)
{
	return arena_printf(e->a,
			    "%s is refused %llu time%s, and its MX leads to this server: add it "
			    "to %s.",
			    p->domain, (unsigned long long)p->count, p->count == 1 ? "" : "s",
			    server_word(e, 3));
}

static void tell_domains(struct explainer *e)
{
	struct place all[DOMAINS_TOLD];
	size_t n = 0;
	for (size_t i = 0; e->view && i < e->in->n; i++) {
		const struct bounce_case *x = &e->in->cases[i];
		const char *to = x->r.recipient_domain;
		size_t k = 0;
		if (!to || !is_ours(e, x))
			continue;
		while (k < n && strcmp(all[k].domain, to) != 0)
			k++;
		if (k == n && n == DOMAINS_TOLD)
			continue;
		if (k == n)
			all[n++] = (struct place){to, 0};
		all[k].count += x->count;
	}
	for (size_t k = 0; k < n; k++)
		if (leads_here(e, all[k].domain))
			explain_evidence(e, NULL, domain_text(e, &all[k]));
}

/* ---- what stands beside it ---- */

static void tell_beside(struct explainer *e)
{
	const char *echo = NULL, *slow = NULL, *out = "";
	for (size_t i = 0; i < e->in->n; i++) {
		const struct refusal_reply *r = &e->in->cases[i].r.reply;
		const struct bounce_rule *rule = bounce_rules_find(e->c->rules, r);
		const char *numbers =
		    arena_printf(e->a, "%u%s%s", r->code, r->status[0] ? " " : "", r->status);
		if (rule && strcmp(rule->advice, "echo") == 0)
			echo = numbers;
		if (rule && rule->class == CLASS_REPUTATION && r->code == 451)
			slow =
			    arena_printf(e->a,
					 "\"%s\" is %s slowing an address of bad reputation: "
					 "not relaying",
					 numbers, *rule->provider ? rule->provider : "a receiver");
	}
	if (echo)
		out =
		    arena_printf(e->a, "\"%s\" beside it is an echo (commands out of order)", echo);
	if (echo || slow)
		explain_note(e, arena_printf(e->a, "%s%s%s.", out, echo && slow ? "; " : "",
					     slow ? slow : ""));
}

static void tell_head(struct explainer *e, const struct client *all, size_t n)
{
	uint64_t total = 0;
	int64_t first = 0, last = 0;
	char ip[IP_STRLEN];
	for (size_t i = 0; i < e->in->n; i++) {
		const struct bounce_case *x = &e->in->cases[i];
		if (!is_ours(e, x))
			continue;
		total += x->count;
		if (x->first_at && (!first || x->first_at < first))
			first = x->first_at;
		if (x->last_at > last)
			last = x->last_at;
	}
	const char *when =
	    !first ? ""
	    : day_from_unix(first) == day_from_unix(last)
		? arena_printf(e->a, ", on %s", link_day(e->a, day_from_unix(first)))
		: arena_printf(e->a, ", %s to %s", link_day(e->a, day_from_unix(first)),
			       link_day(e->a, day_from_unix(last)));
	e->out->summary =
	    arena_printf(e->a, "Your own %s refused to relay for %s: %llu time%s, %zu client%s%s",
			 server_word(e, 0), ip_format(&all[0].ip, ip), (unsigned long long)total,
			 total == 1 ? "" : "s", n, n == 1 ? "" : "s", when);
}

/* What the case by itself says, for programs. */
static void explain_own(struct explainer *e)
{
	struct client c = {
	    .ip = *client_of(e->x), .host = e->x->r.client_host, .count = e->x->count};
	char ip[IP_STRLEN];
	know_client(e, &c);
	e->out->ip = c.ip;
	e->out->ip_source = c.ip.family ? IP_LOG : IP_UNKNOWN;
	e->out->sender = c.sender;
	e->out->ours = may_relay(&c)                                    ? SENT_BY_US
		       : c.judged && (!c.sender || !c.sender->ties_any) ? SENT_BY_OTHERS
									: SENT_UNKNOWN;
	e->out->whose = e->out->ours == SENT_BY_OTHERS ? WHOSE_NOBODY : WHOSE_YOUR_SERVER;
	e->out->summary = arena_printf(e->a, "Your own %s refused to relay for %s",
				       server_word(e, 0), ip_format(&c.ip, ip));
	if (may_relay(&c))
		explain_todo(e, arena_printf(e->a, "bounce:client:%s", ip),
			     "a client of yours is refused", client_text(e, &c));
	const char *to = e->x->r.recipient_domain;
	const struct place p = {to, e->x->count};
	if (e->view && to && leads_here(e, to)) {
		e->out->whose = WHOSE_YOUR_SERVER;
		explain_todo(e, arena_printf(e->a, "bounce:domain:%s", to),
			     "a domain of yours is refused", domain_text(e, &p));
	}
}

void explain_own_log(struct explainer *e, bool first)
{
	size_t n;
	explain_own(e);
	e->out->lines_only = true;
	e->out->told = !first;
	if (!first)
		return;
	struct client *all = find_clients(e, &n);
	tell_head(e, all, n);
	tell_clients(e, all, n);
	tell_domains(e);
	tell_beside(e);
	if (!e->c->db)
		explain_unchecked(e, "whether clients are yours: stored reports (--no-db)");
	if (!e->view)
		explain_unchecked(e, "MX of the refused domains: DNS was not asked");
}

#include "dns/dnsbl.h"

#include <stdio.h>
#include <string.h>

/* Terms: as the owners' pages state them; a list whose terms were not read is none of these. */
static const struct dnsbl lists[] = {
    {"zen.spamhaus.org", "Spamhaus ZEN", "spamhaus",
     "free for low volume and no commerce, not through public resolvers "
     "(spamhaus.org, DNSBL Usage Terms)",
     "https://check.spamhaus.org/"},
    {"bl.spamcop.net", "SpamCop", "spamcop", "open to all, as it is (spamcop.net/bl.shtml)",
     "https://www.spamcop.net/bl.shtml"},
    {"psbl.surriel.com", "PSBL", "psbl", "free for everybody (psbl.surriel.com/howto)",
     "https://psbl.org/"},
};

/* Meaning of the last octet at Spamhaus ZEN; others list with 127.0.0.2. */
static const struct {
	unsigned from, to;
	bool policy;
	const char *text;
} zen[] = {
    {2, 3, false, "SBL: spam was seen from it"},
    {4, 7, false, "XBL: an infected or misused machine"},
    {9, 9, false, "DROP: a network of spammers"},
    {10, 11, true,
     "PBL: an access line, by its provider's own policy, no accusation: send through the "
     "provider's "
     "mail server, or have the provider take it out"},
};

const struct dnsbl *dnsbl_all(size_t *n)
{
	*n = sizeof lists / sizeof *lists;
	return lists;
}

const struct dnsbl *dnsbl_usual(void)
{
	return &lists[0];
}

const struct dnsbl *dnsbl_named(const char *text)
{
	for (size_t i = 0; text && i < sizeof lists / sizeof *lists; i++)
		if (strcasestr(text, lists[i].words))
			return &lists[i];
	return NULL;
}

void dnsbl_question(const struct dnsbl *list, const struct ip *ip, char out[DNSBL_NAME_SIZE])
{
	char reversed[DNS_REVERSE_SIZE];
	dns_reverse_name(ip, reversed);
	const char *end = strstr(reversed, ip->family == 4 ? ".in-addr.arpa" : ".ip6.arpa");
	snprintf(out, DNSBL_NAME_SIZE, "%.*s.%s", end ? (int)(end - reversed) : 0, reversed,
		 list->zone);
}

/* Only so many different questions in a run; those that were asked stay answered. */
static bool may_ask(struct dnsbl_run *run, const char *name)
{
	for (unsigned i = 0; i < run->n; i++)
		if (strcmp(run->names[i], name) == 0)
			return true;
	if (run->n == DNSBL_QUESTIONS)
		return false;
	run->names[run->n++] = arena_strdup(&run->a, name);
	return true;
}

static const struct dns_answer *question(struct dnsbl_run *run, const struct dns_view *view,
					 const struct dnsbl *list, const struct ip *ip)
{
	char name[DNSBL_NAME_SIZE];
	dnsbl_question(list, ip, name);
	return may_ask(run, name) ? dns_ask(view, name, DNS_A) : NULL;
}

static const char *why_failed(const struct dns_answer *a)
{
	return a->outcome == DNS_TIMEOUT     ? "it did not answer in time"
	       : a->outcome == DNS_NOT_ASKED ? "DNS was not asked"
	       : dns_failed(a)               ? "it answers with an error"
					     : NULL;
}

/* An answer that is no listing, whatever was asked: outside of 127/8, or the owner's own word that
 * he does not answer (RFC 5782 section 2.1; 127.255.255.0/24 at Spamhaus and others). */
static const char *why_strange(const struct dns_answer *a)
{
	for (size_t i = 0; a->outcome == DNS_OK && i < a->n; i++) {
		const uint8_t *b = a->addresses[i].b;
		if (b[0] != 127)
			return "it answers with an address outside of 127.0.0.0/8: the list is "
			       "dead";
		if (b[1] == 255 && b[2] == 255)
			return b[3] == 254
				   ? "it does not answer this resolver (a public one, or one "
				     "without reverse name)"
			       : b[3] == 255 ? "it was asked too often by this resolver"
					     : "it refuses this resolver";
	}
	return NULL;
}

/* Does the list work at all? NULL: it does; *pending: not known yet. */
static const char *why_dead(struct dnsbl_run *run, const struct dns_view *view,
			    const struct dnsbl *list, bool *pending)
{
	static const struct ip listed = {4, {127, 0, 0, 2}}, unlisted = {4, {127, 0, 0, 1}};
	const struct dns_answer *yes = question(run, view, list, &listed);
	const struct dns_answer *no = question(run, view, list, &unlisted);
	*pending = false;
	if (!yes || !no)
		return "the questions of this run are used up";
	if (yes->outcome == DNS_PENDING || no->outcome == DNS_PENDING) {
		*pending = true;
		return NULL;
	}
	const char *why = why_failed(yes);
	why = why ? why : why_failed(no);
	why = why ? why : why_strange(yes);
	why = why ? why : why_strange(no);
	if (why)
		return why;
	if (yes->outcome != DNS_OK)
		return "its test point 127.0.0.2 is not listed: the list is dead";
	return no->outcome == DNS_OK ? "its test point 127.0.0.1 is listed: it lists everybody"
				     : NULL;
}

/* What an answer means at this list; NULL: its owner documents no such answer. */
static const char *meaning(const struct dnsbl *list, const struct ip *answer, bool *policy)
{
	unsigned last = answer->b[3];
	*policy = false;
	if (answer->b[1] != 0 || answer->b[2] != 0)
		return NULL;
	if (list != &lists[0])
		return last == 2 ? "spam was seen from it" : NULL;
	for (size_t i = 0; i < sizeof zen / sizeof *zen; i++)
		if (last >= zen[i].from && last <= zen[i].to) {
			*policy = zen[i].policy;
			return zen[i].text;
		}
	return NULL;
}

/* Of several answers the worst counts. */
static void judge(const struct dns_answer *x, struct arena *a, struct dnsbl_finding *out)
{
	char text[IP_STRLEN];
	for (size_t i = 0; i < x->n && out->state != DNSBL_LISTED; i++) {
		bool policy;
		const char *why = meaning(out->list, &x->addresses[i], &policy);
		if (!why)
			continue;
		out->state = policy ? DNSBL_POLICY : DNSBL_LISTED;
		out->code = arena_strdup(a, ip_format(&x->addresses[i], text));
		out->why = why;
	}
	if (!out->why)
		out->why = "it answers what its owner does not document";
}

void dnsbl_ask(struct dnsbl_run *run, const struct dns_view *view, const struct dnsbl *list,
	       const struct ip *ip, struct arena *a, struct dnsbl_finding *out)
{
	bool pending;
	*out = (struct dnsbl_finding){.list = list, .state = DNSBL_UNASKED};
	if (!ip_is_public(ip)) {
		out->why = "the address is a private one";
		return;
	}
	out->why = why_dead(run, view, list, &pending);
	if (pending)
		out->state = DNSBL_PENDING;
	if (pending || out->why)
		return;
	const struct dns_answer *x = question(run, view, list, ip);
	if (!x) {
		out->why = "the questions of this run are used up";
		return;
	}
	if (x->outcome == DNS_PENDING) {
		out->state = DNSBL_PENDING;
		return;
	}
	out->why = why_failed(x);
	out->why = out->why ? out->why : why_strange(x);
	if (out->why)
		return;
	if (x->outcome != DNS_OK)
		out->state = DNSBL_NOT_LISTED;
	else
		judge(x, a, out);
}

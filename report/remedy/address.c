#include "report/remedy/address.h"

#include <string.h>

#include "report/remedy/plan.h"

static const struct zone_mailfrom *mailfrom_of(const struct zone *z, const char *name)
{
	for (size_t i = 0; i < z->n_mailfrom; i++)
		if (strcmp(z->mailfrom[i].domain, name) == 0)
			return &z->mailfrom[i];
	return NULL;
}

/* Machines that strangers share: who names one lets in all of them. NULL: it is none. */
static const char *shared(const struct zone *z, const struct ip *ip)
{
	const struct address_known *k = knowledge_of(z->known, ip);
	const struct service *s = k->service;
	if (!ip_is_public(ip))
		return "it is a private address";
	if (s && (s->shared || service_in_pool(s, ip)))
		return arena_printf(
		    z->known->a, "it belongs to %s, whose customers share its addresses", s->name);
	return k->ptr == PTR_UNKNOWN ? "its reverse name could not be asked"
	       : k->generic          ? "its name looks like a customer's line, and may be somebody "
				       "else's tomorrow"
				     : NULL;
}

const struct record_change *remedy_address(const struct address_need *need, const char **why)
{
	const struct zone *z = need->ties->zone;
	struct arena *a = z->known->a;
	const struct zone_mailfrom *m = mailfrom_of(z, need->mailfrom);
	char text[IP_STRLEN];
	*why = m ? shared(z, &need->ip) : "its SPF record was not looked at";
	if (*why)
		return NULL;
	struct gate gate;
	gate_init(&gate, need->ties, need->periods, need->n_periods, need->senders,
		  need->n_senders);
	struct plan *plan = arena_alloc(a, sizeof *plan);
	plan_begin(plan, &gate, m);
	const char *term = arena_printf(a, "ip%u:%s", need->ip.family, ip_format(&need->ip, text));
	struct ip *address = arena_memdup(a, &need->ip, sizeof need->ip);
	const struct sender nobody = {.name = ""};
	const struct gate_need one = {
	    .s = arena_memdup(a, &nobody, sizeof nobody), .addresses = address, .n = 1};
	struct record_change *change = plan_if_yours(plan, &one, &term, 1);
	if (change)
		change->terms = term;
	else
		*why = plan->in_vain ? plan->in_vain
		       : plan->owned_by_other
			   ? "the name is an alias: its record belongs to another"
			   : "the record with it would not pass: too many lookups, "
			     "too long, or an error";
	return change;
}

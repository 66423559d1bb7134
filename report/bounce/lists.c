/* Blocklists: whether the address stands in the one that the reply names. */
#include "report/bounce/priv.h"

static void tell(struct explainer *e, const struct dnsbl_finding *f)
{
	char ip[IP_STRLEN];
	const char *name = f->list->name, *text;
	ip_format(&e->out->ip, ip);
	switch (f->state) {
	case DNSBL_LISTED:
	case DNSBL_POLICY:
		text = arena_printf(e->a, "%s lists %s (%s): %s. Removal: %s", name, ip, f->code,
				    f->why, f->list->form);
		break;
	case DNSBL_NOT_LISTED:
		text = arena_printf(e->a, "%s does not list %s now.", name, ip);
		break;
	case DNSBL_UNASKED:
		explain_unchecked(e, arena_printf(e->a, "%s could not be asked: %s", name, f->why));
		return;
	default:
		return;
	}
	explain_evidence(e, "List", text);
}

static void ask(struct explainer *e, const struct dnsbl *list)
{
	struct bounce_dns *dns = &e->out->dns;
	if (dns->n_lists == DNSBL_ASKED)
		return;
	struct dnsbl_finding *f = &dns->lists[dns->n_lists++];
	dnsbl_ask(e->c->lists, e->view, list, &e->out->ip, e->a, f);
	tell(e, f);
}

/* Addresses of others are not asked about: not those of a server that our own log refuses, nor of
 * who forged us. */
void explain_lists(struct explainer *e)
{
	const struct dnsbl *named = dnsbl_named(e->x->r.reply.text), *usual = dnsbl_usual();
	if (!e->c->lists) {
		explain_unchecked(
		    e, arena_printf(e->a,
				    "blocklists%s%s%s: asking tells the owner of a list which "
				    "address is looked at (--dnsbl)",
				    named ? " (the reply names " : "", named ? named->name : "",
				    named ? ")" : ""));
		return;
	}
	bool own = e->out->ours == SENT_BY_US || ip_cmp(&e->out->ip, &e->c->from_ip) == 0;
	if (!e->out->ip.family || !e->view || !own) {
		explain_unchecked(
		    e, "blocklists: the address is not known to be yours (--from-ip says so)");
		return;
	}
	if (named)
		ask(e, named);
	if (usual != named)
		ask(e, usual);
}

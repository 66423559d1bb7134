#include "report/remedy/account.h"

#include <string.h>

#include "core/text.h"
#include "report/sender/tenant.h"

#define ONE_TENANT 90 /* per cent that a tenant signs of its mail */

/* Microsoft is named by more than mail: an account there is likelier where the zone has these. */
static const struct {
	const char *service, *label, *target;
} beside[] = {
    {"service:microsoft-365", "autodiscover", "autodiscover.outlook.com"},
    {"service:microsoft-365", "enterpriseregistration", "enterpriseregistration.windows.net"},
    {"service:microsoft-365", "lyncdiscover", "webdir.online.lync.com"},
};

static const struct {
	const char *service, *begins;
} proofs[] = {{"service:microsoft-365", "MS=ms"}};

static void add_mark(const struct gate *g, struct account *out, const char *what)
{
	out->marks = out->marks ? arena_printf(g->a, "%s, %s", out->marks, what) : what;
}

static void find_marks(const struct gate *g, const struct service *s, struct account *out)
{
	const struct dns_view *view = g->zone->known->view;
	const struct dns_answer *own = dns_ask(view, g->zone->domain, DNS_TXT);
	for (size_t i = 0; i < sizeof proofs / sizeof *proofs; i++)
		for (size_t k = 0; own->outcome == DNS_OK && k < own->n; k++)
			if (strcmp(proofs[i].service, s->key) == 0 &&
			    strncmp(own->texts[k].data, proofs[i].begins,
				    strlen(proofs[i].begins)) == 0)
				add_mark(g, out, arena_printf(g->a, "TXT %s...", proofs[i].begins));
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
		if (strcmp(beside[i].service, s->key) != 0)
			continue;
		const char *name = arena_printf(g->a, "%s.%s", beside[i].label, g->zone->domain);
		const struct dns_answer *r = dns_ask(view, name, DNS_A);
		if (r->outcome == DNS_OK && domain_is_below(r->canonical, beside[i].target))
			add_mark(g, out, name);
	}
}

static void find_tenant(const struct gate *g, const struct sender *s, struct account *out)
{
	uint64_t votes = 0, signs = 0;
	for (size_t i = 0; i < s->n_facts; i++) { /* majority vote (Boyer and Moore) */
		const char *tenant = tenant_of(&s->profiles[s->facts[i]->profile]);
		uint64_t n = s->facts[i]->messages;
		bool same = out->tenant && tenant && ascii_ieq(tenant, out->tenant);
		if (!tenant)
			continue;
		if (same || votes == 0)
			out->tenant = tenant;
		votes = same || votes == 0 ? votes + n : votes > n ? votes - n : 0;
	}
	for (size_t i = 0; out->tenant && i < s->n_facts; i++) {
		const char *tenant = tenant_of(&s->profiles[s->facts[i]->profile]);
		signs += tenant && ascii_ieq(tenant, out->tenant) ? s->facts[i]->messages : 0;
	}
	if (100 * signs < ONE_TENANT * s->t.messages)
		out->tenant = NULL;
	out->like_us = out->tenant && tenant_is_like(out->tenant, g->zone->org);
}

bool account_read(const struct gate *g, const struct sender *s, struct account *out)
{
	const struct service *service = s->service;
	uint64_t as_us = 0;
	*out = (struct account){0};
	for (int c = CELL_F1; c <= CELL_F5; c++)
		as_us += s->t.cells[c];
	if (!service || service->kind != KIND_MAILBOX || service->n_pools == 0 ||
	    s->pool_messages > 0 || 2 * as_us <= s->t.messages)
		return false;
	find_tenant(g, s, out);
	find_marks(g, service, out);
	if (service->include_helps == ANSWER_YES && service->n_names[BY_INCLUDE] > 0)
		out->term = arena_printf(g->a, "include:%s", service->names[BY_INCLUDE][0]);
	return true;
}

bool account_writes(const struct gate *g, const struct sender *s)
{
	uint64_t n = 0;
	if (!s->service || s->guest || s->service->kind != KIND_MAILBOX)
		return false;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		const struct service *signer = NULL;
		for (unsigned k = 0; k < p->n_dkim && signer != s->service; k++)
			if (p->dkim[k].result.code == W_PASS && p->dkim[k].domain)
				signer = catalogue_find(g->zone->known->catalogue, BY_DKIM,
							p->dkim[k].domain);
		n += signer == s->service && p->cell > CELL_P7 ? s->facts[i]->messages : 0;
	}
	return 2 * n > s->t.messages;
}

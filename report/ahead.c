#include "report/ahead.h"

#include "core/limits.h"
#include "dns/dmarc.h"
#include "report/sender/zone.h"

void ahead_begin(struct ahead *x, struct arena *a)
{
	const struct asked_request r = {.windows = x->windows,
					.n_domains = x->n_domains,
					.n_windows = x->n_windows,
					.reporters = x->reporters,
					.most = LIMIT_DNS_ADDRESSES,
					.most_of_all = LIMIT_DNS_ALL_ADDRESSES};
	asked_choose(&x->asked, &r, a);
}

void ahead_end(struct ahead *x)
{
	asked_end(&x->asked);
}

void ahead_names(const struct ahead *x, const struct dns_view *view, struct arena *round)
{
	static const struct asked no_addresses;
	struct knowledge k;
	knowledge_begin_own(&k, x->rules, view, x->catalogue, round);
	k.asked = &no_addresses;
	k.reporters = x->reporters;
	for (size_t i = 0; i < x->n_domains; i++) {
		const struct domain_facts *facts = &x->windows[i * x->n_windows];
		struct dmarc_answer d;
		struct zone z;
		zone_read(&z, &k, facts);
		dmarc_discover(view, x->rules, facts->domain, round, &d);
		zone_end(&z);
	}
	knowledge_services(&k);
	knowledge_end(&k);
}

void ahead_addresses(const struct ahead *x, const struct dns_view *view, size_t first, size_t n)
{
	for (size_t i = first; i < x->asked.n && i < first + n; i++)
		knowledge_ask(view, &x->asked.order[i]);
}

/* What p=reject would have refused; mail of subdomains meets the policy that sp or np leave it. */
#include <stdlib.h>
#include <string.h>

#include "report/readiness/priv.h"

#define NAMES_ASKED 20 /* DNS is asked about these; anybody may invent names below a domain */

const char *const policy_tag_names[] = {"", "p", "sp", "np", "own"};

const char *subdomain_policy(const struct subdomain *s)
{
	static const char *const words[][POLICY_REJECT + 1] = {
	    [TAG_NONE] = {"DNS does not say", "", "", ""},
	    [TAG_P] = {"", "p=none", "p=quarantine", "p=reject"},
	    [TAG_SP] = {"", "sp=none", "sp=quarantine", "sp=reject"},
	    [TAG_NP] = {"", "np=none", "np=quarantine", "np=reject"},
	    [TAG_OWN] = {"", "its own p=none", "its own p=quarantine", "its own p=reject"},
	};
	return words[s->by][s->policy];
}

struct names {
	struct subdomain *list;
	size_t n;
	size_t *of_profile; /* index + 1 into list; 0: the domain itself */
};

static bool is_below(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);
	return n > d + 1 && name[n - d - 1] == '.' && strcmp(name + n - d, domain) == 0;
}

static void find_names(struct judging *j, struct names *s)
{
	const struct domain_facts *d = j->window;
	struct map seen = {0};
	s->list = arena_alloc(j->a, (d->n_profiles + 1) * sizeof *s->list);
	s->of_profile = arena_alloc(j->a, (d->n_profiles + 1) * sizeof *s->of_profile);
	for (size_t i = 0; i < d->n_profiles; i++) {
		const char *from = d->profiles[i].header_from;
		bool fresh;
		if (!from || !is_below(from, d->domain))
			continue;
		struct digest key = hash_fixed128(from, strlen(from));
		uint64_t *at = map_put(&seen, &key, &fresh);
		if (fresh) {
			*at = ++s->n;
			s->list[*at - 1].name = from;
		}
		s->of_profile[i] = (size_t)*at;
	}
	map_free(&seen);
}

uint64_t subdomain_failing(const struct subdomain *s)
{
	uint64_t sum = 0;
	for (int f = 0; f < FATE_COUNT; f++)
		sum += s->failing[f];
	return sum;
}

static int most_failing_first(const void *x, const void *y)
{
	const struct subdomain *const *a = x, *const *b = y;
	uint64_t m = subdomain_failing(*a), n = subdomain_failing(*b);
	return m != n ? (m < n) - (m > n) : strcmp((*a)->name, (*b)->name);
}

/* The domain publishes p=reject, and leaves sp and np as they are: what applies below it? */
static void leave(struct subdomain *s, const struct dmarc_published *r, bool exists)
{
	bool by_np = !exists && r->np != POLICY_ABSENT;
	bool by_sp = r->sp != POLICY_ABSENT;
	s->by = by_np ? TAG_NP : by_sp ? TAG_SP : TAG_P;
	s->policy = by_np ? r->np : by_sp ? r->sp : POLICY_REJECT;
}

static void ask_policy(struct judging *j, struct subdomain *s)
{
	static const struct dmarc_published nothing = {0};
	const struct dmarc_answer *above = &j->out->dmarc;
	const struct dns_view *view = j->k->view;
	struct dmarc_answer own;
	if (!view)
		return;
	dmarc_discover(view, j->k->rules, s->name, j->a, &own);
	/* what fails above is no matter */
	const struct dns_answer *record = dns_ask(view, TEXT(j, "_dmarc.%s", s->name), DNS_TXT);
	const struct dns_answer *here = dns_ask(view, s->name, DNS_A);
	if (own.pending || dns_failed(record) || here->outcome == DNS_PENDING || dns_failed(here))
		return;
	if (own.found == FOUND_HERE && own.policy != POLICY_ABSENT) {
		s->by = TAG_OWN;
		s->policy = own.policy;
	} else {
		leave(s, above->found == FOUND_HERE ? &above->record : &nothing,
		      here->outcome != DNS_NXDOMAIN);
	}
}

/* Where DNS did not say, or was not asked, mail counts as refused: "at most". */
static bool is_refused(const struct subdomain *s)
{
	return s->policy == POLICY_ABSENT || s->policy == POLICY_REJECT;
}

static void find_policies(struct judging *j, struct names *s)
{
	struct projection *out = &j->out->projection;
	struct subdomain **order = arena_alloc(j->a, (s->n + 1) * sizeof *order);
	for (size_t i = 0; i < s->n; i++)
		order[i] = &s->list[i];
	qsort(order, s->n, sizeof *order, most_failing_first);
	for (size_t i = 0; i < s->n && i < NAMES_ASKED; i++)
		ask_policy(j, order[i]);
	out->subdomains = (const struct subdomain *const *)order;
	out->n_subdomains = s->n < NAMES_ASKED ? s->n : NAMES_ASKED;
	out->more_subdomains = s->n - out->n_subdomains;
}

static void each_counted(struct judging *j, struct names *names,
			 void (*fn)(struct judging *, struct names *, size_t, const struct fact *))
{
	const struct domain_inventory *inv = j->out->inventory;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		if (sender_is_ignored(s))
			continue;
		for (size_t k = 0; k < s->n_facts; k++)
			fn(j, names, i, s->facts[k]);
	}
}

static void count_name(struct judging *j, struct names *names, size_t sender, const struct fact *f)
{
	const struct dmarc_profile *p = &j->window->profiles[f->profile];
	enum fate fate = fate_of(&j->out->inventory->senders[sender]);
	size_t at = names->of_profile[f->profile];
	j->out->projection.messages += f->messages;
	if (at == 0)
		return;
	struct subdomain *s = &names->list[at - 1];
	s->messages += f->messages;
	s->failing[fate] += p->cell > CELL_P7 ? f->messages : 0;
}

static void count_refused(struct judging *j, struct names *names, size_t sender,
			  const struct fact *f)
{
	const unsigned let_through = DMARC_FORWARD_REASON | DMARC_ARC_PASS | DMARC_LOCAL_POLICY;
	const struct dmarc_profile *p = &j->window->profiles[f->profile];
	enum fate fate = fate_of(&j->out->inventory->senders[sender]);
	struct projection *out = &j->out->projection;
	size_t at = names->of_profile[f->profile];
	if (p->cell <= CELL_P7 || (at > 0 && !is_refused(&names->list[at - 1])))
		return;
	out->would_reject[fate] += f->messages;
	out->expected[fate] += p->flags & let_through ? 0 : f->messages;
	out->of_sender[sender] += f->messages;
}

void project(struct judging *j)
{
	struct names names = {0};
	size_t n = j->out->inventory->n_senders;
	j->out->projection.of_sender = arena_alloc(j->a, (n + 1) * sizeof(uint64_t));
	find_names(j, &names);
	each_counted(j, &names, count_name);
	find_policies(j, &names);
	each_counted(j, &names, count_refused);
	for (size_t i = 0; i < n; i++)
		if (!sender_is_ignored(&j->out->inventory->senders[i]))
			j->out->projection.of_sender[i] +=
			    lost_next(&j->out->inventory->senders[i]);
}

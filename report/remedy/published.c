/* Faults of the DMARC record: none, several, one that receivers cannot read or that is weak below,
 * reports that nobody sends. */
#include "report/remedy/published.h"

#include <string.h>

#include "core/day.h"
#include "report/remedy/dmarc_edit.h"
#include "report/remedy/parked.h"

struct fault *fault_add(struct remedies *out)
{
	if (out->n_faults == out->most)
		return NULL;
	struct fault *f = &out->faults[out->n_faults++];
	*f = (struct fault){0};
	return f;
}

/* ---- consent ---- */

/* A report to another domain needs that domain's consent: a record there, which its owner
 * publishes. */
static void missing_consent(const struct remedier *r, const struct dmarc_answer *d,
			    const struct dmarc_address *x, struct remedies *out)
{
	struct fault *f = fault_add(out);
	if (!f)
		return;
	struct record_change *c = arena_alloc(r->a, sizeof *c);
	*c = (struct record_change){
	    .name = arena_printf(r->a, "%s._report._dmarc.%s", d->at, x->domain),
	    .after = "v=DMARC1",
	    .terms = ""};
	f->id = arena_printf(r->a, "rua:%s", x->domain);
	f->title = arena_printf(r->a, "reports to %s are not sent", x->domain);
	f->text =
	    arena_printf(r->a,
			 "rua names %s, outside your domain, and DNS there does not allow reports "
			 "about %s (RFC 9990). The owner of that name must publish this record",
			 x->uri, d->at);
	f->change = c;
}

/* ---- the record ---- */

struct publishing {
	const struct remedier *r;
	const struct dmarc_answer *d;
	const char *name;   /* "_dmarc.example.com" */
	const char *before; /* what stands there, a record a line; NULL: nothing */
	bool parked;
	const char *wrong; /* what is, as sentences without the last stop; NULL: nothing */
	enum fault_weight weight;
	bool join; /* psd=n has to go */
	bool lost; /* receivers take the record for none, or for p=none */
};

static void wrong(struct publishing *p, enum fault_weight weight, const char *text)
{
	p->wrong = p->wrong ? arena_printf(p->r->a, "%s; %s", p->wrong, text) : text;
	p->weight = weight > p->weight ? weight : p->weight;
}

/* Somebody tried: a text that means to be a record, and is none. */
static const char *attempted(const struct publishing *p)
{
	const struct dns_answer *t = dns_ask(p->r->zone->known->view, p->name, DNS_TXT);
	for (size_t i = 0; t->outcome == DNS_OK && i < t->n; i++)
		if (strcasestr(t->texts[i].data, "dmarc"))
			return t->texts[i].data;
	return NULL;
}

/* What such a text must have meant: without quotes, from its second tag on. */
static void read_attempt(const struct remedier *r, const char *text, struct dmarc_published *out)
{
	char *clean = arena_strdup(r->a, text), *to = clean;
	for (const char *s = clean; *s; s++)
		if (!strchr("\"\\", *s))
			*to++ = *s;
	*to = '\0';
	const char *rest = clean + strcspn(clean, "; ");
	rest += strspn(rest, "; ");
	dmarc_parse(arena_printf(r->a, "v=DMARC1; %s", rest), r->a, out);
}

/* Does mail that may be ours fail from names below the domain? A stricter policy there loses it. */
static bool fails_below(const struct remedier *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct sender *s = &r->senders[i];
		bool ours =
		    sender_is_legit(s) || s->hinted || s->verdict.remedy.kind == REMEDY_CONFIRM;
		for (size_t k = 0; ours && k < s->n_facts; k++) {
			const struct dmarc_profile *p = &s->profiles[s->facts[k]->profile];
			if (p->cell > CELL_P7 && p->header_from &&
			    strcmp(p->header_from, r->zone->domain) != 0)
				return true;
		}
	}
	return false;
}

static const char *before_of(const struct publishing *p)
{
	const struct dns_answer *t = dns_ask(p->r->zone->known->view, p->name, DNS_TXT);
	const char *out = NULL;
	for (size_t i = 0; t->outcome == DNS_OK && i < t->n; i++)
		if (strcasestr(t->texts[i].data, "dmarc"))
			out = out ? arena_printf(p->r->a, "%s\n%s", out, t->texts[i].data)
				  : t->texts[i].data;
	return out;
}

/* One thing, with the one record that repairs all of it. record: what stands, or was meant. */
static void tell(const struct publishing *p, const struct dmarc_published *record,
		 struct remedies *out)
{
	const struct remedier *r = p->r;
	struct fault *f = p->wrong ? fault_add(out) : NULL;
	const char *owner = p->d->owner;
	bool foreign = owner && !zone_is_ours(r->zone, owner);
	if (!f)
		return;
	struct dmarc_edit e = {.domain = r->zone->domain,
			       .p = p->lost               ? POLICY_NONE
				    : record && record->p ? record->p
							  : POLICY_NONE,
			       .testing = !p->lost && record && record->testing,
			       .repair = true,
			       .join = p->join};
	if (p->parked) {
		e.p = POLICY_REJECT;
		e.testing = false;
	}
	struct record_change *c = arena_alloc(r->a, sizeof *c);
	*c = (struct record_change){.name = p->name,
				    .before = before_of(p),
				    .after = dmarc_edit(r->a, record, &e),
				    .terms = ""};
	f->id = arena_printf(r->a, "dmarc:%s", r->zone->domain);
	f->title = arena_printf(r->a, "DMARC record at %s", p->name);
	f->weight = p->weight;
	if (foreign)
		f->text =
		    arena_printf(r->a, "%s. The name is an alias (CNAME) of %s: change it there",
				 p->wrong, owner);
	else if (p->lost && !p->parked)
		f->text = arena_printf(
		    r->a,
		    "%s. Publish this one; p=none is what holds today, and readiness says when a "
		    "stricter policy loses no mail",
		    p->wrong);
	else
		f->text = arena_printf(r->a, "%s. Publish this one", p->wrong);
	f->change = foreign ? NULL : c;
}

/* Everything below the domain that is weaker than p; where mail of ours needs that, only words. */
static bool look_below(struct publishing *p)
{
	const struct dmarc_published *x = &p->d->record;
	bool sp = x->sp && x->sp < x->p, np = x->np && x->np < x->p;
	if (!sp && !np)
		return true;
	wrong(p, FAULT_OPEN,
	      arena_printf(p->r->a,
			   "%s%s%s %s weaker than p=%s: spoofed mail uses names below the "
			   "domain%s",
			   sp ? arena_printf(p->r->a, "sp=%s", published_policy_names[x->sp]) : "",
			   sp && np ? " and " : "",
			   np ? arena_printf(p->r->a, "np=%s", published_policy_names[x->np]) : "",
			   sp && np ? "are" : "is", published_policy_names[x->p],
			   sp ? "" : ", of those that do not exist"));
	return !fails_below(p->r);
}

static void look_into(struct publishing *p)
{
	const struct dmarc_published *x = &p->d->record;
	for (unsigned i = 0; i < x->n_notes; i++) {
		const char *text = x->notes[i].text;
		bool other = x->notes[i].weight != DMARC_BAD || strstr(text, " is weaker than p") ||
			     strstr(text, "_report._dmarc.");
		if (!other)
			wrong(p, p->lost ? FAULT_OPEN : FAULT_WEAK, text);
	}
}

/* psd=n: the domain is an organisation of its own (RFC 9989 section 4.10), while its mail
 * authenticates as the one above. Receivers that follow the public suffix list let it pass. */
static void look_above(struct publishing *p)
{
	const struct remedier *r = p->r;
	uint64_t n = 0;
	if (p->d->record.psd != 'n')
		return;
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; sender_is_legit(&r->senders[i]) && k < r->senders[i].n_facts;
		     k++) {
			const struct fact *f = r->senders[i].facts[k];
			if (zone_is_cut_off(r->zone, &r->senders[i].profiles[f->profile]))
				n += f->messages;
		}
	if (n == 0)
		return;
	p->join = true;
	wrong(p, FAULT_LOST,
	      arena_printf(r->a,
			   "psd=n makes %s an organisation of its own, and %llu messages of yours "
			   "authenticate as %s alone: they fail wherever receivers walk the tree "
			   "(RFC 9989)",
			   r->zone->domain, (unsigned long long)n, r->zone->org));
}

/* Does the record say with a word of its own what p is? */
static bool has_policy(const struct dmarc_published *x)
{
	for (unsigned i = 0; i < x->n_notes; i++)
		if (strncmp(x->notes[i].text, "p=", 2) == 0 ||
		    strncmp(x->notes[i].text, "p is missing", 12) == 0)
			return false;
	return true;
}

static void record_here(struct publishing *p, struct remedies *out)
{
	const struct dmarc_answer *d = p->d;
	if (d->n_records > 1) {
		p->lost = true;
		wrong(p, FAULT_OPEN,
		      arena_printf(p->r->a,
				   "%u DMARC records are at %s, so receivers ignore all of them",
				   d->n_records, p->name));
		tell(p, &d->record, out);
		return;
	}
	p->lost = d->policy == POLICY_ABSENT || !has_policy(&d->record);
	look_into(p);
	look_above(p);
	if (look_below(p)) {
		tell(p, &d->record, out);
		return;
	}
	size_t before = out->n_faults;
	p->wrong = arena_printf(p->r->a,
				"%s. First repair your own mail that fails from names "
				"below the domain, then remove the tag",
				p->wrong);
	tell(p, &d->record, out);
	if (out->n_faults > before) {
		out->faults[before].change = NULL;
		out->faults[before].text = p->wrong;
	}
}

/* The policy that reports showed last; NULL: none did. */
static const struct fact_policy *last_shown(const struct gate *g)
{
	const struct fact_policy *last = NULL;
	for (size_t k = 0; k < g->n_periods; k++)
		for (size_t i = 0; i < g->periods[k]->n_policies; i++) {
			const struct fact_policy *p = &g->periods[k]->policies[i];
			last = !last || p->last_day > last->last_day ? p : last;
		}
	return last;
}

/* ". Reports showed p=reject until 2026-10-22 ..."; "": they showed no such policy. */
static const char *vanished(const struct remedier *r)
{
	const struct fact_policy *last = last_shown(&r->gate);
	char day[DAY_STRLEN];
	if (!last || (last->p.code != W_REJECT && last->p.code != W_QUARANTINE))
		return "";
	return arena_printf(
	    r->a,
	    ". Reports showed p=%s until %s: it was lost, perhaps with other records of the zone. "
	    "See first that SPF and the DKIM keys are as they were, then publish that policy again",
	    last->p.code == W_REJECT ? "reject" : "quarantine", day_format(last->last_day, day));
}

static void record_missing(struct publishing *p, struct remedies *out)
{
	const char *text = attempted(p);
	struct dmarc_published meant;
	p->lost = true;
	if (!text) {
		wrong(p, FAULT_OPEN,
		      arena_printf(p->r->a,
				   "%s has no DMARC record: receivers refuse nothing that is sent "
				   "in its name, and send no reports%s",
				   p->r->zone->domain, vanished(p->r)));
		tell(p, NULL, out);
		return;
	}
	read_attempt(p->r, text, &meant);
	wrong(p, FAULT_OPEN,
	      arena_printf(p->r->a,
			   "the text at %s is no DMARC record, as it does not begin with v=DMARC1: "
			   "receivers ignore it",
			   p->name));
	tell(p, &meant, out);
}

/* Messages of ours that only a strict mode keeps from passing; by which one. */
static uint64_t strict_messages(const struct remedier *r, bool *dkim, bool *spf)
{
	uint64_t n = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct sender *s = &r->senders[i];
		for (size_t k = 0; sender_is_legit(s) && k < s->n_facts; k++) {
			const struct dmarc_profile *p = &s->profiles[s->facts[k]->profile];
			if (!(p->flags & DMARC_STRICT_ONLY) || p->cell <= CELL_P7)
				continue;
			n += s->facts[k]->messages;
			bool signed_by_us = false;
			for (unsigned m = 0; m < p->n_dkim; m++)
				signed_by_us =
				    signed_by_us || (p->dkim[m].result.code == W_PASS &&
						     zone_is_ours(r->zone, p->dkim[m].domain));
			*dkim = *dkim || signed_by_us;
			*spf = *spf || (!signed_by_us && zone_own_mailfrom(r->zone, p));
		}
	}
	return n;
}

/* Strict alignment may be meant so: relaxed alignment is a choice, with what it means. */
static void strict_choice(const struct publishing *p, struct remedies *out)
{
	const struct dmarc_published *x = &p->d->record;
	const struct remedier *r = p->r;
	bool dkim = false, spf = false;
	uint64_t n = strict_messages(r, &dkim, &spf);
	dkim = dkim && x->adkim == 's';
	spf = spf && x->aspf == 's';
	struct fault *f = n > 0 && (dkim || spf) ? fault_add(out) : NULL;
	if (!f)
		return;
	const struct dmarc_edit e = {.domain = r->zone->domain,
				     .p = x->p,
				     .testing = x->testing,
				     .repair = true,
				     .adkim = dkim ? 'r' : 0,
				     .aspf = spf ? 'r' : 0};
	const char *mode = dkim && spf ? "adkim=s, aspf=s" : dkim ? "adkim=s" : "aspf=s";
	struct record_change *c = arena_alloc(r->a, sizeof *c);
	*c = (struct record_change){
	    .name = p->name, .before = before_of(p), .after = dmarc_edit(r->a, x, &e), .terms = ""};
	f->id = arena_printf(r->a, "strict:%s", r->zone->domain);
	f->title = arena_printf(r->a, "strict alignment (%s): is it meant?", mode);
	f->text = arena_printf(
	    r->a,
	    "%llu messages of yours authenticate as a name below your domain, and fail only "
	    "because your DMARC record asks for strict alignment (%s). With relaxed alignment, the "
	    "default, they pass; whoever may send as one of your subdomains may then send as %s, "
	    "too. If no subdomain is in other hands, choose that",
	    (unsigned long long)n, mode, r->zone->domain);
	f->asks = true;
	f->messages = n;
	f->change = c;
}

static void no_such_domain(const struct remedier *r, struct remedies *out)
{
	struct fault *f = fault_add(out);
	if (!f)
		return;
	f->id = arena_printf(r->a, "domain:%s", r->zone->domain);
	f->title = arena_printf(r->a, "%s does not exist", r->zone->domain);
	f->text = "DNS knows no such name (NXDOMAIN). Check the spelling, and whether the domain "
		  "is still registered";
	f->weight = FAULT_LOST;
}

bool dmarc_faults(const struct remedier *r, struct remedies *out)
{
	struct dmarc_answer d;
	const struct zone *z = r->zone;
	dmarc_discover(z->known->view, z->known->rules, z->domain, r->a, &d);
	out->silent = d.silent;
	if (dns_ask(z->known->view, z->domain, DNS_TXT)->outcome == DNS_NXDOMAIN) {
		no_such_domain(r, out);
		out->silent = NULL;
		return true;
	}
	if (d.pending || d.silent)
		return false;
	struct publishing p = {
	    .r = r,
	    .d = &d,
	    .name = arena_printf(r->a, "_dmarc.%s", z->domain),
	    .parked = zone_sends_nothing(z, r->gate.periods, r->gate.n_periods, r->senders, r->n)};
	if (d.found == FOUND_HERE)
		record_here(&p, out);
	else if (d.found == FOUND_NONE || attempted(&p))
		record_missing(&p, out);
	if (d.found == FOUND_HERE && !p.wrong)
		strict_choice(&p, out);
	for (unsigned i = 0; d.found == FOUND_HERE && i < d.record.n_rua; i++) {
		const struct dmarc_address *x = &d.record.rua[i];
		if (x->domain && x->external && x->consent == RUA_REFUSED)
			missing_consent(r, &d, x, out);
	}
	return false;
}

#include "dns/dmarc.h"

#include <string.h>

#include "report/remedy/published.h"

static struct fault *add(struct remedies *out)
{
	struct fault *f = &out->faults[out->n_faults++];
	*f = (struct fault){0};
	return f;
}

/* A report to another domain needs that domain's consent: a record there, which its owner
 * publishes. */
static void missing_consent(const struct remedier *r, const struct dmarc_answer *d,
			    const struct dmarc_address *x, struct remedies *out)
{
	struct fault *f = add(out);
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

static const char *bad_note(const struct dmarc_published *p)
{
	for (unsigned i = 0; i < p->n_notes; i++)
		if (p->notes[i].weight == DMARC_BAD)
			return p->notes[i].text;
	return NULL;
}

void published_faults(const struct remedier *r, struct remedies *out)
{
	struct dmarc_answer d;
	const struct zone *z = r->zone;
	dmarc_discover(z->known->view, z->known->rules, z->domain, r->a, &d);
	if (d.pending || d.failed || d.found != FOUND_HERE)
		return;
	const char *name = arena_printf(r->a, "_dmarc.%s", d.at), *bad = bad_note(&d.record);
	if (d.n_records > 1 || d.policy == POLICY_ABSENT) {
		struct fault *f = add(out);
		f->id = arena_printf(r->a, "dmarc:%s", d.at);
		f->title = arena_printf(r->a, "DMARC record at %s", name);
		f->text = d.n_records > 1 ? arena_printf(r->a,
							 "%u DMARC records are at %s, so receivers "
							 "ignore all of them. Keep one",
							 d.n_records, name)
					  : arena_printf(r->a, "receivers cannot use it: %s",
							 bad ? bad : "it has no policy");
	}
	for (unsigned i = 0; i < d.record.n_rua; i++) {
		const struct dmarc_address *x = &d.record.rua[i];
		if (x->domain && x->external && x->consent == RUA_REFUSED)
			missing_consent(r, &d, x, out);
	}
}

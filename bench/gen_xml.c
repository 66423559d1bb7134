/* gen_xml.c - rows to XML in the manner of six kinds of reporters. See gen.h. */
#include "bench/gen.h"

#include <inttypes.h>

struct style {
	const char *decl, *root, *unit, *eol, *version;
	int extra, np, pct, fo, envelope_from, envelope_to, scope, selector_last, generator, human;
};

static const struct style styles[STYLES] = {
    {.decl = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>",
     .root = "<feedback>",
     .unit = "  ",
     .eol = "\n",
     .extra = 1,
     .np = 1,
     .pct = 1,
     .selector_last = 1},
    {.decl = "<?xml version=\"1.0\"?>",
     .root = "<feedback xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
	     "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">",
     .unit = "  ",
     .eol = "\n",
     .version = "1.0",
     .pct = 1,
     .fo = 1,
     .envelope_from = 1,
     .envelope_to = 1,
     .scope = 1},
    {.decl = "<?xml version=\"1.0\"?>",
     .root = "<feedback>",
     .unit = "  ",
     .eol = "\t\n",
     .pct = 1},
    {.decl = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>",
     .root = "<feedback>",
     .unit = "\t",
     .eol = "\n",
     .version = "1.0",
     .pct = 1,
     .fo = 1,
     .envelope_from = 1,
     .scope = 1,
     .selector_last = 1,
     .human = 1},
    {.decl = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
     .root = "<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">",
     .unit = "  ",
     .eol = "\n",
     .version = "1.0",
     .np = 1,
     .fo = 1,
     .envelope_from = 1,
     .scope = 1,
     .generator = 1},
    {.decl = "<?xml version=\"1.0\"?>",
     .root = "<feedback>",
     .unit = "",
     .eol = "",
     .version = "1.0",
     .extra = 1,
     .pct = 1,
     .envelope_from = 1,
     .scope = 1},
};

static const struct style *style_of(const struct head *h)
{
	return &styles[h->style % STYLES];
}

static void line(struct text *t, const struct style *s, unsigned depth, const char *tag)
{
	while (depth--)
		text_puts(t, s->unit);
	text_puts(t, tag);
	text_puts(t, s->eol);
}

static void leaf(struct text *t, const struct style *s, unsigned depth, const char *tag,
		 const char *value)
{
	while (depth--)
		text_puts(t, s->unit);
	text_printf(t, "<%s>%s</%s>", tag, value, tag);
	text_puts(t, s->eol);
}

static void number(struct text *t, const struct style *s, unsigned depth, const char *tag,
		   int64_t value)
{
	while (depth--)
		text_puts(t, s->unit);
	text_printf(t, "<%s>%" PRId64 "</%s>", tag, value, tag);
	text_puts(t, s->eol);
}

static void metadata(struct text *t, const struct style *s, const struct head *h)
{
	line(t, s, 1, "<report_metadata>");
	leaf(t, s, 2, "org_name", h->org);
	text_printf(t, "%s%s<email>dmarc@%s</email>%s", s->unit, s->unit, h->org, s->eol);
	if (s->extra)
		leaf(t, s, 2, "extra_contact_info", "https://postmaster.example/dmarc");
	text_printf(t, "%s%s<report_id>%u.%" PRIu64 "</report_id>%s", s->unit, s->unit, h->reporter,
		    h->serial + UINT64_C(1000000000), s->eol);
	line(t, s, 2, "<date_range>");
	number(t, s, 3, "begin", h->begin);
	number(t, s, 3, "end", h->end);
	line(t, s, 2, "</date_range>");
	if (s->generator)
		leaf(t, s, 2, "generator", "reportd 2.4");
	line(t, s, 1, "</report_metadata>");
}

void xml_begin(struct text *t, const struct head *h)
{
	static const char *const policies[] = {"none", "quarantine", "reject"};
	const struct style *s = style_of(h);
	const char *p = policies[h->domain % 3];
	line(t, s, 0, s->decl);
	line(t, s, 0, s->root);
	if (s->version)
		leaf(t, s, 1, "version", s->version);
	metadata(t, s, h);
	line(t, s, 1, "<policy_published>");
	leaf(t, s, 2, "domain", h->name);
	if (s->generator)
		leaf(t, s, 2, "discovery_method", "treewalk");
	leaf(t, s, 2, "adkim", "r");
	leaf(t, s, 2, "aspf", "r");
	leaf(t, s, 2, "p", p);
	leaf(t, s, 2, "sp", p);
	if (s->pct)
		leaf(t, s, 2, "pct", "100");
	if (s->np)
		leaf(t, s, 2, "np", p);
	if (s->fo)
		leaf(t, s, 2, "fo", "0");
	line(t, s, 1, "</policy_published>");
}

static void evaluated(struct text *t, const struct style *s, const struct row *r)
{
	line(t, s, 3, "<policy_evaluated>");
	leaf(t, s, 4, "disposition", r->disposition);
	leaf(t, s, 4, "dkim", r->eval_dkim);
	leaf(t, s, 4, "spf", r->eval_spf);
	if (r->reason) {
		line(t, s, 4, "<reason>");
		leaf(t, s, 5, "type", r->reason);
		if (r->comment)
			leaf(t, s, 5, "comment", r->comment);
		line(t, s, 4, "</reason>");
	}
	line(t, s, 3, "</policy_evaluated>");
}

static void auth_results(struct text *t, const struct style *s, const struct row *r)
{
	line(t, s, 2, "<auth_results>");
	for (unsigned i = 0; i < r->n_dkim; i++) {
		line(t, s, 3, "<dkim>");
		leaf(t, s, 4, "domain", r->dkim_domain[i]);
		if (!s->selector_last)
			leaf(t, s, 4, "selector", r->dkim_selector[i]);
		leaf(t, s, 4, "result", r->dkim_result[i]);
		if (s->selector_last)
			leaf(t, s, 4, "selector", r->dkim_selector[i]);
		if (s->human)
			leaf(t, s, 4, "human_result", r->dkim_result[i]);
		line(t, s, 3, "</dkim>");
	}
	line(t, s, 3, "<spf>");
	leaf(t, s, 4, "domain", r->mail_from);
	if (s->scope)
		leaf(t, s, 4, "scope", "mfrom");
	leaf(t, s, 4, "result", r->spf);
	line(t, s, 3, "</spf>");
	line(t, s, 2, "</auth_results>");
}

void xml_row(struct text *t, const struct head *h, const struct row *r)
{
	const struct style *s = style_of(h);
	line(t, s, 1, "<record>");
	line(t, s, 2, "<row>");
	leaf(t, s, 3, "source_ip", r->source);
	number(t, s, 3, "count", r->count);
	evaluated(t, s, r);
	line(t, s, 2, "</row>");
	line(t, s, 2, "<identifiers>");
	if (s->envelope_to)
		leaf(t, s, 3, "envelope_to", "customer.example");
	if (s->envelope_from)
		leaf(t, s, 3, "envelope_from", r->mail_from);
	leaf(t, s, 3, "header_from", r->header_from);
	line(t, s, 2, "</identifiers>");
	auth_results(t, s, r);
	line(t, s, 1, "</record>");
}

void xml_end(struct text *t, const struct head *h)
{
	(void)h;
	text_puts(t, "</feedback>\n");
}

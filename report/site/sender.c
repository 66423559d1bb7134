/* A site's page of a sender: what it is and why, its days, addresses, results, and who says so. */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/mem.h"
#include "report/render/todo.h"
#include "report/site/priv.h"

#define ADDRESSES_MAX 500
#define RESULTS_MAX   60
#define WITNESSES_MAX 60

/* ---- who saw it ---- */

struct witness {
	const char *name;
	uint64_t messages;
};

static int most_first(const void *x, const void *y)
{
	const struct witness *a = x, *b = y;
	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	return strcmp(a->name, b->name);
}

/* Of each organisation what it saw of the sender; by its index among those of the domain. */
static struct witness *witnesses_of(const struct domain_facts *f, const struct sender *s)
{
	struct witness *out = mem_alloc((f->n_reporters + 1) * sizeof *out);
	for (size_t i = 0; i < f->n_reporters; i++)
		out[i].name = f->reporters[i].org_name;
	for (size_t i = 0; i < s->n_facts; i++)
		for (uint32_t w = 0; w < s->facts[i]->n_witnesses; w++) {
			const struct fact_witness *by = &s->facts[i]->witnesses[w];
			if (by->reporter < f->n_reporters)
				out[by->reporter].messages += by->messages;
		}
	return out;
}

static void choose_orgs(const struct witness *list, size_t n, struct site_by *by)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].messages > 0 && site_by_of(by, list[i].name) == 0)
			site_by_add(by, list[i].name, list[i].messages);
}

static void put_witnesses(struct buf *out, struct witness *list, size_t n)
{
	qsort(list, n, sizeof *list, most_first);
	html_table(out, "rows", "Receivers that saw it");
	buf_puts(out, "<thead><tr><th scope=\"col\">Receiver</th><th scope=\"col\" "
		      "class=\"n\">Messages</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < n && i < WITNESSES_MAX && list[i].messages > 0; i++) {
		buf_puts(out, "<tr><th scope=\"row\">");
		html_text(out, list[i].name);
		buf_puts(out, "</th><td class=\"n\">");
		html_count(out, list[i].messages);
		buf_puts(out, "</td></tr>\n");
	}
	html_table_end(out);
}

/* ---- addresses ---- */

/* Bit k: the k-th organisation that can be chosen saw the address. */
static unsigned seen_by(const struct domain_facts *f, const struct sender *s, const struct ip *ip,
			const struct site_by *by)
{
	unsigned bits = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *fact = s->facts[i];
		for (uint32_t w = 0; ip_cmp(&fact->source, ip) == 0 && w < fact->n_witnesses; w++)
			if (fact->witnesses[w].reporter < f->n_reporters)
				bits |= 1u << site_by_of(
					    by, f->reporters[fact->witnesses[w].reporter].org_name);
	}
	return bits;
}

static void put_address(struct buf *out, const struct sender_source *a, unsigned bits)
{
	char ip[IP_STRLEN];
	buf_printf(out, "<tr class=\"a%s", a->dmarc_pass == a->messages ? " ok" : "");
	for (unsigned k = 1; k <= SITE_BY; k++)
		if (bits & (1u << k))
			buf_printf(out, " by-%u", k);
	buf_printf(out, "\"><th scope=\"row\">%s</th>", ip_format(&a->ip, ip));
	html_cell(out, a->ptr);
	html_cell(out, a->origin.name);
	html_cell(out, a->origin.country);
	buf_puts(out, "<td class=\"n\">");
	html_count(out, a->messages);
	buf_puts(out, "</td><td class=\"n\">");
	html_percent(out, a->dmarc_pass, a->messages);
	buf_puts(out, "</td></tr>\n");
}

static void put_addresses(struct buf *out, const struct domain_facts *f, const struct sender *s,
			  const struct site_by *by)
{
	size_t all = s->n_sources + s->more_sources;
	buf_puts(out, "<section><h2>Addresses</h2>\n");
	html_choice(out, "show", "only-all", "all", true);
	html_choice(out, "show", "only-failing", "failing", false);
	html_by(out, by);
	html_table(out, "rows addresses", "Addresses, most messages first");
	buf_puts(out,
		 "<thead><tr><th scope=\"col\">Address</th><th scope=\"col\">Name</th><th "
		 "scope=\"col\">Network</th><th scope=\"col\">Country</th><th scope=\"col\" "
		 "class=\"n\">Messages</th><th scope=\"col\" class=\"n\">Pass</th></tr></thead>"
		 "<tbody>\n");
	for (size_t i = 0; i < s->n_sources && i < ADDRESSES_MAX; i++)
		put_address(out, &s->sources[i], f ? seen_by(f, s, &s->sources[i].ip, by) : 0);
	html_table_end(out);
	if (all > ADDRESSES_MAX)
		buf_printf(out,
			   "<p class=\"soft\">and %zu more, in `ruascope inventory -f json`</p>\n",
			   all - ADDRESSES_MAX);
	buf_puts(out, "</section>\n");
}

/* ---- results ---- */

struct result {
	const struct dmarc_profile *profile;
	uint64_t messages;
};

static int most_results(const void *x, const void *y)
{
	const struct result *a = x, *b = y;
	return a->messages < b->messages ? 1 : a->messages > b->messages ? -1 : 0;
}

static const char *word(const struct dmarc_word *w)
{
	return w->text ? w->text : "-";
}

static void put_result(struct buf *out, const struct result *r)
{
	const struct dmarc_profile *p = r->profile;
	bool passes = p->aligned_spf || p->aligned_dkim;
	buf_printf(out, "<tr class=\"a%s\"><td class=\"n\">", passes ? " ok" : "");
	html_count(out, r->messages);
	buf_printf(out, "</td><td class=\"cat %s\">%s</td><td>", passes ? "good" : "bad",
		   passes ? "passes" : "fails");
	for (unsigned i = 0; i < p->n_spf && i < 3; i++) {
		buf_puts(out, i ? ", " : "");
		html_text(out, p->spf[i].domain ? p->spf[i].domain : "-");
		buf_puts(out, " ");
		html_text(out, word(&p->spf[i].result));
	}
	buf_puts(out, p->n_spf ? "</td><td>" : "none</td><td>");
	for (unsigned i = 0; i < p->n_dkim && i < 3; i++) {
		buf_puts(out, i ? ", " : "");
		html_text(out, p->dkim[i].domain ? p->dkim[i].domain : "-");
		if (p->dkim[i].selector) {
			buf_puts(out, " s=");
			html_text(out, p->dkim[i].selector);
		}
		buf_puts(out, " ");
		html_text(out, word(&p->dkim[i].result));
	}
	buf_puts(out, p->n_dkim ? "</td>" : "none</td>");
	html_cell(out, word(&p->disposition));
	buf_puts(out, "</tr>\n");
}

static void put_results(struct buf *out, const struct sender *s)
{
	struct result *list = mem_alloc((s->n_facts + 1) * sizeof *list);
	size_t n = 0;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct dmarc_profile *p = &s->profiles[s->facts[i]->profile];
		size_t k = 0;
		while (k < n && list[k].profile != p)
			k++;
		if (k == n && n == RESULTS_MAX * 4)
			continue; /* those of the small ones are a forger's to multiply */
		if (k == n)
			list[n++].profile = p;
		list[k].messages += s->facts[i]->messages;
	}
	qsort(list, n, sizeof *list, most_results);
	buf_puts(out, "<section><h2>Results</h2>\n");
	html_table(out, "rows", "What SPF and DKIM said, most messages first");
	buf_puts(out,
		 "<thead><tr><th scope=\"col\" class=\"n\">Messages</th><th "
		 "scope=\"col\">DMARC</th><th scope=\"col\">SPF</th><th scope=\"col\">DKIM</th>"
		 "<th scope=\"col\">Receiver's action</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < n && i < RESULTS_MAX; i++)
		put_result(out, &list[i]);
	html_table_end(out);
	buf_puts(out, "</section>\n");
	free(list);
}

/* ---- the page ---- */

static void put_figure(struct buf *out, const char *name, uint64_t v)
{
	buf_printf(out, "<div><dt>%s</dt><dd class=\"v\">", name);
	html_count(out, v);
	buf_puts(out, "</dd></div>\n");
}

static void put_head(struct buf *out, const struct site_domain *d, const struct sender *s)
{
	char first[DAY_STRLEN], last[DAY_STRLEN];
	size_t n = todo_about(d->inventory->todo, s);
	buf_puts(out, "<p class=\"crumbs\"><a href=\"../../index.html\">Domains</a> / <a "
		      "href=\"../index.html\">");
	html_text(out, d->row->domain);
	buf_puts(out, "</a></p>\n<header><h1>");
	html_text(out, s->name);
	buf_printf(out, "</h1><p class=\"soft\">%s to %s</p></header>\n<p class=\"lead\"><strong>",
		   day_format(s->first_day, first), day_format(s->last_day, last));
	html_percent(out, s->t.dmarc_pass, s->t.messages);
	buf_puts(out, "</strong> of its mail passes DMARC.</p>\n<dl class=\"figures\">\n");
	put_figure(out, "Messages", s->t.messages);
	put_figure(out, "Of them fail", s->t.messages - s->t.dmarc_pass);
	put_figure(out, "Quarantined or rejected", s->t.quarantined + s->t.rejected);
	put_figure(out, "Days", s->days);
	buf_puts(out, "</dl>\n");
	if (s->verdict.remedy.text && s->verdict.remedy.text[0]) {
		buf_puts(out, "<p>");
		html_text(out, s->verdict.remedy.text);
		buf_puts(out, "</p>\n");
	}
	if (n > 0)
		buf_printf(out,
			   "<p>To do: <a href=\"../index.html\">thing %zu of the list</a> of the "
			   "domain.</p>\n",
			   n);
}

void render_site_sender(const struct site_domain *d, const struct sender *s, struct buf *out)
{
	const struct domain_facts *f = d->inventory->judged;
	struct domain_inventory alone = *d->inventory;
	struct sender copy = *s;
	struct site_by by = {.n = 0};
	struct witness *seen = f ? witnesses_of(f, s) : NULL;
	alone.senders = &copy;
	alone.n_senders = 1;
	alone.messages = s->t.messages;
	alone.compared = false;
	if (seen)
		choose_orgs(seen, f->n_reporters, &by);
	html_begin(out, s->name);
	put_head(out, d, s);
	buf_puts(out, "<section><h2>What it is, and why</h2>\n");
	html_why(out, s);
	html_days_chart(out, &alone, d->window);
	buf_puts(out, "</section>\n");
	if (s->n_sources > 0)
		put_addresses(out, f, s, &by);
	if (s->n_facts > 0)
		put_results(out, s);
	if (seen && f->n_reporters > 0)
		put_witnesses(out, seen, f->n_reporters);
	free(seen);
	html_end(out, d->notes);
}

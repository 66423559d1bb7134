/* A site's pages that are about all of it. */
#include "report/site/site.h"

#include <string.h>

#include "core/day.h"
#include "core/json.h"
#include "report/render/html.h"
#include "report/render/overview.h"
#include "report/site/priv.h"

void render_site_index(const struct site_index *s, struct buf *out)
{
	const struct page_notes notes = {.made = s->made};
	overview_sort(s->rows, s->n);
	html_begin(out, "Overview of domains");
	html_overview_head(out, s->rows, s->n);
	if (s->group) {
		buf_puts(out, "<p>Domains of ");
		html_text(out, s->group);
		buf_puts(out, ".</p>\n");
	}
	if (s->n > 0)
		html_overview(out, s->rows, s->n, s->page_of, s->ctx);
	else
		buf_puts(out, "<p>No domain was judged yet.</p>\n");
	if (s->left_out > 0)
		buf_printf(
		    out,
		    "<p class=\"soft\">%zu more domains with less mail have no page: `ruascope "
		    "overview` has them all.</p>\n",
		    s->left_out);
	buf_puts(out, "<p>");
	if (s->ledger)
		buf_puts(out, "<a href=\"ledger.html\">What was set aside</a>; ");
	buf_puts(out, "<a href=\"status.json\">the same as JSON</a>.</p>\n");
	html_end(out, &notes);
}

void render_site_status(const struct site_index *s, struct buf *out)
{
	char day[DAY_STRLEN];
	struct json j;
	overview_sort(s->rows, s->n);
	json_init(&j, out);
	json_object(&j);
	json_key(&j, "schema"), json_string(&j, "ruascope.site/1");
	json_key(&j, "day"), json_string(&j, s->made == NO_DAY ? NULL : day_format(s->made, day));
	json_key(&j, "version"), json_string(&j, RUASCOPE_VERSION);
	json_key(&j, "group"), json_string(&j, s->group);
	json_key(&j, "left_out"), json_uint(&j, s->left_out);
	json_key(&j, "domains"), json_array(&j);
	for (size_t i = 0; i < s->n; i++) {
		json_object(&j);
		overview_members(&j, &s->rows[i]);
		json_key(&j, "page"), json_string(&j, s->page_of(s->ctx, &s->rows[i]));
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

/* A cell; what comes from outside and is long is cut. */
#define CELL_MAX 160

void html_cell(struct buf *out, const char *s)
{
	struct buf cut;
	size_t n = s ? strlen(s) : 0, most = n < CELL_MAX ? n : CELL_MAX;
	while (most > 0 && most < n && ((unsigned char)s[most] & 0xc0) == 0x80)
		most--; /* not within a character */
	buf_puts(out, "<td>");
	buf_init(&cut, 1024);
	buf_put(&cut, n ? s : "-", n ? most : 1);
	html_text(out, cut.data);
	buf_puts(out, most < n ? "...</td>" : "</td>");
	buf_free(&cut);
}

void render_site_stub(bool below, struct buf *out)
{
	const struct page_notes notes = {.made = NO_DAY};
	html_begin(out, "Being made");
	buf_puts(out, "<header><h1>Being made</h1></header>\n<p>This page is written right now.");
	buf_puts(out, below ? " <a href=\"../index.html\">Domains</a></p>\n" : "</p>\n");
	html_end(out, &notes);
}

void render_site_ledger(const struct site_aside *list, size_t n, uint64_t all, struct buf *out)
{
	const struct page_notes notes = {.made = NO_DAY};
	html_begin(out, "What was set aside");
	buf_puts(out, "<p class=\"crumbs\"><a href=\"index.html\">Domains</a></p>\n"
		      "<header><h1>What was set aside</h1></header>\n<p>");
	html_count(out, all);
	buf_puts(out, all == 1 ? " input" : " inputs");
	buf_puts(out,
		 " could not be stored, and lost nothing: `ruascope rejects` has the bytes, and "
		 "reads them again after an upgrade.</p>\n");
	if (n > 0) {
		html_table(out, "rows", "Newest first");
		buf_puts(out,
			 "<thead><tr><th scope=\"col\">Last met</th><th scope=\"col\">Outcome</th>"
			 "<th scope=\"col\">Why</th><th scope=\"col\">Where it was</th><th "
			 "scope=\"col\" class=\"n\">Bytes</th></tr></thead><tbody>\n");
	}
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, "<tr><th scope=\"row\">");
		html_text(out, list[i].last_seen);
		buf_puts(out, "</th>");
		html_cell(out, list[i].outcome);
		html_cell(out, list[i].reason);
		html_cell(out, list[i].source);
		buf_puts(out, "<td class=\"n\">");
		html_count(out, list[i].size);
		buf_puts(out, "</td></tr>\n");
	}
	if (n > 0)
		html_table_end(out);
	if (all > n)
		buf_printf(out, "<p class=\"soft\">and %llu more, in `ruascope rejects list`</p>\n",
			   (unsigned long long)(all - n));
	html_end(out, &notes);
}

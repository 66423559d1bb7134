#include "report/render/html.h"

#include <string.h>

#include "core/day.h"
#include "core/judgement.h"
#include "core/text.h"
#include "page_css.h"
#include "report/remedy/spf_edit.h"
#include "report/render/table.h"
#include "report/render/todo.h"

void html_category(struct buf *out, enum category c)
{
	buf_printf(out, "<span class=\"cat %s\">%s</span>", html_class(c), category_words[c]);
}

void html_sender_cells(struct buf *out, const struct sender *s, const char *change)
{
	char day[DAY_STRLEN];
	buf_puts(out, "</th><td>");
	html_category(out, s->verdict.category);
	buf_puts(out, "</td><td class=\"n\">");
	html_count(out, s->t.messages);
	buf_puts(out, "</td><td class=\"n\">");
	html_percent(out, s->t.dmarc_pass, s->t.messages);
	buf_puts(out, "</td><td class=\"n\">");
	html_percent(out, s->t.spf_aligned, s->t.messages);
	buf_puts(out, "</td><td class=\"n\">");
	html_percent(out, s->t.dkim_aligned, s->t.messages);
	buf_printf(out, "</td><td>%s</td><td>%s</td></tr>\n", day_format(s->last_day, day), change);
}

void html_nothing(struct buf *out, const struct domain_inventory *d)
{
	struct buf text;
	buf_init(&text, out->max);
	put_no_reports(&text, d);
	buf_puts(out, "<p>");
	html_text(out, text.data ? text.data : "");
	buf_puts(out, "</p>\n");
	buf_free(&text);
}

void html_text(struct buf *out, const char *s)
{
	struct buf clean;
	buf_init(&clean, out->max);
	text_terminal(&clean, s, strlen(s));
	for (size_t i = 0; i < clean.len; i++) {
		char c = clean.data[i];
		switch (c) {
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		case '\'':
			buf_puts(out, "&#39;");
			break;
		default:
			buf_putc(out, c);
		}
	}
	buf_free(&clean);
}

void html_table(struct buf *out, const char *class, const char *caption)
{
	buf_printf(out,
		   "<div class=\"wide %s\" tabindex=\"0\" role=\"group\" aria-label=\"%s\">"
		   "<table><caption>%s</caption>",
		   class, caption, caption);
}

void html_table_end(struct buf *out)
{
	buf_puts(out, "</tbody></table></div>\n");
}

void html_count(struct buf *out, uint64_t v)
{
	put_count(out, v);
}

void html_percent(struct buf *out, uint64_t part, uint64_t whole)
{
	put_percent_cell(out, part, whole, 0, 1);
}

void html_record(struct buf *out, const char *domain, const char *record, bool old)
{
	struct buf text;
	buf_init(&text, 256 * 1024);
	buf_printf(&text, "%s. TXT ", domain);
	spf_edit_quote(&text, record);
	buf_printf(out, "<code class=\"record%s\"%s>", old ? " old" : "",
		   old ? "" : " tabindex=\"0\"");
	html_text(out, text.data ? text.data : "");
	buf_puts(out, "</code>\n");
	buf_free(&text);
}

void html_begin(struct buf *out, const char *title)
{
	buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "style-src '" PAGE_CSS_HASH "'; base-uri 'none'; form-action 'none'\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<meta name=\"referrer\" content=\"no-referrer\">\n"
		      "<meta name=\"robots\" content=\"noindex\">\n<title>");
	html_text(out, title);
	buf_puts(out, "</title>\n<style>");
	buf_put(out, page_css, strlen(page_css));
	buf_puts(out, "</style>\n</head>\n<body>\n<main>\n");
}

/* The words that every page uses. */
static const char words[] =
    "<dl class=\"words\">"
    "<div><dt>Your mail</dt><dd>of senders that are known to be yours: your servers, and services "
    "that send for you.</dd></div>"
    "<div><dt>Passes DMARC</dt><dd>SPF or DKIM passes for your own domain, which proves that the "
    "mail is yours.</dd></div>"
    "<div><dt>Forwarded</dt><dd>mail of yours that somebody handed on; SPF fails on the way, DKIM "
    "mostly does not.</dd></div>"
    "<div><dt>Spoofed</dt><dd>mail of strangers that bears your name. With p=reject receivers "
    "refuse it.</dd></div></dl>\n";

static const char *dns_words(const char *dns)
{
	return strcmp(dns, "live") == 0       ? "DNS was asked."
	       : strcmp(dns, "snapshot") == 0 ? "DNS: the answers kept in the database."
					      : "DNS was not asked.";
}

void html_end(struct buf *out, const struct page_notes *notes)
{
	char day[DAY_STRLEN];
	buf_puts(out, "</main>\n<footer class=\"soft\">\n");
	buf_puts(out, words);
	buf_puts(out, "<p>Made by ruascope " RUASCOPE_VERSION);
	if (notes && notes->made != NO_DAY)
		buf_printf(out, " on %s", day_format(notes->made, day));
	buf_printf(out, ". %s All days are UTC.</p></footer>\n</body>\n</html>\n",
		   notes && notes->dns ? dns_words(notes->dns) : "");
}

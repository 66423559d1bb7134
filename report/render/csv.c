#include <string.h>

#include "core/day.h"
#include "core/text.h"
#include "report/render/render.h"
#include "report/render/table.h"
#include "report/render/todo.h"
#include "report/todo.h"

#define SOURCES_SHOWN 10

/* Would a spreadsheet take it for a formula? Blanks in front do not stop it, and full-width signs
 * are signs to some. */
static bool is_formula(const char *s)
{
	static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
					   "\xef\xbc\xa0"};
	if (*s == '\t' || *s == '\r')
		return true;
	s += strspn(s, " \t\r\n\v\f");
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (strncmp(s, wide[i], 3) == 0)
			return true;
	return *s && strchr("=+-@|", *s);
}

/* A quoted cell; control characters are shown, not kept. */
void put_csv_cell(struct buf *out, const char *s)
{
	struct buf clean;
	buf_init(&clean, out->max);
	text_terminal(&clean, s, strlen(s));
	const char *p = clean.data ? clean.data : "";
	buf_putc(out, '"');
	if (is_formula(s))
		buf_putc(out, '\'');
	for (; *p; p++) {
		if (*p == '"')
			buf_putc(out, '"');
		buf_putc(out, *p);
	}
	buf_puts(out, "\",");
	buf_free(&clean);
}

static void put_number(struct buf *out, uint64_t v)
{
	buf_printf(out, "%llu,", (unsigned long long)v);
}

static void put_day(struct buf *out, int32_t day)
{
	char text[DAY_STRLEN];
	buf_printf(out, "%s,", day_format(day, text));
}

static void end_row(struct buf *out)
{
	out->len -= !out->failed; /* the last comma */
	buf_puts(out, "\r\n");
}

static void put_sender(struct buf *out, const struct inventory *inv,
		       const struct domain_inventory *d, const struct sender *s)
{
	char ip[IP_STRLEN];
	put_csv_cell(out, d->domain);
	put_day(out, inv->window.since);
	put_day(out, inv->window.until);
	put_csv_cell(out, s->name);
	put_csv_cell(out, s->key);
	put_csv_cell(out, category_names[s->verdict.category]);
	put_number(out, (uint64_t)s->verdict.confidence);
	put_number(out, s->t.messages);
	put_number(out, s->t.dmarc_pass);
	put_number(out, s->t.spf_aligned);
	put_number(out, s->t.dkim_aligned);
	put_number(out, s->t.rejected);
	put_number(out, s->t.quarantined);
	put_day(out, s->first_day);
	put_day(out, s->last_day);
	put_number(out, s->days);
	put_number(out, s->reporters);
	put_csv_cell(out, change_names[s->change]);
	put_csv_cell(out, remedy_names[s->verdict.remedy.kind]);
	buf_putc(out, '"');
	for (size_t i = 0; i < s->n_sources && i < SOURCES_SHOWN; i++)
		buf_printf(out, "%s%s", i ? " " : "", ip_format(&s->sources[i].ip, ip));
	buf_puts(out, "\",");
	put_csv_cell(out, s->verdict.remedy.text);
	const struct record_change *c = s->verdict.remedy.change;
	put_csv_cell(out, c ? c->name : "");
	put_csv_cell(out, c && c->before ? c->before : "");
	put_csv_cell(out, c ? c->after : "");
	const struct record_change *yours = s->verdict.remedy.if_yours;
	put_csv_cell(out, yours ? yours->after : "");
	put_number(out, s->more_sources);
	put_csv_cell(out, inventory_is_judged(d) ? "true" : "false");
	put_number(out, s->refused);
	end_row(out);
}

void render_inventory_csv(const struct inventory *inv, struct buf *out)
{
	buf_puts(
	    out,
	    "domain,since,until,sender,key,category,confidence,messages,dmarc_pass,spf_aligned,"
	    "dkim_aligned,rejected,quarantined,first_seen,last_seen,days,reporters,change,"
	    "remedy_kind,sources,remedy,remedy_domain,record_before,record_after,if_yours,"
	    "more_sources,judged,refused\r\n");
	for (size_t i = 0; i < inv->n_domains; i++)
		for (size_t k = 0; k < inv->domains[i].n_senders; k++)
			put_sender(out, inv, &inv->domains[i], &inv->domains[i].senders[k]);
}

/* ---- things to do ---- */

/* Words in one cell, parted by sep. */
static void put_joined(struct buf *out, const char *const *words, size_t n, const char *sep)
{
	struct buf text;
	buf_init(&text, out->max);
	buf_puts(&text, "");
	for (size_t i = 0; i < n; i++) {
		buf_puts(&text, i ? sep : "");
		buf_puts(&text, words[i]);
	}
	put_csv_cell(out, text.data ? text.data : "");
	buf_free(&text);
}

static void put_senders(struct buf *out, const struct todo *t)
{
	struct buf text;
	buf_init(&text, out->max);
	buf_puts(&text, "");
	for (size_t i = 0; i < t->n_senders; i++) {
		buf_puts(&text, i ? " " : "");
		buf_puts(&text, t->senders[i]->key);
	}
	put_csv_cell(out, text.data ? text.data : "");
	buf_free(&text);
}

static void put_thing(struct buf *out, const struct domain_inventory *d, size_t rank,
		      const struct todo *t)
{
	const struct record_change *c = t->record;
	put_number(out, rank);
	put_csv_cell(out, d->domain);
	put_csv_cell(out, todo_kind_names[t->kind]);
	put_csv_cell(out, t->id);
	put_senders(out, t);
	put_number(out, t->messages);
	put_csv_cell(out, t->title);
	put_csv_cell(out, t->text);
	put_csv_cell(out, c ? c->name : t->if_yours ? t->if_yours->name : "");
	put_csv_cell(out, c && c->before ? c->before : "");
	put_csv_cell(out, c ? c->after : "");
	put_csv_cell(out, t->if_yours ? t->if_yours->after : "");
	put_joined(out, t->commands, t->n_commands, "; ");
	put_csv_cell(out, inventory_is_judged(d) ? "true" : "false");
	end_row(out);
}

static void put_not_judged(struct buf *out, const struct domain_inventory *d)
{
	buf_puts(out, "0,");
	put_csv_cell(out, d->domain);
	buf_puts(out, "\"not_judged\",\"\",\"\",0,\"Not judged: DNS did not answer\",");
	put_csv_cell(out, todo_unjudged(d));
	buf_puts(out, "\"\",\"\",\"\",\"\",\"\",\"false\"\r\n");
}

void render_findings_csv(const struct inventory *inv, struct buf *out)
{
	buf_puts(out, "rank,domain,kind,id,senders,messages,title,text,record_name,record_before,"
		      "record_after,if_yours,commands,judged\r\n");
	for (size_t i = 0; i < inv->n_domains; i++) {
		const struct domain_inventory *d = &inv->domains[i];
		if (!inventory_is_judged(d))
			put_not_judged(out, d);
		for (size_t k = 0; k < d->todo->n; k++)
			put_thing(out, d, k + 1, &d->todo->list[k]);
	}
}

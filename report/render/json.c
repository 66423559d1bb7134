#include <string.h>

#include "core/day.h"
#include "core/json.h"
#include "report/catalogue/catalogue.h"
#include "report/render/overview.h"
#include "report/render/render.h"
#include "report/render/todo.h"

static void put_day(struct json *j, const char *key, int32_t day)
{
	char text[DAY_STRLEN];
	json_key(j, key);
	json_string(j, day_format(day, text));
}

static void put_count(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_uint(j, v);
}

static void put_text(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_string(j, s);
}

/* Only where something is known: most databases are not there. */
static void put_origin(struct json *j, const struct origin *o)
{
	if (o->asn)
		put_count(j, "asn", o->asn);
	if (o->name[0])
		put_text(j, "as_name", o->name);
	if (o->country[0])
		put_text(j, "country", o->country);
}

static void put_sources(struct json *j, const struct sender *s)
{
	char ip[IP_STRLEN];
	json_key(j, "sources");
	json_array(j);
	for (size_t i = 0; i < s->n_sources; i++) {
		json_object(j);
		put_text(j, "ip", ip_format(&s->sources[i].ip, ip));
		put_count(j, "messages", s->sources[i].messages);
		put_count(j, "dmarc_pass", s->sources[i].dmarc_pass);
		put_text(j, "ptr", s->sources[i].ptr);
		put_origin(j, &s->sources[i].origin);
		json_end(j);
	}
	json_end(j);
}

static void put_evidence(struct json *j, const struct sender *s)
{
	json_key(j, "evidence");
	json_array(j);
	for (unsigned i = 0; i < s->n_evidence; i++) {
		json_object(j);
		put_text(j, "code", s->evidence[i].code);
		json_key(j, "weight");
		json_int(j, s->evidence[i].weight);
		put_text(j, "text", s->evidence[i].text);
		json_end(j);
	}
	json_end(j);
}

static void put_if_yours(struct json *j, const struct record_change *c)
{
	json_key(j, "if_yours");
	if (!c) {
		json_null(j);
		return;
	}
	json_object(j);
	put_text(j, "domain", c->name);
	put_text(j, "before", c->before);
	put_text(j, "after", c->after);
	put_count(j, "lookups_before", c->lookups_before);
	put_count(j, "lookups_after", c->lookups_after);
	json_end(j);
}

static void put_remedy(struct json *j, const struct remedy *r)
{
	json_key(j, "remedy");
	json_object(j);
	put_text(j, "kind", remedy_names[r->kind]);
	put_text(j, "text", r->text);
	const struct record_change *c = r->change;
	bool spf = strncmp(remedy_names[r->kind], "spf_", 4) == 0;
	if (c || spf || r->kind == REMEDY_CONFIRM) {
		put_text(j, "domain", c ? c->name : NULL);
		put_text(j, "before", c ? c->before : NULL);
		put_text(j, "after", c ? c->after : NULL);
	}
	if (c || spf) {
		put_count(j, "lookups_before", c ? c->lookups_before : 0);
		put_count(j, "lookups_after", c ? c->lookups_after : 0);
	}
	if (r->kind == REMEDY_CONFIRM)
		put_if_yours(j, r->if_yours);
	json_end(j);
}

static void put_label(struct json *j, const struct fact_label *l)
{
	json_key(j, "label");
	if (!l) {
		json_null(j);
		return;
	}
	json_object(j);
	put_text(j, "verdict", l->verdict == LABEL_NONE ? NULL : label_verdict_names[l->verdict]);
	put_text(j, "name", l->name);
	put_text(j, "owner", l->owner);
	if (l->has_until)
		put_day(j, "until", l->until);
	else
		put_text(j, "until", NULL);
	json_end(j);
}

static void put_sender(struct json *j, const struct sender *s)
{
	json_object(j);
	put_text(j, "sender", s->name);
	put_text(j, "key", s->key);
	put_text(j, "service", s->service ? s->service->name : NULL);
	put_text(j, "category", category_names[s->verdict.category]);
	json_key(j, "confidence");
	json_int(j, s->verdict.confidence);
	put_count(j, "messages", s->t.messages);
	put_count(j, "dmarc_pass", s->t.dmarc_pass);
	put_count(j, "spf_aligned", s->t.spf_aligned);
	put_count(j, "dkim_aligned", s->t.dkim_aligned);
	put_count(j, "rejected", s->t.rejected);
	put_count(j, "quarantined", s->t.quarantined);
	put_day(j, "first_seen", s->first_day);
	put_day(j, "last_seen", s->last_day);
	put_count(j, "days", s->days);
	put_count(j, "reporters", s->reporters);
	put_text(j, "change", change_names[s->change]);
	put_sources(j, s);
	if (s->more_sources > 0)
		put_count(j, "more_sources", s->more_sources);
	put_evidence(j, s);
	put_remedy(j, &s->verdict.remedy);
	put_label(j, s->label);
	json_end(j);
}

static void put_judged(struct json *j, bool judged)
{
	json_key(j, "judged");
	json_bool(j, judged);
}

/* As bounces and mail logs tell. */
static void put_refused(struct json *j, const struct domain_inventory *d)
{
	json_key(j, "refused");
	json_array(j);
	for (size_t i = 0; i < d->n_refused; i++) {
		const struct refused *r = &d->refused[i];
		json_object(j);
		put_text(j, "place", r->place);
		put_text(j, "class", r->class);
		json_key(j, "delayed");
		json_bool(j, r->delayed);
		put_text(j, "sender", r->key);
		put_count(j, "messages", r->messages);
		put_text(j, "text", r->text);
		json_end(j);
	}
	json_end(j);
}

/* Records of the domain that were offered, and what became of them. */
static void put_remedies(struct json *j, const char *domain, const struct page_notes *notes)
{
	json_key(j, "remedies"), json_array(j);
	for (size_t i = 0; notes && i < notes->n_remedies; i++) {
		if (strcmp(notes->remedies[i].domain, domain) != 0)
			continue;
		json_object(j);
		remedy_members(j, &notes->remedies[i]);
		json_end(j);
	}
	json_end(j);
}

static void put_domain(struct json *j, const struct domain_inventory *d, bool findings,
		       const struct page_notes *notes)
{
	json_object(j);
	put_text(j, "domain", d->domain);
	if (!findings) {
		put_count(j, "messages", d->messages);
		put_count(j, "dmarc_pass", d->dmarc_pass);
		put_count(j, "reports", d->reports);
		put_count(j, "reporters", d->reporters);
		put_text(j, "org_domain", d->org_domain);
		put_text(j, "org_domain_tree_walk", d->walk_domain);
	}
	if (findings)
		put_remedies(j, d->domain, notes);
	if (findings)
		put_todo_json(j, inventory_is_judged(d), d->todo);
	else
		put_judged(j, inventory_is_judged(d));
	put_refused(j, d);
	json_key(j, findings ? "findings" : "senders");
	json_array(j);
	for (size_t k = 0; k < d->n_senders; k++)
		put_sender(j, &d->senders[k]);
	json_end(j);
	json_end(j);
}

static void render(const struct inventory *inv, bool findings, const struct page_notes *notes,
		   struct buf *out)
{
	struct json j;
	json_init(&j, out);
	json_object(&j);
	put_text(&j, "schema", findings ? "ruascope.findings/1" : "ruascope.inventory/1");
	put_day(&j, "since", inv->window.since);
	put_day(&j, "until", inv->window.until);
	put_text(&j, "dns", inv->dns);
	json_key(&j, "domains");
	json_array(&j);
	for (size_t i = 0; i < inv->n_domains; i++)
		put_domain(&j, &inv->domains[i], findings, notes);
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

void render_inventory_json(const struct inventory *inv, struct buf *out)
{
	render(inv, false, NULL, out);
}

void render_findings_json(const struct inventory *inv, const struct page_notes *notes,
			  struct buf *out)
{
	render(inv, true, notes, out);
}

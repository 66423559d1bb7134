/* Refused mail, explained, as JSON: docs/schema/bounce.json. */
#include <stdio.h>
#include <time.h>

#include "core/json.h"
#include "report/bounce/explain.h"
#include "report/render/todo.h"

static void member(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_string(j, value && *value ? value : NULL);
}

static void put_time(struct json *j, const char *key, int64_t at)
{
	struct tm tm;
	time_t t = (time_t)at;
	char text[64];
	json_key(j, key);
	if (!at || !gmtime_r(&t, &tm) ||
	    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		json_null(j);
	else
		json_string(j, text);
}

static void put_texts(struct json *j, const char *key, const char *const *texts, size_t n)
{
	json_key(j, key);
	json_array(j);
	for (size_t i = 0; i < n; i++)
		json_string(j, texts[i]);
	json_end(j);
}

static void put_reply(struct json *j, const struct refusal_reply *r)
{
	json_key(j, "reply");
	if (!r->code && !r->status[0] && !*r->text) {
		json_null(j);
		return;
	}
	json_object(j);
	json_key(j, "code");
	if (r->code)
		json_uint(j, r->code);
	else
		json_null(j);
	member(j, "status", r->status);
	json_key(j, "text");
	json_string(j, r->text);
	json_key(j, "phase");
	json_string(j, refusal_phase_names[r->phase]);
	json_end(j);
}

static void put_message(struct json *j, const struct bounce_explained *e)
{
	const struct refusal *r = &e->of->r;
	char ip[IP_STRLEN];
	json_key(j, "receiver");
	json_object(j);
	member(j, "host", refusal_receiver(r));
	member(j, "org", e->org);
	json_end(j);
	member(j, "recipient_domain", r->recipient_domain);
	put_time(j, "at", e->of->last_at);
	json_key(j, "mail_from_domain");
	json_string(j, r->mail_from_domain); /* "": the null sender */
	member(j, "header_from_domain", r->header_from_domain);
	json_key(j, "dkim");
	json_array(j);
	for (size_t i = 0; i < r->n_dkim; i++) {
		json_object(j);
		member(j, "domain", r->dkim[i].domain);
		member(j, "selector", r->dkim[i].selector);
		json_end(j);
	}
	json_end(j);
	member(j, "ip", ip_format(&e->ip, ip));
	json_key(j, "ip_source");
	json_string(j, refusal_ip_source_names[e->ip_source]);
}

static void put_sender(struct json *j, const struct bounce_explained *e)
{
	json_key(j, "sender");
	if (e->sender) {
		json_object(j);
		member(j, "key", e->sender->key);
		member(j, "name", e->sender->name);
		member(j, "category", category_names[e->sender->verdict.category]);
		json_end(j);
	} else {
		json_null(j);
	}
	json_key(j, "ours");
	if (e->ours == SENT_UNKNOWN)
		json_null(j);
	else
		json_bool(j, e->ours == SENT_BY_US);
	json_key(j, "count");
	json_uint(j, e->of->count);
	put_time(j, "first_at", e->of->first_at);
}

static void put_lists(struct json *j, const struct bounce_dns *d)
{
	static const char *const states[] = {"pending", "not_listed", "listed", "policy",
					     "not_asked"};
	json_key(j, "dnsbl");
	json_array(j);
	for (size_t i = 0; i < d->n_lists; i++) {
		const struct dnsbl_finding *f = &d->lists[i];
		json_object(j);
		member(j, "zone", f->list->zone);
		member(j, "state", states[f->state]);
		member(j, "code", f->code);
		member(j, "text", f->why);
		member(j, "terms", f->list->terms);
		json_end(j);
	}
	json_end(j);
}

static void put_spf(struct json *j, const struct bounce_dns *d)
{
	json_key(j, "spf");
	if (!d->spf_domain || d->spf_result < 0) {
		json_null(j);
		return;
	}
	json_object(j);
	member(j, "domain", d->spf_domain);
	member(j, "result", spf_result_names[d->spf_result]);
	member(j, "record", d->spf_record);
	member(j, "mechanism", d->spf_term);
	json_key(j, "lookups");
	json_uint(j, d->spf_lookups);
	json_end(j);
}

static void put_dns(struct json *j, const struct bounce_dns *d)
{
	static const char *const states[] = {NULL, "none", "unconfirmed", "confirmed"};
	json_key(j, "dns");
	json_object(j);
	put_spf(j, d);
	json_key(j, "ptr");
	if (d->ptr == PTR_UNKNOWN) {
		json_null(j);
	} else {
		json_object(j);
		member(j, "name", d->ptr_name);
		member(j, "state", states[d->ptr]);
		json_end(j);
	}
	json_key(j, "dmarc");
	if (!d->dmarc_domain) {
		json_null(j);
	} else {
		json_object(j);
		member(j, "domain", d->dmarc_domain);
		member(j, "policy", d->dmarc_policy);
		member(j, "record", d->dmarc_record);
		json_end(j);
	}
	put_texts(j, "mx", d->mx, d->n_mx);
	put_lists(j, d);
	json_end(j);
}

static void put_refusal(struct json *j, const struct bounce_explained *e)
{
	json_object(j);
	member(j, "class", bounce_class_names[e->class]);
	member(j, "group", bounce_group_names[bounce_group_of(e->class)]);
	member(j, "whose", bounce_whose_names[e->whose]);
	member(j, "summary", e->summary);
	member(j, "rule", e->rule ? e->rule->id : NULL);
	json_key(j, "by_number");
	json_bool(j, e->rule && bounce_rule_is_number(e->rule));
	put_reply(j, &e->of->r.reply);
	put_message(j, e);
	put_sender(j, e);
	put_dns(j, &e->dns);
	json_key(j, "evidence");
	json_array(j);
	for (unsigned i = 0; i < e->n_evidence; i++)
		json_string(j, e->evidence[i].text);
	json_end(j);
	json_key(j, "todo");
	json_array(j);
	for (unsigned i = 0; i < e->n_todo; i++)
		put_thing_json(j, &e->todo[i]);
	json_end(j);
	put_texts(j, "notes", e->notes, e->n_notes);
	put_texts(j, "unchecked", e->unchecked, e->n_unchecked);
	json_end(j);
}

void render_bounce_json(const struct bounce_input *in, const struct bounce_explained *all,
			struct buf *out)
{
	static const char *const whats[BOUNCE_WHAT_COUNT] = {
	    "refusals",   "auto_reply", "receipt", "delivered", "feedback", "dmarc_report",
	    "tls_report", "clean_log",  "mail",    "unknown",   "bad"};
	struct json j;
	json_init(&j, out);
	json_object(&j);
	member(&j, "schema", "ruascope.bounce/1");
	member(&j, "source", in->source);
	member(&j, "what", whats[in->outcome.what]);
	member(&j, "reason", in->outcome.reason);
	json_key(&j, "more");
	json_uint(&j, in->more + in->outcome.dropped);
	json_key(&j, "refusals");
	json_array(&j);
	for (size_t i = 0; i < in->n; i++)
		put_refusal(&j, &all[i]);
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

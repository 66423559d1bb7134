/* Readiness as JSON. */
#include "core/day.h"
#include "core/json.h"
#include "report/readiness/readiness.h"
#include "report/render/render.h"
#include "report/render/todo.h"

static void member(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_string(j, value);
}

static void put_fates(struct json *j, const char *key, const uint64_t v[FATE_COUNT])
{
	json_key(j, key);
	json_object(j);
	for (int f = 0; f < FATE_COUNT; f++) {
		json_key(j, fate_names[f]);
		json_uint(j, v[f]);
	}
	json_end(j);
}

static void put_senders(struct json *j, const struct readiness *r)
{
	json_key(j, "senders");
	json_array(j);
	for (size_t i = 0; i < r->inventory->n_senders; i++) {
		const struct sender *s = &r->inventory->senders[i];
		uint64_t lost = r->projection.of_sender[i];
		if (lost == 0)
			continue;
		json_object(j);
		member(j, "sender", s->name);
		member(j, "key", s->key);
		member(j, "category", category_names[s->verdict.category]);
		json_key(j, "messages");
		json_uint(j, s->t.messages);
		json_key(j, "would_reject");
		json_uint(j, lost);
		json_end(j);
	}
	json_end(j);
}

static void put_names(struct json *j, const struct projection *p)
{
	json_key(j, "subdomains");
	json_array(j);
	for (size_t i = 0; i < p->n_subdomains; i++) {
		const struct subdomain *s = p->subdomains[i];
		json_object(j);
		member(j, "domain", s->name);
		member(j, "policy", s->by ? published_policy_names[s->policy] : NULL);
		member(j, "by", s->by ? policy_tag_names[s->by] : NULL);
		json_key(j, "messages");
		json_uint(j, s->messages);
		put_fates(j, "failing", s->failing);
		json_end(j);
	}
	json_end(j);
	json_key(j, "more_subdomains");
	json_uint(j, p->more_subdomains);
}

static void put_checks(struct json *j, const struct readiness *r)
{
	json_key(j, "checks");
	json_array(j);
	for (int i = 0; i < CHECK_COUNT; i++) {
		const struct check *c = &r->checks[i];
		json_object(j);
		member(j, "id", c->id);
		member(j, "title", c->title);
		member(j, "status", check_status_names[c->status]);
		member(j, "value", c->value);
		member(j, "limit", c->limit);
		member(j, "text", c->text);
		json_end(j);
	}
	json_end(j);
}

void render_readiness_json(const struct readiness *r, struct buf *out)
{
	char day[DAY_STRLEN];
	struct json j;
	json_init(&j, out);
	json_object(&j);
	member(&j, "schema", "ruascope.readiness/1");
	member(&j, "domain", r->domain);
	member(&j, "since", day_format(r->window.since, day));
	member(&j, "until", day_format(r->window.until, day));
	member(&j, "verdict", verdict_names[r->verdict]);
	json_key(&j, "parked");
	json_bool(&j, r->parked);
	json_key(&j, "exists");
	json_bool(&j, !r->does_not_exist);
	json_key(&j, "policy");
	json_object(&j);
	member(&j, "p", r->dmarc.policy ? published_policy_names[r->dmarc.policy] : NULL);
	member(&j, "record", r->dmarc.record.text);
	json_end(&j);
	put_checks(&j, r);
	put_todo_json(&j, !r->dns_failed, r->inventory->todo);
	json_key(&j, "projection");
	json_object(&j);
	json_key(&j, "messages");
	json_uint(&j, r->projection.messages);
	put_fates(&j, "would_reject", r->projection.would_reject);
	put_fates(&j, "expected", r->projection.expected);
	put_senders(&j, r);
	put_names(&j, &r->projection);
	json_end(&j);
	json_key(&j, "not_observed");
	json_array(&j);
	for (size_t i = 0; i < r->n_not_observed; i++)
		json_string(&j, r->not_observed[i]);
	json_end(&j);
	json_key(&j, "not_observed_total");
	json_uint(&j, r->all_not_observed);
	json_key(&j, "next_step");
	json_object(&j);
	member(&j, "record", r->next.record);
	member(&j, "text", r->next.text);
	member(&j, "look_again", day_format(r->next.again, day));
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

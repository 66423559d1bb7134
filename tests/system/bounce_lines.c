/* bounce_lines FILE...: what ingest/bounce reads, a JSON line each. For test_bounce_servers.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/json.h"
#include "ingest/bounce/bounce.h"

static void put(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_string(j, value);
}

static void put_ip(struct json *j, const char *key, const struct ip *ip)
{
	char text[IP_STRLEN];
	put(j, key, ip->family ? ip_format(ip, text) : NULL);
}

static void put_reply(struct json *j, const char *key, const struct refusal_reply *reply)
{
	json_key(j, key);
	json_object(j);
	json_key(j, "code");
	json_uint(j, reply->code);
	put(j, "status", reply->status);
	put(j, "text", reply->text);
	put(j, "phase", refusal_phase_names[reply->phase]);
	json_key(j, "end");
	json_bool(j, reply->phase_end);
	json_end(j);
}

static void print(struct json *j)
{
	json_end(j);
	puts(j->out->data);
	buf_free(j->out);
}

static enum status on_refusal(void *ctx, const struct refusal *r, struct err *err)
{
	struct buf line;
	struct json j;
	(void)ctx, (void)err;
	buf_init(&line, 1 << 20);
	json_init(&j, &line);
	json_object(&j);
	put(&j, "form", refusal_form_names[r->form]);
	put(&j, "direction", r->direction == REFUSED_BY_US ? "us" : "other");
	put(&j, "action", r->action == REFUSAL_DELAYED ? "delayed" : "failed");
	json_key(&j, "at");
	json_int(&j, r->at);
	put_reply(&j, "reply", &r->reply);
	put_reply(&j, "wrapper", &r->wrapper);
	put(&j, "bounce_status", r->bounce_status);
	put(&j, "remote_host", r->remote_host);
	put_ip(&j, "remote_ip", &r->remote_ip);
	put(&j, "reporting_host", r->reporting_host);
	put(&j, "mail_from", r->mail_from_domain);
	put(&j, "header_from", r->header_from_domain);
	put(&j, "recipient", r->recipient_domain);
	put(&j, "message_id", r->message_id_domain);
	put(&j, "queue_id", r->queue_id);
	put_ip(&j, "ip", &r->ip);
	put(&j, "ip_source", refusal_ip_source_names[r->ip_source]);
	put(&j, "quoted_domain", r->quoted_domain);
	put_ip(&j, "client_ip", &r->client_ip);
	put(&j, "helo", r->helo);
	put(&j, "dkim", r->n_dkim > 0 ? r->dkim[0].domain : NULL);
	print(&j);
	return ST_OK;
}

static enum status on_outcome(void *ctx, const struct bounce_outcome *o, struct err *err)
{
	struct buf line;
	struct json j;
	(void)ctx, (void)err;
	buf_init(&line, 1 << 20);
	json_init(&j, &line);
	json_object(&j);
	put(&j, "what", bounce_what_names[o->what]);
	put(&j, "source", o->source);
	put(&j, "reason", o->reason);
	json_key(&j, "read");
	json_uint(&j, o->read);
	json_key(&j, "first_at");
	json_int(&j, o->first_at);
	print(&j);
	return ST_OK;
}

int main(int argc, char **argv)
{
	struct limits limits = LIMITS_DEFAULT;
	struct bounce_options options = {.limits = &limits, .now = time(NULL)};
	struct refusal_sink sink = {.refusal = on_refusal, .outcome = on_outcome};
	struct bounce_reader *r = bounce_reader_new(&options);
	struct err err;
	for (int i = 1; i < argc; i++) {
		if (bounce_read_path(r, argv[i], &sink, &err) != ST_OK) {
			fprintf(stderr, "%s\n", err.msg);
			return EXIT_FAILURE;
		}
	}
	bounce_reader_free(r);
	return EXIT_SUCCESS;
}

/* The header of the message that came back. */
#include "core/tags.h"
#include "ingest/auth/author.h"
#include "ingest/bounce/mail.h"

#define DKIM_MAX 8 /* real mails have two */

static struct span value_of(const struct field *f)
{
	return span_trim((struct span){f->p + f->value, f->n > f->value ? f->n - f->value : 0});
}

static void know(struct common *c, struct span local)
{
	if (local.n > 0 && c->n_known < sizeof c->known / sizeof *c->known)
		c->known[c->n_known++] = local;
}

static void take_dkim(struct reading *rd, const struct field *f, struct refusal_dkim *list,
		      size_t *n)
{
	struct span v = value_of(f);
	struct tags tags;
	if (*n >= DKIM_MAX || !tags_read(v.p, v.n, &tags))
		return;
	const struct tag *d = tags_find(&tags, "d"), *s = tags_find(&tags, "s");
	const char *domain = d ? reading_name(rd, (struct span){d->value, d->n}) : NULL;
	if (!domain || !s || s->n == 0 || s->n > 253)
		return;
	for (size_t i = 0; i < s->n; i++)
		if (!is_alnum(s->value[i]) && !strchr("-_.", s->value[i]))
			return;
	list[*n].domain = domain;
	list[(*n)++].selector = arena_strndup(&rd->arena, s->value, s->n);
}

/* The address that a Received field saw: in brackets, in front of " by ". */
static bool received_ip(struct span v, struct ip *ip)
{
	size_t by = span_find(v, " by ");
	v = span_to(v, by);
	for (size_t i = 0; i + 2 < v.n; i++) {
		if (v.p[i] != '[' && v.p[i] != '(')
			continue;
		size_t to = i + 1;
		while (to < v.n && to - i < 60 && !strchr("]) \r\n", v.p[to]))
			to++;
		struct span inside = {v.p + i + 1, to - i - 1};
		if (span_begins(inside, "ipv6:"))
			inside = span_from(inside, 5);
		if (ip_parse(inside.p, inside.n, ip, NULL) && ip_is_public(ip))
			return true;
	}
	return false;
}

static void take_from(struct reading *rd, const struct field *f, struct common *c)
{
	struct author author;
	struct span v = value_of(f);
	if (!author_read(rd->options->rules, v.p, v.n, &author))
		return;
	c->base.header_from_domain = arena_strdup(&rd->arena, author.domain);
	char *local = arena_strdup(&rd->arena, author.address);
	know(c, (struct span){local, (size_t)(author.domain - author.address) - 1});
}

static void take_return_path(struct reading *rd, struct span v, struct common *c)
{
	struct address a;
	if (c->base.mail_from_domain)
		return;
	reading_mail_from(rd, v, &c->base);
	if (reading_address(rd, v, &a))
		know(c, a.local);
}

static void take_received(struct reading *rd, struct span v, struct common *c)
{
	struct ip ip;
	struct span envelope = span_between(v, "envelope-from ", ")");
	if (envelope.n > 0)
		take_return_path(rd, envelope, c);
	if (c->base.received_ip.family || !received_ip(v, &ip))
		return;
	struct span word, rest = v;
	c->base.received_ip = ip;
	if (span_word(&rest, &word) && span_is(word, "from") && span_word(&rest, &word))
		c->base.received_host = reading_name(rd, word);
}

static void take_generated(struct reading *rd, struct span v, struct common *c)
{
	size_t n = 0;
	while (n < v.n && n < 40 && (is_alnum(v.p[n]) || v.p[n] == '-'))
		n++;
	if (n > 0 && !span_is(span_to(v, n), "no") && !c->base.generated)
		c->base.generated = arena_strndup(&rd->arena, v.p, n);
}

static void take_to(struct reading *rd, struct span v, struct common *c)
{
	struct address second;
	size_t end;
	c->has_to = reading_find_address(rd, v, &c->to, &end) &&
		    !reading_find_address(rd, span_from(v, end), &second, NULL);
}

void returned_read(struct reading *rd, struct span bytes, struct common *c)
{
	struct header h;
	struct refusal_dkim *dkim = arena_alloc(&rd->arena, DKIM_MAX * sizeof *dkim);
	size_t n_dkim = 0;
	header_read(bytes.p, bytes.n, true, &rd->arena, &h);
	for (size_t i = 0; i < h.n; i++) {
		const struct field *f = &h.fields[i];
		struct span v = value_of(f);
		if (field_is(f, "Return-Path") || field_is(f, "X-Envelope-From"))
			take_return_path(rd, v, c);
		else if (field_is(f, "From"))
			take_from(rd, f, c);
		else if (field_is(f, "To"))
			take_to(rd, v, c);
		else if (field_is(f, "DKIM-Signature"))
			take_dkim(rd, f, dkim, &n_dkim);
		else if (field_is(f, "Message-ID"))
			reading_message_id(rd, v, &c->base);
		else if (field_is(f, "Received"))
			take_received(rd, v, c);
		else if (field_is(f, "Auto-Submitted") || field_is(f, "Precedence"))
			take_generated(rd, v, c);
	}
	c->base.dkim = dkim;
	c->base.n_dkim = n_dkim;
	if (c->base.received_ip.family && !c->base.ip.family) {
		c->base.ip = c->base.received_ip;
		c->base.ip_source = IP_RECEIVED;
	}
}

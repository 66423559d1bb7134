#include "ingest/bounce/reading.h"

#include "core/limits.h"
#include "ingest/bounce/clean.h"

const char *reading_name(struct reading *rd, struct span s)
{
	char name[DOMAIN_SIZE];
	struct ip ip;
	s = span_trim(s);
	while (s.n > 0 && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == ','))
		s.n--;
	if (s.n > 253 || span_chr(s, '.') == SPAN_NONE || ip_parse(s.p, s.n, &ip, NULL) ||
	    !domain_normalise(rd->options->rules, s.p, s.n, name))
		return NULL;
	return arena_strdup(&rd->arena, name);
}

/* ---- addresses ---- */

static bool is_local(char c)
{
	return is_alnum(c) || (unsigned char)c >= 0x80 ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_domain(char c)
{
	return is_alnum(c) || (unsigned char)c >= 0x80 || c == '-' || c == '.' || c == '_';
}

bool reading_find_address(struct reading *rd, struct span s, struct address *out, size_t *end)
{
	for (size_t at, from = 0; (at = span_chr(span_from(s, from), '@')) != SPAN_NONE;) {
		size_t begin = at += from, stop = at + 1;
		from = at + 1;
		while (begin > 0 && at - begin < 320 && is_local(s.p[begin - 1]))
			begin--;
		if (begin == at && at > 1 && s.p[at - 1] == '"') { /* "john doe"@ */
			size_t quote = at - 1;
			while (quote > 0 && at - quote < 320 && s.p[quote - 1] != '"')
				quote--;
			begin = quote > 0 ? quote - 1 : at;
		}
		while (stop < s.n && stop - at < 300 && is_domain(s.p[stop]))
			stop++;
		while (stop > at + 1 && (s.p[stop - 1] == '.' || s.p[stop - 1] == '-'))
			stop--;
		if (begin == at || stop == at + 1)
			continue;
		*out = (struct address){.whole = {s.p + begin, stop - begin},
					.local = {s.p + begin, at - begin}};
		out->domain = reading_name(rd, (struct span){s.p + at + 1, stop - at - 1});
		if (end)
			*end = stop;
		return true;
	}
	return false;
}

bool reading_address(struct reading *rd, struct span s, struct address *out)
{
	size_t semicolon = span_chr(s, ';');
	if (semicolon != SPAN_NONE && semicolon < 20)
		s = span_from(s, semicolon + 1);
	s = span_trim(s);
	if (reading_find_address(rd, s, out, NULL))
		return true;
	if (s.n >= 2 && s.p[0] == '<')
		s = span_to(span_from(s, 1), s.n - 2);
	if (s.n == 0 || s.n > 320)
		return false;
	*out = (struct address){.whole = s, .local = s};
	return true;
}

static struct digest digest_of(struct reading *rd, struct span s)
{
	char *lower = arena_strndup(&rd->arena, s.p, s.n);
	for (size_t i = 0; i < s.n; i++)
		lower[i] = ascii_lower(lower[i]);
	sha256_bytes(rd->sha, lower, s.n);
	return sha256_cut(rd->sha);
}

void reading_mail_from(struct reading *rd, struct span s, struct refusal *r)
{
	struct address a;
	s = span_trim(s);
	if (s.n == 0)
		return;
	if (span_is(s, "<>") || span_has(span_to(s, 15), "mailer-daemon"))
		r->mail_from_domain = "";
	else if (reading_address(rd, s, &a) && a.domain)
		r->mail_from_domain = a.domain;
}

void reading_recipient(struct reading *rd, const struct address *a, struct refusal *r)
{
	r->recipient_domain = a->domain;
	r->recipient = digest_of(rd, a->whole);
}

void reading_message_id(struct reading *rd, struct span s, struct refusal *r)
{
	s = span_trim(s);
	size_t from = span_chr(s, '<'), to = span_chr(s, '>');
	if (from != SPAN_NONE && to != SPAN_NONE && from < to)
		s = (struct span){s.p + from + 1, to - from - 1};
	if (s.n == 0 || s.n > 998)
		return;
	sha256_bytes(rd->sha, s.p, s.n);
	r->message = sha256_cut(rd->sha);
	size_t at = span_chr(s, '@');
	if (at != SPAN_NONE)
		r->message_id_domain = reading_name(rd, span_from(s, at + 1));
}

const char *reading_word(struct reading *rd, struct span s, size_t max)
{
	s = clean_line(&rd->arena, span_to(s, max));
	s = span_to(s, max);
	s.n = utf8_valid_prefix(s.p, s.n);
	return s.n > 0 ? arena_strndup(&rd->arena, s.p, s.n) : NULL;
}

/* ---- to the sink ---- */

static bool is_log(enum refusal_form form)
{
	return form >= FORM_LOG_POSTFIX;
}

enum status reading_tell(struct reading *rd, struct refusal *r)
{
	if (!r->reply.text)
		r->reply.text = "";
	if (r->at > rd->options->now)
		r->at = 0; /* the clock of who wrote it is wrong */
	if (!is_log(r->form) && rd->outcome.refusals >= LIMIT_BOUNCE_RECIPIENTS) {
		rd->outcome.dropped++;
		return ST_OK;
	}
	rd->outcome.refusals++;
	return rd->sink->refusal(rd->sink->ctx, r, rd->err);
}

enum status reading_end(struct reading *rd, enum bounce_what what, const char *reason)
{
	struct bounce_outcome o = rd->outcome;
	o.source = rd->source;
	o.what = o.refusals > 0 ? BOUNCE_REFUSALS : what;
	o.reason = reason;
	rd->outcome = (struct bounce_outcome){.log = FORM_COUNT};
	return rd->sink->outcome(rd->sink->ctx, &o, rd->err);
}

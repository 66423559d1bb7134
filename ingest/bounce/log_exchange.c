/* Exchange's message tracking: CSV whose columns a "#Fields:" line names. */
#include "ingest/bounce/log.h"
#include "ingest/bounce/reply.h"

static const char *const column_names[COL_COUNT] = {
    [COL_DATE] = "date-time",
    [COL_CLIENT_IP] = "client-ip",
    [COL_ORIGINAL_CLIENT_IP] = "original-client-ip",
    [COL_SERVER_HOST] = "server-hostname",
    [COL_SOURCE] = "source",
    [COL_EVENT] = "event-id",
    [COL_MESSAGE_ID] = "message-id",
    [COL_RECIPIENT] = "recipient-address",
    [COL_STATUS] = "recipient-status",
    [COL_SENDER] = "sender-address",
    [COL_RETURN_PATH] = "return-path",
    [COL_INTERNAL_ID] = "internal-message-id",
};

bool tracking_header(struct log *l, struct span s)
{
	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0)
		s = span_from(s, 3);
	if (span_begins(s, "#software: microsoft exchange"))
		return true;
	if (span_begins(s, "#fields:"))
		s = span_trim(span_from(s, 8));
	else if (!span_begins(s, "date-time,"))
		return l->tracking && s.n > 0 && s.p[0] == '#';
	for (int c = 0; c < COL_COUNT; c++)
		l->columns[c] = -1;
	for (int i = 0; s.n > 0 && i < LOG_COLUMNS; i++) {
		size_t comma = span_chr(s, ',');
		struct span name = span_trim(span_to(s, comma));
		for (int c = 0; c < COL_COUNT; c++)
			if (span_is(name, column_names[c]))
				l->columns[c] = i;
		s = comma == SPAN_NONE ? span_from(s, s.n) : span_from(s, comma + 1);
	}
	l->tracking = l->columns[COL_EVENT] >= 0 && l->columns[COL_RECIPIENT] >= 0;
	if (l->form == FORM_COUNT)
		l->form = FORM_LOG_EXCHANGE;
	return l->tracking;
}

/* The next field of *s (RFC 4180), its quotes undone in the arena. */
static struct span next_field(struct log *l, struct span *s)
{
	if (s->n == 0 || s->p[0] != '"') {
		size_t comma = span_chr(*s, ',');
		struct span f = span_to(*s, comma);
		*s = comma == SPAN_NONE ? span_from(*s, s->n) : span_from(*s, comma + 1);
		return f;
	}
	char *out = arena_alloc(&l->rd->arena, s->n);
	size_t n = 0, i = 1;
	for (; i < s->n; i++) {
		if (s->p[i] == '"' && (++i >= s->n || s->p[i] != '"'))
			break;
		out[n++] = s->p[i];
	}
	*s = span_from(*s, i + 1);
	return (struct span){out, n};
}

/* The part of a list of the i-th recipient; "[{LED=...;..};{..}]" has ';' inside. */
static struct span part_of(struct span s, unsigned i)
{
	for (;;) {
		size_t n = 0;
		int depth = 0;
		while (n < s.n && (depth > 0 || s.p[n] != ';')) {
			depth += s.p[n] == '[' || s.p[n] == '{';
			depth -= (s.p[n] == ']' || s.p[n] == '}') && depth > 0;
			n++;
		}
		if (i-- == 0)
			return span_to(s, n);
		if (n >= s.n)
			return span_from(s, s.n);
		s = span_from(s, n + 1);
	}
}

/* [{LED=550 5.7.1 ...};{MSG=};{FQDN=mx.example};{IP=192.0.2.1};{LRT=...}], or a reply alone */
static void take_status(struct log *l, struct span s, const struct span *known, size_t n,
			struct refusal *r)
{
	struct span led = span_between(s, "{led=", "};"), host = span_between(s, "{fqdn=", "}"),
		    ip = span_between(s, "{ip=", "}");
	if (host.n > 0)
		r->remote_host = reading_name(l->rd, host);
	ip_parse(ip.p, ip.n, &r->remote_ip, NULL);
	reply_read(l->rd, led.n > 0 ? led : s, known, n, r);
}

static enum status tell_recipient(struct log *l, const struct span *f, const struct refusal *base,
				  unsigned i)
{
	struct refusal r = *base;
	struct address a;
	struct span known[1];
	size_t n = 0;
	struct span to = span_trim(part_of(f[COL_RECIPIENT], i)),
		    status = part_of(f[COL_STATUS], i);
	if (status.n == 0)
		status = part_of(f[COL_STATUS], 0);
	if (reading_address(l->rd, to, &a)) {
		reading_recipient(l->rd, &a, &r);
		known[n++] = a.local;
	}
	take_status(l, status, known, n, &r);
	return log_tell(l, &r);
}

enum status tracking_line(struct log *l, struct span s, bool *known)
{
	struct span f[COL_COUNT] = {{NULL, 0}};
	struct log_line line = {.at = 0};
	enum status st = ST_OK;
	for (int i = 0; s.n > 0 && i < LOG_COLUMNS; i++) {
		struct span value = next_field(l, &s);
		for (int c = 0; c < COL_COUNT; c++)
			if (l->columns[c] == i)
				f[c] = value;
	}
	*known = f[COL_EVENT].n > 0;
	bool later = span_is(f[COL_EVENT], "defer");
	if (!later && !span_is(f[COL_EVENT], "fail"))
		return ST_OK;
	line.date = f[COL_DATE];
	line.host = f[COL_SERVER_HOST];
	struct refusal r = log_refusal(l, &line, FORM_LOG_EXCHANGE);
	r.action = later ? REFUSAL_DELAYED : REFUSAL_FAILED;
	struct span from = f[COL_RETURN_PATH].n > 0 ? f[COL_RETURN_PATH] : f[COL_SENDER];
	reading_mail_from(l->rd, from, &r);
	reading_message_id(l->rd, f[COL_MESSAGE_ID], &r);
	struct span client =
	    f[COL_ORIGINAL_CLIENT_IP].n > 0 ? f[COL_ORIGINAL_CLIENT_IP] : f[COL_CLIENT_IP];
	ip_parse(client.p, client.n, &r.client_ip, NULL);
	if (f[COL_INTERNAL_ID].n > 0 && f[COL_INTERNAL_ID].n < 64)
		r.queue_id = reading_word(l->rd, f[COL_INTERNAL_ID], 64);
	for (unsigned i = 0;
	     st == ST_OK && i < 1000 && (i == 0 || part_of(f[COL_RECIPIENT], i).n > 0); i++)
		st = tell_recipient(l, f, &r, i);
	return st;
}

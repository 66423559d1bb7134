/* Postfix: postfix/NAME[pid]: QID: ... */
#include "ingest/bounce/log.h"
#include "ingest/bounce/reply.h"

#define KIND 'p'

/* Behind the last '/': "smtp", "smtpd", "qmgr". */
static struct span daemon_of(struct span program)
{
	for (size_t i = program.n; i > 0; i--)
		if (program.p[i - 1] == '/')
			return span_from(program, i);
	return program;
}

static bool is_submission(struct span program)
{
	return span_has(program, "submission") || span_has(program, "smtps");
}

/* "from=<a@b>, ...": what stands between the brackets. A local part may hold '>'. */
static bool bracketed(struct span s, const char *name, const char *end, struct span *out)
{
	size_t at = span_find(s, name);
	if (at == SPAN_NONE)
		return false;
	struct span rest = span_from(s, at + strlen(name));
	size_t to = span_find(rest, end);
	if (to == SPAN_NONE)
		to = span_chr(rest, '>');
	if (to == SPAN_NONE)
		return false;
	*out = span_to(rest, to);
	return true;
}

static void recipient(struct log *l, struct span s, struct refusal *r, struct span *known,
		      size_t *n)
{
	struct address a;
	if (!reading_address(l->rd, s, &a))
		return;
	reading_recipient(l->rd, &a, r);
	known[(*n)++] = a.local;
}

static void sender(struct log *l, struct span s, struct refusal *r, struct span *known, size_t *n)
{
	struct address a;
	reading_mail_from(l->rd, s.n > 0 ? s : span_of("<>"), r);
	if (reading_address(l->rd, s, &a))
		known[(*n)++] = a.local;
}

/* to=<r>, orig_to=<o>, relay=host[ip]:25, delay=.., dsn=5.7.1, status=bounced (...) */
static enum status delivery(struct log *l, const struct log_line *line, struct span id,
			    struct span rest)
{
	size_t status = span_find(rest, ", status=");
	struct span known[3], v;
	size_t n_known = 0;
	if (status == SPAN_NONE)
		return ST_OK;
	struct span said = span_from(rest, status + 9);
	if (span_begins(said, "sent") || span_begins(said, "deliverable") ||
	    span_begins(said, "undeliverable"))
		return ST_OK; /* the last two: only asked whether it would be */
	struct refusal r = log_refusal(l, line, FORM_LOG_POSTFIX);
	struct span head = span_to(rest, status);
	if (bracketed(head, "to=<", ">,", &v))
		recipient(l, v, &r, known, &n_known);
	if (bracketed(head, "orig_to=<", ">,", &v)) {
		struct address o;
		if (reading_address(l->rd, v, &o) && o.domain && r.recipient_domain &&
		    strcmp(o.domain, r.recipient_domain) != 0)
			r.original_domain = o.domain;
		known[n_known++] = v;
	}
	struct span relay = span_between(head, "relay=", ",");
	if (relay.n > 0 && !span_is(relay, "none"))
		reply_take_peer(l->rd, relay, &r);
	reply_status(span_between(head, "dsn=", ","), r.bounce_status);
	r.action = span_begins(said, "deferred") ? REFUSAL_DELAYED : REFUSAL_FAILED;
	r.queue_id = reading_word(l->rd, id, 64);
	log_joined(l, join_get(&l->join, KIND, id), &r);
	size_t open = span_chr(said, '(');
	if (open != SPAN_NONE) {
		struct span text = span_from(said, open + 1);
		if (text.n > 0 && text.p[text.n - 1] == ')')
			text.n--;
		reply_read(l->rd, text, known, n_known, &r);
	}
	return log_tell(l, &r);
}

static void phase_of(struct span s, struct refusal *r)
{
	static const struct {
		const char *word;
		enum refusal_phase phase;
		bool end;
	} words[] = {{"connect", PHASE_CONNECT, false},    {"helo", PHASE_HELO, false},
		     {"ehlo", PHASE_HELO, false},          {"mail", PHASE_MAIL, false},
		     {"rcpt", PHASE_RCPT, false},          {"data", PHASE_DATA, false},
		     {"end-of-message", PHASE_DATA, true}, {"header", PHASE_DATA, true},
		     {"body", PHASE_DATA, true},           {"end-of-header", PHASE_DATA, true}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (span_begins(s, words[i].word)) {
			r->reply.phase = words[i].phase;
			r->reply.phase_end = words[i].end;
			return;
		}
	}
}

/* RCPT from name[ip]: 554 5.7.1 <r>: no; from=<s> to=<r> proto=ESMTP helo=<h> */
static enum status rejection(struct log *l, const struct log_line *line, struct span id,
			     struct span rest)
{
	struct span known[4], v, text;
	size_t n_known = 0;
	struct refusal r = log_refusal(l, line, FORM_LOG_POSTFIX);
	size_t from = span_find(rest, " from "), end = span_find(rest, "; from=<");
	bool checks = span_begins(rest, "header ") || span_begins(rest, "body ");
	if (checks) { /* a line of the mail stands in front: it is the last " from " that counts */
		struct span s = rest;
		for (size_t at; end != SPAN_NONE &&
				(at = span_find(span_to(s, end), " from ")) != SPAN_NONE &&
				at < end;) {
			from = (size_t)(s.p - rest.p) + at;
			end -= at + 6;
			s = span_from(s, at + 6);
		}
		end = span_find(rest, "; from=<");
	}
	if (from == SPAN_NONE)
		return ST_OK;
	r.direction = REFUSED_BY_US;
	r.submission = is_submission(line->program);
	r.logged_in = span_has(rest, "sasl_username=");
	r.queue_id = span_is(id, "noqueue") ? NULL : reading_word(l->rd, id, 64);
	log_joined(l, join_get(&l->join, KIND, id), &r);
	struct span client = span_from(rest, from + 6);
	log_client(l, client, &r);
	struct span tail = end == SPAN_NONE ? span_from(rest, rest.n) : span_from(rest, end);
	if (bracketed(tail, "from=<", ">", &v))
		sender(l, v, &r, known, &n_known);
	if (bracketed(tail, " to=<", ">", &v))
		recipient(l, v, &r, known, &n_known);
	if (bracketed(tail, "helo=<", ">", &v) && v.n < 256)
		r.helo = reading_word(l->rd, v, 255);
	size_t colon = span_find(client, "]: "), port = span_find(client, "]:");
	if (colon == SPAN_NONE && port != SPAN_NONE) /* of postscreen: "[ip]:port: " */
		colon = port + span_find(span_from(client, port + 2), ": ") + 1;
	if (checks) {
		size_t helo = span_find(tail, ">: ");
		text = helo == SPAN_NONE ? span_from(tail, tail.n) : span_from(tail, helo + 3);
	} else {
		text =
		    colon == SPAN_NONE ? span_from(client, client.n) : span_from(client, colon + 3);
		text = span_to(text, span_find(text, "; from=<"));
	}
	reply_read(l->rd, text, known, n_known, &r);
	phase_of(rest, &r);
	return log_tell(l, &r);
}

/* client=name[ip], sasl_method=LOGIN, sasl_username=u */
static void client(struct log *l, const struct log_line *line, struct span id, struct span rest)
{
	struct open_id *e = join_put(&l->join, KIND, id);
	size_t bracket = span_chr(rest, '['), end = span_chr(rest, ']');
	if (!e)
		return;
	join_clear(e);
	if (bracket == SPAN_NONE || end == SPAN_NONE || end < bracket)
		return;
	ip_parse(rest.p + bracket + 1, end - bracket - 1, &e->client_ip, NULL);
	if (!span_begins(rest, "unknown["))
		join_set(&e->client_host, span_to(rest, bracket));
	e->logged_in = span_has(rest, "sasl_username=");
	e->submission = is_submission(line->program);
}

static enum status with_id(struct log *l, const struct log_line *line, struct span id,
			   struct span rest)
{
	struct open_id *e;
	switch (rest.p[0]) {
	case 'c':
		if (span_begins(rest, "client="))
			client(l, line, id, span_from(rest, 7));
		return ST_OK;
	case 'm':
		if (span_begins(rest, "message-id=") && (e = join_put(&l->join, KIND, id)))
			join_set(&e->message_id, span_from(rest, 11));
		else if (span_begins(rest, "milter-reject: "))
			return rejection(l, line, id, span_from(rest, 15));
		return ST_OK;
	case 'f':
		if (span_begins(rest, "from=<") && (e = join_put(&l->join, KIND, id)))
			join_set(&e->from, span_between(rest, "from=<", ">,"));
		return ST_OK;
	case 'r':
		if (span_is(rest, "removed"))
			join_drop(&l->join, KIND, id);
		else if (span_begins(rest, "reject: "))
			return rejection(l, line, id, span_from(rest, 8));
		return ST_OK;
	case 't':
		return span_begins(rest, "to=<") ? delivery(l, line, id, rest) : ST_OK;
	default:
		return ST_OK;
	}
}

enum status postfix_line(struct log *l, const struct log_line *line, bool *known)
{
	struct span daemon = daemon_of(line->program), id, rest;
	size_t colon = span_chr(span_to(line->text, 64), ':');
	*known = true;
	if (l->form == FORM_COUNT)
		l->form = FORM_LOG_POSTFIX;
	if (colon == SPAN_NONE || colon + 2 >= line->text.n || daemon.n == 0)
		return ST_OK;
	id = span_to(line->text, colon);
	rest = span_from(line->text, colon + 2);
	for (size_t i = 0; i < id.n; i++)
		if (!is_alnum(id.p[i]))
			return ST_OK;
	return with_id(l, line, id, rest);
}

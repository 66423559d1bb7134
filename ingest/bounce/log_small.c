/* Sendmail, OpenSMTPD, qmail-send. */
#include "ingest/bounce/log.h"
#include "ingest/bounce/reply.h"

static void note_form(struct log *l, enum refusal_form form, bool *known)
{
	*known = true;
	if (l->form == FORM_COUNT)
		l->form = form;
}

static size_t take_recipient(struct log *l, struct span s, struct refusal *r, struct span *known)
{
	struct address a;
	if (!reading_address(l->rd, s, &a))
		return 0;
	reading_recipient(l->rd, &a, r);
	known[0] = a.local;
	return 1;
}

/* ---- Sendmail: QID: to=<r>, ..., relay=host. [ip], dsn=5.7.1, stat=Service unavailable ---- */

/* A field of "a=b, c=d". */
static struct span field(struct span s, const char *name)
{
	size_t n = strlen(name);
	while (s.n > 0) {
		if (span_begins(s, name))
			return span_to(span_from(s, n), span_find(span_from(s, n), ", "));
		size_t next = span_find(s, ", ");
		s = next == SPAN_NONE ? span_from(s, s.n) : span_from(s, next + 2);
	}
	return s;
}

static enum status sendmail_delivery(struct log *l, const struct log_line *line, struct span id,
				     struct span rest)
{
	size_t at = span_find(rest, "stat=");
	struct span stat = at == SPAN_NONE ? span_from(rest, rest.n) : span_from(rest, at + 5);
	if (stat.n == 0 || span_begins(stat, "sent") || span_begins(stat, "queued"))
		return ST_OK;
	struct refusal r = log_refusal(l, line, FORM_LOG_SENDMAIL);
	struct span known[1];
	size_t n_known = take_recipient(l, field(rest, "to="), &r, known);
	struct span relay = field(rest, "relay=");
	if (relay.n > 0)
		reply_take_peer(l->rd, relay, &r);
	reply_status(field(rest, "dsn="), r.bounce_status);
	r.queue_id = reading_word(l->rd, id, 64);
	log_joined(l, join_get(&l->join, 's', id), &r);
	if (!reply_read(l->rd, stat, known, n_known, &r))
		l->rd->outcome.no_replies = true;
	r.action = span_begins(stat, "deferred") ? REFUSAL_DELAYED : REFUSAL_FAILED;
	return log_tell(l, &r);
}

/* ruleset=check_rcpt, arg1=<r>, relay=host [ip], reject=550 5.7.1 <r>... Relaying denied */
static enum status sendmail_reject(struct log *l, const struct log_line *line, struct span id,
				   struct span rest)
{
	struct refusal r = log_refusal(l, line, FORM_LOG_SENDMAIL);
	struct span known[1], rule = field(rest, "ruleset=");
	size_t n_known = 0;
	r.direction = REFUSED_BY_US;
	r.queue_id = reading_word(l->rd, id, 64);
	if (span_is(rule, "check_rcpt"))
		n_known = take_recipient(l, field(rest, "arg1="), &r, known);
	else if (span_is(rule, "check_mail"))
		reading_mail_from(l->rd, field(rest, "arg1="), &r);
	log_joined(l, join_get(&l->join, 's', id), &r);
	log_client(l, field(rest, "relay="), &r);
	reply_read(l->rd, span_from(rest, span_find(rest, "reject=") + 7), known, n_known, &r);
	r.reply.phase = span_is(rule, "check_rcpt")    ? PHASE_RCPT
			: span_is(rule, "check_mail")  ? PHASE_MAIL
			: span_is(rule, "check_relay") ? PHASE_CONNECT
						       : PHASE_UNKNOWN;
	return log_tell(l, &r);
}

enum status sendmail_line(struct log *l, const struct log_line *line, bool *known)
{
	size_t colon = span_find(span_to(line->text, 40), ": ");
	struct open_id *e;
	if (colon == SPAN_NONE)
		return ST_OK;
	struct span id = span_to(line->text, colon), rest = span_from(line->text, colon + 2);
	note_form(l, FORM_LOG_SENDMAIL, known);
	if (span_begins(rest, "from=") && (e = join_put(&l->join, 's', id))) {
		struct span from = field(rest, "from="), msgid = field(rest, "msgid=");
		join_clear(e);
		join_set(&e->from, span_is(from, "<>") ? span_of("") : from);
		join_set(&e->message_id, msgid);
	} else if (span_begins(rest, "to=")) {
		return sendmail_delivery(l, line, id, rest);
	} else if (span_has(rest, "reject=")) {
		return sendmail_reject(l, line, id, rest);
	}
	return ST_OK;
}

/* ---- OpenSMTPD: SESSION mta delivery evpid=.. from=<s> to=<r> ... result="PermFail" stat=".."
 * ---- */

static struct span quoted(struct span s, const char *name)
{
	return span_between(s, name, "\"");
}

enum status opensmtpd_line(struct log *l, const struct log_line *line, bool *known)
{
	struct span s = line->text, known_words[1];
	if (!span_has(s, " mta ") && !span_has(s, " smtp ") && !span_has(s, " mda "))
		return ST_OK;
	note_form(l, FORM_LOG_OPENSMTPD, known);
	struct span result = quoted(s, "result=\"");
	if (result.n == 0 || span_is(result, "ok") || !span_has(s, "delivery"))
		return ST_OK;
	struct refusal r = log_refusal(l, line, FORM_LOG_OPENSMTPD);
	size_t n_known = take_recipient(l, span_between(s, " to=<", ">"), &r, known_words);
	struct span from = span_between(s, " from=<", ">"), relay = quoted(s, "relay=\"");
	reading_mail_from(l->rd, from.n > 0 ? from : span_of("<>"), &r);
	struct span name = span_between(relay, "(", ")"), ip = span_to(relay, span_chr(relay, ' '));
	ip_parse(ip.p, ip.n, &r.remote_ip, NULL);
	r.remote_host = reading_name(l->rd, name.n > 0 ? name : ip);
	struct span source = quoted(s, "source=\"");
	if (ip_parse(source.p, source.n, &r.ip, NULL))
		r.ip_source = IP_LOG;
	struct span evpid = span_between(s, "evpid=", " ");
	r.queue_id = evpid.n > 0 ? reading_word(l->rd, evpid, 64) : NULL;
	reply_read(l->rd, quoted(s, "stat=\""), known_words, n_known, &r);
	r.action = span_is(result, "tempfail") ? REFUSAL_DELAYED : REFUSAL_FAILED;
	return log_tell(l, &r);
}

/* ---- qmail-send ---- */

/* "info msg M: bytes n from <s> qp ..." */
static void qmail_info(struct log *l, struct span s)
{
	struct span id = span_to(s, span_chr(s, ':'));
	struct open_id *e = join_put(&l->join, 'm', id);
	if (!e)
		return;
	join_clear(e);
	join_set(&e->from, span_between(s, "from <", ">"));
}

/* "starting delivery N: msg M to remote r" */
static void qmail_start(struct log *l, struct span s)
{
	size_t colon = span_chr(s, ':');
	struct span msg = span_between(s, "msg ", " "), to = span_between(s, " to remote ", "");
	struct open_id *e, *m;
	if (colon == SPAN_NONE)
		return;
	e = to.n > 0 ? join_put(&l->join, 'd', span_to(s, colon)) : NULL;
	if (!e)
		return;
	join_clear(e);
	join_set(&e->recipient, to);
	m = join_get(&l->join, 'm', msg);
	e = join_get(&l->join, 'd', span_to(s, colon));
	if (m && m->from)
		join_set(&e->from, span_of(m->from));
}

/* Blanks are '_', line ends '/'; slashes of a URL stay. */
static void qmail_plain(struct span s, char *text)
{
	for (size_t i = 0; i < s.n; i++) {
		struct span behind = span_from(s, i + 1);
		bool line_end =
		    text[i] == '/' &&
		    (behind.n == 0 || (i > 0 && text[i - 1] == '.' && behind.p[0] != '/') ||
		     span_begins(behind, "giving_up_on") ||
		     span_begins(behind, "remote_host_said"));
		if (text[i] == '_' || line_end)
			text[i] = ' ';
	}
}

/* "N: failure: text_with_underscores/" */
static enum status qmail_delivery(struct log *l, const struct log_line *line, struct span s)
{
	size_t colon = span_find(s, ": ");
	if (colon == SPAN_NONE)
		return ST_OK;
	struct span id = span_to(s, colon), rest = span_from(s, colon + 2);
	bool later = span_begins(rest, "deferral: ");
	struct open_id *e = join_get(&l->join, 'd', id);
	enum status st = ST_OK;
	if (later || span_begins(rest, "failure: ")) {
		struct refusal r = log_refusal(l, line, FORM_LOG_QMAIL);
		rest = span_from(rest, later ? 10 : 9);
		char *text = arena_strndup(&l->rd->arena, rest.p, rest.n);
		struct span known[1];
		size_t n_known =
		    e && e->recipient ? take_recipient(l, span_of(e->recipient), &r, known) : 0;
		qmail_plain((struct span){text, rest.n}, text);
		log_joined(l, e, &r);
		reply_read(l->rd, (struct span){text, rest.n}, known, n_known, &r);
		r.action = later ? REFUSAL_DELAYED : REFUSAL_FAILED;
		st = log_tell(l, &r);
	}
	join_drop(&l->join, 'd', id);
	return st;
}

enum status qmail_line(struct log *l, const struct log_line *line, bool *known)
{
	struct span s = line->text;
	size_t stamp = 0; /* "1234567890.123456 " that splogger adds */
	while (stamp < s.n && (is_digit(s.p[stamp]) || s.p[stamp] == '.'))
		stamp++;
	if (stamp > 10 && stamp < s.n && s.p[stamp] == ' ')
		s = span_from(s, stamp + 1);
	note_form(l, FORM_LOG_QMAIL, known);
	if (span_begins(s, "info msg "))
		qmail_info(l, span_from(s, 9));
	else if (span_begins(s, "starting delivery "))
		qmail_start(l, span_from(s, 18));
	else if (span_begins(s, "delivery "))
		return qmail_delivery(l, line, span_from(s, 9));
	else if (span_begins(s, "end msg "))
		join_drop(&l->join, 'm', span_from(s, 8));
	return ST_OK;
}

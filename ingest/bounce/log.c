#include "ingest/bounce/log.h"

#include <stdlib.h>

#include "core/limits.h"
#include "core/mem.h"

#define PIECE (256 * 1024) /* read at once */

/* ---- what readers share ---- */

/* Its whole name, or the first label alone, as syslog mostly writes it. */
static const char *own_host(struct reading *rd, struct span s)
{
	char name[DOMAIN_SIZE];
	if (s.n == 0 || span_chr(s, '.') != SPAN_NONE)
		return s.n > 0 ? reading_name(rd, s) : NULL;
	return domain_normalise(rd->options->rules, s.p, s.n, name) ? arena_strdup(&rd->arena, name)
								    : NULL;
}

struct refusal log_refusal(struct log *l, const struct log_line *line, enum refusal_form form)
{
	struct refusal r = {.form = form, .line = l->lines};
	r.at = line->at ? line->at : log_date(l->rd, line->date, &r.year_guessed);
	r.reporting_host = own_host(l->rd, line->host);
	l->year_guessed |= r.year_guessed;
	return r;
}

void log_joined(struct log *l, const struct open_id *e, struct refusal *r)
{
	if (!e)
		return;
	if (e->from && !r->mail_from_domain)
		reading_mail_from(l->rd, span_of(e->from[0] ? e->from : "<>"), r);
	if (e->message_id)
		reading_message_id(l->rd, span_of(e->message_id), r);
	if (e->client_host)
		r->client_host = reading_name(l->rd, span_of(e->client_host));
	r->client_ip = e->client_ip;
	r->logged_in = e->logged_in;
	r->submission = e->submission;
}

void log_client(struct log *l, struct span s, struct refusal *r)
{
	size_t bracket = span_chr(s, '['), end, name = 0;
	if (bracket == SPAN_NONE)
		return;
	end = span_chr(span_from(s, bracket), ']');
	if (end != SPAN_NONE)
		ip_parse(s.p + bracket + 1, end - 1, &r->client_ip, NULL);
	while (name < bracket && s.p[name] != ' ' && s.p[name] != '(')
		name++;
	if (!span_is(span_to(s, name), "unknown"))
		r->client_host = reading_name(l->rd, span_to(s, name));
}

enum status log_tell(struct log *l, struct refusal *r)
{
	if (r->direction == REFUSED_BY_US && r->client_ip.family) {
		r->ip = r->client_ip;
		r->ip_source = IP_LOG;
	}
	if (r->direction == REFUSED_BY_US &&
	    (r->reply.code / 100 == 4 || (!r->reply.code && r->reply.status[0] == '4')))
		r->action = REFUSAL_DELAYED;
	return reading_tell(l->rd, r);
}

/* ---- whose line is it ---- */

static bool is_qmail(struct span text)
{
	return span_begins(text, "delivery ") || span_begins(text, "starting delivery ") ||
	       span_begins(text, "info msg ") || span_begins(text, "end msg ") ||
	       span_begins(text, "new msg ") || span_begins(text, "status: local ") ||
	       span_begins(text, "bounce msg ");
}

static enum status by_program(struct log *l, const struct log_line *line, bool *known)
{
	struct span p = line->program;
	if (span_begins(p, "postfix"))
		return postfix_line(l, line, known);
	if (span_begins(p, "exim"))
		return exim_line(l, line, known);
	if (span_is(p, "smtpd"))
		return opensmtpd_line(l, line, known);
	if (span_begins(p, "sendmail") || span_begins(p, "sm-mta") || span_begins(p, "sm-msp"))
		return sendmail_line(l, line, known);
	if (span_begins(p, "qmail"))
		return qmail_line(l, line, known);
	return ST_OK;
}

/* A line without date and host, as people cut them out of a log. */
static enum status bare_line(struct log *l, struct span whole, bool *known)
{
	static const char *const begins[] = {"noqueue: reject", "noqueue: milter-reject"};
	struct log_line line = {.at = 0};
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		size_t at = span_find(span_to(whole, 200), begins[i]);
		if (at != SPAN_NONE) {
			line.program = span_of("postfix/smtpd");
			line.text = span_from(whole, at);
			return postfix_line(l, &line, known);
		}
	}
	size_t tag = span_find(span_to(whole, 40), "postfix/");
	size_t colon = tag == 0 ? span_find(whole, "]: ") : SPAN_NONE;
	if (colon == SPAN_NONE)
		return ST_OK;
	line.program = span_to(whole, span_chr(whole, '['));
	line.text = span_from(whole, colon + 3);
	return postfix_line(l, &line, known);
}

static enum status any_line(struct log *l, struct span whole, bool *known)
{
	struct log_line line;
	struct buf message;
	enum status st = ST_OK;
	if (l->tracking || whole.p[0] == '#' || (unsigned char)whole.p[0] == 0xef ||
	    span_begins(whole, "date-time,")) {
		if (tracking_header(l, whole)) {
			*known = true;
			return ST_OK;
		}
		if (l->tracking)
			return tracking_line(l, whole, known);
	}
	buf_init(&message, 2 * LIMIT_LOG_LINE);
	if (whole.p[0] == '{') {
		if (journal_line(whole, &message, &line))
			st = by_program(l, &line, known);
	} else if (!log_split(whole, &line)) {
		st = bare_line(l, whole, known);
	} else if (line.program.n > 0) {
		st = by_program(l, &line, known);
	} else if (is_qmail(line.text)) {
		st = qmail_line(l, &line, known);
	} else if (line.date.p[0] != '@') {
		st = exim_line(l, &line, known);
	}
	buf_free(&message);
	return st;
}

/* ---- the stream ---- */

/* When a line was written; 0: it does not say. */
static int64_t date_of(struct log *l, struct span whole)
{
	struct log_line line;
	uint64_t microseconds;
	bool guessed;
	int64_t at = 0;
	if (whole.p[0] == '{') {
		struct span v = span_between(whole, "\"__realtime_timestamp\"", ",");
		v = span_between(v, "\"", "\"");
		return text_to_u64(v.p, v.n, &microseconds) ? (int64_t)(microseconds / 1000000) : 0;
	}
	if (l->tracking)
		return log_date(l->rd, span_to(whole, span_chr(whole, ',')), &guessed);
	if (log_split(whole, &line)) {
		at = log_date(l->rd, line.date, &guessed);
		l->year_guessed |= guessed;
	}
	return at;
}

static enum status take_line(struct log *l, struct span whole)
{
	struct arena_mark mark = arena_mark(&l->rd->arena);
	bool known = false;
	l->lines++;
	if (whole.n > 0 && whole.p[whole.n - 1] == '\r')
		whole.n--;
	if (whole.n == 0)
		return ST_OK;
	enum status st = any_line(l, span_to(whole, LIMIT_LOG_LINE), &known);
	l->read += known;
	if (known && !l->first_at)
		l->first_at = date_of(l, whole);
	arena_rewind(&l->rd->arena, mark);
	return st;
}

/* The lines of piece[0..n) that are whole; *used is where the next begins. */
static enum status take_lines(struct log *l, const char *piece, size_t n, size_t *used)
{
	enum status st = ST_OK;
	const char *lf, *last = NULL;
	size_t at = 0, last_n = 0;
	while (st == ST_OK && at < n && (lf = memchr(piece + at, '\n', n - at))) {
		st = take_line(l, (struct span){piece + at, (size_t)(lf - piece) - at});
		last = piece + at;
		last_n = (size_t)(lf - last);
		at = (size_t)(lf - piece) + 1;
	}
	int64_t when = last && last_n > 0 ? date_of(l, (struct span){last, last_n}) : 0;
	l->last_at = when ? when : l->last_at;
	*used = at;
	return st;
}

static enum status read_stream(struct log *l, struct stream *in, char *piece)
{
	size_t n = 0, got = 1, used = 0;
	bool skipping = false; /* the rest of a line that is too long */
	enum status st = ST_OK;
	const atomic_bool *stop = l->rd->options->stop;
	while (st == ST_OK && got > 0) {
		struct err why;
		if (stop && atomic_load(stop))
			return err_set(l->rd->err, ST_RETRY, "interrupted");
		enum status read = stream_read(in, piece + n, PIECE - n, &got, &why);
		if (read != ST_OK)
			return err_set(l->rd->err, read, "%s", why.msg);
		n += got;
		if (skipping) {
			char *lf = memchr(piece, '\n', n);
			size_t gone = lf ? (size_t)(lf - piece) + 1 : n;
			memmove(piece, piece + gone, n - gone);
			n -= gone;
			skipping = !lf;
		}
		st = take_lines(l, piece, n, &used);
		memmove(piece, piece + used, n - used);
		n -= used;
		if (st == ST_OK && n > 0 && (n == PIECE || got == 0)) {
			st = take_line(l, (struct span){piece, n});
			skipping = n == PIECE;
			n = 0;
		}
	}
	return st;
}

static enum status tell_log(struct log *l, const char *problem)
{
	struct bounce_outcome *o = &l->rd->outcome;
	o->log = l->form;
	o->lines = l->lines;
	o->read = l->read;
	o->first_at = l->first_at;
	o->last_at = l->last_at ? l->last_at : l->first_at;
	o->year_guessed = l->year_guessed;
	o->forgotten = l->join.forgotten;
	if (problem)
		return reading_end(l->rd, BOUNCE_BAD, problem);
	return reading_end(l->rd, l->read > 0 ? BOUNCE_CLEAN_LOG : BOUNCE_UNKNOWN,
			   l->read > 0 ? NULL : "a log, but of no mail server that is known");
}

enum status log_read(struct reading *rd, const struct origin *o)
{
	struct log *l = mem_alloc(sizeof *l);
	char *piece = mem_alloc(PIECE);
	struct stream *in = NULL;
	l->rd = rd;
	l->form = FORM_COUNT;
	enum status st = o->open(o, &in, rd->err);
	if (st == ST_OK)
		st = read_stream(l, in, piece);
	if (st == ST_OK || (st == ST_ITEM && in)) {
		char why[ERR_SIZE];
		memcpy(why, rd->err->msg, sizeof why);
		st = tell_log(l, st == ST_ITEM ? why : NULL);
	}
	stream_close(in);
	join_free(&l->join);
	free(piece);
	free(l);
	return st;
}

/* ---- is it one ---- */

static enum status ignore_refusal(void *ctx, const struct refusal *r, struct err *err)
{
	(void)ctx, (void)r, (void)err;
	return ST_OK;
}

bool log_looks_like(struct span head, bool mail)
{
	/* tried on a reading of its own, whose refusals nobody hears */
	struct limits limits = LIMITS_DEFAULT;
	struct bounce_options options = {.limits = &limits, .now = INT64_MAX / 2};
	struct refusal_sink sink = {.refusal = ignore_refusal};
	struct reading rd = {.options = &options, .sink = &sink, .source = ""};
	struct log *l = mem_alloc(sizeof *l);
	struct log_line split;
	unsigned lines = 0, shaped = 0;
	bool first = false;
	rd.sha = sha256_new();
	l->rd = &rd;
	for (struct span line; lines < 200 && span_line(&head, &line);) {
		uint64_t read = l->read;
		if (span_trim(line).n == 0)
			continue;
		lines++;
		if (take_line(l, line) != ST_OK)
			break;
		bool dated = log_split(line, &split);
		shaped += l->read > read || dated;
		first |= lines == 1 && l->read > read && (dated || mail);
		if (mail)
			break;
	}
	bool yes = lines > 0 && (first || (!mail && shaped * 2 >= lines));
	join_free(&l->join);
	free(l);
	sha256_free(rd.sha);
	arena_free(&rd.arena);
	return yes;
}

#include "ingest/bounce/text.h"

#include "core/limits.h"
#include "ingest/bounce/clean.h"
#include "ingest/bounce/mail.h"
#include "ingest/bounce/reply.h"

#define PARAGRAPH_MAX 2000 /* octets of a paragraph without numbers that may speak of a bounce */

/* ---- transcripts ---- */

enum side { SIDE_NONE, SIDE_CLIENT, SIDE_SERVER };

/* Who speaks in a line of a transcript; what is left of it is what is said. */
static enum side side_of(struct span *line)
{
	static const struct {
		const char *mark;
		enum side side;
	} marks[] = {{"c: ", SIDE_CLIENT},      {"client: ", SIDE_CLIENT}, {">>> ", SIDE_CLIENT},
		     {"-> ", SIDE_CLIENT},      {" -> ", SIDE_CLIENT},     {"~> ", SIDE_CLIENT},
		     {"--> ", SIDE_CLIENT},     {"> ", SIDE_CLIENT},       {"s: ", SIDE_SERVER},
		     {"server: ", SIDE_SERVER}, {"<<< ", SIDE_SERVER},     {"<- ", SIDE_SERVER},
		     {"<~ ", SIDE_SERVER},      {"<** ", SIDE_SERVER},     {"<-- ", SIDE_SERVER},
		     {"< ", SIDE_SERVER},       {"smtp< ", SIDE_SERVER},   {"smtp> ", SIDE_CLIENT},
		     {"smtp<< ", SIDE_SERVER},  {"smtp>> ", SIDE_CLIENT}};
	struct span s = span_trim(*line);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (span_begins(s, marks[i].mark)) {
			*line = span_trim(span_from(s, strlen(marks[i].mark)));
			return marks[i].side;
		}
	}
	return SIDE_NONE;
}

static enum refusal_phase command_phase(struct span s)
{
	static const struct {
		const char *word;
		enum refusal_phase phase;
	} words[] = {{"ehlo", PHASE_HELO},  {"helo", PHASE_HELO},      {"starttls", PHASE_HELO},
		     {"auth ", PHASE_HELO}, {"mail from", PHASE_MAIL}, {"rcpt to", PHASE_RCPT},
		     {"data", PHASE_DATA},  {"bdat", PHASE_DATA}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (span_begins(s, words[i].word))
			return words[i].phase;
	return PHASE_UNKNOWN;
}

struct dialogue {
	struct refusal r;
	struct span known[4];
	size_t n_known;
	enum refusal_phase phase;
	bool data; /* 354 was said: what the client says next is the message */
	unsigned commands, replies;
	struct span first; /* the first refusal, with its lines */
	bool open;         /* it may have another line */
	enum refusal_phase first_phase;
	bool first_end;
};

/* "503 need RCPT", "554 no valid recipients": what follows from the first refusal. */
static bool is_echo(struct span s)
{
	return span_begins(s, "503") || span_has(s, "no valid recipients") ||
	       span_has(s, "need rcpt");
}

static void hear_client(struct reading *rd, struct dialogue *d, struct span s)
{
	enum refusal_phase phase = command_phase(s);
	struct address a;
	d->open = false;
	if (phase != PHASE_UNKNOWN && !(d->data && phase == PHASE_DATA)) {
		d->commands++;
		d->phase = phase;
		d->data = false;
	}
	if (phase == PHASE_MAIL || phase == PHASE_RCPT) {
		size_t colon = span_chr(s, ':');
		struct span value = colon == SPAN_NONE ? s : span_from(s, colon + 1), word;
		if (!span_word(&value, &word))
			return;
		if (phase == PHASE_MAIL)
			reading_mail_from(rd, word, &d->r);
		if (reading_address(rd, word, &a)) {
			if (phase == PHASE_RCPT && d->first.n == 0)
				reading_recipient(rd, &a, &d->r);
			if (d->n_known < 4)
				d->known[d->n_known++] = a.local;
		}
	}
}

static void hear_server(struct dialogue *d, struct span s)
{
	if (s.n >= 3 && is_digit(s.p[0]) && is_digit(s.p[1]) && is_digit(s.p[2]))
		d->replies++;
	if (span_begins(s, "354"))
		d->data = true;
	if (d->open && reply_code(s) == reply_code(d->first)) { /* its next line */
		d->first.n = (size_t)(s.p + s.n - d->first.p);
		d->open = s.n > 3 && s.p[3] == '-';
	} else if (d->first.n == 0 && reply_code(s) && !is_echo(s)) {
		d->first = s;
		d->first_phase = d->phase;
		d->first_end = d->data;
		d->open = s.n > 3 && s.p[3] == '-';
	}
}

/* The marks in front of lines that are within a reply of several. */
static struct span without_marks(struct reading *rd, struct span s)
{
	char *out = arena_alloc(&rd->arena, s.n + 1);
	size_t n = 0;
	for (struct span line; span_line(&s, &line);) {
		side_of(&line);
		memcpy(out + n, line.p, line.n);
		n += line.n;
		out[n++] = ' ';
	}
	return (struct span){out, n > 0 ? n - 1 : 0};
}

static bool looks_like_dialogue(struct span text)
{
	unsigned client = 0, server = 0;
	for (struct span line, s = text; span_line(&s, &line) && client + server < 1000;) {
		enum side side = side_of(&line);
		client += side != SIDE_SERVER && command_phase(line) != PHASE_UNKNOWN;
		server += side != SIDE_CLIENT && line.n >= 3 && is_digit(line.p[0]) &&
			  is_digit(line.p[1]) && is_digit(line.p[2]);
	}
	return client >= 1 && server >= 1;
}

static enum status read_dialogue(struct reading *rd, struct span text)
{
	struct dialogue d = {.r = {.form = FORM_DIALOGUE}, .phase = PHASE_CONNECT};
	for (struct span line, s = text; span_line(&s, &line);) {
		enum side side = side_of(&line);
		line = span_trim(line);
		if (side == SIDE_SERVER || (side == SIDE_NONE && line.n > 0 && is_digit(line.p[0])))
			hear_server(&d, line);
		else if (line.n > 0)
			hear_client(rd, &d, line);
	}
	if (d.first.n == 0)
		return ST_OK;
	reply_read(rd, without_marks(rd, d.first), d.known, d.n_known, &d.r);
	d.r.reply.phase = d.first_phase;
	d.r.reply.phase_end = d.first_end;
	d.r.action = d.r.reply.code / 100 == 4 ? REFUSAL_DELAYED : REFUSAL_FAILED;
	return reading_tell(rd, &d.r);
}

/* ---- replies ---- */

/* The reply that begins at *s, with the lines that belong to it; *s loses it. A line of its own
 * code behind a line that ends it begins another. */
static bool next_reply(struct span *s, struct span *out)
{
	struct span line;
	unsigned code = 0;
	bool more = false;
	out->n = 0;
	for (struct span rest = *s; span_line(&rest, &line); *s = rest) {
		struct span t = span_trim(line);
		size_t at = t.n > 0 ? reply_find(t) : SPAN_NONE;
		unsigned c = at != SPAN_NONE ? reply_code(span_from(t, at)) : 0;
		bool first = c && (at == 0 || code == 0);
		if (first && code && !(c == code && more))
			return true;
		if (first) {
			code = c;
			more = at + 3 < t.n && t.p[at + 3] == '-';
		}
		if (t.n == 0 && code) {
			*s = rest;
			return true;
		}
		if (out->n == 0)
			out->p = line.p;
		out->n = (size_t)(line.p + line.n - out->p);
	}
	s->n = 0;
	return span_trim(*out).n > 0;
}

/* "554 5.7.1 <a@b.example>: Relay access denied": what stands right behind the code is refused,
 * and it is the recipient unless the words speak of the sender. */
static bool is_about_recipient(struct span s, const struct address *a)
{
	size_t arrow = span_find(s, " -> ");
	if (arrow != SPAN_NONE)
		s = span_from(s, arrow + 4);
	size_t at = reply_find(s);
	if (!a->domain || at == SPAN_NONE || span_has(s, "sender") || span_has(s, "mail from"))
		return false;
	struct span rest = span_from(s, at + 4);
	rest = span_trim(span_from(rest, reply_status(rest, NULL)));
	return rest.n > 0 &&
	       (rest.p == a->whole.p || (rest.p[0] == '<' && rest.p + 1 == a->whole.p));
}

/* What mail servers say of a delivery where no other server gave a reply: words that nobody else
 * uses. A queue that is listed has them, and so has the text of a bounce. */
static bool says_undelivered(struct span s)
{
	static const char *const words[] = {"]:25: ",
					    "]:465: ",
					    "]:587: ",
					    "while receiving the initial server greeting",
					    "timed out while ",
					    "name service error for ",
					    "(nullmx)",
					    "indicated no smtp service",
					    "loops back to myself",
					    "retry timeout exceeded",
					    "retry time not reached",
					    "have been failing for a long time",
					    "accept our requests to connect",
					    "delivery temporarily suspended",
					    "smtputf8 is required",
					    "tls is required, but was not offered",
					    "server certificate not ",
					    "accept a connection from your email system"};
	for (size_t i = 0; i < sizeof words / sizeof *words && s.n < PARAGRAPH_MAX; i++)
		if (span_has(s, words[i]))
			return true;
	return false;
}

static enum status read_replies(struct reading *rd, struct span text)
{
	enum status st = ST_OK;
	struct span one;
	for (unsigned n = 0; st == ST_OK && n < LIMIT_BOUNCE_RECIPIENTS && next_reply(&text, &one);
	     n++) {
		struct refusal r = {.form = FORM_TEXT};
		struct address a;
		bool has = reading_find_address(rd, one, &a, NULL);
		if (!reply_read(rd, one, has ? &a.local : NULL, has, &r) && !says_undelivered(one))
			continue;
		if (has && is_about_recipient(one, &a))
			reading_recipient(rd, &a, &r);
		r.action = r.reply.code / 100 == 4 ? REFUSAL_DELAYED : REFUSAL_FAILED;
		st = reading_tell(rd, &r);
	}
	return st;
}

/* ---- the words of a bounce ---- */

static enum status read_words(struct reading *rd, struct span text, enum refusal_form form)
{
	size_t max = LIMIT_BOUNCE_RECIPIENTS;
	struct section *list = arena_alloc(&rd->arena, (max + 1) * sizeof *list);
	uint64_t more;
	size_t n = body_sections(rd, text, list, max, &more);
	struct common c = {.base = {.form = form, .reporting_host = body_writer(rd, text)}};
	enum status st = ST_OK;
	size_t copy = body_copy(text);
	if (copy < text.n)
		returned_read(rd, span_from(text, copy), &c);
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct refusal r = c.base;
		if (list[i].has_rcpt)
			reading_recipient(rd, &list[i].rcpt, &r);
		if (!reply_read(rd, list[i].reply, &list[i].rcpt.local, list[i].has_rcpt, &r) &&
		    !list[i].has_rcpt)
			continue;
		reply_peer(rd, clean_line(&rd->arena, list[i].context), &r);
		st = reading_tell(rd, &r);
	}
	rd->outcome.dropped += more;
	return st;
}

/* ---- notifications of services ---- */

/* Amazon SES tells of complaints, deliveries and more as it tells of bounces: JSON, also as a
 * string in the JSON of SNS. BOUNCE_REFUSALS: it is no such thing, or a bounce. */
static enum bounce_what notified(struct span text)
{
	static const char *const keys[] = {"\"notificationtype", "\"eventtype"};
	struct span word = {"", 0};
	if (span_trim(text).n == 0 || span_trim(text).p[0] != '{')
		return BOUNCE_REFUSALS;
	for (size_t i = 0; i < sizeof keys / sizeof *keys && word.n == 0; i++)
		word = span_to(span_between(text, keys[i], ","), 40);
	if (word.n == 0)
		word = span_to(span_between(text, "\\\"notificationtype", ","), 40);
	if (word.n == 0)
		word = span_to(span_between(text, "\\\"eventtype", ","), 40);
	return span_has(word, "complaint")       ? BOUNCE_FEEDBACK
	       : span_has(word, "deliverydelay") ? BOUNCE_REFUSALS
	       : span_has(word, "delivery")      ? BOUNCE_DELIVERED
						 : BOUNCE_REFUSALS;
}

enum status text_read(struct reading *rd, struct span raw)
{
	struct buf plain;
	enum status st;
	buf_init(&plain, 4 * LIMIT_BOUNCE_BODY);
	clean_charset(&plain, span_to(raw, LIMIT_BOUNCE_BODY), NULL);
	struct span text = {plain.data ? plain.data : "", plain.len};
	enum refusal_form form = body_form(NULL, text);
	enum bounce_what what = notified(text);
	if (what != BOUNCE_REFUSALS) {
		buf_free(&plain);
		return reading_end(rd, what, NULL);
	}
	if (span_has(span_to(text, 4096), "<html") || span_has(span_to(text, 4096), "<body")) {
		struct buf html;
		buf_init(&html, 4 * LIMIT_BOUNCE_BODY);
		clean_html(&html, text);
		buf_free(&plain);
		plain = html;
		text = (struct span){plain.data ? plain.data : "", plain.len};
		form = body_form(NULL, text);
	}
	if (form != FORM_BODY && form != FORM_SENDMAIL)
		st = read_words(rd, text, form);
	else if (looks_like_dialogue(text))
		st = read_dialogue(rd, text);
	else if (form == FORM_SENDMAIL)
		st = read_words(rd, text, form);
	else
		st = read_replies(rd, text);
	buf_free(&plain);
	return st == ST_OK ? reading_end(rd, BOUNCE_UNKNOWN, NULL) : st;
}

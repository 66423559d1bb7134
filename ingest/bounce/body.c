/* Bounces in words: who is named, and what is said of them. */
#include "ingest/bounce/clean.h"
#include "ingest/bounce/mail.h"
#include "ingest/bounce/reply.h"

/* ---- where the copy of the message begins ---- */

/* "Name: value" at the start of a line. */
static bool is_field(struct span line)
{
	size_t colon = span_chr(line, ':');
	if (colon == SPAN_NONE || colon == 0 || colon > 60)
		return false;
	for (size_t i = 0; i < colon; i++)
		if (!is_alnum(line.p[i]) && line.p[i] != '-')
			return false;
	return colon + 1 == line.n || line.p[colon + 1] == ' ' || line.p[colon + 1] == '\t';
}

static bool is_telling_field(struct span line)
{
	return span_begins(line, "received:") || span_begins(line, "return-path:") ||
	       span_begins(line, "message-id:") || span_begins(line, "dkim-signature:");
}

static bool is_marker(struct span line)
{
	static const char *const words[] = {
	    "below this line is a copy", "this is a copy of ",
	    "original message -----",    "original message headers:",
	    "original message follows",  "unsent message follows",
	    "message header follows",    "header of the original message",
	    "message headers follow",    "undelivered message follows",
	    "--- message headers",       "returned message follows",
	    "original message header",   "enclosed is a copy of",
	    "full original message",     "message text follows",
	    "copy of your message"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (line.n < 100 && span_has(line, words[i]))
			return true;
	return false;
}

/* Three fields in a row, one of them a telling one? */
static bool is_header(struct span s)
{
	struct span line;
	unsigned fields = 0;
	bool telling = false;
	while (fields < 4 && span_line(&s, &line) && line.n > 0) {
		if (line.p[0] == ' ' || line.p[0] == '\t') {
			if (fields == 0)
				return false;
			continue;
		}
		if (!is_field(line))
			return false;
		fields++;
		telling |= is_telling_field(line);
	}
	return fields >= 3 && telling;
}

size_t body_copy(struct span text)
{
	struct span s = text, line;
	for (;;) {
		size_t at = (size_t)(s.p - text.p);
		struct span here = s;
		if (!span_line(&s, &line))
			return text.n;
		if (is_marker(line) || (is_field(line) && is_header(here)))
			return at;
	}
}

/* ---- who wrote it ---- */

enum refusal_form body_form(const struct mail *m, struct span text)
{
	static const struct {
		const char *words;
		enum refusal_form form;
	} rows[] = {
	    {"qmail-send program", FORM_QMAIL},
	    {"i wasn't able to deliver your message", FORM_QMAIL},
	    {"diagnostic information for administrators", FORM_EXCHANGE},
	    {"remote server returned '", FORM_EXCHANGE},
	    {"created automatically by mail delivery software", FORM_EXIM},
	    {"google tried to deliver your message", FORM_GMAIL},
	    {"delivery to the following recipient failed permanently", FORM_GMAIL},
	    {"delivery to the following recipient has been delayed", FORM_GMAIL},
	    {"the response from the remote server was", FORM_GMAIL},
	    {"the mail system at host", FORM_POSTFIX},
	    {"the postfix program", FORM_POSTFIX},
	    {"transcript of session follows", FORM_SENDMAIL},
	    {"had permanent fatal errors", FORM_SENDMAIL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (span_has(text, rows[i].words))
			return rows[i].form;
	for (size_t i = 0; m && i < m->header.n; i++)
		if (field_is(&m->header.fields[i], "X-MS-Exchange-Message-Is-Ndr"))
			return FORM_EXCHANGE;
	return FORM_BODY;
}

const char *body_writer(struct reading *rd, struct span text)
{
	static const char *const cues[] = {"generating server: ", "the mail system at host ",
					   "qmail-send program at "};
	for (size_t i = 0; i < sizeof cues / sizeof *cues; i++) {
		size_t at = span_find(text, cues[i]);
		struct span s =
		    at == SPAN_NONE ? span_to(text, 0) : span_from(text, at + strlen(cues[i]));
		struct span word;
		if (!span_word(&s, &word))
			continue;
		while (word.n > 0 && strchr(".,;", word.p[word.n - 1]))
			word.n--;
		return reading_name(rd, word);
	}
	return NULL;
}

/* ---- recipients ---- */

static struct span without_bullet(struct span line)
{
	line = span_trim(line);
	while (line.n > 1 && strchr("*>-+", line.p[0]) && line.p[1] == ' ')
		line = span_trim(span_from(line, 2));
	return line;
}

/* A line that begins with an address, whatever follows. *rest is that. */
static bool begins_with_address(struct reading *rd, struct span line, struct address *a,
				struct span *rest)
{
	size_t end;
	line = without_bullet(line);
	if (!reading_find_address(rd, line, a, &end))
		return false;
	size_t before = (size_t)(a->whole.p - line.p);
	if (before > 1 ||
	    (before == 1 && line.p[0] != '<' && line.p[0] != '"' && line.p[0] != '\''))
		return false;
	*rest = span_from(line, end);
	while (rest->n > 0 && strchr(">\"':", rest->p[0]))
		*rest = span_from(*rest, 1);
	return true;
}

/* A line that speaks of a delivery to an address. What stands below "To:" in a summary of the
 * message ("Subject: ...", "Sent: ...") is not said of its recipient. */
static bool speaks_of_address(struct reading *rd, struct span line, struct span below,
			      struct address *a, struct span *rest)
{
	static const char *const cues[] = {"deliver",        "recipient", "rcpt to",
					   "unable to send", "failed",    "intended for",
					   "addressed to",   "to:"};
	size_t end;
	line = span_trim(line);
	struct span next = span_to(line, 0);
	while (span_line(&below, &next) && span_trim(next).n == 0)
		;
	next = without_bullet(next);
	if (span_begins(next, "subject:") || span_begins(next, "sent:") || span_begins(next, "cc:"))
		return false;
	if (line.n > 400 || span_begins(line, "from:") || span_begins(line, "sender") ||
	    span_begins(line, "<<<") || span_begins(line, "mail from") ||
	    !reading_find_address(rd, line, a, &end))
		return false;
	struct span before = span_to(line, (size_t)(a->whole.p - line.p));
	for (size_t i = 0; i < sizeof cues / sizeof *cues; i++) {
		if (span_has(before, cues[i])) {
			*rest = span_from(line, end);
			return true;
		}
	}
	return false;
}

static struct section *find_section(struct section *list, size_t n, const struct address *a)
{
	for (size_t i = n; i > 0 && n - i < 64; i--) /* near ones: all of many would be quadratic */
		if (list[i - 1].rcpt.whole.n == a->whole.n &&
		    memcmp(list[i - 1].rcpt.whole.p, a->whole.p, a->whole.n) == 0)
			return &list[i - 1];
	return NULL;
}

/* ---- what is said of one ---- */

/* "<<< 550-a", "<<< 550 b" of a transcript. */
static bool transcript_reply(struct span s, struct span *reply)
{
	for (struct span line, rest = s; span_line(&rest, &line);) {
		if (!span_begins(line, "<<< ") || !reply_code(span_from(line, 4)))
			continue;
		*reply = span_from(line, 4);
		while (reply->n > 3 && line.n > 7 && line.p[7] == '-' && span_line(&rest, &line) &&
		       span_begins(line, "<<< "))
			reply->n = (size_t)(line.p + line.n - reply->p);
		return true;
	}
	return false;
}

/* The next paragraph of *s; a line that says "reply follows:" belongs to what follows it. */
static bool next_paragraph(struct span *s, struct span *out)
{
	struct span line;
	out->n = 0;
	while (span_line(s, &line)) {
		bool blank = span_trim(line).n == 0;
		if (blank && out->n > 0)
			return true;
		if (blank)
			continue;
		if (out->n == 0)
			out->p = line.p;
		out->n = (size_t)(line.p + line.n - out->p);
	}
	return out->n > 0;
}

/* A code with a status, or a code where a line begins. */
static bool is_coded(struct span p)
{
	size_t at = reply_find(p), i;
	if (at == SPAN_NONE)
		return false;
	struct span rest = span_from(p, at + (p.p[at] == '#' ? 5 : 4));
	if (reply_status(rest, NULL))
		return true;
	for (i = at; i > 0 && (p.p[i - 1] == ' ' || p.p[i - 1] == '\t'); i--)
		;
	return i == 0 || p.p[i - 1] == '\n' || p.p[i - 1] == '#';
}

/* A code behind words that say a server said it. */
static bool is_said(struct reading *rd, struct span p)
{
	static const char *const said[] = {
	    "said: ", "returned '", "was: ",   "failed with: ", "talk to me: ", "]: ",
	    "smtp; ", "reason: ",   "error: ", "data: ",        "rcpt to:",     "mail from:"};
	struct arena_mark mark = arena_mark(&rd->arena);
	struct span line = clean_line(&rd->arena, p);
	bool found = false;
	for (size_t i = 0; i < sizeof said / sizeof *said && !found; i++) {
		struct span s = line;
		for (size_t at; !found && (at = span_find(s, said[i])) != SPAN_NONE;) {
			s = span_from(s, at + strlen(said[i]));
			found = reply_code(s) != 0;
		}
	}
	arena_rewind(&rd->arena, mark);
	return found;
}

static bool has_status(struct span p)
{
	char status[16];
	for (size_t i = 0; i + 5 <= p.n; i++)
		if ((i == 0 || strchr(" (#[\n:", p.p[i - 1])) &&
		    reply_status(span_from(p, i), status))
			return true;
	return false;
}

/* What every bounce of its kind says, whatever went wrong. */
static bool is_preface(struct span p)
{
	static const char *const words[] = {"created automatically by mail delivery software",
					    "could not be delivered to one or more",
					    "sorry to have to inform you",
					    "this is the mail system at host",
					    "is an automatically generated delivery status",
					    "this is a warning message only",
					    "you do not need to resend",
					    "for further assistance",
					    "the original message was received at",
					    "the following address(es) failed:"};
	p = span_trim(p);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (span_has(p, words[i]))
			return true;
	return p.n > 0 && p.n < 80 && strchr(",!", p.p[p.n - 1]) != NULL; /* "Hello a@b.example," */
}

static void choose_reply(struct reading *rd, struct section *sec)
{
	struct span s = sec->context, p, first = {s.p, 0}, with_status = {s.p, 0};
	bool preface = true;
	sec->coded = transcript_reply(s, &sec->reply);
	while (!sec->coded && next_paragraph(&s, &p)) {
		if (first.n == 0 || (preface && !is_preface(p))) {
			first = p;
			preface = is_preface(p);
		}
		if (with_status.n == 0 && has_status(p))
			with_status = p;
		sec->coded = is_coded(p) || is_said(rd, p);
		sec->reply = p;
	}
	if (sec->coded)
		return;
	sec->coded = with_status.n > 0;
	sec->reply = sec->coded ? with_status : first;
}

static void close_section(struct reading *rd, struct section *s, const char *end)
{
	if (!s)
		return;
	s->context.n = (size_t)(end - s->context.p);
	choose_reply(rd, s);
}

static bool any_coded(const struct section *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].coded)
			return true;
	return false;
}

/* Whom a summary of the message names, where the words name nobody. */
static bool summary_to(struct reading *rd, struct span text, struct address *a)
{
	for (struct span line; span_line(&text, &line);)
		if (span_begins(without_bullet(line), "to:") &&
		    reading_find_address(rd, line, a, NULL))
			return a->domain != NULL;
	return false;
}

size_t body_sections(struct reading *rd, struct span text, struct section *out, size_t max,
		     uint64_t *more)
{
	struct span s = span_to(text, body_copy(text)), whole = s, line, rest;
	size_t n = 0;
	struct section *open = NULL;
	*more = 0;
	while (span_line(&s, &line)) {
		struct address a;
		bool at_start = begins_with_address(rd, line, &a, &rest);
		if (!at_start && (n > 0 || !speaks_of_address(rd, line, s, &a, &rest)))
			continue;
		if (!a.domain)
			continue;
		struct section *again = find_section(out, n, &a);
		if (again && again == open)
			continue;
		close_section(rd, open, line.p);
		open = NULL;
		if (again && again->coded) /* what was said first counts */
			continue;
		if (again)
			open = again;
		if (!open && n == max) {
			++*more;
			continue;
		}
		open = open ? open : &out[n++];
		*open = (struct section){.rcpt = a, .has_rcpt = true, .context = {rest.p, 0}};
	}
	close_section(rd, open, whole.p + whole.n);
	struct section all = {.has_rcpt = false, .context = whole};
	if (n > 0 && any_coded(out, n))
		return n;
	choose_reply(rd, &all);
	if (n == 0 && max > 0) {
		all.has_rcpt = summary_to(rd, whole, &all.rcpt);
		out[n++] = all;
	}
	for (size_t i = 0; i < n && all.coded; i++) { /* said once, of all */
		out[i].reply = all.reply;
		out[i].coded = true;
	}
	return n;
}

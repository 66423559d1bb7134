#include "ingest/bounce/reply.h"

#include <stdio.h>

#include "core/limits.h"
#include "ingest/bounce/clean.h"

/* ---- code and status ---- */

/* Three digits of a code at the beginning of s, and what may stand behind them. */
static bool has_code(struct span s)
{
	if (s.n < 3 || (s.p[0] != '4' && s.p[0] != '5') || s.p[1] < '0' || s.p[1] > '7' ||
	    !is_digit(s.p[2]))
		return false;
	bool ends = s.n == 3 || strchr(" -#_:,;>'\")\n", s.p[3]);
	return ends && (s.n <= 4 || s.p[3] != ',' || !is_digit(s.p[4]));
}

unsigned reply_code(struct span s)
{
	if (s.n > 0 && s.p[0] == '#')
		s = span_from(s, 1);
	if (!has_code(s))
		return 0;
	/* "550-5.7.1" and "550-550 5.7.1" go on, "550-1234" is a number of something else */
	for (struct span at = s; at.n > 4 && at.p[3] == '-' && is_digit(at.p[4]) &&
				 !reply_status(span_from(at, 4), NULL);) {
		at = span_from(at, 4);
		if (!has_code(at))
			return 0;
	}
	return (unsigned)(s.p[0] - '0') * 100 + (unsigned)(s.p[1] - '0') * 10 +
	       (unsigned)(s.p[2] - '0');
}

/* Digits at s[*i], 1 to max of them. */
static bool digits(struct span s, size_t *i, size_t max)
{
	size_t from = *i;
	while (*i < s.n && is_digit(s.p[*i]))
		++*i;
	return *i > from && *i - from <= max;
}

size_t reply_status(struct span s, char out[16])
{
	size_t i = s.n > 0 && s.p[0] == '#', from = i;
	if (i >= s.n || (s.p[i] != '2' && s.p[i] != '4' && s.p[i] != '5'))
		return 0;
	i++;
	if (i >= s.n || s.p[i++] != '.' || !digits(s, &i, 3))
		return 0;
	if (i >= s.n || s.p[i++] != '.' || !digits(s, &i, 3))
		return 0;
	if (i < s.n && (is_alnum(s.p[i]) || (s.p[i] == '.' && i + 1 < s.n && is_digit(s.p[i + 1]))))
		return 0; /* an address, a version */
	if (out) {
		memcpy(out, s.p + from, i - from);
		out[i - from] = '\0';
	}
	return i;
}

static bool begins_word(struct span s, size_t i)
{
	return i == 0 || strchr(" :'\"(<=;[>,", s.p[i - 1]);
}

/* The first code in s with a status behind it (strong), or any. */
static size_t find_code(struct span s, bool strong)
{
	char status[16];
	for (size_t i = 0; i + 3 <= s.n; i++) {
		struct span rest = span_from(s, i);
		if (!begins_word(s, i) || reply_code(rest) == 0)
			continue;
		rest = span_from(rest, rest.p[0] == '#' ? 4 : 3);
		if (!strong || (rest.n > 1 && reply_status(span_from(rest, 1), status)))
			return i;
	}
	return SPAN_NONE;
}

size_t reply_find(struct span s)
{
	size_t at = find_code(s, true);
	return at == SPAN_NONE ? find_code(s, false) : at;
}

/* The first status in s: "(#5.7.1)", "#5.1.1", a bare one. */
static bool find_status(struct span s, char out[16])
{
	for (size_t i = 0; i < s.n; i++) {
		if (i > 0 && !strchr(" :'\"(<=;[#-_", s.p[i - 1]))
			continue;
		if (reply_status(span_from(s, i), out) && out[0] != '2')
			return true;
	}
	out[0] = '\0';
	return false;
}

/* ---- the phase ---- */

enum refusal_phase reply_phase(struct span text, bool *end)
{
	static const struct {
		const char *words;
		enum refusal_phase phase;
		bool end;
	} rows[] = {
	    {"in reply to end of data", PHASE_DATA, true},
	    {"after end of data", PHASE_DATA, true},
	    {"end of message", PHASE_DATA, true},
	    {"failed after i sent the message", PHASE_DATA, true},
	    {"in reply to rcpt to", PHASE_RCPT, false},
	    {"in reply to mail from", PHASE_MAIL, false},
	    {"in reply to data", PHASE_DATA, false},
	    {"in reply to helo", PHASE_HELO, false},
	    {"in reply to ehlo", PHASE_HELO, false},
	    {"in reply to lhlo", PHASE_HELO, false},
	    {"in reply to starttls", PHASE_HELO, false},
	    {"in reply to auth", PHASE_HELO, false},
	    {"refused to talk to me", PHASE_CONNECT, false},
	    {"after rcpt to", PHASE_RCPT, false},
	    {"after pipelined rcpt to", PHASE_RCPT, false},
	    {"after mail from", PHASE_MAIL, false},
	    {"after pipelined mail from", PHASE_MAIL, false},
	    {"after data:", PHASE_DATA, false},
	    {"after pipelined end of data", PHASE_DATA, true},
	    {"after sending data", PHASE_DATA, true},
	    {"after initial connection", PHASE_CONNECT, false},
	    {"after helo", PHASE_HELO, false},
	    {"after ehlo", PHASE_HELO, false},
	    {"after starttls", PHASE_HELO, false},
	    {"does not like recipient", PHASE_RCPT, false},
	    {"did not like our rcpt to", PHASE_RCPT, false},
	    {"did not like our mail from", PHASE_MAIL, false},
	    {"did not like our final data", PHASE_DATA, true},
	    {"did not like our data", PHASE_DATA, false},
	    {"did not like our helo", PHASE_HELO, false},
	    {"sender was rejected", PHASE_MAIL, false},
	    {"my name was rejected", PHASE_HELO, false},
	    {"greeting failed", PHASE_CONNECT, false},
	    {"failed on data command", PHASE_DATA, false},
	    {"rcpt to response", PHASE_RCPT, false},
	    {"mail from response", PHASE_MAIL, false},
	    {"end of data response", PHASE_DATA, true},
	    {"error during rcpt", PHASE_RCPT, false},
	    {"during mail from", PHASE_MAIL, false},
	    {"response to rcpt to", PHASE_RCPT, false},
	    {"response to mail from", PHASE_MAIL, false},
	    {">>> rcpt", PHASE_RCPT, false},
	    {">>> mail", PHASE_MAIL, false},
	    {">>> data", PHASE_DATA, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (span_has(text, rows[i].words)) {
			*end = rows[i].end;
			return rows[i].phase;
		}
	}
	*end = false;
	return PHASE_UNKNOWN;
}

/* ---- whom the reply is about ---- */

static void quoted_ip(struct span s, struct refusal *r)
{
	struct ip found = {0};
	for (size_t i = 0; i < s.n; i++) {
		if ((i > 0 && (is_alnum(s.p[i - 1]) || strchr(".:-_%", s.p[i - 1]))) ||
		    !(is_alnum(s.p[i]) || s.p[i] == ':'))
			continue;
		size_t to = i;
		while (to < s.n && to - i < IP_STRLEN &&
		       (is_alnum(s.p[to]) || s.p[to] == '.' || s.p[to] == ':'))
			to++;
		while (to > i && (s.p[to - 1] == '.' ||
				  (s.p[to - 1] == ':' && to - i > 2 && s.p[to - 2] != ':')))
			to--;
		struct ip ip;
		if (to - i < 3 || !ip_parse(s.p + i, to - i, &ip, NULL) ||
		    ip_cmp(&ip, &r->remote_ip) == 0)
			continue;
		if (!found.family || (!ip_is_public(&found) && ip_is_public(&ip)))
			found = ip;
		i = to - 1;
	}
	if (found.family && r->ip_source != IP_QUOTED) {
		r->ip = found;
		r->ip_source = IP_QUOTED;
	}
}

static void quoted_domain(struct reading *rd, struct span s, struct refusal *r)
{
	static const char *const cues[] = {"spf check for [",  "spf [",
					   "sending domain ",  "email from ",
					   "mail from ",       "on behalf of (",
					   "rejected due to ", "domains in: ",
					   "sender domain ",   "dmarc policy of ",
					   "policy for ",      "from domain ",
					   "domain name: ",    "domain of ",
					   "spf record for ",  "spf for ",
					   "dmarc check for ", "s=mfrom;id="};
	for (size_t i = 0; i < sizeof cues / sizeof *cues && !r->quoted_domain; i++) {
		size_t at = span_find(s, cues[i]), n = 0;
		if (at == SPAN_NONE)
			continue;
		struct span rest = span_from(s, at + strlen(cues[i]));
		if (cues[i][1] == '=' && (at = span_find(rest, "%40")) != SPAN_NONE)
			rest = span_from(rest, at + 3); /* a page about SPF: an address */
		while (rest.n > 0 && strchr("[(<'\"*@", rest.p[0]))
			rest = span_from(rest, 1);
		while (n < rest.n && n < 254 && reply_is_host(rest.p[n]) && rest.p[n] != ':')
			n++;
		r->quoted_domain = reading_name(rd, span_to(rest, n));
	}
	size_t sender = span_find(s, ">: sender address rejected");
	if (!r->quoted_domain && sender != SPAN_NONE) {
		size_t at = sender;
		while (at > 0 && s.p[at - 1] != '@')
			at--;
		r->quoted_domain = reading_name(rd, (struct span){s.p + at, sender - at});
	}
}

/* ---- the text ---- */

/* What follows a code, without the blank or the '-'. */
static struct span behind_code(struct span s)
{
	s = span_from(s, s.p[0] == '#' ? 4 : 3);
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '-'))
		s = span_from(s, 1);
	return s;
}

/* Octets at s of what only continues a reply: the mark of a transcript; a code, and maybe a status,
 * that repeats what the first line said; else 0. */
static size_t repeated(struct span s, unsigned code, bool folded)
{
	if (span_begins(s, "<<< "))
		return 4;
	if (s.n < 4 || reply_code(s) != code || s.p[0] == '#' ||
	    (s.p[3] != '-' && !(folded && s.p[3] == ' ')))
		return 0;
	size_t status = reply_status(span_from(s, 4), NULL);
	return 4 + status + (status > 0 && 4 + status < s.n && s.p[4 + status] == ' ');
}

/* "550-5.7.26 a 550 5.7.26 b" is "550 5.7.26 a b". */
static struct span fold(struct reading *rd, struct span s, unsigned code)
{
	char dash[8], *out = arena_alloc(&rd->arena, s.n + 8);
	size_t n = (size_t)snprintf(out, 8, "%u ", code);
	snprintf(dash, sizeof dash, "%u-", code);
	bool folded = span_has(s, dash);
	s = behind_code(s);
	for (bool start = false; s.n > 0;) {
		size_t skip = start ? repeated(s, code, folded) : 0;
		start = skip > 0 || s.p[0] == ' ';
		if (skip == 0)
			out[n++] = s.p[0];
		s = span_from(s, skip ? skip : 1);
	}
	return span_trim((struct span){out, n});
}

/* Words that others put behind a reply. */
static struct span without_tail(struct span s)
{
	static const char *const tails[] = {" (in reply to ",
					    "; from=<",
					    "> #smtp#",
					    " #smtp#",
					    "##",
					    " (tcp|",
					    " giving up on ",
					    "/giving_up_on",
					    " [*** ",
					    " original message headers",
					    " remote host said:"};
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		size_t at = span_find(s, tails[i]);
		if (at != SPAN_NONE && at > 0)
			s = span_to(s, at);
	}
	return span_trim(s);
}

/* "'550 ... '": the quote in front of the reply ends it. */
static struct span unquote(struct span whole, size_t at)
{
	struct span s = span_from(whole, at);
	char quote = at > 0 ? whole.p[at - 1] : '\0';
	char close = quote == '(' ? ')' : quote == '\'' || quote == '"' ? quote : '\0';
	s = span_trim(s);
	if (close && s.n > 0 && s.p[s.n - 1] == close &&
	    (close != ')' || span_chr(s, '(') == SPAN_NONE))
		s.n--;
	if (close == '\'' && s.n > 1 && s.p[s.n - 1] == '.' && s.p[s.n - 2] == '\'')
		s.n -= 2;
	return s;
}

/* A reply from its code on: code, status, text. */
static void take_reply(struct reading *rd, struct span s, const struct span *known, size_t n_known,
		       struct refusal_reply *out)
{
	out->code = reply_code(s);
	out->status[0] = '\0';
	if (out->code) {
		struct span rest = behind_code(s);
		if (reply_code(rest) == out->code && rest.n > 4) { /* "550 550 5.1.1" */
			s = rest;
			rest = behind_code(s);
		}
		if (!reply_status(rest, out->status))
			find_status(rest, out->status);
		s = fold(rd, s, out->code);
	} else {
		find_status(s, out->status);
	}
	out->text = clean_strike(&rd->arena, s, known, n_known);
}

/* Where the reply of the server stands in the words of another program. What a third server said
 * of the sender's address, when it was asked, is not the reply. */
static size_t find_reply(struct span s)
{
	static const char *const cues[] = {
	    "said: ", "talk to me: ", "returned was: ", "server was: ",  "returned '",
	    "smtp;",  "smtp; ",       "response was: ", "failed with: ", "reason: "};
	for (size_t i = 0; i < sizeof cues / sizeof *cues; i++) {
		struct span rest = s;
		size_t base = 0, last = SPAN_NONE;
		for (size_t at; (at = span_find(rest, cues[i])) != SPAN_NONE;) {
			base += at + strlen(cues[i]);
			rest = span_from(s, base);
			if (reply_code(rest))
				last = base;
			if (strncmp(cues[i], "smtp", 4) != 0 && last != SPAN_NONE)
				break;
		}
		bool asked =
		    last != SPAN_NONE && span_has(span_to(s, last), "sender address rejected");
		if (last != SPAN_NONE && !asked)
			return last;
	}
	return reply_find(s);
}

/* Without "smtp;", "x-unix;", in front. */
static struct span without_type(struct span s)
{
	size_t semicolon = span_chr(span_to(s, 20), ';');
	for (size_t i = 0; semicolon != SPAN_NONE && i < semicolon; i++)
		if (!is_alnum(s.p[i]) && s.p[i] != '-')
			return s;
	return semicolon == SPAN_NONE || semicolon == 0 ? s
							: span_trim(span_from(s, semicolon + 1));
}

bool reply_read(struct reading *rd, struct span text, const struct span *known, size_t n_known,
		struct refusal *r)
{
	bool end;
	struct span s = without_type(clean_line(&rd->arena, text));
	enum refusal_phase phase = reply_phase(s, &end);
	size_t at = find_reply(s);
	reply_peer(rd, at == SPAN_NONE || at == 0 ? s : span_to(s, at), r);
	struct span core = at == SPAN_NONE ? s : unquote(s, at);
	size_t arrow = span_find(core, " -> ");
	if (arrow != SPAN_NONE && reply_code(span_trim(span_from(core, arrow + 4)))) {
		take_reply(rd, span_trim(span_to(core, arrow)), known, n_known, &r->wrapper);
		core = span_trim(span_from(core, arrow + 4));
	}
	take_reply(rd, core = without_tail(core), known, n_known, &r->reply);
	if (phase != PHASE_UNKNOWN) {
		r->reply.phase = phase;
		r->reply.phase_end = end;
	}
	quoted_ip(core, r);
	quoted_domain(rd, core, r);
	return r->reply.code || r->reply.status[0];
}

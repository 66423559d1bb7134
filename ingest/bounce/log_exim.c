/* Exim's mainlog: date time ID ** r R=.. T=.. H=host [ip]: SMTP error ...: REPLY */
#include "ingest/bounce/log.h"
#include "ingest/bounce/reply.h"

#define KIND 'e'

/* "1P1ceB-000FL1-4q", or of Exim 4.97 and later "1rYDQP-000000005yE-2Wzz". */
static bool is_id(struct span s)
{
	if (s.n != 16 && s.n != 23)
		return false;
	size_t second = s.n == 16 ? 13 : 18;
	return s.p[6] == '-' && s.p[second] == '-' && is_alnum(s.p[0]) && is_alnum(s.p[s.n - 1]);
}

/* H=name (helo) [ip]:port */
static struct span host_of(struct span s)
{
	size_t at = span_find(s, "h=");
	while (at != SPAN_NONE && at > 0 && s.p[at - 1] != ' ') {
		size_t next = span_find(span_from(s, at + 1), "h=");
		at = next == SPAN_NONE ? SPAN_NONE : at + 1 + next;
	}
	return at == SPAN_NONE ? span_from(s, s.n) : span_from(s, at + 2);
}

static void take_helo(struct log *l, struct span h, struct refusal *r)
{
	size_t open = span_chr(h, '('), bracket = span_chr(h, '[');
	if (open == SPAN_NONE || bracket == SPAN_NONE || open > bracket)
		return;
	struct span helo = span_between(h, "(", ")");
	if (helo.n < 256)
		r->helo = reading_word(l->rd, helo, 255);
}

/* "r [<o>] [F=<s>] R=router T=transport H=host [ip]: text", behind "**" or "==" */
static enum status failed(struct log *l, const struct log_line *line, struct span id,
			  struct span rest, bool later)
{
	struct refusal r = log_refusal(l, line, FORM_LOG_EXIM);
	struct span word, known[3], all = rest;
	struct address a, o;
	size_t n_known = 0, end;
	bool has = reading_find_address(l->rd, rest, &a, &end);
	if (has && (size_t)(a.whole.p - rest.p) < 2) {
		reading_recipient(l->rd, &a, &r);
		known[n_known++] = a.local;
		struct span behind =
		    span_to(span_from(rest, end), span_find(span_from(rest, end), "="));
		if (reading_find_address(l->rd, behind, &o, NULL)) {
			known[n_known++] = o.local;
			if (o.domain && a.domain && strcmp(o.domain, a.domain) != 0)
				r.original_domain = o.domain;
		}
	}
	struct span host = host_of(all);
	if (host.n > 0)
		reply_take_peer(l->rd, host, &r);
	r.queue_id = reading_word(l->rd, id, 64);
	struct span from = span_between(all, " f=<", ">");
	if (from.n > 0)
		reading_mail_from(l->rd, from, &r);
	log_joined(l, join_get(&l->join, KIND, id), &r);
	/* the text begins behind the first ": " that follows the fields */
	size_t colon = span_find(rest, ": ");
	if (host.n > 0 && span_find(host, "]: ") != SPAN_NONE)
		rest = span_from(host, span_find(host, "]: ") + 3);
	else if (colon != SPAN_NONE)
		rest = span_from(rest, colon + 2);
	(void)word;
	reply_read(l->rd, rest, known, n_known, &r);
	r.action = later ? REFUSAL_DELAYED : REFUSAL_FAILED;
	return log_tell(l, &r);
}

/* "H=name (helo) [ip] F=<s> rejected RCPT <r>: relay not permitted" */
static enum status rejected(struct log *l, const struct log_line *line, struct span s, size_t at)
{
	static const struct {
		const char *word;
		enum refusal_phase phase;
		bool end;
	} words[] = {{"rcpt", PHASE_RCPT, false},      {"mail", PHASE_MAIL, false},
		     {"<", PHASE_MAIL, false},         {"ehlo", PHASE_HELO, false},
		     {"helo", PHASE_HELO, false},      {"connection", PHASE_CONNECT, false},
		     {"after data", PHASE_DATA, true}, {"data", PHASE_DATA, false}};
	struct refusal r = log_refusal(l, line, FORM_LOG_EXIM);
	struct span head = span_to(s, at), rest = span_from(s, at), from, known[2], host;
	struct address a;
	size_t n_known = 0;
	rest = span_from(rest, span_find(rest, "rejected ") + 9);
	r.direction = REFUSED_BY_US;
	r.action = span_has(span_from(head, head.n > 12 ? head.n - 12 : 0), "temporarily")
		       ? REFUSAL_DELAYED
		       : REFUSAL_FAILED;
	host = host_of(span_has(rest, " h=") && !span_has(head, "h=") ? rest : head);
	log_client(l, host, &r);
	take_helo(l, host, &r);
	r.logged_in = span_has(head, " a=");
	from = span_between(head, "f=<", ">");
	if (from.n > 0 || span_has(head, "f=<>"))
		reading_mail_from(l->rd, from.n > 0 ? from : span_of("<>"), &r);
	size_t end = span_find(rest, ": ");
	struct span what = span_to(rest, end);
	if (span_begins(what, "rcpt") && reading_find_address(l->rd, what, &a, NULL)) {
		reading_recipient(l->rd, &a, &r);
		known[n_known++] = a.local;
	}
	struct span text = end == SPAN_NONE ? what : span_from(rest, end + 2);
	reply_read(l->rd, text, known, n_known, &r);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!span_begins(what, words[i].word))
			continue;
		r.reply.phase = words[i].phase;
		r.reply.phase_end = words[i].end;
		break;
	}
	return log_tell(l, &r);
}

/* "<= s H=name [ip] P=esmtpa A=login:u S=n id=message-id" */
static void arrived(struct log *l, struct span id, struct span rest)
{
	struct open_id *e = join_put(&l->join, KIND, id);
	struct span word, host = host_of(rest), mid = span_between(rest, " id=", " ");
	if (!e || !span_word(&rest, &word))
		return;
	join_clear(e);
	join_set(&e->from, span_is(word, "<>") ? span_of("") : word);
	if (mid.n > 0)
		join_set(&e->message_id, mid);
	size_t open = span_chr(host, '['), close = span_chr(host, ']');
	if (open != SPAN_NONE && close != SPAN_NONE && open < close) {
		ip_parse(host.p + open + 1, close - open - 1, &e->client_ip, NULL);
		struct span name = span_to(host, span_chr(span_to(host, open), ' '));
		if (name.n > 0 && name.p[0] != '(' && name.p[0] != '[')
			join_set(&e->client_host, name);
	}
	e->logged_in = span_has(rest, " a=");
}

enum status exim_line(struct log *l, const struct log_line *line, bool *known)
{
	struct span s = line->text, id, rest = s;
	bool has_id = span_word(&rest, &id) && is_id(id);
	if (has_id)
		s = rest = span_from(rest, rest.n > 0);
	size_t at = span_find(s, "rejected ");
	bool reject = at != SPAN_NONE && (span_has(span_to(s, at), "h=") || span_has(s, " h=")) &&
		      !span_begins(s, "** ") && !span_begins(s, "== ");
	if (!has_id && !reject && !span_begins(s, "exim ") && !span_begins(s, "start queue run") &&
	    !span_begins(s, "end queue run"))
		return ST_OK;
	*known = true;
	if (l->form == FORM_COUNT)
		l->form = FORM_LOG_EXIM;
	if (reject && s.p[0] != '<' && s.p[0] != '=')
		return rejected(l, line, s, at);
	if (span_begins(s, "** "))
		return failed(l, line, id, span_from(s, 3), false);
	if (span_begins(s, "== "))
		return failed(l, line, id, span_from(s, 3), true);
	if (span_begins(s, "<= "))
		arrived(l, id, span_from(s, 3));
	else if (span_is(s, "completed"))
		join_drop(&l->join, KIND, id);
	return ST_OK;
}

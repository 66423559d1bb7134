/* The server that said a reply, out of the words around it. */
#include "ingest/bounce/reply.h"

/* "[192.0.2.1]" or "(192.0.2.1)", maybe with a port or more behind it, maybe behind a blank. */
static bool take_ip(struct span s, struct ip *ip, size_t *end)
{
	size_t i = 0;
	while (i < s.n && s.p[i] == ' ')
		i++;
	if (i >= s.n || (s.p[i] != '[' && s.p[i] != '('))
		return false;
	size_t from = i + 1, to = from;
	while (to < s.n && to - from < 60 && !strchr("])|, ", s.p[to]))
		to++;
	if (!ip_parse(s.p + from, to - from, ip, NULL))
		return false;
	*end = to;
	return true;
}

bool reply_take_peer(struct reading *rd, struct span s, struct refusal *r)
{
	size_t n = 0, end = 0;
	struct ip ip = {0}, bare;
	while (n < s.n && reply_is_host(s.p[n]))
		n++;
	if (n < s.n && s.p[n] == '@') /* an address: no server */
		return false;
	bool has_ip = take_ip(span_from(s, n), &ip, &end);
	struct span word = {s.p, n};
	while (word.n > 0 && (word.p[word.n - 1] == ':' || word.p[word.n - 1] == '.'))
		word.n--;
	const char *name = reading_name(rd, word);
	if (!name && !has_ip && ip_parse(word.p, word.n, &bare, NULL))
		ip = bare, has_ip = true;
	if (!name && !has_ip)
		return false;
	r->remote_host = name;
	r->remote_ip = ip;
	return true;
}

/* "NAME [ip] did not like our RCPT TO": the server stands in front of the words. */
static bool peer_before(struct reading *rd, struct span text, struct refusal *r)
{
	static const char *const cues[] = {
	    " did not like our",      " does not like recipient", " gave this error",
	    " rejected your message", " but sender was rejected", " but my name was rejected",
	    " but greeting failed",   " failed on data command",  " remote server returned '",
	    " failed after i sent",   " but connection died",     " returned '",
	    " couldn't accept"};
	for (size_t i = 0; i < sizeof cues / sizeof *cues; i++) {
		size_t at = span_find(text, cues[i]), from = at;
		for (int words = 0; from != SPAN_NONE && words < 2; words++) {
			while (from > 0 && !ascii_is_space(text.p[from - 1]))
				from--;
			if (memchr(text.p + from, '@', at - from)) /* in front of the recipient
								      stands who wrote it */
				break;
			if (reply_take_peer(rd, (struct span){text.p + from, at - from}, r) &&
			    (r->remote_host || words > 0 ||
			     (text.p[from] != '[' && text.p[from] != '(')))
				return true;
			while (from > 0 && ascii_is_space(text.p[from - 1]))
				from--;
		}
	}
	return false;
}

void reply_peer(struct reading *rd, struct span text, struct refusal *r)
{
	/* words in front of the server; the surest first */
	static const char *const cues[] = {"while talking to ",
					   "host ",
					   "remote server at ",
					   "conversation with ",
					   "lost connection with ",
					   "connect to ",
					   "connection to ",
					   "delivery via ",
					   "for the recipient domain",
					   "delivering to mailserver ",
					   "server ",
					   "connected to ",
					   "deferred: ",
					   "delivered to ",
					   "remote delivery failed: ",
					   "rejected by ",
					   "blocked by ",
					   "session with "};
	if (r->remote_host || r->remote_ip.family || peer_before(rd, text, r))
		return;
	for (size_t i = 0; i < sizeof cues / sizeof *cues; i++) {
		struct span s = text;
		for (size_t at; (at = span_find(s, cues[i])) != SPAN_NONE;) {
			bool word = at == 0 || !is_alnum(s.p[at - 1]);
			bool client = at >= 7 && span_begins(span_from(s, at - 7), "client ");
			s = span_from(s, at + strlen(cues[i]));
			if (span_begins(s, "for the")) /* of Gmail: "by NAME. [ip]" comes later */
				continue;
			struct span from = s;
			size_t by = span_find(s, " by ");
			if (cues[i][0] == 'f' && by != SPAN_NONE)
				from = span_from(s, by + 4);
			if (word && !client && reply_take_peer(rd, from, r))
				return;
		}
	}
}

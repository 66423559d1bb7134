/*
 * reply.h - what a server said, out of the words that somebody put around it. Private.
 *
 * Understood are the words of Postfix ("host X[ip] said: ... (in reply to RCPT TO command)"), Exim
 * ("SMTP error from remote mail server after RCPT TO:<>: host X [ip]: ..."), Sendmail, qmail,
 * Gmail, Exchange ("Remote Server returned '...'", "A -> B") and of those who write like them.
 */
#ifndef INGEST_BOUNCE_REPLY_H
#define INGEST_BOUNCE_REPLY_H

#include "ingest/bounce/reading.h"

/*
 * Set reply and wrapper of r; remote_host, remote_ip, ip and quoted_domain where the text names
 * them and r has none. known: local parts that stand in it. The text goes through clean_line() and
 * clean_strike(). false: it holds neither code nor status; then reply.text is all of it.
 */
bool reply_read(struct reading *rd, struct span text, const struct span *known, size_t n_known,
		struct refusal *r);

/* Only what the words say of the other server and of the phase; nothing that r has is changed. */
void reply_peer(struct reading *rd, struct span text, struct refusal *r);
enum refusal_phase reply_phase(struct span text, bool *end);

/* "NAME[ip]", "NAME [ip]", "NAME. (ip, ...", "NAME", "[ip]", "ip" at the start of s: remote_host
 * and remote_ip of r. false: none of these. */
bool reply_take_peer(struct reading *rd, struct span s, struct refusal *r);

/* May stand in the name or address of a server. */
static inline bool reply_is_host(char c)
{
	return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == ':' ||
	       (unsigned char)c >= 0x80;
}

/* A code that a refusal has (4xx, 5xx), at the start of s: "550 ", "550-", "#550 "; else 0. */
unsigned reply_code(struct span s);

/* A status at the start of s: "5.7.1", "#5.7.1"; copied to out. Its octets, or 0. */
size_t reply_status(struct span s, char out[16]);

/* Where the first reply in s stands: a code at the start of a word, a status behind it or not;
 * SPAN_NONE. */
size_t reply_find(struct span s);

#endif

/*
 * transport.h - questions out, messages in: the only file that knows c-ares. Private to dns/.
 */
#ifndef DNS_ASK_TRANSPORT_H
#define DNS_ASK_TRANSPORT_H

#include "core/err.h"
#include "dns/ask/answer.h"

struct resolver_options;

struct question {
	const char *name; /* as wire_name() makes it */
	enum dns_type type;
};

/* outcome DNS_OK: a message came, whatever it says; else DNS_TIMEOUT, DNS_SERVFAIL, DNS_REFUSED,
 * DNS_MALFORMED or DNS_NOT_ASKED. message is the callee's for the call only. */
typedef void transport_answered(struct question *q, enum dns_outcome outcome, const void *message,
				size_t len);

struct transport;

enum status transport_open(const struct resolver_options *options, transport_answered *answered,
			   struct transport **out, struct err *err) MUST_CHECK;
void transport_close(struct transport *t);

/* Ask all and wait until each was answered, exactly once; bounded by options->seconds over the life
 * of the transport. */
void transport_ask(struct transport *t, struct question **questions, size_t n);

/* Which servers are asked, "ADDR:PORT,..." in one form; longer lists are cut. */
void transport_servers(const struct transport *t, char *out, size_t size);

/* They answered nothing lately: before anything else is sent, they must answer one question, soon.
 */
void transport_suspect(struct transport *t);

/* No transport_ask() from now on takes longer; 0: they may, as at first. */
void transport_within(struct transport *t, unsigned ms);

/* From now on only so much of options->seconds may be used, in per cent; 100 at first. */
void transport_share(struct transport *t, unsigned percent);

/* Even a question that any server can answer was not: the rest is not sent. */
bool transport_is_silent(const struct transport *t);

#endif

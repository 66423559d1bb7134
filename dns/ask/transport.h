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

/* Even a question that any server can answer was not: the rest is not sent. */
bool transport_is_silent(const struct transport *t);

#endif

/*
 * resolver.h - a view that asks real name servers, and remembers.
 *
 *	struct resolver *r;
 *	resolver_open(&options, &r, &err);
 *	struct dns_view view = resolver_view(r);
 *	do
 *		work(&view);            ... meets DNS_PENDING ...
 *	while (resolver_run(r));
 *	resolver_close(r);
 *
 * What was noted is asked in parallel over c-ares: UDP with EDNS, TCP where an answer does not fit.
 * Every answer is kept, failures too, so a question is asked once a run. A run is bounded in
 * questions and in time; and once a server proves silent nothing more is sent to it: a dead server
 * costs seconds. What is past a bound is DNS_NOT_ASKED or DNS_TIMEOUT, never a guess.
 *
 * One thread uses a resolver.
 */
#ifndef DNS_ASK_RESOLVER_H
#define DNS_ASK_RESOLVER_H

#include "core/err.h"
#include "core/snapshot.h"
#include "dns/ask/answer.h"

struct resolver_options {
	const char *server;  /* ADDR[:PORT], [ADDR]:PORT; NULL: those of the system */
	bool offline;        /* only what was restored */
	unsigned timeout_ms; /* of the first attempt; 0: 1500. The second waits twice as long. */
	unsigned in_flight;  /* 0: 200 */
	size_t questions;    /* of the whole run; 0: 500,000 */
	unsigned seconds;    /* of the whole run; 0: 120 */
	/* Called now and then while waiting; NULL: nobody watches. */
	void (*progress)(void *ctx, size_t done, size_t noted);
	void *progress_ctx;
};

struct resolver_stats {
	size_t asked, failed; /* sent; and not answered, or with an error */
	size_t not_asked;     /* past a bound */
	bool silent;          /* the servers do not answer: the rest was not sent */
};

struct resolver;

/* ST_FATAL: a bad server; ST_RETRY: no server is configured, or no sockets. */
enum status resolver_open(const struct resolver_options *options, struct resolver **out,
			  struct err *err) MUST_CHECK;
void resolver_close(struct resolver *r);

/* Valid, with all its answers, until resolver_close(). */
struct dns_view resolver_view(struct resolver *r);

/* Ask what was noted since the last time and wait for it. false: there was nothing to ask. */
bool resolver_run(struct resolver *r);

struct resolver_stats resolver_stats(const struct resolver *r);

/* An answer of an earlier run. Online only those count that are still fresh at now (their TTL) and
 * no failures; offline all. Questions asked already keep their answer. */
void resolver_restore(struct resolver *r, const struct snapshot_row *row, int64_t now);

/* Every answer of this run that did not come from resolver_restore(). */
void resolver_each(const struct resolver *r,
		   void (*each)(void *ctx, const struct snapshot_row *row), void *ctx);

#endif

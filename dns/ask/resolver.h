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
 * Between runs (resolver_restore(), resolver_each()) answers are kept for as long as they say, a
 * day at most. What failed is kept, too, and not asked again of the same servers for a quarter of
 * an hour: whoever asks of two hundred domains in turn pays once for a name that nobody answers
 *for. Servers that answered nothing at all must first answer one question within a second.
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
	size_t remembered;    /* not sent, because it failed in a run shortly before */
	int64_t oldest; /* when the oldest of the restored answers that were used came; 0: none */
	bool silent;    /* the servers do not answer: the rest was not sent */
};

struct resolver;

/* ST_FATAL: a bad server; ST_RETRY: no server is configured, or no sockets. */
enum status resolver_open(const struct resolver_options *options, struct resolver **out,
			  struct err *err) MUST_CHECK;
void resolver_close(struct resolver *r);

/* Valid, with all its answers, until resolver_close(). */
struct dns_view resolver_view(struct resolver *r);

/* No run from now on takes longer; 0: as long as the run as a whole may. What has no answer by then
 * is DNS_NOT_ASKED. */
void resolver_within(struct resolver *r, unsigned ms);

/* Was it asked, or restored? Then asking the view costs nothing. */
bool resolver_knows(struct resolver *r, const char *name, enum dns_type type);

/* Ask what was noted since the last time and wait for it. false: there was nothing to ask. */
bool resolver_run(struct resolver *r);

struct resolver_stats resolver_stats(const struct resolver *r);

/* From now on only so much of the questions and seconds of the run may be used, in per cent. 100 at
 * first: what comes later must have its share left. */
void resolver_share(struct resolver *r, unsigned percent);

/* An answer of an earlier run; true: it counts. Online only those do that are still fresh at now
 * (their TTL), and failures of shortly before, as failures; offline all. Questions asked already
 * keep their answer. */
bool resolver_restore(struct resolver *r, const struct snapshot_row *row, int64_t now);

/* Every answer of this run that did not come from resolver_restore(). A failure names its servers.
 * When they are silent, that is said once, and nothing of the questions they were asked. */
void resolver_each(const struct resolver *r,
		   void (*each)(void *ctx, const struct snapshot_row *row), void *ctx);

#endif

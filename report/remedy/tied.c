/* What of ours names the machines of a sender that is asked about: as it was found, and no more. */
#include <string.h>

#include "report/remedy/asking.h"

/* A record, and what a service documents, say nothing of mail with another envelope sender. */
static unsigned ties_that_count(const struct sender *s)
{
	return asking_is_unaligned(s) ? s->ties_any & ~(unsigned)(TIE_RECORD | TIE_SERVICE)
				      : s->ties_any;
}

/* How many of its addresses have the tie. */
static size_t tied(const struct sender *s, unsigned tie)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_sources; i++)
		n += (s->sources[i].ties & tie) != 0;
	return n;
}

static const char *host_of(const struct asking *q)
{
	for (size_t i = 0; i < q->s->n_sources; i++) {
		const struct zone_host *h = zone_host(q->g->zone, &q->s->sources[i].ip);
		if (h)
			return h->name;
	}
	return "a name of yours";
}

const char *asking_tied(const struct asking *q)
{
	const struct sender *s = q->s;
	unsigned ties = ties_that_count(s), tie = ties & (~ties + 1); /* the first of them */
	const char *what;
	switch (tie) {
	case TIE_HOST:
		what = arena_printf(q->a, "%s leads to", host_of(q));
		break;
	case TIE_NAME:
		what = "forward-confirmed reverse DNS in your domain is that of";
		break;
	case TIE_RECORD:
		what = "your SPF record authorises";
		break;
	case TIE_SERVICE:
		what = "for what your DNS names of it, the service documents";
		break;
	case TIE_PERSON:
		what = "you approved";
		break;
	default:
		return NULL;
	}
	size_t n = tied(s, tie);
	if (n == s->n_sources)
		return arena_printf(q->a, "%s %s", what, n == 1 ? "the address" : "its addresses");
	return arena_printf(q->a, "%s %zu of its %zu addresses", what, n, s->n_sources);
}

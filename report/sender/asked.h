/*
 * asked.h - which addresses and names of the reports DNS is asked about. Pure; the same facts give
 * the same choice.
 *
 * Anybody may send a report that invents a million addresses. So each domain has a ceiling, all
 * domains of a run share one more evenly, and within a domain those come first that known reporters
 * saw, then those of several reporters, then what one unknown reporter says alone. Among equals the
 * most messages come first, but of unknown reporters each has its turn: a number that one invents
 * does not hide what another saw.
 */
#ifndef REPORT_SENDER_ASKED_H
#define REPORT_SENDER_ASKED_H

#include "core/arena.h"
#include "core/facts.h"
#include "core/hash.h"

#define ASKED_WINDOWS_MAX 4

/* Is a reporter (its org_name) one whose word has weight? */
struct asked_reporters {
	bool (*is_known)(void *ctx, const char *org_name); /* NULL: nobody is */
	void *ctx;
};

struct asked {
	struct map chosen;      /* struct ip -> 1 */
	const struct ip *order; /* the first of every domain, then the second of every domain ... */
	size_t n;
	/* addresses that were left out, and of which domains */
	size_t left, left_domains, left_most;
	const char *left_of; /* the domain with most of them */
	/* Domains with more addresses than most: of these only the first are told one by one. */
	const char **crowded;
	size_t n_crowded;
	struct map listed; /* the addresses that are */
};

struct asked_request {
	const struct domain_facts *windows; /* of each domain n_windows, what is judged first */
	size_t n_domains, n_windows;
	struct asked_reporters reporters;
	size_t most, most_of_all; /* addresses of a domain, of all domains */
};

/* order lives in a, the rest until asked_end(). */
void asked_choose(struct asked *x, const struct asked_request *r, struct arena *a);
void asked_end(struct asked *x);

bool asked_has(const struct asked *x, const struct ip *ip);

/* Has the domain more addresses than most; is an address of such a domain told by itself? Neither
 * depends on the other domains of the run. */
bool asked_is_crowded(const struct asked *x, const char *domain);
bool asked_lists(const struct asked *x, const struct ip *ip);

/* The i-th name that a profile claims; NULL: no more. "" is skipped. */
typedef const char *asked_name(void *ctx, const struct dmarc_profile *p, unsigned i);

/* Names that profiles claim, at most so many of them, first what is asked first. The array and its
 * length; it lives in a, the names where name gives them from. */
const char **asked_names(const struct domain_facts *facts, struct asked_reporters reporters,
			 asked_name *name, void *ctx, size_t most, struct arena *a, size_t *n);

#endif

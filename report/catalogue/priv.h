/*
 * priv.h - private to the catalogue: what the reader of rows (read.c) fills and
 * the lookups (catalogue.c) use.
 */
#ifndef REPORT_CATALOGUE_PRIV_H
#define REPORT_CATALOGUE_PRIV_H

#include <stdint.h>

#include "core/arena.h"
#include "core/hash.h"
#include "report/catalogue/catalogue.h"

/* A name that a service claims. */
struct claim {
	const char *name; /* without "*." */
	uint32_t service;
	bool below_only;
};

struct catalogue {
	struct arena a;
	struct service *services;
	unsigned *lines; /* where each stands */
	size_t n, cap;
	struct claim *claims;
	size_t n_claims, cap_claims;
	struct map by_name; /* catalogue_by and name -> claim */
	struct map by_key;  /* -> service */
};

/* Add the rows of a text. Those that are there already win: own files come first. */
enum status catalogue_read(struct catalogue *c, const struct name_rules *rules, const char *file,
			   const char *text, size_t n, bool own, struct err *err) MUST_CHECK;

/* The claim on exactly this name, or NULL. */
const struct claim *catalogue_claim(const struct catalogue *c, enum catalogue_by by,
				    const char *name);

/* "service:" and the name in lower case, all that is neither letter nor digit as one dash; NULL
 * when nothing is left of it. */
const char *catalogue_key(struct arena *a, const char *name);

struct digest catalogue_digest(unsigned space, const char *name);
#define SPACE_KEY BY_COUNT

#endif

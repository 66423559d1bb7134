/*
 * known.h - what the loaders of one process tell each other: the profiles that are stored.
 *
 * Loaders work on reports of the same senders at the same time, so each would bring what another
 * has just stored. A loader takes the set, brings what is not in it, and adds that after its
 * commit.
 */
#ifndef DB_LOAD_KNOWN_H
#define DB_LOAD_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

struct load_known;

struct load_known *load_known_new(void);
void load_known_free(struct load_known *k);

/* From take to give the set is one loader's. Nothing is waited for in between but short
 * transactions that store profiles. NULL: there is no set, and nothing is known. */
void load_known_take(struct load_known *k);
void load_known_give(struct load_known *k);

bool load_known_has(const struct load_known *k, int64_t domain_id, uint32_t table,
		    int64_t profile_id);
/* Only after the commit: a transaction that fails has stored nothing. */
void load_known_add(struct load_known *k, int64_t domain_id, uint32_t table, int64_t profile_id);

#endif

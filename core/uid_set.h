/*
 * uid_set.h - sets of message numbers (UIDs of IMAP, 1 to 2^32-1) as sorted ranges.
 *
 * A mailbox of any size is a few ranges: 8 bytes each. What a source remembers as done (ingest/),
 * and how the database keeps it (db/store/mailbox.h).
 *
 *	struct uid_set s = {0};
 *	uid_set_add(&s, 1, 500);
 *	uid_set_remove(&s, 17, 17);
 *	for (size_t i = 0; i < s.n; i++)
 *		... s.r[i].lo, s.r[i].hi ...
 *	uid_set_free(&s);
 */
#ifndef CORE_UID_SET_H
#define CORE_UID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct uid_range {
	uint32_t lo, hi; /* both belong to it */
};

/* All zeros is empty. Ranges are sorted and neither overlap nor touch. */
struct uid_set {
	struct uid_range *r;
	size_t n, cap;
};

void uid_set_free(struct uid_set *s);  /* and empty again */
void uid_set_clear(struct uid_set *s); /* keeps the memory */
void uid_set_add(struct uid_set *s, uint32_t lo, uint32_t hi);
void uid_set_add_all(struct uid_set *s, const struct uid_set *other);
void uid_set_remove(struct uid_set *s, uint32_t lo, uint32_t hi);
void uid_set_remove_all(struct uid_set *s, const struct uid_set *other);
bool uid_set_has(const struct uid_set *s, uint32_t uid);
uint64_t uid_set_count(const struct uid_set *s);

/* The next member that is at or above from; 0: there is none. */
uint32_t uid_set_next(const struct uid_set *s, uint32_t from);

/* "1:500,502" appended to out. */
void uid_set_text(const struct uid_set *s, struct buf *out);

#endif

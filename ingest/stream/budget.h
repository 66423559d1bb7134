/*
 * budget.h - how much may come out of one file or mail, over everything in it.
 *
 * An origin that decompresses charges each byte once, however often it is opened again.
 */
#ifndef INGEST_STREAM_BUDGET_H
#define INGEST_STREAM_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
	uint64_t used, max;
};

/* position: bytes delivered in this pass; *charged: the furthest any pass came. */
static inline bool budget_charge(struct budget *b, uint64_t position, uint64_t *charged)
{
	if (position > *charged) {
		b->used += position - *charged;
		*charged = position;
	}
	return b->used <= b->max;
}

#endif

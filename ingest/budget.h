/*
 * budget.h - memory for mails, shared by all workers of the process: who wants more than there is
 * waits.
 *
 *	budget_take(size);
 *	bytes = mem_grow(NULL, size, 1);
 *	...
 *	free(bytes);
 *	budget_give(size);
 *
 * A thread may take again while it holds some (a mail in a mail). It never waits for others to
 * finish who wait for it: when there is nothing left, one thread at a time goes over the budget. So
 * the most that is ever held is the budget and what one mail may hold (LIMIT_NESTING times its
 * ceiling).
 */
#ifndef INGEST_BUDGET_H
#define INGEST_BUDGET_H

#include <stdint.h>

void budget_set(uint64_t max); /* before there are threads; else LIMIT_MEMORY */

void budget_take(uint64_t bytes); /* waits */
void budget_give(uint64_t bytes); /* as much as was taken by this thread */

#endif

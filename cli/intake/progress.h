/*
 * progress.h - one line on a terminal that says how far ingest is.
 *
 *	struct progress *bar = progress_start(&numbers);	NULL when stderr is no terminal
 *	...
 *	progress_stop(bar);
 *
 * A thread of its own draws it; the numbers are read, never written.
 */
#ifndef CLI_COMMAND_PROGRESS_H
#define CLI_COMMAND_PROGRESS_H

#include "ingest/pipeline.h"

struct progress;

struct progress *progress_start(struct ingest_progress *numbers); /* borrowed until stop */
void progress_stop(struct progress *p);                           /* wipes the line; NULL is fine */

#endif

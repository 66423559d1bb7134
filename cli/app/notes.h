/*
 * notes.h - what was judged of domains before, for pages that are about today.
 */
#ifndef CLI_APP_NOTES_H
#define CLI_APP_NOTES_H

#include "cli/app/app.h"
#include "core/arena.h"
#include "report/render/render.h"

/* Where the domains stand, their months, and what became of offered records; dns: as pages say it,
 * or NULL. Lives in a. A role that may not read that goes without. */
void notes_read(struct app *app, const char *const *names, size_t n, const char *dns,
		struct arena *a, struct page_notes *out);

/* Only the day it is made. */
void notes_made(const char *dns, struct page_notes *out);

#endif

/*
 * ready_windows.h - the windows of facts that readiness is judged from, as of a day.
 */
#ifndef CLI_APP_READY_WINDOWS_H
#define CLI_APP_READY_WINDOWS_H

#include "cli/app/app.h"
#include "core/arena.h"

/* 30 days up to the day before as_of, of domains with few messages as many as make
 * READY_MESSAGES; and all stored days before that, up to 13 months. */
enum ready_window { READY_WINDOW, READY_HISTORY, READY_WINDOWS };

/* Into out[domain * READY_WINDOWS + window]; it lives in a. all: they are all domains that have
 * data. */
enum status ready_windows_read(struct app *app, const char *const *domains, size_t n, bool all,
			       int32_t as_of, struct arena *a, struct domain_facts *out,
			       struct err *err) MUST_CHECK;

/* Limits of checks that the configuration sets. Exit code; complains itself. */
struct readiness_limits;
int ready_limits(const struct app *app, struct readiness_limits *limits);

#endif

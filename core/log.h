/*
 * log.h - one line to stderr: warnings, information, debugging.
 *
 * Called by the pipeline and by cli/ only; everyone else fills a struct err. Control bytes in the
 * message are replaced, so that a name from outside can neither forge a line nor move the cursor.
 * Safe to call from several threads; a line is written with one write(2).
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "core/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Show messages up to this level. Starts as LOG_WARN. */
void log_set_level(enum log_level level);

void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif

#include "core/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/text.h"

static _Atomic int max_level = LOG_WARN;

void log_set_level(enum log_level level)
{
	max_level = (int)level;
}

static void log_line(enum log_level level, const char *fmt, va_list ap)
{
	static const char *const prefix[] = {"error: ", "warning: ", "", "debug: "};
	if ((int)level > max_level)
		return;
	char raw[2048];
	vsnprintf(raw, sizeof raw, fmt, ap);
	struct buf line;
	buf_init(&line, 16 * sizeof raw);
	buf_puts(&line, "ruascope: ");
	buf_puts(&line, prefix[level]);
	text_terminal(&line, raw, strlen(raw));
	buf_putc(&line, '\n');
	ssize_t ignored = write(STDERR_FILENO, line.data, line.len);
	(void)ignored; /* there is nowhere left to say it */
	buf_free(&line);
}

#define LOG_FUNCTION(name, level)                                                                  \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		log_line(level, fmt, ap);                                                          \
		va_end(ap);                                                                        \
	}

LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warn, LOG_WARN)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)

#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"

/* Copy s into err as one clean line, cut at a character boundary. */
static void put_clean(struct err *err, const char *s)
{
	struct buf clean;
	buf_init(&clean, ERR_SIZE * 8);
	text_terminal(&clean, s, strlen(s));
	size_t n = clean.len < ERR_SIZE - 1 ? clean.len : ERR_SIZE - 1;
	while (n < clean.len && n > 0 && ((unsigned char)clean.data[n] & 0xc0) == 0x80)
		n--;
	if (n > 0)
		memcpy(err->msg, clean.data, n);
	err->msg[n] = '\0';
	buf_free(&clean);
}

enum status err_set(struct err *err, enum status st, const char *fmt, ...)
{
	if (!err)
		return st;
	char raw[ERR_SIZE];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof raw, fmt, ap);
	va_end(ap);
	put_clean(err, raw);
	return st;
}

enum status err_wrap(struct err *err, enum status st, const char *fmt, ...)
{
	if (!err)
		return st;
	char context[ERR_SIZE], whole[2 * ERR_SIZE + 2];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(context, sizeof context, fmt, ap);
	va_end(ap);
	snprintf(whole, sizeof whole, "%s: %s", context, err->msg);
	put_clean(err, whole);
	return st;
}

enum status err_status(int error)
{
	static const int passing[] = {EIO,    ENOMEM,  ENOSPC, EDQUOT, EMFILE,   ENFILE,
				      EAGAIN, ENOBUFS, EINTR,  ESTALE, ETIMEDOUT};
	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
		if (error == passing[i])
			return ST_LATER;
	return ST_ITEM;
}

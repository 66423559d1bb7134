/*
 * secret.h - passwords and tokens from where only their owner can read them.
 */
#ifndef CLI_MAILBOX_SECRET_H
#define CLI_MAILBOX_SECRET_H

#include <stdatomic.h>

#include "core/buf.h"
#include "core/err.h"

/* What is in the file, without the line's end. Warns when others can read it. ST_FATAL. */
enum status secret_from_file(const char *path, struct buf *out, struct err *err) MUST_CHECK;

/* What `sh -c command` prints, without the line's end. ST_FATAL: it fails; ST_RETRY: *stop. */
enum status secret_from_command(const char *command, const atomic_bool *stop, struct buf *out,
				struct err *err) MUST_CHECK;

#endif

/*
 * notify.h - tell systemd how a service fares (sd_notify(3)), without libsystemd.
 *
 * One datagram to the socket that $NOTIFY_SOCKET names: a path, or with "@" an abstract one. Where
 * the variable is not set (no Type=notify unit) nothing happens. Nothing fails aloud: a service
 * does its work whether somebody listens or not.
 *
 *	notify("READY=1\nSTATUS=watching %s", name);
 *	notify("STOPPING=1");
 */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

#include <stdbool.h>

#include "core/err.h"

/*
 * Assignments, one a line; cut at 1 KiB. A newline in a value would begin another assignment:
 * values from outside must have none. false: nobody was told.
 */
bool notify(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif

/*
 * names.h - what ingest must ask about names: A-labels (libidn2) and the organisational domain by
 * public suffix list (libpsl; RFC 7489 section 3.2). Implements struct name_rules.
 *
 * The list is the newer of the system's file and the one built into libpsl.
 */
#ifndef DNS_NAMES_H
#define DNS_NAMES_H

#include "core/domain.h"

/* Never NULL; read-only afterwards, so threads may share it. */
const struct name_rules *names_open(void);
void names_close(const struct name_rules *rules);

#endif

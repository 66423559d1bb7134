/*
 * author.h - who wrote a mail, and when: the values of From and Date (RFC 5322 sections 3.3, 3.4,
 * 4.3, 4.4). Pure.
 */
#ifndef INGEST_AUTH_AUTHOR_H
#define INGEST_AUTH_AUTHOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/domain.h"

#define AUTHOR_SIZE 576 /* what comes of a local part of 320 octets at most, '@', and a domain */

struct author {
	char address[AUTHOR_SIZE]; /* UTF-8, without control characters; the domain normalised */
	const char *domain;        /* in it */
};

/* The one author of value[0..n), lines folded or not. false: none, several, a group, or nothing
 * that can be read in one way only. */
bool author_read(const struct name_rules *rules, const char *value, size_t n, struct author *out);

/* Seconds since 1970. false: no date. */
bool mail_date_read(const char *value, size_t n, int64_t *out);

#endif

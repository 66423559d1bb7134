/*
 * origin.h - whose network an address is in: number and name of the autonomous system, country.
 *
 * From a file on this machine; nobody is asked. That is a MaxMind DB (mmdb) that a person names, of
 * MaxMind, DB-IP or IPinfo, or else the database of libloc where Debian's libloc-database or
 * location put it. There need not be any.
 */
#ifndef DNS_ORIGIN_H
#define DNS_ORIGIN_H

#include <stdint.h>

#include "core/err.h"
#include "core/ip.h"

struct origin {
	uint32_t asn;    /* 0: not known */
	char name[64];   /* of the system, cut; "": not known */
	char country[3]; /* ISO 3166-1; "": not known */
};

struct origins;

/* mmdb: a path, or NULL. *out is NULL when there is no database, which is no error; a mmdb that
 * cannot be read is: ST_FATAL. */
enum status origins_open(const char *mmdb, struct origins **out, struct err *err) MUST_CHECK;
void origins_close(struct origins *o);

/* All of out is empty where nothing is known; o may be NULL. */
void origins_find(struct origins *o, const struct ip *ip, struct origin *out);

#endif

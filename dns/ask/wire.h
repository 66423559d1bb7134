/*
 * wire.h - DNS messages (RFC 1035 section 4) and names as text. Private to dns/.
 */
#ifndef DNS_ASK_WIRE_H
#define DNS_ASK_WIRE_H

#include "dns/ask/answer.h"

#define WIRE_NAME_SIZE  1024 /* 255 octets, each \DDD at worst, and NUL */
#define WIRE_QUERY_SIZE 288  /* header, name, type and class, OPT */

/* Text as of struct dns_view to text as of struct dns_answer. false: no name. "" is the root. */
bool wire_name(const char *text, char out[WIRE_NAME_SIZE]);

/* A query with recursion desired and an EDNS OPT (RFC 6891) of 1232 octets at its end. name is one
 * that wire_name() made. Returns its length. */
size_t wire_query(const char *name, enum dns_type type, uint16_t id, uint8_t out[WIRE_QUERY_SIZE]);

#endif

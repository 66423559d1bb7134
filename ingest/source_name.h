/*
 * source_name.h - how things inside other things are called: "x.eml!part2!a.zip!b.xml".
 *
 * All return memory to free().
 */
#ifndef INGEST_SOURCE_NAME_H
#define INGEST_SOURCE_NAME_H

#include <stdint.h>

#define SOURCE_MEMBER_MAX 200 /* octets of a member's name that are kept */

char *source_number(const char *source, const char *word, uint64_t number); /* "x.eml!part2" */

/* name as one harmless line of UTF-8, cut; "member" and its number when it is empty. */
char *source_member(const char *source, const char *name, uint64_t number);

#endif

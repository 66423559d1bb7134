/*
 * sentence.h - what is said to people, as a sentence of its own. Pure.
 *
 * Inside report/ texts are clauses ("add ip4:192.0.2.7 to the SPF record of example.com"), so that
 * they can be put together; what leaves it as a whole begins with a capital and ends with a stop:
 *
 *	text = sentence(a, "add ip4:192.0.2.7 to the SPF record of example.com");
 *	->	"Add ip4:192.0.2.7 to the SPF record of example.com."
 */
#ifndef REPORT_SENDER_SENTENCE_H
#define REPORT_SENDER_SENTENCE_H

#include "core/arena.h"

/* A first word that is a name or a tag ("mx.example.com", "p=reject", "+all") stays as it is, and
 * so does a link at the end. */
const char *sentence(struct arena *a, const char *text);

#endif

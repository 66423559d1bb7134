/*
 * tag.h - how long the tag at hand has become.
 *
 * libxml2 compares every attribute of an element with every other: a tag of megabytes takes
 * minutes. So tags are measured before it sees them, across pieces.
 */
#ifndef INGEST_XML_TAG_H
#define INGEST_XML_TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xml_tag {
	uint64_t length; /* of the tag that is open at the end of the piece; 0: none is */
	char quote;      /* inside an attribute value with this quote; else 0 */
};

/* Look at the next piece. false: a tag is longer than LIMIT_XML_TAG. */
bool xml_tag_measure(struct xml_tag *t, const char *p, size_t n);

#endif

#include "ingest/xml/tag.h"

#include <string.h>

#include "core/limits.h"

/* The end of the tag that is open at p, or end. */
static const char *skip_tag(struct xml_tag *t, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (t->quote) {
			if (*p == t->quote)
				t->quote = 0;
		} else if (*p == '"' || *p == '\'') {
			t->quote = *p;
		} else if (*p == '>') {
			t->length = 0;
			return p + 1;
		}
	}
	return end;
}

/* Only a tag that is open at the end of a piece can be long: a piece is shorter than the limit. '<'
 * has no place inside a tag, so the last one tells. */
bool xml_tag_measure(struct xml_tag *t, const char *p, size_t n)
{
	const char *end = p + n;
	if (t->length > 0) {
		const char *after = skip_tag(t, p, end);
		if (after == end && t->length > 0) {
			t->length += n;
			return t->length <= LIMIT_XML_TAG;
		}
		p = after;
	}
	const char *last = memrchr(p, '<', (size_t)(end - p));
	if (!last || (last + 1 < end && (last[1] == '!' || last[1] == '?')))
		return true;
	t->length = (uint64_t)(end - last);
	t->quote = 0;
	skip_tag(t, last + 1, end);
	return true;
}

#include "ingest/source_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"

#define SOURCE_MAX (64 * 1024)

static char *source_join(const char *source, const char *name)
{
	struct buf b;
	buf_init(&b, SOURCE_MAX);
	buf_printf(&b, "%s!%s", source, name);
	return b.data ? b.data : mem_strdup(source); /* the buffer's memory is handed over */
}

char *source_number(const char *source, const char *word, uint64_t number)
{
	char name[64];
	snprintf(name, sizeof name, "%s%" PRIu64, word, number);
	return source_join(source, name);
}

char *source_member(const char *source, const char *name, uint64_t number)
{
	struct buf b;
	if (name[0] == '\0')
		return source_number(source, "member", number);
	buf_init(&b, SOURCE_MAX);
	text_terminal(&b, name, strnlen(name, 4 * SOURCE_MEMBER_MAX));
	size_t n = b.len < SOURCE_MEMBER_MAX ? b.len : SOURCE_MEMBER_MAX;
	b.data[utf8_valid_prefix(b.data, n)] = '\0';
	char *out = source_join(source, b.data);
	buf_free(&b);
	return out;
}

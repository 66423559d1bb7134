#include "db/pg/array_text.h"

#include <inttypes.h>

static void next(struct buf *list)
{
	buf_putc(list, list->len > 0 ? ',' : '{');
}

void array_put(struct buf *list, const char *element)
{
	next(list);
	buf_putc(list, '"');
	for (; *element; element++) {
		if (*element == '"' || *element == '\\')
			buf_putc(list, '\\');
		buf_putc(list, *element);
	}
	buf_putc(list, '"');
}

void array_put_number(struct buf *list, int64_t element)
{
	next(list);
	buf_printf(list, "%" PRId64, element);
}

const char *array_close(struct buf *list)
{
	buf_puts(list, list->len > 0 ? "}" : "{}");
	return list->data;
}

/*
 * array_text.h - private to db/: arrays as text, for parameters of statements.
 *
 *	struct buf list;
 *	buf_init(&list, 1u << 30);
 *	array_put(&list, "a");
 *	array_put(&list, "b \"quoted\"");
 *	params[0] = array_close(&list);   // {"a","b \"quoted\""}
 *
 * Nothing is checked in between: list.failed tells that it outgrew its ceiling.
 */
#ifndef DB_PG_ARRAY_TEXT_H
#define DB_PG_ARRAY_TEXT_H

#include <stdint.h>

#include "core/buf.h"

void array_put(struct buf *list, const char *element); /* any text; a date or bytea, too */
void array_put_number(struct buf *list, int64_t element);
const char *array_close(struct buf *list); /* its text, in the buffer; {} when nothing was put */

#endif

/*
 * json.h - a streaming JSON writer into a struct buf.
 *
 * Writers return nothing; nesting and commas are kept by the writer. Output is UTF-8: control
 * characters (C0, DEL, C1) become \u00XX, broken bytes U+FFFD, so every line is safe to print.
 *
 *	struct json j;
 *	json_init(&j, &out);
 *	json_object(&j);
 *	json_key(&j, "domain"), json_string(&j, name);
 *	json_end(&j);
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

#define JSON_DEPTH 64 /* the deepest document is a tree of SPF: 3 a record, 11 records */

struct json {
	struct buf *out;
	int depth;
	bool comma[JSON_DEPTH]; /* something was written at this depth */
	bool after_key;
	char closer[JSON_DEPTH];
};

void json_init(struct json *j, struct buf *out); /* out is borrowed and appended to */

void json_object(struct json *j);
void json_array(struct json *j);
void json_end(struct json *j); /* closes the innermost object or array */

void json_key(struct json *j, const char *key);
void json_string(struct json *j, const char *s); /* NULL writes null */
void json_int(struct json *j, int64_t v);
void json_uint(struct json *j, uint64_t v);
void json_fixed(struct json *j, double v, int decimals);
void json_bool(struct json *j, bool v);
void json_null(struct json *j);
void json_raw(struct json *j, const char *json); /* a whole value that is JSON; NULL: null */

#endif

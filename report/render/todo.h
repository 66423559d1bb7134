/*
 * todo.h - private to this wing: the list of things to do, as text and as JSON.
 */
#ifndef REPORT_RENDER_TODO_H
#define REPORT_RENDER_TODO_H

#include "core/json.h"
#include "report/render/render.h"
#include "report/todo.h"

/* Numbered, worst first; each new record once, ready to be pasted. Nothing for an empty list. */
void put_todo_text(struct buf *out, const struct text_style *style, const struct todo_list *list);

/* The members "judged" and "todo" of an open object. */
void put_todo_json(struct json *j, bool judged, const struct todo_list *list);

/* {"name":..., "type":"TXT", "before":[...], "after":...} under key; null for NULL. */
void put_change_json(struct json *j, const char *key, const struct record_change *c);

#endif

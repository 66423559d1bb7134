#include <string.h>

#include "report/render/todo.h"

static void member(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_string(j, value);
}

static void number(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	json_uint(j, value);
}

/* Parted by sep, as a list. */
static void put_list(struct json *j, const char *key, const char *s, const char *sep)
{
	struct buf part;
	buf_init(&part, 64 * 1024);
	json_key(j, key);
	json_array(j);
	for (size_t n; s && *s; s += n + (s[n] != '\0')) {
		n = strcspn(s, sep);
		buf_reset(&part);
		buf_put(&part, s, n);
		if (n > 0)
			json_string(j, part.data);
	}
	json_end(j);
	buf_free(&part);
}

void put_change_json(struct json *j, const char *key, const struct record_change *c)
{
	json_key(j, key);
	if (!c) {
		json_null(j);
		return;
	}
	json_object(j);
	member(j, "name", c->name);
	member(j, "type", "TXT");
	put_list(j, "before", c->before, "\n");
	member(j, "after", c->after);
	number(j, "lookups_before", c->lookups_before);
	number(j, "lookups_after", c->lookups_after);
	put_list(j, "terms", c->terms, " ");
	json_end(j);
}

static void put_texts(struct json *j, const char *key, const char *const *texts, unsigned n)
{
	json_key(j, key);
	json_array(j);
	for (unsigned i = 0; i < n; i++)
		json_string(j, texts[i]);
	json_end(j);
}

static void put_readings(struct json *j, const struct todo *t)
{
	json_key(j, "readings");
	json_array(j);
	for (unsigned i = 0; i < t->n_readings; i++) {
		const struct reading *r = &t->readings[i];
		json_object(j);
		member(j, "reading", reading_names[r->kind]);
		put_texts(j, "for", r->speaks_for, r->n_for);
		put_texts(j, "against", r->against, r->n_against);
		json_end(j);
	}
	json_end(j);
}

void put_thing_json(struct json *j, const struct todo *t)
{
	json_object(j);
	member(j, "id", t->id);
	member(j, "kind", todo_kind_names[t->kind]);
	json_key(j, "senders");
	json_array(j);
	for (size_t i = 0; i < t->n_senders; i++)
		json_string(j, t->senders[i]->key);
	json_end(j);
	number(j, "messages", t->messages);
	member(j, "title", t->title);
	member(j, "text", t->text);
	put_change_json(j, "record", t->record);
	put_change_json(j, "if_yours", t->if_yours);
	put_readings(j, t);
	put_texts(j, "commands", t->commands, t->n_commands);
	json_end(j);
}

void put_todo_json(struct json *j, bool judged, const struct todo_list *list)
{
	json_key(j, "judged");
	json_bool(j, judged);
	json_key(j, "todo");
	json_array(j);
	for (size_t i = 0; list && i < list->n; i++)
		put_thing_json(j, &list->list[i]);
	json_end(j);
}

/* What is asked of a person: one question for what looks alike, and no more than people answer. */
#include <string.h>

#include "core/day.h"
#include "report/command.h"
#include "report/making.h"
#include "report/sender/knowledge.h"
#include "report/sender/sentence.h"

#define QUESTIONS_MAX 12 /* of one list; the others are told in the last one */

#define COMMANDS_MAX  10 /* of one thing: what is longer is a script */

/* Machines with names of ours that tie none of them: some may be ours, others those of customers,
 * students, visitors. Each is answered for by itself. */
static bool is_mixed(const struct sender *s)
{
	return s->n_sources > 1 && !s->ties && !s->service && strncmp(s->key, "own:", 4) == 0;
}

static void label_pair(const struct making *m, struct todo *t, const char **list,
		       const struct sender *s, const struct sender_source *one)
{
	static const char *const verdicts[] = {"approve", "deny"};
	for (unsigned i = 0; i < 2 && t->n_commands < COMMANDS_MAX; i++) {
		struct buf command;
		buf_init(&command, 4096);
		if (one ? label_address_command(&command, verdicts[i], m->domain, one)
			: label_command(&command, verdicts[i], m->domain, s))
			list[t->n_commands++] = arena_strndup(m->a, command.data, command.len);
		buf_free(&command);
	}
}

void todo_label(const struct making *m, struct todo *t, const struct sender *s)
{
	if (t->n_commands + 2 > COMMANDS_MAX)
		return;
	const char **list = arena_alloc(m->a, COMMANDS_MAX * sizeof *list);
	if (t->n_commands)
		memcpy(list, t->commands, t->n_commands * sizeof *list);
	if (!is_mixed(s))
		label_pair(m, t, list, s, NULL);
	for (size_t i = 0; is_mixed(s) && i < s->n_sources; i++)
		label_pair(m, t, list, s, &s->sources[i]);
	t->commands = list;
}

/* "on 2026-09-14", "from 2026-09-10 to 2026-09-14" */
static const char *last_run(struct arena *a, const struct rhythm *r)
{
	char first[DAY_STRLEN], last[DAY_STRLEN];
	if (r->last == r->until)
		return arena_printf(a, "on %s", day_format(r->last, first));
	return arena_printf(a, "from %s to %s", day_format(r->last, first),
			    day_format(r->until, last));
}

/* Its last mail failed, whenever that was. */
static void failed_last(struct making *m, struct todo *t, const struct sender *s)
{
	t->messages = s->rhythm.messages;
	t->title = arena_printf(m->a, "%s: failed when last seen: is it yours?", s->name);
	t->text =
	    arena_printf(m->a,
			 "Its last mail, %llu messages %s, failed, and it was not seen since. "
			 "%s",
			 (unsigned long long)s->rhythm.messages, last_run(m->a, &s->rhythm),
			 sentence(m->a, t->text));
}

/* It passed, and what let it pass was taken out since. */
static void passed_last(struct making *m, struct todo *t, const struct sender *s)
{
	char day[DAY_STRLEN];
	t->messages = s->was->rhythm.messages ? s->was->rhythm.messages : s->was->t.messages;
	t->title = arena_printf(m->a, "%s: passed when last seen, and would fail now", s->name);
	t->text = arena_printf(m->a, "Its last mail came on %s. %s", day_format(s->last_day, day),
			       sentence(m->a, t->text));
}

static void question(struct making *m, const struct sender *s)
{
	struct todo *t = todo_add(m, TODO_QUESTION, arena_printf(m->a, "question:%s", s->key));
	todo_is_about(m, t, s);
	t->messages = s->aged ? sender_aged_messages(s) : todo_failing(s);
	t->title = arena_printf(m->a, "%s: is it yours?", s->name);
	t->text = s->verdict.remedy.text;
	if (s->change == CHANGE_GONE && s->verdict.category == CAT_AUTHORIZED)
		passed_last(m, t, s);
	else if (s->change == CHANGE_GONE)
		failed_last(m, t, s);
	t->if_yours = s->verdict.remedy.if_yours;
	t->readings = s->verdict.remedy.readings;
	t->n_readings = s->verdict.remedy.n_readings;
	todo_label(m, t, s);
}

/* Has its first address the forward-confirmed name of a server? */
static bool is_named(const struct sender *s)
{
	const struct sender_source *x = s->sources;
	return x->ptr && !ptr_is_generic(x->ptr, &x->ip);
}

/* Questions about what looks alike are one: the same service, the same network, or addresses of
 * which nothing has a name. */
static const char *look_of(struct arena *a, const struct sender *s)
{
	char text[IP_STRLEN];
	if (s->service)
		return s->service->key;
	if (s->n_sources == 0)
		return s->key;
	if (!is_named(s))
		return "";
	struct ip net = ip_network(&s->sources[0].ip, s->sources[0].ip.family == 4 ? 16 : 48);
	return arena_strdup(a, ip_format(&net, text));
}

/* A machine that has a name in our domain, and may be somebody else's (sender/given.h). */
static bool is_given(const struct sender *s)
{
	return s->named_ours && !s->ties_any && strncmp(s->key, "host:", 5) == 0;
}

/* Machines of one organisation, that one record names. */
static bool share_record(const struct sender *s, const struct sender *other)
{
	const struct record_change *c = s->verdict.remedy.if_yours;
	return c && c == other->verdict.remedy.if_yours;
}

/* What something of ours speaks for is asked about by itself, but for our own way out, for machines
 * of one organisation, and for those with names that we give. */
static bool are_alike(struct arena *a, const struct sender *s, const struct sender *other)
{
	if (is_given(s) || is_given(other))
		return is_given(s) && is_given(other);
	bool same_way = (s->way_out && other->way_out) || share_record(s, other);
	return ((!s->hinted && !other->hinted) || same_way) &&
	       (share_record(s, other) || strcmp(look_of(a, s), look_of(a, other)) == 0);
}

#define NAMED_MAX 5 /* machines that one question names */

static const char *given_text(struct arena *a, const struct todo *t)
{
	const char *list = "";
	size_t n = t->n_senders;
	for (size_t i = 0; i < n && i < NAMED_MAX; i++)
		list = arena_printf(a, "%s%s%s (%llu messages)", list, i > 0 ? ", " : "",
				    t->senders[i]->name,
				    (unsigned long long)todo_failing(t->senders[i]));
	return arena_printf(
	    a,
	    "are these machines yours, or those of customers, students or visitors: %s%s? Each is "
	    "answered for by itself. A machine of yours should send through your mail server, or "
	    "be named in the SPF record; one of theirs should not send as you at all",
	    list, n > NAMED_MAX ? arena_printf(a, " and %zu more", n - NAMED_MAX) : "");
}

/* With a question that is there already: one about what looks alike, or, where there are many, the
 * last one. Those with most messages come first. */
static bool is_told(const struct making *m, const struct sender *s)
{
	struct todo *last = NULL;
	unsigned n = 0;
	for (size_t i = 0; i < m->out->n; i++) {
		struct todo *t = &m->out->list[i];
		if (t->kind != TODO_QUESTION || t->n_senders == 0)
			continue;
		n++;
		const struct sender *other = t->senders[0];
		if (!s->hinted && !other->hinted)
			last = t;
		if (t->n_senders > 50 || !are_alike(m->a, s, other))
			continue;
		bool one = share_record(s, other);
		todo_join(m, t, s,
			  one ? "%s and %zu more of one organisation: are they yours?"
			      : "%s and %zu more that look alike: are they yours?");
		t->if_yours = one ? other->verdict.remedy.if_yours : NULL;
		if (is_given(s))
			t->text = given_text(m->a, t);
		todo_label(m, t, s);
		return true;
	}
	if (n < QUESTIONS_MAX || s->hinted || !last)
		return false;
	todo_join(m, last, s, "%s and %zu more that send less: are they yours?");
	return true;
}

void todo_ask(struct making *m, const struct sender *s)
{
	if (!is_told(m, s))
		question(m, s);
}

/* Is another new record of the name shown? Whoever publishes the one loses what the other adds. */
static bool is_shown_again(const struct todo_list *l, const struct todo *t)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct todo *x = &l->list[i];
		const struct record_change *c = x->record ? x->record : x->if_yours;
		if (x != t && c && c->after && strcmp(c->name, t->if_yours->name) == 0 &&
		    strcmp(c->after, t->if_yours->after) != 0)
			return true;
	}
	return false;
}

void todo_one_record(struct making *m)
{
	bool *again = arena_alloc(m->a, (m->out->n + 1) * sizeof *again);
	for (size_t i = 0; i < m->out->n; i++) {
		const struct todo *t = &m->out->list[i];
		again[i] = t->kind == TODO_QUESTION && t->if_yours && *t->if_yours->terms &&
			   is_shown_again(m->out, t);
	}
	for (size_t i = 0; i < m->out->n; i++) {
		struct todo *t = &m->out->list[i];
		if (!again[i])
			continue;
		t->text =
		    arena_printf(m->a, "%s If it is yours, add %s to the SPF record of %s",
				 sentence(m->a, t->text), t->if_yours->terms, t->if_yours->name);
		t->if_yours = NULL;
	}
}

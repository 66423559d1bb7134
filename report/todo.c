#include "report/todo.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "report/making.h"
#include "report/sender/knowledge.h"
#include "report/sender/sentence.h"

#define LOOK_BACK     62 /* days in which what failed last gets its edit */
#define DUTY_MESSAGES 10 /* fewer are no sender that has to sign */

const char *const todo_kind_names[TODO_KIND_COUNT] = {
    [TODO_ZONE_FAULT] = "zone_fault",   [TODO_OWN_FAILING] = "own_failing",
    [TODO_OWN_REFUSED] = "own_refused", [TODO_ABUSE] = "abuse",
    [TODO_QUESTION] = "question",       [TODO_DUTY] = "duty",
    [TODO_FORGED] = "forged",
};

const char *const todo_kind_words[TODO_KIND_COUNT] = {
    [TODO_ZONE_FAULT] = "DNS",
    [TODO_OWN_FAILING] = "your mail fails",
    [TODO_OWN_REFUSED] = "your mail is refused",
    [TODO_ABUSE] = "suspected abuse",
    [TODO_QUESTION] = "question",
    [TODO_DUTY] = "before p=reject",
    [TODO_FORGED] = "spoofed",
};

struct todo *todo_add(struct making *m, enum todo_kind kind, const char *id)
{
	struct todo *t = &m->out->list[m->out->n++];
	*t = (struct todo){.id = id, .kind = kind};
	return t;
}

void todo_is_about(struct making *m, struct todo *t, const struct sender *s)
{
	const struct sender **list = arena_alloc(m->a, sizeof *list);
	*list = s;
	t->senders = list;
	t->n_senders = 1;
}

/* ---- the kinds ---- */

static const struct sender *sender_named(const struct making *m, const char *key)
{
	for (size_t i = 0; key && i < m->n; i++)
		if (strcmp(m->senders[i].key, key) == 0)
			return &m->senders[i];
	return NULL;
}

static void zone_fault(struct making *m, const struct fault *f)
{
	const struct sender *s = sender_named(m, f->about);
	struct todo *t = todo_add(m, f->asks ? TODO_QUESTION : TODO_ZONE_FAULT, f->id);
	if (s)
		todo_is_about(m, t, s);
	t->weight = f->asks ? 0 : (int)f->weight;
	t->messages = f->messages;
	t->title = f->title;
	t->text = f->text;
	t->record = f->asks ? NULL : f->change;
	t->if_yours = f->asks ? f->change : NULL;
}

/* Whom the same fault of a record makes fail is told with the first of them. */
static bool joins_fault(const struct making *m, const struct sender *s)
{
	const struct remedy *r = &s->verdict.remedy;
	bool by_fault = r->kind == REMEDY_SPF_REPAIR || r->kind == REMEDY_DNS_REPAIR;
	for (size_t i = 0; by_fault && i < m->out->n; i++) {
		struct todo *t = &m->out->list[i];
		if ((t->kind != TODO_OWN_FAILING && t->kind != TODO_OWN_REFUSED) ||
		    strcmp(t->text, r->text) != 0)
			continue;
		todo_join(m, t, s, "%s and %zu more: broken");
		return true;
	}
	return false;
}

static void own_failing(struct making *m, const struct sender *s)
{
	if (joins_fault(m, s))
		return;
	bool refused = 2 * (s->t.rejected + s->t.quarantined) > todo_failing(s);
	enum todo_kind kind = refused ? TODO_OWN_REFUSED : TODO_OWN_FAILING;
	struct todo *t = todo_add(m, kind, arena_printf(m->a, "own:%s", s->key));
	todo_is_about(m, t, s);
	t->messages = todo_failing(s);
	t->title = arena_printf(m->a, "%s: %s", s->name, category_words[s->verdict.category]);
	t->text = s->verdict.remedy.text;
	t->record = s->verdict.remedy.change;
}

/* An edit of each further envelope-sender domain of ours. */
static void own_parts(struct making *m, const struct sender *s)
{
	struct todo *first = &m->out->list[m->out->n - 1];
	for (unsigned i = 0; i < s->verdict.remedy.n_parts; i++) {
		const struct remedy_part *p = &s->verdict.remedy.parts[i];
		const char *name = p->change->name;
		struct todo *t =
		    todo_add(m, first->kind, arena_printf(m->a, "own:%s@%s", s->key, name));
		todo_is_about(m, t, s);
		t->messages = p->messages;
		first->messages -= p->messages < first->messages ? p->messages : first->messages;
		t->title = arena_printf(m->a, "%s: missing from SPF of %s, too", s->name, name);
		t->text =
		    arena_printf(m->a,
				 "It also sends with an envelope sender in %s, which has an SPF "
				 "record of its own. Add %s there",
				 name, p->change->terms);
		t->record = p->change;
	}
}

/* Monthly, seasonal: it failed when it was last seen. */
static void gone_failing(struct making *m, const struct sender *s)
{
	char day[DAY_STRLEN];
	if (!sender_failed_last(s))
		return;
	double last = 0;
	for (size_t i = 0; i < s->was->n_facts; i++)
		daily_add(s->was->facts[i], s->last_day, &last, 1);
	struct todo *t = todo_add(m, TODO_OWN_FAILING, arena_printf(m->a, "own:%s", s->key));
	todo_is_about(m, t, s);
	t->messages = (uint64_t)(last + 0.5);
	t->title = arena_printf(m->a, "%s: failed when last seen", s->name);
	t->text = arena_printf(m->a,
			       "Its last mail, %.0f messages on %s, failed, and it was not seen "
			       "since. Before its next run: %s",
			       last, day_format(s->last_day, day),
			       sentence(m->a, s->was->verdict.remedy.text));
	if (m->today - s->last_day <= LOOK_BACK)
		t->record = s->was->verdict.remedy.change;
}

static void bounces(struct making *m, const struct sender *s)
{
	struct todo *t = todo_add(m, TODO_OWN_FAILING, arena_printf(m->a, "bounces:%s", s->key));
	todo_is_about(m, t, s);
	t->messages = s->bounces;
	t->title = arena_printf(m->a, "%s: bounces and auto-replies fail", s->name);
	t->text = s->verdict.remedy.text;
	t->record = s->verdict.remedy.change;
}

void todo_join(const struct making *m, struct todo *t, const struct sender *s, const char *title)
{
	const struct sender **list = arena_alloc(m->a, (t->n_senders + 1) * sizeof *list);
	memcpy(list, t->senders, t->n_senders * sizeof *list);
	list[t->n_senders++] = s;
	t->senders = list;
	t->messages += todo_failing(s);
	t->if_yours = NULL;
	t->title = arena_printf(m->a, title, t->senders[0]->name, t->n_senders - 1);
}

static const char *spike_of(const struct sender *s)
{
	for (unsigned i = 0; i < s->n_evidence; i++)
		if (strcmp(s->evidence[i].code, "N_SPIKE") == 0)
			return s->evidence[i].text;
	return NULL;
}

/* One message of ours, sent again from many networks, is one thing. */
static bool joins_replay(struct making *m, const struct sender *s)
{
	for (size_t i = 0; i < m->out->n && !spike_of(s); i++) {
		struct todo *t = &m->out->list[i];
		if (t->kind != TODO_ABUSE || spike_of(t->senders[0]) ||
		    strcmp(t->text, s->verdict.remedy.text) != 0)
			continue;
		todo_join(m, t, s, "%s and %zu more: suspected abuse");
		t->messages += s->t.messages - todo_failing(s);
		return true;
	}
	return false;
}

static void abuse(struct making *m, const struct sender *s)
{
	const char *spike = spike_of(s);
	if (joins_replay(m, s))
		return;
	struct todo *t = todo_add(m, TODO_ABUSE, arena_printf(m->a, "abuse:%s", s->key));
	todo_is_about(m, t, s);
	t->messages = s->t.messages;
	t->title = arena_printf(m->a, "%s: %s", s->name,
				s->label && s->label->verdict == LABEL_DENY
				    ? "denied by you, and it passes"
				    : "suspected abuse");
	t->text = s->verdict.remedy.text;
	if (spike)
		t->text =
		    arena_printf(m->a, "%s %s", sentence(m->a, spike), sentence(m->a, t->text));
	todo_label(m, t, s); /* "it was us" is an answer, too */
}

/* It passes, but for one receiver. */
static void at_one_receiver(struct making *m, const struct sender *s)
{
	struct todo *t = todo_add(m, TODO_OWN_FAILING, arena_printf(m->a, "receiver:%s", s->key));
	todo_is_about(m, t, s);
	t->messages = s->receiver_messages;
	t->title = arena_printf(m->a, "%s: fails at one receiver", s->name);
	t->text = s->receiver;
}

static void duty(struct making *m, const struct sender *s)
{
	struct todo *t = todo_add(m, TODO_DUTY, arena_printf(m->a, "duty:%s", s->key));
	todo_is_about(m, t, s);
	const struct remedy *r = &s->verdict.remedy;
	bool broken = r->kind == REMEDY_DKIM_REPAIR;
	t->messages = r->messages ? r->messages : s->t.messages;
	t->title = arena_printf(m->a, broken ? "%s: DKIM signature fails" : "%s: no DKIM", s->name);
	t->text = s->verdict.remedy.text;
}

#define REFUSED_SHARE 2 /* per cent of the owner's mail: so much that is put aside is told */

/* Recipients whose filter changes the mail before their mail host checks it. */
static void filters_break(struct making *m, const struct sender *most, uint64_t broken,
			  const char *now)
{
	struct todo *t = todo_add(m, TODO_DUTY, "lists");
	todo_is_about(m, t, most);
	t->messages = broken;
	t->title = "mail through recipients' filters fails";
	t->text = arena_printf(
	    m->a,
	    "It is your mail to recipients who are behind a filter, most of it at %s: the filter "
	    "changes it, or hides where it came from, before their mail host checks it. %sWith "
	    "p=reject it is refused there. Their administrators must let the mail host trust the "
	    "filter (at Microsoft 365: enhanced filtering for connectors, or a trusted ARC sealer)",
	    most->name, now);
}

/* Lists and forwarders that break so much of the owner's mail that p=reject would be felt. */
static void lists_break(struct making *m, const struct sender *const *order)
{
	const struct sender *most = NULL; /* who comes first fails most */
	uint64_t legit = 0, broken = 0, filtered = 0, refused = 0;
	for (size_t i = 0; i < m->n; i++) {
		const struct sender *s = order[i];
		legit += sender_is_legit(s) && s->change != CHANGE_GONE ? s->t.messages : 0;
		if (s->verdict.category != CAT_FORWARDER || s->change == CHANGE_GONE ||
		    todo_failing(s) == 0)
			continue;
		broken += todo_failing(s);
		filtered += sender_is_filter(s) ? todo_failing(s) : 0;
		refused += s->t.rejected + s->t.quarantined;
		most = most ? most : s;
	}
	bool felt = refused >= DUTY_MESSAGES && 100 * refused > REFUSED_SHARE * legit;
	if (!most || broken < DUTY_MESSAGES || (100 * broken <= TODO_LISTS_SHARE * legit && !felt))
		return;
	const char *now = refused ? arena_printf(m->a, "%llu of them were put aside already. ",
						 (unsigned long long)refused)
				  : "";
	if (2 * filtered > broken) {
		filters_break(m, most, broken, now);
		return;
	}
	struct todo *t = todo_add(m, TODO_DUTY, "lists");
	todo_is_about(m, t, most);
	t->messages = broken;
	t->title = "mail through lists and forwarders fails";
	t->text =
	    arena_printf(m->a,
			 "It is your mail, and what hands it on breaks it: most at %s. %sWith "
			 "p=reject it would be lost. Sign everything with DKIM, which plain "
			 "forwarding keeps; ask the owner of a list to have From rewritten; "
			 "where people write to lists, RFC 9989 section 7.4 advises against "
			 "p=reject: let them write from a subdomain with a policy of its own",
			 most->name, now);
}

/* ---- order ---- */

static int rank(enum todo_kind kind)
{
	return kind == TODO_OWN_REFUSED ? TODO_OWN_FAILING : (int)kind;
}

static int worst_first(const void *x, const void *y)
{
	const struct todo *a = x, *b = y;
	if (rank(a->kind) != rank(b->kind))
		return rank(a->kind) - rank(b->kind);
	if (a->weight != b->weight)
		return b->weight - a->weight;
	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	return strcmp(a->id, b->id);
}

static int by_failing(const void *x, const void *y)
{
	const struct sender *const *a = x, *const *b = y;
	uint64_t m = todo_failing(*a), n = todo_failing(*b);
	return m != n ? (m < n) - (m > n) : strcmp((*a)->key, (*b)->key);
}

static void each_sender(struct making *m, const struct sender *s)
{
	enum category c = s->verdict.category;
	if (s->label && s->label->verdict == LABEL_IGNORE)
		return;
	if (c == CAT_AUTHORIZED && s->receiver)
		at_one_receiver(m, s);
	bool asked = s->verdict.remedy.kind == REMEDY_CONFIRM;
	bool denied = s->label && s->label->verdict == LABEL_DENY &&
		      2 * tally_judged_pass(&s->t) > s->t.messages;
	if (s->change == CHANGE_GONE && !asked) {
		gone_failing(m, s);
	} else if (asked) {
		todo_ask(m, s);
	} else if (c == CAT_SUSPECT_ABUSE || denied) {
		abuse(m, s);
	} else if (c == CAT_LEGIT_SPF_MISSING || c == CAT_LEGIT_UNALIGNED ||
		   c == CAT_LEGIT_BROKEN) {
		if (s->verdict.remedy.kind != REMEDY_NONE) {
			own_failing(m, s);
			own_parts(m, s);
		}
	} else if (c == CAT_AUTHORIZED && s->verdict.remedy.kind == REMEDY_SPF_PUBLISH) {
		bounces(m, s);
	} else if (c == CAT_AUTHORIZED && s->t.messages >= DUTY_MESSAGES &&
		   (s->verdict.remedy.kind == REMEDY_DKIM_ENABLE ||
		    s->verdict.remedy.kind == REMEDY_DKIM_REPAIR)) {
		duty(m, s);
	}
}

static const char *counted(struct making *m, uint64_t n, const char *what, const char *whose)
{
	return arena_printf(m->a, "%llu%s message%s%s", (unsigned long long)n, what,
			    n == 1 ? "" : "s", whose);
}

struct strangers {
	uint64_t spoofed, unknown;
	uint64_t hidden; /* by a label: that is no word about whose it is */
	size_t sources;
};

static struct strangers count_strangers(const struct sender *senders, size_t n)
{
	struct strangers out = {0};
	for (size_t i = 0; i < n; i++) {
		const struct sender *s = &senders[i];
		bool open = s->verdict.category == CAT_UNKNOWN &&
			    s->verdict.remedy.kind != REMEDY_CONFIRM && todo_failing(s) > 0;
		if (s->change == CHANGE_GONE || (s->verdict.category != CAT_UNAUTHORIZED && !open))
			continue;
		if (open && sender_is_ignored(s)) {
			out.hidden += todo_failing(s);
			continue;
		}
		*(open ? &out.unknown : &out.spoofed) += todo_failing(s);
		out.sources += s->n_sources;
	}
	return out;
}

static void forged(struct making *m, const struct sender *senders, size_t n)
{
	const struct strangers x = count_strangers(senders, n);
	if (x.spoofed + x.unknown + x.hidden == 0)
		return;
	struct todo *t = todo_add(m, TODO_FORGED, "forged");
	t->messages = x.spoofed + x.unknown + x.hidden;
	t->title = "mail in your name from strangers";
	const char *spoofed = x.spoofed ? counted(m, x.spoofed, " spoofed", "") : "";
	const char *others = x.unknown ? counted(m, x.unknown, "", " from unknown senders") : "";
	const char *hidden =
	    x.hidden ? arena_printf(m->a, "%s fail: whose they are is open",
				    counted(m, x.hidden, "", " from senders that a label hides"))
		     : "";
	t->text = x.spoofed + x.unknown == 0
		      ? hidden
		      : arena_printf(m->a,
				     "%s%s%s (%zu address%s): nothing ties them to you. No change "
				     "of yours is needed: with p=reject receivers refuse such "
				     "mail%s%s",
				     spoofed, *spoofed && *others ? " and " : "", others, x.sources,
				     x.sources == 1 ? "" : "es", *hidden ? ". " : ".", hidden);
}

void todo_make(const char *domain, int32_t until, const struct remedies *remedies,
	       const struct sender *senders, size_t n, struct arena *a, struct todo_list *out)
{
	struct making m = {
	    .domain = domain, .a = a, .out = out, .today = until, .senders = senders, .n = n};
	size_t room = 2 * n + remedies->n_faults + 2; /* at one receiver, and a duty */
	for (size_t i = 0; i < n; i++)
		room += senders[i].verdict.remedy.n_parts;
	*out = (struct todo_list){.list = arena_alloc(a, room * sizeof *out->list)};
	for (size_t i = 0; i < remedies->n_faults; i++)
		zone_fault(&m, &remedies->faults[i]);
	const struct sender **order = arena_alloc(a, (n + 1) * sizeof *order);
	for (size_t i = 0; i < n; i++)
		order[i] = &senders[i];
	qsort(order, n, sizeof *order, by_failing);
	for (size_t i = 0; i < n; i++)
		each_sender(&m, order[i]);
	lists_break(&m, order);
	todo_one_record(&m);
	if (remedies->judged) /* without DNS nobody is called a stranger */
		forged(&m, senders, n);
	for (size_t i = 0; i < out->n; i++)
		out->list[i].text = sentence(a, out->list[i].text);
	qsort(out->list, out->n, sizeof *out->list, worst_first);
}

static bool is_of(const struct todo *t, enum category category)
{
	for (size_t i = 0; i < t->n_senders; i++)
		if (t->senders[i]->verdict.category == category)
			return true;
	return t->kind == TODO_FORGED && category == CAT_UNAUTHORIZED;
}

void todo_narrow(struct todo_list *list, enum category category)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->n; i++) {
		if (is_of(&list->list[i], category))
			list->list[kept++] = list->list[i];
		else
			list->hidden += list->list[i].kind != TODO_FORGED;
	}
	list->n = kept;
}

size_t todo_count(const struct todo_list *list)
{
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++)
		n += list->list[i].kind != TODO_FORGED;
	return n;
}

size_t todo_about(const struct todo_list *list, const struct sender *s)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < list->list[i].n_senders; k++)
			if (strcmp(list->list[i].senders[k]->key, s->key) == 0)
				return i + 1;
	return 0;
}

/* Did it take? Records that were offered, from the day of the offer to mail that passes. */
#include "report/watch/priv.h"

#define PROOF_MESSAGES 10
#define PROOF_SHARE    95.0
#define PATIENCE       7 /* days with the record, after which it should have helped */
#define MISSING_DAYS   3 /* not offered any more on so many: it is no advice any more */

static void change_to(struct day *d, struct live_offer *o, enum offer state)
{
	o->r.state = state;
	o->r.since = d->in->day;
	o->touched = true;
}

/* Is word one of those in text, parted by blanks? */
static bool has_word(const char *text, const char *word, size_t n)
{
	for (const char *at = text; *at; at += strcspn(at, " ")) {
		at += strspn(at, " ");
		size_t len = strcspn(at, " ");
		if (len == n && memcmp(at, word, n) == 0)
			return true;
	}
	return false;
}

/* All of the edit's words in one record of the name. */
static bool is_in(const char *record, const char *edit)
{
	for (const char *at = edit; *at; at += strcspn(at, " ")) {
		at += strspn(at, " ");
		size_t n = strcspn(at, " ");
		if (n > 0 && !has_word(record, at, n))
			return false;
	}
	return true;
}

static bool is_published(const struct day *d, const struct judged_remedy *r)
{
	if (!d->in->view)
		return false;
	const struct dns_answer *answer = dns_ask(d->in->view, r->name, DNS_TXT);
	if (answer->outcome != DNS_OK)
		return false;
	for (size_t i = 0; i < answer->n; i++)
		if (is_in(answer->texts[i].data, r->edit))
			return true;
	return false;
}

static bool is_live(const struct live_offer *o)
{
	return o->r.state != OFFER_WITHDRAWN;
}

static const char *edit_of(const struct record_change *c)
{
	return c->terms && c->terms[0] ? c->terms : c->after;
}

/* ---- what is offered today ---- */

static const char *senders_of(const struct day *d, const struct todo *t)
{
	const char *all = "";
	for (size_t i = 0; i < t->n_senders; i++) {
		const char *key = subject_of(t->senders[i], d->a);
		if (!has_word(all, key, strlen(key)))
			all = TEXT(d, "%s%s%s", all, all[0] ? " " : "", key);
	}
	return all;
}

static struct live_offer *find(const struct day *d, const char *name, const char *edit)
{
	for (size_t i = 0; i < d->m->offers.n; i++) {
		struct live_offer *o = &d->m->offers.list[i];
		if (is_live(o) && strcmp(o->r.name, name) == 0 && strcmp(o->r.edit, edit) == 0)
			return o;
	}
	return NULL;
}

static void offer(struct day *d, const struct todo *t)
{
	const char *edit = edit_of(t->record);
	struct live_offer *o = find(d, t->record->name, edit);
	if (o) {
		o->missing = 0;
		o->again = true;
		return;
	}
	o = LIST_ADD(&d->m->offers, d->a);
	*o = (struct live_offer){.r = {.name = t->record->name,
				       .edit = edit,
				       .offered = d->in->day,
				       .state = OFFER_MADE,
				       .since = d->in->day,
				       .seen = NO_DAY,
				       .senders = senders_of(d, t),
				       .before = t->record->before,
				       .after = t->record->after},
				 .again = true,
				 .touched = true};
}

/* ---- what becomes of it ---- */

static void add_mail(const struct day *d, struct judged_remedy *r)
{
	for (const char *at = r->senders; *at; at += strcspn(at, " ")) {
		at += strspn(at, " ");
		const struct seen_sender *s = seen_of(d, at, strcspn(at, " "));
		if (s) {
			r->messages += s->count.messages;
			r->passed += s->passed;
		}
	}
}

static void follow(struct day *d, struct live_offer *o)
{
	struct judged_remedy *r = &o->r;
	if (r->state == OFFER_MADE) {
		if (is_published(d, r)) {
			r->seen = d->in->day;
			change_to(d, o, OFFER_SEEN);
		} else if (!o->again && ++o->missing >= MISSING_DAYS) {
			change_to(d, o, OFFER_WITHDRAWN);
		}
		return;
	}
	if (!is_live(o) || d->in->day <= r->seen)
		return;
	uint64_t before = r->messages;
	add_mail(d, r);
	o->touched = o->touched || r->messages != before;
	bool enough = r->messages >= PROOF_MESSAGES;
	bool passes = share(r->passed, r->messages) >= PROOF_SHARE;
	if (enough && passes && r->state != OFFER_PROVEN)
		change_to(d, o, OFFER_PROVEN);
	else if (enough && !passes && d->in->day - r->seen >= PATIENCE && r->state == OFFER_SEEN)
		change_to(d, o, OFFER_INEFFECTIVE);
}

static void put_offers(struct day *d)
{
	struct judged_remedy *list = arena_alloc(d->a, (d->m->offers.n + 1) * sizeof *list);
	size_t n = 0;
	for (size_t i = 0; i < d->m->offers.n; i++) {
		const struct live_offer *o = &d->m->offers.list[i];
		if (!o->touched && !d->in->first)
			continue;
		list[n] = o->r;
		list[n++].domain = d->out->domain;
	}
	d->out->remedies = list;
	d->out->n_remedies = n;
}

void follow_offers(struct day *d)
{
	const struct todo_list *list = d->in->r->inventory->todo;
	for (size_t i = 0; i < list->n; i++)
		if (list->list[i].record)
			offer(d, &list->list[i]);
	for (size_t i = 0; i < d->m->offers.n; i++)
		follow(d, &d->m->offers.list[i]);
	put_offers(d);
}

#include "report/one_record.h"

#include <stdlib.h>
#include <string.h>

struct proposal {
	struct domain_inventory *of;
	const struct record_change *change;
	size_t distance; /* labels from the domain to the name; SIZE_MAX: not below it */
};

struct proposals {
	struct proposal *list;
	size_t n, room;
};

static size_t distance(const char *name, const char *domain)
{
	size_t n = strlen(name), m = strlen(domain), labels = 0;
	if (n < m || strcmp(name + n - m, domain) != 0 || (n > m && name[n - m - 1] != '.'))
		return SIZE_MAX;
	for (size_t i = 0; i < n - m; i++)
		labels += name[i] == '.';
	return labels;
}

static void propose(struct proposals *p, struct domain_inventory *d, const struct record_change *c,
		    struct arena *a)
{
	if (!c || !c->after)
		return;
	if (p->n == p->room) {
		struct proposal *more = arena_alloc(a, (2 * p->room + 16) * sizeof *more);
		if (p->n > 0)
			memcpy(more, p->list, p->n * sizeof *more);
		p->list = more;
		p->room = 2 * p->room + 16;
	}
	p->list[p->n++] = (struct proposal){d, c, distance(c->name, d->domain)};
}

static int nearest_first(const void *x, const void *y)
{
	const struct proposal *a = x, *b = y;
	int order = strcmp(a->change->name, b->change->name);
	if (order == 0)
		order = (a->distance > b->distance) - (a->distance < b->distance);
	return order ? order : strcmp(a->of->domain, b->of->domain);
}

static const char *told(struct arena *a, const char *text, const struct record_change *c,
			const char *domain)
{
	if (!*c->terms)
		return arena_printf(a, "%s The new record of %s is shown for %s.", text, c->name,
				    domain);
	return arena_printf(a, "%s The new record of %s is shown for %s: add %s to that one.", text,
			    c->name, domain, c->terms);
}

static void withdraw(const struct proposal *p, const char *domain, struct arena *a)
{
	struct domain_inventory *d = p->of;
	const char *name = p->change->name;
	for (size_t i = 0; i < d->n_senders; i++) {
		struct remedy *r = &d->senders[i].verdict.remedy;
		if (!r->change || strcmp(r->change->name, name) != 0)
			continue;
		r->text = told(a, r->text, r->change, domain);
		r->change = NULL;
	}
	for (size_t i = 0; i < d->todo->n; i++) {
		struct todo *t = &d->todo->list[i];
		if (!t->record || strcmp(t->record->name, name) != 0)
			continue;
		t->text = told(a, t->text, t->record, domain);
		t->record = NULL;
	}
}

void one_record(struct domain_inventory *domains, size_t n, struct arena *a)
{
	struct proposals p = {0};
	for (size_t i = 0; n > 1 && i < n; i++)
		for (size_t k = 0; k < domains[i].todo->n; k++)
			propose(&p, &domains[i], domains[i].todo->list[k].record, a);
	if (p.n < 2)
		return;
	qsort(p.list, p.n, sizeof *p.list, nearest_first);
	for (size_t i = 1, first = 0; i < p.n; i++) {
		const struct proposal *stays = &p.list[first], *x = &p.list[i];
		if (strcmp(stays->change->name, x->change->name) != 0)
			first = i;
		else if (x->of != stays->of && strcmp(stays->change->after, x->change->after) != 0)
			withdraw(x, stays->of->domain, a);
	}
}

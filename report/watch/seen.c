/* What the facts of the window say of one day: who sent how much of it, and how it fared. */
#include <stdlib.h>

#include "core/day.h"
#include "report/sender/group.h"
#include "report/watch/priv.h"

const char *subject_of(const struct sender *s, struct arena *a)
{
	return arena_strndup(a, s->key, group_base_len(s->key));
}

/* What each reporter saw of a sender on the day. */
struct saw {
	double messages, failing;
};

struct tally_of_day {
	double messages, failing, refused;
	struct saw *by;
	size_t n_by;
};

/* Of what a witness saw on several days, the day has its share. */
static double on_day(const struct fact *f, const struct fact_witness *w, int32_t day)
{
	if (month_of_day(day) != f->month)
		return 0;
	uint32_t bit = UINT32_C(1) << (day - month_first_day(f->month));
	return w->days & bit ? (double)w->messages / __builtin_popcount(w->days) : 0;
}

static void add_fact(const struct fact *f, const struct dmarc_profile *p, int32_t day,
		     struct tally_of_day *t)
{
	bool fails = p->cell > CELL_P7;
	bool refused = p->disposition.code == W_QUARANTINE || p->disposition.code == W_REJECT;
	for (uint32_t i = 0; i < f->n_witnesses; i++) {
		const struct fact_witness *w = &f->witnesses[i];
		double n = on_day(f, w, day);
		t->messages += n;
		t->failing += fails ? n : 0;
		t->refused += refused ? n : 0;
		if (w->reporter >= t->n_by)
			continue;
		t->by[w->reporter].messages += n;
		t->by[w->reporter].failing += fails ? n : 0;
	}
}

/* Two see it fail, or the one that sees nearly all of the sender. */
static bool is_counted(const struct tally_of_day *t)
{
	unsigned failing = 0;
	double most = 0;
	for (size_t i = 0; i < t->n_by; i++) {
		failing += t->by[i].failing > 0;
		if (t->by[i].failing > 0 && t->by[i].messages > most)
			most = t->by[i].messages;
	}
	return failing >= 2 || (failing == 1 && most > 0.9 * t->messages);
}

static uint64_t whole(double v)
{
	return (uint64_t)(v + 0.5);
}

static void merge(struct seen_sender *s, const struct sender *of, const struct tally_of_day *t,
		  bool ours, bool named)
{
	bool nearer = ours && !s->ours;
	if (!s->sender || nearer || (s->ours == ours && of->t.messages > s->sender->t.messages)) {
		s->sender = of;
		s->name = of->name;
	}
	s->ours = s->ours || ours;
	s->named = s->named || named;
	s->count.messages += whole(t->messages);
	s->count.failing += whole(t->failing);
	s->count.refused += whole(t->refused);
	s->count.counted = s->count.counted || is_counted(t);
	s->passed = s->count.messages - s->count.failing;
}

static struct seen_sender *entry(struct day *d, const char *key)
{
	for (size_t i = 0; i < d->n_seen; i++)
		if (strcmp(d->seen[i].key, key) == 0)
			return &d->seen[i];
	d->seen[d->n_seen] = (struct seen_sender){.key = key, .count.day = d->in->day};
	return &d->seen[d->n_seen++];
}

const struct seen_sender *seen_of(const struct day *d, const char *key, size_t n)
{
	for (size_t i = 0; i < d->n_seen; i++)
		if (strlen(d->seen[i].key) == n && memcmp(d->seen[i].key, key, n) == 0)
			return &d->seen[i];
	return NULL;
}

static void sum(const struct day *d, const struct sender *s, struct tally_of_day *t)
{
	memset(t->by, 0, t->n_by * sizeof *t->by);
	t->messages = t->failing = t->refused = 0;
	for (size_t i = 0; i < s->n_facts; i++)
		add_fact(s->facts[i], &s->profiles[s->facts[i]->profile], d->in->day, t);
}

/* Those of ours, and of others that something ties to us; what strangers send is a sum. */
void see_senders(struct day *d)
{
	const struct domain_inventory *inv = d->in->r->inventory;
	struct tally_of_day t = {.n_by = d->in->weighed->facts.n_reporters};
	t.by = arena_alloc(d->a, (t.n_by + 1) * sizeof *t.by);
	d->seen = arena_alloc(d->a, (inv->n_senders + 1) * sizeof *d->seen);
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		if (s->change == CHANGE_GONE || sender_is_ignored(s))
			continue;
		sum(d, s, &t);
		bool ours = sender_is_legit(s);
		bool tied = s->ties_any && s->verdict.category != CAT_FORWARDER;
		if (ours) {
			d->out->own += whole(t.messages);
			d->out->own_pass += whole(t.messages) - whole(t.failing);
		}
		if (s->verdict.category == CAT_UNAUTHORIZED)
			d->out->forged += whole(t.messages);
		if (s->verdict.category == CAT_SUSPECT_ABUSE && whole(t.messages) > 0)
			d->m->abuse = d->in->day;
		if (ours || tied)
			merge(entry(d, subject_of(s, d->a)), s, &t, ours, ours || tied);
	}
}

/* ---- the domain's own row ---- */

static const char *ids_of(const struct day *d, enum check_status status)
{
	struct buf b;
	buf_init(&b, 4096);
	for (int i = 0; i < CHECK_COUNT; i++)
		if (d->in->r->checks[i].status == status)
			buf_printf(&b, "%s%s", b.len ? " " : "", d->in->r->checks[i].id);
	const char *ids = arena_strndup(d->a, b.data ? b.data : "", b.len);
	buf_free(&b);
	return ids;
}

static const char *word_of(enum published_policy p)
{
	return p == POLICY_ABSENT ? NULL : published_policy_names[p];
}

/* The first day since when reports show the policy without a break; NO_DAY: none does. */
static int32_t policy_since(const struct day *d)
{
	const char *word = word_of(d->in->r->dmarc.policy);
	int32_t since = INT32_MAX, other = NO_DAY;
	for (unsigned s = 0; word && s < 2; s++) {
		const struct domain_facts *f = &d->in->weighed[s].facts;
		for (size_t i = 0; i < f->n_policies; i++) {
			const struct fact_policy *p = &f->policies[i];
			bool same = p->p.text && strcmp(p->p.text, word) == 0;
			if (same && p->first_day < since)
				since = p->first_day;
			if (!same && p->last_day > other)
				other = p->last_day;
		}
	}
	if (since == INT32_MAX)
		return NO_DAY;
	return other >= since ? other + 1 : since;
}

static void count_todo(struct day *d)
{
	const struct todo_list *list = d->in->r->inventory->todo;
	for (size_t i = 0; i < list->n; i++)
		d->out->questions += list->list[i].kind == TODO_QUESTION;
	d->out->todo = (unsigned)todo_count(list);
}

static void put_senders(struct day *d)
{
	const struct domain_inventory *inv = d->in->r->inventory;
	struct judged_sender *list = arena_alloc(d->a, (inv->n_senders + 1) * sizeof *list);
	size_t n = 0;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		bool stranger =
		    s->verdict.category == CAT_UNAUTHORIZED || s->verdict.category == CAT_UNKNOWN;
		if (s->change == CHANGE_GONE || (stranger && !s->ties_any && !s->label))
			continue;
		list[n++] = (struct judged_sender){
		    .sender = s->key,
		    .name = s->name,
		    .category = category_names[s->verdict.category],
		    .remedy = remedy_names[s->verdict.remedy.kind],
		    .confidence = s->verdict.confidence,
		    .messages = s->t.messages,
		    .dmarc_pass = tally_judged_pass(&s->t),
		    .first_day = s->first_day,
		    .last_day = s->last_day,
		};
	}
	d->out->senders = list;
	d->out->n_senders = n;
}

static void totals_of_day(struct day *d)
{
	const struct domain_facts *raw = d->in->raw;
	for (size_t i = 0; i < raw->n_days; i++)
		if (raw->days[i].day == d->in->day) {
			d->out->messages = raw->days[i].messages;
			d->out->dmarc_pass = raw->days[i].dmarc_pass;
		}
	if (raw->n_days > 0)
		d->out->newest_report = raw->days[raw->n_days - 1].day;
}

void see_domain(struct day *d)
{
	const struct readiness *r = d->in->r;
	struct judged_day *out = d->out;
	bool here = r->dmarc.found == FOUND_HERE;
	*out = (struct judged_day){
	    .domain = r->domain,
	    .day = d->in->day,
	    .verdict = verdict_names[r->verdict],
	    .parked = r->parked,
	    .fails = ids_of(d, CHECK_FAIL),
	    .warns = ids_of(d, CHECK_WARN),
	    .p = word_of(r->dmarc.policy),
	    .sp = here ? word_of(r->dmarc.record.sp) : NULL,
	    .np = here ? word_of(r->dmarc.record.np) : NULL,
	    .policy_since = policy_since(d),
	    .reports = d->in->reports,
	    .reporters = d->in->reporters,
	    .newest_report = NO_DAY,
	    .next_step = r->next.record ? r->next.record : r->next.text,
	    .dns_day = d->in->dns_day,
	    .basis = d->in->basis,
	};
	totals_of_day(d);
	count_todo(d);
	put_senders(d);
}

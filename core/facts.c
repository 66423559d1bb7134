#include "core/facts.h"

#include "core/day.h"

struct window window_span(const struct window *windows, size_t n)
{
	struct window all = windows[0];
	for (size_t i = 1; i < n; i++) {
		all.since = windows[i].since < all.since ? windows[i].since : all.since;
		all.until = windows[i].until > all.until ? windows[i].until : all.until;
	}
	return all;
}

struct window window_of_month(struct window w, int32_t month)
{
	int32_t first = month_first_day(month), next = month_first_day(month + 1);
	return (struct window){w.since > first ? w.since : first, w.until < next ? w.until : next};
}

int32_t fact_first_day(const struct fact *f)
{
	return month_first_day(f->month) + (f->days ? __builtin_ctz(f->days) : 0);
}

int32_t fact_last_day(const struct fact *f)
{
	return month_first_day(f->month) + 31 - __builtin_clz(f->days | 1);
}

size_t domain_facts_find(const struct domain_facts *d, const struct ip *ip)
{
	size_t low = 0, high = d->n_facts;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (ip_cmp(&d->facts[mid].source, ip) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < d->n_facts && ip_cmp(&d->facts[low].source, ip) == 0 ? low : d->n_facts;
}

bool domain_facts_has(const struct domain_facts *d, const struct ip *ip)
{
	return domain_facts_find(d, ip) < d->n_facts;
}

static void spread(double messages, uint32_t days, int32_t at, double *by_day, size_t n)
{
	double each = messages / (days ? __builtin_popcount(days) : 1);
	for (uint32_t bits = days ? days : 1; bits; bits &= bits - 1) {
		int32_t day = at + __builtin_ctz(bits);
		if (day >= 0 && (size_t)day < n)
			by_day[day] += each;
	}
}

void daily_add(const struct fact *f, int32_t first, double *by_day, size_t n)
{
	int32_t at = month_first_day(f->month) - first;
	for (uint32_t k = 0; k < f->n_witnesses; k++)
		spread((double)f->witnesses[k].messages, f->witnesses[k].days, at, by_day, n);
}

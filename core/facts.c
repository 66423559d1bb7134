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

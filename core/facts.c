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

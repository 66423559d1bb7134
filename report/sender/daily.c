#include "report/sender/daily.h"

#include "core/day.h"

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

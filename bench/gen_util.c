/* gen_util.c - numbers and growing text for the generator. See gen.h. */
#include "bench/gen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

void prng_seed(struct prng *p, uint64_t seed)
{
	p->x = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	for (int i = 0; i < 4; i++)
		(void)prng_next(p);
}

uint64_t prng_next(struct prng *p)
{
	p->x ^= p->x >> 12;
	p->x ^= p->x << 25;
	p->x ^= p->x >> 27;
	return p->x * UINT64_C(0x2545f4914f6cdd1d);
}

unsigned prng_below(struct prng *p, unsigned n)
{
	return (unsigned)(((prng_next(p) >> 32) * n) >> 32);
}

double prng_unit(struct prng *p)
{
	return (double)((prng_next(p) >> 11) + 1) / 9007199254740992.0;
}

unsigned prng_skewed(struct prng *p, unsigned n)
{
	double u = prng_unit(p);
	unsigned i = (unsigned)(u * u * u * n);
	return i < n ? i : n - 1;
}

void text_clear(struct text *t)
{
	t->len = 0;
}

static void text_room(struct text *t, size_t more)
{
	if (t->cap - t->len >= more)
		return;
	size_t cap = t->cap ? t->cap : 4096;
	while (cap - t->len < more)
		cap *= 2;
	char *data = realloc(t->data, cap);
	if (!data)
		die("out of memory");
	t->data = data;
	t->cap = cap;
}

void text_add(struct text *t, const void *data, size_t len)
{
	text_room(t, len);
	memcpy(t->data + t->len, data, len);
	t->len += len;
}

void text_puts(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_printf(struct text *t, const char *format, ...)
{
	va_list ap;
	text_room(t, 512);
	va_start(ap, format);
	int n = vsnprintf(t->data + t->len, t->cap - t->len, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->cap - t->len)
		die("a line longer than its room");
	t->len += (size_t)n;
}

void text_free(struct text *t)
{
	free(t->data);
	*t = (struct text){0};
}

#include "core/base64.h"

#include "core/text.h"

/* 0 to 63, or -1. */
static inline int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(const char *s, size_t n, uint8_t *out, size_t *n_out)
{
	uint32_t bits = 0;
	size_t digits = 0, padding = 0;
	*n_out = 0;
	for (size_t i = 0; i < n; i++) {
		int v = value_of(s[i]);
		if (ascii_is_space(s[i]))
			continue;
		if (s[i] == '=') {
			padding++;
			continue;
		}
		if (v < 0 || padding > 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		if (++digits % 4 == 0)
			for (int shift = 16; shift >= 0; shift -= 8)
				out[(*n_out)++] = (uint8_t)(bits >> shift);
	}
	if (digits % 4 == 3) {
		out[(*n_out)++] = (uint8_t)(bits >> 10);
		out[(*n_out)++] = (uint8_t)(bits >> 2);
	} else if (digits % 4 == 2) {
		out[(*n_out)++] = (uint8_t)(bits >> 4);
	}
	return digits % 4 != 1 && (digits + padding) % 4 == 0 && padding <= 2;
}

#include "core/domain.h"

#include <string.h>

#include "core/text.h"

/* Letters, digits, '-', '_' of a name that is ASCII already, into out in lower case. */
static bool copy_ascii(const char *s, size_t n, char out[DOMAIN_SIZE])
{
	size_t label = 0;
	if (n == 0 || n > 253)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = ascii_lower(s[i]);
		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else {
			bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
				       c == '-' || c == '_';
			if (!allowed || ++label > 63)
				return false;
		}
		out[i] = c;
	}
	out[n] = '\0';
	return label > 0;
}

bool domain_normalise(const struct name_rules *rules, const char *s, size_t n,
		      char out[DOMAIN_SIZE])
{
	text_trim(&s, &n);
	if (n > 0 && s[n - 1] == '.')
		n--;
	bool ascii = true;
	for (size_t i = 0; i < n && ascii; i++)
		ascii = (unsigned char)s[i] < 0x80;
	if (ascii)
		return copy_ascii(s, n, out);
	char alabels[DOMAIN_SIZE];
	if (!rules || !rules->to_alabels(rules->ctx, s, n, alabels))
		return false;
	size_t len = strlen(alabels);
	if (len > 0 && alabels[len - 1] == '.')
		len--;
	return copy_ascii(alabels, len, out);
}

bool domain_is_below(const char *name, const char *parent)
{
	size_t n = strlen(name), p = strlen(parent);
	if (n < p || strcmp(name + n - p, parent) != 0)
		return false;
	return n == p || name[n - p - 1] == '.';
}

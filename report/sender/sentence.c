#include "report/sender/sentence.h"

#include <stdbool.h>
#include <string.h>

/* Letters only, and perhaps the punctuation of a clause behind them. */
static bool is_word(const char *s, size_t n)
{
	while (n > 1 && strchr(",;:", s[n - 1]))
		n--;
	for (size_t i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && s[i] != '-' && s[i] != '\'')
			return false;
	return n > 0;
}

const char *sentence(struct arena *a, const char *text)
{
	size_t n = strlen(text);
	bool raise = is_word(text, strcspn(text, " ")) && *text >= 'a';
	const char *last = strrchr(text, ' ');
	bool link = last && strstr(last, "://"); /* whoever copies it wants no stop */
	bool ends = n > 0 && (link || strchr(".!?", text[n - 1]));
	if (n == 0 || (!raise && ends))
		return text;
	return arena_printf(a, "%c%s%s", raise ? *text - 'a' + 'A' : *text, text + 1,
			    ends ? "" : ".");
}

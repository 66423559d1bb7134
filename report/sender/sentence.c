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

/* Tags and terms are written small wherever they stand. */
static bool is_tag(const char *s, size_t n)
{
	static const char *const tags[] = {"rua", "ruf", "sp",  "np", "adkim",   "aspf",  "pct",
					   "psd", "fo",  "ptr", "mx", "include", "exists"};
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (strlen(tags[i]) == n && strncmp(tags[i], s, n) == 0)
			return true;
	return false;
}

const char *sentence(struct arena *a, const char *text)
{
	size_t n = strlen(text);
	size_t first = strcspn(text, " ");
	bool raise = is_word(text, first) && !is_tag(text, first) && *text >= 'a';
	const char *last = strrchr(text, ' ');
	bool link = last && strstr(last, "://"); /* whoever copies it wants no stop */
	bool ends = n > 0 && (link || strchr(".!?", text[n - 1]));
	if (n == 0 || (!raise && ends))
		return text;
	return arena_printf(a, "%c%s%s", raise ? *text - 'a' + 'A' : *text, text + 1,
			    ends ? "" : ".");
}

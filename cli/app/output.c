/* What reaches stdout and files. */
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/app/app.h"
#include "core/log.h"
#include "core/text.h"
#include "report/render/render.h"

#define PAPER_COLUMNS 100 /* of a text that goes to a file or a pipe */

bool use_colour(void)
{
	const char *no = getenv("NO_COLOR");
	return isatty(STDOUT_FILENO) && !(no && no[0] != '\0');
}

void put_number(struct buf *b, uint64_t v)
{
	char digits[32];
	int n = snprintf(digits, sizeof digits, "%" PRIu64, v);
	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			buf_putc(b, ',');
		buf_putc(b, digits[i]);
	}
}

void put_text(struct buf *b, const char *s)
{
	text_terminal(b, s, strlen(s));
}

void print_buf(const struct buf *b)
{
	if (b->len > 0)
		fwrite(b->data, 1, b->len, stdout);
}

int write_output(const char *path, const void *data, size_t n)
{
	if (!path || strcmp(path, "-") == 0) {
		if (n > 0)
			fwrite(data, 1, n, stdout);
		return EXIT_OK; /* main() looks at stdout */
	}
	FILE *f = fopen(path, "we");
	bool ok = f != NULL;
	if (ok && n > 0)
		ok = fwrite(data, 1, n, f) == n;
	int e = errno;
	if (f && fclose(f) != 0 && ok) {
		ok = false;
		e = errno;
	}
	if (ok)
		return EXIT_OK;
	log_error("%s: %s", path, strerror(e));
	return EXIT_OUTPUT;
}

void text_style_of(const char *output, struct text_style *out)
{
	struct winsize w;
	*out = (struct text_style){.width = PAPER_COLUMNS,
				   .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
	if (output)
		return;
	out->colour = use_colour();
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		out->width = w.ws_col;
}

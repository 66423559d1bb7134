/* What reaches stdout and files. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/app/app.h"
#include "core/log.h"
#include "core/mem.h"
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

/* ---- files ---- */

static int cannot(const char *path, int e)
{
	log_error("%s: %s", path, strerror(e));
	return EXIT_OUTPUT;
}

/* The permissions of the file that goes, or those of any new one. */
static mode_t mode_of(const struct stat *old)
{
	mode_t mask = umask(0);
	umask(mask);
	return old ? old->st_mode & 07777 : 0666 & ~mask;
}

static int open_beside(struct output *o, const struct stat *old)
{
	if (asprintf(&o->beside, "%s.XXXXXX", o->path) < 0)
		return cannot(o->path, ENOMEM);
	int fd = mkostemp(o->beside, O_CLOEXEC);
	if (fd < 0) {
		int e = errno;
		free(o->beside);
		o->beside = NULL;
		return cannot(o->path, e);
	}
	fchmod(fd, mode_of(old));
	o->f = fdopen(fd, "w");
	return o->f ? EXIT_OK : cannot(o->path, errno);
}

int output_open(const char *path, struct output *o)
{
	struct stat s;
	bool there = stat(path, &s) == 0;
	char *real = there ? realpath(path, NULL) : NULL; /* a link stays, what it leads to goes */
	*o = (struct output){.path = real ? real : mem_strdup(path)};
	int rc = EXIT_OK;
	if (!there || S_ISREG(s.st_mode)) {
		rc = open_beside(o, there ? &s : NULL);
	} else {
		o->f = fopen(path, "we");
		rc = o->f ? EXIT_OK : cannot(path, errno);
	}
	if (rc != EXIT_OK)
		output_close(o, false);
	return rc;
}

int output_close(struct output *o, bool good)
{
	int rc = EXIT_OK;
	errno = 0;
	bool written = o->f && fflush(o->f) == 0 && !ferror(o->f) &&
		       (!o->beside || !good || fsync(fileno(o->f)) == 0);
	if (o->f && fclose(o->f) != 0)
		written = false;
	if (good && (!written || (o->beside && rename(o->beside, o->path) != 0)))
		rc = cannot(o->path, errno ? errno : EIO);
	if (o->beside && (!good || rc != EXIT_OK))
		unlink(o->beside);
	free(o->beside);
	free(o->path);
	*o = (struct output){0};
	return rc;
}

int write_output(const char *path, const void *data, size_t n)
{
	struct output o;
	if (!path || strcmp(path, "-") == 0) {
		if (n > 0)
			fwrite(data, 1, n, stdout);
		return EXIT_OK; /* main() looks at stdout */
	}
	int rc = output_open(path, &o);
	if (rc != EXIT_OK)
		return rc;
	if (n > 0)
		fwrite(data, 1, n, o.f); /* output_close() looks at it */
	return output_close(&o, true);
}

static struct {
	const char *path;
	bool failed;
} document;

void output_to(const char *path)
{
	document.path = path;
}

void print_buf(const struct buf *b)
{
	if (write_output(document.path, b->data, b->len) != EXIT_OK)
		document.failed = true;
}

bool output_arrived(void)
{
	return !document.failed;
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

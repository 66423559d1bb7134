#include "ingest/files/mbox.h"

#include <errno.h>
#include <string.h>

#include "ingest/stream/sniff.h"

#define CHUNK_BYTES (16 * 1024)
#define LOOK        SNIFF_BYTES /* a "From " line and the name of a field behind it */

/* Where the first "From " line stands, or -1. */
static ssize_t first_line(const struct blob *file)
{
	uint8_t head[SNIFF_BYTES];
	ssize_t got = blob_read(file, 0, head, sizeof head);
	size_t n = got > 0 ? (size_t)got : 0, at = sniff_front(head, n);
	bool is = sniff_separator(head + at, n - at) || sniff_from_date(head + at, n - at);
	return is && !sniff_cr_mail(head, n) ? (ssize_t)at : -1;
}

bool mbox_looks_like(const struct blob *file)
{
	return first_line(file) >= 0;
}

void mbox_init(struct mbox *m, const struct blob *file)
{
	ssize_t at = first_line(file);
	*m = (struct mbox){.file = file, .next = at > 0 ? (uint64_t)at : 0};
}

/* Behind the line that begins at. */
static enum status skip_line(const struct blob *file, uint64_t *at, struct err *err)
{
	uint8_t chunk[CHUNK_BYTES];
	ssize_t got;
	while ((got = blob_read(file, *at, chunk, sizeof chunk)) > 0) {
		const uint8_t *lf = memchr(chunk, '\n', (size_t)got);
		*at += lf ? (uint64_t)(lf - chunk) + 1 : (uint64_t)got;
		if (lf)
			break;
	}
	return got < 0 ? err_set(err, err_status(errno), "read: %s", strerror(errno)) : ST_OK;
}

/* How many of the bytes before p[at], a line's end, are an empty line. */
static size_t empty_line(const uint8_t *p, size_t at)
{
	size_t n = at > 0 && p[at - 1] == '\r' ? 1 : 0;
	return at > n && p[at - n - 1] == '\n' ? n + 1 : 0;
}

/* Does the line at p[at..n), behind an empty one, look like a separator to a person? */
static bool is_doubtful(const uint8_t *p, size_t at, size_t n)
{
	return empty_line(p, at - 1) > 0 && sniff_from_date(p + at, n - at);
}

/* Where a line of chunk, which holds what is at base, is a separator. */
struct hit {
	uint64_t base;
	const uint8_t *chunk;
	size_t n;
	bool last; /* nothing follows the chunk */
};

/*
 * The first separator in h behind the line ends from h->chunk[*i] on: *i is its line end. false:
 * none; *i is where to look when more is there.
 */
static bool find_in(struct mbox *m, const struct hit *h, size_t *i)
{
	for (;;) {
		const uint8_t *found = memmem(h->chunk + *i, h->n - *i, "\nFrom", 5);
		if (!found) {
			*i = h->n > *i + 4 ? h->n - 4 : *i; /* "\nFro" may be cut */
			return false;
		}
		*i = (size_t)(found - h->chunk);
		const uint8_t *line = found + 1;
		size_t n = h->n - *i - 1;
		if (!h->last && n<LOOK && * i> 2)
			return false;
		if (sniff_separator(line, n))
			return true;
		m->doubtful += is_doubtful(h->chunk, *i + 1, h->n);
		++*i;
	}
}

/* The mail that begins at: *end is behind it, *next where the next "From " line stands or the file
 * ends. */
static enum status find_next(struct mbox *m, uint64_t at, uint64_t *end, uint64_t *next,
			     struct err *err)
{
	uint8_t chunk[CHUNK_BYTES];
	uint64_t pos = at > 0 ? at - 1 : 0; /* the line end before it */
	for (;;) {
		struct hit h = {.base = pos > 2 ? pos - 2 : 0, .chunk = chunk};
		size_t i = (size_t)(pos - h.base);
		ssize_t got = blob_read(m->file, h.base, chunk, sizeof chunk);
		if (got < 0)
			return err_set(err, err_status(errno), "read: %s", strerror(errno));
		h.n = (size_t)got;
		h.last = h.n <= i || h.base + h.n >= m->file->size;
		if (h.n > i && find_in(m, &h, &i)) {
			uint64_t text = h.base + i + 1 - empty_line(chunk, i);
			*end = text > at ? text : at;
			*next = h.base + i + 1;
			return ST_OK;
		}
		if (h.last) {
			*end = *next = h.base + h.n > at ? h.base + h.n : at;
			return ST_OK;
		}
		pos = h.base + i;
	}
}

enum status mbox_next(struct mbox *m, struct blob *mail, bool *more, struct err *err)
{
	uint64_t at = m->next, end;
	*more = false;
	m->doubtful = 0;
	if (at >= m->file->size)
		return ST_OK;
	enum status st = skip_line(m->file, &at, err);
	if (st == ST_OK)
		st = find_next(m, at, &end, &m->next, err);
	if (st != ST_OK)
		return st;
	*mail = *m->file;
	mail->size = end - at;
	mail->offset = m->file->mem ? 0 : m->file->offset + at;
	if (m->file->mem)
		mail->mem = m->file->mem + at;
	m->n++;
	*more = true;
	return ST_OK;
}

#include "ingest/files/mbox.h"

#include <errno.h>
#include <string.h>

#include "ingest/stream/sniff.h"

#define CHUNK_BYTES (8 * 1024)

bool mbox_looks_like(const struct blob *file)
{
	uint8_t head[SNIFF_BYTES];
	ssize_t n = blob_read(file, 0, head, sizeof head);
	return n > 0 && sniff_from_line(head, (size_t)n);
}

void mbox_init(struct mbox *m, const struct blob *file)
{
	*m = (struct mbox){.file = file};
}

/* Where the scan stands in its line. */
struct scan {
	uint64_t line;    /* start of this line */
	uint64_t empty;   /* start of the empty line before it, when after_empty */
	uint64_t length;  /* characters of this line, CR not counted */
	unsigned matched; /* of "From " */
	bool after_empty;
	uint64_t body, end; /* the mail: behind its "From " line, up to the next one */
	bool in_from;       /* still in the first "From " line */
	bool found;
};

/* One byte at position at. */
static void feed(struct scan *s, uint8_t c, uint64_t at)
{
	static const char from[] = "From ";
	if (c == '\n') {
		if (s->in_from) {
			s->in_from = false;
			s->body = at + 1;
			s->after_empty = false;
		} else {
			s->after_empty = s->length == 0;
			s->empty = s->line;
		}
		s->line = at + 1;
		s->length = 0;
		s->matched = 0;
		return;
	}
	if (s->after_empty && s->matched == at - s->line && s->matched < 5 && c == from[s->matched])
		s->matched++;
	if (c != '\r')
		s->length++;
	if (s->matched == 5) {
		s->found = true;
		s->end = s->empty;
	}
}

enum status mbox_next(struct mbox *m, struct blob *mail, bool *more, struct err *err)
{
	uint8_t chunk[CHUNK_BYTES];
	struct scan s = {.line = m->next, .body = m->file->size, .in_from = true};
	uint64_t at = m->next;
	*more = false;
	if (at >= m->file->size)
		return ST_OK;
	while (!s.found && at < m->file->size) {
		ssize_t got = blob_read(m->file, at, chunk, sizeof chunk);
		if (got < 0)
			return err_set(err, ST_ITEM, "read: %s", strerror(errno));
		if (got == 0)
			break; /* it became shorter meanwhile */
		for (ssize_t i = 0; i < got && !s.found; i++)
			feed(&s, chunk[i], at + (uint64_t)i);
		at += (uint64_t)got;
	}
	if (!s.found)
		s.end = at < m->file->size ? at : m->file->size;
	m->next = s.found ? s.line : m->file->size;
	if (s.body > s.end)
		s.body = s.end;
	*mail = *m->file;
	mail->size = s.end - s.body;
	mail->offset = m->file->mem ? 0 : m->file->offset + s.body;
	if (m->file->mem)
		mail->mem = m->file->mem + s.body;
	m->n++;
	*more = true;
	return ST_OK;
}

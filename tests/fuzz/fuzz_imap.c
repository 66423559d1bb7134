/* A server may say anything, in pieces of any size: nothing is read past its end, and what is told
 * does not depend on where the pieces were cut. */
#include <stdlib.h>
#include <string.h>

#include "core/uid_set.h"
#include "ingest/imap/parse.h"
#include "ingest/imap/utf7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t mix(uint64_t sum, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ (unsigned char)p[i]) * 1099511628211U;
	return sum;
}

/* Look at everything that a response points to, and at sets and words in it. */
static uint64_t look(const struct imap_reader *r, uint64_t sum)
{
	struct imap_response a;
	struct imap_text word;
	struct uid_set set = {0};
	uint32_t lo, hi;
	bool bad;
	const char *line = r->line.data ? r->line.data : "";
	if (!imap_parse(line, r->line.len, &a))
		return sum;
	sum = mix(sum, a.tag.s, a.tag.n);
	sum = mix(sum, a.code.s, a.code.n);
	sum = mix(sum, a.text.s, a.text.n);
	sum = mix(sum, a.body.s, a.body.n);
	sum = mix(sum, a.name.s, a.name.n);
	sum += a.uid + a.size + a.number;
	imap_code(&a, "UIDVALIDITY", &word);
	struct imap_text rest = a.rest;
	while (imap_next_range(&rest, &lo, &hi, &bad))
		uid_set_add(&set, lo, hi);
	for (size_t i = 1; i < set.n; i++)
		if ((uint64_t)set.r[i - 1].hi + 1 >= set.r[i].lo)
			abort();
	uid_set_free(&set);
	rest = a.rest;
	while (imap_next_word(&rest, &word))
		sum = mix(sum, word.s, word.n);
	return sum;
}

static uint64_t run(const char *data, size_t size, size_t step)
{
	struct imap_reader r;
	struct imap_piece piece;
	struct err err;
	uint64_t sum = 14695981039346656037U;
	enum imap_event e = IMAP_MORE;
	imap_reader_init(&r, 1 << 20);
	for (size_t at = 0; at < size && e != IMAP_BROKEN; at += step) {
		const char *p = data + at;
		size_t left = size - at < step ? size - at : step;
		while (left > 0 && e != IMAP_BROKEN) {
			e = imap_reader_next(&r, &p, &left, &piece, &err);
			if (e == IMAP_BODY)
				sum = mix(sum, piece.p, piece.n);
			else if (e == IMAP_LINE)
				sum = look(&r, sum);
		}
	}
	imap_reader_free(&r);
	return sum;
}

static void folder_names(const char *data, size_t size)
{
	struct buf name, wire;
	buf_init(&name, 1 << 20);
	buf_init(&wire, 1 << 20);
	if (utf7_decode(data, size, &name) && strlen(name.data) == name.len &&
	    utf7_encode(name.data, &wire) &&
	    (wire.len != size || memcmp(wire.data, data, size) != 0))
		abort(); /* one name has one spelling */
	buf_free(&name);
	buf_free(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const char *bytes = (const char *)data + 1;
	size_t step = 1 + data[0] % 61;
	if (run(bytes, size - 1, size) != run(bytes, size - 1, step))
		abort();
	folder_names(bytes, size - 1);
	return 0;
}

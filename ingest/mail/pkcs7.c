#include "ingest/mail/pkcs7.h"

#include <string.h>

/* An element's tag and what it holds. Lengths that run over the end are cut: what is there counts.
 */
struct ber {
	uint8_t tag;
	bool indefinite;
	const uint8_t *p;
	size_t n;
};

static bool ber_head(const uint8_t *p, size_t n, struct ber *out)
{
	if (n < 2)
		return false;
	size_t at = 2, len = p[1];
	*out = (struct ber){.tag = p[0], .indefinite = p[1] == 0x80};
	if (len > 0x80) {
		size_t octets = len & 0x7f;
		if (octets > sizeof len || n - at < octets)
			return false;
		for (len = 0; octets > 0; octets--)
			len = len << 8 | p[at++];
	}
	out->p = p + at;
	out->n = n - at;
	if (!out->indefinite && len < out->n)
		out->n = len;
	return true;
}

/* Step into a constructed element with this tag. */
static bool enter(struct ber *at, uint8_t tag)
{
	struct ber inner;
	if (!ber_head(at->p, at->n, &inner) || inner.tag != tag)
		return false;
	*at = inner;
	return true;
}

/* Step over an element of definite length. */
static bool skip(struct ber *at)
{
	struct ber inner;
	if (!ber_head(at->p, at->n, &inner) || inner.indefinite)
		return false;
	size_t n = (size_t)(inner.p - at->p) + inner.n;
	at->p += n;
	at->n -= n;
	return true;
}

/* Pieces of an octet string, one after the other; pieces of pieces are entered as they come. */
static void put_octets(struct ber at, struct buf *out)
{
	struct ber piece;
	while (ber_head(at.p, at.n, &piece)) {
		size_t head = (size_t)(piece.p - at.p);
		size_t step = head;
		if (piece.tag == 0x04 && !piece.indefinite) {
			buf_put(out, piece.p, piece.n);
			step += piece.n;
		} else if (piece.tag != 0x24) {
			return; /* end of contents, or something else */
		}
		at.p += step;
		at.n -= step;
	}
}

/* ContentInfo { contentType, [0] SignedData { version, digestAlgorithms,
 * EncapsulatedContentInfo { type, [0] OCTET STRING } } }: to where the last [0] stands. */
static bool enter_signed(struct ber *at)
{
	return enter(at, 0x30) && skip(at) && enter(at, 0xa0) && enter(at, 0x30) && skip(at) &&
	       skip(at) && enter(at, 0x30) && skip(at);
}

bool pkcs7_content(const uint8_t *p, size_t n, struct buf *out)
{
	struct ber at = {.p = p, .n = n};
	struct ber octets;
	size_t before = out->len;
	if (!enter_signed(&at) || !enter(&at, 0xa0))
		return false;
	if (ber_head(at.p, at.n, &octets) && (octets.tag == 0x04 || octets.tag == 0x24))
		put_octets(at, out);
	return out->len > before && !out->failed;
}

bool pkcs7_is_detached(const uint8_t *p, size_t n)
{
	struct ber at = {.p = p, .n = n};
	return enter_signed(&at) && (at.n == 0 || at.p[0] == 0);
}

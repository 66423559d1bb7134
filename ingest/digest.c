#include "ingest/digest.h"

#include <glib.h>
#include <string.h>

struct sha256 {
	GChecksum *sum;
};

struct sha256 *sha256_new(void)
{
	struct sha256 *s = g_new(struct sha256, 1);
	s->sum = g_checksum_new(G_CHECKSUM_SHA256);
	return s;
}

void sha256_free(struct sha256 *s)
{
	if (!s)
		return;
	g_checksum_free(s->sum);
	g_free(s);
}

void sha256_reset(struct sha256 *s)
{
	g_checksum_reset(s->sum);
}

void sha256_of(const void *p, size_t n, uint8_t out[32])
{
	gsize len = 32;
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(sum, p, (gssize)n);
	g_checksum_get_digest(sum, out, &len);
	g_checksum_free(sum);
}

void sha256_int(struct sha256 *s, int64_t v)
{
	guchar bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (guchar)((uint64_t)v >> (56 - 8 * i));
	g_checksum_update(s->sum, bytes, sizeof bytes);
}

void sha256_bytes(struct sha256 *s, const void *p, size_t n)
{
	sha256_int(s, (int64_t)n);
	g_checksum_update(s->sum, p, (gssize)n);
}

void sha256_text(struct sha256 *s, const char *text)
{
	if (text)
		sha256_bytes(s, text, strlen(text));
	else
		sha256_int(s, -1);
}

struct digest sha256_cut(struct sha256 *s)
{
	guint8 whole[32];
	gsize n = sizeof whole;
	struct digest d;
	g_checksum_get_digest(s->sum, whole, &n);
	g_checksum_reset(s->sum);
	memcpy(d.b, whole, sizeof d.b);
	return d;
}

void record_sum_add(struct record_sum *sum, const struct dmarc_record *r,
		    const struct digest *values)
{
	struct {
		struct digest values;
		uint64_t messages, flags, family;
		uint8_t address[16];
	} key = {.values = *values,
		 .messages = r->messages,
		 .flags = r->flags,
		 .family = r->source.family};
	uint64_t lane[2];
	memcpy(key.address, r->source.b, sizeof key.address);
	struct digest d = hash_fixed128(&key, sizeof key);
	if (r->source_raw) { /* what is odd is compared, too */
		struct digest both[2] = {d, hash_fixed128(r->source_raw, strlen(r->source_raw))};
		d = hash_fixed128(both, sizeof both);
	}
	memcpy(lane, d.b, sizeof lane);
	sum->lane[0] += lane[0];
	sum->lane[1] += lane[1];
}

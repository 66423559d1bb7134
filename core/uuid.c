#include "core/uuid.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* SHA-1 (RFC 3174): a UUID of version 5 is made of it; nothing rests on its strength. */
struct sha1 {
	uint32_t h[5];
	uint8_t block[64];
	size_t used;
	uint64_t bytes;
};

static uint32_t rotated(uint32_t v, unsigned bits)
{
	return v << bits | v >> (32 - bits);
}

static uint32_t mixed(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
	switch (round) {
	case 0:
		return ((b & c) | (~b & d)) + 0x5a827999;
	case 1:
		return (b ^ c ^ d) + 0x6ed9eba1;
	case 2:
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	default:
		return (b ^ c ^ d) + 0xca62c1d6;
	}
}

static void add_block(struct sha1 *s)
{
	uint32_t w[80], v[5];
	for (unsigned i = 0; i < 16; i++)
		w[i] = (uint32_t)s->block[4 * i] << 24 | (uint32_t)s->block[4 * i + 1] << 16 |
		       (uint32_t)s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
	for (unsigned i = 16; i < 80; i++)
		w[i] = rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	memcpy(v, s->h, sizeof v);
	for (unsigned i = 0; i < 80; i++) {
		uint32_t t = rotated(v[0], 5) + mixed(i / 20, v[1], v[2], v[3]) + v[4] + w[i];
		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotated(v[1], 30);
		v[1] = v[0];
		v[0] = t;
	}
	for (unsigned i = 0; i < 5; i++)
		s->h[i] += v[i];
	s->used = 0;
}

static void add_bytes(struct sha1 *s, const void *p, size_t n)
{
	const uint8_t *b = p;
	s->bytes += n;
	for (size_t i = 0; i < n; i++) {
		s->block[s->used++] = b[i];
		if (s->used == sizeof s->block)
			add_block(s);
	}
}

static void finish(struct sha1 *s)
{
	uint64_t bits = s->bytes * 8;
	uint8_t length[8];
	for (unsigned i = 0; i < 8; i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	add_bytes(s, "\x80", 1);
	while (s->used != 56)
		add_bytes(s, "", 1);
	add_bytes(s, length, sizeof length);
}

const char *uuid_of_name(const void *name, size_t n, char out[UUID_SIZE])
{
	/* 6ba7b811-9dad-11d1-80b4-00c04fd430c8 */
	static const uint8_t urls[16] = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
					 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
	struct sha1 s = {.h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
	uint8_t b[16];
	add_bytes(&s, urls, sizeof urls);
	add_bytes(&s, name, n);
	finish(&s);
	for (unsigned i = 0; i < 16; i++)
		b[i] = (uint8_t)(s.h[i / 4] >> (24 - 8 * (i % 4)));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x50);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	for (unsigned i = 0, at = 0; i < 16; i++) {
		bool dash = i == 4 || i == 6 || i == 8 || i == 10;
		at += (unsigned)snprintf(out + at, UUID_SIZE - at, "%s%02x", dash ? "-" : "", b[i]);
	}
	return out;
}

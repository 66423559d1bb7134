#include "db/pg/result.h"

#include <endian.h>
#include <string.h>

#include "db/pg/copy.h"

const char *result_text(const PGresult *res, int row, int col, struct arena *a)
{
	if (PQgetisnull(res, row, col))
		return NULL;
	return arena_strndup(a, PQgetvalue(res, row, col), (size_t)PQgetlength(res, row, col));
}

static uint32_t take32(struct array *at)
{
	uint32_t v;
	memcpy(&v, at->next, sizeof v);
	at->next += sizeof v;
	return be32toh(v);
}

/* Dimensions, has nulls, type, length, lower bound; then length and bytes of each element. */
struct array array_open(const PGresult *res, int row, int col)
{
	struct array at = {PQgetvalue(res, row, col), 0};
	if (PQgetisnull(res, row, col) || take32(&at) == 0)
		return at;
	at.next += 8;
	at.n = take32(&at);
	at.next += 4;
	return at;
}

int64_t array_int8(struct array *at)
{
	uint64_t v;
	memcpy(&v, at->next + 4, sizeof v);
	at->next += 4 + sizeof v;
	return (int64_t)be64toh(v);
}

/* family (2: IPv4, 3: IPv6), bits, is_cidr, length, address */
static struct ip inet(const void *value)
{
	struct ip ip = {0};
	const uint8_t *v = value;
	ip.family = v[0] == 2 ? 4 : 6;
	memcpy(ip.b, v + 4, v[3] <= sizeof ip.b ? v[3] : sizeof ip.b);
	return ip;
}

struct ip result_inet(const PGresult *res, int row, int col)
{
	return PQgetisnull(res, row, col) ? (struct ip){0} : inet(PQgetvalue(res, row, col));
}

struct ip array_inet(struct array *at)
{
	uint32_t len = take32(at);
	if (len == UINT32_MAX)
		return (struct ip){0};
	const char *value = at->next;
	at->next += len;
	return inet(value);
}

const char **result_list(const PGresult *res, int row, int col, struct arena *a, unsigned *n)
{
	char *at = (char *)result_text(res, row, col, a);
	*n = 0;
	if (!at)
		return NULL;
	*n = 1;
	for (const char *s = at; (s = strpbrk(s, LIST_NEXT)); s++)
		++*n;
	const char **out = arena_alloc(a, *n * sizeof *out);
	for (unsigned i = 0; i < *n; i++) {
		char *element = strsep(&at, LIST_NEXT);
		out[i] = strcmp(element, LIST_NULL) == 0 ? NULL : element;
	}
	return out;
}

struct dmarc_word stored_word(enum dmarc_vocabulary v, const char *raw)
{
	const char *text;
	struct dmarc_word w = {dmarc_word_lookup(v, raw ? raw : "", raw ? strlen(raw) : 0, &text),
			       NULL};
	w.text = text ? text : raw;
	return w;
}

struct dmarc_word result_word(const PGresult *res, int row, int col, enum dmarc_vocabulary v,
			      struct arena *a)
{
	return stored_word(v, result_text(res, row, col, a));
}

#include "db/pg/copy.h"
#include "core/text.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

static const char signature[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";

static void fail(struct copy *c, enum status st)
{
	if (c->failed == ST_OK)
		c->failed = st;
}

static void send(struct copy *c)
{
	if (c->failed == ST_OK && c->b.len > 0 && !db_put(c->db, c->b.data, c->b.len))
		fail(c, db_fail(c->db, NULL, &c->err));
	buf_reset(&c->b);
}

static void put32(struct copy *c, uint32_t v)
{
	v = htobe32(v);
	buf_put(&c->b, &v, sizeof v);
}

void copy_begin(struct copy *c, struct db *db, const char *sql)
{
	*c = (struct copy){.db = db};
	buf_init(&c->b, 1u << 30);
	PGresult *res = db_run(db, sql);
	if (PQresultStatus(res) != PGRES_COPY_IN)
		fail(c, db_fail(db, res, &c->err));
	PQclear(res);
	buf_put(&c->b, signature, sizeof signature);
}

void copy_row(struct copy *c, int n_fields)
{
	if (c->b.len >= COPY_PIECE)
		send(c);
	uint16_t v = htobe16((uint16_t)n_fields);
	buf_put(&c->b, &v, sizeof v);
}

void copy_null(struct copy *c)
{
	put32(c, UINT32_MAX);
}

void copy_int8(struct copy *c, int64_t v)
{
	struct __attribute__((packed)) {
		uint32_t size;
		uint64_t v;
	} net = {htobe32(sizeof net.v), htobe64((uint64_t)v)};
	buf_put(&c->b, &net, sizeof net);
}

void copy_int4(struct copy *c, int32_t v)
{
	put32(c, sizeof v);
	put32(c, (uint32_t)v);
}

void copy_bool(struct copy *c, bool v)
{
	put32(c, 1);
	buf_putc(&c->b, v);
}

void copy_bytes(struct copy *c, const void *p, size_t n)
{
	put32(c, (uint32_t)n);
	buf_put(&c->b, p, n);
}

/* Text is UTF-8 by contract, but one broken byte would cost a report: it is repaired instead. */
static void put_text(struct buf *b, const char *s, size_t n)
{
	if (utf8_valid_prefix(s, n) == n)
		buf_put(b, s, n);
	else
		utf8_repair(b, s, n);
}

/* The size of a field whose bytes begin at start, where its place is kept. */
static void put_size(struct copy *c, size_t start)
{
	uint32_t size = htobe32((uint32_t)(c->b.len - start - sizeof size));
	memcpy(c->b.data + start, &size, sizeof size);
}

void copy_text(struct copy *c, const char *s)
{
	size_t start = c->b.len;
	if (!s) {
		copy_null(c);
		return;
	}
	put32(c, 0);
	put_text(&c->b, s, strlen(s));
	put_size(c, start);
}

void copy_list(struct copy *c, const char *const *s, size_t n)
{
	size_t start = c->b.len;
	if (n == 0) {
		copy_null(c);
		return;
	}
	put32(c, 0);
	for (size_t i = 0; i < n; i++) {
		size_t from;
		if (i > 0)
			buf_puts(&c->b, LIST_NEXT);
		if (!s[i] || !*s[i]) {
			buf_puts(&c->b, LIST_NULL);
			continue;
		}
		from = c->b.len;
		put_text(&c->b, s[i], strlen(s[i]));
		for (char *at = c->b.data + from; (at = strpbrk(at, LIST_NEXT LIST_NULL));)
			*at = ' ';
	}
	put_size(c, start);
}

void copy_digest(struct copy *c, const struct digest *d)
{
	copy_bytes(c, d->b, sizeof d->b);
}

void copy_date(struct copy *c, int32_t day)
{
	copy_int4(c, day - DB_EPOCH_DAY);
}

void copy_timestamp(struct copy *c, int64_t unix_seconds)
{
	int64_t t;
	/* what does not fit is for the server to refuse: INT64_MAX itself would be "infinity" */
	if (__builtin_sub_overflow(unix_seconds, (int64_t)DB_EPOCH_DAY * 86400, &t) ||
	    __builtin_mul_overflow(t, 1000000, &t))
		t = INT64_MAX - 1;
	copy_int8(c, t);
}

/* inet on the wire: family (2: IPv4, 3: IPv6), bits, is_cidr, length, address. */
void copy_inet(struct copy *c, const struct ip *ip)
{
	if (ip->family == 0) {
		copy_null(c);
		return;
	}
	uint8_t size = ip->family == 4 ? 4 : 16;
	uint8_t field[4 + 4 + 16] = {
	    0, 0, 0, (uint8_t)(4 + size), ip->family == 4 ? 2 : 3, (uint8_t)(size * 8), 0, size};
	memcpy(field + 8, ip->b, size);
	buf_put(&c->b, field, 8u + size);
}

enum type { TYPE_INT8 = 20, TYPE_TEXT = 25, TYPE_INET = 869 }; /* pg_type.oid */

/* An array of n elements begins; returns what put_size() needs. Nothing is sent in the middle of a
 * field, so its size can be written afterwards. */
static size_t array_begin(struct copy *c, enum type type, size_t n, bool nulls)
{
	const uint32_t head[] = {
	    0,
	    htobe32(1) /* dimensions */,
	    htobe32(nulls),
	    htobe32(type),
	    htobe32((uint32_t)n),
	    htobe32(1) /* lower bound */,
	};
	size_t start = c->b.len;
	buf_put(&c->b, head, sizeof head);
	return start;
}

void copy_text_array(struct copy *c, const char *const *s, size_t n)
{
	if (n == 0) {
		copy_null(c);
		return;
	}
	bool nulls = false;
	for (size_t i = 0; i < n; i++)
		nulls = nulls || !s[i];
	size_t start = array_begin(c, TYPE_TEXT, n, nulls);
	for (size_t i = 0; i < n; i++)
		copy_text(c, s[i]);
	put_size(c, start);
}

void copy_int8_array(struct copy *c, int64_t (*value)(const void *ctx, size_t i), const void *ctx,
		     size_t n)
{
	size_t start = array_begin(c, TYPE_INT8, n, false);
	for (size_t i = 0; i < n; i++)
		copy_int8(c, value(ctx, i));
	put_size(c, start);
}

void copy_inet_array(struct copy *c, const struct ip *(*value)(const void *ctx, size_t i),
		     const void *ctx, size_t n)
{
	bool nulls = false;
	for (size_t i = 0; i < n; i++)
		nulls = nulls || value(ctx, i)->family == 0;
	size_t start = array_begin(c, TYPE_INET, n, nulls);
	for (size_t i = 0; i < n; i++)
		copy_inet(c, value(ctx, i));
	put_size(c, start);
}

/* The length of the field is sent before its bytes are read: a file that shrank meanwhile is
 * filled up with zeros, because the protocol has no way back. */
void copy_blob(struct copy *c, const struct blob *b, uint64_t n)
{
	put32(c, (uint32_t)n);
	send(c);
	for (uint64_t at = 0; at < n && c->failed == ST_OK;) {
		size_t want = n - at < COPY_PIECE ? (size_t)(n - at) : COPY_PIECE;
		char *to = buf_reserve(&c->b, want);
		ssize_t got = blob_read(b, at, to, want);
		if (got <= 0) {
			memset(to, 0, want);
			got = (ssize_t)want;
		}
		c->b.len += (size_t)got;
		at += (uint64_t)got;
		send(c);
	}
}

enum status copy_end(struct copy *c, struct err *err)
{
	uint16_t trailer = UINT16_MAX;
	buf_put(&c->b, &trailer, sizeof trailer);
	send(c);
	if (c->failed == ST_OK && PQputCopyEnd(c->db->conn, NULL) != 1)
		fail(c, db_fail(c->db, NULL, &c->err));
	/* the server's verdict comes in the results: believe only that */
	for (PGresult *res; (res = db_result(c->db)); PQclear(res)) {
		if (PQresultStatus(res) == PGRES_COPY_IN) { /* we failed: leave COPY mode */
			if (PQputCopyEnd(c->db->conn, "abandoned") != 1) {
				PQclear(res);
				break;
			}
		} else if (PQresultStatus(res) != PGRES_COMMAND_OK) {
			fail(c, db_fail(c->db, res, &c->err));
		}
	}
	buf_free(&c->b);
	if (c->failed != ST_OK)
		*err = c->err;
	return c->failed;
}

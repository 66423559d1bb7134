/*
 * copy.c - how fast PostgreSQL alone takes rows shaped like ours: one binary COPY into a fresh
 * table with the primary key of the record table, and nothing else.
 *
 *   bench_copy CONNINFO ROWS
 *
 * Rows come as they do in life: report by report, about 20 records each, the domains and days of
 * reports at random. The table is dropped afterwards. Prints a line of JSON.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BUFFER   (64 * 1024)
#define ROW_MAX  128
#define DOMAINS  50
#define DAYS     60
#define PG_INET4 2
#define PG_INET6 3
#define FIRST    9740 /* 2026-09-01, in days since 2000-01-01 */

static const char create_table[] =
    "drop table if exists bench_copy; create table bench_copy (domain_id bigint not null, "
    "report_id bigint not null, profile_id bigint not null, messages bigint not null, "
    "day date not null, record_no int not null, source inet, "
    "primary key (domain_id, day, report_id, record_no))";

struct out {
	PGconn *conn;
	char data[BUFFER];
	size_t n;
};

static void die(const char *what, PGconn *conn)
{
	fprintf(stderr, "bench_copy: %s: %s", what, conn ? PQerrorMessage(conn) : "\n");
	exit(1);
}

static uint64_t prng(uint64_t *x)
{
	*x ^= *x >> 12;
	*x ^= *x << 25;
	*x ^= *x >> 27;
	return *x * UINT64_C(0x2545f4914f6cdd1d);
}

static void put(struct out *o, const void *data, size_t n)
{
	memcpy(o->data + o->n, data, n);
	o->n += n;
}

static void put16(struct out *o, unsigned v)
{
	uint16_t be = htobe16((uint16_t)v);
	put(o, &be, 2);
}

static void put32(struct out *o, uint32_t v)
{
	uint32_t be = htobe32(v);
	put(o, &be, 4);
}

static void field64(struct out *o, uint64_t v)
{
	uint64_t be = htobe64(v);
	put32(o, 8);
	put(o, &be, 8);
}

static void field32(struct out *o, uint32_t v)
{
	put32(o, 4);
	put32(o, v);
}

static void field_inet(struct out *o, uint64_t x)
{
	unsigned char a[20] = {PG_INET4, 32, 0, 4};
	size_t n = 4;
	memcpy(a + 4, &x, 4);
	if (x % 10 == 0) {
		memcpy(a, (unsigned char[]){PG_INET6, 128, 0, 16}, 4);
		memcpy(a + 4, "\x20\x01\x0d\xb8\0\0\0\0", 8);
		memcpy(a + 12, &x, 8);
		n = 16;
	}
	put32(o, (uint32_t)(4 + n));
	put(o, a, 4 + n);
}

static void flush_out(struct out *o)
{
	if (PQputCopyData(o->conn, o->data, (int)o->n) != 1)
		die("COPY", o->conn);
	o->n = 0;
}

static void rows(struct out *o, uint64_t count)
{
	uint64_t x = 88172645463325252, report = 0, domain = 0;
	uint32_t day = 0, record = 0, left = 0;
	for (uint64_t i = 0; i < count; i++, left--, record++) {
		if (left == 0) {
			uint64_t r = prng(&x);
			report++, record = 0;
			domain = 1 + r % DOMAINS;
			day = FIRST + (uint32_t)(r >> 8) % DAYS;
			left = 1 + (uint32_t)(r >> 40) % 39;
		}
		uint64_t v = prng(&x);
		put16(o, 7);
		field64(o, domain);
		field64(o, report);
		field64(o, 1 + v % 4000);
		field64(o, 1 + (v >> 20) % 9);
		field32(o, day);
		field32(o, record);
		field_inet(o, v >> 3);
		if (o->n > BUFFER - ROW_MAX)
			flush_out(o);
	}
}

static void command(PGconn *conn, const char *sql, ExecStatusType want)
{
	PGresult *r = PQexec(conn, sql);
	if (PQresultStatus(r) != want)
		die(sql, conn);
	PQclear(r);
}

static void copy(PGconn *conn, uint64_t count)
{
	static struct out o;
	o.conn = conn;
	command(conn, "copy bench_copy from stdin (format binary)", PGRES_COPY_IN);
	put(&o, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
	rows(&o, count);
	put16(&o, 0xffff);
	flush_out(&o);
	if (PQputCopyEnd(conn, NULL) != 1)
		die("COPY", conn);
	PGresult *r = PQgetResult(conn);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die("COPY", conn);
	PQclear(r);
	while ((r = PQgetResult(conn)))
		PQclear(r);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: bench_copy CONNINFO ROWS\n", stderr);
		return 64;
	}
	uint64_t count = strtoull(argv[2], NULL, 10);
	PGconn *conn = PQconnectdb(argv[1]);
	if (PQstatus(conn) != CONNECTION_OK)
		die("connect", conn);
	command(conn, "set client_min_messages = warning", PGRES_COMMAND_OK);
	command(conn, create_table, PGRES_COMMAND_OK);
	double start = now();
	copy(conn, count);
	double seconds = now() - start;
	command(conn, "drop table bench_copy", PGRES_COMMAND_OK);
	PQfinish(conn);
	printf("{\"rows\":%llu,\"seconds\":%.4f,\"rows_s\":%.0f}\n", (unsigned long long)count,
	       seconds, (double)count / seconds);
	return 0;
}

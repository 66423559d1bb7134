/*
 * gen.h - the corpus generator: a world of domains, reporters and senders; reports told from it;
 * XML in the manner of several reporters; archives.
 *
 * gen_world.c: who sends, and what a reporter sees -> struct row. gen_xml.c: rows -> XML.
 * gen_pack.c: XML -> .xml.gz, .zip, .xml. gen.c: options, the loop, the totals.
 */
#ifndef BENCH_GEN_H
#define BENCH_GEN_H

#include <stddef.h>
#include <stdint.h>

/* xorshift64*: small, fast, the same everywhere. */
struct prng {
	uint64_t x;
};

void prng_seed(struct prng *p, uint64_t seed);
uint64_t prng_next(struct prng *p);
unsigned prng_below(struct prng *p, unsigned n);
double prng_unit(struct prng *p);                 /* (0, 1] */
unsigned prng_skewed(struct prng *p, unsigned n); /* below n, low numbers far more often */

struct text {
	char *data;
	size_t len, cap;
};

void text_clear(struct text *t);
void text_add(struct text *t, const void *data, size_t len);
void text_puts(struct text *t, const char *s);
__attribute__((format(printf, 2, 3))) void text_printf(struct text *t, const char *format, ...);
void text_free(struct text *t);

/* One record, as a reporter saw it. */
struct row {
	char source[48], header_from[80], mail_from[80];
	char dkim_domain[2][80], dkim_selector[2][24];
	const char *dkim_result[2];
	unsigned n_dkim;
	const char *spf, *eval_dkim, *eval_spf, *disposition, *reason, *comment;
	unsigned count;
};

/* One report's head. */
struct head {
	unsigned domain, reporter, style, day; /* day: of the corpus' */
	uint64_t serial;
	int64_t begin, end;
	char name[64], org[64]; /* the policy domain; the reporter */
};

#define STYLES 6

/* What a corpus tells of: so many domains and reporters, so many days from a first one (relative to
 * 2026-09-01). */
struct world {
	unsigned domains, reporters, days;
	int first;
};

void world_head(struct prng *p, const struct world *w, uint64_t serial, struct head *out);
void world_row(struct prng *p, const struct head *h, struct row *out);

void xml_begin(struct text *t, const struct head *h);
void xml_row(struct text *t, const struct head *h, const struct row *r);
void xml_end(struct text *t, const struct head *h);

enum pack { PACK_GZIP, PACK_ZIP, PACK_BARE };

/* Write xml as one file path + suffix. Returns its size; exits on error. */
uint64_t pack_write(enum pack kind, const char *path, const struct text *xml);

_Noreturn __attribute__((format(printf, 1, 2))) void die(const char *format, ...);

#endif

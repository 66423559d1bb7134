/*
 * uu.h - uuencoded data: what stands between "begin 644 NAME" and "end". Pure.
 *
 *	struct uu u = {0};
 *	n = uu_step(&u, in, got, out);          out has room for got + UU_LINE_MAX octets
 *	n = uu_end(&u, out);                    the last line may lack its end
 */
#ifndef INGEST_MAIL_UU_H
#define INGEST_MAIL_UU_H

#include <stdbool.h>
#include <stddef.h>

#define UU_LINE_MAX 96 /* 63 octets are 84 characters and one for their number */

struct uu {
	enum { UU_BEFORE, UU_INSIDE, UU_DONE } state;
	size_t n; /* of the line so far; one more than the maximum: too long to be one of ours */
	char line[UU_LINE_MAX];
};

/* Does the line p[0..n) open uuencoded data? */
bool uu_begins(const char *p, size_t n);

/* Decode in[0..n) to out; how many octets. */
size_t uu_step(struct uu *u, const char *in, size_t n, char *out);
size_t uu_end(struct uu *u, char *out);

#endif

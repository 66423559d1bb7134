/*
 * leaves.h - what unpack() finds, collected for tests.
 */
#ifndef TESTS_UNIT_LEAVES_H
#define TESTS_UNIT_LEAVES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "ingest/unpack.h"

struct found_leaf {
	enum leaf_kind kind;
	char *source, *reason; /* of LEAF_XML: the error met while reading, or the warning */
	bool body;
	struct buf xml;
	uint64_t size, container;
};

struct found {
	struct found_leaf v[64];
	size_t n, total, xml, other, bad;
};

static inline enum status found_read(const struct leaf *leaf, struct found_leaf *f, struct err *why)
{
	struct stream *s;
	char chunk[8192];
	size_t got = 1;
	enum status st = leaf->xml.open(&leaf->xml, &s, why);
	if (st != ST_OK)
		return st;
	while (st == ST_OK && got > 0) {
		got = 0;
		st = stream_read(s, chunk, sizeof chunk, &got, why);
		f->size += got;
		if (f->xml.len < 1 * MIB)
			buf_put(&f->xml, chunk, got);
	}
	if (st == ST_OK && s->warning)
		err_set(why, ST_OK, "%s", s->warning);
	stream_close(s);
	return st;
}

/* What begins like a report is one. */
static inline enum status on_found_leaf(void *ctx, const struct leaf *leaf, bool *report,
					struct err *err)
{
	struct found *all = ctx;
	struct err why = {.msg = ""};
	struct found_leaf f = {.kind = leaf->kind, .body = leaf->mail_body};
	(void)err;
	buf_init(&f.xml, 2 * MIB);
	f.container = leaf->container.size;
	if (leaf->kind == LEAF_XML)
		found_read(leaf, &f, &why);
	*report = f.xml.len > 0 && memmem(f.xml.data, f.xml.len, "<feedback", 9);
	all->total++;
	all->xml += leaf->kind == LEAF_XML;
	all->other += leaf->kind == LEAF_OTHER;
	all->bad += leaf->kind == LEAF_BAD;
	if (all->n == sizeof all->v / sizeof *all->v) {
		buf_free(&f.xml);
		return ST_OK;
	}
	f.source = mem_strdup(leaf->source);
	f.reason = mem_strdup(leaf->kind == LEAF_XML ? why.msg : leaf->reason);
	all->v[all->n++] = f;
	return ST_OK;
}

static inline void found_free(struct found *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->v[i].source);
		free(all->v[i].reason);
		buf_free(&all->v[i].xml);
	}
	*all = (struct found){.n = 0};
}

static inline enum status find_leaves_limited(const struct blob *input, const char *name,
					      const struct limits *limits, struct found *out)
{
	struct err err = {.msg = ""};
	struct unpack_visitor v = {.ctx = out, .leaf = on_found_leaf};
	*out = (struct found){.n = 0};
	enum status st = unpack(input, name, limits, &v, &err);
	if (st != ST_OK)
		fprintf(stderr, "unpack: %s\n", err.msg);
	return st;
}

static inline enum status find_leaves(const struct blob *input, const char *name, struct found *out)
{
	struct limits limits = LIMITS_DEFAULT;
	return find_leaves_limited(input, name, &limits, out);
}

#endif

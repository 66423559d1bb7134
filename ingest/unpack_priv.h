/*
 * unpack_priv.h - private to unpacking, in two files.
 *
 *	unpack.c       what is it, gzip, zip, leaves
 *	unpack_mail.c  mails, mboxes, signed data, documents in the middle of text
 */
#ifndef INGEST_UNPACK_PRIV_H
#define INGEST_UNPACK_PRIV_H

#include "ingest/stream/meter.h"
#include "ingest/stream/spool.h"
#include "ingest/unpack.h"

struct unpacker {
	const struct limits *limits;
	const struct unpack_visitor *visitor;
	struct err *err; /* the caller's; for what stops everything */
	struct meter meter;
	uint64_t leaves, bad;           /* visited */
	uint64_t reports;               /* among them, also those that should have been one */
	uint64_t documents;             /* met, but for the words of mails */
	uint64_t mails;                 /* of mboxes */
	const struct mail_around *mail; /* the innermost around what is looked at; NULL: none */
	uint64_t mail_numbers;          /* given so far */
	bool over, over_told; /* a ceiling of the whole input was met: nothing more is looked at */
	bool deep_told;       /* of this container */
	bool mails_told;
	bool raw;        /* a raw scan: its parts were visited before, only reports are news */
	bool raw_silent; /* and one of them was set aside: what is damaged is no news, either */
};

/* Something to look into. */
struct node {
	const char *source;
	const struct blob *container;
	struct origin origin;
	const struct blob *blob; /* the same bytes as origin, or NULL: only a stream */
	int depth;               /* containers around it */
	bool body, media, smime; /* struct mime_part */
	bool mbox;               /* it is a mail out of an mbox */
	bool entity;             /* of the mail around it: it has a header, and is no mail */
};

/* ---- unpack.c ---- */

enum status unpack_node(struct unpacker *u, const struct node *node);
enum status unpack_leaf(struct unpacker *u, const struct node *node, enum leaf_kind kind,
			const char *reason);
enum status unpack_bad(struct unpacker *u, const struct node *node, const char *reason);

/* st came from reading node: damage is a leaf, everything else stops us. */
enum status unpack_failed(struct unpacker *u, const struct node *node, enum status st,
			  const struct err *why);

/* Has a ceiling of the whole input been met? Then say so once, and visit nothing more. */
bool unpack_over(struct unpacker *u, const struct node *node, enum status *st);

/* node's bytes as a blob: they are one already, or are collected in spool. */
enum status unpack_need_blob(const struct node *node, struct spool *spool, struct blob *out,
			     struct err *why);

/* A part of blob. */
struct blob unpack_range(const struct blob *blob, uint64_t at, uint64_t size);

/* blob's bytes to memory, which must have room. */
enum status unpack_load(const struct blob *b, uint8_t *to, struct err *why);

/* ---- unpack_mail.c ---- */

/* The mail around, for what was found in it by guessing; u->mail is not NULL. */
struct mail_around unpack_unsure(const struct unpacker *u);

enum status unpack_mail(struct unpacker *u, const struct node *node);
enum status unpack_mbox(struct unpacker *u, const struct node *node);
enum status unpack_signed(struct unpacker *u, const struct node *node);
enum status unpack_text(struct unpacker *u, const struct node *node, const char *name);

#endif

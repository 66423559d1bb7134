/*
 * signing.h - mails that tests sign themselves, and keys that they publish.
 *
 *	struct signer s = signer_new();
 *	struct signing how = {.domain = "x.example", .fields = "from:subject"};
 *	struct buf mail = signed_mail(&s, &how, "From: a@x.example\r\n", "body\r\n");
 */
#ifndef TESTS_UNIT_SIGNING_H
#define TESTS_UNIT_SIGNING_H

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/mem.h"
#include "dns/mail_key.h"
#include "ingest/auth/authenticate.h"
#include "ingest/auth/canon.h"

/* ---- what DNS has ---- */

struct zone_text {
	const char *name, *text;
};

/* TXT records, in order; what is not there does not exist. */
struct zone {
	const struct zone_text *texts;
	size_t n;
	unsigned asked, calls;
};

static inline void zone_find(void *ctx, const char *const *names, size_t n, struct arena *a,
			     struct mail_key *out)
{
	struct zone *z = ctx;
	z->asked += (unsigned)n;
	z->calls++;
	for (size_t i = 0; i < n; i++) {
		struct dns_text found[8];
		struct dns_answer answer = {.name = names[i], .outcome = DNS_NXDOMAIN};
		for (size_t j = 0; j < z->n; j++)
			if (strcmp(z->texts[j].name, names[i]) == 0)
				found[answer.n++] = (struct dns_text){z->texts[j].text,
								      strlen(z->texts[j].text), 1};
		answer.texts = found;
		if (answer.n > 0)
			answer.outcome = DNS_OK;
		out[i] = mail_key_read(&answer, a);
	}
}

/* ---- keys ---- */

static inline void put_base64(struct buf *b, const unsigned char *p, size_t n)
{
	unsigned char text[4096];
	int len = EVP_EncodeBlock(text, p, (int)n);
	buf_put(b, text, (size_t)len);
}

static inline EVP_PKEY *new_key(int bits)
{
	EVP_PKEY *key =
	    bits ? EVP_RSA_gen((unsigned)bits) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!key)
		abort();
	return key;
}

/* "v=DKIM1; k=...; p=..." with more in front of p; to be freed. */
static inline char *key_record(EVP_PKEY *key, const char *more)
{
	struct buf b;
	unsigned char *der = NULL, raw[32];
	size_t n = sizeof raw;
	buf_init(&b, 64 * KIB);
	bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
	buf_printf(&b, "v=DKIM1; k=%s; %sp=", rsa ? "rsa" : "ed25519", more);
	if (rsa) {
		int len = i2d_PUBKEY(key, &der);
		put_base64(&b, der, (size_t)len);
		OPENSSL_free(der);
	} else {
		EVP_PKEY_get_raw_public_key(key, raw, &n);
		put_base64(&b, raw, n);
	}
	return b.data;
}

/* ---- signatures ---- */

struct signing {
	EVP_PKEY *key;
	const char *domain, *selector, *fields; /* NULL: "s", "from:to:subject:date..." */
	const char *canon;                      /* NULL: "relaxed/relaxed" */
	const char *algorithm;                  /* NULL: by the key */
	const char *more;                       /* " t=1;", in front of h= */
};

#define SIGNED_FIELDS "from:to:subject:date:message-id:content-type:mime-version"

static inline void take_bytes(void *ctx, const void *p, size_t n)
{
	buf_put(ctx, p, n);
}

static inline void sign_bytes(EVP_PKEY *key, const struct buf *b, struct buf *out)
{
	unsigned char value[1024], hash[32];
	size_t n = sizeof value;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
	EVP_Digest(b->data, b->len, hash, NULL, EVP_sha256(), NULL);
	if (EVP_DigestSignInit(ctx, NULL, rsa ? EVP_sha256() : NULL, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, value, &n, rsa ? (const unsigned char *)b->data : hash,
			   rsa ? b->len : sizeof hash) != 1)
		abort();
	put_base64(out, value, n);
	EVP_MD_CTX_free(ctx);
}

/* Which fields of the header are signed, from the last up. */
static inline void put_signed(struct buf *b, const char *fields, enum canon canon,
			      const struct header *h)
{
	bool used[LIMIT_AUTH_FIELDS] = {false};
	char list[1024];
	char *save = NULL;
	snprintf(list, sizeof list, "%s", fields);
	for (char *w = strtok_r(list, ":", &save); w; w = strtok_r(NULL, ":", &save))
		for (size_t i = h->n; i > 0; i--)
			if (!used[i - 1] && field_is(&h->fields[i - 1], w)) {
				used[i - 1] = true;
				canon_field(b, canon, &h->fields[i - 1], NULL, NULL, true);
				break;
			}
}

/* A DKIM-Signature field for mail, which is header, empty line and body. */
static inline struct buf signature_of(const struct signing *how, const struct buf *mail)
{
	const char *canon = how->canon ? how->canon : "relaxed/relaxed";
	const char *fields = how->fields ? how->fields : SIGNED_FIELDS;
	bool rsa = EVP_PKEY_get_base_id(how->key) == EVP_PKEY_RSA;
	enum canon hc = strncmp(canon, "relaxed", 7) == 0 ? CANON_RELAXED : CANON_SIMPLE;
	enum canon bc = strstr(canon, "/relaxed") ? CANON_RELAXED : CANON_SIMPLE;
	struct arena a = {0};
	struct header h;
	struct buf plain, field, in;
	unsigned char hash[32];
	buf_init(&plain, 100 * MIB);
	buf_init(&field, 1 * MIB);
	buf_init(&in, 1 * MIB);
	header_read(mail->data, mail->len, true, &a, &h);
	struct body body = {.canon = bc, .out = take_bytes, .ctx = &plain};
	body_put(&body, mail->data + h.size, mail->len - h.size);
	body_end(&body);
	EVP_Digest(plain.data ? plain.data : "", plain.len, hash, NULL, EVP_sha256(), NULL);
	buf_printf(&field, "DKIM-Signature: v=1; a=%s; c=%s; d=%s;\r\n\ts=%s;%s h=%s; bh=",
		   how->algorithm ? how->algorithm
		   : rsa          ? "rsa-sha256"
				  : "ed25519-sha256",
		   canon, how->domain, how->selector ? how->selector : "s",
		   how->more ? how->more : "", fields);
	put_base64(&field, hash, sizeof hash);
	buf_puts(&field, ";\r\n\tb=");
	put_signed(&in, fields, hc, &h);
	struct field f = {field.data, field.len, strlen("DKIM-Signature"),
			  strlen("DKIM-Signature:")};
	canon_field(&in, hc, &f, NULL, NULL, false);
	sign_bytes(how->key, &in, &field);
	buf_puts(&field, "\r\n");
	buf_free(&plain);
	buf_free(&in);
	arena_free(&a);
	return field;
}

/* Put how's signature on top of mail. */
static inline void sign_mail(const struct signing *how, struct buf *mail)
{
	struct buf field = signature_of(how, mail), whole;
	buf_init(&whole, 100 * MIB);
	buf_put(&whole, field.data, field.len);
	buf_put(&whole, mail->data, mail->len);
	buf_free(&field);
	buf_free(mail);
	*mail = whole;
}

#endif

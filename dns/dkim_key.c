#include "dns/dkim_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"

#define KEY_TEXT_MAX 8192 /* a key of 16384 bits has 2,800 */

/* The value of a tag without blanks, "" when it is empty; false: it is not there. */
static bool tag_value(const char *text, const char *tag, char out[KEY_TEXT_MAX])
{
	size_t name = strlen(tag);
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, ";");
		const char *s = p + strspn(p, " \t");
		size_t o = 0;
		if (strncasecmp(s, tag, name) == 0) {
			const char *v = s + name + strspn(s + name, " \t");
			if (v < p + n && *v == '=') {
				for (v++; v < p + n && o < KEY_TEXT_MAX - 1; v++)
					if (!strchr(" \t\r\n", *v))
						out[o++] = *v;
				out[o] = '\0';
				return true;
			}
		}
		p += n + (p[n] == ';');
	}
	return false;
}

/* Octets of the base64 text, or -1. */
static int decode(const char *text, unsigned char out[KEY_TEXT_MAX])
{
	size_t n = strlen(text);
	if (n == 0 || n % 4 != 0)
		return -1;
	int len = EVP_DecodeBlock(out, (const unsigned char *)text, (int)n);
	for (size_t i = n; len > 0 && i > 0 && text[i - 1] == '='; i--)
		len--;
	return len;
}

static struct dkim_key read_rsa(const unsigned char *der, int len)
{
	struct dkim_key k = {.state = DKIM_KEY_BAD};
	ERR_clear_error();
	EVP_PKEY *key = d2i_PUBKEY(NULL, &der, len);
	if (!key && ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE)
		mem_die(); /* no word about the key */
	if (key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA)
		k = (struct dkim_key){.state = DKIM_KEY_GOOD, .bits = (unsigned)EVP_PKEY_bits(key)};
	EVP_PKEY_free(key);
	return k;
}

static struct dkim_key read_text(const char *text)
{
	char value[KEY_TEXT_MAX], flags[KEY_TEXT_MAX];
	unsigned char der[KEY_TEXT_MAX];
	if (tag_value(text, "v", value) && strcmp(value, "DKIM1") != 0)
		return (struct dkim_key){.state = DKIM_KEY_BAD};
	bool ed25519 = tag_value(text, "k", value) && strcasecmp(value, "ed25519") == 0;
	bool testing = tag_value(text, "t", flags) && strchr(flags, 'y');
	if (!tag_value(text, "p", value))
		return (struct dkim_key){.state = DKIM_KEY_BAD};
	if (!value[0])
		return (struct dkim_key){.state = DKIM_KEY_REVOKED};
	int len = decode(value, der);
	struct dkim_key k = {.state = DKIM_KEY_BAD};
	if (len > 0 && !ed25519)
		k = read_rsa(der, len);
	else if (len == 32)
		k = (struct dkim_key){.state = DKIM_KEY_GOOD, .bits = 256};
	k.ed25519 = ed25519;
	k.testing = testing;
	return k;
}

/* A wildcard answers here with what it has for every name (RFC 4592). */
static bool is_another_kind(const char *text)
{
	return strncasecmp(text, "v=spf1", 6) == 0 || strncasecmp(text, "v=DMARC1", 8) == 0;
}

const char *dkim_key_clean(const char *text, struct arena *a)
{
	char *out = arena_strdup(a, text), *to = out;
	for (const char *s = out; *s; s++)
		if (!strchr("\"\\\r\n\t", *s))
			*to++ = *s;
	*to = '\0';
	return read_text(out).state == DKIM_KEY_GOOD ? out : NULL;
}

struct dkim_key dkim_key_read(const struct dns_answer *answer)
{
	struct dkim_key k = {.state = DKIM_KEY_UNKNOWN};
	if (dns_is_void(answer))
		k.state = DKIM_KEY_MISSING;
	if (answer->outcome == DNS_OK)
		k.state = DKIM_KEY_MISSING;
	/* several records: a verifier takes any; so do we, the first that is a key */
	for (size_t i = 0; answer->outcome == DNS_OK && i < answer->n; i++) {
		if (is_another_kind(answer->texts[i].data))
			continue;
		struct dkim_key one = read_text(answer->texts[i].data);
		if (k.state == DKIM_KEY_MISSING || one.state == DKIM_KEY_GOOD)
			k = one;
		if (one.state == DKIM_KEY_GOOD)
			break;
	}
	return k;
}

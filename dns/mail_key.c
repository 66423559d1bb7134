#include "dns/mail_key.h"

#include <string.h>

#include "core/base64.h"
#include "core/tags.h"

#define ED25519_SIZE 32

static const struct mail_key unknown = {.state = MAIL_KEY_UNKNOWN};
static const struct mail_key unfit = {.state = MAIL_KEY_UNFIT};

/* Does it look like a record of a key? What else stands at the name is passed over. */
static bool is_key(const struct dns_text *text, struct tags *tags)
{
	if (!tags_read(text->data, text->len, tags) || !tags_find(tags, "p"))
		return false;
	const struct tag *v = tags_find(tags, "v");
	return !v || (v->n == 5 && memcmp(v->value, "DKIM1", 5) == 0);
}

static struct mail_key read_tags(const struct tags *tags, struct arena *a)
{
	const struct tag *p = tags_find(tags, "p"), *k = tags_find(tags, "k");
	const struct tag *h = tags_find(tags, "h"), *s = tags_find(tags, "s");
	const struct tag *t = tags_find(tags, "t");
	bool ed25519 = tag_is(k, "ed25519");
	if (p->n == 0)
		return unknown; /* withdrawn */
	if (s && !tag_holds(s, "*") && !tag_holds(s, "email"))
		return unknown;
	if ((k && !ed25519 && !tag_is(k, "rsa")) || (h && !tag_holds(h, "sha256")))
		return unfit;
	size_t n;
	unsigned char *key = arena_alloc(a, BASE64_ROOM(p->n));
	if (!base64_decode(p->value, p->n, key, &n) || (ed25519 && n != ED25519_SIZE))
		return unfit;
	return (struct mail_key){.state = MAIL_KEY_GOOD,
				 .ed25519 = ed25519,
				 .strict = t && tag_holds(t, "s"),
				 .key = key,
				 .n = n};
}

struct mail_key mail_key_read(const struct dns_answer *answer, struct arena *a)
{
	struct tags tags, found;
	size_t keys = 0;
	if (answer->outcome != DNS_OK)
		return unknown;
	for (size_t i = 0; i < answer->n; i++)
		if (is_key(&answer->texts[i], &tags) && keys++ == 0)
			found = tags;
	return keys == 0 ? unfit : keys > 1 ? unknown : read_tags(&found, a);
}

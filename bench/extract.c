/* extract.c - see extract.h. */
#include "bench/extract.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

void extract_start(struct extract *x, const char *name)
{
	if (strcmp(name, "record") == 0) {
		x->in_record = true;
		x->n_key = 0;
		x->count = 0;
		memset(x->address, 0, sizeof x->address);
	}
	x->leaf = x->in_record;
	x->n_text = 0;
}

void extract_text(struct extract *x, const char *text, size_t n)
{
	if (!x->leaf || n >= sizeof x->text - x->n_text)
		return;
	memcpy(x->text + x->n_text, text, n);
	x->n_text += n;
}

static void put(struct extract *x, const char *s, size_t n)
{
	if (n > sizeof x->key - x->n_key)
		return;
	memcpy(x->key + x->n_key, s, n);
	x->n_key += n;
}

static void end_record(struct extract *x)
{
	bool fresh;
	struct digest d = hash_fixed128(x->key, x->n_key);
	uint64_t *id = map_put(&x->verdicts, &d, &fresh);
	if (fresh)
		*id = x->verdicts.n;
	x->messages += x->count;
	x->checksum += *id ^ hash_bytes(x->address, sizeof x->address);
	x->in_record = false;
}

void extract_end(struct extract *x, const char *name)
{
	if (!x->in_record)
		return;
	if (x->leaf) {
		x->text[x->n_text] = '\0';
		if (strcmp(name, "source_ip") == 0) {
			if (inet_pton(AF_INET, x->text, x->address) != 1)
				inet_pton(AF_INET6, x->text, x->address);
		} else if (strcmp(name, "count") == 0) {
			x->count = strtoull(x->text, NULL, 10);
		} else {
			put(x, name, strlen(name) + 1);
			put(x, x->text, x->n_text + 1);
		}
	} else if (strcmp(name, "record") == 0) {
		end_record(x);
	}
	x->leaf = false;
}

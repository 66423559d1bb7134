#include "ingest/auth/authenticate.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/limits.h"
#include "core/mem.h"
#include "ingest/auth/author.h"
#include "ingest/auth/field.h"

struct authenticator {
	const struct auth_options *o; /* NULL: nothing is asked */
	const struct name_rules *rules;
	struct arena arena; /* of what is kept */
	/* The outermost mail that was looked at last, and those in it. */
	struct {
		uint64_t number;
		struct authentic result;
	} kept[1 + LIMIT_AUTH_ENCLOSED];
	size_t n;
};

struct authenticator *authenticator_new(const struct auth_options *options,
					const struct name_rules *rules)
{
	struct authenticator *a = mem_alloc(sizeof *a);
	a->o = options;
	a->rules = rules;
	return a;
}

void authenticator_free(struct authenticator *a)
{
	if (!a)
		return;
	arena_free(&a->arena);
	free(a);
}

void authenticator_forget(struct authenticator *a)
{
	a->n = 0;
	arena_reset(&a->arena);
}

/* The first bytes of the mail, in memory; *n: how many. NULL: they cannot be read. */
static const char *load_header(struct authenticator *a, const struct blob *mail, size_t *n)
{
	*n = mail->size < LIMIT_AUTH_HEADER ? mail->size : LIMIT_AUTH_HEADER;
	if (mail->mem)
		return (const char *)mail->mem;
	char *p = arena_alloc(&a->arena, *n);
	ssize_t got = blob_read(mail, 0, p, *n);
	return got >= 0 && (size_t)got == *n ? p : NULL;
}

/* The only From, and the Date that a signature would cover. */
static void read_author(struct authenticator *a, const struct header *h, struct authentic *out)
{
	struct author author;
	const struct field *from = header_last(h, "From"), *date = header_last(h, "Date");
	if (from && header_count(h, "From") == 1 &&
	    author_read(a->rules, from->p + from->value, from->n - from->value, &author))
		out->from = arena_strdup(&a->arena, author.address);
	if (date)
		mail_date_read(date->p + date->value, date->n - date->value, &out->date);
}

static struct authentic look(struct authenticator *a, const struct mail_around *mail)
{
	struct authentic out = {.mail = true};
	struct header header;
	size_t n;
	const char *p = load_header(a, &mail->blob, &n);
	if (!p)
		return out;
	header_read(p, n, n == mail->blob.size, &a->arena, &header);
	if (header.sound)
		read_author(a, &header, &out);
	return out;
}

/* What was found out of this mail before, or room for it, *fresh. NULL: there is none left. */
static struct authentic *kept(struct authenticator *a, const struct mail_around *mail, bool *fresh)
{
	*fresh = false;
	for (size_t i = 0; i < a->n; i++)
		if (a->kept[i].number == mail->number)
			return &a->kept[i].result;
	if (!mail->enclosed)
		authenticator_forget(a);
	if (a->n == sizeof a->kept / sizeof *a->kept)
		return NULL;
	*fresh = true;
	a->kept[a->n].number = mail->number;
	return &a->kept[a->n++].result;
}

void authenticate(struct authenticator *a, const struct mail_around *mail, int64_t now,
		  struct authentic *out)
{
	bool fresh;
	(void)now;
	*out = authentic_nothing;
	if (!mail)
		return;
	struct authentic *known = kept(a, mail, &fresh);
	if (fresh)
		*known = look(a, mail);
	*out = known ? *known : (struct authentic){.mail = true};
}

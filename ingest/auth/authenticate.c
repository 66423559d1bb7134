#include "ingest/auth/authenticate.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/limits.h"
#include "core/mem.h"
#include "ingest/auth/author.h"
#include "ingest/auth/crypto.h"
#include "ingest/auth/dkim.h"
#include "ingest/auth/field.h"
#include "ingest/auth/results.h"

struct authenticator {
	const struct auth_options *o; /* NULL: nothing is asked */
	const struct name_rules *rules;
	struct crypto *crypto; /* NULL: nothing is asked */
	struct arena arena;    /* of what is kept */
	/* The outermost mail that was looked at last, and those in it. */
	struct {
		uint64_t number;
		bool unsure;
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
	a->crypto = options ? crypto_new() : NULL;
	return a;
}

void authenticator_free(struct authenticator *a)
{
	if (!a)
		return;
	arena_free(&a->arena);
	crypto_free(a->crypto);
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

/* A server that is trusted has seen the mail as it came; what it passed is not asked about. */
static void judge(struct authenticator *a, const struct mail_around *mail, const struct header *h,
		  int64_t now, struct authentic *out)
{
	const char *from = out->from ? strrchr(out->from, '@') + 1 : NULL;
	enum results_verdict results = RESULTS_NOTHING;
	if (!mail->enclosed && a->o->n_trusted > 0)
		results = results_read(a->o, a->rules, h, from);
	if (results != RESULTS_PASS) {
		struct dkim_tools tools = {a->rules, a->o->keys, a->crypto};
		struct dkim_mail m = {mail, h, from, out->date, now};
		dkim_judge(&tools, &m, &a->arena, out);
	}
	if (results == RESULTS_NOTHING || (results == RESULTS_FAIL && out->result != AUTH_UNKNOWN))
		return;
	out->result = results == RESULTS_PASS ? AUTH_ALIGNED : AUTH_FAIL;
	out->by = AUTH_BY_RESULTS;
	out->domain = from;
}

static struct authentic look(struct authenticator *a, const struct mail_around *mail, int64_t now)
{
	struct authentic out = {.mail = true, .enclosed = mail->enclosed};
	struct header header;
	size_t n;
	const char *p = load_header(a, &mail->blob, &n);
	if (!p)
		return out;
	header_read(p, n, n == mail->blob.size, &a->arena, &header);
	if (!header.sound)
		return out;
	read_author(a, &header, &out);
	if (a->o && !mail->unsure)
		judge(a, mail, &header, now, &out);
	return out;
}

/* What was found out of this mail before, or room for it, *fresh. NULL: there is none left. */
static struct authentic *kept(struct authenticator *a, const struct mail_around *mail, bool *fresh)
{
	*fresh = false;
	for (size_t i = 0; i < a->n; i++)
		if (a->kept[i].number == mail->number && a->kept[i].unsure == mail->unsure)
			return &a->kept[i].result;
	if (!mail->enclosed && a->n > 0 && a->kept[0].number != mail->number)
		authenticator_forget(a);
	if (a->n == sizeof a->kept / sizeof *a->kept)
		return NULL;
	*fresh = true;
	a->kept[a->n].number = mail->number;
	a->kept[a->n].unsure = mail->unsure;
	return &a->kept[a->n++].result;
}

void authenticate(struct authenticator *a, const struct mail_around *mail, int64_t now,
		  struct authentic *out)
{
	bool fresh;
	*out = authentic_nothing;
	if (!mail)
		return;
	struct authentic *known = kept(a, mail, &fresh);
	if (fresh)
		*known = look(a, mail, now);
	*out = known ? *known : (struct authentic){.mail = true, .enclosed = mail->enclosed};
}

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "db/read/fold_priv.h"

static int compare_sightings(const void *x, const void *y)
{
	const struct fold_sighting *a = x, *b = y;
	int order = ip_cmp(&a->source, &b->source);
	if (order == 0)
		order = (a->profile > b->profile) - (a->profile < b->profile);
	if (order == 0)
		order = (a->reporter > b->reporter) - (a->reporter < b->reporter);
	if (order == 0)
		order = (a->day > b->day) - (a->day < b->day);
	return order;
}

void fold_sort(struct fold *f)
{
	size_t n = 0;
	if (f->n_sightings > 1)
		qsort(f->sightings, f->n_sightings, sizeof *f->sightings, compare_sightings);
	for (size_t i = 0; i < f->n_sightings; i++) {
		const struct fold_sighting *s = &f->sightings[i];
		struct fold_sighting *last = n > 0 ? &f->sightings[n - 1] : NULL;
		if (!last || compare_sightings(last, s) != 0) {
			f->sightings[n++] = *s;
			continue;
		}
		last->messages = count_add(last->messages, s->messages);
		last->records += s->records;
	}
	f->n_sightings = n;
}

/* Strings and words come first, but are known last: they gather beside what refers to them. */
struct writer {
	struct buf *out; /* all but strings and words */
	struct buf strings, words;
	struct map string_index, word_index;
	const char **list; /* of the strings */
	size_t n_strings, cap, n_words;
};

static void put_number(struct buf *b, uint64_t v)
{
	char *to = buf_reserve(b, 10);
	size_t n = 0;
	if (!to)
		return;
	for (; v >= 0x80; v >>= 7)
		to[n++] = (char)(v | 0x80);
	to[n++] = (char)v;
	b->len += n;
}

static uint64_t string_number(struct writer *w, const char *s)
{
	if (!s)
		return 0;
	size_t n = strlen(s);
	struct digest key = hash_fixed128(s, n);
	bool fresh;
	uint64_t *i = map_put(&w->string_index, &key, &fresh);
	if (!fresh && strcmp(w->list[*i - 1], s) == 0)
		return *i;
	w->list = MEM_ROOM(w->list, w->n_strings, w->cap);
	w->list[w->n_strings++] = s;
	put_number(&w->strings, n);
	buf_put(&w->strings, s, n);
	return *i = w->n_strings; /* of two with the same hash the last is remembered */
}

static void put_string(struct writer *w, const char *s)
{
	put_number(w->out, string_number(w, s));
}

static void put_word(struct writer *w, enum dmarc_vocabulary v, struct dmarc_word word)
{
	const uint64_t both[2] = {v, string_number(w, word.text)};
	struct digest key;
	bool fresh;
	if (both[1] == 0) {
		put_number(w->out, 0);
		return;
	}
	memcpy(key.b, both, sizeof key.b);
	uint64_t *i = map_put(&w->word_index, &key, &fresh);
	if (fresh) {
		put_number(&w->words, both[0]);
		put_number(&w->words, both[1]);
		*i = ++w->n_words;
	}
	put_number(w->out, *i);
}

static void put_profile(struct writer *w, const struct dmarc_profile *p)
{
	buf_put(w->out, p->digest.b, FOLD_ID_SIZE);
	put_string(w, p->header_from);
	put_string(w, p->envelope_from);
	put_string(w, p->envelope_to);
	put_word(w, V_DISPOSITION, p->disposition);
	put_word(w, V_EVALUATED, p->eval_dkim);
	put_word(w, V_EVALUATED, p->eval_spf);
	put_number(w->out, p->n_reasons);
	for (unsigned i = 0; i < p->n_reasons; i++) {
		put_word(w, V_REASON, p->reasons[i].type);
		put_string(w, p->reasons[i].comment);
	}
	put_number(w->out, p->n_dkim);
	for (unsigned i = 0; i < p->n_dkim; i++) {
		put_string(w, p->dkim[i].domain);
		put_string(w, p->dkim[i].selector);
		put_word(w, V_RESULT, p->dkim[i].result);
		put_string(w, p->dkim[i].human_result);
	}
	put_number(w->out, p->n_spf);
	for (unsigned i = 0; i < p->n_spf; i++) {
		put_string(w, p->spf[i].domain);
		put_word(w, V_SCOPE, p->spf[i].scope);
		put_word(w, V_RESULT, p->spf[i].result);
		put_string(w, p->spf[i].human_result);
	}
	put_word(w, V_ALIGNMENT, p->adkim);
	put_word(w, V_ALIGNMENT, p->aspf);
	put_number(w->out, p->aligned_dkim + 2u * p->aligned_spf);
	put_string(w, dmarc_cell_name(p->cell));
	put_number(w->out, p->flags);
}

static void put_head(struct writer *w, const struct fold *f)
{
	put_number(w->out, f->n_policies);
	for (size_t i = 0; i < f->n_policies; i++) {
		put_word(w, V_POLICY, f->policies[i].p);
		put_word(w, V_POLICY, f->policies[i].sp);
		put_number(w->out, (uint64_t)f->policies[i].pct + 1);
		put_number(w->out, f->policies[i].testing);
	}
	put_number(w->out, f->n_reporters);
	for (size_t i = 0; i < f->n_reporters; i++)
		put_number(w->out, (uint64_t)f->reporters[i]);
	put_number(w->out, f->n_reports);
	for (size_t i = 0; i < f->n_reports; i++) {
		const struct fold_reports *r = &f->reports[i];
		const uint64_t all[] = {r->day,     r->reporter, r->policy,
					r->reports, r->messages, r->dmarc_pass};
		for (size_t k = 0; k < sizeof all / sizeof *all; k++)
			put_number(w->out, all[k]);
	}
	put_number(w->out, f->n_profiles);
	for (size_t i = 0; i < f->n_profiles; i++)
		put_profile(w, &f->profiles[i]);
}

/* Of a sorted list those that begin at i and are alike as far as same() looks. */
static size_t run_of(const struct fold *f, size_t i, bool profile_too)
{
	const struct fold_sighting *s = f->sightings;
	size_t n = 1;
	while (i + n < f->n_sightings && ip_cmp(&s[i].source, &s[i + n].source) == 0 &&
	       (!profile_too || s[i].profile == s[i + n].profile))
		n++;
	return n;
}

static size_t count_profiles(const struct fold *f, size_t i, size_t n)
{
	size_t count = 1;
	for (size_t k = 1; k < n; k++)
		count += f->sightings[i + k].profile != f->sightings[i + k - 1].profile;
	return count;
}

static void put_source(struct buf *out, const struct ip *before, const struct ip *source)
{
	size_t size = fold_address_size(source->family), keep = 0;
	while (source->family == before->family && keep < size &&
	       source->b[keep] == before->b[keep])
		keep++;
	buf_putc(out, (char)(source->family << 5 | (int)keep));
	buf_put(out, source->b + keep, size - keep);
}

static void put_sightings(struct buf *out, const struct fold *f)
{
	struct ip before = {0};
	put_number(out, f->n_sightings);
	for (size_t i = 0, n; i < f->n_sightings; i += n) {
		n = run_of(f, i, false);
		put_source(out, &before, &f->sightings[i].source);
		before = f->sightings[i].source;
		put_number(out, count_profiles(f, i, n));
		for (size_t k = i, m; k < i + n; k += m) {
			m = run_of(f, k, true);
			put_number(out, f->sightings[k].profile);
			put_number(out, m);
			for (size_t j = k; j < k + m; j++) {
				const struct fold_sighting *s = &f->sightings[j];
				put_number(out, (uint64_t)s->reporter << 5 | s->day);
				put_number(out, s->messages << 1 | (s->records != 1));
				if (s->records != 1)
					put_number(out, s->records);
			}
		}
	}
}

void fold_write(const struct fold *f, struct buf *out)
{
	struct buf body;
	struct writer w = {.out = &body};
	size_t start = out->len;
	buf_init(&body, out->max);
	buf_init(&w.strings, out->max);
	buf_init(&w.words, out->max);
	put_head(&w, f);
	put_sightings(&body, f);
	buf_putc(out, FOLD_VERSION);
	buf_put(out, (uint8_t[FOLD_HEAD - 1]){0}, FOLD_HEAD - 1);
	put_number(out, w.n_strings);
	buf_put(out, w.strings.data, w.strings.len);
	put_number(out, w.n_words);
	buf_put(out, w.words.data, w.words.len);
	buf_put(out, body.data, body.len);
	out->failed = out->failed || body.failed || w.strings.failed || w.words.failed;
	if (!out->failed) {
		struct digest sum =
		    hash_fixed128(out->data + start + FOLD_HEAD, out->len - start - FOLD_HEAD);
		memcpy(out->data + start + 1, sum.b, sizeof sum.b);
	}
	buf_free(&body);
	buf_free(&w.strings);
	buf_free(&w.words);
	map_free(&w.string_index);
	map_free(&w.word_index);
	free(w.list);
}

void fold_free(struct fold *f)
{
	free(f->reporters);
	free(f->policies);
	free(f->reports);
	free(f->profiles);
	free(f->sightings);
	*f = (struct fold){0};
}

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "db/read/fold_priv.h"

/* Past the end, or at a reference to nothing, bad is set and all that follows is 0. */
struct reader {
	const uint8_t *at, *end;
	bool bad;
	struct arena *a;
	const char **strings;
	struct dmarc_word *words;
	uint8_t *vocabularies; /* of the words */
	size_t n_strings, n_words;
};

static size_t fail(struct reader *r)
{
	r->bad = true;
	r->at = r->end;
	return 0;
}

static uint64_t get_number(struct reader *r)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
		uint8_t byte = *r->at++;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	return fail(r);
}

/* The length of a list whose elements take that many bytes at least: what is not there is not
 * asked memory for. */
static size_t get_count(struct reader *r, size_t least)
{
	uint64_t n = get_number(r);
	return n <= (size_t)(r->end - r->at) / least ? (size_t)n : fail(r);
}

/* Below limit. */
static uint32_t get_index(struct reader *r, size_t limit)
{
	uint64_t i = get_number(r);
	return i < limit ? (uint32_t)i : (uint32_t)fail(r);
}

static uint32_t get_day(struct reader *r, uint64_t day)
{
	return day >= 1 && day <= 31 ? (uint32_t)day : (uint32_t)fail(r);
}

static const uint8_t *get_bytes(struct reader *r, size_t n)
{
	const uint8_t *p = r->at;
	if (n > (size_t)(r->end - r->at)) {
		fail(r);
		return NULL;
	}
	r->at += n;
	return p;
}

static const char *get_string(struct reader *r)
{
	return r->strings[get_index(r, r->n_strings + 1)];
}

static struct dmarc_word get_word(struct reader *r, enum dmarc_vocabulary v)
{
	uint32_t i = get_index(r, r->n_words + 1);
	if (i > 0 && r->vocabularies[i] != v)
		i = (uint32_t)fail(r);
	return r->words[i];
}

static void read_strings(struct reader *r)
{
	size_t n = get_count(r, 1);
	r->strings = arena_alloc(r->a, (n + 1) * sizeof *r->strings);
	for (size_t i = 1; i <= n; i++) {
		size_t size = get_count(r, 1);
		const uint8_t *s = get_bytes(r, size);
		r->strings[i] = s ? arena_strndup(r->a, (const char *)s, size) : NULL;
	}
	r->n_strings = n;
}

static void read_words(struct reader *r)
{
	size_t n = get_count(r, 2);
	r->words = arena_alloc(r->a, (n + 1) * sizeof *r->words);
	r->vocabularies = arena_alloc(r->a, n + 1);
	for (size_t i = 1; i <= n; i++) {
		uint32_t vocabulary = get_index(r, V_REASON + 1);
		const char *standard, *raw = get_string(r);
		if (!raw)
			continue;
		r->vocabularies[i] = (uint8_t)vocabulary;
		r->words[i].code = dmarc_word_lookup((enum dmarc_vocabulary)vocabulary, raw,
						     strlen(raw), &standard);
		r->words[i].text = standard ? standard : raw;
	}
	r->n_words = n;
}

static void *list_of(size_t n, size_t size)
{
	return mem_grow(NULL, n + 1, size);
}

static void read_head(struct reader *r, struct fold *f)
{
	f->n_policies = get_count(r, 4);
	f->policies = list_of(f->n_policies, sizeof *f->policies);
	for (size_t i = 0; i < f->n_policies; i++) {
		f->policies[i].p = get_word(r, V_POLICY);
		f->policies[i].sp = get_word(r, V_POLICY);
		f->policies[i].pct = (int)get_index(r, (size_t)INT32_MAX + 1) - 1;
		f->policies[i].testing = get_number(r) != 0;
	}
	f->n_reporters = get_count(r, 1);
	f->reporters = list_of(f->n_reporters, sizeof *f->reporters);
	for (size_t i = 0; i < f->n_reporters; i++)
		f->reporters[i] = (int64_t)get_number(r);
	f->n_reports = get_count(r, 6);
	f->reports = list_of(f->n_reports, sizeof *f->reports);
	for (size_t i = 0; i < f->n_reports; i++) {
		struct fold_reports *to = &f->reports[i];
		to->day = get_day(r, get_number(r));
		to->reporter = get_index(r, f->n_reporters);
		to->policy = get_index(r, f->n_policies);
		to->reports = get_number(r);
		to->messages = get_number(r);
		to->dmarc_pass = get_number(r);
	}
}

static void read_results(struct reader *r, struct dmarc_profile *p)
{
	p->n_reasons = (unsigned)get_count(r, 2);
	struct dmarc_reason *reasons = arena_alloc(r->a, p->n_reasons * sizeof *reasons);
	p->reasons = reasons;
	for (unsigned i = 0; i < p->n_reasons; i++) {
		reasons[i].type = get_word(r, V_REASON);
		reasons[i].comment = get_string(r);
	}
	p->n_dkim = (unsigned)get_count(r, 4);
	struct dmarc_dkim *dkim = arena_alloc(r->a, p->n_dkim * sizeof *dkim);
	p->dkim = dkim;
	for (unsigned i = 0; i < p->n_dkim; i++) {
		dkim[i].domain = get_string(r);
		dkim[i].selector = get_string(r);
		dkim[i].result = get_word(r, V_RESULT);
		dkim[i].human_result = get_string(r);
	}
	p->n_spf = (unsigned)get_count(r, 4);
	struct dmarc_spf *spf = arena_alloc(r->a, p->n_spf * sizeof *spf);
	p->spf = spf;
	for (unsigned i = 0; i < p->n_spf; i++) {
		spf[i].domain = get_string(r);
		spf[i].scope = get_word(r, V_SCOPE);
		spf[i].result = get_word(r, V_RESULT);
		spf[i].human_result = get_string(r);
	}
}

static void read_profile(struct reader *r, struct dmarc_profile *p)
{
	const uint8_t *id = get_bytes(r, FOLD_ID_SIZE);
	if (id)
		memcpy(p->digest.b, id, FOLD_ID_SIZE);
	p->header_from = get_string(r);
	p->envelope_from = get_string(r);
	p->envelope_to = get_string(r);
	p->disposition = get_word(r, V_DISPOSITION);
	p->eval_dkim = get_word(r, V_EVALUATED);
	p->eval_spf = get_word(r, V_EVALUATED);
	read_results(r, p);
	p->adkim = get_word(r, V_ALIGNMENT);
	p->aspf = get_word(r, V_ALIGNMENT);
	uint32_t aligned = get_index(r, 4);
	p->aligned_dkim = aligned & 1;
	p->aligned_spf = aligned & 2;
	const char *cell = get_string(r);
	if (!cell || !dmarc_cell_parse(cell, &p->cell))
		fail(r);
	p->flags = (unsigned)get_number(r);
}

static void read_profiles(struct reader *r, struct fold *f)
{
	f->n_profiles = get_count(r, 20);
	f->profiles = list_of(f->n_profiles, sizeof *f->profiles);
	memset(f->profiles, 0, f->n_profiles * sizeof *f->profiles);
	for (size_t i = 0; i < f->n_profiles; i++)
		read_profile(r, &f->profiles[i]);
}

static void read_source(struct reader *r, struct ip *source)
{
	const uint8_t *head = get_bytes(r, 1);
	uint8_t family = head ? *head >> 5 : 0, keep = head ? *head & 31 : 0;
	size_t size = fold_address_size(family);
	if ((family != 0 && family != 4 && family != 6) || keep > size ||
	    (keep > 0 && family != source->family)) {
		fail(r);
		return;
	}
	const uint8_t *rest = get_bytes(r, size - keep);
	if (!rest)
		return;
	source->family = family;
	memcpy(source->b + keep, rest, size - keep);
	memset(source->b + size, 0, sizeof source->b - size);
}

/* Those of one source with one profile. */
static void read_run(struct reader *r, struct fold *f, size_t total, struct fold_sighting s)
{
	size_t n = get_count(r, 2);
	if (n > total - f->n_sightings)
		n = fail(r);
	for (size_t i = 0; i < n; i++) {
		uint64_t who = get_number(r), count = get_number(r);
		s.day = get_day(r, who & 31);
		s.reporter = who >> 5 < f->n_reporters ? (uint32_t)(who >> 5) : (uint32_t)fail(r);
		s.messages = count >> 1;
		s.records = count & 1 ? get_number(r) : 1;
		f->sightings[f->n_sightings++] = s;
	}
}

static void read_sightings(struct reader *r, struct fold *f)
{
	struct fold_sighting s = {0};
	size_t total = get_count(r, 2);
	f->sightings = list_of(total, sizeof *f->sightings);
	while (r->at < r->end) {
		read_source(r, &s.source);
		for (size_t n = get_count(r, 2); n > 0 && !r->bad; n--) {
			s.profile = get_index(r, f->n_profiles);
			read_run(r, f, total, s);
		}
	}
	if (f->n_sightings != total)
		fail(r);
}

/* Version and checksum; r stands behind them. */
static enum status begin(const void *bytes, size_t n, struct arena *a, struct reader *r,
			 struct err *err)
{
	const uint8_t *b = bytes;
	if (n < FOLD_HEAD || b[0] != FOLD_VERSION)
		return err_set(err, ST_ITEM, "fold: made by another version");
	struct digest sum = hash_fixed128(b + FOLD_HEAD, n - FOLD_HEAD);
	if (memcmp(sum.b, b + 1, sizeof sum.b) != 0)
		return err_set(err, ST_ITEM, "fold: its checksum is wrong");
	*r = (struct reader){.at = b + FOLD_HEAD, .end = b + n, .a = a};
	return ST_OK;
}

enum status fold_read(const void *bytes, size_t n, struct arena *a, struct fold *f, struct err *err)
{
	struct reader r;
	*f = (struct fold){0};
	enum status st = begin(bytes, n, a, &r, err);
	if (st != ST_OK)
		return st;
	read_strings(&r);
	read_words(&r);
	read_head(&r, f);
	read_profiles(&r, f);
	read_sightings(&r, f);
	if (!r.bad)
		return ST_OK;
	fold_free(f);
	return err_set(err, ST_ITEM, "fold: it is damaged");
}

enum status fold_read_reporters(const void *bytes, size_t n, struct arena *a, int64_t **reporters,
				size_t *n_reporters, struct err *err)
{
	struct fold f = {0};
	struct reader r;
	enum status st = begin(bytes, n, a, &r, err);
	if (st != ST_OK)
		return st;
	read_strings(&r);
	read_words(&r);
	read_head(&r, &f);
	if (r.bad)
		st = err_set(err, ST_ITEM, "fold: it is damaged");
	*n_reporters = f.n_reporters;
	*reporters = arena_memdup(a, f.reporters, f.n_reporters * sizeof *f.reporters);
	fold_free(&f);
	return st;
}

#include "ingest/xml/head.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/day.h"
#include "core/receiver.h"
#include "core/text.h"

#define EARLIEST  86400                  /* 1970-01-02: zero and what rounds to it are no dates */
#define PLAUSIBLE INT64_C(1262304000)    /* 2010-01-01: before DMARC */
#define FUTURE    (7 * 86400)            /* clocks are wrong, but not by more */
#define MS_ABOVE  UINT64_C(100000000000) /* as seconds, the year 5138 */

void warnings_add(struct warnings *w, struct arena *a, const char *fmt, ...)
{
	char line[ERR_SIZE];
	va_list ap;
	if (w->n == LIMIT_WARNINGS) {
		w->more++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	w->list[w->n++] = arena_strndup(a, line, utf8_valid_prefix(line, strlen(line)));
}

void warnings_close(struct warnings *w, struct arena *a)
{
	if (w->more > 0)
		w->list[w->n++] = arena_printf(a, "and %u more", w->more);
	w->more = 0;
}

bool head_domain(const struct raw_head *h, const struct name_rules *rules, char out[DOMAIN_SIZE])
{
	const char *s = h->text[HEAD_DOMAIN];
	return s && domain_normalise(rules, s, strlen(s), out);
}

void head_fold_id(const char **s, size_t *n)
{
	text_trim(s, n);
	while (*n >= 2 && (*s)[0] == '<' && (*s)[*n - 1] == '>') {
		(*s)++;
		*n -= 2;
		text_trim(s, n);
	}
}

/* A text under its ceiling. */
static const char *limited(const char *s, size_t max, const char *what, struct arena *a,
			   struct warnings *w)
{
	if (!s || strlen(s) <= max)
		return s;
	warnings_add(w, a, "%s cut to %zu bytes", what, max);
	return arena_strndup(a, s, utf8_valid_prefix(s, max));
}

static struct dmarc_word head_word(enum dmarc_vocabulary v, const char *raw, const char *what,
				   struct arena *a, struct warnings *w)
{
	struct dmarc_word out = {W_ABSENT, NULL};
	if (!raw)
		return out;
	out.code = dmarc_word_lookup(v, raw, strlen(raw), &out.text);
	if (!out.text) {
		out.text = limited(raw, LIMIT_TEXT, what, a, w);
		warnings_add(w, a, "policy_published/%s has the unknown word \"%.60s\"", what, raw);
	}
	return out;
}

/* digits, digits with a fraction, milliseconds, RFC 3339 */
static bool read_date(const char *s, const char *what, int64_t *out, struct arena *a,
		      struct warnings *w)
{
	size_t n = strlen(s), whole = strspn(s, "0123456789");
	uint64_t v;
	if (whole > 0 && (whole == n || (s[whole] == '.' &&
					 strspn(s + whole + 1, "0123456789") == n - whole - 1))) {
		if (!text_to_u64(s, whole, &v) || v > INT64_MAX / 2)
			return false;
		if (whole < n)
			warnings_add(w, a, "%s is not a whole number: \"%.40s\"", what, s);
		if (v > MS_ABOVE) {
			warnings_add(w, a, "%s is in milliseconds: \"%.40s\"", what, s);
			v /= 1000;
		}
		*out = (int64_t)v;
		return true;
	}
	if (!rfc3339_parse(s, n, out))
		return false;
	warnings_add(w, a, "%s is written as a date: \"%.40s\"", what, s);
	return true;
}

static enum status read_bound(const char *s, const char *what, int64_t now, int64_t *out,
			      struct arena *a, struct warnings *w, struct err *err)
{
	char day[DAY_STRLEN];
	if (!s)
		return err_set(err, ST_ITEM, "no date_range/%s", what);
	if (!read_date(s, what, out, a, w))
		return err_set(err, ST_ITEM, "date_range/%s is not a date: \"%.60s\"", what, s);
	if (*out < EARLIEST || *out > now + FUTURE)
		return err_set(err, ST_ITEM, "date_range/%s is out of range: \"%.60s\"", what, s);
	if (*out < PLAUSIBLE)
		warnings_add(w, a, "%s is before DMARC: %s", what,
			     day_format(day_from_unix(*out), day));
	return ST_OK;
}

bool head_from_future(const struct raw_head *h, int64_t now)
{
	struct arena a = {0};
	struct warnings w = {0};
	int64_t begin;
	const char *s = h->text[HEAD_BEGIN];
	bool yes = s && read_date(s, "begin", &begin, &a, &w) && begin > now + FUTURE;
	arena_free(&a);
	return yes;
}

static enum status read_range(const struct raw_head *h, int64_t now, struct arena *a,
			      struct warnings *w, struct dmarc_report *r, struct err *err)
{
	enum status st = read_bound(h->text[HEAD_BEGIN], "begin", now, &r->begin, a, w, err);
	if (st == ST_OK)
		st = read_bound(h->text[HEAD_END], "end", now, &r->end, a, w, err);
	if (st != ST_OK)
		return st;
	if (r->end < r->begin) {
		warnings_add(w, a, "the date range ends before it begins");
		r->day = day_from_unix(r->begin);
	} else {
		r->day = day_from_unix(r->begin + (r->end - r->begin) / 2);
	}
	return ST_OK;
}

enum status head_bounds(const struct dmarc_report *r, const struct limits *limits,
			struct head_months *months, struct err *err)
{
	char text[DAY_STRLEN];
	int32_t month = month_of_day(r->day);
	if ((uint64_t)month < limits->first_month)
		return err_set(err, ST_ITEM, "it is of %s, before the first month that is taken",
			       month_format(month, text));
	if (r->end > r->begin && (uint64_t)(r->end - r->begin) / 86400 > limits->span_days)
		return err_set(err, ST_ITEM,
			       "date_range: %" PRId64 " days, more than the %" PRIu64
			       " that are taken",
			       (r->end - r->begin) / 86400, limits->span_days);
	unsigned bit = (unsigned)(month - 1970 * 12) % (64 * 16);
	uint64_t *word = &months->seen[bit / 64], mask = UINT64_C(1) << bit % 64;
	if (*word & mask)
		return ST_OK;
	if (months->n >= limits->months)
		return err_set(err, ST_ITEM,
			       "it is of %s, and its input has reports of %u other months",
			       month_format(month, text), months->n);
	*word |= mask;
	months->n++;
	return ST_OK;
}

static const char *org_name(const struct raw_head *h, struct arena *a, struct warnings *w)
{
	const char *name = h->text[HEAD_ORG_NAME];
	if (name)
		return limited(name, LIMIT_TEXT, "org_name", a, w);
	const char *at = h->text[HEAD_EMAIL] ? strrchr(h->text[HEAD_EMAIL], '@') : NULL;
	size_t n = at ? strcspn(at + 1, "> \t") : 0;
	name = n > 0 ? arena_strndup(a, at + 1, n) : "unknown";
	warnings_add(w, a, "no org_name: \"%.60s\" is taken for it", name);
	return limited(name, LIMIT_TEXT, "org_name", a, w);
}

static const char *report_id(const struct raw_head *h, struct arena *a, struct warnings *w)
{
	const char *s = h->text[HEAD_REPORT_ID];
	size_t n = s ? strlen(s) : 0;
	head_fold_id(&s, &n);
	if (n == 0)
		return NULL;
	return limited(arena_strndup(a, s, n), LIMIT_REPORT_ID, "report_id", a, w);
}

static int read_pct(const char *s, struct arena *a, struct warnings *w)
{
	uint64_t v;
	if (!s)
		return -1;
	if (text_to_u64(s, strlen(s), &v) && v <= 1000)
		return (int)v;
	warnings_add(w, a, "pct is not a number: \"%.40s\"", s);
	return -1;
}

static enum dmarc_format format_of(const struct raw_head *h)
{
	if (h->namespace9990 || h->text[HEAD_GENERATOR] || h->text[HEAD_TESTING] ||
	    h->text[HEAD_DISCOVERY_METHOD])
		return DMARC_RFC9990;
	return h->text[HEAD_VERSION] || h->text[HEAD_FO] ? DMARC_RFC7489 : DMARC_DRAFT;
}

enum status head_read(const struct raw_head *h, const char *domain, int64_t now, struct arena *a,
		      struct warnings *w, struct dmarc_report *r, struct err *err)
{
	const char *const *t = h->text;
	*r = (struct dmarc_report){.format = format_of(h)};
	if (!h->metadata)
		return err_set(err, ST_ITEM, "no report_metadata");
	for (int i = 0; i < HEAD_COUNT; i++)
		if (h->cut >> i & 1)
			warnings_add(w, a, "%s cut to %d bytes", xml_head_name((enum head_field)i),
				     LIMIT_XML_TEXT);
	enum status st = read_range(h, now, a, w, r, err);
	if (st != ST_OK)
		return st;
	r->org_name = org_name(h, a, w);
	r->email = limited(t[HEAD_EMAIL], LIMIT_TEXT, "email", a, w);
	r->extra_contact_info =
	    limited(t[HEAD_EXTRA_CONTACT_INFO], LIMIT_TEXT, "extra_contact_info", a, w);
	r->report_id = report_id(h, a, w);
	r->version = limited(t[HEAD_VERSION], LIMIT_TEXT, "version", a, w);
	r->generator = limited(t[HEAD_GENERATOR], LIMIT_TEXT, "generator", a, w);
	r->n_errors = h->n_errors;
	const char **errors = arena_alloc(a, h->n_errors * sizeof *errors);
	for (unsigned i = 0; i < h->n_errors; i++)
		errors[i] = limited(h->errors[i], LIMIT_TEXT, "error", a, w);
	r->errors = errors;
	r->policy = (struct dmarc_policy){
	    .domain = domain,
	    .p = head_word(V_POLICY, t[HEAD_P], "p", a, w),
	    .sp = head_word(V_POLICY, t[HEAD_SP], "sp", a, w),
	    .np = head_word(V_POLICY, t[HEAD_NP], "np", a, w),
	    .adkim = head_word(V_ALIGNMENT, t[HEAD_ADKIM], "adkim", a, w),
	    .aspf = head_word(V_ALIGNMENT, t[HEAD_ASPF], "aspf", a, w),
	    .pct = read_pct(t[HEAD_PCT], a, w),
	    .fo = limited(t[HEAD_FO], LIMIT_TEXT, "fo", a, w),
	    .testing = limited(t[HEAD_TESTING], LIMIT_TEXT, "testing", a, w),
	    .discovery_method =
		limited(t[HEAD_DISCOVERY_METHOD], LIMIT_TEXT, "discovery_method", a, w),
	};
	return ST_OK;
}

void head_identity(struct sha256 *sha, struct dmarc_report *r)
{
	char org[RECEIVER_NAME]; /* capitals and blanks make no second report */
	receiver_fold(r->org_name, org);
	sha256_text(sha, org);
	sha256_text(sha, r->report_id);
	sha256_int(sha, r->begin);
	sha256_int(sha, r->end);
	r->identity = sha256_cut(sha);
}

void head_content(struct sha256 *sha, const struct record_sum *sum, struct dmarc_report *r)
{
	const struct dmarc_policy *p = &r->policy;
	const char *const texts[] = {r->org_name,   r->email,           r->extra_contact_info,
				     r->version,    r->generator,       p->domain,
				     p->p.text,     p->sp.text,         p->np.text,
				     p->adkim.text, p->aspf.text,       p->fo,
				     p->testing,    p->discovery_method};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		sha256_text(sha, texts[i]);
	sha256_int(sha, r->begin);
	sha256_int(sha, r->end);
	sha256_int(sha, p->pct);
	sha256_int(sha, r->n_errors);
	for (unsigned i = 0; i < r->n_errors; i++)
		sha256_text(sha, r->errors[i]);
	sha256_int(sha, (int64_t)r->n_records);
	sha256_int(sha, (int64_t)sum->lane[0]);
	sha256_int(sha, (int64_t)sum->lane[1]);
	r->content = sha256_cut(sha);
}

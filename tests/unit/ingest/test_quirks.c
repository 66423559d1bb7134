/*
 * test_quirks.c - what the reader makes of each oddity in the catalogue of real reports (numbers 1
 * to 75), against the decisions of CLI.md; and what holds for any document: cut anywhere it is no
 * report, in pieces of any size it is the same, its content digest is of its values.
 *
 * A row is a document and what must come of it. By default a report has no warning and its first
 * record no mark of odd text; a row names the exceptions. A number that cannot occur at this stage
 * has a row that says why.
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/limits.h"
#include "core/mem.h"
#include "dns/names.h"
#include "ingest/xml/together.h"
#include "ingest/xml/xml.h"

#define NOW  INT64_C(1800000000)
#define MAIN INT64_C(1795305600) /* 2026-11-22, a midnight: begin of the ordinary report */
#define DAY  20779

/* ---- documents ---- */

#define DECL         "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define ORG          "<org_name>reporter.example</org_name>"
#define EMAIL        "<email>dmarc@reporter.example</email>"
#define ID           "<report_id>id-1</report_id>"
#define DATE(b, e)   "<date_range><begin>" b "</begin><end>" e "</end></date_range>"
#define DATES        DATE("1795305600", "1795391999")
#define META(x)      "<report_metadata>" x "</report_metadata>"
#define HEAD         META(ORG EMAIL ID DATES)
#define PUBLISHED(x) "<policy_published>" x "</policy_published>"
#define DOMAIN_OF(x) "<domain>" x "</domain>"
#define POLICY_OF(x) PUBLISHED(DOMAIN_OF("example.com") x)
#define POLICY       POLICY_OF("<p>none</p>")
#define EVAL_OF(d, k, s, more)                                                                     \
	"<policy_evaluated><disposition>" d "</disposition><dkim>" k "</dkim><spf>" s              \
	"</spf>" more "</policy_evaluated>"
#define EVAL             EVAL_OF("none", "pass", "fail", "")
#define IP               "<source_ip>192.0.2.1</source_ip>"
#define TWO              "<count>2</count>"
#define ROW(x)           "<row>" x "</row>"
#define FROM             "<identifiers><header_from>example.com</header_from></identifiers>"
#define DKIM_(x)         "<dkim>" x "</dkim>"
#define SPF_(x)          "<spf>" x "</spf>"
#define SEL(s)           "<selector>" s "</selector>"
#define RESULT(r)        "<result>" r "</result>"
#define OUR_DKIM         DKIM_(DOMAIN_OF("example.com") SEL("s1") RESULT("pass"))
#define ITS_SPF          SPF_(DOMAIN_OF("bounce.example.net") "<scope>mfrom</scope>" RESULT("pass"))
#define AUTH(x)          "<auth_results>" x "</auth_results>"
#define RECORD_OF(x)     "<record>" x "</record>"
#define RECORD           RECORD_OF(ROW(IP TWO EVAL) FROM AUTH(OUR_DKIM ITS_SPF))

#define FEEDBACK(x)      "<feedback>" x "</feedback>"
#define DOC(x)           DECL FEEDBACK(x)
#define ORDINARY         DOC(HEAD POLICY RECORD)
#define WITH_META(x)     DOC(META(x) POLICY RECORD)
#define WITH_RANGE(b, e) WITH_META(ORG EMAIL ID DATE(b, e))
#define WITH_POLICY(x)   DOC(HEAD POLICY_OF(x) RECORD)
#define WITH_RECORD(x)   DOC(HEAD POLICY RECORD_OF(x))
#define WITH_IP(x)       WITH_RECORD(ROW(x TWO EVAL) FROM AUTH(OUR_DKIM ITS_SPF))
#define WITH_COUNT(x)    WITH_RECORD(ROW(IP x EVAL) FROM AUTH(OUR_DKIM ITS_SPF))
#define WITH_EVAL(x)     WITH_RECORD(ROW(IP TWO x) FROM AUTH(OUR_DKIM ITS_SPF))
#define WITH_REASON(x)   WITH_EVAL(EVAL_OF("none", "pass", "fail", x))
#define WITH_AUTH(x)     WITH_RECORD(ROW(IP TWO EVAL) FROM AUTH(x))
#define WITH_IDS(x)                                                                                \
	WITH_RECORD(ROW(IP TWO EVAL) "<identifiers>" x "</identifiers>" AUTH(OUR_DKIM ITS_SPF))
#define WITH_ID(x)  WITH_META(ORG EMAIL "<report_id>" x "</report_id>" DATES)
#define WITH_ORG(x) WITH_META("<org_name>" x "</org_name>" EMAIL ID DATES)
#define BYTES(s)    s, sizeof(s) - 1

/* ---- a sink that keeps everything ---- */

struct list {
	struct arena a;
	struct dmarc_report report;
	struct dmarc_record *records;
	size_t n, cap;
	unsigned begun, ended, aborted;
	enum xml_verdict verdict;
	struct err reason;
};

static struct dmarc_word keep_word(struct arena *a, struct dmarc_word w)
{
	w.text = arena_strdup(a, w.text);
	return w;
}

static const char *const *keep_texts(struct arena *a, const char *const *t, unsigned n)
{
	const char **out = arena_alloc(a, (n + 1) * sizeof *out);
	for (unsigned i = 0; i < n; i++)
		out[i] = arena_strdup(a, t[i]);
	return out;
}

static void keep_report(struct list *l, const struct dmarc_report *r)
{
	struct arena *a = &l->a;
	struct dmarc_policy *p = &l->report.policy;
	l->report = *r;
	l->report.org_name = arena_strdup(a, r->org_name);
	l->report.email = arena_strdup(a, r->email);
	l->report.extra_contact_info = arena_strdup(a, r->extra_contact_info);
	l->report.report_id = arena_strdup(a, r->report_id);
	l->report.version = arena_strdup(a, r->version);
	l->report.generator = arena_strdup(a, r->generator);
	l->report.errors = keep_texts(a, r->errors, r->n_errors);
	l->report.warnings = keep_texts(a, r->warnings, r->n_warnings);
	p->domain = arena_strdup(a, p->domain);
	p->p = keep_word(a, p->p);
	p->sp = keep_word(a, p->sp);
	p->np = keep_word(a, p->np);
	p->adkim = keep_word(a, p->adkim);
	p->aspf = keep_word(a, p->aspf);
	p->fo = arena_strdup(a, p->fo);
	p->testing = arena_strdup(a, p->testing);
	p->discovery_method = arena_strdup(a, p->discovery_method);
}

static struct dmarc_profile *keep_profile(struct arena *a, const struct dmarc_profile *from)
{
	struct dmarc_profile *p = arena_memdup(a, from, sizeof *from);
	struct dmarc_reason *reasons = arena_alloc(a, (p->n_reasons + 1) * sizeof *reasons);
	struct dmarc_dkim *dkim = arena_alloc(a, (p->n_dkim + 1) * sizeof *dkim);
	struct dmarc_spf *spf = arena_alloc(a, (p->n_spf + 1) * sizeof *spf);
	for (unsigned i = 0; i < p->n_reasons; i++)
		reasons[i] = (struct dmarc_reason){keep_word(a, from->reasons[i].type),
						   arena_strdup(a, from->reasons[i].comment)};
	for (unsigned i = 0; i < p->n_dkim; i++)
		dkim[i] = (struct dmarc_dkim){arena_strdup(a, from->dkim[i].domain),
					      arena_strdup(a, from->dkim[i].selector),
					      keep_word(a, from->dkim[i].result),
					      arena_strdup(a, from->dkim[i].human_result)};
	for (unsigned i = 0; i < p->n_spf; i++)
		spf[i] = (struct dmarc_spf){
		    arena_strdup(a, from->spf[i].domain), keep_word(a, from->spf[i].scope),
		    keep_word(a, from->spf[i].result), arena_strdup(a, from->spf[i].human_result)};
	p->reasons = reasons;
	p->dkim = dkim;
	p->spf = spf;
	p->header_from = arena_strdup(a, p->header_from);
	p->envelope_from = arena_strdup(a, p->envelope_from);
	p->envelope_to = arena_strdup(a, p->envelope_to);
	p->disposition = keep_word(a, p->disposition);
	p->eval_dkim = keep_word(a, p->eval_dkim);
	p->eval_spf = keep_word(a, p->eval_spf);
	p->adkim = keep_word(a, p->adkim);
	p->aspf = keep_word(a, p->aspf);
	return p;
}

static enum status on_begin(void *ctx, const struct dmarc_report *r, const struct item *item,
			    struct err *err)
{
	struct list *l = ctx;
	(void)item, (void)err;
	l->begun++;
	l->n = 0;
	keep_report(l, r);
	return ST_OK;
}

static enum status on_records(void *ctx, const struct dmarc_record *r, size_t n, struct err *err)
{
	struct list *l = ctx;
	(void)err;
	assert_int_equal(l->begun, l->ended + l->aborted + 1);
	for (size_t i = 0; i < n; i++) {
		if (l->n == l->cap) {
			struct dmarc_record *old = l->records;
			l->cap = l->cap ? 2 * l->cap : 16;
			l->records = arena_alloc(&l->a, l->cap * sizeof *l->records);
			for (size_t k = 0; k < l->n; k++)
				l->records[k] = old[k];
		}
		struct dmarc_record *to = &l->records[l->n++];
		*to = r[i];
		to->source_raw = arena_strdup(&l->a, r[i].source_raw);
		to->profile = keep_profile(&l->a, r[i].profile);
	}
	return ST_OK;
}

static enum status on_end(void *ctx, const struct dmarc_report *r, const struct item *item,
			  struct err *err)
{
	struct list *l = ctx;
	(void)item, (void)err;
	l->ended++;
	keep_report(l, r);
	return ST_OK;
}

static void on_abort(void *ctx)
{
	struct list *l = ctx;
	l->aborted++;
	l->n = 0;
}

/* ---- bytes in memory, in pieces ---- */

struct bytes {
	const char *p;
	size_t n, piece;
};

struct piece_stream {
	struct stream base;
	const struct bytes *b;
	size_t at;
};

static enum status piece_read(struct stream *base, void *dst, size_t n, size_t *got,
			      struct err *err)
{
	struct piece_stream *s = (struct piece_stream *)base;
	size_t left = s->b->n - s->at;
	(void)err;
	*got = left < n ? left : n;
	if (*got > s->b->piece)
		*got = s->b->piece;
	memcpy(dst, s->b->p + s->at, *got);
	s->at += *got;
	return ST_OK;
}

static void piece_close(struct stream *s)
{
	free(s);
}

static const struct stream_ops piece_ops = {piece_read, piece_close};

static enum status piece_open(const struct origin *o, struct stream **out, struct err *err)
{
	struct piece_stream *s = mem_alloc(sizeof *s);
	(void)err;
	*s = (struct piece_stream){.base = {.ops = &piece_ops}, .b = o->ctx};
	*out = &s->base;
	return ST_OK;
}

static const struct limits limits = LIMITS_DEFAULT;
static const struct name_rules *rules;
static struct xml_reader *reader;

/* Read into *l, which list_free() empties. */
static void read_pieces(const char *p, size_t n, size_t piece, struct list *l)
{
	*l = (struct list){.verdict = XML_DAMAGED};
	struct sink sink = {
	    .ctx = l, .begin = on_begin, .records = on_records, .end = on_end, .abort = on_abort};
	struct bytes b = {p, n, piece};
	struct origin origin = {piece_open, &b};
	struct item item = {.source = "quirk", .auth = &authentic_nothing};
	struct err err = {{0}};
	enum status st =
	    xml_read_report(reader, &origin, &item, NOW, &sink, &l->verdict, &l->reason, &err);
	if (st != ST_OK)
		fail_msg("status %d: %s", (int)st, err.msg);
	assert_int_equal(l->begun, l->ended + l->aborted);
	assert_int_equal(l->ended, l->verdict == XML_REPORT);
	if (l->ended)
		assert_int_equal(l->n, l->report.n_records);
}

static void read_text(const char *s, struct list *l)
{
	read_pieces(s, strlen(s), SIZE_MAX, l);
}

static void list_free(struct list *l)
{
	arena_free(&l->a);
}

static int setup(void **state)
{
	(void)state;
	rules = names_open();
	reader = xml_reader_new(rules, &limits);
	return reader ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	xml_reader_free(reader);
	names_close(rules);
	return 0;
}

/* ---- the table ---- */

#define ODD 0x7fu /* the marks of odd text; the others speak of the mail */

struct quirk {
	int number;
	const char *xml;
	size_t size;     /* of xml when it holds NULs */
	const char *why; /* why it cannot occur here; no document then */

	enum xml_verdict verdict;
	bool never;         /* any verdict but a report */
	const char *reason; /* part of it */
	int records, messages;
	const char *warning; /* part of one; NULL: there is none */
	bool loose;          /* no word on warnings and marks */

	const char *org, *id, *domain, *email;
	int64_t begin, end;
	int day;
	enum dmarc_format format; /* looked at unless loose; DMARC_DRAFT for the ordinary one */
	unsigned flags;           /* of the first record: odd ones exactly, others at least */
	const char *cell, *ip;    /* of the first record */
	void (*check)(const struct list *l);
};

#define REC0          (l->records[0])
#define PROF          (l->records[0].profile)
#define CHECKER(name) static void name(const struct list *l)

static void same(const char *got, const char *want)
{
	if (!want)
		assert_null(got);
	else
		assert_string_equal(got ? got : "(null)", want);
}

static void word_is(struct dmarc_word w, enum dmarc_word_code code, const char *text)
{
	assert_int_equal(w.code, code);
	same(w.text, text);
}

CHECKER(no_records)
{
	assert_int_equal(l->n, 0);
}
CHECKER(angle_contact)
{
	same(l->report.extra_contact_info, "http://a.example/?a=1&b=2 > c");
}
CHECKER(sp_none)
{
	word_is(l->report.policy.sp, W_NONE, "none");
}
CHECKER(sp_absent)
{
	word_is(l->report.policy.sp, W_ABSENT, NULL);
}
CHECKER(sp_nil)
{
	word_is(l->report.policy.sp, W_OTHER, "nil");
}
CHECKER(spf_then_dkim)
{
	assert_int_equal(PROF->n_spf, 1);
	assert_int_equal(PROF->n_dkim, 1);
	same(PROF->dkim[0].domain, "example.com");
	same(PROF->spf[0].domain, "bounce.example.net");
	same(PROF->header_from, "example.com");
}
CHECKER(strict_alignment)
{
	assert_int_equal(l->report.policy.adkim.code, W_STRICT);
	assert_int_equal(PROF->adkim.code, W_STRICT);
	assert_false(PROF->aligned_dkim);
}
CHECKER(header_from_us)
{
	same(PROF->header_from, "example.com");
}
CHECKER(p_none)
{
	word_is(l->report.policy.p, W_NONE, "none");
}
CHECKER(p_reject)
{
	word_is(l->report.policy.p, W_REJECT, "reject");
}
CHECKER(quarantined)
{
	word_is(PROF->disposition, W_QUARANTINE, "quarantine");
}
CHECKER(odd_selector)
{
	same(PROF->dkim[0].selector, "a&b-c<d");
}
CHECKER(perl)
{
	word_is(PROF->disposition, W_OTHER, "Mail::DMARC::Record=HASH(0x1)->disposition");
}
CHECKER(content_id)
{
	const char *id = l->report.report_id;
	assert_int_equal(strncmp(id, "sha256:", 7), 0);
	assert_int_equal(strlen(id), 7 + 16);
	assert_int_equal(strspn(id + 7, "0123456789abcdef"), 16);
}
CHECKER(no_email)
{
	assert_null(l->report.email);
}
CHECKER(pct_none)
{
	assert_int_equal(l->report.policy.pct, -1);
}
CHECKER(pct_150)
{
	assert_int_equal(l->report.policy.pct, 150);
}
CHECKER(pct_50)
{
	assert_int_equal(l->report.policy.pct, 50);
}
CHECKER(modes_absent)
{
	word_is(l->report.policy.adkim, W_ABSENT, NULL);
	word_is(l->report.policy.aspf, W_ABSENT, NULL);
	assert_int_equal(PROF->adkim.code, W_RELAXED);
	assert_int_equal(PROF->aspf.code, W_RELAXED);
}
CHECKER(mode_strict)
{
	assert_int_equal(l->report.policy.adkim.code, W_STRICT);
}
CHECKER(fo_absent)
{
	assert_null(l->report.policy.fo);
}
CHECKER(fo_kept)
{
	same(l->report.policy.fo, "1:d:s");
}
CHECKER(version_01)
{
	same(l->report.version, "0.1");
}
CHECKER(version_absent)
{
	assert_null(l->report.version);
}
CHECKER(one_error)
{
	assert_int_equal(l->report.n_errors, 1);
	same(l->report.errors[0], "DNS timed out");
}
CHECKER(raw_absent)
{
	assert_int_equal(REC0.source.family, 0);
	assert_null(REC0.source_raw);
}
CHECKER(raw_kept)
{
	assert_int_equal(REC0.source.family, 0);
	same(REC0.source_raw, "108r.166.27.220");
}
CHECKER(no_messages)
{
	assert_int_equal(REC0.messages, 0);
}
CHECKER(ten_to_the_12)
{
	assert_true(REC0.messages == UINT64_C(1000000000000));
	assert_true(l->report.n_messages == UINT64_C(1000000000000));
}
CHECKER(sum_past_32_bits)
{
	assert_true(l->report.n_messages == UINT64_C(8000000000));
}
CHECKER(disp_pass)
{
	word_is(PROF->disposition, W_PASS, "pass");
}
CHECKER(disp_softfail)
{
	same(PROF->disposition.text, "softfail");
}
CHECKER(disp_15)
{
	word_is(PROF->disposition, W_OTHER, "15");
}
CHECKER(disp_absent)
{
	word_is(PROF->disposition, W_ABSENT, NULL);
}
CHECKER(disp_none)
{
	word_is(PROF->disposition, W_NONE, "none");
}
CHECKER(eval_softfail)
{
	same(PROF->eval_spf.text, "softfail");
	assert_int_not_equal(PROF->eval_spf.code, W_PASS);
}
CHECKER(eval_none)
{
	same(PROF->eval_spf.text, "none");
	assert_int_not_equal(PROF->eval_spf.code, W_PASS);
}
CHECKER(eval_absent)
{
	word_is(PROF->eval_dkim, W_ABSENT, NULL);
	word_is(PROF->eval_spf, W_ABSENT, NULL);
}
CHECKER(eval_folded)
{
	word_is(PROF->eval_dkim, W_PASS, "pass");
	word_is(PROF->eval_spf, W_FAIL, "fail");
}
CHECKER(result_folded)
{
	word_is(PROF->dkim[0].result, W_TEMPERROR, "temperror");
	word_is(PROF->spf[0].result, W_SOFTFAIL, "softfail");
}
CHECKER(hardfail)
{
	word_is(PROF->spf[0].result, W_FAIL, "hardfail");
}
CHECKER(unknown_result)
{
	word_is(PROF->spf[0].result, W_PERMERROR, "unknown");
}
CHECKER(error_result)
{
	word_is(PROF->spf[0].result, W_TEMPERROR, "error");
}
CHECKER(invalid_result)
{
	word_is(PROF->dkim[0].result, W_OTHER, "Invalid");
}
CHECKER(no_result)
{
	word_is(PROF->dkim[0].result, W_ABSENT, NULL);
}
CHECKER(bare_reason)
{
	assert_int_equal(PROF->n_reasons, 1);
	word_is(PROF->reasons[0].type, W_SAMPLED_OUT, "sampled_out");
	assert_null(PROF->reasons[0].comment);
}
CHECKER(bare_comment)
{
	assert_int_equal(PROF->n_reasons, 1);
	word_is(PROF->reasons[0].type, W_OTHER_REASON, "other");
	same(PROF->reasons[0].comment, "looked fine to me");
}
CHECKER(reason_without_type)
{
	assert_int_equal(PROF->n_reasons, 1);
	word_is(PROF->reasons[0].type, W_ABSENT, NULL);
	same(PROF->reasons[0].comment, "why");
}
CHECKER(two_reasons)
{
	assert_int_equal(PROF->n_reasons, 2);
	word_is(PROF->reasons[0].type, W_MAILING_LIST, "mailing_list");
	word_is(PROF->reasons[1].type, W_LOCAL_POLICY, "local_policy");
	same(PROF->reasons[1].comment, "x");
}
CHECKER(unknown_reason)
{
	word_is(PROF->reasons[0].type, W_OTHER, "Moon_Phase");
}
CHECKER(no_auth)
{
	assert_int_equal(PROF->n_dkim, 0);
	assert_int_equal(PROF->n_spf, 0);
}
CHECKER(spf_no_domain)
{
	assert_int_equal(PROF->n_spf, 1);
	assert_null(PROF->spf[0].domain);
	assert_false(PROF->aligned_spf);
}
CHECKER(spf_helo)
{
	spf_no_domain(l);
	word_is(PROF->spf[0].scope, W_HELO, "helo");
}
CHECKER(three_spf)
{
	assert_int_equal(PROF->n_spf, 3);
	same(PROF->spf[2].domain, "c.example");
	assert_true(PROF->aligned_spf);
}
CHECKER(dkim_no_domain)
{
	assert_int_equal(PROF->n_dkim, 1);
	assert_null(PROF->dkim[0].domain);
	assert_null(PROF->dkim[0].selector);
	word_is(PROF->dkim[0].result, W_FAIL, "fail");
	assert_false(PROF->aligned_dkim);
}
CHECKER(not_evaluated)
{
	assert_int_equal(PROF->n_dkim, 1);
	same(PROF->dkim[0].domain, "not.evaluated");
}
CHECKER(selector_kept)
{
	same(PROF->dkim[0].selector, "s=1; \"x\"");
}
CHECKER(twelve)
{
	assert_int_equal(PROF->n_dkim, 12);
	same(PROF->dkim[11].selector, "s3");
	assert_true(PROF->aligned_dkim);
}
CHECKER(null_sender)
{
	same(PROF->envelope_from, "");
}
CHECKER(sender_absent)
{
	assert_null(PROF->envelope_from);
}
CHECKER(from_absent)
{
	assert_null(PROF->header_from);
}
CHECKER(from_raw)
{
	same(PROF->header_from, "not a name");
}
CHECKER(from_below)
{
	same(PROF->header_from, "mail.example.com");
	assert_true(PROF->aligned_dkim);
}
CHECKER(envelope_to)
{
	same(PROF->envelope_to, "customer.example");
}
CHECKER(human)
{
	same(PROF->dkim[0].human_result, "key too short");
}
CHECKER(several_records)
{
	assert_memory_equal(&l->records[0].profile->digest, &l->records[2].profile->digest,
			    sizeof(struct digest));
}

#define WITHOUT_DOMAIN PUBLISHED("<p>none</p>")
#define ONE            .records = 1, .messages = 2
#define NIL            .records = 0, .messages = 0
#define BAD            .verdict = XML_DAMAGED
#define SCHEMA                                                                                     \
	"<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" "                                \
	"targetNamespace=\"http://dmarc.org/dmarc-xml/0.1\">\n"
#define LAUGHS                                                                                     \
	"<!DOCTYPE feedback [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"    \
	"<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"                                           \
	"<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">"                                           \
	"<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">]>\n"
#define TRIO(s)                                                                                    \
	DKIM_(DOMAIN_OF("a.example") SEL(s "1") RESULT("fail"))                                    \
	DKIM_(DOMAIN_OF("example.com") SEL(s "2") RESULT("pass"))                                  \
	DKIM_(DOMAIN_OF("b.example") SEL(s "3") RESULT("neutral"))
#define PLACEHOLDER                                                                                \
	RECORD_OF("<row><source_ip/><count>0</count><policy_evaluated><disposition/><dkim/><spf/>" \
		  "</policy_evaluated></row><identifiers><header_from/></identifiers>"             \
		  "<auth_results><dkim><domain/><result/></dkim></auth_results>")

static const struct quirk quirks[] = {
    {0, ORDINARY, ONE, .org = "reporter.example", .id = "id-1", .domain = "example.com",
     .email = "dmarc@reporter.example", .begin = MAIN, .end = 1795391999, .day = DAY, .cell = "P3",
     .ip = "192.0.2.1", .check = header_from_us},

    /* 2a. XML and encoding */
    {1,
     "<?xml version=\"1.0\" encoding=\"windows-1252\"?>" FEEDBACK(
	 META("<org_name>Caf\xe9 \x80</org_name>" EMAIL ID DATES) POLICY RECORD),
     ONE, .org = "Caf\xc3\xa9 \xe2\x82\xac"},
    {2, WITH_ORG("Sue\xf1o Fueguino"), ONE, .org = "Sue\xef\xbf\xbdo Fueguino", .warning = "repl"},
    {2, WITH_META(ORG EMAIL ID DATES "<extra_contact_info>http://x/\x91</extra_contact_info>"), ONE,
     .id = "id-1", .warning = "repl"},
    {3, "\xef\xbb\xbf" ORDINARY, ONE},
    {3, "\xef\xbb\xbf\r\n " ORDINARY, ONE, .loose = true},
    {4, FEEDBACK(HEAD POLICY RECORD), ONE},
    {5, "<?xml version=\"1.0\"?>" FEEDBACK(HEAD POLICY RECORD), ONE},
    {6, "<?xml version=\"1.0\"?>\"" FEEDBACK(HEAD POLICY RECORD), ONE, .warning = "repaired"},
    {6, "<?xml version=\"1.0\"\"?>" FEEDBACK(HEAD POLICY RECORD), ONE, .warning = "repaired"},
    {7, DECL SCHEMA FEEDBACK(HEAD POLICY RECORD), ONE, .warning = "schema"},
    {7, DECL SCHEMA FEEDBACK(HEAD POLICY RECORD) "</xs:schema>", ONE, .warning = "schema"},
    {8, WITH_META(ORG "<email><x@y.example></email>" ID DATES), ONE, .email = "<x@y.example>",
     .warning = "repaired"},
    {9, WITH_ORG("A & B"), ONE, .org = "A & B", .warning = "repaired"},
    {9,
     WITH_META(ORG EMAIL
	       "<extra_contact_info>http://a.example/?a=1&b=2 > c</extra_contact_info>" ID DATES),
     ONE, .warning = "repaired", .check = angle_contact},
    {10, WITH_META(ORG EMAIL "<report_id>2025/report_id>" DATES), .never = true},
    {11, DECL "<feedback>" HEAD POLICY RECORD "</feedback", ONE, .warning = "last character"},
    {11, DECL "<feedback>" HEAD POLICY RECORD "</feedback\n", ONE, .warning = "last character"},
    {11, DECL "<feedback>" HEAD POLICY RECORD "</feedbac", BAD},
    {11, DECL "<feedback>" HEAD POLICY RECORD, BAD},
    {11, DECL "<feedback>" HEAD POLICY "<record>" ROW(IP TWO EVAL) FROM "</feedback", BAD},
    {12, BYTES(ORDINARY "\n\0\0\0"), ONE, .loose = true, .id = "id-1"},
    {12, ORDINARY "--=_boundary--\n", ONE, .warning = "follows"},
    {12, ORDINARY DOC(META(ORG EMAIL "<report_id>id-2</report_id>" DATES) POLICY RECORD RECORD),
     ONE, .id = "id-1"}, /* reports of their own: test_documents_together */
    {12, ORDINARY FEEDBACK(HEAD POLICY RECORD), ONE, .id = "id-1"},
    {13, DECL "<report>" HEAD POLICY RECORD "</report>", .verdict = XML_NOT_A_REPORT,
     .reason = "report"},
    {13, "<html><body><p>hello</p></body></html>", .verdict = XML_NOT_A_REPORT, .reason = "html"},
    {13, DECL, .never = true},
    {13, DECL "<feedback/>", BAD, .reason = "report_metadata"},
    {13, DECL FEEDBACK(POLICY RECORD), BAD, .reason = "report_metadata"},
    {14, "unused", .never = true},
    {15, "", .never = true},
    {16, WITH_POLICY("<p>none</p><sp>none</sp>11") "\n", ONE, .check = sp_none},
    {16, DOC("a" HEAD "b" POLICY "c" RECORD "d"), ONE, .check = header_from_us},
    {17,
     DECL "<ns1:feedback xmlns:ns1=\"http://dmarc.org/dmarc-xml/0.1\">" HEAD POLICY RECORD
	  "</ns1:feedback>",
     ONE},
    {17,
     DECL "<a:feedback xmlns:a=\"urn:x\"><a:report_metadata><a:org_name>o</a:org_name>"
	  "<a:report_id>i</a:report_id>" DATES "</a:report_metadata>" POLICY RECORD "</a:feedback>",
     ONE, .org = "o", .id = "i"},
    {17, DECL "<a:feedback xmlns:a=\"urn:x\">" HEAD POLICY RECORD "</a:feedback", ONE,
     .warning = "last character"},
    {18,
     DECL "<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">" HEAD POLICY RECORD "</feedback>",
     ONE, .format = DMARC_RFC9990},
    {18,
     DECL "<feedback xmlns=\"http://dmarc.org/dmarc-xml/0.2\">" HEAD POLICY RECORD "</feedback>",
     ONE},
    {18, DECL "<feedback xmlns=\"http//dmarc.org/dmarc-xml/0.1\">" HEAD POLICY RECORD "</feedback>",
     ONE},
    {19,
     DECL
     "<feedback xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
     "xsi:schemaLocation=\"http://dmarc.org/dmarc-xml/0.1 http://127.0.0.1:9/a.xsd\">" HEAD POLICY
	 RECORD "</feedback>",
     ONE},
    {20, DECL "<!DOCTYPE feedback>" FEEDBACK(HEAD POLICY RECORD), BAD, .reason = "DOCTYPE"},
    {20, DECL LAUGHS FEEDBACK(META("<org_name>&e;</org_name>" EMAIL ID DATES) POLICY RECORD), BAD,
     .reason = "DOCTYPE"},
    {20,
     DECL "<!DOCTYPE feedback [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" FEEDBACK(
	 META("<org_name>&x;</org_name>" EMAIL ID DATES) POLICY RECORD),
     BAD, .reason = "DOCTYPE"},
    {20, "<!DOCTYPE feedback SYSTEM \"http://127.0.0.1:9/a.dtd\">" FEEDBACK(HEAD POLICY RECORD),
     BAD, .reason = "DOCTYPE"},
    {20, "<!DOCTYPE html><html><body/></html>", .verdict = XML_NOT_A_REPORT},
    {21,
     DOC(META(DATES ID EMAIL ORG) POLICY RECORD_OF(AUTH(ITS_SPF OUR_DKIM) FROM ROW(EVAL TWO IP))),
     ONE, .org = "reporter.example", .id = "id-1", .cell = "P3", .check = spf_then_dkim},
    {21,
     DOC(HEAD PUBLISHED("<adkim>s</adkim>" DOMAIN_OF("example.com")) RECORD_OF(
	 ROW(IP TWO EVAL) FROM AUTH(DKIM_(DOMAIN_OF("m.example.com") RESULT("pass"))))),
     ONE, .flags = DMARC_STRICT_ONLY, .check = strict_alignment},
    {21,
     DOC(RECORD_OF(ROW(IP TWO EVAL) FROM AUTH(DKIM_(DOMAIN_OF("m.example.com") RESULT("pass"))))
	     POLICY_OF("<adkim>s</adkim>") HEAD),
     ONE, .id = "id-1", .domain = "example.com", .check = strict_alignment},
    {21, DOC(HEAD RECORD POLICY), ONE, .cell = "P3", .check = p_none},
    {22,
     WITH_RECORD(
	 ROW(IP TWO EVAL) "<identities><header_from>example.com</header_from></identities>" AUTH(
	     OUR_DKIM ITS_SPF)),
     ONE, .cell = "P3", .check = header_from_us},
    {23, DOC(HEAD POLICY PUBLISHED(DOMAIN_OF("example.net") "<p>reject</p>") RECORD), ONE,
     .domain = "example.com", .warning = "policy_published", .check = p_none},
    {24, WITH_POLICY("<p>none</p><rf>afrf</rf><ri>86400</ri><v>DMARC1</v><rua>mailto:a@b</rua>"),
     ONE, .check = p_none},
    {24,
     DOC(HEAD PUBLISHED(
	 "<extension><domain>evil.example</domain><p>reject</p></extension>" DOMAIN_OF(
	     "example.com") "<p>none</p>") RECORD),
     ONE, .domain = "example.com", .check = p_none},
    {24,
     DOC(HEAD POLICY_OF("<p>none</p><extension><domain>evil.example</domain><p>reject</p>"
			"</extension>") "<extensions><record><row><count>9</count></row></record></"
					"extensions>" RECORD),
     ONE, .domain = "example.com", .check = p_none},
    {24,
     WITH_RECORD(ROW(IP TWO "<added><count>9</count></added>" EVAL) FROM AUTH(
	 OUR_DKIM ITS_SPF "<arc><dkim>x</dkim><domain>evil.example</domain></arc>")),
     ONE, .ip = "192.0.2.1", .check = spf_then_dkim},
    {25, WITH_META(ORG "<email lang=\"en\" xml:lang=\"de\">a@b.example</email>" ID DATES), ONE,
     .email = "a@b.example"},
    {26,
     "<?xml version=\"1.0\"?>\r\n<feedback>\r\n\t" META(
	 "\r\n\t<org_name>example.com </org_name>\r\n" EMAIL
	 "<report_id>\r\n id-1\t</report_id>" DATE(
	     "1795305600 ", "\n1795391999")) "\r\n" POLICY
					     "\r\n" RECORD_OF(
						 ROW(IP "<count> 2\r\n</count>" EVAL_OF(
						     "\r\n\t quarantine", "pass", "fail", ""))
						     FROM AUTH(OUR_DKIM)) "\r\n</feedback>\r\n",
     ONE, .org = "example.com", .id = "id-1", .begin = MAIN, .end = 1795391999,
     .check = quarantined},
    {27, WITH_ORG("A<![CDATA[ & <B>]]>&#x43;&amp;D"), ONE, .org = "A & <B>C&D"},
    {27,
     WITH_AUTH(DKIM_(DOMAIN_OF("example.com") SEL("a&amp;b&#45;<![CDATA[c<]]>d") RESULT("pass"))),
     ONE, .cell = "P4", .check = odd_selector},
    {28, WITH_EVAL(EVAL_OF("Mail::DMARC::Record=HASH(0x1)->disposition", "pass", "fail", "")), ONE,
     .flags = DMARC_UNKNOWN_WORD, .warning = "unknown_word", .check = perl},
    {29, .why = "long texts are built at run time: test_long_texts"},

    /* 2b. metadata and policy */
    {30, WITH_META("<org_name/>" EMAIL ID DATES), ONE, .org = "reporter.example",
     .warning = "org_name"},
    {30, WITH_META("<org_name> \n</org_name>" EMAIL ID DATES), ONE, .org = "reporter.example",
     .warning = "org_name"},
    {30, WITH_META(EMAIL ID DATES), ONE, .org = "reporter.example", .warning = "org_name"},
    {30, WITH_META(ID DATES), ONE, .org = "unknown", .warning = "org_name"},
    {31, WITH_ORG("esa1.hc123-45.iphmx.com"), ONE, .org = "esa1.hc123-45.iphmx.com"},
    {32, WITH_ORG("Yahoo! Inc."), ONE, .org = "Yahoo! Inc."},
    {33, WITH_META(ORG ID DATES), ONE, .check = no_email},
    {33, WITH_META(ORG "<email>nobody</email>" ID DATES), ONE, .email = "nobody"},
    {34, WITH_ID("c545f2$5acf301=377eaf6f1e4159a1@host"), ONE,
     .id = "c545f2$5acf301=377eaf6f1e4159a1@host"},
    {34, WITH_ID("linkedin.com!domain!1!2!coffee"), ONE, .id = "linkedin.com!domain!1!2!coffee"},
    {34, WITH_ID("example.com:1795305600"), ONE, .id = "example.com:1795305600"},
    {34, WITH_ID(" &lt;abc@def&gt;\n"), ONE, .id = "abc@def"},
    {34, WITH_META(ORG EMAIL DATES), ONE, .warning = "report_id", .check = content_id},
    {34, WITH_ID(""), ONE, .warning = "report_id", .check = content_id},
    {34, WITH_ID("&lt;&gt;"), ONE, .warning = "report_id", .check = content_id},
    {35, .why = "two reports: test_identity"},
    {36, .why = "two reports: test_identity"},
    {37, .why = "DUPLICATE and CONFLICT are the loader's; the content digest: test_content"},
    {38, .why = "the loader's: one report arrives here as often as it is sent"},
    {39, .why = "keys of other programs"},
    {40, WITH_RANGE("1795305600.0", "1795391999.5"), ONE, .begin = MAIN, .end = 1795391999,
     .day = DAY, .warning = "whole number"},
    {40, WITH_RANGE("1795305600000", "1795391999000"), ONE, .begin = MAIN, .end = 1795391999,
     .day = DAY, .warning = "milliseconds"},
    {40, WITH_RANGE("2026-11-22T00:00:00Z", "2026-11-23T01:59:59+02:00"), ONE, .begin = MAIN,
     .end = 1795391999, .day = DAY, .warning = "date"},
    {40, WITH_RANGE("2026-11-22", "2026-11-23"), ONE, .begin = MAIN, .end = 1795392000,
     .warning = "date"},
    {40, WITH_RANGE("integer", "integer"), BAD, .reason = "begin"},
    {40, WITH_RANGE("", ""), BAD, .reason = "begin"},
    {40, WITH_META(ORG EMAIL ID), BAD, .reason = "begin"},
    {41, WITH_RANGE("1795305600", "1795305600"), ONE, .begin = MAIN, .end = MAIN, .day = DAY},
    {42, WITH_RANGE("1795305600", "1795132800"), ONE, .begin = MAIN, .end = 1795132800, .day = DAY,
     .warning = "before"},
    {42, WITH_RANGE("0", "1795391999"), BAD, .reason = "range"},
    {42, WITH_RANGE("-1795305600", "1795391999"), BAD, .reason = "begin"},
    {42, WITH_RANGE("86399", "1795391999"), BAD, .reason = "range"},
    {42, WITH_RANGE("283996800", "283996800"), ONE, .begin = 283996800, .warning = "before DMARC"},
    {42, WITH_RANGE("1795305600", "1800604800"), ONE, .end = 1800604800},
    {42, WITH_RANGE("1795305600", "1800604801"), BAD, .reason = "range"},
    {42, WITH_RANGE("12026-11-22T00:00:00Z", "1795391999"), BAD, .reason = "begin"},
    {42, WITH_RANGE("99999999999999999999", "1795391999"), BAD, .reason = "begin"},
    {43, WITH_RANGE("1777896000", "1795305600"), ONE, .begin = 1777896000, .day = 20678},
    {44, WITH_RANGE("1795305600", "1795321800"), ONE, .day = DAY},
    {45, WITH_RANGE("1795302000", "1795388399"), ONE, .begin = 1795302000, .day = DAY},
    {46, WITH_POLICY("<p>none</p><sp></sp>"), ONE, .check = sp_absent},
    {46, WITH_POLICY("<p>none</p><sp/>"), ONE, .check = sp_absent},
    {46, WITH_POLICY("<p>none</p>"), ONE, .check = sp_absent},
    {46, WITH_POLICY("<p>none</p><sp>nil</sp>"), ONE, .warning = "nil", .check = sp_nil},
    {47, WITH_POLICY("<p>REJECT</p>"), ONE, .check = p_reject},
    {47, WITH_POLICY("<pct/>"), ONE, .check = pct_none},
    {47, WITH_POLICY("<p>none</p>"), ONE, .check = pct_none},
    {47, WITH_POLICY("<pct> 50 </pct>"), ONE, .check = pct_50},
    {47, WITH_POLICY("<pct>150</pct>"), ONE, .check = pct_150},
    {47, WITH_POLICY("<pct>all</pct>"), ONE, .warning = "pct", .check = pct_none},
    {47, WITH_POLICY("<p>none</p>"), ONE, .check = modes_absent},
    {47, WITH_POLICY("<adkim/><aspf> </aspf>"), ONE, .check = modes_absent},
    {47, WITH_POLICY("<adkim> s\n</adkim>"), ONE, .check = mode_strict},
    {47, WITH_POLICY("<adkim>Strict</adkim>"), ONE, .loose = true, .check = mode_strict},
    {48, ORDINARY, ONE, .check = fo_absent},
    {48, WITH_POLICY("<fo>1:d:s</fo>"), ONE, .format = DMARC_RFC7489, .check = fo_kept},
    {49, .why = "where the record was found is not in the report"},
    {50, DOC(HEAD PUBLISHED(DOMAIN_OF("")) RECORD), ONE, .domain = "example.com",
     .warning = "domain"},
    {50, DOC(HEAD PUBLISHED("<p>none</p>") RECORD RECORD), .records = 2, .messages = 4,
     .domain = "example.com", .warning = "domain"},
    {50, DOC(HEAD RECORD), ONE, .domain = "example.com", .warning = "domain"},
    {50,
     DOC(HEAD PUBLISHED("<p>none</p>") RECORD RECORD_OF(
	 ROW(IP TWO EVAL) "<identifiers><header_from>example.org</header_from></identifiers>" AUTH(
	     OUR_DKIM))),
     BAD, .reason = "policy domain"},
    {50, DOC(HEAD PUBLISHED("<p>none</p>")), BAD, .reason = "policy domain"},
    {50, DOC(HEAD PUBLISHED(DOMAIN_OF("EXAMPLE.Com.")) RECORD), ONE, .domain = "example.com"},
    {50,
     DOC(HEAD PUBLISHED(DOMAIN_OF("b\xc3\xbc"
				  "cher.example")) RECORD),
     ONE, .domain = "xn--bcher-kva.example"},
    {51, .why = "today's DNS is not asked here"},
    {52, DOC("<version>0.1</version>" HEAD POLICY RECORD), ONE, .format = DMARC_RFC7489,
     .check = version_01},
    {52, DOC("<version>1.0</version>" HEAD POLICY RECORD), ONE, .format = DMARC_RFC7489},
    {52, DOC("<version>1.0</version>" HEAD POLICY_OF("<testing>n</testing>") RECORD), ONE,
     .format = DMARC_RFC9990},
    {52, WITH_POLICY("<np>reject</np>"), ONE, .format = DMARC_DRAFT, .check = version_absent},
    {53, WITH_META(ORG EMAIL ID DATES "<error>DNS timed out</error>"), ONE, .check = one_error},

    /* 2c. records */
    {54, DOC(HEAD POLICY), NIL, .id = "id-1", .check = no_records},
    {55, DOC(HEAD POLICY PLACEHOLDER), NIL, .warning = "dropped", .check = no_records},
    {55, DOC(HEAD POLICY RECORD PLACEHOLDER), ONE, .warning = "dropped"},
    {55, DOC(HEAD POLICY "<record/>" RECORD), ONE, .warning = "dropped", .ip = "192.0.2.1"},
    {56, WITH_IP(""), ONE, .flags = DMARC_BAD_IP, .warning = "bad_ip", .check = raw_absent},
    {56, WITH_IP("<source_ip/>"), ONE, .flags = DMARC_BAD_IP, .warning = "bad_ip",
     .check = raw_absent},
    {57, WITH_IP("<source_ip>108r.166.27.220</source_ip>"), ONE, .flags = DMARC_BAD_IP,
     .warning = "bad_ip", .check = raw_kept},
    {58, WITH_IP("<source_ip>\n 192.0.2.9 </source_ip>"), ONE, .loose = true, .ip = "192.0.2.9"},
    {58, WITH_IP("<source_ip>2001:0DB8:0:0:0:0:0:1</source_ip>"), ONE, .ip = "2001:db8::1"},
    {58, WITH_IP("<source_ip>::ffff:192.0.2.5</source_ip>"), ONE, .flags = DMARC_IP_MAPPED,
     .ip = "192.0.2.5"},
    {58, WITH_IP("<source_ip>[2001:db8::2]:25</source_ip>"), ONE, .flags = DMARC_IP_TRIMMED,
     .warning = "ip_trimmed", .ip = "2001:db8::2"},
    {58, WITH_IP("<source_ip>10.0.0.1</source_ip>"), ONE, .ip = "10.0.0.1"},
    {59, WITH_COUNT("<count>0</count>"), .records = 1, .ip = "192.0.2.1", .check = no_messages},
    {59, WITH_COUNT("<count>-3</count>"), .records = 1, .flags = DMARC_BAD_COUNT,
     .warning = "bad_count", .check = no_messages},
    {59, WITH_COUNT("<count>1,234</count>"), .records = 1, .flags = DMARC_BAD_COUNT,
     .warning = "bad_count", .check = no_messages},
    {59, WITH_COUNT("<count/>"), .records = 1, .flags = DMARC_BAD_COUNT, .warning = "bad_count",
     .check = no_messages},
    {59, WITH_COUNT("<count>1000000000001</count>"), .records = 1, .flags = DMARC_BAD_COUNT,
     .warning = "bad_count", .check = no_messages},
    {59, WITH_COUNT("<count>99999999999999999999999</count>"), .records = 1,
     .flags = DMARC_BAD_COUNT, .warning = "bad_count", .check = no_messages},
    {59, WITH_COUNT("<count>1000000000000</count>"), .records = 1, .messages = -1,
     .check = ten_to_the_12},
    {59,
     DOC(HEAD POLICY RECORD_OF(ROW(IP "<count>4000000000</count>" EVAL) FROM)
	     RECORD_OF(ROW(IP "<count>4000000000</count>" EVAL) FROM)),
     .records = 2, .messages = -1, .check = sum_past_32_bits},
    {60, DOC(HEAD POLICY RECORD RECORD RECORD), .records = 3, .messages = 6,
     .check = several_records},
    {61, DOC(HEAD POLICY RECORD RECORD), .records = 2, .messages = 4},
    {62, WITH_EVAL(EVAL_OF("pass", "pass", "fail", "")), ONE, .check = disp_pass},
    {62, WITH_EVAL(EVAL_OF("softfail", "pass", "fail", "")), ONE, .flags = DMARC_UNKNOWN_WORD,
     .warning = "unknown_word", .check = disp_softfail},
    {62, WITH_EVAL(EVAL_OF("15", "pass", "fail", "")), ONE, .flags = DMARC_UNKNOWN_WORD,
     .warning = "unknown_word", .check = disp_15},
    {62, WITH_EVAL(EVAL_OF("", "pass", "fail", "")), ONE, .check = disp_absent},
    {62, WITH_EVAL(EVAL_OF("None", "pass", "fail", "")), ONE, .check = disp_none},
    {63, WITH_EVAL(EVAL_OF("none", "pass", "softfail", "")), ONE, .loose = true,
     .check = eval_softfail},
    {63, WITH_EVAL(EVAL_OF("none", "pass", "none", "")), ONE, .loose = true, .check = eval_none},
    {63, WITH_EVAL(EVAL_OF("none", "", "", "")), ONE, .check = eval_absent},
    {63, WITH_RECORD(ROW(IP TWO) FROM AUTH(OUR_DKIM ITS_SPF)), ONE, .cell = "P3",
     .check = eval_absent},
    {64, WITH_EVAL(EVAL_OF("NONE", "Pass", "FAIL", "")), ONE, .check = eval_folded},
    {64,
     WITH_AUTH(DKIM_(DOMAIN_OF("example.com") RESULT("TempError"))
		   SPF_(DOMAIN_OF("example.com") RESULT("SoftFail"))),
     ONE, .cell = "F2", .check = result_folded},
    {65, WITH_AUTH(SPF_(DOMAIN_OF("example.com") RESULT("hardfail"))), ONE, .loose = true,
     .cell = "F1", .check = hardfail},
    {65, WITH_AUTH(SPF_(DOMAIN_OF("example.com") RESULT("unknown"))), ONE, .loose = true,
     .cell = "F3", .check = unknown_result},
    {65, WITH_AUTH(SPF_(DOMAIN_OF("example.com") RESULT("error"))), ONE, .loose = true,
     .cell = "F5", .check = error_result},
    {65, WITH_AUTH(DKIM_(DOMAIN_OF("example.com") RESULT(""))), ONE, .check = no_result},
    {65, WITH_AUTH(DKIM_(DOMAIN_OF("example.com") RESULT("Invalid"))), ONE,
     .flags = DMARC_UNKNOWN_WORD, .warning = "unknown_word", .check = invalid_result},
    {66, WITH_REASON("<reason>sampled_out</reason>"), ONE, .flags = DMARC_TEST_OR_SAMPLED,
     .check = bare_reason},
    {66, WITH_REASON("<reason>looked fine to me</reason>"), ONE, .check = bare_comment},
    {66, WITH_REASON("<reason><type/><comment>why</comment></reason>"), ONE,
     .check = reason_without_type},
    {66, WITH_REASON("<reason/>"), ONE, .check = header_from_us},
    {66,
     WITH_REASON("<reason><type>mailing_list</type></reason>"
		 "<reason><comment>x</comment><type>Local_Policy</type></reason>"),
     ONE, .flags = DMARC_FORWARD_REASON | DMARC_LOCAL_POLICY, .check = two_reasons},
    {66, WITH_REASON("<reason><type>Moon_Phase</type></reason>"), ONE, .flags = DMARC_UNKNOWN_WORD,
     .warning = "unknown_word", .check = unknown_reason},
    {67, WITH_REASON("<reason><type>local_policy</type><comment>arc=pass as.1</comment></reason>"),
     ONE, .flags = DMARC_ARC_PASS},
    {67, WITH_REASON("<reason><type>forwarded</type><comment>looks forwarded</comment></reason>"),
     ONE, .flags = DMARC_FORWARD_REASON},
    {68, WITH_RECORD(ROW(IP TWO EVAL) FROM), ONE, .cell = "F10", .check = no_auth},
    {68, WITH_AUTH(""), ONE, .cell = "F10", .check = no_auth},
    {69, WITH_AUTH(OUR_DKIM), ONE, .cell = "P4"},
    {69, WITH_AUTH(SPF_("<scope>helo</scope>" RESULT("pass"))), ONE, .check = spf_helo},
    {69, WITH_AUTH(SPF_("<domain/>" RESULT("none"))), ONE, .cell = "F10", .check = spf_no_domain},
    {69,
     WITH_AUTH(SPF_(DOMAIN_OF("a.example") RESULT("fail")) SPF_(
	 DOMAIN_OF("example.com") RESULT("pass")) SPF_(DOMAIN_OF("c.example") RESULT("none"))),
     ONE, .cell = "P7", .check = three_spf},
    {70, WITH_AUTH(DKIM_("<domain/><selector/>" RESULT("fail"))), ONE, .cell = "F10",
     .check = dkim_no_domain},
    {70, WITH_AUTH(DKIM_(RESULT("fail"))), ONE, .cell = "F10", .check = dkim_no_domain},
    {70, WITH_AUTH(DKIM_(DOMAIN_OF("not.evaluated") RESULT("none"))), ONE, .cell = "F10",
     .check = not_evaluated},
    {70, WITH_AUTH(DKIM_(DOMAIN_OF("example.com") SEL("s=1; \"x\"") RESULT("pass"))), ONE,
     .loose = true, .cell = "P4", .check = selector_kept},
    {71, WITH_AUTH(TRIO("p") TRIO("q") TRIO("r") TRIO("s")), ONE, .cell = "P4", .check = twelve},
    {72, WITH_IDS("<envelope_from/><header_from>example.com</header_from>"), ONE,
     .flags = DMARC_NULL_SENDER, .check = null_sender},
    {72, WITH_IDS("<envelope_from>&lt;&gt;</envelope_from><header_from>example.com</header_from>"),
     ONE, .flags = DMARC_NULL_SENDER, .check = null_sender},
    {72, ORDINARY, ONE, .check = sender_absent},
    {73, WITH_IDS("<header_from>EXAMPLE.COM.</header_from>"), ONE, .cell = "P3",
     .check = header_from_us},
    {73, WITH_IDS("<header_from>mail.example.com</header_from>"), ONE, .cell = "P3",
     .check = from_below},
    {73, WITH_IDS("<header_from/>"), ONE, .check = from_absent},
    {73, WITH_IDS("<header_from>not a name</header_from>"), ONE, .flags = DMARC_BAD_NAME,
     .warning = "bad_name", .check = from_raw},
    {74,
     WITH_IDS("<envelope_to>Customer.example</envelope_to><header_from>example.com</header_from>"),
     ONE, .check = envelope_to},
    {75,
     WITH_AUTH(DKIM_(DOMAIN_OF("example.com")
			 RESULT("fail") "<human_result>key too short</human_result>")),
     ONE, .cell = "F11", .check = human},
};

static bool any_warning(const struct list *l, const char *part)
{
	for (unsigned i = 0; i < l->report.n_warnings; i++)
		if (strstr(l->report.warnings[i], part))
			return true;
	return false;
}

static unsigned wrong; /* expectations of the table that were not met */

#define EXPECT(ok, fmt, ...)                                                                       \
	do {                                                                                       \
		if (!(ok)) {                                                                       \
			wrong++;                                                                   \
			fprintf(stderr, "row %zu (quirk %d): %s: " fmt "\n", row, q->number, #ok,  \
				__VA_ARGS__);                                                      \
		}                                                                                  \
	} while (0)

static void expect_text(const struct quirk *q, size_t row, const char *what, const char *want,
			const char *got)
{
	if (want)
		EXPECT(got && strcmp(want, got) == 0, "%s is %s", what, got ? got : "(null)");
}

static void expect_head(const struct quirk *q, size_t row, const struct list *l)
{
	const struct dmarc_report *r = &l->report;
	expect_text(q, row, "org_name", q->org, r->org_name);
	expect_text(q, row, "report_id", q->id, r->report_id);
	expect_text(q, row, "email", q->email, r->email);
	expect_text(q, row, "domain", q->domain, r->policy.domain);
	if (q->begin)
		EXPECT(r->begin == q->begin, "%lld", (long long)r->begin);
	if (q->end)
		EXPECT(r->end == q->end, "%lld", (long long)r->end);
	if (q->day)
		EXPECT(r->day == q->day, "%d", r->day);
	EXPECT(q->loose || r->format == q->format, "%d", (int)r->format);
	if (q->warning)
		EXPECT(any_warning(l, q->warning), "%u warnings", r->n_warnings);
	else if (!q->loose)
		EXPECT(r->n_warnings == 0, "%s", r->warnings[0]);
}

static void expect_record(const struct quirk *q, size_t row, const struct list *l)
{
	const struct dmarc_record *rec = &l->records[0];
	unsigned flags = rec->flags | rec->profile->flags;
	char ip[IP_STRLEN];
	expect_text(q, row, "cell", q->cell, dmarc_cell_name(rec->profile->cell));
	expect_text(q, row, "source_ip", q->ip, ip_format(&rec->source, ip));
	if (q->loose)
		return;
	unsigned odd = ODD & ~(unsigned)DMARC_IP_MAPPED;
	EXPECT((flags & odd) == (q->flags & odd), "flags %x", flags);
	EXPECT((flags & q->flags) == q->flags, "flags %x", flags);
}

static void expect_quirk(const struct quirk *q, size_t row)
{
	struct list l;
	read_pieces(q->xml, q->size ? q->size : strlen(q->xml), SIZE_MAX, &l);
	if (q->never) {
		EXPECT(l.verdict != XML_REPORT, "%s", l.report.report_id);
	} else {
		EXPECT(l.verdict == q->verdict, "%s", l.verdict ? l.reason.msg : "a report");
		if (q->reason && l.verdict != XML_REPORT)
			EXPECT(strstr(l.reason.msg, q->reason) != NULL, "%s", l.reason.msg);
	}
	if (l.verdict == XML_REPORT && l.verdict == q->verdict) {
		EXPECT((int)l.report.n_records == q->records, "%d", (int)l.report.n_records);
		EXPECT(q->messages < 0 || (int)l.report.n_messages == q->messages, "%d",
		       (int)l.report.n_messages);
		expect_head(q, row, &l);
		if (l.n > 0)
			expect_record(q, row, &l);
		if (q->check && (l.n > 0 || q->records == 0))
			q->check(
			    &l); /* ends the test where it fails: the checker's line says which */
	}
	list_free(&l);
}

#define ROW_OF(ip, counts) "<row><source_ip>" ip "</source_ip>" counts EVAL "</row>"
#define COUNT_OF(n)        "<count>" n "</count>"

/* Rows and counts of one record are added up; records are read where they stand. */
static void test_sums_and_places(void **state)
{
	(void)state;
	static const struct {
		const char *xml;
		int records, messages;
		unsigned flags;
		const char *warning;
	} rows[] = {
	    {WITH_RECORD(ROW_OF("192.0.2.1", COUNT_OF("5")) ROW_OF("192.0.2.9", COUNT_OF("7"))
			     FROM AUTH(OUR_DKIM)),
	     1, 12, DMARC_ADDED, "flag added"},
	    {WITH_RECORD(ROW_OF("192.0.2.1", COUNT_OF("5") COUNT_OF("7")) FROM AUTH(OUR_DKIM)), 1,
	     12, DMARC_ADDED, "flag added"},
	    {WITH_RECORD(ROW_OF("192.0.2.1", COUNT_OF("5") "<count/>") FROM AUTH(OUR_DKIM)), 1, 5,
	     0, NULL},
	    {WITH_RECORD(ROW_OF("192.0.2.1", COUNT_OF("5") COUNT_OF("x")) FROM AUTH(OUR_DKIM)), 1,
	     0, DMARC_ADDED | DMARC_BAD_COUNT, "flag added"},
	    {WITH_RECORD(ROW_OF("192.0.2.1", COUNT_OF("x") COUNT_OF("5")) FROM AUTH(OUR_DKIM)), 1,
	     0, DMARC_ADDED | DMARC_BAD_COUNT, "flag bad_count"},
	    {WITH_RECORD(ROW_OF("192.0.2.1", COUNT_OF("1000000000000") COUNT_OF("1"))
			     FROM AUTH(OUR_DKIM)),
	     1, 0, DMARC_ADDED | DMARC_BAD_COUNT, "flag bad_count"},
	    {WITH_RECORD(ROW_OF("192.0.2.1", COUNT_OF("999999999999") COUNT_OF("1"))
			     FROM AUTH(OUR_DKIM)),
	     1, -1, DMARC_ADDED, "flag added"},
	    {DOC(HEAD POLICY "<records>" RECORD RECORD "</records>"), 2, 4, 0, NULL},
	    {DOC(HEAD POLICY "<a>" RECORD "</a><b>text" RECORD "</b>" RECORD), 3, 6, 0, NULL},
	    {DOC(HEAD POLICY "<a><b>" RECORD "</b></a>" RECORD), 1, 2, 0, "none is expected"},
	    {DOC(HEAD POLICY "<row><count>1</count></row>" RECORD), 1, 2, 0, "none is expected"},
	    {DOC(HEAD POLICY RECORD "<feedback>" RECORD "</feedback>"), 1, 2, 0,
	     "none is expected"},
	    {DOC(HEAD POLICY "<extension>" RECORD "</extension>" RECORD), 1, 2, 0, NULL},
	    {DOC(HEAD POLICY "<x:a xmlns:x='urn:x'>" RECORD "</x:a>" RECORD), 1, 2, 0, NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct list l;
		read_text(rows[i].xml, &l);
		CHECK_ROW(l.verdict == XML_REPORT, i);
		CHECK_ROW((int)l.report.n_records == rows[i].records, i);
		CHECK_ROW(rows[i].messages < 0 || (int)l.report.n_messages == rows[i].messages, i);
		CHECK_ROW((l.records[0].flags & (DMARC_ADDED | DMARC_BAD_COUNT)) == rows[i].flags,
			  i);
		CHECK_ROW(rows[i].warning ? any_warning(&l, rows[i].warning)
					  : l.report.n_warnings == 0,
			  i);
		list_free(&l);
	}
}

/* What stands behind a report: its own words, or another document. */
static void test_documents_together(void **state)
{
	(void)state;
	static const struct {
		const char *xml;
		bool follows;
		unsigned others;
	} rows[] = {
	    {ORDINARY, false, 0},
	    {ORDINARY "\n\n <!-- made by hand -->\n", false, 0},
	    {ORDINARY "--=_boundary--\n", false, 0},
	    {ORDINARY "</feedback></xs:schema>", false, 0},
	    {ORDINARY "\n< 5", false, 0},
	    {ORDINARY "<p>a footer</p>", true, 0},
	    {ORDINARY "<record/>", true, 0},
	    {ORDINARY ORDINARY, true, 1},
	    {ORDINARY "\n--\n" ORDINARY "--" ORDINARY "end", true, 2},
	    {ORDINARY "\xef\xbb\xbf" ORDINARY, true, 1},
	    {ORDINARY "<x:feedback xmlns:x='urn:x'></x:feedback >" ORDINARY, true, 2},
	    {ORDINARY "<feedback><record>" ORDINARY, true, 2},
	    {ORDINARY "<feedback><record>", true, 1},
	    {ORDINARY "<feedb", true, 0},
	    {ORDINARY "\x1f\x8b\x08 gzip", true, 0},
	    {ORDINARY "\nPK\x03\x04 zip", true, 0},
	    {ORDINARY "\n\nH4sIAAlxDWsC\n", true, 0},
	    {ORDINARY "\nUEsDBBQAAAAI\n", true, 0},
	    {ORDINARY "\nPK of H4s, UEs", false, 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t piece = 1; piece < 40; piece += 13) {
			struct list l;
			size_t n = strlen(rows[i].xml);
			read_pieces(rows[i].xml, n, piece, &l);
			CHECK_ROW(l.verdict == XML_REPORT, i);
			CHECK_ROW(xml_follows(reader) == rows[i].follows, i);
			list_free(&l);
			struct bytes b = {rows[i].xml, n, piece};
			struct origin origin = {piece_open, &b};
			static struct together t;
			struct blob doc;
			struct err err;
			unsigned others = 0;
			bool more;
			CHECK_ROW(together_open(&t, &origin, &limits, &err) == ST_OK, i);
			while (together_next(&t, &doc, &more, &err) == ST_OK && more) {
				others++;
				CHECK_ROW(doc.size > 0 && doc.mem[0] == '<', i);
				if (doc.size >= strlen(ORDINARY) && i != 11)
					CHECK_ROW(memcmp(doc.mem, ORDINARY, doc.size) == 0, i);
			}
			CHECK_ROW(others == rows[i].others, i);
			together_close(&t);
		}
}

static void test_table(void **state)
{
	(void)state;
	bool seen[76] = {false};
	wrong = 0;
	for (size_t i = 0; i < COUNT(quirks); i++) {
		seen[quirks[i].number] = true;
		if (quirks[i].why)
			print_message("quirk %d: %s\n", quirks[i].number, quirks[i].why);
		else
			expect_quirk(&quirks[i], i);
	}
	for (size_t n = 0; n < COUNT(seen); n++)
		CHECK_ROW(seen[n], n);
	assert_int_equal(wrong, 0);
}

/* ---- what holds for any document ---- */

static const char *const whole[] = {
    ORDINARY,
    DECL "<a:feedback xmlns:a=\"urn:x\">" HEAD POLICY RECORD RECORD "</a:feedback>",
    DOC(RECORD_OF(ROW(IP TWO EVAL) FROM) RECORD POLICY HEAD),
    DOC(META(EMAIL DATES) RECORD WITHOUT_DOMAIN RECORD),
    DOC(META("<org_name>A & B \xff</org_name>"
	     "<email><x@y></email>" ID DATES) POLICY RECORD),
    DOC(META("<org_name>a&amp;b<![CDATA[<c>]]></org_name>" ID DATES) POLICY RECORD),
};

/* Two faults at once: then the missing '>' need not be forgiven. */
static bool repaired(const struct list *l)
{
	return any_warning(l, "repaired");
}

/* Cut anywhere a report is none, unless the last '>' alone is missing. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(whole); i++) {
		size_t n = strlen(whole[i]);
		struct list all;
		read_text(whole[i], &all);
		CHECK_ROW(all.verdict == XML_REPORT, i);
		for (size_t cut = 0; cut < n; cut++) {
			struct list l;
			/* a copy of its own: reading past it is found */
			char *p = mem_alloc(cut ? cut : 1);
			memcpy(p, whole[i], cut);
			read_pieces(p, cut, SIZE_MAX, &l);
			bool report = l.verdict == XML_REPORT;
			if (cut < n - 1 ? report : !report && !repaired(&all))
				fail_msg("row %zu cut at %zu of %zu: verdict %d", i, cut, n,
					 (int)l.verdict);
			if (report)
				assert_memory_equal(&l.report.content, &all.report.content,
						    sizeof(struct digest));
			list_free(&l);
			free(p);
		}
		list_free(&all);
	}
}

static bool digests_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

static void same_lists(const struct list *a, const struct list *b, int number, size_t row,
		       size_t piece)
{
	const struct dmarc_report *x = &a->report, *y = &b->report;
	bool ok = a->verdict == b->verdict;
	if (ok && a->verdict == XML_REPORT) {
		ok = digests_equal(&x->content, &y->content) &&
		     digests_equal(&x->identity, &y->identity) && x->n_messages == y->n_messages &&
		     strcmp(x->report_id, y->report_id) == 0 && a->n == b->n;
		for (size_t i = 0; ok && i < a->n; i++) {
			const struct dmarc_record *r = &a->records[i], *t = &b->records[i];
			ok = ip_cmp(&r->source, &t->source) == 0 && r->messages == t->messages &&
			     r->flags == t->flags &&
			     digests_equal(&r->profile->digest, &t->profile->digest);
		}
		bool warned = x->n_warnings == y->n_warnings;
		for (unsigned i = 0; warned && i < x->n_warnings; i++)
			warned = strcmp(x->warnings[i], y->warnings[i]) == 0;
		if (!warned)
			fprintf(stderr, "warnings %u, %u: %s / %s\n", x->n_warnings, y->n_warnings,
				x->n_warnings ? x->warnings[0] : "",
				y->n_warnings ? y->warnings[0] : "");
		ok = ok && warned;
	}
	if (!ok) {
		wrong++;
		fprintf(stderr, "row %zu (quirk %d) in pieces of %zu: not the same\n", row, number,
			piece);
	}
}

static void test_pieces(void **state)
{
	(void)state;
	static const size_t sizes[] = {1, 2, 3, 7, 64, 977};
	wrong = 0;
	for (size_t i = 0; i < COUNT(quirks); i++) {
		const struct quirk *q = &quirks[i];
		if (!q->xml)
			continue;
		size_t n = q->size ? q->size : strlen(q->xml);
		struct list all, l;
		read_pieces(q->xml, n, SIZE_MAX, &all);
		for (size_t k = 0; k < COUNT(sizes); k++) {
			read_pieces(q->xml, n, sizes[k], &l);
			same_lists(&all, &l, q->number, i, sizes[k]);
			list_free(&l);
		}
		list_free(&all);
	}
	assert_int_equal(wrong, 0);
}

#define NUMBERED(ip, n)                                                                            \
	RECORD_OF(ROW("<source_ip>" ip "</source_ip><count>" n "</count>" EVAL) FROM AUTH(OUR_DKIM))
#define A1   NUMBERED("192.0.2.1", "1")
#define B2   NUMBERED("192.0.2.2", "2")
#define C3   NUMBERED("2001:db8::3", "3")
#define NOID META(ORG EMAIL DATES)

static const struct {
	const char *a, *b;
	bool same;
} contents[] = {
    {DOC(HEAD POLICY A1 B2 C3), DOC(HEAD POLICY C3 A1 B2), true},
    {DOC(HEAD POLICY A1 B2 C3), "<feedback>\n" HEAD "\n" B2 " " POLICY C3 A1 "</feedback>", true},
    {DOC(NOID POLICY A1 B2 C3), DOC(NOID POLICY C3 A1 B2), true},
    {DOC(HEAD POLICY A1 B2), DOC(HEAD POLICY A1 NUMBERED("192.0.2.2", "3")), false},
    {DOC(HEAD POLICY A1 B2), DOC(HEAD POLICY NUMBERED("192.0.2.1", "2") NUMBERED("192.0.2.2", "1")),
     false},
    {DOC(HEAD POLICY A1 B2), DOC(HEAD POLICY A1 B2 B2), false},
    {DOC(HEAD POLICY A1 A1), DOC(HEAD POLICY B2 B2), false},
    {DOC(HEAD POLICY A1), DOC(HEAD POLICY_OF("<p>reject</p>") A1), false},
    {DOC(NOID POLICY A1 B2), DOC(NOID POLICY A1 NUMBERED("192.0.2.2", "3")), false},
};

/* The digest is of the values, in any order; it stands in for a missing report_id. */
static void test_content(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(contents); i++) {
		struct list a, b;
		read_text(contents[i].a, &a);
		read_text(contents[i].b, &b);
		CHECK_ROW(a.verdict == XML_REPORT && b.verdict == XML_REPORT, i);
		CHECK_ROW(digests_equal(&a.report.content, &b.report.content) == contents[i].same,
			  i);
		if (strncmp(a.report.report_id, "sha256:", 7) == 0)
			CHECK_ROW((strcmp(a.report.report_id, b.report.report_id) == 0) ==
				      contents[i].same,
				  i);
		list_free(&a);
		list_free(&b);
	}
}

static const struct {
	const char *a, *b;
	bool same;
} identities[] = {
    {ORDINARY, WITH_ID(" &lt; id-1 &gt; "), true},
    {ORDINARY, DOC(HEAD POLICY RECORD RECORD), true},
    {ORDINARY, WITH_ID("id-2"), false},
    {ORDINARY, WITH_ORG("other.example"), false},              /* quirk 35 */
    {ORDINARY, WITH_RANGE("1795219200", "1795305599"), false}, /* quirk 36 */
};

static void test_identity(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(identities); i++) {
		struct list a, b;
		read_text(identities[i].a, &a);
		read_text(identities[i].b, &b);
		CHECK_ROW(
		    digests_equal(&a.report.identity, &b.report.identity) == identities[i].same, i);
		list_free(&a);
		list_free(&b);
	}
}

/* Quirk 29: too long is cut, marked, and still text. */
static void test_long_texts(void **state)
{
	(void)state;
	static const size_t sizes[] = {1024, 1025, 65536, 200000};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct arena a = {0};
		struct list l;
		char *x = arena_alloc(&a, sizes[i] + 1);
		memset(x, 'x', sizes[i]);
		x[sizes[i]] = '\0';
		read_text(arena_printf(
			      &a,
			      DECL "<feedback><report_metadata><org_name>%s</org_name>"
				   "<report_id>%s</report_id>" DATES "</report_metadata>" POLICY
				   "<record>" ROW(IP TWO EVAL_OF(
				       "none", "pass", "fail",
				       "<reason><type>other</type><comment>%s</comment></reason>"))
				       FROM AUTH(OUR_DKIM) "</record></feedback>",
			      x, x, x),
			  &l);
		CHECK_ROW(l.verdict == XML_REPORT, i);
		CHECK_ROW(strlen(l.report.org_name) == LIMIT_TEXT, i);
		CHECK_ROW(strlen(l.report.report_id) == LIMIT_REPORT_ID, i);
		CHECK_ROW(strlen(l.records[0].profile->reasons[0].comment) == LIMIT_TEXT, i);
		CHECK_ROW(any_warning(&l, "report_id cut"), i);
		CHECK_ROW(any_warning(&l, "org_name cut") == (sizes[i] > LIMIT_TEXT), i);
		CHECK_ROW(
		    ((l.records[0].profile->flags & DMARC_CUT) != 0) == (sizes[i] > LIMIT_TEXT), i);
		list_free(&l);
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_sums_and_places),
	    cmocka_unit_test(test_documents_together),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_content),
	    cmocka_unit_test(test_identity),
	    cmocka_unit_test(test_long_texts),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

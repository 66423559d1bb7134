/*
 * ingest/pipeline: the account. What a container holds is scripted here, one letter a document, in
 * place of unpack, xml and mbox:
 *
 *	R report   D damaged report   B bad leaf   X other XML   O other attachment
 *	b words of a mail   h words of a mail in XML (HTML)   ! unpack itself fails
 *	L it cannot be read now   F report from the future
 *
 * "From a|b|c" is an mbox of three mails.
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "ingest/files/mbox.h"
#include "ingest/pipeline.h"
#include "ingest/unpack.h"
#include "ingest/xml/xml.h"

/* ---- the stages before and behind ---- */

struct xml_reader {
	int nothing;
};

struct xml_reader *xml_reader_new(const struct name_rules *rules, const struct limits *limits)
{
	(void)rules, (void)limits;
	return mem_alloc(sizeof(struct xml_reader));
}

void xml_reader_free(struct xml_reader *r)
{
	free(r);
}

void xml_new_input(struct xml_reader *r)
{
	(void)r;
}

enum status xml_read_report(struct xml_reader *r, const struct origin *origin,
			    const struct item *item, int64_t now, struct sink *sink,
			    enum xml_verdict *verdict, struct err *reason, struct err *err)
{
	const char *letter = origin->ctx;
	static const struct dmarc_report report = {.n_records = 2, .n_messages = 5};
	(void)r;
	assert_int_equal(now, 1767225600);
	if (*letter == 'X' || *letter == 'h') {
		*verdict = XML_NOT_A_REPORT;
		return err_set(reason, ST_OK, "another root");
	}
	enum status st = sink->begin(sink->ctx, &report, item, err);
	if (st == ST_OK && *letter == 'R') {
		*verdict = XML_REPORT;
		return sink->end(sink->ctx, &report, item, err);
	}
	sink->abort(sink->ctx);
	*verdict = *letter == 'F' ? XML_FROM_FUTURE : XML_DAMAGED;
	(void)err_set(reason, ST_OK, "cut");
	return st;
}

/* What is behind a damaged document is looked for; here nothing is. */
static enum status open_nothing(const struct origin *o, struct stream **out, struct err *err)
{
	(void)o, (void)out;
	return err_set(err, ST_ITEM, "nothing");
}

bool xml_follows(const struct xml_reader *r)
{
	(void)r;
	return false;
}

enum status unpack(const struct blob *input, const char *source, const struct limits *limits,
		   const struct unpack_visitor *visitor, struct err *err)
{
	char script[512];
	(void)limits;
	ssize_t n = blob_read(input, 0, script, sizeof script);
	for (ssize_t i = 0; i < n; i++) {
		char name[128];
		snprintf(name, sizeof name, "%s!part%zd", source, i + 1);
		struct leaf leaf = {.source = n > 1 ? name : source,
				    .kind = strchr("RDXhF", script[i]) ? LEAF_XML
					    : script[i] == 'B'         ? LEAF_BAD
								       : LEAF_OTHER,
				    .reason = "r",
				    .mail_body = strchr("bh", script[i]) != NULL,
				    .xml = {open_nothing, &script[i]},
				    .container = *input};
		if (script[i] == '!')
			return err_set(err, ST_RETRY, "no room");
		if (script[i] == 'L')
			return err_set(err, ST_LATER, "read: Input/output error");
		bool report = false;
		enum status st = visitor->leaf(visitor->ctx, &leaf, &report, err);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

bool mbox_looks_like(const struct blob *file)
{
	char start[5];
	return blob_read(file, 0, start, 5) == 5 && memcmp(start, "From ", 5) == 0;
}

void mbox_init(struct mbox *m, const struct blob *file)
{
	*m = (struct mbox){.file = file, .next = 5};
}

enum status mbox_next(struct mbox *m, struct blob *mail, bool *more, struct err *err)
{
	char c;
	uint64_t at = m->next;
	*more = at < m->file->size;
	if (!*more)
		return ST_OK;
	while (blob_read(m->file, at, &c, 1) == 1 && c != '|') {
		if (c == '?')
			return err_set(err, ST_ITEM, "read error");
		at++;
	}
	*mail = *m->file;
	if (mail->mem)
		mail->mem += m->next;
	else
		mail->offset += m->next;
	mail->size = at - m->next;
	m->next = at + 1;
	m->n++;
	return ST_OK;
}

/* ---- a sink that settles at once, or at flush ---- */

struct list_sink {
	struct sink sink;
	bool deferred;
	enum status fail; /* what the next end() returns, once */
	unsigned n, open;
	struct settlement waiting[64];
};

static void settle(struct list_sink *l, const struct item *item, enum outcome outcome,
		   const char *reason)
{
	struct settlement s = {.ticket = item->ticket,
			       .source = "somewhere",
			       .outcome = outcome,
			       .reason = reason ? "because" : NULL,
			       .records = outcome == OUT_STORED ? 2 : 0,
			       .messages = outcome == OUT_STORED ? 5 : 0};
	if (l->deferred)
		l->waiting[l->n++] = s;
	else
		l->sink.settled(l->sink.settled_ctx, &s);
}

static enum status on_begin(void *ctx, const struct dmarc_report *report, const struct item *item,
			    struct err *err)
{
	struct list_sink *l = ctx;
	(void)report, (void)item, (void)err;
	l->open++;
	return ST_OK;
}

static enum status on_records(void *ctx, const struct dmarc_record *records, size_t n,
			      struct err *err)
{
	(void)ctx, (void)records, (void)n, (void)err;
	return ST_OK;
}

static enum status on_end(void *ctx, const struct dmarc_report *report, const struct item *item,
			  struct err *err)
{
	struct list_sink *l = ctx;
	(void)report;
	l->open--;
	if (l->fail != ST_OK) {
		enum status st = l->fail;
		l->fail = ST_OK;
		return err_set(err, st, "sink");
	}
	settle(l, item, OUT_STORED, NULL);
	return ST_OK;
}

static void on_abort(void *ctx)
{
	struct list_sink *l = ctx;
	l->open--;
}

static enum status on_note(void *ctx, const struct item *item, enum outcome outcome,
			   const char *reason, struct err *err)
{
	(void)err;
	assert_non_null(reason);
	assert_non_null(item->source);
	settle(ctx, item, outcome, reason);
	return ST_OK;
}

static enum status on_flush(void *ctx, struct err *err)
{
	struct list_sink *l = ctx;
	(void)err;
	for (unsigned i = 0; i < l->n; i++)
		l->sink.settled(l->sink.settled_ctx, &l->waiting[i]);
	l->n = 0;
	return ST_OK;
}

static void sink_init(struct list_sink *l, bool deferred)
{
	*l = (struct list_sink){.deferred = deferred,
				.sink = {.ctx = l,
					 .begin = on_begin,
					 .records = on_records,
					 .end = on_end,
					 .abort = on_abort,
					 .note = on_note,
					 .flush = on_flush}};
}

static const struct limits limits = LIMITS_DEFAULT;
static const struct pipeline_options options = {.limits = &limits, .now = 1767225600};

static struct blob text_blob(const char *s)
{
	return (struct blob){.size = strlen(s), .mem = (const uint8_t *)s, .fd = -1};
}

/* ---- tests ---- */

static void the_account(void **state)
{
	(void)state;
	static const struct {
		const char *input;
		unsigned inputs, stored, rejected, other, not_reports;
	} rows[] = {
	    {"R", 1, 1, 0, 0, 0},
	    {"D", 1, 0, 1, 0, 0},
	    {"B", 1, 0, 1, 0, 0},
	    {"X", 1, 0, 0, 1, 1}, /* one document, one note */
	    {"O", 1, 0, 0, 1, 1},
	    {"b", 1, 0, 0, 1, 1}, /* the words get no note, the mail does */
	    {"h", 1, 0, 0, 1, 1},
	    {"bR", 1, 1, 0, 0, 0},
	    {"bhR", 1, 1, 0, 0, 0},
	    {"bRO", 1, 1, 0, 1, 0},
	    {"bB", 1, 0, 1, 0, 0},
	    {"bO", 1, 0, 0, 2, 1}, /* the attachment, and the mail as a whole */
	    {"OX", 1, 0, 0, 3, 1},
	    {"RDX", 1, 1, 1, 1, 0},
	    {"", 1, 0, 0, 1, 1},
	    {"From R|bR|b", 3, 2, 0, 1, 1},
	    {"From R|?", 2, 1, 1, 0, 0}, /* what cannot be read is an input too */
	};
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		size_t row = i / 2;
		struct list_sink l;
		struct err err;
		sink_init(&l, i % 2);
		struct pipeline *p = pipeline_new(&options, &l.sink);
		struct blob b = text_blob(rows[row].input);
		CHECK_ROW(pipeline_blob(p, &b, "a.eml", &err) == ST_OK, row);
		CHECK_ROW(!l.deferred || pipeline_totals(p)->inputs == 0, row);
		CHECK_ROW(pipeline_flush(p, &err) == ST_OK, row);
		const struct ingest_totals *t = pipeline_totals(p);
		CHECK_ROW(l.open == 0, row);
		CHECK_ROW(t->inputs == rows[row].inputs, row);
		CHECK_ROW(t->outcomes[OUT_STORED] == rows[row].stored, row);
		CHECK_ROW(t->outcomes[OUT_REJECTED] == rows[row].rejected, row);
		CHECK_ROW(t->outcomes[OUT_NOT_A_REPORT] == rows[row].other, row);
		CHECK_ROW(t->not_reports == rows[row].not_reports, row);
		CHECK_ROW(t->n_problems == rows[row].rejected + rows[row].other, row);
		CHECK_ROW(t->records == 2 * rows[row].stored, row);
		CHECK_ROW(t->messages == 5 * rows[row].stored, row);
		pipeline_free(p);
	}
}

static void a_sink_that_fails(void **state)
{
	(void)state;
	struct list_sink l;
	struct err err;
	struct blob b = text_blob("bRR");
	sink_init(&l, false);
	struct pipeline *p = pipeline_new(&options, &l.sink);
	l.fail = ST_ITEM; /* this report only: it is set aside */
	assert_int_equal(pipeline_blob(p, &b, "a", &err), ST_OK);
	assert_int_equal(pipeline_totals(p)->outcomes[OUT_REJECTED], 1);
	assert_int_equal(pipeline_totals(p)->outcomes[OUT_STORED], 1);
	assert_int_equal(pipeline_totals(p)->inputs, 1);
	l.fail = ST_RETRY; /* the run: the input is not counted */
	assert_int_equal(pipeline_blob(p, &b, "a", &err), ST_RETRY);
	assert_string_equal(err.msg, "sink");
	assert_int_equal(pipeline_totals(p)->inputs, 1);
	struct blob full = text_blob("R!");
	assert_int_equal(pipeline_blob(p, &full, "a", &err), ST_RETRY);
	assert_int_equal(pipeline_totals(p)->inputs, 1);
	pipeline_free(p);
}

static void stopped_in_between(void **state)
{
	(void)state;
	struct list_sink l;
	struct err err;
	atomic_bool stop = true;
	struct pipeline_options o = options;
	struct blob b = text_blob("RR"), mbox = text_blob("From R|R");
	sink_init(&l, false);
	o.stop = &stop;
	struct pipeline *p = pipeline_new(&o, &l.sink);
	assert_int_equal(pipeline_blob(p, &b, "a", &err), ST_OK);
	assert_int_equal(pipeline_totals(p)->outcomes[OUT_STORED], 1);
	assert_int_equal(pipeline_totals(p)->inputs, 0); /* it is not whole */
	assert_int_equal(pipeline_blob(p, &mbox, "a", &err), ST_OK);
	assert_int_equal(pipeline_totals(p)->outcomes[OUT_STORED], 1);
	pipeline_free(p);
}

static void files_and_archive(void **state)
{
	(void)state;
	char root[] = "/tmp/test_pipeline.XXXXXX", command[128];
	struct list_sink l;
	struct err err;
	struct pipeline_options o = options;
	assert_non_null(mkdtemp(root));
	assert_int_equal(chdir(root), 0);
	assert_int_equal(system("printf R >r; printf bRO >o; printf RD >d; printf O >n; "
				"printf 'From R|b' >m; mkfifo f; printf R >v\xff"),
			 0);
	assert_int_equal(archive_open("done", NULL, 0, &o.archive, &err), ST_OK);
	sink_init(&l, true);
	struct pipeline *p = pipeline_new(&o, &l.sink);
	static const char *const files[] = {"r", "o", "d", "n", "m", "f", "gone", "v\xff"};
	for (size_t i = 0; i < COUNT(files); i++)
		CHECK_ROW(pipeline_file(p, files[i], NULL, &err) == ST_OK, i);
	assert_int_equal(pipeline_file(p, "dir", "Permission denied", &err), ST_OK);
	assert_int_equal(access("r", F_OK), 0); /* nothing moves before it is settled */
	assert_int_equal(pipeline_flush(p, &err), ST_OK);
	struct ingest_totals sum = {0};
	ingest_totals_merge(&sum, pipeline_totals(p));
	assert_int_equal(sum.inputs, 10);
	assert_int_equal(sum.outcomes[OUT_STORED], 5);
	assert_int_equal(sum.outcomes[OUT_REJECTED], 4);
	assert_int_equal(sum.not_reports, 2);
	assert_int_equal(sum.not_moved, 0);
	assert_int_equal(system("test -f done/stored/r -a -f done/stored/o -a -f done/rejected/d "
				"-a -f done/not-a-report/n -a -f done/stored/m -a -p f -a "
				"! -e r -a ! -e m && test -f done/stored/v*"),
			 0);
	ingest_totals_free(&sum);
	pipeline_free(p);
	archive_close(o.archive);
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(system(command), 0);
}

/* The same kind many times is told so often, and the rest is one: from both sides of the ceiling.
 */
static void the_rest_is_one(void **state)
{
	(void)state;
	static const struct {
		unsigned n, rows;
	} rows[] = {
	    {LIMIT_TOLD, LIMIT_TOLD}, {LIMIT_TOLD + 1, LIMIT_TOLD + 1}, {300, LIMIT_TOLD + 1}};
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int kind = 0; kind < 2; kind++) {
			char script[512];
			struct list_sink l;
			struct err err;
			memset(script, kind ? 'O' : 'B', rows[i].n);
			script[rows[i].n] = 'R';
			script[rows[i].n + 1] = '\0';
			sink_init(&l, false);
			struct pipeline *p = pipeline_new(&options, &l.sink);
			struct blob b = text_blob(script);
			CHECK_ROW(pipeline_blob(p, &b, "a", &err) == ST_OK, i);
			const struct ingest_totals *t = pipeline_totals(p);
			CHECK_ROW(
			    t->outcomes[kind ? OUT_NOT_A_REPORT : OUT_REJECTED] == rows[i].rows, i);
			CHECK_ROW(t->outcomes[OUT_STORED] == 1, i);
			CHECK_ROW(t->inputs == 1, i);
			pipeline_free(p);
		}
}

/* An input that cannot be read now has no outcome, and stays; the others go on. */
static void later_is_not_final(void **state)
{
	(void)state;
	struct list_sink l;
	struct err err;
	struct blob b = text_blob("RL"), mbox = text_blob("From R|L|R");
	sink_init(&l, false);
	struct pipeline *p = pipeline_new(&options, &l.sink);
	assert_int_equal(pipeline_blob(p, &b, "a", &err), ST_LATER);
	assert_int_equal(pipeline_totals(p)->inputs, 0);
	assert_int_equal(pipeline_blob(p, &mbox, "a", &err), ST_LATER);
	assert_string_equal(err.msg, "read: Input/output error");
	assert_int_equal(pipeline_totals(p)->inputs, 2);
	assert_int_equal(pipeline_totals(p)->outcomes[OUT_STORED], 3);
	assert_int_equal(pipeline_totals(p)->outcomes[OUT_REJECTED], 0);
	assert_int_equal(pipeline_message(p, &b, "a", 7, &err), ST_LATER);
	assert_int_equal(pipeline_totals(p)->later, 1);
	pipeline_free(p);
}

/* Reports from the future: a few are rejected, many are the clock's fault and none is filed. */
static void the_clock(void **state)
{
	(void)state;
	static const struct {
		unsigned future, others;
		bool wrong;
	} rows[] = {{1, 0, false},   {4, 0, false},  {5, 0, true},
		    {5, 4, true},    {5, 5, false},  {60, 40, true},
		    {50, 50, false}, {120, 0, true}, {100, 150, false}};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct list_sink l;
		struct err err = {.msg = ""};
		struct clock_watch clock = {.verdict = CLOCK_OPEN};
		struct pipeline_options o = options;
		struct blob future = text_blob("F"), other = text_blob("R");
		enum status st = ST_OK;
		o.clock = &clock;
		sink_init(&l, false);
		struct pipeline *p = pipeline_new(&o, &l.sink);
		for (unsigned k = 0; k < rows[i].others && st == ST_OK; k++)
			st = pipeline_blob(p, &other, "r", &err);
		for (unsigned k = 0; k < rows[i].future && st == ST_OK; k++)
			st = pipeline_blob(p, &future, "f", &err);
		if (st == ST_OK)
			st = pipeline_flush(p, &err);
		const struct ingest_totals *t = pipeline_totals(p);
		CHECK_ROW(st == (rows[i].wrong ? ST_RETRY : ST_OK), i);
		CHECK_ROW(t->outcomes[OUT_REJECTED] == (rows[i].wrong ? 0 : rows[i].future), i);
		CHECK_ROW(!rows[i].wrong || strstr(err.msg, "set the clock"), i);
		CHECK_ROW(t->inputs == rows[i].others + (rows[i].wrong ? 0 : rows[i].future), i);
		pipeline_free(p);
	}
}

/* Problems stay complete for what a person must look at, bounded for the rest. */
static void problems_are_bounded(void **state)
{
	(void)state;
	struct list_sink l;
	struct err err;
	struct blob other = text_blob("O"), bad = text_blob("B");
	struct ingest_totals sum = {0};
	for (int round = 0; round < 2; round++) {
		sink_init(&l, false);
		struct pipeline *p = pipeline_new(&options, &l.sink);
		for (int i = 0; i < LIMIT_PROBLEMS + 10; i++) {
			assert_int_equal(pipeline_blob(p, &other, "o", &err), ST_OK);
			assert_int_equal(pipeline_blob(p, &bad, "b", &err), ST_OK);
		}
		assert_int_equal(pipeline_totals(p)->n_problems, 2 * LIMIT_PROBLEMS + 10);
		ingest_totals_merge(&sum, pipeline_totals(p));
		pipeline_free(p);
	}
	assert_int_equal(sum.n_problems, 3 * LIMIT_PROBLEMS + 20);
	assert_int_equal(sum.not_reports, 2 * LIMIT_PROBLEMS + 20);
	ingest_totals_free(&sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_account),          cmocka_unit_test(a_sink_that_fails),
	    cmocka_unit_test(stopped_in_between),   cmocka_unit_test(files_and_archive),
	    cmocka_unit_test(problems_are_bounded), cmocka_unit_test(the_rest_is_one),
	    cmocka_unit_test(later_is_not_final),   cmocka_unit_test(the_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

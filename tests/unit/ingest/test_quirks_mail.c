/*
 * Quirks 76 to 96: mails and containers as reporters send them. A row is a mail (or a file) as a
 * template, and what becomes of each document in it, in order: R a report, o something else, b set
 * aside. Every row is read with both line ends.
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "dns/names.h"
#include "ingest/unpack.h"
#include "tests/unit/dump_sink.h"
#include "tests/unit/mail_template.h"

#define FROM       "From: a@reporter.example\nTo: dmarc@example.com\n"
#define HEAD       FROM "Subject: Report Domain: example.com\nMIME-Version: 1.0\n"
#define B64        "Content-Transfer-Encoding: base64\n"
#define TYPE(type) "Content-Type: " type "\n"

/* The whole mail is one part. */
#define WHOLE(fields, content) HEAD fields "\n" content

/* A part of a multipart, and a multipart in whole. */
#define PART(fields, content) "--b\n" fields "\n" content "\n"
#define MULTI(type, parts)    HEAD "Content-Type: " type "; boundary=\"b\"\n\n" parts "--b--\n"
#define MIXED(parts)          MULTI("multipart/mixed", parts)
#define WORDS                 PART(TYPE("text/plain"), "A report is attached.")
#define GZ_PART               PART(TYPE("application/gzip") B64, "<<gz|b64>>")

/* A text and a part of this type; with this disposition. */
#define TYPED(type, payload) MIXED(WORDS PART(TYPE(type) B64, "<<" payload "|b64>>"))
#define DISPOSED(fields)                                                                           \
	MIXED(WORDS PART(TYPE("application/octet-stream") B64 fields, "<<gz|b64>>"))
#define SUBJECT(subject)                                                                           \
	FROM subject "MIME-Version: 1.0\n" TYPE("application/gzip") B64 "\n<<gz|b64>>"

/* A multipart with boundary c inside one with boundary b. */
#define INNER(type, parts)          PART("Content-Type: " type "; boundary=c\n", parts "--c--")
#define INNER_PART(fields, content) "--c\n" fields "\n" content "\n"

struct quirk {
	int number;
	const char *input;
	const char *want;
	const char *reason; /* a part of what is said of any document: its reason or its warnings */
	const char *source; /* of the report, without the file's name */
};

static const struct quirk quirks[] = {
    {76, WHOLE(TYPE("application/zip") B64, "<<zip|b64>>"), .want = "R",
     .source = "!part1!r!example.com!1!2.xml"},
    {76, WHOLE(TYPE("application/gzip") B64, "<<gz|b64>>"), .want = "R", .source = "!part1"},
    {76, WHOLE(TYPE("application/octet-stream; name=r.xml.gz") B64, "<<gz|b64>>"), .want = "R"},
    {76, WHOLE(TYPE("application/xml") B64, "<<xml|b64>>"), .want = "R"},
    {76, WHOLE(TYPE("text/xml"), "<<xml|raw>>"), .want = "R"},
    {77, MIXED(WORDS GZ_PART), .want = "oR", .source = "!part2"},
    {77, MIXED(GZ_PART WORDS), .want = "Ro", .source = "!part1"},
    {77, MULTI("multipart/report; report-type=dmarc", WORDS GZ_PART), .want = "oR"},
    {77, MULTI("multipart/alternative", WORDS GZ_PART), .want = "oR"},
    {77,
     MULTI("multipart/related",
	   INNER("multipart/alternative",
		 INNER_PART(TYPE("text/plain"), "x") INNER_PART(TYPE("text/html"), "<p>x</p>"))
	       PART(TYPE("image/png") B64, "<<png|b64>>") GZ_PART),
     .want = "oooR", .source = "!part4"},
    {77,
     MULTI("multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256",
	   INNER("multipart/mixed", INNER_PART(TYPE("text/plain"), "x")
					INNER_PART(TYPE("application/gzip") B64, "<<gz|b64>>"))
	       PART(TYPE("application/pkcs7-signature; name=smime.p7s") B64, "<<signature|b64>>")),
     .want = "oRo"},
    {77,
     MULTI("multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256",
	   GZ_PART PART(TYPE("application/octet-stream; name=smime.p7s") B64, "<<signature|b64>>")),
     .want = "Ro"},
    {77,
     MULTI("multipart/signed; protocol=\"application/pgp-signature\"",
	   GZ_PART PART(TYPE("application/pgp-signature"), "-----BEGIN PGP SIGNATURE-----")),
     .want = "Ro"},
    {77, HEAD TYPE("multipart/mixed") "\n" WORDS GZ_PART "--b--\n", .want = "R", .source = "!raw1"},
    {77, HEAD TYPE("multipart/mixed; boundary=other") "\n" WORDS GZ_PART "--b--\n", .want = "R",
     .source = "!raw1"},
    {77, HEAD TYPE("multipart/mixed; boundary=b") "\n" WORDS GZ_PART, .want = "oR"},
    {78, TYPED("application/gzip", "gz"), .want = "oR"},
    {78, TYPED("application/x-gzip", "gz"), .want = "oR"},
    {78, TYPED("application/gzip-compressed", "gz"), .want = "oR"},
    {78, TYPED("application/zip", "zip"), .want = "oR"},
    {78, TYPED("application/x-zip", "zip"), .want = "oR"},
    {78, TYPED("application/x-zip-compressed", "zip"), .want = "oR"},
    {78, TYPED("application/zip-compressed", "zip"), .want = "oR"},
    {78, TYPED("application/octet-stream", "gz"), .want = "oR"},
    {78, TYPED("text/xml", "xml"), .want = "oR"},
    {78, TYPED("application/xml", "xml"), .want = "oR"},
    {78, TYPED("text/plain; name=r.xml", "xml"), .want = "oR"},
    {78, TYPED("text/plain", "xml"), .want = "oR"},
    {78, WHOLE(TYPE("multipart/alternative") B64, "<<gz|b64>>"), .want = "R"},
    {79, TYPED("application/gzip; name=r.xml.gz", "zip"), .want = "oR"},
    {79, TYPED("application/zip; name=r.zip", "gz"), .want = "oR"},
    {79, TYPED("application/zip; name=r.zip", "xml"), .want = "oR"},
    {79, TYPED("image/png; name=logo.png", "gz"), .want = "oR"},
    {79, TYPED("text/html", "gz"), .want = "oR"},
    {79, TYPED("nonsense", "gz"), .want = "oR"},
    {79, TYPED("application/gzip; name=r.xml.gz", "gz(png)"), .want = "oo",
     .reason = "a PNG image"},
    {79, TYPED("application/gzip; name=r.xml.gz", "png"), .want = "oo", .reason = "a PNG image"},
    {80, MIXED(WORDS PART("ContentType: application/gzip\n" B64, "<<gz|b64>>")), .want = "oR"},
    {80, WHOLE("ContentType: application/zip\n" B64, "<<zip|b64>>"), .want = "R"},
    {81, MIXED(WORDS PART(B64, "<<gz|b64>>")), .want = "oR"},
    {81, MIXED(WORDS PART("Content-Disposition: attachment; filename=r.xml\n", "<<xml|raw>>")),
     .want = "oR"},
    {81, MIXED(WORDS "--b\n\n<<xml|raw>>\n"), .want = "oR"},
    {82,
     DISPOSED("Content-Disposition: attachment; filename*0=\"r!exam\";\n "
	      "filename*1=\"ple.com!1!2.xml.gz\"\n"),
     .want = "oR"},
    {82,
     DISPOSED("Content-Disposition: attachment; filename*=utf-8''r%21example.com%211%212.xml.gz\n"),
     .want = "oR"},
    {82, DISPOSED("Content-Disposition: attachment; filename=\"=?utf-8?B?ci54bWwuZ3o=?=\"\n"),
     .want = "oR"},
    {82,
     DISPOSED("Content-Disposition: attachment; "
	      "filename=\"_var_db_opendmarc_r!example.com!1!2.xml.gz\"\n"),
     .want = "oR"},
    {82, DISPOSED("Content-Disposition: attachment; filename=my report.xml.gz\n"), .want = "oR"},
    {82, DISPOSED("Content-Disposition: attachment\n"), .want = "oR"},
    {83, TYPED("application/gzip; name=\"!example.com!1!2.xml.gz\"", "gz"), .want = "oR"},
    {83, TYPED("application/gzip; name=\"r!example.com!1!2!id.xml.gz\"", "gz"), .want = "oR"},
    {83, TYPED("application/zip; name=\"r!example.com!1!2.xml.zip\"", "zip"), .want = "oR"},
    {83, TYPED("text/xml; name=\"r!example.com!1!1337356799.20120518163.xml\"", "xml"),
     .want = "oR"},
    {83, TYPED("application/octet-stream; name=r.gz.gz", "gz(gz)"), .want = "oR"},
    {83, TYPED("application/octet-stream; name=r.zlib", "zlib"), .want = "oR"},
    {84, DISPOSED("Content-Disposition: inline; filename=r.xml.gz\n"), .want = "oR"},
    {84, DISPOSED("Content-Disposition: ; filename=r.xml.gz\n"), .want = "oR"},
    {84, DISPOSED(""), .want = "oR"},
    {84, MIXED(PART(TYPE("text/xml") "Content-Disposition: inline\n", "<<xml|raw>>")), .want = "R"},
    {85, WHOLE(TYPE("application/gzip") B64, "<<gz|blank lines>>"), .want = "R"},
    {85, WHOLE(TYPE("application/gzip") B64, "<<gz|unpadded>>"), .want = "R"},
    {85, WHOLE(TYPE("application/zip") B64, "<<zip|unpadded>>"), .want = "R"},
    {85, WHOLE(TYPE("application/zip") B64, "<<zip|one line>>"), .want = "R"},
    {85, WHOLE(TYPE("application/zip") B64, "<<zip|junk>>"), .want = "R"},
    {85, WHOLE(TYPE("application/gzip") B64, "<<gz|junk>>"), .want = "R"},
    {85,
     WHOLE(TYPE("application/gzip") B64,
	   "<<gz|b64>>_______\nlist mailing list\nlist@example.com\n"),
     .want = "R", .reason = "bytes after the last member"},
    {85,
     WHOLE(TYPE("application/zip") B64,
	   "<<zip|b64>>\n_______\nlist mailing list\nlist@example.com\n"),
     .want = "R"},
    {85, WHOLE(TYPE("application/gzip") "Content-Transfer-Encoding: BASE64 \n", "<<gz|b64>>"),
     .want = "R"},
    {85, WHOLE(TYPE("application/gzip"), "<<gz|b64>>"), .want = "R", .source = "!part1!raw1"},
    {85,
     HEAD TYPE("multipart/mixed; boundary=b") "Content-Transfer-Encoding: binary\n\n" WORDS GZ_PART
					      "--b--\n",
     .want = "oR"},
    {85,
     HEAD TYPE("multipart/mixed; boundary=b") "Content-Transfer-Encoding: 8bit\n\n" WORDS GZ_PART
					      "--b--\n",
     .want = "oR"},
    {85, MIXED(WORDS PART(TYPE("text/xml") "Content-Transfer-Encoding: 7bit\n", "<<xml|raw>>")),
     .want = "oR"},
    {85,
     MIXED(WORDS PART(TYPE("text/xml") "Content-Transfer-Encoding: quoted-printable\n",
		      "<<xml|qp>>")),
     .want = "oR"},
    {85,
     MIXED(WORDS PART(TYPE("text/plain") "Content-Transfer-Encoding: quoted-printable\n",
		      "<<xml|qp>>")),
     .want = "oR"},
    {85,
     MIXED(WORDS PART(TYPE("application/gzip") "Content-Transfer-Encoding: quoted-printable\n",
		      "<<gz|qp>>")),
     .want = "oR"},
    {85,
     MIXED(
	 WORDS PART(TYPE("application/gzip") "Content-Transfer-Encoding: binary\n", "<<gz|raw>>")),
     .want = "oR"},
    {85,
     MIXED(WORDS PART(TYPE("application/gzip") "Content-Transfer-Encoding: x-uuencode\n",
		      "<<gz|uu>>")),
     .want = "oR"},
    {85,
     MIXED(
	 WORDS PART(TYPE("application/zip") "Content-Transfer-Encoding: uuencode\n", "<<zip|uu>>")),
     .want = "oR"},
    {85, MIXED(WORDS PART(TYPE("text/xml") "Content-Transfer-Encoding: x-uue\n", "<<xml|uu>>")),
     .want = "oR"},
    {85, WHOLE(TYPE("text/plain"), "A report:\n\n<<gz|uu>>"), .want = "oR", .source = "!raw1"},
    {86, "<<gz+crlf|raw>>", .want = "R", .reason = "2 bytes after the last member"},
    {86, TYPED("application/gzip", "gz+crlf"), .want = "oR",
     .reason = "2 bytes after the last member"},
    {87, "<<gz+gz|raw>>", .want = "R"},
    {87, TYPED("application/gzip", "gz+gz"), .want = "oR"},
    {88, "<<gz(gz)|raw>>", .want = "R"},
    {88, "<<zip(gz)|raw>>", .want = "R", .source = "!r.xml.gz"},
    {88, "<<gz(zip)|raw>>", .want = "R"},
    {88, TYPED("application/zip", "zip(gz)"), .want = "oR"},
    {89, "<<zlib|raw>>", .want = "R"},
    {89, "<<gz(tar)|raw>>", .want = "b", .reason = "a tar archive is not supported"},
    {90, "<<zip members|raw>>", .want = "ooR", .reason = "empty", .source = "!../../etc/r.xml"},
    {90, "<<zip secret|raw>>", .want = "b", .reason = "zip: member \"r.xml\" is encrypted"},
    {90, TYPED("application/zip", "zip secret"), .want = "ob",
     .reason = "zip: member \"r.xml\" is encrypted"},
    {90, "<<zip64|raw>>", .want = "R", .source = "!r.xml"},
    {90, TYPED("application/zip", "zip64"), .want = "oR"},
    {90, "<<zip nameless|raw>>", .want = "R"},
    {91,
     MIXED(PART(TYPE("text/xml"), "<<xml|raw>>")
	       GZ_PART PART(TYPE("image/png") B64, "<<png|b64>>")),
     .want = "RRo"},
    {92, MIXED(WORDS PART(TYPE("message/rfc822"), "<<mail|raw>>")), .want = "oR"},
    {92, MIXED(WORDS PART(TYPE("message/rfc822") B64, "<<mail|b64>>")), .want = "oR"},
    {92, MIXED(WORDS PART(TYPE("application/octet-stream; name=r.eml") B64, "<<mail|b64>>")),
     .want = "oR"},
    {92, WHOLE(TYPE("message/rfc822"), "<<mail|raw>>"), .want = "R"},
    {93, TYPED("application/vnd.ms-outlook; name=r.msg", "ole"), .want = "ob",
     .reason = "an Outlook or Office (OLE) file is not supported"},
    {93, TYPED("application/ms-tnef; name=winmail.dat", "tnef"), .want = "ob",
     .reason = "TNEF (winmail.dat) is not supported"},
    {93, TYPED("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "opaque"),
     .want = "oR"},
    {93,
     WHOLE(TYPE("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m") B64,
	   "<<opaque|b64>>"),
     .want = "R"},
    {94, MIXED(PART(TYPE("text/html"), "<html><body><br>hello</body></html>") GZ_PART),
     .want = "oR"},
    {94, MIXED(PART(TYPE("text/html"), "<?xml version=\"1.0\"?><html><br></html>") GZ_PART),
     .want = "oR"},
    {95, SUBJECT("Subject: Report Domain: example.com Submitter: r Report-ID: <id-1>\n"),
     .want = "R"},
    {95, SUBJECT("Subject: Report domain: example.com; Submitter: r; Report-ID: id-1\n"),
     .want = "R"},
    {95, SUBJECT("Subject: =?utf-8?B?W1ByZXZpZXddIFJlcG9ydCBEb21haW46IGV4YW1wbGUuY29t?=\n"),
     .want = "R"},
    {95,
     SUBJECT("Subject: Dmarc Aggregate Report Domain: {example.com}  Submitter: {Amazon SES}\n\t  "
	     "Date: {1}\n"),
     .want = "R"},
    {95, SUBJECT("Subject: =?utf-8?B?\xff\xfe?= =?nonsense?Q?=ZZ?=\n"), .want = "R"},
    {95, SUBJECT("Subject:\n"), .want = "R"},
    {95, SUBJECT(""), .want = "R"},
    /* one behind the other */
    {96, MIXED(WORDS GZ_PART) MIXED(WORDS GZ_PART), .want = "oRoR", .source = "!mail2!part2"},
    {96, MIXED(WORDS GZ_PART) "\n\n" MIXED(WORDS GZ_PART) MIXED(WORDS), .want = "oRoRo"},
    {96, MIXED(WORDS) MIXED(WORDS GZ_PART), .want = "ooR", .source = "!mail2!part2"},
    {96, "+OK 12 octets\n" MIXED(GZ_PART) ".\n+OK 12 octets\n" MIXED(GZ_PART) ".\n", .want = "RR"},
    {96,
     "* 1 FETCH (BODY[] {12}\n" MIXED(GZ_PART) ")\n* 2 FETCH (BODY[] {12}\n" MIXED(
	 GZ_PART) ")\na OK\n",
     .want = "RR"},
    {96, MIXED(GZ_PART) "---- next ----\n" MIXED(GZ_PART), .want = "RR"},
    {96,
     WHOLE(TYPE("application/gzip") B64, "<<gz|b64>>\n")
	 WHOLE(TYPE("application/gzip") B64, "<<gz|b64>>\n"),
     .want = "RR", .source = "!mail2!part1"},
    {96, WHOLE(TYPE("text/xml"), "<<xml|raw>>\n") WHOLE(TYPE("text/xml"), "<<xml|raw>>\n"),
     .want = "RR"},
    {96, HEAD "Content-type: Multipart/Mixed;\n\tBOUNDARY=b\n\n" GZ_PART "--b-- \n" MIXED(GZ_PART),
     .want = "RR"},
    /* and what only looks so */
    {96, MIXED(GZ_PART) "_______\nlist: http://x/\nContent-Type: text/plain\n\nx\n", .want = "R"},
    {96, MIXED(PART(TYPE("message/rfc822"), "<<mail|raw>>") GZ_PART), .want = "RR",
     .source = "!part2"},
    /* written out as text */
    {94,
     WHOLE(TYPE("text/html"),
	   "<pre>&lt;feedback&gt;&lt;report_metadata&gt;&lt;/feedback&gt;</pre>"),
     .want = "ob", .reason = "with its \"<\" escaped"},
    {94, "[\"\\u003cfeedback\\u003e\\u003creport_metadata\\u003e\"]", .want = "b",
     .reason = "with its \"<\" escaped"},
    {94, "{\"a\": \"<<gz|one line>>\"}", .want = "b", .reason = "in base64"},
};

/* ---- reading ---- */

struct seen {
	struct xml_reader *reader;
	char word[16];
	size_t n;
	char reasons[2048]; /* of every document, or the warning of the report's stream */
	char source[256];   /* of the report */
};

static enum status on_leaf(void *ctx, const struct leaf *leaf, bool *report, struct err *err)
{
	struct seen *s = ctx;
	char c = leaf->kind == LEAF_BAD ? 'b' : 'o';
	const char *reason = leaf->reason;
	struct reading d = {.quiet = false};
	(void)err;
	if (leaf->kind == LEAF_XML) {
		read_origin(&d, s->reader, &leaf->xml);
		*report = d.verdict != XML_NOT_A_REPORT;
		c = d.verdict == XML_REPORT ? 'R' : d.verdict == XML_DAMAGED ? 'b' : 'o';
		reason = d.verdict == XML_REPORT ? d.text.data : d.reason.msg;
	}
	if (c == 'R') {
		assert_string_equal(d.id, "id-1");
		assert_int_equal(d.messages, 2);
		snprintf(s->source, sizeof s->source, "%s", leaf->source);
	}
	if (s->n < sizeof s->word - 1)
		s->word[s->n++] = c;
	size_t len = strlen(s->reasons);
	snprintf(s->reasons + len, sizeof s->reasons - len, "%s\n", reason ? reason : "");
	if (leaf->kind == LEAF_XML)
		reading_free(&d);
	return ST_OK;
}

static unsigned expect(const struct quirk *q, size_t row, const char *eol,
		       struct xml_reader *reader)
{
	struct seen s = {.reader = reader};
	struct limits limits = LIMITS_DEFAULT;
	struct unpack_visitor v = {.ctx = &s, .leaf = on_leaf};
	struct err err = {.msg = ""};
	struct buf b = expand(q->input, eol);
	struct blob blob = as_blob(&b);
	enum status st = unpack(&blob, "m", &limits, &v, &err);
	bool ok = st == ST_OK && strcmp(s.word, q->want) == 0 &&
		  (!q->source || strcmp(s.source + 1, q->source) == 0) &&
		  (!q->reason || strstr(s.reasons, q->reason));
	if (!ok)
		fprintf(stderr, "row %zu (quirk %d, %s): %s, not %s; at %s\n%s\n", row, q->number,
			eol[0] == '\r' ? "CRLF" : "LF", s.word, q->want, s.source, s.reasons);
	buf_free(&b);
	return !ok;
}

#define FIRST 76
#define LAST  96

static void test_table(void **state)
{
	(void)state;
	bool seen[LAST + 1] = {false};
	unsigned wrong = 0;
	const struct name_rules *rules = names_open();
	struct limits limits = LIMITS_DEFAULT;
	struct xml_reader *reader = xml_reader_new(rules, &limits);
	for (size_t i = 0; i < COUNT(quirks); i++) {
		assert_in_range(quirks[i].number, FIRST, LAST);
		seen[quirks[i].number] = true;
		wrong += expect(&quirks[i], i, "\n", reader);
		wrong += expect(&quirks[i], i, "\r\n", reader);
	}
	for (size_t n = FIRST; n <= LAST; n++)
		CHECK_ROW(seen[n], n);
	xml_reader_free(reader);
	names_close(rules);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};
	return cmocka_run_group_tests_name("quirks_mail", tests, NULL, NULL);
}

/*
 * ingest/xml_input: what reaches the XML parser, plain and in repair, in pieces of any size.
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/xml/input.h"
#include "tests/unit/dump_sink.h"

#define FFFD     "\xef\xbf\xbd"
#define BYTES(s) .in = (s), .n = sizeof(s) - 1

static const struct {
	const char *in;
	size_t n;
	bool repair;
	const char *out;
	size_t out_n; /* where out holds NULs */
	uint64_t replaced;
	bool passthrough;
} cases[] = {
    {BYTES(""), false, "", 0, 0, false},
    {BYTES("<a>x</a>"), false, "<a>x</a>", 0, 0, false},
    {BYTES("\xef\xbb\xbf<a/>"), false, "<a/>", 0, 0, false},
    {BYTES("\xef\xbb\xbf \r\n<a/>"), false, "<a/>", 0, 0, false},
    {BYTES(" \t\n<?xml version='1.0'?><a/>"), false, "<?xml version='1.0'?><a/>", 0, 0, false},
    {BYTES("\0\0\0<a/>....."), false, "<a/>.....", 0, 0, false},
    {BYTES("\0\0"), false, "", 0, 0, false},
    /* broken UTF-8 */
    {BYTES("<a>\xe4</a>"), false, "<a>" FFFD "</a>", 0, 1, false},
    {BYTES("<a>\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80</a>"), false,
     "<a>\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80</a>", 0, 0, false},
    {BYTES("<a>\xf0\x9f\x98</a>"), false, "<a>" FFFD FFFD FFFD "</a>", 0, 3, false},
    {BYTES("<a>\xed\xa0\x80\xc0\x80\xff</a>"), false, "<a>" FFFD FFFD FFFD FFFD FFFD FFFD "</a>", 0,
     6, false},
    {BYTES("<a></a>\xe2\x82"), false, "<a></a>" FFFD FFFD, 0, 2, false},
    {BYTES("<?xml version=\"1.0\" encoding=\"Utf-8\"?><a>\xe4</a>"), false,
     "<?xml version=\"1.0\" encoding=\"Utf-8\"?><a>" FFFD "</a>", 0, 1, false},
    /* other encodings are somebody else's */
    {BYTES("<?xml version=\"1.0\" encoding = 'ISO-8859-1'?><a>\xe4</a>"), false,
     "<?xml version=\"1.0\" encoding = 'ISO-8859-1'?><a>\xe4</a>", 0, 0, true},
    {BYTES("<a encoding='latin1'>\xe4</a>"), false, "<a encoding='latin1'>" FFFD "</a>", 0, 1,
     false},
    {BYTES("<\0a\0/\0>\0"), false, "<\0a\0/\0>\0", 8, 0, true},
    {BYTES("\xff\xfe<\0a\0/\0>\0"), false, "\xff\xfe<\0a\0/\0>\0", 10, 0, true},
    {BYTES("\0\0\0<\0\0\0a\0\0\0/\0\0\0>"), false, "\0\0\0<\0\0\0a\0\0\0/\0\0\0>", 16, 0, true},
    /* repair */
    {BYTES("<a>1 < 2 && 3<4 <x@y> <http://z/></a>"), true,
     "<a>1 &lt; 2 &amp;&amp; 3&lt;4 &lt;x@y&gt; &lt;http://z/&gt;</a>", 0, 0, false},
    {BYTES("<a "
	   "b='x&y'>&amp;&lt;&gt;&quot;&apos;&#65;&#x41;&nbsp;&#0;&#x110000;&#;&#99999999999;</a>"),
     true,
     "<a "
     "b='x&amp;y'>&amp;&lt;&gt;&quot;&apos;&#65;&#x41;&amp;nbsp;&amp;#0;&amp;#x110000;&amp;#;&amp;#"
     "99999999999;</a>",
     0, 0, false},
    {BYTES("<a>\x01\x0b"
	   "b\xef\xbf\xbf</a>"),
     true, "<a>" FFFD FFFD "b" FFFD "</a>", 0, 3, false},
    {BYTES("<a>]]></a>"), true, "<a>]]&gt;</a>", 0, 0, false},
    {BYTES("<a><![CDATA[<&>]]>&</a>"), true, "<a><![CDATA[<&>]]>&amp;</a>", 0, 0, false},
    {BYTES("<a><!-- <&> -->&</a>"), true, "<a><!-- <&> -->&amp;</a>", 0, 0, false},
    {BYTES("<?xml version='1.0'?>\"> junk & <a><b/></a>"), true, "<a><b/></a>", 0, 0, false},
    {BYTES("<?xml version='1.0' encoding='klingon'?><a>\xe4</a>"), true, "<a>" FFFD "</a>", 0, 1,
     false},
    {BYTES("<a><?x < & ?>b</a>"), true, "<a>b</a>", 0, 0, false},
    {BYTES("<a>b <! c</a>"), true, "<a>b &lt;! c</a>", 0, 0, false},
    {BYTES("<a>&"), true, "<a>&amp;", 0, 0, false},
    {BYTES("<a></a"), true, "<a></a", 0, 0, false},
    {BYTES("unused"), true, "", 0, 0, false},
};

static void pieces_come_out_as_they_must(void **state)
{
	static const size_t steps[] = {0, 1, 2, 3, 5};
	static struct xml_input in;
	(void)state;
	for (size_t i = 0; i < COUNT(cases) * COUNT(steps); i++) {
		size_t row = i / COUNT(steps), n = 1;
		struct memory_document doc = {
		    .p = cases[row].in, .n = cases[row].n, .step = steps[i % COUNT(steps)]};
		struct origin o = {memory_open, &doc};
		struct stream *s;
		struct err err;
		struct buf out;
		const char *p;
		buf_init(&out, MIB);
		assert_int_equal(o.open(&o, &s, &err), ST_OK);
		xml_input_init(&in, s, cases[row].repair);
		while (n > 0) {
			assert_int_equal(xml_input_next(&in, &p, &n, &err), ST_OK);
			buf_put(&out, p, n);
		}
		size_t want = cases[row].out_n ? cases[row].out_n : strlen(cases[row].out);
		CHECK_ROW(out.len == want && memcmp(out.data, cases[row].out, want) == 0, row);
		CHECK_ROW(in.replaced == cases[row].replaced, row);
		CHECK_ROW(in.passthrough == cases[row].passthrough, row);
		CHECK_ROW(in.bytes == doc.n, row);
		stream_close(s);
		buf_free(&out);
	}
	xml_input_free(&in);
}

static void damage_of_the_stream_comes_through(void **state)
{
	struct memory_document doc = {.p = "<a>", .n = 3, .damage = "gzip: truncated"};
	struct origin o = {memory_open, &doc};
	static struct xml_input in;
	struct stream *s;
	struct err err = {.msg = ""};
	const char *p;
	size_t n;
	(void)state;
	assert_int_equal(o.open(&o, &s, &err), ST_OK);
	xml_input_init(&in, s, false);
	enum status st = xml_input_next(&in, &p, &n, &err);
	assert_int_equal(st, ST_ITEM);
	assert_string_equal(err.msg, "gzip: truncated");
	stream_close(s);
	xml_input_free(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pieces_come_out_as_they_must),
	    cmocka_unit_test(damage_of_the_stream_comes_through),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* ingest/bounce: mail logs of seven kinds, joined by queue id. */
#include "tests/unit/ingest/bounce.h"

#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#define REFUSED "x: refused mail\n"
#define P       "Nov 28 12:57:14 mail1.example.com postfix/"

static void postfix_out(void **state)
{
	(void)state;
	READS(
	    P
	    "smtpd[11]: 4AB12: client=web80.example.com[192.0.2.80], sasl_method=LOGIN, "
	    "sasl_username=u\n" P "cleanup[12]: 4AB12: message-id=<1.2@web80.example.com>\n" P
	    "qmgr[13]: 4AB12: from=<news@example.com>, size=1234, nrcpt=1 (queue active)\n" P
	    "smtp[14]: 4AB12: to=<joe.doe@gmail.example>, "
	    "relay=mx.gmail.example[198.51.100.25]:25, "
	    "delay=1.2, delays=0.1/0/0.5/0.6, dsn=5.7.26, status=bounced (host "
	    "mx.gmail.example[198.51.100.25] said: 550-5.7.26 Your email has been blocked "
	    "550-5.7.26 SPF check for [example.com] did not pass with ip: [203.0.113.7] 550 5.7.26 "
	    "bye joe.doe - gsmtp (in reply to end of DATA command))\n" P
	    "bounce[15]: 4AB12: sender non-delivery notification: 5CC\n" P
	    "qmgr[13]: 4AB12: removed\n",
	    "[550 5.7.26 Your email has been blocked SPF check for [example.com] did not pass with "
	    "ip: "
	    "[203.0.113.7] bye * - gsmtp] 550/5.7.26 phase=data-end dsn=5.7.26 "
	    "host=mx.gmail.example at=198.51.100.25 by=mail1.example.com from=example.com "
	    "to=gmail.example id=web80.example.com queue=4AB12 quoted=203.0.113.7 "
	    "domain=example.com client=web80.example.com client-ip=192.0.2.80 logged-in\n" REFUSED);
	/* before a transaction; a hidden status; a local delivery; what is sent is not told */
	READS(P "smtp[1]: 1: to=<a@b.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, "
		"status=deferred (connect to mx.b.example[192.0.2.5]:25: Connection timed out)\n" P
		"smtp[1]: 2: to=<a@b.example>, relay=mx.b.example[192.0.2.5]:25, dsn=5.0.0, "
		"status=bounced (host mx.b.example[192.0.2.5] said: 550 #5.7.1 DMARC "
		"unauthenticated mail "
		"is prohibited (in reply to end of DATA command))\n" P
		"local[1]: 3: to=<x@example.com>, relay=local, dsn=5.1.1, status=bounced (unknown "
		"user: \"x\")\n" P
		"smtp[1]: 4: to=<a@b.example>, relay=mx.b.example[192.0.2.5]:25, dsn=2.0.0, "
		"status=sent (250 ok)\n",
	      "[connect to mx.b.example[192.0.2.5]:25: Connection timed out] dsn=4.4.1 delayed "
	      "host=mx.b.example at=192.0.2.5 by=mail1.example.com to=b.example queue=1\n"
	      "[550 #5.7.1 DMARC unauthenticated mail is prohibited] 550/5.7.1 phase=data-end "
	      "dsn=5.0.0 host=mx.b.example at=192.0.2.5 by=mail1.example.com to=b.example queue=2\n"
	      "[unknown user: \"x\"] dsn=5.1.1 by=mail1.example.com to=example.com "
	      "queue=3\n" REFUSED);
}

static void postfix_in(void **state)
{
	(void)state;
	READS(P "smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <x@y.example>: "
		"Relay "
		"access denied; from=<a@z.example> to=<x@y.example> proto=ESMTP helo=<h.example>\n",
	      "[554 5.7.1 <*@y.example>: Relay access denied] 554/5.7.1 phase=rcpt "
	      "by=mail1.example.com from=z.example to=y.example log=192.0.2.1 ours "
	      "client-ip=192.0.2.1 helo=h.example\n" REFUSED);
	/* pasted without its date, and with nothing in front */
	READS("maillog: NOQUEUE: reject: RCPT from web80.example.com[192.0.2.80]: 554 5.7.1 "
	      "<x@y.example>: Relay access denied; from=<> to=<x@y.example> proto=ESMTP helo=<w>",
	      "[554 5.7.1 <*@y.example>: Relay access denied] 554/5.7.1 phase=rcpt from=<> "
	      "to=y.example log=192.0.2.80 ours client=web80.example.com client-ip=192.0.2.80 "
	      "helo=w\n" REFUSED);
	READS(P "cleanup[1]: 5F: milter-reject: END-OF-MESSAGE from m.example[192.0.2.2]: 5.7.1 "
		"rejected by "
		"DMARC policy for example.com; from=<a@example.com> to=<b@x.example> proto=ESMTP "
		"helo=<m>\n",
	      "[5.7.1 rejected by DMARC policy for example.com] 0/5.7.1 phase=data-end "
	      "by=mail1.example.com from=example.com to=x.example queue=5F log=192.0.2.2 "
	      "domain=example.com ours client=m.example client-ip=192.0.2.2 helo=m\n" REFUSED);
	READS(P "postscreen[1]: NOQUEUE: reject: RCPT from [192.0.2.3]:51234: 550 5.7.1 Service "
		"unavailable; "
		"client [192.0.2.3] blocked using zen.spamhaus.org; from=<a@b.example>, "
		"to=<c@d.example>, "
		"proto=ESMTP, helo=<q>\n",
	      "[550 5.7.1 Service unavailable; client [192.0.2.3] blocked using zen.spamhaus.org] "
	      "550/5.7.1 phase=rcpt by=mail1.example.com from=b.example to=d.example log=192.0.2.3 "
	      "ours client-ip=192.0.2.3 helo=q\n" REFUSED);
	/* what a header check quotes of the mail is not kept */
	READS(P
	      "cleanup[1]: 5F: reject: header Subject: secret from John from m.example[192.0.2.2]; "
	      "from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<m>: 5.7.1 no thanks\n",
	      "[5.7.1 no thanks] 0/5.7.1 phase=data-end by=mail1.example.com from=b.example "
	      "to=d.example queue=5F log=192.0.2.2 ours client=m.example client-ip=192.0.2.2 "
	      "helo=m\n" REFUSED);
	READS(
	    P
	    "submission/smtpd[1]: NOQUEUE: reject: RCPT from u[192.0.2.2]: 553 5.7.1 "
	    "<a@b.example>: Sender "
	    "address rejected: not owned by user u@b.example; from=<a@b.example> to=<c@d.example> "
	    "proto=ESMTP helo=<m>\n",
	    "[553 5.7.1 <*@b.example>: Sender address rejected: not owned by user *@b.example] "
	    "553/5.7.1 phase=rcpt by=mail1.example.com from=b.example to=d.example log=192.0.2.2 "
	    "domain=b.example ours client-ip=192.0.2.2 helo=m submission\n" REFUSED);
}

/* Short ids are used again: what was known of the first message is not said of the second. */
static void reused(void **state)
{
	static const char bounced[] =
	    P "smtp[1]: 7A: to=<a@b.example>, relay=mx.b.example[192.0.2.5]:25, dsn=5.7.1, "
	      "status=bounced "
	      "(host mx.b.example[192.0.2.5] said: 550 5.7.1 no)\n";
	char log[4096];
	(void)state;
	snprintf(log, sizeof log, "%s%s" P "qmgr[1]: 7A: removed\n%s%s%s",
		 P "qmgr[1]: 7A: from=<x@first.example>, size=1\n", bounced, bounced,
		 P "smtpd[1]: 7A: client=c.example[192.0.2.7]\n" P "qmgr[1]: 7A: from=<>, size=1\n",
		 bounced);
	READS(log, "[550 5.7.1 no] 550/5.7.1 dsn=5.7.1 host=mx.b.example at=192.0.2.5 "
		   "by=mail1.example.com "
		   "from=first.example to=b.example queue=7A\n"
		   "[550 5.7.1 no] 550/5.7.1 dsn=5.7.1 host=mx.b.example at=192.0.2.5 "
		   "by=mail1.example.com "
		   "to=b.example queue=7A\n"
		   "[550 5.7.1 no] 550/5.7.1 dsn=5.7.1 host=mx.b.example at=192.0.2.5 "
		   "by=mail1.example.com "
		   "from=<> to=b.example queue=7A client=c.example client-ip=192.0.2.7\n" REFUSED);
}

static void exim(void **state)
{
	(void)state;
	READS(
	    "2026-11-28 12:59:56 1P1ceB-000FL1-4q <= s@example.com H=web (web.example) [192.0.2.8] "
	    "P=esmtpa A=login:u S=700 id=abc@web.example\n"
	    "2026-11-28 12:59:57 1P1ceB-000FL1-4q ** joe@other.example R=dnslookup T=remote_smtp "
	    "H=mx.other.example [192.0.2.9]: SMTP error from remote mail server after end of data: "
	    "550-5.7.26 one\\n550 5.7.26 two for joe\n"
	    "2026-11-28 12:59:57 1P1ceB-000FL1-4q Completed\n"
	    "2026-11-28 13:00:00.123 +0100 [77] 1rYDQP-000000005yE-2Wzz == k@d.example R=dnslookup "
	    "T=remote_smtp "
	    "defer (-45) H=mx.d.example [192.0.2.10]: SMTP error from remote mail server after "
	    "RCPT "
	    "TO:<k@d.example>: 451 4.7.1 Greylisted\n"
	    "2026-11-28 13:00:01 H=(cli) [192.0.2.11] F=<a@b.example> rejected RCPT <c@d.example>: "
	    "relay not "
	    "permitted\n",
	    "[550 5.7.26 one two for *] 550/5.7.26 phase=data-end host=mx.other.example "
	    "at=192.0.2.9 "
	    "from=example.com to=other.example id=web.example queue=1P1ceB-000FL1-4q "
	    "client-ip=192.0.2.8 logged-in\n"
	    "[451 4.7.1 Greylisted] 451/4.7.1 phase=rcpt delayed host=mx.d.example at=192.0.2.10 "
	    "to=d.example queue=1rYDQP-000000005yE-2Wzz\n"
	    "[relay not permitted] phase=rcpt from=b.example to=d.example log=192.0.2.11 ours "
	    "client-ip=192.0.2.11 helo=cli\n" REFUSED);
}

static void others(void **state)
{
	struct seen s;
	(void)state;
	READS(
	    "Nov 28 12:57:14 m.example.com smtpd[1]: 0a1b mta delivery evpid=6a5e "
	    "from=<a@example.com> "
	    "to=<joe@o.example> rcpt=<-> source=\"203.0.113.7\" relay=\"192.0.2.9 (mx.o.example)\" "
	    "delay=1s result=\"PermFail\" stat=\"550 5.7.1 no joe\"\n",
	    "[550 5.7.1 no *] 550/5.7.1 host=mx.o.example at=192.0.2.9 by=m.example.com "
	    "from=example.com to=o.example queue=6a5e log=203.0.113.7\n" REFUSED);
	READS("@400000006a1b2c3d0a1b2c3d info msg 77: bytes 300 from <a@example.com> qp 1 uid 2\n"
	      "@400000006a1b2c3d0a1b2c3d starting delivery 5: msg 77 to remote joe@o.example\n"
	      "@400000006a1b2c3e0a1b2c3d delivery 5: failure: "
	      "192.0.2.9_does_not_like_recipient./Remote_host_said:_550_5.7.1_no_joe/"
	      "Giving_up_on_192.0.2.9./\n",
	      "[550 5.7.1 no *] 550/5.7.1 phase=rcpt at=192.0.2.9 from=example.com "
	      "to=o.example\n" REFUSED);
	see_text(&s,
		 "Nov 28 12:57:14 m.example.com sendmail[1]: o91AFN: from=<a@example.com>, size=1, "
		 "msgid=<9@w.example>, relay=w.example [192.0.2.1]\n"
		 "Nov 28 12:57:14 m.example.com sendmail[1]: o91AFN: to=<joe@o.example>, delay=1, "
		 "mailer=esmtp, pri=1, relay=mx.o.example. [192.0.2.9], dsn=5.7.1, stat=Service "
		 "unavailable\n"
		 "Nov 28 12:57:15 m.example.com sm-mta[1]: o91AFP: ruleset=check_rcpt, "
		 "arg1=<joe@o.example>, relay=c.example [192.0.2.2], reject=550 5.7.1 "
		 "<joe@o.example>... Relaying denied\n");
	assert_string_equal(
	    s.lines.data,
	    "[Service unavailable] dsn=5.7.1 host=mx.o.example at=192.0.2.9 by=m.example.com "
	    "from=example.com to=o.example id=w.example queue=o91AFN\n"
	    "[550 5.7.1 <*@o.example>... Relaying denied] 550/5.7.1 phase=rcpt by=m.example.com "
	    "to=o.example queue=o91AFP log=192.0.2.2 ours client=c.example "
	    "client-ip=192.0.2.2\n" REFUSED);
	assert_true(s.no_replies);
	seen_free(&s);
}

static void exchange(void **state)
{
	(void)state;
	READS("\xef\xbb\xbf#Software: Microsoft Exchange Server\r\n#Version: 15.0\r\n"
	      "#Fields: "
	      "date-time,client-ip,server-hostname,source,event-id,internal-message-id,message-id,"
	      "recipient-address,recipient-status,sender-address,return-path\r\n"
	      "2026-11-28T12:00:00.000Z,,ex1.example.com,SMTP,SEND,5,<m@ex>,a@o.example,250,s@"
	      "example.com,s@example.com\r\n"
	      "2026-11-28T12:00:01.000Z,192.0.2.1,ex1.example.com,SMTP,FAIL,6,<m@ex1.example.com>,"
	      "joe@o.example;ann@p.example,\"[{LED=550 5.7.1 Relay, \"\"denied\"\" "
	      "joe};{MSG=};{FQDN=mx.o.example};"
	      "{IP=192.0.2.9};{LRT=x}];550 5.1.10 "
	      "RESOLVER.ADR.RecipientNotFound\",s@example.com,s@example.com\r\n",
	      "[550 5.7.1 Relay, \"denied\" *] 550/5.7.1 host=mx.o.example at=192.0.2.9 "
	      "by=ex1.example.com from=example.com to=o.example id=ex1.example.com queue=6 "
	      "client-ip=192.0.2.1\n"
	      "[550 5.1.10 RESOLVER.ADR.RecipientNotFound] 550/5.1.10 by=ex1.example.com "
	      "from=example.com to=p.example id=ex1.example.com queue=6 "
	      "client-ip=192.0.2.1\n" REFUSED);
}

static void journal(void **state)
{
	struct seen s;
	(void)state;
	see_text(&s, "{\"__REALTIME_TIMESTAMP\":\"1795867034123456\",\"PRIORITY\":\"6\",\"_"
		     "HOSTNAME\":\"m.example.com\","
		     "\"SYSLOG_IDENTIFIER\":\"postfix/smtp\",\"MESSAGE\":\"9C: to=<a@b.example>, "
		     "relay=mx.b.example[192.0.2.5]:25, dsn=5.7.1, status=bounced (host "
		     "mx.b.example[192.0.2.5] said: 550 5.7.1 \\\"no\\\" \\u00e9)\"}\n");
	assert_string_equal(
	    s.lines.data, "[550 5.7.1 \"no\" ?] 550/5.7.1 dsn=5.7.1 host=mx.b.example at=192.0.2.5 "
			  "by=m.example.com to=b.example queue=9C\n" REFUSED);
	assert_int_equal(s.at, 1795867034);
	assert_int_equal(s.first_at, 1795867034);
	seen_free(&s);
}

/* Dates without a year, and what a log covers. */
static void dates(void **state)
{
	struct seen s;
	(void)state;
	see_text(&s, "Dec 30 12:00:00 m postfix/qmgr[1]: A: removed\n"
		     "Nov 28 12:57:14 m postfix/smtpd[1]: connect from x[192.0.2.1]\n");
	assert_int_equal(s.what, BOUNCE_CLEAN_LOG);
	assert_true(s.year_guessed);
	struct tm t = {.tm_year = 125, .tm_mon = 11, .tm_mday = 30, .tm_hour = 12, .tm_isdst = -1};
	assert_int_equal(s.first_at, mktime(&t));
	t = (struct tm){.tm_year = 126,
			.tm_mon = 10,
			.tm_mday = 28,
			.tm_hour = 12,
			.tm_min = 57,
			.tm_sec = 14,
			.tm_isdst = -1};
	assert_int_equal(s.last_at, mktime(&t));
	assert_int_equal(s.read, 2);
	seen_free(&s);
	see_text(&s, "2026-11-28T12:57:14.123456+01:00 m postfix/qmgr[1]: A: removed\n");
	assert_int_equal(s.first_at, 1795867034);
	assert_false(s.year_guessed);
	seen_free(&s);
	READS("Nov 28 12:57:14 m kernel: hello\nNov 28 12:57:15 m cron[1]: x\n",
	      "x: not understood: a log, but of no mail server that is known\n");
}

/* The table is bounded; the oldest goes, and that is said. */
static void many_open(void **state)
{
	struct buf log;
	struct seen s;
	(void)state;
	buf_init(&log, (size_t)1 << 30);
	for (unsigned i = 0; i < LIMIT_LOG_OPEN + 10; i++)
		buf_printf(&log, P "qmgr[1]: %X: from=<a@f%u.example>, size=1\n", i + 1, i);
	for (unsigned i = 0; i < 2; i++)
		buf_printf(&log,
			   P "smtp[1]: %X: to=<a@b.example>, relay=none, dsn=5.7.1, status=bounced "
			     "(550 5.7.1 no)\n",
			   i == 0 ? 1u : LIMIT_LOG_OPEN + 10u);
	see(&s, log.data, log.len);
	char want[512];
	snprintf(want, sizeof want,
		 "[550 5.7.1 no] 550/5.7.1 dsn=5.7.1 by=mail1.example.com to=b.example queue=1\n"
		 "[550 5.7.1 no] 550/5.7.1 dsn=5.7.1 by=mail1.example.com from=f%u.example "
		 "to=b.example queue=%X\n" REFUSED,
		 LIMIT_LOG_OPEN + 9, LIMIT_LOG_OPEN + 10);
	assert_string_equal(s.lines.data, want);
	assert_int_equal(s.forgotten, 10);
	seen_free(&s);
	buf_free(&log);
}

/* A line without an end, NULs, a cut gzip; the lines around them are read. */
static void hostile(void **state)
{
	static const char line[] = P
	    "smtp[1]: 1: to=<a@b.example>, relay=none, dsn=5.7.1, status=bounced (550 5.7.1 no)\n";
	struct buf log;
	struct seen s;
	(void)state;
	buf_init(&log, (size_t)1 << 30);
	buf_puts(&log, line);
	for (int i = 0; i < 1000; i++)
		buf_put(&log, "status=bounced (550 \0 to=<a@b.example>, \x1b[2J)", 46);
	buf_puts(&log, "\n");
	for (int i = 0; i < 20000; i++)
		buf_puts(&log, "0123456789abcdef status=bounced (host [");
	buf_puts(&log, "\n");
	buf_puts(&log, line);
	see(&s, log.data, log.len);
	assert_int_equal(s.refusals, 2);
	seen_free(&s);

	uLongf n = compressBound(log.len) + 64;
	uint8_t *gz = malloc(n);
	z_stream z = {0};
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)log.data, z.avail_in = (uInt)log.len, z.next_out = gz,
	z.avail_out = (uInt)n;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	n = z.total_out;
	deflateEnd(&z);
	see(&s, gz, n);
	assert_int_equal(s.refusals, 2);
	seen_free(&s);
	see(&s, gz, n / 2);
	assert_int_equal(s.outcomes, 1);
	assert_non_null(strstr(s.lines.data, "truncated"));
	seen_free(&s);
	free(gz);
	buf_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(postfix_out), cmocka_unit_test(postfix_in),
	    cmocka_unit_test(reused),      cmocka_unit_test(exim),
	    cmocka_unit_test(others),      cmocka_unit_test(exchange),
	    cmocka_unit_test(journal),     cmocka_unit_test(dates),
	    cmocka_unit_test(many_open),   cmocka_unit_test(hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* ingest/bounce: mails: notifications, bounces in words, and what is none. */
#include "tests/unit/ingest/bounce.h"

#define REFUSED "x: refused mail\n"

#define REPORT_HEAD                                                                                \
	"Return-Path: <>\nDate: Sat, 28 Nov 2026 12:00:00 +0000\n"                                 \
	"From: MAILER-DAEMON@mail1.example.com (Mail Delivery System)\nTo: news@example.com\n"     \
	"Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"                        \
	"Content-Type: multipart/report; report-type=delivery-status; boundary=\"B\"\n\n"
#define RETURNED                                                                                   \
	"--B\nContent-Type: message/rfc822\n\n"                                                    \
	"Return-Path: <bounce@mail.example.com>\n"                                                 \
	"Received: from inner (inner [10.0.0.1]) by mail1.example.com with ESMTP; x\n"             \
	"Received: from web (web.example [203.0.113.9]) by inner with ESMTP; x\n"                  \
	"DKIM-Signature: v=1; a=rsa-sha256; d=Crm.Example; s=s1; h=from; bh=x; b=y\n"              \
	"DKIM-Signature: v=1; d=bad domain; s=s2\n"                                                \
	"From: News <news@shop.example.com>\nTo: joe@b.example\nPrecedence: bulk\n"                \
	"Message-ID: <77.1@web.example>\nSubject: secret\n\nhello\n"

static void notification(void **state)
{
	struct seen s;
	(void)state;
	see_text(
	    &s, REPORT_HEAD
	    "--B\nContent-Type: text/plain\n\nThis is the mail system at host "
	    "mail1.example.com.\n\n"
	    "<joe@b.example>: host mx.b.example[192.0.2.5] said: 550 5.7.1 <joe@b.example>: no\n"
	    "    (in reply to RCPT TO command)\n\n"
	    "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail1.example.com\n"
	    "X-Postfix-Queue-ID: 4AB12\nX-Postfix-Sender: rfc822; bounce@mail.example.com\n"
	    "Arrival-Date: Sat, 28 Nov 2026 11:59:00 +0000\n\n"
	    "Final-Recipient: rfc822; joe@b.example\nOriginal-Recipient: rfc822;list@l.example\n"
	    "Action: failed\nStatus: 5.0.0\nRemote-MTA: dns; mx.b.example\n"
	    "Diagnostic-Code: smtp; 550 5.7.1\n    <joe@b.example>: no\n"
	    "Last-Attempt-Date: Sat, 28 Nov 2026 11:59:30 +0000\n\n" RETURNED "--B--\n");
	assert_string_equal(
	    s.lines.data,
	    "[550 5.7.1 <*@b.example>: no] 550/5.7.1 phase=rcpt dsn=5.0.0 host=mx.b.example "
	    "at=192.0.2.5 by=mail1.example.com from=mail.example.com header=shop.example.com "
	    "to=b.example was=l.example dkim=crm.example/s1 id=web.example queue=4AB12 "
	    "received=203.0.113.9 generated=bulk\n" REFUSED);
	assert_int_equal(s.at, 1795867170);
	seen_free(&s);
}

/* A recipient each; delivered ones are none; delayed is said; UTF-8 addresses (RFC 6533). */
static void several(void **state)
{
	(void)state;
	READS(REPORT_HEAD
	      "--B\nContent-Type: text/plain\n\nno\n\n"
	      "--B\nContent-Type: message/global-delivery-status\n\nReporting-MTA: "
	      "dns;m.example.com\n\n"
	      "Final-Recipient: rfc822;a@one.example\nAction: failed\nStatus: 5.1.1 (no such)\n"
	      "Diagnostic-Code: smtp;550-5.1.1 one\n 550 5.1.1 two\n\n"
	      "Final-Recipient: rfc822;b@two.example\nAction: delivered\nStatus: 2.0.0\n\n"
	      "Final-Recipient: utf-8; d\xc3\xb6@three.example\nAction: delayed\nStatus: 4.4.1\n"
	      "Remote-MTA: dns; mx.three.example (192.0.2.6, the server for the domain "
	      "three.example.)\n"
	      "Diagnostic-Code: smtp;421 4.4.1 busy d\xc3\xb6\n\n--B--\n",
	      "[550 5.1.1 one two] 550/5.1.1 dsn=5.1.1 by=m.example.com from=example.com "
	      "to=one.example\n"
	      "[421 4.4.1 busy *] 421/4.4.1 dsn=4.4.1 delayed host=mx.three.example at=192.0.2.6 "
	      "by=m.example.com from=example.com to=three.example\n" REFUSED);
}

/* What the words say of one recipient is not said of the others. */
static void of_another(void **state)
{
	(void)state;
	READS(REPORT_HEAD
	      "--B\nContent-Type: text/plain\n\n<a@one.example>: 552 5.2.2 mailbox full\n\n"
	      "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;m.example.com\n\n"
	      "Final-Recipient: rfc822;a@one.example\nAction: failed\nStatus: 5.2.2\n\n"
	      "Final-Recipient: rfc822;b@two.example\nAction: delayed\nStatus: 4.4.1\n\n--B--\n",
	      "[552 5.2.2 mailbox full] 552/5.2.2 dsn=5.2.2 by=m.example.com from=example.com "
	      "to=one.example\n"
	      "[] dsn=4.4.1 delayed by=m.example.com from=example.com to=two.example\n" REFUSED);
}

/* sendmail -bv: nothing was sent, the address was asked about. */
static void asked_about(void **state)
{
	(void)state;
	READS(
	    REPORT_HEAD
	    "--B\nContent-Type: text/plain\n\n<a@b.example>: delivery via mx.b.example: 250 Ok\n\n"
	    "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;m.example.com\n\n"
	    "Final-Recipient: rfc822;a@b.example\nAction: deliverable\nStatus: 2.1.5\n"
	    "Diagnostic-Code: smtp; 250 2.1.5 Ok\n\n--B--\n",
	    "x: a notice that mail was delivered\n");
	READS(REPORT_HEAD
	      "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;m.example.com\n\n"
	      "Final-Recipient: rfc822;a@b.example\nAction: undeliverable\nStatus: 5.1.1\n"
	      "Diagnostic-Code: smtp; 550 5.1.1 no\n\n--B--\n",
	      "[550 5.1.1 no] 550/5.1.1 dsn=5.1.1 by=m.example.com from=example.com "
	      "to=b.example\n" REFUSED);
}

/* Boundaries that are not those declared: people anonymise their bounces. */
static void broken(void **state)
{
	(void)state;
	READS(REPORT_HEAD "--OTHER\nContent-Type: text/plain\n\n<a@b.example>: host "
			  "mx.b.example[192.0.2.5] said: 550\n"
			  "  5.1.1 no (in reply to RCPT TO command)\n\n--OTHER\nContent-Type: "
			  "message/delivery-status\n\n"
			  "Reporting-MTA: dns; m.example.com\n\nFinal-Recipient: rfc822; "
			  "a@b.example\nAction: failed\n"
			  "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no\n\n",
	      "[550 5.1.1 no] 550/5.1.1 phase=rcpt dsn=5.1.1 host=mx.b.example at=192.0.2.5 "
	      "by=m.example.com from=example.com to=b.example\n" REFUSED);
}

#define PLAIN_HEAD(from)                                                                           \
	"Return-Path: <>\nFrom: " from "\nTo: me@example.com\nSubject: failure notice\n"
#define COPY                                                                                       \
	"Return-Path: <me@example.com>\nFrom: <me@example.com>\nMessage-ID: <1@w.example>\nTo: "   \
	"x@y.example\n\nhello\n"

static void in_words(void **state)
{
	(void)state;
	/* qmail */
	READS(
	    PLAIN_HEAD(
		"MAILER-DAEMON@q.example") "\nHi. This is the qmail-send program at q.example.\n\n"
					   "<joe@b.example>:\n192.0.2.25 does not like "
					   "recipient.\nRemote host said: 550 5.7.1 no\n"
					   "Giving up on 192.0.2.25.\n\n<ann@c.example>:\nSorry, I "
					   "couldn't find any host named c.example. "
					   "(#5.1.2)\n\n--- Below this line is a copy of the "
					   "message.\n\n" COPY,
	    "[550 5.7.1 no] 550/5.7.1 phase=rcpt at=192.0.2.25 by=q.example from=example.com "
	    "header=example.com to=b.example id=w.example\n"
	    "[Sorry, I couldn't find any host named c.example. (#5.1.2)] 0/5.1.2 by=q.example "
	    "from=example.com header=example.com to=c.example id=w.example\n" REFUSED);
	/* Exim */
	READS(
	    PLAIN_HEAD(
		"Mail Delivery System <Mailer-Daemon@e.example>") "X-Failed-Recipients: "
								  "joe@b.example\n\n"
								  "This message was created "
								  "automatically by mail delivery "
								  "software.\n\n  joe@b.example\n"
								  "    SMTP error from remote mail "
								  "server after MAIL "
								  "FROM:<me@example.com> SIZE=15:\n"
								  "    host mx.b.example "
								  "[192.0.2.20]: 550 5.7.0 "
								  "<me@example.com>... use your "
								  "ISP\n\n"
								  "------ This is a copy of the "
								  "message, including all the "
								  "headers. ------\n\n" COPY,
	    "[550 5.7.0 <*@example.com>... use your ISP] 550/5.7.0 phase=mail host=mx.b.example "
	    "at=192.0.2.20 from=example.com header=example.com to=b.example "
	    "id=w.example\n" REFUSED);
	/* Gmail; several recipients of which the body names none */
	READS(
	    PLAIN_HEAD(
		"Mail Delivery Subsystem <mailer-daemon@googlemail.com>") "X-Failed-Recipients: "
									  "joe@b.example, "
									  "ann@b.example\n\n"
									  "Google tried to deliver "
									  "your message, but it "
									  "was rejected by the "
									  "server for the "
									  "recipient domain "
									  "b.example by "
									  "mx.b.example. "
									  "[192.0.2.153].\n\n"
									  "The error that the "
									  "other server returned "
									  "was:\n550 5.7.1 no\n\n"
									  "----- Original message "
									  "-----\n\n" COPY,
	    "[550 5.7.1 no] 550/5.7.1 host=mx.b.example at=192.0.2.153 from=example.com "
	    "header=example.com to=b.example id=w.example\n"
	    "[550 5.7.1 no] 550/5.7.1 host=mx.b.example at=192.0.2.153 from=example.com "
	    "header=example.com to=b.example id=w.example\n" REFUSED);
	/* Exchange, in HTML alone */
	READS(
	    PLAIN_HEAD(
		"postmaster@x.example") "Content-Type: text/html; charset=utf-8\n"
					"Content-Transfer-Encoding: "
					"quoted-printable\n\n<html><head><style>.a{}</style></"
					"head><body>"
					"<p>Delivery has failed to these recipients or "
					"groups:</p><p><a href=3D\"mailto:joe@b.example\">"
					"joe@b.example</a></p><p>Your message wasn't delivered.</p>"
					"<p>Diagnostic information for "
					"administrators:</p><p>Generating server: ex.x.example</p>"
					"<p>joe@b.example<br>mx.b.example<br>Remote Server "
					"returned &#39;550 5.7.367 Remote server "
					"returned not permitted to relay -&gt; 554 5.7.1 "
					"&lt;joe@b.example&gt;: Relay access "
					"denied&#39;</p></body></html>\n",
	    "[554 5.7.1 <*@b.example>: Relay access denied] 554/5.7.1 in=550/5.7.367 "
	    "host=mx.b.example by=ex.x.example from=example.com to=b.example\n" REFUSED);
	/* Sendmail */
	READS(
	    PLAIN_HEAD(
		"Mail Delivery Subsystem <MAILER-DAEMON@s.example>") "\n"
								     "   ----- The following "
								     "addresses had permanent "
								     "fatal errors "
								     "-----\n<joe@b.example>\n\n"
								     "   ----- Transcript of "
								     "session follows -----\n... "
								     "while talking to "
								     "mx.b.example.:\n"
								     ">>> RCPT "
								     "To:<joe@b.example>\n<<< "
								     "550-5.7.1 not\n<<< 550 5.7.1 "
								     "here\n"
								     "550 5.1.1 <joe@b.example>... "
								     "User unknown\n",
	    "[550 5.7.1 not here] 550/5.7.1 phase=rcpt host=mx.b.example from=example.com "
	    "to=b.example\n" REFUSED);
	/* a character set, and base64 */
	READS(PLAIN_HEAD("postmaster@j.example") "Content-Type: text/plain; charset=iso-2022-jp\n"
						 "Content-Transfer-Encoding: base64\n\n"
						 "GyRCQXc/"
						 "LkBoGyhCIGpvZUBiLmV4YW1wbGUKCjU1MCA1LjcuMSAbJEI1c"
						 "UhdGyhCCg==\n",
	      "[550 5.7.1 \xe6\x8b\x92\xe5\x90\xa6] 550/5.7.1 from=example.com\n" REFUSED);
}

static void prefaces(void **state)
{
	(void)state;
	/* who wrote it is not who refused, where it stands in front of the recipient */
	READS(PLAIN_HEAD(
		  "postmaster@x.example") "\nDiagnostic information for administrators:\n\n"
					  "Generating server: ex.x.example\n\njoe@b.example\n"
					  "Remote Server returned '550 5.7.367 not permitted to "
					  "relay -> 554 5.7.1 Relay access denied'\n",
	      "[554 5.7.1 Relay access denied] 554/5.7.1 in=550/5.7.367 by=ex.x.example "
	      "from=example.com to=b.example\n" REFUSED);
	/* what all bounces say is no reply */
	READS(PLAIN_HEAD(
		  "Mailer-Daemon@e.example") "X-Failed-Recipients: joe@b.example\n\n"
					     "This message was created automatically by mail "
					     "delivery software.\n\nA message that you sent "
					     "could not be delivered to one or more of its\n"
					     "recipients. The following address(es) failed:\n\n"
					     "  save to box\n    mailbox is full\n",
	      "[save to box mailbox is full] from=example.com to=b.example\n" REFUSED);
	/* a summary of the message names the recipient where nothing else does */
	READS("From: admin@x.example\nTo: me@example.com\nSubject: Undeliverable\n\nCould not be "
	      "delivered.\nError: none\n\nOriginal:\nFrom: me@example.com\nTo: you@c.example\n"
	      "Subject: hi\n",
	      "[Could not be delivered. Error: none] from=example.com to=c.example\n" REFUSED);
	/* but it is not said of him */
	READS(PLAIN_HEAD("postmaster@x.example") "\nYour message\n\n  To:      you@c.example\n"
						 "  Subject: hi\n  Sent:    Mon, 1 Jun\n\n"
						 "did not reach the following recipient(s):\n\n"
						 "joe@b.example on Mon, 1 Jun\n"
						 "    The recipient name is not recognized\n",
	      "[on Mon, 1 Jun The recipient name is not recognized] from=example.com "
	      "to=b.example\n" REFUSED);
}

#define MAIL(extra) "From: Joe <joe@a.example>\nTo: me@example.com\nSubject: hello\n" extra

static void none(void **state)
{
	(void)state;
	READS(MAIL("") "\nhello\n", "x: a mail that is no bounce\n");
	READS(MAIL("Auto-Submitted: auto-replied (vacation)\n") "\nI am away until 550 5.7.1\n",
	      "x: an automatic reply\n");
	READS("From: a@b.example\nSubject: Out of Office: hi\n\nback on Monday\n",
	      "x: an automatic reply\n");
	READS(MAIL("Content-Type: multipart/report; report-type=disposition-notification; "
		   "boundary=B\n") "\n--B\n\nread\n--B\nContent-Type: "
				   "message/disposition-notification\n\nDisposition: x\n--B--\n",
	      "x: a read receipt\n");
	READS(
	    MAIL(
		"Content-Type: multipart/report; report-type=feedback-report; boundary=B\n") "\n--"
											     "B\n\n"
											     "abuse"
											     "\n--"
											     "B\nCo"
											     "ntent"
											     "-Type"
											     ": "
											     "messa"
											     "ge/"
											     "feedb"
											     "ack-"
											     "repor"
											     "t\n\n"
											     "Feedb"
											     "ack-"
											     "Type:"
											     " abus"
											     "e\n--"
											     "B--"
											     "\n",
	    "x: a feedback report\n");
	READS(REPORT_HEAD
	      "--B\n\nyes\n--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;m\n\n"
	      "Final-Recipient: rfc822;a@b.example\nAction: relayed\nStatus: 2.0.0\n--B--\n",
	      "x: a notice that mail was delivered\n");
	READS(MAIL("Content-Type: multipart/report; report-type=tlsrpt; boundary=B\n") "\n--"
										       "B\n\ntls\n-"
										       "-B\nContent"
										       "-Type: "
										       "application"
										       "/tlsrpt+"
										       "json\n\n{}"
										       "\n--B--\n",
	      "x: a TLS report\n");
	READS(MAIL("Content-Type: multipart/mixed; boundary=B\n") "\n--B\nContent-Type: "
								  "text/xml\nContent-Disposition: "
								  "attachment; filename=a.xml\n\n"
								  "<?xml "
								  "version=\"1.0\"?><feedback></"
								  "feedback>\n--B--\n",
	      "x: a DMARC aggregate report\n");
	/* one that quotes a log is no log */
	struct buf quotes;
	buf_init(&quotes, 1 << 20);
	buf_puts(&quotes, MAIL("") "\n");
	for (int i = 0; i < 300; i++)
		buf_puts(&quotes, "Nov 28 12:57:14 m postfix/smtp[1]: 1: to=<a@b.example>, "
				  "relay=none, dsn=5.7.1, status=bounced (550 5.7.1 no)\n");
	READS(quotes.data, "x: a mail that is no bounce\n");
	buf_free(&quotes);
	/* a bounce that a person passed on, as a mail in his mail */
	READS(MAIL("Content-Type: multipart/mixed; boundary=O\n") "\n--O\n\nwhat is "
								  "this?\n--O\nContent-Type: "
								  "message/rfc822\n\n" REPORT_HEAD
								  "--B\nContent-Type: "
								  "message/"
								  "delivery-status\n\nReporting-"
								  "MTA: dns;m.example.com\n\n"
								  "Final-Recipient: "
								  "rfc822;a@b.example\nAction: "
								  "failed\nStatus: 5.7.1\n"
								  "Diagnostic-Code: smtp;550 5.7.1 "
								  "no\n\n--B--\n--O--\n",
	      "[550 5.7.1 no] 550/5.7.1 dsn=5.7.1 by=m.example.com from=example.com "
	      "to=b.example\n" REFUSED);
}

static void boxes(void **state)
{
	(void)state;
	READS("From MAILER-DAEMON Sat Nov 28 12:00:00 2026\n" MAIL(
		  "") "\nhello\n\n"
		      "From MAILER-DAEMON Sat Nov 28 12:00:00 2026\n" PLAIN_HEAD(
			  "MAILER-DAEMON@q.example") "\n<joe@b.example>: 550 5.7.1 no\n",
	      "x!mail1: a mail that is no bounce\n"
	      "[550 5.7.1 no] 550/5.7.1 from=example.com to=b.example\nx!mail2: refused mail\n");
}

static void hostile(void **state)
{
	struct buf m;
	struct seen s;
	(void)state;
	/* 200,000 recipients */
	buf_init(&m, (size_t)1 << 30);
	buf_puts(
	    &m, REPORT_HEAD
	    "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;m.example.com\n\n");
	for (int i = 0; i < 200000; i++)
		buf_printf(
		    &m, "Final-Recipient: rfc822;a%d@b.example\nAction: failed\nStatus: 5.1.1\n\n",
		    i);
	buf_puts(&m, "--B--\n");
	see(&s, m.data, m.len);
	assert_int_equal(s.refusals, LIMIT_BOUNCE_RECIPIENTS);
	assert_true(s.dropped > 0); /* the guard of MIME cuts what has too many fields */
	assert_non_null(strstr(s.lines.data, "x: refused mail: more than 20000 header fields"));
	seen_free(&s);
	/* as many in words */
	buf_reset(&m);
	buf_puts(&m, PLAIN_HEAD("MAILER-DAEMON@q.example") "\n");
	for (int i = 0; i < 40000; i++)
		buf_printf(&m, "<a%d@b.example>:\n550 5.1.1 no\n\n", i);
	see(&s, m.data, m.len);
	assert_int_equal(s.refusals, LIMIT_BOUNCE_RECIPIENTS);
	assert_true(s.dropped > 30000);
	seen_free(&s);
	/* a header without an end; fields without number */
	buf_reset(&m);
	buf_puts(&m, "From: MAILER-DAEMON\nSubject: failed");
	for (int i = 0; i < 500000; i++)
		buf_puts(&m, "\n a@b.example");
	see(&s, m.data, m.len);
	assert_int_equal(s.outcomes, 1);
	seen_free(&s);
	buf_reset(&m);
	buf_puts(&m, REPORT_HEAD "--B\nContent-Type: message/delivery-status\n\n");
	for (int i = 0; i < 300000; i++)
		buf_puts(&m, "Final-Recipient: rfc822;a@b.example\n");
	see(&s, m.data, m.len);
	assert_int_equal(s.refusals, 1);
	seen_free(&s);
	/* mails in mails in mails */
	buf_reset(&m);
	for (int i = 0; i < 200; i++)
		buf_printf(&m,
			   "From: MAILER-DAEMON\nContent-Type: multipart/mixed; "
			   "boundary=b%d\n\n--b%d\nContent-Type: message/rfc822\n\n",
			   i, i);
	see(&s, m.data, m.len);
	assert_int_equal(s.outcomes, 1);
	seen_free(&s);
	buf_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(notification), cmocka_unit_test(several),
	    cmocka_unit_test(broken),       cmocka_unit_test(in_words),
	    cmocka_unit_test(none),         cmocka_unit_test(boxes),
	    cmocka_unit_test(hostile),      cmocka_unit_test(of_another),
	    cmocka_unit_test(asked_about),  cmocka_unit_test(prefaces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

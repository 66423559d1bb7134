/* ingest/bounce: what a person pastes: replies in all their wrappings, transcripts, hostile bytes.
 */
#include "tests/unit/ingest/bounce.h"

#define REFUSED "x: refused mail\n"
#define UNKNOWN "x: not understood\n"

/* The five that people come with. */
static void the_five(void **state)
{
	(void)state;
	READS("550 5.7.367 Remote server returned not permitted to relay -> 554 5.7.1 "
	      "<u@partner.example>: Relay access denied",
	      "[554 5.7.1 <*@partner.example>: Relay access denied] 554/5.7.1 "
	      "in=550/5.7.367 to=partner.example\n" REFUSED);
	READS("554 5.7.1 <u@elsewhere.example>: Relay access denied",
	      "[554 5.7.1 <*@elsewhere.example>: Relay access denied] 554/5.7.1 "
	      "to=elsewhere.example\n" REFUSED);
	READS("550 #5.7.1 DMARC unauthenticated mail is prohibited",
	      "[550 #5.7.1 DMARC unauthenticated mail is prohibited] 550/5.7.1\n" REFUSED);
	READS(
	    "550-5.7.26 Your email has been blocked because the sender is unauthenticated.\n"
	    "550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.\n"
	    "550-5.7.26\n"
	    "550-5.7.26  Authentication results:\n"
	    "550-5.7.26  DKIM = did not pass\n"
	    "550-5.7.26  SPF check for [example.co.jp] did not pass with ip: [203.0.113.7]\n"
	    "550 5.7.26 https://support.google.com/mail/answer/81126 d2e1a72fcca58-gsmtp\n",
	    "[550 5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail "
	    "requires all senders to authenticate with either SPF or DKIM. Authentication "
	    "results: DKIM = did not pass SPF check for [example.co.jp] did not pass with ip: "
	    "[203.0.113.7] https://support.google.com/mail/answer/81126 d2e1a72fcca58-gsmtp] "
	    "550/5.7.26 quoted=203.0.113.7 domain=example.co.jp\n" REFUSED);
	/* its words of today, and a page that is named instead of them */
	READS("550-5.7.26  SPF [example.com] with ip: [203.0.113.7] = did not pass",
	      "[550 5.7.26 SPF [example.com] with ip: [203.0.113.7] = did not pass] 550/5.7.26 "
	      "quoted=203.0.113.7 domain=example.com\n" REFUSED);
	READS("550 5.7.1 See http://openspf.net/Why?s=mfrom;id=a%40example.com;ip=203.0.113.7;r=x",
	      "[550 5.7.1 See http://openspf.net/Why?s=mfrom;*%40example.com;ip=203.0.113.7;r=x] "
	      "550/5.7.1 quoted=203.0.113.7 domain=example.com\n" REFUSED);
}

static void wrappings(void **state)
{
	(void)state;
	/* Postfix's words */
	READS("host mx.example.org[192.0.2.4] said: 450 4.1.1 <a@example.org>: Recipient address\n"
	      "    rejected: unverified (in reply to RCPT TO command)",
	      "[450 4.1.1 <*@example.org>: Recipient address rejected: unverified] 450/4.1.1 "
	      "phase=rcpt delayed host=mx.example.org at=192.0.2.4 to=example.org\n" REFUSED);
	/* folded by Postfix: blanks, and each line's code inside */
	READS(
	    "host g.example[192.0.2.4] said: 550-5.7.26 Unauthenticated email from example.jp is\n"
	    "    not accepted due to domain's 550-5.7.26 DMARC policy. 550 5.7.26 Bye. - gsmtp\n"
	    "    (in reply to end of DATA command)",
	    "[550 5.7.26 Unauthenticated email from example.jp is not accepted due to domain's "
	    "DMARC "
	    "policy. Bye. - gsmtp] 550/5.7.26 phase=data-end host=g.example at=192.0.2.4 "
	    "domain=example.jp\n" REFUSED);
	/* Exim's, with its literal \n */
	READS("SMTP error from remote mail server after end of data: host mx.example [192.0.2.9]: "
	      "550-5.7.26 one\\n550-5.7.26 two\\n550 5.7.26 three",
	      "[550 5.7.26 one two three] 550/5.7.26 phase=data-end host=mx.example "
	      "at=192.0.2.9\n" REFUSED);
	/* a code of no status, lines without one */
	READS("550-first line\n550-second line\n550 third line",
	      "[550 first line second line third line] 550/\n" REFUSED);
	/* the code twice; the type of a Diagnostic-Code in front */
	READS("smtp; 550 550 5.1.1 unknown user", "[550 5.1.1 unknown user] 550/5.1.1\n" REFUSED);
	READS("#< #5.7.1 smtp;550 5.7.1 no> #SMTP#", "[550 5.7.1 no] 550/5.7.1\n" REFUSED);
	/* what other programs left in it */
	READS("550 5.7.1 =\nsoft break=3Dyes", "[550 5.7.1 soft break=yes] 550/5.7.1\n" REFUSED);
	READS("550 5.7.1 &lt;a@b.example&gt;&#58; no<br>more",
	      "[550 5.7.1 <*@b.example>: no more] 550/5.7.1\n" REFUSED);
	READS("Remote Server at mx.example (192.0.2.3) returned '554 5.7.1 no relaying'",
	      "[554 5.7.1 no relaying] 554/5.7.1 host=mx.example at=192.0.2.3\n" REFUSED);
	READS("mx.example [192.0.2.25] did not like our RCPT TO:\n551 5.7.1 go away",
	      "[551 5.7.1 go away] 551/5.7.1 phase=rcpt host=mx.example at=192.0.2.25\n" REFUSED);
	READS("554 no way (#5.7.1)", "[554 no way (#5.7.1)] 554/5.7.1\n" REFUSED);
	/* numbers that are none */
	READS("I paid 550,000 yen and 5.7.1.2 is a version", UNKNOWN);
	READS("See RFC 5321, port 587, 250 2.0.0 Ok", UNKNOWN);
	READS("", "x: not understood: empty\n");
}

static void several(void **state)
{
	(void)state;
	READS("550 5.1.1 one\n\n554 5.7.1 two\n",
	      "[550 5.1.1 one] 550/5.1.1\n[554 5.7.1 two] 554/5.7.1\n" REFUSED);
	READS("550 5.1.1 one\n554 5.7.1 two\n",
	      "[550 5.1.1 one] 550/5.1.1\n[554 5.7.1 two] 554/5.7.1\n" REFUSED);
}

/* Where no other server said anything, there is no number. */
static void no_numbers(void **state)
{
	(void)state;
	READS("connect to mx.there.example[192.0.2.78]:25: Connection timed out",
	      "[connect to mx.there.example[192.0.2.78]:25: Connection timed out] "
	      "host=mx.there.example at=192.0.2.78\n" REFUSED);
	/* a queue */
	READS("3F2A1C0042 4512 Mon Nov 23 10:00:00 a@example.com\n(host mx.b.example[192.0.2.4] "
	      "said: "
	      "450 4.7.1 busy (in reply to DATA command))\n\n"
	      "4F2A1C0042 4512 Mon Nov 23 10:00:00 a@example.com\n(Host or domain name not found. "
	      "Name "
	      "service error for name=there.example type=A: Host not found)\n",
	      "[450 4.7.1 busy] 450/4.7.1 phase=data delayed host=mx.b.example at=192.0.2.4\n"
	      "[4F2A1C0042 4512 Mon Nov 23 10:00:00 *@example.com (Host or domain name not found. "
	      "Name "
	      "service error for name=there.example type=A: Host not found)]\n" REFUSED);
	READS("upstream timed out (110: Connection timed out)", UNKNOWN);
	/* what a third server said of the sender is not what was said to us */
	READS("550 5.1.7 <a@example.com>: Sender address rejected: undeliverable address: host "
	      "mx.example.com[192.0.2.9] said: 550 5.1.1 no",
	      "[550 5.1.7 <*@example.com>: Sender address rejected: undeliverable address: host "
	      "mx.example.com[192.0.2.9] said: 550 5.1.1 no] 550/5.1.7 "
	      "host=mx.example.com at=192.0.2.9 domain=example.com\n" REFUSED);
}

static void whom(void **state)
{
	(void)state;
	READS("550 5.7.1 Service unavailable; Client host [198.51.100.9] blocked using "
	      "zen.spamhaus.org",
	      "[550 5.7.1 Service unavailable; Client host [198.51.100.9] blocked using "
	      "zen.spamhaus.org] 550/5.7.1 quoted=198.51.100.9\n" REFUSED);
	READS("450 4.7.26 Access denied, a message sent over IPv6 [2001:db8::1] must pass",
	      "[450 4.7.26 Access denied, a message sent over IPv6 [2001:db8::1] must pass] "
	      "450/4.7.26 delayed quoted=2001:db8::1\n" REFUSED);
	/* the server's own address is not the sender's */
	READS("host mx.example[192.0.2.4] said: 550 5.7.1 192.0.2.4 does not want 203.0.113.8",
	      "[550 5.7.1 192.0.2.4 does not want 203.0.113.8] 550/5.7.1 host=mx.example "
	      "at=192.0.2.4 quoted=203.0.113.8\n" REFUSED);
	/* a public address says more than a private one */
	READS("550 5.7.1 10.0.0.1 via 198.51.100.2", "[550 5.7.1 10.0.0.1 via 198.51.100.2] "
						     "550/5.7.1 quoted=198.51.100.2\n" REFUSED);
	READS("550 5.7.509 Access denied, sending domain [EXAMPLE.com] does not pass DMARC "
	      "verification",
	      "[550 5.7.509 Access denied, sending domain [EXAMPLE.com] does not pass DMARC "
	      "verification] 550/5.7.509 domain=example.com\n" REFUSED);
}

static void nobody_is_named(void **state)
{
	(void)state;
	READS("550 5.1.1 john.doe@example.org, \"john doe\"@x.example and a%40y.example unknown; "
	      "ask postmaster@example.org or abuse@x.example",
	      "[550 5.1.1 *@example.org, *@x.example and *%40y.example unknown; ask "
	      "postmaster@example.org or abuse@x.example] 550/5.1.1 to=example.org\n" REFUSED);
	/* nor with the name that stands before an address */
	READS("550 5.1.1 \"Doe, John\" <jd@example.org> unknown; see \"help\" <abuse@x.example>",
	      "[550 5.1.1 * <*@example.org> unknown; see \"help\" <abuse@x.example>] "
	      "550/5.1.1\n" REFUSED);
	/* the local part alone, once it is known whose it is */
	READS(
	    "550 5.1.1 <john.doe@example.org>: no mailbox john.doe here, John.Doe",
	    "[550 5.1.1 <*@example.org>: no mailbox * here, *] 550/5.1.1 to=example.org\n" REFUSED);
}

static void transcripts(void **state)
{
	(void)state;
	READS(
	    "S: 220 mx.example ESMTP\nC: EHLO a.example\nS: 250 ok\nC: MAIL FROM:<a@example.com>\n"
	    "S: 250 ok\nC: RCPT TO:<joe@other.example>\nS: 554 5.7.1 <joe@other.example>: Relay "
	    "access denied\nC: DATA\nS: 554 5.5.1 Error: no valid recipients\nC: QUIT\nS: 221 "
	    "bye\n",
	    "[554 5.7.1 <*@other.example>: Relay access denied] 554/5.7.1 phase=rcpt "
	    "from=example.com to=other.example\n" REFUSED);
	READS(">>> MAIL From:<>\n<<< 250 ok\n>>> RCPT To:<joe@o.example>\n<<< 250 ok\n>>> "
	      "DATA\n<<< 354 go\n"
	      ">>> .\n<<< 550-5.7.1 no\n<<< 550 5.7.1 really\n",
	      "[550 5.7.1 no really] 550/5.7.1 phase=data-end from=<> to=o.example\n" REFUSED);
	/* as telnet shows it: no marks */
	READS("220 mx.example ESMTP\nehlo me.example\n250 mx.example\nmail from:<a@example.com>\n"
	      "550 5.7.1 Sender rejected\n503 need RCPT\n",
	      "[550 5.7.1 Sender rejected] 550/5.7.1 phase=mail from=example.com\n" REFUSED);
}

/* Words of a bounce without the header of its mail. */
static void words(void **state)
{
	(void)state;
	READS("Hi. This is the qmail-send program at mx4.example.jp.\nI'm afraid I wasn't able to "
	      "deliver your message to the following addresses.\n\n<kij@example.ne.jp>:\n"
	      "192.0.2.25 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n"
	      "Giving up on 192.0.2.25.\n",
	      "[550 5.1.1 no such user] 550/5.1.1 phase=rcpt at=192.0.2.25 by=mx4.example.jp "
	      "to=example.ne.jp\n" REFUSED);
}

static void hostile(void **state)
{
	static char big[3 * 1024 * 1024];
	struct seen s;
	(void)state;
	/* NUL, ANSI, C1, directions, broken UTF-8 */
	static const char odd[] =
	    "550 5.7.1 \x1b[31mred\0\xc2\x9b\xe2\x80\xae\xff<script>alert(1)</script>";
	see(&s, odd, sizeof odd - 1);
	for (const char *p = s.lines.data; *p; p++)
		assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
	assert_non_null(strstr(s.lines.data, "550 5.7.1 [31mred"));
	assert_null(strstr(s.lines.data, "\xe2\x80\xae"));
	seen_free(&s);
	/* one reply without an end; as many replies as there is room for */
	memset(big, 'a', sizeof big);
	memcpy(big, "550 5.7.1 ", 10);
	see(&s, big, sizeof big);
	assert_int_equal(s.refusals, 1);
	assert_true(s.lines.len < 10000);
	seen_free(&s);
	for (size_t i = 0; i + 12 < sizeof big; i += 12)
		memcpy(big + i, "550 5.1.1 x\n", 12);
	see(&s, big, sizeof big);
	assert_true(s.refusals <= LIMIT_BOUNCE_RECIPIENTS);
	seen_free(&s);
	/* many signs that begin things */
	static const char *const signs[] = {"@",        "<",      "&#",    "=3D",
					    "[1.2.3.4", "550-",   "5.7.1", "\"@",
					    "a@b.c ",   "said: ", "host ", " -> 550 "};
	for (size_t k = 0; k < COUNT(signs); k++) {
		size_t n = strlen(signs[k]), used = 256 * 1024 / n * n;
		for (size_t i = 0; i < used; i += n)
			memcpy(big + i, signs[k], n);
		see(&s, big, used);
		assert_true(s.refusals <= LIMIT_BOUNCE_RECIPIENTS);
		seen_free(&s);
	}
}

/* Amazon SES: what tells of no bounce is said to be that, also inside of SNS. */
static void notifications(void **state)
{
	static const struct {
		const char *text;
		enum bounce_what what;
	} rows[] = {
	    {"{\"notificationType\":\"Complaint\",\"mail\":{\"x\":\"550 5.7.1 no\"}}",
	     BOUNCE_FEEDBACK},
	    {"{ \"eventType\": \"Delivery\", \"delivery\":{\"smtpResponse\":\"250 2.6.0 ok\"}}",
	     BOUNCE_DELIVERED},
	    {"{\"Type\":\"Notification\",\"Message\":\"{\\\"notificationType\\\":\\\"Complaint\\\","
	     "\\\"a\\\":1}\"}",
	     BOUNCE_FEEDBACK},
	    {"{\"notificationType\":\"Bounce\",\"bounce\":{\"diagnosticCode\":\"smtp; 550 5.7.1 "
	     "no\"}}",
	     BOUNCE_REFUSALS},
	    {"{\"notificationType\":", BOUNCE_UNKNOWN},
	};
	struct seen s;
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		see(&s, rows[i].text, strlen(rows[i].text));
		assert_int_equal(s.what, rows[i].what);
		seen_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_five),        cmocka_unit_test(notifications),
	    cmocka_unit_test(wrappings),       cmocka_unit_test(several),
	    cmocka_unit_test(no_numbers),      cmocka_unit_test(whom),
	    cmocka_unit_test(nobody_is_named), cmocka_unit_test(transcripts),
	    cmocka_unit_test(words),           cmocka_unit_test(hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

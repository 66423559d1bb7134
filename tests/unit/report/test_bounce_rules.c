/* report/bounce: every rule fits its own example, what a file of rules may say, and how it
 * complains. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "report/bounce/rules.h"

static struct bounce_rules *opened(const char *own)
{
	struct bounce_rules *r;
	struct err err = {.msg = ""};
	if (bounce_rules_open(&r, "own.csv", own, own ? strlen(own) : 0, &err) != ST_OK)
		fail_msg("%s", err.msg);
	return r;
}

static const struct bounce_rule *find(const struct bounce_rules *r, const char *text)
{
	struct refusal_reply reply;
	bounce_reply_read(text, &reply);
	return bounce_rules_find(r, &reply);
}

static void examples(void **state)
{
	(void)state;
	struct bounce_rules *r = opened(NULL);
	size_t n;
	const struct bounce_rule *all = bounce_rules_all(r, &n);
	bool classes[CLASS_COUNT] = {false};
	assert_true(n >= 170);
	for (size_t i = 0; i < n; i++) {
		assert_true(all[i].example[0] && all[i].source[0]);
		const struct bounce_rule *found = find(r, all[i].example);
		if (!found || found->class != all[i].class)
			fail_msg("%s: \"%s\" is %s", all[i].id, all[i].example,
				 found ? found->id : "nothing");
		classes[all[i].class] = true;
		if (i > 0)
			assert_true(all[i - 1].priority <= all[i].priority);
	}
	for (int c = 0; c < CLASS_COUNT; c++)
		if (!classes[c])
			fail_msg("no rule is of class %s", bounce_class_names[c]);
	bounce_rules_close(r);
}

static void wordings(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum bounce_class class;
		bool number;
	} rows[] = {
	    {"550-5.7.26 This mail is unauthenticated, which poses a security risk. The sender "
	     "must "
	     "authenticate with at least one of SPF or DKIM. SPF check for [example.co.jp] did not "
	     "pass with ip: [203.0.113.7]. - gsmtp",
	     CLASS_AUTH_ANY, false},
	    {"550 #5.7.1 DMARC UNAUTHENTICATED mail is prohibited", CLASS_AUTH_DMARC, false},
	    {"550 5.7.26 words that nobody has read", CLASS_AUTH_ANY, true},
	    {"554 5.7.1 <*@elsewhere.example>: Relay access denied", CLASS_RELAY_DENIED, false},
	    {"550 5.7.367 Remote server returned not permitted to relay", CLASS_RELAY_DENIED,
	     false},
	    {"451 4.7.650 The mail server [192.0.2.5] has been temporarily rate limited due to IP "
	     "reputation.",
	     CLASS_REPUTATION, false},
	    {"503 5.5.1 Error: need MAIL command", CLASS_OTHER, false},
	    {"550 Unknown user *@docomo.ne.jp", CLASS_MAILBOX_UNKNOWN, false},
	    {"host mx.docomo.ne.jp said: 550 Unknown user *@docomo.ne.jp (in reply to end of DATA "
	     "command)",
	     CLASS_RECEIVER_POLICY, false},
	    {"550 5.1.1 kein Anschluss", CLASS_MAILBOX_UNKNOWN, true},
	    {"552 5.2.2 voll", CLASS_MAILBOX_FULL, true},
	    /* the address that is refused is the sender's, or refused for another reason */
	    {"550 5.1.0 <*@a.example>: Sender address rejected: User unknown", CLASS_SENDER_DOMAIN,
	     false},
	    {"550-Verification failed for <*@a.example> 550 No such user 550 Sender verify failed",
	     CLASS_SENDER_DOMAIN, false},
	    {"554 5.7.1 <*@a.example>: Sender address rejected: Access denied",
	     CLASS_RECEIVER_POLICY, false},
	    {"553 5.7.1 Sender address rejected: not owned by auth user.", CLASS_SENDER_IDENTITY,
	     false},
	    {"550 5.7.1 <*@b.example>: Recipient address rejected: Spam detected", CLASS_CONTENT,
	     false},
	    {"550 5.1.1 <*@b.example>: Recipient address rejected", CLASS_MAILBOX_UNKNOWN, false},
	    {"554 5.7.1 <*@b.example>: Recipient address rejected: Access denied",
	     CLASS_RECEIVER_POLICY, false},
	    {"452 4.2.2 The email account that you tried to reach is over quota.",
	     CLASS_MAILBOX_FULL, false},
	    {"550 5.1.1 The email account that you tried to reach does not exist.",
	     CLASS_MAILBOX_UNKNOWN, false},
	    {"550 5.7.134 RESOLVER.RST.SenderNotAuthenticatedForMailbox; authentication required",
	     CLASS_RECEIVER_POLICY, false},
	    {"550 5.4.310 DNS domain b.example does not exist", CLASS_DOMAIN_UNKNOWN, false},
	    {"Domain does not exist", CLASS_DOMAIN_UNKNOWN, false},
	    {"553 5.1.8 <*@a.example>... Domain of sender address does not exist",
	     CLASS_SENDER_DOMAIN, false},
	    {"553 5.1.2 not that host", CLASS_DOMAIN_UNKNOWN, true},
	    {"550 5.4.1 All recipient addresses rejected : Access denied", CLASS_MAILBOX_UNKNOWN,
	     false},
	    {"554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using "
	     "multi.uribl.com; 127.0.0.1 -> Query Refused.",
	     CLASS_SYSTEM, false},
	    {"554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using "
	     "zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.9",
	     CLASS_BLOCKLIST, false},
	    {"550 5.4.5 Daily user sending limit exceeded.", CLASS_RATE_LIMIT, false},
	    {"554 5.7.1 Too many bad recipients", CLASS_RATE_LIMIT, false},
	    {"550 5.7.1 Blocked by SpamAssassin", CLASS_CONTENT, false},
	    {"550 5.7.1 <*@b.example>: Recipient address rejected: Please see "
	     "http:*%40a.example&ip=192.0.2.9&receiver=mx",
	     CLASS_AUTH_SPF, false},
	};
	struct bounce_rules *r = opened(NULL);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct bounce_rule *found = find(r, rows[i].text);
		if (!found || found->class != rows[i].class ||
		    bounce_rule_is_number(found) != rows[i].number)
			fail_msg("\"%s\" is %s", rows[i].text, found ? found->id : "nothing");
	}
	assert_null(find(r, "und tschuess"));
	assert_null(find(r, ""));
	bounce_rules_close(r);
}

/* A reply is looked at as far as a ceiling, and no byte of it is a matter of the locale. */
static void hostile(void **state)
{
	(void)state;
	struct bounce_rules *r = opened(NULL);
	static char text[100001];
	memset(text, 'a', sizeof text - 1);
	memcpy(text, "550 5.7.1 ", 10);
	assert_int_equal(find(r, text)->class, CLASS_OTHER);
	memset(text + 10, 0xff, sizeof text - 11);
	assert_int_equal(find(r, text)->class, CLASS_OTHER);
	assert_int_equal(find(r, "550 5.7.1 relay \x1b[31m access denied, relaying denied")->class,
			 CLASS_RELAY_DENIED);
	bounce_rules_close(r);
}

static void reads_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned code;
		const char *status;
		enum refusal_phase phase;
	} rows[] = {
	    {"550 5.7.1 no", 550, "5.7.1", PHASE_UNKNOWN},
	    {"550-5.7.26 no", 550, "5.7.26", PHASE_UNKNOWN},
	    {"550 #5.7.1 no", 550, "5.7.1", PHASE_UNKNOWN},
	    {"550", 550, "", PHASE_UNKNOWN},
	    {"5.4.4 route", 0, "5.4.4", PHASE_UNKNOWN},
	    {"5503 no", 0, "", PHASE_UNKNOWN},
	    {"550 192.0.2.1 no", 550, "", PHASE_UNKNOWN},
	    {"554 5.7.1.2 no", 554, "", PHASE_UNKNOWN},
	    {"host a[192.0.2.1] said: 554 5.7.1 no (in reply to RCPT TO command)", 554, "5.7.1",
	     PHASE_RCPT},
	    {"", 0, "", PHASE_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct refusal_reply reply;
		bounce_reply_read(rows[i].text, &reply);
		assert_int_equal(reply.code, rows[i].code);
		assert_string_equal(reply.status, rows[i].status);
		assert_int_equal(reply.phase, rows[i].phase);
	}
}

static void own_first(void **state)
{
	(void)state;
	struct bounce_rules *r = opened("id,class,pattern,code,phase,advice\n"
					"office,content,relay access denied,554,,read\n"
					"office-rcpt,size,zu gross,,rcpt,\n");
	const struct bounce_rule *found = find(r, "554 5.7.1 <*@a.example>: Relay access denied");
	assert_string_equal(found->id, "office");
	assert_true(found->own);
	assert_int_equal(find(r, "550 5.7.1 Relay access denied")->class, CLASS_RELAY_DENIED);
	assert_int_equal(find(r, "550 zu gross (in reply to RCPT TO command)")->class, CLASS_SIZE);
	assert_null(find(r, "550 zu gross"));
	bounce_rules_close(r);
}

static void complaints(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line;
		const char *says;
	} rows[] = {
	    {"", 0, "names of columns"},
	    {"# nothing\n", 0, "names of columns"},
	    {"id,pattern\n", 1, "id and class"},
	    {"id,class,colour\n", 1, "unknown column \"colour\""},
	    {"id,class,id\n", 1, "twice"},
	    {"id,class,pattern\nx,auth_spf\n", 2, "2 fields"},
	    {"id,class,pattern\nx,auth,y\n", 2, "class: \"auth\""},
	    {"id,class,pattern\n,auth_spf,y\n", 2, "needs an id"},
	    {"id,class,pattern\nX y,auth_spf,y\n", 2, "a-z"},
	    {"id,class,pattern\nx,auth_spf,y\nx,size,z\n", 3, "the id x stands here twice"},
	    {"id,class,pattern\nx,auth_spf,\n", 2, "fits everything"},
	    {"id,class,pattern\nx,auth_spf,(y\n", 2, "pattern: \"(y\""},
	    {"id,class,code\nx,auth_spf,[5\n", 2, "code: \"[5\""},
	    {"id,class,status,code\nx,auth_spf,[5,550\n", 2, "status: \"[5\""},
	    {"id,class,pattern,phase\nx,auth_spf,y,quit\n", 2, "phase: \"quit\""},
	    {"id,class,pattern,priority\nx,auth_spf,y,0\n", 2, "priority: \"0\""},
	    {"id,class,pattern,priority\nx,auth_spf,y,1000\n", 2, "priority: \"1000\""},
	    {"id,class,pattern,advice\nx,auth_spf,y,pray\n", 2, "advice: \"pray\""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bounce_rules *r;
		struct err err = {.msg = ""};
		char where[32] = "own.csv: ";
		assert_int_equal(
		    bounce_rules_open(&r, "own.csv", rows[i].text, strlen(rows[i].text), &err),
		    ST_FATAL);
		assert_null(r);
		if (rows[i].line)
			snprintf(where, sizeof where, "own.csv:%d: ", rows[i].line);
		if (strncmp(err.msg, where, strlen(where)) != 0 || !strstr(err.msg, rows[i].says))
			fail_msg("row %zu: %s", i, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(examples),  cmocka_unit_test(wordings),
	    cmocka_unit_test(hostile),   cmocka_unit_test(reads_numbers),
	    cmocka_unit_test(own_first), cmocka_unit_test(complaints),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

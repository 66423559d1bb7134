/* dns/mail_key: what a verifier makes of the TXT records at a key's name. */
#include "tests/unit/check.h"

#include <string.h>

#include "dns/mail_key.h"

#define ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static void records(void **state)
{
	static const struct {
		const char *texts[3];
		enum mail_key_state want;
		bool ed25519, strict;
		size_t n;
	} rows[] = {
	    {{"v=DKIM1; k=rsa; p=AAAA"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"p=AAAA"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"p = A A\r\n A A ; t = y : s"}, MAIL_KEY_GOOD, false, true, 3},
	    {{"k=ed25519; p=" ED}, MAIL_KEY_GOOD, true, false, 32},
	    {{"k=ED25519; p=" ED}, MAIL_KEY_GOOD, true, false, 32},
	    {{"v=DKIM1;p=AAAA;"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"v=DKIM1;; p=AAAA"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"p=AAAA; g=; n=what a person \xc3\xbc"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"p=AAAA; t=strict"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"p=AAAA; h=sha1:sha256"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"p=AAAA; s=x: email"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"p=AAAA; s=*"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"p=AA=="}, MAIL_KEY_GOOD, false, false, 1},
	    {{"v=spf1 -all", "p=AAAA"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"p=AAAA", "", "v=DKIM2; p=BBBB"}, MAIL_KEY_GOOD, false, false, 3},
	    {{"p="}, MAIL_KEY_UNKNOWN, false, false, 0},
	    {{"v=DKIM1; p= ;"}, MAIL_KEY_UNKNOWN, false, false, 0},
	    {{"p=AAAA", "p=BBBB"}, MAIL_KEY_UNKNOWN, false, false, 0},
	    {{"p=AAAA", "p="}, MAIL_KEY_UNKNOWN, false, false, 0},
	    {{"p=AAAA; s=tlsrpt"}, MAIL_KEY_UNKNOWN, false, false, 0},
	    {{"p=AAAA; s="}, MAIL_KEY_UNKNOWN, false, false, 0},
	    {{"p=AAA"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"p=A!AA"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"p=AA==AA"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"k=ed25519; p=AAAA"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"k=dsa; p=AAAA"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"h=sha1; p=AAAA"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"v=DKIM1; k=rsa"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"v=dkim1; p=AAAA"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"p=AAAA; p=AAAA"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"P=AAAA"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"p=AAAA; junk"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{"p=AAAA; 1=2"}, MAIL_KEY_UNFIT, false, false, 0},
	    {{""}, MAIL_KEY_UNFIT, false, false, 0},
	};
	struct arena a = {0};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct dns_text texts[3];
		struct dns_answer answer = {.outcome = DNS_OK, .texts = texts};
		for (; answer.n < 3 && rows[i].texts[answer.n]; answer.n++)
			texts[answer.n] = (struct dns_text){rows[i].texts[answer.n],
							    strlen(rows[i].texts[answer.n]), 1};
		struct mail_key k = mail_key_read(&answer, &a);
		CHECK_ROW(k.state == rows[i].want, i);
		CHECK_ROW(k.n == rows[i].n, i);
		CHECK_ROW(k.ed25519 == rows[i].ed25519, i);
		CHECK_ROW(k.strict == rows[i].strict, i);
	}
	arena_free(&a);
}

static void no_answer(void **state)
{
	struct arena a = {0};
	(void)state;
	for (int o = DNS_PENDING; o < DNS_OUTCOME_COUNT; o++) {
		struct dns_answer answer = {.outcome = (enum dns_outcome)o};
		if (o != DNS_OK)
			assert_int_equal(mail_key_read(&answer, &a).state, MAIL_KEY_UNKNOWN);
	}
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(records), cmocka_unit_test(no_answer)};
	return cmocka_run_group_tests_name("mail_key", tests, NULL, NULL);
}

/* ingest/auth: signatures by the examples of the RFCs, and every rule of what counts. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "dns/names.h"
#include "tests/unit/signing.h"

#define NOW  INT64_C(1796064473) /* 2026-11-30 18:47:53 */
#define DATE "Mon, 30 Nov 2026 18:47:53 +0000"

static const struct name_rules *rules;

static struct authentic look_at(const char *mail, size_t n, struct zone *zone, int64_t now,
				bool multipart)
{
	static struct authenticator *a; /* what it found lives until the next one */
	struct mail_keys keys = {zone, zone_find};
	struct auth_options o = {.keys = &keys};
	struct authentic out;
	struct mail_around m = {.blob = {.size = n, .mem = (const uint8_t *)mail, .fd = -1},
				.multipart = multipart};
	authenticator_free(a);
	a = authenticator_new(&o, rules);
	authenticate(a, &m, now, &out);
	return out;
}

/* ---- RFC 6376 appendix A, RFC 8463 appendix A ---- */

#define MESSAGE_TAIL                                                                               \
	"From: Joe SixPack <joe@football.example.com>\r\n"                                         \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"                                             \
	"Subject: Is dinner ready?\r\n"                                                            \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                                          \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"                         \
	"\r\n"                                                                                     \
	"Hi.\r\n"                                                                                  \
	"\r\n"                                                                                     \
	"We lost the game. Are you hungry yet?\r\n"                                                \
	"\r\n"                                                                                     \
	"Joe.\r\n"

static const char rfc6376[] = "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"
			      "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"
			      "      h=Received : From : To : Subject : Date : Message-ID;\r\n"
			      "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
			      "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
			      "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
			      "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"
			      "      4bmp/YzhwvcubU4=;\r\n"
			      "Received: from client1.football.example.com  [192.0.2.1]\r\n"
			      "      by submitserver.example.com with SUBMISSION;\r\n"
			      "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n" MESSAGE_TAIL;

#define ED25519_SIGNATURE                                                                          \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"                            \
	" d=football.example.com; i=@football.example.com;\r\n"                                    \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"                                  \
	" subject : date : message-id : from : subject : date;\r\n"                                \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                    \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"                          \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
#define RSA_SIGNATURE                                                                              \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"                                \
	" d=football.example.com; i=@football.example.com;\r\n"                                    \
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"                            \
	" date : message-id : from : subject : date;\r\n"                                          \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                    \
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"                          \
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"                          \
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"

static const struct zone_text rfc_zone[] = {
    {"brisbane._domainkey.example.com",
     "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
     "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gb"
     "to/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"},
    {"brisbane._domainkey.football.example.com",
     "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="},
    {"test._domainkey.football.example.com",
     "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qh"
     "dR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hst"
     "T5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"},
};

static void check_vector(const char *mail, const char *domain)
{
	struct zone zone = {rfc_zone, COUNT(rfc_zone), 0, 0};
	struct authentic a = look_at(mail, strlen(mail), &zone, NOW, false);
	assert_string_equal(auth_names[a.result], "aligned");
	assert_string_equal(a.domain, domain);
	assert_string_equal(a.from, "joe@football.example.com");
	assert_int_equal(a.by, AUTH_BY_DKIM);
	assert_int_equal(a.date, 1057982437);
	/* one octet of the text, and it does not fit */
	struct buf b;
	buf_init(&b, 1 * MIB);
	buf_puts(&b, mail);
	*(char *)strstr(b.data, "hungry") = 'H';
	a = look_at(b.data, b.len, &zone, NOW, false);
	assert_string_equal(auth_names[a.result], "fail");
	buf_free(&b);
	/* without CR, as a file has it */
	buf_init(&b, 1 * MIB);
	for (const char *p = mail; *p; p++)
		if (*p != '\r')
			buf_putc(&b, *p);
	a = look_at(b.data, b.len, &zone, NOW, false);
	assert_string_equal(auth_names[a.result], "aligned");
	buf_free(&b);
}

static void vectors(void **state)
{
	(void)state;
	check_vector(rfc6376, "example.com");
	check_vector(ED25519_SIGNATURE MESSAGE_TAIL, "football.example.com");
	check_vector(RSA_SIGNATURE MESSAGE_TAIL, "football.example.com");
	check_vector(ED25519_SIGNATURE RSA_SIGNATURE MESSAGE_TAIL, "football.example.com");
}

static int open_names(void **state)
{
	(void)state;
	rules = names_open();
	return 0;
}

static int close_names(void **state)
{
	(void)state;
	names_close(rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(vectors)};
	return cmocka_run_group_tests_name("auth_dkim", tests, open_names, close_names);
}

/* ingest/auth: signatures by the examples of the RFCs, and every rule of what counts. */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* ---- every rule, a row ---- */

enum { USUAL, SMALL, OTHER, WEAK, LARGE, ED, KEYS };
static EVP_PKEY *keys[KEYS];

struct rule {
	const char *what;
	const char *want; /* the verdict, and a domain */
	struct signing how;
	int key;
	const char *texts[4]; /* TXT records of the key's name; NULL: the key; "": none */
	const char *record;   /* tags for the key's record */
	const char *header;   /* NULL: an ordinary one, From a@x.example */
	const char *put;      /* on top of it afterwards */
	const char *was, *is; /* of the whole mail, afterwards */
	int64_t now;          /* 0: NOW */
	bool multipart;
};

#define FROM(address)                                                                              \
	"From: " address "\r\nTo: b@y.example\r\nSubject:  two  words\r\nDate: " DATE              \
	"\r\nMessage-ID: <1@x.example>\r\n"
#define ORDINARY FROM("A <a@x.example>")
#define TYPED    ORDINARY "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
#define DAY      "86400"

static const struct rule rules_of[] = {
    {"aligned", "aligned x.example", .how = {.domain = "x.example"}},
    {"ed25519", "aligned x.example", .key = ED, .how = {.domain = "x.example"}},
    {"1,024 bits", "aligned x.example", .key = SMALL, .how = {.domain = "x.example"}},
    {"512 bits", "fail x.example", .key = WEAK, .how = {.domain = "x.example"}},
    {"4,104 bits", "unknown", .key = LARGE, .how = {.domain = "x.example"}},
    {"d= above From", "aligned x.example", .how = {.domain = "x.example"},
     .header = FROM("a@mail.x.example")},
    {"d= below From", "aligned mail.x.example", .how = {.domain = "mail.x.example"}},
    {"d= beside From", "aligned a.x.example", .how = {.domain = "a.x.example"},
     .header = FROM("a@b.x.example")},
    {"d= in capitals", "aligned x.example", .how = {.domain = "X.Example"}},
    {"another organisation", "unaligned y.example", .how = {.domain = "y.example"}},
    {"beside it below a public suffix", "unaligned y.co.uk", .how = {.domain = "y.co.uk"},
     .header = FROM("a@x.co.uk")},
    {"the public suffix itself", "unaligned co.uk", .how = {.domain = "co.uk"},
     .header = FROM("a@x.co.uk")},
    {"simple", "aligned x.example", .how = {.domain = "x.example", .canon = "simple/simple"}},
    {"simple/relaxed", "aligned x.example",
     .how = {.domain = "x.example", .canon = "simple/relaxed"}},
    {"relaxed alone", "aligned x.example", .how = {.domain = "x.example", .canon = "relaxed"}},
    {"c= of another kind", "none", .how = {.domain = "x.example", .canon = "nofws/simple"}},
    /* what is altered */
    {"body", "fail x.example", .how = {.domain = "x.example"}, .was = "Hello", .is = "Hallo"},
    {"subject", "fail x.example", .how = {.domain = "x.example"}, .was = "two", .is = "one"},
    {"a blank, relaxed", "aligned x.example", .how = {.domain = "x.example"}, .was = "  two",
     .is = " two"},
    {"a blank, simple", "fail x.example", .how = {.domain = "x.example", .canon = "simple/simple"},
     .was = "  two", .is = " two"},
    {"folded, relaxed", "aligned x.example", .how = {.domain = "x.example"}, .was = "  two  words",
     .is = " two\r\n\twords"},
    {"capitals of a name", "aligned x.example", .how = {.domain = "x.example"},
     .was = "Subject:", .is = "SUBJECT :"},
    {"empty lines at the end", "aligned x.example", .how = {.domain = "x.example"},
     .was = "The end.\r\n", .is = "The end.\r\n\r\n\r\n"},
    {"no line end at the end, simple", "aligned x.example",
     .how = {.domain = "x.example", .canon = "simple/simple"}, .was = "The end.\r\n",
     .is = "The end."},
    {"no line end at the end, relaxed", "aligned x.example", .how = {.domain = "x.example"},
     .was = "The end.\r\n", .is = "The end."},
    {"a field that is not signed", "aligned x.example", .how = {.domain = "x.example"},
     .put = "Received: by nobody\r\n"},
    {"b= broken", "none", .how = {.domain = "x.example"}, .was = "b=", .is = "b=!"},
    {"b= with blanks", "aligned x.example", .how = {.domain = "x.example"},
     .was = "\tb=", .is = "\tb= \r\n "},
    {"another bh=", "fail x.example", .how = {.domain = "x.example"},
     .was = " bh=", .is = " bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; z="},
    {"no bh=", "none", .how = {.domain = "x.example"}, .was = " bh=", .is = " z="},
    {"v=2", "none", .how = {.domain = "x.example"}, .was = "v=1", .is = "v=2"},
    {"no v=", "none", .how = {.domain = "x.example"}, .was = "v=1;", .is = ""},
    {"a tag twice", "none", .how = {.domain = "x.example"}, .was = "v=1;", .is = "v=1; v=1;"},
    {"a word that is no tag", "none", .how = {.domain = "x.example"}, .was = "v=1;",
     .is = "v=1; x;"},
    /* From */
    {"two From", "unaligned x.example", .how = {.domain = "x.example"},
     .put = "From: a@x.example\r\n"},
    {"two authors", "unaligned x.example", .how = {.domain = "x.example"},
     .header = FROM("a@x.example, b@x.example")},
    {"a group", "unaligned x.example", .how = {.domain = "x.example"},
     .header = FROM("us: a@x.example;")},
    {"no From", "unaligned x.example", .how = {.domain = "x.example"},
     .header = "Subject: none\r\n"},
    {"h= without From", "none", .how = {.domain = "x.example", .fields = "subject:date"}},
    {"h= in other words", "aligned x.example",
     .how = {.domain = "x.example", .fields = "FROM:Subject:x-none:from"}},
    /* algorithms */
    {"rsa-sha1", "none", .how = {.domain = "x.example", .algorithm = "rsa-sha1"}},
    {"a= of tomorrow", "none", .how = {.domain = "x.example", .algorithm = "mldsa-sha256"}},
    {"a= of another key", "fail x.example",
     .how = {.domain = "x.example", .algorithm = "ed25519-sha256"}},
    {"q=", "aligned x.example", .how = {.domain = "x.example", .more = " q=dns/txt;"}},
    {"q= of another kind", "none", .how = {.domain = "x.example", .more = " q=http;"}},
    /* l= */
    {"l= of all", "none", .how = {.domain = "x.example", .more = " l=35;"}},
    {"l=0", "none", .how = {.domain = "x.example", .more = " l=0;"}},
    /* i= */
    {"i=", "aligned x.example", .how = {.domain = "x.example", .more = " i=@x.example;"}},
    {"i= below", "aligned x.example", .how = {.domain = "x.example", .more = " i=a@b.x.example;"}},
    {"i= elsewhere", "none", .how = {.domain = "x.example", .more = " i=@y.example;"}},
    {"i= that only ends so", "none", .how = {.domain = "x.example", .more = " i=@yx.example;"}},
    {"t=s and i= below", "fail x.example", .record = "t=s; ",
     .how = {.domain = "x.example", .more = " i=@b.x.example;"}},
    {"t=s", "aligned x.example", .record = "t=y : s; ", .how = {.domain = "x.example"}},
    {"t=s, From below", "aligned x.example", .record = "t=s; ", .how = {.domain = "x.example"},
     .header = FROM("a@b.x.example")},
    /* times; NOW is Date */
    {"x= ahead", "aligned x.example", .how = {.domain = "x.example", .more = " x=1796064474;"}},
    {"x= over now, not at Date", "aligned x.example", .now = NOW + 1000000,
     .how = {.domain = "x.example", .more = " t=1796064470; x=1796064473;"}},
    {"x= over at Date", "unknown", .how = {.domain = "x.example", .more = " x=1796064472;"}},
    {"x= over now, no Date", "unknown", .how = {.domain = "x.example", .more = " x=1796064472;"},
     .header = "From: a@x.example\r\n"},
    {"x= ahead, no Date", "aligned x.example",
     .how = {.domain = "x.example", .more = " x=1796064473;"}, .header = "From: a@x.example\r\n"},
    {"x= not after t=", "unknown",
     .how = {.domain = "x.example", .more = " t=1796064480; x=1796064480;"}},
    {"t= a day ahead", "aligned x.example",
     .how = {.domain = "x.example", .more = " t=1796150873;"}},
    {"t= over a day ahead", "unknown", .how = {.domain = "x.example", .more = " t=1796150874;"}},
    {"t= that is no time", "none", .how = {.domain = "x.example", .more = " t=soon;"}},
    /* the key */
    {"no key", "unknown", .texts = {""}, .how = {.domain = "x.example"}},
    {"withdrawn", "unknown", .texts = {"v=DKIM1; p="}, .how = {.domain = "x.example"}},
    {"two keys", "unknown", .texts = {NULL, "v=DKIM1; p=AAAA"}, .how = {.domain = "x.example"}},
    {"junk", "fail x.example", .texts = {"hello"}, .how = {.domain = "x.example"}},
    {"SPF", "fail x.example", .texts = {"v=spf1 -all"}, .how = {.domain = "x.example"}},
    {"a key that is none", "fail x.example", .texts = {"v=DKIM1; p=AAAA"},
     .how = {.domain = "x.example"}},
    {"another TXT beside", "aligned x.example", .texts = {"v=spf1 -all", NULL, "junk"},
     .how = {.domain = "x.example"}},
    {"k= of another kind", "fail x.example", .texts = {"v=DKIM1; k=ed448; p=AAAA"},
     .how = {.domain = "x.example"}},
    {"h=sha1", "fail x.example", .record = "h=sha1; ", .how = {.domain = "x.example"}},
    {"h=", "aligned x.example", .record = "h= sha1 : sha256; ", .how = {.domain = "x.example"}},
    {"t=y", "aligned x.example", .record = "t=y; ", .how = {.domain = "x.example"}},
    {"s=tlsrpt", "unknown", .record = "s=tlsrpt; ", .how = {.domain = "x.example"}},
    {"s=email", "aligned x.example", .record = "s= other : email ; ",
     .how = {.domain = "x.example"}},
    {"s=*", "aligned x.example", .record = "s=*; n=note; g=*; ", .how = {.domain = "x.example"}},
    /* the view of the parts */
    {"Content-Type signed", "aligned x.example", .how = {.domain = "x.example"}, .header = TYPED,
     .multipart = true},
    {"Content-Type not signed", "unknown", .how = {.domain = "x.example", .fields = "from:subject"},
     .header = TYPED, .multipart = true},
    {"not signed, no multipart", "aligned x.example",
     .how = {.domain = "x.example", .fields = "from:subject"}, .header = TYPED},
    {"a second Content-Type", "unknown", .how = {.domain = "x.example"}, .header = TYPED,
     .put = "content-type : multipart/mixed; boundary=other\r\n", .multipart = true},
    {"a second, not of a good one", "fail x.example", .how = {.domain = "x.example"},
     .header = TYPED, .put = "Content-Type: multipart/mixed; boundary=other\r\n", .was = "Hello",
     .is = "Hallo", .multipart = true},
    {"a line that is no field", "unknown", .how = {.domain = "x.example"}, .put = "no field\r\n"},
};

#define BODY "Hello,\r\n\r\nthis  is \t the body. \r\nThe end.\r\n"

static void replace(struct buf *b, const char *was, const char *is)
{
	struct buf out;
	buf_init(&out, 100 * MIB);
	const char *at = memmem(b->data, b->len, was, strlen(was));
	assert_non_null(at);
	buf_put(&out, b->data, (size_t)(at - b->data));
	buf_puts(&out, is);
	at += strlen(was);
	buf_put(&out, at, b->len - (size_t)(at - b->data));
	buf_free(b);
	*b = out;
}

static struct buf bytes(const char *text)
{
	struct buf b;
	buf_init(&b, 100 * MIB);
	buf_puts(&b, text);
	return b;
}

static struct buf rule_mail(const struct rule *r)
{
	struct buf b = bytes(r->header ? r->header : ORDINARY);
	struct signing how = r->how;
	how.key = keys[r->key];
	buf_puts(&b, "\r\n" BODY);
	sign_mail(&how, &b);
	if (r->put) {
		struct buf whole = bytes(r->put);
		buf_put(&whole, b.data, b.len);
		buf_free(&b);
		b = whole;
	}
	if (r->was)
		replace(&b, r->was, r->is);
	return b;
}

/* The verdict and the domain, "aligned x.example". */
static const char *words_of(const struct authentic *a, char out[300])
{
	bool said =
	    a->result == AUTH_ALIGNED || a->result == AUTH_UNALIGNED || a->result == AUTH_FAIL;
	assert_int_equal(a->by, said ? AUTH_BY_DKIM : AUTH_BY_NOBODY);
	assert_int_equal(a->domain != NULL, said);
	assert_true(a->mail);
	snprintf(out, 300, "%s%s%s", auth_names[a->result], said ? " " : "", said ? a->domain : "");
	return out;
}

static void each_rule(void **state)
{
	(void)state;
	unsigned wrong = 0;
	for (size_t i = 0; i < COUNT(rules_of); i++) {
		const struct rule *r = &rules_of[i];
		struct zone_text texts[4];
		struct zone zone = {texts, 0, 0, 0};
		char name[300], got[300], domain[DOMAIN_SIZE];
		char *record = key_record(keys[r->key], r->record ? r->record : "");
		domain_normalise(NULL, r->how.domain, strlen(r->how.domain), domain);
		snprintf(name, sizeof name, "s._domainkey.%s", domain);
		for (size_t t = 0; t < COUNT(texts); t++) {
			const char *text = r->texts[t];
			bool own = !text && (t == 0 || (t == 1 && r->texts[2]));
			if (own || (text && text[0]))
				texts[zone.n++] = (struct zone_text){name, own ? record : text};
		}
		struct buf b = rule_mail(r);
		struct authentic a =
		    look_at(b.data, b.len, &zone, r->now ? r->now : NOW, r->multipart);
		if (strcmp(words_of(&a, got), r->want) != 0) {
			fprintf(stderr, "%s: %s, not %s\n", r->what, got, r->want);
			wrong++;
		}
		buf_free(&b);
		free(record);
	}
	assert_int_equal(wrong, 0);
}

/* ---- several signatures, and what they cost ---- */

/* n signatures by key of domain, whose selectors are s0, s1 ... */
static void sign_times(struct buf *b, int key, const char *domain, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char selector[16];
		snprintf(selector, sizeof selector, "s%u", i);
		struct signing how = {.key = keys[key], .domain = domain, .selector = selector};
		sign_mail(&how, b);
	}
}

static void several(void **state)
{
	static const struct {
		const char *domains; /* of the signatures, from the top; "-": one that fails */
		const char *want;
		unsigned asked;
	} rows[] = {
	    {"y.example x.example", "aligned x.example", 1},
	    {"x.example y.example", "aligned x.example", 1},
	    {"-x.example x.example", "aligned x.example", 1},
	    {"x.example -x.example", "aligned x.example", 1},
	    {"-x.example y.example", "fail x.example", 1},
	    {"?x.example y.example", "unknown", 1},
	    {"?x.example -x.example", "fail x.example", 2},
	    {"-y.example z.example", "unaligned z.example", 2},
	    {"?y.example", "unknown", 1},
	    {"?y.example -z.example", "fail z.example", 2},
	    {"!x.example y.example", "unaligned y.example", 1},
	    {"!x.example", "none", 0},
	    {"-x.example -x.example -x.example x.example", "fail x.example", 1}, /* 3 are tried */
	    {"-x.example -x.example x.example", "aligned x.example", 1},
	};
	char *record = key_record(keys[USUAL], "");
	struct zone_text texts[] = {{"s._domainkey.x.example", record},
				    {"s._domainkey.y.example", record},
				    {"s._domainkey.z.example", record}};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char list[200], got[300], *save = NULL;
		struct buf b = bytes(ORDINARY "\r\n" BODY);
		struct buf top = bytes("");
		snprintf(list, sizeof list, "%s", rows[i].domains);
		for (char *w = strtok_r(list, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
			bool mark = strchr("-?!", *w) != NULL;
			struct signing how = {.key = keys[*w == '-' ? OTHER : USUAL],
					      .domain = w + mark,
					      .selector = *w == '?' ? "nowhere" : "s",
					      .algorithm = *w == '!' ? "rsa-sha1" : NULL};
			struct buf field = signature_of(&how, &b);
			buf_put(&top, field.data, field.len);
			buf_free(&field);
		}
		buf_put(&top, b.data, b.len);
		struct zone zone = {texts, COUNT(texts), 0, 0};
		struct authentic a = look_at(top.data, top.len, &zone, NOW, false);
		words_of(&a, got);
		if (strcmp(got, rows[i].want) != 0 || zone.asked != rows[i].asked)
			fail_msg("row %zu (%s): %s, %u asked", i, rows[i].domains, got, zone.asked);
		buf_free(&b);
		buf_free(&top);
	}
	free(record);
}

static void costs(void **state)
{
	char *record = key_record(keys[USUAL], "");
	struct zone_text texts[200];
	char names[200][64], got[300];
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(names[i], sizeof *names, "s%u._domainkey.x.example", i);
		texts[i] = (struct zone_text){names[i], record};
	}
	/* 100 that nobody has a key for: 8 are asked, together, and that is all */
	struct zone empty = {texts, 0, 0, 0}, full = {texts, 100, 0, 0};
	struct buf b = bytes(ORDINARY "\r\n" BODY);
	sign_times(&b, USUAL, "x.example", 100);
	struct authentic a = look_at(b.data, b.len, &empty, NOW, false);
	assert_string_equal(words_of(&a, got), "unknown");
	assert_int_equal(empty.asked, 8);
	assert_int_equal(empty.calls, 1);
	a = look_at(b.data, b.len, &full, NOW, false);
	assert_string_equal(words_of(&a, got), "aligned x.example");
	assert_int_equal(full.asked, 8);
	buf_free(&b);
	/* 100 of others in front: the one that aligns is found */
	b = bytes(ORDINARY "\r\n" BODY);
	sign_times(&b, USUAL, "x.example", 1);
	sign_times(&b, USUAL, "y.example", 100);
	full.asked = 0;
	a = look_at(b.data, b.len, &full, NOW, false);
	assert_string_equal(words_of(&a, got), "aligned x.example");
	assert_int_equal(full.asked, 1);
	buf_free(&b);
	/* 9 that cannot count: what is behind was not looked at */
	b = bytes(ORDINARY "\r\n" BODY);
	sign_times(&b, USUAL, "x.example", 1);
	for (unsigned i = 0; i < 9; i++) {
		struct signing how = {.key = keys[USUAL], .domain = "x.example", .more = " l=1;"};
		sign_mail(&how, &b);
	}
	a = look_at(b.data, b.len, &full, NOW, false);
	assert_string_equal(words_of(&a, got), "unknown");
	buf_free(&b);
	free(record);
}

static void large_headers(void **state)
{
	char *record = key_record(keys[USUAL], ""), got[300];
	struct zone_text texts[] = {{"s._domainkey.x.example", record}};
	static const unsigned fields[] = {900, 1000};
	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		struct zone zone = {texts, 1, 0, 0};
		struct signing how = {.key = keys[USUAL], .domain = "x.example"};
		struct buf b = bytes("");
		for (unsigned f = 0; f < fields[i]; f++)
			buf_puts(&b, "X-A: b\r\n");
		buf_puts(&b, ORDINARY "\r\n" BODY);
		if (i == 0) {
			sign_mail(&how, &b);
		}
		struct authentic a = look_at(b.data, b.len, &zone, NOW, false);
		assert_string_equal(words_of(&a, got), i == 0 ? "aligned x.example" : "unknown");
		buf_free(&b);
	}
	struct zone zone = {texts, 1, 0, 0};
	struct buf b = bytes(ORDINARY "X-Long: ");
	for (unsigned i = 0; i < 300 * 1024; i++)
		buf_putc(&b, 'x');
	buf_puts(&b, "\r\n\r\n" BODY);
	struct authentic a = look_at(b.data, b.len, &zone, NOW, false);
	assert_string_equal(words_of(&a, got), "unknown");
	buf_free(&b);
	free(record);
}

/* ---- canonicalisation ---- */

static struct buf canonical(const char *p, size_t n, enum canon canon, bool unquote, size_t step)
{
	struct buf out = bytes("");
	struct body b = {.canon = canon, .unquote = unquote, .out = take_bytes, .ctx = &out};
	for (size_t at = 0; at < n; at += step)
		body_put(&b, p + at, n - at < step ? n - at : step);
	body_end(&b);
	return out;
}

static void bodies(void **state)
{
	static const struct {
		const char *in, *simple, *relaxed, *unquoted;
	} rows[] = {
	    {"", "\r\n", "", NULL},
	    {"\r\n", "\r\n", "", NULL},
	    {"\n\n\n", "\r\n", "", NULL},
	    {" \r\n", " \r\n", "", NULL},
	    {" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n",
	     NULL}, /* RFC 6376 3.4.5 */
	    {"a", "a\r\n", "a\r\n", NULL},
	    {"a\nb\r\nc", "a\r\nb\r\nc\r\n", "a\r\nb\r\nc\r\n", NULL},
	    {"a\r", "a\r\r\n", "a\r\r\n", NULL},
	    {"a\rb \r \r\n", "a\rb \r \r\n", "a\rb \r\r\n", NULL},
	    {"a\r\r\n", "a\r\r\n", "a\r\r\n", NULL},
	    {"\t\n\na", "\t\r\n\r\na\r\n", "\r\n\r\na\r\n", NULL},
	    {"a \n \n", "a \r\n \r\n", "a\r\n", NULL},
	    {">From a\n", ">From a\r\n", ">From a\r\n", "From a\r\n"},
	    {">>From a\n>Fromage\n> From\n>", ">>From a\r\n>Fromage\r\n> From\r\n>\r\n",
	     ">>From a\r\n>Fromage\r\n> From\r\n>\r\n", ">From a\r\n>Fromage\r\n> From\r\n>\r\n"},
	    {"a >From b\n\n>From c", "a >From b\r\n\r\n>From c\r\n", "a >From b\r\n\r\n>From c\r\n",
	     "a >From b\r\n\r\nFrom c\r\n"},
	    {">Fro\n>From", ">Fro\r\n>From\r\n", ">Fro\r\n>From\r\n", ">Fro\r\n>From\r\n"},
	    {"From a\n", "From a\r\n", "From a\r\n", "From a\r\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = strlen(rows[i].in);
		const char *want[3] = {rows[i].simple, rows[i].relaxed,
				       rows[i].unquoted ? rows[i].unquoted : rows[i].simple};
		for (size_t step = 1; step <= n + 1; step++)
			for (int way = 0; way < 3; way++) {
				struct buf b = canonical(rows[i].in, n,
							 way == 1 ? CANON_RELAXED : CANON_SIMPLE,
							 way == 2, step);
				if (b.len != strlen(want[way]) ||
				    memcmp(b.data ? b.data : "", want[way], b.len) != 0)
					fail_msg("row %zu, way %d, step %zu: %s", i, way, step,
						 b.data);
				buf_free(&b);
			}
	}
}

/* Bodies of any bytes, in pieces of any size: the same comes out. */
static void pieces(void **state)
{
	static const char letters[] = "aF>rom  \t\r\n\n";
	unsigned seed = 1;
	(void)state;
	for (int round = 0; round < 300; round++) {
		char in[3000];
		size_t n = (size_t)rand_r(&seed) % sizeof in;
		for (size_t i = 0; i < n; i++)
			in[i] = letters[(unsigned)rand_r(&seed) % (sizeof letters - 1)];
		for (int way = 0; way < 4; way++) {
			struct buf whole = canonical(in, n, way & 1, way & 2, n + 1);
			size_t step = 1 + (size_t)rand_r(&seed) % 40;
			struct buf parts = canonical(in, n, way & 1, way & 2, step);
			assert_int_equal(whole.len, parts.len);
			assert_memory_equal(whole.data ? whole.data : "",
					    parts.data ? parts.data : "", whole.len);
			buf_free(&whole);
			buf_free(&parts);
		}
	}
}

/* ---- mails that are read from a file, or out of an mbox ---- */

static void places(void **state)
{
	char *record = key_record(keys[USUAL], ""), got[300];
	struct zone_text texts[] = {{"s._domainkey.x.example", record}};
	struct zone zone = {texts, 1, 0, 0};
	struct mail_keys all = {&zone, zone_find};
	struct auth_options o = {.keys = &all};
	struct signing how = {.key = keys[USUAL], .domain = "x.example"};
	struct buf b = bytes(ORDINARY "\r\nFrom here on\r\n");
	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_puts(&b, "a line of the body, which is larger than what is read at once\r\n");
	sign_mail(&how, &b);
	FILE *f = tmpfile();
	assert_non_null(f);
	fputs("in front", f);
	assert_int_equal(fwrite(b.data, 1, b.len, f), b.len);
	fflush(f);
	struct authenticator *au = authenticator_new(&o, rules);
	struct mail_around m = {.blob = {.size = b.len, .fd = fileno(f), .offset = 8}};
	struct authentic a;
	authenticate(au, &m, NOW, &a);
	assert_string_equal(words_of(&a, got), "aligned x.example");
	/* shorter than it was */
	m.number = 1;
	assert_int_equal(ftruncate(fileno(f), (off_t)b.len - 100), 0);
	authenticate(au, &m, NOW, &a);
	assert_string_equal(words_of(&a, got), "unknown");
	fclose(f);
	/* as an mbox has it */
	replace(&b, "\r\n\r\nFrom here", "\r\n\r\n>From here");
	m = (struct mail_around){.blob = {.size = b.len, .mem = (uint8_t *)b.data}, .number = 2};
	authenticate(au, &m, NOW, &a);
	assert_string_equal(words_of(&a, got), "fail x.example");
	m.number++;
	m.mbox = true;
	authenticate(au, &m, NOW, &a);
	assert_string_equal(words_of(&a, got), "aligned x.example");
	/* asked again, it is known; where it was guessed, nobody can say */
	unsigned calls = zone.calls;
	authenticate(au, &m, NOW, &a);
	assert_string_equal(words_of(&a, got), "aligned x.example");
	m.unsure = true;
	authenticate(au, &m, NOW, &a);
	assert_string_equal(words_of(&a, got), "unknown");
	assert_string_equal(a.from, "a@x.example");
	assert_int_equal(zone.calls, calls);
	/* no mail at all */
	authenticate(au, NULL, NOW, &a);
	assert_false(a.mail);
	assert_int_equal(a.result, AUTH_UNKNOWN);
	/* of mails in a mail eight are looked at */
	authenticator_forget(au);
	m.unsure = false;
	for (m.number = 10; m.number < 30; m.number++) {
		m.enclosed = m.number > 10;
		authenticate(au, &m, NOW, &a);
		assert_string_equal(words_of(&a, got),
				    m.number <= 18 ? "aligned x.example" : "unknown");
	}
	authenticator_free(au);
	buf_free(&b);
	free(record);
}

static int prepare(void **state)
{
	static const int bits[KEYS] = {2048, 1024, 2048, 512, 0, 0};
	(void)state;
	rules = names_open();
	for (int i = 0; i < KEYS; i++)
		if (i != LARGE)
			keys[i] = new_key(bits[i]);
	/* making one takes seconds; nothing is signed with it in earnest */
	keys[LARGE] = EVP_RSA_gen(4104);
	return keys[LARGE] ? 0 : -1;
}

static int clean(void **state)
{
	(void)state;
	for (int i = 0; i < KEYS; i++)
		EVP_PKEY_free(keys[i]);
	names_close(rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(vectors),       cmocka_unit_test(each_rule), cmocka_unit_test(several),
	    cmocka_unit_test(costs),         cmocka_unit_test(bodies),    cmocka_unit_test(pieces),
	    cmocka_unit_test(large_headers), cmocka_unit_test(places),
	};
	return cmocka_run_group_tests_name("auth_dkim", tests, prepare, clean);
}

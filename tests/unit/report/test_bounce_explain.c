/*
 * Refusals explained: whose each is, whose mail it was, what would help, and that nothing is
 * offered where nothing of ours would.
 */
#include "report/bounce/explain.h"
#include "tests/unit/world.h"

#define NEITHER(ip)                                                                                \
	"550 5.7.26 This mail is unauthenticated. DKIM checks did not pass and SPF check for "     \
	"[example.com] did not pass with ip: [" ip "]. - gsmtp"
#define SPF(r)   "example.com TXT v=spf1 " r
#define WEB      "192.0.2.80"
#define WEB_ZONE "web.example.com A 192.0.2.80", "80.2.0.192.in-addr.arpa PTR web.example.com"
#define WEB_FAILS                                                                                  \
	{                                                                                          \
		WEB, 40, "example.com fail", NULL, 0, MONTH                                        \
	}
#define FORGER_FAILS                                                                               \
	{                                                                                          \
		"203.0.113.140", 40, "example.com fail", NULL, 0, 7                                \
	}

static const struct explained_case {
	const char *what;
	const char *reply;
	struct refusal r; /* reply and addresses are read from the texts */
	const char *ip;   /* that was refused, as a log has it; NULL: the reply alone says */
	struct row rows[3];
	const char *zone[6];
	const char *ours[2];  /* other domains of the owner */
	const char *received; /* where it came from, as Received of the message has it; NULL */
	bool no_dns;
	enum bounce_class class;
	enum bounce_whose whose;
	enum bounce_ours by;
	const char *sender;         /* key of the sender that it is linked to; NULL: none */
	const char *after;          /* a record that is offered, or "if it is yours"; NULL: none */
	const char *says, *says_no; /* something that is told, and that is not */
} cases[] = {
    {"a server that SPF lacks: the one record",
     NEITHER(WEB),
     {.form = FORM_DSN, .header_from_domain = OURS, .mail_from_domain = OURS},
     NULL,
     {OUR_ROW, WEB_FAILS},
     {SPF("mx ~all"), WEB_ZONE},
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_YOUR_DNS,
     .by = SENT_BY_US,
     .sender = "own:example.com",
     .after = "v=spf1 ip4:192.0.2.80 mx ~all",
     .says = "asked SPF of example.com"},
    {"an address that no report knows: only if it is yours",
     NEITHER("192.0.2.222"),
     {.form = FORM_TEXT, .header_from_domain = OURS},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_YOUR_DNS,
     .by = SENT_UNKNOWN,
     .after = "v=spf1 ip4:192.0.2.222 mx ~all",
     .says = "not linked"},
    {"somebody's forgery, sent back: nothing to do",
     NEITHER("203.0.113.140"),
     {.form = FORM_DSN, .header_from_domain = OURS, .mail_from_domain = OURS},
     NULL,
     {OUR_ROW, FORGER_FAILS},
     {SPF("mx ~all")},
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_NOBODY,
     .by = SENT_BY_OTHERS,
     .says = "somebody else's forgery",
     .says_no = "ip4:203.0.113.140"},
    {"the same with a Message-ID of ours is no forgery",
     NEITHER("203.0.113.140"),
     {.form = FORM_DSN,
      .header_from_domain = OURS,
      .mail_from_domain = OURS,
      .message_id_domain = "mail.example.com"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_YOUR_DNS,
     .by = SENT_BY_US,
     .after = "v=spf1 ip4:203.0.113.140 mx ~all",
     .says_no = "forgery"},
    {"nor with one of another domain of the owner",
     NEITHER("203.0.113.140"),
     {.form = FORM_DSN,
      .header_from_domain = OURS,
      .mail_from_domain = OURS,
      .message_id_domain = "mail.sister.example"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .ours = {"sister.example"},
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_YOUR_DNS,
     .by = SENT_BY_US,
     .after = "v=spf1 ip4:203.0.113.140 mx ~all",
     .says_no = "forgery"},
    {"which nobody else's is",
     NEITHER("203.0.113.140"),
     {.form = FORM_DSN,
      .header_from_domain = OURS,
      .mail_from_domain = OURS,
      .message_id_domain = "mail.sister.example"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_NOBODY,
     .by = SENT_BY_OTHERS,
     .says = "forgery"},
    {"a service that is not aligned: sign as us, an include does not help",
     "550 5.7.1 Unauthenticated email from example.com is not accepted due to domain's DMARC "
     "policy.",
     {.form = FORM_LOG_POSTFIX, .header_from_domain = OURS, .mail_from_domain = "b.mailer.example"},
     "203.0.113.1",
     {OUR_ROW, {"203.0.113.1", 60, "b.mailer.example pass", "mailer.example k pass", 0, MONTH}},
     {SPF("mx ~all")},
     .class = CLASS_AUTH_DMARC,
     .whose = WHOSE_YOUR_ACCOUNT,
     .by = SENT_BY_US,
     .sender = "service:mailer",
     .says = "DKIM as example.com at Mailer"},
    {"under p=reject: meanwhile less, for what our own server brought",
     "550 5.7.1 Unauthenticated email from example.com is not accepted due to domain's DMARC "
     "policy.",
     {.form = FORM_LOG_POSTFIX,
      .header_from_domain = "shop.example.com",
      .mail_from_domain = "b.mailer.example"},
     "203.0.113.1",
     {OUR_ROW, {"203.0.113.1", 60, "b.mailer.example pass", "mailer.example k pass", 0, MONTH}},
     {SPF("mx ~all"), "_dmarc.shop.example.com TXT v=DMARC1; p=reject"},
     .class = CLASS_AUTH_DMARC,
     .whose = WHOSE_YOUR_ACCOUNT,
     .by = SENT_BY_US,
     .after = "v=DMARC1; p=quarantine; t=y; rua=mailto:dmarc-reports@shop.example.com",
     .says = "meanwhile (optional)"},
    {"a list of addresses: no record of ours is about that",
     "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org",
     {.form = FORM_LOG_POSTFIX, .header_from_domain = OURS, .mail_from_domain = OURS},
     "192.0.2.10",
     {OUR_ROW},
     {SPF("mx ~all")},
     .class = CLASS_BLOCKLIST,
     .whose = WHOSE_YOUR_SERVER,
     .by = SENT_BY_US,
     .sender = "own:example.com",
     .says = "No SPF edit helps here"},
    {"a mailbox that is not there is the address's",
     "550 5.1.1 <x@there.example>: Recipient address rejected: User unknown",
     {.form = FORM_LOG_POSTFIX, .mail_from_domain = OURS, .recipient_domain = "there.example"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .class = CLASS_MAILBOX_UNKNOWN,
     .whose = WHOSE_ADDRESS,
     .by = SENT_BY_US},
    {"relaying: authentication is not the cause",
     "554 5.7.1 <x@there.example>: Relay access denied",
     {.form = FORM_LOG_POSTFIX, .mail_from_domain = OURS, .recipient_domain = "there.example"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all"), "there.example MX 10 mx.there.example", "mx.there.example A 203.0.113.45"},
     .class = CLASS_RELAY_DENIED,
     .whose = WHOSE_YOUR_SERVER,
     .by = SENT_BY_US,
     .says = "Authentication records are not the cause"},
    {"words that nobody knows: by the number, and that is said",
     "550 5.7.26 words that nobody has read",
     {.form = FORM_TEXT, .header_from_domain = OURS},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_YOUR_DNS,
     .by = SENT_UNKNOWN,
     .says = "classed by its number alone"},
    {"without DNS nothing is offered, and that is said",
     NEITHER(WEB),
     {.form = FORM_TEXT, .header_from_domain = OURS, .mail_from_domain = OURS},
     NULL,
     {OUR_ROW, WEB_FAILS},
     {SPF("mx ~all"), WEB_ZONE},
     .no_dns = true,
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_YOUR_DNS,
     .by = SENT_UNKNOWN,
     .sender = "net:192.0.2.0/24",
     .says = "DNS: it was not asked"},
    {"DNS that does not answer is no reason to offer anything",
     NEITHER("192.0.2.222"),
     {.form = FORM_TEXT, .header_from_domain = OURS, .mail_from_domain = OURS},
     NULL,
     {OUR_ROW},
     {"example.com TIMEOUT"},
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_YOUR_DNS,
     .by = SENT_UNKNOWN,
     .says = "DNS of example.com: it did not answer"},
    {"from an address of everybody's",
     "550 5.7.26 Unauthenticated email from gmail.com is not accepted due to domain's DMARC "
     "policy.",
     {.form = FORM_TEXT, .header_from_domain = "gmail.com"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .class = CLASS_AUTH_DMARC,
     .whose = WHOSE_YOUR_SERVER,
     .by = SENT_UNKNOWN,
     .says = "send as your own domain",
     .says_no = "not linked"},
    {"nor is an envelope sender of everybody's ours to edit",
     "550 5.7.26 SPF [gmail.com] with ip: [192.0.2.222] = did not pass. Gmail requires all senders "
     "to authenticate with either SPF or DKIM",
     {.form = FORM_TEXT, .quoted_domain = "gmail.com"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_YOUR_SERVER,
     .by = SENT_UNKNOWN,
     .says = "the envelope sender is gmail.com",
     .says_no = "your DNS"},
    {"a client that handed it to the server that was refused: its address is no matter",
     "550 5.7.1 rejected by DMARC policy for example.com",
     {.form = FORM_DSN,
      .header_from_domain = OURS,
      .mail_from_domain = OURS,
      .reporting_host = "mail.example.com",
      .remote_host = "mx.there.example"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .received = "203.0.113.140",
     .class = CLASS_AUTH_DMARC,
     .whose = WHOSE_YOUR_DNS,
     .by = SENT_UNKNOWN,
     .says = "the address of mail.example.com, which was refused",
     .says_no = "203.0.113.140"},
    {"nor is it where that server's address passes: the refusal was about another",
     "550 5.7.1 rejected by DMARC policy for example.com",
     {.form = FORM_DSN,
      .header_from_domain = OURS,
      .mail_from_domain = OURS,
      .reporting_host = "mail.example.com",
      .remote_host = "mx.there.example"},
     NULL,
     {OUR_ROW},
     {SPF("ip4:203.0.113.140 mx ~all")},
     .received = "203.0.113.140",
     .class = CLASS_AUTH_DMARC,
     .whose = WHOSE_YOUR_DNS,
     .by = SENT_BY_US,
     .says_no = "the refusal is older"},
    {"where the line names the server that was refused, it is the address of that one",
     "550 5.7.1 rejected by DMARC policy for example.com",
     {.form = FORM_DSN,
      .header_from_domain = OURS,
      .mail_from_domain = OURS,
      .reporting_host = "mail.example.com",
      .received_host = "mail.example.com",
      .remote_host = "mx.there.example"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .received = "203.0.113.140",
     .class = CLASS_AUTH_DMARC,
     .whose = WHOSE_NOBODY,
     .by = SENT_BY_OTHERS,
     .says = "203.0.113.140"},
    {"a client of somebody's relay is no proof of a forgery",
     "550 5.7.1 rejected by DMARC policy for example.com",
     {.form = FORM_DSN,
      .header_from_domain = OURS,
      .mail_from_domain = OURS,
      .reporting_host = "smtp.carrier.example",
      .remote_host = "mx.there.example",
      .recipient_domain = "there.example"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .received = "203.0.113.140",
     .class = CLASS_AUTH_DMARC,
     .whose = WHOSE_YOUR_DNS,
     .by = SENT_UNKNOWN,
     .says_no = "forgery"},
    {"but one of the recipient's own gateway is",
     "550 5.7.1 rejected by DMARC policy for example.com",
     {.form = FORM_DSN,
      .header_from_domain = OURS,
      .mail_from_domain = OURS,
      .reporting_host = "gate.there.example",
      .remote_host = "inner.there.example",
      .recipient_domain = "there.example"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all")},
     .received = "203.0.113.140",
     .class = CLASS_AUTH_DMARC,
     .whose = WHOSE_NOBODY,
     .by = SENT_BY_OTHERS,
     .says = "The message came from 203.0.113.140"},
    {"a forwarder that wrote the bounce itself: not ours to let in",
     "550 5.7.1 rejected by DMARC policy for example.com",
     {.form = FORM_DSN,
      .header_from_domain = OURS,
      .mail_from_domain = OURS,
      .reporting_host = "fwd.alumni.example",
      .remote_host = "mx.there.example"},
     NULL,
     {OUR_ROW},
     {SPF("ip4:192.0.2.10 ~all")},
     .received = "192.0.2.10",
     .class = CLASS_AUTH_DMARC,
     .whose = WHOSE_FORWARDER,
     .by = SENT_BY_US,
     .says = "fwd.alumni.example took it from 192.0.2.10",
     .says_no = "the refusal is older"},
    {"also where the next server quotes the forwarder's address",
     NEITHER("203.0.113.140"),
     {.form = FORM_DSN,
      .header_from_domain = OURS,
      .mail_from_domain = OURS,
      .message_id_domain = "mail.example.com",
      .reporting_host = "fwd.alumni.example",
      .remote_host = "mx.there.example"},
     NULL,
     {OUR_ROW},
     {SPF("ip4:192.0.2.10 ~all")},
     .received = "192.0.2.10",
     .class = CLASS_AUTH_ANY,
     .whose = WHOSE_FORWARDER,
     .by = SENT_BY_US,
     .says = "signatures survive forwarding",
     .says_no = "ip4:203.0.113.140"},
    {"a policy is not loosened on the word of a pasted reply",
     "550 #5.7.1 DMARC unauthenticated mail is prohibited.",
     {.form = FORM_TEXT, .header_from_domain = "shop.example.com"},
     NULL,
     {OUR_ROW},
     {SPF("mx ~all"), "_dmarc.shop.example.com TXT v=DMARC1; p=reject"},
     .class = CLASS_AUTH_DMARC,
     .whose = WHOSE_YOUR_ACCOUNT,
     .by = SENT_UNKNOWN,
     .says = "publishes p=reject",
     .says_no = "meanwhile"},
};

struct told {
	struct bounce_explained out;
	char text[16 * 1024]; /* all that is said */
	const char *record;   /* the first that is offered */
};

static void say(struct told *t, const char *text)
{
	size_t n = strlen(t->text);
	if (text)
		snprintf(t->text + n, sizeof t->text - n, "%s\n", text);
}

static void gather(struct told *t)
{
	const struct bounce_explained *x = &t->out;
	say(t, x->summary);
	for (unsigned i = 0; i < x->n_evidence; i++)
		say(t, x->evidence[i].text);
	for (unsigned i = 0; i < x->n_notes; i++)
		say(t, x->notes[i]);
	for (unsigned i = 0; i < x->n_unchecked; i++)
		say(t, x->unchecked[i]);
	for (unsigned i = 0; i < x->n_todo; i++) {
		const struct record_change *c =
		    x->todo[i].record ? x->todo[i].record : x->todo[i].if_yours;
		say(t, x->todo[i].title);
		say(t, x->todo[i].text);
		t->record = !t->record && c ? c->after : t->record;
	}
}

static struct bounce_case case_of(const struct explained_case *c)
{
	struct bounce_case x = {.r = c->r, .count = 1};
	const char *quoted = strstr(c->reply, "ip: [");
	x.last_at = x.first_at = x.r.at = (int64_t)(month_first_day(OCTOBER) + 20) * 86400;
	bounce_reply_read(c->reply, &x.r.reply);
	if (quoted) {
		assert_true(ip_parse(quoted + 5, strcspn(quoted + 5, "]"), &x.r.ip, NULL));
		x.r.ip_source = IP_QUOTED;
		x.r.quoted_domain = x.r.quoted_domain ? x.r.quoted_domain : OURS;
	} else if (c->ip) {
		assert_true(ip_parse(c->ip, strlen(c->ip), &x.r.ip, NULL));
		x.r.ip_source = IP_LOG;
	}
	if (c->received) {
		assert_true(ip_parse(c->received, strlen(c->received), &x.r.received_ip, NULL));
		if (!x.r.ip.family) {
			x.r.ip = x.r.received_ip;
			x.r.ip_source = IP_RECEIVED;
		}
	}
	return x;
}

static void explain(const struct explained_case *c, const struct bounce_rules *rules,
		    struct arena *a, struct told *t)
{
	static const struct inventory_options everything = {0};
	static const char *const always[] = {WORLD_ZONE};
	const char **lines = arena_alloc(a, 64 * sizeof *lines);
	struct domain_facts now, none, past;
	struct bounce_case *x = arena_memdup(a, &(struct bounce_case){.count = 0}, sizeof *x);
	struct zone_view z;
	size_t n = 0, rows = 0;
	for (size_t i = 0; i < COUNT(c->zone) && c->zone[i]; i++)
		lines[n++] = c->zone[i];
	for (size_t i = 0; i < COUNT(always); i++)
		lines[n++] = always[i];
	while (rows < COUNT(c->rows) && c->rows[rows].messages > 0)
		rows++;
	now = make_facts(a, OCTOBER, c->rows, rows);
	none = make_facts(a, OCTOBER - 1, NULL, 0);
	past = make_facts(a, OCTOBER - 2, NULL, 0);
	now.reports = 1;
	*x = case_of(c);
	struct bounce_input in = {.source = "-", .cases = x, .n = 1};
	struct bounce_domain d = {.domain = OURS, .window = now.window, .stored = true};
	struct dns_view view = zone_view(&z, lines);
	for (size_t before = 1, asked = 0, rounds = 0; before != asked; rounds++) {
		struct knowledge k;
		assert_in_range(rounds, 0, 20);
		before = z.asked.n;
		knowledge_begin(&k, &test_rules, c->no_dns ? NULL : &view, world_catalogue(), a);
		k.ours = c->ours;
		k.n_ours = c->ours[0] ? 1 : 0;
		inventory_judge(
		    &(struct inventory_input){.now = &now, .before = &none, .past = &past}, &k,
		    &everything, &d.inventory, &d.basis);
		d.periods[0] = &d.basis.now;
		d.periods[1] = &d.basis.before;
		d.periods[2] = &past;
		d.judged = true;
		bounce_explain(
		    &(struct bounce_context){
			.k = &k, .rules = rules, .domains = &d, .n_domains = 1, .db = true},
		    &in, &t->out);
		zone_end(&d.basis.zone);
		knowledge_end(&k);
		asked = z.asked.n;
	}
	gather(t);
	zone_view_end(&z);
}

static bool is_right(const struct explained_case *c, const struct told *t)
{
	const struct bounce_explained *x = &t->out;
	const char *key = x->sender ? x->sender->key : NULL;
	bool sender = c->sender ? key && strncmp(key, c->sender, strlen(c->sender)) == 0 : true;
	bool record = c->after ? t->record && strcmp(t->record, c->after) == 0 : !t->record;
	return x->class == c->class && x->whose == c->whose && x->ours == c->by && sender &&
	       record && (!c->says || strstr(t->text, c->says)) &&
	       (!c->says_no || !strstr(t->text, c->says_no));
}

static void test_explained(void **state)
{
	struct bounce_rules *rules;
	struct err err;
	unsigned bad = 0;
	(void)state;
	assert_int_equal(bounce_rules_open(&rules, NULL, NULL, 0, &err), ST_OK);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct told *t = calloc(1, sizeof *t);
		struct arena a = {0};
		explain(&cases[i], rules, &a, t);
		if (!is_right(&cases[i], t)) {
			print_message("%s: %s, %s, ours %d, sender %s, record %s\n%s\n",
				      cases[i].what, bounce_class_names[t->out.class],
				      bounce_whose_names[t->out.whose], t->out.ours,
				      t->out.sender ? t->out.sender->key : "-",
				      t->record ? t->record : "-", t->text);
			bad++;
		}
		arena_free(&a);
		free(t);
	}
	bounce_rules_close(rules);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_explained)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

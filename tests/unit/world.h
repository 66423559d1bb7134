/*
 * world.h - a domain in small: what was seen of it, its DNS and the services there are, judged as a
 * whole. For the tests of report/ that need DNS.
 */
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include "report/inventory.h"
#include "tests/unit/report_facts.h"
#include "tests/unit/zone_view.h"

/*
 * Mailer sends newsletters for customers who proved their domain, Careless for whomever; Boxes
 * hosts mailboxes, and has a relay pool that its include leaves out; Webs hosts sites. Suite hosts
 * mailboxes and lets a customer use any MAIL FROM; Free gives mailboxes to people; Desk answers for
 * customers, as itself until they prove their domain.
 */
static const char world_services[] =
    "name,kind,spf_include,ptr_suffixes,return_path,dkim_domains,dkim_selectors,zone_marks,pools,"
    "shared,aligned_spf,include_helps,dkim,verifies,verifies_source,advice,advice_dkim,advice_"
    "return_path,link,source\n"
    "Mailer,esp,_spf.mailer.example,mailer.example,mailer.example,mailer.example,,"
    "mailer.example,,y,custom,y,y,y,page,,Let Mailer sign as your domain.,Ask Mailer for a "
    "bounce domain.,https://mailer.example/,test\n"
    "Careless,esp,_spf.careless.example,careless.example,careless.example,careless.example,,"
    "careless.example,,y,y,y,y,n,page,,Let Careless sign as your domain.,,,test\n"
    "Boxes,mailbox,_spf.boxes.example,boxes.example,,,,boxes.example,203.0.113.80/28,y,y,y,y,y,"
    "page,,Switch DKIM on.,,,test\n"
    "Webs,webhost,_spf.webs.example,webs.example,,,,webs.example,,y,y,y,y,?,,Ask them.,,,,test\n"
    "Suite,mailbox,_spf.suite.example,suite.example,,*.gappssmtp.com,,suite.example,,y,y,y,y,n,"
    "page,,Create a key.,,,test\n"
    "Free,mailbox,,free.example,free.example,free.example,,,,y,n-a,n-a,n-a,?,,People.,,,,test\n"
    "Filter,gateway,,filter.example,,,,filter.example,,y,y,y,y,?,,,Sign first.,,,test\n"
    "Desk,saas,_spf.desk.example,,,,,desk.example,,y,custom,n,y,?,,,Prove it in Desk.,,,test\n";

/* Our own server, which is our MX, and our site at a web host; networks of the services. */
#define WORLD_ZONE                                                                                 \
	"example.com MX 10 mail.example.com", "mail.example.com A 192.0.2.10",                     \
	    "10.2.0.192.in-addr.arpa PTR mail.example.com", "www.example.com A 198.51.100.80",     \
	    "example.com A 198.51.100.80", "80.100.51.198.in-addr.arpa PTR sv80.webs.example",     \
	    "sv80.webs.example A 198.51.100.80",                                                   \
	    "_spf.mailer.example TXT v=spf1 ip4:203.0.113.0/28 -all",                              \
	    "_spf.careless.example TXT v=spf1 ip4:203.0.113.32/28 -all",                           \
	    "_spf.boxes.example TXT v=spf1 ip4:203.0.113.64/28 -all",                              \
	    "_spf.webs.example TXT v=spf1 ip4:198.51.100.0/24 -all",                               \
	    "1.113.0.203.in-addr.arpa PTR o1.mailer.example", "o1.mailer.example A 203.0.113.1",   \
	    "33.113.0.203.in-addr.arpa PTR o1.careless.example",                                   \
	    "o1.careless.example A 203.0.113.33",                                                  \
	    "65.113.0.203.in-addr.arpa PTR m1.boxes.example", "m1.boxes.example A 203.0.113.65",   \
	    WORLD_DMARC, "s1._domainkey.example.com TXT " WORLD_KEY
#define WORLD_DMARC "_dmarc.example.com TXT v=DMARC1; p=none; rua=mailto:d@example.com"
#define WORLD_KEY                                                                                  \
	"v=DKIM1; p="                                                                              \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkdS9wfUykutftnDWzCMTPN19uiZCnFL6M6aKDr8cSs+A91w1x" \
	"by9UJAJENLYSbjwT44HCAQjoU1gfULvGyWfPG3SoesojrghOJgtjJRjiSpZtKMnY8rwT0wNvn/7vxS3mCpVf9KPG" \
	"RXJgScB1oULv+rezr04Rb9B4z4gGULCIjQIDAQAB"
#define OUR_ROW                                                                                    \
	{                                                                                          \
		"192.0.2.10", 5000, "example.com pass", "example.com s1 pass", 0, 0x3fffffff       \
	}
#define MONTH      0x3fffffff

#define WORLD_ROWS 10

/* Rows end where there are no messages, zone at NULL. */
struct world {
	struct row now[WORLD_ROWS], before[WORLD_ROWS], past[WORLD_ROWS];
	const char *zone[24];
	const char *ours[3]; /* other domains of the owner */
	const struct fact_label *label;
};

static inline size_t count_rows(const struct row *rows)
{
	size_t n = 0;
	while (n < WORLD_ROWS && rows[n].messages > 0)
		n++;
	return n;
}

static inline const struct catalogue *world_catalogue(void)
{
	static struct catalogue *c;
	struct err err;
	if (!c && catalogue_parse(&c, NULL, "services", world_services, strlen(world_services),
				  &err) != ST_OK)
		fail_msg("%s", err.msg);
	return c;
}

/* A case hides a name of the world by a line "!NAME". */
static inline bool is_hidden(const struct world *w, const char *line)
{
	size_t n = strcspn(line, " ");
	for (size_t i = 0; i < COUNT(w->zone) && w->zone[i]; i++)
		if (w->zone[i][0] == '!' && strlen(w->zone[i]) == n + 1 &&
		    strncmp(w->zone[i] + 1, line, n) == 0)
			return true;
	return false;
}

/* A case's own lines first: "example.com SERVFAIL" wins over the records that follow. */
static inline struct domain_inventory world_judge(const struct world *w, struct arena *a)
{
	static const struct inventory_options everything = {0};
	static const char *const always[] = {WORLD_ZONE};
	static struct zone_view z;
	const char **lines = arena_alloc(a, 64 * sizeof *lines);
	struct domain_facts *facts = arena_alloc(a, 3 * sizeof *facts);
	struct domain_inventory d;
	size_t n = 0, n_ours = 0;
	for (size_t i = 0; i < COUNT(w->zone) && w->zone[i]; i++)
		if (w->zone[i][0] != '!')
			lines[n++] = w->zone[i];
	for (size_t i = 0; i < COUNT(always); i++)
		if (!is_hidden(w, always[i]))
			lines[n++] = always[i];
	while (n_ours < COUNT(w->ours) && w->ours[n_ours])
		n_ours++;
	facts[0] = make_facts(a, OCTOBER, w->now, count_rows(w->now));
	facts[1] = make_facts(a, OCTOBER - 1, w->before, count_rows(w->before));
	facts[2] = make_facts(a, OCTOBER - 2, w->past, count_rows(w->past));
	facts[0].labels = w->label;
	facts[0].n_labels = w->label ? 1 : 0;
	const struct inventory_input in = {
	    .now = &facts[0], .before = &facts[1], .past = &facts[2]};
	zone_view_end(&z);
	struct dns_view view = zone_view(&z, lines);
	for (size_t before = 1, asked = 0, rounds = 0; before != asked; rounds++) {
		struct knowledge k;
		assert_in_range(rounds, 0, 20);
		before = z.asked.n;
		knowledge_begin(&k, &test_rules, &view, world_catalogue(), a);
		k.ours = w->ours;
		k.n_ours = n_ours;
		inventory_domain(&in, &k, &everything, &d);
		knowledge_end(&k);
		asked = z.asked.n;
	}
	return d;
}

static inline const struct sender_source *find_source(const struct domain_inventory *d,
						      const char *address)
{
	struct ip ip;
	assert_true(ip_parse(address, strlen(address), &ip, NULL));
	for (size_t i = 0; i < d->n_senders; i++)
		for (size_t k = 0; k < d->senders[i].n_sources; k++)
			if (ip_cmp(&d->senders[i].sources[k].ip, &ip) == 0)
				return &d->senders[i].sources[k];
	return NULL;
}

/* By an address, or by a key. */
static inline const struct sender *world_sender(const struct domain_inventory *d, const char *what)
{
	struct ip ip;
	if (!ip_parse(what, strlen(what), &ip, NULL))
		return find_sender(d->senders, d->n_senders, what);
	for (size_t i = 0; i < d->n_senders; i++)
		for (size_t k = 0; k < d->senders[i].n_sources; k++)
			if (ip_cmp(&d->senders[i].sources[k].ip, &ip) == 0)
				return &d->senders[i];
	return NULL;
}

static inline void world_print(const struct domain_inventory *d)
{
	for (size_t i = 0; i < d->n_senders; i++) {
		const struct sender *s = &d->senders[i];
		const struct remedy *r = &s->verdict.remedy;
		print_error("  %s: %s %d, %s: %s\n", s->key, category_names[s->verdict.category],
			    s->verdict.confidence, remedy_names[r->kind], r->text);
		if (r->change)
			print_error("    %s + %s\n", r->change->after, r->change->terms);
		if (r->if_yours)
			print_error("    if yours: %s\n", r->if_yours->after);
		print_error("   ");
		for (unsigned k = 0; k < s->n_evidence; k++)
			print_error(" %s", s->evidence[k].code);
		print_error("; ties %x\n", s->ties_any);
	}
	for (size_t i = 0; i < d->todo->n; i++)
		print_error("  - %s: %s: %s\n", d->todo->list[i].id, d->todo->list[i].title,
			    d->todo->list[i].text);
}

#endif

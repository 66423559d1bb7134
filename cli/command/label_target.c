#include "cli/command/label_target.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/app/dns_run.h"
#include "cli/app/facts.h"
#include "core/day.h"
#include "core/log.h"
#include "core/text.h"
#include "db/read/query.h"
#include "db/store/label.h"
#include "dns/names.h"
#include "report/catalogue/catalogue.h"
#include "report/roster.h"

#define MONTHS 13
#define SHOWN  3 /* senders of a network that are named */

/* "192.0.2.0/24 (SPF fails)" is how reports print net:192.0.2.0/24#spf-fail where there are
 * several: put it so. Anything else stays as it is. */
static enum status read_sender(const struct name_rules *rules, const char *s,
			       char out[LABEL_SENDER], struct err *err)
{
	char text[LABEL_SENDER];
	const char *mark;
	struct ip network;
	unsigned bits;
	size_t n = roster_plain(s, &mark);
	if (mark[0] && n < sizeof text) {
		snprintf(text, sizeof text, "%.*s", (int)n, s);
		if (label_sender(rules, text, out, err) == ST_OK &&
		    label_network(out, &network, &bits) &&
		    snprintf(text, sizeof text, "%s:%s%s", strchr(out, '/') ? "net" : "host", out,
			     mark) < (int)sizeof text)
			return label_sender(rules, text, out, err);
	}
	return label_sender(rules, s, out, err);
}

int target_read(struct app *app, const char *domain, const char *sender, bool force,
		struct label_target *t)
{
	struct err err;
	const struct name_rules *rules = names_open();
	int rc = EXIT_OK;
	*t = (struct label_target){.given = sender};
	if (!domain_normalise(rules, domain, strlen(domain), t->domain))
		rc = usage_error(app, "\"%s\" is not a domain", domain);
	else if (read_sender(rules, sender, t->sender, &err) != ST_OK)
		rc = usage_error(app, "%s", err.msg);
	names_close(rules);
	if (rc == EXIT_OK && label_network(t->sender, &t->network, &t->bits) && !force &&
	    label_is_wide(&t->network, t->bits))
		rc = refuse(app, "%s holds nearly everything; --force labels it nevertheless",
			    t->sender);
	return rc;
}

/* ---- what is known of the domain ---- */

struct ground {
	const struct name_rules *rules;
	struct catalogue *catalogue;
	struct resolver *resolver; /* NULL: nothing was kept */
	struct dns_view view;
	struct arena facts, round;
	struct label *labels; /* of the domain */
	size_t n_labels;
	struct known_domain *known; /* the domain; n_known 0: it has no reports */
	size_t n_known;
	struct roster roster;
};

static void ground_close(struct ground *g)
{
	resolver_close(g->resolver);
	catalogue_close(g->catalogue);
	arena_free(&g->round);
	arena_free(&g->facts);
	names_close(g->rules);
}

static int ground_open(struct app *app, const char *domain, struct ground *g)
{
	struct err err;
	*g = (struct ground){.rules = names_open()};
	if (app_catalogue(app, g->rules, &g->catalogue, &err) != ST_OK) {
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	enum status st = label_list(app->db, domain, &g->facts, &g->labels, &g->n_labels, &err);
	return st == ST_OK ? EXIT_OK : app_fail(st, &err);
}

static int32_t tomorrow(void)
{
	return day_from_unix(time(NULL)) + 1;
}

/* The senders of each of the last months that have reports. */
static int ground_senders(struct app *app, const char *domain, struct ground *g)
{
	struct window windows[MONTHS];
	struct domain_facts months[MONTHS];
	struct knowledge k;
	struct err err;
	enum status st = query_known_domains(app->db, tomorrow(), domain, &g->facts, &g->known,
					     &g->n_known, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	if (g->n_known == 0)
		return EXIT_OK;
	int32_t last = month_of_day(g->known->newest);
	for (int i = 0; i < MONTHS; i++)
		windows[i] = (struct window){month_first_day(last - MONTHS + 1 + i),
					     month_first_day(last - MONTHS + 2 + i)};
	const struct facts_request what = {&domain, 1, false, windows, MONTHS};
	struct domain_facts *facts = arena_alloc(&g->facts, sizeof months);
	st = facts_read(app, &what, &g->facts, facts, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	g->resolver = dns_run_kept(app);
	if (g->resolver)
		g->view = resolver_view(g->resolver);
	knowledge_begin(&k, g->rules, g->resolver ? &g->view : NULL, g->catalogue, &g->round);
	roster_read(facts, MONTHS, &k, &g->roster);
	knowledge_end(&k);
	return EXIT_OK;
}

/* The key of the service that has this name in the catalogue, or NULL. */
static const char *service_key(const struct ground *g, const char *name)
{
	const struct service *s = strchr(name, ':') ? NULL : catalogue_named(g->catalogue, name);
	return s ? s->key : NULL;
}

/* A sender that has a label: by what the label is of, or by the name that it gives. */
static const struct label *labelled(const struct ground *g, const char *sender)
{
	const char *key = service_key(g, sender);
	for (size_t i = 0; i < g->n_labels; i++)
		if (strcmp(g->labels[i].says.sender, sender) == 0 ||
		    (key && strcmp(g->labels[i].says.sender, key) == 0))
			return &g->labels[i];
	for (size_t i = 0; i < g->n_labels; i++)
		if (g->labels[i].says.name && ascii_ieq(g->labels[i].says.name, sender))
			return &g->labels[i];
	return NULL;
}

static bool take(struct label_target *t, const char *key)
{
	return snprintf(t->sender, sizeof t->sender, "%s", key) < (int)sizeof t->sender;
}

/* ---- what is not there ---- */

/* All names that people may mean, of domains with reports or labels. */
static int unknown_domain(struct app *app, const struct label_target *t, struct ground *g)
{
	struct text_nearest near = {.word = t->domain};
	struct known_domain *all;
	struct label *labels;
	struct err err;
	size_t n, n_labels;
	enum status st = query_known_domains(app->db, tomorrow(), NULL, &g->facts, &all, &n, &err);
	if (st == ST_OK)
		st = label_list(app->db, NULL, &g->facts, &labels, &n_labels, &err);
	if (st != ST_OK)
		return app_fail(st, &err);
	for (size_t i = 0; i < n; i++)
		text_offer(&near, all[i].name);
	for (size_t i = 0; i < n_labels; i++)
		text_offer(&near, labels[i].domain);
	if (near.found)
		return refuse(app, "no reports of %s; did you mean %s?", t->domain, near.found);
	return refuse(app, "no reports of %s; --force labels it nevertheless", t->domain);
}

static int unknown_sender(struct app *app, const struct label_target *t, struct ground *g)
{
	struct text_nearest near = {.word = t->sender};
	const struct roster_entry *e = roster_nearest(&g->roster, &near, &g->facts);
	const char *swallowed = roster_swallowed(&g->roster, t->sender);
	if (t->network.family)
		return refuse(app, "no mail as %s came from %s; --force labels it nevertheless",
			      t->domain, t->sender);
	if (swallowed)
		return refuse(app,
			      "%s is in the labelled network %s: label its address, or "
			      "`ruascope label forget %s %s` first",
			      t->given, swallowed, t->domain, swallowed);
	for (size_t i = 0; i < g->n_labels; i++)
		if (g->labels[i].says.name && text_offer(&near, g->labels[i].says.name))
			return refuse(app, "no sender \"%s\" of %s; did you mean %s (%s)?",
				      t->given, t->domain, g->labels[i].says.name,
				      g->labels[i].says.sender);
	if (e && !service_key(g, t->sender))
		return refuse(app, "no sender \"%s\" of %s; did you mean %s (%.*s)?", t->given,
			      t->domain, e->name, (int)strcspn(e->key, "#"), e->key);
	return refuse(app,
		      "no sender \"%s\" of %s (`ruascope inventory %s` shows them); --force labels "
		      "it nevertheless",
		      t->given, t->domain, t->domain);
}

static int several(struct app *app, const struct label_target *t, const struct roster_match *m)
{
	struct buf b;
	buf_init(&b, MIB);
	for (size_t i = 0; i < m->n; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", m->keys[i]);
	if (m->more)
		buf_printf(&b, " and %zu more", m->more);
	int rc = refuse(app, "%s has several senders \"%s\": give the key, one of %s", t->domain,
			t->given, b.data);
	buf_free(&b);
	return rc;
}

/* ---- networks ---- */

static void put_holding(struct buf *b, const struct roster_holding *h)
{
	buf_puts(b, h->name);
	buf_puts(b, h->approved ? " (approved, " : " (");
	put_number(b, h->messages);
	buf_puts(b, h->messages == 1 ? " message" : " messages");
	if (h->dmarc_pass == 0)
		buf_puts(b, h->messages == 1 ? " that fails)" : ", all fail)");
	else if (h->dmarc_pass == h->messages)
		buf_puts(b, h->messages == 1 ? " that passes)" : ", all pass)");
	else
		buf_printf(b, ", %.1f%% pass)",
			   100.0 * (double)h->dmarc_pass / (double)h->messages);
}

/* Whom the label would take addresses from. A network that takes in what is approved or passes must
 * be meant: to deny it is to deny that; to say anything else of it makes one sender of several. */
static int find_network(struct app *app, struct label_target *t, const struct ground *g,
			enum label_verdict verdict, bool force)
{
	struct roster_holding *all;
	struct buf b;
	size_t n;
	roster_within(&g->roster, &t->network, t->bits, &t->a, &all, &n);
	if (n == 0)
		return EXIT_OK;
	buf_init(&b, MIB);
	buf_printf(&b, "%s holds: ", t->sender);
	size_t shown = n <= SHOWN + 1 ? n : SHOWN;
	for (size_t i = 0; i < shown; i++) {
		buf_puts(&b, i ? ", " : "");
		put_holding(&b, &all[i]);
	}
	if (shown < n)
		buf_printf(&b, ", %zu others", n - shown);
	t->holds = arena_strdup(&t->a, b.data);
	buf_free(&b);
	bool good = all[0].approved || all[0].passes; /* these come first */
	bool harmless = verdict == LABEL_APPROVE || verdict == LABEL_NONE;
	if (force || !good || (harmless && n == 1))
		return EXIT_OK;
	return refuse(app, "%s; --force labels it nevertheless", t->holds);
}

/* ---- which one ---- */

static bool has_source(const struct ground *g, const struct label_target *t)
{
	for (size_t i = 0; i < g->roster.n; i++) {
		const struct sender *s = g->roster.entries[i].sender;
		for (size_t k = 0; k < s->n_sources; k++) {
			struct ip net = ip_network(&s->sources[k].ip, t->bits);
			if (net.family == t->network.family && ip_cmp(&net, &t->network) == 0)
				return true;
		}
	}
	return false;
}

static bool is_of(const char *key, const char *sender)
{
	size_t n = strcspn(key, "#");
	return strcmp(key, sender) == 0 || (strlen(sender) == n && strncmp(key, sender, n) == 0);
}

/* To deny what passes is to call one's own mail spoofed: that must be meant. */
static int may_deny(struct app *app, const struct label_target *t, const struct ground *g)
{
	uint64_t messages = 0, pass = 0;
	for (size_t i = 0; i < g->roster.n; i++) {
		const struct roster_entry *e = &g->roster.entries[i];
		if (!is_of(e->key, t->sender))
			continue;
		messages += e->sender->t.messages;
		pass += tally_judged_pass(&e->sender->t);
	}
	if (pass == 0 || 2 * pass < messages)
		return EXIT_OK;
	return refuse(
	    app, "%s: %.1f%% of its %llu messages pass DMARC; --force labels it nevertheless",
	    t->sender, 100.0 * (double)pass / (double)messages, (unsigned long long)messages);
}

static int find_sender(struct app *app, struct label_target *t, struct ground *g,
		       enum label_verdict verdict, bool force)
{
	struct roster_match m;
	const char *service = service_key(g, t->sender);
	roster_find(&g->roster, t->sender, &g->facts, &m);
	if (m.n == 0 && service)
		roster_find(&g->roster, service, &g->facts, &m);
	if (m.n == 1 && take(t, m.keys[0])) {
		/* a labelled network has the key "label:..." */
		if (strncmp(t->sender, "label:", 6) == 0)
			take(t, m.keys[0] + 6);
		return verdict == LABEL_DENY && !force ? may_deny(app, t, g) : EXIT_OK;
	}
	if (m.n > 1)
		return several(app, t, &m);
	if (force && service)
		take(t, service);
	return force ? EXIT_OK : unknown_sender(app, t, g);
}

static int find(struct app *app, struct label_target *t, struct ground *g,
		enum label_verdict verdict, bool force)
{
	const struct label *l = labelled(g, t->sender);
	if (l) {
		take(t, l->says.sender);
		return EXIT_OK;
	}
	int rc = ground_senders(app, t->domain, g);
	if (rc != EXIT_OK)
		return rc;
	if (g->n_known == 0 && g->n_labels == 0 && !force)
		return unknown_domain(app, t, g);
	if (!t->network.family)
		return find_sender(app, t, g, verdict, force);
	if (!force && !has_source(g, t))
		return unknown_sender(app, t, g);
	return find_network(app, t, g, verdict, force);
}

int target_find(struct app *app, struct label_target *t, enum label_verdict verdict, bool force)
{
	struct ground g;
	int rc = ground_open(app, t->domain, &g);
	if (rc == EXIT_OK)
		rc = find(app, t, &g, verdict, force);
	ground_close(&g);
	return rc;
}

/* ---- forget ---- */

static void no_label(const struct label_target *t, const struct ground *g)
{
	struct text_nearest near = {.word = t->sender};
	const struct label *best = NULL;
	for (size_t i = 0; i < g->n_labels; i++) {
		const struct fact_label *l = &g->labels[i].says;
		const char *colon = strchr(l->sender, ':');
		bool nearer = text_offer(&near, l->sender);
		nearer = (colon && text_offer(&near, colon + 1)) || nearer;
		nearer = (l->name && text_offer(&near, l->name)) || nearer;
		if (nearer)
			best = &g->labels[i];
	}
	if (best)
		log_warn("no label for %s of %s; did you mean %s?", t->given, t->domain,
			 best->says.sender);
	else
		log_warn("no label for %s of %s (`ruascope label list` shows all)", t->given,
			 t->domain);
}

/* By what it is called now, where no label has that word. */
static int labelled_by_name(struct app *app, struct label_target *t, struct ground *g,
			    const struct label **found)
{
	struct roster_match m;
	*found = NULL;
	int rc = g->n_labels > 0 ? ground_senders(app, t->domain, g) : EXIT_OK;
	if (rc != EXIT_OK || g->n_known == 0)
		return rc;
	roster_find(&g->roster, t->sender, &g->facts, &m);
	for (size_t i = 0; i < m.n; i++) {
		const char *key = strncmp(m.keys[i], "label:", 6) == 0 ? m.keys[i] + 6 : m.keys[i];
		const struct label *l = labelled(g, key);
		if (l && *found && l != *found)
			return several(app, t, &m);
		*found = l ? l : *found;
	}
	return EXIT_OK;
}

int target_labelled(struct app *app, struct label_target *t, bool *found)
{
	struct ground g;
	int rc = ground_open(app, t->domain, &g);
	const struct label *l = rc == EXIT_OK ? labelled(&g, t->sender) : NULL;
	if (rc == EXIT_OK && !l)
		rc = labelled_by_name(app, t, &g, &l);
	*found = l != NULL;
	if (l)
		take(t, l->says.sender);
	else if (rc == EXIT_OK)
		no_label(t, &g);
	ground_close(&g);
	return rc;
}

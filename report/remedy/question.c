#include "report/remedy/question.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "report/remedy/asking.h"
#include "report/remedy/keys.h"
#include "report/remedy/lead.h"
#include "report/remedy/meant.h"
#include "report/sender/habit.h"
#include "report/sender/rhythm.h"

#define STEADY_DAYS    5
#define STEADY_SOURCES 3
#define SMALL_A_DAY    10 /* messages */
/* An account at a service for customers: what it sends on two days is no slip. */
#define CAMPAIGN_DAYS     2
#define CAMPAIGN_MESSAGES 10

static uint64_t cells_in(const struct sender *s, enum dmarc_cell first, enum dmarc_cell last)
{
	uint64_t sum = 0;
	for (int c = (int)first; c <= (int)last; c++)
		sum += s->t.cells[c];
	return sum;
}

static bool sends_as_us(const struct sender *s)
{
	return 2 * cells_in(s, CELL_F1, CELL_F5) > s->t.messages;
}

bool asking_is_unaligned(const struct sender *s)
{
	uint64_t n = s->t.cells[CELL_F6] + s->t.cells[CELL_F7] + s->t.cells[CELL_F9];
	return 2 * n > s->t.messages;
}

bool asking_tries_to_sign(const struct sender *s)
{
	return 2 * s->t.cells[CELL_F8] > s->t.messages;
}

bool asking_sends_for_customers(const struct service *s)
{
	return s && (s->kind == KIND_ESP || s->kind == KIND_SAAS);
}

bool question_is_due(const struct gate *g, const struct sender *s)
{
	enum category c = s->verdict.category;
	uint64_t failing = s->t.messages - tally_judged_pass(&s->t);
	/* names that nobody has: no service was hired to write from them */
	bool invented = !s->hinted && !s->service && sender_has_evidence(s, "S_NO_SUCH_FROM");
	if (s->label || invented)
		return false;
	bool open = c == CAT_UNKNOWN || c == CAT_UNAUTHORIZED;
	bool established = s->returns || habit_is_established(s, g->zone->known);
	/* where nothing of ours passes, who borrows our envelope sender for a day is no vendor */
	bool run = ((sends_as_us(s) && g->passing > 0) || asking_is_unaligned(s)) &&
		   habit_is_fresh_run(s, g->periods[0], g->passing);
	/* anybody can rent machines: what sends half as much as we do is no small service of ours
	 */
	bool flood = s->itself && 2 * failing > g->passing;
	if (open && failing > 0 && !flood && (established || run))
		return true;
	if (s->guest)
		return false;
	if ((s->patient || s->moving) && failing > 0 && (c == CAT_UNKNOWN || c == CAT_UNAUTHORIZED))
		return true;
	if (s->aged)
		return true;
	bool line = s->n_sources <= 3 && (s->recurs || (s->steady && s->days >= 15));
	/* many customers of a service send alike on the same days: that makes no botnet of it */
	bool campaign = s->steady || (s->days >= CAMPAIGN_DAYS && failing >= CAMPAIGN_MESSAGES);
	bool account = (asking_sends_for_customers(s->service) &&
			(asking_is_unaligned(s) || asking_tries_to_sign(s))) ||
		       account_writes(g, s);
	if (c == CAT_UNKNOWN && failing > 0 && campaign && account)
		return true;
	if (c != CAT_UNKNOWN || failing == 0 || (!line && sender_has_evidence(s, "S_DISPERSED")) ||
	    sender_has_evidence(s, "S_NO_SUCH_FROM") || sender_has_evidence(s, "S_CLAIMS_US"))
		return false;
	if (s->hinted || leads_to(g->zone, s).name)
		return failing >= 2 || s->days >= 2;
	if (sends_as_us(s))
		return s->steady && s->n_sources <= STEADY_SOURCES;
	return false;
}

/* ---- readings ---- */

static struct reading *add(struct asking *q, enum reading_kind kind, int weight)
{
	q->list[q->n].kind = kind;
	q->weight[q->n] = weight;
	return &q->list[q->n++];
}

static void speaks_for(struct asking *q, struct reading *r, int weight, const char *text)
{
	if (r->n_for < 6)
		r->speaks_for[r->n_for++] = text;
	q->weight[r - q->list] += weight;
}

static void speaks_against(struct asking *q, struct reading *r, int weight, const char *text)
{
	if (r->n_against < 6)
		r->against[r->n_against++] = text;
	q->weight[r - q->list] -= weight;
}

/* The signature of ours that it tries: by the name of its key, where the reporter gave one. */
static const char *signature_text(const struct asking *q)
{
	const char *name = failing_key(q->g->zone, q->s, NULL);
	return name
		   ? arena_printf(q->a,
				  "it signs as your domain, and the signature does not verify (key "
				  "%s)",
				  name)
		   : "it signs as your domain, and the signature does not verify";
}

static const char *steady_text(const struct asking *q)
{
	if (q->s->aged)
		return arena_printf(q->a, "%llu messages came from it",
				    (unsigned long long)sender_aged_messages(q->s));
	return arena_printf(q->a, "sends on %u days, %llu messages in all", q->s->days,
			    (unsigned long long)q->s->t.messages);
}

/* The domain of the confirmed name of its first machine; NULL: it has none. */
static const char *server_org(const struct asking *q)
{
	return q->s->n_sources ? knowledge_of(q->g->zone->known, &q->s->sources[0].ip)->org : NULL;
}

static void read_account(struct asking *q, struct reading *r)
{
	const struct account *x = &q->account;
	if (x->tenant)
		speaks_for(q, r, x->like_us ? 4 : 2,
			   arena_printf(q->a, "all of it is signed by one tenant, %s%s", x->tenant,
					x->like_us ? ", which is called as you are" : ""));
	if (x->marks)
		speaks_for(
		    q, r, 3,
		    arena_printf(q->a, "your zone has signs of an account there: %s", x->marks));
}

/* Who forwards does so day after day, too: no more than many days say. */
static int rhythm_weight(const struct sender *s)
{
	if (s->rhythm.kind == RHYTHM_OFTEN)
		return s->days >= STEADY_DAYS ? 0 : 2;
	return s->returns ? 3 : 2;
}

static void read_missing(struct asking *q)
{
	const struct sender *s = q->s;
	struct reading *r = add(q, READING_MISSING, 2);
	const struct lead host = leads_to(q->g->zone, s);
	if (host.name && !s->ties_any)
		speaks_for(q, r, 2,
			   arena_printf(q->a,
					host.exchanger ? "your MX %s leads to it"
					: !host.alias  ? "%s leads to it"
						       : "%s leads to it, by way of an alias "
							 "(CNAME) into a zone that is not yours",
					host.name));
	if (s->way_out)
		speaks_for(q, r, 5, s->way_out);
	if (s->moving)
		speaks_for(q, r, 6, s->moving);
	bool series = sender_has_evidence(s, "L_SERIES");
	if (series)
		speaks_for(q, r, 4,
			   "its reverse DNS is a name in your domain, and it stands beside your "
			   "servers");
	if (s->returns || s->patient)
		speaks_for(q, r, rhythm_weight(s), rhythm_text(&s->rhythm, q->a));
	const char *org =
	    s->returns && !s->service && asking_is_unaligned(s) ? server_org(q) : NULL;
	if (org)
		speaks_for(
		    q, r, 1,
		    arena_printf(q->a,
				 "one organisation: its servers have forward-confirmed reverse DNS "
				 "in %s, and it authenticates as that domain",
				 org));
	if (s->office)
		speaks_for(q, r, 4, "it sends on working days, and never on a weekend");
	if (q->at_host)
		read_account(q, r);
	if (sends_as_us(s))
		speaks_for(q, r, 1, "its envelope sender (MAIL FROM) is in your domain");
	if (s->days >= STEADY_DAYS && !(s->returns && s->rhythm.kind != RHYTHM_OFTEN))
		speaks_for(q, r, 2, steady_text(q));
	if (sender_has_evidence(s, "L_TRIES_DKIM"))
		speaks_for(q, r, 4, signature_text(q));
	if (asking_sends_for_customers(s->service) && !s->guest && asking_is_unaligned(s))
		speaks_for(q, r, 2,
			   arena_printf(q->a,
					"%s sends for customers, and whose account it is "
					"does not show",
					s->service->name));
	if (sender_has_evidence(s, "L_IN_ZONE"))
		speaks_for(q, r, 3, "your DNS names the service");
	if (sender_has_evidence(s, "L_HOST_RELAY"))
		speaks_for(q, r, 2, "your own site is at the same web host");
	if (s->service && s->service->kind == KIND_WEBHOST)
		speaks_against(q, r, 1, "the machine also serves other customers of the web host");
	else if (s->named_ours && !s->ties_any)
		speaks_against(q, r, 1,
			       "nothing but its name is yours: no mail of yours passes from it, "
			       "and it stands apart from your servers");
	else if (!s->ties_any && !series && !sender_has_evidence(s, "L_IN_ZONE") && !host.name &&
		 !q->account.marks)
		speaks_against(
		    q, r, 1,
		    "none of the names of yours that were asked, and no MX, leads to it, "
		    "and its reverse DNS is not yours");
}

bool asking_on_shared_machine(const struct asking *q)
{
	const struct sender *s = q->s;
	return s->n_sources && zone_is_shared_machine(q->g->zone, &s->sources[0].ip);
}

static void read_forged(struct asking *q)
{
	const struct sender *s = q->s;
	struct reading *r = add(q, READING_FORGED, 2);
	const char *tied = asking_tied(q);
	if (sender_has_evidence(s, "S_NO_PTR"))
		speaks_for(q, r, 3, "the address has no reverse DNS");
	if (sender_has_evidence(s, "S_GENERIC_PTR"))
		speaks_for(q, r, 3, "its reverse DNS looks like a dial-up or broadband customer");
	if (sender_has_evidence(s, "S_BURST"))
		speaks_for(q, r, 2, "more than 80 % was sent within three days");
	if (q->at_host && s->service->verifies == ANSWER_YES)
		speaks_against(q, r, 1, "a customer there can use only domains that he has proved");
	else if (!s->ties_any && sends_as_us(s))
		speaks_for(q, r, 1, "anybody can use your domain as envelope sender");
	if (sender_has_evidence(s, "S_NOT_YOUR_ACCOUNT"))
		speaks_for(q, r, 4,
			   "your account at the service signs as your domain, and this mail is not "
			   "signed so");
	if (s->doubtful_day && asking_on_shared_machine(q))
		speaks_for(q, r, 2, s->doubtful_day);
	if (s->service && s->service->verifies == ANSWER_NO)
		speaks_for(q, r, 1,
			   arena_printf(q->a, "%s does not verify which domain a customer sends as",
					s->service->name));
	if (s->returns && s->rhythm.kind != RHYTHM_OFTEN)
		speaks_against(q, r, 1, "spoofed mail rarely keeps to a day of the week or month");
	else if (s->days >= STEADY_DAYS && s->t.messages < (uint64_t)SMALL_A_DAY * s->days)
		speaks_against(
		    q, r, 1,
		    "spoofed mail rarely comes in small numbers every day from one address");
	if (tied)
		speaks_against(q, r, 4, tied);
	if (sender_has_evidence(s, "L_TRIES_DKIM"))
		speaks_against(q, r, 3, "spoofed mail is rarely signed");
}

/* The confirmed name of a machine that is somebody's server, and not ours; NULL: none. */
static const char *server_name(const struct asking *q)
{
	const struct zone *z = q->g->zone;
	if (q->s->n_sources == 0)
		return NULL;
	const struct address_known *k = knowledge_of(z->known, &q->s->sources[0].ip);
	bool server = k->ptr == PTR_CONFIRMED && !k->generic && !zone_is_ours(z, k->name);
	return server ? k->name : NULL;
}

static void read_forwarded(struct asking *q, unsigned unsigned_share)
{
	const struct sender *s = q->s;
	if (unsigned_share == 0 || !sends_as_us(s) || q->at_host || s->way_out)
		return;
	struct reading *r = add(q, READING_FORWARDED, 0);
	const char *tied = asking_tied(q);
	bool hands_on =
	    s->service && (s->service->kind == KIND_MAILBOX || s->service->kind == KIND_FORWARDER ||
			   s->service->kind == KIND_ISP);
	speaks_for(q, r, unsigned_share >= 50 ? 3 : 1,
		   arena_printf(q->a,
				"%u %% of your own mail has no DKIM signature: when it is "
				"forwarded, it fails like this",
				unsigned_share));
	if (hands_on)
		speaks_for(q, r, 2, "people forward mail there");
	const char *host = server_name(q);
	if (host)
		speaks_for(
		    q, r, 2,
		    arena_printf(q->a, "a server with forward-confirmed reverse DNS, %s", host));
	if (tied)
		speaks_against(q, r, 4, tied);
	if (sender_has_evidence(s, "S_NO_PTR") || sender_has_evidence(s, "S_GENERIC_PTR"))
		speaks_against(q, r, 3,
			       "servers that forward mail have forward-confirmed reverse DNS");
}

static bool passed_before(const struct asking *q, int32_t *last)
{
	*last = INT32_MIN;
	for (size_t p = 0; p < q->g->n_periods; p++)
		for (size_t i = 0; i < q->g->periods[p]->n_facts; i++) {
			const struct fact *f = &q->g->periods[p]->facts[i];
			if (!q->g->periods[p]->profiles[f->profile].aligned_spf)
				continue;
			for (size_t k = 0; k < q->s->n_sources; k++)
				if (ip_cmp(&q->s->sources[k].ip, &f->source) == 0) {
					int32_t day = fact_last_day(f);
					*last = day > *last ? day : *last;
				}
		}
	return *last != INT32_MIN;
}

#define SILENT_DAYS 7 /* at least; and twice the longest pause */

/* Did mail of it pass, now or in the period before? */
static bool passed_once(const struct asking *q)
{
	const struct sender *s = q->s;
	int32_t last;
	return tally_judged_pass(&s->t) > 0 || (s->was && tally_judged_pass(&s->was->t) > 0) ||
	       passed_before(q, &last);
}

/* It sent day after day, and then no more: somebody may have stopped it. Of what never passed there
 * was nothing to stop: so a campaign ends. */
static bool read_fell_silent(struct asking *q)
{
	const struct sender *s = q->s;
	char day[DAY_STRLEN];
	const struct domain_facts *d = q->g->periods[0];
	int32_t silent = d->n_days ? d->days[d->n_days - 1].day - s->last_day : 0;
	if (s->change == CHANGE_GONE || s->days < STEADY_DAYS || silent < SILENT_DAYS ||
	    silent <= 2 * s->rhythm.pause)
		return false;
	const char *ended = arena_printf(
	    q->a, "it sent on %u days, the last time on %s, and not in the %d days since", s->days,
	    day_format(s->last_day, day), silent);
	if (!passed_once(q)) {
		for (unsigned i = 0; i < q->n; i++)
			if (q->list[i].kind == READING_FORGED)
				speaks_for(q, &q->list[i], 2,
					   arena_printf(q->a, "%s: none of it passed", ended));
		return false;
	}
	speaks_for(q, add(q, READING_SWITCHED_OFF, 2), 4, ended);
	return true;
}

const char *question_refused_by(const struct gate *g, const struct sender *s)
{
	const struct spf_term *term = NULL;
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = s->facts[i];
		const char *name = zone_own_mailfrom(g->zone, &s->profiles[f->profile]);
		for (size_t k = 0; name && f->source.family && k < g->zone->n_mailfrom; k++) {
			const struct zone_mailfrom *m = &g->zone->mailfrom[k];
			bool asked = strcmp(m->domain, name) == 0 && m->spf.root &&
				     !m->spf.pending && !m->spf.depends;
			if (asked &&
			    spf_tree_find(&m->spf, &f->source, &term, NULL, NULL) == SPF_FAIL &&
			    term && term->kind != SPF_ALL)
				return term->text;
		}
	}
	return NULL;
}

static bool read_refused(struct asking *q)
{
	const char *term = question_refused_by(q->g, q->s);
	if (!term)
		return false;
	struct reading *r = add(q, READING_SWITCHED_OFF, 8);
	speaks_for(
	    q, r, 2,
	    arena_printf(q->a, "your SPF record refuses the address by name, with %s", term));
	speaks_against(q, r, 1, "it still sends");
	return true;
}

const char *asking_revoked_key(const struct asking *q)
{
	const char *name = failing_key(q->g->zone, q->s, NULL);
	if (!name)
		return NULL;
	struct dkim_key key = dkim_key_read(dns_ask(q->g->zone->known->view, name, DNS_TXT));
	return key.state == DKIM_KEY_REVOKED ? name : NULL;
}

/* An empty p= stands there by nobody's slip (RFC 6376 section 3.6.1). */
static bool read_revoked(struct asking *q)
{
	const char *key = asking_revoked_key(q);
	if (!key)
		return false;
	struct reading *r = add(q, READING_SWITCHED_OFF, 8);
	speaks_for(
	    q, r, 1,
	    arena_printf(q->a, "the key that it signs with, %s, was revoked: p= is empty", key));
	speaks_against(q, r, 1, "it still sends");
	return true;
}

/* It passed until a day: somebody took it out of the record, or a name in the record moved. */
static void read_switched_off(struct asking *q)
{
	int32_t last;
	char day[DAY_STRLEN];
	if (read_refused(q) || read_revoked(q) || read_fell_silent(q) || q->s->aged ||
	    !passed_before(q, &last))
		return;
	const char *elsewhere = meant_elsewhere(q->g, q->s);
	for (unsigned i = 0; elsewhere && i < q->n; i++)
		if (q->list[i].kind == READING_MISSING)
			speaks_for(
			    q, &q->list[i], 2,
			    arena_printf(q->a,
					 "it passed SPF until %s, and what your record names "
					 "may have moved: %s today, and no mail of yours "
					 "comes from there",
					 day_format(last, day), elsewhere));
	struct reading *r = add(q, READING_SWITCHED_OFF, 1);
	speaks_for(q, r, 2,
		   arena_printf(q->a, "it passed SPF until %s%s", day_format(last, day),
				elsewhere ? ""
					  : ", so it may have been removed from the record on "
					    "purpose"));
	speaks_against(q, r, 1, "it still sends");
}

static void read_stranger(struct asking *q)
{
	const struct sender_source *x = sender_aged_source(q->s);
	if (!x)
		return;
	struct reading *r = add(q, READING_STRANGER, 5);
	if (x->alias)
		speaks_for(
		    q, r, 1,
		    arena_printf(
			q->a,
			"your SPF record names it by an alias (CNAME) of %s, which is not yours",
			x->alias));
	else
		speaks_for(q, r, 1,
			   "your SPF record authorises the address, and its reverse DNS or its "
			   "DKIM signature, or the network, is not yours");
	if (x->ptr)
		speaks_for(q, r, 0, arena_printf(q->a, "its reverse DNS is %s", x->ptr));
}

static void sort(struct asking *q)
{
	for (unsigned i = 1; i < q->n; i++)
		for (unsigned k = i; k > 0 && q->weight[k] > q->weight[k - 1]; k--) {
			struct reading r = q->list[k];
			int w = q->weight[k];
			q->list[k] = q->list[k - 1];
			q->weight[k] = q->weight[k - 1];
			q->list[k - 1] = r;
			q->weight[k - 1] = w;
		}
}

struct remedy question_of(const struct gate *g, const struct sender *s, unsigned unsigned_share)
{
	struct asking q = {.g = g, .s = s, .a = g->a};
	q.list = arena_alloc(q.a, READING_COUNT * sizeof *q.list);
	q.at_host = account_read(g, s, &q.account);
	read_stranger(&q);
	read_missing(&q);
	read_forged(&q);
	read_forwarded(&q, unsigned_share);
	read_switched_off(&q);
	sort(&q);
	return (struct remedy){.kind = REMEDY_CONFIRM,
			       .text = question_text(&q),
			       .readings = q.list,
			       .n_readings = q.n};
}

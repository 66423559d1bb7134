#include "report/remedy/spf.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "report/remedy/spf_edit.h"

#define MECHANISMS_MAX                                                                             \
	24 /* addresses written one by one; more is a network, and a person's decision */
#define RECORD_MAX                                                                                 \
	450 /* octets that an answer over UDP holds with room for others (RFC 7208 3.4) */

/* ---- a record in place of another ---- */

struct overlay {
	const struct dns_view *base;
	struct dns_answer answer;
};

static const struct dns_answer *ask_overlay(void *ctx, const char *name, enum dns_type type)
{
	const struct overlay *o = ctx;
	if (type == DNS_TXT && strcmp(name, o->answer.name) == 0)
		return &o->answer;
	return dns_ask(o->base, name, type);
}

struct trial {
	const struct spf_case *c;
	struct overlay overlay;
	struct dns_text text;
	struct dns_view view;
	struct spf_tree tree;
};

static void trial_begin(struct trial *t, const struct spf_case *c, const char *record)
{
	t->c = c;
	t->text = (struct dns_text){record, strlen(record), 1};
	t->overlay = (struct overlay){.base = c->zone->known->view,
				      .answer = {.outcome = DNS_OK,
						 .name = c->from->domain,
						 .canonical = c->from->domain,
						 .n = 1,
						 .texts = &t->text}};
	t->view = (struct dns_view){ask_overlay, &t->overlay};
	spf_tree_read(&t->view, c->from->domain, c->zone->known->a, &t->tree);
}

static bool trial_passes(const struct trial *t, const struct ip *ip)
{
	const struct spf_term *term;
	struct spf_check check;
	struct arena *a = t->c->zone->known->a;
	if (!t->tree.depends)
		return spf_tree_find(&t->tree, ip, &term, NULL, NULL) == SPF_PASS;
	spf_check_host(
	    &t->view,
	    &(struct spf_request){
		.ip = *ip, .mail_from = arena_printf(a, "postmaster@%s", t->c->from->domain)},
	    a, &check);
	return !check.pending && check.result == SPF_PASS;
}

/* Does the record name the address, whatever error keeps it from counting? */
static bool holds(const struct spf_record *r, const struct ip *ip, unsigned depth)
{
	for (size_t i = 0; r && depth <= SPF_LOOKUP_LIMIT && i < r->n_terms; i++) {
		const struct spf_term *t = &r->terms[i];
		for (size_t k = 0; k < t->n_networks; k++) {
			struct ip net = ip_network(ip, t->networks[k].bits);
			if (ip->family == t->networks[k].ip.family &&
			    ip_cmp(&net, &t->networks[k].ip) == 0)
				return true;
		}
		if (t->depends || holds(t->child, ip, depth + 1))
			return true;
	}
	return false;
}

static bool is_stranger(const struct sender *s)
{
	enum category c = s->verdict.category;
	return c == CAT_UNAUTHORIZED || c == CAT_UNKNOWN || c == CAT_FORWARDER ||
	       c == CAT_SUSPECT_ABUSE;
}

/* An address that is nobody's of ours, and that the trial newly authorises; NULL: none. */
static const struct ip *lets_in(const struct trial *t)
{
	const struct spf_case *c = t->c;
	for (size_t i = 0; i < c->n_senders; i++) {
		const struct sender *s = &c->senders[i];
		if (!is_stranger(s))
			continue;
		for (size_t k = 0; k < s->n_sources; k++)
			if (trial_passes(t, &s->sources[k].ip) &&
			    !holds(c->from->spf.root, &s->sources[k].ip, 0) &&
			    zone_spf_now(c->zone, c->from->domain, &s->sources[k].ip) != NOW_YES)
				return &s->sources[k].ip;
	}
	return NULL;
}

/* NULL: the record may be shown; else what stands in the way. */
static const char *objection(const struct spf_case *c, const char *record, struct remedy *r)
{
	struct trial t;
	char text[IP_STRLEN];
	struct arena *a = c->zone->known->a;
	trial_begin(&t, c, record);
	if (t.tree.pending)
		return "DNS has not answered yet";
	if (t.tree.lookups > SPF_LOOKUP_LIMIT)
		return arena_printf(a, "it would need %u lookups, and %d are allowed",
				    t.tree.lookups, SPF_LOOKUP_LIMIT);
	if (t.tree.void_v4 > SPF_VOID_LIMIT)
		return arena_printf(a, "%u of its lookups lead nowhere, and %d are allowed",
				    t.tree.void_v4, SPF_VOID_LIMIT);
	if (t.tree.problem)
		return t.tree.problem;
	if (strlen(record) > RECORD_MAX)
		return arena_printf(a,
				    "it would be %zu octets long; answers of DNS over UDP hold %d",
				    strlen(record), RECORD_MAX);
	for (size_t i = 0; i < c->n_addresses; i++)
		if (!trial_passes(&t, &c->addresses[i]))
			return arena_printf(a, "it would not authorise %s",
					    ip_format(&c->addresses[i], text));
	const struct ip *stranger = lets_in(&t);
	if (stranger)
		return arena_printf(a, "it would authorise %s, too, which is not proven yours",
				    ip_format(stranger, text));
	r->after = record;
	r->lookups_after = t.tree.lookups;
	return NULL;
}

/* ---- mechanisms ---- */

static int by_address(const void *x, const void *y)
{
	return ip_cmp(x, y);
}

struct block {
	struct ip ip;
	unsigned bits;
};

/* Networks of which every address was seen, and nothing wider. */
static size_t join_blocks(struct block *b, size_t n)
{
	bool joined = true;
	while (joined) {
		size_t out = 0;
		joined = false;
		for (size_t i = 0; i < n; i++) {
			struct ip up = ip_network(&b[i].ip, b[i].bits - 1);
			if (i + 1 < n && b[i].bits > 1 && b[i].bits == b[i + 1].bits &&
			    ip_cmp(&b[i].ip, &up) == 0) {
				struct ip other = ip_network(&b[i + 1].ip, b[i].bits - 1);
				if (ip_cmp(&other, &up) == 0) {
					b[out++] = (struct block){up, b[i].bits - 1};
					joined = true;
					i++;
					continue;
				}
			}
			b[out++] = b[i];
		}
		n = out;
	}
	return n;
}

/* "ip4:192.0.2.7", "ip6:2001:db8::/127"; 0: too many. */
static size_t address_mechanisms(const struct spf_case *c, const char **out)
{
	struct arena *a = c->zone->known->a;
	struct block *blocks = arena_alloc(a, (c->n_addresses + 1) * sizeof *blocks);
	char text[IP_STRLEN];
	size_t n = 0;
	qsort(c->addresses, c->n_addresses, sizeof *c->addresses, by_address);
	for (size_t i = 0; i < c->n_addresses; i++)
		if (i == 0 || ip_cmp(&c->addresses[i], &c->addresses[i - 1]) != 0)
			blocks[n++] =
			    (struct block){c->addresses[i], c->addresses[i].family == 4 ? 32 : 128};
	n = join_blocks(blocks, n);
	if (n > MECHANISMS_MAX)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct block *b = &blocks[i];
		bool whole = b->bits == (b->ip.family == 4 ? 32u : 128u);
		ip_format(&b->ip, text);
		out[i] = whole ? arena_printf(a, "ip%u:%s", b->ip.family, text)
			       : arena_printf(a, "ip%u:%s/%u", b->ip.family, text, b->bits);
	}
	return n;
}

static bool wants_include(const struct service *s)
{
	return s && (s->kind == KIND_ESP || s->kind == KIND_SAAS || s->kind == KIND_MAILBOX ||
		     s->kind == KIND_GATEWAY);
}

static const char *with(const struct spf_case *c, const char *record, const char *const *mechanisms,
			size_t n)
{
	struct arena *a = c->zone->known->a;
	return record ? spf_edit_add(a, record, mechanisms, n) : spf_edit_new(a, mechanisms, n);
}

static const char *joined(struct arena *a, const char *const *words, size_t n)
{
	const char *out = "";
	for (size_t i = 0; i < n; i++)
		out = arena_printf(a, "%s%s%s", out, i ? " " : "", words[i]);
	return out;
}

/* ---- includes that nothing of ours came through ---- */

static bool is_dead(const struct spf_case *c, const struct spf_term *t)
{
	if (t->kind != SPF_INCLUDE || !t->child)
		return false;
	for (size_t i = 0; i < c->facts->n_facts; i++) {
		const struct fact *f = &c->facts->facts[i];
		if (f->source.family != 0 &&
		    zone_own_mailfrom(c->zone, &c->facts->profiles[f->profile]) &&
		    holds(t->child, &f->source, 0))
			return false;
	}
	return true;
}

static bool is_broken(const struct spf_term *t)
{
	return t->problem || (t->kind == SPF_INCLUDE && t->child &&
			      (t->child->result == SPF_NONE || t->child->result == SPF_PERMERROR));
}

/* The last term of the record that is broken, or, for dead, that nothing of ours came through; -1:
 * none. */
static ptrdiff_t last_useless(const struct spf_case *c, const struct spf_tree *tree, bool dead)
{
	for (size_t i = tree->root->n_terms; i-- > 0;) {
		const struct spf_term *t = &tree->root->terms[i];
		if (dead ? is_dead(c, t) : is_broken(t))
			return (ptrdiff_t)i;
	}
	return -1;
}

/* The record without terms that break it, and without as many dead includes as it takes to come
 * inside the limits: an include that is used once a year is dead today. Says which in *dropped. */
static const char *without(const struct spf_case *c, const char *record, const char **dropped)
{
	struct arena *a = c->zone->known->a;
	*dropped = NULL;
	for (;;) {
		struct trial t;
		trial_begin(&t, c, record);
		if (t.tree.pending || !t.tree.root)
			return record;
		bool over = t.tree.lookups > SPF_LOOKUP_LIMIT || t.tree.void_v4 > SPF_VOID_LIMIT;
		ptrdiff_t term = last_useless(c, &t.tree, false);
		if (term < 0 && over)
			term = last_useless(c, &t.tree, true);
		if (term < 0)
			return record;
		const char *text = t.tree.root->terms[term].text;
		record = spf_edit_drop(a, record, (size_t)term);
		*dropped = *dropped ? arena_printf(a, "%s, %s", text, *dropped) : text;
	}
}

/* ---- the remedies ---- */

static bool is_alias(const struct spf_case *c)
{
	const struct spf_record *root = c->from->spf.root;
	return root && root->canonical && strcmp(root->canonical, c->from->domain) != 0;
}

static struct remedy owned_by_other(const struct spf_case *c)
{
	return (struct remedy){
	    .kind = REMEDY_REVIEW,
	    .text = arena_printf(
		c->zone->known->a,
		"its MAIL FROM domain %s is an alias (CNAME) of %s: the record belongs "
		"to the owner of that name; ask there",
		c->from->domain, c->from->spf.root->canonical)};
}

static struct remedy begin(const struct spf_case *c, enum remedy_kind kind)
{
	const struct spf_record *root = c->from->spf.root;
	struct remedy r = {.kind = kind, .domain = c->from->domain};
	struct arena *a = c->zone->known->a;
	if (!root || root->n_texts == 0)
		return r;
	r.before = root->texts[0];
	for (size_t i = 1; i < root->n_texts; i++)
		r.before = arena_printf(a, "%s\n%s", r.before, root->texts[i]);
	r.lookups_before = c->from->spf.lookups;
	return r;
}

static const char *effect(const struct spf_case *c, const struct remedy *r)
{
	return arena_printf(
	    c->zone->known->a,
	    "%u of %d lookups, %zu octets; it affects only mail whose MAIL FROM is @%s",
	    r->lookups_after, SPF_LOOKUP_LIMIT, strlen(r->after), c->from->domain);
}

/* What to start from: the record, the merged ones, without what breaks it. NULL: there is none. */
static const char *base_record(const struct spf_case *c, const char **dropped)
{
	const struct spf_record *root = c->from->spf.root;
	*dropped = NULL;
	if (!root || root->n_texts == 0)
		return NULL;
	const char *record = root->texts[0];
	if (root->n_texts > 1)
		record = spf_edit_merge(c->zone->known->a, root->texts, root->n_texts);
	return without(c, record, dropped);
}

static bool try_include(const struct spf_case *c, const char *record, struct remedy *r,
			const char **added, const char **why)
{
	struct arena *a = c->zone->known->a;
	const struct service *s = c->s->service;
	for (size_t i = 0; wants_include(s) && i < s->n_names[BY_INCLUDE]; i++) {
		const char *m = arena_printf(a, "include:%s", s->names[BY_INCLUDE][i]);
		const char *no = objection(c, with(c, record, &m, 1), r);
		if (!no) {
			*added = m;
			return true;
		}
		*why = arena_printf(a, "%s is not proposed: %s", m, no);
	}
	return false;
}

struct remedy remedy_spf_add(const struct spf_case *c)
{
	struct arena *a = c->zone->known->a;
	const char *mechanisms[MECHANISMS_MAX], *added = NULL, *why = NULL, *dropped;
	if (is_alias(c))
		return owned_by_other(c);
	const char *record = base_record(c, &dropped);
	struct remedy r = begin(c, record ? REMEDY_SPF_ADD : REMEDY_SPF_PUBLISH);
	if (!try_include(c, record, &r, &added, &why)) {
		size_t n = address_mechanisms(c, mechanisms);
		const char *no = n == 0 ? "it sends from too many addresses to name each"
					: objection(c, with(c, record, mechanisms, n), &r);
		if (no)
			why = no;
		else
			added = joined(a, mechanisms, n);
	}
	if (!r.after) {
		r.text = arena_printf(a,
				      "it is missing from SPF of %s, and no edit of that record is "
				      "safe: %s. Send its mail "
				      "with a MAIL FROM in a subdomain with a record of its own, "
				      "or let DKIM alone carry it",
				      c->from->domain, why);
		return r;
	}
	r.text = arena_printf(a, "%s %s%s%s%s; %s%s%s%s", record ? "add" : "publish a record with",
			      added, dropped ? " and drop " : "", dropped ? dropped : "",
			      dropped ? ", which brings nothing or breaks the record" : "",
			      effect(c, &r), why ? "; " : "", why ? why : "",
			      c->from->spf.root && c->from->spf.root->n_texts > 1
				  ? "; several SPF records are an error: make them one"
				  : "");
	return r;
}

struct remedy remedy_spf_repair(const struct spf_case *c)
{
	struct arena *a = c->zone->known->a;
	const struct spf_tree *tree = &c->from->spf;
	const char *dropped, *why;
	if (is_alias(c))
		return owned_by_other(c);
	if (!tree->problem && tree->result == SPF_PASS)
		return (struct remedy){
		    .kind = REMEDY_NONE,
		    .text = arena_printf(a,
					 "the SPF record of %s failed with an error, "
					 "and has none today: repaired",
					 c->from->domain)};
	struct remedy r = begin(c, REMEDY_SPF_REPAIR);
	const char *record = base_record(c, &dropped);
	const char *problem = tree->problem ? tree->problem : "there is no record";
	if (record && !(why = objection(c, record, &r))) {
		r.text = arena_printf(
		    a, "the record of %s has an error: %s; %s%s%s; %s", c->from->domain, problem,
		    tree->root->n_texts > 1 ? "make the several records one" : "repair it",
		    dropped ? ", without " : "", dropped ? dropped : "", effect(c, &r));
		return r;
	}
	r.text = arena_printf(
	    a,
	    "the record of %s has an error: %s; every sender that relies on it fails. "
	    "Write addresses (ip4:, ip6:) in place of includes that you control, or move "
	    "one service to a subdomain of its own",
	    c->from->domain, problem);
	return r;
}

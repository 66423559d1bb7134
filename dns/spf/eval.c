#include <string.h>

#include "core/text.h"
#include "dns/spf/macro.h"
#include "dns/spf/parse.h"

#define DEPTH_MAX (SPF_LOOKUP_LIMIT + 1) /* the lookup limit ends chains first */
#define TRACE_MAX 200

const char *const spf_result_names[SPF_RESULT_COUNT] = {
    [SPF_NONE] = "none",           [SPF_NEUTRAL] = "neutral",   [SPF_PASS] = "pass",
    [SPF_FAIL] = "fail",           [SPF_SOFTFAIL] = "softfail", [SPF_TEMPERROR] = "temperror",
    [SPF_PERMERROR] = "permerror",
};

struct eval {
	const struct dns_view *view;
	const struct spf_request *request;
	struct arena *a;
	struct spf_check *out;
	struct spf_macros macros;
	struct spf_step *trace;
	const char *path[DEPTH_MAX + 1]; /* records being evaluated, as text */
	unsigned depth;
	const char *exp; /* of the record that decided, and whose it is */
	const char *exp_domain;
	bool pending; /* a question is open; what follows only notes further ones */
};

/* What a mechanism comes to. */
enum match { MATCH_NO, MATCH_YES, MATCH_OPEN, MATCH_TEMPERROR, MATCH_PERMERROR };

/* The step; what comes out is filled in when it is known, so that a term stands before what it
 * leads to. */
static struct spf_step *trace(struct eval *e, const char *term, const char *text)
{
	struct spf_step *step = &e->trace[e->out->n_trace];
	if (e->out->n_trace < TRACE_MAX)
		e->out->n_trace++;
	*step = (struct spf_step){e->depth, e->path[e->depth], term, text};
	return step;
}

static enum match permerror(struct eval *e, const char *text)
{
	if (!e->pending && !e->out->problem)
		e->out->problem = arena_printf(e->a, "%s: %s", e->path[e->depth], text);
	return MATCH_PERMERROR;
}

static enum match temperror(struct eval *e, const struct dns_answer *r)
{
	if (!e->pending && !e->out->problem)
		e->out->problem =
		    arena_printf(e->a, "%s: DNS says %s", r->name, dns_outcome_names[r->outcome]);
	return MATCH_TEMPERROR;
}

/* ---- lookups and their limits, section 4.6.4 ---- */

static bool count_lookup(struct eval *e)
{
	if (++e->out->lookups <= SPF_LOOKUP_LIMIT)
		return true;
	permerror(e, "more than 10 lookups");
	return false;
}

/* MATCH_YES: records are there. MATCH_NO: there are none. */
static enum match look_up(struct eval *e, const char *name, enum dns_type type, bool counts,
			  const struct dns_answer **r)
{
	*r = dns_ask(e->view, name, type);
	switch ((*r)->outcome) {
	case DNS_PENDING:
		return MATCH_OPEN;
	case DNS_OK:
		return MATCH_YES;
	case DNS_NXDOMAIN:
	case DNS_NODATA:
		if (counts && ++e->out->void_lookups > SPF_VOID_LIMIT)
			return permerror(e, "more than 2 lookups that find nothing");
		return MATCH_NO;
	default:
		return temperror(e, *r);
	}
}

static enum dns_type address_type(const struct eval *e)
{
	return e->request->ip.family == 6 ? DNS_AAAA : DNS_A;
}

static bool is_within(const struct ip *ip, const struct ip *net, unsigned bits)
{
	struct ip x = ip_network(ip, bits), y = ip_network(net, bits);
	return ip->family != 0 && ip->family == net->family && ip_cmp(&x, &y) == 0;
}

static bool any_within(const struct eval *e, const struct dns_answer *r, const struct spf_parsed *t)
{
	unsigned bits = e->request->ip.family == 6 ? t->bits6 : t->bits4;
	for (size_t i = 0; i < r->n; i++)
		if (is_within(&e->request->ip, &r->addresses[i], bits))
			return true;
	return false;
}

/* ---- mechanisms, section 5 ---- */

static enum match match_a(struct eval *e, const struct spf_parsed *t, const char *name)
{
	const struct dns_answer *r;
	enum match m = look_up(e, name, address_type(e), true, &r);
	return m != MATCH_YES ? m : any_within(e, r, t) ? MATCH_YES : MATCH_NO;
}

static enum match match_mx(struct eval *e, const struct spf_parsed *t, const char *name)
{
	const struct dns_answer *mx, *r;
	enum match m = look_up(e, name, DNS_MX, true, &mx), all = MATCH_NO;
	if (m != MATCH_YES)
		return m;
	if (mx->n > SPF_MX_LIMIT)
		return permerror(e, "an mx of more than 10 hosts");
	for (size_t i = 0; i < mx->n; i++) {
		if (!*mx->mx[i].host) /* RFC 7505: no mail is taken */
			continue;
		m = look_up(e, mx->mx[i].host, address_type(e), false, &r);
		if (m == MATCH_OPEN)
			all = MATCH_OPEN; /* ask for all hosts at once */
		if (all == MATCH_OPEN)
			continue;
		if (m == MATCH_YES && any_within(e, r, t))
			return MATCH_YES;
		if (m == MATCH_TEMPERROR || m == MATCH_PERMERROR)
			return m;
	}
	return all;
}

/* Is the name one of the address (5.5)? MATCH_OPEN: not known yet. Errors are a no. */
static enum match leads_back(struct eval *e, const char *name)
{
	const struct dns_answer *r = dns_ask(e->view, name, address_type(e));
	if (r->outcome == DNS_PENDING)
		return MATCH_OPEN;
	for (size_t i = 0; r->outcome == DNS_OK && i < r->n; i++)
		if (ip_cmp(&r->addresses[i], &e->request->ip) == 0)
			return MATCH_YES;
	return MATCH_NO;
}

static bool is_at_or_below(const char *name, const char *parent)
{
	size_t n = strlen(name), m = strlen(parent);
	return n >= m && ascii_ieq(name + n - m, parent) && (n == m || name[n - m - 1] == '.');
}

static const struct dns_answer *ask_reverse(struct eval *e)
{
	char reverse[DNS_REVERSE_SIZE];
	return dns_ask(e->view, dns_reverse_name(&e->request->ip, reverse), DNS_PTR);
}

static enum match match_ptr(struct eval *e, const char *name)
{
	const struct dns_answer *r = ask_reverse(e);
	enum match all = MATCH_NO;
	if (r->outcome == DNS_PENDING)
		return MATCH_OPEN;
	for (size_t i = 0; r->outcome == DNS_OK && i < r->n && i < SPF_PTR_LIMIT; i++) {
		if (!is_at_or_below(r->hosts[i], name))
			continue;
		enum match m = leads_back(e, r->hosts[i]);
		if (m == MATCH_YES && all == MATCH_NO)
			return MATCH_YES;
		all = m == MATCH_OPEN ? MATCH_OPEN : all;
	}
	if (dns_is_void(r) && ++e->out->void_lookups > SPF_VOID_LIMIT)
		return permerror(e, "more than 2 lookups that find nothing");
	return all;
}

/* %{p}, section 7.2: the domain itself, else a name below it, else any; NULL: not known yet. */
static const char *validated_name(void *ctx, const char *octets)
{
	struct eval *e = ctx;
	const struct dns_answer *r = ask_reverse(e);
	const char *any = NULL, *below = NULL, *domain = spf_name_text(octets, e->a);
	bool open = r->outcome == DNS_PENDING;
	for (size_t i = 0; r->outcome == DNS_OK && i < r->n && i < SPF_PTR_LIMIT; i++) {
		enum match m = leads_back(e, r->hosts[i]);
		open = open || m == MATCH_OPEN;
		if (m != MATCH_YES)
			continue;
		if (ascii_ieq(r->hosts[i], domain))
			return octets;
		if (!below && is_at_or_below(r->hosts[i], domain))
			below = r->hosts[i];
		any = any ? any : r->hosts[i];
	}
	if (open)
		return NULL;
	return below ? spf_name_octets(below, e->a) : any ? spf_name_octets(any, e->a) : "unknown";
}

static enum spf_result evaluate(struct eval *e, const char *domain);

static enum match match_include(struct eval *e, const char *name)
{
	bool was_pending = e->pending;
	enum spf_result r = evaluate(e, name);
	if (e->pending)
		return was_pending ? MATCH_NO : MATCH_OPEN;
	switch (r) { /* 5.2 */
	case SPF_PASS:
		return MATCH_YES;
	case SPF_NONE:
		return permerror(e, arena_printf(e->a, "include:%s: there is no SPF record",
						 spf_name_text(name, e->a)));
	case SPF_PERMERROR:
		return MATCH_PERMERROR;
	case SPF_TEMPERROR:
		return MATCH_TEMPERROR;
	default:
		return MATCH_NO;
	}
}

static enum match match_term(struct eval *e, const struct spf_parsed *t)
{
	const struct dns_answer *r;
	const char *name = e->macros.domain;
	if (t->kind == SPF_ALL)
		return MATCH_YES;
	if (t->kind == SPF_IP4 || t->kind == SPF_IP6)
		return is_within(&e->request->ip, &t->network.ip, t->network.bits) ? MATCH_YES
										   : MATCH_NO;
	if (!count_lookup(e))
		return MATCH_PERMERROR;
	if (t->spec) {
		name = spf_macro_name(&e->macros, t->spec, e->a);
		if (!name)
			return MATCH_OPEN; /* only %{p} can be unknown here */
	}
	if (t->kind == SPF_INCLUDE)
		return match_include(e, name);
	if (!spf_name_possible(name, false))
		return MATCH_NO; /* 4.8; nothing is asked, so nothing is found void */
	name = spf_name_text(name, e->a);
	switch (t->kind) {
	case SPF_A:
		return match_a(e, t, name);
	case SPF_MX:
		return match_mx(e, t, name);
	case SPF_PTR:
		return match_ptr(e, name);
	default:
		return look_up(e, name, DNS_A, true, &r);
	}
}

/* ---- records, sections 4.3 to 4.7 ---- */

/* SPF_PASS: *record is the one. */
static enum spf_result select_record(struct eval *e, const char *domain,
				     const struct dns_text **record)
{
	const struct dns_answer *r = dns_ask(e->view, domain, DNS_TXT);
	*record = NULL;
	if (r->outcome == DNS_PENDING) {
		e->pending = true;
		return SPF_NONE;
	}
	if (dns_failed(r)) {
		temperror(e, r);
		return SPF_TEMPERROR;
	}
	for (size_t i = 0; r->outcome == DNS_OK && i < r->n; i++) {
		if (!spf_is_record(&r->texts[i]))
			continue;
		if (*record) {
			permerror(e, "several SPF records");
			return SPF_PERMERROR;
		}
		*record = &r->texts[i];
	}
	return *record ? SPF_PASS : SPF_NONE;
}

static enum spf_result decided(struct eval *e, const struct spf_parsed *t, const char *exp)
{
	if (e->pending)
		return t->qualifier;
	if (t->kind != SPF_INCLUDE) { /* what matched inside it is what people look for */
		e->out->mechanism = t->text;
		e->out->n_path = e->depth + 1;
		const char **path = arena_alloc(e->a, e->out->n_path * sizeof *path);
		memcpy(path, e->path, e->out->n_path * sizeof *path);
		e->out->path = path;
	}
	e->exp = exp;
	e->exp_domain = e->macros.domain;
	return t->qualifier;
}

static const struct spf_parsed *find(const struct spf_parsed *terms, size_t n, enum spf_kind kind)
{
	for (size_t i = 0; i < n; i++)
		if (terms[i].kind == kind)
			return &terms[i];
	return NULL;
}

static enum spf_result follow_redirect(struct eval *e, const struct spf_parsed *t)
{
	trace(e, t->text, "is followed");
	if (!count_lookup(e))
		return SPF_PERMERROR;
	const char *name = spf_macro_name(&e->macros, t->spec, e->a);
	if (!name) {
		e->pending = true;
		return SPF_NONE;
	}
	enum spf_result r = evaluate(e, name);
	if (r == SPF_NONE && !e->pending) {
		permerror(e, arena_printf(e->a, "redirect=%s: there is no SPF record",
					  spf_name_text(name, e->a)));
		return SPF_PERMERROR;
	}
	return r;
}

static enum spf_result run_terms(struct eval *e, const struct spf_parsed *terms, size_t n)
{
	static const char *const words[] = {[MATCH_NO] = "does not match",
					    [MATCH_YES] = "matches",
					    [MATCH_OPEN] = "is not answered yet",
					    [MATCH_TEMPERROR] = "DNS fails",
					    [MATCH_PERMERROR] = "is an error"};
	const struct spf_parsed *redirect = find(terms, n, SPF_REDIRECT);
	const struct spf_parsed *exp = find(terms, n, SPF_EXP);
	for (size_t i = 0; i < n; i++) {
		const struct spf_parsed *t = &terms[i];
		if (t->kind == SPF_REDIRECT || t->kind == SPF_EXP || t->kind == SPF_OTHER)
			continue;
		struct spf_step *step = trace(e, t->text, "");
		enum match m = match_term(e, t);
		step->text = words[m];
		if (m == MATCH_YES)
			return decided(e, t, exp ? exp->spec : NULL);
		if (!e->pending) { /* what matched inside decided nothing */
			e->out->mechanism = NULL;
			e->out->path = NULL;
			e->out->n_path = 0;
		}
		if (m == MATCH_OPEN)
			e->pending = true;
		if (m == MATCH_TEMPERROR)
			return SPF_TEMPERROR;
		if (m == MATCH_PERMERROR)
			return SPF_PERMERROR;
	}
	if (redirect)
		return follow_redirect(e, redirect);
	trace(e, "", "nothing matches");
	return SPF_NEUTRAL;
}

static enum spf_result evaluate_record(struct eval *e)
{
	const struct dns_text *record;
	const struct spf_parsed *terms;
	size_t n;
	enum spf_result r = select_record(e, e->path[e->depth], &record);
	if (r == SPF_PASS) {
		const char *problem = spf_parse(record, e->a, &terms, &n);
		if (!problem)
			return run_terms(e, terms, n);
		permerror(e, problem);
		r = SPF_PERMERROR;
	}
	trace(e, "",
	      e->pending           ? "is not answered yet"
	      : r == SPF_NONE      ? "no SPF record"
	      : r == SPF_TEMPERROR ? "DNS fails"
				   : "is an error");
	return r;
}

/* domain in octets. The record that includes it is in force again afterwards. */
static enum spf_result evaluate(struct eval *e, const char *domain)
{
	const char *above = e->macros.domain;
	if (!spf_name_possible(domain, true))
		return SPF_NONE; /* 4.3 */
	if (above && e->depth == DEPTH_MAX)
		return SPF_PERMERROR; /* not met: the limit of lookups comes first */
	e->depth += above != NULL;
	e->macros.domain = domain;
	e->path[e->depth] = spf_name_text(domain, e->a);
	enum spf_result r = evaluate_record(e);
	e->macros.domain = above;
	e->depth -= above != NULL;
	return r;
}

/* ---- exp=, section 6.2 ---- */

static const char *explain(struct eval *e)
{
	struct buf b;
	const char *text = NULL;
	e->macros.domain = e->exp_domain;
	const char *name = e->exp ? spf_macro_name(&e->macros, e->exp, e->a) : NULL;
	if (!name) {
		e->pending = e->exp != NULL;
		return NULL;
	}
	if (!spf_name_possible(name, false))
		return NULL;
	const struct dns_answer *r = dns_ask(e->view, spf_name_text(name, e->a), DNS_TXT);
	if (r->outcome == DNS_PENDING)
		e->pending = true;
	if (r->outcome != DNS_OK || r->n != 1 || strlen(r->texts[0].data) != r->texts[0].len ||
	    !spf_macro_valid(r->texts[0].data, true))
		return NULL;
	buf_init(&b, 64 * 1024);
	if (spf_macro_expand(&e->macros, r->texts[0].data, &b) && !b.failed)
		text = arena_strndup(e->a, b.data ? b.data : "", b.len);
	else if (!b.failed)
		e->pending = true;
	buf_free(&b);
	return text;
}

/* The domain to check (2.4, 4.3), in octets. */
static const char *set_sender(struct eval *e)
{
	const char *from = e->request->mail_from, *helo = e->request->helo;
	const char *at = from ? strrchr(from, '@') : NULL;
	const char *domain = !from || !*from ? (helo ? helo : "") : at ? at + 1 : from;
	size_t n = strlen(domain);
	e->macros.helo = helo ? helo : "unknown";
	e->macros.local = "postmaster"; /* 4.3 */
	if (at && at > from)
		e->macros.local = arena_strndup(e->a, from, (size_t)(at - from));
	if (n > 0 && domain[n - 1] == '.')
		domain = arena_strndup(e->a, domain, n - 1);
	e->macros.sender_domain = domain;
	return domain;
}

void spf_check_host(const struct dns_view *view, const struct spf_request *request, struct arena *a,
		    struct spf_check *out)
{
	struct eval e = {.view = view, .request = request, .a = a, .out = out};
	*out = (struct spf_check){0};
	out->trace = e.trace = arena_alloc(a, (TRACE_MAX + 1) * sizeof *e.trace);
	e.macros.ip = &request->ip;
	e.macros.receiver = request->receiver;
	e.macros.validated = validated_name;
	e.macros.ctx = &e;
	const char *domain = set_sender(&e);
	out->domain = spf_name_text(domain, a);
	out->result = evaluate(&e, domain);
	if (out->result == SPF_FAIL && !e.pending)
		out->explanation = explain(&e);
	if (out->result == SPF_NONE && !e.pending)
		out->problem =
		    arena_printf(a, "%s: %s", out->domain,
				 spf_name_possible(domain, true) ? "there is no SPF record"
								 : "this is no domain name");
	out->pending = e.pending;
}

#include "ingest/judge.h"

#include <string.h>

#include "core/text.h"

enum alignment { NOT_ALIGNED, ALIGNED_RELAXED, ALIGNED_STRICT };

static enum alignment align(const struct name_rules *rules, const char *from, const char *name)
{
	if (!from || !name || !*name)
		return NOT_ALIGNED;
	if (strcmp(from, name) == 0)
		return ALIGNED_STRICT;
	const char *a = rules->org_domain(rules->ctx, from),
		   *b = rules->org_domain(rules->ctx, name);
	return strcmp(a, b) == 0 ? ALIGNED_RELAXED : NOT_ALIGNED;
}

static bool counts(enum alignment a, const struct dmarc_word *mode)
{
	return a == ALIGNED_STRICT || (a == ALIGNED_RELAXED && mode->code != W_STRICT);
}

/* ---- SPF ---- */

struct spf_verdict {
	enum cell_spf_domain domain;
	enum cell_spf_result result;
	bool strict_only;
};

static enum cell_spf_result spf_result(const struct dmarc_word *w)
{
	switch (w->code) {
	case W_PASS:
		return SPF_PASSES;
	case W_NONE:
	case W_ABSENT:
		return SPF_IS_NONE;
	case W_PERMERROR:
		return SPF_PERM;
	case W_TEMPERROR:
		return SPF_TEMP;
	default: /* fail, softfail, neutral, policy, and words we do not know: nothing passed */
		return SPF_FAILS;
	}
}

static struct spf_verdict spf_verdict(const struct name_rules *rules, const struct dmarc_profile *p,
				      const char *domain, const struct dmarc_word *result)
{
	struct spf_verdict v = {SPF_NO_DOMAIN, spf_result(result), false};
	if (!domain || !*domain) {
		if (v.result == SPF_PASSES) /* of nothing */
			v.result = SPF_IS_NONE;
		return v;
	}
	enum alignment a = align(rules, p->header_from, domain);
	v.domain = counts(a, &p->aspf) ? SPF_ALIGNED : SPF_UNALIGNED;
	v.strict_only = a == ALIGNED_RELAXED && v.domain == SPF_UNALIGNED && v.result == SPF_PASSES;
	return v;
}

static int rank(const struct spf_verdict *v)
{
	return v->result == SPF_PASSES ? (v->domain == SPF_ALIGNED ? 2 : 1) : 0;
}

/* The MAIL FROM result; of several the best, because any of them carries DMARC. HELO results do
 * not. */
static struct spf_verdict judge_spf(const struct name_rules *rules, struct dmarc_profile *p)
{
	struct spf_verdict best = {SPF_NO_DOMAIN, SPF_IS_NONE, false};
	bool any = false, helo = false;
	for (unsigned i = 0; i < p->n_spf; i++) {
		const struct dmarc_spf *s = &p->spf[i];
		if (s->scope.code == W_HELO) {
			helo = true;
			continue;
		}
		const char *domain = s->domain ? s->domain : p->envelope_from;
		struct spf_verdict v = spf_verdict(rules, p, domain, &s->result);
		if (!any || rank(&v) > rank(&best))
			best = v;
		any = true;
	}
	if ((p->envelope_from && !*p->envelope_from) || (helo && !any))
		p->flags |= DMARC_NULL_SENDER;
	/* a bounce has no MAIL FROM: SPF then is that of HELO (RFC 7208 section 2.4) */
	for (unsigned i = 0; !any && i < p->n_spf; i++) {
		struct spf_verdict v = spf_verdict(rules, p, p->spf[i].domain, &p->spf[i].result);
		if (i == 0 || rank(&v) > rank(&best))
			best = v;
	}
	if (best.strict_only)
		p->flags |= DMARC_STRICT_ONLY;
	return best;
}

/* ---- DKIM ---- */

static enum cell_dkim dkim_result(const struct dmarc_word *w)
{
	switch (w->code) {
	case W_PASS:
		return DKIM_PASSES;
	case W_PERMERROR:
	case W_NEUTRAL:
		return DKIM_KEY;
	case W_TEMPERROR:
		return DKIM_TEMP;
	case W_NONE:
	case W_ABSENT:
		return DKIM_ABSENT;
	default:
		return DKIM_FAILS;
	}
}

/* The best aligned signature; *other: one that is not aligned passes. */
static enum cell_dkim judge_dkim(const struct name_rules *rules, struct dmarc_profile *p,
				 bool *other)
{
	enum cell_dkim best = DKIM_ABSENT;
	bool strict_only = false;
	*other = false;
	for (unsigned i = 0; i < p->n_dkim; i++) {
		enum cell_dkim r = dkim_result(&p->dkim[i].result);
		enum alignment a = align(rules, p->header_from, p->dkim[i].domain);
		if (counts(a, &p->adkim)) {
			/* pass, then fail, key, temp: the enum's order */
			if (r < best)
				best = r;
		} else if (r == DKIM_PASSES) {
			*other = true;
			strict_only |= a == ALIGNED_RELAXED;
		}
	}
	if (strict_only && best != DKIM_PASSES)
		p->flags |= DMARC_STRICT_ONLY;
	return best;
}

/* ---- reasons ---- */

/* "arc=pass", also "as.1.relay.example=pass" and "arc: ... pass". */
static bool says_arc_pass(const char *comment)
{
	for (const char *p = comment; p && *p; p++) {
		bool word = p == comment ||
			    !((p[-1] >= 'a' && p[-1] <= 'z') || (p[-1] >= 'A' && p[-1] <= 'Z'));
		if (!word)
			continue;
		if (strncasecmp(p, "arc", 3) == 0 && strcasestr(p, "pass"))
			return true;
		if (strncasecmp(p, "as.", 3) == 0 && strstr(p, "=pass"))
			return true;
	}
	return false;
}

static void judge_reasons(struct dmarc_profile *p)
{
	for (unsigned i = 0; i < p->n_reasons; i++) {
		bool arc = says_arc_pass(p->reasons[i].comment);
		if (arc)
			p->flags |= DMARC_ARC_PASS;
		switch (p->reasons[i].type.code) {
		case W_FORWARDED:
		case W_TRUSTED_FORWARDER:
		case W_MAILING_LIST:
			p->flags |= DMARC_FORWARD_REASON;
			break;
		case W_SAMPLED_OUT:
		case W_POLICY_TEST_MODE:
			p->flags |= DMARC_TEST_OR_SAMPLED;
			break;
		case W_LOCAL_POLICY:
			if (!arc)
				p->flags |= DMARC_LOCAL_POLICY;
			break;
		default:
			break;
		}
	}
}

static bool contradicts(const struct dmarc_word *evaluated, bool aligned)
{
	if (evaluated->code == W_ABSENT || evaluated->code == W_OTHER)
		return false;
	return (evaluated->code == W_PASS) != aligned;
}

void judge_profile(const struct name_rules *rules, struct dmarc_profile *p)
{
	bool other;
	struct spf_verdict spf = judge_spf(rules, p);
	enum cell_dkim dkim = judge_dkim(rules, p, &other);
	p->aligned_spf = spf.domain == SPF_ALIGNED && spf.result == SPF_PASSES;
	p->aligned_dkim = dkim == DKIM_PASSES;
	p->cell = dmarc_cell(spf.domain, spf.result, dkim, other);
	judge_reasons(p);
	if (contradicts(&p->eval_dkim, p->aligned_dkim) ||
	    contradicts(&p->eval_spf, p->aligned_spf))
		p->flags |= DMARC_REPORTER_MISMATCH;
}

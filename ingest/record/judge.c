#include "ingest/record/judge.h"

#include <string.h>

#include "core/text.h"

enum alignment { NOT_ALIGNED, ALIGNED_RELAXED, ALIGNED_STRICT };

/* A name that stayed raw is no name. */
static bool is_name(const struct name_rules *rules, const char *s)
{
	char name[DOMAIN_SIZE];
	return s && domain_normalise(rules, s, strlen(s), name) && strcmp(s, name) == 0;
}

/* An organisation's name has two labels or more, all of them at the end of what belongs to it: most
 * strangers are known by that, without the list of suffixes. */
static bool may_share_org(const char *a, const char *b)
{
	size_t i = strlen(a), k = strlen(b), dots = 0;
	for (; i > 0 && k > 0 && a[i - 1] == b[k - 1]; i--, k--)
		if (a[i - 1] == '.' && ++dots == 2)
			return true;
	bool label_ends = i == 0 ? k == 0 || b[k - 1] == '.' : k == 0 && a[i - 1] == '.';
	return dots == 1 && label_ends;
}

static enum alignment align(const struct name_rules *rules, const char *from, const char *name)
{
	if (!is_name(rules, from) || !is_name(rules, name))
		return NOT_ALIGNED;
	if (strcmp(from, name) == 0)
		return ALIGNED_STRICT;
	if (!may_share_org(from, name))
		return NOT_ALIGNED;
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
	if (!domain) {
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
	if (v->result != SPF_PASSES)
		return 0;
	return v->domain == SPF_ALIGNED ? 3 : v->strict_only ? 2 : 1;
}

/* The domain of MAIL FROM, also where a whole address was written; NULL: there is none. */
static const char *envelope_domain(const struct name_rules *rules, const char *envelope_from,
				   char out[DOMAIN_SIZE])
{
	if (!envelope_from)
		return NULL;
	const char *at = strrchr(envelope_from, '@');
	const char *s = at ? at + 1 : envelope_from;
	size_t n = strlen(s);
	if (at && n > 0 && s[n - 1] == '>')
		n--;
	return domain_normalise(rules, s, n, out) ? out : NULL;
}

/* The MAIL FROM result; of several the best, because any of them carries DMARC. HELO results do
 * not, but that a bounce has no other identity (RFC 7208 section 2.4). */
static struct spf_verdict judge_spf(const struct name_rules *rules, struct dmarc_profile *p)
{
	struct spf_verdict best = {SPF_NO_DOMAIN, SPF_IS_NONE, false};
	char buf[DOMAIN_SIZE];
	const char *envelope = envelope_domain(rules, p->envelope_from, buf);
	bool any = false, helo = false;
	for (unsigned i = 0; i < p->n_spf; i++) {
		const struct dmarc_spf *s = &p->spf[i];
		if (s->scope.code == W_HELO) {
			helo = true;
			continue;
		}
		const char *domain = s->domain ? s->domain : envelope;
		struct spf_verdict v = spf_verdict(rules, p, domain, &s->result);
		if (!any || rank(&v) > rank(&best))
			best = v;
		any = true;
	}
	bool bounce = p->envelope_from ? !*p->envelope_from : helo && !any;
	if (bounce)
		p->flags |= DMARC_NULL_SENDER;
	for (unsigned i = 0; bounce && !any && i < p->n_spf; i++) {
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

static bool is_letter(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* Where a word begins with prefix, at or after s. */
static const char *find_word(const char *s, const char *text, const char *prefix)
{
	for (; *s; s++)
		if (strncasecmp(s, prefix, strlen(prefix)) == 0 && (s == text || !is_letter(s[-1])))
			return s;
	return NULL;
}

/* "arc=pass", "arc (i=1 spf=pass) pass", "as.1.relay.example=pass": ARC, and its result before the
 * next statement says another. */
static bool says_arc_pass(const char *comment)
{
	static const char *const names[] = {"arc", "as."};
	for (size_t i = 0; comment && i < sizeof names / sizeof *names; i++) {
		const char *p = comment;
		for (; (p = find_word(p, comment, names[i])); p++) {
			if (is_letter(p[3]) && i == 0)
				continue;
			const char *pass = find_word(p, comment, "pass");
			const char *fail = find_word(p, comment, "fail");
			const char *none = find_word(p, comment, "none");
			if (pass && (!fail || pass < fail) && (!none || pass < none) &&
			    !memchr(p, ';', (size_t)(pass - p)))
				return true;
		}
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

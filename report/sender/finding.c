#include "report/sender/finding.h"

#include <string.h>

#include "report/catalogue/catalogue.h"

const char *const category_names[CAT_COUNT] = {
    [CAT_AUTHORIZED] = "authorized",
    [CAT_LEGIT_SPF_MISSING] = "legit_spf_missing",
    [CAT_LEGIT_UNALIGNED] = "legit_unaligned",
    [CAT_LEGIT_BROKEN] = "legit_broken",
    [CAT_FORWARDER] = "forwarder",
    [CAT_SUSPECT_ABUSE] = "suspect_abuse",
    [CAT_UNAUTHORIZED] = "unauthorized",
    [CAT_UNKNOWN] = "unknown",
};

const char *const category_words[CAT_COUNT] = {
    [CAT_AUTHORIZED] = "authorised",       [CAT_LEGIT_SPF_MISSING] = "missing from SPF",
    [CAT_LEGIT_UNALIGNED] = "not aligned", [CAT_LEGIT_BROKEN] = "broken",
    [CAT_FORWARDER] = "forwarder",         [CAT_SUSPECT_ABUSE] = "suspected abuse",
    [CAT_UNAUTHORIZED] = "unauthorised",   [CAT_UNKNOWN] = "unknown",
};

const char *const change_names[CHANGE_COUNT] = {
    [CHANGE_NEW] = "new",
    [CHANGE_GONE] = "gone",
    [CHANGE_CHANGED] = "changed",
    [CHANGE_SAME] = "same",
};

const char *const remedy_names[REMEDY_COUNT] = {
    [REMEDY_NONE] = "none",
    [REMEDY_SPF_ADD] = "spf_add",
    [REMEDY_SPF_PUBLISH] = "spf_publish",
    [REMEDY_SPF_REPAIR] = "spf_repair",
    [REMEDY_DKIM_ALIGN] = "dkim_align",
    [REMEDY_DKIM_ENABLE] = "dkim_enable",
    [REMEDY_DKIM_REPAIR] = "dkim_repair",
    [REMEDY_RETURN_PATH] = "return_path",
    [REMEDY_DNS_REPAIR] = "dns_repair",
    [REMEDY_FORWARDER] = "forwarder",
    [REMEDY_BLOCK] = "block",
    [REMEDY_REVIEW] = "review",
    [REMEDY_CONFIRM] = "confirm",
};

const char *const reading_names[READING_COUNT] = {
    [READING_MISSING] = "missing",     [READING_FORGED] = "forged",
    [READING_FORWARDED] = "forwarded", [READING_SWITCHED_OFF] = "switched_off",
    [READING_STRANGER] = "stranger",
};

uint64_t tally_judged_pass(const struct tally *t)
{
	uint64_t sum = 0;
	for (int c = CELL_P1; c <= CELL_P7; c++)
		sum += t->cells[c];
	return sum;
}

#define MANY_SENDERS 20

bool sender_is_small(const struct domain_inventory *d, const struct sender *s)
{
	enum category c = s->verdict.category;
	bool swarms = c == CAT_UNKNOWN || c == CAT_UNAUTHORIZED || c == CAT_SUSPECT_ABUSE;
	return swarms && d->n_senders > MANY_SENDERS && s->change != CHANGE_GONE &&
	       100 * s->t.messages < d->messages;
}

const struct sender_source *sender_source_at(const struct sender *s, const struct ip *ip)
{
	for (size_t i = 0; i < s->n_sources; i++)
		if (ip_cmp(&s->sources[i].ip, ip) == 0)
			return &s->sources[i];
	return s->was && s->was != s ? sender_source_at(s->was, ip) : NULL;
}

uint64_t sender_aged_messages(const struct sender *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_sources; i++)
		n += s->sources[i].aged ? s->sources[i].messages : 0;
	return n;
}

const struct sender_source *sender_aged_source(const struct sender *s)
{
	for (size_t i = 0; i < s->n_sources; i++)
		if (s->sources[i].aged)
			return &s->sources[i];
	return NULL;
}

bool sender_failed_last(const struct sender *s)
{
	enum category c = s->verdict.category;
	bool ours = c == CAT_LEGIT_SPF_MISSING || c == CAT_LEGIT_BROKEN || c == CAT_LEGIT_UNALIGNED;
	return s->change == CHANGE_GONE && ours && s->was &&
	       2 * tally_judged_pass(&s->was->t) < s->was->t.messages;
}

bool sender_has_evidence(const struct sender *s, const char *code)
{
	for (unsigned i = 0; i < s->n_evidence; i++)
		if (strcmp(s->evidence[i].code, code) == 0)
			return true;
	return false;
}

bool sender_is_ignored(const struct sender *s)
{
	return s->label && s->label->verdict == LABEL_IGNORE;
}

bool sender_is_steady(const struct sender *s)
{
	if (s->t.messages == 0 || s->verdict.category == CAT_FORWARDER || sender_is_ignored(s))
		return false;
	if (s->hinted)
		return s->days >= 2 || s->was; /* invoices come monthly */
	return s->steady && s->verdict.category != CAT_UNAUTHORIZED;
}

bool sender_is_asked(const struct sender *s)
{
	return s->verdict.remedy.kind == REMEDY_CONFIRM && !s->ties_any &&
	       s->verdict.category != CAT_AUTHORIZED;
}

bool sender_is_legit(const struct sender *s)
{
	enum category c = s->verdict.category;
	return !sender_is_asked(s) && s->change != CHANGE_GONE && !sender_is_ignored(s) &&
	       (c == CAT_AUTHORIZED || c == CAT_LEGIT_SPF_MISSING || c == CAT_LEGIT_UNALIGNED ||
		c == CAT_LEGIT_BROKEN);
}

bool sender_is_filter(const struct sender *s)
{
	return s->service && s->service->kind == KIND_GATEWAY;
}

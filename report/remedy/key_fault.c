/* Faults of the DKIM keys in use. */
#include <string.h>

#include "core/day.h"
#include "report/remedy/keys.h"
#include "report/remedy/published.h"

/* Its sender is told to repair this key: one thing is enough. */
static bool is_told(const struct remedier *r, const struct used_key *k)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct sender *s = &r->senders[i];
		bool told = s->verdict.category != CAT_AUTHORIZED &&
			    (s->verdict.remedy.kind == REMEDY_DKIM_REPAIR ||
			     s->verdict.remedy.kind == REMEDY_CONFIRM);
		if (told && sender_is_legit(s) && s->verdict.remedy.text &&
		    strstr(s->verdict.remedy.text, k->name))
			return true;
	}
	return false;
}

/* Anybody can sign as us with a selector that he made up: who publishes its key lets him in. So a
 * key that never verified is asked about with its sender, unless that one is known to be ours. */
static bool may_be_a_strangers(const struct remedier *r, const struct used_key *k)
{
	const struct sender *s = k->who;
	if (k->ours || !s)
		return false;
	return !sender_is_legit(s) ||
	       (!s->ties_any && !zone_uses(r->zone, s->service) && tally_judged_pass(&s->t) == 0);
}

/* NULL: nothing is. */
static const char *what_is_wrong(const struct remedier *r, const struct used_key *k)
{
	switch (k->key.state) {
	case DKIM_KEY_MISSING:
		return "is not in DNS";
	case DKIM_KEY_REVOKED:
		return "is revoked (p= is empty)";
	case DKIM_KEY_BAD:
		return "holds no valid key";
	case DKIM_KEY_GOOD:
		if (!k->key.ed25519 && k->key.bits < KEY_LEAST_BITS)
			return arena_printf(r->a,
					    "has %u bits, and receivers accept none below %d (RFC "
					    "8301)",
					    k->key.bits, KEY_LEAST_BITS);
		return key_is_another(k) ? "is not the key that signs: no signature verifies"
					 : NULL;
	default:
		return key_is_silent(k) ? "could not be asked: its name servers do not answer"
					: NULL;
	}
}

static const char *what_to_do(const struct used_key *k)
{
	if (k->silent)
		return "Ask again; if it stays so, whoever runs the zone that it is in, or that "
		       "its alias (CNAME) leads to, has to repair that";
	if (k->key.state == DKIM_KEY_GOOD && k->key.bits < KEY_LEAST_BITS && !k->key.ed25519)
		return "Make a new key of 2,048 bits where it signs, and publish that one";
	if (k->key.state == DKIM_KEY_REVOKED)
		return "Publish the key again, or let it sign with another selector";
	return "Publish the key that it signs with, as its settings show it";
}

/* The record as it was meant, where only quotes or line ends spoil it. */
static const struct record_change *cleaned(const struct remedier *r, const struct used_key *k)
{
	const char *after =
	    k->key.state == DKIM_KEY_BAD && k->text ? dkim_key_clean(k->text, r->a) : NULL;
	if (!after)
		return NULL;
	struct record_change *c = arena_alloc(r->a, sizeof *c);
	*c =
	    (struct record_change){.name = k->name, .before = k->text, .after = after, .terms = ""};
	return c;
}

/* What comes of it. Reports are older than DNS: a key may have been replaced since. */
static const char *usage(const struct remedier *r, const struct used_key *k, const struct sender *s)
{
	char day[DAY_STRLEN];
	const char *name = s ? s->name : "a sender of yours";
	if (k->failing > 0 && !k->silent)
		return arena_printf(r->a,
				    "%s signs with it, and the signatures of %llu messages fail",
				    name, (unsigned long long)k->failing);
	if (k->silent)
		return arena_printf(r->a,
				    "%s signs with it, and %llu messages passed by it alone, "
				    "without SPF: they fail "
				    "while receivers get no answer, either",
				    name, (unsigned long long)k->alone);
	if (k->key.state == DKIM_KEY_GOOD)
		return arena_printf(r->a, "%s signs with it", name);
	return arena_printf(
	    r->a,
	    "%s signed with it until %s, and %llu messages passed: if it still does, "
	    "its signatures fail now",
	    name, day_format(k->last, day), (unsigned long long)k->passing);
}

static void key_fault(const struct remedier *r, const struct used_key *k, const char *wrong,
		      struct remedies *out)
{
	const struct sender *s = k->failing > 0 && k->who ? k->who : k->signer;
	struct fault *f = fault_add(out);
	if (!f)
		return;
	const char *uses = usage(r, k, s);
	f->change = cleaned(r, k);
	f->id = arena_printf(r->a, "key:%s", k->name);
	f->title = arena_printf(r->a, "DKIM key %s", k->name);
	f->text =
	    arena_printf(r->a, "the key at %s %s. %s. %s", k->name, wrong, uses,
			 f->change ? "Publish it without what is no part of a key" : what_to_do(k));
	bool lost = k->failing > 0 && k->who && tally_judged_pass(&k->who->t) < k->who->t.messages;
	f->weight = lost ? FAULT_LOST : FAULT_OPEN;
	f->about = s ? s->key : NULL;
	f->messages = k->failing > 0 ? k->failing : k->silent ? k->alone : k->passing;
}

void key_faults(const struct remedier *r, struct remedies *out)
{
	struct used_keys *used = arena_alloc(r->a, sizeof *used);
	keys_find(used, r->zone, r->senders, r->n);
	for (unsigned i = 0; i < used->n; i++) {
		const struct used_key *k = &used->list[i];
		const char *wrong = what_is_wrong(r, k);
		bool in_use = k->current || k->failing > 0;
		if (wrong && in_use && !key_is_rotated(k, r->gate.periods[0]->window.until) &&
		    !may_be_a_strangers(r, k) && !is_told(r, k))
			key_fault(r, k, wrong, out);
	}
}

/* D6: are the keys of the selectors in use in DNS, and strong enough? */
#include "report/remedy/keys.h"
#include "report/readiness/priv.h"

#define DKIM_LEAST_BITS 1024 /* RFC 8301 section 3.2 */

static enum check_status key_status(const struct judging *j, const struct used_key *s,
				    const char **what)
{
	static const char *const words[] = {[DKIM_KEY_UNKNOWN] = "could not be looked up",
					    [DKIM_KEY_MISSING] = "is not in DNS",
					    [DKIM_KEY_REVOKED] = "is revoked",
					    [DKIM_KEY_BAD] = "is not a valid key",
					    [DKIM_KEY_GOOD] = ""};
	const struct dkim_key *k = &s->key;
	const char *who = s->who ? TEXT(j, ", and %s signs with it (%llu messages fail)",
					s->who->name, (unsigned long long)s->failing)
				 : "";
	*what = TEXT(j, "%s%s", words[k->state], who);
	if (key_is_silent(s)) {
		*what =
		    TEXT(j,
			 "could not be asked (its name servers do not answer), and %llu messages "
			 "passed by it alone",
			 (unsigned long long)s->alone);
		return CHECK_WARN;
	}
	if (k->state == DKIM_KEY_UNKNOWN)
		return CHECK_UNKNOWN;
	if (k->state != DKIM_KEY_GOOD)
		return key_is_rotated(s, j->in->as_of) ? CHECK_PASS : CHECK_FAIL;
	enum check_status status = k->ed25519 ? CHECK_PASS : judge_value(j, CHECK_D6, k->bits);
	if (status != CHECK_PASS) /* receivers refuse what is shorter, and nothing else for it */
		*what = TEXT(j, "has %u bits%s", k->bits, k->bits < DKIM_LEAST_BITS ? who : "");
	else if (key_is_another(s)) {
		*what =
		    TEXT(j, "never verified%s: the published key is not the one that signs", who);
		status = CHECK_FAIL;
	} else if (k->testing)
		*what = "is a key in test mode (t=y)";
	return status == CHECK_PASS && k->testing ? CHECK_WARN : status;
}

void check_keys(struct judging *j)
{
	struct used_keys *used = arena_alloc(j->a, sizeof *used);
	const char *text = "every selector in use has a valid key";
	enum check_status worst = CHECK_PASS;
	unsigned least = 0;
	keys_find(used, &j->zone, j->out->inventory->senders, j->out->inventory->n_senders);
	for (unsigned i = 0; i < used->n; i++) {
		const struct used_key *s = &used->list[i];
		const char *what;
		enum check_status status = key_status(j, s, &what);
		j->silent_key = key_is_silent(s) ? s->name : j->silent_key;
		if (s->key.state == DKIM_KEY_GOOD && !s->key.ed25519 &&
		    (!least || s->key.bits < least))
			least = s->key.bits;
		if (worse(status, worst) > 0) {
			worst = status;
			text = TEXT(j, "%s %s", s->name, what);
		}
	}
	if (used->n == 0)
		set_check(j, CHECK_D6, CHECK_FAIL, "none",
			  "no DKIM signature of your domain passes");
	else
		set_check(j, CHECK_D6, worst,
			  least ? TEXT(j, "%u selector%s, %u bits", used->n,
				       used->n == 1 ? "" : "s", least)
				: TEXT(j, "%u selector%s", used->n, used->n == 1 ? "" : "s"),
			  text);
}

/* A5: what of our mail is signed, and what nobody could tell from a stranger's. */
#include "report/readiness/priv.h"
#include "report/remedy/signing.h"
#include "report/sender/tenant.h"

/* A signature that fails, and one of another name than strict alignment wants, are not missing. */
static const char *why_unsigned(const struct judging *j, const struct sender *s)
{
	const struct signing x = signing_of(&j->zone, s);
	uint64_t aside = x.passing > s->t.dkim_aligned ? x.passing - s->t.dkim_aligned : 0;
	if (x.failing >= x.bare && x.failing >= aside && x.failing > 0)
		return ", its signature fails";
	return aside > x.bare ? ", signed as another name than adkim=s accepts" : "";
}

/* Who of ours sends mail without a signature that passes, and with what share of legitimate mail:
 * those that hardly sign; if there are none, those that sign less than most of their mail. */
static const char *unsigned_below(const struct judging *j, unsigned per_cent)
{
	const struct domain_inventory *inv = j->out->inventory;
	const char *names = "";
	unsigned n = 0;
	for (size_t i = 0; i < inv->n_senders; i++) {
		const struct sender *s = &inv->senders[i];
		const struct volume *v = &j->of_sender[i];
		double share = percent(v->messages - v->dkim, j->gate[FATE_LEGIT].messages);
		if (!sender_is_legit(s) || v->messages == 0 ||
		    100 * v->dkim >= per_cent * v->messages || share < 0.5 || ++n > 5)
			continue;
		names = TEXT(j, "%s%s%s (%.0f%%%s)", names, n > 1 ? ", " : "", s->name, share,
			     why_unsigned(j, s));
	}
	return names;
}

static const char *unsigned_senders(const struct judging *j)
{
	const char *hardly = unsigned_below(j, 80);
	return *hardly ? hardly : unsigned_below(j, 99);
}

/* What passes unsigned out of machines that a service lets any customer send from with our envelope
 * sender; "": nothing. */
static const char *untold_senders(const struct judging *j)
{
	const struct domain_inventory *inv = j->out->inventory;
	const char *names = "", *at;
	uint64_t messages = 0;
	for (size_t i = 0; i < inv->n_senders; i++) {
		bool known;
		const struct sender *s = &inv->senders[i];
		bool pass = j->of_sender[i].pass > 0 && sender_is_legit(s) && !s->label;
		uint64_t n = pass ? tenant_untold(&j->zone, s, &at, &known) : 0;
		if (n == 0 || !known)
			continue;
		names = TEXT(j, "%s%s%s", names, *names ? ", " : "", at);
		messages += n;
	}
	return messages ? TEXT(j,
			       ". %llu messages pass unsigned by way of %s, where any customer may "
			       "use your envelope sender: a stranger's pass as yours, and no "
			       "report tells them apart",
			       (unsigned long long)messages, names)
			: "";
}

void check_signed(struct judging *j)
{
	const struct volume *g = &j->gate[FATE_LEGIT];
	double dkim = percent(g->dkim, g->messages);
	enum check_status status = g->messages ? judge_value(j, CHECK_A5, dkim) : CHECK_UNKNOWN;
	const char *bare = status == CHECK_PASS ? unsigned_below(j, 80) : unsigned_senders(j);
	const char *untold = j->zone.answered ? untold_senders(j) : "";
	set_check(j, CHECK_A5, status == CHECK_PASS && *untold ? CHECK_WARN : status,
		  g->messages ? TEXT(j, "%.1f%%", dkim) : "",
		  TEXT(j,
		       "%s%s%sRFC 9989 section 7.4 requires DKIM before p=reject, as forwarding "
		       "breaks SPF%s",
		       *bare ? "without a DKIM signature that counts: " : "", bare,
		       *bare ? ". " : "", untold));
}

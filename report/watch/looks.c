#include "report/watch/looks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/day.h"
#include "core/text.h"
#include "dns/dkim_key.h"
#include "dns/dmarc.h"
#include "dns/spf/spf.h"

#define KEYS_WATCHED   40 /* selectors of a domain; real ones have a handful */
#define KEY_BITS_LEAST 1024

/* ---- which names ---- */

static struct look *add(struct looks *out, const char *name, enum look_role role)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->list[i].role == role && strcmp(out->list[i].name, name) == 0)
			return NULL;
	out->list[out->n] = (struct look){.name = name, .role = role, .p = -1, .sp = -1};
	return &out->list[out->n++];
}

static void add_keys(const struct looks_input *in, struct arena *a, struct looks *out)
{
	const char *org = in->rules->org_domain(in->rules->ctx, in->domain);
	size_t keys = 0;
	for (size_t i = 0; i < in->window->n_facts; i++) {
		const struct dmarc_profile *p = &in->window->profiles[in->window->facts[i].profile];
		for (unsigned k = 0; k < p->n_dkim && keys < KEYS_WATCHED; k++) {
			const struct dmarc_dkim *s = &p->dkim[k];
			if (!p->aligned_dkim || s->result.code != W_PASS || !s->selector ||
			    !s->domain || !domain_is_below(s->domain, org))
				continue;
			const char *name =
			    arena_printf(a, "%s._domainkey.%s", s->selector, s->domain);
			keys += strlen(name) < DOMAIN_SIZE && add(out, name, LOOK_KEY) != NULL;
		}
	}
}

static enum look_role role_of(const char *name)
{
	return strncmp(name, "_dmarc.", 7) == 0       ? LOOK_DMARC
	       : strstr(name, "._domainkey.") != NULL ? LOOK_KEY
						      : LOOK_SPF;
}

/* ---- what they say ---- */

/* As text; octets that are none as \DDD. */
static const char *readable(const char *s, size_t n, struct arena *a)
{
	struct buf b;
	buf_init(&b, 1u << 20);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c < ' ' || c >= 0x7f || c == '\\')
			buf_printf(&b, "\\%03u", c);
		else
			buf_putc(&b, (char)c);
	}
	const char *text = arena_strndup(a, b.data ? b.data : "", b.len);
	buf_free(&b);
	return text;
}

static bool contains(const char *text, const char *word)
{
	size_t n = strlen(word);
	for (; strlen(text) >= n; text++)
		if (ascii_ieq_n(text, n, word))
			return true;
	return false;
}

/* At the domain itself stand many other texts. */
static bool is_wanted(const struct look *l, const char *text)
{
	return l->role == LOOK_KEY || contains(text, l->role == LOOK_DMARC ? "dmarc" : "spf");
}

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void take_records(struct look *l, const struct dns_answer *answer, struct arena *a)
{
	size_t n = answer->outcome == DNS_OK ? answer->n : 0;
	const char **list = arena_alloc(a, (n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++) {
		const char *text =
		    l->role == LOOK_MX
			? arena_printf(a, "%u %s", answer->mx[i].preference, answer->mx[i].host)
			: readable(answer->texts[i].data, answer->texts[i].len, a);
		if (l->role == LOOK_MX || is_wanted(l, text))
			list[l->said.n++] = text;
	}
	qsort(list, l->said.n, sizeof *list, by_text);
	l->said.records = list;
}

static void judge_spf(struct look *l, const struct dns_view *view, struct arena *a)
{
	struct spf_tree tree;
	spf_tree_read(view, l->name, a, &tree);
	if (tree.pending || tree.result == SPF_TEMPERROR) {
		l->answered = false;
		return;
	}
	if (l->said.n == 0 || tree.result != SPF_PERMERROR)
		return;
	l->said.fault = tree.lookups > SPF_LOOKUP_LIMIT ? "lookups" : "error";
	l->detail = tree.lookups > SPF_LOOKUP_LIMIT
			? arena_printf(a, "it needs %u DNS lookups, more than ten", tree.lookups)
			: tree.problem;
}

static int rank_of(enum published_policy p)
{
	return p == POLICY_REJECT ? 2 : p == POLICY_QUARANTINE ? 1 : 0;
}

static void judge_dmarc(struct look *l, struct arena *a)
{
	struct dmarc_published r;
	unsigned valid = 0;
	for (size_t i = 0; i < l->said.n; i++) {
		if (!dmarc_parse(l->said.records[i], a, &r))
			continue;
		valid++;
		l->p = rank_of(r.p);
		l->sp = r.sp == POLICY_ABSENT ? l->p : rank_of(r.sp);
		l->rua = "";
		for (unsigned k = 0; k < r.n_rua; k++)
			l->rua = arena_printf(a, "%s%s%s", l->rua, k ? " " : "", r.rua[k].uri);
		for (unsigned k = 0; k < r.n_notes; k++)
			if (r.notes[k].weight == DMARC_BAD) {
				l->said.fault = "error";
				l->detail = r.notes[k].text;
			}
	}
	if (valid == 1 || l->said.n == 0)
		return;
	l->said.fault = "error";
	l->detail = valid > 1 ? "there are several records" : "it is no DMARC record";
}

static void judge_key(struct look *l, const struct dns_answer *answer, struct arena *a)
{
	struct dkim_key key = dkim_key_read(answer);
	switch (key.state) {
	case DKIM_KEY_UNKNOWN:
		l->answered = false;
		return;
	case DKIM_KEY_MISSING:
	case DKIM_KEY_REVOKED:
		l->said.fault = "gone";
		l->detail = key.state == DKIM_KEY_REVOKED ? "it is revoked" : NULL;
		return;
	case DKIM_KEY_BAD:
		l->said.fault = "error";
		l->detail = "it is no valid key";
		return;
	case DKIM_KEY_GOOD:
		l->bits = key.ed25519 ? 0 : key.bits;
	}
	if (l->bits > 0 && l->bits < KEY_BITS_LEAST) {
		l->said.fault = "weak";
		l->detail = arena_printf(a, "it has %u bits, less than 1,024", l->bits);
	}
}

static void look_at(struct look *l, const struct dns_view *view, struct arena *a)
{
	const struct dns_answer *answer =
	    dns_ask(view, l->name, l->role == LOOK_MX ? DNS_MX : DNS_TXT);
	l->answered = answer->outcome != DNS_PENDING && !dns_failed(answer);
	if (!l->answered)
		return;
	take_records(l, answer, a);
	if (l->role == LOOK_SPF)
		judge_spf(l, view, a);
	else if (l->role == LOOK_DMARC)
		judge_dmarc(l, a);
	else if (l->role == LOOK_KEY)
		judge_key(l, answer, a);
}

void looks_read(const struct looks_input *in, const struct dns_view *view, struct arena *a,
		struct looks *out)
{
	*out = (struct looks){0};
	out->list = arena_alloc(a, (KEYS_WATCHED + in->n_more + 3) * sizeof *out->list);
	add(out, in->domain, LOOK_SPF);
	add(out, arena_printf(a, "_dmarc.%s", in->domain), LOOK_DMARC);
	add(out, in->domain, LOOK_MX);
	add_keys(in, a, out);
	for (size_t i = 0; i < in->n_more; i++)
		add(out, in->more[i], role_of(in->more[i]));
	for (size_t i = 0; i < out->n; i++)
		look_at(&out->list[i], view, a);
	/* an SPF tree that fails elsewhere is somebody else's trouble */
	const struct dns_answer *apex = dns_ask(view, in->domain, DNS_TXT);
	out->silent = dns_failed(apex) || apex->outcome == DNS_PENDING || !out->list[1].answered;
}

/* ---- DNS as it was ---- */

static const char *type_word(enum dns_type type)
{
	return type == DNS_TXT ? "TXT" : type == DNS_MX ? "MX" : "";
}

static struct digest key_of(const char *name, const char *type)
{
	char key[DOMAIN_SIZE + 8];
	int n = snprintf(key, sizeof key, "%s %s", type, name);
	return hash_fixed128(key, n < (int)sizeof key ? (size_t)n : sizeof key - 1);
}

void looks_past_begin(struct looks_past *x)
{
	for (size_t i = 0; i < x->n_kept; i++) {
		struct digest key = key_of(x->kept[i].name, x->kept[i].type);
		bool fresh;
		uint64_t *at = map_put(&x->rows, &key, &fresh);
		if (fresh)
			*at = i + 1;
	}
}

void looks_past_end(struct looks_past *x)
{
	map_free(&x->rows);
}

/* What the name said at the end of the day: the last change until then, else what it said before
 * the first one after it. */
static const struct dns_said *said_on(const struct looks_past *x, const char *name,
				      const char *type, int64_t *seen_at)
{
	struct digest key = key_of(name, type);
	const uint64_t *at = map_get(&x->rows, &key);
	const struct dns_said *said = NULL;
	for (size_t i = at ? (size_t)*at - 1 : x->n_kept; i < x->n_kept; i++) {
		const struct dns_change *c = &x->kept[i];
		if (strcmp(c->name, name) != 0 || strcmp(c->type, type) != 0)
			break;
		bool later = day_from_unix(c->seen_at) > x->day;
		if (!c->confirmed)
			continue;
		if (said && later)
			break;
		said = later && !c->first ? &c->before : &c->after;
		*seen_at = c->seen_at;
	}
	return said;
}

static size_t unreadable(const char *s, char *out)
{
	size_t n = 0;
	for (; *s; s++)
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			out[n++] = (char)(100 * (s[1] - '0') + 10 * (s[2] - '0') + (s[3] - '0'));
			s += 3;
		} else {
			out[n++] = *s;
		}
	out[n] = '\0';
	return n;
}

static const struct dns_answer *answer_of(struct looks_past *x, const char *name,
					  enum dns_type type, const struct dns_said *said,
					  int64_t seen_at)
{
	struct dns_answer *out = arena_alloc(x->a, sizeof *out);
	*out = (struct dns_answer){.outcome = said->n ? DNS_OK : DNS_NODATA,
				   .name = arena_strdup(x->a, name),
				   .asked_at = seen_at,
				   .n = said->n};
	out->canonical = out->name;
	struct dns_text *texts = arena_alloc(x->a, (said->n + 1) * sizeof *texts);
	struct dns_mx *mx = arena_alloc(x->a, (said->n + 1) * sizeof *mx);
	for (size_t i = 0; i < said->n; i++) {
		char *data = arena_alloc(x->a, strlen(said->records[i]) + 1), *end;
		size_t len = unreadable(said->records[i], data);
		texts[i] = (struct dns_text){.data = data, .len = len, .strings = 1};
		if (type != DNS_MX)
			continue;
		mx[i].preference = (unsigned)strtoul(data, &end, 10);
		mx[i].host = *end == ' ' ? end + 1 : end;
	}
	if (type == DNS_MX)
		out->mx = mx;
	else
		out->texts = texts;
	return out;
}

static const struct dns_answer *ask_past(void *ctx, const char *name, enum dns_type type)
{
	static const struct dns_answer nothing = {
	    .outcome = DNS_NOT_ASKED, .name = "", .canonical = ""};
	struct looks_past *x = ctx;
	int64_t seen_at = 0;
	const struct dns_answer *now = x->inner ? dns_ask(x->inner, name, type) : &nothing;
	/* a name that does not exist at all does not exist: that is asked of no past */
	const struct dns_said *said = said_on(x, name, type_word(type), &seen_at);
	if (!said || (said->n == 0 && dns_is_void(now)))
		return now;
	return answer_of(x, name, type, said, seen_at);
}

struct dns_view looks_view(struct looks_past *x)
{
	return (struct dns_view){ask_past, x};
}

int32_t looks_day(const char *domain, const struct dns_change *kept, size_t n, int32_t day)
{
	for (size_t i = 0; i < n; i++)
		if (kept[i].first && strcmp(kept[i].name, domain) == 0 &&
		    strcmp(kept[i].type, "TXT") == 0 && day_from_unix(kept[i].seen_at) > day)
			return day_from_unix(kept[i].seen_at);
	return day;
}

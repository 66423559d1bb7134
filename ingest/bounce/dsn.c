/* message/delivery-status (RFC 3464, with addresses in UTF-8: RFC 6533). */
#include "core/limits.h"
#include "ingest/auth/author.h"
#include "ingest/bounce/clean.h"
#include "ingest/bounce/mail.h"
#include "ingest/bounce/reply.h"

/* The fields of one group that count; value n = 0: absent. */
struct group {
	struct span reporting, arrival, sender, queue;
	struct span final, original, action, status, remote, diagnostic, last;
	bool recipient;
};

static void take_field(struct group *g, struct span name, struct span v)
{
	const struct {
		const char *name;
		struct span *to;
		bool recipient;
	} rows[] = {
	    {"reporting-mta", &g->reporting, false},
	    {"arrival-date", &g->arrival, false},
	    {"x-postfix-sender", &g->sender, false},
	    {"x-postfix-queue-id", &g->queue, false},
	    {"final-recipient", &g->final, true},
	    {"original-recipient", &g->original, true},
	    {"action", &g->action, true},
	    {"status", &g->status, true},
	    {"remote-mta", &g->remote, true},
	    {"diagnostic-code", &g->diagnostic, true},
	    {"last-attempt-date", &g->last, true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!span_is(name, rows[i].name))
			continue;
		/* many write a second, better one behind the first: of the type smtp */
		if (rows[i].to->n == 0 || (rows[i].to == &g->diagnostic && span_begins(v, "smtp") &&
					   !span_begins(g->diagnostic, "smtp")))
			*rows[i].to = v;
		g->recipient |= rows[i].recipient;
	}
}

/* The next group of *s; *s loses it. false: there is none. */
static bool next_group(struct span *s, struct group *g)
{
	struct span line, name = {NULL, 0}, value = {NULL, 0};
	bool any = false;
	*g = (struct group){.recipient = false};
	while (span_line(s, &line)) {
		bool blank = span_trim(line).n == 0;
		if (!blank && ascii_is_space(line.p[0]) && name.n > 0) {
			value.n = (size_t)(line.p + line.n - value.p);
			continue;
		}
		if (name.n > 0)
			take_field(g, name, span_trim(value));
		name.n = 0;
		if (blank && any)
			return true;
		size_t colon = span_chr(line, ':');
		if (blank || colon == SPAN_NONE)
			continue;
		name = span_trim(span_to(line, colon));
		value = span_from(line, colon + 1);
		any = true;
	}
	if (name.n > 0)
		take_field(g, name, span_trim(value));
	return any;
}

static int64_t date_of(struct span v)
{
	int64_t at;
	return v.n > 0 && v.n < 200 && mail_date_read(v.p, v.n, &at) ? at : 0;
}

/* Behind "dns;". */
static struct span without_type(struct span v)
{
	size_t semicolon = span_chr(span_to(v, 20), ';');
	return semicolon == SPAN_NONE ? v : span_trim(span_from(v, semicolon + 1));
}

static void take_message(struct reading *rd, const struct group *g, struct common *c)
{
	if (g->reporting.n > 0) {
		struct span v = without_type(g->reporting), word;
		const char *name = span_word(&v, &word) ? reading_name(rd, word) : NULL;
		c->base.reporting_host = name ? name : c->base.reporting_host;
	}
	if (g->queue.n > 0 && g->queue.n < 64)
		c->base.queue_id =
		    clean_strike(&rd->arena, clean_line(&rd->arena, g->queue), NULL, 0);
	if (g->sender.n > 0)
		reading_mail_from(rd, without_type(g->sender), &c->base);
	if (!c->base.at)
		c->base.at = date_of(g->arrival);
}

/* What the body says of this recipient: the section that names it, or, of one alone, the only
 * one. Of several, what is said of another is not said of this. */
static const struct section *section_of(const struct section *sections, size_t n,
					struct span address, bool alone)
{
	for (size_t i = 0; i < n; i++)
		if (sections[i].has_rcpt && sections[i].rcpt.whole.n == address.n &&
		    memcmp(sections[i].rcpt.whole.p, address.p, address.n) == 0)
			return &sections[i];
	return n == 1 && alone ? sections : NULL;
}

/* The body may say better which server it was, and when. */
static void add_context(struct reading *rd, const struct section *s, struct refusal *r)
{
	struct refusal said = {.form = r->form};
	bool end;
	struct span context = clean_line(&rd->arena, s->context);
	reply_peer(rd, context, &said);
	if (!r->remote_host && !r->remote_ip.family) {
		r->remote_host = said.remote_host;
		r->remote_ip = said.remote_ip;
	} else if (!r->remote_ip.family && said.remote_host && r->remote_host &&
		   strcmp(said.remote_host, r->remote_host) == 0) {
		r->remote_ip = said.remote_ip;
	}
	if (r->reply.phase == PHASE_UNKNOWN) {
		r->reply.phase = reply_phase(context, &end);
		r->reply.phase_end = r->reply.phase == PHASE_DATA && end;
	}
}

static void take_recipients(struct reading *rd, const struct group *g, struct span *known,
			    size_t *n_known, struct refusal *r, struct span *whole)
{
	struct address final, original;
	bool has_final = g->final.n > 0 && reading_address(rd, g->final, &final);
	bool has_original = g->original.n > 0 && reading_address(rd, g->original, &original);
	if (has_original)
		known[(*n_known)++] = original.local;
	if (!has_final && has_original)
		final = original, has_final = true;
	if (!has_final)
		return;
	known[(*n_known)++] = final.local;
	*whole = final.whole;
	reading_recipient(rd, &final, r);
	if (has_original && original.domain && final.domain &&
	    strcmp(original.domain, final.domain) != 0)
		r->original_domain = original.domain;
}

/* "deliverable", "undeliverable": Postfix was asked to try the address alone (sendmail -bv). */
static bool failed(const struct group *g, bool *delivered)
{
	static const char *const good[] = {"delivered", "relayed", "expanded", "deliverable"};
	static const char *const bad[] = {"failed", "delayed", "undeliverable"};
	bool arrived = span_begins(g->status, "2.");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		arrived = arrived && !span_begins(g->action, bad[i]);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		arrived = arrived || span_begins(g->action, good[i]);
	*delivered |= arrived;
	return !arrived;
}

static enum status tell_group(struct reading *rd, const struct mail *m, const struct group *g,
			      const struct section *sections, size_t n, bool alone)
{
	struct refusal r = m->common.base;
	struct span known[8], whole = {"", 0};
	size_t n_known = m->common.n_known;
	memcpy(known, m->common.known, n_known * sizeof *known);
	take_recipients(rd, g, known, &n_known, &r, &whole);
	reply_status(g->status, r.bounce_status);
	r.action = span_begins(g->action, "delayed") ? REFUSAL_DELAYED : REFUSAL_FAILED;
	if (g->remote.n > 0)
		reply_take_peer(rd, without_type(g->remote), &r);
	int64_t at = date_of(g->last);
	r.at = at ? at : r.at;
	const struct section *s = section_of(sections, n, whole, alone);
	bool said = g->diagnostic.n > 0 && reply_read(rd, g->diagnostic, known, n_known, &r);
	if (!said && s && (s->coded || g->diagnostic.n == 0))
		reply_read(rd, s->reply, known, n_known, &r);
	if (s)
		add_context(rd, s, &r);
	return reading_tell(rd, &r);
}

static bool is_alone(struct span s)
{
	struct group g;
	unsigned n = 0;
	while (n < 2 && next_group(&s, &g))
		n += g.recipient;
	return n < 2;
}

enum status dsn_read(struct reading *rd, struct mail *m, const struct section *sections, size_t n,
		     bool *delivered)
{
	struct span s = {m->status.data, m->status.len};
	struct group g;
	bool alone = is_alone(s);
	enum status st = ST_OK;
	while (st == ST_OK && next_group(&s, &g)) {
		take_message(rd, &g, &m->common);
		if (!g.recipient || !failed(&g, delivered))
			continue;
		if (rd->outcome.refusals >= LIMIT_BOUNCE_RECIPIENTS) {
			rd->outcome.dropped++;
			continue;
		}
		st = tell_group(rd, m, &g, sections, n, alone);
	}
	return st;
}

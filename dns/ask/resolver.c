#include "dns/ask/resolver.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/arena.h"
#include "core/hash.h"
#include "core/limits.h"
#include "core/mem.h"
#include "dns/ask/transport.h"
#include "dns/ask/wire.h"

#define CHASE_LIMIT  8
#define TTL_LEAST    60 /* seconds: a second run right after the first asks nothing */
#define SERVERS_SIZE 512

struct entry {
	struct question q; /* first: the transport hands back a pointer to it */
	struct resolver *r;
	struct dns_answer answer;
	struct entry *next;  /* of the same hash */
	struct entry *later; /* in the order of asking */
	const void *message;
	size_t len;
	enum dns_outcome outcome; /* its own, whatever chasing made of the answer */
	bool restored, used;
};

struct resolver {
	struct resolver_options options;
	struct transport *transport; /* NULL: offline */
	struct arena arena;
	struct map by_name;          /* digest of name and type -> struct entry * */
	struct entry *first, **last; /* all, in the order of asking */
	struct entry **queue;
	size_t queued, queue_room, noted;
	size_t share; /* of options.questions, per cent */
	char servers[SERVERS_SIZE];
	struct resolver_stats stats;
};

static struct digest digest_of(const char *name, enum dns_type type)
{
	char key[WIRE_NAME_SIZE + 4];
	size_t n = strlen(name);
	struct digest digest = {{0}};
	memcpy(key, name, n);
	key[n] = (char)type;
	uint64_t hash = hash_bytes(key, n + 1);
	memcpy(digest.b, &hash, sizeof hash);
	return digest;
}

static struct entry *find(struct resolver *r, const char *name, enum dns_type type, bool *fresh)
{
	struct digest digest = digest_of(name, type);
	uint64_t *slot = map_put(&r->by_name, &digest, fresh);
	struct entry *e = (struct entry *)(uintptr_t)*slot;
	for (; e; e = e->next)
		if (e->q.type == type && strcmp(e->q.name, name) == 0)
			break;
	*fresh = e == NULL;
	if (e)
		return e;
	e = arena_alloc(&r->arena, sizeof *e);
	e->r = r;
	e->q.name = arena_strdup(&r->arena, name);
	e->q.type = type;
	e->answer.name = e->answer.canonical = e->q.name;
	e->next = (struct entry *)(uintptr_t)*slot;
	*slot = (uintptr_t)e;
	*r->last = e;
	r->last = &e->later;
	return e;
}

static void note(struct resolver *r, struct entry *e)
{
	if (!r->transport || r->noted >= r->options.questions * r->share / 100) {
		e->answer.outcome = DNS_NOT_ASKED;
		r->stats.not_asked++;
		return;
	}
	r->queue = MEM_ROOM(r->queue, r->queued, r->queue_room);
	r->queue[r->queued++] = e;
	r->noted++;
}

static void use(struct resolver *r, struct entry *e)
{
	if (!e->restored || e->used)
		return;
	e->used = true;
	if (!dns_failed(&e->answer))
		r->stats.oldest = r->stats.oldest && r->stats.oldest < e->answer.asked_at
				      ? r->stats.oldest
				      : e->answer.asked_at;
	else if (r->transport)
		r->stats.remembered++;
}

static struct entry *look_up(struct resolver *r, const char *name, enum dns_type type)
{
	char text[WIRE_NAME_SIZE];
	bool fresh;
	bool good = wire_name(name, text);
	struct entry *e = find(r, good ? text : "\\invalid", type, &fresh);
	if (!fresh) {
		use(r, e);
		return e;
	}
	if (good)
		note(r, e);
	else
		e->answer.outcome = DNS_MALFORMED;
	return e;
}

/* Where a response ends in the middle of a chain of CNAMEs: go on, and take what is found there. */
static void chase(struct resolver *r, struct entry *e)
{
	struct entry *to = e;
	for (int step = 0; to->answer.outcome == DNS_OK && to->answer.n == 0; step++) {
		if (step == CHASE_LIMIT) {
			e->answer.outcome = DNS_MALFORMED;
			return;
		}
		to = look_up(r, to->answer.canonical, e->q.type);
	}
	if (to == e || to->answer.outcome == DNS_PENDING)
		return;
	const char *name = e->answer.name;
	uint32_t ttl = e->answer.ttl < to->answer.ttl ? e->answer.ttl : to->answer.ttl;
	e->answer = to->answer;
	e->answer.name = name;
	e->answer.ttl = ttl;
}

static const struct dns_answer *ask(void *ctx, const char *name, enum dns_type type)
{
	static const struct dns_answer pending = {
	    .outcome = DNS_PENDING, .name = "", .canonical = ""};
	struct entry *e = look_up(ctx, name, type);
	if (e->answer.outcome == DNS_OK && e->answer.n == 0) {
		chase(ctx, e);
		if (e->answer.outcome == DNS_OK && e->answer.n == 0)
			return &pending;
	}
	return &e->answer;
}

struct dns_view resolver_view(struct resolver *r)
{
	return (struct dns_view){.ask = ask, .ctx = r};
}

static uint32_t believed(uint32_t ttl)
{
	return ttl < TTL_LEAST ? TTL_LEAST : ttl > LIMIT_DNS_TTL ? LIMIT_DNS_TTL : ttl;
}

static void read_message(struct entry *e, const void *message, size_t len)
{
	e->message = arena_memdup(&e->r->arena, message, len);
	e->len = len;
	dns_answer_read(e->message, len, e->q.name, e->q.type, &e->r->arena, &e->answer);
	e->answer.ttl = believed(e->answer.ttl);
}

static void answered(struct question *q, enum dns_outcome outcome, const void *message, size_t len)
{
	struct entry *e = (struct entry *)q;
	if (outcome == DNS_OK)
		read_message(e, message, len);
	else
		e->answer.outcome = outcome;
	if (outcome == DNS_NOT_ASKED)
		e->r->stats.not_asked++;
	else
		e->r->stats.asked++;
	if (dns_failed(&e->answer))
		e->r->stats.failed++;
	e->outcome = e->answer.outcome;
	e->answer.asked_at = outcome == DNS_NOT_ASKED ? 0 : time(NULL);
}

bool resolver_run(struct resolver *r)
{
	if (r->queued == 0)
		return false;
	struct entry **queue = r->queue;
	size_t n = r->queued;
	r->queue = NULL;
	r->queued = r->queue_room = 0;
	transport_ask(r->transport, (struct question **)queue, n);
	r->stats.silent = transport_is_silent(r->transport);
	free(queue);
	return true;
}

struct resolver_stats resolver_stats(const struct resolver *r)
{
	return r->stats;
}

static bool outcome_parse(const char *s, enum dns_outcome *out)
{
	for (int i = DNS_OK; i < DNS_NOT_ASKED; i++)
		if (strcmp(s, dns_outcome_names[i]) == 0) {
			*out = (enum dns_outcome)i;
			return true;
		}
	return false;
}

static bool type_is_known(int type)
{
	return type == DNS_A || type == DNS_AAAA || type == DNS_MX || type == DNS_NS ||
	       type == DNS_PTR || type == DNS_TXT;
}

/* Did these servers fail it a short while before? */
static bool failed_lately(const struct resolver *r, const struct snapshot_row *row, int64_t now)
{
	return r->transport && row->failed && row->servers && row->failed_at <= now &&
	       row->failed_at > now - LIMIT_DNS_FAILURE && strcmp(row->servers, r->servers) == 0;
}

/* Online: an answer that is fresh (a clock may have run ahead of ours, but not far), or else the
 * failure after it. Offline: whatever there is. */
static bool choose(const struct resolver *r, const struct snapshot_row *row, int64_t now,
		   struct dns_answer *answer)
{
	if (!r->transport)
		return true;
	if (!dns_failed(answer) && row->asked_at + believed(answer->ttl) >= now &&
	    row->asked_at <= now + TTL_LEAST)
		return true;
	if (!failed_lately(r, row, now))
		return false;
	*answer = (struct dns_answer){.asked_at = row->failed_at, .canonical = ""};
	return outcome_parse(row->failed, &answer->outcome) && dns_failed(answer);
}

static bool restore_silence(struct resolver *r, const struct snapshot_row *row, int64_t now)
{
	if (failed_lately(r, row, now))
		transport_suspect(r->transport);
	return false;
}

bool resolver_restore(struct resolver *r, const struct snapshot_row *row, int64_t now)
{
	struct arena_mark mark = arena_mark(&r->arena);
	struct dns_answer answer = {.asked_at = row->asked_at};
	char name[WIRE_NAME_SIZE];
	bool fresh;
	if (row->type == SNAPSHOT_SILENCE_TYPE && strcmp(row->name, SNAPSHOT_SILENCE_NAME) == 0)
		return restore_silence(r, row, now);
	if (row->len > UINT16_MAX || !type_is_known(row->type) || !wire_name(row->name, name) ||
	    !outcome_parse(row->outcome, &answer.outcome))
		return false;
	const void *message = arena_memdup(&r->arena, row->message, row->len);
	answer.name = answer.canonical = "";
	if (row->len > 0)
		dns_answer_read(message, row->len, name, (enum dns_type)row->type, &r->arena,
				&answer);
	if (!choose(r, row, now, &answer)) {
		arena_rewind(&r->arena, mark);
		return false;
	}
	struct entry *e = find(r, name, (enum dns_type)row->type, &fresh);
	if (!fresh)
		return false;
	e->answer = answer;
	e->answer.name = e->q.name;
	if (strcmp(answer.canonical, e->q.name) == 0 || answer.canonical[0] == '\0')
		e->answer.canonical = e->q.name;
	e->restored = true;
	return true;
}

void resolver_each(const struct resolver *r,
		   void (*each)(void *ctx, const struct snapshot_row *row), void *ctx)
{
	const char *nobody = dns_outcome_names[DNS_TIMEOUT];
	for (const struct entry *e = r->first; e; e = e->later) {
		bool failed = e->outcome > DNS_NODATA;
		if (e->restored || e->answer.asked_at == 0 ||
		    (r->stats.silent && e->outcome == DNS_TIMEOUT))
			continue;
		each(ctx, &(struct snapshot_row){.name = e->q.name,
						 .type = e->q.type,
						 .outcome = dns_outcome_names[e->outcome],
						 .message = e->message,
						 .len = e->len,
						 .asked_at = e->answer.asked_at,
						 .servers = failed ? r->servers : NULL});
	}
	if (r->stats.silent)
		each(ctx, &(struct snapshot_row){.name = SNAPSHOT_SILENCE_NAME,
						 .type = SNAPSHOT_SILENCE_TYPE,
						 .outcome = nobody,
						 .message = "",
						 .asked_at = time(NULL),
						 .servers = r->servers});
}

bool resolver_knows(struct resolver *r, const char *name, enum dns_type type)
{
	char text[WIRE_NAME_SIZE];
	if (!wire_name(name, text))
		return true; /* that it cannot be asked */
	struct digest digest = digest_of(text, type);
	const uint64_t *slot = map_get(&r->by_name, &digest);
	const struct entry *e = slot ? (const struct entry *)(uintptr_t)*slot : NULL;
	while (e && !(e->q.type == type && strcmp(e->q.name, text) == 0))
		e = e->next;
	return e != NULL;
}

void resolver_within(struct resolver *r, unsigned ms)
{
	if (r->transport)
		transport_within(r->transport, ms);
}

void resolver_share(struct resolver *r, unsigned percent)
{
	r->share = percent;
	if (r->transport)
		transport_share(r->transport, percent);
}

enum status resolver_open(const struct resolver_options *options, struct resolver **out,
			  struct err *err)
{
	struct resolver *r = mem_alloc(sizeof *r);
	enum status st = ST_OK;
	r->options = *options;
	r->last = &r->first;
	r->share = 100;
	r->options.timeout_ms = options->timeout_ms ? options->timeout_ms : 1500;
	r->options.in_flight = options->in_flight ? options->in_flight : 200;
	r->options.questions = options->questions ? options->questions : LIMIT_DNS_QUESTIONS;
	r->options.seconds = options->seconds ? options->seconds : 120;
	if (!options->offline)
		st = transport_open(&r->options, answered, &r->transport, err);
	if (r->transport)
		transport_servers(r->transport, r->servers, sizeof r->servers);
	if (st == ST_OK)
		*out = r;
	else
		resolver_close(r);
	return st;
}

void resolver_close(struct resolver *r)
{
	if (!r)
		return;
	transport_close(r->transport);
	map_free(&r->by_name);
	arena_free(&r->arena);
	free(r->queue);
	free(r);
}

#include "cli/app/mail_keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/hash.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/store/snapshot.h"
#include "dns/ask/resolver.h"
#include "dns/mail_key.h"

#define NAMES_MOST 64 /* asked together; a mail has LIMIT_AUTH_LOOKED */
#define FOREVER                                                                                    \
	(10 * 365 * 24 * 3600) /* seconds: how long is bounded here, not by the resolver           \
				*/
#define ZONES_MOST 1000        /* remembered as silent: past it, time has long run out */

struct known {
	struct known *next; /* of the same hash */
	const char *name;
	struct mail_key key;
};

struct mail_key_source {
	struct app *app;
	struct auth_options options;
	struct mail_keys keys;

	pthread_mutex_t lock; /* of everything below; the resolver is whose who set busy */
	pthread_cond_t idle;
	bool busy;
	struct resolver *r;     /* NULL: no server is configured */
	struct arena arena;     /* of what is known */
	struct map by_name;     /* hash -> struct known * */
	unsigned ms, failed_ms; /* waited so far; for what failed */
	bool said, said_silent; /* that a bound was met; that nobody answers */
	size_t written;         /* answers that the database has */
	unsigned began;         /* this run, in milliseconds of the clock that does not jump */
	const char *silent[ZONES_MOST]; /* zones that failed to answer */
	size_t n_silent;
};

/* ---- what is known ---- */

static struct digest key_of(const char *name)
{
	struct digest d = {{0}};
	uint64_t hash = hash_bytes(name, strlen(name));
	memcpy(d.b, &hash, sizeof hash);
	return d;
}

static const struct known *look_up(const struct mail_key_source *s, const char *name)
{
	struct digest d = key_of(name);
	const uint64_t *slot = map_get(&s->by_name, &d);
	const struct known *k = slot ? (const struct known *)(uintptr_t)*slot : NULL;
	while (k && strcmp(k->name, name) != 0)
		k = k->next;
	return k;
}

static void remember(struct mail_key_source *s, const char *name, const struct mail_key *key)
{
	bool fresh;
	struct digest d = key_of(name);
	uint64_t *slot = map_put(&s->by_name, &d, &fresh);
	struct known *k = arena_alloc(&s->arena, sizeof *k);
	*k = (struct known){.next = (struct known *)(uintptr_t)*slot,
			    .name = arena_strdup(&s->arena, name),
			    .key = *key};
	k->key.key = arena_memdup(&s->arena, key->key, key->n);
	*slot = (uintptr_t)k;
}

/* ---- asking; only who set busy ---- */

static const char *zone_of(const char *name)
{
	static const char mark[] = "._domainkey.";
	const char *at = strstr(name, mark);
	return at ? at + sizeof mark - 1 : name;
}

static bool is_silent(const struct mail_key_source *s, const char *name)
{
	for (size_t i = 0; i < s->n_silent; i++)
		if (strcmp(s->silent[i], zone_of(name)) == 0)
			return true;
	return false;
}

static bool may_ask(struct mail_key_source *s)
{
	struct resolver_stats stats = resolver_stats(s->r);
	bool may = !s->app->offline && stats.asked < LIMIT_AUTH_QUESTIONS &&
		   s->ms < LIMIT_AUTH_ALL_MS && s->failed_ms < LIMIT_AUTH_FAILED_MS;
	if (!may && !s->said && !s->app->offline)
		log_warn("DNS: keys of mails are not asked for any more in this run: it has waited "
			 "long enough, or for enough of them; who sent the rest stays unknown");
	s->said |= !may;
	return may;
}

static unsigned now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* What is not known is left out when time is up, or when its zone did not answer before. */
static void ask(struct mail_key_source *s, const char *const *names, size_t n, struct arena *a,
		struct mail_key *keys)
{
	struct dns_view view = resolver_view(s->r);
	const struct dns_answer *answers[NAMES_MOST];
	bool wanted[NAMES_MOST];
	unsigned began = now_ms();
	bool failed = false, may = may_ask(s);
	for (size_t i = 0; i < n; i++)
		wanted[i] =
		    resolver_knows(s->r, names[i], DNS_TXT) || (may && !is_silent(s, names[i]));
	bool more = true;
	while (more) {
		for (size_t i = 0; i < n; i++)
			answers[i] = wanted[i] ? dns_ask(&view, names[i], DNS_TXT) : NULL;
		unsigned spent = now_ms() - began;
		more = spent < LIMIT_AUTH_WAIT_MS;
		if (more) {
			resolver_within(s->r, LIMIT_AUTH_WAIT_MS - spent);
			more = resolver_run(s->r);
		}
	}
	unsigned ms = now_ms() - began;
	for (size_t i = 0; i < n; i++) {
		keys[i] = (struct mail_key){.state = MAIL_KEY_UNKNOWN};
		if (!answers[i])
			continue;
		keys[i] = mail_key_read(answers[i], a);
		bool bad = dns_failed(answers[i]) || answers[i]->outcome == DNS_PENDING;
		failed |= bad;
		if (bad && !s->app->offline && s->n_silent < ZONES_MOST)
			s->silent[s->n_silent++] = arena_strdup(&s->arena, zone_of(names[i]));
	}
	s->ms += ms;
	s->failed_ms += failed ? ms : 0;
}

/* ---- from any thread ---- */

static void begin(struct mail_key_source *s)
{
	while (s->busy)
		pthread_cond_wait(&s->idle, &s->lock);
	s->busy = true;
}

static void end(struct mail_key_source *s)
{
	s->busy = false;
	pthread_cond_broadcast(&s->idle);
}

/* Those that are not known yet. */
static size_t missing_of(const struct mail_key_source *s, const char *const *names, size_t n,
			 const char **missing)
{
	size_t m = 0;
	for (size_t i = 0; i < n && m < NAMES_MOST; i++)
		if (!look_up(s, names[i]))
			missing[m++] = names[i];
	return m;
}

static void learn(struct mail_key_source *s, const char *const *names, size_t n)
{
	const char *missing[NAMES_MOST];
	struct mail_key keys[NAMES_MOST];
	struct arena a = {0};
	size_t m = missing_of(s, names, n, missing);
	if (m == 0 || !s->r)
		return;
	begin(s);
	m = missing_of(s, names, n, missing); /* another may have asked meanwhile */
	if (m > 0 && s->r) {
		pthread_mutex_unlock(&s->lock);
		ask(s, missing, m, &a, keys);
		pthread_mutex_lock(&s->lock);
		for (size_t i = 0; i < m; i++)
			remember(s, missing[i], &keys[i]);
	}
	end(s);
	arena_free(&a);
}

static void find(void *ctx, const char *const *names, size_t n, struct arena *a,
		 struct mail_key *out)
{
	struct mail_key_source *s = ctx;
	pthread_mutex_lock(&s->lock);
	learn(s, names, n);
	for (size_t i = 0; i < n; i++) {
		const struct known *k = look_up(s, names[i]);
		out[i] = k ? k->key : (struct mail_key){.state = MAIL_KEY_UNKNOWN};
		out[i].key = arena_memdup(a, out[i].key, out[i].n);
	}
	pthread_mutex_unlock(&s->lock);
}

/* ---- runs ---- */

struct restore {
	struct resolver *r;
	int64_t now;
};

static void restore(void *ctx, const struct snapshot_row *row)
{
	struct restore *x = ctx;
	resolver_restore(x->r, row, x->now);
}

/* A resolver with what is fresh of earlier runs. */
static enum status start(struct mail_key_source *s, struct db *db, struct err *err)
{
	struct resolver_options o = {.server = s->app->dns_server,
				     .offline = s->app->offline,
				     .timeout_ms = LIMIT_AUTH_WAIT_MS / 4,
				     .seconds = FOREVER};
	s->began = now_ms();
	enum status st = resolver_open(&o, &s->r, err);
	if (st != ST_OK) {
		s->r = NULL;
		return st;
	}
	struct restore x = {.r = s->r, .now = time(NULL)};
	struct err why;
	if (db && snapshot_load_keys(db, 0, restore, &x, &why) != ST_OK)
		log_warn("answers of earlier runs: %s", why.msg);
	return ST_OK;
}

static void forget(struct mail_key_source *s)
{
	resolver_close(s->r);
	s->r = NULL;
	map_clear(&s->by_name);
	arena_reset(&s->arena);
	s->ms = s->failed_ms = 0;
	s->n_silent = s->written = 0;
	s->said = s->said_silent = false;
}

static void write_answers(const struct mail_key_source *s, struct db *db)
{
	struct snapshot_writer *w;
	struct err err;
	enum status st = snapshot_begin(db, &w, &err);
	if (st == ST_OK) {
		resolver_each(s->r, snapshot_add, w);
		st = snapshot_end(w, &err);
	}
	if (st != ST_OK)
		log_warn("answers of DNS could not be kept: %s", err.msg);
}

/* Only who set busy. */
static void keep(struct mail_key_source *s, struct db *db)
{
	struct resolver_stats stats = resolver_stats(s->r);
	if (stats.silent && !s->said_silent)
		log_warn("the DNS server does not answer: who sent reports stays unknown where a "
			 "key is not kept");
	if (stats.asked > s->written || (stats.silent && !s->said_silent))
		write_answers(s, db);
	s->said_silent |= stats.silent;
	s->written = stats.asked;
}

void mail_key_source_keep(struct mail_key_source *s, struct db *db)
{
	struct err err;
	if (!s || !db)
		return;
	pthread_mutex_lock(&s->lock);
	begin(s);
	pthread_mutex_unlock(&s->lock);
	if (s->r)
		keep(s, db);
	pthread_mutex_lock(&s->lock);
	if (now_ms() - s->began > 1000 * LIMIT_DNS_FAILURE) {
		forget(s);
		if (start(s, db, &err) != ST_OK)
			log_warn("%s: who sends reports stays unknown", err.msg);
	}
	end(s);
	pthread_mutex_unlock(&s->lock);
}

int mail_key_source_open(struct app *app, struct mail_key_source **out)
{
	struct mail_key_source *s = mem_alloc(sizeof *s);
	struct err err;
	s->app = app;
	s->keys = (struct mail_keys){s, find};
	s->options = (struct auth_options){
	    .trusted = (const char *const *)app->config.trusted_authserv,
	    .n_trusted = app->config.n_trusted,
	    .keys = &s->keys,
	};
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->idle, NULL);
	enum status st = start(s, app->db, &err);
	*out = s;
	if (st == ST_OK)
		return EXIT_OK;
	if (st != ST_FATAL) {
		log_warn("%s: who sends reports stays unknown", err.msg);
		return EXIT_OK;
	}
	*out = NULL;
	mail_key_source_close(s);
	return app_fail(st, &err);
}

void mail_key_source_close(struct mail_key_source *s)
{
	if (!s)
		return;
	forget(s);
	map_free(&s->by_name);
	arena_free(&s->arena);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const struct auth_options *mail_key_source_options(const struct mail_key_source *s)
{
	return s ? &s->options : NULL;
}

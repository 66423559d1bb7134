/* The authorization code flow with a loopback redirect (RFC 8252) and PKCE (RFC 7636). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/limits.h"
#include "ingest/oauth/login.h"
#include "ingest/record/digest.h"

#define URL_MAX         (16 * KIB)
#define REQUEST_MAX     (16 * 1024) /* of a browser: one line of interest */
#define REQUEST_SECONDS 5           /* a browser sends at once */
#define STEP_MS         200

static void base64url(const uint8_t *p, size_t n, char *out)
{
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned have = 0;
	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (have += 8; have >= 6; have -= 6)
			*out++ = set[bits >> (have - 6) & 63];
	}
	if (have > 0)
		*out++ = set[bits << (6 - have) & 63];
	*out = '\0';
}

static bool random_text(char out[48])
{
	uint8_t bytes[32];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return false;
	base64url(bytes, sizeof bytes, out);
	return true;
}

static enum status listen_on(struct oauth_consent *c, const char *host, unsigned port,
			     struct err *err)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof sa;
	const int on = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0 || setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    bind(c->fd, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(c->fd, 4) != 0 ||
	    getsockname(c->fd, (struct sockaddr *)&sa, &n) != 0)
		return err_set(err, ST_FATAL, "127.0.0.1:%u: %s", port, strerror(errno));
	buf_printf(&c->redirect, "http://%s:%u", host ? host : "127.0.0.1",
		   (unsigned)ntohs(sa.sin_port));
	return ST_OK;
}

static void write_url(const struct oauth_options *o, struct oauth_consent *c)
{
	uint8_t hash[32];
	char challenge[48];
	struct buf query;
	sha256_of(c->verifier, strlen(c->verifier), hash);
	base64url(hash, sizeof hash, challenge);
	buf_init(&query, URL_MAX);
	oauth_form(&query, "response_type", "code");
	oauth_form(&query, "client_id", o->client_id);
	oauth_form(&query, "redirect_uri", c->redirect.data);
	if (o->scope)
		oauth_form(&query, "scope", o->scope);
	oauth_form(&query, "state", c->state);
	oauth_form(&query, "code_challenge", challenge);
	oauth_form(&query, "code_challenge_method", "S256");
	/* Google gives a refresh token for this only, and again only after asking again */
	oauth_form(&query, "access_type", "offline");
	oauth_form(&query, "prompt", "consent");
	buf_printf(&c->url, "%s%c%s", o->authorization_endpoint,
		   strchr(o->authorization_endpoint, '?') ? '&' : '?', query.data);
	c->url.failed |= query.failed;
	buf_free(&query);
}

enum status oauth_consent_start(struct oauth *o, unsigned port, struct oauth_consent *c,
				struct err *err)
{
	enum status st;
	*c = (struct oauth_consent){.fd = -1};
	buf_init(&c->url, 2 * URL_MAX);
	buf_init(&c->redirect, 512);
	if (!oauth_options(o)->authorization_endpoint)
		return err_set(err, ST_FATAL, "no authorization-endpoint is configured");
	if (!random_text(c->state) || !random_text(c->verifier))
		return err_set(err, ST_FATAL, "getrandom: %s", strerror(errno));
	st = listen_on(c, oauth_options(o)->redirect_host, port, err);
	if (st == ST_OK)
		write_url(oauth_options(o), c);
	if (st == ST_OK && c->url.failed)
		st = err_set(err, ST_FATAL, "the address for the browser is too long");
	if (st != ST_OK)
		oauth_consent_free(c);
	oauth_blot(o, c->verifier);
	return st;
}

void oauth_consent_free(struct oauth_consent *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_free(&c->url);
	buf_free(&c->redirect);
}

/* What one line says. *mine: it answers our question (our state). */
static enum status read_answer(struct oauth *o, const struct oauth_consent *c, const char *text,
			       size_t n, struct arena *a, const char **code, bool *mine,
			       struct err *err)
{
	struct oauth_redirect r;
	*mine = false;
	enum status st = oauth_redirect_parse(text, n, a, &r, err);
	if (st != ST_OK)
		return st;
	if (!r.state || strcmp(r.state, c->state) != 0)
		return err_set(err, ST_ITEM, "this address answers another question (state)");
	*mine = true;
	if (r.error) {
		const struct oauth_reply said = {
		    .problem = OAUTH_OTHER, .error = r.error, .description = r.description};
		st = oauth_refused(o, &said, err);
		return err_wrap(err, st, "access was denied in the browser");
	}
	oauth_blot(o, r.code);
	*code = r.code;
	return ST_OK;
}

static void reply(int fd, bool good, const char *word)
{
	char text[512];
	int n = snprintf(
	    text, sizeof text,
	    "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Cache-Control: no-store\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
	    good ? "200 OK" : "404 Not Found", strlen(word), word);
	(void)!send(fd, text, (size_t)n, MSG_NOSIGNAL);
}

/* The target of "GET /?... HTTP/1.1" into line. false: no such request came in time. */
static bool read_request(int fd, struct buf *line)
{
	const time_t end = time(NULL) + REQUEST_SECONDS;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	while (time(NULL) <= end && !(line->data && strstr(line->data, "\r\n\r\n"))) {
		char chunk[1024];
		if (poll(&p, 1, STEP_MS) <= 0)
			continue;
		ssize_t got = recv(fd, chunk, sizeof chunk, 0);
		if (got <= 0)
			break;
		buf_put(line, chunk, (size_t)got);
		if (line->failed)
			return false;
	}
	if (line->len < 5 || strncmp(line->data, "GET ", 4) != 0)
		return false;
	line->len = strcspn(line->data + 4, " \r\n");
	memmove(line->data, line->data + 4, line->len);
	return true;
}

static enum status on_browser(struct oauth *o, struct oauth_consent *c, struct arena *a,
			      const char **code, bool *mine, struct err *err)
{
	struct buf line;
	enum status st = ST_ITEM;
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return ST_ITEM;
	buf_init(&line, REQUEST_MAX);
	if (read_request(fd, &line))
		st = read_answer(o, c, line.data, line.len, a, code, mine, err);
	reply(fd, *mine,
	      !*mine        ? "This is not the answer that ruascope waits for.\n"
	      : st == ST_OK ? "Thank you. The rest is said where ruascope was started.\n"
			    : "Access was denied. ruascope says so, too.\n");
	close(fd);
	buf_free(&line);
	return st;
}

/* A line from the person. *input becomes -1 at its end. */
static enum status on_line(struct oauth *o, struct oauth_consent *c, int *input, struct buf *typed,
			   struct arena *a, const char **code, bool *mine, struct err *err)
{
	char chunk[1024];
	ssize_t got = read(*input, chunk, sizeof chunk);
	if (got > 0)
		buf_put(typed, chunk, (size_t)got);
	else
		*input = -1;
	if (!typed->failed && got > 0 && !memchr(chunk, '\n', (size_t)got))
		return ST_OK; /* the line goes on */
	enum status st = ST_ITEM;
	if (typed->failed)
		st = err_set(err, ST_ITEM, "the address is too long");
	else if (typed->len > 0 && typed->data[strspn(typed->data, " \t\r\n")] != '\0')
		st = read_answer(o, c, typed->data, typed->len, a, code, mine, err);
	else
		st = ST_OK;
	buf_reset(typed);
	/* what a person typed wrong must not be passed over in silence */
	return st == ST_ITEM ? ST_FATAL : st;
}

static enum status wait_code(struct oauth *o, struct oauth_consent *c, unsigned seconds, int input,
			     struct arena *a, const char **code, struct err *err)
{
	const time_t end = time(NULL) + (time_t)seconds;
	const atomic_bool *stop = oauth_options(o)->http.stop;
	struct buf typed;
	enum status st = ST_OK;
	buf_init(&typed, REQUEST_MAX);
	while (st == ST_OK && !*code) {
		struct pollfd p[2] = {{.fd = c->fd, .events = POLLIN},
				      {.fd = input, .events = POLLIN}};
		bool mine = false;
		if (stop && atomic_load(stop))
			st = err_set(err, ST_RETRY, "interrupted");
		else if (time(NULL) >= end)
			st = err_set(err, ST_FATAL, "nobody answered within %u seconds", seconds);
		else if (poll(p, 2, STEP_MS) <= 0)
			continue;
		else if (p[0].revents)
			st = on_browser(o, c, a, code, &mine, err);
		else
			st = on_line(o, c, &input, &typed, a, code, &mine, err);
		if (st == ST_ITEM) /* a stranger on the port; favicon.ico */
			st = ST_OK;
	}
	buf_free(&typed);
	return st;
}

enum status oauth_consent_wait(struct oauth *o, struct oauth_consent *c, unsigned seconds,
			       int input, struct err *err)
{
	struct arena a = {0};
	struct oauth_reply answer;
	struct buf form;
	const char *code = NULL;
	buf_init(&form, 4 * URL_MAX);
	enum status st = wait_code(o, c, seconds, input, &a, &code, err);
	if (st != ST_OK)
		goto out;
	oauth_form(&form, "grant_type", "authorization_code");
	oauth_form(&form, "code", code);
	oauth_form(&form, "redirect_uri", c->redirect.data);
	oauth_form(&form, "code_verifier", c->verifier);
	st = oauth_ask(o, oauth_options(o)->token_endpoint, &form, &a, &answer, err);
	if (st == ST_OK && answer.problem != OAUTH_NONE)
		st = oauth_refused(o, &answer, err);
	else if (st == ST_OK)
		st = oauth_keep(o, &answer, err);
out:
	buf_free(&form);
	arena_free(&a);
	return st;
}

#include "dns/ask/transport.h"

#include <ares.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "core/mem.h"
#include "dns/ask/resolver.h"
#include "dns/ask/wire.h"

#define TYPE_NS     ((enum dns_type)2)
#define TRIES       2
#define PROBE_AFTER 20   /* questions in a row that nobody answered: is the server still there? */
#define SUSPECT_MS  1000 /* what a server that answered nothing lately has for its first answer */

struct transport {
	ares_channel channel;
	bool initialised; /* ares_library_init() */
	const struct resolver_options *options;
	transport_answered *answered;
	struct timespec began;
	size_t in_flight, done, noted;
	size_t timeouts; /* since the last probe, in a row */
	bool probed, probing, silent, suspect;
	double suspected; /* when its probe began, in seconds since began */
	unsigned share;   /* of options->seconds, per cent */
	double within;    /* seconds of one transport_ask(); 0: no bound */
	double asking;    /* when that began, in seconds since began */
};

struct flight {
	struct transport *t;
	struct question *q; /* NULL: a probe */
};

static double seconds_since(const struct timespec *began)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

bool transport_is_silent(const struct transport *t)
{
	return t->silent;
}

static enum dns_outcome outcome_of(int status, int len)
{
	switch (status) {
	case ARES_SUCCESS:
		return len > 0 ? DNS_OK : DNS_MALFORMED;
	case ARES_ESERVFAIL:
	case ARES_ENOTIMP:
	case ARES_EFORMERR:
		return DNS_SERVFAIL;
	case ARES_EREFUSED:
		return DNS_REFUSED;
	case ARES_ECANCELLED:
	case ARES_EDESTRUCTION:
		return DNS_NOT_ASKED;
	case ARES_EBADNAME:
	case ARES_EBADQUERY:
	case ARES_EBADRESP:
		return DNS_MALFORMED;
	default: /* timeouts, and sockets that refuse */
		return DNS_TIMEOUT;
	}
}

static void on_answer(void *ctx, int status, int timeouts, unsigned char *message, int len)
{
	struct flight *f = ctx;
	struct transport *t = f->t;
	enum dns_outcome outcome = outcome_of(status, len);
	(void)timeouts;
	t->in_flight--;
	t->timeouts = outcome == DNS_TIMEOUT ? t->timeouts + 1 : 0;
	if (!f->q) {
		t->probing = false;
		t->silent = t->silent || outcome == DNS_TIMEOUT; /* cancelled: it was told */
		t->suspect = t->suspect && t->silent;
		t->timeouts = 0;
	} else {
		t->done++;
		if (outcome == DNS_NOT_ASKED && t->silent) /* cancelled */
			outcome = DNS_TIMEOUT;
		t->answered(f->q, outcome, message, len > 0 ? (size_t)len : 0);
	}
	free(f);
}

static void send_packet(struct transport *t, struct question *q, const char *name,
			enum dns_type type)
{
	uint8_t packet[WIRE_QUERY_SIZE];
	size_t n = wire_query(name, type, (uint16_t)arc4random(), packet);
	struct flight *f = mem_alloc(sizeof *f);
	*f = (struct flight){t, q};
	t->in_flight++;
	ares_send(t->channel, packet, (int)n, on_answer, f);
}

/*
 * Some zones never answer, and a run meets many of them side by side; that says nothing about the
 * server we ask. A question that every server can answer at once does.
 */
static void probe_if_doubtful(struct transport *t)
{
	if (t->probing || (t->probed && t->timeouts < PROBE_AFTER))
		return;
	t->probed = t->probing = true;
	t->suspected = seconds_since(&t->began);
	send_packet(t, NULL, "", TYPE_NS);
}

/* Wait until something can be read or a timer of c-ares is due, 200 ms at most. */
static void wait_once(struct transport *t)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd fds[ARES_GETSOCK_MAXNUM];
	struct timeval most = {0, 200000}, due;
	int mask = ares_getsock(t->channel, sockets, ARES_GETSOCK_MAXNUM);
	nfds_t n = 0;
	for (int i = 0; i < ARES_GETSOCK_MAXNUM - 1; i++) { /* the macros overflow at the last */
		short events = (short)((ARES_GETSOCK_READABLE(mask, i) ? POLLIN : 0) |
				       (ARES_GETSOCK_WRITABLE(mask, i) ? POLLOUT : 0));
		if (events)
			fds[n++] = (struct pollfd){.fd = sockets[i], .events = events};
	}
	const struct timeval *tv = ares_timeout(t->channel, &most, &due);
	poll(fds, n, (int)(tv->tv_sec * 1000 + tv->tv_usec / 1000) + 1);
	bool any = false;
	for (nfds_t i = 0; i < n; i++) {
		if (!fds[i].revents)
			continue;
		any = true;
		ares_process_fd(t->channel, fds[i].revents & ~POLLOUT ? fds[i].fd : ARES_SOCKET_BAD,
				fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
	}
	if (!any)
		ares_process_fd(t->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static bool must_stop(struct transport *t)
{
	double seconds = seconds_since(&t->began);
	if (t->suspect && t->probing && 1000 * (seconds - t->suspected) > SUSPECT_MS)
		t->silent = true;
	if (t->within > 0 && seconds - t->asking > t->within)
		return true;
	return t->silent || 100 * seconds > (double)t->options->seconds * t->share;
}

static bool may_send(const struct transport *t)
{
	return !t->silent && !t->suspect;
}

void transport_ask(struct transport *t, struct question **questions, size_t n)
{
	size_t next = 0;
	t->noted += n;
	t->asking = seconds_since(&t->began);
	while (next < n || t->in_flight > 0) {
		if (must_stop(t))
			break;
		probe_if_doubtful(t);
		for (; next < n && t->in_flight < t->options->in_flight && may_send(t); next++)
			send_packet(t, questions[next], questions[next]->name,
				    questions[next]->type);
		if (t->in_flight > 0)
			wait_once(t);
		if (t->options->progress)
			t->options->progress(t->options->progress_ctx, t->done, t->noted);
	}
	enum dns_outcome rest = t->silent ? DNS_TIMEOUT : DNS_NOT_ASKED;
	ares_cancel(t->channel);
	for (; next < n; next++) {
		t->done++;
		t->answered(questions[next], rest, NULL, 0);
	}
}

static enum status set_server(struct transport *t, const char *server, struct err *err)
{
	if (server && ares_set_servers_ports_csv(t->channel, server) != ARES_SUCCESS)
		return err_set(err, ST_FATAL, "DNS server \"%s\": not ADDR[:PORT]", server);
	return ST_OK;
}

enum status transport_open(const struct resolver_options *options, transport_answered *answered,
			   struct transport **out, struct err *err)
{
	struct transport *t = mem_alloc(sizeof *t);
	/* NOCHECKRESP: an answer that refuses is an answer; c-ares would tell it as a silence */
	struct ares_options o = {.flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH |
					  ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP,
				 .timeout = (int)options->timeout_ms,
				 .tries = TRIES,
				 .ednspsz = 1232};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ;
	t->options = options;
	t->answered = answered;
	t->share = 100;
	clock_gettime(CLOCK_MONOTONIC, &t->began);
	int rc = ares_library_init(ARES_LIB_INIT_ALL);
	t->initialised = rc == ARES_SUCCESS;
	if (rc == ARES_SUCCESS)
		rc = ares_init_options(&t->channel, &o, mask);
	enum status st = ST_OK;
	if (rc != ARES_SUCCESS)
		st = err_set(err, ST_RETRY, "DNS: %s", ares_strerror(rc));
	else
		st = set_server(t, options->server, err);
	if (st == ST_OK)
		*out = t;
	else
		transport_close(t);
	return st;
}

void transport_suspect(struct transport *t)
{
	t->suspect = true;
}

void transport_within(struct transport *t, unsigned ms)
{
	t->within = ms / 1000.0;
}

void transport_share(struct transport *t, unsigned percent)
{
	t->share = percent;
}

void transport_servers(const struct transport *t, char *out, size_t size)
{
	struct ares_addr_port_node *servers;
	size_t n = 0;
	out[0] = '\0';
	if (ares_get_servers_ports(t->channel, &servers) != ARES_SUCCESS)
		return;
	for (const struct ares_addr_port_node *s = servers; s && n < size; s = s->next) {
		struct ip ip = {.family = s->family == AF_INET ? 4 : 6};
		char text[IP_STRLEN];
		memcpy(ip.b, &s->addr, ip.family == 4 ? 4 : 16);
		n += (size_t)snprintf(out + n, size - n, "%s%s:%d", n ? "," : "",
				      ip_format(&ip, text), s->udp_port ? s->udp_port : 53);
	}
	ares_free_data(servers);
}

void transport_close(struct transport *t)
{
	if (!t)
		return;
	if (t->channel)
		ares_destroy(t->channel);
	if (t->initialised)
		ares_library_cleanup();
	free(t);
}

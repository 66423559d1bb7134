/* ruascope imap login: a person signs in once, and the refresh token is kept for every run. */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/app/app.h"
#include "cli/command/commands.h"
#include "cli/mailbox/oauth_settings.h"
#include "core/log.h"
#include "core/text.h"
#include "ingest/oauth/login.h"

#define BROWSER_SECONDS 900
#define TEXT_MAX        (64 * KIB)
#define STEP_MS         200

static int fail(enum status st, const struct err *err)
{
	log_error("%s", err->msg);
	return st == ST_RETRY ? EXIT_TRY_LATER : EXIT_CONFIG;
}

static int say_done(const struct oauth *o)
{
	struct buf out;
	buf_init(&out, TEXT_MAX);
	buf_puts(&out, "Signed in. The refresh token is in ");
	put_text(&out, oauth_options(o)->refresh_token_file);
	buf_putc(&out, '\n');
	print_buf(&out);
	buf_free(&out);
	return EXIT_OK;
}

/* Seconds on a clock that nobody sets. */
static int64_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec;
}

/* false: interrupted. */
static bool pause_for(int64_t seconds)
{
	for (int64_t i = 0; i < seconds * 1000 / STEP_MS; i++) {
		if (atomic_load(&app_interrupted))
			return false;
		poll(NULL, 0, STEP_MS);
	}
	return !atomic_load(&app_interrupted);
}

static void show_code(const struct oauth_device *d)
{
	struct buf out;
	buf_init(&out, TEXT_MAX);
	buf_puts(&out,
		 "Open this page in any browser, sign in as the mailbox, and enter the code.\n\n"
		 "  page  ");
	put_text(&out, d->verification_uri);
	buf_puts(&out, "\n  code  ");
	put_text(&out, d->user_code);
	buf_printf(&out, "\n\nThe code is good for %lld minutes. Waiting ...\n",
		   (long long)(d->expires_in + 59) / 60);
	print_buf(&out);
	fflush(stdout);
	buf_free(&out);
}

static int by_device(struct oauth *o)
{
	struct oauth_device d;
	struct err err;
	bool done = false;
	err.msg[0] = '\0';
	enum status st = oauth_device_start(o, &d, &err);
	if (st != ST_OK)
		return fail(st, &err);
	const int64_t end = now() + d.expires_in;
	show_code(&d);
	while (st == ST_OK && !done) {
		if (!pause_for(d.interval))
			st = err_set(&err, ST_RETRY, "interrupted");
		else if (now() > end && err.msg[0] != '\0') /* the last question had no answer */
			st = err_wrap(&err, ST_RETRY, "the code is too old now");
		else if (now() > end)
			st = err_set(&err, ST_FATAL, "nobody entered the code in time");
		else
			st = oauth_device_poll(o, &d, &done, &err);
	}
	oauth_device_free(&d);
	return st == ST_OK ? say_done(o) : fail(st, &err);
}

static void show_url(const struct oauth_consent *c)
{
	struct buf out;
	buf_init(&out, TEXT_MAX);
	buf_puts(&out, "Open this address in a browser, sign in as the mailbox, and agree:\n\n");
	put_text(&out, c->url.data);
	buf_puts(&out,
		 "\n\nWith the browser on this machine that is all. On another machine it ends "
		 "at a page that\ncannot be shown, ");
	put_text(&out, c->redirect.data);
	buf_puts(&out, "/?...: paste that whole address here, and press Enter.\nWaiting ...\n");
	print_buf(&out);
	fflush(stdout);
	buf_free(&out);
}

static int by_browser(struct oauth *o, unsigned port)
{
	struct oauth_consent c;
	struct err err;
	enum status st = oauth_consent_start(o, port, &c, &err);
	if (st != ST_OK)
		return fail(st, &err);
	show_url(&c);
	st = oauth_consent_wait(o, &c, BROWSER_SECONDS, STDIN_FILENO, &err);
	oauth_consent_free(&c);
	return st == ST_OK ? say_done(o) : fail(st, &err);
}

enum {
	OPT_PROVIDER = 256,
	OPT_CLIENT_ID,
	OPT_CLIENT_SECRET,
	OPT_REFRESH_TOKEN,
	OPT_SCOPE,
	OPT_TOKEN_ENDPOINT,
	OPT_DEVICE_ENDPOINT,
	OPT_AUTHORIZATION_ENDPOINT,
	OPT_CA,
	OPT_BROWSER,
	OPT_PORT,
};

struct request {
	const char *name;
	struct config_oauth given; /* by options; borrowed */
	bool browser;
	uint64_t port;
};

static int read_options(struct app *app, int argc, char **argv, struct request *r)
{
	static const struct option options[] = {
	    {"provider", required_argument, NULL, OPT_PROVIDER},
	    {"client-id", required_argument, NULL, OPT_CLIENT_ID},
	    {"client-secret-file", required_argument, NULL, OPT_CLIENT_SECRET},
	    {"refresh-token-file", required_argument, NULL, OPT_REFRESH_TOKEN},
	    {"scope", required_argument, NULL, OPT_SCOPE},
	    {"token-endpoint", required_argument, NULL, OPT_TOKEN_ENDPOINT},
	    {"device-endpoint", required_argument, NULL, OPT_DEVICE_ENDPOINT},
	    {"authorization-endpoint", required_argument, NULL, OPT_AUTHORIZATION_ENDPOINT},
	    {"ca", required_argument, NULL, OPT_CA},
	    {"browser", no_argument, NULL, OPT_BROWSER},
	    {"port", required_argument, NULL, OPT_PORT},
	    {NULL, 0, NULL, 0}};
	char **const to[] = {&r->given.provider,
			     &r->given.client_id,
			     &r->given.client_secret_file,
			     &r->given.refresh_token_file,
			     &r->given.scope,
			     &r->given.token_endpoint,
			     &r->given.device_endpoint,
			     &r->given.authorization_endpoint,
			     &r->given.ca};
	int c;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c == OPT_BROWSER)
			r->browser = true;
		else if (c == OPT_PORT && (!text_to_u64(optarg, strlen(optarg), &r->port) ||
					   r->port == 0 || r->port > 65535))
			return usage_error(app, "--port: \"%s\" is not a port", optarg);
		else if (c >= OPT_PROVIDER && c <= OPT_CA)
			*to[c - OPT_PROVIDER] = optarg;
		else if (c != OPT_PORT)
			return bad_option(app, argv, c);
	}
	if (argc - optind > 1)
		return usage_error(app, "unexpected \"%s\"", argv[optind + 1]);
	r->name = argv[optind];
	if (!r->name && (!(r->given.provider || r->given.token_endpoint) || !r->given.client_id ||
			 !r->given.refresh_token_file))
		return usage_error(app, "the NAME of a mailbox section is required, or "
					"--provider, --client-id and --refresh-token-file");
	return EXIT_OK;
}

/* Options go before the section. */
static struct config_oauth together(const struct config_oauth *given,
				    const struct config_oauth *section)
{
#define PICK(key) .key = given->key ? given->key : section->key
	return (struct config_oauth){PICK(provider),
				     PICK(token_endpoint),
				     PICK(device_endpoint),
				     PICK(authorization_endpoint),
				     PICK(client_id),
				     PICK(client_secret_file),
				     PICK(refresh_token_file),
				     PICK(scope),
				     PICK(ca)};
#undef PICK
}

int cmd_imap_login(struct app *app, int argc, char **argv)
{
	static const struct config_oauth nothing;
	struct request r = {0};
	struct oauth_options options;
	struct oauth *o = NULL;
	struct err err;
	int rc = read_options(app, argc, argv, &r);
	if (rc != EXIT_OK)
		return rc;
	const struct config_mailbox *m = r.name ? config_mailbox(&app->config, r.name) : NULL;
	if (r.name && !m)
		return usage_error(app, "no mailbox \"%s\" in %s", r.name,
				   app->config.path ? app->config.path
						    : "the configuration: there is none");
	if (m && m->oauth.auth && !oauth_settings_wanted(&m->oauth)) {
		(void)err_set(&err, ST_FATAL,
			      "mailbox %s: auth = %s needs no login; it takes a password", r.name,
			      m->oauth.auth);
		return fail(ST_FATAL, &err);
	}
	const struct config_oauth keys = together(&r.given, m ? &m->oauth : &nothing);
	app_catch_signals();
	enum status st = oauth_settings(&keys, r.name, &options, &err);
	if (st == ST_OK)
		st = oauth_open(&options, &o, &err);
	if (st != ST_OK)
		return fail(st, &err);
	rc = r.browser || !options.device_endpoint ? by_browser(o, (unsigned)r.port) : by_device(o);
	oauth_close(o);
	return rc;
}

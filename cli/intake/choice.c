#include "cli/intake/choice.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

static int read_seconds(const struct app *app, const char *name, unsigned *out)
{
	uint64_t n;
	if (!text_to_u64(optarg, strlen(optarg), &n) || n == 0 || n > 86400)
		return usage_error(app, "--%s: \"%s\" is not a number of seconds from 1 to 86400",
				   name, optarg);
	*out = (unsigned)n;
	return EXIT_OK;
}

int mailbox_choice_option(struct app *app, struct mailbox_choice *c, int option, char **argv)
{
	switch (option) {
	case OPT_IMAP:
		if (strcmp(optarg, "--all") == 0) { /* "--imap --all" is how one says it */
			c->all = true;
			return EXIT_OK;
		}
		if (c->n == MAILBOXES_MAX)
			return usage_error(app, "more than %d mailboxes", MAILBOXES_MAX);
		c->names[c->n++] = optarg;
		return EXIT_OK;
	case OPT_ALL:
		c->all = true;
		return EXIT_OK;
	case OPT_WATCH:
		c->watch = true;
		return EXIT_OK;
	case OPT_USER:
		c->options.user = optarg;
		return EXIT_OK;
	case OPT_CA:
		c->options.ca = optarg;
		return EXIT_OK;
	case OPT_PASSWORD_FILE:
		c->options.password_file = optarg;
		return EXIT_OK;
	case OPT_PASSWORD_COMMAND:
		c->options.password_command = optarg;
		return EXIT_OK;
	case OPT_TIMEOUT:
		return read_seconds(app, "timeout", &c->options.timeout_s);
	case OPT_POLL:
		return read_seconds(app, "poll", &c->options.poll_s);
	default:
		return bad_option(app, argv, option);
	}
}

bool mailbox_choice_any(const struct mailbox_choice *c)
{
	return c->all || c->n > 0;
}

int mailbox_choice_check(const struct app *app, const struct mailbox_choice *c, int n_paths)
{
	const struct mailbox_options *m = &c->options;
	if (mailbox_choice_any(c))
		return n_paths == 0 ? EXIT_OK
				    : usage_error(app, "--imap and PATH cannot be combined");
	if (c->watch || m->user || m->ca || m->password_file || m->password_command ||
	    m->timeout_s || m->poll_s)
		return usage_error(app,
				   "--watch, --user, --ca, --password-..., --timeout and --poll "
				   "are for mailboxes: --imap or --all");
	return n_paths > 0 ? EXIT_OK : usage_error(app, "a PATH is required");
}

int mailbox_choice_open(struct app *app, struct mailbox_choice *c)
{
	struct err err;
	for (size_t i = 0; c->all && i < app->config.n_mailboxes && c->n < MAILBOXES_MAX; i++)
		c->names[c->n++] = app->config.mailboxes[i].name;
	if (c->n == 0)
		return usage_error(app, "--all: the configuration has no mailbox");
	c->mailboxes = mem_alloc(c->n * sizeof *c->mailboxes);
	while (c->n_open < c->n) {
		size_t i = c->n_open++;
		if (mailbox_init(&c->mailboxes[i], c->names[i], &app->config, &c->options, &err) ==
		    ST_OK)
			continue;
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	return EXIT_OK;
}

void mailbox_choice_close(struct mailbox_choice *c)
{
	for (size_t i = 0; i < c->n_open; i++)
		mailbox_free(&c->mailboxes[i]);
	free(c->mailboxes);
	c->mailboxes = NULL;
	c->n_open = 0;
}

/*
 * choice.h - which mailboxes are read, by the options of commands that read inputs.
 *
 *	struct mailbox_choice c = {0};
 *	... {"json", ...}, MAILBOX_OPTIONS, {NULL, 0, NULL, 0} ...
 *	if (mailbox_choice_takes(opt))
 *		rc = mailbox_choice_option(app, &c, opt, argv);
 *	...
 *	rc = mailbox_choice_check(app, &c, n_paths);
 *	if (rc == EXIT_OK && mailbox_choice_any(&c))
 *		rc = mailbox_choice_open(app, &c);	c.mailboxes, c.n
 *	mailbox_choice_close(&c);
 *
 * The wing intake/: what commands share that read inputs. In: options, pipelines. Out: mailboxes
 * read, how far a run is, its summary. It may include mailbox/, app/ and config/.
 */
#ifndef CLI_INTAKE_CHOICE_H
#define CLI_INTAKE_CHOICE_H

#include "cli/app/app.h"
#include "cli/mailbox/mailbox.h"

#define MAILBOXES_MAX 64

struct mailbox_choice {
	const char *names[MAILBOXES_MAX]; /* --imap: URLs, or sections of the configuration */
	size_t n;
	bool all, watch;
	struct mailbox_options options;
	struct mailbox *mailboxes; /* when opened */
	size_t n_open;
};

enum {
	OPT_IMAP = 900,
	OPT_ALL,
	OPT_WATCH,
	OPT_USER,
	OPT_CA,
	OPT_PASSWORD_FILE,
	OPT_PASSWORD_COMMAND,
	OPT_TIMEOUT,
	OPT_POLL,
	OPT_MAILBOX_END
};
// clang-format off
#define MAILBOX_OPTIONS \
	{"imap", required_argument, NULL, OPT_IMAP}, \
	{"all", no_argument, NULL, OPT_ALL}, \
	{"user", required_argument, NULL, OPT_USER}, \
	{"ca", required_argument, NULL, OPT_CA}, \
	{"password-file", required_argument, NULL, OPT_PASSWORD_FILE}, \
	{"password-command", required_argument, NULL, OPT_PASSWORD_COMMAND}, \
	{"timeout", required_argument, NULL, OPT_TIMEOUT}
#define MAILBOX_WATCH_OPTIONS \
	{"watch", no_argument, NULL, OPT_WATCH}, \
	{"poll", required_argument, NULL, OPT_POLL}
// clang-format on

static inline bool mailbox_choice_takes(int option)
{
	return option >= OPT_IMAP && option < OPT_MAILBOX_END;
}

/* Exit codes; they complain themselves. */
int mailbox_choice_option(struct app *app, struct mailbox_choice *c, int option, char **argv);
int mailbox_choice_check(const struct app *app, const struct mailbox_choice *c, int n_paths);
int mailbox_choice_open(struct app *app, struct mailbox_choice *c);

bool mailbox_choice_any(const struct mailbox_choice *c); /* mailboxes, not paths */
void mailbox_choice_close(struct mailbox_choice *c);

#endif

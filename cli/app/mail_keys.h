/*
 * mail_keys.h - keys of mails for ingest: asked of DNS once a run, kept in the database.
 *
 *	struct mail_key_source *s;
 *	rc = mail_key_source_open(app, &s);
 *	options.auth = mail_key_source_options(s);
 *	... workers read mails ...
 *	mail_key_source_keep(s, app->db);
 *	mail_key_source_close(s);
 *
 * Whoever writes to the mailbox chooses which names are asked, so what they cost is bounded: in
 * number, and in the time that a run waits (core/limits.h, LIMIT_AUTH_...). What is past a bound is
 * unknown; nothing here makes a run fail. While one worker waits, others go on with keys that are
 * known.
 */
#ifndef CLI_APP_MAIL_KEYS_H
#define CLI_APP_MAIL_KEYS_H

#include "cli/app/app.h"
#include "ingest/auth/authenticate.h"

struct mail_key_source;

/* With the answers of earlier runs, out of app->db, which is not used later. Exit code. */
int mail_key_source_open(struct app *app, struct mail_key_source **out);
void mail_key_source_close(struct mail_key_source *s); /* NULL is nothing */

/* Lives as long as s. NULL for s NULL: nobody is asked. */
const struct auth_options *mail_key_source_options(const struct mail_key_source *s);

/* Keep what was answered, for later runs. Who goes on for long begins another run now and then:
 * with what is still fresh, and all of its bounds. Warns when it cannot. Safe while workers ask. */
void mail_key_source_keep(struct mail_key_source *s, struct db *db);

#endif

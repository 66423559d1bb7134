#include "cli/mailbox/mailbox.h"

#include <stdlib.h>
#include <string.h>

#include "cli/mailbox/oauth_settings.h"
#include "cli/mailbox/secret.h"
#include "core/mem.h"
#include "core/text.h"

/* A keyword or flag is an atom (RFC 3501 9). */
static bool is_atom(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f ||
		    strchr("(){%*\"\\]", *s))
			return false;
	return true;
}

static bool after(const char *word, const char *prefix, const char **rest)
{
	size_t n = strlen(prefix);
	if (strncmp(word, prefix, n) != 0)
		return false;
	*rest = word + n;
	return true;
}

/* "leave", "seen", "delete", "move:FOLDER", "keyword:WORD" */
static enum status read_filing(const char *key, const char *word, struct imap_filing *f,
			       struct err *err)
{
	if (strcmp(word, "leave") == 0)
		f->action = IMAP_LEAVE;
	else if (strcmp(word, "seen") == 0)
		f->action = IMAP_SEEN;
	else if (strcmp(word, "delete") == 0)
		f->action = IMAP_DELETE;
	else if (after(word, "move:", &f->arg))
		f->action = IMAP_MOVE;
	else if (after(word, "keyword:", &f->arg) && is_atom(f->arg))
		f->action = IMAP_KEYWORD;
	else
		return err_set(err, ST_FATAL,
			       "%s: \"%s\" is not leave, seen, delete, move:FOLDER or keyword:WORD",
			       key, word);
	if (f->action != IMAP_MOVE)
		return ST_OK;
	struct buf unused;
	buf_init(&unused, 8 * KIB);
	enum status st = imap_folder_arg(f->arg, &unused, err);
	buf_free(&unused);
	return st == ST_OK ? st : err_wrap(err, st, "%s", key);
}

static enum status read_filings(struct mailbox *m, struct err *err)
{
	static const char *const keys[OUT_COUNT] = {"on-stored", "on-duplicate", "on-conflict",
						    "on-rejected", "on-not-a-report"};
	const char *archive = m->from.archive;
	struct buf unused;
	buf_init(&unused, 8 * KIB);
	enum status st = archive ? imap_folder_arg(archive, &unused, err) : ST_OK;
	buf_free(&unused);
	for (int i = 0; st == ST_OK && i < OUT_COUNT; i++) {
		struct imap_filing *f = &m->imap.filing[i];
		*f = (struct imap_filing){archive ? IMAP_ARCHIVE : IMAP_LEAVE, archive};
		if (m->from.on[i])
			st = read_filing(keys[i], m->from.on[i], f, err);
	}
	return st;
}

/* auth: as in the section, or NULL. */
static void read_mechanism(struct mailbox *m, const char *auth)
{
	static const struct {
		const char *word;
		enum imap_mechanism m;
	} words[] = {{"plain", IMAP_PLAIN},
		     {"login", IMAP_LOGIN},
		     {"xoauth2", IMAP_XOAUTH2},
		     {"oauthbearer", IMAP_OAUTHBEARER}};
	bool token = m->from.token_file || m->from.token_command;
	m->imap.account.mechanism = token ? IMAP_TOKEN : IMAP_PASSWORD;
	for (size_t i = 0; auth && i < sizeof words / sizeof *words; i++)
		if (strcmp(auth, words[i].word) == 0)
			m->imap.account.mechanism = words[i].m;
}

/* Tokens that we fetch ourselves, where the section says how. */
static enum status open_oauth(struct mailbox *m, const struct config_mailbox *section,
			      struct err *err)
{
	struct oauth_options *o = &m->oauth_options;
	const struct config_source *from = &m->from;
	if (!section || !oauth_settings_wanted(&section->oauth) || from->token_file ||
	    from->token_command || from->password_file || from->password_command)
		return ST_OK;
	enum status st = oauth_settings(&section->oauth, section->name, o, err);
	if (st == ST_OK)
		st = oauth_open(o, &m->oauth, err);
	if (st == ST_OK)
		m->imap.account.secret = (struct imap_secret){m->oauth, oauth_secret};
	return st;
}

/* What the command line says wins. */
static void override(struct config_source *from, const struct mailbox_options *o)
{
	if (o->user)
		from->user = (char *)o->user;
	if (o->ca)
		from->ca = (char *)o->ca;
	if (o->archive)
		from->archive = (char *)o->archive;
	if (o->password_file || o->password_command) {
		from->password_file = (char *)o->password_file;
		from->password_command = (char *)o->password_command;
		from->token_file = from->token_command = NULL;
	}
	if (o->timeout_s)
		from->timeout = o->timeout_s;
	if (o->poll_s)
		from->poll = o->poll_s;
}

static enum status get_secret(void *ctx, bool renew, struct buf *out, struct err *err)
{
	const struct mailbox *m = ctx;
	const struct config_source *from = &m->from;
	(void)renew; /* a file or a command gives what is valid now */
	if (from->token_file || from->password_file)
		return secret_from_file(from->token_file ? from->token_file : from->password_file,
					out, err);
	if (from->token_command || from->password_command)
		return secret_from_command(from->token_command ? from->token_command
							       : from->password_command,
					   m->stop, out, err);
	if (m->env_password) {
		buf_puts(out, m->env_password);
		return ST_OK;
	}
	return err_set(err, ST_FATAL,
		       "no password: it comes from --password-file, --password-command, "
		       "RUASCOPE_IMAP_PASSWORD or the configuration");
}

static enum status fill(struct mailbox *m, const struct config_mailbox *section, struct err *err)
{
	struct config_source *from = &m->from;
	const char *env = getenv("RUASCOPE_IMAP_PASSWORD");
	enum status st = imap_url_parse(from->url, &m->url, err);
	if (st != ST_OK)
		return err_wrap(err, st, "the URL"); /* it may hold what is not to be shown */
	const char *user = from->user ? from->user : m->url.user;
	if (!user)
		return err_set(err, ST_FATAL, "%s: no user: imaps://USER@HOST/FOLDER, or --user",
			       from->url);
	st = imap_check_text("user", user, strlen(user), err);
	if (st == ST_OK && utf8_valid_prefix(user, strlen(user)) != strlen(user))
		st = err_set(err, ST_FATAL, "the user is no UTF-8");
	m->env_password = env && *env ? mem_strdup(env) : NULL;
	m->imap.folder = m->url.folder;
	m->imap.poll_s = from->poll;
	m->imap.account = (struct imap_account){.user = user,
						.host = m->url.host,
						.port = m->url.port,
						.tls = m->url.tls,
						.ca_file = from->ca,
						.secret = {m, get_secret},
						.timeout_ms = 1000L * from->timeout};
	read_mechanism(m, section ? section->oauth.auth : NULL);
	if (st == ST_OK)
		st = open_oauth(m, section, err);
	return st == ST_OK ? read_filings(m, err) : st;
}

enum status mailbox_init(struct mailbox *m, const char *what, const struct config *config,
			 const struct mailbox_options *options, struct err *err)
{
	*m = (struct mailbox){0};
	const struct config_mailbox *found = config_mailbox(config, what);
	if (found)
		m->from = found->source;
	else if (strstr(what, "://"))
		m->from.url = (char *)what;
	else
		return err_set(err, ST_FATAL,
			       "\"%s\" is neither a URL nor a mailbox of the configuration", what);
	if (!m->from.url)
		return err_set(err, ST_FATAL, "mailbox \"%s\" has no url", what);
	override(&m->from, options);
	enum status st = fill(m, found, err);
	if (st != ST_OK && found)
		(void)err_wrap(err, st, "%s: mailbox \"%s\"", config->path, what);
	return st;
}

void mailbox_free(struct mailbox *m)
{
	imap_url_free(&m->url);
	oauth_close(m->oauth);
	if (m->env_password)
		explicit_bzero(m->env_password, strlen(m->env_password));
	free(m->env_password);
}

#include "cli/config/config.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/facts.h"
#include "core/ip.h"
#include "core/mem.h"
#include "core/text.h"

#define CONFIG_MAX (1024 * 1024)

/* libconfuse's error function has no context; one configuration is read, by one thread. */
static struct err *parse_err;

static void on_error(cfg_t *cfg, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[ERR_SIZE];
	if (!parse_err || parse_err->msg[0] != '\0')
		return; /* the first one is the cause */
	vsnprintf(text, sizeof text, fmt, ap);
	(void)err_set(parse_err, ST_FATAL, "%s:%d: %s", cfg->filename ? cfg->filename : "?",
		      cfg->line, text);
}

bool config_is_server(const char *s)
{
	struct ip ip;
	unsigned marks;
	size_t n = strlen(s);
	return n > 0 && ip_parse(s, n, &ip, &marks) && !(marks & (IP_BLANKS | IP_ZONE));
}

static int check_server(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *s = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
	if (s && config_is_server(s))
		return 0;
	cfg_error(cfg, "dns-server: \"%s\" is not ADDR[:PORT]", s ? s : "");
	return -1;
}

static int check_database(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *s = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
	if (s && s[0] != '\0')
		return 0;
	cfg_error(cfg, "database: empty; leave the line out to use the private cluster");
	return -1;
}

static int check_timeout(cfg_t *cfg, cfg_opt_t *opt)
{
	long seconds = cfg_opt_getnint(opt, 0);
	if (seconds >= 1 && seconds <= 86400)
		return 0;
	cfg_error(cfg, "database-timeout: %ld is not a number of seconds from 1 to 86400", seconds);
	return -1;
}

static int check_catalogue(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *s = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
	if (s && s[0] != '\0')
		return 0;
	cfg_error(cfg, "%s: empty; leave the line out to use what is built in alone", opt->name);
	return -1;
}

/* One that no server writes would be a slip that says nothing for ever. */
static int check_authserv(cfg_t *cfg, cfg_opt_t *opt)
{
	for (unsigned i = 0; i < cfg_opt_size(opt); i++) {
		const char *s = cfg_opt_getnstr(opt, i);
		if (s && s[0] != '\0' && s[strcspn(s, " \t\r\n;()\"")] == '\0')
			continue;
		cfg_error(cfg, "trusted-authserv: \"%s\" is no name of a server", s ? s : "");
		return -1;
	}
	return 0;
}

static const char *const require_words[] = {
    [REQUIRE_KNOWN] = "known", [REQUIRE_NEVER] = "never", [REQUIRE_ALWAYS] = "always"};

static int require_of(const char *s)
{
	for (int i = 0; s && i < 3; i++)
		if (strcmp(require_words[i], s) == 0)
			return i;
	return s ? -1 : REQUIRE_KNOWN;
}

static int check_require(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *s = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
	if (s && require_of(s) >= 0)
		return 0;
	cfg_error(cfg, "require-auth: \"%s\" is not never, known or always", s ? s : "");
	return -1;
}

static char *get(cfg_t *cfg, const char *key)
{
	const char *s = cfg_getstr(cfg, key);
	return s ? mem_strdup(s) : NULL;
}

char *config_beside(const char *config_path, char *path)
{
	const char *slash = strrchr(config_path, '/');
	if (!path || path[0] == '/' || !slash)
		return path;
	size_t n = (size_t)(slash - config_path) + 1, len = strlen(path);
	char *joined = mem_alloc(n + len + 1);
	memcpy(joined, config_path, n);
	memcpy(joined + n, path, len);
	free(path);
	return joined;
}

/* A name that also fits a unit of systemd and a file. */
static int check_mailbox(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *name = cfg_title(cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1));
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	if (name && name[0] != '\0' && name[0] != '-' && name[strspn(name, set)] == '\0')
		return 0;
	cfg_error(cfg, "mailbox: \"%s\" is no name: letters, digits, \".\", \"_\" and \"-\"",
		  name ? name : "");
	return -1;
}

static void read_mailboxes(struct config *config, cfg_t *cfg)
{
	config->n_mailboxes = cfg_size(cfg, "mailbox");
	config->mailboxes = mem_alloc(config->n_mailboxes * sizeof *config->mailboxes);
	for (unsigned i = 0; i < config->n_mailboxes; i++) {
		cfg_t *section = cfg_getnsec(cfg, "mailbox", i);
		config->mailboxes[i].name = mem_strdup(cfg_title(section));
		config_mailbox_read(section, config->path, &config->mailboxes[i].source);
		config_oauth_read(section, config->path, &config->mailboxes[i].oauth);
	}
}

static void read_groups(struct config *config, cfg_t *cfg)
{
	config->n_groups = cfg_size(cfg, "group");
	config->groups = mem_alloc(config->n_groups * sizeof *config->groups);
	for (unsigned i = 0; i < config->n_groups; i++)
		config_group_read(cfg_getnsec(cfg, "group", i), &config->groups[i]);
}

const struct config_group *config_group(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->n_groups; i++)
		if (ascii_ieq(config->groups[i].name, name))
			return &config->groups[i];
	return NULL;
}

const struct config_mailbox *config_mailbox(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->n_mailboxes; i++)
		if (strcmp(config->mailboxes[i].name, name) == 0)
			return &config->mailboxes[i];
	return NULL;
}

/*
 * Overwrite comments with blanks: libconfuse counts their lines several times over, and then every
 * complaint names a wrong line. Quoted text is left alone; // and C comments begin a word.
 */
static void blank_comments(char *s)
{
	char quote = '\0', before = '\n';
	for (; *s; before = *s++) {
		if (quote) {
			if (*s == '\\' && s[1])
				s++;
			else if (*s == quote)
				quote = '\0';
			continue;
		}
		if (*s == '"' || *s == '\'')
			quote = *s;
		const char *end = NULL;
		if (*s == '#' || (s[0] == '/' && s[1] == '/' && ascii_is_space(before)))
			end = s + strcspn(s, "\n");
		else if (s[0] == '/' && s[1] == '*' && ascii_is_space(before) &&
			 strstr(s + 2, "*/"))
			end = strstr(s + 2, "*/") + 2;
		for (; end && s < end; s++) {
			if (*s != '\n')
				*s = ' ';
		}
		if (end)
			s--; /* the loop goes on with what stands behind it */
	}
}

/* The whole file, to be freed; NULL with errno. */
static char *slurp(FILE *f)
{
	char *text = mem_alloc(CONFIG_MAX + 1);
	size_t n = fread(text, 1, CONFIG_MAX, f);
	if (!ferror(f) && n < CONFIG_MAX && strlen(text) == n)
		return text;
	errno = ferror(f) ? errno : n < CONFIG_MAX ? EILSEQ : EFBIG;
	free(text);
	return NULL;
}

static enum status parse(struct config *config, const char *path, char *text, struct err *err)
{
	cfg_opt_t mailbox[] = {CONFIG_MAILBOX_KEYS, CONFIG_OAUTH_KEYS, CFG_END()};
	cfg_opt_t group[] = {CONFIG_GROUP_KEYS, CFG_END()};
	char none[] = "{}"; /* libconfuse wants it writable */
	cfg_opt_t options[] = {
	    CFG_STR("database", NULL, CFGF_NONE),
	    CFG_INT("database-timeout", 0, CFGF_NONE),
	    CFG_STR("dns-server", NULL, CFGF_NONE),
	    CFG_STR("catalogue", NULL, CFGF_NONE),
	    CFG_STR("bounce-rules", NULL, CFGF_NONE),
	    CFG_STR("mmdb", NULL, CFGF_NONE),
	    CFG_STR_LIST("readiness", none, CFGF_NONE),
	    CFG_STR_LIST("domains", none, CFGF_NONE),
	    CFG_STR_LIST("trusted-authserv", none, CFGF_NONE),
	    CFG_STR("require-auth", NULL, CFGF_NONE),
	    CFG_SEC("group", group, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	    CFG_SEC("mailbox", mailbox, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	    CFG_END(),
	};
	err->msg[0] = '\0';
	parse_err = err;
	cfg_t *cfg = cfg_init(options, CFGF_NONE);
	if (!cfg)
		mem_die();
	free(cfg->filename);
	cfg->filename = mem_strdup(path);
	cfg_set_error_function(cfg, on_error);
	cfg_set_validate_func(cfg, "dns-server", check_server);
	cfg_set_validate_func(cfg, "database", check_database);
	cfg_set_validate_func(cfg, "database-timeout", check_timeout);
	cfg_set_validate_func(cfg, "catalogue", check_catalogue);
	cfg_set_validate_func(cfg, "bounce-rules", check_catalogue);
	cfg_set_validate_func(cfg, "require-auth", check_require);
	cfg_set_validate_func(cfg, "mailbox", check_mailbox);
	cfg_set_validate_func(cfg, "trusted-authserv", check_authserv);
	config_group_validate(cfg);
	config_mailbox_validate(cfg, "mailbox");
	config_oauth_validate(cfg, "mailbox");
	enum status st = ST_OK;
	FILE *f = fmemopen(text, strlen(text), "r");
	if (!f || cfg_parse_fp(cfg, f) != CFG_SUCCESS) {
		st = ST_FATAL;
		if (err->msg[0] == '\0')
			(void)err_set(err, st, "%s: cannot be read", path);
	} else {
		config->path = mem_strdup(path);
		config->database = get(cfg, "database");
		config->database_timeout = (unsigned)cfg_getint(cfg, "database-timeout");
		config->dns_server = get(cfg, "dns-server");
		config->catalogue = config_beside(path, get(cfg, "catalogue"));
		config->bounce_rules = config_beside(path, get(cfg, "bounce-rules"));
		config->readiness = config_list(cfg, "readiness", &config->n_readiness);
		config->domains = config_list(cfg, "domains", &config->n_domains);
		config->trusted_authserv = config_list(cfg, "trusted-authserv", &config->n_trusted);
		config->require = require_of(cfg_getstr(cfg, "require-auth"));
		config->mmdb = config_beside(path, get(cfg, "mmdb"));
		read_groups(config, cfg);
		read_mailboxes(config, cfg);
	}
	if (f)
		fclose(f);
	cfg_free(cfg);
	parse_err = NULL;
	return st;
}

static enum status read_file(struct config *config, const char *path, FILE *f, struct err *err)
{
	char *text = slurp(f);
	if (!text)
		return err_set(err, ST_FATAL, "%s: %s", path, strerror(errno));
	blank_comments(text);
	if (text[strspn(text, " \t\r\n")] == '\0') /* nothing in it; fmemopen wants bytes */
		config->path = mem_strdup(path);
	enum status st = config->path ? ST_OK : parse(config, path, text, err);
	free(text);
	return st;
}

/* *found = false: there is no such file, which only an explicit one may not be. */
static enum status try_file(struct config *config, const char *path, bool *found, struct err *err)
{
	FILE *f = fopen(path, "re");
	*found = f != NULL;
	if (!f && (errno == ENOENT || errno == ENOTDIR))
		return ST_OK;
	if (!f)
		return err_set(err, ST_FATAL, "%s: %s", path, strerror(errno));
	enum status st = read_file(config, path, f, err);
	fclose(f);
	return st;
}

/* The person's own file: to be freed; NULL when there is no home. */
static char *user_path(void)
{
	static const char name[] = "ruascope/ruascope.conf";
	const char *base = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	char *path = NULL;
	int n = -1;
	if (base && base[0] == '/')
		n = asprintf(&path, "%s/%s", base, name);
	else if (home && home[0] == '/')
		n = asprintf(&path, "%s/.config/%s", home, name);
	return n < 0 ? NULL : path;
}

enum status config_load(struct config *config, const char *explicit_path, struct err *err)
{
	bool found = false;
	enum status st;
	*config = (struct config){0};
	if (explicit_path) {
		st = try_file(config, explicit_path, &found, err);
		if (st == ST_OK && !found)
			st = err_set(err, ST_FATAL, "%s: %s", explicit_path, strerror(ENOENT));
		return st;
	}
	char *path = user_path();
	st = path ? try_file(config, path, &found, err) : ST_OK;
	free(path);
	if (st == ST_OK && !found)
		st = try_file(config, "/etc/ruascope/ruascope.conf", &found, err);
	return st;
}

void config_free(struct config *config)
{
	free(config->path);
	free(config->database);
	free(config->dns_server);
	free(config->catalogue);
	free(config->bounce_rules);
	free(config->mmdb);
	config_list_free(config->readiness, config->n_readiness);
	config_list_free(config->domains, config->n_domains);
	config_list_free(config->trusted_authserv, config->n_trusted);
	for (unsigned i = 0; i < config->n_groups; i++)
		config_group_free(&config->groups[i]);
	free(config->groups);
	for (unsigned i = 0; i < config->n_mailboxes; i++) {
		free(config->mailboxes[i].name);
		config_mailbox_free(&config->mailboxes[i].source);
		config_oauth_free(&config->mailboxes[i].oauth);
	}
	free(config->mailboxes);
	*config = (struct config){0};
}

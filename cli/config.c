#include "cli/config.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static int check_catalogue(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *s = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
	if (s && s[0] != '\0')
		return 0;
	cfg_error(cfg, "catalogue: empty; leave the line out to use the built-in services alone");
	return -1;
}

static char *get(cfg_t *cfg, const char *key)
{
	const char *s = cfg_getstr(cfg, key);
	return s ? mem_strdup(s) : NULL;
}

/* The path beside the configuration file, unless it is absolute; to be freed. NULL stays NULL. */
static char *beside(const char *config_path, char *path)
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

static int check_seconds(cfg_t *cfg, cfg_opt_t *opt)
{
	long n = cfg_opt_getnint(opt, cfg_opt_size(opt) - 1);
	if (n >= 1 && n <= 24 * 3600)
		return 0;
	cfg_error(cfg, "%s: %ld is not a number of seconds from 1 to 86400", cfg_opt_name(opt), n);
	return -1;
}

/* Rows of a mailbox section that are strings, and where they go. */
#define PLACE(member) offsetof(struct config_mailbox, member)
static const struct {
	const char *key;
	size_t place;
	bool path;
} mailbox_keys[] = {
    {"url", PLACE(url), false},
    {"user", PLACE(user), false},
    {"ca", PLACE(ca), true},
    {"mechanism", PLACE(mechanism), false},
    {"archive", PLACE(archive), false},
    {"password-file", PLACE(password_file), true},
    {"password-command", PLACE(password_command), false},
    {"token-file", PLACE(token_file), true},
    {"token-command", PLACE(token_command), false},
    {"on-stored", PLACE(on[OUT_STORED]), false},
    {"on-duplicate", PLACE(on[OUT_DUPLICATE]), false},
    {"on-conflict", PLACE(on[OUT_CONFLICT]), false},
    {"on-rejected", PLACE(on[OUT_REJECTED]), false},
    {"on-not-a-report", PLACE(on[OUT_NOT_A_REPORT]), false},
};
#define N_MAILBOX_KEYS (sizeof mailbox_keys / sizeof *mailbox_keys)

static char **field(struct config_mailbox *m, size_t key)
{
	return (char **)(void *)((char *)m + mailbox_keys[key].place);
}

static void get_mailbox(struct config_mailbox *m, cfg_t *sec, const char *path)
{
	m->name = mem_strdup(cfg_title(sec));
	for (size_t i = 0; i < N_MAILBOX_KEYS; i++) {
		char *value = get(sec, mailbox_keys[i].key);
		*field(m, i) = mailbox_keys[i].path ? beside(path, value) : value;
	}
	m->poll = (unsigned)cfg_getint(sec, "poll");
	m->timeout = (unsigned)cfg_getint(sec, "timeout");
}

static void get_mailboxes(struct config *config, cfg_t *cfg, const char *path)
{
	config->n_mailboxes = cfg_size(cfg, "mailbox");
	config->mailboxes = mem_grow(NULL, config->n_mailboxes + 1, sizeof *config->mailboxes);
	for (size_t i = 0; i < config->n_mailboxes; i++) {
		config->mailboxes[i] = (struct config_mailbox){0};
		get_mailbox(&config->mailboxes[i], cfg_getnsec(cfg, "mailbox", (unsigned)i), path);
	}
}

static enum status parse(struct config *config, const char *path, char *text, struct err *err)
{
	cfg_opt_t mailbox[N_MAILBOX_KEYS + 3] = {
	    CFG_INT("poll", 0, CFGF_NONE),
	    CFG_INT("timeout", 0, CFGF_NONE),
	};
	for (size_t i = 0; i < N_MAILBOX_KEYS; i++)
		mailbox[2 + i] = (cfg_opt_t)CFG_STR(mailbox_keys[i].key, NULL, CFGF_NONE);
	mailbox[2 + N_MAILBOX_KEYS] = (cfg_opt_t)CFG_END();
	cfg_opt_t options[] = {
	    CFG_STR("database", NULL, CFGF_NONE),
	    CFG_STR("dns-server", NULL, CFGF_NONE),
	    CFG_STR("catalogue", NULL, CFGF_NONE),
	    CFG_SEC("mailbox", mailbox, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	    CFG_END(),
	};
	err->msg[0] = '\0';
	parse_err = err;
	cfg_t *cfg = cfg_init(options, CFGF_NONE);
	if (!cfg)
		return err_set(err, ST_FATAL, "%s: out of memory", path);
	free(cfg->filename);
	cfg->filename = mem_strdup(path);
	cfg_set_error_function(cfg, on_error);
	cfg_set_validate_func(cfg, "dns-server", check_server);
	cfg_set_validate_func(cfg, "database", check_database);
	cfg_set_validate_func(cfg, "catalogue", check_catalogue);
	cfg_set_validate_func(cfg, "mailbox|poll", check_seconds);
	cfg_set_validate_func(cfg, "mailbox|timeout", check_seconds);
	enum status st = ST_OK;
	FILE *f = fmemopen(text, strlen(text), "r");
	if (!f || cfg_parse_fp(cfg, f) != CFG_SUCCESS) {
		st = ST_FATAL;
		if (err->msg[0] == '\0')
			(void)err_set(err, st, "%s: cannot be read", path);
	} else {
		config->path = mem_strdup(path);
		config->database = get(cfg, "database");
		config->dns_server = get(cfg, "dns-server");
		config->catalogue = beside(path, get(cfg, "catalogue"));
		get_mailboxes(config, cfg, path);
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
	for (size_t i = 0; i < config->n_mailboxes; i++) {
		free(config->mailboxes[i].name);
		for (size_t k = 0; k < N_MAILBOX_KEYS; k++)
			free(*field(&config->mailboxes[i], k));
	}
	free(config->mailboxes);
	*config = (struct config){0};
}

/* ruascope: global options, the table of commands, and whether stdout took it all. */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/app/app.h"
#include "cli/bounce/bounce_commands.h"
#include "cli/command/commands.h"
#include "cli/judge/judge_commands.h"
#include "cli/site/site.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

#define LABEL_ARGUMENTS "DOMAIN SENDER [--owner TEXT] [--until D] [--force]"
#define PRINTED         "[-f text|json] [-o FILE]"
#define INVENTORY_ARGUMENTS                                                                        \
	"[DOMAIN...] [--group G] " PERIOD " [-f text|json|csv|html] [-o FILE] [--category C]"
#define PERIOD "[--month M | --since D [--until D]]"

static const struct command commands[] = {
    {"ingest", NEED_DB, cmd_ingest,
     "[--json] [--dry-run] [--jobs N] [--archive DIR] [--no-auth] [--max-...] PATH...",
     "read reports from files, directories, Maildirs, mboxes or - (stdin) and store them; or\n"
     "      --imap URL|NAME | --all  [--user USER] [--password-file FILE | --password-command "
     "CMD]\n"
     "      [--ca FILE] [--archive FOLDER] [--watch [--poll S]] [--timeout S]: from mailboxes"},
    {"imap login", NEED_NOTHING, cmd_imap_login,
     "NAME | --provider P --client-id ID --refresh-token-file FILE [OPTIONS]",
     "let a person sign in (OAuth2), and keep the refresh token of a mailbox"},
    {"parse", NEED_NOTHING, cmd_parse, "[--max-...] FILE...",
     "show reports as JSON lines; no database"},
    {"inventory", NEED_DB, cmd_inventory, INVENTORY_ARGUMENTS,
     "who sends as each domain, compared with the period before"},
    {"report", NEED_DB, cmd_report, INVENTORY_ARGUMENTS,
     "what to act on: unauthorised senders, and yours that fail, with the remedy"},
    {"readiness", NEED_DB, cmd_readiness,
     "DOMAIN... | --group G | --all  [--as-of D] [--strict] [-f text|json|html] [-o FILE]",
     "may the domain publish p=reject, and what would break"},
    {"judge", NEED_DB, cmd_judge, "[DOMAIN...] [--group G] [--day D] [-f text|json] [-o FILE]",
     "judge each complete day of reports, keep what was said, and say what changed"},
    {"overview", NEED_DB, cmd_overview, "[DOMAIN...] [--group G] [-f text|json|csv|html] [-o FILE]",
     "where each domain stands, a line each, worst first"},
    {"history", NEED_DB, cmd_history,
     "DOMAIN... | --group G  [--months N] [-f text|json|html] [-o FILE]",
     "month by month: mail, policy, verdict, what changed in DNS, what was offered, events"},
    {"events ack", NEED_DB, cmd_events_ack, "ID [--owner TEXT] [--until D]",
     "somebody knows: it is told again only when it gets worse or closes"},
    {"events", NEED_DB, cmd_events,
     "[DOMAIN...] [--group G] [--all] [--since D] [-f text|json] [-o FILE]",
     "what is open (--all: what was closed, too)"},
    {"site", NEED_DB, cmd_site, "DIR [DOMAIN...] [--group G]",
     "pages of all domains in a directory, for a web server: without a script, and only what\n"
     "      changed is written anew"},
    {"dmarc", NEED_NOTHING, cmd_dmarc, "DOMAIN " PRINTED,
     "the DMARC record in force, how it was found, what is odd in it"},
    {"spf show", NEED_NOTHING, cmd_spf_show, "DOMAIN " PRINTED,
     "the SPF record with all it includes, lookups counted"},
    {"spf check", NEED_NOTHING, cmd_spf_check, "--ip IP --mail-from ADDR [--helo NAME] " PRINTED,
     "what SPF says of an address (RFC 7208), and why"},
    {"label approve", NEED_DB, cmd_label_set, LABEL_ARGUMENTS,
     "this sender is ours; SENDER is its name or key as printed, or addresses (192.0.2.0/28);\n"
     "      --force: also when no such sender was seen, or a network takes in approved ones"},
    {"label deny", NEED_DB, cmd_label_set, LABEL_ARGUMENTS, "this sender is not ours"},
    {"label ignore", NEED_DB, cmd_label_set, LABEL_ARGUMENTS, "hide this sender from reports"},
    {"label name", NEED_DB, cmd_label_set,
     "DOMAIN SENDER NAME [--owner TEXT] [--until D] [--force]",
     "the name that reports show for it"},
    {"label forget", NEED_DB, cmd_label_forget, "DOMAIN SENDER", "remove the label"},
    {"label list", NEED_DB, cmd_label_list, "[DOMAIN] " PRINTED, "all labels"},
    {"catalogue", NEED_NOTHING, cmd_catalogue, "[--file FILE] [NAME...]",
     "services that are known; whose a name is (--file: check an own catalogue)"},
    {"bounce codes", NEED_NOTHING, cmd_bounce_codes, "[--file FILE] [WORD...]",
     "the wordings of refused mail that are known (--file: check own ones)"},
    {"bounce ingest", NEED_DB, cmd_bounce_ingest, "[--archive DIR] [--no-dns] [--max-...] PATH...",
     "count refused mail: bounces and mail logs from files, directories, Maildirs, - (stdin); or\n"
     "      --imap URL|NAME | --all  [--user USER] [--password-file FILE | --password-command "
     "CMD]\n"
     "      [--ca FILE] [--archive FOLDER] [--timeout S]: from mailboxes"},
    {"bounce list", NEED_DB, cmd_bounce_list,
     "[DOMAIN...] [--group G] [--since D] [-f text|json] [-o FILE]",
     "refused mail that was counted"},
    {"bounce", NEED_DB, cmd_bounce,
     "[-f text|json] [--domain D] [--from-ip A] [--dnsbl] [--no-db] [--no-dns] [FILE...]",
     "why mail was refused, whose that is, and what helps: of bounces, pasted replies, mail logs\n"
     "      (FILE, or what is pasted into it)"},
    {"rejects list", NEED_DB, cmd_rejects_list, PRINTED, "what is quarantined, and why"},
    {"rejects show", NEED_DB, cmd_rejects_show, "ID", "all that is known about one"},
    {"rejects export", NEED_DB, cmd_rejects_export, "ID [-o FILE]", "its bytes as they came"},
    {"rejects retry", NEED_DB, cmd_rejects_retry, "[--no-auth] [--max-...] [ID...]",
     "read them again, after an upgrade or with other ceilings (default: all)"},
    {"rejects accept", NEED_DB, cmd_rejects_accept, "ID",
     "let a report that conflicts take the place of the stored one, which is set aside"},
    {"reports list", NEED_DB, cmd_reports_list,
     "[DOMAIN...] [--since D] [--org NAME] [-f text|json]", "what is stored, and who sent it"},
    {"reports show", NEED_DB, cmd_reports_show, "DOMAIN ID [--org NAME]", "a stored report as XML"},
    {"reports drop", NEED_DB, cmd_reports_drop, "DOMAIN ID [--org NAME]", "remove a stored report"},
    {"db migrate", NEED_DB_ANY, cmd_db_migrate, "", "create or upgrade the schema"},
    {"db status", NEED_DB_ANY, cmd_db_status, PRINTED, "what is stored, and where"},
    {"db prune", NEED_DB, cmd_db_prune, "--keep MONTHS", "drop whole months, oldest first"},
    {"db forget", NEED_DB, cmd_db_forget, "DOMAIN [--yes]",
     "remove everything about a domain (without --yes: say what would go)"},
    {"db distribute", NEED_DB, cmd_db_distribute, "[--print]",
     "spread the tables over the nodes of a Citus cluster (--print: show the statements)"},
    {"db start", NEED_NOTHING, cmd_db_start, "", "start the private cluster and keep it running"},
    {"db stop", NEED_NOTHING, cmd_db_stop, "", "stop the private cluster"},
    {"db psql", NEED_DB_ANY, cmd_db_psql, "[PSQL ARGUMENTS]", "psql on the database in use"},
};
#define N_COMMANDS (sizeof commands / sizeof *commands)

atomic_bool app_interrupted;

static void on_signal(int sig)
{
	(void)sig;
	atomic_store(&app_interrupted, true);
}

void app_catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static void print_command(const struct command *c)
{
	printf("  ruascope %s%s%s\n      %s\n", c->name, c->arguments[0] ? " " : "", c->arguments,
	       c->summary);
}

static void print_help(void)
{
	puts("ruascope reads DMARC aggregate reports, stores them in PostgreSQL, and tells who\n"
	     "sends as a domain.\n\n"
	     "ruascope [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n\n"
	     "Global options:\n"
	     "  --db CONNINFO             a libpq connection string or URI; \"local\": the private "
	     "cluster\n"
	     "  --config FILE             default: ~/.config/ruascope/ruascope.conf, then\n"
	     "                            /etc/ruascope/ruascope.conf\n"
	     "  --dns-server ADDR[:PORT]  ask this resolver (default: the system's)\n"
	     "  --offline                 ask no DNS: use the answers kept in the database\n"
	     "  -v, -q, --version, --help\n\n"
	     "Commands:");
	for (size_t i = 0; i < N_COMMANDS; i++)
		print_command(&commands[i]);
	puts("\nCeilings (--max-...): mail-bytes, report-bytes, container-bytes, zip-members,\n"
	     "mime-parts, records; numbers with K, M or G.\n\n"
	     "Exit codes: 0 done; 64 usage; 65 done, but some items were quarantined; 69 database\n"
	     "unreachable; 70 internal error; 73 a directory that is not ours; 74 output could not "
	     "be written; 75 try again later;\n"
	     "78 configuration.");
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return true;
	}
	return false;
}

/* Does the row's name begin with word, as a whole word? */
static bool first_word_is(const struct command *c, const char *word)
{
	size_t n = strlen(word);
	return strncmp(c->name, word, n) == 0 && (c->name[n] == ' ' || c->name[n] == '\0');
}

/* "unknown command", and the nearest one. */
static int unknown_command(const struct app *app, const char *word, const char *second)
{
	char *typed = NULL;
	if (asprintf(&typed, "%s%s%s", word, second ? " " : "", second ? second : "") < 0)
		return EXIT_INTERNAL;
	struct text_nearest near = {.word = typed};
	for (size_t i = 0; i < N_COMMANDS; i++) {
		const char *name = commands[i].name;
		char first[32];
		snprintf(first, sizeof first, "%.*s", (int)strcspn(name, " "), name);
		if (second && first_word_is(&commands[i], word))
			text_offer(&near, name);
		else if (!second && text_offer(&near, first))
			near.found = name;
	}
	const char *found = near.found ? near.found : "";
	int n = second ? (int)strlen(found) : (int)strcspn(found, " ");
	int rc = usage_error(app, "unknown command \"%s\"%s%.*s%s", typed,
			     near.found ? "; did you mean " : "", n, found, near.found ? "?" : "");
	free(typed);
	return rc;
}

/* The rows of a first word ("db"), when the second is missing, unknown or --help. */
static int explain_group(const struct app *app, const char *word, const char *second)
{
	bool known = false;
	bool help = second && strcmp(second, "--help") == 0;
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!first_word_is(&commands[i], word))
			continue;
		known = true;
		if (help)
			print_command(&commands[i]);
	}
	if (help && known)
		return EXIT_OK;
	if (known && !second)
		return usage_error(app, "%s: missing subcommand; `ruascope %s --help` lists them",
				   word, word);
	return unknown_command(app, word, known ? second : NULL);
}

static int dispatch(struct app *app, int argc, char **argv)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		const struct command *c = &commands[i];
		const char *space = strchr(c->name, ' ');
		int words = space ? 2 : 1;
		if (!first_word_is(c, argv[0]) || argc < words ||
		    (space && strcmp(space + 1, argv[1]) != 0))
			continue;
		app->command = c;
		argc -= words - 1;
		argv += words - 1;
		if (wants_help(argc, argv) && c->run != cmd_db_psql) {
			print_command(c);
			return EXIT_OK;
		}
		optind = 0; /* glibc: begin anew */
		int rc = c->run(app, argc, argv);
		app_close(app);
		return rc;
	}
	return explain_group(app, argv[0], argc > 1 ? argv[1] : NULL);
}

static int load_configuration(struct app *app)
{
	struct err err;
	if (config_load(&app->config, app->config_path, &err) != ST_OK) {
		log_error("%s", err.msg);
		return EXIT_CONFIG;
	}
	if (!app->dns_server)
		app->dns_server = app->config.dns_server;
	return EXIT_OK;
}

enum { OPT_DB = 256, OPT_CONFIG, OPT_DNS, OPT_OFFLINE, OPT_VERSION, OPT_HELP };

/* -1: go on with the command at optind. */
static int global_option(struct app *app, int c, char **argv)
{
	switch (c) {
	case OPT_DB:
		app->db_option = optarg;
		break;
	case OPT_CONFIG:
		app->config_path = optarg;
		break;
	case OPT_DNS:
		app->dns_server = optarg;
		if (!config_is_server(optarg))
			return usage_error(app, "--dns-server: \"%s\" is not ADDR[:PORT]", optarg);
		break;
	case OPT_OFFLINE:
		app->offline = true;
		break;
	case 'v':
		app->verbosity++;
		break;
	case 'q':
		app->verbosity = -1;
		break;
	case OPT_VERSION:
		puts("ruascope " RUASCOPE_VERSION);
		return EXIT_OK;
	case OPT_HELP:
		print_help();
		return EXIT_OK;
	default:
		return bad_option(app, argv, c);
	}
	return -1;
}

static int run(struct app *app, int argc, char **argv)
{
	static const struct option options[] = {
	    {"db", required_argument, NULL, OPT_DB},
	    {"config", required_argument, NULL, OPT_CONFIG},
	    {"dns-server", required_argument, NULL, OPT_DNS},
	    {"offline", no_argument, NULL, OPT_OFFLINE},
	    {"version", no_argument, NULL, OPT_VERSION},
	    {"help", no_argument, NULL, OPT_HELP},
	    {NULL, 0, NULL, 0},
	};
	int c, rc = -1;
	opterr = 0;
	while (rc < 0 && (c = getopt_long(argc, argv, "+:vq", options, NULL)) != -1)
		rc = global_option(app, c, argv);
	if (rc >= 0)
		return rc;
	if (app->verbosity != 0)
		log_set_level(app->verbosity < 0    ? LOG_ERROR
			      : app->verbosity == 1 ? LOG_INFO
						    : LOG_DEBUG);
	if (optind >= argc)
		return usage_error(app, "a COMMAND is required");
	rc = load_configuration(app);
	if (rc == EXIT_OK)
		rc = dispatch(app, argc - optind, argv + optind);
	config_free(&app->config);
	return rc;
}

/* `| head` knows what it did: no word about that. */
static bool reader_left(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO};
	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

int main(int argc, char **argv)
{
	struct app app = {0};
	mem_watch_aborts();
	setlocale(LC_CTYPE, "");
	/* A thread left behind (db/pg/aside.c) may stand in libcrypto when the program ends:
	 * nothing is freed under it. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	/* A reader that left is an output that could not be written, not a reason to die with a
	 * database transaction open. */
	signal(SIGPIPE, SIG_IGN);
	int rc = run(&app, argc, argv);
	errno = 0;
	bool left = reader_left();
	bool ok = fflush(stdout) == 0 && !ferror(stdout);
	ok = fclose(stdout) == 0 && ok;
	if (!ok && !left)
		log_error("stdout: %s", errno ? strerror(errno) : "not all could be written");
	return ok && output_arrived() ? rc : EXIT_OUTPUT;
}

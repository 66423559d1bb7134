/*
 * commands.h - the functions behind the rows of the command table (main.c).
 *
 * Each returns an exit code, and complains on stderr itself.
 *
 * The wing command/: one command a file, and what only one of them needs. In: arguments. Out: an
 * exit code, and results on stdout. It may include
 * intake/, app/, mailbox/ and config/.
 */
#ifndef CLI_COMMAND_COMMANDS_H
#define CLI_COMMAND_COMMANDS_H

struct app;

int cmd_ingest(struct app *app, int argc, char **argv);
int cmd_parse(struct app *app, int argc, char **argv);
int cmd_imap_login(struct app *app, int argc, char **argv);

int cmd_inventory(struct app *app, int argc, char **argv);
int cmd_report(struct app *app, int argc, char **argv);

int cmd_catalogue(struct app *app, int argc, char **argv);

int cmd_label_set(struct app *app, int argc, char **argv); /* approve, deny, ignore, name */
int cmd_label_forget(struct app *app, int argc, char **argv);
int cmd_label_list(struct app *app, int argc, char **argv);

int cmd_readiness(struct app *app, int argc, char **argv);
int cmd_dmarc(struct app *app, int argc, char **argv);
int cmd_spf_show(struct app *app, int argc, char **argv);
int cmd_spf_check(struct app *app, int argc, char **argv);

int cmd_rejects_list(struct app *app, int argc, char **argv);
int cmd_rejects_show(struct app *app, int argc, char **argv);
int cmd_rejects_export(struct app *app, int argc, char **argv);
int cmd_rejects_retry(struct app *app, int argc, char **argv);
int cmd_rejects_accept(struct app *app, int argc, char **argv);

int cmd_reports_list(struct app *app, int argc, char **argv);
int cmd_reports_show(struct app *app, int argc, char **argv);
int cmd_reports_drop(struct app *app, int argc, char **argv);

int cmd_db_migrate(struct app *app, int argc, char **argv);
int cmd_db_status(struct app *app, int argc, char **argv);
int cmd_db_forget(struct app *app, int argc, char **argv);
int cmd_db_prune(struct app *app, int argc, char **argv);
int cmd_db_distribute(struct app *app, int argc, char **argv);
int cmd_db_start(struct app *app, int argc, char **argv);
int cmd_db_stop(struct app *app, int argc, char **argv);
int cmd_db_psql(struct app *app, int argc, char **argv);

#endif

/*
 * bounce_commands.h - commands about refused mail; main.c has their rows.
 *
 * The wing bounce/: refused mail explained, kept and listed. In: arguments, refusals of inputs.
 * Out: exit codes, what is printed. It may include intake/, mailbox/, app/ and config/.
 *
 *	command.c  bounce
 *	ingest.c   bounce ingest
 *	list.c     bounce list
 *	codes.c    bounce codes
 *	keep.c     from a pipeline into the database
 *	tools.c    what refusals are explained with
 *	cases.c    refusals of inputs, those that are alike as one
 *	facts.c    the domains they were sent as, with what is stored of them
 */
#ifndef CLI_BOUNCE_BOUNCE_COMMANDS_H
#define CLI_BOUNCE_BOUNCE_COMMANDS_H

struct app;

int cmd_bounce(struct app *app, int argc, char **argv);
int cmd_bounce_ingest(struct app *app, int argc, char **argv);
int cmd_bounce_list(struct app *app, int argc, char **argv);
int cmd_bounce_codes(struct app *app, int argc, char **argv);

#endif

/*
 * judge_commands.h - commands about what is remembered; main.c has their rows.
 *
 * The wing judge/: judge, and the commands that read what it stored. It may include app/.
 */
#ifndef CLI_JUDGE_JUDGE_COMMANDS_H
#define CLI_JUDGE_JUDGE_COMMANDS_H

struct app;

int cmd_judge(struct app *app, int argc, char **argv);
int cmd_overview(struct app *app, int argc, char **argv);
int cmd_history(struct app *app, int argc, char **argv);
int cmd_events(struct app *app, int argc, char **argv);
int cmd_events_ack(struct app *app, int argc, char **argv);

#endif

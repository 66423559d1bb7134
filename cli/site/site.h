/*
 * site.h - ruascope site: the pages of all domains, as files (report/site/site.h).
 *
 * What was judged is read, as overview and history read it; senders, their addresses and what is to
 * be done come of the same code and the same days as `judge` has, with the answers of DNS that are
 * kept: nobody is asked. A page whose reports, labels and judgement are those it was made from is
 * not made again.
 *
 * The wing site/: pages into a directory. It may include app/.
 */
#ifndef CLI_SITE_SITE_H
#define CLI_SITE_SITE_H

struct app;

int cmd_site(struct app *app, int argc, char **argv);

#endif

/* The catalogue and the wordings of refusals as configured: what is built in, and a person's own
 * files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app/app.h"
#include "core/mem.h"
#include "report/bounce/rules.h"
#include "report/catalogue/catalogue.h"

/* All of a file, or one byte more than max, which shows what is too large. Free *text. */
static enum status slurp(const char *path, size_t max, char **text, size_t *n, struct err *err)
{
	FILE *f = fopen(path, "re");
	*text = NULL;
	if (!f)
		return err_set(err, ST_FATAL, "%s: %s", path, strerror(errno));
	*text = mem_alloc(max + 1);
	*n = fread(*text, 1, max + 1, f);
	enum status st = ST_OK;
	if (ferror(f))
		st = err_set(err, ST_FATAL, "%s: %s", path, strerror(errno));
	fclose(f);
	return st;
}

enum status app_catalogue_file(const char *path, const struct name_rules *rules,
			       struct catalogue **out, struct err *err)
{
	char *text;
	size_t n = 0;
	*out = NULL;
	enum status st = slurp(path, CATALOGUE_BYTES, &text, &n, err);
	if (st == ST_OK)
		st = catalogue_open(out, rules, path, text, n, err);
	free(text);
	return st;
}

enum status app_bounce_rules(const struct app *app, const char *path, struct bounce_rules **out,
			     struct err *err)
{
	char *text;
	size_t n = 0;
	*out = NULL;
	path = path ? path : app->config.bounce_rules;
	if (!path)
		return bounce_rules_open(out, NULL, NULL, 0, err);
	enum status st = slurp(path, BOUNCE_RULES_BYTES, &text, &n, err);
	if (st == ST_OK)
		st = bounce_rules_open(out, path, text, n, err);
	free(text);
	return st;
}

enum status app_catalogue(const struct app *app, const struct name_rules *rules,
			  struct catalogue **out, struct err *err)
{
	if (app->config.catalogue)
		return app_catalogue_file(app->config.catalogue, rules, out, err);
	return catalogue_open(out, rules, NULL, NULL, 0, err);
}

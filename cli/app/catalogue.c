/* The catalogue as configured: the built-in services and a person's own file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app/app.h"
#include "core/mem.h"
#include "report/catalogue/catalogue.h"

enum status app_catalogue_file(const char *path, const struct name_rules *rules,
			       struct catalogue **out, struct err *err)
{
	*out = NULL;
	FILE *f = fopen(path, "re");
	if (!f)
		return err_set(err, ST_FATAL, "%s: %s", path, strerror(errno));
	char *text = mem_alloc(CATALOGUE_BYTES + 1); /* one more shows what is too large */
	size_t n = fread(text, 1, CATALOGUE_BYTES + 1, f);
	enum status st = ST_OK;
	if (ferror(f))
		st = err_set(err, ST_FATAL, "%s: %s", path, strerror(errno));
	fclose(f);
	if (st == ST_OK)
		st = catalogue_open(out, rules, path, text, n, err);
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

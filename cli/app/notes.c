#include "cli/app/notes.h"

#include <time.h>

#include "core/day.h"
#include "core/log.h"
#include "db/store/history.h"

#define MONTHS     13
#define TAKEN_DAYS 30 /* so long it is told that a record was published */

void notes_made(const char *dns, struct page_notes *out)
{
	*out = (struct page_notes){.made = day_from_unix(time(NULL)), .dns = dns};
}

void notes_read(struct app *app, const char *const *names, size_t n, const char *dns,
		struct arena *a, struct page_notes *out)
{
	struct overview_row *rows;
	struct history *histories;
	struct judged_remedy *remedies;
	struct err err;
	notes_made(dns, out);
	int32_t since = month_first_day(month_of_day(out->made) - MONTHS + 1);
	if (n == 0)
		return;
	enum status st = overview_read(app->db, names, n, a, &rows, &out->n_rows, &err);
	out->rows = st == ST_OK ? rows : NULL;
	if (st == ST_OK)
		st = months_read(app->db, names, n, since, a, &histories, &out->n_histories, &err);
	out->histories = st == ST_OK ? histories : NULL;
	if (st == ST_OK)
		st = remedy_list(app->db, names, n, out->made - TAKEN_DAYS, a, &remedies,
				 &out->n_remedies, &err);
	out->remedies = st == ST_OK ? remedies : NULL;
	if (st != ST_OK)
		log_debug("what was judged: %s", err.msg);
	out->n_rows = out->rows ? out->n_rows : 0;
	out->n_histories = out->histories ? out->n_histories : 0;
	out->n_remedies = out->remedies ? out->n_remedies : 0;
}

#include "cli/intake/own.h"

#include <string.h>

#include "cli/app/domains.h"
#include "core/hash.h"
#include "core/log.h"
#include "db/read/query.h"
#include "dns/names.h"

#define PROPOSE_MOST 50      /* names in a line that a person is to read */
#define ANY_DAY      1000000 /* later than all */

/* How many organisational domains all that is stored is about; list: of them. */
static size_t list_stored(struct app *app, const struct own *own, struct buf *list)
{
	struct arena a = {0};
	struct map seen = {0};
	struct known_domain *known;
	struct err err;
	size_t n, found = 0;
	if (query_known_domains(app->db, ANY_DAY, NULL, &a, &known, &n, &err) != ST_OK)
		n = 0; /* only a proposal is lost */
	for (size_t i = 0; i < n; i++) {
		const char *org = own->rules->org_domain(own->rules->ctx, known[i].name);
		struct digest key = hash_fixed128(org, strlen(org));
		bool fresh;
		map_put(&seen, &key, &fresh);
		if (!fresh)
			continue;
		if (list && found < PROPOSE_MOST)
			buf_printf(list, "%s\"%s\"", found ? ", " : "", org);
		found++;
	}
	map_free(&seen);
	arena_free(&a);
	return found;
}

int own_open(struct app *app, struct own *own)
{
	own->rules = names_open();
	int rc = domains_own(app, own->rules, &own->a, &own->domains, &own->n);
	if (rc == EXIT_OK && own->n == 0)
		own->several = list_stored(app, own, NULL) > 1;
	return rc;
}

void own_close(struct own *own)
{
	if (own->rules)
		names_close(own->rules);
	arena_free(&own->a);
}

void own_propose(struct app *app, const struct own *own, bool quiet)
{
	struct buf list, said;
	if (own->n > 0 || own->several)
		return;
	buf_init(&list, MIB);
	buf_init(&said, 2 * MIB);
	size_t n = list_stored(app, own, &list);
	if (n > 1 && n <= PROPOSE_MOST)
		buf_printf(&said,
			   "%shere are reports about %zu domains; if all are yours, say so in the "
			   "configuration, and reports about others are set aside: domains = {%s}",
			   quiet ? "t" : "T", n, list.data);
	else if (n > 1)
		buf_printf(&said,
			   "%shere are reports about %zu domains; say in the configuration which "
			   "are yours (domains = {...}), and reports about others are set aside",
			   quiet ? "t" : "T", n);
	if (n > 1 && quiet)
		log_info("%s", said.data);
	else if (n > 1) {
		buf_putc(&said, '\n');
		print_buf(&said);
	}
	buf_free(&said);
	buf_free(&list);
}

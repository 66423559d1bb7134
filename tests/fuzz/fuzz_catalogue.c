/* A catalogue file: whatever it holds, it is refused with a line, or every name it claims is found.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/names.h"
#include "report/catalogue/catalogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(const struct catalogue *c, const struct service *s)
{
	if (catalogue_named(c, s->key) != s)
		abort();
	for (unsigned i = 0; i < s->n_include_for; i++)
		if (s->include_for[i].mark[0] != '*' &&
		    !service_term_for(s, s->include_for[i].mark))
			abort();
	for (unsigned i = 0; i < s->n_pools; i++)
		if (!service_in_pool(s, &s->pools[i].ip))
			abort();
	for (int by = 0; by < BY_COUNT; by++)
		for (unsigned k = 0; k < s->n_names[by]; k++) {
			const char *name = s->names[by][k];
			char below[DOMAIN_SIZE + 4];
			snprintf(below, sizeof below, "a%s", name + (name[0] == '*'));
			if (name[0] != '*')
				snprintf(below, sizeof below, "%s", name);
			if (strlen(below) < DOMAIN_SIZE &&
			    catalogue_find(c, (enum catalogue_by)by, below) != s)
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct name_rules *rules;
	struct catalogue *c;
	struct err err = {.msg = ""};
	size_t n;
	if (!rules)
		rules = names_open();
	if (catalogue_parse(&c, rules, "own.csv", (const char *)data, size, &err) != ST_OK) {
		if (strncmp(err.msg, "own.csv:", 8) != 0)
			abort();
		return 0;
	}
	const struct service *all = catalogue_services(c, &n);
	for (size_t i = 0; i < n; i++)
		look_up(c, &all[i]);
	catalogue_close(c);
	return 0;
}

/* Names: the normal form of a normal form is itself, and its organisational domain a part of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/domain.h"
#include "dns/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct name_rules *rules;
	char name[DOMAIN_SIZE], again[DOMAIN_SIZE];
	if (!rules)
		rules = names_open();
	if (!domain_normalise(rules, (const char *)data, size, name))
		return 0;
	if (!domain_normalise(rules, name, strlen(name), again) || strcmp(name, again) != 0)
		abort();
	const char *org = rules->org_domain(rules->ctx, name);
	if (!domain_is_below(name, org))
		abort();
	return 0;
}

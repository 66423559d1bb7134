/* Senders as people type them: the normal form of a normal form is itself, and can be printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/label.h"
#include "core/mem.h"
#include "dns/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct name_rules *rules;
	char out[LABEL_SENDER], again[LABEL_SENDER];
	struct err err;
	struct ip ip;
	unsigned bits;
	if (!rules)
		rules = names_open();
	char *s = mem_alloc(size + 1);
	memcpy(s, data, size);
	if (label_sender(rules, s, out, &err) == ST_OK) {
		if (label_sender(rules, out, again, &err) != ST_OK || strcmp(out, again) != 0)
			abort();
		if (label_network(out, &ip, &bits) && ip.family == 0)
			abort();
	}
	free(s);
	return 0;
}

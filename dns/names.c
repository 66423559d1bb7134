#include "dns/names.h"

#include <idn2.h>
#include <libpsl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static bool to_alabels(void *ctx, const char *s, size_t n, char out[DOMAIN_SIZE])
{
	(void)ctx;
	char name[4 * DOMAIN_SIZE], *alabels = NULL;
	if (n >= sizeof name)
		return false;
	memcpy(name, s, n);
	name[n] = '\0';
	int rc = idn2_to_ascii_8z(name, &alabels, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
	if (rc == IDN2_MALLOC)
		mem_die();
	bool ok = rc == IDN2_OK && strlen(alabels) < DOMAIN_SIZE;
	if (ok)
		memcpy(out, alabels, strlen(alabels) + 1);
	idn2_free(alabels);
	return ok;
}

static const char *org_domain(void *ctx, const char *name)
{
	const char *org = psl_registrable_domain(ctx, name);
	return org ? org : name;
}

const struct name_rules *names_open(void)
{
	struct name_rules *r = mem_alloc(sizeof *r);
	r->ctx = psl_latest(NULL);
	if (!r->ctx) /* it has one built in */
		mem_die();
	r->to_alabels = to_alabels;
	r->org_domain = org_domain;
	return r;
}

void names_close(const struct name_rules *rules)
{
	psl_free(rules->ctx);
	free((void *)(uintptr_t)rules);
}

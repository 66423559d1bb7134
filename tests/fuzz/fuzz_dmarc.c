/* DMARC records and DKIM keys as anybody may publish them. */
#include <stdlib.h>
#include <string.h>

#include "dns/dkim_key.h"
#include "dns/dmarc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct dmarc_published r;
	const char *text = arena_strndup(&a, (const char *)data, size);
	bool good = dmarc_parse(text, &a, &r);
	if (r.n_notes > DMARC_NOTES_MAX || r.n_rua > DMARC_RUA_MAX || (!good && r.n_notes == 0))
		abort();
	if (!strchr("rs", r.adkim) || !strchr("rs", r.aspf) || !strchr("uny", r.psd))
		abort();
	struct dns_text t = {text, strlen(text), 1};
	struct dns_answer answer = {.outcome = DNS_OK, .n = 1, .texts = &t};
	struct dkim_key k = dkim_key_read(&answer);
	if (k.state == DKIM_KEY_GOOD && k.bits == 0)
		abort();
	arena_free(&a);
	return 0;
}

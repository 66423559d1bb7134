/* Responses of DNS, byte 0 choosing the type asked for: whatever comes, what is read is whole. */
#include <stdlib.h>
#include <string.h>

#include "dns/ask/answer.h"
#include "dns/ask/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *s)
{
	char text[WIRE_NAME_SIZE];
	if (*s && (!wire_name(s, text) || strcmp(s, text) != 0))
		abort(); /* a name as answers have it can be asked for as it is */
}

static void check(const struct dns_answer *r, enum dns_type type)
{
	if (r->outcome == DNS_PENDING || r->outcome > DNS_MALFORMED ||
	    (r->n > 0 && r->outcome != DNS_OK))
		abort();
	check_name(r->canonical);
	for (size_t i = 0; i < r->n; i++) {
		if (type == DNS_TXT && r->texts[i].data[r->texts[i].len] != '\0')
			abort();
		if (type == DNS_MX)
			check_name(r->mx[i].host);
		if (type == DNS_PTR)
			check_name(r->hosts[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA, DNS_MX, DNS_PTR, DNS_TXT};
	struct arena a = {0};
	struct dns_answer r = {0};
	char name[WIRE_NAME_SIZE];
	if (size == 0)
		return 0;
	enum dns_type type = types[data[0] % 5];
	dns_answer_read(data + 1, size - 1, "example.com", type, &a, &r);
	check(&r, type);
	char *text = arena_strndup(&a, (const char *)data, size); /* and any bytes as a name */
	if (wire_name(text, name))
		check_name(name);
	arena_free(&a);
	return 0;
}

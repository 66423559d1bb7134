/* Addresses as reporters write them: what is read must print and read back the same. */
#include <stdlib.h>
#include <string.h>

#include "core/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ip ip, again;
	char text[IP_STRLEN];
	if (!ip_parse((const char *)data, size, &ip, NULL))
		return 0;
	ip_format(&ip, text);
	if (!ip_parse(text, strlen(text), &again, NULL) || ip_cmp(&ip, &again) != 0)
		abort();
	struct ip net = ip_network(&ip, 24);
	return net.family != ip.family;
}

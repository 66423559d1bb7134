/* Bounces, notifications and pasted replies of any bytes: what is read holds no control characters,
 * and stays within its bounds. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/fuzz/refusals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_refusals(data, size);
	return 0;
}

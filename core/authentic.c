#include "core/authentic.h"

#include <stddef.h>

const char *const auth_names[AUTH_COUNT] = {"unknown", "aligned", "unaligned", "none", "fail"};
const char *const auth_by_names[AUTH_BY_COUNT] = {NULL, "dkim", "authentication-results"};
const struct authentic authentic_nothing = {.result = AUTH_UNKNOWN};

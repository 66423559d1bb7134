#include "dns/ask/answer.h"

const char *const dns_outcome_names[DNS_OUTCOME_COUNT] = {
    [DNS_PENDING] = "pending",     [DNS_OK] = "ok",
    [DNS_NXDOMAIN] = "nxdomain",   [DNS_NODATA] = "nodata",
    [DNS_SERVFAIL] = "servfail",   [DNS_REFUSED] = "refused",
    [DNS_TIMEOUT] = "timeout",     [DNS_MALFORMED] = "malformed",
    [DNS_NOT_ASKED] = "not_asked",
};

/*
 * mail_key.h - what a verifier of mail makes of the key that DNS has (core/mail_key.h).
 *
 * Stricter than dns/dkim_key.h, which says what the owner of a domain has published: two keys under
 * a name, or one for another use, verify nothing.
 */
#ifndef DNS_MAIL_KEY_H
#define DNS_MAIL_KEY_H

#include "core/mail_key.h"
#include "dns/ask/answer.h"

/* The TXT answer of SELECTOR._domainkey.DOMAIN. Octets of the key go into a. */
struct mail_key mail_key_read(const struct dns_answer *answer, struct arena *a);

#endif

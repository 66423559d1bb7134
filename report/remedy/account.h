/*
 * account.h - private to this wing: mail from a host of mailboxes that SPF does not name: our own
 * account there, or a stranger's. Pure.
 *
 * Such a host forwards what its customers get with an envelope sender of its own (SRS), and what it
 * only relays by a pool that its include leaves out (catalogue: pools). So what leaves by its other
 * machines with our MAIL FROM was sent there, and is never what a recipient has forwarded.
 */
#ifndef REPORT_REMEDY_ACCOUNT_H
#define REPORT_REMEDY_ACCOUNT_H

#include "report/remedy/gate.h"

struct account {
	const char *tenant; /* that signs nearly all of it: "example.onmicrosoft.com"; NULL: none */
	bool like_us;       /* it is called as our domain is */
	const char *marks;  /* names of our zone that speak of the service, parted by ", "; NULL */
	const char *term;   /* "include:...": what SPF would need; NULL: no term helps */
};

/* Mail with our MAIL FROM; false: it is no such mail. */
bool account_read(const struct gate *g, const struct sender *s, struct account *out);

/* Was it written there, with our domain in From alone ("send mail as")? The host signs as itself
 * what its own people write; what it hands on keeps our signature, or has none. */
bool account_writes(const struct gate *g, const struct sender *s);

#endif

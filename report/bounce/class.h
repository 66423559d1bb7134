/*
 * class.h - what a refusal means, whose it is, and words for both.
 *
 * The classes are public: rules.csv, JSON and docs/bounces.md name them by bounce_class_names.
 */
#ifndef REPORT_BOUNCE_CLASS_H
#define REPORT_BOUNCE_CLASS_H

#include <stdbool.h>

enum bounce_class {
	CLASS_AUTH_DMARC,  /* the DMARC policy of the From domain was applied */
	CLASS_AUTH_SPF,    /* SPF did not pass */
	CLASS_AUTH_DKIM,   /* no signature passed */
	CLASS_AUTH_ANY,    /* neither did, and one is enough */
	CLASS_AUTH_ALL,    /* SPF, DKIM and DMARC are required of who sends much */
	CLASS_AUTH_RECORD, /* a record is missing, an error, or did not answer */
	CLASS_AUTH_ARC,    /* a forwarder's ARC chain */
	CLASS_RELAY_DENIED,
	CLASS_RELAY_NOT_AUTHORIZED, /* a relay service does not know the account */
	CLASS_SMTP_AUTH,            /* no login, or a wrong one */
	CLASS_SENDER_IDENTITY,      /* logged in; the sender address is not the account's */
	CLASS_BLOCKLIST,
	CLASS_NO_PTR,
	CLASS_HELO,
	CLASS_REPUTATION,
	CLASS_RATE_LIMIT,
	CLASS_TLS_REQUIRED,
	CLASS_RECEIVER_POLICY,
	CLASS_CONTENT,
	CLASS_FORMAT,
	CLASS_SIZE,
	CLASS_MAILBOX_UNKNOWN,
	CLASS_MAILBOX_DISABLED,
	CLASS_MAILBOX_FULL,
	CLASS_DOMAIN_UNKNOWN,
	CLASS_SENDER_DOMAIN, /* the sender's own domain does not exist, or takes no mail */
	CLASS_NETWORK,
	CLASS_SYSTEM, /* the receiving system is in trouble, or greylists */
	CLASS_OTHER,
	CLASS_COUNT
};
extern const char *const bounce_class_names[CLASS_COUNT]; /* "auth_spf" */
extern const char *const bounce_class_words[CLASS_COUNT]; /* "SPF did not pass" */
bool bounce_class_parse(const char *s, enum bounce_class *out);

/* The family of a class, as JSON names it. */
enum bounce_group {
	GROUP_AUTH,
	GROUP_RELAY,
	GROUP_IP,
	GROUP_SENDER,
	GROUP_CONTENT,
	GROUP_RECIPIENT,
	GROUP_NETWORK,
	GROUP_OTHER,
	GROUP_COUNT
};
extern const char *const bounce_group_names[GROUP_COUNT];
enum bounce_group bounce_group_of(enum bounce_class c);

enum bounce_whose {
	WHOSE_YOUR_DNS,
	WHOSE_YOUR_SERVER,
	WHOSE_YOUR_ACCOUNT, /* at a service */
	WHOSE_FORWARDER,
	WHOSE_RECEIVER,
	WHOSE_ADDRESS, /* the recipient's */
	WHOSE_NETWORK,
	WHOSE_NOBODY,
	WHOSE_COUNT
};
extern const char *const bounce_whose_names[WHOSE_COUNT]; /* "your_dns" */
extern const char *const bounce_whose_words[WHOSE_COUNT]; /* "your DNS" */
/* Whose a class mostly is, where nothing more is known. */
enum bounce_whose bounce_whose_of(enum bounce_class c);

#endif

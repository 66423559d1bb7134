#include "report/bounce/class.h"

#include <stddef.h>

#include "core/text.h"

const char *const bounce_class_names[CLASS_COUNT] = {
    [CLASS_AUTH_DMARC] = "auth_dmarc",
    [CLASS_AUTH_SPF] = "auth_spf",
    [CLASS_AUTH_DKIM] = "auth_dkim",
    [CLASS_AUTH_ANY] = "auth_any",
    [CLASS_AUTH_ALL] = "auth_all",
    [CLASS_AUTH_RECORD] = "auth_record",
    [CLASS_AUTH_ARC] = "auth_arc",
    [CLASS_RELAY_DENIED] = "relay_denied",
    [CLASS_RELAY_NOT_AUTHORIZED] = "relay_not_authorized",
    [CLASS_SMTP_AUTH] = "smtp_auth",
    [CLASS_SENDER_IDENTITY] = "sender_identity",
    [CLASS_BLOCKLIST] = "blocklist",
    [CLASS_NO_PTR] = "no_ptr",
    [CLASS_HELO] = "helo",
    [CLASS_REPUTATION] = "reputation",
    [CLASS_RATE_LIMIT] = "rate_limit",
    [CLASS_TLS_REQUIRED] = "tls_required",
    [CLASS_RECEIVER_POLICY] = "receiver_policy",
    [CLASS_CONTENT] = "content",
    [CLASS_FORMAT] = "format",
    [CLASS_SIZE] = "size",
    [CLASS_MAILBOX_UNKNOWN] = "mailbox_unknown",
    [CLASS_MAILBOX_DISABLED] = "mailbox_disabled",
    [CLASS_MAILBOX_FULL] = "mailbox_full",
    [CLASS_DOMAIN_UNKNOWN] = "domain_unknown",
    [CLASS_SENDER_DOMAIN] = "sender_domain",
    [CLASS_NETWORK] = "network",
    [CLASS_SYSTEM] = "system",
    [CLASS_OTHER] = "other",
};

const char *const bounce_class_words[CLASS_COUNT] = {
    [CLASS_AUTH_DMARC] = "Refused for DMARC: nothing that passed was aligned with the From domain",
    [CLASS_AUTH_SPF] = "Refused for authentication: SPF did not pass",
    [CLASS_AUTH_DKIM] = "Refused for authentication: no DKIM signature passed",
    [CLASS_AUTH_ANY] = "Refused for authentication: neither SPF nor DKIM passed",
    [CLASS_AUTH_ALL] = "Refused for authentication: who sends much must pass SPF, DKIM and DMARC",
    [CLASS_AUTH_RECORD] =
	"Refused for authentication: a record is missing, an error, or did not answer",
    [CLASS_AUTH_ARC] = "Refused for authentication: the ARC chain of a forwarder did not validate",
    [CLASS_RELAY_DENIED] = "Refused to relay",
    [CLASS_RELAY_NOT_AUTHORIZED] = "Refused to relay: the service does not know this account",
    [CLASS_SMTP_AUTH] = "Refused for want of a login, or for a wrong one",
    [CLASS_SENDER_IDENTITY] = "Refused for the sender address: it is not the account's",
    [CLASS_BLOCKLIST] = "Refused for a blocklist",
    [CLASS_NO_PTR] = "Refused for reverse DNS: no name, or one that does not lead back",
    [CLASS_HELO] = "Refused for the HELO name",
    [CLASS_REPUTATION] = "Refused for bad reputation of the address or domain",
    [CLASS_RATE_LIMIT] = "Slowed down: too much, too fast",
    [CLASS_TLS_REQUIRED] = "Refused for TLS",
    [CLASS_RECEIVER_POLICY] = "Refused by a rule of the receiver",
    [CLASS_CONTENT] = "Refused for its content",
    [CLASS_FORMAT] = "Refused for its form: headers or body are not as RFC 5322 has them",
    [CLASS_SIZE] = "Refused for its size",
    [CLASS_MAILBOX_UNKNOWN] = "Refused: there is no such mailbox",
    [CLASS_MAILBOX_DISABLED] = "Refused: the mailbox is disabled",
    [CLASS_MAILBOX_FULL] = "Refused: the mailbox is full",
    [CLASS_DOMAIN_UNKNOWN] =
	"Not delivered: the recipient's domain does not exist or takes no mail",
    [CLASS_SENDER_DOMAIN] = "Refused for the sender's domain: it does not exist or takes no mail",
    [CLASS_NETWORK] = "Not delivered: the way to the receiving server failed",
    [CLASS_SYSTEM] = "Not taken: trouble at the receiving system, or greylisting",
    [CLASS_OTHER] = "Refused for a reason that is not understood",
};

/* In step with bounce_class_names. */
static const struct {
	enum bounce_group group;
	enum bounce_whose whose;
} kinds[CLASS_COUNT] = {
    [CLASS_AUTH_DMARC] = {GROUP_AUTH, WHOSE_YOUR_DNS},
    [CLASS_AUTH_SPF] = {GROUP_AUTH, WHOSE_YOUR_DNS},
    [CLASS_AUTH_DKIM] = {GROUP_AUTH, WHOSE_YOUR_SERVER},
    [CLASS_AUTH_ANY] = {GROUP_AUTH, WHOSE_YOUR_DNS},
    [CLASS_AUTH_ALL] = {GROUP_AUTH, WHOSE_YOUR_DNS},
    [CLASS_AUTH_RECORD] = {GROUP_AUTH, WHOSE_YOUR_DNS},
    [CLASS_AUTH_ARC] = {GROUP_AUTH, WHOSE_FORWARDER},
    [CLASS_RELAY_DENIED] = {GROUP_RELAY, WHOSE_RECEIVER},
    [CLASS_RELAY_NOT_AUTHORIZED] = {GROUP_RELAY, WHOSE_YOUR_ACCOUNT},
    [CLASS_SMTP_AUTH] = {GROUP_RELAY, WHOSE_YOUR_SERVER},
    [CLASS_SENDER_IDENTITY] = {GROUP_RELAY, WHOSE_YOUR_ACCOUNT},
    [CLASS_BLOCKLIST] = {GROUP_IP, WHOSE_YOUR_SERVER},
    [CLASS_NO_PTR] = {GROUP_IP, WHOSE_YOUR_DNS},
    [CLASS_HELO] = {GROUP_IP, WHOSE_YOUR_SERVER},
    [CLASS_REPUTATION] = {GROUP_IP, WHOSE_YOUR_SERVER},
    [CLASS_RATE_LIMIT] = {GROUP_IP, WHOSE_YOUR_SERVER},
    [CLASS_TLS_REQUIRED] = {GROUP_OTHER, WHOSE_YOUR_SERVER},
    [CLASS_RECEIVER_POLICY] = {GROUP_OTHER, WHOSE_RECEIVER},
    [CLASS_CONTENT] = {GROUP_CONTENT, WHOSE_NOBODY},
    [CLASS_FORMAT] = {GROUP_CONTENT, WHOSE_YOUR_SERVER},
    [CLASS_SIZE] = {GROUP_CONTENT, WHOSE_NOBODY},
    [CLASS_MAILBOX_UNKNOWN] = {GROUP_RECIPIENT, WHOSE_ADDRESS},
    [CLASS_MAILBOX_DISABLED] = {GROUP_RECIPIENT, WHOSE_ADDRESS},
    [CLASS_MAILBOX_FULL] = {GROUP_RECIPIENT, WHOSE_ADDRESS},
    [CLASS_DOMAIN_UNKNOWN] = {GROUP_RECIPIENT, WHOSE_ADDRESS},
    [CLASS_SENDER_DOMAIN] = {GROUP_SENDER, WHOSE_YOUR_DNS},
    [CLASS_NETWORK] = {GROUP_NETWORK, WHOSE_NETWORK},
    [CLASS_SYSTEM] = {GROUP_NETWORK, WHOSE_RECEIVER},
    [CLASS_OTHER] = {GROUP_OTHER, WHOSE_NOBODY},
};

const char *const bounce_group_names[GROUP_COUNT] = {"auth",    "relay",     "ip",      "sender",
						     "content", "recipient", "network", "other"};

const char *const bounce_whose_names[WHOSE_COUNT] = {"your_dns",  "your_server", "your_account",
						     "forwarder", "receiver",    "address",
						     "network",   "nobody"};

const char *const bounce_whose_words[WHOSE_COUNT] = {
    "your DNS",    "your server",  "your account at the service",
    "a forwarder", "the receiver", "the recipient's address",
    "the network", "nobody"};

bool bounce_class_parse(const char *s, enum bounce_class *out)
{
	for (int i = 0; i < CLASS_COUNT; i++)
		if (ascii_ieq(s, bounce_class_names[i])) {
			*out = (enum bounce_class)i;
			return true;
		}
	return false;
}

enum bounce_group bounce_group_of(enum bounce_class c)
{
	return kinds[c].group;
}

enum bounce_whose bounce_whose_of(enum bounce_class c)
{
	return kinds[c].whose;
}

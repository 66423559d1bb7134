#include "report/bounce/advice.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *key, *text;
} advices[] = {
    {"auth", ""},
    {"relay", ""},
    {"account_abused",
     "An account of yours sent spam, or looked like it: change its password, end its sessions, "
     "look "
     "for forwarding rules, then ask the service to lift the block. No DNS record lifts it."},
    {"account_paused",
     "The service stopped the account for what it sent: read its own message to you, end the "
     "cause, then ask it to lift the block. No DNS record lifts it."},
    {"address",
     "Ask the recipient for the right address, and take this one off your lists. Nothing of "
     "your server or DNS is the cause."},
    {"apple_relay",
     "Register the sending domain or address at Apple's private e-mail relay service: "
     "only registered senders reach addresses there."},
    {"arc",
     "The server that handed the message on broke its ARC chain: tell its administrator, or "
     "take the address of the forwarder off the list. No edit of your SPF record changes it."},
    {"connector_365",
     "The tenant at Microsoft 365 does not know who connects: its connector must name the sending "
     "address or certificate, and the domain must be an accepted one. Not a matter of SPF."},
    {"connector_exchange",
     "The client used a receive connector that relays for nobody: log in, or give its address a "
     "connector that may relay. Not a matter of SPF."},
    {"content",
     "Look at what the message holds: links, attachments, the words. Send a plain one to the "
     "same recipient to see which part it is. Authentication is not the cause."},
    {"delist",
     "Find out why the address is listed (an infected machine, a form that is misused, a stolen "
     "password), end that first, then use the form that the reply names. A listing that is only "
     "about "
     "access lines (PBL) is no accusation: send through the mail server of your provider."},
    {"docomo",
     "Refused at the end of the data although the words say \"unknown user\": a filter of the "
     "receiver, mostly for SPF or for the recipient's own settings. See first that SPF and "
     "DKIM pass; then the recipient must let your domain in."},
    {"domain_365",
     "Add the sender's domain to the accepted domains of the tenant, or send with one that "
     "is: mail of other domains is not relayed."},
    {"echo",
     "Only an echo of an earlier refusal in the same dialogue: look at the reply before it."},
    {"full",
     "Tell the recipient by another way; when there is room again, send once more. An address that "
     "stays full for weeks is not used any more: take it off your lists."},
    {"headers",
     "The program that wrote the message must be repaired: one From, one Date, one Message-ID, "
     "no bare line feeds, headers in ASCII or encoded (RFC 5322, RFC 2047)."},
    {"helo",
     "Set the HELO name of the server (Postfix: smtp_helo_name) to its own full name, which leads "
     "to its address and back."},
    {"identity_ses",
     "Verify the sending domain (or address) in the region of Amazon SES that sends, and "
     "leave the sandbox."},
    {"introduce",
     "The receiver takes no mail from servers that it does not know, or has seen little of: name "
     "the operator on a page of the server's own name, then write to the address that the reply "
     "gives. No SPF edit changes it."},
    {"ipv4", "The receiver takes no mail over IPv6 for this domain: send over IPv4 (Postfix: "
	     "smtp_address_preference = ipv4), or the receiver enables IPv6."},
    {"list_unasked",
     "This says nothing of your address: the receiver asks the list through a resolver that the "
     "list refuses, and takes that answer for a listing. Tell its administrator by another way; "
     "there is nothing to be taken off."},
    {"login",
     "Set up the client with the right user and password (or app password, or OAuth), on port 587 "
     "with STARTTLS or 465. At Microsoft 365 SMTP AUTH must be enabled for the mailbox."},
    {"login_first",
     "The client did not log in before it sent, or used a port where login is not offered: "
     "port 587 with STARTTLS, authentication switched on."},
    {"loop",
     "The message ran in circles: a forwarding rule, the MX or a connector leads back to where it "
     "came from. The administrator of the recipient's domain breaks the circle; where that is "
     "you, "
     "look at these three."},
    {"null_mx",
     "The sender's domain has a null MX (RFC 7505): it says that it takes no mail, and receivers "
     "refuse mail that cannot be answered. Use an envelope sender in a domain that takes mail."},
    {"open_relay",
     "The server looks like an open relay or proxy: see that it relays only for logged-in "
     "clients and your own networks, then ask to be taken off the list."},
    {"own_dns",
     "The receiver could not read a record of the sender's domain: see that all of its name "
     "servers answer, and that the domain has an MX or address. A temporary failure mends itself."},
    {"pace", "Send slower: fewer connections, fewer recipients a message, a growing pace for a new "
	     "address. "
	     "The message is tried again by itself where the code begins with 4."},
    {"page",
     "The reply names a page of the receiver that says what is wrong with this message or server: "
     "open that first. The numbers do not tell."},
    {"provider",
     "The receiver takes no mail from access lines: send through the mail server of your "
     "provider (smarthost, port 587, login). No SPF edit changes it."},
    {"ptr",
     "Have whoever owns the address set its PTR record to the full name of the server, and let "
     "that "
     "name lead back to the address. It is set at the provider of the address, not in your zone."},
    {"publish_dmarc",
     "Publish a DMARC record for the From domain; p=none is enough for this receiver."},
    {"read",
     "The words of the reply say more than its numbers: read them, and any page that they name."},
    {"receiver",
     "A rule of the receiving organisation, list or mailbox: only its administrator or the "
     "recipient can change it. Ask them, by another way, to let your domain in."},
    {"receiver_tls",
     "TLS of the receiving server is broken (certificate, STARTTLS, DANE or MTA-STS): its "
     "administrator must repair it. Do not switch the check off."},
    {"relay_google",
     "Google's relay knows neither the address nor the domain: register both in the SMTP relay "
     "settings "
     "of Workspace, or log in. The HELO name and MAIL FROM must be in a registered domain."},
    {"reputation",
     "The history of the address or domain counts: see that SPF, DKIM and DMARC pass, send only to "
     "who "
     "asked for it, take unsubscribers off at once, and wait. An SPF edit does not change it."},
    {"retry",
     "Nothing to do when it happens now and then: the message is tried again by itself. When all "
     "mail to this receiver stays, see that its servers can be reached from yours."},
    {"sender_address",
     "Send with an address that belongs to the account that logs in, or let the service "
     "verify this one (\"send as\")."},
    {"sender_verify",
     "The receiver asked the mail server of the sender's domain whether the sender address takes "
     "mail, and it does not, or did not answer: send with an address that exists, and see that its "
     "MX takes mail for it, also from the null sender (<>)."},
    {"size", "Make the message smaller, or send a link instead of the attachment."},
    {"spf_record",
     "The SPF record of the envelope-sender domain is an error or has odd entries: `ruascope "
     "spf show` says which."},
    {"tenant_abuse",
     "The tenant at Microsoft 365 is blocked for what it sent, or sends from an address "
     "that is: only the support of Microsoft 365 can lift that."},
    {"tenant_list",
     "The block list of the tenant itself has the recipient or sender: its administrator "
     "takes it off."},
    {"tls",
     "Switch STARTTLS on for outgoing mail (Postfix: smtp_tls_security_level = may), with TLS 1.2 "
     "or newer."},
};

/* What is usual, by class; NULL: looked into. */
static const char *const usual[CLASS_COUNT] = {
    [CLASS_AUTH_RECORD] = "own_dns",
    [CLASS_AUTH_ARC] = "arc",
    [CLASS_RELAY_NOT_AUTHORIZED] = "connector_365",
    [CLASS_SMTP_AUTH] = "login",
    [CLASS_SENDER_IDENTITY] = "sender_address",
    [CLASS_BLOCKLIST] = "delist",
    [CLASS_NO_PTR] = "ptr",
    [CLASS_HELO] = "helo",
    [CLASS_REPUTATION] = "reputation",
    [CLASS_RATE_LIMIT] = "pace",
    [CLASS_TLS_REQUIRED] = "tls",
    [CLASS_RECEIVER_POLICY] = "receiver",
    [CLASS_CONTENT] = "content",
    [CLASS_FORMAT] = "headers",
    [CLASS_SIZE] = "size",
    [CLASS_MAILBOX_UNKNOWN] = "address",
    [CLASS_MAILBOX_DISABLED] = "address",
    [CLASS_MAILBOX_FULL] = "full",
    [CLASS_DOMAIN_UNKNOWN] = "address",
    [CLASS_SENDER_DOMAIN] = "own_dns",
    [CLASS_NETWORK] = "retry",
    [CLASS_SYSTEM] = "retry",
    [CLASS_OTHER] = "read",
};

static const char *find(const char *key)
{
	for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
		if (strcmp(advices[i].key, key) == 0)
			return advices[i].text;
	return NULL;
}

bool bounce_advice_known(const char *key)
{
	return find(key) != NULL;
}

const char *bounce_advice_text(const char *key, enum bounce_class c)
{
	if (!key[0])
		key = usual[c] ? usual[c] : "read";
	const char *text = find(key);
	return text ? text : "";
}

/*
 * label.h - how a person names a sender, in one form. No I/O.
 *
 *	service:sendgrid            a service of the catalogue
 *	dkim:vendor.example         mailfrom:, host:, ptr: and own: likewise; a mark (#fail) stays
 *	net:192.0.2.0/24            the sender that is this network, as reports print its key
 *	192.0.2.0/28, 2001:db8::1   addresses, whichever sender they belong to
 *	vendor.example, our relay   anything else: the sender's name as printed
 *
 * "label:192.0.2.0/28", the key of a labelled network, is the network.
 *
 * Letters are lower case (ASCII), outer blanks are gone, names are in normal form (core/domain.h)
 * and addresses as ip_format() writes them, a network of one address without its bits: equal
 * senders are equal bytes.
 */
#ifndef CORE_LABEL_H
#define CORE_LABEL_H

#include "core/domain.h"
#include "core/err.h"
#include "core/facts.h"

#define LABEL_SENDER 320 /* octets of a sender, NUL included: a key with a whole name fits */
#define LABEL_TEXT   200 /* octets of a name or an owner */

/* Put s into the form above. ST_ITEM, and why, when it cannot be one; a network whose host bits are
 * set is refused with what was probably meant. */
enum status label_sender(const struct name_rules *rules, const char *s, char out[LABEL_SENDER],
			 struct err *err) MUST_CHECK;

/* The network of a sender in normal form; false: it is a key or a name. */
bool label_network(const char *sender, struct ip *network, unsigned *bits);

/* More addresses than one sender has: an IPv4 network wider than /8, an IPv6 one wider than /32. */
bool label_is_wide(const struct ip *network, unsigned bits);

/* May s be shown as it stands? Up to max octets of UTF-8, none that text_terminal() would change,
 * and not blank. ST_ITEM, and why; what names it: "NAME". */
enum status label_text(const char *what, const char *s, size_t max, struct err *err) MUST_CHECK;

#endif

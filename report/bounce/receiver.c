#include "report/bounce/receiver.h"

#include <string.h>

#include "core/receiver.h"
#include "core/text.h"

/* Receivers whose servers, words and reports have different names. */
static const struct {
	const char *org, *name, *hosts[4], *provider, *reports[4];
} known[] = {
    {"google.com", "Google", {"google.com", "googlemail.com", NULL}, "Gmail", {"google.com", NULL}},
    {"outlook.com",
     "Microsoft",
     {"outlook.com", "hotmail.com", "outlook.de", NULL},
     "Microsoft",
     {"outlook.com", "enterprise outlook", "microsoft corporation", NULL}},
    {"yahoo.com",
     "Yahoo",
     {"yahoodns.net", "yahoo.com", NULL},
     "Yahoo",
     {"yahoo", "yahoo! inc.", "aol", NULL}},
    {"icloud.com",
     "Apple",
     {"icloud.com", "apple.com", NULL},
     "iCloud",
     {"icloud.com", "apple", NULL}},
    {"mimecast.com",
     "Mimecast",
     {"mimecast.com", "mimecast.co.za", NULL},
     "Mimecast",
     {"mimecast", "mimecast.org", NULL}},
    {"comcast.net", "Comcast", {"comcast.net", NULL}, "Comcast", {"comcast.net", "comcast", NULL}},
    {"gmx.net",
     "GMX",
     {"gmx.net", "web.de", "kundenserver.de", NULL},
     "GMX",
     {"gmx", "gmx.net", "web.de", NULL}},
    {"zoho.com", "Zoho", {"zoho.com", "zoho.eu", NULL}, "Zoho", {"zoho", "zoho.com", NULL}},
    {"fastmail.com",
     "FastMail",
     {"messagingengine.com", "fastmail.com", NULL},
     "FastMail",
     {"fastmail", "fastmail pty ltd", NULL}},
    {"mail.ru", "Mail.Ru", {"mail.ru", NULL}, "Mail.Ru", {"mail.ru", NULL}},
};
#define N_KNOWN (sizeof known / sizeof *known)

const char *receiver_org(const struct name_rules *rules, const char *host, const char *provider)
{
	for (size_t i = 0; host && i < N_KNOWN; i++)
		for (size_t k = 0; k < 4 && known[i].hosts[k]; k++)
			if (domain_is_below(host, known[i].hosts[k]))
				return known[i].org;
	for (size_t i = 0; !host && provider && provider[0] && i < N_KNOWN; i++)
		if (strcmp(known[i].provider, provider) == 0)
			return known[i].org;
	return host && rules ? rules->org_domain(rules->ctx, host) : host;
}

bool receiver_is(const char *org, const char *org_name)
{
	char folded[RECEIVER_NAME];
	if (!org)
		return false;
	receiver_fold(org_name, folded);
	for (size_t i = 0; i < N_KNOWN; i++)
		for (size_t k = 0; strcmp(known[i].org, org) == 0 && k < 4 && known[i].reports[k];
		     k++)
			if (strcmp(folded, known[i].reports[k]) == 0)
				return true;
	return strcmp(folded, org) == 0 || domain_is_below(folded, org);
}

const char *receiver_name(const char *org)
{
	for (size_t i = 0; org && i < N_KNOWN; i++)
		if (strcmp(known[i].org, org) == 0)
			return known[i].name;
	return org;
}

#include "core/receiver.h"

#include <string.h>
#include <strings.h>

#include "core/text.h"

/*
 * As they write it into org_name; a domain stands for all names below it, too. Taken from published
 * reports, and from the pages of the receivers about theirs.
 *
 * domains: organisational domains that answer for their report mails, and from: the addresses that
 * those come from ("@domain": any there), both as seen in published report mails and in the rules
 * that people sort theirs by. Where the table has them nothing else proves a report of that name.
 */
static const struct receiver {
	const char *name;
	const char *domains, *from; /* lists with blanks between; NULL: not known, or any */
} receivers[] = {
    {"google.com", "google.com", "noreply-dmarc-support@google.com"},
    {"Enterprise Outlook", "microsoft.com", "dmarcreport@microsoft.com dmarcrep@microsoft.com"},
    {"Outlook.com", "microsoft.com", "dmarcreport@microsoft.com dmarcrep@microsoft.com"},
    {"Microsoft Corporation", "microsoft.com", "dmarcreport@microsoft.com dmarcrep@microsoft.com"},
    {"Yahoo", "yahoo.com aol.com", "@dmarc.yahoo.com @abuse.aol.com"},
    {"Yahoo Inc.", "yahoo.com aol.com", "@dmarc.yahoo.com @abuse.aol.com"},
    {"Yahoo! Inc.", "yahoo.com aol.com", "@dmarc.yahoo.com @abuse.aol.com"},
    {"yahoo.com", "yahoo.com aol.com", "@dmarc.yahoo.com @abuse.aol.com"},
    {"AOL", "yahoo.com aol.com", "@dmarc.yahoo.com @abuse.aol.com"},
    {"Verizon Media", "yahoo.com aol.com", "@dmarc.yahoo.com @abuse.aol.com"},
    {"comcast.net", "comcast.net",
     "dmarc-support@alerts.comcast.net dmarc-admin@alerts.comcast.net"},
    {"Comcast", "comcast.net", "dmarc-support@alerts.comcast.net dmarc-admin@alerts.comcast.net"},
    {"AMAZON-SES", "amazonses.com", "postmaster@amazonses.com"},
    {"amazonses.com", "amazonses.com", "postmaster@amazonses.com"},
    {"GMX", "gmx.net", "noreply-dmarc@sicher.gmx.net"},
    {"gmx.net", "gmx.net", "noreply-dmarc@sicher.gmx.net"},
    {"WEB.DE", "web.de", "noreply-dmarc@sicher.web.de"},
    {"web.de", "web.de", "noreply-dmarc@sicher.web.de"},
    {"1&1", NULL, NULL},
    {"1und1", NULL, NULL},
    {"1&1 Mail & Media", NULL, NULL},
    {"mail.com", NULL, NULL},
    {"United Internet AG", NULL, NULL},
    {"t-online.de", NULL, NULL},
    {"Deutsche Telekom", NULL, NULL},
    {"freenet.de", NULL, NULL},
    {"Mail.Ru", "mail.ru", "dmarc_support@corp.mail.ru"},
    {"mail.ru", "mail.ru", "dmarc_support@corp.mail.ru"},
    {"Yandex", NULL, NULL},
    {"yandex.ru", NULL, NULL},
    {"Fastmail Pty Ltd", "fastmaildmarc.com", "reports@fastmaildmarc.com"},
    {"fastmail.com", "fastmaildmarc.com", "reports@fastmaildmarc.com"},
    {"FastMail", "fastmaildmarc.com", "reports@fastmaildmarc.com"},
    {"Mimecast", "mimecastreport.com", NULL},
    {"mimecast.org", "mimecastreport.com", NULL},
    {"Mimecast.org", "mimecastreport.com", NULL},
    {"zoho.com", "zoho.com", "noreply-dmarc@zoho.com"},
    {"Zoho Corporation", "zoho.com", "noreply-dmarc@zoho.com"},
    {"emailsrvr.com", "emailsrvr.com", "dmarc_reports@emailsrvr.com"},
    {"Rackspace", "emailsrvr.com", "dmarc_reports@emailsrvr.com"},
    {"GoDaddy.com", "secureserver.net", "dmarcreports@secureserver.net"},
    {"secureserver.net", "secureserver.net", "dmarcreports@secureserver.net"},
    {"kddi.com", "kddi.com", "noreply-dmarc-support@kddi.com"},
    {"docomo.ne.jp", NULL, NULL},
    {"NTT DOCOMO", NULL, NULL},
    {"SoftBank", NULL, NULL},
    {"softbank.ne.jp", NULL, NULL},
    {"nifty.com", NULL, NULL},
    {"biglobe.ne.jp", NULL, NULL},
    {"ocn.ne.jp", NULL, NULL},
    {"GMO Pepabo, Inc.", "lolipop.jp", "dmarc-reports@lolipop.jp"},
    {"so-net.ne.jp", NULL, NULL},
    {"rakuten.jp", NULL, NULL},
    {"NetEase", "163.com 126.com", "abuse@163.com abuse@126.com"},
    {"163.com", "163.com 126.com", "abuse@163.com abuse@126.com"},
    {"qq.com", NULL, NULL},
    {"Tencent", NULL, NULL},
    {"naver.com", NULL, NULL},
    {"NAVER", NULL, NULL},
    {"daum.net", NULL, NULL},
    {"seznam.cz", "seznam.cz", "abuse@seznam.cz"},
    {"Seznam.cz", "seznam.cz", "abuse@seznam.cz"},
    {"wp.pl", "wp.pl", "dmarc-support@wp.pl"},
    {"onet.pl", NULL, NULL},
    {"o2.pl", NULL, NULL},
    {"interia.pl", NULL, NULL},
    {"libero.it", NULL, NULL},
    {"Italiaonline", NULL, NULL},
    {"orange.fr", NULL, NULL},
    {"Orange", NULL, NULL},
    {"laposte.net", NULL, NULL},
    {"free.fr", NULL, NULL},
    {"sfr.fr", NULL, NULL},
    {"ziggo.nl", NULL, NULL},
    {"KPN", NULL, NULL},
    {"xs4all.nl", "xs4all.net", "noreply@dmarc-reports.xs4all.net"},
    {"telenet.be", NULL, NULL},
    {"proximus.be", NULL, NULL},
    {"bluewin.ch", NULL, NULL},
    {"Swisscom", NULL, NULL},
    {"infomaniak.com", "infomaniak.com", "dmarc@infomaniak.com"},
    {"virginmedia.com", NULL, NULL},
    {"BT Internet", NULL, NULL},
    {"btinternet.com", NULL, NULL},
    {"sky.com", NULL, NULL},
    {"cox.net", NULL, NULL},
    {"charter.net", NULL, NULL},
    {"Spectrum", NULL, NULL},
    {"att.net", NULL, NULL},
    {"centurylink.net", NULL, NULL},
    {"earthlink.net", NULL, NULL},
    {"icloud.com", NULL, NULL},
    {"Apple Inc.", NULL, NULL},
    {"me.com", NULL, NULL},
    {"linkedin.com", "linkedin.com", "dmarc-noreply@linkedin.com"},
    {"LinkedIn", "linkedin.com", "dmarc-noreply@linkedin.com"},
    {"protonmail.com", NULL, NULL},
    {"Proton AG", NULL, NULL},
    {"proton.me", NULL, NULL},
    {"posteo.de", NULL, NULL},
    {"mailbox.org", NULL, NULL},
    {"uol.com.br", NULL, NULL},
    {"terra.com.br", NULL, NULL},
    {"locaweb.com.br", NULL, NULL},
    {"rediffmail.com", NULL, NULL},
    {"xtra.co.nz", NULL, NULL},
    {"telstra.com", NULL, NULL},
    {"optusnet.com.au", NULL, NULL},
    {"gosecure.net", "gosecure.net", "dmarc-report@gosecure.net"},
    {"Cisco", NULL, NULL},
    {"Proofpoint", NULL, NULL},
    {"Barracuda Networks", NULL, NULL},
    {"Trend Micro", NULL, NULL},
    {"hornetsecurity.com", NULL, NULL},
};

/*
 * Organisational domains under which anybody can have a mailbox: their customers' mail is aligned,
 * too. Only the addresses above prove anything there.
 */
static const char *const mail_services[] = {
    "126.com",         "163.com",        "aim.com",       "aol.com",       "arcor.de",
    "att.net",         "bellsouth.net",  "biglobe.ne.jp", "bluewin.ch",    "btinternet.com",
    "centrum.cz",      "charter.net",    "comcast.net",   "cox.net",       "daum.net",
    "docomo.ne.jp",    "earthlink.net",  "email.cz",      "fastmail.com",  "fastmail.fm",
    "foxmail.com",     "free.fr",        "freenet.de",    "gmail.com",     "gmx.at",
    "gmx.ch",          "gmx.com",        "gmx.de",        "gmx.net",       "google.com",
    "googlemail.com",  "hanmail.net",    "hotmail.com",   "icloud.com",    "inbox.ru",
    "infomaniak.com",  "interia.pl",     "kddi.com",      "laposte.net",   "libero.it",
    "list.ru",         "live.com",       "mac.com",       "mail.com",      "mail.de",
    "mail.ru",         "mailbox.org",    "me.com",        "microsoft.com", "msn.com",
    "naver.com",       "nifty.com",      "o2.pl",         "ocn.ne.jp",     "onet.pl",
    "optusnet.com.au", "orange.fr",      "outlook.com",   "pm.me",         "posteo.de",
    "proton.me",       "protonmail.com", "proximus.be",   "qq.com",        "rambler.ru",
    "rediffmail.com",  "rocketmail.com", "seznam.cz",     "sfr.fr",        "sky.com",
    "so-net.ne.jp",    "softbank.ne.jp", "swisscom.com",  "t-online.de",   "telenet.be",
    "telstra.com",     "terra.com.br",   "uol.com.br",    "verizon.net",   "virginmedia.com",
    "wanadoo.fr",      "web.de",         "wp.pl",         "xs4all.nl",     "xtra.co.nz",
    "yahoo.co.jp",     "yahoo.com",      "yandex.com",    "yandex.ru",     "yeah.net",
    "ymail.com",       "ziggo.nl",       "zoho.com",      "zohomail.com",
};

void receiver_fold(const char *org_name, char out[RECEIVER_NAME])
{
	size_t n = 0;
	for (const char *s = org_name; *s && n + 1 < RECEIVER_NAME; s++) {
		if (!ascii_is_space(*s))
			out[n++] = ascii_lower(*s);
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	if (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

static bool is_or_ends_in(const char *name, const char *of)
{
	size_t n = strlen(name), m = strlen(of);
	if (strcasecmp(name, of) == 0)
		return true;
	return strchr(of, '.') && !strchr(of, ' ') && n > m && name[n - m - 1] == '.' &&
	       strcasecmp(name + n - m, of) == 0;
}

static const struct receiver *find(const char *org_name)
{
	char name[RECEIVER_NAME];
	if (!org_name)
		return NULL;
	receiver_fold(org_name, name);
	for (size_t i = 0; i < sizeof receivers / sizeof *receivers; i++)
		if (is_or_ends_in(name, receivers[i].name))
			return &receivers[i];
	return NULL;
}

bool receiver_is_large(const char *org_name)
{
	return find(org_name) != NULL;
}

bool receiver_can_prove(const char *org_name)
{
	const struct receiver *r = find(org_name);
	return r && r->domains;
}

/* Is the word in the list? */
static bool listed(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = list; at && *at;) {
		size_t m = strcspn(at, " ");
		if (m == n && strncasecmp(at, word, n) == 0)
			return true;
		at += m;
		at += strspn(at, " ");
	}
	return false;
}

/* Is it an address that reports are known to come from? */
static bool sends_reports(const struct receiver *r, const char *from)
{
	const char *at = strrchr(from, '@');
	return listed(r->from, from) || (at && listed(r->from, at));
}

static bool is_mail_service(const char *org_domain)
{
	for (size_t i = 0; i < sizeof mail_services / sizeof *mail_services; i++)
		if (strcmp(mail_services[i], org_domain) == 0)
			return true;
	return false;
}

static const char *org_domain(const struct name_rules *rules, const char *name)
{
	return rules ? rules->org_domain(rules->ctx, name) : name;
}

/* Is org_name a domain name, of that organisational domain? */
static bool names_domain(const struct name_rules *rules, const char *org_name, const char *own)
{
	char name[DOMAIN_SIZE];
	return strchr(org_name, '.') && domain_normalise(rules, org_name, strlen(org_name), name) &&
	       strcmp(org_domain(rules, name), own) == 0;
}

enum sender_claim receiver_claim(const struct name_rules *rules, const char *org_name,
				 const struct authentic *a)
{
	if (a->result != AUTH_ALIGNED || !a->domain || !a->from || !org_name)
		return CLAIM_NOTHING;
	char name[RECEIVER_NAME];
	receiver_fold(org_name, name);
	const char *own = org_domain(rules, a->domain);
	const struct receiver *r = find(org_name);
	if (r && r->domains)
		return listed(r->domains, own) && (!r->from || sends_reports(r, a->from))
			   ? CLAIM_LISTED
			   : CLAIM_NOTHING;
	if (is_mail_service(own))
		return CLAIM_NOTHING;
	return names_domain(rules, name, own) ? CLAIM_OWN : CLAIM_SIGNED;
}

#include "report/sender/reporters.h"

#include <string.h>
#include <strings.h>

#include "core/hash.h"
#include "core/text.h"

/* As they write it into org_name; a domain stands for all names below it, too. Taken from published
 * reports, and from the pages of the receivers about theirs. */
static const char *const large[] = {
    "google.com",
    "Enterprise Outlook",
    "Outlook.com",
    "Microsoft Corporation",
    "Yahoo",
    "Yahoo Inc.",
    "Yahoo! Inc.",
    "yahoo.com",
    "AOL",
    "Verizon Media",
    "comcast.net",
    "Comcast",
    "AMAZON-SES",
    "amazonses.com",
    "GMX",
    "gmx.net",
    "WEB.DE",
    "web.de",
    "1&1",
    "1und1",
    "1&1 Mail & Media",
    "mail.com",
    "United Internet AG",
    "t-online.de",
    "Deutsche Telekom",
    "freenet.de",
    "Mail.Ru",
    "mail.ru",
    "Yandex",
    "yandex.ru",
    "Fastmail Pty Ltd",
    "fastmail.com",
    "FastMail",
    "Mimecast",
    "mimecast.org",
    "Mimecast.org",
    "zoho.com",
    "Zoho Corporation",
    "emailsrvr.com",
    "Rackspace",
    "GoDaddy.com",
    "secureserver.net",
    "kddi.com",
    "docomo.ne.jp",
    "NTT DOCOMO",
    "SoftBank",
    "softbank.ne.jp",
    "nifty.com",
    "biglobe.ne.jp",
    "ocn.ne.jp",
    "GMO Pepabo, Inc.",
    "so-net.ne.jp",
    "rakuten.jp",
    "NetEase",
    "163.com",
    "qq.com",
    "Tencent",
    "naver.com",
    "NAVER",
    "daum.net",
    "seznam.cz",
    "Seznam.cz",
    "wp.pl",
    "onet.pl",
    "o2.pl",
    "interia.pl",
    "libero.it",
    "Italiaonline",
    "orange.fr",
    "Orange",
    "laposte.net",
    "free.fr",
    "sfr.fr",
    "ziggo.nl",
    "KPN",
    "xs4all.nl",
    "telenet.be",
    "proximus.be",
    "bluewin.ch",
    "Swisscom",
    "infomaniak.com",
    "virginmedia.com",
    "BT Internet",
    "btinternet.com",
    "sky.com",
    "cox.net",
    "charter.net",
    "Spectrum",
    "att.net",
    "centurylink.net",
    "earthlink.net",
    "icloud.com",
    "Apple Inc.",
    "me.com",
    "linkedin.com",
    "LinkedIn",
    "protonmail.com",
    "Proton AG",
    "proton.me",
    "posteo.de",
    "mailbox.org",
    "uol.com.br",
    "terra.com.br",
    "locaweb.com.br",
    "rediffmail.com",
    "xtra.co.nz",
    "telstra.com",
    "optusnet.com.au",
    "gosecure.net",
    "Cisco",
    "Proofpoint",
    "Barracuda Networks",
    "Trend Micro",
    "hornetsecurity.com",
};

static bool is_or_ends_in(const char *name, const char *of)
{
	size_t n = strlen(name), m = strlen(of);
	if (strcasecmp(name, of) == 0)
		return true;
	return strchr(of, '.') && !strchr(of, ' ') && n > m && name[n - m - 1] == '.' &&
	       strcasecmp(name + n - m, of) == 0;
}

bool reporter_is_large(const char *org_name)
{
	for (size_t i = 0; org_name && i < sizeof large / sizeof *large; i++)
		if (is_or_ends_in(org_name, large[i]))
			return true;
	return false;
}

/* ---- those that are not in the table ---- */

/* One reporter over all windows. */
struct history {
	int32_t first, last;
	bool large;
	size_t rows, agree;
};

struct ranking {
	const struct domain_facts *const *sets;
	size_t n;
	struct arena *a;
	struct map index; /* org_name -> index into list */
	struct history *list;
	uint32_t **number; /* by window and reporter: index into list */
};

static size_t count_reporters(const struct ranking *r)
{
	size_t all = 0;
	for (size_t w = 0; w < r->n; w++)
		all += r->sets[w]->n_reporters;
	return all;
}

static void list_reporters(struct ranking *r)
{
	r->list = arena_alloc(r->a, (count_reporters(r) + 1) * sizeof *r->list);
	r->number = arena_alloc(r->a, r->n * sizeof *r->number);
	for (size_t w = 0; w < r->n; w++) {
		const struct domain_facts *d = r->sets[w];
		r->number[w] = arena_alloc(r->a, (d->n_reporters + 1) * sizeof **r->number);
		for (size_t i = 0; i < d->n_reporters; i++) {
			const struct fact_reporter *x = &d->reporters[i];
			bool fresh;
			struct digest key = hash_fixed128(x->org_name, strlen(x->org_name));
			uint64_t *at = map_put(&r->index, &key, &fresh);
			if (fresh) {
				*at = r->index.n - 1;
				r->list[*at] =
				    (struct history){x->first_day, x->last_day,
						     reporter_is_large(x->org_name), 0, 0};
			}
			struct history *h = &r->list[*at];
			h->first = x->first_day < h->first ? x->first_day : h->first;
			h->last = x->last_day > h->last ? x->last_day : h->last;
			r->number[w][i] = (uint32_t)*at;
		}
	}
}

/* What reporters said of an address in a month: messages that pass, and that fail. */
struct said {
	uint64_t pass, fail;
};

static bool passes(const struct said *s)
{
	return s->pass >= s->fail;
}

/* facts[0..n) are of one address and month. Who has been here for long is held against the large
 * ones, or where there are none, against everybody else. */
static void compare(struct ranking *r, size_t w, const struct fact *facts, size_t n,
		    struct said *by, uint32_t *who)
{
	const struct domain_facts *d = r->sets[w];
	struct said great = {0}, all = {0};
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < facts[i].n_witnesses; j++) {
			uint32_t x = facts[i].witnesses[j].reporter;
			uint64_t m = facts[i].witnesses[j].messages;
			bool pass = d->profiles[facts[i].profile].cell <= CELL_P7;
			if (by[x].pass + by[x].fail == 0)
				who[k++] = x;
			*(pass ? &by[x].pass : &by[x].fail) += m;
			*(pass ? &all.pass : &all.fail) += m;
			if (r->list[r->number[w][x]].large)
				*(pass ? &great.pass : &great.fail) += m;
		}
	for (size_t i = 0; i < k; i++) {
		struct said mine = by[who[i]], other = great;
		struct history *h = &r->list[r->number[w][who[i]]];
		by[who[i]] = (struct said){0};
		if (great.pass + great.fail == 0)
			other = (struct said){all.pass - mine.pass, all.fail - mine.fail};
		if (h->large || other.pass + other.fail == 0 || mine.pass + mine.fail == 0)
			continue;
		h->rows++;
		h->agree += passes(&mine) == passes(&other);
	}
}

static void compare_all(struct ranking *r)
{
	for (size_t w = 0; w < r->n; w++) {
		const struct domain_facts *d = r->sets[w];
		struct said *by = arena_alloc(r->a, (d->n_reporters + 1) * sizeof *by);
		uint32_t *who = arena_alloc(r->a, (d->n_reporters + 1) * sizeof *who);
		for (size_t i = 0, end; i < d->n_facts; i = end) {
			for (end = i + 1;
			     end < d->n_facts && d->facts[end].month == d->facts[i].month &&
			     ip_cmp(&d->facts[end].source, &d->facts[i].source) == 0;
			     end++)
				;
			compare(r, w, &d->facts[i], end - i, by, who);
		}
	}
}

static enum reporter_rank rank_of(const struct history *h)
{
	if (h->large)
		return REPORTER_LARGE;
	return h->last - h->first + 1 >= KNOWN_DAYS && h->rows >= KNOWN_ROWS &&
		       100 * h->agree >= KNOWN_AGREE * h->rows
		   ? REPORTER_KNOWN
		   : REPORTER_UNKNOWN;
}

void reporters_rank(const struct domain_facts *const *sets, size_t n, struct arena *a,
		    enum reporter_rank **out)
{
	struct ranking r = {.sets = sets, .n = n, .a = a};
	list_reporters(&r);
	compare_all(&r);
	for (size_t w = 0; w < n; w++) {
		out[w] = arena_alloc(a, (sets[w]->n_reporters + 1) * sizeof **out);
		for (size_t i = 0; i < sets[w]->n_reporters; i++)
			out[w][i] = rank_of(&r.list[r.number[w][i]]);
	}
	map_free(&r.index);
}

/*
 * An SPF record, and what a tree makes of it: whatever it holds, evaluation ends, and where the
 * tree does not depend on the sender it says the same of every address. The input is the record of
 * d.example; a second line is that of e.example, which the first may include. The rest of the world
 * is fixed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "dns/spf/spf.h"

#define QUESTIONS 4000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct dns_text texts[2];
	size_t asked;
};

static const struct ip addresses[] = {
    {4, {192, 0, 2, 1}},
    {4, {198, 51, 100, 7}},
    {6, {0x20, 1, 0xd, 0xb8, [15] = 1}},
    {6, {0x20, 1, 0xd, 0xb8, 0xff, [15] = 2}},
};

static const struct dns_mx exchangers[] = {{5, ""}, {10, "h.example"}, {20, "ill.example"}};
static const char *const hosts[] = {"h.example", "a\\032b.d.example"};
#define TEXT(s)                                                                                    \
	{                                                                                          \
		s, sizeof(s) - 1, 1                                                                \
	}
static const struct dns_text one_text = TEXT("v=spf1 ?ip4:192.0.2.0/24 a:h.example -all");
static const struct dns_text ip_text = TEXT("%{c} is none of %{O}'s, %{p}");

static struct dns_answer answers[] = {
    {.name = "h.example", .outcome = DNS_OK, .n = 2, .addresses = addresses},
    {.name = "h.example", .outcome = DNS_OK, .n = 2, .addresses = addresses + 2},
    {.name = "m.example", .outcome = DNS_OK, .n = 3, .mx = exchangers},
    {.name = "d.example", .outcome = DNS_OK, .n = 3, .mx = exchangers},
    {.name = "i.example", .outcome = DNS_OK, .n = 1, .texts = &one_text},
    {.name = "x.example", .outcome = DNS_OK, .n = 1, .texts = &ip_text},
    {.name = "1.2.0.192.in-addr.arpa", .outcome = DNS_OK, .n = 2, .hosts = hosts},
};
static const enum dns_type types[] = {DNS_A, DNS_AAAA, DNS_MX, DNS_MX, DNS_TXT, DNS_TXT, DNS_PTR};

static const struct dns_answer *ask(void *ctx, const char *name, enum dns_type type)
{
	static struct dns_answer nothing = {.name = "", .canonical = "", .outcome = DNS_NXDOMAIN};
	static struct dns_answer ill = {
	    .name = "ill.example", .canonical = "", .outcome = DNS_TIMEOUT};
	static struct dns_answer record = {.name = "", .canonical = "", .outcome = DNS_OK, .n = 1};
	struct world *w = ctx;
	if (++w->asked > QUESTIONS)
		abort();
	if (type == DNS_TXT && (ascii_ieq(name, "d.example") || ascii_ieq(name, "e.example"))) {
		record.texts = &w->texts[ascii_lower(name[0]) == 'e'];
		return &record;
	}
	if (ascii_ieq(name, "ill.example"))
		return &ill;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i] == type && ascii_ieq(name, answers[i].name)) {
			answers[i].canonical = answers[i].name;
			return &answers[i];
		}
	return &nothing;
}

/* Nothing is past its limit, and an error says what is wrong. */
static void judge(const struct spf_check *c)
{
	bool error =
	    c->result == SPF_NONE || c->result == SPF_TEMPERROR || c->result == SPF_PERMERROR;
	if (c->pending || c->result >= SPF_RESULT_COUNT || c->lookups > SPF_LOOKUP_LIMIT + 1 ||
	    c->void_lookups > SPF_VOID_LIMIT + 1 || c->n_path > SPF_LOOKUP_LIMIT + 1 ||
	    !c->problem == error || (error && c->mechanism) || (c->n_path > 0) != !!c->mechanism)
		abort();
}

static void compare(const struct spf_check *c, const struct spf_tree *tree, const struct ip *ip)
{
	const struct spf_record *path[SPF_LOOKUP_LIMIT + 1];
	const struct spf_term *term;
	size_t n;
	if (spf_tree_find(tree, ip, &term, path, &n) != c->result || n != c->n_path ||
	    !term != !c->mechanism || (term && strcmp(term->text, c->mechanism) != 0))
		abort();
	for (size_t i = 0; i < n; i++)
		if (strcmp(path[i]->domain, c->path[i]) != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = {.asked = 0};
	struct arena a = {0};
	struct spf_tree tree;
	const uint8_t *end = memchr(data, '\n', size);
	size_t n = end ? (size_t)(end - data) : size, rest = end ? size - n - 1 : 0;
	w.texts[0] = (struct dns_text){arena_strndup(&a, (const char *)data, n), n, 1};
	w.texts[1] =
	    (struct dns_text){arena_strndup(&a, (const char *)data + size - rest, rest), rest, 1};
	struct dns_view view = {ask, &w};
	spf_tree_read(&view, "d.example", &a, &tree);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct spf_request request = {
		    .ip = addresses[i], .mail_from = "a.b-c@d.example", .helo = "h.example"};
		struct spf_check c;
		w.asked = 0;
		spf_check_host(&view, &request, &a, &c);
		judge(&c);
		if (!tree.depends)
			compare(&c, &tree, &addresses[i]);
	}
	arena_free(&a);
	return 0;
}

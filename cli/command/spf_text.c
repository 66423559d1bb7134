#include "cli/command/spf_text.h"

#include <string.h>

#include "core/json.h"
#include "core/text.h"

static const char *const kinds[] = {
    [SPF_ALL] = "all", [SPF_INCLUDE] = "include", [SPF_A] = "a",
    [SPF_MX] = "mx",   [SPF_PTR] = "ptr",         [SPF_IP4] = "ip4",
    [SPF_IP6] = "ip6", [SPF_EXISTS] = "exists",   [SPF_REDIRECT] = "redirect",
    [SPF_EXP] = "exp", [SPF_OTHER] = "modifier",
};

static bool counts(const struct spf_term *t)
{
	return t->kind == SPF_INCLUDE || t->kind == SPF_A || t->kind == SPF_MX ||
	       t->kind == SPF_PTR || t->kind == SPF_EXISTS || t->kind == SPF_REDIRECT;
}

static void put(struct buf *out, const char *s)
{
	text_terminal(out, s, strlen(s));
}

static void put_indent(struct buf *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_puts(out, "    ");
}

/* ---- the tree ---- */

static void put_networks(struct buf *out, const struct spf_term *t)
{
	char ip[IP_STRLEN];
	if (t->kind != SPF_A && t->kind != SPF_MX)
		return;
	for (size_t i = 0; i < t->n_networks; i++) {
		const struct spf_network *n = &t->networks[i];
		bool whole = n->bits == (n->ip.family == 4 ? 32u : 128u);
		buf_printf(out, "%s%s", i ? ", " : "  = ", ip_format(&n->ip, ip));
		if (!whole)
			buf_printf(out, "/%u", n->bits);
	}
}

static void put_record(struct buf *out, const struct spf_record *r, unsigned depth)
{
	put_indent(out, depth);
	put(out, r->domain);
	if (r->canonical && strcmp(r->canonical, r->domain) != 0) {
		buf_puts(out, " (alias of ");
		put(out, r->canonical);
		buf_puts(out, ")");
	}
	if (r->problem) {
		buf_puts(out, ": ERROR ");
		put(out, r->problem);
	} else if (!r->text) {
		buf_puts(out, ": no SPF record");
	}
	buf_putc(out, '\n');
	for (size_t i = 0; r->n_texts > 1 && i < r->n_texts; i++) {
		put_indent(out, depth + 1);
		put(out, r->texts[i]);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < r->n_terms; i++) {
		const struct spf_term *t = &r->terms[i];
		put_indent(out, depth + 1);
		put(out, t->text);
		put_networks(out, t);
		if (t->ignored)
			buf_puts(out, "  [never reached]");
		else if (counts(t))
			buf_puts(out, "  [1 lookup]");
		if (t->void_v4 || t->void_v6)
			buf_printf(out, "  [finds nothing%s]",
				   !t->void_v6   ? " for IPv4"
				   : !t->void_v4 ? " for IPv6"
						 : "");
		if (t->depends)
			buf_puts(out, "  [depends on the sender]");
		if (t->problem) {
			buf_puts(out, "  ERROR: ");
			put(out, t->problem);
		}
		buf_putc(out, '\n');
		if (t->child)
			put_record(out, t->child, depth + 2);
	}
}

void spf_tree_text(const struct spf_tree *t, struct buf *out)
{
	put_record(out, t->root, 0);
	if (t->root->text)
		buf_printf(out, "\nlookups %u/%d, void lookups %u/%d, %zu octets\n", t->lookups,
			   SPF_LOOKUP_LIMIT, t->void_v4, SPF_VOID_LIMIT, strlen(t->root->text));
	if (t->void_v6 > SPF_VOID_LIMIT && t->void_v4 <= SPF_VOID_LIMIT)
		buf_printf(out, "for IPv6 clients: void lookups %u/%d\n", t->void_v6,
			   SPF_VOID_LIMIT);
	if (t->problem) {
		buf_puts(out, "problem: ");
		put(out, t->problem);
		buf_putc(out, '\n');
	}
}

static void member(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_string(j, value);
}

static void number(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	json_uint(j, value);
}

static void json_record(struct json *j, const struct spf_record *r);

static void json_term(struct json *j, const struct spf_term *t)
{
	char ip[IP_STRLEN];
	struct buf net;
	json_object(j);
	member(j, "text", t->text);
	member(j, "kind", kinds[t->kind]);
	member(j, "qualifier", spf_result_names[t->qualifier]);
	member(j, "domain", t->domain);
	number(j, "lookups", counts(t) && !t->ignored);
	number(j, "void_v4", t->void_v4);
	number(j, "void_v6", t->void_v6);
	json_key(j, "depends");
	json_bool(j, t->depends);
	json_key(j, "ignored");
	json_bool(j, t->ignored);
	member(j, "problem", t->problem);
	json_key(j, "networks");
	json_array(j);
	buf_init(&net, 128);
	for (size_t i = 0; i < t->n_networks; i++) {
		buf_reset(&net);
		buf_printf(&net, "%s/%u", ip_format(&t->networks[i].ip, ip), t->networks[i].bits);
		json_string(j, net.data);
	}
	buf_free(&net);
	json_end(j);
	json_key(j, "record");
	if (t->child)
		json_record(j, t->child);
	else
		json_null(j);
	json_end(j);
}

static void json_record(struct json *j, const struct spf_record *r)
{
	json_object(j);
	member(j, "domain", r->domain);
	member(j, "canonical", r->canonical);
	json_key(j, "texts");
	json_array(j);
	for (size_t i = 0; i < r->n_texts; i++)
		json_string(j, r->texts[i]);
	json_end(j);
	member(j, "problem", r->problem);
	json_key(j, "terms");
	json_array(j);
	for (size_t i = 0; i < r->n_terms; i++)
		json_term(j, &r->terms[i]);
	json_end(j);
	json_end(j);
}

void spf_tree_json(const struct spf_tree *t, struct buf *out)
{
	struct json j;
	json_init(&j, out);
	json_object(&j);
	member(&j, "schema", "ruascope.spf_tree/1");
	number(&j, "lookups", t->lookups);
	number(&j, "void_v4", t->void_v4);
	number(&j, "void_v6", t->void_v6);
	json_key(&j, "depends");
	json_bool(&j, t->depends);
	member(&j, "problem", t->problem);
	json_key(&j, "record");
	json_record(&j, t->root);
	json_end(&j);
	buf_putc(out, '\n');
}

/* ---- an evaluation ---- */

void spf_check_text(const struct spf_check *c, const struct spf_request *r, struct buf *out)
{
	char ip[IP_STRLEN];
	buf_printf(out, "%s: ", spf_result_names[c->result]);
	buf_printf(out, "%s ", ip_format(&r->ip, ip));
	buf_puts(out, c->result == SPF_PASS ? "may send as " : "sending as ");
	put(out, c->domain);
	if (c->mechanism) {
		buf_puts(out, ", by ");
		put(out, c->mechanism);
		for (size_t i = 0; i < c->n_path; i++) {
			buf_puts(out, i ? " > " : " of ");
			put(out, c->path[i]);
		}
	}
	buf_putc(out, '\n');
	if (c->problem) {
		buf_puts(out, "problem: ");
		put(out, c->problem);
		buf_putc(out, '\n');
	}
	if (c->explanation) {
		buf_puts(out, "explanation of the domain: ");
		put(out, c->explanation);
		buf_putc(out, '\n');
	}
	buf_printf(out, "lookups %u/%d, void lookups %u/%d\n", c->lookups, SPF_LOOKUP_LIMIT,
		   c->void_lookups, SPF_VOID_LIMIT);
	for (size_t i = 0; i < c->n_trace; i++) {
		put_indent(out, c->trace[i].depth + 1);
		put(out, c->trace[i].domain);
		buf_puts(out, c->trace[i].term[0] ? " " : "");
		put(out, c->trace[i].term);
		buf_printf(out, ": %s\n", c->trace[i].text);
	}
}

void spf_check_json(const struct spf_check *c, struct buf *out)
{
	struct json j;
	json_init(&j, out);
	json_object(&j);
	member(&j, "schema", "ruascope.spf/1");
	member(&j, "result", spf_result_names[c->result]);
	member(&j, "domain", c->domain);
	member(&j, "mechanism", c->mechanism);
	json_key(&j, "path");
	json_array(&j);
	for (size_t i = 0; i < c->n_path; i++)
		json_string(&j, c->path[i]);
	json_end(&j);
	number(&j, "lookups", c->lookups);
	number(&j, "void_lookups", c->void_lookups);
	member(&j, "explanation", c->explanation);
	member(&j, "problem", c->problem);
	json_key(&j, "trace");
	json_array(&j);
	for (size_t i = 0; i < c->n_trace; i++) {
		json_object(&j);
		number(&j, "depth", c->trace[i].depth);
		member(&j, "domain", c->trace[i].domain);
		member(&j, "term", c->trace[i].term);
		member(&j, "text", c->trace[i].text);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

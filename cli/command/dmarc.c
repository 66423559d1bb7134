/* ruascope dmarc DOMAIN: the DMARC record in force, how it was found, what is odd in it. */
#include <getopt.h>
#include <string.h>

#include "cli/app/app.h"
#include "cli/command/commands.h"
#include "core/json.h"
#include "core/log.h"
#include "dns/ask/resolver.h"
#include "dns/dmarc.h"
#include "dns/names.h"

#define OUTPUT_MAX (4 * MIB)

static const char *found_word(const struct dmarc_answer *d)
{
	return d->found == FOUND_HERE ? "here" : d->found == FOUND_ABOVE ? "above" : "none";
}

static void put_text_form(struct buf *out, const char *domain, const struct dmarc_answer *d)
{
	put_text(out, domain);
	buf_puts(out, ": ");
	if (d->failed && d->found == FOUND_NONE) {
		buf_puts(out, "DNS does not answer\n");
		return;
	}
	if (d->found == FOUND_NONE) {
		buf_puts(out, "no DMARC record: anybody may send as this domain\n");
	} else {
		buf_printf(out, "p=%s%s", published_policy_names[d->policy],
			   d->record.testing ? ", in test mode" : "");
		if (d->found == FOUND_ABOVE) {
			buf_printf(out, ", by %s of the record of ", d->tag ? d->tag : "p");
			put_text(out, d->at);
		}
		buf_puts(out, "\n    _dmarc.");
		put_text(out, d->at);
		buf_puts(out, ". TXT \"");
		put_text(out, d->record.text);
		buf_puts(out, "\"\n");
	}
	buf_puts(out, "organisational domain: ");
	put_text(out, d->org_domain);
	buf_puts(out, " (tree walk)");
	if (strcmp(d->org_domain, d->psl_domain) != 0) {
		buf_puts(out, ", ");
		put_text(out, d->psl_domain);
		buf_puts(out, " (public suffix list)");
	}
	buf_putc(out, '\n');
	for (unsigned i = 0; i < d->record.n_notes; i++) {
		buf_puts(out, d->record.notes[i].weight == DMARC_BAD ? "problem: " : "note: ");
		put_text(out, d->record.notes[i].text);
		buf_putc(out, '\n');
	}
}

static void member(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_string(j, value);
}

static const char *policy_word(enum published_policy p)
{
	return p == POLICY_ABSENT ? NULL : published_policy_names[p];
}

static void put_json_form(struct buf *out, const char *domain, const struct dmarc_answer *d)
{
	static const char *const consent[] = {
	    [RUA_OK] = "ok", [RUA_UNKNOWN] = "unknown", [RUA_REFUSED] = "refused"};
	const struct dmarc_published *r = &d->record;
	struct json j;
	json_init(&j, out);
	json_object(&j);
	member(&j, "schema", "ruascope.dmarc/1");
	member(&j, "domain", domain);
	member(&j, "found", d->failed && d->found == FOUND_NONE ? "unknown" : found_word(d));
	member(&j, "at", d->found == FOUND_NONE ? NULL : d->at);
	member(&j, "org_domain", d->org_domain);
	member(&j, "psl_domain", d->psl_domain);
	member(&j, "record", r->text);
	member(&j, "policy", policy_word(d->policy));
	member(&j, "policy_tag", d->tag);
	member(&j, "p", policy_word(r->p));
	member(&j, "sp", policy_word(r->sp));
	member(&j, "np", policy_word(r->np));
	json_key(&j, "testing");
	json_bool(&j, r->testing);
	json_key(&j, "rua");
	json_array(&j);
	for (unsigned i = 0; i < r->n_rua; i++) {
		json_object(&j);
		member(&j, "uri", r->rua[i].uri);
		json_key(&j, "external");
		json_bool(&j, r->rua[i].external);
		member(&j, "consent", consent[r->rua[i].consent]);
		json_end(&j);
	}
	json_end(&j);
	json_key(&j, "notes");
	json_array(&j);
	for (unsigned i = 0; i < r->n_notes; i++) {
		json_object(&j);
		json_key(&j, "bad");
		json_bool(&j, r->notes[i].weight == DMARC_BAD);
		member(&j, "text", r->notes[i].text);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

static int show(struct app *app, const struct name_rules *rules, const char *domain, bool as_json)
{
	const struct resolver_options o = {.server = app->dns_server};
	struct resolver *r = NULL;
	struct arena a = {0};
	struct dmarc_answer d;
	struct buf out;
	struct err err;
	enum status st = resolver_open(&o, &r, &err);
	if (st == ST_RETRY)
		log_error("%s", err.msg);
	if (st != ST_OK)
		return st == ST_RETRY ? EXIT_TRY_LATER : app_fail(st, &err);
	struct dns_view view = resolver_view(r);
	do {
		arena_reset(&a);
		dmarc_discover(&view, rules, domain, &a, &d);
	} while (resolver_run(r));
	buf_init(&out, OUTPUT_MAX);
	(as_json ? put_json_form : put_text_form)(&out, domain, &d);
	print_buf(&out);
	buf_free(&out);
	arena_free(&a);
	resolver_close(r);
	return d.failed && d.found == FOUND_NONE ? EXIT_TRY_LATER : EXIT_OK;
}

int cmd_dmarc(struct app *app, int argc, char **argv)
{
	char domain[DOMAIN_SIZE];
	bool as_json;
	int rc = format_option_only(app, argc, argv, &as_json);
	if (rc != EXIT_OK)
		return rc;
	if (argc - optind != 1)
		return usage_error(app, "exactly one DOMAIN is required");
	if (app->offline)
		return usage_error(app, "--offline: this command asks DNS");
	const struct name_rules *rules = names_open();
	if (domain_normalise(rules, argv[optind], strlen(argv[optind]), domain))
		rc = show(app, rules, domain, as_json);
	else
		rc = usage_error(app, "\"%s\" is not a domain name", argv[optind]);
	names_close(rules);
	return rc;
}

#include "ingest/xml/fields.h"

#include <string.h>

static const struct xml_field fields[XML_FIELDS] = {
    {AT_DOCUMENT, "feedback", XML_PLACE, AT_FEEDBACK},

    {AT_FEEDBACK, "record", XML_PLACE, AT_RECORD},
    {AT_FEEDBACK, "report_metadata", XML_PLACE, AT_METADATA},
    {AT_FEEDBACK, "policy_published", XML_PLACE, AT_POLICY},
    {AT_FEEDBACK, "version", XML_HEAD, HEAD_VERSION},

    {AT_WRAPPER, "record", XML_PLACE, AT_RECORD},

    {AT_METADATA, "org_name", XML_HEAD, HEAD_ORG_NAME},
    {AT_METADATA, "email", XML_HEAD, HEAD_EMAIL},
    {AT_METADATA, "extra_contact_info", XML_HEAD, HEAD_EXTRA_CONTACT_INFO},
    {AT_METADATA, "report_id", XML_HEAD, HEAD_REPORT_ID},
    {AT_METADATA, "date_range", XML_PLACE, AT_DATE_RANGE},
    {AT_METADATA, "error", XML_HEAD, HEAD_ERROR},
    {AT_METADATA, "generator", XML_HEAD, HEAD_GENERATOR},

    {AT_DATE_RANGE, "begin", XML_HEAD, HEAD_BEGIN},
    {AT_DATE_RANGE, "end", XML_HEAD, HEAD_END},

    {AT_POLICY, "domain", XML_HEAD, HEAD_DOMAIN},
    {AT_POLICY, "adkim", XML_HEAD, HEAD_ADKIM},
    {AT_POLICY, "aspf", XML_HEAD, HEAD_ASPF},
    {AT_POLICY, "p", XML_HEAD, HEAD_P},
    {AT_POLICY, "sp", XML_HEAD, HEAD_SP},
    {AT_POLICY, "np", XML_HEAD, HEAD_NP},
    {AT_POLICY, "pct", XML_HEAD, HEAD_PCT},
    {AT_POLICY, "fo", XML_HEAD, HEAD_FO},
    {AT_POLICY, "testing", XML_HEAD, HEAD_TESTING},
    {AT_POLICY, "discovery_method", XML_HEAD, HEAD_DISCOVERY_METHOD},

    {AT_RECORD, "row", XML_PLACE, AT_ROW},
    {AT_RECORD, "identifiers", XML_PLACE, AT_IDENTIFIERS},
    {AT_RECORD, "identities", XML_PLACE, AT_IDENTIFIERS},
    {AT_RECORD, "auth_results", XML_PLACE, AT_AUTH_RESULTS},

    {AT_ROW, "source_ip", XML_RECORD, RAW_SOURCE_IP},
    {AT_ROW, "count", XML_RECORD, RAW_COUNT},
    {AT_ROW, "policy_evaluated", XML_PLACE, AT_EVALUATED},

    {AT_EVALUATED, "disposition", XML_RECORD, RAW_DISPOSITION},
    {AT_EVALUATED, "dkim", XML_RECORD, RAW_EVAL_DKIM},
    {AT_EVALUATED, "spf", XML_RECORD, RAW_EVAL_SPF},
    {AT_EVALUATED, "reason", XML_PLACE, AT_REASON},

    {AT_REASON, "type", XML_RECORD, RAW_REASON_TYPE},
    {AT_REASON, "comment", XML_RECORD, RAW_REASON_COMMENT},

    {AT_IDENTIFIERS, "header_from", XML_RECORD, RAW_HEADER_FROM},
    {AT_IDENTIFIERS, "envelope_from", XML_RECORD, RAW_ENVELOPE_FROM},
    {AT_IDENTIFIERS, "envelope_to", XML_RECORD, RAW_ENVELOPE_TO},

    {AT_AUTH_RESULTS, "dkim", XML_PLACE, AT_DKIM},
    {AT_AUTH_RESULTS, "spf", XML_PLACE, AT_SPF},

    {AT_DKIM, "domain", XML_RECORD, RAW_DKIM_DOMAIN},
    {AT_DKIM, "selector", XML_RECORD, RAW_DKIM_SELECTOR},
    {AT_DKIM, "result", XML_RECORD, RAW_DKIM_RESULT},
    {AT_DKIM, "human_result", XML_RECORD, RAW_DKIM_HUMAN},

    {AT_SPF, "domain", XML_RECORD, RAW_SPF_DOMAIN},
    {AT_SPF, "scope", XML_RECORD, RAW_SPF_SCOPE},
    {AT_SPF, "result", XML_RECORD, RAW_SPF_RESULT},
    {AT_SPF, "human_result", XML_RECORD, RAW_SPF_HUMAN},
};

/* Places stand together in the table: a search begins where its own begins. The order of the enum
 * is that of the table. */
static size_t first_of(enum xml_place at)
{
	static const unsigned char first[AT_COUNT] = {
	    [AT_DOCUMENT] = 0,    [AT_FEEDBACK] = 1, [AT_WRAPPER] = 5,      [AT_METADATA] = 6,
	    [AT_DATE_RANGE] = 13, [AT_POLICY] = 15,  [AT_RECORD] = 25,      [AT_ROW] = 29,
	    [AT_EVALUATED] = 32,  [AT_REASON] = 36,  [AT_IDENTIFIERS] = 38, [AT_AUTH_RESULTS] = 41,
	    [AT_DKIM] = 43,       [AT_SPF] = 47,
	};
	return first[at];
}

/* What was found by its text is found by its pointer from then on. */
const struct xml_field *xml_field_find(struct xml_names *names, enum xml_place at, const char *name)
{
	size_t first = first_of(at);
	for (size_t i = first; i < XML_FIELDS && fields[i].at == at; i++)
		if (names->of[i] == name)
			return &fields[i];
	for (size_t i = first; i < XML_FIELDS && fields[i].at == at; i++)
		if (strcmp(fields[i].name, name) == 0) {
			names->of[i] = name;
			return &fields[i];
		}
	return NULL;
}

const char *xml_head_name(enum head_field field)
{
	for (size_t i = 0; i < XML_FIELDS; i++)
		if (fields[i].meaning == XML_HEAD && fields[i].what == (int)field)
			return fields[i].name;
	return "?";
}

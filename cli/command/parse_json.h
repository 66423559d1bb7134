/*
 * parse_json.h - the sink of `parse`: each whole report as one line of ruascope.report/1.
 *
 * Records are kept aside (in memory, then in a temporary file) until the report has turned out
 * whole, so nothing is printed of a damaged one and memory stays bounded. What is set aside is
 * named on stderr.
 */
#ifndef CLI_COMMAND_PARSE_JSON_H
#define CLI_COMMAND_PARSE_JSON_H

#include <stdio.h>

#include "core/sink.h"

struct parse_sink;

struct parse_sink *parse_sink_new(FILE *out); /* out is borrowed */
struct sink *parse_sink_get(struct parse_sink *p);
void parse_sink_free(struct parse_sink *p);

#endif

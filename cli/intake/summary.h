/*
 * summary.h - what a run of ingest (or rejects retry) tells at its end.
 */
#ifndef CLI_COMMAND_SUMMARY_H
#define CLI_COMMAND_SUMMARY_H

#include <stdbool.h>

#include "ingest/pipeline.h"

/* One line for people on stdout, and what was set aside on stderr. dry: "would be stored". */
void summary_text(const struct ingest_totals *t, double seconds, bool dry);

/* ruascope.ingest/1 on stdout. */
void summary_json(const struct ingest_totals *t, double seconds);

#endif

/*
 * text.h - what a person pastes: a reply, several, a transcript of a dialogue, the words of a
 * bounce without its header. Private.
 */
#ifndef INGEST_BOUNCE_TEXT_H
#define INGEST_BOUNCE_TEXT_H

#include "ingest/bounce/reading.h"

enum status text_read(struct reading *rd, struct span text) MUST_CHECK;

#endif

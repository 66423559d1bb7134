/*
 * spf_text.h - SPF for people and for programs: a record as a tree, an evaluation explained.
 */
#ifndef CLI_COMMAND_SPF_TEXT_H
#define CLI_COMMAND_SPF_TEXT_H

#include "core/buf.h"
#include "dns/spf/spf.h"

void spf_tree_text(const struct spf_tree *t, struct buf *out);
void spf_tree_json(const struct spf_tree *t, struct buf *out); /* docs/schema/spf-tree.json */
void spf_check_text(const struct spf_check *c, const struct spf_request *r, struct buf *out);
void spf_check_json(const struct spf_check *c, struct buf *out); /* docs/schema/spf.json */

#endif

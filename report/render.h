/*
 * render.h - an inventory as text, JSON or CSV. What came from outside is made harmless here.
 */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include "core/buf.h"
#include "report/finding.h"

struct text_style {
	unsigned width; /* columns that a line may take */
	bool colour;
	bool utf8; /* "…" where something is cut, else "~" */
};

void render_inventory_text(const struct inventory *inv, const struct text_style *style,
			   struct buf *out);

/* docs/schema/inventory.json */
void render_inventory_json(const struct inventory *inv, struct buf *out);

/* RFC 4180; a cell that a spreadsheet would take for a formula gets a leading apostrophe. */
void render_inventory_csv(const struct inventory *inv, struct buf *out);

#endif

/* live_draw.h - a screen as lines of text, for a terminal of any size. */
#ifndef LIVE_DRAW_H
#define LIVE_DRAW_H

#include <stddef.h>

#include "live/live_model.h"

enum { LIVE_ROWS = 48, LIVE_BYTES = 1024 };

struct live_size {
	uint16_t columns;
	uint16_t rows;
	bool is_utf8; /* else nothing but ASCII is drawn */
};

struct live_page {
	struct live_row {
		char text[LIVE_BYTES]; /* no control characters, and less than a line of the terminal */
		enum live_mood mood;
		unsigned int rank;
	} rows[LIVE_ROWS];
	uint16_t count;
};

/* Draws what fits; the rest is left out, the least important first. */
void live_draw(struct live_page *page, const struct live_model *model, const struct live_size *size);

#endif

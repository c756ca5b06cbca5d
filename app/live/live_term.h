/* live_term.h - the terminal of a screen: its size, its keys, and that it is left as it was found. */
#ifndef LIVE_TERM_H
#define LIVE_TERM_H

#include "live/live_draw.h"

struct live_term {
	bool is_open;
	bool has_keys; /* standard input is the terminal, and this process is in front */
	bool has_colors;
	bool is_utf8;
};

/* Whether standard error is a terminal that a screen can be drawn on: one that knows how, of 40 x 8 at least, in front
 * of which this process is. */
bool live_term_is_fit(void);

/* Takes the terminal, of which there is one. It is given back by live_term_close(), at exit, when the process is
 * stopped, and before a fault ends it. */
void live_term_open(struct live_term *term, bool has_colors);
void live_term_close(struct live_term *term);

/* The size now; 0 x 0 while another process is in front. */
struct live_size live_term_size(const struct live_term *term);

/* Draws a page over the one before, by one write. The cursor stays at its beginning: what others write there is not
 * overwritten, and the next page stands below it. */
void live_term_show(const struct live_term *term, const struct live_page *page);

/* The next key that was pressed, without waiting; 0 for none. */
char live_term_key(struct live_term *term);

#endif

/* live.h - the screen of a run: looks go in, pages come out at most twice a second, keys are told of. */
#ifndef LIVE_H
#define LIVE_H

#include "cli/cli_settings.h"
#include "live/live_term.h"

/* What keys do; each may be null, and then the key does nothing. `note` is shown for some seconds. */
struct live_actions {
	void (*pause)(void *app, char note[LIVE_TEXT]);
	void (*scale)(void *app, double factor, char note[LIVE_TEXT]);
	void *app;
};

struct live {
	struct live_term term;
	struct live_model model;
	struct live_actions actions;
	struct live_page page;
	const char *stage; /* what the run is doing, where that is not the usual; null else */
	double next_s;     /* when the next page is due */
	double noted_until_s;
};

/* Takes the terminal where settings and it allow that; else nothing is ever drawn. True where it is taken. */
bool live_open(struct live *live, const struct cli_settings *settings);

/* Clears the screen, and gives the terminal back. */
void live_close(struct live *live);

/* Acts on keys, and draws where a page is due; `t_s` is the time of the run. To be called often. */
void live_turn(struct live *live, double t_s);

static inline bool live_is_on(const struct live *live)
{
	return live->term.is_open;
}

#endif

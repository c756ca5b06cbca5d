/* live_model.h - what the screen of a run shows: counters over the last minute, and lines of text, as plain values. */
#ifndef LIVE_MODEL_H
#define LIVE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum { LIVE_COUNTERS = 5, LIVE_LINES = 20, LIVE_SECONDS = 60, LIVE_TEXT = 240, LIVE_LABEL = 16 };

enum live_mood { LIVE_PLAIN, LIVE_STRONG, LIVE_GOOD, LIVE_BAD, LIVE_FAINT };

/* A line below the table. Where there is no room, those of a higher rank are left out first. */
struct live_line {
	const char *label;
	char text[LIVE_TEXT];
	unsigned int rank;
	enum live_mood mood;
};

/* One look at a run: totals so far, and what else there is to say. */
struct live_look {
	double span_s; /* since the look before */
	uint64_t totals[LIVE_COUNTERS];
	struct live_line lines[LIVE_LINES];
	uint16_t line_count;
};

/* Something that is counted, by its name in the table. */
struct live_counter {
	const char *name;
	uint64_t total;
	double now;    /* a second, at the last look */
	double minute; /* a second, over the looks of the last minute */
	uint64_t counts[LIVE_SECONDS];
};

struct live_model {
	char title[LIVE_TEXT];
	double t_s;
	double total_s; /* 0 where that is not known */
	double done;    /* of 1; less than 0 where that is not known */
	struct live_counter counters[LIVE_COUNTERS];
	uint16_t counter_count;
	const char *charted; /* the first counter that stands in the chart, as it calls it */
	uint16_t charted_counter;
	double spans_s[LIVE_SECONDS];
	uint64_t looks; /* so far; the last of them is at (looks - 1) % LIVE_SECONDS */
	struct live_line lines[LIVE_LINES];
	uint16_t line_count;
	char note[LIVE_TEXT]; /* what a key has done, or at which stage the run is; may be empty */
	bool has_keys;
	bool can_steer; /* keys for the pause and the rate do something */
	bool shows_help;
};

/* Adds a line to a look, and returns it for its text; where there is no room, the last one is written again. */
struct live_line *live_look_line(struct live_look *look, const char *label, unsigned int rank);

/* Takes a look. Totals that are less than before are those of another run, which began at nothing. */
void live_model_take(struct live_model *model, const struct live_look *look);

/* A second of the chart, `back` looks ago (0 is the last): its rate; less than 0 where there was none. */
double live_model_charted(const struct live_model *model, uint16_t back);

/* How far the run is at `t_s`. */
void live_model_advance(struct live_model *model, double t_s);

#endif

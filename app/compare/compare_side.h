/* compare_side.h - one side of a comparison: result files, as samples of each figure. */
#ifndef COMPARE_SIDE_H
#define COMPARE_SIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cli_settings.h"

/* Name in JSON, name in text, and whether more of it is better. Times are nanoseconds. */
#define COMPARE_FIGURES(X)                            \
	X(cps, "CPS", true)                           \
	X(requests_per_s, "requests/s", true)         \
	X(cycles, "cycles/conn", false)               \
	X(own_cycles, "own cycles/conn", false)       \
	X(answers_per_s, "answers/s", true)           \
	X(setup_p50_ns, "p50 set-up", false)          \
	X(setup_p99_ns, "p99 set-up", false)          \
	X(round_trip_p50_ns, "p50 round trip", false) \
	X(round_trip_p99_ns, "p99 round trip", false)

enum compare_figure {
#define X(name, text, more_is_better) COMPARE_##name,
	COMPARE_FIGURES(X)
#undef X
		COMPARE_FIGURES_END
};

/* What a value of a sample is of. */
enum compare_unit { COMPARE_REPEATS, COMPARE_RUNS, COMPARE_BLOCKS };

struct compare_values {
	double *at;
	size_t count;
};

struct compare_side {
	const char *files; /* as they were named */
	enum compare_unit unit;
	size_t count;                 /* of repeats, runs or blocks */
	double block_s;               /* how long a block is; 0 for other units */
	struct compare_values starts; /* of repeats and runs, in seconds since 1970; those that are known */
	struct compare_values values[COMPARE_FIGURES_END];
};

/* Reads a result file, or several with commas between. Runs made with --repeat are a value each; else each of several
 * files is one; else the seconds of the one file are put into at most ten blocks. 0, or -EINVAL with one line that
 * names file and place. */
int compare_side_read(struct compare_side *side, const char *files, char error[CLI_ERROR_TEXT]);
void compare_side_free(struct compare_side *side);

const char *compare_figure_key(enum compare_figure figure);
const char *compare_figure_text(enum compare_figure figure);
bool compare_more_is_better(enum compare_figure figure);

/* Whether its values are nanoseconds. */
bool compare_is_time(enum compare_figure figure);

/* "repeats", "runs", "blocks". */
const char *compare_unit_name(enum compare_unit unit);

#endif

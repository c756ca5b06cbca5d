/* page_plot.h - a plot of lines as inline SVG: axes with round ticks, and each line named at its end. */
#ifndef PAGE_PLOT_H
#define PAGE_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "page/page_text.h"

enum {
	PAGE_LINES = 6,     /* of a plot: as many as have colours of their own */
	PAGE_POINTS = 1000, /* of a line: more are thinned out */
	PAGE_TICKS = 12,
	PAGE_ROWS = 200 /* of the table behind a plot */
};

/* How a line's points are drawn. A step lasts from the point before, or from 0, to its own x. */
enum page_shape { PAGE_JOINED, PAGE_STEPS, PAGE_DOTS };

/* Of one line x ascends. What is to be left out is NAN in y. */
struct page_line {
	const char *name;
	double *xs;
	double *ys;
	size_t count;
	enum page_shape shape;
	bool is_dashed; /* a target, a limit */
};

struct page_plot {
	const char *id;
	const char *title;
	const char *about; /* one sentence */
	const char *x_name;
	enum page_unit x_unit, y_unit;
	bool y_is_log;
	struct page_line lines[PAGE_LINES];
	size_t line_count;
};

/* An axis from `least` to `most`, and where its ticks are. */
struct page_axis {
	double least, most;
	bool is_log;
	double ticks[PAGE_TICKS];
	size_t tick_count;
};

/* An axis that holds values from `least` to `most`, both ends at round values; on a logarithmic one they are above 0.
 */
struct page_axis page_axis_for(double least, double most, bool is_log);

/* Where a value lies, from 0 to 1. */
double page_axis_place(const struct page_axis *axis, double value);

/* Thins a line out to at most `most` points: of each stretch its least and its greatest value stay. Returns how many
 * points there are then. */
size_t page_line_thin(struct page_line *line, size_t most);

/* Adds an empty line with room for `count` points; null where there is no memory, or are too many lines. */
struct page_line *page_plot_add(struct page_plot *plot, const char *name, size_t count);
void page_line_point(struct page_line *line, double x, double y);

/* Writes the plot and the table behind it; nothing where no line has a point. */
void page_plot_write(FILE *out, struct page_plot *plot);
void page_plot_close(struct page_plot *plot);

#endif

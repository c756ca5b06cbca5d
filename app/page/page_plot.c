/* page_plot.c - one plot, in a place of 480 by 270 that grows and shrinks with the page. */
#include "page/page_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	WIDTH = 480,
	HEIGHT = 270,
	LEFT = 62,
	RIGHT = 112, /* names of lines */
	TOP = 10,
	BOTTOM = 40,
	LINE_HEIGHT = 14
};

struct page_line *page_plot_add(struct page_plot *plot, const char *name, size_t count)
{
	struct page_line *line = &plot->lines[plot->line_count];

	if (plot->line_count == PAGE_LINES)
		return NULL;
	*line = (struct page_line){.name = name,
				   .xs = malloc((count + 1) * sizeof(*line->xs)),
				   .ys = malloc((count + 1) * sizeof(*line->ys))};
	if (!line->xs || !line->ys) {
		free(line->xs);
		free(line->ys);
		return NULL;
	}
	plot->line_count++;
	return line;
}

void page_line_point(struct page_line *line, double x, double y)
{
	line->xs[line->count] = x;
	line->ys[line->count++] = y;
}

void page_plot_close(struct page_plot *plot)
{
	for (size_t i = 0; i < plot->line_count; i++) {
		free(plot->lines[i].xs);
		free(plot->lines[i].ys);
	}
	plot->line_count = 0;
}

/* The least and the greatest of what is drawn; on a logarithmic axis of what is above 0. False for nothing. */
static bool span(const struct page_plot *plot, bool is_x, double *least, double *most)
{
	*least = INFINITY;
	*most = -INFINITY;
	for (size_t i = 0; i < plot->line_count; i++) {
		const struct page_line *line = &plot->lines[i];

		for (size_t j = 0; j < line->count; j++) {
			double value = is_x ? line->xs[j] : line->ys[j];

			if (isnan(line->ys[j]) || (!is_x && plot->y_is_log && value <= 0))
				continue;
			*least = fmin(*least, value);
			*most = fmax(*most, value);
		}
	}
	return *least <= *most;
}

static double x_of(const struct page_axis *axis, double value)
{
	return LEFT + page_axis_place(axis, value) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct page_axis *axis, double value)
{
	return HEIGHT - BOTTOM - page_axis_place(axis, value) * (HEIGHT - TOP - BOTTOM);
}

static void write_axes(FILE *out, const struct page_plot *plot, const struct page_axis *x, const struct page_axis *y)
{
	char text[PAGE_NUMBER_TEXT];

	for (size_t i = 0; i < y->tick_count; i++) {
		double at = y_of(y, y->ticks[i]);

		fprintf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT,
			at, at);
		fprintf(out, "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT - 6,
			at + 4, page_format_tick(y->ticks[i], plot->y_unit, text));
	}
	for (size_t i = 0; i < x->tick_count; i++) {
		double at = x_of(x, x->ticks[i]);

		fprintf(out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>", at, at,
			HEIGHT - BOTTOM, HEIGHT - BOTTOM + 4);
		/* Where the page is narrow, every other one has no room. */
		fprintf(out, "<text class=\"tick%s\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
			i % 2 == 1 ? " odd" : "", at, HEIGHT - BOTTOM + 19,
			page_format_tick(x->ticks[i], plot->x_unit, text));
	}
	fprintf(out, "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
		LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 6, plot->x_name);
}

/* One point, from where the pen is; `begin` is where a step begins. */
static void write_point(FILE *out, enum page_shape shape, bool is_pen_down, double begin, double x, double y)
{
	if (shape == PAGE_DOTS)
		fprintf(out, "M%.1f %.1fh0", x, y);
	else if (shape == PAGE_STEPS)
		fprintf(out, "%c%.1f %.1fH%.1f", is_pen_down ? 'L' : 'M', begin, y, x);
	else
		fprintf(out, "%c%.1f %.1f", is_pen_down ? 'L' : 'M', x, y);
}

static void write_line(FILE *out, const struct page_plot *plot, size_t number, const struct page_axis *x,
		       const struct page_axis *y)
{
	const struct page_line *line = &plot->lines[number];
	bool is_pen_down = false;

	if (line->count == 0)
		return;
	fprintf(out, "<path class=\"line c%zu%s%s\" d=\"", number, line->is_dashed ? " dashed" : "",
		line->shape == PAGE_DOTS ? " dots" : "");
	for (size_t i = 0; i < line->count; i++) {
		if (isnan(line->ys[i]) || (plot->y_is_log && line->ys[i] <= 0)) {
			is_pen_down = false;
			continue;
		}
		write_point(out, line->shape, is_pen_down, x_of(x, i > 0 ? line->xs[i - 1] : 0), x_of(x, line->xs[i]),
			    y_of(y, line->ys[i]));
		/* A point alone is a dot, by its round end. */
		if (!is_pen_down && (i + 1 == line->count || isnan(line->ys[i + 1])))
			fputs("h0", out);
		is_pen_down = true;
	}
	fputs("\"/>\n", out);
}

struct label {
	size_t line;
	double y;
};

static int by_place(const void *a, const void *b)
{
	const struct label *one = a, *other = b;

	return (one->y > other->y) - (one->y < other->y);
}

/* Names at the ends of the lines, moved apart where they would touch. */
static void write_names(FILE *out, const struct page_plot *plot, const struct page_axis *y)
{
	struct label labels[PAGE_LINES];
	size_t count = 0;
	double lowest = HEIGHT - BOTTOM;

	for (size_t i = 0; i < plot->line_count; i++) {
		const struct page_line *line = &plot->lines[i];
		size_t last = line->count;

		while (last > 0 && (isnan(line->ys[last - 1]) || (plot->y_is_log && line->ys[last - 1] <= 0)))
			last--;
		if (last > 0)
			labels[count++] = (struct label){i, y_of(y, line->ys[last - 1])};
	}
	qsort(labels, count, sizeof(labels[0]), by_place);
	for (size_t i = 1; i < count; i++)
		labels[i].y = fmax(labels[i].y, labels[i - 1].y + LINE_HEIGHT);
	for (size_t i = count; i-- > 0; lowest = labels[i].y - LINE_HEIGHT)
		labels[i].y = fmin(labels[i].y, lowest);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "<text class=\"name c%zu\" x=\"%d\" y=\"%.1f\">", labels[i].line, WIDTH - RIGHT + 6,
			labels[i].y + 4);
		page_escape(out, plot->lines[labels[i].line].name);
		fputs("</text>\n", out);
	}
}

/* One table for all lines: each has the same points, or a table of its own would say no more than the plot. */
static void write_table(FILE *out, const struct page_plot *plot)
{
	char text[PAGE_NUMBER_TEXT];

	fputs("<details><summary>Numbers</summary><div class=\"wide\"><table><thead><tr><th>line</th>", out);
	fprintf(out, "<th>%s</th><th>value</th></tr></thead><tbody>\n", plot->x_name);
	for (size_t i = 0; i < plot->line_count; i++) {
		const struct page_line *line = &plot->lines[i];
		size_t every = line->count / PAGE_ROWS + 1;

		for (size_t j = 0; j < line->count; j += every) {
			if (isnan(line->ys[j]))
				continue;
			fputs("<tr><td>", out);
			page_escape(out, line->name);
			fprintf(out, "</td><td>%s</td>", page_format(line->xs[j], plot->x_unit, text));
			fprintf(out, "<td>%s</td></tr>\n", page_format(line->ys[j], plot->y_unit, text));
		}
	}
	fputs("</tbody></table></div></details>\n", out);
}

/* Those outside of what is drawn; and of nines those between, which nobody can read. */
static void drop_ticks(struct page_axis *axis, enum page_unit unit)
{
	size_t kept = 0;

	for (size_t i = 0; i < axis->tick_count; i++) {
		double tick = axis->ticks[i];

		if (tick >= axis->least - 1e-9 && tick <= axis->most + 1e-9 &&
		    (unit != PAGE_NINES || fabs(tick - round(tick)) < 1e-9))
			axis->ticks[kept++] = tick;
	}
	axis->tick_count = kept;
}

void page_plot_write(FILE *out, struct page_plot *plot)
{
	double x_least, x_most, y_least, y_most;
	struct page_axis x, y;
	size_t before = 0, after = 0;

	for (size_t i = 0; i < plot->line_count; i++) {
		before += plot->lines[i].count;
		after += page_line_thin(&plot->lines[i], PAGE_POINTS);
	}
	if (!span(plot, true, &x_least, &x_most) || !span(plot, false, &y_least, &y_most))
		return;
	/* Time and nines begin at 0, and all ends where the data ends. */
	if (plot->x_unit != PAGE_COUNT)
		x_least = fmin(0, x_least);
	x = page_axis_for(x_least, x_most, false);
	y = page_axis_for(plot->y_is_log ? y_least : fmin(0, y_least), y_most, plot->y_is_log);
	x.least = x_least;
	x.most = x_most > x_least ? x_most : x_least + 1;
	drop_ticks(&x, plot->x_unit);
	fprintf(out, "<figure id=\"%s\"><figcaption><h2>%s</h2><p>%s", plot->id, plot->title, plot->about);
	if (after < before)
		fprintf(out, " %zu points of %zu are drawn: the least and the greatest of each stretch.", after,
			before);
	fprintf(out,
		"</p></figcaption>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-t\" "
		"aria-describedby=\"%s-d\">",
		WIDTH, HEIGHT, plot->id, plot->id);
	fprintf(out, "<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s The numbers are in the table below.</desc>\n",
		plot->id, plot->title, plot->id, plot->about);
	write_axes(out, plot, &x, &y);
	for (size_t i = 0; i < plot->line_count; i++)
		write_line(out, plot, i, &x, &y);
	write_names(out, plot, &y);
	fputs("</svg>\n", out);
	write_table(out, plot);
	fputs("</figure>\n", out);
}

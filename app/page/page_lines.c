/* page_lines.c - from rows and histograms of a document to lines of a plot. */
#include "page/page_lines.h"

#include <math.h>
#include <stdlib.h>

#include "page/page_text.h"
#include "report/report_hdr.h"

void page_lines_rows(struct page_plot *plot, const char *name, const json_t *rows, const char *key, bool is_rate)
{
	struct page_line *line = page_plot_add(plot, name, json_array_size(rows));
	double before_s = 0;
	bool is_there = false;

	if (line && is_rate)
		line->shape = PAGE_STEPS;
	for (size_t i = 0; line && i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		double t_s = document_number(row, "t_s"), value = document_number(row, key), span_s = t_s - before_s;

		is_there |= value > 0;
		if (!is_rate)
			page_line_point(line, t_s, value > 0 ? value : NAN);
		else if (span_s > 0)
			page_line_point(line, t_s, value / span_s);
		before_s = t_s;
	}
	if (line && !is_there)
		line->count = 0;
}

/* So many points a nine. */
enum { POINTS_A_NINE = 40, NINES_MOST = 7 };

void page_lines_percentiles(struct page_plot *plot, const char *name, const json_t *times)
{
	struct quern_histogram *histogram = malloc(sizeof(*histogram));
	struct page_line *line;

	if (histogram && document_number(times, "count") > 0 &&
	    report_hdr_read(document_string(times, "hdr"), histogram) == 0 && histogram->count > 0) {
		double nines = fmin(log10((double)histogram->count), NINES_MOST);

		line = page_plot_add(plot, name, POINTS_A_NINE * NINES_MOST + 2);
		for (int i = 0; line && i <= (int)(nines * POINTS_A_NINE); i++) {
			double at = (double)i / POINTS_A_NINE;

			page_line_point(line, at,
					(double)quern_histogram_percentile(histogram, 100 - 100 * pow(10, -at)));
		}
		if (line)
			page_line_point(line, nines, (double)histogram->max);
	}
	free(histogram);
}

/* page_lines.h - lines of what a document has; without points where it has nothing. */
#ifndef PAGE_LINES_H
#define PAGE_LINES_H

#include <stdbool.h>

#include <jansson.h>

#include "page/page_plot.h"

/* A line of a key of each row: its value, or where `is_rate` how much of it there was a second, in steps. */
void page_lines_rows(struct page_plot *plot, const char *name, const json_t *rows, const char *key, bool is_rate);

/* Every percentile of times, an object with a histogram, up to the greatest; nothing where there is none. */
void page_lines_percentiles(struct page_plot *plot, const char *name, const json_t *times);

#endif

/* page_charts.h - the plots of a report, each left out where the document has nothing for it. */
#ifndef PAGE_CHARTS_H
#define PAGE_CHARTS_H

#include <stdio.h>

#include <jansson.h>

#include "page/page_text.h"

/* Opens, ends and failures a second, with the rate that was intended. */
void page_chart_rate(FILE *out, const json_t *document);

/* Percentiles of each second. */
void page_chart_latency(FILE *out, const json_t *document);

/* Every percentile of all times, on an axis of nines. */
void page_chart_percentiles(FILE *out, const json_t *document);

/* Of a search: the rate of a trial against its times, or against what datagrams it lost. */
void page_chart_search(FILE *out, const json_t *document);

/* Values by name as bars, but those that are 0: failures by cause, late starts by cause. */
void page_bars(FILE *out, const char *id, const char *title, const json_t *counts, enum page_unit unit);

#endif

/* metrics_page.h - the page of metrics, from one look at the engine. */
#ifndef METRICS_PAGE_H
#define METRICS_PAGE_H

#include <stdio.h>

#include "metrics/metrics_look.h"

/* Writes every family that the command has. */
void metrics_page_write(FILE *out, const struct metrics_look *look, const struct cli_settings *settings);

#endif

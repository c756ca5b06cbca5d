/* compare_page.h - a comparison as one HTML file that needs nothing else. */
#ifndef COMPARE_PAGE_H
#define COMPARE_PAGE_H

#include <stdio.h>

#include <jansson.h>

#include "compare/compare_drawn.h"

/* As many sides as have colours of their own; others are in the tables only. */
enum { COMPARE_DRAWN_MOST = 6 };

/* Writes a comparison (quern-compare/1) as a page, with plots of its first sides. 0 or -errno of the writing. */
int compare_page_write(FILE *out, const json_t *comparison, const struct compare_drawn drawn[COMPARE_DRAWN_MOST]);

#endif

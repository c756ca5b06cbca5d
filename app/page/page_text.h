/* page_text.h - texts and numbers of a page. */
#ifndef PAGE_TEXT_H
#define PAGE_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "report/report_document.h"

/* What a number is of. */
enum page_unit { PAGE_COUNT, PAGE_NS, PAGE_SECONDS, PAGE_SHARE, PAGE_NINES };

/* A text with what HTML or XML would read otherwise written out, and letters that XML cannot have as question marks. */
void page_escape(FILE *out, const char *text);

/* A number with its unit, as in the text of a report: 4,123,180; 1.9 µs; 12 s; 61.2 %; of nines the percentile, 99.9.
 */
enum { PAGE_NUMBER_TEXT = 32 };
char *page_format(double value, enum page_unit unit, char text[PAGE_NUMBER_TEXT]);

/* The same for the label of an axis: 250 k. */
char *page_format_tick(double value, enum page_unit unit, char text[PAGE_NUMBER_TEXT]);

#endif

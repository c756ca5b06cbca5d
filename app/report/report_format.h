/* report_format.h - numbers as a reader wants them. */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum { REPORT_NUMBER_TEXT = 32 };

/* Each writes into `text` and returns it. */
char *report_format_count(uint64_t count, char text[REPORT_NUMBER_TEXT]); /* 4,123,180 */
char *report_format_ns(uint64_t ns, char text[REPORT_NUMBER_TEXT]);       /* 840 ns, 1.9 µs, 96 µs, 2.1 ms, 3.0 s */
char *report_format_span(uint64_t ns, char text[REPORT_NUMBER_TEXT]); /* 60 s, 20 ms: a setting, to the last digit */
char *report_format_big(double value, char text[REPORT_NUMBER_TEXT]); /* 812, 24.7 k, 1.20 G */

#endif

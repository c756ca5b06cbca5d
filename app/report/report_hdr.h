/* report_hdr.h - a histogram as text that every HdrHistogram tool reads. */
#ifndef REPORT_HDR_H
#define REPORT_HDR_H

#include <quern/histogram.h>

/* The histogram in HdrHistogram's V2 compressed encoding, as base64; free() it. Null where there is no memory. */
char *report_hdr(const struct quern_histogram *histogram);

#endif

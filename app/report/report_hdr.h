/* report_hdr.h - a histogram as text that every HdrHistogram tool reads. */
#ifndef REPORT_HDR_H
#define REPORT_HDR_H

#include <quern/histogram.h>

/* The histogram in HdrHistogram's V2 compressed encoding, as base64; free() it. Null where there is no memory. */
char *report_hdr(const struct quern_histogram *histogram);

/* Reads such a text back, bucket by bucket. What no bucket keeps is to the bucket's width: min and max are its edges,
 * the sum is of its middles. 0; -EINVAL for a text that is not whole or of another layout, -ENOMEM; then `histogram` is
 * empty. */
int report_hdr_read(const char *text, struct quern_histogram *histogram);

#endif

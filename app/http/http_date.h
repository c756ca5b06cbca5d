/* http_date.h - the time as a Date field has it. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include <stdint.h>

enum { HTTP_DATE_BYTES = 29 };

/* Writes a time as RFC 9110 5.6.7 wants it, e.g. "Sun, 06 Nov 1994 08:49:37 GMT", zero-terminated. */
void http_date_format(uint32_t seconds, char text[HTTP_DATE_BYTES + 1]);

#endif

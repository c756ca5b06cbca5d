/* page.h - the report as one HTML file that needs nothing else: no network, and no script to be read. */
#ifndef PAGE_H
#define PAGE_H

#include <stdio.h>

#include <jansson.h>

/* Writes a document of quern-run/1 as a page, with the document in it. 0, -EINVAL for what is no such document, or
 * -errno of the writing. */
int page_write(FILE *out, const json_t *document);

#endif

/* report_document.h - what stands in a document that was read: whatever it has not is 0, or empty. */
#ifndef REPORT_REPORT_DOCUMENT_H
#define REPORT_REPORT_DOCUMENT_H

#include <jansson.h>

/* A value by a path of keys with dots between them; null where there is none. */
const json_t *document_at(const json_t *document, const char *path);
double document_number(const json_t *document, const char *path);
const char *document_string(const json_t *document, const char *path);

#endif

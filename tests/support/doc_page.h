/* doc_page.h - tables of a document that are the program's: held to what it prints, or written anew. */
#ifndef SUPPORT_DOC_PAGE_H
#define SUPPORT_DOC_PAGE_H

#include <stdio.h>

/* What stands in the document that QUERN_PAGE names between `begin_mark` and `end_mark` is what `print` prints, or the
 * test fails; with QUERN_WRITE_DOCS in the environment it is written there. */
void doc_page_hold(const char *begin_mark, const char *end_mark, void (*print)(FILE *out));

#endif

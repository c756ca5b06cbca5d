/* page_lists.h - what several sections say of a list's entry. */
#ifndef PAGE_LISTS_H
#define PAGE_LISTS_H

#include "page/page_text.h"

/* What a threshold was held against, in the unit of its metric. */
char *page_threshold_value(const json_t *threshold, char text[PAGE_NUMBER_TEXT]);

#endif

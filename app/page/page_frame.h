/* page_frame.h - what every page begins and ends with: its style, and the document that it was made of. */
#ifndef PAGE_FRAME_H
#define PAGE_FRAME_H

#include <stdio.h>

#include <jansson.h>

/* Begins a page whose title is "quern WHAT: HOW"; its body is open then. */
void page_frame_open(FILE *out, const char *what, const char *how);

/* The button that saves the page's document as a file of that name; a page has one. */
void page_frame_button(FILE *out, const char *file_name);

/* Puts the document into the page, and ends it. 0 or -errno of the writing. */
int page_frame_close(FILE *out, const json_t *document);

#endif

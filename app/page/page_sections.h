/* page_sections.h - what of a report is words and numbers. */
#ifndef PAGE_SECTIONS_H
#define PAGE_SECTIONS_H

#include <stdio.h>

#include <jansson.h>

/* Pass or not, of what; and where not, why. */
void page_section_verdict(FILE *out, const json_t *document);

/* The figures that are looked for first. */
void page_section_figures(FILE *out, const json_t *document);

/* How busy each worker was, as bars. */
void page_section_busy(FILE *out, const json_t *document);

/* Lists of the document, as tables: workers, services, requests, targets, thresholds, trials. */
void page_section_lists(FILE *out, const json_t *document);

/* The configuration and the machine; and which quern it was. */
void page_section_settings(FILE *out, const json_t *document);
void page_section_tool(FILE *out, const json_t *document);

#endif

/* compare_report.h - a comparison as text, and as JSON (quern-compare/1). */
#ifndef COMPARE_REPORT_H
#define COMPARE_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "compare/compare_side.h"

/* A table for each side but the first, which is the base. */
void compare_text(FILE *out, const struct compare_side *sides, size_t count);

/* The document; the caller owns it. Null where there is no memory. */
json_t *compare_json(const struct compare_side *sides, size_t count);

#endif

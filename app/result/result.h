/* result.h - a run's document in other forms, and documents of several machines as one. */
#ifndef RESULT_H
#define RESULT_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "cli/cli_settings.h"

/* Reads a document of quern-run/1. Null with one line or more in `error`; else the caller's. */
json_t *result_read(const char *path, char error[CLI_ERROR_TEXT]);

/* The report as a person reads it, which the document has with it. 0 or -errno, as those below. */
int result_text(FILE *out, const json_t *document);

/* Its seconds, a row each, under a line with the keys that they have in the document. */
int result_csv(FILE *out, const json_t *document);

/* What it was held against, a test case each, as JUnit's XML. */
int result_junit(FILE *out, const json_t *document);

/* Documents of runs that were one, on several machines: counts are added, histograms bucket by bucket, and thresholds
 * judged anew. `names` are the files that they came from. Null with one line in `error` where they do not go together;
 * else the caller's. */
json_t *result_merge(json_t *const documents[], const char *const names[], size_t count, char error[CLI_ERROR_TEXT]);

/* How many terms of its thresholds were missed. */
size_t result_missed(const json_t *document);

#endif

/* result_sample.h - documents of runs that never were, for tests of what is made of them. */
#ifndef RESULT_SAMPLE_H
#define RESULT_SAMPLE_H

#include <jansson.h>
#include <quern/histogram.h>

enum { SAMPLE_SECONDS = 3 };

/* A document of a bench of 3 s that opened the `each` of every second, of which one of all failed, with set-up times
 * from `histogram`. The caller's. */
json_t *sample_document(int each, const struct quern_histogram *histogram);

/* A histogram of `count` times that follow from `seed`. The caller's, to free(). */
struct quern_histogram *sample_times(unsigned long seed, int count);

/* Sets a value of a document by the path of its keys, dots between; takes the value. */
void sample_set(json_t *document, const char *path, json_t *value);

#endif

/* compare_trim.h - what differences have in common, whatever a few wild ones among them say. */
#ifndef COMPARE_TRIM_H
#define COMPARE_TRIM_H

#include <stddef.h>

/* The mean of differences without the lowest and the highest fifth, with its interval of 95 % (Tukey and McLaughlin:
 * Student's t of the winsorized deviation). With fewer than COMPARE_TRIM_LEAST no interval is known, and both ends are
 * NAN. The differences are sorted. */
enum { COMPARE_TRIM_LEAST = 5 };
void compare_trim(double *differences, size_t count, double *mean, double *low, double *high);

#endif

/* compare_pairs.h - runs of two sides that were made alternately, each beside its neighbour in time. */
#ifndef COMPARE_PAIRS_H
#define COMPARE_PAIRS_H

#include "compare/compare_side.h"

/* The ratio of the other's value over the base's, of each pair: whatever made the machine slower for a while did so to
 * both. Runs are pairs where both sides have as many, of known starts, and no pair has begun before the one before it
 * had: A B A B, A B B A. How many there are, at most COMPARE_PAIRS_MAX; 0 where the runs are no pairs. */
enum { COMPARE_PAIRS_MAX = 1000 };
size_t compare_pairs(const struct compare_side *base, const struct compare_side *other, enum compare_figure figure,
		     double ratios[COMPARE_PAIRS_MAX]);

#endif

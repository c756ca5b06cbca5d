/* random.h - a seeded generator (xoshiro256**), so that every draw can be repeated. Not for secrets on the wire. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t words[4];
};

/* Starts the sequence that belongs to `seed`; any seed is good. */
void random_seed(struct random *random, uint64_t seed);

/* The next 64 bits. */
uint64_t random_next(struct random *random);

/* A number from 0 to bound - 1; bound must not be 0. */
uint32_t random_below(struct random *random, uint32_t bound);

#endif

/* random.c - xoshiro256** (Blackman, Vigna, 2018), seeded through SplitMix64. */
#include "base/random.h"

#include "base/check.h"

static inline uint64_t rotate(uint64_t word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

void random_seed(struct random *random, uint64_t seed)
{
	/* SplitMix64 never gives four zero words in a row, the one state that xoshiro cannot leave. */
	for (int i = 0; i < 4; i++) {
		seed += 0x9e3779b97f4a7c15u;
		uint64_t word = seed;

		word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
		word = (word ^ word >> 27) * 0x94d049bb133111ebu;
		random->words[i] = word ^ word >> 31;
	}
}

uint64_t random_next(struct random *random)
{
	uint64_t *words = random->words;
	uint64_t result = rotate(words[1] * 5, 7) * 9;
	uint64_t shifted = words[1] << 17;

	words[2] ^= words[0];
	words[3] ^= words[1];
	words[1] ^= words[2];
	words[0] ^= words[3];
	words[2] ^= shifted;
	words[3] = rotate(words[3], 45);
	return result;
}

uint32_t random_below(struct random *random, uint32_t bound)
{
	CHECK(bound != 0);
	uint64_t product = (random_next(random) >> 32) * bound;

	/* Lemire's method: the few draws that would make small numbers more frequent are drawn again. */
	if ((uint32_t)product < bound) {
		uint32_t unfair = -bound % bound;

		while ((uint32_t)product < unfair)
			product = (random_next(random) >> 32) * bound;
	}
	return (uint32_t)(product >> 32);
}

/* wire_checksum.c - sums of any length. Words of 32 bits in a sum of 64: no carry is lost below 16 GiB. */
#include "wire/wire_checksum.h"

#include <string.h>

#include "wire/wire_words.h"

enum { LANES = 8 };

/* Sums of lanes, which the compiler keeps in a vector, until less than a turn is left. Returns what was summed. */
static uint32_t sum_lanes(uint64_t *sum, const uint8_t *at, uint32_t bytes)
{
	uint64_t lanes[LANES] = {0};
	uint32_t words[LANES];
	uint32_t done = 0;

	for (; bytes - done >= sizeof words; done += sizeof words) {
		memcpy(words, at + done, sizeof words);
		for (int i = 0; i < LANES; i++)
			lanes[i] += words[i];
	}
	for (int i = 0; i < LANES; i++)
		*sum += lanes[i];
	return done;
}

uint64_t wire_sum(uint64_t sum, const void *data, uint32_t bytes)
{
	const uint8_t *at = data;

	if (bytes >= 2 * LANES * sizeof(uint32_t)) {
		uint32_t done = sum_lanes(&sum, at, bytes);

		at += done;
		bytes -= done;
	}
	for (; bytes >= 8; bytes -= 8, at += 8) {
		uint64_t word;

		memcpy(&word, at, 8);
		sum += (word >> 32) + (uint32_t)word;
	}
	if (bytes >= 4) {
		uint32_t word;

		memcpy(&word, at, 4);
		sum += word;
		at += 4;
		bytes -= 4;
	}
	if (bytes >= 2) {
		uint16_t word;

		memcpy(&word, at, 2);
		sum += word;
		at += 2;
	}
	/* As if a zero byte followed, which on a little-endian machine is the upper half. */
	return bytes % 2 == 0 ? sum : sum + *at;
}

uint16_t wire_sum_finish(uint64_t sum)
{
	return (uint16_t)~wire_fold(sum);
}

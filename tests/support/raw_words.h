/* raw_words.h - numbers as they are on the wire, most significant byte first, and their sum; for tests. */
#ifndef SUPPORT_RAW_WORDS_H
#define SUPPORT_RAW_WORDS_H

#include <stdint.h>

static inline void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static inline uint32_t get16(const uint8_t *at)
{
	return ((uint32_t)at[0] << 8) | at[1];
}

static inline uint32_t get32(const uint8_t *at)
{
	return (get16(at) << 16) | get16(at + 2);
}

/* RFC 1071, one big-endian word at a time; an odd last byte is padded with zero. */
static inline uint32_t ones_sum(uint32_t sum, const uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i + 1 < count; i += 2)
		sum += get16(bytes + i);
	if (count & 1)
		sum += (uint32_t)bytes[count - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

#endif

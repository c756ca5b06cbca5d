/* hash.c - SipHash-2-4. */
#include "base/hash.h"

#include <string.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void sip_round(struct sip *sip)
{
	sip->v0 += sip->v1;
	sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
	sip->v0 = rotate(sip->v0, 32);
	sip->v2 += sip->v3;
	sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
	sip->v0 += sip->v3;
	sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
	sip->v2 += sip->v1;
	sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
	sip->v2 = rotate(sip->v2, 32);
}

static inline void sip_word(struct sip *sip, uint64_t word)
{
	sip->v3 ^= word;
	sip_round(sip);
	sip_round(sip);
	sip->v0 ^= word;
}

uint64_t hash_sip(const struct hash_secret *secret, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint64_t word;
	struct sip sip = {
		.v0 = secret->words[0] ^ 0x736f6d6570736575u,
		.v1 = secret->words[1] ^ 0x646f72616e646f6du,
		.v2 = secret->words[0] ^ 0x6c7967656e657261u,
		.v3 = secret->words[1] ^ 0x7465646279746573u,
	};

	for (size_t left = length; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		sip_word(&sip, word);
	}
	/* The last word ends with the length, so that no text is the beginning of another. */
	word = (uint64_t)length << 56;
	for (size_t i = 0; i < length % 8; i++)
		word |= (uint64_t)at[i] << (8 * i);
	sip_word(&sip, word);
	sip.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&sip);
	return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

/* model_pack.c - words that are not zero, and of these the bytes that are not. */
#include "model/model_pack.h"

#include <string.h>

#include "base/hash.h"

enum { WORDS = sizeof(struct model_state) / sizeof(uint64_t), MAP_BYTES = (WORDS + 7) / 8 };

static uint8_t *pack_word(uint64_t word, uint8_t *at)
{
	uint8_t *map = at++;

	*map = 0;
	for (uint32_t i = 0; i < 8; i++, word >>= 8) {
		if (word & 0xff) {
			*map |= (uint8_t)(1 << i);
			*at++ = (uint8_t)word;
		}
	}
	return at;
}

uint32_t model_pack(const struct model_state *state, uint8_t packed[MODEL_PACKED_MAX])
{
	uint8_t *at = packed + MAP_BYTES;
	uint64_t word;

	memset(packed, 0, MAP_BYTES);
	for (uint32_t i = 0; i < WORDS; i++) {
		memcpy(&word, (const uint8_t *)state + i * sizeof(word), sizeof(word));
		if (!word)
			continue;
		packed[i / 8] |= (uint8_t)(1 << i % 8);
		at = pack_word(word, at);
	}
	return (uint32_t)(at - packed);
}

static const uint8_t *unpack_word(const uint8_t *at, uint64_t *word)
{
	uint8_t map = *at++;

	*word = 0;
	for (; map; map &= (uint8_t)(map - 1))
		*word |= (uint64_t)*at++ << 8 * __builtin_ctz(map);
	return at;
}

void model_unpack(const uint8_t *packed, struct model_state *state)
{
	const uint8_t *at = packed + MAP_BYTES;
	uint64_t word;

	memset(state, 0, sizeof(*state));
	for (uint32_t i = 0; i < WORDS; i++) {
		if (!(packed[i / 8] >> i % 8 & 1))
			continue;
		at = unpack_word(at, &word);
		memcpy((uint8_t *)state + i * sizeof(word), &word, sizeof(word));
	}
}

uint64_t model_hash(const struct model_state *state)
{
	uint64_t hash = 0x736f6d6570736575, words[2];

	for (uint32_t i = 0; i < WORDS; i += 2) {
		memcpy(words, (const uint8_t *)state + i * sizeof(*words), sizeof(words));
		hash = hash_fold(words[0] ^ 0xa0761d6478bd642f, words[1] ^ hash) ^ hash >> 32;
	}
	hash = hash_fold(hash, 0xe7037ed1a0b428db) & ~3ull;
	return hash ? hash : 4;
}

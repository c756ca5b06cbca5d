/* model_pack.h - a state in a fifth of its bytes, and the hash that it is known by. */
#ifndef MODEL_MODEL_PACK_H
#define MODEL_MODEL_PACK_H

#include "model/model_state.h"

enum { MODEL_PACKED_MAX = (int)(sizeof(struct model_state) * 9 / 8 + sizeof(struct model_state) / 64 + 2) };

/* Writes the state, and returns how many bytes that took. The same state is the same bytes. */
uint32_t model_pack(const struct model_state *state, uint8_t packed[MODEL_PACKED_MAX]);

/* Reads it back. */
void model_unpack(const uint8_t *packed, struct model_state *state);

/* 62 bits, in the upper ones; never 0. */
uint64_t model_hash(const struct model_state *state);

#endif

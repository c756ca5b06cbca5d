/* impair_model.h - the model of a bad line: what becomes of each frame, by its length, the time and a seed. It knows no
 * buffers and no clock, so that ports and simulators share it. */
#ifndef BASE_IMPAIR_MODEL_H
#define BASE_IMPAIR_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/impair.h>

#include "base/random.h"

struct impair {
	struct quern_impair config; /* defaults filled in */
	struct random random;
	uint32_t spared_bytes;
	uint32_t burst_begins; /* shares: of a frame after one that passed to be lost, */
	uint32_t burst_ends;   /* and of a frame after one that was lost to pass */
	bool in_burst;
	uint64_t byte_cost;    /* time of a byte at the rate, in units of 2^-20 ns */
	uint64_t free_at_ns;   /* when the last frame that waits has gone at the rate, */
	uint32_t free_at_part; /* and 2^-20 ns more */
	uint64_t span_at_ns;   /* the delay wanders from one draw to the next in a span of 2^span_bits ns */
	uint8_t span_bits;
	uint64_t span_first_ns;
	uint64_t span_last_ns;
	uint64_t latest_ns; /* no frame but a reordered one is due before another that came earlier */
};

/* One frame that goes on. */
struct impair_copy {
	uint64_t due_ns; /* never before it came */
	bool is_corrupt;
	uint32_t bit; /* to turn, where it is; below 8 times the length */
};

/* What becomes of a frame: nothing, or it and perhaps a copy go on, the first one first but for reordering. */
struct impair_fate {
	uint8_t copies;
	bool queue_was_full; /* why it has none; else it was lost */
	struct impair_copy copy[2];
};

/* Whether any frame can come to harm. */
bool impair_is_asked(const struct quern_impair *config);

/* Begins a line; `config` must be without fault. All draws follow from `seed`. The first `spared_bytes` of a frame, its
 * link header, are never corrupted. */
void impair_open(struct impair *impair, const struct quern_impair *config, uint64_t seed, uint32_t spared_bytes);

/* Decides about a frame of `bytes` that comes at `now_ns`, which never goes back. */
void impair_frame(struct impair *impair, uint32_t bytes, uint64_t now_ns, struct impair_fate *fate);

#endif

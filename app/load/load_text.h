/* load_text.h - what a client remembers whose text is held against a pattern, or that asks more than once. */
#ifndef LOAD_TEXT_H
#define LOAD_TEXT_H

#include <assert.h>

#include "payload/payload_pattern.h"

/* Of a connection: the exchange that it is in. */
struct load_text_slot {
	uint64_t queued_ns; /* when its first byte was given to the connection */
	uint32_t size;
	uint32_t sent;
	uint32_t heard;
	uint32_t out_at; /* in the pattern */
	uint32_t in_at;  /* likewise */
	uint32_t answered;
	uint8_t flags;
};

static_assert(sizeof(struct load_text_slot) == 40, "what text adds to a client's connection");

struct load_text {
	struct load_text_slot *slots; /* by conn.index; null where nothing of this is said */
	struct payload_pattern pattern;
};

#endif

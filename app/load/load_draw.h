/* load_draw.h - the draws of a client or a server, repeated by their seed. Not for secrets. */
#ifndef LOAD_DRAW_H
#define LOAD_DRAW_H

#include "cli/cli_span.h"

struct load_draw {
	uint64_t state;
};

/* Begins the draws of `seed`; those of different `number` have nothing to do with each other. */
void load_draw_begin(struct load_draw *draw, uint64_t seed, uint32_t number);

/* The next 64 bits. */
uint64_t load_draw_next(struct load_draw *draw);

/* The next value of a span; one that is constant takes no draw. */
uint64_t load_draw_span(struct load_draw *draw, const struct cli_span *span);

#endif

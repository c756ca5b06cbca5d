/* load_draw.c - SplitMix64 (Steele, Lea, Flood, 2014), and what is made of its bits. */
#include "load/load_draw.h"

#include <math.h>

static uint64_t mix(uint64_t word)
{
	word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
	return word ^ word >> 31;
}

void load_draw_begin(struct load_draw *draw, uint64_t seed, uint32_t number)
{
	draw->state = mix(mix(seed) + number);
}

uint64_t load_draw_next(struct load_draw *draw)
{
	draw->state += UINT64_C(0x9e3779b97f4a7c15);
	return mix(draw->state);
}

/* Of so many possible values each has its share, to within 2^-64 of all. */
static uint64_t uniform(struct load_draw *draw, const struct cli_span *span)
{
	__extension__ typedef unsigned __int128 wide;

	return span->least + (uint64_t)(((wide)load_draw_next(draw) * ((wide)(span->most - span->least) + 1)) >> 64);
}

static uint64_t exponential(struct load_draw *draw, const struct cli_span *span)
{
	/* From 2^-53 to 1. */
	double share = (double)((load_draw_next(draw) >> 11) + 1) * 0x1p-53,
	       value = -log(share) * (double)span->mean + 0.5;

	if (value >= (double)span->most)
		return span->most;
	return value < (double)span->least ? span->least : (uint64_t)value;
}

uint64_t load_draw_span(struct load_draw *draw, const struct cli_span *span)
{
	switch (span->kind) {
	case CLI_SPAN_CONSTANT:
		break;
	case CLI_SPAN_UNIFORM:
		return uniform(draw, span);
	case CLI_SPAN_EXPONENTIAL:
		return exponential(draw, span);
	}
	return span->mean;
}

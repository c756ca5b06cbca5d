/* engine_clock.c - how many cycles of the TSC are a second, by the kernel's clock.
 *
 * EAL rounds to 10 MHz what it finds in a tenth of a second: 0.2 % too many on a TSC of 2,445.4 MHz, and so every
 * second of a measurement too long. Two looks with the start of EAL between them err by some parts in a million. */
#include "engine/engine_parts.h"

#include <time.h>

#include <rte_common.h>
#include <rte_cycles.h>

enum {
	LOOKS = 32,
	APART_MS = 50 /* at least; 50 ns that a look may err are one in a million of it */
};

static uint64_t clock_ns(void)
{
	struct timespec now;

	/* The clock that nobody corrects: a correction under way would be one of the speed. */
	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Both clocks at one moment: of several looks that which took the fewest cycles, as nothing has come between. */
static struct engine_look look(void)
{
	struct engine_look best = {.cycles = 0};
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < LOOKS; i++) {
		uint64_t before = rte_rdtsc_precise();
		uint64_t ns = clock_ns();
		uint64_t took = rte_rdtsc_precise() - before;

		if (took >= least)
			continue;
		least = took;
		best = (struct engine_look){.cycles = before + took / 2, .ns = ns};
	}
	return best;
}

int engine_look_at_clock(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	(void)error;
	engine->first_look = look();
	return 0;
}

uint64_t engine_clock_hz(const struct quern_engine *engine)
{
	const struct engine_look *first = &engine->first_look;
	uint64_t passed_ns = clock_ns() - first->ns;
	struct engine_look second;

	if (passed_ns < (uint64_t)APART_MS * 1000000) {
		struct timespec rest = {.tv_nsec = (long)((uint64_t)APART_MS * 1000000 - passed_ns)};

		nanosleep(&rest, NULL);
	}
	second = look();
	return (uint64_t)((double)(second.cycles - first->cycles) * 1e9 / (double)(second.ns - first->ns));
}

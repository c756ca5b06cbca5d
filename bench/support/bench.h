/* bench.h - a small harness: warm-up, repeats in turn, median and spread in cycles of the TSC and in nanoseconds.
 *
 *	static uint64_t run(void *state, uint64_t iterations);   does the operation `iterations` times
 *	int main(int argc, char **argv)
 *	{
 *		struct bench benches[] = {{"wheel/arm", run, &state}};
 *
 *		return bench_main(argc, argv, benches, 1);
 *	}
 *
 * Options: --small runs briefly, for tests; --filter TEXT runs the benches whose name holds TEXT; --json FILE writes
 * Google Benchmark's layout, to standard output where FILE is "-". */
#ifndef SUPPORT_BENCH_H
#define SUPPORT_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One thing to measure. `run` is called several times with the same state, and returns a hash of what it did. */
struct bench {
	const char *name;
	uint64_t (*run)(void *state, uint64_t iterations);
	void *state;
};

/* True where --small is among the arguments: for benches whose state is made smaller then. */
bool bench_is_small(int argc, char **argv);

/* Runs the benches, in turn within every repeat, so that two of them can be compared on a noisy machine. Returns main's
 * exit status: 0, 1 where the JSON file could not be written, 2 where the arguments were wrong. */
int bench_main(int argc, char **argv, struct bench *benches, size_t count);

/* Mixes a result into a hash of the work done. */
static inline uint64_t bench_mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x9e3779b97f4a7c15u;
}

#endif

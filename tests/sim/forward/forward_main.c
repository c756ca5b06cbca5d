/* forward_main.c - runs seeds of forwarding; a seed that breaks a rule is named, and repeats itself. docs/simulator.md.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/forward/forward_world.h"

enum { FAILURES_MAX = 10 };

static struct forward_world world;
static volatile uint64_t seed_at_hand;

/* A check of the library's own, or a sanitizer, has ended the process: the seed must be known all the same. */
static void tell_seed(int number)
{
	char text[96];
	int bytes =
		snprintf(text, sizeof(text), "\nforward_sim: signal %d in seed %" PRIu64 "\n", number, seed_at_hand);

	if (write(STDERR_FILENO, text, (size_t)bytes) != bytes)
		_exit(1);
	signal(number, SIG_DFL);
	raise(number);
}

static bool run(uint64_t seed)
{
	uint32_t step = 0;

	seed_at_hand = seed;
	forward_open(&world, seed);
	forward_meet(&world);
	for (; step < world.plan.steps && world.failure[0] == '\0'; step++)
		forward_step(&world);
	if (world.failure[0] != '\0')
		printf("# seed %" PRIu64 ", step %u, at %.6f s: %s\n", seed, step,
		       (double)(world.now_ns - world.plan.start_ns) / 1e9, world.failure);
	forward_close(&world);
	return world.failure[0] == '\0';
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"from", required_argument, NULL, 'f'}, {"count", required_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};
	uint64_t first = 1, count = 300, failed = 0, datagrams = 0;
	int name;

	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (name == '?') {
			fprintf(stderr, "usage: forward_sim [--from SEED] [--count N]\n");
			return 2;
		}
		*(name == 'f' ? &first : &count) = strtoull(optarg, NULL, 10);
	}
	signal(SIGABRT, tell_seed);
	signal(SIGSEGV, tell_seed);
	for (uint64_t seed = first; seed - first < count && failed < FAILURES_MAX; seed++) {
		failed += !run(seed);
		fflush(stdout);
		datagrams += world.datagrams;
	}
	printf("# %" PRIu64 " frames, %" PRIu64 " seeds failed\n", datagrams, failed);
	printf("1..1\n%s 1 - %" PRIu64 " seeds of forwarding from %" PRIu64 " on break no rule\n",
	       failed ? "not ok" : "ok", count, first);
	return failed > 0;
}

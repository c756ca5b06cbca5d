/* sim_main.c - runs seeds; of one that fails, prints it and the rule that it breaks, writes a capture and a ladder, and
 * shrinks its list of events. docs/simulator.md. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/sim_shrink.h"
#include "sim/sim_world.h"

enum { PATH_MAX_BYTES = 512, FAILURES_MAX = 10 };

struct options {
	uint64_t first, count;
	const char *folder;
	const char *keep; /* numbers of events, with commas between them */
	bool shrinks;
	bool writes; /* also of seeds that do not fail */
};

static struct sim_world world;
static struct sim_plan plan;
static volatile uint64_t seed_at_hand;

/* A check of the library's own, or a sanitizer, has ended the process: the seed must be known all the same. */
static void tell_seed(int number)
{
	char text[96];
	int bytes;

	sim_world_crashed(number);
	bytes = snprintf(text, sizeof(text), "\nsim: signal %d in seed %" PRIu64 ": sim --seed %" PRIu64 "\n", number,
			 seed_at_hand, seed_at_hand);

	if (write(STDERR_FILENO, text, (size_t)bytes) != bytes)
		_exit(1);
	signal(number, SIG_DFL);
	raise(number);
}

static void run(uint64_t seed)
{
	seed_at_hand = seed;
	sim_seed_plan(&plan, seed);
	sim_world_run(&world, &plan);
}

static bool keeps(const char *keep, uint32_t number)
{
	for (char *at; *keep; keep = *at == ',' ? at + 1 : at) {
		if (strtoul(keep, &at, 10) == number)
			return true;
		if (at == keep)
			return false;
	}
	return false;
}

static void print_failure(uint64_t seed)
{
	printf("# seed %" PRIu64 " breaks (%c): %s\n#   at %.6f s: %s\n", seed, sim_fail_letter(world.failure.rule),
	       sim_fail_rule(world.failure.rule), (double)(world.failure.at_ns - plan.start_ns) / 1e9,
	       world.failure.text);
}

/* Runs the plan as it is now once more, on paper. */
static bool write_run(const struct options *options, uint64_t seed, const char *kind)
{
	char pcap[PATH_MAX_BYTES], ladder[PATH_MAX_BYTES];

	snprintf(pcap, sizeof(pcap), "%s/sim-%" PRIu64 "%s.pcap", options->folder, seed, kind);
	snprintf(ladder, sizeof(ladder), "%s/sim-%" PRIu64 "%s.txt", options->folder, seed, kind);
	if (!sim_log_open(&world.log, pcap, ladder, plan.ethernet)) {
		printf("# sim: %s and %s: %s\n#   give --out a folder that can be written\n", pcap, ladder,
		       strerror(errno));
		return false;
	}
	sim_world_run(&world, &plan);
	sim_log_close(&world.log);
	printf("# written: %s, %s\n", pcap, ladder);
	return true;
}

/* What is left of the list, and how to run it again. */
static void print_events(uint64_t seed)
{
	const char *comma = "";

	for (uint32_t i = 0; i < plan.count; i++)
		if (!plan.events[i].is_off)
			printf("#   %5u  %11.6f s  %s\n", i, (double)(plan.events[i].at_ns - plan.start_ns) / 1e9,
			       sim_seed_text(&plan.events[i]));
	printf("# again: sim --seed %" PRIu64 " --keep ", seed);
	for (uint32_t i = 0; i < plan.count; i++) {
		if (plan.events[i].is_off)
			continue;
		printf("%s%u", comma, i);
		comma = ",";
	}
	printf("\n");
}

static bool report(const struct options *options, uint64_t seed)
{
	struct sim_failure first = world.failure;
	uint32_t events = plan.count, left;
	bool is_well;

	print_failure(seed);
	is_well = write_run(options, seed, "");
	if (world.failure.rule != first.rule || strcmp(world.failure.text, first.text) != 0) {
		printf("# sim: seed %" PRIu64 " does not repeat itself: %s\n", seed, world.failure.text);
		return false;
	}
	if (options->shrinks) {
		left = sim_shrink(&world, &plan);
		printf("# shrunk from %u events to %u, which break (%c): %s\n", events, left,
		       sim_fail_letter(world.failure.rule), world.failure.text);
		print_events(seed);
		is_well &= write_run(options, seed, "-shrunk");
	}
	fflush(stdout);
	return is_well;
}

/* One seed, of which only some events happen. */
static void run_kept(const struct options *options)
{
	run(options->first);
	for (uint32_t i = 0; i < plan.count; i++)
		plan.events[i].is_off = !keeps(options->keep, i);
	sim_world_run(&world, &plan);
}

static int run_all(const struct options *options)
{
	uint64_t turns = 0, frames = 0, failed = 0, seed = options->first;

	for (; seed - options->first < options->count && failed < FAILURES_MAX; seed++) {
		if (options->keep)
			run_kept(options);
		else
			run(seed);
		turns += world.turns;
		frames += world.frames;
		if (world.failure.rule != SIM_RULE_NONE) {
			failed++;
			report(options, seed);
		} else if (options->writes) {
			write_run(options, seed, "");
		}
	}
	printf("# %" PRIu64 " seeds from %" PRIu64 " on: %" PRIu64 " turns, %" PRIu64 " frames, %" PRIu64 " failed\n",
	       seed - options->first, options->first, turns, frames, failed);
	printf("1..1\n%s 1 - %" PRIu64 " seeds from %" PRIu64 " on break no rule\n", failed ? "not ok" : "ok",
	       options->count, options->first);
	return failed > 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: sim [--from SEED] [--count N] [--out FOLDER] [--no-shrink]\n"
			"       sim --seed SEED [--keep EVENT,EVENT,…] [--out FOLDER] [--no-shrink]\n"
			"       with --sabotage text|reset|fin|leak|dark|crash, seeds must fail\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"from", required_argument, NULL, 'f'}, {"count", required_argument, NULL, 'n'},
		{"seed", required_argument, NULL, 's'}, {"keep", required_argument, NULL, 'k'},
		{"out", required_argument, NULL, 'o'},  {"sabotage", required_argument, NULL, 'b'},
		{"no-shrink", no_argument, NULL, 'x'},  {NULL, 0, NULL, 0}};
	struct options options = {.first = 1, .count = 2000, .folder = ".", .shrinks = true};
	int name;

	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (name) {
		case 'f':
			options.first = strtoull(optarg, NULL, 10);
			break;
		case 'n':
			options.count = strtoull(optarg, NULL, 10);
			break;
		case 's':
			options.first = strtoull(optarg, NULL, 10);
			options.count = 1;
			options.writes = true;
			break;
		case 'k':
			options.keep = optarg;
			break;
		case 'o':
			options.folder = optarg;
			break;
		case 'b':
			world.sabotage = sim_sabotage_named(optarg);
			if (world.sabotage == SIM_SABOTAGES_END)
				return usage();
			break;
		case 'x':
			options.shrinks = false;
			break;
		default:
			return usage();
		}
	}
	if (optind < argc)
		return usage();
	signal(SIGABRT, tell_seed);
	signal(SIGSEGV, tell_seed);
	return run_all(&options);
}

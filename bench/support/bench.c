/* bench.c - calibrates, repeats, sorts and prints. */
#include "support/bench.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

enum { REPEATS_MAX = 15, REPEATS_SMALL = 3 };

static const uint64_t RUN_NS = 20 * 1000 * 1000;
static const uint64_t RUN_SMALL_NS = 200 * 1000;

struct arguments {
	bool is_small;
	const char *filter;
	const char *json_path;
};

/* Per operation, one entry a repeat. */
struct result {
	uint64_t iterations;
	uint64_t work;
	double ns[REPEATS_MAX];
	double cycles[REPEATS_MAX];
};

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool bench_is_small(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--small") == 0)
			return true;
	}
	return false;
}

static int arguments_read(int argc, char **argv, struct arguments *arguments)
{
	*arguments = (struct arguments){.is_small = bench_is_small(argc, argv)};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--small") == 0)
			continue;
		if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc) {
			arguments->filter = argv[++i];
		} else if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
			arguments->json_path = argv[++i];
		} else {
			fprintf(stderr, "usage: %s [--small] [--filter TEXT] [--json FILE|-]\n", argv[0]);
			return -EINVAL;
		}
	}
	return 0;
}

/* Runs longer and longer until one run takes the time wanted; that is the warm-up as well. */
static uint64_t iterations_find(const struct bench *bench, uint64_t wanted_ns)
{
	uint64_t iterations = 1;

	for (;;) {
		uint64_t begin_ns = clock_ns();

		bench->run(bench->state, iterations);
		uint64_t taken_ns = clock_ns() - begin_ns;

		if (taken_ns >= wanted_ns)
			return iterations;
		iterations *= taken_ns < wanted_ns / 8 ? 4 : 2;
	}
}

static void measure(const struct bench *bench, struct result *result, int repeat)
{
	uint64_t begin_ns = clock_ns();
	uint64_t begin_cycles = __rdtsc();

	result->work = bench_mix(result->work, bench->run(bench->state, result->iterations));
	result->cycles[repeat] = (double)(__rdtsc() - begin_cycles) / (double)result->iterations;
	result->ns[repeat] = (double)(clock_ns() - begin_ns) / (double)result->iterations;
}

static int double_compare(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

static bool is_wanted(const struct bench *bench, const struct arguments *arguments)
{
	return arguments->filter == NULL || strstr(bench->name, arguments->filter) != NULL;
}

/* The table goes to standard error where standard output is for JSON. */
static void results_print(FILE *out, const struct bench *benches, const struct result *results, size_t count,
			  int repeats)
{
	fprintf(out, "%-40s %12s %12s %9s %18s\n", "bench", "cycles/op", "ns/op", "spread", "work");
	for (size_t i = 0; i < count; i++) {
		const struct result *result = &results[i];
		double middle = result->cycles[repeats / 2];

		if (result->iterations == 0)
			continue;
		/* Half of all repeats lie within the spread: the distance of the quartiles. */
		fprintf(out, "%-40s %12.1f %12.2f %8.1f%%   %016llx\n", benches[i].name, middle,
			result->ns[repeats / 2],
			100.0 * (result->cycles[repeats * 3 / 4] - result->cycles[repeats / 4]) / middle,
			(unsigned long long)result->work);
	}
}

static json_t *entry_make(const char *name, const char *aggregate, const struct result *result, int at)
{
	char full_name[160];

	snprintf(full_name, sizeof full_name, "%s%s%s", name, aggregate == NULL ? "" : "_",
		 aggregate == NULL ? "" : aggregate);
	json_t *entry = json_pack("{s:s, s:s, s:s, s:i, s:I, s:f, s:f, s:s, s:f}", "name", full_name, "run_name", name,
				  "run_type", aggregate == NULL ? "iteration" : "aggregate", "threads", 1, "iterations",
				  (json_int_t)result->iterations, "real_time", result->ns[at], "cpu_time",
				  result->ns[at], "time_unit", "ns", "cycles", result->cycles[at]);

	if (aggregate == NULL)
		json_object_set_new(entry, "repetition_index", json_integer(at));
	else
		json_object_set_new(entry, "aggregate_name", json_string(aggregate));
	return entry;
}

static int json_write(const char *path, const char *program, const struct bench *benches, const struct result *results,
		      size_t count, int repeats)
{
	json_t *entries = json_array();

	for (size_t i = 0; i < count; i++) {
		if (results[i].iterations == 0)
			continue;
		for (int repeat = 0; repeat < repeats; repeat++)
			json_array_append_new(entries, entry_make(benches[i].name, NULL, &results[i], repeat));
		json_array_append_new(entries, entry_make(benches[i].name, "median", &results[i], repeats / 2));
	}
	json_t *root = json_pack("{s:{s:s}, s:o}", "context", "executable", program, "benchmarks", entries);
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");

	if (out == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		json_decref(root);
		return 1;
	}
	int status = json_dumpf(root, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF ? 0 : 1;

	json_decref(root);
	if (out != stdout && fclose(out) != 0)
		status = 1;
	return status;
}

static void results_collect(const struct bench *benches, struct result *results, size_t count,
			    const struct arguments *arguments, int repeats)
{
	for (size_t i = 0; i < count; i++) {
		if (is_wanted(&benches[i], arguments))
			results[i].iterations =
				iterations_find(&benches[i], arguments->is_small ? RUN_SMALL_NS : RUN_NS);
	}
	for (int repeat = 0; repeat < repeats; repeat++) {
		for (size_t i = 0; i < count; i++) {
			if (results[i].iterations != 0)
				measure(&benches[i], &results[i], repeat);
		}
	}
	for (size_t i = 0; i < count; i++) {
		qsort(results[i].ns, (size_t)repeats, sizeof results[i].ns[0], double_compare);
		qsort(results[i].cycles, (size_t)repeats, sizeof results[i].cycles[0], double_compare);
	}
}

int bench_main(int argc, char **argv, struct bench *benches, size_t count)
{
	struct arguments arguments;
	int status = 0;

	if (arguments_read(argc, argv, &arguments) != 0)
		return 2;
	int repeats = arguments.is_small ? REPEATS_SMALL : REPEATS_MAX;
	struct result *results = calloc(count, sizeof *results);

	if (results == NULL)
		return 1;
	results_collect(benches, results, count, &arguments, repeats);
	bool json_to_stdout = arguments.json_path != NULL && strcmp(arguments.json_path, "-") == 0;

	results_print(json_to_stdout ? stderr : stdout, benches, results, count, repeats);
	if (arguments.json_path != NULL)
		status = json_write(arguments.json_path, argv[0], benches, results, count, repeats);
	free(results);
	return status;
}

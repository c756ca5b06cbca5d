/* model_main.c - searches plans, prints how large their spaces are, and of one that fails the shortest way to what is
 * broken. docs/model.md. */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "model/model_ladder.h"
#include "model/model_search.h"

enum { SHORTEST_STATES_MAX = 3000000 };

struct options {
	const char *plan; /* the only one, or null */
	const char *replay;
	bool is_long;
	uint8_t packets; /* in flight at most, in place of what the plan says; 0 for that */
	enum model_sabotage sabotage;
};

static volatile const char *plan_at_hand = "none";

/* A check of the library's own, or a sanitizer, has ended the process. */
static void tell_plan(int number)
{
	char text[96];
	int bytes = snprintf(text, sizeof(text), "\nmodel: signal %d in plan %s\n", number, (const char *)plan_at_hand);

	if (write(STDERR_FILENO, text, (size_t)bytes) != bytes)
		_exit(1);
	signal(number, SIG_DFL);
	raise(number);
}

static long megabytes(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

static void print_failure(const struct model_plan *plan, const struct model_failure *failure)
{
	printf("# plan %s breaks (%c): %s\n#   %s\n#   after %u events:\n", plan->name,
	       model_rule_letter(failure->rule), model_rule_text(failure->rule), failure->text, failure->steps);
	model_ladder_replay(plan, failure->trace, failure->steps, stdout);
	printf("# again: model --plan %s --replay ", plan->name);
	model_ladder_numbers(failure->trace, failure->steps, stdout);
	printf("\n");
}

/* Breadth first, where that fits into memory; else the way that was found first. */
static void report(const struct model_plan *plan, const struct model_search *found)
{
	struct model_search shortest;

	model_search_shortest(&shortest, plan, SHORTEST_STATES_MAX);
	print_failure(plan, shortest.failure.trace ? &shortest.failure : &found->failure);
	model_search_end(&shortest);
}

static bool search(const struct model_plan *plan, uint32_t number, uint32_t *reached)
{
	struct model_search search;
	bool is_well;

	plan_at_hand = plan->name;
	model_search_run(&search, plan);
	is_well = search.failure.rule == MODEL_RULE_NONE;
	printf("# %s: %" PRIu64 " states, %" PRIu64 " transitions, %u deep, %.1f s, %ld MiB\n", plan->name,
	       search.set.seen, search.transitions, search.depth, search.seconds, megabytes());
	if (!is_well)
		report(plan, &search);
	printf("%sok %u - %s: %s\n", is_well ? "" : "not ", number, plan->name, plan->text);
	fflush(stdout);
	*reached |= search.reached;
	model_search_end(&search);
	return is_well;
}

static bool is_chosen(const struct options *options, const struct model_plan *plan)
{
	return options->plan ? strcmp(plan->name, options->plan) == 0 : plan->is_long == options->is_long;
}

static void adapt(const struct options *options, struct model_plan *plan)
{
	plan->sabotage = options->sabotage;
	if (options->packets)
		plan->channel = options->packets;
}

/* Rules that nothing was held against say nothing. CLOSED is no record, or one that is about to go. */
static bool reaches_all(uint32_t number, uint32_t reached)
{
	uint32_t missing = 0;

	for (int state = QUERN_LISTEN; state < QUERN_STATES_END; state++) {
		if (reached >> state & 1)
			continue;
		printf("# nowhere in %s\n", quern_state_name((enum quern_state)state));
		missing++;
	}
	printf("%sok %u - every state of RFC 9293 is reached\n", missing ? "not " : "", number);
	return missing == 0;
}

static int search_all(const struct options *options)
{
	uint32_t count = 0, failed = 0, reached = 0;

	for (uint32_t i = 0; i < model_plan_count; i++) {
		struct model_plan plan = model_plans[i];

		if (!is_chosen(options, &plan))
			continue;
		adapt(options, &plan);
		failed += !search(&plan, ++count, &reached);
	}
	if (!options->plan)
		failed += !reaches_all(++count, reached);
	printf("1..%u\n", count);
	return failed > 0;
}

static int replay(const struct options *options)
{
	struct model_plan plan = *model_plan_named(options->plan);
	static uint8_t trace[1 << 20];
	uint32_t steps = 0;
	const char *at = options->replay;
	enum model_rule rule;

	adapt(options, &plan);
	for (char *end; *at && steps < sizeof(trace); at = *end == ',' ? end + 1 : end) {
		trace[steps++] = (uint8_t)strtoul(at, &end, 10);
		if (end == at)
			break;
	}
	rule = model_ladder_replay(&plan, trace, steps, stdout);
	printf("# breaks (%c): %s\n", model_rule_letter(rule), model_rule_text(rule));
	return rule != MODEL_RULE_NONE;
}

static int usage(void)
{
	fprintf(stderr, "usage: model [--long]\n"
			"       model --plan NAME [--packets 1|2|3] [--replay EVENT,EVENT,…]\n"
			"       with --sabotage KIND, plans must fail\n"
			"  plans:");
	for (uint32_t i = 0; i < model_plan_count; i++)
		fprintf(stderr, " %s", model_plans[i].name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"plan", required_argument, NULL, 'p'},     {"packets", required_argument, NULL, 'n'},
		{"long", no_argument, NULL, 'l'},           {"replay", required_argument, NULL, 'r'},
		{"sabotage", required_argument, NULL, 'b'}, {NULL, 0, NULL, 0}};
	struct options options = {0};
	int name;

	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (name) {
		case 'p':
			options.plan = optarg;
			break;
		case 'n':
			options.packets = (uint8_t)strtoul(optarg, NULL, 10);
			break;
		case 'l':
			options.is_long = true;
			break;
		case 'r':
			options.replay = optarg;
			break;
		case 'b':
			options.sabotage = model_sabotage_named(optarg);
			break;
		default:
			return usage();
		}
	}
	if (optind < argc || options.packets > MODEL_CHANNEL || options.sabotage == MODEL_SABOTAGES_END ||
	    (options.plan && !model_plan_named(options.plan)) || (options.replay && !options.plan))
		return usage();
	signal(SIGABRT, tell_plan);
	signal(SIGSEGV, tell_plan);
	return options.replay ? replay(&options) : search_all(&options);
}

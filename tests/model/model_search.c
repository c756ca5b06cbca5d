/* model_search.c - depth first, with a stack of its own: a frame has a state, and the event that is tried next. */
#include "model/model_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/model_pack.h"

enum { FAIR_STEPS_MAX = 500 };

/* States on the way, packed one behind the other. */
struct stack {
	uint8_t *bytes;
	uint64_t used, room;
	struct frame {
		uint64_t at;
		uint32_t parent; /* breadth first: the frame that it was reached from */
		uint8_t by;      /* the event that led here */
		uint8_t next;    /* event to try */
	} * frames;
	uint32_t count, frames_room;
};

static void *resized(void *block, uint64_t bytes)
{
	void *larger = realloc(block, bytes);

	if (!larger) {
		fprintf(stderr,
			"model: no memory for a stack of %llu bytes\n  run it where there is more, or a smaller plan\n",
			(unsigned long long)bytes);
		exit(2);
	}
	return larger;
}

static void push(struct stack *stack, const uint8_t *packed, uint32_t bytes, uint32_t parent, uint8_t by)
{
	if (stack->used + bytes > stack->room) {
		stack->room = (stack->used + bytes) * 2;
		stack->bytes = resized(stack->bytes, stack->room);
	}
	if (stack->count == stack->frames_room) {
		stack->frames_room = stack->frames_room ? stack->frames_room * 2 : 1024;
		stack->frames = resized(stack->frames, (uint64_t)stack->frames_room * sizeof(*stack->frames));
	}
	memcpy(stack->bytes + stack->used, packed, bytes);
	stack->frames[stack->count++] = (struct frame){.at = stack->used, .parent = parent, .by = by};
	stack->used += bytes;
}

static void drop(struct stack *stack)
{
	free(stack->bytes);
	free(stack->frames);
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The way to the frame `last`, and one event more; depth first each frame's parent is the one below it. */
static void keep_trace(struct model_failure *failure, const struct stack *stack, uint32_t last, uint8_t by)
{
	uint32_t steps = 1;

	for (uint32_t at = last; at > 0; at = stack->frames[at].parent)
		steps++;
	failure->steps = steps;
	failure->trace = resized(NULL, steps);
	failure->trace[--steps] = by;
	for (uint32_t at = last; at > 0; at = stack->frames[at].parent)
		failure->trace[--steps] = stack->frames[at].by;
}

static void fail(struct model_search *search, enum model_rule rule, const char *text)
{
	search->failure.rule = rule;
	snprintf(search->failure.text, sizeof(search->failure.text), "%s", text);
}

/* The fair run from a state, up to one from which it is known to come to an end. */
static bool ends_well(struct model_search *search, const struct model_state *from, uint64_t hash)
{
	uint64_t hashes[FAIR_STEPS_MAX];
	struct model_state state = *from;
	struct model_turn turn = {.plan = search->plan, .state = &state};
	struct model_event events[MODEL_HOSTS];
	uint32_t count = 0, parts;

	while (!model_set_has(&search->set, hash, MODEL_ENDS_WELL)) {
		if (count == FAIR_STEPS_MAX) {
			fail(search, MODEL_RULE_DEAD_END, "nothing is lost any more, timers fire, and there is no end");
			return false;
		}
		hashes[count++] = hash;
		parts = model_event_fair(&state, events);
		if (parts == 0)
			break;
		for (uint32_t i = 0; i < parts && turn.rule == MODEL_RULE_NONE; i++)
			model_event_happens(&turn, &events[i]);
		if (turn.rule != MODEL_RULE_NONE) {
			fail(search, turn.rule, turn.text);
			return false;
		}
		hash = model_hash(&state);
	}
	while (count > 0)
		model_set_mark(&search->set, hashes[--count], MODEL_ENDS_WELL);
	return true;
}

static void note_reached(struct model_search *search, const struct model_state *state)
{
	for (uint32_t i = 0; i < MODEL_HOSTS; i++) {
		const struct model_host *host = &state->hosts[i];

		search->reached |= 1u << host->conn.state | (uint32_t)host->is_listening << QUERN_LISTEN |
				   (uint32_t)model_has_rest(host) << QUERN_TIME_WAIT;
	}
}

/* One event from a state: false where that breaks a rule. `is_new` says that it led where nobody was. */
static bool try(struct model_search *search, struct model_state *state, const struct model_event *event, bool *is_new)
{
	struct model_turn turn = {.plan = search->plan, .state = state};
	uint64_t hash;

	model_event_happens(&turn, event);
	search->transitions++;
	if (turn.rule != MODEL_RULE_NONE) {
		fail(search, turn.rule, turn.text);
		return false;
	}
	hash = model_hash(state);
	*is_new = model_set_mark(&search->set, hash, MODEL_SEEN);
	if (*is_new)
		note_reached(search, state);
	return !*is_new || ends_well(search, state, hash);
}

static void push_state(struct stack *stack, const struct model_state *state, uint32_t parent, uint8_t by)
{
	uint8_t packed[MODEL_PACKED_MAX];

	push(stack, packed, model_pack(state, packed), parent, by);
}

static void begin(struct model_search *search, const struct model_plan *plan, struct stack *stack,
		  struct model_state *state)
{
	*search = (struct model_search){.plan = plan, .seconds = -seconds_now()};
	model_set_begin(&search->set);
	model_state_begin(state, plan);
	model_set_mark(&search->set, model_hash(state), MODEL_SEEN);
	push_state(stack, state, 0, 0);
}

/* The state on top has no event left: the one below it is looked at again. */
static void back(struct stack *stack, struct model_state *state)
{
	stack->used = stack->frames[--stack->count].at;
	if (stack->count > 0)
		model_unpack(stack->bytes + stack->frames[stack->count - 1].at, state);
}

void model_search_run(struct model_search *search, const struct model_plan *plan)
{
	struct model_event events[MODEL_EVENTS_MAX];
	struct model_state top, state;
	struct stack stack = {0};

	begin(search, plan, &stack, &top);
	while (stack.count > 0) {
		uint32_t at = stack.count - 1;
		uint8_t number = stack.frames[at].next++;
		bool is_new;

		if (number == model_events(plan, &top, events)) {
			back(&stack, &top);
			continue;
		}
		state = top;
		if (!try(search, &state, &events[number], &is_new)) {
			keep_trace(&search->failure, &stack, at, number);
			break;
		}
		if (!is_new)
			continue;
		push_state(&stack, &state, at, number);
		top = state;
		if (stack.count > search->depth)
			search->depth = stack.count;
	}
	search->seconds += seconds_now();
	drop(&stack);
}

void model_search_shortest(struct model_search *search, const struct model_plan *plan, uint32_t states_max)
{
	struct model_event events[MODEL_EVENTS_MAX];
	struct model_state from, state;
	struct stack queue = {0};
	bool is_new;

	begin(search, plan, &queue, &from);
	for (uint32_t at = 0; at < queue.count && queue.count < states_max && !search->failure.trace; at++) {
		uint32_t count;

		model_unpack(queue.bytes + queue.frames[at].at, &from);
		count = model_events(plan, &from, events);
		for (uint8_t number = 0; number < count; number++) {
			state = from;
			if (!try(search, &state, &events[number], &is_new)) {
				keep_trace(&search->failure, &queue, at, number);
				break;
			}
			if (is_new)
				push_state(&queue, &state, at, number);
		}
	}
	search->seconds += seconds_now();
	drop(&queue);
}

void model_search_end(struct model_search *search)
{
	model_set_end(&search->set);
	free(search->failure.trace);
}

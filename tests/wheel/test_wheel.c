/* test_wheel.c - the wheel against a plain list of deadlines, by seed; early, late, lazy, jumping and wrapping round.
 */
#include <assert.h>
#include <criterion/criterion.h>

#include "base/random.h"
#include "base/seq.h"
#include "wheel/wheel.h"

enum { NODES = 300, STRIDE_SHIFT = 5 };

struct record {
	uint32_t before;
	struct wheel_node timer;
	uint32_t behind[4];
};
static_assert(sizeof(struct record) == 1 << STRIDE_SHIFT, "the wheel steps from record to record");

/* The deadlines that the wheel should hold, and the clock. */
struct model {
	struct wheel wheel;
	struct random random;
	struct record records[NODES];
	uint32_t due[NODES]; /* WHEEL_NEVER where not armed */
	uint32_t now;
};

static void model_open(struct model *model, uint64_t seed, uint32_t now)
{
	memset(model, 0, sizeof(*model));
	random_seed(&model->random, seed);
	model->now = now;
	wheel_init(&model->wheel, &model->records[0].timer, STRIDE_SHIFT, now);
}

/* Distances of all sizes: within a slot, over each level, up to 12 days. */
static uint32_t draw_distance(struct model *model)
{
	uint32_t bits = random_below(&model->random, 31);

	return (uint32_t)random_next(&model->random) & ((1u << bits) - 1);
}

static void arm(struct model *model, uint32_t index, uint32_t due)
{
	wheel_arm(&model->wheel, &model->records[index].timer, due);
	model->due[index] = due == WHEEL_NEVER ? 1 : due;
}

static void arm_somehow(struct model *model)
{
	uint32_t index = random_below(&model->random, NODES);
	uint32_t due = model->now + draw_distance(model);

	switch (random_below(&model->random, 4)) {
	case 0: /* in the past */
		due = model->now - draw_distance(model) / 16;
		break;
	case 1: /* a little later or earlier than it is */
		if (model->due[index] != WHEEL_NEVER)
			due = model->due[index] + random_below(&model->random, 600) - 300;
		break;
	}
	arm(model, index, due);
}

static void disarm_one(struct model *model)
{
	uint32_t index = random_below(&model->random, NODES);

	wheel_disarm(&model->records[index].timer);
	model->due[index] = WHEEL_NEVER;
}

/* What fired must be armed and due; afterwards it is neither. */
static void take_fired(struct model *model, const uint32_t *fired, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		cr_assert_lt(fired[i], NODES);
		cr_assert_neq(model->due[fired[i]], WHEEL_NEVER, "fired though not armed");
		cr_assert(seq_before_eq(model->due[fired[i]], model->now), "fired early");
		cr_assert_eq(model->records[fired[i]].timer.due, WHEEL_NEVER);
		model->due[fired[i]] = WHEEL_NEVER;
	}
}

static void assert_nothing_is_due(const struct model *model)
{
	for (uint32_t i = 0; i < NODES; i++) {
		cr_assert_eq(model->records[i].timer.due, model->due[i]);
		cr_assert(model->due[i] == WHEEL_NEVER || seq_before(model->now, model->due[i]), "late");
	}
}

/* No armed deadline lies before what wheel_next() says. */
static void assert_next_is_not_late(const struct model *model)
{
	uint32_t tick;
	bool has_next = wheel_next(&model->wheel, &tick);

	cr_assert_eq(has_next, model->wheel.linked != 0);
	for (uint32_t i = 0; i < NODES; i++) {
		if (model->due[i] == WHEEL_NEVER)
			continue;
		cr_assert(has_next);
		cr_assert(seq_before_eq(tick, model->due[i]) || tick == model->wheel.now);
	}
}

/* Advances in turns of at most `max`, and sometimes arms between them as one who handles what fired does. */
static void advance(struct model *model, uint32_t max)
{
	uint32_t fired[NODES];
	uint32_t calls = 0;

	model->now += random_below(&model->random, 3) == 0 ? draw_distance(model) : random_below(&model->random, 500);
	do {
		uint32_t count = wheel_advance(&model->wheel, model->now, fired, max);

		cr_assert_leq(count, max);
		cr_assert_lt(++calls, 10000, "does not come to an end");
		take_fired(model, fired, count);
		if (model->wheel.lag != 0 && random_below(&model->random, 4) == 0)
			arm_somehow(model);
		cr_assert(wheel_validate(&model->wheel));
	} while (model->wheel.lag != 0);
	cr_assert_eq(model->wheel.now, model->now);
	assert_nothing_is_due(model);
}

static void run_random_operations(struct model *model, uint32_t max, uint32_t operations)
{
	for (uint32_t i = 0; i < operations; i++) {
		uint32_t what = random_below(&model->random, 16);

		if (what < 10)
			arm_somehow(model);
		else if (what < 13)
			disarm_one(model);
		else
			advance(model, max);
		assert_next_is_not_late(model);
	}
	cr_assert(wheel_validate(&model->wheel));
}

Test(wheel, fires_what_a_list_of_deadlines_would_in_time_and_never_early)
{
	/* The second begins just before the ticks wrap round to 0; jumps of 12 days carry all of them past it. */
	static const uint32_t begins[] = {0, 0xffffff00, 0x7fffff80, 12345678};

	for (uint32_t round = 0; round < 16; round++) {
		struct model *model = calloc(1, sizeof(*model));

		model_open(model, 40 + round, begins[round % 4]);
		run_random_operations(model, round < 8 ? NODES : 1 + round % 3, 4000);
		free(model);
	}
}

Test(wheel, takes_no_step_of_more_than_its_budget_and_loses_nothing)
{
	static struct model model;
	uint32_t fired[2];
	uint32_t total = 0;

	model_open(&model, 1, 1000);
	for (uint32_t i = 0; i < NODES; i++)
		arm(&model, i, 1001 + i / 100);
	model.now = 2000;
	for (uint32_t left = NODES; left != 0; left -= 2) {
		cr_assert_eq(wheel_advance(&model.wheel, model.now, fired, 2), 2);
		take_fired(&model, fired, 2);
		total += 2;
		cr_assert(wheel_validate(&model.wheel));
		cr_assert_eq(model.wheel.lag, left == 2 ? 0 : 1000 - total / 100, "after %u the lag is %u", total,
			     model.wheel.lag);
	}
	assert_nothing_is_due(&model);
}

Test(wheel, only_stores_a_later_deadline_and_moves_for_an_earlier_one)
{
	static struct model model;
	uint32_t fired[NODES];
	struct wheel_node before;

	model_open(&model, 1, 100);
	arm(&model, 5, 1000);
	before = model.records[5].timer;
	arm(&model, 5, 7200000);
	cr_assert_eq(model.records[5].timer.next, before.next);
	cr_assert_eq(model.records[5].timer.prev, before.prev);
	cr_assert_eq(wheel_advance(&model.wheel, 1000, fired, NODES), 0);
	cr_assert_neq(model.records[5].timer.prev, before.prev);
	arm(&model, 5, 1002);
	cr_assert_eq(wheel_advance(&model.wheel, 1001, fired, NODES), 0);
	cr_assert_eq(wheel_advance(&model.wheel, 1002, fired, NODES), 1);
	cr_assert_eq(fired[0], 5);
	cr_assert_eq(model.wheel.linked, 0);
}

Test(wheel, fires_a_deadline_that_has_passed_at_the_next_advance_even_within_the_tick)
{
	static struct model model;
	uint32_t fired[NODES];

	model_open(&model, 1, 5000);
	arm(&model, 1, 5000);
	arm(&model, 2, 4000);
	cr_assert_eq(wheel_advance(&model.wheel, 5000, fired, NODES), 2);
	arm(&model, 3, 5000);
	cr_assert_eq(wheel_advance(&model.wheel, 4999, fired, NODES), 1, "a clock that stands still is no reason");
	cr_assert_eq(fired[0], 3);
	cr_assert_eq(model.wheel.now, 5000);
}

Test(wheel, fires_a_deadline_at_the_tick_that_means_never_one_tick_later)
{
	static struct model model;
	uint32_t fired[NODES];

	model_open(&model, 1, 0xfffffff0);
	wheel_arm(&model.wheel, &model.records[0].timer, 0);
	cr_assert_eq(wheel_advance(&model.wheel, 0, fired, NODES), 0);
	cr_assert_eq(wheel_advance(&model.wheel, 1, fired, NODES), 1);
}

Test(wheel, forgets_a_disarmed_node_when_its_slot_comes)
{
	static struct model model;
	uint32_t fired[NODES];

	model_open(&model, 1, 0);
	arm(&model, 0, 10);
	wheel_disarm(&model.records[0].timer);
	cr_assert_eq(model.wheel.linked, 1);
	cr_assert_eq(wheel_advance(&model.wheel, 10, fired, NODES), 0);
	cr_assert_eq(model.wheel.linked, 0);
	cr_assert_eq(model.records[0].timer.prev, 0);
}

Test(wheel, can_be_jumped_from_deadline_to_deadline)
{
	static struct model model;
	uint32_t fired[NODES];
	uint32_t jumps = 0;
	uint32_t tick;

	for (uint32_t seed = 0; seed < 20; seed++) {
		model_open(&model, seed, 0xfff00000);
		for (uint32_t i = 0; i < NODES; i++)
			arm(&model, i, model.now + draw_distance(&model));
		for (jumps = 0; wheel_next(&model.wheel, &tick); jumps++) {
			uint32_t count;

			cr_assert_lt(jumps, NODES * WHEEL_LEVELS + 1);
			cr_assert(seq_before_eq(model.now, tick));
			model.now = tick;
			count = wheel_advance(&model.wheel, tick, fired, NODES);
			for (uint32_t i = 0; i < count; i++)
				cr_assert_eq(model.due[fired[i]], tick);
			take_fired(&model, fired, count);
			assert_nothing_is_due(&model);
		}
		for (uint32_t i = 0; i < NODES; i++)
			cr_assert_eq(model.due[i], WHEEL_NEVER);
	}
}

Test(wheel, validation_sees_what_is_wrong)
{
	static struct model model;
	struct wheel good;

	model_open(&model, 1, 1000);
	for (uint32_t i = 0; i < NODES; i++)
		arm(&model, i, 1100 + i * 100);
	cr_assert(wheel_validate(&model.wheel));
	good = model.wheel;
	model.wheel.linked++;
	cr_assert_not(wheel_validate(&model.wheel));
	model.wheel = good;
	model.wheel.occupied[3][3] = 1;
	cr_assert_not(wheel_validate(&model.wheel));
	model.wheel = good;
	model.wheel.now += 500;
	cr_assert_not(wheel_validate(&model.wheel), "a slot was left behind");
	model.wheel = good;
	model.records[200].timer.due = 1001;
	cr_assert_not(wheel_validate(&model.wheel), "a deadline lies before its slot");
	model.records[200].timer.due = WHEEL_NEVER;
	cr_assert(wheel_validate(&model.wheel));
	model.records[200].timer.prev ^= 1;
	cr_assert_not(wheel_validate(&model.wheel));
}

/* test_load_wheel.c - who waits is given back in time, and never before: against a plain list of who waits for when. */
#include <criterion/criterion.h>
#include <string.h>

#include "load/load_draw.h"
#include "load/load_wheel.h"

enum { MS = 1000000, MANY = 1000, TICK = 1 << LOAD_WHEEL_SHIFT };

static struct load_wheel new_wheel(uint64_t longest_ns)
{
	struct load_wheel wheel;

	cr_assert_eq(load_wheel_open(&wheel, MANY, longest_ns), 0);
	return wheel;
}

static bool take(struct load_wheel *wheel, uint64_t now_ns, uint32_t *index)
{
	uint16_t generation;
	bool is_one = false;

	/* As a client does, turn by turn: a call looks at a number of places. */
	for (int turn = 0; turn < 1000 && !is_one; turn++)
		is_one = load_wheel_take(wheel, now_ns, index, &generation);
	return is_one;
}

Test(load_wheel, gives_connections_back_in_order_and_never_early)
{
	struct load_wheel wheel = new_wheel(UINT64_C(1000) * MS);
	uint32_t index;
	uint16_t generation;

	for (uint32_t i = 0; i < MANY; i++)
		load_wheel_put(&wheel, MANY - 1 - i, (uint16_t)i, 5, (i + 1) * UINT64_C(1) * MS);
	for (uint32_t i = 0; i < MANY; i++) {
		uint64_t due = 5 + (i + 1) * UINT64_C(1) * MS;

		cr_assert_not(load_wheel_take(&wheel, due - 1, &index, &generation), "%u was early", i);
		cr_assert(load_wheel_take(&wheel, due + TICK, &index, &generation));
		cr_assert_eq(index, MANY - 1 - i);
		cr_assert_eq(generation, i);
	}
	cr_assert_eq(wheel.count, 0);
	load_wheel_close(&wheel);
}

Test(load_wheel, forgets_a_connection_that_ended_first_wherever_it_stands)
{
	static const uint32_t gone[] = {0, 4, 9, 5, 0, 77};
	struct load_wheel wheel = new_wheel(MS);
	uint32_t index, found = 0;

	for (uint32_t i = 0; i < 10; i++)
		load_wheel_put(&wheel, i, 0, 0, MS);
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		load_wheel_remove(&wheel, gone[i]);
	while (take(&wheel, 2 * MS, &index))
		found |= UINT32_C(1) << index;
	cr_assert_eq(found, 1u << 1 | 1u << 2 | 1u << 3 | 1u << 6 | 1u << 7 | 1u << 8);
	load_wheel_put(&wheel, 4, 1, 2 * MS, MS);
	cr_assert(take(&wheel, 4 * MS, &index), "an index is used again");
	load_wheel_close(&wheel);
}

Test(load_wheel, goes_on_when_its_clock_wraps)
{
	struct load_wheel wheel = new_wheel(10 * MS);
	uint64_t wrap = UINT64_C(1) << (32 + LOAD_WHEEL_SHIFT);
	uint32_t index;

	load_wheel_put(&wheel, 1, 0, wrap - 5 * MS, 6 * MS);
	cr_assert_not(take(&wheel, wrap - MS, &index));
	cr_assert(take(&wheel, wrap + 2 * MS, &index));
	load_wheel_close(&wheel);
}

Test(load_wheel, waits_for_longer_than_a_turn_of_it)
{
	static const uint64_t day_ns = UINT64_C(24) * 3600 * 1000 * MS;
	struct load_wheel wheel = new_wheel(MS);
	uint32_t index;
	uint16_t generation;
	uint64_t now;

	load_wheel_put(&wheel, 7, 3, 0, day_ns);
	load_wheel_put(&wheel, 8, 3, 0, MS);
	for (now = 0; wheel.count == 2; now += MS)
		load_wheel_take(&wheel, now, &index, &generation);
	cr_assert(index == 8 && now <= 3 * MS);
	load_wheel_remove(&wheel, 7);
	load_wheel_put(&wheel, 7, 3, now, UINT64_C(40000) * MS);
	for (uint64_t at = now; at < now + UINT64_C(40000) * MS; at += 10 * MS)
		cr_assert_not(load_wheel_take(&wheel, at, &index, &generation), "at %lu", at - now);
	cr_assert(take(&wheel, now + UINT64_C(40000) * MS + TICK, &index));
	load_wheel_close(&wheel);
}

Test(load_wheel, lets_all_go_when_it_is_hurried)
{
	struct load_wheel wheel = new_wheel(UINT64_C(100000) * MS);
	uint32_t index, taken = 0;

	for (uint32_t i = 0; i < MANY; i++)
		load_wheel_put(&wheel, i, 0, 0, i * UINT64_C(100) * MS);
	load_wheel_hurry(&wheel);
	for (int turn = 0; turn < 10000 && wheel.count > 0; turn++)
		taken += take(&wheel, 0, &index);
	cr_assert_eq(taken, MANY);
	load_wheel_put(&wheel, 1, 0, MS, UINT64_C(100) * MS);
	cr_assert(take(&wheel, MS, &index), "and whoever comes behind them");
	load_wheel_close(&wheel);
}

/* Draws what happens: waits of all lengths, ends in between, a clock that mostly steps by little and now and then
 * stands still for long; and looks at each that is given back, and at who should have been. */
static void play(uint64_t seed, uint64_t longest_ns)
{
	static uint64_t due[MANY];
	static bool waits[MANY];
	struct load_wheel wheel = new_wheel(longest_ns / 4);
	struct load_draw draw;
	uint64_t now = seed * UINT64_C(0x123456789);

	memset(waits, 0, sizeof(waits));
	load_draw_begin(&draw, seed, 0);
	for (int step = 0; step < 5000; step++) {
		uint32_t index = (uint32_t)(load_draw_next(&draw) % MANY);
		uint64_t wait = load_draw_next(&draw) % (longest_ns + 1);
		uint16_t generation;
		bool is_behind = false;

		now += load_draw_next(&draw) % (load_draw_next(&draw) % 1000 == 0 ? longest_ns : 50000);
		if (!waits[index]) {
			load_wheel_put(&wheel, index, (uint16_t)index, now, wait);
			waits[index] = true;
			due[index] = now + wait;
		} else if (load_draw_next(&draw) % 8 == 0) {
			load_wheel_remove(&wheel, index);
			waits[index] = false;
		}
		while (load_wheel_take(&wheel, now, &index, &generation)) {
			cr_assert(waits[index] && generation == (uint16_t)index);
			cr_assert_leq(due[index], now, "step %d: %u was %lu ns early", step, index, due[index] - now);
			waits[index] = false;
		}
		is_behind = (int32_t)((uint32_t)(now >> LOAD_WHEEL_SHIFT) - wheel.tick) > 0 || wheel.at != 0;
		for (uint32_t i = 0; i < MANY && !(is_behind && wheel.count > 0); i++)
			cr_assert(!waits[i] || due[i] + TICK > now, "step %d: %u is %lu ns late", step, i,
				  now - due[i]);
	}
	load_wheel_close(&wheel);
}

Test(load_wheel, does_as_a_plain_list_does_whatever_happens)
{
	static const uint64_t longest[] = {1, 100000, 10 * MS, UINT64_C(500) * MS, UINT64_C(20000) * MS};

	for (size_t i = 0; i < sizeof(longest) / sizeof(longest[0]); i++)
		play(i + 1, longest[i]);
}

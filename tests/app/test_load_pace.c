/* test_load_pace.c - intended starts lie where the shape says, to the nanosecond, whatever their number. */
#include <criterion/criterion.h>

#include "cli/cli_units.h"
#include "load/load_pace.h"

#define S CLI_NS_PER_S
#define MS CLI_NS_PER_MS
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct load_pace pace_of(const struct cli_leg *legs, size_t count, uint64_t start_ns)
{
	struct load_pace pace;

	load_pace_begin(&pace, legs, (uint16_t)count, 0, 1, start_ns);
	return pace;
}

static struct cli_leg even(uint64_t ns, uint64_t rate)
{
	return (struct cli_leg){ns, rate, rate};
}

Test(load_pace, has_rate_starts_in_every_second_and_never_drifts)
{
	static const uint64_t rates[] = {1, 3, 7, 999, 50000, 333333, 999999, 1234567};

	for (size_t i = 0; i < COUNT(rates); i++) {
		struct cli_leg leg = even(0, rates[i]);
		uint64_t start = 123456789;
		struct load_pace pace = pace_of(&leg, 1, start);

		for (uint64_t second = 1; second <= 3; second++) {
			for (uint64_t n = 0; n < rates[i]; n++)
				load_pace_advance(&pace);
			cr_assert_eq(pace.next_ns, start + second * S, "rate %lu", rates[i]);
		}
	}
}

Test(load_pace, keeps_every_start_within_a_nanosecond_of_its_place)
{
	struct cli_leg leg = even(0, 7);
	struct load_pace pace = pace_of(&leg, 1, 0);

	for (uint64_t n = 0; n < 1000; n++) {
		cr_assert_eq(pace.next_ns, n * S / 7);
		load_pace_advance(&pace);
	}
}

Test(load_pace, counts_the_starts_that_were_not_reached)
{
	struct cli_leg leg = even(0, 1000);
	struct load_pace pace = pace_of(&leg, 1, 0);

	cr_assert_eq(load_pace_missed(&pace, 0), 0);
	cr_assert_eq(load_pace_missed(&pace, 1), 1);
	cr_assert_eq(load_pace_missed(&pace, UINT64_C(999500000)), 1000);
	cr_assert_eq(load_pace_missed(&pace, S), 1000);
	cr_assert_eq(load_pace_missed(&pace, S + 1), 1001);
}

/* Starts that are due after so many seconds, by the plain formula. */
static long double due_at(const struct cli_leg *legs, size_t count, long double at_s)
{
	long double due = 0;

	for (size_t i = 0; i < count; i++) {
		long double leg_s = (long double)legs[i].ns / 1e9L, x = at_s < leg_s ? at_s : leg_s;

		if (legs[i].ns > 0)
			due += (long double)legs[i].from * x +
			       ((long double)legs[i].to - (long double)legs[i].from) * x * x / (2 * leg_s);
		at_s -= x;
	}
	return due + (long double)legs[count - 1].to * at_s;
}

/* Where start `number` lies: by halving, of the moments before which no more than so many are due, the last one. */
static long double place_of(const struct cli_leg *legs, size_t count, uint64_t number, long double most_s)
{
	long double low = 0, high = most_s;

	for (int i = 0; i < 100; i++) {
		long double middle = (low + high) / 2;

		*(due_at(legs, count, middle) <= (long double)number ? &low : &high) = middle;
	}
	return low * 1e9L;
}

/* All starts of a shape within `most_ns`: each at its place, and as many as there are. */
static void check_shape(const char *what, const struct cli_leg *legs, size_t count, uint64_t most_ns)
{
	struct load_pace pace = pace_of(legs, count, 0);
	uint64_t all = load_pace_starts(legs, (uint16_t)count, most_ns), last_ns = 0, step = all / 300 + 1;

	for (uint64_t n = 0; n < all; n++) {
		cr_assert_geq(pace.next_ns, last_ns, "%s: %lu goes back", what, n);
		cr_assert_lt(pace.next_ns, most_ns, "%s: %lu", what, n);
		last_ns = pace.next_ns;
		if (n % step == 0 || n + 3 > all) {
			long double off =
				(long double)pace.next_ns - place_of(legs, count, n, (long double)most_ns / 1e9L + 1);

			cr_assert(off > -1.01L && off < 1.01L, "%s: %lu is off by %Lf ns", what, n, off);
		}
		if (n % step == 0)
			cr_assert_eq(load_pace_missed(&pace, most_ns), all - n, "%s: left at %lu", what, n);
		load_pace_advance(&pace);
	}
	cr_assert_geq(pace.next_ns, most_ns, "%s: one more at %lu", what, pace.next_ns);
	cr_assert_eq(load_pace_missed(&pace, most_ns), 0, "%s", what);
}

Test(load_pace, keeps_to_a_shape_to_the_nanosecond)
{
	static const struct cli_leg rise[] = {{10 * S, 0, 50000}}, fall[] = {{10 * S, 50000, 0}},
				    steps[] = {{S, 1000, 1000}, {S, 7, 7}, {S / 3, 33333, 33333}},
				    trapezoid[] = {{S, 0, 30000}, {3 * S, 30000, 30000}, {S, 30000, 0}},
				    pause[] = {{2 * S, 0, 0}, {S, 100, 100}, {5 * S, 0, 0}, {S, 2, 30}, {1, 30, 30}},
				    odd[] = {{123456789, 17, 1234}, {987654321, 1234, 1233}, {7, 0, 0}, {S, 5, 100000}};

	check_shape("rise", rise, COUNT(rise), 11 * S);
	check_shape("fall", fall, COUNT(fall), 12 * S);
	check_shape("steps", steps, COUNT(steps), 3 * S);
	check_shape("trapezoid", trapezoid, COUNT(trapezoid), 6 * S);
	check_shape("pause", pause, COUNT(pause), 20 * S);
	check_shape("odd", odd, COUNT(odd), 3 * S);
}

Test(load_pace, has_as_many_starts_as_lie_under_the_shape)
{
	static const struct cli_leg trapezoid[] = {{10 * S, 0, 50000}, {30 * S, 50000, 50000}, {10 * S, 50000, 0}};
	static const struct cli_leg day[] = {{24 * 3600 * S, 0, 100000000}, {24 * 3600 * S, 100000000, 0}};

	cr_assert_eq(load_pace_starts(trapezoid, 3, 50 * S), 2000000);
	cr_assert_eq(load_pace_starts(trapezoid, 3, 5000 * S), 2000000, "the last rate is none");
	cr_assert_eq(load_pace_starts(trapezoid, 3, 10 * S), 250000);
	cr_assert_eq(load_pace_starts(trapezoid, 3, 0), 0);
	cr_assert_eq(load_pace_starts(day, 2, 48 * 3600 * S), UINT64_C(8640000000000), "a day at the highest rate");
}

Test(load_pace, has_no_start_where_the_rate_is_and_stays_0)
{
	static const struct cli_leg none[] = {{S, 0, 0}}, once[] = {{S, 1, 1}, {0, 0, 0}};
	struct load_pace pace = pace_of(none, 1, 5);

	cr_assert_eq(pace.next_ns, LOAD_PACE_NEVER);
	cr_assert_eq(load_pace_missed(&pace, 100 * S), 0);
	pace = pace_of(once, 2, 5);
	cr_assert_eq(pace.next_ns, 5);
	load_pace_advance(&pace);
	cr_assert_eq(pace.next_ns, LOAD_PACE_NEVER);
}

/* All starts of clients together, the next one first, are those of one client alone. */
static void check_clients(const struct cli_leg *legs, size_t leg_count, uint16_t count, uint64_t most_ns)
{
	struct load_pace whole = pace_of(legs, leg_count, 77), parts[8];
	uint64_t missed = 0;

	for (uint16_t i = 0; i < count; i++) {
		load_pace_begin(&parts[i], legs, (uint16_t)leg_count, i, count, 77);
		missed += load_pace_missed(&parts[i], 77 + most_ns);
	}
	cr_assert_eq(missed, load_pace_starts(legs, (uint16_t)leg_count, most_ns));
	for (uint64_t n = 0; n < missed; n++) {
		struct load_pace *part = &parts[n % count];

		cr_assert_eq(part->next_ns, whole.next_ns, "%u clients, start %lu", count, n);
		load_pace_advance(part);
		load_pace_advance(&whole);
	}
}

Test(load_pace, of_several_clients_is_that_of_one_and_none_is_in_step_with_another)
{
	static const struct cli_leg shape[] = {{S, 0, 3000}, {S, 997, 997}, {S, 0, 0}, {S, 500, 100}};
	struct cli_leg slow = even(0, 2), odd = even(0, 33333);

	for (uint16_t count = 1; count <= 8; count++) {
		check_clients(shape, COUNT(shape), count, 5 * S);
		check_clients(&slow, 1, count, 7 * S);
		check_clients(&odd, 1, count, S / 2);
	}
}

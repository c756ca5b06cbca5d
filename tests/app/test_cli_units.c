/* test_cli_units.c - numbers, times, cores and keepalive as users write them. */
#include <criterion/criterion.h>

#include "cli/cli_units.h"

struct number {
	const char *text;
	bool is_good;
	uint64_t value;
};

static void check(const struct number *numbers, size_t count, bool (*parse)(const char *, uint64_t *))
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 77;
		bool is_good = parse(numbers[i].text, &value);

		cr_assert_eq(is_good, numbers[i].is_good, "'%s'", numbers[i].text);
		cr_assert_eq(value, is_good ? numbers[i].value : 77, "'%s' gave %lu", numbers[i].text, value);
	}
}

Test(cli_units, counts_are_decimal_and_exact)
{
	static const struct number numbers[] = {
		{"0", true, 0},
		{"250", true, 250},
		{"50k", true, 50000},
		{"1.5M", true, 1500000},
		{"2G", true, 2000000000},
		{"0.001k", true, 1},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"18446744073709551615k", false, 0},
		{"0.0001k", false, 0},
		{"1.5", false, 0},
		{"1.", false, 0},
		{".5k", false, 0},
		{"", false, 0},
		{"k", false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{" 1", false, 0},
		{"1 ", false, 0},
		{"5x", false, 0},
		{"5K", false, 0},
		{"1kk", false, 0},
		{"0x10", false, 0},
		{"1.0000000001G", false, 0},
	};

	check(numbers, sizeof(numbers) / sizeof(numbers[0]), cli_parse_count);
}

Test(cli_units, times_need_a_unit_but_for_zero)
{
	static const struct number times[] = {
		{"0", true, 0},
		{"0s", true, 0},
		{"1ns", true, 1},
		{"20us", true, 20000},
		{"1.5ms", true, 1500000},
		{"10s", true, UINT64_C(10000000000)},
		{"5m", true, UINT64_C(300000000000)},
		{"2h", true, UINT64_C(7200000000000)},
		{"10", false, 0},
		{"s", false, 0},
		{"10 s", false, 0},
		{"10sec", false, 0},
		{"0.5ns", false, 0},
		{"-1s", false, 0},
		{"99999999999h", false, 0},
	};

	check(times, sizeof(times) / sizeof(times[0]), cli_parse_time);
}

Test(cli_units, lists_of_cores_keep_their_order_and_may_name_a_core_twice)
{
	static const char *const bad[] = {"",      "a",    "1,", ",1", "3-1",
					  "1024", "1-",   "-1", "0-64", "1;2"};
	struct cli_cores cores = {.count = 9};

	cr_assert(cli_parse_cores("auto", &cores));
	cr_assert_eq(cores.count, 0);
	cr_assert(cli_parse_cores("5,0-2", &cores));
	cr_assert_eq(cores.count, 4);
	cr_assert_eq(cores.cpu[0], 5);
	cr_assert_eq(cores.cpu[3], 2);
	cr_assert(cli_parse_cores("0-1,1,0", &cores));
	cr_assert_eq(cores.count, 4);
	cr_assert(cores.cpu[1] == 1 && cores.cpu[2] == 1 && cores.cpu[3] == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_not(cli_parse_cores(bad[i], &cores), "'%s'", bad[i]);
		cr_assert_eq(cores.count, 4, "'%s' changed the result", bad[i]);
	}
}

Test(cli_units, keepalive_is_off_or_idle_interval_and_probes)
{
	static const char *const bad[] = {"",           "on",       "2h",       "2h/75s",      "2h/75s/0",
					  "2h/75s/256", "2h/75/10", "0/75s/10", "2h/75s/10/1", "1us/75s/10"};
	struct cli_keepalive keepalive = {.on = false, .probes = 3};

	cr_assert(cli_parse_keepalive("2h/75s/10", &keepalive));
	cr_assert(keepalive.on);
	cr_assert_eq(keepalive.idle_ms, 7200000);
	cr_assert_eq(keepalive.interval_ms, 75000);
	cr_assert_eq(keepalive.probes, 10);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(cli_parse_keepalive(bad[i], &keepalive), "'%s'", bad[i]);
	cr_assert(cli_parse_keepalive("off", &keepalive));
	cr_assert_not(keepalive.on);
}

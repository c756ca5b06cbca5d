/* test_cli_span.c - spans are read as they are written, and written as they would be read. */
#include <criterion/criterion.h>

#include "cli/cli_span.h"
#include "cli/cli_units.h"

#define S CLI_NS_PER_S

Test(cli_span, reads_constant_uniform_and_exponential_times)
{
	static const struct {
		const char *text;
		struct cli_span span;
	} cases[] = {
		{"0", {CLI_SPAN_CONSTANT, 0, 0, 0}},
		{"1.5s", {CLI_SPAN_CONSTANT, 3 * S / 2, 3 * S / 2, 3 * S / 2}},
		{"uniform:1s-5s", {CLI_SPAN_UNIFORM, S, 5 * S, 3 * S}},
		{"uniform:0-200us", {CLI_SPAN_UNIFORM, 0, 200000, 100000}},
		{"uniform:1s-1s", {CLI_SPAN_UNIFORM, S, S, S}},
		{"exp:2s", {CLI_SPAN_EXPONENTIAL, 0, 40 * S, 2 * S}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli_span span;

		cr_assert(cli_parse_time_span(cases[i].text, 40 * S, &span), "%s", cases[i].text);
		cr_assert_eq(span.kind, cases[i].span.kind);
		cr_assert_eq(span.least, cases[i].span.least);
		cr_assert_eq(span.most, cases[i].span.most);
		cr_assert_eq(span.mean, cases[i].span.mean);
	}
}

Test(cli_span, refuses_what_is_none_and_leaves_the_span_alone)
{
	static const char *const times[] = {"",
					    "s",
					    "1",
					    "-1s",
					    "41s",
					    "uniform:",
					    "uniform:1s",
					    "uniform:1s-",
					    "uniform:-5s",
					    "uniform:5s-1s",
					    "exp:",
					    "exp:0s",
					    "exp:3s",
					    "exp:1s-2s",
					    "normal:1s",
					    "uniform:1s-41s",
					    "exp:-1s",
					    "1s-5s",
					    "exp:300000h"},
				 *const counts[] = {"0", "101", "uniform:0-5", "uniform:5-101", "exp:6", "exp:0", "1s"};
	struct cli_span span = {.mean = 77};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		cr_assert_not(cli_parse_time_span(times[i], 40 * S, &span), "%s", times[i]);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		cr_assert_not(cli_parse_count_span(counts[i], 1, 100, &span), "%s", counts[i]);
	cr_assert_eq(span.mean, 77);
}

Test(cli_span, writes_what_would_be_read_as_the_same)
{
	static const char *const times[] = {"0s",  "1ns",           "1500us",           "90s",   "2m",
					    "24h", "uniform:1s-5s", "uniform:0s-200us", "exp:2s"},
				 *const counts[] = {"1", "1000000", "uniform:1-65535", "exp:1500"};
	char text[CLI_SPAN_TEXT];
	struct cli_span span;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		cr_assert(cli_parse_time_span(times[i], UINT64_MAX, &span), "%s", times[i]);
		cr_assert_str_eq(cli_format_time_span(&span, text), times[i]);
	}
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		cr_assert(cli_parse_count_span(counts[i], 1, UINT64_MAX, &span), "%s", counts[i]);
		cr_assert_str_eq(cli_format_count_span(&span, text), counts[i]);
	}
	cr_assert(cli_parse_count_span("uniform:10000000000000000000-18446744073709551615", 0, UINT64_MAX, &span));
	cr_assert_str_eq(cli_format_count_span(&span, text), "uniform:10000000000000000000-18446744073709551615");
}

/* test_report_format.c - numbers as they are printed. */
#include <criterion/criterion.h>

#include "report/report_format.h"

struct shown {
	uint64_t value;
	const char *text;
};

static void check(const struct shown *shown, size_t count, char *(*format)(uint64_t, char *))
{
	char text[REPORT_NUMBER_TEXT];

	for (size_t i = 0; i < count; i++)
		cr_assert_str_eq(format(shown[i].value, text), shown[i].text);
}

Test(report_format, counts_have_commas)
{
	static const struct shown counts[] = {{0, "0"},
					      {999, "999"},
					      {1000, "1,000"},
					      {4123180, "4,123,180"},
					      {100000, "100,000"},
					      {UINT64_MAX, "18,446,744,073,709,551,615"}};

	check(counts, sizeof(counts) / sizeof(counts[0]), report_format_count);
}

Test(report_format, times_have_two_digits_that_matter_and_never_four)
{
	static const struct shown times[] = {{0, "0 ns"},        {840, "840 ns"},     {999, "999 ns"},
					     {1000, "1.0 µs"},   {1900, "1.9 µs"},    {9949, "9.9 µs"},
					     {9951, "10 µs"},    {96000, "96 µs"},    {999499, "999 µs"},
					     {999500, "1.0 ms"}, {2100000, "2.1 ms"}, {UINT64_C(3000000000), "3.0 s"},
					     {11000, "11 µs"},   {999999999, "1.0 s"}};

	check(times, sizeof(times) / sizeof(times[0]), report_format_ns);
}

Test(report_format, settings_are_shown_to_the_last_digit)
{
	static const struct shown spans[] = {
		{0, "0 ns"}, {20000000, "20 ms"}, {UINT64_C(60000000000), "60 s"}, {1500, "1500 ns"}};

	check(spans, sizeof(spans) / sizeof(spans[0]), report_format_span);
}

Test(report_format, big_numbers_have_three_digits_and_a_letter)
{
	char text[REPORT_NUMBER_TEXT];

	cr_assert_str_eq(report_format_big(812, text), "812");
	cr_assert_str_eq(report_format_big(24700, text), "24.7 k");
	cr_assert_str_eq(report_format_big(1.2e9, text), "1.20 G");
	cr_assert_str_eq(report_format_big(999600, text), "1.00 M");
}

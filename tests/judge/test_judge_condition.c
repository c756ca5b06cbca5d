/* test_judge_condition.c - conditions are read to the letter, refused with the place, and asked of facts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/judge_condition.h"

enum { CONNECTIONS = JUDGE_TCP, WEB = JUDGE_TCP | JUDGE_ASKS };

static struct judge_condition read_well(const char *text, unsigned int scopes)
{
	struct judge_condition condition;
	struct judge_fault fault = {.column = 0};

	cr_assert(judge_read(&condition, text, scopes, &fault), "%s: %zu: %s", text, fault.column, fault.text);
	return condition;
}

Test(judge_read, knows_metrics_operators_and_units)
{
	static const struct {
		const char *text;
		double value;
		enum judge_operator operator;
	} cases[] = {
		{"failed==0", 0, JUDGE_EQUAL},
		{" failed_ratio  <  0.0001 ", 0.0001, JUDGE_LESS},
		{"failed_ratio<=0.01%", 0.0001, JUDGE_AT_MOST},
		{"cps >= 100k", 1e5, JUDGE_AT_LEAST},
		{"cps > 1.5M", 1.5e6, JUDGE_MORE},
		{"p99<200us", 200e3, JUDGE_LESS},
		{"p99 < 200µs", 200e3, JUDGE_LESS},
		{"p99.9 < 2ms", 2e6, JUDGE_LESS},
		{"max < 1s", 1e9, JUDGE_LESS},
		{"p50 < 800ns", 800, JUDGE_LESS},
		{"from_schedule.p99 < 1ms", 1e6, JUDGE_LESS},
		{"life.mean < 1m", 60e9, JUDGE_LESS},
		{"request.p99 < 1ms", 1e6, JUDGE_LESS},
		{"requests_bad != 0", 0, JUDGE_UNEQUAL},
		{"p99 > 0", 0, JUDGE_MORE},
		{"failed.no_port == 0", 0, JUDGE_EQUAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct judge_condition condition = read_well(cases[i].text, WEB);

		cr_assert_eq(condition.count, 1, "%s", cases[i].text);
		cr_assert_float_eq(condition.terms[0].value, cases[i].value, 1e-9 * cases[i].value, "%s",
				   cases[i].text);
		cr_assert_eq(condition.terms[0].operator, cases[i].operator, "%s", cases[i].text);
	}
	cr_assert_float_eq(read_well("p99.99<1s", WEB).terms[0].percentile, 99.99, 1e-9);
	cr_assert_eq(read_well("first_byte.p99<1s", WEB).terms[0].times, JUDGE_TIMES_FIRST_BYTE);
}

Test(judge_read, joins_terms_and_remembers_where_each_stands)
{
	static const char text[] = "failed == 0 &&p99<200us&& cps>=10k";
	struct judge_condition condition = read_well(text, CONNECTIONS);

	cr_assert_eq(condition.count, 3);
	cr_assert_eq(condition.terms[1].statistic, JUDGE_PERCENTILE);
	cr_assert(strncmp(text + condition.terms[1].begin, "p99<200us", condition.terms[1].length) == 0);
	cr_assert_eq(condition.terms[1].length, 9);
	cr_assert_eq(condition.terms[2].begin + condition.terms[2].length, strlen(text));
}

Test(judge_read, refuses_at_the_column_and_says_what_would_do)
{
	static const struct {
		const char *text, *says;
		size_t column;
	} cases[] = {
		{"", "metric is missing", 0},
		{"faild == 0", "did you mean failed?", 0},
		{"failed == 0 && p9x < 1ms", "did you mean p99?", 15},
		{"nonsense == 0", "failed, failed_ratio, cps", 0},
		{"failed", "<, <=", 6},
		{"failed = 0", "<, <=", 7},
		{"failed == ", "a number", 10},
		{"failed == zero", "a number", 10},
		{"failed == -1", "a number", 10},
		{"failed == 0x10", "a number", 10},
		{"failed == 1e3", "a number", 10},
		{"failed == 1.2.3", "a number", 10},
		{"failed == .", "a number", 10},
		{"failed == inf", "a number", 10},
		{"cps >= 100kk", "a number", 7},
		{"p99 < 200", "a time with its unit", 6},
		{"p99 < 5k", "a time with its unit", 6},
		{"failed_ratio < 5us", "a share", 15},
		{"p0 < 1ms", "no metric", 0},
		{"p100.1 < 1ms", "no metric", 0},
		{"p < 1ms", "no metric", 0},
		{"failed.p99 < 1ms", "no metric", 0},
		{"failed == 0, p99 < 1ms", "a number", 10},
		{"failed == 0 & p99 < 1ms", "&&", 12},
		{"failed == 0 || p99 < 1ms", "&&", 12},
		{"failed == 0 &&", "metric is missing", 14},
		{"failed == 0 for 5s", "&&", 12},
		{"loss == 0", "is of datagrams", 0},
		{"requests_bad == 0", "is of requests", 0},
		{"rtt.p99 < 1ms", "is of datagrams", 0},
		{"failed==0&&failed==0&&failed==0&&failed==0&&failed==0&&failed==0&&failed==0&&failed==0&&cps>0",
		 "more than 8", 88},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct judge_condition condition;
		struct judge_fault fault;

		cr_assert_not(judge_read(&condition, cases[i].text, CONNECTIONS, &fault), "%s", cases[i].text);
		cr_assert(strstr(fault.text, cases[i].says), "%s: %s", cases[i].text, fault.text);
		cr_assert_eq(fault.column, cases[i].column, "%s: column %zu", cases[i].text, fault.column);
	}
}

Test(judge_read, of_a_second_there_is_less_to_know_and_it_may_have_to_last)
{
	struct judge_condition condition;
	struct judge_fault fault;

	cr_assert(judge_read_lasting(&condition, "failed_ratio > 0.05 for 5s", CONNECTIONS, &fault));
	cr_assert_float_eq(condition.lasting_s, 5, 1e-9);
	cr_assert(judge_read_lasting(&condition, "failed > 0 && p99 > 1s", CONNECTIONS, &fault));
	cr_assert_eq(condition.lasting_s, 0);
	cr_assert_not(judge_read_lasting(&condition, "life.p99 > 1s", CONNECTIONS, &fault));
	cr_assert(strstr(fault.text, "at the end only"), "%s", fault.text);
	cr_assert_not(judge_read_lasting(&condition, "failed > 0 for ever", CONNECTIONS, &fault));
	cr_assert_eq(fault.column, 15);
	cr_assert_not(judge_read_lasting(&condition, "failed > 0 fore 5s", CONNECTIONS, &fault));
	cr_assert_not(judge_read_lasting(&condition, "failed > 0 for 5s more", CONNECTIONS, &fault));
	cr_assert_eq(fault.column, 18);
}

Test(judge_show, puts_a_caret_under_the_place)
{
	struct judge_condition condition;
	struct judge_fault fault;
	char shown[JUDGE_SHOWN_TEXT];

	cr_assert_not(judge_read(&condition, "failed==0 && p9x<1ms", CONNECTIONS, &fault));
	cr_assert(strstr(judge_show("failed==0 && p9x<1ms", &fault, shown),
			 "\n  failed==0 && p9x<1ms\n               ^~~"),
		  "%s", shown);
}

Test(judge_condition, holds_where_each_term_does_and_not_where_nothing_is_known)
{
	static struct quern_histogram setup, none;
	struct judge_facts facts = {.times[JUDGE_TIMES_SETUP] = &setup, .plain_times = &setup};
	static const struct {
		const char *text;
		bool holds;
	} cases[] = {
		{"failed == 3", true},
		{"failed != 3", false},
		{"failed < 3", false},
		{"failed <= 3", true},
		{"failed > 3", false},
		{"failed >= 3", true},
		{"failed < 4", true},
		{"failed_ratio <= 0.3%", true},
		{"failed_ratio < 0.3%", false},
		{"p50 <= 501us", true},
		{"p50 < 400us", false},
		{"setup.max == 1ms", true},
		{"min == 1us", true},
		{"mean < 501us", true},
		{"mean > 500us", true},
		{"cps > 0", false},
		{"cps == 0", false},
		{"life.p99 < 1s", false},
		{"first_byte.p99 < 1s", false},
		{"failed == 3 && p50 < 400us", false},
		{"failed == 3 && p50 < 600us", true},
	};

	quern_histogram_reset(&setup);
	quern_histogram_reset(&none);
	for (uint64_t i = 1; i <= 1000; i++)
		quern_histogram_record(&setup, i * 1000);
	facts.times[JUDGE_TIMES_LIFE] = &none;
	judge_know(&facts, JUDGE_FAILED, 3);
	judge_know_share(&facts, JUDGE_FAILED_RATIO, 3, 1000);
	judge_know_share(&facts, JUDGE_CPS, 3, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct judge_condition condition = read_well(cases[i].text, CONNECTIONS);

		cr_assert_eq(judge_holds(&condition, &facts), cases[i].holds, "%s", cases[i].text);
	}
}

/* Whatever is written, reading ends, and a fault lies within the text. */
Test(judge_read, takes_any_text)
{
	static const char *const pieces[] = {"failed", "p99", ".",   "==",   "<", "&&", " ",
					     "0",      "1ms", "for", "\xc2", "%", "k"};
	uint64_t state = 11;

	for (int i = 0; i < 50000; i++) {
		char text[128] = "";
		struct judge_condition condition;
		struct judge_fault fault;

		for (int j = 0; j < 10; j++) {
			state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
			strcat(text, pieces[(state >> 33) % (sizeof(pieces) / sizeof(pieces[0]))]);
		}
		if (!judge_read_lasting(&condition, text, WEB, &fault))
			cr_assert_leq(fault.column, strlen(text), "%s", text);
	}
}

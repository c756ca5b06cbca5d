/* test_metrics_answer.c - requests and their answers, how much is done at once, and where --metrics may be. */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/cli_metrics.h"
#include "metrics/metrics_answer.h"
#include "metrics/metrics_budget.h"

static struct metrics_answer answer_to(const char *text)
{
	struct http_request request;

	http_request_begin(&request);
	http_request_take(&request, text, (uint32_t)strlen(text));
	cr_assert_neq(request.stage, HTTP_IN_HEAD, "%s", text);
	return metrics_answer_to(&request);
}

#define HOST " HTTP/1.1\r\nHost: q\r\n\r\n"

Test(metrics_answer, what_there_is_is_found_and_nothing_else)
{
	static const struct {
		const char *request;
		unsigned int status;
		enum metrics_what what;
		bool has_body, closes;
	} cases[] = {
		{"GET /metrics" HOST, 200, METRICS_IS_PAGE, true, false},
		{"GET /metrics?x=1" HOST, 200, METRICS_IS_PAGE, true, false},
		{"HEAD /metrics" HOST, 200, METRICS_IS_PAGE, false, false},
		{"GET /metrics HTTP/1.0\r\n\r\n", 200, METRICS_IS_PAGE, true, true},
		{"GET /metrics HTTP/1.1\r\nHost: q\r\nConnection: close\r\n\r\n", 200, METRICS_IS_PAGE, true, true},
		{"GET /" HOST, 200, METRICS_IS_INDEX, true, false},
		{"GET /metric" HOST, 404, METRICS_IS_ERROR, true, false},
		{"GET /metrics/" HOST, 404, METRICS_IS_ERROR, true, false},
		{"GET /metrics HTTP/1.1\r\nHost: q\r\nContent-Length: 9\r\n\r\n", 413, METRICS_IS_ERROR, true, true},
		{"POST /metrics HTTP/1.1\r\nHost: q\r\nContent-Length: 9\r\n\r\n", 405, METRICS_IS_ERROR, true, true},
		{"POST /metrics" HOST, 405, METRICS_IS_ERROR, true, false},
		{"DELETE /metrics" HOST, 405, METRICS_IS_ERROR, true, true},
		{"GET /metrics HTTP/1.1\r\n\r\n", 400, METRICS_IS_ERROR, true, true},
		{"\x16\x03\x01\x02\r\n\r\n", 400, METRICS_IS_ERROR, true, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct metrics_answer answer = answer_to(cases[i].request);

		cr_expect_eq(answer.status, cases[i].status, "%u for %s", answer.status, cases[i].request);
		cr_expect_eq(answer.what, cases[i].what, "%s", cases[i].request);
		cr_expect_eq(answer.has_body, cases[i].has_body, "%s", cases[i].request);
		cr_expect_eq(answer.closes, cases[i].closes, "%s", cases[i].request);
	}
}

Test(metrics_answer, the_budget_of_a_second_is_bounded)
{
	struct metrics_budget budget;
	int done = 0;

	metrics_budget_begin(&budget);
	for (int tick = 0; tick < 10; tick++) {
		while (metrics_budget_take(&budget))
			done++;
		metrics_budget_refill(&budget);
	}
	cr_assert_eq(done, METRICS_AT_ONCE + 9 * METRICS_EACH_TICK);
}

Test(metrics_answer, the_flag_takes_an_end_a_path_or_off)
{
	static const char *const good[] = {"127.0.0.1:9112", "0.0.0.0:1", "[::1]:9112", "[::]:9112", "unix:m", "off"},
				 *const bad[] = {"",         "9112",  ":9112",          "127.0.0.1", "127.0.0.1:0",
						 "::1:9112", "unix:", "localhost:9112", "on"};
	struct cli_settings settings;
	char path[120] = "unix:";

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect(cli_set_metrics(&settings, good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect(!cli_set_metrics(&settings, bad[i]), "%s", bad[i]);
	memset(path + 5, 'x', 107);
	cr_assert(cli_set_metrics(&settings, path));
	cr_assert_str_eq(cli_metrics_path(settings.metrics), path + 5);
	path[5 + 107] = 'x';
	cr_assert(!cli_set_metrics(&settings, path));
}

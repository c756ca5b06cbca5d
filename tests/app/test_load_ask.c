/* test_load_ask.c - requests as they are sent, from the flags that say them, and how often each of several is drawn. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_flags.h"
#include "cli/cli_target.h"
#include "load/load_ask.h"

enum { MOST_WORDS = 24 };

static struct cli_settings settings;
static char error[CLI_ERROR_TEXT];

/* Frees what the settings keep as long as a program runs. */
static void forget(void)
{
	const struct cli_requests *list = &settings.service[0].http.list;

	for (uint16_t i = 0; i < list->count; i++) {
		const struct cli_request *request = &list->each[i];

		if (request->data && request->body != (const uint8_t *)request->data)
			free((void *)(uintptr_t)request->body);
		if (request->is_wanted_whole)
			free((void *)(uintptr_t)request->wanted);
	}
}

/* Parses flags behind a target and what load cannot be without, and completes them; words end at a tab. */
static int complete(const char *target, const char *more)
{
	static char text[4096];
	static char *words[MOST_WORDS + 1];
	char *save;
	int count = 0;

	snprintf(text, sizeof(text), "%s\t-p\ttap:q0\t--ip\t10.0.0.2/24\t%s", target, more);
	for (char *word = strtok_r(text, "\t", &save); word && count < MOST_WORDS; word = strtok_r(NULL, "\t", &save))
		words[count++] = word;
	words[count] = NULL;
	forget();
	cli_settings_init(&settings, CLI_LOAD);
	error[0] = '\0';
	cr_assert_eq(cli_parse(&settings, count, words, error), CLI_RUN, "%s: %s", more, error);
	return cli_complete(&settings, error);
}

/* The first of the requests, whole. */
static const char *text_of(const char *target, const char *more)
{
	static char text[8192];
	struct load_asks asks;

	cr_assert_eq(complete(target, more), 0, "%s: %s", more, error);
	cr_assert_eq(load_asks_open(&asks, &settings.service[0]), 0);
	cr_assert(asks.each[0].bytes < sizeof(text));
	memcpy(text, asks.each[0].first, asks.each[0].first_bytes);
	if (asks.each[0].rest)
		memcpy(text + asks.each[0].first_bytes, asks.each[0].rest,
		       asks.each[0].bytes - asks.each[0].first_bytes);
	text[asks.each[0].bytes] = '\0';
	load_asks_close(&asks);
	return text;
}

Test(load_ask, says_what_flags_say_and_no_more)
{
	static const struct {
		const char *target, *flags, *text;
	} cases[] = {
		{"http://10.0.0.1/a?b", "", "GET /a?b HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n"},
		{"http://10.0.0.1:81?b", "--requests\t2", "GET /?b HTTP/1.1\r\nHost: 10.0.0.1:81\r\n\r\n"},
		{"http://[fd00::1]/", "--requests\t2\t--ip\tfd00::2/64", "GET / HTTP/1.1\r\nHost: [fd00::1]\r\n\r\n"},
		{"http://10.0.0.1/", "--requests\t2\t--method\tDELETE", "DELETE / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"},
		{"http://10.0.0.1/", "--requests\t2\t--method\tPUT",
		 "PUT / HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Length: 0\r\n\r\n"},
		{"http://10.0.0.1/", "--requests\t2\t--data\ta b",
		 "POST / HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Length: 3\r\n\r\na b"},
		{"http://10.0.0.1/", "--requests\t2\t--data\tbytes:28\t--method\tPATCH",
		 "PATCH / HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Length: 28\r\n\r\nabcdefghijklmnopqrstuvwxyzab"},
		{"http://10.0.0.1/", "--requests\t2\t--header\tA: b\t--header\thOST:x\t--header\tA: c",
		 "GET / HTTP/1.1\r\nA: b\r\nhOST:x\r\nA: c\r\n\r\n"},
		{"http://10.0.0.1/", "--requests\t2\t--header\tHosts: x",
		 "GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nHosts: x\r\n\r\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_str_eq(text_of(cases[i].target, cases[i].flags), cases[i].text, "%s", cases[i].flags);
}

Test(load_ask, has_the_body_whole_however_long_it_is)
{
	static const uint32_t sizes[] = {0, 1, 2047, 2048, 2049, 5000};
	char flags[64];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *text, *body;

		snprintf(flags, sizeof(flags), "--data\tbytes:%u", sizes[i]);
		text = text_of("http://10.0.0.1/", flags);
		body = strstr(text, "\r\n\r\n") + 4;
		cr_assert_eq(strlen(body), sizes[i]);
		for (uint32_t at = 0; at < sizes[i]; at++)
			cr_assert_eq(body[at], 'a' + (char)(at % 26), "byte %u of %u", at, sizes[i]);
	}
}

Test(load_ask, names_each_of_several_targets)
{
	struct cli_service *service = &settings.service[0];
	struct load_asks asks;

	cr_assert_eq(complete("http://10.0.0.1/", ""), 0, "%s", error);
	cr_assert_eq(quern_parse_endpoint("10.0.0.2:81", &service->target[1]), 0);
	service->target_count = 2;
	service->http.list.each[1] = service->http.list.each[0];
	service->http.list.count = 2;
	cr_assert_eq(load_asks_open(&asks, service), 0);
	for (uint16_t i = 0; i < 4; i++) {
		cr_assert_eq(strstr((char *)asks.each[i].first, "Host: 10.0.0.1\r\n") != NULL, i < 2, "%u", i);
		cr_assert_eq(strstr((char *)asks.each[i].first, "Host: 10.0.0.2:81\r\n") != NULL, i >= 2, "%u", i);
	}
	load_asks_close(&asks);
}

Test(load_ask, reads_the_files_that_are_named)
{
	char path[] = "/tmp/quern-test-XXXXXX", flags[128];
	int file = mkstemp(path);

	cr_assert(file >= 0 && write(file, "a\0b\n", 4) == 4);
	snprintf(flags, sizeof(flags), "--data\t@%s\t--expect-body\t@%s", path, path);
	cr_assert_eq(complete("http://10.0.0.1/", flags), 0, "%s", error);
	cr_assert_eq(settings.service[0].http.list.each[0].body_bytes, 4);
	cr_assert_arr_eq(settings.service[0].http.list.each[0].body, "a\0b\n", 4);
	cr_assert_eq(settings.service[0].http.list.each[0].wanted_bytes, 4);
	cr_assert(settings.service[0].http.list.each[0].is_wanted_whole);
	cr_assert_eq(ftruncate(file, CLI_DATA_MAX + 1), 0);
	cr_assert_eq(complete("http://10.0.0.1/", flags), -EINVAL);
	cr_assert(strstr(error, "too large") && strstr(error, "16 MiB"), "%s", error);
	close(file);
	unlink(path);
	cr_assert_eq(complete("http://10.0.0.1/", flags), -EINVAL);
	cr_assert(strstr(error, "--data") && strstr(error, "No such file"), "%s", error);
	cr_assert_eq(complete("http://10.0.0.1/", "--data\t@/tmp"), -EINVAL);
	cr_assert(strstr(error, "it is no file"), "%s", error);
}

Test(load_ask, wants_2xx_and_3xx_where_nothing_else_is_said)
{
	cr_assert_eq(complete("http://10.0.0.1/", ""), 0);
	cr_assert(http_statuses_hold(&settings.service[0].http.list.each[0].well, 399));
	cr_assert_not(http_statuses_hold(&settings.service[0].http.list.each[0].well, 400));
	cr_assert_eq(complete("http://10.0.0.1/", "--expect\t404"), 0);
	cr_assert(http_statuses_hold(&settings.service[0].http.list.each[0].well, 404));
	cr_assert_not(http_statuses_hold(&settings.service[0].http.list.each[0].well, 200));
}

Test(load_ask, refuses_what_no_request_can_be)
{
	static const char *const flags[][2] = {{"--method", "CONNECT"},
					       {"--method", "GE T"},
					       {"--method", ""},
					       {"--header", "no colon"},
					       {"--header", ": empty"},
					       {"--header", "a b: c"},
					       {"--header", "A: b\nC: d"},
					       {"--header", "Content-Length: 5"},
					       {"--header", "connection: close"},
					       {"--data", "bytes:17000000"},
					       {"--data", "bytes:x"},
					       {"--data", "@"},
					       {"--expect", "2xx,"},
					       {"--expect", "100"},
					       {"--expect-body", ""}};
	static char longest[CLI_HEADER_MAX + 2] = "A:";
	char *words[] = {"http://10.0.0.1/", NULL, NULL, NULL};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		words[1] = (char *)(uintptr_t)flags[i][0];
		words[2] = (char *)(uintptr_t)flags[i][1];
		cli_settings_init(&settings, CLI_LOAD);
		cr_assert_eq(cli_parse(&settings, 3, words, error), -EINVAL, "%s %s", words[1], words[2]);
	}
	memset(longest + 2, 'x', CLI_HEADER_MAX - 1);
	cli_settings_init(&settings, CLI_LOAD);
	cr_assert_not(cli_set_header(&settings, longest));
	longest[CLI_HEADER_MAX] = '\0';
	for (int i = 0; i < CLI_HEADERS_MAX; i++)
		cr_assert(cli_set_header(&settings, longest));
	cr_assert_not(cli_set_header(&settings, longest), "a 17th");
}

Test(load_ask, refuses_flags_that_contradict_each_other)
{
	cr_assert_eq(complete("tcp://10.0.0.1:80", "--expect\t200"), -EINVAL);
	cr_assert(strstr(error, "http://ADDR:PORT/PATH"), "%s", error);
	cr_assert_eq(complete("http://10.0.0.1/", "--method\tHEAD\t--expect-body\tx"), -EINVAL);
	cr_assert(strstr(error, "has no body"), "%s", error);
}

Test(load_ask, draws_each_as_often_as_its_weight_says)
{
	static const uint32_t weights[] = {3, 1, 6};
	uint32_t drawn[3] = {0}, rounds = 100000;
	struct load_draw draw;
	struct load_asks asks;

	cli_settings_init(&settings, CLI_LOAD);
	cr_assert(cli_set_target(&settings, "http://10.0.0.1/"));
	for (size_t i = 0; i < 3; i++) {
		cr_assert(cli_add_request(&settings, "/"));
		settings.service[0].http.list.each[i].weight = weights[i];
	}
	cr_assert_eq(cli_complete_requests(&settings.service[0], error), 0, "%s", error);
	cr_assert_eq(load_asks_open(&asks, &settings.service[0]), 0);
	load_draw_begin(&draw, 7, 0);
	for (uint32_t i = 0; i < rounds; i++)
		drawn[load_asks_draw(&asks, &draw)]++;
	/* Four deviations of a binomial are below 0.7 % of all. */
	for (size_t i = 0; i < 3; i++)
		cr_assert_float_eq((double)drawn[i] / rounds, weights[i] / 10.0, 0.007, "%zu: %u", i, drawn[i]);
	load_asks_close(&asks);
}

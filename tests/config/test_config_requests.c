/* test_config_requests.c - several requests in a file: each of its own, and what flags above it may say. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "config_lab.h"

static struct config_lab lab;

static const struct cli_request *request(uint16_t number)
{
	return &lab.settings.service[0].http.list.each[number];
}

static const char begin[] = "kind: load\nports: [{dev: \"tap:a\", ip: 10.0.0.1/24}]\nduration: 1s\n";

static int read_client(const char *client)
{
	char text[1024];

	snprintf(text, sizeof(text), "%sclient:\n  target: \"10.0.0.9:80\"\n  http:\n%s", begin, client);
	return config_lab_read(&lab, text);
}

Test(config_requests, are_each_what_they_say)
{
	char error[CLI_ERROR_TEXT] = "";

	read_client("    requests:\n"
		    "      - {weight: 3, path: /a, expect: [200, 3xx], header: [\"A: b\", C: d]}\n"
		    "      - {path: /b, name: second, data: {bytes: 64}, method: PUT}\n"
		    "      - {path: /c, data: some text, expect_body: more}\n");
	config_lab_expect_good(&lab);
	cr_assert_eq(cli_complete(&lab.settings, error), 0, "%s", error);
	cr_assert_eq(lab.settings.service[0].http.list.count, 3);
	cr_assert_str_eq(request(0)->path, "/a");
	cr_assert_str_eq(request(0)->method, "GET");
	cr_assert_eq(request(0)->weight, 3);
	cr_assert(http_statuses_hold(&request(0)->well, 301) && !http_statuses_hold(&request(0)->well, 204));
	cr_assert_eq(request(0)->header_count, 2);
	cr_assert_str_eq(request(0)->headers[1], "C:d");
	cr_assert_str_eq(request(1)->name, "second");
	cr_assert_str_eq(request(1)->method, "PUT");
	cr_assert_eq(request(1)->body_bytes, 64);
	cr_assert_eq(request(1)->weight, 1);
	cr_assert_str_eq(request(2)->method, "POST");
	cr_assert_eq(request(2)->wanted_bytes, 4);
}

Test(config_requests, of_one_stand_beside_its_path)
{
	char error[CLI_ERROR_TEXT] = "";

	read_client("    {path: /health, method: HEAD, header: {A: b}, host: dut.example, expect: 204}\n");
	config_lab_expect_good(&lab);
	cr_assert_eq(cli_complete(&lab.settings, error), 0, "%s", error);
	cr_assert_str_eq(request(0)->path, "/health");
	cr_assert_str_eq(request(0)->method, "HEAD");
	cr_assert_str_eq(request(0)->host, "dut.example");
	cr_assert_str_eq(request(0)->headers[0], "A:b");
}

Test(config_requests, that_are_none_are_told_each_at_its_place)
{
	read_client("    requests:\n"
		    "      - {method: GET}\n"
		    "      - {path: a}\n"
		    "      - {path: /a, expect: 1xx, weight: 0}\n");
	config_lab_expect(&lab, (const char *const[]){"an item of requests without path", "requests.path: 'a'",
						      "requests.expect: '1xx'", "requests.weight: '0'", NULL});
}

Test(config_requests, beside_what_is_said_of_one_are_refused)
{
	char error[CLI_ERROR_TEXT] = "";

	read_client("    method: PUT\n    requests: [{path: /a}, {path: /b}]\n");
	config_lab_expect_good(&lab);
	cr_assert_neq(cli_complete(&lab.settings, error), 0);
	cr_assert(strstr(error, "say them in each"), "%s", error);
}

Test(config_requests, are_changed_by_flags_where_there_is_one)
{
	char error[CLI_ERROR_TEXT] = "";

	read_client("    requests: [{path: /a, header: [\"A: b\"]}]\n");
	cli_settings_rise(&lab.settings);
	cr_assert(cli_set_method(&lab.settings, "PUT") && cli_set_header(&lab.settings, "C: d"));
	cr_assert_eq(cli_complete(&lab.settings, error), 0, "%s", error);
	cr_assert_str_eq(request(0)->method, "PUT");
	cr_assert_eq(request(0)->header_count, 1);
	cr_assert_str_eq(request(0)->headers[0], "C: d");
	read_client("    requests: [{path: /a}, {path: /b}]\n");
	cli_settings_rise(&lab.settings);
	cr_assert(cli_set_method(&lab.settings, "PUT"));
	cr_assert_neq(cli_complete(&lab.settings, error), 0);
	cr_assert(strstr(error, "--method") && strstr(error, "change it in the file"), "%s", error);
}

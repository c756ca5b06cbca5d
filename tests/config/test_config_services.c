/* test_config_services.c - several services in a file, and what may stand beside it. */
#include <criterion/criterion.h>
#include <string.h>

#include "config_lab.h"

static struct config_lab lab;

static const char two[] = "kind: bench\nclient:\n"
			  "  - {name: web, payload: http, cps: 5k}\n"
			  "  - {name: echo, payload: {echo: 10}, cc: 4}\n"
			  "server:\n  - {listen: 198.19.0.1:80, body: 5}\n  - {listen: 198.19.0.1:7}\n";

Test(config_services, are_items_of_two_lists)
{
	char error[CLI_ERROR_TEXT] = "";

	config_lab_read(&lab, two);
	config_lab_expect_good(&lab);
	cr_assert_eq(cli_complete(&lab.settings, error), 0, "%s", error);
	cr_assert_eq(lab.settings.service_count, 2);
	cr_assert_str_eq(lab.settings.service[0].name, "web");
	cr_assert_eq(lab.settings.service[0].http.body_bytes, 5);
	cr_assert_eq(lab.settings.service[0].cps, 5000);
	cr_assert_eq(lab.settings.service[1].listen[0].port, 7);
	cr_assert_eq(lab.settings.service[1].target[0].port, 7);
	cr_assert_eq(lab.settings.service[1].cc, 4);
}

Test(config_services, have_lists_of_one_length)
{
	config_lab_read(&lab, "kind: bench\nclient: [{name: a}, {name: b}]\nserver: {body: 5}\n");
	config_lab_expect(&lab, (const char *const[]){"not lists of the same length", NULL});
}

Test(config_services, have_what_is_of_all_of_them_once)
{
	config_lab_read(&lab, "kind: bench\nclient: [{name: a, keepalive: 5s}, {name: b, keepalive: 6s}]\n");
	config_lab_expect(&lab, (const char *const[]){"keepalive: stands in another section too", NULL});
}

Test(config_services, are_not_changed_by_a_flag_that_may_be_any_ones)
{
	char error[CLI_ERROR_TEXT] = "", cps[] = "--cps", five[] = "5", duration[] = "-d", while_s[] = "5s";
	char *const rate[] = {cps, five}, *const length[] = {duration, while_s};

	config_lab_read(&lab, two);
	cli_settings_rise(&lab.settings);
	cr_assert_eq(cli_parse(&lab.settings, 2, length, error), CLI_RUN, "%s", error);
	cr_assert_eq(cli_complete(&lab.settings, error), 0, "%s", error);
	config_lab_read(&lab, two);
	cli_settings_rise(&lab.settings);
	cr_assert_eq(cli_parse(&lab.settings, 2, rate, error), CLI_RUN, "%s", error);
	cr_assert_neq(cli_complete(&lab.settings, error), 0);
	cr_assert(strstr(error, "the file has several services"), "%s", error);
}

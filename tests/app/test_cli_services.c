/* test_cli_services.c - several services at once: where each begins, and what they may not have in common. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/cli_flags.h"

static struct cli_settings settings;

/* Words up to a null; 0, or the error of what they come to. */
static int complete(enum cli_command command, const char *const words[], char error[CLI_ERROR_TEXT])
{
	char *copies[48];
	int count = 0, rc;

	error[0] = '\0';
	for (; words[count]; count++)
		copies[count] = (char *)(uintptr_t)words[count];
	cli_settings_init(&settings, command);
	cli_settings_rise(&settings);
	rc = cli_parse(&settings, count, copies, error);
	return rc == CLI_RUN ? cli_complete(&settings, error) : -EINVAL;
}

#define COMPLETE(command, ...) complete(command, (const char *const[]){__VA_ARGS__, NULL}, error)

Test(cli_services, of_a_load_each_has_its_own_target_rate_and_text)
{
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(COMPLETE(CLI_LOAD, "-p", "tap:a", "--ip", "10.0.0.1/24", "--service", "web", "http://10.0.0.2/x",
			      "--cps", "5k", "--service", "echo", "tcp://10.0.0.3:7", "--payload", "echo:100", "--cc",
			      "9", "tcp://10.0.0.4:7"),
		     0, "%s", error);
	cr_assert_eq(settings.service_count, 2);
	cr_assert_str_eq(settings.service[0].name, "web");
	cr_assert(settings.service[0].http.is_spoken && settings.service[0].cps == 5000 && settings.service[0].cc == 0);
	cr_assert_eq(settings.service[0].target_count, 1);
	cr_assert_str_eq(settings.service[1].name, "echo");
	cr_assert(!settings.service[1].http.is_spoken && settings.service[1].cc == 9 && settings.service[1].cps == 0);
	cr_assert_eq(settings.service[1].target_count, 2);
	cr_assert_eq(settings.service[1].source_count, 1);
}

Test(cli_services, a_target_without_a_name_is_the_first_one)
{
	char error[CLI_ERROR_TEXT], text[CLI_SERVICE_TEXT];

	cr_assert_eq(COMPLETE(CLI_LOAD, "tcp://10.0.0.2:80", "--service", "more", "tcp://10.0.0.2:81", "-p", "tap:a",
			      "--ip", "10.0.0.1/24"),
		     0, "%s", error);
	cr_assert_eq(settings.service_count, 2);
	cr_assert_str_eq(cli_service_name(&settings, &settings.service[0], text), "1");
	cr_assert_str_eq(cli_service_name(&settings, &settings.service[1], text), "more");
}

Test(cli_services, of_bench_listen_at_a_port_each)
{
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(COMPLETE(CLI_BENCH, "--service", "a", "--service", "b", "--payload", "http", "--service", "c"), 0,
		     "%s", error);
	cr_assert_eq(settings.service_count, 3);
	for (uint16_t i = 0; i < 3; i++) {
		cr_assert_eq(settings.service[i].target[0].port, 80 + i);
		cr_assert_eq(settings.service[i].listen[0].port, 80 + i);
	}
}

Test(cli_services, that_are_in_each_others_way_are_refused)
{
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(COMPLETE(CLI_BENCH, "--service", "a", "--service", "a"), -EINVAL);
	cr_assert(strstr(error, "--service a is there twice"), "%s", error);
	cr_assert_eq(COMPLETE(CLI_SERVE, "-p", "tap:a", "--ip", "10.0.0.1/24", "--service", "a", "--echo", "--listen",
			      "10.0.0.1:80", "--service", "b", "--http", "--listen", "0.0.0.0:80"),
		     -EINVAL);
	cr_assert(strstr(error, "is of two services"), "%s", error);
	cr_assert_eq(COMPLETE(CLI_BENCH, "--service", "a", "--service", "b", "--connections", "5"), -EINVAL);
	cr_assert(strstr(error, "--connections ends a run of one service"), "%s", error);
	cr_assert_eq(COMPLETE(CLI_LOAD, "udp://10.0.0.2:5", "--service", "b", "tcp://10.0.0.2:6", "-p", "tap:a", "--ip",
			      "10.0.0.1/24"),
		     -EINVAL);
	cr_assert(strstr(error, "datagrams are a run of their own"), "%s", error);
}

Test(cli_services, say_which_of_them_is_wrong)
{
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(COMPLETE(CLI_BENCH, "--service", "a", "--service", "b", "--payload", "http", "--hold", "1s"),
		     -EINVAL);
	cr_assert(strncmp(error, "service b: ", 11) == 0, "%s", error);
}

Test(cli_services, are_eight_at_most)
{
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(COMPLETE(CLI_BENCH, "--service", "a", "--service", "b", "--service", "c", "--service", "d",
			      "--service", "e", "--service", "f", "--service", "g", "--service", "h"),
		     0, "%s", error);
	cr_assert_eq(COMPLETE(CLI_BENCH, "--service", "a", "--service", "b", "--service", "c", "--service", "d",
			      "--service", "e", "--service", "f", "--service", "g", "--service", "h", "--service", "i"),
		     -EINVAL);
	cr_assert(strstr(error, "up to 8 services"), "%s", error);
}

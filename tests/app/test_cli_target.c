/* test_cli_target.c - several targets of a client: their weights, and what does not go together. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/cli_settings.h"
#include "cli/cli_target.h"

static struct cli_settings begin(enum cli_command command)
{
	struct cli_settings settings;

	cli_settings_init(&settings, command);
	return settings;
}

Test(cli_target, several_have_a_weight_each_which_is_one_where_it_is_left_out)
{
	struct cli_settings settings = begin(CLI_LOAD);
	const struct cli_service *service = &settings.service[0];
	char text[CLI_TARGET_TEXT];

	cr_assert(cli_set_target(&settings, "tcp://198.18.0.1:80=5"));
	cr_assert(cli_set_target(&settings, "tcp://[fd00::1]:80"));
	cr_assert(cli_set_target(&settings, "198.18.0.2:81=256"));
	cr_assert_eq(service->target_count, 3);
	cr_assert(service->weight[0] == 5 && service->weight[1] == 1 && service->weight[2] == 256);
	cr_assert(service->target[2].address == 0xc6120002 && service->target[2].port == 81);
	cr_assert(cli_service_asks(service, CLI_IP4) && cli_service_asks(service, CLI_IP6));
	cr_assert_str_eq(cli_format_target(&settings, service, text), "tcp://198.18.0.1:80 and 2 more");
}

Test(cli_target, of_http_the_weight_stands_before_the_path_and_the_paths_are_one)
{
	struct cli_settings settings = begin(CLI_LOAD);

	cr_assert(cli_set_target(&settings, "http://198.18.0.1=3/a?b=c"));
	cr_assert(cli_set_target(&settings, "http://198.18.0.2:8080=2/a?b=c"));
	cr_assert_str_eq(settings.service[0].http.path, "/a?b=c");
	cr_assert(settings.service[0].weight[0] == 3 && settings.service[0].weight[1] == 2);
	cr_assert_eq(settings.service[0].target[0].port, 80);
	cr_assert_not(cli_set_target(&settings, "http://198.18.0.3/a"));
	cr_assert_not(cli_set_target(&settings, "tcp://198.18.0.3:80"));
	cr_assert_eq(settings.service[0].target_count, 2);
}

Test(cli_target, texts_that_are_none_are_refused)
{
	static const char *const texts[] = {"tcp://198.18.0.1:80=0",         "tcp://198.18.0.1:80=257",
					    "tcp://198.18.0.1:80=",          "tcp://198.18.0.1:80=1=2",
					    "tcp://198.18.0.1=3:80",         "tcp://198.18.0.1:80=x",
					    "http://198.18.0.1=4000000000/", "198.18.0.1:80/=3"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct cli_settings settings = begin(CLI_LOAD);

		cr_assert_not(cli_set_target(&settings, texts[i]), "%s", texts[i]);
		cr_assert_eq(settings.service[0].target_count, 0);
	}
}

Test(cli_target, there_are_sixteen_at_most_and_of_datagrams_and_of_bench_one)
{
	struct cli_settings settings = begin(CLI_LOAD);

	for (int i = 0; i < CLI_MAX_TARGETS; i++)
		cr_assert(cli_set_target(&settings, "tcp://198.18.0.1:80"));
	cr_assert_not(cli_set_target(&settings, "tcp://198.18.0.1:80"));
	settings = begin(CLI_LOAD);
	cr_assert(cli_set_target(&settings, "udp://198.18.0.1:9"));
	cr_assert_not(cli_set_target(&settings, "udp://198.18.0.1:9"));
	settings = begin(CLI_BENCH);
	cr_assert(cli_set_target(&settings, "198.19.0.1:80"));
	cr_assert_not(cli_set_target(&settings, "198.19.0.1:80"));
}

Test(cli_target, clients_come_from_the_addresses_of_every_version_that_is_asked)
{
	struct cli_settings settings = begin(CLI_LOAD);
	char error[CLI_ERROR_TEXT];

	settings.port_count = 1;
	settings.ports[0].device = "tap:q0";
	cr_assert(cli_port_set_ip(&settings.ports[0], "198.18.0.1/24"));
	cr_assert(cli_set_target(&settings, "tcp://198.18.0.2:80"));
	cr_assert(cli_set_target(&settings, "tcp://[fd00::2]:80"));
	cr_assert_eq(cli_complete(&settings, error), -EINVAL, "no address of IPv6");
	settings.service[0].source_count = 0;
	cr_assert(cli_port_set_ip(&settings.ports[0], "fd00::1/64"));
	cr_assert_eq(cli_complete(&settings, error), 0, "%s", error);
	cr_assert_eq(settings.service[0].source_count, 2);
}

/* test_cli_settings.c - what is filled in, and what is refused because two flags do not go together. */
#include <stdio.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/cli_place.h"
#include "cli/cli_settings.h"

static struct cli_settings begin(enum cli_command command)
{
	struct cli_settings settings;

	cli_settings_init(&settings, command);
	return settings;
}

static struct cli_settings load_from(const char *ip, const char *source)
{
	struct cli_settings settings = begin(CLI_LOAD);

	settings.port_count = 1;
	settings.ports[0].device = "tap:q0";
	settings.service[0].target_count = true;
	quern_parse_endpoint("10.0.1.20:80", &settings.service[0].target[0]);
	if (ip) {
		cr_assert(cli_port_set_ip(&settings.ports[0], ip));
	}
	if (source)
		quern_parse_range(source, &settings.service[0].source[settings.service[0].source_count++]);
	return settings;
}

Test(cli_settings, bench_needs_nothing)
{
	struct cli_settings settings = begin(CLI_BENCH);
	char error[CLI_ERROR_TEXT], text[QUERN_ENDPOINT_TEXT];

	cr_assert_eq(cli_complete(&settings, error), 0);
	cr_assert_eq(settings.port_count, 2);
	cr_assert_eq(settings.service[0].cps, CLI_CPS_MAX);
	cr_assert_eq(settings.duration_ns, 10 * CLI_NS_PER_S);
	cr_assert_str_eq(quern_format_endpoint(&settings.service[0].target[0], text), "198.19.0.1:80");
	cr_assert_eq(settings.ports[0].nets[CLI_IP4].prefix_length, CLI_IP4_BITS + 15);
	cr_assert_str_eq(cli_address_text(settings.ports[0].nets[CLI_IP4].addresses.first, text), "198.18.0.0");
	cr_assert_str_eq(cli_address_text(settings.ports[0].nets[CLI_IP4].addresses.last, text), "198.18.0.255");
	cr_assert_eq(settings.ports[1].nets[CLI_IP4].prefix_length, CLI_IP4_BITS + 15);
	cr_assert(!settings.ports[0].nets[CLI_IP6].is_spoken && !settings.ports[1].nets[CLI_IP6].is_spoken);
	cr_assert_eq(settings.max_connections, 131072);
}

Test(cli_settings, as_many_records_as_will_be_held_and_room_for_those_on_their_way_out)
{
	struct cli_settings settings = begin(CLI_BENCH);
	char error[CLI_ERROR_TEXT];

	settings.service[0].cc = 200000;
	cr_assert_eq(cli_complete(&settings, error), 0);
	cr_assert_gt(settings.max_connections, 200000);
	settings = begin(CLI_BENCH);
	settings.service[0].cps = 100000;
	settings.service[0].hold = cli_span_of(5 * CLI_NS_PER_S);
	cr_assert_eq(cli_complete(&settings, error), 0);
	cr_assert_gt(settings.max_connections, 500000);
	settings.service[0].cps = 0;
	settings.service[0].cc = 1000;
	settings.max_connections = 999;
	cr_assert_eq(cli_complete(&settings, error), -EINVAL);
}

Test(cli_settings, by_count_a_run_has_no_other_end_unless_told)
{
	struct cli_settings settings = begin(CLI_BENCH);
	char error[CLI_ERROR_TEXT];

	settings.connections = 10;
	cr_assert_eq(cli_complete(&settings, error), 0);
	cr_assert_eq(settings.duration_ns, 0);
	settings = begin(CLI_BENCH);
	settings.connections = 10;
	settings.duration_given = true;
	cr_assert_eq(cli_complete(&settings, error), 0);
	cr_assert_eq(settings.duration_ns, 10 * CLI_NS_PER_S);
}

Test(cli_settings, a_port_owns_its_address_and_the_sources_beside_it)
{
	struct cli_settings settings = load_from("10.0.0.10/23", "10.0.0.11-10.0.0.73");
	const struct cli_net *net = &settings.ports[0].nets[CLI_IP4];
	char error[CLI_ERROR_TEXT], text[QUERN_IP6_TEXT];

	cr_assert_eq(cli_complete(&settings, error), 0, "%s", error);
	cr_assert_str_eq(cli_address_text(net->addresses.first, text), "10.0.0.10");
	cr_assert_str_eq(cli_address_text(net->addresses.last, text), "10.0.0.73");
	cr_assert_eq(net->prefix_length, CLI_IP4_BITS + 23);

	settings = load_from("10.0.0.10/23", NULL);
	cr_assert_eq(cli_complete(&settings, error), 0);
	cr_assert_eq(settings.service[0].source[0].first, cli_address_to_ip4(net->ip));

	settings = load_from(NULL, "10.0.0.0/28");
	cr_assert_eq(cli_complete(&settings, error), 0);
	cr_assert_eq(net->prefix_length, CLI_IP4_BITS + 23, "the target must be on the network");

	settings = load_from("10.0.0.10/23", "10.0.0.20-10.0.0.30");
	cr_assert_eq(cli_complete(&settings, error), -EINVAL);
	cr_assert(strstr(error, "without a gap"));
}

Test(cli_settings, bench_over_ipv6_needs_no_more_than_to_be_told)
{
	struct cli_settings settings = begin(CLI_BENCH);
	const struct cli_net *client = &settings.ports[0].nets[CLI_IP6], *server = &settings.ports[1].nets[CLI_IP6];
	char error[CLI_ERROR_TEXT], text[QUERN_ENDPOINT_TEXT];

	settings.is_ip6 = true;
	cr_assert_eq(cli_complete(&settings, error), 0, "%s", error);
	cr_assert_str_eq(quern_format_endpoint(&settings.service[0].target[0], text), "[2001:2:0:1::1]:80");
	cr_assert_str_eq(cli_address_text(client->addresses.first, text), "2001:2::100");
	cr_assert_str_eq(cli_address_text(client->addresses.last, text), "2001:2::1ff");
	cr_assert(client->is_spoken && server->is_spoken && !settings.ports[0].nets[CLI_IP4].is_spoken);
	cr_assert(client->prefix_length == 48 && server->prefix_length == 48);
	/* An address says as much as the flag. */
	settings = begin(CLI_BENCH);
	quern_parse_endpoint("[2001:2::1]:80", &settings.service[0].listen[settings.service[0].listen_count++]);
	cr_assert_eq(cli_complete(&settings, error), 0, "%s", error);
	cr_assert(quern_ip6_is_set(&settings.service[0].source[0].first6));
	settings = begin(CLI_BENCH);
	settings.is_ip6 = true;
	quern_parse_endpoint("198.19.0.1:80", &settings.service[0].listen[settings.service[0].listen_count++]);
	cr_assert_eq(cli_complete(&settings, error), -EINVAL);
	cr_assert(strstr(error, "-6"), "%s", error);
}

Test(cli_settings, a_port_owns_addresses_of_both_versions)
{
	struct cli_settings settings = load_from("10.0.0.10/23", "fd00::100/120");
	const struct cli_net *ip4 = &settings.ports[0].nets[CLI_IP4], *ip6 = &settings.ports[0].nets[CLI_IP6];
	char error[CLI_ERROR_TEXT], text[QUERN_IP6_TEXT];

	quern_parse_endpoint("[fd00::9]:80", &settings.service[0].target[0]);
	cr_assert(cli_port_set_ip(&settings.ports[0], "fd00::ff/56"));
	cr_assert_eq(cli_complete(&settings, error), 0, "%s", error);
	cr_assert(ip4->is_spoken && ip6->is_spoken);
	cr_assert_str_eq(cli_address_text(ip4->addresses.last, text), "10.0.0.10");
	cr_assert_str_eq(cli_address_text(ip6->addresses.first, text), "fd00::ff");
	cr_assert_str_eq(cli_address_text(ip6->addresses.last, text), "fd00::1ff");
	cr_assert(ip4->prefix_length == CLI_IP4_BITS + 23 && ip6->prefix_length == 56);

	settings = load_from(NULL, "fd00::100/120");
	quern_parse_endpoint("[fd00:0:0:ff::9]:80", &settings.service[0].target[0]);
	cr_assert_eq(cli_complete(&settings, error), 0, "%s", error);
	cr_assert(!ip4->is_spoken);
	cr_assert_eq(ip6->prefix_length, 56, "the target must be on the network");

	settings = load_from("fd00::1/64", "fd00::3-fd00::5");
	quern_parse_endpoint("[fd00::9]:80", &settings.service[0].target[0]);
	cr_assert_eq(cli_complete(&settings, error), -EINVAL);
	cr_assert(strstr(error, "without a gap"));
}

/* It would make the network all addresses from fd00:: to fe80::, and nothing would go by a gateway. */
Test(cli_settings, a_target_that_is_link_local_says_nothing_of_the_network)
{
	struct cli_settings settings = load_from(NULL, "fd00::100/120");
	char error[CLI_ERROR_TEXT];

	quern_parse_endpoint("[fe80::2]:80", &settings.service[0].target[0]);
	cr_assert_eq(cli_complete(&settings, error), 0, "%s", error);
	cr_assert_eq(settings.ports[0].nets[CLI_IP6].prefix_length, 64);
}

Test(cli_settings, take_no_address_of_ipv4_in_disguise)
{
	struct cli_port port = {.device = "tap:q0"};

	cr_assert_not(cli_port_set_ip(&port, "::ffff:198.18.0.1/120"));
	cr_assert_not(cli_port_set_gateway(&port, "::ffff:198.18.0.1"));
	cr_assert_not(cli_port_set_gateway(&port, "fd00::1/64"));
	cr_assert_not(port.nets[CLI_IP4].has_ip || port.nets[CLI_IP6].has_ip || port.nets[CLI_IP4].has_gateway);
}

Test(cli_settings, that_lack_something_are_refused_with_an_example)
{
	struct cli_settings settings = begin(CLI_SERVE);
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(cli_complete(&settings, error), -EINVAL);
	cr_assert(strstr(error, "-p tap:"));
	settings.port_count = 1;
	settings.ports[0].device = "tap:q0";
	cr_assert_eq(cli_complete(&settings, error), -EINVAL);
	cr_assert(strstr(error, "--listen"));
	settings = load_from(NULL, NULL);
	cr_assert_eq(cli_complete(&settings, error), -EINVAL);
	cr_assert(strstr(error, "--ip"));
	settings.service[0].target_count = false;
	cr_assert_eq(cli_complete(&settings, error), -EINVAL);
	cr_assert(strstr(error, "tcp://"));
}

Test(cli_settings, of_serve_name_one_answer)
{
	struct cli_settings settings = begin(CLI_SERVE);
	char error[CLI_ERROR_TEXT];

	settings.port_count = 1;
	settings.ports[0].device = "tap:q0";
	cr_assert(cli_port_set_ip(&settings.ports[0], "10.0.0.1/24"));
	settings.service[0].answers = CLI_ANSWER_DISCARD | CLI_ANSWER_ECHO;
	cr_assert_eq(cli_complete(&settings, error), -EINVAL);
	cr_assert_str_eq(error, "give --discard or --echo, not both");
	settings.service[0].answers = CLI_ANSWER_ECHO;
	cr_assert(cli_set_payload(&settings, "bytes:1"));
	cr_assert_eq(cli_complete(&settings, error), -EINVAL);
	cr_assert(strstr(error, "--payload"));
	cr_assert(cli_set_payload(&settings, "none"));
	cr_assert_eq(cli_complete(&settings, error), 0);
}

Test(cli_settings, serve_listens_on_port_80_of_its_address)
{
	struct cli_settings settings = begin(CLI_SERVE);
	char error[CLI_ERROR_TEXT];

	settings.port_count = 1;
	settings.ports[0].device = "tap:q0";
	cr_assert(cli_port_set_ip(&settings.ports[0], "10.0.0.1/24"));
	cr_assert_eq(cli_complete(&settings, error), 0);
	cr_assert_eq(settings.service[0].listen_count, 1);
	cr_assert_eq(settings.service[0].listen[0].port, 80);
	cr_assert_eq(settings.duration_ns, 0);
}

/* Workers as "port:core.lane", in a row. */
static char *workers_text(const struct cli_workers *workers, char text[256])
{
	size_t used = 0;

	text[0] = '\0';
	for (uint16_t i = 0; i < workers->count; i++)
		used += (size_t)snprintf(text + used, 256 - used, "%s%u:%u.%u", i == 0 ? "" : " ", workers->at[i].port,
					 workers->at[i].core, workers->at[i].lane);
	return text;
}

static const struct cli_cores two = {.cpu = {3, 5}, .count = 2};
static const struct cli_cores one = {.cpu = {4}, .count = 1};

Test(cli_place, bench_takes_two_cores_where_there_are_two_and_shares_one_where_told)
{
	struct cli_settings settings = begin(CLI_BENCH);
	struct cli_workers workers;
	char error[CLI_ERROR_TEXT], text[256];

	cr_assert_eq(cli_place_bench(&settings, &two, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:3.0 1:5.0");
	cr_assert_eq(cli_place_bench(&settings, &one, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:4.0 1:4.0");
	cli_parse_cores("5", &settings.client_cores);
	cli_parse_cores("5", &settings.server_cores);
	cr_assert_eq(cli_place_bench(&settings, &two, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:5.0 1:5.0");
	cr_assert_eq(cli_place_bench(&settings, &one, &workers, error), -EINVAL);
}

Test(cli_place, bench_gives_each_end_its_list_or_its_half)
{
	struct cli_settings settings = begin(CLI_BENCH);
	struct cli_workers workers;
	char error[CLI_ERROR_TEXT], text[256];

	cli_parse_cores("3,3,5,5,5", &settings.cores);
	cr_assert_eq(cli_place_bench(&settings, &two, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:3.0 0:3.1 1:5.0 1:5.1 1:5.2");
	cr_assert_eq(cli_workers_on(&workers, 1), 3);
	cr_assert_eq(cli_workers_share(&workers, 1, 100), 34);
	cr_assert_eq(cli_workers_share(&workers, 0, 100), 50);
	cli_parse_cores("3,5,3", &settings.client_cores);
	cli_parse_cores("5", &settings.server_cores);
	cr_assert_eq(cli_place_bench(&settings, &two, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:3.0 0:5.0 0:3.1 1:5.0");
}

Test(cli_place, auto_takes_cores_on_the_node_of_the_port)
{
	const struct cli_cores six = {.cpu = {0, 1, 2, 3, 4, 5}, .count = 6};
	struct cli_nodes nodes = {.core = {0, 0, 0, 1, 1, 1}, .port = {1, -1, 1, 1, 1, 0}};
	struct cli_settings settings = begin(CLI_SERVE);
	struct cli_workers workers;
	char error[CLI_ERROR_TEXT], text[256];

	settings.port_count = 1;
	cr_assert_eq(cli_place_ports(&settings, &six, &nodes, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:3.0");
	settings.port_count = 3;
	cr_assert_eq(cli_place_ports(&settings, &six, &nodes, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:3.0 1:0.0 2:4.0");
	settings.port_count = 6;
	cr_assert_eq(cli_place_ports(&settings, &six, &nodes, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:3.0 1:2.0 2:4.0 3:5.0 4:0.0 5:1.0", "node 1 has three");
	cli_parse_cores("0", &settings.cores);
	settings.port_count = 1;
	cr_assert_eq(cli_place_ports(&settings, &six, &nodes, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:0.0", "the user's word counts");
}

Test(cli_place, ports_share_the_cores_in_turn)
{
	const struct cli_nodes nowhere = {.port = {-1, -1}};
	struct cli_settings settings = begin(CLI_SERVE);
	struct cli_workers workers;
	char error[CLI_ERROR_TEXT], text[256];

	settings.port_count = 2;
	cr_assert_eq(cli_place_ports(&settings, &one, &nowhere, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:4.0 1:4.0");
	cli_parse_cores("3,3,5,5", &settings.cores);
	cr_assert_eq(cli_place_ports(&settings, &two, &nowhere, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:3.0 1:3.1 0:5.0 1:5.1");
	settings.port_count = 1;
	cr_assert_eq(cli_place_ports(&settings, &two, &nowhere, &workers, error), 0);
	cr_assert_str_eq(workers_text(&workers, text), "0:3.0 0:3.1 0:5.0 0:5.1");
	settings.cores = (struct cli_cores){.count = 17};
	for (uint16_t i = 0; i < 17; i++)
		settings.cores.cpu[i] = 3;
	cr_assert_eq(cli_place_ports(&settings, &two, &nowhere, &workers, error), -EINVAL);
	cr_assert(strstr(error, "17 cores") && strstr(error, "16"), "%s", error);
}

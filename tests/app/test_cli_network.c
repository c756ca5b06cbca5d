/* test_cli_network.c - addresses that no host has, or that nothing leads to, are refused before anything starts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "cli/cli_settings.h"

#define LOAD "load -p tap:a --ip 10.0.0.1/24 "
#define SERVE "serve -p tap:a --ip 10.0.0.1/24 "

static const char *take(char **rest)
{
	return strtok_r(NULL, " ", rest);
}

/* Reads the few flags that are of interest here. */
static int complete(const char *line, char error[CLI_ERROR_TEXT])
{
	static struct cli_settings settings;
	char copy[256], *rest;
	const char *word;

	snprintf(copy, sizeof(copy), "%s", line);
	cli_settings_init(&settings, cli_command_from_name(strtok_r(copy, " ", &rest)));
	while ((word = take(&rest)) != NULL) {
		struct cli_port *port = &settings.ports[settings.port_count - (settings.port_count > 0)];

		if (strcmp(word, "-p") == 0) {
			settings.ports[settings.port_count++] = (struct cli_port){.device = take(&rest)};
		} else if (strcmp(word, "--ip") == 0) {
			port->has_ip = true;
			cr_assert_eq(quern_parse_prefix(take(&rest), &port->ip), 0);
		} else if (strcmp(word, "--gateway") == 0) {
			cr_assert_eq(quern_parse_address(take(&rest), &port->gateway), 0);
		} else if (strcmp(word, "--listen") == 0) {
			cr_assert_eq(quern_parse_endpoint(take(&rest), &settings.listen[settings.listen_count++]), 0);
		} else if (strcmp(word, "--source") == 0) {
			cr_assert_eq(quern_parse_range(take(&rest), &settings.source[settings.source_count++]), 0);
		} else {
			cr_assert_eq(quern_parse_endpoint(word, &settings.target), 0, "%s", word);
			settings.has_target = true;
		}
	}
	return cli_complete(&settings, error);
}

Test(cli_network, refuses_addresses_that_lead_nowhere_and_says_why)
{
	static const struct {
		const char *line;
		const char *says;
	} rows[] = {
		{"serve -p tap:a --ip 224.0.0.1/24", "--ip 224.0.0.1 is a multicast address"},
		{"serve -p tap:a --ip 255.255.255.255/24", "--ip 255.255.255.255 is the broadcast address"},
		{"serve -p tap:a --ip 250.0.0.1/24", "--ip 250.0.0.1 is of 240.0.0.0/4"},
		{"serve -p tap:a --ip 0.1.2.3/24", "--ip 0.1.2.3 is of 0.0.0.0/8"},
		{"serve -p tap:a --ip 10.0.0.0/24", "--ip 10.0.0.0 is the address of the network itself"},
		{"serve -p tap:a --ip 10.0.0.255/24", "--ip 10.0.0.255 is the broadcast address of its network"},
		{SERVE "--gateway 10.0.1.1", "--gateway 10.0.1.1 is not on the network of port tap:a, 10.0.0.0/24"},
		{SERVE "--gateway 10.0.0.1", "--gateway 10.0.0.1 is our own address"},
		{SERVE "--gateway 10.0.0.255", "--gateway 10.0.0.255 is the broadcast address of its network"},
		{SERVE "--gateway 239.1.1.1", "--gateway 239.1.1.1 is a multicast address"},
		{SERVE "--listen 10.0.0.1:80 --listen 10.0.0.1:80", "--listen 10.0.0.1:80 is given twice"},
		{SERVE "--listen 10.0.0.1:80 --listen 224.0.0.1:80", "--ip, --source and --listen must"},
		{SERVE "-p tap:b --ip 10.1.0.1/24 --listen 10.2.0.1:80",
		 "--listen 10.2.0.1:80 is on no port's network"},
		{"bench --listen 224.0.0.1:80", "--listen 224.0.0.1 is a multicast address"},
		{"bench --source 224.0.0.0/24", "--source 224.0.0.0 is a multicast address"},
		{LOAD "224.0.0.1:80", "target 224.0.0.1 is a multicast address"},
		{LOAD "127.0.0.1:80", "target 127.0.0.1 is a loopback address"},
		{LOAD "10.0.0.1:80", "target 10.0.0.1 is our own address"},
		{LOAD "10.0.0.0:80", "target 10.0.0.0 is the address of the network itself"},
		{LOAD "10.0.0.255:80", "target 10.0.0.255 is the broadcast address of its network"},
		{LOAD "10.1.0.1:80", "target 10.1.0.1 is not on the network of port tap:a, 10.0.0.0/24"},
		{LOAD "-p tap:b --ip 10.1.0.1/24 10.0.0.9:80", "is not on the network of port tap:b, 10.1.0.0/24"},
	};
	char error[CLI_ERROR_TEXT];

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		error[0] = '\0';
		cr_assert_eq(complete(rows[row].line, error), -EINVAL, "%s was accepted", rows[row].line);
		cr_assert_not_null(strstr(error, rows[row].says), "%s: %s", rows[row].line, error);
		cr_assert_null(strchr(error, '\n'), "%s", error);
	}
}

Test(cli_network, takes_every_address_that_a_host_may_have)
{
	static const char *const lines[] = {
		SERVE "--gateway 10.0.0.254",
		SERVE "--listen 0.0.0.0:80 --listen 10.0.0.1:80 --listen 10.0.0.1:81",
		"serve -p tap:a --ip 10.0.0.0/31 --gateway 10.0.0.1",
		"serve -p tap:a --ip 10.0.0.7/32 --gateway 172.16.0.1",
		LOAD "10.0.0.2:80",
		LOAD "--gateway 10.0.0.254 192.0.2.1:80",
		"load -p tap:a --ip 10.0.0.7/32 10.9.9.9:80",
		"load -p tap:a --source 10.0.0.0/28 10.9.9.9:80",
		"bench --source 198.18.0.0/24 --listen 198.19.255.255:80",
	};
	char error[CLI_ERROR_TEXT];

	for (size_t row = 0; row < sizeof(lines) / sizeof(lines[0]); row++)
		cr_assert_eq(complete(lines[row], error), 0, "%s: %s", lines[row], error);
}

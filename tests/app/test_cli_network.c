/* test_cli_network.c - addresses that no host has, or that nothing leads to, are refused before anything starts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "cli/cli_settings.h"

#define LOAD "load -p tap:a --ip 10.0.0.1/24 "
#define SERVE "serve -p tap:a --ip 10.0.0.1/24 "
#define LOAD6 "load -p tap:a --ip fd00::1/64 "
#define SERVE6 "serve -p tap:a --ip fd00::1/64 "

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
			cr_assert(cli_port_set_ip(port, take(&rest)));
		} else if (strcmp(word, "--gateway") == 0) {
			cr_assert(cli_port_set_gateway(port, take(&rest)));
		} else if (strcmp(word, "--listen") == 0) {
			cr_assert_eq(
				quern_parse_endpoint(take(&rest),
						     &settings.service[0].listen[settings.service[0].listen_count++]),
				0);
		} else if (strcmp(word, "--source") == 0) {
			cr_assert_eq(quern_parse_range(take(&rest),
						       &settings.service[0].source[settings.service[0].source_count++]),
				     0);
		} else {
			cr_assert_eq(quern_parse_endpoint(word, &settings.service[0].target[0]), 0, "%s", word);
			settings.service[0].target_count = true;
		}
	}
	return cli_complete(&settings, error);
}

struct row {
	const char *line;
	const char *says;
};

static void expect_refusals(const struct row *rows, size_t count)
{
	char error[CLI_ERROR_TEXT];

	for (size_t row = 0; row < count; row++) {
		error[0] = '\0';
		cr_assert_eq(complete(rows[row].line, error), -EINVAL, "%s was accepted", rows[row].line);
		cr_assert_not_null(strstr(error, rows[row].says), "%s: %s", rows[row].line, error);
		cr_assert_null(strchr(error, '\n'), "%s", error);
	}
}

Test(cli_network, refuses_addresses_that_lead_nowhere_and_says_why)
{
	static const struct row rows[] = {
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

	expect_refusals(rows, sizeof(rows) / sizeof(rows[0]));
}

Test(cli_network, refuses_addresses_of_ipv6_that_lead_nowhere_and_says_why)
{
	static const struct row rows[] = {
		{"serve -p tap:a --ip ff02::1/64", "--ip ff02::1 is a multicast address"},
		{"serve -p tap:a --ip ::1/64", "--ip ::1 is the loopback address"},
		{"serve -p tap:a --ip fd00::/64", "--ip fd00:: is the anycast address of its network's routers"},
		{"serve -p tap:a --ip fd00::1/64 --listen [ff02::1]:80", "--ip, --source and --listen must"},
		{SERVE6 "--gateway fd00:0:0:1::1", "--gateway fd00:0:0:1::1 is not on the network of port tap:a, "
						   "fd00::/64"},
		{SERVE6 "--gateway fd00::1", "--gateway fd00::1 is our own address"},
		{SERVE6 "--gateway fd00::", "--gateway fd00:: is the anycast address"},
		{"serve -p tap:a --ip fd00::1/127 --gateway fe80::", "--gateway fe80:: is the anycast address"},
		{SERVE6 "--gateway ff02::2", "--gateway ff02::2 is a multicast address"},
		{SERVE6 "--gateway 10.0.0.254", "--gateway 10.0.0.254 is of IPv4, and port tap:a has no such"},
		{SERVE "--gateway fe80::1", "--gateway fe80::1 is of IPv6, and port tap:a has no such"},
		{SERVE6 "--listen [fd00::1]:80 --listen [fd00:0::1]:80", "--listen [fd00::1]:80 is given twice"},
		{SERVE6 "-p tap:b --ip fd00:0:0:1::1/64 --listen [fd00:0:0:2::1]:80",
		 "--listen [fd00:0:0:2::1]:80 is on no port's network"},
		{SERVE "-p tap:b --ip fd00::1/64 --listen [fd00::2]:80 --listen [fd00::4]:80", "without a gap"},
		{"bench --listen [ff02::1]:80", "--listen ff02::1 is a multicast address"},
		{"bench --source ff02::/120", "--source ff02:: is a multicast address"},
		{"bench --source fd00::/120 --listen 10.0.0.1:80", "-6, --source and --listen name both versions"},
		{"bench --listen [::]:80", "not 0.0.0.0 or ::"},
		{"bench --source fd00::/100",
		 "port cable: --ip, --source and --listen name more than 134217728 addresses"},
		{"serve -p tap:a --ip fd00::1/48 --source fd00::/64", "name more than 134217728 addresses of IPv6"},
		{LOAD6 "[ff02::1]:80", "target ff02::1 is a multicast address"},
		{LOAD6 "[::1]:80", "target ::1 is the loopback address"},
		{LOAD6 "[fd00::1]:80", "target fd00::1 is our own address"},
		{LOAD6 "[fd00::]:80", "target fd00:: is the anycast address of its network's routers"},
		{LOAD6 "[fd00:0:0:1::1]:80", "target fd00:0:0:1::1 is not on the network of port tap:a, fd00::/64"},
		{LOAD "[fd00::2]:80", "an address to come from, of IPv6 as the target"},
		{LOAD6 "10.0.0.2:80", "an address to come from: --ip 198.18.0.1/24"},
		{LOAD6 "--source 10.0.0.1 [fd00::2]:80", "--source 10.0.0.1 is of IPv4, and the target is not"},
		{LOAD "--source fd00::1 10.0.0.2:80", "--source fd00::1 is of IPv6, and the target is not"},
		{LOAD6 "-p tap:b --ip 10.1.0.1/24 --source fd00::2 [fd00::9]:80",
		 "target fd00::9 is of IPv6, and port tap:b has no such address"},
	};

	expect_refusals(rows, sizeof(rows) / sizeof(rows[0]));
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
		SERVE6 "--gateway fd00::fe",
		SERVE6 "--gateway fe80::1",
		SERVE6 "--listen [::]:80 --listen [fd00::1]:80 --listen [fd00::1]:81",
		SERVE
		"--ip fd00::1/64 --gateway 10.0.0.254 --gateway fd00::fe --listen 10.0.0.1:80 --listen [fd00::1]:80",
		"serve -p tap:a --ip fd00::/127 --gateway fd00::1",
		"serve -p tap:a --ip fd00::7/128 --gateway fd01::1",
		"serve -p tap:a --listen [fd00::ffff:ffff:ffff:ffff]:80 --listen [fd00:0:0:1::]:80",
		LOAD6 "[fd00::2]:80",
		LOAD6 "[fe80::2]:80",
		"serve -p tap:a --ip fd00::1/120 --gateway fe80::100",
		"load -p tap:a --ip fd00::1/120 [fe80::100]:80",
		"load -p tap:a --source fd00::1:0/120 [fe80::100]:80",
		LOAD6 "--gateway fd00::fe [fd01::1]:80",
		LOAD "--ip fd00::1/64 [fd00::2]:80",
		"load -p tap:a --ip fd00::7/128 [fd01::9]:80",
		"load -p tap:a --source fd00::/120 [fd00:0:0:1::9]:80",
		"bench --source fd00::/120",
		"bench --source fd00::/101",
		"bench --source fd00::ffff:ffff:ffff:ff00-fd00:0:0:1::ff",
		"bench --listen [fd00::1]:80 --listen [fd00::2]:80",
	};
	char error[CLI_ERROR_TEXT];

	for (size_t row = 0; row < sizeof(lines) / sizeof(lines[0]); row++)
		cr_assert_eq(complete(lines[row], error), 0, "%s: %s", lines[row], error);
}

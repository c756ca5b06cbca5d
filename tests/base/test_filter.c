/* test_filter.c - filters of connections as users write them. */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include <quern/observe.h>

Test(filter, takes_states_by_the_name_of_the_rfc_or_of_json)
{
	static const char *const texts[] = {"TIME-WAIT", "time-wait", "time_wait", "Time_Wait"};

	for (int i = 0; i < 4; i++) {
		struct quern_conn_filter filter = {0};

		cr_assert_eq(quern_conn_filter_add(&filter, "state", "ESTABLISHED"), 0);
		cr_assert_eq(quern_conn_filter_add(&filter, "state", texts[i]), 0, "%s", texts[i]);
		cr_assert_eq(filter.states, 1u << QUERN_ESTABLISHED | 1u << QUERN_TIME_WAIT);
	}
}

Test(filter, takes_an_address_a_port_or_both)
{
	struct quern_conn_filter filter = {0};

	cr_assert_eq(quern_conn_filter_add(&filter, "local", "198.18.0.1"), 0);
	cr_assert(filter.local.address == 0xc6120001 && filter.local.port == 0);
	cr_assert_eq(quern_conn_filter_add(&filter, "local", ":80"), 0);
	cr_assert(filter.local.address == 0 && filter.local.port == 80);
	cr_assert_eq(quern_conn_filter_add(&filter, "remote", "10.0.0.255:65535"), 0);
	cr_assert(filter.remote.address == 0x0a0000ff && filter.remote.port == 65535);
}

Test(filter, takes_addresses_of_ipv6_with_and_without_brackets)
{
	static const char *const addresses[] = {"fd00::1", "[fd00::1]", "FD00:0:0::1"};
	struct quern_conn_filter filter = {0};

	for (int i = 0; i < 3; i++) {
		filter = (struct quern_conn_filter){.states = 0};
		cr_assert_eq(quern_conn_filter_add(&filter, "local", addresses[i]), 0, "%s", addresses[i]);
		cr_assert(filter.local.ip6.high == UINT64_C(0xfd00) << 48 && filter.local.ip6.low == 1);
		cr_assert(filter.local.port == 0 && filter.local.address == 0);
	}
	cr_assert_eq(quern_conn_filter_add(&filter, "remote", "[fd00::2]:80"), 0);
	cr_assert(filter.remote.ip6.low == 2 && filter.remote.port == 80);
	cr_assert_eq(quern_conn_filter_add(&filter, "remote", "::80"), 0);
	cr_assert(filter.remote.ip6.high == 0 && filter.remote.ip6.low == 0x80 && filter.remote.port == 0);
	cr_assert_eq(quern_conn_filter_add(&filter, "remote", "10.0.0.1"), 0);
	cr_assert(!quern_ip6_is_set(&filter.remote.ip6), "what was there is replaced");
}

Test(filter, refuses_what_is_neither_and_stays_as_it_was)
{
	static const char *const wrong[][2] = {
		{"state", ""},
		{"state", "OPEN"},
		{"state", "LISTEN"},
		{"state", "CLOSED"},
		{"state", "TIME-WAIT "},
		{"state", "TIME"},
		{"state", "?"},
		{"local", ""},
		{"local", ":"},
		{"local", ":0"},
		{"local", ":65536"},
		{"local", "1.2.3"},
		{"local", "1.2.3.4:"},
		{"local", "1.2.3.4:80x"},
		{"remote", "255.255.255.256"},
		{"remote", "a"},
		{"remote", "["},
		{"remote", "[]"},
		{"remote", "[fd00::1"},
		{"remote", "fd00::1]"},
		{"remote", "[fd00::1]80"},
		{"remote", "[fd00::1]:0"},
		{"remote", "fd00::1/64"},
		{"remote", "[198.18.0.1]"},
		{"remote", "fd00:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"},
		{"remote", "1.2.3.4:000000000000000000000000000000000080"},
		{"port", "80"},
	};
	const struct quern_conn_filter before = {
		.states = 4, .local = {.address = 1, .port = 2}, .remote = {.address = 3, .port = 4}};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct quern_conn_filter filter;

		memcpy(&filter, &before, sizeof(filter));
		cr_assert_eq(quern_conn_filter_add(&filter, wrong[i][0], wrong[i][1]), -EINVAL, "%s=%s", wrong[i][0],
			     wrong[i][1]);
		cr_assert_eq(memcmp(&filter, &before, sizeof(filter)), 0);
	}
}

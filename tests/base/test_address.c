/* test_address.c - addresses, endpoints, prefixes and ranges as users write them, right and wrong. */
#include <criterion/criterion.h>
#include <errno.h>

#include <quern/address.h>

#include "base/random.h"

Test(address, reads_addresses_and_refuses_all_else)
{
	static const char *const wrong[] = {"",          "1",         "1.2.3",    "1.2.3.4.",  "1.2.3.4.5",
					    "256.1.1.1", "1.2.3.256", ".1.2.3",   "1..2.3",    "01.2.3.4",
					    "1.2.3.04",  "1.2.3.4 ",  " 1.2.3.4", "1.2.3.-4",  "1.2.3.+4",
					    "0x1.2.3.4", "a.b.c.d",   "1,2,3,4",  "1.2.3.4/8", "4294967297.0.0.1"};
	uint32_t address = 0;

	cr_assert_eq(quern_parse_address("198.18.0.1", &address), 0);
	cr_assert_eq(address, 0xc6120001);
	cr_assert_eq(quern_parse_address("255.255.255.255", &address), 0);
	cr_assert_eq(address, UINT32_MAX);
	cr_assert_eq(quern_parse_address("0.0.0.0", &address), 0);
	cr_assert_eq(address, 0);
	address = 77;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		cr_assert_eq(quern_parse_address(wrong[i], &address), -EINVAL, "\"%s\"", wrong[i]);
		cr_assert_eq(address, 77, "\"%s\"", wrong[i]);
	}
}

Test(address, reads_endpoints_with_ports_from_1_to_65535)
{
	static const char *const wrong[] = {"1.2.3.4",  "1.2.3.4:",    "1.2.3.4:0",     "1.2.3.4:65536",
					    ":80",      "1.2.3.4:80x", "1.2.3.4: 80",   "1.2.3.4:080",
					    "1.2.3:80", "1.2.3.4:-1",  "1.2.3.4:80:80", "1.2.3.4:4294967376"};
	struct quern_endpoint endpoint = {.address = 7, .port = 7};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		cr_assert_eq(quern_parse_endpoint(wrong[i], &endpoint), -EINVAL, "\"%s\"", wrong[i]);
		cr_assert(endpoint.address == 7 && endpoint.port == 7, "\"%s\"", wrong[i]);
	}
	cr_assert_eq(quern_parse_endpoint("198.18.0.1:80", &endpoint), 0);
	cr_assert(endpoint.address == 0xc6120001 && endpoint.port == 80);
	cr_assert_eq(quern_parse_endpoint("198.18.0.1:65535", &endpoint), 0);
	cr_assert_eq(endpoint.port, 65535);
}

Test(address, reads_prefixes_and_keeps_host_bits)
{
	static const char *const wrong[] = {"1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1",  "1.2.3.4/08",
					    "1.2.3/8",  "/8",         "1.2.3.4/8/8", "1.2.3.4-8"};
	struct quern_prefix prefix = {.address = 7, .length = 7};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		cr_assert_eq(quern_parse_prefix(wrong[i], &prefix), -EINVAL, "\"%s\"", wrong[i]);
		cr_assert(prefix.address == 7 && prefix.length == 7, "\"%s\"", wrong[i]);
	}
	cr_assert_eq(quern_parse_prefix("198.18.0.1/15", &prefix), 0);
	cr_assert(prefix.address == 0xc6120001 && prefix.length == 15);
	cr_assert_eq(quern_parse_prefix("198.18.0.1", &prefix), 0);
	cr_assert_eq(prefix.length, 32);
	cr_assert_eq(quern_parse_prefix("0.0.0.0/0", &prefix), 0);
	cr_assert(prefix.address == 0 && prefix.length == 0);
}

Test(address, reads_ranges_as_block_as_both_ends_or_as_one_address)
{
	static const struct {
		const char *text;
		struct {
			uint32_t first, last;
		} range;
	} right[] = {
		{"198.18.0.0/15", {0xc6120000, 0xc613ffff}},   {"198.18.0.77/24", {0xc6120000, 0xc61200ff}},
		{"198.18.0.5/32", {0xc6120005, 0xc6120005}},   {"0.0.0.0/0", {0, UINT32_MAX}},
		{"198.18.0.5", {0xc6120005, 0xc6120005}},      {"198.18.0.1-198.18.3.254", {0xc6120001, 0xc61203fe}},
		{"1.2.3.4-1.2.3.4", {0x01020304, 0x01020304}},
	};
	static const char *const wrong[] = {"",
					    "198.18.0.2-198.18.0.1",
					    "1.2.3.4-",
					    "1.2.3.4-5",
					    "-1.2.3.4",
					    "1.2.3.0/24-1.2.4.0",
					    "1.2.3.0-1.2.4.0/24",
					    "1.2.3.4-1.2.3.5-1.2.3.6",
					    "1.2.3.4 - 1.2.3.5",
					    "1.2.3.4/33"};
	struct quern_range range;

	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
		cr_assert_eq(quern_parse_range(right[i].text, &range), 0, "\"%s\"", right[i].text);
		cr_assert(range.first == right[i].range.first && range.last == right[i].range.last, "\"%s\"",
			  right[i].text);
	}
	range = (struct quern_range){.first = 7, .last = 8};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		cr_assert_eq(quern_parse_range(wrong[i], &range), -EINVAL, "\"%s\"", wrong[i]);
		cr_assert(range.first == 7 && range.last == 8, "\"%s\"", wrong[i]);
	}
}

Test(address, reads_back_what_it_wrote)
{
	char text[QUERN_ENDPOINT_TEXT];
	struct random random;

	random_seed(&random, 1);
	for (int i = 0; i < 10000; i++) {
		struct quern_endpoint in = {.address = (uint32_t)random_next(&random),
					    .port = (uint16_t)(1 + random_below(&random, 65535))};
		struct quern_endpoint out;
		uint32_t address;

		cr_assert_eq(quern_format_endpoint(&in, text), text);
		cr_assert_eq(quern_parse_endpoint(text, &out), 0, "\"%s\"", text);
		cr_assert(in.address == out.address && in.port == out.port, "\"%s\"", text);
		cr_assert_eq(quern_parse_address(quern_format_address(in.address, text), &address), 0);
		cr_assert_eq(address, in.address);
	}
	struct quern_endpoint longest = {.address = UINT32_MAX, .port = 65535};

	cr_assert_str_eq(quern_format_endpoint(&longest, text), "255.255.255.255:65535");
	cr_assert_str_eq(quern_format_address(0, text), "0.0.0.0");
}

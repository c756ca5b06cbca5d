/* test_address_ends.c - endpoints, prefixes and ranges of IPv6 as users write them, right and wrong. */
#include <errno.h>

#include <criterion/criterion.h>

#include <quern/address.h>

#include "base/random.h"

#define SITE UINT64_C(0xfd00000000000000)

static bool is(const struct quern_ip6 *address, uint64_t high, uint64_t low)
{
	return address->high == high && address->low == low;
}

Test(address_ends, endpoints_of_ipv6_stand_in_brackets)
{
	static const char *const wrong[] = {"fd00::1",
					    "fd00::1:80",
					    "[fd00::1]",
					    "[fd00::1]:",
					    "[fd00::1]:0",
					    "[fd00::1]:65536",
					    "[fd00::1]80",
					    "[fd00::1:80",
					    "[]:80",
					    "[198.18.0.1]:80",
					    "[fd00::1%0]:80",
					    "[fd00::1]:80x",
					    "[ fd00::1]:80",
					    "[[fd00::1]]:80",
					    "fd00::1]:80",
					    "[fd00::1/64]:80",
					    "[00fd:0000:0000:0000:0000:0000:0000:0000:0000:0001]:80"};
	struct quern_endpoint endpoint = {.address = 7, .port = 7};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(quern_parse_endpoint(wrong[i], &endpoint), -EINVAL, "\"%s\"", wrong[i]);
		cr_assert(endpoint.address == 7 && endpoint.port == 7, "\"%s\"", wrong[i]);
	}
	cr_assert_eq(quern_parse_endpoint("[fd00::1]:80", &endpoint), 0);
	cr_assert(is(&endpoint.ip6, SITE, 1) && endpoint.port == 80 && endpoint.address == 0);
	cr_assert_eq(quern_parse_endpoint("[FD00:0:0:0:0:0:198.18.0.1]:65535", &endpoint), 0);
	cr_assert(is(&endpoint.ip6, SITE, 0xc6120001) && endpoint.port == 65535);
	cr_assert_eq(quern_parse_endpoint("[::]:7", &endpoint), 0);
	cr_assert(endpoint.address == 0 && !quern_ip6_is_set(&endpoint.ip6), "any address of either version");
	cr_assert_eq(quern_parse_endpoint("198.18.0.1:7", &endpoint), 0);
	cr_assert(endpoint.address == 0xc6120001 && !quern_ip6_is_set(&endpoint.ip6));
}

Test(address_ends, prefixes_of_ipv6_keep_host_bits_and_are_of_128_bits_where_they_do_not_say)
{
	static const char *const wrong[] = {"fd00::1/",   "fd00::1/129",  "fd00::1/-1", "fd00::1/064", "fd00::1/64/64",
					    "fd00::1-64", "[fd00::1]/64", "::/0",       "fd00::1/ 64", "fd00::g/64"};
	struct quern_prefix prefix = {.address = 7, .length = 7};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(quern_parse_prefix(wrong[i], &prefix), -EINVAL, "\"%s\"", wrong[i]);
		cr_assert(prefix.address == 7 && prefix.length == 7, "\"%s\"", wrong[i]);
	}
	cr_assert_eq(quern_parse_prefix("fd00::1/64", &prefix), 0);
	cr_assert(is(&prefix.ip6, SITE, 1) && prefix.length == 64 && prefix.address == 0);
	cr_assert_eq(quern_parse_prefix("fd00::1", &prefix), 0);
	cr_assert_eq(prefix.length, 128);
	cr_assert_eq(quern_parse_prefix("::1/0", &prefix), 0);
	cr_assert(is(&prefix.ip6, 0, 1) && prefix.length == 0);
	cr_assert_eq(quern_parse_prefix("10.0.0.1", &prefix), 0);
	cr_assert(prefix.length == 32 && !quern_ip6_is_set(&prefix.ip6));
}

Test(address_ends, ranges_of_ipv6_are_a_block_both_ends_or_one_address)
{
	static const struct {
		const char *text;
		struct quern_ip6 first, last;
	} right[] = {
		{"fd00::/64", {SITE, 0}, {SITE, UINT64_MAX}},
		{"fd00::77/120", {SITE, 0}, {SITE, 0xff}},
		{"fd00::1:5/128", {SITE, 0x10005}, {SITE, 0x10005}},
		{"fd00::/8", {SITE, 0}, {SITE | UINT64_MAX >> 8, UINT64_MAX}},
		{"fd00::5", {SITE, 5}, {SITE, 5}},
		{"fd00::1-fd00::3:fe", {SITE, 1}, {SITE, 0x300fe}},
		{"fd00::ffff:ffff:ffff:ffff-fd00:0:0:1::", {SITE, UINT64_MAX}, {SITE | 1, 0}},
		{"fd00::-fd00::", {SITE, 0}, {SITE, 0}},
	};
	static const char *const wrong[] = {"fd00::2-fd00::1",
					    "fd00:0:0:1::-fd00::5",
					    "fd00::1-",
					    "-fd00::1",
					    "fd00::1-5",
					    "fd00::/64-fd00::5",
					    "fd00::1-fd00::5/64",
					    "fd00::1-10.0.0.1",
					    "10.0.0.1-fd00::1",
					    "::/0",
					    "::1/64",
					    "8000::/0",
					    "fd00::1 - fd00::2",
					    "fd00::/129",
					    "[fd00::1]",
					    "fd00::1-fd00::2-fd00::3"};
	struct quern_range range;

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		cr_assert_eq(quern_parse_range(right[i].text, &range), 0, "\"%s\"", right[i].text);
		cr_assert(is(&range.first6, right[i].first.high, right[i].first.low) && range.first == 0, "\"%s\"",
			  right[i].text);
		cr_assert(is(&range.last6, right[i].last.high, right[i].last.low) && range.last == 0, "\"%s\"",
			  right[i].text);
	}
	range = (struct quern_range){.first = 7, .last = 8};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(quern_parse_range(wrong[i], &range), -EINVAL, "\"%s\"", wrong[i]);
		cr_assert(range.first == 7 && range.last == 8 && !quern_ip6_is_set(&range.first6), "\"%s\"", wrong[i]);
	}
}

Test(address_ends, endpoints_of_ipv6_are_read_back_as_they_were_written)
{
	struct quern_endpoint longest = {.ip6 = {UINT64_C(0x1111222233334444), UINT64_C(0x5555666677778888)},
					 .port = 65535};
	char text[QUERN_ENDPOINT_TEXT];
	struct random random;

	random_seed(&random, 1);
	for (int i = 0; i < 10000; i++) {
		/* Most groups are zero, so that runs of zeros are of all lengths. */
		uint64_t mask = random_next(&random) & random_next(&random) & random_next(&random);
		struct quern_endpoint in = {.ip6 = {random_next(&random) & mask, random_next(&random) & ~mask},
					    .port = (uint16_t)(1 + random_below(&random, 65535))};
		struct quern_endpoint out;

		cr_assert_eq(quern_format_endpoint(&in, text), text);
		cr_assert_eq(quern_parse_endpoint(text, &out), 0, "\"%s\"", text);
		cr_assert(is(&out.ip6, in.ip6.high, in.ip6.low) && in.port == out.port, "\"%s\"", text);
	}
	cr_assert_str_eq(quern_format_endpoint(&longest, text), "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
}

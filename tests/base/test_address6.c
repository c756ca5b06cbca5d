/* test_address6.c - IPv6 addresses are read in every form of RFC 4291, and written in the one of RFC 5952. */
#include <arpa/inet.h>
#include <string.h>

#include <criterion/criterion.h>
#include <quern/address.h>

#include "base/random.h"

/* What libc makes of the same text; false where it takes it for no address. */
static bool libc_reads(const char *text, struct quern_ip6 *address)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	*address = (struct quern_ip6){0, 0};
	for (int i = 0; i < 8; i++) {
		address->high = address->high << 8 | bytes[i];
		address->low = address->low << 8 | bytes[8 + i];
	}
	return true;
}

Test(address6, reads_and_writes_the_examples_of_the_rfcs)
{
	/* As written, and as RFC 5952 writes it. */
	static const char *const examples[][2] = {
		{"2001:db8::1", "2001:db8::1"},
		{"2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:db8::0:1", "2001:db8::1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"::", "::"},
		{"::1", "::1"},
		{"1::", "1::"},
		{"0:0:0:0:0:0:0:0", "::"},
		{"ff01:0:0:0:0:0:0:101", "ff01::101"},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
		{"fe80::0202:b3ff:fe1e:8329", "fe80::202:b3ff:fe1e:8329"},
		{"::ffff:198.18.0.1", "::ffff:198.18.0.1"},
		{"::FFFF:C612:0001", "::ffff:198.18.0.1"},
		{"64:ff9b::198.18.0.1", "64:ff9b::c612:1"},
		{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct quern_ip6 address, expected;
		char text[QUERN_IP6_TEXT];

		cr_assert_eq(quern_parse_ip6(examples[i][0], &address), 0, "%s", examples[i][0]);
		cr_assert(libc_reads(examples[i][0], &expected));
		cr_assert(address.high == expected.high && address.low == expected.low, "%s", examples[i][0]);
		cr_assert_str_eq(quern_format_ip6(&address, text), examples[i][1]);
	}
}

Test(address6, refuses_what_is_no_address_and_leaves_the_result_alone)
{
	static const char *const wrong[] = {"",
					    ":",
					    ":::",
					    "1",
					    "1:2:3:4:5:6:7",
					    "1:2:3:4:5:6:7:8:9",
					    "1::2::3",
					    "12345::",
					    "g::",
					    "::1:",
					    ":1::",
					    "1:2:3:4:5:6:7:8::",
					    "::1:2:3:4:5:6:7:8",
					    "1:::2",
					    "::1 ",
					    " ::1",
					    "::1/64",
					    "[::1]",
					    "::1%eth0",
					    "::ffff:1.2.3",
					    "::ffff:1.2.3.256",
					    "::1.2.3.4:5",
					    "1:2:3:4:5:6:7:1.2.3.4",
					    "1.2.3.4",
					    "::01.2.3.4",
					    "1:2:3:4:5:6:7:",
					    "::00001",
					    "-1::",
					    "0x1::",
					    "::ffff:1.2.3.4.5"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct quern_ip6 address = {7, 8}, ignored;

		cr_assert_neq(quern_parse_ip6(wrong[i], &address), 0, "'%s'", wrong[i]);
		cr_assert(address.high == 7 && address.low == 8, "'%s'", wrong[i]);
		cr_assert(!libc_reads(wrong[i], &ignored), "'%s' is right after all", wrong[i]);
	}
}

/* Addresses with many zeros, so that runs of every length and place come. */
Test(address6, what_is_written_reads_back_and_is_what_libc_writes)
{
	struct random random;

	random_seed(&random, 5952);
	for (int round = 0; round < 200000; round++) {
		struct quern_ip6 address = {random_next(&random), random_next(&random)}, again, by_libc;
		char text[QUERN_IP6_TEXT];

		for (int group = 0; group < 8; group++) {
			uint64_t mask = UINT64_C(0xffff) << (16 * (group % 4));

			if (random_below(&random, 2))
				*(group < 4 ? &address.high : &address.low) &= ~mask;
		}
		quern_format_ip6(&address, text);
		cr_assert_lt(strlen(text), QUERN_IP6_TEXT);
		cr_assert_eq(quern_parse_ip6(text, &again), 0, "%s", text);
		cr_assert(again.high == address.high && again.low == address.low, "%s", text);
		cr_assert(libc_reads(text, &by_libc), "%s", text);
		cr_assert(by_libc.high == address.high && by_libc.low == address.low, "%s", text);
	}
}

/* Text of the letters that addresses are made of: we take what libc takes, and make the same of it. */
Test(address6, takes_what_libc_takes_and_nothing_else)
{
	static const char letters[] = "::::0019afF.";
	struct random random;
	uint32_t taken = 0;

	random_seed(&random, 4291);
	for (int round = 0; round < 500000; round++) {
		uint32_t length = random_below(&random, 24);
		struct quern_ip6 ours = {0, 0}, libcs = {0, 0};
		char text[32] = {0};
		bool is_right;

		for (uint32_t i = 0; i < length; i++)
			text[i] = letters[random_below(&random, sizeof(letters) - 1)];
		is_right = libc_reads(text, &libcs);
		cr_assert_eq(quern_parse_ip6(text, &ours) == 0, is_right, "'%s'", text);
		cr_assert(ours.high == libcs.high && ours.low == libcs.low, "'%s'", text);
		taken += is_right;
	}
	cr_assert_gt(taken, 500, "hardly any was an address");
}

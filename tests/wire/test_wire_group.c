/* test_wire_group.c - reports of groups, byte by byte, of all versions. */
#include <string.h>

#include <criterion/criterion.h>

#include "wire/wire_group.h"
#include "wire_sides.h"

#define SOURCE 0xc6120001U

static const struct wire_group_record record4 = {{0, 0xefff0102}, WIRE_GROUP_JOINED};
static const struct wire_group_record record6 = {{0xff0e000000000000, 0x0000000012345678}, WIRE_GROUP_JOINED};

/* Both frames are the same up to the end of `right`, whose checksums are made here, and padding is 0. */
static void same4(const uint8_t *made, uint32_t bytes, uint8_t *right, uint32_t right_bytes)
{
	uint8_t *ip = right + 14, *igmp = ip + 24;

	sides_put16(ip + 10, frame_checksum(0, ip, 24));
	sides_put16(igmp + 2, frame_checksum(0, igmp, right_bytes - 14 - 24));
	cr_assert_arr_eq(made, right, right_bytes);
	cr_assert_eq(bytes, right_bytes < 60 ? 60 : right_bytes);
	for (uint32_t i = right_bytes; i < bytes; i++)
		cr_assert_eq(made[i], 0);
}

Test(wire_group, igmp_3_reports_its_groups_to_the_routers_that_know_it)
{
	uint8_t right[14 + 24 + 24] = {1,    0,    0x5e, 0,    0,    0x16, 2,    0, 0, 0, 0, 1, 8,   0, /* Ethernet */
				       0x46, 0xc0, 0,    48,   0,    0,    0x40, 0, 1, 2, 0, 0, 198, 18,  0, 1, /* IP */
				       224,  0,    0,    0x16, 0x94, 4,    0,    0, /* router alert */
				       0x22, 0,    0,    0,    0,    0,    0,    2, /* IGMP */
				       4,    0,    0,    0,    239,  255,  1,    2, 3, 0, 0, 0, 239, 255, 1, 3};
	const struct wire_group_record records[2] = {record4, {{0, 0xefff0103}, WIRE_GROUP_LEFT}};
	const struct wire_group_report report = {.records = records, .count = 2, .version = 3};
	uint8_t made[WIRE_IGMP_FRAME_MAX];
	struct wire_link link;

	wire_link_make(&link, FRAME_PEER_MAC, FRAME_OUR_MAC, 0, 0x0800);
	memset(made, 0xee, sizeof made);
	same4(made, wire_build_igmp(made, &link, SOURCE, &report), right, sizeof right);
	cr_assert_eq(made[sizeof right], 0xee, "nothing behind the frame is written");
}

Test(wire_group, older_versions_of_igmp_say_it_to_the_group_itself)
{
	static const struct {
		uint8_t version, type;
		enum wire_group_word word;
		uint32_t dest;
	} cases[] = {
		{1, 0x12, WIRE_GROUP_JOINED, 0xefff0102}, {1, 0x12, WIRE_GROUP_WANTED, 0xefff0102},
		{2, 0x16, WIRE_GROUP_JOINED, 0xefff0102}, {2, 0x16, WIRE_GROUP_WANTED, 0xefff0102},
		{2, 0x17, WIRE_GROUP_LEFT, 0xe0000002},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t right[14 + 24 + 8] = {1, 0,    0x5e, 0, 0, 0, 2, 0,   0,  0, 0, 1, 8, 0, 0x46, 0xc0, 0, 32, 0,
					      0, 0x40, 0,    1, 2, 0, 0, 198, 18, 0, 1, 0, 0, 0, 0,    0x94, 4, 0,  0};
		struct wire_group_record record = record4;
		const struct wire_group_report report = {.records = &record, .count = 1, .version = cases[i].version};
		uint8_t made[WIRE_IGMP_FRAME_MAX];
		struct wire_link link;

		record.word = cases[i].word;
		wire_group_mac4(cases[i].dest, right);
		sides_put16(right + 14 + 16, cases[i].dest >> 16);
		sides_put16(right + 14 + 18, cases[i].dest);
		right[38] = cases[i].type;
		memcpy(right + 42, "\xef\xff\x01\x02", 4);
		wire_link_make(&link, FRAME_PEER_MAC, FRAME_OUR_MAC, 0, 0x0800);
		memset(made, 0xee, sizeof made);
		same4(made, wire_build_igmp(made, &link, SOURCE, &report), right, sizeof right);
	}
}

Test(wire_group, igmp_1_has_no_word_for_a_group_that_was_left)
{
	const struct wire_group_record record = {record4.group, WIRE_GROUP_LEFT};
	const struct wire_group_report report = {.records = &record, .count = 1, .version = 1};
	const struct wire_link link = {.bytes = 0};
	uint8_t made[WIRE_IGMP_FRAME_MAX];

	cr_assert_eq(wire_build_igmp(made, &link, SOURCE, &report), 0);
}

Test(wire_group, mld_2_reports_its_groups_to_the_routers_that_know_it)
{
	static const uint8_t head[14 + 40 + 8 + 8 + 4] = {
		0x33, 0x33, 0, 0,    0,    0x16, 2, 0,    0,    0,    0, 1, 0x86, 0xdd,       /* Ethernet */
		0x60, 0,    0, 0,    0,    36,   0, 1,    0xfe, 0x80, 0, 0, 0,    0,    0, 0, /* IPv6 */
		0,    0,    0, 0xff, 0xfe, 0,    0, 1,    0xff, 2,    0, 0, 0,    0,    0, 0,
		0,    0,    0, 0,    0,    0,    0, 0x16, 58,   0,    5, 2, 0,    0,    1, 0, /* router alert */
		143,  0,    0, 0,    0,    0,    0, 1,    4,    0,    0, 0};
	const struct wire_group_report report = {.records = &record6, .count = 1, .version = 2};
	const uint8_t none[6] = {2};
	struct frame right = {.l3 = 14, .l4 = 14 + 48};
	uint8_t made[WIRE_MLD_FRAME_MAX];
	struct wire_link link;

	memcpy(right.bytes, head, sizeof head);
	memcpy(right.bytes + 14 + 8 + 8, "\0\0\0\xff\xfe\0\0\1", 8);
	sides_put_ip6(right.bytes + sizeof head, record6.group);
	frame6_fix_checksum(&right, 58);
	wire_link_make(&link, FRAME_PEER_MAC, FRAME_OUR_MAC, 0, 0x86dd);
	memset(made, 0xee, sizeof made);
	cr_assert(ip6_is_link_local(wire_link_local(none)));
	cr_assert_eq(wire_build_mld(made, &link, wire_link_local((const uint8_t[6]){2, 0, 0, 0, 0, 1}), &report),
		     14 + 48 + 28);
	cr_assert_arr_eq(made, right.bytes, 14 + 48 + 28);
	cr_assert_eq(made[14 + 48 + 28], 0xee, "nothing behind the frame is written");
}

Test(wire_group, mld_1_says_it_to_the_group_itself_and_done_to_the_routers)
{
	for (int is_left = 0; is_left < 2; is_left++) {
		const struct wire_group_record record = {record6.group, is_left ? WIRE_GROUP_LEFT : WIRE_GROUP_JOINED};
		const struct wire_group_report report = {.records = &record, .count = 1, .version = 1};
		struct quern_ip6 dest = is_left ? (struct quern_ip6){UINT64_C(0xff02) << 48, 2} : record6.group;
		uint8_t made[WIRE_MLD_FRAME_MAX], mac[6];
		struct frame summed = {.l3 = 14, .l4 = 62};
		struct wire_link link;

		wire_link_make(&link, FRAME_PEER_MAC, FRAME_OUR_MAC, 0, 0x86dd);
		cr_assert_eq(wire_build_mld(made, &link, (struct quern_ip6){0, 0}, &report), 14 + 48 + 24);
		wire_group_mac(dest, mac);
		cr_assert_arr_eq(made, mac, 6);
		sides_put_ip6(summed.bytes, dest);
		cr_assert_arr_eq(made + 14 + 24, summed.bytes, 16);
		cr_assert_eq(made[62], is_left ? 132 : 131);
		sides_put_ip6(summed.bytes, record6.group);
		cr_assert_arr_eq(made + 62 + 8, summed.bytes, 16);
		memcpy(summed.bytes, made, 14 + 48 + 24);
		frame6_fix_checksum(&summed, 58);
		cr_assert_arr_eq(made, summed.bytes, 14 + 48 + 24);
	}
}

/* Lengths, and what each record holds, at every count. */
Test(wire_group, a_report_has_all_of_its_records)
{
	struct wire_group_record records[WIRE_GROUP_RECORDS_MAX];
	const struct wire_link link = {.bytes = 0};

	for (uint32_t i = 0; i < WIRE_GROUP_RECORDS_MAX; i++)
		records[i] = (struct wire_group_record){{0xff05000000000000, 0xe0010000 + i}, WIRE_GROUP_WANTED};
	for (uint32_t count = 1; count <= WIRE_GROUP_RECORDS_MAX; count++) {
		struct wire_group_report report = {.records = records, .count = count, .version = 3};
		uint8_t made[WIRE_MLD_FRAME_MAX];

		cr_assert_eq(wire_build_igmp(made, &link, SOURCE, &report), 32 + 8 * count);
		cr_assert_eq(sides_get16(made + 2), 32 + 8 * count);
		cr_assert_eq(frame_checksum(0, made + 24, 8 + 8 * count), 0);
		for (uint32_t i = 0; i < count; i++) {
			cr_assert_arr_eq(made + 32 + 8 * i, "\2\0\0\0\xe0\1\0", 7);
			cr_assert_eq(made[32 + 8 * i + 7], i);
		}
		report.version = 2;
		cr_assert_eq(wire_build_mld(made, &link, wire_link_local(FRAME_OUR_MAC), &report), 56 + 20 * count);
		cr_assert_eq(sides_get16(made + 4), 16 + 20 * count);
		cr_assert_eq(sides_get16(made + 54), count);
		for (uint32_t i = 0; i < count; i++) {
			cr_assert_arr_eq(made + 56 + 20 * i, "\2\0\0\0\xff\5\0", 7);
			cr_assert_eq(made[56 + 20 * i + 19], i);
		}
	}
}

/* RFC 1112 6.4: 28 bits of a group in 23 of its MAC address. RFC 4291 appendix A has the example of the other. */
Test(wire_group, macs_of_groups_and_addresses_of_macs_are_those_of_the_rfcs)
{
	static const uint8_t right[6] = {1, 0, 0x5e, 0x7f, 1, 2}, vendor[6] = {0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde};
	uint8_t mac[6];

	wire_group_mac4(0xefff0102, mac);
	cr_assert_arr_eq(mac, right, 6);
	wire_group_mac4(0xe07f0102, mac);
	cr_assert_arr_eq(mac, right, 6);
	cr_assert(ip6_equal(wire_link_local(vendor), (struct quern_ip6){0xfe80000000000000, 0x365678fffe9abcde}));
}

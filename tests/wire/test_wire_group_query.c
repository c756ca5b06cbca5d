/* test_wire_group_query.c - queries of all versions of IGMP and MLD, and those that are not believed. */
#include <string.h>

#include <criterion/criterion.h>

#include "wire_sides.h"

enum { QUERY_MAX = 64 };

static const uint8_t group4[4] = {239, 255, 1, 2};
static const uint8_t group6[16] = {0xff, 0x0e, [15] = 9};
static const uint8_t alert[8] = {58, 0, 5, 2, 0, 0, 1, 0};

/* An IGMP query of `bytes` bytes, from 198.19.0.9 to 224.0.0.1. */
static void igmp_make(struct frame *frame, uint8_t code, const uint8_t *group, uint32_t bytes)
{
	static const uint8_t router_alert[4] = {0x94, 4, 0, 0};
	uint8_t *ip, *igmp;

	frame_make(frame, &(struct frame_plan){.protocol = 1,
					       .text_bytes = QUERY_MAX - 8,
					       .ip_options = router_alert,
					       .ip_options_bytes = 4});
	frame->length -= QUERY_MAX - bytes;
	memcpy(frame->bytes, "\x01\0\x5e\0\0\1", 6);
	ip = frame->bytes + frame->l3;
	igmp = frame->bytes + frame->l4;
	sides_put16(ip + 2, 24 + bytes);
	ip[8] = 1;
	memcpy(ip + 16, "\xe0\0\0\1", 4);
	memset(igmp, 0, QUERY_MAX);
	igmp[0] = 0x11;
	igmp[1] = code;
	if (group)
		memcpy(igmp + 4, group, 4);
	/* A checksum in the place of ICMP's. */
	frame_fix_checksums(frame);
	ip[9] = 2;
	sides_put16(ip + 10, 0);
	sides_put16(ip + 10, frame_checksum(0, ip, 24));
}

/* An MLD query of `bytes` bytes, from fe80::9 to ff02::1. */
static void mld_make(struct frame *frame, uint16_t code, const uint8_t *group, uint32_t bytes)
{
	uint8_t message[QUERY_MAX] = {130};
	uint8_t *ip;

	sides_put16(message + 4, code);
	if (group)
		memcpy(message + 8, group, 16);
	frame6_make(frame, &(struct frame6_plan){.protocol = 58,
						 .hops = 1,
						 .next = 0,
						 .extensions = alert,
						 .extension_bytes = sizeof alert,
						 .l4 = message,
						 .l4_bytes = bytes});
	memcpy(frame->bytes, "\x33\x33\0\0\0\1", 6);
	ip = frame->bytes + frame->l3;
	memset(ip + 8, 0, 32);
	memcpy(ip + 8, "\xfe\x80", 2);
	ip[23] = 9;
	memcpy(ip + 24, "\xff\2", 2);
	ip[39] = 1;
	frame6_fix_checksum(frame, 58);
}

static enum quern_drop parse(const struct frame *frame, struct packet *packet, bool groups)
{
	struct wire_expect expect = {.ethernet = true, .ip6 = true, .groups = groups};

	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	return frame_parse_exact(frame->bytes, frame->length, &expect, packet);
}

static const struct wire_group *query(const struct frame *frame, struct packet *packet)
{
	cr_assert_eq(parse(frame, packet, true), QUERN_DROP_NONE);
	cr_assert_eq(packet->kind, WIRE_GROUP);
	cr_assert_eq(packet->frame_bytes, frame->length);
	cr_assert_eq(packet->text_offset, frame->length);
	cr_assert_eq(packet->l4_offset, frame->l4);
	cr_assert(packet->to_group);
	return &packet->group;
}

/* RFC 3376 7.1 and 4.1.1, RFC 2236 2.2, RFC 1112: eight bytes are of version 1 or 2, twelve or more of version 3. */
Test(wire_group_query, igmp_tells_its_version_by_its_length_and_its_code_by_the_version)
{
	for (uint32_t code = 0; code < 256; code++) {
		for (int is_general = 0; is_general < 2; is_general++) {
			const uint8_t *asked = is_general ? NULL : group4;
			uint64_t low = is_general ? 0 : 0xefff0102;
			const struct wire_group *group;
			struct packet packet;
			struct frame frame;

			igmp_make(&frame, (uint8_t)code, asked, 8);
			group = query(&frame, &packet);
			cr_assert(ip6_equal(group->group, (struct quern_ip6){0, low}));
			cr_assert_eq(group->version, code ? 2 : 1);
			cr_assert_eq(group->response_ms, code ? code * 100 : 10000);
			cr_assert_not(group->has_sources);
			cr_assert_eq(packet.key.local, 0xe0000001);
			cr_assert_eq(packet.key.remote, 0xc6130009);
			igmp_make(&frame, (uint8_t)code, asked, 12);
			group = query(&frame, &packet);
			cr_assert(ip6_equal(group->group, (struct quern_ip6){0, low}));
			cr_assert_eq(group->version, 3);
			cr_assert_eq(group->response_ms,
				     100 * (code < 128 ? code : (16 + code % 16) * (8u << (code / 16 - 8))));
		}
	}
}

/* RFC 3810 8.1 and 5.1.3, RFC 2710 3.4. */
Test(wire_group_query, mld_tells_its_version_by_its_length_and_its_code_by_the_version)
{
	for (uint32_t code = 0; code < 65536; code += code % 16 ? 111 : 1) {
		const struct wire_group *group;
		struct packet packet;
		struct frame frame;

		mld_make(&frame, (uint16_t)code, code % 2 ? group6 : NULL, 24);
		group = query(&frame, &packet);
		cr_assert(ip6_equal(group->group, (struct quern_ip6){code % 2 ? 0xff0e000000000000 : 0, code % 2 * 9}));
		cr_assert_eq(group->version, 1);
		cr_assert_eq(group->response_ms, code);
		cr_assert(ip6_equal(packet.ip6.remote, (struct quern_ip6){0xfe80000000000000, 9}));
		mld_make(&frame, (uint16_t)code, code % 2 ? group6 : NULL, 28);
		group = query(&frame, &packet);
		cr_assert_eq(group->version, 2);
		cr_assert_eq(group->response_ms,
			     code < 32768 ? code : (4096 + code % 4096) * (8u << (code / 4096 - 8)));
	}
}

Test(wire_group_query, sources_that_are_asked_for_are_told_in_the_newest_versions)
{
	for (uint32_t bytes = 28; bytes <= QUERY_MAX; bytes += 4) {
		struct packet packet;
		struct frame frame;

		igmp_make(&frame, 10, group4, bytes);
		frame.bytes[frame.l4 + 11] = 1;
		frame.bytes[frame.l4 + 3] -= 1;
		cr_assert(query(&frame, &packet)->has_sources);
		mld_make(&frame, 10, group6, bytes);
		frame.bytes[frame.l4 + 26] = 1;
		frame6_fix_checksum(&frame, 58);
		cr_assert(query(&frame, &packet)->has_sources);
		cr_assert_eq(packet.group.version, 2);
	}
}

Test(wire_group_query, who_expects_none_gets_none)
{
	struct packet packet;
	struct frame frame;

	igmp_make(&frame, 10, NULL, 12);
	cr_assert_eq(parse(&frame, &packet, false), QUERN_DROP_IP_PROTOCOL);
	mld_make(&frame, 10, NULL, 28);
	cr_assert_eq(parse(&frame, &packet, false), QUERN_DROP_NONE);
	cr_assert_eq(packet.kind, WIRE_ICMP);
	cr_assert_eq(packet.icmp.error, WIRE_ERROR_NONE);
}

/* Reports of others concern routers and switches. */
Test(wire_group_query, what_is_no_query_is_no_group_message)
{
	for (uint32_t type = 0; type < 256; type++) {
		struct packet packet;
		struct frame frame;

		igmp_make(&frame, 10, group4, 12);
		frame.bytes[frame.l4] = (uint8_t)type;
		sides_put16(frame.bytes + frame.l4 + 2, 0);
		sides_put16(frame.bytes + frame.l4 + 2, frame_checksum(0, frame.bytes + frame.l4, 12));
		cr_assert_eq(parse(&frame, &packet, true), type == 0x11 ? QUERN_DROP_NONE : QUERN_DROP_IP_PROTOCOL);
		if (type >= 128 && type != 130 && type != 135 && type != 136) {
			mld_make(&frame, 10, group6, 28);
			frame.bytes[frame.l4] = (uint8_t)type;
			frame6_fix_checksum(&frame, 58);
			cr_assert_eq(parse(&frame, &packet, true), QUERN_DROP_NONE);
			cr_assert_eq(packet.kind, WIRE_ICMP);
		}
	}
}

/* RFC 4541 2.1.1: a switch without an address asks from 0.0.0.0. Nobody else may have it. */
Test(wire_group_query, a_switch_without_an_address_may_ask)
{
	for (uint32_t last = 0; last < 2; last++) {
		struct packet packet;
		struct frame frame;
		uint8_t *ip;

		igmp_make(&frame, 10, NULL, 12);
		ip = frame.bytes + frame.l3;
		memset(ip + 12, 0, 4);
		ip[15] = (uint8_t)last;
		sides_put16(ip + 10, 0);
		sides_put16(ip + 10, frame_checksum(0, ip, 24));
		cr_assert_eq(parse(&frame, &packet, true), last ? QUERN_DROP_IP_SOURCE : QUERN_DROP_NONE);
		cr_assert_eq(parse(&frame, &packet, false), QUERN_DROP_IP_SOURCE);
		frame_make(&frame, &(struct frame_plan){.protocol = 17});
		memset(frame.bytes + frame.l3 + 12, 0, 4);
		frame_fix_checksums(&frame);
		cr_assert_eq(parse(&frame, &packet, true), QUERN_DROP_IP_SOURCE);
	}
}

Test(wire_group_query, an_igmp_query_from_beyond_the_link_or_of_another_length_is_dropped)
{
	struct packet packet;
	struct frame frame;

	for (uint32_t ttl = 0; ttl < 256; ttl++) {
		igmp_make(&frame, 10, NULL, 12);
		frame.bytes[frame.l3 + 8] = (uint8_t)ttl;
		sides_put16(frame.bytes + frame.l3 + 10, 0);
		sides_put16(frame.bytes + frame.l3 + 10, frame_checksum(0, frame.bytes + frame.l3, 24));
		cr_assert_eq(parse(&frame, &packet, true), ttl == 1 ? QUERN_DROP_NONE : QUERN_DROP_GROUP_MALFORMED);
	}
	for (uint32_t bytes = 0; bytes <= 16; bytes++) {
		igmp_make(&frame, 10, NULL, bytes);
		cr_assert_eq(parse(&frame, &packet, true),
			     bytes == 8 || bytes >= 12 ? QUERN_DROP_NONE : QUERN_DROP_GROUP_MALFORMED, "%u", bytes);
	}
	igmp_make(&frame, 10, (const uint8_t[4]){223, 0, 0, 1}, 12);
	cr_assert_eq(parse(&frame, &packet, true), QUERN_DROP_GROUP_MALFORMED, "what it asks for is no group");
	igmp_make(&frame, 10, NULL, 12);
	frame.bytes[frame.l4 + 2] ^= 1;
	cr_assert_eq(parse(&frame, &packet, true), QUERN_DROP_GROUP_MALFORMED, "the checksum is wrong");
}

static void expect_mld(struct frame *frame, bool is_good, const char *what)
{
	struct packet packet;

	frame6_fix_checksum(frame, 58);
	cr_assert_eq(parse(frame, &packet, true), is_good ? QUERN_DROP_NONE : QUERN_DROP_GROUP_MALFORMED, "%s", what);
}

/* RFC 3810 6.2. */
Test(wire_group_query, an_mld_query_that_may_be_from_beyond_the_link_is_dropped)
{
	struct frame frame;

	for (uint32_t hops = 1; hops < 256; hops++) {
		mld_make(&frame, 10, NULL, 28);
		frame.bytes[frame.l3 + 7] = (uint8_t)hops;
		expect_mld(&frame, hops == 1, "hop limit");
	}
	for (uint32_t bytes = 8; bytes <= 40; bytes++) {
		mld_make(&frame, 10, NULL, bytes);
		expect_mld(&frame, bytes == 24 || bytes >= 28, "length");
	}
	mld_make(&frame, 10, NULL, 28);
	frame.bytes[frame.l3 + 8] = 0x20;
	expect_mld(&frame, false, "source that is not link-local");
	mld_make(&frame, 10, NULL, 28);
	memset(frame.bytes + frame.l3 + 8, 0, 16);
	expect_mld(&frame, false, "source ::");
	mld_make(&frame, 10, group6, 28);
	frame.bytes[frame.l4 + 8] = 0xfd;
	expect_mld(&frame, false, "group that is none");
	/* Padding of six bytes, PadN and Pad1 before, another length, another option, another header. */
	static const struct {
		uint8_t header[8];
		bool is_good;
	} headers[] = {
		{{58, 0, 5, 2, 0, 0, 1, 0}, true},   {{58, 0, 0, 5, 2, 0, 0, 0}, true},
		{{58, 0, 1, 0, 5, 2, 0, 0}, true},   {{58, 0, 1, 4, 0, 0, 0, 0}, false},
		{{58, 0, 5, 1, 0, 0, 0, 0}, false},  {{58, 0, 5, 4, 0, 0, 0, 0}, false},
		{{58, 0, 30, 4, 5, 2, 0, 0}, false},
	};

	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		mld_make(&frame, 10, NULL, 28);
		memcpy(frame.bytes + frame.l3 + 40, headers[i].header, 8);
		expect_mld(&frame, headers[i].is_good, "router alert");
	}
	mld_make(&frame, 10, NULL, 28);
	frame.bytes[frame.l3 + 6] = 60;
	expect_mld(&frame, false, "options of the destination");
}

/* Cut by the wire, and with random bytes in them, of blocks of exactly their size. */
Test(wire_group_query, cut_and_damaged_queries_are_read_within_their_bounds)
{
	struct random random;
	struct packet packet;
	struct frame frame;
	uint32_t taken = 0;

	random_seed(&random, 3376);
	for (uint32_t round = 0; round < 100000; round++) {
		if (round % 2)
			igmp_make(&frame, (uint8_t)round, group4, 8 + random_below(&random, 20));
		else
			mld_make(&frame, (uint16_t)round, group6, 24 + random_below(&random, 20));
		for (uint32_t flips = random_below(&random, 4); flips > 0; flips--)
			frame.bytes[14 + random_below(&random, frame.length - 14)] = (uint8_t)random_next(&random);
		if (round % 2 == 0 && sides_get16(frame.bytes + frame.l3 + 4) == frame.length - frame.l3 - 40)
			frame6_fix_checksum(&frame, 58);
		if (parse(&frame, &packet, true) == QUERN_DROP_NONE && packet.kind == WIRE_GROUP) {
			taken++;
			cr_assert(packet.group.version >= 1 && packet.group.version <= 3);
			cr_assert_leq(packet.group.response_ms, 8387584);
		}
		frame.length = 14 + random_below(&random, frame.length - 14);
		cr_assert_neq(parse(&frame, &packet, true), QUERN_DROP_NONE);
	}
	cr_assert_gt(taken, 10000, "hardly any query was good");
}

/* test_wire_build_udp.c - built datagrams, byte by byte, read back by the parser and summed by the book. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "wire/wire_build.h"
#include "wire_frames6.h"

enum { TEXT_MAX = 300 };

static const struct flow_key KEY = {.local = 0xc6120001, .remote = 0xc6130009, .local_port = 80, .remote_port = 40000};

static uint16_t checksum_of(const struct frame *frame)
{
	return (uint16_t)(frame->bytes[frame->l4 + 6] << 8 | frame->bytes[frame->l4 + 7]);
}

static uint32_t build(struct frame *frame, int version, const struct flow_key *key, const struct ip6_pair *pair,
		      uint32_t text_bytes, const struct wire_ip_options *options)
{
	frame->l4 = frame->l3 + (version == 6 ? 40 : 20);
	frame->length = version == 6 ? wire_build_udp6_at(frame->bytes, frame->l3, pair, key, text_bytes, options)
				     : wire_build_udp_at(frame->bytes, frame->l3, key, text_bytes, options);
	return frame->length;
}

/* The checksum that plain addition finds, whatever stands in its place. */
static uint16_t checksum_by_the_book(const struct frame *frame, int version)
{
	struct frame copy = *frame;
	uint16_t checksum;

	if (version == 6)
		frame6_fix_checksum(&copy, 17);
	else
		frame_fix_checksums(&copy);
	checksum = checksum_of(&copy);
	return checksum ? checksum : UINT16_MAX;
}

Test(wire_build_udp, writes_a_datagram_byte_by_byte)
{
	static const uint8_t right[31] = {0x45, 0x10, 0, 31, 0, 0,  0x40, 0,    64, 17, 0, 0, 198, 18,  0,  1,
					  198,  19,   0, 9,  0, 80, 0x9c, 0x40, 0,  11, 0, 0, 'a', 'b', 'c'};
	static const uint8_t head[8] = {0x61, 0, 0, 0, 0, 11, 17, 64};
	const struct wire_ip_options options = {.ttl = 64, .tos = 0x10};
	struct frame made = {.l3 = 0}, frame = {.l3 = 0, .l4 = 20};

	memcpy(frame.bytes, right, sizeof right);
	frame_fix_checksums(&frame);
	memset(made.bytes, 0xee, sizeof made.bytes);
	memcpy(made.bytes + WIRE_UDP_TEXT_AFTER_LINK, "abc", 3);
	cr_assert_eq(build(&made, 4, &KEY, NULL, 3, &options), 31);
	cr_assert_arr_eq(made.bytes, frame.bytes, 31);
	cr_assert_eq(made.bytes[31], 0xee, "nothing behind the frame is written");

	memcpy(frame.bytes, head, 8);
	memcpy(frame.bytes + 8, FRAME6_ADDRESSES + 16, 16);
	memcpy(frame.bytes + 24, FRAME6_ADDRESSES, 16);
	memcpy(frame.bytes + 40, right + 20, 11);
	frame.l4 = 40;
	frame6_fix_checksum(&frame, 17);
	memset(made.bytes, 0xee, sizeof made.bytes);
	memcpy(made.bytes + WIRE_UDP6_TEXT_AFTER_LINK, "abc", 3);
	cr_assert_eq(build(&made, 6, &KEY, &FRAME6_PAIR, 3, &options), 51);
	cr_assert_arr_eq(made.bytes, frame.bytes, 51);
	cr_assert_eq(made.bytes[51], 0xee, "nothing behind the frame is written");
}

static void read_back(const struct frame *frame, int version, const struct flow_key *key, const struct ip6_pair *pair,
		      uint32_t text_bytes)
{
	const struct wire_expect expect = {.ip6 = true};
	struct packet packet;

	cr_assert_eq(frame_parse_exact(frame->bytes + frame->l3, frame->length - frame->l3, &expect, &packet),
		     QUERN_DROP_NONE);
	cr_assert_eq(packet.kind, WIRE_UDP);
	cr_assert_eq(packet.version, version);
	cr_assert_eq(packet.key.local_port, key->remote_port);
	cr_assert_eq(packet.key.remote_port, key->local_port);
	cr_assert_eq(packet.frame_bytes - packet.text_offset, text_bytes);
	if (version == 4)
		cr_assert(packet.key.local == key->remote && packet.key.remote == key->local);
	else
		cr_assert(ip6_equal(packet.ip6.local, pair->remote) && ip6_equal(packet.ip6.remote, pair->local));
}

/* Of each datagram a word of the text is chosen a second time so that the checksum comes to 0. */
Test(wire_build_udp, what_is_built_reads_back_and_a_checksum_of_zero_is_all_ones)
{
	const struct wire_ip_options options = {.ttl = 64};
	struct random random;

	random_seed(&random, 768);
	for (int round = 0; round < 50000; round++) {
		const struct ip6_pair pair = {{0x20010db800000000, random_next(&random)},
					      {0x20010db800010000, random_next(&random)}};
		const struct flow_key key = {.local = 0x01000000 + random_below(&random, 0x70000000),
					     .remote = (uint32_t)random_next(&random),
					     .local_port = (uint16_t)random_next(&random),
					     .remote_port = (uint16_t)random_next(&random)};
		int version = round % 2 ? 6 : 4;
		struct frame frame = {.l3 = random_below(&random, 2) ? 14 : 0};
		uint32_t text_bytes = random_below(&random, TEXT_MAX);
		uint8_t *text = frame.bytes + frame.l3 + (version == 6 ? 48 : 28);

		for (uint32_t i = 0; i < text_bytes; i++)
			text[i] = (uint8_t)random_next(&random);
		build(&frame, version, &key, &pair, text_bytes, &options);
		cr_assert_eq(checksum_of(&frame), checksum_by_the_book(&frame, version), "round %d", round);
		read_back(&frame, version, &key, &pair, text_bytes);
		if (text_bytes < 2)
			continue;
		memset(text, 0, 2);
		build(&frame, version, &key, &pair, text_bytes, &options);
		memcpy(text, frame.bytes + frame.l4 + 6, 2);
		build(&frame, version, &key, &pair, text_bytes, &options);
		cr_assert_eq(checksum_of(&frame), UINT16_MAX, "round %d", round);
		read_back(&frame, version, &key, &pair, text_bytes);
	}
}

Test(wire_build_udp, leaves_to_the_port_what_the_port_fills_in)
{
	const struct wire_ip_options options = {.ttl = 64, .offload_ip_checksum = true, .offload_l4_checksum = true};
	struct frame frame = {.l3 = 0};

	build(&frame, 4, &KEY, NULL, 5, &options);
	cr_assert(frame.bytes[10] == 0 && frame.bytes[11] == 0, "of the IPv4 header");
	/* Addresses, protocol and length, folded, not complemented. */
	cr_assert_eq(checksum_of(&frame), (uint16_t)~frame_checksum(17 + 13, frame.bytes + 12, 8));
	build(&frame, 6, &KEY, &FRAME6_PAIR, 5, &options);
	cr_assert_eq(checksum_of(&frame), (uint16_t)~frame_checksum(17 + 13, frame.bytes + 8, 32));
}

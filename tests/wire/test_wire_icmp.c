/* test_wire_icmp.c - ICMP errors: what they say of the segment that they quote, and quotes that are not believed. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "wire_frames.h"

enum { QUOTE_MAX = 80, HEADERS = 14 + 20 + 8 };

static const uint8_t types[][2] = {{3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 4}, {4, 0}, {11, 0}, {12, 0}};

/* A TCP segment of ours, as a router quotes it: from 198.18.0.1:80 to 198.19.0.7:40001, SEQ 0x01020304. */
static uint32_t quote_make(uint8_t quote[QUOTE_MAX], uint32_t option_bytes, uint32_t tcp_bytes)
{
	static const uint8_t head[20] = {0x45, 0, 1, 44, 0, 0, 0x40, 0, 1, 6, 0, 0, 198, 18, 0, 1, 198, 19, 0, 7};
	static const uint8_t tcp[20] = {0, 80, 0x9c, 0x41, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x10};

	memset(quote, 0, QUOTE_MAX);
	memcpy(quote, head, sizeof head);
	quote[0] = (uint8_t)(0x45 + option_bytes / 4);
	memset(quote + 20, 1, option_bytes);
	memcpy(quote + 20 + option_bytes, tcp, tcp_bytes);
	return 20 + option_bytes + tcp_bytes;
}

static void error_make(struct frame *frame, const uint8_t type[2], uint16_t mtu, const uint8_t *quote, uint32_t bytes)
{
	frame_make(frame, &(struct frame_plan){.protocol = 1, .text_bytes = bytes});
	memset(frame->bytes + frame->l4, 0, 8);
	memcpy(frame->bytes + frame->l4, type, 2);
	frame->bytes[frame->l4 + 6] = (uint8_t)(mtu >> 8);
	frame->bytes[frame->l4 + 7] = (uint8_t)mtu;
	memcpy(frame->bytes + frame->l4 + 8, quote, bytes);
	frame_fix_checksums(frame);
}

Test(wire_icmp, an_error_is_a_word_about_the_segment_that_it_quotes)
{
	static const uint8_t errors[] = {WIRE_ERROR_SOFT,    WIRE_ERROR_SOFT,   WIRE_ERROR_HARD, WIRE_ERROR_HARD,
					 WIRE_ERROR_TOO_BIG, WIRE_ERROR_QUENCH, WIRE_ERROR_SOFT, WIRE_ERROR_SOFT};
	const struct flow_key key = {0xc6120001, 0xc6130007, 80, 40001};

	for (uint32_t i = 0; i < sizeof errors; i++) {
		for (uint32_t option_bytes = 0; option_bytes <= 40; option_bytes += 4) {
			uint8_t quote[QUOTE_MAX];
			struct packet packet;
			struct frame frame;

			error_make(&frame, types[i], 1280, quote, quote_make(quote, option_bytes, 8 + i));
			cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE, "type %u", types[i][0]);
			cr_assert_eq(packet.kind, WIRE_ICMP);
			cr_assert_eq(packet.icmp.error, errors[i], "type %u code %u", types[i][0], types[i][1]);
			cr_assert(flow_key_equal(&packet.key, &key), "%u bytes of options", option_bytes);
			cr_assert_eq(packet.icmp.seq, 0x01020304);
			cr_assert_eq(packet.icmp.quoted_bytes, 300);
			cr_assert_eq(packet.icmp.mtu, errors[i] == WIRE_ERROR_TOO_BIG ? 1280 : 0);
		}
	}
}

/* RFC 1122 4.2.3.9 names the three hard codes, of which too big has a meaning of its own. */
Test(wire_icmp, of_all_types_and_codes_the_hard_errors_are_unreachable_protocol_and_port)
{
	uint8_t quote[QUOTE_MAX];
	uint32_t bytes = quote_make(quote, 0, 8);
	unsigned int counts[WIRE_ERROR_QUENCH + 1] = {0};

	for (uint32_t type = 0; type < 256; type++) {
		for (uint32_t code = 0; code < 256; code++) {
			const uint8_t both[2] = {(uint8_t)type, (uint8_t)code};
			struct packet packet;
			struct frame frame;

			error_make(&frame, both, 0, quote, bytes);
			cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
			counts[packet.icmp.error]++;
			cr_assert_eq(packet.icmp.error == WIRE_ERROR_HARD, type == 3 && (code == 2 || code == 3));
			cr_assert_eq(packet.icmp.error == WIRE_ERROR_TOO_BIG, type == 3 && code == 4);
			cr_assert_eq(packet.icmp.error == WIRE_ERROR_QUENCH, type == 4);
			if (packet.icmp.error == WIRE_ERROR_NONE)
				cr_assert_eq(packet.key.remote, 0xc6130009,
					     "the key of what quotes nothing is its own");
		}
	}
	cr_assert_eq(counts[WIRE_ERROR_SOFT], 13 + 256 + 256);
}

/* One byte of the quote made another. */
struct lie {
	uint32_t at;
	uint8_t value;
	enum quern_drop drop;
};

Test(wire_icmp, a_quote_that_is_of_no_segment_of_ours_is_not_believed)
{
	static const struct lie lies[] = {
		{0, 0x65, QUERN_DROP_ICMP_QUOTE}, {0, 0x35, QUERN_DROP_ICMP_QUOTE},  {0, 0x44, QUERN_DROP_ICMP_QUOTE},
		{0, 0x40, QUERN_DROP_ICMP_QUOTE}, {0, 0x46, QUERN_DROP_ICMP_QUOTE},  {0, 0x4f, QUERN_DROP_ICMP_QUOTE},
		{7, 1, QUERN_DROP_ICMP_QUOTE},    {6, 0x1f, QUERN_DROP_ICMP_QUOTE},  {12, 199, QUERN_DROP_ICMP_QUOTE},
		{15, 2, QUERN_DROP_ICMP_QUOTE},   {21, 0, QUERN_DROP_ICMP_QUOTE},    {9, 17, QUERN_DROP_NONE},
		{9, 1, QUERN_DROP_ICMP_IGNORED},  {9, 132, QUERN_DROP_ICMP_IGNORED}, {6, 0x20, QUERN_DROP_NONE},
		{10, 0xee, QUERN_DROP_NONE},      {8, 0, QUERN_DROP_NONE},           {19, 255, QUERN_DROP_NONE},
	};

	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		uint8_t quote[QUOTE_MAX];
		uint32_t bytes = quote_make(quote, 0, 8);
		struct packet packet;
		struct frame frame;

		quote[lies[i].at] = lies[i].value;
		for (uint32_t type = 0; type < sizeof types / sizeof types[0]; type++) {
			error_make(&frame, types[type], 0, quote, bytes);
			cr_assert_eq(frame_parse(&frame, &packet), lies[i].drop, "lie %zu, type %u", i, types[type][0]);
		}
	}
}

Test(wire_icmp, a_quote_shorter_than_it_says_or_than_what_it_shows_is_not_believed)
{
	for (uint32_t total = 0; total < 64; total++) {
		uint8_t quote[QUOTE_MAX];
		uint32_t bytes = quote_make(quote, 8, 20);
		struct packet packet;
		struct frame frame;

		quote[2] = 0;
		quote[3] = (uint8_t)total;
		error_make(&frame, types[4], 0, quote, bytes);
		cr_assert_eq(frame_parse(&frame, &packet), total < 36 ? QUERN_DROP_ICMP_QUOTE : QUERN_DROP_NONE,
			     "a packet of %u bytes", total);
	}
	/* The other port is zero, which takes two bytes. */
	for (uint32_t bytes = 0; bytes < 2; bytes++) {
		uint8_t quote[QUOTE_MAX];
		struct packet packet;
		struct frame frame;

		quote_make(quote, 0, 8);
		quote[22] = bytes ? 0 : 0x9c;
		quote[23] = 0;
		error_make(&frame, types[3], 0, quote, 28);
		cr_assert_eq(frame_parse(&frame, &packet), bytes ? QUERN_DROP_ICMP_QUOTE : QUERN_DROP_NONE);
	}
}

/* An error about an error, which nobody may send (RFC 1122 3.2.2), however deep. */
Test(wire_icmp, a_quote_of_a_quote_is_ignored)
{
	uint8_t quote[4 * 28 + QUOTE_MAX];
	uint32_t bytes = 0;

	for (uint32_t depth = 1; depth <= 4; depth++, bytes += 28) {
		struct packet packet;
		struct frame frame;

		quote_make(quote + bytes, 0, 8);
		quote[bytes + 9] = 1;
		memcpy(quote + bytes + 20, "\x03\x03\0\0\0\0\0\0", 8);
		quote_make(quote + bytes + 28, 0, 8);
		error_make(&frame, types[3], 0, quote, bytes + 28 + 28);
		cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_ICMP_IGNORED, "depth %u", depth);
	}
}

/* Cut by the wire, with a total length that ends with it; and by the router, with a checksum that is right. */
Test(wire_icmp, every_truncation_of_an_error_is_dropped_and_nothing_beyond_is_read)
{
	struct wire_expect expect = {.ethernet = true};

	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	for (uint32_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		for (uint32_t option_bytes = 0; option_bytes <= 40; option_bytes += 8) {
			uint8_t quote[QUOTE_MAX];
			uint32_t bytes = quote_make(quote, option_bytes, 8);
			struct packet packet;
			struct frame frame;

			error_make(&frame, types[i], 576, quote, bytes);
			for (uint32_t length = 0; length < frame.length; length++)
				cr_assert_neq(frame_parse_exact(frame.bytes, length, &expect, &packet), QUERN_DROP_NONE,
					      "type %u cut to %u bytes", types[i][0], length);
			for (uint32_t kept = 0; kept < bytes; kept++) {
				error_make(&frame, types[i], 576, quote, kept);
				cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_ICMP_QUOTE,
					     "type %u with %u of %u bytes", types[i][0], kept, bytes);
			}
		}
	}
}

/* Whatever a quote holds, what comes of it is a flow of ours with both ports, or a drop. */
Test(wire_icmp, a_quote_of_random_bytes_is_a_flow_of_ours_or_dropped)
{
	struct random random;
	unsigned int taken = 0;

	random_seed(&random, 792);
	for (uint32_t round = 0; round < 200000; round++) {
		uint8_t quote[QUOTE_MAX];
		uint32_t bytes = quote_make(quote, 4 * random_below(&random, 11), 20);
		uint32_t kept = random_below(&random, bytes + 1);
		struct packet packet;
		struct frame frame;

		for (uint32_t flips = random_below(&random, 6); flips > 0; flips--)
			quote[random_below(&random, bytes)] = (uint8_t)random_next(&random);
		error_make(&frame, types[round % (sizeof types / sizeof types[0])], 0, quote, kept);
		if (frame_parse(&frame, &packet) != QUERN_DROP_NONE)
			continue;
		taken++;
		cr_assert_eq(packet.key.local, 0xc6120001);
		cr_assert(packet.key.local_port != 0 && packet.key.remote_port != 0);
		cr_assert_geq(packet.icmp.quoted_bytes, 28);
		cr_assert_geq(packet.frame_bytes, HEADERS + 28);
	}
	cr_assert_gt(taken, 10000, "hardly any quote was good");
}

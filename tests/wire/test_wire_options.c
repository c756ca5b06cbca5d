/* test_wire_options.c - window scale, SACK and timestamps among options of every kind and length. */
#include <criterion/criterion.h>

#include "wire_frames.h"

static struct segment parsed(const uint8_t *options, uint32_t bytes, uint8_t flags)
{
	struct frame_plan plan = {.protocol = 6, .flags = flags, .tcp_options = options, .tcp_options_bytes = bytes};
	struct packet packet;
	struct frame frame;

	frame_make(&frame, &plan);
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
	return packet.tcp;
}

Test(wire_options, reads_what_linux_says_in_a_syn)
{
	/* MSS 1460, SACK permitted, timestamps, window scale 7. */
	static const uint8_t options[20] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7};
	struct segment segment = parsed(options, sizeof options, TCP_SYN);

	cr_assert_eq(segment.mss, 1460);
	cr_assert_eq(segment.options, SEGMENT_SACK_PERMITTED | SEGMENT_SCALE | SEGMENT_TIMESTAMPS);
	cr_assert_eq(segment.scale, 7);
	cr_assert_eq(segment.tsval, 0x01020304);
	cr_assert_eq(segment.tsecr, 0);
	segment = parsed(options, sizeof options, TCP_ACK);
	cr_assert_eq(segment.options, SEGMENT_TIMESTAMPS, "the others count in a SYN alone");
	cr_assert_eq(segment.mss, 0);
}

Test(wire_options, a_shift_above_14_is_14)
{
	for (int shift = 0; shift < 256; shift++) {
		const uint8_t options[4] = {3, 3, (uint8_t)shift, 0};

		cr_assert_eq(parsed(options, 4, TCP_SYN).scale, shift < 14 ? shift : 14);
	}
}

Test(wire_options, reads_one_to_four_sack_blocks_aligned_or_not)
{
	for (uint8_t count = 1; count <= 4; count++) {
		for (uint8_t nops = 0; nops < 4 && nops + 2 + 8 * count <= 40; nops++) {
			uint8_t options[40];
			struct segment segment;

			memset(options, 1, sizeof options);
			options[nops] = 5;
			options[nops + 1] = (uint8_t)(2 + 8 * count);
			for (uint8_t i = 0; i < 8 * count; i++)
				options[nops + 2 + i] = i;
			segment = parsed(options, 40, TCP_ACK);
			cr_assert_eq(segment.sack_count, count);
			cr_assert_eq(segment.sacks[count - 1u].left, 0x00010203u + 0x08080808u * (count - 1u));
			cr_assert_eq(segment.sacks[count - 1u].right, 0x04050607u + 0x08080808u * (count - 1u));
			cr_assert_eq(parsed(options, 40, TCP_SYN).sack_count, 0, "a SYN acknowledges no block");
		}
	}
}

Test(wire_options, an_illegal_length_ends_the_options)
{
	static const struct {
		uint8_t options[20];
		uint8_t flags;
	} cases[] = {
		{{5, 2, 4, 2, 3, 3, 7}, TCP_SYN},        {{5, 9, 0, 0, 0, 0, 0, 0, 0, 4, 2, 3, 3, 7}, TCP_SYN},
		{{3, 4, 7, 0, 4, 2}, TCP_SYN},           {{3, 2, 4, 2, 3, 3, 7}, TCP_SYN},
		{{4, 3, 0, 3, 3, 7}, TCP_SYN},           {{2, 3, 5, 4, 2, 3, 3, 7}, TCP_SYN},
		{{8, 0, 4, 2, 3, 3, 7}, TCP_SYN},        {{8, 1, 4, 2, 3, 3, 7}, TCP_SYN},
		{{8, 21, 4, 2, 3, 3, 7}, TCP_SYN},       {{0, 4, 2, 3, 3, 7}, TCP_SYN},
		{{5, 9, 0, 0, 0, 1, 0, 0, 0}, TCP_ACK},  {{5, 2}, TCP_ACK},
		{{5, 26, 0, 0, 0, 1, 0, 0, 0}, TCP_ACK}, {{5, 11, 0, 0, 0, 1, 0, 0, 0, 2, 0}, TCP_ACK},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct segment segment = parsed(cases[i].options, sizeof cases[i].options, cases[i].flags);

		cr_assert_eq(segment.options, 0, "case %zu", i);
		cr_assert_eq(segment.sack_count, 0, "case %zu", i);
	}
}

Test(wire_options, the_first_of_each_kind_counts)
{
	static const uint8_t syn[12] = {3, 3, 5, 3, 3, 9, 2, 4, 1, 0, 1, 1};
	static const uint8_t sacks[20] = {5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4};

	cr_assert_eq(parsed(syn, sizeof syn, TCP_SYN).scale, 5);
	cr_assert_eq(parsed(syn, sizeof syn, TCP_SYN).mss, 256);
	cr_assert_eq(parsed(sacks, sizeof sacks, TCP_ACK).sack_count, 1);
	cr_assert_eq(parsed(sacks, sizeof sacks, TCP_ACK).sacks[0].right, 2);
}

/* RFC 9293 MUST-5 to 7: in any segment, at any place. */
Test(wire_options, reads_timestamps_wherever_they_stand_in_any_segment)
{
	static const uint8_t flags[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK, TCP_FIN | TCP_ACK, TCP_RST, 0};

	for (size_t kind = 0; kind < sizeof flags; kind++) {
		for (uint32_t bytes = 12; bytes <= 40; bytes += 4) {
			for (uint32_t nops = 0; nops + 10 <= bytes; nops++) {
				uint8_t options[40];
				struct segment segment;

				memset(options, 1, sizeof options);
				memcpy(options + nops,
				       (const uint8_t[]){8, 10, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10}, 10);
				segment = parsed(options, bytes, flags[kind]);
				cr_assert_eq(segment.options, SEGMENT_TIMESTAMPS, "%u NOPs of %u bytes", nops, bytes);
				cr_assert_eq(segment.tsval, 0xfedcba98);
				cr_assert_eq(segment.tsecr, 0x76543210);
			}
		}
	}
}

Test(wire_options, timestamps_of_a_wrong_length_are_none)
{
	for (int length = 0; length < 256; length++) {
		uint8_t options[40] = {1, 1, 8, (uint8_t)length, 1, 1, 1, 1, 1, 1, 1, 1};

		cr_assert_eq(parsed(options, 40, TCP_ACK).options, length == 10 ? SEGMENT_TIMESTAMPS : 0, "%d", length);
		cr_assert_eq(parsed(options, 12, TCP_ACK).options, length == 10 ? SEGMENT_TIMESTAMPS : 0, "%d", length);
	}
}

Test(wire_options, the_first_timestamps_count)
{
	static const uint8_t options[20] = {8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 8, 10, 0, 0, 0, 3, 0, 0, 0, 4};

	cr_assert_eq(parsed(options, sizeof options, TCP_ACK).tsval, 1);
	cr_assert_eq(parsed(options, sizeof options, TCP_ACK).tsecr, 2);
}

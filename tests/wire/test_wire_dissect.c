/* test_wire_dissect.c - frames of captures: every link, cut anywhere, sums of every kind, and bytes of no sense. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <quern/dissect.h>

#include "base/random.h"
#include "wire_frames6.h"

static const uint8_t LINUX_SYN[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 9, 1, 3, 3, 7};

/* Dissects a copy of exactly `bytes` bytes on the heap, so that a sanitizer sees every byte read beyond. */
static enum quern_dissection dissect(const uint8_t *frame, uint32_t bytes, uint32_t wire_bytes, enum quern_link link,
				     struct quern_segment *segment)
{
	uint8_t *copy = malloc(bytes ? bytes : 1);
	enum quern_dissection found;

	memcpy(copy, frame, bytes);
	found = quern_dissect(copy, bytes, wire_bytes, link, segment);
	free(copy);
	return found;
}

static enum quern_dissection dissect_frame(const struct frame *frame, struct quern_segment *segment)
{
	return dissect(frame->bytes, frame->length, frame->length, QUERN_LINK_ETHERNET, segment);
}

Test(wire_dissect, reads_a_segment_with_all_that_a_syn_says)
{
	struct frame_plan plan = {.protocol = 6,
				  .flags = TCP_SYN,
				  .tcp_options = LINUX_SYN,
				  .tcp_options_bytes = sizeof LINUX_SYN,
				  .padding = 9};
	struct quern_segment segment;
	struct frame frame;

	frame_make(&frame, &plan);
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_SEGMENT);
	cr_assert_eq(segment.source.address, 0xc6130009);
	cr_assert_eq(segment.source.port, 40000);
	cr_assert_eq(segment.dest.address, 0xc6120001);
	cr_assert_eq(segment.dest.port, 80);
	cr_assert_eq(segment.seq, 0x01020304);
	cr_assert_eq(segment.ack, 0xa0b0c0d0);
	cr_assert_eq(segment.window, 0x1234);
	cr_assert_eq(segment.flags, QUERN_SYN);
	cr_assert_eq(segment.text_bytes, 0, "padding is no text");
	cr_assert_eq(segment.checksum, QUERN_CHECKSUM_RIGHT);
	cr_assert_eq(segment.mss, 1460);
	cr_assert(segment.sack_permitted && segment.has_scale && segment.has_timestamps);
	cr_assert_eq(segment.scale, 7);
	cr_assert_eq(segment.tsval, 0x01020304);
	cr_assert_eq(segment.tsecr, 9);
	cr_assert_eq(segment.vlan, 0);
	cr_assert_eq(segment.ttl, 63);
	cr_assert_not(segment.options_end_early);
	cr_assert_eq(segment.unknown_count, 0);
}

Test(wire_dissect, reads_flags_beyond_urg_and_sack_blocks_and_names_what_it_does_not_know)
{
	/* MPTCP's kind, a SACK block, one of RFC 4727. */
	static const uint8_t options[] = {30, 4, 0, 0, 1, 1, 5, 10, 0, 0, 0, 5, 0, 0, 0, 9, 253, 4, 1, 2};
	struct frame_plan plan = {.protocol = 6,
				  .flags = TCP_ACK,
				  .tcp_options = options,
				  .tcp_options_bytes = sizeof options,
				  .text_bytes = 7};
	struct quern_segment segment;
	struct frame frame;

	frame_make(&frame, &plan);
	frame.bytes[frame.l4 + 12] |= 1;
	frame.bytes[frame.l4 + 13] |= 0xc0;
	frame_fix_checksums(&frame);
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_SEGMENT);
	cr_assert_eq(segment.flags, QUERN_ACK | QUERN_ECE | QUERN_CWR | QUERN_AE);
	cr_assert_eq(segment.sack_count, 1);
	cr_assert_eq(segment.sacks[0].left, 5);
	cr_assert_eq(segment.sacks[0].right, 9);
	cr_assert_eq(segment.unknown_count, 2);
	cr_assert_eq(segment.unknown[0], 30);
	cr_assert_eq(segment.unknown[1], 253);
	cr_assert_eq(segment.text_bytes, 7);
	cr_assert_eq(segment.header_bytes, 40);
	frame.bytes[frame.l4 + 21] = 0;
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_SEGMENT);
	cr_assert(segment.options_end_early, "a length of 0 ends options");
}

Test(wire_dissect, reads_behind_every_link)
{
	static const struct {
		enum quern_link link;
		uint8_t head[24];
		uint32_t bytes;
		uint16_t vlan;
	} links[] = {
		{QUERN_LINK_IP, {0}, 0, 0},
		{QUERN_LINK_ETHERNET, {[12] = 8, 0}, 14, 0},
		{QUERN_LINK_ETHERNET, {[12] = 0x88, 0xa8, 0x20, 7, 0x81, 0, 0, 9, 8, 0}, 22, 7},
		{QUERN_LINK_COOKED, {[14] = 8, 0}, 16, 0},
		{QUERN_LINK_COOKED_2, {8, 0}, 20, 0},
		{QUERN_LINK_COOKED_2, {0x81, 0, [20] = 0, 5, 8, 0}, 24, 5},
	};
	struct frame_plan plan = {.protocol = 6, .flags = TCP_ACK, .no_ethernet = true, .text_bytes = 3};
	struct quern_segment segment;
	struct frame frame;

	frame_make(&frame, &plan);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		uint32_t length = links[i].bytes + frame.length;
		uint8_t bytes[128];

		memcpy(bytes, links[i].head, links[i].bytes);
		memcpy(bytes + links[i].bytes, frame.bytes, frame.length);
		cr_assert_eq(dissect(bytes, length, length, links[i].link, &segment), QUERN_DISSECTED_SEGMENT, "%zu",
			     i);
		cr_assert_eq(segment.text_bytes, 3);
		cr_assert_eq(segment.vlan, links[i].vlan, "%zu", i);
		cr_assert_eq(segment.checksum, QUERN_CHECKSUM_RIGHT);
		/* Cut anywhere before the end of the TCP header without options, it is said to be cut. */
		for (uint32_t cut = 0; cut < links[i].bytes + 40; cut++)
			cr_assert_eq(dissect(bytes, cut, length, links[i].link, &segment), QUERN_DISSECTED_CUT,
				     "%zu cut at %u", i, cut);
		cr_assert_eq(dissect(bytes, length - 3, length, links[i].link, &segment), QUERN_DISSECTED_SEGMENT);
		cr_assert_eq(segment.text_bytes, 3, "text that was not captured counts");
		cr_assert_eq(segment.checksum, QUERN_CHECKSUM_UNKNOWN);
	}
}

Test(wire_dissect, options_that_the_capture_cuts_are_said_to_be_cut)
{
	struct frame_plan plan = {
		.protocol = 6, .flags = TCP_SYN, .tcp_options = LINUX_SYN, .tcp_options_bytes = sizeof LINUX_SYN};
	struct quern_segment segment;
	struct frame frame;

	frame_make(&frame, &plan);
	cr_assert_eq(dissect(frame.bytes, frame.l4 + 24, frame.length, QUERN_LINK_ETHERNET, &segment),
		     QUERN_DISSECTED_SEGMENT);
	cr_assert_eq(segment.mss, 1460);
	cr_assert_not(segment.has_timestamps);
	cr_assert(segment.options_end_early);
}

Test(wire_dissect, tells_right_sums_from_wrong_ones_and_from_those_left_to_the_port)
{
	struct frame_plan plan = {.protocol = 6, .flags = TCP_ACK, .text_bytes = 11};
	struct quern_segment segment;
	struct frame frame;
	uint16_t pseudo;

	frame_make(&frame, &plan);
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_SEGMENT);
	cr_assert_eq(segment.checksum, QUERN_CHECKSUM_RIGHT);
	frame.bytes[frame.l4 + 17] ^= 1;
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_SEGMENT);
	cr_assert_eq(segment.checksum, QUERN_CHECKSUM_WRONG);
	pseudo = (uint16_t)~frame_checksum(31 + 6, frame.bytes + frame.l3 + 12, 8);
	frame.bytes[frame.l4 + 16] = (uint8_t)(pseudo >> 8);
	frame.bytes[frame.l4 + 17] = (uint8_t)pseudo;
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_SEGMENT);
	cr_assert_eq(segment.checksum, QUERN_CHECKSUM_UNFINISHED);
}

Test(wire_dissect, reads_ip6_with_headers_between)
{
	/* Hop-by-hop options, an atomic fragment, destination options. */
	static const uint8_t extensions[] = {44, 0, 1, 4, 0, 0, 0, 0, 60, 0, 0, 0, 1, 2, 3, 4, 6, 0, 1, 4, 0, 0, 0, 0};
	static const uint8_t split[] = {6, 0, 0, 1, 1, 2, 3, 4};
	struct frame6_plan plan = {.protocol = 6, .flags = TCP_SYN, .text_bytes = 5, .padding = 2};
	struct quern_segment segment;
	struct frame frame;

	frame6_make(&frame, &plan);
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_SEGMENT);
	cr_assert_eq(segment.source.ip6.high, 0x20010db800010000);
	cr_assert_eq(segment.source.ip6.low, 9);
	cr_assert_eq(segment.dest.ip6.low, 1);
	cr_assert_eq(segment.text_bytes, 5);
	cr_assert_eq(segment.checksum, QUERN_CHECKSUM_RIGHT);
	plan.next = 0;
	plan.extensions = extensions;
	plan.extension_bytes = sizeof extensions;
	frame6_make(&frame, &plan);
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_SEGMENT);
	cr_assert_eq(segment.dest.port, 80);
	plan.next = 44;
	plan.extensions = split;
	plan.extension_bytes = sizeof split;
	frame6_make(&frame, &plan);
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_FRAGMENT);
}

Test(wire_dissect, says_why_a_frame_is_no_segment)
{
	struct frame_plan plan = {.protocol = 6, .flags = TCP_ACK};
	struct quern_segment segment = {.seq = 77};
	struct frame frame;

	frame_make_arp(&frame);
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_NO_IP);
	plan.protocol = 17;
	frame_make(&frame, &plan);
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_NO_TCP);
	plan.protocol = 6;
	frame_make(&frame, &plan);
	frame.bytes[frame.l3 + 6] = 0x20;
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_FRAGMENT);
	frame_make(&frame, &plan);
	frame.bytes[frame.l3] = 0x44;
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_MALFORMED_IP);
	frame_make(&frame, &plan);
	frame.bytes[frame.l4 + 12] = 0x40;
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_MALFORMED_TCP);
	frame.bytes[frame.l4 + 12] = 0xf0;
	cr_assert_eq(dissect_frame(&frame, &segment), QUERN_DISSECTED_MALFORMED_TCP);
	cr_assert_eq(segment.seq, 77, "what is no segment leaves it untouched");
	for (int i = 0; i < QUERN_DISSECTIONS_END; i++)
		cr_assert_gt(strlen(quern_dissection_text((enum quern_dissection)i)), 4);
	cr_assert_str_eq(quern_dissection_text(QUERN_DISSECTIONS_END), "?");
}

static void make_seed(struct frame *frame, int seed)
{
	struct wire_expect expect;

	if (seed < FRAME_SEEDS)
		frame_make_seed(frame, &expect, seed);
	else
		frame6_make_seed(frame, &expect, seed - FRAME_SEEDS);
}

Test(wire_dissect, reads_nothing_beyond_a_frame_whatever_it_says)
{
	struct quern_segment segment;
	struct random random;
	uint32_t segments = 0;

	random_seed(&random, 20261126);
	for (int round = 0; round < 200000; round++) {
		struct frame frame;
		uint32_t bytes, changes = random_below(&random, 4), wire_bytes;

		make_seed(&frame, (int)random_below(&random, FRAME_SEEDS + FRAME6_SEEDS));
		for (; changes > 0; changes--)
			frame.bytes[random_below(&random, 80)] = (uint8_t)random_next(&random);
		bytes = random_below(&random, 3) ? frame.length : random_below(&random, frame.length + 1);
		wire_bytes = random_below(&random, 4) ? frame.length : random_below(&random, 70000);
		if (dissect(frame.bytes, bytes, wire_bytes, (enum quern_link)random_below(&random, 4), &segment) !=
		    QUERN_DISSECTED_SEGMENT)
			continue;
		segments++;
		cr_assert_leq(segment.text_bytes + segment.header_bytes, wire_bytes);
		cr_assert_leq(segment.sack_count, QUERN_SACKS);
		cr_assert_leq(segment.scale, 14);
		cr_assert_leq(segment.unknown_count, QUERN_OPTIONS_UNKNOWN);
	}
	cr_assert_gt(segments, 10000);
}

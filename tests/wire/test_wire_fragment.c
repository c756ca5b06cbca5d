/* test_wire_fragment.c - what a fragment says of itself, and the header of what it is a part of. */
#include <string.h>

#include <criterion/criterion.h>

#include "wire/wire_fragment.h"
#include "wire_frames6.h"

enum { MORE = 0x2000, TEXT = 33, UDP_BYTES = 8 };

static enum quern_drop parse(const struct frame *frame, struct packet *packet)
{
	struct wire_expect expect = {.ethernet = true, .ip6 = true, .fragments = true};

	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	return frame_parse_exact(frame->bytes, frame->length, &expect, packet);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* A frame of IPv4 with that word of flags and offset, and so many bytes behind its header. */
static void make4(struct frame *frame, uint8_t protocol, uint32_t word, uint32_t bytes)
{
	uint8_t *ip;

	frame_make(frame, &(struct frame_plan){.protocol = protocol, .flags = TCP_ACK, .text_bytes = 200});
	ip = frame->bytes + frame->l3;
	put16(ip + 2, 20 + bytes);
	put16(ip + 4, 0xbeef);
	put16(ip + 6, word);
	put16(ip + 10, 0);
	put16(ip + 10, frame_checksum(0, ip, 20));
}

/* The same of IPv6, whose fragment header says that UDP, or another protocol, comes next. */
static void make6(struct frame *frame, uint8_t protocol, uint32_t word, uint32_t bytes)
{
	uint8_t header[8] = {protocol, 0, (uint8_t)(word >> 8), (uint8_t)word, 1, 2, 3, 4};

	frame6_make(frame, &(struct frame6_plan){.protocol = 17,
						 .text_bytes = 200,
						 .next = 44,
						 .extensions = header,
						 .extension_bytes = sizeof(header)});
	put16(frame->bytes + frame->l3 + 4, 8 + bytes);
}

/* Row 117: each word of flags and offset, against RFC 791 3.1 read aloud. */
Test(wire_fragment, every_word_of_flags_and_offset_is_what_rfc_791_says)
{
	static const uint32_t lengths[] = {0, 1, 7, 8, 64, 65};

	for (uint32_t word = 0; word < 0x10000; word++) {
		uint32_t bytes = lengths[word % 6], offset = (word & 0x1fff) * 8;
		bool is_last = (word & MORE) == 0;
		enum quern_drop expected = QUERN_DROP_NONE;
		struct packet packet;
		struct frame frame;

		if ((word & 0x3fff) == 0)
			continue;
		make4(&frame, 17, word, bytes);
		if (bytes == 0 || offset + bytes > 65535 || (!is_last && bytes % 8 != 0))
			expected = QUERN_DROP_IP_FRAGMENT_WRONG;
		cr_assert_eq(parse(&frame, &packet), expected, "word %04x, %u bytes", word, bytes);
		if (expected != QUERN_DROP_NONE)
			continue;
		cr_assert(packet.kind == WIRE_FRAGMENT && packet.version == 4);
		cr_assert(packet.fragment.offset == offset && packet.fragment.bytes == bytes);
		cr_assert(packet.fragment.is_last == is_last && packet.fragment.id == 0xbeef);
		cr_assert_eq(packet.text_offset, frame.l3 + 20);
		cr_assert_eq(packet.frame_bytes, frame.l3 + 20 + bytes);
		cr_assert(packet.key.local == 0xc6120001 && packet.key.local_port == 0);
	}
}

Test(wire_fragment, every_word_of_a_fragment_header_is_what_rfc_8200_says)
{
	for (uint32_t word = 0; word < 0x10000; word++) {
		uint32_t bytes = word % 3 ? 64 : 65, offset = word & 0xfff8;
		bool is_last = (word & 1) == 0;
		enum quern_drop expected = QUERN_DROP_NONE;
		struct packet packet;
		struct frame frame;

		make6(&frame, 17, word, bytes);
		if (offset + bytes > 65535 || (!is_last && bytes % 8 != 0))
			expected = QUERN_DROP_IP_FRAGMENT_WRONG;
		cr_assert_eq(parse(&frame, &packet), expected, "word %04x", word);
		if (expected != QUERN_DROP_NONE)
			continue;
		cr_assert(packet.kind == WIRE_FRAGMENT && packet.version == 6);
		cr_assert(packet.fragment.offset == offset && packet.fragment.bytes == bytes);
		cr_assert(packet.fragment.is_last == is_last && packet.fragment.id == 0x01020304);
		cr_assert_eq(packet.text_offset, frame.l3 + 48);
		cr_assert(ip6_equal(packet.ip6.local, FRAME6_PAIR.local));
	}
}

/* Those of TCP and ICMP are dropped as ever; and a protocol of that number over IPv4 is nobody's. */
Test(wire_fragment, only_those_of_udp_are_taken)
{
	struct packet packet;
	struct frame frame;

	make4(&frame, 6, MORE, 64);
	cr_assert_eq(parse(&frame, &packet), QUERN_DROP_TCP_FRAGMENT);
	make4(&frame, 1, MORE, 64);
	cr_assert_eq(parse(&frame, &packet), QUERN_DROP_IP_FRAGMENT);
	make6(&frame, 6, 1, 64);
	cr_assert_eq(parse(&frame, &packet), QUERN_DROP_TCP_FRAGMENT);
	make6(&frame, 60, 1, 64);
	cr_assert_eq(parse(&frame, &packet), QUERN_DROP_IP_FRAGMENT);
	make4(&frame, 17, 0x4000, 64);
	frame.bytes[frame.l3 + 9] = 44;
	put16(frame.bytes + frame.l3 + 10, 0);
	put16(frame.bytes + frame.l3 + 10, frame_checksum(0, frame.bytes + frame.l3, 20));
	cr_assert_eq(parse(&frame, &packet), QUERN_DROP_IP_PROTOCOL);
}

/* A datagram cut in two: the head of its first part, and both texts, are the datagram. */
Test(wire_fragment, the_head_is_that_of_the_whole)
{
	static const uint8_t options[8] = {7, 7, 4, 1, 2, 3, 4};
	struct packet packet, first;
	struct frame whole, part;
	uint8_t head[WIRE_FRAGMENT_HEAD_MAX];

	frame_make(&whole, &(struct frame_plan){
				   .protocol = 17, .text_bytes = TEXT, .ip_options = options, .ip_options_bytes = 8});
	part = whole;
	put16(part.bytes + part.l3 + 2, 28 + 16);
	put16(part.bytes + part.l3 + 6, MORE);
	put16(part.bytes + part.l3 + 10, 0);
	put16(part.bytes + part.l3 + 10, frame_checksum(0, part.bytes + part.l3, 28));
	cr_assert_eq(parse(&part, &first), QUERN_DROP_NONE);
	cr_assert_eq(wire_fragment_head_bytes(&first), whole.l4);
	wire_fragment_head(head, part.bytes, &first, UDP_BYTES + TEXT, false);
	memcpy(part.bytes, head, whole.l4);
	cr_assert_eq(parse(&part, &packet), QUERN_DROP_NONE);
	cr_assert(packet.kind == WIRE_UDP && packet.frame_bytes == whole.length);
	wire_fragment_head(head, part.bytes, &first, UDP_BYTES + TEXT, true);
	cr_assert_eq(head[whole.l3 + 1] & 3, 3);
	memcpy(part.bytes, head, whole.l4);
	cr_assert_eq(parse(&part, &packet), QUERN_DROP_NONE);
}

Test(wire_fragment, of_ip6_the_fragment_header_is_gone_and_what_stood_before_it)
{
	struct packet packet, first;
	struct frame whole, part;
	uint8_t head[WIRE_FRAGMENT_HEAD_MAX];

	frame6_make(&whole, &(struct frame6_plan){.protocol = 17, .text_bytes = 200});
	make6(&part, 17, 1, 208);
	cr_assert_eq(parse(&part, &first), QUERN_DROP_NONE);
	wire_fragment_head(head, part.bytes, &first, 208, true);
	cr_assert_eq(wire_fragment_head_bytes(&first), whole.l4);
	cr_assert_eq(head[whole.l3 + 1], 0x30);
	head[whole.l3 + 1] = 0;
	cr_assert_arr_eq(head, whole.bytes, whole.l4);
	memcpy(part.bytes + part.l3 + 8, head + whole.l3, 40);
	cr_assert_arr_eq(part.bytes + part.l3 + 8, whole.bytes + whole.l3, 40 + 208);
	memcpy(part.bytes, whole.bytes, whole.length);
	part.length = whole.length;
	cr_assert_eq(parse(&part, &packet), QUERN_DROP_NONE);
}

/* test_wire_echo.c - echo requests of ours byte by byte, and which replies are read. */
#include <string.h>

#include <criterion/criterion.h>

#include "wire/wire_echo.h"
#include "wire_frames6.h"

static const struct wire_echo ECHO = {0x1234, 0x5678, UINT64_C(0x0102030405060708)};
static const struct wire_ip_options OPTIONS = {.ttl = 64, .tos = 0x10, .offload_ip_checksum = true};
static const struct flow_key KEY = {.local = 0xc6120001, .remote = 0xc6130009};

static void expect_same(const struct frame *made, const struct frame *right)
{
	cr_assert_eq(made->length, right->length);
	cr_assert_arr_eq(made->bytes, right->bytes, right->length);
}

static void build(struct frame *frame, int version)
{
	const struct ip6_pair pair = {FRAME6_PAIR.local, FRAME6_PAIR.remote};

	*frame = (struct frame){.l4 = version == 6 ? 40 : 20};
	frame->length = version == 6 ? wire_build_echo6_at(frame->bytes, 0, &pair, &ECHO, &OPTIONS)
				     : wire_build_echo_at(frame->bytes, 0, &KEY, &ECHO, &OPTIONS);
}

Test(wire_echo, a_request_is_written_byte_by_byte)
{
	static const uint8_t right[36] = {0x45, 0x10, 0, 36, 0, 0, 0x40, 0,    64,   1,    0, 0, 198, 18, 0, 1, 198, 19,
					  0,    9,    8, 0,  0, 0, 0x12, 0x34, 0x56, 0x78, 1, 2, 3,   4,  5, 6, 7,   8};
	struct frame made, frame = {.l4 = 20, .length = 36};

	memcpy(frame.bytes, right, sizeof(right));
	frame_fix_checksums(&frame);
	build(&made, 4);
	expect_same(&made, &frame);
}

Test(wire_echo, and_over_ip6)
{
	static const uint8_t head[8] = {0x61, 0, 0, 0, 0, 16, 58, 64};
	static const uint8_t icmp[16] = {128, 0, 0, 0, 0x12, 0x34, 0x56, 0x78, 1, 2, 3, 4, 5, 6, 7, 8};
	struct frame made, frame = {.l4 = 40, .length = 56};

	memcpy(frame.bytes, head, 8);
	memcpy(frame.bytes + 8, FRAME6_ADDRESSES + 16, 16);
	memcpy(frame.bytes + 24, FRAME6_ADDRESSES, 16);
	memcpy(frame.bytes + 40, icmp, 16);
	frame6_fix_checksum(&frame, 58);
	build(&made, 6);
	expect_same(&made, &frame);
}

/* A request, as whoever is asked sends it back. */
static void reply_to(struct frame *frame, int version)
{
	uint8_t *ip = frame->bytes, swap[16];
	uint32_t address_bytes = version == 6 ? 16 : 4;
	uint8_t *addresses = ip + (version == 6 ? 8 : 12);

	memcpy(swap, addresses, address_bytes);
	memcpy(addresses, addresses + address_bytes, address_bytes);
	memcpy(addresses + address_bytes, swap, address_bytes);
	frame->bytes[frame->l4] = version == 6 ? 129 : 0;
	if (version == 6)
		frame6_fix_checksum(frame, 58);
	else
		frame_fix_checksums(frame);
}

static bool reads(const struct frame *frame, int version, struct wire_echo *echo)
{
	const struct wire_expect expect = {.ip6 = version == 6};
	struct packet packet;

	cr_assert_eq(frame_parse_exact(frame->bytes, frame->length, &expect, &packet), QUERN_DROP_NONE);
	return wire_echo_read(frame->bytes, &packet, echo);
}

Test(wire_echo, its_reply_is_read_and_no_other_message)
{
	for (int version = 4; version <= 6; version += 2) {
		struct wire_echo echo = {.id = 0};
		struct frame frame;

		build(&frame, version);
		cr_assert_not(reads(&frame, version, &echo), "a request");
		reply_to(&frame, version);
		cr_assert(reads(&frame, version, &echo));
		cr_assert_eq(echo.id, ECHO.id);
		cr_assert_eq(echo.sequence, ECHO.sequence);
		cr_assert_eq(echo.nonce, ECHO.nonce);
		/* One with less text. */
		frame.length--;
		frame.bytes[version == 6 ? 5 : 3]--;
		reply_to(&frame, version);
		cr_assert_not(reads(&frame, version, &echo), "too short for the nonce");
	}
}

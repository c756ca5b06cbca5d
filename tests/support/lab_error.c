/* lab_error.c - RFC 792 and RFC 4443. */
#include "support/lab_error.h"

#include <string.h>

#include <criterion/criterion.h>

#include "support/raw_frame.h"
#include "support/raw_words.h"

enum { IP4 = 20, IP6 = 40, ICMP = 8, PROTOCOL_ICMP = 1, PROTOCOL_ICMP6 = 58 };

uint32_t lab_error_about(uint8_t *error, const struct lab_packet *packet, const uint8_t word[2], uint32_t rest)
{
	bool is_ip6 = packet->frame[0] >> 4 == 6;
	uint32_t header = is_ip6 ? IP6 : IP4, bytes = ICMP + packet->bytes, sum = 0;
	uint8_t *icmp = error + header;

	memset(error, 0, header + ICMP);
	if (is_ip6) {
		error[0] = 0x60;
		put16(error + 4, bytes);
		error[6] = PROTOCOL_ICMP6;
		error[7] = 64;
		memcpy(error + 8, packet->frame + 24, 16);
		memcpy(error + 24, packet->frame + 8, 16);
		sum = ones_sum(PROTOCOL_ICMP6 + bytes, error + 8, 32);
	} else {
		error[0] = 0x45;
		put16(error + 2, IP4 + bytes);
		error[8] = 64;
		error[9] = PROTOCOL_ICMP;
		memcpy(error + 12, packet->frame + 16, 4);
		memcpy(error + 16, packet->frame + 12, 4);
		put16(error + 10, ~ones_sum(0, error, IP4) & 0xffff);
	}
	memcpy(icmp, word, 2);
	put32(icmp + 4, rest);
	memcpy(icmp + ICMP, packet->frame, packet->bytes);
	put16(icmp + 2, ~ones_sum(sum, icmp, bytes) & 0xffff);
	return header + bytes;
}

const uint8_t *lab_error_quote(const struct lab_packet *error, const uint8_t word[2])
{
	bool is_ip6 = error->frame[0] >> 4 == 6;
	uint32_t header = is_ip6 ? IP6 : IP4, bytes = error->bytes - header, sum = 0;

	cr_assert_gt(error->bytes, header + ICMP);
	if (is_ip6) {
		cr_assert_eq(error->frame[6], PROTOCOL_ICMP6);
		cr_assert_eq(get16(error->frame + 4), bytes);
		sum = ones_sum(PROTOCOL_ICMP6 + bytes, error->frame + 8, 32);
	} else {
		cr_assert_eq(error->frame[9], PROTOCOL_ICMP);
		cr_assert_eq(get16(error->frame + 2), error->bytes);
		cr_assert_eq(ones_sum(0, error->frame, IP4), 0xffff);
	}
	cr_assert_eq(ones_sum(sum, error->frame + header, bytes), 0xffff);
	cr_assert_arr_eq(error->frame + header, word, 2, "type %u, code %u", error->frame[header],
			 error->frame[header + 1]);
	return error->frame + header + ICMP;
}

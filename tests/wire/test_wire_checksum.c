/* test_wire_checksum.c - sums against RFC 1071's example and a sum made a byte at a time. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "wire/wire_checksum.h"
#include "wire_frames.h"

enum { DATA_BYTES = 2048 };

static uint16_t finished(uint64_t sum)
{
	uint16_t stored = wire_sum_finish(sum);
	uint8_t bytes[2];

	memcpy(bytes, &stored, 2);
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

Test(wire_checksum, gives_the_sum_of_rfc_1071_section_3)
{
	static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	cr_assert_eq(finished(wire_sum(0, data, sizeof data)), (uint16_t)~0xddf2);
}

Test(wire_checksum, is_right_for_every_length_and_alignment)
{
	static uint8_t data[DATA_BYTES + 64];
	struct random random;

	random_seed(&random, 1);
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)random_next(&random);
	for (uint32_t bytes = 0; bytes <= DATA_BYTES; bytes = bytes < 300 ? bytes + 1 : bytes + 61) {
		for (uint32_t shift = 0; shift < 8; shift++) {
			cr_assert_eq(finished(wire_sum(0, data + shift, bytes)), frame_checksum(0, data + shift, bytes),
				     "%u bytes at %u", bytes, shift);
		}
	}
}

Test(wire_checksum, reads_no_byte_beyond_the_end_and_loses_no_carry)
{
	for (uint32_t bytes = 1; bytes <= 1500; bytes++) {
		uint8_t *data = malloc(bytes);

		memset(data, 0xff, bytes);
		cr_assert_eq(finished(wire_sum(0, data, bytes)), frame_checksum(0, data, bytes), "%u bytes", bytes);
		free(data);
	}
}

Test(wire_checksum, pieces_sum_up_to_the_whole)
{
	uint8_t data[301];

	for (uint32_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 37 + 11);
	for (uint32_t cut = 0; cut < sizeof data; cut += 2) {
		uint64_t sum = wire_sum(wire_sum(0, data, cut), data + cut, sizeof data - cut);

		cr_assert_eq(finished(sum), frame_checksum(0, data, sizeof data), "cut at %u", cut);
	}
}

Test(wire_checksum, over_data_that_holds_its_checksum_is_zero)
{
	struct random random;

	random_seed(&random, 2);
	for (int round = 0; round < 10000; round++) {
		uint32_t bytes = 4 + random_below(&random, 60) * 2;
		uint8_t data[128];

		for (uint32_t i = 0; i < bytes; i++)
			data[i] = (uint8_t)random_next(&random);
		memset(data, 0, 2);
		data[bytes - 1] |= 1;
		uint16_t checksum = wire_sum_finish(wire_sum(0, data, bytes));

		memcpy(data, &checksum, 2);
		cr_assert_eq(wire_sum_finish(wire_sum(0, data, bytes)), 0);
	}
}

/* test_hash.c - hashes against the official vector, and how they spread. */
#include <criterion/criterion.h>

#include "base/hash.h"
#include "base/random.h"

enum { CELLS = 1024, KEYS = CELLS * 64 };

static const struct hash_secret SECRET = {{0x243f6a8885a308d3, 0x13198a2e03707344}};

/* The statistic of KEYS hashes in CELLS cells; about CELLS where they spread as chance would. */
static double chi_square(const uint32_t *cells)
{
	double expected = (double)KEYS / CELLS;
	double sum = 0;

	for (int i = 0; i < CELLS; i++)
		sum += ((double)cells[i] - expected) * ((double)cells[i] - expected) / expected;
	return sum;
}

Test(hash, siphash_gives_the_vectors_of_its_authors)
{
	/* Lengths 0, 1, 7, 8 and 15 of the reference's list; 15 is the example of the paper. */
	static const struct {
		size_t length;
		uint64_t hash;
	} vectors[] = {
		{0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
		{8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5},
	};
	struct hash_secret key;
	uint8_t bytes[16];

	for (uint8_t i = 0; i < 16; i++)
		bytes[i] = i;
	memcpy(&key, bytes, 16);
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
		cr_assert_eq(hash_sip(&key, bytes, vectors[i].length), vectors[i].hash, "length %zu",
			     vectors[i].length);
}

Test(hash, siphash_does_not_care_where_the_bytes_lie)
{
	uint8_t bytes[40];

	for (int shift = 0; shift < 8; shift++) {
		for (uint8_t i = 0; i < 20; i++)
			bytes[shift + i] = i;
		uint8_t straight[20];

		memcpy(straight, bytes + shift, 20);
		cr_assert_eq(hash_sip(&SECRET, bytes + shift, 20), hash_sip(&SECRET, straight, 20));
	}
}

/* Sequential ports, sequential addresses, both: as load generators make them. */
static struct flow_key key_of(int pattern, uint32_t number)
{
	struct flow_key key = {.local = 0xc6120001, .remote = 0xc6130001, .local_port = 80, .remote_port = 1024};

	if (pattern == 0)
		key.remote_port = (uint16_t)number;
	if (pattern == 1)
		key.remote += number;
	if (pattern == 2) {
		key.remote += number % 256;
		key.remote_port = (uint16_t)(key.remote_port + number / 256);
	}
	if (pattern == 3)
		key.local_port = (uint16_t)number;
	return key;
}

Test(hash, sequential_flows_spread_evenly_over_low_middle_and_high_bits)
{
	static const int shifts[] = {0, 10, 22, 32, 48, 54};

	for (int pattern = 0; pattern < 4; pattern++) {
		for (size_t i = 0; i < sizeof shifts / sizeof shifts[0]; i++) {
			static uint32_t cells[CELLS];

			memset(cells, 0, sizeof cells);
			for (uint32_t number = 0; number < KEYS; number++) {
				struct flow_key key = key_of(pattern, number);

				cells[hash_flow(&SECRET, &key) >> shifts[i] & (CELLS - 1)]++;
			}
			/* 1023 degrees of freedom: beyond 1300 chance goes less than once in ten million. */
			cr_assert_lt(chi_square(cells), 1300.0, "pattern %d shift %d", pattern, shifts[i]);
		}
	}
}

Test(hash, every_bit_of_key_and_secret_changes_about_half_the_hash)
{
	for (int bit = 0; bit < 96 + 128; bit++) {
		struct random random;
		int changed = 0;

		random_seed(&random, (uint64_t)bit);
		for (int round = 0; round < 256; round++) {
			struct hash_secret secret = {{random_next(&random), random_next(&random)}};
			struct flow_key key = {.local = (uint32_t)random_next(&random),
					       .remote = (uint32_t)random_next(&random),
					       .local_port = (uint16_t)random_next(&random),
					       .remote_port = (uint16_t)random_next(&random)};
			uint64_t before = hash_flow(&secret, &key);

			if (bit < 96)
				((uint8_t *)&key)[bit / 8] ^= (uint8_t)(1 << bit % 8);
			else
				secret.words[(bit - 96) / 64] ^= (uint64_t)1 << (bit - 96) % 64;
			changed += __builtin_popcountll(before ^ hash_flow(&secret, &key));
		}
		cr_assert_geq(changed, 256 * 26, "bit %d", bit);
		cr_assert_leq(changed, 256 * 38, "bit %d", bit);
	}
}

/* bench_table.c - find, find in vain, and turnover (one removal and one insertion) at rated load, beside rte_hash.
 *
 * Both use the same keys in the same order, in bursts, and memory of the same kind; hashing is part of what is
 * measured. Ours reads the key in a record of 64 bytes, as the shard does; rte_hash has its own copy of the keys. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>

#include "base/check.h"
#include "base/random.h"
#include "support/bench.h"
#include "support/bench_eal.h"
#include "table/table.h"

enum { BURST = 32, SIZES = 4, OPERATIONS = 3, STRIDE = 64 };

static const uint32_t SIZES_ALL[SIZES] = {1000, 100000, 1000000, 10000000};
static const char *const OPERATION_NAMES[OPERATIONS] = {"find", "absent", "turnover"};

/* Keys 0 to size + BURST - 1, of which `size` are in the table: from `oldest` on, going round. */
struct state {
	struct table table;
	struct rte_hash *rte;
	struct flow_key *keys;
	char *records;
	uint32_t size;
	uint32_t keys_count;
	uint32_t oldest;
	uint32_t rte_oldest;
	uint32_t cursor;
};

/* Records lie in another order than the keys are asked for, and keys are inserted in another one, or the processor
 * would guess which record or slot is next. */
static uint32_t record_of(const struct state *state, uint32_t key)
{
	return (uint32_t)((uint64_t)key * 2654435761u % state->keys_count);
}

static void step(uint32_t *cursor, uint32_t amount, uint32_t end)
{
	*cursor += amount;
	if (*cursor + BURST > end)
		*cursor = 0;
}

static void insert(struct state *state, uint32_t key)
{
	CHECK(table_insert(&state->table, table_hash(&state->table, &state->keys[key]),
			   table_ref(TABLE_CONN, record_of(state, key))) == 0);
}

static void rte_insert(struct state *state, uint32_t key)
{
	void *record = state->records + (size_t)record_of(state, key) * STRIDE;

	CHECK(rte_hash_add_key_data(state->rte, &state->keys[key], record) == 0);
}

static void open_tables(struct state *state)
{
	static const struct hash_secret secret = {{0x0123456789abcdef, 0xfedcba9876543210}};
	struct rte_hash_parameters parameters = {.name = NULL,
						 .entries = state->size + BURST,
						 .key_len = sizeof(struct flow_key),
						 .hash_func = rte_hash_crc,
						 .extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE};
	void *memory = rte_zmalloc(NULL, table_bytes(state->size), 64);
	char name[16];

	snprintf(name, sizeof(name), "size%u", state->size);
	parameters.name = name;
	state->rte = rte_hash_create(&parameters);
	CHECK(memory != NULL && state->rte != NULL);
	table_init(&state->table, memory, state->size, &secret);
	state->table.records[TABLE_CONN] = (struct table_records){state->records, STRIDE};
}

static void state_open(struct state *state, uint32_t size)
{
	struct random random;

	memset(state, 0, sizeof(*state));
	state->size = size;
	state->keys_count = size + BURST;
	state->keys = malloc(sizeof(struct flow_key) * (state->keys_count + BURST));
	state->records = rte_zmalloc(NULL, (size_t)state->keys_count * STRIDE, 64);
	CHECK(state->keys != NULL && state->records != NULL);
	random_seed(&random, size);
	for (uint32_t i = 0; i < state->keys_count + BURST; i++) {
		uint64_t addresses = random_next(&random);
		uint32_t ports = (uint32_t)random_next(&random);

		memcpy(&state->keys[i], &addresses, 8);
		memcpy(&state->keys[i].local_port, &ports, 4);
	}
	for (uint32_t i = 0; i < state->keys_count; i++)
		memcpy(state->records + (size_t)record_of(state, i) * STRIDE, &state->keys[i], sizeof(struct flow_key));
	open_tables(state);
	for (uint32_t i = 0; i < state->keys_count; i++) {
		uint32_t key = record_of(state, i);

		if (key >= size)
			continue;
		insert(state, key);
		rte_insert(state, key);
	}
}

/* Hash and prefetch all, then look all up, as the shard does. */
static uint64_t find_burst(const struct state *state, uint32_t begin, const struct flow_key *from)
{
	uint64_t hashes[BURST];
	const struct flow_key *keys[BURST];
	uint32_t refs[BURST];
	uint64_t work = 0;

	for (uint32_t i = 0; i < BURST; i++) {
		keys[i] = &from[begin + i];
		hashes[i] = table_hash(&state->table, keys[i]);
		table_prefetch(&state->table, hashes[i]);
	}
	table_find_burst(&state->table, hashes, keys, BURST, refs);
	for (uint32_t i = 0; i < BURST; i++)
		work += refs[i];
	return work;
}

static uint64_t find(void *argument, uint64_t iterations)
{
	struct state *state = argument;
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i += BURST) {
		work += find_burst(state, state->cursor, state->keys);
		step(&state->cursor, BURST, state->size);
	}
	return work;
}

/* Keys that were never there: the same random numbers, four bytes on. */
static const struct flow_key *absent_keys(const struct state *state)
{
	return (const struct flow_key *)(const void *)((const char *)state->keys + 4);
}

static uint64_t absent(void *argument, uint64_t iterations)
{
	struct state *state = argument;
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i += BURST) {
		work += find_burst(state, state->cursor, absent_keys(state));
		step(&state->cursor, BURST, state->size);
	}
	CHECK(work == 0);
	return work;
}

/* The key behind `oldest` by so many, going round. */
static uint32_t key_after(const struct state *state, uint32_t oldest, uint32_t distance)
{
	uint32_t key = oldest + distance;

	return key < state->keys_count ? key : key - state->keys_count;
}

static uint64_t turnover(void *argument, uint64_t iterations)
{
	struct state *state = argument;
	struct table *table = &state->table;
	uint64_t hashes[2 * BURST];

	for (uint64_t done = 0; done < iterations; done += BURST) {
		for (uint32_t i = 0; i < 2 * BURST; i++) {
			uint32_t distance = i < BURST ? i : state->size + i - BURST;

			hashes[i] = table_hash(table, &state->keys[key_after(state, state->oldest, distance)]);
			table_prefetch(table, hashes[i]);
		}
		for (uint32_t i = 0; i < BURST; i++)
			table_remove(table, hashes[i],
				     table_ref(TABLE_CONN, record_of(state, key_after(state, state->oldest, i))));
		for (uint32_t i = 0; i < BURST; i++) {
			uint32_t key = key_after(state, state->oldest, state->size + i);

			CHECK(table_insert(table, hashes[BURST + i], table_ref(TABLE_CONN, record_of(state, key))) ==
			      0);
		}
		state->oldest = key_after(state, state->oldest, BURST);
	}
	return table->used;
}

static uint64_t rte_find_from(struct state *state, const struct flow_key *from, uint64_t iterations)
{
	const void *keys[BURST];
	void *data[BURST];
	uint64_t hits;
	uint64_t work = 0;

	for (uint64_t done = 0; done < iterations; done += BURST) {
		for (uint32_t i = 0; i < BURST; i++)
			keys[i] = &from[state->cursor + i];
		work += (uint64_t)rte_hash_lookup_bulk_data(state->rte, keys, BURST, &hits, data);
		step(&state->cursor, BURST, state->size);
	}
	return work;
}

static uint64_t rte_find(void *argument, uint64_t iterations)
{
	struct state *state = argument;

	return rte_find_from(state, state->keys, iterations);
}

static uint64_t rte_absent(void *argument, uint64_t iterations)
{
	struct state *state = argument;

	return rte_find_from(state, absent_keys(state), iterations);
}

static uint64_t rte_turnover(void *argument, uint64_t iterations)
{
	struct state *state = argument;

	for (uint64_t done = 0; done < iterations; done += BURST) {
		for (uint32_t i = 0; i < BURST; i++)
			CHECK(rte_hash_del_key(state->rte, &state->keys[key_after(state, state->rte_oldest, i)]) >= 0);
		for (uint32_t i = 0; i < BURST; i++)
			rte_insert(state, key_after(state, state->rte_oldest, state->size + i));
		state->rte_oldest = key_after(state, state->rte_oldest, BURST);
	}
	return (uint64_t)rte_hash_count(state->rte);
}

int main(int argc, char **argv)
{
	uint64_t (*const runs[OPERATIONS][2])(void *, uint64_t) = {
		{find, rte_find}, {absent, rte_absent}, {turnover, rte_turnover}};
	static char names[SIZES * OPERATIONS * 2][48];
	static struct state states[SIZES];
	struct bench benches[SIZES * OPERATIONS * 2];
	uint32_t sizes = bench_is_small(argc, argv) ? 2 : SIZES;
	size_t count = 0;
	int status;

	bench_eal_open(sizes == SIZES ? "2560" : "128");
	for (uint32_t size = 0; size < sizes; size++) {
		state_open(&states[size], SIZES_ALL[size]);
		for (uint32_t i = 0; i < OPERATIONS * 2; i++, count++) {
			snprintf(names[count], sizeof(names[count]), "%s/%s/%u", i % 2 == 0 ? "table" : "rte_hash",
				 OPERATION_NAMES[i / 2], SIZES_ALL[size]);
			benches[count] = (struct bench){names[count], runs[i / 2][i % 2], &states[size]};
		}
	}
	status = bench_main(argc, argv, benches, count);
	bench_eal_close();
	return status;
}

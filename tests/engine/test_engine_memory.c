/* test_engine_memory.c - memory is planned before EAL starts, and a shortage is named with the command that helps. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "engine/cable_engine.h"
#include "engine/engine_parts.h"

enum { RECORDS = 10 * 1000 * 1000 };

static struct quern_engine engine;

/* Plans for `shards` shards of ten million connections each; nothing is allocated. */
static int plan(enum quern_memory memory, uint16_t shards, uint32_t records, char error[QUERN_ERROR_TEXT])
{
	static struct cable_engine cable;

	cable_engine_prepare(&cable, 1, 0, 0);
	engine.config = cable.config;
	engine.config.memory = memory;
	engine.config.shard_count = shards;
	for (uint16_t shard = 0; shard < shards; shard++) {
		engine.config.shards[shard] = cable.config.shards[0];
		engine.config.shards[shard].max_connections = records;
		engine.config.shards[shard].max_time_wait = records;
	}
	return engine_plan_memory(&engine, error);
}

Test(engine_memory, grows_with_each_shard_and_each_record)
{
	char error[QUERN_ERROR_TEXT] = "";
	uint64_t small;
	uint64_t large;

	cr_assert_eq(plan(QUERN_MEMORY_4K, 1, 1000, error), 0, "%s", error);
	small = engine.memory.need_bytes;
	cr_assert_eq(plan(QUERN_MEMORY_4K, 1, 1000000, error), 0, "%s", error);
	large = engine.memory.need_bytes;
	cr_assert_geq(large - small, 999000ull * 80, "a connection and a TIME-WAIT");
	cr_assert_eq(plan(QUERN_MEMORY_4K, 2, 1000, error), 0, "%s", error);
	cr_assert_geq(engine.memory.need_bytes - small, (uint64_t)ENGINE_POOL_MBUFS * 2048, "a pool of buffers");
	cr_assert_str_eq(engine.memory.pages, "4K");
	cr_assert_not(engine.memory.huge);
}

Test(engine_memory, grows_with_the_bad_lines_of_a_port)
{
	char error[QUERN_ERROR_TEXT] = "";
	uint64_t good, one_way;

	cr_assert_eq(plan(QUERN_MEMORY_4K, 1, 1000, error), 0, "%s", error);
	good = engine.memory.need_bytes;
	engine.config.ports[0].impair[QUERN_RX].loss_share = 1;
	cr_assert_eq(engine_plan_memory(&engine, error), 0, "%s", error);
	one_way = engine.memory.need_bytes;
	cr_assert_geq(one_way - good, (uint64_t)ENGINE_POOL_MBUFS * 2048, "a pool of frames on their way");
	engine.config.ports[0].impair[QUERN_TX].delay_ns = 1;
	cr_assert_eq(engine_plan_memory(&engine, error), 0, "%s", error);
	cr_assert_eq(engine.memory.need_bytes, one_way, "both ways share their pool");
}

/* A machine that holds 64 such shards, 90 GB, has none of these to name. */
Test(engine_memory, a_shortage_names_bytes_and_remedy)
{
	char error[QUERN_ERROR_TEXT] = "";
	unsigned long long bytes;

	if (plan(QUERN_MEMORY_HUGE, QUERN_MAX_SHARDS, RECORDS, error) != 0) {
		cr_assert_eq(sscanf(error, "not enough hugepages: %llu bytes", &bytes), 1, "%s", error);
		cr_assert_geq(bytes, 64ull * RECORDS * 80);
		cr_assert_not_null(strstr(error, "\n  Reserve more: echo "), "%s", error);
		cr_assert_not_null(strstr(error, "hugepages-2048kB/nr_hugepages"), "%s", error);
		cr_assert_not_null(strstr(error, "--memory 4k"), "%s", error);
	}
	if (plan(QUERN_MEMORY_4K, QUERN_MAX_SHARDS, RECORDS, error) != 0) {
		cr_assert_eq(sscanf(error, "not enough memory: %llu bytes", &bytes), 1, "%s", error);
		cr_assert_geq(bytes, 64ull * RECORDS * 80);
		cr_assert_not_null(strstr(error, "\n  Lower --max-connections or --max-time-wait"), "%s", error);
	}
}

Test(engine_memory, auto_takes_small_pages_where_huge_ones_do_not_suffice)
{
	char error[QUERN_ERROR_TEXT] = "";
	bool huge_suffices = plan(QUERN_MEMORY_HUGE, 1, 1000, error) == 0;

	cr_assert_eq(plan(QUERN_MEMORY_AUTO, 1, 1000, error), 0, "%s", error);
	cr_assert_eq(engine.memory.huge, huge_suffices);
	cr_assert_eq(strcmp(engine.memory.pages, "4K") == 0, !huge_suffices);
}

/* A pool and a shard's records of 1000 connections are some 40 MB. */
Test(engine_memory, without_hugepages_buffers_and_few_records_are_lent_to_eal)
{
	char error[QUERN_ERROR_TEXT] = "";
	uint64_t few;

	cr_assert_eq(plan(QUERN_MEMORY_4K, 1, 1000, error), 0, "%s", error);
	few = engine.memory.lent_bytes;
	cr_assert(engine.memory.lends_records);
	cr_assert_geq(few, (uint64_t)ENGINE_POOL_MBUFS * 2048);
	cr_assert_eq(few % (2 << 20), 0, "by huge pages, should the kernel have them");
	cr_assert_lt(few, engine.memory.need_bytes);
	cr_assert_eq(plan(QUERN_MEMORY_4K, 1, 4 * 1000 * 1000, error), 0, "%s", error);
	cr_assert_not(engine.memory.lends_records, "they are not all touched at the start");
	cr_assert_leq(engine.memory.lent_bytes, few);
	cr_assert_geq(engine.memory.lent_bytes, (uint64_t)ENGINE_POOL_MBUFS * 2048);
}

Test(engine_memory, nothing_is_lent_where_others_than_this_process_may_read_it)
{
	static char *words[] = {"--match-allocations", NULL};
	char error[QUERN_ERROR_TEXT] = "";

	cr_assert_eq(plan(QUERN_MEMORY_4K, 1, 1000, error), 0, "%s", error);
	cr_assert_gt(engine.memory.lent_bytes, 0);
	engine.config.eal_arguments = words;
	cr_assert_eq(engine_plan_memory(&engine, error), 0, "%s", error);
	cr_assert_eq(engine.memory.lent_bytes, 0, "the user has words for EAL");
	engine.config.eal_arguments = NULL;
	engine.config.ports[1].device = "net_virtio_user0,path=/dev/null";
	cr_assert_eq(engine_plan_memory(&engine, error), 0, "%s", error);
	cr_assert_eq(engine.memory.lent_bytes, 0, "a driver by its own name");
	cr_assert_not(engine.memory.lends_records);
}

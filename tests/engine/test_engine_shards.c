/* test_engine_shards.c - several shards a port: each connection is one shard's, whichever way its frames take. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "engine/cable_engine.h"
#include "engine/engine_parts.h"

enum { CONNECTIONS = 4000, MANY = 4 };

static struct cable_engine cable;
static struct quern_engine *engine;

/* `clients` and `servers` shards, each with a worker of its own, on at most two CPUs. */
static void prepare(uint16_t clients, uint16_t servers, uint16_t client_queues, uint16_t server_queues)
{
	cable_engine_prepare(&cable, CONNECTIONS, cable_engine_core(0), cable_engine_core(1));
	for (uint16_t number = 1; number < clients; number++)
		cable_engine_add(&cable, CONNECTIONS, cable_engine_core(number % 2), number);
	for (uint16_t number = 1; number < servers; number++)
		cable_engine_add(&cable, 0, cable_engine_core((number + 1u) % 2), (uint16_t)(MANY + number));
	cable.config.ports[0].queues = client_queues;
	cable.config.ports[1].queues = server_queues;
}

static char directory[] = "/tmp/test-shards-XXXXXX";

static void open_engine(void)
{
	char error[QUERN_ERROR_TEXT] = "";

	cr_assert_not_null(mkdtemp(directory));
	setenv("TMPDIR", directory, 1);
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
}

static void close_engine(void)
{
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0, "runtime files are left in %s", directory);
}

static void run(void)
{
	char error[QUERN_ERROR_TEXT] = "";

	open_engine();
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
}

/* Every connection was opened once, taken by one server's shard, and ended in order. Workers that share a CPU with
 * others may stand still for longer than an RTO, so segments may come twice; but none meets a shard that does not know
 * it. */
static void check(uint16_t clients)
{
	struct cable_sums of_clients = cable_engine_sums(&cable, true), of_servers = cable_engine_sums(&cable, false);
	uint64_t established = 0, moved_in = 0, moved_out = 0;

	cr_assert_eq(of_clients.target, (uint32_t)clients * CONNECTIONS);
	cr_assert_eq(of_clients.established, of_clients.target, "%u", of_clients.established);
	cr_assert_eq(of_servers.established, of_clients.target, "%u", of_servers.established);
	cr_assert_eq(of_clients.closed, of_clients.target);
	cr_assert_eq(of_servers.closed, of_clients.target);
	for (uint16_t shard = 0; shard < cable.config.shard_count; shard++) {
		struct quern_counters counters;

		quern_engine_counters(engine, shard, &counters);
		cr_assert_gt(counters.established, 0, "shard %u has done nothing", shard);
		established += counters.established;
		moved_in += counters.moved_in;
		moved_out += counters.moved_out;
		cr_assert_eq(counters.drops[QUERN_DROP_TCP_NO_CONNECTION], 0, "shard %u", shard);
		cr_assert_eq(counters.drops[QUERN_DROP_LINE_FULL], 0, "shard %u", shard);
		cr_assert_eq(counters.resets_sent, 0, "shard %u", shard);
	}
	cr_assert_eq(established, 2 * of_clients.target);
	cr_assert_eq(moved_in, moved_out, "a frame was lost on its way from shard to shard");
}

/* Frames that were moved: flows' only, not ARP, which goes to all. */
static uint64_t moved_on(uint16_t port)
{
	uint64_t moved = 0;

	for (uint16_t shard = 0; shard < cable.config.shard_count; shard++) {
		struct quern_counters counters;

		quern_engine_counters(engine, shard, &counters);
		if (cable.config.shards[shard].port == port)
			moved += counters.moved_out;
	}
	return moved;
}

Test(engine_shards, on_a_cable_with_four_queues_no_answer_lands_on_a_foreign_worker)
{
	prepare(MANY, MANY, 0, 0);
	run();
	check(MANY);
	cr_assert_eq(moved_on(0), 0, "%d frames were moved at the client", (int)moved_on(0));
	cr_assert_eq(moved_on(1), 0, "%d frames were moved at the server", (int)moved_on(1));
	close_engine();
}

Test(engine_shards, four_workers_share_a_port_with_one_queue)
{
	prepare(MANY, MANY, 1, 1);
	run();
	check(MANY);
	/* Of every connection's frames, three in four are another shard's than the one that receives. */
	cr_assert_gt(moved_on(0), (uint64_t)MANY * CONNECTIONS);
	cr_assert_gt(moved_on(1), (uint64_t)MANY * CONNECTIONS);
	close_engine();
}

Test(engine_shards, the_ends_of_a_cable_may_have_different_numbers_of_shards)
{
	prepare(1, 3, 0, 0);
	run();
	check(1);
	close_engine();
}

Test(engine_shards, a_port_with_one_queue_may_meet_one_with_several)
{
	prepare(3, 2, 1, 0);
	run();
	check(3);
	cr_assert_eq(moved_on(1), 0);
	close_engine();
}

Test(engine_shards, thirty_two_shards_find_the_memory_that_was_planned)
{
	cable_engine_prepare(&cable, 0, cable_engine_core(0), cable_engine_core(1));
	for (uint16_t number = 2; number < 2 * QUERN_MAX_SHARDS_ON_PORT; number++) {
		cable.config.shards[number] = cable.config.shards[number % 2];
		cable.config.shards[number].lane = number;
	}
	cable.config.shard_count = 2 * QUERN_MAX_SHARDS_ON_PORT;
	open_engine();
	close_engine();
}

Test(engine_shards, remote_memory_is_reported_with_the_cores_that_would_be_local)
{
	struct engine_placement placement = {
		.shard = 3, .role = "server", .core = 1, .core_node = 0, .device = "0000:81:00.0", .port_node = 1};
	char text[512];

	CPU_ZERO(&placement.local_cores);
	for (size_t core = 16; core < 24; core++)
		CPU_SET(core, &placement.local_cores);
	cr_assert(engine_placement_line(&placement, text, sizeof(text)));
	cr_assert_str_eq(text, "shard 3 (server) runs on core 1 of NUMA node 0, its port 0000:81:00.0 is on node 1; "
			       "cores there: 16-23\n");
	placement.core_node = 1;
	cr_assert_not(engine_placement_line(&placement, text, sizeof(text)));
	cr_assert_str_eq(text, "");
	placement.core_node = 0;
	placement.port_node = -1;
	cr_assert_not(engine_placement_line(&placement, text, sizeof(text)), "a port in software is nowhere");
}

/* test_engine_impaired.c - connections over bad lines come about, end in order and are accounted for, and so is every
 * frame. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "engine/cable_engine.h"
#include "engine/engine_parts.h"

enum { CONNECTIONS = 2000 };

#define PERCENT (QUERN_IMPAIR_WHOLE / 100)

static const struct quern_impair bad_line = {.loss_share = PERCENT,
					     .dup_share = PERCENT,
					     .reorder_share = 5 * PERCENT,
					     .gap_ns = 50000,
					     .corrupt_share = PERCENT,
					     .delay_ns = 100000,
					     .jitter_ns = 50000};

static void run(struct cable_engine *cable, struct quern_engine **engine)
{
	char error[QUERN_ERROR_TEXT] = "";

	cr_assert_eq(quern_engine_open(&cable->config, engine, error), 0, "%s", error);
	cr_assert_eq(cable_engine_run(cable, *engine, error), 0, "%s", error);
	for (int of_clients = 0; of_clients < 2; of_clients++) {
		struct cable_sums sums = cable_engine_sums(cable, of_clients);
		uint32_t target = cable_engine_sums(cable, true).target;

		cr_assert_eq(sums.established, target, "%u of %u", sums.established, target);
		cr_assert_eq(sums.ended, target);
	}
}

/* Both workers of the impaired end have lines of their own. */
Test(engine_impaired, connections_over_bad_lines_end_in_order_with_several_workers_and_frames_add_up)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	uint64_t checksums = 0, corrupted = 0, retransmits = 0;

	cable_engine_prepare(&cable, CONNECTIONS, cable_engine_core(0), cable_engine_core(1));
	cable_engine_add(&cable, CONNECTIONS, cable_engine_core(0), 1);
	cable_engine_add(&cable, 0, cable_engine_core(1), 1);
	for (enum quern_way way = QUERN_RX; way < QUERN_WAYS; way++)
		cable.config.ports[0].impair[way] = bad_line;
	run(&cable, &engine);
	for (enum quern_way way = QUERN_RX; way < QUERN_WAYS; way++) {
		struct quern_impair_counters counters;
		uint64_t gone;

		cr_assert_not(quern_engine_impaired(engine, 1, way, &counters), "the other end is impaired as well");
		cr_assert(quern_engine_impaired(engine, 0, way, &counters));
		gone = counters.handed_on + counters.lost + counters.queue_full + counters.no_room;
		cr_assert_leq(gone, counters.frames + counters.duplicated);
		cr_assert_geq(gone + 100, counters.frames + counters.duplicated,
			      "more frames are gone than on their way");
		cr_assert_gt(counters.frames, 4 * CONNECTIONS);
		cr_assert(counters.lost > 20 && counters.duplicated > 20 && counters.reordered > 20);
		cr_assert_eq(counters.no_room + counters.queue_full, 0);
		corrupted += counters.corrupted;
	}
	for (uint16_t shard = 0; shard < cable.config.shard_count; shard++) {
		static const enum quern_drop sums[] = {QUERN_DROP_IP_CHECKSUM, QUERN_DROP_TCP_CHECKSUM,
						       QUERN_DROP_IP_VERSION,  QUERN_DROP_IP_HEADER,
						       QUERN_DROP_IP_LENGTH,   QUERN_DROP_TCP_HEADER};
		struct quern_counters counters;

		quern_engine_counters(engine, shard, &counters);
		retransmits += counters.retransmits;
		for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
			checksums += counters.drops[sums[i]];
	}
	cr_assert_gt(retransmits, 0, "frames were lost, and nothing was sent again");
	cr_assert_gt(corrupted, 20);
	cr_assert_leq(checksums, corrupted);
	cr_assert_geq(checksums + 10, corrupted, "%llu of %llu turned bits were found", (unsigned long long)checksums,
		      (unsigned long long)corrupted);
	quern_engine_close(engine);
}

Test(engine_impaired, nothing_comes_before_it_is_due_and_what_is_under_way_at_the_end_is_freed)
{
	static struct cable_engine cable;
	struct quern_impair_counters counters;
	char error[QUERN_ERROR_TEXT] = "";
	struct quern_engine *engine;

	cable_engine_prepare(&cable, 100, cable_engine_core(0), cable_engine_core(1));
	cable.config.ports[1].impair[QUERN_RX].delay_ns = QUERN_IMPAIR_DELAY_MAX;
	cable.ticks_max = 3;
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	cable_engine_run(&cable, engine, error);
	cr_assert(quern_engine_impaired(engine, 1, QUERN_RX, &counters));
	cr_assert(counters.frames > 0 && counters.delayed == counters.frames, "nobody asked for the server");
	cr_assert_eq(counters.handed_on, 0);
	cr_assert_eq(cable.server.established + cable.client.opened, 0);
	quern_engine_close(engine);
}

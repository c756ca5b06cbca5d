/* engine_join.c - shards that share a port are joined by lines, and each worker gets what its turns need. */
#include "engine/engine_parts.h"

#include <errno.h>

/* Gives each worker the shards that engine_place_workers() has put on it, in order of their numbers. */
static void hand_to_workers(struct quern_engine *engine)
{
	uint16_t positions[QUERN_MAX_SHARDS] = {0};

	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		const struct engine_shard *part = &engine->shards[number];
		uint16_t port = engine->config.shards[number].port;
		struct nic *nic = &engine->nics[port];
		struct worker_shard *at = &engine->workers[part->worker].shards[positions[part->worker]++];

		at->shard = part->shard;
		at->place = part->place;
		at->queue = nic_queue_of(nic, part->place < nic->queues ? part->place : 0);
		at->mail = engine->mail[port].places > 1 ? &engine->mail[port] : NULL;
	}
}

void engine_part_shards(struct quern_engine *engine)
{
	for (uint16_t port = 0; port < engine->config.port_count; port++)
		worker_mail_close(&engine->mail[port]);
}

int engine_join_shards(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		uint16_t shards = engine_shards_on(engine, port);

		if (shards < 2)
			continue;
		if (worker_mail_open(&engine->mail[port], port, shards, engine->nics[port].queues == 1) != 0) {
			engine_part_shards(engine);
			return engine_fail(error, -ENOMEM,
					   "port %u '%.64s': no memory for the lines between its %u shards\n"
					   "  Name fewer cores for it",
					   port, engine->config.ports[port].device, shards);
		}
	}
	hand_to_workers(engine);
	return 0;
}

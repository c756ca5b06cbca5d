/* engine_checks.c - the checks of targets that all groups share: made before rules are given to workers. */
#include "engine/engine_parts.h"

#include <errno.h>

#include <rte_cycles.h>

#include "base/random.h"
#include "shard/shard_checks.h"

static const uint64_t seed_of_checks = UINT64_C(0x636865636b636865);

enum { NS_PER_MS = 1000000 };

uint16_t engine_check_port(const struct quern_engine *engine)
{
	struct random random;

	random_seed(&random, engine->config.seed ^ seed_of_checks);
	return (uint16_t)(SHARD_CHECK_PORT_MIN +
			  random_below(&random, SHARD_CHECK_PORT_MAX - SHARD_CHECK_PORT_MIN + 1));
}

int engine_check_probes(const struct quern_forward_config *forward, char error[QUERN_ERROR_TEXT])
{
	uint32_t by_udp = 0;

	for (uint16_t i = 0; i < forward->rule_count; i++)
		if (forward->rules[i].check.probe == QUERN_PROBE_UDP)
			by_udp += forward->rules[i].target_count;
	if (by_udp > SHARD_CHECK_PORTS)
		return engine_fail(error, -EINVAL, "%u targets are checked by UDP\n  Possible: %d; by icmp all", by_udp,
				   SHARD_CHECK_PORTS);
	return 0;
}

int engine_make_checks(const struct quern_engine *engine, const struct quern_forward_config *forward,
		       struct shard_checks **checks)
{
	const struct shard_checks_config config = {
		.first_port = engine_check_port(engine),
		.seed = engine->config.seed + seed_of_checks,
		.now_ms = (uint32_t)(worker_clock_ns(&engine->clock, rte_rdtsc()) / NS_PER_MS)};
	size_t bytes = shard_checks_bytes(forward->rules, forward->rule_count);
	void *memory;

	*checks = NULL;
	if (bytes == 0)
		return 0;
	memory = engine_zeroed(bytes);
	if (memory == NULL)
		return -ENOMEM;
	*checks = shard_checks_build(memory, forward->rules, forward->rule_count, engine->checks, &config);
	return 0;
}

/* shard_checks.h - health checks of targets, one for all groups that share rules: one group probes, answers may come to
 * any of them, and each takes from here which targets are up. */
#ifndef SHARD_SHARD_CHECKS_H
#define SHARD_SHARD_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quern/forward.h>

struct quern_forward_stats;
struct shard_checks;

/* Local ports of probes by UDP, one for each target that is checked so; sessions have none of them. */
enum { SHARD_CHECK_PORTS = 1024, SHARD_CHECK_PORT_MIN = 1024, SHARD_CHECK_PORT_MAX = 65535 - SHARD_CHECK_PORTS };

struct shard_checks_config {
	uint16_t first_port; /* SHARD_CHECK_PORT_MIN to SHARD_CHECK_PORT_MAX: the same for the groups, and after a
				reload */
	uint64_t seed;       /* every secret and random draw comes from it */
	uint32_t now_ms;     /* a shard's */
};

/* Bytes of zeroed memory, aligned to 64, for the checks of these rules; 0 where no target is checked. */
size_t shard_checks_bytes(const struct quern_forward_rule *rules, uint16_t count);

/* Prepares checks in that memory, of at most SHARD_CHECK_PORTS targets by UDP. What `old` (null for none) knows of a
 * target of the same rule, by names and endpoints, holds until probes say otherwise; others are down until their first
 * answer. Nothing of `rules` is needed afterwards. */
struct shard_checks *shard_checks_build(void *memory, const struct quern_forward_rule *rules, uint16_t count,
					const struct shard_checks *old, const struct shard_checks_config *config);

/* Writes the state of a target of a rule into `stats`; from any thread. */
void shard_checks_read(const struct shard_checks *checks, uint16_t rule, uint16_t target,
		       struct quern_forward_stats *stats);

#endif

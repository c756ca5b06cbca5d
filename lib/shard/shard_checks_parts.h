/* shard_checks_parts.h - checks from inside: what the group that probes writes, and what any worker does. */
#ifndef SHARD_SHARD_CHECKS_PARTS_H
#define SHARD_SHARD_CHECKS_PARTS_H

#include "base/hash.h"
#include "shard/shard_checks.h"
#include "udp/udp_check.h"

enum shard_heard { SHARD_HEARD_NOTHING, SHARD_HEARD_ANSWER, SHARD_HEARD_REFUSAL, SHARD_HEARD_OTHER };

/* A target that is checked. Whoever probes writes all but `heard`. */
struct shard_probe {
	uint32_t heard; /* sequence << 8 | enum shard_heard: any worker writes, relaxed */
	uint32_t told;  /* for other threads, relaxed: changes << 16 | cause << 8 | state */
	uint16_t sent;  /* the sequence that is out, relaxed */
	bool is_sent;
	uint16_t rule, target;
	uint16_t local_port; /* by UDP */
	struct udp_check check;
	struct quern_endpoint to; /* of the probe */
	uint16_t target_port;     /* as the rule has it */
};

struct shard_check_rule {
	uint64_t up; /* a bit a target, relaxed */
	struct udp_check_plan plan;
	uint32_t id;          /* of its name */
	uint32_t first_probe; /* that of its first target */
	uint16_t target_count;
	uint16_t request_bytes, answer_bytes;
	uint8_t probe; /* enum quern_probe */
	const uint8_t *request, *answer;
};

struct shard_checks {
	uint32_t generation; /* moves when a target goes up or down; written last */
	uint32_t probe_count;
	uint32_t next; /* the probe to look at next */
	uint16_t rule_count;
	uint16_t first_port;
	uint16_t port_count;
	struct hash_secret secret;
	struct shard_check_rule *rules; /* by number */
	struct shard_probe *probes;
	uint16_t by_port[SHARD_CHECK_PORTS]; /* probes, by local port */
};

/* The text of the echo request of that number and sequence: who has not seen it cannot answer. */
uint64_t shard_checks_nonce(const struct shard_checks *checks, uint16_t number, uint16_t sequence);

/* What was heard of a probe while it was out. */
void shard_checks_hear(struct shard_probe *probe, uint16_t sequence, enum shard_heard what);

/* The probe by UDP from that local port; null where there is none. */
struct shard_probe *shard_checks_by_port(const struct shard_checks *checks, uint16_t local_port);

/* By whoever probes: goes on with a probe, by what was heard and by the time. True where it is to be sent: again, until
 * is_sent says that it was. */
bool shard_checks_go_on(struct shard_checks *checks, struct shard_probe *probe, uint32_t tick);

#endif

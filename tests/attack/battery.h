/* battery.h - what the rows of the attack battery share: the figure that a row prints, and the accounts of a shard. */
#ifndef ATTACK_BATTERY_H
#define ATTACK_BATTERY_H

#include <stdint.h>

#include "shard/shard.h"

/* What a shard holds at one moment: it must be the same before an attack and after it. */
struct battery_level {
	uint32_t connections;
	uint32_t time_waits;
	uint64_t entries; /* of the table */
	uint64_t reserved_bytes;
};

/* Prints the figure of a row, as a comment of TAP: docs/attacks.md quotes it. */
void battery_figure(unsigned int row, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frames that the shard has dropped so far, whatever the reason. */
uint64_t battery_drops(const struct quern_shard *shard);

struct battery_level battery_level_of(const struct quern_shard *shard);

/* The shard holds what it held at `before`, and agrees with itself. */
void battery_expect_level(struct quern_shard *shard, const struct battery_level *before);

/* Every buffer of a pool is there, and there once: a buffer that was freed twice would be there twice. */
void battery_expect_whole(struct rte_mempool *pool);

/* What applications do in most rows: nothing, take all text, close. */
void battery_ignore(struct quern_shard *shard, struct quern_conn conn, void *app);
uint32_t battery_take(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app);
void battery_close(struct quern_shard *shard, struct quern_conn conn, void *app);

/* Seconds of this thread's own CPU time: what others do on a busy machine is not in it. */
double battery_cpu_seconds(void);

#endif

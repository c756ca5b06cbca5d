/* battery.h - what the rows of the attack battery share: the figure that a row prints, and the accounts of a shard. */
#ifndef ATTACK_BATTERY_H
#define ATTACK_BATTERY_H

#include <stdint.h>

#include "support/shard_driver.h"

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

/* Honest peers beside an attack: a listener of their own that answers with so many bytes, a segment at most, and one of
 * them from SYN to the end of its close, within the millisecond in which it comes. Fails the test where it is not. What
 * the driver has heard and was told before is thrown away. */
enum { BATTERY_HONEST_PORT = 81 };
void battery_honest_listen(struct driver *driver, uint32_t bytes);
void battery_honest_serve(struct driver *driver);

/* Gives frames of at most RAW_FRAME_MAX bytes to the shard in one burst, and frees what it says to that. Returns the
 * seconds of CPU time that the shard itself took. */
struct battery_frame {
	uint8_t bytes[RAW_FRAME_MAX];
	uint32_t length;
};
struct battery_answers {
	uint32_t frames;
	uint64_t bytes;
};
double battery_burst(struct driver *driver, const struct battery_frame *frames, uint16_t count,
		     struct battery_answers *answers);

/* Seconds of this thread's own CPU time: what others do on a busy machine is not in it. */
double battery_cpu_seconds(void);

#endif

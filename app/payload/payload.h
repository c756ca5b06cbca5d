/* payload.h - text on its way: N bytes each way of --payload bytes:N, the client's first, and patterns. */
#ifndef PAYLOAD_PAYLOAD_H
#define PAYLOAD_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/calls.h>

#include "payload/payload_pattern.h"

/* What is sent and received is counted in the connection's own word, half each. */
enum { PAYLOAD_MAX = 65535 };

/* As much text as there may be. */
extern const uint8_t payload_zeros[PAYLOAD_MAX];

/* Sends what is left of `size` bytes, as far as there is room; the rest follows in on_writable. Returns whether all is
 * queued. */
bool payload_send(struct quern_shard *shard, struct quern_conn conn, const uint8_t *text, uint32_t size);

/* Counts bytes that have come. Returns whether these complete `size`. */
bool payload_take(struct quern_shard *shard, struct quern_conn conn, uint32_t bytes, uint32_t size);

/* True from the last byte that had to come to the last that is queued. */
bool payload_is_sending(struct quern_shard *shard, struct quern_conn conn, uint32_t size);

/* How many have come. */
uint32_t payload_taken(struct quern_shard *shard, struct quern_conn conn);

/* Forgets both counts: another `size` bytes may come. */
void payload_begin_again(struct quern_shard *shard, struct quern_conn conn);

/* Sends up to `bytes` bytes of a pattern from the place `at`, which moves on. Returns how many found room. */
uint32_t payload_send_pattern(struct quern_shard *shard, struct quern_conn conn, const struct payload_pattern *pattern,
			      uint32_t *at, uint32_t bytes);

/* An on_data that takes all and keeps nothing. */
uint32_t payload_discard(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes,
			 void *app);

#endif

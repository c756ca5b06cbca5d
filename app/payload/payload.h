/* payload.h - the text of --payload bytes:N: N bytes each way on every connection, the client's first. */
#ifndef PAYLOAD_PAYLOAD_H
#define PAYLOAD_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/calls.h>

/* What is sent and received is counted in the connection's own word, half each. */
enum { PAYLOAD_MAX = 65535 };

/* Sends what is left of `size` bytes, as far as there is room; the rest follows in on_writable. Returns whether all is
 * queued. */
bool payload_send(struct quern_shard *shard, struct quern_conn conn, uint32_t size);

/* Counts bytes that have come. Returns whether these complete `size`. */
bool payload_take(struct quern_shard *shard, struct quern_conn conn, uint32_t bytes, uint32_t size);

/* True from the last byte that had to come to the last that is queued. */
bool payload_is_sending(struct quern_shard *shard, struct quern_conn conn, uint32_t size);

/* How many have come. */
uint32_t payload_taken(struct quern_shard *shard, struct quern_conn conn);

/* An on_data that takes all and keeps nothing. */
uint32_t payload_discard(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes,
			 void *app);

#endif
